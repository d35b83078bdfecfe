//! `customizer(product=…)`: what this visitor may choose, and what the page's script needs.

use serde_json::{Value as Json, json};
use tera::Value;

use super::{Answer, Call};
use crate::{
    constraints::Variable,
    customizer::{Cut, View, ViewOption},
    digest::Digest,
    model::{Config, Money, NONE, OptionKind},
    render::{
        engine::customizer_script_key,
        recorder::{self, Topic},
        token::Token,
        view,
    },
};

pub(super) fn customizer(call: &Call<'_>) -> Answer {
    let world = call.world;
    let store = &world.store;
    let product = &store.catalog.products[call.product(&call.must("product")?)?];
    let view = View::new(product, |facet, set| {
        recorder::visitor_is_in(&store.facets, facet, set, call.site)
    });
    let Some(view) = view else {
        recorder::note(Topic::Customizer, &*product.id, None, call.site);
        return Ok(Value::none());
    };
    let cut = world.customizers.cut(&view, &store.config)?;
    let mut json = json(&view, &cut, &store.config);
    json["cart"] = view.cart(&cut, &store.config)?;
    let script = customizer_script_key();
    recorder::note(Topic::File, "customizer.js", Some(script), call.site);
    json["script"] = Token::Asset(script).to_string().into();
    let digest = Digest::of(json.to_string().as_bytes());
    recorder::note(Topic::Customizer, &*product.id, Some(digest), call.site);
    Ok(Value::from_serializable(&json))
}

fn json(of: &View<'_>, cut: &Cut, config: &Config) -> Json {
    let (least, most) = of.customization.quantity;
    let total = |minor: i64| view::price(config, money(config, minor), None);
    json!({
        "product": of.product.id,
        "design": cut.design,
        "designs": cut.designs,
        "quantity": { "least": least, "most": most },
        "base": total(of.base),
        "cheapest": total(cut.totals.0),
        "dearest": total(cut.totals.1),
        "options": of.options.iter().map(|it| option(it, &of.problem.variables, config)).collect::<Vec<Json>>(),
        "payload": cut.payload,
    })
}

fn money(config: &Config, minor: i64) -> Money {
    Money {
        minor,
        currency: config.currency,
    }
}

/// What is added to the price; null if nothing.
fn change(config: &Config, minor: i64) -> Json {
    if minor == 0 {
        return Json::Null;
    }
    view::price(config, money(config, minor), None)
}

fn option(of: &ViewOption<'_>, variables: &[Variable], config: &Config) -> Json {
    let place = usize::from(of.variable);
    let (kind, own) = match &of.option.kind {
        OptionKind::One { .. } => {
            let is_optional = of.choices.first().is_some_and(|it| it.id == NONE);
            ("one", json!({ "optional": is_optional }))
        }
        OptionKind::Several { least, most, .. } => {
            ("several", json!({ "least": least, "most": most }))
        }
        OptionKind::Text(text) => (
            "text",
            json!({
                "longest": text.longest,
                "characters": text.characters,
                "lines": text.lines,
                "price": change(config, variables[place].prices[1]),
                "price_each": change(config, of.price_each),
            }),
        ),
        OptionKind::Image(image) => (
            "image",
            json!({
                "types": image.types,
                "largest": image.largest,
                "price": change(config, variables[place].prices[1]),
            }),
        ),
    };
    let choices = of.choices.iter().enumerate().map(|(nth, choice)| {
        let price = match of.option.kind {
            OptionKind::Several { .. } => variables[place + nth].prices[1],
            _ => variables[place].prices[nth],
        };
        let mut json = choice.attributes.clone();
        json.insert("id".into(), choice.id.as_str().into());
        json.insert("title".into(), choice.title.as_str().into());
        json.insert("price".into(), change(config, price));
        json.insert("is_default".into(), (of.default == Some(nth)).into());
        Json::Object(json)
    });
    let mut json = json!({
        "id": of.option.id,
        "title": of.option.title,
        "help": of.option.help,
        "kind": kind,
        "default": of.default.map(|place| of.choices[place].id.as_str()),
        "data": of.option.data,
        "choices": choices.collect::<Vec<Json>>(),
    });
    if let (Json::Object(json), Json::Object(own)) = (&mut json, own) {
        json.extend(own);
    }
    json
}
