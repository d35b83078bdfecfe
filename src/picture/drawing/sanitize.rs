//! Takes out of a drawing what runs or fetches, and leaves every other byte.

use std::ops::Range;

use roxmltree::{Attribute, Node};

use super::{SVG, css, decode, is_svg, names, parse, without_doctype};
use crate::picture::Broken;

/// A drawing that is safe to open by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanitized {
    /// Its text; `None` if it was safe as it was.
    pub text: Option<String>,
    /// What was removed, in the order of the original.
    pub removed: Vec<Unsafe>,
}

/// Something that was removed from a drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsafe {
    /// Where it stood in the original.
    pub range: Range<usize>,
    /// What it is, with an article.
    pub what: String,
}

/// Takes out of a drawing what runs or fetches. What is not known to be harmless is taken out too.
///
/// What is left has been read again and found safe.
pub fn sanitize(bytes: &[u8]) -> Result<Sanitized, Broken> {
    let text = decode(bytes)?;
    let removed = find(text)?;
    if removed.is_empty() {
        return Ok(Sanitized {
            text: None,
            removed,
        });
    }
    let mut safe = String::with_capacity(text.len());
    let mut at = 0;
    for Unsafe { range, .. } in &removed {
        safe.push_str(&text[at..range.start.max(at)]);
        at = at.max(range.end);
    }
    safe.push_str(&text[at..]);
    let is_safe = find(&safe).is_ok_and(|left| left.is_empty());
    if !is_safe {
        return Err(Broken {
            why: format!("holds {} and cannot be made safe", removed[0].what),
            hint: "export it again as plain SVG",
            at: removed[0].range.start,
        });
    }
    Ok(Sanitized {
        text: Some(safe),
        removed,
    })
}

/// What has to be removed from a drawing, in order, none within another.
fn find(text: &str) -> Result<Vec<Unsafe>, Broken> {
    let mut found = Vec::new();
    let (blanked, doctype) = without_doctype(text);
    if let Some(range) = doctype {
        let what = "a document type, which may define entities";
        found.push(one(range, what.to_owned()));
    }
    let document = parse(&blanked)?;
    let mut open: Vec<Node<'_, '_>> = document.root().children().rev().collect();
    while let Some(node) = open.pop() {
        if let Some(pi) = node.pi().filter(|pi| pi.target.starts_with("xml-")) {
            found.push(one(
                node.range(),
                format!("the instruction `{}`", pi.target),
            ));
        }
        if !node.is_element() {
            continue;
        }
        if let Some(what) = unsafe_element(node) {
            found.push(one(node.range(), what));
            continue;
        }
        for attribute in node.attributes() {
            if let Some(what) = unsafe_attribute(node, attribute) {
                found.push(one(with_blank_before(text, attribute.range()), what));
            }
        }
        if is_svg(node) && node.tag_name().name() == "style" {
            found.extend(unsafe_style(text, node));
        }
        open.extend(node.children().rev());
    }
    found.sort_by_key(|found| (found.range.start, found.range.end));
    Ok(found)
}

fn one(range: Range<usize>, what: String) -> Unsafe {
    Unsafe { range, what }
}

/// An attribute's range with the blank that sets it apart from what is before it.
fn with_blank_before(text: &str, range: Range<usize>) -> Range<usize> {
    let before = text[..range.start].trim_end_matches([' ', '\t', '\r', '\n']);
    before.len()..range.end
}

fn unsafe_element(node: Node<'_, '_>) -> Option<String> {
    let name = node.tag_name().name();
    if !is_svg(node) {
        let space = node.tag_name().namespace().unwrap_or_default();
        let is_inert = names::INERT_SPACES
            .iter()
            .any(|inert| space.starts_with(inert));
        return (!is_inert).then(|| format!("an element `{name}` of `{}`", short(space)));
    }
    if !names::ELEMENTS.contains(&name) {
        return Some(format!("an element `{name}`"));
    }
    if names::ANIMATIONS.contains(&name) {
        let animated = node.attribute("attributeName").unwrap_or_default().trim();
        let animated = animated.rsplit(':').next().unwrap_or_default();
        if animated.eq_ignore_ascii_case("href") || is_handler(animated) {
            return Some(format!("an animation of `{animated}`"));
        }
    }
    None
}

/// Names of event handlers: no other attribute of SVG begins so.
fn is_handler(name: &str) -> bool {
    name.get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("on"))
}

fn unsafe_attribute(node: Node<'_, '_>, attribute: Attribute<'_, '_>) -> Option<String> {
    const XLINK: &str = "http://www.w3.org/1999/xlink";
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    const EVENTS: &str = "http://www.w3.org/2001/xml-events";
    let (name, value) = (attribute.name(), attribute.value());
    match attribute.namespace() {
        Some(XML) => (name == "base").then(|| "the attribute `xml:base`".to_owned()),
        Some(EVENTS) => Some(format!("an event handler `{name}`")),
        None | Some(XLINK | SVG) => {
            if is_handler(name) {
                Some(format!("an event handler `{name}`"))
            } else if name.eq_ignore_ascii_case("href") {
                let element = node.tag_name().name();
                (!is_safe_reference(element, value))
                    .then(|| format!("a reference to `{}`", short(value)))
            } else if name.eq_ignore_ascii_case("ping") {
                Some(format!("a reference to `{}`", short(value)))
            } else if names::TEXTS.contains(&name) {
                None
            } else {
                let found = css::find(value).into_iter().next();
                found.map(|(_, what)| what)
            }
        }
        // Of an editor: browsers know nothing of it.
        Some(_) => None,
    }
}

/// Whether an `href` stays within the drawing, or, for a link, on the site.
fn is_safe_reference(element: &str, value: &str) -> bool {
    // Browsers drop these wherever they stand.
    let value: String = value.chars().filter(|c| !c.is_control()).collect();
    let value = value.trim();
    let is_picture = matches!(element, "image" | "feImage") && css::is_embedded_picture(value);
    let is_path =
        element == "a" && !value.contains(':') && !value.replace('\\', "/").starts_with("//");
    value.is_empty() || value.starts_with('#') || is_picture || is_path
}

/// What a `style` fetches: by itself if its text stands in the file as it is read, or else all of it.
fn unsafe_style(text: &str, node: Node<'_, '_>) -> Vec<Unsafe> {
    let whole = |what: String| vec![one(node.range(), what)];
    let mut parts = node.children().filter(|child| !child.is_comment());
    let (Some(child), None) = (parts.next(), parts.next()) else {
        let all: String = node.descendants().filter_map(|n| n.text()).collect();
        return css::find(&all)
            .into_iter()
            .next()
            .map_or_else(Vec::new, |(_, what)| whole(what));
    };
    let style = child.text().unwrap_or_default();
    let found = css::find(style);
    let raw = &text[child.range()];
    let start = if raw == style {
        child.range().start
    } else if let Some(found) = found.into_iter().next() {
        return whole(found.1);
    } else {
        return Vec::new();
    };
    found
        .into_iter()
        .map(|(range, what)| one(start + range.start..start + range.end, what))
        .collect()
}

/// A text that fits into a line.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(LONGEST).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
