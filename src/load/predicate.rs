//! Predicates: parsing, and what can be said of them without a visitor.

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{
        fields::{Fields, texts, wrong_type},
        report::Report,
        yaml::{Entry, Node, Value},
    },
    model::{Device, Match, Predicate, Signal},
};

/// Every key that a predicate may have.
const KEYS: [&str; 11] = [
    "all",
    "any",
    "not",
    "cookie",
    "signed-cookie",
    "query",
    "country",
    "language",
    "device",
    "referrer",
    "time",
];

/// Reads a predicate. `None` if it cannot be understood, which is reported.
pub(super) fn read(node: &Node, report: &mut Report) -> Option<Predicate> {
    let entries = match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries,
        _ => {
            report.push(
                wrong_type(node, "when", "a map of signals")
                    .hint("write for example `{ country: [DE, AT] }`"),
            );
            return None;
        }
    };
    let mut parts: Vec<Option<Predicate>> = entries
        .iter()
        .map(|entry| read_entry(entry, report))
        .collect();
    if parts.len() == 1 {
        return parts.pop().flatten();
    }
    parts.into_iter().collect::<Option<_>>().map(Predicate::All)
}

fn read_entry(entry: &Entry, report: &mut Report) -> Option<Predicate> {
    let node = &entry.value;
    match &*entry.key {
        "all" => read_list(node, "all", report).map(Predicate::All),
        "any" => read_list(node, "any", report).map(Predicate::Any),
        "not" => read(node, report).map(|inner| Predicate::Not(Box::new(inner))),
        key => read_signal(key, entry, report).map(Predicate::Signal),
    }
}

fn read_list(node: &Node, name: &str, report: &mut Report) -> Option<Vec<Predicate>> {
    let Value::List(items) = &node.value else {
        report.push(wrong_type(node, name, "a list of predicates"));
        return None;
    };
    let read: Vec<Option<Predicate>> = items.iter().map(|item| read(item, report)).collect();
    read.into_iter().collect()
}

fn read_signal(key: &str, entry: &Entry, report: &mut Report) -> Option<Signal> {
    let node = &entry.value;
    match key {
        "cookie" => {
            let (name, _, value) = read_named(node, "the signal `cookie`", false, report)?;
            Some(Signal::Cookie { name, value })
        }
        "query" => {
            let (name, _, value) = read_named(node, "the signal `query`", false, report)?;
            Some(Signal::Query { name, value })
        }
        "signed-cookie" => {
            let (name, field, value) =
                read_named(node, "the signal `signed-cookie`", true, report)?;
            Some(Signal::SignedCookie { name, field, value })
        }
        "country" => read_words(node, "country", report, |word| {
            let is_code = word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
            is_code.then(|| word.to_ascii_uppercase())
        })
        .map(Signal::Country),
        "language" => read_words(node, "language", report, |word| {
            let is_tag =
                !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            is_tag.then(|| word.to_ascii_lowercase())
        })
        .map(Signal::Language),
        "referrer" => read_words(node, "referrer", report, |word| {
            let is_host = !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
            is_host.then(|| word.to_ascii_lowercase())
        })
        .map(Signal::Referrer),
        "device" => read_words(node, "device", report, |word| match word {
            "phone" => Some(Device::Phone),
            "tablet" => Some(Device::Tablet),
            "desktop" => Some(Device::Desktop),
            _ => None,
        })
        .map(Signal::Device),
        "time" => read_time(node, report),
        _ => {
            report.push(
                Diagnostic::new(
                    Code::UnknownSignal,
                    entry.key_span,
                    format!("no edge can see the signal `{key}`"),
                )
                .label("unknown signal")
                .did_you_mean(key, KEYS),
            );
            None
        }
    }
}

/// `{ name: …, is: … }`: name, field (empty but for signed cookies), and value.
fn read_named(
    node: &Node,
    what: &'static str,
    has_field: bool,
    report: &mut Report,
) -> Option<(String, String, Match)> {
    let mut fields = Fields::new(node, what, report)?;
    let name = required_name(&mut fields, "name", report);
    let field = if has_field {
        required_name(&mut fields, "field", report)
    } else {
        Some(String::new())
    };
    let value = read_match(&mut fields, report);
    fields.finish(report);
    Some((name?, field?, value?))
}

/// The name of a cookie, query parameter or field: safe in every edge's language.
pub(super) fn required_name(
    fields: &mut Fields<'_>,
    key: &'static str,
    report: &mut Report,
) -> Option<String> {
    let name = fields.required(key, report)?;
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if !is_name {
        let span = fields.take(key).map_or(fields.span, |node| node.span);
        report.push(
            Diagnostic::new(Code::BadId, span, format!("`{name}` cannot be a name here"))
                .label("names are of letters, digits, `_`, `-` and `.`"),
        );
    }
    is_name.then_some(name)
}

fn read_match(fields: &mut Fields<'_>, report: &mut Report) -> Option<Match> {
    let is = fields.text("is", report).map(|value| vec![value]);
    let one_of = fields.texts("in", report);
    let present = fields.boolean("present", report);
    match (is, one_of, present) {
        (Some(values), None, None) | (None, Some(values), None) => Some(Match::OneOf(values)),
        (None, None, Some(true)) => Some(Match::Present),
        (None, None, None) => {
            fields.missing("is", report);
            None
        }
        _ => {
            report.push(
                Diagnostic::new(
                    Code::WrongType,
                    fields.span,
                    "a signal is tested with exactly one of `is`, `in` and `present: true`",
                )
                .hint("for the opposite, write `not: { … present: true }`"),
            );
            None
        }
    }
}

fn read_words<T>(
    node: &Node,
    name: &str,
    report: &mut Report,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let expected = match name {
        "country" => "a country code such as `DE`, or a list of such",
        "language" => "a language tag such as `de`, or a list of such",
        "referrer" => "a host such as `instagram.com`, or a list of such",
        _ => "`phone`, `tablet` or `desktop`, or a list of such",
    };
    let words = texts(node, name, report);
    let parsed: Option<Vec<T>> = words.iter().map(|word| parse(word)).collect();
    if parsed.is_none() {
        report.push(wrong_type(node, name, expected));
    }
    parsed
}

fn read_time(node: &Node, report: &mut Report) -> Option<Signal> {
    let mut fields = Fields::new(node, "the signal `time`", report)?;
    let errors = report.diagnostics.len();
    let from = fields.date("from", report).map(jiff::Timestamp::as_second);
    let until = fields.date("until", report).map(jiff::Timestamp::as_second);
    if from.is_none() && until.is_none() && report.diagnostics.len() == errors {
        fields.missing("from", report);
    }
    let is_understood = report.diagnostics.len() == errors;
    fields.finish(report);
    is_understood.then_some(Signal::Time { from, until })
}

/// Whether a predicate holds for every visitor.
pub(super) fn always_holds(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::All(list) => list.iter().all(always_holds),
        Predicate::Any(list) => list.iter().any(always_holds),
        Predicate::Not(inner) => contradiction(inner).is_some(),
        Predicate::Signal(_) => false,
    }
}

/// Why a predicate holds for no visitor. `None` if one may exist.
pub(super) fn contradiction(predicate: &Predicate) -> Option<String> {
    match predicate {
        Predicate::All(_) => {
            let mut parts = Vec::new();
            flatten(predicate, &mut parts);
            parts
                .iter()
                .find_map(|part| contradiction(part))
                .or_else(|| {
                    parts.iter().enumerate().find_map(|(place, a)| {
                        parts[place + 1..].iter().find_map(|b| conflict(a, b))
                    })
                })
        }
        Predicate::Any(list) => list
            .iter()
            .all(|part| contradiction(part).is_some())
            .then(|| "none of its alternatives can hold".to_owned()),
        Predicate::Not(inner) => {
            always_holds(inner).then(|| "it denies what always holds".to_owned())
        }
        Predicate::Signal(signal) => match signal {
            Signal::Time {
                from: Some(from),
                until: Some(until),
            } if from >= until => Some("the time ends before it begins".to_owned()),
            Signal::Cookie { value, .. }
            | Signal::SignedCookie { value, .. }
            | Signal::Query { value, .. }
                if *value == Match::OneOf(Vec::new()) =>
            {
                Some("its list of values is empty".to_owned())
            }
            Signal::Country(list) | Signal::Language(list) | Signal::Referrer(list)
                if list.is_empty() =>
            {
                Some("its list of values is empty".to_owned())
            }
            Signal::Device(list) if list.is_empty() => {
                Some("its list of values is empty".to_owned())
            }
            _ => None,
        },
    }
}

fn flatten<'a>(predicate: &'a Predicate, parts: &mut Vec<&'a Predicate>) {
    match predicate {
        Predicate::All(list) => list.iter().for_each(|part| flatten(part, parts)),
        part => parts.push(part),
    }
}

/// Why two predicates cannot hold together.
fn conflict(a: &Predicate, b: &Predicate) -> Option<String> {
    match (a, b) {
        (Predicate::Signal(a), Predicate::Signal(b)) => signal_conflict(a, b),
        (Predicate::Not(inner), other) | (other, Predicate::Not(inner)) => {
            implies(other, inner).then(|| "it asks for something and for its opposite".to_owned())
        }
        _ => None,
    }
}

/// A signal with a value of its own name: what it is, its name and field, and the value.
fn named(signal: &Signal) -> Option<(&'static str, &str, &str, &Match)> {
    match signal {
        Signal::Cookie { name, value } => Some(("cookie", name, "", value)),
        Signal::Query { name, value } => Some(("query parameter", name, "", value)),
        Signal::SignedCookie { name, field, value } => Some(("signed cookie", name, field, value)),
        _ => None,
    }
}

fn signal_conflict(a: &Signal, b: &Signal) -> Option<String> {
    let differs = |what: String| Some(format!("{what} cannot have two values at once"));
    if let (Some((kind, name, field, first)), Some((kind_b, name_b, field_b, second))) =
        (named(a), named(b))
    {
        let is_same = (kind, name, field) == (kind_b, name_b, field_b);
        return match (first, second) {
            (Match::OneOf(first), Match::OneOf(second))
                if is_same && is_disjoint(first, second) =>
            {
                differs(format!("the {kind} `{name}`"))
            }
            _ => None,
        };
    }
    match (a, b) {
        (Signal::Country(a), Signal::Country(b)) if is_disjoint(a, b) => {
            differs("the country".to_owned())
        }
        (Signal::Language(a), Signal::Language(b))
            if are_apart(a, b, |short, long| {
                long.strip_prefix(short)
                    .is_some_and(|rest| rest.starts_with('-'))
            }) =>
        {
            differs("the language".to_owned())
        }
        (Signal::Referrer(a), Signal::Referrer(b))
            if are_apart(a, b, |short, long| {
                long.strip_suffix(short)
                    .is_some_and(|rest| rest.ends_with('.'))
            }) =>
        {
            differs("the referrer".to_owned())
        }
        (Signal::Device(a), Signal::Device(b)) if !a.iter().any(|device| b.contains(device)) => {
            differs("the device".to_owned())
        }
        (
            Signal::Time { from, until },
            Signal::Time {
                from: other_from,
                until: other_until,
            },
        ) => {
            let ends_first = |until: &Option<i64>, from: &Option<i64>| matches!((until, from), (Some(until), Some(from)) if until <= from);
            (ends_first(until, other_from) || ends_first(other_until, from))
                .then(|| "the two times do not overlap".to_owned())
        }
        _ => None,
    }
}

fn is_disjoint(a: &[String], b: &[String]) -> bool {
    !a.iter().any(|value| b.contains(value))
}

/// Whether no value of one list is one of the other, or within one of it.
fn are_apart(a: &[String], b: &[String], is_within: impl Fn(&str, &str) -> bool) -> bool {
    !a.iter().any(|one| {
        b.iter()
            .any(|other| one == other || is_within(one, other) || is_within(other, one))
    })
}

/// Whether every visitor for whom `a` holds is one for whom `b` holds. May miss some cases,
/// never claims too much.
pub(super) fn implies(a: &Predicate, b: &Predicate) -> bool {
    if a == b || always_holds(b) || contradiction(a).is_some() {
        return true;
    }
    match (a, b) {
        (_, Predicate::All(list)) => list.iter().all(|part| implies(a, part)),
        (Predicate::Any(list), _) => list.iter().all(|part| implies(part, b)),
        (_, Predicate::Any(list)) if list.iter().any(|part| implies(a, part)) => true,
        (Predicate::All(list), _) => list.iter().any(|part| implies(part, b)),
        (Predicate::Not(a), Predicate::Not(b)) => implies(b, a),
        (Predicate::Signal(a), Predicate::Signal(b)) => signal_implies(a, b),
        _ => false,
    }
}

fn signal_implies(a: &Signal, b: &Signal) -> bool {
    let is_subset = |a: &[String], b: &[String]| a.iter().all(|value| b.contains(value));
    if let (Some((kind, name, field, less)), Some((kind_b, name_b, field_b, more))) =
        (named(a), named(b))
    {
        return (kind, name, field) == (kind_b, name_b, field_b)
            && match (less, more) {
                (_, Match::Present) => true,
                (Match::OneOf(less), Match::OneOf(more)) => is_subset(less, more),
                (Match::Present, Match::OneOf(_)) => false,
            };
    }
    match (a, b) {
        (Signal::Country(a), Signal::Country(b))
        | (Signal::Language(a), Signal::Language(b))
        | (Signal::Referrer(a), Signal::Referrer(b)) => is_subset(a, b),
        (Signal::Device(a), Signal::Device(b)) => a.iter().all(|device| b.contains(device)),
        (
            Signal::Time { from, until },
            Signal::Time {
                from: outer_from,
                until: outer_until,
            },
        ) => {
            let begins_later =
                outer_from.is_none_or(|outer| from.is_some_and(|from| from >= outer));
            let ends_earlier =
                outer_until.is_none_or(|outer| until.is_some_and(|until| until <= outer));
            begins_later && ends_earlier
        }
        (
            Signal::Bucket { slice, from, until },
            Signal::Bucket {
                slice: outer_slice,
                from: outer_from,
                until: outer_until,
            },
        ) => slice == outer_slice && from >= outer_from && until <= outer_until,
        _ => false,
    }
}

/// Whether a predicate can hold only for visitors with a valid signature.
pub(super) fn needs_signature(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::All(list) => list.iter().any(needs_signature),
        Predicate::Any(list) => !list.is_empty() && list.iter().all(needs_signature),
        Predicate::Not(_) => false,
        Predicate::Signal(signal) => matches!(signal, Signal::SignedCookie { .. }),
    }
}
