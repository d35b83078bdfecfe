//! What feeds say of a store.

use std::sync::Arc;

use super::{Addresses, feeds};
use crate::{
    customizer::Customizers,
    diagnostic::Diagnostics,
    load::{LoadOptions, load},
    plan::plan,
    source::SourceTree,
};

const STORE: &str = "\
-- haberdash.yaml --
site: shop
title: Pins & Needles
description: A shop.
base-url: https://shop.example
currency: EUR
-- content/index.md --
---
title: Home
---
-- content/journal/_index.md --
---
title: Journal
---
-- content/journal/2026-02-03-wool.md --
---
title: Wool < silk
summary: { default: For all., loyalty.gold: For the few. }
updated: 2026-03-01
tags: [wool]
author: Ilse
---
-- content/help.md --
---
title: Help
summary: Where to ask.
alternates: { x-default: /help/, en-GB: /uk/ }
---
-- content/uk.md --
---
title: Help in Britain
alternates: { x-default: /help/, en-GB: /uk/ }
---
-- content/secret.md --
---
title: Found only by link
noindex: true
---
-- content/images/tie.svg --
<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>
-- content/catalog/products/tie.yaml --
title: Tie
summary: Knitted.
vendor: Fenn
kind: Ties
price: 40.00
compare-at: 50.00
prices: { loyalty.gold: 30.00 }
updated: 2026-04-05
images: [{ src: images/tie.svg, alt: A tie }]
options: [{ title: Color, values: [Red, Blue] }]
skus:
  - { id: T-R, values: [Red], stock: 1, barcode: \"4006381333931\" }
  - { id: T-B, values: [Blue], stock: 0, price: 41.00, barcode: \"4006381333930\" }
-- content/catalog/products/gift.yaml --
title: Gift
price: 5.00
-- content/catalog/collections/all.yaml --
title: All
where: { in-stock: true }
-- segments/loyalty.yaml --
facet: loyalty
default: guest
gated: true
from: { signed-cookie: hb_visitor, field: loyalty }
segments: [{ id: gold }]
-- themes/default/theme.yaml --
icon: icon.svg
background: \"#fff\"
-- themes/default/assets/icon.svg --
<svg/>
-- themes/default/templates/page.html --
";

/// Every file exists.
struct Anywhere;

impl Addresses for Anywhere {
    fn file(&self, path: &str) -> Option<String> {
        Some(format!("/{path}"))
    }

    fn raster(&self, path: &str, width: u32) -> Option<String> {
        Some(format!("/{path}-{width}.png"))
    }
}

/// The feeds of the store, with more files: paths and texts.
fn made(more: &str) -> Vec<(String, String)> {
    let tree = Arc::new(SourceTree::from_fixture(&format!("{STORE}{more}")));
    let mut diagnostics = Diagnostics::default();
    let options = LoadOptions {
        now: "2026-06-01T00:00:00Z".parse().expect("the time is one"),
    };
    let store = load(&tree, &options, &mut diagnostics).expect("the fixture has a configuration");
    let plan = plan(&store, &mut diagnostics);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    feeds(&store, &plan, &Anywhere, &Customizers::default())
        .into_iter()
        .map(|file| {
            (
                file.path,
                String::from_utf8(file.bytes).expect("feeds are text"),
            )
        })
        .collect()
}

#[track_caller]
fn feed(path: &str) -> String {
    let made = made("");
    let found = made.into_iter().find(|(own, _)| own == path);
    found.expect("the feed is made").1
}

#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn the_sitemap_has_every_listed_page_with_its_change_and_alternates() {
    let text = feed("sitemap.xml");
    holds(
        &text,
        &[
            "<loc>https://shop.example/journal/wool/</loc>\n  <lastmod>2026-03-01T00:00:00Z</lastmod>",
            // A section and a collection change with what they list.
            "<loc>https://shop.example/journal/</loc>\n  <lastmod>2026-03-01T00:00:00Z</lastmod>",
            "<loc>https://shop.example/collections/all/</loc>\n  <lastmod>2026-04-05T00:00:00Z</lastmod>",
            "<loc>https://shop.example/shop/tie/</loc>\n  <lastmod>2026-04-05T00:00:00Z</lastmod>",
            "<xhtml:link rel=\"alternate\" hreflang=\"en-GB\" href=\"https://shop.example/uk/\"/>",
        ],
    );
    assert!(
        !text.contains("/secret/") && !text.contains("404"),
        "{text}"
    );
}

#[test]
fn a_large_sitemap_is_an_index_of_several() {
    let mut more = String::from("-- content/catalog/products/many.jsonl --\n");
    for n in 0..50_001 {
        more += &format!("{{\"id\":\"p{n}\",\"title\":\"P\",\"price\":1}}\n");
    }
    let made = made(&more);
    let text = |path: &str| {
        &made
            .iter()
            .find(|(own, _)| own == path)
            .expect("it is made")
            .1
    };
    holds(
        text("sitemap.xml"),
        &[
            "<sitemapindex",
            "<loc>https://shop.example/sitemap-2.xml</loc>",
        ],
    );
    assert_eq!(text("sitemap-1.xml").matches("<url>").count(), 50_000);
    assert!(text("sitemap-2.xml").matches("<url>").count() > 1);
}

#[test]
fn atom_has_the_newest_documents_and_tells_no_segment_s_text() {
    let text = feed("journal/feed.xml");
    holds(
        &text,
        &[
            "<title>Pins &amp; Needles: Journal</title>",
            "<id>https://shop.example/journal/wool/</id>",
            "<title>Wool &lt; silk</title>",
            "<published>2026-02-03T00:00:00Z</published>",
            "<updated>2026-03-01T00:00:00Z</updated>",
            "<name>Ilse</name>",
            "<category term=\"wool\"/>",
            "<summary>For all.</summary>",
        ],
    );
    assert!(!text.contains("For the few"));
}

#[test]
fn the_product_feed_has_an_item_for_each_sku_at_the_public_price() {
    let text = feed("products.xml");
    holds(
        &text,
        &[
            "<g:id>T-R</g:id>",
            "<g:title>Tie, Red</g:title>",
            "<g:link>https://shop.example/shop/tie/</g:link>",
            "<g:image_link>https://shop.example/images/tie.svg-1200.png</g:image_link>",
            "<g:availability>out_of_stock</g:availability>",
            "<g:price>50.00 EUR</g:price>\n   <g:sale_price>40.00 EUR</g:sale_price>",
            "<g:price>41.00 EUR</g:price>",
            "<g:gtin>4006381333931</g:gtin>",
            "<g:item_group_id>tie</g:item_group_id>",
            "<g:color>Red</g:color>",
            // The second bar code has a wrong check digit.
            "<g:identifier_exists>no</g:identifier_exists>",
        ],
    );
    assert!(!text.contains("30.00"), "{text}");
}

#[test]
fn robots_llms_and_the_web_manifest_name_what_there_is() {
    assert_eq!(
        feed("robots.txt"),
        "User-agent: *\nDisallow:\n\nSitemap: https://shop.example/sitemap.xml\n"
    );
    holds(
        &feed("llms.txt"),
        &[
            "# Pins & Needles\n\n> A shop.\n",
            "## Collections\n\n- [All](https://shop.example/collections/all/)\n",
            "- [Tie](https://shop.example/shop/tie/): Knitted. €40.00\n",
            "## Journal\n\n- [Wool < silk](https://shop.example/journal/wool/): For all.\n",
            "- [Help](https://shop.example/help/): Where to ask.\n",
        ],
    );
    holds(
        &feed("manifest.webmanifest"),
        &[
            "\"name\": \"Pins & Needles\"",
            "\"src\": \"/assets/icon.svg\"",
            "\"sizes\": \"any\"",
            "\"src\": \"/assets/icon.svg-512.png\"",
        ],
    );
}

#[test]
fn a_file_of_the_store_s_own_replaces_a_feed() {
    let made = made("-- content/robots.txt --\nUser-agent: *\n");
    assert!(!made.iter().any(|(path, _)| path == "robots.txt"));
}

#[test]
fn a_feed_that_is_not_wanted_is_not_made() {
    let mut store = STORE.to_owned();
    store = store.replace(
        "currency: EUR\n",
        "currency: EUR\nfeeds: { llms: false, disallow: [/secret/] }\n",
    );
    let tree = Arc::new(SourceTree::from_fixture(&store));
    let mut diagnostics = Diagnostics::default();
    let options = LoadOptions {
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let store = load(&tree, &options, &mut diagnostics).expect("the fixture has a configuration");
    let plan = plan(&store, &mut diagnostics);
    let made = feeds(&store, &plan, &Anywhere, &Customizers::default());
    assert!(!made.iter().any(|file| file.path == "llms.txt"));
    let robots = made
        .iter()
        .find(|file| file.path == "robots.txt")
        .expect("it is made");
    assert!(String::from_utf8_lossy(&robots.bytes).contains("Disallow: /secret/\n"));
}
