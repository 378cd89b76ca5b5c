//! What cannot be read, and what is said of it: the rows of `tests/literals.txt`.

use std::path::Path;

use ldifsync::dump::{Literals, Outfile, copy_head, copy_row};
use ldifsync::error::{Error, Fault};

use super::{LITE, MS, MY, ORA, PG, shown};
use crate::errors::bytes;
use crate::util::assert_same_text;

/// A row of `tests/literals.txt`: a kind of fault, who finds it in what, and what is said.
///
/// ```text
/// == RowFault::Default
/// row postgres = (1, DEFAULT)
/// at 4, 7 long: expected a value, but found `DEFAULT`
/// hint: …
/// ```
struct Refused {
    kind: String,
    reader: String,
    text: String,
    said: String,
}

impl Refused {
    fn read(row: &str) -> Refused {
        let mut lines = row.splitn(3, '\n');
        let mut line = || lines.next().expect("a kind, a text, what is said").to_owned();
        let (kind, of, said) = (line(), line(), line().trim_end().to_owned());
        let (reader, text) = of.split_once(" = ").expect("`reader = text`");
        Refused { kind, reader: reader.to_owned(), text: text.to_owned(), said }
    }

    /// What the parser says now.
    fn found(&self) -> String {
        let text = bytes(&self.text);
        let fault = match self.reader.split_once(' ') {
            Some(("row", way)) => literals(way).row(&text).err(),
            Some(("row-end", way)) => literals(way).row_end(&text).err(),
            Some(("nested", way)) => {
                let depth = self.text.parse().expect("how deep");
                literals(way).row(nested(depth).as_bytes()).err()
            }
            Some(("tail", way)) => literals(way).insert_tail(&text).err(),
            Some(("head", way)) => literals(way).insert_head(&text).err(),
            None if self.reader == "copy" => copy_head(&text).err(),
            None if self.reader == "line" => copy_row(b'\t', br"\N", &text).err(),
            None if self.reader == "outfile" => {
                Outfile { quote: Some(b'"'), ..Outfile::default() }.row(&text).err()
            }
            _ => panic!("nothing is called `{}`", self.reader),
        };
        let Fault { kind, at, len } = fault.unwrap_or_else(|| panic!("{} is read", self.text));
        let named = self.kind.split("::").nth(1).expect("Enum::Variant");
        assert!(format!("{kind:?}").contains(named), "{}: {kind:?}", self.kind);
        let error = Error::new(kind);
        let hint = error.hint().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
        format!("at {at}, {len} long: {error}{hint}")
    }
}

fn literals(name: &str) -> Literals {
    match name {
        "postgres" => PG,
        "mysql" => MY,
        "sqlite" => LITE,
        "mssql" => MS,
        "oracle" => ORA,
        _ => panic!("no database is called `{name}`"),
    }
}

fn refused() -> Vec<Refused> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/literals.txt");
    let text = std::fs::read_to_string(path).expect("tests/literals.txt");
    text.split("== ").skip(1).map(Refused::read).collect()
}

/// The kinds of faults that have a row in `tests/literals.txt`.
pub fn refused_kinds() -> Vec<String> {
    refused().into_iter().map(|row| row.kind).collect()
}

/// With `LDIFSYNC_TEST_BLESS=1` what is said is written anew, to be read in the diff.
#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let rows = refused();
    if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
        let text = rows.iter().fold(String::new(), |text, row| {
            format!("{text}== {}\n{} = {}\n{}\n\n", row.kind, row.reader, row.text, row.found())
        });
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/literals.txt");
        std::fs::write(path, text).expect("tests/literals.txt");
        return;
    }
    for row in rows {
        assert_same_text(&format!("{} {}", row.kind, row.text), &row.said, &row.found());
    }
}

/// A row of calls inside each other.
fn nested(depth: usize) -> String {
    let (opening, closing) = ("replace(".repeat(depth), r",'\n',char(10))".repeat(depth));
    format!(r"({opening}'a\nb'{closing})")
}

/// Neither the skim nor the parser goes deeper for it.
#[test]
fn calls_stand_inside_each_other_up_to_a_limit() {
    let text = nested(1000);
    assert_eq!(shown(&LITE.row(text.as_bytes()).expect("a row")[0]), "text a\nb");
    let text = nested(1_000_000);
    assert_eq!(LITE.row_end(text.as_bytes()).ok(), Some(text.len()));
    assert!(LITE.row(text.as_bytes()).is_err());
}
