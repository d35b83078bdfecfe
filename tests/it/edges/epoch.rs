//! Tables whose windows of time are moved, so that each of their intervals is now: the clocks of
//! engines cannot be set.

use std::collections::BTreeSet;

use haberdash::RoutingTable;
use serde_json::Value;

const DAY: i64 = 86_400;

/// A table at a time of its choice.
#[derive(Clone, Debug)]
pub struct Epoch {
    /// Where the moment lies, for reports.
    pub name: String,
    pub table: RoutingTable,
    /// By which whole pages are found, where the table's are skeletons; else the same.
    pub whole: RoutingTable,
}

/// A table for each interval between the instants of its windows, with `now` well inside it, and
/// for each step by which caches are told to keep less as a switch comes near.
pub fn epochs(table: &RoutingTable, now: i64) -> Vec<Epoch> {
    let json = serde_json::to_value(table).unwrap();
    let mut instants = BTreeSet::new();
    let mut copy = json.clone();
    each_instant(&mut copy, &mut |instant| {
        instants.insert(*instant);
    });
    let instants: Vec<i64> = instants.into_iter().collect();
    let mut moments = Vec::new();
    let (Some(first), Some(last)) = (instants.first(), instants.last()) else {
        moments.push(("always".to_owned(), now));
        return at(&json, &moments, now);
    };
    moments.push(("before all switches".to_owned(), first - 10 * DAY));
    for (nth, pair) in instants.windows(2).enumerate() {
        // Rather long before the next switch than in the middle, where the days allow it.
        let middle = pair[0] + (pair[1] - pair[0]) / 2;
        moments.push((format!("after switch {}", nth + 1), middle));
    }
    moments.push((format!("after switch {}", instants.len()), last + 10 * DAY));
    for (before, name) in [
        (DAY / 2, "half a day"),
        (1800, "half an hour"),
        (200, "200 s"),
    ] {
        moments.push((format!("{name} before switch 1"), first - before));
    }
    at(&json, &moments, now)
}

/// The table with its first switch some seconds from now, and when that is.
pub fn before_switch(table: &RoutingTable, now: i64, seconds: i64) -> (Epoch, i64) {
    let mut json = serde_json::to_value(table).unwrap();
    let mut first = i64::MAX;
    each_instant(&mut json, &mut |instant| first = first.min(*instant));
    let moments = [(format!("{seconds} s before switch 1"), first - seconds)];
    (at(&json, &moments, now).remove(0), now + seconds)
}

fn at(json: &Value, moments: &[(String, i64)], now: i64) -> Vec<Epoch> {
    let shifted = moments.iter().map(|(name, moment)| {
        let mut json = json.clone();
        each_instant(&mut json, &mut |instant| *instant += now - moment);
        let table: RoutingTable = serde_json::from_value(json).unwrap();
        Epoch {
            name: name.clone(),
            whole: table.clone(),
            table,
        }
    });
    shifted.collect()
}

/// Every instant of a table: of its signals of time, and of its policies.
fn each_instant(table: &mut Value, visit: &mut impl FnMut(&mut i64)) {
    let mut change = |value: &mut Value| {
        if let Some(mut instant) = value.as_i64() {
            visit(&mut instant);
            *value = instant.into();
        }
    };
    for facet in table["facets"].as_array_mut().unwrap() {
        for rule in facet["rules"].as_array_mut().unwrap() {
            in_predicate(&mut rule["when"], &mut change);
        }
    }
    for policy in table["policies"].as_array_mut().unwrap() {
        let switches = policy.get_mut("switches").and_then(Value::as_array_mut);
        switches.into_iter().flatten().for_each(&mut change);
    }
}

fn in_predicate(predicate: &mut Value, change: &mut impl FnMut(&mut Value)) {
    let Some(map) = predicate.as_object_mut() else {
        return;
    };
    for (kind, inner) in map.iter_mut() {
        match (kind.as_str(), inner) {
            ("all" | "any", Value::Array(list)) => {
                for part in list {
                    in_predicate(part, change);
                }
            }
            ("not", inner) => in_predicate(inner, change),
            ("signal", signal) => {
                if let Some(time) = signal.get_mut("time").and_then(Value::as_object_mut) {
                    time.values_mut().for_each(&mut *change);
                }
            }
            _ => {}
        }
    }
}
