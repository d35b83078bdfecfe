use std::{path::Path, sync::Arc};

use super::{core, minify};
use crate::{
    edge::{Deployment, edge_files},
    output::Nowhere,
    picture::NoPictures,
    pipeline::{BuildOptions, build},
    routing::Keys,
    source::{self, SourceTree},
};

fn built(tree: SourceTree) -> Deployment {
    let options = BuildOptions {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        keys: &|store, _| Keys::development(&store.config.site, Some("k1")),
        minifies: false,
        precompresses: Some(false),
        targets: Some(&[]),
        pictures: &NoPictures,
        progress: &|_, _, _| {},
    };
    let built = build(&Arc::new(tree), &options, &Nowhere).unwrap();
    assert!(!built.diagnostics.has_errors(), "{:#?}", built.diagnostics);
    built.deployment
}

#[test]
fn the_demo_stores_core_with_its_table_is_under_ten_thousand_bytes() {
    let deployment = built(source::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
    let script = format!(
        "var decision = (function () {{\n{}\nreturn [decide, decideMissing];\n}})();",
        core(&deployment.table)
    );
    let size = minify(&script).len();
    assert!(size < 10_000, "{size}");
}

#[test]
fn ten_thousand_products_with_a_handful_of_exceptions_are_one_function() {
    let mut store = String::from(
        "-- haberdash.yaml --\nsite: shop\ntitle: Shop\nbase-url: https://shop.example\ncurrency: EUR\nkeys: [{ id: k1, env: KEY }]\n\
         -- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\ngated: true\nfrom: { signed-cookie: hb_visitor, field: loyalty }\nsegments: [{ id: guest }, { id: gold }]\n\
         -- segments/team.yaml --\nfacet: team\ndefault: none\nfrom: { cookie: hb_team }\nsegments: [{ id: none }, { id: owls }]\n\
         -- themes/default/templates/product.html --\n<!doctype html><title>{{ product.title }}</title>{{ price(product=product.id).text }}\
         {% if product.data.owls %}{{ segment(of=\"team\") }}{% endif %}\n\
         -- themes/default/templates/collections.html --\n<!doctype html><title>All</title>\n\
         -- content/catalog/products/all.jsonl --\n",
    );
    for nth in 0..10_000 {
        let owls = if nth % 2_000 == 7 {
            ",\"owls\":true"
        } else {
            ""
        };
        store += &format!(
            "{{\"id\":\"p{nth}\",\"title\":\"Product {nth}\",\"price\":\"10\",\"prices\":{{\"loyalty.gold\":\"9\"}}{owls}}}\n"
        );
    }
    let deployment = built(SourceTree::from_fixture(&store));
    assert!(deployment.manifest.files.len() > 20_000);
    assert!(
        deployment.table.entries() <= 10,
        "{}",
        deployment.table.entries()
    );
    let (files, problems) = edge_files("cloudfront", &deployment);
    assert!(problems.is_empty(), "{problems:#?}");
    let function = files
        .iter()
        .find(|file| file.path == "function.js")
        .unwrap();
    assert!(function.bytes.len() < 10_000, "{}", function.bytes.len());
}
