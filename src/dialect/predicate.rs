//! When a column holds a value, decided by the value and never by a collation.

use crate::dialect::Dialect;

impl Dialect {
    /// Whether a key column, as an identifier, has this value, as a literal: found by its index, and
    /// then held against the value as it is.
    pub fn is_key(self, column: &str, literal: &str) -> String {
        match self {
            Dialect::Postgres => format!("{column} = {literal}"),
            Dialect::Mysql | Dialect::Mariadb => {
                format!("{column} = {literal} AND {}", self.holds(column, Some(literal)))
            }
            Dialect::Sqlite => {
                format!("{column} = {literal} AND {column} IS {literal} COLLATE BINARY")
            }
        }
    }

    /// Whether a column, as an identifier, holds this value, as a literal, or is NULL.
    ///
    /// PostgreSQL reads the literal as a value of the column's type. MySQL compares bytes: its collations
    /// take `Ann` for `ann` and `é` for `e`. `SQLite` has values of any type in any column, so they are
    /// compared as values or as text.
    pub fn holds(self, column: &str, literal: Option<&str>) -> String {
        let Some(literal) = literal else { return format!("{column} IS NULL") };
        match self {
            Dialect::Postgres => format!("{column} IS NOT DISTINCT FROM {literal}"),
            Dialect::Mysql | Dialect::Mariadb => format!(
                "CAST(CONVERT({column} USING utf8mb4) AS BINARY) <=> CAST({literal} AS BINARY)"
            ),
            Dialect::Sqlite => format!(
                "({column} IS {literal} COLLATE BINARY OR CAST({column} AS TEXT) IS {literal} COLLATE BINARY)"
            ),
        }
    }
}
