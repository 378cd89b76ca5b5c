//! Values that no two rows may have where the database follows, and who cannot have one: a row keeps it, or two are to
//! get it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::error::{FlowFault, Result};
use crate::join::RandomState;
use crate::parallel::Pool;
use crate::reconcile::Table;
use crate::reconcile::database::{Follower, Round};
use crate::reconcile::ends::AllEnds;
use crate::reconcile::gathered::Change;
use crate::reconcile::refused::{Asker, Who};
use crate::source::Extent;
use crate::table::{Row, Said, Value};
use crate::text::{Escaped, Shortened};

/// Columns of which no two rows may have the same values, and what becomes of these.
struct Taken<'k> {
    key: &'k [usize],
    /// Whether rows are found by it again: then no two that the database makes it for may be found by the same.
    finds: bool,
    /// The numbers of the changes that take values, by the form that equal ones share.
    by: BTreeMap<Vec<u8>, Vec<usize>>,
    /// The rows that give theirs up.
    left: HashSet<Extent>,
    /// The values that are taken, though a row keeps them.
    held: HashSet<Vec<u8>>,
}

/// Who is refused a value: by the change that it was for, and the columns.
type Refused<'k> = BTreeMap<Asker, (usize, &'k [usize])>;

impl Follower<'_, '_, '_> {
    /// Refuses values that two rows would have: of the key that rows are found by, and of all others that are unique.
    pub(super) fn find_conflicts(
        &self,
        (ends, staying): (&AllEnds<'_>, &[HashSet<u32>]),
        round: &mut Round,
    ) -> Result<()> {
        for (table, one) in self.task.tables.iter().enumerate() {
            let keys = self.keys(table);
            if keys.is_empty() {
                continue;
            }
            let all = self.gathered(&round.followed, (ends, staying), (table, &keys))?;
            let (changes, gone) = all.into_changes();
            let mut taken = self.taken(table, &keys, &changes, &gone)?;
            taken.retain(|one| !one.by.is_empty());
            if !taken.is_empty() {
                find_held(self.task.pool, self.task.part, one, &mut taken)?;
            }
            for (asker, (number, key)) in refused(one, &taken, &changes)? {
                let row = changes[number].row(self, table)?;
                let fault = self.fault_of((table, key), asker, &row);
                round.refused.refuse(self.stage, asker, fault);
            }
        }
        Ok(())
    }

    /// What it is for whoever asks that a row cannot have the values of a key.
    fn fault_of(
        &self,
        (table, key): (usize, &[usize]),
        (n, who): Asker,
        row: &Row<'_>,
    ) -> FlowFault {
        let one = &self.task.tables[table];
        let columns = one.rows.columns;
        let is_own = self.stage.plan.mappings[n].table == table;
        let is_query = |at: &usize| row[*at].as_ref().is_some_and(Value::is_query);
        match who {
            Who::Leaver(_) => FlowFault::InactiveHeld { held: shown(one, key, row) },
            Who::Source(_) if is_own && key.iter().any(is_query) => {
                FlowFault::FoundTwice { key: columns.shown(key, row) }
            }
            Who::Source(_) if is_own && key == columns.key => {
                FlowFault::KeyHeld { key: columns.shown(key, row) }
            }
            Who::Source(_) => FlowFault::ValueHeld { held: shown(one, key, row) },
        }
    }

    /// Which changes take which values of keys, and who gives theirs up. What the database makes
    /// nobody takes, but for what finds a row that it makes.
    fn taken<'k>(
        &self,
        table: usize,
        keys: &[&'k [usize]],
        changes: &[Change<'_>],
        gone: &HashSet<Extent>,
    ) -> Result<Vec<Taken<'k>>> {
        let is_main = self.stage.plan.mappings.iter().any(|mapping| mapping.table == table);
        let none = |key: &&'k [usize]| Taken {
            key,
            finds: is_main && *key == self.task.tables[table].rows.columns.key,
            by: BTreeMap::new(),
            left: gone.clone(),
            held: HashSet::new(),
        };
        let mut taken: Vec<Taken<'_>> = keys.iter().map(none).collect();
        for (number, change) in changes.iter().enumerate() {
            let row = change.row(self, table)?;
            for one in taken.iter_mut().filter(|one| change.touches(one.key)) {
                one.take(&self.task.tables[table], number, change.place, &row);
            }
        }
        Ok(taken)
    }
}

/// Who takes what another has or takes; and whoever takes what a row keeps because that is refused, so that a chain of
/// values is refused at once.
fn refused<'k>(
    table: &Table<'_>,
    taken: &[Taken<'k>],
    changes: &[Change<'_>],
) -> Result<Refused<'k>> {
    let mut refused = Refused::new();
    let mut open = Vec::new();
    for one in taken {
        for &number in one.clashes() {
            for asker in changes[number].askers(one.key) {
                refused.entry(asker).or_insert((number, one.key));
            }
            open.push(number);
        }
    }
    while let Some(number) = open.pop() {
        let change = &changes[number];
        let Some(place) = change.place else { continue };
        let old = table.rows.read(place)?;
        let keeps = |key: &[usize]| change.askers(key).all(|asker| refused.contains_key(&asker));
        let kept: Vec<&Taken<'_>> = taken.iter().filter(|one| keeps(one.key)).collect();
        for one in kept {
            let taking = form(table, one.key, &old).and_then(|values| one.by.get(&values));
            for &other in taking.into_iter().flatten().filter(|other| **other != number) {
                for asker in changes[other].askers(one.key) {
                    if let Entry::Vacant(free) = refused.entry(asker) {
                        free.insert((other, one.key));
                        open.push(other);
                    }
                }
            }
        }
    }
    Ok(refused)
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
    let columns = table.rows.columns;
    let folds = |at: &usize| !table.folding(*at).is_none();
    if !key.iter().any(folds) {
        return columns.values(key, row);
    }
    let mut form = Vec::new();
    for at in key {
        let words = match &row[*at] {
            Some(value) if folds(at) => table.form(*at, &value.bytes).into_owned(),
            _ => columns.values(std::slice::from_ref(at), row)?,
        };
        form.extend((words.len() as u64).to_le_bytes());
        form.extend(words);
    }
    Some(form)
}

impl Taken<'_> {
    /// Notes that a change takes the values of a row, and that it gives up those that it had.
    fn take(&mut self, table: &Table<'_>, number: usize, place: Option<Extent>, row: &Row<'_>) {
        self.left.extend(place);
        let is_made = |n: &usize| {
            row[*n]
                .as_ref()
                .is_some_and(|one| one.said == Said::Made && (one.bytes.is_empty() || !self.finds))
        };
        if let (false, Some(values)) = (self.key.iter().any(is_made), form(table, self.key, row)) {
            self.by.entry(values).or_default().push(number);
        }
    }

    /// The changes that take what another row has or takes.
    fn clashes(&self) -> impl Iterator<Item = &usize> {
        let is_clash =
            |(values, all): &(&Vec<u8>, &Vec<_>)| self.held.contains(*values) || all.len() > 1;
        self.by.iter().filter(is_clash).flat_map(|(_, all)| all)
    }
}

/// Finds what of the values that are taken rows keep.
fn find_held(pool: &Pool, part: usize, table: &Table<'_>, taken: &mut [Taken<'_>]) -> Result<()> {
    let rows = &table.rows;
    let looked = &*taken;
    let asked = looked.iter().map(|one| one.by.keys().map(Vec::as_slice).collect());
    let asked: Vec<HashSet<&[u8], RandomState>> = asked.collect();
    // Mostly one column tells.
    let columns: BTreeSet<usize> = looked.iter().flat_map(|one| one.key).copied().collect();
    let only = columns.first().copied().filter(|_| columns.len() == 1);
    let read = |place| match only {
        Some(column) => {
            let mut row = Row::new();
            row.resize_with(rows.columns.names.len(), || None);
            row[column] = rows.cell(place, column)?;
            Ok(row)
        }
        None => rows.read(place),
    };
    let parts = pool.map_ordered(rows.split(part), |part| -> Result<Vec<_>> {
        let mut held = Vec::new();
        rows.each(part, |place| {
            let row: Row<'_> = read(place)?;
            for (n, (one, asked)) in looked.iter().zip(&asked).enumerate() {
                let values = form(table, one.key, &row).filter(|values| asked.contains(&**values));
                let kept = values.filter(|_| !one.left.contains(&place));
                held.extend(kept.map(|values| (n, values)));
            }
            Ok(())
        })?;
        Ok(held)
    });
    for part in parts {
        for (n, values) in part? {
            taken[n].held.insert(values);
        }
    }
    Ok(())
}
