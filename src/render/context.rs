//! What each kind of route gives its template.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};
use tera::{Context, Value};

use super::{
    engine::{World, asset_key, static_key},
    picture::is_elsewhere,
    recorder::{self, Site, Topic},
    token::Token,
    view,
};
use crate::{
    diagnostic::Diagnostic,
    digest::Digest,
    model::{Fields, Image, Page, PageKind, PageOverride, UrlPath},
    plan::{Route, Subject, section_pages},
};

/// Where a route is defined.
pub(super) fn site(world: &World, route: &Route) -> Site {
    Site {
        file: route.span(&world.store).file,
        line: 0,
    }
}

/// Renders a route's template with its context.
pub(super) fn render(world: &Arc<World>, route: &Route) -> Result<String, Diagnostic> {
    let store = &world.store;
    let site = site(world, route);
    let mut context = Context::new();
    context.insert_value("site", world.views.site.value.clone());
    let links = &store.config.permalinks;
    let (kind, template, base) = match route.subject {
        Subject::Page(place) => {
            let page = &store.pages[place];
            context.insert_value(
                "page",
                Value::from_serializable(&page_view(world, page, site)),
            );
            let (kind, usual) = match page.kind {
                PageKind::Home => ("home", "home.html"),
                PageKind::Section => {
                    let listed = section_pages(store, page);
                    let views = pages(world, route.slice.of(&listed), site);
                    context.insert_value("pages", views);
                    ("section", "section.html")
                }
                PageKind::Content if is_not_found(route) => ("not-found", "404.html"),
                PageKind::Content => ("page", "page.html"),
            };
            let named = page.template.as_ref().map(|(name, span)| {
                (
                    name.as_str(),
                    Site {
                        file: span.file,
                        line: world.line(*span),
                    },
                )
            });
            let usual = match usual {
                "home.html" | "404.html" if !world.has_template(usual) => "page.html",
                _ => usual,
            };
            (kind, named.unwrap_or((usual, site)), page.path.clone())
        }
        Subject::Product(place) => {
            context.insert_value("product", world.product(place, site));
            ("product", ("product.html", site), route.path.clone())
        }
        Subject::Collection(place) => {
            let collection = &store.catalog.collections[place];
            let members = world.members(place, site);
            let ids: Vec<Value> = route
                .slice
                .of(members)
                .iter()
                .map(|product| store.catalog.products[*product as usize].id.as_str().into())
                .collect();
            context.insert_value("collection", world.collection(place, site));
            context.insert_value("products", Value::from(ids));
            context.insert_value("product_count", Value::from(members.len()));
            (
                "collection",
                ("collection.html", site),
                links.collections.join(&collection.id),
            )
        }
        Subject::Collections => {
            context.insert_value("collections", world.collections(site));
            (
                "collections",
                ("collections.html", site),
                route.path.clone(),
            )
        }
        Subject::Tag(place) => {
            let tag = &world.plan.tags[place];
            recorder::note(
                Topic::Tags,
                &tag.name,
                Some(Digest::of(tag.name.as_bytes())),
                site,
            );
            let view = json!({ "name": tag.name, "path": tag.path, "count": tag.pages.len() });
            context.insert_value("tag", Value::from_serializable(&view));
            context.insert_value("pages", pages(world, route.slice.of(&tag.pages), site));
            ("tag", ("tag.html", site), tag.path.clone())
        }
        Subject::Tags => {
            context.insert_value("tags", world.tags(site));
            ("tags", ("tags.html", site), route.path.clone())
        }
        Subject::NotFound => {
            let template = if world.has_template("404.html") {
                "404.html"
            } else {
                "page.html"
            };
            let view = json!({ "title": "Page not found", "path": route.path, "description": null,
                "summary": null, "image": null, "date": null, "updated": null, "tags": [],
                "section": "", "is_section": false, "alternates": [], "noindex": true });
            context.insert_value("page", Value::from_serializable(&view));
            ("not-found", (template, site), UrlPath::root())
        }
    };
    let view = view::route(store, &world.plan, route, &base, kind);
    context.insert_value("route", Value::from_serializable(&view));
    super::functions::with_subject(route.subject, || {
        world.render_template(template.0, &context, template.1)
    })
}

fn is_not_found(route: &Route) -> bool {
    route.path.as_str() == crate::plan::NOT_FOUND
}

/// The views of several documents, as a list.
pub(super) fn pages(world: &World, places: &[usize], site: Site) -> Value {
    let views: Vec<Value> = places
        .iter()
        .map(|place| Value::from_serializable(&page_view(world, &world.store.pages[*place], site)))
        .collect();
    Value::from(views)
}

/// A document's fields as the visitor sees them. Asks only for fields that differ.
pub(super) fn page_view(world: &World, page: &Page, site: Site) -> Json {
    let own = chosen_override(world, page, site);
    let mut fields = JsonMap::new();
    let layers: [&Fields; 2] = [&page.fields, own.map_or(&page.fields, |own| &own.fields)];
    for (name, field) in layers.into_iter().flatten() {
        let value = field.choose(|facet, segments| {
            recorder::visitor_is_in(&world.store.facets, facet, segments, site)
        });
        fields.insert(name.clone(), value.clone());
    }
    if let Some(Json::Object(image)) = fields.get("image") {
        let text = |key: &str| {
            image
                .get(key)
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let image = Image {
            src: text("src"),
            alt: text("alt"),
        };
        fields.insert("image".into(), world.image(&image));
    }
    let view = view::page(&world.store.config, page, fields);
    let bytes = serde_json::to_vec(&view).expect("views have text keys and finite numbers");
    recorder::note(
        Topic::Page,
        page.path.as_str(),
        Some(Digest::of(&bytes)),
        site,
    );
    view
}

/// The whole-file override that the visitor gets, if any.
pub(super) fn chosen_override<'a>(
    world: &World,
    page: &'a Page,
    site: Site,
) -> Option<&'a PageOverride> {
    page.overrides.iter().find(|own| {
        own.when.iter().all(|(facet, segments)| {
            recorder::visitor_is_in(&world.store.facets, *facet, segments, site)
        })
    })
}

impl World {
    /// A picture with the URL that it will have.
    pub(super) fn image(&self, image: &Image) -> Json {
        match self.file_url(&image.src) {
            Some(url) => json!({ "src": url, "alt": image.alt }),
            None if is_elsewhere(&image.src) => json!({ "src": image.src, "alt": image.alt }),
            None => json!({ "src": image.src, "alt": image.alt, "missing": true }),
        }
    }

    /// The token of a file beside the content, or of the theme, that a source names by its path.
    pub(super) fn file_url(&self, path: &str) -> Option<String> {
        Some(Token::Asset(self.file_key(path)?).to_string())
    }

    /// The key of such a file.
    pub fn file_key(&self, path: &str) -> Option<Digest> {
        let path = path.trim_start_matches('/');
        let keys = [
            static_key(path),
            asset_key(path.strip_prefix("assets/").unwrap_or(path)),
        ];
        keys.into_iter().find(|key| self.files.contains_key(key))
    }

    pub(super) fn line(&self, span: crate::diagnostic::Span) -> u32 {
        self.tree.file(span.file).line(span.start)
    }

    pub(super) fn product(&self, place: usize, site: Site) -> Value {
        let view = self
            .views
            .product(&self.store, place, |image| self.image(image));
        let id = &self.store.catalog.products[place].id;
        recorder::note(Topic::Product, id, Some(view.digest), site);
        view.value.clone()
    }

    pub(super) fn collection(&self, place: usize, site: Site) -> Value {
        let view = self
            .views
            .collection(&self.store, place, |image| self.image(image));
        let id = &self.store.catalog.collections[place].id;
        recorder::note(Topic::Collection, id, Some(view.digest), site);
        view.value.clone()
    }

    /// The products of a collection as the visitor sees it.
    pub(super) fn members(&self, place: usize, site: Site) -> &[u32] {
        let collection = &self.store.catalog.collections[place];
        let members = collection.members.choose(|facet, segments| {
            recorder::visitor_is_in(&self.store.facets, facet, segments, site)
        });
        let address = members.as_ptr() as usize;
        let known = self.member_digests.get(&address).map(|digest| *digest);
        let digest = known.unwrap_or_else(|| {
            let digest = self.ids_digest(members);
            self.member_digests.insert(address, digest);
            digest
        });
        recorder::note(
            Topic::Products,
            format!("collection={}", collection.id),
            Some(digest),
            site,
        );
        members
    }

    pub(super) fn ids_digest(&self, places: &[u32]) -> Digest {
        let products = &self.store.catalog.products;
        Digest::of_parts(
            places
                .iter()
                .map(|place| products[*place as usize].id.as_bytes()),
        )
    }

    pub(super) fn collections(&self, site: Site) -> Value {
        let store = &self.store;
        let mut places: Vec<usize> = (0..store.catalog.collections.len()).collect();
        places.sort_by_key(|place| (store.catalog.collections[*place].weight, *place));
        let ids = places
            .iter()
            .map(|place| store.catalog.collections[*place].id.as_bytes());
        recorder::note(Topic::Collections, "all", Some(Digest::of_parts(ids)), site);
        Value::from(
            places
                .iter()
                .map(|place| self.collection(*place, site))
                .collect::<Vec<_>>(),
        )
    }

    pub(super) fn tags(&self, site: Site) -> Value {
        let tags: Vec<Json> = self
            .plan
            .tags
            .iter()
            .map(|tag| json!({ "name": tag.name, "path": tag.path, "count": tag.pages.len() }))
            .collect();
        let bytes = serde_json::to_vec(&tags).expect("tags are text and numbers");
        recorder::note(Topic::Tags, "all", Some(Digest::of(&bytes)), site);
        Value::from_serializable(&tags)
    }
}
