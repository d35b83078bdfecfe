//! `content/catalog/*.yaml`: which column of a table is which field of a product.

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span, nearest},
    load::{
        body,
        catalog::{
            html, price, product,
            table::{Format, Row, parse_list},
        },
        fields::{self, Fields, wrong_type},
        report::{Context, Origin, Report},
        yaml::{Entry, Node, Scalar, Value},
    },
    model::{Body, Product, Status, slug},
    source::SourceTree,
};

/// The fields of a product that a column may give.
const FIELDS: [&str; 14] = [
    "id",
    "title",
    "summary",
    "description",
    "vendor",
    "kind",
    "tags",
    "price",
    "compare-at",
    "stock",
    "status",
    "image",
    "image-alt",
    "weight",
];

/// How a table's columns become products.
pub(super) struct Mapping {
    /// The table.
    pub file: FileId,
    pub format: Format,
    pub delimiter: Option<u8>,
    columns: Vec<Column>,
    /// Columns that become fields of `data`.
    data: Vec<Column>,
    defaults: Vec<Entry>,
    /// Where the mapping names its source.
    pub span: Span,
}

/// One column.
struct Column {
    /// The field that it gives.
    field: String,
    /// Its name in the table: a path such as `metadata.name` in JSON.
    name: String,
    span: Span,
    /// Its place in a CSV file.
    index: Option<usize>,
    split: Option<Split>,
    markup: CellMarkup,
}

/// How a cell becomes several texts.
enum Split {
    At(String),
    /// `['a', 'b']`.
    List,
}

/// How a description is written.
#[derive(Clone, Copy)]
enum CellMarkup {
    Text,
    Html,
    Markdown,
}

/// A row of either form.
pub(super) enum Cells<'a> {
    Csv(&'a Row),
    Json(&'a Node),
}

/// Reads a mapping. `None` if it cannot be used, which is reported.
pub(super) fn read(
    tree: &SourceTree,
    path: &str,
    node: &Node,
    report: &mut Report,
) -> Option<Mapping> {
    let mut fields = Fields::new(node, "a column mapping", report)?;
    let source = fields.required("source", report);
    let span = fields.take("source").map_or(fields.span, |node| node.span);
    let format_node = fields.take("format");
    let delimiter = fields.take("delimiter").and_then(|node| {
        let delimiter = match node.text() {
            Some("tab" | "\t" | "\\t") => Some(b'\t'),
            Some(text) if text.len() == 1 => Some(text.as_bytes()[0]),
            _ => None,
        };
        if delimiter.is_none() {
            report.push(wrong_type(node, "delimiter", "one character, or `tab`"));
        }
        delimiter
    });
    let columns_node = fields.take("columns");
    if columns_node.is_none() {
        fields.missing("columns", report);
    }
    let defaults = match fields.take("defaults") {
        None => Vec::new(),
        Some(node) => match &node.value {
            Value::Map(entries) => entries.clone(),
            Value::List(_) | Value::Scalar(_) => {
                report.push(wrong_type(node, "defaults", "a map"));
                Vec::new()
            }
        },
    };
    fields.finish(report);
    for entry in &defaults {
        if !FIELDS.contains(&&*entry.key) {
            report.push(
                Diagnostic::new(
                    Code::UnknownField,
                    entry.key_span,
                    format!("a product has no field `{}`", entry.key),
                )
                .did_you_mean(&entry.key, FIELDS),
            );
        }
    }
    let (columns, data) = read_columns(columns_node?, report)?;

    let source = source?;
    let wanted = join(path, &source);
    let Some(file) = tree.find(&wanted) else {
        report.push(unknown_source(tree, path, &source, span));
        return None;
    };
    let format = match format_node.map(|node| (node, node.text())) {
        None => Format::of(&wanted),
        Some((_, Some("csv"))) => Some(Format::Csv),
        Some((_, Some("jsonl"))) => Some(Format::JsonLines),
        Some((node, _)) => {
            report.push(wrong_type(node, "format", "`csv` or `jsonl`"));
            return None;
        }
    };
    if format.is_none() {
        report.push(
            Diagnostic::new(
                Code::BadTable,
                span,
                format!("the name `{source}` does not tell the format"),
            )
            .hint("add a line `format: csv` or `format: jsonl`"),
        );
    }
    Some(Mapping {
        file,
        format: format?,
        delimiter,
        columns,
        data,
        defaults,
        span,
    })
}

/// The table that a mapping names, if there is such a file.
pub(super) fn source_of(tree: &SourceTree, path: &str, node: &Node) -> Option<FileId> {
    tree.find(&join(path, node.get("source")?.text()?))
}

fn unknown_source(tree: &SourceTree, path: &str, source: &str, span: Span) -> Diagnostic {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let tables: Vec<&str> = tree
        .below("content/catalog/")
        .filter(|(_, file)| Format::of(&file.path).is_some())
        .filter_map(|(_, file)| file.path.strip_prefix(folder)?.strip_prefix('/'))
        .collect();
    Diagnostic::new(
        Code::UnknownSource,
        span,
        format!("there is no file `{source}`"),
    )
    .label(format!("looked for {}", join(path, source)))
    .did_you_mean(source, tables)
}

/// A path relative to the folder of another.
fn join(path: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn read_columns(node: &Node, report: &mut Report) -> Option<(Vec<Column>, Vec<Column>)> {
    let Value::Map(entries) = &node.value else {
        report.push(wrong_type(node, "columns", "a map of fields and columns"));
        return None;
    };
    let mut columns = Vec::new();
    let mut data = Vec::new();
    for entry in entries {
        if entry.key == "data" {
            if let Value::Map(entries) = &entry.value.value {
                data.extend(
                    entries
                        .iter()
                        .filter_map(|entry| read_column(entry, report)),
                );
            } else {
                report.push(wrong_type(
                    &entry.value,
                    "data",
                    "a map of names and columns",
                ));
            }
        } else if FIELDS.contains(&&*entry.key) {
            columns.extend(read_column(entry, report));
        } else {
            report.push(
                Diagnostic::new(
                    Code::UnknownField,
                    entry.key_span,
                    format!("a product has no field `{}`", entry.key),
                )
                .label("is not read")
                .did_you_mean(&entry.key, FIELDS)
                .note("columns for templates go below `data`"),
            );
        }
    }
    if !columns.iter().any(|column| column.field == "id") {
        report.push(
            Diagnostic::new(
                Code::MissingField,
                node.span,
                "the columns do not say which one is the `id`",
            )
            .hint("add a line `id: …`"),
        );
        return None;
    }
    Some((columns, data))
}

fn read_column(entry: &Entry, report: &mut Report) -> Option<Column> {
    let mut column = Column {
        field: entry.key.clone(),
        name: String::new(),
        span: entry.value.span,
        index: None,
        split: (entry.key == "tags").then(|| Split::At(",".to_owned())),
        markup: CellMarkup::Text,
    };
    if let Some(name) = entry.value.text() {
        name.clone_into(&mut column.name);
        return Some(column);
    }
    let mut fields = Fields::new(&entry.value, "a column", report)?;
    let name = fields.required("column", report);
    if let Some(node) = fields.take("column") {
        column.span = node.span;
    }
    match fields.text("split", report) {
        None => {}
        Some(split) if split == "list" => column.split = Some(Split::List),
        Some(split) => column.split = Some(Split::At(split)),
    }
    if let Some(node) = fields.take("as") {
        match node.text() {
            Some("text") => {}
            Some("html") => column.markup = CellMarkup::Html,
            Some("markdown") => column.markup = CellMarkup::Markdown,
            _ => report.push(wrong_type(node, "as", "`text`, `html` or `markdown`")),
        }
    }
    fields.finish(report);
    column.name = name?;
    Some(column)
}

impl Mapping {
    /// Finds the columns in a CSV file's header. Whether all are there; those that are not
    /// are reported.
    pub(super) fn bind(&mut self, header: &[String], report: &mut Report) -> bool {
        let mut is_whole = true;
        for column in self.columns.iter_mut().chain(&mut self.data) {
            column.index = header.iter().position(|name| *name == column.name);
            if column.index.is_none() {
                is_whole = false;
                let known = header
                    .iter()
                    .map(String::as_str)
                    .filter(|name| !name.is_empty());
                report.push(unknown_column(column, known));
            }
        }
        is_whole
    }

    /// Reports the columns that no line of JSON has.
    pub(super) fn check_paths(&self, lines: &[(Node, Span)], report: &mut Report) {
        let Some((first, _)) = lines.first() else {
            return;
        };
        for column in self.columns.iter().chain(&self.data) {
            if !lines
                .iter()
                .any(|(node, _)| at_path(node, &column.name).is_some())
            {
                let known: Vec<&str> = match &first.value {
                    Value::Map(entries) => entries.iter().map(|entry| &*entry.key).collect(),
                    Value::List(_) | Value::Scalar(_) => Vec::new(),
                };
                report.push(unknown_column(column, known));
            }
        }
    }
}

fn unknown_column<'a>(column: &Column, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let diagnostic = Diagnostic::new(
        Code::UnknownColumn,
        column.span,
        format!("the table has no column `{}`", column.name),
    );
    let is_other_case = known.iter().find(|name| {
        name.eq_ignore_ascii_case(&column.name) && nearest(&column.name, [**name]).is_none()
    });
    match is_other_case {
        Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
        None => diagnostic.did_you_mean(&column.name, known),
    }
}

/// The value below `metadata.name`, or below a key of that very name.
fn at_path<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    if let Some(node) = node.get(path) {
        return Some(node);
    }
    path.split('.').try_fold(node, |node, key| node.get(key))
}

/// Reads a row as a product: its cells become the fields of one, read as any other.
pub(super) fn read_row(
    mapping: &Mapping,
    cells: &Cells<'_>,
    span: Span,
    context: Context<'_>,
    report: &mut Report,
) -> Option<(Product, Status)> {
    let mut entries: Vec<Entry> = Vec::with_capacity(mapping.columns.len() + 2);
    let mut body = None;
    let mut add = |key: &str, value: Node| {
        entries.push(Entry {
            key: key.to_owned(),
            key_span: span,
            value,
        });
    };
    for column in &mapping.columns {
        let Some(node) = cells.get(column, span) else {
            continue;
        };
        match &*column.field {
            "id" => {
                let id = fields::text(&node, "id", report)?;
                add("id", scalar(slug(id), span, false));
            }
            "description" => {
                let text = fields::text(&node, "description", report)?;
                body = Some(column.markup.read(text, span, context, report));
            }
            "price" | "compare-at" => {
                let text = fields::text(&node, &column.field, report)?;
                match price::parse_cell(text, context.currency) {
                    Ok(money) => add(&column.field, scalar(money.decimal(), span, false)),
                    Err(message) => {
                        report.push(Diagnostic::new(Code::BadPrice, span, message));
                        return None;
                    }
                }
            }
            "stock" | "weight" => {
                let text = fields::text(&node, &column.field, report)?;
                let whole = text.strip_suffix(".0").unwrap_or(text);
                add(&column.field, scalar(whole.to_owned(), span, false));
            }
            "image" => {
                let src = fields::text(&node, "image", report)?;
                let alt = mapping
                    .text("image-alt", cells, span)
                    .or_else(|| mapping.text("title", cells, span))
                    .unwrap_or_default();
                add("images", picture(src, &alt, span));
            }
            // It is read with the picture.
            "image-alt" => {}
            field => add(field, node),
        }
    }
    for entry in &mapping.defaults {
        if !entries.iter().any(|own| own.key == entry.key) {
            entries.push(entry.clone());
        }
    }
    let data: Vec<Entry> = mapping
        .data
        .iter()
        .filter_map(|column| {
            Some(Entry {
                key: column.field.clone(),
                key_span: span,
                value: cells.get(column, span)?,
            })
        })
        .collect();
    if !data.is_empty() {
        entries.push(Entry {
            key: "data".to_owned(),
            key_span: span,
            value: Node {
                span,
                value: Value::Map(data),
            },
        });
    }
    let has = |field: &str| entries.iter().any(|entry| entry.key == field);
    let names_title = mapping.columns.iter().any(|column| column.field == "title");
    for field in ["id", "title"] {
        if !has(field) && (field == "id" || names_title) {
            report.push(Diagnostic::new(
                Code::MissingField,
                span,
                format!("the row has no {field}"),
            ));
            return None;
        }
    }
    let row = Node {
        span,
        value: Value::Map(entries),
    };
    product::read(&row, None, body, context, report)
}

impl Mapping {
    /// The text of the cell that gives a field.
    fn text(&self, field: &str, cells: &Cells<'_>, span: Span) -> Option<String> {
        let column = self.columns.iter().find(|column| column.field == field)?;
        cells.get(column, span)?.text().map(str::to_owned)
    }
}

impl Cells<'_> {
    /// The value of a column; an empty cell has none.
    fn get(&self, column: &Column, span: Span) -> Option<Node> {
        match self {
            Self::Csv(row) => {
                let cell = row.get(column.index);
                if cell.is_empty() {
                    return None;
                }
                let texts = match &column.split {
                    None => {
                        let is_number = cell
                            .parse::<serde_json::Number>()
                            .is_ok_and(|number| number.to_string() == cell);
                        return Some(scalar(cell.to_owned(), span, is_number));
                    }
                    Some(Split::List) => parse_list(cell),
                    Some(Split::At(mark)) => cell
                        .split(&**mark)
                        .map(str::trim)
                        .filter(|part| !part.is_empty())
                        .map(str::to_owned)
                        .collect(),
                };
                let items = texts.into_iter().map(|text| scalar(text, span, false));
                Some(Node {
                    span,
                    value: Value::List(items.collect()),
                })
            }
            Self::Json(node) => {
                let node = at_path(node, &column.name)?;
                if node.is_null() || node.text().is_some_and(|text| text.trim().is_empty()) {
                    return None;
                }
                Some(node.clone())
            }
        }
    }
}

impl CellMarkup {
    fn read(self, text: &str, span: Span, context: Context<'_>, report: &mut Report) -> Body {
        match self {
            Self::Text => html::from_text(text, span),
            Self::Html => html::sanitize(text, span, report),
            Self::Markdown => body::read(text, Origin::Within(span), context.facets, report),
        }
    }
}

fn scalar(text: String, span: Span, is_plain: bool) -> Node {
    Node {
        span,
        value: Value::Scalar(Scalar { text, is_plain }),
    }
}

fn picture(src: &str, alt: &str, span: Span) -> Node {
    let entry = |key: &str, text: &str| Entry {
        key: key.to_owned(),
        key_span: span,
        value: scalar(text.to_owned(), span, false),
    };
    Node {
        span,
        value: Value::Map(vec![entry("src", src), entry("alt", alt)]),
    }
}
