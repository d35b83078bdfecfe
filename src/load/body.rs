//! Texts: `::: when` blocks, and checks of what the prose names.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{
    diagnostic::{Code, Diagnostic, Span, nearest},
    load::{
        condition,
        report::{Origin, Report},
        text,
    },
    model::{Block, Body, Branch, FacetSpace, Markup, Prose},
};

/// Inline directives: `:price[id]`.
const INLINE: [&str; 2] = ["price", "product"];

/// Reads a Markdown text. What it names of the catalog goes to the report.
pub(super) fn read(text: &str, origin: Origin, facets: &FacetSpace, report: &mut Report) -> Body {
    let mut reader = Reader {
        text,
        origin,
        facets,
        report,
        open: Vec::new(),
        blocks: Vec::new(),
        prose_start: 0,
    };
    let mut fence = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        if is_code(line, &mut fence) {
            continue;
        }
        if let Some(directive) = Directive::parse(line, range.clone()) {
            reader.prose(range.start);
            reader.prose_start = range.end;
            reader.directive(&directive);
        }
    }
    reader.prose(text.len());
    while let Some(open) = reader.open.pop() {
        reader.unclosed(&open);
        reader.close(open);
    }
    Body {
        markup: Markup::Markdown,
        blocks: reader.blocks,
    }
}

/// A fence that opened a code block.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

/// Whether a line is a fence or stands between two.
fn is_code(line: &str, fence: &mut Option<Fence>) -> bool {
    let trimmed = line.trim_start_matches(' ');
    let rest = trimmed.trim_end();
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'));
    let length = mark.map_or(0, |mark| rest.len() - rest.trim_start_matches(mark).len());
    if let Some(open) = *fence {
        if mark == Some(open.mark) && length >= open.length && length == rest.len() {
            *fence = None;
        }
        return true;
    }
    let is_open = length >= 3
        && line.len() - trimmed.len() <= 3
        && !(mark == Some('`') && rest[length..].contains('`'));
    if let (true, Some(mark)) = (is_open, mark) {
        *fence = Some(Fence { mark, length });
    }
    is_open
}

/// A line that begins with `:::`.
struct Directive<'a> {
    colons: usize,
    indent: usize,
    word: &'a str,
    /// What follows the word.
    rest: &'a str,
    rest_start: usize,
    /// The line without blanks around it.
    range: Range<usize>,
}

impl<'a> Directive<'a> {
    fn parse(line: &'a str, range: Range<usize>) -> Option<Self> {
        let trimmed = line.trim_start_matches(' ');
        let indent = line.len() - trimmed.len();
        let after = trimmed.trim_start_matches(':');
        let colons = trimmed.len() - after.len();
        if colons < 3 || indent > 3 {
            return None;
        }
        let word_start = after.len() - after.trim_start().len();
        let words = after.trim();
        let word_end = words.find(char::is_whitespace).unwrap_or(words.len());
        let (word, rest) = words.split_at(word_end);
        let blank = rest.len() - rest.trim_start().len();
        let start = range.start + indent;
        Some(Self {
            colons,
            indent,
            word,
            rest: rest.trim_start(),
            rest_start: start + colons + word_start + word_end + blank,
            range: start..start + trimmed.trim_end().len(),
        })
    }
}

/// A block that is not closed yet.
struct Open {
    colons: usize,
    indent: usize,
    /// Where its first line stands.
    span: Span,
    has_otherwise: bool,
    branches: Vec<PendingBranch>,
    /// The blocks around it, to go on with when it is closed.
    outer: Vec<Block>,
}

/// A branch whose condition may not have been understood.
struct PendingBranch {
    when: Option<crate::model::Condition>,
    blocks: Vec<Block>,
    span: Span,
}

struct Reader<'a, 'r> {
    text: &'a str,
    origin: Origin,
    facets: &'a FacetSpace,
    report: &'r mut Report,
    open: Vec<Open>,
    /// The blocks of the innermost open branch.
    blocks: Vec<Block>,
    prose_start: usize,
}

impl Reader<'_, '_> {
    /// Ends the run of prose before `end`.
    fn prose(&mut self, end: usize) {
        let range = self.prose_start..end;
        let text = &self.text[range.clone()];
        if text.trim().is_empty() {
            return;
        }
        let pictures = check_prose(text, self.origin.after(range.start), self.report);
        self.blocks.push(Block::Prose(Prose {
            text: text.to_owned(),
            span: self.origin.span(range),
            pictures,
        }));
    }

    fn directive(&mut self, directive: &Directive<'_>) {
        match directive.word {
            "" => self.closing(directive),
            "when" => self.when(directive),
            "otherwise" if directive.rest.is_empty() => self.otherwise(directive),
            word => {
                let diagnostic = Diagnostic::new(
                    Code::UnknownDirective,
                    self.origin.span(directive.range.clone()),
                    if word == "otherwise" {
                        "`::: otherwise` has no condition".to_owned()
                    } else {
                        format!("unknown block `::: {word}`")
                    },
                );
                let hint = if word == "otherwise" {
                    diagnostic.hint("write `::: when …` for a further condition")
                } else {
                    diagnostic.did_you_mean(word, ["when", "otherwise"])
                };
                self.report.push(hint);
            }
        }
    }

    fn when(&mut self, directive: &Directive<'_>) {
        let span = self.origin.span(directive.range.clone());
        let when = condition::parse(
            directive.rest,
            self.origin.after(directive.rest_start),
            self.facets,
            self.report,
        );
        let branch = PendingBranch {
            when,
            blocks: Vec::new(),
            span,
        };
        let is_next = self.open.last().is_some_and(|open| {
            open.colons == directive.colons
                && !open.has_otherwise
                && directive.indent <= open.indent
        });
        if is_next {
            self.next_branch(branch);
            return;
        }
        self.open.push(Open {
            colons: directive.colons,
            indent: directive.indent,
            span,
            has_otherwise: false,
            branches: vec![branch],
            outer: std::mem::take(&mut self.blocks),
        });
    }

    fn otherwise(&mut self, directive: &Directive<'_>) {
        let span = self.origin.span(directive.range.clone());
        self.close_inner(directive.colons);
        match self.open.last_mut() {
            Some(open) if open.colons == directive.colons && !open.has_otherwise => {
                open.has_otherwise = true;
                self.next_branch(PendingBranch {
                    when: Some(Vec::new()),
                    blocks: Vec::new(),
                    span,
                });
            }
            _ => self.report.push(
                Diagnostic::new(
                    Code::UnclosedBlock,
                    span,
                    "`::: otherwise` belongs to no block",
                )
                .hint("begin the block with `::: when facet=segment`"),
            ),
        }
    }

    fn next_branch(&mut self, branch: PendingBranch) {
        let blocks = std::mem::take(&mut self.blocks);
        let open = self
            .open
            .last_mut()
            .expect("a branch follows in an open block");
        if let Some(last) = open.branches.last_mut() {
            last.blocks = blocks;
        }
        open.branches.push(branch);
    }

    fn closing(&mut self, directive: &Directive<'_>) {
        self.close_inner(directive.colons);
        if let Some(open) = self.open.pop_if(|open| open.colons == directive.colons) {
            self.close(open);
            return;
        }
        let hint = match self.open.last() {
            Some(open) => format!("the open block is closed by `{}`", ":".repeat(open.colons)),
            None => "remove it, or begin the block with `::: when …`".to_owned(),
        };
        let diagnostic = Diagnostic::new(
            Code::UnclosedBlock,
            self.origin.span(directive.range.clone()),
            "this closes a block that is not open",
        );
        self.report.push(diagnostic.hint(hint));
    }

    /// Closes the blocks inside the innermost one that has this many colons.
    fn close_inner(&mut self, colons: usize) {
        if !self.open.iter().any(|open| open.colons == colons) {
            return;
        }
        while let Some(open) = self.open.pop_if(|open| open.colons != colons) {
            self.unclosed(&open);
            self.close(open);
        }
    }

    fn unclosed(&mut self, open: &Open) {
        self.report.push(
            Diagnostic::new(Code::UnclosedBlock, open.span, "the block is not closed")
                .label("opened here")
                .hint(format!(
                    "close it with a line `{}`",
                    ":".repeat(open.colons)
                )),
        );
    }

    /// Adds a block to those around it.
    fn close(&mut self, mut open: Open) {
        let blocks = std::mem::replace(&mut self.blocks, open.outer);
        if let Some(last) = open.branches.last_mut() {
            last.blocks = blocks;
        }
        let mut branches: Vec<Branch> = open
            .branches
            .into_iter()
            .filter_map(|branch| {
                Some(Branch {
                    when: branch.when?,
                    blocks: branch.blocks,
                    span: branch.span,
                })
            })
            .collect();
        condition::widen(
            branches.iter_mut().map(|branch| &mut branch.when),
            self.facets,
        );
        if !branches.is_empty() {
            self.blocks.push(Block::When(branches));
        }
    }
}

/// The extensions to CommonMark that content may use.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
}

/// Reports pictures without a text and blocks that would be read as prose, and notes the products
/// that the prose names. Gives the pictures.
fn check_prose(text: &str, origin: Origin, report: &mut Report) -> Vec<(String, Span)> {
    let directives = find_directives(text);
    let mut pictures = Vec::new();
    let is_plain = ["![", "&#", "::", "<"]
        .iter()
        .all(|sign| !text.contains(sign));
    if directives.is_empty() && is_plain {
        return pictures;
    }
    let mut verbatim: Vec<Range<usize>> = Vec::new();
    let mut image: Option<(Range<usize>, bool)> = None;
    let mut is_in_code = false;
    for (event, range) in Parser::new_ext(text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                is_in_code = true;
                verbatim.push(range);
            }
            Event::End(TagEnd::CodeBlock) => is_in_code = false,
            Event::Start(Tag::HtmlBlock) => {
                pictures.extend(pictures_in_html(text, range, origin));
            }
            Event::Html(_) => verbatim.push(range),
            Event::InlineHtml(_) => {
                pictures.extend(pictures_in_html(text, range.clone(), origin));
                verbatim.push(range);
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                pictures.push((dest_url.into_string(), origin.span(range.clone())));
                image = Some((range, false));
            }
            Event::End(TagEnd::Image) => {
                if let Some((range, false)) = image.take() {
                    report.push(missing_alt(origin.span(range)));
                }
            }
            Event::Code(_) => {
                verbatim.push(range);
                if let Some((_, has_text)) = &mut image {
                    *has_text = true;
                }
            }
            Event::Text(content) => {
                if let Some((_, has_text)) = &mut image {
                    *has_text |= !content.trim().is_empty();
                }
                if !is_in_code && (content.starts_with(":::") || content.starts_with(":: ")) {
                    report.push(block_in_prose(origin.span(range.clone())));
                }
                if !is_in_code && text::find_reserved(&content).is_some() {
                    text::scrub(&content, Origin::Within(origin.span(range)), report);
                }
            }
            _ => {}
        }
    }
    for directive in directives {
        let is_verbatim = verbatim
            .iter()
            .any(|range| range.contains(&directive.start));
        if !is_verbatim {
            directive.check(origin, report);
        }
    }
    pictures
}

/// Pictures that raw HTML names from the top of the site. What it names otherwise depends on the page's
/// own address, and is the author's.
fn pictures_in_html(text: &str, range: Range<usize>, origin: Origin) -> Vec<(String, Span)> {
    let html = &text[range.clone()];
    let tags = html.match_indices("<img").filter_map(|(at, _)| {
        let tag = &html[at..];
        let tag = &tag[..tag.find('>')?];
        let (_, value) = tag.split_once("src=")?;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => value[1..].split(quote).next()?,
            None => value.split_whitespace().next()?,
        };
        let is_from_top = value.starts_with('/') && !value.starts_with("//");
        let start = range.start + at;
        is_from_top.then(|| (value.to_owned(), origin.span(start..start + tag.len())))
    });
    tags.collect()
}

/// What was meant for some visitors must not be shown to all.
fn block_in_prose(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownDirective,
        span,
        "a block must begin at the beginning of a line, with three colons",
    )
    .label("would be shown to everyone, as text")
    .hint("move it out of the list or quotation, or put an example into a fenced code block")
}

fn missing_alt(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::MissingAlt,
        span,
        "the picture has no alternative text",
    )
    .label("for those who do not see it")
    .hint("write it between the brackets: `![What it shows](…)`")
}

/// `:name[content]` in prose.
struct Inline<'a> {
    start: usize,
    name: &'a str,
    content: &'a str,
}

fn find_directives(text: &str) -> Vec<Inline<'_>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices(':') {
        let before = text[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '\\' | ':')) {
            continue;
        }
        let rest = &text[start + 1..];
        let name_end = rest
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(rest.len());
        let name = &rest[..name_end];
        let Some(content) = rest[name_end..].strip_prefix('[').filter(|_| name_end > 0) else {
            continue;
        };
        let Some(end) = content
            .find([']', '\n'])
            .filter(|end| content[*end..].starts_with(']'))
        else {
            continue;
        };
        found.push(Inline {
            start,
            name,
            content: &content[..end],
        });
    }
    found
}

impl Inline<'_> {
    fn check(&self, origin: Origin, report: &mut Report) {
        let name_end = self.start + 1 + self.name.len();
        if INLINE.contains(&self.name) {
            let content_start = name_end + 1;
            let span = origin.span(content_start..content_start + self.content.len());
            report.products.push((self.content.to_owned(), span));
        } else if nearest(self.name, INLINE).is_some() {
            // Any other word before a bracket is just prose.
            report.push(
                Diagnostic::new(
                    Code::UnknownDirective,
                    origin.span(self.start..name_end),
                    format!("unknown inline directive `:{}`", self.name),
                )
                .did_you_mean(self.name, INLINE),
            );
        }
    }
}

/// The text of the first heading.
pub(super) fn first_heading(text: &str) -> Option<String> {
    let mut heading: Option<String> = None;
    for event in Parser::new(text) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), heading @ None) => *heading = Some(String::new()),
            (Event::Text(content) | Event::Code(content), Some(heading)) => {
                heading.push_str(&content);
            }
            (Event::End(TagEnd::Heading(_)), Some(_)) => break,
            _ => {}
        }
    }
    heading
        .map(|heading| text::replace_reserved(heading.trim()))
        .filter(|heading| !heading.is_empty())
}
