//! What caches must drop when one build follows another.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::Manifest;
use crate::{digest::Digest, routing::RoutingTable};

/// A route: the digests of its variants, by their files, and of its parts; and its keys.
type Route<'a> = (BTreeMap<&'a str, Digest>, &'a [Arc<str>]);

/// Surrogate keys, sorted, of which every page that is gone or not as it was has at least one. A page
/// that is as it was has none of them, where that can be had. With each key goes the broad one of
/// its kind, `product:*`, which stands for it where a list is too long for its header.
pub fn purge(old: (&Manifest, &RoutingTable), new: (&Manifest, &RoutingTable)) -> Vec<String> {
    let (before, after) = (routes(old.0), routes(new.0));
    // How many pages that stay have a key, and which pages that do not.
    let mut staying: BTreeMap<&str, usize> = BTreeMap::new();
    let mut stale: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, (variants, keys)) in &before {
        let is_same = after.get(path).is_some_and(|(now, _)| now == variants);
        for key in *keys {
            if is_same {
                *staying.entry(key).or_default() += 1;
            } else {
                stale.entry(key).or_default().push(path);
            }
        }
    }
    // Of all keys the one that costs least, then the one that drops most, until all is dropped. Of
    // keys that are only where something changed the template's tells most.
    let rank = |key: &str, left: usize| {
        let cost = staying.get(key).copied().unwrap_or_default();
        let is_other = cost > 0 || !key.starts_with("template:");
        (cost, Reverse(left), is_other)
    };
    let mut left: BTreeMap<&str, usize> = stale.iter().map(|(key, of)| (*key, of.len())).collect();
    let mut order: BTreeSet<_> = left
        .iter()
        .map(|(key, of)| (rank(key, *of), *key))
        .collect();
    let mut chosen: Vec<&str> = Vec::new();
    // By how many of the chosen keys each page is dropped.
    let mut dropped: BTreeMap<&str, usize> = BTreeMap::new();
    while let Some((_, key)) = order.pop_first() {
        chosen.push(key);
        for page in &stale[key] {
            let times = dropped.entry(page).or_default();
            *times += 1;
            if *times > 1 {
                continue;
            }
            for other in before[page].1 {
                let left = left.get_mut(&**other).expect("the page is stale");
                order.remove(&(rank(other, *left), &**other));
                *left -= 1;
                if *left > 0 && **other != *key {
                    order.insert((rank(other, *left), other));
                }
            }
        }
    }
    // Early choices may drop nothing that later ones do not.
    chosen.retain(|key| {
        let is_needed = stale[key].iter().any(|page| dropped[page] == 1);
        if !is_needed {
            for page in &stale[key] {
                *dropped.entry(page).or_default() -= 1;
            }
        }
        is_needed
    });
    // Who is in a segment may change though no page does.
    let mut keys: BTreeSet<String> = changed_facets(old.1, new.1);
    keys.extend(chosen.into_iter().map(str::to_owned));
    let broad: Vec<String> = keys
        .iter()
        .filter_map(|key| Some(format!("{}:*", key.split_once(':')?.0)))
        .collect();
    keys.extend(broad);
    keys.into_iter().collect()
}

fn routes(manifest: &Manifest) -> BTreeMap<&str, Route<'_>> {
    let mut routes: BTreeMap<&str, Route<'_>> = BTreeMap::new();
    for (file, entry) in &manifest.files {
        if !entry.keys.is_empty() {
            let mut variants = BTreeMap::from([(file.as_str(), entry.digest)]);
            variants.extend(entry.parts.map(|parts| ("", parts)));
            routes.insert(file, (variants, &entry.keys));
        }
    }
    for (file, entry) in &manifest.files {
        // `_v/<folder>/<label>/shop/run-01/index.html`
        let variant = file
            .strip_prefix("_v/")
            .and_then(|rest| rest.splitn(3, '/').nth(2));
        if let Some(route) = variant.and_then(|default| routes.get_mut(default)) {
            route.0.insert(file, entry.digest);
        }
    }
    routes
}

fn changed_facets(old: &RoutingTable, new: &RoutingTable) -> BTreeSet<String> {
    let changed = old
        .facets
        .iter()
        .filter(|facet| !new.facets.contains(facet));
    changed
        .map(|facet| format!("segment:{}", facet.id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Entry;

    /// `path digest-of keys…`, a line each.
    fn manifest(lines: &str) -> Manifest {
        let mut manifest = Manifest::default();
        for line in lines.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [path, content, keys @ ..] = &words[..] else {
                continue;
            };
            let digest = Digest::of(content.as_bytes());
            let mut entry = Entry::new(path, content.as_bytes(), digest, false);
            entry.keys = keys.iter().map(|key| Arc::from(*key)).collect();
            manifest.files.insert((*path).to_owned(), entry);
        }
        manifest
    }

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let table = RoutingTable::default();
        let keys = purge((&manifest(old), &table), (&manifest(new), &table));
        assert_eq!(keys.join(" "), expected);
    }

    const OLD: &str = "\
        a.html 1 page:/a template:base\n\
        list.html 1 collection:all product:x product:y template:base\n\
        x.html 1 product:x template:base template:product\n\
        y.html 1 product:y template:base template:product\n\
        app.js 1\n";

    #[test]
    fn nothing_is_purged_if_nothing_changed() {
        check(OLD, OLD, "");
        check(OLD, &OLD.replace("app.js 1", "app.js 2"), "");
    }

    #[test]
    fn one_product_is_purged_wherever_it_is_shown() {
        let new = OLD
            .replace("list.html 1", "list.html 2")
            .replace("x.html 1", "x.html 2");
        check(OLD, &new, "product:* product:x");
    }

    #[test]
    fn a_key_that_others_make_needless_is_left_out() {
        // `file:a` costs nothing and is taken first; `product:x` is needed, and drops the same page.
        let old = "a.html 1 file:a product:x\nb.html 1 product:x\nc.html 1 product:x\n";
        let new = old
            .replace("a.html 1", "a.html 2")
            .replace("b.html 1", "b.html 2");
        check(old, &new, "product:* product:x");
    }

    #[test]
    fn a_template_is_purged_as_one_key() {
        let new = OLD.replace("html 1", "html 2");
        check(OLD, &new, "template:* template:base");
        let new = OLD
            .replace("x.html 1", "x.html 2")
            .replace("y.html 1", "y.html 2");
        check(OLD, &new, "template:* template:product");
    }

    #[test]
    fn pages_that_are_gone_or_have_another_variant_are_purged() {
        let gone = OLD.replace("a.html 1 page:/a template:base", "");
        check(OLD, &gone, "page:* page:/a");
        let variant = format!("{OLD}_v/open/team.lions/a.html 3\n");
        check(OLD, &variant, "page:* page:/a");
        check(
            &variant,
            &variant.replace("a.html 3", "a.html 4"),
            "page:* page:/a",
        );
    }

    #[test]
    fn a_page_whose_parts_changed_is_purged() {
        let mut new = manifest(OLD);
        let parts = |text: &str| Some(Digest::of(text.as_bytes()));
        let mut old = new.clone();
        old.files.get_mut("a.html").unwrap().parts = parts("1");
        new.files.get_mut("a.html").unwrap().parts = parts("2");
        let table = RoutingTable::default();
        let keys = purge((&old, &table), (&new, &table));
        assert_eq!(keys.join(" "), "page:* page:/a");
        assert!(purge((&old, &table), (&old, &table)).is_empty());
    }

    #[test]
    fn a_page_whose_keys_are_all_on_others_is_purged_with_the_fewest_of_them() {
        let new = OLD.replace("y.html 1", "y.html 2");
        // `product:y` is on the list too, `template:product` on the other product.
        check(OLD, &new, "product:* product:y");
    }
}
