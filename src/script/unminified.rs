//! The stand-in where minifying is not compiled in.

/// The script as it is.
pub fn minify(script: &str) -> String {
    script.to_owned()
}
