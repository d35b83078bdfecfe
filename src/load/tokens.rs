//! `tokens:` of the configuration: custom properties that a store sets to its own values.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{
        fields::{Fields, text, wrong_type},
        report::Report,
        yaml::{Node, Value},
    },
    model::{Theme, Token},
    source::SourceTree,
};

/// Reads `name: value` and `name: { light: value, dark: value }`.
pub(super) fn read(node: &Node, report: &mut Report) -> Vec<Token> {
    let Value::Map(entries) = &node.value else {
        report.push(wrong_type(node, "tokens", "a map of names and values"));
        return Vec::new();
    };
    let mut tokens = Vec::new();
    for entry in entries {
        let value = if let Value::Map(_) = entry.value.value {
            Fields::new(&entry.value, "a token", report).and_then(|mut fields| {
                let light = fields.required("light", report);
                let dark = fields.required("dark", report);
                fields.finish(report);
                Some(format!("light-dark({}, {})", light?, dark?))
            })
        } else {
            text(&entry.value, &entry.key, report).map(str::to_owned)
        };
        let Some(value) = value else { continue };
        // The value stands in a `<style>` of every page.
        if value.trim().is_empty() || value.contains(['{', '}', ';', '<', '>', '\\']) {
            report.push(
                wrong_type(&entry.value, &entry.key, "the value of a custom property")
                    .hint("write it as after the colon in CSS, such as `#9c3426` or `0.5rem`"),
            );
            continue;
        }
        tokens.push(Token {
            name: entry.key.trim_start_matches('-').to_owned(),
            value: value.trim().to_owned(),
            span: entry.key_span,
        });
    }
    tokens
}

/// Reports tokens that no stylesheet of the theme declares.
pub(super) fn check(tokens: &[Token], theme: &Theme, tree: &SourceTree, report: &mut Report) {
    if tokens.is_empty() || theme.templates.is_empty() {
        return;
    }
    let mut known = BTreeSet::new();
    for asset in theme
        .assets
        .iter()
        .filter(|asset| asset.path.ends_with(".css"))
    {
        let text = tree.file(asset.file).text();
        known.extend(declared(&text).map(str::to_owned));
    }
    for token in tokens.iter().filter(|token| !known.contains(&token.name)) {
        report.push(
            Diagnostic::new(
                Code::UnknownToken,
                token.span,
                format!("theme `{}` has no token `{}`", theme.name, token.name),
            )
            .label(format!("no stylesheet declares `--{}`", token.name))
            .did_you_mean(&token.name, known.iter().map(String::as_str)),
        );
    }
}

/// The custom properties that a stylesheet declares, without their hyphens.
fn declared(style: &str) -> impl Iterator<Item = &str> {
    style.match_indices("--").filter_map(|(at, _)| {
        let rest = &style[at + 2..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')?;
        let is_declared = rest[end..].trim_start().starts_with(':');
        (is_declared && end > 0).then(|| &rest[..end])
    })
}
