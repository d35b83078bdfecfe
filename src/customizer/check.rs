//! What is wrong with a product's options and constraints taken together.

use serde::Serialize;

use super::{View, cut};
use crate::{
    constraints::{Compiled, Limits, Report, VariableId, report},
    diagnostic::{Code, Diagnostic},
    model::{Choice, CustomOption, Product},
};

/// Compiles all that anyone may choose, and reports what cannot be meant. The report is `None` if there is
/// nothing to report on.
pub fn check(product: &Product, problems: &mut Vec<Diagnostic>) -> Option<Report> {
    let view = View::whole(product)?;
    let compiled = match cut::compiled(&view) {
        Ok(compiled) => compiled,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let report = report(&view.problem, &compiled, &Limits::default());
    let constraints = &view.customization.constraints;
    if report.configurations == num_bigint::BigUint::ZERO {
        let conflict = report.conflict.iter().filter_map(|id| constraints.get(*id));
        let titles: Vec<String> = conflict.map(|it| format!("`{}`", it.title)).collect();
        let mut problem = cut::no_design(&view).hint("remove one of these constraints");
        if !titles.is_empty() {
            problem = problem.label(format!("cannot be met together: {}", titles.join(", ")));
        }
        problems.push(problem);
        return Some(report);
    }
    let mut dead: Vec<(&CustomOption, Vec<&Choice>)> = Vec::new();
    for (variable, value) in &report.dead {
        let Some((option, choice)) = view.named(*variable, *value) else {
            continue;
        };
        match dead.last_mut().filter(|(last, _)| last.id == option.id) {
            Some((_, choices)) => choices.push(choice),
            None => dead.push((option, vec![choice])),
        }
    }
    problems.extend(
        dead.iter()
            .map(|(option, choices)| dead_choices(product, option, choices)),
    );
    for id in &report.redundant {
        let constraint = &constraints[*id];
        problems.push(
            Diagnostic::new(
                Code::RedundantConstraint,
                constraint.span,
                "the constraint demands nothing that the others do not",
            )
            .hint("remove it, or look whether it says what is meant"),
        );
    }
    problems.extend(bad_default(&view, &compiled));
    Some(report)
}

/// That some choices of an option can never be chosen. There may be hundreds, of a set that products share.
fn dead_choices(product: &Product, option: &CustomOption, choices: &[&Choice]) -> Diagnostic {
    /// So many are named.
    const NAMED: usize = 3;
    let named = choices.iter().take(NAMED);
    let mut names: Vec<String> = named.map(|it| format!("`{}`", it.id)).collect();
    if choices.len() > NAMED {
        names.push(format!("{} more", choices.len() - NAMED));
    }
    let (first, others) = names.split_at(names.len() - 1);
    let list = match first {
        [] => others[0].clone(),
        _ => format!("{} and {}", first.join(", "), others[0]),
    };
    let is_own = choices.len() == 1 && choices[0].span.file == option.span.file;
    let span = if is_own { choices[0].span } else { option.span };
    Diagnostic::new(
        Code::DeadChoice,
        span,
        format!(
            "{list} can never be chosen for `{}` of `{}`",
            option.id, product.id
        ),
    )
    .label("nothing goes with that")
    .hint("leave it out, with `where` or `except` if it is of a set, or loosen the constraints that name it")
}

/// What a product's options come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Options, choices of all of them, and constraints.
    pub options: usize,
    /// Choices of all options.
    pub choices: usize,
    /// Constraints, those that options imply too.
    pub constraints: usize,
    /// Exactly how many designs there are, in decimal digits.
    pub designs: String,
    /// Choices that can never be chosen: `option: choice`.
    pub dead: Vec<String>,
    /// Choices that every design has.
    pub fixed: Vec<String>,
    /// Titles of constraints that the others imply.
    pub redundant: Vec<String>,
    /// Constraints of which finding that out would be too much work.
    pub unchecked: usize,
    /// Nodes of the diagrams.
    pub nodes: usize,
    /// Bytes of the diagrams, as they are published.
    pub bytes: usize,
}

impl Figures {
    /// Of all that anyone may choose. `None` if buyers do not shape the product, or there is no diagram; that
    /// is reported.
    pub fn of(product: &Product, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let report = check(product, problems)?;
        let view = View::whole(product)?;
        let names = |values: &[(VariableId, u16)]| {
            let named = |(variable, value): &(VariableId, u16)| {
                let (option, choice) = view.named(*variable, *value)?;
                Some(format!("{}: {}", option.id, choice.id))
            };
            values.iter().filter_map(named).collect()
        };
        let constraints = &view.customization.constraints;
        let title = |id: &usize| constraints[*id].title.clone();
        Some(Self {
            options: view.options.len(),
            choices: view.options.iter().map(|it| it.choices.len()).sum(),
            constraints: constraints.len(),
            designs: report.configurations.to_string(),
            dead: names(&report.dead),
            fixed: names(&report.fixed),
            redundant: report.redundant.iter().map(title).collect(),
            unchecked: report.unchecked.len(),
            nodes: report.nodes,
            bytes: report.bytes,
        })
    }
}

/// The first default that does not go with those before it.
fn bad_default(view: &View<'_>, compiled: &Compiled) -> Option<Diagnostic> {
    let mut picks = vec![None; view.problem.variables.len()];
    for option in &view.options {
        let Some(default) = option.default else {
            continue;
        };
        let wanted = (option.variable, default as u16);
        let repair = compiled.repair(&view.problem.variables, &picks, wanted);
        // A choice that is never possible is reported by itself.
        let changed = repair.map_or_else(Vec::new, |repair| repair.changed);
        if changed.is_empty() {
            picks[usize::from(option.variable)] = Some(wanted.1);
            continue;
        }
        let others = view.options.iter();
        let others = others.filter(|it| changed.contains(&it.variable));
        let others: Vec<String> = others.map(|it| format!("`{}`", it.option.id)).collect();
        return Some(
            Diagnostic::new(
                Code::BadDefault,
                option.option.span,
                format!(
                    "the default of `{}` does not go with that of {}",
                    option.option.id,
                    others.join(", ")
                ),
            )
            .hint("choose defaults that meet the constraints together"),
        );
    }
    None
}
