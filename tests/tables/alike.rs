//! Rows that a database takes for alike though their values differ, or for different though they do not: indexes of
//! expressions, of beginnings and of a part of the rows, exclusions, and texts that are spelled otherwise alone.

use super::STYLES;
use super::database::{Database, Engine};
use super::handed::{Case, DEPT, STAFF, Table, lead};

const PLACES: Table = ("dept", &["id", "code", "place"]);

/// What PostgreSQL and `SQLite` have.
const INDEXES: &[Case] = &[
    Case {
        what: "an index of a text in lower case",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code VARCHAR(9))ENGINE;\n\
            CREATE UNIQUE INDEX dept_code ON dept (lower(code));",
        old: &[("dept", "(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')")],
        new: &[("dept", "(1, 'B'), (2, 'A'), (3, 'D'), (5, 'c')")],
        takes: |_| true,
    },
    Case {
        what: "the same, of one that may not be NULL",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code VARCHAR(9) NOT NULL)ENGINE;\n\
            CREATE UNIQUE INDEX dept_code ON dept (lower(code));",
        old: &[("dept", "(1, 'a'), (2, 'b'), (3, 'c')")],
        new: &[("dept", "(1, 'B'), (2, 'C'), (3, 'A')")],
        takes: |_| true,
    },
    Case {
        what: "an index of a part of the rows",
        tables: &[PLACES],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code VARCHAR(9) NOT NULL, place INT)ENGINE;\n\
            CREATE UNIQUE INDEX dept_code ON dept (code) WHERE place = 1;",
        old: &[("dept", "(1, 'a', 0), (2, 'a', 1), (3, 'b', 1), (4, 'c', 1)")],
        new: &[("dept", "(1, 'a', 1), (2, 'a', 0), (3, 'c', 1), (4, 'b', 1), (5, 'b', 2)")],
        takes: |_| true,
    },
    Case {
        what: "an index of what nobody reckons",
        tables: &[PLACES],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code VARCHAR(9), place INT)ENGINE;\n\
            CREATE UNIQUE INDEX dept_code ON dept (place, substr(code, 1, 1));",
        old: &[("dept", "(1, 'ax', 1), (2, 'bx', 1), (3, 'cx', 2)")],
        new: &[("dept", "(1, 'by', 1), (2, 'ay', 1), (3, 'ax', 2)")],
        takes: |_| true,
    },
    Case {
        what: "an index that has NULL for something",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code VARCHAR(9))ENGINE;\n\
            CREATE UNIQUE INDEX dept_code ON dept (COALESCE(lower(code), '-'));",
        old: &[("dept", "(1, 'a'), (2, 'b'), (3, NULL)")],
        new: &[("dept", "(1, 'B'), (2, NULL), (3, 'A')")],
        takes: |_| true,
    },
    Case {
        what: "an index of a column that the database makes",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code VARCHAR(9) NOT NULL, \
            low VARCHAR(9) GENERATED ALWAYS AS (lower(code)) STORED, UNIQUE (low))ENGINE;",
        old: &[("dept (id, code)", "(1, 'a'), (2, 'b')")],
        new: &[("dept (id, code)", "(1, 'B'), (2, 'A')")],
        takes: |_| true,
    },
];

const POSTGRES: &[Case] = &[
    Case {
        what: "what lets go of one key may stand once in another",
        tables: &[PLACES],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code TEXT, place INT, \
            UNIQUE NULLS NOT DISTINCT (code, place));\n\
            CREATE UNIQUE INDEX dept_code ON dept (code) WHERE place = 1;",
        old: &[("dept", "(1, 'a', 1), (2, 'b', 1), (3, 'c', 1)")],
        new: &[("dept", "(1, 'b', 1), (2, 'c', 1), (3, 'a', 1)")],
        takes: |_| true,
    },
    Case {
        what: "what may not overlap",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code int4range, EXCLUDE USING gist (code WITH &&));",
        old: &[("dept", "(1, '[1,5)'), (2, '[5,9)'), (3, '[9,12)')")],
        new: &[("dept", "(1, '[5,7)'), (2, '[1,5)'), (3, '[7,12)')")],
        takes: |_| true,
    },
    Case {
        what: "another row comes for one with the same code, spelled otherwise",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code citext UNIQUE);\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept citext, FOREIGN KEY (dept) REFERENCES dept (code));",
        old: &[("dept", "(1, 'a')"), ("staff", "(1, 'a'), (2, 'A')")],
        new: &[("dept", "(2, 'A')"), ("staff", "(1, 'a'), (2, 'A')")],
        takes: |_| true,
    },
    Case {
        what: "a key is spelled otherwise",
        tables: &[("dept", &["code", "id"]), STAFF],
        definitions: "CREATE TABLE dept (code citext PRIMARY KEY, id INT);\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept citext NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON UPDATE CASCADE ON DELETE CASCADE);",
        old: &[("dept", "('a', 1)"), ("staff", "(1, 'a'), (2, 'A')")],
        new: &[("dept", "('A', 1)"), ("staff", "(1, 'a'), (2, 'A')")],
        takes: |_| true,
    },
];

const MARIADB: &[Case] = &[
    Case {
        what: "the beginning of a text",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) NOT NULL UNIQUE, UNIQUE (code(1)))ENGINE;",
        old: &[("dept", "(1, 'ax'), (2, 'bx'), (3, 'cx'), (4, '0')")],
        new: &[("dept", "(1, 'by'), (2, 'cy'), (3, 'ay'), (4, '0')")],
        takes: |_| true,
    },
    Case {
        what: "a text of a column that the database makes",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9), \
            low VARCHAR(9) AS (lower(code)) STORED, UNIQUE (low))ENGINE;",
        old: &[("dept (id, code)", "(1, 'a'), (2, 'b')")],
        new: &[("dept (id, code)", "(1, 'B'), (2, 'A')")],
        takes: |_| true,
    },
    Case {
        what: "texts that differ in an accent",
        tables: &[DEPT],
        definitions: "CREATE TABLE dept (id INT PRIMARY KEY, code VARCHAR(9) collate utf8mb4_general_ci UNIQUE)ENGINE;",
        old: &[("dept", "(1, 'b'), (2, 'é'), (3, 'f')")],
        new: &[("dept", "(1, 'E'), (2, 'b'), (3, 'f')")],
        takes: |_| true,
    },
    Case {
        what: "a key is spelled otherwise, and rows go along with what goes",
        tables: &[("dept", &["code", "id"]), STAFF],
        definitions: "CREATE TABLE dept (code VARCHAR(9) collate utf8mb4_general_ci PRIMARY KEY, id INT)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) collate utf8mb4_general_ci, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADE)ENGINE;",
        old: &[("dept", "('a', 1)"), ("staff", "(1, 'a'), (2, 'A'), (3, 'a')")],
        new: &[("dept", "('A', 1)"), ("staff", "(1, 'a'), (2, 'A'), (3, 'A')")],
        takes: |_| true,
    },
    Case {
        what: "a key is spelled otherwise, and rows follow",
        tables: &[("dept", &["code", "id"]), STAFF],
        definitions: "CREATE TABLE dept (code VARCHAR(9) collate utf8mb4_general_ci PRIMARY KEY, id INT)ENGINE;\n\
            CREATE TABLE staff (id INT PRIMARY KEY, dept VARCHAR(9) collate utf8mb4_general_ci NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON UPDATE CASCADE ON DELETE CASCADE)ENGINE;",
        old: &[("dept", "('a', 1)"), ("staff", "(1, 'a'), (2, 'A'), (3, 'a')")],
        new: &[("dept", "('A', 2)"), ("staff", "(1, 'a'), (2, 'A'), (3, 'A')")],
        takes: |_| true,
    },
];

const SQLITE: &[Case] = &[
    Case {
        what: "a code is spelled otherwise, which no row follows",
        tables: &[DEPT, STAFF],
        definitions: "CREATE TABLE dept (id INTEGER PRIMARY KEY, code TEXT collate NOCASE NOT NULL UNIQUE);\n\
            CREATE TABLE staff (id INTEGER PRIMARY KEY, dept TEXT collate NOCASE NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON UPDATE CASCADE);",
        old: &[("dept", "(1, 'a')"), ("staff", "(1, 'a'), (2, 'a')")],
        new: &[("dept", "(1, 'A')"), ("staff", "(1, 'A'), (2, 'a')")],
        takes: |_| true,
    },
    Case {
        what: "a key is spelled otherwise",
        tables: &[("dept", &["code", "id"]), STAFF],
        definitions: "CREATE TABLE dept (code TEXT collate NOCASE PRIMARY KEY, id INT);\n\
            CREATE TABLE staff (id INTEGER PRIMARY KEY, dept TEXT collate NOCASE NOT NULL, \
            FOREIGN KEY (dept) REFERENCES dept (code) ON DELETE CASCADE);",
        old: &[("dept", "('a', 1)"), ("staff", "(1, 'a'), (2, 'a')")],
        new: &[("dept", "('A', 1)"), ("staff", "(1, 'A'), (2, 'a')")],
        takes: |_| true,
    },
];

fn prove(engine: Engine, all: &[&[Case]], before: &str) {
    let Some(database) = Database::start(engine) else { return };
    if !before.is_empty() {
        database.prepare(before);
    }
    for case in all.iter().copied().flatten() {
        STYLES.iter().for_each(|style| lead(&database, case, style));
    }
}

#[test]
fn postgres_takes_what_it_takes_for_alike() {
    prove(Engine::Postgres, &[INDEXES, POSTGRES], "CREATE EXTENSION citext;\n");
}

#[test]
fn mariadb_takes_what_it_takes_for_alike() {
    prove(Engine::Mariadb, &[MARIADB], "");
}

#[test]
fn sqlite_takes_what_it_takes_for_alike() {
    prove(Engine::Sqlite, &[INDEXES, SQLITE], "");
}
