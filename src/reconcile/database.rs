//! The database follows the directory: rows that come, change and go.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::{FlowFault, Result};
use crate::mapping::{Action, Toward};
use crate::reconcile::account::Account;
use crate::reconcile::children::{ChildChanges, ChildIndex};
use crate::reconcile::coming::Coming;
use crate::reconcile::ends::AllEnds;
use crate::reconcile::explain::Effect;
use crate::reconcile::fields::{FieldReader, Fields};
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::made::{cell, made_key, not_said};
use crate::reconcile::made_row::{Deltas, Followed, OneRow, owned_row, with};
use crate::reconcile::marks::Marker;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{Record, column};
use crate::reconcile::refused::{Refusals, Who};
use crate::reconcile::rekeyed::Rekeyed;
use crate::reconcile::row_ends::RowEnds;
use crate::reconcile::sequence::Sequences;
use crate::reconcile::settled::{Settled, Settler};
use crate::reconcile::sift::Skipped;
use crate::reconcile::stage::{Pair, Stage, staged};
use crate::reconcile::why::{Origin, Origins, Whys};
use crate::reconcile::{Outcome, Task};
use crate::source::Extent;
use crate::table::{Cell, Columns, Row, Value};

/// What becomes of a table.
#[derive(Debug, Default)]
pub struct MadeTable {
    /// How many rows there are, where they were read.
    pub rows: Option<u64>,
    /// Rows that change: where each stands, and how it will be.
    pub changed: Vec<(Extent, Row<'static>)>,
    /// Rows that come.
    pub created: Vec<Row<'static>>,
    /// Rows that go.
    pub deleted: Vec<Extent>,
    /// Rows that the database itself has follow what they refer to.
    pub carried: HashSet<Extent>,
    /// Why, where that is asked for.
    pub whys: Whys,
}

/// Has the tables follow the entries.
///
/// # Errors
///
/// A side that cannot be read; what is named is not there; a policy that ends the run.
pub fn follow_directory(task: &Task<'_>) -> Result<Outcome<Vec<MadeTable>>> {
    follow_by(task, &Marker::hashed())
}

/// The same, with these marks of keys.
pub(super) fn follow_by(task: &Task<'_>, marker: &Marker) -> Result<Outcome<Vec<MadeTable>>> {
    let skipped = Skipped::of(task)?;
    let ((made, accounts), _) = staged(task, (marker, &skipped), |stage| {
        let mut accounts = stage.accounts()?;
        let follower = Follower { stage, task, children: &ChildIndex::new(stage)? };
        let mut rejected: Vec<HashSet<u32>> = vec![HashSet::new(); task.mappings.len()];
        let mut staying = rejected.clone();
        loop {
            let all = stage.all_followed(&rejected);
            let sequences = Sequences::of_columns(stage, &all)?;
            let ends = follower.ends(&all, &sequences)?;
            let round = follower.round(&all, &ends, (&sequences, &staying))?;
            let sides = (&mut rejected[..], &mut staying[..]);
            if !stage.set_aside(round.refused, sides, &mut accounts) {
                let tables = follower.tables((round.followed, &staying), &ends, &mut accounts)?;
                return Ok((tables, accounts));
            }
        }
    })?;
    Ok(Outcome { made, accounts, skipped })
}

/// What the sources of a mapping make of their rows: each with its target, where it has one.
pub(super) type FollowedBy = Vec<(u32, Option<u32>, Followed)>;

/// What one look at all records came to. Who refers to a record that turns out to be rejected needs another.
pub(super) struct Round {
    pub(super) followed: Vec<FollowedBy>,
    pub(super) refused: Refusals,
}

#[derive(Clone, Copy)]
pub(super) struct Follower<'f, 's, 'm> {
    pub(super) stage: &'f Stage<'s, 'm>,
    pub(super) task: &'f Task<'m>,
    /// The rows of all child tables.
    pub(super) children: &'f ChildIndex,
}

impl<'f, 'm> Follower<'f, '_, 'm> {
    pub(super) fn columns(&self, mapping: &ReadyMapping<'_>) -> &'f Columns {
        self.task.tables[mapping.table].rows.columns
    }

    /// What references lead to.
    fn ends<'e>(self, all: &'e [Vec<Pair>], sequences: &'e Sequences) -> Result<AllEnds<'e>>
    where
        'f: 'e,
    {
        let flows = self.stage.plan.mappings.iter().flat_map(|mapping| &mapping.flows);
        let flows = flows.filter(|flow| flow.goes(Toward::Database));
        let references = flows.filter_map(|flow| flow.reference);
        AllEnds::new(references, |which| {
            Ok(Box::new(RowEnds::new(self, which, &all[which.0], sequences)?))
        })
    }

    fn round(
        &self,
        all: &[Vec<Pair>],
        ends: &AllEnds<'_>,
        (sequences, staying): (&Sequences, &[HashSet<u32>]),
    ) -> Result<Round> {
        const CHUNK: usize = 2048;
        let mut round = Round { followed: Vec::new(), refused: Refusals::new(all.len()) };
        for (n, pairs) in all.iter().enumerate() {
            let settled = Settled::of(self.stage, n, Toward::Database);
            let made = self.task.pool.map_ordered(pairs.chunks(CHUNK), |chunk| -> Result<Vec<_>> {
                let mut reader = self.stage.reader();
                let mut settler =
                    settled.as_ref().map(|settled| settled.reader((self.stage, n), ends));
                let mut made = Vec::new();
                for pairs in chunk.chunks(Settler::AT_ONCE) {
                    let settled = settler.as_mut().map(|settler| settler.are_settled(pairs));
                    let is_open = |at: &usize| settled.as_ref().is_none_or(|settled| !settled[*at]);
                    for pair in (0..pairs.len()).filter(is_open).map(|at| pairs[at]) {
                        let one = self.follow(n, pair, (ends, sequences), &mut reader)?;
                        let is_nothing = |one: &Followed| pair.1.is_some() && one.is_nothing();
                        if !one.as_ref().is_ok_and(is_nothing) {
                            made.push((pair, one));
                        }
                    }
                }
                Ok(made)
            });
            let mut followed = Vec::new();
            for part in made {
                for ((source, target), made) in part? {
                    match made {
                        Ok(made) => followed.push((source, target, made)),
                        Err(fault) => {
                            round.refused.refuse(self.stage, (n, Who::Source(source)), fault);
                        }
                    }
                }
            }
            round.followed.push(followed);
        }
        self.say_together(all, (ends, sequences), &mut round)?;
        self.find_bereft(staying, &mut round)?;
        self.find_conflicts((ends, staying), &mut round)?;
        Ok(round)
    }

    /// The row as it is to be.
    pub(super) fn new_row(
        &self,
        table: usize,
        place: Option<Extent>,
        deltas: &Deltas,
    ) -> Result<Row<'static>> {
        let rows = &self.task.tables[table].rows;
        let old = match place {
            Some(place) => owned_row(&rows.read(place)?),
            None => not_said(rows.columns.names.len()),
        };
        Ok(with(old, deltas))
    }

    /// What a source makes of its row.
    fn follow(
        &self,
        n: usize,
        (source, target): Pair,
        (ends, sequences): (&AllEnds<'_>, &Sequences),
        reader: &mut FieldReader<'_, 'm>,
    ) -> Result<std::result::Result<Followed, FlowFault>> {
        let stage = self.stage;
        let rows = &self.task.tables[stage.plan.mappings[n].table].rows;
        let old = target.map(|target| rows.read(stage.rows[n].place(target))).transpose()?;
        let place = stage.sources(n).place(source);
        reader.with(self.task.directory, place, |fields| {
            if let Some(row) = &old {
                stage.verify(n, stage.cases[n].list_of(source), fields, row);
            }
            self.one(n, (source, target), old.as_ref(), fields, (ends, sequences)).followed()
        })
    }

    /// The same of a row that is so by now.
    pub(super) fn follow_row(
        &self,
        n: usize,
        pair: Pair,
        old: Option<&Row<'_>>,
        beside: (&AllEnds<'_>, &Sequences),
        reader: &mut FieldReader<'_, 'm>,
    ) -> Result<std::result::Result<Followed, FlowFault>> {
        let place = self.stage.sources(n).place(pair.0);
        let one = |fields: &Fields<'_>| self.one(n, pair, old, fields, beside).followed();
        reader.with(self.task.directory, place, one)
    }

    fn one<'o>(
        &'o self,
        n: usize,
        (source, target): Pair,
        old: Option<&'o Row<'o>>,
        fields: &'o Fields<'o>,
        (ends, sequences): (&'o AllEnds<'o>, &'o Sequences),
    ) -> OneRow<'o, 'f, 'o, 'm> {
        let stage = self.stage;
        OneRow {
            follower: *self,
            n,
            mapping: &stage.plan.mappings[n],
            source,
            target,
            old,
            record: Record::Entry(stage.view(fields)),
            ends,
            sequences,
        }
    }

    /// The query for a key that the database makes.
    pub(super) fn made_key(
        &self,
        n: usize,
        record: &Record<'_>,
        column: usize,
    ) -> std::result::Result<Option<Value<'static>>, FlowFault> {
        let mapping = &self.stage.plan.mappings[n];
        let table = &self.task.tables[mapping.table];
        for list in &mapping.lists {
            let mut found = Vec::new();
            for &(at, flow) in list {
                let flow = &mapping.flows[flow];
                let brought =
                    flow.brought(record, Toward::Database, true, &self.stage.plan.zone)?;
                let Brought::Values(values) = brought else { continue };
                let one = flow.one(values)?;
                found.extend(
                    one.and_then(|one| cell(table.rows.columns, at, &one)).map(|v| (at, v)),
                );
            }
            if found.len() == list.len() && !list.iter().any(|(at, _)| *at == column) {
                return Ok(made_key(self.task.dialect, table, column, &found));
            }
        }
        Ok(None)
    }

    /// Puts together what becomes of each table.
    fn tables(
        &self,
        (followed, staying): (Vec<FollowedBy>, &[HashSet<u32>]),
        ends: &AllEnds<'_>,
        accounts: &mut [Account],
    ) -> Result<Vec<MadeTable>> {
        let mut all: Vec<TableInMaking> = Vec::new();
        let in_making =
            || TableInMaking { origins: Origins::new(self.task.tells), ..TableInMaking::default() };
        all.resize_with(self.task.tables.len(), in_making);
        let beside = (ends, &Rekeyed::of(*self, &followed)?);
        let mut joining = Vec::new();
        for (n, followed) in followed.into_iter().enumerate() {
            let joins =
                |one: &(u32, Option<u32>, Followed)| one.1.is_none() && self.stage.joins(n, one.0);
            let (joins, others): (Vec<_>, Vec<_>) = followed.into_iter().partition(joins);
            self.add_followed((n, others), beside, &mut all, &mut accounts[n])?;
            self.add_leaving(n, &staying[n], &mut all, &mut accounts[n])?;
            joining.push(joins);
        }
        // What joins a row comes behind what makes it.
        for (n, followed) in joining.into_iter().enumerate() {
            self.add_followed((n, followed), beside, &mut all, &mut accounts[n])?;
        }
        let made = all.into_iter().enumerate();
        made.map(|(table, one)| one.made(self.stage, table)).collect()
    }

    /// Adds what the sources of a mapping make of its table and of those of its values.
    fn add_followed(
        &self,
        (n, followed): (usize, FollowedBy),
        (ends, rekeyed): (&AllEnds<'_>, &Rekeyed),
        all: &mut [TableInMaking],
        account: &mut Account,
    ) -> Result<()> {
        let stage = self.stage;
        let mapping = &stage.plan.mappings[n];
        let rows = &self.task.tables[mapping.table].rows;
        for (source, target, mut followed) in followed {
            let kept = self.kept(mapping.table, &followed.kept, rekeyed);
            followed.deltas.extend(kept);
            account.unresolved.extend(followed.unresolved.iter().cloned());
            let place = target.map(|target| stage.rows[n].place(target));
            let before = place.map(|place| rows.read(place).map(|row| (place, row))).transpose()?;
            let origin = Origin::following(n, source, target);
            account.explain(source, || {
                let before = before.as_ref().map(|(_, row)| row);
                effects(mapping, rows.columns, before, &followed)
            });
            let (old, new) = match before {
                Some((place, old)) => {
                    let deltas = followed.deltas;
                    let new = with(owned_row(&old), &deltas);
                    if !deltas.is_empty() {
                        all[mapping.table].origins.add_old(place, origin);
                        all[mapping.table].changes.entry(place).or_default().extend(deltas);
                    }
                    (Some(old), new)
                }
                None => {
                    let entry = stage.sources(n).place(source);
                    let coming = match stage.joins(n, source) {
                        true => Coming::Joins(&followed.deltas),
                        false => Coming::Makes(&followed.deltas),
                    };
                    let new = all[mapping.table].come(rows.columns, entry, coming, origin);
                    let Some(new) = new else { continue };
                    (None, new)
                }
            };
            for (flow, wanted) in followed.children {
                let old = old.as_ref();
                let of = ChildChanges { stage, n, flow, old, new: &new, ends, rekeyed, origin };
                of.add(self.children, &wanted, all)?;
            }
        }
        Ok(())
    }

    /// Has the rows go or become inactive that a mapping leaves without a source.
    fn add_leaving(
        &self,
        n: usize,
        staying: &HashSet<u32>,
        all: &mut [TableInMaking],
        account: &mut Account,
    ) -> Result<()> {
        let stage = self.stage;
        let mapping = &stage.plan.mappings[n];
        let rows = &self.task.tables[mapping.table].rows;
        for (target, action) in stage.leaving_but(n, staying) {
            let place = stage.rows[n].place(target);
            let is_meant = stage.rows[n].known.is_meant(target);
            let row = rows.read(place)?;
            let origin = stage.origin_of_leaving(n, target, action);
            all[mapping.table].origins.add_old(place, origin);
            match action {
                Action::Delete => {
                    account.lose(is_meant, || rows.columns.shown_key(&row));
                    all[mapping.table].deleted.insert(place);
                    for flow in 0..mapping.flows.len() {
                        ChildChanges::remove_all(stage, (flow, origin), &row, self.children, all);
                    }
                }
                _ => {
                    let deltas = stage.inactivated_row(mapping, &row);
                    let effects = || Ok(effects_of(rows.columns, Some(&row), &deltas, |_| None));
                    account.explain_leaver(target, effects)?;
                    if !deltas.is_empty() {
                        account.lose(is_meant, || rows.columns.shown_key(&row));
                        all[mapping.table].changes.entry(place).or_default().extend(deltas);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Stage<'_, '_> {
    /// What makes a row inactive, as far as it is not.
    pub(super) fn inactivated_row(&self, mapping: &ReadyMapping<'_>, row: &Row<'_>) -> Deltas {
        let columns = self.task.tables[mapping.table].rows.columns;
        let Some(inactivate) = &mapping.mapping.inactivate.to_database else { return Vec::new() };
        let mut deltas = Vec::new();
        for (name, value) in &inactivate.set {
            let Some(at) = column(columns, name) else { continue };
            let bounds = self.task.tables[mapping.table].bounds.get(at).and_then(Option::as_ref);
            let value = value.as_bytes();
            let words = bounds.map_or(Cow::Borrowed(value), |bounds| bounds.words(value));
            let new = cell(columns, at, &words);
            if !columns.agree_in(at, &row[at], &new) {
                deltas.push((at, new));
            }
        }
        for name in &inactivate.clear {
            let Some(at) = column(columns, name) else { continue };
            deltas.extend(row[at].is_some().then_some((at, None)));
        }
        deltas
    }
}

/// A table whose changes are collected: those of one row may come from several mappings.
#[derive(Debug, Default)]
pub(super) struct TableInMaking {
    pub(super) changes: BTreeMap<Extent, Deltas>,
    pub(super) created: Vec<Row<'static>>,
    pub(super) deleted: HashSet<Extent>,
    /// Rows that the database itself has follow what they refer to.
    pub(super) carried: HashSet<Extent>,
    pub(super) origins: Origins,
    /// The numbers of rows that come, by the places of the entries that they are made of.
    made_of: HashMap<Extent, Vec<usize>>,
}

impl TableInMaking {
    /// Adds what an entry makes of a row that comes to what another mapping makes of it, where they are one; answers the
    /// row, where there is one.
    fn come(
        &mut self,
        columns: &Columns,
        entry: Extent,
        coming: Coming<'_>,
        origin: Origin,
    ) -> Option<Row<'static>> {
        let known = self.made_of.entry(entry).or_default();
        let together =
            |&number: &usize| Some((number, coming.together(columns, &self.created[number])?));
        let alone = || Some((self.created.len(), coming.alone(columns)?));
        let (number, row) = known.iter().find_map(together).or_else(alone)?;
        self.origins.add_new(number, origin);
        match self.created.get_mut(number) {
            Some(known) => known.clone_from(&row),
            None => {
                known.push(number);
                self.created.push(row.clone());
            }
        }
        Some(row)
    }

    /// Has a row go.
    pub(super) fn remove(&mut self, row: Extent, origin: Origin) {
        self.origins.add_old(row, origin);
        self.deleted.insert(row);
    }

    /// Notes what the database puts into a row; whatever else changes in it, that is there already.
    pub(super) fn carry(&mut self, row: Extent, put: (usize, Cell<'static>)) {
        match self.changes.get_mut(&row) {
            Some(deltas) => deltas.push(put),
            None => drop(self.carried.insert(row)),
        }
    }

    fn made(self, stage: &Stage<'_, '_>, table: usize) -> Result<MadeTable> {
        let rows = &stage.task.tables[table].rows;
        let changed = self.changes.into_iter().filter(|(place, _)| !self.deleted.contains(place));
        // What two mappings write may come to what is there.
        let change = |(place, deltas): (Extent, Deltas)| -> Result<Option<_>> {
            let old = rows.read(place)?;
            let new = with(owned_row(&old), &deltas);
            let differs = !rows.columns.differing(&old, &new).is_empty();
            Ok(differs.then_some((place, new)))
        };
        let mut deleted: Vec<Extent> = self.deleted.iter().copied().collect();
        deleted.sort_unstable();
        let changed = changed.filter_map(|one| change(one).transpose());
        let changed: Vec<(Extent, Row<'static>)> = changed.collect::<Result<_>>()?;
        let after = |place: Extent| match changed.binary_search_by_key(&place, |one| one.0) {
            Ok(at) => Some(Some(&changed[at].1)),
            Err(_) => self.deleted.contains(&place).then_some(None),
        };
        let whys = match stage.task.tells {
            true => stage.whys_of_rows(&self.origins, table, after, &self.created)?,
            false => Whys::default(),
        };
        let TableInMaking { created, carried, .. } = self;
        let mut mappings = stage.plan.mappings.iter();
        let read = mappings.position(|mapping| mapping.table == table);
        let rows = read.map(|n| stage.rows[n].of_rows);
        Ok(MadeTable { rows, changed, created, deleted, carried, whys })
    }
}

/// What the flows of a mapping change in a row.
fn effects(
    mapping: &ReadyMapping<'_>,
    columns: &Columns,
    before: Option<&Row<'_>>,
    followed: &Followed,
) -> Vec<Effect> {
    effects_of(columns, before, &followed.deltas, |column| {
        let feeds = |flow: &&Ready<'_>| {
            flow.child.is_none() && flow.column == Some(column) && flow.goes(Toward::Database)
        };
        mapping.flows.iter().find(feeds).map(|flow| flow.flow.line)
    })
}

/// What changes in a row; `line` says which flow feeds a column.
fn effects_of(
    columns: &Columns,
    before: Option<&Row<'_>>,
    deltas: &Deltas,
    line: impl Fn(usize) -> Option<u64>,
) -> Vec<Effect> {
    let effect = |(column, cell): &(usize, Cell<'static>)| {
        let old = before.and_then(|row| row[*column].as_ref()).map(|value| &*value.bytes);
        let new = cell.as_ref().map(|value| &*value.bytes);
        Effect::new(line(*column), &columns.names[*column], (old, new))
    };
    deltas.iter().map(effect).collect()
}
