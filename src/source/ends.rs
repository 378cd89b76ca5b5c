//! What is to be known of a file as a whole: its encoding, and how it ends.
//!
//! Knows nothing of records.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::input::{Encoding, Input};
use crate::ldif::deviation::Deviation;
use crate::ldif::unfold::{is_fold, unfold};

/// The deviation that an encoding is.
pub fn of_encoding(encoding: Encoding) -> Option<Deviation> {
    match encoding {
        Encoding::Utf8 => None,
        Encoding::Utf8Bom => Some(Deviation::ByteOrderMark),
        Encoding::Utf16Le | Encoding::Utf16Be => Some(Deviation::Utf16),
    }
}

/// The deviation at the end of a text, and its offset: a file ends with its last line's end, and at
/// most the empty line that follows a record.
pub fn of_end(text: &[u8]) -> Option<(Deviation, usize)> {
    let ends = text.iter().rev().take_while(|b| matches!(b, b'\r' | b'\n'));
    let ends = ends.filter(|b| **b == b'\n').count();
    let deviation = match ends {
        0 if !text.is_empty() => Deviation::NoFinalNewline,
        0..=2 => return None,
        _ => Deviation::BlankLinesAtEnd,
    };
    Some((deviation, text.len() - ends.min(1)))
}

/// S-20: whether a text ends within a value: its last line has no end, and is base64 that is not
/// whole.
pub fn ends_in_a_value(text: &[u8]) -> bool {
    let mut start = text.len();
    loop {
        start = memchr::memrchr(b'\n', &text[..start]).map_or(0, |at| at + 1);
        if start == 0 || !text.get(start).copied().is_some_and(is_fold) {
            break;
        }
        start -= 1;
    }
    let line = unfold(&text[start..]);
    let Some(colon) = memchr::memchr(b':', &line).filter(|_| !text.ends_with(b"\n")) else {
        return false;
    };
    let value = line[colon + 1..].strip_prefix(b":").filter(|_| line[0] != b'#');
    value.is_some_and(|value| value.trim_ascii().len() % 4 != 0)
}

/// Refuses a text that ends within a value.
///
/// # Errors
///
/// That, at its end.
pub fn refuse_cut(name: &str, text: &[u8]) -> Result<()> {
    if !ends_in_a_value(text) {
        return Ok(());
    }
    Err(Error::at(ErrorKind::CutValue, Place::new(name, text, text.len(), 0)))
}

/// Refuses, as `--strict` does, a file in another encoding than RFC 2849 has, and one that does not
/// end with its last record.
///
/// # Errors
///
/// The deviation, at its place.
pub fn refuse_deviating(input: &Input) -> Result<()> {
    let encoding = of_encoding(input.encoding()).map(|deviation| (deviation, 0));
    let Some((deviation, at)) = encoding.or_else(|| of_end(input.bytes())) else { return Ok(()) };
    Err(Error::at(deviation.into(), Place::new(input.name(), input.bytes(), at, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_whole_is_seen_at_the_end_alone() {
        for (text, cut) in [
            ("cn:: YWI", true),
            ("cn:: YW\n I", true),
            ("a: b\ncn:: YWI \n ", true),
            ("cn:: YWI\n", false),
            ("cn:: YWI=", false),
            ("cn:: YW\n I\nsn: a", false),
            ("cn: YWI", false),
            ("#cn:: YWI", false),
            ("", false),
            ("abc", false),
        ] {
            assert_eq!(ends_in_a_value(text.as_bytes()), cut, "{text:?}");
        }
    }
}
