//! The columns of a table that are compared.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::table::{
    Cell, ColumnType, Folding, LooseKey, Notation, Row, Said, StandIn, Value, same,
};
use crate::text::{Escaped, Shortened};

/// What both sides have: the columns that are compared, and which of them are the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The names, in the order of OLD.
    pub names: Vec<String>,
    /// What their values are, as far as it is known.
    pub types: Vec<Option<ColumnType>>,
    /// How they are written where a file does not say by which program; usually, where nothing is known.
    pub notations: Vec<Notation>,
    /// Who says what a value is.
    pub typing: Typing,
    /// The columns of the key, as numbers of `names`, in the order of the key.
    pub key: Vec<usize>,
}

/// Who says what a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Typing {
    /// Its column.
    #[default]
    ByColumn,
    /// It says it itself, whatever its column is (`SQLite`, where both sides are dumps of it).
    ByValue,
}

/// What a database keeps true of a table's rows at any time, in columns as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    /// For each column, whether a row may do without a value; none where nothing is known to be kept.
    pub is_nullable: Vec<bool>,
    /// For each column, what stands in for its values where it may not do without; none where nothing can.
    pub stand_ins: Vec<Option<StandIn>>,
    /// The columns of each key, beside the one that rows are found by, of which no two rows may have one
    /// value.
    pub unique: Vec<Vec<usize>>,
    /// When two of such keys with a NULL in them are one.
    pub nulls: Nulls,
    /// Those of these keys in which NULL equals NULL in any case.
    pub with_null: Vec<Vec<usize>>,
    /// What else no two rows may have alike.
    pub loose: Vec<LooseKey<usize>>,
    /// For each column, which texts are one to the database; none where nothing is known of it.
    pub foldings: Vec<Folding>,
    /// Columns of which all are NULL or none.
    pub together: Vec<Vec<usize>>,
    /// The references of rows to rows of a table that is changed too.
    pub references: Vec<Reference>,
}

impl Constraints {
    /// When two of such keys of these columns with a NULL in them are one.
    pub fn nulls_of(&self, key: &[usize]) -> Nulls {
        let is_alike = self.with_null.iter().any(|one| one == key);
        if is_alike { Nulls::Alike } else { self.nulls }
    }

    /// Whether a row's values of such a key may stand in another row too, for the NULLs among them.
    pub fn may_stand_twice(&self, key: &[usize], row: &Row<'_>) -> bool {
        let held = key.iter().filter(|&&n| row[n].is_some()).count();
        match self.nulls_of(key) {
            Nulls::Distinct => held < key.len(),
            Nulls::AlikeInPart => held == 0,
            Nulls::Alike => false,
        }
    }

    /// Columns that are to be NULL, and those that have to be NULL with them.
    pub fn along(&self, columns: Vec<usize>) -> Vec<usize> {
        let has = |key: &&Vec<usize>| key.iter().any(|n| columns.contains(n));
        let more = self.together.iter().filter(has).flatten().filter(|n| !columns.contains(n));
        let more: BTreeSet<usize> = more.copied().collect();
        columns.into_iter().chain(more).collect()
    }
}

/// When two keys that hold a NULL are one to a database that lets none stand twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nulls {
    /// Never (ISO 9075-2, unique predicate).
    #[default]
    Distinct,
    /// Where all else in them is one, and is more than NULL (Oracle).
    AlikeInPart,
    /// Where all else in them is one (SQL Server, Db2).
    Alike,
}

/// Columns whose values are those of another row, and which columns those are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The columns that refer.
    pub columns: Vec<usize>,
    /// The number of the table they refer to.
    pub table: usize,
    /// The columns there.
    pub referred: Vec<usize>,
    /// Those of the columns that may be NULL, so that a row can do without for a while, and what has to be NULL with them.
    pub loose: Vec<usize>,
    /// Whether the database has them follow when the columns there change.
    pub follows: bool,
    /// For each of the columns, which texts are one; none where nothing is known of it.
    pub foldings: Vec<Folding>,
    /// What the database has of its own about it.
    pub manner: Manner,
    /// Whether each statement must leave it right: it cannot be looked at later, or the database deletes the row when the
    /// other goes.
    pub is_at_once: bool,
}

/// What a database has of its own about references.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Nothing.
    #[default]
    Usual,
    /// A row that was made to lead to itself can no longer go (InnoDB).
    StaysHome,
    /// What leads to a row goes on to when that is spelled otherwise alone (`SQLite`).
    TakesForOne,
}

impl Reference {
    /// What a row leads to, in the form of all that leads there; `None` where that is nothing.
    pub fn leads(&self, columns: &Columns, row: &Row<'_>) -> Option<Vec<u8>> {
        columns.forms(&self.columns, &self.foldings, row)
    }

    /// What leads to a row, likewise.
    pub fn led(&self, columns: &Columns, row: &Row<'_>) -> Option<Vec<u8>> {
        columns.forms(&self.referred, &self.foldings, row)
    }
}

/// A value in the words that equal values of its own type share.
fn by_value<'v>(value: &'v Value<'_>) -> Cow<'v, [u8]> {
    match value.said {
        Said::Bare => ColumnType::Float.canonical(&value.bytes),
        Said::Nothing | Said::Text | Said::Bytes | Said::Made | Said::Asked => {
            Cow::Borrowed(&value.bytes)
        }
    }
}

impl Columns {
    /// How the values of a column are written where a file does not say by which program.
    pub fn notation(&self, column: usize) -> Notation {
        self.notations.get(column).copied().unwrap_or_default()
    }

    /// What the values of a column are, as far as it is known, and how they are written.
    pub fn said(&self, column: usize) -> (Option<ColumnType>, Notation) {
        (self.types[column], self.notation(column))
    }

    /// Whether two rows have the same value in a column.
    pub fn agree(&self, column: usize, left: &Row<'_>, right: &Row<'_>) -> bool {
        self.agree_in(column, &left[column], &right[column])
    }

    /// Whether two cells of a column hold one value.
    pub fn agree_in(&self, column: usize, left: &Cell<'_>, right: &Cell<'_>) -> bool {
        match (self.typing, left, right) {
            (Typing::ByValue, Some(one), Some(other)) => {
                one.said == other.said && by_value(one) == by_value(other)
            }
            _ => same(self.types[column], left, right),
        }
    }

    /// The values of some columns of a row, each with its length before it, so that `ab|c` is not `a|bc`,
    /// and in the words that equal values share; `None` where one is NULL.
    pub fn values(&self, which: &[usize], row: &Row<'_>) -> Option<Vec<u8>> {
        self.forms(which, &[], row)
    }

    /// The same in the form of all texts that are one, where that is said for each of the columns.
    pub fn forms(&self, which: &[usize], foldings: &[Folding], row: &Row<'_>) -> Option<Vec<u8>> {
        const LIKELY: usize = 32;
        let mut values = Vec::with_capacity(LIKELY);
        for (at, &n) in which.iter().enumerate() {
            let value = row[n].as_ref()?;
            let words = match (self.typing, self.types[n]) {
                (Typing::ByValue, _) => by_value(value),
                (Typing::ByColumn, Some(kind)) => kind.canonical(&value.bytes),
                (Typing::ByColumn, None) => Cow::Borrowed(&*value.bytes),
            };
            let words = foldings.get(at).copied().unwrap_or_default().form(words);
            values.extend((self.typing == Typing::ByValue).then_some(value.asked().said as u8));
            values.extend((words.len() as u64).to_le_bytes());
            values.extend_from_slice(&words);
        }
        Some(values)
    }

    /// The columns in which two rows differ.
    pub fn differing(&self, left: &Row<'_>, right: &Row<'_>) -> Vec<usize> {
        (0..self.names.len()).filter(|&n| !self.agree(n, left, right)).collect()
    }

    /// The key of a row for a message: `id 4, since 2024-01-01`.
    pub fn shown_key(&self, row: &Row<'_>) -> String {
        let is_made = |n: &usize| row[*n].as_ref().is_some_and(|value| value.said == Said::Made);
        if self.key.iter().any(is_made) {
            // The database makes it: other values tell the row.
            let is_said = |n: &usize| row[*n].as_ref().is_some_and(|value| !value.is_query());
            let said: Vec<usize> = (0..row.len()).filter(is_said).take(2).collect();
            return self.shown(&said, row);
        }
        self.shown(&self.key, row)
    }

    /// Some values of a row for a message.
    pub fn shown(&self, which: &[usize], row: &Row<'_>) -> String {
        const WIDTH: usize = 60;
        let one = |&n: &usize| {
            let name = Escaped(self.names[n].as_bytes());
            match row[n].as_ref() {
                Some(value) if value.is_query() => {
                    format!("{name} where {}", Shortened(value.condition(), WIDTH))
                }
                value => {
                    format!("{name} {}", Shortened(value.map_or(&[], |value| &value.bytes), WIDTH))
                }
            }
        };
        which.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}
