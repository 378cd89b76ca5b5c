//! One order of inserts, deletes and updates that a database accepts.
//!
//! What is unique and changes hands is let go first; then rows go, come and change, children before
//! their parents where they go and behind them where they come. Rows that others leave first go last. Each
//! step is a row before and after, and what undoes it is the same the other way round.

use std::collections::{BTreeMap, HashSet};

use crate::error::Result;
use crate::join::JoinedRows;
use crate::plan::references::{ParentsFirst, Referred};
use crate::source::{Extent, Rows};
use crate::table::{Constraints, Reference, Row, RowChange};

/// What is done to one row, as positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStep {
    /// Values of OLD that stand in the way of other rows become NULL.
    Release(Extent),
    /// It goes.
    Delete(Extent),
    /// It comes; what refers to rows that are not there yet is NULL.
    Insert(Extent),
    /// Some columns change.
    Update(Extent, Extent),
    /// What was NULL when it came refers to other rows.
    Complete(Extent),
}

/// How much is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows that come.
    pub inserts: u64,
    /// Rows that go.
    pub deletes: u64,
    /// Rows that change.
    pub updates: u64,
    /// Rows of these that let values go first, or refer to others only when all are there.
    pub parted: u64,
}

impl RowCounts {
    /// How many rows there is something done to.
    pub fn total(self) -> u64 {
        self.inserts + self.deletes + self.updates
    }
}

/// Steps in their order.
#[derive(Debug, Default)]
pub struct RowPlan {
    /// The steps.
    pub steps: Vec<RowStep>,
    /// How much they do.
    pub counts: RowCounts,
    /// For a row of OLD the columns that are NULL for a while.
    released: Nulls,
    /// For a row of NEW that comes the columns that are NULL at first.
    waiting: Nulls,
}

/// Columns of rows that are NULL for a while.
type Nulls = BTreeMap<Extent, Vec<usize>>;

/// Both sides.
pub type Sides<'s, 'i> = (&'s Rows<'i>, &'s Rows<'i>);

/// Puts what differs in an order in which the constraints hold behind every step.
///
/// # Errors
///
/// A row cannot be read.
pub fn plan_rows(
    sides: Sides<'_, '_>,
    joined: &JoinedRows,
    constraints: &Constraints,
) -> Result<RowPlan> {
    let inserts = inserts(sides, joined, constraints)?;
    let deletes = deletes(sides, joined, constraints)?;
    let mut released = released(sides, joined, &deletes.late, &constraints.unique)?;
    for (row, columns) in deletes.released {
        released.entry(row).or_default().extend(columns);
    }
    let mut plan = RowPlan {
        steps: Vec::new(),
        counts: RowCounts {
            inserts: joined.new_only.len() as u64,
            deletes: joined.old_only.len() as u64,
            updates: joined.changed.len() as u64,
            parted: (released.len() + inserts.waiting.len()) as u64,
        },
        released,
        waiting: inserts.waiting,
    };
    let columns = sides.0.columns;
    let mut updates = Vec::new();
    for &(old, new) in &joined.changed {
        let update = RowStep::Update(old, new);
        // What became NULL to let a value go may be all that changes.
        let is_done = plan.released.contains_key(&old)
            && match plan.change(sides, update)? {
                RowChange::Update(row, other) => columns.differing(&row, &other).is_empty(),
                RowChange::Insert(_) | RowChange::Delete(_) => false,
            };
        updates.extend((!is_done).then_some(update));
    }
    let released: Vec<Extent> = plan.released.keys().copied().collect();
    let complete = inserts.order.iter().filter(|row| plan.waiting.contains_key(row));
    let steps = (released.into_iter().map(RowStep::Release))
        .chain(deletes.early.into_iter().map(RowStep::Delete))
        .chain(inserts.order.iter().copied().map(RowStep::Insert))
        .chain(updates)
        .chain(complete.copied().map(RowStep::Complete))
        .chain(deletes.late.into_iter().map(RowStep::Delete));
    plan.steps = steps.collect();
    Ok(plan)
}

impl RowPlan {
    /// What a step does.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub fn change<'i>(&self, (old, new): Sides<'_, 'i>, step: RowStep) -> Result<RowChange<'i>> {
        let before = |row: Extent| without(old.read(row)?, self.released.get(&row));
        let at_first = |row: Extent| without(new.read(row)?, self.waiting.get(&row));
        Ok(match step {
            RowStep::Release(row) => RowChange::Update(old.read(row)?, before(row)?),
            RowStep::Delete(row) => RowChange::Delete(before(row)?),
            RowStep::Insert(row) => RowChange::Insert(at_first(row)?),
            RowStep::Update(row, other) => RowChange::Update(before(row)?, new.read(other)?),
            RowStep::Complete(row) => RowChange::Update(at_first(row)?, new.read(row)?),
        })
    }
}

/// A row in which some columns are NULL.
fn without<'r>(mut row: Row<'r>, columns: Option<&Vec<usize>>) -> Result<Row<'r>> {
    for &n in columns.into_iter().flatten() {
        row[n] = None;
    }
    Ok(row)
}

/// The rows that come, parents first.
struct Inserts {
    order: Vec<Extent>,
    waiting: Nulls,
}

fn inserts(
    (_, new): Sides<'_, '_>,
    joined: &JoinedRows,
    constraints: &Constraints,
) -> Result<Inserts> {
    let rows = &joined.new_only;
    if constraints.references.is_empty() {
        return Ok(Inserts { order: rows.clone(), waiting: Nulls::new() });
    }
    let mut referred = Referred::new(new.columns, constraints);
    rows.iter().try_for_each(|&row| new.read(row).map(|row| referred.add(&row)))?;
    let sorted = parents_first(&referred);
    let order = sorted.order.iter().map(|&n| rows[n]).collect();
    Ok(Inserts { order, waiting: cut(&sorted, rows, constraints) })
}

/// All rows behind those they refer to. What refers to itself does so last, and no more before it goes:
/// InnoDB does not let go of a row that was made to refer to itself.
fn parents_first(referred: &Referred<'_>) -> ParentsFirst {
    let mut sorted = referred.parents_first();
    sorted.cut.extend(referred.self_references());
    sorted
}

/// The columns of the references that close a circle.
fn cut(sorted: &ParentsFirst, rows: &[Extent], constraints: &Constraints) -> Nulls {
    let mut nulls = Nulls::new();
    for &(row, reference) in &sorted.cut {
        let Reference { columns, is_nullable, .. } = &constraints.references[reference];
        if *is_nullable {
            nulls.entry(rows[row]).or_default().extend(columns);
        }
    }
    nulls
}

/// The rows that go, children first.
struct Deletes {
    /// Before anything else.
    early: Vec<Extent>,
    /// When the rows that refer to them refer to others.
    late: Vec<Extent>,
    released: Nulls,
}

fn deletes(
    (old, _): Sides<'_, '_>,
    joined: &JoinedRows,
    constraints: &Constraints,
) -> Result<Deletes> {
    let rows = &joined.old_only;
    if constraints.references.is_empty() {
        return Ok(Deletes { early: rows.clone(), late: Vec::new(), released: Nulls::new() });
    }
    let mut referred = Referred::new(old.columns, constraints);
    rows.iter().try_for_each(|&row| old.read(row).map(|row| referred.add(&row)))?;
    let mut is_late = vec![false; rows.len()];
    for &(before, _) in &joined.changed {
        for parent in referred.parents_of(&old.read(before)?) {
            is_late[parent] = true;
        }
    }
    let mut sorted = parents_first(&referred);
    sorted.order.reverse();
    // A child that waits has its parents wait, but for those it no longer refers to then.
    let references = 0..constraints.references.len();
    let cuts: HashSet<(usize, usize)> = sorted.cut.iter().copied().collect();
    for &row in &sorted.order {
        let kept = |reference: &usize| is_late[row] && !cuts.contains(&(row, *reference));
        let kept: Vec<usize> = references.clone().filter(kept).collect();
        let parents = kept.into_iter().filter_map(|reference| referred.parent(row, reference));
        parents.for_each(|parent| is_late[parent] = true);
    }
    let (late, early): (Vec<usize>, _) = sorted.order.iter().copied().partition(|&n| is_late[n]);
    let extents = |which: Vec<usize>| which.into_iter().map(|n| rows[n]).collect();
    let released = cut(&sorted, rows, constraints);
    Ok(Deletes { early: extents(early), late: extents(late), released })
}

/// A value as the coarsest index there is may see it.
fn coarse(value: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(value).trim_end().to_lowercase().into_bytes()
}

/// The columns in which a row gives a value to another one while it stays.
fn released(
    (old, new): Sides<'_, '_>,
    joined: &JoinedRows,
    late: &[Extent],
    unique: &[usize],
) -> Result<Nulls> {
    let mut released = Nulls::new();
    if unique.is_empty() {
        return Ok(released);
    }
    let mut taken: HashSet<(usize, Vec<u8>)> = HashSet::new();
    let mut given: Vec<(Extent, usize, Vec<u8>)> = Vec::new();
    let values = |row: &Row<'_>| -> Vec<(usize, Vec<u8>)> {
        let held = |&n: &usize| row[n].as_ref().map(|value| (n, coarse(&value.bytes)));
        unique.iter().filter_map(held).collect()
    };
    for &(before, after) in &joined.changed {
        let (left, right) = (old.read(before)?, new.read(after)?);
        let (had, has) = (values(&left), values(&right));
        given.extend(
            had.iter().filter(|one| !has.contains(one)).map(|(n, v)| (before, *n, v.clone())),
        );
        taken.extend(has.into_iter().filter(|one| !had.contains(one)));
    }
    for &row in &joined.new_only {
        taken.extend(values(&new.read(row)?));
    }
    for &row in late {
        given.extend(values(&old.read(row)?).into_iter().map(|(n, value)| (row, n, value)));
    }
    for (row, n, value) in given {
        if taken.contains(&(n, value)) {
            released.entry(row).or_default().push(n);
        }
    }
    Ok(released)
}
