//! The records of a side that a mapping is about.

use std::collections::HashSet;
use std::ops::Range;

use crate::error::FlowFault;
use crate::reconcile::marks::{Marks, number};
use crate::reconcile::pairs::Known;
use crate::reconcile::ready::ReadyMapping;
use crate::source::Extent;

/// The records of a side that a mapping is about, in their order.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Where each stands.
    places: Places,
    /// What is known of each.
    pub(super) known: Known,
    /// Marks of what references lead to them by: for each column of [`ReadyMapping::led_by`]; none of what is
    /// not meant.
    pub(super) led: Vec<Marks>,
    /// What the keys of a record cannot be told by: it may be any record of the other side.
    pub(super) strangers: Vec<(Extent, FlowFault)>,
    /// Where entries stand, one behind the other, that the mapping is not about by their names.
    pub(super) outside: Vec<Range<usize>>,
    /// How many rows their table has, where they are rows.
    pub(super) of_rows: u64,
    /// Those that cannot be read, though what they are found by is certain.
    pub(super) bad: HashSet<u32>,
    /// Whether a record that cannot be read may be any of them, or of the other side.
    pub(super) is_unsure: bool,
    /// Whether one that cannot be read is elsewhere: it may be what a record of the other side stands for, which is
    /// there then, and left out.
    pub(super) is_unsure_elsewhere: bool,
}

impl Members {
    pub(super) fn new(mapping: &ReadyMapping<'_>) -> Members {
        let led = mapping.led_by.iter().map(|_| Marks::default()).collect();
        Members { known: Known::new(mapping.lists.len()), led, ..Members::default() }
    }

    /// Adds the records of the next of so many parts. Parts are alike: the first tells how many records there are,
    /// and a few more.
    pub(super) fn append(&mut self, more: Members, parts: usize) {
        if self.count() == 0 {
            let likely = more.count() as usize * parts;
            let count = likely + likely / 32;
            self.places.packed.reserve_exact(count);
            self.known.reserve(count);
            self.led.iter_mut().for_each(|marks| marks.reserve(count));
        }
        self.places.append(more.places);
        self.known.append(more.known);
        for (marks, more) in self.led.iter_mut().zip(more.led) {
            marks.append(more);
        }
        self.strangers.extend(more.strangers);
        self.outside.extend(more.outside);
    }

    /// Notes an entry that the mapping is not about.
    pub(super) fn pass_by(&mut self, place: Extent) {
        let stranger = self.strangers.last().map(|(place, _)| *place);
        let last = self.count().checked_sub(1).map(|last| self.place(last)).max(stranger);
        let end = place.range().end;
        match self.outside.last_mut() {
            Some(run) if last.is_none_or(|last| last.range().end <= run.start) => run.end = end,
            _ => self.outside.push(place.range()),
        }
    }

    /// Adds the next record, whose marks are known: where it stands, and whether it passes the filter of its side.
    pub(super) fn push(&mut self, place: Extent, is_meant: bool) {
        self.places.push(place);
        self.known.push(is_meant);
    }

    /// Where a record stands.
    pub(super) fn place(&self, n: u32) -> Extent {
        self.places.unpacked(self.places.packed[n as usize])
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        number(self.places.packed.len())
    }

    /// Whether one cannot be read.
    pub(super) fn is_bad(&self, n: u32) -> bool {
        !self.bad.is_empty() && self.bad.contains(&n)
    }

    /// Whether one of these cannot be read; they stand in their order.
    pub(super) fn is_any_bad(&self, all: &[u32]) -> bool {
        if self.bad.is_empty() {
            return false;
        }
        if all.len() <= self.bad.len() {
            return all.iter().any(|n| self.bad.contains(n));
        }
        // Many records may meet the same many.
        self.bad.iter().any(|n| all.binary_search(n).is_ok())
    }

    /// Whether one of the other side may be what a record stands for that cannot be told.
    pub(super) fn may_be_any(&self) -> bool {
        self.is_unsure || !self.strangers.is_empty()
    }

    /// The same of an entry, by the number that it has among all entries: mostly it is not far before that.
    pub(super) fn near(&self, place: Extent, ordinal: u32) -> Option<u32> {
        let (packed, mut step) = (&self.places.packed, 1);
        let mut end = packed.len().min((ordinal as usize).saturating_add(1));
        let mut start = end.saturating_sub(1);
        while start > 0 && self.place(number(start)) > place {
            end = start;
            start = start.saturating_sub(step);
            step *= 2;
        }
        let before = |one: &u64| self.places.unpacked(*one) < place;
        let n = number(start + packed[start..end].partition_point(before));
        // One that stands twice has a number here, and none there.
        if n < self.count() && self.place(n) == place { Some(n) } else { self.at(place) }
    }

    /// The number of the record that stands there.
    pub(super) fn at(&self, place: Extent) -> Option<u32> {
        let packed = &self.places.packed;
        let at = packed.partition_point(|&one| self.places.unpacked(one) < place);
        let n = number(at);
        (at < packed.len() && self.place(n) == place).then_some(n)
    }
}

/// Where records stand, in eight bytes each: the length in the low bits, the start above them.
#[derive(Debug, Default)]
struct Places {
    packed: Vec<u64>,
    /// Those that do not fit: these have the greatest length there, and their number for a start.
    wide: Vec<Extent>,
}

impl Places {
    /// How many bits a length has: 16 MiB, which leaves 1 TiB for the start.
    const LEN_BITS: u32 = 24;
    const WIDE: u64 = (1 << Places::LEN_BITS) - 1;

    fn push(&mut self, place: Extent) {
        let len = u64::from(place.len);
        let fits = len < Places::WIDE && place.start >> (u64::BITS - Places::LEN_BITS) == 0;
        if fits {
            self.packed.push(place.start << Places::LEN_BITS | len);
        } else {
            self.packed.push((self.wide.len() as u64) << Places::LEN_BITS | Places::WIDE);
            self.wide.push(place);
        }
    }

    fn append(&mut self, behind: Places) {
        if behind.wide.is_empty() {
            self.packed.extend(behind.packed);
        } else {
            behind.packed.iter().for_each(|&one| self.push(behind.unpacked(one)));
        }
    }

    fn unpacked(&self, packed: u64) -> Extent {
        let (start, len) = (packed >> Places::LEN_BITS, packed & Places::WIDE);
        if len == Places::WIDE {
            return self.wide[usize::try_from(start).unwrap_or(usize::MAX)];
        }
        Extent { start, len: u32::try_from(len).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_what_was_put_in() {
        let starts = [0, 1, 7 << 30, (1 << 40) - 1, 1 << 40, u64::MAX];
        let lens = [0, 1, (1 << 24) - 2, (1 << 24) - 1, 1 << 24, u32::MAX];
        let all: Vec<Extent> =
            starts.iter().flat_map(|&start| lens.map(|len| Extent { start, len })).collect();
        let mut members = Members::default();
        for part in all.chunks(5) {
            let mut more = Members::default();
            part.iter().for_each(|place| more.push(*place, true));
            members.append(more, 2);
        }
        for (n, place) in (0..).zip(&all) {
            assert_eq!(members.place(n), *place);
            assert_eq!(members.at(*place), Some(n));
            for ordinal in [0, n, n + 1, n + 2, n + 7, 100, u32::MAX] {
                assert_eq!(members.near(*place, ordinal), Some(n), "{ordinal}");
            }
        }
        assert_eq!(members.count() as usize, all.len());
        let nowhere = Extent { start: 1, len: 7 };
        assert_eq!((members.at(nowhere), members.near(nowhere, 9)), (None, None));
        assert_eq!(Members::default().near(nowhere, 0), None);
        assert!(members.places.wide.len() < all.len() - 10);
    }
}
