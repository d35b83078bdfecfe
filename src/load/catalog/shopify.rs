//! Shopify's product export, as real shops have it.
//!
//! A product is several rows with one handle, not always next to each other: the first has
//! its fields, each has at most one SKU and one picture.

use std::collections::HashMap;

use rayon::prelude::*;
use serde_json::{Map, Value};

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{
        catalog::{
            html, price,
            product::{self, Found},
            table::{self, Csv, Row, skipped},
        },
        report::{Context, Report},
    },
    model::{BySegment, Image, Prices, Product, ProductOption, Sku, Status, slug},
};

/// Where each column stands; old and newer exports name some differently.
struct Columns {
    handle: Option<usize>,
    title: Option<usize>,
    body: Option<usize>,
    vendor: Option<usize>,
    kinds: Vec<usize>,
    tags: Option<usize>,
    published: Option<usize>,
    status: Option<usize>,
    summary: Option<usize>,
    option_names: [Option<usize>; 3],
    option_values: [Option<usize>; 3],
    sku: Option<usize>,
    price: Option<usize>,
    compare_at: Option<usize>,
    tracker: Option<usize>,
    quantity: Option<usize>,
    policy: Option<usize>,
    barcode: Option<usize>,
    sku_image: Option<usize>,
    image: Option<usize>,
    image_position: Option<usize>,
    image_alt: Option<usize>,
    /// `Material (product.metafields.custom.material)`, by the last part of its name.
    metafields: Vec<(String, usize)>,
}

impl Columns {
    fn find(header: &[String]) -> Self {
        let one = |names: &[&str]| {
            names.iter().find_map(|name| {
                header
                    .iter()
                    .position(|column| column.eq_ignore_ascii_case(name))
            })
        };
        let numbered =
            |suffix: &str| [1, 2, 3].map(|number| one(&[&format!("Option{number} {suffix}")]));
        Self {
            handle: one(&["Handle", "URL handle"]),
            title: one(&["Title"]),
            body: one(&["Body (HTML)", "Body HTML", "Body", "Description"]),
            vendor: one(&["Vendor"]),
            kinds: [
                "Type",
                "Custom Product Type",
                "Standard Product Type",
                "Standardized Product Type",
                "Product Category",
            ]
            .iter()
            .filter_map(|name| one(&[name]))
            .collect(),
            tags: one(&["Tags"]),
            published: one(&["Published", "Published on online store"]),
            status: one(&["Status"]),
            summary: one(&["SEO Description"]),
            option_names: numbered("Name"),
            option_values: numbered("Value"),
            sku: one(&["Variant SKU", "SKU"]),
            price: one(&["Variant Price", "Price"]),
            compare_at: one(&["Variant Compare At Price", "Compare-at price"]),
            tracker: one(&["Variant Inventory Tracker", "Inventory tracker"]),
            quantity: one(&["Variant Inventory Qty", "Inventory quantity"]),
            policy: one(&[
                "Variant Inventory Policy",
                "Continue selling when out of stock",
            ]),
            barcode: one(&["Variant Barcode", "Barcode"]),
            sku_image: one(&["Variant Image", "Variant image URL"]),
            image: one(&["Image Src", "Product image URL"]),
            image_position: one(&["Image Position", "Image position"]),
            image_alt: one(&["Image Alt Text"]),
            metafields: header
                .iter()
                .enumerate()
                .filter_map(|(place, name)| {
                    let (_, path) = name.strip_suffix(')')?.split_once("(product.metafields.")?;
                    Some((path.rsplit('.').next()?.to_owned(), place))
                })
                .collect(),
        }
    }
}

/// Reads an export. What cannot be used is reported row by row.
pub(super) fn read(
    table: &Csv,
    whole: Span,
    context: Context<'_>,
    report: &mut Report,
) -> Vec<Found> {
    let columns = Columns::find(&table.header);
    if columns.handle.is_none() || columns.title.is_none() {
        report.push(
            Diagnostic::new(
                Code::BadTable,
                whole,
                "the table is not a product export of Shopify: it has no columns `Handle` and `Title`",
            )
            .hint("put a column mapping beside it: `source: …` and `columns: { id: …, title: … }`"),
        );
        return Vec::new();
    }
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for row in &table.rows {
        if table::check_width(row, table.header.len(), report).is_none() {
            continue;
        }
        let handle = row.get(columns.handle);
        if handle.is_empty() {
            report.push(skipped(row.span, "the row has no `Handle`"));
            continue;
        }
        let place = *places.entry(handle).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(row);
    }
    let read: Vec<(Option<Found>, Report)> = groups
        .par_iter()
        .map(|rows| {
            let mut report = Report::default();
            let found = read_product(rows, &columns, context, &mut report);
            (found, report)
        })
        .collect();
    let mut found = Vec::with_capacity(read.len());
    for (product, product_report) in read {
        found.extend(product);
        report.merge(product_report);
    }
    found
}

fn read_product(
    rows: &[&Row],
    columns: &Columns,
    context: Context<'_>,
    report: &mut Report,
) -> Option<Found> {
    let span = rows[0].span;
    // Fields of the product stand in its first row, unless the rows were sorted since.
    let first = |column: Option<usize>| {
        rows.iter()
            .map(|row| row.get(column))
            .find(|cell| !cell.is_empty())
            .unwrap_or_default()
    };
    let id = slug(first(columns.handle));
    let title = first(columns.title);
    if title.is_empty() {
        report.push(skipped(span, format!("the product `{id}` has no `Title`")));
        return None;
    }
    let status = match &*first(columns.status).to_lowercase() {
        "draft" | "unlisted" => Status::Draft,
        "archived" => Status::Archived,
        _ if first(columns.published).eq_ignore_ascii_case("false") => Status::Draft,
        _ => Status::Active,
    };
    let mut tags: Vec<String> = first(columns.tags)
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect();
    tags.sort();
    tags.dedup();
    let kind = columns
        .kinds
        .iter()
        .map(|column| first(Some(*column)))
        .find(|kind| !kind.is_empty())
        .and_then(|kind| kind.rsplit('>').next())
        .map(|kind| kind.trim().to_owned());

    let mut options: Vec<ProductOption> = columns
        .option_names
        .iter()
        .map(|column| first(*column))
        .take_while(|name| !name.is_empty())
        .map(|name| ProductOption {
            title: name.to_owned(),
            values: Vec::new(),
        })
        .collect();
    let is_single = options.len() == 1
        && options[0].title == "Title"
        && matches!(first(columns.option_values[0]), "Default Title" | "");
    if is_single {
        options.clear();
    }
    let (mut skus, left_out) = read_skus(rows, columns, &mut options, context, report);
    if skus.is_empty() && left_out {
        return None;
    }
    let prices = product::cheapest(skus.iter().filter_map(|sku| sku.prices.as_ref()));
    if status == Status::Active {
        warn_of_price(&id, prices.as_ref(), span, report);
    }
    for sku in &mut skus {
        if sku.prices == prices {
            sku.prices = None;
        }
    }
    let mut data = metafields(columns, first);
    let mut stock = skus
        .iter()
        .map(|sku| sku.stock)
        .try_fold(0_i64, |sum, stock| Some(sum.saturating_add(stock?)));
    if options.is_empty() {
        // One SKU that differs from no other is the product itself.
        let only = skus.drain(..).next();
        stock = only.as_ref().and_then(|sku| sku.stock);
        if let Some(sku) = only {
            if !first(columns.sku).is_empty() {
                data.insert("sku".to_owned(), sku.id.into());
            }
            if let Some(barcode) = sku.barcode {
                data.insert("barcode".to_owned(), barcode.into());
            }
        }
    }
    let text = |column| Some(first(column).to_owned()).filter(|text| !text.is_empty());
    let product = Product {
        id,
        title: title.to_owned(),
        summary: text(columns.summary).unwrap_or_default(),
        body: html::sanitize(first(columns.body), span, report),
        vendor: text(columns.vendor),
        kind,
        tags,
        prices,
        stock,
        options,
        customization: None,
        skus,
        images: read_images(rows, columns, title),
        weight: 0,
        updated: None,
        data,
        span,
    };
    Some(Found {
        product,
        status,
        is_row: true,
    })
}

fn warn_of_price(id: &str, prices: Option<&Prices>, span: Span, report: &mut Report) {
    match prices {
        None => report.push(product::missing_price(id, span)),
        Some(prices) if prices.price.default.minor == 0 => report.push(
            Diagnostic::new(
                Code::MissingPrice,
                span,
                format!("the price of the product `{id}` is zero"),
            )
            .label("is shown as free"),
        ),
        Some(_) => {}
    }
}

fn metafields<'a>(
    columns: &Columns,
    first: impl Fn(Option<usize>) -> &'a str,
) -> Map<String, Value> {
    columns
        .metafields
        .iter()
        .map(|(name, column)| (name.clone(), first(Some(*column))))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.into()))
        .collect()
}

/// The SKUs of the rows, and whether one was left out.
fn read_skus(
    rows: &[&Row],
    columns: &Columns,
    options: &mut [ProductOption],
    context: Context<'_>,
    report: &mut Report,
) -> (Vec<Sku>, bool) {
    let mut skus: Vec<Sku> = Vec::new();
    let mut left_out = false;
    let is_priced = rows.iter().any(|row| !row.get(columns.price).is_empty());
    for row in rows {
        let is_sku = [columns.price, columns.sku, columns.option_values[0]]
            .iter()
            .any(|column| !row.get(*column).is_empty());
        if !is_sku {
            continue;
        }
        if options.is_empty() && !skus.is_empty() {
            left_out = true;
            report.push(skipped(
                row.span,
                "the row has a second SKU, but the product has no option to tell them apart",
            ));
            continue;
        }
        // Without a price of its own it would be sold for that of the cheapest.
        if is_priced && !options.is_empty() && row.get(columns.price).is_empty() {
            left_out = true;
            report.push(skipped(
                row.span,
                "the SKU has no price, though others of its product have one",
            ));
            continue;
        }
        match read_sku(row, columns, options, context, report) {
            Ok(mut sku) => {
                sku.id = unused_id(sku.id, &skus);
                skus.push(sku);
            }
            Err(message) => {
                left_out = true;
                report.push(skipped(row.span, message));
            }
        }
    }
    (skus, left_out)
}

fn read_sku(
    row: &Row,
    columns: &Columns,
    options: &mut [ProductOption],
    context: Context<'_>,
    report: &mut Report,
) -> Result<Sku, String> {
    let currency = context.currency;
    let amount = |column: Option<usize>| match row.get(column) {
        "" => Ok(None),
        cell => price::parse_cell(cell, currency).map(Some),
    };
    let price = amount(columns.price).map_err(|message| format!("the price {message}"))?;
    let compare_at = amount(columns.compare_at).unwrap_or_else(|message| {
        report.push(
            Diagnostic::new(
                Code::SkippedRow,
                row.span,
                format!("the earlier price {message}"),
            )
            .label("only this price is left out"),
        );
        None
    });
    let values: Vec<String> = columns
        .option_values
        .iter()
        .take(options.len())
        .map(|column| row.get(*column).to_owned())
        .collect();
    if let Some(place) = values.iter().position(String::is_empty) {
        return Err(format!(
            "the row has no value for the option `{}`",
            options[place].title
        ));
    }
    for (option, value) in options.iter_mut().zip(&values) {
        if !option.values.contains(value) {
            option.values.push(value.clone());
        }
    }
    // Spreadsheets put an apostrophe before digits that are not to be a number.
    let code = |column| row.get(column).trim_start_matches('\'').to_owned();
    let id = Some(code(columns.sku)).filter(|id| !id.is_empty());
    let barcode = Some(code(columns.barcode)).filter(|barcode| !barcode.is_empty());
    let is_counted = columns.tracker.is_none() || !row.get(columns.tracker).is_empty();
    let is_limited = !matches!(
        &*row.get(columns.policy).to_lowercase(),
        "continue" | "true"
    );
    let quantity = row.get(columns.quantity);
    let quantity = quantity.strip_suffix(".0").unwrap_or(quantity);
    Ok(Sku {
        id: id.unwrap_or_else(|| slug(&values.join("-"))),
        prices: price.map(|price| Prices {
            price: BySegment::constant(price),
            compare_at,
        }),
        stock: (is_counted && is_limited)
            .then(|| quantity.parse().ok())
            .flatten(),
        barcode,
        image: Some(row.get(columns.sku_image))
            .filter(|src| !src.is_empty())
            .map(|src| Image {
                src: src.to_owned(),
                alt: values.join(", "),
            }),
        values,
    })
}

/// The id, or the first of `id-2`, `id-3`, … that no other SKU has.
fn unused_id(id: String, skus: &[Sku]) -> String {
    let is_used = |id: &str| skus.iter().any(|sku| sku.id == id);
    if !is_used(&id) {
        return id;
    }
    (2..=skus.len() + 2)
        .map(|number| format!("{id}-{number}"))
        .find(|id| !is_used(id))
        .expect("there are more numbers than SKUs")
}

fn read_images(rows: &[&Row], columns: &Columns, title: &str) -> Vec<Image> {
    let mut images: Vec<(usize, Image)> = Vec::new();
    for row in rows {
        let src = row.get(columns.image);
        if src.is_empty() || images.iter().any(|(_, image)| image.src == src) {
            continue;
        }
        let position = row
            .get(columns.image_position)
            .parse()
            .unwrap_or(usize::MAX);
        let alt = Some(row.get(columns.image_alt)).filter(|alt| !alt.is_empty());
        images.push((
            position,
            Image {
                src: src.to_owned(),
                alt: alt.unwrap_or(title).to_owned(),
            },
        ));
    }
    images.sort_by_key(|(position, _)| *position);
    images.into_iter().map(|(_, image)| image).collect()
}
