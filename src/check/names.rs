//! The names of a file: each once, and each below its parent.

use std::collections::HashMap;
use std::hash::RandomState;

use super::record::Named;
use super::{Found, Severity};
use crate::dn::{Dn, plain_parent};
use crate::error::{EntryFault, ErrorKind, Result};
use crate::join::{Index, Slot, hash_name, same_name};
use crate::matching::dn_key;
use crate::parallel::Pool;
use crate::source::{Extent, Source};

/// The names that have gone by.
pub(super) struct Names<'c> {
    source: &'c Source<'c>,
    state: &'c RandomState,
    index: Index,
    /// Whether the file must hold all parents.
    complete: bool,
    /// Whether a name was given free: what comes again may be another entry.
    freed: bool,
    /// Whether the records are changes of what is elsewhere: what is not there may be there.
    edits: bool,
}

impl<'c> Names<'c> {
    pub(super) fn new(source: &'c Source<'c>, state: &'c RandomState, complete: bool) -> Names<'c> {
        Names { source, state, index: Index::default(), complete, freed: false, edits: false }
    }

    /// Takes in what the next record does to the names.
    pub(super) fn record(&mut self, named: Named) -> Option<Found> {
        let slot = match named {
            Named::Entry(slot) => slot,
            Named::Freed | Named::Edited => {
                self.freed |= matches!(named, Named::Freed);
                self.edits = true;
                return None;
            }
        };
        let same = |other: Slot| same_name(self.source, other.extent, self.source, slot.extent);
        let first = self.index.insert(slot, same).filter(|_| !self.freed)?;
        let line = self.source.place(first.extent.start, 0).position.line;
        let kind = ErrorKind::DuplicateDn { first: line };
        Some(Found::fault(kind, slot.extent.start).in_record(slot.extent))
    }

    /// The entries whose parent is not in the file, in its order.
    ///
    /// The top of what is exported has no parent there. It is an entry that has nothing above it
    /// in the file, and is the only one of that kind below the highest RDN of its name.
    pub(super) fn orphans(&self, pool: &Pool) -> Result<Vec<Extent>> {
        if self.edits {
            return Ok(Vec::new());
        }
        let chunks: Vec<&[Slot]> = self.index.slots().chunks(4096).collect();
        let work = |slots: &&[Slot]| self.without_parent(slots);
        let alone = pool.try_each(&chunks, work)?;
        let (tops, orphans): (Vec<Orphan>, Vec<Orphan>) =
            alone.into_iter().flatten().partition(|orphan| orphan.is_top);
        let mut by_suffix: HashMap<Vec<u8>, u64> = HashMap::new();
        for top in &tops {
            *by_suffix.entry(self.suffix(top)?).or_default() += 1;
        }
        let mut all: Vec<Extent> = orphans.iter().map(|orphan| orphan.extent).collect();
        for top in &tops {
            if by_suffix.get(&self.suffix(top)?).is_some_and(|count| *count > 1) {
                all.push(top.extent);
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// The highest RDN of a name.
    fn suffix(&self, orphan: &Orphan) -> Result<Vec<u8>> {
        let dn = self.source.dn(orphan.extent)?;
        let rdns = dn.rdns.last().cloned().into_iter().collect();
        Ok(dn_key(self.source.schema, &Dn { rdns }))
    }

    /// An entry whose parent is not in the file.
    pub(super) fn orphan(&self, extent: Extent) -> Result<Found> {
        let severity = if self.complete { Severity::Fault } else { Severity::Warning };
        let parent = self.source.dn(extent)?.parent().unwrap_or_default().to_string();
        let kind = ErrorKind::Entry(EntryFault::NoParent { parent });
        Ok(Found { severity, ..Found::fault(kind, extent.start) }.in_record(extent))
    }

    /// Neighbours mostly have one parent: a name that ends like the one before has its answer.
    fn without_parent(&self, slots: &[Slot]) -> Result<Vec<Orphan>> {
        let mut found = Vec::new();
        let mut there: &[u8] = b"";
        for slot in slots {
            let plain = self.source.plain_dn(slot.extent).and_then(plain_parent);
            if plain.is_some_and(|above| above == there) {
                continue;
            }
            let dn = self.source.dn(slot.extent)?;
            let mut above = dn.parent().filter(|parent| !parent.rdns.is_empty());
            if above.as_ref().is_none_or(|parent| self.has(parent)) {
                there = plain.unwrap_or(there);
                continue;
            }
            let is_top = loop {
                above = above.and_then(|dn| dn.parent()).filter(|parent| !parent.rdns.is_empty());
                match &above {
                    None => break true,
                    Some(dn) if self.has(dn) => break false,
                    Some(_) => {}
                }
            };
            found.push(Orphan { extent: slot.extent, is_top });
        }
        Ok(found)
    }

    fn has(&self, dn: &Dn) -> bool {
        let schema = self.source.schema;
        let Ok(hash) = hash_name(self.state, schema, dn.to_string().as_bytes()) else {
            return false;
        };
        let key = dn_key(schema, dn);
        let same = |slot: Slot| self.source.key(slot.extent).is_ok_and(|other| other == key);
        self.index.find(hash, same).is_some()
    }
}

/// An entry whose parent is not in the file.
struct Orphan {
    extent: Extent,
    /// Whether nothing above it is.
    is_top: bool,
}
