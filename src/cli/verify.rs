//! `haberdash verify`.

use std::io::Read;

use serde_json::Value as Json;

use super::{
    Failure, Status,
    args::{Common, Format, Verify},
    now, read_sources, say_problems, terminal,
};
use crate::{
    load::LoadOptions,
    orders::{NotVerified, verify},
};

/// More than any order has, in bytes.
const LARGEST: u64 = 1 << 20;

pub(super) fn run(common: &Common, args: &Verify) -> Result<Status, Failure> {
    let tree = read_sources(common)?;
    let mut text = String::new();
    std::io::stdin()
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure(format!("cannot read the order: {error}")))?;
    if text.len() as u64 > LARGEST {
        return Err(Failure("the order has more than 1 MiB".to_owned()));
    }
    let order: Json = serde_json::from_str(&text)
        .map_err(|error| Failure(format!("the order is not JSON: {error}")))?;
    let options = LoadOptions {
        now: now(&args.time),
    };
    let assignment = args.assignment.clone().unwrap_or_default();
    let verdict = match verify(&tree, &options, &assignment, &order) {
        Ok(verdict) => verdict,
        Err(NotVerified::Problems(problems)) => {
            say_problems(common, &problems, &tree, false);
            return Err(Failure("the store has errors".to_owned()));
        }
        Err(NotVerified::BadAssignment(problem)) => {
            let hint = problem
                .hint
                .map_or_else(String::new, |hint| format!("\nhint: {hint}"));
            return Err(Failure(format!("--as: {}{hint}", problem.message)));
        }
    };
    terminal::data(&match common.format {
        Format::Json => serde_json::to_string_pretty(&verdict)? + "\n",
        Format::Human | Format::Short => verdict.to_text(),
    });
    Ok(if verdict.valid {
        Status::Fine
    } else {
        Status::Problems
    })
}
