//! The rows that go: children before their parents; and the references that are let go before.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::plan::rows::references::{Chosen, Referred, RowNumber, is_free, stands_alone};
use crate::plan::rows::{Meanwhile, Order, Pairs, TableSides, meanwhile, nulls, owned};
use crate::source::{Extent, Rows};
use crate::table::{Cell, Reference, Row};

/// The rows that go, for each table children first.
pub(super) struct Go {
    /// Before anything else.
    pub(super) early: Vec<Vec<Extent>>,
    /// When the rows that refer to them refer to others.
    pub(super) late: Vec<Vec<Extent>>,
    pub(super) released: Vec<Meanwhile>,
}

pub(super) fn go(tables: &[TableSides<'_, '_>], order: &Order) -> Result<Go> {
    let chosen = tables.iter().map(|table| (table.old, table.joined.old_only.as_slice()));
    let chosen: Vec<Chosen<'_, '_>> = chosen.collect();
    let referred = Referred::new(tables, &chosen)?;
    let mut go = Go {
        early: vec![Vec::new(); tables.len()],
        late: vec![Vec::new(); tables.len()],
        released: Vec::new(),
    };
    let mut is_late: Vec<Vec<bool>> =
        chosen.iter().map(|(_, rows)| vec![false; rows.len()]).collect();
    for (n, table) in tables.iter().enumerate().filter(|(n, _)| referred.is_referred_by(*n)) {
        for &(before, _) in &table.joined.changed {
            for (table, row) in referred.parents_of(n, &table.old.read(before)?) {
                is_late[table][row] = true;
            }
        }
    }
    stay_referred(tables, &referred, &mut is_late)?;
    let mut released = vec![Meanwhile::new(); tables.len()];
    for &n in &order.children_first {
        let (constraints, rows) = (tables[n].constraints, chosen[n].1);
        let mut sorted = referred.parents_first(n, rows.len());
        sorted.order.reverse();
        let waits = |me: RowNumber, parent: RowNumber| {
            me == parent || order.places[parent.0] > order.places[me.0]
        };
        let waits = sorted.cut.iter().copied().chain(referred.referring(n, waits));
        let is_loose =
            |(_, reference): &(usize, usize)| !constraints.references[*reference].loose.is_empty();
        let cut: HashSet<(usize, usize)> = waits.filter(is_loose).collect();
        // A child that waits has its parents wait, but for those it no longer refers to then.
        for &row in &sorted.order {
            let references = 0..constraints.references.len();
            let kept = |one: &usize| is_late[n][row] && !cut.contains(&(row, *one));
            for reference in references.filter(kept).collect::<Vec<usize>>() {
                if let Some((table, row)) = referred.parent((n, row), reference) {
                    is_late[table][row] = true;
                }
            }
        }
        released[n] = nulls(cut.into_iter(), rows, constraints);
        let (late, early) = sorted.order.iter().partition::<Vec<usize>, _>(|&&row| is_late[n][row]);
        let extents = |which: Vec<usize>| which.into_iter().map(|row| rows[row]).collect();
        (go.early[n], go.late[n]) = (extents(early), extents(late));
    }
    Ok(Go { released, ..go })
}

/// Has rows go late that rows which stay go on referring to, until others have what they are referred to by: a
/// database would take the rows that stay along, where it is told to.
fn stay_referred(
    tables: &[TableSides<'_, '_>],
    referred: &Referred<'_>,
    is_late: &mut [Vec<bool>],
) -> Result<()> {
    for (n, TableSides { old, joined, constraints, .. }) in tables.iter().enumerate() {
        let going: HashSet<Extent> = joined.old_only.iter().copied().collect();
        for (number, reference) in constraints.references.iter().enumerate() {
            if !reference.loose.is_empty() || gone(reference, tables)?.is_empty() {
                continue;
            }
            each_but(old, &going, |row| {
                if let Some(parent) = referred.led(n, number, &old.read(row)?) {
                    is_late[reference.table][parent] = true;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Does something with each row but some.
fn each_but(
    rows: &Rows<'_>,
    some: &HashSet<Extent>,
    mut work: impl FnMut(Extent) -> Result<()>,
) -> Result<()> {
    for part in rows.split(usize::MAX) {
        rows.each(part, |row| if some.contains(&row) { Ok(()) } else { work(row) })?;
    }
    Ok(())
}

/// The references that rows of a table let go of before what they refer to by is changed or let go.
#[derive(Default)]
pub(super) struct Leaving {
    pub(super) released: Meanwhile,
    /// Those of the rows that stay as they are: others have what they refer to by then.
    pub(super) restored: Vec<Extent>,
    /// What the database puts into rows that follow.
    pub(super) followed: Meanwhile,
    /// What rows refer to that can let go of nothing.
    pub(super) bound: Vec<Bound>,
}

/// What rows hold on to while it passes from one row to another.
pub(super) struct Bound {
    pub(super) reference: Reference,
    pub(super) values: HashSet<Vec<u8>>,
}

/// What rows of a table let go of, those that change or go late and those that stay.
pub(super) fn leaving(
    (n, late): (usize, &[Extent]),
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<Leaving> {
    let mut leaving = Leaving::default();
    for reference in &tables[n].constraints.references {
        let after = after(reference, tables, yielded, moved)?;
        let lost = Lost { after, gone: gone(reference, tables)? };
        if lost.after.is_empty() && lost.gone.is_empty() {
            continue;
        }
        match reference.loose.is_empty() {
            true => leaving.lead_on((n, late), reference, tables, &lost)?,
            false => leaving.let_go((&tables[n], late), reference, &lost)?,
        }
    }
    leaving.restored.sort_unstable();
    leaving.restored.dedup();
    Ok(leaving)
}

/// What a reference may lead to no longer.
struct Lost {
    /// What rows that stay give up, and what they have behind it.
    after: HashMap<Vec<u8>, Vec<Cell<'static>>>,
    /// What rows that go had.
    gone: HashSet<Vec<u8>>,
}

impl Leaving {
    /// A reference that may be NULL is.
    fn let_go(
        &mut self,
        (table, late): (&TableSides<'_, '_>, &[Extent]),
        reference: &Reference,
        lost: &Lost,
    ) -> Result<()> {
        let TableSides { old, joined, .. } = *table;
        let values = |row| -> Result<Option<Vec<u8>>> {
            Ok(old.columns.values(&reference.columns, &old.read(row)?))
        };
        let changing = joined.changed.iter().map(|pair| pair.0).chain(late.iter().copied());
        for row in changing.filter(|_| !lost.after.is_empty()) {
            if values(row)?.is_some_and(|values| lost.after.contains_key(&values)) {
                release(&mut self.released, row, reference);
            }
        }
        let changing = joined.changed.iter().map(|pair| pair.0).chain(joined.old_only.clone());
        each_but(old, &changing.collect(), |row| {
            let is_lost = |values| lost.after.contains_key(&values) || lost.gone.contains(&values);
            if values(row)?.is_some_and(is_lost) {
                release(&mut self.released, row, reference);
                self.restored.push(row);
            }
            Ok(())
        })
    }

    /// One that may not leads on at once, where what it leads to then is there and stays.
    fn lead_on(
        &mut self,
        (n, late): (usize, &[Extent]),
        reference: &Reference,
        tables: &[TableSides<'_, '_>],
        lost: &Lost,
    ) -> Result<()> {
        let TableSides { old, new, joined, .. } = tables[n];
        let of = |rows: &Rows<'_>, row| -> Result<Option<Vec<u8>>> {
            Ok(rows.columns.values(&reference.columns, &rows.read(row)?))
        };
        let is_lost =
            |values: &Vec<u8>| lost.after.contains_key(values) || lost.gone.contains(values);
        let mut ways = Vec::new();
        let is_free = is_free((n, reference), tables);
        for &(before, after) in joined.changed.iter().filter(|_| is_free) {
            let (from, to) = (of(old, before)?, of(new, after)?);
            let is_left = from.as_ref().is_some_and(|from| lost.after.contains_key(from));
            ways.extend(to.filter(|to| is_left && !is_lost(to)).map(|to| (before, after, to)));
        }
        let there = there(tables[reference.table].old, &reference.referred, &ways)?;
        let waits: HashSet<Extent> = late.iter().copied().collect();
        let early = joined.old_only.iter().copied().filter(|row| !waits.contains(row));
        let mut free: HashSet<Extent> = early.collect();
        for (before, after, to) in ways {
            if there.contains(&to) {
                let row = new.read(after)?;
                let cells = reference.columns.iter().map(|&n| (n, owned(&row[n])));
                self.released.entry(before).or_default().extend(cells);
                free.insert(before);
            }
        }
        let changing = joined.changed.iter().map(|pair| pair.0).chain(late.iter().copied());
        let changing: HashSet<Extent> = changing.collect();
        let follows = reference.follows && stands_alone((n, reference), tables);
        let mut values = HashSet::new();
        each_but(old, &free, |row| {
            let Some(held) = of(old, row)?.filter(is_lost) else { return Ok(()) };
            match lost.after.get(&held).filter(|_| follows) {
                Some(cells) => {
                    let cells = reference.columns.iter().copied().zip(cells.iter().cloned());
                    self.followed.entry(row).or_default().extend(cells);
                    self.restored.extend((!changing.contains(&row)).then_some(row));
                }
                None => {
                    values.insert(held);
                }
            }
            Ok(())
        })?;
        self.bound.push(Bound { reference: reference.clone(), values });
        Ok(())
    }
}

/// Which of the values that rows come to refer to rows of OLD have.
fn there(
    rows: &Rows<'_>,
    columns: &[usize],
    ways: &[(Extent, Extent, Vec<u8>)],
) -> Result<HashSet<Vec<u8>>> {
    let asked: HashSet<&Vec<u8>> = ways.iter().map(|(_, _, to)| to).collect();
    let mut there = HashSet::new();
    if asked.is_empty() {
        return Ok(there);
    }
    each_but(rows, &HashSet::new(), |row| {
        let values = rows.columns.values(columns, &rows.read(row)?);
        there.extend(values.filter(|values| asked.contains(values)));
        Ok(())
    })?;
    Ok(there)
}

fn release(released: &mut Meanwhile, row: Extent, reference: &Reference) {
    released.entry(row).or_default().extend(reference.loose.iter().map(|&n| (n, None)));
}

/// What rows that stay are referred to by, and give up before others change; and what they have behind that.
fn after(
    reference: &Reference,
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<HashMap<Vec<u8>, Vec<Cell<'static>>>> {
    let TableSides { old, new, .. } = tables[reference.table];
    let cells = |row: &Row<'_>| reference.referred.iter().map(|&n| owned(&row[n])).collect();
    let mut all: HashMap<Vec<u8>, Vec<Cell<'static>>> = HashMap::new();
    let mut take = |before: Row<'_>, after: &Row<'_>| {
        let values = |row: &Row<'_>| old.columns.values(&reference.referred, row);
        if let Some(held) = values(&before).filter(|held| values(after).as_ref() != Some(held)) {
            all.insert(held, cells(after));
        }
    };
    for (&row, cells) in &yielded[reference.table] {
        let row = old.read(row)?;
        take(row.clone(), &meanwhile(row, Some(cells)));
    }
    for &(before, after) in &moved[reference.table] {
        take(old.read(before)?, &new.read(after)?);
    }
    Ok(all)
}

/// What rows that go are referred to by, where others may have it then: more than the key.
fn gone(reference: &Reference, tables: &[TableSides<'_, '_>]) -> Result<HashSet<Vec<u8>>> {
    let TableSides { old: parents, joined, .. } = tables[reference.table];
    let is_key = reference.referred.iter().all(|n| parents.columns.key.contains(n));
    let rows = if is_key { &[][..] } else { &joined.old_only };
    let mut gone: HashSet<Vec<u8>> = HashSet::new();
    for &row in rows {
        gone.extend(parents.columns.values(&reference.referred, &parents.read(row)?));
    }
    Ok(gone)
}
