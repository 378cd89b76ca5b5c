//! References that lead to no record of the mapping they should lead to, and stay: whom they mean afterwards.

use crate::util::{Dir, run};

/// Staff and guests are of one table; only staff are members of groups by the table.
const MAPPING: &str = "ldifsync = 1
[directory]
server = \"openldap\"
[database]
dialect = \"sqlite\"
[mapping.staff]
entries = { base = [\"ou=p,dc=x\"], filter = \"(employeeType=staff)\" }
rows = { table = \"person\", key = [\"id\"], filter = \"(kind=staff)\" }
match = [[\"id\"]]
flow = [
  { attribute = \"employeeNumber\", column = \"id\" },
  { attribute = \"uid\", column = \"login\" },
]
[mapping.guests]
entries = { base = [\"ou=p,dc=x\"], filter = \"(employeeType=guest)\" }
rows = { table = \"person\", key = [\"id\"], filter = \"(kind=guest)\" }
match = [[\"id\"]]
flow = [
  { attribute = \"employeeNumber\", column = \"id\" },
  { attribute = \"uid\", column = \"login\" },
]
[mapping.groups]
entries = { base = [\"ou=g,dc=x\"], filter = \"(cn=*)\" }
rows = { table = \"grp\", key = [\"name\"] }
match = [[\"name\"]]
flow = [
  { attribute = \"cn\", column = \"name\" },
  { attribute = \"member\", table = \"m\", foreign_key = [\"grp\"], column = \"person\", reference = \"staff\" },
]
";

const BY_UID: &str = "{ attribute = \"memberUid\", table = \"m\", foreign_key = [\"grp\"], column = \"person\", \
     reference = { mapping = \"staff\", attribute = \"uid\", column = \"id\" } }";

/// A guest `sam`, with a card below his entry, the staff `ann` and `samuel`, and a group of these values.
fn directory(group: &str) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    for unit in ["p", "g"] {
        text += &format!("dn: ou={unit},dc=x\nobjectClass: organizationalUnit\nou: {unit}\n\n");
    }
    for (number, uid, kind) in [(1, "sam", "guest"), (2, "ann", "staff"), (3, "samuel", "staff")] {
        text += &format!(
            "dn: uid={uid},ou=p,dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\nsn: s\ncn: c\n\
             employeeNumber: {number}\nemployeeType: {kind}\n\n"
        );
    }
    text + "dn: cn=card,uid=sam,ou=p,dc=x\nobjectClass: device\ncn: card\n\ndn: cn=admins,ou=g,dc=x\ncn: admins\n"
        + group
}

/// The guest is called `sgast` now, and staff `samuel` has his login; members are the persons of these numbers.
fn rows(members: &[u8]) -> String {
    let mut text = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n\
        CREATE TABLE person(id integer primary key, login text, kind text);\n\
        INSERT INTO person VALUES(1,'sgast','guest');\nINSERT INTO person VALUES(2,'ann','staff');\n\
        INSERT INTO person VALUES(3,'sam','staff');\nCREATE TABLE grp(name text primary key);\n\
        INSERT INTO grp VALUES('admins');\nCREATE TABLE m(grp text, person integer, primary key(grp,person));\n"
        .to_owned();
    for member in members {
        text += &format!("INSERT INTO m VALUES('admins',{member});\n");
    }
    text + "COMMIT;\n"
}

/// The values of an attribute that the group has after the change.
fn followed(mapping: &str, group: &str, members: &[u8], attribute: &str) -> Vec<String> {
    let dir = Dir::new();
    dir.write("m.toml", mapping);
    dir.write("d.ldif", directory(group));
    dir.write("s.sql", rows(members));
    let args = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml", "-o", "c.ldif", "-q"];
    run(&dir, args).expect(1);
    run(&dir, ["apply", "d.ldif", "c.ldif", "-q", "-o", "1.ldif"]).expect(0);
    let mut last = "1.ldif";
    if dir.file("c.2.ldif").exists() {
        run(&dir, ["apply", "1.ldif", "c.2.ldif", "-q", "-o", "2.ldif"]).expect(0);
        last = "2.ldif";
    }
    let again = ["diff", last, "s.sql", "--mapping", "m.toml", "--format", "jsonl", "-q"];
    assert_eq!(run(&dir, again).expect(0).stdout, b"");
    let text = String::from_utf8(dir.read(last)).expect("text");
    let (_, group) = text.split_once("dn: cn=admins,").expect("the group");
    let mut values: Vec<String> = group
        .lines()
        .filter_map(|line| line.strip_prefix(attribute)?.strip_prefix(": "))
        .map(|value| value.replace(",ou=p,dc=x", ""))
        .collect();
    values.sort_unstable();
    values
}

/// A member that the mapping left alone meant another person after the change.
#[test]
fn a_name_that_stays_follows_its_entry() {
    let members = |names: &[&str]| {
        let line = |name: &&str| format!("member: {name},ou=p,dc=x\n");
        "objectClass: groupOfNames\n".to_owned() + &names.iter().map(line).collect::<String>()
    };
    let held = members(&["uid=sam", "uid=ann"]);
    assert_eq!(followed(MAPPING, &held, &[2], "member"), ["uid=ann", "uid=sgast"]);
    assert_eq!(followed(MAPPING, &held, &[3], "member"), ["uid=sam", "uid=sgast"]);
    let held = members(&["uid=sam", "cn=card,uid=sam"]);
    let wanted = ["cn=card,uid=sgast", "uid=ann", "uid=sgast"];
    assert_eq!(followed(MAPPING, &held, &[2], "member"), wanted);
}

/// The same of a value that is not a name.
#[test]
fn a_login_that_stays_follows_its_entry() {
    let line = MAPPING.lines().find(|line| line.contains("member")).expect("the flow");
    let mapping = MAPPING.replace(line.trim().trim_end_matches(','), BY_UID);
    let held =
        "objectClass: posixGroup\ngidNumber: 1\nmemberUid: sam\nmemberUid: ann\nmemberUid: alarm\n";
    assert_eq!(followed(&mapping, held, &[2], "memberUid"), ["alarm", "ann", "sgast"]);
    assert_eq!(followed(&mapping, held, &[3], "memberUid"), ["alarm", "sam", "sgast"]);
}
