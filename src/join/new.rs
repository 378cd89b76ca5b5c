//! The walk over NEW: each record is held against the one of its name in OLD.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::join::abreast::{Stretch, behind_empty_lines};
use crate::join::ahead::Ahead;
use crate::join::pass::Pass;
use crate::join::{
    Index, Join, Namer, Ordinal, Pair, Reject, Side, Slot, Verdict, same_first_line, same_name,
};
use crate::ldif::unfold::line_end;
use crate::matching::Keys;
use crate::source::{Cut, Extent, Layout, Notes, Source};

/// What one worker found in a part of NEW.
#[derive(Default)]
pub(super) struct NewPart {
    pub(super) same: u64,
    pub(super) agreed: u64,
    pub(super) changed: Vec<Pair>,
    pub(super) only: Vec<Slot>,
    pub(super) twice: Vec<(Extent, Ordinal)>,
    pub(super) rejects: Vec<Reject>,
    pub(super) notes: Notes,
}

/// What the passes over NEW found.
#[derive(Default)]
pub(super) struct NewFound {
    pub(super) records: u64,
    pub(super) notes: Vec<Notes>,
    pub(super) rejects: Vec<Reject>,
    pub(super) same: u64,
    pub(super) agreed: u64,
    pub(super) changed: Vec<Pair>,
    pub(super) old_only: Vec<Extent>,
    pub(super) new_only: Vec<Extent>,
}

/// Holds a part of NEW against the index.
pub(super) struct NewWalk<'j, 'i, S> {
    pub(super) join: &'j Join<'j, S>,
    pub(super) old: &'j Source<'i>,
    pub(super) new: &'j Source<'i>,
    pub(super) index: &'j Index,
    /// What was seen to stand in OLD as well, in the order of NEW.
    pub(super) stretches: &'j [Stretch],
    pub(super) pass: Pass,
    pub(super) seen: &'j [AtomicU64],
}

impl<S: BuildHasher + Sync> NewWalk<'_, '_, S> {
    pub(super) fn part(&self, range: Range<usize>) -> NewPart {
        let mut part = NewPart::default();
        let (end, mut ahead) = (range.end, Ahead::new());
        let before = self.stretches.partition_point(|stretch| stretch.start <= range.start);
        let mut stretches = &self.stretches[before.saturating_sub(1)..];
        let mut cutter = self.new.cut(range);
        let mut namer = Namer::new(&self.join.state, self.new.schema);
        let mut keys = [self.old, self.new].map(|source| Keys::new(source.schema));
        let mut next: Ordinal = 0;
        let mut last = None;
        while self.join.goes_on(&part.rejects) {
            let at = cutter.position();
            if let Some((met, extent)) = self.pass_over((at, end), &mut stretches, &mut part) {
                cutter.pass_over(met.len(), extent);
                (next, last) = (met.end, Some(extent));
                ahead.note_order();
                continue;
            }
            let expected = self.probable(next, (at, end), &mut ahead, &mut namer);
            let probable = expected.map(|(_, extent)| self.old.bytes(extent));
            match cutter.next_record(probable) {
                None => break,
                Some(cut) => {
                    let before = std::mem::replace(&mut last, cut.as_ref().ok().map(|c| c.extent));
                    let result = cut.and_then(|cut| match expected {
                        Some((ordinal, extent))
                            if cut.as_probable || self.is_namesake(extent, &cut, &mut keys) =>
                        {
                            self.met(ordinal, extent, cut, &mut part)
                        }
                        _ => self.looked_up(cut, next, &mut namer, &mut part),
                    });
                    match result {
                        Ok(found) => next = found.map_or(next, |n| n + 1),
                        Err(error) => {
                            let rejects = Reject::all_at(Side::New, self.new, (before, at), error);
                            part.rejects.extend(rejects);
                        }
                    }
                }
            }
        }
        part.notes = cutter.notes;
        part
    }

    /// Meets all records that follow each other from byte `at` on and were seen to stand in OLD; answers with
    /// the numbers they have there, and where the last stands. `end` is that of the part.
    fn pass_over(
        &self,
        (at, end): (usize, usize),
        stretches: &mut &[Stretch],
        part: &mut NewPart,
    ) -> Option<(Range<Ordinal>, Extent)> {
        let begin = behind_empty_lines(self.new.text, at);
        while stretches.get(1).is_some_and(|next| next.start <= begin) {
            *stretches = &stretches[1..];
        }
        let Stretch { start, first, count } = *stretches.first()?;
        let slots = &self.index.slots()[first as usize..][..count as usize];
        let begins = slots.first()?.extent().start;
        let place = |slot: &Slot| {
            let Extent { start: at, len } = slot.extent();
            Extent { start: start as u64 + (at - begins), len }
        };
        let before = |byte| slots.partition_point(|slot| place(slot).range().start < byte);
        let (from, to) = (before(begin), before(end));
        let met = slots.get(from..to)?;
        if place(met.first()?).range().start != begin {
            return None;
        }
        let from = first + from as Ordinal;
        for (ordinal, slot) in (from..).zip(met) {
            self.see(ordinal, place(slot), part);
        }
        part.same += met.len() as u64;
        Some((from..first + to as Ordinal, place(met.last()?)))
    }

    /// Notes that a record of OLD has a partner.
    fn see(&self, ordinal: Ordinal, new: Extent, part: &mut NewPart) {
        let bit = 1 << (ordinal % 64);
        let before = self.seen[ordinal as usize / 64].fetch_or(bit, Ordering::Relaxed);
        if before & bit != 0 {
            part.twice.push((new, ordinal));
        }
    }

    /// The record of OLD that probably stands at byte `at`: the next one, where the name is the same,
    /// else the one of that name. `end` is that of the part.
    fn probable(
        &self,
        next: Ordinal,
        (at, end): (usize, usize),
        ahead: &mut Ahead,
        namer: &mut Namer<'_, S>,
    ) -> Option<(Ordinal, Extent)> {
        if !knows_again(self.old, self.new) {
            return None;
        }
        let text = &self.new.text[at..end];
        let begin = text.iter().take_while(|b| **b == b'\n').count();
        let line = &text[begin..begin + line_end(&text[begin..])];
        if let Some(extent) = self.expected(next)
            && self.old.bytes(extent).starts_with(line)
        {
            ahead.note_order();
            return Some((next, extent));
        }
        let ordinal = ahead.probable(self, (at + begin, end), namer)?;
        self.expected(ordinal).map(|extent| (ordinal, extent))
    }

    /// The record of OLD with this number, where its bytes can stand for a whole entry: nothing
    /// continues it.
    fn expected(&self, next: Ordinal) -> Option<Extent> {
        let slot = self.index.get(next)?;
        (!self.old.continuations.contains_key(&slot.extent().start)).then_some(slot.extent())
    }

    /// Whether a record of OLD has the name of this one, where that is seen on plain lines.
    fn is_namesake(&self, old: Extent, cut: &Cut<'_>, keys: &mut [Keys<'_>; 2]) -> bool {
        let [theirs, ours] = keys;
        let (Some(name), Some(other)) = (cut.plain_dn, self.old.plain_dn(old)) else {
            return false;
        };
        name == other || ours.plain(name).is_some_and(|key| theirs.plain(other) == Some(key))
    }

    /// Finds the partner of a record by name.
    fn looked_up(
        &self,
        cut: Cut<'_>,
        next: Ordinal,
        namer: &mut Namer<'_, S>,
        part: &mut NewPart,
    ) -> Result<Option<Ordinal>> {
        if let Some(slot) = self.index.get(next)
            && cut.plain_dn.is_some()
            && knows_again(self.old, self.new)
            && same_first_line(self.old, slot.extent(), self.new, cut.extent)
        {
            return self.met(next, slot.extent(), cut, part);
        }
        let Some(named) = self.join.slot(self.new, cut, namer)? else { return Ok(None) };
        if !self.pass.takes(named.hash) {
            return Ok(None);
        }
        let same = |slot: Slot| same_name(self.old, slot.extent(), self.new, cut.extent);
        match self.index.find(named.hash, same) {
            Some(ordinal) => {
                let extent = self.index.slots()[ordinal as usize].extent();
                self.met(ordinal, extent, cut, part)
            }
            None => {
                part.only.push(named);
                Ok(None)
            }
        }
    }

    /// Notes a pair, and whether it differs.
    fn met(
        &self,
        ordinal: Ordinal,
        old: Extent,
        cut: Cut<'_>,
        part: &mut NewPart,
    ) -> Result<Option<Ordinal>> {
        self.see(ordinal, cut.extent, part);
        // Every record is judged, whichever of two threads came first: the same faults are found.
        let verdict = match self.verdict(old, cut) {
            Ok(verdict) => verdict,
            Err(error) => {
                self.blame(old, cut.extent, error, part);
                return Ok(Some(ordinal));
            }
        };
        let Verdict { content, agrees, half, looks } = verdict;
        if content || half || agrees == Some(false) {
            part.changed.push(Pair { old, new: cut.extent, content, agrees, half, looks });
        } else {
            part.same += 1;
            part.agreed += u64::from(agrees == Some(true));
        }
        Ok(Some(ordinal))
    }

    /// Finds out which of two records is at fault.
    fn blame(&self, old: Extent, new: Extent, error: Error, part: &mut NewPart) {
        let faults = (self.old.entry(old).err(), self.new.entry(new).err());
        let alone = faults.0.is_none() && faults.1.is_none();
        let in_new = if alone { Some(error) } else { faults.1 };
        let mut reject = |side, source, extent, partner, fault: Option<Error>| {
            let reject = |error| Reject { partner, ..Reject::of(side, source, extent, error) };
            part.rejects.extend(fault.map(reject));
        };
        reject(Side::Old, self.old, old, Some(new), faults.0);
        reject(Side::New, self.new, new, Some(old), in_new);
    }

    fn verdict(&self, old: Extent, cut: Cut<'_>) -> Result<Verdict> {
        let whole = !self.new.continuations.contains_key(&cut.extent.start)
            && !self.old.continuations.contains_key(&old.start);
        let equal = || self.old.bytes(old) == self.new.bytes(cut.extent);
        if whole && self.new.options.rebase.is_none() && (cut.as_probable || equal()) {
            return Ok(Verdict::SAME);
        }
        (self.join.judge)(old, cut.extent)
    }
}

/// Whether a record may be known again by its first line, unread: what it is has then been said of
/// the record of OLD, or is found where the two differ. Not so where files of entries as
/// `changetype: add` may hold a content record.
pub(super) fn knows_again(old: &Source<'_>, new: &Source<'_>) -> bool {
    let is_content = |source: &Source<'_>| source.layout == Layout::Content;
    is_content(old) && is_content(new) && new.options.rebase.is_none() && !new.options.strict
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::join::RandomState;
    use crate::join::old::OldFound;
    use crate::ldif::scan::split;
    use crate::parallel::Pool;
    use crate::schema::Schema;
    use crate::source::ReadOptions;

    /// A text of records, each a name, a value, and what stands behind it.
    fn text(records: &[(u8, u8, u8)]) -> String {
        let behind = |n| ["\n", "\n", "\n", "\n\n", "\n# said\n\n", "\n# said\n"][n as usize % 6];
        let record = |&(name, value, end): &(u8, u8, u8)| {
            format!("dn: cn={name},o=x\ncn: {name}\nsn: {value}\n{}", behind(end))
        };
        records.iter().map(record).collect()
    }

    proptest! {
        #[test]
        fn who_passes_over_records_finds_what_others_find(
            records in prop::collection::vec((0..60_u8, 0..2_u8, any::<u8>()), 0..60),
            edits in prop::collection::vec((0..60_usize, 0..4_u8, 0..60_u8), 0..6),
            size in 1..600_usize,
            is_torn: bool,
        ) {
            let mut new = records.clone();
            for (at, kind, name) in edits {
                match kind {
                    0 if at < new.len() => drop(new.remove(at)),
                    1 if at < new.len() => new[at].1 = 7,
                    2 if at <= new.len() => new.insert(at, (name, 0, 0)),
                    3 if at < new.len() => new.rotate_left(at),
                    _ => {}
                }
            }
            let (old, mut new) = (text(&records), text(&new));
            if is_torn {
                // What is as long as a comment of OLD, and none.
                new = new.replace("# said\n\n", "x said\n\n");
            }
            let source = |text| Source::of_text("x", text, Schema::builtin(), ReadOptions::default());
            let (old, new) = (source(old.as_bytes()), source(new.as_bytes()));
            let pool = &Pool::new(Some(1)).expect("a pool");
            let join = &Join {
                pool,
                part: size,
                memory: usize::MAX,
                state: RandomState::default(),
                keep_going: true,
                judge: &|_, _| Ok(Verdict { content: true, ..Verdict::SAME }),
                progress: &|_| {},
            };
            let found = |beside: &[u8]| {
                let mut olds = OldFound::default();
                let index = join.index(&old, beside, Pass::only(), &mut olds).expect("an index");
                let seen = (0..=index.len() / 64).map(|_| AtomicU64::new(0)).collect::<Vec<_>>();
                let (index, stretches) = (&index, &olds.stretches);
                let walk =
                    NewWalk { join, old: &old, new: &new, index, stretches, pass: Pass::only(), seen: &seen };
                let parts = split(new.text, size).into_iter().map(|range| {
                    let NewPart { same, changed, only, twice, rejects, notes, .. } = walk.part(range);
                    let only: Vec<Extent> = only.into_iter().map(Slot::extent).collect();
                    let changed: Vec<_> = changed.iter().map(|pair| (pair.old, pair.new)).collect();
                    let rejected = rejects.len();
                    (same, changed, only, twice, rejected, notes.records)
                });
                parts.collect::<Vec<_>>()
            };
            prop_assert_eq!(found(new.text), found(b""));
        }
    }
}
