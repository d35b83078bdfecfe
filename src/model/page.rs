//! Documents of `content/`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    diagnostic::{FileId, Span},
    model::{BySegment, Condition, UrlPath},
};

/// One document.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its URL.
    pub path: UrlPath,
    /// What it is.
    pub kind: PageKind,
    /// The section it belongs to: its first folder, or empty at the top.
    pub section: String,
    /// What templates may show, by name: `title`, `description`, `summary`, `image` and any
    /// other field of the front matter.
    pub fields: Fields,
    /// When it is dated.
    pub date: Option<Timestamp>,
    /// When it was last changed, as its front matter says.
    pub updated: Option<Timestamp>,
    /// In the order of the source.
    pub tags: Vec<String>,
    /// Old paths that lead here.
    pub aliases: Vec<(UrlPath, Span)>,
    /// The same page for readers of other languages or regions, itself among them.
    pub alternates: Vec<Alternate>,
    /// Whether search engines are asked not to list it.
    pub noindex: bool,
    /// Smaller comes first in lists.
    pub weight: i64,
    /// The template, where the front matter names one.
    pub template: Option<(String, Span)>,
    /// Articles a page, for sections that list theirs.
    pub paginate: Option<usize>,
    /// The text.
    pub body: Body,
    /// Whole files that stand in for this one, in order of precedence.
    pub overrides: Vec<PageOverride>,
    /// The source file.
    pub file: FileId,
}

impl Page {
    /// The title for a visitor of whom nothing is known.
    pub fn title(&self) -> &str {
        self.fields
            .get("title")
            .and_then(|title| title.default.as_str())
            .unwrap_or_default()
    }
}

/// A page for readers of another language or region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternate {
    /// BCP 47, or `x-default` for everyone else.
    pub language: String,
    /// Its URL.
    pub path: UrlPath,
    /// Where it is named.
    pub span: Span,
}

/// Fields by name.
pub type Fields = BTreeMap<String, BySegment<serde_json::Value>>;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// `content/index.md`.
    Home,
    /// `_index.md` of a folder: lists the documents of its section.
    Section,
    /// Any other.
    Content,
}

/// `home@loyalty=gold.md`: a file that stands in for another for some visitors.
#[derive(Clone, Debug)]
pub struct PageOverride {
    /// For whom.
    pub when: Condition,
    /// Fields that replace the page's; those that it does not name stay.
    pub fields: Fields,
    /// Replaces the page's text.
    pub body: Body,
    /// The source file.
    pub file: FileId,
}

/// A text with blocks for some visitors.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// How the prose is written.
    pub markup: Markup,
    /// In order.
    pub blocks: Vec<Block>,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Markup {
    /// CommonMark with tables, footnotes and strikethrough.
    #[default]
    Markdown,
    /// HTML that has been made safe.
    Html,
}

/// A part of a [`Body`].
#[derive(Clone, Debug)]
pub enum Block {
    /// Text for everyone.
    Prose(Prose),
    /// `::: when` … `::: otherwise` … `:::`: the first branch whose condition holds. A branch
    /// with an empty condition holds for everyone.
    When(Vec<Branch>),
}

/// A run of text.
#[derive(Clone, Debug)]
pub struct Prose {
    /// As in the source.
    pub text: String,
    /// Where the text stands.
    pub span: Span,
    /// The pictures in it: what they name, and where.
    pub pictures: Vec<(String, Span)>,
}

/// One branch of a [`Block::When`].
#[derive(Clone, Debug)]
pub struct Branch {
    /// For whom.
    pub when: Condition,
    /// What they read.
    pub blocks: Vec<Block>,
    /// Where its condition stands.
    pub span: Span,
}
