//! Rendered parts to final bytes.
//!
//! In: a [`World`] with its parts, and the theme's files. Out: [`FinishedRoute`]s: whole pages, and
//! skeletons with the regions beside them for edges that put pages together; and [`Asset`]s under
//! fingerprinted names. Each distinct part is minified once; pages are put together by copying. It
//! renders nothing, writes nothing, and never changes the text that a visitor reads.

mod assemble;
mod asset;
mod compress;
mod include;
#[cfg_attr(not(feature = "minify"), path = "unminified.rs")]
mod minify;
mod picture;
mod variants;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use dashmap::DashMap;

use crate::{
    diagnostic::{Code, Diagnostic, Span},
    digest::Digest,
    render::{Explored, Piece, Token, World, pieces},
};

pub use assemble::{Delivery, FinishedRoute};
pub use asset::assets;
pub use compress::{brotli, gzip, is_compressible};
pub use include::Syntax;
pub use picture::{MadePictures, pictures};
pub use variants::Variants;

/// Turns parts into final text, each once.
pub struct Finisher {
    world: Arc<World>,
    /// URLs of files by the digests in tokens.
    urls: BTreeMap<Digest, String>,
    /// Whether texts are minified.
    minifies: bool,
    fragments: DashMap<Digest, Arc<str>>,
    /// By key.
    regions: DashMap<Digest, Arc<Variants>>,
    problems: Mutex<Vec<Diagnostic>>,
}

impl Finisher {
    /// A finisher for the parts of a world. `urls` says where each file is served.
    pub fn new(world: Arc<World>, urls: BTreeMap<Digest, String>, minifies: bool) -> Self {
        Self {
            world,
            urls,
            minifies,
            fragments: DashMap::new(),
            regions: DashMap::new(),
            problems: Mutex::default(),
        }
    }

    /// A fragment's final text. Only tokens of regions are left in it.
    fn fragment(&self, digest: Digest) -> Arc<str> {
        if let Some(done) = self.fragments.get(&digest) {
            return Arc::clone(&done);
        }
        let text: Arc<str> = self.text(&self.world.part(digest), None).into();
        self.fragments.insert(digest, Arc::clone(&text));
        text
    }

    /// The final texts of an exploration's leaves, in their order.
    fn leaves(&self, explored: &Explored, span: Span) -> Arc<[Arc<str>]> {
        explored
            .leaves
            .iter()
            .map(|leaf| self.text(&leaf.text, Some(span)).into())
            .collect()
    }

    /// A rendered text, minified, with its parts and URLs filled in.
    fn text(&self, raw: &str, span: Option<Span>) -> String {
        if !self.minifies {
            return self.fill(raw);
        }
        match minify::minify(raw) {
            Ok(minified) => self.fill(&minified),
            Err(changed) => {
                let texts = pieces(&changed).filter_map(|piece| match piece {
                    Piece::Text(text) => Some(text),
                    Piece::Token(_) => None,
                });
                let near: String = texts.collect();
                let message = format!("minifying would have changed the text near `{near}`");
                let problem = match span {
                    Some(span) => Diagnostic::new(Code::MinifyChangedText, span, message),
                    None => Diagnostic::project(Code::MinifyChangedText, message),
                };
                let problem = problem
                    .hint("the page was left as it was rendered; look for unusual markup there");
                self.problems
                    .lock()
                    .expect("no holder panics")
                    .push(problem);
                self.fill(raw)
            }
        }
    }

    /// Puts parts and URLs in the place of their tokens.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Token(Token::Part(digest)) => filled.push_str(&self.fragment(digest)),
                Piece::Token(Token::Asset(digest)) => {
                    filled.push_str(self.urls.get(&digest).map_or("", String::as_str));
                }
                Piece::Token(token @ Token::Region(_)) => filled.push_str(&token.to_string()),
            }
        }
        filled
    }

    /// What was noticed while finishing, in no order.
    pub fn problems(&self) -> Vec<Diagnostic> {
        self.problems.lock().expect("no holder panics").clone()
    }
}
