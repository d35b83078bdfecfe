//! `customize:` of products, and the sets of choices in `content/catalog/options/` that they share.
//!
//! Read when all products, collections and lists are known, as choices may come from them.

mod condition;
mod constraint;
mod option;
mod quantity;
mod sum;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{
        fields::{self, Fields, wrong_type},
        report::{Context, Report},
        text,
        yaml::{self, Node, Value},
    },
    model::{Catalog, Choice, CustomOption, Customization, OptionKind, ProductCart},
    source::SourceTree,
};

const FOLDER: &str = "content/catalog/options/";

/// Totals beyond are not exact in a browser: 2^53.
const LARGEST_TOTAL: i64 = 1 << 53;

/// Most of a product that can be ordered at once, if it does not say.
const MOST: u32 = 99;

/// Where the choices of options may come from.
struct Sources<'a> {
    catalog: &'a Catalog,
    sets: BTreeMap<String, Vec<Choice>>,
    context: Context<'a>,
}

/// Reads what products said of their options, and gives it to those that are shown.
pub(super) fn resolve(
    tree: &SourceTree,
    catalog: &mut Catalog,
    context: Context<'_>,
    report: &mut Report,
) {
    let sets = read_sets(tree, context, report);
    let sources = Sources {
        catalog,
        sets,
        context,
    };
    let read: Vec<(String, Customization)> = std::mem::take(&mut report.customized)
        .into_iter()
        .filter_map(|(id, node)| Some((id, read(&node, &sources, report)?)))
        .collect();
    for (id, customization) in read {
        // Those of drafts are read for their problems only.
        if let Some(place) = catalog.find_product(&id) {
            catalog.products[place].customization = Some(Arc::new(customization));
        }
    }
}

fn read_sets(
    tree: &SourceTree,
    context: Context<'_>,
    report: &mut Report,
) -> BTreeMap<String, Vec<Choice>> {
    let mut sets = BTreeMap::new();
    for (file, source) in tree.below(FOLDER) {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        let stem = name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"));
        let Some(id) = stem else { continue };
        let decoded = text::decode(tree, file, report);
        let Some(node) = yaml::parse(&decoded.text, decoded.origin, report) else {
            continue;
        };
        let Some(mut fields) = Fields::new(&node, "a set of choices", report) else {
            continue;
        };
        fields.take("title");
        let choices = fields.take("choices");
        if choices.is_none() {
            fields.missing("choices", report);
        }
        fields.finish(report);
        let choices = choices.map(|node| option::choices(node, context, report));
        sets.insert(id.to_owned(), choices.unwrap_or_default());
    }
    sets
}

fn read(node: &Node, sources: &Sources<'_>, report: &mut Report) -> Option<Customization> {
    let mut fields = Fields::new(node, "`customize`", report)?;
    let quantity = fields
        .take("quantity")
        .map_or(Some((1, MOST)), |node| range(node, "quantity", report));
    let mut customization = Customization {
        quantity: quantity.unwrap_or((1, MOST)),
        options: Vec::new(),
        constraints: Vec::new(),
        advice: Vec::new(),
        cart: fields
            .take("cart")
            .map(|node| cart(node, report))
            .unwrap_or_default(),
        span: node.span,
    };
    let options = fields.take("options");
    if options.is_none() {
        fields.missing("options", report);
    }
    for node in options.map_or(&[][..], |node| list(node, "options", report)) {
        let Some((option, implied)) = option::read(node, &customization, sources, report) else {
            continue;
        };
        if customization.option(&option.id).is_some() {
            report.push(
                Diagnostic::new(
                    Code::DuplicateChoice,
                    option.span,
                    format!("the product has two options `{}`", option.id),
                )
                .label("the second one")
                .hint("give each option an `id` of its own"),
            );
            continue;
        }
        customization.options.push(option);
        customization.constraints.extend(implied);
    }
    let constraints = fields.take("constraints");
    let advice = fields.take("advice");
    fields.finish(report);
    if customization.options.is_empty() {
        if let Some(node) = options.filter(|node| is_empty(node)) {
            report.push(wrong_type(node, "options", "a list of at least one option"));
        }
        return None;
    }
    let read_all = |node: Option<&Node>, name, report: &mut Report| -> Vec<_> {
        let nodes = node.map_or(&[][..], |node| list(node, name, report));
        let read = |node| constraint::read(node, &customization.options, report);
        nodes.iter().filter_map(read).collect()
    };
    let constraints = read_all(constraints, "constraints", report);
    let advice = read_all(advice, "advice", report);
    customization.constraints.extend(constraints);
    customization.advice = advice;
    is_in_range(&customization, report).then_some(customization)
}

fn cart(node: &Node, report: &mut Report) -> ProductCart {
    let mut cart = ProductCart::default();
    let Some(mut fields) = Fields::new(node, "`cart`", report) else {
        return cart;
    };
    cart.variant = fields.integer("variant", report);
    let links = fields.take("links");
    fields.finish(report);
    match links.map(|node| (node, &node.value)) {
        None => {}
        Some((_, Value::Map(entries))) => {
            let read = entries.iter().filter_map(|entry| {
                let link = fields::text(&entry.value, "links", report)?;
                Some((entry.key.clone(), link.to_owned()))
            });
            cart.links = read.collect();
        }
        Some((node, _)) => report.push(wrong_type(node, "links", "a map of designs to links")),
    }
    cart
}

/// Whether totals stay where they are exact in a browser, and variables can be numbered.
fn is_in_range(customization: &Customization, report: &mut Report) -> bool {
    let variables: usize = customization
        .options
        .iter()
        .map(CustomOption::variables)
        .sum();
    let most_values = customization.options.iter().map(|it| it.choices().len());
    let is_countable =
        variables < usize::from(u16::MAX) && most_values.max() < Some(usize::from(u16::MAX));
    if !is_countable {
        report.push(
            Diagnostic::new(
                Code::CustomizerTooLarge,
                customization.span,
                format!(
                    "the options have more choices than the {} that can be numbered",
                    u16::MAX - 1
                ),
            )
            .hint("split the product in two, or offer fewer choices"),
        );
    }
    let amounts = customization.options.iter().flat_map(|option| {
        let own: Vec<i64> = match &option.kind {
            OptionKind::One { choices, .. } | OptionKind::Several { choices, .. } => {
                let all = choices.iter().flat_map(|choice| choice.price.values());
                all.map(|money| money.minor).collect()
            }
            OptionKind::Text(text) => {
                let each = text.price_each.values().map(|it| {
                    let most = it.minor.saturating_mul(i64::from(text.longest));
                    most.max(it.minor)
                });
                text.price.values().map(|it| it.minor).chain(each).collect()
            }
            OptionKind::Image(image) => image.price.values().map(|it| it.minor).collect(),
        };
        own
    });
    let total = amounts.fold(0_i64, |total, amount| {
        total.saturating_add(amount.saturating_abs())
    });
    if total >= LARGEST_TOTAL {
        report.push(
            Diagnostic::new(
                Code::BadPrice,
                customization.span,
                "the prices of the choices add up to more than can be reckoned exactly",
            )
            .hint("write prices below a trillion"),
        );
    }
    is_countable && total < LARGEST_TOTAL
}

/// Whether it is a list of nothing.
fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Value::List(items) if items.is_empty())
}

/// The items of a list.
fn list<'a>(node: &'a Node, name: &str, report: &mut Report) -> &'a [Node] {
    match &node.value {
        Value::List(items) => items,
        Value::Scalar(_) | Value::Map(_) => {
            report.push(wrong_type(node, name, "a list"));
            &[]
        }
    }
}

/// A number, or `{ least: …, most: … }`.
fn range(node: &Node, name: &str, report: &mut Report) -> Option<(u32, u32)> {
    let is_map = matches!(node.value, Value::Map(_));
    let number = |node: Option<&Node>, report: &mut Report| match node {
        None => Some(None),
        Some(node) => {
            let number = fields::integer(node, name, report)?;
            let number = u32::try_from(number).ok();
            if number.is_none() {
                report.push(wrong_type(node, name, "a whole number from 0"));
            }
            number.map(Some)
        }
    };
    let (least, most) = if is_map {
        let mut fields = Fields::new(node, "a range", report)?;
        let (least, most) = (fields.take("least"), fields.take("most"));
        fields.finish(report);
        (number(least, report)?, number(most, report)?)
    } else {
        let exactly = number(Some(node), report)?;
        (exactly, exactly)
    };
    let (least, most) = (least.unwrap_or(u32::from(name == "quantity")), most);
    let most = most.unwrap_or(if name == "quantity" { MOST } else { u32::MAX });
    if least > most || most == 0 || (name == "quantity" && least == 0) {
        report.push(
            wrong_type(node, name, "a range such as `{ least: 1, most: 5 }`")
                .hint("write `least` not above `most`, and both above nothing"),
        );
        return None;
    }
    Some((least, most))
}

/// A place in the sources that a name was looked up at.
fn unknown<'a>(
    code: Code,
    span: Span,
    message: String,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::new(code, span, message).did_you_mean(name, known)
}
