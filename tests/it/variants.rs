//! Which facets split a page, and which bodies are one.

use proptest::prelude::*;

use crate::support::{Site, facet, site};

fn loyalty() -> String {
    "-- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\ngated: true\n\
     from: { signed-cookie: hb_visitor, field: loyalty }\nsegments:\n  - { id: guest }\n  - { id: silver }\n\
     \x20 - { id: gold, inherits: silver }\n"
        .to_owned()
}

#[test]
fn a_page_that_asks_nothing_is_rendered_once() {
    let site = site(&format!(
        "{}{}-- content/about.md --\n---\ntitle: About\n---\n::: when team=owls\nHoot.\n:::\n",
        facet("team", &["none", "owls", "lions"], "none"),
        facet("tone", &["plain", "loud"], "plain"),
    ));
    assert_eq!(site.problems(), ["unread-facet segments/tone.yaml:1"]);
    assert_eq!(site.variants("index.html"), ["index.html"]);
    assert_eq!(
        site.variants("about/index.html"),
        ["about/index.html", "_v/open/team.owls/about/index.html"]
    );
}

#[test]
fn gated_variants_stand_under_a_name_that_only_the_key_tells() {
    let site = site(&format!(
        "{}-- content/index.md --\n::: when loyalty=gold\nGold secret.\n:::\n",
        loyalty()
    ))
    .expect_no_problems();
    let holders: Vec<&String> = site
        .files
        .iter()
        .filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains("Gold secret"))
        .map(|(path, _)| path)
        .collect();
    let [path] = holders.as_slice() else {
        panic!("{holders:?}")
    };
    let token = path.split('/').nth(1).unwrap();
    assert!(
        token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()),
        "{path}"
    );
    for listing in ["_haberdash/manifest.json", "_haberdash/routing.json"] {
        assert!(
            !site.text(listing).contains(token),
            "{listing} discloses the name"
        );
    }
}

#[test]
fn a_segment_sees_what_it_inherits_where_it_has_nothing_of_its_own() {
    let site = site(&format!(
        "{}-- content/index.md --\n---\ntitle: {{ default: Hello, loyalty.silver: Silver }}\n---\n\
         ::: when loyalty=silver\nFor silver.\n::: when loyalty=gold\nFor gold.\n::: otherwise\nFor all.\n:::\n",
        loyalty()
    ))
    .expect_no_problems();
    let gold = site.shown("/", "loyalty=gold");
    assert!(
        gold.contains("<title>Silver</title>") && gold.contains("For gold."),
        "{gold}"
    );
    let silver = site.shown("/", "loyalty=silver");
    assert!(
        silver.contains("<title>Silver</title>") && silver.contains("For silver."),
        "{silver}"
    );
    let guest = site.shown("/", "loyalty=guest");
    assert!(
        guest.contains("<title>Hello</title>") && guest.contains("For all."),
        "{guest}"
    );
}

#[test]
fn prices_by_segment_show_on_the_product_and_on_its_card() {
    let site = site(&format!(
        "{}-- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 49.00\nprices: {{ loyalty.gold: 44.00 }}\n\
         -- content/catalog/products/hat.yaml --\ntitle: Hat\nprice: 20.00\n\
         -- content/catalog/collections/all.yaml --\ntitle: All\nproducts: [tie, hat]\n",
        loyalty()
    ))
    .expect_no_problems();
    assert!(site.shown("/shop/tie/", "").contains("€49.00"));
    assert!(site.shown("/shop/tie/", "loyalty=gold").contains("€44.00"));
    let list = site.shown("/collections/all/", "loyalty=gold");
    assert!(
        list.contains("Tie €44.00") && list.contains("Hat €20.00"),
        "{list}"
    );
    assert_eq!(site.variants("shop/hat/index.html").len(), 1);
    assert_eq!(site.variants("collections/all/index.html").len(), 2);
}

#[test]
fn who_has_no_title_of_their_own_gets_the_documents() {
    let site = site(&format!(
        "{}-- content/index.md --\n---\ntitle: {{ team.owls: Owls }}\n---\n# Hello\n",
        facet("team", &["none", "owls"], "none")
    ))
    .expect_no_problems();
    assert!(site.shown("/", "").contains("<title>Hello</title>"));
    assert!(site.shown("/", "team=owls").contains("<title>Owls</title>"));
}

#[test]
fn a_stand_in_says_what_it_cannot_change() {
    let site = site(&format!(
        "{}-- content/index@team=owls.md --\n---\ntemplate: x.html\n---\nHoot.\n",
        facet("team", &["none", "owls"], "none")
    ));
    assert_eq!(
        site.problems(),
        ["unknown-field content/index@team=owls.md:1"]
    );
}

#[test]
fn a_whole_file_stands_in_for_another() {
    let site = site(&format!(
        "{}-- content/index@team=owls.md --\n---\ntitle: Owls\n---\nHoot.\n",
        facet("team", &["none", "owls"], "none")
    ))
    .expect_no_problems();
    assert!(site.shown("/", "").contains("Welcome."));
    let owls = site.shown("/", "team=owls");
    assert!(
        owls.contains("Hoot.") && owls.contains("<title>Owls</title>"),
        "{owls}"
    );
}

#[test]
fn a_page_grows_with_the_product_of_its_regions_only_where_they_meet() {
    let site = site(&format!(
        "{}{}-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{{{{ region(name=\"a\") }}}}<hr>{{{{ region(name=\"b\") }}}}\n\
         -- themes/default/regions/a.html --\n<p>A {{{{ segment(of=\"a\") }}}}</p>\n\
         -- themes/default/regions/b.html --\n<p>B {{{{ segment(of=\"b\") }}}}</p>\n",
        facet("a", &["a0", "a1", "a2"], "a0"),
        facet("b", &["b0", "b1"], "b0"),
    ))
    .expect_no_problems();
    // Three and two regions, put together with one skeleton as six pages; twice, because the
    // page for what does not exist has the same template.
    assert_eq!(site.variants("index.html").len(), 6);
    assert_eq!(site.built.summary.renderings, 2 + 3 + 2);
    assert!(
        site.shown("/", "a=a2 b=b1")
            .contains("<p>A a2</p><hr><p>B b1</p>")
    );
}

#[test]
fn a_page_over_the_budget_names_facets_and_regions() {
    let segments: Vec<String> = (0..12).map(|n| format!("s{n}")).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let site = site(&format!(
        "{}{}-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{{{{ region(name=\"a\") }}}}{{{{ segment(of=\"b\") }}}}\n\
         -- themes/default/regions/a.html --\n{{{{ segment(of=\"a\") }}}}\n",
        facet("a", &segments, "s0"),
        facet("b", &segments, "s0"),
    ));
    let problem = site.built.diagnostics.iter().next().unwrap();
    assert_eq!(problem.code.name(), "too-many-variants");
    assert!(problem.message.contains("the budget is 64"), "{problem:?}");
    assert!(problem.label.contains("`a` (12), `b` (12)"), "{problem:?}");
    assert!(problem.notes[0].contains("`a`"), "{problem:?}");
}

#[test]
fn renderings_that_come_out_equal_are_one_variant() {
    let site = site(&format!(
        "{}-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{{% if segment(of=\"team\") == \"owls\" %}}O{{% endif %}}\n",
        facet("team", &["none", "owls", "lions", "bears"], "none")
    ))
    .expect_no_problems();
    assert_eq!(site.variants("index.html").len(), 2);
    assert_eq!(site.built.summary.merged, 4, "two on each of two routes");
}

// ---- Exploration against brute force ----

const FACETS: [(&str, &[&str]); 3] = [
    ("alpha", &["a0", "a1"]),
    ("beta", &["b0", "b1", "b2"]),
    ("gamma", &["c0", "c1", "c2"]),
];

/// Something that a random page says.
fn phrase() -> impl Strategy<Value = String> {
    let part = (0_usize..3, any::<prop::sample::Index>()).prop_map(|(facet, index)| {
        let (name, segments) = FACETS[facet];
        (name, *index.get(segments))
    });
    prop_oneof![
        Just("<i>x</i>".to_owned()),
        (0_usize..3).prop_map(|f| format!("<b>{{{{ segment(of=\"{}\") }}}}</b>", FACETS[f].0)),
        part.clone().prop_map(|(f, s)| format!("{{% if visitor_is({f}=\"{s}\") %}}<p>{s}</p>{{% endif %}}")),
        (part.clone(), part).prop_map(|((f, s), (g, t))| format!(
            "{{% if visitor_is({f}=\"{s}\") %}}{{% if segment(of=\"{g}\") == \"{t}\" %}}<p>{s}{t}</p>{{% else %}}<p>-</p>{{% endif %}}{{% endif %}}"
        )),
        Just("{{ fragment(name=\"one\") }}".to_owned()),
        Just("{{ fragment(name=\"two\", x=1) }}".to_owned()),
        Just("{{ region(name=\"one\") }}".to_owned()),
        Just("{% set p = price(product=\"tie\") %}{{ p.text }}".to_owned()),
        Just("{{ body() }}".to_owned()),
        Just("{% for id in products(collection=\"all\") %}{{ id }} {% endfor %}".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    (0_usize..3, any::<prop::sample::Index>())
        .prop_map(|(f, i)| format!("{}={}", FACETS[f].0, i.get(FACETS[f].1)))
}

/// A store whose facets have these defaults.
fn random_store(parts: &RandomStore, defaults: [&str; 3]) -> Site {
    let facets: String = FACETS
        .iter()
        .zip(defaults)
        .map(|((name, segments), default)| facet(name, segments, default))
        .collect();
    let RandomStore {
        page,
        one,
        two,
        region,
        when,
        other,
        key,
        over,
    } = parts;
    let (facet_name, segment) = key.split_once('=').unwrap();
    site(&format!(
        "{facets}\
         -- haberdash.yaml --\nsite: shop\ntitle: Shop\nbase-url: https://shop.example\ncurrency: EUR\nbudgets: {{ max-variants: 400 }}\n\
         -- themes/default/templates/page.html --\n<!doctype html><title>{{{{ page.title }}}}</title><main>{page}</main>\n\
         -- themes/default/fragments/one.html --\n<span>{one}</span>\n\
         -- themes/default/fragments/two.html --\n<span>{two}{{{{ x }}}}{{{{ fragment(name=\"one\") }}}}</span>\n\
         -- themes/default/regions/one.html --\n<div>{region}</div>\n\
         -- content/index.md --\n---\ntitle: {{ default: Home, {facet_name}.{segment}: Own }}\n---\n\
         Hello.\n\n::: when {when}\nFirst.\n::: when {other}\nSecond.\n::: otherwise\nRest.\n:::\n\
         -- content/index@{over}.md --\nOverride :price[tie].\n\
         -- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 49\nprices: {{ {facet_name}.{segment}: 44 }}\n\
         -- content/catalog/products/hat.yaml --\ntitle: Hat\nprice: 20\n\
         -- content/catalog/collections/all.yaml --\ntitle: All\nproducts: [tie, hat]\nfor: [{{ when: \"{when}\", products: [hat] }}]\n",
    ))
}

#[derive(Clone, Debug)]
struct RandomStore {
    page: String,
    one: String,
    two: String,
    region: String,
    when: String,
    other: String,
    key: String,
    over: String,
}

fn random_stores() -> impl Strategy<Value = RandomStore> {
    let text = || {
        proptest::collection::vec(phrase(), 1..4).prop_map(|phrases| {
            // A fragment in itself is a mistake, tested elsewhere; a body needs a subject.
            let own: Vec<String> = phrases
                .into_iter()
                .filter(|p| {
                    !p.contains("fragment(") && !p.contains("region(") && !p.contains("body(")
                })
                .collect();
            own.concat()
        })
    };
    let page = proptest::collection::vec(phrase(), 1..6).prop_map(|phrases| phrases.concat());
    (
        page,
        text(),
        text(),
        text(),
        condition(),
        condition(),
        condition(),
        condition(),
    )
        .prop_map(
            |(page, one, two, region, when, other, key, over)| RandomStore {
                page,
                one,
                two,
                region,
                when,
                other,
                key,
                over,
            },
        )
}

#[test]
fn a_page_says_which_arm_of_an_experiment_it_is_where_it_differs() {
    let site = site(
        "\
-- segments/look.yaml --
facet: look
default: plain
experiment: { slice: 1, weights: { plain: 1, bold: 1, loud: 1 } }
segments: [{ id: bold }, { id: loud }]
-- segments/team.yaml --
facet: team
default: none
from: { cookie: hb_team }
segments: [{ id: none }, { id: owls }]
-- content/look.md --
---
title: Look
---
::: when team=owls
Owls see no experiment.
::: when look=bold
Bold.
::: otherwise
Plain.
:::
",
    );
    // The bare template has no `html` tag: it gets one.
    let control = site.text("look/index.html");
    assert!(
        control.starts_with("<!doctype html><html data-experiment=\"look=plain|loud\"><title>"),
        "{control}"
    );
    let bold = site.text("_v/open/look.bold/look/index.html");
    assert!(
        bold.contains("<html data-experiment=\"look=bold\">"),
        "{bold}"
    );
    for path in ["_v/open/team.owls/look/index.html", "index.html"] {
        assert!(!site.text(path).contains("data-experiment"), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// A store is built once; then once for every assignment, as the default of a store of its
    /// own, where no branch is explored to get at it.
    #[test]
    fn every_visitor_gets_the_page_that_a_build_for_them_alone_makes(store in random_stores()) {
        let explored = random_store(&store, ["a0", "b0", "c0"]);
        prop_assert!(!explored.built.diagnostics.has_errors(), "{:#?}", explored.built.diagnostics);
        for a in FACETS[0].1 {
            for b in FACETS[1].1 {
                for c in FACETS[2].1 {
                    let alone = random_store(&store, [a, b, c]);
                    let visitor = format!("alpha={a} beta={b} gamma={c}");
                    prop_assert_eq!(
                        explored.shown("/", &visitor), alone.text("index.html"), "{}", visitor
                    );
                }
            }
        }
    }

    #[test]
    fn two_builds_and_any_number_of_threads_give_the_same_bytes(store in random_stores()) {
        let build = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| random_store(&store, ["a0", "b0", "c0"])).files
        };
        let first = build(1);
        prop_assert_eq!(&first, &build(1));
        prop_assert_eq!(&first, &build(4));
    }
}
