//! Rows that refer to rows of their own table: in circles, to rows that come, and to rows that go.

use super::STYLES;
use super::database::{Database, Engine};
use crate::rng::Rng;
use crate::util::{Dir, cases, run};

/// A person: number, login, and the number of the boss.
type Person = (usize, String, Option<usize>);

/// A table in which every boss is there.
fn people(rng: &mut Rng, numbers: &[usize]) -> Vec<Person> {
    let person = |&number: &usize| {
        let boss = rng.pick(numbers).copied().filter(|_| rng.chance(80));
        (number, format!("login{}", rng.below(5) * 1000 + number), boss)
    };
    numbers.iter().map(person).collect()
}

/// OLD, and NEW in which some are gone, some have come, some have another boss or each other's login.
fn drawn(rng: &mut Rng) -> [Vec<Person>; 2] {
    let count = 1 + rng.below(12);
    let numbers: Vec<usize> = (1..=count).collect();
    let old = people(rng, &numbers);
    let mut kept: Vec<usize> = numbers.into_iter().filter(|_| !rng.chance(30)).collect();
    kept.extend((0..rng.below(5)).map(|n| 100 + n));
    let mut new = people(rng, &kept);
    for person in &mut new {
        if let Some(before) = old.iter().find(|before| before.0 == person.0) {
            person.1.clone_from(&before.1);
            let is_there = before.2.is_none_or(|boss| kept.contains(&boss));
            if is_there && rng.chance(60) {
                person.2 = before.2;
            }
        }
    }
    // Logins change hands, from those who go too.
    for _ in 0..rng.below(4) {
        let gone: Vec<&Person> = old.iter().filter(|p| !kept.contains(&p.0)).collect();
        let taken = rng.pick(&gone).map(|person| person.1.clone());
        let taken = taken.filter(|login| !new.iter().any(|person| person.1 == *login));
        if new.is_empty() {
            break;
        }
        let (a, b) = (rng.below(new.len()), rng.below(new.len()));
        match taken {
            Some(login) => new[a].1 = login,
            None => {
                let login = new[a].1.clone();
                new[a].1 = std::mem::replace(&mut new[b].1, login);
            }
        }
    }
    [old, new]
}

fn load(database: &Database, people: &[Person]) {
    let key = match database.engine {
        Engine::Mariadb => {
            "FOREIGN KEY (boss) REFERENCES staff (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
        }
        Engine::Postgres | Engine::Sqlite => "FOREIGN KEY (boss) REFERENCES staff)",
    };
    let mut script = format!(
        "DROP TABLE IF EXISTS staff;\nCREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(40) UNIQUE, boss INTEGER, {key};\n"
    );
    for (number, login, _) in people {
        script += &format!("INSERT INTO staff VALUES ({number}, '{login}', NULL);\n");
    }
    for (number, _, boss) in people {
        if let Some(boss) = boss {
            script += &format!("UPDATE staff SET boss = {boss} WHERE id = {number};\n");
        }
    }
    let said = database.script(&script);
    assert!(said.ok, "{}\n{script}", said.err);
}

fn held(database: &Database) -> Vec<Person> {
    let number = |cell: &Option<Vec<u8>>| {
        let text = String::from_utf8(cell.clone()?).expect("digits");
        Some(text.parse().expect("a number"))
    };
    let rows = database.rows("staff", &["id", "login", "boss"]);
    let login =
        |cell: &Option<Vec<u8>>| String::from_utf8(cell.clone().expect("one")).expect("text");
    let person = |row: &Vec<_>| (number(&row[0]).expect("a key"), login(&row[1]), number(&row[2]));
    let mut people: Vec<Person> = rows.iter().map(person).collect();
    people.sort_unstable();
    people
}

fn lead(database: &Database, style: &str, [old, new]: &[Vec<Person>; 2]) {
    let dir = Dir::new();
    let way: &[&str] = if database.engine == Engine::Sqlite { &[".dump"] } else { &[] };
    for (name, people) in [("new.sql", new), ("old.sql", old)] {
        load(database, people);
        dir.write(name, database.dump("staff", way));
    }
    let mut args = vec!["diff", "old.sql", "new.sql", "--table", "staff", "-q", "-o", "change.sql"];
    args.extend(["--undo", "undo.sql", "--max-delete", "100%", "--allow-empty"]);
    args.extend(["--sql-style", style]);
    let outcome = run(&dir, args);
    assert!(outcome.status < 2, "{}", outcome.stderr);
    for (name, people) in [("change.sql", new), ("undo.sql", old)] {
        let script = String::from_utf8(dir.read(name)).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{old:?}\n{new:?}\n{}{}\n{script}", said.out, said.err);
        let mut wanted = people.clone();
        wanted.sort_unstable();
        assert_eq!(held(database), wanted, "{script}");
    }
}

fn prove(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    for seed in 0..cases().min(40) {
        let mut rng = Rng::new(seed);
        let style = STYLES[rng.below(2)];
        lead(&database, style, &drawn(&mut rng));
    }
}

#[test]
fn postgres_takes_rows_that_refer_to_each_other() {
    prove(Engine::Postgres);
}

#[test]
fn mariadb_takes_rows_that_refer_to_each_other() {
    prove(Engine::Mariadb);
}

#[test]
fn sqlite_takes_rows_that_refer_to_each_other() {
    prove(Engine::Sqlite);
}

/// Rows that may not be without each other came and went along with a `CASCADE` alone, and staged; in statements the
/// first was refused.
#[test]
fn circles_that_may_not_be_null_come_and_go() {
    for (engine, actions) in [
        (Engine::Postgres, &["", "ON DELETE RESTRICT", "ON DELETE CASCADE", "DEFERRABLE"][..]),
        (Engine::Sqlite, &["", "ON DELETE RESTRICT", "ON DELETE CASCADE"]),
    ] {
        let Some(database) = Database::start(engine) else { continue };
        for action in actions {
            let make = |rows: &str| {
                format!(
                    "DROP TABLE IF EXISTS c; CREATE TABLE c (id integer PRIMARY KEY, p integer NOT NULL, \
                     FOREIGN KEY (p) REFERENCES c (id) {action}); INSERT INTO c VALUES {rows};"
                )
            };
            for style in STYLES {
                let dir = Dir::new();
                let way: &[&str] = if engine == Engine::Sqlite { &[".dump"] } else { &[] };
                for (name, rows) in [
                    ("new.sql", "(1, 1), (6, 7), (7, 6)"),
                    ("old.sql", "(1, 1), (2, 3), (3, 4), (4, 2)"),
                ] {
                    database.prepare(&make(rows));
                    dir.write(name, database.dump("c", way));
                }
                let args = ["diff", "old.sql", "new.sql", "--table", "c", "-q", "-o", "change.sql"];
                let more = ["--undo", "undo.sql", "--max-delete", "100%", "--sql-style", style];
                run(&dir, args.into_iter().chain(more)).expect(1);
                let shown = || database.script("SELECT id, p FROM c ORDER BY id;").out;
                let before = shown();
                for (name, wanted) in [("change.sql", 3), ("undo.sql", 4)] {
                    let script = String::from_utf8(dir.read(name)).expect("a script is text");
                    let said = database.script(&script);
                    assert!(said.ok, "{engine:?} {action} {}{}\n{script}", said.out, said.err);
                    assert_eq!(shown().lines().count(), wanted, "{script}");
                }
                assert_eq!(shown(), before);
            }
        }
    }
}

/// Rows of a table that nobody compares went along with those of another, and no undo brought them back.
#[test]
fn what_the_database_deletes_along_is_told() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        let dir = Dir::new();
        let child = |name: &str, action: &str| {
            format!(
                "CREATE TABLE {name} (id integer PRIMARY KEY, t integer, FOREIGN KEY (t) REFERENCES t (id) {action});\n"
            )
        };
        database.prepare(
            &[
                "CREATE TABLE t (id integer PRIMARY KEY, a varchar(9));\n",
                &child("c", "ON DELETE CASCADE"),
                &child("d", "ON DELETE SET NULL"),
                &child("e", ""),
                "CREATE TABLE f (id integer PRIMARY KEY, t integer);\n",
                "INSERT INTO t VALUES (1, 'x'); INSERT INTO t VALUES (2, 'y'); INSERT INTO c VALUES (1, 2);\n",
            ]
            .concat(),
        );
        dir.write("old.sql", database.whole());
        database
            .prepare("DELETE FROM c; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (3, 'z');\n");
        dir.write("new.sql", database.whole());
        let told = "(ON DELETE), and no undo brings that back";
        for (tables, is_told) in
            [(&["t"][..], true), (&["t", "c"], true), (&["t", "c", "d"], false), (&["f"], false)]
        {
            let named = tables.iter().flat_map(|table| ["--table", table]);
            let args = ["diff", "old.sql", "new.sql", "--max-delete", "100%", "--allow-empty"]
                .into_iter()
                .chain(named);
            let said = run(&dir, args).stderr;
            assert_eq!(said.contains(told), is_told, "{engine:?} {tables:?} {said}");
        }
    }
}

/// Rows of a table that nobody compared referred to what went: the database refused the script, or acted, and nobody had
/// said which rows.
#[test]
fn rows_that_are_not_compared_and_refer_to_what_goes_are_told() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        let dir = Dir::new();
        let child = |name: &str, more: &str| {
            format!(
                "CREATE TABLE {name} (id integer PRIMARY KEY, t integer, FOREIGN KEY (t) REFERENCES t (id) {more});\n"
            )
        };
        database.prepare(
            &[
                "CREATE TABLE t (id integer PRIMARY KEY, a varchar(9));\n",
                &child("c", "ON DELETE CASCADE"),
                &child("e", ""),
                "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z');\n",
                "INSERT INTO c VALUES (7, 2), (8, 1); INSERT INTO e VALUES (5, 1), (6, 3), (9, NULL);\n",
            ]
            .concat(),
        );
        dir.write("old.sql", database.whole());
        let diff = |gone: &str| {
            let rows = [(1, "x"), (2, "y"), (3, "z")];
            let kept = rows.iter().filter(|(id, _)| id.to_string() != gone);
            let kept: String = kept.map(|(id, a)| format!("{id},{a}\n")).collect();
            dir.write("new.csv", ["id,a\n", &kept].concat());
            let args = ["diff", "old.sql", "new.csv", "--table", "t", "-o", "s.sql"];
            let more = ["--max-delete", "100%", "--end", "rollback"];
            run(&dir, args.into_iter().chain(more)).expect(1).stderr
        };
        for (gone, cascades, refused) in
            [("1", "id 8", "id 5"), ("2", "id 7", ""), ("3", "", "id 6")]
        {
            let said = diff(gone);
            let acts = format!(
                "1 row of c that refers to rows of t which go or get another key, first {cascades}, is"
            );
            let acts = acts.replace(" of c", &format!(" of {}", shown(engine, "c")));
            let acts = acts.replace(" of t", &format!(" of {}", shown(engine, "t")));
            assert_eq!(said.contains(&acts), !cascades.is_empty(), "{engine:?} {gone} {said}");
            let stops = format!("first {refused}: the database refuses the script");
            assert_eq!(said.contains(&stops), !refused.is_empty(), "{engine:?} {gone} {said}");
            let script = String::from_utf8(dir.read("s.sql")).expect("text");
            let done = database.script(&script);
            if engine != Engine::Sqlite {
                assert_eq!(done.ok, refused.is_empty(), "{engine:?} {gone} {}", done.err);
            }
        }
    }
}

/// What a dump calls a table.
fn shown(engine: Engine, table: &str) -> String {
    match engine {
        Engine::Postgres => format!("public.{table}"),
        Engine::Mariadb | Engine::Sqlite => table.to_owned(),
    }
}

/// MariaDB refuses another spelling of a key that rows refer to which may not be NULL, and nobody had said so.
#[test]
fn keys_that_cannot_be_spelled_otherwise_are_told() {
    let Some(database) = Database::start(Engine::Mariadb) else { return };
    let dir = Dir::new();
    for (more, tables, told) in [
        ("NOT NULL REFERENCES p (k)", &["p", "c"][..], "are spelled otherwise, and do not follow"),
        ("NOT NULL REFERENCES p (k)", &["p"], "the database refuses the script"),
        ("NOT NULL REFERENCES p (k) ON UPDATE CASCADE", &["p"], ""),
        ("REFERENCES p (k)", &["p", "c"], ""),
    ] {
        database.prepare(&format!(
            "DROP TABLE IF EXISTS c; DROP TABLE IF EXISTS p; CREATE TABLE p (k varchar(9) PRIMARY KEY, x integer);\n\
             CREATE TABLE c (id integer PRIMARY KEY, k varchar(9) {more});\n\
             INSERT INTO p VALUES ('a', 1), ('b', 1); INSERT INTO c VALUES (1, 'a');\n"
        ));
        let old = database.whole();
        dir.write("old.sql", &old);
        let old = String::from_utf8(old).expect("text");
        dir.write("new.sql", old.replace("('a',1)", "('A',1)"));
        let named = tables.iter().flat_map(|table| ["--table", table]);
        let args = ["diff", "old.sql", "new.sql", "-o", "s.sql"].into_iter().chain(named);
        let said = run(&dir, args).expect(1).stderr;
        assert_eq!(said.contains("warning"), !told.is_empty(), "{more} {tables:?} {said}");
        assert!(said.contains(told), "{more} {tables:?} {said}");
        let script = String::from_utf8(dir.read("s.sql")).expect("text");
        assert_eq!(database.script(&script).ok, told.is_empty(), "{more} {tables:?} {script}");
    }
}
