//! What a database says of a table: its columns with their types, its keys.
//!
//! Knows no SQL: `dump::definition` reads it there.

use crate::table::{ColumnType, TableName};

/// A table as it was defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// The columns, in their order.
    pub columns: Vec<ColumnDefinition>,
    /// The names of the columns of the primary key; none where there is no such key.
    pub primary_key: Vec<String>,
    /// The columns of each further key of which no two rows may have one value.
    pub unique: Vec<Vec<String>>,
    /// The references to other rows.
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// What its values are; `None` where it has no type, or one that is not known.
    pub kind: Option<ColumnType>,
    /// Whether the database makes its values from those of other columns.
    pub is_generated: bool,
    /// Whether NULL is no value of it.
    pub is_not_null: bool,
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
}
