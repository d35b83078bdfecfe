//! `HAProxy`: rules that note things about a request one after the other, and maps for whatever a
//! store can have many of.
//!
//! It cannot ask for a second file once the first is not there, so it knows all public files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{
    Can, Deployment, Edge, EdgeFile, Problems,
    conditions::{self, Choice, Condition, Conditions},
    origin,
};
use crate::{
    model::{Device, Match, Signal},
    plan::NOT_FOUND,
    routing::{REDIRECT_CACHE, RoutingTable, Target},
};

pub(super) const EDGE: Edge = Edge {
    name: "haproxy",
    title: "HAProxy",
    can: Can::ALL,
    compile,
};

/// A longer pattern is more than the library of patterns takes, in bytes.
const LONGEST_PATTERN: usize = 30_000;

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let table = &deployment.table;
    let conditions = Conditions::of(table);
    conditions::check(&conditions, LONGEST_PATTERN, problems);
    conditions::check_media_types(deployment, problems);
    for (from, to) in &conditions::redirects(table) {
        // A map's value ends with its line, and has no white space at its ends.
        if to.is_empty() || to.trim() != to || to.bytes().any(|b| b.is_ascii_control()) {
            problems.cannot(
                None,
                format!(
                    "`{from}` leads to `{}`, which a map cannot hold",
                    to.escape_debug()
                ),
                "let it lead to a path without white space",
            );
        }
    }
    let mut site = Site {
        deployment,
        table,
        cookies: conditions::numbered(conditions.cookies(table)),
        queries: conditions::numbered(conditions.queries()),
        proofs: conditions::numbered(conditions.signed_cookies()),
        purposes: conditions::numbered(conditions.purposes()),
        conditions: &conditions,
        groups: 0,
        rules: String::new(),
    };
    site.write();
    let mut files = vec![
        EdgeFile::new("haproxy.cfg", site.configuration()),
        EdgeFile::new("origin.conf", origin::nginx(deployment, None)),
        EdgeFile::new("README.md", site.readme()),
    ];
    for (name, lines) in site.maps() {
        files.push(EdgeFile::new(name, lines));
    }
    if conditions.asks_country() {
        files.push(EdgeFile::new(
            "countries.map",
            include_str!("haproxy/countries.map"),
        ));
    }
    files
}

/// One word of the configuration, whatever it holds.
pub(super) fn word(text: &str) -> String {
    let mut word = "\"".to_owned();
    for sign in text.chars() {
        if "\\\"$".contains(sign) {
            word.push('\\');
        }
        word.push(sign);
    }
    word.push('"');
    word
}

/// A pattern inside single quotes, which have no escapes.
pub(super) fn pattern(pattern: &str) -> String {
    format!("'{}'", pattern.replace('\'', "\\x27"))
}

/// A constant as a word; it is one of names, and of labels made of names.
fn constant(text: &str) -> String {
    word(&format!("str('{text}')"))
}

/// A test, and whether it is to fail.
type Test = (String, bool);

fn written(test: &Test) -> String {
    let (test, wanted) = test;
    format!("{}{{ {test} }}", if *wanted { "" } else { "!" })
}

struct Site<'a> {
    deployment: &'a Deployment,
    table: &'a RoutingTable,
    conditions: &'a Conditions,
    cookies: BTreeMap<String, usize>,
    queries: BTreeMap<String, usize>,
    proofs: BTreeMap<String, usize>,
    purposes: BTreeMap<String, usize>,
    groups: usize,
    rules: String,
}

impl Site<'_> {
    fn comment(&mut self, text: &str) {
        self.rules.push('\n');
        for line in text.lines() {
            let _ = writeln!(self.rules, "    # {line}");
        }
    }

    fn rule(&mut self, rule: &str) {
        let _ = writeln!(self.rules, "    http-request {rule}");
    }

    fn write(&mut self) {
        self.visitor();
        self.facets();
        self.routes();
    }

    fn visitor(&mut self) {
        let cookies = self.cookies.clone();
        for (name, nth) in &cookies {
            self.comment(&format!(
                "Cookie {}: `=` and its value, if it is there once.",
                name.escape_debug()
            ));
            self.reading(
                "cookies",
                &format!("cookie_{nth}"),
                &conditions::cookie_once(name),
            );
        }
        for (name, nth) in self.queries.clone() {
            self.comment(&format!(
                "Query parameter {}: `=` and its value, if it is there once.",
                name.escape_debug()
            ));
            self.reading(
                "query",
                &format!("query_{nth}"),
                &conditions::query_once(&name),
            );
        }
        for (name, nth) in self.proofs.clone() {
            self.proof(&name, nth);
        }
        if !self.purposes.is_empty() {
            self.comment("Consent by purpose. Global Privacy Control outweighs any.");
            let cookie = self.cookies[conditions::CONSENT];
            for (purpose, nth) in self.purposes.clone() {
                let fits = word(&conditions::consents_to(&purpose).replace('\'', "\\x27"));
                self.rule(&format!(
                    "set-var(txn.consent_{nth}) bool(true) if {{ var(txn.cookie_{cookie}) -m reg -- {fits} }} !{{ var(txn.gpc) -m str 1 }}"
                ));
            }
        }
        if self.conditions.asks_country() {
            self.comment("Country of the client's address; no header can tell it.");
            self.rule("set-var(txn.country) src,map_ip(countries.map)");
        }
        let asks_device = |signal: &Signal| matches!(signal, Signal::Device(_));
        if self.conditions.signals.iter().any(asks_device) {
            self.rules += include_str!("haproxy/device.cfg");
        }
    }

    fn reading(&mut self, source: &str, name: &str, once: &str) {
        let expression = format!("var(txn.{source}),regsub({},'=\\1')", pattern(once));
        self.rule(&format!(
            "set-var(txn.{name}) {} if {{ var(txn.{source}) -m reg -- {} }}",
            word(&expression),
            word(once)
        ));
    }

    fn proof(&mut self, name: &str, nth: usize) {
        self.comment(&format!(
            "Signed cookie {}: its fields, each as `.name.value`, if the signature holds.",
            name.escape_debug()
        ));
        let cookie = self.cookies[name];
        let text =
            include_str!("haproxy/proof.cfg").replace("COOKIE", &format!("txn.cookie_{cookie}"));
        self.rules += &text;
        for key in &self.deployment.keys {
            let id = key_name(&key.id);
            let lines = include_str!("haproxy/proof-key.cfg")
                .replace("COOKIE", &format!("txn.cookie_{cookie}"))
                .replace("PROOF", &format!("txn.proof_{nth}"))
                .replace("FIRST_KEY", &key_name(&self.deployment.keys[0].id))
                .replace("KEY_ID", &key.id)
                .replace("KEY", &id)
                .replace("SITE", &self.table.site);
            self.rules += &lines;
        }
    }

    fn signal(&self, signal: usize) -> Vec<Test> {
        let fits = |source: &str, pattern: &str| -> Vec<Test> {
            vec![(format!("{source} -m reg -- {}", word(pattern)), true)]
        };
        let any_case = |source: &str, pattern: &str| -> Vec<Test> {
            vec![(format!("{source} -m reg -i -- {}", word(pattern)), true)]
        };
        let value = |value: &Match| match value {
            Match::Present => "^=".to_owned(),
            Match::OneOf(values) => format!("^={}$", conditions::one_of(values)),
        };
        match &self.conditions.signals[signal] {
            Signal::Cookie {
                name,
                value: wanted,
            } => fits(
                &format!("var(txn.cookie_{})", self.cookies[name]),
                &value(wanted),
            ),
            Signal::Query {
                name,
                value: wanted,
            } => fits(
                &format!("var(txn.query_{})", self.queries[name]),
                &value(wanted),
            ),
            Signal::SignedCookie { name, field, value } => fits(
                &format!("var(txn.proof_{})", self.proofs[name]),
                &conditions::proven_field(field, value),
            ),
            Signal::Country(list) => any_case(
                "var(txn.country)",
                &format!("^{}$", conditions::one_of(list)),
            ),
            Signal::Language(list) => {
                any_case("var(txn.language)", &conditions::first_language(list))
            }
            Signal::Referrer(list) => {
                any_case("var(txn.referrer)", &conditions::referring_host(list))
            }
            Signal::Device(list) => {
                let names: Vec<&str> = [Device::Phone, Device::Tablet, Device::Desktop]
                    .into_iter()
                    .filter(|device| list.contains(device))
                    .map(conditions::device)
                    .collect();
                vec![(format!("var(txn.device) -m str {}", names.join(" ")), true)]
            }
            Signal::Time { from, until } => {
                let mut tests = Vec::new();
                if let Some(from) = from {
                    tests.push((not_before(*from), true));
                }
                if let Some(until) = until {
                    tests.push((not_before(*until), false));
                }
                tests
            }
            Signal::Bucket { slice, from, until } => fits(
                &format!("var(txn.cookie_{})", self.cookies[conditions::VISITOR_ID]),
                &format!("^={}$", conditions::bucket(*slice, *from, *until)),
            ),
        }
    }

    /// A condition as one test. Rules have no brackets, so groups get names of their own.
    fn test(&mut self, condition: &Condition) -> Test {
        let (list, is_all) = match condition {
            Condition::Always => return ("always_true".to_owned(), true),
            Condition::Never => return ("always_true".to_owned(), false),
            Condition::Shows(signal, wanted) => {
                return (format!("var(txn.signal_{}) -m bool", signal + 1), *wanted);
            }
            Condition::All(list) => (list, true),
            Condition::Any(list) => (list, false),
        };
        let members: Vec<Test> = list.iter().map(|member| self.test(member)).collect();
        self.groups += 1;
        let name = format!("txn.group_{}", self.groups);
        for (test, wanted) in members {
            // All hold unless one fails; any holds if one does.
            let test = written(&(test, wanted != is_all));
            self.rule(&format!("set-var({name}) bool(true) if {test}"));
        }
        (format!("var({name}) -m bool"), !is_all)
    }

    fn facets(&mut self) {
        let conditions = self.conditions;
        for (place, signal) in conditions.signals.iter().enumerate() {
            let mut what = conditions::describe(signal);
            if what.chars().count() > 90 {
                what = what.chars().take(90).collect::<String>() + " …";
            }
            self.comment(&what);
            let tests: Vec<String> = self.signal(place).iter().map(written).collect();
            self.rule(&format!(
                "set-var(txn.signal_{}) bool(true) if {}",
                place + 1,
                tests.join(" ")
            ));
        }
        for (place, choice) in &conditions.facets {
            self.facet(*place, choice);
        }
    }

    fn facet(&mut self, place: u16, choice: &Choice) {
        let facet = &self.table.facets[usize::from(place)];
        self.comment(&format!(
            "Facet {}. The last rule that fits counts.",
            facet.id
        ));
        let variable = facet_variable(&facet.id);
        let name = |segment: u16| constant(&facet.segments[usize::from(segment)]);
        self.rule(&format!("set-var({variable}) {}", name(choice.default)));
        for (condition, segment) in choice.rules.iter().rev() {
            let test = self.test(condition);
            self.rule(&format!(
                "set-var({variable}) {} if {}",
                name(*segment),
                written(&test)
            ));
        }
        if let Some(purpose) = &choice.consent {
            self.rule(&format!(
                "set-var({variable}) {} if !{{ var(txn.consent_{}) -m bool }}",
                name(choice.default),
                self.purposes[purpose]
            ));
        }
    }

    fn routes(&mut self) {
        let table = self.table;
        self.comment("The variant: a diagram of questions, from the kind of route down.");
        self.rule("set-var(txn.at) var(txn.route),map_str(routes.map)");
        for place in self.conditions.facets.keys() {
            let id = &table.facets[usize::from(*place)].id;
            let variable = facet_variable(id);
            let key = word(&format!(
                "str('{id}/'),concat(,txn.at,/),concat(,{variable}),map_str(nodes.map)"
            ));
            self.rule(&format!("set-var(txn.next) {key}"));
            self.rule("set-var(txn.at) var(txn.next) if { var(txn.next) -m found }");
            self.rule("unset-var(txn.next)");
        }
        if let Some(key) = self.deployment.keys.first() {
            self.comment("Gated variants stand under names that only the first key tells.");
            self.rule("set-var(txn.gated) var(txn.at),map_str(gated.map)");
            self.rule(&format!(
                "set-var(txn.token) {} if {{ var(txn.gated) -m found }}",
                word(&format!(
                    "str('{}.variant.'),concat(,txn.gated),hmac(sha256,proc.{}),hex,lower,bytes(0,32)",
                    table.site,
                    key_name(&key.id)
                ))
            ));
        }
        self.comment("What caches are told, and how long it is true.");
        self.rule("set-var(txn.vary) var(txn.route),map_str(vary.map)");
        self.rule("set-var(txn.cache) var(txn.route),map_str(cache-control.map)");
        for (name, root, is_found) in self.routes_by_name() {
            let policy = &table.policies[table.roots[root].policy as usize];
            for (from, value) in policy.cache_steps(is_found).iter().skip(1) {
                self.rule(&format!(
                    "set-var(txn.cache) {} if {{ var(txn.route) -m str {name} }} {{ {} }}",
                    constant(value),
                    not_before(*from)
                ));
            }
        }
        for (name, root, _) in self.routes_by_name() {
            let policy = &table.policies[table.roots[root].policy as usize];
            for place in &policy.experiments {
                let facet = &table.facets[usize::from(*place)];
                // The id has ten slices.
                if facet.experiment.is_none_or(|slice| slice >= 10) {
                    continue;
                }
                let id = self.cookies[conditions::VISITOR_ID];
                let mut tests = format!(
                    "{{ var(txn.route) -m str {name} }} {{ var(txn.cookie_{id}) -m reg -- \"^=[0-9a-f]{{32}}\\$\" }}"
                );
                if let Some(purpose) = &facet.consent {
                    let _ = write!(
                        tests,
                        " {{ var(txn.consent_{}) -m bool }}",
                        self.purposes[purpose]
                    );
                }
                let variable = facet_variable(&facet.id);
                self.rule(&format!(
                    "set-var-fmt(txn.experiments) \"%[var(txn.experiments)], {}=%[var({variable})]\" if {tests}",
                    facet.id
                ));
            }
        }
    }

    /// Names of kinds of routes. The page for what does not exist has its own.
    fn routes_by_name(&self) -> Vec<(String, usize, bool)> {
        let mut roots: BTreeSet<u32> = [0].into();
        let paths = self.table.exact.iter().chain(&self.table.prefixes);
        roots.extend(
            paths
                .filter(|(path, _)| conditions::is_reachable(path))
                .map(|(_, root)| *root),
        );
        let named = |root: u32| (format!("route-{root}"), root as usize, true);
        let mut found: Vec<(String, usize, bool)> = roots.into_iter().map(named).collect();
        found.push(("missing".to_owned(), self.table.not_found as usize, false));
        found
    }

    fn maps(&self) -> Vec<(&'static str, String)> {
        let table = self.table;
        let lines = |why: &str, lines: Vec<(String, String)>| {
            let mut text = format!("# {why}\n");
            for (key, value) in lines {
                let _ = writeln!(text, "{}", format!("{key} {value}").trim_end());
            }
            text
        };
        let by_path = |map: &BTreeMap<String, u32>| -> Vec<(String, String)> {
            map.iter()
                .filter(|(path, _)| conditions::is_reachable(path))
                .map(|(path, root)| (path.clone(), format!("route-{root}")))
                .collect()
        };
        let mut nodes = Vec::new();
        for place in conditions::reached(table) {
            let node = &table.nodes[place];
            let facet = &table.facets[usize::from(node.facet)];
            for (segment, to) in facet.segments.iter().zip(&node.to) {
                nodes.push((format!("{}/node-{place}/{segment}", facet.id), target(*to)));
            }
        }
        let slots = |gated: bool| -> Vec<(String, String)> {
            let slots = table.slots.iter().enumerate();
            slots
                .filter(|(_, slot)| slot.gated == gated && !slot.label.is_empty())
                .map(|(nth, slot)| (format!("variant-{nth}"), slot.label.clone()))
                .collect()
        };
        let mut routes = Vec::new();
        let mut vary = Vec::new();
        let mut cache = Vec::new();
        for (name, root, is_found) in self.routes_by_name() {
            let root = &table.roots[root];
            let policy = &table.policies[root.policy as usize];
            routes.push((name.clone(), target(root.at)));
            if !policy.vary.is_empty() {
                vary.push((name.clone(), policy.vary.join(", ")));
            }
            cache.push((name, policy.cache_steps(is_found)[0].1.clone()));
        }
        let mut pages: BTreeSet<String> = BTreeSet::new();
        for file in self.deployment.manifest.files.keys() {
            let path = format!("/{file}");
            let path = match path.strip_suffix("/index.html") {
                Some(folder) => format!("{folder}/"),
                None => path,
            };
            if conditions::is_reachable(&path) && path != NOT_FOUND {
                pages.insert(path);
            }
        }
        let pages = pages
            .into_iter()
            .map(|path| (path, String::new()))
            .collect();
        let files = table.files.iter().map(|path| (path.clone(), String::new()));
        vec![
            (
                "paths.map",
                lines("Kinds of routes, by path.", by_path(&table.exact)),
            ),
            (
                "prefixes.map",
                lines(
                    "Kinds of routes, by folder; the longest that fits counts.",
                    by_path(&table.prefixes),
                ),
            ),
            (
                "redirects.map",
                lines(
                    "Old paths, and where they lead.",
                    conditions::redirects(table).into_iter().collect(),
                ),
            ),
            ("pages.lst", lines("All that can be had.", pages)),
            (
                "files.lst",
                lines("Files without a point in their names.", files.collect()),
            ),
            (
                "routes.map",
                lines("Where the questions of a kind of route begin.", routes),
            ),
            (
                "nodes.map",
                lines(
                    "Questions: what is asked, where, and the answer; where to go on.",
                    nodes,
                ),
            ),
            (
                "open.map",
                lines("Variants for whoever asks.", slots(false)),
            ),
            (
                "gated.map",
                lines("Variants that need a signature.", slots(true)),
            ),
            ("vary.map", lines("`Vary`, by kind of route.", vary)),
            (
                "cache-control.map",
                lines("`Cache-Control`, by kind of route.", cache),
            ),
        ]
    }

    fn configuration(&self) -> String {
        let mut keys = String::new();
        for key in &self.deployment.keys {
            let _ = writeln!(
                keys,
                "    set-var proc.{} env({}),base64",
                key_name(&key.id),
                key.env
            );
        }
        let host = self.deployment.base_url.split_once("://");
        let host = host.map_or("localhost", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let missing = if origin::has_not_found(self.deployment) {
            ""
        } else {
            "    http-request return status 404 if { var(txn.route) -m str missing }\n"
        };
        include_str!("haproxy/haproxy.cfg")
            .replace("TITLE", &self.deployment.title.escape_debug().to_string())
            .replace("    # KEYS\n", &keys)
            .replace("CANONICAL", &word(&format!("^{}$", conditions::CANONICAL)))
            .replace("LONGEST_COOKIES", &conditions::LONGEST_COOKIES.to_string())
            .replace("REDIRECT_CACHE", REDIRECT_CACHE)
            .replace("    # MISSING\n", missing)
            .replace("    # RULES\n", &self.rules)
            .replace("HOST", &word(host))
            .replace("PORT", &origin::PORT.to_string())
    }

    fn readme(&self) -> String {
        let keys: Vec<String> = self
            .deployment
            .keys
            .iter()
            .map(|key| format!("`{}`", key.env))
            .collect();
        include_str!("haproxy/README.md")
            .replace(
                "COUNTRY_LINE\n",
                if self.conditions.asks_country() {
                    "    rsync -a --ignore-existing edge/haproxy/countries.map server:/etc/haproxy/\n"
                } else {
                    ""
                },
            )
            .replace("TITLE", &self.deployment.title)
            .replace("KEYS", &keys.join(", "))
    }
}

fn not_before(instant: i64) -> String {
    format!("var(txn.now) -m int ge {instant}")
}

fn key_name(id: &str) -> String {
    let id = id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("key_{id}")
}

fn facet_variable(id: &str) -> String {
    format!("txn.facet_{}", id.replace('-', "_"))
}

/// Where a question stands, or a variant, in the maps.
fn target(at: Target) -> String {
    match usize::try_from(at) {
        Ok(node) => format!("node-{node}"),
        Err(_) => format!("variant-{}", -1 - at),
    }
}
