//! Members of groups whose counterpart nobody knows.

use crate::util::{Dir, run};

/// People with their numbers, and rows with theirs.
type Sides<'s> = (&'s [(&'s str, u32)], &'s [(u32, u32)]);

/// Whoever was AMBIGUOUS was taken out of every group: the row was said to lead nowhere, and the entry to be another's.
#[test]
fn whoever_is_ambiguous_stays_in_the_groups() {
    let dir = Dir::new();
    let person = |login: &str, number: u32| {
        format!(
            "\ndn: uid={login},dc=x\nobjectClass: inetOrgPerson\nuid: {login}\ncn: c\nsn: s\nemployeeNumber: {number}\n"
        )
    };
    let entries = |people: &[(&str, u32)], members: &[&str]| {
        let people: String = people.iter().map(|one| person(one.0, one.1)).collect();
        let group = "\ndn: cn=vpn,dc=x\nobjectClass: groupOfNames\ncn: vpn\n";
        let members: String =
            members.iter().map(|one| format!("member: uid={one},dc=x\n")).collect();
        format!("dn: dc=x\nobjectClass: domain\ndc: x\n{people}{group}{members}")
    };
    let login = |login: &str| if login == "bob" { "2" } else { "3" }.to_owned();
    let rows = |people: &[(u32, u32)], members: &[&str]| {
        let people: String = people
            .iter()
            .map(|one| format!("INSERT INTO s VALUES({},{});\n", one.0, one.1))
            .collect();
        let members: String =
            members.iter().map(|one| format!("INSERT INTO gm VALUES('vpn',{one});\n")).collect();
        format!(
            "CREATE TABLE s(id INTEGER PRIMARY KEY, num INTEGER);\n{people}CREATE TABLE g(name TEXT PRIMARY KEY);\n\
             INSERT INTO g VALUES('vpn');\nCREATE TABLE gm(g TEXT REFERENCES g(name), sid INTEGER REFERENCES s(id), \
             PRIMARY KEY(g,sid));\n{members}"
        )
    };
    let mapping = |reference: &str, member: &str| {
        format!(
            "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n[mapping.people]\n\
             entries = {{ base = [\"dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }}\n\
             rows = {{ table = \"s\", key = [\"id\"] }}\nmatch = [[\"num\"]]\nmin_overlap = 0\n\
             flow = [ {{ attribute = \"employeeNumber\", column = \"num\" }} ]\n[mapping.groups]\n\
             entries = {{ base = [\"dc=x\"], filter = \"(objectClass=groupOfNames)\" }}\n\
             rows = {{ table = \"g\", key = [\"name\"] }}\nmatch = [[\"name\"]]\nflow = [\n\
             {{ attribute = \"cn\", column = \"name\" }},\n\
             {{ attribute = \"{member}\", table = \"gm\", foreign_key = [\"g\"], column = \"sid\", reference = {reference} }},\n]\n"
        )
    };
    let said = |files: [&str; 2]| {
        let args = ["diff", files[0], files[1], "--mapping", "m.toml", "--format", "jsonl"];
        let said = run(&dir, args);
        (String::from_utf8(said.stdout).expect("text"), said.stderr)
    };
    let (one_entry, one_row) = ([("ann", 1), ("bob", 2)], [(1, 1), (2, 2)]);
    let (two_entries, two_rows) = ([("ann", 1), ("bob", 2), ("bob2", 2)], [(1, 1), (2, 2), (3, 2)]);
    let by_name = mapping("\"people\"", "member");
    dir.write("m.toml", &by_name);
    let sides: [Sides<'_>; 3] =
        [(&one_entry, &two_rows), (&two_entries, &one_row), (&two_entries, &two_rows)];
    for (people, numbers) in sides {
        dir.write("d.ldif", entries(people, &["ann", "bob"]));
        dir.write("s.sql", rows(numbers, &["1", &login("bob")]));
        for files in [["d.ldif", "s.sql"], ["s.sql", "d.ldif"]] {
            let (change, told) = said(files);
            assert_eq!(change, "", "{files:?} {told}");
            assert!(told.contains("leads to an AMBIGUOUS record of `people`"), "{told}");
        }
    }
    // What is certain goes, and what is not known comes into no group.
    dir.write("d.ldif", entries(&one_entry, &["ann", "bob"]));
    dir.write("s.sql", rows(&two_rows, &["3"]));
    let (change, _) = said(["d.ldif", "s.sql"]);
    assert!(change.contains("\"values\":[\"uid=ann,dc=x\"]"), "{change}");
    let (change, _) = said(["s.sql", "d.ldif"]);
    assert!(change.contains("\"sid\":\"1\"") && !change.contains("\"sid\":\"3\""), "{change}");
}

/// A group of which all members went or became inactive was rejected, and the next run, to which the inactive ones were
/// none of the mapping's any more, took out the others.
#[test]
fn who_becomes_inactive_stays_in_a_group_that_may_not_be_empty() {
    let dir = Dir::new();
    let mapping = "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n[mapping.people]\n\
         entries = { base = [\"ou=P,dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }\n\
         rows = { table = \"s\", key = [\"num\"], filter = \"(act=1)\" }\nmatch = [[\"num\"]]\nmin_overlap = 0\n\
         max_delete = 9\nflow = [ { attribute = \"employeeNumber\", column = \"num\" } ]\n\
         policy.to_directory.UNQUALIFIED = \"inactivate\"\n\
         [mapping.people.inactivate.to_directory]\nmove = \"ou=L,dc=x\"\n\
         [mapping.groups]\nentries = { base = [\"dc=x\"], filter = \"(objectClass=groupOfNames)\" }\n\
         rows = { table = \"g\", key = [\"name\"] }\nmatch = [[\"name\"]]\nmin_overlap = 0\nflow = [\n\
         { attribute = \"cn\", column = \"name\" },\n{ attribute = \"member\", table = \"m\", foreign_key = [\"g\"], \
         column = \"num\", reference = \"people\", if_empty = \"reject\" },\n]\n";
    let unit =
        |ou: &str| format!("\ndn: ou={ou},dc=x\nobjectClass: organizationalUnit\nou: {ou}\n");
    let person = |login: &str, number: u32| {
        format!(
            "\ndn: uid={login},ou=P,dc=x\nobjectClass: inetOrgPerson\nuid: {login}\ncn: c\nsn: s\nemployeeNumber: {number}\n"
        )
    };
    let group = "\ndn: cn=g,dc=x\nobjectClass: groupOfNames\ncn: g\nmember: uid=a,ou=P,dc=x\nmember: uid=b,ou=P,dc=x\n";
    let entries = [
        "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned(),
        unit("P"),
        unit("L"),
        person("a", 1),
        person("b", 2),
        group.to_owned(),
    ];
    dir.write("d.ldif", entries.concat());
    dir.write(
        "s.sql",
        "CREATE TABLE s(num INTEGER PRIMARY KEY, act INTEGER);\nINSERT INTO s VALUES(1,0),(2,1);\n\
         CREATE TABLE g(name TEXT PRIMARY KEY);\nINSERT INTO g VALUES('g');\n\
         CREATE TABLE m(g TEXT, num INTEGER);\nINSERT INTO m VALUES('g',1);\n",
    );
    dir.write("m.toml", mapping);
    let diff = |old: &str, status: i32| {
        let args = ["diff", old, "s.sql", "--mapping", "m.toml", "-o", "c.ldif"];
        run(&dir, args).expect(status)
    };
    diff("d.ldif", 1);
    run(&dir, ["apply", "d.ldif", "c.ldif", "-o", "after.ldif"]).expect(0);
    let after = String::from_utf8(dir.read("after.ldif")).expect("text");
    assert!(
        after.contains("member: uid=a,ou=L,dc=x") && !after.contains("member: uid=b"),
        "{after}"
    );
    diff("after.ldif", 0);
    // Where somebody is left, they go.
    dir.write(
        "s.sql",
        String::from_utf8(dir.read("s.sql")).expect("text").replace("('g',1)", "('g',2)"),
    );
    diff("d.ldif", 1);
    run(&dir, ["apply", "d.ldif", "c.ldif", "-o", "after.ldif"]).expect(0);
    let after = String::from_utf8(dir.read("after.ldif")).expect("text");
    assert!(
        after.contains("member: uid=b,ou=P,dc=x") && !after.contains("member: uid=a"),
        "{after}"
    );
    diff("after.ldif", 0);
}
