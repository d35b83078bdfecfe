//! Finished routes to a [`RoutingTable`].

use std::collections::HashMap;

use super::{
    label::Label,
    table::{DEFAULT, FacetRules, RoutingTable, Slot, TableNode, TableRule, Target},
    trie,
};
use crate::{
    decision::{Diagrams, NodeId},
    model::{Config, FacetSpace},
    plan::{NOT_FOUND, Redirect},
};

/// The form of table that this version writes.
const VERSION: u32 = 1;

/// A routing table in the making. Routes are added in the order of the plan, so that equal
/// sites have equal tables.
pub struct Lowering {
    table: RoutingTable,
    diagrams: Diagrams,
    slots: HashMap<Slot, u32>,
    routes: Vec<(String, NodeId)>,
}

impl Lowering {
    /// A table without routes.
    pub fn new(config: &Config, space: &FacetSpace) -> Self {
        let facets = space
            .facets
            .iter()
            .map(|facet| FacetRules {
                id: facet.id.clone(),
                segments: facet
                    .segments
                    .iter()
                    .map(|segment| segment.id.clone())
                    .collect(),
                default: facet.default,
                gated: facet.gated,
                consent: facet.consent.clone(),
                rules: facet
                    .rules
                    .iter()
                    .map(|rule| TableRule {
                        when: rule.when.clone(),
                        segment: rule.segment,
                    })
                    .collect(),
            })
            .collect();
        let default = Slot {
            label: String::new(),
            gated: false,
        };
        Self {
            table: RoutingTable {
                version: VERSION,
                site: config.site.clone(),
                keys: config.keys.iter().map(|key| key.id.clone()).collect(),
                facets,
                slots: vec![default.clone()],
                not_found: DEFAULT,
                ..RoutingTable::default()
            },
            diagrams: Diagrams::new(space.domains()),
            slots: HashMap::from([(default, 0)]),
            routes: Vec::new(),
        }
    }

    /// Adds a route whose diagram's terminals are places in `labels`.
    pub fn add(&mut self, path: &str, diagrams: &Diagrams, root: NodeId, labels: &[Label]) {
        let slots: Vec<u32> = labels
            .iter()
            .map(|label| {
                let slot = Slot {
                    label: label.text.clone(),
                    gated: label.is_gated,
                };
                let next = self.table.slots.len() as u32;
                *self.slots.entry(slot).or_insert_with_key(|slot| {
                    self.table.slots.push(slot.clone());
                    next
                })
            })
            .collect();
        let root = self.import(diagrams, root, &slots, &mut HashMap::new());
        self.routes.push((path.to_owned(), root));
    }

    /// Adds a file that is the same for everyone.
    pub fn add_file(&mut self, path: String) {
        self.routes.push((path, NodeId::Terminal(0)));
    }

    fn import(
        &mut self,
        from: &Diagrams,
        at: NodeId,
        slots: &[u32],
        memo: &mut HashMap<u32, NodeId>,
    ) -> NodeId {
        match at {
            NodeId::Terminal(variant) => NodeId::Terminal(slots[variant as usize]),
            NodeId::Inner(id) => {
                if let Some(done) = memo.get(&id) {
                    return *done;
                }
                let node = from.node(id);
                let children = node
                    .children
                    .iter()
                    .map(|child| self.import(from, *child, slots, memo))
                    .collect();
                let done = self.diagrams.make(node.variable, children);
                memo.insert(id, done);
                done
            }
        }
    }

    /// The table, with the fewest entries.
    pub fn finish(mut self, redirects: &[Redirect]) -> RoutingTable {
        let target = |node: NodeId| match node {
            NodeId::Terminal(slot) => -1 - slot as Target,
            NodeId::Inner(id) => id as Target,
        };
        self.table.nodes = self
            .diagrams
            .nodes()
            .iter()
            .map(|node| TableNode {
                facet: node.variable,
                to: node.children.iter().map(|child| target(*child)).collect(),
            })
            .collect();
        let routes = self
            .routes
            .iter()
            .map(|(path, root)| (path.as_str(), target(*root)));
        (self.table.exact, self.table.prefixes) = trie::compress(routes, DEFAULT);
        self.table.not_found = self.table.find(NOT_FOUND);
        self.table.redirects = redirects
            .iter()
            .map(|redirect| (redirect.from.to_string(), redirect.to.to_string()))
            .collect();
        self.table
    }
}
