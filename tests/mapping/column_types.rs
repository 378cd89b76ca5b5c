//! Values as the definition of their column has them, on the databases themselves.

use crate::ldif::to_base64;
use crate::mapping::regression::{people, person, units};
use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

/// A database with a table `s`, and a mapping of it.
struct Trial {
    database: Database,
    dir: Dir,
}

impl Trial {
    /// A database; `None` where it is not installed.
    fn new(engine: Engine) -> Option<Trial> {
        Some(Trial { database: Database::start(engine)?, dir: people("", "") })
    }

    /// The table has a column `x` of this type from now on, and the mapping these flows.
    fn has(&mut self, kind: &str, flows: &str) {
        self.dir = people(flows, "");
        let toml = self.read("m.toml").replace("sqlite", self.database.engine.dialect());
        self.dir.write("m.toml", toml);
        self.sql(&format!(
            "DROP TABLE IF EXISTS s; \
             CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, x {kind});"
        ));
    }

    fn read(&self, name: &str) -> String {
        String::from_utf8(self.dir.read(name)).expect("text")
    }

    /// Runs a script, and hands back what it says.
    fn sql(&self, script: &str) -> String {
        let said = self.database.script(script);
        assert!(said.ok, "{}\n{script}", said.err);
        said.out.trim().to_owned()
    }

    /// The one row has this value from now on, as SQL has it.
    fn is(&self, value: &str) {
        self.sql(&format!("DELETE FROM s; INSERT INTO s VALUES ('a', 1, {value});"));
    }

    /// The value of the one row, as the database shows it.
    fn shown(&self) -> String {
        self.sql("SELECT x FROM s;")
    }

    /// A person with these lines is what the row is to follow.
    fn wants(&self, lines: &str) {
        self.dir.write("d.ldif", [units(), person("uid=a,ou=p", lines)].concat());
    }

    /// Has the row follow the entry: the change leaves `wanted`, a second run finds nothing, and the undo leaves
    /// what was there.
    fn becomes(&self, wanted: &str) {
        let before = self.shown();
        for style in ["statements", "staged"] {
            self.dir.write("s.sql", self.database.whole());
            let diff = [
                "diff",
                "s.sql",
                "d.ldif",
                "--mapping",
                "m.toml",
                "--undo",
                "u.sql",
                "--sql-style",
                style,
            ];
            let script = String::from_utf8(run(&self.dir, diff).expect(1).stdout).expect("text");
            self.sql(&script);
            assert_eq!(self.shown(), wanted, "{script}");
            self.dir.write("s2.sql", self.database.whole());
            run(&self.dir, ["diff", "s2.sql", "d.ldif", "--mapping", "m.toml"]).expect(0);
            self.sql(&self.read("u.sql"));
            assert_eq!(self.shown(), before, "{}", self.read("u.sql"));
        }
    }
}

/// The digits of a number were written as the character that they begin with: 5 as 53.
#[test]
fn bits_are_numbers() {
    let flow = "{ attribute = \"employeeNumber\", column = \"x\", type = \"integer\" },\n";
    let constant = "{ column = \"x\", constant = \"6\", direction = \"to_database\" },\n";
    let Some(mut trial) = Trial::new(Engine::Mariadb) else { return };
    for (kind, flow, wanted) in
        [("bit(16)", flow, "5"), ("bit(8)", flow, "5"), ("bit(64)", constant, "6")]
    {
        trial.has(kind, flow);
        trial.wants("employeeNumber: 5\n");
        let shown = || trial.sql("SELECT x + 0 FROM s;");
        trial.is("b'100000001' & 255");
        let toml = trial.read("m.toml");
        trial.dir.write("m.toml", toml.replace("(!(act=0))", "(x=1)"));
        trial.dir.write("s.sql", trial.database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--undo", "u.sql"];
        let script = String::from_utf8(run(&trial.dir, diff).expect(1).stdout).expect("text");
        trial.sql(&script);
        assert_eq!(shown(), wanted, "{kind}\n{script}");
        trial.dir.write("m.toml", toml.replace("(!(act=0))", "(&(x>=5)(!(x=1)))"));
        trial.dir.write("s2.sql", trial.database.whole());
        run(&trial.dir, ["diff", "s2.sql", "d.ldif", "--mapping", "m.toml"]).expect(0);
        trial.sql(&trial.read("u.sql"));
        assert_eq!(shown(), "1", "{kind}");
        if flow == constant {
            continue;
        }
        let back = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml", "--format", "ldif"];
        trial.dir.write("m.toml", &toml);
        let change = String::from_utf8(run(&trial.dir, back).expect(1).stdout).expect("text");
        assert!(change.contains("add: employeeNumber\nemployeeNumber: 1\n"), "{change}");
    }
}

/// What `inactivate` sets was written as it stands in the file: PostgreSQL reads no whole number from `1e3`.
#[test]
fn what_is_set_is_written_in_digits() {
    let Some(mut trial) = Trial::new(Engine::Postgres) else { return };
    for (kind, set, wanted) in
        [("bigint", "1e3", "1000"), ("smallint", "7.0", "7"), ("numeric", "0.0", "0.0")]
    {
        trial.has(kind, "");
        let policy = "policy.to_database.SOURCE_MISSING = \"inactivate\"\n";
        let set =
            format!("inactivate.to_database = {{ set = {{ act = \"0\", x = \"{set}\" }} }}\n");
        trial.dir.write("m.toml", [&trial.read("m.toml"), policy, &set].concat());
        trial.dir.write("d.ldif", units());
        trial.is("5");
        trial.dir.write("s.sql", trial.database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--allow-empty"];
        let diff = diff.into_iter().chain(["--max-delete=9"]);
        let script = String::from_utf8(run(&trial.dir, diff).expect(1).stdout).expect("text");
        trial.sql(&script);
        assert_eq!(trial.shown(), wanted, "{kind}\n{script}");
    }
}

/// A script wrote values otherwise than the column spells them, and its undo looked for what it had written.
#[test]
fn values_are_spelled_as_the_column_does() {
    let text = "{ attribute = \"description\", column = \"x\" },\n";
    let time = "{ attribute = \"description\", column = \"x\", type = \"timestamp\" },\n";
    let split = "{ attribute = \"description\", column = \"x\", split = \",\" },\n";
    let Some(mut trial) = Trial::new(Engine::Mariadb) else { return };
    for (kind, flow, old, new, wanted) in [
        ("datetime(6)", time, "'2020-01-01'", "20240701143005Z", "2024-07-01 14:30:05.000000"),
        ("timestamp(3) NULL", time, "'2020-01-01'", "20240701143005Z", "2024-07-01 14:30:05.000"),
        ("time", text, "'10:00'", "12:00", "12:00:00"),
        ("time(3)", text, "NULL", "12:00:01.5", "12:00:01.500"),
        ("date", text, "NULL", "20240701", "2024-07-01"),
        ("double", text, "1.25", "1.10", "1.1"),
        ("double", text, "1e20", "100000000000000000000000", "1e23"),
        ("float", text, "1.25", "1.10", "1.1"),
        ("decimal(6,3)", text, "1.25", "1.1", "1.100"),
        ("char(5)", text, "'b'", "a", "a"),
        ("enum('a','b')", text, "'a'", "B", "b"),
        ("set('a','b')", split, "'a'", "b\ndescription: a", "a,b"),
        (
            "uuid",
            text,
            "NULL",
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
    ] {
        trial.has(kind, flow);
        trial.is(old);
        trial.wants(&format!("description: {new}\n"));
        trial.becomes(wanted);
        // The same between a dump and a table in another spelling.
        trial
            .dir
            .write("s.csv", format!("login,act,x\na,1,\"{}\"\n", wanted.trim_end_matches(".000")));
        if flow == text {
            trial.dir.write("s.csv", format!("login,act,x\na,1,{new}\n"));
        }
        let diff = ["diff", "s.sql", "s.csv", "--table", "s", "--undo", "u.sql"];
        let script = String::from_utf8(run(&trial.dir, diff).expect(1).stdout).expect("text");
        let before = trial.shown();
        trial.sql(&script);
        assert_eq!(trial.shown(), wanted, "{script}");
        trial.sql(&trial.read("u.sql"));
        assert_eq!(trial.shown(), before, "{}", trial.read("u.sql"));
    }
}

/// A number finer than its column was rounded by the server, in every run; one too large, or a text too long, had the
/// whole script refused.
#[test]
fn values_that_a_column_does_not_hold_are_rejected() {
    let flow = "{ attribute = \"description\", column = \"x\" },\n";
    let mut trials = [Engine::Postgres, Engine::Mariadb].map(Trial::new);
    let release = trials[1].as_ref().map(|trial| trial.sql("SELECT version();"));
    let last = match release.filter(|it| it.as_str() < "11.5") {
        Some(_) => "2038-01-19 03:14:07",
        None => "2106-02-07 06:28:15",
    };
    let end = format!("a time from 1970-01-01 00:00:01 to {last} in UTC");
    for (engine, kind, value, said, fitting) in [
        (0, "numeric(10,2)", "7.505", "a number with at most 2 decimals", "7.50"),
        (
            0,
            "numeric(10,2)",
            "123456789",
            "a number with at most 8 digits before the point",
            "12345678.00",
        ),
        (0, "smallint", "32768", "a number from -32768 to 32767", "32767"),
        (0, "integer", "7.5", "a whole number", "7"),
        (0, "varchar(3)", "abcd", "at most 3 characters", "abc"),
        (1, "decimal(5,1)", "7.25", "a number with at most one decimal", "7.2"),
        (1, "int unsigned", "-1", "a number from 0 to 4294967295", "4294967295"),
        (1, "tinyint", "128", "a number from -128 to 127", "-128"),
        (1, "bit(4)", "16", "a number from 0 to 15", "15"),
        (1, "char(1)", "no", "at most 1 character", "n"),
        (0, "real", "16777217", "a number that four bytes hold as it is", "0.1"),
        (0, "double precision", "1e400", "a number that eight bytes hold", "0.1"),
        (0, "uuid", "nope", "a UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        (0, "inet", "nope", "an address of a host or a network", "10.0.0.1/8"),
        (0, "cidr", "10.0.0.1/8", "a network, without bits of a host", "10.0.0.0/8"),
        (0, "jsonb", "{\"a\"}", "JSON", "{\"a\": 1}"),
        (0, "json", "{\"a\"}", "JSON", "{ \"a\":1}"),
        (0, "integer[]", "1,2", "an array, as {a,b}", "{1,2}"),
        (1, "float(10,2)", "1234567.89", "a number of at most 6 digits", "0.10"),
        (1, "double unsigned", "-1", "a number that is not below zero", "0.1"),
        (1, "float", "16777217", "a number of at most 6 digits", "0.1"),
        (1, "double", "1e400", "a number that eight bytes hold", "0.1"),
        (1, "enum('a','b')", "c", "a label of its type", "b"),
        (1, "set('a','b')", "a,c", "a label of its type", "a,b"),
        (1, "varchar(9) CHARACTER SET latin1", "ł", "characters of latin1", "a"),
        (1, "varchar(9) CHARACTER SET utf8mb3", "😀", "characters of utf8mb3", "a"),
        (1, "text COLLATE ascii_bin", "é", "characters of ascii", "a"),
        (1, "timestamp NULL", "2107-01-01 00:00:00", &end, "2030-01-01 00:00:00"),
    ] {
        let Some(trial) = &mut trials[engine] else { continue };
        trial.has(kind, flow);
        trial.is("NULL");
        trial.wants(&format!("description: {value}\n"));
        trial.dir.write("s.sql", trial.database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
        let outcome = run(&trial.dir, diff);
        let found = if said.starts_with("at most ") && said.contains("character") {
            value.chars().count().to_string()
        } else {
            format!("`{value}`")
        };
        let said = format!("expected {said} for the column, but found {found} for `x`");
        assert!(outcome.stderr.contains(&said), "{kind} {}", outcome.stderr);
        assert_eq!(outcome.status, 5, "{kind}");
        assert!(!String::from_utf8_lossy(&outcome.stdout).contains("UPDATE"), "{kind}");
        trial.wants(&format!("description: {fitting}\n"));
        if kind.starts_with("bit") {
            run(&trial.dir, diff).expect(1);
        } else {
            trial.becomes(fitting);
        }
    }
}

/// A TIMESTAMP beyond what 31 bits hold was written for servers that refuse it: before MariaDB 11.5, and MySQL.
#[test]
fn the_release_says_when_time_ends() {
    let flow = "{ attribute = \"description\", column = \"x\", type = \"timestamp\" },\n";
    let dir = people(flow, "");
    let toml = String::from_utf8(dir.read("m.toml")).expect("text").replace("sqlite", "mariadb");
    dir.write("m.toml", toml);
    let with = |lines: &str| [units(), person("uid=a,ou=p", lines)].concat();
    dir.write("d.ldif", with("description: 20380119031408Z\n"));
    for (head, is_held) in [
        ("-- MariaDB dump 10.19-11.8.2-MariaDB\n-- Server version\t11.8.2-MariaDB\n", true),
        ("-- MariaDB dump 10.19-11.8.2-MariaDB\n-- Server version\t10.11.6-MariaDB-log\n", false),
        ("-- MySQL dump 10.13  Distrib 9.1.0\n-- Server version\t9.1.0\n", false),
        ("/*M!999999\\- enable the sandbox mode */ \n", false),
    ] {
        dir.write(
            "s.sql",
            format!(
                "{head}CREATE TABLE `s` (`login` varchar(9) PRIMARY KEY, `act` int, `x` timestamp NULL);\n\
                 INSERT INTO `s` VALUES ('a',1,NULL);\n-- Dump completed\n"
            ),
        );
        let outcome = run(&dir, ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"]);
        assert_eq!(outcome.status, if is_held { 1 } else { 5 }, "{head}{}", outcome.stderr);
        assert_eq!(outcome.stderr.contains("2038-01-19 03:14:07 in UTC"), !is_held, "{head}");
    }
}

/// PostgreSQL reads no whole number from `1e3` or `7.0`, and the whole script was refused.
#[test]
fn whole_numbers_are_written_in_digits() {
    let flow = "{ attribute = \"description\", column = \"x\" },\n";
    for engine in [Engine::Postgres, Engine::Mariadb] {
        let Some(mut trial) = Trial::new(engine) else { continue };
        trial.has("integer", flow);
        for (value, wanted) in [("1e3", "1000"), ("7.0", "7"), ("+05", "5")] {
            trial.is("1");
            trial.wants(&format!("description: {value}\n"));
            trial.becomes(wanted);
        }
    }
}

/// A time that changes by itself was now though the mapping says what it is, and where it is the server's, a guard of
/// all columns stopped at the second change of a row.
#[test]
fn what_changes_by_itself_is_what_the_mapping_says() {
    const FLOWS: [&str; 2] = [
        "{ attribute = \"telephoneNumber\", column = \"phone\" },\n\
         { attribute = \"employeeNumber\", column = \"nick\" },\n",
        "{ attribute = \"description\", column = \"seen\", type = \"timestamp\" },\n",
    ];
    let Some(mut trial) = Trial::new(Engine::Mariadb) else { return };
    let time = "2020-01-01 00:00:00";
    // Two swap a unique value, and one of them changes besides.
    let lines = |nick: &str, phone: &str| {
        format!("employeeNumber: {nick}\ntelephoneNumber: {phone}\ndescription: 20200101000000Z\n")
    };
    let all = |flows: &str, style: &str, trial: &mut Trial| {
        trial.has("integer", flows);
        trial.sql(&format!(
            "SET time_zone = '+00:00'; DROP TABLE s; CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, \
             nick varchar(9) NOT NULL UNIQUE, phone varchar(9), \
             seen timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()); \
             INSERT INTO s VALUES ('a', 1, 'x', '1', '{time}'), ('b', 1, 'y', '2', '{time}');"
        ));
        let entries = [
            units(),
            person("uid=a,ou=p", &lines("y", "1")),
            person("uid=b,ou=p", &lines("x", "9")),
        ];
        trial.dir.write("d.ldif", entries.concat());
        let diff = |dump: &str, status: i32| {
            trial.dir.write(dump, trial.database.whole());
            let args = ["diff", dump, "d.ldif", "--mapping", "m.toml", "--guard", "row"];
            let more = ["--sql-style", style, "--undo", "u.sql"];
            run(&trial.dir, args.into_iter().chain(more)).expect(status).stdout
        };
        let shown = || trial.sql("SELECT login, nick, phone FROM s ORDER BY login;");
        let times = || trial.sql(&format!("SELECT COUNT(*) FROM s WHERE seen <> '{time}';"));
        let before = shown();
        trial.sql(&String::from_utf8(diff("s.sql", 1)).expect("text"));
        assert_eq!(shown(), "a\ty\t1\nb\tx\t9");
        let moved = times();
        let undo = trial.read("u.sql");
        diff("s2.sql", 0);
        trial.sql(&undo);
        assert_eq!(shown(), before, "{undo}");
        [moved, times()]
    };
    for style in ["statements", "staged"] {
        assert_eq!(all(&FLOWS.concat(), style, &mut trial), ["0", "0"], "{style}");
        assert_eq!(all(FLOWS[0], style, &mut trial), ["2", "2"], "{style}");
    }
}

/// A default was written to both sides as it stands, whatever the type.
#[test]
fn defaults_are_values_of_the_attribute() {
    let flow = "{ attribute = \"description\", column = \"x\", type = \"timestamp\", default = \"20240101000000Z\" },\n";
    let Some(mut trial) = Trial::new(Engine::Mariadb) else { return };
    trial.has("datetime", flow);
    trial.is("'2020-01-01'");
    trial.wants("");
    trial.becomes("2024-01-01 00:00:00");
    trial.is("NULL");
    trial.dir.write("s.sql", trial.database.whole());
    let back = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml"];
    let change = String::from_utf8(run(&trial.dir, back).expect(1).stdout).expect("text");
    assert!(change.contains("description: 20240101000000Z\n"), "{change}");
}

/// A column that says `Y` and `N` got `false`, which it does not take.
#[test]
fn truths_are_written_in_the_words_of_the_column() {
    let flow = "{ attribute = \"description\", column = \"x\", type = \"boolean\" },\n";
    let mut trials = [Engine::Postgres, Engine::Mariadb, Engine::Sqlite].map(Trial::new);
    for (engine, kind, old, wanted) in [
        (0, "char(1)", "'Y'", "N"),
        (0, "text", "'Yes'", "No"),
        (0, "bit(1)", "'1'", "0"),
        (0, "boolean", "true", "f"),
        (0, "varchar(5)", "NULL", "false"),
        (1, "char(1)", "'y'", "n"),
        (1, "enum('N','Y')", "NULL", "N"),
        (1, "tinyint(1)", "1", "0"),
        (2, "char(1)", "'T'", "F"),
    ] {
        let Some(trial) = &mut trials[engine] else { continue };
        trial.has(kind, flow);
        trial.is(old);
        trial.wants("description: FALSE\n");
        trial.becomes(wanted);
    }
    let Some(trial) = &mut trials[0] else { return };
    trial.has("char(1)", flow);
    trial.is("NULL");
    trial.dir.write("s.sql", trial.database.whole());
    trial.wants("description: FALSE\n");
    let outcome = run(&trial.dir, ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"]);
    let said = "expected at most 1 character for the column, but found 5 for `x`";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
}

/// A column of texts lost the parts of a second, which it would have kept.
#[test]
fn texts_keep_times_as_fine_as_they_are() {
    let flow = "{ attribute = \"description\", column = \"x\", type = \"timestamp\" },\n";
    for engine in [Engine::Mariadb, Engine::Postgres] {
        let Some(mut trial) = Trial::new(engine) else { continue };
        trial.has("text", flow);
        trial.is("NULL");
        trial.wants("description: 20240501080000.1234567Z\n");
        trial.dir.write("s.sql", trial.database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
        let script = String::from_utf8(run(&trial.dir, diff).expect(1).stdout).expect("text");
        assert!(script.contains("'2024-05-01 08:00:00.1234567+00'"), "{script}");
    }
}

/// Bits that the program itself had written as numbers came back as the characters of their digits.
#[test]
fn bits_in_other_files_are_numbers() {
    let Some(mut trial) = Trial::new(Engine::Mariadb) else { return };
    trial.has("bit(16)", "");
    trial.sql(
        "INSERT INTO s VALUES ('a', 1, b'101'), ('b', 1, 0), ('c', 1, 12345), ('d', 1, NULL);",
    );
    trial.dir.write("s.sql", trial.database.whole());
    for format in ["csv", "jsonl"] {
        let args = ["transform", "s.sql", "--table", "s", "--format", format];
        let rows = run(&trial.dir, args).expect(0).stdout;
        let name = format!("s.{}", if format == "csv" { "csv" } else { "json" });
        trial.dir.write(&name, rows);
        run(&trial.dir, ["diff", "s.sql", &name, "--table", "s"]).expect(0);
    }
}

const UUID: &str = "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'";

/// A flow wrote what the database alone says: it refused the whole script. Of a column that it makes from others no
/// dump has values, and the column was said not to be there.
#[test]
fn what_the_database_alone_writes_is_refused() {
    let Some(mut trial) = Trial::new(Engine::Postgres) else { return };
    let flow = "{ attribute = \"description\", column = \"x\" },\n";
    let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
    trial.has("integer GENERATED ALWAYS AS IDENTITY", flow);
    trial.is("DEFAULT");
    trial.wants("description: 7\n");
    trial.dir.write("s.sql", trial.database.whole());
    let outcome = run(&trial.dir, diff).expect(5);
    let wanted = "expected the number that the database has given (GENERATED ALWAYS AS IDENTITY), but found another for `x` (line ";
    assert!(outcome.stderr.contains(wanted), "{}", outcome.stderr);
    assert!(!String::from_utf8_lossy(&outcome.stdout).contains("UPDATE"));
    // What is the same, and what comes, may be said.
    trial.wants(&format!("description: {}\n", trial.shown()));
    run(&trial.dir, diff).expect(0);
    trial.sql("DELETE FROM s;");
    trial.wants("description: 7\n");
    trial.dir.write("s.sql", trial.database.whole());
    let script = String::from_utf8(run(&trial.dir, diff).expect(1).stdout).expect("text");
    trial.sql(&script);
    assert_eq!(trial.shown(), "7");
    trial.has("text GENERATED ALWAYS AS (upper(login)) STORED", flow);
    trial.is("DEFAULT");
    trial.wants("description: 7\n");
    trial.dir.write("s.sql", trial.database.whole());
    let said = run(&trial.dir, diff).expect(2).stderr;
    assert!(said.contains("the database makes all values of the column `x`"), "{said}");
}

/// What the table takes for the value that is there was written all the same, and a script had an UPDATE of no column.
#[test]
fn what_the_table_takes_for_one_does_not_change() {
    for (engine, kind, held, wanted) in [
        (Engine::Sqlite, "integer", "1.0e20", "99999999999999999999"),
        (Engine::Mariadb, "tinyint(1)", "1", "01"),
        (Engine::Mariadb, "year", "2024", "24"),
        (Engine::Mariadb, "year(4)", "1999", "99"),
        (Engine::Mariadb, "set('a','b')", "'a,b'", "b,a"),
        (Engine::Mariadb, "uuid", UUID, "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"),
        (Engine::Postgres, "uuid", UUID, "A0EEBC999C0B4EF8BB6D6BB9BD380A11"),
        (
            Engine::Postgres,
            "jsonb",
            r#"'{"bb": [1, {}], "a": -0.50, "c": "x\/\u0041"}'"#,
            r#"{"c":"xx","a":-0.50,"bb":[1,{ }],"c":"x\/A"}"#,
        ),
        (Engine::Postgres, "inet", "'10.0.0.1'", "10.0.0.1/32"),
        (Engine::Postgres, "inet", "'2001:db8::1/64'", "2001:DB8:0::1/64"),
        (Engine::Postgres, "cidr", "'10.0.0.1'", "10.0.0.1"),
        (Engine::Postgres, "text[]", r#"'{a,"b c",NULL,"NULL"}'"#, r#"{"a", "b c" , null,"NULL"}"#),
        (Engine::Postgres, "integer[]", "'{{1,2},{3,4}}'", "{ {01,2}, {3,4} }"),
        (Engine::Postgres, "boolean[]", "'{true,no}'", "{true,false}"),
        (Engine::Postgres, "macaddr", "'08:00:2b:01:02:03'", "0800.2B01.0203"),
        (Engine::Postgres, "macaddr8", "'08:00:2b:01:02:03'", "08-00-2B-01-02-03"),
        (Engine::Postgres, "macaddr[]", "'{08:00:2b:01:02:03}'", "{08-00-2B-01-02-03}"),
        (Engine::Postgres, "date[]", "'{2024-07-01}'", "{20240701}"),
        (
            Engine::Postgres,
            "timestamp[]",
            "'{2024-07-01 14:30:05.50}'",
            "{2024-07-01T14:30:05.500}",
        ),
        (
            Engine::Postgres,
            "timestamptz[]",
            "'{2024-07-01 14:30:05+00,infinity}'",
            "{2024-07-01T16:30:05+02:00, infinity}",
        ),
        (Engine::Postgres, "numeric[]", "'{1e2,1.50e1,-0.0,.5,NaN}'", "{1e2,1.50e1,-0.0,.5,NaN}"),
        (Engine::Postgres, "numeric(6,2)[]", "'{1.5,3}'", "{1.5,3}"),
        (Engine::Postgres, "float8[]", "'{1e3,1e15,0.00001,1e-4}'", "{1e3,1e15,0.00001,1e-4}"),
        (Engine::Postgres, "real[]", "'{1e3,1e6,0.10,1e-5}'", "{1e3,1e6,0.10,1e-5}"),
        (
            Engine::Postgres,
            "jsonb",
            "'[1e2, 1.50e1, -1.5e-3, 0e5, 12E-1]'",
            "[1e2, 1.50e1, -1.5e-3, 0e5, 12E-1]",
        ),
    ] {
        let Some(mut trial) = Trial::new(engine) else { continue };
        trial.has(kind, "{ attribute = \"description\", column = \"x\" },\n");
        trial.is(held);
        trial.wants(&format!("description: {wanted}\n"));
        trial.dir.write("s.sql", trial.database.whole());
        run(&trial.dir, ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"]).expect(0);
    }
    let Some(mut trial) = Trial::new(Engine::Mariadb) else { return };
    trial.has("year", "{ attribute = \"description\", column = \"x\" },\n");
    trial.is("2024");
    trial.wants("description: 25\n");
    trial.becomes("2025");
    trial.wants("description: 2156\n");
    let said = run(&trial.dir, ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"]).expect(5).stderr;
    assert!(said.contains("a year from 1901 to 2155"), "{said}");
}

/// A label that PostgreSQL's type has not stopped the script in the middle.
#[test]
fn labels_of_types_that_somebody_made_are_kept_to() {
    let Some(mut trial) = Trial::new(Engine::Postgres) else { return };
    trial.sql("CREATE SCHEMA hr; CREATE TYPE hr.\"Mood\" AS ENUM ('so so', 'it''s ok');");
    trial.sql("CREATE TYPE yn AS ENUM ('no', 'yes');");
    let flow = "{ attribute = \"description\", column = \"x\" },\n";
    trial.has("hr.\"Mood\"", flow);
    trial.is("'so so'");
    trial.wants("description: it's ok\n");
    trial.becomes("it's ok");
    let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
    for label in ["other", "It's ok", "it's  ok"] {
        trial.wants(&format!("description:: {}\n", to_base64(label.as_bytes())));
        let said = run(&trial.dir, diff).expect(5).stderr;
        assert!(said.contains("expected a label of its type"), "{label} {said}");
    }
    // What is written anew is known.
    trial.sql("ALTER TYPE hr.\"Mood\" ADD VALUE 'other';");
    trial.dir.write("s.sql", trial.database.whole());
    trial.wants("description: other\n");
    trial.becomes("other");
    let flow = "{ attribute = \"description\", column = \"x\", type = \"boolean\" },\n";
    trial.has("yn", flow);
    trial.is("'no'");
    trial.wants("description: TRUE\n");
    trial.becomes("yes");
}

/// A new row of whom no manager is said got the one that is the column's default, and the next run took him away.
#[test]
fn a_default_is_nobodys_manager() {
    for engine in [Engine::Postgres, Engine::Mariadb, Engine::Sqlite] {
        let Some(mut trial) = Trial::new(engine) else { continue };
        let flow =
            "{ attribute = \"manager\", column = \"x\", reference = { mapping = \"p\" } },\n";
        trial.has("varchar(9) DEFAULT 'boss'", flow);
        trial.wants("");
        trial.dir.write("s.sql", trial.database.whole());
        let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
        let script = String::from_utf8(run(&trial.dir, diff).expect(1).stdout).expect("text");
        trial.sql(&script);
        assert_eq!(trial.sql("SELECT count(*) FROM s WHERE x IS NULL;"), "1", "{script}");
        trial.dir.write("s.sql", trial.database.whole());
        run(&trial.dir, diff).expect(0);
    }
}
