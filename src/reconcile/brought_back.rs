//! Whether one mapping would bring back what another one makes inactive: then it would be locked and unlocked in turns.

use crate::error::Result;
use crate::mapping::{Inactivate, Toward};
use crate::matching::dn_key;
use crate::reconcile::chosen::Chosen;
use crate::reconcile::edits::edited;
use crate::reconcile::made_row::{owned_row, with};
use crate::reconcile::rows::is_meant;
use crate::reconcile::stage::Stage;
use crate::source::Extent;

impl Stage<'_, '_> {
    /// Whether what `n` makes inactive comes back by `m`, which follows it: `m` undoes something of that, for its own
    /// filter leaves it out then, and takes it for what it has made inactive itself.
    pub(super) fn brings_back(&self, n: usize, m: usize, target: Extent) -> bool {
        let mappings = [n, m].map(|n| self.plan.mappings[n].mapping);
        let [Some(by), Some(other)] =
            mappings.map(|mapping| mapping.inactivate.of(self.task.toward).as_ref())
        else {
            return false;
        };
        let is_moved_back = || {
            let key = |one: &Inactivate| Some(dn_key(self.task.schema, one.move_to.as_ref()?));
            mappings[1].dn.is_some() && key(by).is_some() && key(by) == key(other)
        };
        (shares_a_name(by, other) || is_moved_back())
            && self.is_left_out(n, m, target).unwrap_or(true)
    }

    /// Whether the filters of `m` leave a target out as `n` makes it inactive.
    fn is_left_out(&self, n: usize, m: usize, target: Extent) -> Result<bool> {
        let (task, [by, other]) = (self.task, [n, m].map(|n| &self.plan.mappings[n]));
        match task.toward {
            Toward::Directory => {
                let edits = self.inactivated_entry(n, target)?;
                let entry = edited(task.schema, task.directory.entry(target)?, &edits);
                let chosen = Chosen::new(other);
                let choice = chosen.choice(task.schema);
                Ok(!choice.of_name(&entry.dn).is_meant || !choice.selector.matches(&entry))
            }
            Toward::Database => {
                let row = task.tables[by.table].rows.read(target)?;
                let row = with(owned_row(&row), &self.inactivated_row(by, &row));
                Ok(!is_meant(task, other, &row))
            }
        }
    }
}

/// Whether both set or clear the same.
fn shares_a_name(one: &Inactivate, other: &Inactivate) -> bool {
    let names = |one: &Inactivate| -> Vec<String> {
        let set = one.set.iter().map(|(name, _)| name);
        set.chain(&one.clear).map(|name| name.to_ascii_lowercase()).collect()
    };
    let others = names(other);
    names(one).iter().any(|name| others.contains(name))
}
