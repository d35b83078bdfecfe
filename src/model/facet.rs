//! Questions about the visitor, and values that depend on their answers.

use crate::{
    decision::{ValueSet, Variable},
    diagnostic::Span,
    model::Predicate,
};

/// One question about the visitor. Every visitor is in exactly one of its segments.
#[derive(Clone, Debug)]
pub struct Facet {
    /// Name in sources, templates and routing tables: `[a-z][a-z0-9-]*`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Explanation for visitors; may be empty.
    pub description: String,
    /// The segment of a visitor of whom nothing is known, by place.
    pub default: u16,
    /// Whether segments other than the default need a valid signature.
    pub gated: bool,
    /// The purpose that a visitor must have consented to, or else gets the default.
    pub consent: Option<String>,
    /// The answers, in the order in which the source lists them.
    pub segments: Vec<Segment>,
    /// The first rule whose predicate holds gives the segment; the default if none does.
    pub rules: Vec<Rule>,
    /// Set if the answer is drawn by lot.
    pub experiment: Option<Experiment>,
    /// Where it is defined.
    pub span: Span,
}

impl Facet {
    /// The place of a segment.
    pub fn find(&self, segment: &str) -> Option<u16> {
        self.segments
            .iter()
            .position(|s| s.id == segment)
            .map(|place| place as u16)
    }

    /// The number of segments.
    pub fn len(&self) -> u16 {
        self.segments.len() as u16
    }
}

/// One answer to a facet.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Name in sources, templates and file names: `[a-z0-9][a-z0-9-]*`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The segment whose values hold where this one has none of its own.
    pub inherits: Option<u16>,
    /// Fields of the named list's item that the segment stands for; null if there is none.
    pub data: serde_json::Value,
    /// Where it is defined.
    pub span: Span,
}

/// One line of a facet's decision list.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What must hold.
    pub when: Predicate,
    /// The segment it gives, by place.
    pub segment: u16,
}

/// How an experiment divides visitors.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Which three digits of the visitor id it reads: digits `3 * slice .. 3 * slice + 3`.
    pub slice: u8,
    /// The weight of each segment, by place.
    pub weights: Vec<u32>,
}

/// All facets, in the order of their ids. A facet's place is its [`Variable`].
#[derive(Clone, Debug, Default)]
pub struct FacetSpace {
    /// Sorted by id.
    pub facets: Vec<Facet>,
}

impl FacetSpace {
    /// The facet with a name.
    pub fn find(&self, id: &str) -> Option<Variable> {
        self.facets
            .binary_search_by(|facet| facet.id.as_str().cmp(id))
            .ok()
            .map(|p| p as Variable)
    }

    /// The facet at a place.
    pub fn facet(&self, variable: Variable) -> &Facet {
        &self.facets[usize::from(variable)]
    }

    /// The number of segments of each facet.
    pub fn domains(&self) -> Vec<u16> {
        self.facets.iter().map(Facet::len).collect()
    }

    /// `loyalty=gold,silver`: one part of a condition, in the words of the sources.
    pub fn describe(&self, variable: Variable, set: &ValueSet) -> String {
        let facet = self.facet(variable);
        let names: Vec<&str> = set
            .iter()
            .map(|s| facet.segments[usize::from(s)].id.as_str())
            .collect();
        format!("{}={}", facet.id, names.join(","))
    }
}

/// Holds for visitors who are, for each named facet, in one of the named segments.
pub type Condition = Vec<(Variable, ValueSet)>;

/// A value that may differ by segment: the first case whose condition holds, or the default.
///
/// `load` has already widened the conditions by inheritance: where `gold` inherits
/// `silver` and no case names `gold`, the case of `silver` holds for both.
#[derive(Clone, Debug, PartialEq)]
pub struct BySegment<T> {
    /// The value where no case holds.
    pub default: T,
    /// In order of precedence.
    pub cases: Vec<Case<T>>,
}

/// One value of a [`BySegment`].
#[derive(Clone, Debug, PartialEq)]
pub struct Case<T> {
    /// Whom it is for.
    pub when: Condition,
    /// What they get.
    pub value: T,
}

impl<T> BySegment<T> {
    /// The same for everyone.
    pub fn constant(value: T) -> Self {
        Self {
            default: value,
            cases: Vec::new(),
        }
    }

    /// The value under answers given by `is_in`, which is asked only what is needed.
    pub fn choose(&self, mut is_in: impl FnMut(Variable, &ValueSet) -> bool) -> &T {
        self.cases
            .iter()
            .find(|case| {
                case.when
                    .iter()
                    .all(|(variable, set)| is_in(*variable, set))
            })
            .map_or(&self.default, |case| &case.value)
    }

    /// All values, the default first.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.default).chain(self.cases.iter().map(|case| &case.value))
    }

    /// The same cases with other values.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> BySegment<U> {
        BySegment {
            default: f(&self.default),
            cases: self
                .cases
                .iter()
                .map(|case| Case {
                    when: case.when.clone(),
                    value: f(&case.value),
                })
                .collect(),
        }
    }
}
