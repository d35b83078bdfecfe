//! What is probably not meant, though the site can be built.
//!
//! In: the store, and what its pages asked. Out: diagnostics. It looks only.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::{
    customizer,
    decision::Variable,
    diagnostic::{Code, Diagnostic, Diagnostics, Span},
    model::{Block, BySegment, Image, StaticFile, Store, UrlPath, file_candidates},
    source::SourceTree,
};

/// Facets that no page asked, of `asked` by place.
pub fn unread_facets(store: &Store, asked: &BTreeSet<Variable>, diagnostics: &mut Diagnostics) {
    for (place, facet) in store.facets.facets.iter().enumerate() {
        if !asked.contains(&(place as Variable)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnreadFacet,
                    facet.span,
                    format!("no page asks for facet `{}`", facet.id),
                )
                .label("nothing depends on it")
                .hint(format!(
                    "use it, as in `{{% if visitor_is({}=\"…\") %}}` or `::: when {}=…`, or remove the file",
                    facet.id.replace('-', "_"),
                    facet.id
                )),
            );
        }
    }
}

/// Customizers whose options and constraints do not go together.
pub fn customizers(store: &Store, diagnostics: &mut Diagnostics) {
    let products = store.catalog.products.par_iter();
    let problems: Vec<Vec<Diagnostic>> = products
        .filter(|product| product.customization.is_some())
        .map(|product| {
            let mut problems = Vec::new();
            customizer::check(product, &mut problems);
            problems
        })
        .collect();
    diagnostics.extend(problems.into_iter().flatten());
}

/// Alternates that do not exist, or that do not name each other: search engines ignore those.
pub fn alternates(store: &Store, diagnostics: &mut Diagnostics) {
    let find = |path: &UrlPath| {
        let place = store.pages.binary_search_by(|page| page.path.cmp(path));
        place.ok().map(|place| &store.pages[place])
    };
    for page in &store.pages {
        let Some(first) = page.alternates.first() else {
            continue;
        };
        let mut names_itself = false;
        for alternate in &page.alternates {
            names_itself |= alternate.path == page.path;
            let Some(other) = find(&alternate.path) else {
                let known = store.pages.iter().map(|page| page.path.as_str());
                diagnostics.push(
                    Diagnostic::new(
                        Code::MissingPage,
                        alternate.span,
                        format!("there is no page `{}`", alternate.path),
                    )
                    .did_you_mean(alternate.path.as_str(), known),
                );
                continue;
            };
            if !other.alternates.iter().any(|back| back.path == page.path) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::OneSidedAlternate,
                        alternate.span,
                        format!("`{}` does not name `{}` back", other.path, page.path),
                    )
                    .label("search engines ignore such a pair")
                    .hint(format!("give `{}` the same `alternates`", other.path)),
                );
            }
        }
        if !names_itself {
            diagnostics.push(
                Diagnostic::new(
                    Code::OneSidedAlternate,
                    first.span,
                    format!(
                        "the alternates of `{}` do not name the page itself",
                        page.path
                    ),
                )
                .hint("add its own language and path"),
            );
        }
    }
}

/// Pictures that are named and do not exist, of products, collections and documents.
pub fn pictures(store: &Store, diagnostics: &mut Diagnostics) {
    let mut check = |image: &Image, span: Span, whose: String| {
        let is_elsewhere = image.src.contains("://") || image.src.starts_with("//");
        if is_elsewhere || image.src.is_empty() || exists(store, &image.src) {
            return;
        }
        let files = store.statics.iter().map(|file| file.path.as_str());
        diagnostics.push(
            Diagnostic::new(
                Code::MissingFile,
                span,
                format!(
                    "{whose} names the picture `{}`, which does not exist",
                    image.src
                ),
            )
            .did_you_mean(image.src.trim_start_matches('/'), files),
        );
    };
    for product in &store.catalog.products {
        let own = product.skus.iter().filter_map(|sku| sku.image.as_ref());
        for image in product.images.iter().chain(own) {
            check(image, product.span, format!("product `{}`", product.id));
        }
    }
    for collection in &store.catalog.collections {
        if let Some(image) = &collection.image {
            check(
                image,
                collection.span,
                format!("collection `{}`", collection.id),
            );
        }
    }
    for page in &store.pages {
        for value in page
            .fields
            .get("image")
            .into_iter()
            .flat_map(BySegment::values)
        {
            if let Some(src) = value.get("src").and_then(serde_json::Value::as_str) {
                let image = Image {
                    src: src.to_owned(),
                    alt: String::new(),
                };
                check(
                    &image,
                    Span::file(page.file),
                    format!("page `{}`", page.path),
                );
            }
        }
    }
}

/// Pictures in texts that do not exist.
pub fn pictures_in_texts(store: &Store, tree: &SourceTree, diagnostics: &mut Diagnostics) {
    let pages = store.pages.iter().flat_map(|page| {
        std::iter::once(&page.body).chain(page.overrides.iter().map(|own| &own.body))
    });
    let products = store.catalog.products.iter().map(|product| &product.body);
    let collections = store
        .catalog
        .collections
        .iter()
        .map(|collection| &collection.body);
    let mut open: Vec<&Block> = pages
        .chain(products)
        .chain(collections)
        .flat_map(|body| &body.blocks)
        .collect();
    while let Some(block) = open.pop() {
        let prose = match block {
            Block::Prose(prose) => prose,
            Block::When(branches) => {
                open.extend(branches.iter().flat_map(|branch| &branch.blocks));
                continue;
            }
        };
        for (name, span) in &prose.pictures {
            let candidates = file_candidates(&tree.file(span.file).path, name);
            if candidates.is_empty() || candidates.iter().any(|path| exists(store, path)) {
                continue;
            }
            let files = store.statics.iter().map(|file| file.path.as_str());
            diagnostics.push(
                Diagnostic::new(
                    Code::MissingFile,
                    *span,
                    format!("the picture `{name}` does not exist"),
                )
                .label(format!(
                    "neither is `content/{}`",
                    candidates.join("` nor `content/")
                ))
                .did_you_mean(&candidates[0], files),
            );
        }
    }
}

fn exists(store: &Store, path: &str) -> bool {
    let path = path.trim_start_matches('/');
    let asset = path.strip_prefix("assets/").unwrap_or(path);
    let has = |files: &[StaticFile], path: &str| {
        files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .is_ok()
    };
    has(&store.statics, path) || has(&store.theme.assets, asset)
}
