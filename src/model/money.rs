//! Money in integer minor units.

use icu_decimal::{DecimalFormatter, input::Decimal as Digits, options::DecimalFormatterOptions};
use icu_locale_core::Locale;
use iso_currency::Currency;
use rust_decimal::Decimal;

/// An amount of a currency, in its minor unit: cents of euro, yen, fils.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Number of minor units.
    pub minor: i64,
    /// ISO 4217.
    pub currency: Currency,
}

impl Money {
    /// Parses a decimal amount such as `49`, `49.00` or `1299.5`, with no more decimals than
    /// the currency has. Says what is wrong.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, String> {
        let exponent = u32::from(currency.exponent().unwrap_or(0));
        let text = text.trim();
        let amount: Decimal = text
            .parse()
            .map_err(|_| format!("`{text}` is not an amount such as `49` or `49.90`"))?;
        let amount = amount.normalize();
        if amount.scale() > exponent {
            return Err(format!(
                "`{text}` has more decimals than {}, which has {exponent}",
                currency.code()
            ));
        }
        let minor = amount
            .checked_mul(Decimal::from(10_i64.pow(exponent)))
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or_else(|| format!("`{text}` is too large"))?;
        Ok(Self { minor, currency })
    }

    /// The amount in another currency, of which `rate` units are one of this, rounded half to even to
    /// its minor unit. `None` if the rate is not positive, or the amount too large.
    pub fn converted(self, currency: Currency, rate: Decimal) -> Option<Self> {
        if rate <= Decimal::ZERO {
            return None;
        }
        let exponent = |currency: Currency| u32::from(currency.exponent().unwrap_or(0));
        let amount = Decimal::from(self.minor)
            .checked_div(Decimal::from(10_i64.pow(exponent(self.currency))))?
            .checked_mul(rate)?
            .checked_mul(Decimal::from(10_i64.pow(exponent(currency))))?;
        let minor = amount.round().try_into().ok()?;
        Some(Self { minor, currency })
    }

    /// The amount in major units with all its decimals and a point: `49.00`.
    pub fn decimal(self) -> String {
        let exponent = usize::from(self.currency.exponent().unwrap_or(0));
        let digits = format!(
            "{:0width$}",
            self.minor.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        if exponent == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }
}

/// Writes money as a locale does.
pub struct MoneyFormat {
    decimal: DecimalFormatter,
    /// Whether the locale puts the currency sign first.
    is_prefix: bool,
}

impl std::fmt::Debug for MoneyFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MoneyFormat")
            .field("is_prefix", &self.is_prefix)
            .finish_non_exhaustive()
    }
}

impl MoneyFormat {
    /// For a BCP 47 locale such as `en` or `de-CH`. `None` if it is not one.
    pub fn new(locale: &str) -> Option<Self> {
        let locale: Locale = locale.parse().ok()?;
        // The languages whose CLDR pattern puts the sign before the number.
        let is_prefix = matches!(
            locale.id.language.as_str(),
            "en" | "ja" | "zh" | "ko" | "nl" | "tr" | "th" | "hi" | "id" | "ms" | "he" | "und"
        );
        let decimal =
            DecimalFormatter::try_new(locale.into(), DecimalFormatterOptions::default()).ok()?;
        Some(Self { decimal, is_prefix })
    }

    /// `€49.00`, `49,00 €`; the currency's code stands in where it has no sign of its own.
    pub fn format(&self, money: Money) -> String {
        let amount = money.decimal();
        let number: Digits = amount
            .trim_start_matches('-')
            .parse()
            .expect("decimal() writes digits and one point");
        let number = self.decimal.format(&number).to_string();
        let sign = if money.minor < 0 { "\u{2212}" } else { "" };
        let symbol = money.currency.symbol().to_string();
        let is_word = symbol.chars().last().is_some_and(char::is_alphabetic);
        match (self.is_prefix, is_word) {
            (true, false) => format!("{sign}{symbol}{number}"),
            (true, true) => format!("{sign}{symbol}\u{a0}{number}"),
            (false, _) => format!("{sign}{number}\u{a0}{symbol}"),
        }
    }
}
