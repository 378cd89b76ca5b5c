//! An entry and a row as a mapping sees them: values under names.

use std::borrow::Cow;

use crate::attribute::{same_options, type_of};
use crate::dn::AvaValue;
use crate::entry::Entry;
use crate::mapping::expression::Names;
use crate::matching::normalize;
use crate::reconcile::lookup::Lookups;
use crate::schema::Schema;
use crate::table::{Columns, Row};

/// What a flow calls the name of an entry.
pub(super) const NAME: &str = "dn";

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
    pub(super) schema: &'r Schema,
    pub(super) entry: &'r Entry<'r>,
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
    /// The values of an attribute, under whatever name it stands there; of its subtypes none. Those of the name
    /// are there even where the record leaves them out (RFC 4512 section 2.3.1).
    pub(super) fn of(&self, description: &str) -> Vec<Cow<'r, [u8]>> {
        if description.eq_ignore_ascii_case(NAME) {
            return vec![Cow::Owned(self.entry.dn.to_string().into_bytes())];
        }
        let wanted = description.as_bytes();
        let is_it = |held: &[u8]| {
            same_options(held, wanted) && self.schema.same_attribute(type_of(held), type_of(wanted))
        };
        let held = self.entry.attributes.iter().filter(|one| is_it(&one.description));
        let mut values: Vec<Cow<'r, [u8]>> =
            held.flat_map(|one| one.values.iter().map(|value| Cow::Borrowed(&**value))).collect();
        for ava in self.entry.dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter()) {
            let AvaValue::Text(value) = &ava.value else { continue };
            let normal = |value: &[u8]| normal_value(self.schema, &ava.attribute, value);
            if is_it(&ava.attribute) && !values.iter().any(|held| normal(held) == normal(value)) {
                values.push(Cow::Borrowed(value));
            }
        }
        values
    }
}

impl<'r> RowView<'r> {
    /// The value of a column that is called so, in any case where no other is; `None` where there is no such
    /// column.
    fn of(&self, name: &str) -> Option<Vec<Cow<'r, [u8]>>> {
        let value = self.row[column(self.columns, name)?].as_ref();
        Some(value.map(|value| Cow::Borrowed(&*value.bytes)).into_iter().collect())
    }
}

/// A value of an attribute in the form that equal ones share.
pub(super) fn normal_value(schema: &Schema, name: &[u8], value: &[u8]) -> Vec<u8> {
    match schema.attribute(type_of(name)).and_then(|attribute| attribute.equality) {
        Some(rule) => normalize(schema, rule, value).into_owned(),
        None => value.to_vec(),
    }
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

    fn lookup(&self, lookup: &str, key: &[u8]) -> Option<Vec<(String, Option<Vec<u8>>)>> {
        let lookups = match self {
            Record::Entry(entry) => entry.lookups,
            Record::Row(row) => row.lookups,
        };
        lookups.find(lookup, key)
    }
}
