//! How the values of a type are written by the programs of one database alone.

use crate::dialect::Dialect;
use crate::dialect::types::{first_word, without_quotes};
use crate::table::{Elements, Notation};

impl Dialect {
    /// How the values of a column are written whose type is called so.
    pub fn notation(self, type_name: &str) -> Notation {
        if self != Dialect::Postgres {
            return Notation::Usual;
        }
        let name = without_quotes(type_name);
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        match first_word(name).to_ascii_lowercase().as_str() {
            word if name.ends_with("[]") => Notation::Array {
                delimiter: if word == "box" { ';' } else { ',' },
                elements: if is_json(word) { Elements::Json } else { Elements::Plain },
            },
            "bytea" => Notation::Bytea,
            "xml" => Notation::Xml,
            word if is_json(word) => Notation::Json,
            // `pg_dump` names the schema of all but PostgreSQL's own.
            _ if name.contains('.') => Notation::Own,
            _ => Notation::Usual,
        }
    }
}

fn is_json(word: &str) -> bool {
    matches!(word, "json" | "jsonb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_postgres_have_notations_of_their_own() {
        let array = |delimiter, elements| Notation::Array { delimiter, elements };
        for (name, wanted) in [
            ("bytea", Notation::Bytea),
            ("pg_catalog.bytea", Notation::Bytea),
            ("\"jsonb\"", Notation::Json),
            ("JSON", Notation::Json),
            ("text[]", array(',', Elements::Plain)),
            ("character varying(9)[]", array(',', Elements::Plain)),
            ("bytea[]", array(',', Elements::Plain)),
            ("box[]", array(';', Elements::Plain)),
            ("jsonb[]", array(',', Elements::Json)),
            ("xml", Notation::Xml),
            ("public.addr", Notation::Own),
            ("\"Hr\".addr[]", array(',', Elements::Plain)),
            ("addr", Notation::Own),
            ("\"Addr\"", Notation::Own),
            ("hr.text", Notation::Own),
            ("text", Notation::Usual),
        ] {
            assert_eq!(Dialect::Postgres.notation(name), wanted, "{name}");
            assert_eq!(Dialect::Mysql.notation(name), Notation::Usual, "{name}");
        }
    }
}
