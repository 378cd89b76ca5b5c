//! What can stand in for a value that a column may not be without.

use crate::dialect::Dialect;
use crate::dialect::types::{first_word, most_units, without_quotes};
use crate::table::{ColumnType, Nulls, StandIn};

impl Dialect {
    /// What stands in for the values of a column of this kind, whose type is called so where a definition says it;
    /// `None` where it would have to be made up what such a value is.
    pub fn stand_in(self, type_name: Option<&str>, kind: Option<ColumnType>) -> Option<StandIn> {
        let name = type_name.map(without_quotes).unwrap_or_default().to_ascii_lowercase();
        let bare = name.split('(').next().unwrap_or_default();
        let word = first_word(bare.rsplit('.').next().unwrap_or(bare)).to_owned();
        let most = most_units(&name).filter(|_| self != Dialect::Sqlite);
        match kind {
            Some(ColumnType::Decimal) if self.is_mysql() && word == "year" => Some(StandIn::Year),
            Some(ColumnType::Decimal | ColumnType::Float) => Some(StandIn::Number),
            // One of those that are named alone.
            Some(ColumnType::Text) if matches!(&*word, "enum" | "set") => None,
            Some(ColumnType::Text | ColumnType::Char) => Some(StandIn::Text(most)),
            Some(ColumnType::Bytes) if is_shape(&word) => None,
            Some(ColumnType::Bytes) => Some(match most {
                // Filled up, with blanks where it is called CHAR.
                Some(length) if is_filled_up(&name) => StandIn::Padded(length),
                most => StandIn::Bytes(most),
            }),
            // A text that is compared to the letter.
            Some(ColumnType::Opaque) if name.ends_with(']') => None,
            Some(ColumnType::Opaque) if word == "citext" || is_of_characters(&name) => {
                Some(StandIn::Text(most))
            }
            // A value of any type.
            None if self == Dialect::Sqlite
                && type_name.is_some()
                && matches!(&*word, "" | "any") =>
            {
                Some(StandIn::Text(None))
            }
            // A text, as most that is unique and may change.
            None if self.nulls() == Nulls::Alike && type_name.is_none() => {
                Some(StandIn::Text(None))
            }
            _ => None,
        }
    }
}

/// Whether values of a type of bytes are as long as it says.
fn is_filled_up(name: &str) -> bool {
    let word = first_word(name);
    matches!(word, "binary" | "char" | "character") && !name.contains("vary")
}

fn is_of_characters(name: &str) -> bool {
    matches!(ColumnType::named(name), Some(ColumnType::Text | ColumnType::Char))
}

/// Whether the bytes of such values are those of a shape or a vector.
fn is_shape(word: &str) -> bool {
    Dialect::Mysql.column_type(word) == Some(ColumnType::Bytes)
        && ColumnType::named(word) != Some(ColumnType::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_values_of_their_type() {
        use Dialect::{Mariadb, Mssql, Postgres, Sqlite};
        for (dialect, name, wanted) in [
            (Postgres, "integer", Some(StandIn::Number)),
            (Postgres, "character varying(1)", Some(StandIn::Text(Some(1)))),
            (Postgres, "character varying", Some(StandIn::Text(None))),
            (Postgres, "character(3)", Some(StandIn::Text(Some(3)))),
            (Postgres, "char", Some(StandIn::Text(Some(1)))),
            (Postgres, "\"public\".\"citext\"", Some(StandIn::Text(None))),
            (Postgres, "bytea", Some(StandIn::Bytes(None))),
            (Postgres, "interval", None),
            (Postgres, "uuid", None),
            (Mariadb, "year(4)", Some(StandIn::Year)),
            (Mariadb, "enum('a','b')", None),
            (Mariadb, "varbinary(5)", Some(StandIn::Bytes(Some(5)))),
            (Mariadb, "binary(3)", Some(StandIn::Padded(3))),
            (Mariadb, "longblob", Some(StandIn::Bytes(None))),
            (Mariadb, "point", None),
            (Mariadb, "date", None),
            (Mariadb, "enum('v1.0','v2.0')", None),
            (Mssql, "uniqueidentifier", None),
            (Dialect::Db2, "CHAR(16) FOR BIT DATA", Some(StandIn::Padded(16))),
            (Dialect::Db2, "VARCHAR(16) FOR BIT DATA", Some(StandIn::Bytes(Some(16)))),
            (Sqlite, "varchar(1)", Some(StandIn::Text(None))),
            (Sqlite, "", Some(StandIn::Text(None))),
            (Sqlite, "ANY", Some(StandIn::Text(None))),
        ] {
            let kind = dialect.column_type(name);
            assert_eq!(dialect.stand_in(Some(name), kind), wanted, "{dialect} {name}");
        }
        assert_eq!(Sqlite.stand_in(None, None), None);
        assert_eq!(Mssql.stand_in(None, None), Some(StandIn::Text(None)));
        let collated = Postgres.stand_in(Some("text"), Some(ColumnType::Opaque));
        assert_eq!(collated, Some(StandIn::Text(None)));
    }
}
