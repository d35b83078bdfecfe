//! Disk to memory: the input files of one build.
//!
//! In: a store's folder. Out: a [`SourceTree`], path to bytes, in path order.
//! The only room that reads the user's files; it never looks into them, but for
//! unpacking `.gz`. Tests make a tree from strings instead.

mod fixture;
mod walk;

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, OnceLock},
};

use crate::diagnostic::FileId;

pub use walk::read;

/// One input file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the store's folder, with `/` between parts.
    pub path: Arc<str>,
    /// The content, unpacked if the file is a `.gz`.
    pub bytes: Arc<[u8]>,
    /// Where its lines begin, once someone has asked.
    line_starts: Arc<OnceLock<Vec<u32>>>,
}

impl SourceFile {
    /// The content as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// The line (from 1) in which a byte stands.
    pub fn line(&self, byte: u32) -> u32 {
        self.line_starts().partition_point(|start| *start <= byte) as u32
    }

    /// The bytes of a line (from 1), its end too. A line that is not there is empty.
    pub fn line_range(&self, line: u32) -> Range<usize> {
        let starts = self.line_starts();
        let at = |place: usize| {
            starts
                .get(place)
                .map_or(self.bytes.len(), |start| *start as usize)
        };
        let place = (line as usize).saturating_sub(1);
        at(place)..at(place + 1)
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = self
                .bytes
                .iter()
                .enumerate()
                .filter(|(_, byte)| **byte == b'\n');
            std::iter::once(0)
                .chain(newlines.map(|(at, _)| at as u32 + 1))
                .collect()
        })
    }
}

/// The input files of one build. A [`FileId`] is a file's place in path order.
#[derive(Clone, Debug, Default)]
pub struct SourceTree {
    files: Vec<SourceFile>,
}

impl SourceTree {
    /// A tree from paths and contents.
    pub fn from_files<P: Into<Arc<str>>, B: Into<Arc<[u8]>>>(
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Self {
        let sorted: BTreeMap<Arc<str>, Arc<[u8]>> = files
            .into_iter()
            .map(|(path, bytes)| (path.into(), bytes.into()))
            .collect();
        let files = sorted
            .into_iter()
            .map(|(path, bytes)| SourceFile {
                path,
                bytes,
                line_starts: Arc::default(),
            })
            .collect();
        Self { files }
    }

    /// The file with an id of this tree.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The file at a path.
    pub fn find(&self, path: &str) -> Option<FileId> {
        let place = self
            .files
            .binary_search_by(|file| (*file.path).cmp(path))
            .ok()?;
        Some(FileId(place as u32))
    }

    /// All files in path order.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(place, file)| (FileId(place as u32), file))
    }

    /// The files below a folder (named with its trailing `/`), in path order.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (FileId, &'a SourceFile)> {
        let first = self.files.partition_point(|file| *file.path < *folder);
        self.files[first..]
            .iter()
            .take_while(move |file| file.path.starts_with(folder))
            .enumerate()
            .map(move |(place, file)| (FileId((first + place) as u32), file))
    }
}
