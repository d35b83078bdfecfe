use proptest::prelude::*;

use super::*;

const DOMAINS: [u16; 4] = [2, 3, 2, 4];

/// All full assignments of the test's variables.
fn assignments() -> Vec<[u16; 4]> {
    let mut all = Vec::new();
    for a in 0..DOMAINS[0] {
        for b in 0..DOMAINS[1] {
            for c in 0..DOMAINS[2] {
                for d in 0..DOMAINS[3] {
                    all.push([a, b, c, d]);
                }
            }
        }
    }
    all
}

/// A function as one box for each assignment.
fn from_values(diagrams: &mut Diagrams, values: &[u32]) -> NodeId {
    let boxes: Vec<(Box_, u32)> = assignments()
        .iter()
        .zip(values)
        .map(|(assignment, value)| {
            let sets = assignment.iter().enumerate();
            (
                sets.map(|(v, value)| (v as Variable, ValueSet::single(*value)))
                    .collect(),
                *value,
            )
        })
        .collect();
    diagrams.of_boxes(&boxes)
}

fn values(diagrams: &Diagrams, root: NodeId) -> Vec<u32> {
    assignments()
        .iter()
        .map(|a| diagrams.evaluate(root, |v| a[usize::from(v)]))
        .collect()
}

fn any_values() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(0_u32..4, 48)
}

proptest! {
    #[test]
    fn a_diagram_has_the_values_of_its_boxes(wanted in any_values()) {
        let mut diagrams = Diagrams::new(DOMAINS.to_vec());
        let root = from_values(&mut diagrams, &wanted);
        prop_assert_eq!(values(&diagrams, root), wanted);
    }

    #[test]
    fn equal_functions_have_equal_nodes(wanted in any_values()) {
        let mut diagrams = Diagrams::new(DOMAINS.to_vec());
        let root = from_values(&mut diagrams, &wanted);
        let paths = diagrams.paths(root);
        prop_assert_eq!(diagrams.of_boxes(&paths), root);
    }

    #[test]
    fn apply_combines_value_by_value(a in any_values(), b in any_values()) {
        let mut diagrams = Diagrams::new(DOMAINS.to_vec());
        let (left, right) = (from_values(&mut diagrams, &a), from_values(&mut diagrams, &b));
        let root = diagrams.apply(left, right, &mut |a, b| a * 10 + b);
        let wanted: Vec<u32> = a.iter().zip(&b).map(|(a, b)| a * 10 + b).collect();
        prop_assert_eq!(values(&diagrams, root), wanted);
    }

    #[test]
    fn compose_replaces_terminals_by_functions(
        outer in any_values(),
        inner in proptest::collection::vec(any_values(), 4),
    ) {
        let mut diagrams = Diagrams::new(DOMAINS.to_vec());
        let root = from_values(&mut diagrams, &outer);
        let inners: Vec<NodeId> =
            inner.iter().map(|values| from_values(&mut diagrams, values)).collect();
        let composed = diagrams.compose(root, &mut |_, value| inners[value as usize]);
        let wanted: Vec<u32> =
            outer.iter().enumerate().map(|(at, value)| inner[*value as usize][at]).collect();
        prop_assert_eq!(values(&diagrams, composed), wanted);
    }
}

#[test]
fn a_variable_that_does_not_matter_is_not_tested() {
    let mut diagrams = Diagrams::new(DOMAINS.to_vec());
    let both = |value| ValueSet::single(value);
    let boxes = vec![
        (vec![(0, both(0)), (1, ValueSet::full(3))], 7),
        (vec![(0, both(1)), (2, both(0))], 8),
        (vec![(0, both(1)), (2, both(1))], 8),
    ];
    let root = diagrams.of_boxes(&boxes);
    assert_eq!(diagrams.paths(root).len(), 2);
}

#[test]
fn sets_with_the_same_values_are_equal() {
    let mut set: ValueSet = [1, 70].into_iter().collect();
    set = set.difference(&ValueSet::single(70));
    assert_eq!(set, ValueSet::single(1));
    assert_eq!(ValueSet::full(130).len(), 130);
    assert_eq!(
        ValueSet::full(3)
            .intersection(&[2, 9].into_iter().collect())
            .first(),
        Some(2)
    );
    assert!(ValueSet::default().is_empty());
}
