//! Rows of several tables that refer to what passes from one row to another: what a script does about it, and
//! what the database has to refuse.

use std::fmt::Write as _;

use super::STYLES;
use super::database::{Database, Engine, Row};
use crate::util::{Dir, run};

/// A table, with its columns.
pub(super) type Table = (&'static str, &'static [&'static str]);

/// Two states of some tables.
pub(super) struct Case {
    pub(super) what: &'static str,
    /// The tables, those first that others refer to.
    pub(super) tables: &'static [Table],
    /// Their definitions; `LATE` stands where PostgreSQL is told to look at a reference late, `DEFERRED`
    /// where SQLite is told to do so too.
    pub(super) definitions: &'static str,
    pub(super) old: &'static [(&'static str, &'static str)],
    pub(super) new: &'static [(&'static str, &'static str)],
    pub(super) takes: fn(Engine) -> bool,
}

pub(super) const DEPT: Table = ("dept", &["id", "code"]);
pub(super) const STAFF: Table = ("staff", &["id", "dept"]);

const CASES: &[Case] = &[
    Case {
        what: "a row lets go twice of what is unique and refers",
        tables: &[("dept", &["id", "code", "above", "place"])],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE, \
            above VARCHAR(9), place INT NOT NULL, UNIQUE (above, place), \
            FOREIGN KEY (above) REFERENCES dept (code))ENGINE;",
        old: &[("dept", "(1, 'a', NULL, 5), (2, 'b', 'a', 1)")],
        new: &[("dept", "(1, 'b', NULL, 5), (2, 'a', 'b', 1), (3, 'c', 'a', 1)")],
        takes: |_| true,
    },
    Case {
        what: "a reference that may not be NULL leads on before what it led to changes",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code))ENGINE;",
        old: &[("dept", "(1, 'a'), (2, 'b')"), ("staff", "(1, 'a'), (2, 'b')")],
        new: &[("dept", "(1, 'c'), (2, 'b')"), ("staff", "(1, 'b'), (2, 'b')")],
        takes: |_| true,
    },
    Case {
        what: "a row that others refer to waits with its own reference for one that comes",
        tables: &[
            ("dept", &["id"]),
            ("staff", &["id", "login", "dept"]),
            ("badge", &["id", "login"]),
        ],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, login VARCHAR(9) NOT NULL UNIQUE, dept INT NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (id))ENGINE;\n\
            CREATE TABLE badge (id INT PRIMARY KEY, login VARCHAR(9), \
            FOREIGN KEY (login) REFERENCES staff (login))ENGINE;",
        old: &[("dept", "(1)"), ("staff", "(1, 'x', 1)"), ("badge", "(1, NULL), (2, 'x')")],
        new: &[("dept", "(2)"), ("staff", "(1, 'y', 2)"), ("badge", "(1, 'y'), (2, NULL)")],
        takes: |_| true,
    },
    Case {
        what: "what goes does not take along who refers to the one that comes for it",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADE)ENGINE;",
        old: &[("dept", "(1, 'a'), (3, 'c')"), ("staff", "(1, 'a')")],
        new: &[("dept", "(2, 'a'), (3, 'c')"), ("staff", "(1, 'a')")],
        takes: |engine| engine == Engine::Sqlite,
    },
    Case {
        what: "the same, where the reference is looked at late",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADELATE)ENGINE;",
        old: &[("dept", "(1, 'a'), (3, 'c')"), ("staff", "(1, 'a'), (2, 'c')")],
        new: &[("dept", "(2, 'a'), (3, 'd')"), ("staff", "(1, 'd'), (2, 'a')")],
        takes: |engine| engine != Engine::Mariadb,
    },
    Case {
        what: "rows that the database has follow refer to others again",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON UPDATE CASCADE)ENGINE;",
        old: &[
            ("dept", "(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')"),
            ("staff", "(1, 'a'), (2, 'a'), (3, 'b'), (4, 'c'), (5, 'd')"),
        ],
        new: &[
            ("dept", "(1, 'x'), (2, 'c'), (3, 'y'), (6, 'd')"),
            ("staff", "(1, 'x'), (2, 'y'), (3, 'c'), (4, 'c'), (5, 'd')"),
        ],
        takes: |_| true,
    },
    Case {
        what: "what goes along with what it refers to is one row of its own",
        tables: &[("dept", &["id", "above"])],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, above INT NOT NULL, \
            FOREIGN KEY (above) REFERENCES dept (id) ON DELETE CASCADE)ENGINE;",
        old: &[("dept", "(1, 1), (2, 1), (3, 2), (4, 3)")],
        new: &[("dept", "(1, 1)")],
        takes: |_| true,
    },
    Case {
        what: "a part of a key that others refer to passes on, and takes along nobody",
        tables: &[("dept", &["town", "code"]), STAFF, ("badge", &["id", "dept"])],
        definitions: "CREATE TABLE dept (town VARCHAR(9) NOT NULL, code INT NOT NULL UNIQUE, \
            PRIMARY KEY (town, code))ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept INT, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADE ON UPDATE CASCADE)ENGINE;\n\
            CREATE TABLE badge (id INT PRIMARY KEY, dept INT, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE SET NULL)ENGINE;",
        old: &[("dept", "('a', 1), ('c', 3)"), ("staff", "(7, 1), (8, 3)"), ("badge", "(7, 1)")],
        new: &[("dept", "('b', 1), ('c', 3)"), ("staff", "(7, 1), (8, 3)"), ("badge", "(7, 1)")],
        takes: |_| true,
    },
    Case {
        what: "the same, where who refers must refer to something",
        tables: &[("dept", &["town", "code"]), STAFF],
        definitions: "CREATE TABLE dept (town VARCHAR(9) NOT NULL, code INT NOT NULL UNIQUE, \
            PRIMARY KEY (town, code))ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept INT NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADE)ENGINE;",
        old: &[("dept", "('a', 1), ('c', 3)"), ("staff", "(7, 1), (8, 3)")],
        new: &[("dept", "('b', 1), ('c', 3)"), ("staff", "(7, 1), (8, 3)")],
        takes: |_| false,
    },
    Case {
        what: "a part of a key passes on with who refers to the key",
        tables: &[("dept", &["town", "code"]), ("staff", &["id", "town", "dept"])],
        definitions: "CREATE TABLE dept (town INT NOT NULL, code INT NOT NULL UNIQUE, \
            PRIMARY KEY (town, code))ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, town INT, dept INT, \
            FOREIGN KEY (town, dept) REFERENCES dept (town, code))ENGINE;",
        old: &[("dept", "(1, 9), (3, 8)"), ("staff", "(7, 1, 9), (8, NULL, NULL)")],
        new: &[("dept", "(2, 9), (3, 8)"), ("staff", "(7, 2, 9), (8, 3, 8)")],
        takes: |_| true,
    },
    Case {
        what: "a part of a key passes on while who refers to it changes otherwise",
        tables: &[("dept", &["town", "code"]), ("staff", &["id", "login", "dept"])],
        definitions: "CREATE TABLE dept (town INT NOT NULL, code INT NOT NULL UNIQUE, \
            PRIMARY KEY (town, code))ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, login VARCHAR(9), dept INT, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADE)ENGINE;",
        old: &[("dept", "(1, 9)"), ("staff", "(7, 'a', 9), (8, 'c', 9)")],
        new: &[("dept", "(2, 9)"), ("staff", "(7, 'b', 9)")],
        takes: |_| true,
    },
    Case {
        what: "a circle of rows is broken where a reference may be NULL",
        tables: &[("staff", &["id", "mate", "boss"])],
        definitions: "CREATE TABLE staff (id INT PRIMARY KEY, mate INT, boss INT NOT NULL, \
            FOREIGN KEY (mate) REFERENCES staff (id), FOREIGN KEY (boss) REFERENCES staff (id))ENGINE;",
        old: &[("staff", "(9, NULL, 9)")],
        new: &[("staff", "(1, 2, 9), (2, 1, 1), (3, 4, 9), (4, 9, 5), (5, 3, 3), (9, NULL, 9)")],
        takes: |_| true,
    },
    Case {
        what: "rows that cannot do without each other, and are deleted along with each other",
        tables: &[("staff", &["id", "mate"])],
        definitions: "CREATE TABLE staff (id INT PRIMARY KEY, mate INT NOT NULL, \
            FOREIGN KEY (mate) REFERENCES staff (id) ON DELETE CASCADE ON UPDATE CASCADE)ENGINE;",
        old: &[("staff", "(1, 1), (6, 7), (7, 8), (8, 6)")],
        new: &[("staff", "(1, 1), (2, 3), (3, 2), (4, 2)")],
        takes: |_| true,
    },
];

/// The same of what MariaDB does not make, or not take back: what may not be NULL cannot follow what may be, and
/// InnoDB deletes no row that was made to refer to itself.
const NULLABLE: &[Case] = &[
    Case {
        what: "rows that cannot do without each other come where references are looked at late",
        tables: &[("staff", &["id", "mate"])],
        definitions: "CREATE TABLE staff (id INT PRIMARY KEY, mate INT NOT NULL, \
            FOREIGN KEY (mate) REFERENCES staff (id)LATE)ENGINE;",
        old: &[("staff", "(1, 1)")],
        new: &[("staff", "(1, 1), (2, 3), (3, 2)")],
        takes: |_| true,
    },
    Case {
        what: "rows that must refer to something follow what may be NULL",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) UNIQUE)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON UPDATE CASCADE)ENGINE;",
        old: &[("dept", "(1, 'a'), (2, 'b'), (3, NULL)"), ("staff", "(1, 'a'), (2, 'b')")],
        new: &[("dept", "(1, 'b'), (2, 'a'), (3, NULL)"), ("staff", "(1, 'b'), (2, 'a')")],
        takes: |_| true,
    },
    Case {
        what: "the same, where what refers stays on a code",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) UNIQUE)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON UPDATE CASCADE)ENGINE;",
        old: &[("dept", "(1, 'a'), (2, 'b')"), ("staff", "(1, 'a'), (2, 'b')")],
        new: &[("dept", "(1, 'b'), (2, 'a')"), ("staff", "(1, 'a'), (2, 'b')")],
        takes: |_| true,
    },
    Case {
        what: "what goes with what it refers to does not let go of that before",
        tables: &[("staff", &["id", "boss"])],
        definitions: "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER NOT NULL, \
            FOREIGN KEY (boss) REFERENCES staff (id) ON DELETE SET NULL)ENGINE;",
        old: &[("staff", "(1, 1), (2, 1), (3, 2)")],
        new: &[("staff", "(1, 1)")],
        takes: |_| true,
    },
    Case {
        what: "rows come that lead to each other and may not let go",
        tables: &[("staff", &["id", "boss"])],
        definitions: "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER NOT NULL, \
            FOREIGN KEY (boss) REFERENCES staff (id))ENGINE;",
        old: &[("staff", "(1, 1)")],
        new: &[("staff", "(1, 1), (2, 4), (3, 2), (4, 3)")],
        takes: |_| true,
    },
    Case {
        what: "such rows go",
        tables: &[("staff", &["id", "boss"])],
        definitions: "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER NOT NULL, \
            FOREIGN KEY (boss) REFERENCES staff (id))ENGINE;",
        old: &[("staff", "(1, 1), (2, 3), (3, 2)")],
        new: &[("staff", "(1, 1)")],
        takes: |_| true,
    },
];

/// The same of tables that each lead to the other, which nobody but MariaDB fills so.
const CIRCLES: &[Case] = &[
    Case {
        what: "rows of two tables come that lead to each other and may not let go",
        tables: &[("dept", &["id", "head"]), STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, head INT NOT NULL)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept INT NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (id))ENGINE;\n\
            ALTER TABLE dept ADD FOREIGN KEY (head) REFERENCES staff (id);",
        old: &[("dept", "(1, 1)"), ("staff", "(1, 1)")],
        new: &[("dept", "(1, 1), (2, 2)"), ("staff", "(1, 1), (2, 2)")],
        takes: |_| true,
    },
    Case {
        what: "such rows go",
        tables: &[("dept", &["id", "head"]), STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, head INT NOT NULL)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept INT NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (id))ENGINE;\n\
            ALTER TABLE dept ADD FOREIGN KEY (head) REFERENCES staff (id) ON DELETE CASCADE;",
        old: &[("dept", "(1, 1), (2, 2)"), ("staff", "(1, 1), (2, 2)")],
        new: &[("dept", "(1, 1)"), ("staff", "(1, 1)")],
        takes: |_| true,
    },
];

/// The same of what PostgreSQL alone has.
const POSTGRES: &[Case] = &[
    Case {
        what: "a reference is NULL as a whole",
        tables: &[("dept", &["town", "code"]), ("staff", &["id", "town", "dept"])],
        definitions: "CREATE TABLE dept (town INT, code INT, PRIMARY KEY (town, code));\n\
            CREATE TABLE staff (id INT PRIMARY KEY, town INT, dept INT UNIQUE, \
            FOREIGN KEY (town, dept) REFERENCES dept MATCH FULL);",
        old: &[("dept", "(1, 1), (2, 2)"), ("staff", "(1, 1, 1), (2, 2, 2), (3, NULL, NULL)")],
        new: &[("dept", "(1, 1), (2, 2)"), ("staff", "(1, 2, 2), (2, 1, 1), (3, NULL, NULL)")],
        takes: |_| true,
    },
    Case {
        what: "something stands in where NULL may stand once",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code TEXT, UNIQUE NULLS NOT DISTINCT (code));",
        old: &[("dept", "(1, 'a'), (2, 'b'), (3, NULL), (4, 'd')")],
        new: &[("dept", "(1, 'b'), (2, 'a'), (3, 'd'), (4, NULL)")],
        takes: |_| true,
    },
];

/// Makes the tables in a state.
fn load(database: &Database, case: &Case, rows: &[(&str, &str)]) {
    let (start, end, late) = match database.engine {
        Engine::Postgres => ("", "", " DEFERRABLE"),
        Engine::Mariadb => ("SET foreign_key_checks = 0;\n", " ENGINE=InnoDB", ""),
        Engine::Sqlite => ("PRAGMA foreign_keys = OFF;\n", "", ""),
    };
    let mut script = start.to_owned();
    for table in ["badge", "staff", "dept"] {
        let all = if database.engine == Engine::Postgres { " CASCADE" } else { "" };
        let _ = writeln!(script, "DROP TABLE IF EXISTS {table}{all};");
    }
    script += &case.definitions.replace("LATE", late).replace("ENGINE;", &format!("{end};"));
    for (table, rows) in rows {
        let _ = write!(script, "\nINSERT INTO {table} VALUES {rows};");
    }
    database.prepare(&(script + "\n"));
}

/// The rows of all tables.
fn held(database: &Database, case: &Case) -> Vec<Vec<Row>> {
    case.tables.iter().map(|(table, columns)| database.rows(table, columns)).collect()
}

pub(super) fn lead(database: &Database, case: &Case, style: &str) {
    let dir = Dir::new();
    load(database, case, case.new);
    let wanted = held(database, case);
    dir.write("new.sql", database.whole());
    load(database, case, case.old);
    let before = held(database, case);
    dir.write("old.sql", database.whole());
    let args = ["diff", "old.sql", "new.sql", "-q", "-o", "change.sql", "--undo", "undo.sql"];
    let more = ["--max-delete", "100%", "--sql-style", style];
    let outcome = run(&dir, args.into_iter().chain(more));
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    let is_taken = (case.takes)(database.engine);
    for (name, state) in [("change.sql", &wanted), ("undo.sql", &before)] {
        let script = String::from_utf8(dir.read(name)).expect("a script is text");
        let said = database.script(&script);
        let told =
            || format!("{}, {style}, {name}:\n{}{}\n{script}", case.what, said.out, said.err);
        assert_eq!(said.ok, is_taken, "{}", told());
        assert_eq!(&held(database, case), if is_taken { state } else { &before }, "{}", told());
        if !is_taken {
            return;
        }
    }
}

fn prove(engine: Engine) {
    let Some(database) = Database::start(engine) else { return };
    let nullable: &[Case] = if engine == Engine::Mariadb { &[] } else { NULLABLE };
    let own = match engine {
        Engine::Postgres => POSTGRES,
        Engine::Mariadb => CIRCLES,
        Engine::Sqlite => &[],
    };
    for case in CASES.iter().chain(nullable).chain(own) {
        STYLES.iter().for_each(|style| lead(&database, case, style));
    }
}

#[test]
fn postgres_takes_what_rows_refer_to_and_passes_on() {
    prove(Engine::Postgres);
}

#[test]
fn mariadb_takes_what_rows_refer_to_and_passes_on() {
    prove(Engine::Mariadb);
}

#[test]
fn sqlite_takes_what_rows_refer_to_and_passes_on() {
    prove(Engine::Sqlite);
}
