//! Filters beside those that Tera has.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil, fmt::strtime};
use tera::{Error, Kwargs, Map, State, TeraResult, Value};

use iso_currency::Currency;

use super::WORLD;
use crate::model::Money;

/// Minor units of the store's currency as text; in another currency at a rate, where one is given:
/// units of it for one of the store's, as text so that no digit is lost.
pub(super) fn money(minor: i64, kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let world = WORLD.with_borrow(Clone::clone);
    let world = world.ok_or_else(|| Error::message("rendering outside of a world"))?;
    let config = &world.store.config;
    let own = Money {
        minor,
        currency: config.currency,
    };
    let Some(code) = kwargs.get::<&str>("currency")? else {
        return Ok(config.money.format(own));
    };
    let currency = Currency::from_code(code)
        .ok_or_else(|| Error::message(format!("`{code}` is not a currency of ISO 4217")))?;
    let rate = kwargs.get::<&str>("rate")?.unwrap_or("1");
    let converted = rate
        .parse()
        .ok()
        .and_then(|rate| own.converted(currency, rate))
        .ok_or_else(|| Error::message(format!("`{rate}` is not a rate such as \"0.86\"")))?;
    Ok(config.money.format(converted))
}

pub(super) fn date(text: &str, kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let format = kwargs.get::<&str>("format")?.unwrap_or("%-d %B %Y");
    let written = match (text.parse::<Timestamp>(), text.parse::<civil::Date>()) {
        (Ok(time), _) => strtime::format(format, &time.to_zoned(jiff::tz::TimeZone::UTC)),
        (_, Ok(date)) => strtime::format(format, date),
        _ => return Err(Error::message(format!("`{text}` is not a date"))),
    };
    written.map_err(|error| Error::message(format!("`{format}` is no date format: {error}")))
}

/// JSON that can stand in a `<script>`.
pub(super) fn json(value: &Value, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let text = serde_json::to_string(value).map_err(|error| Error::message(error.to_string()))?;
    Ok(Value::safe_string(&text.replace('<', "\\u003c")))
}

/// Maps with their places from 1 on as `position`, as lists of schema.org have them.
pub(super) fn positions(list: &Value, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let list = list
        .as_array()
        .ok_or_else(|| Error::message("`positions` is for lists of maps"))?;
    let numbered = list.iter().enumerate().map(|(place, item)| {
        let mut item = item.as_map().cloned().unwrap_or_default();
        item.insert("position".into(), Value::from(place as i64 + 1));
        Value::from(item)
    });
    Ok(Value::from(numbered.collect::<Vec<_>>()))
}

/// Groups in the order of their first members, unlike Tera's own.
pub(super) fn group_by(list: &Value, kwargs: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let attribute = kwargs.must_get::<&str>("attribute")?;
    let Some(list) = list.as_array() else {
        return Err(Error::message("`group_by` groups the entries of a list"));
    };
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in list {
        let Some(key) = entry.get_from_path(attribute).filter(|key| !key.is_none()) else {
            continue;
        };
        let key = key.to_string();
        if !groups.contains_key(&key) {
            order.push(key.clone());
        }
        groups.entry(key).or_default().push(entry.clone());
    }
    let mut map = Map::new();
    for key in order {
        let group = groups.remove(&key).unwrap_or_default();
        map.insert(key.into(), Value::from(group));
    }
    Ok(Value::from(map))
}
