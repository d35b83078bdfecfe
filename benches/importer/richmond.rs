//! A feature model (the XML of `FeatureIDE`) of a shop that builds PCs.
//!
//! Each child of the root is a group: its choices are its leaves, and `none` if it is not
//! mandatory. A constraint that names an inner feature means any leaf below it.

use std::{collections::BTreeMap, path::Path};

use haberdash::{Expression, Problem, Rule, Value, Variable, VariableId};
use roxmltree::Node;

/// Reads the model.
pub fn read(path: &Path) -> Problem {
    let text = std::fs::read_to_string(path).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let find = |name| {
        document
            .descendants()
            .find(|node| node.has_tag_name(name))
            .unwrap()
    };
    let root = find("struct").first_element_child().unwrap();
    let mut features = BTreeMap::new();
    let mut problem = Problem::default();
    for group in root.children().filter(is_feature) {
        let variable = problem.variables.len() as VariableId;
        let mut prices = Vec::new();
        if group.attribute("mandatory").is_none() {
            prices.push(0);
        }
        add(group, variable, &mut prices, &mut features);
        problem.variables.push(Variable { prices });
    }
    let rules = find("constraints").children().filter(Node::is_element);
    problem.constraints = rules
        .map(|rule| Rule::Expression(expression(rule.first_element_child().unwrap(), &features)))
        .collect();
    problem
}

fn is_feature(node: &Node) -> bool {
    node.is_element() && !node.has_tag_name("attribute")
}

/// The leaves of a feature, by its name; each leaf is a value.
fn add(
    feature: Node,
    variable: VariableId,
    prices: &mut Vec<i64>,
    features: &mut BTreeMap<String, (VariableId, Vec<Value>)>,
) {
    let first = prices.len();
    let mut children = feature.children().filter(is_feature).peekable();
    if children.peek().is_none() {
        let price = feature
            .children()
            .find_map(|child| child.attribute("value"));
        let euros: f64 = price.map_or(0.0, |price| price.parse().unwrap());
        prices.push((euros * 100.0).round() as i64);
    }
    children.for_each(|child| add(child, variable, prices, features));
    let leaves = (first..prices.len()).map(|value| value as Value).collect();
    features.insert(
        feature.attribute("name").unwrap().to_owned(),
        (variable, leaves),
    );
}

fn expression(node: Node, features: &BTreeMap<String, (VariableId, Vec<Value>)>) -> Expression {
    let children = node.children().filter(Node::is_element);
    let mut parts: Vec<Expression> = children.map(|child| expression(child, features)).collect();
    match node.tag_name().name() {
        "var" => {
            let (variable, leaves) = &features[node.text().unwrap()];
            Expression::In(*variable, leaves.clone())
        }
        "not" => Expression::Not(Box::new(parts.remove(0))),
        "conj" => Expression::All(parts),
        "disj" => Expression::Any(parts),
        "imp" => {
            let conclusion = parts.pop().unwrap();
            Expression::Implies(Box::new(parts.remove(0)), Box::new(conclusion))
        }
        other => panic!("a constraint with {other}"),
    }
}
