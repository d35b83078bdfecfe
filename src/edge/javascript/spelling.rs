//! Diagrams whose arcs spell the variant's name, in an order of facets that makes them small.
//!
//! Outputs are pushed towards the start, as in the minimization of subsequential transducers
//! (Mohri 1997, "Finite-State Transducers in Language and Speech Processing"); the order is found by sifting
//! (Rudell 1993, "Dynamic Variable Ordering for Ordered Binary Decision Diagrams").

use std::collections::HashMap;

use crate::{
    decision::{Diagrams, NodeId},
    routing::{RoutingTable, Target},
};

/// Facet and segment, by place: one part of a variant's name.
pub(super) type Part = (u16, u16);
/// Parts of the name, and the node that follows, 0 for none.
pub(super) type Arc = (Vec<Part>, u32);

/// Diagrams of more nodes are left in the order in which they are.
const MOST_NODES: usize = 4000;
/// Most orders that are tried.
const MOST_TRIES: usize = 1000;

/// A table's diagrams with names on their arcs.
pub(super) struct Spelling {
    /// The facet, and an arc for each of its segments. The first is node 1.
    pub(super) nodes: Vec<(u16, Vec<Arc>)>,
    /// For each root of the table, the first node.
    pub(super) roots: Vec<u32>,
}

impl Spelling {
    pub(super) fn of(table: &RoutingTable) -> Self {
        let mut speller = Speller::new(table);
        let mut order: Vec<u16> = (0..table.facets.len() as u16).collect();
        let mut best = speller.spell(&order);
        let mut tries = 0;
        let mut is_better = table.nodes.len() <= MOST_NODES;
        while is_better {
            is_better = false;
            for facet in order.clone() {
                for place in 0..order.len() {
                    let mut other: Vec<u16> =
                        order.iter().copied().filter(|it| *it != facet).collect();
                    other.insert(place, facet);
                    tries += 1;
                    if other == order || tries > MOST_TRIES {
                        continue;
                    }
                    let spelling = speller.spell(&other);
                    if spelling.weight() < best.weight() {
                        (best, order, is_better) = (spelling, other, true);
                    }
                }
            }
        }
        best
    }

    /// About how many characters it takes.
    fn weight(&self) -> usize {
        let arc = |(parts, _): &Arc| 3 + 4 * parts.len().saturating_sub(1);
        self.nodes
            .iter()
            .map(|(_, arcs)| 4 + arcs.iter().map(arc).sum::<usize>())
            .sum()
    }
}

struct Speller<'a> {
    table: &'a RoutingTable,
    diagrams: Diagrams,
    /// By slot, in the order of facets.
    names: Vec<Vec<Part>>,
    /// What was found out for other orders holds for all.
    restricted: HashMap<(NodeId, u16, u16), NodeId>,
    asked: HashMap<NodeId, Vec<u16>>,
}

impl<'a> Speller<'a> {
    fn new(table: &'a RoutingTable) -> Self {
        let domains = table.facets.iter().map(|facet| facet.segments.len() as u16);
        let mut diagrams = Diagrams::new(domains.collect());
        for node in &table.nodes {
            diagrams.make(node.facet, node.to.iter().map(|to| id(*to)).collect());
        }
        let slots = table.slots.iter();
        let names = slots.map(|slot| {
            let parts = slot.label.split('~').filter(|part| !part.is_empty());
            parts.map(|part| place(table, part)).collect()
        });
        Self {
            table,
            diagrams,
            names: names.collect(),
            restricted: HashMap::new(),
            asked: HashMap::new(),
        }
    }

    fn spell(&mut self, order: &[u16]) -> Spelling {
        let mut rank = vec![0; order.len()];
        for (place, facet) in order.iter().enumerate() {
            rank[usize::from(*facet)] = place;
        }
        let mut nodes = Nodes::default();
        let roots = self.table.roots.iter();
        // The default visitor's variant has no name, so no root begins with one.
        let roots = roots
            .map(|root| self.arc(id(root.at), &rank, &mut nodes).1)
            .collect();
        Spelling {
            nodes: nodes.list,
            roots,
        }
    }

    fn arc(&mut self, at: NodeId, rank: &[usize], nodes: &mut Nodes) -> Arc {
        if let NodeId::Terminal(slot) = at {
            let mut name = self.names[slot as usize].clone();
            name.sort_by_key(|(facet, _)| rank[usize::from(*facet)]);
            return (name, 0);
        }
        if let Some(done) = nodes.done.get(&at) {
            return done.clone();
        }
        let diagrams = &self.diagrams;
        let asked = self.asked.entry(at);
        let asked = asked.or_insert_with(|| diagrams.support(at).into_iter().collect());
        let first = asked.iter().min_by_key(|facet| rank[usize::from(**facet)]);
        let facet = *first.expect("an inner node asks something");
        let segments = self.table.facets[usize::from(facet)].segments.len() as u16;
        let mut arcs: Vec<Arc> = Vec::with_capacity(usize::from(segments));
        for segment in 0..segments {
            let diagrams = &mut self.diagrams;
            let entry = self.restricted.entry((at, facet, segment));
            let next = *entry.or_insert_with(|| diagrams.restrict(at, facet, segment));
            arcs.push(self.arc(next, rank, nodes));
        }
        let common = common_parts(&arcs);
        let prefix = arcs[0].0[..common].to_vec();
        for (parts, _) in &mut arcs {
            parts.drain(..common);
        }
        let next = nodes.list.len() as u32 + 1;
        let place = *nodes.known.entry((facet, arcs)).or_insert_with_key(|node| {
            nodes.list.push(node.clone());
            next
        });
        nodes.done.insert(at, (prefix.clone(), place));
        (prefix, place)
    }
}

#[derive(Default)]
struct Nodes {
    list: Vec<(u16, Vec<Arc>)>,
    known: HashMap<(u16, Vec<Arc>), u32>,
    done: HashMap<NodeId, Arc>,
}

fn id(target: Target) -> NodeId {
    u32::try_from(target).map_or_else(|_| NodeId::Terminal((-1 - target) as u32), NodeId::Inner)
}

/// The places of a facet and its segment, by their names.
fn place(table: &RoutingTable, part: &str) -> Part {
    let (facet, segment) = part.split_once('.').expect("labels are made so");
    let place = table.facets.iter().position(|known| known.id == facet);
    let place = place.expect("labels name facets of the table");
    let segments = &table.facets[place].segments;
    let segment = segments.iter().position(|known| known == segment);
    (
        place as u16,
        segment.expect("labels name segments of their facets") as u16,
    )
}

fn common_parts(arcs: &[Arc]) -> usize {
    let (first, rest) = arcs.split_first().expect("a facet has segments");
    (0..first.0.len())
        .find(|place| {
            rest.iter()
                .any(|(parts, _)| parts.get(*place) != first.0.get(*place))
        })
        .unwrap_or(first.0.len())
}
