//! Rendered parts to final bytes.
//!
//! In: a [`World`] with its parts, and the theme's files. Out: [`FinishedRoute`]s, whose
//! variants are whole pages, and [`Asset`]s under fingerprinted names. Each distinct part is
//! minified once; pages are put together by copying. It renders nothing, writes
//! nothing, and never changes the text that a visitor reads.

mod assemble;
mod asset;
mod compress;
mod minify;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use dashmap::DashMap;

use crate::{
    diagnostic::{Code, Diagnostic},
    digest::Digest,
    render::{Piece, Token, World, pieces},
};

pub use assemble::FinishedRoute;
pub use asset::assets;
pub use compress::{brotli, gzip, is_compressible};

/// Turns parts into final text, each once.
pub struct Finisher {
    world: Arc<World>,
    /// URLs of files by the digests in tokens.
    urls: BTreeMap<Digest, String>,
    /// Whether texts are minified.
    minifies: bool,
    finished: DashMap<Digest, Arc<str>>,
    problems: Mutex<BTreeMap<String, Diagnostic>>,
}

impl Finisher {
    /// A finisher for the parts of a world. `urls` says where each file is served.
    pub fn new(world: Arc<World>, urls: BTreeMap<Digest, String>, minifies: bool) -> Self {
        Self {
            world,
            urls,
            minifies,
            finished: DashMap::new(),
            problems: Mutex::default(),
        }
    }

    /// A part's final text. Only tokens of regions are left in it.
    pub fn part(&self, digest: Digest) -> Arc<str> {
        if let Some(done) = self.finished.get(&digest) {
            return Arc::clone(&done);
        }
        let raw = self.world.part(digest);
        let text = if self.minifies {
            self.minify(&raw)
        } else {
            raw.to_string()
        };
        let text: Arc<str> = self.fill(&text).into();
        self.finished.insert(digest, Arc::clone(&text));
        text
    }

    fn minify(&self, raw: &str) -> String {
        minify::minify(raw).unwrap_or_else(|changed| {
            let problem = Diagnostic::project(
                Code::MinifyChangedText,
                format!("minifying would have changed the text near `{changed}`"),
            )
            .hint("the text was left as it is; look for unusual markup around it");
            self.problems
                .lock()
                .expect("no holder panics")
                .insert(changed, problem);
            raw.to_owned()
        })
    }

    /// Puts parts and URLs in the place of their tokens.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Token(Token::Part(digest)) => filled.push_str(&self.part(digest)),
                Piece::Token(Token::Asset(digest)) => {
                    filled.push_str(self.urls.get(&digest).map_or("", String::as_str));
                }
                Piece::Token(token @ Token::Region(_)) => filled.push_str(&token.to_string()),
            }
        }
        filled
    }

    /// What was noticed while finishing.
    pub fn problems(&self) -> Vec<Diagnostic> {
        self.problems
            .lock()
            .expect("no holder panics")
            .values()
            .cloned()
            .collect()
    }
}
