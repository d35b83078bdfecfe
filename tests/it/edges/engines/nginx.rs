//! nginx with the files that haberdash makes for it.

use std::{fmt::Write, process::Command};

use super::{
    Deployed, EdgeFiles, Engine, FULL, Running, SMALL_SCALE, Shop, a_missing_part_is_no_error_page,
    an_empty_key_proves_nothing, compare::nginx_tag, program, prove, red, turns_at_the_second,
};

const NGINX: Engine = Engine {
    name: "nginx",
    start,
    etag: nginx_tag,
    sees: None,
    platform: None,
    countries: true,
};

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_takes_an_empty_key_for_none() {
    an_empty_key_proves_nothing(&NGINX, &compile);
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_puts_no_error_page_into_a_page() {
    a_missing_part_is_no_error_page(&NGINX, &compile);
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_turns_a_page_at_the_second() {
    turns_at_the_second(&NGINX, &compile);
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_decides_as_the_reference_does() {
    prove(&NGINX, Shop::demo(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_decides_on_all_kinds_of_signals() {
    prove(
        &NGINX,
        &Shop::small("small", super::reference::SMALL),
        SMALL_SCALE,
        &compile,
    )
    .expect_equal();
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_with_a_wrong_arc_is_seen() {
    let report = red(&NGINX, Shop::demo(), &compile);
    assert!(report.mismatches > 0, "{report}");
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_says_what_a_page_was_made_of() {
    super::keys::expect_keys(&NGINX, Shop::demo(), &compile, "surrogate-key", " ");
}

#[test]
#[ignore = "needs nginx and its module njs"]
fn nginx_puts_pages_together() {
    let small = Shop::small_in_parts("parts", super::reference::PARTS);
    prove(&NGINX, &small, SMALL_SCALE, &compile).expect_equal();
    prove(&NGINX, Shop::demo_in_parts(), FULL, &compile).expect_equal();
}

/// The files as they are, but for the machine: port, folders and the clients' countries.
fn compile(deployed: &Deployed) -> EdgeFiles {
    let folder = deployed.folder.display().to_string();
    let mut files = deployed.compile("nginx");
    for (path, bytes) in &mut files {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let text = match path.as_str() {
            "nginx.conf" => text
                .replace("/tmp/haberdash-nginx", &format!("{folder}/nginx"))
                .replace(
                    "listen 8080",
                    &format!("listen 127.0.0.1:{}", deployed.port),
                )
                .replace(
                    "root   public",
                    &format!("root {}", deployed.public.display()),
                ),
            "countries.conf" => {
                let mut lines = "default \"\";\n".to_owned();
                for (country, address) in &deployed.countries {
                    let _ = writeln!(lines, "{address} {country};");
                }
                text.replace("default \"\";", &lines)
            }
            _ => text,
        };
        *bytes = text.into_bytes();
    }
    files
}

fn start(deployed: &Deployed) -> Running {
    let mut command = Command::new(program("nginx", "nginx"));
    command
        .arg("-p")
        .arg(&deployed.folder)
        .arg("-c")
        .arg(deployed.edge.join("nginx.conf"));
    deployed.give_keys(&mut command);
    Running::spawn(&mut command, deployed)
}
