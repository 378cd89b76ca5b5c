//! The texts that a column holds whose type lists them: MySQL's ENUM and SET, by the name of the type, and an ENUM of
//! PostgreSQL's, by its definition.

use crate::dialect::Dialect;
use crate::dialect::types::first_word;

/// The texts of an ENUM, or those that a SET holds some of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    labels: Vec<String>,
    takes: Takes,
}

/// What a column takes of the texts of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// One, in any case.
    One,
    /// One, to the letter.
    OneAsSpelled,
    /// Some, in any case.
    Some,
}

impl Dialect {
    /// The texts that a column holds whose type is called so; `None` where it does not say them.
    pub fn labels(self, type_name: &str) -> Option<Labels> {
        let is = |word: &str| first_word(type_name).eq_ignore_ascii_case(word);
        let is_set = is("set");
        let takes = if is_set { Takes::Some } else { Takes::One };
        (self.is_mysql() && (is_set || is("enum")))
            .then(|| Labels { labels: quoted(type_name), takes })
    }
}

impl Labels {
    /// Those of an ENUM of PostgreSQL's; `None` where there are none.
    pub fn of_enum(labels: &[String]) -> Option<Labels> {
        let some = (!labels.is_empty()).then_some(labels);
        some.map(|labels| Labels { labels: labels.to_vec(), takes: Takes::OneAsSpelled })
    }

    /// A text as the column has it: as the label is spelled that it is in any case, and those of a SET in their order,
    /// each once. `None` where it is no label.
    pub fn spelled(&self, text: &str) -> Option<String> {
        if self.takes != Takes::Some {
            return self.label(text).map(|n| self.labels[n].clone());
        }
        let parts = text.split(',').filter(|_| !text.is_empty());
        let mut found = parts.map(|part| self.label(part)).collect::<Option<Vec<usize>>>()?;
        found.sort_unstable();
        found.dedup();
        let labels: Vec<&str> = found.into_iter().map(|n| self.labels[n].as_str()).collect();
        Some(labels.join(","))
    }

    /// The number of the label that a text is, as it stands there before any other.
    fn label(&self, text: &str) -> Option<usize> {
        let alike = |text: &str| text.trim_end_matches(' ').to_lowercase();
        let exactly = self.labels.iter().position(|label| label == text);
        let in_any_case = || self.labels.iter().position(|label| alike(label) == alike(text));
        match self.takes {
            Takes::OneAsSpelled => exactly,
            Takes::One | Takes::Some => exactly.or_else(in_any_case),
        }
    }
}

/// The texts in the name of a type, `enum('Y','N')`; a quote in one stands twice.
pub(super) fn quoted(type_name: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = type_name;
    while let Some((_, text)) = rest.split_once('\'') {
        let mut label = String::new();
        rest = text;
        while let Some((part, behind)) = rest.split_once('\'') {
            label += part;
            rest = behind;
            let Some(behind) = rest.strip_prefix('\'') else { break };
            label.push('\'');
            rest = behind;
        }
        all.push(label);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_spelled_as_the_type_has_them() {
        for (kind, text, wanted) in [
            ("enum('a','B')", "b", Some("B")),
            ("enum('a','A')", "A", Some("A")),
            ("ENUM('a','it''s')", "It's ", Some("it's")),
            ("enum('a','b')", "c", None),
            ("enum('a','b')", "", None),
            ("enum('a','b')", "1", None),
            ("set('a','b','c')", "C,a,c", Some("a,c")),
            ("set('a','b')", "", Some("")),
            ("set('a','b')", "a,x", None),
        ] {
            let labels = Dialect::Mariadb.labels(kind).expect("labels");
            assert_eq!(labels.spelled(text).as_deref(), wanted, "{kind} {text}");
        }
        assert_eq!(Dialect::Mariadb.labels("varchar(3)"), None);
        assert_eq!(Dialect::Postgres.labels("set('a')"), None);
    }
}
