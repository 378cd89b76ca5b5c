//! The walk over OLD: each record is named and put into the index.

use std::hash::BuildHasher;
use std::ops::Range;

use crate::error::Result;
use crate::join::{Index, Join, Joined, Namer, Reject, Side, Slot, same_name, verify_notes};
use crate::ldif::scan::split;
use crate::source::{Notes, Source};

/// What one worker found in a part of OLD.
#[derive(Default)]
struct OldPart {
    slots: Vec<Slot>,
    rejects: Vec<Reject>,
    notes: Notes,
}

impl<S: BuildHasher + Sync> Join<'_, S> {
    /// Indexes OLD.
    pub(super) fn index(&self, old: &Source<'_>, joined: &mut Joined) -> Result<()> {
        let ranges = split(old.text, self.part);
        let (mut index, parts) = (Index::default(), ranges.len());
        let mut notes = Vec::with_capacity(parts);
        let mut rejects = Vec::new();
        let mut twice = Vec::new();
        let mut ranges = ranges.into_iter();
        let work = |range: Range<usize>| {
            let size = range.len() as u64;
            let part = self.old_part(old, range);
            (self.progress)(size);
            part
        };
        let take = |part: OldPart| -> Result<()> {
            if index.is_empty() {
                // Parts are alike: the first tells how many records there are, and a few more.
                let likely = part.slots.len() * parts;
                index = Index::with_capacity(likely + likely / 32);
            }
            for slot in part.slots {
                let same = |other: Slot| same_name(old, other.extent, old, slot.extent);
                if let Some(first) = index.insert(slot, same) {
                    twice.push((first.extent, slot.extent));
                }
            }
            rejects.extend(part.rejects);
            joined.old_records += part.notes.records;
            notes.push(part.notes);
            Ok(())
        };
        // Parts go into the index while others are still walked: few are held at a time.
        self.pool.pipe(|| ranges.next(), work, take)?;
        joined.old_records -= old.continuing();
        rejects.extend(self.duplicates(Side::Old, old, &twice));
        self.accept(rejects, joined)?;
        verify_notes(old, &notes)?;
        joined.index = index;
        Ok(())
    }

    fn old_part(&self, old: &Source<'_>, range: Range<usize>) -> OldPart {
        let mut part = OldPart::default();
        let mut cutter = old.cut(range);
        let mut namer = Namer::new(&self.state, old.schema);
        while self.goes_on(&part.rejects) {
            let at = cutter.position();
            match cutter.next_record(None) {
                None => break,
                Some(cut) => match cut.and_then(|cut| self.slot(old, cut, &mut namer)) {
                    Ok(Some(slot)) => part.slots.push(slot),
                    Ok(None) => {}
                    Err(error) => part.rejects.push(Reject::at(Side::Old, old, at, error)),
                },
            }
        }
        part.notes = cutter.notes;
        part
    }
}
