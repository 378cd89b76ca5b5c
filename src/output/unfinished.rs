//! Which temporary files there are, so that a program that is ended leaves none.
//!
//! Knows nothing of signals, and of what is in the files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempPath;

/// Every temporary file that has not got its name yet.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes the temporary files of all outputs that are being written, as is due before the process ends
/// early: its destructors do not run then.
///
/// Afterwards no output is begun and none gets its name: whoever tries waits for the end of the process.
pub fn remove_unfinished() {
    let names = lock();
    for path in names.iter() {
        // Nobody is left to be told.
        let _ = fs::remove_file(path);
    }
    std::mem::forget(names);
}

fn lock() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file of mode 0600 in a folder.
pub(super) fn create_in(folder: &Path) -> io::Result<(File, TempPath)> {
    let mut names = lock();
    let mut temporary = tempfile::Builder::new();
    let temporary = temporary.prefix(".ldifsync-").suffix(".part").tempfile_in(folder)?;
    let (file, path) = temporary.into_parts();
    names.insert(path.to_path_buf());
    Ok((file, path))
}

/// Removes a temporary file.
pub(super) fn remove(temporary: TempPath) {
    let mut names = lock();
    names.remove(&*temporary);
    drop(temporary);
}

/// The right to give temporary files their names, which nobody interrupts.
pub(super) struct Naming(MutexGuard<'static, BTreeSet<PathBuf>>);

impl Naming {
    pub(super) fn begin() -> Naming {
        Naming(lock())
    }

    /// Gives a temporary file its name; where that fails it is removed.
    pub(super) fn name(&mut self, temporary: TempPath, target: &Path) -> io::Result<()> {
        self.0.remove(&*temporary);
        temporary.persist(target).map_err(|e| e.error)
    }
}
