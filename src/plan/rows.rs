//! One order of inserts, deletes and updates that a database accepts.
//!
//! What is unique and changes hands is let go first; then rows go, come and change. Each step is a row
//! before and after, and what undoes it is the same the other way round.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::join::JoinedRows;
use crate::source::{Extent, Rows};
use crate::table::{Row, RowChange};

/// What is done to one row, as positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStep {
    /// Unique values that other rows get become NULL.
    Release(Extent, Extent),
    /// It goes.
    Delete(Extent),
    /// It comes.
    Insert(Extent),
    /// Some columns change.
    Update(Extent, Extent),
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
    /// Rows of these that let a unique value go first.
    pub released: u64,
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
    released: HashMap<Extent, Vec<usize>>,
}

/// Both sides.
pub type Sides<'s, 'i> = (&'s Rows<'i>, &'s Rows<'i>);

/// Puts what differs in order; no two rows may ever have one value in a `unique` column.
pub fn plan_rows(sides: Sides<'_, '_>, joined: &JoinedRows, unique: &[usize]) -> Result<RowPlan> {
    let released = released(sides, joined, unique)?;
    let mut plan = RowPlan {
        steps: Vec::new(),
        counts: RowCounts {
            inserts: joined.new_only.len() as u64,
            deletes: joined.old_only.len() as u64,
            updates: joined.changed.len() as u64,
            released: released.len() as u64,
        },
        released,
    };
    let columns = sides.0.columns;
    let (mut let_go, mut updates) = (Vec::new(), Vec::new());
    for &(old, new) in &joined.changed {
        let is_released = plan.released.contains_key(&old);
        let_go.extend(is_released.then_some(RowStep::Release(old, new)));
        let update = RowStep::Update(old, new);
        // What became NULL to let a value go may be all that changes.
        let is_done = is_released
            && match plan.change(sides, update)? {
                RowChange::Update(row, other) => columns.differing(&row, &other).is_empty(),
                RowChange::Insert(_) | RowChange::Delete(_) => false,
            };
        updates.extend((!is_done).then_some(update));
    }
    plan.steps = let_go;
    plan.steps.extend(joined.old_only.iter().map(|&old| RowStep::Delete(old)));
    plan.steps.extend(joined.new_only.iter().map(|&new| RowStep::Insert(new)));
    plan.steps.extend(updates);
    Ok(plan)
}

impl RowPlan {
    /// What a step does.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub fn change<'i>(&self, (old, new): Sides<'_, 'i>, step: RowStep) -> Result<RowChange<'i>> {
        let between = |extent: Extent| -> Result<Row<'i>> {
            let mut row = old.read(extent)?;
            for &n in self.released.get(&extent).into_iter().flatten() {
                row[n] = None;
            }
            Ok(row)
        };
        Ok(match step {
            RowStep::Release(row, _) => RowChange::Update(old.read(row)?, between(row)?),
            RowStep::Delete(row) => RowChange::Delete(old.read(row)?),
            RowStep::Insert(row) => RowChange::Insert(new.read(row)?),
            RowStep::Update(row, other) => RowChange::Update(between(row)?, new.read(other)?),
        })
    }
}

/// A value as the coarsest index there is may see it.
fn coarse(value: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(value).trim_end().to_lowercase().into_bytes()
}

/// The columns in which a row gives a value to another one while it stays.
fn released(
    (old, new): Sides<'_, '_>,
    joined: &JoinedRows,
    unique: &[usize],
) -> Result<HashMap<Extent, Vec<usize>>> {
    let mut released: HashMap<Extent, Vec<usize>> = HashMap::new();
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
    for (row, n, value) in given {
        if taken.contains(&(n, value)) {
            released.entry(row).or_default().push(n);
        }
    }
    Ok(released)
}
