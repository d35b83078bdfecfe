//! Every route, before a byte is rendered.
//!
//! In: a [`Store`]. Out: a [`Plan`]: routes and redirects, in the order of their
//! paths, no path twice. It decides what is rendered where and how lists are cut
//! into pages; it never renders, and never asks about a visitor.

mod collision;
mod feeds;

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, Span},
    model::{Page, PageKind, Store, UrlPath, slug},
};

pub use feeds::{Feed, FeedKind};

/// What will be rendered, and what leads elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Sorted by path.
    pub routes: Vec<Route>,
    /// Old paths, sorted.
    pub redirects: Vec<Redirect>,
    /// Tags of documents, by slug.
    pub tags: Vec<Tag>,
    /// Files for machines.
    pub feeds: Vec<Feed>,
}

impl Plan {
    /// The route at a path.
    pub fn route(&self, path: &str) -> Option<&Route> {
        let place = self
            .routes
            .binary_search_by(|route| route.path.as_str().cmp(path))
            .ok()?;
        Some(&self.routes[place])
    }
}

/// A public path and what is shown there.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its path.
    pub path: UrlPath,
    /// What is shown.
    pub subject: Subject,
    /// Which slice of a list, from 1, and of how many.
    pub slice: Slice,
}

impl Route {
    /// Where it is defined; the configuration, for what is made of the store as a whole.
    pub fn span(&self, store: &Store) -> Span {
        match self.subject {
            Subject::Page(place) => Span::file(store.pages[place].file),
            Subject::Product(place) => store.catalog.products[place].span,
            Subject::Collection(place) => store.catalog.collections[place].span,
            Subject::Collections | Subject::Tag(_) | Subject::Tags | Subject::NotFound => {
                Span::file(store.config.file)
            }
        }
    }
}

/// One page of a list that is cut into several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// From 1.
    pub number: usize,
    /// At least 1.
    pub count: usize,
    /// Entries a page.
    pub size: usize,
}

impl Slice {
    /// Of a route that shows no list.
    pub const WHOLE: Self = Self {
        number: 1,
        count: 1,
        size: usize::MAX,
    };

    /// This slice of a list; empty where the list is shorter.
    pub fn of<T>(self, list: &[T]) -> &[T] {
        let start = (self.number - 1).saturating_mul(self.size).min(list.len());
        let end = start.saturating_add(self.size).min(list.len());
        &list[start..end]
    }
}

/// What a route shows. Numbers are places in the store's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A document.
    Page(usize),
    /// A product.
    Product(usize),
    /// A collection.
    Collection(usize),
    /// All collections.
    Collections,
    /// A tag, by place in [`Plan::tags`].
    Tag(usize),
    /// All tags.
    Tags,
    /// What is shown where nothing is, when no document says.
    NotFound,
}

/// A path that leads to another.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The old path.
    pub from: UrlPath,
    /// A route of the plan.
    pub to: UrlPath,
}

/// A tag of documents.
#[derive(Clone, Debug)]
pub struct Tag {
    /// As the first document writes it.
    pub name: String,
    /// Where it is listed.
    pub path: UrlPath,
    /// Documents with it, by place in the store's pages, in list order.
    pub pages: Vec<usize>,
}

/// The path of the page for what does not exist.
pub const NOT_FOUND: &str = "/404.html";

/// Plans every route of a store. Reports two sources with one URL.
pub fn plan(store: &Store, diagnostics: &mut Diagnostics) -> Plan {
    let mut routes = Vec::new();
    let whole = |path: UrlPath, subject| Route {
        path,
        subject,
        slice: Slice::WHOLE,
    };
    let links = &store.config.permalinks;

    for (place, page) in store.pages.iter().enumerate() {
        let subject = Subject::Page(place);
        if page.kind == PageKind::Section {
            let size = page.paginate.unwrap_or(store.config.articles_per_page);
            paginate(
                &mut routes,
                &page.path,
                subject,
                section_pages(store, page).len(),
                size,
            );
        } else {
            routes.push(whole(page.path.clone(), subject));
        }
    }
    for (place, product) in store.catalog.products.iter().enumerate() {
        routes.push(whole(
            links.products.join(&product.id),
            Subject::Product(place),
        ));
    }
    for (place, collection) in store.catalog.collections.iter().enumerate() {
        let size = collection
            .paginate
            .unwrap_or(store.config.products_per_page);
        // A visitor whose list is shorter sees empty pages at the end rather than none.
        let longest = collection.members.values().map(Vec::len).max().unwrap_or(0);
        let path = links.collections.join(&collection.id);
        paginate(
            &mut routes,
            &path,
            Subject::Collection(place),
            longest,
            size,
        );
    }
    if !store.catalog.collections.is_empty() {
        routes.push(whole(links.collections.clone(), Subject::Collections));
    }
    let tags = tags(store);
    for (place, tag) in tags.iter().enumerate() {
        let size = store.config.articles_per_page;
        paginate(
            &mut routes,
            &tag.path,
            Subject::Tag(place),
            tag.pages.len(),
            size,
        );
    }
    if !tags.is_empty() {
        routes.push(whole(links.tags.clone(), Subject::Tags));
    }
    let not_found = UrlPath::parse(NOT_FOUND).expect("the constant is canonical");
    if !routes.iter().any(|route| route.path == not_found) {
        routes.push(whole(not_found, Subject::NotFound));
    }
    // A document at the path of an index stands in for it: the index of collections or
    // tags is only made where no one wrote it.
    let is_written = |path: &UrlPath| store.pages.iter().any(|page| page.path == *path);
    routes.retain(|route| {
        !matches!(route.subject, Subject::Collections | Subject::Tags) || !is_written(&route.path)
    });

    routes.sort_by(|a, b| a.path.cmp(&b.path));
    let mut plan = Plan {
        routes,
        redirects: Vec::new(),
        tags,
        feeds: Vec::new(),
    };
    collision::check(store, &mut plan, diagnostics);
    plan.redirects = redirects(store, &plan, diagnostics);
    plan.feeds = feeds::feeds(store, &plan.routes);
    plan
}

fn paginate(
    routes: &mut Vec<Route>,
    base: &UrlPath,
    subject: Subject,
    entries: usize,
    size: usize,
) {
    let size = size.max(1);
    let count = entries.div_ceil(size).max(1);
    for number in 1..=count {
        let path = slice_path(base, number);
        routes.push(Route {
            path,
            subject,
            slice: Slice {
                number,
                count,
                size,
            },
        });
    }
}

/// The path of the page with a number (from 1) of a list.
pub fn slice_path(base: &UrlPath, number: usize) -> UrlPath {
    if number == 1 {
        base.clone()
    } else {
        base.join("page").join(&number.to_string())
    }
}

/// The documents that a section lists, by place in the store's pages, in list order.
pub fn section_pages(store: &Store, section: &Page) -> Vec<usize> {
    in_list_order(store, |page| {
        page.path.as_str().starts_with(section.path.as_str()) && page.path != section.path
    })
}

/// The documents for which `belongs` holds: by weight, then the newest first, then by path.
/// Sections and the home page are no documents of a list.
pub fn in_list_order(store: &Store, belongs: impl Fn(&Page) -> bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..store.pages.len())
        .filter(|place| {
            let page = &store.pages[*place];
            page.kind == PageKind::Content && page.path.as_str() != NOT_FOUND && belongs(page)
        })
        .collect();
    places.sort_by_key(|place| {
        let page = &store.pages[*place];
        (
            page.weight,
            page.date.is_none(),
            page.date.map(std::cmp::Reverse),
            *place,
        )
    });
    places
}

fn tags(store: &Store) -> Vec<Tag> {
    let mut tags: BTreeMap<String, Tag> = BTreeMap::new();
    for place in in_list_order(store, |_| true) {
        for name in &store.pages[place].tags {
            let slug = slug(name);
            let tag = tags.entry(slug).or_insert_with_key(|slug| Tag {
                name: name.clone(),
                path: store.config.permalinks.tags.join(slug),
                pages: Vec::new(),
            });
            if tag.pages.last() != Some(&place) {
                tag.pages.push(place);
            }
        }
    }
    tags.into_values().collect()
}

fn redirects(store: &Store, plan: &Plan, diagnostics: &mut Diagnostics) -> Vec<Redirect> {
    let mut redirects: BTreeMap<UrlPath, Redirect> = BTreeMap::new();
    for page in &store.pages {
        for (from, span) in page.aliases.iter().filter(|(from, _)| *from != page.path) {
            let redirect = Redirect {
                from: from.clone(),
                to: page.path.clone(),
            };
            let taken = if plan.route(from.as_str()).is_some() {
                Some("a page has this URL".to_owned())
            } else {
                redirects
                    .get(from)
                    .map(|other| format!("it already leads to `{}`", other.to))
            };
            match taken {
                Some(why) => diagnostics.push(
                    Diagnostic::new(
                        Code::RouteCollision,
                        *span,
                        format!("the alias `{from}` is already taken"),
                    )
                    .label(why)
                    .hint("remove the alias, or give it a path of its own"),
                ),
                None => {
                    redirects.insert(from.clone(), redirect);
                }
            }
        }
    }
    redirects.into_values().collect()
}
