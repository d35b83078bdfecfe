//! Varnish: subroutines that decide, before a cache whose keys are files.
//!
//! A request is rewritten to the file that its visitor gets, so that one object serves all who get
//! it, and headers are put on when it leaves. State is kept in variables, which no client can set.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{
    Can, Deployment, Edge, EdgeFile, Problems,
    conditions::{self, Choice, Condition, Conditions},
    keys::{self, Pages},
    origin,
};
use crate::{
    finish::Syntax,
    model::{Device, Match, Signal},
    routing::{EXPOSURE, REDIRECT_CACHE, RoutingTable, Target},
};

pub(super) const EDGE: Edge = Edge {
    name: "varnish",
    title: "Varnish",
    can: Can {
        includes: Some(Syntax::Esi),
        ..Can::ALL
    },
    compile,
};

/// A longer pattern is more than the library of patterns takes, in bytes.
const LONGEST_PATTERN: usize = 30_000;
/// Old paths of one list, in which one is looked up after a pattern has told that it is there. One condition
/// for each path would take the compiler minutes.
const REDIRECTS_AT_ONCE: usize = 64;
/// Finds a path in the list behind it: `/old/ /older/=/new/ /old/=/new/`.
const FIND_REDIRECT: &str = r"^(\S+) (?:\S+ )*?\1=(\S+) .*$";

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let table = &deployment.table;
    let conditions = Conditions::of(table);
    conditions::check(&conditions, LONGEST_PATTERN, problems);
    conditions::check_media_types(deployment, problems);
    let has_keys =
        table.slots.iter().any(|slot| slot.gated) || !conditions.signed_cookies().is_empty();
    let mut site = Site {
        deployment,
        table,
        cookies: conditions::numbered(conditions.cookies(table)),
        queries: conditions::numbered(conditions.queries()),
        proofs: conditions::numbered(conditions.signed_cookies()),
        purposes: conditions::numbered(conditions.purposes()),
        conditions: &conditions,
        has_keys: has_keys && !deployment.keys.is_empty(),
        text: String::new(),
        subs: Vec::new(),
    };
    site.write();
    let pages = Pages::with_regions(deployment, keys::NGINX);
    let mut files = vec![
        EdgeFile::new("default.vcl", site.text.clone()),
        EdgeFile::new("origin.conf", origin::nginx(deployment, Some(&pages))),
        EdgeFile::new(
            origin::KEYS,
            format!(
                "# By page: the keys by which Varnish drops it. Made by haberdash.\n\n{}",
                keys::map_lines(&pages, keys::NGINX)
            ),
        ),
        EdgeFile::new("README.md", site.readme(&pages)),
    ];
    if site.has_keys {
        files.push(EdgeFile::new("keys.vcl.example", site.keys()));
    }
    if conditions.asks_country() {
        files.push(EdgeFile::new(
            "countries.vcl",
            include_str!("varnish/countries.vcl"),
        ));
    }
    files
}

/// A text as an expression. The language has no escapes: what a short string cannot hold goes into
/// a long one.
pub(super) fn text(value: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in value.split_inclusive('"') {
        let (plain, has_quote) = match part.strip_suffix('"') {
            Some(plain) => (plain, true),
            None => (part, false),
        };
        if plain.bytes().any(|b| b.is_ascii_control()) {
            parts.push(format!("{{\"{plain}\"}}"));
        } else if !plain.is_empty() {
            parts.push(format!("\"{plain}\""));
        }
        if has_quote {
            parts.push("{\"\"\"}".to_owned());
        }
    }
    if parts.is_empty() {
        return "\"\"".to_owned();
    }
    parts.join(" + ")
}

/// A pattern as a string. Quotes in it are escaped already, but strings have no escapes.
pub(super) fn pattern(pattern: &str) -> String {
    format!("\"{}\"", pattern.replace('"', "x22"))
}

/// Patterns that together are some paths, none longer than the library takes.
fn patterns<'a>(paths: impl IntoIterator<Item = &'a str>, end: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = String::new();
    for path in paths {
        let path = conditions::literal(path);
        if open.len() + path.len() > LONGEST_PATTERN {
            found.push(std::mem::take(&mut open));
        }
        if !open.is_empty() {
            open.push('|');
        }
        open += &path;
    }
    if !open.is_empty() {
        found.push(open);
    }
    let whole = |paths: String| pattern(&format!("^(?:{paths}){end}"));
    found.into_iter().map(whole).collect()
}

/// What is written, and from what.
struct Site<'a> {
    deployment: &'a Deployment,
    table: &'a RoutingTable,
    conditions: &'a Conditions,
    cookies: BTreeMap<String, usize>,
    queries: BTreeMap<String, usize>,
    proofs: BTreeMap<String, usize>,
    purposes: BTreeMap<String, usize>,
    has_keys: bool,
    text: String,
    /// Subroutines by name. The language refuses those that nothing calls.
    subs: Vec<(String, String)>,
}

impl Site<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&format!("# {line}"));
        }
    }

    fn section(&mut self, text: &str) {
        self.subs
            .push((String::new(), format!("\n\n# --- {text} ---\n")));
    }

    fn sub(&mut self, comment: &str, name: &str, lines: &[String]) {
        let mut text = "\n".to_owned();
        for line in comment.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "sub {name} {{");
        for line in lines.iter().flat_map(|line| line.lines()) {
            let _ = writeln!(text, "    {line}");
        }
        text += "}\n";
        self.subs.push((name.to_owned(), text));
    }

    /// Writes the subroutines that something calls.
    fn write_called(&mut self) {
        let calls = |text: &str| -> Vec<String> {
            let parts = text.split("call ").skip(1);
            parts
                .filter_map(|part| part.split_once(';').map(|(name, _)| name.to_owned()))
                .collect()
        };
        let mut called = BTreeSet::new();
        let mut open = calls(&self.text);
        while let Some(name) = open.pop() {
            if called.insert(name.clone()) {
                let text = self.subs.iter().find(|(known, _)| *known == name);
                open.extend(text.map(|(_, text)| calls(text)).unwrap_or_default());
            }
        }
        for (name, text) in std::mem::take(&mut self.subs) {
            if name.is_empty() || called.contains(&name) {
                self.text += &text;
            }
        }
    }

    fn facet(&self, place: u16) -> &str {
        &self.table.facets[usize::from(place)].id
    }

    fn segment(&self, facet: u16, segment: usize) -> &str {
        &self.table.facets[usize::from(facet)].segments[segment]
    }

    fn write(&mut self) {
        let title = self.deployment.title.escape_debug().to_string();
        self.line("vcl 4.1;");
        self.line("");
        self.comment(&format!(
            "{title}: which visitor gets which file. Made by haberdash; the next build makes it anew."
        ));
        let mut imports = vec!["std", "str", "var", "xkey"];
        if self.has_keys {
            imports.extend(["blob", "digest"]);
        }
        imports.sort_unstable();
        self.line("");
        for import in imports {
            self.line(&format!("import {import};"));
        }
        self.line("");
        if self.has_keys {
            self.line("include \"./keys.vcl\";");
        }
        if self.conditions.asks_country() {
            self.line("include \"./countries.vcl\";");
        }
        let host = self.deployment.base_url.split_once("://");
        let host = host.map_or("localhost", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let main = include_str!("varnish/main.vcl")
            .replace("ORIGIN_PORT", &origin::PORT.to_string())
            .replace("\"HOST\"", &text(host))
            .replace(
                "\"CANONICAL\"",
                &pattern(&format!("^{}(?:\\?|$)", conditions::CANONICAL)),
            )
            .replace(
                "LONGEST_COOKIES",
                &(conditions::LONGEST_COOKIES + 1).to_string(),
            )
            .replace(
                "LONGEST_PATH",
                &(origin::longest_path(self.deployment) + 1).to_string(),
            )
            .replace("REDIRECT_CACHE", REDIRECT_CACHE)
            .replace(
                "    # TOKEN\n",
                if self.has_keys {
                    include_str!("varnish/token.vcl")
                } else {
                    ""
                },
            )
            .replace(
                "return (MISSING);",
                if origin::has_not_found(self.deployment) {
                    "return (hash);"
                } else {
                    "return (synth(404, \"Not Found\"));"
                },
            );
        let main = with_parts(&main, self.table.has_skeletons());
        let main = main.replace(
            "\"SITE_VARIANT\"",
            &text(&format!("{}.variant.", self.table.site)),
        );
        let main = match self.deployment.keys.first() {
            Some(key) => main.replace("FIRST_KEY", &key_name(&key.id)),
            None => main,
        };
        self.text += &main;
        debug_assert_eq!(EXPOSURE, "haberdash-experiment");
        self.section("old paths");
        self.redirects();
        self.section("routes");
        self.routes();
        self.section("variants");
        self.nodes();
        self.section("segments");
        self.facets();
        self.section("the visitor");
        self.visitor();
        self.write_called();
    }

    fn redirects(&mut self) {
        let redirects: Vec<(String, String)> =
            conditions::redirects(self.table).into_iter().collect();
        let mut lines = String::new();
        for chunk in redirects.chunks(REDIRECTS_AT_ONCE) {
            let all = patterns(chunk.iter().map(|(from, _)| from.as_str()), "$");
            let all: Vec<String> = all.iter().map(|all| format!("req.url ~ {all}")).collect();
            let list: Vec<String> = chunk
                .iter()
                .map(|(from, to)| format!("{from}={to}"))
                .collect();
            let _ = writeln!(
                lines,
                "if ({}) {{\n    var.set(\"to\", regsub(req.url + {}, \"{FIND_REDIRECT}\", \"\\2\"));\n    return;\n}}",
                all.join(" || "),
                text(&format!(" {} ", list.join(" "))),
            );
        }
        let files: Vec<&str> = self.table.files.iter().map(String::as_str).collect();
        let files = patterns(files, "$");
        let files: String = files.iter().fold(String::new(), |mut all, files| {
            let _ = write!(all, " && req.url !~ {files}");
            all
        });
        lines += "if (req.url ~ \"/index\\.html$\") { var.set(\"to\", regsub(req.url, \"index\\.html$\", \"\")); }\n";
        let _ = writeln!(
            lines,
            "elseif (req.url ~ \"/[^./]+$\"{files}) {{ var.set(\"to\", req.url + \"/\"); }}"
        );
        self.sub(
            "Old paths, and where they lead. Folders have one address, which ends with a slash.",
            "haberdash_redirect",
            &[lines],
        );
    }

    /// The roots, by place, that some path has.
    fn roots(&self) -> BTreeSet<u32> {
        let table = self.table;
        let mut roots: BTreeSet<u32> = [0, table.not_found].into();
        for (path, root) in table.exact.iter().chain(&table.prefixes) {
            if conditions::is_reachable(path) {
                roots.insert(*root);
            }
        }
        roots
    }

    fn routes(&mut self) {
        let table = self.table;
        let mut by_root: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for (path, root) in &table.exact {
            if conditions::is_reachable(path) {
                by_root.entry(*root).or_default().push(path);
            }
        }
        let mut lines: Vec<String> = Vec::new();
        let mut add = |root: u32, patterns: Vec<String>| {
            for pattern in patterns {
                lines.push(format!(
                    "if (req.url ~ {pattern}) {{ call haberdash_route_{root}; return; }}"
                ));
            }
        };
        for (root, paths) in by_root {
            add(root, patterns(paths, "$"));
        }
        // The deepest folder that is listed counts; of one depth only one can fit.
        let mut by_depth: BTreeMap<(std::cmp::Reverse<usize>, u32), Vec<&str>> = BTreeMap::new();
        for (prefix, root) in &table.prefixes {
            if conditions::is_reachable(prefix) {
                let depth = std::cmp::Reverse(prefix.matches('/').count());
                by_depth.entry((depth, *root)).or_default().push(prefix);
            }
        }
        for ((_, root), prefixes) in by_depth {
            add(root, patterns(prefixes, ""));
        }
        lines.push("call haberdash_route_0;".to_owned());
        self.sub(
            "The kind of route: by path, else by the deepest folder that is listed.",
            "haberdash_route",
            &lines,
        );
        for root in self.roots() {
            let lines = self.route(root as usize, true);
            let example = table.exact.iter().chain(&table.prefixes);
            let example =
                example.filter(|(path, at)| **at == root && conditions::is_reachable(path));
            let example: Vec<&str> = example.map(|(path, _)| path.as_str()).take(4).collect();
            let comment = match (root, example.as_slice()) {
                (0, _) => "Whatever is not listed is the same for everyone.".to_owned(),
                (_, []) => "The page for what does not exist has a kind of its own.".to_owned(),
                (_, some) => format!("Such as {}.", some.join(", ")),
            };
            // That of the page for what does not exist may be for it alone.
            if root == 0 || !example.is_empty() {
                self.sub(&comment, &format!("haberdash_route_{root}"), &lines);
            }
        }
        let mut by_target: BTreeMap<Target, Vec<String>> = BTreeMap::new();
        for (path, root) in conditions::regions(self.deployment) {
            let at = table.roots[root as usize].at;
            by_target.entry(at).or_default().push(path);
        }
        let mut lines: Vec<String> = Vec::new();
        for (at, paths) in by_target {
            let target = self.target(at);
            for pattern in patterns(paths.iter().map(String::as_str), "$") {
                lines.push(format!(
                    "if (req.url ~ {pattern}) {{\n    {target}\n    return;\n}}"
                ));
            }
        }
        self.sub("The variant of a region.", "haberdash_region", &lines);
        let lines = self.route(table.not_found as usize, false);
        self.sub(
            "The page for what does not exist.",
            "haberdash_not_found",
            &lines,
        );
    }

    fn route(&self, root: usize, is_found: bool) -> Vec<String> {
        let table = self.table;
        let root = table.roots[root];
        let policy = &table.policies[root.policy as usize];
        let mut lines = vec![format!(
            "var.set(\"vary\", {});",
            text(&policy.vary.join(", "))
        )];
        let steps = policy.cache_steps(is_found);
        let set = |value: &str| format!("var.set(\"cache-control\", {});", text(value));
        for (nth, (from, value)) in steps.iter().enumerate() {
            if nth == 0 {
                lines.push(set(value));
            } else {
                lines.push(format!("if ({}) {{ {} }}", not_before(*from), set(value)));
            }
        }
        if root.is_skeleton {
            lines.push("var.set(\"skeleton\", \"yes\");".to_owned());
        }
        lines.push(self.target(root.at));
        for place in &policy.experiments {
            let facet = &table.facets[usize::from(*place)];
            // The id has ten slices.
            if facet.experiment.is_none_or(|slice| slice >= 10) {
                continue;
            }
            let id = self.cookies[conditions::VISITOR_ID];
            lines.push(format!("call haberdash_facet_{};", facet.id));
            lines.push(format!("call haberdash_cookie_{id};"));
            let mut takes_part = format!("var.get(\"cookie {id}\") ~ \"^=[0-9a-f]{{32}}$\"");
            if let Some(purpose) = &facet.consent {
                lines.push("call haberdash_consent;".to_owned());
                let _ = write!(takes_part, " && {}", consents(purpose));
            }
            lines.push(format!(
                "if ({takes_part}) {{\n    var.set(\"experiments\", var.get(\"experiments\") + {} + var.get({}));\n}}",
                text(&format!(", {}=", facet.id)),
                text(&facet_variable(&facet.id)),
            ));
        }
        lines
    }

    /// Goes on at a node, or notes the variant.
    fn target(&self, at: Target) -> String {
        if let Ok(node) = usize::try_from(at) {
            return format!("call haberdash_node_{node};");
        }
        let slot = &self.table.slots[(-1 - at) as usize];
        match (slot.label.as_str(), slot.gated) {
            ("", _) => "# The default variant.".to_owned(),
            (label, false) => {
                format!(
                    "var.set(\"folder\", {});",
                    text(&format!("/_v/open/{label}"))
                )
            }
            (label, true) => format!("var.set(\"gated\", {});", text(label)),
        }
    }

    fn nodes(&mut self) {
        let table = self.table;
        for place in conditions::reached(table) {
            let node = &table.nodes[place];
            let id = self.facet(node.facet).to_owned();
            let variable = text(&facet_variable(&id));
            let default = usize::from(table.facets[usize::from(node.facet)].default);
            // Segments that lead to one place stand together; all others go where the default does.
            let mut groups: Vec<(Target, Vec<usize>)> = Vec::new();
            for (segment, to) in node.to.iter().enumerate() {
                if *to == node.to[default] {
                    continue;
                }
                match groups.iter_mut().find(|(known, _)| known == to) {
                    Some((_, segments)) => segments.push(segment),
                    None => groups.push((*to, vec![segment])),
                }
            }
            let mut lines = vec![format!("call haberdash_facet_{id};")];
            for (nth, (to, segments)) in groups.iter().enumerate() {
                let tests: Vec<String> = segments
                    .iter()
                    .map(|segment| {
                        let segment = self.segment(node.facet, *segment);
                        format!("var.get({variable}) == {}", text(segment))
                    })
                    .collect();
                let word = if nth == 0 { "if" } else { "elseif" };
                lines.push(format!(
                    "{word} ({}) {{\n    {}\n}}",
                    tests.join(" || "),
                    self.target(*to)
                ));
            }
            lines.push(format!(
                "else {{\n    {}\n}}",
                self.target(node.to[default])
            ));
            self.sub("", &format!("haberdash_node_{place}"), &lines);
        }
    }

    fn facets(&mut self) {
        let conditions = self.conditions;
        for (place, choice) in &conditions.facets {
            let id = self.facet(*place).to_owned();
            let variable = text(&facet_variable(&id));
            let set = |segment: u16| {
                let segment = self.segment(*place, usize::from(segment));
                format!("var.set({variable}, {});", text(segment))
            };
            let mut lines = vec![
                format!("if (var.get({variable})) {{ return; }}"),
                set(choice.default),
            ];
            if let Some(purpose) = &choice.consent {
                lines.push("call haberdash_consent;".to_owned());
                lines.push(format!("if (!({})) {{ return; }}", consents(purpose)));
            }
            lines.extend(self.readings(choice));
            for (nth, (condition, segment)) in choice.rules.iter().enumerate() {
                let word = if nth == 0 { "if" } else { "elseif" };
                lines.push(format!(
                    "{word} ({}) {{\n    {}\n}}",
                    self.expression(condition),
                    set(*segment)
                ));
            }
            let comment = self.facet_comment(&id, choice);
            self.sub(&comment, &format!("haberdash_facet_{id}"), &lines);
        }
    }

    fn facet_comment(&self, id: &str, choice: &Choice) -> String {
        let mut text = format!("Facet {id}.");
        for signal in choice.signals() {
            let mut what = conditions::describe(&self.conditions.signals[signal]);
            if what.chars().count() > 90 {
                what = what.chars().take(90).collect::<String>() + " …";
            }
            let _ = write!(text, "\n  {what}");
        }
        text
    }

    /// Calls of what reads the request, for each signal of a facet.
    fn readings(&self, choice: &Choice) -> Vec<String> {
        let mut calls = BTreeSet::new();
        for signal in choice.signals() {
            let name = match &self.conditions.signals[signal] {
                Signal::Cookie { name, .. } => format!("cookie_{}", self.cookies[name]),
                Signal::SignedCookie { name, .. } => format!("proof_{}", self.proofs[name]),
                Signal::Query { name, .. } => format!("query_{}", self.queries[name]),
                Signal::Bucket { .. } => {
                    format!("cookie_{}", self.cookies[conditions::VISITOR_ID])
                }
                Signal::Country(_) => "country".to_owned(),
                Signal::Device(_) => "device".to_owned(),
                Signal::Language(_) | Signal::Referrer(_) | Signal::Time { .. } => continue,
            };
            calls.insert(format!("call haberdash_{name};"));
        }
        calls.into_iter().collect()
    }

    fn expression(&self, condition: &Condition) -> String {
        let list = |list: &[Condition], word: &str| {
            let list: Vec<String> = list
                .iter()
                .map(|condition| match condition {
                    Condition::All(_) | Condition::Any(_) => {
                        format!("({})", self.expression(condition))
                    }
                    Condition::Always | Condition::Never | Condition::Shows(..) => {
                        self.expression(condition)
                    }
                })
                .collect();
            list.join(word)
        };
        match condition {
            Condition::Always => "true".to_owned(),
            Condition::Never => "false".to_owned(),
            Condition::Shows(signal, true) => self.test(*signal),
            Condition::Shows(signal, false) => format!("!({})", self.test(*signal)),
            Condition::All(members) => list(members, " && "),
            Condition::Any(members) => list(members, " || "),
        }
    }

    fn test(&self, signal: usize) -> String {
        let fits = |source: &str, what: &str| format!("{source} ~ {}", pattern(what));
        let value = |value: &Match| match value {
            Match::Present => "^=".to_owned(),
            Match::OneOf(values) => format!("^={}$", conditions::one_of(values)),
        };
        match &self.conditions.signals[signal] {
            Signal::Cookie {
                name,
                value: wanted,
            } => fits(
                &format!("var.get(\"cookie {}\")", self.cookies[name]),
                &value(wanted),
            ),
            Signal::Query {
                name,
                value: wanted,
            } => fits(
                &format!("var.get(\"query {}\")", self.queries[name]),
                &value(wanted),
            ),
            Signal::SignedCookie { name, field, value } => fits(
                &format!("var.get(\"proof {}\")", self.proofs[name]),
                &conditions::proven_field(field, value),
            ),
            Signal::Country(list) => fits(
                "var.get(\"country\")",
                &format!("(?i)^{}$", conditions::one_of(list)),
            ),
            Signal::Language(list) => fits(
                "req.http.Accept-Language",
                &format!("(?i){}", conditions::first_language(list)),
            ),
            Signal::Referrer(list) => fits(
                "req.http.Referer",
                &format!("(?i){}", conditions::referring_host(list)),
            ),
            Signal::Device(list) => {
                let names: Vec<String> = [Device::Phone, Device::Tablet, Device::Desktop]
                    .into_iter()
                    .filter(|device| list.contains(device))
                    .map(|device| {
                        format!("var.get(\"device\") == \"{}\"", conditions::device(device))
                    })
                    .collect();
                format!("({})", names.join(" || "))
            }
            Signal::Time { from, until } => {
                let mut parts = Vec::new();
                if let Some(from) = from {
                    parts.push(not_before(*from));
                }
                if let Some(until) = until {
                    parts.push(format!("!({})", not_before(*until)));
                }
                format!("({})", parts.join(" && "))
            }
            Signal::Bucket { slice, from, until } => fits(
                &format!(
                    "var.get(\"cookie {}\")",
                    self.cookies[conditions::VISITOR_ID]
                ),
                &format!("^={}$", conditions::bucket(*slice, *from, *until)),
            ),
        }
    }

    fn visitor(&mut self) {
        for (name, nth) in self.cookies.clone() {
            self.reading(
                &format!(
                    "Cookie {}: `=` and its value, if it is there once.",
                    name.escape_debug()
                ),
                &format!("cookie {nth}"),
                "req.http.Cookie",
                &conditions::cookie_once(&name),
            );
        }
        for (name, nth) in self.queries.clone() {
            self.reading(
                &format!(
                    "Query parameter {}: `=` and its value, if it is there once.",
                    name.escape_debug()
                ),
                &format!("query {nth}"),
                "var.get(\"query\")",
                &conditions::query_once(&name),
            );
        }
        for (name, nth) in self.proofs.clone() {
            self.proof(&name, nth);
        }
        if !self.purposes.is_empty() {
            let nth = self.cookies[conditions::CONSENT];
            let mut lines = vec![
                "if (req.http.Sec-GPC == \"1\") { return; }".to_owned(),
                format!("call haberdash_cookie_{nth};"),
            ];
            for purpose in self.purposes.keys() {
                lines.push(format!(
                    "if (var.get(\"cookie {nth}\") ~ {}) {{ var.set({}, \"yes\"); }}",
                    pattern(&conditions::consents_to(purpose)),
                    text(&format!("consent {purpose}")),
                ));
            }
            self.sub(
                "Consent by purpose. Global Privacy Control outweighs any.",
                "haberdash_consent",
                &lines,
            );
        }
        let asks_device = |signal: &Signal| matches!(signal, Signal::Device(_));
        if self.conditions.signals.iter().any(asks_device) {
            let device = include_str!("varnish/device.vcl").to_owned();
            self.subs.push(("haberdash_device".to_owned(), device));
        }
    }

    fn reading(&mut self, comment: &str, name: &str, source: &str, once: &str) {
        let once = pattern(once);
        self.sub(
            comment,
            &format!("haberdash_{}", name.replace(' ', "_")),
            &[format!(
                "if ({source} ~ {once}) {{\n    var.set(\"{name}\", \"=\" + regsub({source}, {once}, \"\\1\"));\n}}"
            )],
        );
    }

    fn proof(&mut self, name: &str, nth: usize) {
        let mut keys = String::new();
        for key in self.deployment.keys.iter().filter(|_| self.has_keys) {
            let id = format!("^=v1\\.{}\\.", conditions::literal(&key.id));
            keys += &include_str!("varnish/proof-key.vcl")
                .replace("PATTERN", &pattern(&id))
                .replace("KEY.", &format!("{}.", key_name(&key.id)))
                .replace("MESSAGE", &text(&format!("{}.", self.table.site)));
        }
        let cookie = self.cookies[name];
        let lines = include_str!("varnish/proof.vcl")
            .replace("# KEYS\n", &keys)
            .replace("COOKIE", &format!("cookie {cookie}"))
            .replace("PROOF", &format!("proof {nth}"));
        self.sub(
            &format!(
                "Signed cookie {}: its fields, each as `.name.value`, if the signature holds.",
                name.escape_debug()
            ),
            &format!("haberdash_proof_{nth}"),
            &[format!("call haberdash_cookie_{cookie};"), lines],
        );
    }

    fn keys(&self) -> String {
        let mut text = include_str!("varnish/keys.vcl.example").to_owned();
        let mut lines = String::new();
        for key in &self.deployment.keys {
            let _ = writeln!(
                lines,
                "    new {} = blob.blob(BASE64, \"${{{}}}\");",
                key_name(&key.id),
                key.env
            );
        }
        text = text.replace("    # KEYS\n", &lines);
        text
    }

    fn readme(&self, pages: &Pages) -> String {
        let part = |text: &str, wanted: bool| {
            if wanted {
                text.to_owned()
            } else {
                String::new()
            }
        };
        let mut assignments = String::new();
        for key in &self.deployment.keys {
            let _ = writeln!(
                assignments,
                "    export {0}=$(printf %s \"${0}\" | base64 -w0)",
                key.env
            );
        }
        include_str!("varnish/README.md")
            .replace(
                "COUNTRY_LINE\n",
                if self.conditions.asks_country() {
                    "    rsync -a --ignore-existing edge/varnish/countries.vcl server:/etc/varnish/\n"
                } else {
                    ""
                },
            )
            .replace("TITLE", &self.deployment.title)
            .replace(
                "PARTS_PART\n",
                &part(
                    include_str!("varnish/README-parts.md"),
                    self.table.has_skeletons(),
                ),
            )
            .replace(
                "KEYS_PART\n",
                &part(include_str!("varnish/README-keys.md"), self.has_keys),
            )
            .replace(
                "COUNTRY_PART\n",
                &part(
                    include_str!("varnish/README-country.md"),
                    self.conditions.asks_country(),
                ),
            )
            .replace("    ASSIGNMENTS\n", &assignments)
            .replace("BROAD", &pages.describe_broad())
            .replace("LIMIT", &keys::NGINX.bytes.to_string())
    }
}

/// The text with or without what stands between the marks.
fn with_parts(text: &str, wanted: bool) -> String {
    let mut is_part = false;
    let lines = text.split_inclusive('\n').filter(|line| {
        let mark = line.trim();
        let is_mark = mark == "# PARTS {" || mark == "# PARTS }";
        if is_mark {
            is_part = mark.ends_with('{');
        }
        !is_mark && (wanted || !is_part)
    });
    lines.collect()
}

/// The object that holds a key.
fn key_name(id: &str) -> String {
    let id = id.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("key_{id}")
}

fn facet_variable(id: &str) -> String {
    format!("facet {id}")
}

fn consents(purpose: &str) -> String {
    format!("var.get({})", text(&format!("consent {purpose}")))
}

fn not_before(instant: i64) -> String {
    format!("std.real(var.get(\"now\"), 0.0) >= {instant}.0")
}
