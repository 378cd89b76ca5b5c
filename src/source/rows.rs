//! One side that is a table: its columns, its key, its rows.
//!
//! Rows are handed on with their cells in the order that both sides agreed on, whatever the order in
//! the file is.

use std::borrow::Cow;
use std::ops::Range;

use super::Extent;
use crate::dump::{Cutter, Delimited, LineEnd};
use crate::error::{Error, ErrorKind, Fault, Place, Result, RowFault};
use crate::table::{Cell, Columns, Row};
use crate::text::LineIndex;

/// The columns of a file, before both sides agreed.
#[derive(Clone, Debug)]
pub struct Header {
    /// Their names, in the order of the file.
    pub names: Vec<String>,
    /// Where the rows begin, in bytes.
    pub body: usize,
    end: LineEnd,
}

/// One side.
#[derive(Debug)]
pub struct Rows<'i> {
    /// Its name in messages.
    pub name: &'i str,
    /// Its bytes.
    pub text: &'i [u8],
    /// What both sides have.
    pub columns: &'i Columns,
    format: &'i Delimited,
    header: Header,
    /// For each column of the file, which of `columns` it is.
    places: Vec<Option<usize>>,
    /// Whether messages may show its lines.
    is_open: bool,
    lines: LineIndex,
}

impl Header {
    /// The columns of a text: named by the caller, or by its first row.
    ///
    /// # Errors
    ///
    /// There is no first row; a name is missing, no text, or stands twice.
    pub fn read(
        (name, text): (&str, &[u8]),
        format: &Delimited,
        given: Option<&[String]>,
    ) -> Result<Header> {
        let end = format.line_end(text);
        let at = |fault: Fault| Error::at(fault.kind, Place::new(name, text, fault.at, fault.len));
        if let Some(given) = given {
            let header = Header { names: given.to_vec(), body: 0, end };
            return header.verified(&mut |fault| at(Fault::new(fault, 0, 0)));
        }
        let mut cutter = format.cut(end, text, 0..text.len());
        let no_row = || at(Fault::new(ErrorKind::Row(RowFault::NoHeader), text.len(), 0));
        let (range, row) = cutter.next_row().ok_or_else(no_row)?.map_err(at)?;
        let cells = format.read(row).map_err(at)?;
        let text_of = |cell: Cell<'_>| {
            let bytes = cell.map(|name| name.bytes.into_owned()).unwrap_or_default();
            String::from_utf8(bytes).map_err(|bad| {
                let column = bad.into_bytes();
                let fault = RowFault::NameNotText { column, found: "bytes that are not UTF-8" };
                at(Fault::new(ErrorKind::Row(fault), 0, row.len()))
            })
        };
        let names: Vec<String> = cells.into_iter().map(text_of).collect::<Result<_>>()?;
        let header = Header { names, body: range.end, end };
        header.verified(&mut |fault| at(Fault::new(fault, 0, row.len())))
    }

    fn verified(self, at: &mut dyn FnMut(ErrorKind) -> Error) -> Result<Header> {
        for (n, name) in self.names.iter().enumerate() {
            let column = || name.as_bytes().to_vec();
            let fault = match name {
                name if name.is_empty() => RowFault::NamelessColumn,
                name if self.names[..n].contains(name) => {
                    RowFault::DuplicateColumn { column: column() }
                }
                name if name.contains('\0') => {
                    RowFault::NameNotText { column: column(), found: "a NUL" }
                }
                _ => continue,
            };
            return Err(at(ErrorKind::Row(fault)));
        }
        Ok(self)
    }

    /// The column of this name: spelled so, or the only one spelled so but for case.
    pub fn find(&self, name: &str) -> Option<&str> {
        let exact = self.names.iter().find(|other| *other == name);
        let mut alike = self.names.iter().filter(|other| other.eq_ignore_ascii_case(name));
        let only = alike.next().filter(|_| alike.next().is_none());
        exact.or(only).map(String::as_str)
    }
}

impl<'i> Rows<'i> {
    /// A side whose columns are known. Where a column holds secrets it is not open: messages show no line
    /// of it.
    pub fn new(
        (name, text): (&'i str, &'i [u8]),
        format: &'i Delimited,
        header: Header,
        columns: &'i Columns,
        is_open: bool,
    ) -> Rows<'i> {
        let place = |name: &String| columns.names.iter().position(|other| other == name);
        let places = header.names.iter().map(place).collect();
        let lines = LineIndex::default();
        Rows { name, text, columns, format, header, places, is_open, lines }
    }

    /// Whether the same bytes are the same row on both sides: they have one format, the columns are in
    /// the same order, and rows end alike.
    pub fn is_written_as(&self, other: &Rows<'_>) -> bool {
        self.format == other.format
            && self.header.end == other.header.end
            && self.places == other.places
    }

    /// Parts of about `size` bytes, each of whole rows.
    pub fn split(&self, size: usize) -> Vec<Range<usize>> {
        self.format.split(self.text, self.header.body, size)
    }

    /// Walks over the rows of a part.
    pub fn cut(&self, range: Range<usize>) -> Cutter<'_> {
        self.format.cut(self.header.end, self.text, range)
    }

    /// A row's bytes, with its line end.
    pub fn bytes(&self, extent: Extent) -> &'i [u8] {
        &self.text[extent.range()]
    }

    /// Where the row that was cut stands.
    ///
    /// # Errors
    ///
    /// It has 4 GiB or more.
    pub fn extent(&self, range: &Range<usize>) -> Result<Extent> {
        let large = || Error::at(ErrorKind::RecordTooLarge, self.place(range.start, 0));
        Extent::new(range.start, range.end).ok_or_else(large)
    }

    /// Reads a row, and refuses it where it has no key.
    pub fn read(&self, extent: Extent) -> Result<Row<'i>> {
        let start = extent.range().start;
        let row = self.header.end.cut_off(self.bytes(extent));
        let at = |fault: Fault| self.error(Fault { at: fault.at + start, ..fault });
        let fields = self.format.read(row).map_err(at)?;
        let ragged = fields.len() != self.places.len();
        if ragged {
            let fault = RowFault::Ragged { columns: self.places.len(), fields: fields.len() };
            return Err(self.error_in(fault, extent));
        }
        let mut cells: Row<'i> = Vec::new();
        cells.resize_with(self.columns.names.len(), || None);
        for (field, place) in fields.into_iter().zip(&self.places) {
            if let Some(place) = place {
                cells[*place] = field;
            }
        }
        match self.columns.key.iter().find(|&&n| cells[n].is_none()) {
            None => Ok(cells),
            Some(&n) => {
                let column = self.columns.names[n].clone().into_bytes();
                Err(self.error_in(RowFault::NullKey { column }, extent))
            }
        }
    }

    /// The key of a row, each part with its length before it: `ab|c` is not `a|bc`.
    pub fn key(&self, row: &Row<'_>) -> Vec<u8> {
        let mut key = Vec::new();
        for &n in &self.columns.key {
            let value = row[n].as_ref().map_or(&[][..], |value| &value.bytes);
            let value = self.columns.types[n].map_or(Cow::Borrowed(value), |k| k.canonical(value));
            key.extend((value.len() as u64).to_le_bytes());
            key.extend(value.as_ref());
        }
        key
    }

    /// The line a row begins on.
    pub fn line(&self, extent: Extent) -> u64 {
        self.lines.position(self.text, extent.range().start).line
    }

    /// A fault of a row at its place.
    pub fn error_in(&self, fault: RowFault, extent: Extent) -> Error {
        Error::at(ErrorKind::Row(fault), self.place(extent.range().start, 0))
    }

    /// A fault in the text at its place.
    pub fn error(&self, fault: Fault) -> Error {
        Error::at(fault.kind, self.place(fault.at, fault.len))
    }

    fn place(&self, offset: usize, len: usize) -> Place {
        let position = self.lines.position(self.text, offset);
        match self.is_open {
            true => Place::at(self.name, self.text, position, (offset, len)),
            false => Place::bare(self.name, position),
        }
    }
}
