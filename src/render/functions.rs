//! What templates can call. Every function notes its question.

use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil, fmt::strtime};
use serde_json::Value as Json;
use tera::{Error, Kwargs, Map, State, Tera, TeraResult, Value};

use super::{
    call_site::ARGUMENT,
    context,
    engine::{World, asset_key, static_key},
    markdown,
    part::call_key,
    recorder::{self, Site, Topic},
    token::Token,
    view,
};
use crate::{
    decision::{ValueSet, Variable},
    diagnostic::{Code, Diagnostic},
    digest::Digest,
    model::{Block, FacetSpace, Markup, Money, Prose},
    plan::{Subject, in_list_order},
};

/// The functions that learn which line calls them.
pub(super) const RECORDED: &[&str] = &[
    "segment",
    "visitor_is",
    "facet",
    "product",
    "products",
    "price",
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
            .map(|name| {
                let name = name.as_str().unwrap_or_default();
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
            .iter()
            .position(|page| page.path.as_str() == path)
            .ok_or_else(|| {
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
    add("fragment", Arguments::Any, fragment);
    add("region", Arguments::Any, region);

    tera.register_filter("money", money);
    tera.register_filter("date", date);
    tera.register_filter("json", json);
    tera.register_filter("group_by", group_by);
    tera.register_filter("markdown", |text: &str, _: Kwargs, _: &State<'_>| {
        Value::safe_string(&markdown::to_html(text, &mut Plain))
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

fn segment(call: &Call<'_>) -> Answer {
    let facet = call.facet(&call.must("of")?)?;
    let definition = call.world.store.facets.facet(facet);
    let classes: Vec<ValueSet> = (0..definition.len()).map(ValueSet::single).collect();
    let place = recorder::ask_visitor(&call.world.store.facets, facet, &classes, call.site);
    Ok(definition.segments[place].id.as_str().into())
}

fn visitor_is(call: &Call<'_>) -> Answer {
    let mut tests = Vec::new();
    for (name, value) in &call.others(&[]) {
        let facet = call.facet(name.as_str().unwrap_or_default())?;
        tests.push((facet, call.segments(facet, value)?));
    }
    let facets = &call.world.store.facets;
    let holds = tests
        .iter()
        .all(|(facet, set)| recorder::visitor_is_in(facets, *facet, set, call.site));
    Ok(holds.into())
}

fn facet(call: &Call<'_>) -> Answer {
    let place = usize::from(call.facet(&call.must("name")?)?);
    let view = call.world.views.facet(&call.world.store, place);
    let name = &call.world.store.facets.facets[place].id;
    recorder::note(Topic::Facet, name, Some(view.digest), call.site);
    Ok(view.value.clone())
}

fn product(call: &Call<'_>) -> Answer {
    let place = call.product(&call.must("id")?)?;
    Ok(call.world.product(place, call.site))
}

fn products(call: &Call<'_>) -> Answer {
    let catalog = &call.world.store.catalog;
    let limit = call.limit()?;
    let places: Vec<u32> = match (call.text("collection")?, call.text("tag")?) {
        (Some(id), tag) => {
            let members = call
                .world
                .members(call.collection(&id)?, call.site)
                .iter()
                .copied();
            let has_tag = |place: &u32| {
                let tags = &catalog.products[*place as usize].tags;
                tag.as_ref()
                    .is_none_or(|tag| tags.iter().any(|other| other == tag))
            };
            members.filter(has_tag).take(limit).collect()
        }
        (None, tag) => {
            let key = format!("products tag={}", tag.as_deref().unwrap_or_default());
            let all = call.world.lists.entry(key).or_insert_with(|| {
                let mut places: Vec<u32> = (0..catalog.products.len() as u32).collect();
                if let Some(tag) = &tag {
                    places.retain(|place| {
                        catalog.products[*place as usize]
                            .tags
                            .iter()
                            .any(|other| other == tag)
                    });
                }
                places.sort_by_key(|place| catalog.products[*place as usize].weight);
                (Value::from(places), Digest::default())
            });
            let list = all.0.as_array().unwrap_or_default().iter();
            list.filter_map(|place| u32::try_from(place.as_i64()?).ok())
                .take(limit)
                .collect()
        }
    };
    let name: Vec<String> = call
        .others(&[])
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    recorder::note(
        Topic::Products,
        name.join(" "),
        Some(call.world.ids_digest(&places)),
        call.site,
    );
    let ids = places
        .iter()
        .map(|place| catalog.products[*place as usize].id.as_str().into());
    Ok(Value::from(ids.collect::<Vec<Value>>()))
}

fn price(call: &Call<'_>) -> Answer {
    let place = call.product(&call.must("product")?)?;
    let sku = call.text("sku")?;
    Ok(price_view(call.world, place, sku.as_deref(), call.site)
        .map_or_else(Value::none, |price| Value::from_serializable(&price)))
}

fn price_view(world: &World, place: usize, sku: Option<&str>, site: Site) -> Option<Json> {
    let product = &world.store.catalog.products[place];
    let prices = view::prices(product, sku);
    let view = prices.map(|prices| {
        let money = prices.price.choose(|facet, segments| {
            recorder::visitor_is_in(&world.store.facets, facet, segments, site)
        });
        // A segment's price is shown against what everyone pays.
        let base = Some(prices.price.default).filter(|base| base.minor > money.minor);
        view::price(&world.store.config, *money, prices.compare_at.or(base))
    });
    let name = sku.map_or_else(|| product.id.clone(), |sku| format!("{} {sku}", product.id));
    let digest = view
        .as_ref()
        .map(|view| Digest::of(view.to_string().as_bytes()));
    recorder::note(Topic::Price, name, digest, site);
    view
}

fn collection(call: &Call<'_>) -> Answer {
    let place = call.collection(&call.must("id")?)?;
    Ok(call.world.collection(place, call.site))
}

fn find_list(call: &Call<'_>, name: &str) -> Result<usize, Diagnostic> {
    let lists = &call.world.store.catalog.lists;
    lists
        .binary_search_by(|list| list.id.as_str().cmp(name))
        .map_err(|_| {
            recorder::note(Topic::List, name, None, call.site);
            call.problem(Code::UnknownList, format!("unknown list `{name}`"))
                .did_you_mean(name, lists.iter().map(|list| list.id.as_str()))
        })
}

fn list(call: &Call<'_>) -> Answer {
    let name = call.must("name")?;
    let place = find_list(call, &name)?;
    let view = call.world.views.list(&call.world.store, place);
    recorder::note(Topic::List, name, Some(view.digest), call.site);
    Ok(view.value.clone())
}

fn item(call: &Call<'_>) -> Answer {
    let (name, id) = (call.must("list")?, call.must("id")?);
    let list = &call.world.store.catalog.lists[find_list(call, &name)?];
    let found = list
        .items
        .iter()
        .find(|item| item.id == id)
        .ok_or_else(|| {
            call.problem(
                Code::UnknownList,
                format!("list `{name}` has no item `{id}`"),
            )
            .did_you_mean(&id, list.items.iter().map(|item| item.id.as_str()))
        })?;
    let view = view::item(found);
    recorder::note(
        Topic::List,
        format!("{name} {id}"),
        Some(Digest::of(view.to_string().as_bytes())),
        call.site,
    );
    Ok(view)
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
    let key = format!("pages {prefix:?} {tag:?}");
    let all = world.lists.entry(key).or_insert_with(|| {
        let places = in_list_order(&world.store, |page| {
            prefix
                .as_ref()
                .is_none_or(|p| page.path.as_str().starts_with(p.as_str()))
                && tag
                    .as_ref()
                    .is_none_or(|tag| page.tags.iter().any(|other| other == tag))
        });
        (Value::from(places), Digest::default())
    });
    let list = all.0.as_array().unwrap_or_default().iter();
    let places: Vec<usize> = list
        .filter_map(|place| usize::try_from(place.as_i64()?).ok())
        .take(call.limit()?)
        .collect();
    drop(all);
    let paths = places
        .iter()
        .map(|place| world.store.pages[*place].path.as_str().as_bytes());
    let name: Vec<String> = call
        .others(&[])
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    recorder::note(
        Topic::Pages,
        name.join(" "),
        Some(Digest::of_parts(paths)),
        call.site,
    );
    Ok(context::pages(world, &places, call.site))
}

fn body(call: &Call<'_>) -> Answer {
    let subject = if let Some(id) = call.text("product")? {
        Some(Subject::Product(call.product(&id)?))
    } else if let Some(path) = call.text("page")? {
        Some(Subject::Page(call.page(&path)?))
    } else if let Some(id) = call.text("collection")? {
        Some(Subject::Collection(call.collection(&id)?))
    } else {
        SUBJECT.with_borrow(|subject| *subject)
    };
    let (world, site) = (call.world, call.site);
    let store = &world.store;
    let (key, body) = match subject {
        Some(Subject::Product(place)) => {
            let product = &store.catalog.products[place];
            (format!("product {}", product.id), &product.body)
        }
        Some(Subject::Collection(place)) => {
            let collection = &store.catalog.collections[place];
            (format!("collection {}", collection.id), &collection.body)
        }
        Some(Subject::Page(place)) => {
            let page = &store.pages[place];
            let own = context::chosen_override(world, page, site);
            let file = own.map_or(page.file, |own| own.file);
            (
                format!("page {}", world.tree.file(file).path),
                own.map_or(&page.body, |own| &own.body),
            )
        }
        Some(Subject::Collections | Subject::Tag(_) | Subject::Tags | Subject::NotFound) => {
            return Ok(Value::safe_string(""));
        }
        None => {
            return Err(call
                .problem(
                    Code::TemplateError,
                    "there is no text that `body()` could mean here",
                )
                .hint("say whose: `body(product=…)`, `body(page=…)` or `body(collection=…)`"));
        }
    };
    if body.blocks.is_empty() {
        return Ok(Value::safe_string(""));
    }
    let key = Digest::of_parts([b"body".as_slice(), key.as_bytes()]);
    let part = world.parts.fragment(&store.facets, key, || {
        let mut html = String::new();
        render_blocks(world, body.markup, &body.blocks, &mut html);
        Ok::<_, std::convert::Infallible>(html)
    });
    let Ok(part) = part;
    Ok(Value::safe_string(&Token::Part(part).to_string()))
}

fn render_blocks(world: &Arc<World>, markup: Markup, blocks: &[Block], html: &mut String) {
    for block in blocks {
        match block {
            Block::Prose(prose) => render_prose(world, markup, prose, html),
            Block::When(branches) => {
                let branch = branches.iter().find(|branch| {
                    let site = Site {
                        file: branch.span.file,
                        line: world.line(branch.span),
                    };
                    branch.when.iter().all(|(facet, segments)| {
                        recorder::visitor_is_in(&world.store.facets, *facet, segments, site)
                    })
                });
                if let Some(branch) = branch {
                    render_blocks(world, markup, &branch.blocks, html);
                }
            }
        }
    }
}

fn render_prose(world: &Arc<World>, markup: Markup, prose: &Prose, html: &mut String) {
    let site = Site {
        file: prose.span.file,
        line: world.line(prose.span),
    };
    let name = world.tree.file(prose.span.file).path.to_string();
    recorder::note(
        Topic::Body,
        name,
        Some(Digest::of(prose.text.as_bytes())),
        site,
    );
    match markup {
        Markup::Html => html.push_str(&prose.text),
        Markup::Markdown => html.push_str(&markdown::to_html(
            &prose.text,
            &mut InStore { world, site },
        )),
    }
}

/// Directives and files in a text of the store.
struct InStore<'a> {
    world: &'a Arc<World>,
    site: Site,
}

impl markdown::Resolve for InStore<'_> {
    fn directive(&mut self, name: &str, argument: &str) -> Option<String> {
        let place = self.world.store.catalog.find_product(argument)?;
        match name {
            "price" => {
                let price = price_view(self.world, place, None, self.site)?;
                let text = escape(price["text"].as_str().unwrap_or_default());
                Some(format!("<span class=\"price\">{text}</span>"))
            }
            "product" => {
                let view = self.world.product(place, self.site);
                let text = |key: &str| {
                    escape(
                        view.get_from_path(key)
                            .and_then(Value::as_str)
                            .unwrap_or_default(),
                    )
                };
                Some(format!(
                    "<a href=\"{}\">{}</a>",
                    text("path"),
                    text("title")
                ))
            }
            _ => None,
        }
    }

    fn file<'b>(&mut self, destination: &'b str) -> Cow<'b, str> {
        let source = &self.world.tree.file(self.site.file).path;
        let folder = source
            .strip_prefix("content/")
            .and_then(|path| path.rsplit_once('/'));
        let beside = match folder {
            Some((folder, _)) if !destination.starts_with('/') => format!("{folder}/{destination}"),
            _ => destination.to_owned(),
        };
        match self
            .world
            .file_url(&beside)
            .or_else(|| self.world.file_url(destination))
        {
            Some(url) => {
                recorder::note(
                    Topic::File,
                    destination,
                    Some(Digest::of(url.as_bytes())),
                    self.site,
                );
                url.into()
            }
            None => destination.into(),
        }
    }
}

/// Markdown that stands in a template or a field.
struct Plain;

impl markdown::Resolve for Plain {
    fn directive(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn file<'a>(&mut self, destination: &'a str) -> Cow<'a, str> {
        destination.into()
    }
}

fn escape(text: &str) -> String {
    let mut escaped = Vec::with_capacity(text.len());
    tera::escape_html(text, &mut escaped).expect("writing to memory does not fail");
    String::from_utf8(escaped).expect("escaping keeps UTF-8")
}

fn asset(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    file_token(call, &path, asset_key(&path))
}

fn static_file(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    file_token(call, &path, static_key(path.trim_start_matches('/')))
}

fn file_token(call: &Call<'_>, path: &str, key: Digest) -> Answer {
    let world = call.world;
    if !world.files.contains_key(&key) {
        recorder::note(Topic::File, path, None, call.site);
        let names: Vec<&str> = if call.name == "static" {
            world
                .store
                .statics
                .iter()
                .map(|file| file.path.as_str())
                .collect()
        } else {
            world
                .store
                .theme
                .assets
                .iter()
                .map(|file| file.path.as_str())
                .collect()
        };
        let place = if call.name == "static" {
            "content"
        } else {
            "the theme's assets"
        };
        let message = format!("there is no file `{path}` in {place}");
        return Err(call
            .problem(Code::MissingAsset, message)
            .did_you_mean(path, names));
    }
    recorder::note(Topic::File, path, Some(key), call.site);
    Ok(Value::safe_string(&Token::Asset(key).to_string()))
}

fn inline(call: &Call<'_>) -> Answer {
    let path = call.must("path")?;
    let assets = &call.world.store.theme.assets;
    let Some(asset) = assets.iter().find(|asset| asset.path == path) else {
        return file_token(call, &path, asset_key(&path));
    };
    let text = call.world.tree.file(asset.file).text();
    recorder::note(
        Topic::File,
        path,
        Some(Digest::of(text.as_bytes())),
        call.site,
    );
    Ok(Value::safe_string(text.trim()))
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

fn money(minor: i64, _: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let world = WORLD.with_borrow(Clone::clone);
    let world = world.ok_or_else(|| Error::message("rendering outside of a world"))?;
    let config = &world.store.config;
    Ok(config.money.format(Money {
        minor,
        currency: config.currency,
    }))
}

fn date(text: &str, kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let format = kwargs.get::<&str>("format")?.unwrap_or("%-d %B %Y");
    let written = match (text.parse::<Timestamp>(), text.parse::<civil::Date>()) {
        (Ok(time), _) => strtime::format(format, &time.to_zoned(jiff::tz::TimeZone::UTC)),
        (_, Ok(date)) => strtime::format(format, date),
        _ => return Err(Error::message(format!("`{text}` is not a date"))),
    };
    written.map_err(|error| Error::message(format!("`{format}` is no date format: {error}")))
}

/// JSON that can stand in a `<script>`.
fn json(value: &Value, _: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let text = serde_json::to_string(value).map_err(|error| Error::message(error.to_string()))?;
    Ok(Value::safe_string(&text.replace('<', "\\u003c")))
}

/// Groups in the order of their first members, unlike Tera's own.
fn group_by(list: &Value, kwargs: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let attribute = kwargs.must_get::<&str>("attribute")?;
    let Some(list) = list.as_array() else {
        return Err(Error::message("`group_by` groups the entries of a list"));
    };
    let mut order: Vec<String> = Vec::new();
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for entry in list {
        let Some(key) = entry.get_from_path(attribute).filter(|key| !key.is_none()) else {
            continue;
        };
        let key = key.to_string();
        if !groups.contains_key(&key) {
            order.push(key.clone());
        }
        groups.entry(key).or_default().push(entry.clone());
    }
    let mut map = Map::new();
    for key in order {
        let group = groups.remove(&key).unwrap_or_default();
        map.insert(key.into(), Value::from(group));
    }
    Ok(Value::from(map))
}
