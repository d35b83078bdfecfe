//! Less of the same JavaScript and CSS.
//!
//! In: a script or a stylesheet. Out: the same without white space and with short names, for pages and for
//! platforms that count bytes. It knows nothing of what it is for; without the feature `minify` it changes
//! nothing, and never what cannot be parsed.

#[cfg_attr(not(feature = "minify"), path = "unminified.rs")]
mod minify;

pub use minify::{minify, minify_style};

/// Which JavaScript a script may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// None but what it is written in: what would be shorter in newer JavaScript is not known to every edge.
    AsWritten,
    /// What browsers know. Names of the script itself are short, too.
    Modern,
    /// The same for a script of somebody else, whose names other scripts may use.
    Shared,
}
