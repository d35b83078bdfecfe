//! Whole builds, most of them in memory; the real binary where that is the point.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and look at files and clocks as they like"
)]

mod browser;
mod build;
mod cli;
mod constraints;
mod customizers;
mod demo_store;
mod edges;
mod emit;
mod parts;
mod pictures;
mod rooms;
mod runtime;
mod serve;
mod sign_in;
mod support;
mod targets;
mod variants;
