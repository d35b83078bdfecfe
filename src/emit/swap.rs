//! The one step from the old site to the new one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{EmitError, at};

/// Exchanges the two folders in one step. Where the file system has no such step, the old
/// one is moved aside first; [`recover`] mends a death in between.
#[expect(clippy::disallowed_methods, reason = "the room that writes")]
pub(super) fn exchange(stage: &Path, output: &Path) -> Result<(), EmitError> {
    if !output.exists() {
        return at("move into place", output, fs::rename(stage, output));
    }
    match renameat_with(CWD, stage, CWD, output, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            let aside = aside(stage);
            at("move aside", output, fs::rename(output, &aside))?;
            at("move into place", output, fs::rename(stage, output))?;
            at("remove", &aside, fs::remove_dir_all(&aside))
        }
        Err(error) => at("exchange", output, Err(io::Error::from(error))),
    }
}

/// Puts back what a build that died left aside, and removes what it left unfinished.
#[expect(clippy::disallowed_methods, reason = "the room that writes")]
pub(super) fn recover(output: &Path, stage: &Path) -> Result<(), EmitError> {
    let aside = aside(stage);
    if aside.exists() {
        if output.exists() {
            at("remove", &aside, fs::remove_dir_all(&aside))?;
        } else {
            at("put back", output, fs::rename(&aside, output))?;
        }
    }
    if stage.exists() {
        at("remove", stage, fs::remove_dir_all(stage))?;
    }
    Ok(())
}

fn aside(stage: &Path) -> PathBuf {
    stage.with_extension("old")
}
