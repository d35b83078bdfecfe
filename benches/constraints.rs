//! What compiling and asking real customizers costs: sizes, and time as a ratio to walking a
//! list as long as the diagram, in the same run. `cargo bench --bench constraints`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench reads real data, prints its figures, and ends when something is wrong"
)]

#[path = "importer/mod.rs"]
mod importer;

use std::{hint::black_box, time::Instant};

use haberdash::{Compiled, Limits, Problem, compile, compile_counting, encode, report};
use importer::Instance;

const ROUNDS: u32 = 5;
/// Sweeps of one round.
const SWEEPS: u32 = 20;

fn main() {
    let Some(instances) = importer::instances() else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    println!(
        "{:<16}{:>24}{:>13}{:>11}{:>9}{:>8}{:>8}{:>9}{:>9}{:>9}{:>10}{:>8}",
        "",
        "groups/choices/rules",
        "in all",
        "compile ms",
        "sift ms",
        "swaps",
        "nodes",
        "arcs",
        "bytes",
        "brotli",
        "sweep µs",
        "x arcs"
    );
    instances.iter().for_each(measure);
}

fn measure(instance: &Instance) {
    let Instance { name, problem, .. } = instance;
    let limits = Limits::default();
    let unsifted = Limits { swaps: 0, ..limits };
    let (compiling, _) = fastest(|| compile(problem, &unsifted).unwrap());
    let (whole, (compiled, swaps)) = fastest(|| compile_counting(problem, &limits).unwrap());
    let bytes = encode(&compiled);
    let none = vec![None; problem.variables.len()];
    let products = compiled.configurations(&none).to_string();
    assert!(
        products.starts_with(instance.known.unwrap_or("")),
        "{name}: {products}"
    );
    let exponent = products.len() - 1;
    let (sweep, ()) = fastest(|| {
        (0..SWEEPS).for_each(|_| drop(black_box(compiled.answer(&problem.variables, &none))));
    });
    let sweep = sweep * 1e6 / f64::from(SWEEPS);
    let walk = walk(&compiled);
    let choices = instance.choices();
    let size = format!(
        "{}/{choices}/{}",
        problem.variables.len(),
        problem.constraints.len()
    );
    println!(
        "{name:<16}{size:>24}{:>13}{:>11.2}{:>9.2}{:>8}{:>8}{:>9}{:>9}{:>9}{sweep:>10.1}{:>8.1}",
        format!("{:.6}e{exponent}", digits(&products)),
        compiling * 1e3,
        (whole - compiling).max(0.0) * 1e3,
        swaps,
        compiled.nodes(),
        compiled.arcs(),
        bytes.len(),
        brotli(&bytes),
        sweep / walk,
    );
    reported(problem, &compiled, &limits);
}

/// What the report says, and what it takes.
fn reported(problem: &Problem, compiled: &Compiled, limits: &Limits) {
    let (took, report) = fastest(|| report(problem, compiled, limits));
    println!(
        "    {} dead choices, {} groups with one possible choice, {} redundant rules, {} unchecked: {:.1} ms",
        report.dead.len(),
        report.fixed.len(),
        report.redundant.len(),
        report.unchecked.len(),
        took * 1e3
    );
}

/// The least time of some rounds in seconds, and the result.
fn fastest<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut round = || {
        let start = Instant::now();
        let result = work();
        (start.elapsed().as_secs_f64(), result)
    };
    let mut best = round();
    for _ in 1..ROUNDS {
        let next = round();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

/// Microseconds that it takes to add up all arcs: the least that any sweep can take.
fn walk(compiled: &Compiled) -> f64 {
    let (took, ()) = fastest(|| {
        for _ in 0..SWEEPS {
            let layers = compiled
                .components
                .iter()
                .flat_map(|component| &component.layers);
            let sum: f64 = layers
                .flat_map(|layer| &layer.arcs)
                .map(|arc| f64::from(*arc))
                .sum();
            black_box(sum);
        }
    });
    took * 1e6 / f64::from(SWEEPS)
}

/// The first digits of a number as one before the point and others after.
fn digits(number: &str) -> f64 {
    let first: String = number.chars().take(12).collect();
    first.parse::<f64>().unwrap() / 10_f64.powi(first.len() as i32 - 1)
}

fn brotli(bytes: &[u8]) -> usize {
    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters).unwrap();
    packed.len()
}
