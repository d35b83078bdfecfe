//! Surrogate keys for caches that know them: which each path has, within what a platform takes.
//!
//! A list that is too long for its header loses names, and never what they stand for: the kind of which
//! it has most becomes one broad key, `product:*`. Whoever purges a key of a kind purges the broad
//! key of that kind too, so nothing that a cache keeps is out of reach.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
};

use serde_json::json;

use super::{Deployment, conditions};

/// What a platform takes in one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// Between two keys.
    pub(super) separator: &'static str,
    /// Of the header's value.
    pub(super) bytes: usize,
    /// How many keys.
    pub(super) keys: usize,
}

/// `Surrogate-Key` and `xkey` from nginx. Its parser takes parameters of at most 4,096 bytes with their quotes (measured
/// with 1.22: "too long parameter"), and proxies keep headers of an answer in 4 KB by default (`proxy_buffer_size`).
/// Less than Fastly takes, which is 16,384 bytes (fastly.com, "Working with surrogate keys"), and Varnish
/// (`http_resp_hdr_len`, 8 KB).
pub(super) const NGINX: Limit = Limit {
    separator: " ",
    bytes: 3_600,
    keys: usize::MAX,
};
/// `Cache-Tag`: 16 KB, 1,000 tags (developers.cloudflare.com, "Purge cache by cache-tags").
pub(super) const CLOUDFLARE: Limit = Limit {
    separator: ",",
    bytes: 16_000,
    keys: 1_000,
};
/// `Netlify-Cache-Tag`: 500 tags of 1,024 characters (docs.netlify.com, "Caching", "Cache tags"). Headers of 16 KB get
/// through whatever is in front.
pub(super) const NETLIFY: Limit = Limit {
    separator: ",",
    bytes: 16_000,
    keys: 500,
};

/// The keys of every page, within a limit.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// By public path, sorted.
    pub(super) keys: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Broad keys, and on how many pages each is.
    pub(super) broad: BTreeMap<Arc<str>, usize>,
}

impl Pages {
    /// The pages of a site. The page for what does not exist is left out, since it may not be kept.
    pub(super) fn of(deployment: &Deployment, limit: Limit) -> Self {
        Self::of_those(deployment, limit, |file| !file.starts_with("_haberdash/"))
    }

    /// The same with regions, for a cache that keeps each by itself.
    pub(super) fn with_regions(deployment: &Deployment, limit: Limit) -> Self {
        Self::of_those(deployment, limit, |_| true)
    }

    fn of_those(deployment: &Deployment, limit: Limit, is_wanted: fn(&str) -> bool) -> Self {
        let mut pages = Self::default();
        let missing = crate::plan::NOT_FOUND.trim_start_matches('/');
        for (file, entry) in &deployment.manifest.files {
            let is_variant = file.starts_with("_v/");
            if entry.keys.is_empty() || is_variant || file == missing || !is_wanted(file) {
                continue;
            }
            let folder = file.strip_suffix("index.html");
            let folder = folder.filter(|it| it.is_empty() || it.ends_with('/'));
            let keys = within(&entry.keys, limit);
            for key in keys.iter().filter(|key| key.ends_with(":*")) {
                *pages.broad.entry(Arc::clone(key)).or_default() += 1;
            }
            let path = format!("/{}", folder.unwrap_or(file));
            pages.keys.insert(path, keys);
        }
        pages
    }

    /// Broad keys and their numbers of pages, for people.
    pub(super) fn describe_broad(&self) -> String {
        if self.broad.is_empty() {
            return "In this build no list is that long.".to_owned();
        }
        let list = self.broad.iter().map(|(key, pages)| match pages {
            1 => format!("`{key}` on 1 page"),
            pages => format!("`{key}` on {pages} pages"),
        });
        let list: Vec<String> = list.collect();
        format!("In this build: {}.", list.join(", "))
    }
}

/// The keys themselves, or as many broad ones as it takes for the rest to fit.
pub(super) fn within(keys: &[Arc<str>], limit: Limit) -> BTreeSet<Arc<str>> {
    let mut keys: BTreeSet<Arc<str>> = keys.iter().cloned().collect();
    loop {
        let separators = keys.len().saturating_sub(1) * limit.separator.len();
        let bytes = keys.iter().map(|key| key.len()).sum::<usize>() + separators;
        if bytes <= limit.bytes && keys.len() <= limit.keys {
            return keys;
        }
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for key in keys.iter().filter(|key| !key.ends_with(":*")) {
            *kinds.entry(kind(key)).or_default() += 1;
        }
        let Some((largest, _)) = kinds.into_iter().max_by_key(|(_, members)| *members) else {
            return keys;
        };
        let broad: Arc<str> = format!("{largest}:*").into();
        let largest = largest.to_owned();
        keys.retain(|key| kind(key) != largest);
        keys.insert(broad);
    }
}

fn kind(key: &str) -> &str {
    key.split(':').next().unwrap_or(key)
}

/// The lines of a map of nginx from a path to its keys. Keys of maps ignore the case of letters, so a path with capitals
/// is a pattern, and is looked up with `!` before it.
pub(super) fn map_lines(pages: &Pages, limit: Limit) -> String {
    let mut lines = String::new();
    for (path, keys) in &pages.keys {
        let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
        let keys = keys.join(limit.separator);
        let _ = if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            writeln!(lines, "\"~^!{}$\" \"{keys}\";", conditions::literal(path))
        } else {
            writeln!(lines, "{path} \"{keys}\";")
        };
    }
    lines
}

/// What a map of such lines needs to be told of its size: the most entries and the longest, in bytes.
pub(super) fn map_sizes(pages: &Pages) -> (usize, usize) {
    let longest = pages.keys.keys().map(String::len).max().unwrap_or(0) + 32;
    let largest = (pages.keys.len() * 2).next_power_of_two();
    (largest.max(2048), longest.next_multiple_of(64).max(128))
}

/// The same as a module for edges that run JavaScript: `keysOf(path)` is the header's value, if there are any.
pub(super) fn module(pages: &Pages, limit: Limit) -> String {
    // Keys that are always together are one entry.
    let mut on: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, keys) in pages.keys.values().enumerate() {
        for key in keys {
            on.entry(key).or_default().push(place);
        }
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<&str>> = BTreeMap::new();
    for (key, places) in on {
        groups.entry(places).or_default().push(key);
    }
    // Entries on most pages have the shortest numbers.
    let mut groups: Vec<(Vec<usize>, Vec<&str>)> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.1.cmp(&b.1)));
    let mut lists: Vec<Vec<usize>> = vec![Vec::new(); pages.keys.len()];
    let mut entries = String::new();
    for (number, (places, keys)) in groups.iter().enumerate() {
        let _ = writeln!(entries, "  {},", json!(keys.join(limit.separator)));
        for place in places {
            lists[*place].push(number);
        }
    }
    let mut paths = String::new();
    for (path, list) in pages.keys.keys().zip(lists) {
        let _ = writeln!(paths, "  {}: {},", json!(path), json!(list));
    }
    format!(
        "// What each page was made of, for purging: made by haberdash; do not edit.\n\n\
         // Keys that are always together.\nconst KEYS = [\n{entries}];\n\n\
         // Places in KEYS, by path.\nconst PAGES = {{\n  __proto__: null,\n{paths}}};\n\n\
         // The value of the header, or nothing.\nexport function keysOf(path) {{\n  const places = PAGES[path];\n  \
         return places && places.map((place) => KEYS[place]).join('{}');\n}}\n",
        limit.separator
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limit = Limit {
        separator: " ",
        bytes: 40,
        keys: 5,
    };

    fn collapsed(keys: &str, limit: Limit) -> String {
        let keys: Vec<Arc<str>> = keys.split(' ').map(Arc::from).collect();
        let keys: Vec<Arc<str>> = within(&keys, limit).into_iter().collect();
        keys.join(" ")
    }

    #[test]
    fn a_list_that_fits_stays_as_it_is() {
        for keys in ["", "product:a product:b template:card"] {
            assert_eq!(collapsed(keys, SMALL), keys);
        }
    }

    #[test]
    fn the_kind_with_most_members_becomes_one_broad_key() {
        let too_long = "page:/a/ product:aaaaaaaaaa product:bbbbbbbbbb template:c";
        assert_eq!(collapsed(too_long, SMALL), "page:/a/ product:* template:c");
        let too_many = "a:1 a:2 b:1 b:2 b:3 c:1";
        assert_eq!(collapsed(too_many, SMALL), "a:1 a:2 b:* c:1");
    }

    #[test]
    fn other_kinds_follow_until_the_rest_fits() {
        let limit = Limit { bytes: 12, ..SMALL };
        assert_eq!(
            collapsed("a:11 a:12 a:13 b:11 b:12 c:1", limit),
            "a:* b:* c:1"
        );
        // Nothing more can be done for a header as short as that.
        let limit = Limit { bytes: 2, ..SMALL };
        assert_eq!(collapsed("a:1 b:1", limit), "a:* b:*");
    }

    #[test]
    fn whatever_is_collapsed_every_kind_is_still_there() {
        let keys: Vec<String> = (0..3000).map(|n| format!("k{}:{n}", n % 7)).collect();
        for limit in [NGINX, CLOUDFLARE, NETLIFY] {
            let some: Vec<Arc<str>> = keys.iter().map(|key| key.as_str().into()).collect();
            let left = within(&some, limit);
            assert!(left.len() <= limit.keys);
            let value: Vec<&str> = left.iter().map(|key| &**key).collect();
            assert!(value.join(limit.separator).len() <= limit.bytes);
            for key in &some {
                let broad = format!("{}:*", kind(key));
                assert!(left.contains(key) || left.contains(broad.as_str()), "{key}");
            }
        }
    }
}
