//! The order of variables: FORCE (Aloul, Markov, Sakallah 2003).
//!
//! Constraints pull their variables together: each variable moves to the mean of the
//! centers of gravity of its constraints, until the constraints' spans shrink no more.

use super::VariableId;

/// Rounds per bit of the number of variables. Spans rarely shrink for longer.
const ROUNDS: u32 = 8;

/// Puts variables into an order in which those that constrain each other are near. `scopes`
/// name only these variables.
pub(super) fn order(variables: &[VariableId], scopes: &[&[VariableId]]) -> Vec<VariableId> {
    let mut order = variables.to_vec();
    let mut best = (span(&order, scopes), order.clone());
    for _ in 0..ROUNDS * (variables.len().max(1).ilog2() + 1) {
        order = pulled(&order, scopes);
        let span = span(&order, scopes);
        if span >= best.0 {
            break;
        }
        best = (span, order.clone());
    }
    best.1
}

/// The order after one round.
fn pulled(order: &[VariableId], scopes: &[&[VariableId]]) -> Vec<VariableId> {
    let places = places(order);
    let mut pulls = vec![(0.0, 0_u32); places.len()];
    for scope in scopes.iter().filter(|scope| !scope.is_empty()) {
        let sum: u32 = scope.iter().map(|v| places[usize::from(*v)]).sum();
        let center = f64::from(sum) / f64::from(scope.len() as u32);
        for variable in *scope {
            let pull = &mut pulls[usize::from(*variable)];
            *pull = (pull.0 + center, pull.1 + 1);
        }
    }
    let target = |variable: &VariableId| match pulls[usize::from(*variable)] {
        (_, 0) => f64::from(places[usize::from(*variable)]),
        (sum, count) => sum / f64::from(count),
    };
    let mut order = order.to_vec();
    // Stable: those that are pulled to one place keep their order.
    order.sort_by(|a, b| target(a).total_cmp(&target(b)));
    order
}

/// The sum of the distances that the constraints reach over.
fn span(order: &[VariableId], scopes: &[&[VariableId]]) -> u64 {
    let places = places(order);
    let reach = |scope: &&[VariableId]| {
        let places = || scope.iter().map(|v| u64::from(places[usize::from(*v)]));
        places().max().unwrap_or(0) - places().min().unwrap_or(0)
    };
    scopes.iter().map(reach).sum()
}

/// The place of each variable in an order.
pub(super) fn places(order: &[VariableId]) -> Vec<u32> {
    let length = order.iter().max().map_or(0, |last| usize::from(*last) + 1);
    let mut places = vec![0; length];
    for (place, variable) in order.iter().enumerate() {
        places[usize::from(*variable)] = place as u32;
    }
    places
}
