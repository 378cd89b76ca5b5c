//! Where something stands in a text, and how to show any bytes to a person.
//!
//! Knows nothing of formats, files or errors. Lines and columns are counted here, when something
//! is to be shown, and nowhere on the way.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// LF, as we write it.
    #[default]
    Lf,
    /// CR and LF; where it is read a single LF is taken too.
    CrLf,
}

impl LineEnd {
    /// What a line ends with.
    pub fn of(line: &[u8]) -> LineEnd {
        if line.ends_with(b"\r\n") { LineEnd::CrLf } else { LineEnd::Lf }
    }

    /// What the first line of a text ends with.
    pub fn of_first(text: &[u8]) -> LineEnd {
        LineEnd::of(&text[..memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1)])
    }

    /// A line without its end, where it has one.
    pub fn cut_off(self, line: &[u8]) -> &[u8] {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        match self {
            LineEnd::Lf => line,
            LineEnd::CrLf => line.strip_suffix(b"\r").unwrap_or(line),
        }
    }

    /// Ends the lines that were written from `start` on, with LF, like this.
    pub fn give(self, text: &mut Vec<u8>, start: usize) {
        if self == LineEnd::Lf {
            return;
        }
        let written = text.split_off(start);
        for line in written.split_inclusive(|&b| b == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => text.extend([line, b"\r\n"].concat()),
                None => text.extend_from_slice(line),
            }
        }
    }
}

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
        let offset = offset.min(text.len());
        let line = memchr::memchr_iter(b'\n', &text[..offset]).count() as u64 + 1;
        Position { line, column: column(text, offset) }
    }

    /// The position behind `text`, which begins at this one.
    #[must_use]
    pub fn behind(self, text: &[u8]) -> Position {
        let Position { line, column } = Position::of(text, text.len());
        let before = if line == 1 { self.column - 1 } else { 0 };
        Position { line: self.line + line - 1, column: before + column }
    }
}

/// How many lines end before each block of one text, so that each of many positions is counted
/// from the block before it and not from the beginning.
///
/// Blocks are counted when a position in or behind them is asked for: where nothing is shown
/// nothing is counted, and an error at the top of a large file reads no more than the top.
#[derive(Debug)]
pub struct LineIndex {
    block: usize,
    before: Mutex<Vec<u64>>,
}

impl Default for LineIndex {
    fn default() -> LineIndex {
        LineIndex::with_block(1 << 16)
    }
}

impl LineIndex {
    fn with_block(block: usize) -> LineIndex {
        LineIndex { block, before: Mutex::new(vec![0]) }
    }

    /// The position of byte `offset` in `text`, which is the same text each time.
    pub fn position(&self, text: &[u8], offset: usize) -> Position {
        let offset = offset.min(text.len());
        let start = offset / self.block * self.block;
        let ends = memchr::memchr_iter(b'\n', &text[start..offset]).count() as u64;
        Position {
            line: self.ends_before(text, offset / self.block) + ends + 1,
            column: column(text, offset),
        }
    }

    /// How many lines end before a block.
    fn ends_before(&self, text: &[u8], number: usize) -> u64 {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        while before.len() <= number {
            let start = (before.len() - 1) * self.block;
            let ends = memchr::memchr_iter(b'\n', &text[start..start + self.block]).count() as u64;
            let so_far = before.last().copied().unwrap_or(0);
            before.push(so_far + ends);
        }
        before[number]
    }
}

/// The byte in its line of byte `offset`, from 1.
fn column(text: &[u8], offset: usize) -> u64 {
    let start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |at| at + 1);
    (offset - start) as u64 + 1
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
pub fn is_printable(c: char) -> bool {
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

/// A number of things: `1 entry`, `1,234 entries`.
pub fn number_of(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", Count(count), if count == 1 { one } else { many })
}

/// The one of these words that somebody who typed `word` most likely meant: it differs by one slip in
/// three letters at most, whatever the case.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = word.to_lowercase();
    let most = (typed.chars().count() / 3).max(1);
    let slips = |other: &str| slips(&typed, &other.to_lowercase());
    let near = known.into_iter().map(|other| (slips(other), other));
    let near = near.filter(|(slips, other)| *slips <= most && *other != word);
    near.min_by_key(|(slips, _)| *slips).map(|(_, other)| other)
}

/// How many letters were left out, added, changed or swapped with the next (Damerau and Levenshtein).
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let above = &rows[i - 1];
            let changed = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_index_counts_as_one_counts(
            text in "[a\n\r]{0,40}",
            block in 1_usize..9,
            offsets in prop::collection::vec(0_usize..50, 1..8),
        ) {
            let index = LineIndex::with_block(block);
            for offset in offsets {
                let plain = Position::of(text.as_bytes(), offset);
                prop_assert_eq!(index.position(text.as_bytes(), offset), plain);
            }
        }
    }

    #[test]
    fn an_index_counts_no_further_than_it_is_asked() {
        let (index, text) = (LineIndex::with_block(2), [b'\n'; 100]);
        for (offset, counted) in [(1, 1), (5, 3), (2, 3), (100, 51), (7, 51)] {
            index.position(&text, offset);
            assert_eq!(index.before.lock().unwrap().len(), counted, "{offset}");
        }
    }

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
        for at in 0..text.len() {
            let (start, rest) = text.split_at(at);
            assert_eq!(Position::of(start, at).behind(rest), Position::of(text, text.len()));
        }
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

    #[test]
    fn slips_of_the_hand_are_understood() {
        let known = ["column", "constant", "compare", "dn", "default"];
        for (word, meant) in [
            ("colum", Some("column")),
            ("cloumn", Some("column")),
            ("Constant", Some("constant")),
            ("compair", Some("compare")),
            ("cn", Some("dn")),
            ("x", None),
            ("server", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
