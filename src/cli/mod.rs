//! The door: what was typed, done.
//!
//! In: arguments and the environment. Out: an exit status, data on stdout, messages on stderr. The only
//! room that prints, that looks at the clock, and that reads the environment.

mod args;
mod build;
mod explain;
mod keys;
mod resolve;
mod serve;
mod terminal;
mod verify;

use std::{fmt, path::Path, process::ExitCode, sync::Arc};

use clap::Parser;

use crate::{
    diagnostic::Diagnostics,
    emit::Surroundings,
    report,
    source::{self, SourceTree},
};
use args::{Arguments, Command, Common, Format};

/// The stack of threads that render, in bytes: templates and HTML nest.
const STACK: usize = 16 << 20;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// All is well.
    Fine,
    /// The user's files have errors.
    Problems,
    /// The command could not run.
    Failed,
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let Arguments { command, common } = Arguments::parse();
    let threads = usize::from(common.threads.unwrap_or(0));
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .num_threads(threads)
        .build_global();
    if let Err(error) = pool {
        terminal::say(&format!("error: cannot start threads: {error}"));
    }
    let result = match command {
        Command::Build(args) => build::run(&common, &args),
        Command::Serve(args) => serve::run(&common, &args),
        Command::Explain(args) => explain::run(&common, &args),
        Command::Resolve(args) => resolve::run(&common, &args),
        Command::Verify(args) => verify::run(&common, &args),
    };
    let status = result.unwrap_or_else(|failure| {
        terminal::say(&format!("error: {failure}"));
        Status::Failed
    });
    ExitCode::from(match status {
        Status::Fine => 0,
        Status::Problems => 1,
        Status::Failed => 2,
    })
}

/// Why a command could not run, in words.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the room that looks at the clock"
)]
fn now(time: &args::Time) -> jiff::Timestamp {
    time.now.unwrap_or_else(jiff::Timestamp::now)
}

fn read_sources(common: &Common) -> Result<Arc<SourceTree>, Failure> {
    if !common.store.is_dir() {
        return Err(Failure(format!(
            "there is no folder `{}`",
            common.store.display()
        )));
    }
    Ok(Arc::new(source::read(&common.store)?))
}

fn surroundings(store: &Path) -> Surroundings {
    Surroundings {
        store: store.to_owned(),
        home: std::env::var_os("HOME")
            .filter(|home| !home.is_empty())
            .map(Into::into),
    }
}

/// Problems for people, on stderr. With `--format json` the command itself writes them.
fn say_problems(common: &Common, diagnostics: &Diagnostics, tree: &SourceTree, all: bool) {
    let text = match common.format {
        Format::Human => {
            let options = report::Options {
                color: common.color.is_on(),
                all,
            };
            report::human(diagnostics, tree, options)
        }
        Format::Short => report::short(diagnostics, tree),
        Format::Json => return,
    };
    if !text.is_empty() {
        terminal::say(&text);
    }
}

/// Problems for machines.
fn problems_json(diagnostics: &Diagnostics, tree: &SourceTree) -> serde_json::Value {
    serde_json::from_str(&report::json(diagnostics, tree)).expect("it was written as JSON")
}
