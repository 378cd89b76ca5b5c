//! What stands behind the rows of an INSERT statement.
//!
//! One function a rule of `grammar/insert.abnf`, under its name and in its order. What makes a row another
//! one is not read: whether there is such a row already, the database alone knows.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while;
use nom::combinator::map;
use nom::sequence::delimited;

use super::head::{column_list, gaps, is_name_byte, keyword, name, some_gap, word};
use super::{Literals, Style};
use crate::dump::stuck::{Parsed, other, refuse};
use crate::error::{Expected, RowFault};

/// How many words of what cannot be read are shown.
const SHOWN: usize = 4;

/// `insert-tail`
pub(super) fn insert_tail(i: &[u8], with: Literals) -> Parsed<'_, ()> {
    let (i, _) = gaps(i)?;
    match with.style {
        _ if i.is_empty() => Ok((i, ())),
        Style::Postgres | Style::Sqlite => untouched(i, with).or_else(|_| no_tail(i)),
        Style::Mysql | Style::Mssql | Style::Oracle => no_tail(i),
    }
}

/// `untouched`: the row that has the key already stays, and no two rows of a dump have one.
fn untouched(i: &[u8], with: Literals) -> Parsed<'_, ()> {
    let (i, _) = (word("ON"), keyword("CONFLICT")).parse(i)?;
    let constraint = (some_gap, word("ON"), word("CONSTRAINT"));
    let constraint = delimited(constraint, |i| name(i, with, Expected::ColumnOfDump), some_gap);
    let list = delimited(gaps, |i| column_list(i, with), gaps);
    let (i, _) = alt((map(constraint, drop), map(list, drop), map(some_gap, drop))).parse(i)?;
    let (i, _) = (word("DO"), keyword("NOTHING"), gaps).parse(i)?;
    if i.is_empty() { Ok((i, ())) } else { other(i) }
}

/// Says what stands there.
fn no_tail(i: &[u8]) -> Parsed<'_, ()> {
    let is_of_words = |byte: u8| is_name_byte(byte) || byte.is_ascii_whitespace();
    let (_, words) = take_while(is_of_words)(i)?;
    let words = words.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let words = words.take(SHOWN).collect::<Vec<&[u8]>>().join(&b' ');
    let words = if words.is_empty() { i[..1].to_vec() } else { words };
    refuse(i, 1, RowFault::BehindRows { words })
}
