//! Files for crawlers, feed readers and agents: which there are, and where.

use super::{Route, section_pages};
use crate::model::{PageKind, Store, UrlPath};

/// A file for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// What it says.
    pub kind: FeedKind,
    /// Where it stands.
    pub path: UrlPath,
}

/// What a [`Feed`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedKind {
    /// Every page, for search engines.
    Sitemap,
    /// What crawlers are asked to leave alone.
    Robots,
    /// The newest documents of a section, by place in the store's pages.
    Atom(usize),
    /// What is sold, for shopping search.
    Products,
    /// What there is, for language models.
    Llms,
    /// Name and icon, for home screens.
    WebManifest,
}

/// The feeds of a store, whose routes are sorted. One whose path a page or a file of the store's own has is left to it.
pub(super) fn feeds(store: &Store, routes: &[Route]) -> Vec<Feed> {
    let wanted = &store.config.feeds;
    let mut feeds = Vec::new();
    let mut add = |is_wanted: bool, kind: FeedKind, path: String| {
        let routed = routes.binary_search_by(|route| route.path.as_str().cmp(&path));
        let own = store
            .statics
            .binary_search_by(|file| file.path.as_str().cmp(&path[1..]));
        let is_taken = routed.is_ok() || own.is_ok();
        if is_wanted && !is_taken {
            let path = UrlPath::parse(&path).expect("feeds have canonical names");
            feeds.push(Feed { kind, path });
        }
    };
    for (place, section) in store.pages.iter().enumerate() {
        if section.kind == PageKind::Section {
            let has_dates = section_pages(store, section)
                .iter()
                .any(|place| store.pages[*place].date.is_some());
            let path = format!("{}feed.xml", section.path);
            add(wanted.atom && has_dates, FeedKind::Atom(place), path);
        }
    }
    let has_products = !store.catalog.products.is_empty();
    add(wanted.llms, FeedKind::Llms, "/llms.txt".to_owned());
    add(
        wanted.manifest,
        FeedKind::WebManifest,
        "/manifest.webmanifest".to_owned(),
    );
    add(
        wanted.products && has_products,
        FeedKind::Products,
        "/products.xml".to_owned(),
    );
    add(wanted.robots, FeedKind::Robots, "/robots.txt".to_owned());
    add(wanted.sitemap, FeedKind::Sitemap, "/sitemap.xml".to_owned());
    feeds
}
