//! How SQL Server has values written, and a column held against one.
//!
//! Its collations take `Ann` for `ann`, and its equality `a` for `a` with a blank behind it. So texts are
//! compared by their code points (`BIN2`), with a dot behind both.

use crate::dialect::Literal;
use crate::dialect::meaning::{Meaning, meaning};
use crate::dialect::pieces::pieces;
use crate::dialect::quote::{Form, digits, is_hidden, plain};
use crate::table::{ColumnType, Value};

/// By code points.
const EXACTLY: &str = "COLLATE Latin1_General_BIN2";

/// A value of a column of this type as a literal. Dates are texts in the one form that is read in the same
/// way whatever the language of the session is, and for every type of date.
pub(super) fn value(value: &Value<'_>, kind: Option<ColumnType>) -> Result<Literal, &'static str> {
    let sql = match meaning(value, kind)? {
        Meaning::Bytes(octets) => {
            let form = Form::Bytes(octets.len());
            return Ok(Literal::bare(bytes(octets)).held(form));
        }
        Meaning::Text(text) => {
            let form = match kind {
                Some(ColumnType::Text) => Form::Text(text.len()),
                Some(ColumnType::Char) => Form::Padded,
                _ => Form::Any,
            };
            return Ok(Literal::text(literal(text)).held(form));
        }
        Meaning::Number(number) => number.to_owned(),
        Meaning::Truth(truth) => u8::from(truth).to_string(),
        Meaning::Date(words) | Meaning::Time(words) => format!("'{words}'"),
        Meaning::Timestamp(day, clock) => format!("'{day}T{clock}'"),
        Meaning::Instant(day, clock, offset) => format!("'{day}T{clock}{offset}'"),
    };
    Ok(Literal::bare(sql))
}

pub(super) fn bytes(octets: &[u8]) -> String {
    format!("0x{}", digits(octets))
}

/// A text: in pieces where something hidden is in it, or what `sqlcmd` takes for a variable. Joined, pieces
/// would be cut at 4,000 characters if none of them were longer.
pub(super) fn literal(text: &str) -> String {
    let code = |c: char, next: Option<char>| {
        let is_written_so = is_hidden(c) || (c == '$' && next == Some('('));
        is_written_so.then(|| format!("NCHAR({})", c as u32))
    };
    match &pieces(text, usize::MAX, national, code)[..] {
        [] => national(""),
        [piece] if piece.starts_with("N'") => piece.clone(),
        pieces => format!("CAST(N'' AS nvarchar(max)) + {}", pieces.join(" + ")),
    }
}

fn national(text: &str) -> String {
    format!("N{}", plain(text))
}

/// Whether a column, as an identifier, holds this value.
pub(super) fn holds(column: &str, Literal { sql, form, .. }: &Literal) -> String {
    let text = format!("CAST({column} AS nvarchar(max))");
    match form {
        Form::Value | Form::Pieces(_) => format!("{column} = {sql}"),
        Form::Text(_) => format!("{text} + N'.' = {sql} + N'.' {EXACTLY}"),
        Form::Padded => format!("{text} = {sql} {EXACTLY}"),
        // The value becomes what the column is, and both of them text again.
        Form::Any | Form::Letters | Form::Shown | Form::Number => format!(
            "{column} = {sql} AND {text} + N'.' = \
             CAST(CASE WHEN 1 = 0 THEN {column} ELSE {sql} END AS nvarchar(max)) + N'.' {EXACTLY}"
        ),
        Form::Bytes(len) => {
            format!("CAST({column} AS varbinary(max)) = {sql} AND DATALENGTH({column}) = {len}")
        }
    }
}

/// The same of a column of the key, which is found by its index.
pub(super) fn finds(column: &str, words: &str, literal: &Literal) -> String {
    match &literal.form {
        Form::Value | Form::Pieces(_) => format!("{column} = {words}"),
        Form::Bytes(len) => format!("{column} = {words} AND DATALENGTH({column}) = {len}"),
        Form::Any | Form::Letters | Form::Shown | Form::Number => {
            holds(column, literal).replacen(words, narrow(words), 1)
        }
        Form::Text(_) | Form::Padded => {
            format!("{column} = {} AND {}", narrow(words), holds(column, literal))
        }
    }
}

/// A text that a column of either kind of characters is found by: one of wide characters makes those of a
/// narrow column wide, all of them, before it looks.
fn narrow(words: &str) -> &str {
    let is_narrow = words.is_ascii() && words.starts_with("N'");
    if is_narrow { &words[1..] } else { words }
}
