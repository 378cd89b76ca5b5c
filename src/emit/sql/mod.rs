//! SQL scripts: a program for the client of one database, which does what it says or nothing.
//!
//! In a script of *statements* a change is one line: the statement, and what makes the script stop where it
//! did not meet exactly one row that is as the dump had it. A *staged* script brings the changes into a
//! temporary table first, and makes a set of them by one statement; it stops for the same reasons, with the
//! same words. The lines of the three kinds of client stand in one file each; the statements are the same.

mod head;
mod load;
mod mysql;
mod operations;
mod postgres;
mod sqlite;
mod stage;
mod statement;
mod survey;

use std::borrow::Cow;

pub use head::{TableSubject, rows_in_words};
pub use load::Load;
pub use stage::Stage;
pub use survey::Survey;

use crate::dialect::Dialect;
use crate::emit::sql::stage::Staged;
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

/// How the changes stand in a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SqlStyle {
    /// As statements where somebody may want to read them, staged where they are many.
    #[default]
    Auto,
    /// A statement and a line each.
    Statements,
    /// In a temporary table.
    Staged,
}

impl SqlStyle {
    /// Whether this many changes are staged.
    pub fn is_staged(self, changes: usize) -> bool {
        /// More than these nobody reads.
        const READ: usize = 1000;
        match self {
            SqlStyle::Auto => changes > READ,
            SqlStyle::Statements => false,
            SqlStyle::Staged => true,
        }
    }
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
    /// Columns that the database counts where a row comes without a value, which here some may not: it
    /// goes on behind the greatest.
    pub counters: &'s [usize],
    /// The time zone in which times stand in the dump, where the server shows them in another.
    pub time_zone: Option<&'s str>,
    /// What is staged; `None` where each change is a statement.
    pub stage: Option<&'s Stage>,
}

/// Some changes that a client takes as one statement.
#[derive(Clone, Debug)]
pub struct Block {
    /// What stands before them.
    pub opening: String,
    /// What stands between two of them.
    pub between: &'static str,
    /// What stands behind them.
    pub closing: String,
    /// How many bytes of them there are; one alone may be longer.
    pub most: usize,
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
        match (self.dialect, self.staged()) {
            (Dialect::Postgres, None) => postgres::opening(),
            (Dialect::Postgres, Some(staged)) => postgres::opening() + &postgres::stage(staged),
            (Dialect::Mysql | Dialect::Mariadb, None) => mysql::opening(self) + mysql::TRANSACTION,
            (Dialect::Mysql | Dialect::Mariadb, Some(staged)) => {
                mysql::opening(self) + &mysql::stage(staged) + mysql::TRANSACTION
            }
            (Dialect::Sqlite, None) => sqlite::opening(self),
            (Dialect::Sqlite, Some(staged)) => sqlite::opening(self) + &sqlite::stage(staged),
        }
    }

    /// Change number `n`, from 1.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn change(&self, n: u64, change: &RowChange<'_>) -> Result<String, Unwritable> {
        if let Some(staged) = self.staged() {
            return staged.row(n, change);
        }
        let statement = self.statement(n, change)?;
        Ok(match self.dialect {
            Dialect::Postgres => postgres::line(&statement),
            Dialect::Mysql | Dialect::Mariadb => mysql::line(&statement, n),
            Dialect::Sqlite => sqlite::line(&statement),
        })
    }

    /// What stands around changes.
    pub fn block(&self) -> Block {
        /// Below the least limit of a statement there is.
        const STATEMENT: usize = 1 << 20;
        match (self.dialect, self.staged()) {
            (Dialect::Postgres, None) => Block {
                opening: postgres::block_opening(self),
                between: "",
                closing: postgres::block_closing(self),
                most: 4 * STATEMENT,
            },
            (Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite, Some(staged)) => Block {
                opening: staged.load(),
                between: ",\n",
                closing: ";\n".to_owned(),
                most: STATEMENT,
            },
            (Dialect::Postgres, Some(_))
            | (Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite, None) => Block {
                opening: String::new(),
                between: "",
                closing: String::new(),
                most: usize::MAX,
            },
        }
    }

    /// What comes behind `total` changes.
    pub fn closing(&self, total: u64) -> String {
        match (self.dialect, self.staged()) {
            (Dialect::Postgres, None) => postgres::closing(self),
            (Dialect::Postgres, Some(staged)) => {
                postgres::operations(staged) + &postgres::closing(self)
            }
            (Dialect::Mysql | Dialect::Mariadb, None) => mysql::closing(self.end, total),
            (Dialect::Mysql | Dialect::Mariadb, Some(staged)) => mysql::operations(staged),
            (Dialect::Sqlite, None) => sqlite::closing(self.end, total),
            (Dialect::Sqlite, Some(staged)) => sqlite::operations(staged),
        }
    }

    fn staged(&self) -> Option<Staged<'_>> {
        self.stage.map(|stage| Staged { script: self, stage })
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
