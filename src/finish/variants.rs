//! The texts of one thing, and who gets which.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    decision::{Box_, Diagrams, NodeId, Variable},
    model::FacetSpace,
    render::Explored,
};

/// The texts of a page, of a page without its regions, or of a region.
#[derive(Clone, Debug)]
pub struct Variants {
    /// No two alike. The first is the default visitor's.
    pub texts: Vec<Arc<str>>,
    /// Which visitor gets which; terminals are places in `texts`.
    pub diagrams: Diagrams,
    /// The root in `diagrams`.
    pub root: NodeId,
}

impl Variants {
    /// The same text for everyone.
    pub(super) fn of_one(facets: &FacetSpace, text: Arc<str>) -> Self {
        Self {
            texts: vec![text],
            diagrams: Diagrams::new(facets.domains()),
            root: NodeId::Terminal(0),
        }
    }

    /// Those of an exploration whose leaves have these final texts. A text that only some arms of an
    /// experiment get says which, so that an exposure is counted where there is one.
    pub(super) fn of(facets: &FacetSpace, explored: &Explored, texts: &[Arc<str>]) -> Self {
        let mut distinct: Vec<Arc<str>> = Vec::new();
        let mut known: HashMap<Arc<str>, u32> = HashMap::new();
        let leaves = explored.leaves.iter().zip(texts);
        let boxes: Vec<(Box_, u32)> = leaves
            .map(|(leaf, text)| {
                let place = *known.entry(Arc::clone(text)).or_insert_with(|| {
                    distinct.push(Arc::clone(text));
                    distinct.len() as u32 - 1
                });
                (leaf.visitors.clone(), place)
            })
            .collect();
        let mut diagrams = Diagrams::new(facets.domains());
        let root = diagrams.of_boxes(&boxes);
        let mut variants = Self {
            texts: distinct,
            diagrams,
            root,
        };
        variants.mark_experiments(facets);
        variants
    }

    /// The facets that decide.
    pub fn asked(&self) -> BTreeSet<Variable> {
        self.diagrams.support(self.root)
    }

    fn mark_experiments(&mut self, facets: &FacetSpace) {
        let is_experiment = |facet: &Variable| facets.facet(*facet).experiment.is_some();
        let experiments: Vec<Variable> = self.asked().into_iter().filter(is_experiment).collect();
        if experiments.is_empty() {
            return;
        }
        let paths = self.diagrams.paths(self.root);
        for (place, text) in self.texts.iter_mut().enumerate() {
            let marks = experiments.iter().filter_map(|experiment| {
                let facet = facets.facet(*experiment);
                let mut shown = BTreeSet::new();
                for (visitors, _) in paths.iter().filter(|(_, to)| *to as usize == place) {
                    match visitors.iter().find(|(asked, _)| asked == experiment) {
                        Some((_, arms)) => shown.extend(arms.iter()),
                        None => return None,
                    }
                }
                let arms: Vec<&str> = shown
                    .iter()
                    .map(|arm| facet.segments[usize::from(*arm)].id.as_str())
                    .collect();
                (arms.len() < usize::from(facet.len()))
                    .then(|| format!("{}={}", facet.id, arms.join("|")))
            });
            let marks: Vec<String> = marks.collect();
            if !marks.is_empty() {
                *text = marked(text, &marks.join(" ")).into();
            }
        }
    }
}

/// A text whose first element carries `data-experiment`: of a page that is `html`, whose tag may be left
/// out. A text without an element stays as it is, since it may stand where no element can.
fn marked(text: &str, marks: &str) -> String {
    let attribute = format!(" data-experiment=\"{marks}\"");
    let doctype = "<!doctype html>";
    let start = text.get(..doctype.len());
    let is_page = start.is_some_and(|start| start.eq_ignore_ascii_case(doctype));
    let from = if is_page { doctype.len() } else { 0 };
    let name_end = first_tag(&text[from..]).map(|(start, end)| (from + start, from + end));
    match name_end {
        Some((start, end)) if !is_page || text[start..end].eq_ignore_ascii_case("<html") => {
            [&text[..end], &attribute, &text[end..]].concat()
        }
        _ if is_page => format!("{}<html{attribute}>{}", &text[..from], &text[from..]),
        _ => text.to_owned(),
    }
}

/// Where the first start tag begins, and where its name ends.
fn first_tag(text: &str) -> Option<(usize, usize)> {
    let mut rest = 0;
    loop {
        let start = rest + text[rest..].find('<')?;
        let name = &text[start + 1..];
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let length = name.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
            return Some((start, start + 1 + length?));
        }
        rest = if name.starts_with("!--") {
            start + text[start..].find("-->")?
        } else {
            start + 1
        };
    }
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(marked(text, "look=bold"), expected);
    }

    #[test]
    fn a_page_is_marked_at_its_top() {
        check(
            "<!doctype html><html lang=en><p>",
            "<!doctype html><html data-experiment=\"look=bold\" lang=en><p>",
        );
        check(
            "<!DOCTYPE html><title>a</title>",
            "<!DOCTYPE html><html data-experiment=\"look=bold\"><title>a</title>",
        );
    }

    #[test]
    fn a_region_is_marked_at_its_first_element() {
        check(
            "a < b <!-- <i> --> <em>c</em>",
            "a < b <!-- <i> --> <em data-experiment=\"look=bold\">c</em>",
        );
        check("<br/>", "<br data-experiment=\"look=bold\"/>");
    }

    #[test]
    fn a_text_without_an_element_stays_as_it_is() {
        check("bold", "bold");
        check("", "");
        check("<", "<");
        check("<!-- <i>", "<!-- <i>");
    }
}
