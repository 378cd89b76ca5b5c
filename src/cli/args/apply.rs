//! The options of `apply`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{ReadingArgs, RecordArgs, RunningArgs, ServerArg};

/// Every line that begins with `  ldifsync` is run by a test.
pub(super) const EXAMPLES: &str = "\
Examples:
What the directory will look like, and whether the change would be taken at all:
  ldifsync apply old.ldif change.ldif -o after.ldif
  ldifsync apply old.ldif change.ldif undo.ldif | ldifsync diff old.ldif -
What can be done of it, and the rest in a file of its own:
  ldifsync apply old.ldif change.ldif --keep-going --rejects rejects.ldif -o after.ldif

Exit status: 0 done, 2 could not do it, 5 done but changes or records were rejected.";

/// What `apply` takes.
#[derive(Args, Debug)]
pub(crate) struct ApplyArgs {
    /// The export that is changed, or `-`
    #[arg(value_name = "EXPORT", value_hint = ValueHint::FilePath)]
    pub(crate) export: PathBuf,
    /// Files of changes, in their order, or `-`
    #[arg(value_name = "CHANGE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) changes: Vec<PathBuf>,
    /// The server whose rules hold where servers differ [default: auto]
    ///
    /// 389 and AD take single values of attributes without an equality rule; `auto` reads it off EXPORT.
    #[arg(long, value_name = "auto|openldap|389ds|ad|generic", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(crate) server: ServerArg,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    /// Write the directory as it is afterwards here, all or nothing; `.zst` and `.gz` compress [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    #[arg(default_value = "-", hide_default_value = true)]
    pub(crate) output: PathBuf,
    /// Fold the lines of what is changed at this column; 0 for never [default: 76]
    ///
    /// What no change touches goes through byte for byte.
    #[arg(long, value_name = "N", default_value_t = 76, hide_default_value = true)]
    #[arg(help_heading = "Output")]
    pub(crate) wrap: usize,
    /// Begin with `version: 1`, not only where the export does
    #[arg(long, help_heading = "Output")]
    pub(crate) version_line: bool,
    /// Write the closing counts here, for programs [default: nowhere]
    #[arg(long, value_name = "FILE.json", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) summary: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
}
