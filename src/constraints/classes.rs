//! Classes: values that may stand for one another.
//!
//! Two values of a variable are interchangeable if they lead from every node to the same
//! node. Diagrams have one arc for each class, however many values a class has.

use super::{
    Value,
    diagram::{FALSE, Level},
    rows::Rows,
};

/// The class of each value of a variable, from one; zero is a dead value, which has no arc.
pub(super) type Classes = Vec<Value>;

/// Gives a level one arc for each different column of arcs. Returns the class of each
/// former arc.
pub(super) fn merge(level: &mut Level) -> Classes {
    let nodes = level.nodes().len();
    let mut columns = Rows::new(nodes);
    let mut kept = Vec::new();
    let mut column = vec![FALSE; nodes];
    let classes = (0..level.arity)
        .map(|arc| {
            for (cell, node) in column.iter_mut().zip(level.nodes()) {
                *cell = node[arc];
            }
            if column.iter().all(|child| *child == FALSE) {
                return 0;
            }
            let known = columns.len();
            let class = columns.intern(&column);
            if columns.len() > known {
                kept.push(arc);
            }
            class as Value + 1
        })
        .collect();
    level.arcs = level
        .nodes()
        .flat_map(|node| kept.iter().map(|arc| node[*arc]))
        .collect();
    level.arity = kept.len();
    classes
}

/// The classes of values of classes: where `inner` is dead, so is the value.
pub(super) fn compose(outer: &[Value], inner: &[Value]) -> Classes {
    let inner = |class: &Value| match class {
        0 => 0,
        class => inner[usize::from(*class) - 1],
    };
    outer.iter().map(inner).collect()
}

/// How many classes have values.
pub(super) fn count(classes: &[Value]) -> usize {
    usize::from(classes.iter().copied().max().unwrap_or(0))
}

/// The coarsest classes in which values share a class only if they do so in each of
/// `parts`; a value that is dead in one is dead.
pub(super) fn refined(values: usize, parts: impl IntoIterator<Item = Classes>) -> Classes {
    let mut refined: Classes = vec![1; values];
    for part in parts {
        let mut pairs = Rows::new(2);
        for (class, other) in refined.iter_mut().zip(part) {
            *class = match (*class, other) {
                (0, _) | (_, 0) => 0,
                (class, other) => pairs.intern(&[class.into(), other.into()]) as Value + 1,
            };
        }
    }
    refined
}
