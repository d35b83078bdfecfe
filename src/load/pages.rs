//! `content/**/*.md`: documents and the files that stand in for them.

use std::collections::HashMap;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span, nearest},
    load::{
        body, condition, date,
        fields::{self, Fields},
        front_matter,
        report::{Context, Origin, Report, humanize},
        text, theme,
        yaml::{Entry, Node, Value},
    },
    model::{
        Alternate, Body, BySegment, Condition, Fields as PageFields, Page, PageKind, PageOverride,
        StaticFile, UrlPath,
    },
    source::SourceTree,
};

const FOLDER: &str = "content/";
const CATALOG: &str = "content/catalog/";

/// Names that free fields often have and that are no misspelling of a known one.
const FREE: [&str; 3] = ["data", "images", "dates"];

/// Documents, files beside them, and the number of documents left out.
pub(super) struct Documents {
    pub pages: Vec<Page>,
    pub statics: Vec<StaticFile>,
    pub unpublished: usize,
}

/// What one Markdown file says.
struct Document {
    /// Folder and name before `@`: `journal/tie`.
    key: String,
    file: FileId,
    front: Front,
    body: Body,
    /// Set if the file stands in for another.
    when: Option<Override>,
}

/// For whom a file stands in for another.
struct Override {
    /// `None` if its name is not understood.
    condition: Option<Condition>,
}

/// Front matter.
#[derive(Default)]
struct Front {
    fields: PageFields,
    date: Option<Timestamp>,
    updated: Option<Timestamp>,
    tags: Vec<String>,
    aliases: Vec<(UrlPath, Span)>,
    alternates: Vec<Alternate>,
    noindex: bool,
    weight: i64,
    template: Option<(String, Span)>,
    slug: Option<String>,
    url: Option<UrlPath>,
    paginate: Option<usize>,
    is_unpublished: bool,
}

/// Reads the documents.
pub(super) fn load(
    tree: &SourceTree,
    context: Context<'_>,
    now: Timestamp,
    report: &mut Report,
) -> Documents {
    let mut statics = Vec::new();
    let mut files = Vec::new();
    for (file, source) in tree.below(FOLDER) {
        if source.path.starts_with(CATALOG) {
            continue;
        }
        let path = &source.path[FOLDER.len()..];
        if let Some(stem) = path.strip_suffix(".md") {
            files.push((file, stem));
        } else {
            theme::check_text(tree, file, report);
            statics.push(StaticFile {
                path: path.to_owned(),
                file,
            });
        }
    }
    let read: Vec<(Document, Report)> = files
        .par_iter()
        .map(|(file, stem)| {
            let mut report = Report::default();
            let document = read_document(tree, *file, stem, context, now, &mut report);
            (document, report)
        })
        .collect();
    let mut bases = Vec::new();
    let mut overrides: HashMap<String, Vec<Document>> = HashMap::new();
    let mut override_keys = Vec::new();
    for (document, document_report) in read {
        report.merge(document_report);
        if document.when.is_some() {
            override_keys.push((document.key.clone(), document.file));
            overrides
                .entry(document.key.clone())
                .or_default()
                .push(document);
        } else {
            bases.push(document);
        }
    }
    report_missing_bases(tree, &override_keys, &bases, report);
    let mut documents = Documents {
        pages: Vec::with_capacity(bases.len()),
        statics,
        unpublished: 0,
    };
    for base in bases {
        let stand_ins = overrides.remove(&base.key).unwrap_or_default();
        if base.front.is_unpublished {
            documents.unpublished += 1;
        } else {
            let overrides = make_overrides(stand_ins, context);
            documents.pages.push(make_page(base, overrides));
        }
    }
    documents
        .pages
        .sort_by(|a, b| a.path.cmp(&b.path).then(a.file.cmp(&b.file)));
    documents
}

fn report_missing_bases(
    tree: &SourceTree,
    overrides: &[(String, FileId)],
    bases: &[Document],
    report: &mut Report,
) {
    for (key, file) in overrides {
        if bases.iter().any(|base| base.key == *key) {
            continue;
        }
        let folder = folder_of(key);
        let known = bases
            .iter()
            .map(|base| &*base.key)
            .filter(|key| folder_of(key) == folder);
        let mut diagnostic = Diagnostic::new(
            Code::MissingOverrideBase,
            Span::file(*file),
            format!(
                "`{}` stands in for `{FOLDER}{key}.md`, which does not exist",
                tree.file(*file).path
            ),
        );
        diagnostic.hint = Some(match nearest(key, known) {
            Some(name) => format!("did you mean `{FOLDER}{name}.md`?"),
            None => format!("add `{FOLDER}{key}.md` for everyone else"),
        });
        report.push(diagnostic);
    }
}

fn folder_of(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn read_document(
    tree: &SourceTree,
    file: FileId,
    stem: &str,
    context: Context<'_>,
    now: Timestamp,
    report: &mut Report,
) -> Document {
    let (folder, name) = match stem.rsplit_once('/') {
        Some((folder, name)) => (Some(folder), name),
        None => (None, stem),
    };
    let (base, conditions) = match name.split_once('@') {
        Some((base, conditions)) => (base, Some(conditions)),
        None => (name, None),
    };
    let when = conditions.map(|conditions| {
        let text = conditions.replace('@', " ");
        let here = Origin::Within(Span::file(file));
        Override {
            condition: condition::parse(&text, here, context.facets, report),
        }
    });
    let source = text::decode(tree, file, report);
    let (front, start) = front_matter::split(&source.text, source.origin, report);
    let body = &source.text[start..];
    let mut front = front
        .map(|node| read_front(&node, context, now, report))
        .unwrap_or_default();
    if when.is_none() {
        // Also for those for whom a title by segment has no word.
        let own = front
            .fields
            .entry("title".to_owned())
            .or_insert_with(|| BySegment::constant(serde_json::Value::Null));
        if own.default.is_null() {
            own.default = title_of(folder, base, body).into();
        }
        front.date = front.date.or_else(|| date::parse(without_date(base).0));
    }
    if when.is_some() {
        report_useless(&front, file, report);
    }
    Document {
        key: folder.map_or_else(|| base.to_owned(), |folder| format!("{folder}/{base}")),
        file,
        front,
        body: body::read(body, source.origin.after(start), context.facets, report),
        when,
    }
}

/// The title of a document that gives none: its first heading, or its name.
fn title_of(folder: Option<&str>, base: &str, body: &str) -> String {
    body::first_heading(body).unwrap_or_else(|| {
        let name = match without_date(base) {
            (_, "index" | "_index") => {
                folder.map_or("Home", |folder| folder.rsplit('/').next().unwrap_or(folder))
            }
            (_, name) => name,
        };
        humanize(name)
    })
}

/// Reports fields of a stand-in that belong to the page it stands in for.
fn report_useless(front: &Front, file: FileId, report: &mut Report) {
    let useless = [
        ("template", front.template.is_some()),
        ("url", front.url.is_some()),
        ("slug", front.slug.is_some()),
        ("aliases", !front.aliases.is_empty()),
        ("tags", !front.tags.is_empty()),
        ("date", front.date.is_some()),
        ("alternates", !front.alternates.is_empty()),
        ("noindex", front.noindex),
    ];
    for (name, _) in useless.iter().filter(|(_, is_there)| *is_there) {
        report.push(
            Diagnostic::new(
                Code::UnknownField,
                Span::file(file),
                format!("`{name}` has no effect in a file that stands in for another"),
            )
            .hint("set it in the page itself, which has it for everyone"),
        );
    }
}

/// `2026-01-02-name`: the date, and the name without it.
fn without_date(name: &str) -> (&str, &str) {
    match name.split_at_checked(10) {
        Some((date, rest)) if date::parse(date).is_some() => match rest.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (date, rest),
            _ => ("", name),
        },
        _ => ("", name),
    }
}

fn read_front(node: &Node, context: Context<'_>, now: Timestamp, report: &mut Report) -> Front {
    let Some(mut fields) = Fields::new(node, "front matter", report) else {
        return Front::default();
    };
    let mut front = Front {
        date: fields.date("date", report),
        updated: fields.date("updated", report),
        tags: fields
            .take("tags")
            .map(|node| read_tags(node, report))
            .unwrap_or_default(),
        alternates: fields
            .take("alternates")
            .map(|node| read_alternates(node, report))
            .unwrap_or_default(),
        noindex: fields.boolean("noindex", report).unwrap_or(false),
        weight: fields.integer("weight", report).unwrap_or(0),
        paginate: fields.count("paginate", report),
        slug: fields
            .text("slug", report)
            .filter(|slug| !slug.trim().is_empty()),
        ..Front::default()
    };
    let publish = fields.date("publish", report);
    let expires = fields.date("expires", report);
    let is_draft = fields.boolean("draft", report).unwrap_or(false);
    front.is_unpublished = is_draft
        || publish.is_some_and(|publish| publish > now)
        || expires.is_some_and(|expires| expires <= now);
    if let Some(node) = fields.take("template") {
        front.template =
            fields::text(node, "template", report).map(|name| (name.to_owned(), node.span));
    }
    if let Some(node) = fields.take("aliases") {
        front.aliases = read_aliases(node, report);
    }
    if let Some(node) = fields.take("url") {
        front.url = fields::text(node, "url", report).and_then(|text| {
            let path = site_path(text);
            if path.is_none() {
                report.push(fields::wrong_type(node, "url", "a path such as `/about/`"));
            }
            path
        });
    }
    for name in ["title", "description", "summary"] {
        if let Some(node) = fields.take(name) {
            let value = condition::by_segment(node, context.facets, report, |node, report| {
                fields::text(node, name, report).map(Into::into)
            });
            add_field(&mut front.fields, name, value);
        }
    }
    if let Some(node) = fields.take("image") {
        let value = condition::by_segment(node, context.facets, report, |node, report| {
            let image = fields::image(node, "image", report)?;
            Some(serde_json::json!({ "src": image.src, "alt": image.alt }))
        });
        add_field(&mut front.fields, "image", value);
    }
    let known: Vec<&'static str> = fields.known().to_vec();
    for entry in fields.rest() {
        warn_of_misspelling(entry, &known, report);
        let value = condition::by_segment(&entry.value, context.facets, report, |node, _| {
            Some(node.to_json())
        });
        add_field(&mut front.fields, &entry.key, value);
    }
    front
}

fn add_field(fields: &mut PageFields, name: &str, value: BySegment<Option<serde_json::Value>>) {
    if value.default.is_none() && value.cases.is_empty() {
        return;
    }
    let value = value.map(|value| value.clone().unwrap_or_default());
    fields.insert(name.to_owned(), value);
}

/// What other generators call fields that decide whether and where a document is seen.
const ELSEWHERE: [(&str, &str); 14] = [
    ("publishdate", "publish"),
    ("publishedat", "publish"),
    ("published", "draft"),
    ("publishon", "publish"),
    ("expirydate", "expires"),
    ("expiry", "expires"),
    ("expiredate", "expires"),
    ("expiresat", "expires"),
    ("unpublishdate", "expires"),
    ("unpublish", "expires"),
    ("alias", "aliases"),
    ("redirectfrom", "aliases"),
    ("tag", "tags"),
    ("lastmod", "updated"),
];

/// Any field is allowed; one that is a slip of the pen away from a known one is not meant.
fn warn_of_misspelling(entry: &Entry, known: &[&'static str], report: &mut Report) {
    let key = &*entry.key;
    if key.len() < 3 || FREE.contains(&key) {
        return;
    }
    let lower = key.to_lowercase().replace(['-', '_'], "");
    let elsewhere = ELSEWHERE.iter().find(|(theirs, _)| *theirs == lower);
    let near = elsewhere.map(|(_, ours)| ours).or_else(|| {
        known
            .iter()
            .find(|name| lower == **name || strsim::damerau_levenshtein(key, name) == 1)
    });
    if let Some(name) = near {
        report.push(
            Diagnostic::new(
                Code::UnknownField,
                entry.key_span,
                format!("`{key}` is not a field that haberdash reads"),
            )
            .label("is left to templates")
            .hint(format!("did you mean `{name}`?")),
        );
    }
}

fn read_tags(node: &Node, report: &mut Report) -> Vec<String> {
    let mut tags: Vec<String> = match node.text() {
        Some(text) => text.split(',').map(|tag| tag.trim().to_owned()).collect(),
        None => fields::texts(node, "tags", report),
    };
    let mut seen = std::collections::HashSet::new();
    tags.retain(|tag| !tag.is_empty() && seen.insert(tag.clone()));
    tags
}

fn read_aliases(node: &Node, report: &mut Report) -> Vec<(UrlPath, Span)> {
    let nodes: Vec<&Node> = match &node.value {
        Value::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut aliases = Vec::new();
    for node in nodes {
        let Some(text) = fields::text(node, "aliases", report) else {
            continue;
        };
        match site_path(text) {
            Some(path) => aliases.push((path, node.span)),
            None => report.push(
                Diagnostic::new(
                    Code::BadAlias,
                    node.span,
                    format!("the alias `{text}` is not a path of the site"),
                )
                .label("no edge serves such a path")
                .hint(
                    "write a path of letters, digits, `-`, `_`, `.` and `~`, such as `/old/name/`",
                ),
            ),
        }
    }
    aliases
}

/// `alternates: { x-default: /help/, en-GB: /help/uk/ }`.
fn read_alternates(node: &Node, report: &mut Report) -> Vec<Alternate> {
    let Value::Map(entries) = &node.value else {
        report.push(fields::wrong_type(
            node,
            "alternates",
            "a map of languages and paths",
        ));
        return Vec::new();
    };
    let mut alternates = Vec::new();
    for entry in entries {
        let language = &entry.key;
        let is_language =
            language == "x-default" || language.parse::<icu_locale_core::Locale>().is_ok();
        if !is_language {
            report.push(
                Diagnostic::new(
                    Code::WrongType,
                    entry.key_span,
                    format!("`{language}` is not a language"),
                )
                .hint("write a tag such as `en`, `en-GB` or `de-AT`, or `x-default` for everyone else"),
            );
            continue;
        }
        let Some(text) = fields::text(&entry.value, language, report) else {
            continue;
        };
        match site_path(text) {
            Some(path) => alternates.push(Alternate {
                language: language.clone(),
                path,
                span: entry.value.span,
            }),
            None => report.push(fields::wrong_type(
                &entry.value,
                language,
                "a path such as `/help/`",
            )),
        }
    }
    alternates
}

/// A path as editors write it; slashes around it may be missing.
fn site_path(text: &str) -> Option<UrlPath> {
    let text = text.trim();
    let mut path = if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    };
    let is_file = path
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'));
    if !path.ends_with('/') && !is_file {
        path.push('/');
    }
    UrlPath::parse(&path)
}

fn make_overrides(mut documents: Vec<Document>, context: Context<'_>) -> Vec<PageOverride> {
    documents.retain(|document| !document.front.is_unpublished);
    let mut overrides: Vec<PageOverride> = documents
        .into_iter()
        .filter_map(|document| {
            Some(PageOverride {
                when: document.when?.condition?,
                fields: document.front.fields,
                body: document.body,
                file: document.file,
            })
        })
        .collect();
    // Who names more facets means fewer visitors, and goes first.
    overrides.sort_by_key(|over| (std::cmp::Reverse(over.when.len()), over.file));
    condition::widen(
        overrides.iter_mut().map(|over| &mut over.when),
        context.facets,
    );
    overrides
}

fn make_page(document: Document, overrides: Vec<PageOverride>) -> Page {
    let Document {
        key,
        file,
        front,
        body,
        ..
    } = document;
    let (path, kind) = locate(&key, front.slug.as_deref());
    let section = key
        .split_once('/')
        .map_or_else(String::new, |(section, _)| section.to_owned());
    Page {
        path: front.url.unwrap_or(path),
        kind,
        section,
        fields: front.fields,
        date: front.date,
        updated: front.updated,
        tags: front.tags,
        aliases: front.aliases,
        alternates: front.alternates,
        noindex: front.noindex,
        weight: front.weight,
        template: front.template,
        paginate: front.paginate,
        body,
        overrides,
        file,
    }
}

/// The URL and kind of the document at `key`.
fn locate(key: &str, slug: Option<&str>) -> (UrlPath, PageKind) {
    let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
    let parent = folder
        .split('/')
        .filter(|part| !part.is_empty())
        .fold(UrlPath::root(), |path, part| path.join(part));
    match (folder, name) {
        ("", "index" | "_index") => (UrlPath::root(), PageKind::Home),
        ("", "404") => {
            let path = UrlPath::parse("/404.html").expect("the path is canonical");
            (path, PageKind::Content)
        }
        (_, "_index") => (parent, PageKind::Section),
        (_, "index") => (parent, PageKind::Content),
        _ => {
            let name = slug.unwrap_or(without_date(name).1);
            (parent.join(name), PageKind::Content)
        }
    }
}
