//! `lists/*.yaml`: named lists.

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::{
        fields::{Fields, wrong_type},
        report::{Report, humanize},
        text,
        yaml::{self, Node, Value},
    },
    model::{Item, NamedList},
    source::SourceTree,
};

/// Where lists stand.
pub(super) const FOLDER: &str = "content/catalog/lists/";

/// Reads all lists, sorted by id.
pub(in crate::load) fn load(tree: &SourceTree, report: &mut Report) -> Vec<NamedList> {
    let mut lists: Vec<NamedList> = Vec::new();
    for (file, source) in tree.below(FOLDER) {
        let Some(id) = super::stem(&source.path, &[".yaml", ".yml"]) else {
            continue;
        };
        let source = text::decode(tree, file, report);
        let Some(node) = yaml::parse(&source.text, source.origin, report) else {
            continue;
        };
        lists.extend(read(&node, id, file, report));
    }
    lists.sort_by(|a, b| a.id.cmp(&b.id));
    lists.dedup_by(|a, b| a.id == b.id);
    lists
}

fn read(node: &Node, id: &str, file: FileId, report: &mut Report) -> Option<NamedList> {
    let mut fields = Fields::new(node, "a list", report)?;
    let title = fields.text("title", report).unwrap_or_else(|| humanize(id));
    let items = fields.take("items");
    if items.is_none() {
        fields.missing("items", report);
    }
    fields.finish(report);
    let mut list = NamedList {
        id: id.to_owned(),
        title,
        items: Vec::new(),
        span: Span::file(file),
    };
    let Some(items) = items else {
        return Some(list);
    };
    let Value::List(nodes) = &items.value else {
        report.push(wrong_type(items, "items", "a list of items"));
        return Some(list);
    };
    let mut ids = std::collections::HashSet::new();
    for node in nodes {
        let Some(item) = read_item(node, report) else {
            continue;
        };
        if ids.insert(item.id.clone()) {
            list.items.push(item);
        } else {
            report.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    item.span,
                    format!("the list `{id}` has two items `{}`", item.id),
                )
                .label("the second one")
                .hint("rename or remove one"),
            );
        }
    }
    Some(list)
}

fn read_item(node: &Node, report: &mut Report) -> Option<Item> {
    let mut fields = Fields::new(node, "an item", report)?;
    let id = fields.required("id", report)?;
    let span = fields.take("id").map_or(node.span, |node| node.span);
    let title = fields
        .text("title", report)
        .unwrap_or_else(|| humanize(&id));
    let Value::Map(entries) = &node.value else {
        return None;
    };
    let mut data = yaml::map_to_json(entries);
    // Both are texts for templates, however they are written.
    data.insert("id".to_owned(), id.clone().into());
    data.insert("title".to_owned(), title.clone().into());
    Some(Item {
        id,
        title,
        data,
        span,
    })
}
