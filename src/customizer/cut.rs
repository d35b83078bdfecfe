//! [`Cut`]: a view, compiled.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use dashmap::DashMap;
use serde_json::Value as Json;

use super::View;
use crate::{
    constraints::{self, Compiled, Limits, TooLarge, compile, encode},
    decision::{ValueSet, Variable},
    diagnostic::{Code, Diagnostic, Span},
    model::{Config, Money, Product, Store},
};

/// A view that was compiled.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The name of these options, choices, constraints and prices.
    pub design: String,
    /// How many designs there are, in decimal digits.
    pub designs: String,
    /// What the cheapest and the dearest design cost, in minor units; texts at their shortest and longest.
    pub totals: (i64, i64),
    /// What the page's script reads.
    pub payload: Json,
}

/// What was compiled in this build, by design.
#[derive(Debug, Default)]
pub struct Customizers {
    cuts: DashMap<String, Result<Arc<Cut>, Diagnostic>>,
}

impl Customizers {
    /// A view, compiled: once for all visitors who have the same.
    pub fn cut(&self, view: &View<'_>, config: &Config) -> Result<Arc<Cut>, Diagnostic> {
        let design = view.design(config);
        // Two threads may compile the same; neither waits for the other within another's rendering.
        if let Some(known) = self.cuts.get(&design) {
            return known.clone();
        }
        let cut = cut(view, config, &design).map(Arc::new);
        self.cuts.insert(design, cut.clone());
        cut
    }
}

impl Customizers {
    /// What the cheapest design costs a visitor. `None` if buyers do not shape the product, or there is no
    /// design.
    pub fn cheapest(
        &self,
        product: &Product,
        config: &Config,
        is_in: impl FnMut(Variable, &ValueSet) -> bool,
    ) -> Option<Money> {
        let view = View::new(product, is_in)?;
        let cut = self.cut(&view, config).ok()?;
        Some(Money {
            minor: cut.totals.0,
            currency: config.currency,
        })
    }

    /// The same for a visitor of whom nothing is known.
    pub fn cheapest_for_all(&self, product: &Product, store: &Store) -> Option<Money> {
        self.cheapest(product, &store.config, |facet, set| {
            set.contains(store.facets.facet(facet).default)
        })
    }
}

fn cut(view: &View<'_>, config: &Config, design: &str) -> Result<Cut, Diagnostic> {
    let compiled = compiled(view)?;
    let choices = vec![None; view.problem.variables.len()];
    let cheapest =
        |variables: &[constraints::Variable]| compiled.answer(variables, &choices).cheapest;
    let negated: Vec<constraints::Variable> = (view.problem.variables.iter())
        .map(|variable| constraints::Variable {
            prices: variable.prices.iter().map(|price| -price).collect(),
        })
        .collect();
    let totals = cheapest(&view.problem.variables).zip(cheapest(&negated));
    let (least, most) = totals.ok_or_else(|| no_design(view))?;
    let texts: i64 = (view.options.iter())
        .filter_map(|option| match &option.option.kind {
            crate::model::OptionKind::Text(text) => {
                Some(option.price_each.max(0) * i64::from(text.longest))
            }
            _ => None,
        })
        .sum();
    let diagram = STANDARD.encode(encode(&compiled));
    Ok(Cut {
        design: design.to_owned(),
        designs: compiled.configurations(&choices).to_string(),
        totals: (view.base + least, view.base - most + texts),
        payload: view.payload(config, design, &diagram),
    })
}

/// The diagrams of a view, or why there are none.
pub(super) fn compiled(view: &View<'_>) -> Result<Compiled, Diagnostic> {
    let is_false = |rule: &crate::constraints::Rule| rule.constant() == Some(false);
    if view.problem.constraints.iter().any(is_false) || view.problem.variables.is_empty() {
        return Err(no_design(view));
    }
    compile(&view.problem, &Limits::default()).map_err(|error| too_large(view, &error))
}

/// That no design meets all constraints.
pub(super) fn no_design(view: &View<'_>) -> Diagnostic {
    Diagnostic::new(
        Code::NoValidDesign,
        view.customization.span,
        format!("no design of `{}` meets all constraints", view.product.id),
    )
}

fn too_large(view: &View<'_>, error: &TooLarge) -> Diagnostic {
    let constraints = &view.customization.constraints;
    let heavy = error.heaviest.iter().filter_map(|id| constraints.get(*id));
    let heavy: Vec<&crate::model::Constraint> = heavy.take(3).collect();
    let span: Span = heavy.first().map_or(view.customization.span, |it| it.span);
    let titles: Vec<String> = heavy.iter().map(|it| format!("`{}`", it.title)).collect();
    Diagnostic::new(
        Code::CustomizerTooLarge,
        span,
        format!(
            "the constraints of `{}` grow into more than {} nodes",
            view.product.id, error.nodes
        ),
    )
    .label(format!("the heaviest: {}", titles.join(", ")))
    .hint(
        "write the numbers of sums in larger units, or let constraints name fewer options at once",
    )
}
