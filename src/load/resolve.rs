//! Names of products to products, when all files are read.

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{catalog::Known, report::Report},
    model::Catalog,
};

/// Finds the members of collections, and reports names that the catalog does not have.
pub(super) fn resolve(catalog: &mut Catalog, known: &Known, report: &mut Report) {
    for (id, span) in &known.listed {
        // A draft may be listed before it is shown.
        if catalog.product(id).is_none() && !known.inactive.contains(id) {
            report.push(unknown_product(id, *span, catalog));
        }
    }
    for (id, span) in std::mem::take(&mut report.products) {
        if catalog.product(&id).is_some() {
            continue;
        }
        let diagnostic = unknown_product(&id, span, catalog);
        report.push(if known.inactive.contains(&id) {
            diagnostic.hint("it is a draft or archived; give it `status: active`")
        } else {
            diagnostic
        });
    }
    let members: Vec<_> = catalog
        .collections
        .iter()
        .map(|collection| {
            collection
                .selection
                .map(|selection| selection.select(catalog))
        })
        .collect();
    for (collection, members) in catalog.collections.iter_mut().zip(members) {
        collection.members = members;
    }
}

fn unknown_product(id: &str, span: Span, catalog: &Catalog) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownProduct,
        span,
        format!("the catalog has no product `{id}`"),
    )
    .label("unknown product")
    .did_you_mean(id, catalog.products.iter().map(|product| &*product.id))
}
