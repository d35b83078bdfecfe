//! Caddy: maps for everything. It cannot check signatures.
//!
//! Maps are evaluated where something uses them, and only what they map exactly may name other
//! maps; what a pattern or a default gives is a text. Patterns are RE2's, which cannot look ahead
//! and need not, since the first line that fits a text counts.

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
    routing::{Policy, REDIRECT_CACHE, RoutingTable, Target},
};

pub(super) const EDGE: Edge = Edge {
    name: "caddy",
    title: "Caddy",
    can: Can {
        sign: false,
        ..Can::ALL
    },
    compile,
};

/// Words that are no keys at the beginning of a line.
const WORDS: [&str; 2] = ["default", "import"];
/// Digits of seconds since 1970, from 2001 on and for three thousand years.
const INSTANT_DIGITS: [u32; 2] = [10, 11];

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let table = &deployment.table;
    let conditions = Conditions::of(table);
    for (from, to) in &conditions::redirects(table) {
        let is_held = |sign: char| !sign.is_control() && !r#"{}"\"#.contains(sign);
        if to.is_empty() || to.contains("hb.location") || !to.chars().all(is_held) {
            problems.cannot(
                None,
                format!(
                    "`{from}` leads to `{}`, which a map cannot hold",
                    to.escape_debug()
                ),
                "let it lead to a path without quotes, braces and backslashes",
            );
        }
    }
    let mut site = Site {
        deployment,
        table,
        cookies: named(conditions.cookies(table)),
        queries: named(conditions.queries()),
        purposes: named(conditions.purposes()),
        conditions: &conditions,
        written: BTreeSet::new(),
        text: String::new(),
    };
    let mut files = vec![
        EdgeFile::new("Caddyfile", include_str!("caddy/Caddyfile")),
        EdgeFile::new("haberdash.caddy", site.complete()),
        EdgeFile::new("README.md", site.readme()),
    ];
    if conditions.asks_country() {
        files.push(EdgeFile::new(
            "countries.caddy",
            include_str!("caddy/countries.caddy"),
        ));
    }
    files
}

/// Names that can be part of a placeholder's. Those that cannot are numbered.
fn named<T: Into<String>>(names: impl IntoIterator<Item = T>) -> BTreeMap<String, String> {
    let names = names.into_iter().map(Into::into).enumerate();
    names
        .map(|(nth, name): (usize, String)| {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            let plain = if !name.is_empty() && name.bytes().all(is_plain) {
                name.clone()
            } else {
                // No plain name has a point.
                format!("no.{}", nth + 1)
            };
            (name, plain)
        })
        .collect()
}

/// A text as a pattern of itself. RE2 reads signs, not bytes.
pub(super) fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut pattern, sign| {
        if sign.is_ascii_alphanumeric() || "_-=,:/~@% &;<>!'\"".contains(sign) {
            pattern.push(sign);
        } else if sign.is_ascii_graphic() && sign != '`' {
            pattern.push('\\');
            pattern.push(sign);
        } else {
            let _ = write!(pattern, "\\x{{{:x}}}", u32::from(sign));
        }
        pattern
    })
}

/// The same in any case of ASCII's letters. Beside `k` and `s`, RE2 would take signs of other
/// alphabets for their capitals.
pub(super) fn any_case(text: &str) -> String {
    let mut pattern = String::new();
    let mut letters = String::new();
    let end = |letters: &mut String, pattern: &mut String| {
        if letters.bytes().any(|b| b.is_ascii_alphabetic()) {
            let _ = write!(pattern, "(?i:{})", literal(letters));
        } else {
            *pattern += &literal(letters);
        }
        letters.clear();
    };
    for sign in text.chars() {
        let is_alike = "ksKS".contains(sign);
        if sign.is_ascii() && !is_alike {
            letters.push(sign);
            continue;
        }
        end(&mut letters, &mut pattern);
        if is_alike {
            let (lower, upper) = (sign.to_ascii_lowercase(), sign.to_ascii_uppercase());
            let _ = write!(pattern, "[{lower}{upper}]");
        } else {
            pattern += &literal(&sign.to_string());
        }
    }
    end(&mut letters, &mut pattern);
    pattern
}

fn any_of(patterns: impl IntoIterator<Item = String>) -> String {
    let patterns: Vec<String> = patterns.into_iter().collect();
    match patterns.as_slice() {
        [one] => one.clone(),
        _ => format!("(?:{})", patterns.join("|")),
    }
}

/// The pattern of whole seconds since 1970 from one instant until another, as far as they can be the
/// present; none if there are no such seconds.
pub(super) fn instants(from: Option<i64>, until: Option<i64>) -> Option<String> {
    let from = u64::try_from(from.unwrap_or(0)).unwrap_or(0);
    let last = match until {
        None => u64::MAX,
        Some(until) => u64::try_from(until).ok()?.checked_sub(1)?,
    };
    let mut patterns = Vec::new();
    for width in INSTANT_DIGITS {
        let (smallest, largest) = (10_u64.pow(width - 1), 10_u64.pow(width) - 1);
        let (from, last) = (from.max(smallest), last.min(largest));
        if from <= last {
            patterns.extend(conditions::range(from, last, width as usize, 10));
        }
    }
    (!patterns.is_empty()).then(|| format!("^{}$", any_of(patterns)))
}

/// A placeholder and the pattern that shows a signal in it. No pattern: it is never shown.
struct Test {
    source: String,
    pattern: Option<String>,
}

/// A placeholder, and signals that it shows with the segments that they give.
type Run = (String, Vec<(usize, u16)>);

/// One line of a map begins with this.
enum Key {
    Exact(String),
    Pattern(String),
}

impl Key {
    fn token(&self) -> String {
        match self {
            Self::Exact(text) => {
                let is_bare = !text.is_empty()
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"/._~-".contains(&b));
                if is_bare { text.clone() } else { quoted(text) }
            }
            // A grave accent is no part of any pattern.
            Self::Pattern(pattern) => format!("`~{pattern}`"),
        }
    }
}

/// A token in quotes, so that it stays a text even if it could be a number.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

/// A comment's text. The sign of variables of the environment counts even there.
fn harmless(text: &str) -> String {
    text.replace("{$", "{ $")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 90 {
        return text.to_owned();
    }
    text.chars().take(90).collect::<String>() + " …"
}

/// The same as what a pattern gives, where dollars are groups.
fn expanded(text: &str) -> String {
    text.replace('$', "$$")
}

/// What is written, and from what.
struct Site<'a> {
    deployment: &'a Deployment,
    table: &'a RoutingTable,
    conditions: &'a Conditions,
    /// What placeholders call each of these.
    cookies: BTreeMap<String, String>,
    queries: BTreeMap<String, String>,
    purposes: BTreeMap<String, String>,
    /// Signals that have a map of their own.
    written: BTreeSet<usize>,
    text: String,
}

impl Site<'_> {
    fn line(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push('\t');
            self.text.push_str(text);
        }
        self.text.push('\n');
    }

    fn section(&mut self, text: &str) {
        self.line("");
        self.line(&format!("# --- {text} ---"));
    }

    fn comment(&mut self, text: &str) {
        self.line("");
        for line in text.lines() {
            self.line(&harmless(&format!("# {line}")));
        }
    }

    /// A map to one placeholder or several; the first line that fits counts.
    fn map(
        &mut self,
        comment: &str,
        source: &str,
        names: &str,
        lines: impl IntoIterator<Item = (Key, String)>,
        default: &str,
    ) {
        self.comment(comment);
        let source = if source.is_empty() || source.contains(' ') {
            quoted(source)
        } else {
            source.to_owned()
        };
        self.line(&format!("map {source} {names} {{"));
        let mut seen = BTreeSet::new();
        for (key, values) in lines {
            let key = key.token();
            // It fits nothing that the first of its kind does not.
            if seen.insert(key.clone()) {
                self.line(&format!("\t{key} {values}"));
            }
        }
        self.line(&format!("\tdefault {default}"));
        self.line("}");
    }

    fn taken(&mut self) -> String {
        std::mem::take(&mut self.text).trim_end().to_owned() + "\n"
    }

    fn complete(&mut self) -> String {
        self.locations();
        let locations = self.taken();
        self.visitor();
        self.facets();
        self.routes();
        let visitor = self.taken();
        let has_not_found = origin::has_not_found(self.deployment);
        let missing = if has_not_found {
            ""
        } else {
            "\thandle @missing {\n\t\trespond 404\n\t}\n"
        };
        let exposure = if self.shown().is_empty() {
            ""
        } else {
            "\t@exposes expression `{hb.exposure} != \"\"`\n\theader @exposes Haberdash-Experiment {hb.exposure}\n"
        };
        include_str!("caddy/haberdash.caddy")
            .replace(
                "TITLE",
                &harmless(&self.deployment.title.escape_debug().to_string()),
            )
            .replace("\t# LOCATIONS\n", &locations)
            .replace("\t# VISITOR\n", &visitor)
            .replace("\t# MISSING\n", missing)
            .replace("\t# EXPOSURE\n", exposure)
            .replace("REDIRECT_CACHE", REDIRECT_CACHE)
    }

    fn locations(&mut self) {
        let exact = |path: &String| Key::Exact(path.clone());
        let redirects = conditions::redirects(self.table);
        let mut lines: Vec<(Key, String)> = redirects
            .iter()
            .map(|(from, to)| (exact(from), quoted(to)))
            .collect();
        lines.push((
            Key::Pattern(r"^(.*/)index\.html$".to_owned()),
            quoted("${1}"),
        ));
        let files = self.table.files.iter();
        lines.extend(
            files
                .filter(|path| conditions::is_reachable(path))
                .map(|path| (exact(path), quoted(""))),
        );
        lines.push((Key::Pattern(r"^.*/[^./]+$".to_owned()), quoted("${0}/")));
        let mut comment =
            "Old paths, and where they lead now. Folders have one address, which ends with a slash."
                .to_owned();
        if !self.table.files.is_empty() {
            comment += "\nWhat leads nowhere is a file without a point in its name.";
        }
        self.map(&comment, "{hb.path}", "{hb.location}", lines, &quoted(""));
    }

    fn visitor(&mut self) {
        self.section("the visitor");
        let space = conditions::SPACE;
        if !self.cookies.is_empty() {
            self.comment(&format!(
                "More than {} bytes of cookies are as good as none.",
                conditions::LONGEST_COOKIES
            ));
            self.line("vars hb_cookies {http.request.header.Cookie}");
            self.line(&format!(
                "@too_long expression `size(bytes({{http.request.header.Cookie}})) > {}`",
                conditions::LONGEST_COOKIES
            ));
            self.line("vars @too_long hb_cookies \"\"");
        }
        for (name, plain) in self.cookies.clone() {
            let name = literal(&name);
            let begins = format!("(?:^|;)[{space}]*{name}=");
            self.once(
                &plain,
                "cookie",
                "{http.vars.hb_cookies}",
                &format!("{begins}.*;[{space}]*{name}="),
                &format!("{begins}((?:[^;]*[^;{space}])?)[{space}]*(?:;|$)"),
            );
            self.line(&format!("vars hb_cookie_{plain} {{hb.cookie.{plain}}}"));
        }
        for (name, plain) in self.queries.clone() {
            let name = literal(&name);
            self.once(
                &plain,
                "query",
                "{hb.query}",
                &format!("(?:^|&){name}=.*&{name}="),
                &format!("(?:^|&){name}=([^&]*)"),
            );
        }
        if self.conditions.asks_country() {
            self.comment("Country of the client's address: the file is yours to fill.");
            self.line("import countries.caddy");
        }
        let asks_device = |signal: &Signal| matches!(signal, Signal::Device(_));
        if self.conditions.signals.iter().any(asks_device) {
            self.map(
                "Class of device: the client's hint, then its name.",
                "{http.request.header.Sec-CH-UA-Mobile}",
                "{hb.mobile}",
                [(Key::Exact("?1".to_owned()), quoted("y"))],
                &quoted("n"),
            );
            let lines = [
                ("iPad|Tablet", "tablet"),
                ("^y|Mobi", "phone"),
                ("Android", "tablet"),
            ];
            self.map(
                "",
                "{hb.mobile}{http.request.header.User-Agent}",
                "{hb.device}",
                lines.map(|(pattern, device)| (Key::Pattern(pattern.to_owned()), quoted(device))),
                &quoted("desktop"),
            );
        }
        self.consent();
    }

    /// A value by name: `=` and it, if it is there once. What is there twice counts for nothing.
    fn once(&mut self, plain: &str, kind: &str, source: &str, twice: &str, once: &str) {
        let (what, names) = match kind {
            "cookie" => ("Cookie", &self.cookies),
            _ => ("Query parameter", &self.queries),
        };
        let name = names.iter().find(|(_, known)| *known == plain);
        let name = name.map_or(plain, |(name, _)| name).escape_debug();
        let comment = format!("{what} {name}: `=` and its value, if it is there once.");
        self.map(
            &comment,
            source,
            &format!("{{hb.{kind}.{plain}}}"),
            [
                (Key::Pattern(twice.to_owned()), quoted("")),
                (Key::Pattern(once.to_owned()), quoted("=${1}")),
            ],
            &quoted(""),
        );
    }

    fn consent(&mut self) {
        if self.purposes.is_empty() {
            return;
        }
        self.map(
            "Global Privacy Control outweighs any consent.",
            "{http.request.header.Sec-GPC}",
            "{hb.may_consent}",
            [(Key::Exact("1".to_owned()), quoted("n"))],
            &quoted("y"),
        );
        let cookie = self.cookie(conditions::CONSENT);
        for (purpose, plain) in self.purposes.clone() {
            self.map(
                &format!("Consent to {}.", purpose.escape_debug()),
                &format!("{{hb.may_consent}}{cookie}"),
                &format!("{{hb.consent.{plain}}}"),
                [(
                    Key::Pattern(format!(r"^y=(?:.*\.)?{}(?:\.|$)", literal(&purpose))),
                    quoted("y"),
                )],
                &quoted("n"),
            );
        }
    }

    fn cookie(&self, name: &str) -> String {
        format!("{{http.vars.hb_cookie_{}}}", self.cookies[name])
    }

    fn test(&self, signal: usize) -> Test {
        let space = conditions::SPACE;
        let value = |value: &Match| match value {
            Match::Present => "^=".to_owned(),
            Match::OneOf(values) => format!("^={}$", any_of(values.iter().map(|v| literal(v)))),
        };
        let (source, pattern) = match &self.conditions.signals[signal] {
            Signal::Cookie {
                name,
                value: wanted,
            } => (self.cookie(name), Some(value(wanted))),
            Signal::Query {
                name,
                value: wanted,
            } => (
                format!("{{hb.query.{}}}", self.queries[name]),
                Some(value(wanted)),
            ),
            // Its facet is refused.
            Signal::SignedCookie { .. } => ("{hb.query}".to_owned(), None),
            Signal::Country(list) => (
                "{http.vars.hb_country}".to_owned(),
                Some(format!("^{}$", any_of(list.iter().map(|c| any_case(c))))),
            ),
            Signal::Language(list) => (
                "{http.request.header.Accept-Language}".to_owned(),
                Some(format!(
                    "^[{space}]*{}(?:-|[{space}]*(?:[,;]|$))",
                    any_of(list.iter().map(|language| any_case(language)))
                )),
            ),
            Signal::Referrer(list) => (
                "{http.request.header.Referer}".to_owned(),
                // The host is behind the first `://`, and behind an `@` if there is one.
                Some(format!(
                    r"^(?:[^:]|:(?::|/:)*/?[^:/])*:(?::|/:)*//(?:[^/?#\\]*@)?(?:[^/?#\\@:]*\.)?{}(?::[^/?#\\@]*)?(?:[/?#\\]|[{space}]*$)",
                    any_of(list.iter().map(|host| any_case(host)))
                )),
            ),
            Signal::Device(list) => {
                let names = [Device::Phone, Device::Tablet, Device::Desktop];
                let names = names.into_iter().filter(|device| list.contains(device));
                let names = names.map(|device| conditions::device(device).to_owned());
                (
                    "{hb.device}".to_owned(),
                    Some(format!("^{}$", any_of(names))),
                )
            }
            Signal::Time { from, until } => {
                ("{http.vars.hb_now}".to_owned(), instants(*from, *until))
            }
            Signal::Bucket { slice, from, until } => (
                self.cookie(conditions::VISITOR_ID),
                Some(format!("^={}$", conditions::bucket(*slice, *from, *until))),
            ),
        };
        Test { source, pattern }
    }

    fn facets(&mut self) {
        self.section("segments");
        let conditions = self.conditions;
        for (place, choice) in &conditions.facets {
            let facet = &self.table.facets[usize::from(*place)];
            let default = quoted(&facet.segments[usize::from(choice.default)]);
            let name = format!("{{hb.facet.{}}}", facet.id);
            let Some(purpose) = &choice.consent else {
                self.facet(&facet.id, choice, &facet.segments, &name);
                continue;
            };
            let decided = format!("{{hb.consented.{}}}", facet.id);
            self.facet(&facet.id, choice, &facet.segments, &decided);
            let source = format!("{{hb.consent.{}}}", self.purposes[purpose]);
            self.map(
                &format!(
                    "{}, of those who consented to {}.",
                    facet.id,
                    purpose.escape_debug()
                ),
                &source,
                &name,
                [(Key::Exact("y".to_owned()), quoted(&decided))],
                &default,
            );
        }
    }

    fn facet(&mut self, id: &str, choice: &Choice, segments: &[String], name: &str) {
        let default = quoted(&segments[usize::from(choice.default)]);
        let value = |segment: u16| quoted(&expanded(&segments[usize::from(segment)]));
        let Some(runs) = self.runs(choice) else {
            let mut comment = format!("Facet {id}.");
            for signal in choice.signals() {
                let what = conditions::describe(&self.conditions.signals[signal]);
                let _ = write!(comment, "\n  {}", shortened(&what));
            }
            let (mut columns, mut lines) = (Vec::new(), Vec::new());
            let mut groups = 0;
            for (condition, segment) in &choice.rules {
                let alternatives = match condition {
                    Condition::Any(list) => list.as_slice(),
                    other => std::slice::from_ref(other),
                };
                for alternative in alternatives {
                    let row = self.row(id, alternative, &mut columns, &mut groups);
                    lines.push((Key::Pattern(format!("^{row}")), value(*segment)));
                }
            }
            self.map(&comment, &columns.concat(), name, lines, &default);
            return;
        };
        let last = runs.len();
        let mut names = Vec::new();
        for (nth, (source, rules)) in runs.into_iter().enumerate() {
            let mut comment = match (last, nth) {
                (1, _) => format!("Facet {id}."),
                (_, 0) => format!("Facet {id}: what says it first counts."),
                _ => String::new(),
            };
            let mut lines = Vec::new();
            for (signal, segment) in rules {
                let kind = &self.conditions.signals[signal];
                // Others can be read from the patterns.
                if matches!(kind, Signal::Time { .. } | Signal::Bucket { .. }) {
                    let what = shortened(&conditions::describe(kind));
                    let _ = write!(comment, "\n  {}: {what}", segments[usize::from(segment)]);
                }
                if let Some(pattern) = self.test(signal).pattern {
                    lines.push((Key::Pattern(pattern), value(segment)));
                }
            }
            if last == 1 {
                self.map(&comment, &source, name, lines, &default);
                return;
            }
            let part = format!("{{hb.said.{id}.{}}}", nth + 1);
            self.map(&comment, &source, &part, lines, &quoted(""));
            names.push(part);
        }
        let line = (Key::Pattern("^ *([^ ]+)".to_owned()), quoted("${1}"));
        let comment = if last == 0 {
            format!("Facet {id}.")
        } else {
            String::new()
        };
        self.map(&comment, &names.join(" "), name, [line], &default);
    }

    /// Rules that each ask one thing, as runs of those that ask the same placeholder.
    fn runs(&self, choice: &Choice) -> Option<Vec<Run>> {
        let mut runs: Vec<Run> = Vec::new();
        for (condition, segment) in &choice.rules {
            let Condition::Shows(signal, true) = condition else {
                return None;
            };
            let source = self.test(*signal).source;
            match runs.last_mut().filter(|(known, _)| *known == source) {
                Some((_, rules)) => rules.push((*signal, *segment)),
                None => runs.push((source, vec![(*signal, *segment)])),
            }
        }
        Some(runs)
    }

    /// A condition as a row of what its columns must say: `y`, `n` or anything.
    fn row(
        &mut self,
        id: &str,
        condition: &Condition,
        columns: &mut Vec<String>,
        groups: &mut usize,
    ) -> String {
        let members = match condition {
            Condition::All(list) => list.as_slice(),
            Condition::Always => &[],
            other => std::slice::from_ref(other),
        };
        let mut wanted = BTreeMap::new();
        for member in members {
            let (column, value) = self.column(id, member, groups);
            let place = columns.iter().position(|known| *known == column);
            let place = place.unwrap_or_else(|| {
                columns.push(column);
                columns.len() - 1
            });
            // Both a signal and its opposite: nobody.
            if *wanted.entry(place).or_insert(value) != value {
                wanted.insert(place, 'x');
            }
        }
        let width = wanted.keys().last().map_or(0, |last| last + 1);
        (0..width)
            .map(|place| wanted.get(&place).copied().unwrap_or('.'))
            .collect()
    }

    /// A placeholder that is `y` or `n`, and which of them is wanted.
    fn column(&mut self, id: &str, condition: &Condition, groups: &mut usize) -> (String, char) {
        let list = match condition {
            Condition::Shows(signal, wanted) => {
                let name = format!("{{hb.signal.{}}}", signal + 1);
                if self.written.insert(*signal) {
                    let test = self.test(*signal);
                    let line = test.pattern.map(|p| (Key::Pattern(p), quoted("y")));
                    let what = conditions::describe(&self.conditions.signals[*signal]);
                    self.map(&what, &test.source, &name, line, &quoted("n"));
                }
                return (name, if *wanted { 'y' } else { 'n' });
            }
            Condition::All(list) | Condition::Any(list) => list.as_slice(),
            Condition::Always | Condition::Never => &[],
        };
        let members: Vec<(String, char)> = list
            .iter()
            .map(|member| self.column(id, member, groups))
            .collect();
        *groups += 1;
        let name = format!("{{hb.group.{id}.{groups}}}");
        // All: the row of what is wanted. Any: not the row of opposites.
        let is_all = matches!(condition, Condition::All(_));
        let row: String = members
            .iter()
            .map(|(_, value)| if is_all == (*value == 'y') { 'y' } else { 'n' })
            .collect();
        let (fits, otherwise) = if is_all { ("y", "n") } else { ("n", "y") };
        let source: String = members.into_iter().map(|(column, _)| column).collect();
        self.map(
            &format!(
                "Part of {id}: {} of these.",
                if is_all { "all" } else { "any" }
            ),
            &source,
            &name,
            [(Key::Exact(row), quoted(fits))],
            &quoted(otherwise),
        );
        (name, 'y')
    }

    /// Where a decision goes on, or the folder of a variant.
    fn target(&self, at: Target) -> String {
        if let Ok(node) = usize::try_from(at) {
            return format!("{{hb.node.{node}}}");
        }
        let slot = &self.table.slots[(-1 - at) as usize];
        match slot.label.as_str() {
            "" => String::new(),
            label => format!("/_v/open/{label}"),
        }
    }

    fn routes(&mut self) {
        let table = self.table;
        self.section("routes");
        for place in conditions::reached(table) {
            let node = &table.nodes[place];
            let facet = &table.facets[usize::from(node.facet)];
            let mut source = format!("{{hb.facet.{}}}", facet.id);
            let mut before = "";
            let is_taken = |s: &String| WORDS.contains(&s.as_str()) || s.starts_with('~');
            if facet.segments.iter().any(is_taken) {
                source = format!("is {source}");
                before = "is ";
            }
            let lines: Vec<(Key, String)> = facet
                .segments
                .iter()
                .zip(&node.to)
                .filter(|(_, to)| !self.target(**to).is_empty())
                .map(|(segment, to)| {
                    let key = Key::Exact(format!("{before}{segment}"));
                    (key, quoted(&self.target(*to)))
                })
                .collect();
            let name = format!("{{hb.node.{place}}}");
            self.map("", &source, &name, lines, &quoted(""));
        }
        self.kinds();
        for place in self.shown() {
            self.takes_part(place);
        }
        self.answers();
        self.media_types();
    }

    fn kinds(&mut self) {
        let table = self.table;
        let reachable = |map: &BTreeMap<String, u32>| -> Vec<(String, u32)> {
            map.iter()
                .filter(|(path, _)| conditions::is_reachable(path))
                .map(|(path, root)| (path.clone(), *root))
                .collect()
        };
        let mut prefixes = reachable(&table.prefixes);
        prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        let exact = reachable(&table.exact);
        let exact = exact
            .into_iter()
            .map(|(path, root)| (Key::Exact(path), root));
        let prefixes = prefixes
            .into_iter()
            .map(|(prefix, root)| (Key::Pattern(format!("^{}", literal(&prefix))), root));
        let lines = exact
            .chain(prefixes)
            .map(|(key, root)| (key, format!("route-{root}")))
            .collect::<Vec<_>>();
        self.map(
            "The kind of route: by path, else by the longest folder that is listed.",
            "{hb.path}",
            "{hb.route}",
            lines,
            "route-0",
        );
    }

    /// Kinds of routes that a request can get, with the page for what does not exist.
    fn roots(&self) -> Vec<(String, usize, bool)> {
        let paths = self.table.exact.iter().chain(&self.table.prefixes);
        let mut roots: BTreeSet<u32> = paths
            .filter(|(path, _)| conditions::is_reachable(path))
            .map(|(_, root)| *root)
            .collect();
        roots.insert(0);
        let mut found: Vec<(String, usize, bool)> = roots
            .into_iter()
            .map(|root| (format!("route-{root}"), root as usize, true))
            .collect();
        found.push(("missing".to_owned(), self.table.not_found as usize, false));
        found
    }

    fn policy(&self, root: usize) -> &Policy {
        &self.table.policies[self.table.roots[root].policy as usize]
    }

    /// Experiments that some page shows, as places of facets.
    fn shown(&self) -> BTreeSet<u16> {
        let roots = self.roots();
        let roots = roots.iter();
        roots
            .flat_map(|(_, root, _)| self.policy(*root).experiments.iter().copied())
            .collect()
    }

    fn takes_part(&mut self, place: u16) {
        let facet = &self.table.facets[usize::from(place)];
        let mut source = self.cookie(conditions::VISITOR_ID);
        let mut pattern = "^=[0-9a-f]{32}$".to_owned();
        if let Some(purpose) = &facet.consent {
            source = format!("{{hb.consent.{}}}{source}", self.purposes[purpose]);
            pattern.insert(1, 'y');
        }
        // The id has ten slices.
        let has_slice = facet.experiment.is_some_and(|slice| slice < 10);
        let line = has_slice.then(|| (Key::Pattern(pattern), quoted("y")));
        let name = format!("{{hb.takes_part.{}}}", facet.id);
        self.map(
            &format!("Whoever has an id takes part in {}.", facet.id),
            &source,
            &name,
            line,
            &quoted("n"),
        );
        self.map(
            "",
            &name,
            &format!("{{hb.shown.{}}}", facet.id),
            [(
                Key::Exact("y".to_owned()),
                quoted(&format!(", {0}={{hb.facet.{0}}}", facet.id)),
            )],
            &quoted(""),
        );
    }

    fn answers(&mut self) {
        let exposes = !self.shown().is_empty();
        let mut names = "{hb.variant} {hb.vary} {hb.cache_control}".to_owned();
        let mut columns = "variant (nothing for the default one), Vary, Cache-Control".to_owned();
        let mut default = r#""" "" """#.to_owned();
        if exposes {
            names += " {hb.exposures}";
            columns += ", experiments";
            default += r#" """#;
        }
        let mut stepped = BTreeMap::new();
        let mut lines = Vec::new();
        for (name, root, is_found) in self.roots() {
            let policy = self.policy(root).clone();
            let place = (self.table.roots[root].policy, is_found);
            let cache = match stepped.get(&place) {
                Some(cache) => String::clone(cache),
                None => self.cache(&policy, &name, is_found),
            };
            stepped.insert(place, cache.clone());
            let mut values = format!(
                "{} {} {}",
                quoted(&self.target(self.table.roots[root].at)),
                quoted(&policy.vary.join(", ")),
                quoted(&cache)
            );
            if exposes {
                let shown = policy.experiments.iter().map(|place| {
                    format!("{{hb.shown.{}}}", self.table.facets[usize::from(*place)].id)
                });
                let _ = write!(values, " {}", quoted(&shown.collect::<String>()));
            }
            lines.push((Key::Exact(name), values));
        }
        self.map(
            &format!("What goes with each kind of route: {columns}."),
            "{http.vars.hb_route}",
            &names,
            lines,
            &default,
        );
        if exposes {
            self.map(
                "",
                "{hb.exposures}",
                "{hb.exposure}",
                [(Key::Pattern("^, (.*)$".to_owned()), quoted("${1}"))],
                &quoted(""),
            );
        }
    }

    /// `Cache-Control`: its text, or the placeholder that follows the time.
    fn cache(&mut self, policy: &Policy, route: &str, is_found: bool) -> String {
        let steps = policy.cache_steps(is_found);
        if let [(_, always)] = steps.as_slice() {
            return always.clone();
        }
        let mut lines = Vec::new();
        for (nth, (from, value)) in steps.iter().enumerate().skip(1) {
            let until = steps.get(nth + 1).map(|(until, _)| *until);
            if let Some(pattern) = instants(Some(*from), until) {
                lines.push((Key::Pattern(pattern), quoted(value)));
            }
        }
        let first = steps.first().map_or("", |(_, value)| value);
        let switches = policy.switches.iter().take(8);
        let switches: Vec<String> = switches.map(|switch| conditions::date(*switch)).collect();
        let name = format!("{{hb.cache.{route}}}");
        self.map(
            &format!(
                "Caches must not keep a page past its next switch: {}.",
                switches.join(", ")
            ),
            "{http.vars.hb_now}",
            &name,
            lines,
            &quoted(first),
        );
        name
    }

    fn media_types(&mut self) {
        let media = conditions::media_types(self.deployment);
        let mut lines: Vec<(Key, String)> = media
            .exceptions
            .iter()
            .map(|(path, kind)| (Key::Exact(format!("/{path}")), quoted(kind)))
            .collect();
        for (extension, kind) in &media.by_extension {
            let pattern = format!(r"\.(?i:{})$", literal(extension));
            lines.push((Key::Pattern(pattern), quoted(&expanded(kind))));
        }
        self.map(
            "Media types, by extension.",
            "{http.vars.hb_file}",
            "{hb.type}",
            lines,
            &quoted(conditions::UNKNOWN_MEDIA),
        );
    }

    fn readme(&self) -> String {
        let host = self.deployment.base_url.split_once("://");
        let host = host.map_or("shop.example", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let country = if self.conditions.asks_country() {
            include_str!("caddy/README-country.md")
        } else {
            ""
        };
        debug_assert_eq!(NOT_FOUND, "/404.html");
        include_str!("caddy/README.md")
            .replace("TITLE", &self.deployment.title)
            .replace("COUNTRY_PART\n", country)
            .replace("HOST", host)
    }
}
