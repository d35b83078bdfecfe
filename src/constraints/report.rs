//! [`Report`]: what the constraints mean for the product.

use num_bigint::BigUint;

use super::{
    Compiled, ConstraintId, Limits, Problem, Value, VariableId, conflict::conflict, encode,
    redundant::redundant,
};

/// What is worth knowing of a compiled problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Exactly how many configurations are valid.
    pub configurations: BigUint,
    /// Values that no configuration has. Empty if there is no configuration at all.
    pub dead: Vec<(VariableId, Value)>,
    /// Variables that have the same value in every configuration, and which.
    pub fixed: Vec<(VariableId, Value)>,
    /// If there is no configuration: constraints that cannot be met together, none of which
    /// can be left out, unless finding them took more nodes than the limit.
    pub conflict: Vec<ConstraintId>,
    /// Constraints that the others imply; all can be left out together. Of several that
    /// imply one another, the last ones.
    pub redundant: Vec<ConstraintId>,
    /// Constraints that may be redundant: finding out would take more work than it is worth.
    pub unchecked: Vec<ConstraintId>,
    /// Nodes of all diagrams.
    pub nodes: usize,
    /// Length of the encoded diagrams.
    pub bytes: usize,
}

/// Reports on a problem and what it was compiled to.
pub fn report(problem: &Problem, compiled: &Compiled, limits: &Limits) -> Report {
    let choices = vec![None; problem.variables.len()];
    let mut report = Report {
        configurations: compiled.configurations(&choices),
        dead: Vec::new(),
        fixed: Vec::new(),
        conflict: Vec::new(),
        redundant: Vec::new(),
        unchecked: Vec::new(),
        nodes: compiled.nodes(),
        bytes: encode(compiled).len(),
    };
    if compiled
        .components
        .iter()
        .any(|component| !component.is_satisfiable)
    {
        report.conflict = conflict(problem, &choices, limits.nodes);
        return report;
    }
    for layer in compiled
        .components
        .iter()
        .flat_map(|component| &component.layers)
    {
        let living: Vec<(VariableId, Value)> = layer.living().collect();
        let values = (0..).zip(&layer.classes);
        let dead = values
            .filter(|(_, class)| **class == 0)
            .map(|(value, _)| (layer.variable, value));
        report.dead.extend(dead);
        if let [only] = living[..] {
            report.fixed.push(only);
        }
    }
    report.dead.sort_unstable();
    report.fixed.sort_unstable();
    let found = redundant(problem, limits.nodes);
    report.redundant = found.redundant;
    report.unchecked = found.unchecked;
    report
}
