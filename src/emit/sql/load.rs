//! Rows as `INSERT` statements, one a line: what loads a table that has none of them.

use crate::dialect::Dialect;
use crate::emit::sql::Unwritable;
use crate::table::{ColumnType, Row, TableName};

/// The statements that load one table.
#[derive(Clone, Debug)]
pub struct Load {
    dialect: Dialect,
    /// Everything before the values.
    head: String,
}

impl Load {
    /// Statements for a table with these columns.
    pub fn new(dialect: Dialect, table: &TableName, columns: &[String]) -> Load {
        let names: Vec<String> = columns.iter().map(|name| dialect.identifier(name)).collect();
        let kind = match dialect {
            Dialect::Postgres => " OVERRIDING SYSTEM VALUE",
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => "",
        };
        let head =
            format!("INSERT INTO {} ({}){kind} VALUES (", dialect.table(table), names.join(", "));
        Load { dialect, head }
    }

    /// What comes before the statements: one transaction, in which the first error ends all.
    pub fn opening(&self) -> String {
        match self.dialect {
            Dialect::Postgres => super::postgres::opening(),
            Dialect::Mysql | Dialect::Mariadb => super::mysql::session() + "START TRANSACTION;\n",
            Dialect::Sqlite => ".bail on\nBEGIN IMMEDIATE;\n".to_owned(),
        }
    }

    /// What comes behind them.
    pub fn closing(&self) -> &'static str {
        "COMMIT;\n"
    }

    /// The statement of a row.
    ///
    /// # Errors
    ///
    /// A value cannot be written.
    pub fn row(&self, row: &Row<'_>, types: &[Option<ColumnType>]) -> Result<String, Unwritable> {
        let mut line = self.head.clone();
        for (n, (cell, kind)) in row.iter().zip(types).enumerate() {
            line.push_str(if n > 0 { ", " } else { "" });
            match cell {
                None => line.push_str("NULL"),
                Some(value) => {
                    let literal = self.dialect.value(value, *kind);
                    line += &literal.map_err(|found| Unwritable { column: n, found })?.sql;
                }
            }
        }
        line.push_str(");\n");
        Ok(line)
    }
}
