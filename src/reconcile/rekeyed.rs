//! Rows that are referred to by another value than before where the database follows, and what becomes of those that
//! refer to them.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::reconcile::Task;
use crate::reconcile::database::{FollowedBy, Follower};
use crate::reconcile::flow::{Ready, ReadyReference};
use crate::reconcile::made::cell;
use crate::reconcile::made_row::canonical;
use crate::table::{Cell, Reference, Value};

/// A column that rows are referred to by, and the table it is in.
type Referred = (usize, usize);

/// What rows are referred to by, and get another of: for each column what they had, in the form that equal values share,
/// and what they get.
#[derive(Debug, Default)]
pub(super) struct Rekeyed(HashMap<Referred, HashMap<Vec<u8>, Value<'static>>>);

/// What the database does with a row whose reference leads to one that is referred to by another value now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// It has the reference follow (`ON UPDATE CASCADE`).
    Carried,
    /// It lets nobody change what is referred to.
    Bound,
    /// Nothing: it knows of no reference.
    Free,
}

impl Rekeyed {
    /// Those of which rows of all mappings make others.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub(super) fn of(follower: Follower<'_, '_, '_>, all: &[FollowedBy]) -> Result<Rekeyed> {
        let Follower { stage, task, .. } = follower;
        let mappings = &stage.plan.mappings;
        let flows = mappings.iter().flat_map(|mapping| &mapping.flows);
        let references = flows.filter_map(|flow| flow.reference);
        let referred: HashSet<Referred> =
            references.map(|one| (mappings[one.mapping].table, one.column)).collect();
        let mut rekeyed = Rekeyed::default();
        for (n, followed) in all.iter().enumerate() {
            let table = mappings[n].table;
            let rows = &task.tables[table].rows;
            for (_, target, followed) in followed {
                let Some(target) = target else { continue };
                for (column, new) in &followed.deltas {
                    let Some(new) = new.as_ref().filter(|_| referred.contains(&(table, *column)))
                    else {
                        continue;
                    };
                    let old = rows.cell(stage.rows[n].place(*target), *column)?;
                    let form = |value: &Value<'_>| {
                        canonical(rows.columns, *column, &value.bytes).into_owned()
                    };
                    if let Some(old) = old.map(|old| form(&old)).filter(|old| *old != form(new)) {
                        rekeyed.0.entry((table, *column)).or_default().insert(old, new.clone());
                    }
                }
            }
        }
        Ok(rekeyed)
    }

    /// What is to stand for a value by which a row was referred to.
    pub(super) fn after(
        &self,
        task: &Task<'_>,
        (table, column): Referred,
        value: &[u8],
    ) -> Option<&Value<'static>> {
        let known = self.0.get(&(table, column))?;
        known.get(&*canonical(task.tables[table].rows.columns, column, value))
    }
}

/// A reference that a row keeps, though nothing says whom it means.
#[derive(Debug)]
pub(super) struct Kept {
    column: usize,
    /// The mapping that it should lead to, and by which column.
    reference: (usize, usize),
    value: Value<'static>,
}

impl Kept {
    /// A value that a column keeps.
    pub(super) fn new(
        column: usize,
        reference: &ReadyReference<'_>,
        value: Value<'static>,
    ) -> Kept {
        Kept { column, reference: (reference.mapping, reference.column), value }
    }
}

impl Follower<'_, '_, '_> {
    /// What changes in a row of a table because of the references that it keeps: they follow.
    pub(super) fn kept(
        &self,
        table: usize,
        kept: &[Kept],
        rekeyed: &Rekeyed,
    ) -> Vec<(usize, Cell<'static>)> {
        let columns = self.task.tables[table].rows.columns;
        let after = |kept: &Kept| {
            let (mapping, column) = kept.reference;
            let led = (self.stage.plan.mappings[mapping].table, column);
            let new = rekeyed.after(self.task, led, &kept.value.bytes)?;
            Some((kept.column, cell(columns, kept.column, &new.bytes)))
        };
        kept.iter().filter_map(after).collect()
    }
}

impl Ready<'_> {
    /// What the database does with rows of the child table of the flow whose values lead there.
    pub(super) fn passing(&self, task: &Task<'_>, (table, referred): Referred) -> Passing {
        let (Some(child), Some(column)) = (&self.child, self.column) else { return Passing::Free };
        let mut all = task.tables[child.table].constraints.references.iter();
        let is_it = |one: &&Reference| {
            one.table == table && one.columns == [column] && one.referred == [referred]
        };
        match all.find(is_it) {
            Some(one) if one.follows => Passing::Carried,
            Some(_) => Passing::Bound,
            None => Passing::Free,
        }
    }
}
