//! `haberdash resolve`.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
};

use super::{
    Failure, Status,
    args::{Common, Resolve},
    build::output_folder,
    keys, now, read_sources, say_problems, terminal,
};
use crate::{
    diagnostic::Diagnostics,
    emit,
    load::{LoadOptions, load},
    routing::{Request, resolve},
};

pub(super) fn run(common: &Common, args: &Resolve) -> Result<Status, Failure> {
    let tree = read_sources(common)?;
    let now = now(&args.time);
    let mut diagnostics = Diagnostics::default();
    let Some(store) = load(&tree, &LoadOptions { now }, &mut diagnostics) else {
        say_problems(common, &diagnostics, &tree, false);
        return Ok(Status::Problems);
    };
    // Only what concerns keys matters here; the build has shown the rest.
    let mut diagnostics = Diagnostics::default();
    let keys = keys::keys(&store, &mut diagnostics);
    say_problems(common, &diagnostics, &tree, false);
    let output = output_folder(common, args.output.as_deref(), &tree);
    let (Some(manifest), Some(table)) = (emit::read_manifest(&output), emit::read_table(&output))
    else {
        return Err(Failure(format!(
            "`{}` holds no site\nhint: run `haberdash build` first",
            output.display()
        )));
    };
    let mut status = Status::Fine;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, line) in std::io::stdin().lock().split(b'\n').enumerate() {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => serde_json::to_string(&resolve(
                &table,
                &manifest,
                &keys,
                &request,
                now.as_second(),
                &BTreeMap::new(),
            ))?,
            Err(error) => {
                terminal::say(&format!("error: line {}: {error}", number + 1));
                status = Status::Problems;
                serde_json::json!({ "error": error.to_string() }).to_string()
            }
        };
        if writeln!(out, "{answer}").is_err() {
            break;
        }
    }
    Ok(status)
}
