//! [`Fields`]: reads a map's fields by name and type.

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    load::{
        date,
        report::Report,
        yaml::{Entry, Node, Value},
    },
    model::Image,
};

/// The fields of one map. What was not taken at the end is unknown.
pub(super) struct Fields<'a> {
    /// What the map is, for messages: `a facet`.
    what: &'static str,
    /// Where a missing field is reported.
    pub span: Span,
    entries: &'a [Entry],
    is_taken: Vec<bool>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Reads a map; nothing counts as an empty one.
    pub(super) fn new(node: &'a Node, what: &'static str, report: &mut Report) -> Option<Self> {
        let entries: &[Entry] = match &node.value {
            Value::Map(entries) => entries,
            _ if node.is_null() => &[],
            _ => {
                report.push(
                    Diagnostic::new(
                        Code::WrongType,
                        node.span,
                        format!("{what} is a map of fields, not {}", node.describe()),
                    )
                    .label("should be a map"),
                );
                return None;
            }
        };
        let span = entries.first().map_or(node.span, |entry| entry.key_span);
        Some(Self {
            what,
            span,
            entries,
            is_taken: vec![false; entries.len()],
            known: Vec::new(),
        })
    }

    /// The value of a field; nothing counts as absent.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let place = self.entries.iter().position(|entry| entry.key == name)?;
        self.is_taken[place] = true;
        Some(&self.entries[place].value).filter(|node| !node.is_null())
    }

    /// Where a field's key stands; the map if it is absent.
    pub(super) fn key_span(&self, name: &str) -> Span {
        self.entries
            .iter()
            .find(|entry| entry.key == name)
            .map_or(self.span, |entry| entry.key_span)
    }

    /// A text.
    pub(super) fn text(&mut self, name: &'static str, report: &mut Report) -> Option<String> {
        let node = self.take(name)?;
        text(node, name, report).map(str::to_owned)
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, name: &'static str, report: &mut Report) -> Option<String> {
        if self.take(name).is_none() {
            self.missing(name, report);
        }
        self.text(name, report)
    }

    /// Reports a field that must be there and is not.
    pub(super) fn missing(&self, name: &str, report: &mut Report) {
        report.push(
            Diagnostic::new(
                Code::MissingField,
                self.span,
                format!("{} needs the field `{name}`", self.what),
            )
            .hint(format!("add a line `{name}: …`")),
        );
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn texts(&mut self, name: &'static str, report: &mut Report) -> Option<Vec<String>> {
        let node = self.take(name)?;
        Some(texts(node, name, report))
    }

    /// A whole number.
    pub(super) fn integer(&mut self, name: &'static str, report: &mut Report) -> Option<i64> {
        let node = self.take(name)?;
        integer(node, name, report)
    }

    /// A whole number of at least one.
    pub(super) fn count(&mut self, name: &'static str, report: &mut Report) -> Option<usize> {
        let node = self.take(name)?;
        let count = integer(node, name, report)?;
        let count = usize::try_from(count).ok().filter(|count| *count > 0);
        if count.is_none() {
            report.push(wrong_type(node, name, "a whole number of at least 1"));
        }
        count
    }

    /// True or false.
    pub(super) fn boolean(&mut self, name: &'static str, report: &mut Report) -> Option<bool> {
        let node = self.take(name)?;
        boolean(node, name, report)
    }

    /// A date or time.
    pub(super) fn date(
        &mut self,
        name: &'static str,
        report: &mut Report,
    ) -> Option<jiff::Timestamp> {
        let node = self.take(name)?;
        date::read(node, name, report)
    }

    /// A picture: a path, or a map of `src` and `alt`.
    pub(super) fn image(&mut self, name: &'static str, report: &mut Report) -> Option<Image> {
        let node = self.take(name)?;
        image(node, name, report)
    }

    /// A map for templates.
    pub(super) fn data(
        &mut self,
        name: &'static str,
        report: &mut Report,
    ) -> serde_json::Map<String, serde_json::Value> {
        match self.take(name) {
            None => serde_json::Map::new(),
            Some(Node {
                value: Value::Map(entries),
                ..
            }) => super::yaml::map_to_json(entries),
            Some(node) => {
                report.push(wrong_type(node, name, "a map"));
                serde_json::Map::new()
            }
        }
    }

    /// The names that were asked for.
    pub(super) fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// The fields that were not taken.
    pub(super) fn rest(&self) -> impl Iterator<Item = &'a Entry> {
        self.entries
            .iter()
            .zip(&self.is_taken)
            .filter(|(_, is_taken)| !**is_taken)
            .map(|(entry, _)| entry)
    }

    /// Reports the fields that were not taken.
    pub(super) fn finish(self, report: &mut Report) {
        for entry in self.rest() {
            let diagnostic = Diagnostic::new(
                Code::UnknownField,
                entry.key_span,
                format!("{} has no field `{}`", self.what, entry.key),
            )
            .label("nothing reads this")
            .did_you_mean(&entry.key, self.known.iter().copied());
            report.push(diagnostic);
        }
    }
}

/// A `wrong-type` problem.
pub(super) fn wrong_type(node: &Node, name: &str, expected: &str) -> Diagnostic {
    let found = match node.text() {
        Some(text) if text.chars().count() <= 30 && !text.contains('\n') => format!("`{text}`"),
        _ => node.describe().to_owned(),
    };
    Diagnostic::new(
        Code::WrongType,
        node.span,
        format!("`{name}` is {expected}, not {found}"),
    )
    .label(format!("should be {expected}"))
}

/// A text. Numbers and truth values count as they are written.
pub(super) fn text<'a>(node: &'a Node, name: &str, report: &mut Report) -> Option<&'a str> {
    let text = node.text();
    if text.is_none() {
        report.push(wrong_type(node, name, "a text"));
    }
    text
}

/// A list of texts; one text is a list of one.
pub(super) fn texts(node: &Node, name: &str, report: &mut Report) -> Vec<String> {
    match &node.value {
        Value::List(items) => items
            .iter()
            .filter_map(|item| text(item, name, report))
            .map(str::to_owned)
            .collect(),
        Value::Scalar(_) => node.text().map(str::to_owned).into_iter().collect(),
        Value::Map(_) => {
            report.push(wrong_type(node, name, "a list of texts"));
            Vec::new()
        }
    }
}

/// A whole number.
pub(super) fn integer(node: &Node, name: &str, report: &mut Report) -> Option<i64> {
    let number = node.text().and_then(|text| text.trim().parse().ok());
    if number.is_none() {
        report.push(wrong_type(node, name, "a whole number"));
    }
    number
}

/// True or false.
pub(super) fn boolean(node: &Node, name: &str, report: &mut Report) -> Option<bool> {
    let boolean = match node.text() {
        Some("true" | "True" | "TRUE") => Some(true),
        Some("false" | "False" | "FALSE") => Some(false),
        _ => None,
    };
    if boolean.is_none() {
        report.push(wrong_type(node, name, "`true` or `false`"));
    }
    boolean
}

/// A picture: a path, or a map of `src` and `alt`. One without `alt` is reported.
pub(super) fn image(node: &Node, name: &str, report: &mut Report) -> Option<Image> {
    let image = if let Some(src) = node.text() {
        Image {
            src: src.to_owned(),
            alt: String::new(),
        }
    } else {
        let mut fields = Fields::new(node, "a picture", report)?;
        let src = fields.required("src", report)?;
        let has_alt = fields.take("alt").is_some_and(|alt| alt.text().is_some());
        let alt = fields.text("alt", report).unwrap_or_default();
        fields.finish(report);
        if has_alt {
            return Some(Image { src, alt });
        }
        Image { src, alt }
    };
    report.push(
        Diagnostic::new(
            Code::MissingAlt,
            node.span,
            format!("`{name}` has no alternative text"),
        )
        .label("for those who do not see it")
        .hint(format!(
            "write `{name}: {{ src: {}, alt: What it shows }}`; `alt: \"\"` if it is mere decoration",
            image.src
        )),
    );
    Some(image)
}
