//! Finite-domain constraints, as those of a product that a buyer customizes, compiled into decision diagrams
//! from which every question of a buyer is answered without search.
//!
//! In: a [`Problem`], variables with priced values and constraints over them. Out:
//! [`Compiled`], multi-valued decision diagrams (MDD) of all valid configurations, one
//! for each group of variables that constrain each other, as values and as bytes; a
//! [`Report`] of what the constraints mean for the product; and the reference answers
//! ([`Compiled::answer`], [`Compiled::repair`], [`verify`]) that a browser must give.
//!
//! This room knows nothing of shops, files and diagnostics. It never searches while it
//! answers, never looks at a clock (all limits are numbers of nodes and swaps), and never
//! puts a price into a diagram: totals are added up along its arcs.
//!
//! The field: Hadzic et al. 2004 compile the space of solutions so that configuring is
//! free of backtracking; Andersen, Hadzic, Pisinger (JAIR 37, 2010) put costs over it;
//! Amilhastre, Fargier, Marquis (AIJ 135, 2002) restore consistency from it.

mod answer;
mod classes;
mod compile;
mod conflict;
mod conjoin;
mod diagram;
mod encode;
mod expression;
mod force;
mod group;
mod problem;
mod redundant;
mod repair;
mod report;
mod restrict;
mod rows;
mod sift;
mod small;
mod sum;
mod table;

pub use answer::{Answer, ValueAnswer};
pub use compile::{Compiled, Component, Layer, Limits, TooLarge, compile, compile_counting};
pub use encode::{Malformed, decode, encode};
pub use problem::{
    Comparison, ConstraintId, Expression, Problem, Rule, Sum, Table, Term, Value, Variable,
    VariableId, Verdict, verify,
};
pub use repair::{Obstacle, Repair, obstacle};
pub use report::{Report, report};
pub use restrict::Kept;

#[cfg(test)]
mod tests;
