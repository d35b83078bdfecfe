//! Branching on the questions that were asked.
//!
//! A rendering starts with nothing assumed of the visitor; where it asks, it goes
//! on for the default visitor. Every other class of every question is a branch, which
//! is rendered with the answers up to there assumed. The texts of the leaves are the
//! variants; no two leaves are for the same visitor, and together they are for all.

use std::{collections::BTreeMap, sync::Arc};

use super::recorder::{self, ReadSet, Split};
use crate::{
    decision::{Box_, ValueSet, Variable},
    model::FacetSpace,
};

/// A text, with tokens in it, and the visitors who get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf<T> {
    /// The visitors.
    pub visitors: Box_,
    /// The text.
    pub text: T,
}

/// All renderings of one thing.
#[derive(Clone, Debug)]
pub struct Explored<T = Arc<str>> {
    /// Disjoint, and together for every visitor. The first is for the default visitor.
    pub leaves: Vec<Leaf<T>>,
    /// Every question about the visitor, of all renderings.
    pub splits: Vec<Split>,
    /// What the renderings read, in the order of the leaves.
    pub reads: Vec<Arc<ReadSet>>,
}

/// Why an exploration stopped.
#[derive(Clone, Debug)]
pub enum Stopped<E> {
    /// A rendering failed, for these visitors.
    Failed(E, Box_),
    /// There are more renderings than the limit; the facets that were asked for, each with the
    /// largest number of classes that one question told apart.
    TooMany(Vec<(Variable, usize)>),
}

/// Renders once for every different course of answers.
pub fn explore<T, E>(
    space: &FacetSpace,
    limit: usize,
    mut render: impl FnMut() -> Result<T, E>,
) -> Result<Explored<T>, Stopped<E>> {
    let mut explored = Explored {
        leaves: Vec::new(),
        splits: Vec::new(),
        reads: Vec::new(),
    };
    let mut open: Vec<Box_> = vec![Box_::new()];
    while let Some(assumed) = open.pop() {
        if explored.leaves.len() == limit {
            return Err(Stopped::TooMany(asked(&explored.splits)));
        }
        let (text, recording) = recorder::record(space, &assumed, &mut render);
        let text = text.map_err(|error| Stopped::Failed(error, assumed.clone()))?;
        explored.leaves.push(Leaf {
            visitors: recording.visitors,
            text,
        });
        explored.reads.push(Arc::new(recording.reads));
        // The last question's branches are taken first, so that neighbours in the tree are
        // rendered one after the other.
        let mut known: BTreeMap<Variable, ValueSet> = assumed.into_iter().collect();
        for split in recording.splits {
            for (place, class) in split.classes.iter().enumerate().rev() {
                if place != split.chosen {
                    let mut branch = known.clone();
                    branch.insert(split.facet, class.clone());
                    open.push(branch.into_iter().collect());
                }
            }
            known.insert(split.facet, split.classes[split.chosen].clone());
            explored.splits.push(split);
        }
    }
    Ok(explored)
}

fn asked(splits: &[Split]) -> Vec<(Variable, usize)> {
    let mut facets: BTreeMap<Variable, usize> = BTreeMap::new();
    for split in splits {
        let most = facets.entry(split.facet).or_default();
        *most = (*most).max(split.classes.len());
    }
    facets.into_iter().collect()
}
