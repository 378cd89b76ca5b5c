//! Several tables in one script: rows that refer across tables and back, keys of several columns, unique
//! values that change hands where none may be NULL.

use std::fmt::Write as _;

use super::STYLES;
use super::database::{Database, Engine, Row};
use crate::rng::Rng;
use crate::util::{Dir, cases, run};

/// The tables, with their columns.
const TABLES: [(&str, &[&str]); 3] = [
    ("dept", &["id", "code", "head", "above"]),
    ("staff", &["id", "login", "dept", "desk"]),
    ("badge", &["staff", "kind", "code"]),
];

/// A department: its number, its code, who heads it, and which one is above it.
type Dept = (usize, usize, Option<usize>, Option<usize>);

/// A person: number, login, department, and the desk in it.
type Person = (usize, usize, usize, usize);

/// A badge: whose, which kind, and the code of a department.
type Badge = (usize, usize, Option<usize>);

/// What the tables hold.
#[derive(Clone, Debug, Default)]
struct State {
    depts: Vec<Dept>,
    staff: Vec<Person>,
    badges: Vec<Badge>,
}

/// Gives each a number below a bound that none has yet.
fn distinct(rng: &mut Rng, count: usize, below: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..below).collect();
    for n in 0..numbers.len() {
        let other = n + rng.below(numbers.len() - n);
        numbers.swap(n, other);
    }
    numbers.truncate(count);
    numbers
}

/// A state of these departments and people, in which every reference leads somewhere.
fn state(rng: &mut Rng, depts: &[usize], people: &[usize]) -> State {
    let codes = distinct(rng, depts.len(), depts.len() + 3);
    let logins = distinct(rng, people.len(), people.len() + 3);
    let mut state = State::default();
    for (&id, code) in depts.iter().zip(codes) {
        let head = rng.pick(people).copied().filter(|_| rng.chance(70));
        let above = rng.pick(depts).copied().filter(|_| rng.chance(60));
        state.depts.push((id, code, head, above));
    }
    for (&id, login) in people.iter().zip(logins) {
        let dept = *rng.pick(depts).expect("somebody is in a department");
        let mut desk = rng.below(4);
        while state.staff.iter().any(|other| (other.2, other.3) == (dept, desk)) {
            desk += 1;
        }
        state.staff.push((id, login, dept, desk));
        for kind in 0..rng.below(3) {
            let code = rng.pick(&state.depts).map(|dept| dept.1).filter(|_| rng.chance(60));
            state.badges.push((id, kind, code));
        }
    }
    state
}

/// OLD, and NEW in which some are gone and some have come; those that stay change or do not.
fn drawn(rng: &mut Rng) -> [State; 2] {
    let depts: Vec<usize> = (1..=1 + rng.below(4)).collect();
    let people: Vec<usize> = (1..=rng.below(8)).collect();
    let old = state(rng, &depts, &people);
    let mut depts: Vec<usize> = depts.into_iter().filter(|_| !rng.chance(30)).collect();
    depts.extend((0..=rng.below(2)).map(|n| 100 + n));
    let mut people: Vec<usize> = people.into_iter().filter(|_| !rng.chance(30)).collect();
    people.extend((0..rng.below(4)).map(|n| 100 + n));
    let mut new = state(rng, &depts, &people);
    // Codes stay with their departments, or change hands.
    if rng.chance(70) {
        for dept in &mut new.depts {
            dept.1 = old.depts.iter().find(|one| one.0 == dept.0).map_or(dept.0, |one| one.1);
        }
    }
    // Badges that stay may stay on a code that goes from one department to another.
    let codes: Vec<usize> = new.depts.iter().map(|dept| dept.1).collect();
    for badge in &mut new.badges {
        let before = old.badges.iter().find(|one| (one.0, one.1) == (badge.0, badge.1));
        let before = before.and_then(|one| one.2).filter(|code| codes.contains(code));
        badge.2 = match before {
            Some(code) if rng.chance(60) => Some(code),
            _ => rng.pick(&codes).copied().filter(|_| rng.chance(60)),
        };
    }
    [old, new]
}

/// Makes the tables in a state.
fn load(database: &Database, state: &State) {
    let end = if database.engine == Engine::Mariadb { " ENGINE=InnoDB" } else { "" };
    let mut script = String::new();
    match database.engine {
        Engine::Postgres => script += "DROP TABLE IF EXISTS badge, staff, dept CASCADE;\n",
        Engine::Mariadb => {
            script += "SET foreign_key_checks = 0;\nDROP TABLE IF EXISTS badge, staff, dept;\n";
        }
        Engine::Sqlite => {
            script += "PRAGMA foreign_keys = OFF;\nDROP TABLE IF EXISTS badge;\n\
                       DROP TABLE IF EXISTS staff;\nDROP TABLE IF EXISTS dept;\n";
        }
    }
    let late = match database.engine {
        Engine::Sqlite => ", FOREIGN KEY (head) REFERENCES staff (id)",
        Engine::Postgres | Engine::Mariadb => "",
    };
    let _ = write!(
        script,
        "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE, head INT, above INT, \
         FOREIGN KEY (above) REFERENCES dept (id){late}){end};\n\
         CREATE TABLE staff (id INT PRIMARY KEY, login VARCHAR(20) NOT NULL UNIQUE, dept INT NOT NULL, \
         desk INT NOT NULL, UNIQUE (dept, desk), FOREIGN KEY (dept) REFERENCES dept (id)){end};\n\
         CREATE TABLE badge (staff INT NOT NULL, kind INT NOT NULL, code VARCHAR(20), \
         PRIMARY KEY (staff, kind), FOREIGN KEY (staff) REFERENCES staff (id), \
         FOREIGN KEY (code) REFERENCES dept (code)){end};\n"
    );
    if database.engine != Engine::Sqlite {
        script += "ALTER TABLE dept ADD FOREIGN KEY (head) REFERENCES staff (id);\n";
    }
    let shown = |n: Option<usize>| n.map_or("NULL".to_owned(), |n| n.to_string());
    for (id, code, ..) in &state.depts {
        let _ = writeln!(script, "INSERT INTO dept VALUES ({id}, 'c{code}', NULL, NULL);");
    }
    for (id, login, dept, desk) in &state.staff {
        let _ = writeln!(script, "INSERT INTO staff VALUES ({id}, 'l{login}', {dept}, {desk});");
    }
    for (id, _, head, above) in &state.depts {
        let (head, above) = (shown(*head), shown(*above));
        let _ = writeln!(script, "UPDATE dept SET head = {head}, above = {above} WHERE id = {id};");
    }
    for (staff, kind, code) in &state.badges {
        let code = code.map_or("NULL".to_owned(), |code| format!("'c{code}'"));
        let _ = writeln!(script, "INSERT INTO badge VALUES ({staff}, {kind}, {code});");
    }
    database.prepare(&script);
}

/// The rows of all tables.
fn held(database: &Database) -> Vec<Vec<Row>> {
    TABLES.iter().map(|(table, columns)| database.rows(table, columns)).collect()
}

fn lead(database: &Database, style: &str, [old, new]: &[State; 2]) {
    let dir = Dir::new();
    load(database, new);
    let wanted = held(database);
    dir.write("new.sql", database.whole());
    load(database, old);
    let before = held(database);
    dir.write("old.sql", database.whole());
    let mut args = vec!["diff", "old.sql", "new.sql", "-q", "-o", "change.sql"];
    args.extend(["--undo", "undo.sql", "--max-delete", "100%", "--allow-empty"]);
    args.extend(["--sql-style", style, "--table", "badge,staff", "--table", "dept"]);
    let outcome = run(&dir, args);
    assert!(outcome.status < 2, "{}", outcome.stderr);
    for (name, state) in [("change.sql", &wanted), ("undo.sql", &before)] {
        let script = String::from_utf8(dir.read(name)).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{old:?}\n{new:?}\n{}{}\n{script}", said.out, said.err);
        assert_eq!(&held(database), state, "{old:?}\n{new:?}\n{script}");
    }
    let is_gone = |person: &&Person| !new.staff.iter().any(|other| other.0 == person.0);
    if let Some(gone) = old.staff.iter().find(is_gone) {
        database.prepare(&format!("UPDATE staff SET login = 'other' WHERE id = {};\n", gone.0));
        let before = held(database);
        let script = String::from_utf8(dir.read("change.sql")).expect("a script is text");
        let said = database.script(&script);
        let sentence = [said.out, said.err].concat();
        assert!(!said.ok && sentence.contains("staff, id"), "{sentence}\n{script}");
        assert_eq!(held(database), before, "{script}");
    }
}

fn prove(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    for seed in 0..cases().min(20) {
        let mut rng = Rng::new(seed);
        let style = STYLES[rng.below(2)];
        lead(&database, style, &drawn(&mut rng));
    }
}

const DEFINITIONS: &str = "CREATE TABLE dept (id INTEGER PRIMARY KEY, name TEXT);\n\
    CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, dept INTEGER REFERENCES dept (id));\n";

/// The changes of a script in its order: what is done to which table.
fn order(script: &str) -> Vec<String> {
    let verbs = ["INSERT INTO \"", "DELETE FROM \"", "UPDATE \""];
    let lines = script.lines().filter(|line| verbs.iter().any(|verb| line.starts_with(verb)));
    let words = |line: &str| line.split(' ').take(3).collect::<Vec<_>>().join(" ");
    lines.map(words).map(|line| line.replace(" SET", "")).collect()
}

#[test]
fn each_file_of_a_folder_is_the_table_of_its_name() {
    let dir = Dir::new();
    for folder in ["old", "new"] {
        std::fs::create_dir(dir.file(folder)).expect("a folder");
    }
    dir.write("ddl.sql", DEFINITIONS);
    dir.write("old/staff.csv", "id,name,dept\n1,Ann,10\n2,Bob,10\n");
    dir.write("old/dept.tsv", "id\tname\n10\tit\n");
    dir.write("old/notes.txt", "no table\n");
    dir.write("new/staff.json", r#"[{"id":1,"name":"Ann","dept":20}]"#);
    dir.write("new/dept.csv", "id,name\n20,it\n");
    let args = ["diff", "old", "new", "--key", "id", "--dialect", "sqlite", "--max-delete", "100%"];
    let asked = ["--table", "staff,dept", "--ddl", "ddl.sql"];
    let ordered = ["INSERT INTO \"dept\"", "UPDATE \"staff\"", "DELETE FROM \"dept\""];
    for (more, wanted) in [
        // Nothing tells which comes first.
        (&[][..], ["DELETE FROM \"staff\"", "DELETE FROM \"dept\"", "INSERT INTO \"dept\""]),
        (&asked[..], ordered),
    ] {
        let outcome = run(&dir, args.iter().chain(more).copied());
        assert_eq!(outcome.status, 1, "{}", outcome.stderr);
        let script = String::from_utf8(outcome.stdout).expect("a script is text");
        let found = order(&script);
        let at = |line: &&str| found.iter().position(|one| one.starts_with(line));
        let places: Vec<usize> = wanted.iter().filter_map(at).collect();
        assert_eq!(places.len(), 3, "{found:?}");
        assert!(places.is_sorted(), "{found:?}");
        assert!(script.contains("as in old ("), "{script}");
    }
}

#[test]
fn a_column_is_named_with_its_table_before_it() {
    let dir = Dir::new();
    let end = "COMMIT;\n";
    let start = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n\
        CREATE TABLE dept (code TEXT, name TEXT, seen TEXT);\n\
        CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, seen TEXT);\n";
    let rows = "INSERT INTO dept VALUES('a','it','1');\nINSERT INTO staff VALUES(1,'Ann','1');\n";
    let later = rows.replace("'1'", "'2'").replace("'Ann'", "'Bea'");
    dir.write("old.sql", [start, rows, end].concat());
    dir.write("new.sql", [start, &later, end].concat());
    let said = |more: &[&str]| {
        let args = ["diff", "old.sql", "new.sql", "--format", "unified", "-q"];
        run(&dir, args.iter().chain(more).copied())
    };
    for (more, status, wanted) in [
        (&[][..], 2, "found none of the table `dept`"),
        (&["--key", "code"], 1, "- seen: 1\n+ seen: 2\n\n# updated in staff"),
        (&["--key", "dept.code"], 1, "@@ id 1 @@"),
        (&["--key", "dept.code,staff.name"], 1, "@@ name Bea @@"),
        (&["--key", "code", "--exclude-attributes", "staff.seen"], 1, "# updated in dept"),
        (&["--key", "code,seen"], 2, "`code`"),
        (&["--key", "dept.id"], 2, "`dept.id`"),
        (&["--key", "code", "--types", "staff.seen=int"], 1, "- seen: 1\n+ seen: 2"),
        (&["--key", "code", "--types", "shoe=int"], 2, "`shoe`"),
        (&["--key", "code", "--exclude-attributes", "shoe"], 2, "dept.code"),
        (&["--table", "dept", "--key", "code"], 1, "# updated\n@@ code a @@"),
    ] {
        let outcome = said(more);
        let all = String::from_utf8(outcome.stdout).expect("text") + &outcome.stderr;
        assert_eq!(outcome.status, status, "{more:?}: {all}");
        assert!(all.contains(wanted), "{more:?}: {all}");
    }
    let outcome = said(&["--key", "code", "--exclude-attributes", "staff.seen"]);
    let text = String::from_utf8(outcome.stdout).expect("text");
    assert_eq!(text.matches("seen").count(), 2, "{text}");
}

#[test]
fn each_table_is_counted_and_written_once() {
    let dir = Dir::new();
    for (folder, name) in [("old", "Ann"), ("new", "Bea")] {
        std::fs::create_dir(dir.file(folder)).expect("a folder");
        for table in ["staff", "Staff", "dept"] {
            dir.write(&format!("{folder}/{table}.csv"), format!("id,name\n1,{name}\n"));
        }
    }
    let update = "UPDATE \"staff\" SET \"name\" = 'Bea' WHERE \"id\" = '1' AND \"name\" IS NOT";
    let counts =
        "updated\nStaff: 0 inserts, 0 deletes, 1 update\ndept: 0 inserts, 0 deletes, 1 update\n";
    let one = "           1 updated\n";
    for (more, wanted) in [
        (&["--key", "id", "--table", "staff,staff", "--table", "staff"][..], update),
        (&["--key", "staff.id,Staff.id", "--table", "staff,Staff"], update),
        (&["--key", "id", "--format", "summary"], counts),
        (&["--key", "id", "--format", "summary", "--table", "dept,dept"], one),
    ] {
        let args = ["diff", "old", "new", "-q", "--dialect", "postgres"];
        let outcome = run(&dir, args.iter().chain(more).copied());
        let text = String::from_utf8(outcome.stdout).expect("text");
        assert_eq!(outcome.status, 1, "{more:?}: {}", outcome.stderr);
        assert_eq!(text.matches(wanted).count(), 1, "{more:?}: {text}");
    }
}

#[test]
fn postgres_takes_what_changes_in_several_tables() {
    prove(Engine::Postgres);
}

#[test]
fn mariadb_takes_what_changes_in_several_tables() {
    prove(Engine::Mariadb);
}

#[test]
fn sqlite_takes_what_changes_in_several_tables() {
    prove(Engine::Sqlite);
}

/// Files whose names do not tell their form were passed over, and two folders were the same.
#[test]
fn a_folder_with_rows_of_another_name_is_refused() {
    let dir = Dir::new();
    for (side, row) in [("old", "1\ta\n"), ("new", "1\tb\n")] {
        std::fs::create_dir(dir.file(side)).expect("a folder");
        dir.write(&format!("{side}/t.sql"), "CREATE TABLE t (id int PRIMARY KEY, a varchar(9));\n");
        dir.write(&format!("{side}/README.md"), "what this is\n");
        dir.write(&format!("{side}/t.txt"), row);
    }
    let args = ["diff", "old", "new", "--dialect", "mariadb"];
    let said = run(&dir, args).expect(2).stderr;
    assert!(
        said.contains("whose names tell how their rows are written, but found old/t.txt"),
        "{said}"
    );
    for side in ["old", "new"] {
        std::fs::remove_file(dir.file(&format!("{side}/t.txt"))).expect("a file");
    }
    run(&dir, args).expect(0);
    // What is in it may tell, too.
    for (side, row) in [("old", "{\"id\":1,\"a\":\"x\"}\n"), ("new", "{\"id\":1,\"a\":\"y\"}\n")] {
        std::fs::remove_file(dir.file(&format!("{side}/t.sql"))).expect("a file");
        dir.write(&format!("{side}/t.dat"), row);
    }
    run(&dir, args.into_iter().chain(["--key", "id"])).expect(1);
}

/// Of values that are alike but for their case none was released before another row took it.
#[test]
fn unique_values_change_hands_though_only_their_case_differs() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        let kind =
            if engine == Engine::Mariadb { "varchar(9) COLLATE utf8mb4_bin" } else { "varchar(9)" };
        database.prepare(&format!("CREATE TABLE k (id int PRIMARY KEY, c {kind} UNIQUE);"));
        let rows = |values: [&str; 3]| {
            let rows = (1..).zip(values).map(|(id, value): (u32, _)| format!("({id},'{value}')"));
            format!("DELETE FROM k; INSERT INTO k VALUES {};", rows.collect::<Vec<_>>().join(","))
        };
        let dir = Dir::new();
        let states = [["c", "C", "x"], ["C", "c", "X"], ["zz", "c", "x "], ["c", "C", "x"]];
        let dumps = states.map(|values| {
            let done = database.script(&rows(values));
            assert!(done.ok, "{engine:?} {}", done.err);
            database.whole()
        });
        let _ = database.script(&rows(states[0]));
        for style in ["statements", "staged"] {
            for two in dumps.windows(2) {
                dir.write("old.sql", &two[0]);
                dir.write("new.sql", &two[1]);
                let args = ["diff", "old.sql", "new.sql", "--dialect", engine.dialect(), "-q"];
                let args = args.into_iter().chain(["--sql-style", style, "--undo", "undo.sql"]);
                let script = String::from_utf8(run(&dir, args).expect(1).stdout).expect("text");
                let undo = String::from_utf8(dir.read("undo.sql")).expect("text");
                for text in [&script, &undo, &script] {
                    let done = database.script(text);
                    assert!(done.ok, "{engine:?} {style} {}\n{text}", done.err);
                }
            }
        }
    }
}

/// `t` and `b.t` were two tables, and the database that is only obeyed was written to.
#[test]
fn a_table_is_one_whether_or_not_a_dump_says_its_database() {
    let Some(database) = Database::start(Engine::Mariadb) else { return };
    let make = |rows: &str| {
        let make = "DROP TABLE IF EXISTS t; CREATE TABLE t (id INT PRIMARY KEY, n VARCHAR(9));";
        database.prepare(&format!("{make} INSERT INTO t VALUES {rows};"));
        String::from_utf8(database.whole()).expect("a dump is text")
    };
    let of = |name: &str, dump: &str| {
        dump.replacen("DROP TABLE", &format!("USE `{name}`;\nDROP TABLE"), 1)
    };
    let dir = Dir::new();
    let diff = || {
        let args = ["diff", "old.sql", "new.sql", "-q", "--undo", "undo.sql"];
        run(&dir, args)
    };
    let new = make("(1,'a'),(2,'c')");
    let wanted = database.rows("t", &["id", "n"]);
    let old = make("(1,'a'),(2,'b')");
    for (old, new) in [(old.clone(), of("b", &new)), (of("test", &old), new.clone())] {
        make("(1,'a'),(2,'b')");
        dir.write("old.sql", old);
        dir.write("new.sql", new);
        let script = String::from_utf8(diff().expect(1).stdout).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{}\n{script}", said.err);
        assert_eq!(database.rows("t", &["id", "n"]), wanted, "{script}");
        assert_eq!(script.matches("\nUPDATE ").count(), 1, "{script}");
    }
    dir.write("old.sql", [of("a", &old), of("b", &old)].concat());
    dir.write("new.sql", &new);
    let said = diff().expect(2).stderr;
    assert!(said.contains("`a.t`") && said.contains("`b.t`"), "{said}");
}

/// Two dumps without a row were asked for the name of a table, but for those of `COPY`, which name it.
#[test]
fn between_dumps_without_rows_there_is_nothing_to_change() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        database.prepare("CREATE TABLE t (id int PRIMARY KEY, a varchar(9));");
        let dump = match engine {
            Engine::Postgres => database.dump("t", &["--inserts"]),
            Engine::Mariadb | Engine::Sqlite => database.whole(),
        };
        let dir = Dir::new();
        dir.write("old.sql", &dump);
        dir.write("new.sql", &dump);
        let args = ["diff", "old.sql", "new.sql", "-q", "--undo", "undo.sql"];
        let script = String::from_utf8(run(&dir, args).expect(0).stdout).expect("text");
        assert!(script.contains("-- nothing to change\n"), "{engine:?}\n{script}");
    }
}

/// JSON lines of a table without rows are a file of no bytes, and need no line with names.
#[test]
fn a_table_without_rows_is_a_file_without_lines() {
    let dir = Dir::new();
    dir.write(
        "ddl.sql",
        "SET standard_conforming_strings = on;\nCREATE TABLE t (id int PRIMARY KEY, a text);\n",
    );
    for side in ["old", "new"] {
        std::fs::create_dir(dir.path().join(side)).expect("a folder");
    }
    dir.write("old/t.jsonl", "{\"id\":1,\"a\":\"x\"}\n");
    dir.write("new/t.jsonl.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0");
    let args = [
        "diff",
        "old",
        "new",
        "--table",
        "t",
        "--ddl",
        "ddl.sql",
        "--dialect",
        "postgres",
        "--max-delete",
        "100%",
    ];
    let outcome = run(&dir, args.into_iter().chain(["--allow-empty"])).expect(1);
    assert!(outcome.stderr.contains("0 inserts, 1 delete, 0 updates"), "{}", outcome.stderr);
    run(&dir, args).expect(2);
    let outcome = run(
        &dir,
        ["diff", "new", "old", "--table", "t", "--ddl", "ddl.sql", "--dialect", "postgres"],
    )
    .expect(1);
    assert!(outcome.stderr.contains("1 insert, 0 deletes, 0 updates"), "{}", outcome.stderr);
}
