//! A store in a string, built, and looked at.

use std::{collections::BTreeMap, convert::Infallible, path::Path, sync::Arc};

use haberdash::{
    BuildOptions, Built, Decision, Keys, Memory, PictureCache, Request, SourceTree, build,
    put_together, resolve,
};

/// The time of all requests, in seconds since 1970.
const TIME: i64 = 1_780_000_000;

/// The time of all builds that do not say another.
pub const NOW: &str = "2026-06-01T12:00:00Z";

/// The least that a store needs: a configuration, a theme with bare templates, and a home page.
pub const BARE: &str = "\
-- haberdash.yaml --
site: shop
title: Shop
base-url: https://shop.example
currency: EUR
keys:
  - { id: k1, env: SHOP_KEY }
  - { id: k0, env: SHOP_OLD_KEY }
-- content/index.md --
---
title: Home
---
Welcome.
-- themes/default/templates/page.html --
<!doctype html><title>{{ page.title }}</title><main>{{ body() }}</main>
-- themes/default/templates/section.html --
<!doctype html><title>{{ page.title }}</title>{% for p in pages %}<a href=\"{{ p.path }}\">{{ p.title }}</a>{% endfor %}
-- themes/default/templates/tag.html --
<!doctype html><title>{{ tag.name }}</title>{% for p in pages %}<a href=\"{{ p.path }}\">{{ p.title }}</a>{% endfor %}
-- themes/default/templates/tags.html --
<!doctype html><title>Tags</title>{% for t in tags %}<a href=\"{{ t.path }}\">{{ t.name }} ({{ t.count }})</a>{% endfor %}
-- themes/default/templates/product.html --
<!doctype html><title>{{ product.title }}</title>{% set p = price(product=product.id) %}<b>{% if p %}{{ p.text }}{% endif %}</b>{{ body() }}
-- themes/default/templates/collection.html --
<!doctype html><title>{{ collection.title }}</title>{% for id in products %}{{ fragment(name=\"card\", product=id) }}{% endfor %}
-- themes/default/templates/collections.html --
<!doctype html><title>Collections</title>{% for c in collections %}<a href=\"{{ c.path }}\">{{ c.title }}</a>{% endfor %}
-- themes/default/fragments/card.html --
{% set p = product(id=product) %}{% set c = price(product=p.id) %}<a href=\"{{ p.path }}\">{{ p.title }} {% if c %}{{ c.text }}{% endif %}</a>
";

/// A facet whose segments come from a cookie of its own name.
pub fn facet(id: &str, segments: &[&str], default: &str) -> String {
    let list: Vec<String> = segments
        .iter()
        .map(|id| format!("  - id: {id}\n"))
        .collect();
    format!(
        "-- segments/{id}.yaml --\nfacet: {id}\ndefault: {default}\nfrom: {{ cookie: hb_{id} }}\nsegments:\n{}",
        list.concat()
    )
}

/// A site that was built in memory.
#[derive(Debug)]
pub struct Site {
    pub built: Built,
    pub files: BTreeMap<String, Vec<u8>>,
    pub tree: Arc<SourceTree>,
}

/// Builds the bare store with more files. A file that is in both is as in `more`.
pub fn site(more: &str) -> Site {
    site_at(more, NOW)
}

/// The same with a line more in its configuration.
pub fn configured(line: &str, more: &str) -> Site {
    let configuration = BARE.split("-- content/").next().unwrap();
    site(&format!("{configuration}{line}\n{more}"))
}

pub fn site_at(more: &str, now: &str) -> Site {
    build_tree(SourceTree::from_fixture(&format!("{BARE}{more}")), now)
}

/// Builds the bare store with more files, some of which are not text.
pub fn site_with(more: &str, files: &[(&str, Vec<u8>)]) -> Site {
    build_with(more, files, &haberdash::NoPictures)
}

/// As [`site_with`], with pictures that earlier builds made. Attributes stay in their order: the pages
/// are not minified.
pub fn build_with(more: &str, files: &[(&str, Vec<u8>)], pictures: &dyn PictureCache) -> Site {
    let fixture = SourceTree::from_fixture(&format!("{BARE}{more}"));
    let texts = fixture
        .iter()
        .map(|(_, file)| (file.path.to_string(), file.bytes.to_vec()));
    let others = files
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.clone()));
    let tree = SourceTree::from_files(texts.chain(others));
    build_tree_with(tree, NOW, pictures, false)
}

pub fn build_tree(tree: SourceTree, now: &str) -> Site {
    build_tree_with(tree, now, &haberdash::NoPictures, true)
}

fn build_tree_with(
    tree: SourceTree,
    now: &str,
    pictures: &dyn PictureCache,
    minifies: bool,
) -> Site {
    let tree = Arc::new(tree);
    let memory = Memory::default();
    let options = BuildOptions {
        now: now.parse().unwrap(),
        keys: &|store, _| Keys::development(&store.config.site, Some("k1")),
        minifies,
        precompresses: None,
        targets: None,
        pictures,
        progress: &|_, _, _| {},
    };
    let built = build(&tree, &options, &memory).unwrap();
    Site {
        built,
        files: memory.into_files(),
        tree,
    }
}

impl Site {
    /// The text of a file.
    #[track_caller]
    pub fn text(&self, path: &str) -> &str {
        let bytes = self.files.get(path).unwrap_or_else(|| {
            panic!(
                "no {path} in {:#?}\n{:#?}",
                self.files.keys(),
                self.built.diagnostics
            )
        });
        std::str::from_utf8(bytes).unwrap()
    }

    /// Every problem as `code path:line`.
    pub fn problems(&self) -> Vec<String> {
        self.built
            .diagnostics
            .iter()
            .map(|d| {
                let place = d.span.map_or_else(String::new, |span| {
                    let file = self.tree.file(span.file);
                    let before = &file.bytes[..(span.start as usize).min(file.bytes.len())];
                    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
                    format!(" {}:{line}", file.path)
                });
                format!("{}{place}", d.code.name())
            })
            .collect()
    }

    #[track_caller]
    pub fn expect_no_problems(self) -> Self {
        assert_eq!(self.problems(), [""; 0], "{:#?}", self.built.diagnostics);
        self
    }

    /// What a visitor with segments (`facet=segment …`) gets at a path.
    #[track_caller]
    pub fn shown(&self, path: &str, visitor: &str) -> String {
        let overrides: BTreeMap<String, String> = visitor
            .split_whitespace()
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(facet, segment)| (facet.to_owned(), segment.to_owned()))
            .collect();
        let request = Request::get(path);
        let decision = self.decide(&request, &overrides);
        let text = self.text(decision.file.as_deref().unwrap());
        if !decision.is_skeleton {
            return text.to_owned();
        }
        let read = |file: &str| Ok::<_, Infallible>(self.text(file).to_owned());
        let (table, keys) = (&self.built.deployment.table, self.built.keys.as_ref());
        let keys = keys.unwrap();
        put_together(table, keys, &request, TIME, &overrides, text, read).unwrap()
    }

    pub fn decide(&self, request: &Request, overrides: &BTreeMap<String, String>) -> Decision {
        let keys = self.built.keys.as_ref().unwrap();
        resolve(
            &self.built.deployment.table,
            &self.built.deployment.manifest,
            keys,
            request,
            TIME,
            overrides,
        )
    }

    /// Paths of the variants of a route, the default's first.
    pub fn variants(&self, file: &str) -> Vec<String> {
        let listed = self.built.deployment.manifest.files.keys();
        let others = listed.filter(|path| path.starts_with("_v/") && is_variant_of(path, file));
        std::iter::once(file.to_owned())
            .chain(others.cloned())
            .collect()
    }
}

/// Whether `_v/<token>/<label>/<file>` is of a file.
fn is_variant_of(path: &str, file: &str) -> bool {
    path.splitn(4, '/').nth(3) == Some(file)
}

/// Writes a fixture to a folder.
pub fn write_store(folder: &Path, fixture: &str) {
    for (_, file) in SourceTree::from_fixture(fixture).iter() {
        let path = folder.join(&*file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
}
