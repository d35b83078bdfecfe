//! Finished routes to a [`RoutingTable`].

use std::collections::{BTreeSet, HashMap};

use super::{
    label::Label,
    policy::Policy,
    table::{
        DEFAULT_ROOT, FacetRules, Root, RoutingTable, Slot, TableNode, TableRule, Target, support,
    },
    trie,
};
use crate::{
    decision::{Diagrams, NodeId, Variable},
    model::{Config, FacetSpace},
    plan::{NOT_FOUND, Redirect},
};

/// The form of table that this version writes.
const VERSION: u32 = 2;

/// A route in the making.
struct Lowered {
    path: String,
    root: NodeId,
    /// The facets that regions of a skeleton ask, by place.
    regions_ask: Option<BTreeSet<Variable>>,
}

/// A routing table in the making. Routes are added in the order of the plan, so that equal
/// sites have equal tables.
pub struct Lowering {
    table: RoutingTable,
    diagrams: Diagrams,
    slots: HashMap<Slot, u32>,
    routes: Vec<Lowered>,
    /// Files that are the same for everyone, and whether they are for good.
    files: Vec<(String, bool)>,
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
                experiment: facet.experiment.as_ref().map(|it| it.slice),
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
                ..RoutingTable::default()
            },
            diagrams: Diagrams::new(space.domains()),
            slots: HashMap::from([(default, 0)]),
            routes: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Adds a route whose diagram's terminals are places in `labels`. Its files are skeletons if there are
    /// regions in it for an edge to put in, which ask these facets.
    pub fn add(
        &mut self,
        path: &str,
        diagrams: &Diagrams,
        root: NodeId,
        labels: &[Label],
        regions_ask: Option<BTreeSet<Variable>>,
    ) {
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
        let root = self
            .diagrams
            .import(diagrams, root, &mut |variant| slots[variant as usize]);
        self.routes.push(Lowered {
            path: path.to_owned(),
            root,
            regions_ask,
        });
    }

    /// Adds a file that is the same for everyone, and for good if its name changes with its content.
    pub fn add_file(&mut self, path: String, is_immutable: bool) {
        self.files.push((path, is_immutable));
    }

    /// The table, with the fewest entries. `parts` is where skeletons and regions stand.
    pub fn finish(mut self, redirects: &[Redirect], parts: &str) -> RoutingTable {
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
        let mut shapes = Shapes::default();
        let everyone = shapes.root(-1, Policy::default(), false);
        debug_assert_eq!(everyone, DEFAULT_ROOT);
        let mut paths: Vec<(&str, u32)> = Vec::new();
        for route in &self.routes {
            let at = target(route.root);
            let mut asked: BTreeSet<u16> = support(&self.table.nodes, at).into_iter().collect();
            asked.extend(route.regions_ask.iter().flatten());
            let policy = Policy::of(&self.table.facets, asked);
            let root = shapes.root(at, policy, route.regions_ask.is_some());
            paths.push((&route.path, root));
        }
        for (path, is_immutable) in &self.files {
            let root = if *is_immutable {
                shapes.root(-1, Policy::immutable(), false)
            } else {
                everyone
            };
            paths.push((path, root));
        }
        (self.table.exact, self.table.prefixes) = trie::compress(paths.iter().copied(), everyone);
        self.table.redirects = redirects
            .iter()
            .map(|redirect| (redirect.from.to_string(), redirect.to.to_string()))
            .collect();
        for (path, _) in &paths {
            let name = path
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            match path.strip_suffix('/') {
                // What would be taken for a file leads to the folder by name.
                Some(bare) if name.contains('.') => {
                    let to = || (*path).to_owned();
                    self.table
                        .redirects
                        .entry(bare.to_owned())
                        .or_insert_with(to);
                }
                None if !name.contains('.') => {
                    self.table.files.insert((*path).to_owned());
                }
                _ => {}
            }
        }
        // A file of that very name comes first.
        for (path, _) in &self.files {
            self.table.redirects.remove(path);
        }
        (self.table.roots, self.table.policies) = (shapes.roots, shapes.policies);
        if self.table.has_skeletons() {
            parts.clone_into(&mut self.table.parts);
        }
        self.table.not_found = self.table.find(NOT_FOUND);
        self.table
    }
}

/// Roots and policies, each once.
#[derive(Default)]
struct Shapes {
    roots: Vec<Root>,
    policies: Vec<Policy>,
    known_roots: HashMap<Root, u32>,
    known_policies: HashMap<Policy, u32>,
}

impl Shapes {
    fn root(&mut self, at: Target, policy: Policy, is_skeleton: bool) -> u32 {
        let next = self.policies.len() as u32;
        let policy = *self
            .known_policies
            .entry(policy)
            .or_insert_with_key(|policy| {
                self.policies.push(policy.clone());
                next
            });
        let root = Root {
            at,
            policy,
            is_skeleton,
        };
        let next = self.roots.len() as u32;
        *self.known_roots.entry(root).or_insert_with(|| {
            self.roots.push(root);
            next
        })
    }
}
