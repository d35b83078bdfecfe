//! Which constraints cannot be met together: a minimal set.

use super::{
    ConstraintId, Problem, Value,
    conjoin::conjoin,
    diagram::{Diagram, FALSE},
    group::Group,
    small::Exceeded,
};

/// Constraints that no configuration with these choices meets together, ascending; none if
/// there is one. Each is needed for the conflict, unless a conjunction took more nodes than
/// `budget`: then the set is what was known by then, which may be too many, or none.
pub(super) fn conflict(
    problem: &Problem,
    choices: &[Option<Value>],
    budget: usize,
) -> Vec<ConstraintId> {
    for group in Group::all(problem) {
        let Ok(diagrams) = group.independent(problem, choices, budget) else {
            continue;
        };
        let mut order: Vec<usize> = (0..diagrams.len()).collect();
        // From the bottom up, so that conjunctions stay small.
        order.sort_by_key(|at| (std::cmp::Reverse(group.top(&diagrams[*at])), *at));
        let places = minimal(&diagrams, order, &group.places, budget);
        if !places.is_empty() {
            let mut ids: Vec<_> = places.into_iter().map(|at| group.constraints[at]).collect();
            ids.sort_unstable();
            return ids;
        }
    }
    Vec::new()
}

/// A minimal set of diagrams that have nothing in common; none if all have something.
///
/// The first diagram in the order with which nothing is left belongs to the conflict, and
/// what comes after it does not matter. Repeated, with what is known to belong first, until
/// that alone leaves nothing.
fn minimal(
    diagrams: &[Diagram],
    mut suspects: Vec<usize>,
    places: &[u32],
    budget: usize,
) -> Vec<usize> {
    let mut guilty: Vec<usize> = Vec::new();
    let mut common = Diagram {
        levels: Vec::new(),
        root: 1,
    };
    loop {
        let mut rest = common.clone();
        let mut last = None;
        for (at, suspect) in suspects.iter().enumerate() {
            rest = match conjoin(&rest, &diagrams[*suspect], places, budget) {
                Ok(rest) => rest,
                Err(Exceeded) if guilty.is_empty() => return Vec::new(),
                Err(Exceeded) => return [guilty, suspects].concat(),
            };
            if rest.root == FALSE {
                last = Some(at);
                break;
            }
        }
        let Some(last) = last else {
            return guilty;
        };
        let found = suspects[last];
        suspects.truncate(last);
        guilty.push(found);
        match conjoin(&common, &diagrams[found], places, budget) {
            Ok(more) if more.root == FALSE => return guilty,
            Ok(more) => common = more,
            Err(Exceeded) => return [guilty, suspects].concat(),
        }
    }
}
