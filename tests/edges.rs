//! Inputs at which other tools fail, each with the right answer.

use std::time::{Duration, Instant};

use ldifsync::diff::{Options, diff};

use crate::library::{Ran, entry, person, ran};
use crate::util::{Dir, run};

/// The right answer.
enum Answer {
    /// It says the same as the base.
    Same,
    /// It is read, and the change holds this text.
    Differs(&'static str),
    /// It is refused, with a message that begins so.
    Refused(&'static str),
}

use Answer::{Differs, Refused, Same};

const BASE: &str = "version: 1\n\ndn: cn=a+uid=u,o=x\nobjectClass: person\ncn: a\nuid: u\nsn: s\n\
                    description: d\n\ndn: cn=b,o=x\nobjectClass: person\ncn: b\nsn: long value\n\n";

/// The base with one text in place of another.
fn with(from: &str, to: &str) -> Vec<u8> {
    assert!(BASE.contains(from), "{from}");
    BASE.replacen(from, to, 1).into_bytes()
}

fn after(text: &str) -> Vec<u8> {
    [BASE, text].concat().into_bytes()
}

#[track_caller]
fn check(name: &str, input: &[u8], answer: &Answer) {
    let both: [Ran; 2] = [ran(BASE, input, |_| {}), ran(input, BASE, |_| {})];
    match answer {
        Same => both.iter().for_each(|ran| assert_eq!(ran.done(), [""; 0], "{name}")),
        Differs(text) => {
            both[0].report();
            assert!(both[0].change.contains(text), "{name}:\n{}", both[0].change);
            both[1].report();
            assert!(both[1].undo.contains(text), "{name}, back:\n{}", both[1].undo);
        }
        Refused(text) => {
            for (ran, side) in both.iter().zip(["new.ldif", "old.ldif"]) {
                let refusal = ran.refusal();
                let wanted = format!("{side}:{text}");
                assert!(refusal.starts_with(&wanted), "{name}: {refusal}");
            }
        }
    }
}

#[test]
fn lines() {
    let long = "x".repeat(200_000);
    let folded = format!("description: {long}\n");
    let bom = [&b"\xef\xbb\xbf"[..], BASE.as_bytes()].concat();
    let mac: Vec<u8> = BASE.bytes().map(|b| if b == b'\n' { b'\r' } else { b }).collect();
    let cases: &[(&str, Vec<u8>, Answer)] = &[
        ("a byte order mark", bom, Same),
        ("CRLF", BASE.replace('\n', "\r\n").into_bytes(), Same),
        ("lines that end with CR alone", [&mac[..], b"\n"].concat(), Refused("1:")),
        ("a CR in a value", with("sn: s\n", "sn: s\rs\n"), Refused("7:")),
        ("folds", with("long value", "lo\n ng\n  value"), Same),
        ("a TAB that folds", with("long value", "long\n\t value"), Same),
        ("version:1", with("version: 1", "version:1"), Same),
        ("no version", with("version: 1\n\n", ""), Same),
        ("version: 2", with("version: 1", "version: 2"), Refused("1:10: expected `1` as")),
        ("a version in the middle", with("\n\ndn: cn=b", "\n\nversion: 1\n\ndn: cn=b"), Same),
        ("a version before a name", with("\n\ndn: cn=b", "\n\nversion: 1\ndn: cn=b"), Same),
        ("a folded comment", with("sn: s\n", "# a\n comment: x\nsn: s\n"), Same),
        ("a comment between records", with("\n\ndn: cn=b", "\n\n# b\n  b\n\ndn: cn=b"), Same),
        ("a line of blanks before a record", with("\n\ndn: cn=b", "\n\n   \ndn: cn=b"), Same),
        ("a line of blanks after the last", after("  \n"), Same),
        ("no colon", with("sn: s\n", "sn s\n"), Refused("7:3: expected `:`")),
        ("a long line", with("description: d\n", &folded), Differs("\ndescription: xxxx")),
        ("blank lines after the last", after("\n\n"), Same),
    ];
    cases.iter().for_each(|(name, input, answer)| check(name, input, answer));
}

#[test]
fn a_line_of_blanks_is_no_empty_line() {
    for blanks in [" ", "  ", "\t"] {
        let input = with("\n\ndn: cn=b", &format!("\n{blanks}\ndn: cn=b"));
        let answer = Refused("10:1: expected an empty line before the next record, but found `dn`");
        check(blanks, &input, &answer);
    }
}

#[test]
fn names() {
    let cases: &[(&str, Vec<u8>, Answer)] = &[
        ("twice", after("dn: cn=b,o=x\ncn: b\n\n"), Refused("15:1: a second record of a name")),
        ("twice in capitals", after("dn: CN=B, O=X\ncn: b\n\n"), Refused("15:1: a second record")),
        ("twice in base64", after("dn:: Y249YixvPXg=\ncn: b\n\n"), Refused("15:1: a second")),
        ("no dn", with("dn: cn=b,o=x\n", ""), Refused("10:1: expected a `dn:` line")),
        ("DN", with("dn: cn=b", "DN: cn=b"), Same),
        ("dn in base64", with("dn: cn=b,o=x", "dn:: Y249YixvPXg="), Same),
        ("a folded dn", with("dn: cn=b,o=x", "dn: cn=b\n ,o=x"), Same),
        ("RDN order", with("cn=a+uid=u", "uid=u+cn=a"), Same),
        ("blanks and case", with("dn: cn=b,o=x", "dn:  CN = B , O = X"), Same),
        ("an OID", with("dn: cn=b,o=x", "dn: 2.5.4.3=b,2.5.4.10=x"), Same),
        ("hex pairs", with("dn: cn=b,o=x", "dn: cn=\\62,o=x"), Same),
        ("no name", with("dn: cn=b,o=x", "dn: b,o=x"), Refused("10:6: expected `=`")),
    ];
    cases.iter().for_each(|(name, input, answer)| check(name, input, answer));
}

#[test]
fn values() {
    let value = |line: &str| with("description: d", line);
    let latin = {
        let at = BASE.find("description: d").expect("a description") + "description: ".len();
        [&BASE.as_bytes()[..at], b"\xe9", &BASE.as_bytes()[at + 1..]].concat()
    };
    let twice = "description: d\ndescription: d";
    let cases: &[(&str, Vec<u8>, Answer)] = &[
        ("base64", value("description:: ZA=="), Same),
        ("base64 without its padding", value("description:: ZA"), Same),
        (
            "base64 with a blank inside",
            value("description:: Z A=="),
            Refused("8:16: expected a base64"),
        ),
        ("bad base64", value("description:: Z%=="), Refused("8:16: expected a base64 digit")),
        ("base64 of no length", value("description:: ZAZAZ"), Refused("8:15: expected base64 in")),
        ("Latin-1", latin, Differs("add: description\ndescription:: 6Q==\n")),
        (
            "blanks after",
            value("description: d "),
            Differs("add: description\ndescription:: ZCA=\n"),
        ),
        ("an empty value", value("description:"), Differs("add: description\ndescription:\n")),
        ("an empty value and a blank", value("description: "), Differs("\ndescription:\n")),
        ("a value twice", value(twice), Same),
        (
            "a file",
            value("description:< file:///etc/passwd"),
            Refused("8:15: a value by reference"),
        ),
        ("a web page", value("description:< http://x/"), Refused("8:15: a value by reference")),
        ("an alias", with("sn: s\n", "surname: s\n"), Same),
        ("an OID", with("cn: b", "2.5.4.3: b"), Same),
        ("capitals", with("description: d", "DESCRIPTION: d"), Same),
        ("no attribute name", value("my attr: d"), Refused("8:3: expected `:`")),
        ("an underscore", value("my_attr: d"), Differs("\nmy_attr: d\n")),
        ("a range", value("member;range=0-1: cn=b"), Refused("8:1: expected the whole attribute")),
    ];
    cases.iter().for_each(|(name, input, answer)| check(name, input, answer));
}

#[test]
fn records_that_are_no_entries() {
    let change = "dn: cn=c,o=x\nchangetype: modify\nadd: sn\nsn: x\n-\n\n";
    let adds = BASE
        .replace("o=x\n", "o=x\nchangetype: add\n")
        .replace("description: d\n", "")
        .replace("version: 1\n\n", "");
    let more = "dn: CN=a+UID=u,o=x\nchangetype: modify\nadd: description\ndescription: d\n-\n\n";
    let orphan = more.replace("CN=a", "CN=z");
    let ended = "search: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 2\n";
    let cases: &[(&str, Vec<u8>, Answer)] = &[
        ("a change among entries", after(change), Refused("15:1: expected an entry, but found")),
        (
            "a file of changes",
            change.into(),
            Refused("1:1: expected an export, but found a change"),
        ),
        ("ldifde's adds", [adds.as_str(), more].concat().into_bytes(), Same),
        ("ldifde's adds, reversed", [more, adds.as_str()].concat().into_bytes(), Refused("1:1: ")),
        (
            "one of no entry",
            [adds.as_str(), &orphan].concat().into_bytes(),
            Refused("14:1: expected"),
        ),
        ("the end of a search", after(ended), Same),
        (
            "one whose end is cut",
            after(ended.split_inclusive('\n').next().expect("a line")),
            Refused("15:10: expected the rest"),
        ),
        (
            "one that failed",
            after(&ended.replace("0 S", "4 S")),
            Refused("16:1: expected the search"),
        ),
        ("one that says more", after(&ended.replace(": 2\n", ": 3\n")), Refused("")),
    ];
    cases.iter().for_each(|(name, input, answer)| check(name, input, answer));
}

/// Whatever the other side holds: a record of the other kind was once taken where OLD has its name.
#[test]
fn entries_stand_alone_or_as_adds_but_not_both() {
    let file = |adds: usize| -> String {
        let forms = (0..3).map(|n| if adds >> n & 1 == 1 { "changetype: add\n" } else { "" });
        let record = |(n, form)| format!("dn: cn={n},o=x\n{form}objectClass: person\ncn: {n}\n\n");
        forms.enumerate().map(record).collect()
    };
    let is_one = |adds| adds == 0 || adds == 0b111;
    for old in 0..8 {
        for new in 0..8 {
            let ran = ran(file(old), file(new), |_| {});
            match is_one(old) && is_one(new) {
                true => assert_eq!(ran.done(), [""; 0], "{old} {new}"),
                false => {
                    let side = if is_one(old) { "new" } else { "old" };
                    let said = ran.refusal();
                    assert!(said.starts_with(&format!("{side}.ldif:")), "{old} {new}: {said}");
                }
            }
        }
    }
}

#[test]
fn nothing_at_all() {
    for empty in ["", "version: 1\n", "version: 1\n\n", "# all gone\n"] {
        let refused = ran(BASE, empty, |_| {}).refusal();
        assert!(refused.starts_with("expected entries in `"), "{empty:?}: {refused}");
        assert_eq!(ran(empty, BASE, |_| {}).done(), ["add cn=a+uid=u", "add cn=b"], "{empty:?}");
    }
}

#[test]
fn one_bad_record_among_many() {
    let bad = after("dn: cn=c,o=x\nobjectClass: person\ncn:: %\n\n");
    let refused = ran(BASE, &bad, |_| {}).refusal();
    assert!(refused.starts_with("new.ldif:17:6: expected a base64 digit"), "{refused}");
    let ran = ran(BASE, &bad, |options| options.keep_going = true);
    assert_eq!((ran.done().len(), ran.report().rejected), (0, 1));
}

/// NEW without the parent of what it holds: a delete of the parent would fail on every server.
#[test]
fn entries_without_the_one_above() {
    let unit = |uuid: &str| {
        format!("dn: ou=p,o=x\nobjectClass: organizationalUnit\nou: p\nentryUUID: {uuid}\n\n")
    };
    let child = |name: &str, above: &str| {
        format!("dn: cn={name},{above}\nobjectClass: person\ncn: {name}\nsn: s\nentryUUID: c\n\n")
    };
    let top = "dn: o=x\nobjectClass: organization\no: x\n\n";
    let below = [top, &unit("p"), &child("c", "ou=p,o=x")].concat();
    for (name, old, new) in [
        ("one stays", below.as_str(), [top, &child("c", "ou=p,o=x")].concat()),
        ("one is renamed", &below, [top, &child("d", "ou=p,o=x")].concat()),
        ("one gets another spelling", &below, [top, &child("C", "ou=p,o=x")].concat()),
        ("one comes", &[top, &unit("p")].concat(), [top, &child("c", "ou=p,o=x")].concat()),
        (
            "one is moved there",
            &[top, &unit("p"), &child("c", "o=x")].concat(),
            [top, &child("c", "ou=p,o=x")].concat(),
        ),
    ] {
        let refusal = ran(old, new, |_| {}).refusal();
        let expected = "old.ldif:5:1: NEW does not have this entry, but 1 entry below it";
        assert_eq!(refusal, expected, "{name}");
    }
}

/// What is the same on both sides is not compared, but what is no LDIF in it is refused all the same.
#[test]
fn a_fault_on_both_sides_is_found() {
    let good = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";
    for (bad, said) in [
        ("dn: cn=a,dc=x\ncn: a\nsn:: Y!==\n", "expected a base64 digit"),
        ("dn: cn=a,dc=x\ncn: a\nsn:: Y\n  Q==\n", "expected a base64 digit"),
        ("dn: cn=a,dc=x\ncn: a\nno colon\n", "expected `:` after the attribute description"),
        ("dn: cn=a,,dc=x\ncn: a\n", "expected an attribute type to begin an RDN"),
        ("dn: cn=a,dc=x\ncn: a\nsn:< file:///etc/hostname\n", "a value by reference"),
    ] {
        let dir = Dir::new();
        let text = format!("{good}{bad}");
        let options = Options::new(dir.write("old.ldif", &text), dir.write("new.ldif", &text));
        let error = diff(&options, &|_| {}).expect_err(bad);
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.to_string().contains("old.ldif:"), "{error}");
    }
    let mut name = b"dn: cn=\xff,dc=x\ncn: a\n".to_vec();
    name.extend_from_slice(b"\n");
    let dir = Dir::new();
    let options = Options::new(dir.write("old.ldif", &name), dir.write("new.ldif", &name));
    let error = diff(&options, &|_| {}).expect_err("a name that is no text");
    assert!(error.to_string().contains("a name that is not UTF-8"), "{error}");
}

/// Attributes were once looked for one by one, each among all others.
#[test]
fn an_entry_of_many_attributes_takes_no_time() {
    let lines = |value: &str| {
        let one = |n: u32| format!("x-{n}: {value}\ndescription;x-{n}: {value}");
        (0..5_000).map(one).collect::<Vec<_>>()
    };
    let [old, new] = ["a", "b"].map(|value| {
        let lines = lines(value);
        person("wide", &lines.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let start = Instant::now();
    let ran = ran(old, new, |_| {});
    assert_eq!(ran.done(), ["modify cn=wide"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn two_files_without_entries_do_not_differ_and_are_told() {
    let dir = Dir::new();
    dir.write("old.ldif", "");
    dir.write("new.ldif", "# nothing\n");
    let outcome = run(&dir, ["diff", "old.ldif", "new.ldif"]).expect(0);
    assert!(outcome.stderr.contains("neither file holds an entry"), "{}", outcome.stderr);
}

/// What replication keeps in the place of an entry is no entry; where the other side has one of that name, that is
/// told, for nothing is written of it.
#[test]
fn an_entry_against_what_replication_keeps_is_told() {
    let top = entry("o=x", &["objectClass: organization", "o: x"]);
    let id = "entryUUID: 31111111-1111-4111-8111-111111111111";
    let glue = entry("ou=p,o=x", &["objectClass: top", "objectClass: glue", id]);
    let unit = entry("ou=p,o=x", &["objectClass: organizationalUnit", "ou: p", id]);
    let told = "1 name is that of an entry on one side, and on the other what replication keeps";
    for (old, new, is_told) in [(&glue, &unit, true), (&unit, &glue, true), (&glue, &glue, false)] {
        let ran = ran([&*top, old].concat(), [&*top, new].concat(), |_| {});
        assert_eq!((ran.warns(told), ran.done().is_empty()), (is_told, true), "{old}{new}");
    }
}

/// Lists in lists ran the program out of its stack. Whatever stands inside itself without end is read or refused.
#[test]
fn what_stands_inside_itself_without_end_ends_no_program() {
    const LEVELS: usize = 200_000;
    let dir = Dir::new();
    let nested = |open: &str, inside: &str, close: &str| {
        [open.repeat(LEVELS), inside.to_owned(), close.repeat(LEVELS)].concat()
    };
    let row = |column: &str, value: &str| {
        let of =
            |name: &&str| format!("\"{name}\":{}", if *name == column { value } else { "null" });
        let all: Vec<String> = ["a", "j", "js", "x"].iter().map(of).collect();
        format!("{{\"id\":1,{}}}\n", all.join(","))
    };
    dir.write(
        "ddl.sql",
        "CREATE TABLE t (id int PRIMARY KEY, a text[], j jsonb, js jsonb[], x text);\n",
    );
    dir.write("old.json", row("", ""));
    let (lists, objects) = (nested("[", "", "]"), nested("{\"a\":", "1", "}"));
    for (column, value, status) in [
        ("a", &lists, 2),
        ("j", &lists, 1),
        ("js", &lists, 1),
        ("x", &lists, 1),
        ("a", &objects, 1),
        ("j", &objects, 1),
    ] {
        dir.write("new.json", row(column, value));
        let args = ["diff", "old.json", "new.json", "--table", "t", "--ddl", "ddl.sql"];
        let outcome = run(&dir, args.into_iter().chain(["--dialect", "postgres", "-q"]));
        assert_eq!(outcome.status, status, "{column}");
    }
    let create = |column: &str| {
        format!(
            "SET standard_conforming_strings = on;\nCREATE TABLE t (id int PRIMARY KEY, {column});\n\
             INSERT INTO t VALUES (1, 1);\n"
        )
    };
    let value = |value: &str| {
        format!(
            "PRAGMA foreign_keys=OFF;\nCREATE TABLE t (id, x);\nINSERT INTO t VALUES(1,{value});\n"
        )
    };
    for (name, text) in [
        ("open.json", "[".repeat(LEVELS)),
        ("entry.jsonl", format!("{{\"dn\":\"dc=x\",\"attributes\":{objects}}}\n")),
        ("value.jsonl", format!("{{\"dn\":\"dc=x\",\"attributes\":{{\"a\":{lists}}}}}\n")),
        ("name.ldif", format!("dn: {}dc=x\ndc: x\n", "dc=x,".repeat(LEVELS))),
        ("calls.sql", value(&nested("replace(", "'a'", ",'b','c')"))),
        ("parentheses.sql", value(&nested("(", "'a'", ")"))),
        ("default.sql", create(&format!("x int DEFAULT {}", nested("(", "1", ")")))),
        ("check.sql", create(&format!("x int CHECK ({})", nested("NOT ", "x", "")))),
        ("type.sql", create(&format!("x {}", nested("array<", "int", ">")))),
        ("comment.sql", [nested("/*", "", "*/"), create("x int")].concat()),
    ] {
        dir.write(name, text);
        let outcome = run(&dir, ["check", name]);
        assert!([0, 1, 2].contains(&outcome.status), "{name}: {}", outcome.status);
    }
    dir.write("old.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\n");
    for (name, text) in [
        ("parentheses", nested("(", "x", ")")),
        ("sums", nested("x~", "x", "")),
        ("blocks", nested("{% if x %}", "", "{% endif %}")),
    ] {
        dir.write("t.j2", format!("{{{{ {text} }}}}"));
        let args = ["diff", "old.ldif", "old.ldif", "--format", "template:t.j2"];
        assert_eq!(run(&dir, args).status, 2, "{name}");
    }
}
