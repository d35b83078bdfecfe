//! `serve` on a real socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use crate::support::{BARE, facet, write_store};

struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() -> Server {
    serve_store(&format!(
        "{BARE}{}-- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\ngated: true\nfrom: {{ signed-cookie: hb_visitor, field: loyalty }}\nsegments: [{{ id: guest }}, {{ id: gold }}]\n\
         -- themes/default/templates/page.html --\n<!doctype html><html lang=\"en\"><title>x</title><body>{{{{ body() }}}}</body></html>\n\
         -- content/index.md --\n::: when loyalty=gold\nGold text.\n::: when team=owls\nOwl text.\n::: otherwise\nPlain text.\n:::\n",
        facet("team", &["none", "owls"], "none")
    ))
}

fn serve_store(fixture: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), fixture);
    let mut child = Command::new(env!("CARGO_BIN_EXE_haberdash"))
        .current_dir(folder.path())
        .env_remove("SHOP_KEY")
        .args(["serve", "--port", "0", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = json["url"].as_str().unwrap();
    let address = address
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    Server {
        child,
        address,
        _folder: folder,
    }
}

impl Server {
    /// Sends bytes as they are and returns head and body.
    fn raw(&self, request: &[u8]) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // A server may answer and close before it has read all of a hostile request.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        (head.to_owned(), body.to_owned())
    }

    fn get(&self, path: &str, headers: &str) -> (String, String) {
        self.raw(
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n")
                .as_bytes(),
        )
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[test]
fn pages_that_edges_put_together_are_put_together_here() {
    let fixture = BARE.replace("currency: EUR\n", "currency: EUR\ntargets: [varnish]\n");
    let server = serve_store(&format!(
        "{fixture}{}-- themes/default/templates/page.html --\n<!doctype html><title>x</title><p>{{{{ region(name=\"team\") }}}}</p>\n\
         -- themes/default/regions/team.html --\n<b>{{{{ segment(of=\"team\") }}}}</b>\n",
        facet("team", &["none", "owls"], "none")
    ));
    let (head, body) = server.get("/", "Cookie: hb_team=owls\r\n");
    assert_eq!(body, "<!doctype html><title>x</title><p><b>owls</b></p>");
    assert_eq!(header(&head, "etag"), None);
    // As a browser gets it, with the bar.
    let (_, body) = server.get("/", "Accept: text/html\r\n");
    assert!(
        body.contains("<b>none</b>") && body.contains("haberdash-bar"),
        "{body}"
    );
}

#[test]
fn each_visitor_gets_theirs_and_the_bar_makes_anyone() {
    let server = serve();
    let (head, body) = server.get("/", "");
    assert!(
        head.starts_with("HTTP/1.1 200") && body.contains("Plain text."),
        "{head}\n{body}"
    );
    assert!(!body.contains("haberdash-bar"), "no bar but for browsers");
    assert!(
        server
            .get("/", "Cookie: hb_team=owls\r\n")
            .1
            .contains("Owl text.")
    );

    let (_, body) = server.get("/", "Accept: text/html\r\n");
    assert!(
        body.contains("haberdash-bar") && body.contains("name=\"loyalty\""),
        "{body}"
    );

    let (head, _) = server.get("/_haberdash/visitor?loyalty=gold&team=&back=/", "");
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    assert_eq!(header(&head, "location"), Some("/"));
    let cookie = header(&head, "set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        server
            .get("/", &format!("Cookie: {cookie}\r\n"))
            .1
            .contains("Gold text.")
    );
    assert!(
        server
            .get("/", &format!("Cookie: {cookie}0\r\n"))
            .1
            .contains("Plain text."),
        "forged"
    );
    let (head, _) = server.get("/_haberdash/visitor?back=//evil.example/", "");
    assert_eq!(
        header(&head, "location"),
        Some("/"),
        "only paths of the site"
    );
}

#[test]
fn conditional_requests_head_and_methods() {
    let server = serve();
    let (head, _) = server.get("/", "");
    let etag = header(&head, "etag").unwrap().to_owned();
    let (again, body) = server.get("/", &format!("If-None-Match: {etag}\r\n"));
    assert!(
        again.starts_with("HTTP/1.1 304") && body.is_empty(),
        "{again}"
    );
    let (other, _) = server.get(
        "/",
        &format!("If-None-Match: {etag}\r\nCookie: hb_team=owls\r\n"),
    );
    assert!(
        other.starts_with("HTTP/1.1 200"),
        "another variant: {other}"
    );
    let (with_bar, _) = server.get(
        "/",
        &format!("Accept: text/html\r\nIf-None-Match: {etag}\r\n"),
    );
    assert!(with_bar.starts_with("HTTP/1.1 200"), "{with_bar}");
    let bar_tag = header(&with_bar, "etag").unwrap().to_owned();
    let (known, _) = server.get(
        "/",
        &format!("Accept: text/html\r\nIf-None-Match: {bar_tag}\r\n"),
    );
    assert!(known.starts_with("HTTP/1.1 304"), "{known}");
    let (head, body) = server.raw(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200") && body.is_empty(),
        "{head}"
    );
    assert_eq!(header(&head, "etag"), Some(etag.as_str()));
    let (post, _) =
        server.raw(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert!(post.starts_with("HTTP/1.1 405"), "{post}");
}

#[test]
fn hostile_requests_get_no_ones_page_and_no_500() {
    let server = serve();
    let long = format!("Cookie: hb_visitor={}\r\n", "x".repeat(32_768));
    let requests: Vec<Vec<u8>> = [
        "/_v/open/team.owls/index.html",
        "/./_v/open/team.owls/index.html",
        "/x/../_v/open/team.owls/index.html",
        "/x/%2e%2e/_v/open/team.owls/index.html",
        "/..%2f_v/open/team.owls/index.html",
        "/%5fv/open/team.owls/index.html",
        "//_v/open/team.owls/index.html",
        "/_v%5copen%5cteam.owls%5cindex.html",
        "/_haberdash/manifest.json",
        "/_haberdash/../_haberdash/routing.json",
        "/../../haberdash.yaml",
        "/%00",
        "/index.html%00.css",
    ]
    .iter()
    .map(|path| format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes())
    .chain([
        format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{long}\r\n").into_bytes(),
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: hb_team=\xff\xfe; hb_visitor=\xff\r\n\r\n".to_vec(),
        b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
    ])
    .collect();
    for request in requests {
        let (head, body) = server.raw(&request);
        let status: u16 = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(400);
        let shown = String::from_utf8_lossy(&request);
        let shown: String = shown.chars().take(80).collect();
        assert!(status < 500, "{status} for {shown}");
        assert!(
            status >= 400 || body.contains("Plain text."),
            "{status} for {shown}\n{body}"
        );
        assert!(
            !body.contains("Owl text.") && !body.contains("Gold text."),
            "{shown}"
        );
    }
}

#[test]
fn the_demo_login_signs_what_a_login_service_would() {
    let server = serve();
    let (head, form) = server.get("/_haberdash/sign-in?back=/", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(
        form.contains("name=\"loyalty\" value=\"gold\"") && !form.contains("name=\"team\""),
        "only what needs a signature: {form}"
    );
    let post = |body: &str| {
        let length = body.len();
        server.raw(format!("POST /_haberdash/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes()).0
    };
    let head = post("loyalty=gold&team=owls&back=%2F");
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    assert_eq!(header(&head, "location"), Some("/"));
    let cookie = header(&head, "set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert!(cookie.starts_with("hb_visitor=v1.k1."), "{cookie}");
    let (_, page) = server.get("/", &format!("Cookie: {cookie}\r\n"));
    assert!(page.contains("Gold text."), "{page}");
    let (_, form) = server.get("/_haberdash/sign-in", &format!("Cookie: {cookie}\r\n"));
    assert!(form.contains("value=\"gold\" checked"), "{form}");

    let head = post("loyalty=gold&out=1&back=//evil.example/");
    assert_eq!(header(&head, "location"), Some("/"));
    assert!(
        header(&head, "set-cookie")
            .unwrap()
            .starts_with("hb_visitor=; "),
        "{head}"
    );
    let head = post("loyalty=platinum&back=/");
    assert!(
        !head.contains("platinum"),
        "a segment that there is not: {head}"
    );
}
