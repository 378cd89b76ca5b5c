//! Text with delimiters (RFC 4180 and its kin): a row a line, a delimiter between two fields, quotes
//! around a field that holds one of either.
//!
//! NULL and the empty string are two things: PostgreSQL, `SQLite` and others write NULL as nothing and
//! the empty string as `""`. Whoever writes NULL as a word says which.

use std::borrow::Cow;
use std::ops::Range;

use crate::dump::Manner;
use crate::error::{ErrorKind, Fault, RowFault};
use crate::table::{Cell, Row, Value};
use crate::text::LineEnd;

/// How the rows of a text are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delimited {
    /// Stands between two fields.
    pub delimiter: u8,
    /// Stands around a field; none where quotes mean nothing.
    pub quote: Option<u8>,
    /// Stands before a quote or itself inside quotes; a quote is doubled where there is none.
    pub escape: Option<u8>,
    /// The field without quotes that is NULL; an empty one where there is none.
    pub null: Option<Vec<u8>>,
    /// Who wrote it, where that matters.
    pub manner: Manner,
}

impl Default for Delimited {
    /// RFC 4180.
    fn default() -> Delimited {
        Delimited {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
            null: None,
            manner: Manner::Usual,
        }
    }
}

fn fault(fault: RowFault, at: usize, len: usize) -> Fault {
    Fault::new(ErrorKind::Row(fault), at, len)
}

impl Delimited {
    /// What ends the rows of a text.
    pub fn line_end(&self, text: &[u8]) -> LineEnd {
        LineEnd::of(&text[..self.row_end(text).unwrap_or(text.len())])
    }

    /// Parts of about `size` bytes, each of whole rows. Where a quote is out of place, the first part
    /// that holds one is cut right.
    pub fn split(&self, text: &[u8], body: usize, size: usize) -> Vec<Range<usize>> {
        let mut parts = Vec::with_capacity(text.len() / size.max(1) + 1);
        let mut start = body;
        while start < text.len() {
            let near = text.len().min(start.saturating_add(size.max(1)));
            let end = self.row_end_behind(&text[start..], near - start);
            parts.push(start..start + end);
            start += end;
        }
        parts
    }

    /// Where the row ends in which byte `near` stands, or the byte before it; `text` begins with a row.
    fn row_end_behind(&self, text: &[u8], near: usize) -> usize {
        let line_end = |from: usize| from + self.line_end_in(&text[from..]);
        let near = near.max(1);
        match (self.quote, self.escape) {
            (None, _) => line_end(near - 1),
            (Some(quote), None) => {
                // A doubled quote opens what it has closed.
                let mut quotes = memchr::memchr_iter(quote, &text[..near - 1]).count();
                for at in memchr::memchr2_iter(quote, b'\n', &text[near - 1..]) {
                    match text[near - 1 + at] == quote {
                        true => quotes += 1,
                        false if quotes.is_multiple_of(2) => return near + at,
                        false => {}
                    }
                }
                text.len()
            }
            (Some(_), Some(_)) => {
                let mut end = 0;
                while end < near {
                    end += self.row_end(&text[end..]).unwrap_or(text.len() - end);
                }
                end
            }
        }
    }

    /// The length of the first row of a text, its line end included.
    pub(super) fn row_end(&self, text: &[u8]) -> Result<usize, Fault> {
        let Some(quote) = self.quote else { return Ok(self.line_end_in(text)) };
        let (mut at, mut closed) = (0, None);
        loop {
            let Some(n) = memchr::memchr2(quote, b'\n', &text[at..]) else { return Ok(text.len()) };
            let mark = at + n;
            if text[mark] == b'\n' {
                return Ok(mark + 1);
            }
            // A quote begins a field, or goes on with one that the quote before it seemed to close.
            let begins = mark == 0 || text[mark - 1] == self.delimiter || closed == Some(mark - 1);
            if !begins {
                return Err(fault(RowFault::QuoteInside, mark, 1));
            }
            let end = self.closing(text, mark)?;
            (at, closed) = (end + 1, Some(end));
        }
    }

    /// Behind the first line end of a text.
    fn line_end_in(&self, text: &[u8]) -> usize {
        let ends = |at: &usize| self.manner != Manner::Bcp || text[..*at].ends_with(b"\r");
        memchr::memchr_iter(b'\n', text).find(ends).map_or(text.len(), |at| at + 1)
    }

    /// The quote that closes the one at `open`. A doubled one closes and opens again, which is the
    /// same to who looks for the end of a row.
    fn closing(&self, text: &[u8], open: usize) -> Result<usize, Fault> {
        let quote = text[open];
        let mut at = open + 1;
        loop {
            let found = match self.escape.filter(|&escape| escape != quote) {
                None => memchr::memchr(quote, &text[at..]),
                Some(escape) => memchr::memchr2(quote, escape, &text[at..]),
            };
            match found {
                None => return Err(fault(RowFault::OpenQuote, open, 1)),
                Some(n) if text[at + n] == quote => return Ok(at + n),
                // An escape and what it stands before.
                Some(n) => at = text.len().min(at + n + 2),
            }
        }
    }

    /// The fields of a row, which is without its line end.
    ///
    /// # Errors
    ///
    /// Something is behind a quoted field, or a quote is in another one.
    pub fn read<'t>(&self, row: &'t [u8]) -> Result<Row<'t>, Fault> {
        self.first(row, usize::MAX)
    }

    /// The first fields of a row alone.
    ///
    /// # Errors
    ///
    /// Something is behind a quoted field, or a quote is in another one.
    pub fn first<'t>(&self, row: &'t [u8], count: usize) -> Result<Row<'t>, Fault> {
        const LIKELY: usize = 16;
        const FEW: usize = 2;
        let mut cells = Vec::with_capacity(LIKELY.min(count));
        let mut at = 0;
        // For a few, the rest of the row is not worth a look.
        if count > FEW && self.quote.is_none_or(|quote| memchr::memchr(quote, row).is_none()) {
            let ends = memchr::memchr_iter(self.delimiter, row).chain([row.len()]);
            for end in ends.take(count) {
                cells.push(self.manner.understood(self.cell(&row[at..end])));
                at = end + 1;
            }
            return Ok(cells);
        }
        loop {
            let (cell, end) = match self.quote {
                Some(quote) if row.get(at) == Some(&quote) => self.quoted(row, at)?,
                _ => self.bare(row, at)?,
            };
            cells.push(self.manner.understood(cell));
            match row.get(end).filter(|_| cells.len() < count) {
                None => return Ok(cells),
                Some(_) => at = end + 1,
            }
        }
    }

    /// A field without quotes, and where the delimiter behind it stands.
    fn bare<'t>(&self, row: &'t [u8], start: usize) -> Result<(Cell<'t>, usize), Fault> {
        let rest = &row[start..];
        let end = memchr::memchr2(self.delimiter, self.quote.unwrap_or(self.delimiter), rest);
        let len = end.unwrap_or(rest.len());
        if len < rest.len() && rest[len] != self.delimiter {
            return Err(fault(RowFault::QuoteInside, start + len, 1));
        }
        Ok((self.cell(&rest[..len]), start + len))
    }

    /// A field without quotes as what it stands for.
    fn cell<'t>(&self, field: &'t [u8]) -> Cell<'t> {
        let is_null = match &self.null {
            None => field.is_empty(),
            Some(word) => field == word,
        };
        (!is_null).then_some(Value::plain(field))
    }

    /// A field in quotes, and where the delimiter behind it stands.
    fn quoted<'t>(&self, row: &'t [u8], start: usize) -> Result<(Cell<'t>, usize), Fault> {
        let quote = row[start];
        let escape = self.escape.unwrap_or(quote);
        let mut value = Cow::Borrowed(&row[start + 1..start + 1]);
        let mut at = start + 1;
        loop {
            let Some(n) = memchr::memchr2(quote, escape, &row[at..]) else {
                return Err(fault(RowFault::OpenQuote, start, 1));
            };
            let (piece, mark) = (&row[at..at + n], at + n);
            match &mut value {
                Cow::Borrowed([]) => value = Cow::Borrowed(piece),
                value => value.to_mut().extend_from_slice(piece),
            }
            let next = row.get(mark + 1);
            let is_escape = row[mark] == escape
                && next.is_some_and(|&next| next == quote || (escape != quote && next == escape));
            if is_escape {
                value.to_mut().extend(next);
                at = mark + 2;
            } else if row[mark] == quote {
                return match next {
                    Some(&next) if next != self.delimiter => {
                        Err(fault(RowFault::BehindQuote, mark + 1, 1))
                    }
                    _ => Ok((Some(Value::plain(value)), mark + 1)),
                };
            } else {
                // An escape before anything else is a byte like any other.
                value.to_mut().push(escape);
                at = mark + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::{Cutter, RowForm};

    fn rows(format: &Delimited, text: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let text = text.as_bytes();
        let form = RowForm::Delimited(format.clone(), format.line_end(text));
        let mut cutter = Cutter::new(&form, text, 0..text.len());
        let string = |cell: Cell<'_>| cell.map(|c| String::from_utf8_lossy(&c.bytes).into_owned());
        std::iter::from_fn(|| cutter.next_row())
            .map(|row| {
                let range = row.map_err(|f| format!("{} {}", f.at, f.kind))?;
                let row = form.read(&text[range.clone()]);
                let row = row.map_err(|f| format!("{} {}", f.at + range.start, f.kind))?;
                Ok(row.into_iter().map(string).collect())
            })
            .collect()
    }

    fn shown(format: &Delimited, text: &str) -> String {
        match rows(format, text) {
            Err(message) => message,
            Ok(rows) => {
                let cell = |c: &Option<String>| c.as_ref().map_or("-".into(), |c| format!("{c:?}"));
                let row = |r: &Vec<_>| r.iter().map(cell).collect::<Vec<_>>().join(" ");
                rows.iter().map(row).collect::<Vec<_>>().join("|")
            }
        }
    }

    #[test]
    fn fields_are_what_the_standard_says() {
        let csv = Delimited::default();
        let slashed = Delimited { escape: Some(b'\\'), ..csv.clone() };
        let bare = Delimited { quote: None, delimiter: b'\t', ..csv.clone() };
        let word = Delimited { null: Some(b"NULL".to_vec()), ..csv.clone() };
        for (format, text, wanted) in [
            (&csv, "a,b\n1,2\n", "\"a\" \"b\"|\"1\" \"2\""),
            (&csv, "a,b\r\n1,2", "\"a\" \"b\"|\"1\" \"2\""),
            (&csv, "a,b\n1,2\r\n", "\"a\" \"b\"|\"1\" \"2\\r\""),
            (&csv, ",\"\",x,", "- \"\" \"x\" -"),
            (&csv, "\"a\"\"b\n,\",c\nd,e\n", "\"a\\\"b\\n,\" \"c\"|\"d\" \"e\""),
            (&csv, "\n", "-"),
            (&csv, "a,5\" b\n", "3 expected no quote inside a field without quotes, but found one"),
            (&csv, " \"a\"\n", "1 expected no quote inside a field without quotes, but found one"),
            (
                &csv,
                "\"a\"b\n",
                "3 expected a delimiter or the end of the row behind a closing quote, but found text",
            ),
            (
                &csv,
                "x,\"a\n",
                "2 expected a quote that closes this field, but found the end of the file",
            ),
            (&slashed, "\"a\\\"b\\\\\",\"\\n\"\n", "\"a\\\"b\\\\\" \"\\\\n\""),
            (&bare, "a\t\"b\tc\"\n", "\"a\" \"\\\"b\" \"c\\\"\""),
            (&word, "NULL,\"NULL\",,x\n", "- \"NULL\" \"\" \"x\""),
        ] {
            assert_eq!(shown(format, text), wanted, "{text:?}");
        }
    }

    #[test]
    fn parts_hold_whole_rows() {
        let text = "a,\"b\nc\"\n\"\"\"\n\"\"\",d\n\n\"x\"\"\",\"\n\n\"\ne,f";
        for escape in [None, Some(b'"'), Some(b'\\')] {
            let format = Delimited { escape, ..Delimited::default() };
            let form = RowForm::Delimited(format.clone(), LineEnd::Lf);
            let mut cutter = Cutter::new(&form, text.as_bytes(), 0..text.len());
            let whole: Vec<_> =
                std::iter::from_fn(|| cutter.next_row()).map(Result::unwrap_or_default).collect();
            for size in 1..text.len() + 3 {
                let mut cut = Vec::new();
                for part in format.split(text.as_bytes(), 0, size) {
                    let mut cutter = Cutter::new(&form, text.as_bytes(), part);
                    cut.extend(
                        std::iter::from_fn(|| cutter.next_row()).map(Result::unwrap_or_default),
                    );
                }
                assert_eq!(cut, whole, "{size}");
            }
        }
    }
}
