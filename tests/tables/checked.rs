//! What `check` finds in the rows of a table.

use crate::util::{Dir, run};

/// The lines and messages of what is found in a file.
fn found(name: &str, text: &str, more: &[&str]) -> Vec<String> {
    let dir = Dir::new();
    dir.write(name, text);
    dir.write("ddl.sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, born DATE);\n");
    let args = ["check", name, "-q", "--format", "jsonl", "--dump-style", "sqlite"];
    let args = if name.ends_with(".csv") { &args[..] } else { &args[..5] };
    let outcome = run(&dir, args.iter().chain(more).copied());
    let text = String::from_utf8(outcome.stdout).expect("JSON is text");
    let part = |line: &str, key: &str, end: char| {
        let rest = line.split_once(key).expect(key).1;
        rest.split(end).next().unwrap_or_default().to_owned()
    };
    let finding = |line: &str| {
        format!("{} {}", part(line, "\"line\":", ','), part(line, "\"message\":\"", '"'))
    };
    text.lines().map(finding).collect()
}

#[test]
fn values_are_of_their_types() {
    let types = ["--types", "n=integer,f=float,b=boolean,d=date,t=time,s=timestamp,i=timestamptz"];
    let head = "n,f,b,d,t,s,i,x\n";
    let sound = [
        "1,1.5,t,2026-02-28,24:00:00,2026-02-28 08:01:00,2026-02-28T08:01:00Z,x\n",
        "NaN,-Infinity,0,infinity,838:59:59,0000-00-00 00:00:00,294276-12-31 00:00:00+00,\n",
        "1e3,1e999,yes,0044-03-15 BC,08:01,28-FEB-26,2026-02-28,\"\"\n",
        ",,,,,,,\n",
    ];
    assert_eq!(found("a.csv", &format!("{head}{}", sound.concat()), &types), [""; 0]);
    let bad = "abc,1.5.2,maybe,2026-02-30,8,2026-02-28 25:00:00,now,x\n\"\",,,,,,,\n";
    let expected = [
        "2 expected a number in `n`, but found `abc`",
        "2 expected a number in `f`, but found `1.5.2`",
        "2 expected true or false in `b`, but found `maybe`",
        "2 expected a date in `d`, but found `2026-02-30`",
        "2 expected a time in `t`, but found `8`",
        "2 expected a date and a time in `s`, but found `2026-02-28 25:00:00`",
        "2 expected a date and a time in `i`, but found `now`",
        "3 expected a number in `n`, but found ``",
    ];
    assert_eq!(found("a.csv", &format!("{head}{bad}"), &types), expected);
    assert_eq!(found("a.csv", &format!("{head}{bad}"), &[]), [""; 0], "as text all of it is sound");
    let secret = found("a.csv", "n,userPassword\nabc,x\n", &["--types", "n=integer"]);
    assert_eq!(secret, ["2 expected a number in `n`, but found something else"]);
}

#[test]
fn a_definition_says_what_a_column_holds_where_the_database_sees_to_it() {
    let rows = "INSERT INTO t (id, a) VALUES (1, '2026-02-30');\n";
    let wrong = "3 expected a date in `a`, but found `2026-02-30`";
    for (first, table, wanted) in [
        ("SET standard_conforming_strings = on;", "(id int, a date)", &[wrong][..]),
        ("/*!40101 SET NAMES utf8mb4 */;", "(id int, a date)", &[wrong]),
        ("PRAGMA foreign_keys=OFF;", "(id int, a date)", &[]),
        ("SET standard_conforming_strings = on;", "(id int, a money)", &[]),
    ] {
        let dump = format!("{first}\nCREATE TABLE t {table};\n{rows}");
        assert_eq!(found("a.sql", &dump, &[]), wanted, "{dump}");
    }
    let ddl = ["--ddl", "ddl.sql", "--table", "t"];
    assert_eq!(found("a.csv", "id,born\nx,y\n", &ddl), [""; 0]);
    let said = found("a.csv", "id,born\nx,y\n", &[&ddl[..], &["--types", "born=date"]].concat());
    assert_eq!(said, ["2 expected a date in `born`, but found `y`"]);
}

#[test]
fn what_means_nothing_for_rows_is_refused() {
    let dir = Dir::new();
    dir.write("a.csv", "id,v\n1,x\n");
    dir.write("a.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\n");
    let said = |args: &str, status| run(&dir, args.split(' ')).expect(status).stderr;
    for option in ["--complete", "--strict", "--schema a.ldif"] {
        let said = said(&format!("check a.csv {option}"), 2);
        let name = option.split(' ').next().expect("a name");
        assert!(said.contains(&format!("no `{name}` where tables are read")), "{said}");
    }
    assert!(said("check a.csv a.ldif --complete -q", 0).is_empty());
    let diff = "diff a.csv a.csv --table t --key id --dialect sqlite";
    for option in ["--wrap 20", "--max-record-size 1M"] {
        let name = option.split(' ').next().expect("a name");
        let said = said(&format!("{diff} {option}"), 2);
        assert!(said.contains(&format!("no `{name}` where tables are read")), "{said}");
    }
    assert!(said("transform a.csv --wrap 20", 2).contains("no `--wrap` where tables are read"));
    for (options, pair) in [
        ("--delimiter a --quote a", "`--delimiter` and `--quote`, but found `a`"),
        ("--delimiter \"", "`--delimiter` and `--quote`, but found"),
        ("--delimiter ; --escape ;", "`--delimiter` and `--escape`, but found `;`"),
    ] {
        let said = said(&format!("check a.csv {options}"), 2);
        assert!(said.contains(pair), "{said}");
    }
    dir.write("b.csv", "id,v\n1,\"a\"\"b\"\n");
    assert!(said("check b.csv --escape \" -q", 0).is_empty());
}

#[test]
fn every_table_of_a_dump_is_looked_at() {
    for (dump, wanted) in [
        // A table without columns, and one that is all made by the database.
        (
            "SET standard_conforming_strings = on;\nCREATE TABLE u ();\nCOPY u  FROM stdin;\n\n\\.\nCREATE TABLE t (id int);\nCOPY t (id) FROM stdin;\nx\n\\.\n",
            &["8 expected a number in `id`, but found `x`"][..],
        ),
        (
            "SET standard_conforming_strings = on;\nCREATE TABLE u ();\nINSERT INTO u DEFAULT VALUES;\nINSERT INTO t (id) VALUES (1);\n",
            &[],
        ),
        // Names are missing of one table alone.
        (
            "SET standard_conforming_strings = on;\nINSERT INTO u VALUES (1);\nINSERT INTO t (id) VALUES (1), (now());\n",
            &[
                "2 expected the names of the columns of these rows, but found none",
                "3 expected a value, but found `now`",
            ],
        ),
        // What SQLite writes for itself.
        (
            "PRAGMA foreign_keys=OFF;\nCREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);\nINSERT INTO t VALUES(1);\nINSERT INTO sqlite_sequence VALUES('t',1);\n",
            &[],
        ),
    ] {
        assert_eq!(found("a.sql", dump, &[]), wanted, "{dump}");
    }
}
