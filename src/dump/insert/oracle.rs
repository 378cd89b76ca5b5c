//! What only scripts of Oracle have: text in pieces, dates in a format of their own, calls for bytes.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order.

use std::borrow::Cow;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::digit1;
use nom::combinator::{map, map_opt, verify};
use nom::sequence::{delimited, terminated};

use super::Literals;
use super::call::{closing, comma, opening, plain_string};
use super::date::{DateFault, to_iso};
use super::head::gaps;
use super::row::{bytes, text};
use super::string::{is_hex, national, octets, string};
use crate::dump::stuck::{Parsed, or_expected, refuse};
use crate::error::{Expected, RowFault};
use crate::table::Cell;

/// `concatenation`: the empty text is NULL.
pub(super) fn concatenation(i: &[u8], with: Literals) -> Parsed<'_, Cell<'_>> {
    let (rest, value) = joined(i, |i| piece(i, with))?;
    Ok((rest, if value.is_empty() { None } else { text(value) }))
}

/// `piece`
fn piece(i: &[u8], with: Literals) -> Parsed<'_, Cow<'_, [u8]>> {
    let Ok((i, ())) = alt((opening("TO_CLOB"), opening("TO_NCLOB"))).parse(i) else {
        return short_piece(i, with);
    };
    let pieces = |i| joined(i, |i| short_piece(i, with));
    or_expected(terminated(pieces, closing).parse(i), Expected::CallOfDump)
}

/// `short-piece`
fn short_piece(i: &[u8], with: Literals) -> Parsed<'_, Cow<'_, [u8]>> {
    let character = map(chr, |byte| Cow::Owned(vec![byte]));
    alt((|i| string(i, with), |i| national(i, with), character)).parse(i)
}

/// `chr`: what is beyond ASCII depends on the database.
fn chr(i: &[u8]) -> Parsed<'_, u8> {
    let (i, ()) = opening("CHR").parse(i)?;
    let number = |digits| std::str::from_utf8(digits).ok()?.parse().ok();
    let number = verify(map_opt(digit1, number), u8::is_ascii);
    or_expected(terminated(number, closing).parse(i), Expected::CallOfDump)
}

/// `to-date`: in the words of ISO 8601, a blank between day and time (S-26).
pub(super) fn to_date(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    let names = (opening("TO_DATE"), opening("TO_TIMESTAMP"), opening("TO_TIMESTAMP_TZ"));
    let (start, ()) = alt(names).parse(i)?;
    let arguments = (plain_string, comma, plain_string, closing).parse(start);
    let (rest, (value, _, format, _)) = or_expected(arguments, Expected::CallOfDump)?;
    let fault = match to_iso(&value, &format) {
        Ok(iso) => return Ok((rest, text(iso.into_bytes()))),
        Err(DateFault::Format) => RowFault::DateFormat { format: format.into_owned() },
        Err(DateFault::Value) => {
            RowFault::DateNotOfFormat { value: value.into_owned(), format: format.into_owned() }
        }
    };
    refuse(i, i.len() - rest.len(), fault)
}

/// `hextoraw`: no byte at all is NULL.
pub(super) fn hextoraw(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    let (i, ()) = opening("HEXTORAW").parse(i)?;
    let pairs = verify(take_while(is_hex), |digits: &[u8]| digits.len().is_multiple_of(2));
    let string = delimited(tag("'"), pairs, tag("'"));
    let (rest, digits) = or_expected(terminated(string, closing).parse(i), Expected::CallOfDump)?;
    Ok((rest, if digits.is_empty() { None } else { bytes(octets(digits)) }))
}

/// `empty-lob`: nothing, and yet not NULL.
pub(super) fn empty_lob(i: &[u8]) -> Parsed<'_, Cell<'_>> {
    let blob = map(opening("EMPTY_BLOB"), |()| bytes(&b""[..]));
    let clob = map(opening("EMPTY_CLOB"), |()| text(&b""[..]));
    let (i, cell) = alt((blob, clob)).parse(i)?;
    or_expected(closing(i), Expected::CallOfDump).map(|(rest, _)| (rest, cell))
}

/// Pieces with `||` between them as one.
fn joined<'t>(
    i: &'t [u8],
    piece: impl Fn(&'t [u8]) -> Parsed<'t, Cow<'t, [u8]>>,
) -> Parsed<'t, Cow<'t, [u8]>> {
    let (mut rest, mut value) = piece(i)?;
    while let Ok((i, _)) = bars(rest) {
        let (behind, more) = or_expected(piece(i), Expected::ValueOfRow)?;
        match value.is_empty() {
            true => value = more,
            false => value.to_mut().extend_from_slice(&more),
        }
        rest = behind;
    }
    Ok((rest, value))
}

/// What stands between two pieces.
fn bars(i: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(gaps, tag("||"), gaps).parse(i)
}
