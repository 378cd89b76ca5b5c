//! Files that are written whole or not at all.
//!
//! An output is a temporary file beside its target until it is committed; several outputs of one
//! run are on disk in full before the first of them gets its name. Standard output, devices and
//! FIFOs are written straight through. Knows nothing of what is written.

mod encode;
mod place;
mod unfinished;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write, stdout};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

pub use place::exists_since;
pub use unfinished::remove_unfinished;

use crate::error::{Error, FileFault, Result};
use encode::Encoder;
use place::{Place, folder_of, keep_owner_and_mode};
use unfinished::Naming;

/// How many bytes are collected before they are handed on.
const BUFFER: usize = 1 << 18;

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file, a device or a FIFO of this path; a name that ends in `.zst` or `.gz` compresses.
    File(PathBuf),
}

impl Target {
    /// The target that was named on the command line: a path, or `-` for standard output.
    pub fn named(path: &Path) -> Target {
        match path.as_os_str().as_encoded_bytes() {
            b"-" => Target::Stdout,
            _ => Target::File(path.to_owned()),
        }
    }

    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Target::Stdout => None,
            Target::File(path) => Some(path),
        }
    }

    /// Its name in messages.
    pub fn path(&self) -> &Path {
        match self {
            Target::Stdout => Path::new("<stdout>"),
            Target::File(path) => path,
        }
    }
}

/// An output that is being written.
///
/// Dropped without [`Output::finish`] or [`commit_all`], it leaves nothing behind, and an existing
/// file as it was. So it does where the process ends by [`remove_unfinished`].
pub struct Output {
    path: PathBuf,
    bytes: BufWriter<Encoder>,
    /// The temporary file and the file it will be; `None` where we write straight through.
    rename: Option<(TempPath, PathBuf)>,
}

impl Output {
    /// Prepares to write to `target`.
    ///
    /// # Errors
    ///
    /// The target is a folder, an existing file that we may not write, or in a folder that we may
    /// not write in.
    pub fn create(target: &Target) -> Result<Output> {
        let path = target.path();
        let place = match target {
            Target::Stdout => Ok(Place::Straight),
            Target::File(path) => Place::of(path),
        };
        let (file, rename) = match place.map_err(|e| Error::io("write", path, e))? {
            Place::File(file) => beside(path, &file)?,
            Place::Straight => (straight(target).map_err(|e| Error::io("write", path, e))?, None),
        };
        let encoder = Encoder::new(file, path).map_err(|e| Error::io("write", path, e))?;
        let bytes = BufWriter::with_capacity(BUFFER, encoder);
        Ok(Output { path: path.to_owned(), bytes, rename })
    }

    /// Whether this is standard output, a device or a FIFO, beside which no other file can stand.
    pub fn goes_straight(&self) -> bool {
        self.rename.is_none()
    }

    /// The file that it will be, or the device.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts what was written on disk and lets go of the file, of which there may be many; its name it gets
    /// with the others.
    ///
    /// # Errors
    ///
    /// It could not be written.
    pub fn close(&mut self) -> Result<()> {
        self.seal().map_err(|e| self.error(e))?;
        self.bytes = BufWriter::with_capacity(0, Encoder::closed());
        Ok(())
    }

    /// The error of this output that stands behind a failed write to it.
    pub fn error(&self, source: io::Error) -> Error {
        Error::io("write", &self.path, source)
    }

    /// Puts what was written on disk and gives it its name.
    ///
    /// # Errors
    ///
    /// Those of [`commit_all`].
    pub fn finish(self) -> Result<()> {
        commit_all(vec![self])
    }

    /// Writes out all that is still held here, with the owner and mode it will have.
    fn seal(&mut self) -> io::Result<()> {
        self.bytes.flush()?;
        self.bytes.get_mut().finish()?;
        let (Some((_, target)), Some(file)) = (&self.rename, self.bytes.get_mut().file()) else {
            return Ok(());
        };
        if let Ok(existing) = fs::metadata(target) {
            keep_owner_and_mode(file, &existing)?;
        }
        file.sync_all()
    }

    /// Gives the temporary file its name.
    fn rename(&mut self, naming: &mut Naming) -> io::Result<()> {
        let Some((temporary, target)) = self.rename.take() else { return Ok(()) };
        naming.name(temporary, &target)?;
        // Not every file system syncs a folder, and the file has its name by now.
        File::open(folder_of(&target)).and_then(|folder| folder.sync_all()).or(Ok(()))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    /// Hands on what is collected; a compressor may still hold some of it.
    fn flush(&mut self) -> io::Result<()> {
        self.bytes.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.bytes.get_mut().abandon();
        if let Some((temporary, _)) = self.rename.take() {
            unfinished::remove(temporary);
        }
    }
}

/// Finishes all outputs of one run: all of them are on disk before the first gets its name, so
/// that a full disk leaves none of them.
///
/// # Errors
///
/// Two outputs are one file, or an output could not be written: then no file has changed. Or, past that point, a file could not
/// be renamed: then those before it are done.
pub fn commit_all(mut outputs: Vec<Output>) -> Result<()> {
    // What goes straight through cannot be taken back: it comes after the files.
    outputs.sort_by_key(|output| output.rename.is_none());
    refuse_one_target_twice(&outputs)?;
    for output in &mut outputs {
        output.seal().map_err(|e| output.error(e))?;
    }
    let mut naming = Naming::begin();
    for output in &mut outputs {
        output.rename(&mut naming).map_err(|e| output.error(e))?;
    }
    Ok(())
}

/// Asserts that no output would replace another.
fn refuse_one_target_twice(outputs: &[Output]) -> Result<()> {
    let mut targets = HashSet::new();
    for output in outputs {
        if output.rename.as_ref().is_some_and(|(_, target)| !targets.insert(target)) {
            return Err(Error::file(&output.path, FileFault::TwoOutputs));
        }
    }
    Ok(())
}

/// A temporary file, mode 0600, beside the file that `path` leads to.
fn beside(path: &Path, target: &Path) -> Result<(File, Option<(TempPath, PathBuf)>)> {
    match fs::metadata(target) {
        Ok(existing) if existing.is_dir() => return Err(Error::file(path, FileFault::Folder)),
        Ok(_) => may_be_written(target).map_err(|e| Error::io("write", path, e))?,
        Err(_) => {}
    }
    let refused = |e| Error::io("write in", folder_of(target), e);
    let folder = fs::canonicalize(folder_of(target)).map_err(refused)?;
    // The crate's own text names the temporary file, which nobody asked for.
    let created = unfinished::create_in(&folder);
    let (file, temporary) = created.map_err(|e| refused(e.kind().into()))?;
    Ok((file, Some((temporary, folder.join(target.file_name().unwrap_or_default())))))
}

/// Asserts that we may write to a file, which its folder does not tell.
fn may_be_written(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).open(path).map(drop)
}

/// Standard output, or a device or FIFO; what another program opened is appended to.
fn straight(target: &Target) -> io::Result<File> {
    match target {
        Target::Stdout => stdout().as_fd().try_clone_to_owned().map(File::from),
        Target::File(path) => OpenOptions::new().append(true).open(path),
    }
}

#[cfg(test)]
mod tests;
