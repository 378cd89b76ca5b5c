//! When a column holds a value, decided by the value and never by a collation.

use crate::dialect::{Dialect, Literal};

impl Dialect {
    /// Whether a key column, as an identifier, has this value: found by its index, and then held against
    /// the value as it is.
    pub fn is_key(self, column: &str, literal: Option<&Literal>) -> String {
        let exactly = self.holds(column, literal);
        match (literal, self) {
            (None, _) => exactly,
            (Some(Literal { sql, is_text: false }), _)
            | (Some(Literal { sql, .. }), Dialect::Postgres) => format!("{column} = {sql}"),
            (Some(Literal { sql, .. }), Dialect::Mysql | Dialect::Mariadb) => {
                format!("{column} = {sql} AND {exactly}")
            }
            (Some(Literal { sql, .. }), Dialect::Sqlite) => {
                format!("{column} = {sql} AND {column} IS {sql} COLLATE BINARY")
            }
        }
    }

    /// Whether a column, as an identifier, holds this value, or is NULL.
    ///
    /// PostgreSQL reads the literal as a value of the column's type. MySQL compares bytes: its collations
    /// take `Ann` for `ann` and `é` for `e`. `SQLite` has values of any type in any column, so texts are
    /// compared as values or as text.
    pub fn holds(self, column: &str, literal: Option<&Literal>) -> String {
        let Some(Literal { sql, is_text }) = literal else { return format!("{column} IS NULL") };
        match self {
            Dialect::Postgres => format!("{column} IS NOT DISTINCT FROM {sql}"),
            Dialect::Mysql | Dialect::Mariadb if !is_text => format!("{column} <=> {sql}"),
            Dialect::Mysql | Dialect::Mariadb => {
                format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY) <=> CAST({sql} AS BINARY)")
            }
            Dialect::Sqlite if !is_text => format!("{column} IS {sql}"),
            Dialect::Sqlite => format!(
                "({column} IS {sql} COLLATE BINARY OR CAST({column} AS TEXT) IS {sql} COLLATE BINARY)"
            ),
        }
    }
}
