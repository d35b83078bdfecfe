//! Conditions on segments, values by segment, and inheritance.

use std::ops::Range;

use crate::{
    decision::ValueSet,
    diagnostic::{Code, Diagnostic},
    load::{
        report::{Origin, Report},
        yaml::{Node, Value},
    },
    model::{BySegment, Case, Condition, FacetSpace},
};

/// Parses `loyalty=gold,silver team=lions`. `None` if it cannot be understood, which is
/// reported.
pub(super) fn parse(
    text: &str,
    origin: Origin,
    facets: &FacetSpace,
    report: &mut Report,
) -> Option<Condition> {
    let condition = parse_terms(text, '=', origin, facets, report)?;
    if condition.is_empty() {
        report.push(bad_condition(
            origin.span(0..text.len()),
            "there is no condition",
        ));
        return None;
    }
    Some(condition)
}

/// Parses the key of a value by segment: `loyalty.gold`.
fn parse_key(
    key: &str,
    origin: Origin,
    facets: &FacetSpace,
    report: &mut Report,
) -> Option<Condition> {
    let separator = if key.contains('=') { '=' } else { '.' };
    parse_terms(key, separator, origin, facets, report)
}

fn bad_condition(span: crate::diagnostic::Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::BadCondition, span, message)
        .hint("write `facet=segment`, or several as `facet=one,other facet=one`")
}

fn parse_terms(
    text: &str,
    separator: char,
    origin: Origin,
    facets: &FacetSpace,
    report: &mut Report,
) -> Option<Condition> {
    let mut condition: Option<Condition> = Some(Vec::new());
    for range in split(text, char::is_whitespace) {
        let term = parse_term(text, range.clone(), separator, origin, facets, report);
        match (term, &mut condition) {
            (Some((variable, _)), Some(terms)) if terms.iter().any(|(v, _)| *v == variable) => {
                let facet = &facets.facet(variable).id;
                report.push(
                    Diagnostic::new(
                        Code::BadCondition,
                        origin.span(range),
                        format!("the condition names `{facet}` twice"),
                    )
                    .hint(format!("write `{facet}=one,other` for one of several")),
                );
                condition = None;
            }
            (Some(term), Some(terms)) => terms.push(term),
            _ => condition = None,
        }
    }
    condition
}

fn parse_term(
    text: &str,
    range: Range<usize>,
    separator: char,
    origin: Origin,
    facets: &FacetSpace,
    report: &mut Report,
) -> Option<(u16, ValueSet)> {
    let term = &text[range.clone()];
    let Some((name, segments)) = term
        .split_once(separator)
        .filter(|(name, segments)| !name.is_empty() && !segments.is_empty())
    else {
        report.push(bad_condition(
            origin.span(range),
            format!("`{term}` is not of the form `facet{separator}segment`"),
        ));
        return None;
    };
    let name_end = range.start + name.len();
    let Some(variable) = facets.find(name) else {
        report.push(
            Diagnostic::new(
                Code::UnknownFacet,
                origin.span(range.start..name_end),
                format!("unknown facet `{name}`"),
            )
            .label("no file in segments/ defines it")
            .did_you_mean(name, facets.facets.iter().map(|facet| &*facet.id)),
        );
        return None;
    };
    let facet = facets.facet(variable);
    let mut set = Some(ValueSet::default());
    for part in split(segments, |c| c == ',') {
        let segment = &segments[part.clone()];
        if let Some(value) = facet.find(segment) {
            if let Some(set) = &mut set {
                set.insert(value);
            }
        } else {
            set = None;
            let base = name_end + separator.len_utf8();
            report.push(
                Diagnostic::new(
                    Code::UnknownSegment,
                    origin.span(base + part.start..base + part.end),
                    format!("the facet `{name}` has no segment `{segment}`"),
                )
                .did_you_mean(segment, facet.segments.iter().map(|s| &*s.id)),
            );
        }
    }
    set.filter(|set| !set.is_empty()).map(|set| (variable, set))
}

/// The parts between separators that are not empty.
fn split(text: &str, is_separator: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if at == text.len() || is_separator(c) {
            if start < at {
                parts.push(start..at);
            }
            start = at + c.len_utf8();
        }
    }
    parts
}

/// Widens the conditions of one value's cases by inheritance: a segment that none of them
/// names counts as its nearest ancestor that one of them does. Tests that hold for every
/// segment are left out.
pub(super) fn widen<'a>(
    conditions: impl IntoIterator<Item = &'a mut Condition>,
    facets: &FacetSpace,
) {
    let mut conditions: Vec<&mut Condition> = conditions.into_iter().collect();
    for (place, facet) in facets.facets.iter().enumerate() {
        let variable = place as u16;
        let named: ValueSet = conditions
            .iter()
            .flat_map(|condition| condition.iter())
            .filter(|(v, _)| *v == variable)
            .flat_map(|(_, set)| set.iter())
            .collect();
        if named.is_empty() {
            continue;
        }
        let heirs: Vec<(u16, u16)> = (0..facet.len())
            .filter(|segment| !named.contains(*segment))
            .filter_map(|segment| {
                let parent = |s: u16| facet.segments[usize::from(s)].inherits;
                std::iter::successors(parent(segment), |s| parent(*s))
                    .take(facet.segments.len())
                    .find(|ancestor| named.contains(*ancestor))
                    .map(|ancestor| (segment, ancestor))
            })
            .collect();
        for condition in &mut conditions {
            for (_, set) in condition.iter_mut().filter(|(v, _)| *v == variable) {
                let named_here = set.clone();
                for (heir, ancestor) in &heirs {
                    if named_here.contains(*ancestor) {
                        set.insert(*heir);
                    }
                }
            }
            condition.retain(|(v, set)| *v != variable || set.len() < usize::from(facet.len()));
        }
    }
}

/// Whether a node is a value by segment: a map with `default`, or with keys that all look
/// like `facet.segment` of a facet that there is.
pub(super) fn is_by_segment(node: &Node, facets: &FacetSpace) -> bool {
    let Value::Map(entries) = &node.value else {
        return false;
    };
    let is_case = |key: &str| {
        key.split_once(['.', '='])
            .is_some_and(|(facet, _)| facets.find(facet).is_some())
    };
    !entries.is_empty()
        && (entries.iter().any(|entry| entry.key == "default")
            || entries.iter().all(|entry| is_case(&entry.key)))
}

/// Reads a value that may differ by segment. The default is `None` if the map has none, or
/// if `read` gave none.
pub(super) fn by_segment<T>(
    node: &Node,
    facets: &FacetSpace,
    report: &mut Report,
    mut read: impl FnMut(&Node, &mut Report) -> Option<T>,
) -> BySegment<Option<T>> {
    if !is_by_segment(node, facets) {
        return BySegment::constant(read(node, report));
    }
    let mut value = BySegment {
        default: node
            .get("default")
            .and_then(|default| read(default, report)),
        cases: read_cases(node, facets, report, |node, report| {
            read(node, report).map(Some)
        }),
    };
    widen(value.cases.iter_mut().map(|case| &mut case.when), facets);
    value
}

/// Reads the cases of a map with keys such as `loyalty.gold`, and leaves out `default`. They
/// are not widened yet.
pub(super) fn read_cases<T>(
    node: &Node,
    facets: &FacetSpace,
    report: &mut Report,
    mut read: impl FnMut(&Node, &mut Report) -> Option<T>,
) -> Vec<Case<T>> {
    let Value::Map(entries) = &node.value else {
        return Vec::new();
    };
    entries
        .iter()
        .filter(|entry| entry.key != "default")
        .filter_map(|entry| {
            let origin = if entry.key.len() == (entry.key_span.end - entry.key_span.start) as usize
            {
                Origin::Exact {
                    file: entry.key_span.file,
                    base: entry.key_span.start as usize,
                }
            } else {
                Origin::Within(entry.key_span)
            };
            let when = parse_key(&entry.key, origin, facets, report);
            let value = read(&entry.value, report);
            Some(Case {
                when: when?,
                value: value?,
            })
        })
        .collect()
}
