//! Tokens of SQL: lists in parentheses, parts between commas, and names.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};
use sqlparser::dialect::{
    AnsiDialect, Dialect as Grammar, GenericDialect, MsSqlDialect, MySqlDialect, OracleDialect,
    PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace, Word};

use crate::dialect::Dialect;
use crate::table::TableName;

/// What was expected, and what was found.
pub(super) type Reason = String;

/// The tokens of a text, as far as there are some, and why there are no more. What stands in quotes is
/// as it stands there; version comments of MySQL are no comments.
pub(super) fn cut(dialect: Dialect, text: &str) -> (Vec<Token>, Option<Reason>) {
    let grammar: &dyn Grammar = match dialect {
        Dialect::Postgres => &PostgreSqlDialect {},
        Dialect::Mysql | Dialect::Mariadb => &MySqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Mssql => &MsSqlDialect {},
        Dialect::Oracle => &OracleDialect {},
        Dialect::Db2 => &AnsiDialect {},
    };
    let mut tokens = Vec::new();
    let mut tokenizer = Tokenizer::new(grammar, text).with_unescape(false);
    let done = tokenizer.tokenize_with_location_into_buf(&mut tokens);
    let reason =
        done.err().map(|error| format!("expected SQL, but found what is none: {}", error.message));
    (tokens.into_iter().map(|token| as_name(token.token)).collect(), reason)
}

/// A text in double quotes as a name: where MySQL takes it for a text, no dump writes one so
/// (`ANSI_QUOTES`).
fn as_name(token: Token) -> Token {
    match token {
        Token::DoubleQuotedString(value) => {
            Token::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword })
        }
        token => token,
    }
}

/// A parser of these tokens that takes what any database has: which one wrote them was a matter of
/// cutting them.
pub(super) fn parser(tokens: &[Token]) -> Parser<'static> {
    Parser::new(&GenericDialect {}).with_tokens(tokens.to_vec())
}

/// What a parser says, in our words.
pub(super) fn reason(error: &ParserError) -> Reason {
    match error {
        ParserError::TokenizerError(said) | ParserError::ParserError(said) => {
            said.replacen("Expected: ", "expected ", 1).replacen(", found: ", ", but found ", 1)
        }
        ParserError::RecursionLimitExceeded => {
            "expected an expression of few levels, but found many".to_owned()
        }
    }
}

/// Whether a parser has come to the end.
pub(super) fn is_at_end(parser: &Parser<'_>) -> bool {
    parser.peek_token_ref().token == Token::EOF
}

/// What a parser has not read yet.
pub(super) fn remaining(parser: Parser<'_>) -> Vec<Token> {
    let at = parser.index();
    parser.into_tokens().into_iter().skip(at).map(|token| token.token).collect()
}

/// Passes over a token, or a list in parentheses.
pub(super) fn pass_over(parser: &mut Parser<'_>) {
    let mut depth = 0_usize;
    loop {
        match parser.next_token().token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::EOF => return,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Passes over these words, where they stand there.
pub(super) fn pass_over_words(parser: &mut Parser<'_>, words: &[Keyword]) {
    // There or not, what stands behind them is next.
    let _ = parser.parse_keywords(words);
}

/// The keyword that a token is, where it is one without quotes.
pub(super) fn keyword(token: &Token) -> Option<Keyword> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

/// The first two words of tokens, where they are keywords.
pub(super) fn first_keywords(tokens: &[Token]) -> [Option<Keyword>; 2] {
    let mut words = solid(tokens);
    [(); 2].map(|()| words.next().and_then(keyword))
}

/// The tokens that are no blanks and no comments.
pub(super) fn solid(tokens: &[Token]) -> impl Iterator<Item = &Token> + Clone {
    tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_)))
}

/// The tokens that stand in no parentheses, with their places; of a list its first parenthesis.
pub(super) fn outside(tokens: &[Token]) -> impl Iterator<Item = (usize, &Token)> {
    let mut depth = 0_usize;
    tokens.iter().enumerate().filter(move |(_, token)| {
        let before = depth;
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        before == 0
    })
}

/// Whether a keyword stands in no parentheses.
pub(super) fn has(tokens: &[Token], word: Keyword) -> bool {
    outside(tokens).any(|(_, token)| keyword(token) == Some(word))
}

/// The first list in parentheses: what stands before it, in it and behind it.
pub(super) fn list(tokens: &[Token]) -> Option<(&[Token], &[Token], &[Token])> {
    let open = tokens.iter().position(|token| *token == Token::LParen)?;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 1 => {
                return Some((&tokens[..open], &tokens[open + 1..at], &tokens[at + 1..]));
            }
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas that stand in no parentheses.
pub(super) fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, _) in outside(tokens).filter(|(_, token)| **token == Token::Comma) {
        parts.push(trimmed(&tokens[start..at]));
        start = at + 1;
    }
    parts.push(trimmed(&tokens[start..]));
    parts
}

/// Tokens without blanks around them.
pub(super) fn trimmed(tokens: &[Token]) -> &[Token] {
    let is_blank = |token: &Token| matches!(token, Token::Whitespace(_));
    let start = tokens.iter().position(|token| !is_blank(token)).unwrap_or(tokens.len());
    let end = tokens.iter().rposition(|token| !is_blank(token)).map_or(start, |at| at + 1);
    &tokens[start..end]
}

/// The beginning of tokens, for a message.
pub(super) fn beginning(tokens: &[Token]) -> String {
    const SHOWN: usize = 12;
    let tokens = trimmed(tokens);
    let is_whole = tokens.len() <= SHOWN;
    text(&tokens[..tokens.len().min(SHOWN)]) + if is_whole { "" } else { " …" }
}

/// Tokens as text, with one blank where there are several or a comment.
pub(super) fn text(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in trimmed(tokens) {
        match token {
            Token::Whitespace(Whitespace::Space | Whitespace::Tab | Whitespace::Newline) => {
                let has_blank = text.ends_with(' ');
                text.push_str(if has_blank { "" } else { " " });
            }
            Token::Whitespace(_) => {}
            token => text.push_str(&token.to_string()),
        }
    }
    text
}

/// How names are read.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) dialect: Dialect,
    /// The schema or database of names that have none.
    pub(super) schema: Option<String>,
}

impl Names {
    /// What is called so.
    pub(super) fn one(&self, name: &Ident) -> String {
        match name.quote_style {
            None => self.dialect.folded(&name.value).into_owned(),
            Some('[') => name.value.replace("]]", "]"),
            Some(quote) => name.value.replace(&format!("{quote}{quote}"), &quote.to_string()),
        }
    }

    /// The table that is called so.
    pub(super) fn table(&self, name: &ObjectName) -> Option<TableName> {
        let part = |part: &ObjectNamePart| match part {
            ObjectNamePart::Identifier(name) => Some(self.one(name)),
            ObjectNamePart::Function(_) => None,
        };
        let mut parts = name.0.iter().map(part).collect::<Option<Vec<String>>>()?;
        if let ([_], Some(schema)) = (parts.as_slice(), &self.schema) {
            parts.insert(0, schema.clone());
        }
        Some(TableName { parts })
    }
}
