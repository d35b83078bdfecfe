//! The one place that joins and escapes paths of the site.

use std::{fmt, sync::Arc};

use serde::Serialize;

/// A canonical path of the site: begins with `/`; its parts are of `[A-Za-z0-9._~-]`
/// and do not begin with a point; ends with `/`, or with a file name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct UrlPath(Arc<str>);

impl UrlPath {
    /// `/`.
    pub fn root() -> Self {
        Self("/".into())
    }

    /// Accepts a canonical path as it is. `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let mut parts: Vec<&str> = rest.split('/').collect();
        if parts.last() == Some(&"") {
            parts.pop();
        }
        let is_canonical = parts.iter().all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
        });
        is_canonical.then(|| Self(text.into()))
    }

    /// A folder below this one; the name becomes a slug.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}{}/", self.0, slug(name)).into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts between the slashes.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// Where the file of this route stands in the output: `shop/tie/index.html`.
    pub fn file(&self) -> String {
        let path = &self.0[1..];
        if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        }
    }
}

impl fmt::Display for UrlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UrlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The paths below `content/` that a link or picture in a document may mean: beside the document,
/// or from the top. Empty for what is elsewhere.
pub fn file_candidates(document: &str, destination: &str) -> Vec<String> {
    let is_elsewhere = destination.contains("://")
        || destination.starts_with("//")
        || ["data:", "mailto:", "tel:", "#"]
            .iter()
            .any(|scheme| destination.starts_with(scheme));
    let path = destination.split(['?', '#']).next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    if is_elsewhere || path.is_empty() {
        return Vec::new();
    }
    let document = document.strip_prefix("content/").unwrap_or(document);
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut candidates = vec![normal(path.split('/'))];
    if !path.starts_with('/') {
        candidates.insert(0, normal(folder.split('/').chain(path.split('/'))));
    }
    candidates
}

/// A path without empty parts, `.` and `..`.
fn normal<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut normal: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            "" | "." => {}
            ".." => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal.join("/")
}

/// A name as one part of a path: lower-case ASCII letters, digits and hyphens.
///
/// Other scripts are transliterated; what has no transliteration is named by its digest.
pub fn slug(name: &str) -> String {
    let slug = slug::slugify(name);
    if slug.is_empty() {
        format!("x{}", crate::digest::Digest::of(name.as_bytes()).short())
    } else {
        slug
    }
}
