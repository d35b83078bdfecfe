//! What templates can call. Every function notes its question.

mod body;
mod catalog;
mod customizer;
mod files;
mod filters;

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use tera::{Error, Kwargs, Map, State, Tera, TeraResult, Value};

use super::{
    call_site::ARGUMENT,
    context,
    engine::World,
    markdown,
    part::call_key,
    recorder::{self, Site, Topic},
    token::Token,
};
use crate::{
    decision::{ValueSet, Variable},
    diagnostic::{Code, Diagnostic},
    digest::Digest,
    model::FacetSpace,
    plan::{Subject, in_list_order},
};
use body::body;
use catalog::{collection, facet, item, list, price, product, products, segment, visitor_is};
use files::{asset, image, inline, source, static_file};

/// The functions that learn which line calls them.
pub(super) const RECORDED: &[&str] = &[
    "segment",
    "visitor_is",
    "facet",
    "product",
    "products",
    "price",
    "customizer",
    "collection",
    "collections",
    "list",
    "item",
    "page",
    "pages",
    "tags",
    "body",
    "asset",
    "static",
    "inline",
    "source",
    "image",
    "fragment",
    "region",
];

thread_local! {
    static WORLD: RefCell<Option<Arc<World>>> = const { RefCell::new(None) };
    static SUBJECT: RefCell<Option<Subject>> = const { RefCell::new(None) };
}

/// Runs renderings of a world on this thread.
pub(super) fn enter<R>(world: &Arc<World>, run: impl FnOnce() -> R) -> R {
    let before = WORLD.replace(Some(Arc::clone(world)));
    let result = run();
    WORLD.replace(before);
    result
}

/// Runs a rendering with the subject that `body()` means.
pub(super) fn with_subject<R>(subject: Subject, run: impl FnOnce() -> R) -> R {
    scoped_subject(Some(subject), run)
}

fn scoped_subject<R>(subject: Option<Subject>, run: impl FnOnce() -> R) -> R {
    let before = SUBJECT.replace(subject);
    let result = run();
    SUBJECT.replace(before);
    result
}

/// One call of a function.
struct Call<'a> {
    world: &'a Arc<World>,
    name: &'static str,
    kwargs: &'a Kwargs,
    site: Site,
}

type Answer = Result<Value, Diagnostic>;

impl Call<'_> {
    fn problem(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.world.span(self.site), message)
    }

    fn argument(&self, name: &str) -> Option<&Value> {
        self.kwargs
            .iter()
            .find(|(key, _)| key.as_str() == Some(name))
            .map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Result<Option<Cow<'_, str>>, Diagnostic> {
        match self.argument(name) {
            None => Ok(None),
            Some(value) if value.is_none() => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(Cow::Borrowed(text))),
                None if value.is_number() => Ok(Some(Cow::Owned(value.to_string()))),
                None => Err(self.problem(
                    Code::TemplateError,
                    format!("`{}` of `{}()` is not a text", name, self.name),
                )),
            },
        }
    }

    fn must(&self, name: &str) -> Result<Cow<'_, str>, Diagnostic> {
        self.text(name)?.ok_or_else(|| {
            self.problem(
                Code::TemplateError,
                format!("`{}()` needs `{name}`", self.name),
            )
            .hint(format!("write `{}({name}=\"…\")`", self.name))
        })
    }

    fn limit(&self) -> Result<usize, Diagnostic> {
        match self.argument("limit") {
            None => Ok(usize::MAX),
            Some(value) => value
                .as_i64()
                .and_then(|limit| usize::try_from(limit).ok())
                .ok_or_else(|| {
                    self.problem(Code::TemplateError, "`limit` is not a whole number from 0")
                }),
        }
    }

    /// All arguments but those that the function itself takes.
    fn others(&self, own: &[&str]) -> Map {
        self.kwargs
            .iter()
            .filter(|(key, _)| {
                key.as_str()
                    .is_none_or(|key| key != ARGUMENT && !own.contains(&key))
            })
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The arguments as a question's name.
    fn described(&self) -> String {
        let arguments = self.others(&[]);
        let named: Vec<String> = arguments.iter().map(|(k, v)| format!("{k}={v}")).collect();
        named.join(" ")
    }

    /// A list that is found by looking through everything, once for each key.
    fn listed(&self, key: String, find: impl FnOnce() -> Vec<u32>) -> Arc<[u32]> {
        let list = self.world.lists.entry(key).or_insert_with(|| find().into());
        Arc::clone(&list)
    }

    fn facet(&self, name: &str) -> Result<Variable, Diagnostic> {
        let facets = &self.world.store.facets;
        // An argument's name cannot have a hyphen.
        facets
            .find(name)
            .or_else(|| facets.find(&name.replace('_', "-")))
            .ok_or_else(|| {
                self.problem(Code::UnknownFacet, format!("unknown facet `{name}`"))
                    .did_you_mean(name, facets.facets.iter().map(|facet| facet.id.as_str()))
            })
    }

    fn segments(&self, facet: Variable, value: &Value) -> Result<ValueSet, Diagnostic> {
        let names: Vec<&Value> = match value.as_array() {
            Some(list) => list.iter().collect(),
            None => vec![value],
        };
        let definition = self.world.store.facets.facet(facet);
        names
            .into_iter()
            .flat_map(|name| name.as_str().unwrap_or_default().split(','))
            .map(|name| {
                let name = name.trim();
                definition.find(name).ok_or_else(|| {
                    let known = definition
                        .segments
                        .iter()
                        .map(|segment| segment.id.as_str());
                    let message = format!("facet `{}` has no segment `{name}`", definition.id);
                    self.problem(Code::UnknownSegment, message)
                        .did_you_mean(name, known)
                })
            })
            .collect()
    }

    fn product(&self, id: &str) -> Result<usize, Diagnostic> {
        let catalog = &self.world.store.catalog;
        catalog.find_product(id).ok_or_else(|| {
            recorder::note(Topic::Product, id, None, self.site);
            let known = catalog.products.iter().map(|product| product.id.as_str());
            self.problem(Code::UnknownProduct, format!("unknown product `{id}`"))
                .did_you_mean(id, known)
        })
    }

    fn collection(&self, id: &str) -> Result<usize, Diagnostic> {
        let collections = &self.world.store.catalog.collections;
        collections
            .binary_search_by(|c| c.id.as_str().cmp(id))
            .map_err(|_| {
                recorder::note(Topic::Collection, id, None, self.site);
                self.problem(
                    Code::UnknownCollection,
                    format!("unknown collection `{id}`"),
                )
                .did_you_mean(id, collections.iter().map(|c| c.id.as_str()))
            })
    }

    fn page(&self, path: &str) -> Result<usize, Diagnostic> {
        let pages = &self.world.store.pages;
        pages
            .binary_search_by(|page| page.path.as_str().cmp(path))
            .map_err(|_| {
                recorder::note(Topic::Page, path, None, self.site);
                self.problem(Code::MissingPage, format!("there is no page `{path}`"))
                    .did_you_mean(path, pages.iter().map(|page| page.path.as_str()))
            })
    }
}

/// Registers every function and filter. Facets are named by arguments of `visitor_is`.
pub(super) fn register(tera: &mut Tera, facets: &FacetSpace) {
    let facet_names: Vec<String> = facets
        .facets
        .iter()
        .map(|facet| facet.id.replace('-', "_"))
        .collect();
    let only = Arguments::Only;
    let mut add = |name, arguments, answer| add_function(tera, name, arguments, answer);
    add("segment", only(&["of"]), segment);
    add("visitor_is", Arguments::Facets(facet_names), visitor_is);
    add("facet", only(&["name"]), facet);
    add("product", only(&["id"]), product);
    add("products", only(&["collection", "tag", "limit"]), products);
    add("price", only(&["product", "sku"]), price);
    add("customizer", only(&["product"]), customizer::customizer);
    add("collection", only(&["id"]), collection);
    add("collections", only(&[]), |call| {
        Ok(call.world.collections(call.site))
    });
    add("list", only(&["name"]), list);
    add("item", only(&["list", "id"]), item);
    add("page", only(&["path"]), page);
    add("pages", only(&["section", "tag", "limit"]), pages);
    add("tags", only(&[]), |call| Ok(call.world.tags(call.site)));
    add("body", only(&["product", "page", "collection"]), body);
    add("asset", only(&["path"]), asset);
    add("static", only(&["path"]), static_file);
    add("inline", only(&["path"]), inline);
    add("source", only(&["path"]), source);
    add(
        "image",
        only(&["of", "src", "alt", "widths", "raster"]),
        image,
    );
    add("fragment", Arguments::Any, fragment);
    add("region", Arguments::Any, region);

    tera.register_filter("money", filters::money);
    tera.register_filter("date", filters::date);
    tera.register_filter("positions", filters::positions);
    tera.register_filter("json", filters::json);
    tera.register_filter("group_by", filters::group_by);
    tera.register_filter("markdown", |text: &str, _: Kwargs, _: &State<'_>| {
        Value::safe_string(&markdown::to_html(text, &mut body::Plain))
    });
}

/// Which arguments a function takes.
enum Arguments {
    Only(&'static [&'static str]),
    Facets(Vec<String>),
    Any,
}

impl Arguments {
    fn known(&self) -> Option<Vec<&str>> {
        match self {
            Self::Only(names) => Some(names.to_vec()),
            Self::Facets(names) => Some(names.iter().map(String::as_str).collect()),
            Self::Any => None,
        }
    }
}

fn add_function(
    tera: &mut Tera,
    name: &'static str,
    arguments: Arguments,
    answer: fn(&Call<'_>) -> Answer,
) {
    tera.register_function(
        name,
        move |kwargs: Kwargs, _: &State<'_>| -> TeraResult<Value> {
            let world = WORLD.with_borrow(Clone::clone);
            let world = world.ok_or_else(|| Error::message("rendering outside of a world"))?;
            let number = kwargs.get::<u64>(ARGUMENT)?.unwrap_or_default();
            let call = Call {
                world: &world,
                name,
                kwargs: &kwargs,
                site: world.site(number),
            };
            let unknown = arguments.known().and_then(|known| {
                let names = kwargs.iter().filter_map(|(key, _)| key.as_str());
                let wrong = names
                    .filter(|key| *key != ARGUMENT)
                    .find(|key| !known.contains(key))?;
                let problem = match &arguments {
                    Arguments::Facets(_) => {
                        call.problem(Code::UnknownFacet, format!("unknown facet `{wrong}`"))
                    }
                    Arguments::Only(_) | Arguments::Any => {
                        let message = format!("`{name}()` takes no argument `{wrong}`");
                        call.problem(Code::TemplateError, message)
                    }
                };
                Some(problem.did_you_mean(wrong, known))
            });
            unknown
                .map_or_else(|| answer(&call), Err)
                .map_err(|problem| {
                    let message = problem.message.clone();
                    recorder::fail(problem);
                    Error::message(message)
                })
        },
    );
}

fn page(call: &Call<'_>) -> Answer {
    let place = call.page(&call.must("path")?)?;
    let page = &call.world.store.pages[place];
    Ok(Value::from_serializable(&context::page_view(
        call.world, page, call.site,
    )))
}

fn pages(call: &Call<'_>) -> Answer {
    let world = call.world;
    let (section, tag) = (call.text("section")?, call.text("tag")?);
    let prefix = section
        .as_ref()
        .map(|section| format!("/{}/", section.trim_matches('/')));
    let all = call.listed(format!("pages {prefix:?} {tag:?}"), || {
        in_list_order(&world.store, |page| {
            prefix
                .as_ref()
                .is_none_or(|p| page.path.as_str().starts_with(p.as_str()))
                && tag
                    .as_ref()
                    .is_none_or(|tag| page.tags.iter().any(|other| other == tag))
        })
        .into_iter()
        .map(|place| place as u32)
        .collect()
    });
    let places: Vec<usize> = all
        .iter()
        .map(|place| *place as usize)
        .take(call.limit()?)
        .collect();
    let paths = places
        .iter()
        .map(|place| world.store.pages[*place].path.as_str().as_bytes());
    recorder::note(
        Topic::Pages,
        call.described(),
        Some(Digest::of_parts(paths)),
        call.site,
    );
    Ok(context::pages(world, &places, call.site))
}

fn fragment(call: &Call<'_>) -> Answer {
    let name = call.must("name")?;
    let arguments = call.others(&["name"]);
    let world = call.world;
    let key = call_key("fragment", &name, &arguments);
    let render = || {
        recorder::guard_cycle(key, || {
            let mut context = tera::Context::new();
            context.insert_value("site", world.views.site.value.clone());
            for (name, value) in &arguments {
                context.insert_value(name.to_string(), value.clone());
            }
            scoped_subject(None, || {
                world.render_template(&format!("fragments/{name}.html"), &context, call.site)
            })
        })
        .unwrap_or_else(|| {
            Err(call.problem(
                Code::FragmentCycle,
                format!("fragment `{name}` contains itself"),
            ))
        })
    };
    let part = world.parts.fragment(&world.store.facets, key, render)?;
    Ok(Value::safe_string(&Token::Part(part).to_string()))
}

fn region(call: &Call<'_>) -> Answer {
    let name = call.must("name")?;
    let template = format!("regions/{name}.html");
    if !call.world.has_template(&template) {
        let message = format!("the theme has no template `{template}`");
        let names = call
            .world
            .store
            .theme
            .templates
            .iter()
            .map(|template| template.name.as_str());
        let problem = call
            .problem(Code::MissingTemplate, message)
            .did_you_mean(&template, names);
        return Err(problem);
    }
    let key = call
        .world
        .parts
        .region(&name, call.others(&["name"]), call.site);
    Ok(Value::safe_string(&Token::Region(key).to_string()))
}
