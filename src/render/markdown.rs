//! Markdown to HTML, with inline directives.
//!
//! Markdown is never run as a template: `{{` is text.

use std::{collections::BTreeMap, fmt::Write};

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, TextMergeStream, html::push_html};

use super::token::Token;
use crate::{digest::Digest, load::markdown_options, model::slug};

/// What inline directives and local pictures become.
pub(super) trait Resolve {
    /// The HTML of `:name[argument]`; `None` if there is no such directive.
    fn directive(&mut self, name: &str, argument: &str) -> Option<String>;
    /// The key of a file that the text links to, if it is one of the store's.
    fn file(&mut self, destination: &str) -> Option<Digest>;
    /// The HTML of a picture; `None` for one without more to it than the text says.
    fn picture(&mut self, destination: &str, alt: &str, title: &str) -> Option<String>;
}

/// Renders Markdown. Headings get ids made of their text, unique within this text.
pub(super) fn to_html(text: &str, resolve: &mut impl Resolve) -> String {
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut code_depth = 0_usize;
    let mut parsed = TextMergeStream::new(Parser::new_ext(text, markdown_options()));
    while let Some(event) = parsed.next() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code_depth += 1,
            Event::End(TagEnd::CodeBlock) => code_depth -= 1,
            _ => {}
        }
        match event {
            Event::Text(text) if code_depth == 0 => push_text(&mut events, text, resolve),
            Event::Start(tag @ Tag::Image { .. }) => {
                push_picture(&mut events, tag, &mut parsed, resolve);
            }
            Event::Start(mut tag) => {
                if let Tag::Link { dest_url, .. } = &mut tag {
                    *dest_url = destination(dest_url.clone(), resolve);
                }
                events.push(Event::Start(tag));
            }
            other => events.push(other),
        }
    }
    name_headings(&mut events);
    let mut html = String::with_capacity(text.len() * 3 / 2);
    push_html(&mut html, events.into_iter());
    with_tokens(html)
}

/// Stands for a file until the HTML is written: the characters of a token would be escaped in
/// a URL. What an author writes in this form can name nothing but a file that everyone gets.
const FILE: &str = "haberdash-file:";

fn destination<'a>(url: CowStr<'a>, resolve: &mut impl Resolve) -> CowStr<'a> {
    match resolve.file(&url) {
        Some(key) => format!("{FILE}{key}").into(),
        None => url,
    }
}

fn with_tokens(html: String) -> String {
    if !html.contains(FILE) {
        return html;
    }
    let mut pieces = html.split(FILE);
    let mut done = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.get(..32).and_then(Digest::parse) {
            Some(key) => {
                let _ = write!(done, "{}{}", Token::Asset(key), &piece[32..]);
            }
            None => {
                let _ = write!(done, "{FILE}{piece}");
            }
        }
    }
    done
}

/// Pushes a picture, whose text is in the next events of `parsed`.
fn push_picture<'a>(
    events: &mut Vec<Event<'a>>,
    tag: Tag<'a>,
    parsed: &mut impl Iterator<Item = Event<'a>>,
    resolve: &mut impl Resolve,
) {
    let mut inner = Vec::new();
    let mut alt = String::new();
    let mut depth = 1_usize;
    for event in parsed {
        match &event {
            Event::Start(Tag::Image { .. }) => depth += 1,
            Event::End(TagEnd::Image) => depth -= 1,
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => alt.push_str(text),
            Event::SoftBreak | Event::HardBreak => alt.push(' '),
            _ => {}
        }
        inner.push(event);
        if depth == 0 {
            break;
        }
    }
    let html = match &tag {
        Tag::Image {
            dest_url, title, ..
        } => resolve.picture(dest_url, &alt, title),
        _ => None,
    };
    if let Some(html) = html {
        events.push(Event::InlineHtml(html.into()));
    } else {
        events.push(Event::Start(tag));
        events.append(&mut inner);
    }
}

fn push_text<'a>(events: &mut Vec<Event<'a>>, text: CowStr<'a>, resolve: &mut impl Resolve) {
    if !text.contains(':') || !text.contains('[') {
        events.push(Event::Text(text));
        return;
    }
    let mut rest: &str = &text;
    let mut plain = String::new();
    while let Some(at) = rest.find(':') {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        if let Some((name, argument, tail)) = directive(after)
            && let Some(html) = resolve.directive(name, argument)
        {
            events.push(Event::Text(std::mem::take(&mut plain).into()));
            events.push(Event::InlineHtml(html.into()));
            rest = tail;
        } else {
            plain.push(':');
            rest = &after[1..];
        }
    }
    plain.push_str(rest);
    events.push(Event::Text(plain.into()));
}

/// `:name[argument]` at the beginning of a text, and what follows it.
fn directive(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.strip_prefix(':')?.split_once('[')?;
    let (argument, rest) = rest.split_once(']')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    is_name.then_some((name, argument, rest))
}

fn name_headings(events: &mut [Event<'_>]) {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut place = 0;
    while place < events.len() {
        if matches!(events[place], Event::Start(Tag::Heading { id: None, .. })) {
            let text: String = events[place + 1..]
                .iter()
                .take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))))
                .filter_map(|event| match event {
                    Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                    _ => None,
                })
                .collect();
            let mut name = slug(&text);
            let count = used.entry(name.clone()).or_default();
            *count += 1;
            if *count > 1 {
                let _ = write!(name, "-{count}");
            }
            if let Event::Start(Tag::Heading { id, .. }) = &mut events[place] {
                *id = Some(name.into());
            }
        }
        place += 1;
    }
}
