//! The script of customizers in an engine of its language, against the reference that it must equal; what it
//! weighs; and its page in a real browser.

use haberdash::{
    Comparison, Compiled, Expression, Limits, Problem, Rule, Sum, Table, Term, Value, Variable,
    VariableId, compile, encode, verify,
};
use std::{fs, path::Path, process::Command};

use proptest::prelude::*;
use rquickjs::{Context, Function, Runtime};
use serde_json::{Value as Json, json};

const CORE: &str = include_str!("../../src/customizer/runtime/core.js");
const PAGE: &str = include_str!("../../src/customizer/runtime/page.js");
const PREVIEW: &str = include_str!("../../src/customizer/runtime/preview.js");
const CART: &str = concat!(
    include_str!("../../src/customizer/runtime/cart.js"),
    include_str!("../../src/customizer/runtime/cart/post.js"),
    include_str!("../../src/customizer/runtime/cart/mail.js"),
    include_str!("../../src/customizer/runtime/cart/snipcart.js"),
    include_str!("../../src/customizer/runtime/cart/shopify.js"),
    include_str!("../../src/customizer/runtime/cart/stripe.js"),
);
const VERIFY: &str = include_str!("../../src/customizer/runtime/verify.js");

const LIMITS: Limits = Limits {
    nodes: 100_000,
    swaps: 200,
};

/// What the engine lacks of a browser, and how it is asked. Numbers travel as texts, to the last bit.
const ASK: &str = r#"
globalThis.atob ??= (text) => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bits = [...text.replace(/=+$/, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(6, "0")).join("");
  return bits.match(/.{8}/g).map((byte) => String.fromCharCode(parseInt(byte, 2))).join("");
};
const asTexts = (lists) => lists.map((list) => Array.from(list, String));
const ANSWERS = {
  sweep: ({ diagram, prices, picks }) => {
    const { cost, count, costs, counts } = sweep(decodeDiagram(diagram), prices, picks);
    return { cost: String(cost), count: String(count), costs: asTexts(costs), counts: asTexts(counts) };
  },
  nearest: ({ diagram, prices, fixed, wishes }) => nearest(decodeDiagram(diagram), prices, fixed, wishes),
  allows: ({ diagram, all }) => all.map((values) => allows(decodeDiagram(diagram), values)),
  sample: ({ diagram, prices, picks, numbers }) =>
    numbers.map((number) => sample(decodeDiagram(diagram), prices, picks, () => (number = (number * 16807) % 2147483647) / 2147483647)),
  holds: ({ rules, picks }) => rules.map((rule) => holds(rule, picks) ?? "open"),
  textProblem: ({ rule, texts }) => texts.map((text) => textProblem(rule, text) ?? ""),
  verify: ({ orders, product }) => orders.map((order) => verify(order, product)),
};
globalThis.ask = (question) => {
  try {
    const [name, about] = JSON.parse(question);
    return JSON.stringify(ANSWERS[name](about));
  } catch (error) {
    return JSON.stringify({ thrown: `${error}\n${error.stack}` });
  }
};
"#;

/// Asks the script.
fn ask(name: &str, about: Json) -> Json {
    thread_local! {
        static CONTEXT: Context = {
            let context = Context::full(&Runtime::new().unwrap()).unwrap();
            context.with(|scope| scope.eval::<(), _>(format!("{CORE}\n{VERIFY}\n{ASK}")).unwrap());
            context
        };
    }
    let answer: String = CONTEXT.with(|context| {
        context.with(|scope| {
            let ask: Function<'_> = scope.globals().get("ask").unwrap();
            ask.call((json!([name, about]).to_string(),)).unwrap()
        })
    });
    serde_json::from_str(&answer).unwrap()
}

/// Three bytes are four letters.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = bytes.chunks(3).flat_map(|chunk| {
        let mut three = [0; 4];
        three[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(three);
        (0..4).map(move |at| {
            if at <= chunk.len() {
                char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63])
            } else {
                '='
            }
        })
    });
    letters.collect()
}

fn prices(problem: &Problem) -> Vec<&[i64]> {
    let prices = problem.variables.iter().map(|own| own.prices.as_slice());
    prices.collect()
}

/// A rule as a payload has it.
fn rule_json(rule: &Rule) -> Json {
    match rule {
        Rule::Table(table) => json!(["table", table.scope, table.tuples]),
        Rule::Expression(expression) => expression_json(expression),
        Rule::Sum(sum) => {
            let terms = sum.terms.iter();
            let terms: Vec<_> = terms.map(|term| (term.variable, &term.weights)).collect();
            let comparison = match sum.comparison {
                Comparison::AtMost => "<=",
                Comparison::AtLeast => ">=",
                Comparison::Equal => "=",
            };
            json!(["sum", terms, comparison, sum.bound])
        }
    }
}

fn expression_json(expression: &Expression) -> Json {
    let list = |name: &str, parts: &[Expression]| {
        let parts = parts.iter().map(expression_json);
        Json::Array([json!(name)].into_iter().chain(parts).collect())
    };
    match expression {
        Expression::In(variable, values) => json!(["in", variable, values]),
        Expression::Not(inner) => json!(["not", expression_json(inner)]),
        Expression::All(parts) => list("all", parts),
        Expression::Any(parts) => list("any", parts),
        Expression::Implies(premise, conclusion) => {
            json!(["if", expression_json(premise), expression_json(conclusion)])
        }
    }
}

/// Every assignment of a small problem.
fn all_assignments(problem: &Problem) -> Vec<Vec<Value>> {
    let mut all = vec![Vec::new()];
    for variable in &problem.variables {
        let longer = |start: Vec<Value>| {
            let values = 0..variable.prices.len() as Value;
            values.map(move |value| [start.as_slice(), &[value]].concat())
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

fn keeps(assignment: &[Value], picks: &[Option<Value>]) -> bool {
    let mut both = assignment.iter().zip(picks);
    both.all(|(value, pick)| pick.is_none_or(|pick| pick == *value))
}

/// Tables, expressions and sums over variables with these numbers of values.
fn any_rule(domains: Vec<usize>) -> BoxedStrategy<Rule> {
    let places = (0..domains.len()).collect::<Vec<_>>();
    let of = domains.clone();
    let scope = prop::sample::subsequence(places, 1..=domains.len().min(3)).prop_shuffle();
    let table = scope.prop_flat_map(move |scope| {
        let cells: Vec<_> = scope.iter().map(|at| 0..of[*at] as Value).collect();
        let scope: Vec<_> = scope.iter().map(|at| *at as VariableId).collect();
        let tuples = prop::collection::vec(cells, 0..12);
        (Just(scope), tuples).prop_map(|(scope, tuples)| Rule::Table(Table { scope, tuples }))
    });
    let of = domains.clone();
    let atom = (0..domains.len()).prop_flat_map(move |at| {
        let values = prop::collection::vec(0..of[at] as Value, 0..=of[at]);
        values.prop_map(move |values| Expression::In(at as VariableId, values))
    });
    let expression = atom.prop_recursive(3, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 0..3);
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            some.clone().prop_map(Expression::All),
            some.prop_map(Expression::Any),
            two.prop_map(|(a, b)| Expression::Implies(Box::new(a), Box::new(b))),
        ]
    });
    let term = (0..domains.len()).prop_flat_map(move |at| {
        let weights = prop::collection::vec(-4_i64..5, domains[at]);
        let variable = at as VariableId;
        weights.prop_map(move |weights| Term { variable, weights })
    });
    let comparison = prop::sample::select(vec![
        Comparison::AtMost,
        Comparison::AtLeast,
        Comparison::Equal,
    ]);
    let sum = (prop::collection::vec(term, 1..5), comparison, -5_i64..6);
    let sum = sum.prop_map(|(terms, comparison, bound)| Sum {
        terms,
        comparison,
        bound,
    });
    prop_oneof![
        2 => table,
        3 => expression.prop_map(Rule::Expression),
        2 => sum.prop_map(Rule::Sum)
    ]
    .boxed()
}

fn any_problem() -> impl Strategy<Value = Problem> {
    let domains = prop::collection::vec(1_usize..5, 1..6);
    domains.prop_flat_map(|domains| {
        let prices = domains.iter();
        let prices: Vec<_> = prices
            .map(|count| prop::collection::vec(-20_i64..50, *count))
            .collect();
        let variables = prices.prop_map(|prices| {
            let variables = prices.into_iter().map(|prices| Variable { prices });
            variables.collect()
        });
        let constraints = prop::collection::vec(any_rule(domains), 0..5);
        (variables, constraints).prop_map(|(variables, constraints)| Problem {
            variables,
            constraints,
        })
    })
}

/// A problem and some picks, which may contradict each other.
fn any_situation() -> impl Strategy<Value = (Problem, Vec<Option<Value>>)> {
    any_problem().prop_flat_map(|problem| {
        let picks = problem.variables.iter();
        let picks: Vec<_> = picks
            .map(|variable| prop::option::of(0..variable.prices.len() as Value))
            .collect();
        (Just(problem), picks)
    })
}

fn compiled(problem: &Problem) -> (Compiled, String) {
    let compiled = compile(problem, &LIMITS).unwrap();
    let diagram = base64(&encode(&compiled));
    (compiled, diagram)
}

/// What the script says of a sweep, and what the reference does.
fn both_sweeps(problem: &Problem, picks: &[Option<Value>]) -> [Json; 2] {
    let (compiled, diagram) = compiled(problem);
    let said = ask(
        "sweep",
        json!({ "diagram": diagram, "prices": prices(problem), "picks": picks }),
    );
    let count = |count: f64| {
        if count >= 1e21 {
            format!("{count:e}").replace('e', "e+")
        } else {
            format!("{count}")
        }
    };
    let cost = |cost: Option<i64>| cost.map_or("Infinity".to_owned(), |cost| cost.to_string());
    let answer = compiled.answer(&problem.variables, picks);
    let values = answer.values.iter();
    let costs: Vec<Vec<_>> = (values.clone())
        .map(|own| own.iter().map(|value| cost(value.cheapest)).collect())
        .collect();
    let counts: Vec<Vec<_>> = values
        .map(|own| {
            let counts = own.iter().map(|value| count(value.configurations));
            counts.collect()
        })
        .collect();
    let expected = json!({
        "cost": cost(answer.cheapest), "count": count(answer.configurations),
        "costs": costs, "counts": counts,
    });
    [said, expected]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_script_sweeps_as_the_reference((problem, picks) in any_situation()) {
        let [said, expected] = both_sweeps(&problem, &picks);
        prop_assert_eq!(said, expected);
    }

    #[test]
    fn the_script_allows_what_the_constraints_allow(problem in any_problem()) {
        let (_, diagram) = compiled(&problem);
        let all = all_assignments(&problem);
        let expected: Vec<bool> = all.iter()
            .map(|assignment| verify(&problem, assignment).broken.is_empty())
            .collect();
        prop_assert_eq!(ask("allows", json!({ "diagram": diagram, "all": all })), json!(expected));
    }

    #[test]
    fn the_script_repairs_as_the_reference((problem, picks) in any_situation()) {
        let (compiled, diagram) = compiled(&problem);
        for (variable, own) in problem.variables.iter().enumerate() {
            for value in 0..own.prices.len() {
                let mut fixed = vec![None; picks.len()];
                fixed[variable] = Some(value);
                let said = ask("nearest", json!({
                    "diagram": diagram, "prices": prices(&problem), "fixed": fixed, "wishes": picks,
                }));
                let wanted = (variable as VariableId, value as Value);
                let Some(repair) = compiled.repair(&problem.variables, &picks, wanted) else {
                    prop_assert_eq!(said, Json::Null);
                    continue;
                };
                let values: Vec<Value> = serde_json::from_value(said["values"].clone()).unwrap();
                let kept: Vec<_> = values.iter().zip(&repair.choices)
                    .map(|(value, choice)| choice.map(|_| *value))
                    .collect();
                prop_assert_eq!(kept, repair.choices);
                prop_assert_eq!(&said["changes"], repair.changed.len());
                prop_assert_eq!(&said["cost"], repair.price);
            }
        }
    }

    /// Several fixed values, as the presets are fitted to all picks.
    #[test]
    fn the_nearest_design_is_the_best_of_all((problem, picks) in any_situation(), is_fixed in prop::collection::vec(any::<bool>(), 6)) {
        let (_, diagram) = compiled(&problem);
        let part = |wanted: bool| -> Vec<_> {
            let parts = picks.iter().zip(&is_fixed);
            parts.map(|(pick, is_fixed)| pick.filter(|_| *is_fixed == wanted)).collect()
        };
        let (fixed, wishes) = (part(true), part(false));
        let cost = |assignment: &Vec<Value>| {
            let verdict = verify(&problem, assignment);
            let mut wished = assignment.iter().zip(&wishes);
            let changes = wished.by_ref().filter(|(value, wish)| wish.is_some_and(|wish| wish != **value));
            (verdict.broken.is_empty() && keeps(assignment, &fixed)).then_some((changes.count(), verdict.price))
        };
        let best = all_assignments(&problem).iter().filter_map(cost).min();
        let said = ask("nearest", json!({
            "diagram": diagram, "prices": prices(&problem), "fixed": fixed, "wishes": wishes,
        }));
        match best {
            None => prop_assert_eq!(said, Json::Null),
            Some((changes, price)) => {
                prop_assert_eq!(&said["changes"], changes);
                prop_assert_eq!(&said["cost"], price);
                let values: Vec<Value> = serde_json::from_value(said["values"].clone()).unwrap();
                prop_assert_eq!(cost(&values), best);
            }
        }
    }

    #[test]
    fn what_is_drawn_by_lot_is_valid_and_keeps_the_picks((problem, picks) in any_situation(), numbers in prop::collection::vec(1_u32..2_000_000_000, 5)) {
        let (compiled, diagram) = compiled(&problem);
        prop_assume!(compiled.answer(&problem.variables, &picks).cheapest.is_some());
        let said = ask("sample", json!({ "diagram": diagram, "prices": prices(&problem), "picks": picks, "numbers": numbers }));
        let said: Vec<Vec<Value>> = serde_json::from_value(said).unwrap();
        for values in said {
            prop_assert!(compiled.allows(&values) && keeps(&values, &picks), "{values:?}");
        }
    }

    /// A rule is open only if it is: always told for full designs, and never told wrongly for parts of them.
    #[test]
    fn a_rule_is_met_or_broken_only_if_all_designs_say_so((problem, picks) in any_situation()) {
        let rules: Vec<_> = problem.constraints.iter().map(rule_json).collect();
        let said = ask("holds", json!({ "rules": rules, "picks": picks }));
        let is_full = picks.iter().all(Option::is_some);
        for (rule, said) in problem.constraints.iter().zip(said.as_array().unwrap()) {
            let alone = Problem { constraints: vec![rule.clone()], ..problem.clone() };
            let mut found: Vec<bool> = all_assignments(&alone).iter()
                .filter(|assignment| keeps(assignment, &picks))
                .map(|assignment| verify(&alone, assignment).broken.is_empty())
                .collect();
            found.sort_unstable();
            found.dedup();
            if let Some(said) = said.as_bool() {
                prop_assert_eq!(found, [said]);
            } else {
                prop_assert!(!is_full);
                // A table has no conditions inside that hide what it means.
                prop_assert!(found != [false] || !matches!(rule, Rule::Table(_)));
            }
        }
    }
}

#[test]
fn every_design_is_drawn_as_often_as_every_other() {
    // Three designs: of those with the first value there are two.
    let table = Table {
        scope: vec![0, 1],
        tuples: vec![vec![0, 0], vec![0, 1], vec![1, 1]],
    };
    let problem = Problem {
        variables: vec![Variable { prices: vec![0; 2] }; 2],
        constraints: vec![Rule::Table(table)],
    };
    let (_, diagram) = compiled(&problem);
    let numbers: Vec<u32> = (1..3001).map(|number| number * 7919).collect();
    let said = ask(
        "sample",
        json!({ "diagram": diagram, "prices": prices(&problem), "picks": [null, null], "numbers": numbers }),
    );
    for design in [[0, 0], [0, 1], [1, 1]] {
        let all = said.as_array().unwrap().iter();
        let count = all.filter(|values| **values == json!(design)).count();
        assert!((900..1100).contains(&count), "{design:?}: {count}");
    }
}

#[test]
fn numbers_of_designs_beyond_all_numbers_are_the_reference_s() {
    let variable = Variable {
        prices: (0..60).collect(),
    };
    let problem = Problem {
        variables: vec![variable; 200],
        constraints: vec![Rule::Expression(Expression::Any(vec![
            Expression::In(3, vec![1]),
            Expression::In(9, vec![2, 4]),
        ]))],
    };
    let [said, expected] = both_sweeps(&problem, &vec![None; 200]);
    assert_eq!(said, expected);
    let (compiled, diagram) = compiled(&problem);
    let said = ask(
        "sample",
        json!({ "diagram": diagram, "prices": prices(&problem), "picks": vec![None::<u16>; 200], "numbers": [5, 6] }),
    );
    let said: Vec<Vec<Value>> = serde_json::from_value(said).unwrap();
    assert!(said.iter().all(|values| compiled.allows(values)));
}

#[test]
fn texts_have_the_length_lines_and_characters_that_they_may_have() {
    let rule = json!({ "longest": 4, "characters": "A-Z .&-", "each": 200, "lines": 2 });
    let texts = [
        "", "A&B", "A-B.", "A B C", "ABc", "A\nB", "A\n\nB", "^", "É",
    ];
    let said = ask("textProblem", json!({ "rule": rule, "texts": texts }));
    let expected = json!([
        "",
        "",
        "",
        "longest",
        "characters",
        "",
        "lines",
        "characters",
        "characters"
    ]);
    assert_eq!(said, expected);
    let texts = ["😀😀", "😀😀😀", "a\u{7}", "a\nb"];
    let said = ask(
        "textProblem",
        json!({ "rule": { "longest": 2 }, "texts": texts }),
    );
    assert_eq!(said, json!(["", "longest", "characters", "longest"]));
}

/// A shirt with every kind of option.
fn shirt() -> Json {
    let prices: [&[i64]; 11] = [
        &[0, 2400, 0, 4000],
        &[0, 0, 0],
        &[0, 600, -500],
        &[0, 300, 300],
        &[0, 400],
        &[0, 300],
        &[0, 900],
        &[0, 700],
        &[0, 1200],
        &[0, 1800],
        &[0, 0, 500],
    ];
    let is = |variable, values: &[Value]| Expression::In(variable, values.to_vec());
    let both = |a, b| Rule::Expression(Expression::Not(Box::new(Expression::All(vec![a, b]))));
    let implies = |a, b| Rule::Expression(Expression::Implies(Box::new(a), Box::new(b)));
    let treats = |weights: [i64; 4], comparison, bound| {
        let terms = (4..).zip(weights).map(|(variable, weight)| Term {
            variable,
            weights: vec![0, weight],
        });
        Rule::Sum(Sum {
            terms: terms.collect(),
            comparison,
            bound,
        })
    };
    let titled = [
        (
            "French cuffs are closed with links",
            implies(is(2, &[1]), is(3, &[0])),
        ),
        (
            "Linen is too soft for these collars",
            both(is(0, &[1]), is(1, &[1, 2])),
        ),
        (
            "Short sleeves have no cuffs to button",
            implies(is(2, &[2]), is(3, &[0])),
        ),
        (
            "The box holds six",
            treats([3, 1, 2, 3], Comparison::AtMost, 6),
        ),
        (
            "There is room for a monogram or a logo",
            both(is(8, &[1]), is(9, &[1])),
        ),
        ("A flap hides the logo", both(is(10, &[2]), is(9, &[1]))),
    ];
    let advice = both(is(0, &[2]), is(2, &[2]));
    let mut constraints: Vec<Rule> = titled.iter().map(|(_, rule)| rule.clone()).collect();
    constraints.push(treats([1; 4], Comparison::AtLeast, 2));
    constraints.push(treats([1; 4], Comparison::AtMost, 3));
    let problem = Problem {
        variables: prices
            .iter()
            .map(|prices| Variable {
                prices: prices.to_vec(),
            })
            .collect(),
        constraints,
    };
    let titled = titled
        .iter()
        .map(|(title, rule)| json!({ "title": title, "rule": rule_json(rule) }));
    let choices = |list: &[[&str; 2]]| -> Vec<Json> {
        let choices = list
            .iter()
            .map(|[id, title]| json!({ "id": id, "title": title }));
        choices.collect()
    };
    json!({
        "product": "shirt", "title": "Shirt", "design": "0123456789abcdef",
        "currency": "EUR", "digits": 2, "locale": "en", "base": 12800,
        "quantity": { "least": 1, "most": 10 },
        "options": [
            { "id": "fabric", "title": "Fabric", "variable": 0, "default": "poplin", "choices": choices(&[
                ["poplin", "Poplin"], ["linen", "Linen"], ["twill", "Twill"], ["brocade", "Brocade"]]) },
            { "id": "collar", "title": "Collar", "variable": 1, "default": "spread", "choices": choices(&[
                ["spread", "Spread"], ["club", "Club"], ["band", "Band"]]) },
            { "id": "cuffs", "title": "Cuffs", "variable": 2, "default": "one-button", "choices": choices(&[
                ["one-button", "One button"], ["french", "French"], ["short", "Short"]]) },
            { "id": "buttons", "title": "Cuff buttons", "variable": 3, "default": "pearl", "choices": choices(&[
                ["none", "None"], ["pearl", "Pearl"], ["horn", "Horn"]]) },
            { "id": "treats", "title": "Treats", "variable": 4, "least": 2, "most": 3, "choices": choices(&[
                ["soap", "Soap"], ["comb", "Comb"], ["brush", "Brush"], ["balm", "Balm"]]) },
            { "id": "monogram", "title": "Monogram", "variable": 8,
                "text": { "longest": 3, "characters": "A-Z .&", "each": 200, "lines": 1 } },
            { "id": "logo", "title": "Your logo", "variable": 9,
                "image": { "types": ["image/png", "image/svg+xml"], "largest": 20_000 } },
            { "id": "pocket", "title": "Pocket", "variable": 10, "choices": choices(&[
                ["none", "None"], ["plain", "Plain"], ["flap", "Flap"]]) },
        ],
        "prices": prices,
        "constraints": titled.collect::<Vec<_>>(),
        "advice": [{ "title": "Twill is warm for short sleeves", "rule": rule_json(&advice) }],
        "diagram": compiled(&problem).1,
    })
}

fn order() -> Json {
    json!({
        "product": "shirt", "design": "0123456789abcdef",
        "choices": {
            "fabric": "linen", "collar": "spread", "cuffs": "french", "buttons": "none",
            "treats": ["soap", "comb"], "pocket": "plain",
        },
        "texts": { "monogram": "A&B" }, "images": [], "quantity": 2,
        "price": 12_800 + 2400 + 600 + 400 + 300 + 1200 + 3 * 200, "currency": "EUR",
    })
}

/// What is wrong with an order after a change; of the price only if nothing else is.
fn problems_with(change: impl Fn(&mut Json)) -> Vec<String> {
    let mut order = order();
    change(&mut order);
    let verdict = ask("verify", json!({ "orders": [order], "product": shirt() }))[0].take();
    let problems: Vec<String> = serde_json::from_value(verdict["problems"].clone()).unwrap();
    assert_eq!(verdict["valid"], problems.is_empty());
    let is_of_price = |problem: &String| problem.starts_with("the price is");
    let (of_price, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_of_price);
    if others.is_empty() { of_price } else { others }
}

#[test]
fn an_order_that_says_all_is_valid_at_its_price() {
    let verdict = ask("verify", json!({ "orders": [order()], "product": shirt() }))[0].take();
    assert_eq!(
        verdict,
        json!({ "valid": true, "price": 18_300, "problems": [] })
    );
}

#[test]
fn an_order_that_was_tampered_with_is_told_what_is_wrong() {
    let tampered = |path: &'static str, value: Json| {
        let problems = problems_with(|order| *order.pointer_mut(path).unwrap() = value.clone());
        problems.join("; ")
    };
    let cases = [
        ("/product", json!("vest"), "the product is not shirt"),
        (
            "/design",
            json!("old"),
            "the design is not 0123456789abcdef",
        ),
        ("/currency", json!("USD"), "the currency is not EUR"),
        ("/price", json!(1), "the price is 18300"),
        ("/price", json!("18300"), "the price is 18300"),
        ("/quantity", json!(11), "the quantity is more than 10"),
        ("/quantity", json!(0), "the quantity is less than 1"),
        ("/quantity", json!(1.5), "the quantity is no whole number"),
        (
            "/choices",
            json!([]),
            "the choices are no object; fabric: nothing is chosen; collar: nothing is chosen; \
            cuffs: nothing is chosen; buttons: nothing is chosen; treats: fewer than 2 are chosen; pocket: nothing is chosen",
        ),
        (
            "/choices/fabric",
            json!("silk"),
            "fabric: there is no choice silk",
        ),
        (
            "/choices/fabric",
            json!(["linen"]),
            "fabric: the choice is no name",
        ),
        (
            "/choices/fabric",
            json!(null),
            "fabric: the choice is no name",
        ),
        ("/choices/fabric", json!("poplin"), "the price is 15900"),
        (
            "/choices/buttons",
            json!("pearl"),
            "French cuffs are closed with links",
        ),
        (
            "/choices/collar",
            json!("band"),
            "Linen is too soft for these collars",
        ),
        (
            "/choices/treats",
            json!(["soap"]),
            "treats: fewer than 2 are chosen",
        ),
        (
            "/choices/treats",
            json!(["soap", "soap"]),
            "treats: the choices are no list of different names; treats: fewer than 2 are chosen",
        ),
        (
            "/choices/treats",
            json!(["soap", "comb", "brush", "balm"]),
            "treats: more than 3 are chosen",
        ),
        (
            "/choices/treats",
            json!(["soap", "comb", "balm"]),
            "The box holds six",
        ),
        (
            "/texts/monogram",
            json!("ABCD"),
            "monogram: the text is longer than 3",
        ),
        (
            "/texts/monogram",
            json!("a"),
            "monogram: the text has other characters than it may have",
        ),
        (
            "/texts/monogram",
            json!(""),
            "monogram: the text is empty, or no text",
        ),
        (
            "/texts/monogram",
            json!({ "length": 1 }),
            "monogram: the text is empty, or no text",
        ),
        (
            "/texts",
            json!({ "fabric": "x" }),
            "there is no option fabric among the texts",
        ),
        (
            "/images",
            json!(["logo"]),
            "There is room for a monogram or a logo",
        ),
        (
            "/images",
            json!(["fabric"]),
            "there is no option fabric among the images",
        ),
        ("/images", json!({}), "the images are no list of names"),
    ];
    for (path, value, expected) in cases {
        assert_eq!(tampered(path, value.clone()), expected, "{path} = {value}");
    }
    let problems = problems_with(|order| order["choices"]["constructor"] = json!("x"));
    assert_eq!(
        problems,
        ["there is no option constructor among the choices"]
    );
    let problems = problems_with(|order| order["choices"]["monogram"] = json!("x"));
    assert_eq!(problems, ["there is no option monogram among the choices"]);
}

/// Any JSON, often with the keys and values of an order.
fn any_json() -> impl Strategy<Value = Json> {
    let word = prop::sample::select(vec![
        "choices",
        "texts",
        "images",
        "fabric",
        "linen",
        "treats",
        "soap",
        "monogram",
        "logo",
        "__proto__",
        "constructor",
        "toString",
        "length",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        word.clone().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        let members = prop::collection::vec((word.clone(), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Json::from),
            members.prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                Json::Object(members.collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_makes_the_verifier_fail(some in any_json(), choices in any_json(), texts in any_json(), images in any_json()) {
        let mut whole = order();
        whole["choices"] = choices;
        let mut said = order();
        said["texts"] = texts;
        said["images"] = images;
        let verdicts = ask("verify", json!({ "orders": [some, whole, said], "product": shirt() }));
        prop_assert_eq!(&verdicts["thrown"], &Json::Null);
        for verdict in verdicts.as_array().unwrap() {
            prop_assert_eq!(verdict["valid"].as_bool().unwrap(), verdict["problems"] == json!([]));
        }
    }
}

/// The files of a page, as one script.
fn page_script(files: &[&str]) -> String {
    format!(
        "(() => {{\n\"use strict\";\n{}\nstartCustomizers();\n}})();\n",
        files.concat()
    )
}

/// What a script weighs on its way to a browser.
#[cfg(feature = "minify")]
fn weight(script: &str) -> usize {
    use oxc_minifier::{MangleOptions, Minifier, MinifierOptions};
    let allocator = oxc_allocator::Allocator::default();
    let kind = oxc_span::SourceType::mjs();
    let parsed = oxc_parser::Parser::new(&allocator, script, kind).parse();
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let mut program = parsed.program;
    let options = MinifierOptions {
        mangle: Some(MangleOptions::default()),
        compress: Some(oxc_minifier::CompressOptions::smallest()),
    };
    let mangled = Minifier::new(options).minify(&allocator, &mut program);
    let minified = oxc_codegen::Codegen::new()
        .with_options(oxc_codegen::CodegenOptions::minify())
        .with_scoping(mangled.scoping)
        .build(&program)
        .code;
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut minified.as_bytes(), &mut compressed, &parameters).unwrap();
    compressed.len()
}

#[cfg(feature = "minify")]
#[test]
fn the_script_is_small() {
    let page = weight(&page_script(&[CORE, PAGE]));
    let all = weight(&page_script(&[CORE, PAGE, PREVIEW, CART]));
    let verifier = weight(&format!("{CORE}{VERIFY}export {{ verify }};"));
    let core = weight(&format!(
        "{CORE}export {{ sweep, nearest, sample, allows, holds }};"
    ));
    assert!(core < 1_700, "core: {core} bytes");
    assert!(page < 6_900, "core and page: {page} bytes");
    assert!(all < 9_600, "all: {all} bytes");
    assert!(verifier < 2_100, "verifier: {verifier} bytes");
}

#[test]
#[ignore = "needs chromium, which tests/run installs"]
fn a_buyer_puts_a_shirt_together() {
    let folder = tempfile::tempdir().unwrap();
    let page = include_str!("../browser/customizer.html").replace("PAYLOAD", &shirt().to_string());
    let carts = [
        ("", Json::Null),
        ("post/", json!({ "kind": "post", "to": "/orders" })),
        (
            "shopify/",
            json!({ "kind": "shopify", "store": "", "variant": 7 }),
        ),
        (
            "stripe/",
            json!({ "kind": "stripe", "links": {
            "fabric=poplin&collar=spread&cuffs=one-button&buttons=pearl&treats=soap&treats=comb&pocket=plain": "/thanks.html",
        } }),
        ),
        (
            "snipcart/",
            json!({ "kind": "snipcart", "button": "[data-buy]", "fields": {
            "fabric": 1, "treats": 2, "treats=soap": 3, "treats=balm": 4, "monogram": 5, "design": 6,
        } }),
        ),
    ];
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    for (path, cart) in carts {
        let cart = format!(r#"<script type="application/json" data-cart>{cart}</script>"#);
        fs::create_dir_all(folder.path().join(path)).unwrap();
        write(
            &format!("{path}index.html"),
            &page.replace("<!-- CART -->", &cart),
        );
    }
    let bare = format!(
        r#"<form data-customizer><script type="application/json" data-payload>{}</script><select data-option="collar"></select>
        <div data-option="monogram"></div><svg data-preview><path data-fill="x" data-when="y=z w"/><image data-image="v"/></svg>
        <div data-palette="x"><button value="y">y</button></div><button type="button" data-action="constructor">?</button></form>
        <form data-customizer><script type="application/json" data-payload>{{</script></form><form data-customizer></form>
        <script src="/customizer.js" defer></script>"#,
        shirt()
    );
    write("bare.html", &bare);
    write("thanks.html", "Thank you.");
    write(
        "weave.svg",
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path fill="#0f0" d="M0 0h9v9H0z"/></svg>"##,
    );
    write("customizer.js", &page_script(&[CORE, PAGE, PREVIEW, CART]));
    let status = Command::new("node")
        .arg(Path::new("tests/browser/customizer.mjs"))
        .arg(folder.path())
        .status()
        .expect("node runs");
    assert!(status.success(), "customizer.mjs has findings: {status}");
}
