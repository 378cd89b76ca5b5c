//! Changes as CSV and through templates: for systems that take neither LDIF nor SQL.
//!
//! What is made is handed to who reads it: `ldifsync` itself, `sqlite3`.

use crate::slapd::available_tool;
use crate::util::{Dir, run, shell};

const OLD: &str = "id,login,note\n1,ada,\n2,bob,\"\"\n3,eve,x\n";
const NEW: &str = "id,login,note\n1,ada,\"\"\n2,bob,\n4,\"o\"\"h, no\",\"two\nlines\"\n";

/// `diff` of two tables in a shape.
fn diff_of_tables<'a>(dir: &Dir, more: impl IntoIterator<Item = &'a str>) -> String {
    let args = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "-q"];
    let outcome = run(dir, args.into_iter().chain(more)).expect(1);
    String::from_utf8(outcome.stdout).expect("UTF-8")
}

fn tables() -> Dir {
    let dir = Dir::new();
    dir.write("old.csv", OLD);
    dir.write("new.csv", NEW);
    dir
}

#[test]
fn a_row_that_changes_is_a_row_of_csv() {
    let dir = tables();
    let csv = diff_of_tables(&dir, ["--format", "csv"]);
    assert_eq!(
        csv,
        "change.kind,old.id,id,login,note\n\
         delete,3,3,eve,x\n\
         add,,4,\"o\"\"h, no\",\"two\nlines\"\n\
         modify,1,1,ada,\"\"\n\
         modify,2,2,bob,\n"
    );
    // Whoever reads it finds NULL and the empty text where they were.
    dir.write("changes.csv", &csv);
    let args = ["transform", "changes.csv", "--table", "t", "--format", "jsonl", "-q"];
    let read = String::from_utf8(run(&dir, args).expect(0).stdout).expect("UTF-8");
    let said = |line: usize| read.lines().nth(line).expect("a line").to_owned();
    assert!(said(1).contains(r#""old.id":null"#) && said(1).contains("two\\nlines"), "{read}");
    assert!(said(2).ends_with(r#""note":""}"#) && said(3).ends_with(r#""note":null}"#), "{read}");
}

#[test]
fn a_key_that_changes_stands_there_twice() {
    let dir = Dir::new();
    dir.write("m.toml", MAPPING);
    dir.write("d.ldif", entries("uid=ada2,ou=p,dc=x", "uid: ada2\nemployeeNumber: 1\nsn: One\n"));
    dir.write("o.csv", "login,number,sn\nada,1,One\n");
    let args = ["diff", "o.csv", "d.ldif", "--mapping", "m.toml", "--format", "csv", "-q"];
    let outcome = run(&dir, args).expect(1);
    let csv = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert_eq!(csv, "change.kind,old.login,login,number,sn\nmodify,ada,ada2,1,One\n");
}

#[test]
fn a_key_that_the_database_makes_is_empty_until_then() {
    let dir = Dir::new();
    let mapping = MAPPING.replace("key = [\"login\"]", "key = [\"id\"], generated = [\"id\"]");
    // Nobody of the two is the other: that is meant here.
    let more = "min_overlap = 0\npolicy.to_database.ABSENT = \"create\"\n";
    dir.write("m.toml", mapping + more);
    dir.write("d.ldif", entries("uid=ada,ou=p,dc=x", "uid: ada\nemployeeNumber: 1\nsn: One\n"));
    dir.write("o.csv", "id,login,number,sn\n7,old,2,Two\n");
    dir.write("t", "{{ [id, old.id, login] | csv }}\n");
    let csv = "change.kind,old.id,id,login,number,sn\nadd,,,ada,1,One\n";
    for (format, wanted) in [("csv", csv), ("template:t", ",,ada\n")] {
        let args = ["diff", "o.csv", "d.ldif", "--mapping", "m.toml", "-q", "--format", format];
        let outcome = run(&dir, args).expect(1);
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), wanted);
    }
}

const MAPPING: &str = r#"ldifsync = 1
[mapping.p]
entries = { base = ["ou=p,dc=x"], filter = "(uid=*)" }
rows = { table = "t", key = ["login"] }
match = [["number"]]
dn = "uid={{ login }},ou=p,dc=x"
object_class = ["inetOrgPerson"]
flow = [
{ attribute = "uid", column = "login" },
{ attribute = "employeeNumber", column = "number" },
{ attribute = "sn", column = "sn" },
{ attribute = "cn", expression = "sn", direction = "to_directory" },
]
"#;

fn entries(dn: &str, attributes: &str) -> String {
    format!(
        "dn: dc=x\nobjectClass: domain\ndc: x\n\ndn: ou=p,dc=x\nobjectClass: organizationalUnit\nou: p\n\n\
         dn: {dn}\nobjectClass: inetOrgPerson\ncn: One\n{attributes}"
    )
}

#[test]
fn a_template_makes_lines_that_another_program_runs() {
    if !available_tool("sqlite3") {
        return;
    }
    let dir = tables();
    dir.write(
        "t.in",
        "{% if change.kind == 'delete' %}\n\
         gone,{{ old.id | csv }},,\n\
         {% else %}\n\
         {{ [change.kind, id, login, note] | csv }}\n\
         {% endif %}\n",
    );
    let lines = diff_of_tables(&dir, ["--format", "template:t.in", "-o", "lines.csv"]);
    assert_eq!(lines, "");
    let line = "printf 'create table t (k, id, login, note);\\n.mode csv\\n.import lines.csv t\\n\
                .mode list\\nselect k, id, login, hex(note) from t order by id;\\n' | sqlite3";
    let read = String::from_utf8(shell(&dir, line).expect(0).stdout).expect("UTF-8");
    assert_eq!(
        read.replace('\r', ""),
        "modify|1|ada|\nmodify|2|bob|\ngone|3||\nadd|4|o\"h, no|74776F0A6C696E6573\n"
    );
}

const PEOPLE: &str = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";

fn person(name: &str, attributes: &str) -> String {
    format!(
        "dn: uid={name},dc=x\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\n{attributes}\n"
    )
}

fn directory() -> Dir {
    let dir = Dir::new();
    let old =
        [person("ada", "sn: A\nmail: a@x\n"), person("bob", "sn: B\n"), person("kim", "sn: K\n")];
    let new = [
        person("ada", "sn: A, \"the\"; one\nmail: a@x\nmail: b@x\ndescription:: YQpi\n"),
        person("eve", "sn: E\n"),
        person("kim", "sn: K\n"),
    ];
    dir.write("old.ldif", PEOPLE.to_owned() + &old.concat());
    dir.write("new.ldif", PEOPLE.to_owned() + &new.concat());
    dir.write(
        "card",
        "{% if change.kind != 'delete' %}\n\
         BEGIN:VCARD\nVERSION:4.0\nFN:{{ cn | vcard }}\nN:{{ sn | vcard }};;;;\n\
         {% for one in mail %}\nEMAIL:{{ one | vcard }}\n{% endfor %}\n\
         {% if description %}\nNOTE:{{ description | vcard }}\n{% endif %}\n\
         END:VCARD\n\
         {% endif %}\n",
    );
    dir
}

#[test]
fn a_template_makes_a_card_of_each_person() {
    let dir = directory();
    let args = ["diff", "old.ldif", "new.ldif", "-q", "--format", "template:card"];
    let all = String::from_utf8(run(&dir, args).expect(1).stdout).expect("UTF-8");
    let ada = "BEGIN:VCARD\nVERSION:4.0\nFN:ada\nN:A\\, \"the\"\\; one;;;;\nEMAIL:a@x\nEMAIL:b@x\n\
               NOTE:a\\nb\nEND:VCARD\n";
    let eve = "BEGIN:VCARD\nVERSION:4.0\nFN:eve\nN:E;;;;\nEND:VCARD\n";
    assert_eq!(all, format!("{eve}{ada}"));

    std::fs::create_dir(dir.file("cards")).expect("a folder");
    dir.write("cards/ada.vcf", "an old one");
    let each = args.into_iter().chain(["--each", "cards/{{ uid }}.vcf", "--summary", "s.json"]);
    let outcome = run(&dir, each).expect(1);
    assert_eq!(outcome.stdout, b"");
    assert_eq!(String::from_utf8_lossy(&dir.read("cards/ada.vcf")), ada);
    assert_eq!(String::from_utf8_lossy(&dir.read("cards/eve.vcf")), eve);
    assert_eq!(names(&dir, "cards"), ["ada.vcf", "eve.vcf"]);
    let summary = String::from_utf8_lossy(&dir.read("s.json")).into_owned();
    assert!(summary.contains("cards/eve.vcf"), "{summary}");
}

/// What is in a folder.
fn names(dir: &Dir, folder: &str) -> Vec<String> {
    let all = std::fs::read_dir(dir.file(folder)).expect("a folder");
    let name = |one: std::io::Result<std::fs::DirEntry>| one.expect("an entry").file_name();
    let mut names: Vec<String> = all.map(|one| name(one).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn of_many_cards_all_are_written_or_none() {
    let dir = Dir::new();
    let people = |count: usize, twin: usize| -> String {
        let sn = |n: usize| if n == twin { 0 } else { n };
        (0..count).map(|n| person(&format!("p{n}"), &format!("sn: {}\n", sn(n)))).collect()
    };
    dir.write("old.ldif", PEOPLE);
    dir.write("card", "{{ uid }}\n");
    std::fs::create_dir(dir.file("cards")).expect("a folder");
    let each = ["--format", "template:card", "--each", "cards/{{ sn }}"];
    let args = || ["diff", "old.ldif", "new.ldif", "-q"].into_iter().chain(each);
    // More than a process may have open at a time.
    dir.write("new.ldif", PEOPLE.to_owned() + &people(1500, 1499));
    let outcome = run(&dir, args()).expect(2);
    assert!(outcome.stderr.contains("found two for `cards/0`"), "{}", outcome.stderr);
    assert_eq!(names(&dir, "cards"), [""; 0]);
    dir.write("new.ldif", PEOPLE.to_owned() + &people(1500, 0));
    run(&dir, args()).expect(1);
    assert_eq!(names(&dir, "cards").len(), 1500);
    assert_eq!(dir.read("cards/7"), b"p7\n");
}

#[test]
fn what_can_be_applied_has_limits() {
    let dir = directory();
    let of_entries = ["diff", "old.ldif", "new.ldif", "-q", "--max-delete", "0"];
    let template = of_entries.into_iter().chain(["--format", "template:card", "-o", "out"]);
    run(&dir, template).expect(3);
    let tables = tables();
    tables.write("t", "{{ id }}\n");
    for format in ["csv", "template:t"] {
        let args = ["diff", "old.csv", "new.csv", "--table", "t", "--key", "id", "-o", "out"];
        let args = args.into_iter().chain(["--max-delete", "0", "--format", format]);
        run(&tables, args).expect(3);
        assert_eq!(tables.read_if_there("out"), None);
    }
}

#[test]
fn a_template_reads_both_versions_of_an_entry_and_of_a_row() {
    let dir = Dir::new();
    let id = "entryUUID: 6f1c0000-0000-4000-8000-000000000001\n";
    let ada = |name: &str, sn: &str| PEOPLE.to_owned() + &person(name, &format!("sn: {sn}\n{id}"));
    dir.write("old.ldif", ada("ada", "A"));
    dir.write("new.ldif", ada("eve", "E"));
    dir.write(
        "t",
        "{{ change.kind }} {{ old.dn }} to {{ dn }}: {{ old.SN }}, {{ sn }}{{ old.fax }}{{ change.table }}\n",
    );
    let args = ["diff", "old.ldif", "new.ldif", "-q", "--format", "template:t"];
    let said = String::from_utf8(run(&dir, args).expect(1).stdout).expect("UTF-8");
    assert_eq!(said, "rename uid=ada,dc=x to uid=eve,dc=x: A, E\n");

    dir.write("m.toml", MAPPING);
    dir.write("d.ldif", entries("uid=ada,ou=p,dc=x", "uid: ada\nemployeeNumber: 1\nsn: One\n"));
    dir.write("o.csv", "login,number,sn\neve,1,Two\n");
    dir.write("t", "{{ change.table }}{{ change.kind }} {{ old.sn }} {{ sn }}\n");
    for (sides, wanted) in
        [(["o.csv", "d.ldif"], "tmodify Two One\n"), (["d.ldif", "o.csv"], "rename One Two\n")]
    {
        let args = ["diff", sides[0], sides[1], "--mapping", "m.toml", "-q"];
        let outcome = run(&dir, args.into_iter().chain(["--format", "template:t"])).expect(1);
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), wanted);
    }
}

#[test]
fn a_name_that_nobody_has_is_told() {
    let dir = directory();
    dir.write("t", "{{ uid }} {{ mial }} {{ telephoneNumber }}\n");
    let args = ["diff", "old.ldif", "new.ldif", "-q", "--format", "template:t"];
    let outcome = run(&dir, args).expect(1);
    let told = "ldifsync: warning: no change has `mial`, which the template reads, and no schema\n";
    assert_eq!(outcome.stderr, told);
}

#[test]
fn shapes_are_the_same_for_any_number_of_threads() {
    let dir = directory();
    let args = ["diff", "old.ldif", "new.ldif", "-q", "--format", "template:card", "--threads"];
    let of = |threads| run(&dir, args.into_iter().chain([threads])).expect(1).stdout;
    assert_eq!(of("1"), of("4"));
}
