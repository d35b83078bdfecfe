//! HTML from outside, made safe.

use std::sync::LazyLock;

use ammonia::Builder;

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{report::Report, text},
    model::{Block, Body, Markup, Prose},
};

/// What is removed with a warning; attributes of style and class go without one.
const DANGEROUS: [&str; 8] = [
    "<script",
    "<iframe",
    "<object",
    "<embed",
    "<form",
    "<frame",
    "<applet",
    "javascript:",
];

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(Builder::default);

/// Makes a cell of HTML safe. Says so where more than decoration was removed.
pub(super) fn sanitize(html: &str, span: Span, report: &mut Report) -> Body {
    if html.trim().is_empty() {
        return Body::default();
    }
    let lower = html.to_ascii_lowercase();
    let found = DANGEROUS
        .into_iter()
        .find(|mark| lower.contains(mark))
        .map(|mark| mark.trim_start_matches('<').trim_end_matches(':'))
        .or_else(|| has_handler(&lower).then_some("event handler"));
    if let Some(what) = found {
        report.push(
            Diagnostic::new(
                Code::SanitizedHtml,
                span,
                format!("the description held unsafe HTML ({what}), which was removed"),
            )
            .label("in this row"),
        );
    }
    prose(SANITIZER.clean(html).to_string(), span)
}

/// Whether an element has an attribute such as `onclick`.
fn has_handler(lower: &str) -> bool {
    lower.match_indices(" on").any(|(at, _)| {
        let rest = &lower[at + 3..];
        let name = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let is_inside_tag = lower[..at].rfind('<') > lower[..at].rfind('>');
        name > 1 && rest[name..].trim_start().starts_with('=') && is_inside_tag
    })
}

/// Plain text as HTML: a blank line ends a paragraph.
pub(super) fn from_text(content: &str, span: Span) -> Body {
    let paragraphs: Vec<String> = content
        .replace("\r\n", "\n")
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", escape(paragraph).replace('\n', "<br>\n")))
        .collect();
    if paragraphs.is_empty() {
        return Body::default();
    }
    prose(paragraphs.join("\n"), span)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn prose(html: String, span: Span) -> Body {
    // A character reference may have stood for a reserved character.
    let text = if text::find_reserved(&html).is_some() {
        text::replace_reserved(&html)
    } else {
        html
    };
    Body {
        markup: Markup::Html,
        blocks: vec![Block::Prose(Prose {
            text,
            span,
            pictures: Vec::new(),
        })],
    }
}
