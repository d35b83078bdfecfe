//! Folders that must not become an output folder.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use super::EmitError;

/// The folders that the output must keep away from.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The store's folder.
    pub store: PathBuf,
    /// The user's home folder, if there is one.
    pub home: Option<PathBuf>,
}

/// Folders of a store that hold sources, and its file.
const SOURCES: [&str; 4] = ["content", "themes", "segments", "haberdash.yaml"];

/// The output folder as a real path, if it may be written to.
pub(super) fn check(output: &Path, surroundings: &Surroundings) -> Result<PathBuf, EmitError> {
    let refuse = |why: String| {
        let hint = "set `output` in haberdash.yaml, or `--output`, to a folder of its own, such as `public`";
        Err(EmitError::Refused(output.to_owned(), why, hint))
    };
    let real =
        real_path(output).map_err(|source| EmitError::Io("find", output.to_owned(), source))?;
    if real.parent().is_none() {
        return refuse("it is the root of the file system".into());
    }
    if real.exists() && !real.is_dir() {
        return refuse("it is not a folder".into());
    }
    let home = surroundings
        .home
        .as_ref()
        .and_then(|home| real_path(home).ok());
    if home.is_some_and(|home| home.starts_with(&real)) {
        return refuse("it is, or contains, your home folder".into());
    }
    let store = real_path(&surroundings.store)
        .map_err(|source| EmitError::Io("find", surroundings.store.clone(), source))?;
    if store.starts_with(&real) {
        return refuse("it is, or contains, the store itself".into());
    }
    for name in SOURCES {
        let source = real_path(&store.join(name)).unwrap_or_else(|_| store.join(name));
        if source.starts_with(&real) || real.starts_with(&source) {
            return refuse(format!(
                "it is, contains, or is inside of `{name}`, which holds sources"
            ));
        }
    }
    Ok(real)
}

/// Refuses a folder in which someone else's files are and haberdash has never written. Hidden
/// files, such as a `.git`, may be there.
pub(super) fn check_ours(output: &Path) -> Result<(), EmitError> {
    if super::read_manifest(output).is_some() || !output.exists() {
        return Ok(());
    }
    let entries = super::at("look into", output, std::fs::read_dir(output))?;
    for entry in entries {
        let name = super::at("look into", output, entry)?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            return Err(EmitError::Refused(
                output.to_owned(),
                format!(
                    "it holds `{}`, and haberdash has never written there",
                    name.display()
                ),
                "name a folder that is new, empty, or was written by haberdash",
            ));
        }
    }
    Ok(())
}

/// A path without links and `..`, of a folder that may not exist yet.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let mut real = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => real.push(part),
        }
        if let Ok(resolved) = real.canonicalize() {
            real = resolved;
        }
    }
    Ok(real)
}
