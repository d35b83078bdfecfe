//! [`compile`]: a problem into diagrams.

use std::cmp::Reverse;

use super::{
    ConstraintId, Problem, Value, VariableId,
    classes::{self, Classes},
    conjoin::conjoin_all,
    diagram::{Diagram, FALSE, Level, Reference},
    group::Group,
    sift::sift,
};

/// How much work compiling may be. Numbers, never times: the same problem gives the same
/// bytes on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many nodes may be made for one conjunction.
    pub nodes: usize,
    /// How many times adjacent levels of a component may be swapped to make it smaller.
    pub swaps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: 2_000_000,
            swaps: 100_000,
        }
    }
}

/// The constraints grow into more nodes than [`Limits::nodes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The limit.
    pub nodes: usize,
    /// Those of the conjunction that was too large, the largest by themselves first.
    pub heaviest: Vec<ConstraintId>,
}

/// All valid configurations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// Groups of variables that constrain each other; every variable is in one. A
    /// configuration is valid if each component allows its part.
    pub components: Vec<Component>,
}

/// The diagram of some variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Whether there is any valid assignment. If not, no layer has nodes.
    pub is_satisfiable: bool,
    /// From the root down: each tests one variable.
    pub layers: Vec<Layer>,
}

/// The nodes that test one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The variable.
    pub variable: VariableId,
    /// For each value, which arc it takes: from one, or zero if it is never possible.
    pub classes: Vec<Value>,
    /// Arcs of each node.
    pub arity: usize,
    /// The arcs of all nodes one after the other: a node of the next layer, from one, or
    /// zero for none. Below the last layer, one is valid. Nodes are numbered as they are
    /// first led to; the first layer has one.
    pub arcs: Vec<u32>,
}

impl Compiled {
    /// All nodes.
    pub fn nodes(&self) -> usize {
        let layers = self
            .components
            .iter()
            .flat_map(|component| &component.layers);
        layers
            .map(|layer| layer.arcs.len() / layer.arity.max(1))
            .sum()
    }

    /// All arcs.
    pub fn arcs(&self) -> usize {
        let layers = self
            .components
            .iter()
            .flat_map(|component| &component.layers);
        layers.map(|layer| layer.arcs.len()).sum()
    }

    /// How many variables there are.
    pub(super) fn variables(&self) -> VariableId {
        let layers = self
            .components
            .iter()
            .map(|component| component.layers.len());
        layers.sum::<usize>() as VariableId
    }
}

/// Compiles a problem. A problem that nothing satisfies compiles too.
pub fn compile(problem: &Problem, limits: &Limits) -> Result<Compiled, TooLarge> {
    compile_counting(problem, limits).map(|(compiled, _)| compiled)
}

/// Compiles a problem, and tells how many swaps of levels it took.
pub fn compile_counting(problem: &Problem, limits: &Limits) -> Result<(Compiled, usize), TooLarge> {
    let mut components = Vec::new();
    let mut swaps = 0;
    for group in Group::all(problem) {
        let (more, swapped) = compile_group(problem, &group, limits)?;
        components.extend(more);
        swaps += swapped;
    }
    Ok((Compiled { components }, swaps))
}

/// The components of one group and the swaps that sifting took: what varies together, and
/// every variable whose possible values turn out to be interchangeable on its own.
fn compile_group(
    problem: &Problem,
    group: &Group,
    limits: &Limits,
) -> Result<(Vec<Component>, usize), TooLarge> {
    let too_large = |heaviest| TooLarge {
        nodes: limits.nodes,
        heaviest,
    };
    let small = group
        .small(problem, limits.nodes)
        .map_err(|id| too_large(vec![id]))?;
    let mut classes = group.classes(problem, &small, Classes::clone);
    let diagrams: Vec<Diagram> = small.iter().map(|small| small.over(&classes)).collect();
    let sizes: Vec<usize> = diagrams.iter().map(Diagram::arcs).collect();
    let conjoined = conjoin_all(diagrams, &group.places, limits.nodes);
    let mut diagram = conjoined.map_err(|mut heavy| {
        heavy.sort_by_key(|at| (Reverse(sizes[*at]), *at));
        too_large(heavy.iter().map(|at| group.constraints[*at]).collect())
    })?;
    for level in &mut diagram.levels {
        let classes = &mut classes[usize::from(level.variable)];
        *classes = classes::compose(classes, &classes::merge(level));
    }
    if diagram.root == FALSE {
        // Nothing is possible, so nothing is left to be told apart.
        let levels = group
            .variables
            .iter()
            .map(|variable| Level::new(*variable, 0));
        diagram.levels = levels.collect();
        for classes in &mut classes {
            classes.fill(0);
        }
        return Ok((vec![Component::new(&diagram, &classes)], 0));
    }
    let is_free = |variable: &VariableId| classes::count(&classes[usize::from(*variable)]) == 1;
    diagram.drop_levels(is_free);
    let mut components = Vec::new();
    let swaps = sift(&mut diagram, limits.swaps);
    if !diagram.levels.is_empty() {
        components.push(Component::new(&diagram, &classes));
    }
    for variable in group.variables.iter().filter(|variable| is_free(variable)) {
        let level = Level {
            variable: *variable,
            arity: 1,
            arcs: vec![1],
        };
        let alone = Diagram {
            levels: vec![level],
            root: 1,
        };
        components.push(Component::new(&alone, &classes));
    }
    Ok((components, swaps))
}

impl Component {
    /// The component of a diagram, with nodes numbered as they are first led to, and classes
    /// by where they lead: with like next to like, the bytes compress to two thirds.
    fn new(diagram: &Diagram, classes: &[Classes]) -> Self {
        let mut nodes: Vec<Reference> = Vec::from_iter((diagram.root != FALSE).then_some(1));
        let layers = diagram.levels.iter().map(|level| {
            let column = |arc: usize| nodes.iter().map(move |node| level.node(*node)[arc]);
            let mut order: Vec<usize> = (0..level.arity).collect();
            order.sort_by_cached_key(|arc| {
                let is_possible: Vec<bool> = column(*arc).map(|child| child != FALSE).collect();
                (is_possible, column(*arc).collect::<Vec<_>>())
            });
            let mut below = Vec::new();
            let mut names: Vec<Reference> = Vec::new();
            let mut arcs = Vec::with_capacity(nodes.len() * level.arity);
            for node in &nodes {
                let node = level.node(*node);
                for child in order.iter().map(|arc| node[*arc]) {
                    if child == FALSE {
                        arcs.push(FALSE);
                        continue;
                    }
                    if names.len() < child as usize {
                        names.resize(child as usize, FALSE);
                    }
                    let name = &mut names[child as usize - 1];
                    if *name == FALSE {
                        below.push(child);
                        *name = below.len() as Reference;
                    }
                    arcs.push(*name);
                }
            }
            nodes = below;
            let mut renamed = vec![0; level.arity];
            for (class, arc) in (1..).zip(order) {
                renamed[arc] = class;
            }
            let classes = classes::compose(&classes[usize::from(level.variable)], &renamed);
            Layer {
                variable: level.variable,
                classes,
                arity: level.arity,
                arcs,
            }
        });
        Self {
            layers: layers.collect(),
            is_satisfiable: diagram.root != FALSE,
        }
    }
}
