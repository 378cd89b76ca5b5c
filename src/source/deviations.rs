//! Where a record deviates from the standard: in its lines, and in what they say.

use std::cell::LazyCell;

use super::{Extent, Source};
use crate::error::{Error, Result};
use crate::ldif::deviation::{Deviation, of_record, of_words};
use crate::ldif::parse::RawRecord;
use crate::ldif::unfold::Offsets;

impl Source<'_> {
    /// The deviations of a record, each with its place in bytes of the input, in their order.
    pub fn deviations(
        &self,
        extent: Extent,
        logical: &[u8],
        raw: &RawRecord<'_>,
    ) -> Vec<(Deviation, u64)> {
        let record = self.bytes(extent);
        let offsets = LazyCell::new(|| Offsets::of(record));
        let mut found: Vec<(Deviation, usize)> = Vec::new();
        found.extend(tab_fold(record).map(|at| (Deviation::TabFold, at)));
        let mut note = |deviation, at: &[u8]| {
            let at = at.as_ptr() as usize - logical.as_ptr() as usize;
            found.push((deviation, offsets.physical(at)));
        };
        of_record(raw, &mut note);
        of_words(logical, raw, &mut note);
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
pub fn tab_fold(record: &[u8]) -> Option<usize> {
    let continued = |at: &usize| record.get(at + 1) == Some(&b'\t');
    memchr::memchr_iter(b'\n', record).find(continued).map(|at| at + 1)
}
