//! Surrogate keys: what a page was made of, as names by which a cache is told what to drop.
//!
//! A key is `kind:name`, in plain ASCII without spaces or commas, so that it stands in any of the
//! headers that caches read. All variants of a route have the keys of all its renderings: a few
//! too many are dropped then, and never one too few.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write,
    sync::Arc,
};

use super::{
    engine::World,
    explore::Explored,
    recorder::{Question, ReadSet, Topic},
};
use crate::{
    digest::Digest,
    model::Store,
    plan::{NOT_FOUND, Route, Subject},
    source::SourceTree,
};

/// A longer key is cut, with the digest of all of it at its end. CloudFront takes the shortest: 256 characters
/// (docs.aws.amazon.com, "What you need to know when invalidating tags"); Netlify and Fastly take 1,024.
const LONGEST: usize = 200;

/// A kind and a name as the sources have it.
type Entity = (&'static str, String);

/// What questions about files are about.
#[derive(Debug, Default)]
pub(super) struct Entities {
    /// By path below the store: the document, collection or product whose text stands there.
    texts: BTreeMap<String, Entity>,
    /// By name of a template: those that it extends or includes, and theirs.
    templates: BTreeMap<String, BTreeSet<String>>,
}

impl Entities {
    /// `templates` are names and texts.
    pub(super) fn of<'a>(
        store: &Store,
        tree: &SourceTree,
        templates: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut texts: BTreeMap<String, Entity> = BTreeMap::new();
        let path = |file| tree.file(file).path.to_string();
        for page in &store.pages {
            let files = page.overrides.iter().map(|own| own.file);
            for file in files.chain([page.file]) {
                texts.insert(path(file), ("page", page.path.to_string()));
            }
        }
        for collection in &store.catalog.collections {
            let of = ("collection", collection.id.clone());
            texts.insert(path(collection.span.file), of);
        }
        let mut products: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for product in &store.catalog.products {
            let of_file = products.entry(path(product.span.file)).or_default();
            of_file.push(&product.id);
        }
        for (path, ids) in products {
            // A table has many products: its texts are the file's.
            if let [id] = ids[..] {
                texts.insert(path, ("product", id.to_owned()));
            }
        }
        Self {
            texts,
            templates: needs(&templates.collect()),
        }
    }
}

/// The other templates that each names in quotes, and those that they name.
fn needs(templates: &BTreeMap<&str, &str>) -> BTreeMap<String, BTreeSet<String>> {
    let named = |text: &str| -> Vec<&str> {
        let quoted = text.split(['"', '\'']);
        let known = quoted.filter_map(|word| templates.get_key_value(word));
        known.map(|(name, _)| *name).collect()
    };
    let direct: BTreeMap<&str, Vec<&str>> = templates
        .iter()
        .map(|(name, text)| (*name, named(text)))
        .collect();
    let mut all = BTreeMap::new();
    for name in templates.keys() {
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![*name];
        while let Some(next) = open.pop() {
            let new = direct[next].iter().filter(|other| found.insert(other));
            open.extend(new);
        }
        found.remove(name);
        let found = found.into_iter().map(str::to_owned).collect();
        all.insert((*name).to_owned(), found);
    }
    all
}

impl World {
    /// The surrogate keys of a route, sorted. `regions` are the keys of the regions in it, which have been
    /// explored, and `facets` the ids of those that were asked for.
    pub fn surrogate_keys<'a>(
        self: &Arc<Self>,
        route: &Route,
        skeleton: &Explored,
        regions: &[Digest],
        facets: impl Iterator<Item = &'a str>,
    ) -> Arc<[Arc<str>]> {
        let own = BTreeSet::from([self.subject_key(route)]);
        self.keys_of(own, &skeleton.reads, regions, facets)
    }

    /// Those of a file that is made of regions.
    pub fn region_keys<'a>(
        self: &Arc<Self>,
        regions: &[Digest],
        facets: impl Iterator<Item = &'a str>,
    ) -> Arc<[Arc<str>]> {
        self.keys_of(BTreeSet::new(), &[], regions, facets)
    }

    fn keys_of<'a>(
        self: &Arc<Self>,
        mut keys: BTreeSet<String>,
        reads: &[Arc<ReadSet>],
        regions: &[Digest],
        facets: impl Iterator<Item = &'a str>,
    ) -> Arc<[Arc<str>]> {
        keys.extend(facets.map(|facet| key("segment", facet)));
        let regions: Vec<Arc<Explored>> = regions
            .iter()
            .filter_map(|region| self.explore_region(*region).ok())
            .collect();
        let explored = regions.iter().flat_map(|region| &region.reads);
        let mut open: Vec<&Arc<ReadSet>> = explored.chain(reads).collect();
        let (mut seen, mut questions) = (HashSet::new(), BTreeSet::new());
        while let Some(reads) = open.pop() {
            if seen.insert(Arc::as_ptr(reads)) {
                questions.extend(reads.own.keys());
                open.extend(&reads.fragments);
            }
        }
        for question in questions {
            self.add_keys(question, &mut keys);
        }
        keys.into_iter().map(|key| self.keep_key(key)).collect()
    }

    /// Most pages share most keys.
    fn keep_key(&self, key: String) -> Arc<str> {
        if let Some(known) = self.keys.get(key.as_str()) {
            return Arc::clone(&known);
        }
        let kept: Arc<str> = key.into();
        self.keys.insert(Arc::clone(&kept));
        kept
    }

    fn subject_key(&self, route: &Route) -> String {
        let catalog = &self.store.catalog;
        match route.subject {
            Subject::Page(place) => key("page", self.store.pages[place].path.as_str()),
            Subject::Product(place) => key("product", &catalog.products[place].id),
            Subject::Collection(place) => key("collection", &catalog.collections[place].id),
            Subject::Collections => key("collections", "all"),
            Subject::Tag(place) => key("tag", &self.plan.tags[place].name),
            Subject::Tags => key("tags", "all"),
            Subject::NotFound => key("page", NOT_FOUND),
        }
    }

    fn add_keys(&self, question: &Question, keys: &mut BTreeSet<String>) {
        let name = question.name.as_str();
        let first = name.split(' ').next().unwrap_or(name);
        let file = |path: &str| match self.entities.texts.get(path) {
            Some((kind, name)) => key(kind, name),
            None => key("file", path),
        };
        let made = match question.topic {
            Topic::Facet => key("segment", name),
            Topic::Product | Topic::Customizer => key("product", name),
            // `run-01`, or `run-01 run-01-black`.
            Topic::Price => key("product", first),
            Topic::Collection => key("collection", name),
            Topic::Collections => key("collections", name),
            // `teams`, or `teams lions`.
            Topic::List => key("list", first),
            Topic::Page => key("page", name),
            Topic::Products => match name
                .split(' ')
                .find_map(|it| it.strip_prefix("collection="))
            {
                Some(id) => key("collection", id),
                None => key("products", &query(name)),
            },
            Topic::Pages => key("pages", &query(name)),
            Topic::Tags if name == "all" => key("tags", name),
            Topic::Tags => key("tag", name),
            Topic::Body | Topic::File => file(name),
            // Who names a picture is among the keys, and a picture for each card would double their number.
            Topic::Picture => return,
            Topic::Template => {
                let others = self.entities.templates.get(name).into_iter().flatten();
                keys.extend(others.map(|other| template(other)));
                template(name)
            }
        };
        keys.insert(made);
    }
}

fn template(name: &str) -> String {
    key("template", name.strip_suffix(".html").unwrap_or(name))
}

/// What a list was asked by, without how much of it is shown.
fn query(described: &str) -> String {
    let words = described
        .split(' ')
        .filter(|word| !word.starts_with("limit=") && !word.is_empty());
    let words: Vec<&str> = words.collect();
    if words.is_empty() {
        "all".to_owned()
    } else {
        words.join("+")
    }
}

/// A key, with escapes as in URLs for what must not stand in one.
fn key(kind: &str, name: &str) -> String {
    let mut key = format!("{kind}:");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/=+@".contains(&byte) {
            key.push(byte.into());
        } else {
            let _ = write!(key, "%{byte:02X}");
        }
    }
    if key.len() > LONGEST {
        let digest = Digest::of(key.as_bytes()).short();
        key.truncate(LONGEST - digest.len() - 1);
        key = format!("{key}~{digest}");
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_plain_whatever_names_are_made_of() {
        assert_eq!(key("tag", "Größe, neu*"), "tag:Gr%C3%B6%C3%9Fe%2C%20neu%2A");
        let (long, other) = ("x".repeat(900), "x".repeat(901));
        assert_eq!(key("file", &long).len(), LONGEST);
        assert_ne!(key("file", &long), key("file", &other));
    }

    #[test]
    fn queries_are_named_without_their_limit() {
        assert_eq!(query("tag=wool limit=4"), "tag=wool");
        assert_eq!(query("tag=hand made limit=4"), "tag=hand+made");
        assert_eq!(query("limit=4"), "all");
    }

    #[test]
    fn a_template_needs_what_it_names_and_what_that_names() {
        let texts = BTreeMap::from([
            ("base.html", "{% include \"head.html\" %}"),
            ("head.html", ""),
            ("page.html", "{% extends 'base.html' %}<a title=\"it's\">"),
            ("self.html", "{% include \"self.html\" %}"),
        ]);
        let needs = needs(&texts);
        let names = |name: &str| needs[name].iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(names("page.html"), "base.html head.html");
        assert_eq!(names("base.html"), "head.html");
        assert_eq!(names("self.html"), "");
    }
}
