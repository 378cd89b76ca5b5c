//! Units that get another name through one mapping while another one names, and refers to, what stands below.

use crate::util::{Dir, run};

/// Units by their numbers, and people by theirs, who are named in the unit of their row and have a manager.
const MAPPING: &str = "ldifsync = 1\n[directory]\nserver = \"openldap\"\n[database]\ndialect = \"sqlite\"\n\
    [mapping.units]\nentries = { base = [\"dc=x\"], filter = \"(businessCategory=*)\" }\n\
    rows = { table = \"unit\", key = [\"id\"] }\nmatch = [[\"id\"]]\nmin_overlap = 0\nflow = [\n\
    { attribute = \"businessCategory\", column = \"id\" },\n{ attribute = \"ou\", column = \"code\" },\n]\n\
    [mapping.people]\nentries = { base = [\"dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }\n\
    rows = { table = \"staff\", key = [\"no\"] }\nmatch = [[\"no\"]]\nmin_overlap = 0\nMOVE\
    dn = \"uid={{ login }},ou={{ unit }},dc=x\"\nobject_class = [\"inetOrgPerson\"]\nflow = [\n\
    { attribute = \"employeeNumber\", column = \"no\" },\n{ attribute = \"uid\", column = \"login\" },\n\
    { attribute = \"sn\", constant = \"s\", direction = \"to_directory\" },\n\
    { attribute = \"cn\", constant = \"c\", direction = \"to_directory\" },\n\
    { attribute = \"departmentNumber\", column = \"unit\", direction = \"to_directory\" },\n\
    { attribute = \"manager\", column = \"boss\", reference = \"people\", direction = \"to_directory\" },\n]\n";

/// An export of such units and people: `A 1`, or `A/u1 1 boss`.
fn export(all: &[&str]) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    for one in all {
        let parts: Vec<&str> = one.split(' ').collect();
        match parts[0].split_once('/') {
            None => {
                let unit = parts[0];
                text +=
                    &format!("\ndn: ou={unit},dc=x\nobjectClass: organizationalUnit\nou: {unit}\n");
                text += &format!("businessCategory: {}\n", parts[1]);
            }
            Some((unit, uid)) => {
                text += &format!(
                    "\ndn: uid={uid},ou={unit},dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: c\nsn: s\n\
                     employeeNumber: {}\n",
                    parts[1]
                );
                if let Some(boss) = parts.get(2) {
                    text += &format!("manager: {boss},dc=x\n");
                }
            }
        }
    }
    text
}

/// What the export is once it has followed these tables, as names and managers, and what was told.
fn followed(entries: &[&str], units: &str, staff: &str, moves: bool) -> (Vec<String>, String) {
    let dir = Dir::new();
    let moves = if moves { "move = true\n" } else { "" };
    dir.write("m.toml", MAPPING.replace("MOVE", moves));
    dir.write("d.ldif", export(entries));
    std::fs::create_dir(dir.path().join("t")).expect("a folder");
    dir.write("t/unit.csv", format!("id,code\n{}\n", units.replace(' ', "\n")));
    dir.write("t/staff.csv", format!("no,login,unit,boss\n{}\n", staff.replace(' ', "\n")));
    let said = run(&dir, ["diff", "d.ldif", "t", "--mapping", "m.toml", "-o", "c.ldif"]);
    assert!(matches!(said.status, 0 | 1 | 5), "{}", said.stderr);
    let done = run(&dir, ["apply", "d.ldif", "c.ldif"]).expect(0);
    let text = String::from_utf8(done.stdout).expect("text");
    let kept = |line: &&str| line.starts_with("dn: ") || line.starts_with("manager: ");
    let short = |line: &str| line.replace("dn: ", "").replace(",dc=x", "").replace("uid=", "");
    (text.lines().filter(kept).skip(1).map(short).collect(), said.stderr)
}

/// A manager was named as before the unit of both was renamed: a name that nobody had any more.
#[test]
fn who_is_carried_along_is_referred_to_by_the_new_name() {
    let old = ["A 1", "A/u0 0", "A/u2 2", "A/u3 3 uid=u2,ou=A"];
    let (found, told) = followed(&old, "1,B", "0,u0,B,2 2,u2,B, 3,u3,B,2", false);
    let wanted = ["ou=B", "u0,ou=B", "manager: u2,ou=B", "u2,ou=B", "u3,ou=B", "manager: u2,ou=B"];
    assert_eq!(found, wanted, "{told}");
    // One of them is renamed besides, where it stands.
    let (found, told) = followed(&old, "1,B", "0,u0,B,2 2,x2,B, 3,u3,B,2", false);
    let wanted = ["ou=B", "u0,ou=B", "manager: x2,ou=B", "x2,ou=B", "u3,ou=B", "manager: x2,ou=B"];
    assert_eq!(found, wanted, "{told}");
}

/// What comes, and what moves, was put below a name that its entry had given up: a server stopped there, in the
/// middle of the change.
#[test]
fn nothing_is_put_below_a_name_that_is_given_up() {
    let old = ["A 1", "B 2", "A/z 9", "B/a 1"];
    let (found, told) = followed(&old, "1,D 2,B", "1,a,A, 2,n,A, 9,z,D,", true);
    assert_eq!(found, ["ou=D", "ou=B", "z,ou=D", "a,ou=B"], "{told}");
    for name in ["uid=a,ou=A,dc=x", "uid=n,ou=A,dc=x"] {
        assert!(told.contains(&format!("there is no entry above {name}")), "{told}");
    }
    // Below the new name there is room, and below the old one where another takes it.
    let (found, told) = followed(&old, "1,D 2,A", "1,a,D, 2,n,A, 9,z,D,", true);
    assert_eq!(found, ["ou=D", "ou=A", "z,ou=D", "a,ou=D", "n,ou=A"], "{told}");
}

/// A name was given that an entry below a renamed one brings along.
#[test]
fn a_name_that_is_brought_along_is_held() {
    let old = ["A 1", "A/u0 0", "A/u2 2"];
    let (found, told) = followed(&old, "1,B", "0,u2,B,", true);
    assert_eq!(found, ["ou=B", "u0,ou=B", "u2,ou=B"], "{told}");
    assert!(told.contains("another entry has the name uid=u2,ou=B,dc=x"), "{told}");
    // What stood there under that name has gone elsewhere.
    let (found, told) =
        followed(&["A 1", "B 2", "B/u2 2", "A/u0 0"], "1,B 2,C", "0,u2,B, 2,u2,C,", true);
    assert_eq!(found, ["ou=B", "ou=C", "u2,ou=C", "u2,ou=B"], "{told}");
}

/// Whoever was to come below a unit was rejected for a new name of that unit, which it does not get.
#[test]
fn a_name_that_is_refused_has_nobody_rejected() {
    let old = ["A 1", "A/u0 0", "B 2"];
    let (found, told) = followed(&old, "1,B 2,B", "0,x0,A, 5,n,A,0", false);
    assert_eq!(found, ["ou=A", "x0,ou=A", "ou=B", "n,ou=A", "manager: x0,ou=A"], "{told}");
    assert_eq!(told.matches("warning: mapping `").count(), 1, "{told}");
    // Both units want one name, and neither gets it.
    let (found, told) = followed(&["A 1", "B 2", "B/a 1"], "1,C 2,C", "1,a,B, 5,n,A, 6,m,C,", true);
    assert_eq!(found, ["ou=A", "ou=B", "a,ou=B", "n,ou=A"], "{told}");
    assert_eq!(told.matches("two records give the name ou=C,dc=x").count(), 2, "{told}");
    assert!(told.contains("there is no entry above uid=m,ou=C,dc=x"), "{told}");
}

/// One entry below what a policy deletes ended the whole run, with a sentence about an export that was cut.
#[test]
fn what_others_stay_below_is_kept_and_told() {
    let dir = Dir::new();
    let policy = "[mapping.units.policy.to_directory]\nSOURCE_MISSING = \"delete\"\n\
        [mapping.people.policy.to_directory]\nSOURCE_MISSING = \"delete\"\n";
    dir.write("m.toml", MAPPING.replace("MOVE", "move = true\n") + policy);
    let phone = "\ndn: cn=phone,uid=b,ou=A,dc=x\nobjectClass: device\ncn: phone\n";
    std::fs::create_dir(dir.path().join("t")).expect("a folder");
    let followed = |entries: String, units: &str, staff: &str, status: i32| {
        dir.write("d.ldif", entries);
        dir.write("t/unit.csv", format!("id,code\n{}\n", units.replace(' ', "\n")));
        dir.write("t/staff.csv", format!("no,login,unit,boss\n{}\n", staff.replace(' ', "\n")));
        let args =
            ["diff", "d.ldif", "t", "--mapping", "m.toml", "-o", "c.ldif", "--max-delete", "9"];
        let said = run(&dir, args).expect(status);
        let done = run(&dir, ["apply", "d.ldif", "c.ldif"]).expect(0);
        let text = String::from_utf8(done.stdout).expect("text");
        let names = text.lines().filter_map(|line| line.strip_prefix("dn: "));
        let names = names.skip(1).map(|name| name.replace(",dc=x", ""));
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        (names, said.stderr)
    };
    // A phone stays, so its owner does, and the unit; the others go and change.
    let people = export(&["A 1", "A/a 1", "A/b 2", "A/c 3", "B 2"]) + phone;
    let (found, told) = followed(people.clone(), "2,B", "1,x,B,", 5);
    let kept = ["cn=phone,uid=b,ou=A", "ou=A", "ou=B", "uid=b,ou=A", "uid=x,ou=B"];
    assert_eq!(found, kept, "{told}");
    assert_eq!(
        told.matches("it cannot go, since 1 entry stays right below it").count(),
        2,
        "{told}"
    );
    // Whoever is kept for it may be all that keeps a unit; what goes or moves keeps nothing.
    let gone = people.replace("\ndn: cn=phone,uid=b,ou=A,dc=x", "\ndn: cn=phone,ou=B,dc=x");
    let (found, told) = followed(gone, "2,B", "1,a,B,", 1);
    assert_eq!(found, ["cn=phone,ou=B", "ou=B", "uid=a,ou=B"], "{told}");
    // Nothing comes below what goes.
    let (found, told) = followed(export(&["A 1", "B 2"]), "2,B", "1,a,B, 2,b,A,", 5);
    assert_eq!(found, ["ou=B", "uid=a,ou=B"], "{told}");
    assert!(told.contains("there is no entry above uid=b,ou=A,dc=x"), "{told}");
}
