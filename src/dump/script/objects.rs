//! What a statement without rows is about: where the names of tables stand in it.
//!
//! Knows how words part, and not what a name is. A name inside a text or a condition is not looked for.

use crate::dump::script::lexis::begins_with;

/// Words behind which another table may be named.
const BEFORE_MORE_NAMES: [&str; 4] = ["FROM", "JOIN", "USING", "TO"];

/// Words that may stand between such a verb and the name of the table.
const BEFORE_NAMES: [&str; 8] =
    ["TABLE", "IF", "EXISTS", "FROM", "INTO", "ONLY", "IGNORE", "LOW_PRIORITY"];

/// Where names of the tables may begin that a statement changes; `objects` is what stands behind its verb.
pub(super) fn changed(objects: &[u8]) -> impl Iterator<Item = &[u8]> {
    let objects = &objects[..end_of_objects(objects)];
    starts_of_names(objects).map(|at| &objects[at..])
}

/// Whether a word in a statement is one that changes rows.
pub(super) fn changes(statement: &[u8]) -> bool {
    const VERBS: [&str; 6] = ["INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE", "TRUNCATE"];
    starts_of_words(statement)
        .any(|at| VERBS.iter().any(|verb| begins_with(&statement[at..], verb)))
}

/// Where the tables that are changed are all named: what they are set to, and where, comes behind.
fn end_of_objects(text: &[u8]) -> usize {
    let ends = |at: &usize| begins_with(&text[*at..], "SET") || begins_with(&text[*at..], "WHERE");
    starts_of_words(text).find(ends).unwrap_or(text.len())
}

/// Where names of tables may begin: behind the verb, a comma, or a word that another follows.
fn starts_of_names(text: &[u8]) -> impl Iterator<Item = usize> {
    let at = |rest: &[u8]| text.len() - rest.len();
    let more = starts_of_words(text).filter_map(move |start| {
        let word = BEFORE_MORE_NAMES.iter().find(|word| begins_with(&text[start..], word))?;
        Some(at(behind(&text[start + word.len()..], &BEFORE_NAMES)))
    });
    let commas = memchr::memchr_iter(b',', text)
        .map(move |comma| at(behind(&text[comma + 1..], &BEFORE_NAMES)));
    std::iter::once(at(behind(text, &BEFORE_NAMES))).chain(commas).chain(more)
}

/// Where words begin.
fn starts_of_words(text: &[u8]) -> impl Iterator<Item = usize> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (0..text.len()).filter(move |&at| {
        is_word(&text[at]) && !at.checked_sub(1).is_some_and(|before| is_word(&text[before]))
    })
}

/// What stands behind `CREATE TABLE` in a statement that begins so; `ALTER TABLE ONLY t` does not.
pub(super) fn created(statement: &[u8]) -> Option<&[u8]> {
    const BETWEEN: [&str; 8] =
        ["OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "FOREIGN"];
    let rest = begins_with(statement, "CREATE").then(|| &statement["CREATE".len()..])?;
    let rest = behind(rest, &BETWEEN);
    let is_table = begins_with(rest, "TABLE");
    is_table.then(|| behind(&rest["TABLE".len()..], &["IF", "NOT", "EXISTS"]))
}

/// Whether a statement makes or changes a type.
pub(super) fn is_about_type(statement: &[u8]) -> bool {
    let mut verbs = ["CREATE", "ALTER"].iter().filter(|verb| begins_with(statement, verb));
    let rest = verbs.next().map(|verb| statement[verb.len()..].trim_ascii_start());
    rest.is_some_and(|rest| begins_with(rest, "TYPE"))
}

/// What stands behind some of these words.
fn behind<'t>(text: &'t [u8], words: &[&str]) -> &'t [u8] {
    let mut rest = text.trim_ascii_start();
    while let Some(word) = words.iter().find(|word| begins_with(rest, word)) {
        rest = rest[word.len()..].trim_ascii_start();
    }
    rest
}

/// Whether a statement may be about a name: its longest part without quotes stands in it.
pub(super) fn may_name(statement: &[u8], name: &str) -> bool {
    let parts = name.split(['"', '`', '\'', ']']);
    let part = parts.max_by_key(|part| part.len()).unwrap_or_default();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let bounded = |at: usize| {
        let (before, behind) = (&statement[..at], &statement[at + part.len()..]);
        !before.last().is_some_and(is_word) && !behind.first().is_some_and(is_word)
    };
    let mut places = statement.windows(part.len().max(1)).enumerate();
    part.is_empty()
        || places.any(|(at, text)| text.eq_ignore_ascii_case(part.as_bytes()) && bounded(at))
}
