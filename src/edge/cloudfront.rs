//! CloudFront: one function for the viewer's request and response, with a key-value store.

use serde_json::{Value, json};

use super::{Can, Deployment, Edge, EdgeFile, Problems, javascript};

pub(super) const EDGE: Edge = Edge {
    name: "cloudfront",
    title: "CloudFront",
    can: Can {
        vary_not_found: false,
        ..Can::ALL
    },
    compile,
};

/// Largest function, in bytes.
const FUNCTION: usize = 10 * 1024;
/// Largest key of a key-value store, in bytes.
const STORE_KEY: usize = 512;
/// Largest key-value store, in bytes.
const STORE: usize = 5 * 1024 * 1024;

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let adapter = include_str!("cloudfront/adapter.js");
    let nothing = "function lookUpPaths() {}\n";
    let table = &deployment.table;
    let whole = format!("{adapter}\n{nothing}\n{}", javascript::core(table));
    let mut function = javascript::minify(&whole);
    let mut readable = whole;
    let mut entries: Vec<Value> = Vec::new();
    if function.len() > FUNCTION {
        let paths = include_str!("cloudfront/paths.js");
        readable = format!(
            "{adapter}{paths}\n{}",
            javascript::core_without_paths(table)
        );
        function = javascript::minify(&readable);
        entries = store(deployment, problems);
    }
    if function.len() > FUNCTION {
        problems.exceeds(
            format!(
                "the function has {} bytes, and CloudFront takes {FUNCTION}",
                function.len()
            ),
            "ask for fewer facets together on one page, or write fewer aliases",
        );
    }
    let store =
        serde_json::to_string_pretty(&json!({ "data": entries })).expect("it is text") + "\n";
    vec![
        EdgeFile::new("function.js", function),
        EdgeFile::new("function.readable.js", readable),
        EdgeFile::new("store.json", store),
    ]
}

/// The list of paths as entries of the store.
fn store(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut size = 0;
    for (folder, names) in javascript::paths(&deployment.table) {
        for (name, root) in names.as_object().expect("names have roots") {
            let (key, value) = (format!("{folder}{name}"), root.to_string());
            size += key.len() + value.len();
            if key.len() > STORE_KEY {
                problems.exceeds(
                    format!(
                        "the path `{key}` has {} bytes, and a key of the store {STORE_KEY}",
                        key.len()
                    ),
                    "give the page a shorter `url`",
                );
            }
            entries.push(json!({ "key": key, "value": value }));
        }
    }
    if size > STORE {
        problems.exceeds(
            format!("the list of paths has {size} bytes, and a key-value store {STORE}"),
            "let pages of one folder ask for the same facets, so that they share an entry",
        );
    }
    entries
}
