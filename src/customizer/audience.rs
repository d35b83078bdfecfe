//! Every view that a product has, and who has it.

use super::View;
use crate::{
    decision::{ValueSet, Variable},
    model::{FacetSpace, Product},
};

/// More groups of visitors than any product tells apart on purpose.
const MOST: usize = 10_000;

/// Visitors who have the same view of a product.
#[derive(Clone, Debug)]
pub struct Audience<'a> {
    /// In one of these segments of each named facet; in any of the others.
    pub visitors: Vec<(Variable, ValueSet)>,
    /// What they may choose.
    pub view: View<'a>,
}

/// Who has which view of a product, those of whom nothing is known first: every combination of answers to
/// the questions that the view asks. Empty if buyers do not shape the product.
pub fn audiences<'a>(product: &'a Product, facets: &FacetSpace) -> Vec<Audience<'a>> {
    let mut audiences = Vec::new();
    // The answers on the way to the next view; those behind them are the default visitor's.
    let mut answers: Vec<bool> = Vec::new();
    loop {
        let mut asked = 0;
        let mut flips: Vec<bool> = Vec::new();
        let mut visitors: Vec<(Variable, ValueSet)> = Vec::new();
        let view = View::new(product, |facet, set| {
            let place = visitors.iter().position(|(known, _)| *known == facet);
            let place = place.unwrap_or_else(|| {
                visitors.push((facet, ValueSet::full(facets.facet(facet).len())));
                visitors.len() - 1
            });
            let possible = visitors[place].1.clone();
            let (inside, outside) = (possible.intersection(set), possible.difference(set));
            if inside.is_empty() || outside.is_empty() {
                return outside.is_empty();
            }
            let usual = inside.contains(facets.facet(facet).default);
            let answer = answers.get(asked).copied().unwrap_or(usual);
            flips.push(answer == usual);
            asked += 1;
            visitors[place].1 = if answer { inside } else { outside };
            if answers.len() < asked {
                answers.push(answer);
            }
            answer
        });
        let Some(view) = view else {
            return audiences;
        };
        visitors.retain(|(facet, set)| set.len() < usize::from(facets.facet(*facet).len()));
        visitors.sort_by_key(|(facet, _)| *facet);
        audiences.push(Audience { visitors, view });
        // The last question whose other answer was not yet followed.
        let Some(last) = flips.iter().rposition(|is_usual| *is_usual) else {
            return audiences;
        };
        if audiences.len() == MOST {
            return audiences;
        }
        answers.truncate(last + 1);
        answers[last] = !answers[last];
    }
}
