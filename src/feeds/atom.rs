//! The newest documents of a section, as RFC 4287 has it.

use super::{Sources, field, summary, xml::Xml};
use crate::{
    model::Page,
    plan::{Feed, section_pages},
};

/// Entries of one feed: readers have seen older ones.
const MOST_ENTRIES: usize = 50;

pub(super) fn atom(sources: &Sources<'_>, section: &Page, feed: &Feed) -> String {
    let store = sources.store;
    let mut dated: Vec<&Page> = section_pages(store, section)
        .into_iter()
        .map(|place| &store.pages[place])
        .filter(|page| page.date.is_some())
        .collect();
    dated.sort_by_key(|page| (std::cmp::Reverse(page.date), page.path.clone()));
    dated.truncate(MOST_ENTRIES);

    let config = &store.config;
    let (own, section_url) = (sources.url(&feed.path), sources.url(&section.path));
    let attributes = [
        ("xmlns", "http://www.w3.org/2005/Atom"),
        ("xml:lang", config.locale.as_str()),
    ];
    let mut xml = Xml::new();
    xml.element("feed", &attributes, |xml| {
        xml.text("title", &format!("{}: {}", config.title, section.title()));
        if !summary(section).is_empty() {
            xml.text("subtitle", summary(section));
        }
        xml.text("id", &section_url);
        xml.empty(
            "link",
            &[
                ("rel", "self"),
                ("type", "application/atom+xml"),
                ("href", &own),
            ],
        );
        xml.empty(
            "link",
            &[
                ("rel", "alternate"),
                ("type", "text/html"),
                ("href", &section_url),
            ],
        );
        // A feed with no entry is not planned.
        let newest = dated
            .iter()
            .filter_map(|page| page.updated.max(page.date))
            .max();
        xml.text("updated", &newest.unwrap_or_default().to_string());
        xml.element("author", &[], |xml| xml.text("name", &config.title));
        for page in dated {
            entry(sources, page, xml);
        }
    });
    xml.finish()
}

fn entry(sources: &Sources<'_>, page: &Page, xml: &mut Xml) {
    let url = sources.url(&page.path);
    let published = page.date.unwrap_or_default();
    let updated = page.updated.unwrap_or(published).max(published);
    xml.element("entry", &[], |xml| {
        xml.text("title", page.title());
        xml.text("id", &url);
        xml.empty(
            "link",
            &[("rel", "alternate"), ("type", "text/html"), ("href", &url)],
        );
        xml.text("published", &published.to_string());
        xml.text("updated", &updated.to_string());
        if !field(page, "author").is_empty() {
            xml.element("author", &[], |xml| xml.text("name", field(page, "author")));
        }
        for tag in &page.tags {
            xml.empty("category", &[("term", tag)]);
        }
        if !summary(page).is_empty() {
            xml.text("summary", summary(page));
        }
    });
}
