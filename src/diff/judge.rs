//! Whether two records of one name mean the same.

use crate::compare::rename::Identity;
use crate::compare::{Comparison, same_but_ignored};
use crate::entry::Entry;
use crate::error::{ErrorKind, Result};
use crate::join::Verdict;
use crate::plan::Scout;
use crate::source::{Extent, Source, read_pair};

/// Says whether two records of one name mean the same.
pub(super) struct Judge<'j, 's> {
    pub(super) old: &'j Source<'j>,
    pub(super) new: &'j Source<'j>,
    pub(super) comparison: &'j Comparison<'s>,
    pub(super) identity: &'j Identity,
    pub(super) scout: Scout<'j, 's>,
}

impl Judge<'_, '_> {
    /// Says so.
    pub(super) fn verdict(&self, left: Extent, right: Extent) -> Result<Verdict> {
        let plain = self.new.options.rebase.is_none()
            && !self.comparison.selection.operational
            && !self.old.continuations.contains_key(&left.start)
            && !self.new.continuations.contains_key(&right.start);
        let ignored =
            |name: &[u8]| self.comparison.is_server_only(name) && !self.identity.holds(name);
        if plain && same_but_ignored(self.old.bytes(left), self.new.bytes(right), ignored) {
            return Ok(Verdict::SAME);
        }
        read_pair((self.old, left), (self.new, right), |old, new| {
            self.refuse_bare((left, old), (right, new))?;
            let side = |entry| self.comparison.fields_of_pair(entry, [old, new]);
            let deltas = self.comparison.delta(&side(old), &side(new));
            let (agrees, half) = self.identity.held_against(old, new);
            let looks = self.scout.looks(old, new, &deltas);
            Ok(Verdict { content: !deltas.is_empty(), agrees, half, looks })
        })
    }

    /// An entry without attributes is not compared with one that has some: its file was cut, or was
    /// not made for this.
    fn refuse_bare(
        &self,
        (left, old): (Extent, &Entry<'_>),
        (right, new): (Extent, &Entry<'_>),
    ) -> Result<()> {
        match (old.attributes.is_empty(), new.attributes.is_empty()) {
            (true, false) => Err(self.old.error_in(ErrorKind::NameOnly, left)),
            (false, true) => Err(self.new.error_in(ErrorKind::NameOnly, right)),
            _ => Ok(()),
        }
    }
}
