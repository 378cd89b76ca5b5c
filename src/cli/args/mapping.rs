//! The options of `mapping`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use super::{CheckFormatArg, When};

/// Every line that begins with `  ldifsync` is run by a test.
pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
All that is wrong with a mapping file:
  ldifsync mapping check mapping.toml
For programs:
  ldifsync mapping check mapping.toml --format jsonl

Exit status: 0 sound, 1 mistakes found, 2 could not do it.";

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
