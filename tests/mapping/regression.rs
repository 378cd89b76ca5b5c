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

/// A value that holds what parts values in a column came back as two, and in SQL nothing was set.
#[test]
fn a_value_that_would_come_back_as_two_is_rejected() {
    let dir = Dir::new();
    dir.write(
        "m.toml",
        "ldifsync = 1\n[mapping.p]\nentries = { base = [\"dc=x\"], filter = \"(uid=*)\" }\n\
         rows = { table = \"t\", key = [\"id\"] }\nmatch = [[\"id\"]]\nflow = [\n\
         { attribute = \"uid\", column = \"id\" },\n\
         { attribute = \"title\", column = \"titles\", split = \";\" } ]\n",
    );
    let entry = |uid: &str, titles: &[&str]| {
        let titles: String = titles.iter().map(|title| format!("title: {title}\n")).collect();
        format!(
            "dn: uid={uid},dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: c\nsn: s\n{titles}\n"
        )
    };
    dir.write("d.ldif", entry("a", &["x;y"]) + &entry("b", &["x", " y"]) + &entry("c", &["z;"]));
    dir.write("t.csv", "id,titles\na,x;y\nb,x;y\nc,\n");
    let args = ["t.csv", "d.ldif", "--mapping", "m.toml", "--dialect", "sqlite"];
    let outcome = run(&dir, ["diff"].into_iter().chain(args)).expect(5);
    assert!(!String::from_utf8_lossy(&outcome.stdout).contains("UPDATE"));
    let told = "conversions that undo each other, but `x;y` becomes `x;y`, and that `x`, `y`";
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches("that undo each other").count(), 2, "{}", outcome.stderr);
    // What goes one way alone does not come back.
    let mapping = String::from_utf8(dir.read("m.toml")).expect("text");
    dir.write(
        "m.toml",
        mapping.replace("split = \";\"", "split = \";\", direction = \"to_database\""),
    );
    let outcome = run(&dir, ["diff"].into_iter().chain(args)).expect(1);
    let script = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(script.contains("'z;'") && !outcome.stderr.contains("undo each other"), "{script}");
}

/// The shape that was asked for was not looked at where rows become entries.
#[test]
fn entries_of_rows_have_the_shape_that_is_asked_for() {
    let dir = Dir::new();
    dir.write(
        "m.toml",
        "ldifsync = 1\n[mapping.p]\nentries = { base = [\"dc=x\"], filter = \"(uid=*)\" }\n\
         rows = { table = \"t\", key = [\"id\"] }\nmatch = [[\"id\"]]\ndn = \"uid={{ id }},dc=x\"\n\
         object_class = [\"account\"]\nflow = [\n{ attribute = \"uid\", column = \"id\" },\n\
         { attribute = \"host\", table = \"h\", foreign_key = [\"id\"], column = \"host\" } ]\n",
    );
    dir.write("t.sql", "CREATE TABLE t(id TEXT PRIMARY KEY);\nCREATE TABLE h(id TEXT, host TEXT, PRIMARY KEY(id, host));\n\
        INSERT INTO t VALUES('a');\nINSERT INTO h VALUES('a','n1'),('a','n2');\n");
    let transformed = |input: &str, more: &[&str], status: i32| {
        let args = ["transform", input, "--mapping", "m.toml", "-q"];
        let outcome = run(&dir, args.iter().chain(more).copied()).expect(status);
        (String::from_utf8_lossy(&outcome.stdout).into_owned(), outcome.stderr)
    };
    let dialect = ["--dialect", "sqlite"];
    let (lines, _) = transformed("t.sql", &[&dialect[..], &["--format", "jsonl"]].concat(), 0);
    assert_eq!(
        lines,
        "{\"dn\":\"uid=a,dc=x\",\"attributes\":{\"objectClass\":[\"account\"],\"uid\":[\"a\"],\"host\":[\"n1\",\"n2\"]}}\n"
    );
    let (_, said) = transformed("t.sql", &[&dialect[..], &["--format", "csv"]].concat(), 2);
    assert!(said.contains("expected no `--format csv` where rows become entries"), "{said}");
    dir.write("d.ldif", transformed("t.sql", &dialect, 0).0);
    // Of several tables one is written where it is named.
    assert_eq!(transformed("d.ldif", &["--table", "h"], 0).0, "id,host\na,n1\na,n2\n");
    assert_eq!(transformed("d.ldif", &["--table", "T"], 0).0, "id\na\n");
    let (_, said) = transformed("d.ldif", &["--table", "x"], 2);
    assert!(said.contains("expected the table `x`, but found `t` `h`"), "{said}");
}

/// An entry came without what its class demands, and nobody said so before a server refused it.
#[test]
fn what_a_class_demands_and_nothing_gives_is_told() {
    let dir = Dir::new();
    let mapping = |flows: &str| {
        format!(
            "ldifsync = 1\n[mapping.p]\nentries = {{ base = [\"dc=x\"], filter = \"(uid=*)\" }}\n\
             rows = {{ table = \"t\", key = [\"id\"] }}\nmatch = [[\"id\"]]\ndn = \"uid={{{{ id }}}},dc=x\"\n\
             object_class = [\"inetOrgPerson\"]\nflow = [\n{{ attribute = \"uid\", column = \"id\" }},\n{flows}]\n"
        )
    };
    let entry = "dn: uid=a,dc=x\nobjectClass: inetOrgPerson\nuid: a\ncn: a\nsn: a\n";
    dir.write("d.ldif", format!("dn: dc=x\nobjectClass: domain\ndc: x\n\n{entry}"));
    dir.write("t.csv", "id,sn\na,a\nb,b\nc,\n");
    let surname = "{ attribute = \"sn\", column = \"sn\" },\n";
    let name = "{ attribute = \"cn\", constant = \"a\" },\n";
    for (flows, told) in [
        (
            surname.to_owned(),
            Some("2 entries are added without an attribute that their classes demand, first `cn`"),
        ),
        (
            [surname, name].concat(),
            Some("1 entry is added without an attribute that its classes demand, first `sn`"),
        ),
        (format!("{name}{{ attribute = \"sn\", constant = \"s\" }},\n"), None),
    ] {
        dir.write("m.toml", mapping(&flows));
        for server in ["openldap", "389ds"] {
            let args = ["diff", "d.ldif", "t.csv", "--mapping", "m.toml", "--server", server];
            let said = run(&dir, args).expect(1).stderr;
            match told {
                Some(told) => assert!(said.contains(told), "{flows} {said}"),
                None => assert!(!said.contains("demand"), "{flows} {said}"),
            }
        }
    }
    dir.write("t.csv", "id,sn\na,\n");
    dir.write("m.toml", mapping(surname));
    let args = ["diff", "d.ldif", "t.csv", "--mapping", "m.toml"];
    let said = run(&dir, args).expect(1).stderr;
    let told = "1 entry loses, or does not get, an attribute that its classes demand, first `sn`";
    assert!(said.contains(told), "{said}");
}

/// An entry went by its policy, and a group of no mapping kept its name without a word.
#[test]
fn who_refers_to_an_entry_that_goes_is_told() {
    let dir = Dir::new();
    let group = |flow: &str| {
        format!(
            "[mapping.g]\nentries = {{ base = [\"ou=g,dc=x\"], filter = \"(cn=*)\" }}\n\
                 rows = {{ table = \"g\", key = [\"cn\"] }}\nmatch = [[\"cn\"]]\n\
                 flow = [\n{{ attribute = \"cn\", column = \"cn\" }},\n{flow}]\n"
        )
    };
    let people = "ldifsync = 1\n[mapping.p]\n\
                  entries = { base = [\"ou=p,dc=x\"], filter = \"(uid=*)\" }\n\
                  rows = { table = \"t\", key = [\"id\"] }\nmatch = [[\"id\"]]\n\
                  flow = [\n{ attribute = \"uid\", column = \"id\" },\n{ attribute = \"sn\", column = \"sn\" }]\n\
                  policy.to_directory.SOURCE_MISSING = \"delete\"\n";
    let person = |name: &str| {
        format!(
            "dn: uid={name},ou=p,dc=x\nobjectClass: inetOrgPerson\nuid: {name}\ncn: a\nsn: {name}\n\n"
        )
    };
    let unit =
        |name: &str| format!("dn: ou={name},dc=x\nobjectClass: organizationalUnit\nou: {name}\n\n");
    let head = ["dn: dc=x\nobjectClass: domain\ndc: x\n\n", &unit("p"), &unit("g")].concat();
    let of = "dn: cn=g,ou=g,dc=x\nobjectClass: groupOfNames\ncn: g\nmember: uid=a,ou=p,dc=x\n\
              member: UID=B, ou=p,dc=x\n\n";
    dir.write("d.ldif", [&head, person("a").as_str(), &person("b"), of].concat());
    dir.write("t.csv", "id,sn\na,a\n");
    dir.write("g.csv", "cn,m\ng,\n");
    let told = "1 entry refers to entries that go, in attributes that no flow changes, and stays as it is: \
                cn=g,ou=g,dc=x: take those out, before or after the change, where the server does not see to it";
    dir.write("m.toml", people);
    for (server, is_told) in [("openldap", true), ("389ds", true), ("ad", false)] {
        let args = ["diff", "d.ldif", "t.csv", "--mapping", "m.toml", "--server", server];
        let said = run(&dir, args).expect(1).stderr;
        assert_eq!(said.contains(told), is_told, "{said}");
    }
    // Nobody goes, or a flow says who is in it.
    dir.write("t.csv", "id,sn\na,a\nb,c\n");
    let said = run(&dir, ["diff", "d.ldif", "t.csv", "--mapping", "m.toml"]).expect(1).stderr;
    assert!(!said.contains("refer"), "{said}");
    let dir = Dir::new();
    dir.write("d.ldif", [&head, person("a").as_str(), &person("b"), of].concat());
    let flow = "{ attribute = \"member\", table = \"m\", foreign_key = [\"cn\"], column = \"id\", reference = \"p\" }";
    dir.write("m.toml", [people, &group(flow)].concat());
    std::fs::create_dir(dir.file("tables")).expect("a folder");
    for (name, text) in [("t", "id,sn\na,a\n"), ("g", "cn\ng\n"), ("m", "cn,id\ng,a\n")] {
        dir.write(&format!("tables/{name}.csv"), text);
    }
    let args = ["diff", "d.ldif", "tables", "--mapping", "m.toml"];
    let said = run(&dir, args).expect(1);
    assert!(!said.stderr.contains("that go"), "{}", said.stderr);
    assert!(String::from_utf8_lossy(&said.stdout).contains("delete: member\n"));
}

/// A folder with one mapping of people, whose key is their login, and these flows and settings besides.
pub(super) fn people(flows: &str, more: &str) -> Dir {
    let dir = Dir::new();
    dir.write(
        "m.toml",
        format!(
            "ldifsync = 1\n[database]\ndialect = \"sqlite\"\ntimezone = \"UTC\"\n[mapping.p]\n\
             entries = {{ base = [\"ou=p,dc=x\"], filter = \"(objectClass=inetOrgPerson)\", exclude = \"(employeeType=other)\" }}\n\
             rows = {{ table = \"s\", key = [\"login\"], filter = \"(!(act=0))\" }}\nmatch = [[\"login\"]]\nmin_overlap = 0\n\
             dn = \"uid={{{{ login }}}},ou=p,dc=x\"\nobject_class = [\"inetOrgPerson\"]\n\
             flow = [\n{{ attribute = \"uid\", column = \"login\" }},\n{flows}]\n{more}"
        ),
    );
    dir
}

pub(super) fn person(dn: &str, lines: &str) -> String {
    let uid = dn.split([',', '=']).nth(1).unwrap_or_default();
    format!("dn: {dn},dc=x\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: c\nsn: s\n{lines}\n")
}

pub(super) fn units() -> String {
    let unit =
        |name: &str| format!("dn: ou={name},dc=x\nobjectClass: organizationalUnit\nou: {name}\n\n");
    ["dn: dc=x\nobjectClass: domain\ndc: x\n\n", &unit("p"), &unit("q")].concat()
}

/// A row went because the entry of its person, elsewhere in the directory, could not be read.
#[test]
fn an_entry_elsewhere_that_cannot_be_read_protects_its_row() {
    let dir = people("", "policy.to_database.SOURCE_MISSING = \"delete\"\n");
    dir.write("s.csv", "login,act\na,1\nb,1\n");
    let diff = |bad: &str| {
        dir.write(
            "d.ldif",
            [units(), person("uid=b,ou=p", ""), person("uid=a,ou=q", bad)].concat(),
        );
        let args = [
            "diff",
            "s.csv",
            "d.ldif",
            "--mapping",
            "m.toml",
            "--keep-going",
            "--max-delete",
            "100%",
        ];
        String::from_utf8(run(&dir, args).stdout).expect("a script")
    };
    assert!(!diff("garbage\n").contains("DELETE FROM"));
    assert!(!diff("").contains("DELETE FROM"), "it is there, and left out");
    dir.write("d.ldif", [units(), person("uid=b,ou=p", "")].concat());
    let args = ["diff", "s.csv", "d.ldif", "--mapping", "m.toml", "--max-delete", "100%"];
    assert!(
        String::from_utf8_lossy(&run(&dir, args).expect(1).stdout).contains("DELETE FROM \"s\"")
    );
}

/// What a flow joins or cuts on its way to the database came back as it was there.
#[test]
fn what_a_flow_makes_smaller_does_not_come_back_so() {
    for (flow, held, column, changed) in [
        (
            "{ attribute = \"mail\", column = \"x\", multi = \"join\" },\n",
            "mail: z@x\nmail: a@x\n",
            "z@x, a@x",
            "z@x, b@x",
        ),
        (
            "{ attribute = \"mail\", column = \"x\", multi = \"join\" },\n",
            "mail: a@x\nmail: z@x\n",
            "z@x, a@x",
            "z@x",
        ),
        (
            "{ attribute = \"mail\", column = \"x\", multi = \"first\" },\n",
            "mail: z@x\nmail: a@x\n",
            "a@x",
            "q@x",
        ),
        (
            "{ attribute = \"description\", column = \"x\", max_length = 5, too_long = \"truncate\" },\n",
            "description: abcdefgh\n",
            "abcde",
            "abcdf",
        ),
    ] {
        let dir = people(flow, "");
        dir.write("d.ldif", [units(), person("uid=a,ou=p", held)].concat());
        for (value, status) in [(column, 0), (changed, 1)] {
            dir.write("s.csv", format!("login,act,x\na,1,\"{value}\"\n"));
            run(
                &dir,
                ["diff", "d.ldif", "s.csv", "--mapping", "m.toml", "--max-attribute-loss", "100%"],
            )
            .expect(status);
        }
    }
}

/// A manager that a flow leaves as it is came to mean the newcomer who got the name, without a word.
#[test]
fn a_name_that_is_left_and_given_to_another_is_told() {
    let flows = "{ attribute = \"employeeNumber\", column = \"emp\" },\n\
                 { attribute = \"manager\", column = \"boss\", reference = \"p\", KEEP },\n";
    let told = "1 entry refers to names that one entry gives up and another may take, where a flow leaves them, and stays \
                as it is: uid=a,ou=p,dc=x";
    for (keep, boss, is_told) in [
        ("if_missing = \"keep\"", "", true),
        ("on = \"create\"", "2", true),
        ("if_missing = \"clear\"", "2", false),
    ] {
        let dir = people(&flows.replace("KEEP", keep), "");
        let mapping = String::from_utf8(dir.read("m.toml")).expect("text");
        let by_number = mapping
            .replace("key = [\"login\"]", "key = [\"emp\"]")
            .replace("match = [[\"login\"]]", "match = [[\"emp\"]]");
        dir.write("m.toml", by_number);
        let old = [
            units(),
            person("uid=a,ou=p", "employeeNumber: 1\nmanager: uid=u1,ou=p,dc=x\n"),
            person("uid=u1,ou=p", "employeeNumber: 2\n"),
        ];
        dir.write("d.ldif", old.concat());
        dir.write("s.csv", format!("emp,login,boss,act\n1,a,{boss},1\n2,u9,,1\n3,u1,,1\n"));
        let said = run(&dir, ["diff", "d.ldif", "s.csv", "--mapping", "m.toml", "-o", "c.ldif"])
            .expect(1)
            .stderr;
        assert_eq!(said.contains(told), is_told, "{keep} {said}");
    }
}

/// Rows that a run does not write kept the key of a row that goes or gets another one, without a word.
#[test]
fn rows_that_keep_a_key_which_is_given_up_are_told() {
    let teams = "[mapping.t]\nentries = { base = [\"ou=q,dc=x\"], filter = \"(objectClass=groupOfNames)\" }\n\
                 rows = { table = \"team\", key = [\"name\"] }\nmatch = [[\"name\"]]\nmin_overlap = 0\nflow = [\n\
                 { attribute = \"cn\", column = \"name\" },\n{ attribute = \"member\", table = \"tm\", foreign_key = [\"team\"], \
                 column = \"sid\", reference = \"p\" } ]\n";
    let flows = "{ attribute = \"entryUUID\", column = \"guid\", direction = \"to_database\" },\n\
                 { attribute = \"manager\", column = \"boss\", reference = \"p\" },\n";
    let dir = people(flows, &format!("policy.to_database.SOURCE_MISSING = \"delete\"\n{teams}"));
    let mapping = String::from_utf8(dir.read("m.toml")).expect("text");
    let by_guid = mapping.replacen("match = [[\"login\"]]", "match = [[\"guid\"]]", 1);
    let made = |line: &&str| line.starts_with("dn = ") || line.starts_with("object_class = ");
    let lines: Vec<&str> = by_guid.lines().filter(|line| !made(line)).collect();
    dir.write("m.toml", lines.join("\n"));
    std::fs::create_dir(dir.file("old")).expect("a folder");
    let group = "dn: cn=t2,ou=q,dc=x\nobjectClass: groupOfNames\ncn: t2\nmember: cn=none\n\n";
    let diff = |s: &str, tm: &str, entries: &[String]| {
        dir.write("old/s.csv", format!("login,guid,boss,act\n{s}"));
        dir.write("old/team.csv", "name\nt\nt2\n");
        dir.write("old/tm.csv", format!("team,sid\n{tm}"));
        dir.write("d.ldif", [&units(), group, &entries.concat()].map(String::from).concat());
        let args = ["diff", "old", "d.ldif", "--mapping", "m.toml", "--max-delete", "100%"];
        run(&dir, args).expect(1).stderr
    };
    let a = |lines: &str| person("uid=a,ou=p", &format!("entryUUID: g1\n{lines}"));
    // A boss who goes, and one who is elsewhere; a membership of a team that has no group; a key that changes.
    let said = diff("a,g1,gone,1\ngone,g2,,1\n", "t,a\n", &[a("manager: cn=svc,dc=x\n")]);
    let told = "1 row of s goes on referring, by boss, to rows of s that go or get another key, first the row a:";
    assert!(said.contains(told), "{said}");
    assert!(!said.contains("of tm"), "{said}");
    let said =
        diff("z,g1,,1\nb,g2,,1\n", "t,z\n", &[a(""), person("uid=b,ou=p", "entryUUID: g2\n")]);
    let told = "1 row of tm goes on referring, by sid, to rows of s that go or get another key, first the row t, z:";
    assert!(said.contains(told), "{said}");
    // What is written follows, and so nothing is said.
    let said = diff(
        "z,g1,,1\nb,g2,z,1\n",
        "t2,z\n",
        &[a(""), person("uid=b,ou=p", "entryUUID: g2\nmanager: uid=a,ou=p,dc=x\n")],
    );
    assert!(!said.contains("goes on referring"), "{said}");
}

/// slapd refused a value in the middle of a change that nobody had warned of.
#[test]
fn a_value_that_a_server_refuses_is_told() {
    let syntax = "for the attribute, but found";
    for (attribute, value, told) in [
        ("mail", "j\u{fc}rgen@x", Some(syntax)),
        ("mail", "juergen@x", None),
        ("telephoneNumber", "030 #12", Some(syntax)),
        ("telephoneNumber", "030 12", None),
        ("manager", "not a dn", Some(syntax)),
        ("manager", "cn=a", None),
        ("description", "\u{fc}", None),
    ] {
        let dir = people(&format!("{{ attribute = \"{attribute}\", column = \"x\" }},\n"), "");
        dir.write("d.ldif", [units(), person("uid=a,ou=p", "")].concat());
        dir.write("s.csv", format!("login,act,x\na,1,{value}\n"));
        let status = if told.is_some() { 5 } else { 1 };
        let args = ["diff", "d.ldif", "s.csv", "--mapping", "m.toml"];
        let said = run(&dir, args).expect(status).stderr;
        let is_told = said.contains(&format!("{syntax} `{value}` for `{attribute}`"));
        assert_eq!(is_told, told.is_some(), "{attribute} {value} {said}");
    }
    let dir = people("{ attribute = \"displayName\", column = \"x\", split = \"|\" },\n", "");
    dir.write("d.ldif", [units(), person("uid=a,ou=p", "")].concat());
    dir.write("s.csv", "login,act,x\na,1,b|c\n");
    let said = run(&dir, ["diff", "d.ldif", "s.csv", "--mapping", "m.toml"]).expect(1).stderr;
    let told = "1 entry gets several values of an attribute that has one, first `displayName`: a server refuses that (19)";
    assert!(said.contains(told), "{said}");
}

/// A second account was made, without a word, for whom one stands where the mapping does not look.
#[test]
fn whoever_stands_elsewhere_and_gets_an_entry_is_told() {
    let dir = people("", "policy.to_directory.SOURCE_MISSING = \"report\"\n");
    dir.write("s.csv", "login,act\na,1\nb,1\nc,1\nd,0\n");
    let machine = "dn: cn=c,ou=q,dc=x\nobjectClass: account\nuid: c\ncn: c\n\n";
    let entries = |elsewhere: &[String]| [&[units(), person("uid=b,ou=p", "")], elsewhere].concat();
    let said = |elsewhere: &[String]| {
        dir.write("d.ldif", entries(elsewhere).concat() + machine);
        let said = run(&dir, ["diff", "d.ldif", "s.csv", "--mapping", "m.toml"]).expect(1);
        (said.stderr, String::from_utf8(said.stdout).expect("text"))
    };
    let (told, change) = said(&[person("uid=A,ou=q", ""), person("uid=d,ou=q", "")]);
    assert!(change.contains("dn: uid=a,ou=p,dc=x"), "{change}");
    assert_eq!(
        told.lines().find(|line| line.contains("same key")),
        Some(
            "ldifsync: warning: mapping `p`: 1 entry is added though an entry with the same key stands \
             outside of `entries.base`: `uid=A,ou=q,dc=x` has that of login a"
        )
    );
    // Nobody is added for the one, and the filter does not mean the other.
    for elsewhere in [vec![], vec![person("uid=b,ou=q", "")]] {
        assert!(!said(&elsewhere).0.contains("same key"));
    }
    // Another mapping is about it.
    let second = |toml: &str| {
        toml.replace("[mapping.p]", "[mapping.q]")
            .replace("ou=p", "ou=q")
            .replace("ldifsync = 1\n", "")
    };
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let (head, mapping) = toml.split_at(toml.find("[mapping.p]").expect("a mapping"));
    dir.write("m.toml", [head, mapping, &second(mapping)].concat());
    assert!(!said(&[person("uid=A,ou=q", "")]).0.contains("same key"));
}

/// A slip in the name of an attribute emptied the column in every row, without a word.
#[test]
fn an_attribute_that_nobody_has_and_nobody_knows_is_told() {
    let dir = people("{ attribute = \"ATTRIBUTE\", column = \"x\" },\n", "");
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let diff = |attribute: &str, args: [&str; 2]| {
        dir.write("m.toml", toml.replace("ATTRIBUTE", attribute));
        let said = run(&dir, ["diff", args[0], args[1], "--mapping", "m.toml"]);
        let told = said.stderr.lines().find(|line| line.contains("no schema knows"));
        told.map(|line| line.replace("ldifsync: warning: mapping `p`: ", ""))
    };
    dir.write("s.csv", "login,act,x\na,1,y\n");
    dir.write("d.ldif", [units(), person("uid=a,ou=p", "XTra;lang-de: y\n")].concat());
    let slip = "no entry has `descriptoin` (line 14), and no schema knows it: perhaps `description` is meant";
    let (to_rows, to_entries) = (["s.csv", "d.ldif"], ["d.ldif", "s.csv"]);
    assert_eq!(diff("descriptoin;lang-de", to_rows).as_deref(), Some(slip));
    assert_eq!(diff("descriptoin", to_entries).as_deref(), Some(slip));
    // Whatever a server of its own knows may be new there.
    let own = "no entry has `staffRoom` (line 14), and no schema knows it";
    assert_eq!(diff("staffRoom", to_rows).as_deref(), Some(own));
    for (attribute, args) in [("staffRoom", to_entries), ("xtra", to_rows), ("l", to_rows)] {
        assert_eq!(diff(attribute, args), None, "{attribute}");
    }
}

/// A row that one mapping updates was deleted by another one, and an account that one confirms was moved away by
/// another, to be made once more by the next run.
#[test]
fn what_another_mapping_would_make_again_does_not_go() {
    const STAYS: &str = "1 record would go or become inactive, and stays as it is, for it is another mapping's: `q` follows ";
    let dir = people(
        "{ column = \"kind\", constant = \"p\", direction = \"to_database\" },\n",
        "policy.to_database.UNQUALIFIED = \"delete\"\n",
    );
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let toml = toml.replace("(!(act=0))", "(kind=p)");
    let (head, mapping) = toml.split_at(toml.find("[mapping.p]").expect("a mapping"));
    let second = mapping.replace("mapping.p", "mapping.q").replace("ou=p", "ou=q");
    let second = second.replace("=p)", "=q)").replace("\"p\"", "\"q\"");
    dir.write("m.toml", [head, mapping, &second].concat());
    dir.write("s.csv", "login,kind\na,p\nb,p\nc,p\nd,p\n");
    let entries =
        [units(), person("uid=a,ou=p", ""), person("uid=b,ou=q", ""), person("uid=d,ou=p", "")];
    dir.write("d.ldif", entries.concat());
    let said = run(&dir, ["diff", "s.csv", "d.ldif", "--mapping", "m.toml"]).expect(1);
    let script = String::from_utf8(said.stdout).expect("a script");
    assert!(
        script.contains("SET \"kind\" = 'q'") && !script.contains("DELETE FROM \"s\""),
        "{script}"
    );
    assert!(said.stderr.contains(&format!("{STAYS}login b")), "{}", said.stderr);

    // A leaver of `p` is locked though `q` has him, and moved away only where `q` would not make him again.
    let second = toml[head.len()..]
        .replace("mapping.p", "mapping.q")
        .replace("table = \"s\"", "table = \"t\"");
    let leave = |inactivate: &str, absent: &str| {
        let policy = format!("policy.to_directory.SOURCE_MISSING = \"inactivate\"\n{inactivate}\n");
        let text =
            [&toml, &policy, &second, &format!("policy.to_directory.ABSENT = \"{absent}\"\n")];
        dir.write("m.toml", text.map(String::as_str).concat());
        let args = ["diff", "d.ldif", "tables", "--mapping", "m.toml", "--max-delete", "9"];
        let said = run(&dir, args);
        (String::from_utf8(said.stdout).expect("a change"), said.stderr)
    };
    std::fs::create_dir(dir.path().join("tables")).expect("a folder");
    dir.write("tables/s.csv", "login,kind\na,p\n");
    dir.write("tables/t.csv", "login,kind\nd,p\n");
    let (lock, away) = ("set = { employeeType = \"other\" }", "move = \"ou=q,dc=x\"");
    let in_table = |line: &str| format!("[mapping.p.inactivate.to_directory]\n{line}");
    for (line, absent, is_done) in
        [(lock, "create", true), (away, "create", false), (away, "ignore", true)]
    {
        let (change, told) = leave(&in_table(line), absent);
        assert_eq!(
            change.contains("dn: uid=d,ou=p,dc=x"),
            is_done,
            "{line} {absent}: {told}{change}"
        );
        assert_eq!(told.contains(&format!("{STAYS}uid=d,ou=p,dc=x")), !is_done, "{told}");
    }
}

/// Records that the filter of their side leaves out made room for more that go, and for fewer that find anybody.
#[test]
fn shares_are_of_what_the_mapping_is_about() {
    let dir = people("", "policy.to_database.SOURCE_MISSING = \"delete\"\n");
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let rows = |of: std::ops::Range<u32>, act: u8| -> String {
        of.map(|n| format!("u{n},{act}\n")).collect()
    };
    let entries = |of: std::ops::Range<u32>, lines: &str| -> String {
        of.map(|n| person(&format!("uid=u{n},ou=p"), lines)).collect()
    };
    let diff = || run(&dir, ["diff", "s.csv", "d.ldif", "--mapping", "m.toml"]);
    dir.write("s.csv", ["login,act\n", &rows(0..100, 1), &rows(100..3000, 0)].concat());
    dir.write("d.ldif", [units(), entries(0..55, "")].concat());
    let said = diff().expect(3);
    assert!(said.stderr.contains("found 45 of 100"), "{}", said.stderr);
    dir.write("m.toml", toml.replace("min_overlap = 0\n", ""));
    dir.write("s.csv", ["login,act\n", &rows(0..60, 1), &rows(100..300, 0)].concat());
    dir.write(
        "d.ldif",
        [units(), entries(500..560, ""), entries(100..300, "employeeType: other\n")].concat(),
    );
    let said = diff().expect(3);
    assert!(said.stderr.contains("found 0 of 60"), "{}", said.stderr);
}

/// What is to be done both ways to this person and this row, whose values are of one attribute and of a column `x`.
fn both_ways(flow: &str, lines: &str, (kind, cell): (&str, &str), more: &[&str]) -> [String; 2] {
    let dir = people(&format!("{flow},\n"), "");
    dir.write("d.ldif", [units(), person("uid=a,ou=p", lines)].concat());
    dir.write(
        "s.sql",
        format!(
            "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE s(login TEXT PRIMARY KEY, act INT, x {kind});\n\
             INSERT INTO s VALUES('a',1,{cell});\nCOMMIT;\n"
        ),
    );
    [["s.sql", "d.ldif"], ["d.ldif", "s.sql"]].map(|sides| {
        let diff = ["diff", sides[0], sides[1], "--mapping", "m.toml"];
        let said = run(&dir, diff.into_iter().chain(more.iter().copied()));
        String::from_utf8(said.stdout).expect("text") + &said.stderr
    })
}

/// `userCertificate;binary` was not seen beside a flow of `userCertificate`: the value was taken away in the
/// database, and came a second time in the directory.
#[test]
fn the_option_of_a_transfer_makes_no_other_attribute() {
    for name in ["userCertificate", "userCertificate;binary", "2.5.4.36"] {
        let flow = format!("{{ attribute = \"{name}\", column = \"x\", type = \"binary\" }}");
        let to = |lines: &str, cell: &str| both_ways(&flow, lines, ("BLOB", cell), &[]);
        for held in ["userCertificate;binary:: MAA=\n", "usercertificate:: MAA=\n"] {
            let [rows, entries] = to(held, "X'3000'");
            assert!(rows.contains("nothing to change"), "{name} {held} {rows}");
            assert!(!entries.contains("changetype"), "{name} {held} {entries}");
            let [rows, entries] = to(held, "X'300100'");
            assert!(rows.contains("SET \"x\" = X'3000'"), "{name} {held} {rows}");
            // As the entry has it.
            let description = held.split("::").next().expect("a name");
            assert!(entries.contains(&format!("\n{description}:: MAEA\n")), "{name} {entries}");
            assert!(entries.contains(&format!("\n{description}:: MAA=\n")), "{name} {entries}");
            let [_, entries] = to(held, "NULL");
            assert!(entries.contains(&format!("\ndelete: {description}\n")), "{name} {entries}");
            assert!(!entries.contains("\nadd: "), "{name} {entries}");
        }
        let [rows, entries] = to("", "X'3000'");
        assert!(rows.contains("SET \"x\" = NULL"), "{name} {rows}");
        let wanted = "\nadd: userCertificate;binary\nuserCertificate;binary:: MAA=\n";
        assert!(entries.contains(wanted), "{name} {entries}");
    }
    let [_, entries] = both_ways(
        "{ attribute = \"jpegPhoto\", column = \"x\", type = \"binary\" }",
        "",
        ("BLOB", "X'0001'"),
        &[],
    );
    assert!(entries.contains("\njpegPhoto:: AAE=\n"), "{entries}");
}

/// A NUL ended the run, at the beginning of the export, with a hint about UTF-8.
#[test]
fn a_text_that_no_database_holds_rejects_its_record() {
    let nul = "expected text without NUL, but found one for `x` (line 14 of the mapping file)";
    let bytes = "expected text in UTF-8, but found bytes for `x` (line 14 of the mapping file)";
    let copied = "{ attribute = \"description\", column = \"x\" }";
    let binary = "{ attribute = \"description\", column = \"x\", type = \"binary\" }";
    let computed = "{ column = \"x\", expression = \"description\", direction = \"to_database\" }";
    let child =
        "{ attribute = \"description\", column = \"x\", table = \"t\", foreign_key = [\"l\"] }";
    for (flow, is_child) in [(copied, false), (binary, false), (computed, false), (child, true)] {
        for (value, told) in [("YQBi", nul), ("/2E=", bytes)] {
            for keep_going in [&[][..], &["--keep-going"]] {
                let dir = people(&format!("{flow},\n"), "");
                let bad = person("uid=a,ou=p", &format!("description:: {value}\n"));
                dir.write(
                    "d.ldif",
                    [units(), bad, person("uid=b,ou=p", "description: new\n")].concat(),
                );
                let (x, t) = if is_child {
                    ("", "CREATE TABLE t(l TEXT, x TEXT);\n")
                } else {
                    (", x TEXT", "")
                };
                let cell = if is_child { "" } else { ",'1'" };
                let people =
                    ["a", "b"].map(|one| format!("INSERT INTO s VALUES('{one}',1{cell});\n"));
                let tables = format!("CREATE TABLE s(login TEXT PRIMARY KEY, act INT{x});\n{t}");
                let all = [
                    "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n",
                    &tables,
                    &people.concat(),
                    "COMMIT;\n",
                ];
                dir.write("s.sql", all.concat());
                let diff = ["diff", "s.sql", "d.ldif", "--mapping", "m.toml"];
                let said = run(&dir, diff.into_iter().chain(keep_going.iter().copied())).expect(5);
                let text = String::from_utf8(said.stdout.clone()).expect("a script");
                assert!(said.stderr.contains(told), "{flow} {value} {}", said.stderr);
                assert!(said.stderr.contains("in: uid=a,ou=p,dc=x"), "{flow} {}", said.stderr);
                assert!(text.contains("'new'"), "{flow} {value} {text}");
            }
        }
    }
    // A column of bytes holds them.
    let [rows, _] = both_ways(copied, "description:: YQBi\n", ("BLOB", "NULL"), &[]);
    assert!(rows.contains("SET \"x\" = X'610062'"), "{rows}");
}

/// An account that never expires was said to keep what the database does not have.
#[test]
fn a_time_that_is_never_is_no_time_on_the_other_side() {
    let flow = "{ attribute = \"accountExpires\", column = \"x\", type = \"filetime\" }";
    let to = |value: &str, cell: &str| {
        let lines = format!("accountExpires: {value}\n");
        both_ways(flow, &lines, ("TIMESTAMP", cell), &["--server", "ad"])
    };
    for never in ["0", "9223372036854775807"] {
        let [rows, entries] = to(never, "NULL");
        assert!(rows.contains("nothing to change"), "{rows}");
        assert!(!entries.contains("stays in") && !entries.contains("changetype"), "{entries}");
    }
    let [_, entries] = to("133485408000000000", "NULL");
    assert!(entries.contains("stays in 1 entry"), "{entries}");
    let [_, entries] = to("0", "'2024-01-01 00:00:00'");
    assert!(entries.contains("accountExpires: 133485408000000000"), "{entries}");
}

/// Two mappings of the same people that own other rows of a child table, or write one constant, were refused.
#[test]
fn two_mappings_may_share_a_table_of_values() {
    let dir = people(
        "{ column = \"src\", constant = \"ldap\", direction = \"to_database\" },\n\
         { attribute = \"telephoneNumber\", table = \"phone\", foreign_key = [\"sid\"], column = \"number\", \
         managed_by = { column = \"kind\", value = \"work\" } },\n",
        "",
    );
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let second = &toml[toml.find("[mapping.p]").expect("a mapping")..];
    let second = second.replace("mapping.p", "mapping.q").replace("telephoneNumber", "homePhone");
    let check = |second: &str| {
        dir.write("m.toml", [toml.as_str(), second].concat());
        run(&dir, ["mapping", "check", "m.toml"])
    };
    check(&second.replace("\"work\"", "\"home\"")).expect(0);
    let said = check(&second).expect(1);
    assert!(
        String::from_utf8_lossy(&said.stdout).contains("one flow that writes the column `number`")
    );
    let other = second.replace("\"work\"", "\"home\"").replace("\"ldap\"", "\"dir\"");
    check(&other).expect(1);
}

/// Two rows of one key that nobody asks for ended the run.
#[test]
fn only_who_asks_for_a_key_that_stands_twice_is_rejected() {
    let flow = "{ attribute = \"description\", expression = \"lookup('unit', unit).name\", direction = \"to_directory\" },\n";
    let dir = people(flow, "[lookup.unit]\nfile = \"u.csv\"\nkey = \"code\"\n");
    dir.write("d.ldif", [units(), person("uid=a,ou=p", ""), person("uid=b,ou=p", "")].concat());
    dir.write("s.csv", "login,act,unit\na,1,7\nb,1,8\n");
    let said = "expected one row of the lookup `unit`, but found those of line 2 and line 4";
    for (twice, status) in [("7", 5), ("9", 1)] {
        dir.write("u.csv", format!("code,name\n{twice},First\n8,Other\n{twice},Second\n"));
        let outcome = run(&dir, ["diff", "d.ldif", "s.csv", "--mapping", "m.toml"]).expect(status);
        let change = String::from_utf8(outcome.stdout).expect("text");
        assert!(change.contains(
            "dn: uid=b,ou=p,dc=x\nchangetype: modify\nadd: description\ndescription: Other\n"
        ));
        assert_eq!(outcome.stderr.contains(said), status == 5, "{}", outcome.stderr);
        assert!(!change.contains("uid=a,"), "{change}");
    }
}

/// An entry was rejected for lack of a value that it has, because the row which holds it is another's.
#[test]
fn a_required_value_may_be_in_a_row_of_others() {
    let dir = people(
        "{ attribute = \"mail\", table = \"ma\", foreign_key = [\"of\"], column = \"alias\", required = true, \
         managed_by = { column = \"origin\", value = \"sync\" } },\n{ attribute = \"title\", column = \"title\" },\n",
        "",
    );
    let entries = [
        person("uid=a,ou=p", "mail: A@x\n"),
        person("uid=b,ou=p", ""),
        person("uid=c,ou=p", "mail: z@x\n"),
    ];
    dir.write("d.ldif", [units(), entries.concat()].concat());
    std::fs::create_dir(dir.path().join("t")).expect("a folder");
    dir.write("t/s.csv", "login,act,title\na,1,t\nb,1,t\nc,1,t\n");
    dir.write("t/ma.csv", "n,of,alias,origin\n1,a,a@x,manual\n2,b,b@x,manual\n3,c,c@x,manual\n");
    let outcome = run(&dir, ["diff", "d.ldif", "t", "--mapping", "m.toml"]).expect(5);
    let change = String::from_utf8(outcome.stdout).expect("text");
    assert!(
        change.contains("dn: uid=a,ou=p,dc=x\nchangetype: modify\nadd: title\ntitle: t\n-\n"),
        "{change}"
    );
    assert!(
        !change.contains("mail") && !change.contains("uid=b") && !change.contains("uid=c"),
        "{change}"
    );
    assert_eq!(outcome.stderr.matches("warning: mapping `p`").count(), 2, "{}", outcome.stderr);
}
