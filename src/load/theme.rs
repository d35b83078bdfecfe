//! `themes/<name>/`: templates and assets.

use std::{collections::HashSet, sync::Arc};

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::{
        fields::{self, Fields},
        report::Report,
        text, yaml,
    },
    model::{StaticFile, Template, Theme},
    source::SourceTree,
};

/// Endings of files that are text, for the check of reserved characters.
const TEXTS: [&str; 9] = [
    ".html",
    ".css",
    ".js",
    ".mjs",
    ".svg",
    ".json",
    ".txt",
    ".xml",
    ".webmanifest",
];

/// Reads the theme of this name, and those that it extends.
pub(super) fn load(tree: &SourceTree, name: &str, report: &mut Report) -> Theme {
    let mut theme = Theme {
        name: name.to_owned(),
        ..Theme::default()
    };
    let mut chain: Vec<String> = Vec::new();
    let mut icons = Vec::new();
    let mut next = Some((name.to_owned(), None));
    while let Some((name, asked_at)) = next {
        if chain.contains(&name) {
            let span = asked_at.expect("only a theme that is extended can come twice");
            report.push(cycle(&chain, &name, span));
            break;
        }
        let folder = format!("themes/{name}/");
        if tree.below(&folder).next().is_none() {
            report.push(missing(tree, &name, asked_at));
            break;
        }
        next = settings(tree, &folder, &mut theme, &mut icons, report);
        files(tree, &name, &mut theme, report);
        chain.push(name);
    }
    theme.templates.sort_by(|a, b| a.name.cmp(&b.name));
    theme.assets.sort_by(|a, b| a.path.cmp(&b.path));
    for (icon, span) in icons {
        if !theme.assets.iter().any(|asset| asset.path == icon) {
            let message = format!("there is no file `{icon}` in the theme's assets");
            let known = theme.assets.iter().map(|asset| asset.path.as_str());
            report.push(
                Diagnostic::new(Code::MissingAsset, span, message).did_you_mean(&icon, known),
            );
        }
    }
    theme
}

/// Reads `theme.yaml`, which a theme need not have. The theme that it extends, and where it
/// says so.
fn settings(
    tree: &SourceTree,
    folder: &str,
    theme: &mut Theme,
    icons: &mut Vec<(String, Span)>,
    report: &mut Report,
) -> Option<(String, Option<Span>)> {
    let file = tree.find(&format!("{folder}theme.yaml"))?;
    let source = text::decode(tree, file, report);
    let node = yaml::parse(&source.text, source.origin, report)?;
    let mut fields = Fields::new(&node, "a theme", report)?;
    fields.text("title", report);
    let icon = fields.take("icon").and_then(|node| {
        let icon = fields::text(node, "icon", report)?;
        Some((icon.to_owned(), node.span))
    });
    let background = fields.text("background", report);
    if theme.icon.is_none()
        && let Some((icon, span)) = icon
    {
        icons.push((icon.clone(), span));
        theme.icon = Some(icon);
    }
    theme.background = theme.background.take().or(background);
    let span = fields.take("extends").map(|node| node.span);
    let extends = fields.text("extends", report);
    fields.finish(report);
    extends.map(|name| (name, span))
}

/// Adds the files of one theme where no theme before it has one of that name.
fn files(tree: &SourceTree, theme_name: &str, theme: &mut Theme, report: &mut Report) {
    let folder = format!("themes/{theme_name}/");
    let templates: HashSet<String> = names(&theme.templates, |template| &template.name);
    let assets: HashSet<String> = names(&theme.assets, |asset| &asset.path);
    for (file, source) in tree.below(&folder) {
        let path = &source.path[folder.len()..];
        if let Some(path) = path.strip_prefix("assets/") {
            if !assets.contains(path) {
                check_text(tree, file, report);
                theme.assets.push(StaticFile {
                    path: path.to_owned(),
                    file,
                });
            }
            continue;
        }
        let name = path.strip_prefix("templates/").or_else(|| {
            let is_part = path.starts_with("fragments/") || path.starts_with("regions/");
            is_part.then_some(path)
        });
        let Some(name) = name else { continue };
        let source: Arc<str> = text::decode(tree, file, report).text.into();
        let is_replaced = templates.contains(name);
        if is_replaced && source.contains("{% component ") {
            // Components have one name for all templates, so that the replaced ones must go.
            continue;
        }
        theme.templates.push(Template {
            name: if is_replaced {
                format!("{theme_name}/{name}")
            } else {
                name.to_owned()
            },
            source,
            file,
        });
    }
}

fn names<T>(list: &[T], name: impl Fn(&T) -> &String) -> HashSet<String> {
    list.iter().map(|item| name(item).clone()).collect()
}

/// Reports reserved characters in a file that is served as it is.
pub(super) fn check_text(tree: &SourceTree, file: FileId, report: &mut Report) {
    let source = tree.file(file);
    if TEXTS.iter().any(|ending| source.path.ends_with(ending)) {
        // Only the diagnostics matter: the file is served byte for byte.
        text::decode(tree, file, report);
    }
}

fn missing(tree: &SourceTree, name: &str, asked_at: Option<Span>) -> Diagnostic {
    let mut known: Vec<&str> = tree
        .below("themes/")
        .filter_map(|(_, source)| source.path.split('/').nth(1))
        .collect();
    known.dedup();
    let message = format!("there is no theme `{name}`");
    let span = asked_at.or_else(|| Some(configured_at(tree, tree.find("haberdash.yaml")?)));
    let diagnostic = match span {
        Some(span) => Diagnostic::new(Code::MissingTheme, span, message),
        None => Diagnostic::project(Code::MissingTheme, message),
    };
    let diagnostic = diagnostic.label(format!("looked for themes/{name}/"));
    if known.is_empty() {
        diagnostic.hint(format!("put templates into themes/{name}/templates/"))
    } else {
        diagnostic.did_you_mean(name, known)
    }
}

/// The line of the configuration that names the theme.
fn configured_at(tree: &SourceTree, file: FileId) -> Span {
    let text = tree.file(file).text();
    let start = text
        .match_indices("theme:")
        .map(|(at, _)| at)
        .find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n');
    start.map_or(Span::file(file), |start| {
        let end = start + text[start..].lines().next().map_or(0, str::len);
        Span::new(file, start..end)
    })
}

fn cycle(chain: &[String], name: &str, span: Span) -> Diagnostic {
    let last = chain.last().expect("a theme has been read before");
    Diagnostic::new(
        Code::ThemeCycle,
        span,
        format!("theme `{last}` extends `{name}`, which extends it"),
    )
    .label("leads back")
    .hint("remove `extends` from one of them")
}
