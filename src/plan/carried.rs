//! Groups that get another name because an entry above them does.
//!
//! A server that keeps `memberOf` beside `member` writes it anew for a group that is renamed, and for none
//! that only follows. Nothing is done about it: to empty each such group and fill it again would be a
//! way, and nobody would want it of a group that counts. What is said of them is the business of
//! `diff`.

use crate::compare::rename::Matched;
use crate::error::Result;
use crate::plan::steps::Assembly;
use crate::source::{Extent, TypeSet};

impl Assembly<'_, '_, '_> {
    /// How many groups follow an entry above them to another name.
    pub(super) fn carried_groups(&self, matched: &Matched) -> Result<u64> {
        let task = self.task;
        if task.server.follows_names() {
            return Ok(0);
        }
        let stay = |extent: &Extent| !self.renamed.contains_key(extent);
        let follow: Vec<Extent> = matched.moved.iter().map(|pair| pair.old).filter(stay).collect();
        let types = TypeSet::of(task.comparison.schema, [&b"member"[..]]);
        let groups = task.each(&follow, |&extent| {
            let mut has_members = false;
            task.old.values(extent, &types, &mut |_| has_members = true)?;
            Ok(has_members && self.names.is_taken_along(&task.old.dn(extent)?))
        })?;
        Ok(groups.into_iter().filter(|&is_one| is_one).count() as u64)
    }
}
