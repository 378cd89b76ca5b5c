//! The text of an input in order, for whoever does not need it at random.
//!
//! Nothing is kept of what has gone by, so a pipe is read while it is written to.

use std::fs::File;
use std::path::Path;

use super::pour::Text;
use super::{Encoding, Input, InputOptions, OnDisk, map, opened};
use crate::error::{Error, FileFault, Result};

/// An input that is read from its beginning to its end.
pub struct Flow<'p> {
    path: &'p Path,
    options: &'p InputOptions<'p>,
    text: Text<'p>,
    /// Whether the byte order mark was left out already.
    past_mark: bool,
    /// The file on disk, where it is a regular one.
    file: Option<OnDisk>,
}

impl<'p> Flow<'p> {
    /// Opens a file or, by the name `-`, standard input.
    ///
    /// # Errors
    ///
    /// Those of [`Input::open`], as far as the first bytes show them.
    pub fn open(path: &'p Path, options: &'p InputOptions<'p>) -> Result<Flow<'p>> {
        let (path, file) = opened(path)?;
        let metadata = file.metadata().map_err(|e| Error::io("open", path, e))?;
        if metadata.is_dir() {
            return Err(Error::file(path, FileFault::Folder));
        }
        let on_disk = metadata.is_file().then(|| OnDisk::new(file.try_clone()?, &metadata));
        let on_disk = on_disk.transpose().map_err(|e| Error::io("open", path, e))?;
        let text = Text::open(file, path, options)?;
        Ok(Flow { path, options, text, past_mark: false, file: on_disk })
    }

    /// The name for messages; `<stdin>` for standard input.
    pub fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Adds the next piece to `text`, as UTF-8 and without a byte order mark; false at the end.
    ///
    /// # Errors
    ///
    /// The system refuses to read; compressed data is cut short, damaged or larger than allowed;
    /// UTF-16 holds half a character.
    pub fn read(&mut self, text: &mut Vec<u8>) -> Result<bool> {
        let mark = !self.past_mark && self.text.encoding == Some(Encoding::Utf8Bom);
        let Some(piece) = self.text.next()? else { return Ok(false) };
        text.extend_from_slice(if mark { &piece[3..] } else { piece });
        self.past_mark = true;
        Ok(true)
    }

    /// In which encoding the text comes.
    pub fn encoding(&self) -> Encoding {
        self.text.encoding.unwrap_or(Encoding::Utf8)
    }

    /// What was read of it before and what is still to come, as an input to be read at random.
    ///
    /// # Errors
    ///
    /// Those of [`Flow::read`]; the system refuses to write in the temporary folder.
    pub fn settle(mut self, before: &[u8]) -> Result<Input> {
        let file: File = self.text.pour(before, self.options)?;
        let empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
        let mapped = if empty { Ok(None) } else { map(&file).map(Some) };
        let map = mapped.map_err(|e| Error::io("map a copy in", &self.options.temp_dir, e))?;
        let (name, path) = (self.name(), self.path.to_owned());
        Ok(Input { name, path, map, encoding: Encoding::Utf8, file: self.file, original: None })
    }

    /// Asserts that a regular file has the size and time it had when it was opened. To be asked when
    /// all of it was read.
    ///
    /// # Errors
    ///
    /// The file changed, or the system no longer tells.
    pub fn verify_unchanged(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.verify_unchanged(self.path))
    }
}
