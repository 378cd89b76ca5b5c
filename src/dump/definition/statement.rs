//! Statements as far as the name of the table they are about.

use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::tokens::{
    Names, Reason, cut, first_keywords, list, parser, parts, pass_over_words, remaining,
};
use crate::dialect::Dialect;
use crate::error::DefinitionFault;
use crate::table::TableName;

/// What may stand between CREATE and TABLE or UNIQUE INDEX.
const KINDS: &[Keyword] = &[
    Keyword::GLOBAL,
    Keyword::LOCAL,
    Keyword::TEMP,
    Keyword::TEMPORARY,
    Keyword::UNLOGGED,
    Keyword::FOREIGN,
];

/// A statement about a table.
pub(super) struct Statement {
    /// Which of those that were given.
    pub(super) number: usize,
    pub(super) verb: Verb,
    pub(super) table: TableName,
    /// How its names are read.
    pub(super) names: Names,
    rest: Vec<Token>,
    broken: Option<Reason>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Makes the table.
    Create,
    /// Makes it unless there is one.
    CreateIfMissing,
    /// Changes it.
    Alter,
    /// Makes a unique index.
    UniqueIndex,
}

impl Statement {
    /// Whether it makes a table.
    pub(super) fn makes(&self) -> bool {
        matches!(self.verb, Verb::Create | Verb::CreateIfMissing)
    }

    /// Whether the last part of a table's name stands behind its own.
    pub(super) fn names_it(&self, table: &TableName) -> bool {
        let Some(name) = table.parts.last() else { return false };
        let is_it = |token: &Token| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(name));
        self.rest.iter().any(is_it)
    }

    /// What stands behind the name.
    pub(super) fn rest(&self) -> Result<&[Token], Reason> {
        self.broken.clone().map_or(Ok(&self.rest), Err)
    }

    /// Where a table is made as a partition of another: that, and what stands behind it.
    pub(super) fn partition(&self) -> Option<(TableName, Vec<Token>)> {
        self.behind(&[Keyword::PARTITION, Keyword::OF])
    }

    /// The table that becomes a partition of this one.
    pub(super) fn attached(&self) -> Option<TableName> {
        self.behind(&[Keyword::ATTACH, Keyword::PARTITION]).map(|(name, _)| name)
    }

    /// The tables whose columns come before those of this one (`INHERITS`).
    pub(super) fn inherited(&self) -> Vec<TableName> {
        let Some((.., behind)) = list(&self.rest) else { return Vec::new() };
        let parents = list(behind)
            .filter(|(before, ..)| first_keywords(before) == [Some(Keyword::INHERITS), None]);
        let name = |part: &[Token]| self.names.table(&parser(part).parse_object_name(false).ok()?);
        parents.map(|(_, names, _)| parts(names)).into_iter().flatten().filter_map(name).collect()
    }

    /// The name of a table behind these words, with which the rest begins, and what stands behind it.
    fn behind(&self, words: &[Keyword]) -> Option<(TableName, Vec<Token>)> {
        let mut parser = parser(&self.rest);
        parser.parse_keywords(words).then_some(())?;
        let name = self.names.table(&parser.parse_object_name(false).ok()?)?;
        Some((name, remaining(parser)))
    }

    /// What is wrong with it, in the definition of this table.
    pub(super) fn fault(&self, table: &TableName, reason: Reason) -> DefinitionFault {
        DefinitionFault::Unreadable { statement: self.number, table: table.to_string(), reason }
    }
}

/// The statements of a script that are about tables.
pub(super) fn read(dialect: Dialect, texts: &[&str]) -> Vec<Statement> {
    let mut names = Names { dialect, schema: None };
    let one = |(number, text): (usize, &&str)| statement(&mut names, number, text);
    texts.iter().enumerate().filter_map(one).collect()
}

/// Reads a statement that is about a table, or moves to the schema of those that follow.
fn statement(names: &mut Names, number: usize, text: &str) -> Option<Statement> {
    let text = without_comments(text);
    let word = text.trim_start_matches(['/', '*', '!', ' ']);
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let begins = |verb: &str| word.get(..verb.len()).is_some_and(|w| w.eq_ignore_ascii_case(verb));
    if !["CREATE", "ALTER", "USE", "SET"].into_iter().any(begins) {
        return None;
    }
    let (tokens, broken) = cut(names.dialect, text);
    let mut parser = parser(&tokens);
    if let Some(schema) = schema(names, &mut parser) {
        names.schema = Some(schema).filter(|schema| !schema.is_empty());
        return None;
    }
    let verb = verb(&mut parser)?;
    let table = names.table(&parser.parse_object_name(false).ok()?)?;
    let names = names.clone();
    Some(Statement { number, verb, table, names, rest: remaining(parser), broken })
}

/// `USE db`, and the first of `SET search_path = hr, pg_catalog`.
fn schema(names: &Names, parser: &mut Parser<'_>) -> Option<String> {
    let is_path = |parser: &mut Parser<'_>| {
        let name = parser.parse_identifier().ok();
        name.is_some_and(|name| name.value.eq_ignore_ascii_case("search_path"))
            && (parser.consume_token(&Token::Eq) || parser.parse_keyword(Keyword::TO))
    };
    let is_moved = match names.dialect {
        Dialect::Postgres => parser.parse_keyword(Keyword::SET) && is_path(parser),
        Dialect::Mysql | Dialect::Mariadb | Dialect::Mssql => parser.parse_keyword(Keyword::USE),
        Dialect::Sqlite | Dialect::Oracle | Dialect::Db2 => false,
    };
    is_moved.then(|| parser.parse_identifier().ok().map(|name| names.one(&name)))?
}

/// What is done, up to the name of the table.
fn verb(parser: &mut Parser<'_>) -> Option<Verb> {
    if parser.parse_keyword(Keyword::ALTER) {
        pass_over_words(parser, &[Keyword::FOREIGN]);
        let is_table = parser.parse_keyword(Keyword::TABLE);
        pass_over_words(parser, &[Keyword::IF, Keyword::EXISTS]);
        pass_over_words(parser, &[Keyword::ONLY]);
        return is_table.then_some(Verb::Alter);
    }
    parser.parse_keyword(Keyword::CREATE).then_some(())?;
    pass_over_words(parser, &[Keyword::OR, Keyword::REPLACE]);
    while parser.parse_one_of_keywords(KINDS).is_some() {}
    if parser.parse_keyword(Keyword::TABLE) {
        let is_asked = parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
        return Some(if is_asked { Verb::CreateIfMissing } else { Verb::Create });
    }
    parser.parse_keyword(Keyword::UNIQUE).then_some(())?;
    while !parser.parse_keyword(Keyword::ON) {
        (parser.next_token().token != Token::EOF).then_some(())?;
    }
    pass_over_words(parser, &[Keyword::ONLY]);
    Some(Verb::UniqueIndex)
}

/// A statement without the comments before it, of which those with a version are none, but for the one
/// that begins a dump of `MariaDB`.
fn without_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let is_code = text.starts_with("/*!") && !text.starts_with("/*!999999");
        let end = match text {
            _ if is_code => return text,
            _ if text.starts_with("--") || text.starts_with('#') => text.find('\n'),
            _ if text.starts_with("/*") => text.find("*/").map(|at| at + 1),
            _ => return text,
        };
        text = end.map_or("", |end| &text[end + 1..]);
    }
}
