//! Facets whose answer is drawn by lot.

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{
        fields::{Fields, integer, wrong_type},
        report::{Report, humanize, is_id},
        yaml::{Node, Value},
    },
    model::{Experiment, Facet, Predicate, Rule, Segment, Signal},
};

/// Three hexadecimal digits of the visitor id.
const BUCKETS: u64 = 4096;

/// The segments that an experiment's weights name, for facets that list none.
pub(super) fn segments(node: &Node, mut add: impl FnMut(Segment)) {
    let Some(Value::Map(entries)) = node.get("weights").map(|weights| &weights.value) else {
        return;
    };
    for entry in entries.iter().filter(|entry| is_id(&entry.key)) {
        add(Segment {
            id: entry.key.clone(),
            title: humanize(&entry.key),
            inherits: None,
            data: serde_json::Value::Null,
            span: entry.key_span,
        });
    }
}

/// Reads an experiment over these segments.
pub(super) fn read(node: &Node, segments: &[Segment], report: &mut Report) -> Option<Experiment> {
    let mut fields = Fields::new(node, "`experiment`", report)?;
    let slice = fields.take("slice").map(|node| {
        let slice = integer(node, "slice", report)?;
        let slice = u8::try_from(slice).ok().filter(|slice| *slice <= 9);
        if slice.is_none() {
            report.push(wrong_type(node, "slice", "a number from 0 to 9"));
        }
        slice
    });
    let weights = fields.take("weights");
    if weights.is_none() {
        fields.missing("weights", report);
    }
    fields.finish(report);
    let weights = read_weights(weights?, segments, report)?;
    Some(Experiment {
        slice: slice.unwrap_or(Some(0))?,
        weights,
    })
}

fn read_weights(node: &Node, segments: &[Segment], report: &mut Report) -> Option<Vec<u32>> {
    let Value::Map(entries) = &node.value else {
        report.push(wrong_type(node, "weights", "a map of segments and weights"));
        return None;
    };
    let bad = |span, message: String| Diagnostic::new(Code::BadWeights, span, message);
    let mut weights: Vec<Option<u32>> = vec![None; segments.len()];
    let mut is_sound = true;
    for entry in entries {
        let weight = entry.value.text().and_then(|text| text.parse::<u32>().ok());
        let Some(place) = segments.iter().position(|segment| segment.id == entry.key) else {
            is_sound = false;
            report.push(
                bad(
                    entry.key_span,
                    format!("the weights name `{}`, which is no segment", entry.key),
                )
                .did_you_mean(&entry.key, segments.iter().map(|s| &*s.id)),
            );
            continue;
        };
        if weight.is_none() {
            is_sound = false;
            report.push(
                bad(
                    entry.value.span,
                    format!("the weight of `{}` is not a whole number", entry.key),
                )
                .hint("write a whole number such as `50`"),
            );
        }
        weights[place] = weight.or(Some(0));
    }
    for (segment, weight) in segments.iter().zip(&weights) {
        if weight.is_none() {
            is_sound = false;
            report.push(
                bad(
                    node.span,
                    format!("the weights do not name the segment `{}`", segment.id),
                )
                .hint(format!("add `{}: 50`", segment.id)),
            );
        }
    }
    let weights: Vec<u32> = weights.into_iter().flatten().collect();
    if is_sound && weights.iter().all(|weight| *weight == 0) {
        is_sound = false;
        report.push(
            bad(node.span, "the weights add up to nothing".to_owned())
                .hint("give at least one segment a weight above 0"),
        );
    }
    is_sound.then_some(weights)
}

/// Divides the buckets by weight, in the order of the segments. The default needs no rule.
pub(super) fn rules(experiment: &Experiment, default: u16) -> Vec<Rule> {
    let total: u64 = experiment
        .weights
        .iter()
        .map(|weight| u64::from(*weight))
        .sum();
    let mut sum = 0;
    let mut rules = Vec::new();
    for (place, weight) in experiment.weights.iter().enumerate() {
        let from = (BUCKETS * sum / total) as u16;
        sum += u64::from(*weight);
        let until = (BUCKETS * sum / total) as u16;
        if place != usize::from(default) && from < until {
            rules.push(Rule {
                when: Predicate::Signal(Signal::Bucket {
                    slice: experiment.slice,
                    from,
                    until,
                }),
                segment: place as u16,
            });
        }
    }
    rules
}

/// Reports a facet that reads the same slice as an earlier one.
pub(super) fn check_slice(facet: &Facet, earlier: &[Facet], report: &mut Report) {
    let Some(experiment) = &facet.experiment else {
        return;
    };
    let slice_of = |facet: &Facet| facet.experiment.as_ref().map(|e| e.slice);
    let Some(other) = earlier
        .iter()
        .find(|other| slice_of(other) == Some(experiment.slice))
    else {
        return;
    };
    let free = (0..=9).find(|slice| earlier.iter().all(|other| slice_of(other) != Some(*slice)));
    let diagnostic = Diagnostic::new(
        Code::SliceConflict,
        facet.span,
        format!(
            "the experiments `{}` and `{}` both read slice {}",
            other.id, facet.id, experiment.slice
        ),
    )
    .label("its visitors are not drawn independently");
    report.push(match free {
        Some(free) => diagnostic.hint(format!("write `slice: {free}`")),
        None => diagnostic,
    });
}
