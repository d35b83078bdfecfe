//! Diagnostics as text: for people, a line each, and as JSON.
//!
//! In: diagnostics and the files they are about. Out: text. It never prints.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write, ops::Range};

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, renderer::DecorStyle,
};
use serde_json::json;

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, FileId, Severity, Span},
    source::SourceTree,
};

/// So many problems of one code are shown in full; the rest are summed up.
const SHOWN: usize = 10;

/// Lines longer than this, in characters, are not shown as an excerpt: cells of a table and
/// minified files would flood the screen.
const LONGEST_EXCERPT: usize = 240;

/// How problems are written for people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether colors are used. They never carry meaning alone.
    pub color: bool,
    /// Whether all are written, however many are alike.
    pub all: bool,
}

/// With excerpts of the sources, as rustc does.
pub fn human(diagnostics: &Diagnostics, tree: &SourceTree, options: Options) -> String {
    let renderer = if options.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut texts = Texts::new(tree);
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
                "… and {more} more {} (`--all` shows them)",
                code.name()
            );
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// `path:line:column: error[code]: message`, a line each.
pub fn short(diagnostics: &Diagnostics, tree: &SourceTree) -> String {
    let mut texts = Texts::new(tree);
    let mut text = String::new();
    for diagnostic in diagnostics {
        if let Some(span) = diagnostic.span {
            let place = texts.place(span);
            let _ = write!(
                text,
                "{}:{}:{}: ",
                tree.file(span.file).path,
                place.line,
                place.column
            );
        }
        let severity = severity_name(diagnostic.severity());
        let _ = writeln!(
            text,
            "{severity}[{}]: {}",
            diagnostic.code.name(),
            diagnostic.message
        );
    }
    text
}

/// An array of objects with `code`, `severity`, `message`, `path`, `line`, `column`, `end_line`, `end_column`,
/// `label`, `hint` and `notes`. Lines and columns count from 1, columns in characters.
pub fn json(diagnostics: &Diagnostics, tree: &SourceTree) -> String {
    let mut texts = Texts::new(tree);
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
                "path": diagnostic.span.map(|span| tree.file(span.file).path.to_string()),
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
        let path = texts.tree.file(span.file).path.to_string();
        let place = texts.place(span);
        let whole_file = span.start == 0 && span.end == 0;
        if whole_file || place.text.chars().count() > LONGEST_EXCERPT {
            let origin = Origin::path(path);
            group = group.element(if whole_file {
                origin
            } else {
                origin.line(place.line).char_column(place.column)
            });
            if !diagnostic.label.is_empty() {
                group = group.element(Level::NOTE.message(diagnostic.label.as_str()));
            }
        } else {
            let annotation = AnnotationKind::Primary.span(place.range);
            let label = Some(diagnostic.label.as_str()).filter(|label| !label.is_empty());
            let snippet = Snippet::source(place.text)
                .line_start(place.line)
                .path(path);
            group = group.element(snippet.annotation(annotation.label(label)));
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    match &diagnostic.hint {
        Some(hint) => group.element(Level::HELP.with_name("hint").message(hint.as_str())),
        None => group,
    }
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
    tree: &'a SourceTree,
    known: BTreeMap<FileId, (Cow<'a, str>, Vec<usize>)>,
}

impl<'a> Texts<'a> {
    fn new(tree: &'a SourceTree) -> Self {
        Self {
            tree,
            known: BTreeMap::new(),
        }
    }

    /// Where a span begins. A span that reaches beyond its line is cut; one beyond the file
    /// is its end.
    fn place(&mut self, span: Span) -> Place {
        let tree = self.tree;
        let (text, starts) = self.known.entry(span.file).or_insert_with(|| {
            let text = tree.file(span.file).text();
            let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
            let starts = std::iter::once(0).chain(newlines).collect();
            (text, starts)
        });
        let start = floor_boundary(text, span.start as usize);
        let end = floor_boundary(text, span.end as usize).max(start);
        let line = starts.partition_point(|at| *at <= start).max(1) - 1;
        let line_start = starts[line];
        let line_end = starts.get(line + 1).map_or(text.len(), |next| *next);
        let whole = text[line_start..line_end].trim_end_matches(['\n', '\r']);
        let from = (start - line_start).min(whole.len());
        let to = (end - line_start).min(whole.len()).max(from);
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
