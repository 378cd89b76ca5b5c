//! What a script has in other files: statements, or rows.
//!
//! Knows the words of each database's client, and opens nothing.

use crate::dump::Style;

/// What is read from another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// Statements, of whatever table.
    Statements,
    /// Rows of the table that is named.
    Rows,
}

/// The words with which a line for the client begins that reads another file.
const WORDS: &[(Style, &str, Elsewhere)] = &[
    (Style::Postgres, "\\i", Elsewhere::Statements),
    (Style::Postgres, "\\ir", Elsewhere::Statements),
    (Style::Postgres, "\\include", Elsewhere::Statements),
    (Style::Postgres, "\\include_relative", Elsewhere::Statements),
    (Style::Postgres, "\\copy", Elsewhere::Rows),
    (Style::Mysql, "\\.", Elsewhere::Statements),
    (Style::Mysql, "source", Elsewhere::Statements),
    (Style::Sqlite, ".read", Elsewhere::Statements),
    (Style::Sqlite, ".import", Elsewhere::Rows),
    (Style::Oracle, "@", Elsewhere::Statements),
    (Style::Oracle, "@@", Elsewhere::Statements),
];

/// How long such a word is at most, with what parts it from what follows.
const LONGEST: usize = 18;

/// What a text reads from another file in its first line, and the word that says so. It is asked where a row
/// may begin, too, and looks no further than it must.
pub(super) fn elsewhere(style: Style, text: &[u8]) -> Option<(&'static str, Elsewhere)> {
    let Some(b'\\' | b'.' | b'@' | b's' | b'S') = text.first() else { return None };
    let head = &text[..text.len().min(LONGEST)];
    // Oracle's word needs no blank behind it.
    let len = match style {
        Style::Oracle => head.iter().take_while(|&&byte| byte == b'@').count(),
        _ => head.iter().take_while(|byte| !byte.is_ascii_whitespace()).count(),
    };
    let is_it = |word: &str| head[..len].eq_ignore_ascii_case(word.as_bytes());
    let found = WORDS.iter().find(|(whose, word, _)| *whose == style && is_it(word));
    found.map(|&(_, word, what)| (word, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole() {
        for (style, text, word) in [
            (Style::Postgres, "\\include_relative x", Some("\\include_relative")),
            (Style::Postgres, "\\include_relatively x", None),
            (Style::Postgres, "\\i", Some("\\i")),
            (Style::Postgres, "\\if", None),
            (Style::Postgres, "source x", None),
            (Style::Mysql, "Source x", Some("source")),
            (Style::Mysql, "sourced x", None),
            (Style::Oracle, "@@x.sql", Some("@@")),
            (Style::Oracle, "SET x", None),
            (Style::Sqlite, "", None),
        ] {
            assert_eq!(elsewhere(style, text.as_bytes()).map(|found| found.0), word, "{text}");
        }
        assert!(WORDS.iter().all(|(_, word, _)| word.len() < LONGEST));
    }
}
