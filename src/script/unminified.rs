//! The stand-in where minifying is not compiled in.

use super::Syntax;

/// The script as it is.
pub fn minify(script: &str, _: Syntax) -> String {
    script.to_owned()
}

/// The stylesheet as it is.
pub fn minify_style(style: &str) -> String {
    style.to_owned()
}
