//! Drawings: SVG.
//!
//! A drawing is a document that can run scripts and fetch from anywhere as soon as someone opens
//! it by its address. [`sanitize`] takes that out.

mod css;
mod names;
mod raster;
mod sanitize;

use roxmltree::{Document, Node};

pub use raster::Outline;
pub use sanitize::{Unsafe, sanitize};

use super::Broken;

/// The namespace of SVG.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Width and height in pixels, as a browser would show the drawing; `None` if it fills what it gets.
pub(super) fn size(bytes: &[u8]) -> Result<Option<(u32, u32)>, Broken> {
    let text = decode(bytes)?;
    let (text, _) = without_doctype(text);
    let document = parse(&text)?;
    let root = document.root_element();
    let view_box = view_box(root);
    let side = |name: &str| root.attribute(name).and_then(pixels);
    let size = match (side("width"), side("height"), view_box) {
        (Some(width), Some(height), _) => Some((width, height)),
        (Some(width), None, Some((w, h))) => Some((width, width * h / w)),
        (None, Some(height), Some((w, h))) => Some((height * w / h, height)),
        (None, None, view_box) => view_box,
        (Some(_), None, None) | (None, Some(_), None) => None,
    };
    Ok(size.map(|(width, height)| (whole(width), whole(height))))
}

/// The text of a drawing.
fn decode(bytes: &[u8]) -> Result<&str, Broken> {
    let text = std::str::from_utf8(bytes).map_err(|error| Broken {
        why: "is not UTF-8".to_owned(),
        hint: "save it as UTF-8",
        at: error.valid_up_to(),
    })?;
    // A browser would read it in the encoding that it declares.
    let declared = text
        .trim_start_matches('\u{FEFF}')
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .and_then(|(declaration, _)| declaration.split_once("encoding"))
        .map(|(_, encoding)| encoding.trim_start_matches(['=', ' ', '\t', '\r', '\n', '"', '\'']));
    match declared {
        Some(encoding)
            if !["utf-8", "utf8", "us-ascii"].iter().any(|known| {
                encoding
                    .get(..known.len())
                    .is_some_and(|name| name.eq_ignore_ascii_case(known))
            }) =>
        {
            Err(Broken::new(
                "declares an encoding other than UTF-8",
                "save it as UTF-8",
            ))
        }
        _ => Ok(text),
    }
}

/// The drawing as a tree.
fn parse(text: &str) -> Result<Document<'_>, Broken> {
    const EXPORT: &str = "export it again as plain SVG";
    let document = Document::parse(text).map_err(|error| {
        let position = error.pos();
        let line_start = text
            .split_inclusive('\n')
            .take(position.row.saturating_sub(1) as usize)
            .map(str::len)
            .sum::<usize>();
        let why = error.to_string();
        // The place is told apart from the message.
        let why = why.split(" at ").next().unwrap_or_default();
        Broken {
            why: format!("is not XML: {why}"),
            hint: EXPORT,
            at: line_start + position.col.saturating_sub(1) as usize,
        }
    })?;
    let root = document.root_element();
    if is_svg(root) && root.tag_name().name() == "svg" {
        return Ok(document);
    }
    Err(Broken {
        why: format!("is not a drawing but `{}`", root.tag_name().name()),
        hint: EXPORT,
        at: root.range().start,
    })
}

/// Whether an element is of SVG. One of no namespace is read as if it were: it is where the
/// drawing is put into a page.
fn is_svg(node: Node<'_, '_>) -> bool {
    node.tag_name().namespace().is_none_or(|space| space == SVG)
}

/// The text with its document type turned into blanks, and where that stood.
fn without_doctype(text: &str) -> (std::borrow::Cow<'_, str>, Option<std::ops::Range<usize>>) {
    let Some(range) = doctype(text) else {
        return (text.into(), None);
    };
    let blanks: String = text[range.clone()]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect();
    let blanked = [&text[..range.start], &blanks, &text[range.end..]].concat();
    (blanked.into(), Some(range))
}

/// `<!DOCTYPE … [ … ]>`, which can only stand before the first element.
fn doctype(text: &str) -> Option<std::ops::Range<usize>> {
    let mut at = 0;
    loop {
        at += text[at..].find('<')?;
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            at += rest.find("-->")? + 3;
        } else if rest.starts_with("<?") {
            at += rest.find("?>")? + 2;
        } else if rest.starts_with("<!DOCTYPE") {
            return Some(at..at + doctype_len(rest));
        } else {
            return None;
        }
    }
}

fn doctype_len(text: &str) -> usize {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if quote.is_none() && text[at..].starts_with("<!--") {
            at += text[at..]
                .find("-->")
                .map_or(text.len() - at, |end| end + 3);
            continue;
        }
        at += c.len_utf8();
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' => quote = Some(c),
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '>' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn view_box(root: Node<'_, '_>) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = root
        .attribute("viewBox")?
        .split([' ', ',', '\t', '\r', '\n'])
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    match numbers[..] {
        [_, _, width, height] if is_length(width) && is_length(height) => Some((width, height)),
        _ => None,
    }
}

/// An absolute length.
fn pixels(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E' || c == '%')
        .or_else(|| text.find("em"))
        .or_else(|| text.find("ex"))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim() {
        "" | "px" => 1.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 96.0 / 25.4,
        "pt" => 96.0 / 72.0,
        "pc" => 16.0,
        _ => return None,
    };
    let length = number.trim().parse::<f64>().ok()? * scale;
    is_length(length).then_some(length)
}

fn is_length(number: f64) -> bool {
    number.is_finite() && number > 0.0 && number < 1e6
}

fn whole(number: f64) -> u32 {
    number.round().clamp(1.0, 1e6) as u32
}
