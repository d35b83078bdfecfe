//! Tables of products: CSV and JSON Lines, as they are or by a mapping of columns.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Severity, Span},
    load::{
        catalog::{
            mapping::{self, Mapping},
            product::{self, Found},
            shopify,
        },
        json,
        report::{Context, Origin, Report},
        text,
        yaml::Node,
    },
    model::Status,
    source::SourceTree,
};

/// Most bytes of a row that a diagnostic points at.
const SHOWN: usize = 120;

/// A CSV file in memory.
pub(super) struct Csv {
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row and its place.
pub(super) struct Row {
    pub cells: csv::StringRecord,
    pub span: Span,
}

impl Row {
    /// A cell without blanks around it; empty if the row is too short.
    pub(super) fn get(&self, column: Option<usize>) -> &str {
        column
            .and_then(|column| self.cells.get(column))
            .unwrap_or_default()
            .trim()
    }
}

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
}

impl Format {
    /// The form that a file's name tells.
    pub(super) fn of(path: &str) -> Option<Self> {
        let path = path.strip_suffix(".gz").unwrap_or(path);
        match path.rsplit_once('.')?.1 {
            "csv" | "tsv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// Reads a table that no mapping names: Shopify's export, or products in JSON.
pub(super) fn read(
    tree: &SourceTree,
    file: FileId,
    format: Format,
    context: Context<'_>,
    report: &mut Report,
) -> Vec<Found> {
    let source = text::decode(tree, file, report);
    match format {
        Format::Csv => read_csv(&source.text, source.origin, None, report)
            .map(|table| shopify::read(&table, Span::file(file), context, report))
            .unwrap_or_default(),
        Format::JsonLines => {
            let lines = json_lines(&source.text, source.origin, report);
            let found = import(&lines, |(node, span), report| {
                let (mut product, status) = product::read(node, None, None, context, report)?;
                product.span = *span;
                Some((product, status))
            });
            finish(found, Span::file(file), report)
        }
    }
}

/// Reads a table by a mapping.
pub(super) fn read_mapped(
    tree: &SourceTree,
    mapping: &mut Mapping,
    context: Context<'_>,
    report: &mut Report,
) -> Vec<Found> {
    let source = text::decode(tree, mapping.file, report);
    let found = match mapping.format {
        Format::Csv => {
            let Some(table) = read_csv(&source.text, source.origin, mapping.delimiter, report)
            else {
                return Vec::new();
            };
            if !mapping.bind(&table.header, report) {
                return Vec::new();
            }
            let width = table.header.len();
            import(&table.rows, |row, report| {
                check_width(row, width, report)?;
                mapping::read_row(
                    mapping,
                    &mapping::Cells::Csv(row),
                    row.span,
                    context,
                    report,
                )
            })
        }
        Format::JsonLines => {
            let lines = json_lines(&source.text, source.origin, report);
            mapping.check_paths(&lines, report);
            import(&lines, |(node, span), report| {
                mapping::read_row(mapping, &mapping::Cells::Json(node), *span, context, report)
            })
        }
    };
    finish(found, mapping.span, report)
}

/// Reports a row that has cells beyond the header's.
pub(super) fn check_width(row: &Row, width: usize, report: &mut Report) -> Option<()> {
    if row.cells.iter().skip(width).all(str::is_empty) {
        return Some(());
    }
    report.push(skipped(
        row.span,
        format!(
            "the row has {} cells, and the header {width}",
            row.cells.len()
        ),
    ));
    None
}

/// A `skipped-row` problem.
pub(super) fn skipped(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::SkippedRow, span, message).label("this row is left out")
}

type Product = crate::model::Product;

/// Reads rows in parallel; results and problems are in their order. A row with an error is
/// left out, and the error becomes one `skipped-row`.
fn import<T: Sync>(
    rows: &[T],
    read: impl Fn(&T, &mut Report) -> Option<(Product, Status)> + Sync,
) -> Vec<(Option<Found>, Report)> {
    rows.par_iter()
        .map(|row| {
            let mut report = Report::default();
            let found = read(row, &mut report);
            let error = report.first_error().map(|error| {
                let mut skipped = skipped(
                    error.span.expect("problems of rows have a place"),
                    error.message.clone(),
                );
                skipped.hint.clone_from(&error.hint);
                skipped
            });
            let Some(skipped) = error else {
                let found = found.map(|(product, status)| Found {
                    product,
                    status,
                    is_row: true,
                });
                return (found, report);
            };
            let mut report = Report::default();
            report.push(skipped);
            (None, report)
        })
        .collect()
}

/// Gathers rows. What is wrong with every row alike is said once.
fn finish(rows: Vec<(Option<Found>, Report)>, whole: Span, report: &mut Report) -> Vec<Found> {
    let count = rows.iter().filter(|(found, _)| found.is_some()).count();
    let without_price = rows
        .iter()
        .filter(|(found, _)| found.as_ref().is_some_and(|f| f.product.prices.is_none()))
        .count();
    let has_no_prices = count > 1 && without_price == count;
    if has_no_prices {
        report.push(
            Diagnostic::new(
                Code::MissingPrice,
                whole,
                format!("none of the {count} products of this table has a price"),
            )
            .hint("map a column to `price`, or set one in `defaults`"),
        );
    }
    let mut seen = HashSet::new();
    let mut found = Vec::with_capacity(count);
    for (row, row_report) in rows {
        found.extend(row);
        let Report {
            diagnostics,
            products,
            customized,
        } = row_report;
        report.products.extend(products);
        report.customized.extend(customized);
        report
            .diagnostics
            .extend(diagnostics.into_iter().filter(|diagnostic| {
                debug_assert_eq!(diagnostic.severity(), Severity::Warning);
                match diagnostic.code {
                    Code::MissingPrice => !has_no_prices,
                    Code::UnknownField => seen.insert(diagnostic.message.clone()),
                    _ => true,
                }
            }));
    }
    found
}

/// The values of the lines, and where each line stands. A line that is not JSON is reported.
fn json_lines(source: &str, origin: Origin, report: &mut Report) -> Vec<(Node, Span)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in source.split_inclusive('\n') {
        if !line.trim().is_empty() {
            lines.push((start, line.trim_end()));
        }
        start += line.len();
    }
    let parsed: Vec<(Report, Option<(Node, Span)>)> = lines
        .par_iter()
        .map(|(start, line)| {
            let mut report = Report::default();
            let here = origin.after(*start);
            let span = here.span(0..shown(line));
            let node = match json::parse(line, here) {
                Ok(mut node) => {
                    node.span = span;
                    Some(node)
                }
                Err(malformed) => {
                    let at = malformed.at.min(line.len());
                    let message = format!("the line is not JSON: {}", malformed.message);
                    report.push(skipped(here.span(at..at), message));
                    None
                }
            };
            (report, node.map(|node| (node, span)))
        })
        .collect();
    let mut nodes = Vec::with_capacity(parsed.len());
    for (line_report, node) in parsed {
        report.merge(line_report);
        nodes.extend(node);
    }
    nodes
}

/// Reads a CSV file. `None` if it has no header, which is reported.
pub(super) fn read_csv(
    source: &str,
    origin: Origin,
    delimiter: Option<u8>,
    report: &mut Report,
) -> Option<Csv> {
    let first_line = source.lines().next().unwrap_or_default();
    let delimiter = delimiter.unwrap_or_else(|| sniff_delimiter(first_line));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(source.as_bytes());
    let mut header: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut last_start = 0;
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => {
                let at = error
                    .position()
                    .map_or(0, |position| position.byte() as usize);
                report.push(Diagnostic::new(
                    Code::BadTable,
                    origin.span(at..at),
                    "the table cannot be read beyond this row",
                ));
                break;
            }
        }
        if header.is_none() {
            header = Some(record.iter().map(|cell| cell.trim().to_owned()).collect());
            continue;
        }
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let start = record
            .position()
            .map_or(0, |position| position.byte() as usize);
        let rest = source.get(start..).unwrap_or_default();
        let start = start + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let line = source[start..].lines().next().unwrap_or_default();
        last_start = start;
        rows.push(Row {
            cells: record.clone(),
            span: origin.span(start..start + shown(line)),
        });
    }
    // A quote that is never closed makes one cell of the rest of the file. Only an odd number of
    // quotes in the last row tells; within a closed cell they are doubled.
    if let Some(last) = rows.last() {
        let rest = source.get(last_start..).unwrap_or_default();
        if rest.matches('"').count() % 2 == 1 {
            report.push(
                Diagnostic::new(
                    Code::BadTable,
                    last.span,
                    "a quote in this row is not closed, so the rows after it are part of it",
                )
                .hint("close the quote; a quote inside a cell is written twice"),
            );
        }
    }
    let Some(header) = header.filter(|header| header.iter().any(|name| !name.is_empty())) else {
        report.push(
            Diagnostic::new(Code::BadTable, origin.span(0..0), "the table has no header")
                .hint("the first row names the columns"),
        );
        return None;
    };
    Some(Csv { header, rows })
}

fn sniff_delimiter(header: &str) -> u8 {
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| {
            let count = header.bytes().filter(|byte| byte == delimiter).count();
            (count, *delimiter == b',')
        })
        .unwrap_or(b',')
}

fn shown(line: &str) -> usize {
    text::floor_boundary(line, SHOWN)
}

/// The parts of a cell: `['a', 'b']`.
pub(super) fn parse_list(cell: &str) -> Vec<String> {
    let Some(inner) = cell
        .trim()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return Vec::from_iter((!cell.trim().is_empty()).then(|| cell.trim().to_owned()));
    };
    let mut items = Vec::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        let mut item = String::new();
        if matches!(c, '\'' | '"') {
            while let Some(inside) = chars.next() {
                match inside {
                    '\\' => item.extend(chars.next()),
                    inside if inside == c => break,
                    inside => item.push(inside),
                }
            }
        } else if c.is_whitespace() || c == ',' {
            continue;
        } else {
            item.push(c);
            while let Some(inside) = chars.next_if(|c| *c != ',') {
                item.push(inside);
            }
        }
        let item = item.trim();
        if !item.is_empty() {
            items.push(item.to_owned());
        }
    }
    items
}
