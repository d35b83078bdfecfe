//! Sifting (Rudell 1993): each variable tries every level and stays at the best.

use super::{
    diagram::{Diagram, FALSE, Level, Reference, intern},
    rows::Rows,
};

/// A variable goes no farther in one direction once the diagram is this much larger than
/// the best, in percent. Beyond that, sifting rarely comes back.
const GROWTH: usize = 120;

/// Sifts until a round improves nothing or `swaps` adjacent levels have been swapped.
/// Returns how many were.
pub(super) fn sift(diagram: &mut Diagram, swaps: usize) -> usize {
    let mut left = swaps;
    loop {
        let before = diagram.arcs();
        let mut variables: Vec<_> = diagram
            .levels
            .iter()
            .map(|l| (l.arcs.len(), l.variable))
            .collect();
        // The largest level has the most to gain.
        variables.sort_by_key(|(arcs, variable)| (std::cmp::Reverse(*arcs), *variable));
        for (_, variable) in variables {
            let at = diagram
                .levels
                .iter()
                .position(|level| level.variable == variable);
            sift_level(diagram, at.expect("sifting keeps all variables"), &mut left);
        }
        if left == 0 || diagram.arcs() == before {
            return swaps - left;
        }
    }
}

/// Moves one level to where the diagram is smallest.
fn sift_level(diagram: &mut Diagram, from: usize, left: &mut usize) {
    if *left == 0 {
        return;
    }
    let last = diagram.levels.len() - 1;
    let start = diagram.clone();
    let mut best = (start.arcs(), start.clone());
    let mut go = |from_start: Diagram, steps: &mut dyn Iterator<Item = usize>| {
        let mut at = from_start;
        for upper in steps {
            if *left == 0 {
                return;
            }
            *left -= 1;
            swap(&mut at, upper);
            let arcs = at.arcs();
            if arcs < best.0 {
                best = (arcs, at.clone());
            } else if arcs * 100 > best.0 * GROWTH {
                return;
            }
        }
    };
    // The nearer end first. Going back to the start is a copy, not swaps.
    if from < last - from {
        go(start.clone(), &mut (0..from).rev());
        go(start, &mut (from..last));
    } else {
        go(start.clone(), &mut (from..last));
        go(start, &mut (0..from).rev());
    }
    *diagram = best.1;
}

/// Swaps a level with the one below. The nodes above keep their numbers, those two levels
/// below are not touched.
fn swap(diagram: &mut Diagram, at: usize) {
    let [upper, lower] = &mut diagram.levels[at..at + 2] else {
        unreachable!("the last level has none below to swap with");
    };
    let mut rows = Rows::new(upper.arity);
    let mut swapped = Level::new(lower.variable, lower.arity);
    swapped.arcs.reserve(upper.nodes().len() * lower.arity);
    // A node has far fewer children than arcs, and what it leads to through a value of the
    // lower variable depends on its children alone: so its columns are of children.
    let mut place_of = vec![usize::MAX; lower.nodes().len() + 1];
    let mut children: Vec<Reference> = Vec::new();
    let mut row = vec![FALSE; upper.arity];
    let mut column = Vec::new();
    for node in upper.nodes() {
        children.clear();
        for child in node.iter().filter(|child| **child != FALSE) {
            let place = &mut place_of[*child as usize];
            if *place == usize::MAX {
                *place = children.len();
                children.push(*child);
            }
        }
        let below: Vec<&[Reference]> = children.iter().map(|child| lower.node(*child)).collect();
        let mut columns = Rows::new(children.len());
        let mut made: Vec<Reference> = Vec::new();
        for value in 0..lower.arity {
            column.clear();
            column.extend(below.iter().map(|node| node[value]));
            let number = columns.intern(&column) as usize;
            if number == made.len() {
                for (cell, child) in row.iter_mut().zip(node) {
                    *cell = match *child {
                        FALSE => FALSE,
                        child => column[place_of[child as usize]],
                    };
                }
                made.push(intern(&mut rows, &row));
            }
            swapped.arcs.push(made[number]);
        }
        for child in &children {
            place_of[*child as usize] = usize::MAX;
        }
    }
    *lower = Level {
        variable: upper.variable,
        arity: upper.arity,
        arcs: rows.into_cells(),
    };
    *upper = swapped;
}
