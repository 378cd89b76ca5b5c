//! An input whose text is written anew before it is read: what it was, and what became of each part.

use std::fs::File;
use std::io::BufWriter;

use memmap2::Mmap;

use super::{Input, InputOptions, map, text_of};
use crate::error::{Error, Result};
use crate::input::recognise::Encoding;
use crate::input::unnamed;

/// The text of an input before it was written anew.
#[derive(Debug)]
pub struct Original {
    map: Option<Mmap>,
    encoding: Encoding,
    /// Where each part begins in the new text, and where in this one.
    starts: Vec<(u64, u64)>,
}

impl Original {
    /// The text.
    pub fn text(&self) -> &[u8] {
        text_of(self.map.as_ref(), self.encoding)
    }

    /// Where the part begins that byte `offset` of the new text was made of.
    pub fn start_of(&self, offset: u64) -> u64 {
        let after = self.starts.partition_point(|(start, _)| *start <= offset);
        after.checked_sub(1).map_or(0, |at| self.starts[at].1)
    }
}

impl Input {
    /// The same input with another text, in an unnamed temporary file. `write` is given the text, and tells
    /// where each part of what it writes begins, and where what that was made of does.
    ///
    /// # Errors
    ///
    /// The system refuses to write in the temporary folder, or to map what was written.
    pub fn rewritten(
        self,
        options: &InputOptions<'_>,
        write: impl FnOnce(&[u8], &mut BufWriter<&File>) -> std::io::Result<Vec<(u64, u64)>>,
    ) -> Result<Input> {
        let failed = |e| Error::io("write in", &options.temp_dir, e);
        let file = unnamed(&options.temp_dir).map_err(failed)?;
        let mut out = BufWriter::with_capacity(1 << 20, &file);
        let starts = write(self.bytes(), &mut out).map_err(failed)?;
        out.into_inner().map_err(|e| failed(e.into_error()))?;
        let is_empty = file.metadata().map_err(failed)?.len() == 0;
        let new = if is_empty { None } else { Some(map(&file)) };
        let new = new.transpose().map_err(|e| Error::io("map a copy in", &options.temp_dir, e))?;
        let Input { name, path, map, encoding, file, original: _ } = self;
        let original = Some(Original { map, encoding, starts });
        Ok(Input { name, path, map: new, encoding: Encoding::Utf8, file, original })
    }

    /// What this text was written from, where it was.
    pub fn original(&self) -> Option<&Original> {
        self.original.as_ref()
    }
}
