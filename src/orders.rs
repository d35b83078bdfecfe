//! Orders of customized products, checked against the store's own files.
//!
//! In: the sources, an order as JSON, and what is known of its buyer. Out: a [`Verdict`]. It takes nothing in
//! an order for granted, and never writes.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value as Json;

use crate::{
    customizer::{self, Customizers, Verdict, View, audiences},
    decision::Variable,
    diagnostic::{Diagnostic, Diagnostics},
    explain::assign,
    load::{LoadOptions, load},
    model::{Product, Store},
    source::SourceTree,
};

/// Why an order was not looked at.
#[derive(Debug)]
pub enum NotVerified {
    /// The sources have errors.
    Problems(Diagnostics),
    /// A segment is named that does not exist.
    BadAssignment(Diagnostic),
}

/// Checks an order. `assignment` names the segments that its buyer has proven, by facet.
pub fn verify(
    tree: &Arc<SourceTree>,
    options: &LoadOptions,
    assignment: &BTreeMap<String, String>,
    order: &Json,
) -> Result<Verdict, NotVerified> {
    let mut diagnostics = Diagnostics::default();
    let store = load(tree, options, &mut diagnostics);
    let Some(store) = store.filter(|_| !diagnostics.has_errors()) else {
        diagnostics.sort();
        return Err(NotVerified::Problems(diagnostics));
    };
    let assigned = assign(&store, assignment).map_err(NotVerified::BadAssignment)?;
    let id = order.get("product").unwrap_or(&Json::Null);
    let product = id.as_str().and_then(|id| store.catalog.product(id));
    let Some(product) = product.filter(|product| product.customization.is_some()) else {
        return Ok(Verdict::refused(format!(
            "`product` is {id}, which is no product that buyers customize"
        )));
    };
    let default = |facet: Variable| store.facets.facet(facet).default;
    let proven = |facet: Variable| assigned.get(&facet).copied().unwrap_or(default(facet));
    let own = View::new(product, |facet, set| set.contains(proven(facet)));
    // What everyone may have needs no proof.
    let open = View::new(product, |facet, set| set.contains(default(facet)));
    let design = order.get("design").and_then(Json::as_str);
    let views: Vec<View<'_>> = own.into_iter().chain(open).collect();
    let is_wanted = |view: &&View<'_>| Some(&*view.design(&store.config)) == design;
    let view = match (views.iter().find(is_wanted), design) {
        (Some(view), _) => view,
        (None, Some(design)) => {
            return Ok(Verdict::refused(other_design(&store, product, design)));
        }
        (None, None) => &views[0],
    };
    Ok(match Customizers::default().cut(view, &store.config) {
        Ok(cut) => customizer::verify(order, view, &cut, &store.config),
        Err(problem) => Verdict::refused(problem.message),
    })
}

/// Whose design an order is for, if not for its buyer's.
fn other_design(store: &Store, product: &Product, design: &str) -> String {
    let all = audiences(product, &store.facets);
    let other = all
        .iter()
        .find(|it| it.view.design(&store.config) == design);
    match other {
        Some(audience) => {
            let visitors = audience.visitors.iter();
            let who = visitors.map(|(facet, set)| store.facets.describe(*facet, set));
            let who: Vec<String> = who.collect();
            format!(
                "the design `{design}` is for {}, and nothing proves that the buyer is; say so with `--as`",
                who.join(" ")
            )
        }
        None => format!(
            "there is no design `{design}`: options, prices or constraints were others when it was made"
        ),
    }
}
