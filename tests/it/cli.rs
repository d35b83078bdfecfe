//! The real binary: exit status, what goes to stdout, what to stderr.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::support::{BARE, facet, write_store};

fn store(fixture: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), fixture);
    folder
}

fn run(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_haberdash"))
        .current_dir(folder)
        .env_remove("SHOP_KEY")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_unknown_target_on_the_command_line_is_refused_with_the_known_ones() {
    let folder = store(BARE);
    let output = run(folder.path(), &["build", "--target", "ngnix"], "");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = stderr(&output);
    for word in [
        "'ngnix'",
        "nginx",
        "cloudflare",
        "a similar value exists: 'nginx'",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!folder.path().join("public").exists());
}

#[test]
fn a_build_for_machines_says_which_keys_to_purge() {
    let folder = store(&format!(
        "{BARE}-- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 1\n\
         -- content/catalog/products/hat.yaml --\ntitle: Hat\nprice: 1\n"
    ));
    let purge = || {
        let output = run(folder.path(), &["build", "--format", "json"], "");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["purge"].clone()
    };
    assert_eq!(
        purge(),
        serde_json::json!([]),
        "nothing was deployed before"
    );
    assert_eq!(purge(), serde_json::json!([]), "nothing changed");
    let product = folder.path().join("content/catalog/products/tie.yaml");
    std::fs::write(product, "title: Tie\nprice: 2\n").unwrap();
    assert_eq!(purge(), serde_json::json!(["product:*", "product:tie"]));
}

#[test]
fn a_build_says_what_it_did_on_stderr() {
    let folder = store(BARE);
    let output = run(folder.path(), &["build"], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(stdout(&output), "");
    let said = stderr(&output);
    for word in [
        "Built",
        "routes",
        "renderings",
        "variants",
        "merged",
        "files",
        "time",
        "no warnings",
    ] {
        assert!(said.contains(word), "{word} in {said}");
    }
}

#[test]
fn a_build_for_machines_is_json_on_stdout() {
    let folder = store(&format!(
        "{BARE}-- content/a.md --\n---\ntitel: A\n---\n![](x.png)\n"
    ));
    let output = run(folder.path(), &["build", "--format", "json"], "");
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["summary"]["routes"], 3);
    assert!(report["summary"]["milliseconds"]["total"].is_u64());
    let problem = &report["problems"][0];
    assert_eq!(problem["path"], "content/a.md");
    assert!(
        problem["line"].is_u64() && problem["column"].is_u64(),
        "{problem}"
    );
}

#[test]
fn strict_makes_warnings_fail() {
    let folder = store(&format!("{BARE}-- content/a.md --\n---\ntitel: A\n---\n"));
    assert_eq!(run(folder.path(), &["build"], "").status.code(), Some(0));
    let strict = run(
        folder.path(),
        &["build", "--strict", "--output", "strict"],
        "",
    );
    assert_eq!(strict.status.code(), Some(1));
    assert!(!folder.path().join("strict").exists());
}

#[test]
fn the_development_key_is_named_in_one_line_and_strict_refuses_it() {
    let folder = store(&format!(
        "{BARE}-- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\ngated: true\nfrom: {{ signed-cookie: hb_visitor, field: loyalty }}\nsegments: [{{ id: guest }}, {{ id: gold }}]\n-- content/index.md --\n::: when loyalty=gold\nGold.\n:::\n"
    ));
    let output = run(folder.path(), &["build"], "");
    let said = stderr(&output);
    assert_eq!(
        said.lines()
            .filter(|line| line.contains("development key"))
            .count(),
        1,
        "{said}"
    );
    assert!(said.contains("warning[development-key]"), "{said}");
    assert_eq!(
        run(folder.path(), &["build", "--strict"], "").status.code(),
        Some(1)
    );
    let weak = Command::new(env!("CARGO_BIN_EXE_haberdash"))
        .current_dir(folder.path())
        .env("SHOP_KEY", "short")
        .arg("build")
        .output()
        .unwrap();
    assert_eq!(weak.status.code(), Some(1));
    assert!(
        stderr(&weak).contains("error[weak-key]"),
        "{}",
        stderr(&weak)
    );
}

#[test]
fn problems_show_place_excerpt_and_hint() {
    let folder = store(&format!(
        "{BARE}{}-- content/a.md --\n---\ntitle: A\n---\n::: when taem=owls\nHoot\n:::\n",
        facet("team", &["none", "owls"], "none")
    ));
    let output = run(folder.path(), &["build"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("error[unknown-facet]") && said.contains("content/a.md:4:10"),
        "{said}"
    );
    assert!(said.contains("did you mean `team`?"), "{said}");
    let short = stderr(&run(folder.path(), &["build", "--format", "short"], ""));
    assert!(
        short.contains("content/a.md:4:10: error[unknown-facet]"),
        "{short}"
    );
}

#[test]
fn what_cannot_run_exits_with_2() {
    let folder = store(BARE);
    for args in [
        vec!["build", "--store", "nowhere"],
        vec!["bild"],
        vec!["build", "--now", "yesterday"],
        vec!["explain", "/nope/"],
        vec!["resolve", "--output", "nothing-built-here"],
    ] {
        let output = run(folder.path(), &args, "");
        assert_eq!(
            output.status.code(),
            Some(2),
            "{args:?}: {}",
            stderr(&output)
        );
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn resolve_reads_and_writes_json_lines() {
    let folder = store(&format!(
        "{BARE}{}-- content/index.md --\n::: when team=owls\nHoot.\n:::\n",
        facet("team", &["none", "owls"], "none")
    ));
    run(folder.path(), &["build"], "");
    let input = "{\"path\":\"/\"}\n\n{\"path\":\"/\",\"headers\":{\"cookie\":\"hb_team=owls\"}}\n{\"path\":\"/_v/open/team.owls/index.html\"}\nnot json\n";
    let output = run(folder.path(), &["resolve"], input);
    let lines: Vec<serde_json::Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["file"], "index.html");
    assert_eq!(lines[1]["file"], "_v/open/team.owls/index.html");
    assert_eq!(lines[1]["assignment"]["team"], "owls");
    assert_eq!(lines[2]["status"], 404);
    assert!(lines[3]["error"].is_string());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn explain_tells_the_parts_that_edges_put_together() {
    let folder = store(&format!(
        "{}{}-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{{{{ region(name=\"team\") }}}}\n\
         -- themes/default/regions/team.html --\n<b>{{{{ segment(of=\"team\") }}}}</b>\n",
        BARE.replace("currency: EUR\n", "currency: EUR\ntargets: [nginx]\n"),
        facet("team", &["none", "owls"], "none")
    ));
    let args = ["explain", "/", "--as", "team=owls"];
    let text = stdout(&run(folder.path(), &args, ""));
    for part in [
        "/: 3 parts in 1 rendering",
        "→ _haberdash/ssi/page/index.html",
        "  _haberdash/ssi/region/team-",
        "→ _v/open/team.owls/_haberdash/ssi/region/team-",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("Diagram of the whole page"), "{text}");
}

#[test]
fn explain_tells_lines_files_and_visitors() {
    let folder = store(&format!(
        "{BARE}{}-- themes/default/templates/page.html --\n<title>x</title>\n<p>\n{{% if visitor_is(team=\"owls\") %}}Hoot{{% endif %}}\n",
        facet("team", &["none", "owls", "lions"], "none")
    ));
    let text = stdout(&run(
        folder.path(),
        &["explain", "/", "--as", "team=owls"],
        "",
    ));
    for part in [
        "team: owls | none, lions",
        "themes/default/templates/page.html:3",
        "→ _v/open/team.owls/index.html",
        "team=none,lions",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let json = stdout(&run(
        folder.path(),
        &["explain", "/", "--format", "json"],
        "",
    ));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["visitor"][0]["facet"], "team");
    assert_eq!(json["variants"].as_array().unwrap().len(), 2);
    let wrong = run(folder.path(), &["explain", "/", "--as", "team=owl"], "");
    assert!(
        stderr(&wrong).contains("did you mean `owls`?"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn help_names_every_command() {
    let folder = store(BARE);
    let help = stdout(&run(folder.path(), &["--help"], ""));
    for word in ["build", "serve", "explain", "resolve", "Examples:"] {
        assert!(help.contains(word), "{help}");
    }
}
