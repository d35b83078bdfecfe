//! Real configuration problems: the compiled diagrams against an independent package of
//! binary decision diagrams, and against the figures that were published.

#[path = "../../benches/importer/mod.rs"]
mod importer;

use std::collections::HashMap;

use haberdash::{
    Compiled, Expression, Limits, Problem, Rule, Sum, Table, VariableId, compile, decode, encode,
    verify,
};
use num_bigint::BigUint;
use oxidd::{
    BooleanFunction, Function, Manager, ManagerRef,
    bdd::{BDDFunction, BDDManagerRef, new_manager},
    util::SatCountCache,
};

/// Enough to find an order that is good; what takes long without optimizations is left to
/// the bench.
const LIMITS: Limits = Limits {
    nodes: 2_000_000,
    swaps: 500,
};

#[expect(
    clippy::print_stderr,
    reason = "who reads the log sees what was not tested"
)]
fn skip() {
    eprintln!("skipped: ../shared/data is not here");
}

/// The problems whose binary diagrams fit into a test.
fn instances() -> Vec<(importer::Instance, Compiled)> {
    let Some(instances) = importer::instances() else {
        skip();
        return Vec::new();
    };
    let small = instances
        .into_iter()
        .filter(|instance| instance.choices() < 5_000);
    small
        .map(|instance| {
            let compiled = compile(&instance.problem, &LIMITS).unwrap();
            (instance, compiled)
        })
        .collect()
}

#[test]
fn real_customizers_have_as_many_configurations_as_binary_diagrams_count() {
    for (instance, compiled) in instances() {
        let none = vec![None; instance.problem.variables.len()];
        let found = compiled.configurations(&none);
        assert_eq!(
            found,
            Oracle::new(&instance.problem, &compiled).count(),
            "{}",
            instance.name
        );
        let (digits, found) = (instance.known.unwrap_or(""), found.to_string());
        assert!(found.starts_with(digits), "{}: {found}", instance.name);
        assert_eq!(
            decode(&encode(&compiled)),
            Ok(compiled),
            "{}",
            instance.name
        );
    }
}

#[test]
fn what_a_real_customizer_offers_can_be_had_at_its_price() {
    for (instance, compiled) in instances() {
        let variables = &instance.problem.variables;
        let mut choices = vec![None; variables.len()];
        // Always the choice that leaves the fewest configurations: deep into the corners.
        for at in 0..choices.len() {
            let answer = compiled.answer(variables, &choices);
            let offers = answer.values[at].iter().zip(0..);
            let offers = offers.filter(|(offer, _)| offer.is_possible(None));
            let (offer, value) = offers
                .min_by(|(a, _), (b, _)| a.configurations.total_cmp(&b.configurations))
                .unwrap();
            choices[at] = Some(value);
            let now = compiled.answer(variables, &choices);
            assert_eq!(now.cheapest, offer.cheapest, "{}", instance.name);
        }
        let assignment: Vec<u16> = choices.iter().map(|choice| choice.unwrap()).collect();
        let verdict = verify(&instance.problem, &assignment);
        assert_eq!(verdict.broken, [0; 0], "{}", instance.name);
        let answer = compiled.answer(variables, &choices);
        assert_eq!(answer.cheapest, Some(verdict.price));
        for (variable, values) in answer.values.iter().enumerate() {
            for (value, offer) in values.iter().enumerate() {
                let mut other = assignment.clone();
                other[variable] = value as u16;
                let is_valid = verify(&instance.problem, &other).broken.is_empty();
                assert_eq!(offer.is_possible(None), is_valid, "{}", instance.name);
            }
        }
    }
}

/// Binary diagrams: a variable is the bits of its value's number.
struct Oracle<'a> {
    problem: &'a Problem,
    manager: BDDManagerRef,
    /// The bits of each variable, high ones first.
    bits: Vec<Vec<BDDFunction>>,
}

impl<'a> Oracle<'a> {
    /// The bits are ordered as the compiled layers are: another order may take forever.
    fn new(problem: &'a Problem, compiled: &Compiled) -> Self {
        let manager = new_manager(1 << 22, 1 << 20, 1);
        let mut bits = vec![Vec::new(); problem.variables.len()];
        manager.with_manager_exclusive(|manager| {
            let layers = compiled
                .components
                .iter()
                .flat_map(|component| &component.layers);
            for layer in layers {
                let most = layer.classes.len().max(2) - 1;
                let new = manager.add_vars(most.ilog2() + 1);
                let new = new.map(|bit| BDDFunction::var(manager, bit).unwrap());
                bits[usize::from(layer.variable)] = new.collect();
            }
        });
        Self {
            problem,
            manager,
            bits,
        }
    }

    fn count(&self) -> BigUint {
        let domains = self
            .problem
            .variables
            .iter()
            .zip(0..)
            .map(|(variable, id)| {
                let all: Vec<u16> = (0..variable.prices.len() as u16).collect();
                self.any_of(id, &all)
            });
        let rules = self.problem.constraints.iter().map(|rule| match rule {
            Rule::Table(table) => self.table(table),
            Rule::Expression(expression) => self.expression(expression),
            Rule::Sum(sum) => self.sum(&sum.terms, 0, sum, &mut HashMap::new()),
        });
        // The two smallest first, as many times as it takes.
        let mut parts: Vec<BDDFunction> = domains.chain(rules).collect();
        while parts.len() > 1 {
            parts.sort_by_cached_key(|part| std::cmp::Reverse(part.node_count()));
            let (one, two) = (parts.pop().unwrap(), parts.pop().unwrap());
            parts.push(one.and(&two).unwrap());
        }
        let bits: usize = self.bits.iter().map(Vec::len).sum();
        let mut cache: SatCountCache<BigUint, std::hash::RandomState> = SatCountCache::default();
        parts.pop().unwrap().sat_count(bits as u32, &mut cache)
    }

    fn constant(&self, value: bool) -> BDDFunction {
        self.manager.with_manager_shared(|manager| {
            if value {
                BDDFunction::t(manager)
            } else {
                BDDFunction::f(manager)
            }
        })
    }

    /// The variable has this value.
    fn is(&self, variable: VariableId, value: u16) -> BDDFunction {
        let bits = &self.bits[usize::from(variable)];
        let mut all = self.constant(true);
        for (place, bit) in bits.iter().rev().enumerate() {
            let bit = if value >> place & 1 == 1 {
                bit.clone()
            } else {
                bit.not().unwrap()
            };
            all = all.and(&bit).unwrap();
        }
        all
    }

    fn any_of(&self, variable: VariableId, values: &[u16]) -> BDDFunction {
        let any = values.iter().map(|value| self.is(variable, *value));
        any.fold(self.constant(false), |any, one| any.or(&one).unwrap())
    }

    /// The tuples as a trie.
    fn table(&self, table: &Table) -> BDDFunction {
        let mut tuples: Vec<&[u16]> = table.tuples.iter().map(Vec::as_slice).collect();
        tuples.sort_unstable();
        self.trie(&table.scope, &tuples)
    }

    fn trie(&self, scope: &[VariableId], tuples: &[&[u16]]) -> BDDFunction {
        let Some((variable, scope)) = scope.split_first() else {
            return self.constant(true);
        };
        let groups = tuples.chunk_by(|a, b| a[0] == b[0]).map(|group| {
            let rest: Vec<&[u16]> = group.iter().map(|tuple| &tuple[1..]).collect();
            let first = self.is(*variable, group[0][0]);
            first.and(&self.trie(scope, &rest)).unwrap()
        });
        groups.fold(self.constant(false), |any, one| any.or(&one).unwrap())
    }

    fn expression(&self, expression: &Expression) -> BDDFunction {
        let each = |parts: &[Expression]| -> Vec<BDDFunction> {
            parts.iter().map(|part| self.expression(part)).collect()
        };
        match expression {
            Expression::In(variable, values) => self.any_of(*variable, values),
            Expression::Not(inner) => self.expression(inner).not().unwrap(),
            Expression::All(parts) => {
                let parts = each(parts);
                parts
                    .iter()
                    .fold(self.constant(true), |all, part| all.and(part).unwrap())
            }
            Expression::Any(parts) => {
                let parts = each(parts);
                parts
                    .iter()
                    .fold(self.constant(false), |any, part| any.or(part).unwrap())
            }
            Expression::Implies(premise, conclusion) => self
                .expression(premise)
                .imp(&self.expression(conclusion))
                .unwrap(),
        }
    }

    /// By the partial sum of the terms so far.
    fn sum(
        &self,
        terms: &[haberdash::Term],
        so_far: i64,
        sum: &Sum,
        known: &mut HashMap<(usize, i64), BDDFunction>,
    ) -> BDDFunction {
        let Some((term, rest)) = terms.split_first() else {
            return self.constant(match sum.comparison {
                haberdash::Comparison::AtMost => so_far <= sum.bound,
                haberdash::Comparison::AtLeast => so_far >= sum.bound,
                haberdash::Comparison::Equal => so_far == sum.bound,
            });
        };
        if let Some(function) = known.get(&(terms.len(), so_far)) {
            return function.clone();
        }
        let mut weights = term.weights.clone();
        weights.sort_unstable();
        weights.dedup();
        let mut any = self.constant(false);
        for weight in weights {
            let values = term
                .weights
                .iter()
                .zip(0..)
                .filter(|(of, _)| **of == weight);
            let values: Vec<u16> = values.map(|(_, value)| value).collect();
            let with = self.any_of(term.variable, &values);
            let below = self.sum(rest, so_far + weight, sum, known);
            any = any.or(&with.and(&below).unwrap()).unwrap();
        }
        known.insert((terms.len(), so_far), any.clone());
        any
    }
}
