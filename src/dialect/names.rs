//! How names are folded where they stand without quotes.

use std::borrow::Cow;

use crate::dialect::Dialect;
use crate::dialect::quote::is_hidden;

impl Dialect {
    /// What a name without quotes is called.
    pub fn folded(self, name: &str) -> Cow<'_, str> {
        match self {
            Dialect::Postgres => Cow::Owned(name.to_lowercase()),
            Dialect::Oracle | Dialect::Db2 => Cow::Owned(name.to_uppercase()),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite | Dialect::Mssql => {
                Cow::Borrowed(name)
            }
        }
    }

    /// What the database calls a thing that a file calls so.
    ///
    /// Oracle and Db2 keep what stands without quotes in capital letters, and nearly all names do; what
    /// another database's dump or the head of a CSV file has in small ones is that name.
    pub(super) fn kept(self, name: &str) -> Cow<'_, str> {
        match self {
            Dialect::Oracle | Dialect::Db2 if is_ordinary(name) => {
                Cow::Owned(name.to_ascii_uppercase())
            }
            _ => Cow::Borrowed(name),
        }
    }

    /// What of a name cannot be written: a line end in it would be one to the client, and Oracle has no
    /// quote in names.
    pub fn unwritable_name(self, name: &str) -> Option<&'static str> {
        let reads_lines = matches!(self, Dialect::Mssql | Dialect::Oracle | Dialect::Db2);
        if reads_lines && name.chars().any(is_hidden) {
            return Some("a control character in a name");
        }
        (self == Dialect::Oracle && name.contains('"')).then_some("a double quote in a name")
    }

    /// What is the same for all names that are one to the database.
    pub fn identity(self, name: &str) -> Cow<'_, str> {
        match self {
            Dialect::Postgres => Cow::Borrowed(name),
            Dialect::Oracle | Dialect::Db2 => self.kept(name),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Mssql => Cow::Owned(name.to_lowercase()),
            Dialect::Sqlite => Cow::Owned(name.to_ascii_lowercase()),
        }
    }

    /// Whether what is called `name` is meant by a word that somebody types without quotes.
    pub fn is_called(self, name: &str, word: &str) -> bool {
        self.identity(name) == self.identity(&self.folded(word))
    }
}

/// Whether a name has no capital letter and needs no quotes.
fn is_ordinary(name: &str) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'$' | b'#');
    name.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && name.bytes().all(|b| is_part(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_names() {
        for (name, word, called, one) in [
            ("staff", "STAFF", [true, true, true], [false, true, true]),
            ("Staff", "staff", [false, true, true], [false, true, true]),
            ("Staff", "Staff", [false, true, true], [true, true, true]),
            ("ärger", "ÄRGER", [true, true, false], [false, true, false]),
            ("staff", "stuff", [false, false, false], [false, false, false]),
        ] {
            let dialects = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite];
            assert_eq!(dialects.map(|d| d.is_called(name, word)), called, "{name} {word}");
            let is_one = |d: Dialect| d.identity(name) == d.identity(word);
            assert_eq!(dialects.map(is_one), one, "{name} {word}");
        }
    }

    #[test]
    fn names_without_capitals_are_kept_in_capitals() {
        let dialects = [Dialect::Oracle, Dialect::Db2, Dialect::Mssql, Dialect::Postgres];
        for (name, kept) in [
            ("staff", ["STAFF", "STAFF", "staff", "staff"]),
            ("c_1$#", ["C_1$#", "C_1$#", "c_1$#", "c_1$#"]),
            ("Staff", ["Staff"; 4]),
            ("STAFF", ["STAFF"; 4]),
            ("a b", ["a b"; 4]),
            ("_id", ["_id"; 4]),
            ("größe", ["größe"; 4]),
        ] {
            assert_eq!(dialects.map(|dialect| dialect.kept(name).into_owned()), kept, "{name}");
        }
        for (name, word, wanted) in
            [("STAFF", "staff", true), ("staff", "STAFF", true), ("Staff", "staff", false)]
        {
            assert_eq!(Dialect::Oracle.is_called(name, word), wanted, "{name} {word}");
        }
        assert!(Dialect::Mssql.is_called("Staff", "STAFF"));
    }
}
