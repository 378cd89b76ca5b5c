//! Instants in columns: as each database reads and keeps them.

use crate::mapping::regression::{people, person, units};
use crate::tables::database::{Database, Engine};
use crate::util::run;

/// MariaDB takes no instant with an offset.
#[test]
fn instants_are_written_as_mariadb_reads_them() {
    let Some(database) = Database::start(Engine::Mariadb) else { return };
    let dir =
        people("{ attribute = \"description\", column = \"x\", type = \"timestamp\" },\n", "");
    dir.write(
        "d.ldif",
        [
            units(),
            person("uid=a,ou=p", "description: 20240101000000Z\n"),
            person("uid=b,ou=p", "description: 20240701120000Z\n"),
        ]
        .concat(),
    );
    for kind in ["timestamp NULL", "datetime"] {
        let table = format!(
            "DROP TABLE IF EXISTS s; CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, x {kind});"
        );
        let told = "SET time_zone = '+00:00'; SELECT concat(login, ' ', x) FROM s ORDER BY login;";
        database.prepare(&(table.clone() + "INSERT INTO s VALUES ('a', 1, NULL);"));
        dir.write("s.sql", database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--dialect", "mariadb"];
        let transform = [
            "transform",
            "d.ldif",
            "--mapping",
            "m.toml",
            "--format",
            "sql",
            "--dialect",
            "mariadb",
        ];
        for (args, status) in [(&diff[..], 1), (&transform[..], 0)] {
            let script = run(&dir, args.iter().copied()).expect(status).stdout;
            if status == 0 {
                database.prepare(&table);
            }
            let said = database.script(&format!(
                "SET time_zone = '+02:00';\n{}",
                String::from_utf8_lossy(&script)
            ));
            assert!(said.ok, "{kind} {}\n{}", said.err, String::from_utf8_lossy(&script));
            let found = database.script(told).out;
            assert_eq!(
                found.trim(),
                "a 2024-01-01 00:00:00\nb 2024-07-01 12:00:00",
                "{kind} {args:?}"
            );
        }
        database.prepare(&(table + "INSERT INTO s (login, act, x) VALUES ('a', 1, '2024-01-01 00:00:00'), ('b', 1, '2024-07-01 12:00:00');"));
    }
}

/// What a column keeps less finely than the directory was updated by every run, and its undo was refused; the other
/// way round the directory would have lost it.
#[test]
fn times_finer_than_the_column_are_cut_once() {
    let attributes = "description: 133499456231234567\nl: 20240115103045.987654321Z\n";
    for (engine, kind, kept) in [
        (Engine::Mariadb, "datetime", ["2024-01-17 06:13:43", "2024-01-15 10:30:45"]),
        (
            Engine::Mariadb,
            "timestamp(3) NULL",
            ["2024-01-17 06:13:43.123", "2024-01-15 10:30:45.987"],
        ),
        (
            Engine::Postgres,
            "timestamp",
            ["2024-01-17 06:13:43.123456", "2024-01-15 10:30:45.987654"],
        ),
        (Engine::Postgres, "timestamp(0)", ["2024-01-17 06:13:43", "2024-01-15 10:30:45"]),
    ] {
        let Some(database) = Database::start(engine) else { continue };
        let dir = people(
            "{ attribute = \"description\", column = \"x\", type = \"filetime\" },\n\
             { attribute = \"l\", column = \"y\", type = \"timestamp\" },\n",
            "",
        );
        let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
        dir.write("m.toml", toml.replace("sqlite", engine.dialect()));
        dir.write("d.ldif", [units(), person("uid=a,ou=p", attributes)].concat());
        database.prepare(&format!(
            "CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, x {kind}, y {kind}); \
             INSERT INTO s VALUES ('a', 1, NULL, NULL);"
        ));
        dir.write("s.sql", database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--undo", "u.sql"];
        let script = String::from_utf8(run(&dir, diff).expect(1).stdout).expect("text");
        let said = database.script(&script);
        assert!(said.ok, "{kind} {}\n{script}", said.err);
        let found = database.script("SELECT x FROM s UNION ALL SELECT y FROM s;").out;
        assert_eq!(found.lines().collect::<Vec<_>>(), kept, "{kind}");
        dir.write("s2.sql", database.whole());
        run(&dir, ["diff", "s2.sql", "d.ldif", "--mapping", "m.toml"]).expect(0);
        run(&dir, ["diff", "d.ldif", "s2.sql", "--mapping", "m.toml"]).expect(0);
        let undo = String::from_utf8(dir.read("u.sql")).expect("an undo");
        let said = database.script(&undo);
        assert!(said.ok, "{kind} {}\n{undo}", said.err);
        assert_eq!(database.script("SELECT count(x) FROM s;").out.trim(), "0");
    }
}

/// Rows for a database were written in UTC whatever the zone, and nothing that was said of their columns counted.
#[test]
fn rows_of_entries_have_times_as_their_columns_hold_them() {
    let dir = people(
        "{ attribute = \"description\", column = \"x\", type = \"timestamp\" },\n\
         { attribute = \"l\", column = \"y\", type = \"guid\" },\n",
        "",
    );
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let toml = toml.replace("\"UTC\"", "\"Europe/Berlin\"");
    let lines = "description: 20240701123005.75Z\nl: 00112233-4455-6677-8899-aabbccddeeff\n";
    dir.write("d.ldif", [units(), person("uid=a,ou=p", lines)].concat());
    for (engine, kinds, kept) in [
        (Engine::Mariadb, ["datetime", "binary(16)"], "2024-07-01 14:30:05"),
        (Engine::Mariadb, ["timestamp(1) NULL", "char(36)"], "2024-07-01 12:30:05.7"),
        (Engine::Postgres, ["timestamp", "bytea"], "2024-07-01 14:30:05.75"),
        (Engine::Postgres, ["timestamp with time zone", "uuid"], "2024-07-01 12:30:05.75+00"),
    ] {
        let Some(database) = Database::start(engine) else { continue };
        dir.write("m.toml", toml.replace("sqlite", engine.dialect()));
        let table = format!(
            "CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, x {}, y {});",
            kinds[0], kinds[1]
        );
        database.prepare(&table);
        dir.write("s.ddl", &table);
        let args = ["transform", "d.ldif", "--mapping", "m.toml", "--format", "sql"];
        let said = run(&dir, [&args[..], &["--table", "s", "--ddl", "s.ddl"]].concat()).expect(0);
        assert!(!said.stderr.contains("UTC"), "{}", said.stderr);
        let script = String::from_utf8(said.stdout).expect("a script");
        let done = database.script(&script);
        assert!(done.ok, "{kinds:?} {}\n{script}", done.err);
        let zone = if engine == Engine::Mariadb {
            "SET time_zone = '+00:00';"
        } else {
            "SET timezone = 'UTC';"
        };
        let found = database.script(&format!("{zone} SELECT x FROM s;")).out;
        assert_eq!(found.lines().last(), Some(kept), "{kinds:?} {script}");
        let said = run(&dir, args).expect(0);
        let warning = "the times of `x` are written in UTC, and not as in Europe/Berlin";
        assert!(said.stderr.contains(warning), "{}", said.stderr);
        let said = run(&dir, [&args[..], &["--types", "x=datetime"]].concat()).expect(0);
        assert!(!said.stderr.contains("UTC"), "{}", said.stderr);
        assert!(String::from_utf8_lossy(&said.stdout).contains("2024-07-01 14:30:05"));
    }
}
