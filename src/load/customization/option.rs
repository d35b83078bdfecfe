//! One option and its choices.

use std::collections::{BTreeSet, HashSet};

use serde_json::Map;

use super::{Sources, condition::Test, is_empty, list, quantity::Quantity, range, unknown};
use crate::{
    constraints::{Comparison, Expression, Rule, Sum, Term},
    diagnostic::{Code, Diagnostic, Span},
    load::{
        catalog::price,
        condition,
        fields::{self, Fields, wrong_type},
        report::{self, Context, Origin, Report, humanize},
        yaml::{self, Node, Value},
    },
    model::{
        BySegment, Choice, Constraint, CustomOption, Customization, ImageOption, Money, NONE,
        OptionKind, TextOption,
    },
};

/// Names that mean something else in conditions, links and scripts.
const RESERVED: [&str; 6] = ["all", "any", "not", "design", "quantity", "constructor"];

/// The largest picture that is taken, in bytes, if the option does not say.
const LARGEST_IMAGE: u64 = 8_000_000;

/// What browsers show.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/svg+xml"];

/// Reads an option, and what it demands by itself. `before` has those that stand above it.
pub(super) fn read(
    node: &Node,
    before: &Customization,
    sources: &Sources<'_>,
    report: &mut Report,
) -> Option<(CustomOption, Vec<Constraint>)> {
    let mut fields = Fields::new(node, "an option", report)?;
    let id = fields.required("id", report)?;
    let span = fields.take("id").map_or(node.span, |node| node.span);
    if !report::is_id(&id) {
        report.push(report::bad_id(&id, span));
        return None;
    }
    if RESERVED.contains(&&*id) {
        report.push(
            Diagnostic::new(Code::BadId, span, format!("`{id}` cannot be an option"))
                .label("has a meaning in conditions or links")
                .hint(format!("write `the-{id}`, or another word")),
        );
        return None;
    }
    let title = fields.text("title", report);
    let title = title.unwrap_or_else(|| humanize(&id));
    let help = fields.text("help", report).unwrap_or_default();
    let variables = before.options.iter().map(CustomOption::variables);
    let variable = variables.sum::<usize>() as u16;
    let data = fields.data("data", report);
    let kinds = ["choices", "text", "image"];
    let given: Vec<&str> = kinds
        .into_iter()
        .filter(|kind| fields.take(kind).is_some())
        .collect();
    let (kind, implied) = match given[..] {
        ["choices"] => choosing(&mut fields, sources, report),
        ["text"] => text(&mut fields, sources.context, report),
        ["image"] => image(&mut fields, sources.context, report),
        _ => {
            report.push(
                Diagnostic::new(
                    Code::MissingField,
                    span,
                    format!("the option `{id}` needs one of `choices`, `text` and `image`"),
                )
                .hint("add a line `choices: …`"),
            );
            None
        }
    }?;
    fields.finish(report);
    let option = CustomOption {
        id,
        title,
        help,
        kind,
        variable,
        data,
        span,
    };
    let implied = implied.iter().map(|implied| Constraint {
        title: option.title.clone(),
        rule: implied.rule(&option),
        span,
    });
    let implied = implied.collect();
    Some((option, implied))
}

/// What an option demands without a constraint.
enum Implied {
    /// That something is given.
    Given,
    /// How many are chosen.
    Count(Comparison, usize),
}

impl Implied {
    fn rule(&self, option: &CustomOption) -> Rule {
        match self {
            Self::Given => Rule::Expression(Expression::In(option.variable, vec![1])),
            Self::Count(comparison, bound) => {
                let terms = (0..option.variables() as u16).map(|nth| Term {
                    variable: option.variable + nth,
                    weights: vec![0, 1],
                });
                Rule::Sum(Sum {
                    terms: terms.collect(),
                    comparison: *comparison,
                    bound: *bound as i64,
                })
            }
        }
    }
}

type Kind = Option<(OptionKind, Vec<Implied>)>;

fn choosing(fields: &mut Fields<'_>, sources: &Sources<'_>, report: &mut Report) -> Kind {
    let node = fields.take("choices")?;
    let mut choices = sourced(node, sources, report)?;
    let default = fields.take("default");
    let optional = fields.take("optional");
    let count = fields.take("choose");
    if choices.is_empty() {
        // Choices that are wrong were reported by themselves.
        if is_empty(node) || matches!(node.value, Value::Map(_)) {
            report.push(wrong_type(node, "choices", "a list of at least one choice"));
        }
        return None;
    }
    if let Some(count) = count {
        for (name, node) in [("default", default), ("optional", optional)] {
            if let Some(node) = node {
                report.push(
                    Diagnostic::new(
                        Code::WrongType,
                        node.span,
                        format!("an option with `choose` has no `{name}`"),
                    )
                    .hint("remove one of them; `choose: { least: 0, most: 3 }` allows none"),
                );
            }
        }
        let (least, most) = range(count, "choose", report)?;
        let (least, most) = (least as usize, (most as usize).min(choices.len()));
        if least > choices.len() {
            report.push(
                Diagnostic::new(
                    Code::NoValidDesign,
                    count.span,
                    format!("{least} are to be chosen of {}", choices.len()),
                )
                .hint("offer more choices, or ask for fewer"),
            );
            return None;
        }
        let implied = if least == most {
            vec![Implied::Count(Comparison::Equal, least)]
        } else {
            vec![
                Implied::Count(Comparison::AtLeast, least),
                Implied::Count(Comparison::AtMost, most),
            ]
        };
        let kind = OptionKind::Several {
            choices,
            least,
            most,
        };
        return Some((kind, implied));
    }
    if let Some(node) = optional {
        let title = match node.text() {
            Some("true") => Some("None".to_owned()),
            Some("false") => None,
            Some(title) => Some(title.to_owned()),
            None => {
                report.push(wrong_type(
                    node,
                    "optional",
                    "`true`, or how nothing is called",
                ));
                None
            }
        };
        if let Some(title) = title {
            let nothing = Choice {
                id: NONE.to_owned(),
                title,
                price: BySegment::constant(zero(sources.context)),
                only: Vec::new(),
                attributes: Map::new(),
                span: node.span,
            };
            choices.insert(0, nothing);
        }
    }
    let is_optional = choices[0].id == NONE;
    let default = match default {
        None => is_optional.then_some(0),
        Some(node) => {
            let id = fields::text(node, "default", report)?;
            let place = find(&choices, id, node.span, report)?;
            if !choices[place].only.is_empty() {
                report.push(
                    Diagnostic::new(
                        Code::WrongType,
                        node.span,
                        format!("the default `{id}` is not for everyone"),
                    )
                    .hint("choose one without `for`"),
                );
            }
            Some(place)
        }
    };
    Some((OptionKind::One { choices, default }, Vec::new()))
}

fn zero(context: Context<'_>) -> Money {
    Money {
        minor: 0,
        currency: context.currency,
    }
}

/// The place of a choice.
pub(super) fn find(choices: &[Choice], id: &str, span: Span, report: &mut Report) -> Option<usize> {
    let place = choices.iter().position(|choice| choice.id == id);
    if place.is_none() {
        let message = format!("there is no choice `{id}`");
        let known = choices.iter().map(|choice| &*choice.id);
        report.push(unknown(Code::UnknownChoice, span, message, id, known));
    }
    place
}

/// Choices in a list, or from elsewhere.
fn sourced(node: &Node, sources: &Sources<'_>, report: &mut Report) -> Option<Vec<Choice>> {
    if !matches!(node.value, Value::Map(_)) {
        return Some(choices(node, sources.context, report));
    }
    let mut fields = Fields::new(node, "`choices`", report)?;
    let set = fields.take("set");
    let from = fields.take("from");
    let filter = fields.take("where");
    let only = fields.take("only");
    let except = fields.take("except");
    let price = fields.take("price");
    let mut found = match (set, from) {
        (Some(node), None) => {
            let id = fields::text(node, "set", report)?;
            let set = sources.sets.get(id);
            if set.is_none() {
                let message = format!("there is no set of choices `{id}`");
                let known = sources.sets.keys().map(String::as_str);
                report.push(
                    unknown(Code::UnknownChoice, node.span, message, id, known)
                        .label("no file in content/catalog/options/ has it"),
                );
            }
            set.cloned()
        }
        (None, Some(node)) => queried(node, sources, report),
        _ => {
            report.push(
                wrong_type(node, "choices", "a list, or from one place")
                    .hint("write `choices: { set: … }` or `choices: { from: { collection: … } }`"),
            );
            None
        }
    }?;
    fields.finish(report);
    if let Some(node) = filter {
        let Value::Map(entries) = &node.value else {
            report.push(wrong_type(node, "where", "a map of attributes"));
            return None;
        };
        for entry in entries {
            let test = Test::read(&entry.value, report)?;
            let is_known = |choice: &Choice| choice.attributes.contains_key(&entry.key);
            if !found.iter().any(is_known) {
                let known: BTreeSet<&str> = found
                    .iter()
                    .flat_map(|choice| choice.attributes.keys().map(String::as_str))
                    .collect();
                let message = format!("no choice has a `{}`", entry.key);
                report.push(unknown(
                    Code::UnknownAttribute,
                    entry.key_span,
                    message,
                    &entry.key,
                    known,
                ));
                return None;
            }
            found.retain(|choice| test.holds(choice, &entry.key));
        }
    }
    for (node, keeps) in [(only, true), (except, false)] {
        let Some(node) = node else { continue };
        let name = if keeps { "only" } else { "except" };
        let mut named = HashSet::new();
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(node),
        };
        for item in items {
            if let Some(id) = fields::text(item, name, report)
                && find(&found, id, item.span, report).is_some()
            {
                named.insert(id.to_owned());
            }
        }
        found.retain(|choice| named.contains(&choice.id) == keeps);
    }
    if let Some(node) = price
        && let Some(price) = price::read_change(node, "price", sources.context.currency, report)
    {
        for choice in &mut found {
            choice.price = BySegment::constant(price);
        }
    }
    Some(found)
}

/// `from: { collection: … }` or `from: { list: … }`.
fn queried(node: &Node, sources: &Sources<'_>, report: &mut Report) -> Option<Vec<Choice>> {
    let mut fields = Fields::new(node, "`from`", report)?;
    let (collection, list) = (fields.take("collection"), fields.take("list"));
    fields.finish(report);
    let catalog = sources.catalog;
    match (collection, list) {
        (Some(node), None) => {
            let id = fields::text(node, "collection", report)?;
            let Some(collection) = catalog.collection(id) else {
                let message = format!("the catalog has no collection `{id}`");
                let known = catalog.collections.iter().map(|it| &*it.id);
                report.push(unknown(
                    Code::UnknownCollection,
                    node.span,
                    message,
                    id,
                    known,
                ));
                return None;
            };
            let products = collection.members.default.iter();
            let choices = products.map(|place| {
                let product = &catalog.products[*place as usize];
                let mut attributes = product.data.clone();
                for (name, value) in [("vendor", &product.vendor), ("kind", &product.kind)] {
                    if let Some(value) = value {
                        attributes.insert(name.to_owned(), value.as_str().into());
                    }
                }
                Choice {
                    id: product.id.clone(),
                    title: product.title.clone(),
                    price: product.prices.as_ref().map_or_else(
                        || BySegment::constant(zero(sources.context)),
                        |prices| prices.price.clone(),
                    ),
                    only: Vec::new(),
                    attributes,
                    span: node.span,
                }
            });
            Some(choices.collect())
        }
        (None, Some(node)) => {
            let id = fields::text(node, "list", report)?;
            let Some(list) = catalog.list(id) else {
                let message = format!("the catalog has no list `{id}`");
                let known = catalog.lists.iter().map(|it| &*it.id);
                report.push(unknown(Code::UnknownList, node.span, message, id, known));
                return None;
            };
            let choices = list.items.iter().map(|item| {
                let mut attributes = item.data.clone();
                for name in ["id", "title"] {
                    attributes.remove(name);
                }
                let price = attributes
                    .remove("price")
                    .map_or(Ok(zero(sources.context)), |it| {
                        let text = it.as_str().map_or_else(|| it.to_string(), str::to_owned);
                        Money::parse(&text, sources.context.currency)
                    });
                let price = price.unwrap_or_else(|message| {
                    report.push(
                        Diagnostic::new(Code::BadPrice, item.span, message)
                            .label("the `price` of this item"),
                    );
                    zero(sources.context)
                });
                Choice {
                    id: item.id.clone(),
                    title: item.title.clone(),
                    price: BySegment::constant(price),
                    only: Vec::new(),
                    attributes,
                    span: node.span,
                }
            });
            Some(choices.collect())
        }
        _ => {
            report.push(
                wrong_type(node, "from", "one place to take choices from")
                    .hint("write `from: { collection: … }` or `from: { list: … }`"),
            );
            None
        }
    }
}

/// Reads a list of choices.
pub(super) fn choices(node: &Node, context: Context<'_>, report: &mut Report) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    let mut ids = HashSet::new();
    for node in list(node, "choices", report) {
        let Some(choice) = choice(node, context, report) else {
            continue;
        };
        if ids.insert(choice.id.clone()) {
            choices.push(choice);
        } else {
            report.push(
                Diagnostic::new(
                    Code::DuplicateChoice,
                    choice.span,
                    format!("the option has two choices `{}`", choice.id),
                )
                .label("the second one")
                .hint("give each choice an `id` of its own"),
            );
        }
    }
    choices
}

fn choice(node: &Node, context: Context<'_>, report: &mut Report) -> Option<Choice> {
    let mut fields = Fields::new(node, "a choice", report)?;
    let id = fields.required("id", report)?;
    let span = fields.take("id").map_or(node.span, |node| node.span);
    if !report::is_id(&id) || id == NONE {
        report.push(if id == NONE {
            Diagnostic::new(Code::BadId, span, "`none` is the choice of nothing")
                .hint("write `optional: true` at the option, or use another id")
        } else {
            report::bad_id(&id, span)
        });
        return None;
    }
    let title = fields.text("title", report);
    let price = price::read_changes(&mut fields, ["price", "prices"], context, report);
    let only = fields.take("for").and_then(|node| {
        let text = fields::text(node, "for", report)?;
        let mut only = condition::parse(text, node.origin(), context.facets, report)?;
        condition::widen([&mut only], context.facets);
        Some(only)
    });
    Some(Choice {
        title: title.unwrap_or_else(|| humanize(&id)),
        id,
        price,
        only: only.unwrap_or_default(),
        attributes: fields
            .rest()
            .map(|entry| (entry.key.clone(), entry.value.to_json()))
            .collect(),
        span,
    })
}

fn text(fields: &mut Fields<'_>, context: Context<'_>, report: &mut Report) -> Kind {
    let node = fields.take("text")?;
    let is_required = fields.boolean("required", report).unwrap_or(false);
    let mut text = Fields::new(node, "`text`", report)?;
    let longest = text.count("longest", report);
    if text.take("longest").is_none() {
        text.missing("longest", report);
    }
    let characters = text.take("characters");
    let lines = text.count("lines", report).unwrap_or(1);
    let price = price::read_changes(&mut text, ["price", "prices"], context, report);
    let price_each = price::read_changes(&mut text, ["price-each", "prices-each"], context, report);
    text.finish(report);
    let characters = characters.and_then(|node| {
        let characters = fields::text(node, "characters", report)?;
        check_characters(characters, node.origin(), report);
        Some(characters.to_owned())
    });
    let option = TextOption {
        longest: u32::try_from(longest?).unwrap_or(u32::MAX),
        characters: characters.unwrap_or_default(),
        lines: u32::try_from(lines).unwrap_or(u32::MAX),
        price,
        price_each,
    };
    let implied = is_required.then_some(Implied::Given).into_iter().collect();
    Some((OptionKind::Text(option), implied))
}

/// Reports a range of characters that runs backward.
fn check_characters(characters: &str, origin: Origin, report: &mut Report) {
    let all: Vec<(usize, char)> = characters.char_indices().collect();
    for range in all.windows(3) {
        let [(start, from), (_, '-'), (at, to)] = *range else {
            continue;
        };
        if from > to {
            report.push(
                Diagnostic::new(
                    Code::WrongType,
                    origin.span(start..at + to.len_utf8()),
                    format!("the characters `{from}-{to}` run backward"),
                )
                .hint(format!(
                    "write `{to}-{from}`; a hyphen itself stands first or last"
                )),
            );
        }
    }
}

fn image(fields: &mut Fields<'_>, context: Context<'_>, report: &mut Report) -> Kind {
    let node = fields.take("image")?;
    let is_required = fields.boolean("required", report).unwrap_or(false);
    let mut image = Fields::new(node, "`image`", report)?;
    let types = image.take("types");
    let largest = image.take("largest");
    let price = price::read_changes(&mut image, ["price", "prices"], context, report);
    image.finish(report);
    let types = types.map_or_else(
        || IMAGE_TYPES.map(str::to_owned).to_vec(),
        |node| {
            let items = match &node.value {
                yaml::Value::List(items) => items.as_slice(),
                yaml::Value::Scalar(_) | yaml::Value::Map(_) => std::slice::from_ref(node),
            };
            let read = |item: &Node| {
                let name = fields::text(item, "types", report)?;
                if IMAGE_TYPES.contains(&name) {
                    return Some(name.to_owned());
                }
                report.push(
                    Diagnostic::new(
                        Code::UnknownFormat,
                        item.span,
                        format!("`{name}` is no type of picture that browsers show"),
                    )
                    .did_you_mean(name, IMAGE_TYPES),
                );
                None
            };
            items.iter().filter_map(read).collect()
        },
    );
    let largest = largest.map_or(Some(LARGEST_IMAGE), |node| {
        let size = node.text().and_then(Quantity::parse).and_then(|size| {
            let bytes = match &*size.unit {
                "" | "B" => 1,
                "kB" => 1_000,
                // `MB` are thousandths of the unit in which they are compared.
                "GB" => 1_000_000_000,
                _ => return None,
            };
            u64::try_from(size.number.checked_mul(bytes.into())?.trunc()).ok()
        });
        if size.is_none_or(|size| size == 0) {
            report.push(wrong_type(node, "largest", "a size such as `4 MB`"));
        }
        size
    })?;
    let option = ImageOption {
        types,
        largest,
        price,
    };
    let implied = is_required.then_some(Implied::Given).into_iter().collect();
    Some((OptionKind::Image(option), implied))
}
