//! Which characters a column of MySQL and MariaDB has in its character set: any other the server refuses, and the whole
//! script with it.

use crate::dialect::Dialect;
use crate::error::Unfit;
use crate::table::ColumnType;

/// A character set that has not all characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// `ascii`.
    Ascii,
    /// `latin1`, which is code page 1252 of Windows, with control characters where that has none.
    Latin1,
    /// `utf8mb3`: what has three bytes at most.
    Utf8mb3,
}

/// What code page 1252 has in place of control characters.
const WINDOWS: &str = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";

/// Control characters that stand where code page 1252 has nothing.
const OPEN: [char; 5] = ['\u{81}', '\u{8d}', '\u{8f}', '\u{90}', '\u{9d}'];

impl Dialect {
    /// The character set of a column whose type and collation are called so; `None` where it has all characters, or is
    /// not known.
    pub fn characters(self, type_name: &str, collation: Option<&str>) -> Option<Characters> {
        let is_text =
            matches!(self.column_type(type_name), Some(ColumnType::Text | ColumnType::Char));
        if !self.is_mysql() || !is_text {
            return None;
        }
        let name = type_name.to_ascii_lowercase();
        let said = name.split_once(" character set ").map(|(_, set)| set.trim_start());
        let of_collation = collation.map(str::to_ascii_lowercase);
        let set = said.or(of_collation.as_deref())?;
        let end = set.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(set.len());
        match &set[..end] {
            "ascii" => Some(Characters::Ascii),
            "latin1" => Some(Characters::Latin1),
            "utf8" | "utf8mb3" => Some(Characters::Utf8mb3),
            _ => None,
        }
    }
}

impl Characters {
    /// Refuses a text with a character that is none of the set.
    ///
    /// # Errors
    ///
    /// One is not.
    pub(super) fn fit(self, text: &str) -> Result<(), Unfit> {
        match text.chars().find(|one| !self.has(*one)) {
            None => Ok(()),
            Some(one) => {
                let found = Some(one.to_string().into_bytes());
                Err(Unfit::NotOfColumn { wanted: self.called(), found })
            }
        }
    }

    fn has(self, one: char) -> bool {
        match self {
            Characters::Ascii => one.is_ascii(),
            Characters::Latin1 => {
                matches!(one, '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}')
                    || OPEN.contains(&one)
                    || WINDOWS.contains(one)
            }
            Characters::Utf8mb3 => one.len_utf8() < 4,
        }
    }

    fn called(self) -> &'static str {
        match self {
            Characters::Ascii => "characters of ascii",
            Characters::Latin1 => "characters of latin1",
            Characters::Utf8mb3 => "characters of utf8mb3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_sets_are_told_by_type_or_collation() {
        for (dialect, kind, collation, wanted) in [
            (Dialect::Mariadb, "varchar(9)", Some("latin1_swedish_ci"), Some(Characters::Latin1)),
            (
                Dialect::Mysql,
                "varchar(9) CHARACTER SET utf8mb3",
                Some("utf8mb4_bin"),
                Some(Characters::Utf8mb3),
            ),
            (Dialect::Mysql, "text", Some("utf8_bin"), Some(Characters::Utf8mb3)),
            (Dialect::Mysql, "char(3)", Some("ascii_bin"), Some(Characters::Ascii)),
            (Dialect::Mysql, "char(3)", Some("utf8mb4_bin"), None),
            (Dialect::Mysql, "char(3)", None, None),
            (Dialect::Mysql, "int", Some("latin1_bin"), None),
            (Dialect::Postgres, "text", Some("latin1_bin"), None),
        ] {
            assert_eq!(dialect.characters(kind, collation), wanted, "{kind} {collation:?}");
        }
    }

    #[test]
    fn latin1_has_what_its_code_page_has() {
        assert_eq!(Characters::Latin1.fit("Zoë € \u{81} ÿ"), Ok(()));
        for text in ["ł", "\u{80}", "\u{100}", "😀"] {
            assert!(Characters::Latin1.fit(text).is_err(), "{text}");
        }
        assert_eq!(Characters::Utf8mb3.fit("ł\u{ffff}"), Ok(()));
        assert!(Characters::Utf8mb3.fit("😀").is_err());
    }
}
