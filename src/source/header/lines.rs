//! What files say of their table that hold its rows and, at most, the names of its columns.

use std::borrow::Cow;
use std::ops::Range;

use crate::dump::{Charset, Cutter, JsonRows, JsonText, RowForm};
use crate::error::{DumpFault, ErrorKind, Fault, RowFault};
use crate::source::header::{Asked, Header, Part, dump, verify};
use crate::table::{Cell, Definition};
use crate::text::LineEnd;

/// What ends the lines of a text in which a value may end with CR: the last line must end so too.
pub(super) fn both_ends(text: &[u8]) -> LineEnd {
    if LineEnd::of_first(text) == LineEnd::of(text) { LineEnd::of(text) } else { LineEnd::Lf }
}

/// A text of rows of which the first may name the columns.
pub(super) fn lines(
    text: &[u8],
    (form, range): (RowForm, Range<usize>),
    has_names: bool,
    asked: Asked<'_>,
) -> Result<Header, Fault> {
    let (names, body) = match asked.columns {
        Some(given) => (given.to_vec(), range.start),
        None if !has_names => return Err(dump(DumpFault::NoColumns, range.start)),
        None => {
            let row = Cutter::new(&form, text, range.clone()).next_row();
            let no_row = || Fault::new(ErrorKind::Row(RowFault::NoHeader), range.end, 0);
            let first = row.ok_or_else(no_row)??;
            let cells = form.read(&text[first.clone()]).map_err(|f| f.moved(first.start))?;
            let charset = asked.encoding.unwrap_or_default();
            let name = |cell| name_of(cell, charset, first.len());
            (cells.into_iter().map(name).collect::<Result<_, _>>()?, first.end)
        }
    };
    verify(&names, body - range.start)?;
    let (charset, cuts) = (asked.encoding.unwrap_or_default(), Vec::new());
    Ok(Header::of(Part { names, form, charset, range: body..range.end, cuts }, asked))
}

/// Refuses rows that are not as many as a line behind them says, which begins at `last`. What cannot be cut is told
/// by who reads it.
pub(super) fn counted(
    text: &[u8],
    (said, last): (u64, usize),
    parts: &[Part],
) -> Result<(), Fault> {
    let mut found = 0;
    for part in parts {
        let mut cutter = Cutter::new(&part.form, text, part.range.clone());
        while let Some(row) = cutter.next_row() {
            if row.is_err() {
                return Ok(());
            }
            found += 1;
        }
    }
    if found == said { Ok(()) } else { Err(dump(DumpFault::RowCount { said, found }, last)) }
}

/// A text of JSON objects, whose first names the columns.
pub(super) fn of_json(text: &[u8], asked: Asked<'_>) -> Result<Header, Fault> {
    let JsonText { names, range, cuts } = JsonText::survey(text)?;
    let of_definition = || asked.definition.map(Definition::written_names);
    let names = asked.columns.map(<[String]>::to_vec).or(names).or_else(of_definition);
    let no_row = || Fault::new(ErrorKind::Row(RowFault::NoHeader), text.len(), 0);
    let names = names.ok_or_else(no_row)?;
    verify(&names, 0)?;
    let form = RowForm::Json(JsonRows::new(names.clone()));
    let charset = asked.encoding.unwrap_or_default();
    Ok(Header::of(Part { names, form, charset, range, cuts }, asked))
}

fn name_of(cell: Cell<'_>, charset: Charset, len: usize) -> Result<String, Fault> {
    let bytes = cell.map(|name| name.bytes).unwrap_or_default();
    let decoded = charset.decode(&bytes).map_or_else(|| bytes.to_vec(), Cow::into_owned);
    String::from_utf8(decoded).map_err(|bad| {
        let column = bad.into_bytes();
        let fault = RowFault::NameNotText { column, found: "bytes that are not UTF-8" };
        Fault::new(ErrorKind::Row(fault), 0, len)
    })
}
