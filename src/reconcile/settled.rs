//! A look at an entry and a row that are a pair, which mostly says that nothing flows between them.
//!
//! What is not seen at once is left to those who look at flows one by one.

use std::borrow::Cow;

use crate::error::Result;
use crate::mapping::{FlowValue, On, Toward};
use crate::reconcile::ends::{AllEnds, Led};
use crate::reconcile::fields::{Field, FieldReader, Fields};
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{Record, RowView};
use crate::reconcile::stage::{Pair, Role, Stage};
use crate::source::{Extent, LINES_AHEAD, TypeSet};
use crate::table::Row;

/// The text that each attribute is to have, if any.
type Texts<'r> = Vec<Option<Cow<'r, [u8]>>>;

/// The flows of a mapping that say something of pairs.
pub(super) struct Settled<'m> {
    toward: Toward,
    /// Their numbers.
    flows: Vec<usize>,
    /// The columns that pairs are found by.
    keys: Vec<usize>,
    /// What is looked at in an entry: to the directory the field of each flow.
    fields: Vec<Field>,
    /// Their types.
    types: TypeSet<'m>,
}

impl<'m> Settled<'m> {
    /// No more are told apart.
    const MANY: usize = u64::BITS as usize;

    /// Those of a mapping; `None` where a look at them does not tell everything.
    pub(super) fn of(stage: &Stage<'_, 'm>, n: usize, toward: Toward) -> Option<Settled<'m>> {
        let ReadyMapping { mapping, flows: all, lists, .. } = &stage.plan.mappings[n];
        let moves = mapping.moves && toward == Toward::Directory;
        let is_told = |&(column, flow): &(usize, usize)| {
            let flow: &Ready<'_> = &all[flow];
            flow.is_bare && flow.is_plain() && flow.goes(toward) && flow.column == Some(column)
        };
        // A pair is found by one of these texts, so that it is no accident of hashes.
        if moves || !lists.iter().all(|list| matches!(&list[..], [part] if is_told(part))) {
            return None;
        }
        let (mut flows, mut fields) = (Vec::new(), Vec::new());
        let says = |flow: &Ready<'_>| flow.goes(toward) && flow.flow.on == On::Always;
        for (number, flow) in all.iter().enumerate().filter(|(_, flow)| says(flow)) {
            if flow.child.is_some() || matches!(flow.flow.value, FlowValue::Sequence { .. }) {
                return None;
            }
            flows.push(number);
            match toward {
                Toward::Directory if fields.contains(&flow.field?) => return None,
                Toward::Directory => fields.extend(flow.field),
                Toward::Database => {
                    let read = flow.flow.names().filter_map(|name| stage.plan.fields.field(name));
                    fields.extend(read);
                }
            }
        }
        if fields.len() > Settled::MANY {
            return None;
        }
        let keys = lists.iter().flatten().map(|(column, _)| *column).collect();
        let types = stage.plan.fields.types_of(fields.iter().copied());
        Some(Settled { toward, flows, keys, fields, types })
    }

    /// Who looks at pairs.
    pub(super) fn reader<'s>(
        &'s self,
        (stage, n): (&'s Stage<'s, 'm>, usize),
        ends: &'s AllEnds<'s>,
    ) -> Settler<'s, 'm> {
        let (fields, types) = (Cow::Borrowed(&*self.fields), Cow::Borrowed(&self.types));
        let reader = FieldReader::of_fields(&stage.plan.fields, fields, types);
        Settler { looks: Looks { settled: self, stage, n, ends }, reader, in_vain: 0 }
    }
}

/// Looks at pairs of a mapping.
pub(super) struct Settler<'s, 'm> {
    looks: Looks<'s, 'm>,
    reader: FieldReader<'s, 'm>,
    /// How many more looks saw nothing than saw what they were for.
    in_vain: u32,
}

/// Where the two of a pair stand.
#[derive(Clone, Copy)]
struct Places {
    row: Extent,
    entry: Extent,
}

/// What is read of a pair.
struct Read<'m> {
    row: Row<'m>,
    /// Where the entry stands.
    entry: Extent,
    /// What it has, where that is looked at one by one.
    fields: Option<Fields<'m>>,
}

impl<'m> Settler<'_, 'm> {
    /// How many pairs are looked at together, so that what their references lead to comes at once.
    pub(super) const AT_ONCE: usize = 32;

    /// For each of some pairs, whether nothing is seen to flow from the source to its target; where a record
    /// cannot be read, it is not seen. Where that is mostly so, no look is taken any more.
    pub(super) fn are_settled(&mut self, pairs: &[Pair]) -> Vec<bool> {
        const TOO_MANY: u32 = 32;
        if self.in_vain >= TOO_MANY {
            return vec![false; pairs.len()];
        }
        let places: Vec<Option<Places>> = pairs.iter().map(|pair| self.places(*pair)).collect();
        let read: Vec<Option<Read<'m>>> = places.into_iter().map(|it| self.read(it?)).collect();
        self.looks.ahead(&read);
        let is_settled = |read: Option<Read<'m>>| {
            let Some(read) = read else { return false };
            let is_settled = self.is_settled(&read).unwrap_or(false);
            self.in_vain = match is_settled {
                true => self.in_vain.saturating_sub(1),
                false => self.in_vain + 1,
            };
            is_settled
        };
        read.into_iter().map(is_settled).collect()
    }

    /// Where the two of a pair stand, whose memory is asked for.
    fn places(&self, (source, target): Pair) -> Option<Places> {
        let Looks { stage, n, .. } = self.looks;
        let target = target.filter(|target| !stage.comes_back(n, *target))?;
        let (entry, row) = match stage.is_entry(Role::Source) {
            true => (source, target),
            false => (target, source),
        };
        let (entry, row) = (stage.entries.members[n].place(entry), stage.rows[n].place(row));
        stage.task.directory.touch(entry, LINES_AHEAD);
        stage.task.tables[stage.plan.mappings[n].table].rows.touch(row, LINES_AHEAD);
        Some(Places { row, entry })
    }

    fn read(&mut self, Places { row, entry }: Places) -> Option<Read<'m>> {
        let Looks { settled, stage, n, .. } = self.looks;
        let rows = &stage.task.tables[stage.plan.mappings[n].table].rows;
        let row = rows.read(row).ok()?;
        let fields = match settled.toward {
            Toward::Directory => None,
            Toward::Database => self.reader.plain(stage.task.directory, entry),
        };
        Some(Read { row, entry, fields: fields.map(|(fields, _)| fields) })
    }

    fn is_settled(&mut self, read: &Read<'_>) -> Result<bool> {
        let (looks, directory) = (self.looks, self.looks.stage.task.directory);
        match (looks.settled.toward, &read.fields) {
            (Toward::Directory, _) => {
                let texts = looks.texts(&read.row)?;
                Ok(texts.is_some_and(|it| self.reader.has_only(directory, read.entry, &it)))
            }
            (Toward::Database, Some(fields)) => looks.is_row_of(fields, &read.row),
            (Toward::Database, None) => {
                let is_same = |fields: &Fields<'_>| looks.is_row_of(fields, &read.row);
                self.reader.with(directory, read.entry, is_same)
            }
        }
    }
}

/// What pairs of a mapping are looked at with.
#[derive(Clone, Copy)]
struct Looks<'s, 'm> {
    settled: &'s Settled<'m>,
    stage: &'s Stage<'s, 'm>,
    n: usize,
    ends: &'s AllEnds<'s>,
}

impl<'s> Looks<'s, '_> {
    fn flows(self) -> impl Iterator<Item = &'s Ready<'s>> {
        let all = &self.stage.plan.mappings[self.n].flows;
        self.settled.flows.iter().map(|number| &all[*number])
    }

    fn is_key(self, flow: &Ready<'_>) -> bool {
        flow.column.is_some_and(|column| self.settled.keys.contains(&column))
    }

    /// Asks for the memory that references of these pairs will want.
    fn ahead<'r>(self, read: &'r [Option<Read<'_>>]) {
        for flow in self.flows() {
            let Some(ends) = flow.reference.as_ref().and_then(|one| self.ends.of(one)) else {
                continue;
            };
            let value = |read: &'r Read<'_>| match (&read.fields, flow.field, flow.column) {
                (Some(fields), Some(field), _) => fields.of_field(field).next().map(|one| &**one),
                (None, _, Some(column)) => read.row[column].as_ref().map(|cell| &*cell.bytes),
                _ => None,
            };
            let values: Vec<&[u8]> = read.iter().flatten().filter_map(value).collect();
            ends.ahead(&values);
        }
    }

    /// The text that each attribute is to have, if any; `None` where that is not seen.
    fn texts<'r>(self, row: &'r Row<'_>) -> Result<Option<Texts<'r>>> {
        let mut texts = Vec::with_capacity(self.settled.flows.len());
        for flow in self.flows() {
            let bare = flow.column.filter(|_| flow.is_bare).and_then(|column| row[column].as_ref());
            match bare.filter(|cell| !cell.bytes.is_empty()) {
                Some(cell) if is_text(&cell.bytes) => {
                    texts.push(Some(Cow::Borrowed(&*cell.bytes)));
                }
                Some(_) => return Ok(None),
                None if self.is_key(flow) => return Ok(None),
                None => match self.text(flow, row)? {
                    Some(text) => texts.push(text.map(Cow::Owned)),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(texts))
    }

    /// What a flow makes of a row, where it is one text or none at all.
    fn text(self, flow: &Ready<'_>, row: &Row<'_>) -> Result<Option<Option<Vec<u8>>>> {
        let stage = self.stage;
        let columns = stage.task.tables[stage.plan.mappings[self.n].table].rows.columns;
        let record = Record::Row(RowView { columns, row, lookups: &stage.lookups });
        let brought = flow.brought(&record, Toward::Directory, false, &stage.plan.zone);
        let Ok(Brought::Values(values)) = brought else { return Ok(None) };
        match &*values {
            [] => Ok(flow.flow.if_empty.is_none().then_some(None)),
            [value] => match &flow.reference {
                None => Ok(Some(Some(value.to_vec()))),
                Some(reference) => Ok(match self.ends.of(reference) {
                    Some(ends) => match ends.led(value)? {
                        Led::To(name) => Some(Some(name.bytes.into_owned())),
                        _ => None,
                    },
                    None => None,
                }),
            },
            _ => Ok(None),
        }
    }

    /// Whether a row is seen to hold what all flows make of an entry.
    fn is_row_of(self, fields: &Fields<'_>, row: &Row<'_>) -> Result<bool> {
        let record = Record::Entry(self.stage.view(fields));
        for flow in self.flows() {
            if !flow.is_seen_same(fields, row)
                && (self.is_key(flow) || !self.is_cell_of(flow, &record, row)?)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same of one flow.
    fn is_cell_of(self, flow: &Ready<'_>, record: &Record<'_>, row: &Row<'_>) -> Result<bool> {
        let brought = flow.brought(record, Toward::Database, false, &self.stage.plan.zone);
        let (Ok(Brought::Values(values)), Some(column)) = (brought, flow.column) else {
            return Ok(false);
        };
        match (&*values, &row[column]) {
            ([], None) => Ok(true),
            ([value], Some(cell)) if flow.flow.split.is_none() => match &flow.reference {
                None => Ok(**value == *cell.bytes),
                Some(reference) => match self.ends.of(reference) {
                    Some(ends) => {
                        Ok(matches!(ends.led(value)?, Led::To(key) if key.bytes == cell.bytes))
                    }
                    None => Ok(false),
                },
            },
            _ => Ok(false),
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.is_ascii() || simdutf8::basic::from_utf8(bytes).is_ok()
}
