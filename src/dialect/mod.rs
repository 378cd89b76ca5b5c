//! How SQL dialects differ: one table of facts, and one function each for identifiers and literals.
//!
//! Knows no rows and no diff. A literal is written so that no value can leave it, and no raw control
//! character, line end or `$` stands in one: whatever client reads the script reads one line a
//! statement.

mod copy;
mod names;
mod predicate;
mod quote;
mod types;

use std::fmt;

pub use copy::{copied, copied_text};
pub use quote::{Literal, text_of};

/// A database and its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, run by `psql`.
    Postgres,
    /// MySQL, run by `mysql`.
    Mysql,
    /// `MariaDB`, run by `mariadb`.
    Mariadb,
    /// `SQLite`, run by `sqlite3`.
    Sqlite,
}

impl Dialect {
    /// What it is called in options and messages.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Mysql => "mysql",
            Dialect::Mariadb => "mariadb",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// The command that runs a script called `file`.
    pub fn command(self, file: &str) -> String {
        match self {
            Dialect::Postgres => format!("psql -X -f {file} DATABASE"),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => {
                format!("{} < {file}", self.from_pipe())
            }
        }
    }

    /// The command that runs a script from standard input.
    pub fn from_pipe(self) -> &'static str {
        match self {
            Dialect::Postgres => "psql -X DATABASE",
            Dialect::Mysql => "mysql --default-character-set=utf8mb4 DATABASE",
            Dialect::Mariadb => "mariadb --default-character-set=utf8mb4 DATABASE",
            Dialect::Sqlite => "sqlite3 DATABASE",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
