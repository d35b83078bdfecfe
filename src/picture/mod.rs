//! Pictures: what is in a file, and smaller ones made of it.
//!
//! In: a picture's bytes. Out: its [`Header`] without decoding it; the bytes that a [`Recipe`]
//! makes of it; and drawings with nothing in them that runs or fetches. It is the only room that
//! knows the crates that decode, resize and encode. It reads and writes no file, keeps nothing
//! (a [`PictureCache`] is handed in), and never starts a thread, so that the same bytes come
//! out whatever the number of threads. No bytes make it panic.

mod cache;
mod develop;
mod drawing;
mod header;
mod recipe;
#[cfg(test)]
mod tests;

pub use cache::{NoPictures, PictureCache, PicturesInMemory};
pub use develop::{Negative, can_make};
pub use drawing::{Unsafe, sanitize};
pub use header::{Header, read};
pub use recipe::{Recipe, candidates, drawn};

/// Why a file cannot be used as a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, as the end of a sentence that begins with the file.
    pub why: String,
    /// What to do.
    pub hint: &'static str,
    /// The byte at which it shows, in a drawing.
    pub at: usize,
}

impl Broken {
    fn new(why: impl Into<String>, hint: &'static str) -> Self {
        Self {
            why: why.into(),
            hint,
            at: 0,
        }
    }
}

/// What to do about a file that was cut off or damaged.
const EXPORT_AGAIN: &str = "export or copy the picture again";
