//! INSERT statements of dumps: what stands before the rows, where a row ends, and its values.
//!
//! What is read stands in `grammar/insert.abnf`, to the byte. Which statements a dump has, and which
//! of them are of the table that is wanted, is not known here.

mod call;
mod date;
mod head;
mod mssql;
mod oracle;
mod row;
mod skim;
mod string;
mod tail;

pub(super) use head::{column_list, gaps, keyword, some_gap, table_name, word};
pub(super) use string::{append, code};

use super::stuck::fault_of;
use crate::dialect::Dialect;
use crate::error::{Expected, Fault};
use crate::table::{Row, TableName};

/// How the literals of a dump are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literals {
    /// Whose they are.
    pub style: Style,
    /// Whether a backslash in a string is an escape: `standard_conforming_strings = off` of PostgreSQL,
    /// MySQL without `NO_BACKSLASH_ESCAPES`. Nobody else has such escapes.
    pub backslashes: bool,
    /// Whether double quotes stand around names, as ISO 9075 has it, rather than strings. MySQL asks;
    /// for all others they do.
    pub ansi: bool,
}

/// Whose literals they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// PostgreSQL: `pg_dump --inserts`.
    Postgres,
    /// MySQL and `MariaDB`: `mysqldump`, `mariadb-dump`.
    Mysql,
    /// `SQLite`: `.dump`.
    Sqlite,
    /// SQL Server: scripts of its Management Studio.
    Mssql,
    /// Oracle: exports of SQL Developer.
    Oracle,
}

impl From<Dialect> for Style {
    fn from(dialect: Dialect) -> Style {
        match dialect {
            // Db2's literals and types are those of ISO 9075, which PostgreSQL has too.
            Dialect::Postgres | Dialect::Db2 => Style::Postgres,
            Dialect::Mysql | Dialect::Mariadb => Style::Mysql,
            Dialect::Sqlite => Style::Sqlite,
            Dialect::Mssql => Style::Mssql,
            Dialect::Oracle => Style::Oracle,
        }
    }
}

impl From<Style> for Literals {
    /// As they are where the dump does not say otherwise.
    fn from(style: Style) -> Literals {
        let is_mysql = style == Style::Mysql;
        Literals { style, backslashes: is_mysql, ansi: !is_mysql }
    }
}

/// What a backslash in a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escapes {
    /// A byte like any other.
    None,
    /// MySQL's escapes begin with it.
    Mysql,
    /// PostgreSQL's do.
    Postgres,
    /// Those of `SQLite`'s `unistr` do.
    Unistr,
}

/// What stands before the rows of an INSERT statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsertHead {
    /// The table, as the database calls it.
    pub table: TableName,
    /// The columns of the values; where there is no list they are those of the table.
    pub columns: Option<Vec<String>>,
    /// How many bytes stand before the `(` of the first row.
    pub len: usize,
}

impl Literals {
    /// Reads what stands before the rows of a text that begins with an INSERT or REPLACE statement.
    ///
    /// # Errors
    ///
    /// It is none that this database's dumps have, or its rows are made by a query.
    pub fn insert_head(self, text: &[u8]) -> Result<InsertHead, Fault> {
        let (rest, (table, columns)) = head::insert_head(text, self)
            .map_err(|error| fault_of(error, text, Expected::InsertStatement))?;
        // The `(` is behind us.
        Ok(InsertHead { table, columns, len: text.len() - rest.len() - 1 })
    }

    /// The table of a text that begins with an INSERT or REPLACE statement, and what stands behind its name.
    pub(super) fn insert_into(self, text: &[u8]) -> Option<(TableName, &[u8])> {
        head::insert_into(text, self).ok().map(|(rest, table)| (table, rest))
    }

    /// Reads what stands between the last row of a statement and its end mark.
    ///
    /// # Errors
    ///
    /// It may make rows others than they stand there.
    pub fn insert_tail(self, text: &[u8]) -> Result<(), Fault> {
        let read = tail::insert_tail(text, self).map(drop);
        read.map_err(|error| fault_of(error, text, Expected::InsertStatement))
    }

    /// The name of a table that a text begins with, where it begins with one.
    pub(super) fn table_at(self, text: &[u8]) -> Option<TableName> {
        table_name(text, self, Expected::TableOfDump).ok().map(|(_, table)| table)
    }

    /// The length of the row that a text begins with, its `(` and `)` included. Nothing is looked at but
    /// quotes, escapes and parentheses.
    ///
    /// # Errors
    ///
    /// The text begins with no `(`, or ends within the row.
    pub fn row_end(self, text: &[u8]) -> Result<usize, Fault> {
        skim::row_end(text, self)
    }

    /// Reads the values of a row, `( … )`, to the last byte. A literal without escapes is borrowed.
    ///
    /// # Errors
    ///
    /// Something stands in it that is no value, or one that only the database can make.
    pub fn row<'t>(self, row: &'t [u8]) -> Result<Row<'t>, Fault> {
        self.row_with(row, &[])
    }

    /// The same of a row in which the database makes the values in these places from others.
    pub(super) fn row_with<'t>(self, row: &'t [u8], made: &[usize]) -> Result<Row<'t>, Fault> {
        match row::row(row, self, made) {
            Ok((b"", cells)) => Ok(cells),
            Ok((rest, _)) => Err(Fault::expected(Expected::EndOfRow, row, rest)),
            Err(error) => Err(fault_of(error, row, Expected::ValueOfRow)),
        }
    }

    fn escapes(self) -> Escapes {
        match self.style {
            Style::Postgres if self.backslashes => Escapes::Postgres,
            Style::Mysql if self.backslashes => Escapes::Mysql,
            _ => Escapes::None,
        }
    }

    /// Whether a double quote begins a string.
    fn has_double_quoted_strings(self) -> bool {
        self.style == Style::Mysql && !self.ansi
    }
}
