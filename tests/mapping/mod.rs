//! `mapping check`: every mistake of a mapping file with its exact text, the rows of `mistakes.txt`.
//!
//! A row is a name, what is otherwise in `sound.toml`, and what the command says on standard output:
//!
//! ```text
//! == MappingFault::UnknownKey in a table
//! - server = "openldap"
//! + sever = "openldap"
//! error: expected a key …
//! ```
//!
//! Lines with `-` stand in `sound.toml` and are replaced by those with `+` behind them. `\xNN` is a byte, as
//! in `tests/errors.txt`. With `LDIFSYNC_TEST_BLESS=1` the texts are written anew, to be read in the diff.

mod alike;
mod broken;
mod column_types;
mod divided;
mod draft;
mod examples;
mod instants;
mod kept;
mod made_keys;
mod members;
mod names_kept;
mod outcome;
mod passed_on;
mod proof;
mod random;
mod regression;
mod renamed_keys;
mod scope;
mod several;
mod story;
mod units;
mod values_of_rows;
mod ways;
mod why;
mod wide;
mod wide_rows;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::errors::bytes;
use crate::util::{Dir, assert_same_text, run, shell};

const SOUND: &str = include_str!("sound.toml");

/// A row.
struct Row {
    /// The variant, and after a blank what is special about this row of it.
    name: String,
    /// What is replaced, and by what.
    edits: Vec<(String, String)>,
    said: String,
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping/mistakes.txt")
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(file()).expect("tests/mapping/mistakes.txt");
    text.split("== ").skip(1).map(row).collect()
}

fn row(text: &str) -> Row {
    let mut lines = text.lines().peekable();
    let name = lines.next().expect("a row has a name").to_owned();
    let mut edits = Vec::new();
    let mut taken = |sign: &str| {
        let mut block = Vec::new();
        while let Some(line) = lines.peek().and_then(|line| line.strip_prefix(sign)) {
            block.push(line.strip_prefix(' ').unwrap_or(line));
            lines.next();
        }
        block.join("\n")
    };
    loop {
        let (old, new) = (taken("-"), taken("+"));
        if old.is_empty() {
            break;
        }
        edits.push((old, new));
    }
    let said: Vec<&str> = lines.collect();
    Row { name, edits, said: format!("{}\n", said.join("\n").trim_end()) }
}

/// The file of a row.
fn edited(row: &Row) -> Vec<u8> {
    let mut text = SOUND.to_owned();
    for (old, new) in &row.edits {
        assert_eq!(text.matches(old.as_str()).count(), 1, "{}: {old}", row.name);
        text = text.replacen(old.as_str(), new, 1);
    }
    bytes(&text)
}

/// What the command says of a file.
fn said(text: &[u8]) -> String {
    let dir = Dir::new();
    dir.write("mapping.toml", text);
    let outcome = run(&dir, ["mapping", "check", "mapping.toml"]);
    let said = String::from_utf8(outcome.stdout.clone()).expect("UTF-8");
    let count = |word: &str| said.lines().filter(|line| line.starts_with(word)).count();
    let closing = match (count("error: "), count("warning: ")) {
        (0, 1) => "2 mappings, 12 flows, sound, 1 warning".to_owned(),
        (1, 0) => "1 mistake".to_owned(),
        (many, _) => format!("{many} mistakes"),
    };
    let outcome = outcome.expect(i32::from(count("error: ") > 0));
    assert_eq!(outcome.stderr, format!("ldifsync: mapping.toml: {closing}\n"));
    format!("{}\n", said.trim_end())
}

/// The kinds of mistakes that have a row.
pub fn mistaken_kinds() -> Vec<String> {
    let names = rows().into_iter().filter_map(|row| row.name.split(' ').next().map(str::to_owned));
    names.filter(|name| name.starts_with("MappingFault::")).collect()
}

#[test]
fn every_mistake_says_what_it_should() {
    let rows = rows();
    if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
        let mut text = String::new();
        for row in &rows {
            let _ = writeln!(text, "== {}", row.name);
            for (old, new) in &row.edits {
                let signed = |sign: &str, block: &str| -> String {
                    block
                        .split('\n')
                        .map(|line| format!("{sign} {line}").trim_end().to_owned() + "\n")
                        .collect()
                };
                text += &signed("-", old);
                text += &signed("+", new);
            }
            let _ = writeln!(text, "{}", said(&edited(row)));
        }
        std::fs::write(file(), text).expect("tests/mapping/mistakes.txt");
        return;
    }
    for row in &rows {
        assert_same_text(&row.name, &row.said, &said(&edited(row)));
    }
}

#[test]
fn what_is_sound_is_said_to_be() {
    let dir = Dir::new();
    dir.write("mapping.toml", SOUND);
    let outcome = run(&dir, ["mapping", "check", "mapping.toml"]).expect(0);
    assert_eq!(outcome.stderr, "ldifsync: mapping.toml: 2 mappings, 12 flows, sound\n");
    assert!(outcome.stdout.is_empty());
    let quiet = run(&dir, ["mapping", "check", "-q", "mapping.toml"]).expect(0);
    assert_eq!(quiet.stderr, "");
    run(&dir, ["mapping", "check", "missing.toml"]).expect(2);
}

#[test]
fn programs_get_a_line_a_mistake() {
    let dir = Dir::new();
    dir.write("mapping.toml", SOUND.replace("dialect", "dialekt"));
    let args = ["mapping", "check", "mapping.toml", "--format", "jsonl"];
    let said = String::from_utf8(run(&dir, args).expect(1).stdout).expect("UTF-8");
    let expected = "{\"severity\":\"error\",\"file\":\"mapping.toml\",\"line\":8,\"column\":1,\"dn\":null,\
                    \"message\":\"expected a key of `[database]`, but found `dialekt`\",\
                    \"hint\":\"perhaps `dialect` is meant\"}\n";
    assert_same_text("jsonl", expected, &said);
}

/// What is not said, for it is no mistake, or not certainly one.
#[test]
fn what_may_be_right_is_not_refused() {
    let dir = Dir::new();
    for (old, new) in [
        // What the usual policy does may be said.
        ("FOUND = \"update\"", "FOUND = \"update\"\nTARGET_IGNORED = \"ignore\""),
        // Columns and attributes that no flow has may be read.
        ("givenName ~ ' ' ~ sn", "givenName ~ xOwnAttribute"),
        ("lookup('unit', unit_id).code", "unit_name"),
        // One spelling of a truth value may be another.
        ("constant = \"true\"", "constant = true"),
        ("constant = \"true\"", "constant = 1"),
        ("set = { active = \"false\" }", "set = { active = false }"),
        // What the schema does not know fits every type.
        ("\"mailAlternateAddress\"", "\"xGuid\", type = \"guid_ad\""),
        (
            "reference = \"persons\" },\n  { column",
            "reference = { mapping = \"persons\", column = \"login\" } },\n  { column",
        ),
    ] {
        assert_eq!(SOUND.matches(old).count(), 1, "{old}");
        dir.write("mapping.toml", SOUND.replace(old, new));
        let outcome = run(&dir, ["mapping", "check", "mapping.toml"]);
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert_eq!(outcome.status, 0, "{new}: {said}");
    }
}

#[test]
fn the_examples_in_the_help_run() {
    let dir = Dir::new();
    dir.write("mapping.toml", SOUND);
    let help = run(&dir, ["mapping", "check", "--help"]).expect(0).stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let examples = help.lines().filter_map(|line| line.strip_prefix("  ldifsync"));
    let run = examples.map(|example| shell(&dir, &format!("ldifsync{example}")).expect(0));
    assert_eq!(run.count(), 2, "{help}");
}
