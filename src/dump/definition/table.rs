//! A table that is put together from what statements say of it.

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::column::{Column, column};
use super::key::{Constraint, constraints, unique};
use super::loose::expression;
use super::tokens::{
    Names, Reason, beginning, first_keywords, has, keyword, list, outside, parser, parts,
    pass_over_words, reason, remaining, trimmed,
};
use crate::dialect::Dialect;
use crate::table::{ColumnDefinition, Counter, Definition, ForeignKey, LooseKey};

/// A table so far.
pub(super) struct Table {
    names: Names,
    definition: Definition,
    /// Where each column is, by the identity of its name.
    places: BTreeMap<String, usize>,
    /// What the database makes the values of a column of, by the identity of its name.
    made_of: BTreeMap<String, Vec<Token>>,
    rows: Rows,
}

/// What a key makes of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// They hold no NULL.
    Plain,
    /// The same in `SQLite`, where the type INTEGER makes a column that is the key the row's number.
    Strict,
    /// Rows have numbers as well, and other columns of a key may hold NULL.
    Loose,
}

/// What a part of the list behind CREATE TABLE is.
enum Part {
    Column,
    Constraint,
    /// Something that says nothing of columns and keys.
    Other,
}

impl Table {
    pub(super) fn new(names: &Names, definition: Definition) -> Table {
        let rows = match names.dialect {
            Dialect::Sqlite => Rows::Loose,
            Dialect::Postgres
            | Dialect::Mysql
            | Dialect::Mariadb
            | Dialect::Mssql
            | Dialect::Oracle
            | Dialect::Db2 => Rows::Plain,
        };
        let mut table = Table {
            names: names.clone(),
            places: BTreeMap::new(),
            made_of: BTreeMap::new(),
            rows,
            definition: Definition {
                columns: Vec::new(),
                is_loose: names.dialect == Dialect::Sqlite,
                ..definition
            },
        };
        table.inherit(definition.columns);
        table
    }

    /// Which column is called so.
    fn place(&self, name: &str) -> Option<usize> {
        self.places.get(self.names.dialect.identity(name).as_ref()).copied()
    }

    /// Has these columns of another table too.
    pub(super) fn inherit(&mut self, columns: Vec<ColumnDefinition>) {
        let add = |column| {
            self.add(Column { definition: column, constraints: Vec::new(), made_of: Vec::new() });
        };
        columns.into_iter().for_each(add);
    }

    /// Refers to other tables as the table does that it is a partition of.
    pub(super) fn refer_as(&mut self, keys: Vec<ForeignKey>) {
        self.definition.foreign_keys.extend(keys);
    }

    /// Reads the list behind CREATE TABLE, and what stands behind it.
    pub(super) fn create(&mut self, tokens: &[Token]) -> Result<(), Reason> {
        let found = list(tokens).filter(|(before, ..)| trimmed(before).is_empty());
        let Some((_, inside, behind)) = found else {
            return Err(format!("expected a list of columns, but found `{}`", beginning(tokens)));
        };
        self.definition.is_loose &= !has(behind, Keyword::STRICT);
        if self.rows == Rows::Loose && has(behind, Keyword::WITHOUT) {
            self.rows = Rows::Plain;
        } else if self.rows == Rows::Loose && has(behind, Keyword::STRICT) {
            self.rows = Rows::Strict;
        }
        parts(inside).into_iter().try_for_each(|part| self.part(part))?;
        if let Some(collation) = collation(behind) {
            let columns = self.definition.columns.iter_mut();
            for column in columns.filter(|column| column.collation.is_none()) {
                column.collation = Some(collation.to_owned());
            }
        }
        Ok(())
    }

    /// Reads the list of a partition, where it has one: what it says more of the columns.
    pub(super) fn create_partition(&mut self, tokens: &[Token]) -> Result<(), Reason> {
        match list(tokens) {
            Some((before, inside, _)) if trimmed(before).is_empty() => {
                parts(inside).into_iter().try_for_each(|part| self.part(part))
            }
            _ => Ok(()),
        }
    }

    fn part(&mut self, tokens: &[Token]) -> Result<(), Reason> {
        match self.what_is(tokens)? {
            Part::Column => self.add(column(&self.names, tokens)?),
            Part::Constraint => {
                constraints(&self.names, tokens)?.into_iter().for_each(|c| self.hold(c));
            }
            Part::Other => {}
        }
        Ok(())
    }

    /// What the first words say. Some begin a column of that name but in MySQL, which quotes such names.
    fn what_is(&self, tokens: &[Token]) -> Result<Part, Reason> {
        const KEYS: [Keyword; 5] = [
            Keyword::CONSTRAINT,
            Keyword::PRIMARY,
            Keyword::UNIQUE,
            Keyword::FOREIGN,
            Keyword::CHECK,
        ];
        const INDEXES: [Keyword; 4] =
            [Keyword::KEY, Keyword::INDEX, Keyword::FULLTEXT, Keyword::SPATIAL];
        let is_mysql = matches!(self.names.dialect, Dialect::Mysql | Dialect::Mariadb);
        let [first, second] = first_keywords(tokens);
        let Some(first) = first else {
            return Ok(if tokens.is_empty() { Part::Other } else { Part::Column });
        };
        match (first, second) {
            (Keyword::LIKE, _) => {
                Err(format!("expected a column, but found `{}`", beginning(tokens)))
            }
            (Keyword::PERIOD, Some(Keyword::FOR)) | (Keyword::PARTITION | Keyword::SYSTEM, _) => {
                Ok(Part::Other)
            }
            (Keyword::EXCLUDE, Some(Keyword::USING)) => Ok(Part::Constraint),
            _ if KEYS.contains(&first) => Ok(Part::Constraint),
            _ if is_mysql && INDEXES.contains(&first) => Ok(Part::Other),
            _ => Ok(Part::Column),
        }
    }

    /// A column, or what is said more of one that is there.
    fn add(&mut self, column: Column) {
        let Column { definition: mut new, constraints, made_of } = column;
        let new_name = new.name.clone();
        match self.place(&new.name) {
            Some(at) => {
                let old = &mut self.definition.columns[at];
                new.name.clone_from(&old.name);
                new.is_not_null |= old.is_not_null;
                if new.type_name.is_empty() {
                    (new.type_name, new.kind) = (old.type_name.clone(), old.kind);
                }
                *old = new;
            }
            None => {
                let identity = self.names.dialect.identity(&new.name).into_owned();
                self.places.insert(identity, self.definition.columns.len());
                self.definition.columns.push(new);
            }
        }
        if !made_of.is_empty() {
            self.made_of.insert(self.names.dialect.identity(&new_name).into_owned(), made_of);
        }
        constraints.into_iter().for_each(|constraint| self.hold(constraint));
    }

    /// A key or a reference, with its columns as these are called.
    fn hold(&mut self, constraint: Constraint) {
        match constraint {
            Constraint::PrimaryKey(columns) => self.definition.primary_key = self.called(columns),
            Constraint::Unique(columns) => {
                let columns = self.called(columns);
                self.definition.unique.push(columns);
            }
            Constraint::UniqueWithNull(columns) => {
                let columns = self.called(columns);
                self.definition.with_null.push(columns.clone());
                self.definition.unique.push(columns);
            }
            Constraint::Loose(key) => self.definition.loose.push(key),
            Constraint::ForeignKey(key) => {
                let columns = self.called(key.columns);
                self.definition.foreign_keys.push(ForeignKey { columns, ..key });
            }
        }
    }

    fn called(&self, names: Vec<String>) -> Vec<String> {
        let called = |name: String| match self.place(&name) {
            Some(at) => self.definition.columns[at].name.clone(),
            None => name,
        };
        names.into_iter().map(called).collect()
    }

    /// A unique index, behind the name of the table.
    pub(super) fn index(&mut self, tokens: &[Token]) -> Result<(), Reason> {
        if let Some(key) = unique(&self.names, tokens)? {
            self.hold(key);
        }
        Ok(())
    }

    /// What ALTER TABLE does, behind the name of the table.
    pub(super) fn alter(&mut self, tokens: &[Token]) -> Result<(), Reason> {
        parts(tokens).into_iter().try_for_each(|action| self.action(action))
    }

    /// What adds to a table, or says more of a column. What takes something away is not looked for in
    /// a dump, and what concerns neither columns nor keys is passed over.
    fn action(&mut self, tokens: &[Token]) -> Result<(), Reason> {
        let mut parser = parser(tokens);
        if parser.parse_keyword(Keyword::WITH) {
            // `WITH CHECK ADD CONSTRAINT` of SQL Server.
            parser.next_token();
        }
        let verbs = [
            Keyword::ADD,
            Keyword::MODIFY,
            Keyword::ALTER,
            Keyword::DROP,
            Keyword::RENAME,
            Keyword::CHANGE,
        ];
        let Some(verb) = parser.parse_one_of_keywords(&verbs) else { return Ok(()) };
        pass_over_words(&mut parser, &[Keyword::COLUMN]);
        pass_over_words(&mut parser, &[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
        if verb == Keyword::ALTER {
            let name = parser.parse_identifier().map_err(|error| reason(&error))?;
            return self.more_of(&self.names.one(&name), tokens, &remaining(parser));
        }
        if !matches!(verb, Keyword::ADD | Keyword::MODIFY) {
            return Err(taken_away(tokens));
        }
        let rest = remaining(parser);
        match list(&rest) {
            Some((before, inside, _)) if trimmed(before).is_empty() => {
                parts(inside).into_iter().try_for_each(|part| self.part(part))
            }
            _ => self.part(&rest),
        }
    }

    /// `ALTER COLUMN name SET DEFAULT …`, `SET NOT NULL`, `ADD GENERATED …`
    fn more_of(&mut self, name: &str, action: &[Token], options: &[Token]) -> Result<(), Reason> {
        let words = first_keywords(options);
        if matches!(words, [Some(Keyword::DROP | Keyword::TYPE), _] | [_, Some(Keyword::DATA)]) {
            return Err(taken_away(action));
        }
        let Some(at) = self.place(name) else {
            let found = beginning(action);
            return Err(format!("expected a column of the table, but found `{found}`"));
        };
        let definition = self.definition.columns[at].clone();
        let column = Column { definition, constraints: Vec::new(), made_of: Vec::new() };
        self.add(column.with_options(&self.names, options)?);
        Ok(())
    }

    /// The definition, in which keys name columns as these are called, each key once.
    pub(super) fn finish(mut self) -> Definition {
        self.settle_key();
        let mut seen = BTreeSet::from([sorted(&self.definition.primary_key)]);
        self.definition.unique.retain(|columns| seen.insert(sorted(columns)));
        self.settle_loose();
        self.definition
    }

    /// Has keys be made of columns that rows are written with: of one that the database makes, those that it is made of.
    fn settle_loose(&mut self) {
        let is_made =
            |name: &String| self.made_of.contains_key(self.names.dialect.identity(name).as_ref());
        let of_made = self.definition.unique.iter().filter(|key| key.iter().any(is_made));
        let of_made = of_made.map(|key| self.definition.loosened(key));
        let mut all: Vec<LooseKey<String>> = of_made.collect();
        self.definition.unique.retain(|key| !key.iter().any(is_made));
        all.append(&mut self.definition.loose);
        self.definition.loose = all.into_iter().filter_map(|key| self.settled(key)).collect();
    }

    fn settled(&self, key: LooseKey<String>) -> Option<LooseKey<String>> {
        let mut settled = LooseKey { columns: Vec::new(), told: Vec::new(), ..key.clone() };
        for name in key.columns {
            match self.made_of.get(self.names.dialect.identity(&name).as_ref()) {
                Some(made_of) => {
                    expression(&self.names, made_of, key.told.contains(&name), &mut settled);
                }
                None => {
                    settled.told.extend(key.told.contains(&name).then(|| name.clone()));
                    settled.columns.push(name);
                }
            }
        }
        settled.called(|name| Some(self.definition.columns[self.place(name)?].name.clone()))
    }

    /// What being in the key says of a column (`lang_createtable.html` sections 3.5 and 5).
    fn settle_key(&mut self) {
        let key = &self.definition.primary_key;
        for column in self.definition.columns.iter_mut().filter(|c| key.contains(&c.name)) {
            let is_integer = column.type_name.eq_ignore_ascii_case("INTEGER");
            let is_number = self.rows != Rows::Plain && key.len() == 1 && is_integer;
            if is_number {
                column.counter = Some(Counter::ByDefault);
            }
            column.is_not_null |= self.rows != Rows::Loose || is_number;
        }
    }
}

fn sorted(columns: &[String]) -> Vec<String> {
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    columns
}

fn taken_away(action: &[Token]) -> Reason {
    format!("expected what adds to the table, but found `{}`", beginning(action))
}

/// The collation that stands behind the list of columns: `COLLATE=utf8mb4_bin`.
fn collation(options: &[Token]) -> Option<&str> {
    let is_it = |(_, token): &(usize, &Token)| keyword(token) == Some(Keyword::COLLATE);
    let (at, _) = outside(options).find(is_it)?;
    options[at + 1..].iter().find_map(|token| match token {
        Token::Word(word) => Some(word.value.as_str()),
        Token::SingleQuotedString(name) => Some(name),
        _ => None,
    })
}
