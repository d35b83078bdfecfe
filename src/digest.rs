//! [`Digest`]: the hash of a content.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The first 128 bits of a BLAKE3 hash. Equal digests mean equal content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Digest([u8; 16]);

impl Digest {
    /// Hashes one piece of content.
    pub fn of(content: &[u8]) -> Self {
        Self::from_hash(&blake3::hash(content))
    }

    /// Hashes several pieces, each with its length, so that moving a boundary
    /// between two of them changes the digest.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self::from_hash(&hasher.finalize())
    }

    fn from_hash(hash: &blake3::Hash) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        Self(bytes)
    }

    /// 32 lower-case hexadecimal digits.
    pub fn hex(self) -> String {
        self.to_string()
    }

    /// The first ten hexadecimal digits: enough for file names that a person reads.
    pub fn short(self) -> String {
        self.hex()[..10].to_owned()
    }

    /// Parses what [`Digest::hex`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The first eight bytes as a number, for values derived from content.
    pub fn low_u64(self) -> u64 {
        u64::from_le_bytes(self.0[..8].try_into().expect("a digest has 16 bytes"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a digest"))
    }
}
