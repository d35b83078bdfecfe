//! Products, collections, lists and tables.

use super::base_and;
use crate::model::{Filter, Money, Order, SelectionSource};

fn decimals(price: Money) -> String {
    price.decimal()
}

#[test]
fn a_product_is_read_field_by_field() {
    let store = base_and(
        "\
-- content/catalog/products/run.yaml --
id: run-01
title: Runner
summary: A shoe.
vendor: Stride
kind: Shoes
tags: [new, light, new]
price: 49
compare-at: '59.90'
prices: { loyalty.silver: 44.5, team.owls: 40 }
stock: 3
options: [{ title: Size, values: [S, M] }, Color]
skus:
  - { id: R-S, values: { Color: red, Size: S }, stock: 0 }
  - { values: [M, blue], price: 51.00, barcode: 0012 }
images: [{ src: a.jpg, alt: Shoe }]
weight: 2
data: { drop: 8.50 }
-- content/catalog/products/Old Thing.md --
---
price: 0.10
---
Text.
-- content/catalog/products/draft.yaml --
status: draft
",
    )
    .sound();
    let [old, run] = &*store.catalog.products else {
        panic!("two products are active");
    };
    assert_eq!((&*old.id, &*old.title), ("old-thing", "Old thing"));
    assert_eq!(old.body.blocks.len(), 1);
    assert_eq!(run.tags, ["light", "new"]);
    let prices = run.prices.as_ref().unwrap();
    assert_eq!(decimals(prices.price.default), "49.00");
    assert_eq!(decimals(prices.compare_at.unwrap()), "59.90");
    let cases: Vec<(String, String)> = prices
        .price
        .cases
        .iter()
        .map(|case| {
            let (variable, set) = &case.when[0];
            (store.facets.describe(*variable, set), decimals(case.value))
        })
        .collect();
    assert_eq!(
        cases,
        [
            ("loyalty=silver,gold".to_owned(), "44.50".to_owned()),
            ("team=owls".to_owned(), "40.00".to_owned())
        ]
    );
    assert_eq!(run.skus[0].values, ["S", "red"]);
    assert_eq!(run.skus[1].id, "m-blue");
    assert_eq!(run.skus[1].barcode.as_deref(), Some("0012"));
    assert_eq!(run.options[1].values, ["red", "blue"]);
    assert_eq!(run.data["drop"], 8.5);
    assert_eq!(store.catalog.inactive, 1);
}

#[test]
fn prices_of_skus_make_up_for_one_of_the_product() {
    let store = base_and(
        "-- content/catalog/products/a.yaml --\nskus: [{ id: x, price: 3 }, { id: y, price: 2 }]\n",
    )
    .sound();
    let prices = store.catalog.products[0].prices.as_ref().unwrap();
    assert_eq!(decimals(prices.price.default), "2.00");
}

#[test]
fn collections_are_found_by_id_and_by_rule() {
    let store = base_and(
        "\
-- content/catalog/products/a.yaml --
price: 10
tags: sale
-- content/catalog/products/b.yaml --
price: 30
tags: sale
-- content/catalog/products/c.yaml --
price: 20
-- content/catalog/collections/hand.yaml --
products: [c, a]
-- content/catalog/collections/sale.yaml --
where: { tag: sale, price: { from: 5, until: 40 } }
order: -price
for:
  - { when: loyalty=gold, limit: 1 }
  - { when: team=owls, products: [c], order: listed }
",
    )
    .sound();
    let [hand, sale] = &*store.catalog.collections else {
        panic!("two collections");
    };
    assert_eq!(hand.members.default, [2, 0]);
    assert_eq!(sale.members.default, [1, 0]);
    assert_eq!(sale.members.cases[0].value, [1]);
    assert_eq!(sale.members.cases[1].value, [2]);
    assert_eq!(sale.selection.cases[0].value.order, Order::PriceDescending);
    let SelectionSource::Rule(filters) = &sale.selection.default.source else {
        panic!("a rule");
    };
    let price = Filter::Price {
        from: Some(500),
        until: Some(4000),
    };
    assert_eq!(filters[1], price);
}

#[test]
fn a_mapping_reads_columns_as_fields() {
    let store = base_and(
        "\
-- content/catalog/shop.yaml --
source: ./data/x.csv
columns:
  id: no
  title: name
  price: eur
  description: text
  image: photo
  image-alt: shows
  tags: { column: marks, split: list }
  data: { rating: stars, code: code }
defaults: { vendor: Stride, tags: [plain] }
-- content/catalog/data/x.csv --
no;name;eur;text;photo;shows;marks;stars;code
P1;Tie;49.00;a < b;t.jpg;A blue tie;['new', \"it's\"];4.5;007
P2;Cap;€5;;c.jpg;;;;
",
    )
    .sound();
    let [tie, cap] = &*store.catalog.products else {
        panic!("two products");
    };
    assert_eq!((&*tie.id, tie.vendor.as_deref()), ("p1", Some("Stride")));
    assert_eq!(tie.tags, ["it's", "new"]);
    assert_eq!(cap.tags, ["plain"]);
    assert_eq!(tie.images[0].alt, "A blue tie");
    assert_eq!(cap.images[0].alt, "Cap");
    assert_eq!(
        (&tie.data["rating"], &tie.data["code"]),
        (&4.5.into(), &"007".into())
    );
    let crate::model::Block::Prose(prose) = &tie.body.blocks[0] else {
        panic!("prose");
    };
    assert_eq!(prose.text, "<p>a &lt; b</p>");
    assert!(cap.data.is_empty());
}

#[test]
fn json_lines_are_products_and_their_prices_never_floats() {
    let store = base_and(
        "\
-- content/catalog/a.jsonl --
{\"id\":\"a\",\"price\":0.30,\"title\":\"Caf\\u00e9 \\ud83d\\ude00\",\"data\":{\"x\":[1,null]}}

{\"id\":\"b\",\"price\":1e3}
{\"id\":\"c\",
{\"id\":\"d\",\"price\":9007199254740993}
{\"id\":\"e\",\"price\":1,\"colour\":1}
{\"id\":\"f\",\"price\":1,\"colour\":2}
",
    )
    .expect(&[
        "skipped-row content/catalog/a.jsonl:3:19 write digits and a point, without a currency sign",
        "skipped-row content/catalog/a.jsonl:4:11 -",
        "unknown-field content/catalog/a.jsonl:6:21 -",
    ]);
    let products = &store.catalog.products;
    let ids: Vec<&str> = products.iter().map(|product| &*product.id).collect();
    assert_eq!(ids, ["a", "d", "e", "f"]);
    assert_eq!(products[0].title, "Café 😀");
    let price = |place: usize| products[place].prices.as_ref().unwrap().price.default;
    assert_eq!(price(0).minor, 30);
    assert_eq!(price(1).minor, 900_719_925_474_099_300);
}

#[test]
fn a_mapping_reads_paths_of_json_lines() {
    let store = base_and(
        "\
-- content/catalog/parts.yaml --
source: parts.jsonl
columns: { id: no, title: meta.name, tags: kinds }
defaults: { price: 1.50 }
-- content/catalog/parts.jsonl --
{\"no\":7,\"meta\":{\"name\":\"Fan\"},\"kinds\":[\"b\",\"a\"]}
",
    )
    .sound();
    let fan = &store.catalog.products[0];
    assert_eq!((&*fan.id, &*fan.title), ("7", "Fan"));
    assert_eq!(fan.tags, ["a", "b"]);
}

#[test]
fn a_table_without_prices_says_so_once() {
    base_and(
        "\
-- content/catalog/x.yaml --
source: x.csv
columns: { id: id, title: name }
-- content/catalog/x.csv --
id,name
a,A
b,B
c,C
",
    )
    .expect(&["missing-price content/catalog/x.yaml:1:9 map a column to `price`, or set one in `defaults`"]);
}

#[test]
fn files_of_editors_go_before_rows() {
    let store = base_and(
        "\
-- content/catalog/a.jsonl --
{\"id\":\"tie\",\"price\":1}
-- content/catalog/products/tie.yaml --
price: 2
",
    )
    .expect(&["skipped-row content/catalog/a.jsonl:1:1 -"]);
    let prices = store.catalog.products[0].prices.as_ref().unwrap();
    assert_eq!(decimals(prices.price.default), "2.00");
}

#[test]
fn broken_input_of_any_kind_is_no_panic() {
    for bytes in [
        &b""[..],
        b"\xFF\xFE\x00",
        b"---",
        b"---\n",
        b"---\n---",
        b"\"",
        b"{\"a\":\"\\",
        b"{",
        b"[",
        b"&a *a",
        b"a: &a [*a]",
        b"? [",
        b"a,b\n\"",
        b"Handle,Title\n,\n\"",
        b":::",
        b"::: when\n:::::\n::: otherwise",
        b"%YAML 9\n---\n- - - -",
        "\u{FEFF}\u{FEFF}a: \u{10FFF0}".as_bytes(),
        b"+++\n",
        b"a: !!binary x\nb: !x [!!str 1]\n<<: 3",
    ] {
        for path in [
            "haberdash.yaml",
            "content/a.md",
            "content/catalog/m.yaml",
            "content/catalog/x.csv",
            "content/catalog/x.jsonl",
            "content/catalog/products/a.yaml",
            "content/catalog/products/a.md",
            "content/catalog/collections/a.yaml",
            "content/catalog/lists/a.yaml",
            "segments/a.yaml",
        ] {
            super::base_and_bytes(path, bytes);
        }
    }
}
