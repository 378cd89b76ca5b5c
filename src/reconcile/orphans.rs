//! Entries that were to go, and cannot: others stay below them.

use std::collections::{HashMap, HashSet};

use crate::dn::plain_parent;
use crate::error::{FlowFault, Result};
use crate::join::Slot;
use crate::mapping::Action;
use crate::matching::dn_key;
use crate::reconcile::directory::{Follower, Round};
use crate::reconcile::names::NewNames;
use crate::reconcile::refused::{Asker, Who};
use crate::source::Extent;

/// An entry that goes.
struct Going {
    asker: Asker,
    place: Extent,
}

impl Follower<'_, '_, '_> {
    /// Refuses to let entries go that others stay below; answers where they stand.
    pub(super) fn find_orphans(
        &self,
        names: &NewNames<'_>,
        staying: &[HashSet<u32>],
        round: &mut Round,
    ) -> Result<HashSet<Extent>> {
        const CHUNK: usize = 4096;
        let going = self.going(staying, round);
        let key = |one: &Going| Ok((self.task.directory.key(one.place)?, one.place));
        let keys: HashMap<Vec<u8>, Extent> = going.iter().map(key).collect::<Result<_>>()?;
        let mut below: HashMap<Extent, u64> = HashMap::new();
        if !keys.is_empty() {
            let slots = self.stage.entries.names.slots().chunks(CHUNK);
            for part in self.task.pool.map_ordered(slots, |part| self.below(part, &keys, names)) {
                part?.into_iter().for_each(|place| *below.entry(place).or_default() += 1);
            }
        }
        // What stays for them stays below others.
        let mut staying: Vec<Extent> = below.keys().copied().collect();
        while let Some(place) = staying.pop() {
            let parent = self.task.directory.dn(place)?.parent();
            let above = parent.and_then(|parent| keys.get(&dn_key(self.task.schema, &parent)));
            let Some(&above) = above else { continue };
            let count = below.entry(above).or_default();
            *count += 1;
            staying.extend((*count == 1).then_some(above));
        }
        for Going { asker, place } in going {
            if let Some(&count) = below.get(&place) {
                round.refused.refuse(self.stage, asker, FlowFault::EntriesBelow { count });
            }
        }
        Ok(below.into_keys().collect())
    }

    /// What goes: by the policy, or because nothing would be left in it.
    fn going(&self, staying: &[HashSet<u32>], round: &Round) -> Vec<Going> {
        let mut going = Vec::new();
        for (mapping, followed) in round.followed.iter().enumerate() {
            let members = &self.stage.entries.members[mapping];
            let empty = followed.iter().filter(|made| made.edits.goes);
            going.extend(empty.filter_map(|made| {
                let place = members.place(made.target?);
                Some(Going { asker: (mapping, Who::Source(made.source)), place })
            }));
            let deleted = self.leaving(mapping, staying);
            let deleted = deleted.filter(|(_, action)| *action == Action::Delete);
            going.extend(deleted.map(|(target, _)| {
                let place = members.place(target);
                Going { asker: (mapping, Who::Leaver(target)), place }
            }));
        }
        going
    }

    /// For each of some entries that stays right below one that goes, where the latter stands.
    ///
    /// Neighbours mostly have one parent: a name that ends like the one before has its answer.
    fn below(
        &self,
        slots: &[Slot],
        going: &HashMap<Vec<u8>, Extent>,
        names: &NewNames<'_>,
    ) -> Result<Vec<Extent>> {
        let (directory, schema) = (self.task.directory, self.task.schema);
        let (mut found, mut childless): (Vec<Extent>, &[u8]) = (Vec::new(), b"");
        for place in slots.iter().map(|slot| slot.extent()) {
            if directory.is_plainly_below(place, childless) {
                continue;
            }
            let dn = directory.dn(place)?;
            let Some(parent) = dn.parent() else { continue };
            let Some(above) = going.get(&dn_key(schema, &parent)) else {
                childless = directory.plain_dn(place).and_then(plain_parent).unwrap_or(childless);
                continue;
            };
            let after = |dn| dn_key(schema, &names.after(dn));
            let parent_after = names.after(dn.clone()).parent().map(|dn| dn_key(schema, &dn));
            let stays = parent_after.is_some_and(|key| key == after(parent));
            let goes = going.get(&dn_key(schema, &dn)) == Some(&place);
            found.extend((stays && !goes).then_some(*above));
        }
        Ok(found)
    }
}
