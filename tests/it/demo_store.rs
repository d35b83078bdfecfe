//! The repository's own store builds without a problem, and uses what there is to use.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use haberdash::{BuildOptions, Built, Keys, Memory, SourceTree, build};

pub fn demo() -> SourceTree {
    let mut files = Vec::new();
    for folder in ["content", "themes", "segments", "haberdash.yaml"] {
        for entry in walkdir::WalkDir::new(folder)
            .into_iter()
            .map(Result::unwrap)
        {
            if entry.file_type().is_file() {
                let mut bytes = std::fs::read(entry.path()).unwrap();
                if entry.path().extension().is_some_and(|e| e == "gz") {
                    let mut unpacked = Vec::new();
                    let mut decoder = flate2::read::GzDecoder::new(bytes.as_slice());
                    std::io::Read::read_to_end(&mut decoder, &mut unpacked).unwrap();
                    bytes = unpacked;
                }
                files.push((entry.path().to_str().unwrap().to_owned(), bytes));
            }
        }
    }
    SourceTree::from_files(files)
}

pub type Files = BTreeMap<String, Vec<u8>>;

/// Builds a store in memory, as everyone does on the same day.
fn build_tree(tree: SourceTree) -> (Built, Files) {
    let tree = Arc::new(tree);
    let memory = Memory::default();
    let options = BuildOptions {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        keys: &|store, _| Keys::development(&store.config.site, None),
        minifies: true,
        precompresses: Some(false),
        targets: None,
        pictures: &haberdash::NoPictures,
        progress: &|_, _, _| {},
    };
    let built = build(&tree, &options, &memory).unwrap();
    (built, memory.into_files())
}

/// The store, built once for all tests.
pub fn built() -> &'static (Built, Files) {
    static BUILT: OnceLock<(Built, Files)> = OnceLock::new();
    BUILT.get_or_init(|| build_tree(demo()))
}

/// Every page that is no redirect: its public path, the label of its variant, its text.
pub fn pages() -> impl Iterator<Item = (String, &'static str, &'static str)> {
    let html = built().1.iter().filter(|(path, _)| path.ends_with(".html"));
    html.filter_map(|(path, bytes)| {
        let text = std::str::from_utf8(bytes).unwrap();
        let (label, path) = match path.strip_prefix("_v/") {
            None => ("", path.as_str()),
            Some(rest) => rest.split_once('/').unwrap().1.split_once('/').unwrap(),
        };
        let route = format!("/{}", path.strip_suffix("index.html").unwrap_or(path));
        (!text.contains("http-equiv=")).then_some((route, label, text))
    })
}

/// What stands between two marks, wherever they occur.
pub fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start)
        .skip(1)
        .map(|rest| rest.split(end).next().unwrap())
        .collect()
}

/// The JSON-LD of a page, graphs taken apart.
fn data(text: &str) -> Vec<serde_json::Value> {
    between(text, "<script type=application/ld+json>", "</script>")
        .into_iter()
        .flat_map(|json| {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            match value["@graph"].as_array() {
                Some(graph) => graph.clone(),
                None => vec![value],
            }
        })
        .collect()
}

#[test]
fn the_demo_store_builds_without_a_problem() {
    let (built, files) = built();
    assert!(built.diagnostics.is_empty(), "{:#?}", built.diagnostics);
    assert!(built.summary.products >= 80, "{:?}", built.summary);
    let articles = pages().filter(|(route, label, _)| {
        label.is_empty() && route.starts_with("/journal/") && route.matches('/').count() == 3
    });
    assert!(articles.count() >= 12);
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(!text.contains('\u{10FFF0}'), "{path} is unfinished");
    }
}

#[test]
fn the_theme_serves_a_store_that_has_next_to_nothing() {
    let own = [
        (
            "haberdash.yaml",
            "site: tiny\ntitle: Tiny\nbase-url: https://tiny.example\ncurrency: USD\n",
        ),
        (
            "content/index.md",
            "---\ntitle: Tiny\n---\nA lamp, and that is all.\n",
        ),
        ("content/notes/_index.md", "---\ntitle: Notes\n---\n"),
        (
            "content/notes/2026-01-02-light.md",
            "---\ntitle: Light\ntags: [light]\n---\nIt is on.\n",
        ),
        (
            "content/catalog/products/lamp.yaml",
            "title: Lamp\nprice: 20.00\n",
        ),
        (
            "content/catalog/collections/all.yaml",
            "title: All\nwhere: { in-stock: true }\n",
        ),
    ];
    let demo = demo();
    let theme = demo
        .below("themes/")
        .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()));
    let own = own.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let (built, files) = build_tree(SourceTree::from_files(own.into_iter().chain(theme)));
    assert!(built.diagnostics.is_empty(), "{:#?}", built.diagnostics);
    let lamp = String::from_utf8_lossy(&files["shop/lamp/index.html"]);
    assert!(
        lamp.contains("$20.00") && !lamp.contains("Landing"),
        "{lamp}"
    );
}

#[test]
fn every_page_says_what_it_is_and_where() {
    let mut titles: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for (route, label, text) in pages() {
        let one = |start: &str, end: &str| {
            let found = between(text, start, end);
            assert_eq!(found.len(), 1, "{start} on {route} {label}");
            found[0]
        };
        let title = one("<title>", "</title>");
        titles
            .entry((label, title))
            .or_default()
            .insert(route.clone());
        if route != "/404.html" {
            let canonical = format!("<link href=https://ottoline.example{route} rel=canonical>");
            assert_eq!(text.matches(&canonical).count(), 1, "{route} {label}");
        }
        assert!(text.contains("name=description"), "{route} {label}");
        data(text);
    }
    let same: Vec<_> = titles
        .iter()
        .filter(|(_, routes)| routes.len() > 1)
        .collect();
    assert!(same.is_empty(), "titles of several pages: {same:#?}");
}

#[test]
fn a_product_page_tells_machines_the_price_that_it_shows() {
    let mut seen = 0;
    for (route, label, text) in pages().filter(|(route, _, _)| route.starts_with("/shop/")) {
        let data = data(text);
        let product = data.iter().find(|value| value["@type"] == "Product");
        let product = product.unwrap_or_else(|| panic!("{route} {label} has no product"));
        let shown = between(text, "<p class=product-price>", "</p>");
        let shown = between(shown[0], "class=\"amount-now", "</strong>")
            .into_iter()
            .chain(between(shown[0], "class=amount-now", "</strong>"))
            .next();
        let Some(shown) = shown else { continue };
        let shown = shown.rsplit('€').next().unwrap().replace(',', "");
        let offers = product["offers"].as_array().unwrap();
        let prices: Vec<&str> = offers
            .iter()
            .map(|offer| offer["price"].as_str().or(offer["lowPrice"].as_str()))
            .map(Option::unwrap)
            .collect();
        assert!(
            prices.contains(&shown.as_str()),
            "{route} {label}: {shown} is not in {prices:?}"
        );
        assert!(
            offers.iter().all(|offer| offer["priceCurrency"] == "EUR"),
            "{route} {label}"
        );
        assert!(
            data.iter().any(|value| value["@type"] == "BreadcrumbList"),
            "{route} {label}"
        );
        seen += 1;
    }
    assert!(seen > 200, "{seen} pages with a price");
}

#[test]
fn members_words_and_prices_are_in_no_public_file() {
    let (_, files) = built();
    let public = files
        .iter()
        .filter(|(path, _)| !path.starts_with("_v/") || path.starts_with("_v/open/"));
    for (path, bytes) in public {
        let text = String::from_utf8_lossy(bytes);
        for words in [
            "Welcome back to the landing",
            "Good to see your card",
            "Your card may ask for it",
            "on your gold card",
        ] {
            assert!(!text.contains(words), "{path} has {words:?}");
        }
    }
}
