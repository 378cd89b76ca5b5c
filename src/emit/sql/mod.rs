//! SQL scripts: a program for the client of one database, which does what it says or nothing.
//!
//! A change is one line: the statement, and what makes the script stop where it did not meet exactly
//! one row that is as the dump had it. The lines of the three kinds of client stand in one file each;
//! the statements are the same.

mod head;
mod mysql;
mod postgres;
mod sqlite;
mod statement;

use std::borrow::Cow;

pub use head::{TableSubject, rows_in_words};

use crate::dialect::Dialect;
use crate::table::{Columns, RowChange, TableName};

/// What must still be as the dump had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowGuard {
    /// The columns that change; of a row that goes, all.
    #[default]
    Changed,
    /// All columns that are compared.
    Row,
    /// The key alone.
    None,
}

/// How a script ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// All that it did stays.
    #[default]
    Commit,
    /// It was a rehearsal.
    Rollback,
}

/// A script for one table.
#[derive(Clone, Copy, Debug)]
pub struct Script<'s> {
    /// Who runs it.
    pub dialect: Dialect,
    /// The table.
    pub table: &'s TableName,
    /// Its columns and key.
    pub columns: &'s Columns,
    /// What must still be as it was.
    pub guard: RowGuard,
    /// How it ends.
    pub end: End,
    /// Columns that both sides have and that are left out.
    pub left_out: &'s [String],
}

/// A value that no script can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// The number of its column.
    pub column: usize,
    /// What it is.
    pub found: &'static str,
}

impl Script<'_> {
    /// What comes before the changes.
    pub fn opening(&self) -> String {
        match self.dialect {
            Dialect::Postgres => postgres::opening(),
            Dialect::Mysql | Dialect::Mariadb => mysql::opening(self),
            Dialect::Sqlite => sqlite::opening(self),
        }
    }

    /// Change number `n`, from 1.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn change(&self, n: u64, change: &RowChange<'_>) -> Result<String, Unwritable> {
        let statement = self.statement(n, change)?;
        Ok(match self.dialect {
            Dialect::Postgres => postgres::line(&statement),
            Dialect::Mysql | Dialect::Mariadb => mysql::line(&statement, n),
            Dialect::Sqlite => sqlite::line(&statement),
        })
    }

    /// What stands before and behind some changes that a client takes as one statement.
    pub fn block(&self) -> (String, String) {
        match self.dialect {
            Dialect::Postgres => (postgres::block_opening(self), postgres::block_closing(self)),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => (String::new(), String::new()),
        }
    }

    /// What comes behind `total` changes.
    pub fn closing(&self, total: u64) -> String {
        match self.dialect {
            Dialect::Postgres => postgres::closing(self.end),
            Dialect::Mysql | Dialect::Mariadb => mysql::closing(self.end, total),
            Dialect::Sqlite => sqlite::closing(self.end, total),
        }
    }

    /// Lines of comment; nothing in them ends a line.
    fn comment(lines: &[String]) -> String {
        let line = |line: &String| match line.as_str() {
            "" => Cow::Borrowed("--\n"),
            line => Cow::Owned(format!("-- {line}\n")),
        };
        lines.iter().map(line).collect()
    }
}
