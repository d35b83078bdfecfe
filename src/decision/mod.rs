//! Decision diagrams: functions of many-valued variables, as shared, ordered,
//! reduced graphs (MTBDDs whose variables have more than two values).
//!
//! In: functions given as boxes ([`Diagrams::of_boxes`]) or combined from others
//! ([`Diagrams::apply`]). Out: node ids; equal functions have equal ids. This
//! room knows nothing of shops, and never decides the order of variables: they
//! are tested in the order of their numbers.

mod value_set;

use std::collections::{BTreeSet, HashMap};

pub use value_set::ValueSet;

/// A variable, by number.
pub type Variable = u16;

/// A node or terminal of [`Diagrams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeId {
    /// The function is this constant from here on.
    Terminal(u32),
    /// An inner node.
    Inner(u32),
}

/// An inner node: tests one variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// The variable.
    pub variable: Variable,
    /// Where each value leads. As long as the variable's domain.
    pub children: Vec<NodeId>,
}

/// A part of the space of assignments: for some variables, the values that it holds.
/// A variable that is not named may have any value.
pub type Box_ = Vec<(Variable, ValueSet)>;

/// A store of diagrams over variables with fixed domains. Nodes are hash-consed.
#[derive(Clone, Debug, Default)]
pub struct Diagrams {
    /// The number of values of each variable.
    domains: Vec<u16>,
    nodes: Vec<Node>,
    unique: HashMap<Node, u32>,
}

impl Diagrams {
    /// An empty store over variables with these numbers of values.
    pub fn new(domains: Vec<u16>) -> Self {
        Self {
            domains,
            ..Self::default()
        }
    }

    /// An inner node.
    pub fn node(&self, id: u32) -> &Node {
        &self.nodes[id as usize]
    }

    /// All inner nodes, children before parents.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node that tests a variable and goes on to `children`; the child itself if
    /// all are one.
    pub fn make(&mut self, variable: Variable, children: Vec<NodeId>) -> NodeId {
        debug_assert_eq!(
            children.len(),
            usize::from(self.domains[usize::from(variable)])
        );
        if children.iter().all(|child| *child == children[0]) {
            return children[0];
        }
        let node = Node { variable, children };
        if let Some(id) = self.unique.get(&node) {
            return NodeId::Inner(*id);
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(node.clone());
        self.unique.insert(node, id);
        NodeId::Inner(id)
    }

    /// The function that has `value` on each box. The boxes must be disjoint and
    /// together cover all assignments.
    pub fn of_boxes(&mut self, boxes: &[(Box_, u32)]) -> NodeId {
        let all: Vec<&(Box_, u32)> = boxes.iter().collect();
        self.build(0, &all)
    }

    fn build(&mut self, from: usize, boxes: &[&(Box_, u32)]) -> NodeId {
        let first = boxes.first().expect("the boxes cover all assignments").1;
        if boxes.iter().all(|(_, value)| *value == first) {
            return NodeId::Terminal(first);
        }
        let variable = (from..self.domains.len())
            .find(|v| {
                boxes
                    .iter()
                    .any(|(b, _)| b.iter().any(|(w, _)| usize::from(*w) == *v))
            })
            .expect("boxes of different values differ in a variable");
        let mut built: Vec<(Vec<usize>, NodeId)> = Vec::new();
        let mut children = Vec::with_capacity(usize::from(self.domains[variable]));
        for value in 0..self.domains[variable] {
            let places: Vec<usize> = (0..boxes.len())
                .filter(|place| {
                    boxes[*place]
                        .0
                        .iter()
                        .all(|(v, set)| usize::from(*v) != variable || set.contains(value))
                })
                .collect();
            let known = built
                .iter()
                .find(|(seen, _)| *seen == places)
                .map(|(_, node)| *node);
            children.push(known.unwrap_or_else(|| {
                let rest: Vec<&(Box_, u32)> = places.iter().map(|p| boxes[*p]).collect();
                let node = self.build(variable + 1, &rest);
                built.push((places, node));
                node
            }));
        }
        self.make(variable as Variable, children)
    }

    /// The function that combines the values of two others.
    pub fn apply(
        &mut self,
        a: NodeId,
        b: NodeId,
        combine: &mut impl FnMut(u32, u32) -> u32,
    ) -> NodeId {
        self.apply_memo(a, b, combine, &mut HashMap::new())
    }

    fn apply_memo(
        &mut self,
        a: NodeId,
        b: NodeId,
        combine: &mut impl FnMut(u32, u32) -> u32,
        memo: &mut HashMap<(NodeId, NodeId), NodeId>,
    ) -> NodeId {
        if let (NodeId::Terminal(a), NodeId::Terminal(b)) = (a, b) {
            return NodeId::Terminal(combine(a, b));
        }
        if let Some(done) = memo.get(&(a, b)) {
            return *done;
        }
        let variable = self.top(a).min(self.top(b));
        let children = (0..self.domains[usize::from(variable)])
            .map(|value| {
                let (a, b) = (
                    self.cofactor(a, variable, value),
                    self.cofactor(b, variable, value),
                );
                self.apply_memo(a, b, combine, memo)
            })
            .collect();
        let node = self.make(variable, children);
        memo.insert((a, b), node);
        node
    }

    /// The function whose terminals are replaced by other functions.
    pub fn compose(
        &mut self,
        root: NodeId,
        replace: &mut impl FnMut(&mut Self, u32) -> NodeId,
    ) -> NodeId {
        match root {
            NodeId::Terminal(value) => replace(self, value),
            NodeId::Inner(id) => {
                let Node { variable, children } = self.nodes[id as usize].clone();
                // A replacement may test variables above this node, so each branch is
                // restricted to its value and the branches are joined by a case distinction.
                let branches: Vec<NodeId> = children
                    .iter()
                    .enumerate()
                    .map(|(value, child)| {
                        let branch = self.compose(*child, replace);
                        self.restrict(branch, variable, value as u16)
                    })
                    .collect();
                self.case(variable, &branches)
            }
        }
    }

    /// The function that is `branches[value]` where `variable` has that value.
    fn case(&mut self, variable: Variable, branches: &[NodeId]) -> NodeId {
        let top = branches
            .iter()
            .map(|branch| self.top(*branch))
            .min()
            .unwrap_or(variable);
        if top >= variable {
            return self.make(variable, branches.to_vec());
        }
        let children = (0..self.domains[usize::from(top)])
            .map(|value| {
                let below: Vec<NodeId> = branches
                    .iter()
                    .map(|branch| self.cofactor(*branch, top, value))
                    .collect();
                self.case(variable, &below)
            })
            .collect();
        self.make(top, children)
    }

    /// A function of another store over the same variables, with its values replaced.
    pub fn import(
        &mut self,
        from: &Self,
        root: NodeId,
        value: &mut impl FnMut(u32) -> u32,
    ) -> NodeId {
        self.import_memo(from, root, value, &mut HashMap::new())
    }

    fn import_memo(
        &mut self,
        from: &Self,
        at: NodeId,
        value: &mut impl FnMut(u32) -> u32,
        memo: &mut HashMap<u32, NodeId>,
    ) -> NodeId {
        let id = match at {
            NodeId::Terminal(of) => return NodeId::Terminal(value(of)),
            NodeId::Inner(id) => id,
        };
        if let Some(done) = memo.get(&id) {
            return *done;
        }
        let node = from.node(id);
        let children = node.children.iter();
        let children = children
            .map(|child| self.import_memo(from, *child, value, memo))
            .collect();
        let done = self.make(node.variable, children);
        memo.insert(id, done);
        done
    }

    /// The function with one variable fixed.
    pub fn restrict(&mut self, root: NodeId, variable: Variable, value: u16) -> NodeId {
        let NodeId::Inner(id) = root else { return root };
        let node = self.nodes[id as usize].clone();
        if node.variable > variable {
            return root;
        }
        if node.variable == variable {
            return node.children[usize::from(value)];
        }
        let children = node
            .children
            .iter()
            .map(|child| self.restrict(*child, variable, value))
            .collect();
        self.make(node.variable, children)
    }

    /// The variables that a function depends on, in order.
    pub fn support(&self, root: NodeId) -> BTreeSet<Variable> {
        let (mut variables, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![root]);
        while let Some(at) = open.pop() {
            if let NodeId::Inner(id) = at
                && seen.insert(id)
            {
                let node = self.node(id);
                variables.insert(node.variable);
                open.extend(&node.children);
            }
        }
        variables
    }

    fn top(&self, node: NodeId) -> Variable {
        match node {
            NodeId::Terminal(_) => Variable::MAX,
            NodeId::Inner(id) => self.nodes[id as usize].variable,
        }
    }

    fn cofactor(&self, node: NodeId, variable: Variable, value: u16) -> NodeId {
        match node {
            NodeId::Inner(id) if self.nodes[id as usize].variable == variable => {
                self.nodes[id as usize].children[usize::from(value)]
            }
            _ => node,
        }
    }

    /// The value at a full assignment; asks for just the variables on the path.
    pub fn evaluate(&self, root: NodeId, mut value_of: impl FnMut(Variable) -> u16) -> u32 {
        let mut at = root;
        loop {
            match at {
                NodeId::Terminal(value) => return value,
                NodeId::Inner(id) => {
                    let node = &self.nodes[id as usize];
                    at = node.children[usize::from(value_of(node.variable))];
                }
            }
        }
    }

    /// The function as disjoint boxes with their values, in the order of the diagram's paths.
    /// Values of one variable that lead to the same place are in one box.
    pub fn paths(&self, root: NodeId) -> Vec<(Box_, u32)> {
        let mut paths = Vec::new();
        self.walk_paths(root, &mut Vec::new(), &mut paths);
        paths
    }

    fn walk_paths(&self, at: NodeId, prefix: &mut Box_, paths: &mut Vec<(Box_, u32)>) {
        match at {
            NodeId::Terminal(value) => paths.push((prefix.clone(), value)),
            NodeId::Inner(id) => {
                let node = &self.nodes[id as usize];
                let mut groups: Vec<(NodeId, ValueSet)> = Vec::new();
                for (value, child) in node.children.iter().enumerate() {
                    match groups.iter_mut().find(|(to, _)| to == child) {
                        Some((_, set)) => set.insert(value as u16),
                        None => groups.push((*child, ValueSet::single(value as u16))),
                    }
                }
                for (child, set) in groups {
                    prefix.push((node.variable, set));
                    self.walk_paths(child, prefix, paths);
                    prefix.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
