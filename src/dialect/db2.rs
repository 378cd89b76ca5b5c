//! How Db2 has values written, and a column held against one.
//!
//! Its equality takes `a` for `a` with a blank behind it, and a database may have been made with a collation
//! that takes `Ann` for `ann`; large objects have none. So texts are compared as bytes, and their lengths.

use crate::dialect::Literal;
use crate::dialect::meaning::{Meaning, meaning};
use crate::dialect::pieces::{boundary, pieces};
use crate::dialect::quote::{Form, digits, is_hidden, plain};
use crate::table::{ColumnType, Value};

/// How many bytes are compared at a time.
const PIECE: usize = 8000;

/// The longest text that is no large object.
const LONGEST: usize = 32_672;

/// A value of a column of this type as a literal. Dates are texts, which every type of date takes.
pub(super) fn value(value: &Value<'_>, kind: Option<ColumnType>) -> Result<Literal, &'static str> {
    let sql = match meaning(value, kind)? {
        Meaning::Bytes(octets) => {
            let pieces = octets.chunks(PIECE).map(|piece| (piece.len(), constant(piece)));
            let form = Form::Bytes(octets.len()).or_pieces(pieces.collect());
            return Ok(Literal::bare(bytes(octets)).held(form));
        }
        Meaning::Text(text) => {
            let form = match kind {
                Some(ColumnType::Text) => Form::Text(text.len()).or_pieces(parts(text)),
                Some(ColumnType::Char) => Form::Padded,
                _ => Form::Any,
            };
            return Ok(Literal::text(literal(text)).held(form));
        }
        Meaning::Number(number) => number.to_owned(),
        Meaning::Truth(true) => "TRUE".to_owned(),
        Meaning::Truth(false) => "FALSE".to_owned(),
        Meaning::Date(words) | Meaning::Time(words) => plain(&words),
        Meaning::Timestamp(day, clock) => format!("'{day} {clock}'"),
        // There is no type with a zone.
        Meaning::Instant(..) => {
            let utc = ColumnType::Instant.canonical(&value.bytes);
            plain(&String::from_utf8_lossy(&utc))
        }
    };
    Ok(Literal::bare(sql))
}

impl Form {
    /// Itself, or more than one piece.
    fn or_pieces(self, pieces: Vec<(usize, String)>) -> Form {
        if pieces.len() > 1 { Form::Pieces(pieces) } else { self }
    }
}

/// Bytes; as a large object where no other type holds as many.
pub(super) fn bytes(octets: &[u8]) -> String {
    match octets.len() {
        ..=PIECE => constant(octets),
        _ => {
            let pieces = octets.chunks(PIECE).map(|piece| format!("BLOB({})", constant(piece)));
            pieces.collect::<Vec<_>>().join(" || ")
        }
    }
}

fn constant(octets: &[u8]) -> String {
    format!("BX'{}'", digits(octets))
}

/// A text; as a large object where no other type holds as much.
pub(super) fn literal(text: &str) -> String {
    match text.len() {
        ..=PIECE => words(text),
        length => {
            let piece = |(_, words): (usize, String)| match length {
                ..=LONGEST => words,
                _ => format!("CLOB({words})"),
            };
            parts(text).into_iter().map(piece).collect::<Vec<_>>().join(" || ")
        }
    }
}

/// A text in parts that are compared at a time, each with the number of its bytes.
fn parts(text: &str) -> Vec<(usize, String)> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(boundary(rest, PIECE));
        parts.push((part.len(), words(part)));
        rest = behind;
    }
    parts
}

/// A text, with what nobody sees by its number.
fn words(text: &str) -> String {
    let code = |c: char, _| match c {
        c if !is_hidden(c) => None,
        c if c.is_ascii() => Some(format!("CHR({})", c as u32)),
        c => Some(format!("VARCHAR(UX'{:04X}')", c as u32)),
    };
    match &pieces(text, usize::MAX, plain, code)[..] {
        [] => plain(""),
        pieces => pieces.join(" || "),
    }
}

/// Whether a column, as an identifier, holds this value.
pub(super) fn holds(column: &str, Literal { sql, is_text, form, .. }: &Literal) -> String {
    match form {
        Form::Value | Form::Any | Form::Letters | Form::Shown | Form::Number => {
            format!("{column} = {sql}")
        }
        Form::Text(len) => {
            format!("{} = {} AND {}", as_bytes(column), bits(sql), length(column, *len))
        }
        Form::Padded => {
            let trimmed = |text: &str| as_bytes(&format!("RTRIM({text})"));
            format!("{} = {}", trimmed(column), trimmed(sql))
        }
        Form::Bytes(len) => {
            format!("{} = {sql} AND {}", binary(column), length(column, *len))
        }
        Form::Pieces(pieces) => in_pieces(column, *is_text, pieces),
    }
}

/// The same of a column of the key, which is found by its index.
pub(super) fn finds(column: &str, words: &str, literal: &Literal) -> String {
    match &literal.form {
        Form::Value | Form::Any | Form::Letters | Form::Shown | Form::Number => {
            format!("{column} = {words}")
        }
        Form::Bytes(len) => {
            format!("{column} = {words} AND {}", length(column, *len))
        }
        Form::Text(_) | Form::Padded | Form::Pieces(_) => {
            format!("{column} = {words} AND {}", holds(column, literal))
        }
    }
}

fn in_pieces(column: &str, is_text: bool, pieces: &[(usize, String)]) -> String {
    let mut at = 0;
    let mut all = Vec::new();
    for (len, words) in pieces {
        let part = format!("SUBSTRB({column}, {}, {len})", at + 1);
        all.push(match is_text {
            true => format!("{} = {}", as_bytes(&part), bits(words)),
            false => format!("{} = {words}", binary(&part)),
        });
        at += len;
    }
    all.push(length(column, at));
    all.join(" AND ")
}

/// A text of any type as its bytes.
fn as_bytes(text: &str) -> String {
    bits(&format!("CAST({text} AS VARCHAR({LONGEST}))"))
}

fn bits(text: &str) -> String {
    format!("CAST({text} AS VARCHAR({LONGEST}) FOR BIT DATA)")
}

fn binary(bytes: &str) -> String {
    format!("CAST({bytes} AS VARBINARY({LONGEST}))")
}

fn length(column: &str, octets: usize) -> String {
    format!("OCTET_LENGTH({column}) = {octets}")
}
