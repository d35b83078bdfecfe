//! The routing table.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::policy::Policy;
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
    /// What goes with answers. The first is that of pages which are the same for everyone.
    pub policies: Vec<Policy>,
    /// The shapes of routes, no two alike. The first has but the default variant.
    pub roots: Vec<Root>,
    /// Roots, by place, of paths that are not as their prefix says.
    pub exact: BTreeMap<String, u32>,
    /// Roots of prefixes, ending with `/`; the longest that fits a path holds.
    pub prefixes: BTreeMap<String, u32>,
    /// Old paths and where they lead.
    pub redirects: BTreeMap<String, String>,
    /// Files without a point in their names. Any other such path leads to its folder.
    pub files: BTreeSet<String>,
    /// The root of the page for what does not exist.
    pub not_found: u32,
    /// Where skeletons and regions stand, if there are any: [`super::ESI`] or [`super::SSI`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parts: String,
}

/// The shape of a route: where its decision begins, and what goes with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Root {
    /// The first node, or the only slot.
    pub at: Target,
    /// By place.
    pub policy: u32,
    /// Whether the files are skeletons, which an edge puts together with regions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_skeleton: bool,
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
    /// Of an experiment: which three digits of the visitor's id it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<u8>,
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
    /// The root, by place, of a path that exists.
    pub fn find(&self, path: &str) -> u32 {
        if let Some(root) = self.exact.get(path) {
            return *root;
        }
        let mut prefix = path;
        loop {
            // The longest prefix that ends with a slash; of `/a/b/`, first `/a/b/` itself.
            match prefix.rfind('/') {
                Some(at) => prefix = &prefix[..=at],
                None => return DEFAULT_ROOT,
            }
            if let Some(root) = self.prefixes.get(prefix) {
                return *root;
            }
            prefix = &prefix[..prefix.len() - 1];
        }
    }

    /// Where a canonical path leads instead of to a file: an alias's page, a folder from its
    /// `index.html` or from its name without the slash.
    pub fn redirect(&self, path: &str) -> Option<String> {
        if let Some(to) = self.redirects.get(path) {
            return Some(to.clone());
        }
        let (folder, name) = path.rsplit_once('/')?;
        if name == "index.html" {
            return Some(format!("{folder}/"));
        }
        if name.is_empty() || name.contains('.') || self.files.contains(path) {
            return None;
        }
        let folder = format!("{path}/");
        Some(self.redirects.get(&folder).cloned().unwrap_or(folder))
    }

    /// Whether an edge has to put pages together.
    pub fn has_skeletons(&self) -> bool {
        self.roots.iter().any(|root| root.is_skeleton)
    }

    /// How many lines it has for paths.
    pub fn entries(&self) -> usize {
        self.exact.len() + self.prefixes.len() + self.redirects.len()
    }

    /// The facets that a diagram can test, by place, in order.
    pub fn support(&self, at: Target) -> Vec<u16> {
        support(&self.nodes, at)
    }
}

/// The facets that are tested from a node on, by place, in order.
pub(super) fn support(nodes: &[TableNode], at: Target) -> Vec<u16> {
    let mut facets = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        if let Ok(node) = usize::try_from(at)
            && seen.insert(node)
        {
            facets.insert(nodes[node].facet);
            open.extend(&nodes[node].to);
        }
    }
    facets.into_iter().collect()
}

/// The root with but the default variant.
pub const DEFAULT_ROOT: u32 = 0;
