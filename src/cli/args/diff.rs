//! The options of `diff`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum, ValueHint};
use ldifsync::diff::Limit;

use super::tables::{ScriptArgs, TableArgs};
use super::{ReadingArgs, RecordArgs, RunningArgs, ScopeArgs, ThroughArgs};
use crate::cli::values::{
    FormatParser, attribute, column, limit, memory, percent, secret, size_in_memory,
};

/// Every line that begins with `  ldifsync` is run by a test.
pub(super) const EXAMPLES: &str = "\
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
Two exports of a table, and two dumps that say themselves what it is; the script for its database:
  ldifsync diff old.csv new.csv --table staff --key id --dialect postgres -o staff.sql
  ldifsync diff old.sql new.sql --table staff -o staff.sql --undo back.sql
From a pipe, compressed, and quiet:
  ldifsync diff - new.ldif -q -o changes.ldif.zst < old.ldif

Exit status: 0 nothing to change, 1 changes written, 2 could not do it, 3 refused by a limit,
5 done but records were rejected.";

/// What `diff` takes.
#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// The export that is to be changed, or `-`
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,
    /// The export that is obeyed, or `-`
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
    #[command(flatten)]
    pub(crate) comparing: ComparingArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) selecting: SelectingArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) tables: TableArgs,
    #[command(flatten)]
    pub(crate) script: ScriptArgs,
    #[command(flatten)]
    pub(crate) through: ThroughArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) running: RunningArgs,
    /// How much memory to take, at least 16MiB [default: half of what the machine has]
    ///
    /// The names of OLD are kept in it, about 26 bytes for each. Where they do not fit, both files are
    /// walked over more than once; the output is the same. What differs is held in any case, about
    /// 1 KB for each change, and the pages of the files are not counted. Through a mapping about 60 bytes
    /// for each record of both sides are needed at once, and less is refused.
    #[arg(long, value_name = "SIZE", value_parser = memory, help_heading = "Running")]
    pub(crate) memory: Option<usize>,
}

/// What both exports must be.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// How many entries OLD must have, or which share of NEW's [default: any number]
    ///
    /// An export that was cut between two records looks whole. Where the number is known, this
    /// refuses one that has fewer.
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(crate) expect_old: Option<Limit>,
    /// How many entries NEW must have, or which share of OLD's [default: any number]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(crate) expect_new: Option<Limit>,
    /// What OLD is, whatever its name says [default: by the name, else ldif]
    #[arg(long, value_name = "ldif|csv|tsv|sql|json", hide_possible_values = true)]
    pub(crate) old_format: Option<SideFormatArg>,
    /// What NEW is, whatever its name says [default: by the name, else ldif]
    #[arg(long, value_name = "ldif|csv|tsv|sql|json", hide_possible_values = true)]
    pub(crate) new_format: Option<SideFormatArg>,
    /// Accept an export whose last line has no line end
    ///
    /// A missing line end is the mark of a file that was cut off; only a person can know that this
    /// one is whole.
    #[arg(long)]
    pub(crate) allow_no_final_newline: bool,
}

/// When entries are the same, and when their values are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Comparing")]
pub(crate) struct ComparingArgs {
    /// When two values are equal [default: exact]
    ///
    /// `exact`: the same bytes, and names (DNs) among values as names. `schema`: by the matching
    /// rule of the attribute, so that case or spaces may not matter. `bytes`: the same bytes, in
    /// names among values too.
    #[arg(long, value_name = "exact|schema|bytes", hide_possible_values = true)]
    #[arg(default_value = "exact", hide_default_value = true)]
    pub(crate) compare: CompareArg,
    /// The attribute that stays when an entry is renamed [default: entryUUID, objectGUID, nsUniqueId, …]
    #[arg(long, value_name = "ATTR", value_parser = attribute, value_delimiter = ',')]
    pub(crate) identifier: Vec<Vec<u8>>,
    /// Read NEW as if what is below FROM were below TO [default: as it is]
    ///
    /// In names, and in names among values: `--rebase dc=prod dc=test` compares a test server
    /// (OLD) with production (NEW).
    #[arg(long, action = ArgAction::Set, num_args = 2, value_names = ["FROM", "TO"])]
    pub(crate) rebase: Vec<OsString>,
}

/// Which attributes take part.
#[derive(Args, Debug)]
#[command(next_help_heading = "Selecting")]
pub(crate) struct SelectingArgs {
    /// Compare these attributes alone in entries both sides have [default: all]
    ///
    /// An added entry is written whole. `objectClass` and the naming attribute always take part.
    #[arg(long, value_name = "ATTR,…", value_parser = column, value_delimiter = ',')]
    pub(crate) attributes: Vec<String>,
    /// Leave these attributes out, in added entries too [default: none]
    #[arg(long, value_name = "ATTR,…", value_parser = column, value_delimiter = ',')]
    pub(crate) exclude_attributes: Vec<String>,
    /// Show also what only the server may write: reported, never written
    #[arg(long)]
    pub(crate) operational: bool,
}

/// What the change is made of.
#[derive(Args, Debug)]
#[command(next_help_heading = "Change")]
pub(crate) struct ChangeArgs {
    /// What is to be changed, as a promise that is checked [default: what OLD is]
    #[arg(long, value_name = "directory|database", hide_possible_values = true)]
    pub(crate) to: Option<ToArg>,
    /// The server that will take the change [default: auto]
    ///
    /// It decides order and forms. `auto` reads it off OLD.
    #[arg(long, value_name = "auto|openldap|389ds|ad|generic", hide_possible_values = true)]
    #[arg(default_value = "auto", hide_default_value = true)]
    pub(crate) server: ServerArg,
    /// Write these kinds of change alone [default: add,modify,delete,rename]
    ///
    /// What depends on a change that is left out is left out with it, and counted.
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', hide_possible_values = true)]
    pub(crate) only: Vec<KindArg>,
    /// Change value by value, or all values of an attribute at once [default: values]
    ///
    /// `values`: an import onto values that changed meanwhile fails instead of overwriting them.
    #[arg(long, value_name = "values|replace", hide_possible_values = true)]
    #[arg(default_value = "values", hide_default_value = true)]
    pub(crate) modify_style: StyleArg,
    /// Let records assert what values cannot guard (RFC 4528; OpenLDAP alone)
    #[arg(long)]
    pub(crate) assert: bool,
    /// Further attributes whose values are unique on the server [default: uid, uidNumber, mail, …]
    ///
    /// Such a value is released by one entry before it is given to another.
    #[arg(long, value_name = "ATTR,…", value_parser = column, value_delimiter = ',')]
    pub(crate) unique: Vec<String>,
    /// Continue longer lists of values in another record [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = size_in_memory)]
    pub(crate) max_record_size: Option<usize>,
    /// Write entryUUID and times into adds, for `ldapmodify -e relax` as OpenLDAP's rootdn
    #[arg(long)]
    pub(crate) keep_identifiers: bool,
}

/// What would be too much.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits (beyond them: exit 3, and no change file)")]
pub(crate) struct LimitArgs {
    /// Entries that may go [default: 2%, but 20 in any case and half of OLD at most]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(crate) max_delete: Option<Limit>,
    /// Entries that may change in any way [default: any number]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(crate) max_change: Option<Limit>,
    /// Members that one group may lose [default: half of them, but 20 in any case]
    #[arg(long, value_name = "N|N%", value_parser = limit)]
    pub(crate) max_member_delete: Option<Limit>,
    /// Share of entries that may lose an attribute, or rows a column, 20 or more of them have [default: 90%]
    ///
    /// An export whose bind may not read `userPassword` looks as if everybody had lost it.
    #[arg(long, value_name = "N%", value_parser = percent)]
    pub(crate) max_attribute_loss: Option<f64>,
    /// Accept a NEW that has nothing where OLD has something
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

/// Where the change goes, and how it looks.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Write the change here, all or nothing; `.zst` and `.gz` compress [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(default_value = "-", hide_default_value = true)]
    pub(crate) output: PathBuf,
    /// Write the way back here: the inverse of every record, in reverse [default: nowhere]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) undo: Option<PathBuf>,
    /// The shape of the change [default: ldif, of tables sql]
    ///
    /// `ldif`: change LDIF. `sql`: a script. `unified`: text for a person, secrets masked. `jsonl`: a
    /// JSON object a change, with `why` through a mapping. `csv`: of a table a row a change.
    /// `template:FILE`: what the template makes of each change, in the language of mapping files.
    /// `summary`: the counts alone.
    #[arg(long, value_name = "ldif|sql|unified|jsonl|csv|template:FILE|summary")]
    #[arg(value_parser = FormatParser, hide_possible_values = true)]
    pub(crate) format: Option<FormatArg>,
    /// Write what a template makes of each change to a file of this name [default: all to one output]
    ///
    /// `--each 'cards/{{ uid }}.vcf'`: the folder is there already, and no value leads out of it.
    #[arg(long, value_name = "NAME", conflicts_with = "output")]
    pub(crate) each: Option<String>,
    /// Fold lines at this column; 0 for never [default: 76]
    #[arg(long, value_name = "N")]
    pub(crate) wrap: Option<usize>,
    /// Further attributes to mask in what people read [default: userPassword, unicodePwd, …]
    #[arg(long, value_name = "NAME,…", value_parser = secret, value_delimiter = ',')]
    pub(crate) secret: Vec<Vec<u8>>,
    /// Name the SHA-256 of both inputs at the top of the change
    #[arg(long)]
    pub(crate) sha256: bool,
    /// Write the closing counts here, for programs [default: nowhere]
    #[arg(long, value_name = "FILE.json", value_hint = ValueHint::FilePath)]
    pub(crate) summary: Option<PathBuf>,
    /// Exit with 0 where there are changes, for `set -e`
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// When two values are equal.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CompareArg {
    Exact,
    Schema,
    Bytes,
}

/// What is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ToArg {
    Directory,
    Database,
}

/// A server profile.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ServerArg {
    Auto,
    Openldap,
    #[value(name = "389ds")]
    Ds389,
    Ad,
    Generic,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SideFormatArg {
    Ldif,
    Csv,
    Tsv,
    Sql,
    #[value(alias = "jsonl")]
    Json,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KindArg {
    Add,
    Modify,
    Delete,
    Rename,
}

/// How values are changed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StyleArg {
    Values,
    Replace,
}

/// The shape of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FormatArg {
    Ldif,
    Sql,
    Unified,
    Jsonl,
    Csv,
    Template(PathBuf),
    Summary,
}
