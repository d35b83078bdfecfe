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
    model::{Page, Store},
    plan::{FeedKind, Plan},
};

/// A file for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// Below the output folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What the feeds need to know.
struct Sources<'a> {
    store: &'a Store,
    plan: &'a Plan,
    /// The URL path at which a picture or an asset is served, by its path in the sources.
    file_url: &'a dyn Fn(&str) -> Option<String>,
}

/// Makes the feeds that are planned. `file_url` tells the URL path of a file by its path in the
/// sources.
pub fn feeds(
    store: &Store,
    plan: &Plan,
    file_url: &dyn Fn(&str) -> Option<String>,
) -> Vec<FeedFile> {
    let sources = Sources {
        store,
        plan,
        file_url,
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

    /// The whole URL of a picture; `None` if it does not exist.
    fn picture_url(&self, src: &str) -> Option<String> {
        if src.contains("://") {
            return Some(src.to_owned());
        }
        (self.file_url)(src).map(|path| self.url(path))
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
