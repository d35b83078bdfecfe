//! What a request tells of its visitor.

use std::collections::BTreeMap;

use super::{cookie::Keys, request::Request, table::FacetRules};
use crate::model::{Device, Match, Predicate, Signal};

/// The cookie with the purposes that the visitor consented to, joined by points.
pub(super) const CONSENT: &str = "hb_consent";
/// The cookie with the visitor's random id: 32 lower-case hexadecimal digits.
pub(super) const VISITOR_ID: &str = "hb_id";
/// A longer `Cookie` header is as good as none, in bytes.
const LONGEST_COOKIES: usize = 8192;

/// A request, read once.
pub(super) struct Signals<'a> {
    request: &'a Request,
    keys: &'a Keys,
    now: i64,
    /// `None` for a name that occurs more than once.
    cookies: BTreeMap<&'a str, Option<&'a str>>,
    query: BTreeMap<&'a str, Option<&'a str>>,
}

impl<'a> Signals<'a> {
    pub(super) fn new(request: &'a Request, keys: &'a Keys, now: i64) -> Self {
        let cookies = request
            .header("cookie")
            .filter(|text| text.len() <= LONGEST_COOKIES);
        let cookies = once(cookies.unwrap_or_default().split(';').map(str::trim_ascii));
        let query = once(request.query.split('&'));
        Self {
            request,
            keys,
            now,
            cookies,
            query,
        }
    }

    /// The segment of a facet, by place.
    pub(super) fn segment(&self, facet: &FacetRules) -> u16 {
        if !self.may_tell(facet) {
            return facet.default;
        }
        let rule = facet.rules.iter().find(|rule| self.holds(&rule.when));
        rule.map_or(facet.default, |rule| rule.segment)
    }

    /// Whether the visitor takes part in an experiment: has consented, and has an id to draw by.
    pub(super) fn takes_part(&self, facet: &FacetRules) -> bool {
        self.may_tell(facet)
            && facet
                .experiment
                .is_some_and(|slice| self.bucket(slice).is_some())
    }

    fn may_tell(&self, facet: &FacetRules) -> bool {
        facet
            .consent
            .as_ref()
            .is_none_or(|purpose| self.has_consent(purpose))
    }

    fn has_consent(&self, purpose: &str) -> bool {
        self.request.header("sec-gpc") != Some("1")
            && self
                .cookie(CONSENT)
                .is_some_and(|given| given.split('.').any(|p| p == purpose))
    }

    fn cookie(&self, name: &str) -> Option<&'a str> {
        self.cookies.get(name).copied().flatten()
    }

    fn holds(&self, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(list) => list.iter().all(|predicate| self.holds(predicate)),
            Predicate::Any(list) => list.iter().any(|predicate| self.holds(predicate)),
            Predicate::Not(inner) => !self.holds(inner),
            Predicate::Signal(signal) => self.shows(signal),
        }
    }

    fn shows(&self, signal: &Signal) -> bool {
        match signal {
            Signal::Cookie { name, value } => matches(value, self.cookie(name)),
            Signal::SignedCookie { name, field, value } => {
                let fields = self
                    .cookie(name)
                    .and_then(|cookie| self.keys.verify(cookie, self.now));
                let field = fields.and_then(|fields| {
                    let mut values = fields.into_iter().filter(|(name, _)| name == field);
                    // A field that is there twice proves neither value.
                    values
                        .next()
                        .filter(|_| values.next().is_none())
                        .map(|(_, value)| value)
                });
                matches(value, field)
            }
            Signal::Query { name, value } => {
                matches(value, self.query.get(name.as_str()).copied().flatten())
            }
            Signal::Country(countries) => {
                self.request.country.as_ref().is_some_and(|country| {
                    countries.iter().any(|c| c.eq_ignore_ascii_case(country))
                })
            }
            Signal::Language(languages) => {
                let first = self.request.header("accept-language").unwrap_or_default();
                let first = first
                    .split([',', ';'])
                    .next()
                    .unwrap_or_default()
                    .trim_ascii();
                let first = first.to_ascii_lowercase();
                languages.iter().any(|language| {
                    first
                        .strip_prefix(language.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                })
            }
            Signal::Device(devices) => devices.contains(&self.device()),
            Signal::Referrer(hosts) => {
                let host = self.referring_host().unwrap_or_default();
                hosts.iter().any(|wanted| {
                    host.strip_suffix(wanted.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                })
            }
            Signal::Time { from, until } => {
                from.is_none_or(|from| self.now >= from)
                    && until.is_none_or(|until| self.now < until)
            }
            Signal::Bucket { slice, from, until } => self
                .bucket(*slice)
                .is_some_and(|bucket| (*from..*until).contains(&bucket)),
        }
    }

    fn device(&self) -> Device {
        let agent = self.request.header("user-agent").unwrap_or_default();
        let is_mobile = self.request.header("sec-ch-ua-mobile") == Some("?1");
        let says = |word: &str| agent.contains(word);
        if says("iPad") || says("Tablet") || (says("Android") && !says("Mobi") && !is_mobile) {
            Device::Tablet
        } else if is_mobile || says("Mobi") {
            Device::Phone
        } else {
            Device::Desktop
        }
    }

    fn referring_host(&self) -> Option<String> {
        let url = self.request.header("referer")?;
        let (_, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#', '\\']).next()?;
        let host = host.rsplit('@').next()?;
        let host = host.split(':').next()?;
        Some(host.to_ascii_lowercase())
    }

    fn bucket(&self, slice: u8) -> Option<u16> {
        let id = self.cookie(VISITOR_ID)?;
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if id.len() != 32 || !id.bytes().all(is_hex) {
            return None;
        }
        let start = usize::from(slice) * 3;
        u16::from_str_radix(id.get(start..start + 3)?, 16).ok()
    }
}

/// Pairs by name; `None` for a name that occurs more than once.
fn once<'a>(pairs: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Option<&'a str>> {
    let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for pair in pairs {
        if let Some((name, value)) = pair.split_once('=') {
            found
                .entry(name)
                .and_modify(|known| *known = None)
                .or_insert(Some(value));
        }
    }
    found
}

fn matches(wanted: &Match, value: Option<&str>) -> bool {
    match wanted {
        Match::Present => value.is_some(),
        Match::OneOf(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
    }
}
