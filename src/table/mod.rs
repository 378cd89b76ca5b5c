//! A table's names and definition, and one row of it.
//!
//! Knows no format and no SQL.

mod columns;
mod definition;
mod folding;
mod kind;
mod notation;
mod stand_in;

use std::borrow::Cow;
use std::fmt;

pub use columns::{Columns, Constraints, Manner, Nulls, Reference, Typing};
pub use definition::{
    ColumnDefinition, Counter, Definition, ForeignKey, LooseKey, OnDelete, Referrer,
};
pub use folding::{Folding, Letters};
pub use kind::{ColumnType, Truths, number_of_bits, same};
pub use notation::{Elements, Notation, SaidType};
pub use stand_in::StandIn;

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
    /// That the database makes it: the bytes are a query that asks for it, or nothing where nobody asks.
    Made,
    /// That the database makes it in another row: the bytes are a query that asks for it.
    Asked,
}

impl<'c> Value<'c> {
    /// One of which the dump says nothing but its bytes.
    pub fn plain(bytes: impl Into<Cow<'c, [u8]>>) -> Value<'c> {
        Value { said: Said::Nothing, bytes: bytes.into() }
    }

    /// The same for another row, where it refers to this one.
    #[must_use]
    pub fn asked(&self) -> Value<'c> {
        let said = if self.said == Said::Made { Said::Asked } else { self.said };
        Value { said, bytes: self.bytes.clone() }
    }

    /// Whether it is a query for what the database makes.
    pub fn is_query(&self) -> bool {
        matches!(self.said, Said::Made | Said::Asked)
    }

    /// Of a query for what the database makes, by what it finds the row.
    pub fn condition(&self) -> &[u8] {
        const WHERE: &[u8] = b" WHERE ";
        let at = memchr::memmem::find(&self.bytes, WHERE);
        let condition = at.map_or(&self.bytes[..], |at| &self.bytes[at + WHERE.len()..]);
        condition.strip_suffix(b")").unwrap_or(condition)
    }

    /// Whether nobody says what it is: the database makes it, and nothing asks for it.
    pub fn is_unsaid(&self) -> bool {
        self.said == Said::Made && self.bytes.is_empty()
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableName {
    /// The parts, the table last.
    pub parts: Vec<String>,
}

impl TableName {
    /// The table itself, without what it is in.
    pub fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

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

    /// Whether both may be one table: the names are the same, and so is what stands before them as far
    /// as both have it. `is_one` says when two parts are the same, of which the first is of `self`.
    pub fn may_be(&self, other: &TableName, is_one: impl Fn(&str, &str) -> bool) -> bool {
        let mut pairs = self.parts.iter().rev().zip(other.parts.iter().rev());
        pairs.all(|(mine, its)| is_one(mine, its))
    }

    /// The first of some tables that may be this one: one that is spelled alike before others.
    pub fn find<'n, T>(
        &self,
        all: impl Iterator<Item = T> + Clone,
        name: impl Fn(&T) -> &'n TableName,
    ) -> Option<T> {
        let mut spelled = all.clone();
        let mut others = all;
        let found = spelled.find(|one| self.may_be(name(one), |a, b| a == b));
        found.or_else(|| others.find(|one| self.may_be(name(one), str::eq_ignore_ascii_case)))
    }
}

impl fmt::Display for TableName {
    /// The name as it is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, part) in self.parts.iter().enumerate() {
            let dot = if n > 0 { "." } else { "" };
            match part.contains(['.', '"']) {
                true => write!(f, "{dot}\"{}\"", part.replace('"', "\"\""))?,
                false => write!(f, "{dot}{part}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_each_other_from_their_end() {
        let may_be = |a, b| {
            let (a, b) = (TableName::parse(a), TableName::parse(b));
            a.zip(b).is_some_and(|(a, b)| a.may_be(&b, |a, b| a == b))
        };
        for (a, b, wanted) in [
            ("staff", "hr.staff", true),
            ("db.hr.staff", "hr.staff", true),
            ("hr.staff", "pay.staff", false),
            ("hr.staff", "hr", false),
            ("staff", "Staff", false),
        ] {
            assert_eq!((may_be(a, b), may_be(b, a)), (wanted, wanted), "{a} {b}");
        }
    }

    #[test]
    fn names_have_parts() {
        let parts = |text| TableName::parse(text).map(|name| name.parts);
        assert_eq!(parts("staff"), Some(vec!["staff".into()]));
        assert_eq!(parts("hr.Staff"), Some(vec!["hr".into(), "Staff".into()]));
        assert_eq!(parts("\"a.b\".\"c\"\"d\""), Some(vec!["a.b".into(), "c\"d".into()]));
        for name in ["staff", "hr.Staff", "\"a.b\".\"c\"\"d\""] {
            assert_eq!(TableName::parse(name).map(|name| name.to_string()).as_deref(), Some(name));
        }
        for bad in ["", ".", "a.", ".a", "\"a", "a\nb"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
