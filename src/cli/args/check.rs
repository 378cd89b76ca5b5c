//! The options of `check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{ReadingArgs, RunningArgs, SideFormatArg, TableArgs};
use crate::cli::values::{column, secret};

/// Every line that begins with `  ldifsync` is run by a test.
pub(super) const EXAMPLES: &str = "\
Examples:
An export, and then all of a folder, with every warning:
  ldifsync check new.ldif
  ldifsync check -v *.ldif
Whether a server would load it, as its own schema says:
  ldifsync check new.ldif --complete --schema schema.ldif
Every table of a dump:
  ldifsync check old.sql
For programs:
  ldifsync check new.ldif --format jsonl -o findings.jsonl

Exit status: 0 sound, 1 faults found, 2 could not do it.";

/// What `check` takes.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The files to check, or `-`
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// What the files hold [default: by name, else ldif]
    #[arg(
        long,
        value_name = "ldif|csv|tsv|sql|json",
        hide_possible_values = true,
        help_heading = "Input"
    )]
    pub(crate) input_format: Option<SideFormatArg>,
    /// The parent of every entry must be in its file, but for the top of it
    ///
    /// Without this a missing parent is one warning a file.
    #[arg(long, help_heading = "Input")]
    pub(crate) complete: bool,
    #[command(flatten)]
    pub(crate) tables: TableArgs,
    /// The columns that tell one row from all others [default: the primary key that a dump defines]
    #[arg(long, value_name = "COLUMN,…", value_parser = column, value_delimiter = ',')]
    #[arg(help_heading = "Tables (CSV, TSV, SQL dumps, JSON)")]
    pub(crate) key: Vec<String>,
    /// Write the findings here, all or nothing [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    #[arg(default_value = "-", hide_default_value = true)]
    pub(crate) output: PathBuf,
    /// The shape of the findings [default: text]
    ///
    /// `text`: for a person, secrets masked; of each kind of warning the first, and how many more
    /// there are (`-v`: all). `jsonl`: a JSON object a finding.
    #[arg(long, value_name = "text|jsonl", hide_possible_values = true, help_heading = "Output")]
    #[arg(default_value = "text", hide_default_value = true)]
    pub(crate) format: CheckFormatArg,
    /// Further attributes to mask in what people read [default: userPassword, unicodePwd, …]
    #[arg(long, value_name = "NAME,…", value_parser = secret, value_delimiter = ',', help_heading = "Output")]
    pub(crate) secret: Vec<Vec<u8>>,
    /// Write the closing counts here, for programs [default: nowhere]
    #[arg(long, value_name = "FILE.json", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) summary: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
}

/// The shape of the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormatArg {
    Text,
    Jsonl,
}
