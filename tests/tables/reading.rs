//! What is read: the same rows in other words, and one answer on every way.

use ldifsync::dialect::Dialect;
use ldifsync::diff::tables::{TableOptions, diff_tables};
use ldifsync::emit::sql::SqlStyle;
use ldifsync::output::Target;
use ldifsync::table::TableName;

use super::draw::{Drawn, csv};
use crate::rng::Rng;
use crate::util::{Dir, for_seeds, run};

/// The statements of a script for these texts.
fn statements(old: &str, new: &str, names: [&str; 2], more: &[&str]) -> Vec<String> {
    let dir = Dir::new();
    dir.write(names[0], old);
    dir.write(names[1], new);
    let mut args = vec!["diff", names[0], names[1], "--table", "t", "--key", "id"];
    args.extend(["--dialect", "sqlite", "-q", "--guard", "none", "--max-delete", "100%"]);
    args.extend(more);
    let outcome = run(&dir, args);
    assert!(outcome.status < 2, "{}", outcome.stderr);
    let text = String::from_utf8(outcome.stdout).expect("a script is text");
    let is_change = |line: &&str| ["UPDATE", "DELETE"].iter().any(|verb| line.starts_with(verb));
    let statement = |line: &str| line.split(" WHERE ").next().unwrap_or_default().to_owned();
    text.lines().filter(is_change).map(statement).collect()
}

#[test]
fn one_table_is_written_in_many_ways() {
    let base = "id,a,b\n1,x,\n2,\"y, z\",\"\"\n";
    let csv = ["old.csv", "new.csv"];
    let same: &[(&str, [&str; 2], &[&str])] = &[
        ("id,a,b\r\n1,x,\r\n2,\"y, z\",\"\"\r\n", csv, &[]),
        ("b,id,a\n,1,x\n\"\",2,\"y, z\"\n", csv, &[]),
        ("\"id\",\"a\",\"b\"\n\"2\",\"y, z\",\"\"\n\"1\",\"x\",\n", csv, &[]),
        ("id\ta\tb\n1\tx\t\n2\ty, z\t\"\"\n", ["old.csv", "new.tsv"], &[]),
        ("id,a,b,more\n1,x,,1\n2,\"y, z\",\"\",2\n", csv, &["--exclude-attributes", "more"]),
        ("id,a,b,more\n1,x,,1\n2,\"y, z\",\"\",2\n", csv, &["--attributes", "A,b"]),
        ("\u{feff}id,a,b\n1,x,\n2,\"y, z\",\"\"\n", csv, &[]),
    ];
    for (text, names, more) in same {
        assert_eq!(statements(base, text, *names, more), [""; 0], "{text}");
        if names[1] == names[0].replace("old", "new") {
            assert_eq!(statements(text, base, *names, more), [""; 0], "{text}");
        }
    }
    let both: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "1;x\n",
            "1;\n",
            &["--columns", "id,a", "--delimiter", ";"],
            &["UPDATE \"t\" SET \"a\" = NULL"],
        ),
        (
            "id,a\n1,NULL\n2,\n",
            "id,a\n1,\n2,NULL\n",
            &["--null", "NULL"],
            &["UPDATE \"t\" SET \"a\" = ''", "UPDATE \"t\" SET \"a\" = NULL"],
        ),
        (
            "id,a\n1,\"x\n",
            "id,a\n1,y\"\n",
            &["--quote", "none"],
            &["UPDATE \"t\" SET \"a\" = 'y\"'"],
        ),
        (
            "id,a\n1,'x'\n",
            "id,a\n1,'\\'\\\\,\n'\n",
            &["--quote", "'", "--escape", "\\"],
            &["UPDATE \"t\" SET \"a\" = replace('''\\,\\a;','\\a;',char(10))"],
        ),
        (
            "id\ta\n1\tx\n",
            "id\ta\n",
            &["--delimiter", "tab", "--allow-empty"],
            &["DELETE FROM \"t\""],
        ),
    ];
    for (old, new, more, wanted) in both {
        assert_eq!(statements(old, new, csv, more), *wanted, "{new}");
    }
}

/// The script and the way back, or the error.
fn answer(
    dir: &Dir,
    style: SqlStyle,
    part: usize,
    memory: usize,
    threads: usize,
) -> (String, Vec<u8>) {
    let table = TableName::parse("t").expect("a name");
    let (old, new) = (dir.file("old.csv"), dir.file("new.csv"));
    let mut options = TableOptions::new(old, new, table);
    options.dialect = Some(Dialect::Postgres);
    options.style = style;
    options.key = vec!["id".to_owned()];
    options.unique = vec!["mail".to_owned()];
    options.output = Target::File(dir.file("change.sql"));
    options.max_delete = Some(ldifsync::diff::Limit::Percent(100.0));
    (options.part, options.memory, options.threads) = (part, memory, Some(threads));
    match diff_tables(&options, &|_| {}, &mut |_| Ok(None)) {
        Ok(report) => (format!("{:?}", report.counts()), dir.read("change.sql")),
        Err(error) => (error.to_string(), Vec::new()),
    }
}

#[test]
fn threads_parts_and_memory_do_not_change_a_script() {
    for_seeds("tables", 40, |_, rng: &mut Rng| {
        let drawn = Drawn::new(rng);
        let (old, mut new) = (csv(&drawn.old), csv(&drawn.new));
        if rng.chance(30) {
            let row = new.iter().rposition(|b| *b == b',').unwrap_or(0);
            new.insert(row, b'"');
        }
        if rng.chance(30) {
            let rows = new.clone();
            new.extend(rows.splitn(2, |b| *b == b'\n').nth(1).unwrap_or_default());
        }
        let dir = Dir::new();
        dir.write("old.csv", old);
        dir.write("new.csv", new);
        for style in [SqlStyle::Statements, SqlStyle::Staged] {
            let wanted = answer(&dir, style, 1 << 20, usize::MAX, 1);
            for (part, memory, threads) in
                [(1, usize::MAX, 2), (40, (14 << 20) + 300, 3), (700, (14 << 20) + 90, 8)]
            {
                let found = answer(&dir, style, part, memory, threads);
                assert_eq!(found, wanted, "{style:?} {part} {memory} {threads}");
            }
        }
    });
}

#[test]
fn what_a_side_is_can_be_said() {
    let base = "id\ta\n1\tx\n";
    let tsv = ["--old-format", "tsv", "--new-format", "tsv"];
    assert_eq!(statements(base, base, ["old.txt", "new.csv"], &tsv), [""; 0]);
    let dir = Dir::new();
    dir.write("old.ldif", "id,a\n1,x\n");
    let args = ["diff", "-", "old.ldif", "--key", "id", "--table", "t", "--dialect", "sqlite"];
    let from_stdin = |more: &[&str]| {
        let args = args.iter().chain(more).copied();
        crate::util::Cmd::new(&dir).args(args).stdin(b"id,a\n1,x\n").run()
    };
    from_stdin(&["--old-format", "csv", "--new-format", "csv"]).expect(0);
    let said = from_stdin(&["--old-format", "csv"]).expect(2).stderr;
    assert!(said.contains("expected two inputs of one kind, but found the table `-`"), "{said}");
    let said =
        run(&dir, ["diff", "old.ldif", "old.ldif", "--old-format", "csv", "--new-format", "csv"]);
    assert!(said.expect(2).stderr.contains("expected `--table` for two tables"));
}

#[test]
fn what_is_not_compared_is_said() {
    let dir = Dir::new();
    dir.write("old.csv", "id,vv,vV,full name\n1,a,b,c\n");
    dir.write("new.csv", "id,vv,vV,full name\n1,a,B,d\n");
    let args = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "--dialect", "sqlite"];
    let said = |more: &[&str], status| run(&dir, args.iter().chain(more).copied()).expect(status);
    for (given, column) in [("Full Name", "full name"), ("vV", "vV")] {
        let script = said(&["--exclude-attributes", given], 1).stdout;
        let script = String::from_utf8(script).expect("text");
        let line = format!("\n-- left out: {column}: what is inserted, also by the way back,");
        assert!(script.contains(&line), "{script}");
    }
    // Two columns that are one but for their case: nobody says which is meant.
    let refused = said(&["--attributes", "VV"], 2).stderr;
    assert!(refused.contains("expected a column of the table, but found `VV`"), "{refused}");
    for (more, option) in [
        (&["--compare", "schema"][..], "--compare"),
        (&["--modify-style", "replace"], "--modify-style"),
        (&["--quote", "none", "--escape", "x"], "--escape"),
    ] {
        assert!(said(more, 2).stderr.contains(option));
    }
}

#[test]
fn secrets_are_masked_where_people_read() {
    let dir = Dir::new();
    dir.write("old.csv", "id,userPassword,pin\n1,{SSHA}old,1111\n2,a,b\n");
    dir.write("new.csv", "id,userPassword,pin\n1,{SSHA}new,2222\n3,,\"\"\n");
    let args =
        ["diff", "old.csv", "new.csv", "--table", "t", "--key", "ID", "-q", "--max-delete", "9"];
    let said = |more: &[&str]| {
        let outcome = run(&dir, args.iter().chain(more).copied()).expect(1);
        String::from_utf8(outcome.stdout).expect("text")
    };
    let shown = said(&["--format", "unified", "--secret", "pin"]);
    let expected = "--- old.csv (2 rows)\n+++ new.csv (2 rows)\n# 1 insert, 1 delete, 1 update\n\n\
                    # deleted\n@@ id 2 @@\n- id: 2\n- userPassword: ********\n- pin: ********\n\n\
                    # inserted\n@@ id 3 @@\n+ id: 3\n+ userPassword is NULL\n+ pin: ********\n\n\
                    # updated\n@@ id 1 @@\n- userPassword: ********\n+ userPassword: ********\n\
                    - pin: ********\n+ pin: ********\n";
    assert_eq!(shown, expected);
    let script = said(&["--dialect", "mysql", "--format", "sql"]);
    assert!(script.contains("{SSHA}new") && script.contains("2222"), "{script}");
    let counts = said(&["--format", "summary"]);
    assert!(
        counts.ends_with("1 inserted\n           1 deleted\n           1 updated\n"),
        "{counts}"
    );
}

/// The values of these columns are the same in other words.
#[test]
fn values_are_equal_that_mean_the_same() {
    let old = "id,price,active,seen,photo,code\n1,10.50,t,2026-11-27 10:00:00+01,\\x00FF,a\n";
    let new = "id,price,active,seen,photo,code\n01,10.5,1,2026-11-27T09:00:00Z,\\x00ff,a\n";
    let types = "id=integer,price=numeric(10,2),active=boolean,seen=timestamptz,photo=bytea";
    let csv = ["old.csv", "new.csv"];
    assert_eq!(statements(old, new, csv, &["--types", types]), [""; 0]);
    assert_eq!(statements(old, new, csv, &[]).len(), 1, "as text nothing is the same");
    let less = &types[..types.find(",seen").expect("a type")];
    let wanted = "UPDATE \"t\" SET \"seen\" = '2026-11-27T09:00:00Z', \"photo\" = '\\x00ff'";
    assert_eq!(statements(old, new, csv, &["--types", less]), [wanted]);
}

#[test]
fn a_file_of_statements_says_key_types_and_names() {
    let dir = Dir::new();
    dir.write("ddl.sql", "CREATE TABLE hr.t (id integer, a numeric, PRIMARY KEY (id));\n");
    dir.write("old.csv", "1,1.0\n2,x\n");
    dir.write("new.csv", "2,x\n1,1.00\n3,4\n");
    let diff = |more: &[&str]| {
        let args = ["diff", "old.csv", "new.csv", "--table", "t", "--dialect", "postgres"];
        run(&dir, args.into_iter().chain(["--columns", "id,a"]).chain(more.iter().copied()))
    };
    let outcome = diff(&["--ddl", "ddl.sql"]);
    assert!(outcome.stderr.contains("1 insert, 0 deletes, 0 updates"), "{}", outcome.stderr);
    assert!(diff(&[]).stderr.contains("expected `--key`"));
    dir.write("other.sql", "CREATE TABLE u (id integer);\n");
    let said = diff(&["--ddl", "other.sql"]).expect(2).stderr;
    assert!(said.contains("expected the table `t`, but found `u`"), "{said}");
    let said = diff(&["--ddl", "ddl.sql", "--types", "b=text"]).expect(2).stderr;
    assert!(said.contains("expected a column of the table, but found `b`"), "{said}");
}

#[test]
fn rows_as_json_are_told_from_entries_by_what_they_hold() {
    let row = "{\"id\":1,\"dn\":\"x\"}\n";
    let entry = "{\"dn\":\"dc=x\",\"attributes\":{\"dc\":[\"x\"]}}\n";
    for name in ["a.jsonl", "a.ndjson", "a.json", "a"] {
        let dir = Dir::new();
        dir.write(name, row);
        let read = run(&dir, ["transform", name, "-q"]).expect(0).stdout;
        assert_eq!(String::from_utf8_lossy(&read), "id,dn\n1,x\n", "{name}");
        run(&dir, ["check", name, "-q"]).expect(0);
        dir.write("b.csv", "id,dn\n1,x\n");
        run(&dir, ["diff", name, "b.csv", "--table", "t", "--key", "id", "--dialect", "sqlite"])
            .expect(0);
        dir.write(name, entry);
        let read = run(&dir, ["transform", name, "-q"]).expect(0).stdout;
        assert_eq!(String::from_utf8_lossy(&read), "dn: dc=x\ndc: x\n\n", "{name}");
    }
    let dir = Dir::new();
    let from_stdin = |more: &[&str]| {
        crate::util::Cmd::new(&dir)
            .args(["transform", "-", "-q"])
            .args(more.iter().copied())
            .stdin(row.as_bytes())
            .run()
    };
    let said = from_stdin(&[]).expect(2).stderr;
    assert!(said.contains("rows are read with `--input-format json`"), "{said}");
    from_stdin(&["--input-format", "json"]).expect(0);
}

/// UTF-16 of a byte order.
fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

#[test]
fn texts_are_decoded_once() {
    let text = "имя,id\nü,1\n";
    let (little, big) = (utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes));
    let marked = |order| utf16(&format!("\u{feff}{text}"), order);
    for (bytes, encoding) in [
        (little.clone(), Some("utf-16le")),
        (little, Some("UTF-16")),
        (big, Some("utf-16be")),
        // What the first bytes say, they know better.
        (marked(u16::to_be_bytes), Some("utf-16")),
        (marked(u16::to_le_bytes), None),
        (marked(u16::to_le_bytes), Some("latin1")),
        (format!("\u{feff}{text}").into_bytes(), Some("latin1")),
        (text.as_bytes().to_vec(), None),
    ] {
        let dir = Dir::new();
        dir.write("a.csv", bytes);
        dir.write("ddl.sql", "SET standard_conforming_strings = on;\nCREATE TABLE t (имя text, id int PRIMARY KEY);\n");
        let said = encoding.map(|encoding| ["--encoding", encoding]).into_iter().flatten();
        let ddl = ["--ddl", "ddl.sql", "--table", "t"];
        let args = ["transform", "a.csv", "-q"].into_iter().chain(ddl).chain(said);
        let read = run(&dir, args).expect(0).stdout;
        assert_eq!(String::from_utf8_lossy(&read), text, "{encoding:?}");
    }
}

/// A dump whose user may not read a column has NULL there.
#[test]
fn a_column_does_not_go_from_nearly_all_rows() {
    let dir = Dir::new();
    let rows = |count: usize, has: &dyn Fn(usize) -> bool| {
        let row = |n: usize| format!("{n},{}\n", if has(n) { "x" } else { "" });
        ["id,mail\n".to_owned(), (0..count).map(row).collect()].concat()
    };
    let args = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "--dialect", "sqlite"];
    for (count, keep, more, status) in [
        (30, 0, &[][..], 3),
        (30, 2, &[], 3),
        // Nine of ten.
        (30, 3, &[], 1),
        (19, 0, &[], 1),
        (30, 0, &["--max-attribute-loss", "100%"], 1),
        (30, 20, &["--max-attribute-loss", "10%"], 3),
        (30, 0, &["--format", "unified"], 1),
        (30, 0, &["--exclude-attributes", "mail"], 0),
    ] {
        dir.write("old.csv", rows(count, &|_| true));
        dir.write("new.csv", rows(count, &|n| n < keep));
        let outcome = run(&dir, args.iter().chain(more).copied());
        assert_eq!(outcome.status, status, "{count} {keep} {more:?}: {}", outcome.stderr);
        let told = outcome.stderr.contains("rows to lose mail");
        assert_eq!(told, status == 3, "{}", outcome.stderr);
    }
    // Rows that go do not count, nor do those that had nothing.
    dir.write("old.csv", rows(60, &|n| n < 30));
    dir.write("new.csv", rows(45, &|n| n < 3));
    run(&dir, args.iter().chain(&["--max-delete", "20"]).copied()).expect(1);
}

/// A file of SQL*Plus says how many rows there are, and one that was cut was read as if the others were gone.
#[test]
fn rows_are_as_many_as_the_last_line_says() {
    let dir = Dir::new();
    dir.write("old.csv", "ID,A\n1,x\n2,\"y\nz\"\n3,z\n");
    for (new, is_whole) in [
        ("\n\"ID\",\"A\"\n1,\"x\"\n2,\"y\nz\"\n3,\"z\"\n\n3 rows selected.\n\n", true),
        ("\n\"ID\",\"A\"\n1,\"x\"\n\n1 row selected.\n", true),
        ("\n\"ID\",\"A\"\n\nno rows selected\n\n", true),
        ("\n\"ID\",\"A\"\n1,\"x\"\n\nno rows selected\n", false),
        ("\n\"ID\",\"A\"\n1,\"x\"\n2,\"y\nz\"\n\n3 rows selected.\n", false),
        ("\n\"ID\",\"A\"\n1,\"x\"\n2,\"y\"\n3,\"z\"\n\n1,003 rows selected.\n", false),
    ] {
        dir.write("new.csv", new);
        let oracle = ["--dump-style", "oracle", "-q"];
        let diff = [
            "diff",
            "old.csv",
            "new.csv",
            "--table",
            "t",
            "--key",
            "ID",
            "--dialect",
            "oracle",
            "--max-delete",
            "100%",
            "--allow-empty",
        ];
        let read = run(&dir, diff.into_iter().chain(oracle));
        assert_eq!(read.status == 2, !is_whole, "{new}: {}", read.stderr);
        let checked = run(&dir, ["check", "new.csv"].into_iter().chain(oracle));
        assert_eq!(checked.status == 0, is_whole, "{new}: {}", checked.stderr);
    }
}

/// Where no row comes SQL*Plus names no columns either.
/// Rows of PostgreSQL's partitions stand in tables of their own, those of MySQL's in the table itself.
#[test]
fn a_table_of_partitions_has_their_rows_or_none() {
    let dir = Dir::new();
    let read = |text: &str, more: &[&str]| {
        dir.write("t.sql", text);
        let usual = ["transform", "t.sql", "--table", "t", "--format", "csv"];
        run(&dir, usual.iter().chain(more).copied())
    };
    let mysql = "CREATE TABLE `t` (`id` int)\n/*!50100 PARTITION BY HASH (`id`) PARTITIONS 2 */;\n";
    let one = format!("{mysql}INSERT INTO `t` VALUES (1);\n");
    for (text, rows) in [(mysql, "id\n"), (&one, "id\n1\n")] {
        assert_eq!(read(text, &["--dump-style", "mysql"]).expect(0).stdout, rows.as_bytes());
    }
    let made = "CREATE TABLE t (id int) PARTITION BY HASH (id);\nCREATE TABLE t_0 PARTITION OF t \
                FOR VALUES WITH (MODULUS 1, REMAINDER 0);\n";
    let rows = "COPY t_0 (id) FROM stdin;\n1\n\\.\n";
    dir.write("ddl.sql", made);
    let postgres = ["--dump-style", "postgres"];
    let beside = ["--dump-style", "postgres", "--ddl", "ddl.sql"];
    for (text, more) in [(&*[made, rows].concat(), &postgres[..]), (rows, &beside[..])] {
        let said = read(text, more).expect(2).stderr;
        assert!(
            said.contains("expected the rows of `t`, but found those of its partitions"),
            "{said}"
        );
    }
}

#[test]
fn a_query_of_no_row_is_a_table_without_rows() {
    let dir = Dir::new();
    dir.write("ddl.sql", "CREATE TABLE \"T\" (\"ID\" NUMBER PRIMARY KEY, \"A\" VARCHAR2(9));\n");
    dir.write("old.csv", "\nno rows selected\n\n");
    dir.write("new.csv", "\n\"ID\",\"A\"\n1,\"x\"\n\n1 row selected.\n");
    let args = ["diff", "old.csv", "new.csv", "--table", "T", "--dialect", "oracle"];
    let more = ["--dump-style", "oracle", "--ddl", "ddl.sql"];
    let outcome = run(&dir, args.into_iter().chain(more)).expect(1);
    assert!(outcome.stderr.contains("1 insert, 0 deletes"), "{}", outcome.stderr);
}

/// The line with which a client counts rows was a row of a table of one column, and else one of too few fields.
#[test]
fn clients_count_their_rows() {
    let dir = Dir::new();
    for (style, text, status) in [
        ("postgres", "id,a\n1,x\n2,y\n(2 rows)\n", 0),
        ("postgres", "id,a\n1,x\n(2 rows)\n", 2),
        ("postgres", "id,a\n1,x\n2,y\n(1 row)\n", 2),
        ("mssql", "id,a\n1,x\n2,y\n\n(2 rows affected)\n", 0),
        ("mssql", "id,a\n1,x\n\n(2 rows affected)\n", 2),
        ("db2", "1,x\n2,y\n\n  2 record(s) selected.\n\n", 0),
        ("db2", "1,x\n\n  2 record(s) selected.\n", 2),
    ] {
        dir.write("old.csv", if style == "db2" { "1,x\n2,y\n" } else { "id,a\n1,x\n2,y\n" });
        dir.write("new.csv", text);
        let args = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "-q"];
        let columns: &[&str] = if style == "db2" { &["--columns", "id,a"] } else { &[] };
        let more =
            ["--dialect", style, "--dump-style", style].into_iter().chain(columns.iter().copied());
        let outcome = run(&dir, args.into_iter().chain(more));
        assert_eq!(outcome.status, status, "{text}{}", outcome.stderr);
        assert_eq!(outcome.stderr.contains("as this line says"), status == 2, "{}", outcome.stderr);
    }
}

/// What `mysql --batch` shows has names, and NULL as a word: nobody could have it read.
#[test]
fn what_the_client_of_mysql_shows_is_read() {
    let dir = Dir::new();
    dir.write("old.tsv", "id\ta\n1\tx\\ty\n2\tNULL\n3\tNULLS\n4\t\\\\N\n5\tq\"q\n");
    let args = ["transform", "old.tsv", "--format", "jsonl", "-q", "--dump-style", "mysql"];
    let read = run(&dir, args.into_iter().chain(["--null", "NULL"])).expect(0).stdout;
    let wanted = [
        r#"{"id":"1","a":"x\ty"}"#,
        r#"{"id":"2","a":null}"#,
        r#"{"id":"3","a":"NULLS"}"#,
        r#"{"id":"4","a":"\\N"}"#,
        r#"{"id":"5","a":"q\"q"}"#,
    ];
    assert_eq!(String::from_utf8_lossy(&read).lines().collect::<Vec<&str>>(), wanted);
    let other = run(&dir, args.into_iter().chain(["--null", "nil"]));
    assert_eq!(other.status, 2, "{}", other.stderr);
}
