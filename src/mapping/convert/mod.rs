//! How a value of one side is written on the other, and when two of them are one.
//!
//! A value of an attribute has its LDAP syntax (RFC 4517), one of a column the words of its database. What
//! a flow's type says goes both ways, and comes back as it was. Knows one value at a time: not which
//! attribute or column it is of, and no expressions.

mod compare;
mod guid;
mod time;

use std::borrow::Cow;

pub use compare::Comparing;
pub use time::Zone;

use crate::error::Unfit;
use crate::mapping::FlowType;
use crate::table::{ColumnType, number_of_bits};

/// A value written on the other side; `None` where it stands for none.
pub type Written<'v> = Result<Option<Cow<'v, [u8]>>, Unfit>;

impl FlowType {
    /// The words of an attribute's value in a column. Where nothing is known of the column it is text.
    pub fn to_column<'v>(
        self,
        value: &'v [u8],
        column: Option<ColumnType>,
        zone: &Zone,
    ) -> Written<'v> {
        let words = match self {
            FlowType::Text | FlowType::Dn => Some(text(value, column)?),
            FlowType::Binary => Some(bytes_to_column(value, column)),
            FlowType::Integer => Some(integer(value)?),
            FlowType::Boolean => Some(Cow::Borrowed(truth_words(truth(value)?, column))),
            FlowType::Timestamp => Some(Cow::Owned(time::to_column(value, column, zone)?)),
            FlowType::Date => Some(Cow::Owned(time::day_to_column(value)?)),
            FlowType::FileTime => time::file_time_to_column(value, column, zone)?.map(Cow::Owned),
            FlowType::Guid => Some(guid::to_column(value, column)?),
            FlowType::GuidAd => Some(Cow::Owned(guid::ad_to_column(value, column)?)),
        };
        words.map_or(Ok(None), |words| held(words, column))
    }

    /// The value of an attribute that a column's words are. An empty text is none: a Directory String has
    /// at least one character (RFC 4517 section 3.3.6).
    pub fn to_attribute<'v>(
        self,
        words: &'v [u8],
        column: Option<ColumnType>,
        zone: &Zone,
    ) -> Written<'v> {
        let words = without_padding(words, column);
        if words.is_empty() && self != FlowType::Binary {
            return Ok(None);
        }
        Ok(Some(match self {
            FlowType::Text | FlowType::Dn => text(words, column)?,
            FlowType::Binary => bytes_of(words, column),
            FlowType::Integer => Cow::Owned(integer_of(words)?),
            FlowType::Boolean => Cow::Borrowed(column_truth(words)?),
            FlowType::Timestamp => Cow::Owned(time::to_attribute(words, column, zone)?),
            FlowType::Date => Cow::Owned(time::day_to_attribute(words)?),
            FlowType::FileTime => Cow::Owned(time::file_time_to_attribute(words, column, zone)?),
            FlowType::Guid => Cow::Owned(guid::to_attribute(words)?),
            FlowType::GuidAd => Cow::Owned(guid::ad_to_attribute(words)?),
        }))
    }
}

/// Words of a column that keeps so many digits of a second's fraction, as it would cut them: what is finer goes, and
/// nothing is rounded.
pub fn cut_to_digits(words: Cow<'_, [u8]>, digits: usize) -> Cow<'_, [u8]> {
    let Some(point) = memchr::memchr(b'.', &words) else { return words };
    let end = words[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, rest) = words[point + 1..].split_at(end);
    if fraction.len() <= digits {
        return words;
    }
    let zeros = fraction[..digits].iter().rev().take_while(|digit| **digit == b'0').count();
    let kept = &fraction[..digits - zeros];
    let point_too = if kept.is_empty() { point } else { point + 1 };
    Cow::Owned([&words[..point_too], kept, rest].concat())
}

/// Refuses words that the column would not take.
fn held(words: Cow<'_, [u8]>, column: Option<ColumnType>) -> Written<'_> {
    match column {
        Some(column) if !column.holds(&words) => {
            Err(Unfit::NotOfColumn { wanted: column.noun(), found: Some(words.into_owned()) })
        }
        _ => Ok(Some(words)),
    }
}

/// Blanks that fill a column up are no part of its value.
pub fn without_padding(words: &[u8], column: Option<ColumnType>) -> &[u8] {
    match (column, ColumnType::Char.canonical(words)) {
        (Some(ColumnType::Char), Cow::Borrowed(value)) => value,
        _ => words,
    }
}

fn not_of_type<T>(wanted: &'static str, found: &[u8]) -> Result<T, Unfit> {
    Err(Unfit::NotOfType { wanted, found: Some(found.to_vec()) })
}

/// Whether a column holds bytes as they are.
fn is_bytes(column: Option<ColumnType>) -> bool {
    column == Some(ColumnType::Bytes)
}

/// Bytes as they are; as the number that they are in a column of bits.
fn bytes_to_column(value: &[u8], column: Option<ColumnType>) -> Cow<'_, [u8]> {
    let number = number_of_bits(value).filter(|_| column == Some(ColumnType::Bits));
    number.map_or(Cow::Borrowed(value), |number| Cow::Owned(number.to_string().into_bytes()))
}

/// The bytes of a number that bits are, without zeros before it, and at least one; all else as it is.
fn bytes_of(words: &[u8], column: Option<ColumnType>) -> Cow<'_, [u8]> {
    let number = std::str::from_utf8(words).ok().filter(|_| column == Some(ColumnType::Bits));
    let Some(number) = number.and_then(|text| text.parse::<u64>().ok()) else {
        return Cow::Borrowed(words);
    };
    let bytes = number.to_be_bytes();
    let zeros = bytes[..bytes.len() - 1].iter().take_while(|byte| **byte == 0).count();
    Cow::Owned(bytes[zeros..].to_vec())
}

/// Text as it is; a column of bytes holds what is no text, too.
fn text(value: &[u8], column: Option<ColumnType>) -> Result<Cow<'_, [u8]>, Unfit> {
    let is_text = is_bytes(column) || simdutf8::basic::from_utf8(value).is_ok();
    if is_text { Ok(Cow::Borrowed(value)) } else { Err(Unfit::NotText) }
}

/// RFC 4517 section 3.3.16, with zeros before a number, which some servers let in.
fn integer(value: &[u8]) -> Result<Cow<'_, [u8]>, Unfit> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return not_of_type("a whole number", value);
    }
    Ok(ColumnType::Decimal.canonical(value))
}

/// `42`, `42.00` and `4.2E1` are one number.
fn integer_of(words: &[u8]) -> Result<Vec<u8>, Unfit> {
    match integer(&ColumnType::Decimal.canonical(words)) {
        Ok(number) => Ok(number.into_owned()),
        Err(_) => not_of_type("a whole number", words),
    }
}

/// Whether a value of an attribute is true: RFC 4517 section 3.3.3, in any case, as some tools write it.
///
/// # Errors
///
/// It is neither true nor false.
pub fn truth(value: &[u8]) -> Result<bool, Unfit> {
    match value {
        _ if value.eq_ignore_ascii_case(b"TRUE") => Ok(true),
        _ if value.eq_ignore_ascii_case(b"FALSE") => Ok(false),
        _ => not_of_type("`TRUE` or `FALSE`", value),
    }
}

/// A truth in a column: a number where it holds numbers, a word where not.
fn truth_words(truth: bool, column: Option<ColumnType>) -> &'static [u8] {
    match (column, truth) {
        (Some(ColumnType::Decimal | ColumnType::Float | ColumnType::Bits), true) => b"1",
        (Some(ColumnType::Decimal | ColumnType::Float | ColumnType::Bits), false) => b"0",
        (Some(ColumnType::Bytes), true) => b"\x01",
        (Some(ColumnType::Bytes), false) => b"\0",
        (_, true) => b"true",
        (_, false) => b"false",
    }
}

/// A truth in the words of any database.
fn column_truth(words: &[u8]) -> Result<&'static [u8], Unfit> {
    // SQL's `1.0` is a 1.
    match &*ColumnType::Boolean.canonical(&ColumnType::Decimal.canonical(words)) {
        b"t" => Ok(b"TRUE"),
        b"f" => Ok(b"FALSE"),
        _ => not_of_type("true or false", words),
    }
}

#[cfg(test)]
mod tests;
