//! What stays of an entry that gets another name, and where it stays when those above it get one.

use crate::util::{Dir, run};

/// A directory of these units, and of these entries.
fn directory(dir: &Dir, units: &[&str], entries: &str) {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    for ou in units {
        text += &format!("\ndn: ou={ou},dc=x\nobjectClass: organizationalUnit\nou: {ou}\n");
    }
    dir.write("d.ldif", text + entries);
}

/// What is to be done to it; applied, nothing more is to be done.
fn change(dir: &Dir, rows: &str) -> String {
    let diff = |old: &str| {
        let args = ["diff", old, rows, "--mapping", "m.toml", "-q", "--max-delete=9"];
        let said = run(dir, args);
        assert!(said.status < 2, "{}", said.stderr);
        String::from_utf8(said.stdout).expect("text")
    };
    let change = diff("d.ldif");
    dir.write("c.ldif", &change);
    let applied = run(dir, ["apply", "d.ldif", "c.ldif", "-q", "-o", "d2.ldif"]);
    assert_eq!(applied.status, 0, "{change}{}", applied.stderr);
    let again = diff("d2.ldif");
    assert!(!again.contains("changetype"), "{change}{again}");
    change
}

const PEOPLE: &str = "ldifsync = 1\n[mapping.p]\nentries = { base = [\"ou=P,dc=x\"], filter = \"(&(objectClass=inetOrgPerson)\
    (!(employeeType=gone)))\" }\nrows = { table = \"s\", key = [\"id\"], filter = \"(active=1)\" }\nmin_overlap = 0\nmatch = [[MATCH]]\n\
    dn = \"cn={{ login }},ou=P,dc=x\"\nobject_class = [\"top\",\"person\",\"organizationalPerson\",\"inetOrgPerson\"]\n";

/// The value that an entry was called by went with its name, though a flow wants it, or no flow says anything of it:
/// the next run found nobody by it, deleted the account and made a new one.
#[test]
fn what_an_entry_was_called_by_stays_in_it() {
    let dir = Dir::new();
    dir.write("s.csv", "id,login,active\n1,ann,1\n");
    let ann = "objectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: ann\ncn: ann\nsn: ann\nuidNumber: 1\n\
               gidNumber: 1\nhomeDirectory: /\nemployeeNumber: 1\n";
    let uid = "{ attribute = \"uid\", column = \"login\" },\n\
               { attribute = \"cn\", expression = \"login\", direction = \"to_directory\" },\n";
    let cn = "{ attribute = \"cn\", column = \"login\" },\n";
    let flows = [("\"id\"", uid), ("\"id\"", cn), ("\"login\"", uid)];
    let policy = "[mapping.p.policy.to_directory]\nUNASSIGNED = \"delete\"\nSOURCE_MISSING = \"delete\"\n\
                  UNQUALIFIED = \"inactivate\"\n\
                  [mapping.p.inactivate.to_directory]\nset = { employeeType = \"gone\" }\nmove = \"ou=L,dc=x\"\n";
    for (matched, flow) in flows {
        for (place, gone, moves) in [("P", "", "move = true\n"), ("L", "employeeType: gone\n", "")]
        {
            let flows = format!(
                "flow = [\n{{ attribute = \"employeeNumber\", column = \"id\" }},\n{flow}\
                 {{ attribute = \"sn\", expression = \"login\", direction = \"to_directory\" }},\n]\n"
            );
            let people = PEOPLE.replace("MATCH", matched);
            dir.write("m.toml", [&people, moves, &flows, policy].concat());
            directory(&dir, &["P", "L"], &format!("\ndn: uid=ann,ou={place},dc=x\n{ann}{gone}"));
            let change = change(&dir, "s.csv");
            let renamed = "newrdn: cn=ann\ndeleteoldrdn: 0\n";
            assert!(change.contains(renamed), "{change}");
            assert!(!change.contains("uid: ann"), "{change}");
        }
    }
}

/// What its flow has otherwise goes: it is the old value of that attribute.
#[test]
fn what_a_flow_has_otherwise_goes_with_the_name() {
    let dir = Dir::new();
    dir.write("s.csv", "id,login,active\n1,ann,1\n");
    let flows = "flow = [\n{ attribute = \"employeeNumber\", column = \"id\" },\n\
                 { attribute = \"cn\", column = \"login\" },\n]\n";
    dir.write("m.toml", [&PEOPLE.replace("MATCH", "\"id\""), flows].concat());
    let old =
        "\ndn: cn=old,ou=P,dc=x\nobjectClass: inetOrgPerson\ncn: old\nsn: s\nemployeeNumber: 1\n";
    directory(&dir, &["P"], old);
    let change = change(&dir, "s.csv");
    assert!(change.contains("newrdn: cn=ann\ndeleteoldrdn: 1\n"), "{change}");
}

/// A unit was renamed, another got its name, and who is to be in that one went along with the old one, for there
/// the name had been right.
#[test]
fn who_is_to_keep_the_name_does_not_go_along_with_the_unit() {
    let dir = Dir::new();
    dir.write(
        "m.toml",
        "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n[lookup.unit]\ntable = \"u\"\nkey = \"id\"\n\
         [mapping.units]\nentries = { base = [\"ou=P,dc=x\"], filter = \"(&(objectClass=organizationalUnit)(description=*))\" }\n\
         rows = { table = \"u\", key = [\"id\"] }\nmatch = [[\"id\"]]\nmin_overlap = 0\n\
         dn = \"ou={{ name }},ou=P,dc=x\"\nobject_class = [\"top\",\"organizationalUnit\"]\nflow = [\n\
         { attribute = \"description\", column = \"id\" },\n{ attribute = \"ou\", column = \"name\" },\n]\n\
         [mapping.people]\nentries = { base = [\"ou=P,dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }\n\
         rows = { table = \"s\", key = [\"id\"] }\nmatch = [[\"id\"]]\nmin_overlap = 0\nmove = true\n\
         dn = \"uid={{ login }},ou={{ lookup('unit', unit).name }},ou=P,dc=x\"\n\
         object_class = [\"top\",\"person\",\"organizationalPerson\",\"inetOrgPerson\"]\nflow = [\n\
         { attribute = \"employeeNumber\", column = \"id\" },\n{ attribute = \"uid\", column = \"login\" },\n\
         { attribute = \"departmentNumber\", column = \"unit\" },\n]\n",
    );
    let person = |n: u32| {
        format!(
            "\ndn: uid=u{n},ou=Sales,ou=P,dc=x\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: c\nsn: s\n\
             employeeNumber: {n}\ndepartmentNumber: {}\n",
            n % 2 + 1
        )
    };
    let unit =
        "\ndn: ou=Sales,ou=P,dc=x\nobjectClass: organizationalUnit\nou: Sales\ndescription: 1\n";
    directory(&dir, &["P"], &[unit, &person(1), &person(2), &person(3)].concat());
    dir.write(
        "s.sql",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO u VALUES(1,'Research'),(2,'Sales');\n\
         CREATE TABLE s(id INTEGER PRIMARY KEY, login TEXT, unit INTEGER);\n\
         INSERT INTO s VALUES(1,'u1',2),(2,'u2',1),(3,'u3',2);\n",
    );
    let change = change(&dir, "s.sql");
    assert_eq!(change.matches("changetype: modrdn").count(), 3, "{change}");
    dir.write(
        "s.sql",
        "CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO u VALUES(1,'Research');\n\
         CREATE TABLE s(id INTEGER PRIMARY KEY, login TEXT, unit INTEGER);\nINSERT INTO s VALUES(1,'u1',1),(2,'u2',1);\n",
    );
    // Whose name is right below the new one goes along.
    directory(&dir, &["P"], &[unit, &person(1), &person(2)].concat());
    let change = self::change(&dir, "s.sql");
    assert_eq!(change.matches("changetype: modrdn").count(), 1, "{change}");
}
