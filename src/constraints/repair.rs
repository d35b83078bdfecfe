//! [`Compiled::repair`]: the fewest changes that make a choice possible, and [`obstacle`]:
//! why it was not.
//!
//! A shortest path whose lengths are pairs, compared in order: chosen variables that change,
//! then the price (restoration, Amilhastre, Fargier, Marquis 2002, with prices).

use super::{
    Compiled, Component, ConstraintId, Layer, Limits, Problem, Value, Variable, VariableId,
    answer::exact, conflict::conflict,
};

/// How to make a choice possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The choices after it: every variable that was chosen, and the wanted one.
    pub choices: Vec<Option<Value>>,
    /// The chosen variables that get another value, ascending; never the wanted one.
    pub changed: Vec<VariableId>,
    /// The cheapest total of a configuration with these choices.
    pub price: i64,
}

/// Why a choice is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// A smallest set of chosen variables to change; none if the value is never possible.
    pub choices: Vec<VariableId>,
    /// Constraints that the value and the choices cannot meet together. None of them can
    /// be left out, unless finding out took more nodes than the limit: then there may be
    /// too many, or none.
    pub constraints: Vec<ConstraintId>,
}

/// Changed choices, then price.
type Cost = (f64, f64);

const NEVER: Cost = (f64::INFINITY, f64::INFINITY);

fn sum(a: Cost, b: Cost) -> Cost {
    (a.0 + b.0, a.1 + b.1)
}

/// The best of a class: its cost, and the value.
type Offer = (Cost, Value);

impl Compiled {
    /// The fewest changes of the choices, and among those the cheapest, with which a
    /// variable can have a value; `None` if it never can. Ties go to the first arc in the
    /// order of classes, and within a class to the first value.
    pub fn repair(
        &self,
        variables: &[Variable],
        choices: &[Option<Value>],
        wanted: (VariableId, Value),
    ) -> Option<Repair> {
        let mut repaired = choices.to_vec();
        repaired[usize::from(wanted.0)] = Some(wanted.1);
        let mut price = 0.0;
        for component in &self.components {
            let (cost, values) = component.cheapest(|layer| {
                layer.offers(&variables[usize::from(layer.variable)], choices, wanted)
            })?;
            price += cost.1;
            for (variable, value) in values {
                if let Some(choice) = &mut repaired[usize::from(variable)] {
                    *choice = value;
                }
            }
        }
        let is_changed = |variable: &VariableId| {
            let at = usize::from(*variable);
            *variable != wanted.0 && repaired[at] != choices[at]
        };
        let changed = (0..choices.len() as VariableId)
            .filter(is_changed)
            .collect();
        Some(Repair {
            choices: repaired,
            changed,
            price: price as i64,
        })
    }
}

impl Component {
    /// The configuration with the least cost, by variable.
    fn cheapest(
        &self,
        offers: impl Fn(&Layer) -> Vec<Offer>,
    ) -> Option<(Cost, Vec<(VariableId, Value)>)> {
        let offers: Vec<Vec<Offer>> = self.layers.iter().map(offers).collect();
        // For each layer and node: the least cost to the end, and the class that begins it.
        let mut best: Vec<Vec<(Cost, usize)>> = vec![vec![((0.0, 0.0), 0)]];
        for (layer, offers) in self.layers.iter().zip(&offers).rev() {
            let below = &best[best.len() - 1];
            let least = |node: &[u32]| {
                let mut least = (NEVER, 0);
                for (class, child) in node.iter().enumerate().filter(|(_, child)| **child != 0) {
                    let cost = sum(offers[class].0, below[*child as usize - 1].0);
                    if cost < least.0 {
                        least = (cost, class);
                    }
                }
                least
            };
            let level = layer.nodes().map(least).collect();
            best.push(level);
        }
        best.reverse();
        let (cost, _) = best[0].first().copied().filter(|_| self.is_satisfiable)?;
        if cost == NEVER {
            return None;
        }
        let mut node = 1;
        let mut values = Vec::with_capacity(self.layers.len());
        for ((layer, offers), best) in self.layers.iter().zip(&offers).zip(&best) {
            let (_, class) = best[node as usize - 1];
            values.push((layer.variable, offers[class].1));
            node = layer.node(node)[class];
        }
        Some((cost, values))
    }
}

impl Layer {
    /// What each class offers: the value with the least cost.
    fn offers(
        &self,
        variable: &Variable,
        choices: &[Option<Value>],
        wanted: (VariableId, Value),
    ) -> Vec<Offer> {
        let mut offers = vec![(NEVER, 0); self.arity];
        let choice = choices[usize::from(self.variable)];
        for (value, price) in (0..).zip(&variable.prices) {
            let change = match choice {
                _ if self.variable == wanted.0 && value != wanted.1 => continue,
                _ if self.variable == wanted.0 => 0.0,
                Some(choice) if choice != value => 1.0,
                _ => 0.0,
            };
            let class = usize::from(self.classes[usize::from(value)]);
            let cost = (change, exact(*price));
            if class > 0 && cost < offers[class - 1].0 {
                offers[class - 1] = (cost, value);
            }
        }
        offers
    }
}

/// Why a variable cannot have a value; `None` if it can, with the choices of all others.
pub fn obstacle(
    problem: &Problem,
    compiled: &Compiled,
    choices: &[Option<Value>],
    wanted: (VariableId, Value),
    limits: &Limits,
) -> Option<Obstacle> {
    let repair = compiled.repair(&problem.variables, choices, wanted);
    let in_the_way = repair.map_or(Some(Vec::new()), |repair| {
        (!repair.changed.is_empty()).then_some(repair.changed)
    })?;
    let mut with = choices.to_vec();
    with[usize::from(wanted.0)] = Some(wanted.1);
    Some(Obstacle {
        choices: in_the_way,
        constraints: conflict(problem, &with, limits.nodes),
    })
}
