//! The rows that come, and those that change before them: parents before their children.

use crate::error::Result;
use crate::plan::rows::references::{Chosen, Referred, RowNumber, is_free};
use crate::plan::rows::{Cells, Meanwhile, Order, Pairs, TableSides, lead_on, let_go, owned};
use crate::source::{Extent, Rows};
use crate::table::Reference;

/// The rows of a table that others may refer to by something that changes. They change before rows come,
/// and behind those that let go of them.
pub(super) fn moved(n: usize, tables: &[TableSides<'_, '_>]) -> Result<Pairs> {
    let references = tables.iter().flat_map(|table| &table.constraints.references);
    let here = references.filter(|reference| reference.table == n);
    let mut referred: Vec<usize> = here.flat_map(|one| one.referred.iter().copied()).collect();
    let (table, columns) = (&tables[n], tables[n].old.columns);
    referred.retain(|n| table.changes_keys() || !columns.key.contains(n));
    let mut moved = Vec::new();
    let changed = if referred.is_empty() { &[][..] } else { &table.joined.changed };
    for &(before, after) in changed {
        let (old, new) = (table.old.read(before)?, table.new.read(after)?);
        let is_moved = referred.iter().any(|&n| !columns.agree(n, &old, &new));
        moved.extend(is_moved.then_some((before, after)));
    }
    Ok(moved)
}

/// The rows that come, for each table parents first.
pub(super) struct Come {
    pub(super) order: Vec<Vec<Extent>>,
    pub(super) waiting: Vec<Meanwhile>,
    /// For each table, whether rows lead to others that are not there yet.
    pub(super) lost: Vec<bool>,
}

pub(super) fn come(tables: &[TableSides<'_, '_>], order: &Order, moved: &[Pairs]) -> Result<Come> {
    let rows = |n: usize| {
        let moved = moved[n].iter().map(|pair| pair.1);
        tables[n].joined.new_only.iter().copied().chain(moved).collect::<Vec<Extent>>()
    };
    let rows: Vec<Vec<Extent>> = (0..tables.len()).map(rows).collect();
    let chosen = tables.iter().zip(&rows).map(|(table, rows)| (table.new, rows.as_slice()));
    let chosen: Vec<Chosen<'_, '_>> = chosen.collect();
    let referred = Referred::new(tables, &chosen)?;
    let mut come = Come { order: Vec::new(), waiting: Vec::new(), lost: Vec::new() };
    for (n, table) in tables.iter().enumerate() {
        let comes = table.joined.new_only.len();
        let sorted = referred.parents_first(n, comes);
        // What refers to itself does so last: InnoDB does not let go of a row that was made to.
        let waits = |me: RowNumber, parent: RowNumber| {
            let is_moved = |(table, row): RowNumber| row >= tables[table].joined.new_only.len();
            let is_behind = order.places[parent.0] > order.places[me.0];
            me == parent || is_moved(me) || (is_behind && !is_moved(parent))
        };
        let cut = sorted.cut.iter().copied().chain(referred.referring(n, waits));
        let cut: Vec<(usize, usize)> = cut.collect();
        let mut waiting = let_go(cut.iter().copied(), &table.constraints.references, chosen[n].1);
        let behind = |me: RowNumber, parent: RowNumber| {
            let come = |(table, row): RowNumber| row < tables[table].joined.new_only.len();
            order.places[parent.0] > order.places[me.0] && come(me) && come(parent)
        };
        let bound = sorted.cut.iter().copied().chain(referred.referring(n, behind));
        let bound: Vec<(usize, usize)> = bound.collect();
        come.lost.push(lead_on((n, &bound), chosen[n], tables, &mut waiting)?);
        for (row, reference) in cut.into_iter().filter(|(row, _)| *row >= comes) {
            let reference = &table.constraints.references[reference];
            if reference.loose.is_empty() && is_free((n, reference), tables) {
                let (before, after) = moved[n][row - comes];
                stay(table.old, before, reference, waiting.entry(after).or_default())?;
            }
        }
        come.waiting.push(waiting);
        come.order.push(sorted.order.iter().map(|&row| rows[n][row]).collect());
    }
    Ok(come)
}

/// A reference that may not be NULL leads where it led until the row is there that it is to lead to.
fn stay(old: &Rows<'_>, before: Extent, reference: &Reference, cells: &mut Cells) -> Result<()> {
    let row = old.read(before)?;
    cells.extend(reference.columns.iter().map(|&n| (n, owned(&row[n]))));
    Ok(())
}
