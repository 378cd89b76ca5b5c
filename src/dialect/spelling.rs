//! How MySQL and MariaDB spell the values of a column, whatever they were given: their guards compare texts, and a
//! value that was written in another spelling would not be found again.

use std::borrow::Cow;

use crate::dialect::meaning::{Meaning, meaning};
use crate::dialect::types::{arguments, first_word};
use crate::dialect::{Dialect, Labels, stored};
use crate::table::{ColumnType, Value};

/// How the values of a column are spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Days and times of this type, with so many digits of a second's fraction.
    Clock(ColumnType, usize),
    /// Numbers with so many decimals.
    Decimals(usize),
    /// Floating-point numbers of so many digits that are sure.
    Floating(usize),
    /// Texts without blanks behind them.
    Padded,
    /// Texts that the type says, or some of them.
    Labels(Labels),
    /// UUIDs.
    Uuid,
}

/// From here on a floating-point number is shown with an exponent, and below the other one.
const LARGE: f64 = 1e15;
const SMALL: f64 = 1e-15;

impl Dialect {
    /// How the values of a column are spelled whose type is called so; `None` where the database keeps them as they
    /// were written, or compares them as what they are.
    pub fn spelling(self, type_name: &str) -> Option<Spelling> {
        if !self.is_mysql() {
            return None;
        }
        let clock = |kind| {
            let digits = self.digits_of_second(Some(type_name)).unwrap_or_default();
            Some(Spelling::Clock(kind, digits))
        };
        let sizes = arguments(type_name);
        match first_word(type_name).to_ascii_lowercase().as_str() {
            "date" => clock(ColumnType::Date),
            "time" => clock(ColumnType::Time),
            "datetime" | "timestamp" => clock(ColumnType::Timestamp),
            _ if type_name.to_ascii_lowercase().contains("zerofill") => None,
            "decimal" | "dec" | "numeric" | "fixed" => {
                Some(Spelling::Decimals(sizes.get(1).copied().unwrap_or_default()))
            }
            "double" | "float" | "real" if sizes.len() == 2 => Some(Spelling::Decimals(sizes[1])),
            "double" | "real" => Some(Spelling::Floating(17)),
            // Of 25 bits and more it is a double.
            "float" if sizes.first().is_some_and(|&bits| bits > 24) => Some(Spelling::Floating(17)),
            "float" => Some(Spelling::Floating(6)),
            "char" | "character" | "nchar" => Some(Spelling::Padded),
            "enum" | "set" => self.labels(type_name).map(Spelling::Labels),
            "uuid" => Some(Spelling::Uuid),
            _ => None,
        }
    }
}

impl Spelling {
    /// A value as the column has it once it was written. One that it cannot have, or that it would round, is as it
    /// was.
    pub fn of<'v>(&self, value: &'v Value<'_>) -> Cow<'v, [u8]> {
        let spelled = match self {
            Spelling::Clock(kind, digits) => clock(value, *kind, *digits),
            Spelling::Decimals(count) => decimals(&value.bytes, *count),
            Spelling::Floating(digits) => floating(&value.bytes, *digits),
            Spelling::Padded => return ColumnType::Char.canonical(&value.bytes),
            Spelling::Labels(labels) => text(&value.bytes).and_then(|text| labels.spelled(text)),
            Spelling::Uuid => text(&value.bytes).and_then(stored::uuid),
        };
        spelled.map_or(Cow::Borrowed(&*value.bytes), |text| Cow::Owned(text.into_bytes()))
    }
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

fn clock(value: &Value<'_>, kind: ColumnType, digits: usize) -> Option<String> {
    match meaning(value, Some(kind)).ok()? {
        Meaning::Date(day) => Some(day),
        Meaning::Time(time) => with_fraction(&time, digits),
        Meaning::Timestamp(day, time) => Some(format!("{day} {}", with_fraction(&time, digits)?)),
        _ => None,
    }
}

/// A number, or a time, with so many digits behind its point; `None` where it has more.
fn with_fraction(text: &str, digits: usize) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match digits {
        _ if fraction.len() > digits => None,
        0 => Some(whole.to_owned()),
        _ => Some(format!("{whole}.{fraction:0<digits$}")),
    }
}

fn canonical(value: &[u8], kind: ColumnType) -> Option<String> {
    let words = String::from_utf8(kind.canonical(value).into_owned()).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b'-';
    words.bytes().all(is_plain).then_some(words)
}

fn decimals(value: &[u8], count: usize) -> Option<String> {
    with_fraction(&canonical(value, ColumnType::Decimal)?, count)
}

/// Its shortest digits, with an exponent where it is large or small. One of more digits than are sure is shown
/// rounded and kept otherwise.
fn floating(value: &[u8], digits: usize) -> Option<String> {
    let number: f64 = text(value)?.parse().ok()?;
    let with_exponent = format!("{number:e}");
    let mantissa = with_exponent.split('e').next().unwrap_or_default();
    let is_sure = mantissa.bytes().filter(u8::is_ascii_digit).count() <= digits;
    // It may have a sign before zero, or not.
    let is_known = number.is_finite() && number != 0.0 && is_sure;
    let is_plain = (SMALL..LARGE).contains(&number.abs());
    is_known.then(|| if is_plain { number.to_string() } else { with_exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spelled_as_the_column_shows_them() {
        for (kind, value, wanted) in [
            ("datetime(6)", "2024-07-01 14:30:05", "2024-07-01 14:30:05.000000"),
            ("datetime(6)", "2024-07-01 14:30:05.000000", "2024-07-01 14:30:05.000000"),
            ("timestamp(3)", "2024-07-01T14:30:05.5", "2024-07-01 14:30:05.500"),
            ("datetime", "2024-07-01", "2024-07-01 00:00:00"),
            ("datetime", "2024-07-01 14:30:05.5", "2024-07-01 14:30:05.5"),
            ("datetime", "0000-00-00 00:00:00", "0000-00-00 00:00:00"),
            ("timestamp", "2024-07-01 14:30:05+01", "2024-07-01 14:30:05+01"),
            ("date", "20240701", "2024-07-01"),
            ("time", "12:00", "12:00:00"),
            ("time(3)", "-10:00:00.500", "-10:00:00.500"),
            ("time(3)", "838:59:59.000", "838:59:59.000"),
            ("decimal(5,2)", "1.1", "1.10"),
            ("decimal(5,2)", "1.105", "1.105"),
            ("decimal(6,3) unsigned zerofill", "001.500", "001.500"),
            ("decimal(5)", "7.0", "7"),
            ("double", "1.10", "1.1"),
            ("double", "1e15", "1e15"),
            ("double", "123456789012345678", "1.2345678901234568e17"),
            ("double", "0.0000000000000015", "0.0000000000000015"),
            ("double", "1.5e-16", "1.5e-16"),
            ("double", "-0", "-0"),
            ("double(10,2)", "1.1", "1.10"),
            ("float", "1.10", "1.1"),
            ("float", "1234567.0", "1234567.0"),
            ("char(5)", "a  ", "a"),
            ("varchar(5)", "a  ", "a  "),
            ("set('a','b')", "b,A", "a,b"),
            ("enum('a','b')", "c", "c"),
            ("uuid", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ] {
            let spelled = |value: &str| {
                let value = Value::plain(value.as_bytes());
                let spelling = Dialect::Mariadb.spelling(kind);
                spelling.map_or(value.bytes.to_vec(), |one| one.of(&value).into_owned())
            };
            assert_eq!(String::from_utf8_lossy(&spelled(value)), wanted, "{kind} {value}");
        }
        assert_eq!(Dialect::Postgres.spelling("decimal(5,2)"), None);
    }
}
