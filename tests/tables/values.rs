//! When two values are one: random values in many spellings, with models that reckon otherwise.

use std::cmp::Ordering;

use ldifsync::table::ColumnType;

use crate::rng::Rng;
use crate::util::{cases, for_seeds};

const TYPES: [ColumnType; 10] = [
    ColumnType::Text,
    ColumnType::Char,
    ColumnType::Decimal,
    ColumnType::Float,
    ColumnType::Boolean,
    ColumnType::Date,
    ColumnType::Time,
    ColumnType::Timestamp,
    ColumnType::Instant,
    ColumnType::Bytes,
];

/// The words of a value, which are their own words.
#[track_caller]
fn words(kind: ColumnType, value: &str) -> String {
    let words = kind.canonical(value.as_bytes()).into_owned();
    assert_eq!(kind.canonical(&words), words, "{kind:?} {value:?}");
    String::from_utf8(words).expect("text")
}

/// Two spelled values have the same words if and only if they are the same.
#[track_caller]
fn assert_law(kind: ColumnType, left: &str, right: &str, are_same: bool) {
    let (a, b) = (words(kind, left), words(kind, right));
    assert_eq!(a == b, are_same, "{kind:?} {left:?} {right:?}: {a:?} {b:?}");
}

/// A number as a long count of units, each 10 to the power of `-FRACTION`.
#[derive(Clone, Debug, PartialEq)]
struct Number {
    is_negative: bool,
    /// Its digits, `WHOLE` before the point and `FRACTION` behind it.
    digits: Vec<u8>,
}

const WHOLE: usize = 100;
const FRACTION: usize = 100;

impl Number {
    /// One of few, so that two are often equal, with its digits around some power of ten.
    fn draw(rng: &mut Rng) -> Number {
        let mut digits = vec![0; WHOLE + FRACTION];
        let near = [WHOLE - 1, WHOLE, 5, WHOLE + 66, WHOLE - 66, WHOLE + FRACTION - 5];
        let at = near[rng.below(near.len())];
        for digit in &mut digits[at..at + 2] {
            *digit = [0, 0, 1, 9][rng.below(4)];
        }
        let is_negative = rng.chance(50) && digits.iter().any(|digit| *digit != 0);
        Number { is_negative, digits }
    }

    /// This number with a sign, zeros, a point and an exponent where they may be.
    fn spell(&self, rng: &mut Rng) -> String {
        let shift = if rng.chance(50) { 0 } else { rng.between(0, 60) };
        let is_up = rng.chance(50);
        let point = if is_up { WHOLE + shift } else { WHOLE - shift };
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let (mut whole, mut fraction) = (&digits[..point], &digits[point..]);
        while whole.starts_with('0') && rng.chance(99) {
            whole = &whole[1..];
        }
        while fraction.ends_with('0') && rng.chance(99) {
            fraction = &fraction[..fraction.len() - 1];
        }
        let is_zero = self.digits.iter().all(|digit| *digit == 0);
        let sign = match self.is_negative || (is_zero && rng.chance(20)) {
            true => "-",
            false => ["", "+"][rng.below(2)],
        };
        let whole = if whole.is_empty() && fraction.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() && rng.chance(50) { "" } else { "." };
        let exponent = match (shift, is_up) {
            (0, _) => ["", "e0", "E-00", "e+0"][rng.below(4)].to_owned(),
            (shift, true) => format!("e-{shift}"),
            (shift, false) => format!("{}{shift}", ["e", "e+", "E0"][rng.below(3)]),
        };
        format!("{sign}{whole}{point}{fraction}{exponent}")
    }
}

#[test]
fn equal_decimals_have_the_same_words() {
    for_seeds("decimals", cases() * 20, |_, rng| {
        let (a, b) = (Number::draw(rng), Number::draw(rng));
        assert_law(ColumnType::Decimal, &a.spell(rng), &a.spell(rng), true);
        assert_law(ColumnType::Decimal, &a.spell(rng), &b.spell(rng), a == b);
    });
}

/// A double in some of its spellings: the shortest, and more digits than it takes.
fn spell_double(double: f64, rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => format!("{double:?}"),
        1 => format!("{double:e}"),
        2 => format!("{double:.25e}"),
        _ => format!("+{double:.17E}").replace("+-", "-"),
    }
}

#[test]
fn equal_floats_have_the_same_words() {
    for_seeds("floats", cases() * 20, |_, rng| {
        let draw = |rng: &mut Rng| loop {
            let double = match rng.below(3) {
                0 => f64::from_bits(rng.next()),
                1 => f64::from(u32::try_from(rng.below(1000)).expect("small")) / 100.0,
                _ => f64::from_bits(0x4340_0000_0000_0000 + rng.next() % 4),
            };
            if double.is_finite() {
                return double;
            }
        };
        let (a, b) = (draw(rng), draw(rng));
        assert_law(ColumnType::Float, &spell_double(a, rng), &spell_double(a, rng), true);
        let are_same = a.partial_cmp(&b) == Some(Ordering::Equal);
        assert_law(ColumnType::Float, &spell_double(a, rng), &spell_double(b, rng), are_same);
        // Whole numbers that no double holds are not rounded.
        let whole = i64::from_le_bytes(rng.next().to_le_bytes()).saturating_add(1);
        let (left, right) = (format!("{whole}"), format!("{}", whole - 1));
        assert_law(ColumnType::Float, &left, &right, false);
        assert_eq!(words(ColumnType::Float, &left), left);
    });
}

/// Seconds since 1970, and digits of the one that has begun.
#[derive(Clone, Debug, PartialEq)]
struct Instant {
    seconds: i64,
    fraction: &'static str,
}

impl Instant {
    fn draw(rng: &mut Rng) -> Instant {
        const DAY: i64 = 86_400;
        // Around the ends of days, months, years and eras.
        let days = [0, 19_782, 19_783, -719_162, -719_163, 2_932_895, 11_016, 10_957];
        let second = i64::try_from(rng.below(4)).expect("small") - 2;
        let seconds = days[rng.below(days.len())] * DAY + second * 1800;
        let fractions = ["", "5", "000000001", "0000000001", "1234567891234"];
        Instant { seconds, fraction: fractions[rng.below(fractions.len())] }
    }

    /// This instant at an offset.
    fn spell(&self, rng: &mut Rng) -> String {
        let quarters = i64::try_from(rng.below(25)).expect("small") - 12;
        let offset = if rng.chance(30) { 0 } else { quarters * 900 };
        let local = self.seconds + offset;
        let (year, month, day) = civil(local.div_euclid(86_400));
        let second = local.rem_euclid(86_400);
        let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
        let date = match rng.below(3) {
            0 => format!("{year:04}{month:02}{day:02}"),
            _ => format!("{year:04}-{month:02}-{day:02}"),
        };
        let blank = ["T", " "][rng.below(2)];
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let fraction = match (self.fraction, rng.below(3)) {
            ("", 0) => String::new(),
            (digits, zeros) => format!(".{digits}{}", "0".repeat(zeros.max(1))),
        };
        let sign = if offset < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
        let offset = match rng.below(3) {
            _ if offset == 0 && rng.chance(60) => ["Z", "", " UTC", "+00"][rng.below(4)].to_owned(),
            0 if minutes == 0 => format!("{sign}{hours:02}"),
            1 => format!("{sign}{hours:02}{minutes:02}"),
            _ => format!("{sign}{hours:02}:{minutes:02}"),
        };
        format!("{date}{blank}{hour:02}:{minute:02}:{second:02}{fraction}{offset}{era}")
    }
}

/// Year, month and day of a number of days since 1970, counted one by one from a year whose first day
/// is known.
fn civil(days: i64) -> (i64, i64, i64) {
    let is_leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let before = |year: i64| {
        let year = year - 1;
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) - 719_162
    };
    let mut year = 1970 + days.div_euclid(366);
    while before(year + 1) <= days {
        year += 1;
    }
    while before(year) > days {
        year -= 1;
    }
    let mut day = days - before(year);
    for month in 1.. {
        let length = match month {
            2 => 28 + i64::from(is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if day < length {
            return (year, month, day + 1);
        }
        day -= length;
    }
    unreachable!("a year has no more than 366 days")
}

#[test]
fn equal_instants_have_the_same_words() {
    for_seeds("instants", cases() * 20, |_, rng| {
        let (a, b) = (Instant::draw(rng), Instant::draw(rng));
        assert_law(ColumnType::Instant, &a.spell(rng), &a.spell(rng), true);
        assert_law(ColumnType::Instant, &a.spell(rng), &b.spell(rng), a == b);
    });
}

#[test]
fn truth_has_many_words() {
    let (truths, lies) = (
        ["t", "TRUE", "1", "\u{1}", "y", "Yes", "on", "01"],
        ["f", "False", "0", "\0", "N", "no", "OFF", "00"],
    );
    for (a, b) in truths.into_iter().zip(lies) {
        assert_law(ColumnType::Boolean, a, truths[0], true);
        assert_law(ColumnType::Boolean, b, lies[0], true);
        assert_law(ColumnType::Boolean, a, b, false);
    }
    for other in ["2", "-1", "", "tt"] {
        assert_eq!(words(ColumnType::Boolean, other), other);
    }
}

#[test]
fn blanks_behind_characters_mean_nothing() {
    assert_law(ColumnType::Char, "ab  ", "ab", true);
    assert_law(ColumnType::Char, "  ", "", true);
    assert_law(ColumnType::Char, " ab", "ab", false);
    assert_law(ColumnType::Char, "ab\t", "ab", false);
    assert_law(ColumnType::Text, "ab ", "ab", false);
    assert_law(ColumnType::Bytes, "1.0", "1", false);
}

#[test]
fn any_bytes_have_words() {
    const PIECES: [&[u8]; 24] = [
        b"0",
        b"1",
        b"9",
        b"-",
        b"+",
        b".",
        b"e",
        b" ",
        b":",
        b"T",
        b"Z",
        b" BC",
        b"2024-02-29",
        b"00010101",
        b"24:00",
        b"23:59:60",
        b"99",
        b"01-JAN-",
        b"inf",
        b" PM",
        b"\xff",
        b"\0",
        b",",
        "١".as_bytes(),
    ];
    for_seeds("any bytes", cases() * 20, |_, rng| {
        let count = rng.below(12);
        let value: Vec<u8> =
            (0..count).flat_map(|_| PIECES[rng.below(PIECES.len())]).copied().collect();
        for value in [value, rng.bytes(count)] {
            for kind in TYPES {
                let words = kind.canonical(&value).into_owned();
                assert_eq!(kind.canonical(&words), words, "{kind:?} {}", value.escape_ascii());
            }
        }
    });
}
