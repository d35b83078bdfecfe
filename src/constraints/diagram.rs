//! [`Diagram`]: a multi-valued decision diagram (MDD) in levels.

use super::{VariableId, rows::Rows};

/// A node of the level below an arc, plus one; zero is false. Below the last level, one is true.
pub(super) type Reference = u32;

/// The false terminal.
pub(super) const FALSE: Reference = 0;

/// A set of assignments to some variables, as an ordered and quasi-reduced diagram: every
/// path to true tests every level, equal nodes are one, and what is false ends at once.
///
/// Levels without skips cost some nodes that a fully reduced diagram would leave out. In
/// return an arc needs no level, a swap touches two levels only, and sweeps are plain loops
/// over flat lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Diagram {
    /// From the root down. No level has nodes if the diagram is false.
    pub(super) levels: Vec<Level>,
    /// The first level's only node, or false.
    pub(super) root: Reference,
}

/// The nodes that test one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// The variable.
    pub(super) variable: VariableId,
    /// Arcs of a node: one for each class of values.
    pub(super) arity: usize,
    /// The arcs of all nodes one after the other.
    pub(super) arcs: Vec<Reference>,
}

impl Level {
    /// A level without nodes.
    pub(super) fn new(variable: VariableId, arity: usize) -> Self {
        Self {
            variable,
            arity,
            arcs: Vec::new(),
        }
    }

    /// The arcs of each node.
    pub(super) fn nodes(&self) -> std::slice::ChunksExact<'_, Reference> {
        self.arcs.chunks_exact(self.arity.max(1))
    }

    /// The arcs of a node.
    pub(super) fn node(&self, node: Reference) -> &[Reference] {
        let start = (node as usize - 1) * self.arity;
        &self.arcs[start..start + self.arity]
    }
}

impl Diagram {
    /// All arcs of all levels: what a sweep walks and a file stores.
    pub(super) fn arcs(&self) -> usize {
        self.levels.iter().map(|level| level.arcs.len()).sum()
    }

    /// The reduced diagram of one whose nodes may be equal, or lead to nothing but false.
    pub(super) fn reduced(mut self) -> Self {
        if self.levels.iter().any(|level| level.arity == 0) {
            self.root = FALSE;
        }
        if self.root == FALSE {
            self.levels.iter_mut().for_each(|level| level.arcs.clear());
            return self;
        }
        let mut below: Option<Vec<Reference>> = None;
        for level in self.levels.iter_mut().rev() {
            let mut rows = Rows::with_room(level.arity, level.arcs.len());
            let mut renamed = Vec::with_capacity(level.arcs.len() / level.arity);
            for node in level.arcs.chunks_exact_mut(level.arity) {
                if let Some(below) = &below {
                    for arc in node.iter_mut().filter(|arc| **arc != FALSE) {
                        *arc = below[*arc as usize - 1];
                    }
                }
                renamed.push(intern(&mut rows, node));
            }
            level.arcs = rows.into_cells();
            below = Some(renamed);
        }
        if let Some(first) = below {
            self.root = first[0];
        }
        self
    }

    /// Leaves out levels in which every node leads to one place whatever the value.
    pub(super) fn drop_levels(&mut self, is_free: impl Fn(&VariableId) -> bool) {
        for at in (0..self.levels.len()).rev() {
            if !is_free(&self.levels[at].variable) {
                continue;
            }
            let dropped = self.levels.remove(at);
            match at.checked_sub(1) {
                Some(above) => {
                    for arc in self.levels[above]
                        .arcs
                        .iter_mut()
                        .filter(|arc| **arc != FALSE)
                    {
                        *arc = dropped.node(*arc)[0];
                    }
                }
                None => self.root = dropped.node(self.root)[0],
            }
        }
    }
}

/// A node with these arcs: false if all arcs are.
pub(super) fn intern(rows: &mut Rows, arcs: &[Reference]) -> Reference {
    if arcs.iter().all(|arc| *arc == FALSE) {
        return FALSE;
    }
    rows.intern(arcs) + 1
}
