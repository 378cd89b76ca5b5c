//! JSON lines of entries and of changes, wherever LDIF is read.

use crate::ldif;
use crate::trees::Case;
use crate::util::{Cmd, Dir, cases, for_seeds, run};

/// The records of a change, without the head that names the files.
fn records(change: &[u8]) -> String {
    let text = String::from_utf8_lossy(change);
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}

/// Writes a file, and the same as JSON lines.
fn write_both(dir: &Dir, name: &str, text: &[u8]) {
    dir.write(&format!("{name}.ldif"), text);
    let args = ["transform", &format!("{name}.ldif"), "--operational", "--format", "jsonl", "-q"];
    let json = run(dir, args).expect(0).stdout;
    dir.write(&format!("{name}.jsonl"), json);
}

#[test]
fn they_are_worth_what_ldif_is() {
    for_seeds("JSON lines", cases() / 4, |_, rng| {
        let case = Case::draw(rng);
        let dir = Dir::new();
        write_both(&dir, "old", &ldif::write(&case.old.tree()));
        write_both(&dir, "new", &ldif::write(&case.new.tree()));
        let limits = ["--max-delete", "100%", "--max-modify", "100%", "--max-rename", "100%"];
        let between = |old: &str, new: &str| {
            let args = ["diff", old, new, "--allow-empty", "--max-attribute-loss", "100%", "-q"];
            run(&dir, args.into_iter().chain(limits))
        };
        let plain = between("old.ldif", "new.ldif");
        for (old, new) in [("old.jsonl", "new.jsonl"), ("old.ldif", "new.jsonl")] {
            let json = between(old, new).expect(plain.status);
            assert_eq!(records(&json.stdout), records(&plain.stdout), "{old} {new}");
        }
        write_both(&dir, "change", &plain.stdout);
        let after = |export: &str, change: &str| {
            run(&dir, ["apply", export, change, "-q"]).expect(0).stdout
        };
        let applied = ldif::read_content(&after("old.ldif", "change.ldif"));
        crate::tree::assert_same(
            "applied",
            &applied,
            &ldif::read_content(&after("old.jsonl", "change.jsonl")),
        );
        run(&dir, ["check", "old.jsonl", "new.jsonl"]).expect(0);
    });
}

#[test]
fn a_bad_line_is_shown_where_it_stands_and_hides_no_other() {
    let dir = Dir::new();
    let entry = |name: &str| {
        format!(
            "{{\"dn\":\"cn={name},dc=x\",\"attributes\":{{\"cn\":[\"{name}\"],\"objectClass\":[\"person\"]}}}}\n"
        )
    };
    let bad = "{\"dn\":\"cn=b,dc=x\",\"attributes\":{\"cn\":[1]}}\n";
    dir.write("a.jsonl", [&entry("a"), "# a comment\n\n", bad, "no JSON\n", &entry("A")].concat());
    let checked = run(&dir, ["check", "a.jsonl", "--complete"]).expect(1);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &checked.stderr;
    let told: Vec<&str> =
        said.lines().filter(|l| l.contains("--> ") || l.contains("error: ")).collect();
    assert_eq!(
        told,
        [
            "error: expected text or `{\"base64\":\"…\"}` as a value in JSON",
            " --> a.jsonl:4:40",
            "error: expected an object in JSON",
            " --> a.jsonl:5:1",
            "error: a second record of a name that stands on line 1 already",
            " --> a.jsonl:6:1",
        ],
        "{said}"
    );
}

#[test]
fn a_bad_line_protects_its_counterpart_and_is_kept() {
    let dir = Dir::new();
    let entry = |name: &str, value: &str| {
        format!(
            "{{\"dn\":\"{name}\",\"attributes\":{{\"objectClass\":[\"person\"],\"sn\":[{value}]}}}}\n"
        )
    };
    let top = "{\"dn\":\"dc=x\",\"attributes\":{\"objectClass\":[\"domain\"]}}\n".to_owned();
    let old = [top.clone(), entry("cn=a,dc=x", "\"1\""), entry("cn=b,dc=x", "\"1\"")].concat();
    let bad = entry("cn=b,dc=x", "7");
    dir.write("old.jsonl", &old);
    dir.write("new.jsonl", [top, entry("cn=a,dc=x", "\"2\""), bad.clone()].concat());
    let refused = run(&dir, ["diff", "old.jsonl", "new.jsonl"]).expect(2);
    assert!(refused.stderr.contains(" --> new.jsonl:3:"), "{}", refused.stderr);
    assert!(refused.stdout.is_empty());
    let args = ["diff", "old.jsonl", "new.jsonl", "--keep-going", "--rejects", "r.ldif", "-q"];
    let change = run(&dir, args).expect(5).stdout;
    assert!(records(&change).contains("delete: sn\nsn: 1\n-\nadd: sn\nsn: 2\n-\n"));
    assert_eq!(records(&change).matches("changetype").count(), 1, "{}", records(&change));
    // As it stood, so that it can be corrected.
    assert!(String::from_utf8_lossy(&dir.read("r.ldif")).contains(&format!("\n{bad}")));
}

/// As what is on standard input, and as what is said.
#[test]
fn they_are_known_by_what_they_hold() {
    let dir = Dir::new();
    let line = "{\"dn\":\"cn=a\",\"attributes\":{\"objectClass\":[\"person\"],\"cn\":[\"a\"],\"sn\":[\"a\"]}}\n";
    dir.write(
        "a.ldif",
        "# a comment\n {that goes on}\ndn: cn=a\nobjectClass: person\ncn: a\nsn: a\n",
    );
    dir.write("a", line);
    for args in [
        &["diff", "a.ldif", "-"][..],
        &["diff", "-", "a"],
        &["diff", "a", "a.ldif", "--old-format", "jsonl"],
        &["diff", "a", "a.ldif", "--old-format", "json"],
        &["diff", "a.ldif", "a", "--new-format", "ldif"],
        &["check", "a", "--input-format", "jsonl"],
        &["check", "-"],
    ] {
        let ran = Cmd::new(&dir).args(args.iter().copied()).stdin(line.as_bytes()).run();
        let ran = ran.expect(0);
        assert!(
            ran.stderr.contains("1 entr") || ran.stderr.contains("1 + 1 entr"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_secret_of_a_line_is_not_shown() {
    let dir = Dir::new();
    let of = |more: &str| {
        format!("{{\"dn\":\"cn=a\",\"attributes\":{{\"userPassword\":[\"geheim\"]{more}}}}}\n")
    };
    dir.write("a.jsonl", of(",\"sn\":[1]"));
    dir.write("b.jsonl", [of(""), of("")].concat());
    dir.write("c.jsonl", of(",\"sn\":[1]").replace("userPassword", "\\u0075serPassword"));
    for name in ["a.jsonl", "b.jsonl", "c.jsonl"] {
        let ran = run(&dir, ["diff", name, name]).expect(2);
        assert!(ran.stderr.contains(&format!(" --> {name}:")), "{}", ran.stderr);
        assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
    }
}
