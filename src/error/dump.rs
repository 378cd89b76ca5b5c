//! What is wrong with a dump as a whole.

use std::fmt;

/// What is wrong with a dump of tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpFault {
    /// The text ends inside a statement.
    OpenStatement,
    /// The text ends inside the rows of COPY.
    OpenRows,
    /// The last line that such a dump has is not there.
    Unfinished {
        /// The line.
        wanted: &'static str,
    },
    /// There are not as many rows as the last line says.
    RowCount {
        /// What it says.
        said: u64,
        /// How many there are.
        found: u64,
    },
    /// Nobody says which database wrote the dump.
    NoStyle,
    /// The table is not there.
    NoTable {
        /// The name that was asked for.
        asked: String,
        /// Some that are there.
        known: Vec<String>,
    },
    /// More than one table may be meant.
    ManyTables {
        /// The name that was asked for, where one was.
        asked: Option<String>,
        /// The ones that may be.
        names: Vec<String>,
    },
    /// Nobody says which columns the rows have.
    NoColumns,
    /// A statement that changes rows which stand before it.
    Undone {
        /// What it does.
        verb: &'static str,
    },
    /// What reads statements or rows from another file.
    Elsewhere {
        /// The word it begins with.
        verb: &'static str,
    },
    /// Rows without a value for a column that others have one for.
    OtherColumns,
    /// A table whose rows are those of its partitions.
    Partitioned {
        /// Its name.
        table: String,
    },
    /// A character set that is not read.
    CharacterSet {
        /// Its name.
        name: String,
    },
    /// The statement that defines the table cannot be read.
    Definition {
        /// Why.
        reason: String,
    },
}

impl DumpFault {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            DumpFault::OpenStatement | DumpFault::OpenRows => {
                "export again: the dump was cut off, or a quote is not closed"
            }
            DumpFault::Unfinished { .. } => {
                "export again: the dump was cut off; `--allow-unfinished` where it was not"
            }
            DumpFault::RowCount { .. } => "export again: rows are missing, or others were added",
            DumpFault::NoStyle => "say it: `--dump-style postgres`",
            DumpFault::NoTable { .. } => {
                "name with `--table` what is there; what only one of two dumps has is made or dropped by hand"
            }
            DumpFault::ManyTables { .. } => {
                "say which, with its schema or database: `--table hr.staff`"
            }
            DumpFault::NoColumns => {
                "name them in their order, `--columns id,name,mail`, or dump the definition of the table too"
            }
            DumpFault::Undone { .. } => {
                "dump the table as it is now: what a statement does to it is not known here"
            }
            DumpFault::Elsewhere { .. } => {
                "it is not opened: put both into one file, or run the script and dump the table"
            }
            DumpFault::OtherColumns => {
                "what is left out has the default of its column, which is not known here: dump with all columns"
            }
            DumpFault::Partitioned { .. } => {
                "dump it as one: `pg_dump --load-via-partition-root`; or name a partition with `--table`"
            }
            DumpFault::CharacterSet { .. } => "dump it in UTF-8: `pg_dump --encoding=UTF8`",
            DumpFault::Definition { .. } => "say what is needed of it: `--key id`",
        }
    }

    /// The message.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DumpFault::OpenStatement => {
                f.write_str("expected the end of what begins here, but found the end of the file")
            }
            DumpFault::OpenRows => {
                f.write_str("expected `\\.` behind the rows of COPY, but found the end of the file")
            }
            DumpFault::Unfinished { wanted } => {
                write!(f, "expected `{wanted}` at the end, but found no such line")
            }
            DumpFault::RowCount { said, found } => {
                write!(f, "expected {said} rows, as this line says, but found {found}")
            }
            DumpFault::NoStyle => {
                f.write_str("expected a dump that says which database wrote it, but found no sign")
            }
            DumpFault::NoTable { asked, known } => {
                write!(f, "expected the table `{asked}`, but found")?;
                match known.as_slice() {
                    [] => f.write_str(" no table"),
                    known => known.iter().try_for_each(|name| write!(f, " `{name}`")),
                }
            }
            DumpFault::ManyTables { asked, names } => {
                f.write_str("expected one table")?;
                asked.iter().try_for_each(|asked| write!(f, " `{asked}`"))?;
                f.write_str(", but found")?;
                names.iter().try_for_each(|name| write!(f, " `{name}`"))
            }
            DumpFault::NoColumns => {
                f.write_str("expected the names of the columns of these rows, but found none")
            }
            DumpFault::Undone { verb } => {
                write!(f, "expected nothing that changes rows which were there, but found `{verb}`")
            }
            DumpFault::Elsewhere { verb } => write!(
                f,
                "expected all rows in the script itself, but found `{verb}`, which reads another file"
            ),
            DumpFault::OtherColumns => {
                f.write_str("expected the same columns in all rows, but found others here")
            }
            DumpFault::Partitioned { table } => {
                write!(f, "expected the rows of `{table}`, but found those of its partitions")
            }
            DumpFault::CharacterSet { name } => {
                write!(f, "expected a character set that is read, but found `{name}`")
            }
            DumpFault::Definition { reason } => {
                write!(
                    f,
                    "expected the definition of a table, but found one that cannot be read: {reason}"
                )
            }
        }
    }
}
