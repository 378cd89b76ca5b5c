//! Scripts in both styles: what staged ones have besides, and that both do and say the same.

use std::borrow::Cow;
use std::fmt::Write as _;

use ldifsync::dialect::Dialect;
use ldifsync::emit::sql::{Block, End, Loading, RowGuard, Script, Stage, Survey, TableScript};
use ldifsync::plan::rows::RowStep;
use ldifsync::source::Extent;
use ldifsync::table::{ColumnType, Columns, Row, RowChange, Said, TableName, Typing, Value};

use super::database::{Database, Engine, Said as Told};
use super::{STYLES, script_for};
use crate::rng::Rng;
use crate::util::{Dir, run};

/// The first sentence of a script about a change that is wrong.
pub fn sentence(said: &Told) -> Option<String> {
    let told = [&*said.out, &said.err].concat();
    // `mariadb` repeats the statement before it complains of a value.
    let told = told.split_once("value: '").map_or(&*told, |(_, value)| value);
    let sentence = told.split("ldifsync: change ").nth(1)?;
    sentence.split(['\n', '\'']).next().map(str::to_owned)
}

/// What goes beyond the random tables.
pub fn prove(database: &Database) {
    prove_many(database);
    prove_cut(database);
    prove_exact(database);
    prove_keys(database);
    prove_guards(database);
    prove_session(database);
    for said in [Said::Bytes, Said::Nothing] {
        prove_bytes(database, said);
    }
    if database.engine == Engine::Postgres {
        prove_rows_are_no_statements(database);
        prove_refused(database);
    }
}

fn make(database: &Database, definition: &str) {
    database.prepare(&format!("DROP TABLE IF EXISTS t;\n{definition}"));
}

/// The scripts in both styles.
fn both(database: &Database, old: &str, new: &str, more: &[&str]) -> [String; 2] {
    STYLES.map(|style| {
        let all = [&["--sql-style", style, "--max-delete", "100%"][..], more].concat();
        script_for(database.engine, old, new, &all)
    })
}

/// A table of more rows than a statement takes, with more combinations of changed columns than have a
/// statement of their own.
struct Many {
    columns: Vec<String>,
    definition: String,
    old: String,
    new: String,
}

impl Many {
    const ROWS: usize = 1203;

    fn new(engine: Engine) -> Many {
        let mut rng = Rng::new(7);
        let columns: Vec<String> =
            std::iter::once("id".to_owned()).chain((1..8).map(|n| format!("c{n}"))).collect();
        let mut definition = "CREATE TABLE t (id INT PRIMARY KEY".to_owned();
        for name in &columns[1..] {
            let _ = write!(definition, ", {} VARCHAR(40)", engine.name(name));
        }
        let cell = |rng: &mut Rng| match rng.below(8) {
            0 => String::new(),
            1 => "\"\"".to_owned(),
            2 => "\"it's; \\ \n\"".to_owned(),
            n => format!("value {n}"),
        };
        let head = columns.join(",") + "\n";
        let (mut old, mut new) = (head.clone(), head);
        for id in 1..=Many::ROWS {
            let mut cells: Vec<String> = (1..8).map(|_| cell(&mut rng)).collect();
            let (goes, comes) = (rng.chance(5), rng.chance(5));
            if !comes {
                let _ = writeln!(old, "{id},{}", cells.join(","));
            }
            for value in &mut cells {
                if rng.chance(40) {
                    *value = cell(&mut rng);
                }
            }
            if !goes {
                let _ = writeln!(new, "{id},{}", cells.join(","));
            }
        }
        Many { columns, definition: definition + ");", old, new }
    }

    /// The table as one of the two files has it.
    fn load(&self, database: &Database, text: &str) {
        make(database, &self.definition);
        let empty = self.columns.join(",") + "\n";
        let script = script_for(database.engine, &empty, text, &["--sql-style", "statements"]);
        database.prepare(&script);
    }
}

fn prove_many(database: &Database) {
    let many = Many::new(database.engine);
    let columns: Vec<&str> = many.columns.iter().map(String::as_str).collect();
    let [old, new] = [&many.old, &many.new].map(|text| {
        many.load(database, text);
        database.rows("t", &columns)
    });
    for guard in ["changed", "row", "none"] {
        many.load(database, &many.old);
        let script = &both(database, &many.old, &many.new, &["--guard", guard])[1];
        assert!(script.contains("c.mask"), "fewer combinations than were meant");
        let said = database.script(script);
        assert!(said.ok, "{}", said.err);
        assert!(database.rows("t", &columns) == new, "--guard {guard}");
    }
    let back = &both(database, &many.new, &many.old, &[])[1];
    let said = database.script(back);
    assert!(said.ok, "{}", said.err);
    assert!(database.rows("t", &columns) == old);
    // The same change is the first that is wrong, wherever it is.
    let scripts = both(database, &many.old, &many.new, &["--guard", "row"]);
    for (id, column) in [(11, "c1"), (600, "c4"), (1100, "c7")] {
        many.load(database, &many.old);
        let name = database.engine.name(column);
        database.prepare(&format!("UPDATE t SET {name} = 'changed' WHERE id > {id};"));
        let before = database.rows("t", &columns);
        let told = scripts.each_ref().map(|script| sentence(&database.script(script)));
        assert!(told[0].is_some() && told[0] == told[1], "{told:?}");
        assert!(database.rows("t", &columns) == before);
    }
}

/// A script that was cut leaves the table as it was, wherever it was cut.
fn prove_cut(database: &Database) {
    let many = Many::new(database.engine);
    let columns: Vec<&str> = many.columns.iter().map(String::as_str).collect();
    many.load(database, &many.old);
    let before = database.rows("t", &columns);
    for script in both(database, &many.old, &many.new, &[]) {
        let commit = ["\nCOMMIT;", "\nEXECUTE "].iter().filter_map(|end| script.rfind(end)).max();
        let commit = commit.expect("an end");
        let parts = [1, 10, 30, 60, 90, 97, 99].map(|part| script.len() * part / 100);
        let cuts = parts.iter().flat_map(|cut| [*cut, cut + 7]).chain([commit - 5, commit + 1]);
        for cut in cuts.map(|cut| cut.min(commit + 1)) {
            let cut = (0..=cut).rev().find(|&at| script.is_char_boundary(at)).unwrap_or(0);
            database.script(&script[..cut]);
            database.forced(&script[..cut]);
            assert!(database.rows("t", &columns) == before, "{}", &script[cut..]);
        }
    }
}

/// What the dump says is asked for as it is, not as a column would keep it.
fn prove_exact(database: &Database) {
    let number =
        "CREATE TABLE t (id INT PRIMARY KEY, v NUMERIC(10,2)); INSERT INTO t VALUES (1,10.5);";
    let text = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1,'Ann');";
    for (definition, old) in [
        (number, "10.504"),
        (number, ""),
        (text, "ann"),
        (text, "Ann "),
        (text, "Ann of Green Gables"),
        (text, "\"\""),
    ] {
        make(database, definition);
        let before = database.rows("t", &["id", "v"]);
        let (old, new) = (format!("id,v\n1,{old}\n"), "id,v\n1,7\n");
        let told = both(database, &old, new, &[]).map(|script| {
            let said = database.script(&script);
            assert!(!said.ok, "{script}");
            sentence(&said)
        });
        assert!(told[0].is_some() && told[0] == told[1], "{told:?}");
        assert_eq!(database.rows("t", &["id", "v"]), before);
    }
}

/// Keys that are one to the database, and keys that are one but to their case.
fn prove_keys(database: &Database) {
    let engine = database.engine;
    make(database, "CREATE TABLE t (id INT, v VARCHAR(9)); INSERT INTO t VALUES (1,'a');");
    let before = database.rows("t", &["id", "v"]);
    for (old, new) in [
        ("id,v\n1,a\n01,a\n", "id,v\n1,b\n01,b\n"),
        ("id,v\n1,a\n01,a\n", "id,v\n"),
        ("id,v\n", "id,v\n7,a\n07,b\n"),
    ] {
        let allowed = ["--allow-empty"];
        let staged = &both(database, old, new, &allowed)[1];
        for forced in [false, true] {
            let said = if forced { database.forced(staged) } else { database.script(staged) };
            assert!(forced || !said.ok, "{staged}");
            assert_eq!(database.rows("t", &["id", "v"]), before, "{staged}");
        }
    }
    let (key, rows) = match engine {
        Engine::Postgres => ("TEXT", "('ann','1'),('Ann','2')"),
        Engine::Mariadb => ("VARCHAR(9)", "('ann','1'),('Ann','2')"),
        Engine::Sqlite => ("TEXT COLLATE NOCASE", "('ann','1'),('Ann','2')"),
    };
    for script in both(database, "id,v\nann,1\n", "id,v\nANN,3\n", &[]) {
        make(
            database,
            &format!("CREATE TABLE t (id {key}, v VARCHAR(9)); INSERT INTO t VALUES {rows};"),
        );
        let said = database.script(&script);
        assert!(said.ok, "{}\n{script}", said.err);
        let row = |id: &str, v: &str| vec![Some(id.as_bytes().to_vec()), Some(v.into())];
        assert_eq!(database.rows("t", &["id", "v"]), [row("ANN", "3"), row("Ann", "2")]);
    }
}

/// What each guard asks for, in both styles.
fn prove_guards(database: &Database) {
    let table = "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9)); \
                 INSERT INTO t VALUES (1,'x','other'),(2,'other','y');";
    let (old, new) = ("id,a,b\n1,x,y\n2,x,y\n", "id,a,b\n1,z,y\n2,x,z\n");
    for (guard, is_taken) in [("changed", true), ("row", false), ("none", true)] {
        for script in both(database, old, new, &["--guard", guard]) {
            make(database, table);
            let said = database.script(&script);
            assert_eq!(said.ok, is_taken, "{}\n{script}", said.err);
            let wanted = if is_taken {
                [["z", "other"], ["other", "z"]]
            } else {
                [["x", "other"], ["other", "y"]]
            };
            let row = |n: usize, row: [&str; 2]| {
                vec![Some(n.to_string().into()), Some(row[0].into()), Some(row[1].into())]
            };
            let wanted = [row(1, wanted[0]), row(2, wanted[1])];
            assert_eq!(database.rows("t", &["id", "a", "b"]), wanted, "{script}");
        }
    }
    let scripts = both(database, old, new, &["--guard", "none"]);
    let told = scripts.map(|script| {
        make(database, "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9), b VARCHAR(9)); INSERT INTO t VALUES (1,'x','y');");
        sentence(&database.script(&script))
    });
    assert_eq!(told.map(Option::unwrap_or_default), ["2: update t, id 2: the row is gone"; 2]);
}

/// There and back in one session: nothing is left behind that stands in the way.
fn prove_session(database: &Database) {
    let (old, new) = ("id,v\n1,a\n2,b\n", "id,v\n1,c\n3,d\n");
    let there = both(database, old, new, &[]);
    let back = both(database, new, old, &[]);
    make(
        database,
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1,'a'),(2,'b');",
    );
    let before = database.rows("t", &["id", "v"]);
    let rehearsal = both(database, old, new, &["--end", "rollback"]);
    let all = [&rehearsal[1], &there[1], &back[0], &there[0], &back[1]].map(String::as_str);
    let said = database.script(&all.concat());
    assert!(said.ok, "{}", said.err);
    assert_eq!(database.rows("t", &["id", "v"]), before);
}

/// Bytes, by the column's type or as a dump says of the values.
fn prove_bytes(database: &Database, said: Said) {
    let (engine, dialect) = match database.engine {
        Engine::Postgres => ("BYTEA", Dialect::Postgres),
        Engine::Mariadb => ("VARBINARY(20)", Dialect::Mariadb),
        Engine::Sqlite => ("BLOB", Dialect::Sqlite),
    };
    let table = TableName { parts: vec!["t".to_owned()] };
    let kind = (said == Said::Nothing).then_some(ColumnType::Bytes);
    let columns = Columns {
        names: ["id", "b"].map(str::to_owned).to_vec(),
        types: vec![kind, kind],
        notations: Vec::new(),
        typing: Typing::default(),
        key: vec![0],
    };
    let value = |bytes: &'static [u8]| Some(Value { said, bytes: Cow::Borrowed(bytes) });
    let row = |id, b: Option<&'static [u8]>| -> Row<'static> { vec![value(id), b.and_then(value)] };
    let at = Extent { start: 0, len: 0 };
    let changes = [
        (RowStep::Delete(at), RowChange::Delete(row(b"\x00'", Some(b"\xff\\")))),
        (RowStep::Insert(at), RowChange::Insert(row(b"\x01\n", Some(b"it's")))),
        (RowStep::Insert(at), RowChange::Insert(row(b"\x02", None))),
        (
            RowStep::Update(at, at),
            RowChange::Update(row(b"a", Some(b"")), row(b"a", Some(b"\x00"))),
        ),
        (RowStep::Update(at, at), RowChange::Update(row(b"A", None), row(b"A", Some(b"")))),
    ];
    let mut survey = Survey::default();
    for (n, (step, change)) in (1..).zip(&changes) {
        survey.add(n, *step, change, &columns);
    }
    let (guard, end) = (RowGuard::Row, End::Commit);
    let total = changes.len() as u64;
    let stages = [survey.clone(), survey.inverse(total)]
        .map(|survey| Stage::new(survey, dialect, &columns, guard));
    let forth: Vec<RowChange<'_>> = changes.iter().map(|(_, change)| change.clone()).collect();
    let back: Vec<RowChange<'_>> = forth.iter().rev().cloned().map(RowChange::inverse).collect();
    let write = |stage: Option<&Stage>, changes: &[RowChange<'_>]| {
        let table = TableScript {
            dialect,
            guard,
            end,
            table: &table,
            columns: &columns,
            spellings: &[],
            touched: &[],
            servers_own: &[],
            left_out: &[],
            counters: &[],
            stage,
        };
        let tables = &[table];
        let script = Script { dialect, guard, end, time_zone: None, tables };
        let lines = |line: &dyn Fn(u64, &RowChange<'_>) -> String, block: &Block| {
            let all: Vec<String> = (1..).zip(changes).map(|(n, change)| line(n, change)).collect();
            [&block.opening, all.join(block.between).as_str(), &block.closing].concat()
        };
        let loaded = script.loading(0).map(|Loading { opening, block, closing }| {
            let row = |n, change: &RowChange<'_>| script.row(n, 0, change).expect("one can");
            [&opening, lines(&row, &block).as_str(), closing].concat()
        });
        let change = |n, change: &RowChange<'_>| script.change(n, 0, change).expect("one can");
        let body = loaded.unwrap_or_else(|| lines(&change, &script.block()));
        [script.opening(), body, script.closing(total)].concat()
    };
    let digits = |bytes: &[u8]| dialect.bytes(bytes);
    let definition = format!("CREATE TABLE t (id {engine} PRIMARY KEY, b {engine});\n");
    let filled = format!(
        "{definition}INSERT INTO t VALUES ({},{}),({},{}),({},NULL);",
        digits(b"\x00'"),
        digits(b"\xff\\"),
        digits(b"a"),
        digits(b""),
        digits(b"A")
    );
    let shown = || {
        let hex = match database.engine {
            Engine::Postgres => "encode(id,'hex'), coalesce(encode(b,'hex'),'NULL')",
            Engine::Mariadb | Engine::Sqlite => "lower(hex(id)), coalesce(lower(hex(b)),'NULL')",
        };
        let nulls = if database.engine == Engine::Sqlite { "b IS NULL" } else { "0" };
        let said = database.script(&format!("SELECT {hex}, {nulls} FROM t ORDER BY id;"));
        assert!(said.ok, "{}", said.err);
        said.out
    };
    make(database, &filled);
    let before = shown();
    for (there, then) in [(None, None), (Some(&stages[0]), Some(&stages[1]))] {
        let (there, then) = (write(there, &forth), write(then, &back));
        let said = database.script(&there);
        assert!(said.ok, "{}{}\n{there}", said.out, said.err);
        let after = shown();
        assert!(after.contains("010a") && after.contains("69742773"), "{after}");
        let said = database.script(&then);
        assert!(said.ok, "{}{}\n{then}", said.out, said.err);
        assert_eq!(shown(), before, "{there}{then}");
    }
    // A column of text is no column of bytes.
    if database.engine == Engine::Postgres {
        make(database, "CREATE TABLE t (id TEXT PRIMARY KEY, b TEXT);");
        for stage in [None, Some(&stages[0])] {
            let said = database.script(&write(stage, &forth));
            assert!(!said.ok && shown_rows(database).is_empty());
        }
    }
}

fn shown_rows(database: &Database) -> Vec<super::database::Row> {
    database.rows("t", &["id", "b"])
}

/// Rows for a table that is not there, read by a client that goes on: it takes them for statements.
fn prove_rows_are_no_statements(database: &Database) {
    let hostile = [
        "; COMMIT; DROP TABLE canary; --",
        "'; COMMIT; DROP TABLE canary; --",
        ";\nCOMMIT;\nDROP TABLE canary;\n",
        "\\; ROLLBACK \\; DROP TABLE canary \\g",
        "\\g\nDROP TABLE canary\n\\g\n",
        "\\gexec",
        "$$;$$",
    ];
    make(database, "CREATE TABLE canary (id INT); INSERT INTO canary VALUES (1);");
    let values = |n: usize| -> String {
        let row = |(id, value): (usize, &&str)| format!("{id},\"{value}{n}\"\n");
        std::iter::once("id,v\n".to_owned()).chain(hostile.iter().enumerate().map(row)).collect()
    };
    let script = &both(database, &values(1), &values(2), &[])[1];
    for lost in
        ["", "\\set ON_ERROR_STOP on\n", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n"]
    {
        let script = script.replace("\\set ON_ERROR_STOP on\n", "").replace(lost, "");
        database.script(&script);
        assert_eq!(database.rows("canary", &["id"]), [[Some(b"1".to_vec())]], "{script}");
    }
}

#[test]
fn many_changes_are_staged() {
    let table = |rows: usize, value: &str| -> String {
        let row = |n| format!("{n},{value}\n");
        std::iter::once("id,v\n".to_owned()).chain((0..rows).map(row)).collect()
    };
    for (rows, style, is_staged) in [
        (1000, "auto", false),
        (1001, "auto", true),
        (1001, "statements", false),
        (1, "staged", true),
    ] {
        for engine in [Engine::Postgres, Engine::Mariadb, Engine::Sqlite] {
            let (old, new) = (table(rows, "a"), table(rows, "b"));
            let script = script_for(engine, &old, &new, &["--sql-style", style]);
            assert_eq!(script.contains("ldifsync_changes"), is_staged, "{rows} {style}");
        }
    }
    let dir = Dir::new();
    dir.write("a.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\n\n");
    let said = run(&dir, ["diff", "a.ldif", "a.ldif", "--sql-style", "staged"]).expect(2).stderr;
    assert!(said.contains("--sql-style"), "{said}");
}

/// No statement that fills the table of changes has more than 500 rows or, but for one row, a mebibyte.
#[test]
fn statements_have_a_size() {
    let table = |value: &str| -> String {
        let row = |n| format!("{n},{value}{}\n", "x".repeat(if n < 700 { 10 } else { 30_000 }));
        std::iter::once("id,v\n".to_owned()).chain((0..800).map(row)).collect()
    };
    let (old, new) = (table("a"), table("b"));
    let script = script_for(Engine::Sqlite, &old, &new, &["--sql-style", "staged"]);
    let loads: Vec<&str> = script.split("INSERT INTO temp.ldifsync_changes (").skip(1).collect();
    let loads: Vec<&str> = loads.iter().filter_map(|load| load.split(";\n").next()).collect();
    assert!(loads.len() > 6 && loads.iter().all(|load| load.len() <= (1 << 20) + 200));
    let rows: Vec<usize> = loads.iter().map(|load| load.matches("\n(").count()).collect();
    assert!(rows[0] == 500 && rows.iter().sum::<usize>() == 800, "{rows:?}");
}

/// A number with other places than its column has, as a stand-in or in a CSV file, was not what the column holds.
#[test]
fn numbers_are_held_against_columns_by_value() {
    let Some(database) = Database::start(Engine::Mariadb) else { return };
    let make = |rows: &str| {
        let columns = "id INT PRIMARY KEY, u DECIMAL(10,2) NOT NULL UNIQUE";
        make(&database, &format!("CREATE TABLE t ({columns}); INSERT INTO t VALUES {rows};"));
        database.rows("t", &["id", "u"])
    };
    let (old, new) = ("(1,1.50),(2,2.50)", "(1,2.50),(2,1.50)");
    let dir = Dir::new();
    let wanted = make(new);
    dir.write("new.sql", database.whole());
    let before = make(old);
    dir.write("old.sql", database.whole());
    dir.write("old.csv", "id,u\n1,1.5\n2,2.50\n");
    dir.write("new.csv", "id,u\n1,2.50\n2,1.5\n");
    for files in [["old.sql", "new.sql"], ["old.csv", "new.csv"]] {
        let args = ["diff", files[0], files[1], "--table", "t", "--key", "id", "-q"];
        let more = ["--dialect", "mariadb", "--sql-style", "staged", "--undo", "undo.sql"];
        let types = ["--types", "u=decimal(10,2)", "--ddl", "old.sql"];
        let all = args.into_iter().chain(more).chain(types);
        let change = String::from_utf8(run(&dir, all).expect(1).stdout).expect("text");
        let undo = String::from_utf8(dir.read("undo.sql")).expect("text");
        for (script, rows) in [(&change, &wanted), (&undo, &before)] {
            let said = database.script(script);
            assert!(said.ok, "{files:?}: {}\n{script}", said.err);
            assert_eq!(&database.rows("t", &["id", "u"]), rows, "{script}");
        }
        make("(1,1.51),(2,2.50)");
        super::assert_leaves(&database, &change, &["id", "u"], true);
        make(old);
    }
}

/// What PostgreSQL itself refuses named no change: it says what value, and not of which row.
fn prove_refused(database: &Database) {
    let table = "CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) UNIQUE, b integer REFERENCES t CHECK (b < 50));";
    let dir = Dir::new();
    let rows = |rows: &str| ["id,a,b\n1,x,1\n2,y,1\n3,z,1\n", rows].concat();
    dir.write("old.csv", rows(""));
    for (new, wanted) in [
        ("id,a,b\n1,x,1\n2,v,1\n3,w,1\n".to_owned(), "2: update t, id 3: duplicate key"),
        (
            "id,a,b\n1,x,1\n2,v,1\n3,z,8\n".to_owned(),
            "2: update t, id 3: insert or update on table",
        ),
        ("id,a,b\n1,x,1\n2,v,1\n3,z,80\n".to_owned(), "2: update t, id 3: new row for relation"),
        (rows("4,v,1\n5,w,1\n"), "2: insert into t, id 5: duplicate key"),
        ("id,a,b\n2,y,1\n3,z,1\n".to_owned(), "1: delete from t, id 1: update or delete on table"),
    ] {
        dir.write("new.csv", &new);
        make(database, table);
        database.prepare("INSERT INTO t VALUES (1,'x',1),(2,'y',1),(3,'z',1),(9,'w',1);");
        for style in STYLES {
            let diff = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "--dialect"];
            let diff = diff.into_iter().chain(["postgres", "--max-delete=9", "--sql-style", style]);
            let said = run(&dir, diff.chain(["--types", "id=int,b=int"])).expect(1);
            let said = database.script(&String::from_utf8(said.stdout).expect("text"));
            let number = wanted.split(':').next().expect("a number");
            let named = match style {
                "staged" => format!("ldifsync: change {wanted}"),
                _ => format!("/* change {number} */"),
            };
            assert!(!said.ok && said.err.contains(&named), "{style} {wanted} {}", said.err);
        }
    }
}
