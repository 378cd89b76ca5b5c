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
        let builtin = name.strip_prefix("pg_catalog.");
        let name = builtin.unwrap_or(&name);
        match first_word(name).to_ascii_lowercase().as_str() {
            word if name.ends_with("[]") => Notation::Array {
                delimiter: if word == "box" { ';' } else { ',' },
                elements: if is_json(word) { Elements::Json } else { Elements::Plain },
            },
            "bytea" => Notation::Bytea,
            "xml" => Notation::Xml,
            word if is_json(word) => Notation::Json,
            word if builtin.is_some() || is_builtin(name, word) => Notation::Usual,
            _ => Notation::Own,
        }
    }
}

/// Whether PostgreSQL itself has a type that is called so, or whose name begins with this word.
fn is_builtin(name: &str, word: &str) -> bool {
    !name.contains('.')
        && BUILTIN.iter().any(|names| names.split(' ').any(|one| one == word || one == name))
}

/// The types that PostgreSQL has itself, and what else they are called (PostgreSQL documentation, "Data Types"), but
/// for those that have a notation. A literal of any other is told to be of it.
const BUILTIN: [&str; 8] = [
    "smallint int2 integer int int4 bigint int8 smallserial serial2 serial serial4 bigserial serial8",
    "decimal dec numeric real float float4 float8 double money",
    "character char \"char\" varchar bpchar national nchar text name boolean bool uuid bit varbit",
    "date time timetz timestamp timestamptz interval",
    "point line lseg box path polygon circle cidr inet macaddr macaddr8",
    "tsvector tsquery jsonpath pg_lsn pg_snapshot txid_snapshot oid xid xid8 cid tid refcursor",
    "int4range int8range numrange tsrange tstzrange daterange",
    "int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange",
];

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
            ("TIMESTAMP(3) with time zone", Notation::Usual),
            ("double precision", Notation::Usual),
            ("\"char\"", Notation::Usual),
            ("pg_catalog.\"numeric\"", Notation::Usual),
            ("pg_catalog.regclass", Notation::Usual),
        ] {
            assert_eq!(Dialect::Postgres.notation(name), wanted, "{name}");
            assert_eq!(Dialect::Mysql.notation(name), Notation::Usual, "{name}");
        }
    }
}
