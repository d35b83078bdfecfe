//! Disk to [`SourceTree`]: the only reader of the user's files.

use std::{
    fmt,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::SourceTree;

/// The folders of a store that hold sources.
const FOLDERS: [&str; 3] = ["content", "themes", "segments"];

/// The file at a store's top.
const CONFIG: &str = "haberdash.yaml";

/// The largest content a `.gz` may unpack to, in bytes: four times the largest
/// catalog that was measured.
const UNPACKED_LIMIT: u64 = 1 << 30;

/// The machine did not let a source be read.
#[derive(Debug)]
pub struct ReadError {
    /// Which file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read `{}`: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Reads `haberdash.yaml` and the files below `content/`, `themes/` and `segments/`.
///
/// Links are followed; hidden files, and the files that editors leave beside the
/// one they save, are not sources. A folder that is missing is empty.
pub fn read(root: &Path) -> Result<SourceTree, ReadError> {
    let mut paths = Vec::new();
    if root.join(CONFIG).is_file() {
        paths.push(root.join(CONFIG));
    }
    for folder in FOLDERS
        .iter()
        .map(|name| root.join(name))
        .filter(|path| path.is_dir())
    {
        let walk = WalkDir::new(&folder)
            .follow_links(true)
            .into_iter()
            .filter_entry(|entry| !is_ignored(&entry.file_name().to_string_lossy()));
        for entry in walk {
            // A link that leads nowhere or in a circle is no source; whoever names it will miss it.
            let is_dead_link = |error: &walkdir::Error| {
                let is_gone = error
                    .io_error()
                    .is_some_and(|e| e.kind() == io::ErrorKind::NotFound);
                error.loop_ancestor().is_some() || is_gone
            };
            if entry.as_ref().is_err_and(is_dead_link) {
                continue;
            }
            let entry = entry.map_err(|error| ReadError {
                path: error.path().unwrap_or(&folder).to_owned(),
                source: error.into(),
            })?;
            if entry.file_type().is_file() {
                paths.push(entry.into_path());
            }
        }
    }
    let files: Vec<(Arc<str>, Arc<[u8]>)> = paths
        .into_par_iter()
        .map(|path| {
            let bytes = read_file(&path).map_err(|source| ReadError {
                path: path.clone(),
                source,
            })?;
            let relative = path
                .strip_prefix(root)
                .expect("the walk stays below the root");
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            Ok((parts.join("/").into(), bytes.into()))
        })
        .collect::<Result<_, ReadError>>()?;
    Ok(SourceTree::from_files(files))
}

fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.starts_with('#') || name.ends_with('~') || name.ends_with(".swp")
}

#[expect(clippy::disallowed_methods, reason = "the room that reads")]
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .take(UNPACKED_LIMIT)
        .read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 == UNPACKED_LIMIT {
        return Err(io::Error::other("it unpacks to more than 1 GiB"));
    }
    Ok(unpacked)
}
