//! Two mappings of one table and one part of the directory: what one leaves out may be the other's.

use crate::util::{Dir, run};

/// Two mappings with these filters of entries and rows, and more of the second.
fn mappings(dir: &Dir, filters: [(&str, &str); 2], more: &str) {
    let mapping = |name: &str, (entries, rows): (&str, &str)| {
        format!(
            "[mapping.{name}]\nentries = {{ base = [\"dc=x\"], filter = \"{entries}\" }}\n\
             rows = {{ table = \"s\", key = [\"id\"]{rows} }}\nmatch = [[\"id\"]]\nmin_overlap = 0\nflow = [\n\
             {{ attribute = \"employeeNumber\", column = \"id\" }},\n\
             {{ attribute = \"employeeType\", constant = \"{name}\", direction = \"to_directory\" }},\n\
             {{ column = \"kind\", constant = \"{name}\", direction = \"to_database\" }},\n]\n"
        )
    };
    let [staff, guest] = filters;
    let file = [
        "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n",
        &mapping("staff", staff),
        &mapping("guest", guest),
        "[mapping.guest.inactivate]\nto_directory = { set = { employeeType = \"gone\" } }\n\
         to_database = { set = { kind = \"gone\" } }\n",
        more,
    ];
    dir.write("m.toml", file.concat());
}

/// People with these kinds, from number one on.
fn entries(kinds: &[&str]) -> String {
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    for (n, kind) in (1..).zip(kinds) {
        text += &format!(
            "\ndn: uid=u{n},dc=x\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: c\nsn: s\nemployeeNumber: {n}\n\
             employeeType: {kind}\n"
        );
    }
    text
}

/// The same as rows.
fn rows(kinds: &[&str]) -> String {
    let row = |(n, kind): (usize, &&str)| format!("{n},{kind}\n");
    ["id,kind\n".to_owned(), (1..).zip(kinds).map(row).collect()].concat()
}

/// The kinds that the records have which change, and what is told; `-` of what goes.
fn changed(dir: &Dir, to_database: bool) -> (String, String) {
    let files = if to_database { ["s.csv", "d.ldif"] } else { ["d.ldif", "s.csv"] };
    let args = ["diff", files[0], files[1], "--mapping", "m.toml", "--format", "jsonl"];
    let said = run(dir, args);
    let text = String::from_utf8(said.stdout).expect("text");
    let line = |line: &str| {
        let has = |text: String| line.contains(&text);
        let becomes = |kind: &&str| {
            has(format!("\"op\":\"add\",\"attribute\":\"employeeType\",\"values\":[\"{kind}\"]"))
                || has(format!("\"new\":{{\"kind\":\"{kind}\""))
        };
        let is_it = |n: &i32| has(format!("\"uid=u{n},")) || has(format!("\"id\":\"{n}\""));
        let kind = ["staff", "guest", "gone"].into_iter().find(becomes);
        format!("{}{}", (1..9).find(is_it).unwrap_or_default(), kind.unwrap_or("-"))
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    (lines.join(" "), said.stderr)
}

const TOLD: &str = "would go or become inactive, and stays as it is, for it is another mapping's: `staff` follows ";

/// An account that one mapping confirmed was locked or deleted by another one, whose filters leave it out on both
/// sides.
#[test]
fn what_another_mapping_follows_stays() {
    let dir = Dir::new();
    let whole = [
        ("(employeeType=staff)", ", filter = \"(kind=staff)\""),
        ("(employeeType=guest)", ", filter = \"(kind=guest)\""),
    ];
    let rows_alone = [
        ("(!(employeeType=gone))", ", filter = \"(kind=staff)\""),
        ("(!(employeeType=gone))", ", filter = \"(kind=guest)\""),
    ];
    for policy in ["inactivate", "delete"] {
        let more = format!(
            "[mapping.guest.policy]\nto_directory = {{ UNQUALIFIED = \"{policy}\" }}\nto_database = {{ UNQUALIFIED = \"{policy}\" }}\n"
        );
        mappings(&dir, whole, &more);
        dir.write("d.ldif", entries(&["staff", "guest"]));
        dir.write("s.csv", rows(&["staff", "guest"]));
        for to_database in [true, false] {
            let (change, told) = changed(&dir, to_database);
            assert_eq!(change, "", "{policy} {told}");
            assert!(!told.contains("another mapping"), "{told}");
        }
        // A guest is employed: the other mapping takes over what this one still means.
        dir.write("d.ldif", entries(&["staff", "guest", "guest"]));
        dir.write("s.csv", rows(&["staff", "staff", "guest"]));
        let (change, told) = changed(&dir, false);
        assert_eq!(change, "2staff", "{policy} {told}");
        assert!(told.contains(&format!("1 record {TOLD}id 2")), "{told}");
        // No filter says whose an entry is.
        mappings(&dir, rows_alone, &more);
        dir.write("d.ldif", entries(&["staff", "guest", "guest"]));
        dir.write("s.csv", rows(&["staff", "guest", "gone"]));
        let (change, told) = changed(&dir, false);
        let wanted = if policy == "delete" { "3-" } else { "3gone" };
        assert_eq!(change, wanted, "{policy} {told}");
        assert!(told.contains(&format!("1 record {TOLD}id 1")), "{told}");
    }
}

/// A mapping that says more of the same people keeps no leaver of another one from being locked.
#[test]
fn a_mapping_that_adds_to_another_keeps_nobody() {
    let dir = Dir::new();
    let filters = [("(uid=*)", ""), ("(!(employeeType=gone))", ", filter = \"(!(kind=gone))\"")];
    mappings(&dir, filters, "policy.to_directory.UNQUALIFIED = \"inactivate\"\n");
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let adds =
        "{ attribute = \"employeeType\", constant = \"staff\", direction = \"to_directory\" },\n";
    dir.write("m.toml", toml.replace(adds, "").replace("policy.to", "[mapping.guest.policy]\nto"));
    dir.write("d.ldif", entries(&["guest", "guest"]));
    dir.write("s.csv", rows(&["guest", "gone"]));
    let (change, told) = changed(&dir, false);
    assert_eq!(change, "2gone", "{told}");
}

/// What the filter of its own side leaves out was deleted, because the other side leaves out what has the same key.
#[test]
fn what_both_filters_leave_out_is_not_deleted() {
    let dir = Dir::new();
    let filters = [
        ("(employeeType=staff)", ", filter = \"(kind=staff)\""),
        ("(employeeType=guest)", ", filter = \"(kind=guest)\""),
    ];
    mappings(
        &dir,
        filters,
        "[mapping.guest.policy]\nto_directory = { UNQUALIFIED = \"delete\" }\nto_database = { UNQUALIFIED = \"delete\" }\n",
    );
    dir.write("d.ldif", entries(&["robot", "guest"]));
    dir.write("s.csv", rows(&["robot", "guest"]));
    for to_database in [true, false] {
        let (change, told) = changed(&dir, to_database);
        assert_eq!(change, "", "{told}");
    }
}
