//! Calls with which dumps write what no literal holds.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::digit1;
use nom::combinator::{map, map_opt, opt};
use nom::sequence::{delimited, preceded};

use super::Escapes;
use super::head::{gaps, keyword, some_gap};
use super::row::hex_string;
use super::string::{hex_code, quoted};
use crate::dump::stuck::{Parsed, Stuck, or_expected, other, refuse};
use crate::error::{Expected, RowFault};

/// How many calls may stand inside each other (S-22): as many as `SQLite` takes.
const MAX_DEPTH: usize = 1000;

/// `replace`: those inside each other are done from the innermost.
pub(super) fn replace(i: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    let (mut rest, _) = opening("replace").parse(i)?;
    let mut depth = 1;
    while let Ok((inner, _)) = opening("replace").parse(rest) {
        if depth == MAX_DEPTH {
            return refuse(rest, "replace".len(), RowFault::TooDeep { limit: MAX_DEPTH });
        }
        (rest, depth) = (inner, depth + 1);
    }
    let (mut rest, mut value) = or_expected(plain_string(rest), Expected::CallOfDump)?;
    for _ in 0..depth {
        let (i, (from, to)) = or_expected(replacement(rest), Expected::CallOfDump)?;
        (rest, _) = or_expected(closing(i), Expected::CallOfDump)?;
        value = Cow::Owned(replaced(&value, &from, to));
    }
    Ok((rest, value))
}

/// `replacement`: what is put in is no longer than what it is put in for, so that no value grows (S-23).
fn replacement(i: &[u8]) -> Parsed<'_, (Cow<'_, [u8]>, char)> {
    let (i, from) = preceded(comma, plain_string).parse(i)?;
    let (start, _) = comma(i)?;
    let (rest, to) = character(start)?;
    if to.len_utf8() > from.len() {
        return refuse(start, start.len() - rest.len(), RowFault::ReplacementGrows);
    }
    Ok((rest, (from, to)))
}

/// `character`, if there is one of this number (S-24).
fn character(i: &[u8]) -> Parsed<'_, char> {
    let number = |digits| std::str::from_utf8(digits).ok()?.parse().ok();
    delimited(opening("char"), map_opt(map_opt(digit1, number), char::from_u32), closing).parse(i)
}

/// `unistr`
pub(super) fn unistr(i: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    let (i, _) = opening("unistr").parse(i)?;
    let string = match i.first() {
        Some(b'\'') => quoted(i, Escapes::Unistr),
        _ => other(i),
    };
    let (i, value) = or_expected(string, Expected::CallOfDump)?;
    let (i, _) = or_expected(closing(i), Expected::CallOfDump)?;
    Ok((i, value))
}

/// `unistr-escape`
pub(super) fn unistr_escape(i: &[u8]) -> Parsed<'_, char> {
    let short = preceded(opt(tag("u")), hex_code(4));
    let long = preceded(tag("U"), hex_code(8));
    let number = alt((short, preceded(tag("+"), hex_code(6)), long));
    preceded(tag("\\"), alt((nom::character::char('\\'), map_opt(number, char::from_u32)))).parse(i)
}

/// `cast-as-text`
pub(super) fn cast_as_text(i: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    let (i, _) = opening("CAST").parse(i)?;
    let typed = (some_gap, keyword("AS"), some_gap, keyword("TEXT"));
    let call = map((hex_string, typed, closing), |(bytes, ..)| Cow::Owned(bytes)).parse(i);
    or_expected(call, Expected::CallOfDump)
}

/// A string in which a backslash means nothing.
pub(super) fn plain_string(i: &[u8]) -> Parsed<'_, Cow<'_, [u8]>> {
    match i.first() {
        Some(b'\'') => quoted(i, Escapes::None),
        _ => other(i),
    }
}

/// The name of a function, and the parenthesis behind it.
pub(super) fn opening<'t>(
    name: &'static str,
) -> impl Parser<&'t [u8], Output = (), Error = Stuck<'t>> {
    map((keyword(name), gaps, tag("("), gaps), drop)
}

/// The parenthesis behind the arguments.
pub(super) fn closing(i: &[u8]) -> Parsed<'_, &[u8]> {
    preceded(gaps, tag(")")).parse(i)
}

/// What stands between two arguments.
pub(super) fn comma(i: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(gaps, tag(","), gaps).parse(i)
}

/// A text with each piece replaced by a character.
fn replaced(text: &[u8], from: &[u8], to: char) -> Vec<u8> {
    let mut buffer = [0; 4];
    let to = to.encode_utf8(&mut buffer).as_bytes();
    let mut value = Vec::with_capacity(text.len());
    let mut done = 0;
    for at in memchr::memmem::find_iter(text, from) {
        value.extend_from_slice(&text[done..at]);
        value.extend_from_slice(to);
        done = at + from.len();
    }
    value.extend_from_slice(&text[done..]);
    value
}
