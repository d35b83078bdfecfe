//! Made pictures on disk, kept from build to build.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::PathBuf,
};

use dashmap::DashSet;

use crate::{digest::Digest, picture::PictureCache};

/// A picture that so many builds in a row did not use is dropped.
const UNUSED_BUILDS: u32 = 16;

/// How many builds in a row did not use each picture: a line each, key and count.
const UNUSED: &str = "unused";

/// How the names of files begin that are being written.
const BEGUN: &str = ".begun-";

/// A folder of made pictures, a file each, named by its key. A file begins with the digest of the
/// rest, so that one that was damaged is made again.
///
/// Files come into being by renaming, and one that is gone is made again: two builds may use a folder
/// at once.
#[derive(Debug)]
pub struct PictureFolder {
    folder: PathBuf,
    used: DashSet<Digest>,
}

impl PictureFolder {
    /// The folder comes into being with the first picture.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            used: DashSet::new(),
        }
    }

    /// Drops what the last builds did not use. To be called after a build that was good.
    pub fn tidy(&self) {
        // A cache that cannot be tidied is tidied the next time.
        let _ = self.try_tidy();
    }

    fn try_tidy(&self) -> io::Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        let before = self.read(UNUSED).unwrap_or_default();
        let before = String::from_utf8_lossy(&before);
        let before: BTreeMap<Digest, u32> = before
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(key, count)| Some((Digest::parse(key)?, count.parse().ok()?)))
            .collect();
        let mut unused = BTreeMap::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().unwrap_or_default();
            if name.starts_with(BEGUN) {
                // Left by a build that was killed. One that is still at it does without.
                fs::remove_file(entry.path())?;
            }
            let Some(key) = Digest::parse(name) else {
                continue;
            };
            if self.used.contains(&key) {
                continue;
            }
            let count = before.get(&key).copied().unwrap_or_default() + 1;
            if count >= UNUSED_BUILDS {
                fs::remove_file(entry.path())?;
            } else {
                unused.insert(key, count);
            }
        }
        let lines: Vec<String> = unused
            .iter()
            .map(|(key, count)| format!("{key} {count}\n"))
            .collect();
        self.write(UNUSED, &[lines.concat().as_bytes()])
    }

    #[expect(clippy::disallowed_methods, reason = "reads what this room wrote")]
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(name))
    }

    fn write(&self, name: &str, parts: &[&[u8]]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(BEGUN)
            .tempfile_in(&self.folder)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.persist(self.folder.join(name))?;
        Ok(())
    }
}

impl PictureCache for PictureFolder {
    fn get(&self, key: Digest) -> Option<Vec<u8>> {
        let mut file = self.read(&key.hex()).ok()?;
        let (digest, bytes) = file.split_at_checked(32)?;
        let is_whole = Digest::of(bytes).hex().as_bytes() == digest;
        if !is_whole {
            return None;
        }
        self.used.insert(key);
        file.drain(..32);
        Some(file)
    }

    fn put(&self, key: Digest, bytes: &[u8]) {
        self.used.insert(key);
        // A picture that cannot be kept is made again by the next build.
        let _ = self.write(&key.hex(), &[Digest::of(bytes).hex().as_bytes(), bytes]);
    }
}
