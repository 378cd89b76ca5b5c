//! Keys and references.

use sqlparser::ast::{
    ConstraintCharacteristics, ConstraintReferenceMatchKind, DeferrableInitial,
    ForeignKeyConstraint, Ident, ReferentialAction, TableConstraint,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::loose::{exclusion, loose};
use super::tokens::{
    Names, Reason, beginning, has, is_at_end, keyword, list, outside, parser, parts,
    pass_over_words, reason,
};
use crate::dialect::Dialect;
use crate::table::{ForeignKey, LooseKey, OnDelete};

/// What must hold for the rows of a table.
pub(super) enum Constraint {
    /// The primary key.
    PrimaryKey(Vec<String>),
    /// Another key.
    Unique(Vec<String>),
    /// Another key, in which NULL equals NULL.
    UniqueWithNull(Vec<String>),
    /// What else no two rows may have alike, with all words that may be columns.
    Loose(LooseKey<String>),
    /// A reference.
    ForeignKey(ForeignKey),
}

/// The keys and references among what a part of a list says; it may be several of them, since
/// `SQLite` wants no comma between two. A check is none, nor is an index that is not unique.
pub(super) fn constraints(names: &Names, tokens: &[Token]) -> Result<Vec<Constraint>, Reason> {
    let begins = |(at, token): (usize, &Token)| match keyword(token)? {
        word @ (Keyword::PRIMARY | Keyword::UNIQUE | Keyword::FOREIGN | Keyword::EXCLUDE) => {
            Some((at, word))
        }
        _ => None,
    };
    let places: Vec<(usize, Keyword)> = outside(tokens).filter_map(begins).collect();
    let ends = places.iter().skip(1).map(|(at, _)| *at).chain([tokens.len()]);
    let mut found = Vec::new();
    for ((at, word), end) in places.iter().zip(ends) {
        let part = &tokens[*at..end];
        found.extend(match word {
            Keyword::FOREIGN => Some(Constraint::ForeignKey(reference(names, part)?)),
            Keyword::PRIMARY => columns(names, part)?.map(Constraint::PrimaryKey),
            Keyword::EXCLUDE => exclusion(names, part),
            _ => unique(names, part)?,
        });
    }
    Ok(found)
}

/// The columns of a unique key or index, or what it is made of where it is more than columns of all rows.
pub(super) fn unique(names: &Names, tokens: &[Token]) -> Result<Option<Constraint>, Reason> {
    let words: Vec<Keyword> = outside(tokens).filter_map(|(_, token)| keyword(token)).collect();
    let with_null = [Keyword::NULLS, Keyword::NOT, Keyword::DISTINCT];
    let with_null = words.windows(3).any(|words| *words == with_null);
    let is_of_all = !has(tokens, Keyword::WHERE);
    Ok(match columns(names, tokens)?.filter(|_| is_of_all) {
        Some(columns) if with_null => Some(Constraint::UniqueWithNull(columns)),
        Some(columns) => Some(Constraint::Unique(columns)),
        None => loose(names, tokens)
            .map(|key| Constraint::Loose(LooseKey { lets_go: key.lets_go && !with_null, ..key })),
    })
}

/// The columns in the first list; none where something in it is more than a column.
fn columns(names: &Names, tokens: &[Token]) -> Result<Option<Vec<String>>, Reason> {
    let Some((_, columns, _)) = list(tokens) else {
        return Err(format!("expected the columns of a key, but found `{}`", beginning(tokens)));
    };
    Ok(parts(columns).into_iter().map(|part| column(names, part)).collect())
}

/// A column of a key: a name, with a collation, an operator class and a direction or not.
pub(super) fn column(names: &Names, tokens: &[Token]) -> Option<String> {
    let mut parser = parser(tokens);
    let name = parser.parse_identifier().ok()?;
    let is_end = |parser: &mut Parser<'_>| {
        pass_over_words(parser, &[Keyword::ASC]);
        pass_over_words(parser, &[Keyword::DESC]);
        pass_over_words(parser, &[Keyword::NULLS, Keyword::FIRST]);
        pass_over_words(parser, &[Keyword::NULLS, Keyword::LAST]);
        is_at_end(parser)
    };
    if parser.parse_keyword(Keyword::COLLATE) {
        parser.parse_object_name(false).ok()?;
    }
    let is_class = names.dialect == Dialect::Postgres && !is_end(&mut parser);
    if is_class {
        parser.parse_object_name(false).ok()?;
    }
    is_end(&mut parser).then(|| names.one(&name))
}

/// `FOREIGN KEY (…) REFERENCES …`
fn reference(names: &Names, tokens: &[Token]) -> Result<ForeignKey, Reason> {
    let tokens = without_columns_of_actions(tokens);
    match parser(&tokens).parse_optional_table_constraint() {
        Ok(Some(TableConstraint::ForeignKey(constraint))) => foreign_key(names, &constraint),
        Ok(_) => Err(format!("expected a foreign key, but found `{}`", beginning(&tokens))),
        Err(error) => Err(reason(&error)),
    }
}

/// `ON DELETE SET NULL (a)` without the list that sqlparser does not read.
fn without_columns_of_actions(tokens: &[Token]) -> Vec<Token> {
    let is_action = |word| matches!(word, Keyword::NULL | Keyword::DEFAULT);
    match outside(tokens).find(|(_, token)| keyword(token).is_some_and(is_action)) {
        Some((at, _)) => match list(&tokens[at + 1..]) {
            Some((before, _, behind)) => [&tokens[..=at], before, behind].concat(),
            None => tokens.to_vec(),
        },
        None => tokens.to_vec(),
    }
}

/// A reference of the columns that are named in it, which are none where it belongs to one.
pub(super) fn foreign_key(
    names: &Names,
    constraint: &ForeignKeyConstraint,
) -> Result<ForeignKey, Reason> {
    let each = |list: &[Ident]| list.iter().map(|name| names.one(name)).collect();
    let table = &constraint.foreign_table;
    let wrong = || format!("expected the name of a table, but found `{table}`");
    Ok(ForeignKey {
        columns: each(&constraint.columns),
        table: names.table(table).ok_or_else(wrong)?,
        referred: each(&constraint.referred_columns),
        on_delete: match constraint.on_delete {
            None | Some(ReferentialAction::NoAction) => OnDelete::NoAction,
            Some(ReferentialAction::Restrict) => OnDelete::Restrict,
            Some(ReferentialAction::Cascade) => OnDelete::Cascade,
            Some(ReferentialAction::SetNull) => OnDelete::SetNull,
            Some(ReferentialAction::SetDefault) => OnDelete::SetDefault,
        },
        follows: constraint.on_update == Some(ReferentialAction::Cascade),
        // MySQL and SQLite read it, and do not heed it.
        is_full: names.dialect == Dialect::Postgres
            && matches!(constraint.match_kind, Some(ConstraintReferenceMatchKind::Full)),
        is_deferrable: constraint.characteristics.as_ref().is_some_and(is_deferrable),
    })
}

fn is_deferrable(said: &ConstraintCharacteristics) -> bool {
    said.deferrable.unwrap_or(said.initially == Some(DeferrableInitial::Deferred))
}
