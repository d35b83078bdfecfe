//! Routes to text: every variant of every route, found by rendering.
//!
//! In: a [`Store`] and a [`Plan`], as a [`World`]. Out: [`Explored`] routes whose leaves
//! are texts with tokens in them, and, on demand, the parts and regions that the
//! tokens name. It is the only user of Tera and of pulldown-cmark. It never writes, never
//! minifies, and knows nothing of files or edges.
//!
//! A page is rendered once for every different answer to the questions it asked. Three
//! kinds of things are explored so: a route's **skeleton**; a **region**, which
//! leaves a hole in it and is varied on its own; and a **fragment** (a product card, a text),
//! which is rendered once for each different answer to its own questions and shared by all
//! that show it.

mod call_site;
mod context;
mod engine;
mod explore;
mod functions;
mod markdown;
mod part;
mod picture;
mod recorder;
mod surrogate;
mod token;
mod view;

pub use engine::{FileName, World};
pub use explore::Explored;
pub use picture::{Derivative, broken_picture};
pub use recorder::{ReadSet, Site, Split, Topic};
pub use token::{Piece, Token, pieces};

#[cfg(test)]
mod tests;
