//! What configuration languages share: the conditions of a table, made plain.
//!
//! In: the routing table. Out: [`Conditions`]: each signal once, by number, and for each facet
//! that some route asks its decision list as [`Condition`]s over those numbers, without `not`
//! around groups and without what never or always holds. Languages with boolean expressions
//! write them as they are; those with only lists of tests split groups into names of their own.
//! Beside that: patterns (in the form of PCRE) for what languages cannot compute.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{Deployment, Problems};
use crate::{
    model::{Match, Predicate, Signal},
    routing::{FacetRules, REGIONS, RoutingTable},
};

/// The cookie with the purposes that the visitor consented to, joined by points.
pub(super) const CONSENT: &str = "hb_consent";
/// The cookie with the visitor's random id: 32 lower-case hexadecimal digits.
pub(super) const VISITOR_ID: &str = "hb_id";
/// Digits of a visitor's id.
const ID_DIGITS: usize = 32;
/// A longer `Cookie` header is as good as none, in bytes.
pub(super) const LONGEST_COOKIES: usize = 8192;
/// White space around cookies, inside a pattern's brackets. It is that of `trim_ascii`.
pub(super) const SPACE: &str = r"\t\n\f\r ";
/// Paths that can exist, as they came: no empty parts, none that begins with a point, nothing
/// escaped, nothing of haberdash's own. It allows and does not deny, since every list of what to
/// deny has turned out to leak.
pub(super) const CANONICAL: &str = concat!(
    r"/(?!(?i:_v|_haberdash)(?:/|$))",
    r"(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*+/)*+(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*+)?"
);

/// All that a table asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    /// Each once. [`Condition`]s name them by place.
    pub(super) signals: Vec<Signal>,
    /// The facets that some route asks, by place in the table.
    pub(super) facets: BTreeMap<u16, Choice>,
}

/// How a facet is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The first that holds gives the segment, by place.
    pub(super) rules: Vec<(Condition, u16)>,
    /// The segment where none holds, or where consent is missing.
    pub(super) default: u16,
    /// The purpose that the visitor must have consented to.
    pub(super) consent: Option<String>,
}

/// A boolean combination of signals. Groups have at least two members, and none of their own kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Holds for everyone.
    Always,
    /// Holds for nobody.
    Never,
    /// The signal at this place is, or is not, shown.
    Shows(usize, bool),
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
}

impl Conditions {
    /// Those of the facets that some route can ask.
    pub(super) fn of(table: &RoutingTable) -> Self {
        let mut conditions = Self::default();
        for place in asked(table) {
            let facet = &table.facets[usize::from(place)];
            let choice = conditions.choice(facet);
            conditions.facets.insert(place, choice);
        }
        conditions
    }

    fn choice(&mut self, facet: &FacetRules) -> Choice {
        let mut rules = Vec::new();
        for rule in &facet.rules {
            match self.lower(&rule.when, true) {
                Condition::Never => {}
                Condition::Always => {
                    rules.push((Condition::Always, rule.segment));
                    break;
                }
                condition => rules.push((condition, rule.segment)),
            }
        }
        Choice {
            rules,
            default: facet.default,
            consent: facet.consent.clone(),
        }
    }

    fn lower(&mut self, predicate: &Predicate, wanted: bool) -> Condition {
        match predicate {
            Predicate::Not(inner) => self.lower(inner, !wanted),
            Predicate::All(list) => self.group(list, wanted, wanted),
            Predicate::Any(list) => self.group(list, wanted, !wanted),
            Predicate::Signal(signal) => match plain(signal) {
                Plain::Always if wanted => Condition::Always,
                Plain::Never if !wanted => Condition::Always,
                Plain::Always | Plain::Never => Condition::Never,
                Plain::Sometimes(signal) => {
                    let known = self.signals.iter().position(|known| *known == signal);
                    let place = known.unwrap_or_else(|| {
                        self.signals.push(signal);
                        self.signals.len() - 1
                    });
                    Condition::Shows(place, wanted)
                }
            },
        }
    }

    /// Of a denied group, each member is denied, and all becomes any.
    fn group(&mut self, list: &[Predicate], wanted: bool, needs_all: bool) -> Condition {
        let (neutral, decided) = if needs_all {
            (Condition::Always, Condition::Never)
        } else {
            (Condition::Never, Condition::Always)
        };
        let mut members = Vec::new();
        for predicate in list {
            let condition = self.lower(predicate, wanted);
            if condition == decided {
                return decided;
            }
            match condition {
                Condition::All(inner) if needs_all => members.extend(inner),
                Condition::Any(inner) if !needs_all => members.extend(inner),
                other if other == neutral => {}
                other => members.push(other),
            }
        }
        match members.len() {
            0 => neutral,
            1 => members.remove(0),
            _ if needs_all => Condition::All(members),
            _ => Condition::Any(members),
        }
    }

    /// Names of cookies that are read, with those of consent and of the visitor's id.
    pub(super) fn cookies(&self, table: &RoutingTable) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for signal in &self.signals {
            match signal {
                Signal::Cookie { name, .. } | Signal::SignedCookie { name, .. } => {
                    names.insert(name.clone());
                }
                Signal::Bucket { .. } => {
                    names.insert(VISITOR_ID.to_owned());
                }
                Signal::Query { .. }
                | Signal::Country(_)
                | Signal::Language(_)
                | Signal::Device(_)
                | Signal::Referrer(_)
                | Signal::Time { .. } => {}
            }
        }
        for (place, choice) in &self.facets {
            if choice.consent.is_some() {
                names.insert(CONSENT.to_owned());
            }
            if table.facets[usize::from(*place)].experiment.is_some() {
                names.insert(VISITOR_ID.to_owned());
            }
        }
        names
    }

    /// Names of signed cookies.
    pub(super) fn signed_cookies(&self) -> BTreeSet<&str> {
        let names = self.signals.iter().filter_map(|signal| match signal {
            Signal::SignedCookie { name, .. } => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// Names of query parameters.
    pub(super) fn queries(&self) -> BTreeSet<&str> {
        let names = self.signals.iter().filter_map(|signal| match signal {
            Signal::Query { name, .. } => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// Purposes of consent.
    pub(super) fn purposes(&self) -> BTreeSet<&str> {
        let choices = self.facets.values();
        choices.filter_map(|c| c.consent.as_deref()).collect()
    }

    /// Whether anything asks for the country. No server of one's own knows it by itself.
    pub(super) fn asks_country(&self) -> bool {
        self.signals
            .iter()
            .any(|signal| matches!(signal, Signal::Country(_)))
    }
}

impl Choice {
    /// The signals that it can look at, by place, each once, in order.
    pub(super) fn signals(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (condition, _) in &self.rules {
            condition.collect_signals(&mut found);
        }
        found
    }
}

impl Condition {
    fn collect_signals(&self, into: &mut BTreeSet<usize>) {
        match self {
            Self::Always | Self::Never => {}
            Self::Shows(signal, _) => {
                into.insert(*signal);
            }
            Self::All(list) | Self::Any(list) => {
                for condition in list {
                    condition.collect_signals(into);
                }
            }
        }
    }
}

/// Refuses gated facets of a site without keys, and rules whose patterns would pass a limit, in bytes.
pub(super) fn check(conditions: &Conditions, limit: usize, problems: &mut Problems<'_>) {
    let deployment = problems.deployment;
    for (place, choice) in &conditions.facets {
        let facet = &deployment.table.facets[usize::from(*place)];
        if facet.gated && deployment.keys.is_empty() {
            problems.cannot(
                Some(&facet.id),
                format!("`{}` is gated, and the site names no key", facet.id),
                "name a key under `keys` in haberdash.yaml",
            );
        }
        let signals = choice.signals();
        let lengths = signals
            .iter()
            .map(|signal| pattern_length(&conditions.signals[*signal]));
        if let Some(longest) = lengths.max().filter(|longest| *longest > limit) {
            problems.cannot(
                Some(&facet.id),
                format!(
                    "a rule of `{}` lists values of {longest} bytes, and a pattern holds {limit}",
                    facet.id
                ),
                "split the list of values over several segments or rules",
            );
        }
    }
}

/// What a signal's values take inside a pattern, in bytes.
fn pattern_length(signal: &Signal) -> usize {
    match signal {
        Signal::Cookie { value, .. }
        | Signal::SignedCookie { value, .. }
        | Signal::Query { value, .. } => match value {
            Match::Present => 0,
            Match::OneOf(values) => one_of(values).len(),
        },
        Signal::Country(list) | Signal::Language(list) | Signal::Referrer(list) => {
            one_of(list).len()
        }
        Signal::Device(_) | Signal::Time { .. } | Signal::Bucket { .. } => 0,
    }
}

/// The facets that some route can ask, by place.
pub(super) fn asked(table: &RoutingTable) -> BTreeSet<u16> {
    let roots = table.roots.iter();
    roots.flat_map(|root| table.support(root.at)).collect()
}

/// The regions that an edge puts into pages: their paths as marks name them, and their roots, by place.
pub(super) fn regions(deployment: &Deployment) -> BTreeMap<String, u32> {
    let table = &deployment.table;
    let prefix = format!("{}/{REGIONS}/", table.parts);
    let files = deployment.manifest.files.keys();
    let regions = files.filter(|file| table.has_skeletons() && file.starts_with(&prefix));
    let paths = regions.map(|file| format!("/{file}"));
    paths
        .map(|path| (path.clone(), table.find(&path)))
        .collect()
}

/// The nodes that some route can reach, children before parents.
pub(super) fn reached(table: &RoutingTable) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<i32> = table.roots.iter().map(|root| root.at).collect();
    while let Some(at) = open.pop() {
        if let Ok(node) = usize::try_from(at)
            && seen.insert(node)
        {
            open.extend(&table.nodes[node].to);
        }
    }
    seen
}

enum Plain {
    Always,
    Never,
    Sometimes(Signal),
}

/// A signal without the values that no request can show, so that no language has to write them.
fn plain(signal: &Signal) -> Plain {
    let is_text = |text: &str| !text.bytes().any(|b| b"\0\r\n".contains(&b));
    let is_cookie_name = |name: &str| {
        is_text(name)
            && !name.contains(['=', ';'])
            && !name.starts_with(|c: char| c.is_ascii_whitespace())
    };
    let is_cookie_value = |value: &str| {
        is_text(value)
            && !value.contains(';')
            && !value.ends_with(|c: char| c.is_ascii_whitespace())
    };
    let is_query = |text: &str| !text.bytes().any(|b| b <= b' ' || b == 127 || b == b'&');
    let is_field = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
    };
    let keep = |value: &Match, can: &dyn Fn(&str) -> bool| match value {
        Match::Present => Some(Match::Present),
        Match::OneOf(values) => {
            let values: BTreeSet<&String> = values.iter().filter(|value| can(value)).collect();
            let values: Vec<String> = values.into_iter().cloned().collect();
            (!values.is_empty()).then_some(Match::OneOf(values))
        }
    };
    let words = |list: &[String], of: fn(Vec<String>) -> Signal| {
        let words: BTreeSet<&String> = list.iter().filter(|word| !word.is_empty()).collect();
        let words: Vec<String> = words.into_iter().cloned().collect();
        (!words.is_empty()).then(|| of(words))
    };
    let lower = |list: &[String], of: fn(Vec<String>) -> Signal| {
        let is_lower = |word: &&String| !word.bytes().any(|b| b.is_ascii_uppercase());
        let list: Vec<String> = list.iter().filter(is_lower).cloned().collect();
        words(&list, of)
    };
    let possible = match signal {
        Signal::Cookie { name, value } => keep(value, &is_cookie_value)
            .filter(|_| is_cookie_name(name))
            .map(|value| Signal::Cookie {
                name: name.clone(),
                value,
            }),
        Signal::SignedCookie { name, field, value } => keep(value, &is_field)
            .filter(|_| is_cookie_name(name) && is_field(field))
            .map(|value| Signal::SignedCookie {
                name: name.clone(),
                field: field.clone(),
                value,
            }),
        Signal::Query { name, value } => keep(value, &is_query)
            .filter(|_| is_query(name) && !name.contains('='))
            .map(|value| Signal::Query {
                name: name.clone(),
                value,
            }),
        Signal::Country(list) => words(list, Signal::Country),
        Signal::Language(list) => lower(list, Signal::Language),
        Signal::Referrer(list) => lower(list, Signal::Referrer),
        Signal::Device(list) if list.is_empty() => None,
        Signal::Time {
            from: None,
            until: None,
        } => return Plain::Always,
        Signal::Time {
            from: Some(from),
            until: Some(until),
        } if from >= until => None,
        Signal::Bucket { slice, from, until } => {
            let is_in_id = usize::from(*slice) * 3 + 3 <= ID_DIGITS;
            (is_in_id && from < until && *from < 4096).then(|| Signal::Bucket {
                slice: *slice,
                from: *from,
                until: (*until).min(4096),
            })
        }
        Signal::Device(_) | Signal::Time { .. } => Some(signal.clone()),
    };
    possible.map_or(Plain::Never, Plain::Sometimes)
}

/// A signal in words, for comments. One line, whatever the store's names hold.
pub(super) fn describe(signal: &Signal) -> String {
    let is = |value: &Match| match value {
        Match::Present => "is there".to_owned(),
        Match::OneOf(values) => format!("is {}", words(values)),
    };
    match signal {
        Signal::Cookie { name, value } => format!("cookie {} {}", name.escape_debug(), is(value)),
        Signal::SignedCookie { name, field, value } => {
            format!(
                "{field} in signed cookie {} {}",
                name.escape_debug(),
                is(value)
            )
        }
        Signal::Query { name, value } => {
            format!("query parameter {} {}", name.escape_debug(), is(value))
        }
        Signal::Country(list) => format!("country is {}", words(list)),
        Signal::Language(list) => format!("language is {}", words(list)),
        Signal::Referrer(list) => format!("comes from {}", words(list)),
        Signal::Device(list) => {
            let names: Vec<String> = list.iter().map(|d| device(*d).to_owned()).collect();
            format!("device is {}", words(&names))
        }
        Signal::Time { from, until } => match (from, until) {
            (Some(from), Some(until)) => format!("from {} until {}", date(*from), date(*until)),
            (Some(from), None) => format!("from {}", date(*from)),
            (None, Some(until)) => format!("until {}", date(*until)),
            (None, None) => "always".to_owned(),
        },
        Signal::Bucket { slice, from, until } => {
            format!("buckets {from} to {} of draw {slice}", until - 1)
        }
    }
}

fn words(values: &[String]) -> String {
    let values: Vec<String> = values
        .iter()
        .map(|value| value.escape_debug().to_string())
        .collect();
    values.join(" or ")
}

/// An instant for comments.
pub(super) fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |instant| instant.to_string())
}

/// A class of devices, as stores write it.
pub(super) fn device(device: crate::model::Device) -> &'static str {
    match device {
        crate::model::Device::Phone => "phone",
        crate::model::Device::Tablet => "tablet",
        crate::model::Device::Desktop => "desktop",
    }
}

/// A text as a pattern of itself. Bytes outside of ASCII's signs are written by number, so that it
/// fits every file.
pub(super) fn literal(text: &str) -> String {
    text.bytes().fold(String::new(), |mut pattern, byte| {
        if byte.is_ascii_alphanumeric() || b"_-=,:/~@% &;<>!'".contains(&byte) {
            pattern.push(char::from(byte));
        } else if byte.is_ascii_graphic() {
            pattern.push('\\');
            pattern.push(char::from(byte));
        } else {
            let _ = write!(pattern, "\\x{byte:02x}");
        }
        pattern
    })
}

/// Alternatives of texts, as a group if there are several.
pub(super) fn one_of<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| literal(text)).collect();
    any_of(&texts)
}

fn any_of(patterns: &[String]) -> String {
    match patterns {
        [one] => one.clone(),
        _ => format!("(?:{})", patterns.join("|")),
    }
}

/// The pattern of a `Cookie` header that names a cookie just once; its first group is the value.
/// Every step is final, so that a hostile header takes no longer than a long one.
pub(super) fn cookie_once(name: &str) -> String {
    let name = literal(name);
    format!(
        "^(?:(?![{SPACE}]*{name}=)[^;]*;)*+[{SPACE}]*+{name}=\
         ((?:[^;{SPACE}]++|[{SPACE}]++(?!;|$))*+)[{SPACE}]*+\
         (?:;(?![{SPACE}]*{name}=)[^;]*)*+$"
    )
}

/// The pattern of a query that names a parameter just once; its first group is the value.
pub(super) fn query_once(name: &str) -> String {
    let name = literal(name);
    format!("^(?:(?!{name}=)[^&]*&)*+{name}=([^&]*+)(?:&(?!{name}=)[^&]*)*+$")
}

/// The pattern of proven fields (`.field.value.field.value`) that names one just once, with a
/// value.
pub(super) fn proven_field(field: &str, value: &Match) -> String {
    let field = literal(field);
    let value = match value {
        Match::Present => "[^.]+".to_owned(),
        Match::OneOf(values) => one_of(values),
    };
    let other = format!(r"(?:\.(?!{field}\.)[^.]+\.[^.]+)*+");
    format!(r"^{other}\.{field}\.{value}{other}$")
}

/// The pattern of an `Accept-Language` whose first tag is one of these, in any case of letters.
pub(super) fn first_language(languages: &[String]) -> String {
    let languages = one_of(languages);
    format!("^[{SPACE}]*{languages}(?:-|[{SPACE}]*(?:[,;]|$))")
}

/// The pattern of a `Referer` from one of these hosts, in any case of letters.
pub(super) fn referring_host(hosts: &[String]) -> String {
    let hosts = one_of(hosts);
    format!(
        r"^(?:(?!://).)*+://(?:[^/?#\\]*@)?(?:[^/?#\\@:]*\.)?{hosts}(?::[^/?#\\@]*)?(?:[/?#\\]|[{SPACE}]*$)"
    )
}

/// The pattern of consent (`=analytics.ads`, with the mark that says that the cookie is there)
/// to a purpose.
pub(super) fn consents_to(purpose: &str) -> String {
    let purpose = literal(purpose);
    format!(r"^=(?:.*\.)?{purpose}(?:\.|$)")
}

/// The pattern of a visitor's id, with the three digits of a slice in a range of buckets.
pub(super) fn bucket(slice: u8, from: u16, until: u16) -> String {
    let before = usize::from(slice) * 3;
    let after = ID_DIGITS - before - 3;
    let digits = any_of(&range(u64::from(from), u64::from(until) - 1, 3, 16));
    let some = |count: usize| match count {
        0 => String::new(),
        count => format!("[0-9a-f]{{{count}}}"),
    };
    format!("{}{digits}{}", some(before), some(after))
}

/// The pattern of whole seconds since 1970, without sign or leading zeros, that are not before an
/// instant. What follows the number is not looked at: the pattern ends where the digits do.
pub(super) fn not_before(instant: i64) -> String {
    let instant = u64::try_from(instant).unwrap_or(0);
    let width = instant.to_string().len();
    let last = "9".repeat(width).parse().unwrap_or(u64::MAX);
    let mut patterns = range(instant, last, width, 10);
    patterns.push(format!("[0-9]{{{},}}", width + 1));
    format!("{}(?![0-9])", any_of(&patterns))
}

/// Patterns that together are the numbers `from..=to`, written with just so many digits.
pub(super) fn range(from: u64, to: u64, width: usize, radix: u64) -> Vec<String> {
    let mut patterns = Vec::new();
    collect(from, to, width, radix, "", &mut patterns);
    patterns
}

fn collect(from: u64, to: u64, width: usize, radix: u64, head: &str, into: &mut Vec<String>) {
    let unit = radix.pow(width as u32 - 1);
    // Numbers from 0 to the largest of this width: any digits.
    if from == 0 && to == unit * radix - 1 {
        into.push(match width {
            1 => format!("{head}{}", digits(0, radix - 1)),
            _ => format!("{head}{}{{{width}}}", digits(0, radix - 1)),
        });
        return;
    }
    if width == 1 {
        into.push(format!("{head}{}", digits(from, to)));
        return;
    }
    let (mut first, mut last) = (from / unit, to / unit);
    if first == last {
        let head = format!("{head}{}", digits(first, first));
        collect(from % unit, to % unit, width - 1, radix, &head, into);
        return;
    }
    if !from.is_multiple_of(unit) {
        let head = format!("{head}{}", digits(first, first));
        collect(from % unit, unit - 1, width - 1, radix, &head, into);
        first += 1;
    }
    let has_tail = to % unit != unit - 1;
    if has_tail {
        last -= 1;
    }
    if first <= last {
        let head = format!("{head}{}", digits(first, last));
        collect(0, unit - 1, width - 1, radix, &head, into);
    }
    if has_tail {
        let head = format!("{head}{}", digits(last + 1, last + 1));
        collect(0, to % unit, width - 1, radix, &head, into);
    }
}

/// One digit in a range.
fn digits(from: u64, to: u64) -> String {
    let sign = |digit: u64| char::from_digit(digit as u32, 16).expect("a digit is below 16");
    let span = |from: u64, to: u64| match to - from {
        0 => sign(from).to_string(),
        1 => format!("{}{}", sign(from), sign(to)),
        _ => format!("{}-{}", sign(from), sign(to)),
    };
    if from == to {
        sign(from).to_string()
    } else if from < 10 && to >= 10 {
        format!("[{}{}]", span(from, 9), span(10, to))
    } else {
        format!("[{}]", span(from, to))
    }
}

/// Whether a request can ask for a path at all. Lines for other paths need not be written.
pub(super) fn is_reachable(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let first = rest.split('/').next().unwrap_or_default();
    let is_own = ["_v", "_haberdash"]
        .iter()
        .any(|own| first.eq_ignore_ascii_case(own));
    path == "/"
        || !is_own
            && rest.split('/').all(|part| {
                !part.is_empty()
                    && !part.starts_with('.')
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
            })
}

/// Where old paths lead, with the names of folders that are such paths: `/old` beside `/old/`.
/// What is not here follows from the path: `…/index.html` leads to its folder, and so does a last
/// part without a point that is not one of the table's files.
pub(super) fn redirects(table: &RoutingTable) -> BTreeMap<String, String> {
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for (from, to) in table
        .redirects
        .iter()
        .filter(|(from, _)| is_reachable(from))
    {
        lines.insert(from.clone(), to.clone());
        if let Some(name) = from.strip_suffix('/')
            && !name.is_empty()
            && !name
                .rsplit('/')
                .next()
                .is_some_and(|last| last.contains('.'))
            && !table.files.contains(name)
            && !table.redirects.contains_key(name)
        {
            lines.insert(name.to_owned(), to.clone());
        }
    }
    lines
}

/// Names with their places, from 1, for languages whose own names cannot hold them.
pub(super) fn numbered<T: Into<String>>(
    names: impl IntoIterator<Item = T>,
) -> BTreeMap<String, usize> {
    let names = names.into_iter().enumerate();
    names.map(|(nth, name)| (name.into(), nth + 1)).collect()
}

/// Media types by file extension, in lower case and without the point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MediaTypes {
    /// By extension.
    pub(super) by_extension: BTreeMap<String, String>,
    /// Files, as public paths, that are not as their extension says.
    pub(super) exceptions: BTreeMap<String, String>,
}

/// What files are served as where nothing says it.
pub(super) const UNKNOWN_MEDIA: &str = "application/octet-stream";

/// The media types of a site's files.
pub(super) fn media_types(deployment: &Deployment) -> MediaTypes {
    let mut types = MediaTypes::default();
    for (path, entry) in &deployment.manifest.files {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let known = match extension.filter(|extension| !extension.is_empty()) {
            None => UNKNOWN_MEDIA,
            Some(extension) => types
                .by_extension
                .entry(extension.to_ascii_lowercase())
                .or_insert_with(|| entry.content_type.clone()),
        };
        if known != entry.content_type {
            types
                .exceptions
                .insert(path.clone(), entry.content_type.clone());
        }
    }
    types
}

/// Refuses files that servers, which go by extensions, would give another type.
pub(super) fn check_media_types(deployment: &Deployment, problems: &mut Problems<'_>) {
    let title = problems.edge.title;
    for (path, kind) in media_types(deployment).exceptions {
        problems.cannot(
            None,
            format!("`{path}` is `{kind}`, unlike others of its extension, by which {title} goes"),
            "give the file another extension",
        );
    }
}
