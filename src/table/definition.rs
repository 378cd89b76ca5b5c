//! What a database says of a table: its columns with their types, its keys.
//!
//! Knows no SQL: `dump::definition` reads it there.

use crate::table::{ColumnType, Notation, TableName};

/// A table as it was defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// The name it was defined under, with the schema or database that was current where it has none.
    pub name: TableName,
    /// The columns, in their order.
    pub columns: Vec<ColumnDefinition>,
    /// The names of the columns of the primary key; none where there is no such key.
    pub primary_key: Vec<String>,
    /// The columns of each further key of which no two rows may have one value.
    pub unique: Vec<Vec<String>>,
    /// Those of these in which NULL equals NULL (`NULLS NOT DISTINCT`).
    pub with_null: Vec<Vec<String>>,
    /// What else no two rows may have alike.
    pub loose: Vec<LooseKey<String>>,
    /// The references to other rows.
    pub foreign_keys: Vec<ForeignKey>,
    /// The references of other tables to this one, as far as their definitions can be read.
    pub referrers: Vec<Referrer>,
    /// Whether a column may hold what is not of its type (`SQLite`, but for STRICT tables).
    pub is_loose: bool,
    /// Whether its rows are those of its partitions.
    pub is_partitioned: bool,
}

impl Definition {
    /// A unique key of columns as one that may be made of more than these.
    pub fn loosened(&self, key: &[String]) -> LooseKey<String> {
        LooseKey {
            columns: key.to_vec(),
            told: key.to_vec(),
            lets_go: !self.with_null.iter().any(|other| other == key),
            ..LooseKey::default()
        }
    }

    /// The names of all columns.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// A column by its name, as it may be spelled too.
    pub fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        let find = |is_it: &dyn Fn(&str) -> bool| self.columns.iter().find(|one| is_it(&one.name));
        find(&|one| one == name).or_else(|| find(&|one| one.eq_ignore_ascii_case(name)))
    }

    /// The names of the columns that rows are written with: all but those the database makes itself.
    pub fn written_names(&self) -> Vec<String> {
        let written = self.columns.iter().filter(|column| !column.is_generated);
        written.map(|column| column.name.clone()).collect()
    }
}

/// What no two rows may have alike where more than the values of its columns says what is alike: an index of expressions,
/// of the beginnings of texts or of a part of the rows, or an exclusion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LooseKey<C> {
    /// The columns of which it is made.
    pub columns: Vec<C>,
    /// Those of these by which rows are told apart: that differ in one, but for its spelling, are not alike.
    pub told: Vec<C>,
    /// Those of which so many characters count.
    pub starts: Vec<(C, usize)>,
    /// The columns that say which rows it is about.
    pub decides: Vec<C>,
    /// Whether a row with NULL in one of its columns is like no other.
    pub lets_go: bool,
}

impl<C> LooseKey<C> {
    /// The same of columns called otherwise, as far as there are such; `None` where it is made of none of them.
    pub fn called<D>(&self, name: impl Fn(&C) -> Option<D>) -> Option<LooseKey<D>> {
        let all = |columns: &[C]| columns.iter().filter_map(&name).collect::<Vec<D>>();
        let starts = self.starts.iter().filter_map(|(column, most)| Some((name(column)?, *most)));
        let key = LooseKey {
            columns: all(&self.columns),
            told: all(&self.told),
            starts: starts.collect(),
            decides: all(&self.decides),
            lets_go: self.lets_go,
        };
        (!key.columns.is_empty()).then_some(key)
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// The name of its type as it stands there, `character varying(32)`; empty where it has none.
    pub type_name: String,
    /// What its values are; `None` where it has no type, or one that is not known.
    pub kind: Option<ColumnType>,
    /// The texts that its type lists, where that is defined by a statement of its own (PostgreSQL's `ENUM`).
    pub labels: Vec<String>,
    /// By what rules its texts are equal, where that is said.
    pub collation: Option<String>,
    /// How its values are written where a file does not say by which program.
    pub notation: Notation,
    /// Whether the database makes its values from those of other columns.
    pub is_generated: bool,
    /// Whether the database sets it in each row that is changed, but for a change that sets it itself (`ON UPDATE
    /// CURRENT_TIMESTAMP`).
    pub is_touched: bool,
    /// Whether NULL is no value of it.
    pub is_not_null: bool,
    /// How the database counts where a row comes without a value.
    pub counter: Option<Counter>,
}

/// What gives numbers to the rows that come without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counter {
    /// The column itself, which takes no other number unless it is overridden (`GENERATED ALWAYS AS
    /// IDENTITY`).
    Always,
    /// The column itself, where no number is given (`GENERATED BY DEFAULT AS IDENTITY`,
    /// `AUTO_INCREMENT`, `serial`, the row's number in `SQLite`).
    ByDefault,
    /// A sequence of this name, by the column's default.
    Sequence(TableName),
}

/// Columns whose values are those of a row in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table they refer to.
    pub table: TableName,
    /// The columns there; none where they are those of its primary key.
    pub referred: Vec<String>,
    /// What a delete of the row that is referred to does.
    pub on_delete: OnDelete,
    /// Whether rows refer on to the same row when what they refer to it by changes (`ON UPDATE CASCADE`).
    pub follows: bool,
    /// Whether all of its columns are NULL or none (`MATCH FULL`).
    pub is_full: bool,
    /// Whether it can be looked at as late as the transaction ends.
    pub is_deferrable: bool,
}

/// A reference of another table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// That table.
    pub table: TableName,
    /// Its columns, and those that they refer to by name.
    pub key: ForeignKey,
}

/// What the delete of a row does to those that refer to it (ISO 9075-2, `<referential action>`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDelete {
    /// Nothing, and so it is refused.
    #[default]
    NoAction,
    /// It is refused at once.
    Restrict,
    /// They are deleted too.
    Cascade,
    /// Their columns become NULL.
    SetNull,
    /// Their columns get their defaults.
    SetDefault,
}

impl OnDelete {
    /// Whether the database deletes or changes them.
    pub fn acts(self) -> bool {
        matches!(self, OnDelete::Cascade | OnDelete::SetNull | OnDelete::SetDefault)
    }
}
