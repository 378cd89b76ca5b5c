//! Values that no two rows may have where the database follows, and who cannot have one: a row keeps it, or two are to
//! get it.

use std::collections::{BTreeMap, HashSet};

use crate::error::{FlowFault, Result};
use crate::mapping::{Action, Toward};
use crate::reconcile::Table;
use crate::reconcile::account::rejected;
use crate::reconcile::database::{Follower, Round};
use crate::reconcile::made_row::Deltas;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::column;
use crate::source::Extent;
use crate::table::{Row, Said};
use crate::text::{Escaped, Shortened};

/// Who takes a value: what follows a source, by its number among those, or a target that becomes inactive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Followed(usize),
    Leaver(u32),
}

/// Columns of which no two rows may have the same values, and what becomes of these.
struct Taken<'k> {
    key: &'k [usize],
    /// Who takes which values, by the form that equal ones share: a mapping, and who of it.
    by: BTreeMap<Vec<u8>, Vec<(usize, Who)>>,
    /// The rows that give theirs up.
    left: HashSet<Extent>,
    /// The values that are taken, though a row keeps them.
    held: HashSet<Vec<u8>>,
}

impl Follower<'_, '_, '_> {
    /// Refuses values that two rows would have: of the key that rows are found by, and of all others that are unique.
    pub(super) fn find_conflicts(&self, staying: &[HashSet<u32>], round: &mut Round) -> Result<()> {
        for (table, one) in self.task.tables.iter().enumerate() {
            let keys = std::iter::once(&one.rows.columns.key).chain(&one.constraints.unique);
            let taken = keys.map(|key| self.taken(round, staying, (table, key)));
            let mut taken = taken.collect::<Result<Vec<Taken<'_>>>>()?;
            taken.retain(|one| !one.by.is_empty());
            if !taken.is_empty() {
                find_held(one, &mut taken)?;
            }
            let mut clashes: BTreeMap<(usize, Who), &[usize]> = BTreeMap::new();
            for one in &taken {
                for who in one.clashes() {
                    clashes.entry(who).or_insert(one.key);
                }
            }
            for ((n, who), key) in clashes {
                self.refuse((n, who), (table, key), round)?;
            }
        }
        Ok(())
    }

    fn refuse(
        &self,
        (n, who): (usize, Who),
        (table, key): (usize, &[usize]),
        round: &mut Round,
    ) -> Result<()> {
        let columns = self.task.tables[table].rows.columns;
        match who {
            Who::Followed(at) => {
                let (source, target, followed) = &round.followed[n][at];
                let place = target.map(|target| self.stage.rows[n].place(target));
                let row = self.new_row(table, place, &followed.deltas)?;
                let fault = match key == columns.key {
                    true => FlowFault::KeyHeld { key: columns.shown(key, &row) },
                    false => {
                        FlowFault::ValueHeld { held: shown(&self.task.tables[table], key, &row) }
                    }
                };
                round.faults[n].push((*source, self.fault(n, *source, fault)));
            }
            Who::Leaver(target) => {
                let mapping = &self.stage.plan.mappings[n];
                let place = self.stage.rows[n].place(target);
                let deltas = self.deltas_of_leaver(mapping, place)?;
                let row = self.new_row(table, Some(place), &deltas)?;
                let held = shown(&self.task.tables[table], key, &row);
                let fault = rejected(&mapping.mapping.name, FlowFault::InactiveHeld { held });
                round.stuck[n].push((target, self.stage.error_of_target(fault, n, place)));
            }
        }
        Ok(())
    }

    /// Who takes which values of a key, and who gives theirs up. What the database makes nobody takes.
    fn taken<'k>(
        &self,
        round: &Round,
        staying: &[HashSet<u32>],
        (table, key): (usize, &'k [usize]),
    ) -> Result<Taken<'k>> {
        let (by, left, held) = (BTreeMap::new(), HashSet::new(), HashSet::new());
        let mut taken = Taken { key, by, left, held };
        let mappings = self.stage.plan.mappings.iter().enumerate();
        for (n, mapping) in mappings.filter(|(_, mapping)| mapping.table == table) {
            let members = &self.stage.rows[n];
            for (at, (_, target, followed)) in round.followed[n].iter().enumerate() {
                let place = target.map(|target| members.place(target));
                if place.is_none() || changes(key, &followed.deltas) {
                    let row = self.new_row(table, place, &followed.deltas)?;
                    taken.take(&self.task.tables[table], (n, Who::Followed(at)), place, &row);
                }
            }
            let may_change = self.may_change_leavers(mapping, key);
            for (target, action) in self.stage.leaving_but(n, &staying[n]) {
                let place = members.place(target);
                if action == Action::Delete {
                    taken.left.insert(place);
                } else if may_change {
                    let deltas = self.deltas_of_leaver(mapping, place)?;
                    if changes(key, &deltas) {
                        let row = self.new_row(table, Some(place), &deltas)?;
                        let who = (n, Who::Leaver(target));
                        taken.take(&self.task.tables[table], who, Some(place), &row);
                    }
                }
            }
        }
        Ok(taken)
    }

    /// Whether becoming inactive may change one of these columns.
    fn may_change_leavers(&self, mapping: &ReadyMapping<'_>, key: &[usize]) -> bool {
        let inactivate = mapping.mapping.inactivate.of(Toward::Database).iter();
        let mut names =
            inactivate.flat_map(|one| one.set.iter().map(|(name, _)| name).chain(&one.clear));
        let columns = self.columns(mapping);
        names.any(|name| column(columns, name).is_some_and(|at| key.contains(&at)))
    }

    /// What changes in a row that becomes inactive.
    fn deltas_of_leaver(&self, mapping: &ReadyMapping<'_>, place: Extent) -> Result<Deltas> {
        let row = self.task.tables[mapping.table].rows.read(place)?;
        Ok(self.inactivated(mapping, &row))
    }
}

fn changes(key: &[usize], deltas: &Deltas) -> bool {
    deltas.iter().any(|(at, _)| key.contains(at))
}

/// The columns of a key, each with its value for a message.
fn shown(table: &Table<'_>, key: &[usize], row: &Row<'_>) -> Vec<(String, String)> {
    const WIDTH: usize = 60;
    let one = |&at: &usize| {
        let value = row[at].as_ref().map_or(&[][..], |value| &value.bytes);
        let name = Escaped(table.rows.columns.names[at].as_bytes()).to_string();
        (name, Shortened(value, WIDTH).to_string())
    };
    key.iter().map(one).collect()
}

/// The values of a key in the form that is the same for all that the database takes for one; `None` where one is NULL.
fn form(table: &Table<'_>, key: &[usize], row: &Row<'_>) -> Option<Vec<u8>> {
    let folds = |at: &usize| table.takes_case_for_one.get(*at).copied().unwrap_or_default();
    let columns = table.rows.columns;
    if !key.iter().any(folds) {
        return columns.values(key, row);
    }
    let mut form = Vec::new();
    for at in key {
        let mut words = columns.values(std::slice::from_ref(at), row)?;
        if folds(at)
            && let Some(value) = &row[*at]
        {
            let text = String::from_utf8_lossy(&value.bytes).to_lowercase();
            words = text.trim_end_matches(' ').as_bytes().to_vec();
        }
        form.extend((words.len() as u64).to_le_bytes());
        form.extend(words);
    }
    Some(form)
}

impl Taken<'_> {
    /// Notes who takes the values of a row, and that it gives up those that it had.
    fn take(&mut self, table: &Table<'_>, who: (usize, Who), place: Option<Extent>, row: &Row<'_>) {
        self.left.extend(place);
        let is_made = |n: &usize| matches!(&row[*n], Some(one) if one.said == Said::Made);
        if let (false, Some(values)) = (self.key.iter().any(is_made), form(table, self.key, row)) {
            self.by.entry(values).or_default().push(who);
        }
    }

    /// Who takes what another has or takes.
    fn clashes(&self) -> impl Iterator<Item = (usize, Who)> {
        let is_clash =
            |(values, all): &(&Vec<u8>, &Vec<_>)| self.held.contains(*values) || all.len() > 1;
        self.by.iter().filter(is_clash).flat_map(|(_, all)| all.iter().copied())
    }
}

/// Finds what of the values that are taken rows keep.
fn find_held(table: &Table<'_>, taken: &mut [Taken<'_>]) -> Result<()> {
    let rows = &table.rows;
    for part in rows.split(usize::MAX) {
        rows.each(part, |place| {
            let row = rows.read(place)?;
            for one in taken.iter_mut().filter(|one| !one.left.contains(&place)) {
                let values = form(table, one.key, &row);
                one.held.extend(values.filter(|values| one.by.contains_key(values)));
            }
            Ok(())
        })?;
    }
    Ok(())
}
