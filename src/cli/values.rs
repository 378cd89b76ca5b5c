//! Values on the command line that are more than a word: sizes, limits, attribute names.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use ldifsync::attribute::{folded, is_description, is_range};
use ldifsync::diff::Limit;
use ldifsync::dump::{Charset, Style};
use ldifsync::input::Encoding;
use ldifsync::parallel::MOST_THREADS;
use ldifsync::table::TableName;

use super::args::{EncodingArg, FormatArg, QuoteArg};

/// The shape of a change: a word, or `template:` and a file.
#[derive(Clone, Debug)]
pub(super) struct FormatParser;

/// The shapes that are a word.
const FORMATS: [(&str, FormatArg); 6] = [
    ("ldif", FormatArg::Ldif),
    ("sql", FormatArg::Sql),
    ("unified", FormatArg::Unified),
    ("jsonl", FormatArg::Jsonl),
    ("csv", FormatArg::Csv),
    ("summary", FormatArg::Summary),
];

/// What stands before the file of a template.
const TEMPLATE: &[u8] = b"template:";

impl TypedValueParser for FormatParser {
    type Value = FormatArg;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<FormatArg, clap::Error> {
        if let Some(file) = value.as_bytes().strip_prefix(TEMPLATE).filter(|f| !f.is_empty()) {
            return Ok(FormatArg::Template(PathBuf::from(OsStr::from_bytes(file))));
        }
        let read = |text: String| {
            let known = FORMATS.into_iter().find(|(name, _)| *name == text);
            let wanted = "expected `ldif`, `sql`, `unified`, `jsonl`, `csv`, `summary` or \
                          `template:FILE`";
            known.map(|(_, format)| format).ok_or(wanted)
        };
        StringValueParser::new().try_map(read).parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = FORMATS.into_iter().map(|(name, _)| name).chain(["template:"]);
        Some(Box::new(names.map(PossibleValue::new)))
    }
}

/// A number of bytes: `1048576`, `64M`, `1MiB`, `2GB`.
///
/// `K`, `M`, `G` and `T`, alone or with `iB`, count by 1,024; with `B` by 1,000.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start().to_ascii_lowercase();
    let (factor, rest) = match unit.chars().next() {
        Some(letter @ ('k' | 'm' | 'g' | 't')) => {
            let power = "kmgt".find(letter).unwrap_or(0) as u32 + 1;
            let base: u64 = if &unit[1..] == "b" { 1000 } else { 1024 };
            (base.pow(power), &unit[1..])
        }
        _ => (1, unit.as_str()),
    };
    let known = matches!(rest, "" | "b") || (rest == "ib" && factor > 1);
    let bytes = number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    bytes.filter(|_| known).ok_or_else(|| "expected a size such as `64M` or `1MiB`".to_owned())
}

/// A size that is used in memory.
pub(super) fn size_in_memory(text: &str) -> Result<usize, String> {
    usize::try_from(size(text)?).map_err(|e| e.to_string())
}

/// How much memory a command may take: less than 16 MiB holds nothing worth the while.
pub(super) fn memory(text: &str) -> Result<usize, String> {
    const LEAST: usize = 16 << 20;
    let bytes = size_in_memory(text)?;
    let refused = || "expected at least `16MiB`".to_owned();
    Some(bytes).filter(|bytes| *bytes >= LEAST).ok_or_else(refused)
}

/// A number of worker threads.
pub(super) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse::<NonZeroUsize>().ok().filter(|n| n.get() <= MOST_THREADS);
    number.ok_or_else(|| format!("expected a number from 1 to {MOST_THREADS}"))
}

/// What stands between values: without it nobody could tell one from the next.
pub(super) fn separator(text: OsString) -> Result<OsString, String> {
    let refused = || "expected a text of one character or more, such as `;`".to_owned();
    Some(text).filter(|text| !text.is_empty()).ok_or_else(refused)
}

/// `N` or `N%`.
pub(super) fn limit(text: &str) -> Result<Limit, String> {
    if text.ends_with('%') {
        return percent(text).map(Limit::Percent);
    }
    let number = text.parse().map(Limit::Count);
    number.map_err(|_| "expected a number such as `500` or a share such as `2%`".to_owned())
}

/// `N%`, from 0 to 100.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    let share = number.and_then(|n| n.parse::<f64>().ok()).filter(|n| (0.0..=100.0).contains(n));
    share.ok_or_else(|| "expected a share from `0%` to `100%`".to_owned())
}

/// An attribute description, in the one spelling that all its spellings share.
pub(super) fn attribute(text: &str) -> Result<Vec<u8>, String> {
    description(text).map(|description| folded(&description).into_owned())
}

/// The name of an attribute or a column, as names of secrets are compared.
pub(super) fn secret(text: &str) -> Result<Vec<u8>, String> {
    let name = column(text)?;
    Ok(attribute(&name).unwrap_or_else(|_| name.to_lowercase().into_bytes()))
}

/// An attribute description (RFC 4512 section 2.5) as it was typed, with `_` as LDIF is read (D-12).
pub(super) fn description(text: &str) -> Result<Vec<u8>, String> {
    if !is_description(text.as_bytes()) || is_range(text.as_bytes()) {
        return Err("expected an attribute such as `mail` or `cn;lang-de`".to_owned());
    }
    Ok(text.as_bytes().to_vec())
}

/// `A=B`: two attribute types.
pub(super) fn renaming(text: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
    let wanted = || "expected `OLD=NEW`, such as `surname=sn`".to_owned();
    let (from, to) = text.split_once('=').ok_or_else(wanted)?;
    let bare = |name: &str| description(name).ok().filter(|name| !name.contains(&b';'));
    bare(from).zip(bare(to)).ok_or_else(wanted)
}

/// Names of tables with commas between them; a comma in double quotes belongs to a name.
pub(super) fn tables(text: &str) -> Result<Vec<TableName>, String> {
    let wanted = || "expected a table such as `staff` or `hr.staff`".to_owned();
    let mut is_quoted = false;
    let names = text.split(|c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    let names: Option<Vec<TableName>> = names.map(TableName::parse).collect();
    names.ok_or_else(wanted)
}

/// The name of a character set, as PostgreSQL or the WHATWG Encoding Standard have it, or UTF-16.
pub(super) fn encoding(text: &str) -> Result<EncodingArg, String> {
    let wanted = |_| {
        "expected a character set such as `latin1`, `windows-1252`, `utf-8` or `utf-16le`"
            .to_owned()
    };
    match Encoding::utf16_named(text) {
        Some(utf16) => Ok(EncodingArg::Utf16(utf16)),
        None => Charset::named(Style::Postgres, text).map(EncodingArg::Charset).map_err(wanted),
    }
}

/// `COLUMN=TYPE,…`: a comma in parentheses belongs to a type.
pub(super) fn types(text: &str) -> Result<Vec<(String, String)>, String> {
    let wanted =
        || "expected `COLUMN=TYPE,…`, such as `price=numeric(10,2),seen=timestamptz`".to_owned();
    let mut depth = 0_i32;
    let parts = text.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    let pair = |part: &str| {
        let (column, name) = part.split_once('=').ok_or_else(wanted)?;
        let is_whole = !column.is_empty() && !name.trim().is_empty();
        is_whole.then(|| (column.to_owned(), name.trim().to_owned())).ok_or_else(wanted)
    };
    parts.map(pair).collect()
}

/// The name of a column, as it is spelled in the file.
pub(super) fn column(text: &str) -> Result<String, String> {
    let wanted = || "expected a name such as `id`".to_owned();
    Some(text.to_owned()).filter(|name| !name.is_empty()).ok_or_else(wanted)
}

/// One byte that stands for itself in a text, or `tab`.
pub(super) fn byte(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\r\n\0".contains(byte) => Ok(*byte),
        _ => Err("expected one ASCII character such as `;`, or `tab`".to_owned()),
    }
}

/// The same, or `none`.
pub(super) fn quote(text: &str) -> Result<QuoteArg, String> {
    match text {
        "none" => Ok(QuoteArg::None),
        _ => byte(text).map(QuoteArg::Byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_least() {
        assert_eq!(memory("16MiB"), Ok(16 << 20));
        assert!(memory("15MiB").is_err() && memory("1").is_err());
    }

    #[test]
    fn threads_are_some_and_not_too_many() {
        assert_eq!(threads("1024").map(NonZeroUsize::get), Ok(1024));
        assert!(["0", "1025", "2000", "-1", "", "x"].iter().all(|text| threads(text).is_err()));
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", Some(0)),
            ("512", Some(512)),
            ("512B", Some(512)),
            ("1k", Some(1024)),
            ("64M", Some(64 << 20)),
            ("1MiB", Some(1 << 20)),
            ("1 MiB", Some(1 << 20)),
            ("2GB", Some(2_000_000_000)),
            ("3T", Some(3 << 40)),
            ("", None),
            ("M", None),
            ("-1", None),
            ("1.5G", None),
            ("1iB", None),
            ("1X", None),
            ("99999999999T", None),
        ] {
            assert_eq!(size(text).ok(), bytes, "{text}");
        }
    }

    #[test]
    fn limits_are_numbers_or_shares() {
        for (text, expected) in [
            ("20", Some(Limit::Count(20))),
            ("0", Some(Limit::Count(0))),
            ("2.5%", Some(Limit::Percent(2.5))),
            ("100%", Some(Limit::Percent(100.0))),
            ("101%", None),
            ("-1%", None),
            ("nan%", None),
            ("%", None),
            ("all", None),
        ] {
            assert_eq!(limit(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn attributes_are_folded() {
        assert_eq!(attribute("CN;x;Lang-DE").unwrap(), b"cn;lang-de;x");
        assert!(attribute("").is_err() && attribute("c n").is_err() && attribute(";x").is_err());
    }

    #[test]
    fn names_are_those_of_attributes() {
        for text in ["cn", "2.5.4.3", "my_id", "cn;lang-de"] {
            assert!(attribute(text).is_ok(), "{text}");
        }
        for text in ["1x", "x.y", "cn;", "cn;;x", "cn;x.y", "2.5.", "_x", "-x", "m;range=0-1"] {
            assert!(attribute(text).is_err(), "{text}");
        }
        assert!(renaming("uid=my_id").is_ok() && renaming("1.2.3=uid").is_ok());
        for text in ["uid=1x", "uid=x.y", "x.y=uid", "uid=cn;x", "uid=", "uid"] {
            assert!(renaming(text).is_err(), "{text}");
        }
    }
}
