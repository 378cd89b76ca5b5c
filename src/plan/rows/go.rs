//! The rows that go: children before their parents; and the references that are let go before.

use std::collections::HashSet;

use crate::error::Result;
use crate::plan::rows::references::{Chosen, Referred, RowNumber};
use crate::plan::rows::{Cells, Meanwhile, Order, Pairs, TableSides, nulls};
use crate::source::Extent;
use crate::table::Reference;

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

/// The references that rows of a table let go of before what they refer to by is changed or let go.
#[derive(Default)]
pub(super) struct Leaving {
    pub(super) released: Meanwhile,
    /// Those of the rows that stay as they are: others have what they refer to by then.
    pub(super) restored: Vec<Extent>,
}

/// What rows of a table let go of, those that change or go late and those that stay.
pub(super) fn leaving(
    (n, late): (usize, &[Extent]),
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<Leaving> {
    let TableSides { old, joined, constraints, .. } = tables[n];
    let mut leaving = Leaving::default();
    for reference in constraints.references.iter().filter(|one| !one.loose.is_empty()) {
        let values = |row| -> Result<Option<Vec<u8>>> {
            Ok(old.columns.values(&reference.columns, &old.read(row)?))
        };
        let left = left(reference, tables, yielded, moved)?;
        let changing = joined.changed.iter().map(|pair| pair.0).chain(late.iter().copied());
        for row in changing.filter(|_| !left.is_empty()) {
            if values(row)?.is_some_and(|values| left.contains(&values)) {
                release(&mut leaving.released, row, reference);
            }
        }
        let gone = gone(reference, tables)?;
        if left.is_empty() && gone.is_empty() {
            continue;
        }
        let changing = joined.changed.iter().map(|pair| pair.0).chain(joined.old_only.clone());
        let changing: HashSet<Extent> = changing.collect();
        for part in old.split(usize::MAX) {
            old.each(part, |row| {
                let is_left = |values| left.contains(&values) || gone.contains(&values);
                if !changing.contains(&row) && values(row)?.is_some_and(is_left) {
                    release(&mut leaving.released, row, reference);
                    leaving.restored.push(row);
                }
                Ok(())
            })?;
        }
    }
    leaving.restored.sort_unstable();
    leaving.restored.dedup();
    Ok(leaving)
}

fn release(released: &mut Meanwhile, row: Extent, reference: &Reference) {
    released.entry(row).or_default().extend(reference.loose.iter().map(|&n| (n, None)));
}

/// What rows that stay are referred to by, and give up before others change.
fn left(
    reference: &Reference,
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<HashSet<Vec<u8>>> {
    let parents = &tables[reference.table].old;
    let is_referred =
        |cells: &Cells| cells.iter().any(|(column, _)| reference.referred.contains(column));
    let let_go = yielded[reference.table].iter().filter(|(_, cells)| is_referred(cells));
    let let_go = let_go.map(|(row, _)| *row);
    let mut left: HashSet<Vec<u8>> = HashSet::new();
    for row in let_go.chain(moved[reference.table].iter().map(|pair| pair.0)) {
        left.extend(parents.columns.values(&reference.referred, &parents.read(row)?));
    }
    Ok(left)
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
