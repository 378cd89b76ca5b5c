//! When a column holds a value, decided by the value and never by a collation.

use crate::dialect::quote::Form;
use crate::dialect::{Dialect, Literal, db2, mssql, oracle};

impl Dialect {
    /// Whether a key column, as an identifier, has this value.
    pub fn is_key(self, column: &str, literal: Option<&Literal>) -> String {
        literal.map_or_else(
            || self.holds(column, None),
            |literal| self.finds(column, &literal.sql, literal),
        )
    }

    /// Whether a key column, as an identifier, has this value: found by its index, with `words` of its
    /// type, and then held against the value as it is.
    pub fn finds(self, column: &str, words: &str, literal: &Literal) -> String {
        match (literal, self) {
            (_, Dialect::Mssql) => mssql::finds(column, words, literal),
            (_, Dialect::Oracle) => oracle::finds(column, words, literal),
            (_, Dialect::Db2) => db2::finds(column, words, literal),
            (Literal { form: Form::Letters, .. }, Dialect::Postgres) => {
                format!("{column} = {words} AND {}", self.holds(column, Some(literal)))
            }
            (Literal { form: Form::Value, is_untyped: true, .. }, Dialect::Postgres) => {
                format!("{column} = {}", typed(column, words))
            }
            (Literal { is_text: false, .. }, _) | (_, Dialect::Postgres) => {
                format!("{column} = {words}")
            }
            (_, Dialect::Mysql | Dialect::Mariadb) => {
                format!("{column} = {words} AND {}", self.holds(column, Some(literal)))
            }
            (Literal { sql, .. }, Dialect::Sqlite) => {
                format!("{column} = {words} AND {column} IS {sql} COLLATE BINARY")
            }
        }
    }

    /// A column, as an identifier, as what is grouped by: two values are one where they are one value,
    /// whatever the collation says.
    pub fn exactly(self, column: &str, is_text: bool) -> String {
        match self {
            Dialect::Mysql | Dialect::Mariadb if is_text => {
                format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)")
            }
            Dialect::Sqlite => format!("{column} COLLATE BINARY"),
            Dialect::Postgres
            | Dialect::Mysql
            | Dialect::Mariadb
            | Dialect::Mssql
            | Dialect::Oracle
            | Dialect::Db2 => column.to_owned(),
        }
    }

    /// Whether a column, as an identifier, holds this value, or is NULL.
    ///
    /// PostgreSQL reads the literal as a value of the column's type, and compares it as text where the type's equality
    /// says nothing. MySQL compares bytes: its collations take `Ann` for `ann` and `é` for `e`. `SQLite` has values of
    /// any type in any column, so texts are compared as values or as text. How the others do it stands in their own
    /// files.
    pub fn holds(self, column: &str, literal: Option<&Literal>) -> String {
        let Some(literal) = literal else { return format!("{column} IS NULL") };
        let Literal { sql, is_text, .. } = literal;
        match self {
            Dialect::Mssql => mssql::holds(column, literal),
            Dialect::Oracle => oracle::holds(column, literal),
            Dialect::Db2 => db2::holds(column, literal),
            Dialect::Postgres => {
                let value = if literal.is_untyped { typed(column, sql) } else { sql.clone() };
                match literal.form {
                    Form::Letters => to_the_letter(column, &value),
                    Form::Shown => as_shown(column, &value),
                    _ => format!("{column} IS NOT DISTINCT FROM {value}"),
                }
            }
            Dialect::Mysql | Dialect::Mariadb if !is_text => format!("{column} <=> {sql}"),
            Dialect::Mysql | Dialect::Mariadb => {
                let is_text = format!("{} <=> CAST({sql} AS BINARY)", self.exactly(column, true));
                match literal.form {
                    // A column shows as many places as it has; what is longer than the cast can hold is the dump's own.
                    Form::Number => {
                        format!("({is_text} OR {column} <=> CAST({sql} AS DECIMAL(65,30)))")
                    }
                    _ => is_text,
                }
            }
            Dialect::Sqlite if !is_text => format!("{column} IS {sql}"),
            Dialect::Sqlite => format!(
                "({column} IS {sql} COLLATE BINARY OR CAST({column} AS TEXT) IS {sql} COLLATE BINARY)"
            ),
        }
    }
}

/// Whether PostgreSQL shows two values of a type in the same letters, whatever equality the type or the column's
/// collation has.
fn to_the_letter(column: &str, value: &str) -> String {
    format!("{column}::text COLLATE \"C\" IS NOT DISTINCT FROM {value}::text")
}

/// A literal that PostgreSQL takes for a value of the column's type.
fn typed(column: &str, literal: &str) -> String {
    format!("CASE WHEN FALSE THEN {column} ELSE {literal} END")
}

/// Whether PostgreSQL shows two values of a type alike, where a cast to text is no way to see that; NULL, which it
/// shows as the empty text, is itself.
fn as_shown(column: &str, value: &str) -> String {
    format!(
        "(({column} IS NULL) = ({value} IS NULL) AND format('%s', {column}) COLLATE \"C\" = format('%s', {value}))"
    )
}
