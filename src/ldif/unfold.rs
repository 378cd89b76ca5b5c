//! Physical lines to logical lines: folds joined, comments dropped (RFC 2849 notes 2 to 5).
//!
//! The physical part of `grammar/lines.abnf`. Knows nothing of what a line says.

use std::borrow::Cow;

use crate::ldif::lines::LineEnds;

/// `fold`: whether a byte at the start of a line continues the line before: SPACE (RFC 2849), or
/// the TAB that some exporters write (deviation D-6).
pub fn is_fold(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// The logical lines of one record, each ended by a newline but for the last.
///
/// Bytes are joined before anything is decoded, so a fold may stand inside a UTF-8 character or a
/// base64 quantum. A record without folds, comments and carriage returns is handed back as it is.
pub fn unfold(record: &[u8]) -> Cow<'_, [u8]> {
    if record.first() == Some(&b'#') || memchr::memchr(b'\r', record).is_some() {
        return Cow::Owned(unfolded(record));
    }
    let mut logical = Vec::new();
    let mut lines = LineEnds::default();
    let mut start = 0;
    let mut next = lines.after(record, 0);
    while let Some(&first) = record.get(next) {
        if first == b'#' {
            return Cow::Owned(unfolded(record));
        }
        if is_fold(first) {
            if logical.is_empty() {
                logical.reserve_exact(record.len());
            }
            logical.extend_from_slice(&record[start..next - 1]);
            start = next + 1;
        }
        next = lines.after(record, next);
    }
    let rest = record[start..].strip_suffix(b"\n").unwrap_or(&record[start..]);
    if start == 0 {
        return Cow::Borrowed(rest);
    }
    logical.extend_from_slice(rest);
    Cow::Owned(logical)
}

/// The same, line by line.
fn unfolded(record: &[u8]) -> Vec<u8> {
    let mut logical = Vec::with_capacity(record.len());
    let mut in_comment = false;
    for (n, line) in physical_lines(record).enumerate() {
        match line.first() {
            Some(&b) if is_fold(b) && n > 0 => {
                if !in_comment {
                    logical.extend_from_slice(&line[1..]);
                }
            }
            Some(b'#') => in_comment = true,
            _ => {
                if !logical.is_empty() {
                    logical.push(b'\n');
                }
                logical.extend_from_slice(line);
                in_comment = false;
            }
        }
    }
    logical
}

/// How long the empty line is that a text begins with; 0 where it begins with another.
pub fn empty_line(text: &[u8]) -> usize {
    match text {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => 0,
    }
}

/// Where the first line of a text ends, its line end included.
pub fn line_end(text: &[u8]) -> usize {
    LineEnds::default().after(text, 0)
}

/// Where the first logical line of a text ends: behind its folds, the line end included.
pub fn logical_end(text: &[u8]) -> usize {
    let mut lines = LineEnds::default();
    let mut end = lines.after(text, 0);
    while text.get(end).is_some_and(|&b| is_fold(b)) {
        end = lines.after(text, end);
    }
    end
}

/// The lines of a logical text, each without its line end.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut ends = LineEnds::default();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        at = ends.after(text, start);
        let line = text.get(start..at).filter(|line| !line.is_empty())?;
        Some(line.strip_suffix(b"\n").unwrap_or(line))
    })
}

/// One logical line, whatever it begins with, without its line ends.
pub fn joined(line: &[u8]) -> Cow<'_, [u8]> {
    let mut parts = physical_lines(line);
    let first = parts.next().unwrap_or_default();
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return Cow::Borrowed(first);
    }
    let mut whole = Vec::with_capacity(line.len());
    whole.extend_from_slice(first);
    parts.for_each(|part| whole.extend_from_slice(part.get(1..).unwrap_or_default()));
    Cow::Owned(whole)
}

/// The physical lines of a text, without their line ends (LF or CRLF).
fn physical_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let ends = memchr::memchr_iter(b'\n', text).chain([text.len()]);
    ends.scan(0, |start, end| {
        let line = &text[*start..end];
        *start = end + 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// Where the bytes of a record's logical text stand in the record; only for showing errors.
#[derive(Debug)]
pub struct Offsets {
    /// Where each physical line that is part of the text begins in the text, and in the record.
    lines: Vec<(usize, usize)>,
    len: usize,
}

impl Offsets {
    /// Walks over a record once.
    pub fn of(record: &[u8]) -> Offsets {
        let mut lines = Vec::new();
        let (mut logical, mut physical) = (0, 0);
        let mut in_comment = false;
        let mut first = true;
        for line in record.split_inclusive(|&b| b == b'\n') {
            let body = line.strip_suffix(b"\n").unwrap_or(line);
            let body = body.strip_suffix(b"\r").unwrap_or(body);
            let fold = body.first().is_some_and(|&b| is_fold(b)) && !first;
            let comment = body.first() == Some(&b'#');
            let skipped = if fold { in_comment } else { comment };
            if !skipped {
                logical += usize::from(!fold && logical > 0);
                lines.push((logical, physical + usize::from(fold)));
                logical += body.len() - usize::from(fold);
            }
            if !fold {
                in_comment = comment;
                first = false;
            }
            physical += line.len();
        }
        Offsets { lines, len: record.len() }
    }

    /// Where byte `at` of the text stands in the record.
    pub fn physical(&self, at: usize) -> usize {
        let line = self.lines.partition_point(|(logical, _)| *logical <= at).checked_sub(1);
        let found = line.map(|line| self.lines[line].1 + (at - self.lines[line].0));
        found.unwrap_or(self.len).min(self.len)
    }
}

/// The part of a record that holds its first logical line.
pub fn first_line(record: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut found = false;
    for line in record.split_inclusive(|&b| b == b'\n') {
        let continues = end > 0 && line.first().is_some_and(|&b| is_fold(b));
        if found && !continues {
            break;
        }
        found |= line[0] != b'#' && !continues;
        end += line.len();
    }
    &record[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_joined_before_anything_else() {
        for (record, logical) in [
            ("dn: a\ncn: b\n", "dn: a\ncn: b"),
            ("d\n n\n :\n  c\n", "dn: c"),
            ("dn: a\r\ncn: b\r\n  c\r\n", "dn: a\ncn: b c"),
            ("# x\n y\ndn: a\n# z\n w\ncn: b\n", "dn: a\ncn: b"),
            ("dn: a\ncn: b\n#c\ncn: d", "dn: a\ncn: b\ncn: d"),
            ("cn: a\n #d\n", "cn: a#d"),
            ("cn: a\n\tb\n", "cn: ab"),
        ] {
            assert_eq!(unfold(record.as_bytes()), logical.as_bytes(), "{record:?}");
        }
        assert!(matches!(unfold(b"dn: a\ncn: b\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_line_ends_where_memchr_says() {
        for len in 0..70 {
            for at in 0..=len {
                let mut text = vec![b'a'; len];
                text[at.min(len.saturating_sub(1))..].fill(0x8a);
                if at < len {
                    text[at] = b'\n';
                }
                let expected = memchr::memchr(b'\n', &text).map_or(len, |n| n + 1);
                assert_eq!(line_end(&text), expected, "{len} {at}");
            }
        }
    }

    #[test]
    fn the_short_way_is_the_long_one() {
        let lines = ["cn: a", " b", "\tc", "# d", " ", "sn:: YQ=="];
        for n in 0..6_usize.pow(4) {
            let text = [0, 1, 2, 3].map(|place| lines[n / 6_usize.pow(place) % 6]).join("\n");
            for record in [text.clone(), format!("{text}\n"), text.replacen('\n', "\r\n", 2)] {
                let record = record.as_bytes();
                assert_eq!(unfold(record), unfolded(record), "{}", String::from_utf8_lossy(record));
            }
        }
    }

    #[test]
    fn every_logical_byte_is_found_again() {
        for record in ["# x\ndn: a\ncn: b\n  c\n\tq\nsn: d\r\n e\n# f\nou: g", "dn: a\ncn: b\n"] {
            let logical = unfold(record.as_bytes()).into_owned();
            let offsets = Offsets::of(record.as_bytes());
            for (at, byte) in logical.iter().enumerate() {
                let found = record.as_bytes()[offsets.physical(at)];
                let is_it = found == *byte || (found == b'\r' && *byte == b'\n');
                assert!(is_it, "{record:?} at {at}");
            }
            let line = unfold(first_line(record.as_bytes())).into_owned();
            assert_eq!(Some(&*line), logical.split(|b| *b == b'\n').next());
        }
    }
}
