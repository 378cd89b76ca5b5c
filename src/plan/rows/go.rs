//! The rows that go: children before their parents, and those last that others leave first.

use std::collections::HashSet;

use crate::error::Result;
use crate::plan::rows::references::{Chosen, Referred, RowNumber};
use crate::plan::rows::unique::{StandIns, stuck};
use crate::plan::rows::{Meanwhile, Order, TableSides, each_but, lead_on, let_go, release};
use crate::source::Extent;
use crate::table::Reference;

/// The rows that go, for each table children first.
pub(super) struct Go {
    /// Before anything else.
    pub(super) early: Vec<Vec<Extent>>,
    /// When the rows that refer to them refer to others.
    pub(super) late: Vec<Vec<Extent>>,
    pub(super) released: Vec<Meanwhile>,
    /// For each table, whether rows lead to others that go before.
    pub(super) lost: Vec<bool>,
}

pub(super) fn go(tables: &[TableSides<'_, '_>], order: &Order) -> Result<Go> {
    let chosen = tables.iter().map(|table| (table.old, table.joined.old_only.as_slice()));
    let chosen: Vec<Chosen<'_, '_>> = chosen.collect();
    let referred = Referred::new(tables, &chosen)?;
    let mut go = Go {
        early: vec![Vec::new(); tables.len()],
        late: vec![Vec::new(); tables.len()],
        released: Vec::new(),
        lost: vec![false; tables.len()],
    };
    let mut is_late: Vec<Vec<bool>> =
        chosen.iter().map(|(_, rows)| vec![false; rows.len()]).collect();
    let is_stuck = all_stuck(tables, &referred)?;
    let mut released = vec![Meanwhile::new(); tables.len()];
    for (n, table) in tables.iter().enumerate().filter(|(n, _)| referred.is_referred_by(*n)) {
        for &(before, _) in &table.joined.changed {
            for (reference, (to, row)) in referred.parents_of(n, &table.old.read(before)?) {
                match !reference.loose.is_empty() && is_stuck[to][row] {
                    true => release(&mut released[n], before, reference),
                    false => is_late[to][row] = true,
                }
            }
        }
    }
    stay_referred(tables, &referred, &mut is_late)?;
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
        let mut cut: HashSet<(usize, usize)> = waits.filter(is_loose).collect();
        // A child that waits has its parents wait, but for those it no longer refers to then.
        for &row in &sorted.order {
            if !is_late[n][row] {
                continue;
            }
            for reference in 0..constraints.references.len() {
                let parent = referred.parent((n, row), reference);
                let parent = parent.filter(|_| !cut.contains(&(row, reference)));
                match parent {
                    Some((to, parent)) if is_stuck[to][parent] && is_loose(&(row, reference)) => {
                        cut.insert((row, reference));
                    }
                    Some((to, parent)) => is_late[to][parent] = true,
                    None => {}
                }
            }
        }
        let mut waiting = let_go(cut.into_iter(), &constraints.references, rows);
        let behind = |me: RowNumber, parent: RowNumber| order.places[parent.0] > order.places[me.0];
        let bound = sorted.cut.iter().copied().chain(referred.referring(n, behind));
        let bound: Vec<(usize, usize)> = bound.collect();
        go.lost[n] = lead_on((n, &bound), chosen[n], tables, &mut waiting)?;
        released[n].extend(waiting);
        let (late, early) = sorted.order.iter().partition::<Vec<usize>, _>(|&&row| is_late[n][row]);
        let extents = |which: Vec<usize>| which.into_iter().map(|row| rows[row]).collect();
        (go.early[n], go.late[n]) = (extents(early), extents(late));
    }
    Ok(Go { released, ..go })
}

/// For each table which of the rows that go, and that others refer to, cannot wait for them: what they hold is taken.
fn all_stuck(tables: &[TableSides<'_, '_>], referred: &Referred<'_>) -> Result<Vec<Vec<bool>>> {
    let of = |n: usize| {
        let rows = &tables[n].joined.old_only;
        let stuck = match referred.is_led_to(n) {
            true => stuck(&StandIns::new(n, tables))?,
            false => HashSet::new(),
        };
        Ok(rows.iter().map(|row| stuck.contains(row)).collect())
    };
    (0..tables.len()).map(of).collect()
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

/// What rows that go are referred to by, where others have it then: not all of the key, unless that may change.
pub(super) fn gone(
    reference: &Reference,
    tables: &[TableSides<'_, '_>],
) -> Result<HashSet<Vec<u8>>> {
    let sides = &tables[reference.table];
    let TableSides { old: parents, new, joined, .. } = *sides;
    let has_key = parents.columns.key.iter().all(|n| reference.referred.contains(n));
    let stays_gone = has_key && !sides.changes_keys();
    let rows = if stays_gone { &[][..] } else { &joined.old_only };
    let mut gone: HashSet<Vec<u8>> = HashSet::new();
    for &row in rows {
        gone.extend(reference.led(parents.columns, &parents.read(row)?));
    }
    let mut taken = HashSet::new();
    let taking = joined.new_only.iter().chain(joined.changed.iter().map(|(_, after)| after));
    for &row in taking.filter(|_| !gone.is_empty()) {
        taken.extend(reference.led(parents.columns, &new.read(row)?));
    }
    gone.retain(|values| taken.contains(values));
    Ok(gone)
}
