//! How names are folded where they stand without quotes.

use std::borrow::Cow;

use crate::dialect::Dialect;

impl Dialect {
    /// What a name without quotes is called.
    pub fn folded(self, name: &str) -> Cow<'_, str> {
        match self {
            Dialect::Postgres => Cow::Owned(name.to_lowercase()),
            Dialect::Mysql | Dialect::Mariadb | Dialect::Sqlite => Cow::Borrowed(name),
        }
    }

    /// What is the same for all names that are one to the database.
    pub fn identity(self, name: &str) -> Cow<'_, str> {
        match self {
            Dialect::Postgres => Cow::Borrowed(name),
            Dialect::Mysql | Dialect::Mariadb => Cow::Owned(name.to_lowercase()),
            Dialect::Sqlite => Cow::Owned(name.to_ascii_lowercase()),
        }
    }

    /// Whether what is called `name` is meant by a word that somebody types without quotes.
    pub fn is_called(self, name: &str, word: &str) -> bool {
        self.identity(name) == self.identity(&self.folded(word))
    }
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
}
