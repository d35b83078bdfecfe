//! Amounts of money as people and exports write them.

use iso_currency::Currency;

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{
        condition,
        fields::{Fields, wrong_type},
        report::{Context, Report},
        yaml::{Node, Value},
    },
    model::{BySegment, Case, Money, Prices},
};

/// Parses digits with at most one point, such as `49` or `49.90`. Says what is wrong.
fn parse(text: &str, currency: Currency) -> Result<Money, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(if text.starts_with('-') {
            format!("`{text}` is less than nothing")
        } else {
            format!("`{text}` is not an amount such as `49` or `49.90`")
        });
    }
    Money::parse(text, currency)
}

/// Parses a cell of a table: thousands commas and the currency's sign or code are allowed.
pub(super) fn parse_cell(text: &str, currency: Currency) -> Result<Money, String> {
    let symbol = currency.symbol().to_string();
    let mut amount = text.trim();
    for sign in [currency.code(), &*symbol, "$", "€", "£", "¥"] {
        let bare = amount
            .strip_prefix(sign)
            .or_else(|| amount.strip_suffix(sign));
        if let Some(bare) = bare.filter(|_| !sign.is_empty()) {
            amount = bare.trim();
            break;
        }
    }
    let whole = amount.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let has_thousands = groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.all(|group| group.len() == 3);
    if whole.contains(',') && has_thousands {
        return parse(&amount.replacen(',', "", whole.len()), currency);
    }
    parse(amount, currency).map_err(|_| match parse(text.trim(), currency) {
        Err(message) => message,
        Ok(_) => format!("`{text}` is not an amount"),
    })
}

/// Reads an amount by its source text, which never was a floating-point number.
pub(super) fn read(
    node: &Node,
    name: &str,
    currency: Currency,
    report: &mut Report,
) -> Option<Money> {
    let parsed = match node.text() {
        Some(text) => parse(text, currency),
        None => Err(format!("{} is not an amount", node.describe())),
    };
    match parsed {
        Ok(money) => Some(money),
        Err(message) => {
            let diagnostic = Diagnostic::new(Code::BadPrice, node.span, message)
                .label(format!("the value of `{name}`"));
            let hint = node
                .text()
                .and_then(|text| suggestion(text, currency))
                .map_or_else(
                    || "write digits and a point, without a currency sign".to_owned(),
                    |amount| format!("write `{amount}`"),
                );
            report.push(diagnostic.hint(hint));
            None
        }
    }
}

/// Reads what a choice adds to a price; may be less than nothing.
pub(in crate::load) fn read_change(
    node: &Node,
    name: &str,
    currency: Currency,
    report: &mut Report,
) -> Option<Money> {
    let negative = node.text().and_then(|text| text.strip_prefix('-'));
    match negative.map(|amount| parse(amount, currency)) {
        Some(Ok(money)) => Some(Money {
            minor: -money.minor,
            ..money
        }),
        Some(Err(_)) | None => read(node, name, currency, report),
    }
}

/// Reads what a choice adds, for everyone and by segment; nothing if it does not say. `names` are
/// those of the two fields.
pub(in crate::load) fn read_changes(
    fields: &mut Fields<'_>,
    names: [&'static str; 2],
    context: Context<'_>,
    report: &mut Report,
) -> BySegment<Money> {
    let [one, several] = names.map(|name| fields.take(name));
    let nothing = Money {
        minor: 0,
        currency: context.currency,
    };
    let (default, cases) = amounts(
        [(one, names[0]), (several, names[1])],
        context,
        report,
        read_change,
    );
    BySegment {
        default: default.unwrap_or(nothing),
        cases,
    }
}

/// What was probably meant.
fn suggestion(text: &str, currency: Currency) -> Option<String> {
    let comma_as_point = text.replace(',', ".");
    parse_cell(text, currency)
        .or_else(|_| parse_cell(&comma_as_point, currency))
        .ok()
        .map(Money::decimal)
}

/// Reads `price`, `compare-at` and `prices`. The second value is whether any of them is there.
pub(super) fn read_fields(
    fields: &mut Fields<'_>,
    context: Context<'_>,
    report: &mut Report,
) -> (Option<Prices>, bool) {
    let currency = context.currency;
    let price = fields.take("price");
    let compare_at = fields.take("compare-at");
    let by_segment = fields.take("prices");
    let compare_at = compare_at.and_then(|node| read(node, "compare-at", currency, report));
    if by_segment.is_some() && price.is_none() {
        report.push(
            Diagnostic::new(
                Code::MissingField,
                fields.key_span("prices"),
                "`prices` by segment need a `price` for everyone else",
            )
            .hint("add a line `price: …`"),
        );
    }
    let (default, cases) = amounts(
        [(price, "price"), (by_segment, "prices")],
        context,
        report,
        read,
    );
    let prices = default.map(|default| Prices {
        price: BySegment { default, cases },
        compare_at,
    });
    (prices, price.is_some() || by_segment.is_some())
}

/// Reads an amount for everyone, and amounts by segment, from a field and the field of its cases.
fn amounts(
    [(one, name), (several, cases_name)]: [(Option<&Node>, &str); 2],
    context: Context<'_>,
    report: &mut Report,
    read: fn(&Node, &str, Currency, &mut Report) -> Option<Money>,
) -> (Option<Money>, Vec<Case<Money>>) {
    let (facets, currency) = (context.facets, context.currency);
    let mut cases = Vec::new();
    let mut default = None;
    if let Some(node) = one {
        if condition::is_by_segment(node, facets) {
            default = node
                .get("default")
                .and_then(|node| read(node, name, currency, report));
            cases = condition::read_cases(node, facets, report, |node, report| {
                read(node, name, currency, report)
            });
        } else {
            default = read(node, name, currency, report);
        }
    }
    if let Some(node) = several {
        cases.extend(condition::read_cases(
            node,
            facets,
            report,
            |node, report| read(node, cases_name, currency, report),
        ));
        if !matches!(node.value, Value::Map(_)) {
            report.push(wrong_type(
                node,
                cases_name,
                "a map such as `{ loyalty.gold: 44.00 }`",
            ));
        }
    }
    condition::widen(cases.iter_mut().map(|case| &mut case.when), facets);
    (default, cases)
}
