//! Scripts for databases that no test can run: word for word as they were reviewed, statement for statement
//! as a parser takes them, and literal for literal as laws.

mod definition;
mod laws;
mod parse;
mod read;

use std::path::{Path, PathBuf};

use crate::util::{Dir, assert_same_text, run};

pub const DIALECTS: [&str; 3] = ["mssql", "oracle", "db2"];

/// What a table of every type of column holds before and after.
const TYPED: (&str, &str) = (
    "id,login,note,code,ok,price,ratio,day,clock,at,seen,photo,guid\n\
     1,ann,\"a\nb\",ab,t,1.50,0.1,2026-02-03,04:05:06,2026-02-03 04:05:06.7,2026-02-03 04:05:06+01,\\x00ff,6F9619FF-8B86-D011-B42D-00C04FC964FF\n\
     2,B$(x)&o;,,,f,-2,1e10,,,,,,\n\
     3,gone,\"\",\"\",,,,,,,,\"\",\n",
    "id,login,note,code,ok,price,ratio,day,clock,at,seen,photo,guid\n\
     1,Ann,it's é\u{200b} \u{1b}[m  ,abc  ,f,1.75,NaN,0044-03-15 BC,24:00:00,2026-02-03T04:05,2026-02-03 05:05:06.25-0330,\\xdead,6f9619ff-8b86-d011-b42d-00c04fc964ff\n\
     2,B$(x)&o;,/,,f,-2,1e10,2026-12-31,,,,,\n\
     4,new,,,t,0,,,,,,\\x00,\n",
);

const TYPES: &str = "id=int,login=varchar(20),note=clob,code=char(5),ok=boolean,price=numeric(10,2),ratio=double,\
     day=date,clock=time,at=timestamp,seen=timestamptz,photo=blob";

/// What a table of which nothing is known holds; two swap a unique value, and the key is of two columns.
const PLAIN: (&str, &str) = (
    "Team No,key,mail,note\n1,a,x@example.com,\n1,b,y@example.com,one\n2,a,,two\n",
    "Team No,key,mail,note\n1,a,y@example.com,\n1,b,x@example.com,\"one\r\nmore\"\n2,ä,,\"\"\n",
);

const PLAIN_ARGS: &[&str] = &["--table", "staff", "--key", "Team No,key", "--unique", "mail"];

/// A script, by what it is called.
struct Case {
    name: &'static str,
    tables: (&'static str, &'static str),
    args: &'static [&'static str],
    /// Whether the way back is looked at, too.
    has_undo: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "typed",
        tables: TYPED,
        args: &["--table", "hr.Staff", "--key", "id", "--types", TYPES],
        has_undo: true,
    },
    Case { name: "plain", tables: PLAIN, args: PLAIN_ARGS, has_undo: false },
    Case {
        name: "row",
        tables: PLAIN,
        args: &["--table", "staff", "--key", "Team No,key", "--guard", "row", "--end", "rollback"],
        has_undo: true,
    },
    Case {
        name: "none",
        tables: TYPED,
        args: &["--table", "staff", "--key", "login,id", "--guard", "none", "--attributes", "note"],
        has_undo: false,
    },
];

/// What `diff` writes.
pub fn scripts(
    (old, new): (&[u8], &[u8]),
    dialect: &str,
    args: &[&str],
) -> Vec<(&'static str, String)> {
    let dir = Dir::new();
    dir.write("old.csv", old);
    dir.write("new.csv", new);
    let line = ["diff", "old.csv", "new.csv", "-q", "--max-delete", "100%", "--dialect", dialect];
    let files = ["-o", "change.sql", "--undo", "undo.sql", "--allow-empty"];
    let outcome = run(&dir, line.into_iter().chain(files).chain(args.iter().copied()));
    assert!([0, 1].contains(&outcome.status), "{}", outcome.stderr);
    let text = |name| String::from_utf8(dir.read(name)).expect("a script is text");
    vec![("change", text("change.sql")), ("undo", text("undo.sql"))]
}

/// Every script of the table above and what `transform` writes, with the name of its file.
pub fn all(dialect: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for Case { name, tables, args, has_undo } in CASES {
        let tables = (tables.0.as_bytes(), tables.1.as_bytes());
        let scripts = scripts(tables, dialect, args);
        let kept = scripts.into_iter().filter(|(way, _)| *has_undo || *way == "change");
        all.extend(kept.map(|(way, script)| (format!("{dialect}-{name}-{way}.sql"), script)));
    }
    let dir = Dir::new();
    dir.write("new.csv", TYPED.1);
    let line = ["transform", "new.csv", "--table", "hr.Staff", "--format", "sql", "-q"];
    let outcome = run(&dir, line.into_iter().chain(["--types", TYPES, "--dialect", dialect]));
    let outcome = outcome.expect(0);
    all.push((format!("{dialect}-load.sql"), String::from_utf8(outcome.stdout).expect("text")));
    all.push((format!("{dialect}-several-change.sql"), several(dialect)));
    all
}

/// Three tables that refer to each other, in blocks.
fn several(dialect: &str) -> String {
    let dir = Dir::new();
    for name in ["hr-old.sql", "hr-new.sql"] {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/table").join(name);
        dir.write(name, std::fs::read(sample).expect("a sample"));
    }
    let line = ["diff", "hr-old.sql", "hr-new.sql", "-q", "--commit-every", "4"];
    let outcome = run(&dir, line.into_iter().chain(["--dialect", dialect])).expect(1);
    String::from_utf8(outcome.stdout).expect("a script is text")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/dialects")
}

/// With `LDIFSYNC_TEST_BLESS=1` the files are written anew, to be read in the diff: no server here reads
/// them, so whoever changes one holds it against the manuals.
#[test]
fn scripts_are_as_they_were_reviewed() {
    for dialect in DIALECTS {
        for (name, script) in all(dialect) {
            let path = folder().join(&name);
            if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
                std::fs::write(path, script).expect("a file of the tests");
                continue;
            }
            let reviewed = std::fs::read_to_string(path).expect("a file of the tests");
            assert_same_text(&name, &reviewed, &script);
        }
    }
}

/// What is in a name is not taken for a line of the client.
#[test]
fn names_that_no_script_can_hold_are_refused() {
    let dir = Dir::new();
    dir.write("lines.csv", "id,\"a\nhost x\"\n1,2\n");
    dir.write("quotes.csv", "id,\"a\"\"b\"\n1,2\n");
    for (file, dialect, found) in [
        ("lines.csv", "mssql", "a control character in a name"),
        ("lines.csv", "oracle", "a control character in a name"),
        ("lines.csv", "db2", "a control character in a name"),
        ("quotes.csv", "oracle", "a double quote in a name"),
        ("quotes.csv", "db2", ""),
        ("quotes.csv", "mssql", ""),
    ] {
        let args = ["transform", file, "--table", "t", "--format", "sql", "--dialect", dialect];
        let outcome = run(&dir, args);
        let status = if found.is_empty() { 0 } else { 2 };
        assert_eq!(outcome.status, status, "{file} {dialect}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(found), "{file} {dialect}: {}", outcome.stderr);
    }
}

#[test]
fn bytes_without_a_literal_are_refused() {
    let dir = Dir::new();
    dir.write("t.csv", format!("id,photo\n1,\\x{}\n", "00".repeat(2001)));
    for (dialect, status) in [("oracle", 2), ("db2", 0), ("mssql", 0)] {
        let args = ["transform", "t.csv", "--table", "t", "--format", "sql", "--dialect", dialect];
        let outcome = run(&dir, args.into_iter().chain(["--types", "photo=blob"]));
        assert_eq!(outcome.status, status, "{dialect}: {}", outcome.stderr);
        let is_told = outcome.stderr.contains("`photo`, but found more than 2,000 bytes");
        assert_eq!(is_told, status == 2, "{}", outcome.stderr);
    }
}

/// A dump of SSMS or SQL Developer says key, types and database itself.
#[test]
fn a_dump_goes_back_to_its_own_database() {
    const MSSQL: &str = "SET ANSI_NULLS ON\nGO\nCREATE TABLE [dbo].[T]([Id] [int] IDENTITY(1,1) NOT NULL, \
        [Name] [nvarchar](9) NULL, [Twice] AS ([Id]*(2)), CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([Id] ASC) ON [PRIMARY])\nGO\n\
        INSERT [dbo].[T] ([Id], [Name]) VALUES (1, N'ann')\nGO\n";
    const ORACLE: &str = "SET DEFINE OFF;\nCREATE TABLE \"HR\".\"T\" (\"ID\" NUMBER(10,0) NOT NULL ENABLE, \
        \"NAME\" DATE, CONSTRAINT \"PK\" PRIMARY KEY (\"ID\") USING INDEX ENABLE);\n\
        Insert into HR.T (ID,NAME) values (1,to_date('03-FEB-26','DD-MON-RR'));\n";
    for (old, change, table, wanted) in [
        (
            MSSQL,
            ("N'ann'", "N'Ann'"),
            "t",
            "UPDATE [dbo].[T] SET [Name] = N'Ann' WHERE [Id] = 1 AND CAST([Name] AS nvarchar(max)) + N'.' = N'ann' + N'.' COLLATE Latin1_General_BIN2; ",
        ),
        (
            ORACLE,
            ("03-FEB", "04-FEB"),
            "t",
            "UPDATE \"HR\".\"T\" SET \"NAME\" = TIMESTAMP '2026-02-04 00:00:00' WHERE \"ID\" = 1 AND \"NAME\" = TIMESTAMP '2026-02-03 00:00:00'; ",
        ),
    ] {
        let dir = Dir::new();
        dir.write("old.sql", old);
        dir.write("new.sql", old.replace(change.0, change.1));
        let outcome = run(&dir, ["diff", "old.sql", "new.sql", "--table", table, "-q"]).expect(1);
        let script = String::from_utf8(outcome.stdout).expect("a script is text");
        let line = script.lines().find(|line| line.starts_with("UPDATE ")).expect("an update");
        assert!(line.starts_with(wanted), "{line}");
    }
}
