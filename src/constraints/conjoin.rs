//! Conjunction: the product of two diagrams, and of many in a good order.

use super::{
    diagram::{Diagram, FALSE, Level, Reference},
    rows::Rows,
    small::Exceeded,
};

/// What both diagrams allow, over the variables of either. `places` order the levels.
///
/// From the top, every pair of nodes that can be reached is one node, made once (what a
/// memo does for the recursive `apply`); then the result is reduced from the bottom.
pub(super) fn conjoin(
    a: &Diagram,
    b: &Diagram,
    places: &[u32],
    budget: usize,
) -> Result<Diagram, Exceeded> {
    let mut pairs = Rows::new(2);
    let root = Reference::from(a.root != FALSE && b.root != FALSE);
    if root != FALSE {
        pairs.intern(&[a.root, b.root]);
    }
    let mut levels = Vec::with_capacity(a.levels.len().max(b.levels.len()));
    let mut made = 0;
    for step in aligned(a, b, places) {
        let (level, below) = product(step, &pairs);
        made += below.len();
        if made > budget {
            return Err(Exceeded);
        }
        pairs = below;
        levels.push(level);
    }
    Ok(Diagram { levels, root }.reduced())
}

/// Whether all that `a` allows is allowed by `b`. The variables of each may be any.
pub(super) fn implies(a: &Diagram, b: &Diagram, places: &[u32]) -> bool {
    if a.root == FALSE || b.root == FALSE {
        return a.root == FALSE;
    }
    let mut pairs = Rows::new(2);
    pairs.intern(&[a.root, b.root]);
    for step in aligned(a, b, places) {
        let mut below = Rows::new(2);
        for number in 0..pairs.len() as u32 {
            for [a, b] in children(step, pairs.row(number)) {
                // What is not false leads to true.
                if a != FALSE && b == FALSE {
                    return false;
                }
                if a != FALSE {
                    below.intern(&[a, b]);
                }
            }
        }
        pairs = below;
    }
    true
}

/// A level of one diagram or of both.
type Step<'a> = (Option<&'a Level>, Option<&'a Level>);

/// The levels of two diagrams in the common order.
fn aligned<'a>(a: &'a Diagram, b: &'a Diagram, places: &[u32]) -> Vec<Step<'a>> {
    let place = |level: &Level| places[usize::from(level.variable)];
    let (mut a, mut b) = (a.levels.iter().peekable(), b.levels.iter().peekable());
    let mut steps = Vec::new();
    loop {
        let (is_a, is_b) = match (a.peek(), b.peek()) {
            (None, None) => return steps,
            (Some(a), Some(b)) => (place(a) <= place(b), place(b) <= place(a)),
            (a, b) => (a.is_some(), b.is_some()),
        };
        steps.push((a.next_if(|_| is_a), b.next_if(|_| is_b)));
    }
}

/// Where a pair of nodes leads by each class. A diagram without the level stays where it is.
fn children<'a>(step: Step<'a>, pair: &[Reference]) -> impl Iterator<Item = [Reference; 2]> + 'a {
    let (one, two) = (pair[0], pair[1]);
    let a = step.0.map(|level| level.node(one));
    let b = step.1.map(|level| level.node(two));
    let arity = a.or(b).map_or(0, <[Reference]>::len);
    (0..arity).map(move |class| [a.map_or(one, |a| a[class]), b.map_or(two, |b| b[class])])
}

/// One level of the product and the pairs that it leads to.
fn product(step: Step, pairs: &Rows) -> (Level, Rows) {
    let some = step
        .0
        .or(step.1)
        .expect("a step is a level of one of the two");
    let mut level = Level::new(some.variable, some.arity);
    level.arcs.reserve(pairs.len() * level.arity);
    let mut below = Rows::new(2);
    for number in 0..pairs.len() as u32 {
        // Neighbors often lead to the same pair.
        let mut last = ([FALSE, FALSE], FALSE);
        level
            .arcs
            .extend(children(step, pairs.row(number)).map(|pair| {
                if pair.contains(&FALSE) {
                    return FALSE;
                }
                if last.0 != pair {
                    last = (pair, below.intern(&pair) + 1);
                }
                last.1
            }));
    }
    (level, below)
}

/// A diagram of some of the constraints.
struct Part {
    diagram: Diagram,
    /// Which: places in the list that is conjoined.
    of: Vec<usize>,
}

/// What all diagrams allow. On failure: which of them were in the conjunction that grew
/// too large.
///
/// The smallest part is always next, and joins the one that it adds the fewest variables
/// to: what is large is walked rarely, and what is unrelated meets late.
pub(super) fn conjoin_all(
    diagrams: Vec<Diagram>,
    places: &[u32],
    budget: usize,
) -> Result<Diagram, Vec<usize>> {
    let mut parts: Vec<Part> = (diagrams.into_iter().enumerate())
        .map(|(at, diagram)| Part {
            diagram,
            of: vec![at],
        })
        .collect();
    while let Some(smallest) = next_of(&parts, |part| part.diagram.arcs()) {
        let one = parts.remove(smallest);
        let Some(partner) = next_of(&parts, |part| fit(&one.diagram, &part.diagram)) else {
            return Ok(one.diagram);
        };
        let two = parts.remove(partner);
        let of: Vec<usize> = one.of.into_iter().chain(two.of).collect();
        match conjoin(&one.diagram, &two.diagram, places, budget) {
            Ok(diagram) => parts.push(Part { diagram, of }),
            Err(Exceeded) => return Err(of),
        }
    }
    Ok(Diagram {
        levels: Vec::new(),
        root: 1,
    })
}

/// The place of the first part with the least cost.
fn next_of<K: Ord>(parts: &[Part], cost: impl Fn(&Part) -> K) -> Option<usize> {
    (0..parts.len()).min_by_key(|at| cost(&parts[*at]))
}

/// How well two diagrams go together; less is better.
fn fit(a: &Diagram, b: &Diagram) -> (bool, usize, usize) {
    let has = |level: &Level| {
        b.levels
            .iter()
            .any(|other| other.variable == level.variable)
    };
    let shared = a.levels.iter().filter(|level| has(level)).count();
    (
        shared == 0,
        a.levels.len() + b.levels.len() - shared,
        b.arcs(),
    )
}
