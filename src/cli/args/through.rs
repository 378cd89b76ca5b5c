//! The options of a diff through a mapping.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// How entries and rows correspond.
#[derive(Args, Debug)]
#[command(next_help_heading = "Mapping (of an export and a dump)")]
pub(crate) struct ThroughArgs {
    /// How entries and rows correspond, where one side is LDIF and the other a dump [default: none]
    ///
    /// `ldifsync mapping check FILE` finds what is wrong with it.
    #[arg(long, value_name = "FILE.toml", value_hint = ValueHint::FilePath)]
    pub(crate) mapping: Option<PathBuf>,
    /// Follow these mappings of the file alone [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', requires = "mapping")]
    pub(crate) mapping_only: Vec<String>,
    /// Say why a record is treated as it is: a DN, a key, or what `match` finds it by [default: none]
    #[arg(long, value_name = "KEY", requires = "mapping")]
    pub(crate) explain: Option<String>,
}
