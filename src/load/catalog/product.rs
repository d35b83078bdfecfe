//! One product: `products/*.yaml`, a Markdown file's front matter, a line of JSON, or a
//! mapped row of a table.

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{
        body,
        catalog::price,
        fields::{self, Fields, wrong_type},
        report::{self, Context, Report, humanize, is_id},
        yaml::{Node, Value},
    },
    model::{Body, Image, Prices, Product, ProductOption, Sku, Status, slug},
};

/// A product and whether it is shown.
pub(super) struct Found {
    pub product: Product,
    pub status: Status,
    /// Whether it is a row of a table rather than an editor's file.
    pub is_row: bool,
}

/// Reads a product. `stem` is the file's name, the id of a product that names none.
pub(super) fn read(
    node: &Node,
    stem: Option<&str>,
    text: Option<Body>,
    context: Context<'_>,
    report: &mut Report,
) -> Option<(Product, Status)> {
    let mut fields = Fields::new(node, "a product", report)?;
    let id = read_id(&mut fields, stem, report);
    let span = fields.take("id").map_or(node.span, |node| node.span);
    let title = fields.text("title", report);
    let summary = fields.text("summary", report).unwrap_or_default();
    let description = fields.take("description");
    let vendor = fields.text("vendor", report);
    let kind = fields.text("kind", report);
    let mut tags = fields.texts("tags", report).unwrap_or_default();
    let (mut prices, has_price) = price::read_fields(&mut fields, context, report);
    let stock = fields.integer("stock", report);
    let status = fields
        .take("status")
        .and_then(|node| read_status(node, report));
    let mut options = fields
        .take("options")
        .map(|node| read_options(node, report))
        .unwrap_or_default();
    let skus = fields
        .take("skus")
        .map(|node| read_skus(node, &mut options, context, report))
        .unwrap_or_default();
    let customize = fields.take("customize");
    let images = fields
        .take("images")
        .map(|node| read_images(node, report))
        .unwrap_or_default();
    let weight = fields.integer("weight", report).unwrap_or(0);
    let updated = fields.date("updated", report);
    let data = fields.data("data", report);
    fields.finish(report);

    let id = id?;
    if let Some(node) = customize {
        report.customized.push((id.clone(), node.clone()));
    }
    tags.sort();
    tags.dedup();
    let body = match (text, description) {
        (Some(body), _) => body,
        (None, Some(node)) => fields::text(node, "description", report)
            .map(|text| body::read(text, node.origin(), context.facets, report))
            .unwrap_or_default(),
        (None, None) => Body::default(),
    };
    let status = status.unwrap_or(Status::Active);
    if !has_price {
        prices = cheapest(skus.iter().filter_map(|sku| sku.prices.as_ref()));
        if prices.is_none() && status == Status::Active {
            report.push(missing_price(&id, span));
        }
    }
    let product = Product {
        title: title.unwrap_or_else(|| humanize(&id)),
        id,
        summary,
        body,
        vendor,
        kind,
        tags,
        prices,
        stock,
        options,
        skus,
        customization: None,
        images,
        weight,
        updated,
        data,
        span,
    };
    Some((product, status))
}

/// A `missing-price` problem.
pub(super) fn missing_price(id: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::MissingPrice,
        span,
        format!("the product `{id}` has no price"),
    )
    .label("is shown without one")
    .hint("add a `price`, or make it a draft with `status: draft`")
}

/// The lowest of some prices.
pub(super) fn cheapest<'a>(prices: impl Iterator<Item = &'a Prices>) -> Option<Prices> {
    prices
        .min_by_key(|prices| prices.price.default.minor)
        .cloned()
}

fn read_id(fields: &mut Fields<'_>, stem: Option<&str>, report: &mut Report) -> Option<String> {
    let Some(node) = fields.take("id") else {
        if stem.is_none() {
            fields.missing("id", report);
        }
        return stem.map(slug);
    };
    let id = fields::text(node, "id", report)?;
    if !is_id(id) {
        report.push(report::bad_id(id, node.span));
        return None;
    }
    Some(id.to_owned())
}

fn read_status(node: &Node, report: &mut Report) -> Option<Status> {
    match node.text() {
        Some("active") => Some(Status::Active),
        Some("draft") => Some(Status::Draft),
        Some("archived") => Some(Status::Archived),
        text => {
            report.push(
                wrong_type(node, "status", "`active`, `draft` or `archived`")
                    .did_you_mean(text.unwrap_or_default(), ["active", "draft", "archived"]),
            );
            None
        }
    }
}

/// Options and whether the source lists their values.
fn read_options(node: &Node, report: &mut Report) -> Vec<ProductOption> {
    let Value::List(items) = &node.value else {
        report.push(wrong_type(node, "options", "a list of options"));
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| {
            if let Some(title) = item.text() {
                return Some(ProductOption {
                    title: title.to_owned(),
                    values: Vec::new(),
                });
            }
            let mut fields = Fields::new(item, "an option", report)?;
            let title = fields.required("title", report);
            let values = fields.texts("values", report).unwrap_or_default();
            fields.finish(report);
            Some(ProductOption {
                title: title?,
                values,
            })
        })
        .collect()
}

fn read_images(node: &Node, report: &mut Report) -> Vec<Image> {
    match &node.value {
        Value::List(items) => items
            .iter()
            .filter_map(|item| fields::image(item, "image", report))
            .collect(),
        Value::Map(_) | Value::Scalar(_) => {
            fields::image(node, "image", report).into_iter().collect()
        }
    }
}

fn read_skus(
    node: &Node,
    options: &mut Vec<ProductOption>,
    context: Context<'_>,
    report: &mut Report,
) -> Vec<Sku> {
    let Value::List(items) = &node.value else {
        report.push(wrong_type(node, "skus", "a list of SKUs"));
        return Vec::new();
    };
    // Values are checked only against options that list theirs.
    let listed: Vec<bool> = options
        .iter()
        .map(|option| !option.values.is_empty())
        .collect();
    let mut skus: Vec<Sku> = Vec::new();
    for item in items {
        let Some(mut fields) = Fields::new(item, "a SKU", report) else {
            continue;
        };
        let id = fields.text("id", report);
        let span = fields.take("id").map_or(item.span, |node| node.span);
        let values = match fields.take("values") {
            Some(node) => read_values(node, options, &listed, report),
            None if options.is_empty() => Some(Vec::new()),
            None => {
                fields.missing("values", report);
                None
            }
        };
        let (prices, _) = price::read_fields(&mut fields, context, report);
        let stock = fields.integer("stock", report);
        let barcode = fields.text("barcode", report);
        let image = fields.image("image", report);
        let Some(values) = values else {
            fields.finish(report);
            continue;
        };
        let id = id.or_else(|| {
            if values.is_empty() {
                fields.missing("id", report);
            }
            (!values.is_empty()).then(|| slug(&values.join("-")))
        });
        fields.finish(report);
        let Some(id) = id else { continue };
        if skus.iter().any(|sku| sku.id == id) {
            report.push(
                Diagnostic::new(
                    Code::DuplicateSku,
                    span,
                    format!("the product has two SKUs `{id}`"),
                )
                .label("the second one")
                .hint("give each SKU an `id` of its own"),
            );
            continue;
        }
        skus.push(Sku {
            id,
            values,
            prices,
            stock,
            barcode,
            image,
        });
    }
    skus
}

/// A SKU's values, in the order of the options; unlisted ones are added to their option.
fn read_values(
    node: &Node,
    options: &mut Vec<ProductOption>,
    listed: &[bool],
    report: &mut Report,
) -> Option<Vec<String>> {
    let nodes: Vec<&Node> = match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Scalar(_) => vec![node],
        Value::Map(entries) => {
            if options.is_empty() {
                options.extend(entries.iter().map(|entry| ProductOption {
                    title: entry.key.clone(),
                    values: Vec::new(),
                }));
            }
            let titles: Vec<&str> = options.iter().map(|option| &*option.title).collect();
            if let Some(entry) = entries.iter().find(|entry| !titles.contains(&&*entry.key)) {
                report.push(
                    Diagnostic::new(
                        Code::WrongType,
                        entry.key_span,
                        format!("the product has no option `{}`", entry.key),
                    )
                    .did_you_mean(&entry.key, titles),
                );
                return None;
            }
            titles.iter().filter_map(|title| node.get(title)).collect()
        }
    };
    let values: Vec<&str> = nodes
        .iter()
        .filter_map(|node| fields::text(node, "values", report))
        .collect();
    if values.len() != options.len() {
        report.push(wrong_type(
            node,
            "values",
            &format!(
                "a list of one value for each of the {} options",
                options.len()
            ),
        ));
        return None;
    }
    for (place, (value, option)) in values.iter().zip(options.iter_mut()).enumerate() {
        if option.values.iter().any(|known| known == value) {
            continue;
        }
        if listed.get(place) == Some(&true) {
            report.push(
                Diagnostic::new(
                    Code::WrongType,
                    nodes[place].span,
                    format!("the option `{}` has no value `{value}`", option.title),
                )
                .did_you_mean(value, option.values.iter().map(String::as_str)),
            );
            return None;
        }
        option.values.push((*value).to_owned());
    }
    Some(values.into_iter().map(str::to_owned).collect())
}
