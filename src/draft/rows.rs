//! Reads the tables of a dump, or as many of their rows as tell enough.

use super::sample::{Cell, Table};
use crate::diff::tables::{Opened, TableOptions};
use crate::diff::through::columns_of;
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::source::{Header, Rows};
use crate::table::TableName;

/// How many rows of a table are looked at: every so many-th of more.
const MOST: u64 = 50_000;

/// The tables, and what the dump says of them.
pub(super) fn tables(
    opened: &Opened<'_>,
    options: &TableOptions,
) -> Result<(Vec<Table>, Vec<Header>)> {
    let mut names = options.tables.clone();
    if names.is_empty() {
        names = opened.tables()?;
    }
    if names.is_empty() {
        let (wanted, example) = ("--table", "--table staff");
        return Err(Error::new(ErrorKind::Usage(UsageFault::TableNeeds { wanted, example })));
    }
    let headers = opened.headers_of(&names, options)?;
    let table = |(n, name): (usize, TableName)| read(opened.file(n), (name, &headers[n]), options);
    let tables = names.into_iter().enumerate().map(table).collect::<Result<_>>()?;
    Ok((tables, headers))
}

fn read(
    file: (&str, &[u8]),
    (name, header): (TableName, &Header),
    options: &TableOptions,
) -> Result<Table> {
    let columns = columns_of(header, &[])?;
    let is_open = !header.holds_secrets(&options.secrets);
    let rows = Rows::new(file, header.clone(), &columns, is_open);
    let count = count(&rows, options.part)?;
    let sampled = sampled(&rows, options.part, count.div_ceil(MOST).max(1))?;
    let definition = header.definition.clone();
    let mut table = Table { name, definition, rows: sampled, count, key: Vec::new(), columns };
    table.key = key(&table);
    Ok(table)
}

fn count(rows: &Rows<'_>, part: usize) -> Result<u64> {
    let mut count = 0;
    for range in rows.split(part) {
        rows.each(range, |_| {
            count += 1;
            Ok(())
        })?;
    }
    Ok(count)
}

/// One row of so many.
fn sampled(rows: &Rows<'_>, part: usize, step: u64) -> Result<Vec<Vec<Cell>>> {
    let (mut all, mut n) = (Vec::new(), 0);
    for range in rows.split(part) {
        rows.each(range, |extent| {
            if n % step == 0 {
                let cells = rows.read(extent)?.into_iter();
                let filled = |cell: &Vec<u8>| !cell.is_empty();
                let cells = cells.map(|cell| cell.map(|value| value.bytes.into_owned()));
                let cells = cells.map(|cell| cell.filter(filled).map(Vec::into_boxed_slice));
                all.push(cells.collect());
            }
            n += 1;
            Ok(())
        })?;
    }
    Ok(all)
}

/// The columns of the key: those of the definition, else the first column that has a value in every row and
/// none of them twice.
fn key(table: &Table) -> Vec<usize> {
    let defined = table.definition.iter().flat_map(|one| &one.primary_key);
    let number = |name: &String| table.columns.names.iter().position(|other| other == name);
    let defined: Vec<usize> = defined.filter_map(number).collect();
    if !defined.is_empty() {
        return defined;
    }
    let tells = |column: &usize| {
        let values = table.rows.iter().map(|row| row[*column].as_deref());
        let values: Option<std::collections::HashSet<&[u8]>> = values.collect();
        values.is_some_and(|values| values.len() == table.rows.len())
    };
    (0..table.columns.names.len()).find(tells).into_iter().collect()
}
