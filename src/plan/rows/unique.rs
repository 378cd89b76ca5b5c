//! Unique values that change hands: which rows let go of theirs first, and what they hold meanwhile.
//!
//! A key lets go by NULL in one of its columns, where NULL is not equal to NULL to the database. Where none of
//! them may be NULL, one holds a stand-in: a value that no row has on either side.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::plan::rows::{Meanwhile, TableSides};
use crate::source::{Extent, Rows};
use crate::table::{ColumnType, Constraints, Nulls, Row, StandIn, Value};

/// The number of a key, and values of its columns.
type Held = (usize, Vec<u8>);

/// What the rows of a table that stay for others to come between hold meanwhile; `late` are those that go
/// when others have come.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn yielded(stand_ins: &mut StandIns<'_, '_, '_>, late: &[Extent]) -> Result<Meanwhile> {
    let table = stand_ins.table;
    let mut yielded = Meanwhile::default();
    if table.constraints.unique.is_empty() {
        return Ok(yielded);
    }
    // Which row takes a value, where that is one alone.
    let mut taken: HashMap<Held, Option<Extent>> = HashMap::new();
    let mut given: Vec<(Extent, Held)> = Vec::new();
    // What a row holds as others may not hold it, and as it is.
    let values = |row: &Row<'_>| -> Vec<(Held, Option<Vec<u8>>)> {
        let keys = table.constraints.unique.iter().enumerate();
        let held = keys.filter_map(|(n, key)| {
            Some(((n, coarse(key, table.constraints, row)?), table.old.columns.values(key, row)))
        });
        held.collect()
    };
    for &(before, after) in &table.joined.changed {
        let had = values(&table.old.read(before)?);
        let has = values(&table.new.read(after)?);
        let goes = had.iter().filter(|one| !has.contains(one));
        given.extend(goes.map(|(held, _)| (before, held.clone())));
        for (held, _) in has.into_iter().filter(|one| !had.contains(one)) {
            let by = taken.entry(held).or_insert(Some(before));
            *by = by.filter(|row| *row == before);
        }
    }
    for &row in &table.joined.new_only {
        taken.extend(values(&table.new.read(row)?).into_iter().map(|(held, _)| (held, None)));
    }
    for &row in late {
        given.extend(values(&table.old.read(row)?).into_iter().map(|(held, _)| (row, held)));
    }
    for (row, held) in given {
        // A row that only spells its value otherwise is in nobody's way.
        if taken.get(&held).is_some_and(|by| *by != Some(row)) {
            stand_ins.let_go(&mut yielded, row, &table.constraints.unique[held.0])?;
        }
    }
    Ok(yielded)
}

/// The rows that go with values which other rows take, and cannot let go of them before.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn stuck(stand_ins: &StandIns<'_, '_, '_>) -> Result<HashSet<Extent>> {
    let &TableSides { old, new, joined, constraints } = stand_ins.table;
    let keys: Vec<&Vec<usize>> =
        constraints.unique.iter().filter(|key| stand_ins.way(key).is_none()).collect();
    let mut stuck = HashSet::new();
    if keys.is_empty() || joined.old_only.is_empty() {
        return Ok(stuck);
    }
    let values = |row: &Row<'_>| -> Vec<Held> {
        let held = |(n, key): (usize, &&Vec<usize>)| Some((n, coarse(key, constraints, row)?));
        keys.iter().enumerate().filter_map(held).collect()
    };
    let mut taken: HashSet<Held> = HashSet::new();
    for &row in joined.new_only.iter().chain(joined.changed.iter().map(|(_, after)| after)) {
        taken.extend(values(&new.read(row)?));
    }
    for &row in &joined.old_only {
        if values(&old.read(row)?).iter().any(|held| taken.contains(held)) {
            stuck.insert(row);
        }
    }
    Ok(stuck)
}

/// Has rows that come with these values of a key hold something else until all are there: rows that stay
/// refer to them already, and what undoes it must not take a row away from under them.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn arriving(
    stand_ins: &mut StandIns<'_, '_, '_>,
    key: &[usize],
    values: &HashSet<Vec<u8>>,
    waiting: &mut Meanwhile,
) -> Result<()> {
    let TableSides { new, joined, .. } = *stand_ins.table;
    for &row in &joined.new_only {
        if new.columns.values(key, &new.read(row)?).is_some_and(|found| values.contains(&found)) {
            stand_ins.let_go(waiting, row, key)?;
        }
    }
    Ok(())
}

/// The values of a key as the coarsest index there is may see them; `None` where it may stand twice.
fn coarse(key: &[usize], constraints: &Constraints, row: &Row<'_>) -> Option<Vec<u8>> {
    let held = key.iter().filter(|&&n| row[n].is_some()).count();
    let may_stand_twice = match constraints.nulls_of(key) {
        Nulls::Distinct => held < key.len(),
        Nulls::AlikeInPart => held == 0,
        Nulls::Alike => false,
    };
    let mut all = Vec::new();
    for &n in key {
        let value = row[n].as_ref().map(|value| alike(&value.bytes));
        all.extend(value.as_ref().map_or(u64::MAX, |value| value.len() as u64).to_le_bytes());
        all.extend(value.unwrap_or_default());
    }
    (!may_stand_twice).then_some(all)
}

fn alike(value: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(value).trim_end().to_lowercase().into_bytes()
}

/// How a key lets go of its values.
enum Way {
    /// By NULL in this column, and where else it has to be.
    Null(usize),
    /// By what no row has there.
    StandIn(usize),
}

/// Values that no row has.
pub(super) struct StandIns<'t, 's, 'i> {
    table: &'t TableSides<'s, 'i>,
    /// Columns that rows refer to which must refer to something: NULL is nothing.
    referred: HashSet<usize>,
    /// For a column the values that are taken, and the number of the last one that was given.
    of: HashMap<usize, (HashSet<Vec<u8>>, u64)>,
}

impl<'t, 's, 'i> StandIns<'t, 's, 'i> {
    /// None given yet of table number `n`.
    pub(super) fn new(n: usize, tables: &'t [TableSides<'s, 'i>]) -> StandIns<'t, 's, 'i> {
        let all = tables.iter().flat_map(|table| &table.constraints.references);
        let bound = all.filter(|one| one.table == n && one.loose.is_empty());
        let referred = bound.flat_map(|one| &one.referred).copied().collect();
        StandIns { table: &tables[n], referred, of: HashMap::new() }
    }

    /// Has a row let go of a key, where that is possible.
    fn let_go(&mut self, yielded: &mut Meanwhile, row: Extent, key: &[usize]) -> Result<()> {
        let cells = yielded.entry(row).or_default();
        if key.iter().any(|n| cells.iter().any(|(column, _)| column == n)) {
            return Ok(());
        }
        match self.way(key) {
            Some(Way::Null(column)) => {
                let along = self.table.constraints.along(vec![column]);
                cells.extend(along.into_iter().map(|n| (n, None)));
            }
            Some(Way::StandIn(column)) => {
                let stand_in = self.next(column)?;
                cells.extend(stand_in.map(|value| (column, Some(Value::plain(value)))));
            }
            None => {}
        }
        if cells.is_empty() {
            yielded.remove(&row);
        }
        Ok(())
    }

    /// How rows let go of a key; `None` where they cannot.
    fn way(&self, key: &[usize]) -> Option<Way> {
        let constraints = self.table.constraints;
        let lets_go = match constraints.nulls_of(key) {
            Nulls::Distinct => true,
            Nulls::AlikeInPart => key.len() == 1,
            Nulls::Alike => false,
        };
        let mut nullable = key.iter().filter(|&&n| lets_go && constraints.is_nullable[n]);
        let any = nullable.clone().next();
        if let Some(&column) = nullable.find(|n| !self.referred.contains(n)) {
            return Some(Way::Null(column));
        }
        // What rows are found by stays, unless it is that which changes hands.
        let found_by = &self.table.old.columns.key;
        let bound = |n: &usize| {
            let mut references = constraints.references.iter();
            (found_by.contains(n) && found_by != key)
                || references.any(|one| one.columns.contains(n))
        };
        let free = key.iter().find(|n| !bound(n) && self.kind(**n).is_some());
        // A reference that is looked at late may not mind NULL.
        free.map(|&column| Way::StandIn(column)).or(any.map(|&column| Way::Null(column)))
    }

    /// What stands in for the values of a column.
    fn kind(&self, column: usize) -> Option<StandIn> {
        self.table.constraints.stand_ins.get(column).copied().flatten()
    }

    /// A value of a column that no row has; `None` where all are taken.
    fn next(&mut self, column: usize) -> Result<Option<Vec<u8>>> {
        let Some(kind) = self.kind(column) else { return Ok(None) };
        let (taken, last) = match self.of.entry(column) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let mut taken = HashSet::new();
                held(self.table.old, column, &mut taken)?;
                held(self.table.new, column, &mut taken)?;
                new.insert((taken, 0))
            }
        };
        loop {
            *last += 1;
            let Some(value) = kind.number(*last) else { return Ok(None) };
            if taken.insert(alike(&value)) {
                return Ok(Some(value));
            }
        }
    }
}

/// Takes in the values of a column, in the words that equal values share.
fn held(rows: &Rows<'_>, column: usize, taken: &mut HashSet<Vec<u8>>) -> Result<()> {
    let kind = rows.columns.types[column].unwrap_or(ColumnType::Text);
    for part in rows.split(usize::MAX) {
        rows.each(part, |extent| {
            let row = rows.read(extent)?;
            taken.extend(row[column].as_ref().map(|value| alike(&kind.canonical(&value.bytes))));
            Ok(())
        })?;
    }
    Ok(())
}
