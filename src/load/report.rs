//! What reading one file gives besides its value.

use std::ops::Range;

use iso_currency::Currency;

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, FileId, Severity, Span},
    load::yaml::Node,
    model::FacetSpace,
};

/// What every reader of content may look up.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub currency: Currency,
    pub facets: &'a FacetSpace,
}

/// Problems found in one file, and the names in it that can be resolved only when all
/// files are read.
#[derive(Default)]
pub(super) struct Report {
    pub diagnostics: Vec<Diagnostic>,
    /// Ids of products that a text names.
    pub products: Vec<(String, Span)>,
    /// What products, by id, say of how buyers shape them.
    pub customized: Vec<(String, Node)>,
}

impl Report {
    /// Adds one problem.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds what another file gave.
    pub(super) fn merge(&mut self, other: Self) {
        self.diagnostics.extend(other.diagnostics);
        self.products.extend(other.products);
        self.customized.extend(other.customized);
    }

    /// The first problem that fails a build.
    pub(super) fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics
            .iter()
            .find(|diagnostic| diagnostic.severity() == Severity::Error)
    }

    /// Hands the problems to the caller of `load`.
    pub(super) fn hand_over(self, diagnostics: &mut Diagnostics) {
        diagnostics.extend(self.diagnostics);
    }
}

/// Where a text stands in its file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// Byte for byte, from `base` on.
    Exact { file: FileId, base: usize },
    /// Somewhere in here: it was unescaped, unfolded or sanitized.
    Within(Span),
}

impl Origin {
    /// The place in the file of a range of the text.
    pub(super) fn span(self, range: Range<usize>) -> Span {
        match self {
            Self::Exact { file, base } => Span::new(file, base + range.start..base + range.end),
            Self::Within(span) => span,
        }
    }

    /// The origin of the text's tail from `offset` on.
    pub(super) fn after(self, offset: usize) -> Self {
        match self {
            Self::Exact { file, base } => Self::Exact {
                file,
                base: base + offset,
            },
            Self::Within(_) => self,
        }
    }
}

/// `[a-z0-9][a-z0-9-]*`.
pub(super) fn is_id(text: &str) -> bool {
    !text.starts_with('-')
        && !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A `bad-id` problem that suggests the nearest id that would do.
pub(super) fn bad_id(id: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadId, span, format!("`{id}` cannot be an id"))
        .label("ids are of lower-case letters, digits and hyphens")
        .hint(format!("write `{}`", crate::model::slug(id)))
}

/// `run-01` as a title: `Run 01`.
pub(super) fn humanize(id: &str) -> String {
    let words = id.replace(['-', '_'], " ");
    let mut chars = words.trim().chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
