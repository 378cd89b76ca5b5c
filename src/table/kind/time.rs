//! Days, times of day and instants, as databases write them.
//!
//! `2024-02-02 08:01:00.5` comes out, an instant in UTC. Digits of a second are compared as digits, so
//! that there may be any number of them. What is no day of the years 9999 BC to 999999 is itself.

use std::borrow::Cow;

use jiff::civil::Date;

use super::word;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What no clock shows, as PostgreSQL writes it.
const ENDLESS: &[(&str, &str)] =
    &[("infinity", "infinity"), ("+infinity", "infinity"), ("-infinity", "-infinity")];

const MONTHS: [&[u8]; 12] = [
    b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC",
];

/// Whether this is a day, with a time and an offset or without, or what stands for one: MySQL's zeros, the
/// ends of PostgreSQL's calendar, Oracle's names of time zones.
pub(super) fn is_day(value: &[u8]) -> bool {
    let is_end = |rest| offset(rest).is_some() || is_region(rest);
    local(value).is_some_and(|(_, rest)| is_end(rest))
        || word(value, ENDLESS).is_some()
        || beyond_calendar(value).is_some_and(is_end)
}

/// Whether this is a time of day, or MySQL's time that has passed.
pub(super) fn is_time(value: &[u8]) -> bool {
    let is_passed = || {
        let i = value.strip_prefix(b"-").unwrap_or(value);
        // Of three digits the first is no part of a clock's hour.
        let i = if i.get(3) == Some(&b':') { &i[1..] } else { i };
        let (minutes, i) = digits(i, 2).and_then(|(_, i)| digits(i.strip_prefix(b":")?, 2))?;
        let (seconds, i) = digits(i.strip_prefix(b":")?, 2)?;
        let (_, rest) = fraction(i)?;
        Some(minutes < 60 && seconds < 60 && rest.is_empty())
    };
    matches!(clock(value), Some((_, []))) || is_passed() == Some(true)
}

/// What is left behind a day that no calendar has here, and its time: one of more digits of a year than are read,
/// or of which a part is zero.
fn beyond_calendar(value: &[u8]) -> Option<&[u8]> {
    let len = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (month, i) = digits(value.get(len..)?.strip_prefix(b"-")?, 2)?;
    let (day, i) = digits(i.strip_prefix(b"-")?, 2)?;
    let is_far = (5..=7).contains(&len);
    let is_zero = len == 4 && (month == 0 || day == 0);
    let rest = match i {
        [b'T' | b' ', rest @ ..] => clock(rest)?.1,
        rest => rest,
    };
    ((is_far || is_zero) && month <= 12 && day <= 31).then_some(rest)
}

/// Whether this is the name of a time zone, `EUROPE/BERLIN`, behind a blank.
fn is_region(i: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
    i.strip_prefix(b" ").is_some_and(|name| name.contains(&b'/') && name.iter().all(is_part))
}

/// A day; where there is a time with it, it is midnight.
pub(super) fn date(value: &[u8]) -> Cow<'_, [u8]> {
    match local(value) {
        Some((Moment { day, years, clock: Clock { seconds: 0, fraction: [] } }, [])) => {
            words(value, &day_words(day, years), &[], era(day))
        }
        _ => endless(value),
    }
}

/// A time of day. The end of a day is not its beginning.
pub(super) fn time(value: &[u8]) -> Cow<'_, [u8]> {
    match clock(value) {
        Some((clock, [])) => words(value, &clock_words(clock.seconds), clock.fraction, ""),
        _ => Cow::Borrowed(value),
    }
}

/// A day and a time. A day alone is its midnight, and the end of a day is the beginning of the next.
pub(super) fn timestamp(value: &[u8]) -> Cow<'_, [u8]> {
    let moment = local(value).filter(|(_, rest)| rest.is_empty());
    let moment = moment.and_then(|(moment, _)| moment.later(0));
    moment.map_or_else(|| endless(value), |moment| moment.words(value))
}

/// An instant, in UTC; one without an offset is taken to be that already.
pub(super) fn instant(value: &[u8]) -> Cow<'_, [u8]> {
    let moment = local(value).and_then(|(moment, rest)| moment.later(-offset(rest)?));
    moment.map_or_else(|| endless(value), |moment| moment.words(value))
}

fn endless(value: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(word(value, ENDLESS).unwrap_or(value))
}

/// What a value says before its offset.
struct Moment<'v> {
    day: Date,
    /// How many years later it is: of a year that the calendar does not have, whole turns of it.
    years: i64,
    clock: Clock<'v>,
}

/// A time of day.
struct Clock<'v> {
    /// Since midnight; those of a whole day are its end.
    seconds: i64,
    /// The digits of a part of a second, without zeros behind them.
    fraction: &'v [u8],
}

impl<'v> Moment<'v> {
    /// This moment or one less than a day away, with the seconds of its day.
    fn later(self, seconds: i64) -> Option<Moment<'v>> {
        let Moment { day, years, clock } = self;
        let seconds = clock.seconds + seconds;
        let day = match seconds.div_euclid(DAY) {
            0 => day,
            1.. => day.tomorrow().ok()?,
            _ => day.yesterday().ok()?,
        };
        // The year 10000 BC is none of those with four digits.
        let clock = Clock { seconds: seconds.rem_euclid(DAY), ..clock };
        (day.year() > -9999).then_some(Moment { day, years, clock })
    }

    fn words(&self, value: &'v [u8]) -> Cow<'v, [u8]> {
        let day = day_words(self.day, self.years);
        let head = [&day, &b" "[..], &clock_words(self.clock.seconds)].concat();
        words(value, &head, self.clock.fraction, era(self.day))
    }
}

/// The words where they stand in the value, or written anew.
fn words<'v>(value: &'v [u8], head: &[u8], fraction: &[u8], era: &str) -> Cow<'v, [u8]> {
    let point: &[u8] = if fraction.is_empty() { b"" } else { b"." };
    let parts = [head, point, fraction, era.as_bytes()];
    let len = parts.iter().map(|part| part.len()).sum();
    let stand = value.iter().zip(parts.into_iter().flatten()).take_while(|(a, b)| a == b).count();
    match value.get(..len).filter(|_| stand == len) {
        Some(standing) => Cow::Borrowed(standing),
        None => Cow::Owned(parts.concat()),
    }
}

fn day_words(day: Date, years: i64) -> Vec<u8> {
    let year = i64::from(day.year()) + years;
    let year = if year > 0 { year } else { 1 - year };
    format!("{year:04}-{:02}-{:02}", day.month(), day.day()).into_bytes()
}

fn era(day: Date) -> &'static str {
    if day.year() > 0 { "" } else { " BC" }
}

fn clock_words(seconds: i64) -> [u8; 8] {
    let mut words = *b"00:00:00";
    put(&mut words[..2], seconds / 3600);
    put(&mut words[3..5], seconds / 60 % 60);
    put(&mut words[6..], seconds % 60);
    words
}

/// Writes a number into all of these digits.
fn put(digits: &mut [u8], mut number: i64) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(number % 10).unwrap_or(0)];
        number /= 10;
    }
}

/// A day, and a time where there is one, `BC` behind all or not; and what is left of it.
fn local(value: &[u8]) -> Option<(Moment<'_>, &[u8])> {
    let before = value.len().checked_sub(3).filter(|&at| value[at..].eq_ignore_ascii_case(b" BC"));
    let i = &value[..before.unwrap_or(value.len())];
    let (year, month, day, rest) = year_month_day(i)?;
    let year = if before.is_some() { 1 - year } else { year };
    let number = |n: i64| i8::try_from(n).ok();
    let (year, years) = turned(year)?;
    let day = Date::new(year, number(month)?, number(day)?).ok()?;
    let (clock, rest) = match rest {
        [] => (Clock { seconds: 0, fraction: &[] }, rest),
        // The hyphen is Db2's: `2024-02-02-08.01.00.000000`.
        [b'T' | b't' | b' ' | b'-', rest @ ..] => clock(rest)?,
        _ => return None,
    };
    Some((Moment { day, years, clock }, rest))
}

/// `2015-02-02`, `20150202`, Oracle's `02-FEB-2015` and `02-FEB-15`.
fn year_month_day(i: &[u8]) -> Option<(i64, i64, i64, &[u8])> {
    extended(i).or_else(|| basic(i)).or_else(|| named_month(i))
}

/// A year as one that the calendar has, with days behind it, and how many years later it is.
fn turned(year: i64) -> Option<(i16, i64)> {
    /// From here on.
    const LAST: i64 = 9999;
    /// After so many years the days of the calendar are the same again.
    const TURN: i64 = 400;
    const PLAIN: i64 = 2000;
    let near = if year < LAST { year } else { PLAIN + year % TURN };
    Some((i16::try_from(near).ok()?, year - near))
}

/// A year of more than four digits does not begin with zero.
fn extended(i: &[u8]) -> Option<(i64, i64, i64, &[u8])> {
    let len = i.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_far = matches!(len, 5 | 6) && i[0] != b'0';
    let (year, i) = digits(i, if is_far { len } else { 4 })?;
    let (month, i) = digits(i.strip_prefix(b"-")?, 2)?;
    let (day, i) = digits(i.strip_prefix(b"-")?, 2)?;
    Some((year, month, day, i))
}

fn basic(i: &[u8]) -> Option<(i64, i64, i64, &[u8])> {
    let (year, i) = digits(i, 4)?;
    let (month, i) = digits(i, 2)?;
    let (day, i) = digits(i, 2)?;
    (!i.first().is_some_and(u8::is_ascii_digit)).then_some((year, month, day, i))
}

/// A year of two digits is the one that Oracle's `RR` reads until 2049: from 1950 to then.
fn named_month(i: &[u8]) -> Option<(i64, i64, i64, &[u8])> {
    let (day, i) = digits(i, 2)?;
    let (name, i) = i.strip_prefix(b"-")?.split_at_checked(3)?;
    let month = (1..).zip(MONTHS).find(|(_, month)| name.eq_ignore_ascii_case(month))?.0;
    let i = i.strip_prefix(b"-")?;
    let (year, i) = match digits(i, 4) {
        Some(found) => found,
        None => {
            let (year, i) = digits(i, 2)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, i)
        }
    };
    Some((year, month, day, i))
}

/// `08:01`, `08:01:00.5`, `08.01.00.5`, `080100`, with `AM` or `PM` behind it where it has that; and
/// what is left. There is a second 60, which is the first of the next minute, and an hour 24, of which
/// there is only the beginning.
fn clock(i: &[u8]) -> Option<(Clock<'_>, &[u8])> {
    let (hour, i) = digits(i, 2)?;
    let separator: &[u8] = match i.first()? {
        b':' => b":",
        b'.' => b".",
        _ => b"",
    };
    let (minute, i) = digits(i.strip_prefix(separator)?, 2)?;
    let second = i.strip_prefix(separator).and_then(|i| digits(i, 2));
    let (fraction, rest) = match second {
        Some((_, i)) => fraction(i)?,
        None => (&[][..], i),
    };
    let second = second.map_or(0, |(second, _)| second);
    let (hour, rest) = half_of_day(hour, rest)?;
    let seconds = hour * 3600 + minute * 60 + second;
    let is_there =
        minute < 60 && second <= 60 && (hour < 24 || (seconds == DAY && fraction.is_empty()));
    is_there.then_some((Clock { seconds, fraction }, rest))
}

/// `[ ( "." / "," ) 1*DIGIT ]`, without zeros at the end.
fn fraction(i: &[u8]) -> Option<(&[u8], &[u8])> {
    let [b'.' | b',', i @ ..] = i else { return Some((&[], i)) };
    let (digits, rest) = i.split_at(i.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let zeros = digits.iter().rev().take_while(|&&byte| byte == b'0').count();
    (!digits.is_empty()).then_some((&digits[..digits.len() - zeros], rest))
}

/// The hour of a day from one of a half, where `AM` or `PM` says which.
fn half_of_day(hour: i64, i: &[u8]) -> Option<(i64, &[u8])> {
    let (half, rest) = i.strip_prefix(b" ").unwrap_or(i).split_at_checked(2).unwrap_or((&[], i));
    let noon = match half {
        _ if half.eq_ignore_ascii_case(b"AM") => 0,
        _ if half.eq_ignore_ascii_case(b"PM") => 12,
        _ => return Some((hour, i)),
    };
    (1..=12).contains(&hour).then_some((hour % 12 + noon, rest))
}

/// The seconds of an offset that is all that is left: `Z`, `UTC`, `+05:30`, `+0530`, `-08`, with a
/// blank before it or not, and PostgreSQL's `+00:53:28`; none where there is nothing.
fn offset(i: &[u8]) -> Option<i64> {
    let i = i.strip_prefix(b" ").unwrap_or(i);
    let (sign, i) = match i {
        [b'+', i @ ..] => (1, i),
        [b'-', i @ ..] => (-1, i),
        _ => {
            return [&b""[..], b"Z", b"UTC"]
                .iter()
                .any(|utc| i.eq_ignore_ascii_case(utc))
                .then_some(0);
        }
    };
    let (hours, i) = digits(i, 2)?;
    let (minutes, i) = smaller(i)?;
    let (seconds, i) = smaller(i)?;
    (i.is_empty() && hours < 24).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// `[ [ ":" ] 2DIGIT ]`, less than 60.
fn smaller(i: &[u8]) -> Option<(i64, &[u8])> {
    match i {
        [] => Some((0, i)),
        i => digits(i.strip_prefix(b":").unwrap_or(i), 2).filter(|(number, _)| *number < 60),
    }
}

/// The number of so many digits.
fn digits(i: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (digits, rest) = i.split_at_checked(count)?;
    let step = |number: i64, byte: &u8| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    };
    Some((digits.iter().try_fold(0, step)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_words(of: fn(&[u8]) -> Cow<'_, [u8]>, rows: &[(&str, &str)]) {
        for (value, wanted) in rows {
            let words = |value: &str| String::from_utf8(of(value.as_bytes()).into_owned());
            assert_eq!(words(value).as_deref(), Ok(*wanted), "{value}");
            assert_eq!(words(wanted).as_deref(), Ok(*wanted), "again, {value}");
        }
    }

    /// These are none of the type.
    #[track_caller]
    fn assert_none(of: fn(&[u8]) -> Cow<'_, [u8]>, values: &[&str]) {
        let rows: Vec<_> = values.iter().map(|value| (*value, *value)).collect();
        assert_words(of, &rows);
    }

    #[test]
    fn days() {
        assert_words(
            date,
            &[
                ("2015-02-02", "2015-02-02"),
                ("20150202", "2015-02-02"),
                ("02-FEB-15", "2015-02-02"),
                ("02-feb-1915", "1915-02-02"),
                ("31-DEC-49", "2049-12-31"),
                ("01-JAN-50", "1950-01-01"),
                ("2015-02-02 00:00:00.000", "2015-02-02"),
                ("2015-02-02T00:00", "2015-02-02"),
                ("0044-03-15 BC", "0044-03-15 BC"),
                ("00440315 bc", "0044-03-15 BC"),
                ("0000-12-31", "0001-12-31 BC"),
                ("9999-12-31 BC", "9999-12-31 BC"),
                ("2000-02-29", "2000-02-29"),
                ("-INFINITY", "-infinity"),
            ],
        );
        assert_none(
            date,
            &[
                "",
                "0000-00-00",
                "2024-00-10",
                "2023-02-29",
                "1900-02-29",
                "2024-13-01",
                "10000-01-01",
                "201502020",
                "2015-2-2",
                "2015-02-02 00:00:01",
                "2015-02-02 00:00:00.01",
                "2015-02-02 24:00:00",
                "2015-02-02Z",
                "2015-02-02 ",
                "02-FEV-15",
                "02/02/2015",
                " BC",
                "2015-02-02x",
            ],
        );
    }

    #[test]
    fn times_of_day() {
        assert_words(
            time,
            &[
                ("08:01:00", "08:01:00"),
                ("08:01", "08:01:00"),
                ("08.01.00", "08:01:00"),
                ("080100", "08:01:00"),
                ("08:01:00.500", "08:01:00.5"),
                ("08:01:00,5", "08:01:00.5"),
                ("08:01:00.1234567890123450", "08:01:00.123456789012345"),
                ("12:00 AM", "00:00:00"),
                ("12:30:00pm", "12:30:00"),
                ("01.00.00 PM", "13:00:00"),
                ("24:00:00.000", "24:00:00"),
                ("23:59:60", "24:00:00"),
                ("10:00:60.5", "10:01:00.5"),
            ],
        );
        assert_none(
            time,
            &[
                "",
                "8:01",
                "24:00:01",
                "24:00:00.5",
                "25:00:00",
                "08:60:00",
                "08:01:61",
                "08:01:00.",
                "13:00 PM",
                "00:30 AM",
                "08:01:00+00",
                "-08:01:00",
                "838:59:59",
                "08:01:00 ",
            ],
        );
    }

    #[test]
    fn days_with_times() {
        assert_words(
            timestamp,
            &[
                ("2024-02-02 08:01:00", "2024-02-02 08:01:00"),
                ("2024-02-02T08:01:00.000000", "2024-02-02 08:01:00"),
                ("2024-02-02 08:01", "2024-02-02 08:01:00"),
                ("2024-02-02", "2024-02-02 00:00:00"),
                ("20240202T080100", "2024-02-02 08:01:00"),
                ("20240202 08:01:00", "2024-02-02 08:01:00"),
                ("2024-02-02-08.01.00.000000", "2024-02-02 08:01:00"),
                ("02-FEB-24 08.01.00.000000 AM", "2024-02-02 08:01:00"),
                ("02-FEB-24 08.01.00.120000000 PM", "2024-02-02 20:01:00.12"),
                ("2024-02-02 08:01:00.1234567890123", "2024-02-02 08:01:00.1234567890123"),
                ("2024-02-28 24:00:00", "2024-02-29 00:00:00"),
                ("2016-12-31 23:59:60.5", "2017-01-01 00:00:00.5"),
                ("0044-03-15 10:00:00.50 BC", "0044-03-15 10:00:00.5 BC"),
                ("0001-12-31 24:00 BC", "0001-01-01 00:00:00"),
                ("9999-12-31 24:00:00", "10000-01-01 00:00:00"),
                ("10000-01-01T00:00", "10000-01-01 00:00:00"),
                ("Infinity", "infinity"),
            ],
        );
        assert_none(
            timestamp,
            &[
                "0000-00-00 00:00:00",
                "2024-02-02 08:01:00Z",
                "2024-02-02 08:01:00+00",
                "2024-02-02  08:01:00",
                "2024-02-02T",
                "2024-02-02 08",
                "2024-02-02-05",
                "2024-02-02 08:01:00 AD",
            ],
        );
    }

    #[test]
    fn instants() {
        assert_words(
            instant,
            &[
                ("2024-02-02 08:01:00+00", "2024-02-02 08:01:00"),
                ("2024-02-02T08:01:00Z", "2024-02-02 08:01:00"),
                ("2024-02-02 08:01:00 utc", "2024-02-02 08:01:00"),
                ("2024-02-02 08:01:00", "2024-02-02 08:01:00"),
                ("2024-02-02 09:01:00.50+01", "2024-02-02 08:01:00.5"),
                ("2024-02-02 13:31:00+05:30", "2024-02-02 08:01:00"),
                ("2024-02-02T13:31:00+0530", "2024-02-02 08:01:00"),
                ("2024-02-01 20:01:00-12", "2024-02-02 08:01:00"),
                ("2024-03-01 00:30:00+01", "2024-02-29 23:30:00"),
                ("2024-02-02", "2024-02-02 00:00:00"),
                ("02-FEB-24 09.01.00.000000 AM +01:00", "2024-02-02 08:01:00"),
                ("1890-01-01 00:53:28+00:53:28", "1890-01-01 00:00:00"),
                ("0001-01-01 00:30:00+01", "0001-12-31 23:30:00 BC"),
                ("0044-03-15 10:00:00+00 BC", "0044-03-15 10:00:00 BC"),
                ("9999-12-31 23:30:00-01", "10000-01-01 00:30:00"),
                ("10000-01-01 00:30:00+01", "9999-12-31 23:30:00"),
                ("12024-01-01 10:45:00+05:45", "12024-01-01 05:00:00"),
                ("12024-03-01 00:30:00.50+01", "12024-02-29 23:30:00.5"),
                ("294276-12-31 23:59:59+00", "294276-12-31 23:59:59"),
                ("infinity", "infinity"),
            ],
        );
        assert_none(
            instant,
            &[
                "02024-01-01 00:00:00+00",
                "12023-02-29 00:00:00+00",
                "12024-01-01 00:00:00+00 BC",
                "2024-02-02 08:01:00+1",
                "2024-02-02 08:01:00+24",
                "2024-02-02 08:01:00+00:60",
                "2024-02-02 08:01:00 EUROPE/BERLIN",
                "2024-02-02 08:01:00ZZ",
                "9999-01-01 00:30:00+01 BC",
            ],
        );
    }

    #[test]
    fn what_stands_for_a_day_or_a_time_is_one() {
        for day in [
            "2026-02-28",
            "20260228",
            "28-FEB-26 08.01.00.5 AM",
            "2026-02-28 24:00:00",
            "2026-02-28T08:01:00Z",
            "2026-02-28 08:01:00+05:30",
            "2026-02-28 08:01:00 EUROPE/BERLIN",
            "0044-03-15 BC",
            "0044-03-15 10:00:00+00 BC",
            "-infinity",
            "0000-00-00",
            "0000-00-00 00:00:00.000000",
            "2026-00-10",
            "2026-02-00 10:00:00",
            "294276-12-31 23:59:59+00",
            "5874897-12-31",
        ] {
            assert!(is_day(day.as_bytes()), "{day}");
        }
        for none in [
            "",
            "abc",
            "2026-02-30",
            "2026-13-01",
            "2026-02-28x",
            "2026-02-28 25:00:00",
            "2026-02-28 08:01:00 noon",
            "0000-13-00",
            "10000-02-32",
            "02/28/2026",
            "1772236800",
        ] {
            assert!(!is_day(none.as_bytes()), "{none}");
        }
        for time in ["08:01", "24:00:00", "-08:01:00.5", "838:59:59", "-838:59:59.000000"] {
            assert!(is_time(time.as_bytes()), "{time}");
        }
        for none in ["", "8", "08:60:00", "838:59", "8380:00:00", "08:01:00+01", "-08:01:61"] {
            assert!(!is_time(none.as_bytes()), "{none}");
        }
    }

    #[test]
    fn nothing_is_copied_that_stands_there() {
        for value in ["2024-02-02 08:01:00.50+00", "2024-02-02 08:01:00", "0000-00-00", "infinity"]
        {
            assert!(matches!(instant(value.as_bytes()), Cow::Borrowed(_)), "{value}");
        }
        assert!(matches!(date(b"2024-02-02 00:00"), Cow::Borrowed(b"2024-02-02")));
        assert!(matches!(time(b"08:01:00.000"), Cow::Borrowed(b"08:01:00")));
    }
}
