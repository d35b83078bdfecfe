//! What an edge can see of a request, and tests of it.

use serde::{Deserialize, Serialize};

/// A test of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicate {
    /// All hold. An empty list holds.
    All(Vec<Predicate>),
    /// At least one holds. An empty list does not.
    Any(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// A signal has a value.
    Signal(Signal),
}

/// One thing that an edge can see, and the value it must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// A cookie. One that occurs twice counts as absent.
    Cookie {
        /// Its exact name.
        name: String,
        /// Its exact, undecoded value.
        value: Match,
    },
    /// A field of a cookie whose signature is valid and not expired.
    SignedCookie {
        /// Its exact name.
        name: String,
        /// The field.
        field: String,
        /// The field's value.
        value: Match,
    },
    /// A query parameter. One that occurs twice counts as absent.
    Query {
        /// Its exact name.
        name: String,
        /// Its exact, undecoded value.
        value: Match,
    },
    /// Country, ISO 3166-1 alpha-2, upper case.
    Country(Vec<String>),
    /// The first tag of `Accept-Language` is one of these or begins with one and `-`. Lower case.
    Language(Vec<String>),
    /// Class of device.
    Device(Vec<Device>),
    /// The referring page's host is one of these or a subdomain of one. Lower case.
    Referrer(Vec<String>),
    /// The time is in `from..until`, in seconds since 1970.
    Time {
        /// First second.
        from: Option<i64>,
        /// One past the last second.
        until: Option<i64>,
    },
    /// Three hexadecimal digits of the visitor id, as a number in `0..4096`, are in `from..until`.
    Bucket {
        /// Which three digits: `3 * slice .. 3 * slice + 3`.
        slice: u8,
        /// First bucket.
        from: u16,
        /// One past the last bucket.
        until: u16,
    },
}

/// A test of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// Any value.
    Present,
    /// One of these.
    OneOf(Vec<String>),
}

/// Class of device, told by client hint or user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A telephone.
    Phone,
    /// A tablet.
    Tablet,
    /// Anything else.
    Desktop,
}

impl Predicate {
    /// Calls `visit` for each signal in it.
    pub fn each_signal<'a>(&'a self, visit: &mut impl FnMut(&'a Signal)) {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().for_each(|p| p.each_signal(visit)),
            Self::Not(inner) => inner.each_signal(visit),
            Self::Signal(signal) => visit(signal),
        }
    }
}
