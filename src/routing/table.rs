//! The routing table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Predicate;

/// A place to go on from: a node's number, or `-1 - slot`.
pub type Target = i32;

/// Which visitor gets which variant of which route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RoutingTable {
    /// Of this form of table.
    pub version: u32,
    /// The site's name inside signatures.
    pub site: String,
    /// Ids of the signing keys, the signing one first.
    pub keys: Vec<String>,
    /// The questions about the visitor; nodes name them by place.
    pub facets: Vec<FacetRules>,
    /// Decision nodes, children before parents. Routes of one shape share one.
    pub nodes: Vec<TableNode>,
    /// Names of variants. The first is the default.
    pub slots: Vec<Slot>,
    /// Paths that are not as their prefix says.
    pub exact: BTreeMap<String, Target>,
    /// Prefixes, ending with `/`; the longest that fits a path holds.
    pub prefixes: BTreeMap<String, Target>,
    /// Old paths and where they lead.
    pub redirects: BTreeMap<String, String>,
    /// How the page for what does not exist varies.
    pub not_found: Target,
}

/// A facet as an edge decides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FacetRules {
    /// Its name.
    pub id: String,
    /// Names of its segments.
    pub segments: Vec<String>,
    /// The segment where no rule holds, by place.
    pub default: u16,
    /// Whether other segments need a valid signature.
    pub gated: bool,
    /// The purpose that a visitor must have consented to.
    pub consent: Option<String>,
    /// The first that holds gives the segment.
    pub rules: Vec<TableRule>,
}

/// One line of a facet's decision list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRule {
    /// What must hold.
    pub when: Predicate,
    /// The segment, by place.
    pub segment: u16,
}

/// A decision node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableNode {
    /// The facet, by place.
    pub facet: u16,
    /// Where each of its segments leads.
    pub to: Vec<Target>,
}

/// The name of a variant; see [`super::Label`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// Empty for the default variant.
    pub label: String,
    /// Whether its files stand under an unguessable name.
    pub gated: bool,
}

impl Slot {
    /// Where the file of a route stands in this slot, with `*` for what only the key tells.
    pub fn redacted(&self, file: &str) -> String {
        match (self.label.as_str(), self.gated) {
            ("", _) => file.to_owned(),
            (label, false) => format!("_v/open/{label}/{file}"),
            (label, true) => format!("_v/*/{label}/{file}"),
        }
    }

    /// Where the file of a route stands in this slot.
    pub fn file(&self, file: &str, keys: &super::Keys) -> String {
        if self.gated {
            let token = keys.token(&self.label);
            format!("_v/{token}/{}/{file}", self.label)
        } else {
            self.redacted(file)
        }
    }
}

impl RoutingTable {
    /// The diagram of a path that exists.
    pub fn find(&self, path: &str) -> Target {
        if let Some(target) = self.exact.get(path) {
            return *target;
        }
        let mut prefix = path;
        loop {
            // The longest prefix that ends with a slash; of `/a/b/`, first `/a/b/` itself.
            match prefix.rfind('/') {
                Some(at) => prefix = &prefix[..=at],
                None => return DEFAULT,
            }
            if let Some(target) = self.prefixes.get(prefix) {
                return *target;
            }
            prefix = &prefix[..prefix.len() - 1];
        }
    }

    /// The facets that a diagram can test, by place, in order.
    pub fn support(&self, target: Target) -> Vec<u16> {
        let mut facets = std::collections::BTreeSet::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![target];
        while let Some(at) = open.pop() {
            if let Ok(node) = usize::try_from(at)
                && seen.insert(node)
            {
                facets.insert(self.nodes[node].facet);
                open.extend(&self.nodes[node].to);
            }
        }
        facets.into_iter().collect()
    }
}

/// The diagram with but the default variant.
pub const DEFAULT: Target = -1;
