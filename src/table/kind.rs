//! What the values of a column are, and when two of them are one.

use std::borrow::Cow;

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
}

impl ColumnType {
    /// A value in the words that are the same for all values that are equal to it; one that is none of
    /// this type is itself.
    pub fn canonical(self, value: &[u8]) -> Cow<'_, [u8]> {
        Cow::Borrowed(value)
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
