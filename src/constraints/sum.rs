//! A linear constraint as a diagram.
//!
//! What is left of the bound decides what is left of the constraint, and all rests in one
//! interval leave the same. Each level keeps the intervals that it has seen (Abío,
//! Nieuwenhuis, Oliveras, Rodríguez-Carbonell, JAIR 45, 2012), so that the diagram is made
//! reduced, with as many steps as it has arcs, however large the weights are.

use std::collections::BTreeMap;

use super::{
    classes::{self, Classes},
    diagram::{Diagram, FALSE, Level, Reference, intern},
    problem::{Comparison, Sum},
    rows::Rows,
    small::{Exceeded, Frame},
};

/// Beyond all sums of 64-bit weights.
const FAR: i128 = i128::MAX / 4;

/// A range of rests of the bound, both ends included, that leave the same constraint.
#[derive(Clone, Copy)]
struct Interval {
    from: i128,
    to: i128,
    node: Reference,
}

struct Tier {
    /// The weight of each class.
    weights: Vec<i128>,
    rows: Rows,
    /// By their starts.
    intervals: BTreeMap<i128, Interval>,
}

/// The diagram of a sum.
pub(super) fn diagram(sum: &Sum, frame: &Frame) -> Result<(Diagram, Vec<Classes>), Exceeded> {
    let mut all_classes = Vec::new();
    let mut tiers: Vec<Tier> = Vec::new();
    for (variable, values) in frame.scope.iter().zip(&frame.values) {
        let mut weights = vec![0_i128; *values];
        for term in sum.terms.iter().filter(|term| term.variable == *variable) {
            for (total, weight) in weights.iter_mut().zip(&term.weights) {
                *total += i128::from(*weight);
            }
        }
        let mut different: Vec<i128> = weights.clone();
        different.sort_unstable();
        different.dedup();
        let class = |weight: &i128| different.partition_point(|other| other < weight) as u16 + 1;
        all_classes.push(weights.iter().map(class).collect::<Classes>());
        tiers.push(Tier {
            rows: Rows::new(different.len()),
            weights: different,
            intervals: BTreeMap::new(),
        });
    }
    let root = interval(&mut tiers, sum.comparison, sum.bound.into(), frame.budget)?.node;
    let tiers = tiers.into_iter().zip(&frame.scope).zip(&all_classes);
    let levels = tiers.map(|((tier, variable), classes)| Level {
        variable: *variable,
        arity: classes::count(classes),
        arcs: tier.rows.into_cells(),
    });
    let diagram = Diagram {
        levels: levels.collect(),
        root,
    };
    Ok((diagram, all_classes))
}

/// What the lower levels allow if this rest of the bound is left for them.
fn interval(
    tiers: &mut [Tier],
    comparison: Comparison,
    rest: i128,
    budget: usize,
) -> Result<Interval, Exceeded> {
    let Some((tier, _)) = tiers.split_first() else {
        return Ok(end(comparison, rest));
    };
    if let Some((_, known)) = tier.intervals.range(..=rest).next_back()
        && rest <= known.to
    {
        return Ok(*known);
    }
    let weights = tier.weights.clone();
    let mut arcs = Vec::with_capacity(weights.len());
    let mut found = Interval {
        from: -FAR,
        to: FAR,
        node: FALSE,
    };
    for weight in weights {
        let below = interval(&mut tiers[1..], comparison, rest - weight, budget)?;
        found.from = found.from.max((below.from + weight).max(-FAR));
        found.to = found.to.min((below.to + weight).min(FAR));
        arcs.push(below.node);
    }
    let tier = &mut tiers[0];
    found.node = intern(&mut tier.rows, &arcs);
    tier.intervals.insert(found.from, found);
    if tier.intervals.len() > budget {
        return Err(Exceeded);
    }
    Ok(found)
}

/// What a rest means when nothing is left to add.
fn end(comparison: Comparison, rest: i128) -> Interval {
    let node = Reference::from(comparison.holds(0, rest));
    let (from, to) = match (comparison, rest.signum()) {
        (Comparison::AtMost, 0 | 1) => (0, FAR),
        (Comparison::AtLeast, 0 | -1) => (-FAR, 0),
        (Comparison::Equal, 0) => (0, 0),
        (_, 1) => (1, FAR),
        (_, _) => (-FAR, -1),
    };
    Interval { from, to, node }
}
