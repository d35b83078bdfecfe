//! A view as JSON: what the page's script and the verifier on a server read.

use serde_json::{Map, Value as Json, json};

use super::View;
use crate::{
    constraints::{Comparison, Expression, Rule},
    digest::Digest,
    model::{Config, OptionKind},
};

/// Hexadecimal digits of a design's name.
const DESIGN_DIGITS: usize = 16;

impl View<'_> {
    /// The name of just these options, choices, constraints and prices: the digest of all that an order
    /// depends on. Titles are not among it.
    pub fn design(&self, config: &Config) -> String {
        let mut identity = self.essence(config);
        for constraint in ["constraints", "advice"] {
            identity.insert(constraint.into(), Json::Null);
        }
        let rules: Vec<Json> = self.problem.constraints.iter().map(rule).collect();
        identity.insert("rules".into(), rules.into());
        for option in identity["options"].as_array_mut().into_iter().flatten() {
            option["title"] = Json::Null;
            for choice in option["choices"].as_array_mut().into_iter().flatten() {
                choice["title"] = Json::Null;
            }
        }
        identity.insert("title".into(), Json::Null);
        identity.insert("locale".into(), Json::Null);
        let text = Json::Object(identity).to_string();
        Digest::of(text.as_bytes()).hex()[..DESIGN_DIGITS].to_owned()
    }

    /// All of it: with the name of the design, and the diagrams in base 64.
    pub fn payload(&self, config: &Config, design: &str, diagram: &str) -> Json {
        let mut payload = Map::new();
        payload.insert("design".into(), design.into());
        payload.extend(self.essence(config));
        payload.insert("diagram".into(), diagram.into());
        Json::Object(payload)
    }

    fn essence(&self, config: &Config) -> Map<String, Json> {
        let (least, most) = self.customization.quantity;
        let titled = |titles: &[crate::model::Constraint], rules: &[Rule]| -> Json {
            let both = titles.iter().zip(rules);
            // What is about others' choices only is not told.
            both.filter(|(_, of)| !is_void(of))
                .map(|(constraint, of)| json!({ "title": constraint.title, "rule": rule(of) }))
                .collect()
        };
        let prices: Vec<&[i64]> = (self.problem.variables.iter())
            .map(|variable| &*variable.prices)
            .collect();
        let Json::Object(essence) = json!({
            "product": self.product.id,
            "title": self.product.title,
            "currency": config.currency.code(),
            "digits": config.currency.exponent().unwrap_or(0),
            "locale": config.locale,
            "base": self.base,
            "quantity": { "least": least, "most": most },
            "options": self.options.iter().map(option).collect::<Vec<Json>>(),
            "prices": prices,
            "constraints": titled(&self.customization.constraints, &self.problem.constraints),
            "advice": titled(&self.customization.advice, &self.advice),
        }) else {
            unreachable!("braces make an object");
        };
        essence
    }
}

fn option(view: &super::ViewOption<'_>) -> Json {
    let mut json = json!({
        "id": view.option.id,
        "title": view.option.title,
        "variable": view.variable,
    });
    if let Some(default) = view.default {
        json["default"] = view.choices[default].id.as_str().into();
    }
    let choices: Vec<Json> = (view.choices.iter())
        .map(|choice| json!({ "id": choice.id, "title": choice.title }))
        .collect();
    match &view.option.kind {
        OptionKind::One { .. } => json["choices"] = choices.into(),
        OptionKind::Several { least, most, .. } => {
            json["least"] = (*least).into();
            json["most"] = (*most).into();
            json["choices"] = choices.into();
        }
        OptionKind::Text(text) => {
            json["text"] = json!({
                "longest": text.longest,
                "characters": text.characters,
                "each": view.price_each,
                "lines": text.lines,
            });
        }
        OptionKind::Image(image) => {
            json["image"] = json!({ "types": image.types, "largest": image.largest });
        }
    }
    json
}

/// Whether a constraint demands nothing of this visitor.
pub(super) fn is_void(rule: &Rule) -> bool {
    match rule {
        Rule::Expression(expression) => expression.known() == Some(true),
        Rule::Table(_) | Rule::Sum(_) => rule.constant() == Some(true),
    }
}

fn rule(rule: &Rule) -> Json {
    match rule {
        Rule::Table(table) => json!(["table", table.scope, table.tuples]),
        Rule::Expression(of) => expression(of),
        Rule::Sum(sum) => {
            let terms: Vec<Json> = (sum.terms.iter())
                .map(|term| json!([term.variable, term.weights]))
                .collect();
            let sign = match sum.comparison {
                Comparison::AtMost => "<=",
                Comparison::AtLeast => ">=",
                Comparison::Equal => "=",
            };
            json!(["sum", terms, sign, sum.bound])
        }
    }
}

fn expression(of: &Expression) -> Json {
    let listed = |name: &str, parts: &[Expression]| -> Json {
        let parts = parts.iter().map(expression);
        std::iter::once(name.into()).chain(parts).collect()
    };
    match of {
        Expression::In(variable, values) => json!(["in", variable, values]),
        Expression::Not(inner) => json!(["not", expression(inner)]),
        // One alone says the same.
        Expression::All(parts) | Expression::Any(parts) if parts.len() == 1 => {
            expression(&parts[0])
        }
        Expression::All(parts) => listed("all", parts),
        Expression::Any(parts) => listed("any", parts),
        Expression::Implies(premise, conclusion) => {
            json!(["if", expression(premise), expression(conclusion)])
        }
    }
}
