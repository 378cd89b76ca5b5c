//! One order of inserts, deletes and updates of rows that a database accepts, in all tables of a script.
//!
//! References that stand in the way are let go first; then rows go, what is unique and changes hands is let
//! go, and rows come and change: children before their parents where they go and behind them where they
//! come. Rows that others leave first go last. What is done to a table in one such phase stands together.
//! Each step is a row before and after, and what undoes it is the same the other way round.

mod come;
mod go;
mod leaving;
mod references;
mod unique;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::iter::Sum;

use crate::error::Result;
use crate::join::JoinedRows;
use crate::plan::rows::come::{come, moved};
use crate::plan::rows::go::go;
use crate::plan::rows::leaving::{Bound, leaving};
use crate::plan::rows::references::{Chosen, is_free, places};
use crate::plan::rows::unique::{StandIns, arriving, yielded};
use crate::source::{Extent, Rows};
use crate::table::{Cell, Constraints, Manner, Reference, Row, RowChange, Value};

/// A table on both sides, and what came of holding them against each other.
#[derive(Clone, Copy, Debug)]
pub struct TableSides<'t, 'i> {
    /// The rows that are changed.
    pub old: &'t Rows<'i>,
    /// The rows that are obeyed.
    pub new: &'t Rows<'i>,
    /// What differs.
    pub joined: &'t JoinedRows,
    /// What the database keeps true of them.
    pub constraints: &'t Constraints,
}

impl TableSides<'_, '_> {
    /// Whether rows may get another key: through a mapping they do, and it changes hands like all that is unique.
    pub fn changes_keys(&self) -> bool {
        self.constraints.unique.contains(&self.old.columns.key)
    }
}

/// What is done to a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The number of the table.
    pub table: u32,
    /// What is done.
    pub row: RowStep,
}

/// What is done to one row, as positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStep {
    /// What refers to rows that go or change before it does becomes NULL.
    Release(Extent),
    /// Unique values that other rows take become something else.
    Yield(Extent),
    /// It goes.
    Delete(Extent),
    /// It comes; what refers to rows that are not there yet is NULL.
    Insert(Extent),
    /// Some columns change.
    Update(Extent, Extent),
    /// What was NULL when it came refers to other rows.
    Complete(Extent),
    /// What was let go of is as it was: another row has what it refers to by.
    Restore(Extent),
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

impl Sum for RowCounts {
    fn sum<I: Iterator<Item = RowCounts>>(all: I) -> RowCounts {
        all.fold(RowCounts::default(), |sum, one| RowCounts {
            inserts: sum.inserts + one.inserts,
            deletes: sum.deletes + one.deletes,
            updates: sum.updates + one.updates,
            parted: sum.parted + one.parted,
        })
    }
}

/// What a database may refuse of the order of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Rows may stand in each other's way by what more than columns says is alike.
    pub alike: bool,
    /// Rows lead to each other that can let go of nothing.
    pub circles: bool,
    /// Rows that can let go of nothing refer to what is spelled otherwise, and the database takes that for another value.
    pub respelled: bool,
}

/// Steps in their order.
#[derive(Debug)]
pub struct RowPlan<'t, 'i> {
    /// The steps.
    pub steps: Vec<Step>,
    /// How much they do, for each table.
    pub counts: Vec<RowCounts>,
    /// For each table, what a database may refuse of the order.
    pub doubts: Vec<Doubts>,
    tables: Vec<TableSides<'t, 'i>>,
    /// For each table the references that rows of OLD let go before they change or go.
    released: Vec<Meanwhile>,
    /// For each table what rows of OLD hold in place of unique values before they change or go.
    yielded: Vec<Meanwhile>,
    /// For each table what the database puts into rows of OLD that refer to others, when those change.
    followed: Vec<Meanwhile>,
    /// For each table what rows of NEW hold before all is there that they refer to.
    waiting: Vec<Meanwhile>,
}

/// Columns that hold something else for a while, and what; most often NULL.
type Cells = Vec<(usize, Cell<'static>)>;

/// Rows of which some columns do.
type Meanwhile = BTreeMap<Extent, Cells>;

/// Rows before and after.
type Pairs = Vec<(Extent, Extent)>;

/// Puts what differs in an order in which the constraints hold behind every step.
///
/// # Errors
///
/// A row cannot be read.
pub fn plan_rows<'t, 'i>(tables: &[TableSides<'t, 'i>]) -> Result<RowPlan<'t, 'i>> {
    let constraints: Vec<&Constraints> = tables.iter().map(|table| table.constraints).collect();
    let order = Order::new(places(&constraints));
    let moved = (0..tables.len()).map(|n| moved(n, tables)).collect::<Result<Vec<_>>>()?;
    let come = come(tables, &order, &moved)?;
    let go = go(tables, &order)?;
    let mut plan = RowPlan {
        steps: Vec::new(),
        counts: Vec::new(),
        doubts: Vec::new(),
        tables: tables.to_vec(),
        released: go.released,
        yielded: Vec::new(),
        followed: Vec::new(),
        waiting: come.waiting,
    };
    let mut stand_ins: Vec<StandIns<'_, '_, '_>> =
        (0..tables.len()).map(|n| StandIns::new(n, tables)).collect();
    for (stand_ins, late) in stand_ins.iter_mut().zip(&go.late) {
        plan.yielded.push(yielded(stand_ins, late)?);
    }
    let (mut restored, mut bound) = (Vec::new(), Vec::new());
    let mut respelled = HashSet::new();
    for n in 0..tables.len() {
        let leaving = leaving((n, &go.late[n]), tables, &plan.yielded, &moved)?;
        for (row, columns) in leaving.released {
            plan.released[n].entry(row).or_default().extend(columns);
        }
        plan.followed.push(leaving.followed);
        restored.push(leaving.restored);
        bound.extend(leaving.bound);
        respelled.extend(leaving.respelled);
    }
    for Bound { reference, values } in &bound {
        let n = reference.table;
        arriving(&mut stand_ins[n], reference, values, &mut plan.waiting[n])?;
    }
    let doubts = |(n, one): (usize, &StandIns<'_, '_, '_>)| Doubts {
        alike: one.is_doubtful,
        circles: come.lost[n] || go.lost[n],
        respelled: respelled.contains(&n),
    };
    plan.doubts = stand_ins.iter().enumerate().map(doubts).collect();
    plan.counts = (0..tables.len()).map(|n| plan.count(n)).collect();
    let updates = |n: usize| {
        let moved: HashSet<Extent> = moved[n].iter().map(|pair| pair.0).collect();
        let changed = tables[n].joined.changed.iter();
        changed.filter(|pair| !moved.contains(&pair.0)).copied().collect::<Pairs>()
    };
    let complete = |n: usize| {
        let held = |row: &&Extent| plan.waiting[n].contains_key(row);
        let moved = moved[n].iter().map(|(_, after)| after);
        let rows = come.order[n].iter().chain(moved).filter(held).copied().collect();
        steps(n, rows, RowStep::Complete)
    };
    let rows = |of: &Meanwhile| of.keys().copied().collect::<Vec<Extent>>();
    let update = |n: usize, pairs: &[(Extent, Extent)]| {
        steps(n, pairs.to_vec(), |(before, after)| RowStep::Update(before, after))
    };
    let (first, last) = (&order.parents_first, &order.children_first);
    let all = (last.iter().flat_map(|&n| steps(n, rows(&plan.released[n]), RowStep::Release)))
        .chain(last.iter().flat_map(|&n| steps(n, go.early[n].clone(), RowStep::Delete)))
        .chain(last.iter().flat_map(|&n| steps(n, rows(&plan.yielded[n]), RowStep::Yield)))
        .chain(first.iter().flat_map(|&n| update(n, &moved[n])))
        .chain(first.iter().flat_map(|&n| steps(n, come.order[n].clone(), RowStep::Insert)))
        .chain(first.iter().flat_map(|&n| update(n, &updates(n))))
        .chain(first.iter().flat_map(|&n| complete(n)))
        .chain(first.iter().flat_map(|&n| steps(n, restored[n].clone(), RowStep::Restore)))
        .chain(last.iter().flat_map(|&n| steps(n, go.late[n].clone(), RowStep::Delete)));
    plan.steps = all.collect();
    plan.leave_out_nothing()?;
    Ok(plan)
}

/// What is done to some rows of a table.
fn steps<R>(table: usize, rows: Vec<R>, step: fn(R) -> RowStep) -> impl Iterator<Item = Step> {
    let table = u32::try_from(table).unwrap_or(u32::MAX);
    rows.into_iter().map(move |row| Step { table, row: step(row) })
}

impl<'i> RowPlan<'_, 'i> {
    /// What a step does.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub fn change(&self, step: Step) -> Result<RowChange<'i>> {
        let n = step.table as usize;
        let table = &self.tables[n];
        let released = |row: Extent| -> Result<Row<'i>> {
            Ok(meanwhile(table.old.read(row)?, self.released[n].get(&row)))
        };
        let yielded = |row: Extent| -> Result<Row<'i>> {
            Ok(meanwhile(released(row)?, self.yielded[n].get(&row)))
        };
        let before = |row: Extent| -> Result<Row<'i>> {
            Ok(meanwhile(yielded(row)?, self.followed[n].get(&row)))
        };
        let at_first = |row: Extent| -> Result<Row<'i>> {
            Ok(meanwhile(table.new.read(row)?, self.waiting[n].get(&row)))
        };
        Ok(match step.row {
            RowStep::Release(row) => RowChange::Update(table.old.read(row)?, released(row)?),
            RowStep::Yield(row) => RowChange::Update(released(row)?, yielded(row)?),
            RowStep::Delete(row) => RowChange::Delete(before(row)?),
            RowStep::Insert(row) => RowChange::Insert(at_first(row)?),
            RowStep::Update(row, other) => RowChange::Update(before(row)?, at_first(other)?),
            RowStep::Complete(row) => RowChange::Update(at_first(row)?, table.new.read(row)?),
            RowStep::Restore(row) => RowChange::Update(before(row)?, table.old.read(row)?),
        })
    }

    /// The table of a step.
    pub fn table(&self, step: Step) -> &TableSides<'_, 'i> {
        &self.tables[step.table as usize]
    }

    fn count(&self, n: usize) -> RowCounts {
        let joined = self.tables[n].joined;
        let yielded = self.yielded[n].keys().filter(|row| !self.released[n].contains_key(row));
        let waiting = self.waiting[n].len();
        RowCounts {
            inserts: joined.new_only.len() as u64,
            deletes: joined.old_only.len() as u64,
            updates: joined.changed.len() as u64,
            parted: (self.released[n].len() + yielded.count() + waiting) as u64,
        }
    }

    /// Leaves out the steps that do nothing: what a row let go of may be all that changes in it.
    fn leave_out_nothing(&mut self) -> Result<()> {
        let mut steps = std::mem::take(&mut self.steps);
        let mut does = Vec::with_capacity(steps.len());
        for &step in &steps {
            does.push(self.does_something(step)?);
        }
        let mut does = does.into_iter();
        steps.retain(|_| does.next().unwrap_or_default());
        self.steps = steps;
        Ok(())
    }

    /// Whether a step does anything. A row that is never parted is not read for that.
    fn does_something(&self, step: Step) -> Result<bool> {
        let n = step.table as usize;
        let is_parted = match step.row {
            RowStep::Delete(_) | RowStep::Insert(_) => false,
            RowStep::Update(row, other) => {
                self.released[n].contains_key(&row)
                    || self.yielded[n].contains_key(&row)
                    || self.followed[n].contains_key(&row)
                    || self.waiting[n].contains_key(&other)
            }
            RowStep::Release(_)
            | RowStep::Yield(_)
            | RowStep::Complete(_)
            | RowStep::Restore(_) => true,
        };
        Ok(match is_parted.then(|| self.change(step)).transpose()? {
            Some(RowChange::Update(before, after)) => {
                !self.tables[n].old.columns.differing(&before, &after).is_empty()
            }
            _ => true,
        })
    }
}

/// A cell that outlives its row.
fn owned(cell: &Cell<'_>) -> Cell<'static> {
    let value = cell.as_ref()?;
    Some(Value { said: value.said, bytes: value.bytes.to_vec().into() })
}

/// A row in which some columns hold something else.
fn meanwhile<'r>(mut row: Row<'r>, cells: Option<&Cells>) -> Row<'r> {
    for (n, value) in cells.into_iter().flatten() {
        row[*n].clone_from(value);
    }
    row
}

/// The order of the tables.
struct Order {
    /// For each table its place.
    places: Vec<usize>,
    /// The tables in the order in which rows come.
    parents_first: Vec<usize>,
    /// The tables in the order in which rows go.
    children_first: Vec<usize>,
}

impl Order {
    fn new(places: Vec<usize>) -> Order {
        let mut parents_first: Vec<usize> = (0..places.len()).collect();
        parents_first.sort_by_key(|&table| places[table]);
        let children_first = parents_first.iter().rev().copied().collect();
        Order { places, parents_first, children_first }
    }
}

/// Has a row let go of a reference.
fn release(released: &mut Meanwhile, row: Extent, reference: &Reference) {
    released.entry(row).or_default().extend(reference.loose.iter().map(|&n| (n, None)));
}

/// What the columns of references that have to wait hold, as far as they may be NULL.
fn let_go(
    cut: impl Iterator<Item = (usize, usize)>,
    references: &[Reference],
    extents: &[Extent],
) -> Meanwhile {
    let mut waiting = Meanwhile::new();
    for (row, reference) in cut.filter(|(_, reference)| !references[*reference].loose.is_empty()) {
        release(&mut waiting, extents[row], &references[reference]);
    }
    waiting
}

/// Has the references of rows that have to wait and may not be NULL lead to a row that stays as it is, or where there is
/// none, in circles of one table, the row to itself. `doubts` hears of those that lead nowhere.
fn lead_on(
    (n, cut): (usize, &[(usize, usize)]),
    (rows, extents): Chosen<'_, '_>,
    tables: &[TableSides<'_, '_>],
    waiting: &mut Meanwhile,
) -> Result<bool> {
    let references = &tables[n].constraints.references;
    let mut stays: BTreeMap<usize, Option<Cells>> = BTreeMap::new();
    let mut is_lost = false;
    for &(row, number) in cut {
        let reference = &references[number];
        if !reference.loose.is_empty() || !reference.is_at_once {
            continue;
        }
        if !is_free((n, reference), tables) {
            is_lost = true;
            continue;
        }
        let staying = match stays.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(staying(reference, tables)?),
        };
        let row = extents[row];
        let cells = match staying {
            Some(cells) => cells.clone(),
            None if reference.table == n => {
                is_lost |= reference.manner == Manner::StaysHome;
                led_to(reference, &rows.read(row)?)
            }
            None => {
                is_lost = true;
                continue;
            }
        };
        waiting.entry(row).or_default().extend(cells);
    }
    Ok(is_lost)
}

/// What leads to a row that is the same on both sides; `None` where there is none.
fn staying(reference: &Reference, tables: &[TableSides<'_, '_>]) -> Result<Option<Cells>> {
    let TableSides { old, joined, .. } = tables[reference.table];
    let changing = joined.changed.iter().map(|pair| pair.0).chain(joined.old_only.clone());
    let changing = changing.chain(joined.carried.iter().copied()).collect();
    let mut found = None;
    each_but(old, &changing, |row| {
        if found.is_none() {
            let row = old.read(row)?;
            found = reference.led(old.columns, &row).map(|_| led_to(reference, &row));
        }
        Ok(())
    })?;
    Ok(found)
}

/// What leads to a row.
fn led_to(reference: &Reference, row: &Row<'_>) -> Cells {
    let cells = reference.columns.iter().zip(&reference.referred);
    cells.map(|(&column, &referred)| (column, owned(&row[referred]))).collect()
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
