//! What each edge deploys, compiled from the routing table.
//!
//! In: a [`Deployment`]. Out: [`EdgeFile`]s, to stand below `edge/<target>/`. One file of this
//! room is one target; what they share is the decision core for those that run JavaScript
//! ([`javascript`]) and the conditions for those that have a configuration language
//! ([`conditions`]). A target that cannot express a rule, or whose platform would not take
//! the files, is refused with a problem that names the facet or route and the limit. No rule
//! is ever dropped, and no secret is ever written.

mod apache;
mod caddy;
mod cloudflare;
mod cloudfront;
mod conditions;
mod haproxy;
mod javascript;
mod keys;
mod netlify;
mod nginx;
mod origin;
mod varnish;
mod vercel;

use std::collections::BTreeMap;

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, Span},
    finish::{Delivery, Syntax},
    model::{KeyConfig, Signal},
    output::Manifest,
    routing::{FacetRules, RoutingTable},
};

/// A built site, as far as its edge needs to know it.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// Who gets which file.
    pub table: RoutingTable,
    /// The same for edges that put pages together, if others do not.
    pub parts: Option<RoutingTable>,
    /// Every file.
    pub manifest: Manifest,
    /// Signing keys by the names of the environment variables that hold them; the first signs, all verify.
    pub keys: Vec<KeyConfig>,
    /// Name for people.
    pub title: String,
    /// Origin without a trailing slash.
    pub base_url: String,
    /// Where each facet is defined, by id.
    pub facets: BTreeMap<String, Span>,
}

/// A file for an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeFile {
    /// Below the target's folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl EdgeFile {
    fn new(path: &str, text: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            bytes: text.into(),
        }
    }
}

/// A kind of edge.
#[derive(Debug)]
struct Edge {
    /// As `targets` names it.
    name: &'static str,
    /// For people.
    title: &'static str,
    can: Can,
    compile: fn(&Deployment, &mut Problems<'_>) -> Vec<EdgeFile>,
}

/// What an edge can express, besides what every edge can, and what its platform takes.
#[derive(Clone, Copy, Debug)]
struct Can {
    /// Compute HMAC-SHA256, so that a gated segment can be proven.
    sign: bool,
    /// Give the page for what does not exist in variants.
    vary_not_found: bool,
    /// The marks that it reads where it puts pages together.
    includes: Option<Syntax>,
    /// Most files of a site.
    files: Option<usize>,
    /// Largest file, in bytes.
    file_size: Option<u64>,
}

impl Can {
    const ALL: Self = Self {
        sign: true,
        vary_not_found: true,
        includes: None,
        files: None,
        file_size: None,
    };
}

const EDGES: &[Edge] = &[
    apache::EDGE,
    caddy::EDGE,
    cloudflare::EDGE,
    cloudfront::EDGE,
    haproxy::EDGE,
    netlify::EDGE,
    nginx::EDGE,
    varnish::EDGE,
    vercel::EDGE,
];

/// The names that `targets` may list.
pub fn targets() -> impl Iterator<Item = &'static str> {
    EDGES.iter().map(|edge| edge.name)
}

/// How pages get to visitors by way of these targets; whole, if there is none.
pub fn delivery<'a>(targets: impl Iterator<Item = &'a str>) -> Delivery {
    let marks = |name: &str| {
        let edge = EDGES.iter().find(|edge| edge.name == name);
        edge.and_then(|edge| edge.can.includes)
    };
    let marks: Vec<Option<Syntax>> = targets.map(marks).collect();
    Delivery {
        whole: marks.is_empty() || marks.contains(&None),
        parts: marks.iter().copied().flatten().collect(),
    }
}

/// The problems of one target.
struct Problems<'a> {
    edge: &'a Edge,
    deployment: &'a Deployment,
    found: Diagnostics,
}

impl Problems<'_> {
    /// The target cannot express what the site needs. `facet` says where that stands.
    fn cannot(&mut self, facet: Option<&str>, what: impl AsRef<str>, way_out: impl Into<String>) {
        self.push(Code::EdgeCannotExpress, facet, what.as_ref(), way_out);
    }

    /// The site is larger than the target's platform takes.
    fn exceeds(&mut self, what: impl AsRef<str>, way_out: impl Into<String>) {
        self.push(Code::EdgeLimit, None, what.as_ref(), way_out);
    }

    /// The code of the target is larger than its platform takes. Says what is most of it.
    fn exceeds_code(&mut self, name: &str, size: usize, most: usize, way_out: impl Into<String>) {
        let table = &self.deployment.table;
        let title = self.edge.title;
        let mut what = format!("the {name} has {size} bytes, and {title} takes {most}");
        let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
        for path in table.exact.keys() {
            let bare = path.strip_suffix('/').unwrap_or(path);
            let end = bare.rfind('/').map_or(0, |at| at + 1);
            *folders.entry(&path[..end]).or_default() += 1;
        }
        let folder = folders.into_iter().max_by_key(|(_, paths)| *paths);
        let rules = |facet: &FacetRules| serde_json::to_vec(&facet.rules).map_or(0, |it| it.len());
        let facet = table.facets.iter().max_by_key(|facet| rules(facet));
        if let Some(facet) = facet {
            what += &format!("; the longest rules are those of `{}`", facet.id);
        }
        if let Some((folder, paths)) = folder.filter(|(_, paths)| *paths > 1) {
            what += &format!(", and `{folder}` lists most paths ({paths})");
        }
        self.exceeds(what, way_out);
    }

    fn push(&mut self, code: Code, facet: Option<&str>, what: &str, way_out: impl Into<String>) {
        let message = format!("{}: {what}", self.edge.name);
        let span = facet.and_then(|facet| self.deployment.facets.get(facet));
        let problem = match span {
            Some(span) => Diagnostic::new(code, *span, message),
            None => Diagnostic::project(code, message),
        };
        self.found.push(problem.hint(way_out));
    }
}

/// What a target deploys, and why it may not. With an error among the problems the files must not be
/// used. A target that is not known gives none.
pub fn edge_files(target: &str, deployment: &Deployment) -> (Vec<EdgeFile>, Diagnostics) {
    let Some(edge) = EDGES.iter().find(|edge| edge.name == target) else {
        return (Vec::new(), Diagnostics::default());
    };
    let in_parts;
    let deployment = match &deployment.parts {
        Some(parts) if edge.can.includes.is_some() => {
            in_parts = Deployment {
                table: parts.clone(),
                ..deployment.clone()
            };
            &in_parts
        }
        _ => deployment,
    };
    let mut problems = Problems {
        edge,
        deployment,
        found: Diagnostics::default(),
    };
    check(edge, deployment, &mut problems);
    let mut files = (edge.compile)(deployment, &mut problems);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    (files, problems.found)
}

/// What can be said of every edge by what it can do.
fn check(edge: &Edge, deployment: &Deployment, problems: &mut Problems<'_>) {
    let table = &deployment.table;
    let title = edge.title;
    if !edge.can.sign {
        for facet in table.facets.iter().filter(|facet| facet.gated) {
            problems.cannot(
                Some(&facet.id),
                format!(
                    "`{}` is gated, and {title} cannot check signatures",
                    facet.id
                ),
                "serve the site by another target, or make the facet public with `gated: false`",
            );
        }
        for facet in table.facets.iter().filter(|facet| !facet.gated) {
            let mut is_signed = false;
            for rule in &facet.rules {
                rule.when.each_signal(&mut |signal| {
                    is_signed |= matches!(signal, Signal::SignedCookie { .. });
                });
            }
            if is_signed {
                problems.cannot(
                    Some(&facet.id),
                    format!(
                        "`{}` reads a signed cookie, and {title} cannot check signatures",
                        facet.id
                    ),
                    "serve the site by another target, or decide the facet by other signals",
                );
            }
        }
    }
    if !edge.can.vary_not_found {
        for facet in table.support(table.roots[table.not_found as usize].at) {
            let facet = &table.facets[usize::from(facet)].id;
            problems.cannot(
                Some(facet),
                format!(
                    "the page for what does not exist asks for `{facet}`, and {title} has but one such page"
                ),
                "let the template of `404.html` ask for no facet",
            );
        }
    }
    let files = &deployment.manifest.files;
    if let Some(most) = edge.can.files.filter(|most| files.len() > *most) {
        problems.exceeds(
            format!(
                "the site has {} files, and {title} takes {most}{}",
                files.len(),
                most_varied(files.keys())
            ),
            "give pages fewer variants; `haberdash explain` says what a page asks",
        );
    }
    for (path, entry) in files {
        if let Some(most) = edge.can.file_size.filter(|most| entry.size > *most) {
            problems.exceeds(
                format!(
                    "`{path}` has {} bytes, and {title} takes {most}",
                    entry.size
                ),
                "make the file smaller, or keep it elsewhere and link to it",
            );
        }
    }
}

/// The page that has most files, if any has several.
fn most_varied<'a>(files: impl Iterator<Item = &'a String>) -> String {
    let mut variants: BTreeMap<&str, usize> = BTreeMap::new();
    // `_v/<folder>/<label>/shop/run-01/index.html`
    for file in files.filter_map(|file| file.strip_prefix("_v/")?.splitn(3, '/').nth(2)) {
        *variants.entry(file).or_insert(1) += 1;
    }
    match variants.into_iter().max_by_key(|(_, count)| *count) {
        Some((file, count)) => format!("; `{file}` has {count} variants"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
