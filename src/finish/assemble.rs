//! Page = skeleton × regions.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    Finisher,
    include::{self, Syntax, is_markable},
    variants::Variants,
};
use crate::{
    decision::{Diagrams, NodeId},
    diagnostic::{Code, Diagnostic, Span},
    digest::Digest,
    model::Store,
    plan::Route,
    render::{Explored, Piece, Split, Token, pieces},
};

/// How deep regions may nest. One that contains itself with other arguments each time would
/// never end.
const DEEPEST: usize = 32;

/// How pages get to visitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Some edge serves whole pages only.
    pub whole: bool,
    /// The marks of those that put pages together.
    pub parts: BTreeSet<Syntax>,
}

/// A route as final text.
#[derive(Debug)]
pub struct FinishedRoute {
    /// Whole pages; of a route that every edge puts together, but the default visitor's.
    pub whole: Variants,
    /// The pages with tokens in the places of regions, for edges that put them together.
    pub skeleton: Option<Variants>,
    /// Renderings whose text came out equal to another's.
    pub merged: usize,
    /// Renderings of the skeleton.
    pub renderings: usize,
    /// Questions about the visitor, of the skeleton and of regions.
    pub splits: Vec<Split>,
    /// Keys of the regions in it, in order.
    pub regions: Vec<Digest>,
}

/// A region, as edges put it into pages.
#[derive(Debug)]
pub struct RegionPart {
    /// The name of its file.
    pub file: String,
    /// With tokens in the places of the regions in it that vary.
    pub variants: Variants,
    /// Its key, and those of the regions that are part of it.
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

/// The regions of a page.
#[derive(Debug, Default)]
struct Regions {
    /// Each once, those within others first.
    all: Vec<Region>,
    splits: Vec<Split>,
    /// Keys of those being looked into, outermost first.
    open: Vec<Digest>,
}

#[derive(Debug)]
struct Region {
    key: Digest,
    variants: Arc<Variants>,
    /// How deep regions stand in one another here: 1 if there is none in it.
    depth: usize,
}

/// The building of whole pages.
struct Assembly<'a> {
    regions: &'a Regions,
    diagrams: Diagrams,
    /// Final texts of skeletons and regions, no two alike.
    texts: Vec<Arc<str>>,
    known_texts: HashMap<Arc<str>, u32>,
    wholes: Vec<Whole>,
    known: HashMap<Whole, u32>,
    /// What each region comes to, by key.
    filled: Vec<(Digest, NodeId)>,
    limit: usize,
}

/// There are more combinations than are worth counting.
struct TooMany;

impl Finisher {
    /// Puts the skeletons of a route and the regions in them together.
    pub fn assemble(
        &self,
        store: &Store,
        route: &Route,
        span: Span,
        explored: &Explored,
        delivery: &Delivery,
    ) -> Result<FinishedRoute, Diagnostic> {
        let texts = self.leaves(explored, span);
        let page = Variants::of(&store.facets, explored, &texts);
        let mut regions = Regions::default();
        for text in &page.texts {
            self.gather(store, text, &mut regions)
                .map_err(|it| it.note(format!("while rendering `{}`", route.path)))?;
        }
        let skeleton = (!delivery.parts.is_empty())
            .then(|| self.skeleton(&page, &regions))
            .flatten();
        let splits = [explored.splits.clone(), std::mem::take(&mut regions.splits)].concat();
        let too_many = |count: Option<usize>| {
            let problem = self.too_many_variants(store, route, span, &splits, count, &regions);
            let parts = self.skeleton(&page, &regions).map(|it| regions.parts(&it));
            match parts.filter(|parts| delivery.whole && *parts <= store.config.max_variants) {
                None => problem,
                Some(parts) => problem.note(format!(
                    "edges that put pages together need {parts} files for it: nginx, Varnish and Cloudflare, where \
                     `targets` lists no other"
                )),
            }
        };
        let limit = store.config.max_variants;
        if let Some(parts) = skeleton.as_ref().map(|it| regions.parts(it))
            && parts > limit
        {
            return Err(too_many(Some(parts)));
        }
        let renderings = explored.leaves.len();
        let (whole, merged) = if skeleton.is_some() && !delivery.whole {
            let text = regions.default_text(&page).into();
            let merged = renderings - page.texts.len();
            (Variants::of_one(&store.facets, text), merged)
        } else {
            // Combinations on the way to a page may be more than the pages.
            let most = limit.saturating_mul(256).max(65_536);
            let mut assembly = Assembly::new(&regions, store.facets.domains(), most);
            let root = assembly.filled_variants(&page);
            let root = root.map_err(|TooMany| too_many(None))?;
            let (whole, combinations) = assembly
                .whole(store, root, limit)
                .map_err(|count| too_many(Some(count)))?;
            let merged = combinations.max(renderings) - whole.texts.len();
            (whole, merged)
        };
        Ok(FinishedRoute {
            whole,
            merged,
            skeleton,
            renderings,
            splits,
            regions: regions.all.into_iter().map(|it| it.key).collect(),
        })
    }

    /// The texts of a region and who gets which, with tokens in the places of the regions in it.
    fn region(&self, store: &Store, key: Digest) -> Result<Arc<Variants>, Diagnostic> {
        if let Some(done) = self.regions.get(&key) {
            return Ok(Arc::clone(&done));
        }
        let explored = self.world.explore_region(key)?;
        let texts = self.leaves(&explored, self.world.region_span(key));
        let variants = Arc::new(Variants::of(&store.facets, &explored, &texts));
        self.regions.insert(key, Arc::clone(&variants));
        Ok(variants)
    }

    /// The same of a region of a page that was gathered.
    fn known_region(&self, key: Digest) -> Arc<Variants> {
        let region = self.regions.get(&key).map(|it| Arc::clone(&it));
        region.expect("the regions of finished pages are known")
    }

    /// Notes the regions in a text, and those in them. Gives how deep they stand in one another.
    fn gather(
        &self,
        store: &Store,
        text: &str,
        regions: &mut Regions,
    ) -> Result<usize, Diagnostic> {
        let mut deepest = 0;
        for key in holes(text) {
            if regions.open.contains(&key) || regions.open.len() >= DEEPEST {
                let name = self.world.region_name(key);
                return Err(Diagnostic::project(
                    Code::FragmentCycle,
                    format!("region `{name}` contains itself"),
                ));
            }
            if let Some(known) = regions.find(key) {
                deepest = deepest.max(known.depth);
                continue;
            }
            let variants = self.region(store, key)?;
            regions.open.push(key);
            let mut depth = 1;
            for text in &variants.texts {
                depth = depth.max(1 + self.gather(store, text, regions)?);
            }
            regions.open.pop();
            let explored = self.world.explore_region(key)?;
            regions.splits.extend(explored.splits.iter().cloned());
            regions.all.push(Region {
                key,
                variants,
                depth,
            });
            deepest = deepest.max(depth);
        }
        Ok(deepest)
    }

    /// The page for edges that put it together; `None` if no region of it varies, or if they could not.
    fn skeleton(&self, page: &Variants, regions: &Regions) -> Option<Variants> {
        let count = regions.varied().count();
        let depth = regions.all.iter().map(|region| region.depth).max();
        if count == 0 || count > include::MOST_REGIONS || depth > Some(include::DEEPEST) {
            return None;
        }
        let skeleton = self.inlined(page);
        let all = regions.varied().map(|region| self.inlined(region));
        let all: Vec<Variants> = all.chain([skeleton]).collect();
        let is_markable = all
            .iter()
            .flat_map(|part| &part.texts)
            .all(|text| is_markable(text));
        is_markable.then(|| all.into_iter().next_back()).flatten()
    }

    /// The same with the regions that do not vary in their places.
    fn inlined(&self, part: &Variants) -> Variants {
        let texts = part.texts.iter().map(|text| self.inlined_text(text).into());
        Variants {
            texts: texts.collect(),
            ..part.clone()
        }
    }

    fn inlined_text(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Token(Token::Region(key)) => {
                    let region = self.known_region(key);
                    if let [only] = region.texts.as_slice() {
                        filled.push_str(&self.inlined_text(only));
                    } else {
                        filled.push_str(&Token::Region(key).to_string());
                    }
                }
                Piece::Token(Token::Part(_) | Token::Asset(_)) => {}
            }
        }
        filled
    }

    /// A region for edges that put pages together.
    pub fn part(&self, key: Digest) -> RegionPart {
        let region = self.known_region(key);
        let mut regions = vec![key];
        let mut next = 0;
        while let Some(of) = regions.get(next).map(|key| self.known_region(*key)) {
            for key in of.texts.iter().flat_map(|text| holes(text)) {
                if self.known_region(key).texts.len() == 1 && !regions.contains(&key) {
                    regions.push(key);
                }
            }
            next += 1;
        }
        RegionPart {
            file: self.region_file(key),
            variants: self.inlined(&region),
            regions,
        }
    }

    /// Those of a finished route's regions that vary.
    pub fn varied(&self, regions: &[Digest]) -> impl Iterator<Item = (Digest, Arc<Variants>)> {
        let all = regions.iter().map(|key| (*key, self.known_region(*key)));
        all.filter(|(_, region)| region.texts.len() > 1)
    }

    /// A text with marks in the places of its regions, whose files stand in a folder.
    pub fn with_marks(&self, syntax: Syntax, folder: &str, text: &str) -> String {
        syntax.write(text, &|key| format!("{folder}/{}", self.region_file(key)))
    }

    fn region_file(&self, key: Digest) -> String {
        include::region_file(&self.world.region_name(key), key)
    }
}

/// The regions in a text, in order.
fn holes(text: &str) -> impl Iterator<Item = Digest> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Token(Token::Region(key)) => Some(key),
        Piece::Text(_) | Piece::Token(Token::Part(_) | Token::Asset(_)) => None,
    })
}

impl Regions {
    fn find(&self, key: Digest) -> Option<&Region> {
        self.all.iter().find(|region| region.key == key)
    }

    fn varied(&self) -> impl Iterator<Item = &Arc<Variants>> {
        let all = self.all.iter().map(|region| &region.variants);
        all.filter(|variants| variants.texts.len() > 1)
    }

    /// How many files a skeleton and its regions are.
    fn parts(&self, skeleton: &Variants) -> usize {
        skeleton.texts.len() + self.varied().map(|it| it.texts.len()).sum::<usize>()
    }

    /// What the default visitor reads.
    fn default_text(&self, part: &Variants) -> String {
        let mut text = String::new();
        for piece in pieces(&part.texts[0]) {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Token(Token::Region(key)) => {
                    let region = self.find(key).expect("the regions were gathered");
                    text.push_str(&self.default_text(&region.variants));
                }
                Piece::Token(Token::Part(_) | Token::Asset(_)) => {}
            }
        }
        text
    }
}

impl<'a> Assembly<'a> {
    fn new(regions: &'a Regions, domains: Vec<u16>, limit: usize) -> Self {
        Self {
            regions,
            diagrams: Diagrams::new(domains),
            texts: Vec::new(),
            known_texts: HashMap::new(),
            wholes: Vec::new(),
            known: HashMap::new(),
            filled: Vec::new(),
            limit,
        }
    }

    /// The whole pages of a diagram, and of how many combinations they are; how many there are, if too many.
    fn whole(
        mut self,
        store: &Store,
        root: NodeId,
        limit: usize,
    ) -> Result<(Variants, usize), usize> {
        let paths = self.diagrams.paths(root);
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut known: HashMap<Arc<str>, u32> = HashMap::new();
        let mut texts: Vec<Arc<str>> = Vec::new();
        // The default visitor's text is the first.
        let default = self
            .diagrams
            .evaluate(root, |facet| store.facets.facet(facet).default);
        for whole in std::iter::once(default).chain(paths.iter().map(|(_, whole)| *whole)) {
            if places.contains_key(&whole) {
                continue;
            }
            let text: Arc<str> = self.text(whole).into();
            let place = *known.entry(Arc::clone(&text)).or_insert_with(|| {
                texts.push(text);
                texts.len() as u32 - 1
            });
            places.insert(whole, place);
            if texts.len() > limit {
                return Err(paths.len());
            }
        }
        let root = self
            .diagrams
            .compose(root, &mut |_, whole| NodeId::Terminal(places[&whole]));
        let variants = Variants {
            texts,
            diagrams: self.diagrams,
            root,
        };
        Ok((variants, places.len()))
    }

    /// The diagram of some texts, with every hole filled.
    fn filled_variants(&mut self, part: &Variants) -> Result<NodeId, TooMany> {
        let root = self
            .diagrams
            .import(&part.diagrams, part.root, &mut |text| text);
        let mut filled = Vec::with_capacity(part.texts.len());
        for text in &part.texts {
            filled.push(self.filled_text(text)?);
        }
        Ok(self
            .diagrams
            .compose(root, &mut |_, place| filled[place as usize]))
    }

    /// The diagram of one text, with every hole filled.
    fn filled_text(&mut self, text: &Arc<str>) -> Result<NodeId, TooMany> {
        let next = self.texts.len() as u32;
        let place = *self.known_texts.entry(Arc::clone(text)).or_insert(next);
        if place == next {
            self.texts.push(Arc::clone(text));
        }
        let mut root = NodeId::Terminal(self.intern(Whole {
            text: place,
            regions: Vec::new(),
        })?);
        for key in holes(text) {
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

    fn region(&mut self, key: Digest) -> Result<NodeId, TooMany> {
        if let Some((_, root)) = self.filled.iter().find(|(known, _)| *known == key) {
            return Ok(*root);
        }
        let region = self.regions.find(key).expect("the regions were gathered");
        let root = self.filled_variants(&region.variants)?;
        self.filled.push((key, root));
        Ok(root)
    }

    fn intern(&mut self, whole: Whole) -> Result<u32, TooMany> {
        if let Some(place) = self.known.get(&whole) {
            return Ok(*place);
        }
        if self.wholes.len() >= self.limit {
            return Err(TooMany);
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

impl Finisher {
    fn too_many_variants(
        &self,
        store: &Store,
        route: &Route,
        span: Span,
        splits: &[Split],
        count: Option<usize>,
        regions: &Regions,
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
            .all
            .iter()
            .map(|region| format!("`{}`", self.world.region_name(region.key)))
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
}
