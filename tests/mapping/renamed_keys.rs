//! Keys of rows that change hands, and what must come of them on each database, there and back.

use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

/// Rows are found by a GUID, and their key is a login.
const MAPPING: &str = "ldifsync = 1
[mapping.p]
entries = { base = [\"dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"s\", key = [\"login\"] }
match = [[\"guid\"]]
min_overlap = 0
flow = [
  { attribute = \"entryUUID\", column = \"guid\", direction = \"to_database\" },
  { attribute = \"uid\", column = \"login\" },
]
policy.to_database.SOURCE_MISSING = \"delete\"
";

/// Logins and GUIDs.
type People = &'static [(&'static str, &'static str)];

fn directory(people: People) -> String {
    let one = |(uid, guid): &(&str, &str)| {
        format!(
            "dn: uid={uid},dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: c\nsn: s\nentryUUID: {guid}\n\n"
        )
    };
    let head = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    head + &people.iter().map(one).collect::<String>()
}

#[test]
fn keys_change_hands() {
    let cases: [[People; 2]; 6] = [
        // Two change places; three go round.
        [&[("a", "g1"), ("b", "g2")], &[("b", "g1"), ("a", "g2")]],
        [&[("a", "g1"), ("b", "g2"), ("c", "g3")], &[("b", "g1"), ("c", "g2"), ("a", "g3")]],
        // Somebody new gets what another gives up, and what somebody leaves behind.
        [&[("a", "g1")], &[("b", "g1"), ("a", "g2")]],
        [&[("a", "g1"), ("b", "g2")], &[("b", "g1"), ("a", "g3")]],
        // One after the other, in either order.
        [&[("c", "g3"), ("a", "g1")], &[("a", "g3"), ("b", "g1")]],
        [&[("a", "g1"), ("c", "g3")], &[("b", "g1"), ("a", "g3")]],
    ];
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        for [old, new] in cases {
            let dir = Dir::new();
            dir.write("m.toml", MAPPING);
            dir.write("d.ldif", directory(new));
            let rows: String = old
                .iter()
                .map(|(login, guid)| format!("INSERT INTO s VALUES ('{login}', '{guid}');\n"))
                .collect();
            database.prepare(&format!(
                "DROP TABLE IF EXISTS s; CREATE TABLE s (login varchar(20) PRIMARY KEY, guid varchar(40) UNIQUE);\n{rows}"
            ));
            dir.write("s.sql", database.whole());
            let found = || -> Vec<(String, String)> {
                let text = |cell: &Option<Vec<u8>>| {
                    String::from_utf8_lossy(cell.as_deref().unwrap_or_default()).into_owned()
                };
                let mut rows: Vec<_> = database
                    .rows("s", &["login", "guid"])
                    .iter()
                    .map(|row| (text(&row[0]), text(&row[1])))
                    .collect();
                rows.sort_unstable();
                rows
            };
            let before = found();
            let args = [
                "diff",
                "s.sql",
                "d.ldif",
                "--mapping",
                "m.toml",
                "-o",
                "c.sql",
                "--undo",
                "u.sql",
                "--max-delete",
                "100%",
            ];
            run(&dir, args).expect(1);
            let mut wanted: Vec<(String, String)> =
                new.iter().map(|(login, guid)| ((*login).to_owned(), (*guid).to_owned())).collect();
            wanted.sort_unstable();
            for (script, wanted) in [("c.sql", wanted), ("u.sql", before)] {
                let text = String::from_utf8(dir.read(script)).expect("a script is text");
                let said = database.script(&text);
                assert!(said.ok, "{engine:?} {new:?} {}\n{text}", said.err);
                assert_eq!(found(), wanted, "{engine:?} {new:?}\n{text}");
            }
        }
    }
}

/// People with a manager and some mails, by a number that stays; a room has somebody who sees to it.
const REFERRED: &str = "ldifsync = 1
[mapping.p]
entries = { base = [\"ou=p,dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"s\", key = [\"login\"] }
match = [[\"number\"]]
min_overlap = 0
flow = [
  { attribute = \"employeeNumber\", column = \"number\" },
  { attribute = \"uid\", column = \"login\" },
  { attribute = \"manager\", column = \"boss\", reference = \"p\" },
  { attribute = \"mail\", table = \"m\", foreign_key = [\"login\"], column = \"mail\" },
]
policy.to_database.SOURCE_MISSING = \"delete\"
[mapping.rooms]
entries = { base = [\"ou=r,dc=x\"], filter = \"(cn=*)\" }
rows = { table = \"r\", key = [\"name\"] }
match = [[\"name\"]]
min_overlap = 0
flow = [
  { attribute = \"cn\", column = \"name\" },
  { attribute = \"roomOccupant\", column = \"keeper\", reference = \"p\" },
]
";

/// Somebody: the number, the login, the manager's login, and mails.
type Person = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// People, and who sees to the one room.
type Staff = (&'static [Person], &'static str);

/// What a directory of them is, and what of the other form a database.
fn referred((people, keeper): Staff) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    for unit in ["p", "r"] {
        text += &format!("dn: ou={unit},dc=x\nobjectClass: organizationalUnit\nou: {unit}\n\n");
    }
    for (number, login, boss, mails) in people {
        text += &format!(
            "dn: uid={login},ou=p,dc=x\nobjectClass: inetOrgPerson\nuid: {login}\ncn: c\nsn: s\nemployeeNumber: {number}\n"
        );
        if !boss.is_empty() {
            text += &format!("manager: uid={boss},ou=p,dc=x\n");
        }
        text += &mails.iter().map(|mail| format!("mail: {mail}\n")).collect::<String>();
        text += "\n";
    }
    if !keeper.is_empty() {
        text += &format!(
            "dn: cn=hall,ou=r,dc=x\nobjectClass: room\ncn: hall\nroomOccupant: uid={keeper},ou=p,dc=x\n"
        );
    }
    text
}

/// All rows of a database of them, each as one text.
fn rows_of((people, keeper): Staff) -> Vec<String> {
    let mut rows = Vec::new();
    for (number, login, boss, mails) in people {
        rows.push(format!("s {number} {login} {boss}"));
        rows.extend(mails.iter().map(|mail| format!("m {login} {mail}")));
    }
    rows.extend((!keeper.is_empty()).then(|| format!("r hall {keeper}")));
    rows.sort_unstable();
    rows
}

/// A key changes that rows refer to by a foreign key: the script took what the database had followed already for
/// somebody else's change, or came with rows before what they refer to.
#[test]
fn rows_follow_a_key_that_changes() {
    let old: Staff =
        (&[("1", "a", "", &["x", "y"]), ("2", "b", "a", &["z"]), ("3", "c", "a", &[])], "a");
    let alone: Staff = (&[("1", "a", "", &[]), ("2", "b", "a", &[]), ("3", "c", "a", &[])], "");
    let cases: [(&[&str], Staff, Staff); 8] = [
        // All stays but for the key; somebody else is meant; nobody.
        (
            &["CASCADE"],
            old,
            (&[("1", "d", "", &["x", "y"]), ("2", "b", "d", &["z"]), ("3", "c", "d", &[])], "d"),
        ),
        (
            &["CASCADE"],
            old,
            (&[("1", "d", "", &["x", "w"]), ("2", "b", "c", &["z"]), ("3", "c", "d", &["v"])], "b"),
        ),
        (
            &["CASCADE"],
            old,
            (&[("1", "d", "b", &[]), ("2", "b", "", &["z"]), ("3", "c", "", &[])], "d"),
        ),
        // Two change places; one takes the key of somebody who goes.
        (
            &["CASCADE"],
            old,
            (&[("1", "b", "", &["x", "y"]), ("2", "a", "b", &["z"]), ("3", "c", "a", &[])], "a"),
        ),
        (&["CASCADE"], old, (&[("1", "a", "", &["x"]), ("3", "b", "a", &["t"])], "a")),
        // Somebody new has what another gives up.
        (
            &["CASCADE"],
            old,
            (
                &[
                    ("1", "d", "", &["x", "y"]),
                    ("2", "b", "d", &["z"]),
                    ("3", "c", "d", &[]),
                    ("4", "a", "d", &["x"]),
                ],
                "d",
            ),
        ),
        // Where nothing follows, only what may be NULL can let go.
        (
            &["CASCADE", "NO ACTION", "RESTRICT"],
            alone,
            (&[("1", "d", "", &[]), ("2", "b", "c", &[]), ("3", "c", "d", &[])], ""),
        ),
        (
            &["CASCADE", "NO ACTION", "RESTRICT"],
            alone,
            (&[("1", "b", "", &["n"]), ("2", "a", "b", &[]), ("3", "c", "a", &[])], ""),
        ),
    ];
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        for (actions, old, new) in cases {
            for action in actions {
                let dir = Dir::new();
                dir.write("m.toml", REFERRED);
                dir.write("d.ldif", referred(new));
                let refers = |column: &str| {
                    format!("FOREIGN KEY ({column}) REFERENCES s (login) ON UPDATE {action}")
                };
                let mut script = format!(
                    "DROP TABLE IF EXISTS r; DROP TABLE IF EXISTS m; DROP TABLE IF EXISTS s;\n\
                     CREATE TABLE s (login varchar(20) PRIMARY KEY, number varchar(9), boss varchar(20), {});\n\
                     CREATE TABLE m (login varchar(20) NOT NULL, mail varchar(9) NOT NULL, PRIMARY KEY (login, mail), {});\n\
                     CREATE TABLE r (name varchar(9) PRIMARY KEY, keeper varchar(20) NOT NULL, {});\n",
                    refers("boss"),
                    refers("login"),
                    refers("keeper")
                );
                let (people, keeper) = old;
                for (number, login, boss, mails) in people {
                    let boss =
                        if boss.is_empty() { "NULL".to_owned() } else { format!("'{boss}'") };
                    script += &format!("INSERT INTO s VALUES ('{login}', '{number}', {boss});\n");
                    for mail in *mails {
                        script += &format!("INSERT INTO m VALUES ('{login}', '{mail}');\n");
                    }
                }
                if !keeper.is_empty() {
                    script += &format!("INSERT INTO r VALUES ('hall', '{keeper}');\n");
                }
                database.prepare(&script);
                dir.write("s.sql", database.whole());
                let found = || -> Vec<String> {
                    let tables = [
                        ("s", &["number", "login", "boss"][..]),
                        ("m", &["login", "mail"]),
                        ("r", &["name", "keeper"]),
                    ];
                    let mut all = Vec::new();
                    for (table, columns) in tables {
                        for row in database.rows(table, columns) {
                            let cells = row.iter().map(|cell| {
                                String::from_utf8_lossy(cell.as_deref().unwrap_or_default())
                            });
                            all.push(format!("{table} {}", cells.collect::<Vec<_>>().join(" ")));
                        }
                    }
                    all.sort_unstable();
                    all
                };
                assert_eq!(found(), rows_of(old));
                let args = [
                    "diff",
                    "s.sql",
                    "d.ldif",
                    "--mapping",
                    "m.toml",
                    "-o",
                    "c.sql",
                    "--undo",
                    "u.sql",
                    "--dialect",
                    engine.dialect(),
                    "--max-delete",
                    "100%",
                ];
                run(&dir, args).expect(1);
                for (script, wanted) in [("c.sql", new), ("u.sql", old)] {
                    let text = String::from_utf8(dir.read(script)).expect("a script is text");
                    let said = database.script(&text);
                    assert!(
                        said.ok,
                        "{engine:?} {action} {new:?} {}{}\n{text}",
                        said.out, said.err
                    );
                    assert_eq!(found(), rows_of(wanted), "{engine:?} {action} {new:?}\n{text}");
                }
            }
        }
    }
}

/// People by a number, each with a login that no two may have.
const UNIQUE: &str = "ldifsync = 1
[mapping.p]
entries = { base = [\"dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"s\", key = [\"id\"] }
match = [[\"id\"]]
min_overlap = 0
flow = [
  { attribute = \"employeeNumber\", column = \"id\" },
  { attribute = \"uid\", column = \"login\" },
  { attribute = \"title\", column = \"title\" },
]
";

/// A login that a row keeps which nobody follows was given to another one: the whole script was refused.
#[test]
fn a_unique_value_that_another_row_keeps_rejects_its_record() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        database.prepare(
            "CREATE TABLE s (id varchar(9) PRIMARY KEY, login varchar(9), title varchar(9), UNIQUE (login));\n\
             INSERT INTO s VALUES ('1', 'ann', 'x'), ('2', 'bob', 'x'), ('3', 'cleo', 'x'), ('4', 'dora', 'x'), ('9', NULL, 'x');",
        );
        let dir = Dir::new();
        dir.write("m.toml", UNIQUE);
        dir.write("s.sql", database.whole());
        let entry = |number: &str, login: &str| {
            format!(
                "dn: employeeNumber={number},dc=x\nobjectClass: inetOrgPerson\nemployeeNumber: {number}\nuid: {login}\n\
                 cn: c\nsn: s\ntitle: y\n\n"
            )
        };
        // Nobody is 2. 3 and 4 change places, 5 and 6 come with one login, and 7 with one that is free.
        let all = [("1", "bob"), ("3", "dora"), ("4", "cleo"), ("5", "e"), ("6", "e"), ("7", "f")];
        let entries = all.map(|(number, login)| entry(number, login)).concat();
        dir.write("d.ldif", ["dn: dc=x\nobjectClass: domain\ndc: x\n\n", &entries].concat());
        let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
        let outcome = run(&dir, args.into_iter().chain(["--dialect", engine.dialect()])).expect(5);
        for login in ["bob", "e"] {
            let said =
                format!("another row has or gets the value {login} in login, which is unique\n");
            assert!(outcome.stderr.contains(&said), "{}", outcome.stderr);
        }
        let script = String::from_utf8(outcome.stdout).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{engine:?} {}\n{script}", said.err);
        let found = database.rows("s", &["id", "login", "title"]).into_iter().map(|row| {
            let text = |cell: Option<Vec<u8>>| cell.map(String::from_utf8).transpose();
            row.into_iter().map(|cell| text(cell).expect("text").unwrap_or_default()).collect()
        });
        let found: Vec<Vec<String>> = found.collect();
        let wanted = [
            ["1", "ann", "x"],
            ["2", "bob", "x"],
            ["3", "dora", "y"],
            ["4", "cleo", "y"],
            ["7", "f", "y"],
            ["9", "", "x"],
        ];
        assert_eq!(found, wanted, "{script}");
    }
}

/// A value that a leaver gives up was taken for one that its row keeps, and two leavers were given one value.
#[test]
fn what_becomes_inactive_gives_unique_values_up_and_takes_them() {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        database.prepare(
            "CREATE TABLE s (id varchar(9) PRIMARY KEY, login varchar(9), title varchar(9), UNIQUE (login));\n\
             INSERT INTO s VALUES ('1', 'ann', 'x'), ('2', 'bob', 'x'), ('3', 'cleo', 'x'), ('4', 'dora', 'x');",
        );
        let dir = Dir::new();
        dir.write("s.sql", database.whole());
        let entry = |number: &str, login: &str| {
            format!(
                "dn: employeeNumber={number},dc=x\nobjectClass: inetOrgPerson\nemployeeNumber: {number}\nuid: {login}\n\
                 cn: c\nsn: s\ntitle: x\n\n"
            )
        };
        let entries = [entry("4", "dora"), entry("5", "ann")].concat();
        dir.write("d.ldif", ["dn: dc=x\nobjectClass: domain\ndc: x\n\n", &entries].concat());
        let mapping = |inactivate: &str| {
            let policy = "policy.to_database.SOURCE_MISSING = \"inactivate\"\npolicy.to_database.ABSENT = \"create\"\n";
            let filter = "key = [\"id\"], filter = \"(!(title=out))\"";
            let mapping = UNIQUE.replace("key = [\"id\"]", filter);
            [&mapping, policy, "inactivate.to_database = { ", inactivate, " }\n"].concat()
        };
        let outcome = |inactivate: &str, status: i32| {
            dir.write("m.toml", mapping(inactivate));
            let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--max-delete=9"];
            run(&dir, args.into_iter().chain(["--dialect", engine.dialect()])).expect(status)
        };
        // Two of them, and one of them and another one that stays.
        for set in ["gone", "dora"] {
            let outcome = outcome(&format!("set = {{ title = \"out\", login = \"{set}\" }}"), 5);
            let said = format!(
                "it cannot become inactive, since another row has or gets the value {set} in login, which is unique\n"
            );
            assert_eq!(outcome.stderr.matches(&said).count(), 3, "{}", outcome.stderr);
            let said = "another row has or gets the value ann in login, which is unique\n";
            assert!(outcome.stderr.contains(&format!(": {said}")), "{}", outcome.stderr);
        }
        let outcome = outcome("set = { title = \"out\" }, clear = [\"login\"]", 1);
        let script = String::from_utf8(outcome.stdout).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{engine:?} {}\n{script}", said.err);
        let found = database.rows("s", &["id", "login", "title"]).into_iter().map(|row| {
            let text = |cell: Option<Vec<u8>>| cell.map(String::from_utf8).transpose();
            let text = |cell| text(cell).expect("text").unwrap_or_default();
            row.into_iter().map(text).collect::<Vec<String>>().join(" ")
        });
        let wanted = ["1  out", "2  out", "3  out", "4 dora x", "5 ann x"];
        assert_eq!(found.collect::<Vec<String>>(), wanted, "{engine:?}");
    }
}

/// MariaDB takes `ANN` for the `ann` that another row has, and refused the whole script.
#[test]
fn a_unique_value_is_held_in_upper_and_lower_case() {
    let columns = ["", " COLLATE utf8mb4_bin", " CHARACTER SET latin1 COLLATE latin1_general_cs"];
    let tables =
        ["", " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", " COLLATE utf8mb4_general_ci"];
    let mut all: Vec<(Engine, String, bool)> = Vec::new();
    for (column, table) in columns.iter().flat_map(|one| tables.map(|other| (one, other))) {
        let is_one = column.is_empty() && !table.contains("_bin");
        let table = format!(
            "CREATE TABLE s (id int PRIMARY KEY, login varchar(9){column}, title varchar(9), UNIQUE (login)){table};"
        );
        all.push((Engine::Mariadb, table, is_one));
    }
    for (column, is_one) in [("", false), (" COLLATE NOCASE", true)] {
        let table = format!(
            "CREATE TABLE s (id int PRIMARY KEY, login varchar(9){column} UNIQUE, title varchar(9));"
        );
        all.push((Engine::Sqlite, table, is_one));
    }
    let databases = [Engine::Mariadb, Engine::Sqlite].map(|one| (one, Database::start(one)));
    for (engine, table, is_one) in all {
        let Some((_, Some(database))) = databases.iter().find(|(one, _)| *one == engine) else {
            continue;
        };
        let rows = "INSERT INTO s VALUES (8, 'ann', 'x'), (9, 'bob', 'x');";
        database.prepare(&format!("DROP TABLE IF EXISTS s;\n{table}\n{rows}"));
        let dir = Dir::new();
        dir.write("s.sql", database.whole());
        dir.write("m.toml", UNIQUE);
        let entries = "dn: dc=x\nobjectClass: domain\ndc: x\n\ndn: uid=ANN,dc=x\nobjectClass: inetOrgPerson\nuid: ANN\n\
             cn: c\nsn: s\nemployeeNumber: 1\n\ndn: uid=Bob,dc=x\nobjectClass: inetOrgPerson\nuid: Bob\ncn: c\nsn: s\n\
             employeeNumber: 9\ntitle: x\n";
        dir.write("d.ldif", entries);
        let args =
            ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--dialect", engine.dialect()];
        let outcome = run(&dir, args).expect(if is_one { 5 } else { 1 });
        let told = outcome.stderr.contains("has or gets the value ANN in login, which is unique");
        assert_eq!(told, is_one, "{table} {}", outcome.stderr);
        let script = String::from_utf8(outcome.stdout).expect("a script is text");
        let said = database.script(&script);
        assert!(said.ok, "{table} {}\n{script}", said.err);
    }
}
