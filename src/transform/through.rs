//! `transform` through a mapping: entries as rows, and rows as entries, where the other side has nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::diff::Options as EntryOptions;
use crate::diff::tables::TableOptions as RowOptions;
use crate::diff::through::{Fresh, Through};
use crate::dump::{csv_cell, csv_row};
use crate::emit::sql::Load;
use crate::error::{DumpFault, Error, ErrorKind, Result, RowFault, UsageFault};
use crate::jsonl::{write, write_row};
use crate::output::{Output, Target, commit_all};
use crate::reconcile::Account;
use crate::schema::Schema;
use crate::source::{ReadOptions, Source};
use crate::table::{Columns, Row, Said, TableName, Value};
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

/// A table, its columns, and the rows that were made.
type MadeRows = (TableName, Columns, Vec<Row<'static>>);

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
    let fresh = Fresh { through, entries: &options.entries, rows: &options.rows };
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
    for (table, columns, rows) in tables {
        let writer = Writer { format: options.format, dialect, table, columns };
        report.written += rows.len() as u64;
        report.unsaid += writer.all(rows, &mut out)?;
    }
    commit_all(vec![out])?;
    Ok(report)
}

/// Those of the tables that are named, as they may be spelled; all where none is.
fn named_tables<'t>(tables: &'t [MadeRows], named: &[TableName]) -> Result<Vec<&'t MadeRows>> {
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
    let fresh = Fresh { through, entries: &options.entries, rows: &options.rows };
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

/// Writes the rows of one table.
struct Writer<'w> {
    format: TableFormat,
    dialect: Option<Dialect>,
    table: &'w TableName,
    columns: &'w Columns,
}

impl Writer<'_> {
    /// Writes all rows; answers with how many values nobody can say.
    fn all(&self, rows: &[Row<'static>], out: &mut Output) -> Result<u64> {
        // What the database makes in every row is no column of the output.
        let is_said = |n: &usize| {
            let mut cells = rows.iter().map(|row| &row[*n]);
            rows.is_empty() || cells.any(|cell| !cell.as_ref().is_some_and(is_nobodys))
        };
        let kept: Vec<usize> = (0..self.columns.names.len()).filter(is_said).collect();
        let columns = Columns {
            names: kept.iter().map(|&n| self.columns.names[n].clone()).collect(),
            types: kept.iter().map(|&n| self.columns.types[n]).collect(),
            typing: self.columns.typing,
            key: Vec::new(),
        };
        let load = self.dialect.filter(|_| self.format == TableFormat::Sql);
        let load = load.map(|dialect| Load::new(dialect, self.table, &columns.names));
        match &load {
            Some(load) => put(out, load.opening().as_bytes())?,
            None if self.format == TableFormat::Csv => {
                let names = columns.names.iter();
                put(out, &csv_row(names.map(|name| Some(Cow::Borrowed(name.as_bytes())))))?;
            }
            None => {}
        }
        let mut unsaid = 0;
        for row in askers_last(rows) {
            let row: Row<'_> = kept.iter().map(|&n| row[n].clone()).collect();
            put(out, &self.row(&columns, load.as_ref(), row, &mut unsaid)?)?;
        }
        if let Some(load) = &load {
            put(out, load.closing().as_bytes())?;
        }
        Ok(unsaid)
    }

    fn row(
        &self,
        columns: &Columns,
        load: Option<&Load>,
        mut row: Row<'_>,
        unsaid: &mut u64,
    ) -> Result<Vec<u8>> {
        if let Some(load) = load {
            let line = load.row(&row, &columns.types).map_err(|bad| {
                let column = columns.names[bad.column].clone().into_bytes();
                Error::new(ErrorKind::Row(RowFault::NotText { column, found: bad.found }))
            })?;
            return Ok(line.into_bytes());
        }
        for cell in &mut row {
            if cell.as_ref().is_some_and(Value::is_query) {
                *unsaid += 1;
                *cell = None;
            }
        }
        let mut text = Vec::new();
        if self.format == TableFormat::Jsonl {
            write_row(&mut text, columns, &row)
                .map_err(|e| Error::new(ErrorKind::Json { message: e.to_string() }))?;
        } else {
            let cells = row.iter().zip(&columns.types);
            let cells = cells.map(|(cell, kind)| cell.as_ref().map(|value| csv_cell(value, *kind)));
            text = csv_row(cells);
        }
        Ok(text)
    }
}

/// Rows in an order in which those that ask for a key another row gets stand behind that one; those that ask
/// for each other's stay as they are.
fn askers_last<'r>(rows: &'r [Row<'static>]) -> Vec<&'r Row<'static>> {
    let queries = |row: &'r Row<'static>, said: Said| {
        let cells = row.iter().flatten().filter(move |value| value.said == said);
        cells.filter(|value| !value.bytes.is_empty()).map(|value| &*value.bytes)
    };
    let mut missing: HashMap<&[u8], usize> = HashMap::new();
    for row in rows {
        queries(row, Said::Made).for_each(|query| *missing.entry(query).or_default() += 1);
    }
    let mut ordered = Vec::with_capacity(rows.len());
    let mut open: Vec<&'r Row<'static>> = rows.iter().collect();
    while !open.is_empty() {
        let waits = |row: &&'r Row<'static>| {
            let row: &'r Row<'static> = row;
            queries(row, Said::Asked).any(|query| missing.contains_key(query))
        };
        let (later, now): (Vec<_>, Vec<_>) = open.iter().copied().partition(waits);
        if now.is_empty() {
            ordered.extend(later);
            break;
        }
        for row in &now {
            queries(row, Said::Made).for_each(|query| {
                missing.remove(query);
            });
        }
        ordered.extend(now);
        open = later;
    }
    ordered
}

/// Whether the database makes a value that nobody asks for.
fn is_nobodys(value: &Value<'_>) -> bool {
    value.said == Said::Made
}
