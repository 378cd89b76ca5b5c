//! Values as fields of PostgreSQL's `COPY … FROM STDIN`, in its text form.
//!
//! A client that takes rows for statements, since the `COPY` before them was refused, finds none: no field
//! holds a semicolon, and what begins with a backslash is no command of `psql`.

use std::fmt::Write;

use crate::dialect::quote::{digits, is_hidden, text_of};
use crate::table::{Cell, ColumnType, Said};

/// A cell of a column of this type as a field.
///
/// # Errors
///
/// What the value is, where no field can hold it.
pub fn copied(cell: &Cell<'_>, kind: Option<ColumnType>) -> Result<String, &'static str> {
    let Some(value) = cell else { return Ok("\\N".to_owned()) };
    if value.said == Said::Bytes || kind == Some(ColumnType::Bytes) {
        return Ok(format!("\\\\x{}", digits(&value.bytes)));
    }
    Ok(copied_text(text_of(&value.bytes)?))
}

/// A text as a field. It holds no NUL.
pub fn copied_text(text: &str) -> String {
    let mut field = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => field.push_str("\\\\"),
            '\n' => field.push_str("\\n"),
            '\r' => field.push_str("\\r"),
            '\t' => field.push_str("\\t"),
            c if c == ';' || is_hidden(c) => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(field, "\\x{byte:02x}");
                }
            }
            c => field.push(c),
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Value;

    #[test]
    fn nothing_leaves_a_field() {
        let fields: &[(&str, &str)] = &[
            ("it's", "it's"),
            ("\\N", "\\\\N"),
            ("\\.", "\\\\."),
            ("a\tb\r\n", "a\\tb\\r\\n"),
            ("x'; DROP TABLE t;", "x'\\x3b DROP TABLE t\\x3b"),
            ("\u{85}\u{1b}[m", "\\xc2\\x85\\x1b[m"),
            ("😀 é", "😀 é"),
        ];
        for (text, field) in fields {
            assert_eq!(copied_text(text), *field);
        }
        assert_eq!(copied(&None, None), Ok("\\N".to_owned()));
        let bytes = Value { said: Said::Bytes, bytes: vec![0, 0xff].into() };
        assert_eq!(copied(&Some(bytes), None), Ok("\\\\x00FF".to_owned()));
        assert_eq!(
            copied(&Some(Value::plain(&b"\xff"[..])), None),
            Err("bytes that are not UTF-8")
        );
    }
}
