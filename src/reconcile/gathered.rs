//! What becomes of the rows of a table, gathered over all mappings before anybody is refused a value: a row has what
//! all of them leave it, and what two make of one entry is one row.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::Result;
use crate::mapping::{Action, Toward};
use crate::reconcile::children::ChildChanges;
use crate::reconcile::coming::Coming;
use crate::reconcile::database::{FollowedBy, Follower, TableInMaking};
use crate::reconcile::ends::AllEnds;
use crate::reconcile::flow::ReadyChild;
use crate::reconcile::made_row::{Deltas, with};
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::column;
use crate::reconcile::refused::{Asker, Who};
use crate::reconcile::rekeyed::Rekeyed;
use crate::reconcile::why::Origin;
use crate::source::Extent;
use crate::table::Row;

/// What becomes of a row: one that is there, or one that comes.
pub(super) struct Change<'r> {
    /// Where it stands, where it is there.
    pub(super) place: Option<Extent>,
    /// Who has it change, and what each changes in it.
    parts: Vec<Part<'r>>,
}

/// What one has changed in a row.
struct Part<'r> {
    asker: Asker,
    deltas: Cow<'r, Deltas>,
    /// Whether it is said of a row that another makes.
    joins: bool,
}

impl Part<'_> {
    fn coming(&self) -> Coming<'_> {
        match self.joins {
            true => Coming::Joins(&self.deltas),
            false => Coming::Makes(&self.deltas),
        }
    }
}

impl Change<'_> {
    /// Who has these columns change: of a row that comes, everyone who makes it, unless others alone fill them.
    pub(super) fn askers(&self, key: &[usize]) -> impl Iterator<Item = Asker> {
        let fills = |part: &Part<'_>| changes(key, &part.deltas);
        let is_new = self.place.is_none();
        let is_others = is_new
            && self.parts.iter().any(|part| part.joins && fills(part))
            && !self.parts.iter().any(|part| !part.joins && fills(part));
        let asks = move |part: &&Part<'_>| match is_new {
            true => part.joins == is_others && (!is_others || fills(part)),
            false => fills(part),
        };
        self.parts.iter().filter(asks).map(|part| part.asker)
    }

    /// Whether any of these columns changes.
    pub(super) fn touches(&self, key: &[usize]) -> bool {
        self.askers(key).next().is_some()
    }

    /// The row as it is to be.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(super) fn row(
        &self,
        follower: &Follower<'_, '_, '_>,
        table: usize,
    ) -> Result<Row<'static>> {
        let columns = follower.task.tables[table].rows.columns;
        let mut row = follower.new_row(table, self.place, &Deltas::new())?;
        for part in &self.parts {
            row = match self.place {
                Some(_) => with(row, &part.deltas),
                None => part.coming().together(columns, &row).unwrap_or(row),
            };
        }
        Ok(row)
    }
}

fn changes(key: &[usize], deltas: &Deltas) -> bool {
    deltas.iter().any(|(at, _)| key.contains(at))
}

/// What becomes of the rows of a table.
#[derive(Default)]
pub(super) struct Gathered<'r> {
    old: BTreeMap<Extent, Change<'r>>,
    new: Vec<Change<'r>>,
    /// The rows that come by the places of what they are made of.
    made_of: HashMap<Extent, Vec<usize>>,
    /// The rows that go.
    pub(super) gone: HashSet<Extent>,
}

impl<'r> Gathered<'r> {
    fn change(&mut self, place: Extent, asker: Asker, deltas: Cow<'r, Deltas>) {
        let none = || Change { place: Some(place), parts: Vec::new() };
        self.old.entry(place).or_insert_with(none).parts.push(Part { asker, deltas, joins: false });
    }

    fn come(&mut self, part: Part<'r>) {
        self.new.push(Change { place: None, parts: vec![part] });
    }

    /// All of them, but for those of rows that go.
    pub(super) fn into_changes(self) -> (Vec<Change<'r>>, HashSet<Extent>) {
        let gone = self.gone;
        let old = self.old.into_iter().filter(|(place, _)| !gone.contains(place));
        (old.map(|(_, change)| change).chain(self.new).collect(), gone)
    }
}

impl Follower<'_, '_, '_> {
    /// The columns of which no two rows of a table may have the same values, as far as rows of it change.
    pub(super) fn keys(&self, table: usize) -> Vec<&[usize]> {
        let one = &self.task.tables[table];
        let mappings = &self.stage.plan.mappings;
        let is_main = mappings.iter().any(|mapping| mapping.table == table);
        let keys = std::iter::once(&one.rows.columns.key).chain(&one.constraints.unique);
        let keys = keys.map(Vec::as_slice).filter(|key| !key.is_empty());
        keys.filter(|key| is_main || self.is_any_child_told_by_others(table, key)).collect()
    }

    /// Whether a flow has a row there for each value, and another record may have one with the same key.
    fn is_any_child_told_by_others(&self, table: usize, key: &[usize]) -> bool {
        let flows = self.stage.plan.mappings.iter().flat_map(|mapping| &mapping.flows);
        flows.filter(|flow| flow.goes(Toward::Database)).any(|flow| {
            let is_it = |child: &&ReadyChild<'_>| child.table == table;
            flow.child.as_ref().filter(is_it).is_some_and(|child| {
                let own = child.foreign_key.iter().chain(&flow.column);
                own.into_iter().any(|at| !key.contains(at))
            })
        })
    }

    /// What all mappings make of the rows of a table, as far as one of these keys changes.
    pub(super) fn gathered<'r>(
        &self,
        followed: &'r [FollowedBy],
        (ends, staying): (&AllEnds<'_>, &[HashSet<u32>]),
        (table, keys): (usize, &[&[usize]]),
    ) -> Result<Gathered<'r>> {
        let mut all = Gathered::default();
        let is_touched = |deltas: &Deltas| keys.iter().any(|key| changes(key, deltas));
        let mappings = self.stage.plan.mappings.iter().enumerate();
        let mut joining = Vec::new();
        for (n, mapping) in mappings.filter(|(_, mapping)| mapping.table == table) {
            let members = &self.stage.rows[n];
            for (source, target, followed) in &followed[n] {
                let (asker, deltas) = ((n, Who::Source(*source)), Cow::Borrowed(&followed.deltas));
                match target.map(|target| members.place(target)) {
                    Some(place) if is_touched(&deltas) => all.change(place, asker, deltas),
                    Some(_) => {}
                    None => {
                        let joins = self.stage.joins(n, *source);
                        let entry = self.stage.sources(n).place(*source);
                        let part = Part { asker, deltas, joins };
                        match joins {
                            true => joining.push((entry, part)),
                            false => self.come_together(&mut all, (table, entry), part)?,
                        }
                    }
                }
            }
            let may_change = self.may_change_leavers(mapping, keys);
            for (target, action) in self.stage.leaving_but(n, &staying[n]) {
                let place = members.place(target);
                if action == Action::Delete {
                    all.gone.insert(place);
                } else if may_change {
                    let deltas = self.deltas_of_leaver(mapping, place)?;
                    if is_touched(&deltas) {
                        all.change(place, (n, Who::Leaver(target)), Cow::Owned(deltas));
                    }
                }
            }
        }
        for (entry, part) in joining {
            self.come_together(&mut all, (table, entry), part)?;
        }
        if keys.iter().any(|key| self.is_any_child_told_by_others(table, key)) {
            self.gather_children(followed, (ends, staying), table, &mut all)?;
        }
        Ok(all)
    }

    /// Adds a row that comes to what another mapping makes of the same entry, where they are one.
    fn come_together<'r>(
        &self,
        all: &mut Gathered<'r>,
        (table, entry): (usize, Extent),
        part: Part<'r>,
    ) -> Result<()> {
        let columns = self.task.tables[table].rows.columns;
        for &number in all.made_of.get(&entry).into_iter().flatten() {
            let known = all.new[number].row(self, table)?;
            if part.coming().together(columns, &known).is_some() {
                all.new[number].parts.push(part);
                return Ok(());
            }
        }
        if !part.joins {
            all.made_of.entry(entry).or_default().push(all.new.len());
            all.come(part);
        }
        Ok(())
    }

    /// Whether becoming inactive may change a column of these keys.
    fn may_change_leavers(&self, mapping: &ReadyMapping<'_>, keys: &[&[usize]]) -> bool {
        let inactivate = mapping.mapping.inactivate.of(Toward::Database).iter();
        let mut names =
            inactivate.flat_map(|one| one.set.iter().map(|(name, _)| name).chain(&one.clear));
        let columns = self.columns(mapping);
        let is_of_key = |at: usize| keys.iter().any(|key| key.contains(&at));
        names.any(|name| column(columns, name).is_some_and(is_of_key))
    }

    /// What changes in a row that becomes inactive.
    fn deltas_of_leaver(&self, mapping: &ReadyMapping<'_>, place: Extent) -> Result<Deltas> {
        let row = self.task.tables[mapping.table].rows.read(place)?;
        Ok(self.stage.inactivated_row(mapping, &row))
    }

    /// Adds the rows of values that come, change and go in a table.
    fn gather_children(
        &self,
        followed: &[FollowedBy],
        (ends, staying): (&AllEnds<'_>, &[HashSet<u32>]),
        table: usize,
        all: &mut Gathered<'_>,
    ) -> Result<()> {
        let rekeyed = &Rekeyed::of(*self, followed)?;
        let mut making: Vec<TableInMaking> = Vec::new();
        making.resize_with(self.task.tables.len(), TableInMaking::default);
        for (n, followed) in followed.iter().enumerate() {
            let mapping = &self.stage.plan.mappings[n];
            let is_there = |flow: &usize| {
                mapping.flows[*flow].child.as_ref().is_some_and(|child| child.table == table)
            };
            let rows = &self.task.tables[mapping.table].rows;
            for (source, target, followed) in followed {
                let wanted = || followed.children.iter().filter(|(flow, _)| is_there(flow));
                if wanted().next().is_none() {
                    continue;
                }
                let place = target.map(|target| self.stage.rows[n].place(target));
                let old = place.map(|place| rows.read(place)).transpose()?;
                let new = &self.new_row(mapping.table, place, &followed.deltas)?;
                let origin = Origin::following(n, *source, *target);
                for (flow, wanted) in wanted() {
                    let (stage, old, flow) = (self.stage, old.as_ref(), *flow);
                    let of = ChildChanges { stage, n, flow, old, new, ends, rekeyed, origin };
                    of.add(self.children, wanted, &mut making)?;
                }
                all.take(&mut making[table], (n, Who::Source(*source)));
            }
            for (target, action) in self.stage.leaving_but(n, &staying[n]) {
                let origin = self.stage.origin_of_leaving(n, target, action);
                let row = rows.read(self.stage.rows[n].place(target))?;
                let flows = (0..mapping.flows.len()).filter(|_| action == Action::Delete);
                for flow in flows.filter(is_there) {
                    let of = (flow, origin);
                    ChildChanges::remove_all(self.stage, of, &row, self.children, &mut making);
                }
                all.take(&mut making[table], (n, Who::Leaver(target)));
            }
        }
        Ok(())
    }
}

impl Gathered<'_> {
    /// Takes what one has come, change and go.
    fn take(&mut self, making: &mut TableInMaking, asker: Asker) {
        let making = std::mem::take(making);
        self.gone.extend(making.deleted);
        for (place, deltas) in making.changes {
            self.change(place, asker, Cow::Owned(deltas));
        }
        for row in making.created {
            let deltas = Cow::Owned(row.into_iter().enumerate().collect());
            self.come(Part { asker, deltas, joins: false });
        }
    }
}
