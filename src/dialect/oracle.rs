//! How Oracle has values written, and a column held against one.
//!
//! The empty text is NULL. A literal has 4,000 bytes at most, a line of `sqlplus` fewer than 2,500, so that
//! texts stand in pieces; what may be a large object is compared as one, which has no equality.

use crate::dialect::Literal;
use crate::dialect::meaning::{Meaning, meaning};
use crate::dialect::pieces::pieces;
use crate::dialect::quote::{Form, digits, is_hidden, plain};
use crate::table::{ColumnType, Value};

/// How many bytes a piece has at most; a quote in it is doubled.
const PIECE: usize = 900;

/// How many bytes of text pieces may make that are no large objects.
const SHORT: usize = 4000;

/// How many bytes there is a literal for.
const BYTES: usize = 2000;

/// What the empty text is.
const EMPTY: &str = "NULL";

/// A value of a column of this type as a literal.
pub(super) fn value(value: &Value<'_>, kind: Option<ColumnType>) -> Result<Literal, &'static str> {
    let sql = match meaning(value, kind)? {
        Meaning::Bytes(octets) if octets.len() > BYTES => {
            return Err("more than 2,000 bytes, for which Oracle has no literal");
        }
        Meaning::Bytes(octets) => {
            let form = Form::Bytes(octets.len());
            return Ok(Literal::bare(bytes(octets)).held(form));
        }
        Meaning::Text(text) => {
            let form = match kind {
                Some(ColumnType::Char) => Form::Padded,
                Some(ColumnType::Text) => Form::Text(text.len()),
                // What is longer than any other text is a large object.
                _ if text.len() > SHORT => Form::Text(text.len()),
                _ => Form::Any,
            };
            return Ok(Literal::text(literal(text)).held(form));
        }
        Meaning::Number(number) => number.to_owned(),
        Meaning::Truth(truth) => u8::from(truth).to_string(),
        Meaning::Date(day) => format!("DATE '{day}'"),
        Meaning::Time(clock) => format!("'{clock}'"),
        Meaning::Timestamp(day, clock) => format!("TIMESTAMP '{day} {clock}'"),
        Meaning::Instant(day, clock, offset) => format!("TIMESTAMP '{day} {clock} {offset}'"),
    };
    Ok(Literal::bare(sql))
}

/// Bytes; none at all are NULL.
pub(super) fn bytes(octets: &[u8]) -> String {
    match octets {
        [] => EMPTY.to_owned(),
        octets => format!("HEXTORAW('{}')", digits(octets)),
    }
}

/// A text, in pieces where it is long or something is in it that nobody sees or `sqlplus` may take for a
/// variable.
pub(super) fn literal(text: &str) -> String {
    if text.is_empty() {
        return EMPTY.to_owned();
    }
    let pieces = pieces(text, PIECE, plain, |c, _| code(c));
    match text.len() {
        ..=SHORT => pieces.join(" || "),
        _ => {
            let large = |piece: &String| format!("TO_CLOB({piece})");
            pieces.iter().map(large).collect::<Vec<_>>().join(" || ")
        }
    }
}

/// A character by its number, where it is better not written as it is.
fn code(c: char) -> Option<String> {
    match c {
        '&' => Some("CHR(38)".to_owned()),
        c if !is_hidden(c) => None,
        c if c.is_ascii() => Some(format!("CHR({})", c as u32)),
        c => Some(format!("TO_CHAR(UNISTR('\\{:04X}'))", c as u32)),
    }
}

/// Whether a column, as an identifier, holds this value.
pub(super) fn holds(column: &str, Literal { sql, form, .. }: &Literal) -> String {
    let is_empty = sql == EMPTY;
    match form {
        // A large object may be empty without being NULL.
        Form::Text(_) if is_empty => format!("({column} IS NULL OR LENGTH({column}) = 0)"),
        _ if is_empty => format!("{column} IS NULL"),
        Form::Text(_) => format!("DBMS_LOB.COMPARE(TO_CLOB({column}), {}) = 0", large(sql)),
        Form::Bytes(_) => format!("DBMS_LOB.COMPARE({column}, TO_BLOB({sql})) = 0"),
        // One literal is filled up with blanks as the column is; pieces are not.
        Form::Padded if sql.contains(" || ") => format!("RTRIM({column}) = RTRIM({sql})"),
        Form::Value
        | Form::Any
        | Form::Letters
        | Form::Shown
        | Form::Number
        | Form::Padded
        | Form::Pieces(_) => {
            format!("{column} = {sql}")
        }
    }
}

/// The same of a column of the key, which is no large object.
pub(super) fn finds(column: &str, words: &str, literal: &Literal) -> String {
    match &literal.form {
        Form::Padded => holds(column, literal),
        _ if words == EMPTY => format!("{column} IS NULL"),
        Form::Value
        | Form::Any
        | Form::Letters
        | Form::Shown
        | Form::Number
        | Form::Text(_)
        | Form::Bytes(_)
        | Form::Pieces(_) => {
            format!("{column} = {words}")
        }
    }
}

fn large(sql: &str) -> String {
    if sql.starts_with("TO_CLOB(") { sql.to_owned() } else { format!("TO_CLOB({sql})") }
}
