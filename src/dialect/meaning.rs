//! What a value is to a database that takes a literal for what it is and not for what its column is.
//!
//! Knows no SQL: how each of these is written is the business of one dialect.

use crate::dialect::quote::{bit, is_number, text_of};
use crate::table::{ColumnType, Said, Value};

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning<'v> {
    Bytes(&'v [u8]),
    Number(&'v str),
    Truth(bool),
    /// `2024-02-29`
    Date(String),
    /// `23:59:59.5`
    Time(String),
    /// A date and a time, without what stands between them.
    Timestamp(String, String),
    /// The same, and an offset: `+01:00`.
    Instant(String, String, String),
    Text(&'v str),
}

/// What a value of a column of this type is. One that is none of its type is text: the database may know
/// better.
///
/// # Errors
///
/// What the value is, where no literal can hold it.
pub(super) fn meaning<'v>(
    value: &'v Value<'_>,
    kind: Option<ColumnType>,
) -> Result<Meaning<'v>, &'static str> {
    if value.said == Said::Bytes || kind == Some(ColumnType::Bytes) {
        return Ok(Meaning::Bytes(&value.bytes));
    }
    let text = text_of(&value.bytes)?;
    let typed = match kind {
        Some(ColumnType::Decimal | ColumnType::Float) => number(text),
        None if value.said == Said::Bare => number(text),
        Some(ColumnType::Boolean) => bit(&value.bytes).map(|bit| Meaning::Truth(bit == "1")),
        Some(ColumnType::Date) => {
            canonical(ColumnType::Date, text).filter(|words| is_day(words)).map(Meaning::Date)
        }
        Some(ColumnType::Time) => {
            canonical(ColumnType::Time, text).filter(|words| is_clock(words)).map(Meaning::Time)
        }
        Some(ColumnType::Timestamp) => {
            moment(text).map(|(day, clock)| Meaning::Timestamp(day, clock))
        }
        Some(ColumnType::Instant) => instant(text),
        _ => None,
    };
    Ok(typed.unwrap_or(Meaning::Text(text)))
}

fn number(text: &str) -> Option<Meaning<'_>> {
    is_number(text).then_some(Meaning::Number(text))
}

/// A day and a time of day.
fn moment(text: &str) -> Option<(String, String)> {
    let words = canonical(ColumnType::Timestamp, text)?;
    let (day, clock) = words.split_once(' ')?;
    (is_day(day) && is_clock(clock)).then(|| (day.to_owned(), clock.to_owned()))
}

/// The same with the offset that the value has; one without is in UTC.
fn instant(text: &str) -> Option<Meaning<'_>> {
    let sign = text.rfind(['+', '-']).filter(|&at| text[..at].contains(':'));
    let (local, offset) = match sign {
        Some(at) => (&text[..at], offset(&text[at..])?),
        None => (text.trim_end_matches(['Z', 'z']), "+00:00".to_owned()),
    };
    let (day, clock) = moment(local.trim_end_matches(' '))?;
    Some(Meaning::Instant(day, clock, offset))
}

/// `+01:00` of `+01`, `+0100` and itself.
fn offset(text: &str) -> Option<String> {
    let (sign, digits) = text.split_at(1);
    let digits: String = digits.chars().filter(|&c| c != ':').collect();
    let is_whole = matches!(digits.len(), 2 | 4) && digits.bytes().all(|b| b.is_ascii_digit());
    let minutes = digits.get(2..).filter(|minutes| !minutes.is_empty()).unwrap_or("00");
    is_whole.then(|| format!("{sign}{}:{minutes}", &digits[..2]))
}

fn canonical(kind: ColumnType, text: &str) -> Option<String> {
    String::from_utf8(kind.canonical(text.as_bytes()).into_owned()).ok()
}

/// Whether this is `0000-00-00` in its digits.
fn is_day(words: &str) -> bool {
    is_shaped(words, b"0000-00-00")
}

/// Whether this is `00:00:00` in its digits, with more of them behind a point where there is one.
fn is_clock(words: &str) -> bool {
    let (whole, part) = words.split_once('.').unwrap_or((words, "0"));
    is_shaped(whole, b"00:00:00") && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

fn is_shaped(words: &str, shape: &[u8]) -> bool {
    let fits = |(byte, model): (u8, &u8)| match model {
        b'0' => byte.is_ascii_digit(),
        mark => byte == *mark,
    };
    words.len() == shape.len() && words.bytes().zip(shape).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_their_columns_say() {
        use ColumnType::{Boolean, Date, Decimal, Instant, Text, Time, Timestamp};
        let owned = str::to_owned;
        let stamp = |day: &str, clock: &str| Meaning::Timestamp(owned(day), owned(clock));
        let instant = |clock: &str, offset: &str| {
            Meaning::Instant(owned("2026-02-03"), owned(clock), owned(offset))
        };
        for (kind, value, wanted) in [
            (Decimal, "-1.50", Meaning::Number("-1.50")),
            (Decimal, "NaN", Meaning::Text("NaN")),
            (Decimal, "1; DROP", Meaning::Text("1; DROP")),
            (Boolean, "true", Meaning::Truth(true)),
            (Boolean, "n", Meaning::Truth(false)),
            (Boolean, "2", Meaning::Text("2")),
            (Date, "20260203", Meaning::Date(owned("2026-02-03"))),
            (Date, "0044-03-15 BC", Meaning::Text("0044-03-15 BC")),
            // No day, and the database will say so.
            (Date, "2026-02-30", Meaning::Date(owned("2026-02-30"))),
            (Date, "yesterday", Meaning::Text("yesterday")),
            (Time, "04:05", Meaning::Time(owned("04:05:00"))),
            (Timestamp, "2026-02-03", stamp("2026-02-03", "00:00:00")),
            (Timestamp, "2026-02-03-04.05.06.700000", stamp("2026-02-03", "04:05:06.7")),
            (Timestamp, "03-FEB-26", stamp("2026-02-03", "00:00:00")),
            (Timestamp, "infinity", Meaning::Text("infinity")),
            (Instant, "2026-02-03 04:05:06.7+01", instant("04:05:06.7", "+01:00")),
            (Instant, "2026-02-03T04:05:06 -0330", instant("04:05:06", "-03:30")),
            (Instant, "2026-02-03 04:05:06Z", instant("04:05:06", "+00:00")),
            (Instant, "2026-02-03 04:05:06", instant("04:05:06", "+00:00")),
            (Instant, "2026-02-03 04:05:06+x", Meaning::Text("2026-02-03 04:05:06+x")),
            (Instant, "2026-02-03 04:05:06+é", Meaning::Text("2026-02-03 04:05:06+é")),
            (Text, "1", Meaning::Text("1")),
        ] {
            let value = Value::plain(value.as_bytes());
            assert_eq!(meaning(&value, Some(kind)), Ok(wanted), "{kind:?} {value:?}");
        }
    }

    #[test]
    fn what_a_dump_says_counts_where_nobody_says_more() {
        let said = |said, bytes: &'static [u8]| Value { said, bytes: bytes.into() };
        let bare = said(Said::Bare, b"1e3");
        assert_eq!(meaning(&bare, None), Ok(Meaning::Number("1e3")));
        assert_eq!(meaning(&said(Said::Text, b"1"), None), Ok(Meaning::Text("1")));
        assert_eq!(meaning(&said(Said::Bytes, b"\xff"), None), Ok(Meaning::Bytes(b"\xff")));
        assert_eq!(meaning(&said(Said::Text, b"\xff"), None), Err("bytes that are not UTF-8"));
    }
}
