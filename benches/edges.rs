//! What a decision costs at an edge that runs JavaScript: bytes, entries, and time as a ratio to calling a
//! function that does nothing, in the same engine. `cargo bench --bench edges`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench reads the demo store, prints its figures, and ends when something is wrong"
)]

use std::{sync::Arc, time::Instant};

use haberdash::{BuildOptions, Key, Keys, NoPictures, Nowhere, SourceTree, build, edge_files};
use hmac::{Hmac, KeyInit, Mac};
use rquickjs::{Context, Function, Runtime};

/// Decisions of one round.
const DECISIONS: u32 = 20_000;
const ROUNDS: usize = 5;
const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn main() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["content", "segments", "themes"].iter().flat_map(|folder| {
        let walk = walkdir::WalkDir::new(root.join(folder)).into_iter();
        walk.map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
    });
    let files = files.map(|entry| {
        let path = entry
            .path()
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        (path, std::fs::read(entry.path()).unwrap())
    });
    let settings = std::fs::read(root.join("haberdash.yaml")).unwrap();
    let files = files.chain([("haberdash.yaml".to_owned(), settings)]);
    let tree = Arc::new(SourceTree::from_files(files));
    let options = BuildOptions {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        keys: &|store, _| {
            let secret = SECRET.as_bytes().to_vec();
            Keys::new(
                &store.config.site,
                vec![Key {
                    id: "k1".to_owned(),
                    secret,
                }],
            )
        },
        minifies: true,
        precompresses: Some(false),
        targets: Some(&[]),
        pictures: &NoPictures,
        progress: &|_, _, _| {},
    };
    let built = build(&tree, &options, &Nowhere).unwrap();
    let table = &built.deployment.table;
    println!(
        "{} entries, {} nodes, {} variants' names",
        table.entries(),
        table.nodes.len(),
        table.slots.len()
    );
    let (files, _) = edge_files("cloudfront", &built.deployment);
    for file in &files {
        println!("{:<24}{:>7} bytes", file.path, file.bytes.len());
    }
    let readable = files
        .iter()
        .find(|file| file.path == "function.readable.js")
        .unwrap();
    let text = std::str::from_utf8(&readable.bytes).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("import "));
    let core = lines.collect::<Vec<_>>().join("\n");
    measure(&core);
}

fn measure(core: &str) {
    let context = Context::full(&Runtime::new().unwrap()).unwrap();
    context.with(|context| {
        let hmac = Function::new(context.clone(), hmac_hex).unwrap();
        context.globals().set("hmacHex", hmac).unwrap();
        let payload = "v1.k1.9999999999.loyalty.gold";
        let mac = hmac_hex(SECRET.to_owned(), format!("ottoline.{payload}"));
        let harness = format!(
            "var secret = '{SECRET}';
             var hmac = function (id, message, then) {{ then(hmacHex(secret, message)); }};
             var plain = {{}}, member = {{ cookie: 'hb_team=lions; hb_visitor={payload}.{mac}' }};
             var ask = function (path, headers) {{
               return {{ method: 'GET', path: path, query: '', country: 'DE', now: 1795000000,
                 header: function (name) {{ return headers[name]; }} }};
             }};
             var nothing = function (request, hmac, then) {{ then(request); }};
             var run = function (decide, path, headers, count) {{
               for (var i = 0; i < count; i++) decide(ask(path, headers), hmac, function () {{}});
             }};"
        );
        let () = context.eval(format!("{core}\n{harness}")).unwrap();
        let time = |call: &str| {
            let rounds = (0..ROUNDS).map(|_| {
                let start = Instant::now();
                let () = context.eval(format!("{call}, {DECISIONS})")).unwrap();
                start.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS)
            });
            rounds.fold(f64::INFINITY, f64::min)
        };
        let empty = time("run(nothing, '/', plain");
        println!("{:<44}{empty:>8.2} µs", "an empty function");
        for (what, call) in [
            (
                "a page that is the same for everyone",
                "run(decide, '/about/', plain",
            ),
            (
                "a page by four facets, nothing known",
                "run(decide, '/', plain",
            ),
            (
                "the same for a member, two signatures",
                "run(decide, '/', member",
            ),
            ("a redirect", "run(decide, '/history/', plain"),
            (
                "a path that is not canonical",
                "run(decide, '/x/../_v/', plain",
            ),
        ] {
            let took = time(call);
            println!("{what:<44}{took:>8.2} µs{:>8.1} x", took / empty);
        }
    });
}

#[expect(clippy::needless_pass_by_value, reason = "as QuickJS hands it over")]
fn hmac_hex(key: String, message: String) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
