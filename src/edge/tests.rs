//! What the compilers write, as far as no engine is needed to see that it is right.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::{
    Can, Deployment, Edge, Problems, apache, caddy, check,
    conditions::{self, Condition, Conditions},
    edge_files, haproxy,
    keys::{self, Pages},
    varnish,
};
use crate::{
    diagnostic::{Code, Diagnostics},
    digest::Digest,
    model::{KeyConfig, Match, Predicate, Signal},
    output::Entry,
    routing::{FacetRules, Policy, Root, RoutingTable, Slot, TableNode, TableRule},
};

fn cookie(name: &str, value: &str) -> Predicate {
    Predicate::Signal(Signal::Cookie {
        name: name.to_owned(),
        value: Match::OneOf(vec![value.to_owned()]),
    })
}

fn facet(id: &str, rules: Vec<Predicate>) -> FacetRules {
    let rules: Vec<TableRule> = rules
        .into_iter()
        .zip(1..)
        .map(|(when, segment)| TableRule { when, segment })
        .collect();
    let mut segments = vec!["none".to_owned()];
    segments.extend((1..=rules.len()).map(|nth| format!("s{nth}")));
    FacetRules {
        id: id.to_owned(),
        segments,
        default: 0,
        gated: false,
        consent: None,
        experiment: None,
        rules,
    }
}

/// A shop of which each page asks one facet.
fn deployment(facet: FacetRules) -> Deployment {
    let slot = |label: &str, gated| Slot {
        label: label.to_owned(),
        gated,
    };
    let arcs = facet.segments.len();
    let gated = facet.gated;
    let asked = Policy::of(std::slice::from_ref(&facet), [0]);
    let table = RoutingTable {
        site: "shop".to_owned(),
        nodes: vec![TableNode {
            facet: 0,
            to: (0..arcs)
                .map(|nth| if nth == 1 { -2 } else { -1 })
                .collect(),
        }],
        slots: vec![slot("", false), slot("team.s1", gated)],
        policies: vec![Policy::default(), asked],
        roots: vec![
            Root {
                at: -1,
                policy: 0,
                is_skeleton: false,
            },
            Root {
                at: 0,
                policy: 1,
                is_skeleton: false,
            },
        ],
        exact: BTreeMap::from([("/".to_owned(), 1), ("/Old".to_owned(), 1)]),
        prefixes: BTreeMap::from([("/shop/".to_owned(), 1)]),
        redirects: BTreeMap::from([("/old/".to_owned(), "/new/?a=$1".to_owned())]),
        facets: vec![facet],
        ..RoutingTable::default()
    };
    Deployment {
        table,
        title: "Shop".to_owned(),
        ..Deployment::default()
    }
}

fn text(target: &str, deployment: &Deployment, path: &str) -> String {
    let (files, problems) = edge_files(target, deployment);
    assert!(problems.is_empty(), "{problems:#?}");
    let file = files.into_iter().find(|file| file.path == path);
    String::from_utf8(file.expect("the target has such a file").bytes).unwrap()
}

/// Whether a pattern of digits, classes and counts fits a text: all that ranges are made of.
fn fits(pattern: &str, text: &str) -> bool {
    let (mut signs, mut rest) = (pattern.chars().peekable(), text.chars());
    while let Some(sign) = signs.next() {
        let class: String = match sign {
            '[' => signs.by_ref().take_while(|sign| *sign != ']').collect(),
            digit => digit.to_string(),
        };
        let mut count = 1;
        if signs.peek() == Some(&'{') {
            let digits: String = signs.by_ref().skip(1).take_while(|s| *s != '}').collect();
            count = digits.parse().unwrap();
        }
        for _ in 0..count {
            let Some(digit) = rest.next() else {
                return false;
            };
            let class: Vec<char> = class.chars().collect();
            let is_in_range = class
                .windows(3)
                .any(|w| w[1] == '-' && (w[0]..=w[2]).contains(&digit));
            if !is_in_range && !class.contains(&digit) {
                return false;
            }
        }
    }
    rest.next().is_none()
}

proptest! {
    #[test]
    fn a_range_of_buckets_fits_just_its_numbers(a in 0_u64..4096, b in 0_u64..4096, at in 0_u64..4096) {
        let (from, to) = (a.min(b), a.max(b));
        let patterns = conditions::range(from, to, 3, 16);
        for number in [at, from, to, from.saturating_sub(1), (to + 1).min(4095)] {
            let text = format!("{number:03x}");
            let fitting = patterns.iter().filter(|pattern| fits(pattern, &text)).count();
            prop_assert_eq!(fitting, usize::from((from..=to).contains(&number)), "{:?} {}", patterns, text);
        }
    }

    #[test]
    fn a_range_of_instants_fits_just_its_numbers(from in 0_u64..10_000_000_000, at in 0_u64..10_000_000_000) {
        let patterns = conditions::range(from, 9_999_999_999, 10, 10);
        for number in [at, from, from.saturating_sub(1), from + 1] {
            let text = format!("{number:010}");
            if text.len() == 10 {
                let is_fit = patterns.iter().any(|pattern| fits(pattern, &text));
                prop_assert_eq!(is_fit, number >= from);
            }
        }
    }
}

#[test]
fn instants_are_patterns_of_digits() {
    assert_eq!(
        conditions::not_before(1_797_000_000),
        "(?:179[7-9][0-9]{6}|1[89][0-9]{8}|[2-9][0-9]{9}|[0-9]{11,})(?![0-9])"
    );
}

#[test]
fn texts_are_patterns_of_themselves() {
    assert_eq!(
        conditions::literal("a.b*c$\"{é\t"),
        r#"a\.b\*c\$\"\{\xc3\xa9\x09"#
    );
}

#[test]
fn conditions_have_no_groups_that_are_denied_and_nothing_that_never_holds() {
    let a = || cookie("a", "1");
    let not = |inner| Predicate::Not(Box::new(inner));
    let impossible = cookie("a;b", "1");
    let rules = vec![
        Predicate::All(vec![a(), impossible.clone()]),
        not(Predicate::Any(vec![a(), not(cookie("b", "1")), impossible])),
        Predicate::All(Vec::new()),
        a(),
    ];
    let conditions = Conditions::of(&deployment(facet("team", rules)).table);
    assert_eq!(conditions.signals.len(), 2);
    assert_eq!(
        conditions.facets[&0].rules,
        [
            (
                Condition::All(vec![Condition::Shows(0, false), Condition::Shows(1, true)]),
                2
            ),
            (Condition::Always, 3),
        ]
    );
}

#[test]
fn nginx_looks_at_one_source_in_one_map() {
    let rules = vec![cookie("hb_team", "owls"), cookie("hb_team", "a b\"$")];
    let text = text("nginx", &deployment(facet("team", rules)), "haberdash.conf");
    for line in [
        "map $haberdash_cookie_1 $hb_team {",
        r#"    "~^=a b\\\"\$$" s2;"#,
        // Paths with capitals are patterns, since keys ignore the case of letters.
        "    \"~^!/Old$\" 1;",
        "    /       1;",
        "    /old/   \"/new/?a=${haberdash_dollar}1\";",
        "    /old    \"/new/?a=${haberdash_dollar}1\";",
    ] {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.lines().any(|known| words(known) == words(line)),
            "{line}\n{text}"
        );
    }
}

#[test]
fn nginx_combines_signals_in_columns() {
    let not = |inner| Predicate::Not(Box::new(inner));
    let rules = vec![
        Predicate::All(vec![cookie("a", "1"), not(cookie("b", "1"))]),
        Predicate::Any(vec![
            cookie("b", "1"),
            Predicate::All(vec![
                cookie("c", "1"),
                Predicate::Any(vec![cookie("a", "2"), not(cookie("b", "2"))]),
            ]),
        ]),
    ];
    let text = text("nginx", &deployment(facet("team", rules)), "haberdash.conf");
    for part in [
        "map $haberdash_signal_1$haberdash_signal_2$haberdash_signal_3$haberdash_team_group_1 $hb_team {",
        "~^10    s1;",
        "~^.1    s2;",
        "~^..11  s2;",
        "map $haberdash_signal_4$haberdash_signal_5 $haberdash_team_group_1 {",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_gated_facet_without_a_key_is_refused() {
    for target in ["nginx", "apache"] {
        let mut deployment = deployment(FacetRules {
            gated: true,
            ..facet("team", vec![cookie("a", "1")])
        });
        let (_, problems) = edge_files(target, &deployment);
        assert!(!problems.is_empty(), "{target}");
        deployment.keys.push(KeyConfig {
            id: "k1".to_owned(),
            env: "SHOP_KEY".to_owned(),
        });
        let (files, problems) = edge_files(target, &deployment);
        assert!(problems.is_empty(), "{problems:#?}");
        assert!(files.iter().any(|file| {
            let text = String::from_utf8_lossy(&file.bytes);
            file.path.starts_with("haberdash.") && text.contains("SHOP_KEY")
        }));
    }
}

#[test]
fn varnish_refuses_a_gated_facet_without_a_key_and_writes_none() {
    let mut deployment = deployment(FacetRules {
        gated: true,
        ..facet("team", vec![cookie("a", "1")])
    });
    let (_, problems) = edge_files("varnish", &deployment);
    assert!(!problems.is_empty());
    deployment.keys.push(KeyConfig {
        id: "k1".to_owned(),
        env: "SHOP_KEY".to_owned(),
    });
    let keys = text("varnish", &deployment, "keys.vcl.example");
    assert!(
        keys.contains("new key_k1 = blob.blob(BASE64, \"${SHOP_KEY}\");"),
        "{keys}"
    );
    assert!(text("varnish", &deployment, "default.vcl").contains("\"shop.variant.\""));
}

#[test]
fn varnish_refuses_a_list_that_is_longer_than_a_pattern() {
    let values = (0..9000).map(|nth| format!("value-{nth}")).collect();
    let rule = Predicate::Signal(Signal::Cookie {
        name: "a".to_owned(),
        value: Match::OneOf(values),
    });
    let (_, problems) = edge_files("varnish", &deployment(facet("team", vec![rule])));
    assert!(!problems.is_empty());
}

#[test]
fn texts_in_vcl_cannot_end_early() {
    assert_eq!(varnish::text("a b"), r#""a b""#);
    assert_eq!(varnish::text(""), r#""""#);
    assert_eq!(varnish::text(r#"a"b"#), r#""a" + {"""} + "b""#);
    assert_eq!(varnish::text(r#""}"#), r#"{"""} + "}""#);
    assert_eq!(varnish::text("a\nb"), "{\"a\nb\"}");
    let pattern = conditions::one_of(&[r#"a"+"#.to_owned(), r#"\""#.to_owned()]);
    assert_eq!(varnish::pattern(&pattern), r#""(?:a\x22\+|\\\x22)""#);
}

#[test]
fn haproxy_refuses_what_it_cannot_hold() {
    let mut deployment = deployment(FacetRules {
        gated: true,
        ..facet("team", vec![cookie("a", "1")])
    });
    // A gated facet, and no key.
    assert!(!edge_files("haproxy", &deployment).1.is_empty());
    deployment.keys.push(KeyConfig {
        id: "k1".to_owned(),
        env: "SHOP_KEY".to_owned(),
    });
    let configuration = text("haproxy", &deployment, "haproxy.cfg");
    assert!(configuration.contains("set-var proc.key_k1 env(SHOP_KEY),base64"));
    assert_eq!(
        text("haproxy", &deployment, "gated.map").lines().last(),
        Some("variant-1 team.s1")
    );
    // Lines of maps lose the white space at their ends.
    let redirects = &mut deployment.table.redirects;
    redirects.insert("/older/".to_owned(), "/new/ ".to_owned());
    assert!(!edge_files("haproxy", &deployment).1.is_empty());

    let values = (0..9000).map(|nth| format!("value-{nth}")).collect();
    let rule = Predicate::Signal(Signal::Cookie {
        name: "a".to_owned(),
        value: Match::OneOf(values),
    });
    let long = self::deployment(facet("team", vec![rule]));
    assert!(!edge_files("haproxy", &long).1.is_empty());
}

#[test]
fn words_of_haproxy_cannot_end_early() {
    assert_eq!(
        haproxy::word(r#"a "b" $c \d 'e'"#),
        r#""a \"b\" \$c \\d 'e'""#
    );
    assert_eq!(haproxy::pattern("a'b"), r"'a\x27b'");
}

#[test]
fn haproxy_gives_groups_names_of_their_own() {
    let rule = Predicate::Any(vec![
        Predicate::All(vec![cookie("a", "1"), cookie("b", "1")]),
        Predicate::Not(Box::new(cookie("c", "1"))),
    ]);
    let text = text(
        "haproxy",
        &deployment(facet("team", vec![rule])),
        "haproxy.cfg",
    );
    for part in [
        "set-var(txn.group_1) bool(true) if !{ var(txn.signal_1) -m bool }",
        "set-var(txn.group_1) bool(true) if !{ var(txn.signal_2) -m bool }",
        "set-var(txn.group_2) bool(true) if !{ var(txn.group_1) -m bool }",
        "set-var(txn.group_2) bool(true) if !{ var(txn.signal_3) -m bool }",
        "set-var(txn.facet_team) \"str('s1')\" if { var(txn.group_2) -m bool }",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn vcl_has_no_subroutine_that_nothing_calls() {
    let mut deployment = deployment(facet("team", vec![cookie("a", "1")]));
    // Nobody can ask for it, so that the facet is never asked either.
    deployment.table.exact = BTreeMap::from([("/\u{e9}/".to_owned(), 1)]);
    deployment.table.prefixes.clear();
    let text = text("varnish", &deployment, "default.vcl");
    assert!(!text.contains("haberdash_facet_team"), "{text}");
    assert!(!text.contains("sub haberdash_route_1"), "{text}");
}

#[test]
fn nginx_refuses_a_list_that_is_longer_than_a_pattern() {
    let values = (0..9000).map(|nth| format!("value-{nth}")).collect();
    let rule = Predicate::Signal(Signal::Cookie {
        name: "a".to_owned(),
        value: Match::OneOf(values),
    });
    let (message, hint) = problem("nginx", &deployment(facet("team", vec![rule])));
    assert!(message.starts_with("edge-cannot-express: nginx: a rule of `team` is a pattern of "));
    assert!(
        message.ends_with(" bytes, and nginx takes 4090"),
        "{message}"
    );
    assert!(hint.contains("split the list"), "{hint}");
}

/// The only problem of a target, as `code: message`, and its hint.
#[track_caller]
fn problem(target: &str, deployment: &Deployment) -> (String, String) {
    let (_, problems) = edge_files(target, deployment);
    let list: Vec<_> = problems.iter().collect();
    let [problem] = list[..] else {
        panic!("{problems:#?}");
    };
    let text = format!("{}: {}", problem.code.name(), problem.message);
    (text, problem.hint.clone().unwrap_or_default())
}

fn site_of(files: impl IntoIterator<Item = (String, u64)>) -> Deployment {
    let mut deployment = Deployment::default();
    deployment.table.slots.push(Slot {
        label: String::new(),
        gated: false,
    });
    deployment.table.policies.push(Policy::default());
    deployment.table.roots.push(Root {
        at: -1,
        policy: 0,
        is_skeleton: false,
    });
    for (path, size) in files {
        let mut entry = Entry::new(&path, b"", Digest::of(b""), false);
        entry.size = size;
        deployment.manifest.files.insert(path, entry);
    }
    deployment
}

#[test]
fn a_site_of_more_files_than_the_platform_takes_is_refused() {
    let variant = |nth: usize| format!("_v/open/team.s{nth}/shop/index.html");
    let pages = (0..99_997).map(|nth| format!("p{nth}/index.html"));
    let files = pages.chain((0..3).map(variant)).map(|path| (path, 1));
    let mut site = site_of(files);
    assert!(edge_files("cloudflare", &site).1.is_empty());
    let more = site_of([("shop/index.html".to_owned(), 1)]);
    site.manifest.files.extend(more.manifest.files);
    let (message, hint) = problem("cloudflare", &site);
    assert_eq!(
        message,
        "edge-limit: cloudflare: the site has 100001 files, and Cloudflare takes 100000; \
         `shop/index.html` has 4 variants"
    );
    assert!(hint.contains("fewer variants"), "{hint}");
}

#[test]
fn a_file_that_is_larger_than_the_platform_takes_is_refused() {
    let most = 25 << 20;
    let small = site_of([("film.mp4".to_owned(), most)]);
    assert!(edge_files("cloudflare", &small).1.is_empty());
    let (message, hint) = problem("cloudflare", &site_of([("film.mp4".to_owned(), most + 1)]));
    assert_eq!(
        message,
        "edge-limit: cloudflare: `film.mp4` has 26214401 bytes, and Cloudflare takes 26214400"
    );
    assert!(hint.contains("keep it elsewhere"), "{hint}");
}

#[test]
fn a_function_that_is_larger_than_the_platform_takes_is_refused() {
    let rules = |facet: usize, count: usize| {
        (0..count).map(move |nth| cookie(&format!("c{facet}-{nth}"), &format!("{}", nth * 7919)))
    };
    let mut site = deployment(facet("team", rules(0, 2).collect()));
    assert!(edge_files("cloudfront", &site).1.is_empty());
    for nth in 1..20 {
        site.table
            .facets
            .push(facet(&format!("f{nth}"), rules(nth, 10 + nth).collect()));
    }
    let (message, hint) = problem("cloudfront", &site);
    let size = message.strip_prefix("edge-limit: cloudfront: the function has ");
    let (size, rest) = size.unwrap().split_once(' ').unwrap();
    assert!(size.parse::<usize>().unwrap() > 10_240);
    assert_eq!(
        rest,
        "bytes, and CloudFront takes 10240; the longest rules are those of `f19`"
    );
    assert!(hint.contains("fewer facets"), "{hint}");
}

#[test]
fn a_gated_facet_is_refused_where_signatures_cannot_be_checked() {
    const UNSIGNED: Edge = Edge {
        name: "plain",
        title: "Plain",
        can: Can {
            sign: false,
            ..Can::ALL
        },
        compile: |_, _| Vec::new(),
    };
    let site = deployment(FacetRules {
        gated: true,
        ..facet("club", vec![cookie("a", "1")])
    });
    let mut problems = Problems {
        edge: &UNSIGNED,
        deployment: &site,
        found: Diagnostics::default(),
    };
    check(&UNSIGNED, &site, &mut problems);
    let found: Vec<String> = problems.found.iter().map(|it| it.message.clone()).collect();
    assert_eq!(
        found,
        ["plain: `club` is gated, and Plain cannot check signatures"]
    );
}

#[test]
fn keys_stand_by_path_and_paths_with_capitals_under_their_mark() {
    let mut site = site_of(["index.html", "A/index.html", "a.html"].map(|it| (it.to_owned(), 1)));
    for (path, entry) in &mut site.manifest.files {
        entry.keys = [format!("page:/{path}"), "template:base".to_owned()]
            .map(Arc::from)
            .into();
    }
    let pages = Pages::of(&site, keys::NGINX);
    assert_eq!(
        keys::map_lines(&pages, keys::NGINX),
        "/ \"page:/index.html template:base\";\n\
         \"~^!/A/$\" \"page:/A/index.html template:base\";\n\
         /a.html \"page:/a.html template:base\";\n"
    );
    let module = keys::module(&pages, keys::CLOUDFLARE);
    assert!(module.contains("  \"/A/\": [0,1],\n"), "{module}");
}

#[test]
fn texts_in_lua_cannot_end_early() {
    assert_eq!(apache::string("a\"b\\\n9é"), r#""a\"b\\\0109\195\169""#);
}

#[test]
fn caddy_refuses_signatures_and_what_a_map_cannot_hold() {
    let gated = deployment(FacetRules {
        gated: true,
        ..facet("team", vec![cookie("a", "1")])
    });
    let problems = format!("{:?}", edge_files("caddy", &gated).1);
    assert!(
        problems.contains("caddy: `team` is gated, and Caddy cannot check signatures"),
        "{problems}"
    );

    // Not gated, yet decided by what must be proven.
    let signed = Predicate::Signal(Signal::SignedCookie {
        name: "a".to_owned(),
        field: "b".to_owned(),
        value: Match::Present,
    });
    let signed = deployment(facet("team", vec![Predicate::Not(Box::new(signed))]));
    let problems = format!("{:?}", edge_files("caddy", &signed).1);
    assert!(
        problems.contains("caddy: `team` reads a signed cookie"),
        "{problems}"
    );

    for to in ["/{path}/", "/a\"b", "/a\\", "/a\n/", ""] {
        let mut deployment = deployment(facet("team", vec![cookie("a", "1")]));
        let redirects = &mut deployment.table.redirects;
        redirects.insert("/older/".to_owned(), to.to_owned());
        let problems = edge_files("caddy", &deployment).1;
        assert!(problems.has_errors(), "{to:?}");
    }
}

#[test]
fn texts_in_caddyfiles_stay_as_they_are() {
    assert_eq!(
        caddy::literal("a`b.{$HOME}é\t\""),
        r#"a\x{60}b\.\{\$HOME\}\x{e9}\x{9}""#
    );
    // U+212A and U+017F are small letters `k` and `s` to RE2, but not to browsers.
    assert_eq!(
        caddy::any_case("books.example"),
        r"(?i:boo)[kK][sS](?i:\.example)"
    );
    assert_eq!(caddy::any_case("fr-ca"), "(?i:fr-ca)");
    assert_eq!(caddy::quoted(r#"a "b" $c \d"#), r#""a \"b\" $c \d""#);
    let mut deployment = deployment(facet("team", vec![cookie("a", "1"), cookie("a b", "`")]));
    deployment.title = "{$HOME} shop".to_owned();
    let text = text("caddy", &deployment, "haberdash.caddy");
    assert!(text.starts_with("# { $HOME} shop: "), "{text}");
    assert!(!text.contains("{$"), "{text}");
    assert!(
        text.contains("vars hb_cookie_no.2 {hb.cookie.no.2}"),
        "{text}"
    );
    assert!(text.contains("`~^=\\x{60}$` \"s2\""), "{text}");
    assert!(text.contains("/old/ \"/new/?a=$1\""), "{text}");
}

#[test]
fn caddy_gives_words_of_its_language_another_look() {
    let mut rules = facet("team", vec![cookie("a", "1"), cookie("a", "2")]);
    rules.segments[1] = "default".to_owned();
    let text = text("caddy", &deployment(rules), "haberdash.caddy");
    assert!(
        text.contains(
            "map \"is {hb.facet.team}\" {hb.node.0} {\n\t\t\"is default\" \"/_v/open/team.s1\""
        ),
        "{text}"
    );
}

#[test]
fn caddy_knows_no_instants_outside_of_its_digits() {
    assert_eq!(
        caddy::instants(Some(1_795_000_000), Some(1_795_000_010)).as_deref(),
        Some("^179500000[0-9]$")
    );
    assert_eq!(caddy::instants(None, Some(5)), None);
    assert_eq!(caddy::instants(Some(i64::MAX), None), None);
    assert_eq!(
        caddy::instants(Some(0), None).as_deref(),
        Some("^(?:[1-9][0-9]{9}|[1-9][0-9]{10})$")
    );
}

#[test]
fn a_bucket_keeps_for_good_only_what_is_for_good() {
    let mut deployment = deployment(facet("team", vec![cookie("hb_team", "a")]));
    for (path, is_immutable) in [
        ("assets/app-0123.css", true),
        ("assets/logo-0123.svg", true),
        ("shop/tie.svg", false),
        ("LICENSE", false),
    ] {
        let entry = Entry::new(path, b"", Digest::of(b""), is_immutable);
        deployment.manifest.files.insert(path.to_owned(), entry);
    }
    let script = text("cloudfront", &deployment, "upload.sh");
    let lines: Vec<&str> = script
        .lines()
        .filter(|line| line.contains("--exclude '*'"))
        .collect();
    assert_eq!(lines.len(), 3, "{script}");
    assert!(lines[0].contains("'*.css' ") && lines[0].contains("immutable"));
    assert!(lines[1].contains("'*.svg' ") && !lines[1].contains("immutable"));
    // A pattern of an extension does not fit a name without one.
    assert!(lines[2].contains("'LICENSE' --content-type 'application/octet-stream'"));
}

#[test]
fn letters_that_a_script_may_not_get_are_refused() {
    let deployment = deployment(facet("team", vec![cookie("hb_team", "b\u{fc}ffel")]));
    for target in ["cloudflare", "cloudfront", "vercel"] {
        let (_, problems) = edge_files(target, &deployment);
        let problem = problems.iter().next().expect("it is refused");
        assert_eq!(problem.code, Code::EdgeCannotExpress);
        assert!(
            problem.message.contains("`b\u{fc}ffel`"),
            "{}",
            problem.message
        );
    }
    for target in ["nginx", "netlify", "haproxy", "varnish", "apache", "caddy"] {
        assert!(edge_files(target, &deployment).1.is_empty(), "{target}");
    }
}
