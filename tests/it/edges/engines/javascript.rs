//! Edges that run JavaScript and speak the Fetch API, on the runtimes of their platforms.

use std::{fs, path::PathBuf, process::Command};

use haberdash::Request;

use super::{
    Deployed, Engine, FULL, Headers, Running, Shop, compare::digest_tag, join_cookies, program,
    prove, red, turns_at_the_second,
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

/// What a platform knows of files: their tags and types, by path on disk.
fn list_files(deployed: &Deployed) -> PathBuf {
    let keys = deployed.signer.keys();
    let files = deployed.manifest.files.iter().map(|(path, entry)| {
        let path = path.strip_prefix("_v/*/").map_or_else(
            || path.clone(),
            |rest| {
                let label = rest.split('/').next().unwrap();
                format!("_v/{}/{rest}", keys.token(label))
            },
        );
        let file = serde_json::json!({ "etag": format!("\"{}\"", entry.digest), "type": entry.content_type });
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
