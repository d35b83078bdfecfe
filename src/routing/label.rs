//! Names of variants.

use std::fmt::Write;

use crate::{
    decision::{Diagrams, NodeId},
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
    // Of all visitors who get a variant, the one who had to show the least: no signature if
    // possible, then the fewest segments.
    let mut shown: Vec<(bool, usize)> = vec![(true, usize::MAX); count];
    shown[0] = (false, 0);
    for (visitors, variant) in diagrams.paths(root) {
        let told = visitors.iter().filter_map(|(facet, set)| {
            let facet = space.facet(*facet);
            let segment = set.first().expect("a path's sets are not empty");
            (!set.contains(facet.default)).then_some((facet, segment))
        });
        let told: Vec<_> = told.collect();
        let is_gated = told.iter().any(|(facet, _)| facet.gated);
        let place = variant as usize;
        if (is_gated, told.len()) >= shown[place] {
            continue;
        }
        shown[place] = (is_gated, told.len());
        let mut text = String::new();
        for (facet, segment) in told {
            if !text.is_empty() {
                text.push('~');
            }
            let id = &facet.segments[usize::from(segment)].id;
            let _ = write!(text, "{}.{id}", facet.id);
        }
        labels[place] = Some(Label { text, is_gated });
    }
    labels
        .into_iter()
        .map(|label| label.expect("every variant is on a path"))
        .collect()
}
