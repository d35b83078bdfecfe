use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    policy::Policy,
    resolve::{Decision, FileMeta, Files, resolve},
    table::{FacetRules, Root, RoutingTable, Slot, TableNode, TableRule},
    *,
};
use crate::{
    digest::Digest,
    model::{Device, Match, Predicate, Signal},
};

const NOW: i64 = 1_800_000_000;

struct Known(BTreeMap<String, &'static str>);

impl Files for Known {
    fn file(&self, path: &str) -> Option<FileMeta> {
        self.0.get(path).map(|kind| FileMeta {
            digest: Digest::of(path.as_bytes()),
            content_type: (*kind).to_owned(),
        })
    }
}

fn files(paths: &[&str]) -> Known {
    Known(
        paths
            .iter()
            .map(|path| ((*path).to_owned(), "text/html"))
            .collect(),
    )
}

fn one_of(value: &str) -> Match {
    Match::OneOf(vec![value.to_owned()])
}

fn facet(id: &str, segments: &[&str], rules: Vec<(Predicate, u16)>) -> FacetRules {
    FacetRules {
        id: id.to_owned(),
        segments: segments
            .iter()
            .map(|segment| (*segment).to_owned())
            .collect(),
        default: 0,
        gated: false,
        consent: None,
        experiment: None,
        rules: rules
            .into_iter()
            .map(|(when, segment)| TableRule { when, segment })
            .collect(),
    }
}

fn signed(segment: &str) -> Predicate {
    Predicate::Signal(Signal::SignedCookie {
        name: "hb_visitor".to_owned(),
        field: "loyalty".to_owned(),
        value: one_of(segment),
    })
}

/// `/` and `/404.html` ask for loyalty (gated), `/team/` for the team by query or cookie; `/about/` asks nothing.
fn table() -> RoutingTable {
    let loyalty = FacetRules {
        gated: true,
        ..facet("loyalty", &["guest", "gold"], vec![(signed("gold"), 1)])
    };
    let by_query = Predicate::Signal(Signal::Query {
        name: "team".into(),
        value: one_of("owls"),
    });
    let by_cookie = Predicate::Signal(Signal::Cookie {
        name: "hb_team".into(),
        value: one_of("owls"),
    });
    let team = facet(
        "team",
        &["none", "owls"],
        vec![(by_query, 1), (by_cookie, 1)],
    );
    table_of(vec![loyalty, team])
}

/// The same with other facets, of two segments each.
fn table_of(facets: Vec<FacetRules>) -> RoutingTable {
    let root = |at, policy| Root {
        at,
        policy,
        is_skeleton: false,
    };
    RoutingTable {
        parts: String::new(),
        version: 2,
        site: "shop".to_owned(),
        keys: vec!["k1".to_owned()],
        policies: vec![
            Policy::default(),
            Policy::of(&facets, [0]),
            Policy::of(&facets, [1]),
            Policy::immutable(),
        ],
        roots: vec![root(-1, 0), root(0, 1), root(1, 2), root(-1, 3)],
        files: BTreeSet::new(),
        facets,
        nodes: vec![
            TableNode {
                facet: 0,
                to: vec![-1, -2],
            },
            TableNode {
                facet: 1,
                to: vec![-1, -3],
            },
        ],
        slots: vec![
            Slot {
                label: String::new(),
                gated: false,
            },
            Slot {
                label: "loyalty.gold".to_owned(),
                gated: true,
            },
            Slot {
                label: "team.owls".to_owned(),
                gated: false,
            },
        ],
        exact: BTreeMap::from([
            ("/".to_owned(), 1),
            ("/404.html".to_owned(), 1),
            ("/team/".to_owned(), 2),
        ]),
        prefixes: BTreeMap::from([("/assets/".to_owned(), 3)]),
        redirects: BTreeMap::from([("/old/".to_owned(), "/about/".to_owned())]),
        not_found: 1,
    }
}

fn site() -> Known {
    files(&[
        "index.html",
        "_v/*/loyalty.gold/index.html",
        "404.html",
        "_v/*/loyalty.gold/404.html",
        "team/index.html",
        "_v/open/team.owls/team/index.html",
        "about/index.html",
        "assets/site.0123456789.css",
    ])
}

fn key(id: &str, letter: u8) -> Key {
    Key {
        id: id.to_owned(),
        secret: vec![letter; 32],
    }
}

fn keys() -> Keys {
    Keys::new("shop", vec![key("k1", b'a'), key("k0", b'b')])
}

fn decide(request: &Request) -> Decision {
    resolve(&table(), &site(), &keys(), request, NOW, &BTreeMap::new())
}

fn with_cookie(path: &str, cookie: &str) -> Request {
    let mut request = Request::get(path);
    request.add_header("Cookie", cookie);
    request
}

fn gold() -> String {
    format!(
        "hb_visitor={}",
        sign(&keys(), NOW + 60, &[("loyalty", "gold")])
    )
}

#[test]
fn a_signed_member_gets_the_gated_variant() {
    let decision = decide(&with_cookie("/", &gold()));
    let token = keys().token("loyalty.gold");
    assert_eq!(decision.status, 200);
    assert_eq!(
        decision.file.unwrap(),
        format!("_v/{token}/loyalty.gold/index.html")
    );
    assert_eq!(decision.headers["cache-control"], "private, no-cache");
    assert_eq!(decision.headers["vary"], "Cookie");
    assert_eq!(
        decision.assignment,
        BTreeMap::from([("loyalty".to_owned(), "gold".to_owned())])
    );
}

#[test]
fn either_live_key_proves_a_segment() {
    let rotated = Keys::new("shop", vec![key("k0", b'b')]);
    let cookie = format!(
        "hb_visitor={}",
        sign(&rotated, NOW + 60, &[("loyalty", "gold")])
    );
    assert!(
        decide(&with_cookie("/", &cookie))
            .file
            .unwrap()
            .contains("loyalty.gold")
    );
}

#[test]
fn what_proves_nothing_gets_the_default() {
    let genuine = sign(&keys(), NOW + 60, &[("loyalty", "gold")]);
    let (payload, mac) = genuine.rsplit_once('.').unwrap();
    let other_site = Keys::new("other", vec![key("k1", b'a')]);
    let unknown_key = Keys::new("shop", vec![key("k9", b'a')]);
    let wrong_secret = Keys::new("shop", vec![key("k1", b'z')]);
    let fields = [("loyalty", "gold")];
    let swapped = payload.replace("loyalty.gold", "gold.loyalty");
    let cookies = [
        (
            "expired",
            format!("hb_visitor={}", sign(&keys(), NOW, &fields)),
        ),
        (
            "another site's",
            format!("hb_visitor={}", sign(&other_site, NOW + 60, &fields)),
        ),
        (
            "unknown key id",
            format!("hb_visitor={}", sign(&unknown_key, NOW + 60, &fields)),
        ),
        (
            "wrong secret",
            format!("hb_visitor={}", sign(&wrong_secret, NOW + 60, &fields)),
        ),
        (
            "later expiry",
            format!("hb_visitor={}.{mac}", payload.replace("18", "19")),
        ),
        ("swapped fields", format!("hb_visitor={swapped}.{mac}")),
        (
            "another segment",
            format!("hb_visitor={}.{mac}", payload.replace("gold", "silver")),
        ),
        (
            "upper-case MAC",
            format!("hb_visitor={payload}.{}", mac.to_uppercase()),
        ),
        ("cut MAC", format!("hb_visitor={payload}.{}", &mac[..63])),
        ("no MAC", format!("hb_visitor={payload}.")),
        ("empty", "hb_visitor=".to_owned()),
        ("points", "hb_visitor=.......".to_owned()),
        (
            "look-alike name",
            format!("xhb_visitor={genuine}; hb_visitor2={genuine}"),
        ),
        (
            "twice",
            format!("hb_visitor={genuine}; hb_visitor={genuine}"),
        ),
        (
            "twice, one forged",
            format!("hb_visitor=x; hb_visitor={genuine}"),
        ),
        (
            "field twice",
            format!(
                "hb_visitor={}",
                sign(
                    &keys(),
                    NOW + 60,
                    &[("loyalty", "silver"), ("loyalty", "gold")]
                )
            ),
        ),
        (
            "other field",
            format!(
                "hb_visitor={}",
                sign(&keys(), NOW + 60, &[("team", "gold")])
            ),
        ),
        (
            "32 KB",
            format!("junk={}; hb_visitor={genuine}", "x".repeat(32_768)),
        ),
        ("not ASCII", format!("hb_visitor={genuine}é")),
        ("quoted", format!("hb_visitor=\"{genuine}\"")),
        (
            "huge expiry",
            format!("hb_visitor=v1.k1.{}.loyalty.gold.{mac}", "9".repeat(40)),
        ),
    ];
    for (what, cookie) in cookies {
        let decision = decide(&with_cookie("/", &cookie));
        assert_eq!(
            (decision.status, decision.file.as_deref()),
            (200, Some("index.html")),
            "{what}"
        );
    }
}

#[test]
fn only_canonical_paths_exist() {
    let token = keys().token("loyalty.gold");
    let direct = format!("_v/{token}/loyalty.gold/index.html");
    let hostile = [
        format!("/{direct}"),
        format!("//{direct}"),
        format!("/./{direct}"),
        format!("/x/../{direct}"),
        format!("/x/%2e%2e/{direct}"),
        format!("/about/..%2f{direct}"),
        format!("/_v%2F{token}/loyalty.gold/index.html"),
        format!("/%5fv/{token}/loyalty.gold/index.html"),
        format!("/_V/{token}/loyalty.gold/index.html"),
        format!("/_v;/{token}/loyalty.gold/index.html"),
        format!("\\{direct}"),
        format!("/_v\\{token}\\loyalty.gold\\index.html"),
        "/_haberdash/manifest.json".to_owned(),
        "/_haberdash/routing.json".to_owned(),
        "/.git/config".to_owned(),
        "/about/\0".to_owned(),
        "/about/\u{e9}".to_owned(),
        "about/".to_owned(),
        String::new(),
        "/about//".to_owned(),
        "/404.html".to_owned(),
        "/about/x.css".to_owned(),
        "/nowhere/".to_owned(),
    ];
    for path in hostile {
        for cookie in ["", &gold()] {
            let decision = decide(&with_cookie(&path, cookie));
            assert_eq!(decision.status, 404, "{path:?}");
            assert!(decision.file.unwrap().ends_with("404.html"), "{path:?}");
        }
    }
}

#[test]
fn a_route_asks_only_the_signals_of_its_diagram() {
    let team = decide(&with_cookie("/team/", &format!("{}; hb_team=owls", gold())));
    assert_eq!(team.file.unwrap(), "_v/open/team.owls/team/index.html");
    assert_eq!(team.assignment.keys().collect::<Vec<_>>(), ["team"]);
    let about = decide(&with_cookie("/about/", &gold()));
    assert_eq!(about.file.unwrap(), "about/index.html");
    assert_eq!(
        about.headers["cache-control"],
        "public, max-age=300, s-maxage=86400"
    );
    assert!(!about.headers.contains_key("vary"));
}

#[test]
fn a_query_parameter_that_is_there_twice_is_not_there() {
    let mut request = Request::get("/team/");
    request.query = "team=owls".to_owned();
    assert!(decide(&request).file.unwrap().contains("team.owls"));
    request.query = "team=owls&team=owls".to_owned();
    assert_eq!(decide(&request).file.unwrap(), "team/index.html");
}

#[test]
fn the_same_bytes_are_not_sent_again() {
    let first = decide(&with_cookie("/", &gold()));
    let mut request = with_cookie("/", &gold());
    request.add_header(
        "If-None-Match",
        &format!("\"x\", W/{}", first.headers["etag"]),
    );
    let again = decide(&request);
    assert_eq!((again.status, again.file), (304, None));
    assert_eq!(again.headers["etag"], first.headers["etag"]);
    assert!(!again.headers.contains_key("content-type"));
}

#[test]
fn another_variants_tag_is_not_this_ones() {
    let gold_page = decide(&with_cookie("/", &gold()));
    let mut request = Request::get("/");
    request.add_header("If-None-Match", &gold_page.headers["etag"]);
    assert_eq!(decide(&request).status, 200);
}

#[test]
fn old_paths_folders_and_index_files_lead_to_the_page() {
    for (path, to) in [
        ("/old/", "/about/"),
        ("/old", "/about/"),
        ("/about", "/about/"),
        ("/about/index.html", "/about/"),
        ("/index.html", "/"),
        ("/nowhere", "/nowhere/"),
    ] {
        let mut request = Request::get(path);
        request.query = "utm=x".to_owned();
        let decision = decide(&request);
        assert_eq!(decision.status, 301, "{path}");
        assert_eq!(
            decision.headers["location"],
            format!("{to}?utm=x"),
            "{path}"
        );
    }
    let mut request = Request::get("/old/");
    request.query = "a\r\nset-cookie: b".to_owned();
    assert_eq!(decide(&request).headers["location"], "/about/");
}

#[test]
fn only_reading_is_allowed() {
    let mut request = Request::get("/");
    request.method = "POST".to_owned();
    let decision = decide(&request);
    assert_eq!(decision.status, 405);
    assert_eq!(decision.headers["allow"], "GET, HEAD");
}

#[test]
fn fingerprinted_files_are_kept_for_good() {
    let decision = decide(&Request::get("/assets/site.0123456789.css"));
    assert_eq!(
        decision.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
}

/// The segment of a facet that has one rule.
fn enters(predicate: Predicate, request: &Request) -> bool {
    let mut table = table();
    table.facets[0] = facet("x", &["no", "yes"], vec![(predicate, 1)]);
    segments(&table, &keys(), request, NOW, &BTreeMap::new())["x"] == "yes"
}

fn header(name: &str, value: &str) -> Request {
    let mut request = Request::get("/");
    request.add_header(name, value);
    request
}

#[test]
fn signals_are_read_as_documented() {
    let language = || Predicate::Signal(Signal::Language(vec!["de".to_owned()]));
    assert!(enters(
        language(),
        &header("Accept-Language", "de-CH, fr;q=0.9")
    ));
    assert!(enters(language(), &header("Accept-Language", "DE")));
    assert!(!enters(language(), &header("Accept-Language", "den, de")));
    assert!(!enters(language(), &Request::get("/")));

    let referrer = || Predicate::Signal(Signal::Referrer(vec!["instagram.com".to_owned()]));
    assert!(enters(
        referrer(),
        &header("Referer", "https://l.Instagram.com:443/x")
    ));
    assert!(!enters(
        referrer(),
        &header("Referer", "https://notinstagram.com/")
    ));
    assert!(!enters(
        referrer(),
        &header("Referer", "https://evil.example/@instagram.com")
    ));
    assert!(!enters(referrer(), &header("Referer", "instagram.com")));

    let device = |device| Predicate::Signal(Signal::Device(vec![device]));
    assert!(enters(
        device(Device::Phone),
        &header("User-Agent", "iPhone Mobile Safari")
    ));
    assert!(enters(
        device(Device::Tablet),
        &header("User-Agent", "Linux; Android 15")
    ));
    assert!(enters(
        device(Device::Phone),
        &header("Sec-CH-UA-Mobile", "?1")
    ));
    assert!(enters(device(Device::Desktop), &Request::get("/")));

    let country = || Predicate::Signal(Signal::Country(vec!["DE".to_owned()]));
    let mut request = Request::get("/");
    assert!(!enters(country(), &request));
    request.country = Some("de".to_owned());
    assert!(enters(country(), &request));

    let window = |from, until| Predicate::Signal(Signal::Time { from, until });
    assert!(enters(window(Some(NOW), Some(NOW + 1)), &Request::get("/")));
    assert!(!enters(window(None, Some(NOW)), &Request::get("/")));
    assert!(!enters(window(Some(NOW + 1), None), &Request::get("/")));
    assert!(enters(
        Predicate::Not(Box::new(window(Some(NOW + 1), None))),
        &Request::get("/")
    ));

    let present = Predicate::Signal(Signal::Cookie {
        name: "a".into(),
        value: Match::Present,
    });
    assert!(enters(present.clone(), &with_cookie("/", "b=1;  a=")));
    assert!(!enters(present, &with_cookie("/", "a")));
}

#[test]
fn buckets_are_slices_of_the_visitor_id() {
    let id = "0010ff000000000000000000000000ab";
    let bucket = |slice, from, until| Predicate::Signal(Signal::Bucket { slice, from, until });
    let request = with_cookie("/", &format!("hb_id={id}"));
    assert!(enters(bucket(0, 1, 2), &request));
    assert!(enters(bucket(1, 0x0ff, 0x100), &request));
    assert!(!enters(bucket(1, 0, 0x0ff), &request));
    for broken in [
        "hb_id=0010ff",
        &format!("hb_id={}", id.to_uppercase()),
        &format!("hb_id={id}0"),
    ] {
        assert!(
            !enters(bucket(0, 0, 4096), &with_cookie("/", broken)),
            "{broken}"
        );
    }
}

#[test]
fn without_consent_or_with_gpc_the_default_holds() {
    let mut table = table();
    table.facets[1].consent = Some("personalization".to_owned());
    let segment = |request: &Request| {
        segments(&table, &keys(), request, NOW, &BTreeMap::new())["team"].clone()
    };
    assert_eq!(segment(&with_cookie("/", "hb_team=owls")), "none");
    let mut request = with_cookie("/", "hb_team=owls; hb_consent=analytics.personalization");
    assert_eq!(segment(&request), "owls");
    request.add_header("Sec-GPC", "1");
    assert_eq!(segment(&request), "none");
}

#[test]
fn nothing_is_kept_beyond_the_next_switch() {
    let window = Predicate::Signal(Signal::Time {
        from: Some(NOW),
        until: Some(NOW + 4000),
    });
    let facets = vec![
        facet("a", &["no", "yes"], vec![]),
        facet("season", &["no", "yes"], vec![(window, 1)]),
    ];
    let table = table_of(facets);
    let cache = |now| {
        let mut request = Request::get("/team/");
        request.now = Some(now);
        let decision = resolve(&table, &site(), &keys(), &request, NOW, &BTreeMap::new());
        decision.headers["cache-control"].clone()
    };
    let kept = |shared: i64| format!("public, max-age=300, s-maxage={shared}");
    let again = "public, no-cache";
    assert_eq!(cache(0), kept(86_400));
    assert_eq!(cache(NOW - 86_400), kept(86_400));
    assert_eq!(cache(NOW - 86_399), kept(3600));
    assert_eq!(cache(NOW - 3600), kept(3600));
    assert_eq!(cache(NOW - 3599), kept(300));
    assert_eq!(cache(NOW - 300), kept(300));
    assert_eq!(cache(NOW - 299), again);
    assert_eq!(cache(NOW - 1), again);
    // The second switch is less than a day after the first.
    assert_eq!(cache(NOW), kept(3600));
    assert_eq!(cache(NOW + 400), kept(3600));
    assert_eq!(cache(NOW + 401), kept(300));
    assert_eq!(cache(NOW + 3701), again);
    assert_eq!(cache(NOW + 4000), kept(86_400));
}

#[test]
fn an_exposure_is_marked_where_it_is_shown_to_someone_who_takes_part() {
    let half = Predicate::Signal(Signal::Bucket {
        slice: 1,
        from: 0,
        until: 2048,
    });
    let experiment = FacetRules {
        consent: Some("personalization".to_owned()),
        experiment: Some(1),
        ..facet("window", &["control", "bold"], vec![(half, 1)])
    };
    let table = table_of(vec![facet("a", &["no", "yes"], vec![]), experiment]);
    let exposure = |path, cookie: &str| {
        let request = with_cookie(path, cookie);
        resolve(&table, &site(), &keys(), &request, NOW, &BTreeMap::new())
            .headers
            .remove(EXPOSURE)
    };
    let (bold, control) = (
        "hb_id=000000ff000000000000000000000000",
        "hb_id=000fff00000000000000000000000000",
    );
    let consent = "hb_consent=personalization";
    let both = |id| format!("{consent}; {id}");
    assert_eq!(exposure("/team/", &both(bold)).unwrap(), "window=bold");
    assert_eq!(
        exposure("/team/", &both(control)).unwrap(),
        "window=control"
    );
    assert_eq!(exposure("/about/", &both(bold)), None);
    assert_eq!(exposure("/team/", bold), None);
    assert_eq!(exposure("/team/", consent), None);
}

#[test]
fn requests_are_read_from_json() {
    let line = r#"{"path":"/","headers":{"Cookie":["a=1","b=2"],"X":"y"},"country":"DE","now":"2026-11-27T00:00:00+01:00"}"#;
    let request: Request = serde_json::from_str(line).unwrap();
    assert_eq!(request.method, "GET");
    assert_eq!(request.headers["cookie"], "a=1; b=2");
    assert_eq!(request.now, Some(1_795_734_000));
    assert!(serde_json::from_str::<Request>(r#"{"path":"/","heders":{}}"#).is_err());
}

/// Ten thousand products of one shape with a few exceptions.
#[test]
fn routes_of_one_shape_share_one_entry() {
    let mut paths: Vec<(String, u32)> = (0..10_000).map(|n| (format!("/shop/p{n}/"), 5)).collect();
    paths.extend(
        [("/", 1), ("/shop/", 2), ("/shop/p7/", 3), ("/about/", 0)].map(|(p, t)| (p.to_owned(), t)),
    );
    paths.sort();
    paths.dedup_by(|a, b| a.0 == b.0);
    let (exact, prefixes) = trie::compress(paths.iter().map(|(p, t)| (p.as_str(), *t)), 0);
    assert_eq!(prefixes.len(), 1);
    assert!(exact.len() <= 3, "{exact:?}");
}

proptest! {
    #[test]
    fn a_compressed_table_gives_each_path_its_diagram(
        routes in proptest::collection::btree_map("(/[ab]{1,2}){0,4}", 0_u32..4, 0..40),
    ) {
        let routes: BTreeMap<String, u32> = routes.into_iter().map(|(p, t)| (format!("{p}/"), t)).collect();
        let (exact, prefixes) = trie::compress(routes.iter().map(|(p, t)| (p.as_str(), *t)), 0);
        prop_assert!(exact.len() + prefixes.len() <= routes.len());
        let table = RoutingTable { exact, prefixes, ..RoutingTable::default() };
        for (path, target) in &routes {
            prop_assert_eq!(table.find(path), *target, "{}", path);
        }
    }

    #[test]
    fn no_request_panics(path in "\\PC*", query in "\\PC*", cookie in "(hb_visitor=|v1\\.|k1\\.|[;= .a-f0-9])*") {
        let mut request = with_cookie(&path, &cookie);
        request.query = query;
        let decision = decide(&request);
        prop_assert!(matches!(decision.status, 200 | 301 | 404), "{}", decision.status);
    }
}
