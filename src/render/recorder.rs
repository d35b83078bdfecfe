//! What a rendering asked: the read set.
//!
//! Every function that templates call notes its question here. Questions about
//! the visitor ([`ask_visitor`]) also decide the course of the exploration: a
//! rendering starts with what is assumed of the visitor, an answer narrows it, and
//! the answers not given are where [`super::explore`] goes next.
//!
//! Renderings nest: a fragment is rendered in the middle of a page. Each has a frame
//! of its own on a stack, so that its questions are the same whoever asks for it; an
//! answer that the inner frame does not know comes from the frame below.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Serialize;

use crate::{
    decision::{Box_, ValueSet, Variable},
    diagnostic::{Diagnostic, FileId},
    digest::Digest,
    model::FacetSpace,
};

/// A line that asked a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// A template or a document.
    pub file: FileId,
    /// From 1; 0 for the file as a whole.
    pub line: u32,
}

/// What kind of thing was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// The definition of a facet, not the visitor's answer to it.
    Facet,
    /// A product's fields.
    Product,
    /// What a product costs.
    Price,
    /// How a product can be shaped.
    Customizer,
    /// The ids of some products.
    Products,
    /// A collection's fields.
    Collection,
    /// All collections.
    Collections,
    /// A named list or an item of one.
    List,
    /// A document's fields.
    Page,
    /// Which documents there are.
    Pages,
    /// Tags of documents.
    Tags,
    /// A text.
    Body,
    /// A file.
    File,
    /// A picture, with the sizes asked for.
    Picture,
    /// A template.
    Template,
}

/// Something that a rendering asked for beyond its own subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Question {
    /// What kind of thing.
    pub topic: Topic,
    /// Which one.
    pub name: String,
}

/// The answer to a [`Question`], and who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Equal answers have equal digests; `None` for what does not exist.
    pub digest: Option<Digest>,
    /// The lines that asked.
    pub sites: BTreeSet<Site>,
}

/// The questions of one rendering, not about the visitor, with digests of their answers.
#[derive(Clone, Debug, Default)]
pub struct ReadSet {
    /// Asked by the rendering itself.
    pub own: BTreeMap<Question, Answer>,
    /// Asked by the fragments in it.
    pub fragments: Vec<Arc<ReadSet>>,
}

/// A question about the visitor whose answer divides visitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The facet.
    pub facet: Variable,
    /// The groups of segments that the question tells apart, among those still possible.
    pub classes: Vec<ValueSet>,
    /// The group for which the rendering went on.
    pub chosen: usize,
    /// The line that asked.
    pub site: Site,
}

/// What came of one rendering besides its text.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The visitors who get this text.
    pub visitors: Box_,
    /// Questions about the visitor, in the order asked.
    pub splits: Vec<Split>,
    /// All other questions.
    pub reads: ReadSet,
}

/// One rendering in progress.
struct Frame {
    /// By facet, the segments still possible; `None` stands for all.
    possible: Vec<Option<ValueSet>>,
    splits: Vec<Split>,
    reads: ReadSet,
}

#[derive(Default)]
struct Session {
    frames: Vec<Frame>,
    /// The first problem of this rendering; Tera's own errors carry only text.
    problem: Option<Diagnostic>,
    /// Keys of the fragments being rendered, outermost first.
    fragments: Vec<Digest>,
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::default();
}

fn with<R>(f: impl FnOnce(&mut Session) -> R) -> R {
    SESSION.with_borrow_mut(f)
}

/// Runs a rendering for the visitors of `assumed` and returns what it asked.
pub fn record<R>(space: &FacetSpace, assumed: &Box_, render: impl FnOnce() -> R) -> (R, Recording) {
    /// Drops the frame even if the rendering panics, so that a thread of the pool stays clean.
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            with(|session| {
                session
                    .frames
                    .truncate(session.frames.len().saturating_sub(1));
            });
        }
    }

    let mut possible = vec![None; space.facets.len()];
    for (variable, set) in assumed {
        possible[usize::from(*variable)] = Some(set.clone());
    }
    let frame = Frame {
        possible,
        splits: Vec::new(),
        reads: ReadSet::default(),
    };
    with(|session| session.frames.push(frame));
    let pop = Pop;
    let result = render();
    let frame = with(|session| {
        let frame = session
            .frames
            .last_mut()
            .expect("the frame was pushed above");
        Frame {
            possible: std::mem::take(&mut frame.possible),
            splits: std::mem::take(&mut frame.splits),
            reads: std::mem::take(&mut frame.reads),
        }
    });
    drop(pop);
    let visitors = frame
        .possible
        .into_iter()
        .enumerate()
        .filter_map(|(variable, set)| Some((variable as Variable, set?)))
        .collect();
    (
        result,
        Recording {
            visitors,
            splits: frame.splits,
            reads: frame.reads,
        },
    )
}

/// In which of the `classes` of segments the visitor is. The classes are disjoint and together
/// have every segment of the facet.
///
/// Outside any rendering the answer is the class of the default segment.
pub fn ask_visitor(space: &FacetSpace, facet: Variable, classes: &[ValueSet], site: Site) -> usize {
    let depth = with(|session| session.frames.len());
    ask_at(depth, space, facet, classes, site)
}

fn ask_at(
    depth: usize,
    space: &FacetSpace,
    facet: Variable,
    classes: &[ValueSet],
    site: Site,
) -> usize {
    let default = space.facet(facet).default;
    if depth == 0 {
        return classes
            .iter()
            .position(|class| class.contains(default))
            .or_else(|| classes.iter().position(|class| !class.is_empty()))
            .expect("the classes cover all segments");
    }
    let live: Vec<(usize, ValueSet)> = with(|session| {
        let possible = &session.frames[depth - 1].possible[usize::from(facet)];
        classes
            .iter()
            .enumerate()
            .map(|(place, class)| match possible {
                Some(possible) => (place, class.intersection(possible)),
                None => (place, class.clone()),
            })
            .filter(|(_, class)| !class.is_empty())
            .collect()
    });
    if let [(only, _)] = live[..] {
        return only;
    }
    let sets: Vec<ValueSet> = live.iter().map(|(_, set)| set.clone()).collect();
    let chosen = ask_at(depth - 1, space, facet, &sets, site);
    with(|session| {
        let frame = &mut session.frames[depth - 1];
        frame.possible[usize::from(facet)] = Some(sets[chosen].clone());
        frame.splits.push(Split {
            facet,
            classes: sets,
            chosen,
            site,
        });
    });
    live[chosen].0
}

/// Whether the visitor is in one of the segments.
pub fn visitor_is_in(space: &FacetSpace, facet: Variable, segments: &ValueSet, site: Site) -> bool {
    let all = ValueSet::full(space.facet(facet).len());
    let classes = [all.intersection(segments), all.difference(segments)];
    ask_visitor(space, facet, &classes, site) == 0
}

/// Notes a question that is not about the visitor.
pub fn note(topic: Topic, name: impl Into<String>, digest: Option<Digest>, site: Site) {
    with(|session| {
        if let Some(frame) = session.frames.last_mut() {
            let question = Question {
                topic,
                name: name.into(),
            };
            frame
                .reads
                .own
                .entry(question)
                .or_insert_with(|| Answer {
                    digest,
                    sites: BTreeSet::new(),
                })
                .sites
                .insert(site);
        }
    });
}

/// Notes all that a fragment asked.
pub fn note_fragment(reads: &Arc<ReadSet>) {
    with(|session| {
        if let Some(frame) = session.frames.last_mut() {
            frame.reads.fragments.push(Arc::clone(reads));
        }
    });
}

/// Keeps a problem for [`take_problem`], unless one is kept already.
pub fn fail(problem: Diagnostic) {
    with(|session| {
        session.problem.get_or_insert(problem);
    });
}

/// The first problem since the last call.
pub fn take_problem() -> Option<Diagnostic> {
    with(|session| session.problem.take())
}

/// So much stack, in bytes, one rendering may need; so much more is taken where less is left.
const STACK_LEFT: usize = 512 << 10;
const STACK_MORE: usize = 4 << 20;

/// How deep fragments may nest. One that contains itself with other arguments each time would never end.
const DEEPEST: usize = 32;

/// Runs the rendering of a fragment, unless that fragment is being rendered already or is
/// nested too deep.
pub fn guard_cycle<R>(key: Digest, render: impl FnOnce() -> R) -> Option<R> {
    let is_cycle = with(|session| {
        let is_cycle = session.fragments.contains(&key) || session.fragments.len() >= DEEPEST;
        session.fragments.push(key);
        is_cycle
    });
    // A rendering within a rendering takes much of a thread's stack.
    let result = (!is_cycle).then(|| stacker::maybe_grow(STACK_LEFT, STACK_MORE, render));
    with(|session| session.fragments.pop());
    result
}

impl ReadSet {
    /// All questions, those of fragments too.
    pub fn flatten(&self) -> BTreeMap<Question, Answer> {
        let mut all = self.own.clone();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&Arc<Self>> = self.fragments.iter().collect();
        while let Some(reads) = open.pop() {
            if !seen.insert(Arc::as_ptr(reads)) {
                continue;
            }
            for (question, answer) in &reads.own {
                all.entry(question.clone())
                    .or_insert_with(|| Answer {
                        digest: answer.digest,
                        sites: BTreeSet::new(),
                    })
                    .sites
                    .extend(&answer.sites);
            }
            open.extend(&reads.fragments);
        }
        all
    }
}
