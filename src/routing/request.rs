//! A request, as far as routing looks at it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One request. In JSON: `{"method", "path", "query", "headers", "country", "now"}`; only `path` must be there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` if it is not said.
    #[serde(default = "get")]
    pub method: String,
    /// As it came: escapes are not decoded.
    pub path: String,
    /// Without the question mark.
    #[serde(default)]
    pub query: String,
    /// By lower-case name. Several of one name are joined as HTTP joins them.
    #[serde(default, deserialize_with = "headers")]
    pub headers: BTreeMap<String, String>,
    /// ISO 3166-1 alpha-2, as the edge's platform tells it; never from the client.
    #[serde(default)]
    pub country: Option<String>,
    /// Seconds since 1970.
    #[serde(default, deserialize_with = "now")]
    pub now: Option<i64>,
}

fn get() -> String {
    "GET".to_owned()
}

impl Request {
    /// A `GET` without anything.
    pub fn get(path: &str) -> Self {
        Self {
            method: get(),
            path: path.to_owned(),
            query: String::new(),
            headers: BTreeMap::new(),
            country: None,
            now: None,
        }
    }

    /// Adds a header, joined to one of the same name.
    pub fn add_header(&mut self, name: &str, value: &str) {
        let name = name.to_ascii_lowercase();
        let separator = if name == "cookie" { "; " } else { ", " };
        self.headers
            .entry(name)
            .and_modify(|all| {
                all.push_str(separator);
                all.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn headers<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let given: BTreeMap<String, OneOrMany> = BTreeMap::deserialize(deserializer)?;
    let mut request = Request::get("/");
    for (name, values) in given {
        match values {
            OneOrMany::One(value) => request.add_header(&name, &value),
            OneOrMany::Many(values) => {
                for value in values {
                    request.add_header(&name, &value);
                }
            }
        }
    }
    Ok(request.headers)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Seconds(i64),
    Text(jiff::Timestamp),
    Absent(()),
}

fn now<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Time::deserialize(deserializer)? {
        Time::Seconds(seconds) => Some(seconds),
        Time::Text(time) => Some(time.as_second()),
        Time::Absent(()) => None,
    })
}
