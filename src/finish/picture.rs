//! The smaller pictures that pages name, each made once.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use rayon::prelude::*;
use serde::Serialize;

use crate::{
    diagnostic::{Diagnostic, FileId},
    picture::{Negative, PictureCache},
    render::{Derivative, broken_picture},
    source::SourceTree,
};

/// Bytes of pixels that all threads together may hold. A picture that needs more is decoded
/// alone.
const MOST_MEMORY: u64 = 512 << 20;

/// What became of the smaller pictures of a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MadePictures {
    /// Pictures of which there are smaller ones.
    pub sources: usize,
    /// Smaller ones that were made.
    pub made: usize,
    /// Smaller ones that an earlier build had made.
    pub reused: usize,
    /// Bytes of both.
    pub bytes: u64,
}

/// Makes pictures and hands each to `write` as soon as it is made. `done` is told how many are.
///
/// A source is decoded once for all that is made of it, and not at all if the cache has that.
/// Sources that cannot be decoded are problems; the others are made nonetheless.
pub fn pictures(
    derivatives: &BTreeMap<String, Derivative>,
    tree: &SourceTree,
    cache: &dyn PictureCache,
    write: &(dyn Fn(&str, &[u8]) -> io::Result<()> + Sync),
    done: &(dyn Fn(usize) + Sync),
) -> io::Result<(MadePictures, Vec<Diagnostic>)> {
    let mut sources: BTreeMap<FileId, Vec<(&str, &Derivative)>> = BTreeMap::new();
    for (path, derivative) in derivatives {
        let of_source = sources.entry(derivative.source).or_default();
        of_source.push((path, derivative));
    }
    let sources: Vec<(FileId, Vec<(&str, &Derivative)>)> = sources.into_iter().collect();
    let studio = Studio {
        tree,
        cache,
        write,
        done,
        memory: Memory::default(),
        made: AtomicUsize::new(0),
        reused: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
    };
    let problems: Vec<Option<Diagnostic>> = sources
        .par_iter()
        .with_max_len(1)
        .map(|(source, wanted)| studio.make_all(*source, wanted))
        .collect::<io::Result<_>>()?;
    let made = MadePictures {
        sources: sources.len(),
        made: studio.made.into_inner(),
        reused: studio.reused.into_inner(),
        bytes: studio.bytes.into_inner(),
    };
    Ok((made, problems.into_iter().flatten().collect()))
}

struct Studio<'a> {
    tree: &'a SourceTree,
    cache: &'a dyn PictureCache,
    write: &'a (dyn Fn(&str, &[u8]) -> io::Result<()> + Sync),
    done: &'a (dyn Fn(usize) + Sync),
    memory: Memory,
    made: AtomicUsize,
    reused: AtomicUsize,
    bytes: AtomicU64,
}

impl Studio<'_> {
    fn make_all(
        &self,
        source: FileId,
        wanted: &[(&str, &Derivative)],
    ) -> io::Result<Option<Diagnostic>> {
        // Formats of one size share the resizing.
        let mut missing: BTreeMap<(u32, u32), Vec<(&str, &Derivative)>> = BTreeMap::new();
        for (path, derivative) in wanted {
            if let Some(bytes) = self.cache.get(derivative.key) {
                self.hand_over(path, &bytes, &self.reused)?;
            } else {
                let size = (derivative.recipe.width, derivative.recipe.height);
                missing.entry(size).or_default().push((path, derivative));
            }
        }
        let Some((_, first)) = missing.values().flatten().next() else {
            return Ok(None);
        };
        let (width, height) = first.header.size.unwrap_or_default();
        let need = u64::from(width) * u64::from(height) * Negative::BYTES_PER_PIXEL;
        let _memory = self.memory.take(need);
        let file = self.tree.file(source);
        let name = file.path.strip_prefix("content/").unwrap_or(&file.path);
        let broken = |broken| Ok(Some(broken_picture(name, source, broken)));
        let negative = match Negative::decode(first.header.kind, &file.bytes) {
            Ok(negative) => negative,
            Err(error) => return broken(error),
        };
        for ((width, height), formats) in missing {
            let print = match negative.print(width, height) {
                Ok(print) => print,
                Err(error) => return broken(error),
            };
            for (path, derivative) in formats {
                let bytes = match print.encode(&derivative.recipe) {
                    Ok(bytes) => bytes,
                    Err(error) => return broken(error),
                };
                self.cache.put(derivative.key, &bytes);
                self.hand_over(path, &bytes, &self.made)?;
            }
        }
        Ok(None)
    }

    fn hand_over(&self, path: &str, bytes: &[u8], count: &AtomicUsize) -> io::Result<()> {
        (self.write)(path, bytes)?;
        self.bytes.fetch_add(bytes.len() as u64, Relaxed);
        count.fetch_add(1, Relaxed);
        (self.done)(self.made.load(Relaxed) + self.reused.load(Relaxed));
        Ok(())
    }
}

/// Lets so many pictures be decoded at once as memory is to be used. Whoever holds some waits for
/// nothing, so waiting ends.
#[derive(Default)]
struct Memory {
    taken: Mutex<u64>,
    given_back: Condvar,
}

impl Memory {
    fn take(&self, need: u64) -> Taken<'_> {
        let taken = self.taken.lock().expect("no holder panics");
        let is_too_much = |taken: &mut u64| *taken > 0 && *taken + need > MOST_MEMORY;
        let mut taken = self
            .given_back
            .wait_while(taken, is_too_much)
            .expect("no holder panics");
        *taken += need;
        Taken { memory: self, need }
    }
}

struct Taken<'a> {
    memory: &'a Memory,
    need: u64,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.memory.taken.lock().expect("no holder panics") -= self.need;
        self.memory.given_back.notify_all();
    }
}
