//! Visitors made to order: from predicates, what a request must show for a segment.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::corpus::{Case, Signer};

/// What a request has to show, by signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish(BTreeMap<Key, Want>);

/// A place for a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Cookie(String),
    /// Name of the cookie, and the field.
    Signed(String, String),
    Query(String),
    Country,
    Language,
    Device,
    Referrer,
    Consent(String),
    Bucket(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Want {
    Is(String),
    Absent,
    /// Absent, or none of these.
    Not(BTreeSet<String>),
    /// There, and none of these.
    Other(BTreeSet<String>),
}

/// Enough ways to one segment: the first that goes with the other facets is taken.
const WAYS: usize = 12;

/// Ways to be in a segment of a facet at a time; none if that cannot be.
pub fn ways(facet: &Value, segment: u64, now: i64) -> Vec<Wish> {
    let rules = facet["rules"].as_array().unwrap();
    let leads_there = |rule: &Value| rule["segment"].as_u64() == Some(segment);
    // What holds before must lead there too, so only the others have to fail.
    let with_consent = |wish: &Wish| match facet["consent"].as_str() {
        Some(purpose) => wish.merge(&Wish::one(
            Key::Consent(purpose.into()),
            Want::Is("yes".into()),
        )),
        None => Some(wish.clone()),
    };
    let mut found = Vec::new();
    let mut earlier = vec![Wish::default()];
    for rule in rules {
        if leads_there(rule) {
            let own = options(&rule["when"], true, now);
            found.extend(product(&earlier, &own).iter().filter_map(with_consent));
        } else {
            earlier = product(&earlier, &options(&rule["when"], false, now));
        }
    }
    if facet["default"].as_u64() == Some(segment) {
        found.extend(earlier);
        if let Some(purpose) = facet["consent"].as_str() {
            found.push(Wish::one(Key::Consent(purpose.into()), Want::Absent));
        }
    }
    found.truncate(WAYS);
    found
}

/// Wishes any of which makes a predicate hold, or fail.
fn options(predicate: &Value, holds: bool, now: i64) -> Vec<Wish> {
    let (kind, inner) = predicate
        .as_object()
        .and_then(|map| map.iter().next())
        .unwrap();
    let list = || inner.as_array().unwrap().iter();
    match (kind.as_str(), holds) {
        ("all", true) | ("any", false) => list().fold(vec![Wish::default()], |all, part| {
            product(&all, &options(part, holds, now))
        }),
        ("all" | "any", _) => list().flat_map(|part| options(part, holds, now)).collect(),
        ("not", _) => options(inner, !holds, now),
        ("signal", _) => of_signal(inner, holds, now),
        _ => panic!("a kind of predicate that the harness does not know: {kind}"),
    }
}

fn of_signal(signal: &Value, holds: bool, now: i64) -> Vec<Wish> {
    let (kind, inner) = signal
        .as_object()
        .and_then(|map| map.iter().next())
        .unwrap();
    let text = |name: &str| inner[name].as_str().unwrap().to_owned();
    let one_of = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|value| value.as_str().unwrap().to_owned())
            .collect()
    };
    let matched = |key: Key, value: &Value| match value.get("one-of") {
        Some(list) => any_of(&key, one_of(list), holds),
        None if holds => vec![Wish::one(key, Want::Other(BTreeSet::new()))],
        None => vec![Wish::one(key, Want::Absent)],
    };
    match kind.as_str() {
        "cookie" => matched(Key::Cookie(text("name")), &inner["value"]),
        "signed-cookie" => matched(Key::Signed(text("name"), text("field")), &inner["value"]),
        "query" => matched(Key::Query(text("name")), &inner["value"]),
        "country" => any_of(&Key::Country, one_of(inner), holds),
        "language" => any_of(&Key::Language, one_of(inner), holds),
        "device" => any_of(&Key::Device, one_of(inner), holds),
        "referrer" => any_of(&Key::Referrer, one_of(inner), holds),
        "time" => {
            let is_in = inner["from"].as_i64().is_none_or(|from| now >= from)
                && inner["until"].as_i64().is_none_or(|until| now < until);
            if is_in == holds {
                vec![Wish::default()]
            } else {
                Vec::new()
            }
        }
        "bucket" => {
            let key = Key::Bucket(inner["slice"].as_u64().unwrap());
            let (from, until) = (
                inner["from"].as_i64().unwrap(),
                inner["until"].as_i64().unwrap(),
            );
            let buckets = if holds {
                [from, until - 1]
            } else {
                [until, from - 1]
            };
            let is_one = |bucket: &i64| {
                (0..4096).contains(bucket) && (from..until).contains(bucket) == holds
            };
            let buckets = buckets.into_iter().filter(is_one);
            let mut wishes: Vec<Wish> = buckets
                .map(|bucket| Wish::one(key.clone(), Want::Is(bucket.to_string())))
                .collect();
            if !holds {
                wishes.push(Wish::one(key, Want::Absent));
            }
            wishes
        }
        _ => panic!("a signal that the harness does not know: {kind}"),
    }
}

fn any_of(key: &Key, values: Vec<String>, holds: bool) -> Vec<Wish> {
    if holds {
        let wishes = values
            .into_iter()
            .map(|value| Wish::one(key.clone(), Want::Is(value)));
        wishes.collect()
    } else {
        vec![Wish::one(
            key.clone(),
            Want::Not(values.into_iter().collect()),
        )]
    }
}

/// Each with each, where they go together.
pub fn product(left: &[Wish], right: &[Wish]) -> Vec<Wish> {
    let pairs = left
        .iter()
        .flat_map(|left| right.iter().filter_map(|right| left.merge(right)));
    let mut all: Vec<Wish> = Vec::new();
    for wish in pairs {
        if !all.contains(&wish) {
            all.push(wish);
        }
        if all.len() >= WAYS {
            break;
        }
    }
    all
}

impl Wish {
    fn one(key: Key, want: Want) -> Self {
        Self(BTreeMap::from([(key, want)]))
    }

    /// Both, unless they contradict each other.
    pub fn merge(&self, other: &Self) -> Option<Self> {
        let mut all = self.clone();
        for (key, want) in &other.0 {
            let merged = match all.0.get(key) {
                None => want.clone(),
                Some(own) => merge(key, own, want)?,
            };
            all.0.insert(key.clone(), merged);
        }
        Some(all)
    }

    /// Writes what is wished into a request.
    pub fn apply(&self, case: &mut Case, signer: &Signer, expiry: i64) {
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut signed: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
        let mut purposes: Vec<&str> = Vec::new();
        let mut id: Option<Vec<u8>> = None;
        for (key, want) in &self.0 {
            let Some(value) = want.value(key) else {
                continue;
            };
            match key {
                Key::Cookie(name) => cookies.push((name.clone(), value)),
                Key::Signed(name, field) => signed.entry(name).or_default().push((field, value)),
                Key::Query(name) => case.add_query(&format!("{name}={value}")),
                Key::Country => case.country = Some(value),
                Key::Language => case.add("Accept-Language", format!("{value},en;q=0.5")),
                Key::Device => {
                    if let Some(agent) = agent(&value) {
                        case.add("User-Agent", agent);
                    }
                }
                Key::Referrer => case.add("Referer", format!("https://{value}/a?b")),
                Key::Consent(purpose) => purposes.push(purpose),
                Key::Bucket(slice) => {
                    let digits = id.get_or_insert_with(|| vec![b'0'; 32]);
                    let bucket: u64 = value.parse().unwrap();
                    let at = 3 * *slice as usize;
                    digits[at..at + 3].copy_from_slice(format!("{bucket:03x}").as_bytes());
                }
            }
        }
        for (name, fields) in &signed {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(f, v)| (*f, v.as_str())).collect();
            cookies.push(((*name).to_owned(), signer.sign(expiry, &fields)));
        }
        if !purposes.is_empty() {
            cookies.push(("hb_consent".into(), purposes.join(".")));
        }
        if let Some(id) = id {
            cookies.push(("hb_id".into(), String::from_utf8(id).unwrap()));
        }
        if !cookies.is_empty() {
            let pairs: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            case.add("Cookie", pairs.join("; "));
        }
    }
}

/// A browser of a class; none for a desktop, which is anything.
pub fn agent(device: &str) -> Option<&'static str> {
    match device {
        "phone" => Some("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"),
        "tablet" => Some("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Mobile/15E148"),
        _ => None,
    }
}

impl Want {
    fn value(&self, key: &Key) -> Option<String> {
        match self {
            Self::Is(value) => Some(value.clone()),
            Self::Absent => None,
            Self::Not(values) => match key {
                // Every visitor has a device.
                Key::Device => ["desktop", "phone", "tablet"]
                    .into_iter()
                    .find(|device| !values.contains(*device))
                    .map(str::to_owned),
                _ => None,
            },
            Self::Other(values) => {
                let free = |value: &String| !values.contains(value);
                (0..=values.len()).map(|n| format!("other{n}")).find(free)
            }
        }
    }
}

fn merge(key: &Key, a: &Want, b: &Want) -> Option<Want> {
    use Want::{Absent, Is, Not, Other};
    let fits = |value: &String, values: &BTreeSet<String>| {
        !values.iter().any(|wanted| is_matched(key, value, wanted))
    };
    let both = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.union(b).cloned().collect();
    match (a, b) {
        (Is(a), Is(b)) => (a == b).then(|| Is(a.clone())),
        (Is(value), Not(values) | Other(values)) | (Not(values) | Other(values), Is(value)) => {
            fits(value, values).then(|| Is(value.clone()))
        }
        (Absent, Absent | Not(_)) | (Not(_), Absent) => Some(Absent),
        (Not(a), Not(b)) => Some(Not(both(a, b))),
        (Other(a), Other(b) | Not(b)) | (Not(a), Other(b)) => Some(Other(both(a, b))),
        (Absent, Is(_) | Other(_)) | (Is(_) | Other(_), Absent) => None,
    }
}

/// Whether a value that is shown is one that a predicate names.
fn is_matched(key: &Key, value: &str, wanted: &str) -> bool {
    let rest = match key {
        Key::Language => value
            .strip_prefix(wanted)
            .map(|rest| rest.is_empty() || rest.starts_with('-')),
        Key::Referrer => value
            .strip_suffix(wanted)
            .map(|rest| rest.is_empty() || rest.ends_with('.')),
        _ => Some(value == wanted),
    };
    rest == Some(true)
}
