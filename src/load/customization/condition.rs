//! Conditions on choices: `{ cuffs: french, collar: [club, band] }`.

use serde_json::Value as Json;

use super::{list, option, quantity::Quantity, unknown};
use crate::{
    constraints::Expression,
    diagnostic::{Code, Diagnostic, Span},
    load::{
        fields::{self, Fields, wrong_type},
        report::Report,
        yaml::{Entry, Node, Value},
    },
    model::{Choice, CustomOption, NONE, OptionKind},
};

/// Reads a condition: a map of which all must hold, or a list of which one must.
pub(super) fn read(
    node: &Node,
    options: &[CustomOption],
    report: &mut Report,
) -> Option<Expression> {
    match &node.value {
        Value::Map(entries) => {
            let parts: Vec<_> = entries
                .iter()
                .map(|entry| read_entry(entry, options, report))
                .collect();
            let parts: Option<Vec<Expression>> = parts.into_iter().collect();
            parts.map(Expression::All)
        }
        Value::List(_) => any(node, options, report).map(Expression::Any),
        Value::Scalar(_) => {
            report.push(
                wrong_type(node, "a condition", "a map of options and choices")
                    .hint("write `{ option: choice }`"),
            );
            None
        }
    }
}

fn any(node: &Node, options: &[CustomOption], report: &mut Report) -> Option<Vec<Expression>> {
    let parts: Vec<_> = list(node, "any", report)
        .iter()
        .map(|node| read(node, options, report))
        .collect();
    parts.into_iter().collect()
}

fn read_entry(entry: &Entry, options: &[CustomOption], report: &mut Report) -> Option<Expression> {
    let node = &entry.value;
    match &*entry.key {
        "not" => Some(Expression::Not(Box::new(read(node, options, report)?))),
        "any" => any(node, options, report).map(Expression::Any),
        "all" => any(node, options, report).map(Expression::All),
        key => {
            let (id, attribute) = match key.split_once('.') {
                Some((id, attribute)) => (id, Some(attribute)),
                None => (key, None),
            };
            let option = find(options, id, entry.key_span, report)?;
            match attribute {
                None => is_chosen(option, node, report),
                Some(name) => has_attribute(option, name, entry.key_span, node, report),
            }
        }
    }
}

/// The option with an id.
pub(super) fn find<'a>(
    options: &'a [CustomOption],
    id: &str,
    span: Span,
    report: &mut Report,
) -> Option<&'a CustomOption> {
    let option = options.iter().find(|option| option.id == id);
    if option.is_none() {
        let message = format!("the product has no option `{id}`");
        let known = options.iter().map(|option| &*option.id);
        report.push(unknown(Code::UnknownOption, span, message, id, known));
    }
    option
}

/// The names that a scalar or a list of them has.
fn names<'a>(node: &'a Node, report: &mut Report) -> Vec<(&'a str, Span)> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(node),
    };
    let read = |item: &'a Node| Some((fields::text(item, "a choice", report)?, item.span));
    items.iter().filter_map(read).collect()
}

fn is_chosen(option: &CustomOption, node: &Node, report: &mut Report) -> Option<Expression> {
    let names = names(node, report);
    let places: Vec<Option<u16>> = names
        .iter()
        .map(|(name, span)| match &option.kind {
            OptionKind::One { choices, .. } | OptionKind::Several { choices, .. } => {
                option::find(choices, name, *span, report).map(|place| place as u16)
            }
            OptionKind::Text(_) | OptionKind::Image(_) => match *name {
                NONE => Some(0),
                "given" => Some(1),
                _ => {
                    report.push(
                        Diagnostic::new(
                            Code::UnknownChoice,
                            *span,
                            format!("`{}` is `given` or `none`, not `{name}`", option.id),
                        )
                        .did_you_mean(name, ["given", NONE]),
                    );
                    None
                }
            },
        })
        .collect();
    let places: Vec<u16> = places.into_iter().collect::<Option<_>>()?;
    (!places.is_empty()).then(|| chosen(option, places))
}

/// Holds if one of these is chosen.
pub(super) fn chosen(option: &CustomOption, places: Vec<u16>) -> Expression {
    match option.kind {
        OptionKind::Several { .. } => Expression::Any(
            places
                .into_iter()
                .map(|place| Expression::In(option.variable + place, vec![1]))
                .collect(),
        ),
        OptionKind::One { .. } | OptionKind::Text(_) | OptionKind::Image(_) => {
            Expression::In(option.variable, places)
        }
    }
}

fn has_attribute(
    option: &CustomOption,
    name: &str,
    span: Span,
    node: &Node,
    report: &mut Report,
) -> Option<Expression> {
    if !is_attribute(option, name, span, report) {
        return None;
    }
    let test = Test::read(node, report)?;
    let places = matching(option, |choice| test.holds(choice, name));
    if places.is_empty() {
        report.push(
            Diagnostic::new(
                Code::UnknownAttribute,
                node.span,
                format!("no choice of `{}` has such a `{name}`", option.id),
            )
            .did_you_mean(
                node.text().unwrap_or_default(),
                option
                    .choices()
                    .iter()
                    .filter_map(|choice| choice.attributes.get(name)?.as_str())
                    .collect::<std::collections::BTreeSet<_>>(),
            ),
        );
        return None;
    }
    Some(chosen(option, places))
}

/// What an attribute must be.
pub(super) enum Test {
    /// One of these texts, or a list with one of them.
    Is(Vec<String>),
    /// A number from the first to the second, in their unit.
    Within(Option<Quantity>, Option<Quantity>),
}

impl Test {
    /// Reads a value, a list of values, or `{ at-least: …, at-most: … }`.
    pub(super) fn read(node: &Node, report: &mut Report) -> Option<Self> {
        if matches!(node.value, Value::Map(_)) {
            let mut fields = Fields::new(node, "a comparison", report)?;
            let least = bound(&mut fields, "at-least", report)?;
            let most = bound(&mut fields, "at-most", report)?;
            fields.finish(report);
            return Some(Self::Within(least, most));
        }
        let names = names(node, report).into_iter();
        Some(Self::Is(names.map(|(name, _)| name.to_owned()).collect()))
    }

    /// Whether a choice has such an attribute.
    pub(super) fn holds(&self, choice: &Choice, name: &str) -> bool {
        let Some(value) = choice.attributes.get(name) else {
            return false;
        };
        match self {
            Self::Is(texts) => texts.iter().any(|text| is_or_has(value, text)),
            Self::Within(least, most) => Quantity::of_json(value).is_some_and(|it| {
                let is_same = |bound: &Quantity| bound.unit == it.unit;
                least
                    .as_ref()
                    .is_none_or(|b| is_same(b) && it.number >= b.number)
                    && most
                        .as_ref()
                        .is_none_or(|b| is_same(b) && it.number <= b.number)
            }),
        }
    }
}

/// The outer `None` if it cannot be understood.
#[expect(clippy::option_option, reason = "wrong, absent, or there")]
fn bound(
    fields: &mut Fields<'_>,
    name: &'static str,
    report: &mut Report,
) -> Option<Option<Quantity>> {
    let Some(node) = fields.take(name) else {
        return Some(None);
    };
    let quantity = node.text().and_then(Quantity::parse);
    if quantity.is_none() {
        report.push(wrong_type(node, name, "a number such as `65` or `65 W`"));
    }
    quantity.map(Some)
}

fn matching(option: &CustomOption, matches: impl Fn(&Choice) -> bool) -> Vec<u16> {
    let choices = (0..).zip(option.choices());
    choices
        .filter(|(_, choice)| matches(choice))
        .map(|(place, _)| place)
        .collect()
}

/// Whether a field is a text, or a list with it.
fn is_or_has(value: &Json, text: &str) -> bool {
    match value {
        Json::String(own) => own == text,
        Json::Number(number) => number.to_string() == text,
        Json::Bool(is_so) => text == if *is_so { "true" } else { "false" },
        Json::Array(items) => items.iter().any(|item| is_or_has(item, text)),
        Json::Null | Json::Object(_) => false,
    }
}

/// Whether a choice of the option has an attribute; reports it if none has.
pub(super) fn is_attribute(
    option: &CustomOption,
    name: &str,
    span: Span,
    report: &mut Report,
) -> bool {
    let is_known = option
        .choices()
        .iter()
        .any(|choice| choice.attributes.contains_key(name));
    if !is_known {
        let message = format!("no choice of `{}` has a `{name}`", option.id);
        let known: std::collections::BTreeSet<&str> = option
            .choices()
            .iter()
            .flat_map(|choice| choice.attributes.keys().map(String::as_str))
            .collect();
        report.push(unknown(Code::UnknownAttribute, span, message, name, known));
    }
    is_known
}
