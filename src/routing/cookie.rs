//! Signed cookies, and names that only the key tells.
//!
//! A cookie is `v1.<key id>.<expiry>.<field>.<value>[.<field>.<value>…].<mac>`: ASCII of `[a-z0-9_-]`
//! between points, the expiry in seconds since 1970, the MAC in lower-case hexadecimal:
//! HMAC-SHA256 of `<site>.` and all before the last point. A cookie of another site, an
//! expired one, and one that is not of this form proves nothing and is no error.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The longest cookie that is looked at, in bytes.
const LONGEST: usize = 1024;

/// A signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name inside cookies: `[a-z0-9]+`.
    pub id: String,
    /// At least 32 bytes, unless it is the development key.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The keys of a site: the first signs, all verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    site: String,
    keys: Vec<Key>,
}

impl Keys {
    /// At least one key.
    pub fn new(site: &str, keys: Vec<Key>) -> Self {
        assert!(
            !keys.is_empty(),
            "a site has a key, be it the development key"
        );
        Self {
            site: site.to_owned(),
            keys,
        }
    }

    /// The key for trying things out, which everyone knows. Nothing deployed may use it.
    pub fn development(site: &str, id: Option<&str>) -> Self {
        let id = id.unwrap_or("dev").to_owned();
        let secret = b"haberdash development key, not for any site that is deployed".to_vec();
        Self::new(site, vec![Key { id, secret }])
    }

    /// 32 hexadecimal digits that stand for a gated variant in file names.
    pub fn token(&self, label: &str) -> String {
        let mac = mac(
            &self.keys[0].secret,
            &format!("{}.variant.{label}", self.site),
        );
        mac[..32].to_owned()
    }

    /// The fields of a cookie, if it proves anything at a time (seconds since 1970).
    pub fn verify<'a>(&self, cookie: &'a str, now: i64) -> Option<Vec<(&'a str, &'a str)>> {
        if cookie.len() > LONGEST {
            return None;
        }
        let (payload, given) = cookie.rsplit_once('.')?;
        let parts: Vec<&str> = payload.split('.').collect();
        let ["v1", id, expiry, fields @ ..] = parts.as_slice() else {
            return None;
        };
        let is_plain = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        };
        if fields.is_empty() || fields.len() % 2 != 0 || !parts.iter().all(is_plain) {
            return None;
        }
        // Twelve digits reach beyond the year 30,000 and fit every edge's numbers.
        if expiry.len() > 12 || !expiry.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        if expiry.parse::<i64>().ok()? <= now {
            return None;
        }
        let key = self.keys.iter().find(|key| key.id == **id)?;
        let given = hex(given)?;
        let mut expected = Hmac::<Sha256>::new_from_slice(&key.secret).ok()?;
        expected.update(format!("{}.{payload}", self.site).as_bytes());
        // Compares in constant time.
        expected.verify_slice(&given).ok()?;
        Some(fields.chunks(2).map(|pair| (pair[0], pair[1])).collect())
    }
}

/// The cookie that a shop's login service would set, signed with the first key.
pub fn sign(keys: &Keys, expiry: i64, fields: &[(&str, &str)]) -> String {
    let mut payload = format!("v1.{}.{expiry}", keys.keys[0].id);
    for (field, value) in fields {
        payload.push('.');
        payload.push_str(field);
        payload.push('.');
        payload.push_str(value);
    }
    let mac = mac(&keys.keys[0].secret, &format!("{}.{payload}", keys.site));
    format!("{payload}.{mac}")
}

fn mac(secret: &[u8], message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize()
        .into_bytes()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() != 64 || !text.bytes().all(is_hex) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
