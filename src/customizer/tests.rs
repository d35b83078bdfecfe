//! What visitors may choose, what is wrong with it, and which orders are sound.

use serde_json::{Value as Json, json};

use super::{Customizers, Verdict, View, audience::Audience, audiences, check, cut, verify};
use crate::{
    constraints::{self, Problem},
    diagnostic::Diagnostics,
    load::{LoadOptions, load},
    model::Store,
    source::SourceTree,
};

fn store(customize: &str) -> Store {
    let fixture = format!(
        "-- haberdash.yaml --\nsite: shop\ntitle: Shop\nbase-url: https://shop.example\ncurrency: EUR\n\
         -- themes/default/templates/page.html --\n-- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\n\
         from: {{ cookie: c }}\nsegments: [{{ id: silver }}, {{ id: gold, inherits: silver }}]\n\
         -- content/catalog/products/shirt.yaml --\nprice: 100\nprices: {{ loyalty.gold: 90 }}\ncustomize:\n{customize}"
    );
    let options = LoadOptions {
        now: "2026-06-01T12:00:00Z".parse().expect("a time"),
    };
    let mut problems = Diagnostics::default();
    let tree = SourceTree::from_fixture(&fixture);
    let store = load(&tree, &options, &mut problems).expect("there is a configuration");
    assert!(problems.is_empty(), "{problems:?}");
    store
}

const SHIRT: &str = "
  quantity: { least: 1, most: 3 }
  options:
    - id: fabric
      choices: [{ id: poplin }, { id: linen, price: 24, prices: { loyalty.gold: 18 } }, { id: brocade, price: 40, for: loyalty=gold }]
    - { id: cuffs, default: barrel, choices: [{ id: barrel }, { id: french, price: 9 }] }
    - { id: buttons, optional: true, choices: [{ id: two, price: -1 }, { id: four }] }
    - { id: monogram, text: { longest: 3, characters: A-Z, price: 12, price-each: 2 } }
    - { id: logo, image: { price: 5 } }
    - id: treats
      choose: { least: 1, most: 2 }
      choices: [{ id: a }, { id: b, price: 1 }, { id: c, for: loyalty=silver }]
  constraints:
    - { title: Links need no buttons, if: { cuffs: french }, then: { buttons: none } }
    - { title: Brocade has French cuffs, if: { fabric: brocade }, then: { cuffs: french } }
    - { title: No c with a logo, never: { logo: given, treats: c } }
    - { title: A table, table: { options: [fabric, cuffs], rows: [[poplin, [barrel, french]], [linen, barrel], [brocade, [barrel, french]]] } }
";

fn all(store: &Store) -> Vec<Audience<'_>> {
    audiences(&store.catalog.products[0], &store.facets)
}

#[test]
fn every_group_of_visitors_has_its_own_view() {
    let store = store(SHIRT);
    let who: Vec<(Vec<String>, i64, usize, usize)> = all(&store)
        .iter()
        .map(|audience| {
            let named = audience.visitors.iter();
            (
                named
                    .map(|(facet, set)| store.facets.describe(*facet, set))
                    .collect(),
                audience.view.base,
                audience.view.options[0].choices.len(),
                audience.view.options[5].choices.len(),
            )
        })
        .collect();
    assert_eq!(
        who,
        [
            (vec!["loyalty=guest".to_owned()], 10_000, 2, 2),
            (vec!["loyalty=silver".to_owned()], 10_000, 2, 3),
            (vec!["loyalty=gold".to_owned()], 9_000, 3, 3),
        ]
    );
}

#[test]
fn what_is_not_for_a_visitor_is_not_in_their_payload() {
    let store = store(SHIRT);
    let payloads: Vec<String> = all(&store)
        .iter()
        .map(|it| {
            let cut = Customizers::default().cut(&it.view, &store.config);
            cut.expect("there are designs").payload.to_string()
        })
        .collect();
    let has = |word: &str| {
        payloads
            .iter()
            .map(|it| it.contains(word))
            .collect::<Vec<_>>()
    };
    assert_eq!(has("\"brocade\""), [false, false, true]);
    assert_eq!(has("\"c\""), [false, true, true]);
    assert_eq!(has("1800"), [false, false, true]);
    assert_eq!(has("\"linen\""), [true, true, true]);
    // Nor are the reasons that are about it alone.
    assert_eq!(has("Brocade has"), [false, false, true]);
    assert_eq!(has("No c with"), [false, true, true]);
}

#[test]
fn designs_differ_with_what_orders_depend_on_only() {
    let design = |customize: &str| {
        let store = store(customize);
        all(&store)[0].view.design(&store.config)
    };
    let shirt = design(SHIRT);
    assert_eq!(
        shirt,
        design(&SHIRT.replace("{ id: poplin }", "{ id: poplin, title: Crisp }"))
    );
    assert_eq!(
        shirt,
        design(&SHIRT.replace("Links need no buttons", "No buttons"))
    );
    for (from, to) in [
        ("price: 24", "price: 25"),
        ("poplin", "twill"),
        ("longest: 3", "longest: 4"),
        ("most: 3", "most: 4"),
        ("price-each: 2", "price-each: 1"),
        ("cuffs: french }, then", "cuffs: barrel }, then"),
    ] {
        assert_ne!(shirt, design(&SHIRT.replace(from, to)), "{to}");
    }
}

/// Every assignment of a problem's variables.
fn assignments(problem: &Problem) -> Vec<Vec<u16>> {
    problem
        .variables
        .iter()
        .fold(vec![Vec::new()], |all, variable| {
            let values = 0..variable.prices.len() as u16;
            all.iter()
                .flat_map(|one| {
                    values
                        .clone()
                        .map(|value| [one.as_slice(), &[value]].concat())
                })
                .collect()
        })
}

/// An order for an assignment, as the page would send it.
fn order(view: &View<'_>, design: &str, values: &[u16], price: i64) -> Json {
    let mut order = json!({ "product": "shirt", "design": design, "choices": {}, "texts": {}, "images": [],
        "quantity": 2, "price": price, "currency": "EUR" });
    for option in &view.options {
        let id = option.option.id.as_str();
        let value = usize::from(values[usize::from(option.variable)]);
        match id {
            "monogram" if value == 1 => order["texts"][id] = "AB".into(),
            "logo" if value == 1 => order["images"] = json!([id]),
            "monogram" | "logo" => {}
            "treats" => {
                let chosen = option.choices.iter().enumerate();
                let own = chosen.filter(|(nth, _)| values[usize::from(option.variable) + nth] == 1);
                order["choices"][id] = own.map(|(_, choice)| choice.id.as_str()).collect();
            }
            _ => order["choices"][id] = option.choices[value].id.as_str().into(),
        }
    }
    order
}

#[test]
fn orders_are_sound_just_where_the_constraints_are_met() {
    let store = store(SHIRT);
    for Audience { view, .. } in all(&store) {
        let cut = Customizers::default()
            .cut(&view, &store.config)
            .expect("there are designs");
        let compiled = cut::compiled(&view).expect("there are designs");
        let mut designs = 0_u64;
        let mut totals: Vec<i64> = Vec::new();
        for values in assignments(&view.problem) {
            let expected = constraints::verify(&view.problem, &values);
            let letters = if order(&view, "", &values, 0)["texts"]["monogram"].is_string() {
                400
            } else {
                0
            };
            let price = view.base + expected.price + letters;
            let verdict = verify(
                &order(&view, &cut.design, &values, price),
                &view,
                &cut,
                &store.config,
            );
            assert_eq!(
                verdict.valid,
                expected.broken.is_empty(),
                "{values:?} {verdict:?}"
            );
            assert_eq!(verdict.valid, compiled.allows(&values));
            assert_eq!(
                (verdict.price, verdict.total),
                (Some(price), Some(2 * price))
            );
            designs += u64::from(verdict.valid);
            if verdict.valid {
                totals.push(view.base + expected.price + letters / 400 * 600);
            }
        }
        assert_eq!(cut.designs, designs.to_string());
        assert_eq!(
            cut.totals.1,
            *totals.iter().max().expect("there are designs")
        );
    }
}

#[test]
fn orders_that_were_tampered_with_are_not_sound() {
    let store = store(SHIRT);
    let audiences = all(&store);
    let view = &audiences[0].view;
    let cut = Customizers::default()
        .cut(view, &store.config)
        .expect("there are designs");
    let judge = |order: &Json| verify(order, view, &cut, &store.config);
    let sound = json!({ "product": "shirt", "design": cut.design, "choices": { "fabric": "linen", "cuffs": "barrel", "buttons": "two", "treats": ["b"] },
        "texts": { "monogram": "AB" }, "images": [], "quantity": 1, "price": 10_000 + 2400 - 100 + 100 + 1200 + 400, "currency": "EUR" });
    assert_eq!(judge(&sound).problems, [""; 0]);
    let broken = |path: &str, value: Json| {
        let mut order = sound.clone();
        *order.pointer_mut(path).expect("it is there") = value;
        judge(&order).problems
    };
    assert_eq!(
        broken("/price", json!(1)),
        ["`price` is 1 and should be 14000"]
    );
    assert_eq!(
        broken("/price", json!("14000")),
        ["`price` is \"14000\" and should be 14000"]
    );
    assert_eq!(
        broken("/quantity", json!(0)),
        ["`quantity` is 0 and should be from 1 to 3"]
    );
    assert_eq!(
        broken("/quantity", json!(1.5)),
        ["`quantity` is 1.5 and should be from 1 to 3"]
    );
    assert_eq!(
        broken("/choices/fabric", json!("brocade")),
        ["`fabric` has no choice \"brocade\""]
    );
    assert_eq!(
        broken("/choices/treats", json!(["b", "b"])),
        ["`treats` has the choice \"b\" twice"]
    );
    assert_eq!(
        broken("/choices/treats", json!([])),
        [
            "does not meet: Treats",
            "`price` is 14000 and should be 13900"
        ]
    );
    assert_eq!(
        broken("/choices/cuffs", json!("french"))[0],
        "does not meet: Links need no buttons"
    );
    assert_eq!(
        broken("/texts/monogram", json!("ABCD")),
        ["the text `monogram` has 4 characters and may have 3"]
    );
    assert_eq!(
        broken("/texts/monogram", json!("a")),
        ["the text `monogram` may not have 'a'"]
    );
    assert_eq!(
        broken("/texts", json!({ "monogram": "AB", "x": "y" })),
        ["there is no option `x` in `texts`"]
    );
    assert_eq!(
        broken("/images", json!(["monogram"])),
        ["there is no option \"monogram\" in `images`"]
    );
    assert_eq!(
        broken("/design", json!("0"))[0],
        format!("`design` is \"0\" and should be \"{}\"", cut.design)
    );
    for odd in [
        json!(null),
        json!([]),
        json!("x"),
        json!(4),
        json!({ "choices": 4, "texts": [], "images": {} }),
    ] {
        let Verdict { valid, price, .. } = judge(&odd);
        assert_eq!((valid, price), (false, None));
    }
}

/// The problems of a product's options taken together, as `code message`.
fn problems(customize: &str) -> Vec<String> {
    let store = store(customize);
    let mut problems = Vec::new();
    check(&store.catalog.products[0], &mut problems);
    problems
        .iter()
        .map(|it| format!("{} {}", it.code.name(), it.message))
        .collect()
}

#[test]
fn what_does_not_go_together_is_reported() {
    let options = "
  options:
    - { id: a, default: x, choices: [{ id: x }, { id: y }] }
    - { id: b, default: p, choices: [{ id: p }, { id: q }] }
  constraints:
";
    assert_eq!(
        problems(&format!(
            "{options}    - {{ title: One, never: {{ a: x }} }}\n    - {{ title: Two, never: {{ a: y }} }}\n"
        )),
        ["no-valid-design no design of `shirt` meets all constraints"]
    );
    assert_eq!(
        problems(&format!(
            "{options}    - {{ title: One, never: {{ a: y }} }}\n    - {{ title: Two, never: {{ a: y, b: q }} }}\n"
        )),
        [
            "dead-choice `y` can never be chosen for `a` of `shirt`",
            "redundant-constraint the constraint demands nothing that the others do not",
        ]
    );
    assert_eq!(
        problems(&format!(
            "{options}    - {{ title: One, never: {{ a: x, b: p }} }}\n"
        )),
        ["bad-default the default of `b` does not go with that of `a`"]
    );
    assert_eq!(problems(SHIRT), [""; 0]);
}

#[test]
fn a_visitor_for_whom_nothing_is_left_is_told_so_while_rendering() {
    let store = store(
        "
  options:
    - { id: a, choices: [{ id: x }, { id: y, for: loyalty=gold }] }
  constraints:
    - { title: Not x, never: { a: x } }
",
    );
    let cut = |audience: &Audience<'_>| {
        Customizers::default()
            .cut(&audience.view, &store.config)
            .is_ok()
    };
    assert_eq!(
        all(&store).iter().map(cut).collect::<Vec<_>>(),
        [false, true]
    );
}
