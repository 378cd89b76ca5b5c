//! Pairs the records of two sides by name: OLD is indexed, NEW flows past and is held against it.
//!
//! Knows names and bytes. Whether two records that are not the same bytes mean the same is asked
//! of a `judge`; identifiers, filters and order come later.

mod above;
mod abreast;
mod ahead;
mod index;
mod layout;
mod looks;
mod new;
mod old;
mod olds;
mod pass;
mod reject;
mod rows;
mod sift;

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

/// What hashes of keys are made with, another one in each run: who writes a file cannot know which of its
/// keys will have one hash. What has one hash is held against each other.
pub use foldhash::quality::RandomState;

pub use index::{GrowingIndex, Index, Namer, Ordinal, Slot, hash_by, hash_key, hash_name};
pub use layout::{find_continued, find_layout, verify_notes};
pub use looks::Looks;
pub use olds::{OldWalk, Olds};
pub use reject::{Reject, Side, duplicate};
pub use rows::{JoinedRows, RowJoin};
pub use sift::{Sifted, sift};

use crate::error::{Error, Result};
use crate::join::above::Above;
use crate::join::abreast::Stretch;
use crate::join::new::{NewFound, NewPart, NewWalk, knows_again};
use crate::join::old::OldFound;
use crate::join::pass::Pass;
use crate::join::reject::{twice_alone, twice_paired};
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::source::{Cut, Extent, Source};

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
    pub olds: Olds,
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
        let is_of_it = |reject: &&Reject| reject.side == side && reject.is_record;
        let rejected = self.rejects.iter().filter(is_of_it).count() as u64;
        records.saturating_sub(rejected)
    }
}

/// How a join is made.
pub struct Join<'j, S> {
    /// The worker threads.
    pub pool: &'j Pool,
    /// How much text a worker takes at a time, in bytes.
    pub part: usize,
    /// How much memory the index may take, in bytes.
    pub memory: usize,
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
        let mut olds = OldFound { above: Above::none(), ..OldFound::default() };
        let mut news = NewFound::default();
        let mut places = None;
        let mut told = None;
        for pass in Pass::all(self.about(old), self.memory) {
            let is_beside = pass.count() == 1 && knows_again(old, new);
            let beside = if is_beside { new.text } else { b"" };
            let index = self.index(old, beside, pass, &mut olds)?;
            if pass.is_first() {
                told = verify_notes(old, &olds.notes).err();
            }
            // What is wrong with OLD ends the run once it was walked over as a whole.
            if self.goes_on(&olds.rejects) && told.is_none() {
                self.hold_against((&index, &olds.stretches), pass, (old, new), &mut news);
                places = (pass.count() == 1).then(|| Olds::at(index.into_slots()));
            }
        }
        let without = || Olds::without(olds.indexed, olds.left_out);
        let mut joined = Joined {
            olds: places.unwrap_or_else(without).below(olds.above),
            old_records: olds.records - old.continuing(),
            same: news.same,
            agreed: news.agreed,
            changed: news.changed,
            old_only: news.old_only,
            new_only: news.new_only,
            ..Joined::default()
        };
        self.accept(olds.rejects, &mut joined)?;
        told.map_or(Ok(()), Err)?;
        joined.new_records = news.records - new.continuing();
        self.accept(news.rejects, &mut joined)?;
        verify_notes(new, &news.notes)?;
        joined.changed.sort_by_key(|pair| pair.new);
        joined.old_only.sort_unstable();
        joined.new_only.sort_unstable();
        self.verify_alone(old, new, &mut joined)?;
        Ok(joined)
    }

    /// Holds NEW against the part of OLD that is in the index.
    fn hold_against(
        &self,
        (index, stretches): (&Index, &[Stretch]),
        pass: Pass,
        (old, new): (&Source<'_>, &Source<'_>),
        found: &mut NewFound,
    ) {
        let seen: Vec<AtomicU64> =
            (0..index.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let parts = self.pool.map_ordered(split(new.text, self.part), |range| {
            let size = range.len() as u64;
            let walk = NewWalk { join: self, old, new, index, stretches, pass, seen: &seen };
            let part = walk.part(range);
            (self.progress)(size / u64::from(pass.count()));
            part
        });
        self.collect(index, pass, (old, new), parts, found);
        let unseen = |(n, slot): (usize, &Slot)| {
            let bit = seen[n / 64].load(Ordering::Relaxed) >> (n % 64) & 1;
            (bit == 0).then_some(slot.extent())
        };
        found.old_only.extend(index.slots().iter().enumerate().filter_map(unseen));
        self.find_partners(index, (old, new), &mut found.rejects);
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
        if !source.is_entry(cut.extent, known.kind)? {
            return Ok(None);
        }
        let hash = namer.hash(&known.dn).map_err(|fault| source.bad_name(cut.extent, fault))?;
        Ok(Some(Slot::new(cut.extent, hash)))
    }

    /// Puts the parts of NEW together.
    fn collect(
        &self,
        index: &Index,
        pass: Pass,
        (old, new): (&Source<'_>, &Source<'_>),
        parts: Vec<NewPart>,
        found: &mut NewFound,
    ) {
        let mut only = Vec::new();
        let mut twice = Vec::new();
        let changed = found.changed.len();
        for part in parts {
            found.same += part.same;
            found.agreed += part.agreed;
            found.changed.extend(part.changed);
            only.extend(part.only);
            twice.extend(part.twice);
            found.rejects.extend(part.rejects);
            if pass.is_first() {
                found.records += part.notes.records;
                found.notes.push(part.notes);
            }
        }
        let named_twice: HashSet<Extent> =
            twice.iter().filter_map(|(_, n)| index.get(*n)).map(Slot::extent).collect();
        if !named_twice.is_empty() {
            let mut later = found.changed.split_off(changed);
            later.retain(|pair| !named_twice.contains(&pair.old));
            found.changed.extend(later);
        }
        found.rejects.extend(self.twice(old, new, &twice, &only, index));
        found.new_only.extend(only.into_iter().map(Slot::extent));
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
            twice.iter().filter_map(|(_, n)| index.get(*n)).map(Slot::extent).collect();
        names.sort_unstable();
        names.dedup();
        let mut found = twice_paired(old, new, &names);
        found.extend(twice_alone(only, |a, b| same_name(new, a, new, b)));
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
                let mut cutter = source.cut(0..0);
                let read =
                    |extent: &Extent| source.fault_in(*extent, &mut cutter).map(|e| (*extent, e));
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
    fn find_partners(
        &self,
        index: &Index,
        (old, new): (&Source<'_>, &Source<'_>),
        rejects: &mut [Reject],
    ) {
        let is_alone = |reject: &&mut Reject| reject.side == Side::New && reject.partner.is_none();
        for reject in rejects.iter_mut().filter(is_alone) {
            let (Some(dn), Some(key)) = (&reject.dn, reject.key(new)) else { continue };
            let text = dn.to_string().into_bytes();
            let Ok(hash) = hash_name(&self.state, new.schema, &text) else { continue };
            let same = |slot: Slot| old.key(slot.extent()).is_ok_and(|other| other == key);
            reject.partner =
                index.find(hash, same).and_then(|ordinal| index.get(ordinal)).map(Slot::extent);
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
