//! The rows that go: children before their parents; and the references that are let go before.

use std::collections::HashSet;

use crate::error::Result;
use crate::plan::rows::references::{Chosen, Referred, RowNumber};
use crate::plan::rows::{Cells, Meanwhile, Order, Pairs, TableSides, nulls};
use crate::source::Extent;

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

/// The references that rows of a table let go of, because what they refer to by is changed or let go before
/// they are: those that change, and those that go late.
pub(super) fn leaving(
    (n, late): (usize, &[Extent]),
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<Meanwhile> {
    let TableSides { old, joined, constraints, .. } = tables[n];
    let mut leaving = Meanwhile::new();
    for reference in &constraints.references {
        let parents = &tables[reference.table].old;
        let is_referred =
            |cells: &Cells| cells.iter().any(|(column, _)| reference.referred.contains(column));
        let let_go = yielded[reference.table].iter().filter(|(_, cells)| is_referred(cells));
        let let_go = let_go.map(|(row, _)| *row);
        let mut left: HashSet<Vec<u8>> = HashSet::new();
        for row in let_go.chain(moved[reference.table].iter().map(|pair| pair.0)) {
            left.extend(parents.columns.values(&reference.referred, &parents.read(row)?));
        }
        let rows = joined.changed.iter().map(|pair| pair.0).chain(late.iter().copied());
        for row in rows.filter(|_| !left.is_empty()) {
            let values = old.columns.values(&reference.columns, &old.read(row)?);
            if values.is_some_and(|values| left.contains(&values)) {
                let loose = reference.loose.iter().map(|&n| (n, None)).collect::<Vec<_>>();
                leaving.entry(row).or_default().extend(loose);
            }
        }
    }
    leaving.retain(|_, cells| !cells.is_empty());
    Ok(leaving)
}
