//! How a column says true and false that has words of its own for them, by the name of its type.

use crate::dialect::Dialect;
use crate::dialect::labels::quoted;
use crate::dialect::types::first_word;
use crate::table::Truths;

impl Dialect {
    /// The words for true and false that a type alone leaves: those of an ENUM, and of PostgreSQL's bit.
    pub fn truths(self, type_name: &str) -> Option<Truths> {
        let is = |word: &str| first_word(type_name).eq_ignore_ascii_case(word);
        match self {
            Dialect::Postgres if is("bit") => Truths::like(b"1"),
            Dialect::Mysql | Dialect::Mariadb if is("enum") => truths_among(&quoted(type_name)),
            _ => None,
        }
    }
}

/// The words for true and false among the labels of a type.
pub fn truths_among(labels: &[String]) -> Option<Truths> {
    let of = |label: &String| Truths::like(label.as_bytes());
    let both = |truths: &Truths| {
        [true, false]
            .iter()
            .all(|truth| labels.iter().any(|label| label.as_bytes() == truths.word(*truth)))
    };
    labels.iter().filter_map(of).find(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_leave_words_for_truths() {
        for (dialect, kind, wanted) in [
            (Dialect::Mariadb, "enum('N','Y')", Some(["Y", "N"])),
            (Dialect::Mysql, "ENUM('no','maybe','yes')", Some(["yes", "no"])),
            (Dialect::Mariadb, "enum('yes','N')", None),
            (Dialect::Mariadb, "enum('a','b''c')", None),
            (Dialect::Mariadb, "char(1)", None),
            (Dialect::Postgres, "bit(1)", Some(["1", "0"])),
            (Dialect::Postgres, "boolean", None),
        ] {
            let truths = dialect.truths(kind);
            let words = truths.map(|one| [true, false].map(|truth| one.word(truth).to_vec()));
            assert_eq!(
                words,
                wanted.map(|both| both.map(|word| word.as_bytes().to_vec())),
                "{kind}"
            );
        }
    }
}
