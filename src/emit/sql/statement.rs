//! One change as a statement, and the sentence for the case that it does not meet its row.

use crate::dialect::{Dialect, Literal};
use crate::emit::sql::survey::Verb;
use crate::emit::sql::{RowGuard, TableScript, Unwritable};
use crate::table::{Cell, Row, RowChange, Said, Value};
use crate::text::Escaped;

/// A statement without its semicolon.
pub(super) struct Statement {
    /// The statement. It ends in a condition, so that another may be added.
    pub(super) sql: String,
    /// The sentence, as a literal.
    pub(super) message: String,
}

impl TableScript<'_> {
    /// Change number `n`.
    pub(super) fn statement(
        &self,
        n: u64,
        change: &RowChange<'_>,
    ) -> Result<Statement, Unwritable> {
        let sql = match change {
            RowChange::Insert(row) => self.insert(row)?,
            RowChange::Delete(row) => self.delete(row)?,
            RowChange::Update(row, other) => self.update(row, other)?,
        };
        Ok(Statement { sql, message: self.sentence(n, change) })
    }

    /// The sentence about change number `n`, as a literal.
    pub(super) fn sentence(&self, n: u64, change: &RowChange<'_>) -> String {
        let (verb, wrong) = self.said(Verb::of(change));
        let message = format!(
            "ldifsync: change {n}: {verb} {}, {}: {wrong}{}",
            self.named_table(),
            self.columns.shown_key(change.row()),
            self.end.said(n)
        );
        self.dialect.literal(&message)
    }

    /// What a sentence calls a change, and what it says is wrong.
    pub(super) fn said(&self, verb: Verb) -> (&'static str, &'static str) {
        let wrong = match self.guard {
            RowGuard::Changed | RowGuard::Row => {
                "the row is gone, or no longer as it was in the dump"
            }
            RowGuard::None => "the row is gone",
        };
        match verb {
            Verb::Insert => ("insert into", "a row of this key is there already"),
            Verb::Delete => ("delete from", wrong),
            Verb::Update => ("update", wrong),
        }
    }

    /// The table as a sentence names it.
    pub(super) fn named_table(&self) -> String {
        Escaped(self.table.parts.join(".").as_bytes()).to_string()
    }

    fn insert(&self, row: &Row<'_>) -> Result<String, Unwritable> {
        let table = self.dialect.table(self.table);
        // What the database makes, nobody writes.
        let is_written = |n: &usize| row[*n].as_ref().is_none_or(|value| value.said != Said::Made);
        let all: Vec<usize> = (0..row.len()).filter(is_written).collect();
        let names: Vec<String> = all.iter().map(|&n| self.column(n)).collect();
        let values = all.iter().map(|&n| self.value(n, &row[n]));
        let values: Vec<String> = values.collect::<Result<_, _>>()?;
        let (kind, from) = match self.dialect {
            Dialect::Postgres => (" OVERRIDING SYSTEM VALUE", ""),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Oracle => ("", " FROM DUAL"),
            Dialect::Sqlite | Dialect::Mssql => ("", ""),
            Dialect::Db2 => ("", " FROM SYSIBM.SYSDUMMY1"),
        };
        Ok(format!(
            "INSERT INTO {table} ({}){kind} SELECT {}{from} WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {})",
            names.join(", "),
            values.join(", "),
            self.key(row)?
        ))
    }

    fn delete(&self, row: &Row<'_>) -> Result<String, Unwritable> {
        let all: Vec<usize> = (0..row.len()).collect();
        Ok(format!("DELETE FROM {} WHERE {}", self.dialect.table(self.table), self.is(row, &all)?))
    }

    fn update(&self, row: &Row<'_>, other: &Row<'_>) -> Result<String, Unwritable> {
        let changed = self.columns.differing(row, other);
        let set = |&n: &usize| Ok(format!("{} = {}", self.column(n), self.value(n, &other[n])?));
        let mut set: Vec<String> = changed.iter().map(set).collect::<Result<_, _>>()?;
        let touched = self.touched_by(&changed).map(|n| self.column(n));
        set.extend(touched.map(|column| format!("{column} = {column}")));
        if set.is_empty() {
            let column = self.column(self.columns.key[0]);
            set.push(format!("{column} = {column}"));
        }
        let all: Vec<usize> = (0..row.len()).collect();
        let guarded = match self.guard {
            RowGuard::Row => &all,
            RowGuard::Changed | RowGuard::None => &changed,
        };
        let table = self.dialect.table(self.table);
        Ok(format!("UPDATE {table} SET {} WHERE {}", set.join(", "), self.is(row, guarded)?))
    }

    /// The row of this key, where these columns are still as they are here.
    fn is(&self, row: &Row<'_>, guarded: &[usize]) -> Result<String, Unwritable> {
        let mut all = vec![self.key(row)?];
        if self.guard != RowGuard::None {
            let is_asked = |n: &&usize| {
                let is_free = self.columns.key.contains(n) || self.servers_own.contains(n);
                !is_free && is_said(&row[**n])
            };
            for &n in guarded.iter().filter(is_asked) {
                let literal = self.literal(n, &row[n])?;
                all.push(self.dialect.holds(&self.column(n), literal.as_ref()));
            }
        }
        Ok(all.join(" AND "))
    }

    /// The row of this key; where the database makes it and nothing asks for it, the row that has all else.
    pub(super) fn key(&self, row: &Row<'_>) -> Result<String, Unwritable> {
        if !self.columns.key.iter().all(|&n| is_said(&row[n])) {
            return self.all_but_key(row);
        }
        let one = |&n: &usize| {
            let literal = self.literal(n, &row[n])?;
            Ok(self.dialect.is_key(&self.column(n), literal.as_ref()))
        };
        let all: Vec<String> = self.columns.key.iter().map(one).collect::<Result<_, _>>()?;
        Ok(all.join(" AND "))
    }

    fn all_but_key(&self, row: &Row<'_>) -> Result<String, Unwritable> {
        let said = (0..row.len()).filter(|&n| is_said(&row[n]));
        let one = |n: usize| {
            let literal = self.literal(n, &row[n])?;
            Ok(self.dialect.holds(&self.column(n), literal.as_ref()))
        };
        Ok(said.map(one).collect::<Result<Vec<String>, _>>()?.join(" AND "))
    }

    pub(super) fn column(&self, n: usize) -> String {
        self.dialect.identifier(&self.columns.names[n])
    }

    pub(super) fn value(&self, column: usize, cell: &Cell<'_>) -> Result<String, Unwritable> {
        Ok(self.literal(column, cell)?.map_or_else(|| "NULL".to_owned(), |literal| literal.sql))
    }

    fn literal(&self, column: usize, cell: &Cell<'_>) -> Result<Option<Literal>, Unwritable> {
        let kind = self.columns.types[column];
        let spelling = self.spellings.get(column).and_then(Option::as_ref);
        let literal = |value: &Value<'_>| match spelling.filter(|_| !value.is_query()) {
            Some(spelling) => {
                let spelled = Value { said: value.said, bytes: spelling.of(value) };
                self.dialect.value(&spelled, kind)
            }
            None => self.dialect.value(value, kind),
        };
        let noted = |value: &Value<'_>| {
            let literal = literal(value)?;
            Ok(match self.dialect {
                Dialect::Postgres if !value.is_query() => {
                    literal.noted(self.columns.notation(column))
                }
                _ => literal,
            })
        };
        cell.as_ref().map(noted).transpose().map_err(|found| Unwritable { column, found })
    }
}

/// Whether somebody says what a cell holds, or asks for it.
fn is_said(cell: &Cell<'_>) -> bool {
    !cell.as_ref().is_some_and(Value::is_unsaid)
}
