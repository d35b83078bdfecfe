//! Problems in the user's files, as data.
//!
//! Stages push a [`Diagnostic`] for each problem and go on with what they
//! understood; `pipeline` decides where to stop; `cli` prints. A diagnostic
//! carries a [`Code`], a [`Span`] and a hint. This room never reads a file and
//! never prints: `report` turns diagnostics into text.

mod code;

use std::ops::Range;

use serde::Serialize;

pub use code::Code;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The build cannot be trusted: exit status 1.
    Error,
    /// The build is whole, but something is probably not meant: fails only `--strict`.
    Warning,
}

/// A file of the source tree, by its place in path order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A range in a file.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self {
            file,
            start: range.start as u32,
            end: range.end as u32,
        }
    }

    /// The file as a whole.
    pub fn file(file: FileId) -> Self {
        Self {
            file,
            start: 0,
            end: 0,
        }
    }
}

/// One problem in the user's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which problem; also gives the severity.
    pub code: Code,
    /// One sentence that stands alone: lower case, no full stop, literals in backticks.
    pub message: String,
    /// Where it is. `None` for a problem of the whole project.
    pub span: Option<Span>,
    /// What is at the place; may be empty.
    pub label: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The route that was being rendered, and the like.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// A problem at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            ..Self::project(code, message)
        }
    }

    /// A problem of the whole project.
    pub fn project(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span: None,
            label: String::new(),
            hint: None,
            notes: Vec::new(),
        }
    }

    /// Says what is at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// ``did you mean `x`?`` for the nearest of `known`, or else a list of what
    /// there is when that is short.
    #[must_use]
    pub fn did_you_mean<'a>(
        mut self,
        wrong: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        self.hint = match nearest(wrong, known.iter().copied()) {
            Some(name) => Some(format!("did you mean `{name}`?")),
            None if known.is_empty() => None,
            None if known.len() <= 12 => Some(format!("there is {}", list(&known))),
            None => None,
        };
        self
    }

    /// Adds a circumstance.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The severity that the code has.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// The name that was probably meant, if one is near enough.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| {
            *distance <= (wrong.chars().count().max(name.chars().count()) / 3).max(1)
        })
        .min()
        .map(|(_, name)| name)
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The problems found so far.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds another stage's problems.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(other);
    }

    /// Orders by file and place, errors before warnings at one place; drops repetitions.
    ///
    /// The same problem seen while rendering several routes is one problem: the
    /// notes of the first are kept.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (
                a.span.is_none(),
                a.span,
                a.severity(),
                a.code,
                &a.message,
                &a.notes,
            )
                .cmp(&(
                    b.span.is_none(),
                    b.span,
                    b.severity(),
                    b.code,
                    &b.message,
                    &b.notes,
                ))
        });
        self.list
            .dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.list
            .iter()
            .filter(|d| d.severity() == severity)
            .count()
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, in the order in which they were pushed, or sorted after [`Diagnostics::sort`].
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}
