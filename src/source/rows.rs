//! One side that is a table: its columns, its key, its rows.
//!
//! Rows are handed on with their cells in the order that both sides agreed on, whatever the order in
//! the file is.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Extent;
use super::header::{Header, Part};
use crate::dump::{Charset, Cutter, RowForm};
use crate::error::{Error, ErrorKind, Fault, Place, Result, RowFault};
use crate::table::{ColumnType, Columns, Notation, Row, Said, Value, number_of_bits};
use crate::text::LineIndex;

/// One side.
#[derive(Debug)]
pub struct Rows<'i> {
    /// Its name in messages.
    pub name: &'i str,
    /// Its bytes.
    pub text: &'i [u8],
    /// What both sides have.
    pub columns: &'i Columns,
    parts: Vec<Places>,
    /// Rows that stand in no text.
    made: Vec<Row<'static>>,
    /// Where rows begin that are passed over, in their order.
    left_out: OnceLock<Vec<u64>>,
    /// Whether messages may show its lines.
    is_open: bool,
    lines: LineIndex,
    /// The size of the parts that were asked for last, and these: to find them, quotes are counted.
    split: Mutex<Option<(usize, Vec<Range<usize>>)>>,
}

/// Rows that follow each other, and for each of their fields which of the columns it is.
#[derive(Debug)]
struct Places {
    part: Part,
    places: Vec<Option<usize>>,
    /// Whether the fields are the columns, one by one.
    are_columns: bool,
    /// Whether a value is what it stands for, in every column but those of bytes and bits.
    is_plain: bool,
    /// Whether there are none of these, so that a row is what was read.
    is_as_read: bool,
}

impl Places {
    /// A value of a column of this type as what it stands for: bytes as they are, text in UTF-8.
    fn understood<'i>(
        &self,
        (kind, notation): (Option<ColumnType>, Notation),
        value: Value<'i>,
    ) -> std::result::Result<Value<'i>, &'static str> {
        let form = &self.part.form;
        match (value.said, self.part.charset) {
            _ if kind == Some(ColumnType::Bits) => Ok(number_of(form, value)),
            (Said::Bytes, _) => Ok(value),
            _ if kind == Some(ColumnType::Bytes) => {
                let bytes =
                    form.bytes_of(value.bytes, notation).ok_or("text that stands for no bytes")?;
                // In quotes they are no text, unless the database has no other word for what a value is.
                let said = if form.has_literals_of_columns() { Said::Bytes } else { value.said };
                Ok(Value { bytes, said })
            }
            _ if self.is_plain => Ok(value),
            _ if form.has_own_words() && value.bytes.is_ascii() => {
                let words = kind.map(|kind| kind.canonical(&value.bytes));
                let words = words.map(Cow::into_owned).unwrap_or_else(|| value.bytes.to_vec());
                Ok(Value { bytes: Cow::Owned(words), ..value })
            }
            (_, charset) if charset != Charset::Utf8 && !value.bytes.is_ascii() => {
                let decoded = charset.decode(&value.bytes).map(Cow::into_owned);
                let decoded = decoded.ok_or("bytes that are not of its character set")?;
                Ok(Value { bytes: Cow::Owned(decoded), ..value })
            }
            _ => Ok(value),
        }
    }
}

/// Bits as the number that they are, which some dumps write as a number anyway, and so do other programs.
fn number_of<'v>(form: &RowForm, value: Value<'v>) -> Value<'v> {
    let is_of_programs = matches!(form, RowForm::Delimited(..) | RowForm::Json(_));
    let is_number = !value.bytes.is_empty() && value.bytes.iter().all(u8::is_ascii_digit);
    let number = match value.said {
        Said::Bare => None,
        _ if is_of_programs && is_number => {
            std::str::from_utf8(&value.bytes).ok().and_then(|digits| digits.parse().ok())
        }
        _ if is_of_programs => {
            let bytes = form.bytes_of(Cow::Borrowed(&value.bytes), Notation::Usual);
            bytes.and_then(|bytes| number_of_bits(&bytes))
        }
        _ => number_of_bits(&value.bytes),
    };
    match number {
        Some(number) => Value { said: Said::Bare, bytes: number.to_string().into_bytes().into() },
        None => value,
    }
}

impl<'i> Rows<'i> {
    /// A side whose columns are known. Where a column holds secrets it is not open: messages show no line
    /// of it.
    pub fn new(
        (name, text): (&'i str, &'i [u8]),
        header: Header,
        columns: &'i Columns,
        is_open: bool,
    ) -> Rows<'i> {
        let place = |name: &String| columns.names.iter().position(|other| other == name);
        let places = |mut part: Part| {
            let places: Vec<Option<usize>> = part.names.iter().map(place).collect();
            let notation = |place: &Option<usize>| place.map(|n| columns.notation(n));
            let notations = places.iter().map(|place| notation(place).unwrap_or_default());
            part.form = part.form.with_notations(notations.collect());
            let all = (0..columns.names.len()).map(Some);
            let is_plain = part.charset == Charset::Utf8 && !part.form.has_own_words();
            let are_columns = places.iter().copied().eq(all);
            let is_of_bytes = |kind: &Option<ColumnType>| {
                matches!(kind, Some(ColumnType::Bytes | ColumnType::Bits))
            };
            let is_as_read = are_columns && is_plain && !columns.types.iter().any(is_of_bytes);
            Places { are_columns, is_plain, is_as_read, places, part }
        };
        let parts = header.parts.into_iter().map(places).collect();
        let (made, left_out, lines) = (Vec::new(), OnceLock::new(), LineIndex::default());
        let split = Mutex::default();
        Rows { name, text, columns, parts, made, left_out, is_open, lines, split }
    }

    /// Rows that were made, and stand in no text: each is found under its number, with a length of one.
    /// What is said of them is said of the input of this name.
    pub fn made(name: &'i str, rows: Vec<Row<'static>>, columns: &'i Columns) -> Rows<'i> {
        let (parts, left_out, lines) = (Vec::new(), OnceLock::new(), LineIndex::default());
        let (made, split) = (rows, Mutex::default());
        Rows { name, text: b"", columns, parts, made, left_out, is_open: false, lines, split }
    }

    /// Where a row stands that was made.
    pub fn made_at(number: usize) -> Extent {
        Extent { start: number as u64, len: 1 }
    }

    /// Whether the same bytes are the same row on both sides: all are written in one format, with the
    /// columns in the same order, and rows end alike.
    pub fn is_written_as(&self, other: &Rows<'_>) -> bool {
        let mut all = self.parts.iter().chain(&other.parts);
        let first = all.next();
        first.is_some_and(|first| {
            all.all(|next| {
                let (one, other) = (&first.part, &next.part);
                one.form == other.form
                    && one.charset == other.charset
                    && first.places == next.places
            })
        })
    }

    /// Has the rows at these places passed over from now on: they cannot be read. They come in their order,
    /// and but once.
    pub fn leave_out(&self, places: Vec<u64>) {
        let _ = self.left_out.set(places);
    }

    fn is_left_out(&self, extent: Extent) -> bool {
        let left_out = self.left_out.get();
        left_out.is_some_and(|places| places.binary_search(&extent.start).is_ok())
    }

    /// Parts of about `size` bytes, each of whole rows.
    pub fn split(&self, size: usize) -> Vec<Range<usize>> {
        if !self.made.is_empty() {
            return std::iter::once(0..self.made.len()).collect();
        }
        let split = |Places { part, .. }: &Places| {
            part.form.split(self.text, &part.range, &part.cuts, size)
        };
        let mut last = self.split.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, parts)) = last.as_ref().filter(|(of, _)| *of == size) {
            return parts.clone();
        }
        let parts: Vec<Range<usize>> = self.parts.iter().flat_map(split).collect();
        *last = Some((size, parts.clone()));
        parts
    }

    /// Hands on each row of a part, but for those that are left out.
    ///
    /// # Errors
    ///
    /// The first of what cannot be cut, and of `each`.
    pub fn each(
        &self,
        range: Range<usize>,
        mut each: impl FnMut(Extent) -> Result<()>,
    ) -> Result<()> {
        if !self.made.is_empty() {
            return range.map(Rows::made_at).try_for_each(each);
        }
        let mut cutter = self.cutter(range);
        while let Some(cut) = cutter.next_row() {
            let range = cut.map_err(|fault| self.error(fault))?;
            let extent = self.extent(&range)?;
            if !self.is_left_out(extent) {
                each(extent)?;
            }
        }
        Ok(())
    }

    /// The first of what `said` makes of the values of a column, in the order of the rows. What cannot be read is
    /// passed over: who reads all rows says what is wrong with it.
    pub fn first<T>(&self, column: usize, said: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        const PART: usize = 1 << 16;
        self.split(PART).into_iter().find_map(|range| {
            let mut found = None;
            let _ = self.each(range, |extent| {
                if found.is_none()
                    && let Ok(Some(value)) = self.cell(extent, column)
                {
                    found = said(&value.bytes);
                }
                Ok(())
            });
            found
        })
    }

    /// Hands on each row of a part, or what stands there instead of one.
    pub fn every(&self, range: Range<usize>, mut each: impl FnMut(Result<Extent>)) {
        let mut cutter = self.cutter(range);
        while let Some(cut) = cutter.next_row() {
            let cut = cut.map_err(|fault| self.error(fault));
            each(cut.and_then(|range| self.extent(&range)));
        }
    }

    fn cutter(&self, range: Range<usize>) -> Cutter<'_> {
        Cutter::new(&self.places(range.start).part.form, self.text, range)
    }

    /// How the rows at an offset are written.
    fn places(&self, offset: usize) -> &Places {
        let n = self.parts.partition_point(|places| places.part.range.end <= offset);
        &self.parts[n.min(self.parts.len() - 1)]
    }

    /// A row's bytes, with its line end.
    pub fn bytes(&self, extent: Extent) -> &'i [u8] {
        &self.text[extent.range()]
    }

    /// Asks for the first `lines` of memory of a row, as [`Source::touch`](crate::source::Source::touch) does.
    pub fn touch(&self, extent: Extent, lines: usize) {
        if self.made.is_empty() {
            super::touch(self.bytes(extent), lines);
        }
    }

    /// Where the row that was cut stands.
    ///
    /// # Errors
    ///
    /// It has 4 GiB or more.
    fn extent(&self, range: &Range<usize>) -> Result<Extent> {
        let large = || Error::at(ErrorKind::RecordTooLarge, self.place(range.start, 0));
        Extent::new(range.start, range.end).ok_or_else(large)
    }

    /// Reads a row, and refuses it where it has no key.
    pub fn read(&self, extent: Extent) -> Result<Row<'i>> {
        let start = extent.range().start;
        if let Some(row) = self.made.get(start) {
            return Ok(row.clone());
        }
        let at = self.places(start);
        let Places { part, places, .. } = at;
        let moved = |fault: Fault| self.error(fault.moved(start));
        let is_nothing = places.is_empty() && self.bytes(extent).trim_ascii().is_empty();
        let fields = if is_nothing {
            Row::new()
        } else {
            part.form.read(self.bytes(extent)).map_err(moved)?
        };
        if fields.len() != places.len() {
            let (columns, found) = (places.len(), fields.len());
            return Err(self.error_in(part.form.wrong_count(columns, found), extent));
        }
        let understood = |place: usize, field: Option<Value<'i>>| {
            let value = field.map(|value| at.understood(self.columns.said(place), value));
            value.transpose().map_err(|found| self.not_text(place, found, extent))
        };
        let mut cells: Row<'i> = Vec::new();
        if at.is_as_read {
            cells = fields;
        } else if at.are_columns {
            cells = fields;
            for (place, cell) in cells.iter_mut().enumerate() {
                *cell = understood(place, cell.take())?;
            }
        } else {
            cells.resize_with(self.columns.names.len(), || None);
            for (field, place) in fields.into_iter().zip(places) {
                if let Some(place) = *place {
                    cells[place] = understood(place, field)?;
                }
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

    /// The value of one column of a row that was read before.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn cell(&self, extent: Extent, column: usize) -> Result<Option<Value<'i>>> {
        let start = extent.range().start;
        if self.made.get(start).is_some() || !self.places(start).are_columns {
            return Ok(self.read(extent)?.swap_remove(column));
        }
        let at = self.places(start);
        let fields = at.part.form.first(self.bytes(extent), column + 1);
        let mut fields = fields.map_err(|fault| self.error(fault.moved(start)))?;
        let field = if column < fields.len() { fields.swap_remove(column) } else { None };
        let value = field.map(|value| at.understood(self.columns.said(column), value));
        value.transpose().map_err(|found| self.not_text(column, found, extent))
    }

    fn not_text(&self, column: usize, found: &'static str, extent: Extent) -> Error {
        let column = self.columns.names[column].clone().into_bytes();
        self.error_in(RowFault::NotText { column, found }, extent)
    }

    /// The key of a row.
    pub fn key(&self, row: &Row<'_>) -> Vec<u8> {
        self.columns.values(&self.columns.key, row).unwrap_or_default()
    }

    /// A value for a message; none where messages show no line.
    pub fn shown(&self, value: &Value<'_>) -> Option<Vec<u8>> {
        self.is_open.then(|| value.bytes.to_vec())
    }

    /// The line a row begins on.
    pub fn line(&self, extent: Extent) -> u64 {
        self.lines.position(self.text, extent.range().start).line
    }

    /// A fault of a row at its place.
    pub fn error_in(&self, fault: RowFault, extent: Extent) -> Error {
        self.error_of(ErrorKind::Row(fault), extent)
    }

    /// An error about a row at its place.
    pub fn error_of(&self, kind: ErrorKind, extent: Extent) -> Error {
        Error::at(kind, self.place(extent.range().start, 0))
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
