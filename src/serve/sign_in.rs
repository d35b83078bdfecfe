//! A login for trying things out: sets the signed cookies that a shop's login service would set.
//!
//! In: the form's fields. Out: the form, or cookies. It is a part of `serve` alone: the built site
//! only ever reads the cookies.

use std::{collections::BTreeMap, fmt::Write};

use super::{bar::escape, form_fields, see_other};
use crate::{
    model::{Facet, FacetSpace, Match, Predicate, Signal, UrlPath},
    routing::{Keys, sign},
};

/// Where it is.
pub(super) const SIGN_IN: &str = "/_haberdash/sign-in";

/// How long a signature lasts, in seconds: a shop's session.
const AGE: i64 = 14 * 24 * 3600;

/// What a cookie must say for a segment.
struct Proof<'a> {
    cookie: &'a str,
    field: &'a str,
    value: &'a str,
}

/// Whether there is anything to sign in to.
pub(super) fn is_needed(facets: &FacetSpace) -> bool {
    facets.facets.iter().any(|facet| facet.gated)
}

/// The form, with what the visitor is.
pub(super) fn form(facets: &FacetSpace, current: &BTreeMap<String, String>, back: &str) -> String {
    let mut sets = String::new();
    for facet in facets.facets.iter().filter(|facet| facet.gated) {
        let mut choices = String::new();
        for (place, segment) in facet.segments.iter().enumerate() {
            let is_default = place == usize::from(facet.default);
            if !is_default && proof(facet, place).is_none() {
                continue;
            }
            let checked = if current.get(&facet.id) == Some(&segment.id) {
                " checked"
            } else {
                ""
            };
            let _ = write!(
                choices,
                "<label><input type=\"radio\" name=\"{}\" value=\"{}\"{checked}> {}</label>",
                facet.id,
                segment.id,
                escape(&segment.title)
            );
        }
        let _ = write!(
            sets,
            "<fieldset><legend>{}</legend>{choices}</fieldset>",
            escape(&facet.title)
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>Sign in · haberdash serve</title>\
         <style>{}</style><main><h1>Sign in</h1>\
         <p>This stands in for the shop’s login service. It knows no names and no passwords: \
         choose who you are, and it signs the cookie that the service would sign. The built site \
         holds nothing of it.</p>\
         <form method=\"post\" action=\"{SIGN_IN}\"><input type=\"hidden\" name=\"back\" value=\"{}\">\
         {sets}<p><button>Sign in</button> <button name=\"out\" value=\"1\">Sign out</button></p></form>\
         <p><a href=\"{}\">Back to the shop</a></p></main></html>",
        include_str!("sign_in.css"),
        escape(back),
        escape(back),
    )
}

/// Signs what the form says, or signs out, and goes back. `now` is in seconds since 1970.
pub(super) fn answer(
    facets: &FacetSpace,
    keys: &Keys,
    form: &str,
    now: i64,
) -> axum::response::Response {
    let fields = form_fields(form);
    let is_out = fields.iter().any(|(name, _)| name == "out");
    let mut cookies: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut back = "/";
    for facet in facets.facets.iter().filter(|facet| facet.gated) {
        // Cookies that are not set again are void after signing out.
        for place in 0..facet.segments.len() {
            if let Some(proof) = proof(facet, place) {
                cookies.entry(proof.cookie).or_default();
            }
        }
    }
    for (name, value) in &fields {
        if name == "back" && UrlPath::parse(value).is_some() {
            back = value;
        }
        let facet = facets.find(name).map(|facet| facets.facet(facet));
        let Some(facet) = facet.filter(|facet| facet.gated && !is_out) else {
            continue;
        };
        let segment = facet.find(value).map(usize::from);
        if let Some(proof) = segment.and_then(|segment| proof(facet, segment)) {
            let own = cookies.entry(proof.cookie).or_default();
            if own.iter().all(|(field, _)| *field != proof.field) {
                own.push((proof.field, proof.value));
            }
        }
    }
    let cookies = cookies.iter().map(|(cookie, fields)| {
        if fields.is_empty() {
            format!("{cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        } else {
            let value = sign(keys, now + AGE, fields);
            format!("{cookie}={value}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax")
        }
    });
    // The bar's own choice would hide what was signed.
    let choice = format!(
        "{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
        super::CHOICE
    );
    see_other(back, cookies.chain([choice]))
}

/// What proves the segment at a place. `None` for the default, which needs no proof.
fn proof(facet: &Facet, place: usize) -> Option<Proof<'_>> {
    let mut rules = facet.rules.iter();
    rules
        .by_ref()
        .filter(|rule| usize::from(rule.segment) == place)
        .find_map(|rule| in_predicate(&rule.when))
}

fn in_predicate(predicate: &Predicate) -> Option<Proof<'_>> {
    match predicate {
        Predicate::All(list) | Predicate::Any(list) => list.iter().find_map(in_predicate),
        Predicate::Signal(Signal::SignedCookie { name, field, value }) => match value {
            Match::OneOf(values) => values.first().map(|value| Proof {
                cookie: name,
                field,
                value,
            }),
            Match::Present => Some(Proof {
                cookie: name,
                field,
                value: "yes",
            }),
        },
        Predicate::Not(_) | Predicate::Signal(_) => None,
    }
}
