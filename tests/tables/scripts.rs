//! Dumps that mislead: what stands around the rows of a table, and what is missing.

use crate::util::{Dir, run};

/// The rows of `t` in a dump as CSV, or the first line of the error.
fn read(dump: impl AsRef<[u8]>, more: &[&str]) -> String {
    let dir = Dir::new();
    dir.write("dump.sql", dump);
    let mut args = vec!["transform", "dump.sql", "-q"];
    args.extend(more);
    let outcome = run(&dir, args);
    match outcome.status {
        0 => String::from_utf8(outcome.stdout).expect("text"),
        _ => outcome.stderr.lines().next().unwrap_or_default().to_owned(),
    }
}

#[track_caller]
fn assert_reads(cases: &[(&str, &str)], more: &[&str]) {
    for (dump, wanted) in cases {
        assert_eq!(read(dump, more), *wanted, "{dump}");
    }
}

#[test]
fn rows_of_postgres_are_found() {
    assert_reads(
        &[
            (
                "COPY public.t (id, a) FROM stdin;\n1\tx\n2\t\\N\n\\.\n\nCOPY public.u (id) FROM stdin;\n9\n\\.\n",
                "id,a\n1,x\n2,\n",
            ),
            // Rows of another table that look like statements, and an empty table.
            (
                "COPY public.u (id) FROM stdin;\nCOPY public.t (id) FROM stdin;\n\\\\.\nINSERT INTO t VALUES (1);\n\\.\nCOPY public.t (id, a) FROM stdin;\n\\.\n",
                "id,a\n",
            ),
            ("COPY t (id, \"A b\") FROM stdin;\r\n1\tx\r\n\\.\r\n", "id,A b\n1,x\n"),
            // What is in a function's body is no row, nor is what is in a comment.
            (
                "SET standard_conforming_strings = on;\nCREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ INSERT INTO t VALUES (8); $$;\n\
                 CREATE FUNCTION g() RETURNS void BEGIN ATOMIC\n INSERT INTO t VALUES (9);\nEND;\n\
                 /* INSERT INTO t VALUES (7); */ -- INSERT INTO t VALUES (6);\n\
                 INSERT INTO t (id, a) VALUES (1, 'it''s; ok');\n",
                "id,a\n1,it's; ok\n",
            ),
            (
                "SET standard_conforming_strings = off;\nINSERT INTO t (id, a) VALUES (1, 'a\\\\b\\'');\n",
                "id,a\n1,a\\b'\n",
            ),
            (
                "SET standard_conforming_strings = on;\nINSERT INTO t (id, a) VALUES\n\t(1, 'a\\'),\n\t(2, E'\\'\\n') ON CONFLICT DO NOTHING;\nINSERT INTO t (id, a) VALUES\n\t(3, NULL) ON CONFLICT DO NOTHING;\n",
                "id,a\n1,a\\\n2,\"'\n\"\n3,\n",
            ),
            // The order of columns may change from one statement to the next.
            (
                "SET standard_conforming_strings = on;\nINSERT INTO t (id, a) VALUES (1, 'x');\nSELECT 1;\nINSERT INTO t (a, id) VALUES ('y', 2);\n",
                "id,a\n1,x\n2,y\n",
            ),
            (
                "SET client_encoding = 'LATIN1';\nSET standard_conforming_strings = on;\nINSERT INTO t (id, a) VALUES (1, 'x');\n",
                "id,a\n1,x\n",
            ),
        ],
        &["--table", "t"],
    );
}

#[test]
fn rows_of_mysql_are_found() {
    assert_reads(
        &[
            (
                "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `t` (`id` int, `a` text);\nLOCK TABLES `t` WRITE;\n\
                 /*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO `t` VALUES (1,'a\\'b;'),(2,NULL);\nINSERT INTO `t` VALUES\n(3,'\"');\n\
                 /*!40000 ALTER TABLE `t` ENABLE KEYS */;\nUNLOCK TABLES;\nINSERT INTO `u` VALUES (9);\n-- Dump completed\n",
                "id,a\n1,a'b;\n2,\n3,\"\"\"\"\n",
            ),
            // A trigger's body, between other end marks.
            (
                "/*!40101 SET NAMES utf8mb4 */;\nDELIMITER ;;\n/*!50003 CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN\nINSERT INTO `t` VALUES (9,'no');\nEND */;;\nDELIMITER ;\nINSERT INTO `t` (`id`, `a`) VALUES (1,'yes');\n",
                "id,a\n1,yes\n",
            ),
            (
                "/*!40101 SET SQL_MODE='NO_BACKSLASH_ESCAPES,ANSI' */;\nREPLACE INTO \"t\" (\"id\", \"a\") VALUES (1,'\\');\n",
                "id,a\n1,\\\n",
            ),
            (
                "/*!40101 SET NAMES latin1 */;\nINSERT IGNORE INTO t (id, a) VALUES (1,_binary 'x'),(2,0x00FF);\n",
                "id,a\n1,\\x78\n2,\\x00ff\n",
            ),
        ],
        &["--table", "t"],
    );
}

#[test]
fn rows_of_sqlite_are_found() {
    assert_reads(
        &[(
            "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(id INTEGER PRIMARY KEY, a);\n\
                 INSERT INTO t VALUES(1,replace('a\\nb','\\n',char(10)));\nINSERT INTO t VALUES(2,X'00');\n\
                 CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO t VALUES(9,'no'); END;\nCOMMIT;\n",
            "id,a\n1,\"a\nb\"\n2,\\x00\n",
        )],
        &["--table", "t"],
    );
    let insert = "INSERT INTO t VALUES(1,'it''s');\nINSERT INTO t VALUES(2,-1.5);\n";
    let more = ["--table", "t", "--dump-style", "sqlite", "--columns", "id,a"];
    assert_eq!(read(insert, &more), "id,a\n1,it's\n2,-1.5\n");
}

#[test]
fn the_table_that_is_meant_is_found_or_told() {
    let two = "COPY a.t (id) FROM stdin;\n1\n\\.\nCOPY b.t (id) FROM stdin;\n2\n\\.\nCOPY \"T\" (id) FROM stdin;\n3\n\\.\n";
    for (asked, wanted) in [
        (&["--table", "a.t"][..], "id\n1\n"),
        (&["--table", "b.t"], "id\n2\n"),
        (&["--table", "T"], "id\n3\n"),
        (&["--table", "t"], "ldifsync: error: expected one table `t`, but found `a.t` `b.t`"),
        (&[], "ldifsync: error: expected one table, but found `a.t` `b.t` `T`"),
        (&["--table", "x"], "ldifsync: error: expected the table `x`, but found `a.t` `b.t` `T`"),
    ] {
        assert_eq!(read(two, asked), wanted, "{asked:?}");
    }
    // The databases of a cluster.
    let cluster = "\\connect one\n\nCOPY t (id) FROM stdin;\n1\n\\.\n\\connect two\nCOPY t (id) FROM stdin;\n2\n\\.\n";
    assert_eq!(read(cluster, &["--table", "two.t"]), "id\n2\n");
    assert!(read(cluster, &["--table", "t"]).contains("`one.t` `two.t`"));
    let used = "/*!40101 SET NAMES utf8mb4 */;\nUSE `one`;\nINSERT INTO `t` (`id`) VALUES (1);\nUSE `two`;\nINSERT INTO `t` (`id`) VALUES (2);\n";
    assert_eq!(read(used, &["--table", "one.t"]), "id\n1\n");
    // A table of another database goes and comes.
    let dropped =
        used.replace("USE `two`;", "USE `two`;\nDROP TABLE IF EXISTS `t`;\nDELETE FROM t;");
    assert_eq!(read(&dropped, &["--table", "one.t"]), "id\n1\n");
    assert_eq!(read(&dropped, &["--table", "two.t"]), "id\n2\n");
}

#[test]
fn a_dump_that_was_cut_off_is_told() {
    let whole = "--\n-- PostgreSQL database dump\n--\n\nCOPY t (id) FROM stdin;\n1\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\n";
    assert_eq!(read(whole, &[]), "id\n1\n");
    let cut = |mark: &str| &whole[..whole.find(mark).expect("a mark")];
    assert!(read(cut("\\."), &[]).contains("expected `\\.` behind the rows of COPY"));
    assert!(
        read(cut("-- PostgreSQL database dump c"), &[]).contains("database dump complete` at the")
    );
    let more = ["--allow-unfinished"];
    assert_eq!(read(cut("-- PostgreSQL database dump c"), &more), "id\n1\n");
    let open = "/*!40101 SET NAMES utf8mb4 */;\nINSERT INTO t (id) VALUES (1),(2";
    assert!(read(open, &[]).contains("expected the end of what begins here"));
}

/// What looks like a row of the table and is none, or belongs to another table.
#[test]
fn what_stands_around_rows_is_no_row() {
    let head = "SET standard_conforming_strings = on;\n";
    let table = "CREATE TABLE public.t (id integer, n text);\n";
    let rule = "CREATE RULE r AS ON INSERT TO public.a DO ( INSERT INTO public.a VALUES (1);\n INSERT INTO public.t (id, n)\n VALUES (94, 'phantom'::text);\n);\n";
    let row = "INSERT INTO public.t VALUES (1, 'x');\n";
    let read_pg =
        |rest: &[&str], table: &str| read([head, &rest.concat()].concat(), &["--table", table]);
    assert_eq!(read_pg(&[table, rule, row], "t"), "id,n\n1,x\n");
    // An empty table is not the one that is called nearly so.
    let other = "CREATE TABLE public.\"T\" (id integer, n text);\nINSERT INTO public.\"T\" VALUES (2, 'y');\n";
    assert_eq!(read_pg(&[table, other], "t"), "id,n\n");
    assert_eq!(read_pg(&[table, other], "T"), "id,n\n2,y\n");
    let hr = "CREATE TABLE hr.t (id integer, n text);\nINSERT INTO hr.t VALUES (3, 'z');\n";
    assert!(read_pg(&[table, hr], "t").contains("found `public.t` `hr.t`"));
    assert_eq!(read_pg(&[table, hr], "public.t"), "id,n\n");
    let odd = "CREATE TABLE \"Hr\".t (id integer, n text);\n";
    assert_eq!(read_pg(&[odd, hr], "hr.t"), "id,n\n3,z\n");
    let parts = "CREATE TABLE t (id integer) PARTITION BY RANGE (id);\nCREATE TABLE t_a (id integer);\nCOPY t_a (id) FROM stdin;\n1\n\\.\n";
    assert!(read(parts, &["--table", "t"]).contains("found those of its partitions"));
    let odd_names = "\\connect -reuse-previous=on \"dbname='my db'\"\nCOPY t (id) FROM stdin;\n1\n\\.\n\\connect -reuse-previous=on \"dbname='other db'\"\nCOPY t (id) FROM stdin;\n2\n\\.\n";
    assert_eq!(read(odd_names, &["--table", "\"other db\".t"]), "id\n2\n");
    assert!(read(odd_names, &["--table", "t"]).contains("expected one table `t`"));
}

#[test]
fn names_without_quotes_mean_what_the_database_calls_so() {
    let postgres = "SET standard_conforming_strings = on;\n";
    let mysql = "-- MySQL dump\n";
    let sqlite = "PRAGMA foreign_keys=OFF;\n";
    let end = "-- Dump completed\n";
    let cases = [
        (
            format!(
                "{postgres}CREATE TABLE Staff (ID int, \"Name\" text);\nINSERT INTO STAFF (Id, \"Name\") VALUES (1, 'a');\nINSERT INTO staff VALUES (2, 'b');\n"
            ),
            "id,Name\n1,a\n2,b\n",
        ),
        (
            format!(
                "{postgres}INSERT INTO \"Staff\" (id) VALUES (1);\nINSERT INTO Staff (id) VALUES (2);\n"
            ),
            "id\n2\n",
        ),
        ("COPY Staff (ID) FROM stdin;\n1\n\\.\n".to_owned(), "id\n1\n"),
        (
            "REM INSERTING\nInsert into Staff (Id,\"Name\") values (1,'a');\n".to_owned(),
            "ID,Name\n1,a\n",
        ),
        (
            format!(
                "{sqlite}CREATE TABLE Staff (Id int, Name text);\nINSERT INTO STAFF (name, ID) VALUES ('a', 1);\nINSERT INTO staff VALUES(2,'b');\n"
            ),
            "Name,Id\na,1\nb,2\n",
        ),
        (
            format!(
                "{mysql}CREATE TABLE `staff` (`Id` int, `Name` text);\nINSERT INTO `staff` (name, ID) VALUES ('a', 1);\n{end}"
            ),
            "Name,Id\na,1\n",
        ),
        // Two tables in one place, and one of them perhaps in another.
        (
            format!(
                "{mysql}CREATE TABLE staff (id int);\nCREATE TABLE Staff (id int);\nINSERT INTO Staff VALUES (1);\n{end}"
            ),
            "id\n",
        ),
        (
            format!(
                "{mysql}CREATE TABLE staff (id int);\nINSERT INTO Staff VALUES (1);\nINSERT INTO staff VALUES (2);\n{end}"
            ),
            "ldifsync: error: expected one table `staff`, but found `staff` `Staff`",
        ),
    ];
    for (dump, wanted) in cases {
        assert_eq!(read(&dump, &["--table", "staff"]), wanted, "{dump}");
    }
    let undone = format!("{sqlite}INSERT INTO Staff VALUES (1);\nUPDATE staff SET id = 2;\n");
    let said = read(&undone, &["--table", "staff"]);
    assert!(said.contains("but found `UPDATE`"), "{said}");
}

#[test]
fn statements_about_other_tables_are_no_matter() {
    let first = "SET standard_conforming_strings = on;\n";
    for other in ["u DEFAULT VALUES", "u SELECT * FROM t", "u (a) SELECT 1"] {
        let dump = format!("{first}INSERT INTO {other};\nINSERT INTO t (id) VALUES (1);\n");
        assert_eq!(read(&dump, &["--table", "t"]), "id\n1\n", "{dump}");
        let said = read(&dump, &["--table", "u"]);
        assert!(said.starts_with("ldifsync: error: expected `VALUES` and rows"), "{said}");
    }
    let lite = "PRAGMA foreign_keys=OFF;\nCREATE TABLE t (id INTEGER);\nINSERT INTO t VALUES(1);\nINSERT INTO sqlite_sequence VALUES('t',1);\n";
    assert_eq!(read(lite, &[]), "id\n1\n");
    assert_eq!(
        read(lite, &["--table", "sqlite_sequence", "--columns", "name,seq"]),
        "name,seq\nt,1\n"
    );
}

#[test]
fn rows_in_a_comment_that_is_run_are_told() {
    let dump = "-- MySQL dump\nINSERT INTO t (id) VALUES (1);\n/*!40000 INSERT INTO t (id) VALUES (2) */;\n-- Dump completed\n";
    assert!(read(dump, &["--table", "t"]).contains("but found `INSERT`"));
}

#[test]
fn what_is_in_another_file_is_told() {
    let row = "INSERT INTO t (id) VALUES (1);\n";
    for (first, line, verb) in [
        ("SET standard_conforming_strings = on;\n", "\\copy t from 't.csv'\n", "\\copy"),
        ("SET standard_conforming_strings = on;\n", "\\ir more.sql\n", "\\ir"),
        ("/*!40101 SET NAMES utf8mb4 */;\n", "source more.sql\n", "source"),
        ("/*!40101 SET NAMES utf8mb4 */;\n", "LOAD DATA INFILE 'x;'\nINTO TABLE t;\n", "LOAD"),
        ("PRAGMA foreign_keys=OFF;\n", ".read more.sql\n", ".read"),
        ("PRAGMA foreign_keys=OFF;\n", ".import t.csv t\n", ".import"),
        ("SET DEFINE OFF;\n", "@more.sql\n", "@"),
    ] {
        let said = read(format!("{first}{row}{line}{row}"), &["--table", "t"]);
        assert!(said.contains(&format!("but found `{verb}`, which reads another file")), "{said}");
    }
    // What is said to the client in a line ends with it.
    for (first, line) in [
        ("SET standard_conforming_strings = on;\n", "\\copy u from 'u.csv'\n"),
        ("SET standard_conforming_strings = on;\n", "\\conninfo\n"),
        ("/*!40101 SET NAMES utf8mb4 */;\n", "use d\n"),
        ("/*!40101 SET NAMES utf8mb4 */;\n", "LOAD DATA INFILE 'x;'\nINTO TABLE u;\n"),
        ("PRAGMA foreign_keys=OFF;\n", ".import u.csv u\n"),
    ] {
        let read = read(format!("{first}{line}{row}"), &["--table", "t"]);
        assert!(read.ends_with("id\n1\n"), "{line}: {read}");
    }
}

/// The bytes of a text in Latin-1, of which every character is one.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a character of Latin-1")).collect()
}

#[test]
fn names_are_in_the_character_set_of_the_dump() {
    let head = "SET client_encoding = 'LATIN1';\nSET standard_conforming_strings = on;\n\
                CREATE TABLE bäume (id int, \"größe\" int, PRIMARY KEY (id));\n";
    for (rows, wanted) in [
        (
            "INSERT INTO bäume (id, \"größe\") VALUES (1, 'ü(');\n\
             INSERT INTO bäume (id, \"größe\") VALUES (2, NULL);\n",
            "id,größe\n1,ü(\n2,\n",
        ),
        ("INSERT INTO bäume VALUES (1, 'ü(');\n", "id,größe\n1,ü(\n"),
        ("COPY bäume (id, \"größe\") FROM stdin;\n1\tü\n\\.\n", "id,größe\n1,ü\n"),
        ("COPY bäume  FROM stdin;\n1\tü\n\\.\n", "id,größe\n1,ü\n"),
        ("INSERT INTO öde SELECT 1;\nINSERT INTO bäume VALUES (1, 2);\n", "id,größe\n1,2\n"),
        (
            "INSERT INTO bäume VALUES (1, 2);\nDELETE FROM bäume;\n",
            "ldifsync: error: expected nothing that changes rows which were there, but found `DELETE`",
        ),
    ] {
        let dump = latin1(&format!("{head}{rows}"));
        assert_eq!(read(&dump, &["--table", "bäume"]), wanted, "{rows}");
    }
}

#[test]
fn a_part_of_a_dump_is_in_a_character_set_of_its_own() {
    // Each database of a cluster in its own.
    let database = |name: &str, encoding: &str| {
        format!(
            "\\connect {name}\nSET client_encoding = '{encoding}';\n\
                 COPY public.t (id) FROM stdin;\nü\n\\.\n"
        )
    };
    let all = [latin1(&database("a", "LATIN1")), database("b", "UTF8").into_bytes()].concat();
    for table in ["a.public.t", "b.public.t"] {
        assert_eq!(read(&all, &["--table", table]), "id\nü\n", "{table}");
    }
    // mariadb-dump goes over to UTF-8 for definitions.
    let rows = "INSERT INTO `t` VALUES ('ü');\nINSERT INTO `t` (`größe`) VALUES (1);\n";
    for definition in [latin1, |text: &str| text.as_bytes().to_vec()] {
        let table = definition("CREATE TABLE `t` (`größe` int);\n");
        let dump = [b"/*!40101 SET NAMES latin1 */;\n".to_vec(), table, latin1(rows)].concat();
        assert_eq!(read(&dump, &["--table", "t"]), "größe\nü\n1\n");
    }
}

#[test]
fn what_the_database_makes_need_not_be_said() {
    let table = "SET standard_conforming_strings = on;\nCREATE TABLE t (id int, twice int GENERATED ALWAYS AS (id * 2) STORED, a text);\n";
    assert_reads(
        &[
            (
                &format!(
                    "{table}INSERT INTO t VALUES (1, DEFAULT, 'x');\nINSERT INTO t (a, twice, id) VALUES ('y', default, 2);\n"
                ),
                "id,a\n1,x\n2,y\n",
            ),
            (&format!("{table}COPY t FROM stdin;\n1\tx\n\\.\n"), "id,a\n1,x\n"),
            (&format!("{table}COPY t (id, a) FROM stdin;\n1\tx\n\\.\n"), "id,a\n1,x\n"),
            (
                &format!("{table}INSERT INTO t VALUES (1, DEFAULT, DEFAULT);\n"),
                "ldifsync: error: expected a value, but found `DEFAULT`",
            ),
        ],
        &["--table", "t"],
    );
}

#[test]
fn what_changes_rows_that_were_there_is_told() {
    let rows = "SET standard_conforming_strings = on;\nCREATE TABLE t (id integer, a text);\nINSERT INTO t VALUES (1, 'x');\n";
    for (more, told) in [
        ("UPDATE t SET a = 'y';\n", "found `UPDATE`"),
        ("DELETE FROM t;\n", "found `DELETE`"),
        ("DROP TABLE IF EXISTS u, t;\n", "found `DROP`"),
        ("TRUNCATE u, ONLY t;\n", "found `TRUNCATE`"),
        ("UPDATE u JOIN t ON u.id = t.id SET t.a = 'y';\n", "found `UPDATE`"),
        ("DELETE t FROM u INNER JOIN t USING (id);\n", "found `DELETE`"),
        ("RENAME TABLE v TO t;\n", "found `RENAME`"),
        ("ROLLBACK;\n", "found `ROLLBACK`"),
        ("WITH x AS (SELECT 1) DELETE FROM t;\n", "found `WITH`"),
        ("DO $$ BEGIN UPDATE t SET a = 'y'; END $$;\n", "found `DO`"),
        ("DROP TABLE t;\nCREATE TABLE t (id integer, a text);\n", "found `DROP`"),
        ("INSERT INTO t (id) VALUES (2);\n", "expected the same columns in all rows"),
    ] {
        let said = read([rows, more].concat(), &["--table", "t"]);
        assert!(said.contains(told), "{more}: {said}");
    }
    for more in [
        "UPDATE u SET a = (SELECT a FROM t), t = 1;\n",
        "DELETE FROM u WHERE id IN (SELECT id FROM t);\n",
        "DROP TABLE u, t_old;\n",
        "WITH x AS (SELECT * FROM t) SELECT 1;\n",
        "WITH x AS (SELECT 1) DELETE FROM u;\n",
    ] {
        assert_eq!(read([rows, more].concat(), &["--table", "t"]), "id,a\n1,x\n", "{more}");
    }
}

#[test]
fn what_is_written_as_statements_is_read_again() {
    let dir = Dir::new();
    dir.write("t.csv", "id,a\n1,it's\n2,\n");
    for dialect in ["postgres", "mariadb", "sqlite", "mssql", "oracle"] {
        let args = ["transform", "t.csv", "--table", "t", "--format", "sql", "-q", "-o", "t.sql"];
        run(&dir, args.into_iter().chain(["--dialect", dialect])).expect(0);
        let script = String::from_utf8(dir.read("t.sql")).expect("text");
        let read = read(&script, &["--allow-unfinished"]);
        // Oracle keeps names in capitals.
        let head = if dialect == "oracle" { "ID,A" } else { "id,a" };
        assert_eq!(read, format!("{head}\n1,it's\n2,\n"), "{dialect}");
    }
}

/// SQLite alone gives a value the type that its literal has: bytes of another database are bytes there too.
#[test]
fn bytes_of_another_database_are_bytes_in_sqlite() {
    let dir = Dir::new();
    let postgres = |kind: &str, rows: &str| {
        format!(
            "-- PostgreSQL database dump\nSET standard_conforming_strings = on;\n\
             CREATE TABLE public.t (id integer NOT NULL PRIMARY KEY, y {kind});\n{rows}\n\
             -- PostgreSQL database dump complete\n"
        )
    };
    let insert =
        "INSERT INTO public.t VALUES (1, '\\x00ff');\nINSERT INTO public.t VALUES (2, '\\x6162');";
    let copy = "COPY public.t (id, y) FROM stdin;\n1\t\\\\x00ff\n2\t\\\\x6162\n\\.\n";
    let mariadb = "-- MariaDB dump 10.19\nCREATE TABLE `t` (`id` int PRIMARY KEY, `y` longblob);\n\
        INSERT INTO `t` VALUES (1,'\\0\u{1}'),(2,'ab');\n-- Dump completed on 2026-11-27\n";
    let texts = insert.replace("\\x00ff", "cd");
    for (dump, wanted) in [
        (postgres("bytea", insert), ["X'00FF'", "X'6162'"]),
        (postgres("bytea", copy), ["X'00FF'", "X'6162'"]),
        (mariadb.to_owned(), ["X'0001'", "X'6162'"]),
        (postgres("text", &texts), ["'cd'", "'\\x6162'"]),
    ] {
        dir.write("t.sql", &dump);
        let args =
            ["transform", "t.sql", "--table", "t", "--format", "sql", "--dialect", "sqlite", "-q"];
        let script = run(&dir, args).expect(0).stdout;
        let script = String::from_utf8(script).expect("text").to_uppercase();
        for value in wanted {
            assert!(script.contains(&value.to_uppercase()), "{value}: {dump}\n{script}");
        }
    }
}

/// `mysqldump --skip-tz-utc` shows times as its session does.
#[test]
fn times_of_other_zones_are_told() {
    let dir = Dir::new();
    let dump = |zone: &str, kind: &str, at: &str| {
        format!(
            "-- MySQL dump 10.13\n{zone}CREATE TABLE `t` (`id` int PRIMARY KEY, `at` {kind});\n\
             INSERT INTO `t` VALUES (1,'2026-11-27 {at}:00:00');\n-- Dump completed on 2026-11-27\n"
        )
    };
    let utc = "/*!40103 SET TIME_ZONE='+00:00' */;\n";
    let east = "/*!40103 SET TIME_ZONE='+01:00' */;\n";
    for (old, new, kind, is_told) in [
        (utc, utc, "timestamp", false),
        ("", "", "timestamp", false),
        (utc, "", "timestamp", true),
        (utc, east, "timestamp", true),
        (utc, "", "datetime", false),
    ] {
        dir.write("old.sql", dump(old, kind, "10"));
        dir.write("new.sql", dump(new, kind, "11"));
        let outcome = run(&dir, ["diff", "old.sql", "new.sql", "--table", "t", "-q"]).expect(1);
        let told =
            outcome.stderr.contains("times of OLD stand in the time zone +00:00, and of NEW in");
        assert_eq!(told, is_told, "{old}{new}{kind}: {}", outcome.stderr);
    }
}
