//! Pairs the records of two sides by name: OLD is indexed, NEW flows past and is held against it.
//!
//! Knows names and bytes. Whether two records that are not the same bytes mean the same is asked
//! of a `judge`; identifiers, filters and order come later.

mod index;
mod layout;
mod looks;
mod new;
mod old;
mod reject;

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

pub use index::{Index, Namer, Ordinal, Slot, hash_name};
pub use layout::{find_continued, find_layout, verify_notes};
pub use looks::Looks;
pub use reject::{Reject, Side};

use crate::error::{Error, ErrorKind, Result};
use crate::join::new::{NewPart, NewWalk};
use crate::join::reject::{twice_alone, twice_paired};
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::source::{Cut, Extent, Kind, Source};

/// How much text a worker takes at a time, in bytes, where nothing else is said.
pub const PART: usize = 2 << 20;

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
    /// What is to be looked at before it is written.
    pub looks: Looks,
}

impl Pair {
    /// Two records that are one entry under two names.
    pub fn renamed(old: Extent, new: Extent) -> Pair {
        Pair { old, new, content: true, agrees: Some(true), half: false, looks: Looks::ALL }
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
    /// What is to be looked at before it is written.
    pub looks: Looks,
}

impl Verdict {
    /// Of two records that mean the same.
    pub const SAME: Verdict =
        Verdict { content: false, agrees: None, half: false, looks: Looks::NONE };
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

    /// Whether a part is walked any further: its first fault ends the run, unless bad records are
    /// collected.
    fn goes_on(&self, rejects: &[Reject]) -> bool {
        self.keep_going || rejects.is_empty()
    }

    /// Names a record; `None` for one that continues another.
    fn slot(
        &self,
        source: &Source<'_>,
        cut: Cut<'_>,
        namer: &mut Namer<'_, S>,
    ) -> Result<Option<Slot>> {
        let known = source.known(cut.extent, cut.plain_dn)?;
        match known.kind {
            kind if source.layout.holds(kind) => {}
            Kind::Continuation if source.layout.holds(Kind::Add) => return Ok(None),
            _ => return Err(source.error(ErrorKind::ChangeAmongContent, cut.extent.start, 0)),
        }
        let hash = namer.hash(&known.dn).map_err(|fault| source.bad_name(cut.extent, fault))?;
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
pub fn same_name(a: &Source<'_>, left: Extent, b: &Source<'_>, right: Extent) -> bool {
    if same_first_line(a, left, b, right) {
        return true;
    }
    match (a.key(left), b.key(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}
