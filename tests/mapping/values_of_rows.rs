//! Flows that have a row for each value: what else they say holds both ways.

use crate::util::{Dir, run};

/// A folder with a mapping of people, whose descriptions stand in the table `al` by this flow besides.
fn people(flow: &str) -> Dir {
    let dir = Dir::new();
    let mapping = format!(
        "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n[mapping.p]\n\
         entries = {{ base = [\"dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }}\n\
         rows = {{ table = \"s\", key = [\"login\"] }}\nmatch = [[\"login\"]]\nmin_overlap = 0\n\
         dn = \"uid={{{{ login }}}},dc=x\"\nobject_class = [\"inetOrgPerson\"]\nflow = [\n\
         {{ attribute = \"uid\", column = \"login\" }},\n{{ attribute = \"title\", column = \"t\" }},\n\
         {{ attribute = \"sn\", constant = \"s\" }},\n{{ attribute = \"cn\", constant = \"c\" }},\n\
         {{ attribute = \"description\", table = \"al\", foreign_key = [\"login\"], column = \"a\", {flow} }},\n]\n"
    );
    dir.write("m.toml", mapping);
    std::fs::create_dir(dir.path().join("t")).expect("a folder");
    dir
}

/// People with these descriptions each.
fn entries(dir: &Dir, all: &[(&str, &[&str])]) {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    for (uid, values) in all {
        text += &format!("\ndn: uid={uid},dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\n");
        text += "sn: s\ncn: c\ntitle: staff\n";
        values.iter().for_each(|value| text += &format!("description: {value}\n"));
    }
    dir.write("d.ldif", text);
}

/// The same as rows.
fn rows(dir: &Dir, all: &[(&str, &[&str])]) {
    let (mut people, mut values) = ("login,t\n".to_owned(), "login,a\n".to_owned());
    for (login, all) in all {
        people += &format!("{login},staff\n");
        all.iter().for_each(|value| values += &format!("{login},{value}\n"));
    }
    dir.write("t/s.csv", people);
    dir.write("t/al.csv", values);
}

/// The descriptions of the entries when they have followed the rows, each behind the name of its entry.
fn of_entries(dir: &Dir) -> Vec<String> {
    let said = run(dir, ["diff", "d.ldif", "t", "--mapping", "m.toml", "-o", "c.ldif"]);
    assert!(matches!(said.status, 0 | 1), "{}", said.stderr);
    let done = run(dir, ["apply", "d.ldif", "c.ldif"]).expect(0);
    let (mut found, mut uid) = (Vec::new(), String::new());
    for line in String::from_utf8(done.stdout).expect("text").lines() {
        if let Some(own) = line.strip_prefix("uid: ") {
            own.clone_into(&mut uid);
        }
        found.extend(line.strip_prefix("description: ").map(|value| format!("{uid} {value}")));
    }
    found.sort_unstable();
    found
}

/// The rows of the table of values that come and go where it follows the entries.
fn of_rows(dir: &Dir) -> Vec<String> {
    let said = run(dir, ["diff", "t", "d.ldif", "--mapping", "m.toml", "--format", "jsonl"]);
    assert!(matches!(said.status, 0 | 1), "{}", said.stderr);
    let text = String::from_utf8(said.stdout).expect("text");
    let lines = text.lines().filter(|line| line.contains("\"table\":\"al\""));
    let value = |line: &str| {
        let quoted = |name: &str| {
            let at = line.find(&format!("\"{name}\":\""))? + name.len() + 4;
            Some(line[at..].split('"').next().unwrap_or_default().to_owned())
        };
        let word = |name: &str| quoted(name).unwrap_or_default();
        format!("{} {} {}", word("op"), word("login"), word("a"))
    };
    let mut all: Vec<String> = lines.map(value).collect();
    all.sort_unstable();
    all
}

/// To the directory values were not converted, and to the database not where an entry had two.
#[test]
fn each_value_is_converted_by_itself() {
    let dir = people("to_database = \"'x' ~ value\", to_directory = \"value[1:]\"");
    entries(&dir, &[("a", &["one"]), ("b", &["one", "two"])]);
    rows(&dir, &[("a", &["xone"]), ("b", &["xone", "xtwo"])]);
    assert_eq!(of_entries(&dir), ["a one", "b one", "b two"]);
    assert!(of_rows(&dir).is_empty());
    rows(&dir, &[("a", &["xone", "xnew"]), ("b", &["xtwo"])]);
    assert_eq!(of_entries(&dir), ["a new", "a one", "b two"]);
    assert_eq!(of_rows(&dir), ["delete a xnew", "insert b xone"]);
}

/// What flows only into new entries changed those that were there.
#[test]
fn what_flows_on_creation_leaves_the_others_alone() {
    let dir = people("on = \"create\"");
    entries(&dir, &[("a", &["one", "two"])]);
    rows(&dir, &[("a", &["one"]), ("b", &["three"])]);
    assert_eq!(of_entries(&dir), ["a one", "a two", "b three"]);
    assert!(of_rows(&dir).is_empty());
}

/// A condition was heeded on the way to the database alone.
#[test]
fn what_flows_on_a_condition_does_so_both_ways() {
    let dir = people("when = \"uid == 'a'\", direction = \"to_database\"");
    entries(&dir, &[("a", &["one"]), ("b", &["two"])]);
    rows(&dir, &[("a", &[]), ("b", &[])]);
    assert_eq!(of_rows(&dir), ["insert a one"]);
    let dir = people("when = \"login == 'a'\", direction = \"to_directory\"");
    entries(&dir, &[("a", &["one"]), ("b", &["two"])]);
    rows(&dir, &[("a", &[]), ("b", &[])]);
    assert_eq!(of_entries(&dir), ["b two"]);
}

/// A group whose members all lead nowhere lost the last one, though it may not be without: `required` was held against
/// the keys, and not against what they lead to.
#[test]
fn a_required_reference_must_lead_somewhere() {
    let dir = Dir::new();
    let mapping = "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n[mapping.people]\n\
        entries = { base = [\"ou=P,dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }\n\
        rows = { table = \"s\", key = [\"id\"] }\nmatch = [[\"num\"]]\nmin_overlap = 0\nflow = [\n\
        { attribute = \"employeeNumber\", column = \"num\" },\n]\n[mapping.groups]\n\
        entries = { base = [\"ou=G,dc=x\"], filter = \"(objectClass=groupOfNames)\" }\n\
        rows = { table = \"g\", key = [\"name\"] }\nmatch = [[\"name\"]]\nmin_overlap = 0\nflow = [\n\
        { attribute = \"cn\", column = \"name\" },\n\
        { attribute = \"member\", table = \"gm\", foreign_key = [\"g\"], column = \"sid\", reference = \"people\", \
        required = true, managed_by = { column = \"origin\", value = \"sync\" } },\n]\n";
    dir.write("m.toml", mapping);
    std::fs::create_dir(dir.path().join("t")).expect("a folder");
    let entry = |dn: &str, class: &str, lines: &str| {
        format!("\ndn: {dn},dc=x\nobjectClass: {class}\n{lines}")
    };
    let head = [
        "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned(),
        entry("ou=P", "organizationalUnit", "ou: P\n"),
        entry("ou=G", "organizationalUnit", "ou: G\n"),
        entry("uid=ann,ou=P", "inetOrgPerson", "uid: ann\ncn: a\nsn: K\nemployeeNumber: 1\n"),
    ];
    // The member of the group, its rows, and whether it can be followed to the directory and to the database.
    let cases = [
        ("uid=ann,ou=P", "vpn,8,sync\nvpn,9,sync\n", [5, 1]),
        ("uid=ann,ou=P", "", [5, 1]),
        // A service is no record of the mapping, and stays.
        ("cn=svc", "vpn,8,sync\n", [0, 0]),
        ("cn=svc", "", [0, 5]),
        ("cn=svc", "vpn,1,sync\n", [1, 5]),
        // So does what is another's.
        ("cn=svc", "vpn,1,hand\n", [0, 0]),
    ];
    for (member, rows, [to_directory, to_database]) in cases {
        let group =
            entry("cn=vpn,ou=G", "groupOfNames", &format!("cn: vpn\nmember: {member},dc=x\n"));
        dir.write("d.ldif", [&head.concat(), &group].map(String::as_str).concat());
        dir.write("t/s.csv", "id,num\n1,1\n");
        dir.write("t/g.csv", "name\nvpn\n");
        dir.write("t/gm.csv", format!("g,sid,origin\n{rows}"));
        for (sides, status) in [(["d.ldif", "t"], to_directory), (["t", "d.ldif"], to_database)] {
            let said = run(&dir, ["diff", sides[0], sides[1], "--mapping", "m.toml"]);
            assert_eq!(said.status, status, "{sides:?} {member} {rows:?} {}", said.stderr);
            let text = String::from_utf8(said.stdout).expect("text");
            assert!(status != 5 || !text.contains("member"), "{text}");
        }
    }
}
