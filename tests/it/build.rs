//! Whole builds, in memory.

use std::collections::BTreeMap;

use crate::support::{BARE, build_tree, facet, site, site_at};
use haberdash::SourceTree;

/// The names of files stand for segments, and file systems take names of 255 bytes.
#[test]
fn names_that_no_file_system_takes_are_reported() {
    let segment = "s".repeat(250);
    let team = facet("team", &["none", &segment], "none");
    let long = "x".repeat(260);
    let built = site(&format!(
        "{team}-- content/index.md --\n---\ntitle: Home\n---\n::: when team={segment}\nHoot.\n:::\n\
         -- content/long.md --\n---\ntitle: Long\nurl: /{long}/\n---\n"
    ));
    assert_eq!(built.problems(), ["long-name", "long-name"]);
    let mut messages: Vec<String> = built
        .built
        .diagnostics
        .iter()
        .map(|it| format!("{} {}", it.message, it.hint.clone().unwrap()))
        .collect();
    messages.sort();
    assert!(messages[0].contains("`_v/open/team.ss"), "{messages:#?}");
    assert!(
        messages[0].contains("255 bytes") && messages[0].contains("shorter ids"),
        "{messages:#?}"
    );
    assert!(
        messages[1].contains("260 bytes") && messages[1].contains("`url`"),
        "{messages:#?}"
    );
}

#[test]
fn a_store_with_nothing_but_a_page_builds() {
    let site = site("").expect_no_problems();
    assert!(site.text("index.html").contains("<p>Welcome."));
    assert_eq!(
        site.built.summary.routes, 2,
        "the home page and the one for what does not exist"
    );
}

#[test]
fn documents_have_sections_tags_and_pages() {
    let mut more =
        "-- content/journal/_index.md --\n---\ntitle: Journal\npaginate: 2\n---\n".to_owned();
    for n in 1..=5 {
        more += &format!(
            "-- content/journal/2026-01-0{n}-post-{n}.md --\n---\ntitle: Post {n}\ntags: [Wool, Odd {}]\n---\nText {n}.\n",
            n % 2
        );
    }
    let site = site(&more).expect_no_problems();
    let first = site.text("journal/index.html");
    assert!(
        first.find("Post 5").unwrap() < first.find("Post 4").unwrap(),
        "newest first: {first}"
    );
    assert!(!first.contains("Post 3"));
    assert!(site.text("journal/page/3/index.html").contains("Post 1"));
    assert!(site.text("journal/post-3/index.html").contains("Text 3."));
    assert!(site.text("tags/wool/index.html").contains("Post 1"));
    assert!(site.text("tags/index.html").contains("Wool (5)"));
    assert!(
        site.text("tags/odd-1/index.html")
            .contains("/journal/post-5/")
    );
}

#[test]
fn drafts_and_documents_of_another_time_are_left_out() {
    let more = "-- content/a.md --\n---\ntitle: A\ndraft: true\n---\n\
                -- content/b.md --\n---\ntitle: B\npublish: 2026-07-01\n---\n\
                -- content/c.md --\n---\ntitle: C\nexpires: 2026-05-01\n---\n";
    let june = site_at(more, "2026-06-01T00:00:00Z");
    assert_eq!(
        (june.built.summary.pages, june.built.summary.unpublished),
        (1, 3)
    );
    let july = site_at(more, "2026-07-01T00:00:00Z");
    assert!(july.files.contains_key("b/index.html"));
    let april = site_at(more, "2026-04-01T00:00:00Z");
    assert!(april.files.contains_key("c/index.html"));
}

#[test]
fn an_alias_is_a_redirect_and_a_page_for_hosts_with_none() {
    let site =
        site("-- content/about.md --\n---\ntitle: About\naliases: [/old/about/]\n---\nUs.\n")
            .expect_no_problems();
    assert!(site.text("old/about/index.html").contains("url=/about/"));
    let decision = site.decide(&haberdash::Request::get("/old/about/"), &BTreeMap::new());
    assert_eq!(
        (decision.status, decision.headers["location"].as_str()),
        (301, "/about/")
    );
}

#[test]
fn collections_are_cut_into_pages() {
    let mut more = "-- content/catalog/collections/all.yaml --\ntitle: All\nwhere: { tag: knit }\norder: price\npaginate: 2\n".to_owned();
    for n in 1..=3 {
        more += &format!(
            "-- content/catalog/products/p{n}.yaml --\ntitle: P{n}\nprice: {}\ntags: [knit]\n",
            10 - n
        );
    }
    let site = site(&more).expect_no_problems();
    let first = site.text("collections/all/index.html");
    assert!(
        first.find("P3").unwrap() < first.find("P2").unwrap() && !first.contains("P1"),
        "{first}"
    );
    assert!(
        site.text("collections/all/page/2/index.html")
            .contains("P1")
    );
}

#[test]
fn assets_are_fingerprinted_and_styles_name_them_so() {
    let site = site(
        "-- themes/default/templates/page.html --\n<!doctype html><title>x</title><link rel=\"stylesheet\" href=\"{{ asset(path=\"site.css\") }}\">\n\
         -- themes/default/assets/site.css --\nb { background: url(\"img/dot.svg\") }\n\
         -- themes/default/assets/img/dot.svg --\n<svg/>\n\
         -- content/images/tie.svg --\n<svg/>\n",
    )
    .expect_no_problems();
    let css = site
        .files
        .keys()
        .find(|path| path.starts_with("assets/site."))
        .unwrap();
    assert!(site.text("index.html").contains(&format!("/{css}")));
    let dot = site
        .files
        .keys()
        .find(|path| path.starts_with("assets/img/dot."))
        .unwrap();
    assert!(
        site.text(css).contains(&format!("/{dot}")),
        "{}",
        site.text(css)
    );
    assert!(site.files.contains_key("images/tie.svg"));
}

#[test]
fn a_changed_style_changes_names_and_nothing_else() {
    let store = |css: &str| {
        site(&format!(
            "-- themes/default/templates/page.html --\n<!doctype html><title>x</title><link rel=\"stylesheet\" href=\"{{{{ asset(path=\"site.css\") }}}}\">\n\
             -- themes/default/assets/site.css --\n{css}\n"
        ))
    };
    let (a, b) = (store("b{}"), store("i{}"));
    assert_eq!(a.built.summary.renderings, b.built.summary.renderings);
    assert_ne!(a.text("index.html"), b.text("index.html"));
}

#[test]
fn twins_are_written_on_request() {
    let config = BARE
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("--"));
    let config: Vec<&str> = config.collect();
    let site = site(&format!(
        "-- haberdash.yaml --\n{}\nprecompress: true\n",
        config.join("\n")
    ));
    let mut text = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(site.files["index.html.gz"].as_slice()),
        &mut text,
    )
    .unwrap();
    assert_eq!(text, site.files["index.html"]);
    assert!(site.files.contains_key("index.html.br"));
}

#[test]
fn markdown_is_never_run_as_a_template() {
    let site = site("-- content/index.md --\n{{ segment(of=\"x\") }} and `{% raw %}`\n")
        .expect_no_problems();
    assert!(
        site.text("index.html").contains("{{ segment(of="),
        "{}",
        site.text("index.html")
    );
}

#[test]
fn a_template_error_names_the_template_and_the_page() {
    let site = site(
        "-- themes/default/templates/page.html --\n<title>x</title>\n<p>{{ page.titel }}</p>\n-- content/about.md --\n---\ntitle: About\n---\n",
    );
    let problem = site.built.diagnostics.iter().next().unwrap();
    assert_eq!(
        site.problems(),
        ["template-error themes/default/templates/page.html:2"]
    );
    assert!(
        problem.notes[0].contains("while rendering `/"),
        "{problem:?}"
    );
}

#[test]
fn what_templates_ask_for_and_is_not_there_is_reported_where_they_ask() {
    let team = facet("team", &["none", "owls"], "none");
    for (call, code, hint) in [
        (
            "segment(of=\"taem\")",
            "unknown-facet",
            "did you mean `team`?",
        ),
        (
            "visitor_is(taem=\"owls\")",
            "unknown-facet",
            "did you mean `team`?",
        ),
        (
            "visitor_is(team=\"owl\")",
            "unknown-segment",
            "did you mean `owls`?",
        ),
        (
            "product(id=\"tei\")",
            "unknown-product",
            "did you mean `tie`?",
        ),
        (
            "collection(id=\"al\")",
            "unknown-collection",
            "did you mean `all`?",
        ),
        (
            "list(name=\"team\")",
            "unknown-list",
            "did you mean `teams`?",
        ),
        (
            "item(list=\"teams\", id=\"owl\")",
            "unknown-list",
            "did you mean `owls`?",
        ),
        (
            "page(path=\"/abuot/\")",
            "missing-page",
            "did you mean `/about/`?",
        ),
        (
            "asset(path=\"sit.css\")",
            "missing-asset",
            "did you mean `site.css`?",
        ),
        (
            "region(name=\"hreo\")",
            "missing-template",
            "did you mean `regions/hero.html`?",
        ),
        (
            "fragment(name=\"carb\")",
            "missing-template",
            "did you mean `fragments/card.html`?",
        ),
        ("fragment(name=\"loop\")", "fragment-cycle", ""),
        ("region(name=\"loop\")", "fragment-cycle", ""),
        (
            "products(colection=\"all\")",
            "template-error",
            "did you mean `collection`?",
        ),
        ("price()", "template-error", "write `price(product=\"…\")`"),
    ] {
        let site = site(&format!(
            "{team}-- themes/default/templates/page.html --\n<title>x</title>\n{{{{ {call} }}}}{{{{ segment(of=\"team\") }}}}\n\
             -- themes/default/fragments/loop.html --\n{{{{ fragment(name=\"loop\") }}}}\n\
             -- themes/default/regions/loop.html --\n{{{{ region(name=\"loop\") }}}}\n\
             -- themes/default/regions/hero.html --\nhi\n\
             -- themes/default/assets/site.css --\nb{{}}\n\
             -- content/about.md --\n---\ntitle: About\n---\n\
             -- content/catalog/lists/teams.yaml --\ntitle: Teams\nitems: [{{ id: owls, title: Owls }}]\n\
             -- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 1\n\
             -- content/catalog/collections/all.yaml --\ntitle: All\nproducts: [tie]\n"
        ));
        let problem = site
            .built
            .diagnostics
            .iter()
            .next()
            .unwrap_or_else(|| panic!("{call}"));
        assert_eq!(problem.code.name(), code, "{call}: {problem:?}");
        assert_eq!(
            problem.hint.as_deref().unwrap_or_default(),
            hint,
            "{call}: {problem:?}"
        );
    }
}

#[test]
fn fragments_and_regions_that_never_end_are_reported() {
    for kind in ["fragment", "region"] {
        let site = site(&format!(
            "-- themes/default/templates/page.html --\n<title>x</title>{{{{ {kind}(name=\"deep\", n=0) }}}}\n\
             -- themes/default/{kind}s/deep.html --\n{{{{ {kind}(name=\"deep\", n=n+1) }}}}\n"
        ));
        let problems = site.problems();
        assert!(
            problems.iter().all(|p| p.starts_with("fragment-cycle")),
            "{problems:?}"
        );
        assert!(!problems.is_empty());
    }
}

#[test]
fn every_template_that_cannot_be_parsed_is_reported() {
    let site = site(
        "-- themes/default/templates/page.html --\n{% if %}\n-- themes/default/fragments/card.html --\n{{ nope( }}\n",
    );
    let problems = site.problems();
    assert!(
        problems.contains(&"template-syntax themes/default/fragments/card.html:1".to_owned()),
        "{problems:?}"
    );
    assert!(
        problems.contains(&"template-syntax themes/default/templates/page.html:1".to_owned()),
        "{problems:?}"
    );
}

#[test]
fn an_unknown_function_is_reported_at_its_place() {
    let site = site("-- themes/default/templates/page.html --\n<p>\n{{ prise(product=\"x\") }}\n");
    assert_eq!(
        site.problems(),
        ["template-syntax themes/default/templates/page.html:2"]
    );
}

#[test]
fn two_sources_with_one_url_are_reported() {
    let site = site(
        "-- content/about.md --\n---\ntitle: About\n---\n-- content/us.md --\n---\ntitle: Us\nslug: about\naliases: [/about/, /_v/x/]\n---\n\
         -- content/assets/a.md --\n---\ntitle: A\n---\n",
    );
    let problems = site.problems();
    assert!(
        problems
            .iter()
            .filter(|p| p.starts_with("route-collision "))
            .count()
            >= 2,
        "{problems:?}"
    );
}

#[test]
fn pictures_that_do_not_exist_are_reported() {
    let site = site(
        "-- content/catalog/products/tie.yaml --\ntitle: Tie\nprice: 1\nimages: [{ src: images/tei.svg, alt: A tie }]\n-- content/images/tie.svg --\n<svg/>\n",
    );
    assert_eq!(
        site.problems(),
        ["missing-file content/catalog/products/tie.yaml:1"]
    );
    assert_eq!(
        site.built
            .diagnostics
            .iter()
            .next()
            .unwrap()
            .hint
            .as_deref(),
        Some("did you mean `images/tie.svg`?")
    );
}

#[test]
fn pictures_in_raw_html_that_do_not_exist_are_reported() {
    let site = site(
        "-- content/a.md --\nHere <img alt=x src='/images/tei.svg'> and\n\n<p>\n<img\n src=\"/images/hat.svg\">\n</p>\n\n`<img src=/x.png>` <img src=\"/images/tie.svg\"> <img src=y.png>\n-- content/images/tie.svg --\n<svg/>\n",
    );
    assert_eq!(
        site.problems(),
        ["missing-file content/a.md:1", "missing-file content/a.md:4"]
    );
}

#[test]
fn a_tree_without_anything_says_what_is_missing() {
    let site = build_tree(SourceTree::default(), crate::support::NOW);
    assert_eq!(site.problems(), ["missing-config"]);
}

#[test]
fn text_that_minifying_would_change_is_left_as_it_was() {
    let site =
        site("-- themes/default/templates/page.html --\n<title>x</title>\n<p>1 < 2 <3 </p>\n");
    assert_eq!(
        site.problems(),
        [
            "minify-changed-text content/index.md:1",
            "minify-changed-text haberdash.yaml:1"
        ]
    );
    assert!(site.text("index.html").contains("<p>1 < 2 <3 </p>"));
}

#[test]
fn pictures_and_files_that_markdown_names_get_their_urls() {
    let site = site(
        "-- content/journal/a.md --\n---\ntitle: A\n---\n![Tie](tie%20one.svg) ![Up](../images/hat.svg \"x\") [Doc](/images/doc.pdf?x#y) [Away](https://a.example/b.svg)\n\n![Gone](gone.svg)\n\
         -- content/journal/tie one.svg --\n<svg/>\n-- content/images/hat.svg --\n<svg/>\n-- content/images/doc.pdf --\n%PDF\n",
    );
    let page = site.text("journal/a/index.html");
    for part in [
        "/journal/tie-one.svg",
        "/images/hat.svg",
        "/images/doc.pdf",
        "https://a.example/b.svg",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(
        !page.contains("%F4") && !page.contains("haberdash-file"),
        "{page}"
    );
    assert!(site.files.contains_key("journal/tie-one.svg"));
    assert_eq!(site.problems(), ["missing-file content/journal/a.md:6"]);
}

#[test]
fn a_block_that_would_be_read_as_prose_is_an_error() {
    for text in [
        "> ::: when team=owls\n> Secret.\n> :::\n",
        "1. Step\n\n   ::: when team=owls\n   Secret.\n",
        "- ::: when team=owls\n",
        ":: when team=owls\n",
    ] {
        let team = facet("team", &["none", "owls"], "none");
        let site = site(&format!(
            "{team}-- content/a.md --\n---\ntitle: A\n---\n{text}"
        ));
        assert!(
            site.built.diagnostics.has_errors(),
            "{text}: {:?}",
            site.problems()
        );
    }
    let team = facet("team", &["none", "owls"], "none");
    let site = site(&format!(
        "{team}-- content/a.md --\n---\ntitle: A\n---\n```\n::: when x\n```\n\n    ::: when y\n"
    ));
    assert!(
        !site.built.diagnostics.has_errors(),
        "{:?}",
        site.problems()
    );
}

#[test]
fn what_is_missing_at_the_end_of_a_template_has_a_place() {
    let site = site("-- themes/default/templates/page.html --\n<p>\n{% if page.title %}\n");
    assert_eq!(
        site.problems(),
        ["template-syntax themes/default/templates/page.html:2"]
    );
}

#[test]
fn a_quote_that_is_never_closed_is_an_error() {
    let site = site(
        "-- content/catalog/x.csv --\nHandle,Title,Body (HTML),Variant Price\na,A,<p>x</p>,1.00\nb,B,\"<p>never closed,2.00\nc,C,,3.00\n",
    );
    let problems = site.problems();
    assert!(
        problems.contains(&"bad-table content/catalog/x.csv:3".to_owned()),
        "{problems:?}"
    );
}

#[test]
fn a_sku_without_a_price_is_not_sold_for_anothers() {
    let site = site(
        "-- content/catalog/x.csv --\nHandle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n\
         tee,Tee,Size,S,T-S,19.00\ntee,,,M,T-M,\n",
    );
    assert_eq!(site.problems(), ["skipped-row content/catalog/x.csv:3"]);
    assert_eq!(site.built.summary.skipped_rows, 1);
}

#[test]
fn names_that_other_generators_use_are_pointed_out() {
    for (theirs, ours) in [
        ("publishDate: 2099-01-01", "`publish`"),
        ("expiryDate: 2001-01-01", "`expires`"),
        ("Draft: true", "`draft`"),
        ("alias: /x/", "`aliases`"),
    ] {
        let site = site(&format!(
            "-- content/a.md --\n---\ntitle: A\n{theirs}\n---\n"
        ));
        let problem = site.built.diagnostics.iter().next().unwrap();
        assert_eq!(problem.code.name(), "unknown-field", "{theirs}");
        assert!(
            problem.hint.as_deref().unwrap().contains(ours),
            "{problem:?}"
        );
    }
}

#[test]
fn a_theme_replaces_one_template_and_one_block_of_another() {
    let site = site(
        "-- haberdash.yaml --\nsite: shop\ntitle: Shop\nbase-url: https://shop.example\ncurrency: EUR\ntheme: mine\nkeys: [{ id: k1, env: SHOP_KEY }]\ntokens: { accent: { light: \"#123\", dark: \"#def\" } }\n\
         -- themes/mine/theme.yaml --\nextends: default\n\
         -- themes/mine/templates/page.html --\n{% extends \"default/page.html\" %}{% block main %}Mine: {{ super() }}{% endblock main %}\n\
         -- themes/mine/assets/b.css --\nb {}\n\
         -- themes/default/templates/page.html --\n<!doctype html><title>{{ page.title }}</title><style>{% for token in site.tokens %}--{{ token.name }}: {{ token.value }};{% endfor %}</style>\
         <link rel=stylesheet href=\"{{ asset(path=\"a.css\") }}\"><link rel=stylesheet href=\"{{ asset(path=\"b.css\") }}\"><main>{% block main %}{{ body() }}{% endblock main %}</main>\n\
         -- themes/default/assets/a.css --\n:root { --accent: red }\n\
         -- themes/default/assets/b.css --\ni {}\n",
    )
    .expect_no_problems();
    let home = site.text("index.html");
    assert!(home.contains("Mine: <p>Welcome"), "{home}");
    assert!(home.contains("--accent: light-dark(#123, #def)"), "{home}");
    let style = site.files.keys().find(|path| path.starts_with("assets/b."));
    assert_eq!(site.text(style.unwrap()), "b{}", "the nearest theme's file");
}

#[test]
fn alternates_name_each_other() {
    let page = |name: &str, alternates: &str| {
        format!("-- content/{name}.md --\n---\ntitle: {name}\nalternates: {alternates}\n---\n")
    };
    let both = "{ x-default: /help/, en-GB: /uk/ }";
    let sound = site(&(page("help", both) + &page("uk", both))).expect_no_problems();
    assert!(
        sound
            .text("sitemap.xml")
            .contains("hreflang=\"en-GB\" href=\"https://shop.example/uk/\"")
    );
    let broken = site(&(page("help", both) + &page("uk", "{ x-default: /hepl/, english: / }")));
    assert_eq!(
        broken.problems(),
        [
            "one-sided-alternate content/help.md:3",
            "missing-page content/uk.md:3",
            "one-sided-alternate content/uk.md:3",
            "wrong-type content/uk.md:3",
        ]
    );
}

#[test]
fn money_in_another_currency_and_a_file_as_it_stands() {
    let built = site(
        "-- themes/default/templates/page.html --\n<!doctype html><title>x</title><p>{{ 4999 | money }} {{ 4999 | money(currency=\"GBP\", rate=\"0.86\") }} {{ 4999 | money(currency=\"JPY\", rate=\"163.5\") }}</p><pre>{{ source(path=\"content/a.md\") }}</pre>\n\
         -- content/a.md --\n---\ntitle: \"<A>\"\n---\n",
    )
    .expect_no_problems();
    let home = built.text("index.html");
    assert!(home.contains("€49.99 £42.99 ¥8,173"), "{home}");
    assert!(home.contains("title: \"&lt;A>\""), "{home}");

    let broken = site(
        "-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{{ 1 | money(currency=\"GBP\", rate=\"-1\") }}\n",
    );
    assert_eq!(
        broken.problems(),
        ["template-error themes/default/templates/page.html:1"]
    );
    let missing = site(
        "-- themes/default/templates/page.html --\n<!doctype html><title>x</title>{{ source(path=\"content/indx.md\") }}\n",
    );
    let problem = missing.built.diagnostics.iter().next().unwrap();
    assert_eq!(
        problem.hint.as_deref(),
        Some("did you mean `content/index.md`?")
    );
}
