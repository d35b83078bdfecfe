//! Edges that run JavaScript and speak the Fetch API, on the runtimes of their platforms.

use std::{collections::BTreeMap, fs, net::Ipv4Addr, path::PathBuf, process::Command, sync::Mutex};

use haberdash::Request;
use sha2::{Digest, Sha256};

use super::{
    Deployed, Engine, FULL, Headers, Running, Shop, a_missing_part_is_no_error_page,
    an_empty_key_proves_nothing,
    compare::{FileStat, digest_tag},
    corpus::Scale,
    deploy,
    epoch::epochs,
    join_cookies, now, program, prove, prove_once, red, turns_at_the_second,
    wire::{Client, Outcome},
};

const CLOUDFLARE: Engine = Engine {
    name: "cloudflare",
    start: start_workerd,
    etag: digest_tag,
    sees: Some(normalized),
    platform: Some(with_blob),
    countries: true,
};

const NETLIFY: Engine = Engine {
    name: "netlify",
    start: start_deno,
    etag: digest_tag,
    sees: Some(normalized),
    platform: Some(with_country),
    countries: true,
};

const VERCEL: Engine = Engine {
    name: "vercel",
    start: start_edge_runtime,
    etag: digest_tag,
    sees: Some(normalized),
    platform: Some(with_vercel_country),
    countries: true,
};

#[test]
#[ignore = "needs workerd"]
fn cloudflare_decides_as_the_reference() {
    prove_and_break(&CLOUDFLARE);
}

#[test]
#[ignore = "needs workerd"]
fn cloudflare_puts_pages_together() {
    let compile = |deployed: &Deployed| deployed.compile("cloudflare");
    let small = Shop::small_in_parts("parts", super::reference::PARTS);
    prove(&CLOUDFLARE, &small, super::SMALL_SCALE, &compile).expect_equal();
    prove(&CLOUDFLARE, Shop::demo_in_parts(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs workerd"]
fn cloudflare_puts_no_error_page_into_a_page() {
    let compile = |deployed: &Deployed| deployed.compile("cloudflare");
    a_missing_part_is_no_error_page(&CLOUDFLARE, &compile);
}

#[test]
#[ignore = "needs workerd, deno, node and Vercel's edge runtime"]
fn each_takes_an_empty_key_for_none() {
    for engine in [&CLOUDFLARE, &NETLIFY, &VERCEL] {
        an_empty_key_proves_nothing(engine, &|deployed| deployed.compile(engine.name));
    }
}

#[test]
#[ignore = "needs deno"]
fn netlify_decides_as_the_reference() {
    prove_and_break(&NETLIFY);
}

#[test]
#[ignore = "needs node and Vercel's edge runtime"]
fn vercel_decides_as_the_reference() {
    prove_and_break(&VERCEL);
}

#[test]
#[ignore = "needs workerd"]
fn cloudflare_says_what_a_page_was_made_of() {
    let compile = |deployed: &Deployed| deployed.compile("cloudflare");
    super::keys::expect_keys(&CLOUDFLARE, Shop::demo(), &compile, "cache-tag", ",");
}

#[test]
#[ignore = "needs deno"]
fn netlify_says_what_a_page_was_made_of() {
    let compile = |deployed: &Deployed| deployed.compile("netlify");
    super::keys::expect_keys(&NETLIFY, Shop::demo(), &compile, "netlify-cache-tag", ",");
}

#[test]
#[ignore = "needs workerd, deno, node and Vercel's edge runtime"]
fn each_tells_its_platforms_cache_what_may_be_kept() {
    let table = &epochs(&Shop::demo().table, now())[0].table;
    for engine in [&CLOUDFLARE, &NETLIFY, &VERCEL] {
        let compile = |deployed: &Deployed| deployed.compile(engine.name);
        let (_folder, deployed, _running) = deploy(engine, Shop::demo(), table, &[], &compile);
        let mut client = Client::new(deployed.port);
        for (path, expected) in [
            ("/club/", "no-store"),
            ("/about/", "public, max-age=86400"),
            ("/about", "public, max-age=300"),
            ("/nowhere/", "public, no-cache"),
        ] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: shop.example\r\n\r\n");
            let outcome = client.send(Ipv4Addr::LOCALHOST, request.as_bytes(), false, true);
            let Outcome::Answered(answer) = outcome else {
                panic!("{outcome:?}");
            };
            let header = format!("{}-cdn-cache-control", engine.name);
            assert_eq!(answer.header(&header).as_deref(), Some(expected), "{path}");
        }
    }
}

/// Cloudflare's own asset server, as its tool for developers runs it: slow, so with fewer requests.
#[test]
#[ignore = "needs wrangler"]
fn cloudflares_own_assets_decide_as_the_reference() {
    let compile = |deployed: &Deployed| deployed.compile("cloudflare");
    let scale = Scale {
        total: 1500,
        ..super::BRIEF
    };
    let report = prove_once(&WRANGLER, Shop::demo(), scale, &compile);
    report.expect_equal();
}

const WRANGLER: Engine = Engine {
    name: "wrangler",
    start: start_wrangler,
    etag: asset_tag,
    sees: Some(|mut request| {
        // Without a network it cannot know where it is, and says so.
        request.country = Some("US".to_owned());
        normalized(request)
    }),
    platform: Some(join_cookies),
    countries: false,
};

/// Tags that the tool gives to files, by our digests: it makes them of the path and the time.
static ASSET_TAGS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

fn asset_tag(file: &FileStat) -> String {
    let tags = ASSET_TAGS.lock().unwrap();
    format!("\"{}\"", tags[&file.digest])
}

fn start_wrangler(deployed: &Deployed) -> Running {
    for (path, digest, _) in list_paths(deployed) {
        let file = deployed.public.join(&path);
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        let modified = modified
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let hash = Sha256::digest(format!("{}{modified}", file.display()));
        let digits: Vec<String> = hash[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let tag = digits.concat();
        ASSET_TAGS.lock().unwrap().insert(digest, tag);
    }
    let settings = deployed.edge.join("wrangler.jsonc");
    let text = fs::read_to_string(&settings).unwrap();
    let public = deployed.public.to_str().unwrap();
    fs::write(&settings, text.replace("../../public", public)).unwrap();
    let keys = deployed.deployment.keys.iter().map(|name| {
        let key = deployed
            .signer
            .keys
            .iter()
            .find(|key| key.id == name.id)
            .unwrap();
        format!(
            "{}={}\n",
            name.env,
            std::str::from_utf8(&key.secret).unwrap()
        )
    });
    fs::write(deployed.edge.join(".dev.vars"), keys.collect::<String>()).unwrap();
    // It wants a newer node than the tests need, so it brings its own.
    let modules = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/wrangler/node_modules");
    let node = modules.join("node/bin/node");
    assert!(
        node.exists(),
        "{} is missing; tests/run installs it",
        node.display()
    );
    let mut command = Command::new(node);
    command
        .arg(modules.join("wrangler/bin/wrangler.js"))
        .args([
            "dev",
            "--ip",
            "127.0.0.1",
            "--log-level",
            "error",
            "--show-interactive-dev-session=false",
        ])
        .args(["--port", &deployed.port.to_string()])
        .current_dir(&deployed.edge)
        .env("HOME", &deployed.folder)
        .env("CI", "1")
        .env("WRANGLER_SEND_METRICS", "false");
    Running::spawn(&mut command, deployed)
}

#[test]
#[ignore = "needs workerd, deno, node and Vercel's edge runtime"]
fn each_turns_a_page_at_the_second() {
    for engine in [&CLOUDFLARE, &NETLIFY, &VERCEL] {
        turns_at_the_second(engine, &|deployed| deployed.compile(engine.name));
    }
}

#[track_caller]
fn prove_and_break(engine: &Engine) {
    let compile = |deployed: &Deployed| deployed.compile(engine.name);
    let small = Shop::small("small", super::reference::SMALL);
    prove(engine, &small, super::BRIEF, &compile).expect_equal();
    prove(engine, Shop::demo(), FULL, &compile).expect_equal();
    assert!(red(engine, Shop::demo(), &compile).mismatches > 0);
}

/// A file beside the tests, or one that npm installed for them.
#[track_caller]
fn installed(path: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/edges");
    let path = folder.join(path);
    assert!(
        path.exists(),
        "{} is missing; run `npm ci` in tests/edges",
        path.display()
    );
    path
}

/// Files by path on disk.
fn list_paths(deployed: &Deployed) -> impl Iterator<Item = (String, String, &str)> {
    let keys = deployed.signer.keys();
    deployed.manifest.files.iter().map(move |(path, entry)| {
        let path = path.strip_prefix("_v/*/").map_or_else(
            || path.clone(),
            |rest| {
                let label = rest.split('/').next().unwrap();
                format!("_v/{}/{rest}", keys.token(label))
            },
        );
        (path, entry.digest.to_string(), entry.content_type.as_str())
    })
}

/// What a platform knows of files: their tags and types, by path on disk.
fn list_files(deployed: &Deployed) -> PathBuf {
    let files = list_paths(deployed).map(|(path, digest, kind)| {
        let file = serde_json::json!({ "etag": format!("\"{digest}\""), "type": kind });
        (path, file)
    });
    let files: serde_json::Map<String, serde_json::Value> = files.collect();
    let path = deployed.edge.join("files.json");
    fs::write(&path, serde_json::to_vec(&files).unwrap()).unwrap();
    path
}

fn start_workerd(deployed: &Deployed) -> Running {
    list_files(deployed);
    fs::copy(installed("assets.js"), deployed.edge.join("assets.js")).unwrap();
    let secrets = deployed.deployment.keys.iter().map(|name| {
        let key = deployed
            .signer
            .keys
            .iter()
            .find(|key| key.id == name.id)
            .unwrap();
        let secret = std::str::from_utf8(&key.secret).unwrap();
        format!(", (name = \"{}\", text = \"{secret}\")", name.env)
    });
    let config = fs::read_to_string(installed("workerd.capnp")).unwrap();
    let config = config
        .replace("{secrets}", &secrets.collect::<String>())
        .replace("{public}", deployed.public.to_str().unwrap())
        .replace("{port}", &deployed.port.to_string());
    let path = deployed.edge.join("workerd.capnp");
    fs::write(&path, config).unwrap();
    let mut command = Command::new(installed(
        "node_modules/@cloudflare/workerd-linux-64/bin/workerd",
    ));
    Running::spawn(command.arg("serve").arg(path), deployed)
}

fn start_deno(deployed: &Deployed) -> Running {
    let mut command = Command::new(installed("node_modules/@deno/linux-x64-glibc/deno"));
    command
        .args([
            "run",
            "--no-remote",
            "--no-lock",
            "--allow-net=127.0.0.1",
            "--allow-read",
            "--allow-env",
        ])
        .arg(installed("netlify.mjs"))
        .arg(deployed.edge.join("netlify/edge-functions/haberdash.js"))
        .arg(&deployed.public)
        .arg(list_files(deployed))
        .arg(deployed.port.to_string());
    deployed.give_keys(&mut command);
    Running::spawn(&mut command, deployed)
}

fn start_edge_runtime(deployed: &Deployed) -> Running {
    let mut command = Command::new(program("node", "nodejs"));
    command
        .arg("--max-http-header-size=131072")
        .arg(installed("vercel.mjs"))
        .arg(deployed.edge.join(".vercel/output"))
        .arg(&deployed.public)
        .arg(list_files(deployed))
        .arg(deployed.port.to_string());
    deployed.give_keys(&mut command);
    Running::spawn(&mut command, deployed)
}

/// The URL parser of browsers and edges resolves dots, and takes a backslash for a slash. The Fetch API
/// writes the methods that it knows in capitals.
fn normalized(mut request: Request) -> Request {
    let capitals = request.method.to_ascii_uppercase();
    if ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(&capitals.as_str()) {
        request.method = capitals;
    }
    let target = format!("http://shop.example{}?{}", request.path, request.query);
    if let Ok(url) = url::Url::parse(&target) {
        url.path().clone_into(&mut request.path);
        url.query()
            .unwrap_or_default()
            .clone_into(&mut request.query);
    }
    request
}

fn set(headers: &mut Headers, name: &str, value: Option<String>) {
    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    headers.extend(value.map(|value| (name.to_owned(), value.into_bytes())));
}

fn with_blob(headers: &mut Headers, country: Option<&str>) {
    join_cookies(headers, country);
    let blob = country.map(|country| format!("{{\"country\":\"{country}\"}}"));
    set(headers, "CF-Blob", blob);
}

fn with_country(headers: &mut Headers, country: Option<&str>) {
    join_cookies(headers, country);
    set(headers, "X-Harness-Country", country.map(str::to_owned));
}

fn with_vercel_country(headers: &mut Headers, country: Option<&str>) {
    join_cookies(headers, country);
    set(headers, "X-Vercel-IP-Country", country.map(str::to_owned));
}
