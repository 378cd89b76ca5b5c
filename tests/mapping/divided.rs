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
    let args = [
        "diff",
        files[0],
        files[1],
        "--mapping",
        "m.toml",
        "--format",
        "jsonl",
        "--allow-empty",
        "--max-delete=9",
    ];
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
    // A run that is refused changes nothing, and proves nothing.
    assert_eq!(said.status, i32::from(!text.is_empty()), "{}", said.stderr);
    let lines: Vec<String> = text.lines().map(line).collect();
    (lines.join(" "), said.stderr)
}

/// A text in which one part is another.
fn replaced(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old}: {text}");
    text.replacen(old, new, 1)
}

/// The mapping file without the flow that says of entries which mapping's they are.
fn without_kind(dir: &Dir, mapping: &str) -> String {
    let flow = format!(
        "{{ attribute = \"employeeType\", constant = \"{mapping}\", direction = \"to_directory\" }},\n"
    );
    replaced(&String::from_utf8(dir.read("m.toml")).expect("a mapping"), &flow, "")
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
    let policy = "[mapping.guest.policy]\nto_directory.UNQUALIFIED = \"inactivate\"\n";
    mappings(&dir, filters, policy);
    dir.write("m.toml", without_kind(&dir, "staff"));
    dir.write("d.ldif", entries(&["guest", "guest"]));
    dir.write("s.csv", rows(&["guest", "gone"]));
    let (change, told) = changed(&dir, false);
    assert_eq!(change, "2gone", "{told}");
}

/// The same where that other mapping only locks leavers: what it follows itself was counted, and where it followed nobody
/// the two were taken for mappings that divide a table.
#[test]
fn a_mapping_that_only_locks_leavers_does() {
    let dir = Dir::new();
    let accounts = "[mapping.guest.policy]\nto_directory = { UNQUALIFIED = \"inactivate\", CONFIRMED = \"ignore\" }\n";
    let rows = [
        ("", ", filter = \"(!(kind=gone))\""),
        // What lies inside of what another one is about, and what has nothing to do with it.
        (", filter = \"(id=*)\"", ", filter = \"(&(id=*)(|(kind=staff)(kind=guest)))\""),
        (", filter = \"(id<=2)\"", ", filter = \"(kind=guest)\""),
        (", filter = \"(!(kind=none))\"", ", filter = \"(!(kind=gone))\""),
    ];
    for [staff, guest] in rows.map(<[&str; 2]>::from) {
        mappings(&dir, [("(uid=*)", staff), ("(!(employeeType=gone))", guest)], accounts);
        dir.write("m.toml", without_kind(&dir, "staff"));
        dir.write("d.ldif", entries(&["guest", "guest"]));
        for kinds in [["guest", "gone"], ["gone", "gone"]] {
            dir.write("s.csv", self::rows(&kinds));
            let (change, told) = changed(&dir, false);
            let wanted = if kinds[0] == "gone" { "1gone 2gone" } else { "2gone" };
            assert_eq!(change, wanted, "{staff} {guest} {told}");
            assert!(!told.contains("another mapping"), "{told}");
        }
    }
}

/// One who was both had all others locked whom the first mapping follows.
#[test]
fn one_whom_two_mappings_follow_changes_nothing_for_others() {
    let dir = Dir::new();
    let entries_of = "(!(employeeType=gone))";
    let staff = (entries_of, ", filter = \"(kind=staff)\"");
    let both = (entries_of, ", filter = \"(|(kind=guest)(id=3))\"");
    let policy = "[mapping.guest.policy]\nto_directory.UNQUALIFIED = \"inactivate\"\n";
    mappings(&dir, [staff, both], policy);
    dir.write("m.toml", without_kind(&dir, "guest"));
    dir.write("d.ldif", entries(&["staff", "staff", "staff", "staff"]));
    dir.write("s.csv", rows(&["staff", "gone", "staff", "guest"]));
    let (change, told) = changed(&dir, false);
    assert_eq!(change, "2gone", "{told}");
    assert!(told.contains(&format!("1 record {TOLD}id 1")), "{told}");
}

/// A mapping made inactive what another one followed, which brought it back: the account was locked and unlocked in turns.
#[test]
fn what_another_mapping_would_bring_back_stays() {
    let dir = Dir::new();
    let active = "(&(uid=*)(!(employeeType=gone)))";
    let more = "[mapping.guest.policy]\nto_directory = { UNQUALIFIED = \"inactivate\", UNASSIGNED = \"inactivate\" }\n\
                to_database = { UNQUALIFIED = \"inactivate\" }\n[mapping.staff.inactivate]\n\
                to_directory = { set = { employeeType = \"gone\" } }\nto_database = { set = { kind = \"gone\" } }\n";
    let rows_of = |filter: &str| format!(", filter = \"(&(!(kind=gone)){filter})\"");
    let (all, some) = (rows_of("(id=*)"), rows_of("(kind=guest)"));
    let filters =
        [(active, all.as_str()), ("(&(uid=*)(!(employeeType=gone))(!(cn=robot)))", some.as_str())];
    mappings(&dir, filters, more);
    let toml = without_kind(&dir, "guest");
    let toml = replaced(
        &toml,
        "constant = \"staff\", direction = \"to_directory\"",
        "constant = \"staff\", on = \"create\", direction = \"to_directory\"",
    );
    dir.write("m.toml", toml);
    dir.write("d.ldif", entries(&["guest", "guest", "gone"]));
    dir.write("s.csv", rows(&["guest", "staff", "staff"]));
    let (change, told) = changed(&dir, false);
    // Who was inactive comes back, and is not locked by the one mapping in the same run.
    assert_eq!(change, "3staff", "{told}");
    assert!(told.contains("would go or become inactive, and stay"), "{told}");
    dir.write("d.ldif", entries(&["guest", "guest", "staff"]));
    let (change, told) = changed(&dir, false);
    assert_eq!(change, "", "{told}");
    // The same of rows: a robot is left out by its entry.
    let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
    let flow = "{ column = \"kind\", constant = \"guest\", direction = \"to_database\" },\n";
    dir.write("m.toml", replaced(&toml, flow, ""));
    let robot =
        replaced(&entries(&["guest", "robot"]), "employeeType: robot", "description: robot");
    dir.write(
        "d.ldif",
        robot.replacen("cn: c\nsn: s\nemployeeNumber: 2", "cn: robot\nsn: s\nemployeeNumber: 2", 1),
    );
    dir.write("s.csv", rows(&["staff", "guest"]));
    let (change, told) = changed(&dir, true);
    assert!(!change.contains("gone"), "{change} {told}");
    assert!(told.contains("1 record would go or become inactive"), "{told}");
}

/// Of entries the classes are there together, and a mapping may be about a part of another one's place.
#[test]
fn whoever_loses_a_class_or_its_place_is_a_leaver() {
    let dir = Dir::new();
    let cases = [
        // The other one follows whoever has either class, or stands anywhere.
        ("(objectClass=inetOrgPerson)", "(&(objectClass=posixAccount)(uid=*))", "dc=x", true),
        ("(uid=*)", "(uid=*)", "ou=in,dc=x", true),
        // What these two are about is never the same: a language is one, and whoever is staff is no guest.
        ("(preferredLanguage=de)", "(preferredLanguage=en)", "dc=x", false),
        ("(preferredLanguage=de)", "(preferredLanguage=en)", "ou=in,dc=x", false),
        ("(employeeType=staff)", "(&(employeeType=guest)(!(employeeType=staff)))", "dc=x", false),
        // Whoever has one of these values may have the other besides.
        ("(employeeType=staff)", "(employeeType=guest)", "dc=x", true),
    ];
    for (staff, guest, base, is_locked) in cases {
        let more = "[mapping.guest.policy]\nto_database = { UNQUALIFIED = \"inactivate\" }\n";
        mappings(&dir, [(staff, ""), (guest, "")], more);
        let toml = String::from_utf8(dir.read("m.toml")).expect("a mapping");
        let (one, other) = toml.split_once("[mapping.guest]").expect("two mappings");
        // Of both sides.
        assert_eq!(one.matches("constant = \"staff\"").count(), 2, "{one}");
        let one = one.replace("constant = \"staff\"", "constant = \"staff\", on = \"create\"");
        let other = replaced(other, "[\"dc=x\"]", &format!("[\"{base}\"]"));
        dir.write("m.toml", [&one, "[mapping.guest]", &other].concat());
        dir.write(
            "d.ldif",
            entries(&["staff"]) + "preferredLanguage: de\n\ndn: ou=in,dc=x\nobjectClass: organizationalUnit\nou: in\n",
        );
        dir.write("s.csv", rows(&["guest"]));
        let (change, told) = changed(&dir, true);
        assert_eq!(change, if is_locked { "1gone" } else { "" }, "{staff} {guest} {base} {told}");
    }
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

/// A mapping of accounts with this filter of entries or rows beside one of telephone numbers with that one: whether the
/// leaver is locked.
fn locks_a_leaver(dir: &Dir, filters: [&str; 2], to_database: bool) -> (bool, String) {
    let [phones, accounts] = filters.map(|filter| match to_database {
        true => (filter.to_owned(), ", filter = \"(!(kind=gone))\"".to_owned()),
        false => ("(!(employeeType=gone))".to_owned(), format!(", filter = \"{filter}\"")),
    });
    let (side, gone) = match to_database {
        true => ("to_database", "kind"),
        false => ("to_directory", "employeeType"),
    };
    let mapping = |name: &str, (entries, rows): (String, String), column: &str| {
        format!(
            "[mapping.{name}]\nentries = {{ base = [\"dc=x\"], filter = \"{entries}\" }}\n\
             rows = {{ table = \"s\", key = [\"id\"]{rows} }}\nmatch = [[\"id\"]]\nmin_overlap = 0\nflow = [\n\
             {{ attribute = \"employeeNumber\", column = \"id\" }},\n{column},\n]\n"
        )
    };
    let file = [
        "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n",
        &mapping("phones", phones, "{ attribute = \"telephoneNumber\", column = \"phone\" }"),
        &mapping("accounts", accounts, "{ attribute = \"title\", column = \"title\" }"),
        &format!("[mapping.accounts.policy]\n{side} = {{ UNQUALIFIED = \"inactivate\" }}\n"),
        &format!("[mapping.accounts.inactivate]\n{side} = {{ set = {{ {gone} = \"gone\" }} }}\n"),
    ];
    dir.write("m.toml", file.concat());
    let (change, told) = changed(dir, to_database);
    (change == "1gone", told)
}

/// With five conditions on other columns nothing was tried, and a leaver was never locked; nor with many on one.
#[test]
fn conditions_that_the_other_mapping_does_not_ask_for_do_not_matter() {
    let dir = Dir::new();
    dir.write("d.ldif", entries(&["staff"]));
    let head = "id,phone,title,kind,company,site,status,lang\n";
    dir.write("s.csv", [head, "1,,,left,acme,hq,on,de\n"].concat());
    let five = "(&(kind=staff)(company=acme)(site=hq)(status=on)(lang=de))";
    let many: String = (0..130).map(|n| format!("(company=c{n})")).collect();
    let many = [&format!("(|{many}(company=acme)(company=*))"), "(&(kind=staff)(company=acme))"];
    let kinds: String = (0..600).map(|n| format!("(kind=k{n})")).collect();
    let kinds = ["(company=acme)", &format!("(|{kinds})")];
    for filters in [["(id=*)", five], ["(company=acme)", five], many, kinds] {
        let (is_locked, told) = locks_a_leaver(&dir, filters, false);
        assert!(is_locked, "{filters:?} {told}");
    }
    // What both ask for divides them all the same.
    let divided = ["(kind=left)", five];
    let (is_locked, told) = locks_a_leaver(&dir, divided, false);
    assert!(!is_locked && told.contains("another mapping's"), "{told}");
}

/// One entry may have the values that both filters ask for, and was taken to have either; names of one attribute were
/// taken for two.
#[test]
fn an_entry_may_pass_two_filters_by_values_of_its_own() {
    let dir = Dir::new();
    let more = "memberOf: cn=phones,dc=x\nou: Phones\nmail: a1@home.example\nsn: Kurz\nroomNumber: 2025-05-01\n\
                userAccountControl: 512\n";
    dir.write("d.ldif", entries(&["guest"]) + more);
    dir.write("s.csv", "id,phone,title,kind\n1,,,staff\n");
    let cases = [
        ("(memberOf=cn=phones,dc=x)", "(memberOf=cn=staff,dc=x)", true),
        ("(&(uid=*)(ou=Phones))", "(&(uid=*)(ou=Staff))", true),
        ("(mail=a*)", "(mail=*@corp.example)", true),
        ("(mail=a*)", "(rfc822Mailbox=*@corp.example)", true),
        ("(surname=K*)", "(&(sn=*)(title=*))", true),
        ("(roomNumber<=2027-01-01)", "(roomNumber>=2026-01-01)", true),
        (
            "(userAccountControl:1.2.840.113556.1.4.803:=512)",
            "(userAccountControl:1.2.840.113556.1.4.803:=2)",
            true,
        ),
        // Nobody can pass both of these.
        ("(&(uid=*)(!(ou=Staff)))", "(ou=STAFF)", false),
        ("(&(uid=*)(!(0.9.2342.19200300.100.1.3=*)))", "(mail=*@corp.example)", false),
        ("(&(uid=*)(!(surname=L*)))", "(sn=L*)", false),
    ];
    for (phones, accounts, is_leaver) in cases {
        if phones.contains("0.9.2342") {
            let entry = String::from_utf8(dir.read("d.ldif")).expect("text");
            dir.write("d.ldif", entry.replace("mail: a1@home.example\n", ""));
        }
        let (is_locked, told) = locks_a_leaver(&dir, [phones, accounts], true);
        assert_eq!(is_locked, is_leaver, "{phones} {accounts} {told}");
    }
}
