//! What one program writes otherwise than others that write text with delimiters, and how it says how many rows there
//! are.

use std::ops::Range;

use crate::table::{Cell, Value};

/// What only one program writes so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Nothing.
    #[default]
    Usual,
    /// Db2's DEL: no row names the columns.
    Del,
    /// SQL Server's `bcp -c`: rows end with CR LF and with nothing else, the empty string is a
    /// NUL, and no row names the columns.
    Bcp,
    /// Oracle's SQL*Plus (`SET MARKUP CSV ON`): the empty string is NULL, and there is text around the rows.
    SqlPlus,
}

impl Manner {
    /// A field as what it stands for.
    pub(super) fn understood(self, cell: Cell<'_>) -> Cell<'_> {
        match (self, cell) {
            (Manner::Bcp, Some(value)) if *value.bytes == [0] => Some(Value::plain(&b""[..])),
            (Manner::SqlPlus, Some(value)) if value.bytes.is_empty() => None,
            (_, cell) => cell,
        }
    }

    /// Whether the first row names the columns.
    pub fn has_names(self) -> bool {
        matches!(self, Manner::Usual | Manner::SqlPlus)
    }

    /// How many rows there are, where the last line of a text says it, and where that begins.
    pub fn count(self, text: &[u8]) -> Option<(u64, usize)> {
        self.footer(text).map(|footer| (footer.count, footer.at))
    }

    /// The part of a text in which its rows stand.
    pub fn rows(self, text: &[u8]) -> Range<usize> {
        let blank = |byte: &u8| byte.is_ascii_whitespace();
        let (start, end) = match (self, self.footer(text)) {
            (Manner::SqlPlus, footer) => {
                let end = footer.map_or(text.len(), |footer| footer.at);
                // The end of the last row is one of its own.
                let end = text[..end].trim_ascii_end().len();
                let line =
                    memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at + 1);
                (text.iter().take_while(|byte| blank(byte)).count(), line)
            }
            (_, Some(footer)) => (0, footer.rows_end),
            (_, None) => (0, text.len()),
        };
        start.min(end)..end
    }

    /// The last line of a text, where it is one that counts the rows.
    fn footer(self, text: &[u8]) -> Option<Footer> {
        let trimmed = text.trim_ascii_end();
        let at = memchr::memrchr(b'\n', trimmed).map_or(0, |at| at + 1);
        let line = &trimmed[at..];
        let behind_rows = text[..at].strip_suffix(b"\n").map_or(at, |before| {
            let before = before.strip_suffix(b"\r").unwrap_or(before);
            if before.is_empty() || before.ends_with(b"\n") { before.len() } else { at }
        });
        let own = |count: u64, rows_end: usize| Footer { count, at, rows_end };
        match self {
            Manner::SqlPlus if line == b"no rows selected" => Some(own(0, at)),
            Manner::SqlPlus => {
                let number = said(line, b"", &[b" rows selected.", b" row selected."])?;
                Some(own(number, at))
            }
            Manner::Usual => {
                let by_psql = said(line, b"(", &[b" rows)", b" row)"]).map(|n| own(n, at));
                by_psql.or_else(|| by_sqlcmd(line).map(|n| own(n, behind_rows)))
            }
            Manner::Bcp => by_sqlcmd(line).map(|n| own(n, behind_rows)),
            Manner::Del => {
                let number = said(line.trim_ascii_start(), b"", &[b" record(s) selected."])?;
                Some(own(number, behind_rows))
            }
        }
    }
}

/// A line behind the rows of a text that says how many they are.
struct Footer {
    count: u64,
    /// Where it begins.
    at: usize,
    /// Where the rows end.
    rows_end: usize,
}

/// `sqlcmd` has an empty line before it.
fn by_sqlcmd(line: &[u8]) -> Option<u64> {
    said(line, b"(", &[b" rows affected)", b" row affected)"])
}

/// The number between two words, in which there may be commas.
fn said(line: &[u8], before: &[u8], behind: &[&[u8]]) -> Option<u64> {
    let rest = line.strip_prefix(before)?;
    let number = behind.iter().find_map(|words| rest.strip_suffix(*words))?;
    std::str::from_utf8(number).ok()?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_line_counts_rows() {
        for (manner, text, rows, count) in [
            (Manner::Usual, "a,b\n1,\n(1 row)\n", "a,b\n1,\n", Some(1)),
            (Manner::Usual, "a\n\n\n(2 rows)\n", "a\n\n\n", Some(2)),
            (Manner::Usual, "a\n\"(2 rows)\"\n", "a\n\"(2 rows)\"\n", None),
            (Manner::Usual, "a\n(few rows)\n", "a\n(few rows)\n", None),
            (Manner::Usual, "1,x\r\n\r\n(1 rows affected)\r\n", "1,x\r\n", Some(1)),
            (Manner::Bcp, "\r\n(0 rows affected)\r\n", "", Some(0)),
            (Manner::Bcp, "1\r\n(2 rows)\r\n", "1\r\n(2 rows)\r\n", None),
            (Manner::Del, "1\n2\n\n  2 record(s) selected.\n\n", "1\n2\n", Some(2)),
            (Manner::SqlPlus, "\nA\n1\n\n1,000 rows selected.\n", "A\n1\n", Some(1000)),
            (Manner::SqlPlus, "\nA\n\nno rows selected\n\n", "A\n", Some(0)),
            (Manner::SqlPlus, "\nno rows selected\n", "", Some(0)),
            (Manner::SqlPlus, "\nA\n1\n", "A\n1\n", None),
        ] {
            let bytes = text.as_bytes();
            assert_eq!(&text[manner.rows(bytes)], rows, "{text}");
            assert_eq!(manner.count(bytes).map(|(count, _)| count), count, "{text}");
        }
    }
}
