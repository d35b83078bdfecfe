//! `targets`, and what an edge refuses.

use crate::support::{NOW, Site, build_tree, configured as with, facet, site};
use haberdash::SourceTree;

/// The only problem: its code and place, its message, and its hint.
#[track_caller]
fn only(site: &Site) -> (String, String, String) {
    let problems = site.problems();
    let [place] = &problems[..] else {
        panic!("{:#?}", site.built.diagnostics);
    };
    let problem = site.built.diagnostics.iter().next().unwrap();
    (
        place.clone(),
        problem.message.clone(),
        problem.hint.clone().unwrap_or_default(),
    )
}

#[test]
fn an_unknown_target_is_reported_where_it_is_named() {
    let site = with("targets: [cloudflare, ngnix]", "");
    let (place, message, hint) = only(&site);
    assert_eq!(place, "unknown-target haberdash.yaml:8");
    assert_eq!(message, "there is no target `ngnix`");
    assert_eq!(hint, "did you mean `nginx`?");
    assert!(site.built.edges.contains_key("cloudflare"));
}

#[test]
fn targets_are_a_list() {
    let (place, message, _) = only(&with("targets: nginx", ""));
    assert_eq!(place, "wrong-type haberdash.yaml:8");
    assert!(
        message.contains("a list of edges, such as `[nginx, cloudflare]`"),
        "{message}"
    );
    let none = with("targets: []", "").expect_no_problems();
    assert!(none.built.edges.is_empty());
}

#[test]
fn a_target_named_twice_is_compiled_once() {
    let site = with("targets: [nginx, nginx]", "").expect_no_problems();
    assert_eq!(site.built.edges.len(), 1);
}

#[test]
fn every_target_takes_the_bare_store() {
    let targets: Vec<&str> = haberdash::targets().collect();
    let site = with(&format!("targets: [{}]", targets.join(", ")), "").expect_no_problems();
    assert_eq!(site.built.edges.keys().collect::<Vec<_>>(), targets);
    for (target, files) in &site.built.edges {
        let has_readme = files.iter().any(|file| file.path == "README.md");
        assert!(has_readme, "{target} says nothing of how it is deployed");
    }
}

#[test]
fn a_not_found_page_that_varies_is_refused_where_there_is_but_one() {
    let team = facet("team", &["none", "owls"], "none");
    let more = format!(
        "{team}-- themes/default/templates/404.html --\n<!doctype html><title>x</title>{{{{ segment(of=\"team\") }}}}\n"
    );
    let (place, message, hint) = only(&with("targets: [cloudfront]", &more));
    assert_eq!(place, "edge-cannot-express segments/team.yaml:1");
    assert_eq!(
        message,
        "cloudfront: the page for what does not exist asks for `team`, and CloudFront has but one such page"
    );
    assert!(hint.contains("`404.html`"), "{hint}");
    with("targets: [nginx]", &more).expect_no_problems();
}

#[test]
fn a_path_that_is_longer_than_a_key_of_the_store_is_refused() {
    // So many pages that ask differently that the function cannot hold their paths.
    let mut more = facet("team", &["none", "owls"], "none");
    let padding = "x".repeat(50);
    for nth in 0..400 {
        let text = if nth % 2 == 0 {
            "::: when team=owls\nHoot.\n:::\n"
        } else {
            ""
        };
        more += &format!("-- content/p{nth}-{padding}.md --\n---\ntitle: P\n---\n{text}\n");
    }
    let long = format!("{0}/{0}/{1}", "x".repeat(250), "x".repeat(9));
    more += &format!(
        "-- content/long.md --\n---\ntitle: L\nurl: /{long}/\n---\n::: when team=owls\nHoot.\n:::\n\
         -- content/beside.md --\n---\ntitle: B\nurl: /{0}/{0}/b/\n---\n-- content/above.md --\n---\ntitle: A\nurl: /{0}/a/\n---\n",
        "x".repeat(250)
    );
    let (place, message, hint) = only(&with("targets: [cloudfront]", &more));
    assert_eq!(place, "edge-limit");
    assert_eq!(
        message,
        format!(
            "cloudfront: the path `/{long}/` has 513 bytes, and a key of the store takes 502 of it"
        )
    );
    assert!(hint.contains("`url`"), "{hint}");
}

#[test]
fn a_page_says_what_it_was_made_of() {
    let team = facet("team", &["none", "owls"], "none");
    let site = site(&format!(
        "{team}-- themes/default/templates/base.html --\n<!doctype html><title>x</title>{{% block main %}}{{% endblock main %}}\n\
         -- themes/default/templates/page.html --\n{{% extends \"base.html\" %}}{{% block main %}}{{{{ body() }}}}{{{{ region(name=\"shelf\") }}}}{{% endblock main %}}\n\
         -- themes/default/regions/shelf.html --\n{{% if segment(of=\"team\") == \"owls\" %}}{{{{ fragment(name=\"card\", product=\"hat\") }}}}{{% else %}}\
         {{% for p in products(collection=\"all\") %}}{{{{ fragment(name=\"card\", product=p) }}}}{{% endfor %}}{{% endif %}}\n\
         -- content/about.md --\n---\ntitle: About\n---\nA tie is :price[tie].\n\
         -- content/catalog/collections/all.yaml --\ntitle: All\nproducts: [tie]\n\
         -- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 1\n\
         -- content/catalog/products/hat.yaml --\ntitle: Hat\nprice: 1\n"
    ))
    .expect_no_problems();
    let files = &site.built.deployment.manifest.files;
    let keys = |file: &str| -> Vec<&str> { files[file].keys.iter().map(|key| &**key).collect() };
    assert_eq!(
        keys("about/index.html"),
        [
            "collection:all",
            "page:/about/",
            // Shown to owls only, and in the list all the same.
            "product:hat",
            "product:tie",
            "segment:team",
            "template:base",
            "template:fragments/card",
            "template:page",
            "template:regions/shelf",
        ]
    );
    assert_eq!(
        keys("shop/tie/index.html"),
        ["product:tie", "template:product"]
    );
    assert!(keys("sitemap.xml").is_empty());
}

fn built(tree: SourceTree) -> haberdash::Deployment {
    let built = build_tree(tree, NOW).built;
    assert_eq!(built.summary.errors, 0, "{:#?}", built.diagnostics);
    built.deployment
}

#[test]
fn the_demo_store_is_one_function_under_ten_kilobytes() {
    let deployment = built(crate::demo_store::demo());
    let (files, problems) = haberdash::edge_files("cloudfront", &deployment);
    assert!(problems.is_empty(), "{problems:#?}");
    let function = files
        .iter()
        .find(|file| file.path == "function.js")
        .unwrap();
    assert!(function.bytes.len() < 10 * 1024, "{}", function.bytes.len());
}

#[test]
fn ten_thousand_products_with_a_handful_of_exceptions_are_one_function() {
    let mut store = String::from(
        "-- haberdash.yaml --\nsite: shop\ntitle: Shop\nbase-url: https://shop.example\ncurrency: EUR\nkeys: [{ id: k1, env: KEY }]\n\
         -- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\ngated: true\nfrom: { signed-cookie: hb_visitor, field: loyalty }\nsegments: [{ id: guest }, { id: gold }]\n\
         -- segments/team.yaml --\nfacet: team\ndefault: none\nfrom: { cookie: hb_team }\nsegments: [{ id: none }, { id: owls }]\n\
         -- themes/default/templates/product.html --\n<!doctype html><title>{{ product.title }}</title>{% set cost = price(product=product.id) %}{{ cost.text }}\
         {% if product.data.owls %}{{ segment(of=\"team\") }}{% endif %}\n\
         -- themes/default/templates/collections.html --\n<!doctype html><title>All</title>\n\
         -- themes/default/templates/page.html --\n<!doctype html><title>All</title>\n\
         -- content/catalog/products/all.jsonl --\n",
    );
    for nth in 0..10_000 {
        let owls = if nth % 2_000 == 7 {
            ",\"data\":{\"owls\":true}"
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
    let (files, problems) = haberdash::edge_files("cloudfront", &deployment);
    assert!(problems.is_empty(), "{problems:#?}");
    let function = files
        .iter()
        .find(|file| file.path == "function.js")
        .unwrap();
    assert!(function.bytes.len() < 10_000, "{}", function.bytes.len());
}
