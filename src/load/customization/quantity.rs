//! Numbers with units, such as `65 W` and `0.3 m`.

use rust_decimal::Decimal;

/// A number and its dimension: the unit in which all of that kind are compared; empty for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub number: Decimal,
    pub unit: String,
}

/// Units that are multiples of another, which others of the kind are compared in: how many thousandths of it.
const MULTIPLES: &[(&str, &str, u64)] = &[
    ("mm", "mm", 1_000),
    ("cm", "mm", 10_000),
    ("m", "mm", 1_000_000),
    ("in", "mm", 25_400),
    ("mg", "g", 1),
    ("g", "g", 1_000),
    ("kg", "g", 1_000_000),
    ("ml", "ml", 1_000),
    ("cl", "ml", 10_000),
    ("l", "ml", 1_000_000),
    ("mW", "W", 1),
    ("W", "W", 1_000),
    ("kW", "W", 1_000_000),
    ("MB", "GB", 1),
    ("GB", "GB", 1_000),
    ("TB", "GB", 1_000_000),
    ("MHz", "GHz", 1),
    ("GHz", "GHz", 1_000),
    ("min", "min", 1_000),
    ("h", "min", 60_000),
];

impl Quantity {
    /// A number of some unit, in the unit that its kind is compared in. `None` if it is too large.
    pub(super) fn of(number: Decimal, unit: &str) -> Option<Self> {
        let Some((_, base, thousandths)) = MULTIPLES.iter().find(|(name, ..)| *name == unit) else {
            return Some(Self {
                number,
                unit: unit.to_owned(),
            });
        };
        let number = number.checked_mul(Decimal::from(*thousandths))?;
        Some(Self {
            number: (number / Decimal::ONE_THOUSAND).normalize(),
            unit: (*base).to_owned(),
        })
    }

    /// Parses `65 W`, `65W` or `65`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || ".+-".contains(c)))
            .unwrap_or(text.len());
        let unit = text[end..].trim();
        let is_unit = unit
            .chars()
            .all(|c| c.is_alphabetic() || "%²³°/".contains(c));
        let number: Decimal = text[..end].parse().ok()?;
        is_unit.then(|| Self::of(number, unit)).flatten()
    }

    /// A field of a choice.
    pub(super) fn of_json(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::String(text) => Self::parse(text),
            serde_json::Value::Number(number) => Self::parse(&number.to_string()),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => None,
        }
    }
}
