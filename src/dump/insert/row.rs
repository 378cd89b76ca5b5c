//! The values of a row: `(1, 'a', NULL)`.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order. Knows no column.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{digit0, digit1, one_of};
use nom::combinator::{map, opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};

use super::head::{bare_name, gaps, is_name_byte, keyword, some_gap, table_name};
use super::string::{escape_string, introduced, is_hex, national, nibble, octets, string};
use super::{Literals, Style, call, mssql, oracle};
use crate::dump::stuck::{Parsed, fail, refuse};
use crate::error::{Expected, RowFault};
use crate::table::{Cell, Row, Said, Value};

/// `row`, in which `made` are the values that the database makes from others: there DEFAULT is none (S-27).
pub(super) fn row<'t>(i: &'t [u8], with: Literals, made: &[usize]) -> Parsed<'t, Row<'t>> {
    let Some(mut rest) = i.strip_prefix(b"(") else { return fail(i, Expected::OpeningOfRow) };
    let mut cells = Vec::new();
    loop {
        let (i, _) = gaps(rest)?;
        let is_made = made.contains(&cells.len());
        let (i, cell) = match is_made.then(|| keyword("DEFAULT").parse(i)) {
            Some(Ok((rest, _))) => (rest, None),
            _ => value(i, with)?,
        };
        cells.push(cell);
        let (i, _) = gaps(i)?;
        match i.split_first() {
            Some((b',', behind)) => rest = behind,
            Some((b')', behind)) => return Ok((behind, cells)),
            _ => return fail(i, Expected::SeparatorOfRow),
        }
    }
}

/// `value`
fn value(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    let read = match i.first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => numeric(i, with),
        _ => worded(i, with),
    };
    match read {
        Ok((rest, cell)) if with.style == Style::Postgres => {
            let (rest, _) = many0_count(|i| cast(i, with)).parse(rest)?;
            Ok((rest, cell))
        }
        Err(nom::Err::Error(_)) => no_value(i),
        read => read,
    }
}

/// A value that begins like a number.
fn numeric(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    match with.style {
        Style::Postgres | Style::Oracle => number(i),
        Style::Mysql | Style::Mssql => alt((map(|i| hex_number(i, with), bytes), number)).parse(i),
        Style::Sqlite => alt((number, infinity)).parse(i),
    }
}

/// A value that begins with a quote or a word.
fn worded(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    let string = map(|i| string(i, with), text);
    match with.style {
        Style::Postgres => {
            let bits = map(alt((hex_bits, bit_string)), text);
            alt((string, null, boolean, map(escape_string, text), bits)).parse(i)
        }
        Style::Mysql => {
            let national = map(|i| national(i, with), text);
            let binary = map(alt((hex_string, bit_bytes)), bytes);
            let introduced = |i| introduced(i, with);
            alt((string, null, boolean, introduced, national, binary)).parse(i)
        }
        Style::Sqlite => {
            let calls = map(alt((call::replace, call::unistr, call::cast_as_text)), text);
            alt((string, null, boolean, infinity, map(hex_string, bytes), calls)).parse(i)
        }
        Style::Mssql => {
            let typed = alt((|i| mssql::cast_as(i, with), |i| mssql::convert(i, with)));
            alt((map(|i| mssql::unbroken(i, with), text), null, typed)).parse(i)
        }
        Style::Oracle => {
            let calls = alt((oracle::to_date, oracle::hextoraw, oracle::empty_lob));
            alt((|i| oracle::concatenation(i, with), null, calls)).parse(i)
        }
    }
}

/// Says why what stands here is no value.
fn no_value(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    let (_, word) = take_while(is_name_byte)(i)?;
    if word.eq_ignore_ascii_case(b"DEFAULT") {
        return refuse(i, word.len(), RowFault::Default);
    }
    match word.first() {
        Some(_) => refuse(i, word.len(), RowFault::Computed { word: word.to_vec() }),
        None => fail(i, Expected::ValueOfRow),
    }
}

/// `null`
pub(super) fn null(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    map(keyword("NULL"), |_| None).parse(i)
}

/// `boolean`
fn boolean(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    map(alt((keyword("TRUE"), keyword("FALSE"))), bare).parse(i)
}

/// `number`
pub(super) fn number(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    let sign = || opt(one_of("+-"));
    let whole = recognize((digit1, opt((tag("."), digit0))));
    let part = recognize((tag("."), digit1));
    let exponent = (one_of("eE"), sign(), digit1);
    map(recognize((sign(), alt((whole, part)), opt(exponent))), bare).parse(i)
}

/// `infinity`, which has no literal: it is a number that is too large for any other.
fn infinity(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    let (rest, sign) = opt(one_of("+-")).parse(i)?;
    let (rest, _) = keyword("Inf").parse(rest)?;
    let number: &[u8] = if sign == Some('-') { b"-1e999" } else { b"1e999" };
    Ok((rest, bare(number)))
}

/// `hex-number`: of an odd number of digits the first is a byte.
pub(super) fn hex_number(i: &[u8], with: Literals) -> Parsed<'_, Vec<u8>> {
    let least = if with.style == Style::Mssql { 0 } else { 1 };
    map(preceded(tag("0x"), take_while_m_n(least, usize::MAX, is_hex)), octets).parse(i)
}

/// `hex-string`
pub(super) fn hex_string(i: &[u8]) -> Parsed<'_, Vec<u8>> {
    let (rest, digits) = preceded(keyword("X'"), take_while(is_hex)).parse(i)?;
    match rest.strip_prefix(b"'") {
        Some(behind) if digits.len().is_multiple_of(2) => Ok((behind, octets(digits))),
        _ => fail(rest, Expected::HexDigits),
    }
}

/// `bit-bytes`: the bits of as many bytes as they need, from the last one on.
pub(super) fn bit_bytes(i: &[u8]) -> Parsed<'_, Vec<u8>> {
    let (rest, digits) = bit_string(i)?;
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
    Ok((rest, digits.rchunks(8).rev().map(byte).collect()))
}

/// `bit-string`
fn bit_string(i: &[u8]) -> Parsed<'_, Vec<u8>> {
    let is_bit = |byte| matches!(byte, b'0' | b'1');
    let (rest, digits) = preceded(keyword("B'"), take_while(is_bit)).parse(i)?;
    match rest.strip_prefix(b"'") {
        Some(behind) => Ok((behind, digits.to_vec())),
        None => fail(rest, Expected::BitDigits),
    }
}

/// `hex-bits`: four bits a digit.
fn hex_bits(i: &[u8]) -> Parsed<'_, Vec<u8>> {
    let (rest, digits) = preceded(keyword("X'"), take_while(is_hex)).parse(i)?;
    let bits = |digit: &u8| format!("{:04b}", nibble(*digit)).into_bytes();
    match rest.strip_prefix(b"'") {
        Some(behind) => Ok((behind, digits.iter().flat_map(bits).collect())),
        None => fail(rest, Expected::HexDigits),
    }
}

/// `cast`: what a column holds is of its type already.
fn cast(i: &[u8], with: Literals) -> Parsed<'_, ()> {
    let (rest, _) = tag("::").parse(i)?;
    type_name(rest, with)
}

/// `type-name`
fn type_name(i: &[u8], with: Literals) -> Parsed<'_, ()> {
    let (i, _) = table_name(i, with, Expected::TypeOfCast)?;
    let words = || many0_count(preceded(some_gap, bare_name));
    let size = opt(preceded(gaps, type_size));
    let dimensions = many0_count((tag("["), digit0, tag("]")));
    (words(), size, words(), dimensions).map(drop).parse(i)
}

/// `type-size`
pub(super) fn type_size(i: &[u8]) -> Parsed<'_, ()> {
    let size = || delimited(gaps, digit1, gaps);
    (tag("("), size(), many0_count((tag(","), size())), tag(")")).map(drop).parse(i)
}

/// What is read, as what the dump says that it is.
fn bare(word: &[u8]) -> Cell<'_> {
    Some(Value { said: Said::Bare, bytes: Cow::Borrowed(word) })
}

/// The same for characters.
pub(super) fn text<'t>(bytes: impl Into<Cow<'t, [u8]>>) -> Cell<'t> {
    Some(Value { said: Said::Text, bytes: bytes.into() })
}

/// The same for bytes.
pub(super) fn bytes<'t>(bytes: impl Into<Cow<'t, [u8]>>) -> Cell<'t> {
    Some(Value { said: Said::Bytes, bytes: bytes.into() })
}
