//! Values as PostgreSQL's own programs write them where a file does not say who wrote it: text with delimiters,
//! and JSON.

use super::STYLES;
use super::database::{Database, Engine};
use crate::util::{Dir, run};

/// What a statement writes of a table, as the client shows it.
fn written(database: &Database, session: &str, query: &str) -> String {
    let said = database.script(&format!("{session}\n{query}\n"));
    assert!(said.ok && said.err.is_empty(), "{}{}", said.out, said.err);
    said.out
}

/// Holds a table against what was written of it in another way, and has none of it change; the other way it
/// leads from a table with `other` in its place, and back.
fn prove(database: &Database, make: &str, other: &str, (name, session, query): (&str, &str, &str)) {
    let dir = Dir::new();
    database.prepare(make);
    dir.write(name, written(database, session, query));
    dir.write("is.sql", database.whole());
    database.prepare(other);
    dir.write("old.sql", database.whole());
    let diff = |old: &str, style: &str| {
        let args = ["diff", old, name, "--table", "t", "-q", "-o", "change.sql", "--undo"];
        run(
            &dir,
            args.into_iter().chain(["undo.sql", "--max-delete", "100%", "--sql-style", style]),
        )
    };
    for style in STYLES {
        let outcome = diff("is.sql", style);
        let script = || String::from_utf8_lossy(&dir.read("change.sql")).into_owned();
        assert_eq!(outcome.status, 0, "{query}: {}{}", outcome.stderr, script());
        database.prepare(other);
        assert_eq!(diff("old.sql", style).status, 1, "{query}");
        for (name, wanted) in [("change.sql", "is.sql"), ("undo.sql", "old.sql")] {
            let text = String::from_utf8(dir.read(name)).expect("a script is text");
            let said = database.script(&text);
            assert!(said.ok, "{query}: {}{}\n{text}", said.out, said.err);
            dir.write("now.sql", database.whole());
            let args = ["diff", "now.sql", wanted, "-q", "--format", "unified"];
            let left = run(&dir, args);
            assert_eq!(left.status, 0, "{}\n{text}", String::from_utf8_lossy(&left.stdout));
        }
    }
}

/// A string of JSON was taken for the JSON it holds, and a list for the text of an array.
#[test]
fn json_of_a_column_is_json_as_it_stands() {
    let Some(database) = Database::start(Engine::Postgres) else { return };
    let make = |rows: &str| {
        format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, j jsonb, k json, a text[], n int[], o bool[], \
             b box[], js jsonb[]); INSERT INTO t VALUES {rows};"
        )
    };
    let is = make(
        r#"(1, '"5"', '"a"', '{z}', '{{1,2},{3,NULL}}', '{t,f}', '{(1,1),(0,0);(2,2),(1,1)}', '{"\"x\"",NULL,"[1, 2]"}'),
        (2, '"null"', '{"a" :  [1, "é\n"]}', '{"a,b","",NULL,"NULL","q\"\\ {}"}', '{}', NULL, NULL, '{}'),
        (3, NULL, '[]', '{}', NULL, NULL, NULL, NULL), (4, '5', '"5"', '{{a,b},{" ",d}}', NULL, NULL, NULL, NULL)"#,
    );
    let other = make(
        r#"(1, '5', '{}', '{}', '{1}', '{f}', NULL, '{}'), (2, 'null', '{"a":1}', '{x}', '{2}', NULL, NULL, NULL),
        (3, '"a"', '{}', NULL, NULL, NULL, NULL, NULL), (4, '"5"', '5', '{a}', NULL, NULL, NULL, NULL)"#,
    );
    for (name, query) in
        [("new.json", "SELECT json_agg(t) FROM t;"), ("new.jsonl", "SELECT to_json(t) FROM t;")]
    {
        prove(&database, &is, &other, (name, "", query));
    }
    // What is written is read again, also what `to_json` loses.
    let dir = Dir::new();
    database.prepare(&is);
    database.prepare(
        r#"INSERT INTO t (id, j, k, js) VALUES (5, 'null', 'null', '{"null",NULL}'), (6, '{"$json":"5"}', E'{"a":\n  [1]}', NULL),
        (7, '{"$json":5}', E' [1]\t', NULL), (8, '{"$json":"5","a":1}', E'"\u2028"', NULL), (9, '"null"', E'\r\n""', NULL);"#,
    );
    dir.write("is.sql", database.whole());
    run(&dir, ["transform", "is.sql", "-q", "--format", "jsonl", "-o", "is.jsonl"]).expect(0);
    run(&dir, ["diff", "is.sql", "is.jsonl", "--table", "t", "-q"]).expect(0);
    let lines = dir.read("is.jsonl");
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 9);
    let lines = String::from_utf8(lines).expect("text");
    assert!(lines.contains(r#""j":{"$json":"null"}"#), "{lines}");
    assert!(!lines.contains('\u{2028}'), "{lines}");
}

/// Its older form, which a server may be told to write, was taken for the bytes themselves.
#[test]
fn bytea_has_two_forms_in_any_file() {
    let Some(database) = Database::start(Engine::Postgres) else { return };
    let make = |one: &str, two: &str| {
        format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, b bytea); \
             INSERT INTO t VALUES (1, '{one}'), (2, '{two}');"
        )
    };
    let (is, other) = (make("\\x41ff5c", "\\x4142"), make("\\x415c3337375c5c", "\\x"));
    for form in ["escape", "hex"] {
        let session = format!("SET bytea_output = {form};");
        for (name, query) in [
            ("new.csv", "COPY t TO STDOUT WITH (FORMAT csv, HEADER);"),
            ("new.json", "SELECT json_agg(t) FROM t;"),
        ] {
            prove(&database, &is, &other, (name, &session, query));
        }
    }
    let dir = Dir::new();
    dir.write("a.csv", "id,b\n1,A\\377\\\\\n");
    dir.write("b.csv", "id,b\n1,\\x41ff5c\n");
    dir.write("c.csv", "id,b\n1,A\\9\n");
    let between = |old: &str, new: &str| {
        let args = ["diff", old, new, "--table", "t", "--key", "id", "--dialect", "postgres"];
        run(&dir, args.into_iter().chain(["--types", "b=bytea", "--dump-style", "postgres", "-q"]))
    };
    let diff = |new: &str| between("a.csv", new);
    // It is four characters there, as in the database.
    dir.write("d.csv", "id,b\n1,0x41\n");
    dir.write("e.csv", "id,b\n1,A\n");
    dir.write("f.csv", "id,b\n1,\\x30783431\n");
    diff("b.csv").expect(0);
    assert!(diff("c.csv").expect(2).stderr.contains("text that stands for no bytes"));
    between("d.csv", "e.csv").expect(1);
    between("d.csv", "f.csv").expect(0);
}
