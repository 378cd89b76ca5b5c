//! Pairs the records of two sides by name: OLD is indexed, NEW flows past and is held against it.
//!
//! Knows names and bytes. Whether two records that are not the same bytes mean the same is asked
//! of a `judge`; identifiers, filters and order come later.

mod index;
mod layout;
mod reject;

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

pub use index::{Index, Ordinal, Slot, hash_name};
pub use layout::{find_layout, verify_notes};
pub use reject::{Reject, Side};

use crate::error::{Error, ErrorKind, Result};
use crate::join::reject::{twice_alone, twice_paired};
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::source::{Cut, Extent, Kind, Notes, Source};

/// Two records of one entry that differ.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// In OLD.
    pub old: Extent,
    /// In NEW.
    pub new: Extent,
    /// Whether anything differs that a client may write.
    pub content: bool,
    /// Whether their identifiers agree, where both carry one.
    pub agrees: Option<bool>,
    /// Whether exactly one of them carries an identifier.
    pub half: bool,
}

impl Pair {
    /// Two records that are one entry under two names.
    pub fn renamed(old: Extent, new: Extent) -> Pair {
        Pair { old, new, content: true, agrees: Some(true), half: false }
    }
}

/// What is said of two records of one name that are not the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether anything differs that a client may write.
    pub content: bool,
    /// Whether their identifiers agree, where both carry one.
    pub agrees: Option<bool>,
    /// Whether exactly one of them carries an identifier.
    pub half: bool,
}

/// What came of holding NEW against OLD.
#[derive(Debug, Default)]
pub struct Joined {
    /// The records of OLD.
    pub index: Index,
    /// How many entries OLD has, bad ones too.
    pub old_records: u64,
    /// How many entries NEW has, bad ones too.
    pub new_records: u64,
    /// How many pairs mean the same.
    pub same: u64,
    /// How many pairs that mean the same, but are not the same bytes, agree in an identifier.
    pub agreed: u64,
    /// The pairs that differ, in the order of NEW.
    pub changed: Vec<Pair>,
    /// What only OLD has, in its order.
    pub old_only: Vec<Extent>,
    /// What only NEW has, in its order.
    pub new_only: Vec<Extent>,
    /// What was skipped, OLD before NEW, each in order.
    pub rejects: Vec<Reject>,
}

impl Joined {
    /// How many entries of a side were not rejected.
    pub fn sound(&self, side: Side) -> u64 {
        let records = match side {
            Side::Old => self.old_records,
            Side::New => self.new_records,
        };
        let rejected = self.rejects.iter().filter(|reject| reject.side == side).count() as u64;
        records.saturating_sub(rejected)
    }
}

/// How a join is made.
pub struct Join<'j, S> {
    /// The worker threads.
    pub pool: &'j Pool,
    /// How much text a worker takes at a time, in bytes.
    pub part: usize,
    /// The key of the name hash.
    pub state: S,
    /// Bad records are collected instead of ending the run.
    pub keep_going: bool,
    /// Whether two records of one name mean the same.
    pub judge: &'j (dyn Fn(Extent, Extent) -> Result<Verdict> + Sync),
    /// Told how many bytes were worked on.
    pub progress: &'j (dyn Fn(u64) + Sync),
}

/// What one worker found in a part of OLD.
#[derive(Default)]
struct OldPart {
    slots: Vec<Slot>,
    rejects: Vec<Reject>,
    notes: Notes,
}

/// What one worker found in a part of NEW.
#[derive(Default)]
struct NewPart {
    same: u64,
    agreed: u64,
    changed: Vec<Pair>,
    only: Vec<Slot>,
    twice: Vec<(Extent, Ordinal)>,
    rejects: Vec<Reject>,
    notes: Notes,
}

impl<S: BuildHasher + Sync> Join<'_, S> {
    /// Pairs the records of `old` and `new`.
    pub fn run(&self, old: &Source<'_>, new: &Source<'_>) -> Result<Joined> {
        let mut joined = Joined::default();
        self.index(old, &mut joined)?;
        let seen: Vec<AtomicU64> =
            (0..joined.index.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let parts = split(new.text, self.part);
        let found = self.pool.map_ordered(parts, |range| {
            let size = range.len() as u64;
            let part =
                NewWalk { join: self, old, new, index: &joined.index, seen: &seen }.part(range);
            (self.progress)(size);
            part
        });
        self.collect(old, new, found, &mut joined)?;
        let unseen = |(n, slot): (usize, &Slot)| {
            let bit = seen[n / 64].load(Ordering::Relaxed) >> (n % 64) & 1;
            (bit == 0).then_some(slot.extent)
        };
        let old_only = joined.index.slots().iter().enumerate().filter_map(unseen).collect();
        joined.old_only = old_only;
        self.verify_alone(old, new, &mut joined)?;
        self.find_partners(old, new, &mut joined);
        Ok(joined)
    }

    /// Indexes OLD.
    fn index(&self, old: &Source<'_>, joined: &mut Joined) -> Result<()> {
        let parts = self.pool.map_ordered(split(old.text, self.part), |range| {
            let size = range.len() as u64;
            let part = self.old_part(old, range);
            (self.progress)(size);
            part
        });
        let mut index = Index::with_capacity(parts.iter().map(|p| p.slots.len()).sum());
        let mut notes = Vec::with_capacity(parts.len());
        let mut rejects = Vec::new();
        let mut twice = Vec::new();
        for part in parts {
            for slot in part.slots {
                let same = |other: Slot| same_name(old, other.extent, old, slot.extent);
                if let Some(first) = index.insert(slot, same) {
                    twice.push((first.extent, slot.extent));
                }
            }
            rejects.extend(part.rejects);
            joined.old_records += part.notes.records;
            notes.push(part.notes);
        }
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
        while self.goes_on(&part.rejects) {
            let at = cutter.position();
            match cutter.next_record(None) {
                None => break,
                Some(cut) => match cut.and_then(|cut| self.slot(old, cut)) {
                    Ok(Some(slot)) => part.slots.push(slot),
                    Ok(None) => {}
                    Err(error) => part.rejects.push(Reject::at(Side::Old, old, at, error)),
                },
            }
        }
        part.notes = cutter.notes;
        part
    }

    /// Whether a part is walked any further: its first fault ends the run, unless bad records are
    /// collected.
    fn goes_on(&self, rejects: &[Reject]) -> bool {
        self.keep_going || rejects.is_empty()
    }

    /// Names a record; `None` for one that continues another.
    fn slot(&self, source: &Source<'_>, cut: Cut<'_>) -> Result<Option<Slot>> {
        let known = source.known(cut.extent, cut.plain_dn)?;
        match known.kind {
            kind if source.layout.holds(kind) => {}
            Kind::Continuation if source.layout.holds(Kind::Add) => return Ok(None),
            _ => return Err(source.error(ErrorKind::ChangeAmongContent, cut.extent.start, 0)),
        }
        let hash = hash_name(&self.state, source.schema, &known.dn)
            .map_err(|fault| source.bad_name(cut.extent, fault))?;
        Ok(Some(Slot { extent: cut.extent, hash }))
    }

    /// Puts the parts of NEW together.
    fn collect(
        &self,
        old: &Source<'_>,
        new: &Source<'_>,
        parts: Vec<NewPart>,
        joined: &mut Joined,
    ) -> Result<()> {
        let mut notes = Vec::with_capacity(parts.len());
        let mut rejects = Vec::new();
        let mut only = Vec::new();
        let mut twice = Vec::new();
        for part in parts {
            joined.same += part.same;
            joined.agreed += part.agreed;
            joined.changed.extend(part.changed);
            joined.new_records += part.notes.records;
            only.extend(part.only);
            twice.extend(part.twice);
            rejects.extend(part.rejects);
            notes.push(part.notes);
        }
        joined.new_records -= new.continuing();
        let named_twice: HashSet<Extent> =
            twice.iter().filter_map(|(_, n)| joined.index.get(*n)).map(|s| s.extent).collect();
        joined.changed.retain(|pair| !named_twice.contains(&pair.old));
        rejects.extend(self.twice(old, new, &twice, &only, &joined.index));
        self.accept(rejects, joined)?;
        verify_notes(new, &notes)?;
        joined.new_only = only.into_iter().map(|slot| slot.extent).collect();
        Ok(())
    }

    /// Records of one name: those that found a partner another one had found already, and those
    /// that found none.
    fn twice(
        &self,
        old: &Source<'_>,
        new: &Source<'_>,
        twice: &[(Extent, Ordinal)],
        only: &[Slot],
        index: &Index,
    ) -> Vec<Reject> {
        let mut names: Vec<Extent> =
            twice.iter().filter_map(|(_, n)| index.get(*n)).map(|s| s.extent).collect();
        names.sort_unstable();
        names.dedup();
        let mut found = twice_paired(old, new, &names);
        found.extend(twice_alone(new, only, |a, b| same_name(new, a, new, b)));
        self.duplicates(Side::New, new, &found)
    }

    /// Where the run goes on, all records of one name are rejected.
    fn duplicates(
        &self,
        side: Side,
        source: &Source<'_>,
        found: &[(Extent, Extent)],
    ) -> Vec<Reject> {
        let mut rejects: Vec<Reject> = found
            .iter()
            .map(|&(first, second)| Reject::second(side, source, first, second))
            .collect();
        let mut firsts = HashSet::new();
        for &(first, second) in found.iter().filter(|_| self.keep_going) {
            if firsts.insert(first) {
                rejects.push(Reject::first(side, source, first, second));
            }
        }
        rejects
    }

    /// Reads in full what has no partner, so that a fault in it is found here.
    fn verify_alone(&self, old: &Source<'_>, new: &Source<'_>, joined: &mut Joined) -> Result<()> {
        let mut rejects = Vec::new();
        for (side, source, alone) in
            [(Side::Old, old, &mut joined.old_only), (Side::New, new, &mut joined.new_only)]
        {
            let faults = self.pool.map_ordered(alone.chunks(256), |chunk| {
                let read = |extent: &Extent| fault_in(source, *extent).map(|e| (*extent, e));
                chunk.iter().filter_map(read).collect::<Vec<_>>()
            });
            let faults: Vec<(Extent, Error)> = faults.into_iter().flatten().collect();
            let bad: HashSet<Extent> = faults.iter().map(|(extent, _)| *extent).collect();
            alone.retain(|extent| !bad.contains(extent));
            rejects.extend(faults.into_iter().map(|(e, error)| Reject::of(side, source, e, error)));
        }
        self.accept(rejects, joined)
    }

    /// OLD's records of the names that were rejected in NEW.
    fn find_partners(&self, old: &Source<'_>, new: &Source<'_>, joined: &mut Joined) {
        let Joined { index, rejects, .. } = joined;
        for reject in rejects.iter_mut().filter(|reject| reject.side == Side::New) {
            let (Some(dn), Some(key)) = (&reject.dn, reject.key(new)) else { continue };
            let text = dn.to_string().into_bytes();
            let Ok(hash) = hash_name(&self.state, new.schema, &text) else { continue };
            let same = |slot: Slot| old.key(slot.extent).is_ok_and(|other| other == key);
            reject.partner = index
                .find(hash, same)
                .and_then(|ordinal| index.get(ordinal))
                .map(|slot| slot.extent);
        }
    }

    /// Keeps rejects, or ends the run with the first.
    fn accept(&self, rejects: Vec<Reject>, joined: &mut Joined) -> Result<()> {
        joined.rejects.extend(rejects);
        joined.rejects.sort_by_key(|reject| (reject.side, reject.text.start));
        if self.keep_going {
            joined.rejects.dedup_by_key(|reject| (reject.side, reject.text.start));
            return Ok(());
        }
        match joined.rejects.drain(..).next() {
            Some(reject) => Err(reject.error),
            None => Ok(()),
        }
    }
}

/// Holds a part of NEW against the index.
struct NewWalk<'j, 'i, S> {
    join: &'j Join<'j, S>,
    old: &'j Source<'i>,
    new: &'j Source<'i>,
    index: &'j Index,
    seen: &'j [AtomicU64],
}

impl<S: BuildHasher + Sync> NewWalk<'_, '_, S> {
    fn part(&self, range: Range<usize>) -> NewPart {
        let mut part = NewPart::default();
        let mut cutter = self.new.cut(range);
        let mut next: Ordinal = 0;
        while self.join.goes_on(&part.rejects) {
            let at = cutter.position();
            let expected = self.expected(next);
            let probable = expected.map(|extent| self.old.bytes(extent));
            match cutter.next_record(probable) {
                None => break,
                Some(cut) => {
                    let result = cut.and_then(|cut| match expected {
                        Some(extent) if cut.as_probable => self.met(next, extent, cut, &mut part),
                        _ => self.looked_up(cut, next, &mut part),
                    });
                    match result {
                        Ok(found) => next = found.map_or(next, |n| n + 1),
                        Err(error) => part.rejects.push(Reject::at(Side::New, self.new, at, error)),
                    }
                }
            }
        }
        part.notes = cutter.notes;
        part
    }

    /// The record of OLD that probably comes next: bytes can only stand for a whole entry where
    /// nothing continues it.
    fn expected(&self, next: Ordinal) -> Option<Extent> {
        let comparable = self.new.options.rebase.is_none() && !self.new.options.strict;
        let slot = self.index.get(next).filter(|_| comparable)?;
        (!self.old.continuations.contains_key(&slot.extent.start)).then_some(slot.extent)
    }

    /// Finds the partner of a record by name.
    fn looked_up(
        &self,
        cut: Cut<'_>,
        next: Ordinal,
        part: &mut NewPart,
    ) -> Result<Option<Ordinal>> {
        if let Some(slot) = self.index.get(next)
            && cut.plain_dn.is_some()
            && !self.new.options.strict
            && same_first_line(self.old, slot.extent, self.new, cut.extent)
        {
            return self.met(next, slot.extent, cut, part);
        }
        let Some(named) = self.join.slot(self.new, cut)? else { return Ok(None) };
        let same = |slot: Slot| same_name(self.old, slot.extent, self.new, cut.extent);
        match self.index.find(named.hash, same) {
            Some(ordinal) => {
                let extent = self.index.slots()[ordinal as usize].extent;
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
        let bit = 1 << (ordinal % 64);
        let before = self.seen[ordinal as usize / 64].fetch_or(bit, Ordering::Relaxed);
        if before & bit != 0 {
            part.twice.push((cut.extent, ordinal));
        }
        // Every record is judged, whichever of two threads came first: the same faults are found.
        let verdict = match self.verdict(old, cut) {
            Ok(verdict) => verdict,
            Err(error) => {
                self.blame(old, cut.extent, error, part);
                return Ok(Some(ordinal));
            }
        };
        let Verdict { content, agrees, half } = verdict;
        if content || half || agrees == Some(false) {
            part.changed.push(Pair { old, new: cut.extent, content, agrees, half });
        } else {
            part.same += 1;
            part.agreed += u64::from(agrees == Some(true));
        }
        Ok(Some(ordinal))
    }

    /// Finds out which of two records is at fault.
    fn blame(&self, old: Extent, new: Extent, error: Error, part: &mut NewPart) {
        let faults = (fault_in(self.old, old), fault_in(self.new, new));
        let alone = faults.0.is_none() && faults.1.is_none();
        let in_new = if alone { Some(error) } else { faults.1 };
        let mut reject = |side, source, extent, fault: Option<Error>| {
            part.rejects.extend(fault.map(|error| Reject::of(side, source, extent, error)));
        };
        reject(Side::Old, self.old, old, faults.0);
        reject(Side::New, self.new, new, in_new);
    }

    fn verdict(&self, old: Extent, cut: Cut<'_>) -> Result<Verdict> {
        let whole = !self.new.continuations.contains_key(&cut.extent.start)
            && !self.old.continuations.contains_key(&old.start);
        let equal = || self.old.bytes(old) == self.new.bytes(cut.extent);
        if whole && self.new.options.rebase.is_none() && (cut.as_probable || equal()) {
            return Ok(Verdict { content: false, agrees: None, half: false });
        }
        (self.join.judge)(old, cut.extent)
    }
}

/// What is wrong with a record when it is read in full.
fn fault_in(source: &Source<'_>, extent: Extent) -> Option<Error> {
    source.entry_in(extent, &source.logical(extent)).err()
}

/// Whether two records begin with the same plain `dn:` line.
fn same_first_line(a: &Source<'_>, left: Extent, b: &Source<'_>, right: Extent) -> bool {
    if a.options.rebase.is_some() || b.options.rebase.is_some() {
        return false;
    }
    let (left, right) = (a.bytes(left), b.bytes(right));
    let Some(end) = memchr::memchr(b'\n', right).map(|n| n + 1) else { return false };
    let folded = |record: &[u8]| matches!(record.get(end), Some(b' ' | b'\t'));
    left.get(..end) == Some(&right[..end]) && !folded(left) && !folded(right)
}

/// Whether two records have equal names (distinguishedNameMatch).
fn same_name(a: &Source<'_>, left: Extent, b: &Source<'_>, right: Extent) -> bool {
    if same_first_line(a, left, b, right) {
        return true;
    }
    match (a.key(left), b.key(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}
