//! [`Group`]: the parts into which constraints divide a problem.

use super::{
    ConstraintId, Problem, Rule, Value, VariableId,
    classes::{self, Classes},
    diagram::Diagram,
    force,
    small::{Exceeded, Small},
};

/// Variables and the constraints that tie them together.
pub(super) struct Group {
    /// Ascending.
    pub(super) variables: Vec<VariableId>,
    /// Ascending.
    pub(super) constraints: Vec<ConstraintId>,
    /// The place of each variable in the order of levels.
    pub(super) places: Vec<u32>,
}

impl Group {
    /// The variables in groups that no constraint connects, by their first variable.
    ///
    /// A constraint that names no variable goes with the first one.
    pub(super) fn all(problem: &Problem) -> Vec<Self> {
        let scopes: Vec<Vec<VariableId>> = problem.constraints.iter().map(Rule::scope).collect();
        let mut leaders = Leaders((0..problem.variables.len()).collect());
        for pair in scopes.iter().flat_map(|scope| scope.windows(2)) {
            leaders.join(usize::from(pair[0]), usize::from(pair[1]));
        }
        let mut members = vec![(Vec::new(), Vec::new()); problem.variables.len()];
        for variable in 0..problem.variables.len() {
            members[leaders.of(variable)].0.push(variable as VariableId);
        }
        for (id, scope) in scopes.iter().enumerate() {
            let first = scope.first().map_or(0, |variable| usize::from(*variable));
            if first < members.len() {
                members[leaders.of(first)].1.push(id);
            }
        }
        members.retain(|(variables, _)| !variables.is_empty());
        let groups = members.into_iter().map(|(variables, constraints)| {
            let scopes: Vec<&[VariableId]> = constraints
                .iter()
                .map(|id| scopes[*id].as_slice())
                .collect();
            let places = force::places(&force::order(&variables, &scopes));
            Self {
                variables,
                constraints,
                places,
            }
        });
        groups.collect()
    }

    /// The place of a diagram's first level; beyond all for one without levels.
    pub(super) fn top(&self, diagram: &Diagram) -> u32 {
        let first = diagram.levels.first();
        first.map_or(u32::MAX, |level| self.places[usize::from(level.variable)])
    }

    /// The diagrams of the constraints, each over its own classes.
    pub(super) fn small(
        &self,
        problem: &Problem,
        budget: usize,
    ) -> Result<Vec<Small>, ConstraintId> {
        let small = self
            .constraints
            .iter()
            .map(|id| Small::new(problem, *id, &self.places, budget).map_err(|Exceeded| *id));
        small.collect()
    }

    /// For each variable of the problem, the classes that these constraints together tell
    /// apart; `class` says what to take for a constraint's own.
    pub(super) fn classes(
        &self,
        problem: &Problem,
        small: &[Small],
        class: impl Fn(&Classes) -> Classes,
    ) -> Vec<Classes> {
        let mut classes: Vec<Classes> = vec![Classes::new(); problem.variables.len()];
        for variable in &self.variables {
            let of = small.iter().flat_map(|small| {
                let levels = small.diagram.levels.iter().zip(&small.classes);
                levels.filter(|(level, _)| level.variable == *variable)
            });
            let parts = of.map(|(_, own)| class(own));
            let values = problem.variables[usize::from(*variable)].prices.len();
            classes[usize::from(*variable)] = classes::refined(values, parts);
        }
        classes
    }

    /// The diagrams of the constraints where some variables have their values, independent
    /// of one another: a value that one constraint rules out is still open in the others.
    pub(super) fn independent(
        &self,
        problem: &Problem,
        choices: &[Option<Value>],
        budget: usize,
    ) -> Result<Vec<Diagram>, ConstraintId> {
        let small = self.small(problem, budget)?;
        let mut classes = self.classes(problem, &small, |own| {
            own.iter().map(|class| class + 1).collect()
        });
        for variable in self.variables.iter().map(|variable| usize::from(*variable)) {
            if let Some(choice) = choices[variable] {
                classes[variable].fill(0);
                classes[variable][usize::from(choice)] = 1;
            }
        }
        Ok(small.iter().map(|small| small.over(&classes)).collect())
    }
}

/// Disjoint sets, each named by its smallest member.
struct Leaders(Vec<usize>);

impl Leaders {
    fn of(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }
}
