//! Surrogate keys, as an engine sends them.

use std::{collections::BTreeSet, net::Ipv4Addr};

use super::{
    Compile, Engine, Shop, deploy,
    epoch::epochs,
    now,
    wire::{Client, Outcome},
};

/// Runs an engine, and compares what it says a page was made of with the manifest.
#[track_caller]
pub fn expect_keys(
    engine: &Engine,
    shop: &Shop,
    compile: Compile<'_>,
    header: &str,
    separator: &str,
) {
    let table = &epochs(&shop.table, now())[0].table;
    let (_folder, deployed, _running) = deploy(engine, shop, table, &[], compile);
    let mut client = Client::new(deployed.port);
    let mut ask = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n");
        match client.send(Ipv4Addr::LOCALHOST, request.as_bytes(), false, true) {
            Outcome::Answered(answer) => (answer.status, answer.header(header)),
            Outcome::Dropped(why) => panic!("{path}: {why}"),
        }
    };
    let listed = |path: &str| -> BTreeSet<String> {
        let file = format!("{}index.html", &path[1..]);
        let keys = &shop.manifest.files[&file].keys;
        keys.iter().map(ToString::to_string).collect()
    };
    let product = "/shop/canal-runner/";
    let expected = listed(product);
    for key in ["product:canal-runner", "template:product", "template:base"] {
        assert!(expected.contains(key), "{expected:?} lacks {key}");
    }
    let (status, value) = ask(product);
    let value = value.unwrap_or_else(|| panic!("{product} has no {header}"));
    let sent: BTreeSet<String> = value.split(separator).map(str::to_owned).collect();
    assert_eq!((status, sent), (200, expected), "{value}");

    // A page that shows every product.
    let (_, value) = ask("/search/");
    let value = value.expect("the page has keys");
    let sent: BTreeSet<String> = value.split(separator).map(str::to_owned).collect();
    for key in listed("/search/") {
        let broad = format!("{}:*", key.split(':').next().unwrap());
        assert!(
            sent.contains(&key) || sent.contains(&broad),
            "{value} lacks {key}"
        );
    }

    for (path, expected) in [
        ("/favicon.ico", 404),
        ("/no/such/page/", 404),
        ("/sitemap.xml", 200),
    ] {
        assert_eq!(ask(path), (expected, None), "{path}");
    }
}
