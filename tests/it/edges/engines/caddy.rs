//! Caddy with the files that haberdash makes for it. It cannot check signatures, so the stores are
//! those of the other engines with their gated facets made public.

use std::{fmt::Write, process::Command};

use haberdash::SourceTree;

use super::{
    Deployed, EdgeFiles, Engine, FULL, Running, Shop, compare::FileStat, join_cookies, program,
    prove, red,
};

const CADDY: Engine = Engine {
    name: "caddy",
    start,
    etag,
    sees: None,
    platform: Some(join_cookies),
    countries: true,
};

/// As Caddy 2.6 makes them: seconds and size, to the base of 36, with nothing between.
fn etag(file: &FileStat) -> String {
    format!(
        "\"{}{}\"",
        base_36(file.modified as u64),
        base_36(file.size)
    )
}

fn base_36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((number % 36) as u32, 36).unwrap());
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// What is gated made public, and signed cookies made plain ones.
fn without_gates(text: &str) -> String {
    text.replace("gated: true\n", "")
        .replace(
            "from: { signed-cookie: hb_visitor, field: loyalty }",
            "from: { cookie: hb_visitor }",
        )
        .replace(
            "signed-cookie: { name: hb_visitor, field: trade, in: [tailor, cutter] }",
            "cookie: { name: hb_trade, in: [tailor, cutter] }",
        )
}

fn small() -> Shop {
    Shop::small("small", &without_gates(super::reference::SMALL))
}

fn demo() -> Shop {
    let demo = crate::demo_store::demo();
    let files = demo.iter().map(|(_, file)| {
        let is_facet = file.path.starts_with("segments/");
        let bytes = if is_facet {
            without_gates(std::str::from_utf8(&file.bytes).unwrap()).into_bytes()
        } else {
            file.bytes.to_vec()
        };
        (file.path.to_string(), bytes)
    });
    Shop::build("demo", SourceTree::from_files(files), false)
}

#[test]
fn caddy_refuses_gated_facets() {
    let (_, problems) = haberdash::edge_files("caddy", &Shop::demo().deployment);
    let problems = format!("{problems:#?}");
    for facet in ["loyalty", "trade"] {
        let message = format!("caddy: `{facet}` is gated, and Caddy cannot check signatures");
        assert!(problems.contains(&message), "{problems}");
    }
}

#[test]
#[ignore = "needs caddy"]
fn caddy_decides_as_the_reference_does() {
    prove(&CADDY, &demo(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs caddy"]
fn caddy_decides_on_all_kinds_of_signals() {
    prove(&CADDY, &small(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs caddy"]
fn caddy_with_a_wrong_arc_is_seen() {
    let report = red(&CADDY, &small(), &compile);
    report.print();
    assert!(report.mismatches > 0);
}

#[test]
#[ignore = "needs caddy"]
fn caddyfiles_are_as_caddy_formats_them() {
    let (files, problems) = haberdash::edge_files("caddy", &small().deployment);
    assert!(!problems.has_errors(), "{problems:#?}");
    let folder = tempfile::tempdir().unwrap();
    for file in files.iter().filter(|file| !file.path.ends_with(".md")) {
        let path = folder.path().join(&file.path);
        std::fs::write(&path, &file.bytes).unwrap();
        let mut caddy = Command::new(program("caddy", "caddy"));
        let formatted = caddy.arg("fmt").arg(&path).output().unwrap().stdout;
        assert_eq!(
            String::from_utf8_lossy(&formatted),
            String::from_utf8_lossy(&file.bytes),
            "{}",
            file.path
        );
    }
}

/// The files as they are, but for the machine: port, folder and the clients' countries.
fn compile(deployed: &Deployed) -> EdgeFiles {
    let mut files = deployed.compile("caddy");
    for (path, bytes) in &mut files {
        let mut text = String::from_utf8(bytes.clone()).unwrap();
        match path.as_str() {
            "Caddyfile" => {
                text = text
                    .replace(
                        ":8080 {",
                        &format!("http://:{} {{\n\tbind 127.0.0.1", deployed.port),
                    )
                    .replace(
                        "root * public",
                        &format!("root * {}", deployed.public.display()),
                    );
            }
            "countries.caddy" => {
                for (country, address) in &deployed.countries {
                    let _ = writeln!(
                        text,
                        "@{country} remote_ip {address}\nvars @{country} hb_country {country}"
                    );
                }
            }
            _ => {}
        }
        *bytes = text.into_bytes();
    }
    files
}

fn start(deployed: &Deployed) -> Running {
    let mut command = Command::new(program("caddy", "caddy"));
    command
        .env("HOME", &deployed.folder)
        .current_dir(&deployed.folder)
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(deployed.edge.join("Caddyfile"));
    Running::spawn(&mut command, deployed)
}
