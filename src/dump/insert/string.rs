//! Strings: quotes, escapes, and what stands before a quote.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order. A string in which
//! nothing is doubled or escaped is borrowed.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::combinator::{map, map_opt};
use nom::number::complete::u8;
use nom::sequence::preceded;

use super::call::unistr_escape;
use super::head::{gaps, keyword};
use super::row::{bit_bytes, bytes, hex_number, hex_string, text};
use super::{Escapes, Literals};
use crate::dump::stuck::{Parsed, Stuck, fail, or_expected, other, refuse};
use crate::error::{Expected, RowFault};
use crate::table::Cell;

/// `string`
pub(super) fn string(i: &[u8], with: Literals) -> Parsed<'_, Cow<'_, [u8]>> {
    match i.first() {
        Some(b'\'') => quoted(i, with.escapes()),
        Some(b'"') if with.has_double_quoted_strings() => quoted(i, with.escapes()),
        _ => other(i),
    }
}

/// `escape-string`
pub(super) fn escape_string(i: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    match keyword("E'").parse(i) {
        Ok(_) => quoted(&i[1..], Escapes::Postgres),
        Err(error) => Err(error),
    }
}

/// `national`
pub(super) fn national(i: &[u8], with: Literals) -> Parsed<'_, Cow<'_, [u8]>> {
    match keyword("N'").parse(i) {
        Ok(_) => quoted(&i[1..], with.escapes()),
        Err(error) => Err(error),
    }
}

/// `introduced`: the name of a character set before a string or its bytes.
pub(super) fn introduced(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    let (rest, _) = tag("_").parse(i)?;
    let (rest, name) = take_while(|b: u8| b.is_ascii_alphanumeric())(rest)?;
    let number = |i| hex_number(i, with);
    let octets = map(alt((hex_string, bit_bytes, number)), Cow::Owned);
    let (rest, value) = preceded(gaps, alt((|i| string(i, with), octets))).parse(rest)?;
    match &name.to_ascii_lowercase()[..] {
        b"binary" => Ok((rest, bytes(value))),
        b"utf8" | b"utf8mb3" | b"utf8mb4" => Ok((rest, text(value))),
        _ => refuse(i, name.len() + 1, RowFault::CharacterSet { name: name.to_vec() }),
    }
}

/// A string in quotes, of which the one that ends it is doubled inside.
pub(super) fn quoted(i: &[u8], escapes: Escapes) -> Parsed<'_, Cow<'_, [u8]>> {
    let quote = i[0];
    let (mut value, mut rest) = (Cow::Borrowed(&i[..0]), &i[1..]);
    loop {
        let found = match escapes {
            Escapes::None => memchr::memchr(quote, rest),
            _ => memchr::memchr2(quote, b'\\', rest),
        };
        let Some(at) = found else { return refuse(i, 1, RowFault::OpenQuote) };
        append(&mut value, &rest[..at]);
        rest = match &rest[at..] {
            [mark, again, behind @ ..] if *mark == quote && *again == quote => {
                value.to_mut().push(quote);
                behind
            }
            [mark, behind @ ..] if *mark == quote => return Ok((behind, value)),
            [_] => return refuse(i, 1, RowFault::OpenQuote),
            mark => escape(mark, escapes, value.to_mut())?.0,
        };
    }
}

/// What stands behind a backslash, and it.
fn escape<'t>(i: &'t [u8], escapes: Escapes, value: &mut Vec<u8>) -> Parsed<'t, ()> {
    match escapes {
        Escapes::None => other(i),
        Escapes::Mysql => mysql_escape(i, value),
        Escapes::Postgres => postgres_escape(i, value),
        Escapes::Unistr => {
            let (rest, c) = or_expected(unistr_escape(i), Expected::UnicodeEscape)?;
            value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            Ok((rest, ()))
        }
    }
}

/// Makes a value longer; the first piece of it is borrowed.
pub(in crate::dump) fn append<'t>(value: &mut Cow<'t, [u8]>, piece: &'t [u8]) {
    match value {
        Cow::Borrowed([]) => *value = Cow::Borrowed(piece),
        value => value.to_mut().extend_from_slice(piece),
    }
}

/// `mysql-escape`: a byte that means nothing is itself.
fn mysql_escape<'t>(i: &'t [u8], value: &mut Vec<u8>) -> Parsed<'t, ()> {
    let (rest, byte) = preceded(tag("\\"), u8).parse(i)?;
    match byte {
        b'0' => value.push(0),
        b'b' => value.push(8),
        b'n' => value.push(b'\n'),
        b'r' => value.push(b'\r'),
        b't' => value.push(b'\t'),
        b'Z' => value.push(0x1a),
        // These are for patterns, and keep their backslash for them.
        b'%' | b'_' => value.extend([b'\\', byte]),
        byte => value.push(byte),
    }
    Ok((rest, ()))
}

/// `postgres-escape`: a byte that means nothing is itself.
fn postgres_escape<'t>(i: &'t [u8], value: &mut Vec<u8>) -> Parsed<'t, ()> {
    let (behind, byte) = preceded(tag("\\"), u8).parse(i)?;
    if let b'u' | b'U' = byte {
        let Ok((rest, c)) = unicode(&i[1..]) else { return fail(i, Expected::UnicodeEscape) };
        value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        return Ok((rest, ()));
    }
    let (rest, byte) = match byte {
        b'b' => (behind, 8),
        b'f' => (behind, 0xc),
        b'n' => (behind, b'\n'),
        b'r' => (behind, b'\r'),
        b't' => (behind, b'\t'),
        byte => code(&i[1..]).unwrap_or((behind, byte)),
    };
    value.push(byte);
    Ok((rest, ()))
}

/// `code`: of three octal digits the last eight bits count.
pub(in crate::dump) fn code(i: &[u8]) -> Parsed<'_, u8> {
    let is_octal = |byte: u8| matches!(byte, b'0'..=b'7');
    let byte = |radix| move |digits: &[u8]| number(digits, radix).to_le_bytes()[0];
    let octal = map(take_while_m_n(1, 3, is_octal), byte(8));
    let hex = map(preceded(tag("x"), take_while_m_n(1, 2, is_hex)), byte(16));
    alt((octal, hex)).parse(i)
}

/// `unicode`: beyond the first 65,536 characters, two surrogates of UTF-16 or one long number.
fn unicode(i: &[u8]) -> Parsed<'_, char> {
    let half = |i| preceded(tag("u"), hex_code(4)).parse(i);
    let pair = |(high, low): (u32, u32)| {
        let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
        is_pair.then(|| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    };
    let pair = map_opt((half, preceded(tag("\\"), half)), pair);
    let one = alt((half, preceded(tag("U"), hex_code(8))));
    alt((map_opt(one, char::from_u32), map_opt(pair, char::from_u32))).parse(i)
}

/// The number in so many hexadecimal digits.
pub(super) fn hex_code<'t>(
    digits: usize,
) -> impl Parser<&'t [u8], Output = u32, Error = Stuck<'t>> {
    map(take_while_m_n(digits, digits, is_hex), |digits| number(digits, 16))
}

/// The number that digits are, of which there are at most eight.
fn number(digits: &[u8], radix: u32) -> u32 {
    digits.iter().fold(0, |number, digit| number * radix + u32::from(nibble(*digit)))
}

pub(super) fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// What a hexadecimal digit counts.
pub(super) fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// The bytes in hexadecimal digits; of an odd number of digits the first is a byte.
pub(super) fn octets(digits: &[u8]) -> Vec<u8> {
    let (first, pairs) = digits.split_at(digits.len() % 2);
    let pairs = pairs.chunks_exact(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1]));
    first.iter().map(|digit| nibble(*digit)).chain(pairs).collect()
}
