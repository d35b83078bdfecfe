//! Dates and times as editors write them.

use jiff::{Timestamp, Zoned, civil, tz::TimeZone};

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{fields::wrong_type, report::Report, yaml::Node},
};

/// A day, a time with an offset, or a time with a zone. What names no offset is UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let normalized = normalize(text);
    let text = normalized.as_deref().unwrap_or(text);
    if text.contains('[') {
        return text.parse::<Zoned>().ok().map(|zoned| zoned.timestamp());
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let has_offset = text.len() > 10
        && text
            .get(10..)
            .is_some_and(|time| time.contains(['+', '-', 'Z', 'z']));
    if has_offset {
        return None;
    }
    let time: civil::DateTime = match text.parse::<civil::DateTime>() {
        Ok(time) => time,
        Err(_) => text.parse::<civil::Date>().ok()?.into(),
    };
    let zoned = time.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

/// `2014-03-19 9:00:00 -0400`, as YAML once allowed: an hour of one digit, and a blank before
/// the offset.
fn normalize(text: &str) -> Option<String> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let (time, offset) = match time.rsplit_once(' ') {
        Some((time, offset)) if offset.starts_with(['+', '-', 'Z']) => (time.trim_end(), offset),
        _ => (time, ""),
    };
    let zero = if time.find(':') == Some(1) { "0" } else { "" };
    Some(format!("{date}T{zero}{time}{offset}"))
}

/// A date or time; what cannot be understood is reported.
pub(super) fn read(node: &Node, name: &str, report: &mut Report) -> Option<Timestamp> {
    let Some(text) = node.text() else {
        report.push(wrong_type(node, name, "a date"));
        return None;
    };
    let timestamp = parse(text);
    if timestamp.is_none() {
        report.push(
            Diagnostic::new(
                Code::BadDate,
                node.span,
                format!("`{text}` is not a date or time"),
            )
            .label(format!("the value of `{name}`"))
            .hint("write `2026-01-31` or `2026-01-31T09:00:00+01:00`"),
        );
    }
    timestamp
}
