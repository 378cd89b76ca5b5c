//! Columns.

use sqlparser::ast::{ColumnOption, NullsDistinctOption};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::key::{Constraint, foreign_key};
use super::tokens::{
    Names, Reason, is_at_end, keyword, list, parser, pass_over, reason, remaining, text, trimmed,
};
use crate::dialect::Dialect;
use crate::table::{ColumnDefinition, ColumnType, Counter, ForeignKey, TableName};

/// Words behind the name of a type that do not belong to it, of those that sqlparser knows.
const BEHIND_TYPE: &[Keyword] = &[
    Keyword::NOT,
    Keyword::NULL,
    Keyword::DEFAULT,
    Keyword::CONSTRAINT,
    Keyword::PRIMARY,
    Keyword::UNIQUE,
    Keyword::KEY,
    Keyword::CHECK,
    Keyword::REFERENCES,
    Keyword::COLLATE,
    Keyword::CHARSET,
    Keyword::GENERATED,
    Keyword::AS,
    Keyword::IDENTITY,
    Keyword::AUTO_INCREMENT,
    Keyword::AUTOINCREMENT,
    Keyword::COMMENT,
    Keyword::ON,
    Keyword::OPTIONS,
    Keyword::STORAGE,
    Keyword::COMPRESSION,
    Keyword::INVISIBLE,
    Keyword::SRID,
    Keyword::FIRST,
    Keyword::AFTER,
];

/// The same, of words that it does not have.
const MORE_BEHIND_TYPE: &[&str] = &[
    "VISIBLE",
    "VIRTUAL",
    "COMPRESSED",
    "COLUMN_FORMAT",
    "REF_SYSTEM_ID",
    "SPARSE",
    "ROWGUIDCOL",
    "MASKED",
    "HIDDEN",
    "IMPLICITLY",
    "LOGGED",
    "INLINE",
    "ENABLE",
    "DISABLE",
];

/// What is said of a column, and of the keys it is in alone.
pub(super) struct Column {
    pub(super) definition: ColumnDefinition,
    pub(super) constraints: Vec<Constraint>,
    /// What the database makes its values of, where it does.
    pub(super) made_of: Vec<Token>,
}

/// Reads a name, the name of a type, and options. An option that says nothing of a row is passed over,
/// word by word.
pub(super) fn column(names: &Names, tokens: &[Token]) -> Result<Column, Reason> {
    let mut words = parser(tokens);
    let name = words.parse_identifier().map_err(|error| reason(&error))?;
    let rest = remaining(words);
    let (type_name, options) = rest.split_at(end_of_type(&rest));
    Column::new(names, names.one(&name), text(type_name)).with_options(names, options)
}

/// Where the name of a type ends.
fn end_of_type(tokens: &[Token]) -> usize {
    let is_behind = |at: &usize| {
        let Token::Word(word) = &tokens[*at] else { return false };
        let next = trimmed(&tokens[at + 1..]).first().and_then(keyword);
        match word.keyword {
            _ if word.quote_style.is_some() => false,
            // `timestamp with time zone`, but `int WITHOUT SYSTEM VERSIONING`.
            Keyword::WITH | Keyword::WITHOUT => {
                !matches!(next, Some(Keyword::TIME | Keyword::LOCAL))
            }
            // `character varying`, but `varchar(9) CHARACTER SET latin1`.
            Keyword::CHARACTER => next == Some(Keyword::SET),
            word if BEHIND_TYPE.contains(&word) => true,
            _ => MORE_BEHIND_TYPE.iter().any(|more| word.value.eq_ignore_ascii_case(more)),
        }
    };
    (0..tokens.len()).find(is_behind).unwrap_or(tokens.len())
}

impl Column {
    fn new(names: &Names, name: String, type_name: String) -> Column {
        let kind = names.dialect.column_type(&type_name);
        let is_serial = matches!(
            type_name.to_ascii_lowercase().as_str(),
            "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8"
        );
        let counter = is_serial.then_some(Counter::ByDefault);
        let definition = ColumnDefinition {
            name,
            kind,
            labels: Vec::new(),
            collation: None,
            notation: names.dialect.notation(&type_name),
            is_generated: names.dialect.makes_values_of(&type_name),
            type_name,
            is_touched: false,
            is_not_null: is_serial,
            counter,
        };
        Column { definition, constraints: Vec::new(), made_of: Vec::new() }
    }

    /// The same with these options.
    pub(super) fn with_options(
        mut self,
        names: &Names,
        options: &[Token],
    ) -> Result<Column, Reason> {
        let mut parser = parser(options);
        while !is_at_end(&parser) {
            let (is_made, at) = (self.definition.is_generated, parser.index());
            self.read_option(names, &mut parser)?;
            if self.definition.is_generated && !is_made {
                self.made_of = list(&options[at..parser.index().min(options.len())])
                    .map_or(Vec::new(), |(_, expression, _)| expression.to_vec());
            }
        }
        Ok(self)
    }

    fn read_option(&mut self, names: &Names, parser: &mut Parser<'_>) -> Result<(), Reason> {
        let column = &mut self.definition;
        match keyword(&parser.peek_token_ref().token) {
            Some(Keyword::GENERATED | Keyword::AS) => generated(column, parser),
            Some(Keyword::DEFAULT) => {
                parser.advance_token();
                column.counter = sequence(names, parser).or(column.counter.take());
            }
            // SQL Server's takes no other number unless it is told to.
            Some(Keyword::IDENTITY) => {
                (column.counter, column.is_not_null) = (Some(Counter::Always), true);
                pass_over(parser);
            }
            Some(Keyword::AUTO_INCREMENT | Keyword::AUTOINCREMENT) => {
                column.counter = Some(Counter::ByDefault);
                pass_over(parser);
            }
            Some(Keyword::COLLATE) => {
                parser.advance_token();
                let collation = parser.parse_object_name(false).ok();
                let collation = collation.and_then(|name| names.table(&name));
                if let Some(collation) = &collation {
                    column.kind = collated(names, collation).or(column.kind);
                }
                column.collation = collation.map(|name| name.last().to_owned());
            }
            Some(Keyword::ON) if names.dialect.is_mysql() => {
                parser.advance_token();
                column.is_touched |= parser.parse_keyword(Keyword::UPDATE);
            }
            // The name of what follows.
            Some(Keyword::CONSTRAINT) => (0..2).for_each(|_| pass_over(parser)),
            Some(
                Keyword::NOT
                | Keyword::PRIMARY
                | Keyword::KEY
                | Keyword::UNIQUE
                | Keyword::REFERENCES,
            ) => return self.read_key(names, parser),
            _ => pass_over(parser),
        }
        Ok(())
    }

    /// NOT NULL, a key of this column, or what it refers to.
    fn read_key(&mut self, names: &Names, parser: &mut Parser<'_>) -> Result<(), Reason> {
        let option = parser.parse_optional_column_option().map_err(|error| reason(&error))?;
        let this = || vec![self.definition.name.clone()];
        let constraint = match option {
            Some(ColumnOption::PrimaryKey(_)) => Constraint::PrimaryKey(this()),
            Some(ColumnOption::Unique(key)) => match key.nulls_distinct {
                NullsDistinctOption::NotDistinct => Constraint::UniqueWithNull(this()),
                _ => Constraint::Unique(this()),
            },
            Some(ColumnOption::ForeignKey(constraint)) => {
                let key = foreign_key(names, &constraint)?;
                Constraint::ForeignKey(ForeignKey { columns: this(), ..key })
            }
            Some(ColumnOption::NotNull) => {
                self.definition.is_not_null = true;
                return Ok(());
            }
            // `NOT VALID` and the like.
            _ => {
                pass_over(parser);
                return Ok(());
            }
        };
        self.constraints.push(constraint);
        Ok(())
    }
}

/// `GENERATED ALWAYS AS (…)`, `AS (…)`, `GENERATED BY DEFAULT ON NULL AS IDENTITY`, `GENERATED ALWAYS AS
/// ROW START`. What is reckoned, and how it is counted, says nothing of a row.
fn generated(column: &mut ColumnDefinition, parser: &mut Parser<'_>) {
    let by_default = parser.parse_keywords(&[Keyword::GENERATED, Keyword::BY, Keyword::DEFAULT]);
    while !is_at_end(parser) && !parser.parse_keyword(Keyword::AS) {
        pass_over(parser);
    }
    if keyword(&parser.peek_token_ref().token) == Some(Keyword::IDENTITY) {
        let counter = if by_default { Counter::ByDefault } else { Counter::Always };
        (column.counter, column.is_not_null) = (Some(counter), true);
    } else {
        column.is_generated = true;
    }
    pass_over(parser);
}

/// What a collation makes of a column's type: PostgreSQL's own tell all texts apart, and are known by their schema in
/// its dumps; one that somebody made may take two for one.
fn collated(names: &Names, collation: &TableName) -> Option<ColumnType> {
    let is_own = matches!(collation.last(), "C" | "POSIX" | "default")
        || collation.parts.iter().rev().nth(1).is_some_and(|schema| schema == "pg_catalog");
    (names.dialect == Dialect::Postgres && !is_own).then_some(ColumnType::Opaque)
}

/// The sequence a default takes its number from: `nextval('hr.staff_id_seq'::regclass)`, and
/// ``nextval(`hr`.`s`)`` of `MariaDB`. Any other default says nothing of a row.
fn sequence(names: &Names, parser: &mut Parser<'_>) -> Option<Counter> {
    let is_nextval = match &parser.peek_token_ref().token {
        Token::Word(word) => word.value.eq_ignore_ascii_case("nextval"),
        _ => false,
    };
    pass_over(parser);
    if !is_nextval || !parser.consume_token(&Token::LParen) {
        return None;
    }
    let sequence = match &parser.peek_token_ref().token {
        Token::SingleQuotedString(text) => TableName::parse(&text.replace("''", "'")),
        _ => names.table(&parser.parse_object_name(false).ok()?),
    };
    sequence.map(Counter::Sequence)
}
