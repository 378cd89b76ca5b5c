//! `mapping draft`: what is proposed for the files in `draft/`, and that it works on them.
//!
//! `company.toml` and `ad.toml` are what it writes. With `LDIFSYNC_TEST_BLESS=1` they are written anew, to be
//! read in the diff.

use std::path::{Path, PathBuf};

use crate::util::{Dir, Outcome, assert_same_text, run, shell};

/// An export and a dump, with the options that the dump is read with.
struct Sample {
    name: &'static str,
    export: &'static str,
    dump: &'static str,
    options: &'static [&'static str],
}

const SAMPLES: &[Sample] = &[
    Sample { name: "company", export: "company.ldif", dump: "company.sql", options: &[] },
    Sample {
        name: "ad",
        export: "ad.ldif",
        dump: "ad.csv",
        options: &["--types", "created=timestamptz"],
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping/draft")
}

fn text(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).expect("a file of tests/mapping/draft")
}

/// A folder with the files of a sample.
fn dir_of(sample: &Sample) -> Dir {
    let dir = Dir::new();
    for file in [sample.export, sample.dump] {
        dir.write(file, text(file));
    }
    dir
}

/// Drafts a mapping of a sample.
fn draft(sample: &Sample, dir: &Dir, more: &[&str]) -> Outcome {
    let table = if sample.dump.ends_with(".csv") { &["--table", "account"][..] } else { &[] };
    let args = [&["mapping", "draft", sample.export, sample.dump][..], sample.options, table, more];
    run(dir, args.concat())
}

/// What is drafted.
fn drafted(sample: &Sample) -> (Dir, String) {
    let dir = dir_of(sample);
    let said = draft(sample, &dir, &["-o", "draft.toml"]).expect(0);
    assert!(said.stdout.is_empty(), "{}", sample.name);
    let text = String::from_utf8(dir.read("draft.toml")).expect("UTF-8");
    (dir, text)
}

#[test]
fn what_is_proposed_is_what_agrees() {
    for sample in SAMPLES {
        let (_, found) = drafted(sample);
        let golden = format!("{}.toml", sample.name);
        if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
            std::fs::write(folder().join(&golden), &found).expect("a file of tests/mapping/draft");
        }
        assert_same_text(sample.name, &text(&golden), &found);
    }
}

#[test]
fn what_is_proposed_is_sound() {
    for sample in SAMPLES {
        let (dir, _) = drafted(sample);
        let said = run(&dir, ["mapping", "check", "draft.toml"]).expect(0).stderr;
        assert!(said.ends_with(" sound\n"), "{said}");
    }
}

#[test]
fn what_is_proposed_deletes_nothing() {
    for sample in SAMPLES {
        let (dir, _) = drafted(sample);
        for (old, new) in [(sample.dump, sample.export), (sample.export, sample.dump)] {
            let args = ["diff", "--mapping", "draft.toml", "--dialect", "postgres", old, new];
            let outcome = run(&dir, [&args[..], sample.options].concat());
            assert!(matches!(outcome.status, 0 | 1), "{}", outcome.stderr);
            assert!(outcome.stderr.contains(" 0 deletes"), "{}", outcome.stderr);
        }
    }
}

/// A side that has values of which the other has none does not lose them.
#[test]
fn members_of_one_side_alone_stay() {
    let sample = &SAMPLES[0];
    let member = "member: uid=erin,ou=People,dc=example,dc=com\n";
    let row = "INSERT INTO team_member VALUES(2,13);\n";
    let both = "2 in the directory only; 2 in the database only";
    for (export, dump, wanted) in [
        (
            text(sample.export).replace(member, ""),
            text(sample.dump),
            "direction = \"to_directory\"",
        ),
        (text(sample.export), text(sample.dump).replace(row, ""), "direction = \"to_database\""),
        (
            text(sample.export).replace(member, ""),
            text(sample.dump).replace(row, "").replace("VALUES(1,13)", "VALUES(1,14)"),
            both,
        ),
    ] {
        let dir = Dir::new();
        dir.write(sample.export, export);
        dir.write(sample.dump, dump);
        draft(sample, &dir, &["-o", "draft.toml"]).expect(0);
        let found = String::from_utf8(dir.read("draft.toml")).expect("UTF-8");
        let line = found.lines().find(|line| line.contains("\"member\"")).expect("a flow");
        assert!(line.contains(wanted), "{line}");
        assert_eq!(line.trim_start().starts_with('#'), wanted == both, "{line}");
        run(&dir, ["mapping", "check", "draft.toml"]).expect(0);
        for sides in [[sample.dump, sample.export], [sample.export, sample.dump]] {
            let args = [&["diff", "--mapping", "draft.toml"][..], &sides].concat();
            let said = run(&dir, args).stderr;
            assert!(said.contains(" 0 deletes"), "{said}");
        }
    }
}

#[test]
fn tables_can_be_named() {
    let sample = &SAMPLES[0];
    let dir = dir_of(sample);
    let said = draft(sample, &dir, &["--table", "team"]).expect(0);
    let found = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(found.contains("[mapping.team]") && !found.contains("staff"), "{found}");
    assert_eq!(said.stderr, "ldifsync: 12 entries + 3 rows read, 1 mapping with 2 flows drafted\n");
    let quiet = draft(sample, &dir, &["-q", "-o", "draft.toml"]).expect(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn nothing_is_written_where_nothing_agrees() {
    let sample = &SAMPLES[0];
    let dir = dir_of(sample);
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY);\nINSERT INTO t VALUES(1);\n";
    let dump = format!("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n{table}COMMIT;\n");
    dir.write(sample.dump, dump);
    let said = draft(sample, &dir, &["-o", "draft.toml"]).expect(2).stderr;
    assert!(said.contains("expected a column by which half of the rows"), "{said}");
    assert!(dir.read_if_there("draft.toml").is_none());
}

#[test]
fn the_examples_in_the_help_run() {
    let help = run(&Dir::new(), ["mapping", "draft", "--help"]).expect(0).stdout;
    let help = String::from_utf8(help).expect("UTF-8");
    let dir = Dir::new();
    dir.write("new.ldif", text("company.ldif"));
    dir.write("people.sql", text("company.sql"));
    let examples: Vec<&str> = help.lines().filter_map(|l| l.strip_prefix("  ldifsync")).collect();
    assert_eq!(examples.len(), 3, "{help}");
    for example in examples {
        let outcome = shell(&dir, &format!("ldifsync{example}"));
        assert!(matches!(outcome.status, 0 | 1), "{example}: {}", outcome.stderr);
    }
}
