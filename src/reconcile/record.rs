//! An entry and a row as a mapping sees them: values under names.

use std::borrow::Cow;

use crate::attribute::{same_options, type_of};
use crate::entry::Entry;
use crate::mapping::expression::Names;
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
    /// The values of an attribute, under whatever name it stands there; of its subtypes none.
    pub(super) fn of(&self, description: &str) -> Vec<Cow<'r, [u8]>> {
        if description.eq_ignore_ascii_case(NAME) {
            return vec![Cow::Owned(self.entry.dn.to_string().into_bytes())];
        }
        let wanted = description.as_bytes();
        let is_it = |held: &[u8]| {
            same_options(held, wanted) && self.schema.same_attribute(type_of(held), type_of(wanted))
        };
        let held = self.entry.attributes.iter().filter(|one| is_it(&one.description));
        held.flat_map(|one| one.values.iter().map(|value| Cow::Borrowed(&**value))).collect()
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
