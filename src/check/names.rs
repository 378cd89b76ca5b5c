//! The names of a file: each once, and each below its parent.

use std::collections::HashMap;

use crate::join::RandomState;

use super::record::Named;
use super::{Found, Severity};
use crate::dn::{Dn, plain_parent};
use crate::error::{EntryFault, ErrorKind, Result};
use crate::join::{GrowingIndex, Slot, hash_name, same_name};
use crate::matching::dn_key;
use crate::parallel::Pool;
use crate::source::{Extent, Form, Source};

/// The names that have gone by.
///
/// In a file of changes a name may come again where it was given free since: by a delete or a rename
/// of its own, or by a rename above it. That is asked when a name comes again, which is rare, so that
/// a delete or a rename costs a slot and nothing is looked for below it. Which names a rename gives is
/// left to `apply`, and so is whether an entry is there at all: it may be on the server. In a file of
/// entries a change is a fault and gives nothing free.
pub(super) struct Names<'c> {
    source: &'c Source<'c>,
    state: &'c RandomState,
    index: GrowingIndex,
    /// Whether the file must hold all parents.
    pub(super) complete: bool,
    /// Where each name was last deleted, and where it was last renamed.
    deleted: GrowingIndex,
    renamed: GrowingIndex,
    /// Where a change last may have given any name free: it or its name cannot be read.
    unknown: u64,
    /// Whether the records are changes of what is elsewhere: what is not there may be there.
    edits: bool,
}

impl<'c> Names<'c> {
    pub(super) fn new(source: &'c Source<'c>, state: &'c RandomState, complete: bool) -> Names<'c> {
        let (index, deleted, renamed) =
            (GrowingIndex::default(), GrowingIndex::default(), GrowingIndex::default());
        Names { source, state, index, complete, deleted, renamed, unknown: 0, edits: false }
    }

    /// Takes in what the next record of a file of this form does to the names.
    pub(super) fn record(&mut self, named: Named, form: Form) -> Option<Found> {
        let source = self.source;
        if let Named::Entry(slot) = named {
            let same = |other: Slot| same_name(source, other.extent(), source, slot.extent());
            let first = self.index.insert(slot, same)?;
            if self.is_freed_since(first.extent().start, slot) {
                self.index.put(slot, same);
                return None;
            }
            let line = source.place(first.extent().start, 0).position.line;
            let kind = ErrorKind::DuplicateDn { first: line };
            return Some(Found::fault(kind, slot.extent().start).in_record(slot.extent()));
        }
        if form == Form::Content {
            return None;
        }
        self.edits = true;
        let put = |freed: &mut GrowingIndex, slot: Slot| {
            freed.put(slot, |other| same_name(source, other.extent(), source, slot.extent()));
        };
        match named {
            Named::Deleted(slot) => put(&mut self.deleted, slot),
            Named::Renamed(slot) => put(&mut self.renamed, slot),
            Named::Unknown(extent) => self.unknown = extent.start,
            Named::Entry(_) | Named::Edited => {}
        }
        None
    }

    /// Whether the name of a record was given free behind byte `first`.
    fn is_freed_since(&self, first: u64, slot: Slot) -> bool {
        if self.unknown > first {
            return true;
        }
        let since = |freed: &GrowingIndex, hash, key: &[u8]| {
            let same =
                |other: Slot| self.source.key(other.extent()).is_ok_and(|other| other == key);
            let found = freed.find(hash, same).and_then(|n| freed.get(n));
            found.is_some_and(|slot| slot.extent().start > first)
        };
        if self.deleted.slots().is_empty() && self.renamed.slots().is_empty() {
            return false;
        }
        let Ok(dn) = self.source.dn(slot.extent()) else { return true };
        let own = dn_key(self.source.schema, &dn);
        let above = |dn: &Dn| dn.parent().filter(|parent| !parent.rdns.is_empty());
        since(&self.deleted, slot.hash, &own)
            || since(&self.renamed, slot.hash, &own)
            || !self.renamed.slots().is_empty()
                && std::iter::successors(above(&dn), above).any(|dn| {
                    let hash = hash_name(self.state, self.source.schema, dn.to_string().as_bytes());
                    let key = dn_key(self.source.schema, &dn);
                    hash.is_ok_and(|hash| since(&self.renamed, hash, &key))
                })
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
        let alone = pool.map_ordered(chunks, |slots| self.without_parent(slots));
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
    fn without_parent(&self, slots: &[Slot]) -> Vec<Orphan> {
        let mut found = Vec::new();
        let mut there: &[u8] = b"";
        for slot in slots {
            let plain = self.source.plain_dn(slot.extent()).and_then(plain_parent);
            if plain.is_some_and(|above| above == there) {
                continue;
            }
            // What is wrong with a name that cannot be read has been told.
            let Ok(dn) = self.source.dn(slot.extent()) else { continue };
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
            found.push(Orphan { extent: slot.extent(), is_top });
        }
        found
    }

    fn has(&self, dn: &Dn) -> bool {
        let schema = self.source.schema;
        let Ok(hash) = hash_name(self.state, schema, dn.to_string().as_bytes()) else {
            return false;
        };
        let key = dn_key(schema, dn);
        let same = |slot: Slot| self.source.key(slot.extent()).is_ok_and(|other| other == key);
        self.index.find(hash, same).is_some()
    }
}

/// An entry whose parent is not in the file.
struct Orphan {
    extent: Extent,
    /// Whether nothing above it is.
    is_top: bool,
}
