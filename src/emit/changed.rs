//! A change as a template reads it: values under the names of attributes or columns.

use std::borrow::Cow;

use crate::attribute::{same_options, type_of};
use crate::emit::delimited::{KIND, OLD, kind_of};
use crate::entry::Entry;
use crate::mapping::expression::{Answer, Names};
use crate::matching::dn_key;
use crate::schema::Schema;
use crate::table::{Columns, Row, RowChange, Said, TableName, Value};

/// What the table of a change is called.
pub(super) const TABLE: &str = "change.table";

/// What the name of an entry is called.
pub(super) const DN: &str = "dn";

/// What is done to an entry.
#[derive(Clone, Copy, Debug)]
pub(super) enum EntryChange<'e> {
    /// It comes.
    Add(&'e Entry<'e>),
    /// It goes.
    Delete(&'e Entry<'e>),
    /// Its values change, and its name may.
    Modify(&'e Entry<'e>, &'e Entry<'e>),
}

/// An entry that changes, as a template reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChangedEntry<'e> {
    pub(super) schema: &'e Schema,
    pub(super) change: EntryChange<'e>,
}

/// A row that changes, as a template reads it.
#[derive(Clone, Copy, Debug)]
pub struct ChangedRow<'r> {
    /// Its table.
    pub table: &'r TableName,
    /// Its columns.
    pub columns: &'r Columns,
    /// What is done to it.
    pub change: &'r RowChange<'r>,
}

/// Whether a name is of the record before, and the name without that.
pub(super) fn plain(name: &str) -> (bool, &str) {
    match name.strip_prefix(OLD) {
        Some(name) => (true, name),
        None => (false, name),
    }
}

/// The column that is called so: as it is spelled, else in any case.
pub(super) fn number(columns: &Columns, name: &str) -> Option<usize> {
    let names = &columns.names;
    let exactly = names.iter().position(|other| other == name);
    exactly.or_else(|| names.iter().position(|other| other.eq_ignore_ascii_case(name)))
}

fn word(word: &str) -> Option<Vec<Cow<'static, [u8]>>> {
    Some(vec![Cow::Owned(word.as_bytes().to_vec())])
}

impl<'e> ChangedEntry<'e> {
    /// The entry as it is to be; of one that goes, as it was.
    pub(super) fn record(&self) -> &'e Entry<'e> {
        match self.change {
            EntryChange::Add(entry)
            | EntryChange::Delete(entry)
            | EntryChange::Modify(_, entry) => entry,
        }
    }

    fn old(&self) -> Option<&'e Entry<'e>> {
        match self.change {
            EntryChange::Add(_) => None,
            EntryChange::Delete(entry) | EntryChange::Modify(entry, _) => Some(entry),
        }
    }

    fn kind(&self) -> &'static str {
        match self.change {
            EntryChange::Add(_) => "add",
            EntryChange::Delete(_) => "delete",
            EntryChange::Modify(old, new) if self.is_renamed(old, new) => "rename",
            EntryChange::Modify(..) => "modify",
        }
    }

    fn is_renamed(&self, old: &Entry<'_>, new: &Entry<'_>) -> bool {
        dn_key(self.schema, &old.dn) != dn_key(self.schema, &new.dn)
    }

    fn of(&self, entry: &'e Entry<'e>, name: &str) -> Vec<Cow<'e, [u8]>> {
        if name.eq_ignore_ascii_case(DN) {
            return vec![Cow::Owned(entry.dn.to_string().into_bytes())];
        }
        let wanted = name.as_bytes();
        let is_it = |held: &[u8]| {
            same_options(held, wanted) && self.schema.same_attribute(type_of(held), type_of(wanted))
        };
        let held = entry.attributes.iter().filter(|one| is_it(&one.description));
        held.flat_map(|one| one.values.iter().map(|value| Cow::Borrowed(&**value))).collect()
    }
}

impl Names for ChangedEntry<'_> {
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        match (name, plain(name)) {
            (KIND, _) => word(self.kind()),
            (TABLE, _) => Some(Vec::new()),
            (_, (true, name)) => Some(self.old().map_or(Vec::new(), |old| self.of(old, name))),
            (_, (false, name)) => Some(self.of(self.record(), name)),
        }
    }

    fn lookup(&self, _: &str, _: &[u8]) -> Answer {
        Ok(None)
    }
}

impl<'r> ChangedRow<'r> {
    pub(super) fn record(&self) -> &'r Row<'r> {
        match self.change {
            RowChange::Insert(row) | RowChange::Delete(row) | RowChange::Update(_, row) => row,
        }
    }

    fn old(&self) -> Option<&'r Row<'r>> {
        match self.change {
            RowChange::Insert(_) => None,
            RowChange::Delete(row) | RowChange::Update(row, _) => Some(row),
        }
    }

    fn of(&self, row: Option<&'r Row<'r>>, name: &str) -> Vec<Cow<'r, [u8]>> {
        let cell = number(self.columns, name).and_then(|n| row?[n].as_ref());
        let value = cell.filter(|value: &&Value<'_>| value.said != Said::Made);
        value.map(|value| Cow::Borrowed(&*value.bytes)).into_iter().collect()
    }
}

impl Names for ChangedRow<'_> {
    /// What is a column of another table alone has no value here.
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        match (name, plain(name)) {
            (KIND, _) => word(kind_of(self.change)),
            (TABLE, _) => word(&self.table.parts.join(".")),
            (_, (true, name)) => Some(self.of(self.old(), name)),
            (_, (false, name)) => Some(self.of(Some(self.record()), name)),
        }
    }

    fn lookup(&self, _: &str, _: &[u8]) -> Answer {
        Ok(None)
    }
}
