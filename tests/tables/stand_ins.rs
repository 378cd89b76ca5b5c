//! Unique values that change hands where none may be NULL: what stands in for them, in columns of all types of which
//! there are such values.

use super::STYLES;
use super::database::{Database, Engine};
use crate::util::{Dir, run};

/// Two rows with these values, which swap them.
fn swap(database: &Database, kind: &str, [one, other]: [&str; 2]) {
    let make = |values: [&str; 2]| {
        let strict = if kind == "ANY" { " STRICT" } else { "" };
        database.prepare(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, v {kind} NOT NULL UNIQUE){strict}; \
             INSERT INTO t VALUES (1, {}), (2, {});",
            values[0], values[1]
        ));
        database.script("SELECT * FROM t ORDER BY id;").out
    };
    let dir = Dir::new();
    let wanted = make([other, one]);
    dir.write("new.sql", database.whole());
    let before = make([one, other]);
    dir.write("old.sql", database.whole());
    for style in STYLES {
        let args = ["diff", "old.sql", "new.sql", "-q", "--undo", "undo.sql", "--sql-style"];
        let change = run(&dir, args.into_iter().chain([style])).expect(1).stdout;
        for (script, rows) in [(change, &wanted), (dir.read("undo.sql"), &before)] {
            let script = String::from_utf8(script).expect("a script is text");
            let said = database.script(&script);
            assert!(said.ok, "{kind}, {style}: {}{}\n{script}", said.out, said.err);
            let held = database.script("SELECT * FROM t ORDER BY id;").out;
            assert_eq!(&held, rows, "{kind}, {style}\n{script}");
        }
    }
}

fn prove(engine: Engine, cases: &[(&str, [&str; 2])], before: &str) {
    let Some(database) = Database::start(engine) else { return };
    database.prepare(before);
    cases.iter().for_each(|(kind, values)| swap(&database, kind, *values));
}

#[test]
fn postgres_has_something_stand_in() {
    let cases = [
        ("citext", ["'a'", "'b'"]),
        ("bytea", ["'\\x00ff'", "'~1'"]),
        ("varchar(1)", ["'a'", "'0'"]),
        ("char(1)", ["'a'", "'~'"]),
        ("char(3)", ["'~1'", "'b'"]),
        ("text COLLATE nd", ["'a'", "'~1'"]),
        ("numeric(4,2)", ["1", "2.50"]),
    ];
    let before = "CREATE EXTENSION citext; \
        CREATE COLLATION nd (provider = icu, deterministic = false, locale = 'und-u-ks-level2');";
    prove(Engine::Postgres, &cases, before);
}

#[test]
fn mariadb_has_something_stand_in() {
    let cases = [
        ("year", ["1901", "2001"]),
        ("varbinary(5)", ["'a'", "'~1'"]),
        ("varbinary(1)", ["X'00'", "'0'"]),
        ("binary(3)", ["'a'", "'~1'"]),
        ("varchar(1)", ["'a'", "'~'"]),
        ("char(1)", ["'a'", "'0'"]),
        ("int(5) unsigned zerofill", ["1", "2"]),
        ("decimal(10,2)", ["1.50", "2.00"]),
    ];
    prove(Engine::Mariadb, &cases, "");
}

#[test]
fn sqlite_has_something_stand_in() {
    let cases = [
        ("", ["'~1'", "2"]),
        ("", ["X'00'", "1.5"]),
        ("ANY", ["'a'", "X'7E31'"]),
        ("BLOB", ["X'00'", "X'7E31'"]),
        ("BLOB", ["'a'", "X'7E31'"]),
        ("VARCHAR(1)", ["'a'", "'b'"]),
    ];
    prove(Engine::Sqlite, &cases, "");
}
