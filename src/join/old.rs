//! The walk over OLD: each record is named and put into the index.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::ops::Range;

use crate::error::Result;
use crate::join::above::Above;
use crate::join::abreast::{Abreast, Beginnings, Stretch};
use crate::join::pass::Pass;
use crate::join::{Index, Join, Namer, Ordinal, Reject, Side, Slot, same_name};
use crate::ldif::scan::split;
use crate::source::{Extent, Notes, Source};

/// What one worker found in a part of OLD.
#[derive(Default)]
struct OldPart {
    slots: Vec<Slot>,
    /// What its records stand below.
    above: Above,
    rejects: Vec<Reject>,
    /// Where records begin that cannot be named, or that continue another.
    nameless: Vec<u64>,
    /// What stands in NEW as well, counted from the first slot.
    stretches: Vec<Stretch>,
    notes: Notes,
}

/// What the passes over OLD found.
#[derive(Default)]
pub(super) struct OldFound {
    pub(super) records: u64,
    /// What records stand below.
    pub(super) above: Above,
    pub(super) notes: Vec<Notes>,
    pub(super) rejects: Vec<Reject>,
    /// How many records were put into an index.
    pub(super) indexed: usize,
    /// Where records begin that were not.
    pub(super) left_out: HashSet<u64>,
    /// What stands in NEW as well, in the order of NEW.
    pub(super) stretches: Vec<Stretch>,
}

impl<S: BuildHasher + Sync> Join<'_, S> {
    /// Indexes the records of OLD that a pass is about; `beside` is the text that is walked over beside it.
    pub(super) fn index(
        &self,
        old: &Source<'_>,
        beside: &[u8],
        pass: Pass,
        found: &mut OldFound,
    ) -> Result<Index> {
        let ranges = split(old.text, self.part);
        let (mut slots, parts) = (Vec::new(), ranges.len());
        let mut ranges = ranges.into_iter();
        let mut beginnings = Beginnings::new(old.text, beside);
        let read = || ranges.next().map(|range| (beginnings.from(range.start), range));
        let work = |(abreast, range): (Abreast<'_>, Range<usize>)| {
            let size = range.len() as u64;
            let part = self.old_part(old, abreast, pass, range);
            (self.progress)(size / u64::from(pass.count()));
            part
        };
        let take = |part: OldPart| -> Result<()> {
            if slots.is_empty() {
                // Parts are alike: the first tells how many records there are, and a few more.
                let likely = part.slots.len() * parts;
                slots.reserve_exact(likely + likely / 32);
            }
            let numbered =
                |one: Stretch| Stretch { first: one.first + slots.len() as Ordinal, ..one };
            found.stretches.extend(part.stretches.into_iter().map(numbered));
            slots.extend(part.slots);
            if pass.is_first() {
                found.above.join(part.above);
                found.rejects.extend(part.rejects);
                found.left_out.extend(part.nameless);
                found.records += part.notes.records;
                found.notes.push(part.notes);
            }
            Ok(())
        };
        // Parts are put together while others are still walked: few are held at a time.
        self.pool.pipe(read, work, take)?;
        let same = |a: Slot, b: Slot| same_name(old, a.extent(), old, b.extent());
        let (index, twice) = Index::of(self.pool, slots, same);
        let extents = |(first, second): (Slot, Slot)| (first.extent(), second.extent());
        let twice: Vec<(Extent, Extent)> = twice.into_iter().map(extents).collect();
        found.stretches.sort_unstable_by_key(|stretch| stretch.start);
        if !twice.is_empty() {
            // Records have other numbers where some were left out.
            found.stretches.clear();
        }
        found.indexed += index.len();
        found.left_out.extend(twice.iter().map(|(_, second)| second.start));
        found.rejects.extend(self.duplicates(Side::Old, old, &twice));
        Ok(index)
    }

    /// About how many records OLD has, where that is not sure to be few: its parts are alike.
    pub(super) fn about(&self, old: &Source<'_>) -> usize {
        const SHORTEST: usize = b"dn: o=x\n\n".len();
        let most = old.text.len() / SHORTEST;
        if Pass::all(most, self.memory).nth(1).is_none() {
            return most;
        }
        let ranges = split(old.text, self.part);
        let Some(first) = ranges.first() else { return 0 };
        let mut cutter = old.cut(first.clone());
        let records = std::iter::from_fn(|| cutter.next_record(None)).count();
        records.saturating_mul(ranges.len())
    }

    fn old_part(
        &self,
        old: &Source<'_>,
        mut abreast: Abreast<'_>,
        pass: Pass,
        range: Range<usize>,
    ) -> OldPart {
        let mut part = OldPart { above: Above::none(), ..OldPart::default() };
        let mut cutter = old.cut(range);
        let mut namer = Namer::new(&self.state, old.schema);
        let mut last = None;
        while self.goes_on(&part.rejects) {
            let at = cutter.position();
            let Some(cut) = cutter.next_record(None) else { break };
            let before = std::mem::replace(&mut last, cut.as_ref().ok().map(|cut| cut.extent));
            let slot = cut.and_then(|cut| {
                let slot = self.slot(old, cut, &mut namer);
                if let Some(above) = namer.new_above() {
                    part.above.note(above);
                }
                if !matches!(slot, Ok(Some(_))) {
                    part.nameless.push(cut.extent.start);
                }
                slot
            });
            match slot {
                Ok(Some(slot)) if pass.takes(slot.hash) => {
                    abreast.next(slot.extent(), part.slots.len() as Ordinal);
                    part.slots.push(slot);
                }
                Ok(_) => {}
                Err(error) => {
                    part.rejects.extend(Reject::all_at(Side::Old, old, (before, at), error));
                }
            }
        }
        part.notes = cutter.notes;
        part.stretches = abreast.found;
        part
    }
}
