//! Apache with the files that haberdash makes for it.

use std::{fmt::Write, fs, os::unix::fs::PermissionsExt, process::Command};

use super::{
    Deployed, EdgeFiles, Engine, FULL, Running, SMALL_SCALE, Shop, an_empty_key_proves_nothing,
    compare::nginx_tag, join_cookies, program, prove, red, reference::SMALL, turns_at_the_second,
};

const APACHE: Engine = Engine {
    name: "apache",
    start,
    // The script makes them as nginx does.
    etag: nginx_tag,
    sees: None,
    platform: Some(join_cookies),
    countries: true,
};

#[test]
#[ignore = "needs Apache and its module mod_lua"]
fn apache_takes_an_empty_key_for_none() {
    an_empty_key_proves_nothing(&APACHE, &compile);
}

#[test]
#[ignore = "needs Apache and its module mod_lua"]
fn apache_turns_a_page_at_the_second() {
    turns_at_the_second(&APACHE, &compile);
}

#[test]
#[ignore = "needs Apache and its module mod_lua"]
fn apache_decides_as_the_reference_does() {
    prove(&APACHE, Shop::demo(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs Apache and its module mod_lua"]
fn apache_decides_on_all_kinds_of_signals() {
    prove(&APACHE, &Shop::small("small", SMALL), SMALL_SCALE, &compile).expect_equal();
}

#[test]
#[ignore = "needs Apache and its module mod_lua"]
fn apache_with_a_wrong_arc_is_seen() {
    let report = red(&APACHE, Shop::demo(), &compile);
    assert!(report.mismatches > 0, "{report}");
}

/// The files as they are, but for the machine: port, folders and the clients' countries.
fn compile(deployed: &Deployed) -> EdgeFiles {
    let folder = deployed.folder.display();
    let mut files = deployed.compile("apache");
    for (path, bytes) in &mut files {
        let mut text = String::from_utf8(bytes.clone()).unwrap();
        match path.as_str() {
            "httpd.conf" => {
                text = text
                    .replace("/tmp/haberdash-apache", &format!("{folder}/apache"))
                    .replace("file:/tmp", &format!("file:{folder}"))
                    .replace("8080", &format!("127.0.0.1:{}", deployed.port))
                    .replace(
                        "DocumentRoot public",
                        &format!("DocumentRoot {}", deployed.public.display()),
                    )
                    .replace(
                        "HABERDASH_EDGE edge/apache",
                        &format!("HABERDASH_EDGE {}", deployed.edge.display()),
                    );
            }
            "countries.conf" => {
                for (country, address) in &deployed.countries {
                    let _ = writeln!(
                        text,
                        "SetEnvIfExpr \"-R '{address}'\" HABERDASH_COUNTRY={country}"
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
    // Its workers are not root.
    for folder in [&deployed.folder, deployed.public.parent().unwrap()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(program("apache2", "apache2"));
    command
        .arg("-d")
        .arg(&deployed.folder)
        .arg("-f")
        .arg(deployed.edge.join("httpd.conf"))
        .args(["-D", "FOREGROUND"]);
    deployed.give_keys(&mut command);
    Running::spawn(&mut command, deployed)
}
