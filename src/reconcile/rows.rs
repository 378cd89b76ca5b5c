//! Reads the rows: which of them each mapping is about, and the keys they are found by.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use crate::join::RandomState;

use crate::error::{Result, RowFault};
use crate::join::{Slot, hash_key};
use crate::parallel::Pool;
use crate::reconcile::Task;
use crate::reconcile::keys::KeyMarks;
use crate::reconcile::made_row::{canonical, is_managed};
use crate::reconcile::marks::Marker;
use crate::reconcile::members::Members;
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::room::{Counts, Read};
use crate::reconcile::select;
use crate::reconcile::sift::Skipped;
use crate::source::{Extent, Rows};
use crate::table::Row;

/// Reads the rows: for each mapping those it is about.
///
/// # Errors
///
/// A row cannot be read; two have one key.
pub(super) fn rows(
    task: &Task<'_>,
    plan: &Plan<'_>,
    (marker, skipped): (&Marker, &Skipped),
    counts: &mut Counts,
) -> Result<Vec<Members>> {
    let of_mapping = |mapping| {
        let n = counts.rows.len();
        counts.rows.push(0);
        let mut verify = |rows: u64, read: &Read<'_>| {
            counts.rows[n] = rows;
            counts.verify(&counts.of_rows(read), task, plan)
        };
        let mut members = rows_of(task, mapping, marker, &mut verify)?;
        members.is_unsure = skipped.has_rows_of(mapping);
        Ok(members)
    };
    plan.mappings.iter().map(of_mapping).collect()
}

/// `verify` looks whether there is room for so many.
fn rows_of(
    task: &Task<'_>,
    mapping: &ReadyMapping<'_>,
    marker: &Marker,
    verify: &mut dyn FnMut(u64, &Read<'_>) -> Result<()>,
) -> Result<Members> {
    let rows = &task.tables[mapping.table].rows;
    let state = RandomState::default();
    let work = |range: Range<usize>| {
        let (mut members, mut slots) = (Members::new(mapping), Vec::new());
        let mut keys = KeyMarks::default();
        rows.each(range, |extent| {
            let row = rows.read(extent)?;
            slots.push(Slot::new(extent, hash_key(&state, &rows.key(&row))));
            if is_managed(rows.columns, mapping.owner, &row) {
                let is_meant = is_meant(task, mapping, &row);
                members.push(extent, is_meant);
                for (marks, &column) in members.led.iter_mut().zip(&mapping.led_by) {
                    let cell = row[column].as_ref().filter(|_| is_meant);
                    let words = cell.map(|value| canonical(rows.columns, column, &value.bytes));
                    let mark = words.map(|words| marker.mark(&words));
                    marks.push(mark.as_slice());
                }
                for list in 0..mapping.lists.len() {
                    let marks = keys.of_row(marker, task, (mapping, list), &row);
                    members.known.push_marks(list, marks);
                }
            }
            Ok(())
        })
        .map(|()| (members, slots))
    };
    let (mut all, mut keyed) = (Members::new(mapping), Vec::new());
    let ranges = rows.split(task.part);
    let (parts, mut next, mut read) = (ranges.len(), ranges.iter().cloned(), Read::new(&ranges));
    let take = |part: Result<(Members, Vec<Slot>)>| -> Result<()> {
        let (members, slots) = part?;
        all.append(members, parts);
        keyed.extend(slots);
        read.pass();
        verify(u64::from(all.count()), &read)
    };
    task.pool.pipe(|| next.next(), work, take)?;
    all.of_rows = keyed.len() as u64;
    match twins(task.pool, rows, keyed).first() {
        Some(&(first, later)) => {
            let first = rows.line(first);
            Err(rows.error_in(RowFault::DuplicateKey { first }, later))
        }
        None => Ok(all),
    }
}

/// Rows of one key: the first of each, and one of those behind it, in the order of the latter.
pub(super) fn twins(pool: &Pool, rows: &Rows<'_>, mut keyed: Vec<Slot>) -> Vec<(Extent, Extent)> {
    pool.sort_by_key(&mut keyed, |slot| (slot.hash, slot.extent()));
    let mut twins = Vec::new();
    let runs = keyed.chunk_by(|one, other| one.hash == other.hash);
    for run in runs.filter(|run| run.len() > 1) {
        let mut firsts = HashMap::new();
        for place in run.iter().map(|slot| slot.extent()) {
            let Ok(row) = rows.read(place) else { continue };
            match firsts.entry(rows.key(&row)) {
                Entry::Vacant(free) => drop(free.insert(place)),
                Entry::Occupied(first) => twins.push((*first.get(), place)),
            }
        }
    }
    twins.sort_unstable_by_key(|(_, later)| *later);
    twins
}

/// Whether a row passes the filter of a mapping.
pub(super) fn is_meant(task: &Task<'_>, mapping: &ReadyMapping<'_>, row: &Row<'_>) -> bool {
    let columns = task.tables[mapping.table].rows.columns;
    let rows = &mapping.mapping.rows;
    rows.filter.as_ref().is_none_or(|filter| select::matches(filter, columns, row))
        && !rows.exclude.as_ref().is_some_and(|filter| select::matches(filter, columns, row))
}
