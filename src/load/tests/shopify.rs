//! Shopify's product export.

use super::{Loaded, base_and, base_and_bytes, outline};

const HEADER: &str = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,Image Position,Image Alt Text,Variant Image,Status";

fn export(rows: &str) -> Loaded {
    base_and(&format!("-- content/catalog/x.csv --\n{HEADER}\n{rows}"))
}

#[test]
fn rows_of_one_handle_are_one_product() {
    let store = export(
        "\
tie,Tie,<p>Silk</p>,Stride,Ties,\"silk, new\",true,Size,S,Color,Red,T-1,shopify,2,deny,20.00,25.00,'0012,b.jpg,2,Back,,active
cap,Cap,,,,,true,Title,Default Title,,,CAP,shopify,5,deny,\"1,005.00\",,4006381333931,,,,,active
tie,,,,,,,,M,,Red,T-1,shopify,0,continue,22.00,,,a.jpg,1,,m.jpg,
tie,,,,,,,,,,,,,,,,,,c.jpg,3,,,
",
    )
    .sound();
    let [cap, tie] = &*store.catalog.products else {
        panic!("two products");
    };
    assert_eq!(tie.title, "Tie");
    assert_eq!(outline(&tie.body, &store), "<p>Silk</p>");
    assert_eq!(tie.kind.as_deref(), Some("Ties"));
    assert_eq!(tie.tags, ["new", "silk"]);
    let images: Vec<(&str, &str)> = tie.images.iter().map(|i| (&*i.src, &*i.alt)).collect();
    assert_eq!(
        images,
        [("a.jpg", "Tie"), ("b.jpg", "Back"), ("c.jpg", "Tie")]
    );
    let ids: Vec<&str> = tie.skus.iter().map(|sku| &*sku.id).collect();
    assert_eq!(ids, ["T-1", "T-1-2"]);
    assert_eq!(tie.options[0].values, ["S", "M"]);
    // The product costs what its cheapest SKU costs.
    assert_eq!(tie.prices.as_ref().unwrap().price.default.minor, 2000);
    assert!(tie.skus[0].prices.is_none());
    assert_eq!(
        tie.skus[1].prices.as_ref().unwrap().price.default.minor,
        2200
    );
    assert_eq!((tie.skus[0].stock, tie.skus[1].stock), (Some(2), None));
    assert_eq!(tie.skus[0].barcode.as_deref(), Some("0012"));
    assert_eq!(tie.skus[1].image.as_ref().unwrap().src, "m.jpg");

    assert!(cap.skus.is_empty() && cap.options.is_empty());
    assert_eq!(cap.stock, Some(5));
    assert_eq!(cap.data["sku"], "CAP");
    assert_eq!(cap.prices.as_ref().unwrap().price.default.minor, 100_500);
}

#[test]
fn what_is_not_for_sale_is_left_out() {
    let store = export(
        "\
a,A,,,,,true,Title,Default Title,,,,,,,1,,,,,,,draft
b,B,,,,,true,Title,Default Title,,,,,,,1,,,,,,,archived
c,C,,,,,false,Title,Default Title,,,,,,,1,,,,,,,active
d,D,,,,,true,Title,Default Title,,,,,,,1,,,,,,,
",
    )
    .sound();
    assert_eq!(
        (store.catalog.products.len(), store.catalog.inactive),
        (1, 3)
    );
}

#[test]
fn every_row_that_cannot_be_used_is_named() {
    let store = export(
        "\
,No handle,,,,,true,,,,,,,,,1,,,,,,,
a,,,,,,true,Title,Default Title,,,,,,,1,,,,,,,
b,B,,,,,true,Title,Default Title,,,,,,,ask us,,,,,,,
c,C,,,,,true,Size,S,,,,,,,1,,,,,,,
c,,,,,,,,,,,X,,,,2,,,,,,,
d,D,,,,,true,Title,Default Title,,,,,,,1,,,,,,,active,more,more
e,E,,,,,true,Title,Default Title,,,,,,,,,,,,,,
f,F,,,,,true,Title,Default Title,,,,,,,0.00,was,,,,,,
g,G
",
    )
    .expect(&[
        "skipped-row content/catalog/x.csv:2:1 -",
        "skipped-row content/catalog/x.csv:3:1 -",
        "skipped-row content/catalog/x.csv:4:1 -",
        "skipped-row content/catalog/x.csv:6:1 -",
        "skipped-row content/catalog/x.csv:7:1 -",
        "missing-price content/catalog/x.csv:8:1 add a `price`, or make it a draft with `status: draft`",
        "skipped-row content/catalog/x.csv:9:1 -",
        "missing-price content/catalog/x.csv:9:1 -",
        "missing-price content/catalog/x.csv:10:1 add a `price`, or make it a draft with `status: draft`",
    ]);
    let ids: Vec<&str> = store.catalog.products.iter().map(|p| &*p.id).collect();
    assert_eq!(ids, ["c", "e", "f", "g"]);
}

#[test]
fn files_are_as_spreadsheets_leave_them() {
    let text = "\u{FEFF}Handle,Title,Body HTML,Custom Product Type,Variant Price\r\nschön,Schön,\"<p>One\r\n\r\ntwo</p>\n<style>p{}</style><p style='x' onclick='y()'>three</p>\",Hüte,9\nübergröße,Groß,,,10\r\n\r\n,,,,\r\n";
    let store = base_and_bytes("content/catalog/x.csv", text.as_bytes())
        .expect(&["sanitized-html content/catalog/x.csv:2:1 -"]);
    let [nice, big] = &*store.catalog.products else {
        panic!("two products");
    };
    assert_eq!((&*nice.id, &*big.id), ("schon", "ubergrosse"));
    assert_eq!(nice.kind.as_deref(), Some("Hüte"));
    let html = outline(&nice.body, &store);
    assert_eq!(
        html.replace("\r\n", "\n"),
        "<p>One\n\ntwo</p>\n<p>three</p>"
    );
}

#[test]
fn handles_that_come_to_one_id_are_not_mixed_up() {
    export(
        "\
rot,Rot,,,,,true,Title,Default Title,,,,,,,1,,,,,,,
Rot,Other,,,,,true,Title,Default Title,,,,,,,2,,,,,,,
",
    )
    .expect(&["skipped-row content/catalog/x.csv:3:1 -"]);
}
