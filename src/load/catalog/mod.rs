//! `content/catalog/`: products, collections and lists.

mod collection;
mod html;
pub(super) mod list;
mod mapping;
pub(super) mod price;
mod product;
mod shopify;
mod table;

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::{
        body, front_matter,
        report::{Context, Report},
        text, yaml,
    },
    model::{Catalog, Collection, NamedList, Product, Status},
    source::SourceTree,
};

use mapping::Mapping;
use product::Found;
use table::Format;

const FOLDER: &str = "content/catalog/";
const PRODUCTS: &str = "content/catalog/products/";
const COLLECTIONS: &str = "content/catalog/collections/";

/// The products of a catalog by id, those that are not shown too.
pub(super) struct Known {
    pub inactive: HashSet<String>,
    /// Products that collections list by id.
    pub listed: Vec<(String, Span)>,
}

/// A file's name without folder and ending, if it has one of these endings.
fn stem<'a>(path: &'a str, endings: &[&str]) -> Option<&'a str> {
    let name = path.rsplit('/').next()?;
    endings.iter().find_map(|ending| name.strip_suffix(ending))
}

/// One source of products.
enum Job {
    Yaml(FileId),
    Markdown(FileId),
    Table(FileId, Format),
    Mapped(Mapping),
}

/// Reads the catalog. Collections have no members yet.
pub(super) fn load(
    tree: &SourceTree,
    lists: Vec<NamedList>,
    context: Context<'_>,
    report: &mut Report,
) -> (Catalog, Known) {
    let read: Vec<(Vec<Found>, Report)> = find_jobs(tree, report)
        .into_par_iter()
        .map(|job| {
            let mut report = Report::default();
            let found = run(tree, job, context, &mut report);
            (found, report)
        })
        .collect();
    let mut found = Vec::new();
    for (products, job_report) in read {
        found.extend(products);
        report.merge(job_report);
    }
    let mut catalog = Catalog {
        lists,
        ..Catalog::default()
    };
    let mut known = Known {
        inactive: HashSet::new(),
        listed: Vec::new(),
    };
    for found in without_duplicates(tree, found, report) {
        if found.status == Status::Active {
            catalog.products.push(found.product);
        } else {
            catalog.inactive += 1;
            known.inactive.insert(found.product.id);
        }
    }
    catalog.products.sort_by(|a, b| a.id.cmp(&b.id));
    catalog.collections = load_collections(tree, context, &mut known.listed, report);
    (catalog, known)
}

fn find_jobs(tree: &SourceTree, report: &mut Report) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut mapped = HashSet::new();
    for (file, source) in tree.below(FOLDER) {
        let path = &*source.path;
        let is_top = !path[FOLDER.len()..].contains('/');
        if !is_top || stem(path, &[".yaml", ".yml"]).is_none() {
            continue;
        }
        let source = text::decode(tree, file, report);
        let Some(node) = yaml::parse(&source.text, source.origin, report) else {
            continue;
        };
        // Even a mapping with mistakes says that its table is not Shopify's.
        mapped.extend(mapping::source_of(tree, path, &node));
        jobs.extend(mapping::read(tree, path, &node, report).map(Job::Mapped));
    }
    for (file, source) in tree.below(FOLDER) {
        let path = &*source.path;
        if let Some(format) = Format::of(path) {
            if !mapped.contains(&file) {
                jobs.push(Job::Table(file, format));
            }
        } else if path.starts_with(PRODUCTS) {
            if stem(path, &[".yaml", ".yml"]).is_some() {
                jobs.push(Job::Yaml(file));
            } else if stem(path, &[".md"]).is_some() {
                jobs.push(Job::Markdown(file));
            }
        }
    }
    jobs
}

fn run(tree: &SourceTree, job: Job, context: Context<'_>, report: &mut Report) -> Vec<Found> {
    let read = match job {
        Job::Table(file, format) => return table::read(tree, file, format, context, report),
        Job::Mapped(mut mapping) => return table::read_mapped(tree, &mut mapping, context, report),
        Job::Yaml(file) => {
            let source = text::decode(tree, file, report);
            let stem = stem(&tree.file(file).path, &[".yaml", ".yml"]);
            yaml::parse(&source.text, source.origin, report)
                .and_then(|node| product::read(&node, stem, None, context, report))
        }
        Job::Markdown(file) => {
            let source = text::decode(tree, file, report);
            let stem = stem(&tree.file(file).path, &[".md"]);
            let (front, start) = front_matter::split(&source.text, source.origin, report);
            let text = &source.text[start..];
            let body = body::read(text, source.origin.after(start), context.facets, report);
            front.and_then(|node| product::read(&node, stem, Some(body), context, report))
        }
    };
    read.map(|(product, status)| Found {
        product,
        status,
        is_row: false,
    })
    .into_iter()
    .collect()
}

/// Leaves out products whose id is taken. Editors' files go before rows of tables.
fn without_duplicates(tree: &SourceTree, found: Vec<Found>, report: &mut Report) -> Vec<Found> {
    let (rows, files): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|f| f.is_row);
    let mut places: HashMap<String, Span> = HashMap::with_capacity(rows.len() + files.len());
    let mut kept = Vec::with_capacity(rows.len() + files.len());
    for found in files.into_iter().chain(rows) {
        let Product { id, span, .. } = &found.product;
        let Some(first) = places.get(id) else {
            places.insert(id.clone(), *span);
            kept.push(found);
            continue;
        };
        let owner = if first.file == span.file {
            "an earlier row".to_owned()
        } else {
            format!("`{}`", tree.file(first.file).path)
        };
        report.push(if found.is_row {
            table::skipped(*span, format!("the id `{id}` is taken by {owner}"))
        } else {
            Diagnostic::new(
                Code::DuplicateProduct,
                *span,
                format!("two products have the id `{id}`"),
            )
            .label(format!("the other is in {owner}"))
            .hint("give one of them another `id`")
        });
    }
    kept
}

fn load_collections(
    tree: &SourceTree,
    context: Context<'_>,
    listed: &mut Vec<(String, Span)>,
    report: &mut Report,
) -> Vec<Collection> {
    let mut collections: Vec<Collection> = Vec::new();
    for (file, source) in tree.below(COLLECTIONS) {
        let Some(stem) = stem(&source.path, &[".yaml", ".yml"]) else {
            continue;
        };
        let source = text::decode(tree, file, report);
        let Some(node) = yaml::parse(&source.text, source.origin, report) else {
            continue;
        };
        collections.extend(collection::read(&node, stem, file, context, listed, report));
    }
    collections.sort_by(|a, b| a.id.cmp(&b.id));
    collections
}
