//! Facets and inheritance.

use super::base_and;
use crate::model::{Match, Predicate, Signal};

#[test]
fn a_source_makes_a_rule_for_each_segment() {
    let store = base_and("").sound();
    let loyalty = &store.facets.facets[0];
    let names: Vec<&str> = loyalty.segments.iter().map(|s| &*s.id).collect();
    assert_eq!(
        (names, loyalty.default),
        (vec!["guest", "silver", "gold"], 0)
    );
    assert_eq!(loyalty.segments[2].inherits, Some(1));
    assert_eq!(loyalty.title, "Loyalty");
    let gold = Signal::Cookie {
        name: "hb_loyalty".to_owned(),
        value: Match::OneOf(vec!["gold".to_owned()]),
    };
    // Nothing comes after the cookie, so that the default needs no rule.
    assert_eq!(loyalty.rules.len(), 2);
    assert_eq!(loyalty.rules[1].when, Predicate::Signal(gold));
    assert_eq!(loyalty.rules[1].segment, 2);
}

#[test]
fn sources_are_tried_in_order_and_then_predicates() {
    let store = base_and(
        "\
-- segments/interest.yaml --
facet: interest
default: any
from: [{ query: i }, { cookie: hb_i }]
segments:
  - { id: bags, when: { referrer: bags.example } }
",
    )
    .sound();
    let interest = &store.facets.facets[store.facets.find("interest").unwrap() as usize];
    let rules: Vec<(String, u16)> = interest
        .rules
        .iter()
        .map(|rule| {
            let name = match &rule.when {
                Predicate::Signal(Signal::Query { .. }) => "query",
                Predicate::Signal(Signal::Cookie { .. }) => "cookie",
                Predicate::Signal(Signal::Referrer(_)) => "referrer",
                _ => "other",
            };
            (name.to_owned(), rule.segment)
        })
        .collect();
    let expected = [
        ("query", 0),
        ("query", 1),
        ("cookie", 0),
        ("cookie", 1),
        ("referrer", 1),
    ];
    assert_eq!(
        rules,
        expected.map(|(name, segment)| (name.to_owned(), segment))
    );
}

#[test]
fn a_list_gives_the_segments_and_their_data() {
    let store = base_and(
        "\
-- content/catalog/lists/clubs.yaml --
items:
  - { id: north, title: North End, city: Oslo, founded: 1899 }
-- segments/club.yaml --
facet: club
default: none
default-title: No club
values: clubs
from: { signed-cookie: hb, field: club }
gated: true
",
    )
    .sound();
    let club = &store.facets.facets[store.facets.find("club").unwrap() as usize];
    assert_eq!(club.segments[0].title, "No club");
    assert_eq!(club.segments[1].title, "North End");
    assert_eq!(club.segments[1].data["founded"], 1899);
    assert!(club.gated);
}

#[test]
fn an_experiment_divides_the_buckets_by_weight() {
    let store = base_and(
        "\
-- segments/hero.yaml --
facet: hero
default: control
experiment: { slice: 3, weights: { control: 50, bold: 25, loud: 25 } }
",
    )
    .sound();
    let hero = &store.facets.facets[store.facets.find("hero").unwrap() as usize];
    let buckets: Vec<(u16, u16, u16)> = hero
        .rules
        .iter()
        .filter_map(|rule| match rule.when {
            Predicate::Signal(Signal::Bucket {
                slice: 3,
                from,
                until,
            }) => Some((rule.segment, from, until)),
            _ => None,
        })
        .collect();
    assert_eq!(buckets, [(1, 2048, 3072), (2, 3072, 4096)]);
    assert_eq!(hero.consent.as_deref(), Some("personalization"));
}

#[test]
fn a_case_holds_for_heirs_that_no_case_names() {
    let store = base_and(
        "\
-- segments/tier.yaml --
facet: tier
default: none
from: { cookie: t }
segments:
  - { id: a }
  - { id: b, inherits: a }
  - { id: c, inherits: b }
-- content/one.md --
---
title: { default: D, tier.a: A }
---
-- content/two.md --
---
title: { default: D, tier.a: A, tier.b: B }
---
-- content/all.md --
---
title: { default: D, 'tier=none,a,b,c': X }
---
",
    )
    .sound();
    let cases = |path: &str| -> Vec<String> {
        let page = store
            .pages
            .iter()
            .find(|page| page.path.as_str() == path)
            .unwrap();
        let conditions = page.fields["title"].cases.iter();
        conditions
            .map(|case| {
                let terms = case.when.iter();
                terms
                    .map(|(v, set)| store.facets.describe(*v, set))
                    .collect()
            })
            .collect()
    };
    assert_eq!(cases("/one/"), ["tier=a,b,c"]);
    assert_eq!(cases("/two/"), ["tier=a", "tier=b,c"]);
    // What holds for every segment asks nothing.
    assert_eq!(cases("/all/"), [""]);
}
