//! Documents: URLs, dates, overrides, front matter.

use super::base_and;
use crate::model::{
    PageKind::{self, Content, Home, Section},
    Store,
};

fn paths(store: &Store) -> Vec<(&str, PageKind, &str, &str)> {
    store
        .pages
        .iter()
        .map(|page| (page.path.as_str(), page.kind, &*page.section, page.title()))
        .collect()
}

#[test]
fn the_place_of_a_file_is_its_url() {
    let store = base_and(
        "\
-- content/index.md --
-- content/404.md --
# Not here
-- content/about.md --
# About *us* and `code`
-- content/journal/_index.md --
-- content/journal/2026-01-02-first-tie.md --
-- content/journal/guides/Größe & Schnitt.md --
-- content/journal/guides/index.md --
-- content/journal/moved.md --
---
slug: elsewhere
---
-- content/journal/set.md --
---
url: /set-free
---
-- content/journal/photo.jpg --
",
    )
    .sound();
    assert_eq!(
        paths(&store),
        [
            ("/", Home, "", "Home"),
            ("/404.html", Content, "", "Not here"),
            ("/about/", Content, "", "About us and code"),
            ("/journal/", Section, "journal", "Journal"),
            ("/journal/elsewhere/", Content, "journal", "Moved"),
            ("/journal/first-tie/", Content, "journal", "First tie"),
            ("/journal/guides/", Content, "journal", "Guides"),
            (
                "/journal/guides/grosse-schnitt/",
                Content,
                "journal",
                "Größe & Schnitt"
            ),
            ("/set-free/", Content, "journal", "Set"),
        ]
    );
    assert_eq!(
        store.pages[5].date.unwrap().to_string(),
        "2026-01-02T00:00:00Z"
    );
    assert_eq!(store.statics[0].path, "journal/photo.jpg");
}

#[test]
fn dates_decide_what_is_published() {
    let page = |field: &str| format!("-- content/{}.md --\n---\n{field}\n---\n", field.len());
    let store = base_and(
        &[
            "draft: true",
            "publish: 2026-06-02",
            "expires: 2026-06-01T12:00:00Z",
            "publish: 2026-06-01T14:00:00+02:00",
            "expires: 2026-06-01T12:00:00.001Z",
        ]
        .map(page)
        .concat(),
    )
    .sound();
    assert_eq!((store.pages.len(), store.unpublished), (2, 3));
}

#[test]
fn dates_come_in_several_forms() {
    for (text, expected) in [
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("2026-01-02 10:00:00 -0400", "2026-01-02T14:00:00Z"),
        ("2026-01-02 9:00:00 -0400", "2026-01-02T13:00:00Z"),
        ("2026-01-02T10:00:00+01:00", "2026-01-02T09:00:00Z"),
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00Z"),
        ("2026-01-02T10:00", "2026-01-02T10:00:00Z"),
        ("2026-07-02T10:00[Europe/Berlin]", "2026-07-02T08:00:00Z"),
    ] {
        let store = base_and(&format!("-- content/a.md --\n---\ndate: {text}\n---\n")).sound();
        assert_eq!(store.pages[0].date.unwrap().to_string(), expected, "{text}");
    }
}

#[test]
fn front_matter_is_free_and_may_differ_by_segment() {
    let store = base_and(
        "\
-- content/about.md --
---
title: { default: Hello, loyalty.gold: Hello gold }
image: { src: a.jpg, alt: A }
cta: { loyalty.gold: Shop now }
params: { color: red, size: [1, 2.5, no, 'yes', null, 0012] }
tags: Ties, silk,Ties
aliases: [/old, old/two/, /x.html]
weight: -3
template: plain.html
---
",
    )
    .sound();
    let page = &store.pages[0];
    assert_eq!(page.fields["title"].cases[0].value, "Hello gold");
    assert_eq!(page.fields["image"].default["src"], "a.jpg");
    assert!(page.fields["cta"].default.is_null());
    assert_eq!(
        page.fields["params"].default.to_string(),
        r#"{"color":"red","size":[1,2.5,"no","yes",null,"0012"]}"#
    );
    assert_eq!(page.tags, ["Ties", "silk"]);
    let aliases: Vec<&str> = page.aliases.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(aliases, ["/old/", "/old/two/", "/x.html"]);
    assert_eq!(page.weight, -3);
    assert_eq!(page.template.as_ref().unwrap().0, "plain.html");
}

#[test]
fn a_file_stands_in_for_another() {
    let store = base_and(
        "\
-- content/index.md --
---
title: All
---
-- content/index@loyalty=silver.md --
---
title: Silver
---
S
-- content/index@loyalty=silver@team=owls.md --
O
-- content/index@team=lions.md --
---
draft: true
---
",
    )
    .sound();
    let overrides = &store.pages[0].overrides;
    let conditions: Vec<String> = overrides
        .iter()
        .map(|over| {
            let terms = over.when.iter();
            let terms: Vec<String> = terms
                .map(|(v, set)| store.facets.describe(*v, set))
                .collect();
            terms.join(" ")
        })
        .collect();
    // Who names more facets goes first.
    assert_eq!(
        conditions,
        ["loyalty=silver,gold team=owls", "loyalty=silver,gold"]
    );
    assert!(overrides[0].fields.is_empty());
    assert_eq!(overrides[1].fields["title"].default, "Silver");
    assert_eq!(store.pages.len(), 1);
}

#[test]
fn a_page_with_broken_front_matter_keeps_its_body() {
    let store = base_and("-- content/a.md --\n---\ntitle: [\n---\n::: when team=owl\nA\n:::\n")
        .expect(&[
            "bad-yaml content/a.md:2:8 -",
            "unknown-segment content/a.md:4:15 did you mean `owls`?",
        ]);
    assert_eq!(store.pages[0].title(), "A");
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let store = base_and("-- content/a.md --\n\u{FEFF}---\ntitle: B\n---\nText\n").sound();
    assert_eq!(store.pages[0].title(), "B");
}

#[test]
fn two_pages_may_have_one_url_until_plan() {
    let store = base_and("-- content/a.md --\n-- content/a/index.md --\n").sound();
    assert_eq!(store.pages[0].path, store.pages[1].path);
}

#[test]
fn anchors_and_merge_keys_are_understood() {
    let store =
        base_and("-- content/a.md --\n---\nbase: &b { x: 1, y: 2 }\nmine: { <<: *b, y: 3 }\n---\n")
            .sound();
    assert_eq!(
        store.pages[0].fields["mine"].default.to_string(),
        r#"{"y":3,"x":1}"#
    );
}
