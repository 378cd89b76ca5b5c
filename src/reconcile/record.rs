//! An entry and a row as a mapping sees them: values under names.

use std::borrow::Cow;

use crate::attribute::type_of;
use crate::mapping::NAME;
use crate::mapping::convert::without_padding;
use crate::mapping::expression::{Answer, Names};
use crate::matching::normalize;
use crate::reconcile::fields::{Field, FieldTable, Fields};
use crate::reconcile::lookup::Lookups;
use crate::schema::Schema;
use crate::table::{Columns, Row};

/// A record of either side.
#[derive(Clone, Copy)]
pub(super) enum Record<'r> {
    /// An entry.
    Entry(EntryView<'r>),
    /// A row.
    Row(RowView<'r>),
}

/// An entry, and what its attributes are called.
#[derive(Clone, Copy)]
pub(super) struct EntryView<'r> {
    pub(super) table: &'r FieldTable<'r>,
    pub(super) fields: &'r Fields<'r>,
    pub(super) lookups: &'r Lookups,
}

/// A row of a table with these columns.
#[derive(Clone, Copy)]
pub(super) struct RowView<'r> {
    pub(super) columns: &'r Columns,
    pub(super) row: &'r Row<'r>,
    pub(super) lookups: &'r Lookups,
}

impl<'r> EntryView<'r> {
    /// The values of an attribute, under whatever name it stands there.
    pub(super) fn of(&self, description: &str) -> Vec<Cow<'r, [u8]>> {
        if description.eq_ignore_ascii_case(NAME) {
            return vec![Cow::Owned(self.fields.dn().to_string().into_bytes())];
        }
        // What no mapping names, nobody asks for.
        self.table.field(description).map_or_else(Vec::new, |field| self.of_field(field))
    }

    /// The same of one that is known by its number.
    pub(super) fn of_field(&self, field: Field) -> Vec<Cow<'r, [u8]>> {
        let borrowed = |value: &'r Cow<'r, [u8]>| Cow::Borrowed(&**value);
        self.fields.of_field(field).map(borrowed).collect()
    }
}

impl<'r> RowView<'r> {
    /// The value of a column that is called so, in any case where no other is; `None` where there is no such
    /// column.
    fn of(&self, name: &str) -> Option<Vec<Cow<'r, [u8]>>> {
        Some(self.of_column(column(self.columns, name)?))
    }

    /// The value of the column with this number.
    pub(super) fn of_column(&self, column: usize) -> Vec<Cow<'r, [u8]>> {
        unpadded(self.columns, column, self.row).map(Cow::Borrowed).into_iter().collect()
    }
}

/// A value of an attribute in the form that equal ones share.
pub(super) fn normal_value(schema: &Schema, name: &[u8], value: &[u8]) -> Vec<u8> {
    match schema.attribute(type_of(name)).and_then(|attribute| attribute.equality) {
        Some(rule) => normalize(schema, rule, value).into_owned(),
        None => value.to_vec(),
    }
}

/// The value of a row in a column, without the blanks that fill it up there: to the database they are none of it.
pub(super) fn unpadded<'r>(columns: &Columns, column: usize, row: &'r Row<'_>) -> Option<&'r [u8]> {
    let value = row[column].as_ref()?;
    Some(without_padding(&value.bytes, columns.types[column]))
}

/// The column that is called so: as it is spelled, else in any case.
pub(super) fn column(columns: &Columns, name: &str) -> Option<usize> {
    let names = &columns.names;
    let exactly = names.iter().position(|other| other == name);
    exactly.or_else(|| names.iter().position(|other| other.eq_ignore_ascii_case(name)))
}

impl Names for Record<'_> {
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        match self {
            Record::Entry(entry) => Some(entry.of(name)),
            Record::Row(row) => row.of(name),
        }
    }

    fn lookup(&self, lookup: &str, key: &[u8]) -> Answer {
        let lookups = match self {
            Record::Entry(entry) => entry.lookups,
            Record::Row(row) => row.lookups,
        };
        lookups.find(lookup, key)
    }
}
