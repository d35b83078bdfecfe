//! What is sold, as Google Merchant Center and others read it: RSS 2.0 with the `g` namespace
//! of its product data specification.

use super::{Sources, xml::Xml};
use crate::{
    model::{Money, Product, Sku},
    plan::Feed,
};

/// Longest title and description, in characters, by the specification.
const LONGEST_TITLE: usize = 150;
const LONGEST_DESCRIPTION: usize = 5000;

/// Most pictures beside the first, by the specification.
const MOST_PICTURES: usize = 10;

/// Attributes of SKUs that the specification has, by what shops call their options.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("color", "g:color"),
    ("colour", "g:color"),
    ("shade", "g:color"),
    ("size", "g:size"),
    ("material", "g:material"),
    ("pattern", "g:pattern"),
];

pub(super) fn products(sources: &Sources<'_>, feed: &Feed) -> String {
    let config = &sources.store.config;
    let attributes = [
        ("version", "2.0"),
        ("xmlns:g", "http://base.google.com/ns/1.0"),
        ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ];
    let own = sources.url(&feed.path);
    let mut xml = Xml::new();
    xml.element("rss", &attributes, |xml| {
        xml.element("channel", &[], |xml| {
            xml.text("title", &config.title);
            xml.text("link", &sources.url("/"));
            xml.text("description", &config.description);
            xml.empty(
                "atom:link",
                &[
                    ("rel", "self"),
                    ("type", "application/rss+xml"),
                    ("href", &own),
                ],
            );
            for product in &sources.store.catalog.products {
                if product.skus.is_empty() {
                    item(sources, product, None, xml);
                }
                for sku in &product.skus {
                    item(sources, product, Some(sku), xml);
                }
            }
        });
    });
    xml.finish()
}

/// One product, or one SKU of it. What has no price cannot be offered.
fn item(sources: &Sources<'_>, product: &Product, sku: Option<&Sku>, xml: &mut Xml) {
    let own = sku.and_then(|sku| sku.prices.as_ref());
    let prices = own.or(product.prices.as_ref());
    let Some(paid) = own.map_or_else(|| sources.price(product), |own| Some(own.price.default))
    else {
        return;
    };
    let was = prices.and_then(|prices| prices.compare_at);
    let path = sources.store.config.permalinks.products.join(&product.id);
    let values = sku.map(|sku| sku.values.as_slice()).unwrap_or_default();
    let title = std::iter::once(product.title.as_str())
        .chain(values.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(", ");
    let is_in_stock = match sku {
        Some(sku) => sku.stock.is_none_or(|count| count > 0),
        None => product.in_stock(),
    };
    let description = if product.summary.is_empty() {
        &product.title
    } else {
        &product.summary
    };
    xml.element("item", &[], |xml| {
        xml.text("g:id", sku.map_or(&product.id, |sku| &sku.id));
        xml.text("g:title", &shortened(&title, LONGEST_TITLE));
        xml.text(
            "g:description",
            &shortened(description, LONGEST_DESCRIPTION),
        );
        xml.text("g:link", &sources.url(path));
        let first = sku.and_then(|sku| sku.image.as_ref());
        let pictures: Vec<String> = first
            .into_iter()
            .chain(&product.images)
            .filter_map(|image| sources.picture_url(&image.src))
            .collect();
        for (place, url) in pictures.iter().take(MOST_PICTURES + 1).enumerate() {
            let name = if place == 0 {
                "g:image_link"
            } else {
                "g:additional_image_link"
            };
            xml.text(name, url);
        }
        xml.text(
            "g:availability",
            if is_in_stock {
                "in_stock"
            } else {
                "out_of_stock"
            },
        );
        price(paid, was, xml);
        xml.text("g:condition", "new");
        if let Some(vendor) = &product.vendor {
            xml.text("g:brand", vendor);
        }
        identifiers(sku, xml);
        if let Some(kind) = &product.kind {
            xml.text("g:product_type", kind);
        }
        if sku.is_some() {
            xml.text("g:item_group_id", &product.id);
        }
        for (option, value) in product.options.iter().zip(values) {
            let title = option.title.to_lowercase();
            if let Some((_, name)) = ATTRIBUTES.iter().find(|(theirs, _)| *theirs == title) {
                xml.text(name, value);
            }
        }
    });
}

/// What everyone pays; a reduced price with the one before it.
fn price(paid: Money, was: Option<Money>, xml: &mut Xml) {
    let text = |money: Money| format!("{} {}", money.decimal(), money.currency.code());
    match was.filter(|was| was.minor > paid.minor) {
        Some(was) => {
            xml.text("g:price", &text(was));
            xml.text("g:sale_price", &text(paid));
        }
        None => xml.text("g:price", &text(paid)),
    }
}

/// A bar code if it is a true one. A shop's own number is no identifier of the maker's.
fn identifiers(sku: Option<&Sku>, xml: &mut Xml) {
    let gtin = sku
        .and_then(|sku| sku.barcode.as_deref())
        .filter(|code| is_gtin(code));
    match gtin {
        Some(gtin) => xml.text("g:gtin", gtin),
        None => xml.text("g:identifier_exists", "no"),
    }
}

/// Whether a text is a GTIN of 8, 12, 13 or 14 digits whose check digit holds (GS1 General
/// Specifications, 7.9).
fn is_gtin(code: &str) -> bool {
    let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || ![8, 12, 13, 14].contains(&code.len()) {
        return false;
    }
    let weighted = code.bytes().rev().enumerate().map(|(place, digit)| {
        let weight = if place % 2 == 1 { 3 } else { 1 };
        u32::from(digit - b'0') * weight
    });
    weighted.sum::<u32>() % 10 == 0
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end())
}
