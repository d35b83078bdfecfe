//! Two benchmarks of `CLib`, as transcribed into Java: domains and constraints are read off
//! the program text.

use std::{collections::BTreeMap, io::Read, path::Path};

use haberdash::{
    Comparison, Expression, Problem, Rule, Sum, Table, Term, Value, Variable, VariableId,
};

/// The PC, `PCKB.java`.
pub fn pc(path: &Path) -> Problem {
    let text = std::fs::read_to_string(path).unwrap();
    let domains: Vec<Vec<i64>> = (domains(&text).iter())
        .map(|(_, values)| values.iter().map(|value| value.parse().unwrap()).collect())
        .collect();
    let mut program = Program {
        domains,
        sums: BTreeMap::new(),
        rules: Vec::new(),
    };
    program.run(&text);
    Problem {
        variables: program
            .domains
            .iter()
            .map(|values| priced(values.len()))
            .collect(),
        constraints: program.rules,
    }
}

/// The car, `RenaultKB.java` with its tables.
pub fn renault(folder: &Path) -> Problem {
    let text = std::fs::read_to_string(folder.join("RenaultKB.java")).unwrap();
    let domains = domains(&text);
    let variables: BTreeMap<&str, VariableId> =
        domains.iter().map(|(name, _)| *name).zip(0..).collect();
    let values: Vec<BTreeMap<&str, Value>> = domains
        .iter()
        .map(|(_, values)| values.iter().copied().zip(0..).collect())
        .collect();
    let packed = std::fs::read(folder.join("renault.tar.xz")).unwrap();
    let mut archive = Vec::new();
    lzma_rs::xz_decompress(&mut packed.as_slice(), &mut archive).unwrap();
    let mut tables = BTreeMap::new();
    for entry in tar::Archive::new(archive.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        if !text.is_empty() {
            tables.insert(name, table(&text, &variables, &values));
        }
    }
    Problem {
        variables: domains
            .iter()
            .map(|(_, values)| priced(values.len()))
            .collect(),
        constraints: tables.into_values().map(Rule::Table).collect(),
    }
}

/// A line for each tuple: `Var1 = S64 and Var3 = M9 …`.
fn table(
    text: &str,
    variables: &BTreeMap<&str, VariableId>,
    values: &[BTreeMap<&str, Value>],
) -> Table {
    let mut table = Table::default();
    for line in text.lines().filter(|line| line.contains('=')) {
        let cells = line
            .split(" and ")
            .map(|cell| cell.split_once('=').unwrap());
        let (scope, tuple) = cells
            .map(|(variable, value)| {
                let variable = variables[variable.trim()];
                (variable, values[usize::from(variable)][value.trim()])
            })
            .unzip();
        assert!(
            table.scope.is_empty() || table.scope == scope,
            "a table has one scope"
        );
        table.scope = scope;
        table.tuples.push(tuple);
    }
    table
}

/// The benchmarks have no prices: a value costs its place.
fn priced(values: usize) -> Variable {
    Variable {
        prices: (0..values as i64).map(|place| place * 100).collect(),
    }
}

/// Names and values of the domains, from the builders' calls.
fn domains(text: &str) -> Vec<(&str, Vec<&str>)> {
    let between = |text: &'static str, end: &'static str| (text, end);
    let (name, values) = (
        between(".name(\"", "\")"),
        between(".values(List.of(", "))"),
    );
    let cut = |text: &'_ str, (start, end): (&str, &str)| -> Option<(usize, usize)> {
        let from = text.find(start)? + start.len();
        Some((from, from + text[from..].find(end)?))
    };
    let mut domains = Vec::new();
    for part in text.split("domainList.add(").skip(1) {
        let (from, to) = cut(part, name).unwrap();
        let (start, end) = cut(part, values).unwrap();
        let list = part[start..end]
            .split(',')
            .map(|value| value.trim().trim_matches('"'));
        domains.push((&part[from..to], list.collect()));
    }
    domains
}

/// The statements that post constraints.
struct Program {
    domains: Vec<Vec<i64>>,
    /// The summands of each array that is summed up.
    sums: BTreeMap<String, Vec<VariableId>>,
    rules: Vec<Rule>,
}

/// How many equations make one of the first constraint's rows.
const ROW: usize = 16;

impl Program {
    fn run(&mut self, text: &str) {
        let text = text
            .replace("((IntVariable)variableList.get(", "x")
            .replace(")).getChocoVar()", "")
            .replace("this.modelKB.", "");
        let start = text.find("defineConstraints(boolean").unwrap();
        let lines = text[start..]
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: String = lines.collect::<Vec<_>>().join(" ");
        let mut equations = Vec::new();
        for statement in code.split(';') {
            let statement = statement.trim();
            if let Some(equation) = cut(statement, "kbReqList.add(") {
                equations
                    .push(self.expression(&mut equation.trim_end_matches(')').to_owned().as_str()));
            } else if let Some((array, place)) = statement.split_once("] = x") {
                let array = array.split('[').next().unwrap().trim().to_owned();
                self.sums
                    .entry(array)
                    .or_default()
                    .push(place.parse().unwrap());
            } else if let Some(condition) = cut(statement, "chocoConstraint =") {
                let rule = self.rule(condition.trim(), &equations);
                self.rules.push(rule);
            }
        }
    }

    fn rule(&self, condition: &str, equations: &[Expression]) -> Rule {
        if condition.starts_with("or(configurationList") {
            let rows = equations
                .chunks(ROW)
                .map(|row| Expression::All(row.to_vec()));
            return Rule::Expression(Expression::Any(rows.collect()));
        }
        let arguments: Vec<&str> = condition.split([',', '(', ')']).map(str::trim).collect();
        if let ["arithm", variable, comparison, sum @ ("sum" | "sum2"), ..] = arguments[..] {
            let array = if sum == "sum" {
                "varsToBeAdded"
            } else {
                "varsToBeAdded2"
            };
            let term = |variable: VariableId, sign: i64| Term {
                variable,
                weights: self.domains[usize::from(variable)]
                    .iter()
                    .map(|value| value * sign)
                    .collect(),
            };
            let mut terms = vec![term(variable[1..].parse().unwrap(), 1)];
            terms.extend(self.sums[array].iter().map(|summand| term(*summand, -1)));
            let comparison = match comparison {
                "\"=\"" => Comparison::Equal,
                "\">=\"" => Comparison::AtLeast,
                other => panic!("a sum with {other}"),
            };
            return Rule::Sum(Sum {
                terms,
                comparison,
                bound: 0,
            });
        }
        Rule::Expression(self.expression(&mut { condition }))
    }

    /// Reads one expression off the front.
    fn expression(&self, text: &mut &str) -> Expression {
        let (name, rest) = text.split_once('(').unwrap();
        *text = rest;
        if name.trim() == "arithm" {
            let (arguments, rest) = rest.split_once(')').unwrap_or((rest, ""));
            *text = rest;
            let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
            return self.comparison(arguments[0], arguments[1].trim_matches('"'), arguments[2]);
        }
        let mut parts = Vec::new();
        loop {
            parts.push(self.expression(text));
            let next = text.find([',', ')']).unwrap();
            let more = text[next..].starts_with(',');
            *text = text[next + 1..].trim_start();
            if !more {
                break;
            }
        }
        match name.trim() {
            "and" => Expression::All(parts),
            "or" => Expression::Any(parts),
            "not" => Expression::Not(Box::new(parts.remove(0))),
            other => panic!("an expression with {other}"),
        }
    }

    /// A variable compared with a number or another variable.
    fn comparison(&self, left: &str, comparison: &str, right: &str) -> Expression {
        let holds = |a: i64, b: i64| match comparison {
            "=" => a == b,
            "<" => a < b,
            ">" => a > b,
            "<=" => a <= b,
            ">=" => a >= b,
            other => panic!("a comparison with {other}"),
        };
        let places = |variable: VariableId, test: &dyn Fn(i64) -> bool| {
            let values = self.domains[usize::from(variable)].iter().zip(0..);
            Expression::In(
                variable,
                values
                    .filter(|(v, _)| test(**v))
                    .map(|(_, place)| place)
                    .collect(),
            )
        };
        let left: VariableId = left[1..].parse().unwrap();
        let Some(right) = right.strip_prefix('x') else {
            let number: i64 = right.parse().unwrap();
            return places(left, &|value| holds(value, number));
        };
        let right: VariableId = right.parse().unwrap();
        let pairs = self.domains[usize::from(left)].iter().map(|a| {
            let same = places(left, &|value| value == *a);
            Expression::All(vec![same, places(right, &|b| holds(*a, b))])
        });
        Expression::Any(pairs.collect())
    }
}

/// What follows a prefix, wherever that begins.
fn cut<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.find(prefix).map(|at| &text[at + prefix.len()..])
}
