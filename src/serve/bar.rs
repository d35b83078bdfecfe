//! The bar at the foot of each page: who you are, and what this page asked.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    CHOOSE,
    sign_in::{self, SIGN_IN},
};
use crate::{
    model::FacetSpace,
    routing::{Decision, Request},
};

const STYLE: &str = include_str!("bar.css");

/// The bar for one answer. `all` has the visitor's segment of every facet, `chosen` those that the
/// bar itself has set.
pub(super) fn html(
    facets: &FacetSpace,
    request: &Request,
    decision: &Decision,
    all: &BTreeMap<String, String>,
    chosen: &BTreeMap<String, String>,
) -> String {
    let mut selects = String::new();
    for facet in &facets.facets {
        let is_asked = decision.assignment.contains_key(&facet.id);
        let current = all.get(&facet.id).map(String::as_str).unwrap_or_default();
        let own = chosen.get(&facet.id);
        let mut options = String::new();
        let shown = facet
            .segments
            .iter()
            .find(|s| s.id == current)
            .map_or("", |s| s.title.as_str());
        let selected = if own.is_none() { " selected" } else { "" };
        let from_request = if own.is_none() {
            format!(": {}", escape(shown))
        } else {
            String::new()
        };
        let _ = write!(
            options,
            "<option value=\"\"{selected}>as requested{from_request}</option>"
        );
        for segment in &facet.segments {
            let selected = if own == Some(&segment.id) {
                " selected"
            } else {
                ""
            };
            let _ = write!(
                options,
                "<option value=\"{}\"{selected}>{}</option>",
                segment.id,
                escape(&segment.title)
            );
        }
        let mark = if is_asked { " class=\"asked\"" } else { "" };
        let note = if is_asked {
            " <small>asked</small>"
        } else {
            ""
        };
        let _ = write!(
            selects,
            "<label{mark}><span>{}{note}</span><select name=\"{}\">{options}</select></label>",
            escape(&facet.title),
            facet.id
        );
    }
    let asked: Vec<String> = decision
        .assignment
        .iter()
        .map(|(facet, segment)| format!("{facet}={segment}"))
        .collect();
    let asked = if asked.is_empty() {
        "nothing: one page for all".to_owned()
    } else {
        asked.join(" ")
    };
    let file = decision.file.as_deref().unwrap_or_default();
    let back = if crate::model::UrlPath::parse(&request.path).is_some() {
        &request.path
    } else {
        "/"
    };
    let sign_in = if sign_in::is_needed(facets) {
        format!(" <a href=\"{SIGN_IN}?back={}\">Sign in</a>", escape(back))
    } else {
        String::new()
    };
    format!(
        "<aside id=\"haberdash-bar\" aria-label=\"haberdash: visitor\"><style>{STYLE}</style>\
         <details><summary>Visitor <b>{}</b></summary>\
         <form action=\"{CHOOSE}\"><input type=\"hidden\" name=\"back\" value=\"{}\">{selects}\
         <p><button>Be this visitor</button> <a href=\"{CHOOSE}?back={}\">As requested</a>{sign_in}</p></form>\
         <p>This page asked {}. Shown: <code>{}</code></p></details></aside>",
        escape(&asked),
        escape(back),
        escape(back),
        escape(&asked),
        escape(file),
    )
}

/// Puts the bar before the end of the body.
pub(super) fn insert(page: &[u8], bar: &str) -> Vec<u8> {
    const END: &[u8] = b"</body>";
    let at = page
        .windows(END.len())
        .rposition(|window| window.eq_ignore_ascii_case(END));
    let (head, tail) = page.split_at(at.unwrap_or(page.len()));
    [head, bar.as_bytes(), tail].concat()
}

pub(super) fn escape(text: &str) -> String {
    htmlize::escape_attribute(text)
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
