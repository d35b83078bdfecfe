//! `haberdash explain`.

use super::{
    Failure, Status,
    args::{Common, Explain, Format},
    keys, now, problems_json, read_sources, say_problems, terminal,
};
use crate::{
    diagnostic::{Diagnostics, Severity},
    explain::{NotExplained, explain},
    picture::NoPictures,
    pipeline::BuildOptions,
};

pub(super) fn run(common: &Common, args: &Explain) -> Result<Status, Failure> {
    let tree = read_sources(common)?;
    let options = BuildOptions {
        now: now(&args.time),
        keys: &keys::keys,
        minifies: true,
        precompresses: None,
        targets: None,
        pictures: &NoPictures,
        progress: &|_, _, _| {},
    };
    let assignment = args.assignment.clone().unwrap_or_default();
    let mut diagnostics = Diagnostics::default();
    match explain(&tree, &options, &args.path, &assignment, &mut diagnostics) {
        Ok(explanation) => {
            let text = match common.format {
                Format::Json => serde_json::to_string_pretty(&explanation)? + "\n",
                Format::Human | Format::Short => explanation.to_text(),
            };
            terminal::data(&text);
            let others = diagnostics.count(Severity::Error);
            if others > 0 {
                terminal::say(&format!(
                    "note: the store has {others} errors elsewhere; `haberdash build` shows them"
                ));
            }
            Ok(Status::Fine)
        }
        Err(NotExplained::Problems(problems)) => {
            say_problems(common, &problems, &tree, false);
            if common.format == Format::Json {
                terminal::data(&format!("{:#}\n", problems_json(&problems, &tree)));
            }
            Ok(Status::Problems)
        }
        Err(NotExplained::UnknownPath(nearest)) => {
            let hint = nearest.map_or_else(String::new, |path| {
                format!("\nhint: did you mean `{path}`?")
            });
            Err(Failure(format!(
                "there is no page at `{}`{hint}",
                args.path
            )))
        }
        Err(NotExplained::BadAssignment(problem)) => {
            let hint = problem
                .hint
                .map_or_else(String::new, |hint| format!("\nhint: {hint}"));
            Err(Failure(format!("--as: {}{hint}", problem.message)))
        }
    }
}
