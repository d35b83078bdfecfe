//! The decision core for edges that run JavaScript: one text for all of them, with the table.

mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use spelling::{Arc, Spelling};

use super::{Deployment, Problems, conditions};
use crate::{
    model::{KeyConfig, Match, Predicate, Signal},
    routing::{FacetRules, PAGES, Policy, REDIRECT_CACHE, RoutingTable},
};

/// Later than any clock, in seconds, and a number that JavaScript holds.
const FOREVER: i64 = 1_000_000_000_000;
/// How the core tells that answers are for one visitor alone, or never change; others have a list of instants.
const PRIVATE: u8 = 0;
const FOR_GOOD: u8 = 1;
/// The functions, without the table.
const CORE: &str = include_str!("javascript/core.js");

/// The decision core for a table. Finding a small order of its facets takes the longest, so it is made once.
pub(super) struct Core {
    /// With defaults first.
    table: RoutingTable,
    shapes: Shapes,
}

impl Core {
    pub(super) fn of(table: &RoutingTable) -> Self {
        let table = defaults_first(table);
        let shapes = Shapes::of(&table);
        Self { table, shapes }
    }

    /// `decide` and `decideMissing` with the table: ES5, with nothing exported.
    pub(super) fn whole(&self) -> String {
        self.with(&self.paths(), &self.table.redirects)
    }

    /// The same without the lists of paths and redirects, which are looked up elsewhere.
    pub(super) fn without_paths(&self) -> String {
        self.with(&Folders::new(), &BTreeMap::new())
    }

    pub(super) fn paths(&self) -> Folders {
        self.shapes.paths(&self.table)
    }

    fn with(&self, paths: &Folders, redirects: &BTreeMap<String, String>) -> String {
        format!(
            "{CORE}\n{}",
            data(&self.table, &self.shapes, paths, redirects)
        )
    }
}

/// The same table with each facet's default as its first segment.
fn defaults_first(table: &RoutingTable) -> RoutingTable {
    let mut table = table.clone();
    for node in &mut table.nodes {
        let default = table.facets[usize::from(node.facet)].default;
        node.to.swap(0, default.into());
    }
    for facet in &mut table.facets {
        let default = std::mem::take(&mut facet.default);
        facet.segments.swap(0, default.into());
        for rule in &mut facet.rules {
            if rule.segment == default {
                rule.segment = 0;
            } else if rule.segment == 0 {
                rule.segment = default;
            }
        }
    }
    table
}

/// What speaks the Fetch API, ready for an adapter: the request, signatures by WebCrypto, and the core.
/// Keys are read by the names of environment variables that `SECRETS` lists.
pub(super) fn fetch_core(deployment: &Deployment) -> String {
    let keys = deployment.keys.iter();
    let names: Map<String, Value> = keys
        .map(|key| (key.id.clone(), key.env.clone().into()))
        .collect();
    let types = conditions::media_types(deployment);
    let fetch = include_str!("javascript/fetch.js");
    let core = Core::of(&deployment.table).whole();
    format!(
        "// The environment variables that hold the signing keys.\nconst SECRETS = {};\n\n\
         // Types by extension, and of files that are not as theirs: platforms guess otherwise.\nconst TYPES = {};\n\
         const OTHER_TYPES = {};\n\n{fetch}\n{core}",
        text(&names),
        text(&types.by_extension),
        text(&types.exceptions),
    )
}

/// Refuses values that are not ASCII: how platforms hand such bytes of headers to a script is nowhere said.
pub(super) fn check_values(deployment: &Deployment, problems: &mut Problems<'_>) {
    let title = problems.edge.title;
    for place in conditions::asked(&deployment.table) {
        let facet = &deployment.table.facets[usize::from(place)];
        let mut found: Option<String> = None;
        for rule in &facet.rules {
            rule.when.each_signal(&mut |signal| {
                if let Signal::Cookie {
                    value: Match::OneOf(values),
                    ..
                } = signal
                {
                    let other = values.iter().find(|value| !value.is_ascii());
                    found = found.take().or(other.cloned());
                }
            });
        }
        if let Some(value) = found {
            problems.cannot(
                Some(&facet.id),
                format!("`{}` looks for the cookie value `{value}`, and {title} hands over only ASCII for certain", facet.id),
                "write other letters percent-encoded, in the segment and in what sets the cookie",
            );
        }
    }
}

/// Answers requests with files that the platform reads, for platforms where a function can.
pub(super) const SERVE: &str = include_str!("javascript/serve.js");

/// Puts pages together, for platforms where a request can read several files.
pub(super) const TOGETHER: &str = include_str!("javascript/together.js");

/// Roots of paths: folder → name → root. `*` stands for the rest of a folder.
pub(super) type Folders = BTreeMap<String, BTreeMap<String, usize>>;

/// The shapes of routes, no two alike.
struct Shapes {
    spelling: Spelling,
    /// What goes with answers, as the core reads it.
    policies: Vec<Value>,
    /// First node and policy.
    roots: Vec<(u32, usize)>,
    /// For each root of the table, its place in `roots`.
    places: Vec<usize>,
}

impl Shapes {
    fn of(table: &RoutingTable) -> Self {
        let spelling = Spelling::of(table);
        let (mut policies, mut roots) = (Vec::new(), Vec::new());
        let places = (0..table.roots.len()).map(|place| {
            let policy = place_of(&mut policies, policy(table, place));
            place_of(&mut roots, (spelling.roots[place], policy))
        });
        let places = places.collect();
        Self {
            spelling,
            policies,
            roots,
            places,
        }
    }

    fn paths(&self, table: &RoutingTable) -> Folders {
        let mut folders = Folders::new();
        let mut add = |folder: &str, name: &str, root: u32| {
            let names = folders.entry(folder.to_owned()).or_default();
            names.insert(name.to_owned(), self.places[root as usize]);
        };
        for (path, root) in &table.exact {
            let bare = path.strip_suffix('/').unwrap_or(path);
            let at = bare.rfind('/').map_or(0, |at| at + 1);
            add(&path[..at], &path[at..], *root);
        }
        for (prefix, root) in &table.prefixes {
            add(prefix, "*", *root);
        }
        folders
    }
}

/// The place of a thing in a list of such, to which it is added if it is new.
fn place_of<T: PartialEq>(list: &mut Vec<T>, thing: T) -> usize {
    let known = list.iter().position(|known| *known == thing);
    known.unwrap_or_else(|| {
        list.push(thing);
        list.len() - 1
    })
}

fn data(
    table: &RoutingTable,
    shapes: &Shapes,
    paths: &Folders,
    redirects: &BTreeMap<String, String>,
) -> String {
    let signed: BTreeSet<&str> = table.facets.iter().flat_map(signed_cookies).collect();
    let facets = table.facets.iter().map(|facet| text(&facet_of(facet)));
    let nodes = shapes.spelling.nodes.iter();
    let nodes = nodes.map(|(facet, arcs)| node(*facet, arcs));
    let nodes = std::iter::once("null".to_owned()).chain(nodes);
    let folders = paths.iter().map(|(folder, names)| {
        let names: Vec<String> = names
            .iter()
            .map(|(name, root)| format!(" {name}:{root}"))
            .collect();
        let names = names.concat();
        format!("{}: {}", text(folder), text(&names))
    });
    let redirects = redirects.iter();
    let redirects = redirects.map(|(from, to)| format!("{}: {}", text(from), text(to)));
    format!(
        "var SITE = {site}, KEYS = {keys}, SIGNED = {signed}, REDIRECT_CACHE = {cache};\n\
         // Facets: segments, the default first, and rules, of which the first that holds gives the segment.\n\
         var FACETS = [{facets}].map(function (it) {{\n\
         \x20 return {{ id: it[0], segments: it[1], rules: it[2], isGated: it[3], consent: it[4], experiment: it[5] }};\n\
         }});\n\
         // [facet, an arc for each segment]: the node that follows, 0 for none; facets and segments beside it are\n\
         // spelled in place of the segment; SAME is as the default's; what is left out is as the last.\n\
         var SAME = -1, NODES = [{nodes}];\n\
         // What goes with answers: caching, `Vary`, experiments, whether signatures are looked at, and where skeletons stand.\n\
         var PRIVATE = {PRIVATE}, FOR_GOOD = {FOR_GOOD}, POLICIES = [{policies}];\n\
         // The shapes of routes: a first node and a policy each.\n\
         var ROOTS = {roots}, NOT_FOUND = {not_found};\n\
         // Folder; name:root. `*` is the rest of the folder, and what no folder holds has root 0.\n\
         var PATHS = {{{paths}}};\n\
         var REDIRECTS = {{{redirects}}};\n\
         // Files without a point in their names.\n\
         var FILES = {files};\n",
        site = text(&table.site),
        keys = text(&table.keys),
        signed = text(&signed),
        cache = text(&REDIRECT_CACHE),
        facets = lines(facets),
        nodes = lines(nodes),
        policies = lines(shapes.policies.iter().map(text)),
        roots = text(
            &shapes
                .roots
                .iter()
                .flat_map(|(node, policy)| [*node as usize, *policy])
                .collect::<Vec<_>>()
        ),
        not_found = shapes.places[table.not_found as usize],
        paths = lines(folders),
        redirects = lines(redirects),
        files = text(&table.files),
    )
}

/// One to a line.
fn lines(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.map(|item| format!("  {item}")).collect();
    if items.is_empty() {
        return String::new();
    }
    format!("\n{}\n", items.join(",\n"))
}

fn node(facet: u16, arcs: &[Arc]) -> String {
    let mut line: Vec<Value> = vec![facet.into()];
    for (place, arc) in arcs.iter().enumerate() {
        let own = (facet, place as u16);
        let is_own = match arc.0.as_slice() {
            [] => place == 0,
            [part] => place != 0 && *part == own,
            _ => false,
        };
        line.push(if is_own {
            arc.1.into()
        } else if place != 0 && *arc == arcs[0] {
            (-1).into()
        } else {
            let mut other: Vec<u32> = vec![arc.1];
            other.extend(
                arc.0
                    .iter()
                    .flat_map(|(facet, segment)| [u32::from(*facet), (*segment).into()]),
            );
            other.into()
        });
    }
    while line.len() > 2 && line[line.len() - 1] == line[line.len() - 2] {
        line.pop();
    }
    text(&line)
}

/// The names of signed cookies that a facet looks at.
fn signed_cookies(facet: &FacetRules) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for rule in &facet.rules {
        rule.when.each_signal(&mut |signal| {
            if let Signal::SignedCookie { name, .. } = signal {
                names.insert(name.as_str());
            }
        });
    }
    names
}

/// The policy of a root, by the root's place.
fn policy(table: &RoutingTable, place: usize) -> Value {
    let root = &table.roots[place];
    let policy: &Policy = &table.policies[root.policy as usize];
    let kind = if policy.is_private {
        json!(PRIVATE)
    } else if policy.is_immutable {
        json!(FOR_GOOD)
    } else {
        json!(policy.switches)
    };
    let asked = table.support(root.at);
    let is_signed = |facet: &u16| !signed_cookies(&table.facets[usize::from(*facet)]).is_empty();
    let is_signed = u8::from(asked.iter().any(is_signed));
    let mut line = vec![
        kind,
        json!(policy.vary.join(", ")),
        json!(policy.experiments),
        json!(is_signed),
    ];
    if root.is_skeleton {
        line.push(json!(format!("/{}/{PAGES}", table.parts)));
    }
    line.into()
}

fn facet_of(facet: &FacetRules) -> Value {
    let mut value = vec![json!(facet.id), json!(facet.segments), rules(facet).into()];
    value.extend([
        json!(facet.gated),
        json!(facet.consent),
        json!(facet.experiment),
    ]);
    // What is left out is not so.
    while value
        .last()
        .is_some_and(|last| last.is_null() || *last == false)
    {
        value.pop();
    }
    value.into()
}

/// Rules one after the other that look at the same signal become one.
fn rules(facet: &FacetRules) -> Vec<Value> {
    let mut merged: Vec<(Value, Value)> = Vec::new();
    for rule in &facet.rules {
        if let Predicate::Signal(signal) = &rule.when
            && let Some((signal, values)) = lookup(signal)
        {
            let last = merged
                .last_mut()
                .filter(|(known, to)| *known == signal && to.is_object());
            let to = if let Some((_, to)) = last {
                to
            } else {
                merged.push((signal, Map::new().into()));
                &mut merged.last_mut().expect("it was pushed").1
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
    let last = merged.len().saturating_sub(1);
    let places = merged.into_iter().enumerate();
    places
        .map(|(place, (test, to))| {
            if is_by_name(facet, &to, place == last) {
                json!([test])
            } else {
                json!([test, to])
            }
        })
        .collect()
}

/// Whether each value is the id of its segment. The default's may be missing where no other rule follows.
fn is_by_name(facet: &FacetRules, to: &Value, is_last: bool) -> bool {
    let Some(to) = to.as_object() else {
        return false;
    };
    let mut segments = facet.segments.iter().enumerate();
    let is_named = |(place, id): (usize, &String)| match to.get(id) {
        Some(segment) => *segment == place,
        None => is_last && place == 0,
    };
    to.keys().all(|value| facet.segments.contains(value)) && segments.all(is_named)
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
            Signal::Time { from, until } => {
                let (from, until) = (from.unwrap_or(-FOREVER), until.unwrap_or(FOREVER));
                json!(["time", from, until])
            }
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

/// A literal in which each byte that is not ASCII is a character of its own: so edges hand header values over.
fn text(value: &impl serde::Serialize) -> String {
    literal(&serde_json::to_value(value).expect("it is text and numbers"))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let is_name = name.bytes().all(|b| b.is_ascii_alphabetic()) && !name.is_empty();
                let name = if is_name { name.clone() } else { string(name) };
                format!("{name}: {}", literal(value))
            });
            let fields: Vec<String> = fields.collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::String(value) => string(value),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn string(value: &str) -> String {
    let json = serde_json::to_string(value).expect("it is text");
    let mut literal = String::with_capacity(json.len());
    for byte in json.bytes() {
        if byte.is_ascii() {
            literal.push(byte.into());
        } else {
            literal.push_str(&format!("\\x{byte:02x}"));
        }
    }
    literal
}

/// A line for each key that a deployment may need to be told, if anything is signed.
pub(super) fn secrets(deployment: &Deployment, line: impl Fn(&KeyConfig) -> String) -> String {
    let is_signed = deployment
        .table
        .facets
        .iter()
        .any(|facet| !signed_cookies(facet).is_empty());
    let keys = deployment.keys.iter().filter(|_| is_signed);
    keys.map(|key| line(key) + "\n").collect()
}
