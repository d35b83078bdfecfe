//! Parts: texts that are rendered once and shown in many places.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use dashmap::DashMap;

use super::{
    explore::Explored,
    recorder::{self, ReadSet, Recording, Site},
};
use crate::{
    decision::{ValueSet, Variable},
    diagnostic::Diagnostic,
    digest::Digest,
    model::FacetSpace,
};

/// Texts by the digest of their content.
#[derive(Default)]
pub(super) struct Parts {
    texts: DashMap<Digest, Arc<str>>,
    fragments: DashMap<Digest, Course>,
    regions: DashMap<Digest, Arc<Region>>,
}

/// A region as it is called: its template and arguments.
pub(super) struct Region {
    /// Its name, without folder and extension.
    pub(super) name: String,
    pub(super) arguments: tera::Map,
    /// Where it was first called.
    pub(super) site: Site,
    pub(super) explored: OnceLock<Result<Arc<Explored>, Diagnostic>>,
}

/// What is known of a fragment: a decision tree over the questions it asks.
enum Course {
    /// Not rendered for these visitors yet.
    Unknown,
    /// It asks about the visitor.
    Ask {
        facet: Variable,
        site: Site,
        classes: Vec<(ValueSet, Course)>,
    },
    /// Its text and what it read.
    Text(Digest, Arc<ReadSet>),
}

impl Parts {
    /// Keeps a text and gives its digest.
    pub(super) fn keep(&self, text: String) -> Digest {
        let digest = Digest::of(text.as_bytes());
        self.texts.entry(digest).or_insert_with(|| text.into());
        digest
    }

    pub(super) fn text(&self, digest: Digest) -> Arc<str> {
        Arc::clone(
            &self
                .texts
                .get(&digest)
                .expect("only kept texts have tokens"),
        )
    }

    /// How many distinct fragments and how many renderings of regions there are.
    pub(super) fn count(&self) -> usize {
        let regions = self.regions.iter().filter_map(|region| {
            let explored = region.explored.get()?.as_ref().ok()?;
            Some(explored.leaves.len())
        });
        self.texts.len() + regions.sum::<usize>()
    }

    /// The text of a fragment for the visitor of the rendering in progress. It is rendered if no
    /// rendering with the same answers to its questions has been.
    pub(super) fn fragment<E>(
        &self,
        space: &FacetSpace,
        key: Digest,
        render: impl FnOnce() -> Result<String, E>,
    ) -> Result<Digest, E> {
        if let Some((digest, reads)) = self.lookup(space, key) {
            recorder::note_fragment(&reads);
            return Ok(digest);
        }
        // No lock is held while rendering. Two threads may render the same text; it is kept once.
        let (text, Recording { splits, reads, .. }) = recorder::record(space, &Vec::new(), render);
        let digest = self.keep(text?);
        let reads = Arc::new(reads);
        let mut root = self.fragments.entry(key).or_insert(Course::Unknown);
        let mut at: &mut Course = &mut root;
        for split in splits {
            if matches!(at, Course::Unknown) {
                let classes = split
                    .classes
                    .into_iter()
                    .map(|set| (set, Course::Unknown))
                    .collect();
                *at = Course::Ask {
                    facet: split.facet,
                    site: split.site,
                    classes,
                };
            }
            let Course::Ask { classes, .. } = at else {
                unreachable!("the same answers lead to the same questions")
            };
            at = &mut classes[split.chosen].1;
        }
        if matches!(at, Course::Unknown) {
            *at = Course::Text(digest, Arc::clone(&reads));
        }
        drop(root);
        recorder::note_fragment(&reads);
        Ok(digest)
    }

    fn lookup(&self, space: &FacetSpace, key: Digest) -> Option<(Digest, Arc<ReadSet>)> {
        let root = self.fragments.get(&key)?;
        let mut at: &Course = &root;
        loop {
            match at {
                Course::Unknown => return None,
                Course::Text(digest, reads) => return Some((*digest, Arc::clone(reads))),
                Course::Ask {
                    facet,
                    site,
                    classes,
                } => {
                    let mut sets: Vec<ValueSet> =
                        classes.iter().map(|(set, _)| set.clone()).collect();
                    // The classes cover what is still possible here, not the whole facet; what
                    // is impossible here is impossible for who asks as well.
                    let covered: ValueSet = sets.iter().flat_map(ValueSet::iter).collect();
                    let rest = ValueSet::full(space.facet(*facet).len()).difference(&covered);
                    if !rest.is_empty() {
                        sets.push(rest);
                    }
                    at = &classes[recorder::ask_visitor(space, *facet, &sets, *site)].1;
                }
            }
        }
    }

    /// Keeps a region's call and gives its key.
    pub(super) fn region(&self, name: &str, arguments: tera::Map, site: Site) -> Digest {
        let key = call_key("region", name, &arguments);
        self.regions.entry(key).or_insert_with(|| {
            Arc::new(Region {
                name: name.to_owned(),
                arguments,
                site,
                explored: OnceLock::new(),
            })
        });
        key
    }

    pub(super) fn find_region(&self, key: Digest) -> Arc<Region> {
        Arc::clone(
            &self
                .regions
                .get(&key)
                .expect("only kept regions have tokens"),
        )
    }
}

/// Equal for calls of one thing with equal arguments, in whatever order they are written.
pub(super) fn call_key(kind: &str, name: &str, arguments: &tera::Map) -> Digest {
    let sorted: BTreeMap<String, &tera::Value> = arguments
        .iter()
        .map(|(key, value)| (key.to_string(), value))
        .collect();
    let arguments = serde_json::to_vec(&sorted).expect("template values are serializable");
    Digest::of_parts([kind.as_bytes(), name.as_bytes(), &arguments])
}
