//! [`Problem`]: what is compiled, and what it means for a full assignment.

use std::collections::BTreeSet;

/// A variable (an option group), by its place in [`Problem::variables`].
pub type VariableId = u16;

/// A value (a choice), by its place in its variable.
pub type Value = u16;

/// A constraint, by its place in [`Problem::constraints`]. Whoever made the problem keeps
/// at the same place where the constraint was written.
pub type ConstraintId = usize;

/// Variables and the constraints over them.
///
/// The caller has checked it: there is a variable, each has a value and fewer than 65,535;
/// every variable and value that a constraint names exists, a tuple is as long as its scope,
/// a term has a weight for each value; and the totals of prices stay within ±2^53, which is
/// what a browser's numbers hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// The variables.
    pub variables: Vec<Variable>,
    /// The constraints; a configuration is valid if it meets them all.
    pub constraints: Vec<Rule>,
}

/// A variable: each value with its price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// What each value adds to the total, in minor units; may be negative.
    pub prices: Vec<i64>,
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Just these combinations.
    Table(Table),
    /// A condition.
    Expression(Expression),
    /// A bound on a sum.
    Sum(Sum),
}

/// The allowed combinations of some variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns; each variable once.
    pub scope: Vec<VariableId>,
    /// A value for each column.
    pub tuples: Vec<Vec<Value>>,
}

/// A condition on values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// The variable has one of these values.
    In(VariableId, Vec<Value>),
    /// It does not hold.
    Not(Box<Expression>),
    /// All hold; true if there is none.
    All(Vec<Expression>),
    /// At least one holds; false if there is none.
    Any(Vec<Expression>),
    /// If the first holds, so does the second.
    Implies(Box<Expression>, Box<Expression>),
}

/// A linear constraint: the sum of the weights of the values compared with a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The summands. A variable may occur in several.
    pub terms: Vec<Term>,
    /// How the sum compares with the bound.
    pub comparison: Comparison,
    /// The bound.
    pub bound: i64,
}

/// A summand: one variable's weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The variable.
    pub variable: VariableId,
    /// The weight of each value.
    pub weights: Vec<i64>,
}

/// How a sum compares with its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `≤`
    AtMost,
    /// `≥`
    AtLeast,
    /// `=`
    Equal,
}

impl Rule {
    /// The variables that it names, ascending.
    pub(super) fn scope(&self) -> Vec<VariableId> {
        let mut scope = BTreeSet::new();
        match self {
            Self::Table(table) => scope.extend(&table.scope),
            Self::Expression(expression) => expression.add_variables(&mut scope),
            Self::Sum(sum) => scope.extend(sum.terms.iter().map(|term| term.variable)),
        }
        scope.into_iter().collect()
    }

    /// Whether an assignment of all variables meets it.
    pub(super) fn holds(&self, assignment: &[Value]) -> bool {
        let value = |variable: VariableId| assignment[usize::from(variable)];
        match self {
            Self::Table(table) => table.tuples.iter().any(|tuple| {
                table
                    .scope
                    .iter()
                    .map(|v| value(*v))
                    .eq(tuple.iter().copied())
            }),
            Self::Expression(expression) => expression.holds(assignment),
            Self::Sum(sum) => {
                let weight =
                    |term: &Term| i128::from(term.weights[usize::from(value(term.variable))]);
                sum.comparison
                    .holds(sum.terms.iter().map(weight).sum(), sum.bound.into())
            }
        }
    }
}

impl Expression {
    fn add_variables(&self, scope: &mut BTreeSet<VariableId>) {
        match self {
            Self::In(variable, _) => drop(scope.insert(*variable)),
            Self::Not(inner) => inner.add_variables(scope),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.add_variables(scope);
                }
            }
            Self::Implies(premise, conclusion) => {
                premise.add_variables(scope);
                conclusion.add_variables(scope);
            }
        }
    }

    fn holds(&self, assignment: &[Value]) -> bool {
        match self {
            Self::In(variable, values) => values.contains(&assignment[usize::from(*variable)]),
            Self::Not(inner) => !inner.holds(assignment),
            Self::All(parts) => parts.iter().all(|part| part.holds(assignment)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(assignment)),
            Self::Implies(premise, conclusion) => {
                !premise.holds(assignment) || conclusion.holds(assignment)
            }
        }
    }
}

impl Comparison {
    /// Whether a sum compares so with a bound.
    pub(super) fn holds(self, sum: i128, bound: i128) -> bool {
        match self {
            Self::AtMost => sum <= bound,
            Self::AtLeast => sum >= bound,
            Self::Equal => sum == bound,
        }
    }
}

/// What a full assignment is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The total of the values' prices.
    pub price: i64,
    /// The constraints that it does not meet, ascending; none if it is valid.
    pub broken: Vec<ConstraintId>,
}

/// Checks an assignment of all variables against the constraints themselves, without a
/// diagram. The values must exist.
pub fn verify(problem: &Problem, assignment: &[Value]) -> Verdict {
    let prices = problem.variables.iter().zip(assignment);
    Verdict {
        price: prices
            .map(|(variable, value)| variable.prices[usize::from(*value)])
            .sum(),
        broken: (0..problem.constraints.len())
            .filter(|id| !problem.constraints[*id].holds(assignment))
            .collect(),
    }
}
