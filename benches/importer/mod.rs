//! Real configuration problems, read from the files beside the repository where they are.
//!
//! `../shared/data` is not part of the project: whoever lacks it skips what needs it.

mod clib;
mod parts;
mod richmond;

use std::path::{Path, PathBuf};

use haberdash::Problem;

/// A problem with what is known of it.
pub struct Instance {
    /// Its name in a table.
    pub name: &'static str,
    /// The problem.
    pub problem: Problem,
    /// The number of its configurations, or the first digits as they were published.
    pub known: Option<&'static str>,
}

impl Instance {
    /// How many choices there are in all groups.
    pub fn choices(&self) -> usize {
        self.problem
            .variables
            .iter()
            .map(|variable| variable.prices.len())
            .sum()
    }
}

/// All instances, small ones first, or nothing if the data is not there.
pub fn instances() -> Option<Vec<Instance>> {
    let data = data()?;
    let configuration = data.join("configuration");
    let parts = parts::Parts::read(&data.join("pc-parts"));
    Some(vec![
        Instance {
            name: "Richmond",
            problem: richmond::read(&configuration.join("richmond.xml")),
            known: Some("33265499"),
        },
        Instance {
            name: "CLib PC",
            problem: clib::pc(&configuration.join("PCKB.java")),
            known: Some("2729160"),
        },
        Instance {
            name: "Renault",
            problem: clib::renault(&configuration),
            known: Some("7445949"),
        },
        Instance {
            name: "PC parts, 100",
            problem: parts.problem(100),
            known: None,
        },
        Instance {
            name: "PC parts, 1000",
            problem: parts.problem(1000),
            known: None,
        },
    ])
}

/// The folder of the data.
fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    ["configuration", "pc-parts"]
        .iter()
        .all(|part| folder.join(part).is_dir())
        .then_some(folder)
}
