//! Disk to memory: the input files of one build.
//!
//! In: a store's folder. Out: a [`SourceTree`], path to bytes, in path order.
//! The only room that reads the user's files; it never looks into them, but for
//! unpacking `.gz`. Tests make a tree from strings instead.

mod fixture;
mod walk;

use std::{collections::BTreeMap, sync::Arc};

use crate::diagnostic::FileId;

pub use walk::read;

/// One input file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the store's folder, with `/` between parts.
    pub path: Arc<str>,
    /// The content, unpacked if the file is a `.gz`.
    pub bytes: Arc<[u8]>,
}

impl SourceFile {
    /// The content as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
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
            .map(|(path, bytes)| SourceFile { path, bytes })
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
