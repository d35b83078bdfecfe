//! `:::` blocks and inline directives.

use super::{base_and, outline};

/// The outline of a page with this body, of which nothing may be wrong.
#[track_caller]
fn body(text: &str) -> String {
    let store = base_and(&format!("-- content/about.md --\n{text}")).sound();
    outline(&store.pages[0].body, &store)
}

#[test]
fn branches_follow_one_another() {
    assert_eq!(
        body(
            "A\n\n::: when loyalty=silver\nB\n::: when team=lions,owls loyalty=guest\nC\n::: otherwise\nD\n:::\nE\n"
        ),
        "A [loyalty=silver,gold: B | team=lions,owls loyalty=guest: C | : D] E"
    );
}

#[test]
fn blocks_nest_by_more_colons_fewer_colons_and_indentation() {
    let nested = "[team=lions: A [loyalty=gold: B] C]";
    assert_eq!(
        body("::: when team=lions\nA\n:::: when loyalty=gold\nB\n::::\nC\n:::\n"),
        nested
    );
    assert_eq!(
        body(":::: when team=lions\nA\n::: when loyalty=gold\nB\n:::\nC\n::::\n"),
        nested
    );
    assert_eq!(
        body("::: when team=lions\nA\n  ::: when loyalty=gold\n  B\n  :::\nC\n:::\n"),
        nested
    );
    assert_eq!(
        body("::: when team=lions\nA\n::: otherwise\n::: when loyalty=gold\nB\n:::\nC\n:::\n"),
        "[team=lions: A | : [loyalty=gold: B] C]"
    );
}

#[test]
fn code_is_not_split() {
    let code = "```md\n::: when nothing=here\n:price[x]\n```";
    assert_eq!(body(&format!("{code}\n")), code);
    let tildes = "~~~~\n```\n::: when nothing=here\n~~~\n:::\n~~~~";
    assert_eq!(body(&format!("{tildes}\n")), tildes);
    assert_eq!(body("    ::: when nothing=here\n"), "::: when nothing=here");
    assert_eq!(
        body("`:price[x]` and \\:price[x]\n"),
        "`:price[x]` and \\:price[x]"
    );
}

#[test]
fn prose_of_other_tools_is_text() {
    for text in [
        "{{< figure src=\"a.jpg\" >}} {{% note %}} {% include x %}",
        "<div onclick=\"x()\">Raw <b>HTML</b></div>",
        "Note: see [1] :smile: a:price[b] ::price[c]",
    ] {
        assert_eq!(body(&format!("{text}\n")), text);
    }
}

#[test]
fn carriage_returns_end_lines_too() {
    assert_eq!(
        body("A\r\n::: when team=owls\r\nB\r\n:::\r\nC\r\n"),
        "A [team=owls: B] C"
    );
}

#[test]
fn places_in_a_body_count_from_the_beginning_of_the_file() {
    base_and("-- content/about.md --\n---\ntitle: Über\n---\nÄ\n\n::: when team=owls\nÖ :price[nö]\n:::\n")
        .expect(&["unknown-product content/about.md:7:10 -"]);
}

#[test]
fn a_description_in_yaml_is_a_body() {
    let store = base_and(
        "-- content/catalog/products/a.yaml --\nprice: 1\ndescription: |\n  A\n\n  ::: when team=owls\n  B\n  :::\n",
    )
    .sound();
    assert_eq!(
        outline(&store.catalog.products[0].body, &store),
        "A [team=owls: B]"
    );
}
