//! Instants and days: generalized time (RFC 4517 section 3.3.13), Microsoft's count of 100 ns since 1601,
//! and the words of databases.
//!
//! A column without a zone holds what clocks show in the zone that the mapping file names. When clocks are
//! put back they show an hour twice: that is taken to be the first. What `table` makes of the words of
//! databases is read here, not the words themselves.
//!
//! An instant is what clocks show in UTC, for many tables say of what has no end that it ends in the last second
//! of the year 9999, which is further than `jiff` counts.

use std::borrow::Cow;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Span};

use super::not_of_type;
use crate::error::Unfit;
use crate::matching::time_zone_offset;
use crate::table::ColumnType;

const GENERALIZED: &str = "a generalized time such as `20240501080000Z`";
const DAY_AND_TIME: &str = "a date and a time";

/// The first of January 1601.
const FILE_TIME_EPOCH: DateTime = jiff::civil::date(1601, 1, 1).at(0, 0, 0, 0);

/// How many days 400 years of the Gregorian calendar have.
const CYCLE: i64 = 146_097;

/// What Microsoft writes where there is no end.
const NEVER: [&[u8]; 2] = [b"0", b"9223372036854775807"];

/// The time zone of times that have none.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    /// UTC.
    fn default() -> Zone {
        Zone(TimeZone::UTC)
    }
}

impl Zone {
    /// The zone of this name in the IANA database; `None` where there is none.
    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }
}

/// A generalized time in the words of a column.
pub(super) fn to_column(
    value: &[u8],
    column: Option<ColumnType>,
    zone: &Zone,
) -> Result<Vec<u8>, Unfit> {
    match generalized(value) {
        Some(instant) => column_words(instant, column, zone),
        None => not_of_type(GENERALIZED, value),
    }
}

/// The words of a column as a generalized time.
pub(super) fn to_attribute(
    words: &[u8],
    column: Option<ColumnType>,
    zone: &Zone,
) -> Result<Vec<u8>, Unfit> {
    let instant = column_instant(words, column, zone)?;
    let [time, fraction] = clock(instant, "%Y%m%d%H%M%S");
    Ok(format!("{time}{fraction}Z").into_bytes())
}

/// The day that begins at a generalized time.
pub(super) fn day_to_column(value: &[u8]) -> Result<Vec<u8>, Unfit> {
    match generalized(value).filter(|start| start.time() == jiff::civil::Time::midnight()) {
        Some(start) => Ok(start.date().to_string().into_bytes()),
        None => not_of_type("a generalized time at midnight (UTC)", value),
    }
}

/// The generalized time at which a day begins.
pub(super) fn day_to_attribute(words: &[u8]) -> Result<Vec<u8>, Unfit> {
    match day(words) {
        Some(day) => Ok([&day[..4], &day[5..7], &day[8..], b"000000Z"].concat()),
        None => not_of_type("a date", words),
    }
}

/// A count of 100 ns in the words of a column; none where it stands for no end.
pub(super) fn file_time_to_column(
    value: &[u8],
    column: Option<ColumnType>,
    zone: &Zone,
) -> Result<Option<Vec<u8>>, Unfit> {
    if NEVER.contains(&value) {
        return Ok(None);
    }
    match file_time(value) {
        Some(instant) => column_words(instant, column, zone).map(Some),
        None => not_of_type("a count of 100 ns since 1601", value),
    }
}

/// The words of a column as a count of 100 ns.
pub(super) fn file_time_to_attribute(
    words: &[u8],
    column: Option<ColumnType>,
    zone: &Zone,
) -> Result<Vec<u8>, Unfit> {
    let instant = column_instant(words, column, zone)?;
    let since = instant.duration_since(FILE_TIME_EPOCH).as_nanos();
    match since > 0 && since % 100 == 0 {
        true => Ok((since / 100).to_string().into_bytes()),
        false => not_of_type("a time after 1600 in steps of 100 ns", words),
    }
}

/// A day as `2024-05-01`, where the words are one or its midnight.
pub(super) fn day(words: &[u8]) -> Option<Vec<u8>> {
    let canonical = match ColumnType::Date.canonical(words) {
        day if day.len() == 10 => day,
        _ => Cow::Owned(ColumnType::Instant.canonical(words).strip_suffix(b" 00:00:00")?.to_vec()),
    };
    let start = [&*canonical, b" 00:00:00"].concat();
    datetime(&start).map(|_| canonical.into_owned())
}

/// The instant of words in a column, in the words that are the same for all of it.
pub(super) fn normal(words: &[u8], column: Option<ColumnType>, zone: &Zone) -> Option<Vec<u8>> {
    let instant = column_instant(words, column, zone).ok()?;
    let [time, fraction] = clock(instant, "%Y-%m-%d %H:%M:%S");
    Some(format!("{time}{fraction}").into_bytes())
}

/// A day and a time, then its part of a second with the point before it.
fn clock(at: DateTime, format: &str) -> [String; 2] {
    let fraction = match at.subsec_nanosecond() {
        0 => String::new(),
        nanoseconds => format!(".{}", format!("{nanoseconds:09}").trim_end_matches('0')),
    };
    [at.strftime(format).to_string(), fraction]
}

/// `2024-05-01 08:00:00+00`; without `+00`, and in the zone, where the column has no zone.
fn column_words(
    instant: DateTime,
    column: Option<ColumnType>,
    zone: &Zone,
) -> Result<Vec<u8>, Unfit> {
    let (at, offset) = match column {
        Some(ColumnType::Timestamp | ColumnType::Date) => match local(instant, zone) {
            Some(local) => (local, ""),
            None => {
                let [time, fraction] = clock(instant, "%Y-%m-%d %H:%M:%S");
                return not_of_type(DAY_AND_TIME, format!("{time}{fraction}+00").as_bytes());
            }
        },
        _ => (instant, "+00"),
    };
    let [time, fraction] = clock(at, "%Y-%m-%d %H:%M:%S");
    match (column, time.strip_suffix(" 00:00:00")) {
        (Some(ColumnType::Date), Some(day)) if fraction.is_empty() => Ok(day.as_bytes().to_vec()),
        (Some(ColumnType::Date), _) => Err(Unfit::NotOfColumn {
            wanted: ColumnType::Date.noun(),
            found: Some(format!("{time}{fraction}").into_bytes()),
        }),
        _ => Ok(format!("{time}{fraction}{offset}").into_bytes()),
    }
}

/// The instant that words mean: what has no offset is local, but in a column that holds instants.
fn column_instant(
    words: &[u8],
    column: Option<ColumnType>,
    zone: &Zone,
) -> Result<DateTime, Unfit> {
    let local = match column {
        Some(ColumnType::Instant) => None,
        _ => datetime(&ColumnType::Timestamp.canonical(words)),
    };
    if let Some(local) = local {
        return local_instant(local, words, zone);
    }
    let utc = datetime(&ColumnType::Instant.canonical(words));
    utc.map_or_else(|| not_of_type(DAY_AND_TIME, words), Ok)
}

/// What clocks of a zone show at an instant. Behind the last that `jiff` counts they go as they did a cycle before.
fn local(instant: DateTime, zone: &Zone) -> Option<DateTime> {
    if let Ok(timestamp) = Offset::UTC.to_timestamp(instant) {
        return Some(zone.0.to_datetime(timestamp));
    }
    let cycle = Span::new().days(CYCLE);
    let before = Offset::UTC.to_timestamp(instant.checked_sub(cycle).ok()?).ok()?;
    zone.0.to_datetime(before).checked_add(cycle).ok()
}

fn local_instant(local: DateTime, words: &[u8], zone: &Zone) -> Result<DateTime, Unfit> {
    let offset = match zone.0.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { .. } => {
            return Err(Unfit::NoSuchTime { found: Some(words.to_vec()) });
        }
    };
    let offset = SignedDuration::from_secs(i64::from(offset.seconds()));
    local.checked_sub(offset).or_else(|_| not_of_type(DAY_AND_TIME, words))
}

/// Reads `2024-05-01 08:00:00.5`, which is how `table` writes a time of the years that have four digits.
fn datetime(canonical: &[u8]) -> Option<DateTime> {
    let [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b' ', clock @ ..] = canonical else {
        return None;
    };
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = clock else { return None };
    let fraction = match rest {
        [] => &[][..],
        [b'.', digits @ ..] if !digits.is_empty() => digits,
        _ => return None,
    };
    let small = |tens: &u8, ones: &u8| i8::try_from(number(&[*tens, *ones])?).ok();
    let year = i16::try_from(number(&[*y1, *y2, *y3, *y4])?).ok().filter(|year| *year > 0)?;
    let nanoseconds = i32::try_from(nanoseconds(fraction, 1)?).ok()?;
    let (month, day) = (small(o1, o2)?, small(d1, d2)?);
    DateTime::new(year, month, day, small(h1, h2)?, small(m1, m2)?, small(s1, s2)?, nanoseconds)
        .ok()
}

/// `GeneralizedTime = century year month day hour [ minute [ second / leap-second ] ] [ fraction ]
/// g-time-zone`
pub(super) fn generalized(value: &[u8]) -> Option<DateTime> {
    let (date, i) = value.split_at_checked(8)?;
    let year = i16::try_from(number(&date[..4])?).ok().filter(|year| *year > 0)?;
    let small = |digits| i8::try_from(number(digits)?).ok();
    let day = jiff::civil::Date::new(year, small(&date[4..6])?, small(&date[6..])?).ok()?;
    let (hour, i) = two(i, 23)?;
    let (minute, i) = two(i, 59).map_or((None, i), |(minute, i)| (Some(minute), i));
    let (second, i) = match minute {
        Some(_) => two(i, 60).map_or((None, i), |(second, i)| (Some(second), i)),
        None => (None, i),
    };
    let unit = if minute.is_none() {
        3600
    } else if second.is_none() {
        60
    } else {
        1
    };
    let (fraction, i) = fraction(i)?;
    let seconds =
        hour * 3600 + minute.unwrap_or(0) * 60 + second.unwrap_or(0) - time_zone_offset(i)?;
    let since = SignedDuration::from_secs(seconds)
        .checked_add(SignedDuration::from_nanos(nanoseconds(fraction, unit)?))?;
    day.to_datetime(jiff::civil::Time::midnight()).checked_add(since).ok()
}

/// `fraction = ( DOT / COMMA ) 1*( %x30-39 )`, its digits.
fn fraction(i: &[u8]) -> Option<(&[u8], &[u8])> {
    let [b'.' | b',', rest @ ..] = i else { return Some((&[], i)) };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| rest.split_at(digits))
}

/// The nanoseconds of a fraction of so many seconds; none where it is finer than that.
fn nanoseconds(digits: &[u8], unit: i64) -> Option<i64> {
    let zeros = digits.iter().rev().take_while(|byte| **byte == b'0').count();
    let digits = &digits[..digits.len() - zeros];
    let scale = 10_i64.checked_pow(u32::try_from(digits.len()).ok().filter(|len| *len <= 9)?)?;
    Some(number(digits)? * unit * (1_000_000_000 / scale))
}

fn file_time(value: &[u8]) -> Option<DateTime> {
    let is_plain = !value.is_empty() && value.len() <= 19;
    let count = number(value).filter(|_| is_plain)?;
    let nanoseconds = i32::try_from(count % 10_000_000 * 100).ok()?;
    let seconds = count / 10_000_000;
    let day = FILE_TIME_EPOCH.checked_add(Span::new().try_days(seconds / 86400).ok()?).ok()?;
    day.checked_add(SignedDuration::new(seconds % 86400, nanoseconds)).ok()
}

fn two(i: &[u8], most: i64) -> Option<(i64, &[u8])> {
    let (digits, rest) = i.split_at_checked(2)?;
    number(digits).filter(|number| *number <= most).map(|number| (number, rest))
}

fn number(digits: &[u8]) -> Option<i64> {
    let step = |number: i64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    };
    digits.iter().try_fold(0, step)
}
