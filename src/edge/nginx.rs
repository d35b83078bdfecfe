//! nginx: maps for everything, and a short script for signatures.
//!
//! Maps are lazy: a request looks only at what its route's diagram asks. Their keys ignore the case
//! of letters, so names that tell it apart are patterns, and paths with capitals are looked up
//! under a mark of their own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{
    Can, Deployment, Edge, EdgeFile, Problems,
    conditions::{self, Choice, Condition, Conditions},
    keys::{self, Pages},
};
use crate::{
    finish::Syntax,
    model::{Device, Match, Signal},
    plan::NOT_FOUND,
    routing::{EXPOSURE, PAGES, Policy, REDIRECT_CACHE, RoutingTable, SSI, Target},
};

pub(super) const EDGE: Edge = Edge {
    name: "nginx",
    title: "nginx",
    can: Can {
        includes: Some(Syntax::Ssi),
        ..Can::ALL
    },
    compile,
};

/// Keys of a map that are words of the language.
const WORDS: [&str; 4] = ["default", "hostnames", "include", "volatile"];
/// A parameter may have 4,096 bytes with its quotes (measured with 1.22: "too long parameter").
const LONGEST_PATTERN: usize = 4_090;

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let table = &deployment.table;
    let conditions = Conditions::of(table);
    for (place, choice) in &conditions.facets {
        let facet = &table.facets[usize::from(*place)];
        if facet.gated && deployment.keys.is_empty() {
            problems.cannot(
                Some(&facet.id),
                format!("`{}` is gated, and the site names no key", facet.id),
                "name a key under `keys` in haberdash.yaml",
            );
        }
        for (condition, _) in &choice.rules {
            let mut longest = 0;
            each_signal(condition, &mut |signal| {
                let pattern = test(&conditions.signals[signal], "").pattern;
                longest = longest.max(Key::AnyCase(&pattern).token().len());
            });
            if longest > LONGEST_PATTERN {
                problems.cannot(
                    Some(&facet.id),
                    format!(
                        "a rule of `{}` is a pattern of {longest} bytes, and nginx takes {LONGEST_PATTERN}",
                        facet.id
                    ),
                    "split the list of values over several segments or rules",
                );
            }
        }
    }
    let needs_script =
        table.slots.iter().any(|slot| slot.gated) || !conditions.signed_cookies().is_empty();
    let mut site = Site {
        pages: Pages::of(deployment, keys::NGINX),
        deployment,
        table,
        conditions: &conditions,
        cookies: conditions::numbered(conditions.cookies(table)),
        queries: conditions::numbered(conditions.queries()),
        proofs: conditions::numbered(conditions.signed_cookies()),
        regions: regions(deployment),
        needs_script,
        text: String::new(),
    };
    site.write();
    let mut files = vec![
        EdgeFile::new("haberdash.conf", site.text.clone()),
        EdgeFile::new("keys.map", site.key_map()),
        EdgeFile::new("site.conf", site.server()),
        EdgeFile::new("nginx.conf", site.complete()),
        EdgeFile::new("README.md", site.readme()),
    ];
    if needs_script {
        files.push(EdgeFile::new("haberdash.js", site.script()));
    }
    if conditions.asks_country() {
        files.push(EdgeFile::new(
            "countries.conf",
            include_str!("nginx/countries.conf"),
        ));
    }
    files
}

/// The regions by the paths that marks name here.
fn regions(deployment: &Deployment) -> BTreeMap<String, Target> {
    let regions = conditions::regions(deployment).into_iter();
    let by_path = regions.map(|(path, root)| {
        let root = deployment.table.roots[root as usize];
        (path.replacen(&deployment.table.parts, SSI, 1), root.at)
    });
    by_path.collect()
}

fn each_signal(condition: &Condition, visit: &mut impl FnMut(usize)) {
    match condition {
        Condition::Always | Condition::Never => {}
        Condition::Shows(signal, _) => visit(*signal),
        Condition::All(list) | Condition::Any(list) => {
            for condition in list {
                each_signal(condition, visit);
            }
        }
    }
}

/// A signal as nginx sees it: a variable that a pattern fits.
struct Test {
    source: String,
    pattern: String,
    ignores_case: bool,
}

/// `source` is the variable of what has a name.
fn test(signal: &Signal, source: &str) -> Test {
    let exact = |source: &str, pattern: String| Test {
        source: source.to_owned(),
        pattern,
        ignores_case: false,
    };
    let any_case = |source: &str, pattern: String| Test {
        source: source.to_owned(),
        pattern,
        ignores_case: true,
    };
    match signal {
        Signal::Cookie { value, .. } | Signal::Query { value, .. } => exact(
            source,
            match value {
                Match::Present => "^=".to_owned(),
                Match::OneOf(values) => format!("^={}$", conditions::one_of(values)),
            },
        ),
        Signal::SignedCookie { field, value, .. } => {
            exact(source, conditions::proven_field(field, value))
        }
        Signal::Country(list) => any_case(
            "$haberdash_country",
            format!("^{}$", conditions::one_of(list)),
        ),
        Signal::Language(list) => {
            any_case("$http_accept_language", conditions::first_language(list))
        }
        Signal::Referrer(list) => any_case("$http_referer", conditions::referring_host(list)),
        Signal::Device(list) => {
            let names: Vec<String> = [Device::Phone, Device::Tablet, Device::Desktop]
                .into_iter()
                .filter(|device| list.contains(device))
                .map(|device| conditions::device(device).to_owned())
                .collect();
            exact(
                "$haberdash_device",
                format!("^{}$", conditions::one_of(&names)),
            )
        }
        Signal::Time { from, until } => {
            let not_before = |instant: &Option<i64>| instant.map(conditions::not_before);
            let mut pattern = "^".to_owned();
            if let Some(until) = not_before(until) {
                let _ = write!(pattern, "(?!{until})");
            }
            if let Some(from) = not_before(from) {
                pattern += &from;
            }
            exact("$msec", pattern)
        }
        Signal::Bucket { slice, from, until } => exact(
            source,
            format!("^={}$", conditions::bucket(*slice, *from, *until)),
        ),
    }
}

/// The variable of a facet's segment.
fn facet_variable(id: &str) -> String {
    let id = id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("$hb_{id}")
}

/// One line of a map.
enum Key<'a> {
    Default,
    Exact(&'a str),
    Pattern(&'a str),
    AnyCase(&'a str),
}

/// A token in quotes, if it needs any.
fn quoted(text: &str) -> String {
    let is_bare = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./$~=^:".contains(&b));
    if is_bare {
        text.to_owned()
    } else {
        in_quotes(text)
    }
}

/// A token in quotes. A backslash stands for itself, unless a sign follows that it escapes.
pub(super) fn in_quotes(text: &str) -> String {
    let mut token = "\"".to_owned();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        // The only signs before which the language takes a backslash for its own.
        let is_taken = signs.peek().is_none_or(|next| "\"'\\trn".contains(*next));
        if sign == '"' || sign == '\\' && is_taken {
            token.push('\\');
        }
        token.push(sign);
    }
    token.push('"');
    token
}

/// A text that is no variable.
fn plain_value(text: &str) -> String {
    text.replace('$', "${haberdash_dollar}")
}

impl Key<'_> {
    fn token(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::Exact(text) if WORDS.contains(text) || text.starts_with(['~', '\\']) => {
                quoted(&format!("\\{text}"))
            }
            Self::Exact(text) => quoted(text),
            Self::Pattern(pattern) => quoted(&format!("~{pattern}")),
            Self::AnyCase(pattern) => quoted(&format!("~*{pattern}")),
        }
    }
}

/// What is written, and from what.
struct Site<'a> {
    deployment: &'a Deployment,
    table: &'a RoutingTable,
    conditions: &'a Conditions,
    cookies: BTreeMap<String, usize>,
    queries: BTreeMap<String, usize>,
    proofs: BTreeMap<String, usize>,
    /// First node or only variant of each region, by its path.
    regions: BTreeMap<String, Target>,
    needs_script: bool,
    pages: Pages,
    text: String,
}

impl Site<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Comments say why; one line each.
    fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&format!("# {line}"));
        }
    }

    fn section(&mut self, text: &str) {
        self.line("");
        self.line("");
        self.line(&format!("# --- {text} ---"));
    }

    /// A map; values are as the language reads them.
    fn map<'k>(
        &mut self,
        comment: &str,
        source: &str,
        name: &str,
        lines: impl IntoIterator<Item = (Key<'k>, String)>,
    ) {
        self.line("");
        self.comment(comment);
        let lines: Vec<(String, String)> = lines
            .into_iter()
            .map(|(key, value)| (key.token(), quoted(&value)))
            .collect();
        // A few long patterns must not push all values to the right.
        let width = lines.iter().map(|(key, _)| key.len());
        let width = width.filter(|width| *width <= 48).max().unwrap_or(0);
        self.line(&format!("map {} {name} {{", quoted(source)));
        for (key, value) in lines {
            self.line(&format!("    {key:width$} {value};"));
        }
        self.line("}");
    }

    fn write(&mut self) {
        let title = self.deployment.title.escape_debug().to_string();
        self.comment(&format!(
            "{title}: which visitor gets which file. Made by haberdash; the next build makes it anew.\n\
             To be included inside `http`. Maps are lazy: a request looks only at what its route asks."
        ));
        self.sizes();
        if self.needs_script {
            self.line("");
            self.comment("Signatures and secret names need HMAC, which nginx itself lacks.");
            self.line("js_import haberdash from haberdash.js;");
            for nth in self.proofs.values().copied().collect::<Vec<_>>() {
                self.line(&format!(
                    "js_set $haberdash_proof_{nth} haberdash.proof_{nth};"
                ));
            }
            self.line("js_set $haberdash_token haberdash.token;");
            for nth in 0..self.gated_regions().len() {
                self.line(&format!(
                    "js_set $haberdash_token_{nth} haberdash.token_{nth};"
                ));
            }
        }
        if self.text_has_dollar() {
            self.line("");
            self.comment("A dollar sign, which maps cannot write.");
            self.line("geo $haberdash_dollar { default \"$\"; }");
        }
        self.section("the request");
        self.request();
        self.section("the visitor");
        self.visitor();
        self.section("segments");
        self.facets();
        self.section("routes");
        self.routes();
        self.section("answers");
        self.answers();
    }

    fn text_has_dollar(&self) -> bool {
        conditions::redirects(self.table)
            .values()
            .any(|to| to.contains('$'))
    }

    fn sizes(&mut self) {
        let table = self.table;
        let redirects = conditions::redirects(table);
        let keys = || {
            table
                .exact
                .keys()
                .chain(table.prefixes.keys())
                .chain(redirects.keys())
                .chain(&table.files)
                .chain(self.pages.keys.keys())
                .chain(self.regions.keys())
        };
        let longest = keys().map(String::len).max().unwrap_or(0) + 32;
        let bucket = longest.next_multiple_of(64).max(128);
        let largest = table
            .exact
            .len()
            .max(table.prefixes.len())
            .max(redirects.len())
            .max(table.files.len())
            .max(self.pages.keys.len())
            .max(self.regions.len());
        let size = (largest * 4).next_power_of_two().max(8192);
        self.line("");
        self.line(&format!("map_hash_max_size       {size};"));
        self.line(&format!("map_hash_bucket_size    {bucket};"));
        self.line("variables_hash_max_size 8192;\nvariables_hash_bucket_size 128;");
    }

    fn request(&mut self) {
        self.map(
            "The path as it came, if it can exist at all; else nothing.",
            "$request_uri",
            "$haberdash_path",
            [(
                Key::Pattern(&format!("^({})(?:\\?|$)", conditions::CANONICAL)),
                "$1".to_owned(),
            )],
        );
        self.map(
            "Keys of maps ignore the case of letters, and paths do not: the mark keeps `/A` from being `/a`.",
            "$haberdash_path",
            "$haberdash_key",
            [
                (Key::Default, "$haberdash_path".to_owned()),
                (Key::Pattern("[A-Z]"), "!$haberdash_path".to_owned()),
            ],
        );
        self.map(
            "The query as it came.",
            "$request_uri",
            "$haberdash_query",
            [(Key::Pattern(r"^[^?]*\?(.*)$"), "$1".to_owned())],
        );
    }

    fn visitor(&mut self) {
        if !self.cookies.is_empty() {
            self.map(
                &format!(
                    "More than {} bytes of cookies are as good as none.",
                    conditions::LONGEST_COOKIES
                ),
                "$http_cookie",
                "$haberdash_cookies",
                [
                    (Key::Default, "$http_cookie".to_owned()),
                    (
                        Key::Pattern(&format!("^(?s:.){{{}}}", conditions::LONGEST_COOKIES + 1)),
                        String::new(),
                    ),
                ],
            );
        }
        for (name, nth) in self.cookies.clone() {
            self.map(
                &format!(
                    "Cookie {}: `=` and its value, if it is there once.",
                    name.escape_debug()
                ),
                "$haberdash_cookies",
                &format!("$haberdash_cookie_{nth}"),
                [(
                    Key::Pattern(&conditions::cookie_once(&name)),
                    "=$1".to_owned(),
                )],
            );
        }
        for (name, nth) in self.queries.clone() {
            self.map(
                &format!(
                    "Query parameter {}: `=` and its value, if it is there once.",
                    name.escape_debug()
                ),
                "$haberdash_query",
                &format!("$haberdash_query_{nth}"),
                [(
                    Key::Pattern(&conditions::query_once(&name)),
                    "=$1".to_owned(),
                )],
            );
        }
        if self.conditions.asks_country() {
            self.line("");
            self.comment(
                "Country of the client's address, `$haberdash_country`: the file is yours to fill.",
            );
            self.line("include countries.conf;");
        }
        let asks_device = |signal: &Signal| matches!(signal, Signal::Device(_));
        if self.conditions.signals.iter().any(asks_device) {
            let space = conditions::SPACE;
            self.map(
                "",
                "$http_sec_ch_ua_mobile",
                "$haberdash_mobile",
                [
                    (Key::Default, "0".to_owned()),
                    (
                        Key::Pattern(&format!(r"^[{space}]*\?1[{space}]*$")),
                        "1".to_owned(),
                    ),
                ],
            );
            self.map(
                "Class of device: the client's hint, then its name.",
                "$haberdash_mobile$http_user_agent",
                "$haberdash_device",
                [
                    (Key::Default, "desktop".to_owned()),
                    (Key::Pattern("iPad|Tablet"), "tablet".to_owned()),
                    (Key::Pattern("^0(?!.*Mobi).*Android"), "tablet".to_owned()),
                    (Key::Pattern("^1|Mobi"), "phone".to_owned()),
                ],
            );
        }
        self.consent();
    }

    fn consent(&mut self) {
        let purposes: Vec<String> = self
            .conditions
            .purposes()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let Some(nth) = self.cookies.get(conditions::CONSENT).copied() else {
            return;
        };
        if purposes.is_empty() {
            return;
        }
        let space = conditions::SPACE;
        self.map(
            "Global Privacy Control outweighs any consent.",
            "$http_sec_gpc",
            "$haberdash_consent",
            [
                (Key::Default, format!("$haberdash_cookie_{nth}")),
                (
                    Key::Pattern(&format!("^[{space}]*1[{space}]*$")),
                    String::new(),
                ),
            ],
        );
        for (nth, purpose) in purposes.iter().enumerate() {
            self.map(
                &format!("Consent to {}.", purpose.escape_debug()),
                "$haberdash_consent",
                &format!("$haberdash_consent_{}", nth + 1),
                [
                    (Key::Default, "0".to_owned()),
                    (
                        Key::Pattern(&conditions::consents_to(purpose)),
                        "1".to_owned(),
                    ),
                ],
            );
        }
    }

    fn consent_variable(&self, purpose: &str) -> String {
        let place = self
            .conditions
            .purposes()
            .iter()
            .position(|p| *p == purpose);
        format!(
            "$haberdash_consent_{}",
            place.expect("the purpose is one of a facet") + 1
        )
    }

    fn test(&self, signal: usize) -> Test {
        let signal = &self.conditions.signals[signal];
        let source = match signal {
            Signal::Cookie { name, .. } => format!("$haberdash_cookie_{}", self.cookies[name]),
            Signal::SignedCookie { name, .. } => format!("$haberdash_proof_{}", self.proofs[name]),
            Signal::Query { name, .. } => format!("$haberdash_query_{}", self.queries[name]),
            Signal::Bucket { .. } => {
                format!("$haberdash_cookie_{}", self.cookies[conditions::VISITOR_ID])
            }
            Signal::Country(_)
            | Signal::Language(_)
            | Signal::Device(_)
            | Signal::Referrer(_)
            | Signal::Time { .. } => String::new(),
        };
        test(signal, &source)
    }

    fn facets(&mut self) {
        let conditions = self.conditions;
        // Signals that are read in combination get a variable each.
        let mut written = vec![false; conditions.signals.len()];
        for (place, choice) in &conditions.facets {
            let facet = &self.table.facets[usize::from(*place)];
            let variable = facet_variable(&facet.id);
            let default = facet.segments[usize::from(choice.default)].clone();
            let decided = match &choice.consent {
                None => variable.clone(),
                Some(_) => format!("$haberdash_if_consented_{}", &variable["$hb_".len()..]),
            };
            if let Some(source) = self.common_source(choice) {
                let mut patterns = Vec::new();
                for (condition, segment) in &choice.rules {
                    let Condition::Shows(signal, _) = condition else {
                        continue;
                    };
                    patterns.push((self.test(*signal), &facet.segments[usize::from(*segment)]));
                }
                let lines = patterns.iter().map(|(test, segment)| {
                    let key = if test.ignores_case {
                        Key::AnyCase(&test.pattern)
                    } else {
                        Key::Pattern(&test.pattern)
                    };
                    (key, (*segment).clone())
                });
                let comment = self.facet_comment(&facet.id, choice);
                let lines: Vec<_> = std::iter::once((Key::Default, default.clone()))
                    .chain(lines)
                    .collect();
                self.map(&comment, &source, &decided, lines);
            } else {
                self.decide_by_columns(&facet.id, choice, &facet.segments, &decided, &mut written);
            }
            if let Some(purpose) = &choice.consent {
                let source = self.consent_variable(purpose);
                self.map(
                    &format!(
                        "{}, of those who consented to {}.",
                        facet.id,
                        purpose.escape_debug()
                    ),
                    &source,
                    &variable,
                    [(Key::Default, default), (Key::Exact("1"), decided)],
                );
            }
        }
    }

    fn facet_comment(&self, id: &str, choice: &Choice) -> String {
        let mut text = format!("Facet {id}.");
        for (condition, _) in &choice.rules {
            each_signal(condition, &mut |signal| {
                let mut what = conditions::describe(&self.conditions.signals[signal]);
                if what.chars().count() > 90 {
                    what = what.chars().take(90).collect::<String>() + " …";
                }
                let _ = write!(text, "\n  {what}");
            });
        }
        text
    }

    /// The variable that alone decides a facet: each rule asks one thing of it.
    fn common_source(&self, choice: &Choice) -> Option<String> {
        let mut source = None;
        for (condition, _) in &choice.rules {
            let Condition::Shows(signal, true) = condition else {
                return None;
            };
            let own = self.test(*signal).source;
            if *source.get_or_insert_with(|| own.clone()) != own {
                return None;
            }
        }
        source
    }

    /// A facet whose rules combine signals: one column of a text for each.
    fn decide_by_columns(
        &mut self,
        id: &str,
        choice: &Choice,
        segments: &[String],
        name: &str,
        written: &mut [bool],
    ) {
        let mut columns: Vec<String> = Vec::new();
        let mut groups = 0;
        let mut lines: Vec<(String, String)> = Vec::new();
        for (condition, segment) in &choice.rules {
            let segment = &segments[usize::from(*segment)];
            let alternatives = match condition {
                Condition::Any(list) => list.clone(),
                other => vec![other.clone()],
            };
            for alternative in alternatives {
                let members = match alternative {
                    Condition::All(list) => list,
                    Condition::Always => Vec::new(),
                    other => vec![other],
                };
                let mut wanted = BTreeMap::new();
                for member in members {
                    let (variable, value) = self.column(id, &member, &mut groups, written);
                    let place = columns.iter().position(|column| *column == variable);
                    let place = place.unwrap_or_else(|| {
                        columns.push(variable);
                        columns.len() - 1
                    });
                    // Both a signal and its opposite: nobody.
                    if *wanted.entry(place).or_insert(value) != value {
                        wanted.insert(place, 'x');
                    }
                }
                let width = wanted.keys().last().map_or(0, |last| last + 1);
                let row: String = (0..width)
                    .map(|place| wanted.get(&place).copied().unwrap_or('.'))
                    .collect();
                lines.push((format!("^{row}"), segment.clone()));
            }
        }
        let default = segments[usize::from(choice.default)].clone();
        let lines: Vec<(Key<'_>, String)> = std::iter::once((Key::Default, default))
            .chain(
                lines
                    .iter()
                    .map(|(row, to)| (Key::Pattern(row), to.clone())),
            )
            .collect();
        let comment = self.facet_comment(id, choice);
        self.map(&comment, &columns.concat(), name, lines);
    }

    /// A variable that is `1` or `0`, and which of them is wanted.
    fn column(
        &mut self,
        id: &str,
        condition: &Condition,
        groups: &mut usize,
        written: &mut [bool],
    ) -> (String, char) {
        let list = match condition {
            Condition::Shows(signal, wanted) => {
                if !written[*signal] {
                    written[*signal] = true;
                    let test = self.test(*signal);
                    let key = if test.ignores_case {
                        Key::AnyCase(&test.pattern)
                    } else {
                        Key::Pattern(&test.pattern)
                    };
                    let what = conditions::describe(&self.conditions.signals[*signal]);
                    self.map(
                        &what,
                        &test.source,
                        &format!("$haberdash_signal_{}", signal + 1),
                        [(Key::Default, "0".to_owned()), (key, "1".to_owned())],
                    );
                }
                let value = if *wanted { '1' } else { '0' };
                return (format!("$haberdash_signal_{}", signal + 1), value);
            }
            Condition::All(list) | Condition::Any(list) => list.clone(),
            Condition::Always | Condition::Never => Vec::new(),
        };
        let members: Vec<(String, char)> = list
            .iter()
            .map(|member| self.column(id, member, groups, written))
            .collect();
        *groups += 1;
        let name = format!(
            "$haberdash_{}_group_{groups}",
            &facet_variable(id)["$hb_".len()..]
        );
        let source: String = members
            .iter()
            .map(|(variable, _)| variable.as_str())
            .collect();
        // All: the row of what is wanted. Any: not the row of opposites.
        let is_all = matches!(condition, Condition::All(_));
        let row: String = members
            .iter()
            .map(|(_, value)| if is_all == (*value == '1') { '1' } else { '0' })
            .collect();
        let (otherwise, fits) = if is_all { ("0", "1") } else { ("1", "0") };
        self.map(
            &format!(
                "Part of {id}: {} of these.",
                if is_all { "all" } else { "any" }
            ),
            &source,
            &name,
            [
                (Key::Default, otherwise.to_owned()),
                (Key::Exact(&row), fits.to_owned()),
            ],
        );
        (name, '1')
    }

    /// Where a decision goes on, or the folder of a variant.
    fn target(&self, at: Target) -> String {
        if let Ok(node) = usize::try_from(at) {
            return format!("$haberdash_node_{node}");
        }
        let slot = &self.table.slots[(-1 - at) as usize];
        match (slot.label.as_str(), slot.gated) {
            ("", _) => String::new(),
            (label, false) => format!("open/{label}"),
            (label, true) => format!("gated/{label}"),
        }
    }

    fn routes(&mut self) {
        let table = self.table;
        for place in conditions::reached(table) {
            let node = &table.nodes[place];
            let facet = &table.facets[usize::from(node.facet)];
            let default = self.target(node.to[usize::from(facet.default)]);
            let mut lines = vec![(Key::Default, default.clone())];
            for (segment, to) in facet.segments.iter().zip(&node.to) {
                let to = self.target(*to);
                if to != default {
                    lines.push((Key::Exact(segment), to));
                }
            }
            self.map(
                "",
                &facet_variable(&facet.id),
                &format!("$haberdash_node_{place}"),
                lines,
            );
        }
        self.redirects();
        self.roots();
    }

    /// A lookup by path: names with capitals are patterns, under their mark.
    fn by_path(
        &mut self,
        comment: &str,
        source: &str,
        name: &str,
        default: Option<String>,
        entries: Vec<(String, String)>,
    ) {
        let patterns: Vec<(Option<String>, String, String)> = entries
            .into_iter()
            .map(|(path, value)| {
                let has_capital = path.bytes().any(|b| b.is_ascii_uppercase());
                let pattern = has_capital.then(|| format!("^!{}$", conditions::literal(&path)));
                (pattern, path, value)
            })
            .collect();
        let default = default.map(|value| (Key::Default, value));
        let lines = patterns.iter().map(|(pattern, path, value)| {
            let key = match pattern {
                Some(pattern) => Key::Pattern(pattern),
                None => Key::Exact(path),
            };
            (key, value.clone())
        });
        self.map(comment, source, name, default.into_iter().chain(lines));
    }

    fn redirects(&mut self) {
        let table = self.table;
        let files: Vec<(String, String)> = table
            .files
            .iter()
            .filter(|path| conditions::is_reachable(path))
            .map(|path| (path.clone(), String::new()))
            .collect();
        let folder = if files.is_empty() {
            "$haberdash_path/".to_owned()
        } else {
            self.by_path(
                "Files without a point in their names; any other such name is a folder's.",
                "$haberdash_key",
                "$haberdash_folder",
                Some("$haberdash_path/".to_owned()),
                files,
            );
            "$haberdash_folder".to_owned()
        };
        self.map(
            "Folders have one address, which ends with a slash.",
            "$haberdash_path",
            "$haberdash_tidy",
            [
                (Key::Pattern(r"^(.*/)index\.html$"), "$1".to_owned()),
                (Key::Pattern(r"/[^./]+$"), folder),
            ],
        );
        let redirects = conditions::redirects(table)
            .into_iter()
            .map(|(from, to)| (from, plain_value(&to)))
            .collect();
        self.by_path(
            "Old paths, and where they lead now.",
            "$haberdash_key",
            "$haberdash_redirect",
            Some("$haberdash_tidy".to_owned()),
            redirects,
        );
        self.map(
            "A query that could break out of the header is left behind.",
            "$haberdash_query",
            "$haberdash_redirect_query",
            [(Key::Pattern("^[!-~]+$"), "?$haberdash_query".to_owned())],
        );
    }

    fn roots(&mut self) {
        let table = self.table;
        // By depth, since a map cannot look for the longest prefix.
        let mut by_depth: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
        for (prefix, root) in &table.prefixes {
            if conditions::is_reachable(prefix) {
                let depth = prefix.matches('/').count();
                let entry = (prefix.clone(), format!("{root}"));
                by_depth.entry(depth).or_default().push(entry);
            }
        }
        let mut otherwise = "0".to_owned();
        for (depth, entries) in by_depth {
            let folder = format!("$haberdash_folder_{depth}");
            self.map(
                "",
                "$haberdash_key",
                &folder,
                [(
                    Key::Pattern(&format!("^(!?(?:/[^/]*){{{}}}/)", depth - 1)),
                    "$1".to_owned(),
                )],
            );
            let name = format!("$haberdash_route_{depth}");
            self.by_path(
                "Routes by folder; the deepest that is listed counts.",
                &folder,
                &name,
                Some(otherwise),
                entries,
            );
            otherwise = name;
        }
        let exact = table
            .exact
            .iter()
            .filter(|(path, _)| conditions::is_reachable(path))
            .map(|(path, root)| (path.clone(), root.to_string()))
            .collect();
        self.by_path(
            "The kind of route: by path, else by folder.",
            "$haberdash_key",
            "$haberdash_route",
            Some(otherwise),
            exact,
        );
        let mut lines = Vec::new();
        let numbers: Vec<String> = (0..table.roots.len()).map(|n| n.to_string()).collect();
        for (root, number) in table.roots.iter().zip(&numbers) {
            let to = self.target(root.at);
            if !to.is_empty() {
                lines.push((Key::Exact(number), to));
            }
        }
        self.map(
            "The variant; nothing for the default one.",
            "$haberdash_route",
            "$haberdash_variant",
            lines,
        );
        self.variant_folder("");
        self.parts();
        self.map(
            "The file. The page for what does not exist is not to be had by its name.",
            "$haberdash_path",
            "$haberdash_page",
            [
                (Key::Default, "$haberdash_path".to_owned()),
                (Key::Pattern(r"^(.*/)$"), "$1index.html".to_owned()),
                (Key::Pattern("^/404\\.html$"), String::new()),
            ],
        );
    }

    /// The folder of a variant, for pages that exist and for the one for what does not.
    fn variant_folder(&mut self, of: &str) {
        let mut lines = vec![(
            Key::Pattern(r"^open/"),
            format!("/_v/$haberdash_{of}variant"),
        )];
        if self.needs_script {
            lines.push((
                Key::Pattern(r"^gated/(?<haberdash_label>.+)$"),
                "/_v/$haberdash_token/$haberdash_label".to_owned(),
            ));
        }
        let source = format!("$haberdash_{of}variant");
        let name = format!("$haberdash_{of}base");
        self.map("Where its files stand.", &source, &name, lines);
    }

    /// The labels of gated variants of regions. A script's variable keeps its value for all of a
    /// request, regions too, so each label has a variable of its own.
    fn gated_regions(&self) -> Vec<&str> {
        let mut slots = BTreeSet::new();
        let mut open: Vec<Target> = self.regions.values().copied().collect();
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            match usize::try_from(at) {
                Ok(node) if seen.insert(node) => open.extend(&self.table.nodes[node].to),
                Ok(_) => {}
                Err(_) => drop(slots.insert(-1 - at)),
            }
        }
        let slots = slots.iter().map(|slot| &self.table.slots[*slot as usize]);
        let gated = slots.filter(|slot| slot.gated);
        gated.map(|slot| slot.label.as_str()).collect()
    }

    /// Pages that are put together. A region is asked for in the course of the page's request, whose
    /// variables it shares: what depends on the region is read anew each time.
    fn parts(&mut self) {
        if !self.table.has_skeletons() {
            return;
        }
        let roots = self.table.roots.iter().enumerate();
        let skeletons: Vec<String> = roots
            .filter(|(_, root)| root.is_skeleton)
            .map(|(place, _)| place.to_string())
            .collect();
        let lines = skeletons.iter();
        let lines = lines.map(|place| (Key::Exact(place), "1".to_owned()));
        self.map(
            "Pages that are put together from a skeleton and regions.",
            "$haberdash_route",
            "$haberdash_skeleton",
            lines.collect::<Vec<_>>(),
        );
        let regions: Vec<(String, String)> = self
            .regions
            .iter()
            .map(|(path, at)| (path.clone(), self.target(*at)))
            .filter(|(_, to)| !to.is_empty())
            .collect();
        let regions = regions.iter();
        let regions = regions.map(|(path, to)| (Key::Exact(path), to.clone()));
        self.volatile_map(
            "The variant of the region that is put in; nothing for the default one.",
            "$uri",
            "$haberdash_region",
            regions.collect(),
        );
        let gated: Vec<(String, String)> = self
            .gated_regions()
            .iter()
            .enumerate()
            .map(|(nth, label)| {
                let folder = format!("/_v/$haberdash_token_{nth}/{label}");
                (format!("gated/{label}"), folder)
            })
            .collect();
        let open = (Key::Pattern("^open/"), "/_v/$haberdash_region".to_owned());
        let gated = gated.iter();
        let gated = gated.map(|(variant, folder)| (Key::Exact(variant), folder.clone()));
        self.volatile_map(
            "Where its files stand.",
            "$haberdash_region",
            "$haberdash_region_base",
            std::iter::once(open).chain(gated).collect(),
        );
    }

    fn volatile_map(
        &mut self,
        comment: &str,
        source: &str,
        name: &str,
        lines: Vec<(Key<'_>, String)>,
    ) {
        let from = self.text.len();
        self.map(comment, source, name, lines);
        let map = self.text.split_off(from);
        self.text += &map.replacen("{\n", "{\n    volatile;\n", 1);
    }

    fn policy(&self, root: usize) -> &Policy {
        &self.table.policies[self.table.roots[root].policy as usize]
    }

    fn answers(&mut self) {
        let table = self.table;
        let mut vary = Vec::new();
        let mut cache = Vec::new();
        let mut exposure = Vec::new();
        let numbers: Vec<String> = (0..table.roots.len()).map(|n| n.to_string()).collect();
        let mut stepped = BTreeMap::new();
        for (root, number) in numbers.iter().enumerate() {
            let policy = self.policy(root).clone();
            vary.push((Key::Exact(number), policy.vary.join(", ")));
            exposure.push((Key::Exact(number), self.exposure(&policy)));
            let place = table.roots[root].policy;
            let value = stepped
                .entry(place)
                .or_insert_with(|| self.cache(&policy, true, &format!("$haberdash_cache_{place}")));
            cache.push((Key::Exact(number), value.clone()));
        }
        let shown: Vec<u16> = {
            let mut shown: Vec<u16> = table
                .policies
                .iter()
                .flat_map(|p| p.experiments.iter().copied())
                .collect();
            shown.sort_unstable();
            shown.dedup();
            shown
        };
        for place in shown {
            self.takes_part(place);
        }
        vary.retain(|(_, value)| !value.is_empty());
        exposure.retain(|(_, value)| !value.is_empty());
        self.line("");
        self.comment("What the page was made of, for a cache in front that purges by keys.");
        self.line("map $haberdash_key $haberdash_keys {\n    include keys.map;\n}");
        let has_exposure = !exposure.is_empty();
        self.map("", "$haberdash_route", "$haberdash_vary", vary);
        self.map("", "$haberdash_route", "$haberdash_cache_control", cache);
        if has_exposure {
            self.map(
                "Experiments that the page can show and the visitor takes part in.",
                "$haberdash_route",
                "$haberdash_exposures",
                exposure,
            );
            self.joined("$haberdash_exposures", "$haberdash_exposure");
        }
        if self.has_not_found() {
            let root = table.not_found as usize;
            let policy = self.policy(root).clone();
            let variant = self.target(table.roots[root].at);
            let cache = self.cache(&policy, false, "$haberdash_missing_cache");
            let exposure = self.exposure(&policy);
            self.line("");
            self.comment("The same for the page of what does not exist.");
            self.map(
                "",
                "",
                "$haberdash_missing_variant",
                [(Key::Default, variant)],
            );
            self.variant_folder("missing_");
            self.map(
                "",
                "",
                "$haberdash_missing_vary",
                [(Key::Default, policy.vary.join(", "))],
            );
            self.map(
                "",
                "",
                "$haberdash_missing_cache_control",
                [(Key::Default, cache)],
            );
            if !exposure.is_empty() {
                self.joined(&exposure, "$haberdash_missing_exposure");
            }
        }
    }

    fn joined(&mut self, source: &str, name: &str) {
        self.map(
            "",
            source,
            name,
            [(Key::Pattern("^, (.*)$"), "$1".to_owned())],
        );
    }

    fn has_not_found(&self) -> bool {
        let file = NOT_FOUND.trim_start_matches('/');
        self.deployment.manifest.files.contains_key(file)
    }

    fn exposure(&self, policy: &Policy) -> String {
        let shown = policy.experiments.iter().map(|place| {
            let id = &self.table.facets[usize::from(*place)].id;
            format!("$haberdash_shown_{}", &facet_variable(id)["$hb_".len()..])
        });
        shown.collect()
    }

    fn takes_part(&mut self, place: u16) {
        let facet = &self.table.facets[usize::from(place)];
        let Some(slice) = facet.experiment else {
            return;
        };
        let variable = facet_variable(&facet.id);
        let name = &variable["$hb_".len()..];
        let id = self.cookies[conditions::VISITOR_ID];
        let mut source = format!("$haberdash_cookie_{id}");
        let mut pattern = "^=[0-9a-f]{32}$".to_owned();
        if let Some(purpose) = &facet.consent {
            source = format!("{}{source}", self.consent_variable(purpose));
            pattern.insert(1, '1');
        }
        // The id has ten slices.
        let mut lines = Vec::new();
        if slice < 10 {
            lines.push((Key::Pattern(&pattern), format!(", {}={variable}", facet.id)));
        }
        self.map(
            &format!("Whoever has an id takes part in {}.", facet.id),
            &source,
            &format!("$haberdash_shown_{name}"),
            lines,
        );
    }

    /// `Cache-Control`: its text, or the variable that follows the time.
    fn cache(&mut self, policy: &Policy, is_found: bool, name: &str) -> String {
        let steps = policy.cache_steps(is_found);
        let [(_, first), later @ ..] = steps.as_slice() else {
            return String::new();
        };
        if later.is_empty() {
            return first.clone();
        }
        let patterns: Vec<(String, &String)> = later
            .iter()
            .rev()
            .map(|(from, value)| (format!("^{}", conditions::not_before(*from)), value))
            .collect();
        let lines: Vec<(Key<'_>, String)> = std::iter::once((Key::Default, first.clone()))
            .chain(
                patterns
                    .iter()
                    .map(|(p, value)| (Key::Pattern(p), (*value).clone())),
            )
            .collect();
        let switches: Vec<String> = policy
            .switches
            .iter()
            .take(8)
            .map(|switch| conditions::date(*switch))
            .collect();
        self.map(
            &format!(
                "Caches must not keep a page past its next switch: {}.",
                switches.join(", ")
            ),
            "$msec",
            name,
            lines,
        );
        name.to_owned()
    }

    fn key_map(&self) -> String {
        format!(
            "# By path: the keys by which a cache in front drops a page. Made by haberdash.\n\n{}",
            keys::map_lines(&self.pages, keys::NGINX)
        )
    }

    fn server(&self) -> String {
        let exposes = self
            .table
            .policies
            .iter()
            .any(|policy| !policy.experiments.is_empty());
        let exposure_line = |of: &str, always: &str| {
            format!("    add_header Haberdash-Experiment $haberdash_{of}exposure{always};\n")
        };
        debug_assert_eq!(EXPOSURE, "haberdash-experiment");
        let mut types = String::new();
        let media = conditions::media_types(self.deployment);
        // As directives of nginx and of others name them: without what is said of letters.
        let mut lettered: BTreeSet<&str> = BTreeSet::new();
        for (extension, kind) in &media.by_extension {
            let bare = kind.strip_suffix("; charset=utf-8");
            lettered.extend(bare);
            let kind = quoted(bare.unwrap_or(kind));
            let _ = writeln!(types, "    {kind:40} {};", quoted(extension));
        }
        // It is of them in any case.
        lettered.remove("text/html");
        let lettered: Vec<&str> = lettered.into_iter().collect();
        let lettered = if lettered.is_empty() {
            String::new()
        } else {
            format!("charset_types {};\n", lettered.join(" "))
        };
        let missing = if self.has_not_found() {
            let policy = self.policy(self.table.not_found as usize);
            let exposure = if policy.experiments.is_empty() {
                String::new()
            } else {
                exposure_line("missing_", " always")
            };
            let is_skeleton = self.table.roots[self.table.not_found as usize].is_skeleton;
            let (ssi, folder) = if is_skeleton {
                ("    ssi  on;\n", format!("/{SSI}/{PAGES}"))
            } else {
                ("", String::new())
            };
            include_str!("nginx/missing.conf")
                .replace("    # SSI\n", ssi)
                .replace("/404.html", &format!("{folder}/404.html"))
                .replace("    # EXPOSURE\n", &exposure)
        } else {
            "location @haberdash_missing {\n    return 404;\n}\n".to_owned()
        };
        let exposure = if exposes {
            exposure_line("", "")
        } else {
            String::new()
        };
        let (mut skeleton, mut parts) = ("", String::new());
        if self.table.has_skeletons() {
            skeleton = include_str!("nginx/skeleton.conf");
            parts = include_str!("nginx/parts.conf").replace("    # EXPOSURE\n", &exposure);
        }
        include_str!("nginx/site.conf")
            .replace("    # TYPES\n", &types)
            .replace("# LETTERED\n", &lettered)
            .replace("    # EXPOSURE\n", &exposure)
            .replace("REDIRECT_CACHE", REDIRECT_CACHE)
            .replace("    # SKELETON\n", skeleton)
            .replace("# PARTS\n", &parts)
            .replace("# MISSING\n", &missing)
    }

    fn complete(&self) -> String {
        let mut script = String::new();
        if self.needs_script {
            script += "\n# Of the package libnginx-mod-http-js; elsewhere the path may be another.\n\
                       load_module /usr/lib/nginx/modules/ngx_http_js_module.so;\n\n\
                       # Signing keys: nginx hands on no other variables of its environment.\n";
            for key in &self.deployment.keys {
                let _ = writeln!(script, "env {};", key.env);
            }
        }
        include_str!("nginx/nginx.conf").replace("# SCRIPT\n", &script)
    }

    fn script(&self) -> String {
        let json = |text: &str| serde_json::to_string(text).expect("texts are JSON");
        let mut keys = String::new();
        for key in &self.deployment.keys {
            let _ = writeln!(
                keys,
                "    {{ id: {}, secret: process.env[{}] }},",
                json(&key.id),
                json(&key.env)
            );
        }
        let mut proofs = String::new();
        let mut names = String::new();
        for (name, nth) in &self.proofs {
            let cookie = self.cookies[name];
            let _ = writeln!(
                proofs,
                "// Cookie {}.\nfunction proof_{nth}(r) {{\n    return proven(r.variables.haberdash_cookie_{cookie});\n}}\n",
                name.escape_debug()
            );
            let _ = write!(names, ", proof_{nth}: proof_{nth}");
        }
        for (nth, label) in self.gated_regions().iter().enumerate() {
            let _ = writeln!(
                proofs,
                "function token_{nth}() {{\n    return tokenOf({});\n}}\n",
                json(label)
            );
            let _ = write!(names, ", token_{nth}: token_{nth}");
        }
        include_str!("nginx/haberdash.js")
            .replace("\"SITE\"", &json(&self.table.site))
            .replace("    // KEYS\n", &keys)
            .replace("// PROOFS\n", &proofs)
            .replace("/* NAMES */", &names)
    }

    fn readme(&self) -> String {
        let keys: Vec<String> = self
            .deployment
            .keys
            .iter()
            .map(|key| format!("`{}`", key.env))
            .collect();
        let part = |text: &str, wanted: bool| {
            if wanted {
                text.to_owned()
            } else {
                String::new()
            }
        };
        include_str!("nginx/README.md")
            .replace(
                "COUNTRY_LINE\n",
                if self.conditions.asks_country() {
                    "    rsync -a --ignore-existing edge/nginx/countries.conf server:/etc/nginx/\n"
                } else {
                    ""
                },
            )
            .replace("TITLE", &self.deployment.title)
            .replace(
                "PARTS_PART\n",
                &part(
                    include_str!("nginx/README-parts.md"),
                    self.table.has_skeletons(),
                ),
            )
            .replace(
                "SCRIPT_PART\n",
                &part(include_str!("nginx/README-keys.md"), self.needs_script),
            )
            .replace(
                "COUNTRY_PART\n",
                &part(
                    include_str!("nginx/README-country.md"),
                    self.conditions.asks_country(),
                ),
            )
            .replace("BROAD", &self.pages.describe_broad())
            .replace("LIMIT", &keys::NGINX.bytes.to_string())
            .replace("KEYS", &keys.join(", "))
    }
}
