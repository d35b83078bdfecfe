//! `collections/*.yaml`.

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::{
        body,
        catalog::price,
        condition,
        fields::{self, Fields, wrong_type},
        report::{Context, Report, humanize},
        yaml::{Node, Value},
    },
    model::{
        BySegment, Case, Collection, Condition, Filter, Order, Selection, SelectionSource, slug,
    },
};

/// Reads one collection; its members are found when all products are known. The ids of
/// products that it lists go to `listed`.
pub(super) fn read(
    node: &Node,
    stem: &str,
    file: FileId,
    context: Context<'_>,
    listed: &mut Vec<(String, Span)>,
    report: &mut Report,
) -> Option<Collection> {
    let mut fields = Fields::new(node, "a collection", report)?;
    let id = slug(stem);
    let title = fields
        .text("title", report)
        .unwrap_or_else(|| humanize(&id));
    let summary = fields.text("summary", report).unwrap_or_default();
    let body = fields
        .take("description")
        .and_then(|node| {
            let text = fields::text(node, "description", report)?;
            Some(body::read(text, node.origin(), context.facets, report))
        })
        .unwrap_or_default();
    let image = fields.image("image", report);
    let paginate = fields.count("paginate", report);
    let weight = fields.integer("weight", report).unwrap_or(0);
    let data = fields.data("data", report);
    let has_source = fields.take("products").is_some() || fields.take("where").is_some();
    if !has_source {
        fields.missing("products", report);
    }
    let everything = Selection {
        source: SelectionSource::Rule(Vec::new()),
        order: Order::Listed,
        limit: None,
    };
    let default = read_selection(&mut fields, &everything, context, listed, report);
    let mut cases = fields
        .take("for")
        .map(|node| read_cases(node, &default, context, listed, report))
        .unwrap_or_default();
    fields.finish(report);
    condition::widen(cases.iter_mut().map(|case| &mut case.when), context.facets);
    Some(Collection {
        id,
        title,
        summary,
        body,
        image,
        selection: BySegment { default, cases },
        members: BySegment::constant(Vec::new()),
        paginate,
        weight,
        data,
        span: Span::file(file),
    })
}

fn read_cases(
    node: &Node,
    default: &Selection,
    context: Context<'_>,
    listed: &mut Vec<(String, Span)>,
    report: &mut Report,
) -> Vec<Case<Selection>> {
    let Value::List(items) = &node.value else {
        report.push(wrong_type(
            node,
            "for",
            "a list of maps, each with a `when`",
        ));
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| {
            let mut fields = Fields::new(item, "an entry of `for`", report)?;
            let when = read_when(&mut fields, context, report);
            let value = read_selection(&mut fields, default, context, listed, report);
            fields.finish(report);
            Some(Case { when: when?, value })
        })
        .collect()
}

fn read_when(
    fields: &mut Fields<'_>,
    context: Context<'_>,
    report: &mut Report,
) -> Option<Condition> {
    let Some(node) = fields.take("when") else {
        fields.missing("when", report);
        return None;
    };
    let text = fields::text(node, "when", report)?;
    condition::parse(text, node.origin(), context.facets, report)
}

/// Reads what is selected; fields that are not named are as in `default`.
fn read_selection(
    fields: &mut Fields<'_>,
    default: &Selection,
    context: Context<'_>,
    listed: &mut Vec<(String, Span)>,
    report: &mut Report,
) -> Selection {
    let mut selection = default.clone();
    let products = fields.take("products");
    let filters = fields.take("where");
    if let (Some(_), Some(_)) = (products, filters) {
        report.push(
            Diagnostic::new(
                Code::WrongType,
                fields.key_span("where"),
                "a selection has either `products` or `where`, not both",
            )
            .label("is not used")
            .hint("remove one of the two"),
        );
    }
    if let Some(node) = products {
        selection.source = SelectionSource::Manual(read_listed(node, listed, report));
    } else if let Some(node) = filters {
        selection.source = SelectionSource::Rule(read_filters(node, context, report));
    }
    if let Some(node) = fields.take("order") {
        match node.text() {
            Some("listed") => selection.order = Order::Listed,
            Some("title") => selection.order = Order::Title,
            Some("price") => selection.order = Order::PriceAscending,
            Some("-price") => selection.order = Order::PriceDescending,
            text => report.push(
                wrong_type(node, "order", "`listed`, `title`, `price` or `-price`").did_you_mean(
                    text.unwrap_or_default(),
                    ["listed", "title", "price", "-price"],
                ),
            ),
        }
    }
    if let Some(limit) = fields.count("limit", report) {
        selection.limit = Some(limit);
    }
    selection
}

fn read_listed(node: &Node, listed: &mut Vec<(String, Span)>, report: &mut Report) -> Vec<String> {
    let Value::List(items) = &node.value else {
        report.push(wrong_type(node, "products", "a list of ids"));
        return Vec::new();
    };
    let mut ids: Vec<String> = Vec::new();
    for item in items {
        if let Some(id) = fields::text(item, "products", report) {
            listed.push((id.to_owned(), item.span));
            ids.push(id.to_owned());
        }
    }
    ids
}

fn read_filters(node: &Node, context: Context<'_>, report: &mut Report) -> Vec<Filter> {
    let Some(mut fields) = Fields::new(node, "`where`", report) else {
        return Vec::new();
    };
    let mut filters = Vec::new();
    filters.extend(fields.texts("tag", report).map(Filter::Tag));
    filters.extend(fields.texts("without-tag", report).map(Filter::WithoutTag));
    filters.extend(fields.texts("vendor", report).map(Filter::Vendor));
    filters.extend(fields.texts("kind", report).map(Filter::Kind));
    if let Some(node) = fields.take("price")
        && let Some(mut range) = Fields::new(node, "the filter `price`", report)
    {
        let mut bound = |name| {
            let node = range.take(name)?;
            Some(price::read(node, name, context.currency, report)?.minor)
        };
        let (from, until) = (bound("from"), bound("until"));
        if range.rest().next().is_none() && from.is_none() && until.is_none() {
            range.missing("from", report);
        }
        range.finish(report);
        filters.push(Filter::Price { from, until });
    }
    filters.extend(fields.boolean("in-stock", report).map(Filter::InStock));
    filters.extend(fields.boolean("reduced", report).map(Filter::Reduced));
    fields.finish(report);
    filters
}
