//! What templates see: flat values, made once for each thing and shared.

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json, json};
use tera::Value;

use crate::{
    digest::Digest,
    model::{
        Collection, Config, Facet, Image, Item, Money, NamedList, Page, PageKind, Prices, Product,
        Store, UrlPath,
    },
    plan::{FeedKind, Plan, Route, slice_path},
};

/// A template value with the digest of its content.
#[derive(Clone)]
pub(super) struct View {
    pub(super) value: Value,
    pub(super) digest: Digest,
}

impl View {
    fn new(content: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(content).expect("views have text keys and finite numbers");
        Self {
            value: Value::from_serializable(content),
            digest: Digest::of(&bytes),
        }
    }
}

/// Views that are made when they are first asked for.
pub(super) struct Views {
    pub(super) site: View,
    products: Vec<OnceLock<View>>,
    collections: Vec<OnceLock<View>>,
    facets: Vec<OnceLock<View>>,
    lists: Vec<OnceLock<View>>,
}

impl Views {
    pub(super) fn new(store: &Store, plan: &Plan) -> Self {
        fn cells(count: usize) -> Vec<OnceLock<View>> {
            (0..count).map(|_| OnceLock::new()).collect()
        }
        Self {
            site: View::new(&site(store, plan)),
            products: cells(store.catalog.products.len()),
            collections: cells(store.catalog.collections.len()),
            facets: cells(store.facets.facets.len()),
            lists: cells(store.catalog.lists.len()),
        }
    }

    pub(super) fn product(
        &self,
        store: &Store,
        place: usize,
        image: impl Fn(&Image) -> Json,
    ) -> &View {
        self.products[place].get_or_init(|| {
            let product = &store.catalog.products[place];
            View::new(&product_view(&store.config, product, image))
        })
    }

    pub(super) fn collection(
        &self,
        store: &Store,
        place: usize,
        image: impl Fn(&Image) -> Json,
    ) -> &View {
        self.collections[place].get_or_init(|| {
            let collection = &store.catalog.collections[place];
            View::new(&collection_view(&store.config, collection, image))
        })
    }

    pub(super) fn facet(&self, store: &Store, place: usize) -> &View {
        self.facets[place].get_or_init(|| View::new(&facet(&store.facets.facets[place])))
    }

    pub(super) fn list(&self, store: &Store, place: usize) -> &View {
        self.lists[place].get_or_init(|| View::new(&list(&store.catalog.lists[place])))
    }
}

fn site(store: &Store, plan: &Plan) -> Json {
    let config = &store.config;
    let mut feeds = json!({ "atom": [] });
    for feed in &plan.feeds {
        let name = match feed.kind {
            FeedKind::Atom(section) => {
                let section = &store.pages[section];
                let atom = json!({ "title": section.title(), "section": section.section, "path": feed.path });
                feeds["atom"]
                    .as_array_mut()
                    .expect("it was made a list")
                    .push(atom);
                continue;
            }
            FeedKind::Sitemap => "sitemap",
            FeedKind::Robots => "robots",
            FeedKind::Products => "products",
            FeedKind::Llms => "llms",
            FeedKind::WebManifest => "manifest",
        };
        feeds[name] = feed.path.as_str().into();
    }
    let tokens: Vec<Json> = config
        .tokens
        .iter()
        .map(|token| json!({ "name": token.name, "value": token.value }))
        .collect();
    json!({
        "title": config.title,
        "description": config.description,
        "base_url": config.base_url,
        "currency": config.currency.code(),
        "locale": config.locale,
        "tokens": tokens,
        "feeds": feeds,
        "facets": store.facets.facets.iter().map(|facet| facet.id.as_str()).collect::<Vec<_>>(),
        "data": config.data,
    })
}

fn product_view(config: &Config, product: &Product, image: impl Fn(&Image) -> Json) -> Json {
    let skus: Vec<Json> = product
        .skus
        .iter()
        .map(|sku| {
            json!({
                "id": sku.id,
                "values": sku.values,
                "in_stock": sku.stock.is_none_or(|n| n > 0),
                "stock": sku.stock,
                "barcode": sku.barcode,
                "image": sku.image.as_ref().map(&image),
                "has_price": sku.prices.is_some(),
            })
        })
        .collect();
    let options: Vec<Json> = product
        .options
        .iter()
        .map(|option| json!({ "title": option.title, "values": option.values }))
        .collect();
    let path = config.permalinks.products.join(&product.id);
    json!({
        "id": product.id,
        "title": product.title,
        "summary": product.summary,
        "path": path,
        "url": format!("{}{path}", config.base_url),
        "vendor": product.vendor,
        "kind": product.kind,
        "tags": product.tags,
        "in_stock": product.in_stock(),
        "is_customizable": product.customization.is_some(),
        "stock": product.stock,
        "options": options,
        "skus": skus,
        "images": product.images.iter().map(&image).collect::<Vec<_>>(),
        "data": product.data,
    })
}

fn collection_view(
    config: &Config,
    collection: &Collection,
    image: impl Fn(&Image) -> Json,
) -> Json {
    json!({
        "id": collection.id,
        "title": collection.title,
        "summary": collection.summary,
        "path": config.permalinks.collections.join(&collection.id),
        "image": collection.image.as_ref().map(image),
        "data": collection.data,
    })
}

fn facet(facet: &Facet) -> Json {
    let segments: Vec<Json> = facet
        .segments
        .iter()
        .map(|segment| json!({ "id": segment.id, "title": segment.title, "data": segment.data }))
        .collect();
    json!({
        "id": facet.id,
        "title": facet.title,
        "description": facet.description,
        "default": facet.segments[usize::from(facet.default)].id,
        "gated": facet.gated,
        "consent": facet.consent,
        "segments": segments,
    })
}

fn list(list: &NamedList) -> Json {
    let items: Vec<Json> = list.items.iter().map(item_json).collect();
    json!({ "id": list.id, "title": list.title, "items": items })
}

fn item_json(item: &Item) -> Json {
    let mut fields = item.data.clone();
    fields.insert("id".into(), item.id.clone().into());
    fields.insert("title".into(), item.title.clone().into());
    Json::Object(fields)
}

/// An item of a named list.
pub(super) fn item(item: &Item) -> Value {
    Value::from_serializable(&item_json(item))
}

/// A price as templates see it.
pub(super) fn price(config: &Config, money: Money, compare_at: Option<Money>) -> Json {
    let one = |money: Money| {
        json!({
            "minor": money.minor,
            "amount": money.decimal(),
            "text": config.money.format(money),
            "currency": money.currency.code(),
        })
    };
    let mut price = one(money);
    let was = compare_at.filter(|was| was.minor > money.minor).map(one);
    price["was"] = was.unwrap_or(Json::Null);
    price
}

/// The prices that hold for a SKU of a product; those of the product if it has none.
pub(super) fn prices<'a>(product: &'a Product, sku: Option<&str>) -> Option<&'a Prices> {
    sku.and_then(|id| product.skus.iter().find(|sku| sku.id == id))
        .and_then(|sku| sku.prices.as_ref())
        .or(product.prices.as_ref())
}

/// A document as templates see it; its fields as `field` answers them.
pub(super) fn page(config: &Config, page: &Page, fields: JsonMap<String, Json>) -> Json {
    let mut view = JsonMap::new();
    for name in ["title", "description", "summary", "image"] {
        view.insert(name.into(), Json::Null);
    }
    view.extend(fields);
    view.insert("path".into(), page.path.as_str().into());
    view.insert("date".into(), date(page.date));
    view.insert("updated".into(), date(page.updated));
    view.insert("tags".into(), page.tags.clone().into());
    view.insert("section".into(), page.section.clone().into());
    let alternates = page.alternates.iter().map(|alternate| {
        let url = format!("{}{}", config.base_url, alternate.path);
        json!({ "language": alternate.language, "path": alternate.path, "url": url })
    });
    view.insert("alternates".into(), alternates.collect());
    view.insert("noindex".into(), page.noindex.into());
    view.insert("is_section".into(), (page.kind == PageKind::Section).into());
    Json::Object(view)
}

fn date(date: Option<jiff::Timestamp>) -> Json {
    date.map_or(Json::Null, |date| date.to_string().into())
}

/// The route being rendered.
pub(super) fn route(store: &Store, plan: &Plan, route: &Route, base: &UrlPath, kind: &str) -> Json {
    let slice = route.slice;
    let other = |number: usize| {
        let path = slice_path(base, number);
        plan.route(path.as_str())
            .map_or(Json::Null, |route| route.path.as_str().into())
    };
    json!({
        "path": route.path,
        "url": format!("{}{}", store.config.base_url, route.path),
        "kind": kind,
        "page_number": slice.number,
        "page_count": slice.count,
        "previous": if slice.number > 1 { other(slice.number - 1) } else { Json::Null },
        "next": if slice.number < slice.count { other(slice.number + 1) } else { Json::Null },
    })
}
