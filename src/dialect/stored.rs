//! How PostgreSQL spells what it does not keep as it was written: JSON, numbers, times, addresses, UUIDs, and arrays.
//!
//! What cannot be told here for certain is `None`, and stays as it is.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::value::RawValue;

use crate::dialect::Bounds;
use crate::dialect::types::uuid_digits;
use crate::table::ColumnType;

/// So deep values of JSON and arrays may stand inside each other.
const DEEPEST: usize = 64;

/// A UUID.
pub(super) fn uuid(text: &str) -> Option<String> {
    let digits = uuid_digits(text)?;
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    Some(parts.map(|part| digits[part].to_owned()).join("-"))
}

/// An address of a host or a network; of a host alone without the length.
pub(super) fn address(text: &str) -> Option<String> {
    let (address, length, most) = parted(text)?;
    Some(match length {
        Some(length) if length != most => format!("{address}/{length}"),
        _ => address.to_string(),
    })
}

/// A network, which always has its length.
pub(super) fn network(text: &str) -> Option<String> {
    let (address, length, most) = parted(text)?;
    Some(format!("{address}/{}", length.unwrap_or(most)))
}

fn parted(text: &str) -> Option<(IpAddr, Option<u8>, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    // Which of them are shown with the numbers of version 4, is another rule.
    let is_plain = matches!(address, IpAddr::V4(_)) || !text.contains('.');
    let most = if address.is_ipv4() { 32 } else { 128 };
    is_plain.then_some((address, length, most))
}

/// The address of a device, of six or of eight bytes; one of six that is to have eight gets `ff` and `fe` in its middle.
pub(super) fn device(text: &str, bytes: usize) -> Option<String> {
    let text = text.trim_ascii().to_ascii_lowercase();
    let is_mark = |c: char| matches!(c, ':' | '-' | '.');
    let parts: Vec<&str> = text.split(is_mark).collect();
    let digits = match parts.as_slice() {
        // Each byte may have one digit.
        [_, _, _, _, _, _] if bytes == 6 => {
            parts.iter().map(|part| format!("{part:0>2}")).collect()
        }
        _ => parts.concat(),
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && parts.iter().all(|part| !part.is_empty())
        && text.matches(is_mark).collect::<Vec<_>>().windows(2).all(|pair| pair[0] == pair[1]);
    let digits = match digits.len() {
        12 if bytes == 8 => format!("{}fffe{}", digits.get(..6)?, digits.get(6..)?),
        _ => digits,
    };
    let pairs: Vec<&str> = (0..bytes).filter_map(|n| digits.get(2 * n..2 * n + 2)).collect();
    (is_plain && digits.len() == 2 * bytes).then(|| pairs.join(":"))
}

/// A number as a `numeric` has it: without an exponent, and with as many decimals as were written.
pub(super) fn numeric(text: &str) -> Option<String> {
    const LARGEST_EXPONENT: i32 = 1000;
    let text = text.trim_ascii();
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let exponent: i32 = exponent.parse().ok()?;
    if !are_digits || exponent.abs() > LARGEST_EXPONENT {
        return None;
    }
    let decimals = i32::try_from(fraction.len()).ok()? - exponent;
    let digits = match usize::try_from(-decimals) {
        Ok(zeros) => digits + &"0".repeat(zeros),
        Err(_) => digits,
    };
    let decimals = usize::try_from(decimals).unwrap_or_default();
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = digits.bytes().all(|byte| byte == b'0');
    let (sign, point) = (if is_zero { "" } else { sign }, if decimals == 0 { "" } else { "." });
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// A floating-point number in its shortest digits, with an exponent where it is small or has more than so many digits
/// before the point.
fn floating(text: &str, digits: i32) -> Option<String> {
    let shortest = match digits {
        FLOAT_DIGITS => format!("{:e}", text.trim_ascii().parse::<f32>().ok()?),
        _ => format!("{:e}", text.trim_ascii().parse::<f64>().ok()?),
    };
    let (mantissa, exponent) = shortest.split_once('e')?;
    let power: i32 = exponent.parse().ok()?;
    match (-4..digits).contains(&power) {
        true => numeric(&shortest),
        false => {
            let sign = if power < 0 { '-' } else { '+' };
            Some(format!("{mantissa}e{sign}{:02}", power.abs()))
        }
    }
}

/// How many digits a `real` has before the point where it is shown without an exponent, and a `double precision`.
const FLOAT_DIGITS: i32 = 6;
const DOUBLE_DIGITS: i32 = 15;

/// A number with so many decimals; `None` where it has more.
fn with_decimals(text: &str, count: usize) -> Option<String> {
    let number = numeric(text)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let point = if count == 0 { "" } else { "." };
    (fraction.len() <= count).then(|| format!("{whole}{point}{fraction:0<count$}"))
}

/// An element of an array that is of this type. Instants are shown in UTC where that is the time zone of the server.
pub(super) fn element(kind: ColumnType, bounds: Option<&Bounds>, text: &str) -> Option<String> {
    let words = String::from_utf8(kind.canonical(text.as_bytes()).into_owned()).ok()?;
    let is_of_calendar = words.starts_with(|c: char| c.is_ascii_digit()) && !words.ends_with("BC");
    match (kind, bounds) {
        (ColumnType::Decimal, Some(Bounds::Decimal { decimals, .. })) => {
            with_decimals(text, *decimals)
        }
        (ColumnType::Decimal, _) => numeric(text),
        (ColumnType::Float, Some(Bounds::Single(_))) => floating(text, FLOAT_DIGITS),
        (ColumnType::Float, _) => floating(text, DOUBLE_DIGITS),
        (ColumnType::Boolean | ColumnType::Date | ColumnType::Time | ColumnType::Timestamp, _) => {
            Some(words)
        }
        (ColumnType::Instant, _) if is_of_calendar && words.contains(':') => Some(words + "+00"),
        _ => None,
    }
}

/// Whether a text is JSON.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// A value of `jsonb`: the shortest names first, of two with one name the last.
pub(super) fn json(text: &str) -> Option<String> {
    let mut out = String::new();
    write_json(serde_json::from_str(text).ok()?, DEEPEST, &mut out)?;
    Some(out)
}

fn write_json(value: &RawValue, depth: usize, out: &mut String) -> Option<()> {
    let text = value.get();
    let depth = depth.checked_sub(1)?;
    match text.as_bytes().first()? {
        b'{' => {
            let all: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            let mut all: Vec<(String, &RawValue)> = all.into_iter().collect();
            all.sort_by_key(|(name, _)| name.len());
            let each = |(name, value): &(String, &RawValue), out: &mut String| {
                out.push_str(&serde_json::to_string(name).ok()?);
                out.push_str(": ");
                write_json(value, depth, out)
            };
            listed(["{", "}"], &all, each, out)
        }
        b'[' => {
            let all: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            listed(["[", "]"], &all, |value, out| write_json(value, depth, out), out)
        }
        b'"' => {
            let text: String = serde_json::from_str(text).ok()?;
            out.push_str(&serde_json::to_string(&text).ok()?);
            Some(())
        }
        b'-' | b'0'..=b'9' => {
            out.push_str(&numeric(text)?);
            Some(())
        }
        _ => {
            out.push_str(text);
            Some(())
        }
    }
}

fn listed<T>(
    [start, end]: [&str; 2],
    all: &[T],
    each: impl Fn(&T, &mut String) -> Option<()>,
    out: &mut String,
) -> Option<()> {
    out.push_str(start);
    for (n, one) in all.iter().enumerate() {
        out.push_str(if n == 0 { "" } else { ", " });
        each(one, out)?;
    }
    out.push_str(end);
    Some(())
}

/// An array: no blanks between its elements, and quotes where one needs them. `element` spells one.
pub(super) fn array(text: &str, element: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let rest = write_array(text.trim_ascii(), DEEPEST, element, &mut out)?;
    rest.is_empty().then_some(out)
}

/// Writes the array that a text begins with; answers what stands behind it.
fn write_array<'t>(
    text: &'t str,
    depth: usize,
    element: &impl Fn(&str) -> Option<String>,
    out: &mut String,
) -> Option<&'t str> {
    let depth = depth.checked_sub(1)?;
    let mut rest = text.strip_prefix('{')?.trim_ascii_start();
    out.push('{');
    if let Some(behind) = rest.strip_prefix('}') {
        out.push('}');
        return Some(behind);
    }
    loop {
        if rest.starts_with('{') {
            rest = write_array(rest, depth, element, out)?;
        } else {
            let (value, is_quoted, behind) = element_of(rest)?;
            match value.eq_ignore_ascii_case("null") && !is_quoted {
                true => out.push_str("NULL"),
                false => write_element(&element(&value)?, out),
            }
            rest = behind;
        }
        rest = rest.trim_ascii_start();
        if let Some(behind) = rest.strip_prefix(',') {
            out.push(',');
            rest = behind.trim_ascii_start();
        } else {
            out.push('}');
            return rest.strip_prefix('}');
        }
    }
}

/// The element that a text begins with, whether it stands in quotes, and what stands behind it.
fn element_of(text: &str) -> Option<(String, bool, &str)> {
    let is_quoted = text.starts_with('"');
    let inside = if is_quoted { &text[1..] } else { text };
    let (mut value, mut characters) = (String::new(), inside.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if is_quoted => value.push(characters.next()?.1),
            '"' if is_quoted => return Some((value, true, &inside[at + 1..])),
            ',' | '}' if !is_quoted => {
                let value = value.trim_ascii().to_owned();
                return (!value.is_empty()).then_some((value, false, &inside[at..]));
            }
            '\\' | '"' | '{' if !is_quoted => return None,
            _ => value.push(character),
        }
    }
    None
}

fn write_element(value: &str, out: &mut String) {
    let needs_quotes = |c: char| {
        matches!(c, '{' | '}' | ',' | '"' | '\\') || c.is_ascii_whitespace() || c == '\x0b'
    };
    let is_plain =
        !value.is_empty() && !value.eq_ignore_ascii_case("null") && !value.contains(needs_quotes);
    if is_plain {
        out.push_str(value);
        return;
    }
    out.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_spelled_as_the_database_shows_them() {
        type Spell = fn(&str) -> Option<String>;
        let list: Spell = |text| array(text, &|value| Some(value.to_owned()));
        let [six, eight]: [Spell; 2] = [|text| device(text, 6), |text| device(text, 8)];
        let instant: Spell = |text| element(ColumnType::Instant, None, text);
        let double: Spell = |text| element(ColumnType::Float, Some(&Bounds::Double), text);
        let single: Spell = |text| element(ColumnType::Float, Some(&Bounds::Single(None)), text);
        for (spell, text, wanted) in [
            (
                json as Spell,
                r#" {"bb":[1,2 ,{}],"a":"\u00e4\/","a":-0.0}"#,
                Some(r#"{"a": 0.0, "bb": [1, 2, {}]}"#),
            ),
            (json, r#""\u0001\t""#, Some(r#""\u0001\t""#)),
            (json, "[1e2, 1.50E+1, -1.5e-3, 0e5, 12e-1]", Some("[100, 15.0, -0.0015, 0, 1.2]")),
            (json, "1e9999", None),
            (numeric, "+007.50", Some("7.50")),
            (numeric, ".5", Some("0.5")),
            (numeric, "-0.00e1", Some("0.0")),
            (numeric, "NaN", None),
            (numeric, "é", None),
            (six, "08-00-2B-01-02-03", Some("08:00:2b:01:02:03")),
            (six, "8:0:2b:1:2:3", Some("08:00:2b:01:02:03")),
            (six, "0800.2b01.0203", Some("08:00:2b:01:02:03")),
            (six, "08002b010203", Some("08:00:2b:01:02:03")),
            (six, "08002b:010203", Some("08:00:2b:01:02:03")),
            (six, "08-00:2b-01-02-03", None),
            (six, "08:00:2b:01:02", None),
            (six, "0é:00:2b:01:02:0", None),
            (eight, "08-00-2B-01-02-03-04-05", Some("08:00:2b:01:02:03:04:05")),
            (eight, "08:00:2b:01:02:03", Some("08:00:2b:ff:fe:01:02:03")),
            (instant, "2024-07-01T14:30:05.50+02:00", Some("2024-07-01 12:30:05.5+00")),
            (instant, "infinity", None),
            (double, "1e3", Some("1000")),
            (double, "0.00001", Some("1e-05")),
            (double, "1.50e300", Some("1.5e+300")),
            (double, "NaN", None),
            (single, "1234567", Some("1.234567e+06")),
            (single, "0.10", Some("0.1")),
            (json, "nope", None),
            (address, "10.0.0.1/32", Some("10.0.0.1")),
            (address, "10.0.0.1/8", Some("10.0.0.1/8")),
            (address, "2001:DB8::0:1", Some("2001:db8::1")),
            (address, "::ffff:1.2.3.4", None),
            (network, "10.0.0.1", Some("10.0.0.1/32")),
            (network, "10/8", None),
            (
                uuid,
                "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
                Some("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ),
            (
                list,
                r#"{ a , "b", "c d","nu\"ll" , null, "NULL", ""}"#,
                Some(r#"{a,b,"c d","nu\"ll",NULL,"NULL",""}"#),
            ),
            (list, "{{1,2},{3,4}}", Some("{{1,2},{3,4}}")),
            (list, "{ }", Some("{}")),
            (list, "{a,}", None),
            (list, "[0:1]={a,b}", None),
            (list, "{a} b", None),
        ] {
            assert_eq!(spell(text).as_deref(), wanted, "{text}");
        }
    }
}
