//! The reference resolver: what every edge must decide.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    assembly::PAGES,
    cookie::Keys,
    request::Request,
    signals::Signals,
    table::{Root, RoutingTable, Slot, Target},
};
use crate::{digest::Digest, plan::NOT_FOUND};

/// What the output holds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMeta {
    /// Of its content.
    pub digest: Digest,
    /// Media type.
    pub content_type: String,
}

/// The files of an output. Paths have `*` for what only the key tells.
pub trait Files {
    /// The file at a path below the output folder.
    fn file(&self, path: &str) -> Option<FileMeta>;
}

/// The header that names the experiments in which the visitor takes part and which the route can show.
pub const EXPOSURE: &str = "haberdash-experiment";
/// `Cache-Control` of redirects.
pub const REDIRECT_CACHE: &str = "public, max-age=300";

/// What a request gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// HTTP status.
    pub status: u16,
    /// Path below the output folder; `None` where there is no body.
    pub file: Option<String>,
    /// Whether the file has marks in it, in whose places regions belong.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_skeleton: bool,
    /// Of the answer, by lower-case name.
    pub headers: BTreeMap<&'static str, String>,
    /// The segments of the facets that the route's diagram can test.
    pub assignment: BTreeMap<String, String>,
}

/// Decides a request at its time (`request.now`, or `now`).
///
/// `overrides` names segments, by facet, that hold whatever the request shows; only the
/// development server gives any.
pub fn resolve(
    table: &RoutingTable,
    files: &impl Files,
    keys: &Keys,
    request: &Request,
    now: i64,
    overrides: &BTreeMap<String, String>,
) -> Decision {
    let now = request.now.unwrap_or(now);
    if request.method != "GET" && request.method != "HEAD" {
        let mut decision = Decision::empty(405);
        decision.headers.insert("allow", "GET, HEAD".to_owned());
        decision
            .headers
            .insert("cache-control", "no-store".to_owned());
        return decision;
    }
    let visitor = Visitor::new(table, keys, request, now, overrides);
    if !is_canonical(&request.path) {
        return visitor.serve(files, request, now, None);
    }
    if let Some(to) = table.redirect(&request.path) {
        let mut decision = Decision::empty(301);
        // A query that could break out of the header is left behind.
        let is_safe = request.query.bytes().all(|b| b.is_ascii_graphic());
        let query = if is_safe { request.query.as_str() } else { "" };
        let mark = if query.is_empty() { "" } else { "?" };
        decision
            .headers
            .insert("location", format!("{to}{mark}{query}"));
        decision
            .headers
            .insert("cache-control", REDIRECT_CACHE.to_owned());
        return decision;
    }
    let is_there = files.file(&file_of(&request.path)).is_some();
    let path = is_there
        .then_some(request.path.as_str())
        .filter(|path| *path != NOT_FOUND);
    visitor.serve(files, request, now, path)
}

/// The segment of each facet, by facet id.
pub fn segments(
    table: &RoutingTable,
    keys: &Keys,
    request: &Request,
    now: i64,
    overrides: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let now = request.now.unwrap_or(now);
    let visitor = Visitor::new(table, keys, request, now, overrides);
    let all: Vec<u16> = (0..table.facets.len() as u16).collect();
    visitor.assignment(&all)
}

/// The whole body of an answer whose file is a skeleton with this text. `read` gives the text of a file
/// below the output folder.
pub fn put_together<E>(
    table: &RoutingTable,
    keys: &Keys,
    request: &Request,
    now: i64,
    overrides: &BTreeMap<String, String>,
    text: &str,
    mut read: impl FnMut(&str) -> Result<String, E>,
) -> Result<String, E> {
    let now = request.now.unwrap_or(now);
    Visitor::new(table, keys, request, now, overrides).put_together(text, &mut read)
}

impl Decision {
    fn empty(status: u16) -> Self {
        Self {
            status,
            file: None,
            is_skeleton: false,
            headers: BTreeMap::new(),
            assignment: BTreeMap::new(),
        }
    }
}

pub(super) struct Visitor<'a> {
    pub(super) table: &'a RoutingTable,
    keys: &'a Keys,
    signals: Signals<'a>,
    overrides: &'a BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    fn new(
        table: &'a RoutingTable,
        keys: &'a Keys,
        request: &'a Request,
        now: i64,
        overrides: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            table,
            keys,
            signals: Signals::new(request, keys, now),
            overrides,
        }
    }

    fn segment(&self, facet: u16) -> u16 {
        let facet = &self.table.facets[usize::from(facet)];
        self.overrides
            .get(&facet.id)
            .and_then(|id| facet.segments.iter().position(|segment| segment == id))
            .map_or_else(|| self.signals.segment(facet), |place| place as u16)
    }

    fn assignment(&self, facets: &[u16]) -> BTreeMap<String, String> {
        facets
            .iter()
            .map(|place| {
                let facet = &self.table.facets[usize::from(*place)];
                let segment = &facet.segments[usize::from(self.segment(*place))];
                (facet.id.clone(), segment.clone())
            })
            .collect()
    }

    fn slot(&self, target: Target) -> &Slot {
        let mut at = target;
        while let Ok(node) = usize::try_from(at) {
            let node = &self.table.nodes[node];
            at = node.to[usize::from(self.segment(node.facet))];
        }
        &self.table.slots[(-1 - at) as usize]
    }

    /// Where this visitor's variant of a file stands.
    pub(super) fn file(&self, target: Target, file: &str) -> String {
        self.slot(target).file(file, self.keys)
    }

    /// Serves the page or file at a path; the page for what does not exist at none.
    fn serve(
        &self,
        files: &impl Files,
        request: &Request,
        now: i64,
        path: Option<&str>,
    ) -> Decision {
        let (status, root) = match path {
            Some(path) => (200, self.table.find(path)),
            None => (404, self.table.not_found),
        };
        let Root {
            at,
            policy,
            is_skeleton,
        } = self.table.roots[root as usize];
        let policy = &self.table.policies[policy as usize];
        let mut file = file_of(path.unwrap_or(NOT_FOUND));
        if is_skeleton {
            file = format!("{}/{PAGES}/{file}", self.table.parts);
        }
        let Some(meta) = files.file(&self.slot(at).redacted(&file)) else {
            return Decision::empty(404);
        };
        let mut decision = Decision {
            status,
            file: Some(self.file(at, &file)),
            is_skeleton,
            headers: BTreeMap::new(),
            assignment: self.assignment(&self.table.support(at)),
        };
        let headers = &mut decision.headers;
        if !policy.vary.is_empty() {
            headers.insert("vary", policy.vary.join(", "));
        }
        headers.insert("cache-control", policy.cache_control(status == 200, now));
        let exposure = self.exposure(&policy.experiments);
        if !exposure.is_empty() {
            headers.insert(EXPOSURE, exposure);
        }
        // There is nothing to compare with at a path that does not exist, and what is put together has
        // no tag of its own.
        if status == 200 {
            let etag = (!is_skeleton).then(|| format!("\"{}\"", meta.digest));
            if request
                .header("if-none-match")
                .is_some_and(|known| knows(known, etag.as_deref()))
            {
                decision.status = 304;
                decision.file = None;
            }
            if let Some(etag) = etag {
                headers.insert("etag", etag);
            }
        }
        if decision.file.is_some() {
            headers.insert("content-type", meta.content_type);
        }
        decision
    }

    /// `window=bold`: the experiments that the visitor takes part in, and what is shown.
    fn exposure(&self, experiments: &[u16]) -> String {
        let shown: Vec<String> = experiments
            .iter()
            .filter_map(|place| {
                let facet = &self.table.facets[usize::from(*place)];
                let segment = &facet.segments[usize::from(self.segment(*place))];
                let counts =
                    self.overrides.contains_key(&facet.id) || self.signals.takes_part(facet);
                counts.then(|| format!("{}={segment}", facet.id))
            })
            .collect();
        shown.join(", ")
    }
}

/// Whether `If-None-Match` names the tag. Comparison is weak, as RFC 9110 says.
fn knows(header: &str, etag: Option<&str>) -> bool {
    header.trim_ascii() == "*"
        || header.split(',').any(|tag| {
            let tag = tag.trim_ascii();
            etag == Some(tag.strip_prefix("W/").unwrap_or(tag))
        })
}

/// Only these paths exist: no empty parts, no parts that begin with a point, nothing that
/// needs an escape, and nothing of haberdash's own.
fn is_canonical(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        return path == "/";
    }
    let first = rest.split('/').next().unwrap_or_default();
    // In any case of letters: some file systems do not tell them apart.
    let is_own = ["_v", "_haberdash"]
        .iter()
        .any(|own| first.eq_ignore_ascii_case(own));
    !is_own
        && rest.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
        })
}

/// The file of a path, in the default variant.
fn file_of(path: &str) -> String {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    }
}
