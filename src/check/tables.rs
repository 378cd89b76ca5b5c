//! `check` of tables: every row of every table of a file, and whether the file is whole.
//!
//! What one row says wrong hides no other row.

use std::hash::BuildHasher;
use std::ops::Range;
use std::path::Path;

use crate::join::RandomState;

use crate::check::{Finding, Severity, Tally};
use crate::dialect::{Dialect, text_of};
use crate::dump::refuse_unfinished;
use crate::error::{Error, ErrorKind, Place, Result, RowFault};
use crate::input::{Input, InputOptions};
use crate::parallel::Pool;
use crate::source::{Asked, Extent, Header, Rows, SideForm, TableHints};
use crate::table::{ColumnType, Columns, Row, Said, TableName, Typing};

/// How much text a worker takes at a time, in bytes.
const PART: usize = 1 << 20;

/// What is asked of a check of tables.
#[derive(Debug, Default)]
pub struct TableOptions {
    /// The table; all of a script where none is named.
    pub table: Option<TableName>,
    /// What is said of the table.
    pub hints: TableHints,
    /// The columns that tell one row from all others; those of the primary key where none is named.
    pub key: Vec<String>,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How files are opened.
    pub files: InputOptions<'static>,
}

/// What was found in some rows.
#[derive(Default)]
struct Part {
    rows: u64,
    faults: Vec<Error>,
    /// The keys of the rows, by their hash.
    keys: Vec<(u64, Extent)>,
}

/// Hears of what is found.
type Each<'e> = &'e mut dyn FnMut(Finding) -> Result<()>;

impl TableOptions {
    /// Checks one file, hands on what is found, and tells what it came to.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or changes meanwhile; `each` failed. A file that is not sound is no
    /// error.
    pub fn file(
        &self,
        path: &Path,
        form: &SideForm,
        progress: &(dyn Fn(u64) + Sync),
        each: Each<'_>,
    ) -> Result<Tally> {
        let pool = &Pool::new(self.threads)?;
        let input = Input::open(path, &self.files)?;
        let definition = &match (&self.hints.ddl, &self.table) {
            (Some(ddl), Some(table)) => Some(ddl.define(table, &self.files)?),
            _ => None,
        };
        // Whether the end is missing is asked of the file, not of each of its tables.
        let asked = self.hints.asked(self.table.as_ref(), definition.as_ref());
        let asked = Asked { allow_unfinished: true, ..asked }.of(&input);
        let mut tally = Tally::default();
        let mut faults = Vec::new();
        match Header::read_all((input.name(), input.bytes()), form, asked) {
            Ok(headers) => {
                for header in headers {
                    let found = match header {
                        Ok(header) => self.table(pool, &input, header, progress)?,
                        Err(error) => Part { faults: vec![error], ..Part::default() },
                    };
                    tally.rows += found.rows;
                    faults.extend(found.faults);
                }
            }
            Err(error) => faults.push(error),
        }
        faults.extend(self.end(&input, form));
        tally.faults = faults.len() as u64;
        input.verify_unchanged()?;
        faults
            .into_iter()
            .try_for_each(|error| each(Finding { severity: Severity::Fault, error, more: 0 }))?;
        Ok(tally)
    }

    /// What is wrong with the end of a file.
    fn end(&self, input: &Input, form: &SideForm) -> Option<Error> {
        let text = input.bytes();
        let at = |kind| Error::at(kind, Place::new(input.name(), text, text.len(), 0));
        match form {
            SideForm::Delimited(_) | SideForm::Copy { .. } | SideForm::Outfile(_) => {
                let is_cut = text.last().is_some_and(|last| *last != b'\n');
                is_cut.then(|| at(ErrorKind::NoFinalNewline))
            }
            SideForm::Json => None,
            SideForm::Sql { .. } if self.hints.allow_unfinished => None,
            SideForm::Sql { .. } => refuse_unfinished(text).err().map(|fault| at(fault.kind)),
        }
    }

    fn table(
        &self,
        pool: &Pool,
        input: &Input,
        header: Header,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Part> {
        let columns = &match self.columns(&header) {
            Ok(columns) => columns,
            Err(error) => return Ok(Part { faults: vec![error], ..Part::default() }),
        };
        let is_open = !header.holds_secrets(&[]);
        let demanded: Vec<_> = columns.names.iter().map(|name| header.demanded(name)).collect();
        let rows = Rows::new((input.name(), input.bytes()), header, columns, is_open);
        let table = (&rows, &demanded[..]);
        let mut found = part(pool, table, rows.split(PART), progress);
        if !found.faults.is_empty() {
            // Where a quote is out of place, only a walk from the first row finds the others.
            found = part(pool, table, rows.split(usize::MAX), &|_| {});
        }
        found.faults.extend(twice(&rows, std::mem::take(&mut found.keys)));
        found.faults.sort_by_key(|error| error.place().map(|place| place.position));
        Ok(found)
    }

    fn columns(&self, header: &Header) -> Result<Columns> {
        let names = header.names.clone();
        let defined = header.definition.as_ref().map(|definition| &definition.primary_key);
        let key = if self.key.is_empty() { defined } else { Some(&self.key) };
        let number = |name: &String| {
            let found = header.find(name).and_then(|name| names.iter().position(|n| n == name));
            found.ok_or_else(|| header.unknown(name))
        };
        let key = key.into_iter().flatten().map(number).collect::<Result<_>>()?;
        let types = names.iter().map(|name| header.kind(name)).collect();
        let is_by_value = header.dialect == Some(Dialect::Sqlite);
        let typing = if is_by_value { Typing::ByValue } else { Typing::ByColumn };
        let notations = header.notations(&names);
        Ok(Columns { names, types, notations, typing, key })
    }
}

/// What is found in these parts of a table, and of which type its columns must be.
fn part(
    pool: &Pool,
    (rows, demanded): (&Rows<'_>, &[Option<ColumnType>]),
    parts: Vec<Range<usize>>,
    progress: &(dyn Fn(u64) + Sync),
) -> Part {
    let state = RandomState::default();
    let parts = pool.map_ordered(parts, |range| {
        let mut part = Part::default();
        let size = range.len() as u64;
        rows.every(range, |extent| match extent.and_then(|at| Ok((at, rows.read(at)?))) {
            Err(error) => part.faults.push(error),
            Ok((extent, row)) => {
                part.rows += 1;
                part.faults.extend(not_text(rows, extent, &row));
                part.faults.extend(not_of_type((rows, demanded), extent, &row));
                if !rows.columns.key.is_empty() {
                    part.keys.push((state.hash_one(rows.key(&row)), extent));
                }
            }
        });
        progress(size);
        part
    });
    parts.into_iter().fold(Part::default(), |mut all, part| {
        all.rows += part.rows;
        all.faults.extend(part.faults);
        all.keys.extend(part.keys);
        all
    })
}

/// The first value of a row that should be text and is none.
fn not_text(rows: &Rows<'_>, extent: Extent, row: &Row<'_>) -> Option<Error> {
    row.iter().enumerate().find_map(|(n, cell)| {
        let value = cell.as_ref()?;
        let no_text = [ColumnType::Bytes, ColumnType::Bits, ColumnType::Boolean];
        let is_text = rows.columns.types[n].is_none_or(|kind| !no_text.contains(&kind));
        if value.said == Said::Bytes || !is_text {
            return None;
        }
        let found = text_of(&value.bytes).err()?;
        let column = rows.columns.names[n].clone().into_bytes();
        Some(rows.error_in(RowFault::NotText { column, found }, extent))
    })
}

/// The values of a row that are none of their column's type.
fn not_of_type<'r>(
    (rows, demanded): (&'r Rows<'_>, &'r [Option<ColumnType>]),
    extent: Extent,
    row: &'r Row<'_>,
) -> impl Iterator<Item = Error> + 'r {
    row.iter().enumerate().filter_map(move |(n, cell)| {
        let (value, kind) = (cell.as_ref()?, demanded[n]?);
        if value.said == Said::Bytes || kind.holds(&value.bytes) {
            return None;
        }
        let column = rows.columns.names[n].clone().into_bytes();
        let (wanted, found) = (kind.noun(), rows.shown(value));
        Some(rows.error_in(RowFault::NotOfType { column, wanted, found }, extent))
    })
}

/// The rows whose key a row before them has.
fn twice(rows: &Rows<'_>, mut keys: Vec<(u64, Extent)>) -> Vec<Error> {
    keys.sort_unstable();
    let key = |extent: Extent| rows.read(extent).ok().map(|row| rows.key(&row));
    let mut found = Vec::new();
    for group in keys.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        let read: Vec<_> = group.iter().map(|(_, extent)| (key(*extent), *extent)).collect();
        for (n, (mine, extent)) in read.iter().enumerate() {
            if let Some((_, first)) = read[..n].iter().find(|(other, _)| other == mine) {
                let first = rows.line(*first);
                found.push(rows.error_in(RowFault::DuplicateKey { first }, *extent));
            }
        }
    }
    found
}
