//! Functions that ask about the visitor and the catalog.

use serde_json::Value as Json;
use tera::Value;

use super::{Answer, Call};
use crate::{
    decision::ValueSet,
    diagnostic::{Code, Diagnostic},
    digest::Digest,
    model::Product,
    render::{
        engine::World,
        recorder::{self, Site, Topic},
        view,
    },
};

pub(super) fn segment(call: &Call<'_>) -> Answer {
    let facet = call.facet(&call.must("of")?)?;
    let definition = call.world.store.facets.facet(facet);
    let classes: Vec<ValueSet> = (0..definition.len()).map(ValueSet::single).collect();
    let place = recorder::ask_visitor(&call.world.store.facets, facet, &classes, call.site);
    Ok(definition.segments[place].id.as_str().into())
}

pub(super) fn visitor_is(call: &Call<'_>) -> Answer {
    let mut tests = Vec::new();
    for (name, value) in &call.others(&[]) {
        let facet = call.facet(name.as_str().unwrap_or_default())?;
        tests.push((facet, call.segments(facet, value)?));
    }
    let facets = &call.world.store.facets;
    let holds = tests
        .iter()
        .all(|(facet, set)| recorder::visitor_is_in(facets, *facet, set, call.site));
    Ok(holds.into())
}

pub(super) fn facet(call: &Call<'_>) -> Answer {
    let place = usize::from(call.facet(&call.must("name")?)?);
    let view = call.world.views.facet(&call.world.store, place);
    let name = &call.world.store.facets.facets[place].id;
    recorder::note(Topic::Facet, name, Some(view.digest), call.site);
    Ok(view.value.clone())
}

pub(super) fn product(call: &Call<'_>) -> Answer {
    let place = call.product(&call.must("id")?)?;
    Ok(call.world.product(place, call.site))
}

pub(super) fn products(call: &Call<'_>) -> Answer {
    let catalog = &call.world.store.catalog;
    let limit = call.limit()?;
    let places: Vec<u32> = match (call.text("collection")?, call.text("tag")?) {
        (Some(id), tag) => {
            let members = call
                .world
                .members(call.collection(&id)?, call.site)
                .iter()
                .copied();
            let has_tag = |place: &u32| {
                let tags = &catalog.products[*place as usize].tags;
                tag.as_ref()
                    .is_none_or(|tag| tags.iter().any(|other| other == tag))
            };
            members.filter(has_tag).take(limit).collect()
        }
        (None, tag) => {
            let all = call.listed(format!("products {tag:?}"), || {
                let mut places: Vec<u32> = (0..catalog.products.len() as u32).collect();
                if let Some(tag) = &tag {
                    places.retain(|place| {
                        catalog.products[*place as usize]
                            .tags
                            .iter()
                            .any(|other| other == tag)
                    });
                }
                places.sort_by_key(|place| catalog.products[*place as usize].weight);
                places
            });
            all.iter().copied().take(limit).collect()
        }
    };
    recorder::note(
        Topic::Products,
        call.described(),
        Some(call.world.ids_digest(&places)),
        call.site,
    );
    let ids = places
        .iter()
        .map(|place| catalog.products[*place as usize].id.as_str().into());
    Ok(Value::from(ids.collect::<Vec<Value>>()))
}

pub(super) fn price(call: &Call<'_>) -> Answer {
    let place = call.product(&call.must("product")?)?;
    let sku = call.text("sku")?;
    Ok(price_view(call.world, place, sku.as_deref(), call.site)
        .map_or_else(Value::none, |price| Value::from_serializable(&price)))
}

pub(super) fn price_view(
    world: &World,
    place: usize,
    sku: Option<&str>,
    site: Site,
) -> Option<Json> {
    let product = &world.store.catalog.products[place];
    if sku.is_none() && product.customization.is_some() {
        return from_price(world, product, site);
    }
    let prices = view::prices(product, sku);
    let view = prices.map(|prices| {
        let money = prices.price.choose(|facet, segments| {
            recorder::visitor_is_in(&world.store.facets, facet, segments, site)
        });
        // A segment's price is shown against what everyone pays.
        let base = Some(prices.price.default).filter(|base| base.minor > money.minor);
        view::price(&world.store.config, *money, prices.compare_at.or(base))
    });
    let name = sku.map_or_else(|| product.id.clone(), |sku| format!("{} {sku}", product.id));
    let digest = view
        .as_ref()
        .map(|view| Digest::of(view.to_string().as_bytes()));
    recorder::note(Topic::Price, name, digest, site);
    view
}

/// What the cheapest design of a customizable product costs.
fn from_price(world: &World, product: &Product, site: Site) -> Option<Json> {
    let store = &world.store;
    let own = world
        .customizers
        .cheapest(product, &store.config, |facet, set| {
            recorder::visitor_is_in(&store.facets, facet, set, site)
        });
    let view = own.map(|own| {
        let usual = world.customizers.cheapest_for_all(product, store);
        let mut view = view::price(&store.config, own, usual);
        view["from"] = true.into();
        view
    });
    let digest = view
        .as_ref()
        .map(|view| Digest::of(view.to_string().as_bytes()));
    recorder::note(Topic::Price, &*product.id, digest, site);
    view
}

pub(super) fn collection(call: &Call<'_>) -> Answer {
    let place = call.collection(&call.must("id")?)?;
    Ok(call.world.collection(place, call.site))
}

pub(super) fn find_list(call: &Call<'_>, name: &str) -> Result<usize, Diagnostic> {
    let lists = &call.world.store.catalog.lists;
    lists
        .binary_search_by(|list| list.id.as_str().cmp(name))
        .map_err(|_| {
            recorder::note(Topic::List, name, None, call.site);
            call.problem(Code::UnknownList, format!("unknown list `{name}`"))
                .did_you_mean(name, lists.iter().map(|list| list.id.as_str()))
        })
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let name = call.must("name")?;
    let place = find_list(call, &name)?;
    let view = call.world.views.list(&call.world.store, place);
    recorder::note(Topic::List, name, Some(view.digest), call.site);
    Ok(view.value.clone())
}

pub(super) fn item(call: &Call<'_>) -> Answer {
    let (name, id) = (call.must("list")?, call.must("id")?);
    let list = &call.world.store.catalog.lists[find_list(call, &name)?];
    let found = list
        .items
        .iter()
        .find(|item| item.id == id)
        .ok_or_else(|| {
            call.problem(
                Code::UnknownList,
                format!("list `{name}` has no item `{id}`"),
            )
            .did_you_mean(&id, list.items.iter().map(|item| item.id.as_str()))
        })?;
    let view = view::item(found);
    recorder::note(
        Topic::List,
        format!("{name} {id}"),
        Some(Digest::of(view.to_string().as_bytes())),
        call.site,
    );
    Ok(view)
}
