//! A table's names and definition, and one row of it.
//!
//! Knows no format and no SQL.

mod columns;
mod definition;
mod kind;

use std::borrow::Cow;

pub use columns::Columns;
pub use definition::{ColumnDefinition, Definition, ForeignKey};
pub use kind::{ColumnType, same};

/// The value of a column in a row; `None` is NULL.
pub type Cell<'c> = Option<Value<'c>>;

/// A row: a cell for each column, in the order of the columns.
pub type Row<'r> = Vec<Cell<'r>>;

/// A value as a dump has it.
#[derive(Clone, Debug)]
pub struct Value<'c> {
    /// What the dump says that it is.
    pub said: Said,
    /// What it is, without quotes and escapes.
    pub bytes: Cow<'c, [u8]>,
}

/// What a dump says that a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// Characters.
    Text,
    /// A number, or a word such as `true`.
    Bare,
    /// Bytes.
    Bytes,
}

impl<'c> Value<'c> {
    /// One of which the dump says nothing but its bytes.
    pub fn plain(bytes: impl Into<Cow<'c, [u8]>>) -> Value<'c> {
        Value { said: Said::Nothing, bytes: bytes.into() }
    }
}

/// What is done to a row.
#[derive(Clone, Debug)]
pub enum RowChange<'r> {
    /// It comes.
    Insert(Row<'r>),
    /// It goes.
    Delete(Row<'r>),
    /// It changes: how it was, and how it will be. Its key stays.
    Update(Row<'r>, Row<'r>),
}

impl<'r> RowChange<'r> {
    /// The row it is about: as it was, where it was there.
    pub fn row(&self) -> &Row<'r> {
        match self {
            RowChange::Insert(row) | RowChange::Delete(row) | RowChange::Update(row, _) => row,
        }
    }

    /// What undoes it.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            RowChange::Insert(row) => RowChange::Delete(row),
            RowChange::Delete(row) => RowChange::Insert(row),
            RowChange::Update(old, new) => RowChange::Update(new, old),
        }
    }
}

/// The name of a table, with the schemas or databases it is in before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The parts, the table last.
    pub parts: Vec<String>,
}

impl TableName {
    /// Reads a name as it is typed: parts with dots between them, a part with a dot in double quotes
    /// (`hr.staff`, `"a.b".staff`; a quote inside is doubled). `None` where a part is empty, a quote
    /// stays open, or there is a control character.
    pub fn parse(text: &str) -> Option<TableName> {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let part = parts.last_mut()?;
            match c {
                '"' if quoted && chars.next_if_eq(&'"').is_some() => part.push('"'),
                '"' if quoted || part.is_empty() => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                c if c.is_control() => return None,
                c => part.push(c),
            }
        }
        let is_whole = !quoted && parts.iter().all(|part| !part.is_empty());
        is_whole.then_some(TableName { parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_parts() {
        let parts = |text| TableName::parse(text).map(|name| name.parts);
        assert_eq!(parts("staff"), Some(vec!["staff".into()]));
        assert_eq!(parts("hr.Staff"), Some(vec!["hr".into(), "Staff".into()]));
        assert_eq!(parts("\"a.b\".\"c\"\"d\""), Some(vec!["a.b".into(), "c\"d".into()]));
        for bad in ["", ".", "a.", ".a", "\"a", "a\nb"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
