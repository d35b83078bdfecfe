//! `themes/<name>/`: templates and assets.

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{report::Report, text},
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

/// Reads the theme of this name.
pub(super) fn load(tree: &SourceTree, name: &str, report: &mut Report) -> Theme {
    let folder = format!("themes/{name}/");
    let mut theme = Theme {
        name: name.to_owned(),
        ..Theme::default()
    };
    let mut is_missing = true;
    for (file, source) in tree.below(&folder) {
        is_missing = false;
        let path = &source.path[folder.len()..];
        if let Some(path) = path.strip_prefix("assets/") {
            check_text(tree, file, report);
            theme.assets.push(StaticFile {
                path: path.to_owned(),
                file,
            });
            continue;
        }
        let name = path.strip_prefix("templates/").or_else(|| {
            let is_part = path.starts_with("fragments/") || path.starts_with("regions/");
            is_part.then_some(path)
        });
        if let Some(name) = name {
            theme.templates.push(Template {
                name: name.to_owned(),
                source: text::decode(tree, file, report).text.into(),
                file,
            });
        }
    }
    if is_missing {
        report.push(missing(tree, name));
    }
    theme.templates.sort_by(|a, b| a.name.cmp(&b.name));
    theme.templates.dedup_by(|a, b| a.name == b.name);
    theme.assets.sort_by(|a, b| a.path.cmp(&b.path));
    theme
}

/// Reports reserved characters in a file that is served as it is.
pub(super) fn check_text(tree: &SourceTree, file: crate::diagnostic::FileId, report: &mut Report) {
    let source = tree.file(file);
    if TEXTS.iter().any(|ending| source.path.ends_with(ending)) {
        // Only the diagnostics matter: the file is served byte for byte.
        text::decode(tree, file, report);
    }
}

fn missing(tree: &SourceTree, name: &str) -> Diagnostic {
    let mut known: Vec<&str> = tree
        .below("themes/")
        .filter_map(|(_, source)| source.path.split('/').nth(1))
        .collect();
    known.dedup();
    let message = format!("there is no theme `{name}`");
    let diagnostic = match tree.find("haberdash.yaml") {
        Some(file) => {
            let text = tree.file(file).text();
            let start = text
                .match_indices("theme:")
                .map(|(at, _)| at)
                .find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n');
            let span = start.map_or(crate::diagnostic::Span::file(file), |start| {
                let end = start + text[start..].lines().next().map_or(0, str::len);
                crate::diagnostic::Span::new(file, start..end)
            });
            Diagnostic::new(Code::MissingTheme, span, message)
        }
        None => Diagnostic::project(Code::MissingTheme, message),
    };
    let diagnostic = diagnostic.label(format!("looked for themes/{name}/"));
    if known.is_empty() {
        diagnostic.hint(format!("put templates into themes/{name}/templates/"))
    } else {
        diagnostic.did_you_mean(name, known)
    }
}
