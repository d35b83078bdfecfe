//! Texts of documents, products and collections.

use std::sync::Arc;

use tera::Value;

use super::{Answer, Call, SUBJECT, catalog::price_view};
use crate::{
    diagnostic::Code,
    digest::Digest,
    model::{Block, Markup, Prose, file_candidates},
    plan::Subject,
    render::{
        context,
        engine::World,
        markdown,
        picture::{Form, Shown},
        recorder::{self, Site, Topic},
        token::Token,
    },
};

pub(super) fn body(call: &Call<'_>) -> Answer {
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

pub(super) fn render_blocks(
    world: &Arc<World>,
    markup: Markup,
    blocks: &[Block],
    html: &mut String,
) {
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

pub(super) fn render_prose(world: &Arc<World>, markup: Markup, prose: &Prose, html: &mut String) {
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

    fn file(&mut self, destination: &str) -> Option<Digest> {
        let document = &self.world.tree.file(self.site.file).path;
        let key = file_candidates(document, destination)
            .iter()
            .find_map(|path| self.world.file_key(path))?;
        recorder::note(Topic::File, destination, Some(key), self.site);
        Some(key)
    }

    fn picture(&mut self, destination: &str, alt: &str, title: &str) -> Option<String> {
        let world = self.world;
        let document = &world.tree.file(self.site.file).path;
        let key = file_candidates(document, destination)
            .iter()
            .find_map(|path| world.file_key(path));
        let settings = &world.store.config.images;
        // One that is missing or broken is reported by its own name.
        let shown = key
            .and_then(|key| world.shown(key, &settings.widths, Form::Page, self.site))
            .unwrap_or_else(|| Shown::elsewhere(&destination.replace(' ', "%20")));
        Some(picture(&shown, alt, title, &settings.sizes))
    }
}

/// A picture in a text, which may be far below what is seen first.
fn picture(shown: &Shown, alt: &str, title: &str, sizes: &str) -> String {
    let attribute = |name: &str, value: &str| format!(" {name}=\"{}\"", escape(value));
    let optional = |name: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            attribute(name, value)
        }
    };
    let srcset = |srcset: &str| {
        if srcset.is_empty() {
            String::new()
        } else {
            attribute("srcset", srcset) + &attribute("sizes", sizes)
        }
    };
    let size = shown.size.map_or_else(String::new, |(width, height)| {
        format!(" width=\"{width}\" height=\"{height}\"")
    });
    let img = format!(
        "<img{}{}{}{}{size} loading=\"lazy\" decoding=\"async\">",
        attribute("src", &shown.src),
        srcset(&shown.srcset),
        attribute("alt", alt),
        optional("title", title),
    );
    if shown.sources.is_empty() {
        return img;
    }
    let sources: Vec<String> = shown
        .sources
        .iter()
        .map(|(format, candidates)| {
            let kind = attribute("type", format.media_type());
            format!("<source{kind}{}>", srcset(candidates))
        })
        .collect();
    format!("<picture>{}{img}</picture>", sources.concat())
}

/// Markdown that stands in a template or a field.
pub(super) struct Plain;

impl markdown::Resolve for Plain {
    fn directive(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn file(&mut self, _: &str) -> Option<Digest> {
        None
    }

    fn picture(&mut self, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }
}

fn escape(text: &str) -> String {
    let mut escaped = Vec::with_capacity(text.len());
    tera::escape_html(text, &mut escaped).expect("writing to memory does not fail");
    String::from_utf8(escaped).expect("escaping keeps UTF-8")
}
