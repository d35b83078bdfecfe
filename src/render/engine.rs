//! The theme as Tera, and everything that a rendering can ask.

use std::{collections::BTreeMap, sync::Arc};

use dashmap::{DashMap, DashSet};
use tera::{Context, ErrorKind, Tera};

use super::{
    call_site::{Instrumented, instrument},
    context,
    explore::{Explored, Stopped, explore},
    functions,
    part::Parts,
    picture::Pictures,
    recorder::{self, Site, Topic},
    surrogate::Entities,
    view::Views,
};
use crate::{
    customizer::Customizers,
    decision::Box_,
    diagnostic::{Code, Diagnostic, Diagnostics, FileId, Span},
    digest::Digest,
    model::{Product, Store, Template},
    plan::{Plan, Route},
    source::SourceTree,
};

/// How many more renderings than variants a route may need: renderings whose texts come out
/// equal are one variant.
const RENDERINGS_PER_VARIANT: usize = 16;

/// Lines that one template can have in a call site's number.
const LINES: u64 = 1_000_000;

/// All that rendering needs, and the parts that were rendered so far. Shared by threads.
pub struct World {
    pub(super) store: Arc<Store>,
    pub(super) plan: Arc<Plan>,
    pub(super) tree: Arc<SourceTree>,
    pub(super) views: Views,
    pub(super) parts: Parts,
    /// Digests of the lists of products that collections show, by the list's address: such a list
    /// may have all products, and is asked for by each of its pages.
    pub(super) member_digests: DashMap<usize, Digest>,
    /// Places of the pages or products that a function found by looking through all of them.
    pub(super) lists: DashMap<String, Arc<[u32]>>,
    /// What is known of pictures, and the smaller ones that pages name.
    pub(super) pictures: Pictures,
    /// Customizers that were compiled.
    pub(super) customizers: Customizers,
    /// The names of files by the digests in their tokens.
    pub(super) files: BTreeMap<Digest, FileName>,
    /// What questions about files are about.
    pub(super) entities: Entities,
    /// Surrogate keys of the pages so far.
    pub(super) keys: DashSet<Arc<str>>,
    tera: Tera,
    templates: BTreeMap<String, Loaded>,
}

/// A file that pages may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileName {
    /// Of the theme, by place.
    Asset(usize),
    /// Beside the content, by place.
    Static(usize),
    /// The script of customizer pages.
    CustomizerScript,
}

struct Loaded {
    file: FileId,
    instrumented: Instrumented,
}

impl World {
    /// Parses the theme. Reports every template that cannot be parsed; `None` if any.
    pub fn new(
        store: Arc<Store>,
        plan: Arc<Plan>,
        tree: Arc<SourceTree>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Arc<Self>> {
        let mut tera = Tera::new();
        functions::register(&mut tera, &store.facets);
        let templates: BTreeMap<String, Loaded> = store
            .theme
            .templates
            .iter()
            .enumerate()
            .map(|(place, template)| (template.name.clone(), load(place, template)))
            .collect();
        let sources = templates
            .iter()
            .map(|(name, t)| (name.as_str(), t.instrumented.text.as_str()));
        if let Err(error) = tera.add_raw_templates(sources) {
            let mut problems = syntax_problems(&store, &templates);
            if problems.is_empty() {
                problems = template_problems(&store, &templates, &error);
            }
            diagnostics.extend(problems);
            return None;
        }
        let views = Views::new(&store, &plan);
        let assets = (0..store.theme.assets.len())
            .map(|p| (asset_key(&store.theme.assets[p].path), FileName::Asset(p)));
        let statics = (0..store.statics.len())
            .map(|p| (static_key(&store.statics[p].path), FileName::Static(p)));
        let is_customized = |product: &Product| product.customization.is_some();
        let script = store.catalog.products.iter().any(is_customized);
        let script = script.then(|| (customizer_script_key(), FileName::CustomizerScript));
        let files = assets.chain(statics).chain(script).collect();
        let texts = templates
            .iter()
            .map(|(name, t)| (name.as_str(), t.instrumented.text.as_str()));
        let entities = Entities::of(&store, &tree, texts);
        Some(Arc::new(Self {
            store,
            plan,
            tree,
            views,
            parts: Parts::default(),
            member_digests: DashMap::new(),
            lists: DashMap::new(),
            pictures: Pictures::default(),
            customizers: Customizers::default(),
            files,
            entities,
            keys: DashSet::new(),
            tera,
            templates,
        }))
    }

    /// The text of a part that a token names.
    pub fn part(&self, digest: Digest) -> Arc<str> {
        self.parts.text(digest)
    }

    /// Distinct fragments, and renderings of regions.
    pub fn rendering_count(&self) -> usize {
        self.parts.count()
    }

    /// Customizers that were compiled.
    pub fn customizers(&self) -> &Customizers {
        &self.customizers
    }

    /// The files that tokens may name.
    pub fn files(&self) -> &BTreeMap<Digest, FileName> {
        &self.files
    }

    /// The name of a region, for messages.
    pub fn region_name(&self, key: Digest) -> String {
        self.parts.find_region(key).name.clone()
    }

    /// Where a region is called.
    pub fn region_span(&self, key: Digest) -> Span {
        self.span(self.parts.find_region(key).site)
    }

    /// Renders a route for every visitor.
    pub fn explore_route(self: &Arc<Self>, route: &Route) -> Result<Explored, Diagnostic> {
        let what = format!("`{}`", route.path);
        self.explore(&what, context::site(self, route), || {
            context::render(self, route)
        })
    }

    /// Renders a region for every visitor, once for all routes that show it.
    pub fn explore_region(self: &Arc<Self>, key: Digest) -> Result<Arc<Explored>, Diagnostic> {
        let region = self.parts.find_region(key);
        let result = region.explored.get_or_init(|| {
            let what = format!("region `{}`", region.name);
            self.explore(&what, region.site, || {
                let mut context = Context::new();
                context.insert_value("site", self.views.site.value.clone());
                for (name, value) in &region.arguments {
                    context.insert_value(name.to_string(), value.clone());
                }
                self.render_template(
                    &format!("regions/{}.html", region.name),
                    &context,
                    region.site,
                )
            })
            .map(Arc::new)
        });
        result.clone()
    }

    fn explore(
        self: &Arc<Self>,
        what: &str,
        site: Site,
        mut render: impl FnMut() -> Result<String, Diagnostic>,
    ) -> Result<Explored, Diagnostic> {
        let most = self
            .store
            .config
            .max_variants
            .saturating_mul(RENDERINGS_PER_VARIANT);
        functions::enter(self, || {
            explore(&self.store.facets, most, || render().map(Arc::from))
        })
        .map_err(|stopped| match stopped {
            Stopped::Failed(problem, visitors) => problem.note(format!(
                "while rendering {what}{}",
                self.for_whom(&visitors)
            )),
            Stopped::TooMany(facets) => {
                let asked: Vec<String> = facets
                    .iter()
                    .map(|(facet, classes)| {
                        format!("`{}` ({classes})", self.store.facets.facet(*facet).id)
                    })
                    .collect();
                Diagnostic::new(
                    Code::TooManyVariants,
                    self.span(site),
                    format!("{what} needs more than {most} renderings"),
                )
                .label(format!("it asks {}", asked.join(", ")))
                .hint(
                    "put what depends on one facet into a region of its own \
                     (`{{ region(name=…) }}`), or raise `budgets.max-variants`",
                )
            }
        })
    }

    fn for_whom(&self, visitors: &Box_) -> String {
        let parts: Vec<String> = visitors
            .iter()
            .map(|(facet, set)| self.store.facets.describe(*facet, set))
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" for visitors with {}", parts.join(" "))
        }
    }

    /// A place in the sources as a span: the line without its indentation.
    pub(super) fn span(&self, site: Site) -> Span {
        if site.line == 0 {
            return Span::file(site.file);
        }
        let file = self.tree.file(site.file);
        let range = file.line_range(site.line);
        let line = &file.bytes[range.clone()];
        let indent = line.len() - line.trim_ascii_start().len();
        let start = range.start + indent;
        Span::new(site.file, start..start + line.trim_ascii().len())
    }

    /// Whether the theme has a template.
    pub(super) fn has_template(&self, name: &str) -> bool {
        self.templates.contains_key(name)
    }

    /// Renders one template within the rendering in progress.
    pub(super) fn render_template(
        &self,
        name: &str,
        context: &Context,
        asked_at: Site,
    ) -> Result<String, Diagnostic> {
        let Some(template) = self.templates.get(name) else {
            return Err(self.missing_template(name, asked_at));
        };
        let digest = Digest::of(template.instrumented.text.as_bytes());
        recorder::note(Topic::Template, name, Some(digest), asked_at);
        self.tera.render(name, context).map_err(|error| {
            recorder::take_problem().unwrap_or_else(|| {
                let problems = template_problems(&self.store, &self.templates, &error);
                problems
                    .into_iter()
                    .next()
                    .expect("an error is at least one problem")
            })
        })
    }

    fn missing_template(&self, name: &str, asked_at: Site) -> Diagnostic {
        Diagnostic::new(
            Code::MissingTemplate,
            self.span(asked_at),
            format!("the theme has no template `{name}`"),
        )
        .label("it is needed here")
        .did_you_mean(name, self.templates.keys().map(String::as_str))
    }

    /// The place that a call site's number stands for.
    pub(super) fn site(&self, number: u64) -> Site {
        let template = &self.store.theme.templates[(number / LINES) as usize];
        Site {
            file: template.file,
            line: (number % LINES) as u32,
        }
    }
}

fn load(place: usize, template: &Template) -> Loaded {
    let site = |line: usize| place as u64 * LINES + (line as u64).min(LINES - 1);
    let instrumented = instrument(&template.source, functions::RECORDED, site);
    Loaded {
        file: template.file,
        instrumented,
    }
}

/// The digest in tokens of a file of the theme.
pub(super) fn asset_key(path: &str) -> Digest {
    Digest::of_parts([b"asset".as_slice(), path.as_bytes()])
}

/// The digest in tokens of a file beside the content.
pub(super) fn static_key(path: &str) -> Digest {
    Digest::of_parts([b"static".as_slice(), path.as_bytes()])
}

/// The digest in tokens of the script of customizer pages.
pub(super) fn customizer_script_key() -> Digest {
    Digest::of_parts([b"customizer".as_slice()])
}

/// A Tera error as problems, each at its place in a template.
fn template_problems(
    store: &Store,
    templates: &BTreeMap<String, Loaded>,
    error: &tera::Error,
) -> Vec<Diagnostic> {
    let at = |name: &str, line: usize, column: usize, width: usize| {
        let loaded = templates.get(name)?;
        let source = &store.theme.template(name)?.source;
        // What is missing at the end is behind the last line.
        let text = source.split_inclusive('\n').take(line).last()?;
        let line_start = text.as_ptr() as usize - source.as_ptr() as usize;
        let byte = |column: usize| {
            let column = loaded.instrumented.column(line, column);
            text.char_indices()
                .nth(column)
                .map_or(text.trim_end().len(), |(at, _)| at)
        };
        let (start, end) = (byte(column), byte(column + width));
        Some(Span::new(
            loaded.file,
            line_start + start..line_start + end.max(start),
        ))
    };
    let make = |code: Code, message: &str, span: Option<Span>| match span {
        Some(span) => Diagnostic::new(code, span, lower_first(message)),
        None => Diagnostic::project(code, lower_first(message)),
    };
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let code = match error.kind() {
                ErrorKind::SyntaxError(_) => Code::TemplateSyntax,
                _ => Code::TemplateError,
            };
            let span = report.span();
            let width = if span.start_line == span.end_line {
                span.end_col.saturating_sub(span.start_col)
            } else {
                usize::MAX / 2
            };
            let place = at(report.filename(), span.start_line, span.start_col, width);
            vec![make(code, report.message(), place)]
        }
        ErrorKind::MissingParent { current, parent } => {
            let message = format!("`{current}` extends `{parent}`, which the theme does not have");
            vec![make(
                Code::TemplateSyntax,
                &message,
                at(current, 1, 0, usize::MAX / 2),
            )]
        }
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => {
            let message = format!("`{tpl}` extends or includes itself");
            vec![make(
                Code::TemplateSyntax,
                &message,
                at(tpl, 1, 0, usize::MAX / 2),
            )]
        }
        _ => {
            let text = error.to_string();
            let reports: Vec<Diagnostic> = text
                .split("\n\n")
                .map(|report| {
                    // `error: Unknown function `x`` and ` --> name:line:column`, as Tera joins the
                    // problems that it finds after parsing.
                    let mut lines = report.lines();
                    let message = lines
                        .next()
                        .unwrap_or_default()
                        .trim_start_matches("error: ");
                    let place = lines.next().and_then(|line| {
                        let mut place = line.trim().strip_prefix("--> ")?.rsplitn(3, ':');
                        let column: usize = place.next()?.parse().ok()?;
                        let line: usize = place.next()?.parse().ok()?;
                        at(place.next()?, line, column.saturating_sub(1), 1)
                    });
                    make(Code::TemplateSyntax, message, place)
                })
                .collect();
            reports
        }
    }
}

/// The problems of templates that cannot be parsed, each by itself: a batch stops at the first.
fn syntax_problems(store: &Store, templates: &BTreeMap<String, Loaded>) -> Vec<Diagnostic> {
    templates
        .iter()
        .filter_map(|(name, loaded)| {
            let alone = Tera::new().add_raw_template(name, &loaded.instrumented.text);
            alone
                .err()
                .filter(|error| matches!(error.kind(), ErrorKind::SyntaxError(_)))
        })
        .flat_map(|error| template_problems(store, templates, &error))
        .collect()
}

fn lower_first(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
