//! Tables: scripts run by the clients of real databases, on random tables of nasty values.

pub mod database;
mod database;
mod definition;
mod draw;
mod reading;
mod values;

use crate::rng::Rng;
use crate::util::{Dir, cases, run};
use database::{Database, Engine, Row};
use draw::{COLUMNS, Drawn, csv};

const TABLE: &str = "St\"aff`s";

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

/// There and back, a rehearsal, and a table that is no longer as the dump had it.
fn lead(database: &Database, drawn: &Drawn, rng: &mut Rng) {
    let engine = database.engine;
    let guard = ["changed", "row"][rng.below(2)];
    let Scripts { change, undo } = scripts(engine, drawn, &["--guard", guard]);
    load(database, &drawn.old);
    let said = database.script(&change);
    assert!(said.ok, "{}\n{}\n{change}", said.err, said.out);
    assert_holds(database, &drawn.new, &change);
    let said = database.script(&undo);
    assert!(said.ok, "{}\n{}\n{undo}", said.err, said.out);
    assert_holds(database, &drawn.old, &undo);

    let rehearsal = scripts(engine, drawn, &["--end", "rollback"]).change;
    let said = database.script(&rehearsal);
    assert!(said.ok, "{}\n{rehearsal}", said.err);
    assert_holds(database, &drawn.old, &rehearsal);

    let Some(stale) = drawn.stale(rng) else { return };
    load(database, &stale);
    for forced in [false, true] {
        let said = if forced { database.forced(&change) } else { database.script(&change) };
        assert!(forced || !said.ok, "it ran on another table\n{change}");
        let told = [said.out, said.err].concat();
        assert!(told.contains("ldifsync: change "), "{told}\n{change}");
        assert_holds(database, &stale, &change);
    }
}

fn prove(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    for seed in 0..cases().min(120) {
        let mut rng = Rng::new(seed);
        let drawn = Drawn::new(&mut rng);
        lead(&database, &drawn, &mut rng);
    }
    prove_types(&database);
    prove_traps(&database);
}

/// Columns with types of their own: the literals of a script are texts, and are taken for what the
/// column is.
fn prove_types(database: &Database) {
    let engine = database.engine;
    let (truth, lie) = if engine == Engine::Postgres { ("t", "f") } else { ("1", "0") };
    let name = |column: &str| engine.name(column);
    let columns = ["id", "part", "price", "since", "active"];
    let definition = format!(
        "{} INTEGER, {} VARCHAR(9), {} NUMERIC(10,2), {} DATE, {} BOOLEAN, PRIMARY KEY ({}, {})",
        name("id"),
        name("part"),
        name("price"),
        name("since"),
        name("active"),
        name("id"),
        name("part")
    );
    let old = [["1", "a", "10.50", "2024-02-29", truth], ["1", "b", "0.10", "2024-03-01", lie]];
    let new = [["1", "a", "11.00", "2025-03-01", lie], ["-7", "b", "-0.01", "1999-12-31", truth]];
    let make = |table: &str, rows: &[[&str; 5]]| {
        let table = name(table);
        let mut script =
            format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({definition});");
        for row in rows {
            script += &format!("INSERT INTO {table} VALUES ('{}');", row.join("','"));
        }
        let said = database.script(&script);
        assert!(said.ok, "{}", said.err);
    };
    let csv = |rows: &[[&str; 5]]| -> String {
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
    run(&dir, args.into_iter().chain(more).chain(["--guard", "row"])).expect(1);
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
fn prove_traps(database: &Database) {
    let engine = database.engine;
    let make = |definition: &str| {
        let said = database.script(&format!("DROP TABLE IF EXISTS t; {definition}"));
        assert!(said.ok, "{}", said.err);
    };
    // One change that meets two rows, and one that is passed over for it, are not two changes.
    make("CREATE TABLE t (id INT, v VARCHAR(9)); INSERT INTO t VALUES (1,'a'),(1,'a'),(2,'b');");
    let (old, new) = ("id,v\n1,a\n2,b\n", "id,v\n1,A\n2,B\n");
    assert_leaves(database, &script_for(engine, old, new, &[]), &["id", "v"], true);
    match engine {
        Engine::Mariadb => {
            make(
                "CREATE TABLE t (id INT, v VARCHAR(9)) ENGINE=MyISAM; INSERT INTO t VALUES (1,'a'),(2,'b');",
            );
            assert_leaves(database, &script_for(engine, old, new, &[]), &["id", "v"], true);
        }
        Engine::Postgres => {
            // A name that holds the tag of a block.
            let name = "$ldifsync$ \\! false; #";
            make(&format!(
                "CREATE TABLE t (id INT, \"{name}\" TEXT); INSERT INTO t VALUES (1,'a');"
            ));
            let (old, new) = (format!("id,{name}\n1,a\n"), format!("id,{name}\n1,b\n"));
            let script = script_for(engine, &old, &new, &[]);
            assert_leaves(
                database,
                &script_for(engine, &old, &new, &["--end", "rollback"]),
                &["id"],
                false,
            );
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
                let script = script_for(engine, old, new, &["--end", end]);
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
