//! Files that are served as they are, and their names.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;

use crate::{
    customizer,
    diagnostic::{Code, Diagnostic, Diagnostics, Span},
    digest::Digest,
    model::{Cart, StaticFile, Store, UrlPath, slug},
    picture::{self, Broken, Unsafe},
    render::{FileName, World, broken_picture},
    script,
    source::SourceTree,
};

/// A file of the output that is not a page.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Below the output folder.
    pub path: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
    /// Whether its name changes with its content.
    pub is_fingerprinted: bool,
}

/// All files of the theme and beside the content, and the URL of each by the digest in
/// its tokens.
///
/// The theme's files get fingerprinted names, and their stylesheets the names of what they refer to. Files beside the
/// content keep their names, because people link to them. What runs or fetches is taken out of drawings
/// beside the content, and those that cannot be read are left out; the theme is trusted.
pub fn assets(
    store: &Store,
    world: &World,
    tree: &SourceTree,
    minifies: bool,
    diagnostics: &mut Diagnostics,
) -> (Vec<Asset>, BTreeMap<Digest, String>) {
    let mut naming = Naming {
        store,
        tree,
        minifies,
        done: BTreeMap::new(),
        open: Vec::new(),
    };
    let drawings = drawings(store, tree, diagnostics);
    let mut urls = BTreeMap::new();
    let mut files = BTreeMap::new();
    for (digest, name) in world.files() {
        let asset = match name {
            FileName::Asset(place) => naming.asset(*place),
            FileName::CustomizerScript => customizer_script(store.config.cart.as_ref(), minifies),
            FileName::Static(place) => {
                let file = &store.statics[*place];
                let path = static_path(&file.path);
                let bytes = match drawings.get(place) {
                    None => tree.file(file.file).bytes.clone(),
                    Some(Some(safe)) => safe.clone(),
                    Some(None) => {
                        urls.insert(*digest, format!("/{path}"));
                        continue;
                    }
                };
                Asset {
                    path,
                    bytes,
                    is_fingerprinted: false,
                }
            }
        };
        urls.insert(*digest, format!("/{}", asset.path));
        files.insert(asset.path.clone(), asset);
    }
    (files.into_values().collect(), urls)
}

/// A file whose name changes with its content.
fn fingerprinted(path: &str, bytes: Arc<[u8]>) -> Asset {
    let digest = Digest::of(&bytes).short();
    let path = match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => {
            format!("assets/{stem}.{digest}.{extension}")
        }
        _ => format!("assets/{path}.{digest}"),
    };
    Asset {
        path: static_path(&path),
        bytes,
        is_fingerprinted: true,
    }
}

fn customizer_script(cart: Option<&Cart>, minifies: bool) -> Asset {
    let script = customizer::page_script(cart);
    let script = if minifies {
        script::minify(&script, script::Syntax::Modern)
    } else {
        script
    };
    fingerprinted("customizer.js", script.into_bytes().into())
}

/// The drawings beside the content that are not served as they are, by place: made safe, or `None` if
/// they cannot be.
fn drawings(
    store: &Store,
    tree: &SourceTree,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<usize, Option<Arc<[u8]>>> {
    let looked_at: Vec<_> = store
        .statics
        .par_iter()
        .enumerate()
        .filter_map(|(place, file)| Some((place, drawing(file, tree)?)))
        .collect();
    let mut changed = BTreeMap::new();
    for (place, (safe, problems)) in looked_at {
        diagnostics.extend(problems);
        changed.insert(place, safe);
    }
    changed
}

/// What is served in the place of a file, if anything is, and why.
type Replaced = (Option<Arc<[u8]>>, Vec<Diagnostic>);

/// What is served in the place of a drawing; `None` for what is served as it is.
fn drawing(file: &StaticFile, tree: &SourceTree) -> Option<Replaced> {
    let (_, extension) = file.path.rsplit_once('.')?;
    if extension.eq_ignore_ascii_case("svgz") {
        let packed = Broken {
            why: "is a packed drawing, which few servers send rightly".to_owned(),
            hint: "unpack it with `gunzip -S z`, and let the server or `precompress` pack it",
            at: 0,
        };
        let problem = broken_picture(&file.path, file.file, packed);
        return Some((None, vec![problem]));
    }
    if !extension.eq_ignore_ascii_case("svg") {
        return None;
    }
    match picture::sanitize(&tree.file(file.file).bytes) {
        Ok(drawing) => {
            let text = drawing.text?;
            let removed = drawing.removed.into_iter();
            let problems = removed.map(|found| unsafe_svg(file, found)).collect();
            Some((Some(text.into_bytes().into()), problems))
        }
        Err(broken) => Some((None, vec![broken_picture(&file.path, file.file, broken)])),
    }
}

fn unsafe_svg(file: &StaticFile, found: Unsafe) -> Diagnostic {
    Diagnostic::new(
        Code::UnsafeSvg,
        Span::new(file.file, found.range),
        format!("`{}` held {}", file.path, found.what),
    )
    .label("is left out of what is published")
    .hint("remove it from the drawing, or export it again as plain SVG")
}

/// The path at which a file beside the content is served: its own, made canonical.
fn static_path(path: &str) -> String {
    if UrlPath::parse(&format!("/{path}")).is_some() {
        return path.to_owned();
    }
    let parts: Vec<String> = path
        .split('/')
        .map(|part| match part.rsplit_once('.') {
            _ if UrlPath::parse(&format!("/{part}")).is_some() => part.to_owned(),
            Some((stem, extension)) => format!("{}.{}", slug(stem), slug(extension)),
            None => slug(part),
        })
        .collect();
    parts.join("/")
}

struct Naming<'a> {
    store: &'a Store,
    tree: &'a SourceTree,
    minifies: bool,
    done: BTreeMap<usize, Asset>,
    /// Stylesheets being named, outermost first.
    open: Vec<usize>,
}

impl Naming<'_> {
    fn asset(&mut self, place: usize) -> Asset {
        if let Some(done) = self.done.get(&place) {
            return done.clone();
        }
        let file = &self.store.theme.assets[place];
        let bytes = &self.tree.file(file.file).bytes;
        let extension = file.path.rsplit_once('.').map(|(_, extension)| extension);
        let bytes = match (extension, std::str::from_utf8(bytes)) {
            (Some("css"), Ok(text)) if !self.open.contains(&place) => {
                self.open.push(place);
                let style = self.style(&file.path.clone(), text);
                self.open.pop();
                let style = if self.minifies {
                    script::minify_style(&style)
                } else {
                    style
                };
                style.into_bytes().into()
            }
            (Some("js"), Ok(text)) if self.minifies => {
                let script = script::minify(text, script::Syntax::Shared);
                script.into_bytes().into()
            }
            _ => bytes.clone(),
        };
        let asset = fingerprinted(&file.path, bytes);
        self.done.insert(place, asset.clone());
        asset
    }

    /// A stylesheet whose `url(…)` and `@import "…"` name files by their fingerprinted names.
    fn style(&mut self, path: &str, text: &str) -> String {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut styled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, open)) = next_reference(rest) {
            let (head, tail) = rest.split_at(at + open);
            styled.push_str(head);
            let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\''));
            let inner = quote.map_or(tail, |_| &tail[1..]);
            let end = match quote {
                Some(quote) => inner.find(quote),
                None => inner.find(')'),
            }
            .unwrap_or(inner.len());
            let target = inner[..end].trim();
            let name = self
                .find(folder, target)
                .map(|place| self.asset(place).path);
            let name = name.map_or_else(|| target.to_owned(), |path| format!("/{path}"));
            styled.extend(quote);
            styled.push_str(&name);
            rest = &inner[end..];
        }
        styled.push_str(rest);
        styled
    }

    fn find(&self, folder: &str, target: &str) -> Option<usize> {
        let mut parts: Vec<&str> = match target.strip_prefix("/assets/") {
            Some(path) => path.split('/').collect(),
            None if target.starts_with('/') || target.contains(':') => return None,
            None => folder.split('/').chain(target.split('/')).collect(),
        };
        let mut place = 0;
        while place < parts.len() {
            match parts[place] {
                "" | "." => drop(parts.remove(place)),
                ".." => {
                    parts.remove(place);
                    place = place.checked_sub(1)?;
                    parts.remove(place);
                }
                _ => place += 1,
            }
        }
        let path = parts.join("/");
        self.store
            .theme
            .assets
            .iter()
            .position(|asset| asset.path == path)
    }
}

/// Where the next reference of a stylesheet begins, and how long its opening is.
fn next_reference(text: &str) -> Option<(usize, usize)> {
    let url = text.find("url(").map(|at| (at, "url(".len()));
    let import = text.find("@import").and_then(|at| {
        let rest = &text[at + "@import".len()..];
        let blank = rest.len() - rest.trim_start().len();
        rest.trim_start()
            .starts_with(['"', '\''])
            .then_some((at, "@import".len() + blank))
    });
    [url, import].into_iter().flatten().min()
}
