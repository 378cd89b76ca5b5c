//! Definitions of tables in SQL: what CREATE TABLE, and what stands behind it, says of one table.
//!
//! sqlparser tells words from texts, and reads names, keys and references. It is given a piece at a time:
//! what each database says of storage and the like, behind a list of columns or among the options of
//! one, nobody has a grammar of, and nobody here wants to know. Nor is any expression read, however deep.
//! What must be known and cannot be read is an error. Knows no rows, and not where the statements are
//! from.

mod column;
mod enumeration;
mod key;
mod loose;
mod statement;
mod table;
mod tokens;

use crate::dialect::Dialect;
use crate::error::DefinitionFault;
use crate::table::{Definition, Referrer, TableName};
use enumeration::Enumeration;
use statement::{Statement, Verb};
use table::Table;

/// How many tables are read for the sake of one, from which it has its columns.
const ANCESTORS: usize = 64;

/// Reads what the statements of a dump (`CREATE TABLE`, `ALTER TABLE … ADD CONSTRAINT`, `CREATE UNIQUE
/// INDEX`, `CREATE TYPE … AS ENUM`) say of one table; others are passed over, but for those that say which schema or database
/// the next are about (`USE hr`). `None` where no statement makes it.
///
/// The name is one of a table whose last part is the same, and those before it as far as both have them;
/// where there is none, as somebody may write it without quotes.
///
/// # Errors
///
/// Two tables that may be meant, or a statement about the table that cannot be read.
pub fn define(
    dialect: Dialect,
    statements: &[&str],
    table: &TableName,
) -> Result<Option<Definition>, DefinitionFault> {
    let enumerations = enumeration::read(dialect, statements);
    let script = Script { dialect, statements: statement::read(dialect, statements), enumerations };
    let making = script.find(table)?;
    making.map(|making| script.definition(making, &mut (ANCESTORS + 1))).transpose()
}

/// The statements of a script that are about tables.
struct Script {
    dialect: Dialect,
    statements: Vec<Statement>,
    enumerations: Vec<Enumeration>,
}

impl Script {
    /// The statement that makes the table that may be meant.
    fn find(&self, asked: &TableName) -> Result<Option<&Statement>, DefinitionFault> {
        let mut found = self.made(|name| asked.may_be(name, |word, name| word == name));
        if found.is_empty() {
            let is_called = |word: &str, name: &str| self.dialect.is_called(name, word);
            found = self.made(|name| asked.may_be(name, is_called));
        }
        match found.as_slice() {
            [] => Ok(None),
            [making] => Ok(Some(making)),
            several => Err(DefinitionFault::Ambiguous {
                asked: asked.to_string(),
                found: several.iter().map(|making| making.table.to_string()).collect(),
            }),
        }
    }

    /// The statements that make such tables, one for each name: the last that does so in any case, since
    /// the table before it was dropped.
    fn made(&self, is_meant: impl Fn(&TableName) -> bool) -> Vec<&Statement> {
        let mut found: Vec<&Statement> = Vec::new();
        for statement in self.statements.iter().filter(|s| s.makes() && is_meant(&s.table)) {
            match found.iter_mut().find(|before| before.table == statement.table) {
                None => found.push(statement),
                Some(before) if statement.verb == Verb::Create => *before = statement,
                Some(_) => {}
            }
        }
        found
    }

    /// Whether a name is that of the table that a statement makes.
    fn is_of(&self, name: &TableName, making: &Statement) -> bool {
        let is_called = |word: &str, name: &str| self.dialect.is_called(name, word);
        // Most are not, and then nothing has to be looked for.
        let may_be = name.may_be(&making.table, is_called) || name.may_be(&making.table, str::eq);
        may_be && matches!(self.find(name), Ok(Some(found)) if found.number == making.number)
    }

    /// Reads a table, and as many others as are left to be read.
    fn definition(
        &self,
        making: &Statement,
        left: &mut usize,
    ) -> Result<Definition, DefinitionFault> {
        *left = left.checked_sub(1).ok_or_else(|| {
            let wanted = format!("expected at most {ANCESTORS} tables to have columns from");
            making.fault(&making.table, format!("{wanted}, but found more"))
        })?;
        let mut table = self.made_by(making, left)?;
        for statement in self.statements.iter().filter(|s| s.number > making.number) {
            let wrong = |reason| statement.fault(&making.table, reason);
            if statement.attached().is_some_and(|part| self.is_of(&part, making)) {
                let whole = self.parent(statement, &statement.table, left)?;
                table.refer_as(whole.foreign_keys);
            } else if !statement.makes() && self.is_of(&statement.table, making) {
                let tokens = statement.rest().map_err(wrong)?;
                let is_index = statement.verb == Verb::UniqueIndex;
                let done = if is_index { table.index(tokens) } else { table.alter(tokens) };
                done.map_err(wrong)?;
            }
        }
        let mut definition = table.finish();
        for column in &mut definition.columns {
            column.labels =
                enumeration::labels(&self.enumerations, &making.names, &column.type_name);
        }
        let referrers = self.referrers(making, &definition.primary_key);
        Ok(Definition { referrers, ..definition })
    }

    /// The references of other tables to this one, as far as their statements can be read.
    fn referrers(&self, making: &Statement, primary_key: &[String]) -> Vec<Referrer> {
        let mut found: Vec<Referrer> = Vec::new();
        let others = self.statements.iter().filter(|one| one.verb != Verb::UniqueIndex);
        for one in others.filter(|one| one.names_it(&making.table)) {
            let name = one.table.clone();
            let mut table = Table::new(&one.names, Definition { name, ..Definition::default() });
            let Ok(tokens) = one.rest() else { continue };
            let read = if one.makes() { table.create(tokens) } else { table.alter(tokens) };
            if read.is_err() || self.is_of(&one.table, making) {
                continue;
            }
            let keys = table.finish().foreign_keys.into_iter();
            for mut key in keys.filter(|key| self.is_of(&key.table, making)) {
                if key.referred.is_empty() {
                    key.referred = primary_key.to_vec();
                }
                found.push(Referrer { table: one.table.clone(), key });
            }
        }
        found
    }

    /// The table as it is made.
    fn made_by(&self, making: &Statement, left: &mut usize) -> Result<Table, DefinitionFault> {
        let wrong = |reason| making.fault(&making.table, reason);
        let name = making.table.clone();
        if let Some((whole, tokens)) = making.partition() {
            let whole = self.parent(making, &whole, left)?;
            let mut table = Table::new(&making.names, Definition { name, ..whole });
            table.create_partition(&tokens).map_err(wrong)?;
            return Ok(table);
        }
        let mut table = Table::new(&making.names, Definition { name, ..Definition::default() });
        for parent in making.inherited() {
            table.inherit(self.parent(making, &parent, left)?.columns);
        }
        table.create(making.rest().map_err(wrong)?).map_err(wrong)?;
        Ok(table)
    }

    /// A table that another has something from.
    fn parent(
        &self,
        heir: &Statement,
        name: &TableName,
        left: &mut usize,
    ) -> Result<Definition, DefinitionFault> {
        match self.find(name)? {
            Some(making) => self.definition(making, left),
            None => {
                let reason = format!("expected a definition of `{name}` too, but found none");
                Err(heir.fault(&heir.table, reason))
            }
        }
    }
}
