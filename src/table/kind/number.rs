//! Numbers: exact at any length, and as IEEE 754 has them.
//!
//! Both come out as `-12.5`, and where that would take many zeros as digits and an exponent, `15e-400`.

use std::borrow::Cow;

use super::word;

/// How many zeros are written out. A number that wants more has an exponent.
const ZEROS: usize = 64;

/// A number with an exponent beyond it is itself.
const LARGEST: u64 = 1_000_000_000_000_000_000;

/// A decimal of so many digits is the shortest of those that are one double (`DBL_DIG`).
const SURE_DIGITS: usize = 15;

/// What is no number to reckon with, as PostgreSQL writes it.
const BEYOND: &[(&str, &str)] = &[
    ("NaN", "NaN"),
    ("Infinity", "Infinity"),
    ("+Infinity", "Infinity"),
    ("-Infinity", "-Infinity"),
    ("Inf", "Infinity"),
    ("+Inf", "Infinity"),
    ("-Inf", "-Infinity"),
];

/// Whether this is a number, or what is none to reckon with.
pub(super) fn is_number(value: &[u8]) -> bool {
    Number::read(value).is_some() || word(value, BEYOND).is_some()
}

/// A number in the words of all that are equal to it.
pub(super) fn decimal(value: &[u8]) -> Cow<'_, [u8]> {
    match Number::read(value) {
        Some(number) => number.words(),
        None => Cow::Borrowed(word(value, BEYOND).unwrap_or(value)),
    }
}

/// The double that is nearest to a number, in its shortest words; a whole one of 64 bits in all its
/// digits, since `SQLite` has such numbers in columns of this type beyond those that a double can hold.
pub(super) fn float(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(number) = Number::read(value) else { return decimal(value) };
    let Ok(text) = simdutf8::basic::from_utf8(value) else { return Cow::Borrowed(value) };
    if number.is_sure() || text.parse::<i64>().is_ok() {
        return number.words();
    }
    // Rust reads every number that is one here.
    text.parse().map_or(Cow::Borrowed(value), |double| Cow::Owned(words_of(double)))
}

fn words_of(double: f64) -> Vec<u8> {
    const WHOLE: f64 = 9_223_372_036_854_775_808.0;
    if double.fract() == 0.0 && (-WHOLE..WHOLE).contains(&double) {
        // Exact: it is whole and in the range.
        return (double as i64).to_string().into_bytes();
    }
    // Rust writes the shortest digits that are this double, here with an exponent.
    decimal(format!("{double:e}").as_bytes()).into_owned()
}

/// A number as it is written.
struct Number<'v> {
    /// From where its sign may stand to its end.
    value: &'v [u8],
    /// Where its digits are: without zeros before and behind them that mean nothing, with the point
    /// where there is a fraction.
    digits: std::ops::Range<usize>,
    /// The power of ten.
    exponent: i64,
}

impl<'v> Number<'v> {
    /// `[ "+" / "-" ] ( 1*DIGIT [ "." *DIGIT ] / "." 1*DIGIT ) [ "e" [ "+" / "-" ] 1*DIGIT ]`
    fn read(value: &'v [u8]) -> Option<Number<'v>> {
        let start = usize::from(matches!(value.first(), Some(b'+' | b'-')));
        let whole = count_digits(&value[start..]);
        let mut end = start + whole;
        let mut fraction = 0;
        if value.get(end) == Some(&b'.') {
            fraction = count_digits(&value[end + 1..]);
            end += 1 + fraction;
        }
        if whole + fraction == 0 {
            return None;
        }
        let exponent = match &value[end..] {
            [] => 0,
            [b'e' | b'E', digits @ ..] => exponent(digits)?,
            _ => return None,
        };
        Some(Number { value, digits: trimmed(value, start, end), exponent })
    }

    fn digits(&self) -> &'v [u8] {
        &self.value[self.digits.clone()]
    }

    fn is_negative(&self) -> bool {
        self.value[0] == b'-'
    }

    fn is_zero(&self) -> bool {
        self.digits().iter().all(|byte| matches!(byte, b'0' | b'.'))
    }

    fn is_sure(&self) -> bool {
        self.is_zero() || (self.exponent == 0 && self.digits.len() <= SURE_DIGITS)
    }

    fn words(&self) -> Cow<'v, [u8]> {
        if self.is_zero() {
            return Cow::Borrowed(b"0");
        }
        match self.exponent.unsigned_abs() {
            ..=LARGEST => self.standing().map_or_else(|| self.written().into(), Cow::Borrowed),
            _ => Cow::Borrowed(self.value),
        }
    }

    /// The words, where they stand in the value.
    fn standing(&self) -> Option<&'v [u8]> {
        let digits = self.digits();
        let zeros = match digits {
            [b'.', ..] => return None,
            [b'0', b'.', fraction @ ..] => fraction.iter().take_while(|&&b| b == b'0').count(),
            digits if digits.contains(&b'.') => 0,
            digits => digits.iter().rev().take_while(|&&b| b == b'0').count(),
        };
        if self.exponent != 0 || zeros > ZEROS {
            return None;
        }
        match self.is_negative() {
            false => Some(digits),
            true => (self.digits.start == 1).then(|| &self.value[..self.digits.end]),
        }
    }

    /// The words, written anew.
    fn written(&self) -> Vec<u8> {
        let (whole, fraction) = match memchr::memchr(b'.', self.digits()) {
            Some(at) => (&self.digits()[..at], &self.digits()[at + 1..]),
            None => (self.digits(), &[][..]),
        };
        let digits = [whole, fraction].concat();
        let zeros = digits.iter().take_while(|&&byte| byte == b'0').count();
        let significant = without_zeros(&digits[zeros..]);
        let dropped = digits.len() - zeros - significant.len();
        let exponent = self.exponent - fraction.len() as i64 + dropped as i64;
        let mut words = Vec::with_capacity(significant.len() + 24);
        words.extend(self.is_negative().then_some(b'-'));
        write(&mut words, significant, exponent);
        words
    }
}

/// Digits that neither begin nor end with a zero, times a power of ten.
fn write(words: &mut Vec<u8>, digits: &[u8], exponent: i64) {
    let zeros = |count: i64| usize::try_from(count).ok().filter(|&count| count <= ZEROS);
    let point = digits.len() as i64 + exponent;
    match (zeros(exponent), usize::try_from(point), zeros(-point)) {
        (Some(zeros), ..) => {
            words.extend(digits);
            words.resize(words.len() + zeros, b'0');
        }
        (_, Ok(point @ 1..), _) if exponent < 0 => {
            words.extend(&digits[..point]);
            words.push(b'.');
            words.extend(&digits[point..]);
        }
        (.., Some(zeros)) => {
            words.extend(b"0.");
            words.resize(words.len() + zeros, b'0');
            words.extend(digits);
        }
        _ => {
            words.extend(digits);
            words.extend(format!("e{exponent}").as_bytes());
        }
    }
}

fn count_digits(i: &[u8]) -> usize {
    i.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|&&byte| byte == b'0').count();
    &digits[..digits.len() - zeros]
}

/// What is left of digits from `start` to `end` without the zeros before them, but for one, and those
/// behind a point.
fn trimmed(value: &[u8], mut start: usize, mut end: usize) -> std::ops::Range<usize> {
    while value[start] == b'0' && start + 1 < end && value[start + 1].is_ascii_digit() {
        start += 1;
    }
    if value[start..end].contains(&b'.') {
        end = start + without_zeros(&value[start..end]).len();
        end -= usize::from(value[end - 1] == b'.');
    }
    start..end
}

/// The exponent behind the `e`; the largest there is stands for all that are larger.
fn exponent(i: &[u8]) -> Option<i64> {
    let digits = i.strip_prefix(b"-").or(i.strip_prefix(b"+")).unwrap_or(i);
    if digits.is_empty() || count_digits(digits) < digits.len() {
        return None;
    }
    let step =
        |number: i64, byte: &u8| number.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
    let number = digits.iter().fold(0, step);
    Some(if i[0] == b'-' { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(of: fn(&[u8]) -> Cow<'_, [u8]>, value: &str) -> String {
        String::from_utf8(of(value.as_bytes()).into_owned()).expect("text")
    }

    #[test]
    fn decimals_are_exact() {
        for (value, wanted) in [
            ("0", "0"),
            ("-0.00", "0"),
            (".0", "0"),
            ("0e99999999999999999999", "0"),
            ("+00001037.01", "1037.01"),
            ("-007.50", "-7.5"),
            ("-7.50", "-7.5"),
            (".5", "0.5"),
            ("-.01", "-0.01"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.25E+1", "12.5"),
            ("1200e-2", "12"),
            ("1200e-6", "0.0012"),
            ("0.00120", "0.0012"),
            (
                "12345678901234567890123456789012345678.10",
                "12345678901234567890123456789012345678.1",
            ),
            ("1e999999999", "1e999999999"),
            ("10e999999998", "1e999999999"),
            ("-0.1e-999999999", "-1e-1000000000"),
            ("1e9999999999999999999", "1e9999999999999999999"),
            ("nan", "NaN"),
            ("INFINITY", "Infinity"),
            ("-inf", "-Infinity"),
        ] {
            assert_eq!(words(decimal, value), wanted, "{value}");
        }
        for none in
            ["", "-", ".", "e5", "1e", "1e+", "1 ", " 1", "1,5", "0x10", "--1", "1_000", "१"]
        {
            assert_eq!(words(decimal, none), none);
            assert_eq!(words(float, none), none);
        }
    }

    #[test]
    fn many_zeros_become_an_exponent() {
        let zeros = |count| "0".repeat(count);
        for (value, wanted) in [
            (format!("1{}", zeros(64)), format!("1{}", zeros(64))),
            (format!("1{}", zeros(65)), "1e65".to_owned()),
            (format!("0.{}1", zeros(64)), format!("0.{}1", zeros(64))),
            (format!("-0.{}10", zeros(65)), "-1e-66".to_owned()),
            (format!("1{}.5", zeros(65)), format!("1{}.5", zeros(65))),
            (format!("1.{}5", zeros(65)), format!("1.{}5", zeros(65))),
        ] {
            assert_eq!(words(decimal, &value), wanted);
            assert_eq!(words(decimal, &wanted), wanted);
        }
    }

    #[test]
    fn floats_are_doubles() {
        for (value, wanted) in [
            ("1037.0099999999999909", "1037.01"),
            ("1037.01", "1037.01"),
            ("0.1000000000000000055511151231257827", "0.1"),
            ("-0", "0"),
            ("-1e-999", "0"),
            ("1e999", "Infinity"),
            ("-9.0e+999", "-Infinity"),
            ("1e99999999999999999999", "Infinity"),
            ("NAN", "NaN"),
            ("9007199254740993", "9007199254740993"),
            ("+009007199254740993", "9007199254740993"),
            ("9007199254740993.0", "9007199254740992"),
            ("1.152921504606847e18", "1152921504606846976"),
            ("1152921504606846976", "1152921504606846976"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775808.0", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854776000"),
            ("5e-324", "5e-324"),
            ("4.9406564584124654e-324", "5e-324"),
            ("1.7976931348623157e308", "17976931348623157e292"),
            (".5", "0.5"),
            ("5.", "5"),
            ("123456789012345678.e-3", "123456789012345.67"),
        ] {
            assert_eq!(words(float, value), wanted, "{value}");
            assert_eq!(words(float, wanted), wanted);
        }
    }

    #[test]
    fn nothing_is_copied_that_stands_there() {
        for value in ["0", "12", "-12.5", "+012.500", "-0.0", "00.50", "1e5x", "NaN"] {
            assert!(matches!(decimal(value.as_bytes()), Cow::Borrowed(_)), "{value}");
            assert!(matches!(float(value.as_bytes()), Cow::Borrowed(_)), "{value}");
        }
    }
}
