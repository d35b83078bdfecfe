//! YAML to a tree of [`Node`]s that know where they stand.
//!
//! What is text, number or nothing is what `serde_yaml` says of a scalar; the tree
//! comes from parser events, because values of `serde_yaml` have no places and the
//! last of two equal keys wins there without a word.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value as Json};

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{
        report::{Origin, Report},
        text,
    },
};

/// Largest YAML file, in bytes: a list of half a million items.
const SIZE_LIMIT: usize = 64 << 20;

/// Deepest nesting of lists and maps: no sensible source has a tenth of it.
pub(super) const DEPTH_LIMIT: usize = 64;

/// Most bytes that aliases may add to a file, against bombs.
const ALIAS_LIMIT: usize = 16 << 20;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub span: Span,
    pub value: Value,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A value that is neither list nor map.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// As written, without quotes and escapes.
    pub text: String,
    /// Whether it stands without quotes and may so be a number, a truth value or nothing.
    pub is_plain: bool,
}

/// A key of a map and its value. Keys of one map differ.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// Nothing, as an empty file or `key:` has it.
    pub(super) fn null(span: Span) -> Self {
        let scalar = Scalar {
            text: String::new(),
            is_plain: true,
        };
        Self {
            span,
            value: Value::Scalar(scalar),
        }
    }

    /// Whether it is nothing.
    pub(super) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| {
            scalar.is_plain && matches!(&*scalar.text, "" | "~" | "null" | "Null" | "NULL")
        })
    }

    /// The scalar, if it is one.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The scalar's text, if it is one that is not nothing.
    pub(super) fn text(&self) -> Option<&str> {
        self.scalar()
            .filter(|_| !self.is_null())
            .map(|scalar| &*scalar.text)
    }

    /// The value below a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.value),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    /// Where the scalar's text stands: exactly, if it was written without escapes.
    pub(super) fn origin(&self) -> Origin {
        let length = (self.span.end - self.span.start) as usize;
        let (file, base) = (self.span.file, self.span.start as usize);
        match self.scalar() {
            Some(scalar) if scalar.text.len() == length => Origin::Exact { file, base },
            Some(scalar) if !scalar.is_plain && scalar.text.len() + 2 == length => Origin::Exact {
                file,
                base: base + 1,
            },
            _ => Origin::Within(self.span),
        }
    }

    /// In words: `a list`, `the text "x"`.
    pub(super) fn describe(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Scalar(_) => match self.to_json() {
                Json::Null => "nothing",
                Json::Bool(_) => "true or false",
                Json::Number(_) => "a number",
                Json::String(_) | Json::Array(_) | Json::Object(_) => "a text",
            },
        }
    }

    /// The value for templates.
    pub(super) fn to_json(&self) -> Json {
        match &self.value {
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => Json::Object(map_to_json(entries)),
            Value::Scalar(scalar) if scalar.is_plain => plain_to_json(&scalar.text),
            Value::Scalar(scalar) => Json::String(scalar.text.clone()),
        }
    }

    /// Memory it takes, roughly.
    fn weight(&self) -> usize {
        64 + match &self.value {
            Value::Scalar(scalar) => scalar.text.len(),
            Value::List(items) => items.iter().map(Self::weight).sum(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| entry.key.len() + entry.value.weight())
                .sum(),
        }
    }
}

/// The entries of a map for templates.
pub(super) fn map_to_json(entries: &[Entry]) -> Map<String, Json> {
    entries
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.to_json()))
        .collect()
}

fn plain_to_json(text: &str) -> Json {
    // Whatever is not text begins with one of these, and is short.
    let may_be_special = text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_digit() || "+-.~nNtTfF".contains(c));
    if text.is_empty() {
        return Json::Null;
    }
    if !may_be_special {
        return Json::String(text.to_owned());
    }
    match serde_yaml::from_str::<Json>(text) {
        Ok(value @ (Json::Null | Json::Bool(_) | Json::Number(_))) => value,
        _ => Json::String(text.to_owned()),
    }
}

/// Parses a text that holds one document. An empty text is [`Node::null`]; `None` if it
/// cannot be parsed, which is reported.
pub(super) fn parse(yaml: &str, origin: Origin, report: &mut Report) -> Option<Node> {
    if yaml.len() > SIZE_LIMIT {
        report.push(too_large(
            origin.span(0..0),
            format!("the file has more than {} MiB", SIZE_LIMIT >> 20),
        ));
        return None;
    }
    let mut tree = Builder {
        origin,
        open: Vec::new(),
        anchors: HashMap::new(),
        alias_weight: 0,
        root: None,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(yaml) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let start = error.marker().byte_offset().unwrap_or(0).min(yaml.len());
                report.push(bad_yaml(yaml, origin, start, &error.info()));
                return None;
            }
        };
        let range = span.byte_range().unwrap_or(0..0);
        if let Event::DocumentStart(..) = event {
            documents += 1;
            if documents == 2 {
                report.push(
                    Diagnostic::new(
                        Code::BadYaml,
                        origin.span(range),
                        "a file holds one YAML document, and this one holds several",
                    )
                    .label("the second begins here")
                    .hint("put each document into a file of its own"),
                );
                break;
            }
        }
        if tree.take(event, range, report).is_err() {
            return None;
        }
    }
    let end = origin.span(0..0);
    Some(tree.root.unwrap_or_else(|| Node::null(end)))
}

fn too_large(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::FileTooLarge, span, message).hint("split it into several files")
}

fn bad_yaml(yaml: &str, origin: Origin, start: usize, info: &str) -> Diagnostic {
    let mut message = info.lines().next().unwrap_or_default().trim().to_owned();
    if message.is_empty() {
        "this is not YAML".clone_into(&mut message);
    }
    let start = text::floor_boundary(yaml, start);
    let width = yaml[start..].chars().next().map_or(0, char::len_utf8);
    let diagnostic = Diagnostic::new(
        Code::BadYaml,
        origin.span(start..start + width),
        format!("the YAML cannot be parsed: {message}"),
    )
    .label("here");
    let line_start = yaml[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = yaml[line_start..].lines().next().unwrap_or_default();
    let before = &line[..line.len() - line.trim_start().len()];
    let value = line.split_once(": ").map_or("", |(_, value)| value);
    if before.contains('\t') {
        diagnostic.hint("indent with spaces: YAML does not allow tabs")
    } else if value.contains(": ") && !value.starts_with(['"', '\'', '{', '[']) {
        diagnostic.hint("put quotes around a text that holds `: `")
    } else if value.starts_with(['@', '`', '%']) {
        diagnostic.hint(format!(
            "put quotes around a text that begins with `{}`",
            &value[..1]
        ))
    } else {
        diagnostic
    }
}

/// The tree so far.
struct Builder {
    origin: Origin,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    alias_weight: usize,
    root: Option<Node>,
}

/// A list or map that is not closed yet.
struct Open {
    start: usize,
    anchor: usize,
    value: Value,
    /// The key that waits for its value.
    key: Option<(Option<String>, Span)>,
    /// The keys so far, if it is a map.
    keys: HashSet<String>,
}

/// The file is refused; why is reported.
struct Refused;

impl Builder {
    fn take(
        &mut self,
        event: Event<'_>,
        range: std::ops::Range<usize>,
        report: &mut Report,
    ) -> Result<(), Refused> {
        match event {
            Event::Scalar(content, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let span = self.origin.span(range);
                let text = text::scrub(&content, Origin::Within(span), report)
                    .unwrap_or_else(|| content.into_owned());
                let scalar = Scalar {
                    text,
                    is_plain: style == ScalarStyle::Plain && !is_text,
                };
                let node = Node {
                    span,
                    value: Value::Scalar(scalar),
                };
                self.add(node, anchor, report);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(range, anchor, Value::List(Vec::new()), report)?;
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(range, anchor, Value::Map(Vec::new()), report)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let open = self.open.pop().expect("events are balanced");
                let mut node = Node {
                    span: self.origin.span(open.start..range.end.max(open.start)),
                    value: open.value,
                };
                merge_keys(&mut node);
                self.add(node, open.anchor, report);
            }
            Event::Alias(anchor) => {
                let span = self.origin.span(range);
                let mut node = self
                    .anchors
                    .get(&anchor)
                    .map_or_else(|| Node::null(span), |node| Node::clone(node));
                node.span = span;
                self.alias_weight += node.weight();
                if self.alias_weight > ALIAS_LIMIT {
                    report.push(too_large(
                        span,
                        "the aliases repeat more than a file can hold".to_owned(),
                    ));
                    return Err(Refused);
                }
                self.add(node, 0, report);
            }
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        range: std::ops::Range<usize>,
        anchor: usize,
        value: Value,
        report: &mut Report,
    ) -> Result<(), Refused> {
        if self.open.len() >= DEPTH_LIMIT {
            report.push(too_large(
                self.origin.span(range),
                format!("lists and maps are nested deeper than {DEPTH_LIMIT}"),
            ));
            return Err(Refused);
        }
        self.open.push(Open {
            start: range.start,
            anchor,
            value,
            key: None,
            keys: HashSet::new(),
        });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize, report: &mut Report) {
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::new(node.clone()));
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut open.value {
            Value::List(items) => items.push(node),
            Value::Scalar(_) => unreachable!("only lists and maps are opened"),
            Value::Map(entries) => match open.key.take() {
                None => open.key = Some(key_of(node, report)),
                // What stands below a key that is none was reported with it.
                Some((None, _)) => {}
                Some((Some(key), key_span)) => {
                    if open.keys.insert(key.clone()) {
                        entries.push(Entry {
                            key,
                            key_span,
                            value: node,
                        });
                    } else {
                        report.push(
                            Diagnostic::new(
                                Code::DuplicateKey,
                                key_span,
                                format!("the key `{key}` occurs twice in one map"),
                            )
                            .label("the second time")
                            .hint("remove one of the two; the first one counts"),
                        );
                    }
                }
            },
        }
    }
}

fn key_of(node: Node, report: &mut Report) -> (Option<String>, Span) {
    match node.value {
        Value::Scalar(scalar) => (Some(scalar.text), node.span),
        Value::List(_) | Value::Map(_) => {
            report.push(
                Diagnostic::new(
                    Code::BadYaml,
                    node.span,
                    "a key of a map is a text, not a list or map",
                )
                .hint("put quotes around a text that begins with `{` or `[`"),
            );
            (None, node.span)
        }
    }
}

/// `<<: *base`: takes over the keys of another map that this one lacks.
fn merge_keys(node: &mut Node) {
    let Value::Map(entries) = &mut node.value else {
        return;
    };
    let Some(place) = entries.iter().position(|entry| entry.key == "<<") else {
        return;
    };
    let bases = match entries.remove(place).value.value {
        Value::List(items) => items.into_iter().map(|item| item.value).collect(),
        value => vec![value],
    };
    for base in bases {
        let Value::Map(inherited) = base else {
            continue;
        };
        for entry in inherited {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry);
            }
        }
    }
}
