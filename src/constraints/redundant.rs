//! Which constraints say nothing that the others do not say.

use super::{
    ConstraintId, Problem,
    conjoin::{conjoin, conjoin_all, implies},
    diagram::{Diagram, FALSE},
    group::Group,
};

/// How many arcs the conjunctions for one group may have in all: less than a second.
const WORK: usize = 20_000_000;

/// What is known of constraints that could be left out.
#[derive(Default)]
pub(super) struct Redundant {
    /// All of these can be left out together. Of several that imply one another, the last.
    pub(super) redundant: Vec<ConstraintId>,
    /// Finding out would have taken more work than it is worth.
    pub(super) unchecked: Vec<ConstraintId>,
}

/// The constraints of a satisfiable problem that are implied by the others. Exact for those
/// that are not `unchecked`.
pub(super) fn redundant(problem: &Problem, budget: usize) -> Redundant {
    let mut found = Redundant::default();
    let choices = vec![None; problem.variables.len()];
    for group in Group::all(problem) {
        let Ok(diagrams) = group.independent(problem, &choices, budget) else {
            found.unchecked.extend(&group.constraints);
            continue;
        };
        let mut search = Search {
            group: &group,
            diagrams,
            work: WORK,
            budget,
            found: &mut found,
        };
        let mut order: Vec<usize> = (0..group.constraints.len()).collect();
        order.sort_by_key(|at| group.top(&search.diagrams[*at]));
        let all = Diagram {
            levels: Vec::new(),
            root: 1,
        };
        search.kept(&order, &all);
    }
    found.redundant.sort_unstable();
    found.unchecked.sort_unstable();
    found
}

struct Search<'a> {
    group: &'a Group,
    diagrams: Vec<Diagram>,
    work: usize,
    budget: usize,
    found: &'a mut Redundant,
}

impl Search<'_> {
    /// Those of `some` that are needed where `others`, all outside of them, hold.
    ///
    /// By halves: each half is looked at with the other half added to the others, so that
    /// every conjunction serves many constraints.
    fn kept(&mut self, some: &[usize], others: &Diagram) -> Vec<usize> {
        if let [one] = some {
            let id = self.group.constraints[*one];
            if implies(others, &self.diagrams[*one], &self.group.places) {
                self.found.redundant.push(id);
                return Vec::new();
            }
            return vec![*one];
        }
        let (first, last) = some.split_at(some.len() / 2);
        if some.is_empty() {
            return Vec::new();
        }
        let kept_last = match self.with(others, first) {
            Some(others) => self.kept(last, &others),
            None => self.give_up(last),
        };
        let kept_first = match self.with(others, &kept_last) {
            Some(others) => self.kept(first, &others),
            None => self.give_up(first),
        };
        [kept_first, kept_last].concat()
    }

    /// The others and some more, while there is work left.
    fn with(&mut self, others: &Diagram, more: &[usize]) -> Option<Diagram> {
        if self.work == 0 {
            return None;
        }
        let more = more.iter().map(|at| self.diagrams[*at].clone()).collect();
        let more = conjoin_all(more, &self.group.places, self.budget).ok()?;
        let all = conjoin(others, &more, &self.group.places, self.budget).ok()?;
        debug_assert_ne!(all.root, FALSE, "the problem is satisfiable");
        self.work = self.work.saturating_sub(all.arcs() + more.arcs());
        Some(all)
    }

    fn give_up(&mut self, some: &[usize]) -> Vec<usize> {
        let ids = some.iter().map(|at| self.group.constraints[*at]);
        self.found.unchecked.extend(ids);
        some.to_vec()
    }
}
