//! Tables that hold a row for each value of a flow: only what differs comes and goes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::reconcile::Task;
use crate::reconcile::database::TableInMaking;
use crate::reconcile::ends::AllEnds;
use crate::reconcile::flow::{Ready, ReadyChild};
use crate::reconcile::made::{cell, not_said};
use crate::reconcile::made_row::{canonical, is_managed, owned_row};
use crate::reconcile::rekeyed::{Passing, Rekeyed};
use crate::reconcile::spelled::{adopt, may_lead};
use crate::reconcile::stage::Stage;
use crate::reconcile::why::Origin;
use crate::source::{Extent, Rows};
use crate::table::{Cell, Reference, Row, Value};

/// Rows by the key of the row that they are of.
pub(super) type ByKey = HashMap<Vec<u8>, Vec<Extent>>;

/// The rows of child tables by the key of the row that they are of.
#[derive(Debug, Default)]
pub(super) struct ChildIndex {
    tables: HashMap<Which, ByKey>,
}

/// The table of the rows that they are of, the child table, and its columns that hold the key.
type Which = (usize, usize, Vec<usize>);

fn which(parents: usize, child: &ReadyChild<'_>) -> Which {
    (parents, child.table, child.foreign_key.clone())
}

impl ChildIndex {
    /// Those of the child tables of all mappings.
    ///
    /// # Errors
    ///
    /// A row of such a table cannot be read.
    pub(super) fn new(stage: &Stage<'_, '_>) -> Result<ChildIndex> {
        let mut tables = HashMap::new();
        for mapping in &stage.plan.mappings {
            for child in mapping.flows.iter().filter_map(|flow| flow.child.as_ref()) {
                if let Entry::Vacant(free) = tables.entry(which(mapping.table, child)) {
                    free.insert(indexed(stage.task, mapping.table, child)?);
                }
            }
        }
        Ok(ChildIndex { tables })
    }

    /// The rows of a table that are of the row of `parents` with this key, in their order.
    pub(super) fn of(&self, parents: usize, child: &ReadyChild<'_>, key: &[u8]) -> &[Extent] {
        let index = self.tables.get(&which(parents, child));
        index.and_then(|index| index.get(key)).map_or(&[], Vec::as_slice)
    }
}

fn indexed(task: &Task<'_>, parents: usize, child: &ReadyChild<'_>) -> Result<ByKey> {
    let (rows, foreign_key) = (&task.tables[child.table].rows, &child.foreign_key);
    let mut index = ByKey::new();
    for part in rows.split(usize::MAX) {
        rows.each(part, |extent| {
            if let Some(key) = key_in(rows, foreign_key, &rows.read(extent)?) {
                index.entry(key).or_default().push(extent);
            }
            Ok(())
        })?;
    }
    let parent_rows = &task.tables[parents].rows;
    let key = &parent_rows.columns.key;
    let is_theirs = |from: usize, reference: &Reference| {
        let leads = |(at, key): (&usize, &usize)| {
            reference.columns.iter().zip(&reference.referred).any(|pair| pair == (at, key))
        };
        from == child.table && foreign_key.iter().zip(key).all(leads)
    };
    if may_lead(task, parents, key, is_theirs) {
        adopt(&task.tables[parents], &mut index)?;
    }
    Ok(index)
}

/// The values of some columns, each with its length before it; `None` where one is NULL.
pub(super) fn key_in(rows: &Rows<'_>, columns: &[usize], row: &Row<'_>) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    for &n in columns {
        let words = canonical(rows.columns, n, &row[n].as_ref()?.bytes);
        key.extend((words.len() as u64).to_le_bytes());
        key.extend_from_slice(&words);
    }
    Some(key)
}

/// The rows of one row's values in a child table.
pub(super) struct ChildChanges<'c, 's, 'm> {
    pub(super) stage: &'c Stage<'s, 'm>,
    pub(super) n: usize,
    /// The number of the flow.
    pub(super) flow: usize,
    /// The row that they are of, as it was and as it will be.
    pub(super) old: Option<&'c Row<'c>>,
    pub(super) new: &'c Row<'static>,
    pub(super) ends: &'c AllEnds<'c>,
    /// What rows are referred to by another of from now on.
    pub(super) rekeyed: &'c Rekeyed,
    /// What has them change.
    pub(super) origin: Origin,
}

impl<'c, 'm> ChildChanges<'c, '_, 'm> {
    fn flow(&self) -> &'c Ready<'m> {
        &self.stage.plan.mappings[self.n].flows[self.flow]
    }

    /// The rows of the row that it was.
    fn rows_of<'i>(
        stage: &Stage<'_, '_>,
        n: usize,
        child: &ReadyChild<'_>,
        row: &Row<'_>,
        index: &'i ChildIndex,
    ) -> &'i [Extent] {
        let mapping = &stage.plan.mappings[n];
        let parents = &stage.task.tables[mapping.table].rows;
        let key = key_in(parents, &parents.columns.key, row);
        key.map_or(&[], |key| index.of(mapping.table, child, &key))
    }

    /// Adds what comes, changes and goes.
    ///
    /// # Errors
    ///
    /// A row of the table cannot be read.
    pub(super) fn add(
        &self,
        index: &ChildIndex,
        wanted: &[Value<'static>],
        all: &mut [TableInMaking],
    ) -> Result<()> {
        let flow = self.flow();
        let (Some(child), Some(column)) = (&flow.child, flow.column) else { return Ok(()) };
        let rows = &self.stage.task.tables[child.table].rows;
        let normal = |words: &[u8]| match flow.reference {
            Some(_) => canonical(rows.columns, column, words).into_owned(),
            None => flow.normal(self.stage.task.schema, words).into_owned(),
        };
        let ends = flow.reference.as_ref().and_then(|reference| self.ends.of(reference));
        let leads_home = |value: &[u8]| ends.map_or(Ok(true), |ends| ends.is_ours(value));
        let mut open: Vec<(Vec<u8>, usize)> = Vec::new();
        let mut seen = HashSet::new();
        for (n, value) in wanted.iter().enumerate() {
            let normal = normal(&value.bytes);
            if seen.insert(normal.clone()) {
                open.push((normal, n));
            }
        }
        let existing = match self.old {
            Some(old) => Self::rows_of(self.stage, self.n, child, old, index),
            None => &[],
        };
        let mut held = HashSet::new();
        for &extent in existing {
            let row = rows.read(extent)?;
            let is_ours = is_managed(rows.columns, child.owner, &row);
            let Some(value) = row[column].as_ref().map(|value| normal(&value.bytes)) else {
                continue;
            };
            let passed = self.passed(&value);
            let after = passed.map(|(_, new)| normal(&new.bytes));
            let leads_home = !is_ours || leads_home(&value)?;
            if let (Some(after), Some((passing, new)), false) = (&after, passed, leads_home)
                && passing != Passing::Carried
            {
                // It stays with the record of another mapping.
                all[child.table].remove(extent, self.origin());
                if !seen.contains(after) && held.insert(after.clone()) {
                    let mut row = owned_row(&row);
                    row[column] = cell(rows.columns, column, &new.bytes);
                    self.create(child, row, all);
                }
                continue;
            }
            let is_carried = passed.is_some_and(|(passing, _)| passing == Passing::Carried);
            let lies = after.filter(|_| is_carried).unwrap_or(value);
            // Where the database neither has the row follow nor lets it stay, it goes, and comes again.
            let is_bound = passed.is_some_and(|(passing, _)| passing == Passing::Bound);
            let is_left = leads_home && (is_bound || !seen.contains(&lies));
            if is_ours && (is_left || held.contains(&lies)) {
                all[child.table].remove(extent, self.origin());
                continue;
            }
            held.insert(lies);
            self.follow_key(child, extent, rows, &row, all);
            if let Some((_, new)) = passed.filter(|_| is_carried) {
                let new = (column, cell(rows.columns, column, &new.bytes));
                all[child.table].carry(extent, new);
            }
        }
        for (normal, n) in open {
            if held.contains(&normal) {
                continue;
            }
            let mut row = not_said(rows.columns.names.len());
            row[column] = Some(wanted[n].clone());
            if let Some((at, owner)) = child.owner {
                row[at] = cell(rows.columns, at, owner.value.as_bytes());
            }
            self.create(child, row, all);
        }
        Ok(())
    }

    /// What the database does with a row of this value, where the one that it leads to is referred to by another, and
    /// that.
    fn passed(&self, value: &[u8]) -> Option<(Passing, &'c Value<'static>)> {
        let (flow, task) = (self.flow(), self.stage.task);
        let reference = flow.reference.as_ref()?;
        let led = (self.stage.plan.mappings[reference.mapping].table, reference.column);
        let after = self.rekeyed.after(task, led, value)?;
        Some((flow.passing(task, led), after))
    }

    /// Has a row come that is of the row.
    fn create(&self, child: &'c ReadyChild<'m>, mut row: Row<'static>, all: &mut [TableInMaking]) {
        for (at, key) in self.new_key(child) {
            row[at] = key.map(|key| Value { said: key.said, bytes: key.bytes.into_owned().into() });
        }
        let table = &mut all[child.table];
        table.origins.add_new(table.created.len(), self.origin());
        table.created.push(row);
    }

    fn origin(&self) -> Origin {
        Origin { flow: Some(self.flow), ..self.origin }
    }

    /// The columns that hold the key of the row that they are of, each with what it is to hold.
    fn new_key(&self, child: &'c ReadyChild<'m>) -> Vec<(usize, Cell<'static>)> {
        let mapping = &self.stage.plan.mappings[self.n];
        let key = &self.stage.task.tables[mapping.table].rows.columns.key;
        let asked = |key: usize| self.new[key].as_ref().map(Value::asked);
        child.foreign_key.iter().zip(key).map(|(&at, &key)| (at, asked(key))).collect()
    }

    /// Where the key of the row changes that they are of, theirs does; not where they spell it otherwise.
    fn follow_key(
        &self,
        child: &'c ReadyChild<'m>,
        extent: Extent,
        rows: &Rows<'_>,
        row: &Row<'_>,
        all: &mut [TableInMaking],
    ) {
        let mapping = &self.stage.plan.mappings[self.n];
        let parents = &self.stage.task.tables[mapping.table].rows;
        let is_kept =
            |n: &usize| self.old.is_some_and(|old| parents.columns.agree(*n, old, self.new));
        for ((at, key), n) in self.new_key(child).into_iter().zip(&parents.columns.key) {
            if !is_kept(n) && !rows.columns.agree_in(at, &row[at], &key) {
                all[child.table].origins.add_old(extent, self.origin());
                all[child.table].changes.entry(extent).or_default().push((at, key));
            }
        }
    }

    /// Has all rows go that are of a row which goes.
    pub(super) fn remove_all(
        stage: &Stage<'_, '_>,
        (flow, origin): (usize, Origin),
        row: &Row<'_>,
        index: &ChildIndex,
        all: &mut [TableInMaking],
    ) {
        let n = origin.mapping;
        let Some(child) = &stage.plan.mappings[n].flows[flow].child else { return };
        for &row in Self::rows_of(stage, n, child, row, index) {
            all[child.table].origins.add_old(row, Origin { flow: Some(flow), ..origin });
            all[child.table].deleted.insert(row);
        }
    }
}
