//! Where a record deviates from the standard: in its lines, and in what they say.

use super::{Extent, Source};
use crate::error::{Error, Result};
use crate::ldif::deviation::{Deviation, of_record};
use crate::ldif::parse::{RawBody, RawRecord};
use crate::ldif::unfold::physical_offset;

impl Source<'_> {
    /// The deviations of a record, each with its place in bytes of the input, in their order.
    pub fn deviations(
        &self,
        extent: Extent,
        logical: &[u8],
        raw: &RawRecord<'_>,
    ) -> Vec<(Deviation, u64)> {
        let record = self.bytes(extent);
        let mut found: Vec<(Deviation, usize)> = Vec::new();
        found.extend(tab_fold(record).map(|at| (Deviation::TabFold, at)));
        let mut note = |at: usize, deviation| found.push((deviation, physical_offset(record, at)));
        of_record(raw, &mut |deviation, at| {
            note(at.as_ptr() as usize - logical.as_ptr() as usize, deviation);
        });
        if let RawBody::Change(..) = raw.body {
            blanks_after_keyword(logical, &mut note);
        }
        found.sort_by_key(|&(_, at)| at);
        found.into_iter().map(|(deviation, at)| (deviation, extent.start + at as u64)).collect()
    }

    /// Refuses the first deviation in a record: of its lines, or of what they say.
    pub(super) fn refuse_deviations(
        &self,
        extent: Extent,
        logical: &[u8],
        raw: &RawRecord<'_>,
    ) -> Result<()> {
        match self.deviations(extent, logical, raw).first() {
            None => Ok(()),
            Some(&(deviation, at)) => Err(self.deviation(extent, deviation, at)),
        }
    }

    /// A deviation as the error it is under `--strict`.
    pub fn deviation(&self, extent: Extent, deviation: Deviation, at: u64) -> Error {
        let place = self.place(at, 1).in_record(self.shown_dn(extent).as_deref());
        Error::at(deviation.into(), place)
    }
}

/// Where the first line of a record that TAB continues begins (D-6).
fn tab_fold(record: &[u8]) -> Option<usize> {
    let continued = |at: &usize| record.get(at + 1) == Some(&b'\t');
    memchr::memchr_iter(b'\n', record).find(continued).map(|at| at + 1)
}

/// Notes the keywords of a change record with blanks after what they say (D-19).
fn blanks_after_keyword(logical: &[u8], note: &mut impl FnMut(usize, Deviation)) {
    const KEYWORDS: [&[u8]; 6] =
        [b"changetype", b"deleteoldrdn", b"add", b"delete", b"replace", b"increment"];
    let mut start = 0;
    for line in logical.split(|&b| b == b'\n') {
        let name = &line[..memchr::memchr(b':', line).unwrap_or(0)];
        let said = line.trim_ascii_end().len();
        if said < line.len() && KEYWORDS.iter().any(|word| name.eq_ignore_ascii_case(word)) {
            note(start + said, Deviation::BlanksAfterKeyword);
        }
        start += line.len() + 1;
    }
}
