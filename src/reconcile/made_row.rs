//! One row and the entry that it follows: what changes in it, or what it is made of.

use std::borrow::Cow;

use crate::dn::Dn;
use crate::error::{FlowFault, Result, Unfit};
use crate::mapping::{FlowValue, IfMissing, Multi, Owner, Toward};
use crate::matching::dn_key;
use crate::reconcile::Task;
use crate::reconcile::children::key_in;
use crate::reconcile::database::Follower;
use crate::reconcile::ends::{AllEnds, Led};
use crate::reconcile::flow::{Brought, Ready, ReadyChild, Stop, stopped};
use crate::reconcile::made::cell;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{Record, column, normal_value};
use crate::reconcile::rekeyed::Kept;
use crate::reconcile::sequence::Sequences;
use crate::reconcile::stage::is_inactivated;
use crate::schema::Schema;
use crate::table::{Cell, Columns, Row, Value};
use crate::text::Shortened;

/// What a flow says of a row, or why it cannot.
type Found<T> = std::result::Result<T, Stop>;

/// A column of a row and what it gets.
pub(super) type Deltas = Vec<(usize, Cell<'static>)>;

/// What a record makes of a row.
#[derive(Debug, Default)]
pub(super) struct Followed {
    pub(super) deltas: Deltas,
    /// The values of flows that have a row for each: by the number of the flow.
    pub(super) children: Vec<(usize, Vec<Value<'static>>)>,
    pub(super) unresolved: Vec<String>,
    /// The references that it keeps though nothing says whom they mean: the column, and what it holds.
    pub(super) kept: Vec<Kept>,
}

impl Followed {
    /// Whether nothing changes in a row that is there.
    pub(super) fn is_nothing(&self) -> bool {
        let says_nothing = self.deltas.is_empty() && self.children.is_empty();
        says_nothing && self.unresolved.is_empty() && self.kept.is_empty()
    }
}

/// One row and the record that it follows.
pub(super) struct OneRow<'o, 'f, 's, 'm> {
    pub(super) follower: Follower<'f, 's, 'm>,
    pub(super) n: usize,
    pub(super) mapping: &'o ReadyMapping<'m>,
    pub(super) source: u32,
    pub(super) target: Option<u32>,
    pub(super) old: Option<&'o Row<'o>>,
    pub(super) record: Record<'o>,
    pub(super) ends: &'o AllEnds<'o>,
    pub(super) sequences: &'o Sequences,
}

impl OneRow<'_, '_, '_, '_> {
    /// What becomes of the row, or what is wrong with the record.
    ///
    /// # Errors
    ///
    /// What a reference leads to cannot be read.
    pub(super) fn followed(&self) -> Result<std::result::Result<Followed, FlowFault>> {
        stopped(self.made())
    }

    fn made(&self) -> Found<Followed> {
        let mut followed = Followed::default();
        for (number, flow) in self.mapping.flows.iter().enumerate() {
            if flow.goes(Toward::Database) && !self.is_seen_same(flow) {
                let done = self.flow(number, flow, &mut followed);
                done.map_err(|stop| stop.of_flow(flow, Toward::Database))?;
            }
        }
        if self.target.is_none() && !self.follower.stage.joins(self.n, self.source) {
            self.complete(&mut followed)?;
        }
        self.take_back(&mut followed);
        if let Some(old) = self.old {
            let columns = self.follower.columns(self.mapping);
            keep_changes(columns, old, &mut followed.deltas);
            self.refuse_numbers(&followed.deltas)?;
        }
        Ok(followed)
    }

    /// Refuses another number where the database has given one for good.
    fn refuse_numbers(&self, deltas: &Deltas) -> Found<()> {
        let numbered = &self.follower.task.tables[self.mapping.table].numbered;
        let Some((at, _)) = deltas.iter().find(|(at, _)| numbered.contains(at)) else {
            return Ok(());
        };
        let feeds = |flow: &&Ready<'_>| {
            flow.goes(Toward::Database) && flow.child.is_none() && flow.column == Some(*at)
        };
        let flow = self.mapping.flows.iter().find(feeds);
        let fault = FlowFault::Numbered;
        Err(flow.map_or(fault.clone(), |flow| flow.fault(fault, Toward::Database)).into())
    }

    fn is_seen_same(&self, flow: &Ready<'_>) -> bool {
        match (&self.record, self.old) {
            (Record::Entry(view), Some(row)) => flow.is_seen_same(view.fields, row),
            _ => false,
        }
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
            let set = canonical(columns, at, value.as_bytes());
            let is_set =
                old[at].as_ref().is_some_and(|old| canonical(columns, at, &old.bytes) == set);
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
                if let Some(number) = number {
                    let number = flow.counted(number)?;
                    flow.fit(&number)?;
                    followed.deltas.push((column, cell(columns, column, &number)));
                }
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
            Some(value) => {
                followed.deltas.push((column, self.written(flow, columns, &value)?));
            }
            // The database has made a value, or makes one.
            None if self.is_made(column) => {}
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

    /// A value of a flow as its column has it.
    fn written(&self, flow: &Ready<'_>, columns: &Columns, value: &[u8]) -> Found<Cell<'static>> {
        let column = flow.column.unwrap_or_default();
        flow.fit(value)?;
        let words = flow.bounds.as_ref().map_or(Cow::Borrowed(value), |bounds| bounds.words(value));
        let cell = cell(columns, column, &words);
        self.can_be_written(columns, column, cell.as_ref())?;
        Ok(cell)
    }

    /// A script has a literal for a value: none has one for text with a NUL, or that is no UTF-8.
    fn can_be_written(
        &self,
        columns: &Columns,
        column: usize,
        value: Option<&Value<'_>>,
    ) -> Found<()> {
        let task = self.follower.task;
        let Some(value) = value.filter(|_| !task.is_fresh) else { return Ok(()) };
        if task.dialect.value(value, columns.types[column]).is_ok() {
            return Ok(());
        }
        match (std::str::from_utf8(&value.bytes), memchr::memchr(0, &value.bytes)) {
            (Err(_), _) => Err(FlowFault::from(Unfit::NotText).into()),
            (Ok(_), Some(_)) => Err(FlowFault::from(Unfit::Nul).into()),
            // What else one dialect cannot hold is told where it is written.
            (Ok(_), None) => Ok(()),
        }
    }

    /// Takes the value of a column away. In one that may not be NULL an empty text stands for none.
    fn clear(&self, column: usize, old: Option<&Value<'_>>, followed: &mut Followed) -> Found<()> {
        if self.is_nullable(column) {
            followed.deltas.push((column, None));
            return Ok(());
        }
        match old.is_some_and(|old| old.bytes.is_empty()) {
            true => Ok(()),
            false => Err(FlowFault::NotNull.into()),
        }
    }

    /// Whether the database makes a value where none is said.
    fn is_made(&self, column: usize) -> bool {
        let counted = &self.follower.task.tables[self.mapping.table].counted;
        self.mapping.generated.contains(&column) || counted.contains(&column)
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
        let Some(value) = flow.one(values)? else {
            match old {
                Some(old) if flow.flow.if_missing == IfMissing::Clear => {
                    match ends.is_ours(&old.bytes)? {
                        true => followed.deltas.push((column, None)),
                        false => followed.kept.push(Kept::new(column, reference, owned(old))),
                    }
                }
                // What the database would put there, the next run would take away.
                None if self.old.is_none() && self.is_nullable(column) && !self.is_made(column) => {
                    followed.deltas.push((column, None));
                }
                _ => {}
            }
            return Ok(());
        };
        match ends.led(&value)? {
            Led::To(key) => {
                let form = canonical(columns, column, &key.bytes);
                let is_same = |old: &Value<'_>| {
                    old.bytes == key.bytes || canonical(columns, column, &old.bytes) == form
                };
                let is_same = old.is_some_and(is_same);
                if !is_same {
                    followed.deltas.push((column, Some(owned(&key.asked()))));
                }
            }
            led => {
                if flow.flow.required && old.is_none() {
                    return Err(FlowFault::LeadsNowhere { value: value.into_owned() }.into());
                }
                let unresolved = ends.unresolved(flow, Toward::Database, (&value, &led))?;
                followed.unresolved.push(unresolved);
                let kept = old.map(|old| Kept::new(column, reference, owned(old)));
                followed.kept.extend(kept);
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
        let (mut wanted, mut unled) = (Vec::new(), None);
        let Some(child) = &flow.child else { return Ok(wanted) };
        let columns = self.follower.task.tables[child.table].rows.columns;
        for value in values {
            let Some(ends) = flow.reference.as_ref().and_then(|one| self.ends.of(one)) else {
                wanted.extend(self.written(flow, columns, &value)?);
                continue;
            };
            match ends.led(&value)? {
                Led::To(key) => wanted.push(owned(&key.asked())),
                // It stands for nobody.
                Led::Later | Led::Nowhere | Led::Away if self.is_stand_in(flow, &value) => {}
                led => {
                    let unresolved = ends.unresolved(flow, Toward::Database, (&value, &led))?;
                    followed.unresolved.push(unresolved);
                    unled = unled.or(Some(value.into_owned()));
                }
            }
        }
        if flow.flow.required && wanted.is_empty() && !self.keeps_any(flow, child)? {
            return Err(match unled {
                Some(value) => FlowFault::LeadsNowhere { value },
                None => FlowFault::Required,
            }
            .into());
        }
        Ok(wanted)
    }

    /// Whether a row of a child table stays whatever the entry has: one that is another's, or leads to no record of the
    /// mapping.
    fn keeps_any(&self, flow: &Ready<'_>, child: &ReadyChild<'_>) -> Result<bool> {
        let (Some(old), Some(column)) = (self.old, flow.column) else { return Ok(false) };
        let tables = self.follower.task.tables;
        let (parents, rows) = (&tables[self.mapping.table].rows, &tables[child.table].rows);
        let Some(key) = key_in(parents, &parents.columns.key, old) else { return Ok(false) };
        let ends = flow.reference.as_ref().and_then(|one| self.ends.of(one));
        for &extent in self.follower.children.of(self.mapping.table, child, &key) {
            let row = rows.read(extent)?;
            let Some(value) = &row[column] else { continue };
            if !is_managed(rows.columns, child.owner, &row) {
                return Ok(true);
            }
            if let Some(ends) = ends
                && !ends.is_ours(&value.bytes)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_stand_in(&self, flow: &Ready<'_>, value: &[u8]) -> bool {
        flow.is_stand_in(self.follower.task.schema, value)
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
            if self.follower.task.is_fresh && !self.mapping.generated.contains(&column) {
                continue;
            }
            if !self.is_made(column) {
                return Err(FlowFault::NoKey { column: name() }.into());
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
    led(flow, toward, value, "no record")
}

/// The sentence about a value that leads to a record of which nobody knows what its counterpart is.
pub(super) fn ambiguous(flow: &Ready<'_>, toward: Toward, value: &[u8]) -> String {
    let led = led(flow, toward, value, "an AMBIGUOUS record");
    format!("{led}, which is neither added here nor taken away")
}

fn led(flow: &Ready<'_>, toward: Toward, value: &[u8], to: &str) -> String {
    const WIDTH: usize = 80;
    let name = flow.target(toward);
    let value = Shortened(value, WIDTH);
    format!("`{name}`: {value} leads to {to} of `{}`", flow.reference_name())
}

/// A value that refers to an entry, in the form that equal ones share.
pub(super) fn normal_reference(task: &Task<'_>, attribute: Option<&str>, value: &[u8]) -> Vec<u8> {
    match attribute {
        None => match Dn::parse(value) {
            Ok(dn) => dn_key(task.schema, &dn),
            Err(_) => value.to_vec(),
        },
        Some(name) => normal_value(task.schema, name.as_bytes(), value),
    }
}

/// The words of a column that equal values share.
pub(super) fn canonical<'w>(columns: &Columns, column: usize, words: &'w [u8]) -> Cow<'w, [u8]> {
    match columns.types[column] {
        Some(kind) => kind.canonical(words),
        None => Cow::Borrowed(words),
    }
}

/// Whether a row is one that a mapping may touch: the column that says whose it is holds a value that the database
/// takes for the owner's.
pub(super) fn is_managed(columns: &Columns, owner: Option<(usize, &Owner)>, row: &Row<'_>) -> bool {
    owner.is_none_or(|(column, owner)| {
        let owner = canonical(columns, column, owner.value.as_bytes());
        row[column].as_ref().is_some_and(|held| canonical(columns, column, &held.bytes) == owner)
    })
}

pub(super) fn owned_row(row: &Row<'_>) -> Row<'static> {
    row.iter().map(|cell| cell.as_ref().map(owned)).collect()
}

pub(super) fn owned(value: &Value<'_>) -> Value<'static> {
    Value { said: value.said, bytes: value.bytes.to_vec().into() }
}

pub(super) fn with(mut row: Row<'static>, deltas: &Deltas) -> Row<'static> {
    for (at, cell) in deltas {
        row[*at].clone_from(cell);
    }
    row
}

/// Leaves out what the table takes for the value that is there.
fn keep_changes(columns: &Columns, old: &Row<'_>, deltas: &mut Deltas) {
    if !deltas.is_empty() {
        let new = with(owned_row(old), deltas);
        deltas.retain(|(at, _)| !columns.agree(*at, old, &new));
    }
}

impl Ready<'_> {
    /// Whether a column holds these values: as one where it takes one, one of them where any will do.
    fn holds(&self, schema: &Schema, held: &[u8], values: &[Cow<'_, [u8]>]) -> bool {
        if let ([value], None) = (values, &self.flow.split)
            && **value == *held
        {
            return true;
        }
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
