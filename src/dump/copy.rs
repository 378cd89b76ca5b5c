//! Rows of `COPY … FROM stdin`, as `pg_dump` writes them: a row a line, a TAB between two fields,
//! a backslash before what a field may not hold as it is.
//!
//! One function a rule of `grammar/copy.abnf`, under its name and in its order. Where a line ends is not
//! known here.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::combinator::{map, verify};
use nom::number::complete::u8;
use nom::sequence::{delimited, preceded};

use crate::dump::insert::{
    Literals, Style, append, code, column_list, gaps, keyword, some_gap, table_name, word,
};
use crate::dump::stuck::{Parsed, fail, fault_of, or_expected};
use crate::error::{ErrorKind, Expected, Fault, RowFault};
use crate::table::{Cell, Row, TableName, Value};

/// What stands before the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyHead {
    /// The table, as the database calls it.
    pub table: TableName,
    /// The columns of the fields; none where there is no list, and they are those of the table.
    pub columns: Vec<String>,
    /// What stands between two fields.
    pub delimiter: u8,
    /// The field that is NULL.
    pub null: Vec<u8>,
    /// How many bytes it has, the end of its line included.
    pub len: usize,
}

/// Reads what stands before the rows of a text that begins with a COPY statement.
///
/// # Errors
///
/// It is none that reads rows from the lines below it, or they are not as `pg_dump` writes them.
pub fn copy_head(text: &[u8]) -> Result<CopyHead, Fault> {
    match copy_statement(text) {
        Ok((rest, head)) => Ok(CopyHead { len: text.len() - rest.len(), ..head }),
        Err(error) => Err(fault_of(error, text, Expected::CopyStatement)),
    }
}

/// `copy-statement`
fn copy_statement(i: &[u8]) -> Parsed<'_, CopyHead> {
    let names = Literals::from(Style::Postgres);
    let (i, _) = word("COPY").parse(i)?;
    let (i, table) = table_name(i, names, Expected::TableOfDump)?;
    let list = delimited(gaps, |i| column_list(i, names), gaps);
    let columns = alt((list, map(some_gap, |_| Vec::new()))).parse(i);
    let (i, columns) = or_expected(columns, Expected::FromStdin)?;
    let (i, _) = or_expected((word("FROM"), keyword("STDIN")).parse(i), Expected::FromStdin)?;
    let plain = CopyHead { table, columns, delimiter: b'\t', null: br"\N".to_vec(), len: 0 };
    let (i, head) = copy_options(i, plain)?;
    let (i, _) = or_expected(copy_end(i), Expected::EndOfCopy)?;
    Ok((i, head))
}

/// `copy-options`
fn copy_options(i: &[u8], mut head: CopyHead) -> Parsed<'_, CopyHead> {
    let with = delimited(some_gap, keyword("WITH"), gaps);
    let Ok((mut rest, _)) = (alt((with, gaps)), tag("(")).parse(i) else { return Ok((i, head)) };
    loop {
        let option = delimited(gaps, copy_option, gaps).parse(rest);
        let (i, option) = or_expected(option, Expected::OptionOfCopy)?;
        match option {
            CopyOption::Text => {}
            CopyOption::Delimiter(delimiter) => head.delimiter = delimiter,
            CopyOption::Null(null) => head.null = null.to_vec(),
        }
        match i.split_first() {
            Some((b',', behind)) => rest = behind,
            Some((b')', behind)) => return Ok((behind, head)),
            _ => return fail(i, Expected::OptionOfCopy),
        }
    }
}

/// An option of COPY.
enum CopyOption<'t> {
    /// The rows are text, as they are without any option.
    Text,
    /// What stands between two fields.
    Delimiter(u8),
    /// The field that is NULL.
    Null(&'t [u8]),
}

/// `copy-option`
fn copy_option(i: &[u8]) -> Parsed<'_, CopyOption<'_>> {
    let Ok((i, _)) = word("FORMAT").parse(i) else {
        let delimiter = map(copy_delimiter, CopyOption::Delimiter);
        return alt((delimiter, map(copy_null, CopyOption::Null))).parse(i);
    };
    map(keyword("text"), |_| CopyOption::Text).parse(i)
}

/// `copy-delimiter`
fn copy_delimiter(i: &[u8]) -> Parsed<'_, u8> {
    let is_delimiter = |byte: &u8| {
        matches!(byte, b'\t' | b' '..=b'~')
            && !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'\'' | b'.' | b'\\')
    };
    let byte = delimited(tag("'"), verify(u8, is_delimiter), tag("'"));
    let tab = map(tag(r"E'\t'"), |_| b'\t');
    preceded((keyword("DELIMITER"), gaps), alt((byte, tab))).parse(i)
}

/// `copy-null`
fn copy_null(i: &[u8]) -> Parsed<'_, &[u8]> {
    let is_plain = |byte| !matches!(byte, b'\'' | b'\r' | b'\n');
    // A backslash at its end would be one before the delimiter.
    let field = verify(take_while(is_plain), |field: &[u8]| !field.ends_with(b"\\"));
    preceded((keyword("NULL"), gaps), delimited(tag("'"), field, tag("'"))).parse(i)
}

/// `copy-end`
fn copy_end(i: &[u8]) -> Parsed<'_, ()> {
    let blanks = take_while(|byte| matches!(byte, b' ' | b'\t'));
    (gaps, tag(";"), blanks, alt((tag("\n"), tag("\r\n")))).map(drop).parse(i)
}

/// `copy-row`: reads the fields of a row, which is without its line end. A field in which nothing is
/// escaped is borrowed.
///
/// # Errors
///
/// A backslash stands before nothing, there is a carriage return as it is, or the line is no row but the
/// end of all of them.
pub fn copy_row<'t>(delimiter: u8, null: &[u8], line: &'t [u8]) -> Result<Row<'t>, Fault> {
    let (mut cells, mut start) = (Vec::new(), 0);
    loop {
        let (end, cell) = copy_field(line, start, delimiter, null)?;
        cells.push(cell);
        if end == line.len() {
            return Ok(cells);
        }
        start = end + 1;
    }
}

/// `copy-field`: whether it is NULL is seen before escapes are read. Where it ends, and what it is.
fn copy_field<'t>(
    line: &'t [u8],
    start: usize,
    delimiter: u8,
    null: &[u8],
) -> Result<(usize, Cell<'t>), Fault> {
    let ends = |at| line.get(at).is_none_or(|byte| *byte == delimiter);
    if line[start..].starts_with(null) && ends(start + null.len()) {
        return Ok((start + null.len(), None));
    }
    let (mut value, mut at) = (Cow::Borrowed(&line[start..start]), start);
    loop {
        let rest = &line[at..];
        let len = memchr::memchr3(delimiter, b'\\', b'\r', rest).unwrap_or(rest.len());
        append(&mut value, &rest[..len]);
        if ends(at + len) {
            return Ok((at + len, Some(Value::plain(value))));
        }
        let (byte, end) = copy_escape(line, at + len)?;
        value.to_mut().push(byte);
        at = end;
    }
}

/// `copy-escape`: a byte that means nothing is itself. The byte, and where it goes on.
fn copy_escape(line: &[u8], at: usize) -> Result<(u8, usize), Fault> {
    let byte = match line[at..] {
        [b'\\', b'b', ..] => 8,
        [b'\\', b'f', ..] => 0xc,
        [b'\\', b'n', ..] => b'\n',
        [b'\\', b'r', ..] => b'\r',
        [b'\\', b't', ..] => b'\t',
        [b'\\', b'v', ..] => 0xb,
        [b'\\', b'.', ..] => return Err(Fault::new(RowFault::EndMark.into(), at, 2)),
        [b'\\', byte, ..] => match code(&line[at + 1..]) {
            Ok((rest, byte)) => return Ok((byte, line.len() - rest.len())),
            Err(_) => byte,
        },
        [b'\\'] => return Err(Fault::new(RowFault::LoneBackslash.into(), at, 1)),
        _ => return Err(Fault::new(ErrorKind::LoneCarriageReturn, at, 1)),
    };
    Ok((byte, at + 2))
}
