//! The demo store in a real browser: `tests/browser/*.mjs`, with what they print.

use std::{path::Path, process::Command};

/// When the demo is built, so that its dated articles are the same every day.
pub const NOW: &str = "2026-11-23T12:00:00Z";

/// Runs a program in `tests/browser`. What it prints is seen while it runs.
#[track_caller]
pub fn run(script: &str, arguments: &[&Path]) {
    let status = Command::new("node")
        .arg(Path::new("tests/browser").join(script))
        .args(arguments)
        .status()
        .expect("node runs");
    assert!(status.success(), "{script} has findings: {status}");
}

#[test]
#[ignore = "needs chromium and java, which tests/run installs"]
fn every_page_in_every_variant_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    let built = Command::new(env!("CARGO_BIN_EXE_haberdash"))
        .args(["build", "--now", NOW, "--output"])
        .arg(&site)
        .status()
        .unwrap();
    assert!(built.success(), "{built}");
    run("audit.mjs", &[&site]);
}

#[test]
#[ignore = "needs chromium and java, which tests/run installs"]
fn what_is_wrong_with_a_page_is_found() {
    run("selftest.mjs", &[]);
}

#[test]
#[ignore = "needs chromium, which tests/run installs"]
fn a_customer_walks_through_the_store() {
    run(
        "journeys.mjs",
        &[Path::new(env!("CARGO_BIN_EXE_haberdash"))],
    );
}
