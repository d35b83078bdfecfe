//! Minifying HTML without changing what a visitor reads.
//!
//! minify-html takes the space between inline elements for layout where they stand directly in
//! a block (`<div><b>3</b> <i>4</i></div>` would read "34"). Such spaces are
//! guarded before, and the text of both versions is compared after.

use std::borrow::Cow;

/// Marks a space that must stay. Sources may not contain it.
const GUARD: char = '\u{10FFF2}';

/// Elements nested deeper than this are left alone: minify-html recurses.
const DEEPEST: usize = 256;

/// The minified text, or an excerpt of the text that would have changed.
pub(super) fn minify(html: &str) -> Result<String, String> {
    if depth(html) > DEEPEST {
        return Ok(html.to_owned());
    }
    let guarded = guard(html);
    let cfg = minify_html::Cfg {
        keep_closing_tags: true,
        keep_html_and_head_opening_tags: true,
        keep_input_type_text_attr: true,
        minify_css: false,
        minify_js: false,
        ..minify_html::Cfg::default()
    };
    let bytes = minify_html::minify(guarded.as_bytes(), &cfg);
    let Ok(mut minified) = String::from_utf8(bytes) else {
        return Err("text that is not UTF-8".to_owned());
    };
    minified.retain(|c| c != GUARD);
    let (before, after) = (visible_text(html), visible_text(&minified));
    if before == after {
        return Ok(minified);
    }
    let same = before
        .chars()
        .zip(after.chars())
        .take_while(|(a, b)| a == b)
        .count();
    Err(before
        .chars()
        .skip(same.saturating_sub(15))
        .take(40)
        .collect())
}

/// A piece of HTML, as far as minifying needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// A tag; its name and whether it closes.
    Tag {
        name: &'a str,
        is_end: bool,
        text: &'a str,
    },
    /// A comment or a doctype.
    Comment(&'a str),
    /// The content of a `script`, `style` or `textarea`.
    Raw(&'a str),
    Text(&'a str),
}

struct Pieces<'a> {
    rest: &'a str,
    /// The element whose raw content comes next.
    raw: Option<&'a str>,
}

fn html_pieces(html: &str) -> Pieces<'_> {
    Pieces {
        rest: html,
        raw: None,
    }
}

impl<'a> Pieces<'a> {
    fn take(&mut self, len: usize) -> &'a str {
        let (head, tail) = self.rest.split_at(len);
        self.rest = tail;
        head
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some(name) = self.raw.take() {
            let end = self
                .rest
                .match_indices("</")
                .find(|(at, _)| {
                    self.rest[at + 2..]
                        .get(..name.len())
                        .is_some_and(|n| n.eq_ignore_ascii_case(name))
                })
                .map_or(self.rest.len(), |(at, _)| at);
            if end > 0 {
                return Some(Piece::Raw(self.take(end)));
            }
        }
        if self.rest.starts_with("<!--") {
            let end = self.rest.find("-->").map_or(self.rest.len(), |at| at + 3);
            return Some(Piece::Comment(self.take(end)));
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            let end = self.rest.find('>').map_or(self.rest.len(), |at| at + 1);
            return Some(Piece::Comment(self.take(end)));
        }
        if let Some((name, is_end)) = tag_name(self.rest) {
            let text = self.take(tag_len(self.rest));
            let is_raw = ["script", "style", "textarea"]
                .iter()
                .any(|raw| name.eq_ignore_ascii_case(raw));
            if is_raw && !is_end {
                self.raw = Some(name);
            }
            return Some(Piece::Tag { name, is_end, text });
        }
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let end = self.rest[first..]
            .find('<')
            .map_or(self.rest.len(), |at| first + at);
        Some(Piece::Text(self.take(end)))
    }
}

fn tag_name(text: &str) -> Option<(&str, bool)> {
    let rest = text.strip_prefix('<')?;
    let (is_end, rest) = rest
        .strip_prefix('/')
        .map_or((false, rest), |rest| (true, rest));
    rest.starts_with(|c: char| c.is_ascii_alphabetic())
        .then(|| {
            let end = rest.find(|c: char| c.is_whitespace() || c == '/' || c == '>');
            (&rest[..end.unwrap_or(rest.len())], is_end)
        })
}

fn tag_len(text: &str) -> usize {
    let mut quote = None;
    let mut after_equals = false;
    for (at, c) in text.char_indices().skip(1) {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') if after_equals => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        after_equals = c == '=' || (after_equals && c.is_whitespace());
    }
    text.len()
}

/// Whether an element is set in a line of text.
fn is_inline(name: &str) -> bool {
    const INLINE: &[&str] = &[
        "a", "abbr", "audio", "b", "bdi", "bdo", "button", "canvas", "cite", "code", "data", "del",
        "dfn", "em", "i", "iframe", "font", "img", "input", "ins", "kbd", "label", "mark", "meter",
        "object", "output", "picture", "progress", "q", "ruby", "s", "samp", "select", "small",
        "span", "strong", "sub", "sup", "svg", "time", "u", "var", "video",
    ];
    INLINE
        .iter()
        .any(|inline| name.eq_ignore_ascii_case(inline))
        || name.contains('-')
}

fn depth(html: &str) -> usize {
    const VOID: &[&str] = &[
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
        "track", "wbr",
    ];
    let (mut depth, mut deepest) = (0_usize, 0);
    for piece in html_pieces(html) {
        if let Piece::Tag { name, is_end, text } = piece {
            if is_end {
                depth = depth.saturating_sub(1);
            } else if !VOID.contains(&name) && !text.ends_with("/>") {
                depth += 1;
                deepest = deepest.max(depth);
            }
        }
    }
    deepest
}

/// Puts a guard behind each blank between two inline elements. Comments between them go, so
/// they do not count.
fn guard(html: &str) -> String {
    let pieces: Vec<Piece<'_>> = html_pieces(html).collect();
    let mut guarded = String::with_capacity(html.len() + 64);
    let mut after_inline = false;
    for (place, piece) in pieces.iter().enumerate() {
        match *piece {
            Piece::Text(text) => {
                guarded.push_str(text);
                let is_blank = |text: &str| text.chars().all(char::is_whitespace);
                let next = pieces[place + 1..].iter().find(|next| match next {
                    Piece::Comment(_) => false,
                    Piece::Text(text) => !is_blank(text),
                    Piece::Tag { .. } | Piece::Raw(_) => true,
                });
                let before_inline =
                    matches!(next, Some(Piece::Tag { name, .. }) if is_inline(name));
                if is_blank(text) && after_inline && before_inline {
                    guarded.push(GUARD);
                }
                after_inline &= is_blank(text);
            }
            Piece::Tag { name, text, .. } => {
                after_inline = is_inline(name);
                guarded.push_str(text);
            }
            Piece::Comment(text) | Piece::Raw(text) => guarded.push_str(text),
        }
    }
    guarded
}

/// What a visitor reads: text without tags, with blanks and the edges of blocks as one space.
fn visible_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut skips = false;
    for piece in html_pieces(html) {
        match piece {
            Piece::Tag { name, .. } => {
                skips = name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style");
                if !is_inline(name) {
                    push_blank(&mut text);
                }
            }
            Piece::Text(run) => push_text(&mut text, run),
            Piece::Raw(run) if !skips => push_text(&mut text, run),
            Piece::Raw(_) | Piece::Comment(_) => {}
        }
    }
    if text.ends_with(' ') {
        text.pop();
    }
    text
}

fn push_text(text: &mut String, run: &str) {
    let run: Cow<'_, str> = htmlize::unescape(run);
    for c in run.chars() {
        // No-break spaces are text; the blanks of HTML collapse.
        if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
            push_blank(text);
        } else {
            text.push(c);
        }
    }
}

fn push_blank(text: &mut String) {
    if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_between_inline_elements_stays() {
        let minified = minify("<div> <b>3</b> <i>4</i> </div>").unwrap();
        assert_eq!(minified, "<div><b>3</b> <i>4</i></div>");
    }

    #[test]
    fn the_space_beside_a_comment_stays() {
        let minified =
            minify("<div><a>x</a> <!-- c --><a>y</a> <!-- d --> <a>z</a></div>").unwrap();
        assert_eq!(visible_text(&minified), "x y z");
    }

    #[test]
    fn text_that_would_change_is_said_so() {
        assert_eq!(minify("<p>1 < 2 <3 </p>").unwrap_err(), "1 < 2 <3");
    }

    #[test]
    fn scripts_and_preformatted_text_stay_as_they_are() {
        let html = "<script>if (a < b) { x(\"</p>\") }</script><pre><code class=\"x\">a\n  <b>b</b> <i>c</i></code></pre>";
        let minified = minify(html).unwrap();
        assert_eq!(minified, html.replace("\"x\"", "x"));
    }

    #[test]
    fn tokens_pass_through() {
        let html = "<ul>\n  \u{10FFF0}p0\u{10FFF1}\n  <li class=\"x\">y</li>\n</ul>";
        let minified = minify(html).unwrap();
        assert!(minified.contains("\u{10FFF0}p0\u{10FFF1}"), "{minified}");
    }

    #[test]
    fn deep_nesting_is_left_alone() {
        let html = format!("{}x{}", "<div>".repeat(5000), "</div>".repeat(5000));
        assert_eq!(minify(&html).unwrap(), html);
    }

    #[test]
    fn entities_and_blanks_do_not_count_as_changes() {
        assert_eq!(visible_text("<p>a &amp; b</p> <p>c</p>"), "a & b c");
        assert_eq!(visible_text("<p>a & b<p>c"), "a & b c");
    }

    proptest::proptest! {
        #[test]
        fn no_markup_panics(html in "(<|>|</|/>|<!--|-->|<!|&|;|\"|'|=| |\n|a|b|div|p|script|style|textarea|pre|table|svg|x:y|é|\u{10FFF0})*") {
            let _ = minify(&html);
        }
    }
}
