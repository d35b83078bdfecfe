//! Marks in the places of regions, for edges that put pages together.

use std::fmt::Write;

use crate::{
    digest::Digest,
    model::slug,
    render::{Piece, Token, pieces},
};

/// How an edge is told to put a region in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Syntax {
    /// Edge Side Includes, `<esi:include src="…"/>` (w3.org/TR/esi-lang).
    Esi,
    /// Server Side Includes, `<!--# include virtual="…" -->`.
    Ssi,
}

/// The depth to which Varnish puts regions into regions unless it is told otherwise (`max_esi_depth`).
pub(super) const DEEPEST: usize = 5;
/// A Worker may ask for 50 files in a request on a free plan.
pub(super) const MOST_REGIONS: usize = 40;
/// What edges would take for orders to them, in any case of letters.
const ORDERS: [&str; 5] = ["<esi:", "</esi:", "<!--esi", "<!--#", "<![cdata["];
/// Longer names are cut: nginx takes 256 bytes for a value (`ssi_value_length`).
const LONGEST_NAME: usize = 60;

/// The name of a region's file: the region's own, and what tells its calls apart.
pub(super) fn region_file(name: &str, key: Digest) -> String {
    let mut name = slug(name);
    name.truncate(LONGEST_NAME);
    format!("{name}-{}.html", &key.to_string()[..12])
}

impl Syntax {
    /// A text with marks in the places of its regions. `file` names a region's file.
    pub(super) fn write(self, text: &str, file: &impl Fn(Digest) -> String) -> String {
        let mut written = String::with_capacity(text.len() + 256);
        // Varnish looks into nothing that does not begin like a page.
        if self == Self::Esi && !text.starts_with('<') {
            written.push_str("<esi:comment text=\"\"/>");
        }
        for piece in pieces(text) {
            let _ = match (piece, self) {
                (Piece::Text(text), _) => written.write_str(text),
                (Piece::Token(Token::Region(key)), Self::Esi) => {
                    write!(written, "<esi:include src=\"/{}\"/>", file(key))
                }
                (Piece::Token(Token::Region(key)), Self::Ssi) => {
                    write!(written, "<!--# include virtual=\"/{}\" -->", file(key))
                }
                (Piece::Token(Token::Part(_) | Token::Asset(_)), _) => Ok(()),
            };
        }
        written
    }
}

/// Whether edges would find the marks of a text, all of them and nothing else: none may stand inside a
/// tag, where Varnish does not look, and no text may look like an order.
pub(super) fn is_markable(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if ORDERS.iter().any(|order| lower.contains(order)) {
        return false;
    }
    let mut is_in_tag = false;
    pieces(text).all(|piece| match piece {
        Piece::Text(text) => {
            if let Some(at) = text.rfind(['<', '>']) {
                is_in_tag = text.as_bytes()[at] == b'<';
            }
            true
        }
        Piece::Token(_) => !is_in_tag,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    #[test]
    fn marks_stand_in_the_places_of_regions() {
        let text = format!("<p>a{}b</p>", Token::Region(key("hero")));
        let file = |_: Digest| "r/hero.html".to_owned();
        assert_eq!(
            Syntax::Esi.write(&text, &file),
            "<p>a<esi:include src=\"/r/hero.html\"/>b</p>"
        );
        assert_eq!(
            Syntax::Ssi.write(&text, &file),
            "<p>a<!--# include virtual=\"/r/hero.html\" -->b</p>"
        );
    }

    #[test]
    fn esi_begins_like_a_page() {
        let file = |_: Digest| String::new();
        assert_eq!(Syntax::Esi.write("a", &file), "<esi:comment text=\"\"/>a");
        assert_eq!(Syntax::Ssi.write("a", &file), "a");
    }

    #[test]
    fn a_mark_inside_a_tag_or_a_text_like_an_order_is_not_for_edges() {
        let hole = Token::Region(key("hero")).to_string();
        assert!(is_markable(&format!("<p>{hole}</p>{hole}")));
        assert!(is_markable("<p title='<!--'>"));
        assert!(!is_markable(&format!("<p class=\"{hole}\">")));
        for order in ORDERS {
            assert!(!is_markable(&format!("a{}b", order.to_uppercase())));
        }
    }

    #[test]
    fn names_of_files_are_short_and_plain() {
        assert_eq!(
            region_file("Team Rail", key("a")),
            format!("team-rail-{}.html", &key("a").to_string()[..12])
        );
        assert!(region_file(&"a".repeat(300), key("a")).len() < 80);
    }
}
