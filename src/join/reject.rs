//! Records that are skipped, and what is known of them.

use std::collections::HashMap;
use std::ops::Range;

use crate::change::Record;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind};
use crate::join::Slot;
use crate::ldif::decode::Decoder;
use crate::ldif::parse::parse;
use crate::ldif::unfold::unfold;
use crate::matching::dn_key;
use crate::source::{Extent, Source};

/// A record that was skipped, and why.
#[derive(Debug)]
pub struct Reject {
    /// Which side it is on.
    pub side: Side,
    /// Where the skipped text stands, in bytes.
    pub text: Range<usize>,
    /// What is wrong.
    pub error: Error,
    /// Its name, where that could be read.
    pub dn: Option<Dn>,
    /// Whether it is a record, and not what stands instead of one.
    pub is_record: bool,
    /// The other side's record of the same name, where one is known.
    pub partner: Option<Extent>,
}

/// One of the two inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What is to be changed.
    Old,
    /// What is obeyed.
    New,
}

impl Reject {
    /// The record that was cut at or after `at`, or what stands there instead of one.
    pub(super) fn at(side: Side, source: &Source<'_>, at: usize, error: Error) -> Reject {
        let mut cutter = source.cut(at..source.text.len());
        match cutter.next_record(None) {
            Some(Ok(cut)) => Reject::of(side, source, cut.extent, error),
            _ => {
                let text = at..cutter.position();
                Reject { side, text, error, dn: None, is_record: false, partner: None }
            }
        }
    }

    /// The record that was cut at or after `at`, or what stands there instead of one. What would go on
    /// behind an empty line was of the `last` record: of that one nobody knows what it would have said.
    pub(super) fn all_at(
        side: Side,
        source: &Source<'_>,
        (last, at): (Option<Extent>, usize),
        error: Error,
    ) -> impl Iterator<Item = Reject> {
        let of_last = last.and_then(|last| Some((last, error.of_record_before()?)));
        let last = of_last.map(|(last, error)| Reject::of(side, source, last, error));
        let mut rest = Reject::at(side, source, at, error);
        rest.dn = rest.dn.or_else(|| last.as_ref()?.dn.clone());
        last.into_iter().chain([rest])
    }

    /// This record.
    pub(super) fn of(side: Side, source: &Source<'_>, extent: Extent, error: Error) -> Reject {
        let dn = source.dn(extent).ok();
        Reject { side, text: extent.range(), error, dn, is_record: true, partner: None }
    }

    /// The second of two records of one name.
    pub(super) fn second(side: Side, source: &Source<'_>, first: Extent, second: Extent) -> Reject {
        Reject::of(side, source, second, duplicate(source, first, second))
    }

    /// The first of two records of one name; the error is still about the second.
    pub(super) fn first(side: Side, source: &Source<'_>, first: Extent, second: Extent) -> Reject {
        Reject::of(side, source, first, duplicate(source, first, second))
    }

    /// Where its text stands, as that of a record.
    pub fn extent(&self) -> Extent {
        let len = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        Extent { start: self.text.start as u64, len }
    }

    /// What can be read of these attributes in a record that as a whole cannot be read: each line by
    /// itself.
    pub fn legible(&self, source: &Source<'_>, wanted: &dyn Fn(&[u8]) -> bool) -> Entry<'static> {
        let mut legible = Entry::new(self.dn.clone().unwrap_or_default());
        let logical = unfold(&source.text[self.text.clone()]);
        for line in logical.split(|&b| b == b'\n') {
            let name = name_of(line);
            if name.is_empty() || !wanted(name) {
                continue;
            }
            if let Some(entry) = read_alone(source, line) {
                legible.attributes.extend(entry.attributes);
            }
        }
        legible
    }

    /// What stands before the colon of each line that cannot be read: empty where there is none.
    pub fn illegible(&self, source: &Source<'_>) -> Vec<Vec<u8>> {
        let logical = unfold(&source.text[self.text.clone()]);
        let lines = logical.split(|&b| b == b'\n').filter(|line| {
            let is_name = name_of(line).eq_ignore_ascii_case(b"dn") && self.dn.is_some();
            !line.is_empty() && !is_name && read_alone(source, line).is_none()
        });
        lines.map(|line| name_of(line).to_vec()).collect()
    }

    /// The key of its name, where that could be read.
    pub fn key(&self, source: &Source<'_>) -> Option<Vec<u8>> {
        self.dn.as_ref().map(|dn| dn_key(source.schema, dn))
    }
}

/// What stands before the colon of a line.
fn name_of(line: &[u8]) -> &[u8] {
    &line[..memchr::memchr(b':', line).unwrap_or(0)]
}

/// What a line says, read as the only one of a record.
fn read_alone(source: &Source<'_>, line: &[u8]) -> Option<Entry<'static>> {
    let record = [b"dn: cn=x\n", line, b"\n"].concat();
    let raw = parse(&record).ok()?;
    let decoder = Decoder::new(&record, &source.options.file_urls);
    match decoder.record(&raw) {
        Ok(Record::Content(entry)) => Some(entry.into_owned()),
        _ => None,
    }
}

/// What is wrong with the second of two records of one name.
pub fn duplicate(source: &Source<'_>, first: Extent, second: Extent) -> Error {
    let line = source.place(first.start, 0).position.line;
    source.error_in(ErrorKind::DuplicateDn { first: line }, second)
}

/// Records only NEW has, of one name: the first of each, and those that follow it.
pub(super) fn twice_alone(
    only: &[Slot],
    same_name: impl Fn(Extent, Extent) -> bool,
) -> Vec<(Extent, Extent)> {
    let mut by_hash: Vec<Slot> = only.to_vec();
    by_hash.sort_unstable_by_key(|slot| (slot.hash, slot.extent()));
    let mut found = Vec::new();
    for group in by_hash.chunk_by(|a, b| a.hash == b.hash) {
        for (n, later) in group.iter().enumerate() {
            let earlier = |slot: &&Slot| same_name(slot.extent(), later.extent());
            if let Some(first) = group[..n].iter().find(earlier) {
                found.push((first.extent(), later.extent()));
            }
        }
    }
    debug_assert!(found.iter().all(|(a, b)| a < b));
    found
}

/// Records of NEW that have one of these names: the first of each name, and those that follow it.
pub(super) fn twice_paired(
    old: &Source<'_>,
    new: &Source<'_>,
    names: &[Extent],
) -> Vec<(Extent, Extent)> {
    let mut firsts: HashMap<Vec<u8>, Option<Extent>> =
        names.iter().filter_map(|&name| Some((old.key(name).ok()?, None))).collect();
    let mut found = Vec::new();
    let mut cutter = new.cut(0..if firsts.is_empty() { 0 } else { new.text.len() });
    while let Some(cut) = cutter.next_record(None) {
        let Ok(cut) = cut else { continue };
        let Ok(key) = new.key(cut.extent) else { continue };
        match firsts.get_mut(&key) {
            Some(Some(first)) => found.push((*first, cut.extent)),
            Some(first) => *first = Some(cut.extent),
            None => {}
        }
    }
    found
}
