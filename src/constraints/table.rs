//! A table of tuples as a diagram: a trie, shared from its leaves up.

use super::{
    Value,
    classes::Classes,
    diagram::{Diagram, FALSE, Level, Reference, intern},
    problem::Table,
    rows::Rows,
    small::Frame,
};

/// The diagram of a table. Values that no tuple has are dead.
pub(super) fn diagram(table: &Table, frame: &Frame) -> (Diagram, Vec<Classes>) {
    let columns: Vec<usize> = (frame.scope.iter())
        .map(|variable| table.scope.iter().position(|v| v == variable))
        .map(|column| column.expect("a frame has the scope of its rule"))
        .collect();
    let mut classes: Vec<Classes> = (frame.values.iter()).map(|count| vec![0; *count]).collect();
    for (classes, column) in classes.iter_mut().zip(&columns) {
        for tuple in &table.tuples {
            classes[usize::from(tuple[*column])] = 1;
        }
        let mut known = 0;
        for class in classes.iter_mut().filter(|class| **class != 0) {
            known += 1;
            *class = known;
        }
    }
    let row = |tuple: &Vec<Value>| -> Vec<Value> {
        let cells = columns.iter().zip(&classes);
        cells
            .map(|(column, classes)| classes[usize::from(tuple[*column])])
            .collect()
    };
    let mut tuples: Vec<Vec<Value>> = table.tuples.iter().map(row).collect();
    tuples.sort_unstable();
    tuples.dedup();
    let arities = classes.iter().map(|classes| super::classes::count(classes));
    let mut levels: Vec<Rows> = arities.map(Rows::new).collect();
    let root = trie(&mut levels, 0, &tuples);
    let levels = levels.into_iter().zip(&frame.scope).zip(&classes);
    let levels = levels.map(|((rows, variable), classes)| Level {
        variable: *variable,
        arity: super::classes::count(classes),
        arcs: rows.into_cells(),
    });
    let diagram = Diagram {
        levels: levels.collect(),
        root,
    };
    (diagram, classes)
}

/// The node for sorted tuples that agree above a level.
fn trie(levels: &mut [Rows], at: usize, tuples: &[Vec<Value>]) -> Reference {
    if tuples.is_empty() {
        return FALSE;
    }
    if at == levels.len() {
        return 1;
    }
    let mut arcs = vec![FALSE; levels[at].width()];
    for group in tuples.chunk_by(|a, b| a[at] == b[at]) {
        arcs[usize::from(group[0][at]) - 1] = trie(levels, at + 1, group);
    }
    intern(&mut levels[at], &arcs)
}
