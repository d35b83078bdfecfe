//! The YAML between `---` lines at the beginning of a Markdown file.

use crate::{
    diagnostic::{Code, Diagnostic},
    load::{
        report::{Origin, Report},
        yaml::{self, Node},
    },
};

/// The front matter and where the body begins. Nothing counts as an empty one; `None` if it
/// is broken, which is reported.
pub(super) fn split(text: &str, origin: Origin, report: &mut Report) -> (Option<Node>, usize) {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    let empty = Some(Node::null(origin.span(0..0)));
    let fence = first.trim_end();
    if fence != "---" && fence != "+++" {
        return (empty, 0);
    }
    let mut end = first.len();
    let mut close = None;
    for line in text[first.len()..].split_inclusive('\n') {
        let is_close = line.trim_end() == fence || (fence == "---" && line.trim_end() == "...");
        if is_close {
            close = Some(end);
            end += line.len();
            break;
        }
        end += line.len();
    }
    let Some(close) = close else {
        report.push(
            Diagnostic::new(
                Code::BadYaml,
                origin.span(0..fence.len()),
                "the front matter is not closed",
            )
            .label("opened here")
            .hint(format!("end it with a line `{fence}`")),
        );
        return (None, first.len());
    };
    if fence == "+++" {
        report.push(
            Diagnostic::new(
                Code::BadYaml,
                origin.span(0..fence.len()),
                "the front matter is TOML, and haberdash reads YAML",
            )
            .label("opens TOML")
            .hint("write `key: value` lines between two lines `---`"),
        );
        return (None, end);
    }
    let yaml = &text[first.len()..close];
    (yaml::parse(yaml, origin.after(first.len()), report), end)
}
