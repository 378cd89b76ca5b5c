//! Groups that get another name because an entry above them does.
//!
//! A server that keeps `memberOf` beside `member` writes it anew for a group that is renamed, and for none
//! that only follows; where it does both, or goes after it followed, the name in between is what counts.
//! So the old one stays. Nothing is done about it: to empty each such group and fill it again would be a
//! way, and nobody would want it of a group that counts. What is said of them is the business of
//! `diff`.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::rename::Matched;
use crate::dn::Dn;
use crate::error::Result;
use crate::plan::order::Target;
use crate::plan::steps::Assembly;
use crate::plan::tree::NodeId;
use crate::source::{Extent, TypeSet};

impl Assembly<'_, '_, '_> {
    /// How many groups follow an entry above them to another name.
    pub(super) fn carried_groups(&self, matched: &Matched) -> Result<u64> {
        let task = self.task;
        if task.server.follows_names() {
            return Ok(0);
        }
        let types = TypeSet::of(task.comparison.schema, [&b"member"[..]]);
        let is_group = |extent: Extent| {
            let mut has_members = false;
            task.old.values(extent, &types, &mut |_| has_members = true)?;
            Ok(has_members)
        };
        let stay = |extent: &Extent| !self.renamed.contains_key(extent);
        let follow: Vec<Extent> = matched.moved.iter().map(|pair| pair.old).filter(stay).collect();
        let mut groups = task.each(&follow, |&extent| {
            Ok(is_group(extent)? && self.names.is_taken_along(&task.old.dn(extent)?))
        })?;
        groups.extend(task.each(&self.carried_nodes(), |&extent| is_group(extent))?);
        Ok(groups.into_iter().filter(|&is_one| is_one).count() as u64)
    }
    /// The records of entries that are moved or go, and that an entry above them takes along before that or
    /// afterwards.
    fn carried_nodes(&self) -> Vec<Extent> {
        let comparison = self.task.comparison;
        let same =
            |one: &Dn, other: &Dn| one == other || comparison.key(one) == comparison.key(other);
        // What each is called by its own moves alone.
        let mut called: BTreeMap<NodeId, Dn> = BTreeMap::new();
        let mut carried = BTreeSet::new();
        for step in self.moves.iter().filter(|step| step.to != Target::Added) {
            let node = &self.tree.nodes[step.node];
            let Some(old) = &node.old else { continue };
            let now = called.get(&step.node).unwrap_or(&old.dn);
            if !same(now, &step.from) {
                carried.insert(old.extent);
            }
            if let Target::Renamed { rdn, superior } = &step.to {
                let above = superior.clone().or_else(|| step.from.parent()).unwrap_or_default();
                called.insert(step.node, above.child(rdn.clone()));
            }
        }
        for (id, dn) in called {
            let node = &self.tree.nodes[id];
            if let (Some(old), Some(new)) = (&node.old, &node.new)
                && !same(&dn, &new.dn)
            {
                carried.insert(old.extent);
            }
        }
        carried.into_iter().collect()
    }
}
