//! Where a fault stands: from bytes of a record to lines of its file.
//!
//! Knows nothing of what makes a record sound.

use std::borrow::Cow;

use super::{Extent, Source};
use crate::error::{Error, ErrorKind, Fault, Place};
use crate::ldif::decode::Decoder;
use crate::ldif::parse::{RawBody, RawChange, parse};
use crate::ldif::unfold::{Offsets, first_line, unfold};

impl Source<'_> {
    /// A fault in a record's logical text, at its place in the input.
    pub(super) fn in_record(&self, extent: Extent, fault: Fault) -> Error {
        self.error_within(fault.kind, extent, self.offset_of(extent, fault.at), fault.len)
    }

    /// The name of a record for a message, where it can be made out.
    pub(super) fn shown_dn(&self, extent: Extent) -> Option<Vec<u8>> {
        let logical = unfold(first_line(self.bytes(extent)));
        let line = logical.split(|&b| b == b'\n').next()?;
        let raw = parse(line).ok()?;
        let decoder = Decoder::new(line, &self.options.file_urls);
        decoder.dn_text(raw.dn).ok().map(Cow::into_owned)
    }

    /// A place in this input.
    pub fn place(&self, offset: u64, len: usize) -> Place {
        if let Some(place) = self.place_in_json(offset) {
            return place;
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let mut position = self.lines.position(self.text, offset);
        position.line += self.lines_before;
        Place::at(self.name, self.text, position, (offset, len))
    }

    /// The place of a whole record.
    pub fn place_of(&self, extent: Extent) -> Place {
        self.place(extent.start, 0).in_record(self.shown_dn(extent).as_deref())
    }

    /// The place of the first line of a record that is of this attribute; that of the record where
    /// there is none.
    pub fn place_of_attribute(&self, extent: Extent, description: &[u8]) -> Place {
        let logical = self.logical(extent);
        let mut start = 0;
        let found = logical.split_inclusive(|&b| b == b'\n').find_map(|line| {
            let at = start;
            start += line.len();
            let named = line.get(..description.len())?.eq_ignore_ascii_case(description);
            (named && line.get(description.len()) == Some(&b':')).then_some(at)
        });
        let Some(at) = found else { return self.place_of(extent) };
        let place = self.place(self.offset_of(extent, at), description.len());
        place.in_record(self.shown_dn(extent).as_deref())
    }

    /// The place of modification number `n` of a record: the line that says what it does.
    pub fn place_of_modification(&self, extent: Extent, n: usize) -> Place {
        let logical = self.logical(extent);
        let at = parse(&logical).ok().and_then(|raw| {
            let RawBody::Change(_, RawChange::Modify(all)) = &raw.body else { return None };
            let one = all.iter().filter(|one| one.op.is_some()).nth(n)?;
            let at = one.description.as_ptr() as usize - logical.as_ptr() as usize;
            Some((memchr::memrchr(b'\n', &logical[..at]).map_or(0, |end| end + 1), at))
        });
        let Some((start, description)) = at else { return self.place_of(extent) };
        let len = description - start;
        let offset = self.offset_of(extent, start);
        self.place(offset, len).in_record(self.shown_dn(extent).as_deref())
    }

    /// An error at a place of this input.
    pub fn error(&self, kind: ErrorKind, offset: u64, len: usize) -> Error {
        let bad_line = self.fault_of_json(offset);
        bad_line.unwrap_or_else(|| Error::at(kind, self.place(offset, len)))
    }

    /// An error at a place in a record.
    pub fn error_within(&self, kind: ErrorKind, extent: Extent, offset: u64, len: usize) -> Error {
        if let Some(fault) = self.fault_of_json(offset) {
            return fault;
        }
        Error::at(kind, self.place(offset, len).in_record(self.shown_dn(extent).as_deref()))
    }

    /// Where a byte of a record's logical text stands in the input.
    pub fn offset_of(&self, extent: Extent, at: usize) -> u64 {
        extent.start + Offsets::of(self.bytes(extent)).physical(at) as u64
    }

    /// An error about a whole record.
    pub fn error_in(&self, kind: ErrorKind, extent: Extent) -> Error {
        self.error_within(kind, extent, extent.start, 0)
    }

    /// A fault in the name of a record.
    pub fn bad_name(&self, extent: Extent, fault: Fault) -> Error {
        let start = self.logical(extent).iter().take_while(|b| **b != b':').count() + 1;
        let blanks = self.logical(extent)[start..].iter().take_while(|b| **b == b' ').count();
        self.in_record(extent, Fault::new(fault.kind, start + blanks + fault.at, fault.len))
    }
}
