//! Some attributes of a record, for a look that needs no more.
//!
//! A fault in what is left out is not found: the record was vouched for by the scan, or was read in
//! full before. Knows nothing of what is looked for.

use std::borrow::Cow;

use crate::attribute::is_description_byte;
use crate::entry::Entry;
use crate::error::Result;
use crate::ldif::decode::Decoder;
use crate::ldif::lines::LineEnds;
use crate::ldif::parse::{RawBody, RawChange, parse};
use crate::ldif::types::Types;
use crate::ldif::unfold::{joined, lines, logical_end};
use crate::source::{Cut, Extent, Layout, Source};

impl<'i> Source<'i> {
    /// The logical text of a record with its name and the lines of `wanted` attribute types alone, to be
    /// handed to [`Source::entry_in`]; `None` where the record must be read as a whole. `met` knows
    /// which types that were met are wanted.
    pub fn partly(
        &self,
        cut: &Cut<'_>,
        wanted: &dyn Fn(&[u8]) -> bool,
        met: &mut Types<bool>,
    ) -> Option<Vec<u8>> {
        let is_vouched_for = cut.plain_dn.is_some_and(|dn| self.takes_plain(dn));
        if !is_vouched_for || self.layout != Layout::Content {
            return None;
        }
        let record = self.bytes(cut.extent);
        let mut ends = LineEnds::default();
        let mut at = ends.after(record, 0);
        let mut text = joined(&record[..at]).into_owned();
        while at < record.len() {
            let start = at;
            at = ends.after(record, start);
            if record[start] == b' ' {
                continue;
            }
            if let Some((_, true)) = met.at(&record[start..], wanted) {
                at = start + logical_end(&record[start..]);
                text.push(b'\n');
                text.extend_from_slice(&joined(&record[start..at]));
            }
        }
        Some(text)
    }

    /// Reads the attributes of an entry whose descriptions are `wanted`.
    ///
    /// # Errors
    ///
    /// The record cannot be read; what `then` has to say.
    pub fn part_of_entry<T>(
        &self,
        extent: Extent,
        wanted: &dyn Fn(&[u8]) -> bool,
        then: impl FnOnce(Entry<'_>) -> Result<T>,
    ) -> Result<T> {
        then(self.entry_in(extent, &self.lines_of(extent, wanted))?)
    }

    /// Hands on the description of each value of an entry that can be read.
    pub fn descriptions(&self, extent: Extent, each: &mut dyn FnMut(&[u8])) {
        let logical = self.logical(extent);
        if self.layout == Layout::Content {
            return lines(&logical).skip(1).for_each(|line| each(description_of(line)));
        }
        let Ok(raw) = parse(&logical) else { return };
        if let RawBody::Change(_, RawChange::Add(all, _)) = &raw.body {
            all.iter().for_each(|one| each(one.description));
        }
    }

    /// Hands on the values of some attributes of an entry.
    ///
    /// # Errors
    ///
    /// One of them cannot be read.
    pub fn values(
        &self,
        extent: Extent,
        wanted: &dyn Fn(&[u8]) -> bool,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        let logical = self.lines_of(extent, wanted);
        let raw = self.parsed(extent, &logical)?;
        let (RawBody::Content(all) | RawBody::Change(_, RawChange::Add(all, _))) = &raw.body else {
            return Ok(());
        };
        let decoder = Decoder::new(&logical, &self.options.file_urls);
        for one in all.iter().filter(|one| wanted(one.description)) {
            let value = decoder.value(one.value).map_err(|fault| self.in_record(extent, fault))?;
            each(&value);
        }
        Ok(())
    }

    /// The logical text of a record with the lines of the wanted attributes alone, if it is an entry
    /// by itself.
    fn lines_of(&self, extent: Extent, wanted: &dyn Fn(&[u8]) -> bool) -> Cow<'i, [u8]> {
        let whole = self.logical(extent);
        if self.layout != Layout::Content {
            return whole;
        }
        let mut text = Vec::new();
        for (n, line) in lines(&whole).enumerate() {
            if n == 0 || wanted(description_of(line)) {
                text.extend_from_slice(line);
                text.push(b'\n');
            }
        }
        text.pop();
        Cow::Owned(text)
    }
}

/// What a line says it is a value of.
fn description_of(line: &[u8]) -> &[u8] {
    &line[..line.iter().take_while(|b| is_description_byte(**b)).count()]
}
