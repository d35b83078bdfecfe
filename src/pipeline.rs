//! The build on one screen: sources to a site, without touching either.
//!
//! In: a [`SourceTree`]. Out: files to a [`Sink`], and [`Built`]. The stages before rendering
//! pass values; from there on each route goes through rendering, finishing and the sink by
//! itself, so that memory does not grow with the number of pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rayon::prelude::*;
use serde::Serialize;

use crate::{
    check,
    customizer::order_files,
    decision::{Diagrams, NodeId, Variable},
    diagnostic::{Code, Diagnostic, Diagnostics},
    digest::Digest,
    edge::{self, Deployment, EdgeFile},
    feeds,
    finish::{self, Delivery, FinishedRoute, Finisher, MadePictures, Syntax, Variants},
    load::{LoadOptions, load},
    model::{FacetSpace, Store, UrlPath},
    output::{Entry, MANIFEST, MANIFEST_VERSION, Manifest, OutputFile, ROUTING, Sink},
    picture::PictureCache,
    plan::{Route, plan},
    render::World,
    routing::{ESI, Keys, Label, Lowering, PAGES, REGIONS, SSI, Slot, labels},
    source::SourceTree,
};

/// What a build may depend on besides the sources.
pub struct BuildOptions<'a> {
    /// Publish and expiry dates are judged against it.
    pub now: jiff::Timestamp,
    /// Makes the keys once the configuration is known.
    pub keys: &'a dyn Fn(&Store, &mut Diagnostics) -> Keys,
    /// Whether pages are minified.
    pub minifies: bool,
    /// Whether `.br` and `.gz` twins are written; the configuration's word if `None`.
    pub precompresses: Option<bool>,
    /// Edges to compile for; the configuration's if `None`.
    pub targets: Option<&'a [String]>,
    /// Pictures that earlier builds made.
    pub pictures: &'a dyn PictureCache,
    /// Told after each piece of work, from several threads: what kind it is of, and how much of that
    /// is done and to do.
    pub progress: &'a (dyn Fn(Work, usize, usize) + Sync),
}

/// What takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Rendering and writing pages.
    Pages,
    /// Making smaller pictures.
    Pictures,
}

/// What came of a build.
#[derive(Debug, Default)]
pub struct Built {
    /// Problems, sorted. With an error among them, what the sink got must not be used.
    pub diagnostics: Diagnostics,
    /// Counts and times.
    pub summary: Summary,
    /// Every file, and who gets which.
    pub deployment: Deployment,
    /// The keys, if the configuration could be read.
    pub keys: Option<Keys>,
    /// The questions about the visitor.
    pub facets: FacetSpace,
    /// What the edges deploy, by target, and what servers check orders with.
    pub edges: BTreeMap<String, Vec<EdgeFile>>,
}

/// Counts and times of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Documents that are live.
    pub pages: usize,
    /// Products that are shown.
    pub products: usize,
    /// Public paths.
    pub routes: usize,
    /// Old paths that lead to new ones.
    pub redirects: usize,
    /// Renderings of skeletons and regions, and distinct fragments.
    pub renderings: usize,
    /// Whole pages written.
    pub variants: usize,
    /// Skeletons and regions written, for edges that put pages together.
    pub parts: usize,
    /// Renderings that came out equal to another of the same route.
    pub merged: usize,
    /// Smaller pictures, and what became of them.
    pub pictures: MadePictures,
    /// Entries of the routing table.
    pub routing_entries: usize,
    /// Files written, twins and redirects too.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Drafts, not yet published, expired; draft and archived products.
    pub unpublished: usize,
    /// Rows of tables that could not be used; each is a warning.
    pub skipped_rows: usize,
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Wall time of each stage, in milliseconds. Rendering, finishing and writing go on at once;
    /// their common time is divided by their shares.
    pub milliseconds: serde_json::Map<String, serde_json::Value>,
}

/// Where what checks orders stands, beside the targets.
const ORDERS: &str = "orders";

/// Builds a site.
pub fn build(
    tree: &Arc<SourceTree>,
    options: &BuildOptions<'_>,
    sink: &dyn Sink,
) -> io::Result<Built> {
    let mut clock = Clock::default();
    let mut diagnostics = Diagnostics::default();
    let loaded = load(tree, &LoadOptions { now: options.now }, &mut diagnostics);
    clock.stage("load");
    let Some(store) = loaded.map(Arc::new) else {
        return Ok(Built::failed(diagnostics));
    };
    let keys = (options.keys)(&store, &mut diagnostics);
    let is_unusable = |d: &Diagnostic| matches!(d.code, Code::MissingTheme | Code::ThemeCycle);
    if diagnostics.iter().any(is_unusable) {
        // Every page would miss its template.
        return Ok(Built::failed(diagnostics));
    }
    let plan = Arc::new(plan(&store, &mut diagnostics));
    clock.stage("plan");
    let world = World::new(
        Arc::clone(&store),
        Arc::clone(&plan),
        Arc::clone(tree),
        &mut diagnostics,
    );
    clock.stage("theme");
    let Some(world) = world else {
        return Ok(Built::failed(diagnostics));
    };

    let delivery = delivery(&store, options);
    let writer = Writer {
        sink,
        keys: &keys,
        syntaxes: &delivery.parts,
        files: Mutex::default(),
        problems: Mutex::default(),
        nanoseconds: AtomicU64::new(0),
    };
    let (assets, urls) = finish::assets(&store, &world, tree, options.minifies, &mut diagnostics);
    let precompresses = options.precompresses.unwrap_or(store.config.precompress);
    assets.par_iter().try_for_each(|asset| {
        let entry = |bytes: &[u8]| (Digest::of(bytes), asset.is_fingerprinted);
        writer.write(
            &asset.path,
            &asset.path,
            &asset.bytes,
            entry(&asset.bytes),
            precompresses,
        )
    })?;
    clock.stage("assets");

    let addresses = Addresses {
        world: &world,
        urls: &urls,
    };
    let feeds = feeds::feeds(&store, &plan, &addresses, world.customizers());
    for feed in &feeds {
        let digest = (Digest::of(&feed.bytes), false);
        writer.write(&feed.path, &feed.path, &feed.bytes, digest, precompresses)?;
    }
    clock.stage("feeds");

    let finisher = Finisher::new(Arc::clone(&world), urls, options.minifies);
    let done = std::sync::atomic::AtomicUsize::new(0);
    let rendered = AtomicU64::new(0);
    let finished = AtomicU64::new(0);
    let routes: Vec<Result<RouteResult, Diagnostic>> = (0..plan.routes.len())
        .into_par_iter()
        .map(|place| {
            let route = &plan.routes[place];
            let start = Instant::now();
            let skeleton = world.explore_route(route);
            rendered.fetch_add(nanoseconds(start), Relaxed);
            let start = Instant::now();
            let result = skeleton.and_then(|it| {
                let span = route.span(&store);
                let finished = finisher.assemble(&store, route, span, &it, &delivery)?;
                let asked: BTreeSet<Variable> = finished.splits.iter().map(|it| it.facet).collect();
                let asked = asked.iter().map(|it| store.facets.facet(*it).id.as_str());
                let keys = world.surrogate_keys(route, &it, &finished.regions, asked);
                Ok((finished, keys))
            });
            finished.fetch_add(nanoseconds(start), Relaxed);
            let result = match result {
                Ok((finished, keys)) => {
                    let page = Page {
                        route,
                        finished,
                        keys,
                    };
                    Ok(writer.route(&store, &finisher, page, precompresses)?)
                }
                Err(problem) => Err(problem),
            };
            (options.progress)(
                Work::Pages,
                done.fetch_add(1, Relaxed) + 1,
                plan.routes.len(),
            );
            Ok(result)
        })
        .collect::<io::Result<_>>()?;
    clock.shares([
        ("render", &rendered),
        ("finish", &finished),
        ("write", &writer.nanoseconds),
    ]);

    let derivatives = world.derivatives();
    let (pictures, problems) = finish::pictures(
        &derivatives,
        tree,
        options.pictures,
        &|path, bytes| writer.write(path, path, bytes, (Digest::of(bytes), true), false),
        &|done| (options.progress)(Work::Pictures, done, derivatives.len()),
    )?;
    diagnostics.extend(problems);
    clock.stage("pictures");

    let mut summary = Summary {
        pages: store.pages.len(),
        products: store.catalog.products.len(),
        routes: plan.routes.len(),
        redirects: plan.redirects.len(),
        renderings: world.rendering_count(),
        pictures,
        unpublished: store.unpublished + store.catalog.inactive,
        ..Summary::default()
    };
    let mut asked: BTreeSet<Variable> = BTreeSet::new();
    let mut regions: BTreeSet<Digest> = BTreeSet::new();
    let (mut whole, mut parts) = (
        Lowering::new(&store.config, &store.facets),
        Lowering::new(&store.config, &store.facets),
    );
    for (route, result) in plan.routes.iter().zip(routes) {
        match result {
            Ok(result) => {
                let path = route.path.as_str();
                result.whole.add_to(&mut whole, path, None);
                summary.variants += result.whole.labels.len();
                match result.skeleton {
                    None => result.whole.add_to(&mut parts, path, None),
                    Some(skeleton) => {
                        summary.parts += skeleton.labels.len();
                        skeleton.add_to(&mut parts, path, Some(result.regions_ask));
                    }
                }
                regions.extend(result.regions);
                summary.renderings += result.renderings;
                summary.merged += result.merged;
                asked.extend(result.asked);
            }
            Err(problem) => diagnostics.push(problem),
        }
    }
    let parts_folder = delivery.parts.first().map_or("", |it| parts_folder(*it));
    for key in &regions {
        let part = finisher.part(*key);
        let file = format!("{REGIONS}/{}", part.file);
        let asked = part.variants.asked();
        let region = Writer::variants(&store, part.variants, |slot, text| {
            writer.part(&finisher, slot, &file, text)
        })?;
        let asked = asked.iter().map(|it| store.facets.facet(*it).id.as_str());
        writer.note(&format!("{parts_folder}/{file}"), |default| {
            default.keys = world.region_keys(&part.regions, asked);
        });
        summary.parts += region.labels.len();
        region.add_to(&mut parts, &format!("/{parts_folder}/{file}"), None);
    }
    for lowering in [&mut whole, &mut parts] {
        for asset in &assets {
            lowering.add_file(format!("/{}", asset.path), asset.is_fingerprinted);
        }
        for feed in &feeds {
            lowering.add_file(format!("/{}", feed.path), false);
        }
        for path in derivatives.keys() {
            lowering.add_file(format!("/{path}"), true);
        }
    }
    diagnostics.extend(std::mem::take(
        &mut *writer.problems.lock().expect("no holder panics"),
    ));
    let whole = delivery.whole.then(|| whole.finish(&plan.redirects, ""));
    let parts = (!delivery.parts.is_empty()).then(|| parts.finish(&plan.redirects, parts_folder));
    let (table, parts) = match (whole, parts) {
        (Some(whole), parts) => (whole, parts),
        (None, parts) => (parts.expect("pages are delivered in some way"), None),
    };
    if !diagnostics.has_errors() {
        check::unread_facets(&store, &asked, &mut diagnostics);
    }
    check::alternates(&store, &mut diagnostics);
    check::customizers(&store, &mut diagnostics);
    check::pictures(&store, &mut diagnostics);
    check::pictures_in_texts(&store, tree, &mut diagnostics);
    diagnostics.extend(finisher.problems());
    diagnostics.extend(world.problems());
    clock.stage("routing");

    for redirect in &plan.redirects {
        let html = redirect_page(&store, &redirect.to);
        let path = redirect.from.file();
        let path = if path.ends_with(".html") {
            path
        } else {
            format!("{path}/index.html")
        };
        writer.write(
            &path,
            &path,
            html.as_bytes(),
            (Digest::of(html.as_bytes()), false),
            false,
        )?;
    }
    let routing = serde_json::to_vec_pretty(&table).expect("a table is text and numbers");
    writer.write(
        ROUTING,
        ROUTING,
        &routing,
        (Digest::of(&routing), false),
        false,
    )?;
    let files = writer.files.into_inner().expect("no holder panics");
    let manifest = Manifest {
        version: MANIFEST_VERSION,
        site: store.config.site.clone(),
        files,
    };
    let bytes = serde_json::to_vec_pretty(&manifest).expect("a manifest is text and numbers");
    sink.put(OutputFile {
        path: MANIFEST,
        bytes: &bytes,
        digest: Digest::of(&bytes),
    })?;
    clock.stage("manifest");

    let deployment = Deployment {
        table,
        parts,
        manifest,
        keys: store.config.keys.clone(),
        title: store.config.title.clone(),
        base_url: store.config.base_url.clone(),
        facets: store
            .facets
            .facets
            .iter()
            .map(|it| (it.id.clone(), it.span))
            .collect(),
    };
    let mut edges = BTreeMap::new();
    for (target, span) in &store.config.targets {
        if !edge::targets().any(|known| known == target) {
            let message = format!("there is no target `{target}`");
            let problem = Diagnostic::new(Code::UnknownTarget, *span, message);
            diagnostics.push(problem.did_you_mean(target, edge::targets()));
        }
    }
    for target in targets(&store, options) {
        let (files, problems) = edge::edge_files(target, &deployment);
        diagnostics.extend(problems);
        edges.insert(target.to_owned(), files);
    }
    let orders = order_files(&store, world.customizers());
    if !orders.is_empty() {
        let files = orders.into_iter().map(|(path, text)| EdgeFile {
            path: path.to_owned(),
            bytes: text.into_bytes(),
        });
        edges.insert(ORDERS.to_owned(), files.collect());
    }
    clock.stage("edges");

    diagnostics.sort();
    summary.routing_entries = deployment.table.entries();
    let manifest = &deployment.manifest;
    summary.files = manifest.files.len() + 1;
    summary.bytes =
        manifest.files.values().map(|entry| entry.size).sum::<u64>() + bytes.len() as u64;
    summary.count(&diagnostics);
    summary.milliseconds = clock.stages;
    Ok(Built {
        diagnostics,
        summary,
        deployment,
        keys: Some(keys),
        facets: store.facets.clone(),
        edges,
    })
}

/// The known edges to compile for.
fn targets<'a>(store: &'a Store, options: &'a BuildOptions<'_>) -> Vec<&'a str> {
    let listed = store.config.targets.iter().map(|(name, _)| name);
    let typed = options.targets.map(|typed| typed.iter());
    let wanted: Vec<&str> = match typed {
        Some(typed) => typed.map(String::as_str).collect(),
        None => listed.map(String::as_str).collect(),
    };
    let known = |name: &&str| edge::targets().any(|known| known == *name);
    wanted.into_iter().filter(known).collect()
}

/// How pages get to visitors.
pub fn delivery(store: &Store, options: &BuildOptions<'_>) -> Delivery {
    edge::delivery(targets(store, options).into_iter())
}

/// Where skeletons and regions with marks of a syntax stand.
pub fn parts_folder(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Esi => ESI,
        Syntax::Ssi => SSI,
    }
}

impl Built {
    fn failed(mut diagnostics: Diagnostics) -> Self {
        diagnostics.sort();
        let mut summary = Summary::default();
        summary.count(&diagnostics);
        Self {
            diagnostics,
            summary,
            ..Self::default()
        }
    }
}

impl Summary {
    fn count(&mut self, diagnostics: &Diagnostics) {
        let skipped = diagnostics.iter().filter(|d| d.code == Code::SkippedRow);
        self.skipped_rows = skipped.count();
        self.errors = diagnostics.count(crate::diagnostic::Severity::Error);
        self.warnings = diagnostics.count(crate::diagnostic::Severity::Warning);
    }
}

/// The longest name of a file that file systems take, in bytes; twins have three more.
const LONGEST_NAME: usize = 252;

fn long_name(path: &str, name: &str) -> Diagnostic {
    let way_out = if path.starts_with("_v/") {
        "give facets and segments shorter ids, or ask for fewer of them together"
    } else {
        "give it a shorter name or `url`"
    };
    let message = format!(
        "a part of the path `{path}` has {} bytes, and file systems take {LONGEST_NAME}",
        name.len()
    );
    Diagnostic::project(Code::LongName, message).hint(way_out)
}

/// What is kept of a route once its files are written.
struct RouteResult {
    whole: Written,
    skeleton: Option<Written>,
    /// The facets that the regions of the skeleton ask.
    regions_ask: BTreeSet<Variable>,
    /// Keys of those regions.
    regions: BTreeSet<Digest>,
    renderings: usize,
    merged: usize,
    asked: BTreeSet<Variable>,
}

/// Who gets which of the variants that were written.
struct Written {
    diagrams: Diagrams,
    root: NodeId,
    labels: Vec<Label>,
}

impl Written {
    fn add_to(&self, lowering: &mut Lowering, path: &str, regions_ask: Option<BTreeSet<Variable>>) {
        lowering.add(path, &self.diagrams, self.root, &self.labels, regions_ask);
    }
}

/// Where files will be served.
struct Addresses<'a> {
    world: &'a World,
    /// By the digests in tokens.
    urls: &'a BTreeMap<Digest, String>,
}

impl feeds::Addresses for Addresses<'_> {
    fn file(&self, path: &str) -> Option<String> {
        self.urls.get(&self.world.file_key(path)?).cloned()
    }

    fn raster(&self, path: &str, width: u32) -> Option<String> {
        self.world.raster_url(path, width)
    }
}

/// A route to write.
struct Page<'a> {
    route: &'a Route,
    finished: FinishedRoute,
    keys: Arc<[Arc<str>]>,
}

fn digests(texts: &[Arc<str>]) -> impl Iterator<Item = Digest> {
    texts.iter().map(|text| Digest::of(text.as_bytes()))
}

struct Writer<'a> {
    sink: &'a dyn Sink,
    keys: &'a Keys,
    /// Of skeletons and regions.
    syntaxes: &'a BTreeSet<Syntax>,
    files: Mutex<BTreeMap<String, Entry>>,
    problems: Mutex<Vec<Diagnostic>>,
    nanoseconds: AtomicU64,
}

impl Writer<'_> {
    fn route(
        &self,
        store: &Store,
        finisher: &Finisher,
        page: Page<'_>,
        precompresses: bool,
    ) -> io::Result<RouteResult> {
        let start = Instant::now();
        let finished = page.finished;
        let file = page.route.path.file();
        let whole = Self::variants(store, finished.whole, |slot, text| {
            self.slot(slot, &file, text, precompresses)
        })?;
        let (mut regions, mut regions_ask) = (BTreeSet::new(), BTreeSet::new());
        let mut parts = None;
        let skeleton = match finished.skeleton {
            None => None,
            Some(skeleton) => {
                let mut digests: Vec<Digest> = digests(&skeleton.texts).collect();
                for (key, region) in finisher.varied(&finished.regions) {
                    regions.insert(key);
                    regions_ask.extend(region.asked());
                    digests.extend(self::digests(&region.texts));
                }
                let digests: String = digests.into_iter().map(Digest::hex).collect();
                parts = Some(Digest::of(digests.as_bytes()));
                Some(Self::variants(store, skeleton, |slot, text| {
                    self.part(finisher, slot, &format!("{PAGES}/{file}"), text)
                })?)
            }
        };
        self.note(&file, |default| {
            default.keys = page.keys;
            default.parts = parts;
        });
        self.nanoseconds.fetch_add(nanoseconds(start), Relaxed);
        Ok(RouteResult {
            whole,
            skeleton,
            regions_ask,
            regions,
            asked: finished.splits.iter().map(|split| split.facet).collect(),
            renderings: finished.renderings,
            merged: finished.merged,
        })
    }

    /// Adds to the entry of a default variant that was written.
    fn note(&self, file: &str, add: impl FnOnce(&mut Entry)) {
        let mut files = self.files.lock().expect("no holder panics");
        add(files
            .get_mut(file)
            .expect("the default variant was written"));
    }

    /// Writes each variant of something as `write` does.
    fn variants(
        store: &Store,
        variants: Variants,
        mut write: impl FnMut(&Slot, &str) -> io::Result<()>,
    ) -> io::Result<Written> {
        let (diagrams, root) = (variants.diagrams, variants.root);
        let labels = labels(&store.facets, &diagrams, root, variants.texts.len());
        for (label, text) in labels.iter().zip(&variants.texts) {
            let slot = Slot {
                label: label.text.clone(),
                gated: label.is_gated,
            };
            write(&slot, text)?;
        }
        Ok(Written {
            diagrams,
            root,
            labels,
        })
    }

    /// Writes a skeleton or a region in each of the syntaxes.
    fn part(&self, finisher: &Finisher, slot: &Slot, file: &str, text: &str) -> io::Result<()> {
        for syntax in self.syntaxes {
            let folder = parts_folder(*syntax);
            let text = finisher.with_marks(*syntax, &format!("{folder}/{REGIONS}"), text);
            self.slot(slot, &format!("{folder}/{file}"), &text, false)?;
        }
        Ok(())
    }

    /// Writes one variant of a file.
    fn slot(&self, slot: &Slot, file: &str, text: &str, precompresses: bool) -> io::Result<()> {
        let (listed, path) = (slot.redacted(file), slot.file(file, self.keys));
        let digest = Digest::of(text.as_bytes());
        self.write(
            &listed,
            &path,
            text.as_bytes(),
            (digest, false),
            precompresses,
        )
    }

    /// Writes a file to `path` and lists it as `listed`.
    fn write(
        &self,
        listed: &str,
        path: &str,
        bytes: &[u8],
        (digest, is_immutable): (Digest, bool),
        precompresses: bool,
    ) -> io::Result<()> {
        if let Some(name) = path.split('/').find(|name| name.len() > LONGEST_NAME) {
            let mut problems = self.problems.lock().expect("no holder panics");
            problems.push(long_name(listed, name));
        } else {
            self.sink.put(OutputFile {
                path,
                bytes,
                digest,
            })?;
        }
        let entry = Entry::new(path, bytes, digest, is_immutable);
        self.files
            .lock()
            .expect("no holder panics")
            .insert(listed.to_owned(), entry);
        if precompresses && finish::is_compressible(path) {
            for (extension, twin) in [("br", finish::brotli(bytes)), ("gz", finish::gzip(bytes))] {
                let twin_of = |path: &str| format!("{path}.{extension}");
                let digest = (Digest::of(&twin), is_immutable);
                self.write(&twin_of(listed), &twin_of(path), &twin, digest, false)?;
            }
        }
        Ok(())
    }
}

fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The page at an old path, for hosts that have no redirects.
fn redirect_page(store: &Store, to: &UrlPath) -> String {
    let url = format!("{}{to}", store.config.base_url);
    let language = store.config.locale.split('-').next().unwrap_or("en");
    format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><title>{to}</title>\
         <link rel=\"canonical\" href=\"{url}\"><meta name=\"robots\" content=\"noindex\">\
         <meta http-equiv=\"refresh\" content=\"0; url={to}\"><a href=\"{to}\">{to}</a></html>\n"
    )
}

struct Clock {
    last: Instant,
    stages: serde_json::Map<String, serde_json::Value>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            last: Instant::now(),
            stages: serde_json::Map::new(),
        }
    }
}

impl Clock {
    fn stage(&mut self, name: &'static str) {
        self.add(name, self.last.elapsed());
        self.last = Instant::now();
    }

    fn add(&mut self, name: &'static str, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.stages.insert(name.to_owned(), milliseconds.into());
    }

    fn shares<const N: usize>(&mut self, parts: [(&'static str, &AtomicU64); N]) {
        let wall = self.last.elapsed();
        let all: u64 = parts.iter().map(|(_, part)| part.load(Relaxed)).sum();
        for (name, part) in parts {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a share of a time that is shown in milliseconds"
            )]
            self.add(
                name,
                wall.mul_f64(part.load(Relaxed) as f64 / all.max(1) as f64),
            );
        }
        self.last = Instant::now();
    }
}
