//! References in a drawing's styles.

use std::ops::Range;

use super::sanitize::short;

/// Whether an address holds a picture of pixels itself.
pub(super) fn is_embedded_picture(address: &str) -> bool {
    const PICTURES: [&str; 6] = ["png", "jpeg", "jpg", "gif", "webp", "avif"];
    media_type(address)
        .and_then(|kind| kind.strip_prefix("image/").map(str::to_owned))
        .is_some_and(|kind| PICTURES.contains(&kind.as_str()))
}

/// Whether an address holds a font itself.
fn is_embedded_font(address: &str) -> bool {
    media_type(address).is_some_and(|kind| {
        kind.starts_with("font/")
            || kind.starts_with("application/font")
            || kind.starts_with("application/x-font")
    })
}

/// The media type of a `data:` address, in small letters.
fn media_type(address: &str) -> Option<String> {
    let scheme = address.get(..5)?;
    let rest = scheme
        .eq_ignore_ascii_case("data:")
        .then(|| &address[5..])?;
    let end = rest.find([';', ',']).unwrap_or(rest.len());
    Some(rest[..end].trim().to_ascii_lowercase())
}

/// A character as CSS reads it, and where it stands.
struct Read {
    c: char,
    range: Range<usize>,
}

/// What a style fetches or runs: where, and what it is.
pub(super) fn find(style: &str) -> Vec<(Range<usize>, String)> {
    // Nothing that is looked for is without one of these.
    if !style.contains(['(', '@', '\\', ':']) {
        return Vec::new();
    }
    let read = read(style);
    let mut found = Vec::new();
    let mut at = 0;
    while at < read.len() {
        let (end, what) = if starts(&read[at..], "@import") {
            let end = end_of_rule(&read, at);
            let rule: String = read[at..end].iter().map(|read| read.c).collect();
            (end, Some(format!("a rule `{}`", short(rule.trim()))))
        } else if starts(&read[at..], "url(") {
            let (end, address) = address(&read, at + "url(".len());
            let is_safe = address.is_empty()
                || address.starts_with('#')
                || is_embedded_picture(&address)
                || is_embedded_font(&address);
            let what = (!is_safe).then(|| format!("a reference to `{}`", short(&address)));
            (end, what)
        } else if let Some(name) = ["image-set(", "src(", "expression("]
            .into_iter()
            .find(|name| starts(&read[at..], name))
        {
            (
                address(&read, at + name.len()).0,
                Some(format!("a style with `{name}…)`")),
            )
        } else if let Some(name) = ["-moz-binding", "javascript:"]
            .into_iter()
            .find(|name| starts(&read[at..], name))
        {
            (at + name.len(), Some(format!("a style with `{name}`")))
        } else {
            (at + 1, None)
        };
        if let Some(what) = what {
            let last = &read[end.min(read.len()) - 1];
            found.push((read[at].range.start..last.range.end, what));
        }
        at = end;
    }
    found
}

/// The characters of a style with escapes read and comments left out.
fn read(style: &str) -> Vec<Read> {
    let mut read = Vec::with_capacity(style.len());
    let mut at = 0;
    while let Some(c) = style[at..].chars().next() {
        let rest = &style[at..];
        if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            continue;
        }
        let (c, len) = if c == '\\' {
            escape(rest)
        } else {
            (c, c.len_utf8())
        };
        read.push(Read {
            c,
            range: at..at + len,
        });
        at += len;
    }
    read
}

/// An escaped character, and the length of its writing.
fn escape(text: &str) -> (char, usize) {
    let digits = text[1..]
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_hexdigit)
        .count();
    if digits == 0 {
        return match text[1..].chars().next() {
            Some(c) => (c, 1 + c.len_utf8()),
            None => ('\\', 1),
        };
    }
    let code = u32::from_str_radix(&text[1..=digits], 16).unwrap_or_default();
    let after = &text[1 + digits..];
    let blank = usize::from(after.starts_with([' ', '\t', '\n', '\r', '\u{c}']));
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    (c, 1 + digits + blank)
}

fn starts(read: &[Read], word: &str) -> bool {
    read.len() >= word.len()
        && word
            .chars()
            .zip(read)
            .all(|(wanted, read)| read.c.to_ascii_lowercase() == wanted)
}

/// Behind the `;` that ends a rule.
fn end_of_rule(read: &[Read], from: usize) -> usize {
    let mut quote = None;
    for (at, Read { c, .. }) in read.iter().enumerate().skip(from) {
        match c {
            c if quote == Some(*c) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' => quote = Some(*c),
            ';' => return at + 1,
            _ => {}
        }
    }
    read.len()
}

/// What stands between brackets, and the place behind the closing one.
fn address(read: &[Read], from: usize) -> (usize, String) {
    let mut quote = None;
    let mut address = String::new();
    for (at, Read { c, .. }) in read.iter().enumerate().skip(from) {
        match c {
            c if quote == Some(*c) => quote = None,
            _ if quote.is_some() => address.push(*c),
            '"' | '\'' => quote = Some(*c),
            ')' => return (at + 1, address.trim().to_owned()),
            c if c.is_control() => {}
            c => address.push(*c),
        }
    }
    (read.len(), address.trim().to_owned())
}
