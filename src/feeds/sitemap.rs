//! `sitemap.xml`, as sitemaps.org has it; an index of several where one would be too large.

use jiff::Timestamp;

use super::{FeedFile, Sources, xml::Xml};
use crate::{
    model::{Alternate, PageKind},
    plan::{Feed, NOT_FOUND, Route, Subject, in_list_order, section_pages},
};

/// Most URLs of one sitemap, by the protocol.
const MOST_URLS: usize = 50_000;

/// Most bytes of one sitemap: the protocol allows 50 MiB.
const MOST_BYTES: usize = 48 << 20;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

struct Entry<'a> {
    url: String,
    changed: Option<Timestamp>,
    alternates: &'a [Alternate],
}

pub(super) fn sitemap(sources: &Sources<'_>, feed: &Feed) -> Vec<FeedFile> {
    // The slices of a list stand together, and change with the whole of it.
    let mut last = None;
    let mut changed_of = |route: &Route| match last {
        Some((subject, time)) if subject == route.subject => time,
        _ => {
            let time = changed(sources, route);
            last = Some((route.subject, time));
            time
        }
    };
    let entries: Vec<Entry<'_>> = sources
        .plan
        .routes
        .iter()
        .filter(|route| is_listed(sources, route))
        .map(|route| Entry {
            url: sources.url(&route.path),
            changed: changed_of(route),
            alternates: match route.subject {
                Subject::Page(place) => &sources.store.pages[place].alternates,
                _ => &[],
            },
        })
        .collect();
    let mut rest = &entries[..];
    let mut parts = Vec::new();
    while parts.is_empty() || !rest.is_empty() {
        let (xml, count) = part(sources, rest);
        parts.push((xml, newest(rest[..count].iter().map(|entry| entry.changed))));
        rest = &rest[count..];
    }
    let file = |path: String, xml: String| FeedFile {
        path,
        bytes: xml.into_bytes(),
    };
    let path = feed.path.file();
    if let [_] = &parts[..] {
        return parts
            .into_iter()
            .map(|(xml, _)| file(path.clone(), xml))
            .collect();
    }
    let mut index = Xml::new();
    index.element("sitemapindex", &[("xmlns", NAMESPACE)], |index| {
        for (number, (_, changed)) in parts.iter().enumerate() {
            index.element("sitemap", &[], |index| {
                index.text("loc", &sources.url(format_args!("/{}", part_path(number))));
                if let Some(changed) = changed {
                    index.text("lastmod", &changed.to_string());
                }
            });
        }
    });
    let mut files = vec![file(path, index.finish())];
    for (number, (xml, _)) in parts.into_iter().enumerate() {
        files.push(file(part_path(number), xml));
    }
    files
}

fn part_path(number: usize) -> String {
    format!("sitemap-{}.xml", number + 1)
}

/// One sitemap, and how many of the entries went into it.
fn part(sources: &Sources<'_>, entries: &[Entry<'_>]) -> (String, usize) {
    let mut count = 0;
    let mut xml = Xml::new();
    let namespaces = [
        ("xmlns", NAMESPACE),
        ("xmlns:xhtml", "http://www.w3.org/1999/xhtml"),
    ];
    xml.element("urlset", &namespaces, |xml| {
        for entry in entries.iter().take(MOST_URLS) {
            if xml.len() > MOST_BYTES {
                break;
            }
            count += 1;
            xml.element("url", &[], |xml| {
                xml.text("loc", &entry.url);
                if let Some(changed) = entry.changed {
                    xml.text("lastmod", &changed.to_string());
                }
                for alternate in entry.alternates {
                    let url = sources.url(&alternate.path);
                    let attributes = [
                        ("rel", "alternate"),
                        ("hreflang", alternate.language.as_str()),
                        ("href", url.as_str()),
                    ];
                    xml.empty("xhtml:link", &attributes);
                }
            });
        }
    });
    (xml.finish(), count)
}

fn is_listed(sources: &Sources<'_>, route: &Route) -> bool {
    let is_hidden = match route.subject {
        Subject::Page(place) => sources.store.pages[place].noindex,
        Subject::NotFound => true,
        _ => false,
    };
    !is_hidden && route.path.as_str() != NOT_FOUND
}

/// When what a route shows was last changed, as the sources say.
fn changed(sources: &Sources<'_>, route: &Route) -> Option<Timestamp> {
    let store = sources.store;
    let page = |place: usize| store.pages[place].updated.max(store.pages[place].date);
    let of_pages = |places: &[usize]| newest(places.iter().map(|place| page(*place)));
    match route.subject {
        Subject::Page(place) => match store.pages[place].kind {
            PageKind::Content => page(place),
            PageKind::Section => {
                page(place).max(of_pages(&section_pages(store, &store.pages[place])))
            }
            PageKind::Home => page(place).max(of_pages(&in_list_order(store, |_| true))),
        },
        Subject::Product(place) => store.catalog.products[place].updated,
        Subject::Collection(place) => {
            let members = &store.catalog.collections[place].members.default;
            newest(
                members
                    .iter()
                    .map(|product| store.catalog.products[*product as usize].updated),
            )
        }
        Subject::Tag(place) => of_pages(&sources.plan.tags[place].pages),
        Subject::Collections | Subject::Tags | Subject::NotFound => None,
    }
}

fn newest(times: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    times.max().flatten()
}
