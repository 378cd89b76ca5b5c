//! Pairs the rows of two tables by key: OLD is indexed, NEW flows past and is held against it.
//!
//! The same index and the same passes as for entries; what a row is, its source knows.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result, RowFault};
use crate::join::index::{Index, Ordinal, Slot, short};
use crate::join::pass::Pass;
use crate::join::reject::twice_alone;
use crate::parallel::Pool;
use crate::source::{Extent, Rows};

/// What came of holding NEW against OLD.
#[derive(Debug, Default)]
pub struct JoinedRows {
    /// How many rows OLD has.
    pub old_records: u64,
    /// How many rows NEW has.
    pub new_records: u64,
    /// The rows of one key that differ, in the order of NEW.
    pub changed: Vec<(Extent, Extent)>,
    /// What only OLD has, in its order.
    pub old_only: Vec<Extent>,
    /// What only NEW has, in its order.
    pub new_only: Vec<Extent>,
    /// Those of OLD that the database itself has follow what they refer to.
    pub carried: HashSet<Extent>,
}

/// How rows are joined.
pub struct RowJoin<'j, S> {
    /// The worker threads.
    pub pool: &'j Pool,
    /// How much text a worker takes at a time, in bytes.
    pub part: usize,
    /// How much memory the index may take, in bytes.
    pub memory: usize,
    /// The key of the hash.
    pub state: S,
    /// Told how many bytes were worked on.
    pub progress: &'j (dyn Fn(u64) + Sync),
}

/// What one worker found in a part of NEW.
#[derive(Default)]
struct Part {
    rows: u64,
    changed: Vec<(Extent, Extent)>,
    only: Vec<Slot>,
    twice: Vec<(Extent, Extent)>,
    fault: Option<Error>,
}

impl<S: BuildHasher + Sync> RowJoin<'_, S> {
    /// Pairs the rows of `old` and `new`.
    ///
    /// # Errors
    ///
    /// The first row of OLD, then of NEW, that cannot be read; the first whose key stands twice.
    pub fn run(&self, old: &Rows<'_>, new: &Rows<'_>) -> Result<JoinedRows> {
        let mut joined = JoinedRows::default();
        let mut twice = Vec::new();
        let mut only = Vec::new();
        for pass in Pass::all(self.count(old), self.memory) {
            let index = self.index(old, pass, &mut joined)?;
            let seen: Vec<AtomicU64> =
                (0..index.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
            let parts = self.pool.map_ordered(new.split(self.part), |range| {
                let size = range.len() as u64;
                let part = self.part_of_new((old, new), &index, pass, &seen, range);
                (self.progress)(size / u64::from(pass.count()));
                part
            });
            for part in parts {
                part.fault.map_or(Ok(()), Err)?;
                joined.new_records += if pass.is_first() { part.rows } else { 0 };
                joined.changed.extend(part.changed);
                only.extend(part.only);
                twice.extend(part.twice);
            }
            let is_seen = |n: usize| seen[n / 64].load(Ordering::Relaxed) >> (n % 64) & 1 == 1;
            let unseen = index.slots().iter().enumerate().filter(|(n, _)| !is_seen(*n));
            joined.old_only.extend(unseen.map(|(_, slot)| slot.extent()));
        }
        self.refuse_twice(old, new, &twice, &only)?;
        joined.new_only = only.into_iter().map(Slot::extent).collect();
        joined.changed.sort_unstable_by_key(|pair| pair.1);
        joined.old_only.sort_unstable();
        joined.new_only.sort_unstable();
        Ok(joined)
    }

    /// About how many rows OLD has, never fewer.
    fn count(&self, old: &Rows<'_>) -> usize {
        let parts = self.pool.map_ordered(old.split(self.part), |range| {
            memchr::memchr_iter(b'\n', &old.text[range]).count() + 1
        });
        parts.into_iter().sum()
    }

    fn hash(&self, rows: &Rows<'_>, row: &crate::table::Row<'_>) -> u32 {
        let mut hasher = self.state.build_hasher();
        hasher.write(&rows.key(row));
        short(hasher.finish())
    }

    /// The rows of OLD that this pass is about.
    fn index(&self, old: &Rows<'_>, pass: Pass, joined: &mut JoinedRows) -> Result<Index> {
        let parts = self.pool.map_ordered(old.split(self.part), |range| {
            let size = range.len() as u64;
            let mut slots = Vec::new();
            let mut rows = 0;
            let read = old.each(range, |extent| {
                let hash = self.hash(old, &old.read(extent)?);
                rows += 1;
                slots.extend(pass.takes(hash).then(|| Slot::new(extent, hash)));
                Ok(())
            });
            (self.progress)(size / u64::from(pass.count()));
            read.map(|()| (slots, rows))
        });
        let mut all = Vec::new();
        for part in parts {
            let (slots, rows) = part?;
            joined.old_records += if pass.is_first() { rows } else { 0 };
            all.extend(slots);
        }
        let same = |a: Slot, b: Slot| same_key((old, a.extent()), (old, b.extent()));
        let (index, twice) = Index::of(self.pool, all, same);
        match twice.first() {
            Some((first, second)) => Err(duplicate(old, (first.extent(), second.extent()))),
            None => Ok(index),
        }
    }

    fn part_of_new(
        &self,
        (old, new): (&Rows<'_>, &Rows<'_>),
        index: &Index,
        pass: Pass,
        seen: &[AtomicU64],
        range: Range<usize>,
    ) -> Part {
        let mut part = Part::default();
        let alike = old.is_written_as(new);
        let mut next: Ordinal = 0;
        let read = new.each(range, |extent| {
            part.rows += 1;
            let equals = |slot: &Slot| old.bytes(slot.extent()) == new.bytes(extent);
            let expected = index.get(next).filter(|slot| alike && equals(slot));
            // What equals a row that was read is a row.
            let (ordinal, differs) = match expected {
                Some(_) => (next, false),
                None => {
                    let row = new.read(extent)?;
                    let hash = self.hash(new, &row);
                    if !pass.takes(hash) {
                        return Ok(());
                    }
                    let key = new.key(&row);
                    let same = |slot: Slot| key_in(old, slot.extent()).as_ref() == Some(&key);
                    let Some(ordinal) = index.find(hash, same) else {
                        part.only.push(Slot::new(extent, hash));
                        return Ok(());
                    };
                    let partner = index.slots()[ordinal as usize];
                    let equal = alike && equals(&partner);
                    let differs = |other| !new.columns.differing(&other, &row).is_empty();
                    (ordinal, !equal && differs(old.read(partner.extent())?))
                }
            };
            next = ordinal + 1;
            let partner = index.slots()[ordinal as usize].extent();
            let bit = 1 << (ordinal % 64);
            if seen[ordinal as usize / 64].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
                part.twice.push((partner, extent));
            }
            if differs {
                part.changed.push((partner, extent));
            }
            Ok(())
        });
        part.fault = read.err();
        part
    }

    /// Refuses rows of NEW of one key: those that met in one row of OLD, or in none.
    fn refuse_twice(
        &self,
        old: &Rows<'_>,
        new: &Rows<'_>,
        paired: &[(Extent, Extent)],
        only: &[Slot],
    ) -> Result<()> {
        let same = |a, b| same_key((new, a), (new, b));
        let mut twice = twice_alone(only, same);
        // Which of two threads came first is no matter of the file: both are looked for.
        let keys: HashMap<Vec<u8>, Extent> = paired
            .iter()
            .filter_map(|(partner, _)| Some((key_in(old, *partner)?, *partner)))
            .collect();
        let parts = if keys.is_empty() { Vec::new() } else { new.split(self.part) };
        let parts = self.pool.map_ordered(parts, |range| {
            let mut found = Vec::new();
            let read = new.each(range, |extent| {
                let key = key_in(new, extent).unwrap_or_default();
                found.extend(keys.get(&key).map(|partner| (*partner, extent)));
                Ok(())
            });
            read.map(|()| found)
        });
        let mut met: Vec<(Extent, Extent)> = Vec::new();
        for part in parts {
            met.extend(part?);
        }
        met.sort_unstable();
        let groups = met.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        twice.extend(groups.map(|group| (group[0].1, group[1].1)));
        match twice.into_iter().min_by_key(|(_, second)| *second) {
            None => Ok(()),
            Some(twice) => Err(duplicate(new, twice)),
        }
    }
}

/// Whether two rows that can be read have one key.
fn same_key((left, a): (&Rows<'_>, Extent), (right, b): (&Rows<'_>, Extent)) -> bool {
    key_in(left, a).is_some_and(|key| key_in(right, b) == Some(key))
}

fn key_in(rows: &Rows<'_>, extent: Extent) -> Option<Vec<u8>> {
    rows.read(extent).ok().map(|row| rows.key(&row))
}

fn duplicate(rows: &Rows<'_>, (first, second): (Extent, Extent)) -> Error {
    rows.error_in(RowFault::DuplicateKey { first: rows.line(first) }, second)
}
