//! Which entries are selected, and which of those that differ.
//!
//! Selecting never deletes: pairs are made first. A pair is selected where either version is, what
//! comes where NEW's is, what goes where OLD's is. Only what differs is asked; whole files are
//! read where nothing of it is selected, until the first entry that is.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::compare::rename::Matched;
use crate::error::{Counted, Error, ErrorKind, Result};
use crate::join::{Joined, Pair, Side};
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::plan::narrow::Narrowing;
use crate::scope::Selector;
use crate::source::{Extent, Source};

/// Whether the entry of a record is selected.
fn takes_record(selector: &Selector<'_>, source: &Source<'_>, extent: Extent) -> Result<bool> {
    Ok(selector.takes(&source.entry(extent)?))
}

/// Finds what is selected.
pub(super) struct Selecting<'s> {
    pub(super) pool: &'s Pool,
    pub(super) old: &'s Source<'s>,
    pub(super) new: &'s Source<'s>,
    pub(super) joined: &'s Joined,
    pub(super) selector: &'s Selector<'s>,
}

/// Whether something of a side that differs is selected; a pair is on both.
#[derive(Clone, Copy, Default)]
struct Hits {
    old: bool,
    new: bool,
}

impl Selecting<'_> {
    /// Takes what is not selected out of what is to be changed, and refuses to find nothing.
    pub(super) fn narrow(
        &self,
        matched: &Matched,
        narrowing: &mut Narrowing,
        allow_empty: bool,
    ) -> Result<()> {
        if self.selector.takes_all() {
            let (old, new) = (self.joined.old_records, self.joined.sound(Side::New));
            return match (old, new, allow_empty) {
                (1.., 0, false) => Err(self.empty(old, Counted::All)),
                _ => Ok(()),
            };
        }
        let mut hits = Hits::default();
        for pairs in [&matched.changed, &matched.moved] {
            self.pairs(pairs, narrowing, &mut hits)?;
        }
        hits.old |= self.alone(self.old, &matched.old_only, &mut narrowing.old)?;
        hits.new |= self.alone(self.new, &matched.new_only, &mut narrowing.new)?;
        self.refuse_nothing(hits, allow_empty)
    }

    fn pairs(&self, pairs: &[Pair], narrowing: &mut Narrowing, hits: &mut Hits) -> Result<()> {
        let asked = self.pool.try_each(pairs, |pair| -> Result<(bool, bool)> {
            let old = takes_record(self.selector, self.old, pair.old)?;
            Ok((old, takes_record(self.selector, self.new, pair.new)?))
        })?;
        for (pair, (old, new)) in pairs.iter().zip(asked) {
            if old || new {
                *hits = Hits { old: true, new: true };
            } else {
                narrowing.old.insert(pair.old);
                narrowing.new.insert(pair.new);
            }
        }
        Ok(())
    }

    fn alone(
        &self,
        source: &Source<'_>,
        extents: &[Extent],
        outside: &mut HashSet<Extent>,
    ) -> Result<bool> {
        let asked =
            self.pool.try_each(extents, |&extent| takes_record(self.selector, source, extent))?;
        let left = extents.iter().zip(&asked).filter(|(_, takes)| !**takes);
        outside.extend(left.map(|(extent, _)| *extent));
        Ok(asked.into_iter().any(|takes| takes))
    }

    fn refuse_nothing(&self, hits: Hits, allow_empty: bool) -> Result<()> {
        if hits.new || self.is_any_in(self.new) {
            return Ok(());
        }
        match (hits.old || self.is_any_in(self.old), allow_empty) {
            (false, _) => Err(Error::new(ErrorKind::NothingSelected)),
            (true, true) => Ok(()),
            (true, false) => Err(self.empty(self.count(), Counted::Selected)),
        }
    }

    fn empty(&self, entries: u64, of: Counted) -> Error {
        let (new, old) = (self.new.name.to_owned(), self.old.name.to_owned());
        Error::new(ErrorKind::EmptyNew { new, old, entries, of })
    }

    /// Whether anything in a file is selected.
    fn is_any_in(&self, source: &Source<'_>) -> bool {
        let found = AtomicBool::new(false);
        self.pool.map_ordered(split(source.text, 2 << 20), |range| {
            let mut cutter = source.cut(range);
            while let Some(cut) = cutter.next_record(None) {
                if found.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(cut) = cut else { continue };
                if takes_record(self.selector, source, cut.extent).unwrap_or(false) {
                    found.store(true, Ordering::Relaxed);
                }
            }
        });
        found.into_inner()
    }

    /// How many records of OLD are selected.
    pub(super) fn count(&self) -> u64 {
        let olds = &self.joined.olds;
        if self.selector.takes_all() {
            return olds.len() as u64;
        }
        let takes =
            |extent: &&Extent| takes_record(self.selector, self.old, **extent).unwrap_or(false);
        let count = |extents: &[Extent]| extents.iter().filter(takes).count() as u64;
        olds.each_chunk(self.pool, self.old, count).into_iter().sum()
    }
}
