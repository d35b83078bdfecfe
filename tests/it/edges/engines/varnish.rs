//! Varnish with the files that haberdash makes for it, before nginx as its origin.

use std::{fmt::Write, fs, net::Ipv4Addr, process::Command};

use super::{
    Deployed, EdgeFiles, Engine, FULL, Running, SMALL_SCALE, Shop, a_missing_part_is_no_error_page,
    an_empty_key_proves_nothing,
    compare::nginx_tag,
    deploy, free_port, program, prove, red, turns_at_the_second,
    wire::{Client, Outcome},
};

const VARNISH: Engine = Engine {
    name: "varnish",
    start,
    etag: nginx_tag,
    sees: None,
    platform: None,
    countries: true,
};

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_takes_an_empty_key_for_none() {
    an_empty_key_proves_nothing(&VARNISH, &compile);
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_puts_no_error_page_into_a_page() {
    a_missing_part_is_no_error_page(&VARNISH, &compile);
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_turns_a_page_at_the_second() {
    turns_at_the_second(&VARNISH, &compile);
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_decides_as_the_reference_does() {
    prove(&VARNISH, Shop::demo(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_decides_on_all_kinds_of_signals() {
    let shop = Shop::small("small", super::reference::SMALL);
    prove(&VARNISH, &shop, SMALL_SCALE, &compile).expect_equal();
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_with_a_wrong_arc_is_seen() {
    let report = red(&VARNISH, Shop::demo(), &compile);
    report.print();
    assert!(report.mismatches > 0);
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_puts_pages_together() {
    let small = Shop::small_in_parts("parts", super::reference::PARTS);
    prove(&VARNISH, &small, SMALL_SCALE, &compile).expect_equal();
    prove(&VARNISH, Shop::demo_in_parts(), FULL, &compile).expect_equal();
}

#[test]
#[ignore = "needs varnish, varnish-modules, varnish-vmod-digest and nginx"]
fn varnish_drops_what_was_made_of_a_key() {
    for shop in [Shop::demo(), Shop::demo_in_parts()] {
        let table = &shop.epochs()[0].table;
        let (_folder, deployed, _running) = deploy(&VARNISH, shop, table, &[], &compile);
        let send = |port: u16, request: &str| {
            let request = format!("{request}\r\nHost: shop.example\r\n");
            let sent = request + "\r\n";
            let mut client = Client::new(port);
            match client.send(Ipv4Addr::LOCALHOST, sent.as_bytes(), false, false) {
                Outcome::Answered(answer) => (
                    answer.status,
                    String::from_utf8_lossy(&answer.body).into_owned(),
                ),
                Outcome::Dropped(why) => panic!("{why}"),
            }
        };
        let port = fs::read_to_string(deployed.edge.join("purge.port")).unwrap();
        let port: u16 = port.parse().unwrap();
        let purge = |key: &str| send(port, &format!("PURGE / HTTP/1.1\r\nxkey-purge: {key}")).1;
        let get =
            |path: &str| assert_eq!(send(deployed.port, &format!("GET {path} HTTP/1.1")).0, 200);
        let (purged, nothing) = ("Purged\n", "Nothing to purge\n");
        get("/shop/canal-runner/");
        get("/about/");
        get("/sitemap.xml");
        assert_eq!(purge("product:no-such-thing"), nothing);
        assert_eq!(purge("product:canal-runner"), purged);
        assert_eq!(purge("product:canal-runner"), nothing);
        assert_eq!(purge("page:/about/"), purged);
        assert_eq!(purge("/sitemap.xml"), purged);
        get("/shop/canal-runner/");
        assert_eq!(purge("site"), purged);
        assert_eq!(purge("template:product"), nothing);
    }
}

/// The files as they are, but for the machine: ports, folders, keys and the clients' countries.
fn compile(deployed: &Deployed) -> EdgeFiles {
    let port = free_port().to_string();
    let mut files = deployed.compile("varnish");
    let purge = free_port().to_string().into_bytes();
    let mut more = vec![("purge.port".to_owned(), purge)];
    for (path, bytes) in &mut files {
        let mut text = String::from_utf8(bytes.clone()).unwrap();
        match path.as_str() {
            "default.vcl" => text = text.replace("\"8081\"", &format!("\"{port}\"")),
            "origin.conf" => text = origin(deployed, &text, &port),
            "countries.vcl" => {
                text = String::new();
                let mut lines = String::new();
                for (country, address) in &deployed.countries {
                    let _ = writeln!(text, "acl country_{country} {{ \"{address}\"; }}");
                    let _ = writeln!(
                        lines,
                        "if (client.ip ~ country_{country}) {{ var.set(\"country\", \"{country}\"); }}"
                    );
                }
                let _ = writeln!(text, "sub haberdash_country {{\n{lines}}}");
            }
            "keys.vcl.example" => {
                let mut keys = text.clone();
                for name in &deployed.deployment.keys {
                    let key = deployed.signer.keys.iter().find(|key| key.id == name.id);
                    let secret = key.map(|key| base64(&key.secret));
                    keys = keys.replace(&format!("${{{}}}", name.env), &secret.unwrap_or_default());
                }
                more.push(("keys.vcl".to_owned(), keys.into_bytes()));
            }
            _ => {}
        }
        *bytes = text.into_bytes();
    }
    files.extend(more);
    files
}

/// As the program of that name writes it.
pub fn base64(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, n| {
            bits << 8 | u32::from(part.get(n).copied().unwrap_or(0))
        });
        for n in 0..4 {
            let digit = digits[(bits >> (18 - 6 * n) & 63) as usize];
            text.push(if n <= part.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

/// An nginx of its own around the origin's site.
pub fn origin(deployed: &Deployed, site: &str, port: &str) -> String {
    let folder = deployed.folder.display();
    let mut text = format!(
        "daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n"
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "{kind}_temp_path {folder}/{kind};");
    }
    text += &site
        .replace("127.0.0.1:8081", &format!("127.0.0.1:{port}"))
        .replace("/srv/site", &deployed.public.display().to_string());
    text += "}\n";
    text
}

/// A program in the foreground, with its origin behind it.
pub fn with_origin(deployed: &Deployed, program_and_arguments: &str) -> Command {
    let script = deployed.folder.join("start.sh");
    let text = format!(
        "{} -c {} &\nexec {program_and_arguments}\n",
        program("nginx", "nginx").display(),
        deployed.edge.join("origin.conf").display(),
    );
    fs::write(&script, text).unwrap();
    let mut command = Command::new("sh");
    command.arg(script);
    command
}

fn start(deployed: &Deployed) -> Running {
    let start = format!(
        "{} -F -j none -n {}/varnish -a 127.0.0.1:{} -a purge=127.0.0.1:{} -f {} -s malloc,64m -T none \
         -p http_req_hdr_len=64k -p http_req_size=96k -p http_max_hdr=128 \
         -p workspace_client=384k -p workspace_backend=256k \
         -p pcre2_match_limit=1000000 -p pcre2_depth_limit=10000",
        program("varnishd", "varnish").display(),
        deployed.folder.display(),
        deployed.port,
        fs::read_to_string(deployed.edge.join("purge.port")).unwrap(),
        deployed.edge.join("default.vcl").display(),
    );
    Running::spawn(&mut with_origin(deployed, &start), deployed)
}
