//! A look at the texts of an entry and a row that are a pair, which mostly says that nothing flows between them.
//!
//! What is not seen at once is left to those who look at flows one by one.

use crate::error::Result;
use crate::mapping::Toward;
use crate::reconcile::fields::{Field, FieldReader};
use crate::reconcile::flow::Ready;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::stage::{Pair, Role, Stage};
use crate::source::TypeSet;
use crate::table::Row;

/// The fields of a mapping whose flows do nothing but take one text to the other side, each with its column.
pub(super) struct Settled<'m> {
    fields: Vec<Field>,
    columns: Vec<usize>,
    /// Their types.
    types: TypeSet<'m>,
}

impl<'m> Settled<'m> {
    /// No more are told apart.
    const MANY: usize = u64::BITS as usize;

    /// Those of a mapping; `None` where a look at them does not tell everything.
    pub(super) fn of(stage: &Stage<'_, 'm>, n: usize, toward: Toward) -> Option<Settled<'m>> {
        let ReadyMapping { mapping, flows, lists, .. } = &stage.plan.mappings[n];
        let moves = mapping.moves && toward == Toward::Directory;
        let is_told = |&(column, flow): &(usize, usize)| {
            let flow: &Ready<'_> = &flows[flow];
            flow.is_bare && flow.is_plain() && flow.goes(toward) && flow.column == Some(column)
        };
        // A pair is found by one of these texts, so that it is no accident of hashes.
        if moves || !lists.iter().all(|list| matches!(&list[..], [part] if is_told(part))) {
            return None;
        }
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for flow in flows.iter().filter(|flow| flow.goes(toward)) {
            let (field, column) = (flow.field?, flow.column?);
            if !flow.is_bare || fields.contains(&field) || fields.len() == Settled::MANY {
                return None;
            }
            fields.push(field);
            columns.push(column);
        }
        let types = stage.plan.fields.types_of(fields.iter().copied());
        Some(Settled { fields, columns, types })
    }

    /// Who looks at pairs.
    pub(super) fn reader<'s>(&'s self, stage: &'s Stage<'s, 'm>, n: usize) -> Settler<'s, 'm> {
        let reader = FieldReader::of_fields(&stage.plan.fields, &self.fields, &self.types);
        Settler { settled: self, stage, n, reader }
    }

    /// The texts that a row has in the columns; `None` where one is nothing, or no text.
    fn texts<'r>(&self, row: &'r Row<'_>) -> Option<Vec<&'r [u8]>> {
        let mut texts = Vec::with_capacity(self.columns.len());
        for &column in &self.columns {
            let text = &*row[column].as_ref()?.bytes;
            if text.is_empty() || !text.is_ascii() && simdutf8::basic::from_utf8(text).is_err() {
                return None;
            }
            texts.push(text);
        }
        Some(texts)
    }
}

/// Looks at pairs of a mapping.
pub(super) struct Settler<'s, 'm> {
    settled: &'s Settled<'m>,
    stage: &'s Stage<'s, 'm>,
    n: usize,
    reader: FieldReader<'s, 'm>,
}

impl Settler<'_, '_> {
    /// Whether nothing is seen to flow from a source to its target.
    ///
    /// # Errors
    ///
    /// The row cannot be read.
    pub(super) fn is_settled(&mut self, (source, target): Pair) -> Result<bool> {
        let (stage, n) = (self.stage, self.n);
        let Some(target) = target.filter(|target| !stage.comes_back(n, *target)) else {
            return Ok(false);
        };
        let (entry, row) = match stage.is_entry(Role::Source) {
            true => (source, target),
            false => (target, source),
        };
        let rows = &stage.task.tables[stage.plan.mappings[n].table].rows;
        let row = rows.read(stage.rows[n].place(row))?;
        let Some(texts) = self.settled.texts(&row) else { return Ok(false) };
        let place = stage.entries.members[n].place(entry);
        Ok(self.reader.has_only(stage.task.directory, place, &texts))
    }
}
