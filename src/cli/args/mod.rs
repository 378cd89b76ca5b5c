//! What may be typed: commands, options, their help. What several commands take stands here, each
//! command's own in a file of its name.
//!
//! Nothing is opened or read here, and nothing of the library is decided but the spelling of a
//! choice: [`super::options`] turns what was typed into what the library is asked.

mod apply;
mod check;
mod diff;
mod mapping;
mod tables;
mod through;
mod transform;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::values::{size, threads};

pub(super) use apply::ApplyArgs;
pub(super) use check::{CheckArgs, CheckFormatArg};
pub(super) use diff::{
    CompareArg, DiffArgs, FormatArg, KindArg, LimitArgs, SelectingArgs, ServerArg, SideFormatArg,
    StyleArg, ToArg,
};
pub(super) use mapping::{MappingCheckArgs, MappingCommand, MappingDraftArgs};
pub(super) use tables::{
    DialectArg, DumpStyleArg, EncodingArg, EndArg, GuardArg, QuoteArg, SqlStyleArg, TableArgs,
};
pub(super) use through::ThroughArgs;
pub(super) use transform::{EditingArgs, InputFormatArg, TransformArgs, TransformFormatArg};

/// Turns two states of a directory into the change a server accepts, offline
///
/// ldifsync reads LDIF exports and writes the change between them as LDIF. It opens no network
/// connection, ever: export, compare, read the change, and apply it with the server's own tool.
#[derive(Debug, Parser)]
#[command(name = "ldifsync", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_long_help = EXIT_STATUS)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the changes that make OLD look like NEW
    ///
    /// Two LDIF exports in, one change LDIF out, which applies in one pass to a server that holds
    /// OLD. Two tables in (CSV, TSV), one SQL script out, which its database takes or leaves as a
    /// whole. The first file is changed, the second is obeyed.
    #[command(after_help = "`ldifsync diff --help` says more, with examples.")]
    #[command(after_long_help = diff::EXAMPLES, override_usage = "ldifsync diff [OPTIONS] <OLD> <NEW>")]
    Diff(Box<DiffArgs>),
    /// Apply changes to an export
    ///
    /// The directory as a server would have it afterwards, by the rules of RFC 4511 and without a
    /// server: adds, deletes, modifies and renames, whole subtrees among them. References are left
    /// as they are.
    #[command(after_help = "`ldifsync apply --help` says more, with examples.")]
    #[command(after_long_help = apply::EXAMPLES)]
    Apply(Box<ApplyArgs>),
    /// List every fault of a file
    ///
    /// Entries or changes: grammar, base64, names, text that is not UTF-8, names that stand twice,
    /// parents that are missing; with `--schema` what a server would refuse. What real exporters
    /// write against the standard and is read all the same is a warning.
    #[command(after_help = "`ldifsync check --help` says more, with examples.")]
    #[command(after_long_help = check::EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Select, edit and convert records
    ///
    /// LDIF to LDIF, JSON lines or CSV, and JSON lines back, entries as well as changes. A stage
    /// in a pipe: nothing is kept of what has gone by, unless it is to be sorted. Of a table in a
    /// dump: rows to CSV, JSON lines or SQL.
    #[command(after_help = "`ldifsync transform --help` says more, with examples.")]
    #[command(after_long_help = transform::EXAMPLES)]
    Transform(Box<TransformArgs>),
    /// Work on a mapping file
    ///
    /// It says which entries and which rows are the same things, and which attribute is which column.
    Mapping {
        #[command(subcommand)]
        command: MappingCommand,
    },
    /// Print completions for a shell
    #[command(
        after_help = "ldifsync completions bash > ~/.local/share/bash-completion/completions/ldifsync"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "ldifsync man > ~/.local/share/man/man1/ldifsync.1")]
    Man,
}

const EXIT_STATUS: &str = "\
Exit status:
  0  done; diff: nothing to change; check: sound
  1  diff: there are changes, and they were written; check: faults found
  2  could not do it: usage, files, malformed input; no output was written
  3  a safety limit refused it; no change file was written
  5  done, but records were rejected

The strongest wins, in the order 2, 3, 5, 1.";

/// How inputs are read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(crate) struct ReadingArgs {
    /// Attribute types and classes of a server: LDIF of its schema, or OpenLDAP `.schema`; repeats [default: built-in]
    ///
    /// Built in are the schemas of the RFCs, inetOrgPerson, POSIX accounts, and what is common in
    /// Active Directory. Definitions in FILE come before those.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) schema: Vec<PathBuf>,
    /// Refuse every deviation from RFC 2849
    #[arg(long)]
    pub(crate) strict: bool,
    /// Read `attr:< file:///…` from regular files inside this folder [default: refused]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) allow_file_urls: Option<PathBuf>,
    /// How much may come out of one compressed input [default: 256GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256GiB", hide_default_value = true)]
    pub(crate) max_decompressed: u64,
}

/// What happens to bad records.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(crate) struct RecordArgs {
    /// Skip bad records instead of stopping at the first
    ///
    /// Skipped records are counted, and the exit status is 5. `diff` never deletes what they stand
    /// for, and `apply` does not touch it; where not even the name of one can be read, every delete
    /// is withheld. `apply` skips changes that a server refuses, too. Rows are skipped through a mapping
    /// alone, and none of child tables and lookups.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Write skipped records here, each with what is wrong as a comment [default: nowhere]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "keep_going")]
    pub(crate) rejects: Option<PathBuf>,
}

/// Which entries take part.
#[derive(Args, Debug)]
#[command(next_help_heading = "Selecting")]
pub(crate) struct ScopeArgs {
    /// Only entries that match this filter (RFC 4515); repeats [default: all]
    ///
    /// In `diff` selecting never deletes: entries are paired first, and a pair takes part when
    /// either side of it matches. An entry that no longer matches is changed, not deleted.
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Vec<OsString>,
    /// No entry that matches this filter; repeats [default: none]
    #[arg(long, value_name = "FILTER")]
    pub(crate) exclude: Vec<OsString>,
    /// Only this part of the tree; repeats [default: all]
    #[arg(long, value_name = "DN")]
    pub(crate) base: Vec<OsString>,
    /// How far below `--base`: itself, its children, or all [default: sub]
    #[arg(long, value_name = "base|one|sub", requires = "base", hide_possible_values = true)]
    #[arg(default_value = "sub", hide_default_value = true)]
    pub(crate) scope: ScopeArg,
    /// Only the entries in this list of DNs, one a line [default: all]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) only_dn: Option<PathBuf>,
    /// No entry in this list of DNs, one a line [default: none]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) exclude_dn: Option<PathBuf>,
}

/// How the program runs and what it says.
#[derive(Args, Debug)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunningArgs {
    /// Worker threads, at most 1024; what is written is the same for every number [default: all cores]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Folder of unnamed temporary files, for pipes and compressed inputs [default: $TMPDIR, /tmp]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) temp_dir: Option<PathBuf>,
    /// A bar with rate and time left, on standard error [default: auto]
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(crate) progress: When,
    /// No summary line
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Details: sizes, rates; `check` tells every warning
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Colour in messages; auto heeds NO_COLOR [default: auto]
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(crate) color: When,
}

/// How far below a base.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScopeArg {
    Base,
    One,
    Sub,
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal.
    Auto,
    Always,
    Never,
}
