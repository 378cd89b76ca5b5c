//! `--format jsonl` through a mapping: why each record changes, and in which words.

use crate::util::{Dir, run, shell};

const MAPPING: &str = r#"ldifsync = 1
[mapping.p]
entries = { base = ["ou=p,dc=x"], filter = "(uid=*)" }
rows = { table = "t", key = ["id"], generated = ["id"] }
match = [["guid"], ["login"]]
dn = "uid={{ login }},ou=p,dc=x"
object_class = ["inetOrgPerson"]
flow = [
{ attribute = "employeeNumber", column = "guid" },
{ attribute = "uid", column = "login" },
{ attribute = "sn", column = "sn" },
{ attribute = "userPassword", column = "secret" },
{ attribute = "mail", table = "alias", foreign_key = ["id"], column = "mail" },
{ column = "state", constant = "on", direction = "to_database", on = "create" },
]
policy.to_database.ABSENT = "create"
policy.to_database.SOURCE_MISSING = "inactivate"
policy.to_directory.SOURCE_MISSING = "delete"
inactivate.to_database = { set = { state = "off" } }
"#;

const TABLES: &str = "\
CREATE TABLE t (id INTEGER PRIMARY KEY, guid TEXT, login TEXT, sn TEXT, secret TEXT, state TEXT);
CREATE TABLE alias (id INTEGER REFERENCES t (id), mail TEXT, PRIMARY KEY (id, mail));
INSERT INTO t VALUES (1, '11', 'ada', 'A', NULL, 'on');
INSERT INTO t VALUES (2, NULL, 'bob', 'B', NULL, 'on');
INSERT INTO t VALUES (3, '33', 'kim', 'K', NULL, 'on');
INSERT INTO alias VALUES (1, 'a@x');
";

const ENTRIES: &str = "\
dn: dc=x
objectClass: domain
dc: x

dn: ou=p,dc=x
objectClass: organizationalUnit
ou: p

dn: uid=ada,ou=p,dc=x
objectClass: inetOrgPerson
uid: ada
cn: a
sn: New
employeeNumber: 11
userPassword: {X}long-and-whole
mail: a@x
mail: b@x

dn: uid=bob,ou=p,dc=x
objectClass: inetOrgPerson
uid: bob
cn: b
sn: B
employeeNumber: 22

dn: uid=eve,ou=p,dc=x
objectClass: inetOrgPerson
uid: eve
cn: e
sn: E
employeeNumber: 44
";

fn files() -> Dir {
    let dir = Dir::new();
    dir.write("m.toml", MAPPING);
    dir.write("o.sql", TABLES);
    dir.write("d.ldif", ENTRIES);
    dir
}

/// The reasons of all changes: a line each, behind the record that changes.
fn whys(dir: &Dir, sides: [&str; 2]) -> Vec<String> {
    let args = ["diff", sides[0], sides[1], "--mapping", "m.toml", "-q", "--format", "jsonl"];
    let more = ["--dump-style", "sqlite", "--max-delete", "9"];
    let outcome = run(dir, args.into_iter().chain(more)).expect(1);
    let text = String::from_utf8(outcome.stdout).expect("UTF-8");
    let why = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let what = value.get("op").or(value.get("changetype")).expect("what is done");
        let whose = value.get("table").or(value.get("dn")).expect("whose");
        let all = value["why"].as_array().expect("reasons");
        assert_eq!(all.len(), 1, "{line}");
        format!("{} {}: {}", what.as_str()?, whose.as_str()?, all[0]).into()
    };
    text.lines().filter_map(|line| -> Option<String> { why(line) }).collect()
}

fn spot(file: &str, line: u64, dn: &str) -> String {
    format!(r#"{{"dn":"{dn}","file":"{file}","line":{line}}}"#)
}

fn row(line: u64, id: &str) -> String {
    format!(r#"{{"file":"o.sql","key":{{"id":"{id}"}},"line":{line},"table":"t"}}"#)
}

#[test]
fn every_change_of_a_row_says_why() {
    let dir = files();
    let found = whys(&dir, ["o.sql", "d.ldif"]);
    let entry = |line, uid| spot("d.ldif", line, &format!("uid={uid},ou=p,dc=x"));
    let (ada, bob, eve) = (entry(9, "ada"), entry(19, "bob"), entry(26, "eve"));
    let flow = |attribute: &str, column: &str, line: u64, old: &str, new: &str| {
        format!(
            r#"{{"attribute":"{attribute}","column":"{column}","line":{line},"new":{new},"old":{old}}}"#
        )
    };
    let why = |action: &str,
               situation: &str,
               matched: &str,
               source: &str,
               target: &str,
               flows: &[String]| {
        format!(
            r#"{{"action":"{action}","flows":[{}],"mapping":"p","match":[{matched}],"situation":"{situation}","source":{source},"target":{target}}}"#,
            flows.join(",")
        )
    };
    let changed = [
        flow("sn", "sn", 11, r#""A""#, r#""New""#),
        flow("userPassword", "secret", 12, "null", r#""{X}long-and-whole""#),
    ];
    let guid = [flow("employeeNumber", "guid", 9, "null", r#""22""#)];
    let off = [r#"{"column":"state","new":"off","old":"on"}"#.to_owned()];
    let alias = [
        r#"{"column":"id","new":"1","old":null}"#.to_owned(),
        flow("mail", "mail", 13, "null", r#""b@x""#),
    ];
    for wanted in [
        format!(
            "update t: {}",
            why("update", "CONFIRMED", r#""guid""#, &ada, &row(3, "1"), &changed)
        ),
        format!("update t: {}", why("update", "FOUND", r#""login""#, &bob, &row(4, "2"), &guid)),
        format!(
            "update t: {}",
            why("inactivate", "SOURCE_MISSING", "", "null", &row(5, "3"), &off)
        ),
        format!(
            "insert alias: {}",
            why("update", "CONFIRMED", r#""guid""#, &ada, &row(3, "1"), &alias)
        ),
    ] {
        assert!(found.contains(&wanted), "{wanted}\nis none of\n{}", found.join("\n"));
    }
    let come = found.iter().find(|line| line.starts_with("insert t: ")).expect("one comes");
    assert!(come.contains(r#""action":"create""#) && come.contains(r#""situation":"ABSENT""#));
    assert!(come.contains(&format!(r#""source":{eve},"target":null"#)), "{come}");
    assert!(
        come.contains(r#"{"attribute":"uid","column":"login","line":10,"new":"eve","old":null}"#)
    );
    assert_eq!(found.len(), 5);
}

#[test]
fn every_change_of_an_entry_says_why() {
    let dir = files();
    let found = whys(&dir, ["d.ldif", "o.sql"]);
    let of = |start: &str| found.iter().find(|line| line.starts_with(start)).expect(start);
    let ada = of("modify uid=ada,ou=p,dc=x");
    for part in [
        r#""action":"update""#,
        r#""match":["guid"]"#,
        r#""situation":"CONFIRMED""#,
        r#"{"attribute":"sn","column":"sn","line":11,"new":["A"],"old":["New"]}"#,
        r#"{"attribute":"mail","column":"mail","line":13,"new":["a@x"],"old":["a@x","b@x"]}"#,
        &format!(r#""source":{},"target":{}"#, row(3, "1"), spot("d.ldif", 9, "uid=ada,ou=p,dc=x")),
    ] {
        assert!(ada.contains(part), "{part} is not in {ada}");
    }
    let eve = of("delete uid=eve,ou=p,dc=x");
    assert!(eve.contains(r#""action":"delete","flows":[],"mapping":"p","match":[],"situation":"SOURCE_MISSING","source":null"#), "{eve}");
    let kim = of("add uid=kim,ou=p,dc=x");
    assert!(
        kim.contains(r#""action":"create""#) && kim.contains(r#""new":["kim"],"old":[]"#),
        "{kim}"
    );
    // What is asked of the same lines again is the change, whatever is said of it.
    let line = "ldifsync diff d.ldif o.sql --mapping m.toml -q --format jsonl --dump-style sqlite --max-delete 9 \
                | ldifsync transform --input-format jsonl -q - | grep -c ^changetype";
    assert_eq!(shell(&dir, line).stdout, b"4\n");
}

#[test]
fn what_is_decided_without_a_change_is_in_the_summary() {
    let dir = files();
    dir.write("m.toml", MAPPING.replace("\"inactivate\"", "\"report\""));
    dir.write("d.ldif", ENTRIES.replace("sn: E\n", "sn: E\nuid: eve2\n"));
    let args = ["diff", "o.sql", "d.ldif", "--mapping", "m.toml", "-q", "--format", "jsonl"];
    let more = ["--dump-style", "sqlite", "--summary", "s.json"];
    run(&dir, args.into_iter().chain(more)).expect(5);
    let summary: serde_json::Value = serde_json::from_slice(&dir.read("s.json")).expect("JSON");
    let mapping = &summary["mappings"][0];
    assert_eq!(
        mapping["reported"].to_string(),
        r#"[{"count":1,"first":["id 3"],"situation":"SOURCE_MISSING"}]"#
    );
    let rejection = mapping["rejections"][0].as_str().expect("a sentence");
    assert!(rejection.starts_with("d.ldif:26:1: mapping `p`: expected one value"), "{rejection}");
}

/// What makes a leaver inactive is told of whoever is asked about.
#[test]
fn leavers_are_explained() {
    let dir = files();
    let way = |sides: [&str; 2], who: &str, more: &str| {
        let args = ["diff", sides[0], sides[1], "--mapping", "m.toml", "-q", "--format", "summary"];
        let asked = ["--dump-style", "sqlite", "--explain", who];
        let outcome = run(&dir, args.into_iter().chain(asked)).expect(1);
        assert!(outcome.stderr.contains(more), "{more} is not in {}", outcome.stderr);
    };
    way(
        ["o.sql", "d.ldif"],
        "kim",
        "mapping `p`: SOURCE_MISSING, inactivate\n  source: nothing\n  target: t, id 3 (line 5 of o.sql)\n  \
         state: `on` becomes `off`\n",
    );
    let moves = "policy.to_directory.SOURCE_MISSING = \"inactivate\"\n\
                 inactivate.to_directory = { set = { sn = \"F\" }, move = \"dc=x\" }\n";
    let old = "policy.to_directory.SOURCE_MISSING = \"delete\"\n";
    dir.write("m.toml", MAPPING.replace(old, moves));
    way(
        ["d.ldif", "o.sql"],
        "44",
        "  target: uid=eve,ou=p,dc=x (line 26 of d.ldif)\n  sn: `E` becomes `F`\n  \
         dn: `uid=eve,ou=p,dc=x` becomes `uid=eve,dc=x`\n",
    );
}

#[test]
fn what_follows_a_new_name_says_whose() {
    let dir = Dir::new();
    dir.write(
        "m.toml",
        "ldifsync = 1\n[directory]\nfollow_renames = true\n\
         [mapping.p]\nentries = { base = [\"ou=p,dc=x\"], filter = \"(uid=*)\" }\n\
         rows = { table = \"t\", key = [\"login\"] }\nmatch = [[\"mail\"]]\n\
         flow = [\n{ attribute = \"uid\", column = \"login\" },\n{ attribute = \"mail\", column = \"mail\" } ]\n",
    );
    let person = "objectClass: inetOrgPerson\ncn: a\nsn: a\n";
    dir.write(
        "d.ldif",
        format!(
            "dn: dc=x\nobjectClass: domain\ndc: x\n\ndn: ou=p,dc=x\nobjectClass: organizationalUnit\nou: p\n\n\
             dn: uid=a,ou=p,dc=x\n{person}uid: a\nmail: m\n\n\
             dn: cn=g,dc=x\nobjectClass: groupOfNames\ncn: g\nmember: uid=a,ou=p,dc=x\n\n"
        ),
    );
    dir.write("t.csv", "login,mail\nb,m\n");
    let told = ["diff", "d.ldif", "t.csv", "--mapping", "m.toml", "--format", "jsonl"];
    let followed = run(&dir, told).expect(1);
    let sentence = "1 entry refers to names that are given up, in attributes that no flow changes, and stays as it is: cn=g,dc=x: \
                    `follow_renames = true` in `[directory]` has them follow, where the server does not see to it";
    assert!(!followed.stderr.contains("follow_renames"), "{}", followed.stderr);
    let told = String::from_utf8(followed.stdout).expect("text");
    shell(&dir, "sed -i /follow_renames/d m.toml").expect(0);
    for (server, is_told) in [("openldap", true), ("389ds", true), ("ad", false)] {
        let diff = ["diff", "d.ldif", "t.csv", "--mapping", "m.toml", "--server", server];
        let kept = run(&dir, diff).expect(1);
        assert_eq!(kept.stderr.contains(sentence), is_told, "{}", kept.stderr);
        assert!(!String::from_utf8_lossy(&kept.stdout).contains("dn: cn=g"), "{server}");
    }
    let changes = told
        .lines()
        .map(|line| -> serde_json::Value { serde_json::from_str(line).expect("a line of JSON") });
    let group: Vec<serde_json::Value> = changes.filter(|one| one["dn"] == "cn=g,dc=x").collect();
    assert!(!group.is_empty(), "{told}");
    for change in group {
        let why = &change["why"][0];
        assert_eq!(
            (&why["mapping"], &why["target"]["dn"]),
            (&"p".into(), &"uid=a,ou=p,dc=x".into())
        );
        assert_eq!(why["flows"], serde_json::json!([]), "{told}");
    }
}
