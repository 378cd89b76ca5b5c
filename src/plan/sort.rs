//! What happens to each entry: which pairs must be deleted and added again, which only get another
//! spelling of their RDN, and what is no entry at all.

use std::collections::HashSet;

use crate::attribute::CLASSES;
use crate::compare::rename::Matched;
use crate::dn::share_parents;
use crate::entry::Entry;
use crate::error::{ErrorKind, Result, ServerFault};
use crate::join::{Looks, Pair};
use crate::matching::{dn_key, rdn_key};
use crate::plan::build::Task;
use crate::plan::tree::Named;
use crate::schema::{ObjectClass, Structural};
use crate::server::{ClassChange, is_outside_the_tree};
use crate::source::{Extent, Source, TypeSet, read_pair};

/// The class of entries that go by themselves (RFC 2589).
const DYNAMIC: &[u8] = b"dynamicObject";

fn is_dynamic(class: &[u8]) -> bool {
    class.eq_ignore_ascii_case(DYNAMIC)
}

/// What is seen of a pair before the structure is known.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Whether its records are no entries.
    no_entries: (bool, bool),
    respelled: bool,
    /// Whether the names have not even the highest RDN in common: those are entries of two databases.
    elsewhere: bool,
    /// The structural classes, where they differ.
    classes: Option<(Vec<u8>, Vec<u8>)>,
}

/// What was taken out of the pairs under one name.
pub(super) struct Sorted {
    /// Those whose RDN gets another spelling.
    pub(super) respelled: Vec<Pair>,
    /// How many are entries on one side alone: the other has what replication keeps in their place.
    pub(super) halves: u64,
    /// How many entries have another suffix.
    pub(super) crossing: u64,
}

impl Task<'_, '_> {
    /// Takes out of the pairs under one name those that must be deleted and added again, and those
    /// whose RDN only gets another spelling; leaves out what is no entry.
    pub(super) fn sort_out(&self, matched: &mut Matched) -> Result<Sorted> {
        let pairs = std::mem::take(&mut matched.changed);
        let seen = self.each(&pairs, |pair| match pair.looks.hold(Looks::NATURE) {
            true => self.look(pair),
            false => Ok(Seen::default()),
        })?;
        let mut respelled = Vec::new();
        let mut halves = 0;
        for (pair, seen) in pairs.into_iter().zip(seen) {
            if seen.no_entries != (false, false) {
                halves += u64::from(seen.no_entries != (true, true));
                continue;
            }
            if self.is_recreated(&pair, &seen)? {
                matched.old_only.push(pair.old);
                matched.new_only.push(pair.new);
                continue;
            }
            if seen.respelled {
                respelled.push(pair);
            }
            matched.changed.push(pair);
        }
        let respelled = self.without_tops(respelled)?;
        let crossing = self.part_moved(matched)?;
        self.leave_out_no_entries(matched)?;
        matched.old_only.sort_unstable();
        matched.new_only.sort_unstable();
        Ok(Sorted { respelled, halves, crossing })
    }

    /// Those of some pairs that have an entry above them in OLD. What has none may be the suffix of a database,
    /// which no server renames: a value of its name gets another spelling where it stands, by a modify.
    fn without_tops(&self, pairs: Vec<Pair>) -> Result<Vec<Pair>> {
        let above = |pair: &Pair| {
            let parent = self.old.dn(pair.old)?.parent();
            Ok(parent.map(|parent| dn_key(self.comparison.schema, &parent)))
        };
        let above: Vec<Option<Vec<u8>>> = self.each(&pairs, above)?;
        let asked: HashSet<&[u8]> = above.iter().flatten().map(Vec::as_slice).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let there = self.names_of_old(&asked);
        let is_below =
            |above: &Option<Vec<u8>>| above.as_ref().is_some_and(|key| there.contains(key));
        Ok(pairs
            .into_iter()
            .zip(&above)
            .filter(|(_, above)| is_below(above))
            .map(|(pair, _)| pair)
            .collect())
    }

    /// Whether an entry is deleted and added again because its class changes; refused where the
    /// server has no way to do that, and somebody wants it done.
    fn is_recreated(&self, pair: &Pair, seen: &Seen) -> Result<bool> {
        match (&seen.classes, self.server.class_change()) {
            _ if self.crosses(seen) => Ok(true),
            (None, _) | (_, ClassChange::Modified) => Ok(false),
            (Some(_), ClassChange::Recreated) => Ok(true),
            (Some((from, to)), ClassChange::Refused) => {
                if !self.narrowing.lets_modify(pair.old) {
                    return Ok(false);
                }
                let fault = ServerFault::ClassChange { from: from.clone(), to: to.clone() };
                Err(self.new.error_in(ErrorKind::Server(fault), pair.new))
            }
        }
    }

    /// Whether an entry is deleted and added again because it moves to another suffix: no server does that by a
    /// rename (affectsMultipleDSAs, 71).
    fn crosses(&self, seen: &Seen) -> bool {
        seen.elsewhere && self.server.class_change() != ClassChange::Refused
    }

    /// Entries that moved and changed their structural class or suffix are deleted and added too; answers how many
    /// the suffix. What is an entry on one side alone goes or comes: the other is what replication keeps of it.
    fn part_moved(&self, matched: &mut Matched) -> Result<u64> {
        let pairs = std::mem::take(&mut matched.moved);
        let seen = self.each(&pairs, |pair| self.look(pair))?;
        let mut crossing = 0;
        for (pair, seen) in pairs.into_iter().zip(seen) {
            match seen.no_entries {
                (true, true) => {}
                (false, true) => matched.old_only.push(pair.old),
                (true, false) => matched.new_only.push(pair.new),
                (false, false) if self.is_recreated(&pair, &seen)? => {
                    crossing += u64::from(self.crosses(&seen));
                    matched.old_only.push(pair.old);
                    matched.new_only.push(pair.new);
                }
                (false, false) => matched.moved.push(pair),
            }
        }
        Ok(crossing)
    }

    fn leave_out_no_entries(&self, matched: &mut Matched) -> Result<()> {
        for (source, extents) in
            [(self.old, &mut matched.old_only), (self.new, &mut matched.new_only)]
        {
            let names = [CLASSES].into_iter().chain(self.server.tells_deleted());
            let tells = TypeSet::of(source.schema, names);
            let entries = self.each(extents, |&extent| {
                source.part_of_entry(extent, &tells, |entry| Ok(!self.is_no_entry(&entry)))
            })?;
            let mut keep = entries.into_iter();
            extents.retain(|_| keep.next().unwrap_or(true));
        }
        Ok(())
    }

    fn look(&self, pair: &Pair) -> Result<Seen> {
        let schema = self.comparison.schema;
        read_pair((self.old, pair.old), (self.new, pair.new), |old, new| {
            let spelled = (self.comparison.spelled_rdn(old), self.comparison.spelled_rdn(new));
            let respelled = match &spelled {
                (Some(before), Some(after)) => self.comparison.is_respelled(before, after),
                _ => false,
            };
            // What has one RDN is the suffix itself.
            let top = |entry: &Entry<'_>| {
                let top = entry.dn.rdns.get(1..)?.last();
                top.map(|rdn| rdn_key(schema, rdn))
            };
            let elsewhere = old.dn.rdns.last() != new.dn.rdns.last()
                && top(old).zip(top(new)).is_some_and(|(old, new)| old != new);
            Ok(Seen {
                elsewhere,
                no_entries: (self.is_no_entry(old), self.is_no_entry(new)),
                respelled,
                classes: self.other_classes(old, new),
            })
        })
    }

    /// Whether a record is no entry of a tree.
    fn is_no_entry(&self, entry: &Entry<'_>) -> bool {
        let deleted = |d: &[u8], v: &[u8]| self.server.marks_deleted(d, v);
        is_outside_the_tree(entry)
            || entry.attributes.iter().any(|a| a.values.iter().any(|v| deleted(&a.description, v)))
    }

    /// The structural classes where they differ: by the schema, else by what the server says.
    fn other_classes(&self, old: &Entry<'_>, new: &Entry<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
        let schema = self.comparison.schema;
        // RFC 2589 section 6: an entry cannot become dynamic, nor cease to be.
        let dynamic = [old, new].map(|entry| entry.object_classes().any(is_dynamic));
        match dynamic {
            [true, false] => return Some((DYNAMIC.to_vec(), b"a static entry".to_vec())),
            [false, true] => return Some((b"a static entry".to_vec(), DYNAMIC.to_vec())),
            _ => {}
        }
        let by_schema = (
            schema.structural_class(old.object_classes()),
            schema.structural_class(new.object_classes()),
        );
        if let (Structural::Known(a), Structural::Known(b)) = by_schema {
            let name = |class: &ObjectClass| class.names.first().map(|n| n.as_bytes().to_vec());
            return name(a).zip(name(b)).filter(|_| a.oid != b.oid);
        }
        let said = |entry: &Entry<'_>| {
            let named = |d: &[u8]| d.eq_ignore_ascii_case(b"structuralObjectClass");
            let found = entry.attributes.iter().find(|a| named(&a.description))?;
            found.values.first().map(|v| v.to_ascii_lowercase())
        };
        said(old).zip(said(new)).filter(|(a, b)| a != b)
    }

    pub(super) fn named(&self, source: &Source<'_>, extents: &[Extent]) -> Result<Vec<Named>> {
        let mut all = self.each(extents, |&extent| {
            let name = source.dn(extent)?;
            let naming = name.rdn().into_iter().flat_map(|rdn| rdn.avas.iter());
            let names_it = TypeSet::of(source.schema, naming.map(|ava| ava.attribute.as_ref()));
            source.part_of_entry(extent, &names_it, |entry| Ok(self.name(extent, &entry)))
        })?;
        share_parents(all.iter_mut().map(|named| &mut named.dn));
        Ok(all)
    }

    /// Refuses to add an entry of which only the name is known.
    pub(super) fn refuse_bare(&self, extents: &[Extent]) -> Result<()> {
        self.each(extents, |&extent| match self.new.is_bare(extent) {
            true => Err(self.new.error_in(ErrorKind::NameOnly, extent)),
            false => Ok(()),
        })?;
        Ok(())
    }

    pub(super) fn named_pairs(&self, pairs: &[Pair]) -> Result<Vec<(Named, Named)>> {
        let (olds, news): (Vec<Extent>, Vec<Extent>) = pairs.iter().map(|p| (p.old, p.new)).unzip();
        Ok(self.named(self.old, &olds)?.into_iter().zip(self.named(self.new, &news)?).collect())
    }

    fn name(&self, extent: Extent, entry: &Entry<'_>) -> Named {
        let rdn = self.comparison.spelled_rdn(entry).unwrap_or_default();
        let mut dn = entry.dn.clone();
        if let Some(first) = dn.rdns.first_mut() {
            *first = rdn.clone();
        }
        Named { extent, dn, rdn }
    }
}
