//! Bytes to text: UTF-8, the byte order mark, and reserved characters.

use std::borrow::Cow;

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::report::{Origin, Report},
    source::SourceTree,
};

/// The characters that mark places in unfinished pages.
const RESERVED: std::ops::RangeInclusive<char> = '\u{10FFF0}'..='\u{10FFF3}';

/// A file as text, without its byte order mark.
pub(super) struct Text<'a> {
    pub text: Cow<'a, str>,
    pub origin: Origin,
}

/// The text of a file; what is not UTF-8 and what is reserved becomes U+FFFD.
pub(super) fn decode<'a>(tree: &'a SourceTree, file: FileId, report: &mut Report) -> Text<'a> {
    let bytes = &*tree.file(file).bytes;
    let (bytes, base) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            let start = base + error.valid_up_to();
            report.push(
                Diagnostic::new(
                    Code::NotUtf8,
                    Span::new(file, start..start + 1),
                    "the file is not UTF-8 throughout",
                )
                .label("the first byte that is not")
                .hint("save the file as UTF-8"),
            );
            String::from_utf8_lossy(bytes)
        }
    };
    let origin = Origin::Exact { file, base };
    let text = match scrub(&text, origin, report) {
        Some(clean) => Cow::Owned(clean),
        None => text,
    };
    Text { text, origin }
}

/// Replaces reserved characters and reports the first. `None` if there is none.
pub(super) fn scrub(text: &str, origin: Origin, report: &mut Report) -> Option<String> {
    let start = find_reserved(text)?;
    report.push(
        Diagnostic::new(
            Code::ReservedCharacter,
            origin.span(start..start + 4),
            "the characters U+10FFF0 to U+10FFF3 mark places in unfinished pages",
        )
        .label("one of them")
        .hint("remove it"),
    );
    Some(replace_reserved(text))
}

/// The text with U+FFFD for reserved characters.
pub(super) fn replace_reserved(text: &str) -> String {
    text.chars()
        .map(|c| {
            if RESERVED.contains(&c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// The last boundary between characters at or before a byte.
pub(super) fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// The place of the first reserved character.
pub(super) fn find_reserved(text: &str) -> Option<usize> {
    // All four begin with this byte, which few other characters do.
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == 0xF4) {
        let start = from + at;
        if text[start..].starts_with(|c| RESERVED.contains(&c)) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}
