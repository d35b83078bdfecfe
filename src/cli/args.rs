//! What can be typed.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::terminal::Color;

/// Build storefronts in which every visitor gets a page cut for them.
///
/// haberdash reads a catalog, Markdown, a theme and segment definitions, and writes a static site:
/// pages rendered for each group of visitors that they tell apart, and the routing table that
/// says who gets which.
#[derive(Debug, Parser)]
#[command(name = "haberdash", version, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

const EXAMPLES: &str = "\
Examples:
  haberdash build                          build the store in this folder into public/
  haberdash serve                          look at it on http://127.0.0.1:4000 as any visitor
  haberdash explain /                      what the home page asks, and who gets which file
  haberdash explain / --as loyalty=gold    … and which one a gold member gets
  haberdash verify < order.json            whether a customized product can be made at its price
  haberdash build --strict --format json   for CI: warnings fail, the summary is data";

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Folder of the store
    #[arg(long, global = true, default_value = ".", value_name = "FOLDER")]
    pub(super) store: PathBuf,
    /// How problems and results are written
    #[arg(long, global = true, default_value = "human", value_enum)]
    pub(super) format: Format,
    /// Whether messages are colored
    #[arg(long, global = true, default_value = "auto", value_enum)]
    pub(super) color: Color,
    /// Number of threads [default: one for each core]
    #[arg(long, global = true, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) threads: Option<u16>,
}

/// How things are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// With excerpts of the sources.
    Human,
    /// A line for each problem.
    Short,
    /// For machines, on stdout.
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build the site
    ///
    /// The output folder changes in one step when everything is well; with an error in the sources it stays
    /// as it was. Exit status: 0 if all is well, 1 if the sources have errors, 2 if the build could not run.
    Build(Build),
    /// Build the site and show it on this machine, as any visitor
    Serve(Serve),
    /// Say what a page asks, and who gets which file
    Explain(Explain),
    /// Decide requests as every edge must: JSON Lines in, JSON Lines out
    ///
    /// Reads requests such as {"path":"/","headers":{"cookie":"hb_team=owls"},"country":"DE","now":"2026-11-27T12:00:00Z"}
    /// from standard input and writes {"status","file","headers","assignment"} for each. `method`, `query`, `headers`,
    /// `country` and `now` may be left out. The site must have been built.
    Resolve(Resolve),
    /// Check an order of a customized product: JSON in, verdict out
    ///
    /// Reads an order as carts get it from standard input: {"product","design","choices","texts","images",
    /// "quantity","price","currency"}. Exit status: 0 if it can be made at its price, 1 if not, 2 if it could not be looked at.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// Output folder [default: `output` of haberdash.yaml, or public]
    #[arg(long, value_name = "FOLDER")]
    pub(super) output: Option<PathBuf>,
    /// Fail on warnings, and refuse the development key
    #[arg(long)]
    pub(super) strict: bool,
    /// List all problems, however many are alike
    #[arg(long)]
    pub(super) all: bool,
    /// Leave pages as they were rendered
    #[arg(long)]
    pub(super) no_minify: bool,
    /// Write .br and .gz twins [default: `precompress` of haberdash.yaml]
    #[arg(long)]
    pub(super) precompress: bool,
    /// Edge to compile for; may be given several times [default: `targets` of haberdash.yaml]
    ///
    /// What each deploys is written to `edge/<target>/` beside the output folder, with a README of its own.
    #[arg(long = "target", value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(crate::edge::targets()))]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct Time {
    /// Judge publish and expiry dates, and time windows, as of this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) now: Option<jiff::Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Port on 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 4000)]
    pub(super) port: u16,
    /// Country that visitors come from, as an edge would tell
    #[arg(long, value_name = "CODE", value_parser = country)]
    pub(super) country: Option<String>,
    /// Serve the pages without the visitor bar
    #[arg(long)]
    pub(super) no_bar: bool,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Path of a page, such as /shop/
    pub(super) path: String,
    /// Segments of a visitor, such as loyalty=gold,team=owls
    #[arg(long = "as", value_name = "FACET=SEGMENT,…", value_parser = assignment)]
    pub(super) assignment: Option<Assignment>,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// Output folder of the build [default: `output` of haberdash.yaml, or public]
    #[arg(long, value_name = "FOLDER")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Segments that the buyer has proven, such as loyalty=gold
    #[arg(long = "as", value_name = "FACET=SEGMENT,…", value_parser = assignment)]
    pub(super) assignment: Option<Assignment>,
    #[command(flatten)]
    pub(super) time: Time,
}

/// Segments by facet.
pub(super) type Assignment = BTreeMap<String, String>;

fn assignment(text: &str) -> Result<Assignment, String> {
    text.split(',')
        .map(|part| {
            let pair = part
                .split_once('=')
                .filter(|(facet, segment)| !facet.is_empty() && !segment.is_empty());
            pair.map(|(facet, segment)| (facet.trim().to_owned(), segment.trim().to_owned()))
                .ok_or_else(|| format!("`{part}` is not of the form facet=segment"))
        })
        .collect()
}

/// A time with an offset, or a date, which means its first moment in UTC.
fn time(text: &str) -> Result<jiff::Timestamp, String> {
    let day = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let time = text.parse::<jiff::Timestamp>().ok().or_else(day);
    time.ok_or_else(|| "write it as 2026-11-27 or 2026-11-27T00:00:00+01:00".to_owned())
}

fn country(text: &str) -> Result<String, String> {
    let is_code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    is_code
        .then(|| text.to_ascii_uppercase())
        .ok_or_else(|| "write two letters, such as DE".to_owned())
}
