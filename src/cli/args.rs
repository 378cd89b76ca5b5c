//! What may be typed: commands, options, their help.
//!
//! Nothing is opened or read here, and nothing of the library is decided but the spelling of a
//! choice: [`super::options`] turns a [`DiffArgs`] into what the library is asked.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use ldifsync::diff::Limit;

use super::values::{attribute, limit, percent, size, size_in_memory};

/// Turns two states of a directory into the change a server accepts, offline
///
/// ldifsync reads LDIF exports and writes the change between them as LDIF. It opens no network
/// connection, ever: export, compare, read the change, and apply it with the server's own tool.
#[derive(Debug, Parser)]
#[command(name = "ldifsync", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_long_help = EXIT_STATUS)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the changes that make OLD look like NEW
    ///
    /// Two LDIF exports in, one change LDIF out, which applies in one pass to a server that holds
    /// OLD. The first file is changed, the second is obeyed.
    #[command(after_help = "`ldifsync diff --help` says more, with examples.")]
    #[command(after_long_help = EXAMPLES, override_usage = "ldifsync diff [OPTIONS] <OLD> <NEW>")]
    Diff(Box<DiffArgs>),
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
  0  done; diff: nothing to change
  1  diff: there are changes, and they were written
  2  could not do it: usage, files, malformed input; no output was written
  3  a safety limit refused it; no change file was written
  5  done, but records were rejected

The strongest wins, in the order 2, 3, 5, 1.";

/// Every line that begins with `  ldifsync` is run by a test.
const EXAMPLES: &str = "\
Examples:
What must be done to OLD, on the terminal, and then as a file with the way back beside it:
  ldifsync diff old.ldif new.ldif
  ldifsync diff old.ldif new.ldif -o changes.ldif --undo undo.ldif
For a change ticket, and for programs:
  ldifsync diff old.ldif new.ldif --format unified
  ldifsync diff old.ldif new.ldif --format jsonl -o changes.jsonl --summary summary.json
People only, and of them two attributes:
  ldifsync diff old.ldif new.ldif --base ou=People,dc=example,dc=com --attributes mail,title
A test server that follows production under a suffix of its own:
  ldifsync diff test.ldif new.ldif --rebase dc=example,dc=com dc=test
From a pipe, compressed, and quiet:
  ldifsync diff - new.ldif -q -o changes.ldif.zst < old.ldif

Exit status: 0 nothing to change, 1 changes written, 2 could not do it, 3 refused by a limit,
5 done but records were rejected.";

/// What `diff` takes.
#[derive(Args, Debug)]
pub(super) struct DiffArgs {
    /// The export that is to be changed, or `-`
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub(super) old: PathBuf,
    /// The export that is obeyed, or `-`
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    pub(super) new: PathBuf,
    #[command(flatten)]
    pub(super) input: InputArgs,
    #[command(flatten)]
    pub(super) records: RecordArgs,
    #[command(flatten)]
    pub(super) comparing: ComparingArgs,
    #[command(flatten)]
    pub(super) selecting: SelectingArgs,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) running: RunningArgs,
}

/// How inputs are read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(super) struct InputArgs {
    /// Attribute types and classes of a server: LDIF of its schema, or OpenLDAP `.schema`; repeats [default: built-in]
    ///
    /// Built in are the schemas of the RFCs, inetOrgPerson, POSIX accounts, and what is common in
    /// Active Directory. Definitions in FILE come before those.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) schema: Vec<PathBuf>,
    /// Refuse every deviation from RFC 2849
    #[arg(long)]
    pub(super) strict: bool,
    /// How many entries OLD must have, or which share of NEW's [default: any number]
    ///
    /// An export that was cut between two records looks whole. Where the number is known, this
    /// refuses one that has fewer.
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(super) expect_old: Option<Limit>,
    /// How many entries NEW must have, or which share of OLD's [default: any number]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(super) expect_new: Option<Limit>,
    /// Accept an export whose last line has no line end
    ///
    /// A missing line end is the mark of a file that was cut off; only a person can know that this
    /// one is whole.
    #[arg(long)]
    pub(super) allow_no_final_newline: bool,
    /// Read `attr:< file:///…` from regular files inside this folder [default: refused]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) allow_file_urls: Option<PathBuf>,
    /// How much may come out of one compressed input [default: 256GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256GiB", hide_default_value = true)]
    pub(super) max_decompressed: u64,
}

/// What happens to bad records.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(super) struct RecordArgs {
    /// Skip bad records, and never delete what they stand for
    ///
    /// Skipped records are counted, and the exit status is 5. Where not even the name of one can
    /// be read, every delete of the run is withheld.
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Write skipped records here, each with what is wrong as a comment [default: nowhere]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "keep_going")]
    pub(super) rejects: Option<PathBuf>,
}

/// When entries are the same, and when their values are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Comparing")]
pub(super) struct ComparingArgs {
    /// When two values are equal [default: exact]
    ///
    /// `exact`: the same bytes, and names (DNs) among values as names. `schema`: by the matching
    /// rule of the attribute, so that case or spaces may not matter. `bytes`: the same bytes, in
    /// names among values too.
    #[arg(long, value_name = "exact|schema|bytes", hide_possible_values = true)]
    #[arg(default_value = "exact", hide_default_value = true)]
    pub(super) compare: CompareArg,
    /// The attribute that stays when an entry is renamed [default: entryUUID, objectGUID, nsUniqueId, …]
    #[arg(long, value_name = "ATTR", value_parser = attribute, value_delimiter = ',')]
    pub(super) identifier: Vec<Vec<u8>>,
    /// Read NEW as if what is below FROM were below TO [default: as it is]
    ///
    /// In names, and in names among values: `--rebase dc=prod dc=test` compares a test server
    /// (OLD) with production (NEW).
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    pub(super) rebase: Vec<OsString>,
}

/// Which entries and attributes take part.
#[derive(Args, Debug)]
#[command(next_help_heading = "Selecting")]
pub(super) struct SelectingArgs {
    /// Only entries that match this filter (RFC 4515); repeats [default: all]
    ///
    /// Selecting never deletes: entries are paired first, and a pair takes part when either side
    /// of it matches. An entry that no longer matches is changed, not deleted.
    #[arg(long, value_name = "FILTER")]
    pub(super) filter: Vec<OsString>,
    /// No entry that matches this filter; repeats [default: none]
    #[arg(long, value_name = "FILTER")]
    pub(super) exclude: Vec<OsString>,
    /// Only this part of the tree; repeats [default: all]
    #[arg(long, value_name = "DN")]
    pub(super) base: Vec<OsString>,
    /// How far below `--base`: itself, its children, or all [default: sub]
    #[arg(long, value_name = "base|one|sub", requires = "base", hide_possible_values = true)]
    #[arg(default_value = "sub", hide_default_value = true)]
    pub(super) scope: ScopeArg,
    /// Only the entries in this list of DNs, one a line [default: all]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) only_dn: Option<PathBuf>,
    /// No entry in this list of DNs, one a line [default: none]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) exclude_dn: Option<PathBuf>,
    /// Compare these attributes alone in entries both sides have [default: all]
    ///
    /// An added entry is written whole. `objectClass` and the naming attribute always take part.
    #[arg(long, value_name = "ATTR,…", value_parser = attribute, value_delimiter = ',')]
    pub(super) attributes: Vec<Vec<u8>>,
    /// Leave these attributes out, in added entries too [default: none]
    #[arg(long, value_name = "ATTR,…", value_parser = attribute, value_delimiter = ',')]
    pub(super) exclude_attributes: Vec<Vec<u8>>,
    /// Show also what only the server may write: reported, never written
    #[arg(long)]
    pub(super) operational: bool,
}

/// What the change is made of.
#[derive(Args, Debug)]
#[command(next_help_heading = "Change")]
pub(super) struct ChangeArgs {
    /// What is to be changed, as a promise that is checked [default: what OLD is]
    #[arg(long, value_name = "directory|database", hide_possible_values = true)]
    pub(super) to: Option<ToArg>,
    /// The server that will take the change [default: auto]
    ///
    /// It decides order and forms. `auto` reads it off OLD.
    #[arg(long, value_name = "auto|openldap|389ds|ad|generic", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(super) server: ServerArg,
    /// Write these kinds of change alone [default: add,modify,delete,rename]
    ///
    /// What depends on a change that is left out is left out with it, and counted.
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', hide_possible_values = true)]
    pub(super) only: Vec<KindArg>,
    /// Change value by value, or all values of an attribute at once [default: values]
    ///
    /// `values`: an import onto values that changed meanwhile fails instead of overwriting them.
    #[arg(long, value_name = "values|replace", hide_possible_values = true)]
    #[arg(default_value = "values", hide_default_value = true)]
    pub(super) modify_style: StyleArg,
    /// Let records assert what values cannot guard (RFC 4528; OpenLDAP alone)
    #[arg(long)]
    pub(super) assert: bool,
    /// Further attributes whose values are unique on the server [default: uid, uidNumber, mail, …]
    ///
    /// Such a value is released by one entry before it is given to another.
    #[arg(long, value_name = "ATTR,…", value_parser = attribute, value_delimiter = ',')]
    pub(super) unique: Vec<Vec<u8>>,
    /// Continue longer lists of values in another record [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = size_in_memory)]
    #[arg(default_value = "1MiB", hide_default_value = true)]
    pub(super) max_record_size: usize,
    /// Write entryUUID and times into adds, for `slapadd` or `ldapadd -e relax`
    #[arg(long)]
    pub(super) keep_identifiers: bool,
}

/// What would be too much.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits (beyond them: exit 3, and no change file)")]
pub(super) struct LimitArgs {
    /// Entries that may go [default: 2%, but 20 in any case and half of OLD at most]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(super) max_delete: Option<Limit>,
    /// Entries that may change in any way [default: any number]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(super) max_change: Option<Limit>,
    /// Members that one group may lose [default: half of them, but 20 in any case]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(super) max_member_delete: Option<Limit>,
    /// Share of entries that may lose an attribute 20 or more of them have [default: 90%]
    ///
    /// An export whose bind may not read `userPassword` looks as if everybody had lost it.
    #[arg(long, value_name = "N%", value_parser = percent)]
    pub(super) max_attribute_loss: Option<f64>,
    /// Accept a NEW that has nothing where OLD has something
    #[arg(long)]
    pub(super) allow_empty: bool,
}

/// Where the change goes, and how it looks.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Write the change here, all or nothing; `.zst` and `.gz` compress [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(default_value = "-", hide_default_value = true)]
    pub(super) output: PathBuf,
    /// Write the way back here: the inverse of every record, in reverse [default: nowhere]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) undo: Option<PathBuf>,
    /// The shape of the change [default: ldif]
    ///
    /// `ldif`: change LDIF. `unified`: text for a person, secrets masked. `jsonl`: a JSON object a
    /// change. `summary`: the counts alone.
    #[arg(long, value_name = "ldif|unified|jsonl|summary", hide_possible_values = true)]
    #[arg(default_value = "ldif", hide_default_value = true)]
    pub(super) format: FormatArg,
    /// Fold lines at this column; 0 for never [default: 76]
    #[arg(long, value_name = "N", default_value_t = 76, hide_default_value = true)]
    pub(super) wrap: usize,
    /// Further attributes to mask in what people read [default: userPassword, unicodePwd, …]
    #[arg(long, value_name = "NAME,…", value_parser = attribute, value_delimiter = ',')]
    pub(super) secret: Vec<Vec<u8>>,
    /// Name the SHA-256 of both inputs at the top of the change
    #[arg(long)]
    pub(super) sha256: bool,
    /// Write the closing counts here, for programs [default: nowhere]
    #[arg(long, value_name = "FILE.json", value_hint = ValueHint::FilePath)]
    pub(super) summary: Option<PathBuf>,
    /// Exit with 0 where there are changes, for `set -e`
    #[arg(long)]
    pub(super) exit_zero: bool,
}

/// How the program runs and what it says.
#[derive(Args, Debug)]
#[command(next_help_heading = "Running")]
pub(super) struct RunningArgs {
    /// Worker threads; what is written is the same for every number [default: all cores]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,
    /// Folder of unnamed temporary files, for pipes and compressed inputs [default: $TMPDIR, /tmp]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) temp_dir: Option<PathBuf>,
    /// A bar with rate and time left, on standard error [default: auto]
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(super) progress: When,
    /// No summary line
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Details: sizes, rates
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Colour in messages; auto heeds NO_COLOR [default: auto]
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(super) color: When,
}

/// When two values are equal.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum CompareArg {
    Exact,
    Schema,
    Bytes,
}

/// How far below a base.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ScopeArg {
    Base,
    One,
    Sub,
}

/// What is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ToArg {
    Directory,
    Database,
}

/// A server profile.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ServerArg {
    Auto,
    Openldap,
    #[value(name = "389ds")]
    Ds389,
    Ad,
    Generic,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum KindArg {
    Add,
    Modify,
    Delete,
    Rename,
}

/// How values are changed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum StyleArg {
    Values,
    Replace,
}

/// The shape of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    Ldif,
    Unified,
    Jsonl,
    Summary,
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal.
    Auto,
    Always,
    Never,
}
