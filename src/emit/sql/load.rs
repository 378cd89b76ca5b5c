//! Rows as `INSERT` statements, one a line: what loads a table that has none of them.

use crate::dialect::{Dialect, Literal};
use crate::emit::sql::Unwritable;
use crate::emit::sql::lines::WIDTH;
use crate::table::{ColumnType, Row, TableName, Value};

/// The statements that load one table.
#[derive(Clone, Debug)]
pub struct Load {
    dialect: Dialect,
    /// Everything before the rows.
    opening: String,
    /// Everything before the values.
    head: String,
    /// The table, as statements call it.
    table: String,
    /// Its columns, likewise.
    names: Vec<String>,
    /// A name that no statement can hold.
    name_fault: Option<Unwritable>,
}

impl Load {
    /// Statements for a table with these columns.
    pub fn new(dialect: Dialect, table: &TableName, columns: &[String]) -> Load {
        let names: Vec<String> = columns.iter().map(|name| dialect.identifier(name)).collect();
        let kind = match dialect {
            Dialect::Postgres => " OVERRIDING SYSTEM VALUE",
            _ => "",
        };
        let opening = match dialect {
            Dialect::Postgres => super::postgres::opening(),
            Dialect::Mysql | Dialect::Mariadb => super::mysql::session() + "START TRANSACTION;\n",
            Dialect::Sqlite => ".bail on\nBEGIN IMMEDIATE;\n".to_owned(),
            Dialect::Mssql => super::mssql::load(table, columns),
            Dialect::Oracle => super::oracle::load(),
            Dialect::Db2 => super::db2::LOAD.to_owned(),
        };
        let called = dialect.table(table);
        let head = format!("INSERT INTO {called} ({}){kind} VALUES (", names.join(", "));
        let name_fault = Unwritable::of_names(dialect, table, columns);
        Load { dialect, opening, head, table: called, names, name_fault }
    }

    /// What comes before the statements: one transaction, in which the first error ends all.
    pub fn opening(&self) -> String {
        self.opening.clone()
    }

    /// What comes behind them.
    pub fn closing(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => "COMMIT;\n",
            Dialect::Mssql => "COMMIT;\nGO\n",
            Dialect::Oracle => "COMMIT;\nEXIT SUCCESS ROLLBACK\n",
            Dialect::Db2 => "COMMIT;\n",
        }
    }

    /// The statement of a row.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn row(&self, row: &Row<'_>, types: &[Option<ColumnType>]) -> Result<String, Unwritable> {
        self.name_fault.map_or(Ok(()), Err)?;
        let mut line = self.head.clone();
        for (n, (cell, kind)) in row.iter().zip(types).enumerate() {
            line.push_str(if n > 0 { ", " } else { "" });
            match cell {
                None => line.push_str("NULL"),
                Some(value) => line += &self.literal(n, value, *kind)?.sql,
            }
        }
        Ok(self.ended(line + ");"))
    }

    /// The statement that gives a row, which is there under its `key`, the value it has in a column.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn update(
        &self,
        row: &Row<'_>,
        types: &[Option<ColumnType>],
        (column, key): (usize, &[usize]),
    ) -> Result<String, Unwritable> {
        let literal = |n: usize| {
            let value = row[n].as_ref();
            value.map(|value| self.literal(n, value, types[n])).transpose()
        };
        let is_it = |&n: &usize| Ok(self.dialect.is_key(&self.names[n], literal(n)?.as_ref()));
        let is_it = key.iter().map(is_it).collect::<Result<Vec<_>, _>>()?.join(" AND ");
        let new = literal(column)?.map_or_else(|| "NULL".to_owned(), |literal| literal.sql);
        let (table, name) = (&self.table, &self.names[column]);
        Ok(self.ended(format!("UPDATE {table} SET {name} = {new} WHERE {is_it};")))
    }

    fn literal(
        &self,
        column: usize,
        value: &Value<'_>,
        kind: Option<ColumnType>,
    ) -> Result<Literal, Unwritable> {
        self.dialect.value(value, kind).map_err(|found| Unwritable { column, found })
    }

    fn ended(&self, line: String) -> String {
        match self.dialect {
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => line + "\n",
            // A batch is held in memory as a whole.
            Dialect::Mssql => line + "\nGO\n",
            Dialect::Oracle | Dialect::Db2 => super::lines::in_lines(&line, WIDTH) + "\n",
        }
    }
}
