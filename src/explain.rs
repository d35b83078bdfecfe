//! Why a page is as it is: the questions it asked, and what each answer leads to.
//!
//! In: the sources and a path. Out: an [`Explanation`], as data and as text. It renders
//! one route as a build does and writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
    time::Instant,
};

use serde::Serialize;

use crate::{
    customizer::Figures,
    decision::{Box_, Diagrams, NodeId},
    diagnostic::{Diagnostic, Diagnostics},
    finish::{self, Finisher, Variants},
    load::{LoadOptions, load},
    model::Store,
    pipeline::{BuildOptions, delivery, parts_folder},
    plan::{Route, Subject, plan},
    render::{Explored, ReadSet, Site, Split, Topic, World},
    routing::{Label, PAGES, REGIONS, Slot, labels},
    source::SourceTree,
};

/// Lines of a diagram, and files, that are shown to people.
const SHOWN: usize = 40;

/// One route, explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Its path.
    pub path: String,
    /// Where an alias leads; the rest is of that route.
    pub alias_of: Option<String>,
    /// Renderings of its skeleton.
    pub renderings: usize,
    /// Questions about the visitor, in the order asked.
    pub visitor: Vec<VisitorQuestion>,
    /// All other questions, by kind and name.
    pub read: Vec<OtherQuestion>,
    /// The page without its regions, and each region, by themselves.
    pub parts: Vec<PartDiagram>,
    /// The diagram of the whole page as text, a branch a line; empty if edges put the page together.
    pub diagram: Vec<String>,
    /// What can be chosen on the page of a customizable product.
    pub customizer: Option<CustomizerFigures>,
    /// The variants, the default first: of the page, or of its skeleton and of each region.
    pub variants: Vec<VariantFile>,
    /// With `--as`: the places of that visitor's variants.
    pub chosen: Vec<usize>,
}

/// What can be chosen, and what compiling it took.
#[derive(Clone, Debug, Serialize)]
pub struct CustomizerFigures {
    /// What it comes to.
    #[serde(flatten)]
    pub figures: Figures,
    /// Time to compile it and to look for what cannot be meant, in milliseconds; differs from run to run.
    pub milliseconds: u64,
}

/// A question about the visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VisitorQuestion {
    /// The facet.
    pub facet: String,
    /// The groups of segments that it tells apart.
    pub groups: Vec<Vec<String>>,
    /// `path:line`.
    pub asked_at: Vec<String>,
}

/// A question that is not about the visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherQuestion {
    /// What kind of thing.
    pub topic: Topic,
    /// Which.
    pub name: String,
    /// Whether there is such a thing.
    pub found: bool,
    /// `path:line`.
    pub asked_at: Vec<String>,
}

/// How one part of a page varies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartDiagram {
    /// `page`, or `region hero`.
    pub name: String,
    /// Distinct texts.
    pub texts: usize,
    /// Its diagram as text, a branch a line.
    pub diagram: Vec<String>,
}

/// One variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantFile {
    /// Below the output folder; `*` stands for what only the key tells.
    pub file: String,
    /// In bytes.
    pub size: usize,
    /// Who gets it: a visitor who fits one of these.
    pub visitors: Vec<BTreeMap<String, Vec<String>>>,
    /// Whether a signature is needed.
    pub gated: bool,
}

/// What stopped an explanation.
#[derive(Debug)]
pub enum NotExplained {
    /// The sources have errors.
    Problems(Diagnostics),
    /// No such route; the nearest one, if any is near.
    UnknownPath(Option<String>),
    /// `--as` names something that does not exist.
    BadAssignment(Diagnostic),
}

/// Explains the route at a path. `assignment` names segments by facet.
pub fn explain(
    tree: &Arc<SourceTree>,
    options: &BuildOptions<'_>,
    path: &str,
    assignment: &BTreeMap<String, String>,
    diagnostics: &mut Diagnostics,
) -> Result<Explanation, NotExplained> {
    let failed = |diagnostics: &mut Diagnostics| {
        diagnostics.sort();
        NotExplained::Problems(std::mem::take(diagnostics))
    };
    let store = load(tree, &LoadOptions { now: options.now }, diagnostics).map(Arc::new);
    let Some(store) = store else {
        return Err(failed(diagnostics));
    };
    let assigned = assign(&store, assignment).map_err(NotExplained::BadAssignment)?;
    let plan = Arc::new(plan(&store, diagnostics));
    let world = World::new(
        Arc::clone(&store),
        Arc::clone(&plan),
        Arc::clone(tree),
        diagnostics,
    );
    let Some(world) = world else {
        return Err(failed(diagnostics));
    };

    let slashed = format!("{}/", path.trim_end_matches('/'));
    let alias = plan
        .redirects
        .iter()
        .find(|r| r.from.as_str() == path || r.from.as_str() == slashed);
    let route = alias
        .and_then(|alias| plan.route(alias.to.as_str()))
        .or_else(|| plan.route(path))
        .or_else(|| plan.route(&slashed));
    let Some(route) = route else {
        let known = plan.routes.iter().map(|route| route.path.as_str());
        let nearest = crate::diagnostic::nearest(path, known.clone())
            .or_else(|| crate::diagnostic::nearest(&slashed, known));
        return Err(NotExplained::UnknownPath(nearest.map(str::to_owned)));
    };
    let (_, urls) = finish::assets(&store, &world, tree, options.minifies, diagnostics);
    let delivery = delivery(&store, options);
    let finisher = Finisher::new(Arc::clone(&world), urls, options.minifies);
    let mut reads: Vec<Arc<ReadSet>> = Vec::new();
    let mut parts: Vec<PartDiagram> = Vec::new();
    let finished = world.explore_route(route).and_then(|skeleton| {
        reads.extend(skeleton.reads.iter().cloned());
        parts.push(part_diagram(&store, "page".to_owned(), &skeleton));
        finisher.assemble(&store, route, route.span(&store), &skeleton, &delivery)
    });
    let finished = match finished {
        Ok(finished) => finished,
        Err(problem) => {
            diagnostics.push(problem);
            return Err(failed(diagnostics));
        }
    };
    for key in &finished.regions {
        let region = world
            .explore_region(*key)
            .expect("it was explored for the route");
        reads.extend(region.reads.iter().cloned());
        parts.push(part_diagram(
            &store,
            format!("region {}", world.region_name(*key)),
            &region,
        ));
    }

    let file = route.path.file();
    let mut files: Vec<(String, Variants)> = Vec::new();
    match finished.skeleton {
        Some(skeleton) if !delivery.whole => {
            let syntax = *delivery.parts.first().expect("there is a skeleton");
            let folder = parts_folder(syntax);
            let regions = format!("{folder}/{REGIONS}");
            files.push((format!("{folder}/{PAGES}/{file}"), skeleton));
            for (key, _) in finisher.varied(&finished.regions) {
                let part = finisher.part(key);
                files.push((format!("{regions}/{}", part.file), part.variants));
            }
            for text in files.iter_mut().flat_map(|(_, of)| &mut of.texts) {
                *text = finisher.with_marks(syntax, &regions, text).into();
            }
        }
        _ => files.push((file, finished.whole)),
    }
    let (mut variants, mut chosen, mut diagram) = (Vec::new(), Vec::new(), Vec::new());
    for (file, of) in &files {
        let labels = labels(&store.facets, &of.diagrams, of.root, of.texts.len());
        if !assignment.is_empty() {
            let place = of.diagrams.evaluate(of.root, |facet| {
                let default = store.facets.facet(facet).default;
                assigned.get(&facet).copied().unwrap_or(default)
            });
            chosen.push(variants.len() + place as usize);
        }
        variants.extend(variant_files(&store, file, of, &labels));
        if files.len() == 1 {
            diagram = diagram_lines(&store, &of.diagrams, of.root, &labels);
        }
    }
    Ok(Explanation {
        path: route.path.to_string(),
        alias_of: alias.map(|alias| alias.to.to_string()),
        renderings: finished.renderings,
        visitor: visitor_questions(&store, tree, &finished.splits),
        read: other_questions(tree, &reads),
        parts,
        diagram,
        customizer: customizer_figures(&store, route),
        variants,
        chosen,
    })
}

fn customizer_figures(store: &Store, route: &Route) -> Option<CustomizerFigures> {
    let Subject::Product(place) = route.subject else {
        return None;
    };
    let start = Instant::now();
    // Problems are those of a build.
    let figures = Figures::of(&store.catalog.products[place], &mut Vec::new())?;
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Some(CustomizerFigures {
        figures,
        milliseconds,
    })
}

/// Segments by facet, as places. What is wrong if one does not exist.
pub fn assign(
    store: &Store,
    assignment: &BTreeMap<String, String>,
) -> Result<BTreeMap<u16, u16>, Diagnostic> {
    use crate::diagnostic::Code;
    assignment
        .iter()
        .map(|(facet, segment)| {
            let known = store.facets.facets.iter().map(|facet| facet.id.as_str());
            let place = store.facets.find(facet).ok_or_else(|| {
                Diagnostic::project(Code::UnknownFacet, format!("unknown facet `{facet}`"))
                    .did_you_mean(facet, known)
            });
            let place = place?;
            let definition = store.facets.facet(place);
            let found = definition.find(segment).ok_or_else(|| {
                let known = definition
                    .segments
                    .iter()
                    .map(|segment| segment.id.as_str());
                let message = format!("facet `{facet}` has no segment `{segment}`");
                Diagnostic::project(Code::UnknownSegment, message).did_you_mean(segment, known)
            });
            Ok((place, found?))
        })
        .collect()
}

fn place(tree: &SourceTree, site: Site) -> String {
    let path = &tree.file(site.file).path;
    if site.line == 0 {
        path.to_string()
    } else {
        format!("{path}:{}", site.line)
    }
}

fn visitor_questions(store: &Store, tree: &SourceTree, splits: &[Split]) -> Vec<VisitorQuestion> {
    let mut questions: Vec<VisitorQuestion> = Vec::new();
    for split in splits {
        let facet = store.facets.facet(split.facet);
        let groups = split
            .classes
            .iter()
            .map(|set| {
                set.iter()
                    .map(|s| facet.segments[usize::from(s)].id.clone())
                    .collect()
            })
            .collect::<Vec<Vec<String>>>();
        let at = place(tree, split.site);
        match questions
            .iter_mut()
            .find(|known| known.facet == facet.id && known.groups == groups)
        {
            Some(known) if known.asked_at.contains(&at) => {}
            Some(known) => known.asked_at.push(at),
            None => questions.push(VisitorQuestion {
                facet: facet.id.clone(),
                groups,
                asked_at: vec![at],
            }),
        }
    }
    questions
}

fn other_questions(tree: &SourceTree, reads: &[Arc<ReadSet>]) -> Vec<OtherQuestion> {
    let mut all: BTreeMap<(Topic, String), (bool, BTreeSet<Site>)> = BTreeMap::new();
    for reads in reads {
        for (question, answer) in reads.flatten() {
            let (found, sites) = all.entry((question.topic, question.name)).or_default();
            *found |= answer.digest.is_some();
            sites.extend(answer.sites);
        }
    }
    all.into_iter()
        .map(|((topic, name), (found, sites))| OtherQuestion {
            topic,
            name,
            found,
            asked_at: sites.into_iter().map(|site| place(tree, site)).collect(),
        })
        .collect()
}

fn variant_files(
    store: &Store,
    file: &str,
    of: &Variants,
    labels: &[Label],
) -> impl Iterator<Item = VariantFile> {
    let paths = of.diagrams.paths(of.root);
    let labels = labels.iter().zip(&of.texts).enumerate();
    labels.map(move |(place, (label, text))| VariantFile {
        file: Slot {
            label: label.text.clone(),
            gated: label.is_gated,
        }
        .redacted(file),
        size: text.len(),
        visitors: paths
            .iter()
            .filter(|(_, variant)| *variant as usize == place)
            .map(|(visitors, _)| {
                visitors
                    .iter()
                    .map(|(facet, set)| {
                        let facet = store.facets.facet(*facet);
                        let names = set
                            .iter()
                            .map(|s| facet.segments[usize::from(s)].id.clone());
                        (facet.id.clone(), names.collect())
                    })
                    .collect()
            })
            .collect(),
        gated: label.is_gated,
    })
}

/// The diagram of one exploration; its variants are named as those of a page would be.
fn part_diagram(store: &Store, name: String, explored: &Explored) -> PartDiagram {
    let mut texts: Vec<&str> = Vec::new();
    let boxes: Vec<(Box_, u32)> = explored
        .leaves
        .iter()
        .map(|leaf| {
            let known = texts.iter().position(|text| **text == *leaf.text);
            let place = known.unwrap_or_else(|| {
                texts.push(&leaf.text);
                texts.len() - 1
            });
            (leaf.visitors.clone(), place as u32)
        })
        .collect();
    let mut diagrams = Diagrams::new(store.facets.domains());
    let root = diagrams.of_boxes(&boxes);
    let labels = labels(&store.facets, &diagrams, root, texts.len());
    PartDiagram {
        name,
        texts: texts.len(),
        diagram: diagram_lines(store, &diagrams, root, &labels),
    }
}

fn diagram_lines(
    store: &Store,
    diagrams: &Diagrams,
    root: NodeId,
    labels: &[Label],
) -> Vec<String> {
    fn walk(
        (store, diagrams, labels): (&Store, &Diagrams, &[Label]),
        at: NodeId,
        indent: &str,
        lines: &mut Vec<String>,
    ) {
        let NodeId::Inner(id) = at else { return };
        let node = diagrams.node(id);
        let facet = store.facets.facet(node.variable);
        let mut groups: Vec<(NodeId, Vec<&str>)> = Vec::new();
        for (segment, child) in facet.segments.iter().zip(&node.children) {
            match groups.iter_mut().find(|(to, _)| to == child) {
                Some((_, names)) => names.push(&segment.id),
                None => groups.push((*child, vec![&segment.id])),
            }
        }
        let last = groups.len() - 1;
        for (place, (child, names)) in groups.into_iter().enumerate() {
            let (branch, below) = if place == last {
                ("└─", "   ")
            } else {
                ("├─", "│  ")
            };
            let leaf = match child {
                NodeId::Terminal(variant) => {
                    let label = labels[variant as usize].text.as_str();
                    format!(" → {}", if label.is_empty() { "default" } else { label })
                }
                NodeId::Inner(_) => String::new(),
            };
            lines.push(format!(
                "{indent}{branch} {} = {}{leaf}",
                facet.id,
                names.join(", ")
            ));
            walk(
                (store, diagrams, labels),
                child,
                &format!("{indent}{below}"),
                lines,
            );
        }
    }
    let mut lines = Vec::new();
    walk((store, diagrams, labels), root, "", &mut lines);
    if lines.is_empty() {
        lines.push("everyone → default".to_owned());
    }
    lines
}

impl Explanation {
    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}: {} in {}",
            self.path,
            count(
                self.variants.len(),
                // Of a page that edges put together there is no diagram of the whole.
                if self.diagram.is_empty() {
                    "part"
                } else {
                    "variant"
                }
            ),
            count(self.renderings, "rendering"),
        );
        if let Some(to) = &self.alias_of {
            let _ = writeln!(text, "The path asked for is an alias and leads to {to}.");
        }
        text.push_str("\nQuestions about the visitor\n");
        if self.visitor.is_empty() {
            text.push_str("  none: everyone gets the same page\n");
        }
        for question in &self.visitor {
            let groups: Vec<String> = question
                .groups
                .iter()
                .map(|group| group.join(", "))
                .collect();
            let _ = writeln!(text, "  {}: {}", question.facet, groups.join(" | "));
            for at in &question.asked_at {
                let _ = writeln!(text, "      {at}");
            }
        }
        let is_short = self.diagram.len() <= SHOWN;
        if self.parts.len() > 1 {
            text.push_str("\nParts, each varied on its own\n");
            for part in &self.parts {
                let _ = writeln!(text, "  {}: {}", part.name, count(part.texts, "text"));
                push_lines(&mut text, "    ", &part.diagram);
            }
        }
        if !self.diagram.is_empty() && (is_short || self.parts.len() == 1) {
            text.push_str("\nDiagram of the whole page\n");
            push_lines(&mut text, "  ", &self.diagram);
        }
        if let Some(customizer) = &self.customizer {
            customizer.push_to(&mut text);
        }
        text.push_str("\nFiles, and who gets which\n");
        let mut left_out = 0;
        for (place, variant) in self.variants.iter().enumerate() {
            let is_chosen = self.chosen.contains(&place);
            if place >= SHOWN && !is_chosen {
                left_out += 1;
                continue;
            }
            let mark = if is_chosen { "→" } else { " " };
            let gated = if variant.gated {
                ", needs a signature"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "{mark} {} ({} bytes{gated})",
                variant.file, variant.size
            );
            for visitors in &variant.visitors {
                let parts: Vec<String> = visitors
                    .iter()
                    .map(|(facet, segments)| format!("{facet}={}", segments.join(",")))
                    .collect();
                let who = if parts.is_empty() {
                    "everyone".to_owned()
                } else {
                    parts.join(" ")
                };
                let _ = writeln!(text, "      {who}");
            }
        }
        if left_out > 0 {
            let _ = writeln!(text, "  … and {left_out} more; --format json lists all");
        }
        let _ = writeln!(
            text,
            "\nEverything else that it asked ({})",
            self.read.len()
        );
        for question in &self.read {
            let topic = serde_json::to_value(question.topic).unwrap_or_default();
            let topic = topic.as_str().unwrap_or_default();
            let absent = if question.found {
                ""
            } else {
                " (does not exist)"
            };
            let at = question.asked_at.first().map_or("", String::as_str);
            let more = question.asked_at.len().saturating_sub(1);
            let more = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            let _ = writeln!(text, "  {topic} {}{absent}  {at}{more}", question.name);
        }
        text
    }
}

impl CustomizerFigures {
    fn push_to(&self, text: &mut String) {
        let Figures {
            options,
            choices,
            constraints,
            designs,
            dead,
            fixed,
            redundant,
            unchecked,
            nodes,
            bytes,
        } = &self.figures;
        text.push_str("\nWhat buyers can choose, all visitors taken together\n");
        let _ = writeln!(
            text,
            "  {}, {}, {}",
            count(*options, "option"),
            count(*choices, "choice"),
            count(*constraints, "constraint")
        );
        let _ = writeln!(text, "  {designs} designs");
        let _ = writeln!(
            text,
            "  {}, {}, compiled and checked in {} ms",
            count(*nodes, "node"),
            count(*bytes, "byte"),
            self.milliseconds
        );
        for (what, names) in [
            ("never possible", dead),
            ("in every design", fixed),
            ("demand nothing that others do not", redundant),
        ] {
            if !names.is_empty() {
                let _ = writeln!(text, "  {what}:");
                push_lines(text, "    ", names);
            }
        }
        if *unchecked > 0 {
            let _ = writeln!(
                text,
                "  {} may demand nothing new: finding out would take too long",
                count(*unchecked, "constraint")
            );
        }
    }
}

fn push_lines(text: &mut String, indent: &str, lines: &[String]) {
    for line in lines.iter().take(SHOWN) {
        let _ = writeln!(text, "{indent}{line}");
    }
    if lines.len() > SHOWN {
        let more = lines.len() - SHOWN;
        let _ = writeln!(
            text,
            "{indent}… and {more} more lines; --format json has all"
        );
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
