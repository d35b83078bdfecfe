//! haberdash: a static site generator for storefronts in which every visitor gets a page cut
//! for them.
//!
//! This file is the map. The rooms below are floors of a house, ground floor first; a room
//! uses only rooms on floors below its own, and rooms on one floor do not use one another.
//!
//! ```text
//! sources → load → Store → plan → Plan → render → parts → finish → pages → sink (emit)
//!                    └ segments + diagrams → routing table → resolve, edges
//! ```
//!
//! **A page is rendered once for every different answer to the questions it asked.** While a
//! page renders, all that it reads beyond its own subject goes through functions that record
//! the question. The recording decides how many variants there are, what the routing table
//! is made of, what may be reused, and what `explain` tells.
//!
//! What is absent, on purpose:
//!
//! - Only `source` reads the user's files, only `emit` writes files, only `cli` prints, looks at the clock
//!   and reads the environment.
//! - No stage changes what an earlier one made. A stage takes a value and returns a value;
//!   problems in the user's files go into [`Diagnostics`](diagnostic::Diagnostics), and
//!   `pipeline` decides where to stop.
//! - No visitor's data is in a template's context. It can only be asked for.
//! - No template is run from content. Markdown with `{{` in it is text.
//! - No hash order, clock, randomness or host name reaches an output byte.
//! - Only `render` knows Tera, only it and `load` know pulldown-cmark, only `picture`
//!   knows what decodes and encodes pictures, and only `finish` knows minify-html.

pub(crate) mod constraints;
pub(crate) mod decision;
pub(crate) mod diagnostic;
pub(crate) mod digest;
pub(crate) mod script;

pub(crate) mod model;
pub(crate) mod source;

pub(crate) mod picture;
pub(crate) mod report;

pub(crate) mod load;

pub(crate) mod customizer;
pub(crate) mod plan;

pub(crate) mod render;

pub(crate) mod finish;

pub(crate) mod routing;

pub(crate) mod output;

pub(crate) mod check;
pub(crate) mod edge;
pub(crate) mod emit;
pub(crate) mod feeds;

pub(crate) mod pipeline;

pub(crate) mod explain;

pub(crate) mod orders;
pub(crate) mod serve;

pub mod cli;

pub use constraints::{
    Answer, Comparison, Compiled, Component, ConstraintId, Expression, Layer, Limits, Malformed,
    Obstacle, Problem, Repair, Report, Rule, Sum, Table, Term, TooLarge, Value, ValueAnswer,
    Variable, VariableId, Verdict, compile, compile_counting, decode, encode, obstacle, report,
    verify,
};
pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use edge::{Deployment, EdgeFile, edge_files, targets};
pub use emit::{EmitError, Emitted, PictureFolder, Stage, Surroundings};
pub use finish::MadePictures;
pub use output::{Manifest, Memory, Nowhere, OutputFile, Sink};
pub use picture::{NoPictures, PictureCache, PicturesInMemory};
pub use pipeline::{BuildOptions, Built, Summary, Work, build};
pub use routing::{Decision, Key, Keys, Request, RoutingTable, put_together, resolve, sign};
pub use source::SourceTree;
