//! Several mappings of the same people: what they say of one record is said together.

use crate::util::{Dir, run};

const ACCOUNTS: [&str; 3] = ["num", "login", "sn"];
const PHONES: [&str; 3] = ["num", "login", "phone"];

/// A mapping of people that has these columns, and more of it.
fn mapping(name: &str, columns: &[&str], more: &str) -> String {
    let attribute = |column: &str| {
        match column {
            "num" => "employeeNumber",
            "login" => "uid",
            "phone" => "telephoneNumber",
            "dept" => "departmentNumber",
            "desk" => "roomNumber",
            other => other,
        }
        .to_owned()
    };
    let flow = |column: &&str| {
        format!("{{ attribute = \"{}\", column = \"{column}\" }},\n", attribute(column))
    };
    let flows: String = columns.iter().map(flow).collect();
    format!(
        "[mapping.{name}]\nentries = {{ base = [\"ou=P,dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }}\n\
         rows = {{ table = \"s\", key = [\"num\"] }}\nmatch = [[\"num\"]]\nmin_overlap = 0\nmax_delete = 9\n{}\nflow = [\n{flows}]\n{}\n",
        more.split("---").next().unwrap_or_default(),
        more.split("---").nth(1).unwrap_or_default()
    )
}

fn write(dir: &Dir, mappings: &[String], entries: &str, rows: &str) {
    let file = ["ldifsync = 1\n[database]\ndialect = \"sqlite\"\n", &mappings.concat()].concat();
    dir.write("m.toml", file);
    let mut text = "dn: dc=x\nobjectClass: domain\ndc: x\n".to_owned();
    for ou in ["P", "L"] {
        text += &format!("\ndn: ou={ou},dc=x\nobjectClass: organizationalUnit\nou: {ou}\n");
    }
    dir.write("d.ldif", text + entries);
    dir.write("s.sql", rows);
}

/// An entry of a person with a number and more lines.
fn entry(login: &str, number: u32, more: &str) -> String {
    format!(
        "\ndn: uid={login},ou=P,dc=x\nobjectClass: inetOrgPerson\nuid: {login}\ncn: c\nsn: s\nemployeeNumber: {number}\n{more}"
    )
}

/// What changes, and the exit status.
fn diff(dir: &Dir, files: [&str; 2], status: i32) -> (String, String) {
    let args = ["diff", files[0], files[1], "--mapping", "m.toml", "--format", "jsonl"];
    let said = run(dir, args).expect(status);
    (String::from_utf8(said.stdout).expect("text"), said.stderr)
}

/// Each of two mappings said the new name, and so two records gave it; the value of a unique column was taken twice.
#[test]
fn what_two_mappings_say_alike_is_no_conflict() {
    let dir = Dir::new();
    let both = [mapping("accounts", &ACCOUNTS, ""), mapping("phones", &PHONES, "")];
    let rows = "CREATE TABLE s(num INTEGER PRIMARY KEY, login TEXT UNIQUE, sn TEXT, phone TEXT);\n\
                INSERT INTO s VALUES(1,'neu','s2','+2');\n";
    write(&dir, &both, &entry("alt", 1, "telephoneNumber: +1\n"), rows);
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 1);
    assert!(
        change.contains("uid=neu") && change.contains("+2") && change.contains("s2"),
        "{change} {told}"
    );
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
    assert_eq!(change.lines().count(), 1, "{change} {told}");
    assert!(change.contains("\"alt\"") && change.contains("\"+1\""), "{change} {told}");
    // What another entry, or another row, keeps is held all the same, and each of them is told.
    let held = entry("neu", 7, "").replace("employeeNumber: 7\n", "");
    write(&dir, &both, &[entry("alt", 1, "telephoneNumber: +1\n"), held].concat(), rows);
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 5);
    assert_eq!(
        (change.as_str(), told.matches("another entry has the name").count()),
        ("", 2),
        "{told}"
    );
}

/// A leaver of two mappings that move it to the same place was refused, and stayed unlocked.
#[test]
fn a_leaver_of_two_mappings_is_moved_once() {
    let dir = Dir::new();
    let of = |name: &str, columns: &[&str]| {
        let more = format!(
            "---[mapping.{name}.policy.to_directory]\nSOURCE_MISSING = \"inactivate\"\n\
             [mapping.{name}.inactivate.to_directory]\nset = {{ employeeType = \"gone\" }}\nmove = \"ou=L,dc=x\"\n"
        );
        mapping(name, columns, &more)
    };
    let rows = "CREATE TABLE s(num INTEGER PRIMARY KEY, sn TEXT, phone TEXT);\nINSERT INTO s VALUES(1,'s','+1');\n";
    let both = [of("accounts", &["num", "sn"]), of("phones", &["num", "phone"])];
    let people =
        [entry("u1", 1, "telephoneNumber: +1\n"), entry("u2", 2, "telephoneNumber: +2\n")].concat();
    write(&dir, &both, &people, rows);
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 1);
    assert!(change.contains("ou=L,dc=x") && change.contains("gone"), "{change} {told}");
    assert!(!change.contains("uid=u1"), "{change} {told}");
}

/// Of columns that are unique together each mapping has one: what each changed by itself was looked at, and not the row
/// that came of both.
#[test]
fn unique_columns_of_two_mappings_are_looked_at_together() {
    let dir = Dir::new();
    let both = [mapping("accounts", &["num", "dept"], ""), mapping("phones", &["num", "desk"], "")];
    let table =
        "CREATE TABLE s(num INTEGER PRIMARY KEY, dept INTEGER, desk INTEGER, UNIQUE(dept,desk));\n";
    let person = |login: &str, number: u32, desk: u32| {
        entry(login, number, &format!("departmentNumber: 20\nroomNumber: {desk}\n"))
    };
    let rows = |rows: &str| [table, "INSERT INTO s VALUES", rows, ";\n"].concat();
    write(
        &dir,
        &both,
        &[person("a", 1, 7), person("b", 2, 5)].concat(),
        &rows("(1,10,5),(2,20,5)"),
    );
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
    assert_eq!(change.lines().count(), 1, "{change} {told}");
    write(
        &dir,
        &both,
        &[person("a", 1, 7), person("b", 2, 7)].concat(),
        &rows("(1,10,5),(2,11,6)"),
    );
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 5);
    assert_eq!(change, "", "{told}");
    assert_eq!(told.matches("another row has or gets").count(), 4, "{told}");
}

/// What two mappings make of one record of the other side were two rows with one key, and two entries of which one had
/// no name.
#[test]
fn what_two_mappings_make_of_one_record_is_one() {
    let dir = Dir::new();
    let named = "dn = \"uid={{ login }},ou=P,dc=x\"\nobject_class = [\"top\",\"person\",\"organizationalPerson\",\"inetOrgPerson\"]";
    let both = [mapping("accounts", &ACCOUNTS, named), mapping("phones", &["num", "phone"], "")];
    let table =
        "CREATE TABLE s(num INTEGER PRIMARY KEY, login TEXT UNIQUE, sn TEXT, phone TEXT);\n";
    let rows = [table, "INSERT INTO s VALUES(1,'a','s','+1'),(2,'b','t','+2');\n"].concat();
    write(&dir, &both, &entry("a", 1, "telephoneNumber: +1\n"), &rows);
    let transform = |file: &str, format: &[&str]| {
        let args = [&["transform", file, "--mapping", "m.toml", "-q"], format].concat();
        let said = run(&dir, args).expect(0);
        String::from_utf8(said.stdout).expect("text")
    };
    let made = transform("d.ldif", &["--format", "jsonl"]);
    assert_eq!(made.lines().count(), 1, "{made}");
    for value in ["\"num\":", "\"login\":\"a\"", "\"sn\":\"s\"", "\"phone\":\"+1\""] {
        assert!(made.contains(value), "{made}");
    }
    let made = transform("s.sql", &[]);
    assert_eq!(
        (made.matches("dn: uid=").count(), made.matches("telephoneNumber: +").count()),
        (2, 2),
        "{made}"
    );
    // The order of the mappings is all the same.
    let [accounts, phones] = both;
    write(&dir, &[phones, accounts], &entry("a", 1, "telephoneNumber: +1\n"), &rows);
    let made = transform("s.sql", &[]);
    assert_eq!(
        (made.matches("dn: uid=").count(), made.matches("telephoneNumber: +").count()),
        (2, 2),
        "{made}"
    );
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 0);
    assert_eq!(change, "", "{told}");
    // The same where a row comes beside others.
    write(
        &dir,
        &[mapping("accounts", &ACCOUNTS, named), mapping("phones", &["num", "phone"], "")],
        &[entry("a", 1, "telephoneNumber: +1\n"), entry("c", 3, "telephoneNumber: +3\n")].concat(),
        &rows,
    );
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
    assert_eq!(change.lines().count(), 1, "{change} {told}");
    assert!(change.contains("\"c\"") && change.contains("\"+3\""), "{change} {told}");
}

/// One was refused in each round, and then who took the name, or the value, that it kept: seconds for thousands.
#[test]
fn a_chain_whose_last_is_held_is_refused_at_once() {
    let dir = Dir::new();
    const COUNT: u32 = 3000;
    let row = |n: u32| format!("INSERT INTO s VALUES({n},'u{n}');\n");
    let table = "CREATE TABLE s(num INTEGER PRIMARY KEY, login TEXT UNIQUE);\n".to_owned();
    let one = [mapping("accounts", &["num", "login"], "")];
    let last = entry(&format!("u{COUNT}"), 0, "").replace("employeeNumber: 0\n", "");
    let after = |n: u32| format!("INSERT INTO s VALUES({n},'u{}');\n", n + 1);
    let entries: String = (0..COUNT).map(|n| entry(&format!("u{n}"), n, "")).collect();
    let rows: String = (0..COUNT).map(after).collect();
    write(&dir, &one, &(last + &entries), &[table.clone(), rows].concat());
    let begun = std::time::Instant::now();
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 5);
    assert_eq!(change, "", "{told}");
    let entries: String = (0..COUNT).map(|n| entry(&format!("u{}", n + 1), n, "")).collect();
    let rows: String = (0..COUNT).chain([COUNT]).map(row).collect();
    write(&dir, &one, &entries, &[table, rows].concat());
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 5);
    assert_eq!(change, "", "{told}");
    // A round for each takes minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

/// A value that no two rows of a child table may have was given to a second record: the database refused the script.
#[test]
fn unique_values_of_child_tables_are_looked_at() {
    let dir = Dir::new();
    let flow =
        "{ attribute = \"mail\", table = \"alias\", foreign_key = [\"sid\"], column = \"alias\" },";
    let one = mapping("accounts", &["num"], "").replace("\n]\n", &format!("\n{flow}\n]\n"));
    for unique in ["UNIQUE", "PRIMARY KEY"] {
        let tables = format!(
            "CREATE TABLE s(num INTEGER PRIMARY KEY);\nINSERT INTO s VALUES(1),(2);\n\
             CREATE TABLE alias(alias TEXT NOT NULL {unique}, sid INTEGER REFERENCES s(num));\n"
        );
        let held = [&tables, "INSERT INTO alias VALUES('shared@x',1);\n"].concat();
        let people =
            |first: &str, second: &str| [entry("a", 1, first), entry("b", 2, second)].concat();
        let mail = "mail: shared@x\n";
        // One keeps it; two would get it; one gives it up.
        let cases = [
            (people(mail, mail), &held, 5, false, 1),
            (people(mail, mail), &tables, 5, false, 2),
            (people("", mail), &held, 1, true, 0),
        ];
        for (entries, rows, status, changes, told) in cases {
            write(&dir, std::slice::from_ref(&one), &entries, rows);
            let (change, said) = diff(&dir, ["s.sql", "d.ldif"], status);
            assert_eq!(!change.is_empty(), changes, "{unique} {change} {said}");
            assert_eq!(said.matches("another row has or gets").count(), told, "{said}");
        }
    }
}

/// What a second mapping says of a record that the first one adds came with the next run.
#[test]
fn what_a_second_mapping_says_of_what_comes_is_said_at_once() {
    let dir = Dir::new();
    let named = "dn = \"uid={{ login }},ou=P,dc=x\"\nobject_class = [\"top\",\"person\",\"organizationalPerson\",\"inetOrgPerson\"]";
    let adds_none = "---[mapping.phones.policy.to_database]\nABSENT = \"report\"\n\
                     [mapping.phones.policy.to_directory]\nABSENT = \"ignore\"\n";
    let accounts = mapping("accounts", &ACCOUNTS, named);
    let phones = mapping("phones", &["num", "phone"], adds_none);
    let table =
        "CREATE TABLE s(num INTEGER PRIMARY KEY, login TEXT UNIQUE, sn TEXT, phone TEXT UNIQUE);\n";
    let rows = |rows: &str| [table, "INSERT INTO s VALUES", rows, ";\n"].concat();
    let one = entry("a", 1, "telephoneNumber: +1\n");
    let two = [one.clone(), entry("c", 3, "telephoneNumber: +3\n")].concat();
    for both in [[accounts.clone(), phones.clone()], [phones.clone(), accounts.clone()]] {
        write(&dir, &both, &two, &rows("(1,'a','s','+1')"));
        let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
        assert_eq!(change.lines().count(), 1, "{change} {told}");
        assert!(change.contains("\"c\"") && change.contains("\"+3\""), "{change} {told}");
        assert!(!told.contains("left as it is"), "{told}");
        write(&dir, &both, &two, &rows("(1,'a','s','+1'),(3,'c','s','+3')"));
        let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 0);
        assert_eq!(change, "", "{told}");
        write(&dir, &both, &one, &rows("(1,'a','s','+1'),(3,'c','s','+3')"));
        let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 1);
        assert_eq!(change.lines().count(), 1, "{change} {told}");
        assert!(change.contains("uid=c,ou=P") && change.contains("\"+3\""), "{change} {told}");
        // Where the value is another's, the record comes without it.
        write(&dir, &both, &two.replace("+1", "+3"), &rows("(1,'a','s','+3')"));
        let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 5);
        assert!(change.contains("\"c\"") && !change.contains("+3"), "{change} {told}");
        assert_eq!(told.matches("another row has or gets").count(), 1, "{told}");
        // Where the record does not come, nothing is said of it.
        write(
            &dir,
            &both,
            &two.replace("uid: c", "uid: x").replace("uid=c", "uid=x"),
            &rows("(1,'a','s','+1'),(9,'x','s','+9')"),
        );
        let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 5);
        assert_eq!(change, "", "{told}");
        assert_eq!(told.matches("another row has or gets").count(), 1, "{told}");
    }
    // One that stands where the second mapping does not look is none of it.
    let elsewhere = phones.replace("ou=P,dc=x", "ou=L,dc=x");
    write(&dir, &[accounts, elsewhere], &one, &rows("(1,'a','s','+1'),(3,'c','s','+3')"));
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 1);
    assert!(change.contains("uid=c,ou=P") && !change.contains("+3"), "{change} {told}");
}

/// Each entry elsewhere was held against each row of its key.
#[test]
fn many_of_one_key_elsewhere_are_found_at_once() {
    const COUNT: u32 = 8000;
    let dir = Dir::new();
    let one =
        mapping("accounts", &ACCOUNTS, "").replace("match = [[\"num\"]]", "match = [[\"sn\"]]");
    let policy = "[mapping.accounts.policy.to_database]\nSOURCE_MISSING = \"delete\"\n";
    let table = "CREATE TABLE s(num INTEGER PRIMARY KEY, login TEXT, sn TEXT);\n".to_owned();
    let row = |n: u32| format!("INSERT INTO s VALUES({n},'u{n}','s');\n");
    let rows: String = (1..COUNT).map(row).collect();
    let elsewhere = |n: u32| entry(&format!("u{n}"), n, "").replace("ou=P", "ou=L");
    let entries: String = (1..COUNT).map(elsewhere).collect();
    let here = entry("a", COUNT, "").replace("sn: s", "sn: t");
    write(&dir, &[one + policy], &[here, entries].concat(), &[table, rows].concat());
    let begun = std::time::Instant::now();
    let (_, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
    assert!(told.contains("7,999 UNQUALIFIED"), "{told}");
    // Each against each takes minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

/// Two new rows whose key the database makes were found by the same values: it refused the whole script. Where no value
/// fed such a key, references led nowhere, and the next run found fault with the row.
#[test]
fn keys_that_the_database_makes_are_found_by_one() {
    let dir = Dir::new();
    let made = |columns: &[&str], list: &str| {
        mapping("accounts", columns, "")
            .replace("key = [\"num\"]", "key = [\"id\"], generated = [\"id\"]")
            .replace("[[\"num\"]]", list)
    };
    let table = "CREATE TABLE s(id INTEGER PRIMARY KEY, login TEXT, sn TEXT, boss INTEGER);\n";
    let two = [entry("a", 1, ""), entry("b", 2, "")].concat();
    write(&dir, &[made(&["login", "sn"], "[[\"sn\"]]")], &two, table);
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 5);
    assert_eq!(change, "", "{told}");
    assert_eq!(told.matches("another new row is found by the same").count(), 2, "{told}");
    let other = two.replacen("sn: s", "sn: t", 1);
    write(&dir, &[made(&["login", "sn"], "[[\"sn\"]]")], &other, table);
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
    assert_eq!(change.lines().count(), 2, "{change} {told}");
    let flows = "{ attribute = \"employeeNumber\", column = \"id\" },\n\
                 { attribute = \"manager\", column = \"boss\", reference = \"accounts\" },\n]";
    let fed = made(&["login", "sn"], "[[\"login\"]]").replacen("\n]", &format!("\n{flows}"), 1);
    let led = [entry("a", 1, ""), entry("b", 2, "manager: uid=a,ou=P,dc=x\n")].concat();
    let led = led.replace("employeeNumber: 1\n", "");
    write(&dir, std::slice::from_ref(&fed), &led, table);
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 1);
    assert!(!told.contains("leads to no record") && change.contains("SELECT"), "{change} {told}");
    let rows = [table, "INSERT INTO s VALUES(7,'a','s',NULL),(2,'b','s',7);\n"].concat();
    write(&dir, &[fed], &led, &rows);
    let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 0);
    assert_eq!(change, "", "{told}");
}

/// Two mappings that wanted other values of one attribute took turns: each run took back what the one before it did.
#[test]
fn mappings_that_contradict_each_other_change_nothing() {
    let dir = Dir::new();
    let both = |more: &str| {
        let one = mapping("accounts", &["num", "sn"], "");
        let two =
            mapping("phones", &["num", "sn"], "").replace("column = \"sn\"", "column = \"phone\"");
        [one, two.replace("(objectClass=inetOrgPerson)", more)]
    };
    let table = "CREATE TABLE s(num INTEGER PRIMARY KEY, sn TEXT, phone TEXT);\n";
    let rows = |row: &str| [table, "INSERT INTO s VALUES", row, ";\n"].concat();
    let person = |sn: &str| entry("a", 1, "").replace("sn: s", &format!("sn: {sn}"));
    let mappings = both("(|(objectClass=inetOrgPerson)(uid=x))");
    for sn in ["x", "y", "z"] {
        write(&dir, &mappings, &person(sn), &rows("(1,'x','y')"));
        let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 5);
        assert_eq!(change, "", "{told}");
        for (mapping, other) in [("accounts", "phones"), ("phones", "accounts")] {
            let sentence = format!("mapping `{mapping}`: expected what the mapping `{other}` says");
            assert!(told.contains(&sentence), "{told}");
        }
    }
    // What is one value to the attribute contradicts nothing.
    write(&dir, &mappings, &person("z"), &rows("(1,'x','X')"));
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 1);
    assert_eq!(change.lines().count(), 1, "{change} {told}");
    // Nor does what comes.
    let named = "dn = \"uid={{ sn }},ou=P,dc=x\"\nobject_class = [\"inetOrgPerson\"]\nflow = [\n{ attribute = \"uid\", column = \"sn\", direction = \"to_directory\" },\n\
                 { attribute = \"cn\", constant = \"c\", direction = \"to_directory\" },";
    let mappings = mappings.map(|one| one.replace("flow = [", named));
    write(&dir, &mappings, "", &rows("(1,'x','y')"));
    let (change, told) = diff(&dir, ["d.ldif", "s.sql"], 5);
    assert_eq!(change, "", "{told}");
    assert!(told.contains("expected what the mapping `phones` says"), "{told}");
    // The same of a column.
    let mappings = both("(|(objectClass=inetOrgPerson)(uid=x))").map(|one| {
        one.replace("column = \"phone\"", "column = \"sn\"")
            .replace("[mapping.phones]", "# the other one\n[mapping.phones]")
    });
    let [accounts, phones] = mappings;
    let phones = phones.replace("attribute = \"sn\"", "attribute = \"cn\"");
    for sn in ["'s'", "'c'", "'z'", "NULL"] {
        write(
            &dir,
            &[accounts.clone(), phones.clone()],
            &entry("a", 1, ""),
            &rows(&format!("(1,{sn},'y')")),
        );
        let (change, told) = diff(&dir, ["s.sql", "d.ldif"], 5);
        assert_eq!(change, "", "{told}");
        assert_eq!(told.matches("expected what the mapping").count(), 2, "{told}");
    }
}

/// Of the members that two mappings give to one group the later had its own alone, and the next run brought those of the
/// other.
#[test]
fn members_of_two_mappings_are_put_together() {
    let dir = Dir::new();
    let people = |name: &str, table: &str, ou: &str| {
        format!(
            "[mapping.{name}]\nentries = {{ base = [\"ou={ou},dc=x\"], filter = \"(objectClass=inetOrgPerson)\" }}\n\
             rows = {{ table = \"{table}\", key = [\"num\"] }}\nmatch = [[\"num\"]]\nmin_overlap = 0\n\
             flow = [ {{ attribute = \"employeeNumber\", column = \"num\" }} ]\n"
        )
    };
    let groups = |name: &str, table: &str, filter: &str| {
        format!(
            "[mapping.g{name}]\nentries = {{ base = [\"dc=x\"], filter = \"{filter}\" }}\n\
             rows = {{ table = \"g\", key = [\"name\"] }}\nmatch = [[\"name\"]]\nmin_overlap = 0\n\
             dn = \"cn={{{{ name }}}},dc=x\"\nobject_class = [\"groupOfNames\"]\nflow = [\n\
             {{ attribute = \"cn\", column = \"name\" }},\n\
             {{ attribute = \"member\", table = \"{table}\", foreign_key = [\"g\"], column = \"num\", reference = \"{name}\" }},\n]\n"
        )
    };
    let file = [
        "ldifsync = 1\n[database]\ndialect = \"sqlite\"\n",
        &people("staff", "s", "P"),
        &people("guests", "t", "L"),
        &groups("staff", "gs", "(objectClass=groupOfNames)"),
        &groups("guests", "gt", "(cn=g*)"),
    ];
    let group = "\ndn: cn=g1,dc=x\nobjectClass: groupOfNames\ncn: g1\nmember: uid=a,ou=P,dc=x\nmember: uid=k,ou=L,dc=x\n";
    let people: String = [("a", "P", 1), ("b", "P", 2), ("k", "L", 1), ("l", "L", 2)]
        .map(|(login, ou, n)| entry(login, n, "").replace("ou=P", &format!("ou={ou}")))
        .concat();
    let rows = "CREATE TABLE s(num INTEGER PRIMARY KEY);\nINSERT INTO s VALUES(1),(2);\n\
                CREATE TABLE t(num INTEGER PRIMARY KEY);\nINSERT INTO t VALUES(1),(2);\n\
                CREATE TABLE g(name TEXT PRIMARY KEY);\nINSERT INTO g VALUES('g1'),('g2');\n\
                CREATE TABLE gs(g TEXT, num INTEGER);\nINSERT INTO gs VALUES('g1',2),('g2',2);\n\
                CREATE TABLE gt(g TEXT, num INTEGER);\nINSERT INTO gt VALUES('g1',2),('g2',2);\n";
    write(&dir, &[], &[&people, group].concat(), rows);
    dir.write("m.toml", file.concat());
    let args = ["diff", "d.ldif", "s.sql", "--mapping", "m.toml", "-o", "c.ldif"];
    run(&dir, args).expect(1);
    run(&dir, ["apply", "d.ldif", "c.ldif", "-o", "after.ldif"]).expect(0);
    let after = String::from_utf8(dir.read("after.ldif")).expect("text");
    assert_eq!(after.matches("member: uid=b,ou=P,dc=x").count(), 2, "{after}");
    assert_eq!(after.matches("member: uid=l,ou=L,dc=x").count(), 2, "{after}");
    assert_eq!(after.matches("member: ").count(), 4, "{after}");
    run(&dir, ["diff", "after.ldif", "s.sql", "--mapping", "m.toml"]).expect(0);
}
