//! The nouns: everything the sources say, resolved.
//!
//! `load` makes a [`Store`]; every later stage reads it and none changes it.
//! Nothing here reads, renders or writes.
//!
//! The glossary, where words collide in our field:
//!
//! | word | here | what others call so, and our word for that |
//! |---|---|---|
//! | facet | a question about the visitor | a search filter → filter |
//! | segment | one answer: a named group of visitors | part of a URL → path part |
//! | variant | a page as some visitors get it | size or color of a product → SKU |
//! | page | a source document | what is served → route, variant |
//! | collection | a group of products | list, map |
//! | rule | a line of a facet's decision list | – |
//! | condition | segments of facets, in the sources' own words | a test of signals → predicate |
//! | option, choice | what a buyer decides about a product, and an answer | settings → config |
//! | design | choices for all options of a product | configuration, in `constraints` |

mod catalog;
mod config;
mod customization;
mod facet;
mod money;
mod page;
mod picture;
mod predicate;
mod theme;
mod url;

pub use catalog::{
    Catalog, Collection, Filter, Image, Item, NamedList, Order, Prices, Product, ProductOption,
    Selection, SelectionSource, Sku, Status,
};
pub use config::{Cart, Config, Feeds, KeyConfig, Permalinks, Token};
pub use customization::{
    Choice, Constraint, CustomOption, Customization, ImageOption, NONE, OptionKind, ProductCart,
    TextOption,
};
pub use facet::{BySegment, Case, Condition, Experiment, Facet, FacetSpace, Rule, Segment};
pub use money::{Money, MoneyFormat};
pub use page::{
    Alternate, Block, Body, Branch, Fields, Markup, Page, PageKind, PageOverride, Prose,
};
pub use picture::{PictureFormat, PictureSettings};
pub use predicate::{Device, Match, Predicate, Signal};
pub use theme::{StaticFile, Template, Theme};
pub use url::{UrlPath, file_candidates, slug};

/// Everything the sources say, with names resolved.
#[derive(Clone, Debug)]
pub struct Store {
    /// `haberdash.yaml`.
    pub config: Config,
    /// The questions about the visitor, from `segments/`.
    pub facets: FacetSpace,
    /// Products, collections and named lists.
    pub catalog: Catalog,
    /// The documents of `content/` that are live at the build's time, by URL.
    pub pages: Vec<Page>,
    /// Templates and assets.
    pub theme: Theme,
    /// Pictures and other files that stand beside the content; served below their path. Sorted by
    /// path.
    pub statics: Vec<StaticFile>,
    /// Documents left out: drafts, not yet published, expired.
    pub unpublished: usize,
}
