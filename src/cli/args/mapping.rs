//! The options of `mapping`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{CheckFormatArg, ReadingArgs, RunningArgs, ServerArg, SideFormatArg, TableArgs, When};

/// Every line that begins with `  ldifsync` is run by a test.
pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
All that is wrong with a mapping file:
  ldifsync mapping check mapping.toml
For programs:
  ldifsync mapping check mapping.toml --format jsonl

Exit status: 0 sound, 1 mistakes found, 2 could not do it.";

/// Every line that begins with `  ldifsync` is run by a test, in a folder with these files.
pub(super) const DRAFT_EXAMPLES: &str = "\
Examples:
A mapping file to begin with, from what an export and a dump have in common:
  ldifsync mapping draft new.ldif people.sql -o draft.toml
  ldifsync mapping check draft.toml
What it would change, the entries being right:
  ldifsync diff --mapping draft.toml people.sql new.ldif

Exit status: 0 done, 2 could not do it.";

/// What `mapping` does.
#[derive(Subcommand, Debug)]
pub(crate) enum MappingCommand {
    /// List every mistake of a mapping file
    ///
    /// All of them in one run, before any data is read: what is misspelt, and what cannot work, such
    /// as a column that two flows write, or a new row that its own filter leaves out.
    #[command(after_help = "`ldifsync mapping check --help` says more, with examples.")]
    #[command(after_long_help = CHECK_EXAMPLES)]
    Check(MappingCheckArgs),
    /// Propose a mapping file from data
    ///
    /// Which entries are which rows, and which attribute is which column, is told by the values that
    /// agree; how many do stands beside each flow. What is proposed deletes nothing.
    #[command(after_help = "`ldifsync mapping draft --help` says more, with examples.")]
    #[command(after_long_help = DRAFT_EXAMPLES)]
    Draft(Box<MappingDraftArgs>),
}

/// What `mapping check` takes.
#[derive(Args, Debug)]
pub(crate) struct MappingCheckArgs {
    /// The mapping file, or `-`
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The shape of the mistakes [default: text]
    ///
    /// `text`: for a person. `jsonl`: a JSON object a mistake.
    #[arg(long, value_name = "text|jsonl", hide_possible_values = true, help_heading = "Output")]
    #[arg(default_value = "text", hide_default_value = true)]
    pub(crate) format: CheckFormatArg,
    /// No summary line
    #[arg(short, long, help_heading = "Running")]
    pub(crate) quiet: bool,
    /// Colour in messages; auto heeds NO_COLOR [default: auto]
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true, help_heading = "Running")]
    pub(crate) color: When,
}

/// What `mapping draft` takes.
#[derive(Args, Debug)]
pub(crate) struct MappingDraftArgs {
    /// The export, LDIF, or `-`
    #[arg(value_name = "EXPORT", value_hint = ValueHint::FilePath)]
    pub(crate) export: PathBuf,
    /// The dump, a folder of them, or `-`
    #[arg(value_name = "DUMP", value_hint = ValueHint::AnyPath)]
    pub(crate) dump: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// What the dump is, whatever its name says [default: by the name, else csv]
    #[arg(long, value_name = "csv|tsv|sql|json", hide_possible_values = true)]
    #[arg(help_heading = "Input")]
    pub(crate) dump_format: Option<SideFormatArg>,
    /// The server that wrote the export [default: auto, by its attributes]
    #[arg(long, value_name = "auto|openldap|389ds|ad|generic", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true, help_heading = "Input")]
    pub(crate) server: ServerArg,
    #[command(flatten)]
    pub(crate) tables: TableArgs,
    /// Write the mapping file here, all or nothing [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    #[arg(default_value = "-", hide_default_value = true)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
}
