//! Tables: scripts run by the clients of real databases, on random tables of nasty values.

mod alike;
mod blocks;
mod checked;
pub mod database;
mod definition;
mod dialects;
mod draw;
mod dumps;
mod handed;
mod kinds;
mod notations;
mod reading;
mod references;
mod scripts;
mod several;
mod staged;
mod stand_ins;
mod values;
mod ways;

use crate::rng::Rng;
use crate::util::{Dir, cases, run};
use database::{Database, Engine, Row};
use draw::{COLUMNS, Drawn, csv};

const TABLE: &str = "St\"aff`s";

/// Both ways to write a script.
const STYLES: [&str; 2] = ["statements", "staged"];

/// The columns of the table, as this database defines them.
fn definition(engine: Engine) -> String {
    let (id, mail, text) = match engine {
        Engine::Postgres => ("text PRIMARY KEY", "text UNIQUE", "text"),
        Engine::Sqlite => ("text PRIMARY KEY", "text UNIQUE COLLATE NOCASE", "text COLLATE NOCASE"),
        Engine::Mariadb => ("varchar(100) PRIMARY KEY", "varchar(500) UNIQUE", "longtext"),
    };
    let name = |column| name(engine, column);
    format!(
        "{} {id}, {} {mail}, {} {text}, {} {text}",
        name(COLUMNS[0]),
        name(COLUMNS[1]),
        name(COLUMNS[2]),
        name(COLUMNS[3])
    )
}

fn name(engine: Engine, name: &str) -> String {
    engine.name(name)
}

/// What the program wrote.
struct Scripts {
    change: String,
    undo: String,
}

fn scripts(engine: Engine, drawn: &Drawn, more: &[&str]) -> Scripts {
    let dir = Dir::new();
    dir.write("old.csv", csv(&drawn.old));
    dir.write("new.csv", csv(&drawn.new));
    let table = format!("\"{}\"", table(engine).replace('"', "\"\""));
    let mut args = vec!["diff", "old.csv", "new.csv", "--table", &table, "--key", "id"];
    args.extend(["--unique", "mail", "--dialect", engine.dialect(), "--max-delete", "100%"]);
    args.extend(["--allow-empty", "-q", "-o", "change.sql", "--undo", "undo.sql"]);
    args.extend(more);
    let outcome = run(&dir, args);
    assert!([0, 1].contains(&outcome.status), "{}", outcome.stderr);
    let text = |name| String::from_utf8(dir.read(name)).expect("a script is text");
    Scripts { change: text("change.sql"), undo: text("undo.sql") }
}

/// A name that is quoted, as far as the database's test can quote it too.
fn table(engine: Engine) -> String {
    match engine {
        Engine::Mariadb => TABLE.replace('`', ""),
        Engine::Postgres | Engine::Sqlite => TABLE.replace('"', ""),
    }
}

fn rows(database: &Database) -> Vec<Row> {
    database.rows(&table(database.engine), &COLUMNS)
}

fn load(database: &Database, rows: &[Row]) {
    let engine = database.engine;
    database.load(&table(engine), &definition(engine), &COLUMNS, rows);
}

/// Fails with the first row that is another one.
#[track_caller]
fn assert_holds(database: &Database, wanted: &[Row], script: &str) {
    let (found, mut wanted) = (rows(database), wanted.to_vec());
    wanted.sort_unstable();
    let mut pairs = found.iter().zip(&wanted);
    if let Some((found, wanted)) = pairs.find(|(found, wanted)| found != wanted) {
        let shown = |row: &Row| -> String {
            let cell = |cell: &Option<Vec<u8>>| match cell {
                None => " NULL".to_owned(),
                Some(value) => format!(" `{}`", value.escape_ascii()),
            };
            row.iter().map(cell).collect()
        };
        panic!("found   {}\nexpected{}\n{script}", shown(found), shown(wanted));
    }
    assert_eq!(found.len(), wanted.len(), "{script}");
}

/// There and back, a rehearsal, and a table that is no longer as the dump had it: what is said of that.
fn lead(database: &Database, drawn: &Drawn, style: &str, rng: &mut Rng) -> Option<String> {
    let engine = database.engine;
    let guard = ["changed", "row"][rng.below(2)];
    let more = ["--sql-style", style, "--guard", guard];
    let Scripts { change, undo } = scripts(engine, drawn, &more);
    load(database, &drawn.old);
    let said = database.script(&change);
    assert!(said.ok, "{}\n{}\n{change}", said.err, said.out);
    assert_holds(database, &drawn.new, &change);
    let said = database.script(&undo);
    assert!(said.ok, "{}\n{}\n{undo}", said.err, said.out);
    assert_holds(database, &drawn.old, &undo);

    let rehearsal = scripts(engine, drawn, &["--sql-style", style, "--end", "rollback"]).change;
    let said = database.script(&rehearsal);
    assert!(said.ok, "{}\n{rehearsal}", said.err);
    assert_holds(database, &drawn.old, &rehearsal);

    let stale = drawn.stale(rng)?;
    load(database, &stale);
    let mut sentence = None;
    for forced in [false, true] {
        let said = if forced { database.forced(&change) } else { database.script(&change) };
        assert!(forced || !said.ok, "it ran on another table\n{change}");
        sentence = staged::sentence(&said);
        assert!(sentence.is_some(), "{}{}\n{change}", said.out, said.err);
        assert_holds(database, &stale, &change);
    }
    sentence
}

fn prove(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    for seed in 0..cases().min(60) {
        let drawn = Drawn::new(&mut Rng::new(seed));
        let told = STYLES.map(|style| lead(&database, &drawn, style, &mut Rng::new(seed)));
        assert_eq!(told[0], told[1], "seed {seed}");
    }
    for style in STYLES {
        prove_types(&database, style);
        prove_traps(&database, style);
    }
    staged::prove(&database);
}

/// Columns with types of their own: the literals of a script are texts, and are taken for what the
/// column is.
fn prove_types(database: &Database, style: &str) {
    let engine = database.engine;
    let (truth, lie, bytes) = match engine {
        Engine::Postgres => ("t", "f", ["\\x00ff5c", "\\x"]),
        Engine::Mariadb | Engine::Sqlite => ("1", "0", ["0\\x", "; '"]),
    };
    let (instant, zone) = match engine {
        Engine::Postgres => ("TIMESTAMP WITH TIME ZONE", "+00"),
        Engine::Mariadb => ("TIMESTAMP NULL", ""),
        Engine::Sqlite => ("TEXT", "+00"),
    };
    let raw = match engine {
        Engine::Postgres => "BYTEA",
        Engine::Mariadb => "VARBINARY(9)",
        Engine::Sqlite => "BLOB",
    };
    let kinds = [
        ("id", "INTEGER"),
        ("part", "VARCHAR(9)"),
        ("price", "NUMERIC(10,2)"),
        ("since", "DATE"),
        ("active", "BOOLEAN"),
        ("at", instant),
        ("raw", raw),
        ("ratio", "DOUBLE PRECISION"),
    ];
    let name = |column: &str| engine.name(column);
    let columns = kinds.map(|(column, _)| column);
    let definition: Vec<String> =
        kinds.iter().map(|(column, kind)| format!("{} {kind}", name(column))).collect();
    let key = format!("PRIMARY KEY ({}, {})", name("id"), name("part"));
    let definition = format!("{}, {key}", definition.join(", "));
    let at = |time: &str| format!("{time}{zone}");
    let (noon, night) = (&*at("2024-10-27 12:00:00"), &*at("1999-12-31 23:59:59"));
    // The empty text stands for NULL.
    let old = [
        ["1", "a", "10.50", "2024-02-29", truth, noon, bytes[0], "0.1"],
        ["1", "b", "0.10", "2024-03-01", lie, "", "", ""],
        ["2", "b", "", "", "", night, bytes[1], "-1.5"],
    ];
    let new = [
        ["1", "a", "11.00", "2025-03-01", lie, night, bytes[1], "1.25"],
        ["-7", "b", "-0.01", "1999-12-31", truth, noon, bytes[0], "0.5"],
        ["2", "b", "0.00", "2024-02-29", lie, "", "", ""],
    ];
    let make = |table: &str, rows: &[[&str; 8]]| {
        let table = name(table);
        let mut script =
            format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({definition});");
        for row in rows {
            let value = |text: &&str| match *text {
                "" => "NULL".to_owned(),
                text if engine == Engine::Mariadb => {
                    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
                }
                text => format!("'{}'", text.replace('\'', "''")),
            };
            let values: Vec<String> = row.iter().map(value).collect();
            script += &format!("INSERT INTO {table} VALUES ({});", values.join(","));
        }
        database.prepare(&script);
    };
    let csv = |rows: &[[&str; 8]]| -> String {
        let lines = rows.iter().map(|row| row.join(","));
        std::iter::once(columns.join(",")).chain(lines).map(|line| line + "\n").collect()
    };
    make("typed", &old);
    make("old", &old);
    make("new", &new);
    let dir = Dir::new();
    dir.write("old.csv", csv(&old));
    dir.write("new.csv", csv(&new));
    let args = ["diff", "old.csv", "new.csv", "--table", "typed", "--key", "id,part", "-q"];
    let more = ["--dialect", engine.dialect(), "-o", "change.sql", "--undo", "undo.sql"];
    run(&dir, args.into_iter().chain(more).chain(["--guard", "row", "--sql-style", style]))
        .expect(1);
    for (script, then) in [("change.sql", "new"), ("undo.sql", "old")] {
        let text = String::from_utf8(dir.read(script)).expect("a script is text");
        let said = database.script(&text);
        assert!(said.ok, "{}\n{}\n{text}", said.err, said.out);
        assert_eq!(database.rows("typed", &columns), database.rows(then, &columns), "{text}");
    }
}

/// A script that must leave a table as it is, by a client that goes on behind errors too.
#[track_caller]
fn assert_leaves(database: &Database, script: &str, columns: &[&str], fails: bool) {
    let before = database.rows("t", columns);
    for forced in [false, true] {
        let said = if forced { database.forced(script) } else { database.script(script) };
        assert!(forced || said.ok != fails, "{}{}\n{script}", said.out, said.err);
        assert_eq!(database.rows("t", columns), before, "{script}");
    }
}

/// The script for a table `t` with the key `id`.
fn script_for(engine: Engine, old: &str, new: &str, more: &[&str]) -> String {
    let dir = Dir::new();
    dir.write("old.csv", old);
    dir.write("new.csv", new);
    let args = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "-q", "--dialect"];
    let args = args.into_iter().chain([engine.dialect()]).chain(more.iter().copied());
    String::from_utf8(run(&dir, args).expect(1).stdout).expect("a script is text")
}

/// Tables that have misled scripts.
fn prove_traps(database: &Database, style: &str) {
    let engine = database.engine;
    let script_for = |old: &str, new: &str, end: &str| {
        script_for(engine, old, new, &["--sql-style", style, "--end", end])
    };
    let make =
        |definition: &str| database.prepare(&format!("DROP TABLE IF EXISTS t; {definition}"));
    // One change that meets two rows, and one that is passed over for it, are not two changes.
    make("CREATE TABLE t (id INT, v VARCHAR(9)); INSERT INTO t VALUES (1,'a'),(1,'a'),(2,'b');");
    let (old, new) = ("id,v\n1,a\n2,b\n", "id,v\n1,A\n2,B\n");
    assert_leaves(database, &script_for(old, new, "commit"), &["id", "v"], true);
    match engine {
        Engine::Mariadb => {
            make(
                "CREATE TABLE t (id INT, v VARCHAR(9)) ENGINE=MyISAM; INSERT INTO t VALUES (1,'a'),(2,'b');",
            );
            assert_leaves(database, &script_for(old, new, "commit"), &["id", "v"], true);
        }
        Engine::Postgres => {
            // A name that holds the tag of a block.
            let name = "$ldifsync$ \\! false; #";
            make(&format!(
                "CREATE TABLE t (id INT, \"{name}\" TEXT); INSERT INTO t VALUES (1,'a');"
            ));
            let (old, new) = (format!("id,{name}\n1,a\n"), format!("id,{name}\n1,b\n"));
            let script = script_for(&old, &new, "commit");
            assert_leaves(database, &script_for(&old, &new, "rollback"), &["id"], false);
            let said = database.script(&script);
            assert!(said.ok, "{}", said.err);
            assert_eq!(database.rows("t", &[name]), [[Some(b"b".to_vec())]]);
        }
        Engine::Sqlite => {
            make(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, boss INT REFERENCES t(id)); INSERT INTO t VALUES (1,NULL);",
            );
            let (old, new) = ("id,boss\n1,\n", "id,boss\n1,9\n");
            for end in ["commit", "rollback"] {
                let script = script_for(old, new, end);
                assert_leaves(database, &script, &["id", "boss"], true);
            }
        }
    }
}

#[test]
fn postgres_takes_the_script_and_the_way_back() {
    prove(Engine::Postgres);
}

#[test]
fn mariadb_takes_the_script_and_the_way_back() {
    prove(Engine::Mariadb);
}

#[test]
fn sqlite_takes_the_script_and_the_way_back() {
    prove(Engine::Sqlite);
}
