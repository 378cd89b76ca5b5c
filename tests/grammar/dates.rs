//! Dates of Oracle, read again for the tests: S-26.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Some that are dates.
pub const DATES: &[&str] = &[
    "to_date('02-FEB-15','DD-MON-RR')",
    "TO_DATE ( '29.02.2024' , 'DD.MM.YYYY' )",
    "to_date('2024-02-29 23:59:59','YYYY-MM-DD HH24:MI:SS')",
    "to_date('2024-02-29T23','RRRR-MM-DD\"T\"HH24')",
    "to_timestamp('02-FEB-24 12.01.00.000000 AM','DD-MON-RR HH.MI.SSXFF AM')",
    "to_timestamp('31/12/1999, 01:02:03.5 pm','dd/mm/yyyy, hh12:mi:ss.ff am')",
    "to_timestamp_tz('02-FEB-24 08.01.00 PM +05:30','DD-MON-RR HH.MI.SS AM TZR')",
    "to_timestamp_tz('2024-02-02 08:01:00 -03:00','YYYY-MM-DD HH24:MI:SS TZH:TZM')",
];

/// What each word of a format is about, and how many bytes of the value it is at most.
const WORDS: [(&str, &str, usize); 17] = [
    ("YYYY", "year", 4),
    ("RRRR", "year", 4),
    ("RR", "year", 2),
    ("MON", "month", 3),
    ("MM", "month", 2),
    ("DD", "day", 2),
    ("HH24", "hour", 2),
    ("HH12", "half", 2),
    ("HH", "half", 2),
    ("AM", "noon", 2),
    ("PM", "noon", 2),
    ("MI", "minute", 2),
    ("SS", "second", 2),
    ("FF", "fraction", 9),
    ("TZH", "zone", 3),
    ("TZM", "zone-minute", 2),
    ("TZR", "zone", 6),
];

/// What is said of a date, by what it is about.
type Pieces = BTreeMap<&'static str, String>;

/// The pieces of a value; `None` where it is not in its format.
fn pieces(value: &str, format: &str) -> Option<Pieces> {
    let (mut pieces, mut value, mut format) = (Pieces::new(), value, format);
    while let Some(first) = format.chars().next() {
        if first == '"' {
            let (text, rest) = format[1..].split_once('"')?;
            (value, format) = (value.strip_prefix(text)?, rest);
        } else if "-/,.;: xX".contains(first) {
            let mark = if "xX".contains(first) { '.' } else { first };
            (value, format) = (value.strip_prefix(mark)?, &format[1..]);
        } else {
            let upper = format.to_ascii_uppercase();
            let (word, about, most) = WORDS.iter().find(|(word, ..)| upper.starts_with(word))?;
            let digits = value.chars().take_while(char::is_ascii_digit).count();
            let len = if *about == "fraction" { digits.min(*most) } else { *most };
            let (piece, rest) = value.split_at_checked(len)?;
            let (piece, minute) = match piece.split_once(':') {
                Some((hour, minute)) if *word == "TZR" => (hour, Some(minute)),
                _ => (piece, None),
            };
            let twice = pieces.insert(about, piece.to_uppercase());
            let again = minute.and_then(|m| pieces.insert("zone-minute", m.to_owned()));
            if twice.or(again).is_some() {
                return None;
            }
            (value, format) = (rest, &format[word.len()..]);
        }
    }
    value.is_empty().then_some(pieces)
}

fn number(piece: &str) -> Option<usize> {
    piece.bytes().all(|byte| byte.is_ascii_digit()).then(|| piece.parse().ok())?
}

/// Whether a value is a date, in its format. No byte beyond ASCII is drawn.
pub fn is_date(value: &[u8], format: &[u8]) -> bool {
    let [value, format] =
        [value, format].map(|text| text.is_ascii().then(|| String::from_utf8_lossy(text)));
    let pieces = value.zip(format).and_then(|(value, format)| pieces(&value, &format));
    pieces
        .is_some_and(|pieces| is_day(&pieces) == Some(true) && is_time(&pieces) && is_zone(&pieces))
}

fn is_day(pieces: &Pieces) -> Option<bool> {
    let year = &pieces.get("year")?;
    let year = number(year)? + if year.len() == 2 { 2000 } else { 0 };
    let months = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC";
    let month = match pieces.get("month")? {
        name if name.len() == 3 => months.split(' ').position(|month| month == name)? + 1,
        digits => number(digits)?,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap { 29 } else { 28 };
    let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let last = *days.get(month.checked_sub(1)?)?;
    Some(year > 0 && (1..=last).contains(&number(pieces.get("day")?)?))
}

fn is_time(pieces: &Pieces) -> bool {
    let has = |about| pieces.contains_key(about);
    let within = |about, range: RangeInclusive<usize>| {
        pieces.get(about).is_none_or(|piece| number(piece).is_some_and(|n| range.contains(&n)))
    };
    let is_timed = has("hour") || has("half");
    let is_halved = has("half") == has("noon") && !(has("hour") && has("half"));
    let is_whole = (is_timed || !has("minute")) && (has("minute") || !has("second"));
    let is_noon = pieces.get("noon").is_none_or(|noon| noon == "AM" || noon == "PM");
    let is_fraction =
        pieces.get("fraction").is_none_or(|piece| has("second") && number(piece).is_some());
    let is_within = within("hour", 0..=23) && within("half", 1..=12);
    is_halved
        && is_whole
        && is_noon
        && is_fraction
        && is_within
        && within("minute", 0..=59)
        && within("second", 0..=59)
}

fn is_zone(pieces: &Pieces) -> bool {
    let is_timed = pieces.contains_key("hour") || pieces.contains_key("half");
    let minute = pieces.get("zone-minute");
    let Some(zone) = pieces.get("zone") else { return minute.is_none() };
    let hour = zone.strip_prefix(['+', '-']).filter(|hour| hour.len() == 2);
    let is_within = |piece: &str, most| number(piece).is_some_and(|n| n <= most);
    is_timed
        && hour.is_some_and(|hour| is_within(hour, 14))
        && minute.is_none_or(|minute| minute.len() == 2 && is_within(minute, 59))
}
