//! Names of variants.

use std::fmt::Write;

use crate::{
    decision::{Diagrams, NodeId, ValueSet},
    model::FacetSpace,
};

/// The name of one variant of a route: the non-default segments of one visitor who gets it.
///
/// Two variants of a route have different labels, because each visitor gets just one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Label {
    /// `loyalty.gold~team.lions`; empty for the default variant.
    pub text: String,
    /// Whether every visitor who gets it has proven a segment of a gated facet.
    pub is_gated: bool,
}

/// The labels of a route's variants, by their places, which are the diagram's terminals.
pub fn labels(space: &FacetSpace, diagrams: &Diagrams, root: NodeId, count: usize) -> Vec<Label> {
    let mut labels: Vec<Option<Label>> = vec![None; count];
    labels[0] = Some(Label::default());
    let paths = diagrams.paths(root);
    for (visitors, variant) in &paths {
        let slot = &mut labels[*variant as usize];
        if slot.is_some() {
            continue;
        }
        let mut text = String::new();
        for (facet, set) in visitors {
            let facet = space.facet(*facet);
            if set.contains(facet.default) {
                continue;
            }
            let segment = set.first().expect("a path's sets are not empty");
            if !text.is_empty() {
                text.push('~');
            }
            let _ = write!(
                text,
                "{}.{}",
                facet.id,
                facet.segments[usize::from(segment)].id
            );
        }
        *slot = Some(Label {
            text,
            is_gated: false,
        });
    }
    let mut labels: Vec<Label> = labels
        .into_iter()
        .map(|label| label.expect("every variant is on a path"))
        .collect();
    for (variant, label) in labels.iter_mut().enumerate().skip(1) {
        let mut own = paths.iter().filter(|(_, to)| *to as usize == variant);
        // Who gets it without a signature: a visitor whose gated facets are all at their default.
        label.is_gated = !own.any(|(visitors, _)| {
            visitors.iter().all(|(facet, set): &(u16, ValueSet)| {
                let facet = space.facet(*facet);
                !facet.gated || set.contains(facet.default)
            })
        });
    }
    labels
}
