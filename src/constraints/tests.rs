use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    nodes: 100_000,
    swaps: 200,
};

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

fn valid(problem: &Problem) -> Vec<Vec<Value>> {
    let mut all = all_assignments(problem);
    all.retain(|assignment| verify(problem, assignment).broken.is_empty());
    all
}

fn keeps(assignment: &[Value], choices: &[Option<Value>]) -> bool {
    assignment
        .iter()
        .zip(choices)
        .all(|(value, choice)| choice.is_none_or(|c| c == *value))
}

fn cheapest<'a>(problem: &Problem, some: impl Iterator<Item = &'a Vec<Value>>) -> Option<i64> {
    some.map(|assignment| verify(problem, assignment).price)
        .min()
}

/// A constraint over variables with these numbers of values.
fn any_rule(domains: Vec<usize>) -> BoxedStrategy<Rule> {
    let count = domains.len();
    let values = |most: usize| prop::collection::vec(0..most as Value, 0..=most);
    let scope = prop::sample::subsequence((0..count).collect::<Vec<_>>(), 1..=count.min(3));
    let of = domains.clone();
    let table = scope.prop_shuffle().prop_flat_map(move |scope| {
        let cells: Vec<_> = scope
            .iter()
            .map(|variable| 0..of[*variable] as Value)
            .collect();
        let scope = scope
            .iter()
            .map(|variable| *variable as VariableId)
            .collect();
        let tuples = prop::collection::vec(cells, 0..12);
        (Just(scope), tuples).prop_map(|(scope, tuples)| Rule::Table(Table { scope, tuples }))
    });
    let of = domains.clone();
    let atom = (0..count).prop_flat_map(move |variable| {
        values(of[variable]).prop_map(move |set| Expression::In(variable as VariableId, set))
    });
    let expression = atom.prop_recursive(3, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            inner
                .clone()
                .prop_map(|inner| Expression::Not(Box::new(inner))),
            some.clone().prop_map(Expression::All),
            some.prop_map(Expression::Any),
            (inner.clone(), inner).prop_map(|(premise, conclusion)| {
                Expression::Implies(Box::new(premise), Box::new(conclusion))
            }),
        ]
    });
    let term = (0..count).prop_flat_map(move |variable| {
        prop::collection::vec(-4_i64..5, domains[variable]).prop_map(move |weights| Term {
            variable: variable as VariableId,
            weights,
        })
    });
    let comparison = prop::sample::select(vec![
        Comparison::AtMost,
        Comparison::AtLeast,
        Comparison::Equal,
    ]);
    let sum = (prop::collection::vec(term, 1..5), comparison, -5_i64..6).prop_map(
        |(terms, comparison, bound)| {
            Rule::Sum(Sum {
                terms,
                comparison,
                bound,
            })
        },
    );
    prop_oneof![2 => table, 3 => expression.prop_map(Rule::Expression), 2 => sum].boxed()
}

fn any_problem() -> impl Strategy<Value = Problem> {
    let domains = prop::collection::vec(1_usize..5, 1..6);
    domains.prop_flat_map(|domains| {
        let prices = domains
            .iter()
            .map(|count| prop::collection::vec(-20_i64..50, *count));
        let prices: Vec<_> = prices.collect();
        let rules = prop::collection::vec(any_rule(domains), 0..5);
        (prices, rules).prop_map(|(prices, constraints)| Problem {
            variables: prices
                .into_iter()
                .map(|prices| Variable { prices })
                .collect(),
            constraints,
        })
    })
}

/// A problem and some choices, which may contradict each other.
fn any_situation() -> impl Strategy<Value = (Problem, Vec<Option<Value>>)> {
    any_problem().prop_flat_map(|problem| {
        let choices: Vec<_> = (problem.variables.iter())
            .map(|variable| prop::option::of(0..variable.prices.len() as Value))
            .collect();
        (Just(problem), choices)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_diagram_allows_what_the_constraints_allow(problem in any_problem()) {
        let compiled = compile(&problem, &LIMITS).expect("small");
        for assignment in all_assignments(&problem) {
            let verdict = verify(&problem, &assignment);
            prop_assert_eq!(compiled.allows(&assignment), verdict.broken.is_empty());
        }
    }

    #[test]
    fn sifting_changes_the_order_and_nothing_else(problem in any_problem()) {
        let sifted = compile(&problem, &LIMITS).expect("small");
        let plain = compile(&problem, &Limits { swaps: 0, ..LIMITS }).expect("small");
        prop_assert!(sifted.arcs() <= plain.arcs());
        for assignment in all_assignments(&problem) {
            prop_assert_eq!(sifted.allows(&assignment), plain.allows(&assignment));
        }
    }

    #[test]
    fn an_answer_is_what_brute_force_finds((problem, choices) in any_situation()) {
        let compiled = compile(&problem, &LIMITS).expect("small");
        let answer = compiled.answer(&problem.variables, &choices);
        let valid = valid(&problem);
        let kept = || valid.iter().filter(|assignment| keeps(assignment, &choices));
        prop_assert_eq!(answer.cheapest, cheapest(&problem, kept()));
        prop_assert_eq!(answer.configurations.to_string(), kept().count().to_string());
        prop_assert_eq!(compiled.configurations(&choices), BigUint::from(kept().count()));
        for (variable, values) in answer.values.iter().enumerate() {
            for (value, found) in values.iter().enumerate() {
                let mut with = choices.clone();
                with[variable] = Some(value as Value);
                let kept = || valid.iter().filter(|assignment| keeps(assignment, &with));
                prop_assert_eq!(found.cheapest, cheapest(&problem, kept()));
                prop_assert_eq!(found.configurations.to_string(), kept().count().to_string());
                let cap = 20;
                let is_cheap = kept().any(|a| verify(&problem, a).price <= cap);
                prop_assert_eq!(found.is_possible(Some(cap)), is_cheap);
            }
        }
    }

    #[test]
    fn a_repair_changes_the_fewest_choices_and_is_the_cheapest_of_those(
        (problem, choices) in any_situation(),
        place in any::<prop::sample::Index>(),
        value in any::<prop::sample::Index>(),
    ) {
        let compiled = compile(&problem, &LIMITS).expect("small");
        let variable = place.index(problem.variables.len());
        let value = value.index(problem.variables[variable].prices.len()) as Value;
        let changes = |assignment: &[Value]| {
            let kept = assignment.iter().zip(&choices).enumerate();
            kept.filter(|(at, (v, c))| *at != variable && c.is_some_and(|c| c != **v)).count()
        };
        let best = (valid(&problem).iter())
            .filter(|assignment| assignment[variable] == value)
            .map(|assignment| (changes(assignment), verify(&problem, assignment).price))
            .min();
        let repair = compiled.repair(&problem.variables, &choices, (variable as VariableId, value));
        prop_assert_eq!(best, repair.as_ref().map(|repair| (repair.changed.len(), repair.price)));
        let Some(repair) = repair else { return Ok(()) };
        prop_assert_eq!(repair.choices[variable], Some(value));
        let answer = compiled.answer(&problem.variables, &repair.choices);
        prop_assert_eq!(answer.cheapest, Some(repair.price));
        for at in (0..choices.len()).filter(|at| *at != variable) {
            prop_assert_eq!(repair.choices[at].is_some(), choices[at].is_some());
            let is_changed = repair.changed.contains(&(at as VariableId));
            prop_assert_eq!(is_changed, repair.choices[at] != choices[at]);
        }
    }

    #[test]
    fn an_obstacle_names_constraints_that_are_all_needed_for_it(
        (problem, choices) in any_situation(),
        value in any::<prop::sample::Index>(),
    ) {
        let compiled = compile(&problem, &LIMITS).expect("small");
        let value = value.index(problem.variables[0].prices.len()) as Value;
        let mut with = choices.clone();
        with[0] = Some(value);
        let all = all_assignments(&problem);
        let is_met = |constraints: &[ConstraintId]| all.iter().any(|assignment| {
            let broken = verify(&problem, assignment).broken;
            keeps(assignment, &with) && constraints.iter().all(|id| !broken.contains(id))
        });
        let every: Vec<ConstraintId> = (0..problem.constraints.len()).collect();
        let found = obstacle(&problem, &compiled, &choices, (0, value), &LIMITS);
        prop_assert_eq!(found.is_none(), is_met(&every));
        if let Some(found) = found {
            prop_assert!(!is_met(&found.constraints));
            for id in &found.constraints {
                let fewer: Vec<_> = found.constraints.iter().copied().filter(|i| i != id).collect();
                prop_assert!(is_met(&fewer));
            }
        }
    }

    #[test]
    fn a_report_is_what_brute_force_finds(problem in any_problem()) {
        let compiled = compile(&problem, &LIMITS).expect("small");
        let report = report(&problem, &compiled, &LIMITS);
        let (all, valid) = (all_assignments(&problem), valid(&problem));
        prop_assert_eq!(&report.configurations, &BigUint::from(valid.len()));
        prop_assert_eq!(report.bytes, encode(&compiled).len());
        let meets = |assignment: &Vec<Value>, constraints: &[ConstraintId]| {
            let broken = verify(&problem, assignment).broken;
            constraints.iter().all(|id| !broken.contains(id))
        };
        if valid.is_empty() {
            prop_assert!(!all.iter().any(|assignment| meets(assignment, &report.conflict)));
            for id in &report.conflict {
                let fewer: Vec<_> = report.conflict.iter().copied().filter(|i| i != id).collect();
                prop_assert!(all.iter().any(|assignment| meets(assignment, &fewer)));
            }
            return Ok(());
        }
        prop_assert!(report.conflict.is_empty());
        for (variable, values) in problem.variables.iter().enumerate() {
            let living: Vec<Value> = (0..values.prices.len() as Value)
                .filter(|value| valid.iter().any(|assignment| assignment[variable] == *value))
                .collect();
            for value in 0..values.prices.len() as Value {
                let one = (variable as VariableId, value);
                prop_assert_eq!(report.dead.contains(&one), !living.contains(&value));
                prop_assert_eq!(report.fixed.contains(&one), living == [value]);
            }
        }
        prop_assert!(report.unchecked.is_empty());
        let count = |constraints: &[ConstraintId]| {
            all.iter().filter(|assignment| meets(assignment, constraints)).count()
        };
        let mut needed: Vec<ConstraintId> = (0..problem.constraints.len()).collect();
        needed.retain(|id| !report.redundant.contains(id));
        prop_assert_eq!(count(&needed), valid.len());
        for id in &needed {
            let fewer: Vec<_> = needed.iter().copied().filter(|i| i != id).collect();
            prop_assert!(count(&fewer) > valid.len());
        }
    }

    #[test]
    fn what_is_written_is_read_back(problem in any_problem()) {
        let compiled = compile(&problem, &LIMITS).expect("small");
        prop_assert_eq!(decode(&encode(&compiled)), Ok(compiled));
    }

    #[test]
    fn bytes_that_are_no_diagrams_are_refused_or_answer_without_panic(
        problem in any_problem(),
        place in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = encode(&compile(&problem, &LIMITS).expect("small"));
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(compiled) = decode(&bytes) {
            let count = |layer: &Layer| (layer.variable, layer.classes.len());
            let layers = compiled.components.iter().flat_map(|component| &component.layers);
            let mut counts: Vec<_> = layers.map(count).collect();
            counts.sort_unstable();
            let variables: Vec<Variable> =
                counts.iter().map(|(_, count)| Variable { prices: vec![0; *count] }).collect();
            compiled.answer(&variables, &vec![None; variables.len()]);
        }
        bytes.truncate(place);
        prop_assert_eq!(decode(&bytes), Err(Malformed));
    }

    #[test]
    fn the_same_problem_gives_the_same_bytes(problem in any_problem()) {
        let bytes = || encode(&compile(&problem, &LIMITS).expect("small"));
        prop_assert_eq!(bytes(), bytes());
    }
}

fn one_of(variable: VariableId, values: &[Value]) -> Expression {
    Expression::In(variable, values.to_vec())
}

fn problem(domains: &[usize], constraints: Vec<Rule>) -> Problem {
    let variables = domains.iter().map(|count| Variable {
        prices: vec![0; *count],
    });
    Problem {
        variables: variables.collect(),
        constraints,
    }
}

#[test]
fn variables_that_no_constraint_connects_are_components_of_one_node_each() {
    let compiled = compile(&problem(&[3, 300, 2], vec![]), &LIMITS).expect("small");
    assert_eq!(
        (compiled.components.len(), compiled.nodes(), compiled.arcs()),
        (3, 3, 3)
    );
}

#[test]
fn values_that_no_constraint_tells_apart_share_an_arc() {
    let rule = Expression::Implies(
        Box::new(one_of(0, &[0, 1, 2])),
        Box::new(one_of(1, &[5, 7])),
    );
    let compiled = compile(&problem(&[100, 200], vec![Rule::Expression(rule)]), &LIMITS);
    let compiled = compiled.expect("small");
    let arities = compiled.components[0]
        .layers
        .iter()
        .map(|layer| layer.arity);
    assert_eq!(arities.collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn a_small_customizer_has_these_bytes() {
    // Engraving needs the second or third metal.
    let rule = Expression::Implies(Box::new(one_of(0, &[1])), Box::new(one_of(1, &[1, 2])));
    let compiled = compile(&problem(&[2, 3, 2], vec![Rule::Expression(rule)]), &LIMITS);
    let expected = [
        2, // components
        2, // layers
        0, 2, 1, 2, // variable 0 with two values, each its own class
        1, 3, 1, 2, 2, // variable 1 with three values in two classes
        1, // something is possible
        1, 1, // without engraving: a node; with it: another
        1, 2, // without: any metal; both arcs lead to the end
        0, 2, // with: only the other metals
        1, // layers
        2, 2, 1, 1, // variable 2 with two values in one class
        1, // something is possible
        1, // the end
    ];
    assert_eq!(encode(&compiled.expect("small")), expected);
}

#[test]
fn a_sum_is_as_small_as_its_meaning_however_large_its_weights() {
    let term = |variable| Term {
        variable,
        weights: vec![0, 999_983 << 20, 1_000_003 << 20],
    };
    let sum = Sum {
        terms: (0..40).map(term).collect(),
        comparison: Comparison::AtMost,
        bound: 1_000_003 << 20,
    };
    let compiled = compile(&problem(&[3; 40], vec![Rule::Sum(sum)]), &LIMITS).expect("small");
    assert_eq!(compiled.configurations(&[None; 40]), BigUint::from(81_u8));
    assert_eq!(compiled.nodes(), 79, "nothing chosen so far, or something");
}

#[test]
fn constraints_that_need_too_many_nodes_are_named_the_heaviest_first() {
    // The classic that every order of variables is bad for: all pairs of sums.
    let weights = |variable: u16| (0..4).map(|value| value << (2 * (variable % 7))).collect();
    let sum = |variables: std::ops::Range<u16>| {
        Rule::Sum(Sum {
            terms: variables
                .map(|variable| Term {
                    variable,
                    weights: weights(variable),
                })
                .collect(),
            comparison: Comparison::Equal,
            bound: 5000,
        })
    };
    let small = Rule::Expression(one_of(0, &[0, 1]));
    let problem = problem(&[4; 14], vec![small, sum(0..10), sum(2..14)]);
    let error = compile(
        &problem,
        &Limits {
            nodes: 50,
            swaps: 0,
        },
    )
    .expect_err("too large");
    assert_eq!(error.nodes, 50);
    assert!(!error.heaviest.contains(&0), "{error:?}");
}

#[test]
fn the_last_of_two_equal_constraints_is_redundant() {
    let rule = || Rule::Expression(Expression::Any(vec![one_of(0, &[0]), one_of(1, &[0])]));
    let problem = problem(&[2, 2], vec![rule(), rule()]);
    let compiled = compile(&problem, &LIMITS).expect("small");
    assert_eq!(report(&problem, &compiled, &LIMITS).redundant, [1]);
}
