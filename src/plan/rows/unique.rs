//! Unique values that change hands: which rows let go of theirs first, and what they hold meanwhile.
//!
//! A key lets go by NULL in one of its columns, where NULL is not equal to NULL to the database. Where none of
//! them may be NULL, one holds a stand-in: a value that no row has on either side.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::plan::rows::{Meanwhile, TableSides};
use crate::source::{Extent, Rows};
use crate::table::{ColumnType, Constraints, LooseKey, Nulls, Reference, Row, StandIn, Value};

/// A key that no two rows may have alike.
#[derive(Clone, Copy)]
enum Key<'k> {
    /// Of columns.
    Columns(&'k Vec<usize>),
    /// Of more than that.
    Loose(&'k LooseKey<usize>),
}

/// All keys of a table.
fn keys(constraints: &Constraints) -> Vec<Key<'_>> {
    let loose = constraints.loose.iter().map(Key::Loose);
    constraints.unique.iter().map(Key::Columns).chain(loose).collect()
}

/// What a row holds of a key, as others may not hold it.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Held {
    /// This, in the words of the coarsest index there is.
    Form(Vec<u8>),
    /// Something of which nobody here knows what is alike.
    Fog,
    /// Anything.
    Any,
}

/// What the rows that come and change take, by the numbers of keys, and the row that does where that is one alone.
#[derive(Default)]
struct Taken(HashMap<(usize, Held), Option<Extent>>);

impl Taken {
    fn take(&mut self, key: usize, held: Held, by: Option<Extent>) {
        for held in [held, Held::Any] {
            let taker = self.0.entry((key, held)).or_insert(by);
            *taker = taker.filter(|row| Some(*row) == by);
        }
    }

    /// Whether another row than this takes what may be alike. One that only spells its value otherwise is in
    /// nobody's way.
    fn has(&self, key: usize, held: &Held, row: Option<Extent>) -> bool {
        let other = match held {
            Held::Form(_) => Held::Fog,
            Held::Fog | Held::Any => Held::Any,
        };
        [held.clone(), other]
            .into_iter()
            .any(|held| self.0.get(&(key, held)).is_some_and(|by| by.is_none() || *by != row))
    }
}

/// What the rows of a table that stay for others to come between hold meanwhile; `late` are those that go
/// when others have come.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn yielded(stand_ins: &mut StandIns<'_, '_, '_>, late: &[Extent]) -> Result<Meanwhile> {
    let table = stand_ins.table;
    let mut yielded = Meanwhile::default();
    let keys = keys(table.constraints);
    if keys.is_empty() {
        return Ok(yielded);
    }
    let mut taken = Taken::default();
    let mut given: Vec<(Extent, usize, Held)> = Vec::new();
    // What a row holds, and all that it is of, as it is.
    let values = |row: &Row<'_>| -> Vec<Option<(Held, Vec<u8>)>> {
        let one = |key: &Key<'_>| Some((key.held(table.constraints, row)?, key.whole(table, row)));
        keys.iter().map(one).collect()
    };
    for &(before, after) in &table.joined.changed {
        let had = values(&table.old.read(before)?);
        let has = values(&table.new.read(after)?);
        let differs = had.into_iter().zip(has).enumerate().filter(|(_, (had, has))| had != has);
        for (key, (had, has)) in differs {
            given.extend(had.map(|(held, _)| (before, key, held)));
            has.into_iter().for_each(|(held, _)| taken.take(key, held, Some(before)));
        }
    }
    for &row in &table.joined.new_only {
        let held = values(&table.new.read(row)?).into_iter().enumerate();
        held.for_each(|(key, held)| {
            held.into_iter().for_each(|(held, _)| taken.take(key, held, None));
        });
    }
    for &row in late {
        let held = values(&table.old.read(row)?).into_iter().enumerate();
        given.extend(held.filter_map(|(key, held)| Some((row, key, held?.0))));
    }
    for (row, key, held) in given {
        if taken.has(key, &held, Some(row)) {
            stand_ins.let_go_of(&mut yielded, row, keys[key])?;
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
    let mut keys = keys(constraints);
    keys.retain(|key| stand_ins.way_of(*key).is_none());
    let mut stuck = HashSet::new();
    if keys.is_empty() || joined.old_only.is_empty() {
        return Ok(stuck);
    }
    let held = |row: &Row<'_>| -> Vec<(usize, Held)> {
        let all = keys.iter().enumerate();
        all.filter_map(|(n, key)| Some((n, key.held(constraints, row)?))).collect()
    };
    let mut taken = Taken::default();
    for &row in joined.new_only.iter().chain(joined.changed.iter().map(|(_, after)| after)) {
        held(&new.read(row)?).into_iter().for_each(|(key, held)| taken.take(key, held, None));
    }
    for &row in &joined.old_only {
        if held(&old.read(row)?).iter().any(|(key, held)| taken.has(*key, held, None)) {
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
    reference: &Reference,
    values: &HashSet<Vec<u8>>,
    waiting: &mut Meanwhile,
) -> Result<()> {
    let TableSides { new, joined, .. } = *stand_ins.table;
    for &row in &joined.new_only {
        let found = reference.led(new.columns, &new.read(row)?);
        if found.is_some_and(|found| values.contains(&found)) {
            stand_ins.let_go(waiting, row, &reference.referred)?;
        }
    }
    Ok(())
}

impl Key<'_> {
    /// What a row holds of it; `None` where it may stand twice.
    fn held(self, constraints: &Constraints, row: &Row<'_>) -> Option<Held> {
        let (may_stand_twice, told, starts): (_, &[usize], &[_]) = match self {
            Key::Columns(key) => (constraints.may_stand_twice(key, row), key, &[]),
            Key::Loose(key) => {
                let is_free = key.lets_go && constraints.nulls == Nulls::Distinct;
                let has_null = key.columns.iter().any(|&n| row[n].is_none());
                (is_free && has_null, &key.told, &key.starts)
            }
        };
        if may_stand_twice {
            return None;
        }
        let starts = starts.iter().map(|&(n, most)| (n, most, true));
        let parts = told.iter().map(|&n| (n, usize::MAX, false)).chain(starts);
        let mut form = Vec::new();
        for (n, most, is_start) in parts {
            let value = row[n].as_ref();
            let folds =
                is_start || constraints.foldings.get(n).is_some_and(|one| one.folds_letters());
            if folds && value.is_some_and(|value| !value.bytes.is_ascii()) {
                return Some(Held::Fog);
            }
            let value = value.map(|value| alike(&value.bytes[..value.bytes.len().min(most)]));
            form.extend(value.as_ref().map_or(u64::MAX, |value| value.len() as u64).to_le_bytes());
            form.extend(value.unwrap_or_default());
        }
        Some(Held::Form(form))
    }

    /// All that it is of, in the words that equal values share.
    fn whole(self, table: &TableSides<'_, '_>, row: &Row<'_>) -> Vec<u8> {
        let (columns, decides): (&[usize], &[usize]) = match self {
            Key::Columns(key) => (key, &[]),
            Key::Loose(key) => (&key.columns, &key.decides),
        };
        let mut whole = Vec::new();
        for &n in columns.iter().chain(decides) {
            let value = table.old.columns.values(&[n], row);
            whole.push(u8::from(value.is_some()));
            whole.extend(value.unwrap_or_default());
        }
        whole
    }
}

fn alike(value: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(value).trim_end().to_lowercase().into_bytes()
}

/// How a key lets go of its values.
#[derive(Clone, Copy)]
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
    /// Whether some row may not have let go of what it holds: nobody here knows what is alike, or nothing stands in.
    pub(super) is_doubtful: bool,
    /// For a column the values that are taken, and the number of the last one that was given.
    of: HashMap<usize, (HashSet<Vec<u8>>, u64)>,
}

impl<'t, 's, 'i> StandIns<'t, 's, 'i> {
    /// None given yet of table number `n`.
    pub(super) fn new(n: usize, tables: &'t [TableSides<'s, 'i>]) -> StandIns<'t, 's, 'i> {
        let all = tables.iter().flat_map(|table| &table.constraints.references);
        let bound = all.filter(|one| one.table == n && one.loose.is_empty());
        let referred = bound.flat_map(|one| &one.referred).copied().collect();
        StandIns { table: &tables[n], referred, is_doubtful: false, of: HashMap::new() }
    }

    /// Has a row let go of a key of columns, where that is possible.
    fn let_go(&mut self, yielded: &mut Meanwhile, row: Extent, key: &[usize]) -> Result<()> {
        let way = self.way(key);
        self.go(yielded, row, key, way)
    }

    /// Has a row let go of a key of these columns in this way.
    fn go(
        &mut self,
        yielded: &mut Meanwhile,
        row: Extent,
        key: &[usize],
        way: Option<Way>,
    ) -> Result<()> {
        let cells = yielded.entry(row).or_default();
        if key.iter().any(|n| cells.iter().any(|(column, _)| column == n)) {
            return Ok(());
        }
        match way {
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

    fn let_go_of(&mut self, yielded: &mut Meanwhile, row: Extent, key: Key<'_>) -> Result<()> {
        let way = self.way_of(key);
        let columns = match key {
            Key::Columns(key) => key,
            Key::Loose(key) => &key.columns,
        };
        self.is_doubtful |= match (key, &way) {
            (Key::Loose(key), Some(Way::StandIn(n))) => {
                !key.told.contains(n) && !key.starts.iter().any(|(start, _)| start == n)
            }
            (Key::Loose(_), None) => true,
            (Key::Loose(_), Some(Way::Null(_))) | (Key::Columns(_), _) => false,
        };
        self.go(yielded, row, columns, way)
    }

    fn way_of(&self, key: Key<'_>) -> Option<Way> {
        match key {
            Key::Columns(key) => self.way(key),
            Key::Loose(key) => {
                let lets_go = key.lets_go && self.table.constraints.nulls == Nulls::Distinct;
                self.way_by(&key.columns, lets_go)
            }
        }
    }

    /// How rows let go of a key of columns; `None` where they cannot.
    fn way(&self, key: &[usize]) -> Option<Way> {
        let lets_go = match self.table.constraints.nulls_of(key) {
            Nulls::Distinct => true,
            Nulls::AlikeInPart => key.len() == 1,
            Nulls::Alike => false,
        };
        self.way_by(key, lets_go)
    }

    /// The same of one of which NULL lets go, or not.
    fn way_by(&self, key: &[usize], lets_go: bool) -> Option<Way> {
        let constraints = self.table.constraints;
        let mut nullable = key.iter().filter(|&&n| lets_go && constraints.is_nullable[n]);
        let any = nullable.clone().next();
        // Another key of it may hold NULL once.
        let once = |n: &usize| constraints.with_null.iter().any(|key| key.contains(n));
        if let Some(&column) = nullable.find(|n| !self.referred.contains(n) && !once(n)) {
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

    /// A value of a column that no row has, nor begins so where so many characters count; `None` where all are taken.
    fn next(&mut self, column: usize) -> Result<Option<Vec<u8>>> {
        let Some(kind) = self.kind(column) else { return Ok(None) };
        let starts = self.table.constraints.loose.iter().flat_map(|key| &key.starts);
        let starts = starts.filter(|(n, _)| *n == column).map(|(_, most)| *most);
        let starts: Vec<usize> = starts.collect();
        let kind = starts.iter().min().map_or(kind, |&most| kind.within(most));
        let (taken, last) = match self.of.entry(column) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let mut taken = HashSet::new();
                held(self.table.old, column, &starts, &mut taken)?;
                held(self.table.new, column, &starts, &mut taken)?;
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

/// Takes in the values of a column, in the words that equal values share, and their beginnings of these lengths.
fn held(
    rows: &Rows<'_>,
    column: usize,
    starts: &[usize],
    taken: &mut HashSet<Vec<u8>>,
) -> Result<()> {
    let kind = rows.columns.types[column].unwrap_or(ColumnType::Text);
    for part in rows.split(usize::MAX) {
        rows.each(part, |extent| {
            let row = rows.read(extent)?;
            let Some(value) = row[column].as_ref() else { return Ok(()) };
            let value = kind.canonical(&value.bytes);
            let starts = starts.iter().map(|&most| alike(&value[..value.len().min(most)]));
            taken.extend(starts.chain([alike(&value)]));
            Ok(())
        })?;
    }
    Ok(())
}
