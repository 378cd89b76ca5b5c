//! The formats of rows side by side: how each is cut, split for several workers, and read.

use std::borrow::Cow;
use std::ops::Range;

use crate::dump::{Delimited, InsertRows, JsonRows, Manner, Outfile, Style, bytea, copy_row, json};
use crate::error::{Fault, RowFault};
use crate::table::{Notation, Row};
use crate::text::LineEnd;

/// How the fields of COPY's text format are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyText {
    /// Stands between two fields.
    pub delimiter: u8,
    /// The field that is NULL.
    pub null: Vec<u8>,
    /// What ends a row.
    pub end: LineEnd,
}

/// How rows are written.
#[derive(Clone, Debug, PartialEq)]
pub enum RowForm {
    /// A row a line, with delimiters between fields.
    Delimited(Delimited, LineEnd),
    /// The text format of PostgreSQL's COPY.
    Copy(CopyText),
    /// The text format of MySQL's `LOAD DATA`.
    Outfile(Outfile),
    /// In parentheses, behind `INSERT … VALUES`.
    Insert(Box<InsertRows>),
    /// JSON objects.
    Json(JsonRows),
}

impl RowForm {
    /// The fields of a row, which is as it was cut.
    ///
    /// # Errors
    ///
    /// It is no row of this format.
    pub fn read<'t>(&self, row: &'t [u8]) -> Result<Row<'t>, Fault> {
        match self {
            RowForm::Delimited(format, end) => format.read(end.cut_off(row)),
            RowForm::Copy(text) => copy_row(text.delimiter, &text.null, text.end.cut_off(row)),
            RowForm::Outfile(format) => format.row(format.end.cut_off(row)),
            RowForm::Insert(rows) => rows.read(row),
            RowForm::Json(rows) => rows.read(row),
        }
    }

    /// The first fields of a row that can be read, and perhaps more of them.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn first<'t>(&self, row: &'t [u8], count: usize) -> Result<Row<'t>, Fault> {
        match self {
            RowForm::Delimited(format, end) => format.first(end.cut_off(row), count),
            _ => self.read(row),
        }
    }

    /// What is wrong with a row of so many fields for so many columns.
    pub fn wrong_count(&self, columns: usize, found: usize) -> RowFault {
        match self {
            RowForm::Delimited(..) | RowForm::Outfile(_) => {
                RowFault::Ragged { columns, fields: found }
            }
            RowForm::Copy(_) | RowForm::Insert(_) | RowForm::Json(_) => {
                RowFault::WrongCount { columns, values: found }
            }
        }
    }

    /// Whether numbers and times are written as no other database reads them.
    pub fn has_own_words(&self) -> bool {
        match self {
            RowForm::Delimited(format, _) => matches!(format.manner, Manner::Del | Manner::SqlPlus),
            RowForm::Copy(_) | RowForm::Outfile(_) | RowForm::Insert(_) | RowForm::Json(_) => false,
        }
    }

    /// Whether values are literals, each of which is what its column is, whatever it says itself: those of SQLite are
    /// what they say, and `COPY`, CSV and JSON have none.
    pub fn has_literals_of_columns(&self) -> bool {
        matches!(self, RowForm::Insert(rows) if rows.literals().style != Style::Sqlite)
    }

    /// The same where the values of the columns are written so.
    #[must_use]
    pub fn with_notations(self, notations: Vec<Notation>) -> RowForm {
        match self {
            RowForm::Json(rows) => RowForm::Json(rows.with_notations(notations)),
            form => form,
        }
    }

    /// The bytes that a value stands for in a column of bytes, whose values are written so where the format does not
    /// say it; `None` where it is none.
    pub fn bytes_of<'v>(&self, value: Cow<'v, [u8]>, notation: Notation) -> Option<Cow<'v, [u8]>> {
        let is_postgres = match self {
            RowForm::Copy(_) => true,
            RowForm::Insert(rows) => rows.literals().style == Style::Postgres,
            RowForm::Delimited(..) | RowForm::Outfile(_) | RowForm::Json(_) => false,
        };
        match self {
            _ if is_postgres => bytea::bytes_of(&value).map(Cow::Owned),
            RowForm::Delimited(format, _) if format.manner == Manner::SqlPlus => {
                bytea::hexadecimal(&value).map(Cow::Owned)
            }
            RowForm::Delimited(format, _) if format.manner == Manner::Del => {
                (!is_lob_locator(&value)).then_some(value)
            }
            RowForm::Delimited(..) | RowForm::Json(_) => {
                if notation == Notation::Bytea {
                    return bytea::bytes_of(&value).map(Cow::Owned);
                }
                let digits = value.strip_prefix(b"\\x").or(value.strip_prefix(b"0x"));
                match digits.and_then(bytea::hexadecimal) {
                    Some(bytes) => Some(Cow::Owned(bytes)),
                    None => Some(value),
                }
            }
            RowForm::Copy(_) | RowForm::Outfile(_) | RowForm::Insert(_) => Some(value),
        }
    }

    /// Parts of about `size` bytes of some rows, each of whole ones; INSERT statements and JSON are cut
    /// at `cuts` alone.
    pub fn split(
        &self,
        text: &[u8],
        range: &Range<usize>,
        cuts: &[usize],
        size: usize,
    ) -> Vec<Range<usize>> {
        let rows = &text[..range.end];
        match self {
            RowForm::Delimited(format, _) => format.split(rows, range.start, size),
            RowForm::Outfile(_) => self.walk(rows, range.start, size),
            RowForm::Copy(_) => {
                Delimited { quote: None, ..Delimited::default() }.split(rows, range.start, size)
            }
            RowForm::Insert(_) | RowForm::Json(_) => {
                let mut parts = Vec::new();
                let mut start = range.start;
                for &cut in cuts.iter().filter(|&&cut| cut > range.start) {
                    if cut - start >= size {
                        parts.push(start..cut);
                        start = cut;
                    }
                }
                parts.push(start..range.end);
                parts
            }
        }
    }

    /// Parts of whole rows, found by walking over them.
    fn walk(&self, text: &[u8], start: usize, size: usize) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut begin = start;
        while begin < text.len() {
            let near = text.len().min(begin.saturating_add(size.max(1)));
            let mut end = begin;
            while end < near {
                end = self.row_end(text, end).unwrap_or(text.len());
            }
            parts.push(begin..end);
            begin = end;
        }
        parts
    }

    /// Where the next row may begin, behind a fault.
    fn row_behind(&self, text: &[u8], at: usize) -> usize {
        match self {
            RowForm::Delimited(..) | RowForm::Copy(_) | RowForm::Outfile(_) => {
                memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1)
            }
            RowForm::Insert(rows) => rows.statement_end(text, at),
            // Nothing that is cut from what was surveyed has a fault.
            RowForm::Json(_) => text.len(),
        }
    }

    /// Behind the row that begins at `start`.
    fn row_end(&self, text: &[u8], start: usize) -> Result<usize, Fault> {
        let len = match self {
            RowForm::Delimited(format, _) => format.row_end(&text[start..]),
            RowForm::Outfile(format) => format.row_end(&text[start..]),
            RowForm::Copy(_) => {
                let rest = &text[start..];
                Ok(memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1))
            }
            RowForm::Insert(rows) => rows.row_end(&text[start..]),
            RowForm::Json(_) => json::row_end(&text[start..]),
        };
        len.map(|len| start + len).map_err(|fault| fault.moved(start))
    }
}

/// Whether a field of DEL says where in another file the value stands: `staff.001.lob.0.256/`.
fn is_lob_locator(field: &[u8]) -> bool {
    let Some(locator) = field.strip_suffix(b"/") else { return false };
    let mut parts = locator.rsplit(|byte| *byte == b'.');
    let is_number = |part: Option<&[u8]>| {
        part.is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    is_number(parts.next()) && is_number(parts.next()) && parts.next().is_some()
}

/// A walk over the rows of a part of a text.
#[derive(Clone, Debug)]
pub struct Cutter<'t> {
    form: &'t RowForm,
    text: &'t [u8],
    at: usize,
}

impl<'t> Cutter<'t> {
    /// A walk over a part that begins where a row does.
    pub fn new(form: &'t RowForm, text: &'t [u8], range: Range<usize>) -> Cutter<'t> {
        Cutter { form, text: &text[..range.end], at: range.start }
    }

    /// Where the next row stands, with its line end where rows are lines.
    pub fn next_row(&mut self) -> Option<Result<Range<usize>, Fault>> {
        let start = match self.form {
            RowForm::Insert(rows) => rows.row_start(self.text, self.at),
            RowForm::Json(_) => Ok(json::row_start(self.text, self.at)),
            RowForm::Delimited(..) | RowForm::Copy(_) | RowForm::Outfile(_) => Ok(self.at),
        };
        let start = match start {
            Ok(start) if start >= self.text.len() => return None,
            Ok(start) => start,
            Err(fault) => {
                self.at = self.form.row_behind(self.text, fault.at);
                return Some(Err(fault));
            }
        };
        let end = self.form.row_end(self.text, start);
        self.at = match &end {
            Ok(end) => *end,
            Err(fault) => self.form.row_behind(self.text, fault.at.max(start)),
        };
        Some(end.map(|end| start..end))
    }
}
