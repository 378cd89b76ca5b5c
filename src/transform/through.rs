//! `transform` through a mapping: entries as rows, and rows as entries, where the other side has nothing.

use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::diff::Options as EntryOptions;
use crate::diff::tables::TableOptions as RowOptions;
use crate::diff::through::{Fresh, FreshTable, Through};
use crate::error::{DumpFault, Error, ErrorKind, Result, UsageFault};
use crate::jsonl::write;
use crate::output::{Output, Target, commit_all};
use crate::reconcile::Account;
use crate::schema::Schema;
use crate::source::{ReadOptions, Source};
use crate::table::TableName;
use crate::transform::made_rows;
use crate::transform::tables::{TableFormat, put};

/// What is asked of a transformation through a mapping.
#[derive(Debug)]
pub struct ThroughOptions {
    /// How entries are read.
    pub entries: EntryOptions,
    /// How rows are read.
    pub rows: RowOptions,
    /// What is read.
    pub input: PathBuf,
    /// Where the records go.
    pub output: Target,
    /// The shape of rows; of entries, which are LDIF otherwise, JSON lines alone.
    pub format: TableFormat,
    /// The tables that are written; all of them where none is named.
    pub only: Vec<TableName>,
    /// Who takes the statements, where the mapping does not say it.
    pub dialect: Option<Dialect>,
}

/// What a transformation through a mapping did.
#[derive(Debug)]
pub struct ThroughReport {
    /// Records that were written.
    pub written: u64,
    /// What came of each mapping.
    pub accounts: Vec<Account>,
    /// Values that the database would make, of which the shape can say nothing.
    pub unsaid: u64,
}

/// Writes the rows that the entries of an export make.
///
/// # Errors
///
/// The export cannot be read; a value that the shape cannot hold; several tables, where the shape holds one.
pub fn rows_of_entries(through: &Through, options: &ThroughOptions) -> Result<ThroughReport> {
    let dialect = options.dialect.or(through.file.database.dialect);
    let needed = || {
        let fault = UsageFault::TableNeeds { wanted: "--dialect", example: "--dialect postgres" };
        Error::new(ErrorKind::Usage(fault))
    };
    let dialect = match options.format {
        TableFormat::Sql => Some(dialect.ok_or_else(needed)?),
        TableFormat::Csv | TableFormat::Jsonl => dialect,
    };
    let is_loaded = options.format == TableFormat::Sql;
    let fresh = Fresh { through, entries: &options.entries, rows: &options.rows, is_loaded };
    let (tables, accounts) = fresh.rows(dialect)?;
    let tables = named_tables(&tables, &options.only)?;
    let mut out = Output::create(&options.output)?;
    let with_rows = tables.iter().copied().filter(|(_, _, rows)| !rows.is_empty());
    let tables: Vec<_> = match (tables.len(), with_rows.clone().count()) {
        (_, 0) => tables.iter().copied().take(1).collect(),
        _ => with_rows.collect(),
    };
    if options.format == TableFormat::Csv && tables.len() > 1 {
        let tables = tables.iter().map(|(table, ..)| table.to_string()).collect();
        return Err(Error::new(ErrorKind::Usage(UsageFault::OneTableInCsv { tables })));
    }
    let mut report = ThroughReport { written: 0, accounts, unsaid: 0 };
    report.written = tables.iter().map(|(_, _, rows)| rows.len() as u64).sum();
    report.unsaid = made_rows::write(&tables, options.format, dialect, &mut out)?;
    commit_all(vec![out])?;
    Ok(report)
}

/// Those of the tables that are named, as they may be spelled; all where none is.
fn named_tables<'t>(tables: &'t [FreshTable], named: &[TableName]) -> Result<Vec<&'t FreshTable>> {
    if named.is_empty() {
        return Ok(tables.iter().collect());
    }
    let find = |name: &TableName| {
        let known = || tables.iter().map(|one| one.0.to_string()).collect();
        let none = || DumpFault::NoTable { asked: name.to_string(), known: known() };
        let found = name.find(tables.iter(), |&one| &one.0);
        found.ok_or_else(|| Error::new(ErrorKind::Dump(none())))
    };
    named.iter().map(find).collect()
}

/// Writes the entries that the rows of a dump make.
///
/// # Errors
///
/// The dump cannot be read.
pub fn entries_of_rows(through: &Through, options: &ThroughOptions) -> Result<ThroughReport> {
    let fresh = Fresh { through, entries: &options.entries, rows: &options.rows, is_loaded: false };
    let (made, accounts) = fresh.entries()?;
    let mut out = Output::create(&options.output)?;
    match options.format {
        TableFormat::Jsonl => put(&mut out, &as_json_lines(&made.text)?)?,
        TableFormat::Csv | TableFormat::Sql => put(&mut out, &made.text)?,
    }
    commit_all(vec![out])?;
    Ok(ThroughReport { written: made.created.len() as u64, accounts, unsaid: 0 })
}

/// The records of LDIF that was made here, each a line.
fn as_json_lines(ldif: &[u8]) -> Result<Vec<u8>> {
    let source = Source::of_text("", ldif, Schema::builtin(), ReadOptions::default());
    let mut lines = Vec::with_capacity(ldif.len());
    let mut cutter = source.cut(0..ldif.len());
    while let Some(cut) = cutter.next_record(None) {
        let extent = cut?.extent;
        let logical = source.logical(extent);
        let (name, record) = source.record(extent, &logical)?;
        // A vector takes all that is written to it.
        let _ = write(&mut lines, &name, &record);
    }
    Ok(lines)
}
