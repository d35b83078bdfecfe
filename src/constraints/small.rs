//! [`Small`]: the diagram of one constraint.

use super::{
    ConstraintId, Problem, Rule, VariableId,
    classes::{self, Classes},
    diagram::{Diagram, FALSE, Level},
    expression, sum, table,
};

/// More nodes than the budget allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exceeded;

/// What a constraint's diagram is made in.
pub(super) struct Frame {
    /// The variables of the constraint, from the top level down.
    pub(super) scope: Vec<VariableId>,
    /// How many values each has.
    pub(super) values: Vec<usize>,
    /// How many nodes a level may have.
    pub(super) budget: usize,
}

/// A constraint on its own: a diagram over classes that only this constraint tells apart.
#[derive(Clone, Debug)]
pub(super) struct Small {
    pub(super) diagram: Diagram,
    /// For each level.
    pub(super) classes: Vec<Classes>,
}

impl Small {
    /// The diagram of a constraint, whose levels are by `places`.
    pub(super) fn new(
        problem: &Problem,
        id: ConstraintId,
        places: &[u32],
        budget: usize,
    ) -> Result<Self, Exceeded> {
        let rule = &problem.constraints[id];
        let mut scope = rule.scope();
        scope.sort_by_key(|variable| places[usize::from(*variable)]);
        let values = |variable: &VariableId| problem.variables[usize::from(*variable)].prices.len();
        let values = scope.iter().map(values).collect();
        let frame = Frame {
            scope,
            values,
            budget,
        };
        let (mut diagram, mut classes) = match rule {
            Rule::Table(table) => table::diagram(table, &frame),
            Rule::Expression(condition) => expression::diagram(condition, &frame)?,
            Rule::Sum(sum) => sum::diagram(sum, &frame)?,
        };
        for (level, classes) in diagram.levels.iter_mut().zip(&mut classes) {
            *classes = classes::compose(classes, &classes::merge(level));
        }
        Ok(Self { diagram, classes })
    }

    /// The diagram over finer classes: those of all variables, by number.
    pub(super) fn over(&self, finer: &[Classes]) -> Diagram {
        let levels = self
            .diagram
            .levels
            .iter()
            .zip(&self.classes)
            .map(|(level, own)| {
                let finer = &finer[usize::from(level.variable)];
                let mut own_class = vec![0; classes::count(finer)];
                for (class, own) in finer.iter().zip(own).filter(|(class, _)| **class != 0) {
                    own_class[usize::from(*class) - 1] = usize::from(*own);
                }
                let mut fine = Level::new(level.variable, own_class.len());
                for node in level.nodes() {
                    let arcs = own_class.iter();
                    fine.arcs.extend(arcs.map(|own| match own {
                        0 => FALSE,
                        own => node[own - 1],
                    }));
                }
                fine
            });
        let diagram = Diagram {
            levels: levels.collect(),
            root: self.diagram.root,
        };
        // Where another constraint has ended a class, nodes may become equal or false.
        diagram.reduced()
    }
}
