//! Identifiers and literals.

use std::fmt::Write;

use crate::dialect::{Dialect, db2, mssql, oracle};
use crate::table::{ColumnType, Notation, Said, TableName, Value};
use crate::text::is_printable;

impl Dialect {
    /// A name as an identifier, exactly as the database has it.
    pub fn identifier(self, name: &str) -> String {
        let (opening, closing) = match self {
            Dialect::Postgres | Dialect::Sqlite | Dialect::Oracle | Dialect::Db2 => ('"', '"'),
            Dialect::Mysql | Dialect::Mariadb => ('`', '`'),
            Dialect::Mssql => ('[', ']'),
        };
        let name = self.kept(name);
        let mut text = String::with_capacity(name.len() + 2);
        text.push(opening);
        for c in name.chars() {
            if c == closing {
                text.push(closing);
            }
            text.push(c);
        }
        text.push(closing);
        text
    }

    /// The name of a table, each part an identifier.
    pub fn table(self, name: &TableName) -> String {
        let parts: Vec<String> = name.parts.iter().map(|part| self.identifier(part)).collect();
        parts.join(".")
    }

    /// A value of a column of this type as a literal.
    ///
    /// # Errors
    ///
    /// What the value is, where no literal can hold it.
    pub fn value(
        self,
        value: &Value<'_>,
        kind: Option<ColumnType>,
    ) -> Result<Literal, &'static str> {
        if value.is_query() {
            let query = text_of(&value.bytes)?;
            let query = if query.is_empty() { "NULL" } else { query };
            return Ok(Literal::bare(query.to_owned()));
        }
        match self {
            Dialect::Mssql => mssql::value(value, kind),
            Dialect::Oracle => oracle::value(value, kind),
            Dialect::Db2 => db2::value(value, kind),
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => {
                self.plain_value(value, kind)
            }
        }
    }

    /// The same where a literal is taken for what its column is, or says itself what it is.
    fn plain_value(
        self,
        value: &Value<'_>,
        kind: Option<ColumnType>,
    ) -> Result<Literal, &'static str> {
        let is_mysql = matches!(self, Dialect::Mysql | Dialect::Mariadb);
        let number = match kind {
            Some(ColumnType::Bits) if is_mysql => bits(&value.bytes),
            Some(ColumnType::Boolean) if is_mysql => bit(&value.bytes).map(str::to_owned),
            _ => None,
        };
        if let Some(sql) = number {
            return Ok(Literal::bare(sql));
        }
        // A value of SQLite is of its own type, whatever its column's is.
        let says_itself = self == Dialect::Sqlite && value.said != Said::Nothing;
        if value.said == Said::Bytes || (kind == Some(ColumnType::Bytes) && !says_itself) {
            return Ok(Literal::bare(self.bytes(&value.bytes)));
        }
        let text = if is_mysql { utf8(&value.bytes)? } else { text_of(&value.bytes)? };
        let bare = match self {
            // It takes every literal for what its column is.
            Dialect::Postgres | Dialect::Mssql | Dialect::Oracle | Dialect::Db2 => None,
            Dialect::Sqlite if kind == Some(ColumnType::Boolean) && value.said != Said::Text => {
                let is_number = value.said == Said::Bare && is_number(text);
                bit(&value.bytes).or(Some(text).filter(|_| is_number))
            }
            Dialect::Mysql | Dialect::Mariadb => {
                Some(text).filter(|_| kind == Some(ColumnType::Decimal) && is_number(text))
            }
            // Whether a value is a number or a text, its column does not say.
            Dialect::Sqlite => Some(text).filter(|_| value.said == Said::Bare && is_number(text)),
        };
        Ok(match bare {
            Some(bare) => Literal::bare(bare.to_owned()),
            None => Literal::of(self.literal(text), kind),
        })
    }

    /// Bytes as a literal.
    pub fn bytes(self, bytes: &[u8]) -> String {
        match self {
            Dialect::Postgres => format!("'\\x{}'::bytea", digits(bytes)),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => format!("X'{}'", digits(bytes)),
            Dialect::Mssql => mssql::bytes(bytes),
            Dialect::Oracle => oracle::bytes(bytes),
            Dialect::Db2 => db2::bytes(bytes),
        }
    }

    /// A text as a literal. It holds no NUL.
    pub fn literal(self, text: &str) -> String {
        match self {
            Dialect::Postgres => escape_string(text),
            Dialect::Mysql | Dialect::Mariadb => hexadecimal(text),
            Dialect::Sqlite => replaced(text),
            Dialect::Mssql => mssql::literal(text),
            Dialect::Oracle => oracle::literal(text),
            Dialect::Db2 => db2::literal(text),
        }
    }
}

/// A value as a script writes it.
#[derive(Clone, Debug)]
pub struct Literal {
    /// The words.
    pub sql: String,
    /// Whether it is a text, which a column may hold as something else.
    pub is_text: bool,
    /// How a column is held against it, where that has to be said.
    pub(super) form: Form,
    /// Whether it is of no type yet, and PostgreSQL must be told that it is of the column's.
    pub(super) is_untyped: bool,
}

/// How a column is held against a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By the column's own equality.
    Value,
    /// As text, to the letter.
    Letters,
    /// As it is shown.
    Shown,
    /// As a number, whatever its text is.
    Number,
    /// As text, to the letter; it has this many bytes.
    Text(usize),
    /// As text, without the blanks behind it.
    Padded,
    /// As whatever the column is, which nobody said.
    Any,
    /// As this many bytes.
    Bytes(usize),
    /// In pieces, each with how many bytes it has.
    Pieces(Vec<(usize, String)>),
}

impl Literal {
    /// A text, which is held against a column by the column's own equality.
    pub fn text(sql: String) -> Literal {
        Literal { sql, is_text: true, form: Form::Value, is_untyped: false }
    }

    /// The same of anything else: a number, bytes, a word.
    pub fn bare(sql: String) -> Literal {
        Literal { is_text: false, ..Literal::text(sql) }
    }

    /// The same where it is held against a column so.
    pub(super) fn held(self, form: Form) -> Literal {
        Literal { form, ..self }
    }

    /// The same of a text for a column of this type, whose own equality may say nothing.
    pub fn of(sql: String, kind: Option<ColumnType>) -> Literal {
        match kind {
            Some(ColumnType::Opaque) => {
                Literal { is_untyped: true, ..Literal::text(sql).held(Form::Letters) }
            }
            _ => Literal::text(sql),
        }
    }

    /// The same for a column whose values are written so.
    #[must_use]
    pub fn noted(self, notation: Notation) -> Literal {
        match (notation, &self.form) {
            (Notation::Xml, Form::Letters) => Literal { form: Form::Shown, ..self },
            (Notation::Own, Form::Value) if self.is_text => Literal { is_untyped: true, ..self },
            _ => self,
        }
    }

    /// The same of a column of the table of changes, which holds what a column of this type is to hold.
    #[must_use]
    pub fn staged(self, kind: Option<ColumnType>) -> Literal {
        let form = match kind {
            Some(ColumnType::Opaque) => Form::Letters,
            Some(ColumnType::Decimal) => Form::Number,
            _ => Form::Value,
        };
        self.held(form)
    }
}

/// Text, whatever stands in it.
fn utf8(value: &[u8]) -> Result<&str, &'static str> {
    simdutf8::basic::from_utf8(value).map_err(|_| "bytes that are not UTF-8")
}

/// Text of a value, which a literal can hold.
///
/// # Errors
///
/// It is not UTF-8, or holds a NUL, which no text of a database does but of MySQL and `MariaDB`.
pub fn text_of(value: &[u8]) -> Result<&str, &'static str> {
    let text = utf8(value)?;
    if memchr::memchr(0, value).is_some() { Err("a NUL") } else { Ok(text) }
}

/// A truth value as a number, which it is where there is no type for it.
pub(super) fn bit(value: &[u8]) -> Option<&'static str> {
    match &*ColumnType::Boolean.canonical(value) {
        b"t" => Some("1"),
        b"f" => Some("0"),
        _ => None,
    }
}

/// The number that bits are, as a literal.
fn bits(value: &[u8]) -> Option<String> {
    let words = ColumnType::Bits.canonical(value);
    let number = std::str::from_utf8(&words).ok().filter(|text| is_number(text));
    number.map(str::to_owned)
}

/// Whether this is a number as SQL writes one (ISO 9075-2, `signed numeric literal`).
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, exponent.strip_prefix(['-', '+']).or(Some(exponent)))
        }
        None => (unsigned, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    are_digits(whole)
        && are_digits(part)
        && !(whole.is_empty() && part.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && are_digits(digits))
}

/// Whether a character is better not written as it is: nobody sees it, or a client takes it for
/// something else.
pub(super) fn is_hidden(c: char) -> bool {
    !is_printable(c)
}

pub(super) fn plain(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// PostgreSQL: `E'…'` where a backslash, a dollar sign (of which tags are made) or something hidden is
/// in it.
fn escape_string(text: &str) -> String {
    if !text.chars().any(|c| is_hidden(c) || c == '\\' || c == '$') {
        return plain(text);
    }
    let mut literal = String::from("E'");
    for c in text.chars() {
        match c {
            '\'' => literal.push_str("''"),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '$' => literal.push_str("\\x24"),
            c if is_hidden(c) => {
                let _ = write!(literal, "\\u{:04x}", c as u32);
            }
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}

/// MySQL: hexadecimal where a backslash, which is an escape or not by a mode of the server, or
/// something hidden is in it.
fn hexadecimal(text: &str) -> String {
    if !text.chars().any(|c| is_hidden(c) || c == '\\') {
        return plain(text);
    }
    format!("_utf8mb4 X'{}'", digits(text.as_bytes()))
}

pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _ = write!(digits, "{byte:02X}");
        digits
    })
}

/// `SQLite`: as its own `.dump` does, a marker for each hidden character and `replace` around it.
fn replaced(text: &str) -> String {
    let mut hidden: Vec<char> = text.chars().filter(|&c| is_hidden(c)).collect();
    hidden.sort_unstable();
    hidden.dedup();
    let mut marked = text.to_owned();
    let mut calls = String::new();
    for c in &hidden {
        let mut marker = format!("\\{:x};", *c as u32);
        while marked.contains(&marker) {
            marker.insert(0, '\\');
        }
        marked = marked.replace(*c, &marker);
        // What was marked last is the innermost: the text that its marker was not in comes back.
        calls.insert_str(0, &format!(",{},char({}))", plain(&marker), *c as u32));
    }
    format!("{}{}{calls}", "replace(".repeat(hidden.len()), plain(&marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_literal() {
        let written =
            |text| [Dialect::Postgres, Dialect::Mariadb, Dialect::Sqlite].map(|d| d.literal(text));
        assert_eq!(written("it's"), ["'it''s'"; 3]);
        assert_eq!(written("\\'"), ["E'\\\\'''", "_utf8mb4 X'5C27'", "'\\'''"]);
        assert_eq!(
            written("a\nb"),
            ["E'a\\nb'", "_utf8mb4 X'610A62'", "replace('a\\a;b','\\a;',char(10))"]
        );
        assert_eq!(written("$x$"), ["E'\\x24x\\x24'", "'$x$'", "'$x$'"]);
        assert_eq!(Dialect::Sqlite.literal("\\a;\n"), "replace('\\a;\\\\a;','\\\\a;',char(10))");
    }

    #[test]
    fn identifiers_are_spelled_as_they_are() {
        assert_eq!(Dialect::Postgres.identifier("Mixed\"Case"), "\"Mixed\"\"Case\"");
        assert_eq!(Dialect::Mysql.identifier("a`b"), "`a``b`");
    }
}
