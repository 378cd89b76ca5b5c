//! How PostgreSQL spells what it does not keep as it was written: JSON, addresses, UUIDs, and arrays.
//!
//! What cannot be told here for certain is `None`, and stays as it is.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::value::RawValue;

use crate::dialect::types::uuid_digits;

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
            let is_zero = !text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
            let text = if is_zero { text.trim_start_matches('-') } else { text };
            out.push_str(text);
            // What has an exponent is written without it, in a way of its own.
            (!text.contains(['e', 'E'])).then_some(())
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
        for (spell, text, wanted) in [
            (
                json as Spell,
                r#" {"bb":[1,2 ,{}],"a":"\u00e4\/","a":-0.0}"#,
                Some(r#"{"a": 0.0, "bb": [1, 2, {}]}"#),
            ),
            (json, r#""\u0001\t""#, Some(r#""\u0001\t""#)),
            (json, "1e2", None),
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
