//! A side that is written as JSON lines: its records become LDIF before they are read.
//!
//! A line that is no record is left as it is, behind a brace, which no LDIF begins with, and refused with its own
//! fault where it is read: so one bad line is treated like one bad record. Knows both formats; faults are
//! shown in the lines as they were.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Source;
use crate::error::{Error, Place, Result};
use crate::input::{Input, InputOptions};
use crate::jsonl;
use crate::ldif::write::Writer;

/// Opens an input of records: LDIF as it is, JSON lines as the LDIF that says the same.
///
/// # Errors
///
/// Those of [`Input::open`], and the system refuses to write in the temporary folder.
pub fn open(path: &Path, options: &InputOptions<'_>) -> Result<Input> {
    let input = Input::open(path, options)?;
    match begins_as_json(input.bytes()) {
        true => input.rewritten(options, rewrite),
        false => Ok(input),
    }
}

/// Whether the first line that says anything is a JSON object's. Behind a blank it may continue a comment of LDIF.
fn begins_as_json(text: &[u8]) -> bool {
    let is_first = text.trim_ascii_start().starts_with(b"{");
    is_first || jsonl::lines(text).next().is_some_and(|(_, line)| line.starts_with(b"{"))
}

/// Writes the records of JSON lines as LDIF; tells where each begins, and where its line does.
fn rewrite(text: &[u8], out: &mut BufWriter<&File>) -> io::Result<Vec<(u64, u64)>> {
    let (writer, mut at) = (Writer { wrap: 0 }, 0);
    let (mut starts, mut record) = (Vec::new(), Vec::new());
    for (start, line) in jsonl::lines(text) {
        record.clear();
        let read = jsonl::read(line.trim_ascii_end());
        let is_written =
            read.is_ok_and(|(name, one)| writer.record(&mut record, &name, &one).is_ok());
        if !is_written {
            record.clear();
            let line = line.trim_ascii();
            record.extend((!line.starts_with(b"{")).then_some(b'{'));
            record.extend_from_slice(line);
            record.extend_from_slice(b"\n\n");
        }
        out.write_all(&record)?;
        starts.push((at, start as u64));
        at += record.len() as u64;
    }
    Ok(starts)
}

impl Source<'_> {
    /// The place of a byte in the line of JSON that its record was written in; `None` where it was none.
    pub(super) fn place_in_json(&self, offset: u64) -> Option<Place> {
        let original = self.original?;
        let start = usize::try_from(original.start_of(offset)).unwrap_or(usize::MAX);
        Some(self.place_of_json(start, 0))
    }

    /// What is wrong with the line of JSON at this byte, where that is why no record came of it.
    pub(super) fn fault_of_json(&self, offset: u64) -> Option<Error> {
        let original = self.original?;
        let at = usize::try_from(offset).ok()?;
        let begins = memchr::memrchr(b'\n', &self.text[..at.min(self.text.len())]);
        if self.text.get(begins.map_or(0, |end| end + 1)) != Some(&b'{') {
            return None;
        }
        let start = usize::try_from(original.start_of(offset)).ok()?;
        let (_, line) = jsonl::lines(&original.text()[start..]).next()?;
        let fault = jsonl::read(line.trim_ascii_end()).err()?;
        Some(Error::at(fault.kind, self.place_of_json(start + fault.at, fault.len)))
    }

    fn place_of_json(&self, at: usize, len: usize) -> Place {
        let text = self.original.map_or(&b""[..], |original| original.text());
        let position = self.lines.position(text, at);
        let line = crate::text::line_at(text, at);
        let place = Place::at(self.name, text, position, (at, len));
        Place { attributes: Some(jsonl::attributes_in(line)), ..place }
    }
}
