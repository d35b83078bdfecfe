//! Fixture string to store and problems.

mod bodies;
mod catalog;
mod codes;
mod customization;
mod mutations;
mod pages;
mod real;
mod segments;
mod shopify;

use crate::{
    diagnostic::Diagnostics,
    load::{LoadOptions, load},
    model::{Block, Body, Store},
    report,
    source::SourceTree,
};

/// What every fixture has, unless it brings its own.
const BASE: &str = "\
-- haberdash.yaml --
site: shop
title: Shop
base-url: https://shop.example
currency: EUR
-- themes/default/templates/page.html --
{{ body() }}
-- segments/loyalty.yaml --
facet: loyalty
default: guest
from: { cookie: hb_loyalty }
segments:
  - id: silver
  - { id: gold, inherits: silver }
-- segments/team.yaml --
facet: team
default: none
from: { cookie: hb_team }
segments: [{ id: lions }, { id: owls }]
";

/// A loaded store and its problems.
struct Loaded {
    store: Option<Store>,
    /// `code path:line:column hint`, in order.
    problems: Vec<String>,
}

impl Loaded {
    #[track_caller]
    fn store(&self) -> &Store {
        self.store
            .as_ref()
            .expect("the fixture has a configuration")
    }

    /// The store, of which nothing may be wrong.
    #[track_caller]
    fn sound(self) -> Store {
        assert_eq!(self.problems, [""; 0]);
        self.store.expect("the fixture has a configuration")
    }

    #[track_caller]
    fn expect(self, problems: &[&str]) -> Store {
        assert_eq!(self.problems, problems);
        self.store.expect("the fixture has a configuration")
    }
}

fn load_tree(tree: &SourceTree) -> Loaded {
    let options = LoadOptions {
        now: "2026-06-01T12:00:00Z".parse().expect("a time"),
    };
    let mut diagnostics = Diagnostics::default();
    let store = load(tree, &options, &mut diagnostics);
    diagnostics.sort();
    let json = report::json(&diagnostics, tree);
    let list: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    let problems = list
        .iter()
        .map(|problem| {
            let text = |key: &str| problem[key].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {}:{}:{} {}",
                text("code"),
                text("path"),
                problem["line"],
                problem["column"],
                text("hint")
            )
        })
        .collect();
    Loaded { store, problems }
}

/// Loads the base and more files.
fn base_and(more: &str) -> Loaded {
    load_tree(&SourceTree::from_fixture(&format!("{BASE}{more}")))
}

/// Loads the base and one file with any bytes.
fn base_and_bytes(path: &str, bytes: &[u8]) -> Loaded {
    let base = SourceTree::from_fixture(BASE);
    let files = base
        .iter()
        .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()))
        .chain([(path.to_owned(), bytes.to_vec())]);
    load_tree(&SourceTree::from_files(files))
}

/// A body on one line: prose as it is, blocks as `[condition: … | …]`.
fn outline(body: &Body, store: &Store) -> String {
    fn blocks(list: &[Block], store: &Store) -> String {
        let texts: Vec<String> = list
            .iter()
            .map(|block| match block {
                Block::Prose(prose) => prose.text.trim().to_owned(),
                Block::When(branches) => {
                    let branches: Vec<String> = branches
                        .iter()
                        .map(|branch| {
                            let when: Vec<String> = branch
                                .when
                                .iter()
                                .map(|(variable, set)| store.facets.describe(*variable, set))
                                .collect();
                            format!("{}: {}", when.join(" "), blocks(&branch.blocks, store))
                        })
                        .collect();
                    format!("[{}]", branches.join(" | "))
                }
            })
            .collect();
        texts.join(" ")
    }
    blocks(&body.blocks, store)
}
