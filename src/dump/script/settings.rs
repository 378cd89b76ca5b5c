//! What a script says about itself: which database wrote it, and how its literals are written.

use crate::dialect::{Dialect, Release};
use crate::dump::script::lexis::begins_with;
use crate::dump::{Literals, Style};

/// How much of a script is looked at for the marks of the one that wrote it, in bytes.
const HEAD: usize = 16 << 10;

/// What only one database writes near the top, and what that database is.
const MARKS: &[(&str, Dialect, Style)] = &[
    ("-- PostgreSQL database", Dialect::Postgres, Style::Postgres),
    ("SET standard_conforming_strings", Dialect::Postgres, Style::Postgres),
    (" FROM stdin;", Dialect::Postgres, Style::Postgres),
    ("-- MariaDB dump", Dialect::Mariadb, Style::Mysql),
    ("/*M!", Dialect::Mariadb, Style::Mysql),
    ("-- MySQL dump", Dialect::Mysql, Style::Mysql),
    ("/*!40", Dialect::Mysql, Style::Mysql),
    ("PRAGMA foreign_keys", Dialect::Sqlite, Style::Sqlite),
    // What `transform --format sql` writes.
    ("SET NAMES utf8mb4;", Dialect::Mariadb, Style::Mysql),
    (".bail on\n", Dialect::Sqlite, Style::Sqlite),
    ("SET ANSI_NULLS", Dialect::Mssql, Style::Mssql),
    ("SET IDENTITY_INSERT", Dialect::Mssql, Style::Mssql),
    ("INSERT [", Dialect::Mssql, Style::Mssql),
    ("REM INSERTING", Dialect::Oracle, Style::Oracle),
    ("SET DEFINE OFF", Dialect::Oracle, Style::Oracle),
];

/// Last lines, and what a script that ends with one begins with.
const ENDINGS: &[(&str, &str)] = &[
    ("-- PostgreSQL database dump", "-- PostgreSQL database dump complete"),
    ("-- PostgreSQL database cluster dump", "-- PostgreSQL database cluster dump complete"),
    ("-- MySQL dump", "-- Dump completed"),
    ("-- MariaDB dump", "-- Dump completed"),
    ("BEGIN TRANSACTION;", "COMMIT;"),
];

/// Which database wrote a script, by what stands near its top, and the one whose client takes it back.
pub(super) fn recognise(text: &[u8]) -> Option<(Style, Option<Dialect>)> {
    let head = &text[..text.len().min(HEAD)];
    let has = |mark: &str| memchr::memmem::find(head, mark.as_bytes()).is_some();
    let known = MARKS.iter().find(|(mark, ..)| has(mark));
    known.map(|&(_, dialect, style)| (style, Some(dialect)))
}

/// The last line that a script should have and has not; what a broken one lacks is not known.
pub(super) fn missing_end(text: &[u8]) -> Option<&'static str> {
    let head = &text[..text.len().min(HEAD)];
    let begins =
        |line: &str| head.split(|&byte| byte == b'\n').any(|l| l.starts_with(line.as_bytes()));
    let (_, wanted) = ENDINGS.iter().find(|(first, _)| begins(first))?;
    let tail = &text[text.len().saturating_sub(HEAD)..];
    let is_there =
        tail.split(|&byte| byte == b'\n').any(|line| line.starts_with(wanted.as_bytes()));
    (!is_there).then_some(wanted)
}

/// The release of the server that MySQL's and MariaDB's programs name near the top of a dump.
pub(super) fn release(text: &[u8]) -> Option<Release> {
    const WORDS: &[u8] = b"-- Server version";
    let head = &text[..text.len().min(HEAD)];
    let mut lines = head.split(|&byte| byte == b'\n');
    let said = lines.find_map(|line| line.strip_prefix(WORDS))?;
    let mut numbers = std::str::from_utf8(said).ok()?.trim().split('.');
    let (major, minor) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    Some(Release { major, minor })
}

/// Modes of MySQL and MariaDB in which names stand in double quotes: `--compatible` names them.
const ANSI_MODES: [&str; 6] = ["ANSI", "POSTGRESQL", "ORACLE", "MSSQL", "DB2", "MAXDB"];

impl Literals {
    /// The literals behind a `SET` statement.
    pub(super) fn behind(self, statement: &[u8]) -> Literals {
        let has = |words: &str| find(statement, words).is_some();
        match self.style {
            Style::Postgres if has("standard_conforming_strings") => {
                Literals { backslashes: has("off"), ..self }
            }
            // A mode that was saved before comes back behind all rows.
            Style::Mysql if has("SQL_MODE='") || has("SQL_MODE = '") => {
                let ansi = ANSI_MODES.iter().any(|mode| has(mode));
                Literals { backslashes: !has("NO_BACKSLASH_ESCAPES"), ansi, ..self }
            }
            _ => self,
        }
    }
}

/// The character set that a `SET` statement names, as it is spelled.
pub(super) fn character_set(style: Style, statement: &[u8]) -> Option<&str> {
    let word = match style {
        Style::Postgres => "client_encoding",
        Style::Mysql => "SET NAMES",
        Style::Sqlite | Style::Mssql | Style::Oracle => return None,
    };
    let rest = &statement[find(statement, word)? + word.len()..];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let start = rest.iter().position(is_part)?;
    let name = &rest[start..];
    let len = name.iter().position(|byte| !is_part(byte)).unwrap_or(name.len());
    // `= DEFAULT` and the like name none.
    std::str::from_utf8(&name[..len]).ok().filter(|name| !begins_with(name.as_bytes(), "DEFAULT"))
}

/// The time zone that a `SET` statement of MySQL names.
pub(super) fn time_zone(statement: &[u8]) -> Option<&str> {
    const WORDS: &str = "TIME_ZONE='";
    let rest = &statement[find(statement, WORDS)? + WORDS.len()..];
    let end = memchr::memchr(b'\'', rest)?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// Where words stand in a text, in any case.
pub(super) fn find(text: &[u8], words: &str) -> Option<usize> {
    text.windows(words.len()).position(|part| part.eq_ignore_ascii_case(words.as_bytes()))
}
