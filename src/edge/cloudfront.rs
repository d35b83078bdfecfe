//! CloudFront: one function for the viewer's request and response, with a key-value store.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Can, Deployment, Edge, EdgeFile, Problems, javascript};
use crate::{digest::Digest, script};

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
/// Most entries that one call puts into a store.
const PUTS: usize = 50;
/// Largest key-value store, in bytes.
const STORE: usize = 5 * 1024 * 1024;

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    javascript::check_values(deployment, problems);
    let adapter = include_str!("cloudfront/adapter.js");
    let nothing = "function lookUpPaths() {}\n";
    let table = &deployment.table;
    let imports = include_str!("cloudfront/imports.js");
    // In a function of its own, so that every name can be shortened but the one that is called.
    let small = |body: &str| {
        let script =
            format!("{imports}var handler = (function () {{\n{body}\nreturn handle;\n}})();\n");
        script::minify(&script, script::Syntax::AsWritten)
    };
    let core = javascript::Core::of(table);
    let mut readable = format!("{adapter}\n{nothing}\n{}", core.whole());
    let mut function = small(&readable);
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    if function.len() > FUNCTION {
        let paths = include_str!("cloudfront/paths.js");
        readable = format!("{adapter}{paths}\n{}", core.without_paths());
        let listed = store(&core.paths(), &table.redirects);
        let texts = listed
            .iter()
            .flat_map(|(path, to)| [path.as_bytes(), to.as_bytes()]);
        let build = Digest::of_parts(texts.chain([readable.as_bytes()])).short();
        let depths = table
            .prefixes
            .keys()
            .map(|prefix| prefix.matches('/').count());
        let depth = depths.max().unwrap_or(0);
        readable += &format!("var BUILD = '{build}', DEPTH = {depth};\n");
        function = small(&readable);
        entries = listed
            .into_iter()
            .map(|(path, to)| (build.clone() + &path, to))
            .collect();
        check_store(&entries, problems);
    }
    if function.len() > FUNCTION {
        problems.exceeds_code(
            "function",
            function.len(),
            FUNCTION,
            "ask for fewer facets together on one page, or give them fewer segments and values",
        );
    }
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
        entries = entries.len(),
        secrets = secrets,
    );
    let build = entries
        .keys()
        .next()
        .map_or("", |key| &key[..key.find('/').unwrap_or(0)]);
    let mut files = puts(&entries);
    files.extend([
        EdgeFile::new("README.md", readme),
        EdgeFile::new("upload.sh", upload(deployment)),
        EdgeFile::new(
            "deploy.sh",
            include_str!("cloudfront/deploy.sh").replace("{build}", build),
        ),
        EdgeFile::new(
            "headers-policy.json",
            include_str!("cloudfront/headers-policy.json"),
        ),
        EdgeFile::new("function.js", function),
        EdgeFile::new(
            "function.readable.js",
            format!("{imports}{readable}\nvar handler = handle;\n"),
        ),
    ]);
    files
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
        // What is for good is there or not. Of all else the times say nothing: they are made of contents.
        let put = if is_immutable { "put_new" } else { "put" };
        format!("{put} --exclude '*' --include '{pattern}' --content-type '{kind}' --cache-control '{caching}'\n")
    });
    include_str!("cloudfront/upload.sh").replace("{types}\n", &lines.collect::<String>())
}

/// The lists of paths and redirects.
fn store(
    folders: &javascript::Folders,
    redirects: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut entries: BTreeMap<String, String> = redirects.clone();
    for (folder, names) in folders {
        for (name, root) in names {
            entries.insert(format!("{folder}{name}"), root.to_string());
        }
    }
    entries
}

fn check_store(entries: &BTreeMap<String, String>, problems: &mut Problems<'_>) {
    let mut size = 0;
    for (key, value) in entries {
        size += key.len() + value.len();
        if key.len() > STORE_KEY {
            let (build, _) = key.split_at(key.find('/').unwrap_or(0));
            let path = &key[build.len()..];
            problems.exceeds(
                format!(
                    "the path `{path}` has {} bytes, and a key of the store takes {} of it",
                    path.len(),
                    STORE_KEY - build.len()
                ),
                "give the page a shorter `url`",
            );
        }
    }
    // Those of the build before are there until the new function is.
    if size * 2 > STORE {
        problems.exceeds(
            format!(
                "the lists of {} paths have {size} bytes, and a key-value store of {STORE} takes those of two builds",
                entries.len()
            ),
            "let pages of one folder ask for the same facets, so that they share an entry",
        );
    }
}

/// Entries as one call takes them.
fn puts(entries: &BTreeMap<String, String>) -> Vec<EdgeFile> {
    let entries: Vec<Value> = entries
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    let calls = entries.chunks(PUTS).zip(1..);
    calls
        .map(|(call, nth)| {
            let text = serde_json::to_string_pretty(call).expect("it is text") + "\n";
            EdgeFile::new(&format!("store/{nth:03}.json"), text)
        })
        .collect()
}
