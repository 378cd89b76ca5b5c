//! The options of tables.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use ldifsync::dump::Charset;
use ldifsync::input::Encoding;
use ldifsync::table::TableName;

use crate::cli::values::{byte, column, encoding, quote, tables, types};

/// Columns with the names of their types.
pub(crate) type Types = Vec<(String, String)>;

/// How an input holds a table.
#[derive(Args, Debug)]
#[command(next_help_heading = "Tables (CSV, TSV, SQL dumps, JSON)")]
pub(crate) struct TableArgs {
    /// The table that the inputs hold; `diff` takes several [default: those that an SQL dump holds]
    ///
    /// As the database has it: `staff`, `hr.staff`, `"a.b".Staff`. Several: `dept,staff`, or the
    /// option again; their changes stand in one script, in the order of the foreign keys.
    #[arg(long, value_name = "NAME,…", value_parser = tables)]
    pub(crate) table: Vec<Vec<TableName>>,
    /// The names of the columns, where no input says them [default: the first row, or the dump]
    #[arg(long, value_name = "COLUMN,…", value_parser = column, value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// The statements that define the table, whatever a dump says [default: those in the dump]
    ///
    /// `pg_dump --schema-only`, `mysqldump --no-data`, `.schema`: names, types, keys, references.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "table")]
    pub(crate) ddl: Option<PathBuf>,
    /// What the values of columns are, as SQL names it, whatever a dump says [default: as it says, else text]
    ///
    /// Values are compared as what they are: numbers by value, times as instants, `t` equals
    /// `true`. `--types 'price=numeric(10,2),seen=timestamptz,photo=bytea'`.
    #[arg(long, value_name = "COLUMN=TYPE,…", value_parser = types)]
    pub(crate) types: Vec<Types>,
    /// What the texts are written in [default: as a dump says, else UTF-8; UTF-16 is seen]
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub(crate) encoding: Option<EncodingArg>,
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
    /// The database that wrote it [default: of SQL by the first lines, else none]
    ///
    /// Of text: `postgres`: COPY; `mysql`: INTO OUTFILE, --tab; `mssql`: bcp -c, in `.csv` the word
    /// NULL is NULL; `oracle`: SQL*Plus; `db2`: DEL.
    #[arg(
        long,
        value_name = "postgres|mysql|sqlite|mssql|oracle|db2",
        hide_possible_values = true
    )]
    pub(crate) dump_style: Option<DumpStyleArg>,
    /// Accept a dump that lacks the last line its program writes
    ///
    /// `-- PostgreSQL database dump complete`, `-- Dump completed`, `COMMIT;`: without it a dump may
    /// have been cut off between two statements.
    #[arg(long)]
    pub(crate) allow_unfinished: bool,
}

/// What becomes of the difference of two tables.
#[derive(Args, Debug)]
#[command(next_help_heading = "SQL script (of two tables)")]
pub(crate) struct ScriptArgs {
    /// The columns that tell one row from all others [default: the primary key that a dump defines]
    ///
    /// Of one of several tables with its name before it: `dept.code,staff.id`.
    #[arg(long, value_name = "COLUMN,…", value_parser = column, value_delimiter = ',')]
    pub(crate) key: Vec<String>,
    /// The database whose client runs the script [default: the one that dumped OLD]
    #[arg(long, value_name = "postgres|mysql|mariadb|sqlite|mssql|oracle|db2")]
    #[arg(hide_possible_values = true)]
    pub(crate) dialect: Option<DialectArg>,
    /// How the changes stand in the script [default: auto]
    ///
    /// `statements`: one a line, to be read. `staged`: in a temporary table, a set of them made by one
    /// statement, which is much faster; not for mssql, oracle and db2. `auto`: statements up to 1,000
    /// changes, staged above where that can be.
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
    /// Make a transaction of every N changes: where the script stops, those before stay [default: one of all]
    ///
    /// The message says how far it came. For what is too large for one transaction, or must not lock a
    /// table for long.
    #[arg(long, value_name = "N", conflicts_with = "end")]
    pub(crate) commit_every: Option<NonZeroU64>,
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
    Mssql,
    Oracle,
    Db2,
}

/// A database that writes dumps.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DumpStyleArg {
    Postgres,
    Mysql,
    Sqlite,
    Mssql,
    Oracle,
    Db2,
}

/// What texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncodingArg {
    Charset(Charset),
    Utf16(Encoding),
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
