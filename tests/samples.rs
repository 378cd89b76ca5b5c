//! The samples are what their pages say: a week of a small company, and one file for each accepted
//! deviation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::ldif;
use crate::plan::assert_identities_kept;
use crate::slapd::{Overlay, Server, available};
use crate::tree::assert_same;
use crate::util::{Dir, assert_same_text, run, shell};

/// Deviations that are read, but not compared, and what `diff` says of them: D-14 is of change
/// records alone, D-22 of a part of an attribute's values.
const NOT_COMPARED: &[(u32, &str)] = &[
    (14, "expected an export, but found a change record"),
    (22, "expected the whole attribute, not a range of its values"),
];

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(root(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A scratch folder with a copy of `samples/` in it.
pub fn copy_of_samples() -> Dir {
    let dir = Dir::new();
    let copy = format!("cp -R '{}' samples", root("samples").display());
    shell(&dir, &copy).expect(0);
    dir
}

/// The company's week as a change: `change.ldif` and `undo.ldif` are what the program writes.
///
/// `LDIFSYNC_TEST_BLESS=1` writes them anew, to be read in the diff.
#[test]
fn the_company_changes_as_the_sample_says() {
    let dir = copy_of_samples();
    let line = "cd samples/company && ldifsync diff old.ldif new.ldif -o change.ldif \
                --undo undo.ldif -q";
    shell(&dir, line).expect(1);
    for name in ["change.ldif", "undo.ldif"] {
        let path = format!("samples/company/{name}");
        let found = dir.read(&path);
        if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
            std::fs::write(root(&path), &found).expect("a sample");
        }
        assert_same_text(name, &text(&path), &String::from_utf8_lossy(&found));
    }
}

#[test]
fn a_server_takes_the_company_there_and_back() {
    if !available("the company") {
        return;
    }
    let [old, new, change, undo] =
        ["old", "new", "change", "undo"].map(|name| bytes(&format!("samples/company/{name}.ldif")));
    let (was, will) = (ldif::read_content(&old), ldif::read_content(&new));
    for overlay in [Overlay::None, Overlay::Refint, Overlay::Unique, Overlay::MemberOf] {
        let server = Server::holding(overlay, &old);
        server.apply(&change).unwrap_or_else(|said| panic!("{overlay:?}, the change: {said}"));
        let there = ldif::read_content(&server.settled_dump());
        assert_same("after the change", &will, &there);
        assert_identities_kept(&was, &will, &will, &there);
        server.apply(&undo).unwrap_or_else(|said| panic!("{overlay:?}, the undo: {said}"));
        assert_same("after the undo", &was, &ldif::read_content(&server.settled_dump()));
    }
}

/// The numbers of the variants of `Deviation`, read from its source.
fn variants() -> BTreeSet<u32> {
    let source = text("src/ldif/deviation.rs");
    let (_, body) = source.split_once("pub enum Deviation {\n").expect("the enum");
    let (body, _) = body.split_once("\n}\n").expect("its end");
    let numbers = body.lines().filter_map(|line| line.strip_suffix(',')?.split_once(" = "));
    numbers.map(|(_, number)| number.parse().expect("a number")).collect()
}

/// The rows of the table of deviations: the number, and the file it names as a sample.
fn rows() -> Vec<(u32, String)> {
    let table = text("grammar/deviations.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| D-"));
    let rows = rows.filter(|row| row.starts_with(|c: char| c.is_ascii_digit()));
    let read = |row: &str| {
        let cells: Vec<&str> = row.trim_end_matches(['|', ' ']).split(" | ").collect();
        assert_eq!(cells.len(), 7, "a row has seven cells: D-{row}");
        let link = cells[6].split_once("](../samples/").and_then(|(_, l)| l.split_once(')'));
        let (sample, _) = link.expect("the last cell is a link to a sample");
        (cells[0].parse().expect("a number"), sample.to_owned())
    };
    rows.map(read).collect()
}

#[test]
fn every_deviation_has_a_row_and_a_sample() {
    let all: BTreeSet<u32> = (1..=23).collect();
    assert_eq!(variants(), all, "src/ldif/deviation.rs");
    let rows = rows();
    assert_eq!(
        rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        all.into_iter().collect::<Vec<_>>()
    );
    let mut named: Vec<PathBuf> = Vec::new();
    for (number, sample) in &rows {
        assert!(sample.starts_with(&format!("deviations/D-{number:02}-")), "{sample}");
        named.push(root("samples").join(sample));
    }
    let files = std::fs::read_dir(root("samples/deviations")).expect("the folder of samples");
    let mut found: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    found.sort();
    assert_eq!(found, named);
}

/// Reads a sample as both sides.
fn read_twice(dir: &Dir, (number, sample): &(u32, String), strict: bool) -> (i32, String) {
    let path = format!("samples/{sample}");
    let mut args = vec!["diff", &path, &path, "-q"];
    if *number == 20 {
        args.push("--allow-no-final-newline");
    }
    if strict {
        args.push("--strict");
    }
    let outcome = run(dir, args);
    (outcome.status, outcome.stderr)
}

#[test]
fn every_deviation_is_accepted() {
    let dir = copy_of_samples();
    for row in rows() {
        let (status, said) = read_twice(&dir, &row, false);
        if let Some((_, refusal)) = NOT_COMPARED.iter().find(|(number, _)| *number == row.0) {
            assert!(status == 2 && said.contains(refusal), "D-{}: {said}", row.0);
            continue;
        }
        assert_eq!(status, 0, "D-{}: {said}", row.0);
    }
}

#[test]
fn strict_refuses_every_deviation_by_its_number() {
    let dir = copy_of_samples();
    for row in rows() {
        let (status, said) = read_twice(&dir, &row, true);
        let refused = status == 2 && said.contains(&format!("deviation D-{}:", row.0));
        assert!(refused, "D-{}: exit {status}\n{said}", row.0);
    }
}

/// What is no deviation is refused by nobody: the story itself is strict.
#[test]
fn the_company_is_strict() {
    let dir = copy_of_samples();
    let line = "ldifsync diff samples/company/old.ldif samples/company/new.ldif --strict -q";
    shell(&dir, line).expect(1);
}
