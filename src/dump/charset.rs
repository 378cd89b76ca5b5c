//! The character set of a dump: what its texts are in UTF-8.
//!
//! Only what is text is converted, value by value: the same dump may hold bytes as they are.

use std::borrow::Cow;

use encoding_rs::{Encoding, mem};

use crate::dump::Style;

/// A character set of which ASCII is a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, or bytes of any kind: there is nothing to do.
    #[default]
    Utf8,
    /// ISO 8859-1, all 256 of it.
    Latin1,
    /// One of the others.
    Other(&'static Encoding),
}

/// What databases call UTF-8, or no character set at all.
const AS_IS: [&str; 6] = ["utf8", "utf8mb4", "utf8mb3", "sqlascii", "binary", "ascii"];

/// What databases call character sets that the world calls otherwise.
const NAMES: &[(&str, &str)] = &[
    ("ujis", "euc-jp"),
    ("eucjpms", "euc-jp"),
    ("eucjp", "euc-jp"),
    ("euckr", "euc-kr"),
    ("sjis", "shift_jis"),
    ("cp932", "shift_jis"),
    ("koi8r", "koi8-r"),
    ("koi8u", "koi8-u"),
    ("latin7", "iso-8859-13"),
    ("latin9", "iso-8859-15"),
    ("latin10", "iso-8859-16"),
    ("uhc", "euc-kr"),
    ("gb18030", "gb18030"),
];

impl Charset {
    /// The character set that a dump of this style calls so.
    ///
    /// # Errors
    ///
    /// The name, where it is not known.
    pub fn named(style: Style, name: &str) -> Result<Charset, String> {
        let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let bare = bare.to_ascii_lowercase();
        if AS_IS.contains(&bare.as_str()) {
            return Ok(Charset::Utf8);
        }
        // What MySQL calls so is Windows-1252.
        if ["latin1", "iso88591"].contains(&bare.as_str()) && style != Style::Mysql {
            return Ok(Charset::Latin1);
        }
        let other = NAMES.iter().find(|(theirs, _)| *theirs == bare).map(|(_, name)| *name);
        let windows = bare.strip_prefix("win").or(bare.strip_prefix("cp"));
        let windows = windows.map(|number| format!("windows-{number}"));
        let labels = [other, windows.as_deref(), Some(name), Some(&bare)];
        let found =
            labels.into_iter().flatten().find_map(|label| Encoding::for_label(label.as_bytes()));
        let found = found.filter(|found| found.is_ascii_compatible());
        found.map(Charset::Other).ok_or_else(|| name.to_owned())
    }

    /// A text in UTF-8; `None` where it is none of this character set.
    pub fn decode(self, text: &[u8]) -> Option<Cow<'_, [u8]>> {
        if text.is_ascii() {
            return Some(Cow::Borrowed(text));
        }
        let decoded = match self {
            Charset::Utf8 => return Some(Cow::Borrowed(text)),
            Charset::Latin1 => mem::decode_latin1(text),
            Charset::Other(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(text)?
            }
        };
        Some(Cow::Owned(decoded.into_owned().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_databases_are_known() {
        let decoded = |style, name: &str, text: &[u8]| {
            let set = Charset::named(style, name);
            let text = set.expect("known").decode(text).map(Cow::into_owned);
            text.map(|text| String::from_utf8(text).expect("UTF-8"))
        };
        for (style, name, text, wanted) in [
            (Style::Postgres, "LATIN1", &b"\xe9\x80"[..], Some("é\u{80}")),
            (Style::Mysql, "latin1", b"\xe9\x80", Some("é€")),
            (Style::Postgres, "WIN1252", b"\x80", Some("€")),
            (Style::Postgres, "LATIN2", b"\xb1", Some("ą")),
            (Style::Postgres, "EUC_JP", b"\xa4\xa2", Some("あ")),
            (Style::Mysql, "sjis", b"\x82\xa0", Some("あ")),
            (Style::Mysql, "cp1251", b"\xe0", Some("а")),
            (Style::Postgres, "KOI8R", b"\xc1", Some("а")),
            (Style::Postgres, "ISO_8859_5", b"\xd0", Some("а")),
            (Style::Postgres, "EUC_JP", b"\xa4", None),
        ] {
            assert_eq!(decoded(style, name, text).as_deref(), wanted, "{name}");
        }
        for name in ["UTF8", "utf8mb4", "SQL_ASCII", "binary"] {
            assert_eq!(Charset::named(Style::Postgres, name), Ok(Charset::Utf8), "{name}");
        }
        assert_eq!(
            Charset::named(Style::Postgres, "MULE_INTERNAL"),
            Err("MULE_INTERNAL".to_owned())
        );
    }
}
