//! How the values of a type are written by the programs of one database alone.

use crate::dialect::Dialect;
use crate::dialect::types::{first_word, without_quotes};
use crate::table::Notation;

impl Dialect {
    /// How the values of a column are written whose type is called so.
    pub fn notation(self, type_name: &str) -> Notation {
        if self != Dialect::Postgres {
            return Notation::Usual;
        }
        let name = without_quotes(type_name);
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        match first_word(name).to_ascii_lowercase().as_str() {
            "bytea" if !name.contains('[') => Notation::Bytea,
            _ => Notation::Usual,
        }
    }
}
