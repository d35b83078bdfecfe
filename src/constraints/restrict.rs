//! [`Rule::restricted`]: a constraint over fewer variables and values.

use super::{Expression, Rule, Sum, Table, Term, Value, VariableId};

/// What becomes of a variable: its new place, and for each value the new one. `None` if it goes, or the
/// value does.
pub type Kept = Option<(VariableId, Vec<Option<Value>>)>;

impl Rule {
    /// The same constraint where some values cannot be chosen, and some variables are not there: these have
    /// none of their values and add nothing to a sum.
    #[must_use]
    pub fn restricted(&self, kept: &[Kept]) -> Self {
        match self {
            Self::Table(table) => Self::Table(table.restricted(kept)),
            Self::Expression(expression) => Self::Expression(expression.restricted(kept)),
            Self::Sum(sum) => Self::Sum(sum.restricted(kept)),
        }
    }

    /// Whether it holds, if that depends on no variable.
    pub fn constant(&self) -> Option<bool> {
        self.scope().is_empty().then(|| self.holds(&[]))
    }
}

impl Expression {
    /// Whether it holds for every assignment, or for none, as far as that can be seen from its parts alone:
    /// what no value can meet does not hold.
    pub fn known(&self) -> Option<bool> {
        match self {
            Self::In(_, values) => values.is_empty().then_some(false),
            Self::Not(inner) => inner.known().map(|holds| !holds),
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part.known() {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = None,
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut any = Some(false);
                for part in parts {
                    match part.known() {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => any = None,
                    }
                }
                any
            }
            Self::Implies(premise, conclusion) => match (premise.known(), conclusion.known()) {
                (Some(false), _) | (_, Some(true)) => Some(true),
                (Some(true), holds) => holds,
                (None, _) => None,
            },
        }
    }
}

impl Table {
    fn restricted(&self, kept: &[Kept]) -> Self {
        let columns: Vec<_> = self.scope.iter().map(|v| &kept[usize::from(*v)]).collect();
        let tuples = self.tuples.iter().filter_map(|tuple| {
            let cells = columns.iter().zip(tuple);
            cells
                .filter_map(|(column, value)| Some(column.as_ref()?.1[usize::from(*value)]))
                .collect::<Option<Vec<Value>>>()
        });
        let mut tuples: Vec<Vec<Value>> = tuples.collect();
        tuples.sort_unstable();
        tuples.dedup();
        let scope = columns.iter().filter_map(|column| Some(column.as_ref()?.0));
        Self {
            scope: scope.collect(),
            tuples,
        }
    }
}

impl Expression {
    fn restricted(&self, kept: &[Kept]) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.restricted(kept)).collect();
        match self {
            Self::In(variable, values) => match &kept[usize::from(*variable)] {
                None => Self::Any(Vec::new()),
                Some((variable, places)) => {
                    let values = values
                        .iter()
                        .filter_map(|value| places[usize::from(*value)]);
                    Self::In(*variable, values.collect())
                }
            },
            Self::Not(inner) => Self::Not(Box::new(inner.restricted(kept))),
            Self::All(parts) => Self::All(all(parts)),
            Self::Any(parts) => Self::Any(all(parts)),
            Self::Implies(premise, conclusion) => Self::Implies(
                Box::new(premise.restricted(kept)),
                Box::new(conclusion.restricted(kept)),
            ),
        }
    }
}

impl Sum {
    fn restricted(&self, kept: &[Kept]) -> Self {
        let terms = self.terms.iter().filter_map(|term| {
            let (variable, places) = kept[usize::from(term.variable)].as_ref()?;
            let weights = term.weights.iter().zip(places);
            Some(Term {
                variable: *variable,
                weights: weights
                    .filter(|(_, place)| place.is_some())
                    .map(|(weight, _)| *weight)
                    .collect(),
            })
        });
        Self {
            terms: terms.collect(),
            ..self.clone()
        }
    }
}
