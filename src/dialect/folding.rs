//! Which texts a column takes for one though they are spelled otherwise.

use crate::dialect::Dialect;
use crate::dialect::types::without_quotes;
use crate::table::{ColumnType, Folding, Letters};

impl Dialect {
    /// How a column compares texts whose type and collation are called so. One that says no collation has the server's in
    /// MySQL and MariaDB, which takes case for one and pads unless somebody has set another.
    pub fn folding(self, type_name: &str, collation: Option<&str>) -> Folding {
        let collation = collation.unwrap_or_default().to_ascii_lowercase();
        let is_text = matches!(
            self.column_type(type_name),
            Some(ColumnType::Text | ColumnType::Char | ColumnType::Opaque)
        );
        match self {
            Dialect::Mysql | Dialect::Mariadb if is_text => of_mysql(&collation),
            Dialect::Sqlite if is_text => match &*collation {
                "nocase" => Folding { letters: Letters::Ascii, pads: false },
                "rtrim" => Folding { letters: Letters::None, pads: true },
                _ => Folding::default(),
            },
            // It compares what `lower` makes of both.
            Dialect::Postgres if is_citext(type_name) => {
                Folding { letters: Letters::All, pads: false }
            }
            _ => Folding::default(),
        }
    }
}

/// `utf8mb4_nopad_bin`, `latin1_general_cs`, and the collations of MySQL 8, which pad no more.
fn of_mysql(collation: &str) -> Folding {
    let tells_case =
        collation == "binary" || collation.ends_with("_bin") || collation.contains("_cs");
    let tells_blanks = ["nopad", "_0900_"].iter().any(|word| collation.contains(word));
    Folding {
        letters: if tells_case { Letters::None } else { Letters::All },
        pads: !tells_blanks && collation != "binary",
    }
}

fn is_citext(type_name: &str) -> bool {
    let name = without_quotes(type_name);
    name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("citext"))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn texts_are_one_where_the_collation_says_so() {
        use Dialect::{Mariadb, Mysql, Postgres, Sqlite};
        let pairs: [(&[u8], &[u8]); 4] = [
            (b"Ab", b"aB"),
            ("\u{c9}".as_bytes(), "\u{e9}".as_bytes()),
            (b"a ", b"a"),
            (b"\xff", b"\xfe"),
        ];
        for (dialect, kind, collation, wanted) in [
            (Sqlite, "TEXT", Some("NOCASE"), [true, false, false, false]),
            (Sqlite, "TEXT", Some("RTRIM"), [false, false, true, false]),
            (Sqlite, "TEXT", None, [false; 4]),
            (Postgres, "public.citext", None, [true, true, false, false]),
            (Postgres, "text", None, [false; 4]),
            (Mariadb, "varchar(9)", Some("utf8mb4_general_ci"), [true, true, true, false]),
            (Mariadb, "varchar(9)", None, [true, true, true, false]),
            (Mariadb, "varchar(9)", Some("utf8mb4_general_nopad_ci"), [true, true, false, false]),
            (Mariadb, "varchar(9)", Some("utf8mb4_bin"), [false, false, true, false]),
            (Mariadb, "varchar(9)", Some("utf8mb4_nopad_bin"), [false; 4]),
            (Mariadb, "varchar(9)", Some("latin1_general_cs"), [false, false, true, false]),
            (Mariadb, "varbinary(9)", None, [false; 4]),
            (Mysql, "varchar(9)", Some("utf8mb4_0900_ai_ci"), [true, true, false, false]),
        ] {
            let folding = dialect.folding(kind, collation);
            let found = pairs.map(|(one, other)| {
                folding.form(Cow::Borrowed(one)) == folding.form(Cow::Borrowed(other))
            });
            assert_eq!(found, wanted, "{dialect:?} {kind} {collation:?}");
        }
    }
}
