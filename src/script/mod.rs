//! Less of the same JavaScript.
//!
//! In: a script. Out: the same with short names and no white space, for pages and for platforms that count
//! bytes. It knows nothing of what a script is for; without the feature `minify` it changes nothing.

#[cfg_attr(not(feature = "minify"), path = "unminified.rs")]
mod minify;

pub use minify::minify;
