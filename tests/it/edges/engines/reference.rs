//! The reference resolver behind a plain socket: it proves the harness, which must find nothing
//! wrong with it, and something wrong with it when its table is another.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use haberdash::{Keys, Manifest, Request, RoutingTable, put_together, resolve};

use super::{
    BRIEF, Deployed, Engine, FULL, Running, SMALL_SCALE, Shop, compare::digest_tag, corpus::Scale,
    prove, prove_once, red, wire::country_of,
};

const REFERENCE: Engine = Engine {
    name: "reference",
    start,
    etag: digest_tag,
    sees: None,
    platform: None,
    countries: true,
};

/// Facets of all kinds of signals, and windows of time on a page that is for everyone.
pub const SMALL: &str = "\
-- segments/team.yaml --
facet: team
default: none
from: [{ query: team }, { cookie: hb_team }]
segments: [{ id: none }, { id: owls }, { id: lions }]
-- segments/loyalty.yaml --
facet: loyalty
default: guest
gated: true
from: { signed-cookie: hb_visitor, field: loyalty }
segments: [{ id: guest }, { id: silver }, { id: gold }]
-- segments/sale.yaml --
facet: sale
default: none
segments:
  - id: summer
    when: { time: { from: 2026-06-01T00:00:00Z, until: 2026-06-20T00:00:00Z } }
  - id: late
    when: { time: { from: 2026-06-20T00:00:00Z, until: 2026-06-20T00:30:00Z } }
-- segments/region.yaml --
facet: region
default: mainland
segments: [{ id: islands, when: { country: [GB, IE] } }]
-- segments/look.yaml --
facet: look
default: plain
experiment: { slice: 1, weights: { plain: 25, bold: 75 } }
segments: [{ id: bold }]
-- segments/taste.yaml --
facet: taste
default: any
consent: personalization
from: { cookie: hb_taste }
segments: [{ id: any }, { id: sweet }]
-- segments/holding.yaml --
facet: holding
default: desk
segments: [{ id: phone, when: { device: phone } }, { id: tablet, when: { device: tablet } }]
-- segments/tongue.yaml --
facet: tongue
default: en
segments: [{ id: fr, when: { language: fr } }, { id: ca, when: { language: fr-ca } }]
-- content/404.md --
---
title: Not here
---
::: when team=owls
Nobody hoots here.
::: otherwise
Nothing here.
:::
-- content/look.md --
---
title: Look
---
::: when look=bold
Bold.
:::
::: when taste=sweet
Sweet.
:::
-- content/holding.md --
---
title: Holding
---
::: when holding=phone
A phone.
::: when holding=tablet
A tablet.
:::
::: when tongue=fr
Bonjour.
:::
-- content/index.md --
::: when team=owls
Hoot.
::: when loyalty=gold
Gold.
::: otherwise
Plain.
:::
-- content/sale.md --
---
title: Sale
---
::: when sale=summer
Sun.
::: when sale=late
Late.
::: otherwise
None.
:::
-- content/islands.md --
---
title: Islands
aliases: [/isles/]
---
::: when region=islands
By ship.
::: otherwise
By road.
:::
";

/// Regions by facets of all kinds, one in another, on a page and on that for what does not exist.
pub const PARTS: &str = "\
-- haberdash.yaml --
site: shop
title: Shop
base-url: https://shop.example
currency: EUR
keys:
  - { id: k1, env: SHOP_KEY }
  - { id: k0, env: SHOP_OLD_KEY }
budgets: { max-variants: 1000 }
-- segments/team.yaml --
facet: team
default: none
from: [{ query: team }, { cookie: hb_team }]
segments: [{ id: none }, { id: owls }, { id: lions }]
-- segments/loyalty.yaml --
facet: loyalty
default: guest
gated: true
from: { signed-cookie: hb_visitor, field: loyalty }
segments: [{ id: guest }, { id: silver }, { id: gold }]
-- segments/sale.yaml --
facet: sale
default: none
segments:
  - id: summer
    when: { time: { from: 2026-06-01T00:00:00Z, until: 2026-06-20T00:00:00Z } }
-- segments/look.yaml --
facet: look
default: plain
experiment: { slice: 1, weights: { plain: 25, bold: 75 } }
segments: [{ id: bold }]
-- segments/region.yaml --
facet: region
default: mainland
segments: [{ id: islands, when: { country: [GB, IE] } }]
-- content/404.md --
---
title: Not here
---
::: when team=owls
Nobody hoots here.
:::
-- themes/default/templates/page.html --
<!doctype html><title>{{ page.title }}</title>{{ body() }}{{ region(name=\"club\") }}{{ region(name=\"sale\") }}
-- themes/default/templates/section.html --
<!doctype html><title>{{ page.title }}</title>{{ region(name=\"sale\") }}
-- themes/default/regions/club.html --
{{ segment(of=\"loyalty\") }} — <p>Schöne Grüße</p> {{ region(name=\"team\") }} {{ region(name=\"road\") }}
-- themes/default/regions/team.html --
<b>{{ segment(of=\"team\") }}</b>{% if visitor_is(loyalty=\"gold\") %}<i>gold</i>{% endif %}
-- themes/default/regions/road.html --
<em>{{ segment(of=\"region\") }} {{ segment(of=\"look\") }}</em>
-- themes/default/regions/sale.html --
<u>{{ segment(of=\"sale\") }}</u>
-- content/look.md --
---
title: Look
---
::: when look=bold
Bold.
:::
-- content/gold.md --
---
title: Gold
---
::: when loyalty=gold
Gold.
:::
-- content/list/index.md --
---
title: List
---
-- content/list/one.md --
---
title: One
---
";

#[test]
fn the_harness_finds_the_reference_equal_to_itself() {
    let shop = Shop::small("small", SMALL);
    let scale = Scale {
        total: 4000,
        ..FULL
    };
    prove(&REFERENCE, &shop, scale, &|_| Vec::new()).expect_equal();
    prove(&REFERENCE, Shop::demo(), BRIEF, &|_| Vec::new()).expect_equal();
}

#[test]
fn the_harness_finds_the_reference_equal_to_itself_in_parts() {
    let shop = Shop::small_in_parts("parts", PARTS);
    assert!(shop.table.has_skeletons());
    prove(&REFERENCE, &shop, SMALL_SCALE, &|_| Vec::new()).expect_equal();
    prove(&REFERENCE, Shop::demo_in_parts(), BRIEF, &|_| Vec::new()).expect_equal();
}

#[test]
fn the_harness_sees_a_single_wrong_arc() {
    for shop in [
        &Shop::small("small", SMALL),
        Shop::demo(),
        Shop::demo_in_parts(),
    ] {
        let report = red(&REFERENCE, shop, &|_| Vec::new());
        report.print();
        assert!(report.mismatches > 0);
    }
}

type Twist = fn(&mut Request);

/// Edges that are wrong in one way each, as edges have been. The list must find every one.
const CARELESS: [(&str, Twist); 12] = [
    ("believes a header about the country", |request| {
        request.country = request.headers.get("cf-ipcountry").cloned();
    }),
    ("believes a header about the path", |request| {
        if let Some(path) = request.headers.get("x-original-url") {
            path.clone_into(&mut request.path);
        }
    }),
    ("decodes paths", |request| {
        let path = percent_encoding::percent_decode_str(&request.path);
        request.path = path.decode_utf8_lossy().into_owned();
    }),
    ("joins slashes", |request| {
        while request.path.contains("//") {
            request.path = request.path.replace("//", "/");
        }
    }),
    ("walks up", |request| {
        request.path = request.path.replace("/x/../", "/").replace("/./", "/");
    }),
    ("knows no capitals in paths", |request| {
        request.path.make_ascii_lowercase();
    }),
    ("knows no capitals in cookies", |request| {
        if let Some(cookies) = request.headers.get_mut("cookie") {
            cookies.make_ascii_lowercase();
        }
    }),
    ("takes the first of two cookies", |request| {
        if let Some(cookies) = request.headers.get_mut("cookie") {
            let mut seen = std::collections::BTreeSet::new();
            let name = |pair: &str| pair.split('=').next().unwrap().trim().to_owned();
            let kept = cookies.split(';').filter(|pair| seen.insert(name(pair)));
            *cookies = kept.collect::<Vec<_>>().join(";");
        }
    }),
    ("decodes queries", |request| {
        let query = percent_encoding::percent_decode_str(&request.query);
        request.query = query.decode_utf8_lossy().into_owned();
    }),
    ("overhears that no consent is given", |request| {
        request.headers.remove("sec-gpc");
    }),
    ("never says that a page is as it was", |request| {
        request.headers.remove("if-none-match");
    }),
    ("lets other methods pass", |request| {
        if request.method != "HEAD" {
            "GET".clone_into(&mut request.method);
        }
    }),
];

thread_local! {
    /// What the engine that this thread starts does wrong.
    static TWIST: Cell<Twist> = const { Cell::new(|_| {}) };
}

#[test]
fn the_harness_sees_each_kind_of_carelessness() {
    let shop = Shop::small("small", SMALL);
    let scale = Scale { total: 0, ..FULL };
    for (what, twist) in CARELESS {
        TWIST.set(twist);
        let report = prove_once(&REFERENCE, &shop, scale, &|_| Vec::new());
        assert!(report.mismatches > 0, "an edge that {what} goes unnoticed");
    }
    TWIST.set(|_| {});
}

#[test]
fn the_harness_sees_a_gated_page_that_leaks() {
    let shop = Shop::small("small", SMALL);
    let scale = Scale { total: 0, ..FULL };
    let open = Engine {
        start: start_open,
        ..REFERENCE
    };
    let report = prove_once(&open, &shop, scale, &|_| Vec::new());
    assert!(report.leaks > 0, "{report}");
}

#[test]
#[ignore = "takes long: every request of the list"]
fn the_reference_is_equal_to_itself_on_every_request() {
    let report = prove(&REFERENCE, Shop::demo(), FULL, &|_| Vec::new());
    report.expect_equal();
    assert!(report.requests >= 20_000, "{}", report.requests);
    // Spring begins when the letter's offer ends; all else can be.
    let is_contradiction =
        |leaf: &&String| leaf.contains("campaign=letter") && leaf.contains("season=spring");
    let others: Vec<_> = report
        .unreached
        .keys()
        .filter(|leaf| !is_contradiction(leaf))
        .collect();
    assert!(others.is_empty(), "leaves that nobody reaches: {others:#?}");
}

struct Site {
    public: PathBuf,
    table: RoutingTable,
    manifest: Manifest,
    keys: Keys,
    /// Whether any file can be had by its path.
    is_open: bool,
}

fn start(deployed: &Deployed) -> Running {
    listen(deployed, false)
}

fn start_open(deployed: &Deployed) -> Running {
    listen(deployed, true)
}

fn listen(deployed: &Deployed, is_open: bool) -> Running {
    let site = Arc::new(Site {
        public: deployed.public.clone(),
        table: deployed.table.clone(),
        manifest: deployed.manifest.clone(),
        keys: deployed.signer.keys(),
        is_open,
    });
    let twist = TWIST.get();
    listen_with(deployed, move || {
        let site = Arc::clone(&site);
        move |request: &mut Request| {
            twist(request);
            answer(&site, request)
        }
    })
}

/// A server inside this process. What answers is made anew for each connection, and gives whole answers
/// as bytes.
pub fn listen_with<A>(
    deployed: &Deployed,
    answering: impl Fn() -> A + Send + Sync + 'static,
) -> Running
where
    A: FnMut(&mut Request) -> Vec<u8>,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, deployed.port)).unwrap();
    let answering = Arc::new(answering);
    let stopped = Arc::new(AtomicBool::new(false));
    let stops = Arc::clone(&stopped);
    let port = deployed.port;
    let accepting = std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if stopped.load(Relaxed) {
                break;
            }
            let answering = Arc::clone(&answering);
            std::thread::spawn(move || answer_all(answering(), &stream));
        }
    });
    Running::inside(move || {
        stops.store(true, Relaxed);
        // Wakes the one that waits for clients.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
        let _ = accepting.join();
    })
}

/// Answers requests of a connection until it ends.
fn answer_all(mut answer: impl FnMut(&mut Request) -> Vec<u8>, stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let country = match stream.peer_addr().map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => country_of(address),
        _ => None,
    };
    let mut reader = BufReader::new(stream);
    while let Some((mut request, length)) = read(&mut reader, country.clone()) {
        if std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).is_err() {
            return;
        }
        let mut writer = stream;
        if writer.write_all(&answer(&mut request)).is_err() {
            return;
        }
    }
}

/// A request with all its bytes, however odd, and the length of its body.
fn read(reader: &mut impl BufRead, country: Option<String>) -> Option<(Request, u64)> {
    let mut line = || {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).ok()?;
        let line = line.strip_suffix(b"\r\n")?;
        Some(String::from_utf8_lossy(line).into_owned())
    };
    let first = line()?;
    let (method, rest) = first.split_once(' ')?;
    let (target, _) = rest.rsplit_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = match path.strip_prefix("http://") {
        None => path,
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
    };
    let mut request = Request::get(path);
    method.clone_into(&mut request.method);
    query.clone_into(&mut request.query);
    request.country = country;
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        request.add_header(name, value.trim_matches([' ', '\t']));
    }
    let length = request.headers.get("content-length");
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    Some((request, length))
}

fn answer(site: &Site, request: &Request) -> Vec<u8> {
    let now = super::now();
    if site.is_open
        && let Ok(body) = fs::read(site.public.join(request.path.trim_start_matches('/')))
    {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        return [head.into_bytes(), body].concat();
    }
    let decision = resolve(
        &site.table,
        &site.manifest,
        &site.keys,
        request,
        now,
        &BTreeMap::new(),
    );
    let file = decision.file.as_ref();
    let mut body = file
        .map(|file| fs::read(site.public.join(file)).unwrap())
        .unwrap_or_default();
    if decision.is_skeleton {
        let text = String::from_utf8(body).unwrap();
        let read = |file: &str| fs::read_to_string(site.public.join(file));
        let (table, keys, none) = (&site.table, &site.keys, BTreeMap::new());
        let whole = put_together(table, keys, request, now, &none, &text, read);
        body = whole.unwrap().into_bytes();
    }
    let mut head = format!("HTTP/1.1 {} x\r\n", decision.status);
    for (name, value) in &decision.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    let mut bytes = head.into_bytes();
    if request.method != "HEAD" {
        bytes.extend(body);
    }
    bytes
}
