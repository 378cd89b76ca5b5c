//! Keys that pass from one row to another where rows of a child table refer to them: who is a member afterwards.

use crate::tables::database::{Database, Engine};
use crate::util::{Dir, run};

const MAPPING: &str = "ldifsync = 1
[mapping.people]
entries = { base = [\"ou=p,dc=x\"], filter = \"(employeeType=staff)\" }
rows = { table = \"person\", key = [\"login\"], filter = \"(kind=staff)\" }
match = [[\"no\"]]
min_overlap = 0
flow = [
  { attribute = \"employeeNumber\", column = \"no\", direction = \"to_database\" },
  { attribute = \"uid\", column = \"login\", direction = \"to_database\" },
  { column = \"kind\", constant = \"staff\", on = \"create\" },
]
[mapping.guests]
entries = { base = [\"ou=p,dc=x\"], filter = \"(employeeType=guest)\" }
rows = { table = \"person\", key = [\"login\"], filter = \"(kind=guest)\" }
match = [[\"no\"]]
min_overlap = 0
flow = [
  { attribute = \"employeeNumber\", column = \"no\", direction = \"to_database\" },
  { attribute = \"uid\", column = \"login\", direction = \"to_database\" },
]
[mapping.teams]
entries = { base = [\"ou=t,dc=x\"], filter = \"(cn=*)\" }
rows = { table = \"team\", key = [\"name\"] }
match = [[\"name\"]]
min_overlap = 0
flow = [
  { attribute = \"cn\", column = \"name\", direction = \"to_database\" },
  { attribute = \"member\", table = \"team_member\", foreign_key = [\"team\"], column = \"login\", reference = \"people\", direction = \"to_database\", managed_by = { column = \"src\", value = \"ldap\" } },
]
";

/// Persons: a number, a login, and what they are.
type People = &'static [(u8, &'static str, &'static str)];

/// Numbers of the persons in the team, and of those that somebody else put there.
type Members = (&'static [u8], &'static [u8]);

fn login(people: People, number: u8) -> &'static str {
    people.iter().find(|(one, ..)| *one == number).expect("a person").1
}

fn directory(people: People, members: &[u8]) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    for unit in ["p", "t"] {
        text += &format!("dn: ou={unit},dc=x\nobjectClass: organizationalUnit\nou: {unit}\n\n");
    }
    for (number, login, kind) in people {
        text += &format!(
            "dn: uid={login},ou=p,dc=x\nobjectClass: inetOrgPerson\nuid: {login}\ncn: c\nsn: s\n\
             employeeNumber: {number}\nemployeeType: {kind}\n\n"
        );
    }
    text += "dn: cn=t,ou=t,dc=x\nobjectClass: groupOfNames\ncn: t\n";
    for member in members {
        text += &format!("member: uid={},ou=p,dc=x\n", login(people, *member));
    }
    text
}

#[test]
fn members_are_who_they_were_when_keys_pass_on() {
    let staff: People = &[(1, "a", "staff"), (2, "b", "staff")];
    let swapped: People = &[(1, "b", "staff"), (2, "a", "staff")];
    let passed: People = &[(1, "c", "staff"), (2, "b", "staff"), (3, "a", "staff")];
    let guests: People = &[(1, "a", "guest"), (2, "b", "staff"), (3, "d", "staff")];
    let renamed: People = &[(1, "c", "guest"), (2, "b", "staff"), (3, "a", "staff")];
    let cases: [(People, Members, People, &[u8]); 9] = [
        (staff, (&[1], &[]), swapped, &[2]),
        (staff, (&[1], &[]), swapped, &[1]),
        (staff, (&[1, 2], &[]), swapped, &[1, 2]),
        (staff, (&[1], &[]), passed, &[3]),
        (staff, (&[1], &[]), passed, &[1, 3]),
        // The guest stays, for nothing says otherwise.
        (guests, (&[1, 2], &[]), renamed, &[2]),
        (guests, (&[1], &[]), renamed, &[3]),
        // So does whom another put there, where the database has the row follow.
        (staff, (&[], &[1]), passed, &[1]),
        (staff, (&[2], &[1]), swapped, &[2]),
    ];
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::Mariadb] {
        let Some(database) = Database::start(engine) else { continue };
        for action in ["CASCADE", "NO ACTION", ""] {
            for (old, (own, others), new, members) in cases {
                if action != "CASCADE" && !others.is_empty() {
                    continue;
                }
                let dir = Dir::new();
                dir.write("m.toml", MAPPING);
                dir.write("d.ldif", directory(new, members));
                let refers = match action {
                    "" => String::new(),
                    _ => format!(
                        ", FOREIGN KEY (login) REFERENCES person (login) ON UPDATE {action}"
                    ),
                };
                let mut script = format!(
                    "DROP TABLE IF EXISTS team_member; DROP TABLE IF EXISTS team; DROP TABLE IF EXISTS person;\n\
                     CREATE TABLE person (login varchar(20) PRIMARY KEY, no varchar(9), kind varchar(9));\n\
                     CREATE TABLE team (name varchar(20) PRIMARY KEY);\nINSERT INTO team VALUES ('t');\n\
                     CREATE TABLE team_member (team varchar(20), login varchar(20), src varchar(9), since varchar(9), \
                     PRIMARY KEY (team, login){refers});\n"
                );
                for (number, login, kind) in old {
                    script +=
                        &format!("INSERT INTO person VALUES ('{login}', '{number}', '{kind}');\n");
                }
                for (src, members) in [("ldap", own), ("hand", others)] {
                    for member in members {
                        let login = login(old, *member);
                        script += &format!(
                            "INSERT INTO team_member VALUES ('t', '{login}', '{src}', 's');\n"
                        );
                    }
                }
                database.prepare(&script);
                dir.write("s.sql", database.whole());
                let text = |cell: &Option<Vec<u8>>| {
                    String::from_utf8_lossy(cell.as_deref().unwrap_or_default()).into_owned()
                };
                let found = || -> Vec<String> {
                    let people = database.rows("person", &["login", "no"]);
                    let number = |login: &String| {
                        let mut all = people.iter();
                        all.find(|row| text(&row[0]) == *login).map(|row| text(&row[1]))
                    };
                    let members = database.rows("team_member", &["login"]);
                    let mut all: Vec<String> = members
                        .iter()
                        .map(|row| number(&text(&row[0])).unwrap_or_else(|| "nobody".to_owned()))
                        .collect();
                    all.sort_unstable();
                    all
                };
                let before = found();
                let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "-o", "c.sql"];
                let args = args.into_iter().chain(["--undo", "u.sql", "--max-delete", "100%"]);
                run(&dir, args.chain(["--dialect", engine.dialect()])).expect(1);
                let is_guest = |number: &&u8| {
                    old.iter().any(|(one, _, kind)| one == *number && *kind == "guest")
                };
                let kept = own.iter().filter(is_guest).chain(others);
                let mut wanted: Vec<String> =
                    members.iter().chain(kept).map(u8::to_string).collect();
                wanted.sort_unstable();
                wanted.dedup();
                for (script, wanted) in [("c.sql", wanted), ("u.sql", before)] {
                    let text = String::from_utf8(dir.read(script)).expect("a script is text");
                    let said = database.script(&text);
                    let case = format!(
                        "{engine:?} {action} {old:?} {own:?} {others:?} {new:?} {members:?}"
                    );
                    assert!(said.ok, "{case} {}{}\n{text}", said.out, said.err);
                    assert_eq!(found(), wanted, "{case}\n{text}");
                }
            }
        }
    }
}
