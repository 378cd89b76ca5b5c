//! Keys that are more than columns of all rows: indexes of expressions, of the beginnings of texts and of a part of the
//! rows, and exclusions.
//!
//! No expression is read: it is known by the columns that stand in it.

use sqlparser::ast::Ident;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Word};

use super::key::{Constraint, column};
use super::tokens::{Names, keyword, list, outside, parts, solid, trimmed};
use crate::table::LooseKey;

/// Functions that make one text of those that differ in case alone.
const OF_CASE: [&str; 4] = ["lower", "upper", "lcase", "ucase"];

/// Words of expressions that may make something of NULL.
const OF_NULL: [&str; 14] = [
    "case",
    "coalesce",
    "concat",
    "concat_ws",
    "decode",
    "format",
    "greatest",
    "if",
    "ifnull",
    "is",
    "isnull",
    "least",
    "nvl",
    "nvl2",
];

/// What a unique index is made of.
pub(super) fn loose(names: &Names, tokens: &[Token]) -> Option<LooseKey<String>> {
    let (_, elements, behind) = list(tokens)?;
    let mut key = LooseKey { lets_go: true, ..LooseKey::default() };
    parts(elements).into_iter().for_each(|part| element(names, part, true, &mut key));
    decide(names, behind, &mut key);
    Some(key)
}

/// `EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (…)`
pub(super) fn exclusion(names: &Names, tokens: &[Token]) -> Option<Constraint> {
    let (_, elements, behind) = list(tokens)?;
    let mut key = LooseKey { lets_go: true, ..LooseKey::default() };
    for part in parts(elements) {
        let with = outside(part).filter(|(_, token)| keyword(token) == Some(Keyword::WITH)).last();
        let (made, operator) =
            with.map_or((part, &[][..]), |(at, _)| (&part[..at], &part[at + 1..]));
        element(names, trimmed(made), trimmed(operator) == [Token::Eq], &mut key);
    }
    decide(names, behind, &mut key);
    Some(Constraint::Loose(key))
}

/// An element of a key that is equal in rows which are alike, or not.
fn element(names: &Names, tokens: &[Token], is_equal: bool, key: &mut LooseKey<String>) {
    if let Some(name) = column(names, tokens) {
        key.told.extend(is_equal.then(|| name.clone()));
        key.columns.push(name);
        return;
    }
    if let Some((name, most)) = start(names, tokens) {
        key.starts.push((name.clone(), most));
        key.columns.push(name);
        return;
    }
    expression(names, tokens, is_equal, key);
}

/// An expression that is equal in rows which are alike, or not.
pub(super) fn expression(
    names: &Names,
    tokens: &[Token],
    is_equal: bool,
    key: &mut LooseKey<String>,
) {
    let found = columns_in(names, tokens);
    let is_of_null = |token: &Token| matches!(token, Token::Word(word) if OF_NULL.iter().any(|one| word.value.eq_ignore_ascii_case(one)));
    key.lets_go &= !tokens.iter().any(is_of_null);
    if let ([one], true) = (found.as_slice(), is_equal && is_of_case(tokens)) {
        key.told.push(one.clone());
    }
    key.columns.extend(found);
}

/// `email(10)` of MySQL.
fn start(names: &Names, tokens: &[Token]) -> Option<(String, usize)> {
    let solid: Vec<&Token> = solid(tokens).collect();
    match solid.as_slice() {
        [Token::Word(word), Token::LParen, Token::Number(most, _), Token::RParen, ..]
            if names.dialect.is_mysql() =>
        {
            Some((called(names, word), most.parse().ok()?))
        }
        _ => None,
    }
}

/// Whether nothing but a function of case is done to what stands in an expression.
fn is_of_case(tokens: &[Token]) -> bool {
    let mut words = calls(tokens);
    let is_it = |word: &Word| OF_CASE.iter().any(|one| word.value.eq_ignore_ascii_case(one));
    let is_plain = |token: &Token| {
        matches!(
            token,
            Token::Word(_)
                | Token::LParen
                | Token::RParen
                | Token::DoubleColon
                | Token::Whitespace(_)
        )
    };
    words.next().is_some_and(is_it) && words.next().is_none() && tokens.iter().all(is_plain)
}

/// The functions that are called.
fn calls(tokens: &[Token]) -> impl Iterator<Item = &Word> {
    let solid = solid(tokens);
    solid.clone().zip(solid.skip(1)).filter_map(|pair| match pair {
        (Token::Word(word), Token::LParen) => Some(word),
        _ => None,
    })
}

/// The words of an expression that may be columns: none that is called, a type, or a collation.
fn columns_in(names: &Names, tokens: &[Token]) -> Vec<String> {
    let solid: Vec<&Token> = solid(tokens).collect();
    let mut found = Vec::new();
    for (at, token) in solid.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let before = at.checked_sub(1).map(|at| solid[at]);
        let is_other = before.is_some_and(|before| {
            *before == Token::DoubleColon
                || matches!(keyword(before), Some(Keyword::AS | Keyword::COLLATE))
        });
        if !is_other && solid.get(at + 1) != Some(&&Token::LParen) {
            found.push(called(names, word));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The columns that say which rows a key is about.
fn decide(names: &Names, behind: &[Token], key: &mut LooseKey<String>) {
    let is_where = |(_, token): &(usize, &Token)| keyword(token) == Some(Keyword::WHERE);
    if let Some((at, _)) = outside(behind).find(is_where) {
        key.decides = columns_in(names, &behind[at + 1..]);
    }
}

fn called(names: &Names, word: &Word) -> String {
    names.one(&Ident { quote_style: word.quote_style, ..Ident::new(word.value.clone()) })
}
