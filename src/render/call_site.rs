//! Tells recorded functions which template line calls them.
//!
//! Tera does not say where a function is called from, so each call of a recorded
//! function gets one more argument before the template is parsed: `segment(of="team")` on
//! line 7 becomes `segment(__at=7, of="team")`. Lines stay as they are; [`Instrumented::column`]
//! takes a column of the changed text back to the author's.

/// The name of the added argument.
pub(super) const ARGUMENT: &str = "__at";

/// A template with call sites added.
#[derive(Clone, Debug)]
pub(super) struct Instrumented {
    pub(super) text: String,
    /// Line (from 1), column in the changed text (from 0, in characters) and length of each
    /// insertion, in order.
    insertions: Vec<(usize, usize, usize)>,
}

impl Instrumented {
    /// The author's column (from 0) of a column of the changed text.
    pub(super) fn column(&self, line: usize, column: usize) -> usize {
        let shift: usize = self
            .insertions
            .iter()
            .filter(|(at, start, _)| *at == line && *start < column)
            .map(|(_, start, len)| (*len).min(column - start))
            .sum();
        column - shift
    }
}

/// Adds the call site to each call of one of `functions`. `site` makes a line (from 1) a number.
pub(super) fn instrument(
    source: &str,
    functions: &[&str],
    site: impl Fn(usize) -> u64,
) -> Instrumented {
    let mut text = String::with_capacity(source.len() + source.len() / 8);
    let mut insertions = Vec::new();
    let (mut line, mut column) = (1, 0);
    let mut rest = source;
    let mut mode = Mode::Text;
    // The last character before the current place that is not white space, inside a tag.
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let taken = match mode {
            Mode::Text if rest.starts_with("{#") => {
                rest.find("#}").map_or(rest.len(), |end| end + 2)
            }
            Mode::Text if is_tag(rest, "raw") => end_of_raw(rest),
            Mode::Text if rest.starts_with("{{") || rest.starts_with("{%") => {
                mode = if is_tag(rest, "component") {
                    Mode::Plain
                } else {
                    Mode::Tag
                };
                before = ' ';
                2
            }
            Mode::Tag | Mode::Plain if rest.starts_with("}}") || rest.starts_with("%}") => {
                mode = Mode::Text;
                2
            }
            Mode::Tag | Mode::Plain if matches!(c, '"' | '\'' | '`') => string_len(rest, c),
            Mode::Tag if c.is_alphabetic() || c == '_' => rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len()),
            Mode::Text | Mode::Tag | Mode::Plain => c.len_utf8(),
        };
        let (head, tail) = rest.split_at(taken);
        text.push_str(head);
        for c in head.chars() {
            if c == '\n' {
                (line, column) = (line + 1, 0);
            } else {
                column += 1;
            }
        }
        rest = tail;
        let is_call =
            mode == Mode::Tag && !matches!(before, '|' | '.') && functions.contains(&head);
        if is_call && let Some(after) = rest.trim_start().strip_prefix('(') {
            let to_bracket = rest.len() - after.len();
            text.push_str(&rest[..to_bracket]);
            column += to_bracket;
            rest = after;
            let comma = if after.trim_start().starts_with(')') {
                ""
            } else {
                ", "
            };
            let argument = format!("{ARGUMENT}={}{comma}", site(line));
            insertions.push((line, column, argument.len()));
            column += argument.len();
            text.push_str(&argument);
            before = '(';
        } else if let Some(last) = head.trim_end().chars().last() {
            before = last;
        }
    }
    Instrumented { text, insertions }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Outside tags.
    Text,
    /// In a tag.
    Tag,
    /// In the head of a component's definition, which calls nothing.
    Plain,
}

fn is_tag(rest: &str, name: &str) -> bool {
    rest.strip_prefix("{%").is_some_and(|tag| {
        let tag = tag.strip_prefix('-').unwrap_or(tag).trim_start();
        tag.strip_prefix(name)
            .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}

fn end_of_raw(rest: &str) -> usize {
    let end = rest
        .match_indices("{%")
        .find(|(at, _)| is_tag(&rest[*at..], "endraw"))
        .map_or(rest.len(), |(at, _)| at);
    rest[end..]
        .find("%}")
        .map_or(rest.len(), |close| end + close + 2)
}

fn string_len(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    rest.len()
}
