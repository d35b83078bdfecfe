//! [`Compiled::answer`]: what every choice would mean, in one sweep.
//!
//! Two passes over each diagram. Upward, each node learns the cheapest way to the end and
//! the number of ways; downward, the same from the root. Both meet at each arc, so that an
//! arc knows all configurations through it. What an arc says of its own variable leaves out
//! that variable's choice: the same sweep tells what a chosen variable could be changed to.
//!
//! This is the reference for the browser's script: sums are of `f64`, in the order of nodes
//! and, within one, of classes. Prices are exact below 2^53; numbers of configurations are
//! rounded beyond, and end at the largest `f64`.

use std::iter;

use num_bigint::BigUint;

use super::{Compiled, Component, Layer, Value, Variable, VariableId};

/// What a buyer can know after some choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The cheapest total with all choices kept, if they can be kept together.
    pub cheapest: Option<i64>,
    /// How many configurations keep all choices.
    pub configurations: f64,
    /// For each value of each variable.
    pub values: Vec<Vec<ValueAnswer>>,
}

/// What choosing a value would mean, with the choices of all *other* variables kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueAnswer {
    /// The cheapest total with it; `None` if it is not possible.
    pub cheapest: Option<i64>,
    /// How many configurations have it.
    pub configurations: f64,
}

impl ValueAnswer {
    /// Whether it can be chosen for at most this total.
    pub fn is_possible(&self, cap: Option<i64>) -> bool {
        let cheapest = self.cheapest;
        cheapest.is_some_and(|cheapest| cap.is_none_or(|cap| cheapest <= cap))
    }
}

/// The cheapest of some configurations, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ways {
    pub(super) cheapest: f64,
    pub(super) count: f64,
}

impl Ways {
    const NONE: Self = Self {
        cheapest: f64::INFINITY,
        count: 0.0,
    };
    const ONE: Self = Self {
        cheapest: 0.0,
        count: 1.0,
    };

    /// These or those.
    fn or(self, other: Self) -> Self {
        Self {
            cheapest: if other.cheapest < self.cheapest {
                other.cheapest
            } else {
                self.cheapest
            },
            count: self.count + other.count,
        }
    }

    /// One of these with one of those.
    fn and(self, other: Self) -> Self {
        Self {
            cheapest: self.cheapest + other.cheapest,
            count: self.count * other.count,
        }
    }

    /// Numbers beyond all are the largest: nothing times infinity would be no number.
    fn finite(self) -> Self {
        Self {
            count: self.count.min(f64::MAX),
            ..self
        }
    }

    fn price(self) -> Option<i64> {
        self.cheapest.is_finite().then_some(self.cheapest as i64)
    }
}

/// A price as the number that a browser adds up.
#[expect(
    clippy::cast_precision_loss,
    reason = "a problem's prices are within ±2^53"
)]
pub(super) fn exact(price: i64) -> f64 {
    price as f64
}

impl Compiled {
    /// What every value of every variable would mean, given the choices: a value, or `None`
    /// where the buyer has not chosen. `variables` are those that were compiled; only their
    /// prices may differ.
    pub fn answer(&self, variables: &[Variable], choices: &[Option<Value>]) -> Answer {
        let swept: Vec<Swept> = (self.components.iter())
            .map(|component| component.sweep(variables, choices))
            .collect();
        let mut values = vec![Vec::new(); variables.len()];
        let mut before = Ways::ONE;
        for (at, (component, own)) in self.components.iter().zip(&swept).enumerate() {
            let after = swept[at + 1..]
                .iter()
                .rev()
                .fold(Ways::ONE, |all, one| all.and(one.total).finite());
            let others = before.and(after).finite();
            for (layer, arcs) in component.layers.iter().zip(&own.arcs) {
                let prices = &variables[usize::from(layer.variable)].prices;
                let answers = layer.classes.iter().zip(prices).map(|(class, price)| {
                    let through = match class {
                        0 => Ways::NONE,
                        class => arcs[usize::from(*class) - 1].and(others).finite(),
                    };
                    let with = Ways {
                        cheapest: through.cheapest + exact(*price),
                        ..through
                    };
                    ValueAnswer {
                        cheapest: with.price(),
                        configurations: with.count,
                    }
                });
                values[usize::from(layer.variable)] = answers.collect();
            }
            before = before.and(own.total).finite();
        }
        Answer {
            cheapest: before.price(),
            configurations: before.count,
            values,
        }
    }

    /// The exact number of configurations that keep the choices.
    pub fn configurations(&self, choices: &[Option<Value>]) -> BigUint {
        let counts = self
            .components
            .iter()
            .map(|component| component.configurations(choices));
        counts.product()
    }

    /// Whether an assignment of all variables is valid.
    pub fn allows(&self, assignment: &[Value]) -> bool {
        self.components
            .iter()
            .all(|component| component.allows(assignment))
    }
}

/// What a sweep finds in a component.
struct Swept {
    /// All configurations that keep the choices.
    total: Ways,
    /// For each layer and class, those that go through it, without the layer's own part.
    arcs: Vec<Vec<Ways>>,
}

impl Component {
    fn sweep(&self, variables: &[Variable], choices: &[Option<Value>]) -> Swept {
        let own: Vec<Vec<Ways>> = (self.layers.iter())
            .map(|layer| layer.ways(&variables[usize::from(layer.variable)], choices))
            .collect();
        // Node 0 is where impossible arcs lead: with no way on, it adds nothing.
        let mut to_end = vec![vec![Ways::NONE, Ways::ONE]];
        for (layer, own) in self.layers.iter().zip(&own).rev() {
            let below = &to_end[to_end.len() - 1];
            let ways = |node: &[u32]| {
                let arcs = node.iter().zip(own).filter(|(child, _)| **child != 0);
                let ways = arcs.map(|(child, own)| own.and(below[*child as usize]));
                ways.fold(Ways::NONE, Ways::or).finite()
            };
            let level = iter::once(Ways::NONE).chain(layer.nodes().map(ways));
            to_end.push(level.collect());
        }
        to_end.reverse();
        let total = to_end[0][usize::from(self.is_satisfiable)];
        let mut from_root = vec![Ways::NONE, Ways::ONE];
        let mut arcs = Vec::with_capacity(self.layers.len());
        for ((layer, own), below) in self.layers.iter().zip(&own).zip(&to_end[1..]) {
            let mut through = vec![Ways::NONE; layer.arity];
            let mut next = vec![Ways::NONE; below.len()];
            for (node, above) in layer.nodes().zip(&from_root[1..]) {
                for ((child, own), through) in node.iter().zip(own).zip(&mut through) {
                    if *child != 0 {
                        let child = *child as usize;
                        *through = through.or(above.and(below[child]));
                        next[child] = next[child].or(above.and(*own));
                    }
                }
            }
            arcs.push(through.into_iter().map(Ways::finite).collect());
            from_root = next.into_iter().map(Ways::finite).collect();
        }
        Swept { total, arcs }
    }

    fn configurations(&self, choices: &[Option<Value>]) -> BigUint {
        if !self.is_satisfiable {
            return BigUint::ZERO;
        }
        let mut below = vec![BigUint::from(1_u8)];
        for layer in self.layers.iter().rev() {
            let sizes = layer.sizes(choices[usize::from(layer.variable)]);
            let count = |node: &[u32]| -> BigUint {
                let arcs = node.iter().zip(&sizes).filter(|(child, _)| **child != 0);
                arcs.map(|(child, size)| &below[*child as usize - 1] * size)
                    .sum()
            };
            below = layer.nodes().map(count).collect();
        }
        below.swap_remove(0)
    }

    fn allows(&self, assignment: &[Value]) -> bool {
        let mut at = u32::from(self.is_satisfiable);
        for layer in &self.layers {
            at = match layer.classes[usize::from(assignment[usize::from(layer.variable)])] {
                0 => 0,
                _ if at == 0 => 0,
                class => layer.node(at)[usize::from(class) - 1],
            };
        }
        at != 0
    }
}

impl Layer {
    /// The arcs of each node.
    pub(super) fn nodes(&self) -> std::slice::ChunksExact<'_, u32> {
        self.arcs.chunks_exact(self.arity.max(1))
    }

    /// The arcs of a node, by its number from one.
    pub(super) fn node(&self, number: u32) -> &[u32] {
        let start = (number as usize - 1) * self.arity;
        &self.arcs[start..start + self.arity]
    }

    /// For each class, its values that the choices leave.
    fn ways(&self, variable: &Variable, choices: &[Option<Value>]) -> Vec<Ways> {
        let mut ways = vec![Ways::NONE; self.arity];
        let choice = choices[usize::from(self.variable)];
        for (value, price) in (0..).zip(&variable.prices) {
            let class = usize::from(self.classes[usize::from(value)]);
            if class > 0 && choice.is_none_or(|choice| choice == value) {
                let one = Ways {
                    cheapest: exact(*price),
                    count: 1.0,
                };
                ways[class - 1] = ways[class - 1].or(one);
            }
        }
        ways
    }

    /// For each class, how many of its values a choice leaves.
    fn sizes(&self, choice: Option<Value>) -> Vec<u32> {
        let mut sizes = vec![0; self.arity];
        for (value, class) in (0..).zip(&self.classes) {
            if *class > 0 && choice.is_none_or(|choice| choice == value) {
                sizes[usize::from(*class) - 1] += 1;
            }
        }
        sizes
    }

    /// The values that are possible at all.
    pub(super) fn living(&self) -> impl Iterator<Item = (VariableId, Value)> {
        let values = (0..).zip(&self.classes).filter(|(_, class)| **class != 0);
        values.map(|(value, _)| (self.variable, value))
    }
}
