//! Diagnostics as text: for people, a line each, and as JSON.
//!
//! In: diagnostics and the files they are about. Out: text. It never prints.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write, ops::Range};

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str,
    renderer::DecorStyle,
};
use serde_json::json;

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, FileId, Severity, Span},
    source::SourceTree,
};

/// So many problems of one code are shown in full; the rest are summed up.
const SHOWN: usize = 10;

/// Lines longer than this, in characters, are cut around the place: cells of a table and
/// minified files would flood the screen.
const LONGEST_EXCERPT: usize = 160;

/// How problems are written for people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether colors are used. They never carry meaning alone.
    pub color: bool,
    /// Whether all are written, however many are alike.
    pub all: bool,
}

/// With excerpts of the sources, as rustc does.
pub fn human(diagnostics: &Diagnostics, sources: &SourceTree, options: Options) -> String {
    let renderer = if options.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut texts = Texts::new(sources);
    let mut text = String::new();
    let mut seen: BTreeMap<Code, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let count = seen.entry(diagnostic.code).or_default();
        *count += 1;
        if options.all || *count <= SHOWN {
            let group = group(diagnostic, &mut texts);
            let _ = writeln!(text, "{}\n", renderer.render(&[group]));
        }
    }
    if !options.all {
        for (code, count) in seen.into_iter().filter(|(_, count)| *count > SHOWN) {
            let more = count - SHOWN;
            let _ = writeln!(
                text,
                "… and {} more {} (`--all` shows them)",
                with_commas(more),
                code.name()
            );
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// `path:line:column: error[code]: message`, a line each.
pub fn short(diagnostics: &Diagnostics, sources: &SourceTree) -> String {
    let mut texts = Texts::new(sources);
    let mut text = String::new();
    for diagnostic in diagnostics {
        if let Some(span) = diagnostic.span {
            let place = texts.place(span);
            let _ = write!(
                text,
                "{}:{}:{}: ",
                sources.file(span.file).path,
                place.line,
                place.column
            );
        }
        let severity = severity_name(diagnostic.severity());
        let _ = writeln!(
            text,
            "{severity}[{}]: {}",
            diagnostic.code.name(),
            one_line(&diagnostic.message)
        );
    }
    text
}

/// An array of objects with `code`, `severity`, `message`, `path`, `line`, `column`, `end_line`, `end_column`,
/// `label`, `hint` and `notes`. Lines and columns count from 1, columns in characters.
pub fn json(diagnostics: &Diagnostics, sources: &SourceTree) -> String {
    let mut texts = Texts::new(sources);
    let list: Vec<serde_json::Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let start = diagnostic.span.map(|span| texts.place(span));
            let end = diagnostic.span.map(|span| {
                texts.place(Span {
                    start: span.end,
                    ..span
                })
            });
            json!({
                "code": diagnostic.code.name(),
                "severity": severity_name(diagnostic.severity()),
                "message": diagnostic.message,
                "path": diagnostic.span.map(|span| sources.file(span.file).path.to_string()),
                "line": start.as_ref().map(|place| place.line),
                "column": start.as_ref().map(|place| place.column),
                "end_line": end.as_ref().map(|place| place.line),
                "end_column": end.as_ref().map(|place| place.column),
                "label": diagnostic.label,
                "hint": diagnostic.hint,
                "notes": diagnostic.notes,
            })
        })
        .collect();
    serde_json::Value::Array(list).to_string()
}

/// The text with line ends and other control characters escaped: names in it are the user's.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// `1,234`
fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(String::from_utf8_lossy);
    groups.fold(head.to_owned(), |text, group| format!("{text},{group}"))
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, texts: &mut Texts<'a>) -> Group<'a> {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.name());
    let mut group = Group::with_title(title);
    if let Some(span) = diagnostic.span {
        let path = texts.sources.file(span.file).path.to_string();
        let place = texts.place(span);
        let label = Some(diagnostic.label.as_str()).filter(|label| !label.is_empty());
        if span.start == 0 && span.end == 0 {
            group = group.element(Origin::path(path));
            if let Some(label) = label {
                group = group.element(Level::NOTE.message(normalize_untrusted_str(label)));
            }
        } else if place.text.chars().count() <= LONGEST_EXCERPT {
            let annotation = AnnotationKind::Primary.span(place.range);
            let snippet = Snippet::source(place.text)
                .line_start(place.line)
                .path(path);
            group = group.element(snippet.annotation(annotation.label(label)));
        } else {
            // The column of a cut line is not that of the file, which the origin tells.
            let origin = Origin::path(path)
                .line(place.line)
                .char_column(place.column);
            let (text, range) = cut(&place.text, place.range);
            let annotation = AnnotationKind::Primary.span(range);
            let snippet = Snippet::source(text).line_start(place.line);
            group = group
                .element(origin)
                .element(snippet.annotation(annotation.label(label)));
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(normalize_untrusted_str(note)));
    }
    match &diagnostic.hint {
        Some(hint) => group.element(
            Level::HELP
                .with_name("hint")
                .message(normalize_untrusted_str(hint)),
        ),
        None => group,
    }
}

/// The part of a long line around a range of it, with `…` for what is left out.
fn cut(line: &str, range: Range<usize>) -> (String, Range<usize>) {
    let width = LONGEST_EXCERPT / 2;
    let before = line[..range.start].char_indices().rev();
    let from = before
        .take(width / 2)
        .last()
        .map_or(range.start, |(at, _)| at);
    let mut after = line[range.start..].char_indices().skip(width);
    let until = after.next().map_or(line.len(), |(at, _)| range.start + at);
    let head = if from > 0 { "…" } else { "" };
    let tail = if until < line.len() { "…" } else { "" };
    let start = range.start - from + head.len();
    let end = range.end.min(until) - from + head.len();
    (format!("{head}{}{tail}", &line[from..until]), start..end)
}

/// A place in a text.
struct Place {
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    /// The line's text, without its end.
    text: String,
    /// The marked bytes of the line.
    range: Range<usize>,
}

/// Texts of files with the beginnings of their lines, so that many problems of one file are
/// placed in one pass.
struct Texts<'a> {
    sources: &'a SourceTree,
    known: BTreeMap<FileId, (Cow<'a, str>, Vec<usize>)>,
}

impl<'a> Texts<'a> {
    fn new(sources: &'a SourceTree) -> Self {
        Self {
            sources,
            known: BTreeMap::new(),
        }
    }

    /// Where a span begins. A span that reaches beyond its line is cut; one beyond the file
    /// is its end.
    fn place(&mut self, span: Span) -> Place {
        let sources = self.sources;
        let (text, starts) = self.known.entry(span.file).or_insert_with(|| {
            let text = sources.file(span.file).text();
            let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
            let starts = std::iter::once(0).chain(newlines).collect();
            (text, starts)
        });
        let start = floor_boundary(text, span.start as usize);
        let end = floor_boundary(text, span.end as usize).max(start);
        let line = starts.partition_point(|at| *at <= start).max(1) - 1;
        // A byte order mark is no character that one could count.
        let mark = if line == 0 && text.starts_with('\u{FEFF}') {
            3
        } else {
            0
        };
        let line_start = starts[line] + mark;
        let line_end = starts.get(line + 1).map_or(text.len(), |next| *next);
        let whole = text[line_start..line_end].trim_end_matches(['\n', '\r']);
        let from = start.saturating_sub(line_start).min(whole.len());
        let to = end.saturating_sub(line_start).min(whole.len()).max(from);
        Place {
            line: line + 1,
            column: whole[..from].chars().count() + 1,
            text: whole.to_owned(),
            range: from..to,
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
