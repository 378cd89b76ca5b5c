//! Faults of following through a mapping that random cases have found, each by itself.

use std::fmt::Write as _;

use crate::util::{Dir, run};

const MAPPING: &str = include_str!("random.toml");
const TABLES: &str = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE staff(id INTEGER PRIMARY KEY, guid TEXT, login TEXT, given TEXT, \
    surname TEXT, full_name TEXT, phone TEXT, manager_id INTEGER, active INTEGER, kind TEXT);\n\
    CREATE TABLE team(name TEXT PRIMARY KEY);\n\
    CREATE TABLE member(team TEXT, staff_id INTEGER, PRIMARY KEY(team, staff_id));\n";

/// What is to be done to a directory of these persons, each with the number of its `entryUUID`, its login
/// and its `employeeType`, and of a group with all of them.
fn change(people: &[(u8, &str, &str)], rows: &str, status: i32) -> String {
    let dir = Dir::new();
    let mut export = String::from("dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n");
    for ou in ["People", "Groups"] {
        export += &format!(
            "\ndn: ou={ou},dc=example,dc=com\nobjectClass: organizationalUnit\nou: {ou}\n"
        );
    }
    let mut group =
        "\ndn: cn=red,ou=Groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: red\n".to_owned();
    for (number, login, kind) in people {
        let name = format!("uid={login},ou=People,dc=example,dc=com");
        export += &format!(
            "\ndn: {name}\nobjectClass: inetOrgPerson\nuid: {login}\ngivenName: A\nsn: B\ncn: A B\n\
             entryUUID: aaaaaaaa-0000-4000-8000-00000000000{number}\nemployeeType: {kind}\n"
        );
        group += &format!("member: {name}\n");
    }
    dir.write("old.ldif", export + &group);
    dir.write("new.sql", [TABLES, rows, "COMMIT;\n"].concat());
    dir.write("random.toml", MAPPING.replace("DIALECT", "sqlite"));
    let args = ["diff", "--mapping", "random.toml", "old.ldif", "new.sql"];
    String::from_utf8(run(&dir, args).expect(status).stdout).expect("text")
}

fn staff(number: u8, login: &str, active: u8) -> String {
    format!(
        "INSERT INTO staff VALUES({number},'aaaaaaaa-0000-4000-8000-00000000000{number}','{login}','A',\
         'B','A B',NULL,NULL,{active},NULL);\n"
    )
}

/// A member that was inactive stayed in the group, as no record of the mapping; the next run took it out.
#[test]
fn who_comes_back_leaves_groups_in_the_same_run() {
    let rows = staff(1, "ann", 1)
        + &staff(2, "bob", 1)
        + "INSERT INTO team VALUES('red');\nINSERT INTO member VALUES('red',1);\n";
    let change = change(&[(1, "ann", "staff"), (2, "bob", "left")], &rows, 1);
    assert!(change.contains("delete: member\nmember: uid=bob,"), "{change}");
}

/// A name was taken for free because its entry became inactive, though it stays where it is.
#[test]
fn who_becomes_inactive_keeps_the_name() {
    let rows = staff(1, "bob", 1)
        + &staff(2, "bob", 0)
        + "INSERT INTO team VALUES('red');\n\
        INSERT INTO member VALUES('red',1);\n";
    let change = change(&[(1, "ann", "staff"), (2, "bob", "staff")], &rows, 5);
    assert!(!change.contains("modrdn"), "{change}");
    assert!(change.contains("employeeType: left"), "{change}");
}

/// The login of a leaver, whose row is left out by a filter, was given again: the new employee was handed the
/// account. Now it stays the leaver's, and both are told.
#[test]
fn the_account_of_a_leaver_is_handed_to_nobody() {
    let team = "INSERT INTO team VALUES('red');\nINSERT INTO member VALUES('red',2);\n";
    let rows = staff(1, "ann", 0) + &staff(2, "bob", 1) + &staff(3, "ann", 1) + team;
    let change = change(&[(1, "ann", "staff"), (2, "bob", "staff")], &rows, 1);
    assert!(change.contains("dn: uid=ann,") && change.contains("employeeType: left"), "{change}");
    assert!(!change.contains("changetype: add") && !change.contains("givenName"), "{change}");
}

#[test]
fn too_little_memory_is_refused_before_it_is_taken() {
    let dir = Dir::new();
    dir.write(
        "m.toml",
        "ldifsync = 1\n[mapping.p]\nentries = { base = [\"dc=x\"], filter = \"(uid=*)\" }\n\
         rows = { table = \"t\", key = [\"id\"] }\nmatch = [[\"id\"]]\n\
         flow = [ { attribute = \"uid\", column = \"id\" }, { attribute = \"sn\", column = \"sn\" } ]\n",
    );
    let (mut entries, mut rows) =
        ("dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned(), "id,sn\n".to_owned());
    for n in 0..60_000 {
        let _ = writeln!(
            entries,
            "dn: uid=u{n},dc=x\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: c\nsn: s\n"
        );
        let _ = writeln!(rows, "u{n},s");
    }
    dir.write("d.ldif", entries);
    dir.write("t.csv", rows);
    for sides in [["d.ldif", "t.csv"], ["t.csv", "d.ldif"]] {
        let diff = ["diff", sides[0], sides[1], "--mapping", "m.toml", "-q", "--format", "jsonl"];
        let with = |memory| run(&dir, diff.into_iter().chain(["--memory", memory]));
        let refused = with("16MiB").expect(2);
        assert!(
            refused.stderr.contains("expected `--memory 1")
                && refused.stderr.contains("but found 16MiB"),
            "{}",
            refused.stderr
        );
        assert!(refused.stdout.is_empty());
        with("32MiB").expect(0);
    }
}
