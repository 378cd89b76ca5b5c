//! What stands before the rows of an INSERT statement, and the names in it.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order. Names without quotes
//! are handed on as the database calls what is meant, which in a script of somebody's own they need not be.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while, take_while1};
use nom::multi::many0_count;
use nom::sequence::terminated;

use super::{Literals, Style};
use crate::dump::stuck::{Parsed, Stuck, fail, or_expected, other, refuse};
use crate::error::{Expected, RowFault};
use crate::table::TableName;

/// `insert-head`
pub(super) fn insert_head(
    i: &[u8],
    with: Literals,
) -> Parsed<'_, (TableName, Option<Vec<String>>)> {
    let (i, table) = insert_into(i, with)?;
    let (i, columns) = columns(i, with)?;
    let Ok((i, _)) = keyword("VALUES").parse(i) else { return fail(i, Expected::Values) };
    let (i, _) = gaps(i)?;
    match i.strip_prefix(b"(") {
        Some(row) => Ok((row, (table, columns))),
        None => fail(i, Expected::OpeningOfRow),
    }
}

/// `insert-into`
pub(super) fn insert_into(i: &[u8], with: Literals) -> Parsed<'_, TableName> {
    let (i, _) = verb(i, with)?;
    target(i, with)
}

/// `verb`
fn verb(i: &[u8], with: Literals) -> Parsed<'_, ()> {
    let (i, is_replace) = match word("INSERT").parse(i) {
        Ok((rest, _)) => (rest, false),
        Err(_) if matches!(with.style, Style::Mysql | Style::Sqlite) => {
            let (rest, _) = or_expected(word("REPLACE").parse(i), Expected::InsertStatement)?;
            (rest, true)
        }
        Err(_) => return fail(i, Expected::InsertStatement),
    };
    match with.style {
        Style::Mysql => modifiers(i),
        Style::Sqlite if !is_replace => conflict(i),
        _ => Ok((i, ())),
    }
}

/// `modifiers`
fn modifiers(i: &[u8]) -> Parsed<'_, ()> {
    let one = alt((word("LOW_PRIORITY"), word("DELAYED"), word("HIGH_PRIORITY"), word("IGNORE")));
    many0_count(one).map(drop).parse(i)
}

/// `conflict`
fn conflict(i: &[u8]) -> Parsed<'_, ()> {
    let Ok((i, _)) = word("OR").parse(i) else { return Ok((i, ())) };
    let one = (word("ABORT"), word("FAIL"), word("IGNORE"), word("REPLACE"), word("ROLLBACK"));
    match alt(one).parse(i) {
        Ok((rest, _)) => Ok((rest, ())),
        Err(_) => fail(i, Expected::Into),
    }
}

/// `target`
fn target(i: &[u8], with: Literals) -> Parsed<'_, TableName> {
    match word("INTO").parse(i) {
        Ok((rest, _)) => table_name(rest, with, Expected::TableOfDump),
        Err(_) if with.style == Style::Mssql && i.starts_with(b"[") => {
            table_name(i, with, Expected::TableOfDump)
        }
        Err(_) => fail(i, Expected::Into),
    }
}

/// `columns`
fn columns(i: &[u8], with: Literals) -> Parsed<'_, Option<Vec<String>>> {
    let (behind, gap) = gaps(i)?;
    let (i, columns) = match behind.first() {
        Some(b'(') => {
            let (rest, columns) = column_list(behind, with)?;
            (gaps(rest)?.0, Some(columns))
        }
        _ if gap.is_empty() => return fail(i, Expected::Values),
        _ => (behind, None),
    };
    let (i, _) = if with.style == Style::Postgres { overriding(i)? } else { (i, ()) };
    Ok((i, columns))
}

/// `overriding`: the values of identity columns are those of the rows.
fn overriding(i: &[u8]) -> Parsed<'_, ()> {
    let Ok((rest, _)) = word("OVERRIDING").parse(i) else { return Ok((i, ())) };
    match (word("SYSTEM"), word("VALUE")).parse(rest) {
        Ok((rest, _)) => Ok((rest, ())),
        Err(_) => fail(i, Expected::Values),
    }
}

/// `table-name`, or another name with parts.
pub(in crate::dump) fn table_name(
    i: &[u8],
    with: Literals,
    expected: Expected,
) -> Parsed<'_, TableName> {
    let (mut i, first) = name(i, with, expected)?;
    let mut parts = vec![first];
    while let Some(rest) = i.strip_prefix(b".") {
        let (rest, part) = name(rest, with, expected)?;
        parts.push(part);
        i = rest;
    }
    Ok((i, TableName { parts }))
}

/// `column-list`
pub(in crate::dump) fn column_list(i: &[u8], with: Literals) -> Parsed<'_, Vec<String>> {
    let Some(mut rest) = i.strip_prefix(b"(") else { return other(i) };
    let mut columns = Vec::new();
    loop {
        let (i, _) = gaps(rest)?;
        let (i, column) = name(i, with, Expected::ColumnOfDump)?;
        columns.push(column);
        let (i, _) = gaps(i)?;
        match i.split_first() {
            Some((b',', behind)) => rest = behind,
            Some((b')', behind)) => return Ok((behind, columns)),
            _ => return fail(i, Expected::EndOfColumns),
        }
    }
}

/// `name`
pub(super) fn name(i: &[u8], with: Literals, expected: Expected) -> Parsed<'_, String> {
    let name = match i.first() {
        Some(b'"') if !with.has_double_quoted_strings() => double_quoted(i),
        Some(b'`') if matches!(with.style, Style::Mysql | Style::Sqlite) => back_quoted(i),
        Some(b'[') if with.style == Style::Mssql => bracketed(i),
        _ => bare_name(i).map(|(rest, name)| (rest, folded(name, with.style))),
    };
    or_expected(name, expected)
}

/// What a name without quotes means. PostgreSQL folds no letter beyond ASCII in UTF-8.
fn folded(name: &str, style: Style) -> String {
    match style {
        Style::Postgres => name.to_ascii_lowercase(),
        Style::Oracle => name.to_uppercase(),
        Style::Mysql | Style::Sqlite | Style::Mssql => name.to_owned(),
    }
}

/// `double-quoted`
fn double_quoted(i: &[u8]) -> Parsed<'_, String> {
    enclosed(i, b'"')
}

/// `back-quoted`
fn back_quoted(i: &[u8]) -> Parsed<'_, String> {
    enclosed(i, b'`')
}

/// `bracketed`
fn bracketed(i: &[u8]) -> Parsed<'_, String> {
    enclosed(i, b']')
}

/// `bare-name`
pub(super) fn bare_name(i: &[u8]) -> Parsed<'_, &str> {
    let (rest, bare) = take_while(is_name_byte)(i)?;
    match bare.first() {
        Some(b'0'..=b'9' | b'$' | b'#') | None => other(i),
        Some(_) => utf8(bare, i).map(|(_, name)| (rest, name)),
    }
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | 0x80..)
}

/// A name in marks; inside, the one that ends it is doubled.
fn enclosed(i: &[u8], end: u8) -> Parsed<'_, String> {
    let mut name = String::new();
    let mut rest = &i[1..];
    loop {
        let Some(at) = memchr::memchr(end, rest) else {
            return refuse(i, 1, RowFault::OpenQuote);
        };
        name.push_str(utf8(&rest[..at], rest)?.1);
        match rest[at + 1..].strip_prefix(&[end]) {
            Some(more) => {
                name.push(char::from(end));
                rest = more;
            }
            None if name.is_empty() => return other(i),
            None => return Ok((&rest[at + 1..], name)),
        }
    }
}

/// Bytes with which `i` begins, as characters.
fn utf8<'t>(bytes: &'t [u8], i: &'t [u8]) -> Parsed<'t, &'t str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((&i[bytes.len()..], text)),
        Err(fault) => other(&i[fault.valid_up_to()..]),
    }
}

/// A keyword.
pub(in crate::dump) fn keyword<'t>(
    word: &'static str,
) -> impl Parser<&'t [u8], Output = &'t [u8], Error = Stuck<'t>> {
    tag_no_case(word)
}

/// A keyword, and what parts it from what follows.
pub(in crate::dump) fn word<'t>(
    word: &'static str,
) -> impl Parser<&'t [u8], Output = &'t [u8], Error = Stuck<'t>> {
    terminated(keyword(word), some_gap)
}

/// What may stand between words.
pub(in crate::dump) fn gaps(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|byte: u8| byte.is_ascii_whitespace())(i)
}

/// What must stand between words.
pub(in crate::dump) fn some_gap(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|byte: u8| byte.is_ascii_whitespace())(i)
}
