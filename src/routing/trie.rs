//! Fewest entries for a map from paths to diagrams.
//!
//! The trie's nodes are path prefixes. An entry at a prefix holds for all below it that has no
//! entry of its own. Two passes, as in the optimal routing table constructor (ORTC, Draves,
//! King, Venkatachary, Zill 1999), for trees with any number of children: bottom up, each
//! node's candidates are the values that most of its children can do with; top down, a node
//! whose inherited value is among its candidates needs no entry. Paths that do not exist may get any value.

use std::collections::BTreeMap;

#[derive(Default)]
struct Node {
    /// The value of the path that ends here.
    own: Option<u32>,
    children: BTreeMap<String, Node>,
    candidates: Vec<u32>,
}

/// Exact entries and prefix entries that together give each path its value.
pub(super) fn compress<'a>(
    paths: impl IntoIterator<Item = (&'a str, u32)>,
    default: u32,
) -> (BTreeMap<String, u32>, BTreeMap<String, u32>) {
    let mut root = Node::default();
    let mut is_file = std::collections::BTreeSet::new();
    for (path, target) in paths {
        let mut at = &mut root;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            at = at.children.entry(part.to_owned()).or_default();
        }
        at.own = Some(target);
        if !path.ends_with('/') {
            is_file.insert(path.to_owned());
        }
    }
    collect_candidates(&mut root);
    let (mut exact, mut prefixes) = (BTreeMap::new(), BTreeMap::new());
    assign(&root, "/", default, &is_file, &mut exact, &mut prefixes);
    (exact, prefixes)
}

fn collect_candidates(node: &mut Node) {
    let mut votes: BTreeMap<u32, usize> = BTreeMap::new();
    for child in node.children.values_mut() {
        collect_candidates(child);
        for candidate in &child.candidates {
            *votes.entry(*candidate).or_default() += 1;
        }
    }
    if let Some(own) = node.own {
        *votes.entry(own).or_default() += 1;
    }
    let most = votes.values().copied().max().unwrap_or_default();
    node.candidates = votes
        .into_iter()
        .filter(|(_, count)| *count == most)
        .map(|(target, _)| target)
        .collect();
}

fn assign(
    node: &Node,
    prefix: &str,
    inherited: u32,
    is_file: &std::collections::BTreeSet<String>,
    exact: &mut BTreeMap<String, u32>,
    prefixes: &mut BTreeMap<String, u32>,
) {
    let path = prefix
        .strip_suffix('/')
        .filter(|path| is_file.contains(*path))
        .unwrap_or(prefix);
    let mut value = inherited;
    if let Some(best) = node.candidates.first()
        && !node.candidates.contains(&inherited)
    {
        value = *best;
        // A prefix entry of a leaf would hold for nothing but the leaf.
        if node.children.is_empty() {
            exact.insert(path.to_owned(), value);
        } else {
            prefixes.insert(prefix.to_owned(), value);
        }
    }
    if let Some(own) = node.own.filter(|own| *own != value) {
        exact.insert(path.to_owned(), own);
    }
    for (part, child) in &node.children {
        assign(
            child,
            &format!("{prefix}{part}/"),
            value,
            is_file,
            exact,
            prefixes,
        );
    }
}
