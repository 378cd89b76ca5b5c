//! Identifiers and literals.

use std::fmt::Write;

use crate::dialect::Dialect;
use crate::table::TableName;
use crate::text::is_printable;

impl Dialect {
    /// A name as an identifier, exactly as it is spelled.
    pub fn identifier(self, name: &str) -> String {
        let quote = match self {
            Dialect::Postgres | Dialect::Sqlite => '"',
            Dialect::Mysql | Dialect::Mariadb => '`',
        };
        let mut text = String::with_capacity(name.len() + 2);
        text.push(quote);
        for c in name.chars() {
            if c == quote {
                text.push(quote);
            }
            text.push(c);
        }
        text.push(quote);
        text
    }

    /// The name of a table, each part an identifier.
    pub fn table(self, name: &TableName) -> String {
        let parts: Vec<String> = name.parts.iter().map(|part| self.identifier(part)).collect();
        parts.join(".")
    }

    /// A text as a literal. It holds no NUL.
    pub fn literal(self, text: &str) -> String {
        match self {
            Dialect::Postgres => escape_string(text),
            Dialect::Mysql | Dialect::Mariadb => hexadecimal(text),
            Dialect::Sqlite => replaced(text),
        }
    }
}

/// Whether a character is better not written as it is: nobody sees it, or a client takes it for
/// something else.
fn is_hidden(c: char) -> bool {
    !is_printable(c)
}

fn plain(text: &str) -> String {
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
    let mut literal = String::from("_utf8mb4 X'");
    for byte in text.bytes() {
        let _ = write!(literal, "{byte:02X}");
    }
    literal.push('\'');
    literal
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
