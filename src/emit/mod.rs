//! Memory to disk: the only room that writes files.
//!
//! In: the files of a build, as a [`Sink`]. Out: an output folder that changes from the old
//! site to the new one in one step. A [`Stage`] is filled beside the old folder and then
//! exchanged with it; dropped before that, it leaves nothing. What haberdash did not write it
//! never deletes or overwrites, but below `_v` and `_haberdash`, which are its own.

mod picture;
mod refuse;
mod swap;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, SystemTime},
};

use dashmap::DashSet;
use rayon::prelude::*;
use walkdir::WalkDir;

use crate::{
    digest::Digest,
    output::{MANIFEST, Manifest, OutputFile, ROUTING, Sink},
    routing::RoutingTable,
};

pub use picture::PictureFolder;
pub use refuse::Surroundings;

/// The machine did not let the output be written, or it must not be.
#[derive(Debug)]
pub enum EmitError {
    /// What was tried, on which path, and why it failed.
    Io(&'static str, PathBuf, io::Error),
    /// The folder must not be written to: which, why, and what to do.
    Refused(PathBuf, String, &'static str),
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(action, path, source) => {
                write!(f, "cannot {action} `{}`: {source}", path.display())
            }
            Self::Refused(path, why, hint) => {
                write!(
                    f,
                    "`{}` is not written to: {why}\nhint: {hint}",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for EmitError {}

fn at<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T, EmitError> {
    result.map_err(|source| EmitError::Io(action, path.to_owned(), source))
}

/// A new output folder in the making.
///
/// States: *open* (files are put; dropping it removes it) → [`Stage::commit`] → *done*.
#[derive(Debug)]
pub struct Stage {
    /// The output folder.
    output: PathBuf,
    /// The folder being filled, beside it.
    stage: PathBuf,
    /// The folder that both are in, locked, which holds off other builds; released by the system
    /// if this process dies.
    _lock: fs::File,
    /// What the last build wrote: path to digest, with the paths as they are on disk.
    old: BTreeMap<String, Digest>,
    /// Files in the output folder that haberdash did not write.
    foreign: BTreeSet<PathBuf>,
    /// Folders of the output folder, itself too; whether they stay if nothing of ours is in them.
    folders_before: BTreeMap<PathBuf, bool>,
    folders: DashSet<PathBuf>,
    conflicts: DashSet<String>,
    written: AtomicUsize,
    /// Files of the last build that are as they were; linked when it is clear that others are not.
    kept: DashSet<String>,
}

/// What a commit changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emitted {
    /// Files whose bytes were written.
    pub written: usize,
    /// Files that were as before.
    pub kept: usize,
    /// Files of the last build that are no more.
    pub removed: usize,
}

impl Stage {
    /// Begins a new output folder. Refuses one that is dangerous to write to.
    pub fn open(output: &Path, surroundings: &Surroundings) -> Result<Self, EmitError> {
        let output = refuse::check(output, surroundings)?;
        let name = output
            .file_name()
            .expect("the root was refused")
            .to_string_lossy()
            .into_owned();
        let parent = output.parent().expect("the root was refused").to_owned();
        at("make the folder", &parent, fs::create_dir_all(&parent))?;
        let lock = at("open", &parent, fs::File::open(&parent))?;
        at(
            "lock",
            &parent,
            rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(Into::into),
        )?;
        let stage = parent.join(format!(".{name}.stage"));
        swap::recover(&output, &stage)?;
        refuse::check_ours(&output)?;
        let old = old_files(&output);
        let (foreign, folders_before) = others(&output, &old)?;
        at("make the folder", &stage, fs::create_dir(&stage))?;
        Ok(Self {
            output,
            stage,
            _lock: lock,
            old,
            foreign,
            folders_before,
            folders: DashSet::new(),
            conflicts: DashSet::new(),
            written: AtomicUsize::new(0),
            kept: DashSet::new(),
        })
    }

    /// Exchanges the new folder with the old one and removes the old one.
    pub fn commit(self) -> Result<Emitted, EmitError> {
        if let Some(path) = self.conflicts.iter().map(|path| path.clone()).min() {
            return Err(EmitError::Refused(
                self.output.join(path),
                "a file that haberdash did not write stands where one of the site belongs".into(),
                "move the file away, or set `output` to another folder",
            ));
        }
        let emitted = Emitted {
            written: self.written.load(Relaxed),
            kept: self.kept.len(),
            removed: self
                .old
                .keys()
                .filter(|path| !self.kept.contains(*path) && !self.stage.join(path).exists())
                .count(),
        };
        // A site that is as it was stays where it is.
        if emitted.written > 0 || emitted.removed > 0 || !self.output.exists() {
            let kept: Vec<PathBuf> = self.kept.iter().map(|path| path.as_str().into()).collect();
            kept.par_iter()
                .chain(&self.foreign)
                .try_for_each(|path| self.carry_over(path))?;
            self.carry_over_folders()?;
            swap::exchange(&self.stage, &self.output)?;
        }
        Ok(emitted)
    }

    /// Puts a file of the old folder into the new one, by a link where the file system has such.
    fn carry_over(&self, path: &Path) -> Result<(), EmitError> {
        let (from, to) = (self.output.join(path), self.stage.join(path));
        at("make the folder of", &to, self.make_folder(&to))?;
        let kind = at("look at", &from, fs::symlink_metadata(&from))?.file_type();
        if kind.is_symlink() {
            let target = at("read the link", &from, fs::read_link(&from))?;
            return at("link", &to, std::os::unix::fs::symlink(target, &to));
        }
        let linked = fs::hard_link(&from, &to).or_else(|_| {
            fs::copy(&from, &to)?;
            let time = fs::metadata(&from)?.modified()?;
            fs::File::options()
                .write(true)
                .open(&to)?
                .set_modified(time)
        });
        at("carry over", &from, linked)
    }

    /// Gives folders the owner and mode that they had, and makes those again in which there was
    /// nothing of ours.
    fn carry_over_folders(&self) -> Result<(), EmitError> {
        for (path, stays) in &self.folders_before {
            let (from, to) = (self.output.join(path), self.stage.join(path));
            if *stays {
                at("make the folder", &to, fs::create_dir_all(&to))?;
            } else if !to.exists() {
                continue;
            }
            let meta = at("look at", &from, fs::metadata(&from))?;
            // Only an administrator may give folders away; for others the owner is the same.
            let _ = std::os::unix::fs::chown(&to, Some(meta.uid()), Some(meta.gid()));
            at(
                "set the mode of",
                &to,
                fs::set_permissions(&to, meta.permissions()),
            )?;
        }
        Ok(())
    }

    fn make_folder(&self, file: &Path) -> io::Result<()> {
        let folder = file.parent().expect("the file is below the stage");
        if !self.folders.contains(folder) {
            fs::create_dir_all(folder)?;
            self.folders.insert(folder.to_owned());
        }
        Ok(())
    }

    /// Whether the last build wrote this file, and it is as it was written: its size and time
    /// tell.
    fn is_kept(&self, file: &OutputFile<'_>) -> bool {
        self.old.get(file.path) == Some(&file.digest)
            && fs::symlink_metadata(self.output.join(file.path)).is_ok_and(|meta| {
                meta.is_file()
                    && meta.len() == file.bytes.len() as u64
                    && meta
                        .modified()
                        .is_ok_and(|time| time == modified(file.digest))
            })
    }
}

impl Sink for Stage {
    fn put(&self, file: OutputFile<'_>) -> io::Result<()> {
        if self.foreign.contains(Path::new(file.path)) {
            self.conflicts.insert(file.path.to_owned());
            return Ok(());
        }
        if self.is_kept(&file) {
            self.kept.insert(file.path.to_owned());
            return Ok(());
        }
        let to = self.stage.join(file.path);
        self.make_folder(&to)?;
        write(&to, file.bytes, file.digest)?;
        self.written.fetch_add(1, Relaxed);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After a commit this is the old site. A stage that cannot be removed is removed by the
        // next build.
        let _ = fs::remove_dir_all(&self.stage);
    }
}

#[expect(clippy::disallowed_methods, reason = "the room that writes")]
fn write(path: &Path, bytes: &[u8], digest: Digest) -> io::Result<()> {
    fs::write(path, bytes)?;
    fs::File::options()
        .write(true)
        .open(path)?
        .set_modified(modified(digest))
}

/// A time made of a file's content. Servers make entity tags of size and time, so two
/// variants of equal size must not have equal times; the same content has the same time in
/// every build.
fn modified(digest: Digest) -> SystemTime {
    /// 2001-01-01.
    const FIRST: u64 = 978_307_200;
    /// Sixteen years, so that the time is always in the past.
    const SPAN: u64 = 500_000_000;
    SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST + digest.low_u64() % SPAN)
}

/// The manifest of an output folder, if it has one that this version understands.
pub fn read_manifest(output: &Path) -> Option<Manifest> {
    serde_json::from_slice(&read_output(output, MANIFEST).ok()?).ok()
}

/// The routing table of an output folder, if it has one that this version understands.
pub fn read_table(output: &Path) -> Option<RoutingTable> {
    serde_json::from_slice(&read_output(output, ROUTING).ok()?).ok()
}

/// What the last build wrote. Paths of gated variants are found on disk.
fn old_files(output: &Path) -> BTreeMap<String, Digest> {
    let Ok(bytes) = read_output(output, MANIFEST) else {
        return BTreeMap::new();
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else {
        return BTreeMap::new();
    };
    let tokens = tokens(output);
    // The manifest does not list itself.
    let mut files = BTreeMap::from([(MANIFEST.to_owned(), Digest::of(&bytes))]);
    for (path, entry) in manifest.files {
        let Some(rest) = path.strip_prefix("_v/*/") else {
            files.insert(path, entry.digest);
            continue;
        };
        let label = rest.split('/').next().unwrap_or_default();
        if let Some(token) = tokens.get(label) {
            files.insert(format!("_v/{token}/{rest}"), entry.digest);
        }
    }
    files
}

/// The folders of gated variants, by label: `_v/<token>/<label>/`.
fn tokens(output: &Path) -> BTreeMap<String, String> {
    WalkDir::new(output.join("_v"))
        .min_depth(2)
        .max_depth(2)
        .into_iter()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let token = entry.path().parent()?.file_name()?.to_str()?;
            let label = entry.file_name().to_str()?;
            (token != "open").then(|| (label.to_owned(), token.to_owned()))
        })
        .collect()
}

/// Files in the output folder that no build of ours wrote, and all its folders, with whether they
/// stay though nothing of ours is in them. `_v` and `_haberdash` are ours.
type Others = (BTreeSet<PathBuf>, BTreeMap<PathBuf, bool>);

fn others(output: &Path, old: &BTreeMap<String, Digest>) -> Result<Others, EmitError> {
    let ours: BTreeSet<&Path> = old
        .keys()
        .flat_map(|path| Path::new(path).ancestors().skip(1))
        .collect();
    let (mut files, mut folders) = (BTreeSet::new(), BTreeMap::new());
    if !output.exists() {
        return Ok((files, folders));
    }
    let walk = WalkDir::new(output).into_iter().filter_entry(|entry| {
        entry.depth() != 1 || !matches!(entry.file_name().to_str(), Some("_v" | "_haberdash"))
    });
    for entry in walk {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(output).to_owned();
            EmitError::Io("look into", path, error.into())
        })?;
        let path = entry
            .path()
            .strip_prefix(output)
            .expect("the walk stays below")
            .to_owned();
        if entry.file_type().is_dir() {
            let stays = !ours.contains(path.as_path());
            folders.insert(path, stays);
        } else if path.to_str().is_none_or(|path| !old.contains_key(path)) {
            files.insert(path);
        }
    }
    Ok((files, folders))
}

/// A file of an output folder, for serving it.
#[expect(clippy::disallowed_methods, reason = "reads what this room wrote")]
pub fn read_output(output: &Path, file: &str) -> io::Result<Vec<u8>> {
    fs::read(output.join(file))
}
