//! Rows that a mapping made, written: as text, or as statements that load tables which have none of them.
//!
//! Keys that the database makes are known by a query alone, which finds a row that is there. So who asks for a
//! key comes behind the row that gets it; where rows ask for each other, one comes with NULL and is told later.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::dialect::Dialect;
use crate::diff::through::FreshTable;
use crate::dump::{csv_cell, csv_row};
use crate::emit::sql::{Load, Unwritable};
use crate::error::{Error, ErrorKind, Result, RowFault};
use crate::jsonl::write_row;
use crate::output::Output;
use crate::table::{ColumnType, Columns, Row, Said, Value};
use crate::transform::tables::{TableFormat, put};

/// Writes the rows of all tables; answers with how many values nobody can say.
pub(super) fn write(
    tables: &[&FreshTable],
    format: TableFormat,
    dialect: Option<Dialect>,
    out: &mut Output,
) -> Result<u64> {
    let all = tables.iter().flat_map(|(_, _, rows)| rows);
    let mut writing =
        Writing { format, dialect, missing: HashSet::new(), open: Vec::new(), unsaid: 0 };
    writing.missing.extend(all.flat_map(|row| queries(row, Said::Made)));
    for table in askers_last(tables, |table| &table.2) {
        writing.table(table, out)?;
    }
    Ok(writing.unsaid)
}

/// Rows that are written, table by table.
struct Writing<'r> {
    format: TableFormat,
    dialect: Option<Dialect>,
    /// The queries that find keys which are still to be made.
    missing: HashSet<&'r [u8]>,
    /// What rows that are there will ask for.
    open: Vec<Open<'r>>,
    /// Values that nobody can say.
    unsaid: u64,
}

/// A column of a row that came without its value.
struct Open<'r> {
    load: Load,
    columns: &'r Columns,
    row: &'r Row<'static>,
    column: usize,
}

impl<'r> Writing<'r> {
    /// Writes the rows of a table.
    fn table(&mut self, (table, columns, rows): &'r FreshTable, out: &mut Output) -> Result<()> {
        // What the database makes in every row is no column of the output.
        let is_said = |n: &usize| {
            let mut cells = rows.iter().map(|row| &row[*n]);
            rows.is_empty() || cells.any(|cell| !cell.as_ref().is_some_and(is_nobodys))
        };
        let kept: Vec<usize> = (0..columns.names.len()).filter(is_said).collect();
        let shown = Columns {
            names: kept.iter().map(|&n| columns.names[n].clone()).collect(),
            types: kept.iter().map(|&n| columns.types[n]).collect(),
            notations: kept.iter().map(|&n| columns.notation(n)).collect(),
            typing: columns.typing,
            key: Vec::new(),
        };
        let dialect = self.dialect.filter(|_| self.format == TableFormat::Sql);
        let Some(dialect) = dialect else { return self.text(&shown, &kept, rows, out) };
        let (load, whole) =
            (Load::new(dialect, table, &shown.names), Load::new(dialect, table, &columns.names));
        put(out, load.opening().as_bytes())?;
        if dialect.has_instants_of_the_session()
            && columns.types.contains(&Some(ColumnType::Instant))
        {
            put(out, b"SET time_zone = '+00:00';\n")?;
        }
        for row in in_order(rows) {
            let mut cells: Row<'_> = kept.iter().map(|&n| row[n].clone()).collect();
            for (cell, &column) in cells.iter_mut().zip(&kept) {
                let is_early = |value: &Value<'_>| {
                    value.said == Said::Asked && self.missing.contains(&*value.bytes)
                };
                if cell.as_ref().is_some_and(is_early) {
                    *cell = None;
                    self.open.push(Open { load: whole.clone(), columns, row, column });
                }
            }
            let line = load.row(&cells, &shown.types);
            put(out, line.map_err(|bad| unwritable(&shown, bad))?.as_bytes())?;
            for query in queries(row, Said::Made) {
                self.missing.remove(query);
            }
        }
        let missing = &self.missing;
        let waits = |open: &Open<'_>| {
            open.row[open.column].as_ref().is_some_and(|value| missing.contains(&*value.bytes))
        };
        let (open, ready): (Vec<_>, Vec<_>) = self.open.drain(..).partition(waits);
        self.open = open;
        for Open { load, columns, row, column } in ready {
            let line = load.update(row, &columns.types, (column, &columns.key));
            put(out, line.map_err(|bad| unwritable(columns, bad))?.as_bytes())?;
        }
        put(out, load.closing().as_bytes())
    }

    /// Writes rows as CSV or as JSON lines.
    fn text(
        &mut self,
        columns: &Columns,
        kept: &[usize],
        rows: &[Row<'static>],
        out: &mut Output,
    ) -> Result<()> {
        if self.format == TableFormat::Csv {
            let names = columns.names.iter();
            put(out, &csv_row(names.map(|name| Some(Cow::Borrowed(name.as_bytes())))))?;
        }
        for row in in_order(rows) {
            let cells = kept.iter().map(|&n| row[n].as_ref());
            self.unsaid += cells.clone().flatten().filter(|value| value.is_query()).count() as u64;
            let cells = cells.map(|cell| cell.filter(|value| !value.is_query()));
            let mut text = Vec::new();
            if self.format == TableFormat::Jsonl {
                let row: Row<'_> = cells.map(Option::<&Value<'_>>::cloned).collect();
                write_row(&mut text, columns, &row)
                    .map_err(|e| Error::new(ErrorKind::Json { message: e.to_string() }))?;
            } else {
                let cells = cells.zip(&columns.types);
                text = csv_row(cells.map(|(cell, kind)| Some(csv_cell(cell?, *kind))));
            }
            put(out, &text)?;
        }
        Ok(())
    }
}

fn unwritable(columns: &Columns, bad: Unwritable) -> Error {
    let column = columns.names[bad.column].clone().into_bytes();
    Error::new(ErrorKind::Row(RowFault::NotText { column, found: bad.found }))
}

/// The rows of a table, each behind those whose keys it asks for as far as that can be.
fn in_order<'r>(rows: &'r [Row<'static>]) -> Vec<&'r Row<'static>> {
    let all: Vec<&Row<'static>> = rows.iter().collect();
    askers_last(&all, |row| std::slice::from_ref(*row))
}

/// Things that hold rows, each behind those that get a key it asks for; in a circle as far as that can be.
fn askers_last<'r, T: Copy>(all: &[T], rows: impl Fn(&T) -> &'r [Row<'static>]) -> Vec<T> {
    let mut makers: HashMap<&[u8], usize> = HashMap::new();
    for (n, one) in all.iter().enumerate() {
        let made = rows(one).iter().flat_map(|row| queries(row, Said::Made));
        for query in made {
            makers.entry(query).or_insert(n);
        }
    }
    let asked = |n: usize| {
        let asked = rows(&all[n]).iter().flat_map(|row| queries(row, Said::Asked));
        asked.filter_map(|query| makers.get(query).copied()).collect::<Vec<usize>>().into_iter()
    };
    let mut is_met = vec![false; all.len()];
    let mut ordered = Vec::with_capacity(all.len());
    for first in 0..all.len() {
        let mut path = Vec::new();
        let mut next = Some(first).filter(|&n| !is_met[n]);
        loop {
            if let Some(n) = next.take() {
                is_met[n] = true;
                path.push((n, asked(n)));
            }
            let Some((n, makers)) = path.last_mut() else { break };
            next = makers.find(|&maker| !is_met[maker]);
            if next.is_none() {
                ordered.push(all[*n]);
                path.pop();
            }
        }
    }
    ordered
}

/// The queries in a row of which this is said.
fn queries<'r>(row: &'r Row<'static>, said: Said) -> impl Iterator<Item = &'r [u8]> {
    let cells = row.iter().flatten().filter(move |value| value.said == said);
    cells.filter(|value| !value.bytes.is_empty()).map(|value| &*value.bytes)
}

/// Whether the database makes a value that nobody asks for.
fn is_nobodys(value: &Value<'_>) -> bool {
    value.said == Said::Made
}
