//! What only scripts of SQL Server have: strings that it would break, and values with their type.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{map, opt, verify};
use nom::sequence::{delimited, preceded, terminated};

use super::Literals;
use super::call::{closing, comma, opening};
use super::head::{gaps, keyword, some_gap};
use super::row::{bytes, hex_number, null, number, text, type_size};
use super::string::{national, string};
use crate::dump::stuck::{Parsed, Stuck, or_expected, refuse};
use crate::error::{Expected, RowFault};
use crate::table::Cell;

/// `unbroken`: to the server a backslash before a line end is none of the string, nor is the line end;
/// to the table that was exported they were (S-25).
pub(super) fn unbroken(i: &[u8], with: Literals) -> Parsed<'_, Cow<'_, [u8]>> {
    let (rest, value) = alt((|i| string(i, with), |i| national(i, with))).parse(i)?;
    let literal = &i[..i.len() - rest.len()];
    let is_break =
        |at: &usize| literal[at + 1..].starts_with(b"\n") || literal[at + 1..].starts_with(b"\r\n");
    match memchr::memchr_iter(b'\\', literal).find(is_break) {
        Some(at) => refuse(&i[at..], 1, RowFault::BrokenString),
        None => Ok((rest, value)),
    }
}

/// `cast-as`
pub(super) fn cast_as(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    let (i, _) = opening("CAST").parse(i)?;
    let binary = (|i| hex_number(i, with), as_type, type_of_bytes);
    let plain = (|i| plain_operand(i, with), as_type, plain_type);
    let value = alt((map(binary, |(octets, ..)| bytes(octets)), map(plain, |(cell, ..)| cell)));
    or_expected(terminated(value, closing).parse(i), Expected::CallOfDump)
}

/// `convert`
pub(super) fn convert(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    let (i, _) = opening("CONVERT").parse(i)?;
    let binary = (binary_type, comma, |i| hex_number(i, with));
    let plain = (plain_type, comma, |i| plain_operand(i, with));
    let value = alt((map(binary, |(.., octets)| bytes(octets)), map(plain, |(.., cell)| cell)));
    or_expected(terminated(value, closing).parse(i), Expected::CallOfDump)
}

/// `plain-operand`
fn plain_operand(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    alt((null, number, map(|i| unbroken(i, with), text))).parse(i)
}

/// `plain-type`
fn plain_type(i: &[u8]) -> Parsed<'_, ()> {
    const NAMES: &[&str] = &[
        "bit",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "decimal",
        "numeric",
        "money",
        "smallmoney",
        "float",
        "real",
        "date",
        "time",
        "datetime",
        "datetime2",
        "datetimeoffset",
        "smalldatetime",
        "char",
        "varchar",
        "text",
        "nchar",
        "nvarchar",
        "ntext",
        "uniqueidentifier",
        "xml",
    ];
    sized(NAMES).parse(i)
}

/// `binary-type`
fn binary_type(i: &[u8]) -> Parsed<'_, ()> {
    sized(&["binary", "varbinary", "image", "rowversion"]).parse(i)
}

/// The same; bytes of any other type are a way to write it that nobody else has.
fn type_of_bytes(i: &[u8]) -> Parsed<'_, ()> {
    let Err(nom::Err::Error(_)) = binary_type(i) else { return binary_type(i) };
    let (_, kind) = take_while1(is_alphanumeric)(i)?;
    refuse(i, kind.len(), RowFault::BytesOfType { kind: kind.to_vec() })
}

fn as_type(i: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(some_gap, keyword("AS"), some_gap).parse(i)
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// One of these types, and how large its values are.
fn sized<'t>(
    names: &'static [&'static str],
) -> impl Parser<&'t [u8], Output = (), Error = Stuck<'t>> {
    let is_one = |word: &&[u8]| names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()));
    let name = verify(take_while1(is_alphanumeric), is_one);
    let max = delimited((tag("("), gaps), keyword("max"), (gaps, tag(")")));
    map((name, opt(preceded(gaps, alt((type_size, map(max, drop)))))), drop)
}
