//! Rows of MySQL's `SELECT … INTO OUTFILE` and `mysqldump --tab`: a row a line, a backslash before what a
//! field may not hold, the end of a line among it.
//!
//! One function a rule of `grammar/outfile.abnf`, under its name and in its order. A file that was written
//! with `ESCAPED BY ''` tells no NULL from a word and no quote from another: it is not read. What the client shows
//! with `--batch` is read where somebody says that the word NULL is NULL there.

use std::borrow::Cow;

use crate::dump::insert::append;
use crate::error::{Fault, RowFault};
use crate::table::{Cell, Row, Value};
use crate::text::LineEnd;

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outfile {
    /// Stands between two fields (`FIELDS TERMINATED BY`).
    pub delimiter: u8,
    /// Stands around a field (`ENCLOSED BY`); none where quotes mean nothing.
    pub quote: Option<u8>,
    /// Ends a row (`LINES TERMINATED BY`). Where that is CR and LF, one of them alone ends none.
    pub end: LineEnd,
    /// Whether a field without quotes that is the word NULL is NULL too (`mysql --batch`).
    pub has_null_word: bool,
}

impl Default for Outfile {
    /// As `mysqldump --tab` writes them.
    fn default() -> Outfile {
        Outfile { delimiter: b'\t', quote: None, end: LineEnd::Lf, has_null_word: false }
    }
}

fn fault(fault: RowFault, at: usize, len: usize) -> Fault {
    Fault::new(fault.into(), at, len)
}

impl Outfile {
    /// The length of the row that a text begins with, its line end included. Nothing is looked at but
    /// delimiters, quotes, backslashes and line ends.
    ///
    /// # Errors
    ///
    /// The text ends within quotes.
    pub fn row_end(self, text: &[u8]) -> Result<usize, Fault> {
        let mut at = self.behind_quotes(text, 0)?;
        while let Some(n) = memchr::memchr3(self.delimiter, b'\\', b'\n', &text[at..]) {
            let (plain, mark) = (&text[at..at + n], at + n);
            at = match text[mark] {
                b'\n' if self.end == LineEnd::Lf || plain.ends_with(b"\r") => return Ok(mark + 1),
                b'\\' => text.len().min(mark + 2),
                byte if byte == self.delimiter => self.behind_quotes(text, mark + 1)?,
                _ => mark + 1,
            };
        }
        Ok(text.len())
    }

    /// Where it goes on behind the quotes of a field that begins at `start`, if it has them.
    fn behind_quotes(self, text: &[u8], start: usize) -> Result<usize, Fault> {
        let Some(quote) = self.quote.filter(|quote| text.get(start) == Some(quote)) else {
            return Ok(start);
        };
        let mut at = start + 1;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            match memchr::memchr2(quote, b'\\', rest) {
                None => return Err(fault(RowFault::OpenQuote, start, 1)),
                Some(n) if rest[n] == quote && rest.get(n + 1) != Some(&quote) => {
                    return Ok(at + n + 1);
                }
                Some(n) => at += n + 2,
            }
        }
    }

    /// `row`: reads the fields of a row, which is without its line end. A field in which nothing is escaped
    /// is borrowed.
    ///
    /// # Errors
    ///
    /// A backslash stands before nothing, `\N` is not alone in its field, or a quote is out of place.
    pub fn row<'t>(self, line: &'t [u8]) -> Result<Row<'t>, Fault> {
        let (mut cells, mut start) = (Vec::new(), 0);
        loop {
            let (cell, end) = self.field(line, start)?;
            cells.push(cell);
            match line.get(end) {
                None => return Ok(cells),
                Some(byte) if *byte == self.delimiter => start = end + 1,
                Some(_) => return Err(fault(RowFault::BehindQuote, end, 1)),
            }
        }
    }

    /// `field`: what it is, and where it ends.
    fn field<'t>(self, line: &'t [u8], start: usize) -> Result<(Cell<'t>, usize), Fault> {
        let ends = |at| line.get(at).is_none_or(|byte| *byte == self.delimiter);
        if line[start..].starts_with(br"\N") && ends(start + 2) {
            return Ok((None, start + 2));
        }
        if self.has_null_word && line[start..].starts_with(b"NULL") && ends(start + 4) {
            return Ok((None, start + 4));
        }
        let (value, end) = match self.quote {
            Some(quote) if line.get(start) == Some(&quote) => enclosed(line, start)?,
            _ => self.bare(line, start)?,
        };
        Ok((Some(Value::plain(value)), end))
    }

    /// `bare`
    fn bare<'t>(self, line: &'t [u8], start: usize) -> Result<(Cow<'t, [u8]>, usize), Fault> {
        let quote = self.quote.unwrap_or(self.delimiter);
        let (mut value, mut at) = (Cow::Borrowed(&line[start..start]), start);
        loop {
            let rest = &line[at..];
            let len = memchr::memchr3(self.delimiter, b'\\', quote, rest).unwrap_or(rest.len());
            append(&mut value, &rest[..len]);
            let mark = at + len;
            match line.get(mark) {
                Some(b'\\') => at = escape(line, mark, &mut value)?,
                Some(byte) if *byte != self.delimiter => {
                    return Err(fault(RowFault::QuoteInside, mark, 1));
                }
                _ => return Ok((value, mark)),
            }
        }
    }
}

/// `enclosed`: a quote inside may be doubled, too.
fn enclosed(line: &[u8], start: usize) -> Result<(Cow<'_, [u8]>, usize), Fault> {
    let quote = line[start];
    let (mut value, mut at) = (Cow::Borrowed(&line[start..start]), start + 1);
    loop {
        let rest = &line[at..];
        let Some(len) = memchr::memchr2(quote, b'\\', rest) else {
            return Err(fault(RowFault::OpenQuote, start, 1));
        };
        append(&mut value, &rest[..len]);
        let mark = at + len;
        match (line[mark] == quote, line.get(mark + 1) == Some(&quote)) {
            (true, true) => {
                value.to_mut().push(quote);
                at = mark + 2;
            }
            (true, false) => return Ok((value, mark + 1)),
            (false, _) => at = escape(line, mark, &mut value)?,
        }
    }
}

/// `escape`: a byte that means nothing is itself. Where it goes on.
fn escape(line: &[u8], at: usize, value: &mut Cow<'_, [u8]>) -> Result<usize, Fault> {
    let byte = match line.get(at + 1) {
        None => return Err(fault(RowFault::LoneBackslash, at, 1)),
        Some(b'N') => return Err(fault(RowFault::NullInside, at, 2)),
        Some(b'0') => 0,
        Some(b'b') => 8,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'Z') => 0x1a,
        Some(byte) => *byte,
    };
    value.to_mut().push(byte);
    Ok(at + 2)
}
