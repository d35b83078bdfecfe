//! `HAProxy` with the files that haberdash makes for it, before nginx as its origin.

use std::fmt::Write;

use super::{
    Deployed, EdgeFiles, Engine, FULL, Running, SMALL_SCALE, Shop, an_empty_key_proves_nothing,
    compare::nginx_tag,
    free_port, program, prove, red, turns_at_the_second,
    varnish::{origin, with_origin},
};

const HAPROXY: Engine = Engine {
    name: "haproxy",
    start,
    etag: nginx_tag,
    sees: Some(sees),
    platform: None,
    countries: true,
};

#[test]
#[ignore = "needs haproxy and nginx"]
fn haproxy_takes_an_empty_key_for_none() {
    an_empty_key_proves_nothing(&HAPROXY, &compile);
}

#[test]
#[ignore = "needs haproxy and nginx"]
fn haproxy_turns_a_page_at_the_second() {
    turns_at_the_second(&HAPROXY, &compile);
}

#[test]
#[ignore = "needs haproxy and nginx"]
fn haproxy_decides_as_the_reference_does() {
    prove(&HAPROXY, Shop::demo(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs haproxy and nginx"]
fn haproxy_decides_on_all_kinds_of_signals() {
    let shop = Shop::small("small", super::reference::SMALL);
    prove(&HAPROXY, &shop, SMALL_SCALE, &compile).expect_equal();
}

#[test]
#[ignore = "needs haproxy and nginx"]
fn haproxy_with_a_wrong_arc_is_seen() {
    let report = red(&HAPROXY, Shop::demo(), &compile);
    report.print();
    assert!(report.mismatches > 0);
}

/// Its parser takes a tab for a space, and spaces after the target for nothing.
fn sees(mut request: haberdash::Request) -> haberdash::Request {
    let path = request.path.trim_end_matches('\t').len();
    request.path.truncate(path);
    request
}

/// The files as they are, but for the machine: ports, folders and the clients' countries.
fn compile(deployed: &Deployed) -> EdgeFiles {
    let port = free_port().to_string();
    let mut files = deployed.compile("haproxy");
    for (path, bytes) in &mut files {
        let mut text = String::from_utf8(bytes.clone()).unwrap();
        match path.as_str() {
            "haproxy.cfg" => {
                text = text
                    .replace("127.0.0.1:8081", &format!("127.0.0.1:{port}"))
                    .replace("bind :8080", &format!("bind 127.0.0.1:{}", deployed.port));
            }
            "origin.conf" => text = origin(deployed, &text, &port),
            "countries.map" => {
                text = String::new();
                for (country, address) in &deployed.countries {
                    let _ = writeln!(text, "{address} {country}");
                }
            }
            _ => {}
        }
        *bytes = text.into_bytes();
    }
    files
}

fn start(deployed: &Deployed) -> Running {
    let start = format!(
        "{} -db -f {}",
        program("haproxy", "haproxy").display(),
        deployed.edge.join("haproxy.cfg").display(),
    );
    let mut command = with_origin(deployed, &start);
    deployed.give_keys(&mut command);
    Running::spawn(&mut command, deployed)
}
