//! Some attributes of a record that the scan has vouched for, for a first look.
//!
//! Knows nothing of what is looked for.

use crate::attribute::{is_description_byte, type_of};
use crate::ldif::unfold::{joined, logical_end};
use crate::source::{Cut, Layout, Source};

impl Source<'_> {
    /// The logical text of a record with its name and the lines of `wanted` attribute types alone, to be
    /// handed to [`Source::entry_in`]; `None` where the record must be read as a whole.
    pub fn partly(&self, cut: &Cut<'_>, wanted: &mut dyn FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
        let is_vouched_for = cut.plain_dn.is_some_and(|dn| self.takes_plain(dn));
        if !is_vouched_for || self.layout != Layout::Content {
            return None;
        }
        let record = self.bytes(cut.extent);
        let (first, mut rest) = record.split_at(logical_end(record));
        let mut text = joined(first).into_owned();
        while !rest.is_empty() {
            let line;
            (line, rest) = rest.split_at(logical_end(rest));
            let name = line.iter().take_while(|b| is_description_byte(**b)).count();
            if name > 0 && wanted(type_of(&line[..name])) {
                text.push(b'\n');
                text.extend_from_slice(&joined(line));
            }
        }
        Some(text)
    }
}
