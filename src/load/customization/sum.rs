//! Sums: `psu.watts >= 1.25 * (cpu.watts + gpu.watts) + 90 W`.

use std::ops::Range;

use rust_decimal::Decimal;

use super::{condition, constraint::lacking, quantity::Quantity};
use crate::{
    constraints::{Comparison, Sum, Term},
    diagnostic::{Code, Diagnostic},
    load::{
        fields,
        report::{Origin, Report},
        yaml::Node,
    },
    model::{CustomOption, NONE, OptionKind},
};

/// Weights beyond are not exact in a browser.
const LARGEST: i64 = 1 << 53;

/// Deepest nesting of parentheses.
const DEPTH: usize = 32;

/// Reads a comparison of two sums. Every side may have numbers, attributes, `+`, `-`, `*` and
/// parentheses; of the factors of a product all but one are plain numbers.
pub(super) fn read(node: &Node, options: &[CustomOption], report: &mut Report) -> Option<Sum> {
    let text = fields::text(node, "sum", report)?;
    let parsed = tokens(text).and_then(|tokens| Parser::comparison(&tokens, text));
    let compared = match parsed {
        Ok(compared) => compared,
        Err(malformed) => {
            report.push(bad(node.origin(), malformed));
            return None;
        }
    };
    lower(&compared, node, options, report)
}

/// What is wrong, where, and what to do.
struct Malformed {
    at: Range<usize>,
    message: String,
    hint: &'static str,
}

fn malformed(at: Range<usize>, message: impl Into<String>, hint: &'static str) -> Malformed {
    Malformed {
        at,
        message: message.into(),
        hint,
    }
}

fn bad(origin: Origin, malformed: Malformed) -> Diagnostic {
    Diagnostic::new(
        Code::BadConstraint,
        origin.span(malformed.at),
        malformed.message,
    )
    .hint(malformed.hint)
}

const EXAMPLE: &str = "write such as `psu.watts >= 1.25 * (cpu.watts + gpu.watts) + 90 W`";

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// With its unit.
    Number(Quantity),
    /// An option and an attribute.
    Attribute(String, String),
    Comparison(Comparison),
    Sign(char),
}

struct Token {
    kind: Kind,
    at: Range<usize>,
}

fn tokens(text: &str) -> Result<Vec<Token>, Malformed> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        let while_in =
            |rest: &str, is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        let kind = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first.is_ascii_digit() {
            at += while_in(rest, |c| c.is_ascii_digit() || c == '.');
            let number: Decimal = text[start..at].parse().map_err(|_| {
                malformed(
                    start..at,
                    format!("`{}` is no number", &text[start..at]),
                    EXAMPLE,
                )
            })?;
            // A word that is not an attribute is the number's unit.
            let gap = while_in(&text[at..], char::is_whitespace);
            let word = &text[at + gap..];
            let length = while_in(word, |c| c.is_alphabetic() || "%²³°/".contains(c));
            let is_unit = length > 0 && !word[length..].starts_with(['.', '-', '_']);
            let unit = if is_unit { &word[..length] } else { "" };
            if is_unit {
                at += gap + length;
            }
            let quantity = Quantity::of(number, unit);
            Kind::Number(
                quantity.ok_or_else(|| malformed(start..at, "the number is too large", EXAMPLE))?,
            )
        } else if first.is_ascii_lowercase() {
            at += while_in(rest, |c| c.is_alphanumeric() || "-_.".contains(c));
            let word = &text[start..at];
            let Some((option, attribute)) = word.split_once('.') else {
                return Err(malformed(
                    start..at,
                    format!("`{word}` is neither a number nor an attribute"),
                    "write `option.attribute`",
                ));
            };
            Kind::Attribute(option.to_owned(), attribute.to_owned())
        } else {
            let signs = [
                ("<=", Comparison::AtMost),
                ("≤", Comparison::AtMost),
                (">=", Comparison::AtLeast),
                ("≥", Comparison::AtLeast),
                ("==", Comparison::Equal),
                ("=", Comparison::Equal),
            ];
            if let Some((sign, comparison)) = signs.iter().find(|(sign, _)| rest.starts_with(sign))
            {
                at += sign.len();
                Kind::Comparison(*comparison)
            } else if "+-*()".contains(first) {
                at += 1;
                Kind::Sign(first)
            } else {
                let end = at + first.len_utf8();
                let hint = if "<>".contains(first) {
                    "write `<=` or `>=`"
                } else {
                    EXAMPLE
                };
                return Err(malformed(
                    at..end,
                    format!("`{first}` has no meaning in a sum"),
                    hint,
                ));
            }
        };
        tokens.push(Token {
            kind,
            at: start..at,
        });
    }
    Ok(tokens)
}

/// A sum of attributes with factors, and a number.
#[derive(Clone, Debug, Default)]
struct Linear {
    /// Factor, option, attribute, place in the text.
    terms: Vec<(Decimal, String, String, Range<usize>)>,
    constant: Decimal,
    /// Units of the numbers in it, with their places; none for a plain factor.
    units: Vec<(String, Range<usize>)>,
}

impl Linear {
    fn times(mut self, factor: Decimal) -> Option<Self> {
        for term in &mut self.terms {
            term.0 = term.0.checked_mul(factor)?;
        }
        self.constant = self.constant.checked_mul(factor)?;
        Some(self)
    }

    fn plus(mut self, other: Self) -> Option<Self> {
        self.terms.extend(other.terms);
        self.units.extend(other.units);
        self.constant = self.constant.checked_add(other.constant)?;
        Some(self)
    }

    fn is_plain(&self) -> bool {
        self.terms.is_empty() && self.units.iter().all(|(unit, _)| unit.is_empty())
    }
}

/// Left side minus right side, compared with nothing.
struct Compared {
    difference: Linear,
    comparison: Comparison,
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn comparison(tokens: &'a [Token], text: &str) -> Result<Compared, Malformed> {
        let mut parser = Parser {
            tokens,
            at: 0,
            end: text.len(),
            depth: 0,
        };
        let left = parser.sum()?;
        let Some(Kind::Comparison(comparison)) = parser.peek().map(|token| &token.kind) else {
            return Err(malformed(
                parser.place(),
                "a comparison should stand here",
                EXAMPLE,
            ));
        };
        let comparison = *comparison;
        parser.at += 1;
        let right = parser.sum()?;
        if parser.peek().is_some() {
            return Err(malformed(
                parser.place(),
                "the sum should end here",
                EXAMPLE,
            ));
        }
        let difference = right
            .times(Decimal::NEGATIVE_ONE)
            .and_then(|it| left.plus(it));
        let difference = difference.ok_or_else(|| too_large(0..text.len()))?;
        Ok(Compared {
            difference,
            comparison,
        })
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn place(&self) -> Range<usize> {
        self.peek()
            .map_or(self.end..self.end, |token| token.at.clone())
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_next = self
            .peek()
            .is_some_and(|token| token.kind == Kind::Sign(sign));
        self.at += usize::from(is_next);
        is_next
    }

    fn sum(&mut self) -> Result<Linear, Malformed> {
        let start = self.place();
        let mut total = Linear::default();
        let mut is_first = true;
        loop {
            let factor = if self.takes('-') {
                Decimal::NEGATIVE_ONE
            } else if self.takes('+') || is_first {
                Decimal::ONE
            } else {
                return Ok(total);
            };
            is_first = false;
            let product = self.product()?;
            total = product
                .times(factor)
                .and_then(|product| total.plus(product))
                .ok_or_else(|| too_large(start.clone()))?;
        }
    }

    fn product(&mut self) -> Result<Linear, Malformed> {
        let start = self.place();
        let mut product = self.factor()?;
        while self.takes('*') {
            let place = self.place();
            let other = self.factor()?;
            let (plain, varied) = if other.is_plain() {
                (other, product)
            } else {
                (product, other)
            };
            if !plain.is_plain() {
                return Err(malformed(
                    place,
                    "two attributes, or numbers with units, cannot be multiplied",
                    "multiply with plain numbers only",
                ));
            }
            product = varied
                .times(plain.constant)
                .ok_or_else(|| too_large(start.clone()))?;
        }
        Ok(product)
    }

    fn factor(&mut self) -> Result<Linear, Malformed> {
        let place = self.place();
        let Some(token) = self.peek() else {
            return Err(malformed(place, "the sum ends too early", EXAMPLE));
        };
        self.at += 1;
        match &token.kind {
            Kind::Number(quantity) => Ok(Linear {
                constant: quantity.number,
                units: vec![(quantity.unit.clone(), place)],
                ..Linear::default()
            }),
            Kind::Attribute(option, attribute) => Ok(Linear {
                terms: vec![(Decimal::ONE, option.clone(), attribute.clone(), place)],
                ..Linear::default()
            }),
            Kind::Sign('(') if self.depth < DEPTH => {
                self.depth += 1;
                let inner = self.sum()?;
                self.depth -= 1;
                if !self.takes(')') {
                    return Err(malformed(self.place(), "a `)` should stand here", EXAMPLE));
                }
                Ok(inner)
            }
            Kind::Sign(_) | Kind::Comparison(_) => Err(malformed(
                place,
                "a number, an attribute or `(` should stand here",
                EXAMPLE,
            )),
        }
    }
}

fn too_large(at: Range<usize>) -> Malformed {
    malformed(
        at,
        "the numbers are too large",
        "write them in a larger unit",
    )
}

fn lower(
    compared: &Compared,
    node: &Node,
    options: &[CustomOption],
    report: &mut Report,
) -> Option<Sum> {
    let origin = node.origin();
    let linear = &compared.difference;
    let mut unit: Option<String> = None;
    let mut agrees = |own: &str, at: &Range<usize>, report: &mut Report| {
        let wanted = unit.get_or_insert_with(|| own.to_owned());
        let is_same = wanted == own;
        if !is_same {
            let name = |unit: &str| {
                if unit.is_empty() {
                    "plain numbers".to_owned()
                } else {
                    format!("`{unit}`")
                }
            };
            let message = format!("{} and {} cannot be added up", name(wanted), name(own));
            let hint = "give every number and attribute of the sum the same unit";
            report.push(bad(origin, malformed(at.clone(), message, hint)));
        }
        is_same
    };
    // Per variable, a number for each value.
    let mut terms: Vec<(u16, Vec<Decimal>)> = Vec::new();
    for (factor, id, name, at) in &linear.terms {
        let span = origin.span(at.clone());
        let option = condition::find(options, id, span, report)?;
        if !condition::is_attribute(option, name, span, report) {
            return None;
        }
        let mut weights = Vec::new();
        for choice in option.choices() {
            let weight = match choice.attributes.get(name) {
                None if choice.id == NONE => Decimal::ZERO,
                None => {
                    report.push(lacking(option, &choice.id, name, span));
                    return None;
                }
                Some(value) => {
                    let Some(quantity) = Quantity::of_json(value) else {
                        report.push(
                            Diagnostic::new(
                                Code::BadConstraint,
                                span,
                                format!("`{name}` of the choice `{}` is no number", choice.id),
                            )
                            .label(format!("it is {value}"))
                            .hint("write a number, with or without a unit: `65 W`"),
                        );
                        return None;
                    };
                    if !agrees(&quantity.unit, at, report) {
                        return None;
                    }
                    factor.checked_mul(quantity.number)?
                }
            };
            weights.push(weight);
        }
        if let OptionKind::Several { .. } = option.kind {
            let each = (option.variable..).zip(weights);
            terms.extend(each.map(|(variable, weight)| (variable, vec![Decimal::ZERO, weight])));
        } else {
            terms.push((option.variable, weights));
        }
    }
    for (own, at) in &linear.units {
        // Nothing has every unit, and a factor has none.
        let is_nothing = linear.constant.is_zero();
        if !is_nothing && !agrees(own, at, report) {
            return None;
        }
    }
    whole(terms, -linear.constant, compared.comparison).or_else(|| {
        let length = fields::text(node, "sum", report).map_or(0, str::len);
        report.push(bad(origin, too_large(0..length)));
        None
    })
}

/// The same with whole numbers.
fn whole(terms: Vec<(u16, Vec<Decimal>)>, bound: Decimal, comparison: Comparison) -> Option<Sum> {
    let numbers = terms
        .iter()
        .flat_map(|(_, weights)| weights)
        .chain([&bound]);
    let decimals = numbers.map(|number| number.normalize().scale()).max()?;
    let factor = Decimal::from(10_i64.checked_pow(decimals)?);
    let whole = |number: Decimal| -> Option<i64> {
        let number = number.checked_mul(factor)?.normalize();
        let number = i64::try_from(number).ok()?;
        (number.abs() < LARGEST).then_some(number)
    };
    let terms = terms.into_iter().map(|(variable, weights)| {
        let weights: Option<Vec<i64>> = weights.into_iter().map(whole).collect();
        Some(Term {
            variable,
            weights: weights?,
        })
    });
    let terms: Option<Vec<Term>> = terms.collect();
    Some(Sum {
        terms: terms?,
        comparison,
        bound: whole(bound)?,
    })
}
