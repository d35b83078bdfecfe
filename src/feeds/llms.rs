//! `llms.txt`, as llmstxt.org has it: what there is, in Markdown, for language models.

use std::fmt::Write;

use super::{Sources, summary};
use crate::{
    model::{PageKind, Store},
    plan::{FeedKind, NOT_FOUND, in_list_order},
};

/// Products that are listed one by one; of larger stores the feed of products is named.
const MOST_PRODUCTS: usize = 500;

pub(super) fn llms(sources: &Sources<'_>) -> String {
    let store = sources.store;
    let config = &store.config;
    let mut list = Links(String::new());
    writeln!(list.0, "# {}", line(&config.title)).expect("a string takes all");
    if !config.description.is_empty() {
        write!(list.0, "\n> {}\n", line(&config.description)).expect("a string takes all");
    }
    let links = &config.permalinks;
    if !store.catalog.collections.is_empty() {
        list.head("Collections");
        let mut collections: Vec<_> = store.catalog.collections.iter().collect();
        collections.sort_by_key(|collection| (collection.weight, &collection.id));
        for collection in collections {
            let url = sources.url(links.collections.join(&collection.id));
            list.link(&collection.title, &url, &collection.summary);
        }
    }
    if !store.catalog.products.is_empty() && store.catalog.products.len() <= MOST_PRODUCTS {
        list.head("Products");
        for product in &store.catalog.products {
            let url = sources.url(links.products.join(&product.id));
            let price = sources.price(product);
            let price = price.map(|price| config.money.format(price));
            let note: Vec<&str> = [Some(product.summary.as_str()), price.as_deref()]
                .into_iter()
                .flatten()
                .filter(|text| !text.is_empty())
                .collect();
            list.link(&product.title, &url, &note.join(" "));
        }
    }
    documents(sources, store, &mut list);
    let others: Vec<(&str, String)> = sources
        .plan
        .feeds
        .iter()
        .filter_map(|feed| {
            let title = match feed.kind {
                FeedKind::Sitemap => "Every page",
                FeedKind::Products => "Every product, with prices and stock",
                FeedKind::Atom(section) => store.pages[section].title(),
                FeedKind::Robots | FeedKind::Llms | FeedKind::WebManifest => return None,
            };
            Some((title, sources.url(&feed.path)))
        })
        .collect();
    if !others.is_empty() {
        list.head("Optional");
        for (title, url) in others {
            list.link(title, &url, "");
        }
    }
    list.0
}

/// Documents by section, those at the top last.
fn documents(sources: &Sources<'_>, store: &Store, list: &mut Links) {
    let mut sections: Vec<_> = store
        .pages
        .iter()
        .filter(|page| page.kind == PageKind::Section && page.path.parts().count() == 1)
        .collect();
    sections.sort_by_key(|page| (page.weight, page.path.clone()));
    let mut add = |title: &str, section: &str| {
        let places = in_list_order(store, |page| {
            page.section == section && !page.noindex && page.path.as_str() != NOT_FOUND
        });
        if !places.is_empty() {
            list.head(title);
        }
        for place in places {
            let page = &store.pages[place];
            list.link(page.title(), &sources.url(&page.path), summary(page));
        }
    };
    for section in sections {
        add(section.title(), &section.section);
    }
    add("About", "");
}

struct Links(String);

impl Links {
    fn head(&mut self, title: &str) {
        write!(self.0, "\n## {}\n\n", line(title)).expect("a string takes all");
    }

    fn link(&mut self, title: &str, url: &str, note: &str) {
        let title = line(title).replace(['[', ']'], "");
        let colon = if note.is_empty() { "" } else { ": " };
        writeln!(self.0, "- [{title}]({url}){colon}{}", line(note)).expect("a string takes all");
    }
}

/// A text on one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
