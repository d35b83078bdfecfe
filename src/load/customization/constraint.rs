//! One constraint, or piece of advice, in one of its forms.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{condition, list, option, sum};
use crate::{
    constraints::{Expression, Rule, Table},
    diagnostic::{Code, Diagnostic},
    load::{
        fields::{self, Fields, wrong_type},
        report::Report,
        yaml::{Node, Value},
    },
    model::{Constraint, CustomOption, NONE, OptionKind},
};

/// The ways in which a constraint can be written.
const FORMS: [&str; 7] = ["if", "never", "always", "table", "sum", "same", "within"];

/// Reads a constraint.
pub(super) fn read(
    node: &Node,
    options: &[CustomOption],
    report: &mut Report,
) -> Option<Constraint> {
    let mut fields = Fields::new(node, "a constraint", report)?;
    let title = fields.required("title", report);
    let given: Vec<(&str, &Node)> = FORMS
        .into_iter()
        .filter_map(|form| Some((form, fields.take(form)?)))
        .collect();
    let then = fields.take("then");
    fields.finish(report);
    let [(form, body)] = given[..] else {
        report.push(
            Diagnostic::new(
                Code::BadConstraint,
                fields_span(node),
                "a constraint is written in one way",
            )
            .label(if given.is_empty() {
                "says nothing that must hold"
            } else {
                "says several things"
            })
            .hint("write one of `if` and `then`, `never`, `always`, `table`, `sum`, `same` and `within`"),
        );
        return None;
    };
    if let (Some(then), false) = (then, form == "if") {
        report.push(
            Diagnostic::new(
                Code::BadConstraint,
                then.span,
                format!("`then` belongs to `if`, not to `{form}`"),
            )
            .hint("remove it, or write `if`"),
        );
    }
    let expression = |read: Option<Expression>| read.map(Rule::Expression);
    let rule = match form {
        "if" => {
            let premise = condition::read(body, options, report);
            let Some(then) = then else {
                report.push(
                    Diagnostic::new(
                        Code::BadConstraint,
                        body.span,
                        "`if` says nothing without `then`",
                    )
                    .hint("add a line `then: { option: choice }`"),
                );
                return None;
            };
            let conclusion = condition::read(then, options, report);
            let (premise, conclusion) = (Box::new(premise?), Box::new(conclusion?));
            Some(Rule::Expression(Expression::Implies(premise, conclusion)))
        }
        "never" => {
            let all = condition::read(body, options, report);
            expression(all.map(|it| Expression::Not(Box::new(it))))
        }
        "always" => expression(condition::read(body, options, report)),
        "table" => table(body, options, report),
        "sum" => sum::read(body, options, report).map(Rule::Sum),
        form => expression(matching(body, form == "within", options, report)),
    };
    Some(Constraint {
        title: title?,
        rule: rule?,
        span: node.span,
    })
}

fn fields_span(node: &Node) -> crate::diagnostic::Span {
    match &node.value {
        Value::Map(entries) => entries.first().map_or(node.span, |entry| entry.key_span),
        Value::Scalar(_) | Value::List(_) => node.span,
    }
}

fn table(node: &Node, options: &[CustomOption], report: &mut Report) -> Option<Rule> {
    let mut fields = Fields::new(node, "a table", report)?;
    let columns = fields.take("options");
    let rows = fields.take("rows");
    for (name, node) in [("options", columns), ("rows", rows)] {
        if node.is_none() {
            fields.missing(name, report);
        }
    }
    fields.finish(report);
    let mut scope: Vec<&CustomOption> = Vec::new();
    let (columns, rows) = (columns?, rows?);
    for node in list(columns, "options", report) {
        let option = condition::find(
            options,
            fields::text(node, "options", report)?,
            node.span,
            report,
        )?;
        let is_usable = matches!(option.kind, OptionKind::One { .. });
        if !is_usable || scope.iter().any(|other| other.id == option.id) {
            report.push(
                Diagnostic::new(
                    Code::BadConstraint,
                    node.span,
                    if is_usable {
                        format!("the table has the column `{}` twice", option.id)
                    } else {
                        format!(
                            "a table has options of which one is chosen, unlike `{}`",
                            option.id
                        )
                    },
                )
                .hint("remove the column"),
            );
            return None;
        }
        scope.push(option);
    }
    let mut tuples: BTreeSet<Vec<u16>> = BTreeSet::new();
    for row in list(rows, "rows", report) {
        let cells = list(row, "rows", report);
        if cells.len() != scope.len() {
            report.push(wrong_type(
                row,
                "rows",
                &format!("a list of rows with {} cells", scope.len()),
            ));
            return None;
        }
        // A cell may be a list: any of these.
        let mut partial: Vec<Vec<u16>> = vec![Vec::new()];
        for (cell, option) in cells.iter().zip(&scope) {
            let items = match &cell.value {
                Value::List(items) => items.as_slice(),
                Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(cell),
            };
            let mut values = Vec::new();
            for item in items {
                let id = fields::text(item, "rows", report)?;
                values.push(option::find(option.choices(), id, item.span, report)? as u16);
            }
            partial = partial
                .iter()
                .flat_map(|row| {
                    values
                        .iter()
                        .map(|value| [row.as_slice(), &[*value]].concat())
                })
                .collect();
        }
        tuples.extend(partial);
    }
    Some(Rule::Table(Table {
        scope: scope.iter().map(|option| option.variable).collect(),
        tuples: tuples.into_iter().collect(),
    }))
}

/// `same: [cpu.socket, board.socket]`, or `within: [board.form, case.forms]`. Choosing nothing goes
/// with everything.
fn matching(
    node: &Node,
    is_within: bool,
    options: &[CustomOption],
    report: &mut Report,
) -> Option<Expression> {
    let form = if is_within { "within" } else { "same" };
    let wanted = "two attributes such as `[cpu.socket, board.socket]`";
    let [left, right] = list(node, form, report) else {
        report.push(wrong_type(node, form, wanted));
        return None;
    };
    let left = column(left, form, options, report);
    let right = column(right, form, options, report);
    let ((left, left_values), (right, right_values)) = (left?, right?);
    let classes: BTreeMap<&str, Vec<u16>> = classes(&left_values);
    let implications = classes.into_iter().map(|(text, places)| {
        let fitting = (0..).zip(&right_values).filter(|(_, values)| match values {
            None => true,
            Some(values) => values.iter().any(|value| value == text),
        });
        let fitting = fitting.map(|(place, _)| place).collect();
        Expression::Implies(
            Box::new(Expression::In(left.variable, places)),
            Box::new(Expression::In(right.variable, fitting)),
        )
    });
    Some(Expression::All(implications.collect()))
}

/// The values of an attribute for each choice, by place; `None` for the choice of nothing.
type Column = Vec<Option<Vec<String>>>;

/// The places of the choices that have each value.
fn classes(column: &Column) -> BTreeMap<&str, Vec<u16>> {
    let mut classes: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for (place, values) in (0..).zip(column) {
        for value in values.iter().flatten() {
            classes.entry(value).or_default().push(place);
        }
    }
    classes
}

fn column<'a>(
    node: &Node,
    form: &str,
    options: &'a [CustomOption],
    report: &mut Report,
) -> Option<(&'a CustomOption, Column)> {
    let text = fields::text(node, form, report)?;
    let Some((id, name)) = text.split_once('.') else {
        report.push(wrong_type(node, form, "attributes such as `cpu.socket`"));
        return None;
    };
    let option = condition::find(options, id, node.span, report)?;
    if !matches!(option.kind, OptionKind::One { .. }) {
        report.push(
            Diagnostic::new(
                Code::BadConstraint,
                node.span,
                format!("`{form}` compares options of which one is chosen, unlike `{id}`"),
            )
            .hint("write `if` and `then` instead"),
        );
        return None;
    }
    if !condition::is_attribute(option, name, node.span, report) {
        return None;
    }
    let mut column = Vec::new();
    for choice in option.choices() {
        column.push(match choice.attributes.get(name) {
            Some(Json::Array(items)) => Some(items.iter().map(plain).collect()),
            Some(value) => Some(vec![plain(value)]),
            None if choice.id == NONE => None,
            None => {
                report.push(lacking(option, &choice.id, name, node.span));
                return None;
            }
        });
    }
    Some((option, column))
}

/// That a choice lacks an attribute which a constraint needs of all.
pub(super) fn lacking(
    option: &CustomOption,
    choice: &str,
    name: &str,
    span: crate::diagnostic::Span,
) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownAttribute,
        span,
        format!("the choice `{choice}` of `{}` has no `{name}`", option.id),
    )
    .label("asks it of every choice")
    .hint(format!("add `{name}: …` to that choice"))
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
