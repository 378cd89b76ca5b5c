//! Where something stands in a text, and how to show any bytes to a person.
//!
//! Knows nothing of formats, files or errors. Lines and columns are counted here, when something
//! is to be shown, and nowhere on the way.

use std::fmt;

/// A place in a text as a person counts: both from 1, columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The byte in the line, from 1.
    pub column: u64,
}

impl Position {
    /// Counts the position of byte `offset` in `text`.
    pub fn of(text: &[u8], offset: usize) -> Position {
        let before = &text[..offset.min(text.len())];
        let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        Position { line, column: (before.len() - start) as u64 + 1 }
    }
}

/// The physical line of `text` that holds byte `offset`, without its line end.
pub fn line_at(text: &[u8], offset: usize) -> &[u8] {
    let offset = offset.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |at| at + 1);
    let end = memchr::memchr(b'\n', &text[offset..]).map_or(text.len(), |at| offset + at);
    let line = &text[start..end];
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Shows bytes on a terminal: printable text as it is, everything else as an escape.
///
/// Control characters, bidirectional overrides and bytes that are not UTF-8 cannot reach the
/// terminal, so no input can move its cursor or hide a part of a message.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_printable(c) {
                    write!(f, "{c}")?;
                } else {
                    write!(f, "{}", c.escape_default())?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character may stand on a terminal as it is.
fn is_printable(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !invisible
}

/// Shows at most `limit` bytes of a text, escaped, and says where it was cut.
#[derive(Clone, Copy, Debug)]
pub struct Shortened<'a>(pub &'a [u8], pub usize);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shortened(bytes, limit) = *self;
        if bytes.len() <= limit {
            return write!(f, "{}", Escaped(bytes));
        }
        let mut end = limit;
        while end > 0 && (bytes[end] & 0xc0) == 0x80 {
            end -= 1;
        }
        write!(f, "{}…", Escaped(&bytes[..end]))
    }
}

/// A count with thousands apart, as people read it: `1,234,567`.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                write!(f, ",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_bytes_from_one() {
        let text = b"ab\ncd\r\n\nx";
        let at = |offset| {
            let p = Position::of(text, offset);
            (p.line, p.column)
        };
        assert_eq!(
            [at(0), at(1), at(3), at(7), at(8), at(9)],
            [(1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (4, 2)]
        );
        assert_eq!(line_at(text, 4), b"cd");
        assert_eq!(line_at(text, 9), b"x");
    }

    #[test]
    fn nothing_that_moves_a_cursor_is_shown() {
        let shown = Escaped("a\u{1b}[2Jé\u{202e}\n\u{0}".as_bytes()).to_string();
        assert_eq!(shown, "a\\u{1b}[2Jé\\u{202e}\\n\\u{0}");
        assert_eq!(Escaped(b"\xff\xc3").to_string(), "\\xff\\xc3");
        assert_eq!(Shortened("aéb".as_bytes(), 2).to_string(), "a…");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        let shown: Vec<_> = [0, 999, 1000, 1_234_567].map(|n| Count(n).to_string()).into();
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }
}
