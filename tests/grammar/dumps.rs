//! Rows of SQL dumps: each database reads what its lines of the grammar have, and the skim ends a row
//! where the parser does.

use std::ops::Range;
use std::sync::Arc;

use ldifsync::dump::{Literals, Outfile, Style, copy_head, copy_row};
use ldifsync::error::Fault;

use super::dates;
use super::grammar;
use super::sentences::{agree, sentences, spoilt};
use crate::abnf::{Grammar, Meaning, Nothing};
use crate::rng::Rng;
use crate::util::{cases, for_seeds};

/// A way to write literals, and the marks of its lines in `grammar/insert.abnf`.
struct Way {
    literals: Literals,
    marks: &'static [&'static str],
}

impl Way {
    const fn new(style: Style, switches: [bool; 2], marks: &'static [&'static str]) -> Way {
        let [backslashes, ansi] = switches;
        Way { literals: Literals { style, backslashes, ansi }, marks }
    }

    fn name(&self) -> String {
        self.marks.join(", ")
    }

    fn grammar(&self) -> Arc<Grammar> {
        Arc::new(grammar("insert").with(|mark| self.marks.contains(&mark)))
    }
}

/// All there are; the switches say whether backslashes escape, and whether double quotes stand around
/// names.
const WAYS: &[Way] = &[
    Way::new(Style::Postgres, [false, true], &["postgres", "plain"]),
    Way::new(Style::Postgres, [true, true], &["postgres", "postgres-escapes"]),
    Way::new(Style::Mysql, [true, false], &["mysql", "mysql-escapes", "mysql-strings"]),
    Way::new(Style::Mysql, [false, false], &["mysql", "plain", "mysql-strings"]),
    Way::new(Style::Mysql, [true, true], &["mysql", "mysql-escapes", "ansi"]),
    Way::new(Style::Sqlite, [false, true], &["sqlite", "plain"]),
    Way::new(Style::Mssql, [false, true], &["mssql", "plain"]),
    Way::new(Style::Oracle, [false, true], &["oracle", "plain"]),
];

/// How fields of an OUTFILE may be enclosed.
const QUOTES: &[(&str, Option<u8>)] = &[("quotes", Some(b'"')), ("no-quotes", None)];

/// How many sentences are drawn through each rule for each of them, who share most rules.
fn each() -> u64 {
    sentences() / 4
}

/// Whether a line with this mark is read by one of them.
pub fn is_mark(mark: &str) -> bool {
    WAYS.iter().any(|way| way.marks.contains(&mark)) || QUOTES.iter().any(|(name, _)| *name == mark)
}

/// What rows mean: S-23 to S-26.
struct OfRows;

impl Meaning for OfRows {
    fn is_bound(&self, rule: &str) -> bool {
        matches!(rule, "replacement" | "unbroken" | "to-date")
    }

    fn holds(&self, rule: &str, text: &[u8], range: Range<usize>) -> bool {
        let text = &text[range];
        let has = |part: &[u8]| text.windows(part.len()).any(|there| there == part);
        match rule {
            "replacement" => is_no_longer(text),
            "unbroken" => !has(b"\\\n") && !has(b"\\\r\n"),
            _ => {
                let strings = strings(text);
                dates::is_date(&strings[0], &strings[1])
            }
        }
    }

    fn is_drawn(&self, rule: &str) -> bool {
        matches!(rule, "replacement" | "to-date")
    }

    fn draw(&self, rule: &str, rng: &mut Rng) -> Vec<u8> {
        let replacements = [",'\\n',char(10)", " , 'a''' , CHAR( 233 )\n", ",'\\u2028',char(8232)"];
        let from = if rule == "to-date" { dates::DATES } else { &replacements };
        from[rng.below(from.len())].as_bytes().to_vec()
    }
}

/// S-23, S-24: there is such a character, and it is no longer than the string before it.
fn is_no_longer(replacement: &[u8]) -> bool {
    let opening = replacement.iter().rposition(|byte| *byte == b'(').expect("char(…)");
    let digits = replacement[opening + 1..replacement.len() - 1].trim_ascii();
    let number = String::from_utf8_lossy(digits).parse::<u32>();
    let character = number.ok().and_then(char::from_u32);
    character.is_some_and(|c| c.len_utf8() <= strings(replacement)[0].len())
}

/// The strings in a text, their quotes undone.
fn strings(text: &[u8]) -> Vec<Vec<u8>> {
    let mut strings = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.iter().position(|byte| *byte == b'\'') {
        let mut string = Vec::new();
        let mut at = start + 1;
        while rest[at] != b'\'' || rest.get(at + 1) == Some(&b'\'') {
            string.push(rest[at]);
            at += if rest[at] == b'\'' { 2 } else { 1 };
        }
        strings.push(string);
        rest = &rest[at + 1..];
    }
    strings
}

/// What the skim of a text says, and the parser of all of it.
fn verdicts(literals: Literals, text: &[u8]) -> (Result<usize, Fault>, bool) {
    (literals.row_end(text), literals.row(text).is_ok())
}

fn said(fault: &Fault) -> String {
    format!("{} {}", fault.at, fault.kind)
}

#[test]
fn rows_of_inserts_are_read_as_the_grammar_has_them() {
    for way in WAYS {
        let rows = way.grammar();
        let reads = |text: &[u8]| way.literals.row(text).map(drop).map_err(|fault| said(&fault));
        let is_sentence = |text: &[u8]| rows.recognises("row", text, &OfRows);
        agree((&way.name(), each()), (&rows, "row", &OfRows), &reads, &is_sentence);
    }
}

#[test]
fn heads_of_inserts_are_read_as_the_grammar_has_them() {
    for way in WAYS {
        let heads = way.grammar();
        // The `(` belongs to the row.
        let reads = |text: &[u8]| match way.literals.insert_head(text) {
            Ok(head) if head.len + 1 == text.len() => Ok(()),
            Ok(head) => Err(format!("{head:?}")),
            Err(fault) => Err(said(&fault)),
        };
        let is_sentence = |text: &[u8]| heads.recognises("insert-head", text, &Nothing);
        agree((&way.name(), each()), (&heads, "insert-head", &Nothing), &reads, &is_sentence);
    }
}

#[test]
fn tails_of_inserts_are_read_as_the_grammar_has_them() {
    for way in WAYS {
        let tails = way.grammar();
        let reads = |text: &[u8]| way.literals.insert_tail(text).map_err(|fault| said(&fault));
        let is_sentence = |text: &[u8]| tails.recognises("insert-tail", text, &Nothing);
        agree((&way.name(), each()), (&tails, "insert-tail", &Nothing), &reads, &is_sentence);
    }
}

/// A row ends where the parser ends it, whatever follows; what the skim refuses the parser refuses.
#[test]
fn the_skim_ends_rows_where_the_parser_does() {
    for way in WAYS {
        let drawer = way.grammar().drawer("row", "value", &OfRows);
        for_seeds(&format!("skimmed, {}", way.name()), cases() * 100, |_, rng| {
            let row = drawer.sentence(rng, &OfRows);
            let followed =
                [&row[..], [&b",(1)"[..], b";", b" '", b")", b""][rng.below(5)]].concat();
            let end = way.literals.row_end(&followed).map_err(|fault| said(&fault));
            assert_eq!(end, Ok(row.len()), "\"{}\"", followed.escape_ascii());
            let near = spoilt(&row, 0..row.len(), rng);
            let (end, is_read) = verdicts(way.literals, &near);
            let shown = near.escape_ascii();
            assert!(!is_read || end.as_ref().ok() == Some(&near.len()), "{end:?}: \"{shown}\"");
        });
    }
}

#[test]
fn copies_are_read_as_the_grammar_has_them() {
    let copies = Arc::new(grammar("copy"));
    let heads = |text: &[u8]| match copy_head(text) {
        Ok(head) if head.len == text.len() => Ok(()),
        Ok(head) => Err(format!("{head:?}")),
        Err(fault) => Err(said(&fault)),
    };
    let is_head = |text: &[u8]| copies.recognises("copy-statement", text, &Nothing);
    agree(("copy", sentences()), (&copies, "copy-statement", &Nothing), &heads, &is_head);
    // A line has no line end in it: nobody hands over two.
    let line = |text: &[u8]| text.iter().map(|b| if *b == b'\n' { b' ' } else { *b }).collect();
    let rows = |text: &[u8]| {
        let line: Vec<u8> = line(text);
        copy_row(b'\t', b"\\N", &line).map(drop).map_err(|fault| said(&fault))
    };
    let is_row = |text: &[u8]| {
        let line: Vec<u8> = line(text);
        copies.recognises("copy-row", &line, &Nothing)
    };
    agree(("copied rows", sentences()), (&copies, "copy-row", &Nothing), &rows, &is_row);
}

#[test]
fn outfiles_are_read_as_the_grammar_has_them() {
    for (name, quote) in QUOTES {
        let rows = Arc::new(grammar("outfile").with(|mark| mark == *name));
        let file = Outfile { quote: *quote, ..Outfile::default() };
        let reads = |text: &[u8]| file.row(text).map(drop).map_err(|fault| said(&fault));
        let is_sentence = |text: &[u8]| rows.recognises("row", text, &Nothing);
        agree((name, sentences()), (&rows, "row", &Nothing), &reads, &is_sentence);
    }
}

/// The skim ends a row where the parser does, whatever follows, and passes over no fault of a quote.
#[test]
fn the_skim_of_an_outfile_ends_rows_where_the_parser_does() {
    for (name, quote) in QUOTES {
        let rows = Arc::new(grammar("outfile").with(|mark| mark == *name));
        let drawer = rows.drawer("row", "field", &Nothing);
        let file = Outfile { quote: *quote, ..Outfile::default() };
        for_seeds(&format!("skimmed, {name}"), cases() * 100, |_, rng| {
            let row = drawer.sentence(rng, &Nothing);
            for text in [row.clone(), spoilt(&row, 0..row.len(), rng)] {
                // Outside of quotes a line end is none of the row's.
                let text: Vec<u8> =
                    text.iter().map(|b| if *b == b'\n' { b' ' } else { *b }).collect();
                let followed = [&text[..], b"\n\"a\t\\N\n"].concat();
                let end = file.row_end(&followed).map_err(|fault| said(&fault));
                let is_read = file.row(&text).is_ok();
                let shown = followed.escape_ascii();
                assert!(!is_read || end == Ok(text.len() + 1), "{end:?}: \"{shown}\"");
            }
        });
    }
}
