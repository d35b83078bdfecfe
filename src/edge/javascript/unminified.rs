//! The stand-in where minifying is not compiled in.

pub(in crate::edge) fn minify(script: &str) -> String {
    script.to_owned()
}
