//! Which entries are selected, and which of those that differ.
//!
//! Selecting never deletes: pairs are made first. A pair is selected where either version is, what
//! comes where NEW's is, what goes where OLD's is. Only what differs is asked; whole files are
//! read where nothing of it is selected, until the first entry that is.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::compare::rename::Matched;
use crate::diff::{Depth, Scope};
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{Counted, Error, ErrorKind, Result};
use crate::join::{Joined, Pair, Side};
use crate::ldif::scan::split;
use crate::matching::{DnKeys, dn_key};
use crate::parallel::Pool;
use crate::plan::narrow::Narrowing;
use crate::schema::Schema;
use crate::source::{Extent, Source};

/// Says whether an entry is selected.
pub(super) struct Selector<'o> {
    schema: &'o Schema,
    scope: &'o Scope,
    bases: HashSet<Vec<u8>>,
    /// How many RDNs the bases have, each number once.
    depths: Vec<usize>,
    only: Option<HashSet<Vec<u8>>>,
    except: HashSet<Vec<u8>>,
}

impl<'o> Selector<'o> {
    pub(super) fn new(schema: &'o Schema, scope: &'o Scope) -> Selector<'o> {
        let keys = |names: &[Dn]| names.iter().map(|dn| dn_key(schema, dn)).collect();
        let mut depths: Vec<usize> = scope.bases.iter().map(|base| base.rdns.len()).collect();
        depths.sort_unstable();
        depths.dedup();
        Selector {
            schema,
            scope,
            bases: keys(&scope.bases),
            depths,
            only: scope.only_dn.as_deref().map(keys),
            except: keys(&scope.exclude_dn),
        }
    }

    /// Whether every entry is selected.
    pub(super) fn takes_all(&self) -> bool {
        let Scope { filters, excludes, .. } = self.scope;
        filters.is_empty()
            && excludes.is_empty()
            && self.bases.is_empty()
            && self.only.is_none()
            && self.except.is_empty()
    }

    /// Whether this entry is.
    pub(super) fn takes(&self, entry: &Entry<'_>) -> bool {
        let Scope { filters, excludes, .. } = self.scope;
        self.takes_name(&entry.dn)
            && (filters.is_empty() || filters.iter().any(|f| f.matches(self.schema, entry)))
            && !excludes.iter().any(|f| f.matches(self.schema, entry))
    }

    fn takes_name(&self, dn: &Dn) -> bool {
        let key = || dn_key(self.schema, dn);
        (self.bases.is_empty() || self.is_below_base(dn))
            && self.only.as_ref().is_none_or(|only| only.contains(&key()))
            && (self.except.is_empty() || !self.except.contains(&key()))
    }

    fn is_below_base(&self, dn: &Dn) -> bool {
        let keys = DnKeys::new(self.schema, dn);
        self.depths.iter().any(|&depth| {
            let Some(below) = dn.rdns.len().checked_sub(depth) else { return false };
            let reached = match self.scope.depth {
                Depth::Base => below == 0,
                Depth::One => below == 1,
                Depth::Sub => true,
            };
            let base = || keys.iter().nth(below).unwrap_or_default();
            reached && self.bases.contains(base())
        })
    }

    fn takes_record(&self, source: &Source<'_>, extent: Extent) -> Result<bool> {
        Ok(self.takes(&source.entry(extent)?))
    }
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
            let old = self.selector.takes_record(self.old, pair.old)?;
            Ok((old, self.selector.takes_record(self.new, pair.new)?))
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
            self.pool.try_each(extents, |&extent| self.selector.takes_record(source, extent))?;
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
            (true, false) => Err(self.empty(self.count()?, Counted::Selected)),
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
                if self.selector.takes_record(source, cut.extent).unwrap_or(false) {
                    found.store(true, Ordering::Relaxed);
                }
            }
        });
        found.into_inner()
    }

    /// How many records of OLD are selected.
    pub(super) fn count(&self) -> Result<u64> {
        let slots = self.joined.index.slots();
        if self.selector.takes_all() {
            return Ok(slots.len() as u64);
        }
        let asked = self.pool.try_each(slots, |slot| -> Result<bool> {
            Ok(self.selector.takes_record(self.old, slot.extent).unwrap_or(false))
        })?;
        Ok(asked.into_iter().filter(|takes| *takes).count() as u64)
    }
}
