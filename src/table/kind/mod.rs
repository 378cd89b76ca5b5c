//! What the values of a column are, and when two of them are one.
//!
//! Knows values as they are written and no SQL around them: quotes and escapes are gone.

mod named;
mod number;
mod time;
mod truth;

use std::borrow::Cow;

pub use truth::Truths;

use crate::table::Cell;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Characters.
    Text,
    /// Characters that are filled up with blanks.
    Char,
    /// A whole number, or one with a fixed number of decimals.
    Decimal,
    /// A binary floating-point number (IEEE 754).
    Float,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time, wherever that is.
    Timestamp,
    /// An instant.
    Instant,
    /// Bytes.
    Bytes,
    /// Bits, as the number that they are.
    Bits,
    /// What its database tells apart by its text alone: its own equality takes two values for one, or there
    /// is none.
    Opaque,
}

impl ColumnType {
    /// What the values of a column are that is of this type on one side and of another on the other.
    pub fn and(self, other: ColumnType) -> Option<ColumnType> {
        use ColumnType::{
            Bits, Boolean, Char, Date, Decimal, Float, Instant, Opaque, Text, Timestamp,
        };
        Some(match (self, other) {
            (one, other) if one == other => one,
            (Decimal, Float) | (Float, Decimal) => Float,
            (Boolean, Decimal | Float | Bits) | (Decimal | Float | Bits, Boolean) => Boolean,
            (Timestamp, Instant) | (Instant, Timestamp) => Instant,
            (Date, Timestamp) | (Timestamp, Date) => Timestamp,
            (Char, Text) | (Text, Char) => Char,
            (Opaque, Text) | (Text, Opaque) => Opaque,
            _ => return None,
        })
    }

    /// Whether a column of this type may hold a value, in any of the databases and as any of their programs
    /// writes it. No text and no bytes are refused.
    pub fn holds(self, value: &[u8]) -> bool {
        match self {
            ColumnType::Text | ColumnType::Char | ColumnType::Bytes | ColumnType::Opaque => true,
            ColumnType::Decimal | ColumnType::Float | ColumnType::Bits => number::is_number(value),
            // MySQL's is a small number.
            ColumnType::Boolean => truth(value).is_some() || number::is_number(value),
            // Oracle's has a time too.
            ColumnType::Date | ColumnType::Timestamp | ColumnType::Instant => time::is_day(value),
            ColumnType::Time => time::is_time(value),
        }
    }

    /// What its values are, for a message.
    pub fn noun(self) -> &'static str {
        match self {
            ColumnType::Text | ColumnType::Char | ColumnType::Opaque => "text",
            ColumnType::Bytes => "bytes",
            ColumnType::Decimal | ColumnType::Float | ColumnType::Bits => "a number",
            ColumnType::Boolean => "true or false",
            ColumnType::Date => "a date",
            ColumnType::Time => "a time",
            ColumnType::Timestamp | ColumnType::Instant => "a date and a time",
        }
    }

    /// A value in the words that are the same for all values that are equal to it; one that is none of
    /// this type is itself.
    ///
    /// Words are words of the type again, and are their own. Nothing is copied where they stand in the
    /// value.
    pub fn canonical(self, value: &[u8]) -> Cow<'_, [u8]> {
        match self {
            ColumnType::Text | ColumnType::Bytes | ColumnType::Opaque => Cow::Borrowed(value),
            ColumnType::Char => Cow::Borrowed(without_padding(value)),
            ColumnType::Decimal | ColumnType::Bits => number::decimal(value),
            ColumnType::Float => number::float(value),
            ColumnType::Boolean => boolean(value),
            ColumnType::Date => time::date(value),
            ColumnType::Time => time::time(value),
            ColumnType::Timestamp => time::timestamp(value),
            ColumnType::Instant => time::instant(value),
        }
    }
}

/// Whether two cells of a column of this type hold one value.
pub fn same(kind: Option<ColumnType>, left: &Cell<'_>, right: &Cell<'_>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => {
            left.bytes == right.bytes
                || kind.is_some_and(|k| k.canonical(&left.bytes) == k.canonical(&right.bytes))
        }
        _ => false,
    }
}

fn without_padding(value: &[u8]) -> &[u8] {
    let blanks = value.iter().rev().take_while(|&&byte| byte == b' ').count();
    &value[..value.len() - blanks]
}

/// The number that bits are, of which a dump has the bytes, the last with the lowest eight; `None` where they are more
/// than any column holds.
pub fn number_of_bits(bytes: &[u8]) -> Option<u64> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros..];
    let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (bytes.len() <= size_of::<u64>()).then_some(number)
}

/// The words of PostgreSQL, the numbers of MySQL and SQL Server, and a bit as MySQL has it.
fn truth(value: &[u8]) -> Option<&'static [u8]> {
    const TRUE: [&[u8]; 7] = [b"t", b"true", b"1", b"\x01", b"y", b"yes", b"on"];
    const FALSE: [&[u8]; 7] = [b"f", b"false", b"0", b"\0", b"n", b"no", b"off"];
    let is_one_of = |words: [&[u8]; 7]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_one_of(TRUE) {
        Some(b"t")
    } else if is_one_of(FALSE) {
        Some(b"f")
    } else {
        None
    }
}

/// A truth, or a small number that stands for one (`01`), in the words of a truth; any other number in its own.
fn boolean(value: &[u8]) -> Cow<'_, [u8]> {
    match truth(value) {
        Some(truth) => Cow::Borrowed(truth),
        None => match number::decimal(value) {
            number if truth(&number).is_some() => Cow::Borrowed(truth(&number).unwrap_or(value)),
            number => number,
        },
    }
}

/// The word of this list that the value is, in any case.
fn word(value: &[u8], words: &[(&str, &'static str)]) -> Option<&'static [u8]> {
    let is_meant = |(spelled, _): &&(&str, &str)| value.eq_ignore_ascii_case(spelled.as_bytes());
    words.iter().find(is_meant).map(|(_, word)| word.as_bytes())
}
