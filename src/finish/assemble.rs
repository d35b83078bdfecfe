//! Page = skeleton × regions.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::Finisher;
use crate::{
    decision::{Box_, Diagrams, NodeId, Variable},
    diagnostic::{Code, Diagnostic, Span},
    digest::Digest,
    model::{FacetSpace, Store},
    plan::Route,
    render::{Explored, Piece, Split, Token, World, pieces},
};

/// How deep regions may nest. One that contains itself with other arguments each time would
/// never end.
const DEEPEST: usize = 32;

/// A route with all its variants as final text.
#[derive(Debug)]
pub struct FinishedRoute {
    /// Whole pages, no two alike. The first is the default visitor's.
    pub variants: Vec<Arc<str>>,
    /// Which visitor gets which; terminals are places in `variants`.
    pub diagrams: Diagrams,
    /// The root in `diagrams`.
    pub root: NodeId,
    /// Renderings whose text came out equal to another's.
    pub merged: usize,
    /// Renderings of the skeleton.
    pub renderings: usize,
    /// Questions about the visitor, of the skeleton and of regions.
    pub splits: Vec<Split>,
    /// Keys of the regions in it, in order.
    pub regions: Vec<Digest>,
}

/// A text with the holes in it filled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Whole {
    /// Place in the assembly's texts.
    text: u32,
    /// In the order of the holes.
    regions: Vec<(Digest, u32)>,
}

/// The building of one route.
struct Assembly<'a> {
    finisher: &'a Finisher,
    world: &'a Arc<World>,
    diagrams: Diagrams,
    /// Final texts of skeletons and regions, no two alike.
    texts: Vec<Arc<str>>,
    known_texts: HashMap<Arc<str>, u32>,
    wholes: Vec<Whole>,
    known: HashMap<Whole, u32>,
    /// What each region comes to, by key.
    regions: Vec<(Digest, NodeId)>,
    splits: Vec<Split>,
    /// Keys of the regions being filled, outermost first.
    open: Vec<Digest>,
    limit: usize,
}

/// Why a route cannot be assembled.
enum Failed {
    Problem(Diagnostic),
    TooMany,
}

impl From<Diagnostic> for Failed {
    fn from(problem: Diagnostic) -> Self {
        Self::Problem(problem)
    }
}

impl Finisher {
    /// Puts the skeletons of a route and the regions in them together.
    pub fn assemble(
        &self,
        store: &Store,
        route: &Route,
        span: Span,
        skeleton: &Explored,
    ) -> Result<FinishedRoute, Diagnostic> {
        let limit = store.config.max_variants;
        let mut assembly = Assembly {
            finisher: self,
            world: &self.world,
            diagrams: Diagrams::new(store.facets.domains()),
            texts: Vec::new(),
            known_texts: HashMap::new(),
            wholes: Vec::new(),
            known: HashMap::new(),
            regions: Vec::new(),
            splits: skeleton.splits.clone(),
            open: Vec::new(),
            // Combinations on the way to a page may be more than the pages.
            limit: limit.saturating_mul(256).max(65_536),
        };
        let renderings = skeleton.leaves.len();
        let too_many = |splits: &[Split], count: Option<usize>, regions: &[(Digest, NodeId)]| {
            too_many_variants(store, &self.world, route, span, splits, count, regions)
        };
        let texts = self.leaves(skeleton, span);
        let root = match assembly.explored(skeleton, &texts) {
            Ok(root) => root,
            Err(Failed::Problem(problem)) => {
                return Err(problem.note(format!("while rendering `{}`", route.path)));
            }
            Err(Failed::TooMany) => {
                return Err(too_many(&assembly.splits, None, &assembly.regions));
            }
        };
        let paths = assembly.diagrams.paths(root);
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut texts: HashMap<Arc<str>, u32> = HashMap::new();
        let mut variants: Vec<Arc<str>> = Vec::new();
        // The default visitor's text is the first.
        let default = assembly
            .diagrams
            .evaluate(root, |facet| store.facets.facet(facet).default);
        for whole in std::iter::once(default).chain(paths.iter().map(|(_, whole)| *whole)) {
            if places.contains_key(&whole) {
                continue;
            }
            let text: Arc<str> = assembly.text(whole).into();
            let place = *texts.entry(Arc::clone(&text)).or_insert_with(|| {
                variants.push(text);
                variants.len() as u32 - 1
            });
            places.insert(whole, place);
            if variants.len() > limit {
                let count = Some(paths.len());
                return Err(too_many(&assembly.splits, count, &assembly.regions));
            }
        }
        let Assembly {
            mut diagrams,
            splits,
            regions,
            ..
        } = assembly;
        let wholes = places.len();
        let root = diagrams.compose(root, &mut |_, whole| NodeId::Terminal(places[&whole]));
        mark_experiments(&store.facets, &diagrams, root, &mut variants);
        Ok(FinishedRoute {
            merged: wholes.max(renderings).saturating_sub(variants.len()),
            variants,
            diagrams,
            root,
            renderings,
            splits,
            regions: regions.into_iter().map(|(key, _)| key).collect(),
        })
    }
}

impl Assembly<'_> {
    /// The diagram of an exploration whose leaves have these final texts, with every hole filled.
    fn explored(&mut self, explored: &Explored, texts: &[Arc<str>]) -> Result<NodeId, Failed> {
        let boxes: Vec<(Box_, u32)> = explored
            .leaves
            .iter()
            .enumerate()
            .map(|(place, leaf)| (leaf.visitors.clone(), place as u32))
            .collect();
        let root = self.diagrams.of_boxes(&boxes);
        let mut filled = Vec::with_capacity(texts.len());
        for text in texts {
            filled.push(self.filled(text)?);
        }
        Ok(self
            .diagrams
            .compose(root, &mut |_, place| filled[place as usize]))
    }

    /// The diagram of one text, with every hole filled.
    fn filled(&mut self, text: &Arc<str>) -> Result<NodeId, Failed> {
        let next = self.texts.len() as u32;
        let place = *self.known_texts.entry(Arc::clone(text)).or_insert(next);
        if place == next {
            self.texts.push(Arc::clone(text));
        }
        let mut root = NodeId::Terminal(self.intern(Whole {
            text: place,
            regions: Vec::new(),
        })?);
        for piece in pieces(text) {
            let Piece::Token(Token::Region(key)) = piece else {
                continue;
            };
            let region = self.region(key)?;
            // Diagrams are combined pair by pair; each pair of wholes is a new whole.
            let mut pairs: Vec<(u32, u32)> = Vec::new();
            let mut places: HashMap<(u32, u32), u32> = HashMap::new();
            let combined = self.diagrams.apply(root, region, &mut |page, region| {
                *places.entry((page, region)).or_insert_with(|| {
                    pairs.push((page, region));
                    pairs.len() as u32 - 1
                })
            });
            let mut wholes = Vec::with_capacity(pairs.len());
            for (page, region) in pairs {
                let mut whole = self.wholes[page as usize].clone();
                whole.regions.push((key, region));
                wholes.push(NodeId::Terminal(self.intern(whole)?));
            }
            root = self
                .diagrams
                .compose(combined, &mut |_, pair| wholes[pair as usize]);
        }
        Ok(root)
    }

    fn region(&mut self, key: Digest) -> Result<NodeId, Failed> {
        if let Some((_, root)) = self.regions.iter().find(|(known, _)| *known == key) {
            return Ok(*root);
        }
        let explored = self.world.explore_region(key)?;
        if self.open.contains(&key) || self.open.len() >= DEEPEST {
            let name = self.world.region_name(key);
            return Err(Failed::Problem(Diagnostic::project(
                Code::FragmentCycle,
                format!("region `{name}` contains itself"),
            )));
        }
        self.open.push(key);
        let texts = self.finisher.region(key, &explored);
        let root = self.explored(&explored, &texts)?;
        self.open.pop();
        self.splits.extend(explored.splits.iter().cloned());
        self.regions.push((key, root));
        Ok(root)
    }

    fn intern(&mut self, whole: Whole) -> Result<u32, Failed> {
        if let Some(place) = self.known.get(&whole) {
            return Ok(*place);
        }
        if self.wholes.len() >= self.limit {
            return Err(Failed::TooMany);
        }
        let place = self.wholes.len() as u32;
        self.wholes.push(whole.clone());
        self.known.insert(whole, place);
        Ok(place)
    }

    fn text(&self, place: u32) -> String {
        let whole = &self.wholes[place as usize];
        let outer = &self.texts[whole.text as usize];
        let mut text = String::with_capacity(outer.len() * 2);
        let mut regions = whole.regions.iter();
        for piece in pieces(outer) {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Token(Token::Region(_)) => {
                    let (_, region) = regions.next().expect("every hole was filled in order");
                    text.push_str(&self.text(*region));
                }
                Piece::Token(Token::Part(_) | Token::Asset(_)) => {}
            }
        }
        text
    }
}

/// Says on each variant that only some arms of an experiment get, which: so that an exposure is counted
/// where there is one.
fn mark_experiments(
    facets: &FacetSpace,
    diagrams: &Diagrams,
    root: NodeId,
    variants: &mut [Arc<str>],
) {
    let is_experiment = |facet: &Variable| facets.facet(*facet).experiment.is_some();
    let experiments: Vec<Variable> = diagrams
        .support(root)
        .into_iter()
        .filter(is_experiment)
        .collect();
    if experiments.is_empty() {
        return;
    }
    let paths = diagrams.paths(root);
    for (place, text) in variants.iter_mut().enumerate() {
        let marks = experiments.iter().filter_map(|experiment| {
            let facet = facets.facet(*experiment);
            let mut shown = BTreeSet::new();
            for (visitors, _) in paths.iter().filter(|(_, to)| *to as usize == place) {
                match visitors.iter().find(|(asked, _)| asked == experiment) {
                    Some((_, arms)) => shown.extend(arms.iter()),
                    None => return None,
                }
            }
            let arms: Vec<&str> = shown
                .iter()
                .map(|arm| facet.segments[usize::from(*arm)].id.as_str())
                .collect();
            (arms.len() < usize::from(facet.len()))
                .then(|| format!("{}={}", facet.id, arms.join("|")))
        });
        let marks: Vec<String> = marks.collect();
        if !marks.is_empty() {
            *text = marked(text, &marks.join(" ")).into();
        }
    }
}

/// A page whose `html` element carries `data-experiment`.
fn marked(page: &str, marks: &str) -> String {
    let attribute = format!(" data-experiment=\"{marks}\"");
    let find = |tag: &str| {
        let bytes = page.as_bytes().windows(tag.len());
        let mut starts = bytes.enumerate();
        let (at, _) = starts.find(|(_, window)| window.eq_ignore_ascii_case(tag.as_bytes()))?;
        Some(at)
    };
    // The tag may be left out, the doctype not.
    let (at, text) = match (find("<html"), find("<!doctype html>")) {
        (Some(at), _) => (at + "<html".len(), attribute),
        (None, Some(at)) => (at + "<!doctype html>".len(), format!("<html{attribute}>")),
        (None, None) => (0, format!("<html{attribute}>")),
    };
    [&page[..at], &text, &page[at..]].concat()
}

fn too_many_variants(
    store: &Store,
    world: &World,
    route: &Route,
    span: Span,
    splits: &[Split],
    count: Option<usize>,
    regions: &[(Digest, NodeId)],
) -> Diagnostic {
    let mut facets: std::collections::BTreeMap<u16, usize> = std::collections::BTreeMap::new();
    for split in splits {
        let most = facets.entry(split.facet).or_default();
        *most = (*most).max(split.classes.len());
    }
    let asked: Vec<String> = facets
        .iter()
        .map(|(facet, classes)| format!("`{}` ({classes})", store.facets.facet(*facet).id))
        .collect();
    let budget = store.config.max_variants;
    let needs = count.map_or_else(|| "far more".to_owned(), |count| format!("up to {count}"));
    let names: Vec<String> = regions
        .iter()
        .map(|(key, _)| format!("`{}`", world.region_name(*key)))
        .collect();
    let mut problem = Diagnostic::new(
        Code::TooManyVariants,
        span,
        format!("`{}` needs {needs} variants; the budget is {budget}", route.path),
    )
    .label(format!("it asks {}", asked.join(", ")))
    .hint(
        "ask less: use `visitor_is(…)` where one segment matters, take a facet out of this page, or \
         raise `budgets.max-variants`",
    );
    if !names.is_empty() {
        problem = problem.note(format!("its regions: {}", names.join(", ")));
    }
    problem
}
