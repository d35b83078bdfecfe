//! What machines read: sitemap, robots, Atom, products, `llms.txt`, web manifest.
//!
//! In: the [`Store`] and the [`Plan`], and where files are served. Out: whole files. They
//! say what a visitor of whom nothing is known is told, as the default variants of
//! the pages do; nothing that a segment is told ever gets here. It renders nothing and writes
//! nothing.

mod atom;
mod llms;
mod products;
mod robots;
mod sitemap;
#[cfg(test)]
mod tests;
mod web_manifest;
mod xml;

use crate::{
    customizer::Customizers,
    model::{Money, Page, Product, Store},
    plan::{FeedKind, Plan},
};

/// Width of pictures in feeds, in pixels: shopping search asks for 800 and more.
const PICTURE_WIDTH: u32 = 1200;

/// A file for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// Below the output folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Where files are served: URL paths by paths in the sources. `None` for what does not exist.
pub trait Addresses {
    /// A file as it is.
    fn file(&self, path: &str) -> Option<String>;
    /// A picture in pixels, so many of them wide, for those who take no drawing.
    fn raster(&self, path: &str, width: u32) -> Option<String>;
}

/// What the feeds need to know.
struct Sources<'a> {
    store: &'a Store,
    plan: &'a Plan,
    addresses: &'a dyn Addresses,
    customizers: &'a Customizers,
}

impl Sources<'_> {
    /// What everyone pays for a product: for the cheapest design of one that buyers shape.
    fn price(&self, product: &Product) -> Option<Money> {
        let design = self.customizers.cheapest_for_all(product, self.store);
        design.or_else(|| Some(product.prices.as_ref()?.price.default))
    }
}

/// Makes the feeds that are planned.
pub fn feeds(
    store: &Store,
    plan: &Plan,
    addresses: &dyn Addresses,
    customizers: &Customizers,
) -> Vec<FeedFile> {
    let sources = Sources {
        store,
        plan,
        addresses,
        customizers,
    };
    let mut files = Vec::new();
    for feed in &plan.feeds {
        let text = match feed.kind {
            FeedKind::Sitemap => {
                files.extend(sitemap::sitemap(&sources, feed));
                continue;
            }
            FeedKind::Robots => robots::robots(&sources),
            FeedKind::Atom(section) => atom::atom(&sources, &store.pages[section], feed),
            FeedKind::Products => products::products(&sources, feed),
            FeedKind::Llms => llms::llms(&sources),
            FeedKind::WebManifest => web_manifest::web_manifest(&sources),
        };
        files.push(FeedFile {
            path: feed.path.file(),
            bytes: text.into_bytes(),
        });
    }
    files
}

impl Sources<'_> {
    /// The whole URL of a path.
    fn url(&self, path: impl std::fmt::Display) -> String {
        format!("{}{path}", self.store.config.base_url)
    }

    /// The whole URL of a picture in pixels; `None` if it does not exist.
    fn picture_url(&self, src: &str) -> Option<String> {
        if src.contains("://") {
            return Some(src.to_owned());
        }
        let raster = self.addresses.raster(src, PICTURE_WIDTH);
        let path = raster.or_else(|| self.addresses.file(src))?;
        Some(self.url(path))
    }
}

/// A text field of a document, as everyone is told; empty if it has none.
fn field<'a>(page: &'a Page, name: &str) -> &'a str {
    page.fields
        .get(name)
        .and_then(|field| field.default.as_str())
        .unwrap_or_default()
}

/// A document's summary or description, whichever it has.
fn summary(page: &Page) -> &str {
    let summary = field(page, "summary");
    if summary.is_empty() {
        field(page, "description")
    } else {
        summary
    }
}
