//! The types of PostgreSQL's whose values a statement of its own lists (`CREATE TYPE … AS ENUM`).

use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::tokens::{Names, cut, is_at_end, parser, pass_over_words};
use crate::dialect::Dialect;
use crate::table::TableName;

/// Such a type.
pub(super) struct Enumeration {
    name: TableName,
    labels: Vec<String>,
}

/// The types that a script makes, each as its last statement leaves it.
pub(super) fn read(dialect: Dialect, texts: &[&str]) -> Vec<Enumeration> {
    let mut all: Vec<Enumeration> = Vec::new();
    let names = Names { dialect, schema: None };
    for text in texts.iter().filter(|_| dialect == Dialect::Postgres) {
        let (tokens, None) = cut(dialect, text) else { continue };
        let mut parser = parser(&tokens);
        let is_made = parser.parse_keywords(&[Keyword::CREATE, Keyword::TYPE]);
        if !is_made && !parser.parse_keywords(&[Keyword::ALTER, Keyword::TYPE]) {
            continue;
        }
        let name = parser.parse_object_name(false).ok().and_then(|name| names.table(&name));
        let Some(name) = name else { continue };
        if is_made && parser.parse_keywords(&[Keyword::AS, Keyword::ENUM]) {
            all.retain(|one| one.name != name);
            all.push(Enumeration { name, labels: texts_of(&mut parser) });
        } else if let Some(at) = all.iter().position(|one| one.name == name) {
            alter(&mut all, at, &mut parser);
        }
    }
    all
}

/// What an `ALTER TYPE` makes of one: a value comes; where one is called otherwise, nothing is known any more.
fn alter(all: &mut Vec<Enumeration>, at: usize, parser: &mut Parser<'_>) {
    if parser.parse_keyword(Keyword::RENAME) {
        all.remove(at);
    } else if parser.parse_keywords(&[Keyword::ADD, Keyword::VALUE]) {
        pass_over_words(parser, &[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
        all[at].labels.extend(label(&parser.peek_token_ref().token));
    }
}

/// The texts that stand in the rest of a statement.
fn texts_of(parser: &mut Parser<'_>) -> Vec<String> {
    let next = || match parser.next_token().token {
        Token::EOF => None,
        token => Some(token),
    };
    std::iter::from_fn(next).filter_map(|token| label(&token)).collect()
}

fn label(token: &Token) -> Option<String> {
    match token {
        Token::SingleQuotedString(text) => Some(text.replace("''", "'")),
        _ => None,
    }
}

/// The labels of a type that is called so; none where there are no such, or that may be another's.
pub(super) fn labels(all: &[Enumeration], names: &Names, type_name: &str) -> Vec<String> {
    if all.is_empty() {
        return Vec::new();
    }
    let (tokens, _) = cut(names.dialect, type_name);
    let mut parser = parser(&tokens);
    let name = parser.parse_object_name(false).ok().and_then(|name| names.table(&name));
    let Some(name) = name.filter(|_| is_at_end(&parser)) else { return Vec::new() };
    let mut found = all.iter().filter(|one| name.may_be(&one.name, |a, b| a == b));
    match (found.next(), found.next()) {
        (Some(one), None) => one.labels.clone(),
        _ => Vec::new(),
    }
}
