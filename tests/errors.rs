//! Every error the program can print, with its exact text: the rows of `tests/errors.txt`.
//!
//! A row is a name, the files that are not as usual, a line of shell, an exit status, and what
//! stands on standard error:
//!
//! ```text
//! == Expected::DnLine
//! old.ldif = cn: a\n
//! $ ldifsync diff old.ldif new.ldif
//! exit 2
//! ldifsync: error: expected a `dn:` line …
//! ```
//!
//! `\n \r \t \\ \xNN` in a file are what they are in Rust, dates are shown as `[date]`. With
//! `LDIFSYNC_TEST_BLESS=1` the texts are written anew, to be read in the diff.

use std::fmt::Write as _;
use std::path::Path;

use crate::literals::refused_kinds;
use crate::mapping::mistaken_kinds;
use crate::util::{Dir, assert_same_text, shell};

/// What both sides are where a row does not say otherwise.
const USUAL: &[(&str, &str)] = &[
    ("old.ldif", r"dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\n"),
    ("new.ldif", r"dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: b\n"),
];

/// What no row can show, and why.
const WITHOUT_A_ROW: &[(&str, &str)] = &[
    ("ErrorKind::Syntax", "the rows of Expected are its rows"),
    ("ErrorKind::File", "the rows of FileFault are its rows"),
    ("ErrorKind::Server", "the rows of ServerFault are its rows"),
    ("ErrorKind::Usage", "the rows of UsageFault are its rows"),
    ("ErrorKind::Limit", "the rows of Limited are its rows"),
    ("ErrorKind::Entry", "the rows of EntryFault are its rows"),
    ("ErrorKind::Row", "the rows of RowFault are its rows"),
    ("ErrorKind::Dump", "the rows of DumpFault are its rows"),
    ("ErrorKind::Shape", "the rows of ShapeFault are its rows"),
    ("ErrorKind::Template", "the rows of TemplateFault are its rows"),
    ("ErrorKind::Mapping", "the rows of MappingFault are its rows"),
    ("ErrorKind::Flow", "the rows of FlowFault are its rows"),
    ("FlowFault::At", "it is around every fault of a flow"),
    ("FlowFault::Unnamed", "`mapping check` wants a `dn` where entries come"),
    ("FlowFault::NoFlow", "`mapping check` wants a flow for each column of `match`"),
    ("FlowFault::NoTable", "a dump without the table is refused before"),
    ("ErrorKind::Refused", "the rows of Refusal are its rows"),
    ("Refusal::Unlawful", "the rows of Breach are its rows"),
    ("ErrorKind::RuleOfFilter", "the rows of RuleFault are its rows"),
    ("ErrorKind::RecordTooLarge", "it wants a file of 4 GiB"),
];

/// Where the kinds are.
const ENUMS: &[(&str, &str)] = &[
    ("ErrorKind", "src/error/kind.rs"),
    ("RuleFault", "src/error/kind.rs"),
    ("FileFault", "src/error/file.rs"),
    ("Limited", "src/error/limit.rs"),
    ("ServerFault", "src/error/server.rs"),
    ("UsageFault", "src/error/usage.rs"),
    ("EntryFault", "src/error/entry.rs"),
    ("RowFault", "src/error/row.rs"),
    ("DumpFault", "src/error/dump.rs"),
    ("ShapeFault", "src/error/shape.rs"),
    ("TemplateFault", "src/error/template.rs"),
    ("MappingFault", "src/error/mapping.rs"),
    ("FlowFault", "src/error/flow.rs"),
    ("Refusal", "src/error/refusal.rs"),
    ("Breach", "src/error/breach.rs"),
    ("Expected", "src/error/expected.rs"),
];

/// A row.
struct Row {
    /// The variant, and after a blank what is special about this row of it.
    name: String,
    files: Vec<(String, String)>,
    line: String,
    status: i32,
    stderr: String,
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root("tests/errors.txt")).expect("tests/errors.txt");
    text.split("== ").skip(1).map(row).collect()
}

fn row(text: &str) -> Row {
    let (head, stderr) = text.split_once("\nexit ").expect("a row has a line `exit N`");
    let (status, stderr) = stderr.split_once('\n').expect("a status stands on its line");
    let mut lines = head.lines();
    let name = lines.next().expect("a row has a name").to_owned();
    let mut files = Vec::new();
    let mut line = String::new();
    for one in lines {
        match one.strip_prefix("$ ") {
            Some(command) => line = command.to_owned(),
            None => {
                let (file, bytes) = one.split_once(" = ").expect("`file = bytes`");
                files.push((file.to_owned(), bytes.to_owned()));
            }
        }
    }
    let status = status.parse().expect("a status is a number");
    Row { name, files, line, status, stderr: format!("{}\n", stderr.trim_end()) }
}

/// The bytes an escaped text stands for.
pub fn bytes(escaped: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = escaped.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match (byte == b'\\').then(|| rest.next()).flatten() {
            None => byte,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).expect("hex digits");
                u8::from_str_radix(digits, 16).expect("hex digits")
            }
            Some(other) => other,
        });
    }
    bytes
}

/// What the program says for a row; a blank line at the end, which the rows of
/// `tests/errors.txt` cannot show, is not looked at.
fn found(row: &Row) -> (i32, String) {
    let dir = Dir::new();
    let usual = USUAL.iter().map(|&(name, text)| (name, text));
    let own = row.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    for (name, text) in usual.chain(own) {
        dir.write(name, bytes(text));
    }
    let outcome = shell(&dir, &row.line);
    (outcome.status, format!("{}\n", without_dates(&outcome.stderr).trim_end()))
}

fn without_dates(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" of 20") {
        let Some((_, after)) = after.split_once('Z') else { break };
        let _ = write!(shown, "{before} of [date]");
        rest = after;
    }
    shown + rest
}

#[test]
fn every_error_says_what_it_should() {
    let rows = rows();
    if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
        bless(&rows);
        return;
    }
    for row in &rows {
        let (status, stderr) = found(row);
        assert_same_text(&row.name, &row.stderr, &stderr);
        assert_eq!(status, row.status, "{}", row.name);
        // `check` answers 1 for faults found and 0 for warnings, which it names all the same.
        let named = row.line.contains("ldifsync check") && !stderr.trim().is_empty();
        // What `--keep-going` skips is named in the rejects alone.
        let rejected = row.line.contains("--rejects") && status == 5;
        // A record that a mapping does not follow is told, and is no reason to stop.
        let unfollowed = row.line.contains("--mapping") && status == 5;
        let is_error = status == 2 || status == 3 || named || rejected || unfollowed;
        assert!(is_error, "{} is no error", row.name);
    }
}

fn bless(rows: &[Row]) {
    let mut text = String::new();
    for row in rows {
        let (status, stderr) = found(row);
        let _ = writeln!(text, "== {}", row.name);
        for (file, bytes) in &row.files {
            let _ = writeln!(text, "{file} = {bytes}");
        }
        let _ = writeln!(text, "$ {}\nexit {status}\n{stderr}", row.line);
    }
    std::fs::write(root("tests/errors.txt"), text).expect("tests/errors.txt");
}

/// The variants of an enum, as `Enum::Variant`, read from its source.
fn variants(name: &str, path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root(path)).expect("a source file");
    let begin = format!("pub enum {name} {{\n");
    let (_, body) = text.split_once(&begin).expect("the enum");
    let (body, _) = body.split_once("\n}\n").expect("its end");
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let end = |line: &str| line.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(line.len());
    variants.map(|line| format!("{name}::{}", &line[..end(line)])).collect()
}

#[test]
fn every_kind_has_a_row() {
    let all: Vec<String> = ENUMS.iter().flat_map(|(name, path)| variants(name, path)).collect();
    let rows = rows();
    // What only a parser of literals sees, and what `mapping check` says.
    let refused: Vec<String> = refused_kinds().into_iter().chain(mistaken_kinds()).collect();
    let named = |variant: &str| {
        rows.iter().any(|r| r.name.split(' ').next() == Some(variant))
            || refused.iter().any(|kind| kind == variant)
    };
    let excused = |variant: &str| WITHOUT_A_ROW.iter().any(|(name, _)| *name == variant);
    for variant in &all {
        assert!(
            named(variant) || excused(variant),
            "{variant} has no row in tests/errors.txt, literals.txt or mistakes.txt"
        );
        assert!(!(named(variant) && excused(variant)), "{variant} has a row and an excuse");
    }
    let rows = rows.iter().map(|row| row.name.split(' ').next().unwrap_or_default());
    let excuses = WITHOUT_A_ROW.iter().map(|(name, _)| *name);
    for name in rows.chain(excuses).chain(refused.iter().map(String::as_str)) {
        assert!(all.iter().any(|variant| variant == name), "{name} is no kind of error");
    }
}
