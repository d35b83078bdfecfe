//! `customize:` of products: what is understood, and every mistake with its place.

use super::base_and;
use crate::{
    constraints::{Comparison, Expression, Rule},
    model::{Constraint, Customization, NONE, OptionKind},
};

/// A product with these options and constraints.
fn product(customize: &str) -> String {
    let indented: Vec<String> = customize.lines().map(|line| format!("  {line}")).collect();
    format!(
        "-- content/catalog/products/shirt.yaml --\nprice: 100\ncustomize:\n{}\n",
        indented.join("\n")
    )
}

const OPTIONS: &str = "\
options:
  - id: cuffs
    choices: [{ id: barrel, weight: 20 g }, { id: french, price: 9, weight: 0.05 kg }]
  - id: buttons
    optional: No buttons
    choices: [{ id: two, holes: 2, fits: [barrel] }, { id: four, holes: 4, fits: [barrel, french] }]
  - id: monogram
    text: { longest: 3, characters: A-Z, price: 12, price-each: 2 }
  - id: treats
    choose: 2
    choices: [{ id: soap, weight: 90 g }, { id: balm, weight: 10 g }, { id: oil, weight: 5 g }]
";

#[track_caller]
fn customization(customize: &str) -> Customization {
    let store = base_and(&product(customize)).sound();
    let product = store.catalog.product("shirt").expect("it is active");
    Customization::clone(product.customization.as_ref().expect("it is customized"))
}

#[track_caller]
fn constraint(text: &str) -> Constraint {
    let all = customization(&format!(
        "{OPTIONS}constraints:\n  - {{ title: Because, {text} }}\n"
    ));
    all.constraints.last().expect("there is one").clone()
}

/// The base and a product, and what is wrong with it.
#[track_caller]
fn check(customize: &str, expected: &[&str]) {
    let file = "content/catalog/products/shirt.yaml";
    let problems = base_and(&product(customize)).problems;
    let expected: Vec<String> = expected
        .iter()
        .map(|it| it.replacen(" @", &format!(" {file}:"), 1))
        .collect();
    assert_eq!(problems, expected);
}

#[track_caller]
fn check_constraint(text: &str, expected: &[&str]) {
    check(
        &format!("{OPTIONS}constraints:\n  - {{ title: Because, {text} }}\n"),
        expected,
    );
}

#[test]
fn options_of_every_kind() {
    let read = customization(&format!("quantity: {{ most: 4 }}\n{OPTIONS}"));
    assert_eq!(read.quantity, (1, 4));
    let ids: Vec<(&str, u16)> = read
        .options
        .iter()
        .map(|option| (&*option.id, option.variable))
        .collect();
    assert_eq!(
        ids,
        [("cuffs", 0), ("buttons", 1), ("monogram", 2), ("treats", 3)]
    );
    let buttons = &read.options[1];
    assert_eq!(buttons.choices()[0].id, NONE);
    assert_eq!(buttons.choices()[0].title, "No buttons");
    let OptionKind::One { default, .. } = &buttons.kind else {
        panic!("one of them is chosen");
    };
    assert_eq!(*default, Some(0));
    let [
        Constraint {
            rule: Rule::Sum(sum),
            title,
            ..
        },
    ] = &read.constraints[..]
    else {
        panic!("that two are chosen is the only constraint");
    };
    assert_eq!(
        (&**title, sum.comparison, sum.bound),
        ("Treats", Comparison::Equal, 2)
    );
}

#[test]
fn choices_from_sets_lists_and_collections() {
    let store = base_and(
        "-- content/catalog/options/yarn.yaml --\ntitle: Yarns\nchoices:\n  - { id: white }\n  - { id: gilt, price: -1.50, prices: { loyalty.gold: 0 }, for: loyalty=silver, shine: high }\n\
         -- content/catalog/lists/teams.yaml --\nitems: [{ id: lions, price: 3.5, hue: red }, { id: owls }]\n\
         -- content/catalog/products/cpu-1.yaml --\nprice: 70\nprices: { loyalty.gold: 60 }\ntags: [cpu]\ndata: { socket: A }\n\
         -- content/catalog/collections/cpus.yaml --\nwhere: { tag: cpu }\n\
         -- content/catalog/products/pc.yaml --\nprice: 1\ncustomize:\n  options:\n    - { id: yarn, choices: { set: yarn } }\n    - { id: team, choices: { from: { list: teams }, except: owls } }\n    - { id: cpu, choices: { from: { collection: cpus } } }\n    - { id: more, choices: { set: yarn, only: [gilt], price: 2 } }\n",
    )
    .sound();
    let pc = store.catalog.product("pc").expect("it is active");
    let options = &pc.customization.as_ref().expect("it is customized").options;
    let gilt = &options[0].choices()[1];
    assert_eq!(gilt.price.default.minor, -150);
    assert_eq!(gilt.price.cases[0].value.minor, 0);
    assert_eq!(gilt.attributes["shine"], "high");
    // Gold inherits silver.
    assert_eq!(gilt.only[0].1.len(), 2);
    let [lions] = options[1].choices() else {
        panic!("the other team is left out");
    };
    assert_eq!(
        (lions.price.default.minor, &lions.attributes["hue"]),
        (350, &"red".into())
    );
    let cpu = &options[2].choices()[0];
    assert_eq!(
        (
            &*cpu.id,
            cpu.price.default.minor,
            cpu.price.cases[0].value.minor
        ),
        ("cpu-1", 7000, 6000)
    );
    assert_eq!(cpu.attributes["socket"], "A");
    assert_eq!(options[3].choices()[0].price.default.minor, 200);
}

#[test]
fn constraints_of_every_form() {
    let expression = |text: &str| match constraint(text).rule {
        Rule::Expression(expression) => expression,
        other => panic!("{other:?}"),
    };
    let is = |variable, values: &[u16]| Expression::In(variable, values.to_vec());
    assert_eq!(
        expression("if: { cuffs: french }, then: { buttons: none }"),
        Expression::Implies(
            Box::new(Expression::All(vec![is(0, &[1])])),
            Box::new(Expression::All(vec![is(1, &[0])])),
        )
    );
    assert_eq!(
        expression("never: { cuffs: [barrel, french], monogram: given, treats: balm }"),
        Expression::Not(Box::new(Expression::All(vec![
            is(0, &[0, 1]),
            is(2, &[1]),
            Expression::Any(vec![is(4, &[1])]),
        ])))
    );
    assert_eq!(
        expression(
            "always: { any: [{ buttons.holes: 4 }, { not: { cuffs.weight: { at-least: 30 g } } }] }"
        ),
        Expression::All(vec![Expression::Any(vec![
            Expression::All(vec![is(1, &[2])]),
            Expression::All(vec![Expression::Not(Box::new(Expression::All(vec![is(
                0,
                &[1]
            )])))]),
        ])])
    );
    assert_eq!(
        expression("within: [buttons.holes, buttons.holes]"),
        Expression::All(vec![
            Expression::Implies(Box::new(is(1, &[1])), Box::new(is(1, &[0, 1]))),
            Expression::Implies(Box::new(is(1, &[2])), Box::new(is(1, &[0, 2]))),
        ])
    );
    let Rule::Table(table) = constraint(
        "table: { options: [cuffs, buttons], rows: [[french, none], [barrel, [two, four]]] }",
    )
    .rule
    else {
        panic!("it is a table");
    };
    assert_eq!(table.scope, [0, 1]);
    assert_eq!(table.tuples, [[0, 1], [0, 2], [1, 0]]);
}

#[test]
fn sums_have_units_and_whole_numbers() {
    let sum = |text: &str| match constraint(&format!("sum: \"{text}\"")).rule {
        Rule::Sum(sum) => {
            let terms = sum.terms.into_iter().map(|it| (it.variable, it.weights));
            (terms.collect::<Vec<_>>(), sum.comparison, sum.bound)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        sum("1.5 * (cuffs.weight + 2 g) <= treats.weight - 0.2 kg").1,
        Comparison::AtMost
    );
    assert_eq!(
        sum("1.25 * cuffs.weight + 100 g >= treats.weight"),
        (
            vec![
                (0, vec![250, 625]),
                (3, vec![0, -900]),
                (4, vec![0, -100]),
                (5, vec![0, -50]),
            ],
            Comparison::AtLeast,
            -1000
        )
    );
    assert_eq!(
        sum("-buttons.holes = -4"),
        (vec![(1, vec![0, -2, -4])], Comparison::Equal, -4)
    );
}

#[test]
fn sums_that_cannot_be_understood() {
    let at = |text: &str, problem: &str| check_constraint(&format!("sum: \"{text}\""), &[problem]);
    let example = "write such as `psu.watts >= 1.25 * (cpu.watts + gpu.watts) + 90 W`";
    at("cuffs.weight", &format!("bad-constraint @15:43 {example}"));
    at(
        "cuffs.weight < 4 g",
        "bad-constraint @15:44 write `<=` or `>=`",
    );
    at(
        "weight <= 4 g",
        "bad-constraint @15:31 write `option.attribute`",
    );
    at(
        "cuffs.weight * treats.weight <= 4 g",
        "bad-constraint @15:46 multiply with plain numbers only",
    );
    at(
        "cuffs.weight <= 4 W",
        "bad-constraint @15:47 give every number and attribute of the sum the same unit",
    );
    at(
        "(cuffs.weight <= 4 g",
        &format!("bad-constraint @15:45 {example}"),
    );
    at("monogram.weight <= 4 g", "unknown-attribute @15:31 -");
    at(
        "buttons.fits <= 4",
        "bad-constraint @15:31 write a number, with or without a unit: `65 W`",
    );
    at(
        "cuffs.wieght <= 4 g",
        "unknown-attribute @15:31 did you mean `weight`?",
    );
}

#[test]
fn names_that_there_are_not() {
    check_constraint(
        "never: { cufs: french, buttons: tow, treats: soup, monogram: gone }",
        &[
            "unknown-option @15:34 did you mean `cuffs`?",
            "unknown-choice @15:57 did you mean `two`?",
            "unknown-choice @15:70 did you mean `soap`?",
            "unknown-choice @15:86 did you mean `none`?",
        ],
    );
    check_constraint(
        "always: { buttons.holes: 3 }",
        &["unknown-attribute @15:50 -"],
    );
    check(
        "options:\n  - { id: a, choices: { set: yran } }\n  - { id: b, default: x, choices: [{ id: y }] }\n  - { id: c, choices: { from: { collection: nope } } }\n",
        &[
            "unknown-choice @4:32 -",
            "unknown-choice @5:25 did you mean `y`?",
            "unknown-collection @6:47 -",
        ],
    );
}

#[test]
fn ids_that_occur_twice_or_mean_something_else() {
    check(
        "options:\n  - { id: a, choices: [{ id: x }, { id: x }] }\n  - { id: a, choices: [{ id: y }] }\n  - { id: not, choices: [{ id: y }] }\n  - { id: b, choices: [{ id: none }, { id: Z }] }\n",
        &[
            "duplicate-choice @4:43 give each choice an `id` of its own",
            "duplicate-choice @5:13 give each option an `id` of its own",
            "bad-id @6:13 write `the-not`, or another word",
            "bad-id @7:32 write `optional: true` at the option, or use another id",
            "bad-id @7:46 write `z`",
        ],
    );
}

#[test]
fn constraints_that_say_nothing_or_too_much() {
    check_constraint(
        "never: { cuffs: french }, always: { cuffs: french }",
        &[
            "bad-constraint @15:9 write one of `if` and `then`, `never`, `always`, `table`, `sum`, `same` and `within`",
        ],
    );
    check_constraint(
        "if: { cuffs: french }",
        &["bad-constraint @15:29 add a line `then: { option: choice }`"],
    );
    check_constraint(
        "same: [treats.weight, cuffs.weight]",
        &["bad-constraint @15:32 write `if` and `then` instead"],
    );
    check(
        &format!("{OPTIONS}constraints: [{{ never: {{ cuffs: french }} }}]\n"),
        &["missing-field @14:19 add a line `title: …`"],
    );
}

#[test]
fn numbers_that_cannot_be() {
    check(
        "options: [{ id: a, choose: 3, choices: [{ id: x }, { id: y }] }]\n",
        &["no-valid-design @3:30 offer more choices, or ask for fewer"],
    );
    check(
        "quantity: { least: 4, most: 2 }\noptions: [{ id: a, image: { largest: 4 parsecs } }]\n",
        &[
            "wrong-type @3:13 write `least` not above `most`, and both above nothing",
            "wrong-type @4:40 -",
        ],
    );
    check(
        "options: [{ id: a, choices: [{ id: x, price: 80000000000000 }, { id: y, price: 80000000000000 }] }]\n",
        &["bad-price @3:3 write prices below a trillion"],
    );
}

#[test]
fn more_choices_than_can_be_numbered() {
    let choices: Vec<String> = (0..65_535).map(|nth| format!("{{ id: c{nth} }}")).collect();
    check(
        &format!(
            "options: [{{ id: a, choices: [{}] }}]\n",
            choices.join(", ")
        ),
        &["customizer-too-large @3:3 split the product in two, or offer fewer choices"],
    );
}
