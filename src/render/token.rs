//! Places in unfinished text that a later stage fills.
//!
//! A token is a kind and a digest between two characters of the last private-use
//! plane, which sources may not contain (`reserved-character`). Tokens pass through
//! template escaping, JSON and minifying unchanged.

use std::fmt;

use crate::digest::Digest;

/// Begins a token.
pub const OPEN: char = '\u{10FFF0}';
/// Ends a token.
pub const CLOSE: char = '\u{10FFF1}';

/// What belongs at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// The text of a part: a fragment as rendered for these visitors.
    Part(Digest),
    /// A hole that a region fills, by the region's key.
    Region(Digest),
    /// The fingerprinted URL of a file, by the digest of its name.
    Asset(Digest),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, digest) = match self {
            Self::Part(digest) => ('p', digest),
            Self::Region(digest) => ('r', digest),
            Self::Asset(digest) => ('a', digest),
        };
        write!(f, "{OPEN}{letter}{digest}{CLOSE}")
    }
}

/// A run of text, or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is.
    Text(&'a str),
    /// A place to fill.
    Token(Token),
}

/// Cuts a text at its tokens. What looks like a token but is none is text.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((token, after)) = leading_token(rest) {
            rest = after;
            return Some(Piece::Token(token));
        }
        // The search starts behind the first character, lest a broken token stops it.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(OPEN).map_or(rest.len(), |at| first + at);
        let (head, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(head))
    })
}

fn leading_token(text: &str) -> Option<(Token, &str)> {
    let inner = text.strip_prefix(OPEN)?;
    let (kind, hex, after) = (inner.get(..1)?, inner.get(1..33)?, inner.get(33..)?);
    let after = after.strip_prefix(CLOSE)?;
    let digest = Digest::parse(hex)?;
    let token = match kind {
        "p" => Token::Part(digest),
        "r" => Token::Region(digest),
        "a" => Token::Asset(digest),
        _ => return None,
    };
    Some((token, after))
}
