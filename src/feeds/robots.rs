//! `robots.txt`, as RFC 9309 has it.

use std::fmt::Write;

use super::Sources;
use crate::plan::FeedKind;

pub(super) fn robots(sources: &Sources<'_>) -> String {
    let disallow = &sources.store.config.feeds.disallow;
    let mut text = String::from("User-agent: *\n");
    if disallow.is_empty() {
        text.push_str("Disallow:\n");
    }
    for path in disallow {
        writeln!(text, "Disallow: {path}").expect("a string takes all");
    }
    let feeds = &sources.plan.feeds;
    if let Some(sitemap) = feeds.iter().find(|feed| feed.kind == FeedKind::Sitemap) {
        write!(text, "\nSitemap: {}\n", sources.url(&sitemap.path)).expect("a string takes all");
    }
    text
}
