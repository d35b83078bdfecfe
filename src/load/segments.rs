//! `segments/*.yaml`: one facet each.

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::{
        experiment,
        fields::{Fields, wrong_type},
        predicate,
        report::{self, Report, humanize, is_id},
        text,
        yaml::{self, Node, Value},
    },
    model::{Facet, FacetSpace, Match, NamedList, Predicate, Rule, Segment, Signal},
    source::SourceTree,
};

/// Most segments of a facet that are taken from a list: every page that tells them all apart
/// is rendered once for each.
const SEGMENT_LIMIT: usize = 4096;

/// Reads all facets.
pub(super) fn load(tree: &SourceTree, lists: &[NamedList], report: &mut Report) -> FacetSpace {
    let mut facets: Vec<Facet> = Vec::new();
    for (file, source) in tree.below("segments/") {
        if !source.path.ends_with(".yaml") && !source.path.ends_with(".yml") {
            continue;
        }
        let source = text::decode(tree, file, report);
        let Some(node) = yaml::parse(&source.text, source.origin, report) else {
            continue;
        };
        let Some(facet) = read(&node, file, lists, report) else {
            continue;
        };
        if let Some(first) = facets.iter().find(|other| other.id == facet.id) {
            report.push(
                Diagnostic::new(
                    Code::DuplicateFacet,
                    facet.span,
                    format!("the facet `{}` is defined twice", facet.id),
                )
                .label("the second time")
                .hint(format!(
                    "the first is in `{}`; rename or remove one",
                    tree.file(first.span.file).path
                )),
            );
            continue;
        }
        experiment::check_slice(&facet, &facets, report);
        facets.push(facet);
    }
    facets.sort_by(|a, b| a.id.cmp(&b.id));
    FacetSpace { facets }
}

/// A facet while its file is read.
struct Draft {
    segments: Vec<Segment>,
    /// The parent of each segment, by name.
    parents: Vec<Option<(String, Span)>>,
    /// Rules by `when`, with the place of their segment.
    whens: Vec<(u16, Predicate)>,
    /// Segments whose `when` was not understood.
    unclear: Vec<u16>,
}

impl Draft {
    fn find(&self, id: &str) -> Option<u16> {
        self.segments
            .iter()
            .position(|segment| segment.id == id)
            .map(|place| place as u16)
    }

    fn add(
        &mut self,
        segment: Segment,
        parent: Option<(String, Span)>,
        report: &mut Report,
    ) -> Option<u16> {
        if self.find(&segment.id).is_some() {
            report.push(
                Diagnostic::new(
                    Code::DuplicateSegment,
                    segment.span,
                    format!("the facet has two segments `{}`", segment.id),
                )
                .label("the second one")
                .hint("rename or remove one"),
            );
            return None;
        }
        self.segments.push(segment);
        self.parents.push(parent);
        Some(self.segments.len() as u16 - 1)
    }
}

fn read(node: &Node, file: FileId, lists: &[NamedList], report: &mut Report) -> Option<Facet> {
    let mut fields = Fields::new(node, "a facet", report)?;
    let id = fields.required("facet", report);
    let span = fields
        .take("facet")
        .map_or(Span::file(file), |node| node.span);
    let title = fields.text("title", report);
    let description = fields.text("description", report).unwrap_or_default();
    let is_gated = fields.boolean("gated", report).unwrap_or(false);
    let consent = fields.text("consent", report);
    let default = fields.required("default", report);
    let default_span = fields.take("default").map_or(span, |node| node.span);
    let default_title = fields.text("default-title", report);
    let from = fields.take("from").map(|node| read_sources(node, report));
    let values = fields.take("values");
    let experiment_node = fields.take("experiment");
    let segments_node = fields.take("segments");
    fields.finish(report);

    let id = id?;
    if !is_id(&id) || id.starts_with(|c: char| c.is_ascii_digit()) {
        let diagnostic = report::bad_id(&id, span);
        report.push(if is_id(&id) {
            diagnostic
                .label("ids of facets begin with a letter")
                .hint("put a letter first")
        } else {
            diagnostic
        });
        return None;
    }
    let mut draft = Draft {
        segments: Vec::new(),
        parents: Vec::new(),
        whens: Vec::new(),
        unclear: Vec::new(),
    };
    if let Some(node) = segments_node {
        read_segments(node, &mut draft, report);
    } else if let Some(node) = experiment_node {
        experiment::segments(node, |segment| {
            draft.add(segment, None, report);
        });
    }
    if let Some(node) = values {
        take_values(node, lists, &mut draft, report);
    }
    let default = place_default(default?, default_title, default_span, &mut draft, report)?;
    link_parents(&mut draft, report);

    let mut rules = Vec::new();
    let from = from.unwrap_or_default();
    let sources_are_clear = from.iter().all(Option::is_some);
    let sources: Vec<Source> = from.into_iter().flatten().collect();
    for (place, source) in sources.iter().enumerate() {
        let is_last = place + 1 == sources.len();
        let is_final = is_last && draft.whens.is_empty() && experiment_node.is_none();
        for (value, segment) in draft.segments.iter().enumerate() {
            // The default needs no rule of its own where nothing comes after it.
            if value as u16 != default || !is_final {
                rules.push(Rule {
                    when: Predicate::Signal(source(&segment.id)),
                    segment: value as u16,
                });
            }
        }
    }
    rules.extend(
        std::mem::take(&mut draft.whens)
            .into_iter()
            .map(|(segment, when)| Rule { when, segment }),
    );
    let experiment =
        experiment_node.and_then(|node| experiment::read(node, &draft.segments, report));
    if let Some(experiment) = &experiment {
        rules.extend(experiment::rules(experiment, default));
    }
    let is_experiment = experiment_node.is_some();
    let facet = Facet {
        title: title.unwrap_or_else(|| humanize(&id)),
        id,
        description,
        default,
        gated: is_gated,
        consent: consent.or_else(|| is_experiment.then(|| "personalization".to_owned())),
        segments: draft.segments,
        rules,
        experiment,
        span,
    };
    check_gate(&facet, report);
    let is_clear = sources_are_clear && facet.experiment.is_some() == is_experiment;
    if is_clear {
        check_reach(&facet, &draft.unclear, report);
    }
    Some(facet)
}

/// A signal that names the segment: makes the test for a segment's id.
type Source = Box<dyn Fn(&str) -> Signal>;

/// The sources of a facet; `None` for one that is not understood.
fn read_sources(node: &Node, report: &mut Report) -> Vec<Option<Source>> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| read_source(item, report)).collect(),
        Value::Map(_) | Value::Scalar(_) => vec![read_source(node, report)],
    }
}

fn read_source(node: &Node, report: &mut Report) -> Option<Source> {
    let mut fields = Fields::new(node, "`from`", report)?;
    let is_one = |id: &str| Match::OneOf(vec![id.to_owned()]);
    let source: Option<Source> = if fields.take("signed-cookie").is_some() {
        let name = predicate::required_name(&mut fields, "signed-cookie", report);
        let field = predicate::required_name(&mut fields, "field", report);
        name.zip(field).map(|(name, field)| -> Source {
            Box::new(move |id| Signal::SignedCookie {
                name: name.clone(),
                field: field.clone(),
                value: is_one(id),
            })
        })
    } else if fields.take("cookie").is_some() {
        predicate::required_name(&mut fields, "cookie", report).map(|name| -> Source {
            Box::new(move |id| Signal::Cookie {
                name: name.clone(),
                value: is_one(id),
            })
        })
    } else if fields.take("query").is_some() {
        predicate::required_name(&mut fields, "query", report).map(|name| -> Source {
            Box::new(move |id| Signal::Query {
                name: name.clone(),
                value: is_one(id),
            })
        })
    } else if let Some(entry) = fields.rest().next() {
        report.push(
            Diagnostic::new(
                Code::UnknownSignal,
                entry.key_span,
                format!("a facet cannot be read from `{}`", entry.key),
            )
            .did_you_mean(&entry.key, ["signed-cookie", "cookie", "query"]),
        );
        return None;
    } else {
        fields.missing("cookie", report);
        None
    };
    fields.finish(report);
    source
}

fn read_segments(node: &Node, draft: &mut Draft, report: &mut Report) {
    let Value::List(items) = &node.value else {
        report.push(wrong_type(node, "segments", "a list of segments"));
        return;
    };
    for item in items {
        let Some(mut fields) = Fields::new(item, "a segment", report) else {
            continue;
        };
        let id = fields.required("id", report);
        let span = fields.take("id").map_or(item.span, |node| node.span);
        let title = fields.text("title", report);
        let parent = fields
            .text("inherits", report)
            .zip(fields.take("inherits").map(|node| node.span));
        let when_node = fields.take("when");
        let when = when_node.and_then(|node| predicate::read(node, report));
        fields.finish(report);
        let Some(id) = id else { continue };
        if !is_id(&id) {
            report.push(report::bad_id(&id, span));
            continue;
        }
        let segment = Segment {
            title: title.unwrap_or_else(|| humanize(&id)),
            id,
            inherits: None,
            data: serde_json::Value::Null,
            span,
        };
        let place = draft.add(segment, parent, report);
        let (Some(place), Some(node)) = (place, when_node) else {
            continue;
        };
        let Some(when) = when else {
            draft.unclear.push(place);
            continue;
        };
        if let Some(reason) = predicate::contradiction(&when) {
            report.push(
                Diagnostic::new(
                    Code::ContradictoryPredicate,
                    node.span,
                    format!("the predicate can never hold: {reason}"),
                )
                .label("holds for no visitor")
                .hint("write `any` where one of several is enough"),
            );
        }
        draft.whens.push((place, when));
    }
}

fn take_values(node: &Node, lists: &[NamedList], draft: &mut Draft, report: &mut Report) {
    let Some(name) = super::fields::text(node, "values", report) else {
        return;
    };
    let Some(list) = lists.iter().find(|list| list.id == name) else {
        report.push(
            Diagnostic::new(
                Code::UnknownList,
                node.span,
                format!("there is no list `{name}`"),
            )
            .label(format!("looked for content/catalog/lists/{name}.yaml"))
            .did_you_mean(name, lists.iter().map(|list| &*list.id)),
        );
        return;
    };
    if list.items.len() > SEGMENT_LIMIT {
        report.push(
            wrong_type(
                node,
                "values",
                &format!("a list of at most {SEGMENT_LIMIT} items"),
            )
            .note(format!("`{name}` has {} items", list.items.len())),
        );
    }
    for item in list.items.iter().take(SEGMENT_LIMIT) {
        if !is_id(&item.id) {
            report.push(report::bad_id(&item.id, item.span));
            continue;
        }
        let segment = Segment {
            id: item.id.clone(),
            title: item.title.clone(),
            inherits: None,
            data: serde_json::Value::Object(item.data.clone()),
            span: item.span,
        };
        draft.add(segment, None, report);
    }
}

/// The place of the default segment, which is added first if it is not listed.
fn place_default(
    id: String,
    title: Option<String>,
    span: Span,
    draft: &mut Draft,
    report: &mut Report,
) -> Option<u16> {
    if let Some(place) = draft.find(&id) {
        return Some(place);
    }
    if !is_id(&id) {
        report.push(report::bad_id(&id, span));
        return None;
    }
    let segment = Segment {
        title: title.unwrap_or_else(|| humanize(&id)),
        id,
        inherits: None,
        data: serde_json::Value::Null,
        span,
    };
    draft.segments.insert(0, segment);
    draft.parents.insert(0, None);
    let whens = draft.whens.iter_mut().map(|(place, _)| place);
    for place in whens.chain(&mut draft.unclear) {
        *place += 1;
    }
    Some(0)
}

fn link_parents(draft: &mut Draft, report: &mut Report) {
    for place in 0..draft.segments.len() {
        let Some((name, span)) = &draft.parents[place] else {
            continue;
        };
        let parent = draft.find(name);
        if parent.is_none() {
            report.push(
                Diagnostic::new(
                    Code::UnknownSegment,
                    *span,
                    format!("the facet has no segment `{name}` to inherit from"),
                )
                .did_you_mean(name, draft.segments.iter().map(|s| &*s.id)),
            );
        }
        draft.segments[place].inherits = parent;
    }
    for place in 0..draft.segments.len() {
        let parent = |s: u16| draft.segments[usize::from(s)].inherits;
        let is_circle = std::iter::successors(parent(place as u16), |s| parent(*s))
            .take(draft.segments.len())
            .any(|ancestor| usize::from(ancestor) == place);
        if is_circle {
            let segment = &mut draft.segments[place];
            segment.inherits = None;
            let span = draft.parents[place]
                .as_ref()
                .map_or(segment.span, |(_, span)| *span);
            report.push(
                Diagnostic::new(
                    Code::InheritanceCycle,
                    span,
                    format!("the segment `{}` inherits from itself", segment.id),
                )
                .label("leads back here")
                .hint("remove one `inherits` of the circle"),
            );
        }
    }
}

fn check_gate(facet: &Facet, report: &mut Report) {
    if !facet.gated {
        return;
    }
    let mut seen = Vec::new();
    for rule in &facet.rules {
        if rule.segment == facet.default
            || seen.contains(&rule.segment)
            || predicate::needs_signature(&rule.when)
        {
            continue;
        }
        seen.push(rule.segment);
        let segment = &facet.segments[usize::from(rule.segment)];
        report.push(
            Diagnostic::new(
                Code::UnsignedGate,
                segment.span,
                format!(
                    "anyone can enter `{}={}`, which is gated",
                    facet.id, segment.id
                ),
            )
            .label("needs no signature")
            .hint("read the facet from a `signed-cookie`, or remove `gated: true`"),
        );
    }
}

fn check_reach(facet: &Facet, unclear: &[u16], report: &mut Report) {
    for (place, segment) in facet.segments.iter().enumerate() {
        if place == usize::from(facet.default) || unclear.contains(&(place as u16)) {
            continue;
        }
        let mut rules = facet
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| usize::from(rule.segment) == place)
            .peekable();
        let hint = if rules.peek().is_none() {
            match &facet.experiment {
                Some(_) => "give it a larger weight",
                None => "give it a `when`, or the facet a `from`",
            }
        } else if rules.all(|(line, rule)| {
            // A predicate that never holds is reported as that.
            predicate::contradiction(&rule.when).is_none()
                && facet.rules[..line]
                    .iter()
                    .any(|earlier| predicate::implies(&rule.when, &earlier.when))
        }) {
            "an earlier segment takes all its visitors; put this one first"
        } else {
            continue;
        };
        report.push(
            Diagnostic::new(
                Code::UnreachableSegment,
                segment.span,
                format!("no visitor can ever be in `{}={}`", facet.id, segment.id),
            )
            .label("cannot be reached")
            .hint(hint),
        );
    }
}
