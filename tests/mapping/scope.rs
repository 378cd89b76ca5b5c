//! What a mapping may not touch, and how much of the rest may go.

use crate::util::{Dir, run};

const HEAD: &str =
    "ldifsync = 1\n[directory]\nserver = \"openldap\"\n[database]\ndialect = \"sqlite\"\n";
const ROOT: &str = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";

fn entry(number: u32, more: &str) -> String {
    format!(
        "dn: uid=u{number},ou=p,dc=x\nobjectClass: inetOrgPerson\nuid: u{number}\nsn: s\ncn: c\n\
         employeeNumber: {number}\n{more}\n"
    )
}

fn directory(entries: &str) -> String {
    let unit =
        |name: &str| format!("dn: ou={name},dc=x\nobjectClass: organizationalUnit\nou: {name}\n\n");
    [ROOT, &unit("p"), &unit("l"), entries].concat()
}

const INACTIVE: &str = "[mapping.p]
entries = { base = [\"dc=x\"], filter = \"(objectClass=inetOrgPerson)\", exclude = \"(|(employeeType=robot)(employeeType=former))\" }
rows = { table = \"emp\", key = [\"no\"], filter = \"(active=1)\" }
match = [[\"no\"]]
flow = [
  { attribute = \"employeeNumber\", column = \"no\" },
  { attribute = \"telephoneNumber\", column = \"phone\" },
]
policy.to_directory.UNQUALIFIED = \"inactivate\"
policy.to_database.UNQUALIFIED = \"inactivate\"
[mapping.p.inactivate.to_directory]
set = { employeeType = \"former\" }
clear = [\"telephoneNumber\"]
move = \"ou=l,dc=x\"
[mapping.p.inactivate.to_database]
set = { active = \"0\" }
clear = [\"phone\"]
";

/// A robot that both filters leave out was moved to the leavers, and lost its telephone.
#[test]
fn what_both_filters_leave_out_does_not_become_inactive() {
    let dir = Dir::new();
    dir.write("m.toml", [HEAD, INACTIVE].concat());
    let robot = entry(5, "employeeType: robot\ntelephoneNumber: 5\n");
    dir.write("d.ldif", directory(&[entry(1, ""), robot].concat()));
    dir.write(
        "s.sql",
        "CREATE TABLE emp(no integer primary key, phone text, active integer);\n\
         INSERT INTO emp VALUES(1,NULL,1);\nINSERT INTO emp VALUES(5,'5',0);\n",
    );
    for sides in [["d.ldif", "s.sql"], ["s.sql", "d.ldif"]] {
        let args = ["diff", sides[0], sides[1], "--mapping", "m.toml", "--format", "jsonl"];
        let outcome = run(&dir, args).expect(0);
        assert!(!outcome.stderr.contains("UNQUALIFIED, and left"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("1 UNQUALIFIED"), "{}", outcome.stderr);
    }
}

const HAND: &str = "[mapping.p]
entries = { base = [\"dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }
rows = { table = \"emp\", key = [\"no\"] }
match = [[\"no\"]]
max_delete = 5
flow = [
  { attribute = \"employeeNumber\", column = \"no\" },
  { attribute = \"mobile\", table = \"phone\", foreign_key = [\"no\"], column = \"nr\", managed_by = { column = \"origin\", value = \"ldap\" } },
]
policy.to_database.SOURCE_MISSING = \"delete\"
policy.to_directory.SOURCE_MISSING = \"delete\"
";

/// Rows made by hand went with the row that they are of; `max_delete` counted towards the directory alone.
#[test]
fn rows_made_by_hand_keep_their_row() {
    let dir = Dir::new();
    dir.write("m.toml", [HEAD, HAND].concat());
    dir.write("d.ldif", directory(&entry(1, "")));
    let rows = |hand: &str| {
        let mut text = "CREATE TABLE emp(no integer primary key);\n\
            CREATE TABLE phone(no integer, nr text, origin text, primary key(no,nr));\n"
            .to_owned();
        for number in 1..5 {
            text += &format!("INSERT INTO emp VALUES({number});\n");
            text += &format!("INSERT INTO phone VALUES({number},'1','ldap');\n");
        }
        text + hand
    };
    let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--format", "jsonl"];
    dir.write("s.sql", rows(""));
    let all = run(&dir, ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"]).expect(1);
    let all = String::from_utf8(all.stdout).expect("text");
    assert_eq!(all.matches("DELETE FROM \"emp\"").count(), 3, "{all}");
    dir.write("s.sql", rows("INSERT INTO phone VALUES(3,'2','hand');\n"));
    let outcome = run(&dir, args).expect(5);
    let said = "it cannot go, since 1 row of `phone` is of it that is another's by `origin`";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    let out = String::from_utf8(outcome.stdout).expect("text");
    assert!(!out.contains("\"no\":\"3\""), "{out}");
    assert_eq!(out.matches("\"op\":\"delete\"").count(), 5, "{out}");
}

/// Most of a small directory may go, where the mapping says so.
#[test]
fn a_mapping_says_how_much_may_go_of_a_directory() {
    let dir = Dir::new();
    dir.write("d.ldif", directory(&(1..31).map(|number| entry(number, "")).collect::<String>()));
    dir.write(
        "s.sql",
        "CREATE TABLE emp(no integer primary key);\nINSERT INTO emp VALUES(1);\n\
        CREATE TABLE phone(no integer, nr text, origin text, primary key(no,nr));\n",
    );
    let args = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml"];
    for (said, status) in [("max_delete = 29", 1), ("max_delete = 28", 3), ("", 3)] {
        dir.write("m.toml", [HEAD, &HAND.replace("max_delete = 5", said)].concat());
        run(&dir, args).expect(status);
    }
}

/// What stood in for a member stayed beside real ones.
#[test]
fn what_stands_in_for_a_member_goes_when_one_comes() {
    let dir = Dir::new();
    let mapping = "[mapping.p]
entries = { base = [\"ou=p,dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"emp\", key = [\"no\"] }
match = [[\"no\"]]
flow = [ { attribute = \"employeeNumber\", column = \"no\" } ]
[mapping.g]
entries = { base = [\"ou=l,dc=x\"], filter = \"(objectClass=groupOfNames)\" }
rows = { table = \"grp\", key = [\"name\"] }
match = [[\"name\"]]
flow = [
  { attribute = \"cn\", column = \"name\" },
  { attribute = \"member\", table = \"m\", foreign_key = [\"grp\"], column = \"no\", reference = \"p\", if_empty = \"cn=nobody,dc=x\" },
]
";
    dir.write("m.toml", [HEAD, mapping].concat());
    let group = |members: &str| {
        let people = [entry(1, ""), entry(2, "")].concat();
        let group = "dn: cn=g,ou=l,dc=x\nobjectClass: groupOfNames\ncn: g\n";
        directory(&[&people, group, members].concat())
    };
    let rows = |members: &str| {
        let tables = "CREATE TABLE emp(no integer primary key);\nINSERT INTO emp VALUES(1),(2);\n\
            CREATE TABLE grp(name text primary key);\nINSERT INTO grp VALUES('g');\n\
            CREATE TABLE m(grp text, no integer, primary key(grp,no));\n";
        [tables, members].concat()
    };
    let one = "INSERT INTO m VALUES('g',1);\n";
    let (nobody, first) = ("member: CN=nobody, dc=x\n", "member: uid=u1,ou=p,dc=x\n");
    let service = "member: cn=alarm,dc=x\n";
    for (held, members, wanted) in [
        ([nobody, ""], one, vec![first]),
        ([first, ""], "", vec!["member: cn=nobody,dc=x\n"]),
        ([nobody, ""], "", vec![nobody]),
        ([nobody, service], "", vec![service]),
        ([nobody, first], one, vec![first]),
    ] {
        dir.write("d.ldif", group(&held.concat()));
        dir.write("s.sql", rows(members));
        let args = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml", "-o", "c.ldif", "-q"];
        let status = i32::from(held.concat() != wanted.concat());
        run(&dir, args).expect(status);
        run(&dir, ["apply", "d.ldif", "c.ldif", "-q", "-o", "a.ldif"]).expect(0);
        let text = String::from_utf8(dir.read("a.ldif")).expect("text");
        let found: Vec<&str> =
            text.split_inclusive('\n').filter(|line| line.starts_with("member:")).collect();
        assert_eq!(found, wanted, "{held:?} {members}");
    }
    // To the database it stands for nobody.
    dir.write("d.ldif", group(nobody));
    dir.write("s.sql", rows(one));
    let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml", "--max-delete", "1"];
    let outcome = run(&dir, args).expect(1);
    assert!(!outcome.stderr.contains("leads to no record"), "{}", outcome.stderr);
}

/// An entry got a class by the mapping and not what the class demands, since that is for new entries.
#[test]
fn what_a_class_demands_comes_with_the_class() {
    let dir = Dir::new();
    let mapping = "[lookup.dept]
values = { 1 = \"sales\" }
[mapping.p]
entries = { base = [\"ou=p,dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"emp\", key = [\"no\"] }
match = [[\"no\"]]
dn = \"uid={{ login }},ou={{ lookup('dept', dept_id) }},ou=p,dc=x\"
object_class = [\"inetOrgPerson\", \"posixAccount\"]
flow = [
  { attribute = \"employeeNumber\", column = \"no\" },
  { attribute = \"uid\", column = \"login\" },
  { attribute = \"loginShell\", column = \"shell\" },
  { attribute = \"gidNumber\", constant = \"100\", direction = \"to_directory\", on = \"create\" },
  { attribute = \"uidNumber\", sequence = { start = 10000 }, direction = \"to_directory\", on = \"create\" },
  { attribute = \"homeDirectory\", expression = \"'/home/' ~ login\", direction = \"to_directory\", on = \"create\" },
  { attribute = \"departmentNumber\", expression = \"lookup('dept', dept_id)\", direction = \"to_directory\" },
]
";
    dir.write("m.toml", [HEAD, mapping].concat());
    dir.write("d.ldif", directory(&entry(1, "departmentNumber: sales\n")));
    let tables = "CREATE TABLE emp(no integer primary key, login text, shell text, dept_id int);\n";
    dir.write("s.sql", [tables, "INSERT INTO emp VALUES(1,'u1','/bin/sh',1);\n"].concat());
    let args = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml", "-o", "c.ldif", "-q"];
    run(&dir, args).expect(1);
    run(&dir, ["apply", "d.ldif", "c.ldif", "-q", "-o", "a.ldif"]).expect(0);
    let text = String::from_utf8(dir.read("a.ldif")).expect("text");
    for line in ["posixAccount", "gidNumber: 100", "uidNumber: 10000", "homeDirectory: /home/u1"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // One that has the class keeps what it has.
    dir.write("a.ldif", text.replace("gidNumber: 100", "gidNumber: 7"));
    let again = ["diff", "a.ldif", "s.sql", "--mapping", "m.toml", "--format", "jsonl", "-q"];
    assert_eq!(run(&dir, again).expect(0).stdout, b"");
    // One to which the class does not come leaves no gap before the number of a new one.
    dir.write("d.ldif", directory(&entry(1, "departmentNumber: sales\n")));
    let rows = "INSERT INTO emp VALUES(1,'u1',NULL,1),(2,'u2',NULL,1);\n";
    dir.write("s.sql", [tables, rows].concat());
    let flat = mapping.replace("ou={{ lookup('dept', dept_id) }},ou=p", "ou=p");
    dir.write("m.toml", [HEAD, &flat].concat());
    let args = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml", "-q"];
    let text = String::from_utf8(run(&dir, args).expect(1).stdout).expect("text");
    assert!(text.contains("uid=u2") && text.contains("uidNumber: 10000"), "{text}");
}

/// What a lookup finds in a table that the same run writes is found by the next one: nobody said so.
#[test]
fn a_lookup_of_a_table_that_changes_is_told() {
    let dir = Dir::new();
    let mapping = "[lookup.dept]
table = \"dept\"
key = \"name\"
[mapping.depts]
entries = { base = [\"ou=l,dc=x\"], filter = \"(businessCategory=*)\" }
rows = { table = \"dept\", key = [\"code\"] }
match = [[\"code\"]]
flow = [
  { attribute = \"businessCategory\", column = \"code\" },
  { attribute = \"ou\", column = \"name\", direction = \"to_database\" },
]
[mapping.p]
entries = { base = [\"ou=p,dc=x\"], filter = \"(uid=*)\" }
rows = { table = \"emp\", key = [\"no\"] }
match = [[\"no\"]]
flow = [
  { attribute = \"employeeNumber\", column = \"no\" },
  { column = \"dept\", expression = \"lookup('dept', ou).code\", direction = \"to_database\" },
]
";
    dir.write("m.toml", [HEAD, mapping].concat());
    let unit = "dn: ou=Sales,ou=l,dc=x\nobjectClass: organizationalUnit\nou: Sales\nbusinessCategory: D1\n\n";
    dir.write("d.ldif", directory(&[unit, &entry(1, "ou: Sales\n")].concat()));
    let args = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
    let said =
        "the lookup `dept` reads dept as it is in the dump, and 1 row of it comes, changes or goes";
    for (name, is_told) in [("Service", true), ("Sales", false)] {
        dir.write(
            "s.sql",
            format!(
                "CREATE TABLE dept(code text primary key, name text);\nINSERT INTO dept VALUES('D1','{name}');\n\
                 CREATE TABLE emp(no integer primary key, dept text);\nINSERT INTO emp VALUES(1,NULL);\n"
            ),
        );
        let stderr = run(&dir, args).expect(1).stderr;
        assert_eq!(stderr.contains(said), is_told, "{stderr}");
    }
}
