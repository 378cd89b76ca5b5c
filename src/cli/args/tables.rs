//! The options of tables.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use ldifsync::table::TableName;

use crate::cli::values::{byte, column, quote, table};

/// What tables are, and what becomes of their difference.
#[derive(Args, Debug)]
#[command(next_help_heading = "Tables (OLD and NEW are CSV or TSV)")]
pub(crate) struct TableArgs {
    /// The table that both files hold: an SQL script is written [default: the files are LDIF]
    ///
    /// A name as the database has it, exactly as it is spelled: `staff`, `hr.staff`, `"a.b".Staff`.
    #[arg(long, value_name = "NAME", value_parser = table)]
    pub(crate) table: Option<TableName>,
    /// The columns that tell one row from all others [default: none, and they are demanded]
    #[arg(long, value_name = "COLUMN,…", value_parser = column, value_delimiter = ',')]
    pub(crate) key: Vec<String>,
    /// The database whose client runs the script [default: none, and a script demands it]
    #[arg(long, value_name = "postgres|mysql|mariadb|sqlite", hide_possible_values = true)]
    pub(crate) dialect: Option<DialectArg>,
    /// The names of the columns, where the first row is data [default: the first row names them]
    #[arg(long, value_name = "COLUMN,…", value_parser = column, value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// What stands between two fields; `tab` is one [default: a comma, in `.tsv` a tab]
    #[arg(long, value_name = "C", value_parser = byte)]
    pub(crate) delimiter: Option<u8>,
    /// What stands around a field, or `none` [default: a double quote]
    #[arg(long, value_name = "C|none", value_parser = quote)]
    pub(crate) quote: Option<QuoteArg>,
    /// What stands before a quote inside quotes [default: none, it is doubled]
    #[arg(long, value_name = "C", value_parser = byte)]
    pub(crate) escape: Option<u8>,
    /// The field without quotes that is NULL [default: an empty one]
    #[arg(long, value_name = "TEXT")]
    pub(crate) null: Option<OsString>,
    /// How the changes stand in the script [default: auto]
    ///
    /// `statements`: one a line, to be read. `staged`: in a temporary table, a set of them made by one
    /// statement, which is much faster. `auto`: statements up to 1,000 changes, staged above.
    #[arg(long, value_name = "statements|staged|auto", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(crate) sql_style: SqlStyleArg,
    /// What must still be as it was in OLD, else the script stops [default: changed]
    ///
    /// `changed`: the columns that change, and of a row that goes all. `row`: all columns. `none`: the
    /// row is there.
    #[arg(long, value_name = "changed|row|none", hide_possible_values = true)]
    #[arg(default_value = "changed", hide_default_value = true)]
    pub(crate) guard: GuardArg,
    /// What the script does at its end; `rollback` makes it a rehearsal [default: commit]
    #[arg(long, value_name = "commit|rollback", hide_possible_values = true)]
    #[arg(default_value = "commit", hide_default_value = true)]
    pub(crate) end: EndArg,
}

/// A database.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DialectArg {
    Postgres,
    Mysql,
    Mariadb,
    Sqlite,
}

/// A quote, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuoteArg {
    None,
    Byte(u8),
}

/// How the changes stand in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SqlStyleArg {
    Statements,
    Staged,
    Auto,
}

/// What must still be as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuardArg {
    Changed,
    Row,
    None,
}

/// How a script ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EndArg {
    Commit,
    Rollback,
}
