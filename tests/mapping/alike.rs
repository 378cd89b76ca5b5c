//! Values that a database takes for one though they are spelled otherwise: whose a row is, and what rows lead by.

use crate::ldif::to_base64;

use crate::mapping::regression::{people, person, units};
use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

/// What is to be done to the first side so that it is as the second.
fn change(dir: &Dir, sides: [&str; 2], status: i32) -> String {
    let args = ["diff", sides[0], sides[1], "--mapping", "m.toml"];
    String::from_utf8(run(dir, args).expect(status).stdout).expect("text")
}

/// A mapping for this database.
fn trial(engine: Engine, flows: &str) -> Dir {
    let dir = people(flows, "");
    let toml = String::from_utf8(dir.read("m.toml")).expect("text");
    dir.write("m.toml", toml.replace("sqlite", engine.dialect()));
    dir
}

/// A column that says whose rows are was compared by its bytes: a boolean that a dump writes as `t`, and a text that is
/// filled up with blanks, owned nothing. All values went from the entry, and no row of the database.
#[test]
fn an_owner_is_known_however_its_column_spells_it() {
    for (engine, kind, owner, other) in [
        (Engine::Postgres, "boolean", "true", "false"),
        (Engine::Postgres, "char(8)", "sync", "hand"),
        (Engine::Postgres, "numeric(3,1)", "1", "2"),
        (Engine::Mariadb, "tinyint(1)", "true", "false"),
        (Engine::Mariadb, "bit(1)", "true", "false"),
    ] {
        let Some(database) = Database::start(engine) else { continue };
        let managed = format!("managed_by = {{ column = \"auto\", value = \"{owner}\" }}");
        let flow = format!(
            "{{ attribute = \"mail\", table = \"m\", foreign_key = [\"login\"], column = \"mail\", {managed} }},\n"
        );
        let dir = trial(engine, &flow);
        let literal = |value: &str| match kind {
            "char(8)" => format!("'{value}'"),
            _ => value.to_owned(),
        };
        let (owner, other) = (literal(owner), literal(other));
        database.prepare(&format!(
            "CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer);\n\
             CREATE TABLE m (login varchar(9), mail varchar(9), auto {kind});\n\
             INSERT INTO s VALUES ('a', 1);\n\
             INSERT INTO m VALUES ('a', 'a1@x', {owner}), ('a', 'a3@x', {owner}), ('a', 'h@x', {other});"
        ));
        dir.write("s.sql", database.whole());
        dir.write("d.ldif", [units(), person("uid=a,ou=p", "mail: a1@x\nmail: a2@x\n")].concat());
        let followed = change(&dir, ["d.ldif", "s.sql"], 1);
        assert!(followed.contains("delete: mail\nmail: a2@x\n"), "{kind}\n{followed}");
        assert!(followed.contains("add: mail\nmail: a3@x\n"), "{kind}\n{followed}");
        let script = change(&dir, ["s.sql", "d.ldif"], 1);
        let said = database.script(&script);
        assert!(said.ok, "{kind} {}\n{script}", said.err);
        let mails: Vec<_> = database.rows("m", &["mail"]).into_iter().flatten().flatten().collect();
        assert_eq!(mails, [&b"a1@x"[..], b"a2@x", b"h@x"], "{kind}");
        dir.write("s.sql", database.whole());
        change(&dir, ["s.sql", "d.ldif"], 0);
        change(&dir, ["d.ldif", "s.sql"], 0);
    }
}

/// The same of rows that are no values: one that was there was inserted once more.
#[test]
fn rows_that_are_ours_are_found_however_the_owner_is_spelled() {
    for kind in ["boolean", "char(8)"] {
        let Some(database) = Database::start(Engine::Postgres) else { return };
        let dir = trial(Engine::Postgres, "");
        let toml = String::from_utf8(dir.read("m.toml")).expect("text");
        let managed = "key = [\"login\"], managed_by = { column = \"auto\", value = \"true\" }";
        dir.write("m.toml", toml.replace("key = [\"login\"]", managed));
        database.prepare(&format!(
            "CREATE TABLE s (login text PRIMARY KEY, act integer, auto {kind});\n\
             INSERT INTO s VALUES ('a', 1, 'true'), ('b', 1, 'false');"
        ));
        dir.write("s.sql", database.whole());
        dir.write("d.ldif", [units(), person("uid=a,ou=p", "")].concat());
        change(&dir, ["s.sql", "d.ldif"], 0);
        change(&dir, ["d.ldif", "s.sql"], 0);
    }
}

/// Blanks that fill a column up were part of the value to expressions, lookups and the names of new entries, though not
/// to plain flows.
#[test]
fn blanks_that_fill_a_column_up_are_seen_by_nobody() {
    let Some(database) = Database::start(Engine::Postgres) else { return };
    let dir = trial(
        Engine::Postgres,
        "{ attribute = \"title\", expression = \"'boss' if kind == 'p' else 'none'\" },\n\
         { attribute = \"ou\", expression = \"lookup('unit', unit).name\" },\n\
         { attribute = \"l\", expression = \"lookup('unit', old_unit).place\" },\n",
    );
    let toml = String::from_utf8(dir.read("m.toml")).expect("text");
    let lookup = "[lookup.unit]\ntable = \"u\"\nkey = \"code\"\n[mapping.p]";
    let toml = toml.replace("[mapping.p]", lookup).replace("(!(act=0))", "(kind=*p)");
    dir.write("m.toml", toml);
    database.prepare(
        "CREATE TABLE s (login char(8) PRIMARY KEY, act integer, kind char(3), unit varchar(4), old_unit char(6));\n\
         CREATE TABLE u (code char(4), name char(9), place text);\n\
         INSERT INTO s VALUES ('a', 1, 'p', 'ab', 'cd');\n\
         INSERT INTO u VALUES ('ab', 'Alpha', 'Ulm'), ('cd', 'Delta', 'Bonn');",
    );
    dir.write("s.sql", database.whole());
    dir.write("d.ldif", units());
    let followed = change(&dir, ["d.ldif", "s.sql"], 1);
    for line in ["dn: uid=a,ou=p,dc=x", "uid: a", "title: boss", "ou: Alpha", "l: Bonn"] {
        assert!(followed.contains(&format!("\n{line}\n")), "{line}\n{followed}");
    }
}

/// A collation takes `ANN` for `ann`, and a foreign key lets rows refer so: values of a child table went, or came a second
/// time, and a reference led nowhere.
#[test]
fn rows_refer_to_a_key_however_they_spell_it() {
    for (engine, kind) in [
        (Engine::Mariadb, "varchar(9)"),
        (Engine::Sqlite, "varchar(9) COLLATE NOCASE"),
        (Engine::Postgres, "varchar(9)"),
    ] {
        let Some(database) = Database::start(engine) else { continue };
        let dir = trial(
            engine,
            "{ attribute = \"mail\", table = \"m\", foreign_key = [\"login\"], column = \"mail\" },\n\
             { attribute = \"manager\", column = \"boss\", reference = \"p\" },\n",
        );
        let spelled = |name: &'static str| match engine {
            Engine::Postgres => "ann",
            _ => name,
        };
        database.prepare(&format!(
            "CREATE TABLE s (login {kind} PRIMARY KEY, act integer, boss {kind}, FOREIGN KEY (boss) REFERENCES s (login));\n\
             CREATE TABLE m (login {kind}, mail varchar(9), PRIMARY KEY (login, mail), FOREIGN KEY (login) REFERENCES s (login));\n\
             INSERT INTO s VALUES ('ann', 1, NULL), ('bob', 1, '{boss}');\n\
             INSERT INTO m VALUES ('{boss}', 'a1@x'), ('{child}', 'a2@x'), ('ann', 'a3@x');",
            boss = spelled("Ann"),
            child = spelled("ANN")
        ));
        dir.write("s.sql", database.whole());
        let bob = person("uid=bob,ou=p", "manager: uid=ann,ou=p,dc=x\n");
        let ann = |mails: &str| person("uid=ann,ou=p", mails);
        dir.write(
            "d.ldif",
            [units(), ann("mail: a1@x\nmail: a2@x\nmail: a3@x\n"), bob.clone()].concat(),
        );
        change(&dir, ["d.ldif", "s.sql"], 0);
        dir.write("d.ldif", [units(), ann("mail: a1@x\nmail: a3@x\nmail: a4@x\n"), bob].concat());
        let followed = change(&dir, ["d.ldif", "s.sql"], 1);
        assert!(
            !followed.contains("manager") && followed.contains("add: mail\nmail: a2@x\n-\n"),
            "{followed}"
        );
        let before = database.rows("m", &["login", "mail"]);
        let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--undo", "u.sql"];
        let script = String::from_utf8(run(&dir, args).expect(1).stdout).expect("text");
        let undo = String::from_utf8(dir.read("u.sql")).expect("text");
        let said = database.script(&script);
        assert!(said.ok, "{engine:?} {}\n{script}", said.err);
        let mails: Vec<_> = database.rows("m", &["mail"]).into_iter().flatten().flatten().collect();
        assert_eq!(mails, [&b"a1@x"[..], b"a3@x", b"a4@x"], "{script}");
        dir.write("s2.sql", database.whole());
        change(&dir, ["s2.sql", "d.ldif"], 0);
        let said = database.script(&undo);
        assert!(said.ok, "{engine:?} {}\n{undo}", said.err);
        assert_eq!(database.rows("m", &["login", "mail"]), before, "{undo}");
    }
}

/// What a row holds that is another's was there to the database, and was not to the directory: an entry lost a value to
/// which the other direction had nothing to say.
#[test]
fn what_rows_of_others_hold_neither_comes_nor_goes() {
    let managed = "managed_by = { column = \"auto\", value = \"sync\" }";
    let dir = people(
        &format!(
            "{{ attribute = \"mail\", table = \"m\", foreign_key = [\"login\"], column = \"mail\", {managed} }},\n\
             {{ attribute = \"seeAlso\", table = \"f\", foreign_key = [\"login\"], column = \"friend\", reference = \"p\", {managed} }},\n"
        ),
        "",
    );
    dir.write(
        "s.sql",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n\
         CREATE TABLE s(login TEXT PRIMARY KEY, act INTEGER);\n\
         INSERT INTO s VALUES('a',1);\nINSERT INTO s VALUES('b',1);\nINSERT INTO s VALUES('c',1);\n\
         CREATE TABLE m(login TEXT, mail TEXT, auto TEXT, PRIMARY KEY(login, mail));\n\
         INSERT INTO m VALUES('a','a1@x','hand');\nINSERT INTO m VALUES('a','a2@x','hand');\n\
         INSERT INTO m VALUES('a','a3@x','sync');\n\
         CREATE TABLE f(login TEXT, friend TEXT, auto TEXT, PRIMARY KEY(login, friend));\n\
         INSERT INTO f VALUES('a','b','hand');\nINSERT INTO f VALUES('a','c','hand');\nCOMMIT;\n",
    );
    let others = [person("uid=b,ou=p", ""), person("uid=c,ou=p", "")].concat();
    let held = "mail: A1@x\nmail: a3@x\nseeAlso: uid=b,ou=p,dc=x\n";
    dir.write(
        "d.ldif",
        [&units(), &person("uid=a,ou=p", held), &others].map(String::as_str).concat(),
    );
    change(&dir, ["d.ldif", "s.sql"], 0);
    change(&dir, ["s.sql", "d.ldif"], 0);
    let more = [held, "mail: a4@x\n"].concat();
    dir.write(
        "d.ldif",
        [&units(), &person("uid=a,ou=p", &more), &others].map(String::as_str).concat(),
    );
    let followed = change(&dir, ["d.ldif", "s.sql"], 1);
    assert!(followed.contains("delete: mail\nmail: a4@x\n-\n"), "{followed}");
    assert!(!followed.contains("a1@x") && !followed.contains("a2@x"), "{followed}");
}

/// A lookup compared keys by their bytes, whatever their column takes for one: nothing was found, and values went.
#[test]
fn a_lookup_finds_a_key_however_it_is_spelled() {
    for (engine, kind) in
        [(Engine::Mariadb, "varchar(9)"), (Engine::Sqlite, "varchar(9) COLLATE NOCASE")]
    {
        let Some(database) = Database::start(engine) else { continue };
        let dir =
            trial(engine, "{ attribute = \"ou\", expression = \"lookup('unit', unit).name\" },\n");
        let toml = String::from_utf8(dir.read("m.toml")).expect("text");
        let lookup = "[lookup.unit]\ntable = \"u\"\nkey = \"code\"\n[mapping.p]";
        dir.write("m.toml", toml.replace("[mapping.p]", lookup));
        database.prepare(&format!(
            "CREATE TABLE u (code {kind} PRIMARY KEY, name varchar(9));\n\
             CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, unit {kind}, FOREIGN KEY (unit) REFERENCES u (code));\n\
             INSERT INTO u VALUES ('IT', 'Alpha');\nINSERT INTO s VALUES ('a', 1, 'it');"
        ));
        dir.write("s.sql", database.whole());
        dir.write("d.ldif", [units(), person("uid=a,ou=p", "ou: Alpha\n")].concat());
        change(&dir, ["d.ldif", "s.sql"], 0);
    }
}

/// Every text was folded alike, whatever the database takes for one: records were rejected that it takes, and scripts
/// written that it refuses.
#[test]
fn texts_are_one_where_the_database_says_so() {
    let cases = [
        (Engine::Sqlite, "text"),
        (Engine::Sqlite, "text COLLATE NOCASE"),
        (Engine::Sqlite, "text COLLATE RTRIM"),
        (Engine::Postgres, "citext"),
        (Engine::Mariadb, "varchar(9) COLLATE utf8mb4_general_ci"),
        (Engine::Mariadb, "varchar(9) COLLATE utf8mb4_general_nopad_ci"),
        (Engine::Mariadb, "varchar(9) COLLATE utf8mb4_bin"),
        (Engine::Mariadb, "varchar(9) COLLATE utf8mb4_nopad_bin"),
    ];
    for (engine, kind) in cases {
        let Some(database) = Database::start(engine) else { continue };
        if kind == "citext" && !database.script("CREATE EXTENSION citext;").ok {
            continue;
        }
        let dir = trial(engine, "{ attribute = \"description\", column = \"x\" },\n");
        let table =
            format!("CREATE TABLE s (login varchar(9) PRIMARY KEY, act integer, x {kind} UNIQUE);");
        for [one, other] in [["B", "b"], ["\u{c9}", "\u{e9}"], ["b ", "b"], ["B ", "b"]] {
            // Which letters `lower` knows is a matter of the locale.
            if kind == "citext" && !one.is_ascii() {
                continue;
            }
            let rows = format!("INSERT INTO s VALUES ('a', 1, '{one}'), ('b', 1, '{other}');");
            database.prepare(&["DROP TABLE IF EXISTS s;\n", &table].concat());
            database.script(&rows);
            let is_taken = database.rows("s", &["login"]).len() == 2;
            database.prepare("DELETE FROM s; INSERT INTO s VALUES ('a', 1, NULL), ('b', 1, NULL);");
            dir.write("s.sql", database.whole());
            let text = |value: &str| format!("description:: {}\n", to_base64(value.as_bytes()));
            let all = [("a", one), ("b", other)]
                .map(|(uid, value)| person(&format!("uid={uid},ou=p"), &text(value)));
            dir.write("d.ldif", [units(), all.concat()].concat());
            let script = change(&dir, ["s.sql", "d.ldif"], if is_taken { 1 } else { 5 });
            let said = database.script(&script);
            assert!(said.ok || !is_taken, "{engine:?} {kind} {one:?} {other:?} {}", said.err);
        }
    }
}
