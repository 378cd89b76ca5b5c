//! One row and the entry that it follows: what changes in it, or what it is made of.

use std::borrow::Cow;

use crate::dn::Dn;
use crate::error::FlowFault;
use crate::mapping::{FlowValue, IfMissing, Multi, Toward};
use crate::reconcile::Task;
use crate::reconcile::database::Follower;
use crate::reconcile::ends::{AllEnds, Led};
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::known::name_key;
use crate::reconcile::made::cell;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{Record, column, normal_value};
use crate::reconcile::sequence::Sequences;
use crate::reconcile::stage::is_inactivated;
use crate::schema::Schema;
use crate::table::{Cell, Columns, Row, Value};
use crate::text::Shortened;

/// What a flow says of a row, or why it cannot.
type Found<T> = Result<T, FlowFault>;

/// A column of a row and what it gets.
pub(super) type Deltas = Vec<(usize, Cell<'static>)>;

/// What a record makes of a row.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) deltas: Deltas,
    /// The values of flows that have a row for each: by the number of the flow.
    pub(super) children: Vec<(usize, Vec<Value<'static>>)>,
    pub(super) unresolved: Vec<String>,
}

/// One row and the record that it follows.
pub(super) struct OneRow<'o, 'f, 's, 'm> {
    pub(super) follower: &'o Follower<'f, 's, 'm>,
    pub(super) n: usize,
    pub(super) mapping: &'o ReadyMapping<'m>,
    pub(super) source: u32,
    pub(super) target: Option<u32>,
    pub(super) old: Option<&'o Row<'o>>,
    pub(super) record: Record<'o>,
    pub(super) ends: &'o AllEnds<'m>,
    pub(super) sequences: &'o Sequences,
}

impl OneRow<'_, '_, '_, '_> {
    pub(super) fn followed(&self) -> Found<Followed> {
        let mut followed = Followed::default();
        for (number, flow) in self.mapping.flows.iter().enumerate() {
            if flow.goes(Toward::Database) {
                let done = self.flow(number, flow, &mut followed);
                done.map_err(|fault| flow.fault(fault, Toward::Database))?;
            }
        }
        if self.target.is_none() {
            self.complete(&mut followed)?;
        }
        self.take_back(&mut followed);
        Ok(followed)
    }

    fn comes_back(&self) -> bool {
        self.target.is_some_and(|target| self.follower.stage.comes_back(self.n, target))
    }

    /// Takes away what made a row inactive that is so no more, where no flow says what is to be there. In a
    /// column that may not be NULL it stays: nobody knows what was there.
    fn take_back(&self, followed: &mut Followed) {
        let inactivate = self.mapping.mapping.inactivate.to_database.as_ref();
        let Some((old, inactivate)) = self.old.zip(inactivate).filter(|_| self.comes_back()) else {
            return;
        };
        let columns = self.follower.columns(self.mapping);
        for (name, value) in &inactivate.set {
            let Some(at) = column(columns, name).filter(|at| self.is_nullable(*at)) else {
                continue;
            };
            let feeds = |flow: &Ready<'_>| flow.child.is_none() && flow.column == Some(at);
            let words = |words: &[u8]| canonical(columns, at, words);
            let is_set =
                old[at].as_ref().is_some_and(|old| words(&old.bytes) == words(value.as_bytes()));
            if is_set && !self.mapping.is_fed(Toward::Database, feeds) {
                followed.deltas.push((at, None));
            }
        }
    }

    fn flow(&self, number: usize, flow: &Ready<'_>, followed: &mut Followed) -> Found<()> {
        let stage = self.follower.stage;
        let comes_back = self.comes_back()
            && is_inactivated(
                &self.mapping.mapping.inactivate,
                Toward::Database,
                flow.target(Toward::Database),
            );
        let is_new = self.target.is_none() || comes_back;
        let brought = flow.brought(&self.record, Toward::Database, is_new, &stage.plan.zone)?;
        let column = flow.column.unwrap_or_default();
        match brought {
            Brought::Nothing => Ok(()),
            Brought::Next => {
                let number = self.sequences.number(self.n, flow.flow.line, self.source);
                let columns = self.follower.columns(self.mapping);
                followed
                    .deltas
                    .extend(number.map(|number| (column, cell(columns, column, &number))));
                Ok(())
            }
            Brought::Values(values) if flow.child.is_some() => {
                let wanted = self.wanted(flow, values, followed)?;
                followed.children.push((number, wanted));
                Ok(())
            }
            Brought::Values(values) if flow.reference.is_some() => {
                self.reference(flow, column, values, followed)
            }
            Brought::Values(values) => self.plain(flow, column, values, followed),
        }
    }

    fn plain(
        &self,
        flow: &Ready<'_>,
        column: usize,
        values: Vec<Cow<'_, [u8]>>,
        followed: &mut Followed,
    ) -> Found<()> {
        let schema = self.follower.task.schema;
        let columns = self.follower.columns(self.mapping);
        let old = self.old.and_then(|row| row[column].as_ref());
        if old.is_some_and(|old| flow.holds(schema, &old.bytes, &values)) {
            return Ok(());
        }
        match flow.one(values)? {
            Some(value) => followed.deltas.push((column, cell(columns, column, &value))),
            None if old.is_some() && flow.flow.if_missing == IfMissing::Clear => {
                self.clear(column, old, followed)?;
            }
            // What may not be NULL, the database may have a value for.
            None if self.old.is_none() && self.is_nullable(column) => {
                followed.deltas.push((column, None));
            }
            None => {}
        }
        Ok(())
    }

    /// Takes the value of a column away. In one that may not be NULL an empty text stands for none.
    fn clear(&self, column: usize, old: Option<&Value<'_>>, followed: &mut Followed) -> Found<()> {
        if self.is_nullable(column) {
            followed.deltas.push((column, None));
            return Ok(());
        }
        match old.is_some_and(|old| old.bytes.is_empty()) {
            true => Ok(()),
            false => Err(FlowFault::NotNull),
        }
    }

    fn is_nullable(&self, column: usize) -> bool {
        let constraints = self.follower.task.tables[self.mapping.table].constraints;
        constraints.is_nullable.get(column).copied().unwrap_or(true)
    }

    fn reference(
        &self,
        flow: &Ready<'_>,
        column: usize,
        values: Vec<Cow<'_, [u8]>>,
        followed: &mut Followed,
    ) -> Found<()> {
        let old = self.old.and_then(|row| row[column].as_ref());
        let columns = self.follower.columns(self.mapping);
        let Some(reference) = &flow.reference else { return Ok(()) };
        let Some(ends) = self.ends.of(reference) else { return Ok(()) };
        let is_ours = |old: &Value<'_>| ends.is_ours(&canonical(columns, column, &old.bytes));
        let Some(value) = flow.one(values)? else {
            if old.is_some_and(is_ours) && flow.flow.if_missing == IfMissing::Clear {
                followed.deltas.push((column, None));
            }
            return Ok(());
        };
        let normal = normal_reference(self.follower.task, reference.attribute, &value);
        match ends.led(&normal) {
            Led::To(key) => {
                let is_same = old.is_some_and(|old| {
                    canonical(columns, column, &old.bytes) == canonical(columns, column, &key.bytes)
                });
                if !is_same {
                    followed.deltas.push((column, Some(key.asked())));
                }
            }
            Led::Nowhere | Led::Away => {
                if flow.flow.required && old.is_none() {
                    return Err(FlowFault::LeadsNowhere { value: value.into_owned() });
                }
                followed.unresolved.push(unresolved(flow, Toward::Database, &value));
            }
        }
        Ok(())
    }

    /// The values that rows of a child table are to hold.
    fn wanted(
        &self,
        flow: &Ready<'_>,
        values: Vec<Cow<'_, [u8]>>,
        followed: &mut Followed,
    ) -> Found<Vec<Value<'static>>> {
        let mut wanted = Vec::new();
        let Some(child) = &flow.child else { return Ok(wanted) };
        let columns = self.follower.task.tables[child.table].rows.columns;
        let column = flow.column.unwrap_or_default();
        for value in values {
            let Some(ends) = flow.reference.as_ref().and_then(|one| self.ends.of(one)) else {
                wanted.extend(cell(columns, column, &value));
                continue;
            };
            let attribute = flow.reference.and_then(|one| one.attribute);
            match ends.led(&normal_reference(self.follower.task, attribute, &value)) {
                Led::To(key) => wanted.push(key.asked()),
                Led::Nowhere | Led::Away => {
                    followed.unresolved.push(unresolved(flow, Toward::Database, &value));
                }
            }
        }
        if flow.flow.required && wanted.is_empty() {
            return Err(FlowFault::Required);
        }
        Ok(wanted)
    }

    /// What a new row needs besides: its key, and whose it is.
    fn complete(&self, followed: &mut Followed) -> Found<()> {
        let columns = self.follower.columns(self.mapping);
        if let Some((column, owner)) = self.mapping.owner {
            followed.deltas.push((column, cell(columns, column, owner.value.as_bytes())));
        }
        for &column in &columns.key {
            let is_fed = followed.deltas.iter().any(|(at, cell)| *at == column && cell.is_some());
            if is_fed {
                continue;
            }
            let name = || columns.names[column].clone();
            let counted = &self.follower.task.tables[self.mapping.table].counted;
            if self.follower.task.is_fresh && !self.mapping.generated.contains(&column) {
                continue;
            }
            if !self.mapping.generated.contains(&column) && !counted.contains(&column) {
                return Err(FlowFault::NoKey { column: name() });
            }
            let made = self.follower.made_key(self.n, &self.record, column)?;
            let made = made.ok_or_else(|| FlowFault::NotFoundAgain { column: name() })?;
            followed.deltas.push((column, Some(made)));
        }
        Ok(())
    }
}

/// The sentence about a value that leads to no record of the other side.
pub(super) fn unresolved(flow: &Ready<'_>, toward: Toward, value: &[u8]) -> String {
    const WIDTH: usize = 80;
    let name = flow.target(toward);
    let value = Shortened(value, WIDTH);
    format!("`{name}`: {value} leads to no record of `{}`", flow.reference_name())
}

/// A value that refers to an entry, in the form that equal ones share.
pub(super) fn normal_reference(task: &Task<'_>, attribute: Option<&str>, value: &[u8]) -> Vec<u8> {
    match attribute {
        None => match Dn::parse(value) {
            Ok(dn) => name_key(task, &dn),
            Err(_) => value.to_vec(),
        },
        Some(name) => normal_value(task.schema, name.as_bytes(), value),
    }
}

/// The words of a column that equal values share.
pub(super) fn canonical(columns: &Columns, column: usize, words: &[u8]) -> Vec<u8> {
    match columns.types[column] {
        Some(kind) => kind.canonical(words).into_owned(),
        None => words.to_vec(),
    }
}

pub(super) fn owned_row(row: &Row<'_>) -> Row<'static> {
    let owned = |cell: &Cell<'_>| {
        let value = cell.as_ref()?;
        Some(Value { said: value.said, bytes: value.bytes.to_vec().into() })
    };
    row.iter().map(owned).collect()
}

pub(super) fn with(mut row: Row<'static>, deltas: &Deltas) -> Row<'static> {
    for (at, cell) in deltas {
        row[*at].clone_from(cell);
    }
    row
}

impl Ready<'_> {
    /// Whether a column holds these values: as one where it takes one, one of them where any will do.
    fn holds(&self, schema: &Schema, held: &[u8], values: &[Cow<'_, [u8]>]) -> bool {
        let normal = |words: &[u8]| self.normal(schema, words).into_owned();
        if self.flow.split.is_some() {
            let sorted = |parts: Vec<Vec<u8>>| {
                let mut parts = parts;
                parts.sort_unstable();
                parts.dedup();
                parts
            };
            let held = self.parts(held).into_iter().map(normal).collect();
            return sorted(held) == sorted(values.iter().map(|value| normal(value)).collect());
        }
        match (&self.flow.multi, values) {
            (Multi::Any, values) => values.iter().any(|value| normal(value) == normal(held)),
            (Multi::First, [first, ..]) => normal(first) == normal(held),
            (Multi::Join(separator), values) => {
                !values.is_empty() && normal(&values.join(separator.as_bytes())) == normal(held)
            }
            (_, [value]) => normal(value) == normal(held),
            _ => false,
        }
    }

    /// Whether its values are those of the other side.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.flow.value, FlowValue::Copy) && self.reference.is_none()
    }

    /// The mapping that its values lead to.
    pub(super) fn reference_name(&self) -> &str {
        self.flow.reference.as_ref().map_or("", |reference| &reference.mapping)
    }
}
