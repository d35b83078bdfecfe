//! Places and texts of problems.

use super::{Options, human, json, short};
use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics, FileId, Span},
    source::SourceTree,
};

/// A tree of one file.
fn file(text: &[u8]) -> SourceTree {
    SourceTree::from_files([("content/tie.md", text)])
}

fn problem(start: usize, end: usize) -> Diagnostics {
    let span = Span::new(FileId(0), start..end);
    let mut list = Diagnostics::default();
    list.push(
        Diagnostic::new(Code::UnknownFacet, span, "unknown facet `locale`")
            .label("no file in segments/ defines it")
            .hint("did you mean `lang`?")
            .note("while reading a condition"),
    );
    list
}

const PLAIN: Options = Options {
    color: false,
    all: false,
};

/// Line, column, end line and end column.
fn place(text: &'static [u8], start: usize, end: usize) -> [u64; 4] {
    let text = json(&problem(start, end), &file(text));
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    ["line", "column", "end_line", "end_column"].map(|key| list[0][key].as_u64().unwrap())
}

#[test]
fn columns_count_characters_from_one() {
    assert_eq!(place(b"abc", 1, 2), [1, 2, 1, 3]);
    assert_eq!(place("größe: x".as_bytes(), 9, 10), [1, 8, 1, 9]);
    assert_eq!(place("\u{FEFF}abc".as_bytes(), 3, 4), [1, 1, 1, 2]);
    assert_eq!(place(b"a\n\tb\n", 3, 4), [2, 2, 2, 3]);
    assert_eq!(place(b"a\r\nb\r\n", 3, 4), [2, 1, 2, 2]);
    // Within a character.
    assert_eq!(place("ä".as_bytes(), 1, 1), [1, 1, 1, 1]);
}

#[test]
fn places_beyond_the_file_are_its_end() {
    assert_eq!(place(b"", 0, 0), [1, 1, 1, 1]);
    assert_eq!(place(b"", 7, 9), [1, 1, 1, 1]);
    assert_eq!(place(b"ab\ncd", 50, 60), [2, 3, 2, 3]);
    assert_eq!(place(b"\xFF\xFE", 1, 2), [1, 1, 1, 1]);
    assert_eq!(place("\u{FEFF}".as_bytes(), 0, 1), [1, 1, 1, 1]);
}

#[test]
fn a_problem_is_shown_with_excerpt_label_note_and_hint() {
    let text = human(
        &problem(14, 20),
        &file(b"---\n---\n:when locale=de\n"),
        PLAIN,
    );
    assert_eq!(
        text,
        "\
error[unknown-facet]: unknown facet `locale`
 --> content/tie.md:3:7
  |
3 | :when locale=de
  |       ^^^^^^ no file in segments/ defines it
  |
  = note: while reading a condition
  = hint: did you mean `lang`?"
    );
    let colored = Options {
        color: true,
        ..PLAIN
    };
    assert!(human(&problem(0, 1), &file(b"x"), colored).contains('\u{1b}'));
}

#[test]
fn a_problem_is_shown_in_one_line() {
    assert_eq!(
        short(&problem(4, 6), &file(b"abc\ndef")),
        "content/tie.md:2:1: error[unknown-facet]: unknown facet `locale`\n"
    );
    let mut list = Diagnostics::default();
    list.push(Diagnostic::project(
        Code::MissingConfig,
        "no\nfile \u{1b}[2J",
    ));
    assert_eq!(
        short(&list, &file(b"")),
        "error[missing-config]: no\\nfile \\u{1b}[2J\n"
    );
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let line: &'static str =
        Box::leak(format!("{}HERE{}\n", "ä".repeat(9000), "b".repeat(9000)).into_boxed_str());
    for (start, end) in [(18_000, 18_004), (0, 5), (18_000, 27_004), (27_003, 27_004)] {
        let text = human(&problem(start, end), &file(line.as_bytes()), PLAIN);
        assert!(text.chars().count() < 900, "{text}");
        assert!(text.contains('…') && text.contains('^'), "{text}");
    }
    let text = human(&problem(18_000, 18_004), &file(line.as_bytes()), PLAIN);
    assert!(text.contains("content/tie.md:1:9001"), "{text}");
    assert!(
        text.contains("ääHEREbb") && text.contains(" ^^^^ "),
        "{text}"
    );
}

#[test]
fn text_of_users_cannot_steer_a_terminal() {
    let mut list = Diagnostics::default();
    list.push(
        Diagnostic::project(Code::BadId, "bad \u{1b}[31m id")
            .hint("\u{1b}]0;x\u{7}")
            .note("\u{1b}c"),
    );
    assert!(!human(&list, &file(b""), PLAIN).contains('\u{1b}'));
}

#[test]
fn no_place_makes_it_panic() {
    for text in [
        &b""[..],
        b"\n",
        b"\r\n",
        b"a\tb\r",
        "ä\u{200D}\u{301}".as_bytes(),
        b"\xC3(",
        b"a\n\n\nb",
    ] {
        for start in 0..text.len() + 3 {
            for end in start..text.len() + 3 {
                let list = problem(start, end);
                human(&list, &file(text), PLAIN);
                short(&list, &file(text));
                json(&list, &file(text));
            }
        }
    }
}

#[test]
fn many_alike_are_summed_up() {
    let mut list = Diagnostics::default();
    for row in 0..1244 {
        let span = Span::new(FileId(0), 0..1);
        list.push(Diagnostic::new(
            Code::SkippedRow,
            span,
            format!("row {row}"),
        ));
    }
    let text = human(&list, &file(b"x"), PLAIN);
    assert_eq!(text.matches("warning[skipped-row]").count(), 10);
    assert!(
        text.ends_with("… and 1,234 more skipped-row (`--all` shows them)"),
        "{text}"
    );
    let all = Options { all: true, ..PLAIN };
    let text = human(&list, &file(b"x"), all);
    assert_eq!(text.matches("warning[skipped-row]").count(), 1244);
}
