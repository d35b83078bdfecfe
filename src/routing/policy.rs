//! What goes with a route's answers, whichever variant they carry.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::table::FacetRules;
use crate::model::Signal;

/// How long browsers keep a page that is the same for everyone, in seconds. They look again
/// soon; a deployment purges shared caches.
const PAGE_MAX_AGE: i64 = 300;
/// How long shared caches keep it, at most and as the next switch of a time window comes near.
/// Steps, since few edges can subtract.
const SHARED_MAX_AGES: [i64; 3] = [86_400, 3600, 300];
/// To be asked for each time; the entity tag makes that cheap.
const PUBLIC_NO_CACHE: &str = "public, no-cache";

/// Headers that all variants of a route have in common, derived from what its diagram can test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Policy {
    /// Names of request headers that can decide, as `Vary` lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vary: Vec<String>,
    /// Whether anything but the URL and the time can decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_private: bool,
    /// Whether the content is for good: its name changes with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_immutable: bool,
    /// The instants at which an answer can change, ascending, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub switches: Vec<i64>,
    /// The experiments it can show, as places of facets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiments: Vec<u16>,
}

impl Policy {
    /// Of files whose names change with their content.
    pub fn immutable() -> Self {
        Self {
            is_immutable: true,
            ..Self::default()
        }
    }

    /// Of routes that ask for these facets, by place.
    pub fn of(all: &[FacetRules], asked: impl IntoIterator<Item = u16>) -> Self {
        let mut headers = BTreeSet::new();
        let mut policy = Self::default();
        for place in asked {
            let facet = &all[usize::from(place)];
            if facet.consent.is_some() {
                headers.extend(["Cookie", "Sec-GPC"]);
            }
            if facet.experiment.is_some() {
                policy.experiments.push(place);
            }
            for rule in &facet.rules {
                rule.when.each_signal(&mut |signal| match signal {
                    Signal::Cookie { .. } | Signal::SignedCookie { .. } | Signal::Bucket { .. } => {
                        headers.insert("Cookie");
                    }
                    Signal::Language(_) => {
                        headers.insert("Accept-Language");
                    }
                    Signal::Device(_) => headers.extend(["User-Agent", "Sec-CH-UA-Mobile"]),
                    Signal::Referrer(_) => {
                        headers.insert("Referer");
                    }
                    Signal::Country(_) => policy.is_private = true,
                    Signal::Time { from, until } => {
                        policy.switches.extend(from.iter().chain(until));
                    }
                    Signal::Query { .. } => {}
                });
            }
        }
        policy.is_private |= !headers.is_empty();
        policy.vary = headers.into_iter().map(str::to_owned).collect();
        policy.switches.sort_unstable();
        policy.switches.dedup();
        policy
    }

    /// `Cache-Control` of an answer with status 200, or 404, at a time.
    pub fn cache_control(&self, is_found: bool, now: i64) -> String {
        let mut found = PUBLIC_NO_CACHE.to_owned();
        for (from, value) in self.cache_steps(is_found) {
            if now >= from {
                found = value;
            }
        }
        found
    }

    /// The same as a list of instants and the value that holds from each on. The first holds
    /// always.
    pub fn cache_steps(&self, is_found: bool) -> Vec<(i64, String)> {
        let value = if self.is_immutable && is_found {
            "public, max-age=31536000, immutable"
        } else if self.is_private {
            "private, no-cache"
        } else if is_found {
            return self.page_steps();
        } else {
            PUBLIC_NO_CACHE
        };
        vec![(i64::MIN, value.to_owned())]
    }

    fn page_steps(&self) -> Vec<(i64, String)> {
        let value = |shared: i64| format!("public, max-age={PAGE_MAX_AGE}, s-maxage={shared}");
        let mut steps = vec![(i64::MIN, value(SHARED_MAX_AGES[0]))];
        let mut last = i64::MIN;
        for switch in &self.switches {
            // Exactly one age before the switch the page may still be kept for that age.
            for (nth, age) in SHARED_MAX_AGES.iter().enumerate() {
                let next = SHARED_MAX_AGES.get(nth + 1);
                let value = next.map_or_else(|| PUBLIC_NO_CACHE.to_owned(), |age| value(*age));
                let from = (switch - age + 1).max(last);
                steps.retain(|(at, _)| *at < from);
                steps.push((from, value));
            }
            steps.retain(|(at, _)| at < switch);
            steps.push((*switch, value(SHARED_MAX_AGES[0])));
            last = *switch;
        }
        steps.dedup_by(|later, earlier| later.1 == earlier.1);
        steps
    }
}
