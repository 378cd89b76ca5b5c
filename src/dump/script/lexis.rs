//! What a script consists of below its statements: blanks, comments and quotes, and so where a statement
//! ends.
//!
//! Knows no statement. What is passed over is not read: only quotes, comments and the mark at a
//! statement's end are looked for.

use crate::dump::script::elsewhere::elsewhere;
use crate::dump::{Literals, Style};

/// How the parts of a script are told apart.
#[derive(Clone, Debug)]
pub(super) struct Lexis {
    literals: Literals,
    /// What ends a statement.
    delimiter: Vec<u8>,
    /// The bytes at which something may begin or end.
    marks: [bool; 256],
}

/// Where something begins that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open(pub(super) usize);

impl Lexis {
    /// The parts of a script of these literals.
    pub(super) fn new(literals: Literals) -> Lexis {
        Lexis::made(literals, b";".to_vec())
    }

    fn made(literals: Literals, delimiter: Vec<u8>) -> Lexis {
        let more: &[u8] = match literals.style {
            Style::Postgres => b"$()",
            Style::Mysql => b"`#",
            Style::Sqlite => b"`[",
            Style::Mssql => b"[\n",
            Style::Oracle => b"",
        };
        let mut marks = [false; 256];
        for &byte in b"'\"-/".iter().chain(more).chain(delimiter.first()) {
            marks[byte as usize] = true;
        }
        Lexis { literals, delimiter, marks }
    }

    /// How the literals are written.
    pub(super) fn literals(&self) -> Literals {
        self.literals
    }

    /// The same script, from where its literals are written otherwise.
    pub(super) fn with_literals(&self, literals: Literals) -> Lexis {
        Lexis::made(literals, self.delimiter.clone())
    }

    /// The same script, from where its statements end otherwise.
    pub(super) fn with_delimiter(&self, delimiter: &[u8]) -> Lexis {
        Lexis::made(self.literals, delimiter.to_vec())
    }

    /// Where the next statement begins, or the end of the text: blanks, comments, end marks and what is
    /// said to the client are passed over.
    pub(super) fn blank_end(&self, text: &[u8], mut at: usize) -> usize {
        loop {
            let rest = &text[at..];
            let Some(&first) = rest.first() else { return at };
            at = match first {
                byte if byte.is_ascii_whitespace() => at + 1,
                _ if self.is_comment(rest) => self.comment_end(text, at),
                _ if self.is_said_to_client(rest) => at + line(rest).len(),
                _ if rest.starts_with(&self.delimiter) => at + self.delimiter.len(),
                _ => return at,
            };
        }
    }

    /// A statement without the mark at its end.
    pub(super) fn without_delimiter<'t>(&self, statement: &'t [u8]) -> &'t [u8] {
        statement.strip_suffix(&*self.delimiter).unwrap_or(statement)
    }

    /// Where the statement that begins at `start` ends, its end mark included.
    ///
    /// # Errors
    ///
    /// The text ends in it.
    pub(super) fn statement_end(&self, text: &[u8], start: usize) -> Result<usize, Open> {
        let end = self.mark_behind(text, start, Open(start))?;
        let statement = &text[start..end];
        if !has_body(statement) {
            return Ok(end);
        }
        // The statements of a body have end marks of their own.
        let mut end = end;
        loop {
            let next = self.blank_end(text, end);
            let behind = self.mark_behind(text, next, Open(start))?;
            if is_end_alone(&text[next..behind - self.delimiter.len()]) {
                return Ok(behind);
            }
            end = behind;
        }
    }

    /// Behind the next end mark.
    fn mark_behind(&self, text: &[u8], mut at: usize, open: Open) -> Result<usize, Open> {
        // The statements of a rule of PostgreSQL stand in parentheses, as psql knows.
        let mut depth = 0_usize;
        loop {
            let found = text[at..].iter().position(|&byte| self.marks[byte as usize]);
            let Some(mark) = found.map(|n| at + n) else {
                return match self.literals.style {
                    Style::Mssql => Ok(text.len()),
                    _ => Err(open),
                };
            };
            let rest = &text[mark..];
            match rest[0] {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if rest.starts_with(&self.delimiter) && depth == 0 {
                return Ok(mark + self.delimiter.len());
            }
            if rest[0] == b'\n' && ends_batch(&rest[1..]) {
                return Ok(mark + 1);
            }
            at = self.behind(text, mark)?;
        }
    }

    /// Behind what begins at a mark: a quoted text, a comment, or one byte.
    fn behind(&self, text: &[u8], mark: usize) -> Result<usize, Open> {
        let Literals { style, backslashes, ansi } = self.literals;
        match text[mark] {
            b'\'' => {
                let is_escaped = style == Style::Postgres && follows_e(&text[..mark]);
                quote_end(text, mark, b'\'', backslashes || is_escaped)
            }
            b'"' => quote_end(text, mark, b'"', style == Style::Mysql && !ansi && backslashes),
            b'`' => quote_end(text, mark, b'`', false),
            b'[' => quote_end(text, mark, b']', false),
            b'$' => dollar_end(text, mark),
            _ if self.is_comment(&text[mark..]) => Ok(self.comment_end(text, mark)),
            _ => Ok(mark + 1),
        }
    }

    /// Whether a comment begins here. MySQL runs what stands in `/*! … */` of a version it has.
    fn is_comment(&self, rest: &[u8]) -> bool {
        let is_mysql = self.literals.style == Style::Mysql;
        match rest {
            [b'-', b'-', next, ..] if is_mysql => next.is_ascii_whitespace(),
            [b'-', b'-', ..] => true,
            [b'#', ..] => is_mysql,
            [b'/', b'*', ..] if is_mysql => !is_run(rest),
            [b'/', b'*', ..] => true,
            _ => false,
        }
    }

    fn comment_end(&self, text: &[u8], at: usize) -> usize {
        if !text[at..].starts_with(b"/*") {
            return at + line(&text[at..]).len();
        }
        let mut depth = 0_usize;
        let mut at = at;
        while let Some(n) = memchr::memchr2(b'/', b'*', &text[at..]) {
            at += n;
            match text[at..] {
                [b'/', b'*', ..] if depth == 0 || self.literals.style == Style::Postgres => {
                    depth += 1;
                    at += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    at += 2;
                }
                _ => at += 1,
            }
            if depth == 0 {
                return at;
            }
        }
        text.len()
    }

    /// Whether a line is for the client and changes nothing that follows.
    fn is_said_to_client(&self, rest: &[u8]) -> bool {
        match self.literals.style {
            style if elsewhere(style, rest).is_some() => false,
            Style::Postgres => rest[0] == b'\\' && !rest.starts_with(b"\\c"),
            Style::Mysql => false,
            Style::Sqlite => rest[0] == b'.',
            Style::Mssql => begins_with(rest, "GO"),
            Style::Oracle => {
                let words = ["REM", "REMARK", "PROMPT", "SET", "SPOOL", "WHENEVER", "EXIT"];
                rest[0] == b'/' || words.iter().any(|word| begins_with(rest, word))
            }
        }
    }
}

/// Whether MySQL or `MariaDB` runs what is in this comment; version 999999 never comes.
fn is_run(comment: &[u8]) -> bool {
    let version = comment.strip_prefix(b"/*!").or(comment.strip_prefix(b"/*M!"));
    version.is_some_and(|version| !version.starts_with(b"999999"))
}

/// The first line, its end included.
pub(super) fn line(text: &[u8]) -> &[u8] {
    &text[..memchr::memchr(b'\n', text).map_or(text.len(), |n| n + 1)]
}

/// Whether a text begins with a word, in any case.
pub(super) fn begins_with(text: &[u8], word: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        && !text.get(word.len()).is_some_and(is_word)
}

/// Behind the quote that closes the one at `open`; a doubled one closes and opens again.
fn quote_end(text: &[u8], open: usize, quote: u8, backslashes: bool) -> Result<usize, Open> {
    let mut at = open + 1;
    loop {
        let found = match backslashes {
            true => memchr::memchr2(quote, b'\\', &text[at..]),
            false => memchr::memchr(quote, &text[at..]),
        };
        match found {
            Some(n) if text[at + n] == quote => return Ok(at + n + 1),
            Some(n) if at + n + 1 < text.len() => at += n + 2,
            _ => return Err(Open(open)),
        }
    }
}

/// PostgreSQL: behind `$tag$ … $tag$`, or behind a dollar sign that begins none.
fn dollar_end(text: &[u8], open: usize) -> Result<usize, Open> {
    let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let follows_word = open > 0 && is_tag(&text[open - 1]);
    let len = text[open + 1..].iter().take_while(|byte| is_tag(byte)).count();
    let starts_as_name = !text.get(open + 1).is_some_and(u8::is_ascii_digit);
    if follows_word || !starts_as_name || text.get(open + 1 + len) != Some(&b'$') {
        return Ok(open + 1);
    }
    let tag = &text[open..open + len + 2];
    let behind = open + tag.len();
    let end = memchr::memmem::find(&text[behind..], tag).ok_or(Open(open))?;
    Ok(behind + end + tag.len())
}

/// PostgreSQL: whether the quote behind this text belongs to `E'…'`.
fn follows_e(text: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    matches!(text, [.., b'E' | b'e'])
        && !text.len().checked_sub(2).is_some_and(|n| is_word(&text[n]))
}

/// SQL Server: whether a line ends what stands before it; its scripts need no end marks.
fn ends_batch(next: &[u8]) -> bool {
    begins_with(next, "GO") || begins_with(next, "INSERT")
}

/// Whether a statement up to its first end mark is one that holds others: a trigger, or a function whose
/// body is SQL.
fn has_body(statement: &[u8]) -> bool {
    if !begins_with(statement, "CREATE") {
        return false;
    }
    let words: Vec<&[u8]> = statement
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .filter(|word| !word.is_empty())
        .collect();
    let is = |word: &&[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let begins = words.iter().position(|word| is(word, "BEGIN"));
    let follows = begins.and_then(|n| words.get(n + 1));
    let is_any = |word: &&[u8], names: &[&str]| names.iter().any(|name| is(word, name));
    let before = ["OR", "REPLACE", "TEMP", "TEMPORARY", "CONSTRAINT"];
    match words[1..].iter().find(|word| !is_any(word, &before)) {
        Some(kind) if is(kind, "TRIGGER") => begins.is_some(),
        Some(kind) if is_any(kind, &["FUNCTION", "PROCEDURE"]) => {
            follows.is_some_and(|word| is(word, "ATOMIC"))
        }
        _ => false,
    }
}

/// Whether this is `END`, which closes a body.
fn is_end_alone(statement: &[u8]) -> bool {
    statement.trim_ascii().eq_ignore_ascii_case(b"END")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements of a script, or where something is open.
    fn statements(style: Style, text: &str) -> Result<Vec<&str>, Open> {
        let lexis = Lexis::new(Literals::from(style));
        let mut found = Vec::new();
        let mut at = lexis.blank_end(text.as_bytes(), 0);
        while at < text.len() {
            let end = lexis.statement_end(text.as_bytes(), at)?;
            found.push(text[at..end].trim_end());
            at = lexis.blank_end(text.as_bytes(), end);
        }
        Ok(found)
    }

    #[test]
    fn statements_end_where_the_database_ends_them() {
        use Style::{Mssql, Mysql, Oracle, Postgres, Sqlite};
        let cases: &[(Style, &str, &[&str])] = &[
            (Postgres, "a;b;", &["a;", "b;"]),
            (Postgres, "-- a;\n\\restrict x;y\n/* ; /* ; */ ; */ b;", &["b;"]),
            (Postgres, "a ';'';' \";\" c;b;", &["a ';'';' \";\" c;", "b;"]),
            (Postgres, "a '\\'; b;", &["a '\\';", "b;"]),
            (Postgres, "a E'\\';' c; b;", &["a E'\\';' c;", "b;"]),
            (Postgres, "a name'\\'; b;", &["a name'\\';", "b;"]),
            (Postgres, "a $$;'$$ $1; $x$ ; $$ $x$;", &["a $$;'$$ $1;", "$x$ ; $$ $x$;"]),
            (
                Postgres,
                "CREATE RULE r DO (a;\nINSERT INTO t VALUES (1);); b;",
                &["CREATE RULE r DO (a;\nINSERT INTO t VALUES (1););", "b;"],
            ),
            (
                Sqlite,
                "CREATE TABLE e (trigger, \"begin\"); b;",
                &["CREATE TABLE e (trigger, \"begin\");", "b;"],
            ),
            (Postgres, "a$b$; c$b$;", &["a$b$;", "c$b$;"]),
            (
                Postgres,
                "CREATE FUNCTION f() BEGIN ATOMIC\n SELECT 1;\n SELECT 2;\nEND;\nb;",
                &["CREATE FUNCTION f() BEGIN ATOMIC\n SELECT 1;\n SELECT 2;\nEND;", "b;"],
            ),
            (Mysql, "# ;'\n-- ;'\na --1; b;", &["a --1;", "b;"]),
            (Mysql, "a '\\';' \"\\\";\" `;`; b;", &["a '\\';' \"\\\";\" `;`;", "b;"]),
            (
                Mysql,
                "/*M!999999\\- it's */ /*!40101 SET a = ';' */;b;",
                &["/*!40101 SET a = ';' */;", "b;"],
            ),
            (Sqlite, "a [;] `;` '\\'; b;", &["a [;] `;` '\\';", "b;"]),
            (
                Sqlite,
                "CREATE TRIGGER t BEGIN INSERT INTO x VALUES(1); SELECT CASE 1 WHEN 1 THEN 2 END; END; b;",
                &[
                    "CREATE TRIGGER t BEGIN INSERT INTO x VALUES(1); SELECT CASE 1 WHEN 1 THEN 2 END; END;",
                    "b;",
                ],
            ),
            (Sqlite, "CREATE TABLE t (\"begin\"); END;", &["CREATE TABLE t (\"begin\");", "END;"]),
            (
                Mssql,
                "INSERT [t] VALUES (N'a\nINSERT')\nINSERT [t] VALUES (1)\nGO\nGO\n",
                &["INSERT [t] VALUES (N'a\nINSERT')", "INSERT [t] VALUES (1)"],
            ),
            (Oracle, "REM it's\nSET DEFINE OFF;\nInsert a ';';\n/\n", &["Insert a ';';"]),
        ];
        for (style, text, wanted) in cases {
            assert_eq!(statements(*style, text).as_deref(), Ok(*wanted), "{text}");
        }
    }

    #[test]
    fn what_is_open_is_told() {
        for (style, text, open) in [
            (Style::Postgres, "a 'b", 2),
            (Style::Postgres, "a; b", 3),
            (Style::Postgres, "a $x$ $y$", 2),
            (Style::Mysql, "a 'b\\'", 2),
            (Style::Sqlite, "CREATE TRIGGER t BEGIN a;", 0),
        ] {
            assert_eq!(statements(style, text), Err(Open(open)), "{text}");
        }
    }
}
