//! What happens to each entry: which pairs must be deleted and added again, which only get another
//! spelling of their RDN, and what is no entry at all.

use crate::compare::rename::Matched;
use crate::dn::Rdn;
use crate::entry::Entry;
use crate::error::{ErrorKind, Result};
use crate::join::Pair;
use crate::plan::build::Task;
use crate::plan::tree::Named;
use crate::schema::Structural;
use crate::server::is_not_an_entry;
use crate::source::{Extent, Source};

/// What is seen of a pair before the structure is known.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    not_an_entry: bool,
    respelled: bool,
    other_class: bool,
}

impl Task<'_, '_> {
    /// Takes out of the pairs under one name those that must be deleted and added again, and those
    /// whose RDN only gets another spelling; leaves out what is no entry.
    pub(super) fn sort_out(&self, matched: &mut Matched) -> Result<Vec<Pair>> {
        let pairs = std::mem::take(&mut matched.changed);
        let seen = self.each(&pairs, |pair| self.look(pair))?;
        let mut respelled = Vec::new();
        for (pair, seen) in pairs.into_iter().zip(seen) {
            if seen.not_an_entry {
                continue;
            }
            if seen.other_class {
                matched.old_only.push(pair.old);
                matched.new_only.push(pair.new);
                continue;
            }
            if seen.respelled {
                respelled.push(pair);
            }
            matched.changed.push(pair);
        }
        self.part_moved(matched)?;
        self.leave_out_tombstones(matched)?;
        matched.old_only.sort_unstable();
        matched.new_only.sort_unstable();
        Ok(respelled)
    }

    /// Entries that moved and changed their structural class are deleted and added too.
    fn part_moved(&self, matched: &mut Matched) -> Result<()> {
        let pairs = std::mem::take(&mut matched.moved);
        let seen = self.each(&pairs, |pair| self.look(pair))?;
        for (pair, seen) in pairs.into_iter().zip(seen) {
            if seen.other_class {
                matched.old_only.push(pair.old);
                matched.new_only.push(pair.new);
            } else if !seen.not_an_entry {
                matched.moved.push(pair);
            }
        }
        Ok(())
    }

    fn leave_out_tombstones(&self, matched: &mut Matched) -> Result<()> {
        for (source, extents) in
            [(self.old, &mut matched.old_only), (self.new, &mut matched.new_only)]
        {
            let entries = self.each(extents, |&extent| {
                let entry = source.entry(extent)?;
                Ok(!entry.object_classes().any(is_not_an_entry))
            })?;
            let mut keep = entries.into_iter();
            extents.retain(|_| keep.next().unwrap_or(true));
        }
        Ok(())
    }

    fn look(&self, pair: &Pair) -> Result<Seen> {
        let (old, new) = (self.old.entry(pair.old)?, self.new.entry(pair.new)?);
        let spelled = (self.comparison.spelled_rdn(&old), self.comparison.spelled_rdn(&new));
        let respelled = match &spelled {
            (Some(before), Some(after)) => self.comparison.is_respelled(before, after),
            _ => false,
        };
        let either = |e: &Entry<'_>| e.object_classes().any(is_not_an_entry);
        Ok(Seen {
            not_an_entry: either(&old) || either(&new),
            respelled,
            other_class: !self.server.changes_structure() && self.is_other_class(&old, &new),
        })
    }

    /// Whether the structural class differs: by the schema, else by what the server says.
    fn is_other_class(&self, old: &Entry<'_>, new: &Entry<'_>) -> bool {
        let schema = self.comparison.schema;
        let by_schema = (
            schema.structural_class(old.object_classes()),
            schema.structural_class(new.object_classes()),
        );
        if let (Structural::Known(a), Structural::Known(b)) = by_schema {
            return a.oid != b.oid;
        }
        let said = |entry: &Entry<'_>| {
            let named = |d: &[u8]| d.eq_ignore_ascii_case(b"structuralObjectClass");
            let found = entry.attributes.iter().find(|a| named(&a.description))?;
            found.values.first().map(|v| v.to_ascii_lowercase())
        };
        matches!((said(old), said(new)), (Some(a), Some(b)) if a != b)
    }

    pub(super) fn named(&self, source: &Source<'_>, extents: &[Extent]) -> Result<Vec<Named>> {
        self.each(extents, |&extent| {
            let entry = source.entry(extent)?;
            Ok(self.name(extent, &entry))
        })
    }

    /// Refuses to add an entry of which only the name is known.
    pub(super) fn refuse_bare(&self, extents: &[Extent]) -> Result<()> {
        self.each(extents, |&extent| match self.new.entry(extent)?.attributes.is_empty() {
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
        let rdn = self.comparison.spelled_rdn(entry).unwrap_or(Rdn { avas: Vec::new() });
        let mut dn = entry.dn.clone();
        if let Some(first) = dn.rdns.first_mut() {
            *first = rdn.clone();
        }
        Named { extent, dn, rdn }
    }
}
