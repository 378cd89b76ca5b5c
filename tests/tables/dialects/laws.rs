//! Whatever the values are, a literal is that value, and no client finds anything in it or in its line.

use ldifsync::dialect::Dialect;

use super::read::{parts, text_of};
use super::{DIALECTS, scripts};
use crate::tables::draw::{Drawn, csv};
use crate::util::{cases, for_seeds};

fn dialect(name: &str) -> Dialect {
    match name {
        "mssql" => Dialect::Mssql,
        "oracle" => Dialect::Oracle,
        "db2" => Dialect::Db2,
        _ => panic!("no dialect is called {name}"),
    }
}

/// What the client of a dialect takes for something else inside of quotes.
fn taken(name: &str) -> &'static [&'static str] {
    match name {
        "mssql" => &["$("],
        "oracle" => &["&"],
        _ => &[],
    }
}

#[track_caller]
fn assert_silent(name: &str, text: &str) {
    for c in text.chars() {
        assert!(!c.is_control() && c != '\u{2028}' && c != '\u{202e}', "{name}: {c:?} in {text}");
    }
    for taken in taken(name) {
        assert!(!text.contains(taken), "{name}: {taken} in {text}");
    }
}

#[test]
fn a_literal_is_its_text() {
    for_seeds("literals", cases() * 20, |_, rng| {
        let drawn = Drawn::new(rng);
        for value in drawn.old.iter().chain(&drawn.new).flatten().flatten() {
            let text = std::str::from_utf8(value).expect("texts are drawn");
            for name in DIALECTS {
                let literal = dialect(name).literal(text);
                assert_silent(name, &literal);
                let held = text_of(name, &literal);
                // The empty text of Oracle is NULL.
                let wanted = Some(text).filter(|text| name != "oracle" || !text.is_empty());
                assert_eq!(held.as_deref(), wanted, "{name}: {literal}");
            }
        }
    });
}

/// Long texts, as the limits of the databases want them.
#[test]
fn long_texts_stand_in_pieces() {
    for length in [899, 900, 901, 3999, 4000, 4001, 8000, 8001, 32_672, 32_673, 100_000] {
        for letter in ["x", "é", "'", "\n", "&"] {
            let text = letter.repeat(length / letter.len());
            for name in DIALECTS {
                let literal = dialect(name).literal(&text);
                assert_eq!(text_of(name, &literal).as_deref(), Some(&*text), "{name} {length}");
                let pieces = parts(&literal, " || ", false);
                let longest = pieces.iter().map(String::len).max().unwrap_or_default();
                let is_large = |piece: &String| piece.contains("CLOB(");
                match name {
                    "oracle" => {
                        assert!(longest < 1900, "a piece of {longest} bytes");
                        assert_eq!(pieces.iter().any(is_large), text.len() > 4000);
                        assert_eq!(pieces.iter().all(is_large), text.len() > 4000);
                    }
                    "db2" => assert_eq!(pieces.iter().any(is_large), text.len() > 32_672),
                    _ => {}
                }
            }
        }
    }
}

/// How long a line of the client may be.
fn longest(name: &str) -> usize {
    if name == "oracle" { 2499 } else { usize::MAX }
}

#[test]
fn lines_are_the_clients_own() {
    for_seeds("lines", cases().div_ceil(4), |_, rng| {
        let drawn = Drawn::new(rng);
        let tables = (&*csv(&drawn.old), &*csv(&drawn.new));
        let guard = ["changed", "row", "none"][rng.below(3)];
        for name in DIALECTS {
            let args = ["--table", "hr.Staff", "--key", "id", "--guard", guard];
            for (way, script) in scripts(tables, name, &args) {
                for line in script.lines() {
                    assert_silent(name, line);
                    assert!(line.len() <= longest(name), "{name} {way}: {} bytes", line.len());
                    // A command, the end of a block, a blank line: what begins so is the client's.
                    let is_command = line.is_empty() || line.starts_with(['@', '#', '.', '!']);
                    assert!(!is_command, "{name} {way}: {line}");
                    assert!(!line.ends_with('-') || line.starts_with("--"), "{name} {way}: {line}");
                }
                assert_shape(name, &script);
            }
        }
    });
}

/// A change is a line where the client has no limit, and whatever the client ends at stands where it should.
#[track_caller]
fn assert_shape(name: &str, script: &str) {
    let begins = |word: &str| script.lines().filter(|line| line.starts_with(word)).count();
    let changes = begins("INSERT INTO \"") + begins("INSERT INTO [hr]") + begins("UPDATE \"");
    let changes = changes
        + begins("UPDATE [hr]")
        + begins("DELETE FROM ")
        + begins("IF EXISTS (SELECT 1 FROM \"");
    let sentences = script.matches("ldifsync: change ").count();
    match name {
        "mssql" => {
            let batches = script.lines().filter(|line| *line == "GO").count();
            assert_eq!(changes, sentences, "{script}");
            assert!(script.is_empty() || batches == 0 || script.ends_with("TRANSACTION;\nGO\n"));
        }
        "oracle" => {
            let slashes = script.lines().filter(|line| line.starts_with('/')).count();
            assert_eq!(slashes, script.lines().filter(|line| *line == "/").count(), "{script}");
            assert_eq!(changes, sentences, "{script}");
        }
        _ => {
            let ends = script.lines().filter(|line| line.ends_with('@')).count();
            let is_end = |line: &&str| {
                matches!(*line, "END@" | "COMMIT@" | "ROLLBACK@")
                    || line.starts_with("UPDATE COMMAND")
            };
            assert_eq!(ends, script.lines().filter(is_end).count() + begins("--#SET"), "{script}");
            assert_eq!(changes, sentences, "{script}");
        }
    }
}
