//! The reference resolver: what every edge must decide.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    cookie::Keys,
    request::Request,
    signals::{Dependence, Signals, dependence},
    table::{RoutingTable, Target},
};
use crate::{digest::Digest, plan::NOT_FOUND};

/// How long browsers and shared caches may keep a page that is the same for everyone, in
/// seconds. Browsers look again soon; a deployment purges shared caches.
const PAGE_MAX_AGE: i64 = 300;
const PAGE_SHARED_MAX_AGE: i64 = 86_400;

/// What the output holds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMeta {
    /// Of its content.
    pub digest: Digest,
    /// Media type.
    pub content_type: String,
    /// Whether its name changes with its content.
    pub is_immutable: bool,
}

/// The files of an output. Paths have `*` for what only the key tells.
pub trait Files {
    /// The file at a path below the output folder.
    fn file(&self, path: &str) -> Option<FileMeta>;
}

/// What a request gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// HTTP status.
    pub status: u16,
    /// Path below the output folder; `None` where there is no body.
    pub file: Option<String>,
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
    let visitor = Visitor {
        table,
        signals: Signals::new(request, keys, now),
        overrides,
    };
    if !is_canonical(&request.path) {
        return visitor.serve(files, keys, request, now, None);
    }
    if let Some(to) = redirect(table, files, &request.path) {
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
            .insert("cache-control", format!("public, max-age={PAGE_MAX_AGE}"));
        return decision;
    }
    let is_there = files.file(&file_of(&request.path)).is_some();
    let path = is_there
        .then_some(request.path.as_str())
        .filter(|path| *path != NOT_FOUND);
    visitor.serve(files, keys, request, now, path)
}

/// The segment of each facet, by facet id.
pub fn segments(
    table: &RoutingTable,
    keys: &Keys,
    request: &Request,
    now: i64,
    overrides: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let signals = Signals::new(request, keys, request.now.unwrap_or(now));
    let visitor = Visitor {
        table,
        signals,
        overrides,
    };
    let all: Vec<u16> = (0..table.facets.len() as u16).collect();
    visitor.assignment(&all)
}

impl Decision {
    fn empty(status: u16) -> Self {
        Self {
            status,
            file: None,
            headers: BTreeMap::new(),
            assignment: BTreeMap::new(),
        }
    }
}

struct Visitor<'a> {
    table: &'a RoutingTable,
    signals: Signals<'a>,
    overrides: &'a BTreeMap<String, String>,
}

impl Visitor<'_> {
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

    fn slot(&self, target: Target) -> usize {
        let mut at = target;
        while let Ok(node) = usize::try_from(at) {
            let node = &self.table.nodes[node];
            at = node.to[usize::from(self.segment(node.facet))];
        }
        (-1 - at) as usize
    }

    /// Serves the page or file at a path; the page for what does not exist at none.
    fn serve(
        &self,
        files: &impl Files,
        keys: &Keys,
        request: &Request,
        now: i64,
        path: Option<&str>,
    ) -> Decision {
        let (status, target) = match path {
            Some(path) => (200, self.table.find(path)),
            None => (404, self.table.not_found),
        };
        let slot = &self.table.slots[self.slot(target)];
        let file = file_of(path.unwrap_or(NOT_FOUND));
        let Some(meta) = files.file(&slot.redacted(&file)) else {
            return Decision::empty(404);
        };
        let support = self.table.support(target);
        let depends = dependence(self.table, &support);
        let mut decision = Decision {
            status,
            file: Some(slot.file(&file, keys)),
            headers: BTreeMap::new(),
            assignment: self.assignment(&support),
        };
        let headers = &mut decision.headers;
        let etag = format!("\"{}\"", meta.digest);
        let is_known = status == 200
            && request
                .header("if-none-match")
                .is_some_and(|known| knows(known, &etag));
        if !depends.headers.is_empty() {
            headers.insert("vary", depends.headers.join(", "));
        }
        headers.insert("cache-control", cache_control(&depends, &meta, status, now));
        headers.insert("etag", etag);
        if is_known {
            decision.status = 304;
            decision.file = None;
        } else {
            headers.insert("content-type", meta.content_type);
        }
        decision
    }
}

fn cache_control(depends: &Dependence, meta: &FileMeta, status: u16, now: i64) -> String {
    if meta.is_immutable {
        return "public, max-age=31536000, immutable".to_owned();
    }
    if depends.is_private {
        return "private, no-cache".to_owned();
    }
    if status != 200 {
        return "public, max-age=0, must-revalidate".to_owned();
    }
    // What changes by the clock must not be kept beyond its next change.
    let left = depends
        .switches
        .iter()
        .find(|switch| **switch > now)
        .map(|switch| switch - now);
    let left = left.unwrap_or(i64::MAX);
    let (own, shared) = (left.min(PAGE_MAX_AGE), left.min(PAGE_SHARED_MAX_AGE));
    format!("public, max-age={own}, s-maxage={shared}")
}

/// Whether `If-None-Match` names the tag. Comparison is weak, as RFC 9110 says.
fn knows(header: &str, etag: &str) -> bool {
    header.trim_ascii() == "*"
        || header.split(',').any(|tag| {
            let tag = tag.trim_ascii();
            tag.strip_prefix("W/").unwrap_or(tag) == etag
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
    let is_own = matches!(rest.split('/').next(), Some("_v" | "_haberdash"));
    !is_own
        && rest.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
        })
}

/// Where a path leads: an alias; a folder without its slash; a folder's `index.html`.
fn redirect(table: &RoutingTable, files: &impl Files, path: &str) -> Option<String> {
    if let Some(to) = table.redirects.get(path) {
        return Some(to.clone());
    }
    if let Some(folder) = path
        .strip_suffix("index.html")
        .filter(|folder| folder.ends_with('/'))
    {
        return files.file(&file_of(folder)).map(|_| folder.to_owned());
    }
    if path.ends_with('/') || files.file(&file_of(path)).is_some() {
        return None;
    }
    let folder = format!("{path}/");
    match table.redirects.get(&folder) {
        Some(to) => Some(to.clone()),
        None => files.file(&file_of(&folder)).map(|_| folder),
    }
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
