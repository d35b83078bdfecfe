//! Real catalogs and contents, where they are at hand: `../shared/data` beside the project.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "reads data that is no part of the project, and says so where it is absent"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::PathBuf,
    process::Command,
};

use super::{BASE, Loaded, load_tree};
use crate::source::{self, SourceTree};

/// A file of the data. `None`, with a message, if it is not at hand.
fn data(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {} is not there", found.display());
    None
}

/// At most the first `lines` lines of a packed table.
fn table(path: &str, lines: usize) -> Option<Vec<u8>> {
    let packed = fs::read(data(path)?).unwrap();
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(&*packed)
        .read_to_end(&mut text)
        .unwrap();
    let kept = text.split_inclusive(|byte| *byte == b'\n').take(lines);
    Some(kept.flatten().copied().collect())
}

/// Loads the base with a mapping and its table.
fn load_mapped(mapping: &str, name: &str, table: &[u8]) -> Loaded {
    let base = SourceTree::from_fixture(BASE);
    let mut files: Vec<(String, Vec<u8>)> = base
        .iter()
        .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()))
        .collect();
    files.push((format!("content/catalog/data/{name}"), table.to_vec()));
    let mapping = format!("source: data/{name}\n{mapping}");
    files.push(("content/catalog/shop.yaml".to_owned(), mapping.into_bytes()));
    load_tree(&SourceTree::from_files(files))
}

impl Loaded {
    fn count(&self, code: &str) -> usize {
        let prefix = format!("{code} ");
        let found = self
            .problems
            .iter()
            .filter(|problem| problem.starts_with(&prefix));
        found.count()
    }

    /// The codes that were reported.
    fn codes(&self) -> BTreeSet<&str> {
        self.problems
            .iter()
            .filter_map(|problem| problem.split(' ').next())
            .collect()
    }

    fn products(&self) -> usize {
        self.store().catalog.products.len()
    }
}

fn rows(table: &[u8]) -> usize {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    reader.records().count()
}

#[test]
fn a_beauty_catalog_with_lists_in_cells() {
    let Some(table) = table("sephora/product_info.csv.gz", usize::MAX) else {
        return;
    };
    let loaded = load_mapped(
        "columns: { id: product_id, title: product_name, vendor: brand_name, kind: primary_category, price: price_usd, tags: { column: highlights, split: list }, data: { rating: rating } }\n",
        "sephora.csv",
        &table,
    );
    assert_eq!(loaded.products(), 8494);
    assert_eq!(loaded.problems, [""; 0]);
    let product = loaded.store().catalog.product("p473671").unwrap();
    assert_eq!(product.vendor.as_deref(), Some("19-69"));
    assert!(product.tags.len() > 2, "{:?}", product.tags);
    assert!(product.data["rating"].is_number());
}

#[test]
fn a_large_catalog_of_food() {
    let Some(table) = table("openfoodfacts/products-every6th-chunk.csv.gz", 20_000) else {
        return;
    };
    let loaded = load_mapped(
        "columns: { id: barcode_id, title: product_name, description: ingredients, image: product_image, data: { sugar: sugar } }\n",
        "food.csv",
        &table,
    );
    assert_eq!(
        loaded.codes(),
        BTreeSet::from(["missing-price", "skipped-row"])
    );
    assert_eq!(loaded.count("missing-price"), 1);
    assert!(loaded.products() > 15_000);
    assert_eq!(
        loaded.products() + loaded.count("skipped-row"),
        rows(&table)
    );
}

#[test]
fn a_catalog_of_books_without_prices() {
    let Some(table) = table("goodbooks/books.csv.gz", usize::MAX) else {
        return;
    };
    let loaded = load_mapped(
        "columns: { id: book_id, title: title, vendor: authors, image: image_url }\ndefaults: { kind: Book }\n",
        "books.csv",
        &table,
    );
    assert_eq!(loaded.products(), 10_000);
    assert_eq!(loaded.codes(), BTreeSet::from(["missing-price"]));
}

#[test]
fn the_items_of_an_order_history() {
    let Some(table) = table("online-retail/online_retail.csv.gz", 15_000) else {
        return;
    };
    let loaded = load_mapped(
        "columns: { id: StockCode, title: Description, price: UnitPrice }\n",
        "retail.csv",
        &table,
    );
    assert!(loaded.products() > 1000);
    assert_eq!(
        loaded.products() + loaded.count("skipped-row"),
        rows(&table)
    );
}

#[test]
fn parts_of_computers_in_json_lines() {
    let Some(table) = table("pc-parts/cpu.jsonl.gz", usize::MAX) else {
        return;
    };
    let loaded = load_mapped(
        "columns: { id: opendb_id, title: metadata.name, vendor: metadata.manufacturer, data: { socket: socket } }\n",
        "cpu.jsonl",
        &table,
    );
    assert!(loaded.products() > 100);
    let lines = table
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    assert_eq!(
        loaded.products() + loaded.count("skipped-row"),
        lines.count()
    );
}

#[test]
fn an_export_of_a_shop() {
    let Some(path) = data("shopify-packt-sample/Product-data.csv") else {
        return;
    };
    let loaded = super::base_and_bytes("content/catalog/products.csv", &fs::read(path).unwrap());
    assert_eq!(loaded.products() + loaded.store().catalog.inactive, 20);
    assert!(
        loaded
            .store()
            .catalog
            .products
            .iter()
            .all(|p| p.prices.is_some())
    );
}

/// Loads the base with packed Markdown.
fn load_content(path: &str) -> Option<Loaded> {
    let archive = data(path)?;
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar")
        .arg("-xJf")
        .arg(&archive)
        .arg("-C")
        .arg(folder.path())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("skipped: tar cannot unpack {}", archive.display());
        return None;
    }
    let read = source::read(folder.path()).unwrap();
    let base = SourceTree::from_fixture(BASE);
    let files: BTreeMap<String, Vec<u8>> = read
        .iter()
        .chain(base.iter())
        .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()))
        .collect();
    Some(load_tree(&SourceTree::from_files(files)))
}

#[test]
fn a_site_that_was_written_for_another_generator() {
    let Some(loaded) = load_content("content-digitalgov/content-md.tar.xz") else {
        return;
    };
    let store = loaded.store();
    assert_eq!(store.pages.len() + store.unpublished, 3000);
    assert!(
        store
            .pages
            .iter()
            .filter(|page| !page.aliases.is_empty())
            .count()
            > 100
    );
    assert!(store.pages.iter().all(|page| !page.title().is_empty()));
}

#[test]
fn a_site_of_recipes() {
    let Some(loaded) = load_content("content-recipes/content-md.tar.xz") else {
        return;
    };
    assert!(loaded.store().pages.len() > 300);
}
