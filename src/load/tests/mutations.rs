//! Sources with slips of all kinds: loading and reporting never panic.

use proptest::prelude::*;

use super::load_tree;
use crate::{diagnostic::Diagnostics, report, source::SourceTree};

/// Something of every kind of file.
const SOURCES: &str = "\
-- haberdash.yaml --
site: shop
title: Shop
base-url: https://shop.example
currency: EUR
keys: [{ id: k1, env: KEY }]
permalinks: { products: /shop/ }
-- segments/loyalty.yaml --
facet: loyalty
default: guest
gated: true
from: [{ signed-cookie: hb, field: loyalty }, { query: l }]
segments: [{ id: silver }, { id: gold, inherits: silver, when: { all: [{ country: DE }, { time: { from: 2026-01-01 } }] } }]
-- segments/hero.yaml --
facet: hero
default: a
experiment: { slice: 1, weights: { a: 50, b: 50 } }
-- segments/team.yaml --
facet: team
default: none
values: teams
from: { cookie: t }
-- content/catalog/lists/teams.yaml --
items: &items
  - { id: lions, title: Löwen }
  - id: owls
-- content/catalog/collections/sale.yaml --
where: { tag: [a, b], price: { from: 1, until: 20.5 } }
order: -price
for: [{ when: loyalty=gold, limit: 1 }]
-- content/catalog/products/tie.yaml --
price: 49.00
prices: { loyalty.gold: 44.00 }
options: [{ title: Size, values: [S, M] }]
skus: [{ values: { Size: S } }, { id: x, values: [M] }]
description: |
  A :price[tie] ![](a.jpg)
-- content/catalog/map.yaml --
source: x.csv
delimiter: ';'
columns: { id: id, title: name, price: eur, tags: { column: t, split: list }, data: { n: n } }
-- content/catalog/x.csv --
id;name;eur;t;n
a;\"A\nb\";1,000.00;['x', \"y\"];1.5
-- content/catalog/y.csv --
Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant Price,Image Src
t,T,<p onclick=x>y</p>,Size,S,$1.00,a.jpg
t,,,,M,2,b.jpg
-- content/catalog/z.jsonl --
{\"id\":\"z\",\"price\":1.5,\"tags\":[\"a\\u00e4\"],\"data\":{\"x\":null}}
-- content/index.md --
---
title: { default: A, loyalty.gold: B }
date: 2026-01-02 9:00:00 -0400
aliases: [/old/]
---
# Höhe

```
::: when x
```
::: when loyalty=gold team=owls
A :product[tie]
  ::: when hero=b
  B
  :::
::: otherwise
C
:::
-- content/index@team=owls@loyalty=gold.md --
B
";

/// What a slip leaves behind.
const SCRAPS: [&str; 16] = [
    "",
    ":",
    "::: ",
    "\"",
    "'",
    "{",
    "]",
    "\n",
    "---\n",
    "&a ",
    "*a",
    "\t",
    "ä",
    "\u{10FFF1}",
    "<<: ",
    "\r",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_slip_makes_loading_panic(
        slips in prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, 0..SCRAPS.len(), any::<u8>()), 1..12),
    ) {
        let files = SourceTree::from_fixture(SOURCES);
        let mut files: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()))
            .collect();
        let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        for (place, removed, scrap, byte) in slips {
            let mut at = place.index(total);
            for (_, bytes) in &mut files {
                if at < bytes.len() {
                    let end = (at + removed).min(bytes.len());
                    let mut scrap = SCRAPS[scrap].as_bytes().to_vec();
                    if byte > 250 {
                        scrap.push(byte);
                    }
                    bytes.splice(at..end, scrap);
                    break;
                }
                at -= bytes.len();
            }
        }
        load_tree(&SourceTree::from_files(files));
    }

    #[test]
    fn no_path_makes_loading_panic(path in "content/(catalog/)?[a@=.:_ é0-9-]{0,14}(\\.md|\\.yaml|/index\\.md|\\.csv)") {
        let tree = SourceTree::from_fixture(&format!("{SOURCES}-- {path} --\na: b\n"));
        load_tree(&tree);
        report::human(&Diagnostics::default(), &tree, report::Options::default());
    }
}

#[test]
fn without_a_slip_only_what_is_meant_to_be_wrong_is() {
    let codes: Vec<String> = load_tree(&SourceTree::from_fixture(SOURCES))
        .problems
        .iter()
        .filter_map(|problem| problem.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(
        codes,
        [
            "missing-alt",
            "sanitized-html",
            "missing-theme",
            // By its query parameter, and gold by country.
            "unsigned-gate",
            "unsigned-gate",
        ]
    );
}
