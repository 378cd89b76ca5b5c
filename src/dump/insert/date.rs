//! Dates and times in the formats of Oracle ("Datetime Format Models"), in the words of ISO 8601.
//!
//! Read is what is the same whoever reads it: figures, and the names of months in English. Knows no SQL.

/// Why a date cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateFault {
    /// The format says something that is not understood, says it twice, or does not say which day.
    Format,
    /// The value is not in its format, or no day.
    Value,
}

/// A part of a format.
#[derive(Clone, Copy)]
enum Part {
    Year,
    /// Two digits, of the years 1950 to 2049.
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    /// One of the twelve before noon, or after it.
    HalfDayHour,
    HalfDay,
    Minute,
    Second,
    Fraction,
    ZoneHour,
    ZoneMinute,
    /// Hour and minute of a zone.
    Zone,
    /// What stands before a fraction.
    Radix,
    /// A byte that stands in the value too.
    Mark(u8),
}

/// The words of formats; one that begins like another stands before it.
const WORDS: &[(&str, Part)] = &[
    ("YYYY", Part::Year),
    ("RRRR", Part::Year),
    ("RR", Part::ShortYear),
    ("MON", Part::MonthName),
    ("MM", Part::Month),
    ("DD", Part::Day),
    ("HH24", Part::Hour),
    ("HH12", Part::HalfDayHour),
    ("HH", Part::HalfDayHour),
    ("AM", Part::HalfDay),
    ("PM", Part::HalfDay),
    ("MI", Part::Minute),
    ("SS", Part::Second),
    ("X", Part::Radix),
    ("FF", Part::Fraction),
    ("TZH", Part::ZoneHour),
    ("TZM", Part::ZoneMinute),
    ("TZR", Part::Zone),
];

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// A date in its format as `2024-02-29`, `2024-02-29 23:59:59.5` or with a zone, `+01:00`, behind.
pub(super) fn to_iso(value: &[u8], format: &[u8]) -> Result<String, DateFault> {
    let (mut moment, mut rest) = (Moment::default(), value);
    for part in parts(format).ok_or(DateFault::Format)? {
        rest = moment.read(part, rest)?;
    }
    if rest.is_empty() { moment.in_iso() } else { Err(DateFault::Value) }
}

/// The parts of a format; none where one is not understood.
fn parts(format: &[u8]) -> Option<Vec<Part>> {
    let (mut parts, mut rest) = (Vec::new(), format);
    while let Some((&byte, behind)) = rest.split_first() {
        rest = match byte {
            b'-' | b'/' | b',' | b'.' | b';' | b':' | b' ' => {
                parts.push(Part::Mark(byte));
                behind
            }
            b'"' => {
                let end = memchr::memchr(b'"', behind)?;
                parts.extend(behind[..end].iter().map(|byte| Part::Mark(*byte)));
                &behind[end + 1..]
            }
            _ => {
                let (word, part) = WORDS.iter().find(|(word, _)| begins(rest, word))?;
                parts.push(*part);
                &rest[word.len()..]
            }
        };
    }
    Some(parts)
}

fn begins(text: &[u8], word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// What a value says.
#[derive(Default)]
struct Moment<'v> {
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: Option<u32>,
    half_day_hour: Option<u32>,
    is_afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    fraction: Option<&'v str>,
    zone_hour: Option<(char, u32)>,
    zone_minute: Option<u32>,
}

impl<'v> Moment<'v> {
    /// Reads a part; what stands behind it.
    fn read(&mut self, part: Part, value: &'v [u8]) -> Result<&'v [u8], DateFault> {
        let century = |year| if year < 50 { 2000 + year } else { 1900 + year };
        match part {
            Part::Year => put(&mut self.year, digits(value, 4)),
            Part::ShortYear => {
                put(&mut self.year, digits(value, 2).map(|(year, rest)| (century(year), rest)))
            }
            Part::Month => put(&mut self.month, digits(value, 2)),
            Part::MonthName => put(&mut self.month, month_name(value)),
            Part::Day => put(&mut self.day, digits(value, 2)),
            Part::Hour => put(&mut self.hour, digits(value, 2)),
            Part::HalfDayHour => put(&mut self.half_day_hour, digits(value, 2)),
            Part::HalfDay => put(&mut self.is_afternoon, half_day(value)),
            Part::Minute => put(&mut self.minute, digits(value, 2)),
            Part::Second => put(&mut self.second, digits(value, 2)),
            Part::Fraction => put(&mut self.fraction, fraction(value)),
            Part::ZoneHour => put(&mut self.zone_hour, zone_hour(value)),
            Part::ZoneMinute => put(&mut self.zone_minute, digits(value, 2)),
            Part::Zone => {
                let rest = put(&mut self.zone_hour, zone_hour(value))?;
                let rest = rest.strip_prefix(b":").ok_or(DateFault::Value)?;
                put(&mut self.zone_minute, digits(rest, 2))
            }
            Part::Radix => value.strip_prefix(b".").ok_or(DateFault::Value),
            Part::Mark(byte) => value.strip_prefix(&[byte]).ok_or(DateFault::Value),
        }
    }

    /// All of it, if it is a day, and a time as far as there is one.
    fn in_iso(&self) -> Result<String, DateFault> {
        let (Some(year), Some(month), Some(day)) = (self.year, self.month, self.day) else {
            return Err(DateFault::Format);
        };
        let is_day = year > 0 && (1..=days_of(year, month)).contains(&day);
        let (time, zone) = (self.time()?, self.zone()?);
        match is_day {
            true => Ok(format!("{year:04}-{month:02}-{day:02}{time}{zone}")),
            false => Err(DateFault::Value),
        }
    }

    /// The time of day with a blank before it, nothing where there is none.
    fn time(&self) -> Result<String, DateFault> {
        let is_without = |rest: bool| if rest { Err(DateFault::Format) } else { Ok(String::new()) };
        let has = [self.minute.is_some(), self.second.is_some(), self.fraction.is_some()];
        let hour = match (self.hour, self.half_day_hour, self.is_afternoon) {
            (None, None, None) => return is_without(has.contains(&true)),
            (Some(hour), None, None) => hour,
            (None, Some(hour @ 1..=12), Some(is_afternoon)) => {
                hour % 12 + if is_afternoon { 12 } else { 0 }
            }
            (None, Some(_), Some(_)) => return Err(DateFault::Value),
            _ => return Err(DateFault::Format),
        };
        // No second without its minute.
        if !has.is_sorted_by(|a, b| a >= b) {
            return Err(DateFault::Format);
        }
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        if hour > 23 || minute > 59 || second > 59 {
            return Err(DateFault::Value);
        }
        let fraction = self.fraction.map_or_else(String::new, |digits| format!(".{digits}"));
        Ok(format!(" {hour:02}:{minute:02}:{second:02}{fraction}"))
    }

    /// The zone, nothing where there is none.
    fn zone(&self) -> Result<String, DateFault> {
        let is_timed = self.hour.or(self.half_day_hour).is_some();
        match (self.zone_hour, self.zone_minute.unwrap_or(0)) {
            (None, _) if self.zone_minute.is_none() => Ok(String::new()),
            (Some((sign, hour @ ..=14)), minute @ ..=59) if is_timed => {
                Ok(format!("{sign}{hour:02}:{minute:02}"))
            }
            (Some(_), _) if is_timed => Err(DateFault::Value),
            _ => Err(DateFault::Format),
        }
    }
}

/// Sets what is said once.
fn put<'v, T>(slot: &mut Option<T>, read: Option<(T, &'v [u8])>) -> Result<&'v [u8], DateFault> {
    let (value, rest) = read.ok_or(DateFault::Value)?;
    match slot.replace(value) {
        None => Ok(rest),
        Some(_) => Err(DateFault::Format),
    }
}

/// A number in so many digits.
fn digits(value: &[u8], count: usize) -> Option<(u32, &[u8])> {
    let (digits, rest) = value.split_at_checked(count)?;
    let number = std::str::from_utf8(digits).ok()?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((number.parse().ok().filter(|_| is_number)?, rest))
}

fn month_name(value: &[u8]) -> Option<(u32, &[u8])> {
    let month = (1..).zip(MONTHS).find(|(_, name)| begins(value, name));
    month.map(|(month, name)| (month, &value[name.len()..]))
}

fn half_day(value: &[u8]) -> Option<(bool, &[u8])> {
    let half = [("AM", false), ("PM", true)].into_iter().find(|(word, _)| begins(value, word));
    half.map(|(word, is_afternoon)| (is_afternoon, &value[word.len()..]))
}

/// One digit to nine.
fn fraction(value: &[u8]) -> Option<(&str, &[u8])> {
    let count = value.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = value.split_at(count);
    Some((std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty())?, rest))
}

fn zone_hour(value: &[u8]) -> Option<((char, u32), &[u8])> {
    let (sign, rest) = value.split_first().filter(|(sign, _)| b"+-".contains(sign))?;
    let (hour, rest) = digits(rest, 2)?;
    Some(((char::from(*sign), hour), rest))
}

fn days_of(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
