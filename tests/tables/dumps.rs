//! Dumps as the databases' own programs write them: read, compared, and applied to where they came from.

use super::database::{Database, Engine};
use super::draw::{COLUMNS, Drawn};
use super::{assert_holds, load, rows, table};
use crate::rng::Rng;
use crate::util::{Dir, cases, run};

/// The ways in which a database writes a dump.
fn ways(engine: Engine) -> Vec<Vec<&'static str>> {
    let ways: &[&[&str]] = match engine {
        Engine::Postgres => &[
            &[],
            &["--inserts"],
            &["--column-inserts"],
            &["--rows-per-insert=7"],
            &["--column-inserts", "--on-conflict-do-nothing", "--rows-per-insert=3"],
            &["--quote-all-identifiers"],
        ],
        Engine::Mariadb => &[
            &[],
            &["--hex-blob"],
            &["--skip-extended-insert"],
            &["--complete-insert", "--skip-comments"],
            &["--replace"],
            &["--insert-ignore", "--skip-opt"],
            &["--compatible=ansi"],
            &["--compatible=postgresql"],
        ],
        Engine::Sqlite => &[&[".dump"], &[".dump --newlines"]],
    };
    ways.iter().map(|way| way.to_vec()).collect()
}

/// OLD and NEW are dumped, and the script of their difference leads there and back.
fn lead(database: &Database, drawn: &Drawn, (one, other): (&[&str], &[&str])) {
    let engine = database.engine;
    let name = table(engine);
    let dir = Dir::new();
    load(database, &drawn.new);
    dir.write("new.sql", database.dump(&name, other));
    load(database, &drawn.old);
    dir.write("old.sql", database.dump(&name, one));
    let asked = format!("\"{}\"", name.replace('"', "\"\""));
    let diff = |old: &str, more: &[&str]| {
        let mut args = vec!["diff", old, "new.sql", "--table", &asked, "-q"];
        args.extend(["--max-delete", "100%", "--allow-empty"]);
        args.extend(more);
        run(&dir, args)
    };
    let outcome = diff("old.sql", &["-o", "change.sql", "--undo", "undo.sql"]);
    let context = format!("{one:?} {other:?}");
    assert!(outcome.status < 2, "{context}: {}", outcome.stderr);
    let script = |name| String::from_utf8(dir.read(name)).expect("a script is text");
    for (name, wanted) in [("change.sql", &drawn.new), ("undo.sql", &drawn.old)] {
        let said = database.script(&script(name));
        assert!(said.ok, "{context}: {}{}\n{}", said.out, said.err, script(name));
        assert_holds(database, wanted, &script(name));
    }
    load(database, &drawn.new);
    dir.write("again.sql", database.dump(&name, one));
    let again = diff("again.sql", &["-o", "nothing.sql"]);
    assert_eq!(again.status, 0, "{context}: {}{}", again.stderr, script("nothing.sql"));
    assert_eq!(rows(database).len(), drawn.new.len());
    assert_eq!(COLUMNS.len(), 4);
}

fn prove(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    let ways = ways(engine);
    for seed in 0..cases().min(60) {
        let mut rng = Rng::new(seed);
        let drawn = Drawn::new(&mut rng);
        let (one, other) = (rng.below(ways.len()), rng.below(ways.len()));
        lead(&database, &drawn, (&ways[one], &ways[other]));
    }
}

#[test]
fn dumps_of_postgres_lead_there_and_back() {
    prove(Engine::Postgres);
}

#[test]
fn dumps_of_mariadb_lead_there_and_back() {
    prove(Engine::Mariadb);
}

#[test]
fn dumps_of_sqlite_lead_there_and_back() {
    prove(Engine::Sqlite);
}
