//! Every code that loading can give: the smallest input, place and hint.

use super::{base_and, base_and_bytes, load_tree};
use crate::source::SourceTree;

/// Loads the base and one file, and holds its problems against `expected`.
#[track_caller]
fn check(file: &str, expected: &[&str]) {
    base_and(file).expect(expected);
}

#[test]
fn yaml_that_cannot_be_parsed() {
    check(
        "-- content/about.md --\n---\ntitle: Ties: all of them\n---\nText.\n",
        &["bad-yaml content/about.md:2:12 put quotes around a text that holds `: `"],
    );
    check(
        "-- content/about.md --\n---\ntitle: A\nmore:\n\t- b\n---\n",
        &["bad-yaml content/about.md:4:2 indent with spaces: YAML does not allow tabs"],
    );
    check(
        "-- content/about.md --\n---\ntitle: A\n",
        &["bad-yaml content/about.md:1:1 end it with a line `---`"],
    );
    check(
        "-- content/about.md --\n+++\ntitle = 'A'\n+++\nText.\n",
        &["bad-yaml content/about.md:1:1 write `key: value` lines between two lines `---`"],
    );
    check(
        "-- content/catalog/products/a.yaml --\nprice: 1\n---\nprice: 2\n",
        &["bad-yaml content/catalog/products/a.yaml:2:1 put each document into a file of its own"],
    );
    check(
        "-- content/catalog/products/a.yaml --\nprice: 1\n{a: b}: c\n",
        &[
            "bad-yaml content/catalog/products/a.yaml:2:1 put quotes around a text that begins with `{` or `[`",
        ],
    );
}

#[test]
fn one_key_twice() {
    check(
        "-- content/about.md --\n---\ntitle: A\nparams: { x: 1, y: { z: 1, z: 2 } }\ntitle: B\n---\n",
        &[
            "duplicate-key content/about.md:3:28 remove one of the two; the first one counts",
            "duplicate-key content/about.md:4:1 remove one of the two; the first one counts",
        ],
    );
}

#[test]
fn bytes_that_are_not_utf8() {
    base_and_bytes("content/about.md", b"Caf\xE9 au lait\n")
        .expect(&["not-utf8 content/about.md:1:4 save the file as UTF-8"]);
}

#[test]
fn characters_that_are_reserved() {
    check(
        "-- content/about.md --\nA \u{10FFF1} mark\n",
        &["reserved-character content/about.md:1:3 remove it"],
    );
    check(
        "-- content/about.md --\n---\ntitle: \"\\U0010FFF0\"\n---\n",
        &["reserved-character content/about.md:2:8 remove it"],
    );
    check(
        "-- content/about.md --\nA &#x10FFF1; mark\n",
        &["reserved-character content/about.md:1:3 remove it"],
    );
    check(
        "-- themes/default/assets/a.css --\n/* \u{10FFF3} */\n",
        &["reserved-character themes/default/assets/a.css:1:4 remove it"],
    );
}

#[test]
fn files_nested_deeper_than_is_sensible() {
    let deep = format!(
        "-- content/catalog/products/a.yaml --\nprice: 1\ndata:\n  x: {}{}\n",
        "[".repeat(100),
        "]".repeat(100)
    );
    check(
        &deep,
        &["file-too-large content/catalog/products/a.yaml:3:68 split it into several files"],
    );
    let mut bomb = "-- content/catalog/products/a.yaml --\nprice: 1\ndata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let list = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb = format!("{bomb}  a{n}: &a{n} [{list}]\n");
    }
    let problems = base_and(&bomb).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("file-too-large content/catalog/products/a.yaml:"));
}

#[test]
fn fields_that_are_missing() {
    let tree = SourceTree::from_fixture(
        "-- haberdash.yaml --\ntitle: Shop\n-- themes/default/templates/a.html --\n",
    );
    load_tree(&tree).expect(&[
        "missing-field haberdash.yaml:1:1 add a line `base-url: …`",
        "missing-field haberdash.yaml:1:1 add a line `currency: …`",
        "missing-field haberdash.yaml:1:1 add a line `site: …`",
    ]);
    check(
        "-- content/catalog/products/a.yaml --\nprices: { loyalty.gold: 1 }\n",
        &["missing-field content/catalog/products/a.yaml:1:1 add a line `price: …`"],
    );
    check(
        "-- content/catalog/collections/sale.yaml --\ntitle: Sale\n",
        &["missing-field content/catalog/collections/sale.yaml:1:1 add a line `products: …`"],
    );
    check(
        "-- content/catalog/lists/teams.yaml --\nitems: [{ title: Lions }]\n",
        &["missing-field content/catalog/lists/teams.yaml:1:11 add a line `id: …`"],
    );
}

#[test]
fn fields_that_nothing_reads() {
    check(
        "-- content/about.md --\n---\ntilte: A\ncolour: red\n---\n",
        &["unknown-field content/about.md:2:1 did you mean `title`?"],
    );
    check(
        "-- content/catalog/products/a.yaml --\nprice: 1\ntags: []\nvendr: B\n",
        &["unknown-field content/catalog/products/a.yaml:3:1 did you mean `vendor`?"],
    );
}

#[test]
fn fields_of_a_wrong_type() {
    check(
        "-- content/about.md --\n---\ndraft: maybe\nweight: [1]\n---\n",
        &[
            "wrong-type content/about.md:2:8 -",
            "wrong-type content/about.md:3:9 -",
        ],
    );
    check(
        "-- content/catalog/products/a.yaml --\n- price: 1\n",
        &["wrong-type content/catalog/products/a.yaml:1:1 -"],
    );
}

#[test]
fn dates_that_cannot_be_understood() {
    check(
        "-- content/about.md --\n---\ndate: 31.12.2026\n---\n",
        &["bad-date content/about.md:2:7 write `2026-01-31` or `2026-01-31T09:00:00+01:00`"],
    );
}

#[test]
fn prices_that_are_no_amounts() {
    let product = |price: &str| format!("-- content/catalog/products/a.yaml --\nprice: {price}\n");
    check(
        &product("49,90"),
        &["bad-price content/catalog/products/a.yaml:1:8 write `49.90`"],
    );
    check(
        &product("-1"),
        &[
            "bad-price content/catalog/products/a.yaml:1:8 write digits and a point, without a currency sign",
        ],
    );
    check(
        &product("$49"),
        &["bad-price content/catalog/products/a.yaml:1:8 write `49.00`"],
    );
    check(
        &product("1.999"),
        &[
            "bad-price content/catalog/products/a.yaml:1:8 write digits and a point, without a currency sign",
        ],
    );
    check(
        &product(".inf"),
        &[
            "bad-price content/catalog/products/a.yaml:1:8 write digits and a point, without a currency sign",
        ],
    );
    check(
        &product("1e3"),
        &[
            "bad-price content/catalog/products/a.yaml:1:8 write digits and a point, without a currency sign",
        ],
    );
    check(
        &product("[1]"),
        &[
            "bad-price content/catalog/products/a.yaml:1:8 write digits and a point, without a currency sign",
        ],
    );
}

#[test]
fn ids_that_cannot_be_ids() {
    check(
        "-- content/catalog/products/a.yaml --\nid: Red Tie\nprice: 1\n",
        &["bad-id content/catalog/products/a.yaml:1:5 write `red-tie`"],
    );
    check(
        "-- segments/x.yaml --\nfacet: 1st\ndefault: a\nfrom: { cookie: 'a b' }\n",
        &[
            "bad-id segments/x.yaml:1:8 put a letter first",
            "bad-id segments/x.yaml:3:17 -",
        ],
    );
}

#[test]
fn a_store_without_configuration() {
    let loaded = load_tree(&SourceTree::default());
    assert!(loaded.store.is_none());
    assert_eq!(
        loaded.problems,
        ["missing-config -:null:null run haberdash in the store's folder"]
    );
}

#[test]
fn a_currency_that_there_is_not() {
    let config =
        "-- haberdash.yaml --\nsite: a\ntitle: A\nbase-url: https://a.example\ncurrency: eur\n";
    check(
        config,
        &["unknown-currency haberdash.yaml:4:11 write `EUR`"],
    );
}

#[test]
fn a_theme_that_there_is_not() {
    let config = "-- haberdash.yaml --\nsite: a\ntitle: A\nbase-url: https://a.example\ncurrency: EUR\ntheme: defualt\n";
    check(
        config,
        &["missing-theme haberdash.yaml:5:1 did you mean `default`?"],
    );
}

#[test]
fn facets_and_segments_that_there_are_not() {
    check(
        "-- content/about.md --\n::: when loyality=gold\nA\n:::\n",
        &["unknown-facet content/about.md:1:10 did you mean `loyalty`?"],
    );
    check(
        "-- content/about.md --\n::: when loyalty=gold,sliver\nA\n:::\n",
        &["unknown-segment content/about.md:1:23 did you mean `silver`?"],
    );
    check(
        "-- content/about.md --\n---\ntitle: { default: A, loyalty.bronze: B, taem.owls: C }\n---\n",
        &[
            "unknown-segment content/about.md:2:30 there is `guest`, `silver`, `gold`",
            "unknown-facet content/about.md:2:41 did you mean `team`?",
        ],
    );
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nfrom: { cookie: x }\nsegments: [{ id: b, inherits: c }]\n",
        &["unknown-segment segments/x.yaml:4:31 did you mean `a`?"],
    );
}

#[test]
fn signals_that_no_edge_can_see() {
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nsegments:\n  - id: b\n    when: { contry: DE }\n",
        &["unknown-signal segments/x.yaml:5:13 did you mean `country`?"],
    );
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nfrom: { header: X-Group }\nsegments: [{ id: b }]\n",
        &["unknown-signal segments/x.yaml:3:9 there is `signed-cookie`, `cookie`, `query`"],
    );
}

#[test]
fn facets_and_segments_that_are_defined_twice() {
    check(
        "-- segments/x.yaml --\nfacet: team\ndefault: a\n",
        &[
            "duplicate-facet segments/x.yaml:1:8 the first is in `segments/team.yaml`; rename or remove one",
        ],
    );
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nfrom: { cookie: x }\nsegments: [{ id: b }, { id: b }]\n",
        &["duplicate-segment segments/x.yaml:4:29 rename or remove one"],
    );
}

#[test]
fn gates_without_a_signature() {
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\ngated: true\nfrom:\n  - { signed-cookie: hb, field: x }\n  - { query: x }\nsegments: [{ id: b }]\n",
        &[
            "unsigned-gate segments/x.yaml:7:18 read the facet from a `signed-cookie`, or remove `gated: true`",
        ],
    );
}

#[test]
fn segments_that_nobody_can_enter() {
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nsegments:\n  - id: b\n  - { id: c, when: { country: [DE, AT] } }\n  - { id: d, when: { country: DE, device: phone } }\n",
        &[
            "unreachable-segment segments/x.yaml:4:9 give it a `when`, or the facet a `from`",
            "unreachable-segment segments/x.yaml:6:11 an earlier segment takes all its visitors; put this one first",
        ],
    );
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nexperiment: { weights: { a: 1, b: 0 } }\n",
        &["unreachable-segment segments/x.yaml:3:32 give it a larger weight"],
    );
}

#[test]
fn predicates_that_never_hold() {
    let when = |when: &str| {
        format!(
            "-- segments/x.yaml --\nfacet: x\ndefault: a\nsegments:\n  - id: b\n    when: {when}\n  - {{ id: c, when: {{ country: FR }} }}\n"
        )
    };
    for never in [
        "{ all: [{ cookie: { name: x, is: a } }, { cookie: { name: x, is: b } }] }",
        "{ time: { from: 2026-02-01, until: 2026-01-01 } }",
        "{ country: DE, not: { country: [DE, FR] } }",
        "{ country: [] }",
        "{ not: { all: [] } }",
        "{ all: [{ language: de-at }, { language: fr }] }",
    ] {
        check(
            &when(never),
            &[
                "contradictory-predicate segments/x.yaml:5:11 write `any` where one of several is enough",
            ],
        );
    }
    for may in [
        "{ all: [{ language: de-at }, { language: de }] }",
        "{ all: [{ referrer: a.example }, { referrer: www.a.example }] }",
        "{ cookie: { name: x, is: a }, query: { name: x, is: b } }",
        "{ not: { country: DE } }",
    ] {
        check(&when(may), &[]);
    }
}

#[test]
fn segments_that_inherit_in_a_circle() {
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nfrom: { cookie: x }\nsegments:\n  - { id: b, inherits: c }\n  - { id: c, inherits: b }\n",
        &["inheritance-cycle segments/x.yaml:5:24 remove one `inherits` of the circle"],
    );
}

#[test]
fn experiments_that_do_not_add_up() {
    let weights = |weights: &str| {
        format!(
            "-- segments/x.yaml --\nfacet: x\ndefault: a\nsegments: [{{ id: a }}, {{ id: b }}]\nexperiment: {{ weights: {weights} }}\n"
        )
    };
    check(
        &weights("{ a: 1 }"),
        &["bad-weights segments/x.yaml:4:24 add `b: 50`"],
    );
    check(
        &weights("{ a: 1, b: 1, bb: 1 }"),
        &["bad-weights segments/x.yaml:4:38 did you mean `b`?"],
    );
    check(
        &weights("{ a: 0, b: 0 }"),
        &["bad-weights segments/x.yaml:4:24 give at least one segment a weight above 0"],
    );
    check(
        &weights("{ a: 1, b: half }"),
        &["bad-weights segments/x.yaml:4:35 write a whole number such as `50`"],
    );
}

#[test]
fn experiments_that_share_a_slice() {
    check(
        "-- segments/x.yaml --\nfacet: x\ndefault: a\nexperiment: { slice: 0, weights: { a: 1, b: 1 } }\n\
         -- segments/y.yaml --\nfacet: y\ndefault: a\nexperiment: { slice: 0, weights: { a: 1, b: 1 } }\n",
        &["slice-conflict segments/y.yaml:1:8 write `slice: 1`"],
    );
}

#[test]
fn conditions_that_are_none() {
    check(
        "-- content/about.md --\n::: when gold\nA\n:::\n",
        &[
            "bad-condition content/about.md:1:10 write `facet=segment`, or several as `facet=one,other facet=one`",
        ],
    );
    check(
        "-- content/about.md --\n::: when\nA\n:::\n",
        &[
            "bad-condition content/about.md:1:9 write `facet=segment`, or several as `facet=one,other facet=one`",
        ],
    );
    check(
        "-- content/about.md --\n::: when team=lions team=owls\nA\n:::\n",
        &["bad-condition content/about.md:1:21 write `team=one,other` for one of several"],
    );
    check(
        "-- content/about.md --\n-- content/about@gold.md --\n",
        &[
            "bad-condition content/about@gold.md:1:1 write `facet=segment`, or several as `facet=one,other facet=one`",
        ],
    );
}

#[test]
fn products_that_are_there_twice() {
    check(
        "-- content/catalog/products/a.yaml --\nid: tie\nprice: 1\n-- content/catalog/products/b.yaml --\nid: tie\nprice: 2\n",
        &["duplicate-product content/catalog/products/b.yaml:1:5 give one of them another `id`"],
    );
    check(
        "-- content/catalog/products/a.yaml --\nprice: 1\nskus: [{ id: s }, { id: s }]\n",
        &["duplicate-sku content/catalog/products/a.yaml:2:25 give each SKU an `id` of its own"],
    );
}

#[test]
fn products_that_are_not_there() {
    let tie = "-- content/catalog/products/tie.yaml --\nprice: 1\n-- content/catalog/products/old.yaml --\nstatus: archived\n";
    check(
        &format!("{tie}-- content/about.md --\nIt costs :price[tei], `:price[x]`.\n"),
        &["unknown-product content/about.md:1:17 did you mean `tie`?"],
    );
    check(
        &format!("{tie}-- content/about.md --\nIt was :product[old].\n"),
        &[
            "unknown-product content/about.md:1:17 it is a draft or archived; give it `status: active`",
        ],
    );
    check(
        &format!("{tie}-- content/catalog/collections/sale.yaml --\nproducts: [tie, ty, old]\n"),
        &["unknown-product content/catalog/collections/sale.yaml:1:17 there is `tie`"],
    );
}

#[test]
fn lists_that_are_not_there() {
    check(
        "-- content/catalog/lists/teams.yaml --\nitems: []\n-- segments/x.yaml --\nfacet: x\ndefault: a\nvalues: temas\nfrom: { cookie: x }\n",
        &["unknown-list segments/x.yaml:3:9 did you mean `teams`?"],
    );
}

#[test]
fn mappings_that_do_not_fit_their_table() {
    let mapping = |columns: &str, source: &str| {
        format!(
            "-- content/catalog/shop.yaml --\nsource: {source}\ncolumns: {columns}\n-- content/catalog/data/x.csv --\nsku_no,name,price\na,A,1\n"
        )
    };
    check(
        &mapping("{ id: sku-no, title: Name, price: price }", "data/x.csv"),
        &[
            "unknown-column content/catalog/shop.yaml:2:16 did you mean `sku_no`?",
            "unknown-column content/catalog/shop.yaml:2:31 did you mean `name`?",
        ],
    );
    check(
        &mapping("{ id: sku_no }", "data/y.csv"),
        &[
            "bad-table content/catalog/data/x.csv:1:1 put a column mapping beside it: `source: …` and `columns: { id: …, title: … }`",
            "unknown-source content/catalog/shop.yaml:1:9 did you mean `data/x.csv`?",
        ],
    );
    check(
        &mapping("{ title: name }", "data/x.csv"),
        &["missing-field content/catalog/shop.yaml:2:10 add a line `id: …`"],
    );
}

#[test]
fn rows_that_cannot_be_used() {
    check(
        "-- content/catalog/shop.yaml --\nsource: x.csv\ncolumns: { id: id, title: name, price: price }\n\
         -- content/catalog/x.csv --\nid,name,price\na,A,1\nb,B,soon\nc,,3\n,D,4\nA,E,5\nf,F,6,7\ng,G,\"1,299.00\"\n",
        &[
            "skipped-row content/catalog/x.csv:3:1 -",
            "skipped-row content/catalog/x.csv:4:1 -",
            "skipped-row content/catalog/x.csv:5:1 -",
            "skipped-row content/catalog/x.csv:6:1 -",
            "skipped-row content/catalog/x.csv:7:1 -",
        ],
    );
}

#[test]
fn products_without_a_price() {
    check(
        "-- content/catalog/products/a.yaml --\ntitle: A\n",
        &[
            "missing-price content/catalog/products/a.yaml:1:1 add a `price`, or make it a draft with `status: draft`",
        ],
    );
}

#[test]
fn tables_that_are_none() {
    check(
        "-- content/catalog/x.csv --\nname,price\na,1\n",
        &[
            "bad-table content/catalog/x.csv:1:1 put a column mapping beside it: `source: …` and `columns: { id: …, title: … }`",
        ],
    );
    check(
        "-- content/catalog/x.csv --\n",
        &["bad-table content/catalog/x.csv:1:1 the first row names the columns"],
    );
}

#[test]
fn html_with_scripts() {
    check(
        "-- content/catalog/x.csv --\nHandle,Title,Body (HTML),Variant Price\na,A,<p>x</p><script>alert(1)</script>,1\n",
        &["sanitized-html content/catalog/x.csv:2:1 -"],
    );
}

#[test]
fn blocks_that_do_not_close() {
    check(
        "-- content/about.md --\nA\n\n::: when team=owls\nB\n",
        &["unclosed-block content/about.md:3:1 close it with a line `:::`"],
    );
    check(
        "-- content/about.md --\nA\n:::\n",
        &["unclosed-block content/about.md:2:1 remove it, or begin the block with `::: when …`"],
    );
    check(
        "-- content/about.md --\n::: otherwise\n",
        &["unclosed-block content/about.md:1:1 begin the block with `::: when facet=segment`"],
    );
}

#[test]
fn directives_that_there_are_not() {
    check(
        "-- content/about.md --\n::: whne team=owls\nA\n",
        &["unknown-directive content/about.md:1:1 did you mean `when`?"],
    );
    check(
        "-- content/about.md --\nIt costs :prize[tie].\n",
        &["unknown-directive content/about.md:1:10 did you mean `price`?"],
    );
}

#[test]
fn pictures_without_a_text() {
    check(
        "-- content/about.md --\n---\nimage: a.jpg\n---\nA ![](b.jpg) and ![B](c.jpg).\n",
        &[
            "missing-alt content/about.md:2:8 write `image: { src: a.jpg, alt: What it shows }`; `alt: \"\"` if it is mere decoration",
            "missing-alt content/about.md:4:3 write it between the brackets: `![What it shows](…)`",
        ],
    );
}

#[test]
fn overrides_of_nothing() {
    check(
        "-- content/about.md --\n-- content/abuot@team=owls.md --\n",
        &["missing-override-base content/abuot@team=owls.md:1:1 did you mean `content/about.md`?"],
    );
}

#[test]
fn aliases_that_are_no_paths() {
    check(
        "-- content/about.md --\n---\naliases: [/old/, '/a b/', ../x]\n---\n",
        &[
            "bad-alias content/about.md:2:18 write a path of letters, digits, `-`, `_`, `.` and `~`, such as `/old/name/`",
            "bad-alias content/about.md:2:27 write a path of letters, digits, `-`, `_`, `.` and `~`, such as `/old/name/`",
        ],
    );
}

#[test]
fn themes_that_extend_one_another() {
    check(
        "-- themes/default/theme.yaml --\nextends: base\n-- themes/base/theme.yaml --\nextends: default\n",
        &["theme-cycle themes/base/theme.yaml:1:10 remove `extends` from one of them"],
    );
    check(
        "-- themes/default/theme.yaml --\ntitle: Mine\nextends: defualt\n",
        &["missing-theme themes/default/theme.yaml:2:10 did you mean `default`?"],
    );
}

#[test]
fn tokens_that_the_theme_does_not_have() {
    let config =
        "-- haberdash.yaml --\nsite: s\ntitle: S\nbase-url: https://s.example\ncurrency: EUR\n";
    let style = "-- themes/default/assets/site.css --\n:root { --brick: red; --paper : white }\na { color: var(--ink) }\n";
    check(
        &format!(
            "{config}tokens:\n  brick: blue\n  papre: {{ light: white, dark: black }}\n  ink: red\n{style}"
        ),
        &[
            "unknown-token haberdash.yaml:7:3 did you mean `paper`?",
            "unknown-token haberdash.yaml:8:3 there is `brick`, `paper`",
        ],
    );
    check(
        &format!("{config}tokens: {{ brick: 'red; }} body {{ display: none' }}\n{style}"),
        &[
            "wrong-type haberdash.yaml:5:18 write it as after the colon in CSS, such as `#9c3426` or `0.5rem`",
        ],
    );
}
