//! How SQL dialects differ: one table of facts, and one function each for identifiers and literals.
//!
//! Knows no rows and no diff. A literal is written so that no value can leave it, and no raw control
//! character, line end or `$` stands in one: whatever client reads the script reads one line a
//! statement.

mod bounds;
mod characters;
mod copy;
mod db2;
mod folding;
mod labels;
mod meaning;
mod mssql;
mod names;
mod notation;
mod oracle;
mod pieces;
mod predicate;
mod quote;
mod spelling;
mod stand_in;
mod stored;
mod truth;
mod types;

use std::fmt;

use crate::table::Nulls;

pub use bounds::{Bounds, Release};
pub use characters::Characters;
pub use copy::{copied, copied_text};
pub use labels::Labels;
pub use quote::{Literal, text_of};
pub use spelling::Spelling;
pub use truth::truths_among;

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
    /// SQL Server, run by `sqlcmd`.
    Mssql,
    /// Oracle, run by `sqlplus`.
    Oracle,
    /// Db2 for Linux, UNIX and Windows, run by `db2`.
    Db2,
}

impl Dialect {
    /// What it is called in options and messages.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgres",
            Dialect::Mysql => "mysql",
            Dialect::Mariadb => "mariadb",
            Dialect::Sqlite => "sqlite",
            Dialect::Mssql => "mssql",
            Dialect::Oracle => "oracle",
            Dialect::Db2 => "db2",
        }
    }

    /// Whether this database has a table under the name that a dump of the other one has.
    pub fn is_home_of(self, other: Dialect) -> bool {
        self == other || (self.is_mysql() && other.is_mysql())
    }

    /// Whether two names of columns that differ in case alone are one, quoted as they are.
    pub fn has_columns_without_case(self) -> bool {
        match self {
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite | Dialect::Mssql => true,
            Dialect::Postgres | Dialect::Oracle | Dialect::Db2 => false,
        }
    }

    /// Whether it reads instants without an offset alone, in the time zone of the session.
    pub fn has_instants_of_the_session(self) -> bool {
        self.is_mysql()
    }

    /// Whether it is MySQL or `MariaDB`.
    pub fn is_mysql(self) -> bool {
        matches!(self, Dialect::Mysql | Dialect::Mariadb)
    }

    /// When two keys that hold a NULL are one to its unique indexes.
    pub fn nulls(self) -> Nulls {
        match self {
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => {
                Nulls::Distinct
            }
            Dialect::Oracle => Nulls::AlikeInPart,
            Dialect::Mssql | Dialect::Db2 => Nulls::Alike,
        }
    }

    /// Whether a script can be staged: only where a server was there to prove it.
    pub fn stages(self) -> bool {
        match self {
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => true,
            Dialect::Mssql | Dialect::Oracle | Dialect::Db2 => false,
        }
    }

    /// The command that runs a script called `file`.
    pub fn command(self, file: &str) -> String {
        match self {
            Dialect::Postgres => format!("psql -X -f {file} DATABASE"),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => {
                format!("{} < {file}", self.from_pipe())
            }
            Dialect::Mssql => format!("{} -i {file}", self.from_pipe()),
            Dialect::Oracle => format!("{} @{file}", self.from_pipe()),
            Dialect::Db2 => {
                format!("export DB2CODEPAGE=1208; db2 connect to DATABASE && db2 -td@ -f {file}")
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
            // Whatever the console speaks, the script is UTF-8; nothing in it is a variable.
            Dialect::Mssql => "sqlcmd -S SERVER -d DATABASE -b -x -I -f 65001",
            Dialect::Oracle => "NLS_LANG=.AL32UTF8 sqlplus -S -L USER@DATABASE",
            Dialect::Db2 => "(export DB2CODEPAGE=1208; db2 connect to DATABASE && db2 -td@)",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
