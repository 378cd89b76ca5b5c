//! The rules for values that are not text: numbers, times, bits, identifiers.
//!
//! Each gives the normal form of a value, or `None` where it does not have the rule's syntax.

use std::borrow::Cow;

use crate::schema::Schema;

/// How many digits of a fraction count. A value with more is compared as octets.
const FRACTION_DIGITS: usize = 18;

/// `integerMatch` (RFC 4517 sections 3.3.16, 4.2.19). The syntax allows each number one spelling.
pub(super) fn integer(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let zero = digits == b"0" && digits.len() == value.len();
    let leading = matches!(digits.first(), Some(b'1'..=b'9'));
    let conforms = zero || (leading && digits.iter().all(u8::is_ascii_digit));
    conforms.then_some(Cow::Borrowed(value))
}

/// `booleanMatch` (RFC 4517 sections 3.3.3, 4.2.2), in any case, since some tools write `true`.
pub(super) fn boolean(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match value {
        _ if value.eq_ignore_ascii_case(b"TRUE") => Some(Cow::Borrowed(b"TRUE")),
        _ if value.eq_ignore_ascii_case(b"FALSE") => Some(Cow::Borrowed(b"FALSE")),
        _ => None,
    }
}

/// `bitStringMatch` (RFC 4517 sections 3.3.2, 4.2.1): `'0101'B`; every bit counts.
pub(super) fn bit_string(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let bits = value.strip_prefix(b"'")?.strip_suffix(b"'B")?;
    bits.iter().all(|b| matches!(b, b'0' | b'1')).then_some(Cow::Borrowed(value))
}

/// `uuidMatch` (RFC 4530 sections 2.1, 2.2): hex digits in any case.
pub(super) fn uuid(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let well_formed = value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    well_formed.then(|| lower(value))
}

/// `objectIdentifierMatch` (RFC 4517 sections 3.3.26, 4.2.26): a name is the OID it stands for;
/// where the schema does not know it, the name in any case.
pub(super) fn object_identifier<'v>(schema: &Schema, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
    let conforms =
        value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b';'));
    if value.is_empty() || !conforms {
        return None;
    }
    let class = schema.class(value).map(|class| (&class.oid, &class.names));
    let known = class.or_else(|| schema.attribute(value).map(|t| (&t.oid, &t.names)));
    Some(match known {
        Some((oid, _)) if !oid.is_empty() => Cow::Owned(oid.as_bytes().to_vec()),
        Some((_, names)) => {
            Cow::Owned(names.first().map(|name| name.to_ascii_lowercase().into_bytes())?)
        }
        None => lower(value),
    })
}

fn lower(value: &[u8]) -> Cow<'_, [u8]> {
    match value.iter().any(u8::is_ascii_uppercase) {
        true => Cow::Owned(value.to_ascii_lowercase()),
        false => Cow::Borrowed(value),
    }
}

/// `generalizedTimeMatch` (RFC 4517 sections 3.3.13, 4.2.16): the instant, in units of 10⁻¹⁸
/// seconds from the year 0, as a number whose bytes are in the order of time.
pub(super) fn generalized_time(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let instant = instant(value)?;
    let ordered = instant.cast_unsigned() ^ (1 << 127);
    Some(Cow::Owned(ordered.to_be_bytes().to_vec()))
}

/// `GeneralizedTime = century year month day hour [ minute [ second / leap-second ] ]
/// [ fraction ] g-time-zone`
fn instant(value: &[u8]) -> Option<i128> {
    let (date, rest) = value.split_at_checked(8)?;
    let days = days_from_year_0(number(&date[..4])?, number(&date[4..6])?, number(&date[6..])?)?;
    let (hour, rest) = two_digits(rest, 23)?;
    let (minute, rest) = optional_two_digits(rest, 59)?;
    let (second, rest) = match minute {
        Some(_) => optional_two_digits(rest, 60)?,
        None => (None, rest),
    };
    let unit = match (minute, second) {
        (None, _) => 3600,
        (_, None) => 60,
        _ => 1,
    };
    let (fraction, rest) = fraction(rest)?;
    let seconds = days * 86_400 + hour * 3600 + minute.unwrap_or(0) * 60 + second.unwrap_or(0);
    let local = i128::from(seconds) * 10_i128.pow(18) + fraction * unit;
    Some(local - i128::from(time_zone_offset(rest)?) * 10_i128.pow(18))
}

/// Days from the first of January of the year 0 in the Gregorian calendar.
fn days_from_year_0(year: i64, month: i64, day: i64) -> Option<i64> {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let at = usize::try_from(month - 1).ok().filter(|&at| at < 12)?;
    let length = LENGTH[at] + i64::from(leap && at == 1);
    if day < 1 || day > length {
        return None;
    }
    let leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    Some(year * 365 + leap_days + BEFORE[at] + i64::from(leap && at > 1) + day - 1)
}

/// `fraction = ( DOT / COMMA ) 1*( %x30-39 )`, in units of 10⁻¹⁸.
fn fraction(i: &[u8]) -> Option<(i128, &[u8])> {
    let Some((b'.' | b',', rest)) = i.split_first() else { return Some((0, i)) };
    let (digits, rest) = rest.split_at(rest.iter().take_while(|b| b.is_ascii_digit()).count());
    let zeros = digits.iter().rev().take_while(|&&b| b == b'0').count();
    let significant = &digits[..digits.len() - zeros];
    if digits.is_empty() || significant.len() > FRACTION_DIGITS {
        return None;
    }
    let scale = 10_i128.pow(u32::try_from(FRACTION_DIGITS - significant.len()).ok()?);
    Some((significant.iter().fold(0, |n, b| n * 10 + i128::from(b - b'0')) * scale, rest))
}

/// `g-time-zone = %x5A / g-differential`, in seconds east of Greenwich.
pub(crate) fn time_zone_offset(i: &[u8]) -> Option<i64> {
    let (sign, rest) = match i {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = two_digits(rest, 23)?;
    let (minutes, rest) = optional_two_digits(rest, 59)?;
    rest.is_empty().then_some(sign * (hours * 3600 + minutes.unwrap_or(0) * 60))
}

fn optional_two_digits(i: &[u8], max: i64) -> Option<(Option<i64>, &[u8])> {
    match i.first() {
        Some(byte) if byte.is_ascii_digit() => {
            two_digits(i, max).map(|(number, rest)| (Some(number), rest))
        }
        _ => Some((None, i)),
    }
}

fn two_digits(i: &[u8], max: i64) -> Option<(i64, &[u8])> {
    let (digits, rest) = i.split_at_checked(2)?;
    number(digits).filter(|&n| n <= max).map(|n| (n, rest))
}

fn number(digits: &[u8]) -> Option<i64> {
    let digit = |n: i64, b: &u8| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0'));
    digits.iter().try_fold(0, digit)
}
