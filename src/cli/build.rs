//! `haberdash build`.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::{
    Failure, Status,
    args::{Build, Common, Format},
    keys, now, problems_json, read_sources, say_problems, surroundings, terminal,
};
use crate::{
    diagnostic::Severity,
    edge::EdgeFile,
    emit::{self, Emitted, PictureFolder, Stage},
    output::{purge, put_all},
    pipeline::{self, BuildOptions, Built, Summary, Work},
    source::SourceTree,
};

/// Where what the edges deploy is written, beside the output folder.
const EDGES: &str = "edge";
/// Where made pictures are kept from build to build, below the store's folder.
pub(super) const PICTURES: &str = ".haberdash/pictures";

pub(super) fn run(common: &Common, args: &Build) -> Result<Status, Failure> {
    let start = std::time::Instant::now();
    let tree = read_sources(common)?;
    let read = start.elapsed();
    let output = output_folder(common, args.output.as_deref(), &tree);
    let stage = Stage::open(&output, &surroundings(&common.store))?;
    let pictures = PictureFolder::new(common.store.join(PICTURES));
    let bar = progress(common);
    let options = BuildOptions {
        now: now(&args.time),
        keys: &keys::keys,
        minifies: !args.no_minify,
        precompresses: args.precompress.then_some(true),
        targets: (!args.targets.is_empty()).then_some(&args.targets),
        pictures: &pictures,
        progress: &|work, done, all| show(&bar, work, done, all),
    };
    // Read before it is replaced.
    let before = matches!(common.format, Format::Json)
        .then(|| emit::read_manifest(&output).zip(emit::read_table(&output)))
        .flatten();
    let mut built = pipeline::build(&tree, &options, &stage)?;
    bar.finish_and_clear();
    let fails = built.summary.errors > 0 || (args.strict && built.summary.warnings > 0);
    let emitted = if fails { None } else { Some(stage.commit()?) };
    if !fails {
        emit_edges(common, &output, &built)?;
    }
    if !fails {
        pictures.tidy();
    }
    record_time(&mut built.summary, read, start.elapsed());
    say_problems(common, &built.diagnostics, &tree, args.all);
    match common.format {
        Format::Json => {
            let new = &built.deployment;
            let purged = before
                .filter(|_| !fails)
                .map(|(manifest, table)| purge((&manifest, &table), (&new.manifest, &new.table)));
            let report = json!({
                "ok": !fails,
                "summary": built.summary,
                "emitted": emitted.map(|e| json!({ "written": e.written, "kept": e.kept, "removed": e.removed })),
                // Surrogate keys by which caches drop what is not as it was.
                "purge": purged.unwrap_or_default(),
                "output": output,
                "problems": problems_json(&built.diagnostics, &tree),
            });
            terminal::data(&format!("{report:#}\n"));
        }
        Format::Human | Format::Short => {
            terminal::say(&summary(&built, emitted, &output, args.strict));
        }
    }
    Ok(if fails {
        Status::Problems
    } else {
        Status::Fine
    })
}

fn edge_folder(output: &Path) -> PathBuf {
    output.with_file_name(EDGES)
}

/// Writes what the edges deploy beside the site. Stages of one folder wait for one another, so this
/// comes after the site.
fn emit_edges(common: &Common, output: &Path, built: &Built) -> Result<(), Failure> {
    if built.edges.is_empty() {
        return Ok(());
    }
    let stage = Stage::open(&edge_folder(output), &surroundings(&common.store))?;
    let files = built.edges.iter().flat_map(|(target, files)| {
        let path = move |file: &EdgeFile| format!("{target}/{}", file.path);
        files
            .iter()
            .map(move |file| (path(file), file.bytes.as_slice()))
    });
    put_all(&stage, &built.deployment.manifest.site, files)?;
    stage.commit()?;
    Ok(())
}

/// Reading comes before the build, and the total after.
fn record_time(summary: &mut Summary, read: Duration, total: Duration) {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let stages = std::mem::take(&mut summary.milliseconds);
    let counted: u64 = stages.values().filter_map(serde_json::Value::as_u64).sum();
    summary
        .milliseconds
        .insert("read".into(), milliseconds(read).into());
    summary.milliseconds.extend(stages);
    let rest = milliseconds(total).saturating_sub(milliseconds(read) + counted);
    summary.milliseconds.insert("swap".into(), rest.into());
    summary
        .milliseconds
        .insert("total".into(), milliseconds(total).into());
}

/// Where the site goes: what was typed, or what the configuration says. A configuration that
/// cannot be read is reported by the build itself.
pub(super) fn output_folder(common: &Common, typed: Option<&Path>, tree: &SourceTree) -> PathBuf {
    if let Some(typed) = typed {
        return typed.to_owned();
    }
    let named = tree.find("haberdash.yaml").and_then(|id| {
        let value: serde_yaml::Value = serde_yaml::from_slice(&tree.file(id).bytes).ok()?;
        value.get("output")?.as_str().map(str::to_owned)
    });
    common.store.join(named.as_deref().unwrap_or("public"))
}

pub(super) fn progress(common: &Common) -> ProgressBar {
    let target = match common.format {
        Format::Human => ProgressDrawTarget::stderr(),
        Format::Short | Format::Json => ProgressDrawTarget::hidden(),
    };
    let style = ProgressStyle::with_template("{prefix} {bar:30} {msg} {human_pos}/{human_len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(0), target)
        .with_style(style)
        .with_prefix("Building")
}

/// Shows how far the build is.
pub(super) fn show(bar: &ProgressBar, work: Work, done: usize, all: usize) {
    bar.set_message(match work {
        Work::Pages => "pages",
        Work::Pictures => "pictures",
    });
    bar.set_length(all as u64);
    bar.set_position(done as u64);
}

fn summary(built: &Built, emitted: Option<Emitted>, output: &Path, strict: bool) -> String {
    let summary = &built.summary;
    let problems = problems(summary);
    let Some(emitted) = emitted else {
        let cause = if summary.errors == 0 && strict {
            " (warnings fail with --strict)"
        } else {
            ""
        };
        return format!("Not built: {problems}{cause}. The output folder is as it was.");
    };
    let times: Vec<String> = summary
        .milliseconds
        .iter()
        .filter(|(name, _)| *name != "total")
        .filter_map(|(name, ms)| Some((name, ms.as_u64()?)))
        .filter(|(_, ms)| *ms > 0)
        .map(|(name, ms)| format!("{name} {}", duration(ms)))
        .collect();
    let total = summary
        .milliseconds
        .get("total")
        .and_then(serde_json::Value::as_u64);
    let mut text = format!(
        "Built {} in {}\n",
        output.display(),
        duration(total.unwrap_or_default()),
    );
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<11}{value}");
    };
    line(
        "sources",
        format!(
            "{} products, {} documents ({} not published, {} rows skipped)",
            grouped(summary.products),
            grouped(summary.pages),
            grouped(summary.unpublished),
            grouped(summary.skipped_rows)
        ),
    );
    line(
        "routes",
        format!(
            "{} and {} redirects",
            grouped(summary.routes),
            grouped(summary.redirects)
        ),
    );
    line(
        "renderings",
        format!(
            "{}, put together as {} variants{} ({} merged as equal)",
            grouped(summary.renderings),
            grouped(summary.variants),
            match summary.parts {
                0 => String::new(),
                parts => format!(" and {} parts", grouped(parts)),
            },
            grouped(summary.merged)
        ),
    );
    let pictures = &summary.pictures;
    if pictures.sources > 0 {
        line(
            "pictures",
            format!(
                "{} in {} sizes, {}: {} made, {} from the cache",
                grouped(pictures.sources),
                grouped(pictures.made + pictures.reused),
                size(pictures.bytes),
                grouped(pictures.made),
                grouped(pictures.reused)
            ),
        );
    }
    line(
        "routing",
        format!("{} entries", grouped(summary.routing_entries)),
    );
    line(
        "files",
        format!(
            "{}, {}: {} written, {} as before, {} removed",
            grouped(summary.files),
            size(summary.bytes),
            grouped(emitted.written),
            grouped(emitted.kept),
            grouped(emitted.removed)
        ),
    );
    if !built.edges.is_empty() {
        let targets: Vec<&str> = built.edges.keys().map(String::as_str).collect();
        let folder = edge_folder(output);
        line(
            "edges",
            format!("{}, in {}", targets.join(", "), folder.display()),
        );
    }
    line("time", times.join(", "));
    line("problems", problems);
    text
}

pub(super) fn problems(summary: &Summary) -> String {
    let count = |number: usize, noun: &str| match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", grouped(number)),
    };
    let severities = [
        (Severity::Error, summary.errors),
        (Severity::Warning, summary.warnings),
    ];
    let parts: Vec<String> = severities
        .iter()
        .map(|(severity, number)| match severity {
            Severity::Error => count(*number, "error"),
            Severity::Warning => count(*number, "warning"),
        })
        .collect();
    parts.join(", ")
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn duration(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
