//! What is asked of a diff of tables, in plain values.

use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::diff::Limit;
use crate::emit::sql::{End, RowGuard, SqlStyle};
use crate::emit::{Paint, Rendering};
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::input::InputOptions;
use crate::join::PART;
use crate::output::Target;
use crate::source::{SideForm, TableHints};
use crate::table::TableName;

/// The shape of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowFormat {
    /// A script for the database.
    #[default]
    Sql,
    /// Text for a change ticket.
    Unified,
    /// A JSON object a line.
    Jsonl,
    /// A line of CSV a change.
    Csv,
    /// What a template makes of each change.
    Template,
    /// The counts alone.
    Summary,
}

impl RowFormat {
    /// Whether it can be applied: what cannot always shows, whatever the limits.
    pub fn is_applied(self) -> bool {
        match self {
            RowFormat::Sql | RowFormat::Csv | RowFormat::Template => true,
            RowFormat::Unified | RowFormat::Jsonl | RowFormat::Summary => false,
        }
    }
}

/// The file or the files that hold one side.
#[derive(Clone, Debug)]
pub struct TableFiles {
    /// The file, or the folder, as it is named in messages.
    pub path: PathBuf,
    /// The files: one that holds all tables, or one for each table, in their order. And how each holds
    /// its tables.
    pub files: Vec<(PathBuf, SideForm)>,
}

impl TableFiles {
    /// One file.
    pub fn one(path: PathBuf, form: SideForm) -> TableFiles {
        TableFiles { path: path.clone(), files: vec![(path, form)] }
    }
}

/// What is asked of a diff of tables.
#[derive(Debug)]
pub struct TableOptions {
    /// What is to be changed.
    pub old: TableFiles,
    /// What is obeyed.
    pub new: TableFiles,
    /// Where the script goes.
    pub output: Target,
    /// Where the way back goes.
    pub undo: Option<PathBuf>,
    /// In which shape.
    pub format: RowFormat,
    /// The template, where that is the shape.
    pub template: Option<Rendering>,
    /// Whether text for people is coloured.
    pub paint: Paint,
    /// The tables; none where they are those of the dumps that have rows.
    pub tables: Vec<TableName>,
    /// The columns of the key; of a table that has none of them, those of the primary key that a dump
    /// defines. A column may be named with its table before it, here and in what follows.
    pub key: Vec<String>,
    /// What is said of the tables.
    pub hints: TableHints,
    /// Columns to compare instead of all.
    pub only: Vec<String>,
    /// Columns to leave out.
    pub except: Vec<String>,
    /// Columns of which no two rows may have one value.
    pub unique: Vec<String>,
    /// Further columns whose values are secrets, in lower case.
    pub secrets: Vec<Vec<u8>>,
    /// Who runs the script, where one is written and OLD does not say it.
    pub dialect: Option<Dialect>,
    /// How the changes stand in the script.
    pub style: SqlStyle,
    /// What must still be as it was.
    pub guard: RowGuard,
    /// How the script ends.
    pub end: End,
    /// How many rows may go.
    pub max_delete: Option<Limit>,
    /// How many rows may change in any way.
    pub max_change: Option<Limit>,
    /// The share of the rows with a value in a column that may lose it, in percent.
    pub max_column_loss: Option<f64>,
    /// Whether NEW may have nothing where OLD has something.
    pub allow_empty: bool,
    /// Whether the last line of a dump may lack its line end.
    pub allow_no_final_newline: bool,
    /// How many rows OLD and NEW must have.
    pub expect: (Option<Limit>, Option<Limit>),
    /// Whether the head of the script names the SHA-256 of the inputs.
    pub sha256: bool,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How much memory is taken, in bytes, apart from the pages of the inputs.
    pub memory: usize,
    /// How much of a dump a thread takes at a time, in bytes; the answer does not depend on it.
    pub part: usize,
    /// How the inputs are opened.
    pub inputs: InputOptions<'static>,
}

impl TableOptions {
    /// The defaults for two dumps of one table.
    pub fn new(old: PathBuf, new: PathBuf, table: TableName) -> TableOptions {
        TableOptions {
            old: TableFiles::one(old, SideForm::default()),
            new: TableFiles::one(new, SideForm::default()),
            output: Target::Stdout,
            undo: None,
            format: RowFormat::default(),
            template: None,
            paint: Paint::default(),
            tables: vec![table],
            key: Vec::new(),
            hints: TableHints::default(),
            only: Vec::new(),
            except: Vec::new(),
            unique: Vec::new(),
            secrets: Vec::new(),
            dialect: None,
            style: SqlStyle::default(),
            guard: RowGuard::default(),
            end: End::default(),
            max_delete: None,
            max_change: None,
            max_column_loss: None,
            allow_empty: false,
            allow_no_final_newline: false,
            expect: (None, None),
            sha256: false,
            threads: None,
            memory: usize::MAX,
            part: PART,
            inputs: InputOptions::default(),
        }
    }

    /// Who runs the script; `None` where none is written. What OLD says is `said`.
    pub(in crate::diff) fn runner(&self, said: Option<Dialect>) -> Result<Option<Dialect>> {
        let is_written = self.format == RowFormat::Sql || self.undo.is_some();
        match self.dialect.or(said) {
            Some(dialect) if is_written && self.style == SqlStyle::Staged && !dialect.stages() => {
                Err(Error::new(ErrorKind::Usage(UsageFault::NotStaged { dialect: dialect.name() })))
            }
            dialect if !is_written || dialect.is_some() => Ok(dialect.filter(|_| is_written)),
            _ => Err(needed("--dialect", "--dialect postgres")),
        }
    }
}

impl TableOptions {
    /// Refuses several tables where a line of names stands above the rows of one.
    pub(in crate::diff) fn refuse_several(&self, tables: &[TableName]) -> Result<()> {
        match self.format == RowFormat::Csv && tables.len() > 1 {
            true => {
                let tables = tables.iter().map(ToString::to_string).collect();
                Err(Error::new(ErrorKind::Usage(UsageFault::OneTableInCsv { tables })))
            }
            false => Ok(()),
        }
    }
}

/// The error of an option that is missing.
pub(super) fn needed(wanted: &'static str, example: &'static str) -> Error {
    Error::new(ErrorKind::Usage(UsageFault::TableNeeds { wanted, example }))
}
