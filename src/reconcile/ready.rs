//! A mapping made ready before data is read: names become numbers, and what is named is there.

use crate::attribute::type_of;
use crate::error::{Error, ErrorKind, FlowFault, Result};
use crate::mapping::convert::{Comparing, Zone};
use crate::mapping::{Flow, FlowType, FlowValue, Mapping, NAME, On, Owner, Reference, Toward};
use crate::reconcile::fields::FieldTable;
use crate::reconcile::flow::{Ready, ReadyChild, ReadyReference};
use crate::reconcile::record::column;
use crate::reconcile::{Table, Task};
use crate::table::{ColumnType, Columns, TableName, Truths};

/// A mapping with what it names as numbers.
pub(super) struct ReadyMapping<'m> {
    pub(super) mapping: &'m Mapping,
    /// The number of its table.
    pub(super) table: usize,
    /// The flows, in the order of the file.
    pub(super) flows: Vec<Ready<'m>>,
    /// For each list of `match` its columns, each with the flow that feeds it.
    pub(super) lists: Vec<Vec<(usize, usize)>>,
    /// The columns by which references lead to a row, where the directory follows.
    pub(super) led_by: Vec<usize>,
    /// The columns that the database fills.
    pub(super) generated: Vec<usize>,
    /// Whose rows are ours.
    pub(super) owner: Option<(usize, &'m Owner)>,
}

impl<'m> ReadyMapping<'m> {
    /// The names whose values the keys of a record are made of.
    pub(super) fn names_of_keys(&self) -> impl Iterator<Item = &'m str> {
        let flows = self.lists.iter().flatten().map(|&(_, flow)| self.flows[flow].flow);
        flows.flat_map(Flow::names)
    }

    /// Whether it says what new entries are called.
    pub(super) fn names_entries(&self) -> bool {
        self.mapping.dn.is_some()
    }

    /// Whether anything that flows there leads to other records.
    pub(super) fn refers(&self, toward: Toward) -> bool {
        self.flows.iter().any(|flow| flow.goes(toward) && flow.reference.is_some())
    }

    /// Whether one of its flows goes there, and is one of these.
    pub(super) fn is_fed(&self, toward: Toward, is_it: impl Fn(&Ready<'_>) -> bool) -> bool {
        self.flows.iter().any(|flow| flow.goes(toward) && is_it(flow))
    }
}

/// All of them, and what they share.
pub(super) struct Plan<'m> {
    pub(super) mappings: Vec<ReadyMapping<'m>>,
    /// The attributes that they name.
    pub(super) fields: FieldTable<'m>,
    pub(super) zone: Zone,
}

impl<'m> Plan<'m> {
    /// Makes the mappings of a task ready.
    ///
    /// # Errors
    ///
    /// A table or a column that is named is not there.
    pub(super) fn new(task: &Task<'m>) -> Result<Plan<'m>> {
        let zone = task.file.database.time_zone.as_deref().and_then(Zone::named);
        let zone = zone.unwrap_or_default();
        let fields = FieldTable::new(task.schema, &task.mappings);
        let mappings = task.mappings.iter();
        let maker = |mapping| Maker { task, mapping, fields: &fields, zone: &zone };
        let mappings = mappings.map(|mapping| maker(mapping).ready());
        let mut mappings = mappings.collect::<Result<Vec<_>>>()?;
        if task.toward == Toward::Directory {
            find_led(&mut mappings);
        }
        Ok(Plan { mappings, fields, zone })
    }
}

/// Finds the columns by which references lead to rows.
fn find_led(mappings: &mut [ReadyMapping<'_>]) {
    let flows = mappings.iter().flat_map(|mapping| &mapping.flows);
    let flows = flows.filter(|flow| flow.goes(Toward::Directory));
    let led = flows.filter_map(|flow| flow.reference.map(|one| (one.mapping, one.column)));
    for (mapping, column) in led.collect::<Vec<_>>() {
        let led_by = &mut mappings[mapping].led_by;
        led_by.extend((!led_by.contains(&column)).then_some(column));
    }
}

struct Maker<'t, 'm> {
    task: &'t Task<'m>,
    mapping: &'m Mapping,
    fields: &'t FieldTable<'m>,
    zone: &'t Zone,
}

impl<'m> Maker<'_, 'm> {
    fn ready(&self) -> Result<ReadyMapping<'m>> {
        let mapping = self.mapping;
        let table = self.table(&mapping.rows.table)?;
        let flows = mapping.flows.iter().map(|flow| self.flow(flow, table));
        let flows = flows.collect::<Result<Vec<_>>>()?;
        let lists = mapping.matches.iter().map(|names| self.list(names, table, &flows));
        let lists = lists.collect::<Result<_>>()?;
        let generated = mapping.rows.generated.iter().map(|name| self.column(name, table));
        let generated = generated.collect::<Result<_>>()?;
        let owner = self.owner(mapping.rows.managed_by.as_ref(), table)?;
        self.inactivation_fits(table)?;
        Ok(ReadyMapping { mapping, table, flows, lists, led_by: Vec::new(), generated, owner })
    }

    /// What is set where a row becomes inactive, its column holds.
    fn inactivation_fits(&self, table: usize) -> Result<()> {
        let inactivate = self.mapping.inactivate.to_database.as_ref();
        let is_set = self.task.toward == Toward::Database;
        let set = inactivate.into_iter().filter(|_| is_set).flat_map(|one| &one.set);
        for (name, value) in set {
            let column = self.column(name, table)?;
            let kind = self.columns(table).types[column];
            let bounds = self.task.tables[table].bounds.get(column).and_then(Option::as_ref);
            let words = FlowType::Text.to_column(value.as_bytes(), kind, self.zone);
            let fits = words.and_then(|_| bounds.map_or(Ok(()), |one| one.fit(value.as_bytes())));
            fits.map_err(|unfit| self.fault(FlowFault::SetUnfit { column: name.clone(), unfit }))?;
        }
        Ok(())
    }

    fn list(
        &self,
        names: &[String],
        table: usize,
        flows: &[Ready<'m>],
    ) -> Result<Vec<(usize, usize)>> {
        let one = |name: &String| {
            let column = self.column(name, table)?;
            let feeds = |flow: &Ready<'_>| flow.child.is_none() && flow.column == Some(column);
            let is_plain = |flow: &Ready<'_>| feeds(flow) && flow.is_plain();
            let goes = |flow: &Ready<'_>| feeds(flow) && flow.flow.direction.goes(Toward::Database);
            let flow = flows.iter().position(is_plain).or_else(|| flows.iter().position(goes));
            let flow =
                flow.ok_or_else(|| self.fault(FlowFault::NoFlow { column: name.clone() }))?;
            Ok((column, flow))
        };
        names.iter().map(one).collect()
    }

    fn flow(&self, flow: &'m Flow, table: usize) -> Result<Ready<'m>> {
        let child = flow.child.as_ref().map(|child| -> Result<ReadyChild<'m>> {
            let table = self.table(&child.table)?;
            let columns = child.foreign_key.iter().map(|name| self.column(name, table));
            let foreign_key = columns.collect::<Result<_>>()?;
            Ok(ReadyChild {
                table,
                foreign_key,
                owner: self.owner(child.managed_by.as_ref(), table)?,
            })
        });
        let child = child.transpose()?;
        let table = child.as_ref().map_or(table, |child: &ReadyChild<'_>| child.table);
        let column = flow.column.as_ref().map(|name| self.column(name, table)).transpose()?;
        let kind = column.and_then(|column| self.columns(table).types[column]);
        let digits = &self.task.tables[table].digits_of_second;
        let digits = column.and_then(|column| *digits.get(column)?);
        let bounds = &self.task.tables[table].bounds;
        let bounds = column.and_then(|column| bounds.get(column)?.clone());
        let truths = column.filter(|_| flow.kind == FlowType::Boolean);
        let truths = truths.and_then(|column| self.truths(table, column, kind));
        let name = flow.attribute.as_deref().unwrap_or_default().as_bytes();
        let attribute = self.task.schema.attribute(type_of(name));
        let rule = attribute.and_then(|attribute| attribute.equality);
        let comparing = Comparing::new(flow.kind, flow.compare, rule, kind, self.zone);
        let reference = flow.reference.as_ref().map(|one| self.reference(one)).transpose()?;
        let is_bare = child.is_none() && is_bare(flow, kind);
        let named = flow.attribute.as_deref().filter(|name| !name.eq_ignore_ascii_case(NAME));
        let field = named.and_then(|name| self.fields.field(name));
        Ok(Ready {
            flow,
            field,
            column,
            kind,
            digits,
            bounds,
            truths,
            is_bare,
            comparing,
            child,
            reference,
        })
    }

    /// The words of a column for true and false: those that its type leaves, or of a column of texts those of the
    /// first row that has one.
    fn truths(&self, table: usize, column: usize, kind: Option<ColumnType>) -> Option<Truths> {
        let table = &self.task.tables[table];
        let by_type = table.truths.get(column).cloned().flatten();
        let is_text = matches!(kind, None | Some(ColumnType::Text | ColumnType::Char));
        let by_rows = || {
            let like = |word: &[u8]| Truths::like(&ColumnType::Char.canonical(word));
            table.rows.first(column, like)
        };
        match is_text && self.task.toward == Toward::Database {
            true => by_type.or_else(by_rows),
            false => by_type,
        }
    }

    fn reference(&self, reference: &'m Reference) -> Result<ReadyReference<'m>> {
        let all = &self.task.mappings;
        let to = all.iter().position(|mapping| mapping.name == reference.mapping);
        let missing = || FlowFault::NoMapping { name: reference.mapping.clone() };
        let mapping = to.ok_or_else(|| self.fault(missing()))?;
        let table = self.table(&all[mapping].rows.table)?;
        let key = &self.columns(table).key;
        let column = match (&reference.column, key.as_slice()) {
            (Some(name), _) => self.column(name, table)?,
            (None, &[key]) => key,
            (None, _) => {
                let table = self.task.tables[table].name.to_string();
                return Err(self.fault(FlowFault::KeyOfSeveral { table }));
            }
        };
        Ok(ReadyReference { mapping, attribute: reference.attribute.as_deref(), column })
    }

    fn owner(&self, owner: Option<&'m Owner>, table: usize) -> Result<Option<(usize, &'m Owner)>> {
        owner.map(|owner| Ok((self.column(&owner.column, table)?, owner))).transpose()
    }

    fn columns(&self, table: usize) -> &Columns {
        self.task.tables[table].rows.columns
    }

    fn table(&self, name: &TableName) -> Result<usize> {
        let found = self.task.tables.iter().position(|table: &Table<'_>| table.is(name));
        found.ok_or_else(|| self.fault(FlowFault::NoTable { table: name.to_string() }))
    }

    fn column(&self, name: &str, table: usize) -> Result<usize> {
        let missing = || {
            let name = name.to_owned();
            let is_it = |other: &String| other.eq_ignore_ascii_case(&name);
            match self.task.tables[table].generated.iter().any(is_it) {
                true => FlowFault::Generated { name },
                false => FlowFault::NoColumn { name },
            }
        };
        column(self.columns(table), name).ok_or_else(|| self.fault(missing()))
    }

    fn fault(&self, fault: FlowFault) -> Error {
        let mapping = self.mapping.name.clone();
        Error::new(ErrorKind::Flow { mapping, fault: Box::new(fault) })
    }
}

/// Whether a flow takes one text from one side to the other as it is, always.
fn is_bare(flow: &Flow, kind: Option<ColumnType>) -> bool {
    matches!(flow.value, FlowValue::Copy)
        && flow.reference.is_none()
        && flow.when.is_none()
        && flow.on == On::Always
        && flow.max_length.is_none()
        && flow.split.is_none()
        && flow.kind == FlowType::Text
        && matches!(kind, None | Some(ColumnType::Text))
}
