//! `haberdash.yaml`.

use std::sync::Arc;

use iso_currency::Currency;
use serde_json::{Map, Value};

use crate::{
    diagnostic::{FileId, Span},
    model::{MoneyFormat, PictureSettings, UrlPath},
};

/// What `haberdash.yaml` says, with defaults filled in.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name of the site inside signatures: `[a-z0-9-]+`. Cookies of one site are void on another.
    pub site: String,
    /// Name for people.
    pub title: String,
    /// One sentence; may be empty.
    pub description: String,
    /// Origin without a trailing slash: `https://example.com`.
    pub base_url: String,
    /// Of all prices.
    pub currency: Currency,
    /// BCP 47.
    pub locale: String,
    /// Writes money as the locale does.
    pub money: Arc<MoneyFormat>,
    /// Folder of the theme below `themes/`.
    pub theme: String,
    /// Signing keys: the first signs, all verify. At most two.
    pub keys: Vec<KeyConfig>,
    /// Most variants that one route may have.
    pub max_variants: usize,
    /// Products on a page of a collection.
    pub products_per_page: usize,
    /// Documents on a page of a section or tag.
    pub articles_per_page: usize,
    /// Where things stand.
    pub permalinks: Permalinks,
    /// How pictures are made smaller.
    pub images: PictureSettings,
    /// Whether `.br` and `.gz` twins are written.
    pub precompress: bool,
    /// Folder of the output, relative to the store's.
    pub output: String,
    /// Edges that the site is deployed to, and where each is named.
    pub targets: Vec<(String, Span)>,
    /// Where it is written.
    pub file: FileId,
    /// Custom properties of the theme's stylesheets that the store sets.
    pub tokens: Vec<Token>,
    /// Where customized products are bought.
    pub cart: Option<Cart>,
    /// Which files for machines are made.
    pub feeds: Feeds,
    /// Other fields below `data:`, for templates.
    pub data: Map<String, Value>,
}

/// A signing key, by the name of the environment variable that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// Key id inside cookies: `[a-z0-9]+`.
    pub id: String,
    /// Name of the environment variable.
    pub env: String,
}

/// Folders of generated routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permalinks {
    /// Of product pages.
    pub products: UrlPath,
    /// Of collections.
    pub collections: UrlPath,
    /// Of tags.
    pub tags: UrlPath,
}

/// A design token: a custom property of CSS, such as `--accent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Without the two hyphens.
    pub name: String,
    /// As CSS.
    pub value: String,
    /// Where it is set.
    pub span: Span,
}

/// Where customized products are bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cart {
    /// An address that takes orders as JSON, and the path that is opened then.
    Post {
        /// Where orders are sent.
        to: String,
        /// What is shown when one was taken.
        then: Option<String>,
    },
    /// A letter from the buyer's own program.
    Mail {
        /// An address.
        to: String,
        /// The product's title if there is none.
        subject: Option<String>,
    },
    /// Snipcart's button; its script is the theme's business.
    Snipcart,
    /// The cart of a Shopify store.
    Shopify {
        /// Origin without a trailing slash.
        store: String,
    },
    /// Stripe's payment links, one for each design.
    Stripe,
}

/// Files for crawlers, readers and agents. A file of that name below `content/` replaces the
/// one that would be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// `/sitemap.xml`.
    pub sitemap: bool,
    /// `/robots.txt`.
    pub robots: bool,
    /// Paths that crawlers are asked to leave alone.
    pub disallow: Vec<UrlPath>,
    /// `/<section>/feed.xml` for every section with dated documents.
    pub atom: bool,
    /// `/products.xml` for shopping search.
    pub products: bool,
    /// `/llms.txt`.
    pub llms: bool,
    /// `/manifest.webmanifest`.
    pub manifest: bool,
}
