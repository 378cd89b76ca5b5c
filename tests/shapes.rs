//! The shapes of a change, word for word: heads, two files, JSON lines, text for people.

use std::path::PathBuf;

use ldifsync::diff::{Format, Options, Report, diff};
use ldifsync::emit::Paint;
use ldifsync::output::Target;
use ldifsync::server::Server;

use crate::util::{Dir, assert_same_text};

const OLD: &str = "\
dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
dc: example
o: Example
entryUUID: 0-0
entryCSN: 1

dn: cn=gone,dc=example,dc=com
objectClass: person
cn: gone
sn: G
userPassword: s3cret
entryUUID: 0-1

dn: cn=kept,dc=example,dc=com
objectClass: inetOrgPerson
cn: kept
sn: K
mail: k@old.example
mail: k@example
userPassword: s3cret
jpegPhoto:: /9j/4A==
entryUUID: 0-2

dn: cn=named,dc=example,dc=com
objectClass: person
cn: named
sn: N
entryUUID: 0-3

dn: cn=group,dc=example,dc=com
objectClass: groupOfNames
cn: group
member: cn=named,dc=example,dc=com
entryUUID: 0-4

";

const NEW: &str = "\
dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
dc: example
o: Example
entryUUID: 0-0

dn: cn=kept,dc=example,dc=com
objectClass: inetOrgPerson
cn: kept
sn: K
mail: k@example
mail: k@new.example
userPassword: 0ther
jpegPhoto:: /9j/4Q==
entryUUID: 0-2

dn: cn=renamed,dc=example,dc=com
objectClass: person
cn: renamed
sn: N
description:: G1syag==
entryUUID: 0-3

dn: cn=group,dc=example,dc=com
objectClass: groupOfNames
cn: group
member: cn=renamed,dc=example,dc=com
entryUUID: 0-4

dn: cn=new,dc=example,dc=com
objectClass: person
cn: new
sn:: w4RyZ2Vy
description:: /w==
entryUUID: 0-5

";

/// Two people who swap their names, and a group of one of them.
const PAIR: &str = "\
dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
dc: example
o: Example
entryUUID: 0-0
entryCSN: 1

dn: cn=a,dc=example,dc=com
objectClass: person
cn: a
sn: 1
entryUUID: 0-1

dn: cn=b,dc=example,dc=com
objectClass: person
cn: b
sn: 2
entryUUID: 0-2

dn: cn=group,dc=example,dc=com
objectClass: groupOfNames
cn: group
member: cn=a,dc=example,dc=com
member: dc=example,dc=com
entryUUID: 0-3

";

fn swapped() -> String {
    PAIR.replace("entryUUID: 0-1", "entryUUID: 0-x")
        .replace("entryUUID: 0-2", "entryUUID: 0-1")
        .replace("entryUUID: 0-x", "entryUUID: 0-2")
        .replace("sn: 1", "sn: x")
        .replace("sn: 2", "sn: 1")
        .replace("sn: x", "sn: 2")
        .replace("member: cn=a", "member: cn=b")
}

/// One run in a folder, on files that go by their bare names in what is written.
struct Run {
    dir: Dir,
    options: Options,
}

impl Run {
    fn new(old: &str, new: &str) -> Run {
        let dir = Dir::new();
        let (old, new) = (dir.write("old.ldif", old), dir.write("new.ldif", new));
        let mut options = Options::new(old, new);
        options.output = Target::File(dir.file("out.ldif"));
        Run { dir, options }
    }

    fn diff(&self) -> Report {
        diff(&self.options, &|_| {}).unwrap_or_else(|e| panic!("{e}"))
    }

    fn with_undo(mut self, name: &str) -> Run {
        self.options.undo = Some(self.dir.file(name));
        self
    }

    fn output(&mut self, name: &str) {
        self.options.output = Target::File(self.dir.file(name));
    }

    /// What was written, without the folder.
    fn read(&self, name: &str) -> String {
        let folder = format!("{}/", self.dir.path().display());
        String::from_utf8_lossy(&self.dir.read(name)).replace(&folder, "")
    }

    fn shape(format: Format, old: &str, new: &str) -> String {
        let mut run = Run::new(old, new);
        run.options.format = format;
        run.diff();
        run.read("out.ldif")
    }
}

/// The comment lines at the top of a file.
fn head(text: &str) -> String {
    let end = text.find("\n\n").expect("a head");
    text[..=end].to_owned()
}

#[test]
fn a_change_says_what_it_is_for() {
    let run = Run::new(OLD, NEW).with_undo("back.ldif.zst");
    run.diff();
    let expected = "\
version: 1
# changes old.ldif (734 bytes, 5 entries) so that it is as new.ldif (745 bytes, 5 entries)
# 1 add, 1 delete, 3 modifies, 1 rename, for the server profile openldap
# apply: ldapmodify -x -H ldap://HOST -D BINDDN -W -f out.ldif
# undo: back.ldif.zst
";
    let sizes = |text: &str| {
        text.replace("734 bytes", &format!("{} bytes", OLD.len()))
            .replace("745 bytes", &format!("{} bytes", NEW.len()))
    };
    assert_same_text("the head", &sizes(expected), &head(&run.read("out.ldif")));
    assert!(run.read("out.ldif").ends_with("-\n\n"));
}

#[test]
fn an_undo_says_how_to_begin_in_the_middle() {
    let mut run = Run::new(OLD, NEW).with_undo("my undo.ldif");
    run.options.server = Some(Server::ActiveDirectory);
    run.diff();
    let text = run.read("my undo.ldif");
    let total = text.matches("\n# undoes ").count() - 1;
    let expected = format!(
        "\
version: 1
# undoes the change that makes old.ldif as new.ldif
# {total} records of out.ldif
# 1 deleted entry comes back as a new one: another objectGUID and SID, without password, accounts disabled
# all of it: ldapmodify -x -H ldap://HOST -D BINDDN -W -f 'my undo.ldif', or on Windows: ldifde -i -f 'my undo.ldif'
# after a stop: with N records applied, begin at the line `# undoes N of {total}`: \
sed -n '/^# undoes N of {total}$/,$p' 'my undo.ldif' | ldapmodify -x -H ldap://HOST -D BINDDN -W
# (ldapmodify prints a line for each record it begins: the last one was refused)
"
    );
    let quoted = head(&text).replace(&format!("'{}/", run.dir.path().display()), "'");
    assert_same_text("the head", &expected, &quoted);
    assert!(text.contains(&format!("\n# undoes {total} of {total}\n")));
}

#[test]
fn digests_are_those_of_the_files() {
    let mut run = Run::new(OLD, OLD);
    run.options.sha256 = true;
    run.diff();
    let empty = head(&run.read("out.ldif"));
    assert!(empty.contains("# nothing to change, for the server profile openldap\n"), "{empty}");
    let said = std::process::Command::new("sha256sum").arg(&run.options.old).output();
    let Ok(said) = said else { return };
    let digest = String::from_utf8_lossy(&said.stdout)[..64].to_owned();
    assert!(empty.contains(&format!("# SHA-256 of old.ldif: {digest}\n")), "{empty}");
    assert!(empty.contains(&format!("# SHA-256 of new.ldif: {digest}\n")), "{empty}");
}

#[test]
fn references_to_reused_names_come_in_a_second_file() {
    for end in ["", ".gz"] {
        let mut run = Run::new(PAIR, &swapped()).with_undo(&format!("undo.ldif{end}"));
        run.output(&format!("change.ldif{end}"));
        let report = run.diff();
        let names: Vec<PathBuf> = ["change.ldif", "change.2.ldif", "undo.ldif", "undo.2.ldif"]
            .iter()
            .map(|name| run.dir.file(&format!("{name}{end}")))
            .collect();
        assert_eq!(report.files, names);
        assert_eq!(report.warnings.len(), 2, "{:?}", report.warnings);
        assert!(names.iter().all(|name| name.exists()));
    }
    let run = Run::new(PAIR, &swapped()).with_undo("undo.ldif");
    run.diff();
    let second = run.read("out.2.ldif");
    assert!(second.starts_with("version: 1\n# changes ") && second.ends_with("-\n\n"), "{second}");
    assert!(second.contains("# this is the second of two files, after out.ldif: "), "{second}");
    assert!(second.contains("add: member\nmember: cn=b,dc=example,dc=com\n-\n"), "{second}");
    assert!(!second.contains("newrdn"), "{second}");
    let undo = run.read("undo.ldif");
    assert!(undo.contains("# undoes 5 of 5\n") && !undo.contains("# undoes 1 of 5\n"), "{undo}");
    let undo = run.read("undo.2.ldif");
    let record = "# undoes 1 of 5\ndn: cn=group,dc=example,dc=com\nchangetype: modify\nadd: member\n\
        member: cn=a,dc=example,dc=com\n-\n\n";
    assert!(
        undo.starts_with("version: 1\n# this is the second") && undo.ends_with(record),
        "{undo}"
    );
}

/// An entry that is added may refer to a name that another entry has just left.
#[test]
fn an_added_entry_refers_to_reused_names_in_a_second_file() {
    let new = swapped()
        + "dn: cn=c,dc=example,dc=com\nobjectClass: person\ncn: c\nsn: c\n\
        seeAlso: cn=a,dc=example,dc=com\n\n";
    let run = Run::new(PAIR, &new);
    run.diff();
    assert!(run.read("out.ldif").contains("dn: cn=c,dc=example,dc=com\nchangetype: add\n"));
    assert!(!run.read("out.ldif").contains("seeAlso"));
    let late = "dn: cn=c,dc=example,dc=com\nchangetype: modify\nadd: seeAlso\n\
        seeAlso: cn=a,dc=example,dc=com\n-\n\n";
    assert!(run.read("out.2.ldif").contains(late), "{}", run.read("out.2.ldif"));
}

/// A group that is added may have none but such members.
#[test]
fn an_added_group_of_reused_names_holds_a_placeholder_meanwhile() {
    let new = swapped()
        + "dn: cn=g,dc=example,dc=com\nobjectClass: groupOfNames\ncn: g\n\
        member: cn=a,dc=example,dc=com\n\n";
    let run = Run::new(PAIR, &new).with_undo("undo.ldif");
    run.diff();
    let first = "cn: g\nmember: cn=ldifsync-placeholder\n\n";
    assert!(run.read("out.ldif").contains(first), "{}", run.read("out.ldif"));
    let late = "dn: cn=g,dc=example,dc=com\nchangetype: modify\ndelete: member\n\
        member: cn=ldifsync-placeholder\n-\nadd: member\nmember: cn=a,dc=example,dc=com\n-\n\n";
    assert!(run.read("out.2.ldif").contains(late), "{}", run.read("out.2.ldif"));
}

/// A name that an entry has only while its parent has moved and it has not gone yet.
#[test]
fn a_name_left_on_the_way_is_reused_too() {
    let entry = |dn: &str, id: u8, seen: &str| {
        let (kind, name) = dn.split(',').next().and_then(|rdn| rdn.split_once('=')).expect("a DN");
        let class = if kind == "ou" { "organizationalUnit" } else { "person\nsn: x" };
        format!(
            "dn: {dn},dc=example,dc=com\nobjectClass: {class}\n{kind}: {name}\n{seen}\
             entryUUID: 0-{id}\nentryCSN: 1\n\n"
        )
    };
    let old = [("ou=u", 1), ("ou=s,ou=u", 2), ("ou=t,ou=s,ou=u", 3), ("ou=r", 4)];
    let new = [("ou=u", 1), ("ou=s", 2), ("ou=t,ou=s", 4)];
    let write = |units: &[(&str, u8)], child: &str, seen: &str| {
        let units: String = units.iter().map(|(dn, id)| entry(dn, *id, "")).collect();
        units + &entry(child, 5, "") + &entry("cn=p", 6, seen)
    };
    let old = write(&old, "cn=k,ou=t,ou=s,ou=u", "");
    let new = write(&new, "cn=k,ou=s", "seeAlso: ou=t,ou=s,dc=example,dc=com\n");
    let run = Run::new(&old, &new);
    run.diff();
    let first = run.read("out.ldif");
    assert!(first.contains("dn: ou=t,ou=s,dc=example,dc=com\nchangetype: delete\n"), "{first}");
    assert!(!first.contains("seeAlso"), "{first}");
    assert!(run.read("out.2.ldif").contains("seeAlso: ou=t,ou=s,dc=example,dc=com\n"));
}

/// A group may not be empty: while the names of its members are exchanged, a placeholder stands in.
#[test]
fn who_works_in_the_background_gets_a_second_file_and_others_do_not() {
    let new = PAIR.replace("entryUUID: 0-1", "entryUUID: 0-9").replace("sn: 1", "sn: 9");
    let member = |op: &str| {
        format!(
            "dn: cn=group,dc=example,dc=com\nchangetype: modify\n{op}: member\n\
             member: cn=a,dc=example,dc=com\n-\n\n"
        )
    };
    let early = member("delete")
        + "dn: cn=a,dc=example,dc=com\nchangetype: delete\n\n\
           dn: cn=a,dc=example,dc=com\nchangetype: add\nobjectClass: person\ncn: a\nsn: 9\n\n";
    let records = |text: String| text.split_once("\n\n").expect("a head").1.to_owned();
    for (server, waits) in [
        (Server::OpenLdap, true),
        (Server::Generic, true),
        (Server::Ds389, false),
        (Server::ActiveDirectory, false),
    ] {
        let mut run = Run::new(PAIR, &new);
        run.options.server = Some(server);
        assert_eq!(run.diff().files.len(), if waits { 2 } else { 1 }, "{}", server.name());
        let late = if waits { String::new() } else { member("add") };
        assert_same_text(server.name(), &(early.clone() + &late), &records(run.read("out.ldif")));
        if waits {
            assert_same_text(server.name(), &member("add"), &records(run.read("out.2.ldif")));
        }
    }
}

#[test]
fn a_list_that_may_not_be_empty_holds_a_placeholder_meanwhile() {
    let (old, new) = (PAIR.to_owned(), swapped());
    let alone = |text: &str| text.replace("member: dc=example,dc=com\n", "");
    let run = Run::new(&alone(&old), &alone(&new)).with_undo("undo.ldif");
    run.diff();
    let exchange = |from: &str, to: &str| {
        format!(
            "dn: cn=group,dc=example,dc=com\nchangetype: modify\ndelete: member\nmember: {from}\n-\n\
             add: member\nmember: {to}\n-\n\n"
        )
    };
    let (a, b) = ("cn=a,dc=example,dc=com", "cn=b,dc=example,dc=com");
    let placeholder = "cn=ldifsync-placeholder";
    assert!(run.read("out.ldif").contains(&exchange(a, placeholder)));
    assert!(run.read("out.2.ldif").ends_with(&exchange(placeholder, b)));
    assert!(run.read("undo.ldif").contains(&exchange(b, placeholder)));
    assert!(run.read("undo.2.ldif").ends_with(&exchange(placeholder, a)));
}

#[test]
fn a_stream_says_where_to_pause() {
    let mut run = Run::new(PAIR, &swapped());
    run.options.output = Target::File("/dev/null".into());
    let report = run.diff();
    assert!(report.files.is_empty());
    assert!(report.warnings[0].contains("a line `# pause here`"), "{:?}", report.warnings);
}

#[test]
fn a_second_file_of_an_earlier_run_is_not_taken_for_one_of_this() {
    let run = Run::new(PAIR, &swapped());
    run.diff();
    let before = run.read("out.2.ldif");
    run.dir.write("new.ldif", PAIR.replace("sn: 1", "sn: 3"));
    let report = run.diff();
    assert_eq!(report.files, [run.dir.file("out.ldif")]);
    assert!(report.warnings.iter().any(|w| w.contains("is left from an earlier run")));
    assert_eq!(run.read("out.2.ldif"), before);
}

#[test]
fn json_lines_hold_a_record_each() {
    let text = Run::shape(Format::Jsonl, OLD, NEW);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let expected = [
        r#"{"dn":"cn=gone,dc=example,dc=com","changetype":"delete"}"#,
        r#"{"dn":"cn=group,dc=example,dc=com","changetype":"modify","modifications":[{"op":"delete","attribute":"member","values":["cn=ldifsync-placeholder"]},{"op":"add","attribute":"member","values":["cn=renamed,dc=example,dc=com"]}]}"#,
        r#"{"dn":"cn=group,dc=example,dc=com","changetype":"modify","modifications":[{"op":"delete","attribute":"member","values":["cn=named,dc=example,dc=com"]},{"op":"add","attribute":"member","values":["cn=ldifsync-placeholder"]}]}"#,
        r#"{"dn":"cn=kept,dc=example,dc=com","changetype":"modify","modifications":[{"op":"delete","attribute":"mail","values":["k@old.example"]},{"op":"delete","attribute":"userPassword","values":["s3cret"]},{"op":"add","attribute":"mail","values":["k@new.example"]},{"op":"add","attribute":"userPassword","values":["0ther"]},{"op":"replace","attribute":"jpegPhoto","values":[{"base64":"/9j/4Q=="}]}]}"#,
        r#"{"dn":"cn=named,dc=example,dc=com","changetype":"modrdn","newrdn":"cn=renamed","deleteoldrdn":true}"#,
        r#"{"dn":"cn=new,dc=example,dc=com","changetype":"add","attributes":{"objectClass":["person"],"cn":["new"],"sn":["Ärger"],"description":[{"base64":"/w=="}]}}"#,
        r#"{"dn":"cn=renamed,dc=example,dc=com","changetype":"modify","modifications":[{"op":"add","attribute":"description","values":["\u001b[2j"]}]}"#,
    ];
    assert_same_text("JSON lines", &expected.join("\n"), &lines.join("\n"));
    let place = |what: &str| text.find(what).expect("a record");
    let after = place("{\"dn\":\"cn=renamed,dc=example,dc=com\"");
    assert!(place("\"newrdn\"") < after, "in the order of the plan");
}

#[test]
fn people_read_blocks_by_kind() {
    let expected = "\
--- old.ldif (5 entries)
+++ new.ldif (5 entries)
# 1 add, 1 delete, 3 modifies, 1 rename

# added
@@ cn=new,dc=example,dc=com @@
+ objectClass: person
+ cn: new
+ sn: Ärger
+ description: (1 byte of binary, SHA-256 a8100ae6aa1940d0…)

# deleted
@@ cn=gone,dc=example,dc=com @@
- objectClass: person
- cn: gone
- sn: G
- userPassword: ********

# renamed
@@ cn=named,dc=example,dc=com @@
> cn=renamed,dc=example,dc=com
+ description: (4 bytes of binary, SHA-256 27911c9900a99b6f…)

# modified
@@ cn=kept,dc=example,dc=com @@
- mail: k@old.example
+ mail: k@new.example
- userPassword: ********
+ userPassword: ********
- jpegPhoto: (4 bytes of binary, SHA-256 ba4f25bf16ba4be6…)
+ jpegPhoto: (4 bytes of binary, SHA-256 f57139da457f21f5…)

# 1 entry is more written only because references follow names
";
    let text = Run::shape(Format::Unified, OLD, NEW);
    assert_same_text("unified text", expected, &text);
}

#[test]
fn secrets_are_masked_under_every_name_that_is_told() {
    let (old, new) = ("x-token: t0p\nmail: a@b\n", "x-token: t1p\nmail: c@d\n");
    let entry = |more: &str| format!("dn: dc=com\nobjectClass: domain\ndc: com\n{more}\n");
    let mut run = Run::new(&entry(old), &entry(new));
    run.options.format = Format::Unified;
    run.options.secrets = vec![b"x-token".to_vec(), b"rfc822mailbox".to_vec()];
    run.options.paint = Paint::Coloured;
    run.diff();
    let text = run.read("out.ldif");
    assert!(!text.contains("t0p") && !text.contains("t1p") && !text.contains("c@d"), "{text}");
    assert!(text.contains("\x1b[31m- mail: ********\x1b[m\n"), "{text}");
    assert!(text.contains("\x1b[32m+ x-token: ********\x1b[m\n"), "{text}");
}

#[test]
fn the_summary_is_the_counts_alone() {
    let expected = "\
OLD old.ldif: 5 entries
NEW new.ldif: 5 entries
           1 added
           1 deleted
           3 modified
           1 renamed
           1 replaced: attributes whose old values are not asked for
";
    assert_same_text("summary", expected, &Run::shape(Format::Summary, OLD, NEW));
}

#[test]
fn an_undo_of_what_is_only_shown_is_that_of_the_change() {
    let undo = |format: Format| {
        let mut run = Run::new(OLD, NEW).with_undo("undo.ldif");
        run.options.format = format;
        run.diff();
        let text = run.read("undo.ldif");
        text[text.find("\n\n").expect("a head")..].to_owned()
    };
    assert_same_text("the undo", &undo(Format::Ldif), &undo(Format::Jsonl));
}

#[test]
fn what_only_the_server_writes_is_shown_and_never_written() {
    let record = |time: &str| {
        format!("dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\nmodifyTimestamp: {time}\n\n")
    };
    let (old, new) = (record("20260101000000Z"), record("20260202000000Z"));
    let asked = |format: Format| {
        let mut run = Run::new(&old, &new).with_undo("undo.ldif");
        run.options.format = format;
        run.options.selection.operational = true;
        let report = run.diff();
        assert!(!run.read("undo.ldif").contains("modifyTimestamp"));
        (report, run.read("out.ldif"))
    };
    let (report, shown) = asked(Format::Unified);
    let apart = "\n# not changed: only what the server itself writes differs\n@@ cn=a,dc=x @@\n\
        - modifyTimestamp: 20260101000000Z\n+ modifyTimestamp: 20260202000000Z\n";
    assert!(shown.ends_with(apart), "{shown}");
    assert_eq!(report.counts.total(), 0);
    for format in [Format::Ldif, Format::Jsonl] {
        let (report, written) = asked(format);
        assert!(!written.contains("modifyTimestamp"), "{written}");
        assert_eq!(report.counts.total(), 0);
        assert!(report.warnings.iter().any(|w| w.contains("`--format unified` shows")));
    }
}

#[test]
fn a_name_in_a_value_is_a_reference_whatever_stands_around_it() {
    // A group's value with a UID behind the name (RFC 4517 section 3.3.21) follows a rename as others do.
    let old = "dn: dc=x\nobjectClass: domain\ndc: x\nentryUUID: 1\n\n\
        dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\nentryUUID: 2\n\n\
        dn: cn=g,dc=x\nobjectClass: groupOfUniqueNames\ncn: g\nuniqueMember: cn=a,dc=x#'01'B\n\
        uniqueMember: cn=q,dc=x\nentryUUID: 3\n\n";
    let new = old.replace("cn=a,", "cn=b,").replace("cn: a\n", "cn: b\n");
    let dir = Dir::new();
    dir.write("old.ldif", old);
    dir.write("new.ldif", &new);
    let mut options = Options::new(dir.file("old.ldif"), dir.file("new.ldif"));
    options.output = Target::File(dir.file("change.ldif"));
    options.server = Some(Server::OpenLdap);
    diff(&options, &|_| {}).expect("two exports");
    let change = String::from_utf8(dir.read("change.ldif")).expect("text");
    let records = change.split_once("\n\n").expect("a head").1;
    assert_same_text(
        "references",
        "dn: cn=g,dc=x\nchangetype: modify\ndelete: uniqueMember\nuniqueMember: cn=a,dc=x#'01'B\n-\n\n\
         dn: cn=a,dc=x\nchangetype: modrdn\nnewrdn: cn=b\ndeleteoldrdn: 1\n\n\
         dn: cn=g,dc=x\nchangetype: modify\nadd: uniqueMember\nuniqueMember: cn=b,dc=x#'01'B\n-\n\n",
        records,
    );
    options.format = Format::Unified;
    diff(&options, &|_| {}).expect("two exports");
    let shown = String::from_utf8(dir.read("change.ldif")).expect("text");
    assert!(!shown.contains("uniqueMember"), "{shown}");
}
