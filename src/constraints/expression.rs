//! A condition as a diagram.
//!
//! From the top: what is left of the condition once a level's variable has a value is the
//! next level's node. Conditions are kept in negation normal form, sorted and simplified,
//! so that most that mean the same look the same; reducing the diagram merges the others.

use std::collections::HashMap;

use super::{
    VariableId,
    classes::Classes,
    diagram::{Diagram, FALSE, Level, Reference},
    problem::Expression,
    rows::Rows,
    small::{Exceeded, Frame},
};

/// What is left of a condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Rest {
    True,
    False,
    /// An atom, by number, holds or does not.
    Atom(u32, bool),
    All(Vec<Rest>),
    Any(Vec<Rest>),
}

/// A variable and, for each of its values, whether it is in the set.
#[derive(PartialEq, Eq)]
struct Atom {
    variable: VariableId,
    values: Vec<bool>,
}

/// The diagram of a condition.
pub(super) fn diagram(
    expression: &Expression,
    frame: &Frame,
) -> Result<(Diagram, Vec<Classes>), Exceeded> {
    let mut atoms = Vec::new();
    let mut states = vec![normal(expression, true, frame, &mut atoms)];
    let root = Reference::from(states[0] != Rest::False);
    let mut levels = Vec::new();
    let mut all_classes = Vec::new();
    for (variable, count) in frame.scope.iter().zip(&frame.values) {
        // Values that are in the same sets are one class.
        let mut sets = Rows::new(atoms.len());
        let truths = |value: usize| -> Vec<u32> {
            let truth = |atom: &Atom| {
                u32::from(atom.variable == *variable)
                    * (1 + u32::from(*atom.values.get(value).unwrap_or(&false)))
            };
            atoms.iter().map(truth).collect()
        };
        let classes = (0..*count).map(|value| sets.intern(&truths(value)) as u16 + 1);
        all_classes.push(classes.collect::<Classes>());
        let mut level = Level::new(*variable, sets.len());
        let mut next: Vec<Rest> = Vec::new();
        let mut numbers: HashMap<Rest, Reference> = HashMap::new();
        for state in &states {
            for class in 0..sets.len() {
                let rest = state.given(sets.row(class as u32));
                level.arcs.push(match rest {
                    Rest::False => FALSE,
                    rest => *numbers.entry(rest.clone()).or_insert_with(|| {
                        next.push(rest);
                        next.len() as Reference
                    }),
                });
            }
        }
        if next.len() > frame.budget {
            return Err(Exceeded);
        }
        levels.push(level);
        states = next;
    }
    Ok((Diagram { levels, root }.reduced(), all_classes))
}

/// Negations pushed down to the atoms.
fn normal(expression: &Expression, holds: bool, frame: &Frame, atoms: &mut Vec<Atom>) -> Rest {
    let mut parts = |parts: &[Expression], holds| -> Vec<Rest> {
        let parts = parts.iter();
        parts
            .map(|part| normal(part, holds, frame, atoms))
            .collect()
    };
    match expression {
        Expression::In(variable, set) => {
            let place = frame.scope.iter().position(|v| v == variable);
            let count = frame.values[place.expect("a frame has the scope of its rule")];
            let mut values = vec![false; count];
            for value in set {
                values[usize::from(*value)] = true;
            }
            let atom = Atom {
                variable: *variable,
                values,
            };
            let number = atoms.iter().position(|known| *known == atom);
            let number = number.unwrap_or_else(|| {
                atoms.push(atom);
                atoms.len() - 1
            });
            Rest::Atom(number as u32, holds)
        }
        Expression::Not(inner) => normal(inner, !holds, frame, atoms),
        Expression::All(all) if holds => Rest::all(parts(all, true)),
        Expression::All(all) => Rest::any(parts(all, false)),
        Expression::Any(any) if holds => Rest::any(parts(any, true)),
        Expression::Any(any) => Rest::all(parts(any, false)),
        Expression::Implies(premise, conclusion) => {
            let both = vec![
                normal(premise, !holds, frame, atoms),
                normal(conclusion, holds, frame, atoms),
            ];
            if holds {
                Rest::any(both)
            } else {
                Rest::all(both)
            }
        }
    }
}

impl Rest {
    fn all(parts: Vec<Self>) -> Self {
        Self::joined(
            parts,
            Self::True,
            Self::False,
            Self::All,
            |part| match part {
                Self::All(inner) => Ok(inner),
                other => Err(other),
            },
        )
    }

    fn any(parts: Vec<Self>) -> Self {
        Self::joined(
            parts,
            Self::False,
            Self::True,
            Self::Any,
            |part| match part {
                Self::Any(inner) => Ok(inner),
                other => Err(other),
            },
        )
    }

    /// A conjunction or disjunction without what changes nothing, flat and sorted.
    fn joined(
        parts: Vec<Self>,
        neutral: Self,
        absorbing: Self,
        make: fn(Vec<Self>) -> Self,
        open: fn(Self) -> Result<Vec<Self>, Self>,
    ) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            if part == absorbing {
                return absorbing;
            }
            match open(part) {
                Ok(inner) => flat.extend(inner),
                Err(part) if part == neutral => {}
                Err(part) => flat.push(part),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        match flat.len() {
            0 => neutral,
            1 => flat.remove(0),
            _ => make(flat),
        }
    }

    /// What is left where each atom is open (0), false (1) or true (2).
    fn given(&self, truths: &[u32]) -> Self {
        let parts = |parts: &[Self]| parts.iter().map(|part| part.given(truths)).collect();
        match self {
            Self::Atom(atom, holds) => match truths[*atom as usize] {
                0 => self.clone(),
                truth if (truth == 2) == *holds => Self::True,
                _ => Self::False,
            },
            Self::All(all) => Self::all(parts(all)),
            Self::Any(any) => Self::any(parts(any)),
            Self::True | Self::False => self.clone(),
        }
    }
}
