//! CloudFront: one function for the viewer's request and response, with a key-value store.

use std::collections::BTreeMap;

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
    let imports = include_str!("cloudfront/imports.js");
    // In a function of its own, so that every name can be shortened but the one that is called.
    let small = |body: &str| {
        let script =
            format!("{imports}var handler = (function () {{\n{body}\nreturn handle;\n}})();\n");
        javascript::minify(&script)
    };
    let core = javascript::Core::of(table);
    let mut readable = format!("{adapter}\n{nothing}\n{}", core.whole());
    let mut function = small(&readable);
    let mut entries: Vec<Value> = Vec::new();
    if function.len() > FUNCTION {
        let paths = include_str!("cloudfront/paths.js");
        readable = format!("{adapter}{paths}\n{}", core.without_paths());
        function = small(&readable);
        entries = store(&core.paths(), &table.redirects, problems);
    }
    if function.len() > FUNCTION {
        problems.exceeds_code(
            "function",
            function.len(),
            FUNCTION,
            "ask for fewer facets together on one page, or write fewer aliases",
        );
    }
    let count = entries.len();
    let store =
        serde_json::to_string_pretty(&json!({ "data": entries })).expect("it is text") + "\n";
    let secrets = javascript::secrets(deployment, |key| {
        format!(
            "aws cloudfront-keyvaluestore put-key --kvs-arn … --if-match … --key key.{} --value \"${}\"",
            key.id, key.env
        )
    });
    let readme = format!(
        include_str!("cloudfront/README.md"),
        title = deployment.title,
        size = function.len(),
        entries = count,
        secrets = secrets,
    );
    vec![
        EdgeFile::new("README.md", readme),
        EdgeFile::new("upload.sh", upload(deployment)),
        EdgeFile::new("function.js", function),
        EdgeFile::new(
            "function.readable.js",
            format!("{imports}{readable}\nvar handler = handle;\n"),
        ),
        EdgeFile::new("store.json", store),
    ]
}

/// A line for each extension, with its type, and for each file that is not as its extension says: the
/// bucket guesses, and the site knows.
fn upload(deployment: &Deployment) -> String {
    // By pattern: the type, and whether all that fits is for good. A pattern ignores no case of letters.
    let mut types: BTreeMap<String, (&str, bool)> = BTreeMap::new();
    let mut others: BTreeMap<String, (&str, bool)> = BTreeMap::new();
    for (path, entry) in &deployment.manifest.files {
        let own = (entry.content_type.as_str(), entry.immutable);
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some((_, extension)) = name.rsplit_once('.') else {
            others.insert(path.clone(), own);
            continue;
        };
        let known = types.entry(format!("*.{extension}")).or_insert(own);
        if known.0 == own.0 {
            known.1 &= own.1;
        } else {
            others.insert(path.clone(), own);
        }
    }
    let lines = types.into_iter().chain(others).map(|(pattern, (kind, is_immutable))| {
        let caching = if is_immutable { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        format!("put --exclude '*' --include '{pattern}' --content-type '{kind}' --cache-control '{caching}'\n")
    });
    include_str!("cloudfront/upload.sh").replace("{types}\n", &lines.collect::<String>())
}

/// The lists of paths and redirects as entries of the store.
fn store(
    folders: &javascript::Folders,
    redirects: &BTreeMap<String, String>,
    problems: &mut Problems<'_>,
) -> Vec<Value> {
    let mut entries: BTreeMap<String, String> = redirects.clone();
    for (folder, names) in folders {
        for (name, root) in names {
            entries.insert(format!("{folder}{name}"), root.to_string());
        }
    }
    let mut size = 0;
    for (key, value) in &entries {
        size += key.len() + value.len();
        if key.len() > STORE_KEY {
            problems.exceeds(
                format!(
                    "the path `{key}` has {} bytes, and a key of the store takes {STORE_KEY}",
                    key.len()
                ),
                "give the page a shorter `url`",
            );
        }
    }
    if size > STORE {
        problems.exceeds(
            format!(
                "the list of {} paths has {size} bytes, and a key-value store takes {STORE}",
                entries.len()
            ),
            "let pages of one folder ask for the same facets, so that they share an entry",
        );
    }
    let entries = entries.into_iter();
    entries
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect()
}
