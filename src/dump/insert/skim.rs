//! Where a row ends: by its quotes, escapes and parentheses alone.
//!
//! Wherever `row` reads a row, this ends it at the same byte; it sees no other fault than an end that
//! is missing.

use super::{Escapes, Literals, Style};
use crate::error::{ErrorKind, Expected, Fault, RowFault};

/// The length of the row that `text` begins with.
pub(super) fn row_end(text: &[u8], with: Literals) -> Result<usize, Fault> {
    if text.first() != Some(&b'(') {
        return Err(Fault::expected(Expected::OpeningOfRow, text, text));
    }
    let (mut at, mut depth) = (0, 0usize);
    loop {
        let Some(mark) = text[at..].iter().position(|byte| MARKS[usize::from(*byte)]) else {
            return Err(Fault::new(ErrorKind::Row(RowFault::OpenRow), 0, 1));
        };
        let mark = at + mark;
        at = mark + 1;
        match text[mark] {
            b'(' => depth += 1,
            b')' if depth == 1 => return Ok(at),
            b')' => depth -= 1,
            _ => at = closing(text, mark, escapes_at(text, mark, with))?,
        }
    }
}

/// The bytes that mean something outside of quotes.
static MARKS: [bool; 256] = {
    let mut table = [false; 256];
    table[b'(' as usize] = true;
    table[b')' as usize] = true;
    table[b'\'' as usize] = true;
    table[b'"' as usize] = true;
    table
};

/// What a backslash is in the quotes that open at `mark`.
fn escapes_at(text: &[u8], mark: usize, with: Literals) -> Escapes {
    let is_name = text[mark] == b'"' && !with.has_double_quoted_strings();
    let is_escape_string = text[mark] == b'\''
        && with.style == Style::Postgres
        && matches!(text[mark - 1], b'E' | b'e');
    match with.escapes() {
        _ if is_name => Escapes::None,
        Escapes::None if is_escape_string => Escapes::Postgres,
        escapes => escapes,
    }
}

/// Where it goes on behind the quote that closes the one at `open`.
fn closing(text: &[u8], open: usize, escapes: Escapes) -> Result<usize, Fault> {
    let quote = text[open];
    let mut at = open + 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let found = match escapes {
            Escapes::None => memchr::memchr(quote, rest),
            Escapes::Mysql | Escapes::Postgres | Escapes::Unistr => {
                memchr::memchr2(quote, b'\\', rest)
            }
        };
        match found {
            None => return Err(Fault::new(ErrorKind::Row(RowFault::OpenQuote), open, 1)),
            Some(n) if rest[n] == quote && rest.get(n + 1) != Some(&quote) => {
                return Ok(at + n + 1);
            }
            // A doubled quote, or a backslash and what it escapes.
            Some(n) => at += n + 2,
        }
    }
}
