//! The decision core for edges that run JavaScript: one text for all of them, with the table.
//!
//! A diagram is written so that the arcs taken spell the variant's name, as in a
//! finite-state transducer with outputs pushed towards the start (Mohri 1997, "Finite-State Transducers in
//! Language and Speech Processing"). A page that varies by four facets independently needs four nodes so,
//! and no list of its hundreds of variants.

#[cfg_attr(not(feature = "minify"), path = "javascript/unminified.rs")]
mod minify;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

pub(super) use minify::minify;

use crate::{
    model::{Match, Predicate, Signal},
    routing::{FacetRules, Policy, REDIRECT_CACHE, RoutingTable, TableRule, Target},
};

/// The functions, without the table.
const CORE: &str = include_str!("javascript/core.js");

/// The core with its table: `decide` and `decideMissing`, ES5, with nothing exported.
pub(super) fn core(table: &RoutingTable) -> String {
    format!("{CORE}\n{}", data(table, &paths(table)))
}

/// The same without the list of paths, which are looked up elsewhere.
pub(super) fn core_without_paths(table: &RoutingTable) -> String {
    format!("{CORE}\n{}", data(table, &Map::new()))
}

/// Roots of paths: folder → name → root. `*` stands for the rest of a folder.
pub(super) fn paths(table: &RoutingTable) -> Map<String, Value> {
    let roots = Spelling::of(table).roots_by_place;
    let mut folders: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut add = |folder, name: &str, root: u32| {
        let root = roots[root as usize].into();
        folders
            .entry(folder)
            .or_default()
            .insert(name.to_owned(), root);
    };
    for (path, root) in &table.exact {
        let bare = path.strip_suffix('/').unwrap_or(path);
        let at = bare.rfind('/').map_or(path.len(), |at| at + 1);
        add(&path[..at], &path[at..], *root);
    }
    for (prefix, root) in &table.prefixes {
        add(prefix, "*", *root);
    }
    folders
        .into_iter()
        .map(|(folder, names)| (folder.to_owned(), names.into()))
        .collect()
}

fn data(table: &RoutingTable, paths: &Map<String, Value>) -> String {
    let spelling = Spelling::of(table);
    let gated: Vec<&str> = table
        .facets
        .iter()
        .filter(|facet| facet.gated)
        .map(|facet| facet.id.as_str())
        .collect();
    let facets: Vec<String> = table
        .facets
        .iter()
        .map(|facet| text(&facet_of(facet)))
        .collect();
    let policies: Vec<String> = (0..table.policies.len())
        .map(|place| text(&policy(table, place)))
        .collect();
    let nodes: Vec<String> = spelling
        .nodes
        .iter()
        .map(|(facet, arcs)| node(table, *facet, arcs))
        .collect();
    let roots = &spelling.roots;
    let folders: Vec<String> = paths
        .iter()
        .map(|(folder, names)| format!("{}: {}", quoted(folder), text(names)))
        .collect();
    let redirects: Vec<String> = table
        .redirects
        .iter()
        .map(|(from, to)| format!("{}: {}", quoted(from), quoted(to)))
        .collect();
    let files: Vec<&String> = table.files.iter().collect();
    let not_found = spelling.roots_by_place[table.not_found as usize];
    let list = |open: &str, lines: &[String], close: &str| {
        let inner: String = lines.iter().map(|line| format!("  {line},\n")).collect();
        // ES5 takes a comma after the last one, and diffs stay small.
        format!("{open}\n{inner}{close}")
    };
    format!(
        "var SITE = {site}, KEYS = {keys}, GATED = {gated}, REDIRECT_CACHE = {cache};\n\
         // Facets: segments, the default by place, and rules, of which the first that holds gives the segment.\n\
         var FACETS = {facets};\n\
         // [facet, an arc for each segment]: the node that follows, 0 for none; a name other than the segment's\n\
         // stands beside it; SAME is as the default's.\n\
         var SAME = -1, NODES = {nodes};\n\
         // What goes with answers.\n\
         var POLICIES = {policies};\n\
         // [first node, policy]: the shapes of routes.\n\
         var ROOTS = {roots}, NOT_FOUND = {not_found};\n\
         // Folder, name, root; `*` is the rest of the folder, and what no folder holds has root 0.\n\
         var PATHS = {paths};\n\
         var REDIRECTS = {redirects};\n\
         // Files without a point in their names.\n\
         var FILES = {files};\n",
        site = quoted(&table.site),
        keys = text(&json!(table.keys)),
        gated = text(&json!(gated)),
        cache = quoted(REDIRECT_CACHE),
        facets = list("[", &facets, "]"),
        nodes = list("[", &[vec!["null".to_owned()], nodes].concat(), "]"),
        policies = list("[", &policies, "]"),
        roots = text(&json!(roots)),
        paths = list("{", &folders, "}"),
        redirects = list("{", &redirects, "}"),
        files = text(&json!(files)),
    )
}

/// A diagram's arcs with what they add to the variant's name.
struct Spelling {
    /// (facet, for each segment: parts of the name, and the node that follows, 0 for none). The first is node 1.
    nodes: Vec<(u16, Vec<Arc>)>,
    /// (first node, policy), no two alike.
    roots: Vec<(u32, u32)>,
    /// For each root of the table, its place in `roots`.
    roots_by_place: Vec<u32>,
}

/// Parts of a label, such as `loyalty.gold`, and the node that follows.
type Arc = (Vec<String>, u32);

impl Spelling {
    fn of(table: &RoutingTable) -> Self {
        let mut known: HashMap<(u16, Vec<Arc>), u32> = HashMap::new();
        let mut nodes = Vec::new();
        // Children come before parents.
        let mut done: Vec<Arc> = Vec::with_capacity(table.nodes.len());
        let arc = |target: Target, done: &[Arc]| -> Arc {
            usize::try_from(target).map_or_else(
                |_| (parts(&table.slots[(-1 - target) as usize].label), 0),
                |node| done[node].clone(),
            )
        };
        for node in &table.nodes {
            let mut arcs: Vec<Arc> = node.to.iter().map(|target| arc(*target, &done)).collect();
            let common = common_parts(&arcs);
            let prefix = arcs[0].0[..common].to_vec();
            for (parts, _) in &mut arcs {
                parts.drain(..common);
            }
            let next = nodes.len() as u32 + 1;
            let place = *known.entry((node.facet, arcs)).or_insert_with_key(|key| {
                nodes.push(key.clone());
                next
            });
            done.push((prefix, place));
        }
        let mut roots: Vec<(u32, u32)> = Vec::new();
        let roots_by_place = table
            .roots
            .iter()
            .map(|root| {
                // The default visitor's variant has no name, so no root begins with one.
                let (_, node) = arc(root.at, &done);
                let root = (node, root.policy);
                let place = roots.iter().position(|known| *known == root);
                place.unwrap_or_else(|| {
                    roots.push(root);
                    roots.len() - 1
                }) as u32
            })
            .collect();
        Self {
            nodes,
            roots,
            roots_by_place,
        }
    }
}

fn parts(label: &str) -> Vec<String> {
    label
        .split('~')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn common_parts(arcs: &[Arc]) -> usize {
    let (first, rest) = arcs.split_first().expect("a facet has segments");
    (0..first.0.len())
        .find(|place| {
            rest.iter()
                .any(|(parts, _)| parts.get(*place) != first.0.get(*place))
        })
        .unwrap_or(first.0.len())
}

fn node(table: &RoutingTable, facet: u16, arcs: &[Arc]) -> String {
    let rules = &table.facets[usize::from(facet)];
    let default = usize::from(rules.default);
    let mut line: Vec<Value> = vec![facet.into()];
    for (place, arc) in arcs.iter().enumerate() {
        let own = format!("{}.{}", rules.id, rules.segments[place]);
        let is_own = match arc.0.as_slice() {
            [] => place == default,
            [part] => place != default && *part == own,
            _ => false,
        };
        line.push(if is_own {
            arc.1.into()
        } else if place != default && *arc == arcs[default] {
            (-1).into()
        } else {
            let spelled: String = arc.0.iter().map(|part| format!("~{part}")).collect();
            json!([arc.1, spelled])
        });
    }
    text(&line)
}

fn policy(table: &RoutingTable, place: usize) -> Value {
    let policy: &Policy = &table.policies[place];
    let mut value = Map::new();
    if !policy.vary.is_empty() {
        value.insert("vary".into(), policy.vary.join(", ").into());
    }
    if policy.is_private {
        value.insert("isPrivate".into(), 1.into());
    } else if !policy.switches.is_empty() {
        value.insert("switches".into(), json!(policy.switches));
    }
    if policy.is_immutable {
        value.insert("isImmutable".into(), 1.into());
    }
    if !policy.experiments.is_empty() {
        value.insert("experiments".into(), json!(policy.experiments));
    }
    let roots = table
        .roots
        .iter()
        .filter(|root| root.policy as usize == place);
    let mut signed: BTreeSet<&str> = BTreeSet::new();
    for facet in roots.flat_map(|root| table.support(root.at)) {
        for rule in &table.facets[usize::from(facet)].rules {
            rule.when.each_signal(&mut |signal| {
                if let Signal::SignedCookie { name, .. } = signal {
                    signed.insert(name);
                }
            });
        }
    }
    if !signed.is_empty() {
        value.insert("signed".into(), json!(signed));
    }
    value.into()
}

fn facet_of(facet: &FacetRules) -> Value {
    let mut value = Map::new();
    value.insert("id".into(), facet.id.clone().into());
    value.insert("segments".into(), json!(facet.segments));
    value.insert("default".into(), facet.default.into());
    if let Some(purpose) = &facet.consent {
        value.insert("consent".into(), purpose.clone().into());
    }
    if let Some(slice) = facet.experiment {
        value.insert("experiment".into(), slice.into());
    }
    value.insert("rules".into(), rules(&facet.rules).into());
    value.into()
}

/// Rules one after the other that look at the same signal become one.
fn rules(rules: &[TableRule]) -> Vec<Value> {
    let mut merged: Vec<(Value, Value)> = Vec::new();
    for rule in rules {
        if let Predicate::Signal(signal) = &rule.when
            && let Some((signal, values)) = lookup(signal)
        {
            let last = merged
                .last_mut()
                .filter(|(known, to)| *known == signal && to.is_object());
            let to = match last {
                Some((_, to)) => to,
                None => {
                    merged.push((signal, Map::new().into()));
                    &mut merged.last_mut().expect("it was pushed").1
                }
            };
            let to = to.as_object_mut().expect("it was made as a map");
            for value in values {
                // The first rule that holds gives the segment.
                to.entry(value.clone()).or_insert(rule.segment.into());
            }
        } else {
            merged.push((test(&rule.when), rule.segment.into()));
        }
    }
    merged
        .into_iter()
        .map(|(test, to)| json!([test, to]))
        .collect()
}

/// A signal that is looked up by its value, without its values.
fn lookup(signal: &Signal) -> Option<(Value, &[String])> {
    let (key, value) = match signal {
        Signal::Cookie { name, value } => (json!(["cookie", name]), value),
        Signal::SignedCookie { name, field, value } => (json!(["signed", name, field]), value),
        Signal::Query { name, value } => (json!(["query", name]), value),
        _ => return None,
    };
    match value {
        // A literal's key of that name would set its prototype.
        Match::OneOf(values) if values.iter().all(|value| value != "__proto__") => {
            Some((key, values))
        }
        Match::OneOf(_) | Match::Present => None,
    }
}

fn test(predicate: &Predicate) -> Value {
    let all = |word: &str, list: &[Predicate]| {
        let mut value = vec![Value::from(word)];
        value.extend(list.iter().map(test));
        value.into()
    };
    match predicate {
        Predicate::All(list) => all("and", list),
        Predicate::Any(list) => all("or", list),
        Predicate::Not(inner) => json!(["not", test(inner)]),
        Predicate::Signal(signal) => match signal {
            Signal::Cookie { name, value } => json!(["cookie", name, values(value)]),
            Signal::SignedCookie { name, field, value } => {
                json!(["signed", name, field, values(value)])
            }
            Signal::Query { name, value } => json!(["query", name, values(value)]),
            Signal::Country(countries) => {
                let upper: Vec<String> =
                    countries.iter().map(|it| it.to_ascii_uppercase()).collect();
                json!(["country", upper])
            }
            Signal::Language(tags) => json!(["language", tags]),
            Signal::Device(devices) => json!(["device", devices]),
            Signal::Referrer(hosts) => json!(["referrer", hosts]),
            Signal::Time { from, until } => json!(["time", from, until]),
            Signal::Bucket { slice, from, until } => json!(["bucket", slice, from, until]),
        },
    }
}

fn values(value: &Match) -> Value {
    match value {
        Match::Present => true.into(),
        Match::OneOf(values) => json!(values),
    }
}

fn quoted(value: &str) -> String {
    text(&value)
}

/// JSON in which each byte that is not ASCII is a character of its own: so edges hand header values over.
fn text(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_string(value).expect("it is text and numbers");
    json.bytes()
        .fold(String::with_capacity(json.len()), |mut text, byte| {
            if byte.is_ascii() {
                text.push(byte.into());
            } else {
                text.push_str(&format!("\\u{byte:04x}"));
            }
            text
        })
}
