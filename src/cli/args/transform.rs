//! The options of `transform`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::{
    DialectArg, ReadingArgs, RecordArgs, RunningArgs, ScopeArgs, ServerArg, TableArgs, ThroughArgs,
};
use crate::cli::values::{column, description, memory, renaming, separator};

/// Every line that begins with `  ldifsync` is run by a test.
pub(super) const EXAMPLES: &str = "\
Examples:
A table of a dump as CSV:
  ldifsync transform old.sql --table staff -o staff.csv
The people of one unit, as LDIF and as a table:
  ldifsync transform old.ldif --base ou=Sales,ou=People,dc=example,dc=com
  ldifsync transform old.ldif --filter '(uid=*)' --attributes uid,cn --format csv -o people.csv
For a test server, without anybody's data:
  ldifsync transform old.ldif --rebase dc=example,dc=com dc=test --redact userPassword
  ldifsync transform old.ldif --pseudonymise uid,cn,sn,givenName,mail --seed s3cret -o test.ldif
Sorted by name, parents first, and as JSON lines and back:
  ldifsync transform new.ldif --operational --sort dn -o sorted.ldif
  ldifsync transform new.ldif --format jsonl | ldifsync transform --input-format jsonl -

Exit status: 0 done, 2 could not do it, 5 done but records were rejected.";

/// What `transform` takes.
#[derive(Args, Debug)]
pub(crate) struct TransformArgs {
    /// What is read, one after the other, or `-`
    #[arg(value_name = "INPUT", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// What the inputs hold [default: by name, else by what it begins with]
    #[arg(
        long,
        value_name = "ldif|jsonl|csv|tsv|sql|json",
        hide_possible_values = true,
        help_heading = "Input"
    )]
    pub(crate) input_format: Option<InputFormatArg>,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) editing: EditingArgs,
    #[command(flatten)]
    pub(crate) tables: TableArgs,
    #[command(flatten)]
    pub(crate) through: ThroughArgs,
    #[command(flatten)]
    pub(crate) output: TransformOutputArgs,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
}

/// What is done to a record.
#[derive(Args, Debug)]
#[command(next_help_heading = "Editing")]
pub(crate) struct EditingArgs {
    /// Write these attributes alone; the columns of CSV, `dn` among them [default: all]
    ///
    /// `objectClass` and the naming attribute always stay (not in CSV).
    #[arg(long, value_name = "ATTR,…", value_parser = column, value_delimiter = ',')]
    pub(crate) attributes: Vec<String>,
    /// Leave these attributes out [default: none]
    #[arg(long, value_name = "ATTR,…", value_parser = column, value_delimiter = ',')]
    pub(crate) exclude_attributes: Vec<String>,
    /// Keep what only the server may write: entryUUID, time stamps, memberOf …
    ///
    /// Without this a server can load what is written; with it, `diff` can still tell who was
    /// renamed. An attribute that is named by `--attributes` stays in any case.
    #[arg(long)]
    pub(crate) operational: bool,
    /// The server that wrote the inputs, for what only it may write [default: auto]
    #[arg(long, value_name = "auto|openldap|389ds|ad|generic", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(crate) server: ServerArg,
    /// Give an attribute another name, in names too; repeats [default: none]
    #[arg(long, value_name = "OLD=NEW", value_parser = renaming)]
    pub(crate) rename_attribute: Vec<(Vec<u8>, Vec<u8>)>,
    /// Write what is below FROM as if it were below TO, in all names [default: as it is]
    #[arg(long, action = ArgAction::Set, num_args = 2, value_names = ["FROM", "TO"])]
    pub(crate) rebase: Vec<OsString>,
    /// Put `***REDACTED***` in the place of all values of these attributes [default: none]
    #[arg(long, value_name = "ATTR,…", value_parser = description, value_delimiter = ',')]
    pub(crate) redact: Vec<Vec<u8>>,
    /// Put other values in their place, equal ones for equal ones, in names too [default: none]
    ///
    /// A pseudonym has the syntax of its attribute; numbers that are different stay different. The
    /// same seed makes the same pseudonyms again, and without it nobody can.
    #[arg(long, value_name = "ATTR,…", value_parser = description, value_delimiter = ',')]
    #[arg(requires = "seeds")]
    pub(crate) pseudonymise: Vec<Vec<u8>>,
    /// The secret that pseudonyms are made with [default: none, and then there are none]
    #[arg(long, value_name = "TEXT", requires = "pseudonymise", group = "seeds")]
    pub(crate) seed: Option<OsString>,
    /// Take the seed from this file, without the end of its last line [default: none]
    ///
    /// What stands on a command line can be seen by every user of the machine.
    #[arg(long, value_name = "FILE", requires = "pseudonymise", group = "seeds")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) seed_file: Option<PathBuf>,
}

/// Where records go, and how they look.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct TransformOutputArgs {
    /// Write the records here, all or nothing; `.zst` and `.gz` compress [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(default_value = "-", hide_default_value = true)]
    pub(crate) output: PathBuf,
    /// The shape of the records [default: ldif, of tables csv]
    ///
    /// `ldif`: entries stay entries, changes changes. `jsonl`: a JSON object a line. `csv`: a row
    /// an entry, with a line of column names first. `sql`: the rows of a table as statements.
    #[arg(long, value_name = "ldif|jsonl|csv|sql", hide_possible_values = true)]
    pub(crate) format: Option<TransformFormatArg>,
    /// The database that takes the statements [default: the one that dumped the first input]
    #[arg(long, value_name = "postgres|mysql|mariadb|sqlite|mssql|oracle|db2")]
    #[arg(hide_possible_values = true)]
    pub(crate) dialect: Option<DialectArg>,
    /// Join the values of a cell of CSV with this text [default: several values are an error]
    #[arg(long, value_name = "TEXT")]
    #[arg(value_parser = OsStringValueParser::new().try_map(separator))]
    pub(crate) separator: Option<OsString>,
    /// Sort the records, parents first, in any amount [default: as they come]
    #[arg(long, value_name = "dn", hide_possible_values = true)]
    pub(crate) sort: Option<SortArg>,
    /// How much memory sorting may take before it goes on in temporary files, at least 16MiB
    /// [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    #[arg(default_value = "256MiB", hide_default_value = true)]
    pub(crate) memory: usize,
    /// Fold lines at this column; 0 for never [default: 76]
    #[arg(long, value_name = "N")]
    pub(crate) wrap: Option<usize>,
    /// Begin with `version: 1`, not only where the first input does
    #[arg(long)]
    pub(crate) version_line: bool,
    /// Write the closing counts here, for programs [default: nowhere]
    #[arg(long, value_name = "FILE.json", value_hint = ValueHint::FilePath)]
    pub(crate) summary: Option<PathBuf>,
}

/// What an input holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormatArg {
    Ldif,
    Jsonl,
    Csv,
    Tsv,
    Sql,
    Json,
}

/// The shape of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransformFormatArg {
    Ldif,
    Jsonl,
    Csv,
    Sql,
}

/// What records are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortArg {
    Dn,
}
