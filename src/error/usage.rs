//! What contradicts itself in what was asked, before any input is read.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use crate::text::Escaped;

/// What contradicts itself in what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageFault {
    /// Standard input is asked to be two inputs.
    StdinTwice,
    /// Standard output is asked to be two outputs.
    StdoutTwice,
    /// An output is an input of the same run.
    OutputIsInput {
        /// The file.
        path: PathBuf,
    },
    /// The name of an output promises something else than will be in it.
    OutputName {
        /// What will be in it.
        holds: &'static str,
        /// What the name promises.
        promises: &'static str,
        /// The file.
        path: PathBuf,
        /// A better name, or the option that makes it true.
        instead: String,
    },
    /// Rows, and nobody said of which columns.
    NoColumns,
    /// An attribute of whose syntax there are no pseudonyms.
    NoPseudonym {
        /// The attribute.
        attribute: String,
    },
    /// A new name for an attribute that LDIF has a use of its own for.
    ReservedName {
        /// The name.
        name: String,
    },
    /// Several new names for one attribute.
    RenamedTwice {
        /// The attribute.
        attribute: String,
    },
    /// An attribute that every entry must keep as it is.
    KeptAttribute {
        /// The option that would edit it.
        option: &'static str,
        /// The attribute.
        attribute: String,
    },
    /// More memory than may be taken, in MiB.
    Memory {
        /// How much is needed, as far as it is known.
        needed: u64,
        /// How much may be taken.
        allowed: u64,
    },
    /// An option that wants another one.
    Without {
        /// What was given.
        option: &'static str,
        /// What it wants.
        wanted: &'static str,
    },
    /// Two tables, and something of them that nobody said.
    TableNeeds {
        /// The option that says it.
        wanted: &'static str,
        /// The option with a value.
        example: &'static str,
    },
    /// A name that is no attribute's, where entries are read.
    NoAttribute {
        /// The option.
        option: &'static str,
        /// The name.
        value: String,
    },
    /// A type of which nothing is known.
    UnknownType {
        /// Its name.
        name: String,
    },
    /// A table on one side, and entries on the other.
    TwoKinds {
        /// The table.
        table: PathBuf,
        /// The other side.
        other: PathBuf,
    },
    /// A table of which nobody says the key.
    NoKey {
        /// The table.
        table: String,
    },
    /// A mapping that the mapping file has not.
    NoMapping {
        /// Its name.
        name: String,
        /// Those it has.
        known: Vec<String>,
    },
    /// An export and a dump of which no entry and no row can be said to be the same thing.
    NothingAgrees {
        /// The export.
        export: String,
        /// The dump.
        dump: String,
    },
    /// Two sides of one kind, where a mapping wants one of each.
    OneKind {
        /// Whether both are tables.
        of_tables: bool,
    },
    /// The side that is to change is the one that is obeyed.
    WrongWay {
        /// The side that would change.
        old: PathBuf,
        /// The other one.
        new: PathBuf,
    },
    /// A file in a folder of tables that may hold rows, in a form that its name does not tell.
    OtherTableFile {
        /// The file.
        file: PathBuf,
    },
    /// Rows of several tables, where the output holds one.
    OneTableInCsv {
        /// The tables.
        tables: Vec<String>,
    },
    /// Changes of entries as rows.
    CsvOfEntries,
    /// Several inputs, where a mapping takes one.
    OneInput,
    /// Several tables are asked for where one is meant.
    OneTable,
    /// A folder that holds no table, or not that one.
    NoTableFile {
        /// The folder.
        folder: PathBuf,
        /// The table that is asked for.
        table: Option<String>,
    },
    /// A folder with two files for a table.
    TwoTableFiles {
        /// One.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// Several tables are asked for, of a file that holds one.
    OneTableAFile {
        /// The file.
        file: PathBuf,
    },
    /// An option that means nothing for tables, or for entries.
    NotFor {
        /// The option.
        option: &'static str,
        /// What is done, as a sentence.
        what: &'static str,
    },
    /// Two options that want a character each, and have one.
    OneCharacter {
        /// An option.
        option: &'static str,
        /// The other one.
        other: &'static str,
        /// The character.
        byte: u8,
    },
    /// A staged script for a database that gets statements only.
    NotStaged {
        /// The database.
        dialect: &'static str,
    },
    /// Identifiers of which neither file has one.
    UnmetIdentifier {
        /// The first.
        name: String,
    },
    /// `--to database`, and OLD is no dump of one.
    NotADatabase {
        /// OLD.
        old: PathBuf,
    },
}

impl UsageFault {
    /// What to do.
    pub fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            UsageFault::StdinTwice => {
                "give the other one as a file, or as a pipe of its own: `<(ssh server slapcat)`"
            }
            UsageFault::StdoutTwice => "name a file for each: `-o changes.ldif --undo undo.ldif`",
            UsageFault::OutputIsInput { .. } => {
                "what is written is a file of its own, and replaces no input: give another name"
            }
            UsageFault::OutputName { instead, .. } => return Cow::Owned(instead.clone()),
            UsageFault::NoColumns => "name them in their order: `--attributes dn,cn,mail`",
            UsageFault::NoPseudonym { .. } => {
                "`--redact` or `--exclude-attributes` leaves its values out"
            }
            UsageFault::ReservedName { .. } => {
                "a line that begins with it would not be read as an attribute: choose another name"
            }
            UsageFault::RenamedTwice { .. } => {
                "an attribute has one new name: leave out the others"
            }
            UsageFault::KeptAttribute { .. } => {
                "no server takes an entry whose classes it does not know: leave it out of the list"
            }
            UsageFault::Without { wanted, .. } => {
                return Cow::Owned(format!("add `{wanted}`"));
            }
            UsageFault::Memory { .. } => {
                "a mapping holds the keys of both sides at once; `--mapping-only` takes some mappings at a time"
            }
            UsageFault::UnknownType { .. } => {
                "`numeric`, `double`, `boolean`, `date`, `time`, `timestamp`, `timestamptz`, `bytea`; `text` for all whose values are no more than text"
            }
            UsageFault::TableNeeds { example, .. } => {
                return Cow::Owned(format!("say it: `{example}`"));
            }
            UsageFault::TwoKinds { .. } => "compare two dumps of one table, or two LDIF exports",
            UsageFault::NoAttribute { .. } => "name it as in the export: `mail`, `cn;lang-de`",
            UsageFault::OneKind { .. } => {
                "the first file is changed, the second is obeyed: `ldifsync diff staff.sql directory.ldif \
                 --mapping FILE`; what is no `.sql`, `.csv` or `.json` by its name is one by `--old-format` \
                 or `--new-format`"
            }
            UsageFault::WrongWay { old, new } => {
                return Cow::Owned(format!(
                    "the first file is changed, the second is obeyed: `ldifsync diff {} {} …`",
                    Escaped(new.as_os_str().as_encoded_bytes()),
                    Escaped(old.as_os_str().as_encoded_bytes())
                ));
            }
            UsageFault::OtherTableFile { .. } => {
                "call it .csv, .tsv, .sql, .json or .jsonl, take it out of the folder, or compare each table by itself: `ldifsync diff old/t.txt new/t.txt --table t --ddl old/t.sql …`"
            }
            UsageFault::OneTableInCsv { .. } => {
                "`--mapping-only NAME` or `--table NAME` takes one; `--format jsonl` and `sql` hold all"
            }
            UsageFault::CsvOfEntries => {
                "`--format jsonl` holds changes of entries; `--format template:FILE` makes any line of them: `{{ [dn, mail | first] | csv }}`"
            }
            UsageFault::OneInput => "join the exports first, or run the command for each",
            UsageFault::NoMapping { known, .. } => {
                return Cow::Owned(format!("the file has: {}", known.join(", ")));
            }
            UsageFault::NothingAgrees { .. } => {
                "are they of one company, and does `--table` name the tables with people and groups?"
            }
            UsageFault::UnmetIdentifier { .. } => {
                "name it as in the exports: `--identifier entryUUID`; `--allow-empty` compares without"
            }
            UsageFault::NoKey { .. } => {
                "name the columns that tell one row from all others: `--key id`"
            }
            UsageFault::OneTableAFile { .. } => {
                "give two folders in which each file is the table of its name"
            }
            UsageFault::OneTable => "name one, or run the command for each",
            UsageFault::NoTableFile { .. } => {
                "each file in a folder is the table of its name: `staff.csv`, `hr.staff.sql.zst`"
            }
            UsageFault::TwoTableFiles { .. } => "leave one of them in the folder",
            UsageFault::NotFor { .. } => "leave it out",
            UsageFault::OneCharacter { .. } => {
                "name another one, or both: `--delimiter ';' --quote none`"
            }
            UsageFault::NotStaged { .. } => {
                "leave `--sql-style` out: what was not proved on a server is not written"
            }
            UsageFault::NotADatabase { .. } => {
                "the first file is changed, the second is obeyed: from two LDIF exports comes \
                 change LDIF, `--to directory`"
            }
        })
    }

    /// The message; `shown` shows a path.
    pub(super) fn describe(
        &self,
        shown: &dyn Fn(&std::path::Path) -> String,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match self {
            UsageFault::StdinTwice => {
                f.write_str("expected one input to be standard input (`-`), but found two")
            }
            UsageFault::StdoutTwice => {
                f.write_str("expected one output to be standard output (`-`), but found two")
            }
            UsageFault::OutputIsInput { path } => {
                write!(f, "expected an output of its own, but found the input `{}`", shown(path))
            }
            UsageFault::OutputName { holds, promises, path, .. } => write!(
                f,
                "expected the name of a file for {holds}, but found `{}`, a name for {promises}",
                shown(path)
            ),
            UsageFault::NoColumns => {
                f.write_str("expected the columns of a row (`--attributes`), but found none")
            }
            UsageFault::NoPseudonym { attribute } => write!(
                f,
                "expected an attribute with text, a number or a time to pseudonymise, but found \
                 `{attribute}`"
            ),
            UsageFault::ReservedName { name } => write!(
                f,
                "expected the name of an attribute for `--rename-attribute`, but found the \
                 keyword `{name}`"
            ),
            UsageFault::RenamedTwice { attribute } => {
                write!(f, "expected one `--rename-attribute` for `{attribute}`, but found several")
            }
            UsageFault::KeptAttribute { option, attribute } => {
                write!(f, "expected another attribute for `{option}`, but found `{attribute}`")
            }
            UsageFault::Memory { needed, allowed } => {
                write!(
                    f,
                    "expected `--memory {needed}MiB` or more for these sides, but found {allowed}MiB"
                )
            }
            UsageFault::Without { option, wanted } => {
                write!(f, "expected `{wanted}` beside `{option}`, but did not find it")
            }
            UsageFault::UnknownType { name } => {
                write!(f, "expected the name of a type in `--types`, but found `{name}`")
            }
            UsageFault::TableNeeds { wanted, .. } => {
                write!(f, "expected `{wanted}` for two tables, but did not find it")
            }
            UsageFault::TwoKinds { table, other } => write!(
                f,
                "expected two inputs of one kind, but found the table `{}` and `{}`, which is none",
                shown(table),
                shown(other)
            ),
            UsageFault::NoAttribute { option, value } => write!(
                f,
                "expected an attribute in `{option}`, but found `{}`",
                Escaped(value.as_bytes())
            ),
            UsageFault::OneKind { of_tables } => {
                let both = if *of_tables { "two dumps" } else { "two LDIF exports" };
                write!(f, "expected an LDIF export and a dump for `--mapping`, but found {both}")
            }
            UsageFault::WrongWay { old, .. } => write!(
                f,
                "`{}` is not the side that `--to` wants changed",
                Escaped(old.as_os_str().as_encoded_bytes())
            ),
            UsageFault::OtherTableFile { file } => write!(
                f,
                "expected a folder of files whose names tell how their rows are written, but found {}",
                Escaped(file.as_os_str().as_encoded_bytes())
            ),
            UsageFault::OneTableInCsv { tables } => {
                write!(f, "expected rows of one table for CSV, but found {}", tables.join(", "))
            }
            UsageFault::CsvOfEntries => {
                f.write_str("expected changes of rows for CSV, but found changes of entries")
            }
            UsageFault::OneInput => {
                f.write_str("expected one input for `--mapping`, but found several")
            }
            UsageFault::NoMapping { name, .. } => {
                write!(f, "expected mappings of the file, but found `{}`", Escaped(name.as_bytes()))
            }
            UsageFault::UnmetIdentifier { name } => {
                write!(
                    f,
                    "expected an identifier that entries have, but no entry of either file has `{}`",
                    Escaped(name.as_bytes())
                )
            }
            UsageFault::NothingAgrees { export, dump } => write!(
                f,
                "expected a column by which half of the rows of a table are entries, but found none in {} for {}",
                Escaped(dump.as_bytes()),
                Escaped(export.as_bytes())
            ),
            UsageFault::NoKey { table } => write!(
                f,
                "expected `--key`, or a primary key that a dump or `--ddl` defines, but found none of \
                 the table `{table}`"
            ),
            UsageFault::OneTable => f.write_str("expected one `--table`, but found several"),
            UsageFault::NoTableFile { folder, table: None } => write!(
                f,
                "expected a file of rows in the folder `{}`, but found none",
                shown(folder)
            ),
            UsageFault::NoTableFile { folder, table: Some(table) } => write!(
                f,
                "expected a file of the table `{table}` in the folder `{}`, but found none",
                shown(folder)
            ),
            UsageFault::TwoTableFiles { one, other } => write!(
                f,
                "expected one file a table, but found `{}` and `{}`",
                shown(one),
                shown(other)
            ),
            UsageFault::OneTableAFile { file } => write!(
                f,
                "expected one `--table`, or statements that hold all of them, but found `{}`",
                shown(file)
            ),
            UsageFault::NotFor { option, what } => {
                write!(f, "expected no `{option}` where {what}, but found it")
            }
            UsageFault::OneCharacter { option, other, byte } => write!(
                f,
                "expected different characters for `{option}` and `{other}`, but found `{}` for both",
                byte.escape_ascii()
            ),
            UsageFault::NotStaged { dialect } => write!(
                f,
                "expected `--sql-style statements` or `auto` for {dialect}, but found `staged`"
            ),
            UsageFault::NotADatabase { old } => write!(
                f,
                "expected a dump of the database as OLD for `--to database`, but found the LDIF \
                 export `{}`",
                shown(old)
            ),
        }
    }
}
