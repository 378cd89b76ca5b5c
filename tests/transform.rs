//! `transform`: records selected, edited and converted, and nothing else about them changed.

use std::io::Write as _;

use ldifsync::output::Target;
use ldifsync::transform::{Options, transform};

use crate::ldif;
use crate::speller::respell;
use crate::tree::assert_same;
use crate::trees::Case;
use crate::util::{Cmd, Dir, Outcome, cases, for_seeds, run, shell};

/// Two people and what is above them.
const PEOPLE: &str = "version: 1\n\ndn: dc=x\nobjectClass: domain\ndc: x\n\n\
    dn: ou=P, dc=x\nobjectClass: organizationalUnit\nou: P\nentryUUID: 1\n\n\
    dn: uid=a,ou=P,dc=x\nobjectClass: inetOrgPerson\nuid: a\ncn: Anna\ncn;lang-de: Änne\nsn: A\n\
    mail: a@x.org\nmail: anna@x.org\nuserPassword: s3cret\nmanager: uid=b,ou=P,dc=x\n\
    entryUUID: 2\njpegPhoto:: /9j/\n\n\
    dn: uid=b,ou=P,dc=x\nobjectClass: inetOrgPerson\nuid: b\ncn: Bob\nsn: \"B\", he\n\n";

fn transformed(text: &str, args: &[&str]) -> Outcome {
    let dir = Dir::new();
    dir.write("in.ldif", text);
    run(&dir, ["transform", "in.ldif"].into_iter().chain(args.iter().copied()))
}

/// What is written for these options, which must succeed.
fn text(args: &[&str]) -> String {
    String::from_utf8(transformed(PEOPLE, args).expect(0).stdout).expect("text")
}

#[test]
fn names_that_may_meet_are_told() {
    let dir = Dir::new();
    let record = |dn: &str| format!("dn: {dn}\nobjectClass: person\n\n");
    let warned = |names: &[&str], args: &str| {
        dir.write("in.ldif", names.iter().map(|dn| record(dn)).collect::<String>());
        let args = ["transform", "in.ldif", "-q"].into_iter().chain(args.split(' '));
        let said = run(&dir, args).expect(0).stderr;
        said.trim_end().strip_prefix("ldifsync: warning: ").unwrap_or_default().to_owned()
    };
    let told = |count: &str, what: &str| {
        format!(
            "{count} had {what} before, as others have now: `check` or `--sort dn` tells whether a name \
             is there twice"
        )
    };
    let (rebase, below) = ("--rebase dc=a DC=B", "a name below the new suffix");
    assert_eq!(warned(&["cn=1,dc=a", "cn=1,dc=b", "dc=b"], rebase), told("2 records", below));
    assert_eq!(warned(&["cn=1,dc=b", "dc=a"], rebase), told("1 record", below));
    // Whatever the order, the names are held against each other where they are sorted.
    let sorted = warned(&["cn=1,dc=a", "cn=1,dc=b", "dc=b"], "--rebase dc=a dc=b --sort dn");
    assert_eq!(sorted, "1 record has the name of the one before: the first is `cn=1,dc=b`");
    assert_eq!(warned(&["cn=1,dc=a", "cn=2,dc=c"], rebase), "");
    // A suffix that nothing is below may be a slip of the pen; a reference is below it, too.
    for none in [&["cn=1,dc=b"][..], &["dc=c"]] {
        let unmet = "no record has a name at or below `dc=a`: is the suffix spelled right?";
        assert_eq!(warned(none, rebase), unmet, "{none:?}");
    }
    assert_eq!(warned(&["cn=1,dc=b\nseeAlso: cn=1,dc=a"], rebase), "");
    // What is below the new suffix moves along where that is below the old one.
    assert_eq!(warned(&["cn=1,dc=a", "cn=1,ou=z,dc=a"], "--rebase dc=a ou=z,dc=a"), "");
    let up = warned(&["cn=1,dc=a", "cn=1,ou=z,dc=a"], "--rebase ou=z,dc=a dc=a");
    assert_eq!(up, told("1 record", below));
    let (rename, name) =
        ("--rename-attribute cn=uid", "the new name of an attribute in their names");
    assert_eq!(warned(&["cn=1,dc=a", "userid=1,dc=a"], rename), told("1 record", name));
    assert_eq!(warned(&["cn=1,dc=a", "ou=1,dc=a"], rename), "");
    let changes = "dn: cn=1,dc=a\nchangetype: delete\n\ndn: cn=1,dc=b\nchangetype: delete\n\n";
    dir.write("in.ldif", changes);
    let ran = run(&dir, ["transform", "in.ldif", "-q", "--rebase", "dc=a", "dc=b"]).expect(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_directory_stays_itself_in_every_shape_and_on_every_way() {
    for_seeds("transform", cases() / 2, |_, rng| {
        let tree = Case::sized(rng, 25, 0).old.tree();
        let dir = Dir::new();
        let input = if rng.chance(50) { ldif::write(&tree) } else { respell(&tree, rng) };
        dir.write("in.ldif", &input);
        let once = run(&dir, ["transform", "in.ldif", "--operational"]).expect(0).stdout;
        assert_same("as LDIF", &tree, &ldif::read_content(&once));
        dir.write("once.ldif", &once);
        run(&dir, ["check", "--strict", "once.ldif"]).expect(0);
        let json = run(&dir, ["transform", "in.ldif", "--operational", "--format", "jsonl"]);
        dir.write("in.jsonl", json.expect(0).stdout);
        let back = run(&dir, ["transform", "in.jsonl", "--operational"]).expect(0).stdout;
        let plain = String::from_utf8_lossy(&once).replacen("version: 1\n\n", "", 1);
        assert_eq!(String::from_utf8_lossy(&back), plain, "by way of JSON");
        let piped = Cmd::new(&dir).args(["transform", "-", "--operational"]).stdin(&input).run();
        assert_eq!(piped.expect(0).stdout, once, "through a pipe");
        // So little memory that most of it goes by way of temporary files.
        let options = Options {
            operational: true,
            sort: true,
            memory: 2 << 10,
            output: Target::File(dir.file("sorted.ldif")),
            ..Options::new(vec![dir.file("in.ldif")])
        };
        transform(&options, &|_| {}, &mut |_| Ok(None)).expect("it sorts");
        assert_same("sorted", &tree, &ldif::read_content(&dir.read("sorted.ldif")));
    });
}

#[test]
fn a_first_look_selects_as_a_whole_reading_does() {
    const FILTERS: [&str; 12] = [
        "(objectClass=person)",
        "(!(objectClass=inetOrgPerson))",
        "(name=*a*)",
        "(cn=*)",
        "(!(mail=*))",
        "(|(sn>=m)(uid=*1*))",
        "(&(cn:dn:=a)(objectClass=*))",
        "(:caseIgnoreMatch:=a)",
        "(:dn:caseExactMatch:=People)",
        "(2.5.4.3~=a)",
        "(member=*)",
        "(description;lang-de=*)",
    ];
    for_seeds("a first look", cases() / 4, |_, rng| {
        let tree = Case::draw(rng).old.tree();
        let dir = Dir::new();
        dir.write("in.ldif", if rng.chance(50) { respell(&tree, rng) } else { ldif::write(&tree) });
        let as_json = ["transform", "in.ldif", "--operational", "--format", "jsonl"];
        dir.write("in.jsonl", run(&dir, as_json).expect(0).stdout);
        for filter in FILTERS {
            for option in ["--filter", "--exclude"] {
                let selected = |input: &str| {
                    let args = ["transform", input, "--operational", option, filter];
                    let text = String::from_utf8(run(&dir, args).expect(0).stdout).expect("LDIF");
                    text.trim_start_matches("version: 1\n\n").to_owned()
                };
                assert_eq!(selected("in.ldif"), selected("in.jsonl"), "{option} {filter}");
            }
        }
    });
}

#[test]
fn names_and_bytes_stay_as_they_are() {
    let out = text(&["--operational", "--wrap", "0"]);
    assert!(out.starts_with("version: 1\n\ndn: dc=x\n"), "{out}");
    for line in ["dn: ou=P, dc=x\n", "jpegPhoto:: /9j/\n", "cn;lang-de:: w4RubmU=\n"] {
        assert!(out.contains(line), "{line} in {out}");
    }
    let without = text(&["--version-line"]);
    assert!(!without.contains("entryUUID") && without.contains("userPassword: s3cret"));
    let latin = transformed("dn: cn=a\nsn: M\u{0}\n", &[]).expect(0).stdout;
    assert_eq!(String::from_utf8_lossy(&latin), "dn: cn=a\nsn:: TQA=\n\n");
}

#[test]
fn entries_and_attributes_are_selected() {
    for (args, names) in [
        (&["--filter", "(uid=*)"][..], "uid=a uid=b"),
        (&["--filter", "(uid=*)", "--exclude", "(cn=Anna)"], "uid=b"),
        (&["--base", "ou=p,dc=x", "--scope", "one"], "uid=a uid=b"),
        (&["--base", "ou=p,dc=x", "--scope", "base"], "ou=P"),
        (&["--filter", "(cn=nobody)"], ""),
    ] {
        let out = text(args);
        let found: Vec<&str> =
            out.lines().filter_map(|line| line.strip_prefix("dn: ")?.split(',').next()).collect();
        assert_eq!(found.join(" "), names, "{args:?}");
    }
    let only = |names: &str| {
        let out = text(&["--filter", "(uid=a)", "--attributes", names]);
        let names = out.lines().skip(3).filter_map(|line| Some(line.split_once(':')?.0.to_owned()));
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(only("mail"), "objectClass uid mail mail");
    assert_eq!(only("commonName"), "objectClass uid cn cn;lang-de");
    assert_eq!(only("cn;lang-DE"), "objectClass uid cn;lang-de");
    // What is named is wanted, though only the server may write it.
    assert_eq!(only("entryUUID"), "objectClass uid entryUUID");
    let by_oid = transformed("dn: cn=a\n2.5.4.0: person\ncn: a\nsn: b\n", &["--attributes", "sn"]);
    assert_eq!(by_oid.expect(0).stdout, b"dn: cn=a\n2.5.4.0: person\ncn: a\nsn: b\n\n");
    let left = transformed(PEOPLE, &["--exclude-attributes", "cn,uid,mail,objectClass"]).expect(0);
    assert!(left.stderr.contains("warning: `objectClass` stays"), "{}", left.stderr);
    // What always stays does so where it is named twice over.
    let both = ["--attributes", "uid,objectClass,sn", "--exclude-attributes", "uid,objectClass"];
    let out = text(&[&["--filter", "(uid=b)"][..], &both].concat());
    assert_eq!(
        out.lines().skip(2).collect::<Vec<_>>(),
        ["dn: uid=b,ou=P,dc=x", "objectClass: inetOrgPerson", "uid: b", "sn: \"B\", he", ""]
    );
    let out = text(&["--exclude-attributes", "cn,uid,mail"]);
    assert!(out.contains("uid: a\n") && out.contains("objectClass: inetOrgPerson\n"));
    assert!(!out.contains("cn") && !out.contains("mail"), "{out}");
    let warned = transformed(PEOPLE, &["--filter", "(cn=nobody)"]);
    assert!(warned.stderr.contains("warning: nothing is left"), "{}", warned.stderr);
}

#[test]
fn attributes_and_suffixes_get_other_names() {
    let out = text(&["--rename-attribute", "uid=x-uid", "--rename-attribute", "commonName=name"]);
    for line in [
        "dn: x-uid=a,ou=P,dc=x\n",
        "x-uid: a\n",
        "name: Anna\n",
        "name;lang-de:: ",
        "manager: x-uid=b,ou=P,dc=x\n",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    let out = text(&["--rebase", "DC=x", "dc=y,dc=z"]);
    for line in
        ["dn: dc=y,dc=z\n", "dc: y\n", "dn: ou=P,dc=y,dc=z\n", "manager: uid=b,ou=P,dc=y,dc=z\n"]
    {
        assert!(out.contains(line), "{line} in {out}");
    }
    assert!(!out.contains("dc: x\n"), "{out}");
    // The suffix is that of the input, whatever else becomes of names.
    let hidden = ["--pseudonymise", "ou", "--seed", "s", "--rebase", "ou=P,dc=x", "dc=z"];
    let out = transformed(PEOPLE, &hidden).expect(0);
    let written = String::from_utf8(out.stdout).expect("text");
    assert!(written.contains("dn: uid=a,dc=z\n") && written.contains("manager: uid=b,dc=z\n"));
    assert!(!out.stderr.contains("suffix"), "{}", out.stderr);
    // One suffix is moved at a time: the second is not passed over.
    let twice = ["--rebase", "dc=x", "dc=y", "--rebase", "dc=t", "dc=n"];
    let refused = transformed(PEOPLE, &twice).expect(2);
    assert!(refused.stderr.contains("cannot be used multiple times"), "{}", refused.stderr);
    // What an entry must have stays, and a single value stays one.
    let suffix = "dn: dc=x\nobjectClass: domain\ndomainComponent: X\n\n";
    for (to, expected) in [
        ("o=y", "dn: o=y\nobjectClass: domain\ndomainComponent: X\no: y\n\n"),
        ("dc=y", "dn: dc=y\nobjectClass: domain\ndc: y\n\n"),
        ("dc=x", "dn: dc=x\nobjectClass: domain\ndc: x\n\n"),
        ("dc=X", "dn: dc=X\nobjectClass: domain\ndomainComponent: X\n\n"),
    ] {
        let out = transformed(suffix, &["--rebase", "dc=x", to]).expect(0).stdout;
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}

#[test]
fn secrets_are_left_out_and_people_get_other_names() {
    let out = text(&["--redact", "userPassword,mail"]);
    assert!(out.contains("userPassword: ***REDACTED***\n") && !out.contains("s3cret"));
    assert_eq!(out.matches("mail: ***REDACTED***\n").count(), 1, "{out}");

    let args = ["--pseudonymise", "uid,cn,sn,mail", "--seed", "x", "--operational"];
    let out = text(&args);
    for gone in ["uid: a\n", "uid=a", "uid=b", "Anna", "anna", "Bob", "x.org"] {
        assert!(!out.contains(gone), "{gone} in {out}");
    }
    // References still lead to whom they led, and the same run again says the same.
    let bob = out.lines().filter_map(|line| line.strip_prefix("dn: uid=")).nth(1);
    let manager = format!("manager: uid={}\n", bob.expect("two people"));
    assert!(out.contains(&manager), "{manager} in {out}");
    assert_eq!(text(&args), out);
    let seeded = Dir::new();
    seeded.write("in.ldif", PEOPLE);
    seeded.write("seed", "x\n");
    let from_file = ["transform", "in.ldif", args[0], args[1], "--seed-file", "seed", args[4]];
    assert_eq!(String::from_utf8_lossy(&run(&seeded, from_file).expect(0).stdout), out);
    assert_ne!(text(&["--pseudonymise", "uid,cn,sn,mail", "--seed", "y", "--operational"]), out);
    let dir = Dir::new();
    dir.write("out.ldif", &out);
    run(&dir, ["check", "out.ldif", "--complete", "--strict"]).expect(0);
}

#[test]
fn messages_show_nothing_of_what_is_hidden() {
    let dir = Dir::new();
    for (text, shown) in [
        ("dn: uid=hush,dc=x\ncn: a\nsn a\n", "= in: uid=********,dc=x\n"),
        ("dn: uid=hush,,dc=x\ncn: a\n", "1 | dn: uid=********\n"),
        ("dn: uid=hu, hush,dc=x\nsn a\n", "= in: uid=********,dc=x\n"),
        ("dn: uid=hu\n sh,,dc=x\ncn: a\n", "2 |  ********\n"),
        ("dn:: dWlkPWh1c2gg*\ncn: a\n", "1 | dn:: ********\n"),
        ("dn: cn=a\nmember: uid=hush,\\zz\n", "2 | member: uid=********\n"),
        ("dn: cn=a\nmember: hush\n", "2 | member: ********\n"),
        ("dn: hush\nmember: cn=a\n", "= in: ********\n"),
        ("dn: cn=a\nuid: b\nhush x\n", "found `********`\n"),
        ("dn: cn=a\nuid:< file:///hush\n", "by reference, `********`,"),
        ("dn: uid=a\nchangetype: modrdn\nnewrdn: uid=hu\nhush,dc=x\n", "4 | ********\n"),
        // What needs not be hidden is shown.
        ("dn: cn=a\n ,,dc=x\nuid: b\n", "2 |  ,,dc=x\n"),
        ("dn: cn=b,uid=a,ou=x\nl: b\nsn a\n", "3 | sn a\n"),
    ] {
        dir.write("in.ldif", text);
        for hide in [&["--pseudonymise", "uid", "--seed", "s"][..], &["--redact", "uid"]] {
            let said =
                run(&dir, ["transform", "in.ldif"].iter().chain(hide).copied()).expect(2).stderr;
            assert!(said.contains(shown) && !said.contains("hush"), "{text}: {said}");
            assert!(!said.contains("dWlk"), "{text}: {said}");
        }
    }
}

#[test]
fn nothing_of_what_is_hidden_is_left() {
    let dir = Dir::new();
    dir.write(
        "in.ldif",
        "dn: uid=hush,ou=P,dc=x\nobjectClass: inetOrgPerson\nuid: hush\ncn: Hush\nsn: hush\n\
         telephoneNumber: call Hush\ntelephoneNumber: +49 30 1\nmember: uid=HUSH,ou=P,dc=x\n\
         uniqueMember: uid=hush,dc=x#'01'B\nseeAlso: uid=\\68\\75\\73\\68,dc=x\n\
         wellKnownObjects: B:4:ABCD:uid=hush,dc=x\nuidNumber: 12hush\nmanager: hush\n\
         c: hush\nx121Address: hush 1\nentryUUID: hush\ndescription;lang-de: hush\n\
         postalAddress: Hush$hush\nsecretary: cn=a,dc=x\n\n\
         dn: ou=x,uid=hush+cn=hush,dc=x\nobjectClass: person\nou: x\ncn: a\nsn: a\n\n",
    );
    dir.write(
        "in2.ldif",
        "dn: uid=hush,dc=x\nchangetype: modrdn\nnewrdn: uid=hush2\ndeleteoldrdn: 1\n\
         newsuperior: cn=hush,dc=x\n\ndn: uid=hush,dc=x\nchangetype: modify\ndelete: sn\n\
         sn: hush\n-\nadd: member\nmember: uid=hush,dc=x\n-\n\n\
         dn: uid=hush,dc=x\nchangetype: delete\n\n",
    );
    let all = "uid,cn,sn,telephoneNumber,uidNumber,manager,c,x121Address,entryUUID,description,\
        postalAddress";
    for format in ["ldif", "jsonl"] {
        for input in ["in.ldif", "in2.ldif"] {
            let command = ["transform", input, "--operational", "--format", format];
            let hide = ["--pseudonymise", all, "--seed", "s"];
            let out = run(&dir, command.into_iter().chain(hide)).expect(0).stdout;
            let text = String::from_utf8(out).expect("text");
            let base64 = ["aHVza", "h1c2", "odXNo", "SHVza", "h1c2", "IdXNo"];
            assert!(!base64.iter().any(|part| text.contains(part)), "{text}");
            assert!(!text.to_lowercase().contains("hush"), "{text}");
            assert!(text.contains("secretary") || input == "in2.ldif", "{text}");
        }
    }
    // Equal names are equal wherever they stand.
    let hide = ["transform", "in.ldif", "--pseudonymise", all, "--seed", "s", "--operational"];
    let text =
        String::from_utf8(run(&dir, hide.into_iter().chain(["--wrap", "0"])).expect(0).stdout)
            .expect("text");
    let uid = text.lines().find_map(|line| line.strip_prefix("uid: ")).expect("a uid");
    let names = text.to_lowercase().matches(&format!("uid={uid}")).count();
    assert_eq!(names, 6, "{text}");
    assert!(text.contains("#'01'B\n") && text.contains(": B:4:ABCD:uid="), "{text}");
    let rebase = ["transform", "in.ldif", "--rebase", "dc=x", "dc=y", "--operational"];
    let text = String::from_utf8(run(&dir, rebase).expect(0).stdout).expect("text");
    assert!(text.contains("uid=hush,dc=y#'01'B\n") && text.contains("D:uid=hush,dc=y\n"), "{text}");
    assert!(!text.contains("dc=x\n"), "{text}");
}

#[test]
fn nothing_is_written_of_what_has_nothing_left() {
    let entry = "dn: cn=b,dc=x\nmail: b\n\n";
    let add = "dn: cn=a,dc=x\nchangetype: add\nmail: x\n\n";
    let modify = "dn: cn=a,dc=x\nchangetype: modify\nadd: mail\nmail: x\n-\n\n";
    for text in [entry.to_owned(), add.to_owned(), [add, modify].concat()] {
        for format in ["ldif", "jsonl"] {
            let out =
                transformed(&text, &["--exclude-attributes", "mail", "--format", format]).expect(0);
            assert_eq!(String::from_utf8_lossy(&out.stdout), "");
            assert!(out.stderr.contains("left out: none of the attributes"), "{}", out.stderr);
        }
    }
    // What has nothing from the beginning goes through as it is.
    let out = transformed("dn: cn=a,dc=x\n\n", &["--exclude-attributes", "mail"]).expect(0);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "dn: cn=a,dc=x\n\n");
    let dir = Dir::new();
    dir.write("add.jsonl", "{\"dn\":\"cn=a,dc=x\",\"changetype\":\"add\",\"attributes\":{}}\n");
    let refused = run(&dir, ["transform", "add.jsonl"]).expect(2);
    assert!(refused.stderr.contains("expected attributes of the entry to add"));
}

#[test]
fn options_make_subtypes_of_what_is_named() {
    let text = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\ncn;lang-de: geheim\nsn: s\n\
        description: plain\ndescription;lang-de: de\ndescription;x-a;LANG-de: dex\n\n";
    let left = |args: &[&str]| {
        let out = String::from_utf8(transformed(text, args).expect(0).stdout).expect("text");
        let names = out.lines().filter_map(|line| line.split_once(": "));
        let values = names.filter(|(name, _)| !matches!(*name, "dn" | "objectClass"));
        values.map(|(_, value)| value.to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (args, expected) in [
        (&["--exclude-attributes", "cn;lang-de"][..], "a s plain de dex"),
        (&["--exclude-attributes", "cn"], "a s plain de dex"),
        (&["--exclude-attributes", "description;lang-de"], "a geheim s plain"),
        (&["--attributes", "description;lang-de"], "a de dex"),
        (&["--attributes", "description;lang-de;x-a"], "a dex"),
        (
            &["--attributes", "cn,description;lang-de", "--exclude-attributes", "x-b"],
            "a geheim de dex",
        ),
    ] {
        assert_eq!(left(args), expected, "{args:?}");
    }
    let hidden = left(&["--redact", "description;lang-de"]);
    assert_eq!(hidden, "a geheim s plain ***REDACTED*** ***REDACTED***");
    let hidden = left(&["--pseudonymise", "description;lang-de", "--seed", "s"]);
    assert!(!hidden.split(' ').any(|value| matches!(value, "de" | "dex")), "{hidden}");
    // A message shows nothing of it either.
    let bad = text.replace("LANG-de: dex", "LANG-de dex");
    let said = transformed(&bad, &["--redact", "description;lang-de"]).expect(2).stderr;
    assert!(said.contains("expected `:`") && !said.contains("dex"), "{said}");
    // Subtypes by the schema stay, and are told.
    for (args, told) in [
        (&["--redact", "name"][..], "`cn` of `name`, `sn` of `name`"),
        (&["--exclude-attributes", "name,sn"], "`cn` of `name`"),
        (&["--pseudonymise", "sn", "--seed", "s"], ""),
    ] {
        let said = transformed(text, args).expect(0).stderr;
        let line = said.lines().find_map(|line| line.split_once("are named: "));
        assert_eq!(line.map_or("", |(_, names)| names), told, "{said}");
    }
}

#[test]
fn rejects_can_be_read_again() {
    let dir = Dir::new();
    let good = "{\"dn\":\"cn=a,dc=x\",\"attributes\":{\"cn\":[\"a\"]}}\n";
    let bad = "{\"dn\":\"cn=b,dc=x\",\"attributes\":{\"cn\":\"b\"}}\n";
    dir.write("in.jsonl", [good, bad].concat());
    let args = ["transform", "in.jsonl", "--keep-going", "--rejects", "r"];
    run(&dir, args).expect(5);
    let rejects = String::from_utf8(dir.read("r")).expect("text");
    assert!(rejects.starts_with("# in.jsonl:2:") && rejects.contains(bad), "{rejects}");
    dir.write("r", rejects.replace("\"b\"}", "[\"b\"]}"));
    let again = run(&dir, ["transform", "r"]).expect(0);
    assert_eq!(String::from_utf8_lossy(&again.stdout), "dn: cn=b,dc=x\ncn: b\n\n");
    assert!(again.stderr.contains("1 record read"), "{}", again.stderr);
    // LDIF with CR LF stays so, to the last blank of a value.
    dir.write("in.ldif", "dn: cn=a\r\ncn: a\r\n\r\ndn: cn=b\r\nbad\r\ncn: b \r\n\r\n");
    let args = ["transform", "in.ldif", "--keep-going", "--rejects", "r.ldif"];
    run(&dir, args).expect(5);
    let rejects = String::from_utf8(dir.read("r.ldif")).expect("text");
    assert!(rejects.ends_with("\r\ndn: cn=b\r\nbad\r\ncn: b \r\n\r\n"), "{rejects:?}");
    assert_eq!(rejects.matches('\n').count(), rejects.matches("\r\n").count(), "{rejects:?}");
}

#[test]
fn a_value_has_one_pseudonym_in_all_attributes() {
    let text = "dn: dc=x\nobjectClass: domain\ndc: x\n\n\
        dn: uid=Alice,dc=x\nobjectClass: inetOrgPerson\nuid: Alice\ncn: Alice\nsn: Alice\n\
        mail: Alice@X.org\nmailAlternateAddress: Alice@X.org\nkrbPrincipalName: Alice@X.org\n\n\
        dn: cn=g,dc=x\nobjectClass: posixGroup\ncn: g\ngidNumber: 1\nmemberUid: Alice\n\
        memberUid: alice\nmemberUid: ALICE\nmember: uid=alice,dc=x\n\n\
        dn: automountKey=Foo,dc=x\nobjectClass: automount\nautomountKey: Foo\n\n\
        dn: automountKey=foo,dc=x\nobjectClass: automount\nautomountKey: foo\n\n";
    let hide = "uid,cn,sn,mail,mailAlternateAddress,krbPrincipalName,memberUid,automountKey";
    let args = ["--pseudonymise", hide, "--seed", "s", "--wrap", "0"];
    let out = String::from_utf8(transformed(text, &args).expect(0).stdout).expect("text");
    let values = |name: &str| -> Vec<&str> {
        out.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
    };
    assert_eq!(values("uid"), values("memberUid")[..1], "{out}");
    assert_eq!(values("mail"), values("mailAlternateAddress"), "{out}");
    assert_eq!(values("mail"), values("krbPrincipalName"), "{out}");
    assert_eq!(values("mail")[0].split('@').next(), Some(values("uid")[0]), "{out}");
    assert!(out.contains(&format!("dn: uid={},dc=x\n", values("uid")[0])), "{out}");
    // What only case keeps apart is still kept apart by it, and by nothing else.
    let dir = Dir::new();
    dir.write("out.ldif", &out);
    let args = ["check", "out.ldif", "--complete", "--strict"];
    let checked = run(&dir, args).expect(0).stderr;
    assert!(checked.contains(" 0 warnings"), "{checked}");
    let lower = out.to_lowercase();
    let uid = values("uid")[0].to_lowercase();
    assert_eq!(lower.matches(&format!("memberuid: {uid}\n")).count(), 3, "{out}");
    assert!(lower.contains(&format!("member: uid={uid},dc=x\n")), "{out}");
}

#[test]
fn two_records_of_one_name_are_told_when_sorted() {
    let text = "dn: cn=b,dc=x\ncn: b\n\ndn: CN=B,dc=y\ncn: b\n\ndn: cn=a,dc=x\ncn: a\n\n";
    let sort = ["--sort", "dn"];
    assert!(!transformed(text, &sort).expect(0).stderr.contains("warning"));
    let both = [&sort[..], &["--rebase", "dc=y", "dc=x"]].concat();
    let out = transformed(text, &both).expect(0);
    let told = "warning: 1 record has the name of the one before: the first is `cn=b,dc=x`\n";
    assert!(out.stderr.contains(told), "{}", out.stderr);
}

#[test]
fn attributes_unite_under_a_new_name() {
    let text = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nmail: a@b\nmail: c@d\n\
        rfc822Alias: A@b\nrfc822Alias: e@f\nrfc822Alias: c@d\n\n";
    let out = transformed(text, &["--rename-attribute", "rfc822Alias=mail"]).expect(0).stdout;
    let out = String::from_utf8(out).expect("text");
    // Values that a rule would call equal are values all the same.
    assert!(out.ends_with("mail: a@b\nmail: c@d\nmail: A@b\nmail: e@f\n\n"), "{out}");
}

#[test]
fn an_entry_is_one_row() {
    let args = ["--filter", "(uid=*)", "--format", "csv", "--separator", " | ", "--attributes"];
    let row = |columns: &'static str| text(&[&args[..], &[columns]].concat());
    let nothing = ["--format", "csv", "--attributes", "uid,mail", "--separator", ""];
    let said = transformed(PEOPLE, &nothing).expect(2).stderr;
    assert!(said.contains("expected a text of one character or more"), "{said}");
    assert_eq!(
        row("dn,uid,mail,sn"),
        "dn,uid,mail,sn\n\"uid=a,ou=P,dc=x\",a,a@x.org | anna@x.org,A\n\
         \"uid=b,ou=P,dc=x\",b,,\"\"\"B\"\", he\"\n"
    );
    assert_eq!(row("cn;lang-de,jpegPhoto"), "cn;lang-de,jpegPhoto\nÄnne,/9j/\n,\n");
    // A column is one description: with other options it is another, which is told.
    assert_eq!(row("uid,cn"), "uid,cn\na,Anna\nb,Bob\n");
    let csv = ["--format", "csv", "--attributes", "cn"];
    let told = transformed(PEOPLE, &csv).expect(0).stderr;
    assert!(told.contains("values of `cn;lang-de` are in no column"), "{told}");
    let both = transformed(PEOPLE, &["--format", "csv", "--attributes", "cn,cn;LANG-de"]).expect(0);
    assert!(!both.stderr.contains("warning"), "{}", both.stderr);
    // `binary` tells how a value travels.
    let lines = "dn: cn=a\ncn: a\nuserCertificate;binary: x\n";
    let out = transformed(lines, &["--format", "csv", "--attributes", "userCertificate"]).expect(0);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "userCertificate\nx\n");
    let lines = "dn: cn=a\ncn: a\ndescription:: YQpiDQpj\n";
    let out = transformed(lines, &["--format", "csv", "--attributes", "description"]).expect(0);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "description\n\"a\nb\r\nc\"\n");
    // An empty value is not none, and a row without any is a row.
    let lines = "dn: cn=a\ncn: a\nsn:\n\ndn: cn=b\ncn: b\n";
    for (columns, rows) in [("cn,sn", "cn,sn\na,\"\"\nb,\n"), ("sn", "sn\n\"\"\n\"\"\n")] {
        let out = transformed(lines, &["--format", "csv", "--attributes", columns]).expect(0);
        assert_eq!(String::from_utf8_lossy(&out.stdout), rows);
    }
}

#[test]
fn what_may_be_cut_is_seen_to_be_behind_a_pipe() {
    let cut = PEOPLE.trim_end();
    for args in [&[][..], &["--sort", "dn"], &["--attributes", "cn"]] {
        let out = transformed(cut, args).expect(0);
        assert!(
            out.stderr.contains("1 input has no line end after the last line"),
            "{}",
            out.stderr
        );
        let whole = transformed(PEOPLE, args).expect(0);
        assert!(!whole.stderr.contains("warning"), "{}", whole.stderr);
        assert_eq!([&out.stdout[..], b"\n\n"].concat(), whole.stdout);
        let dir = Dir::new();
        dir.write("old.ldif", &whole.stdout);
        dir.write("cut.ldif", &out.stdout);
        let refused = run(&dir, ["diff", "old.ldif", "cut.ldif"]).expect(2);
        assert!(refused.stderr.contains("--allow-no-final-newline"), "{}", refused.stderr);
    }
    // At the blank that begins a fold, too.
    let out = transformed(&format!("{cut}\n "), &[]).expect(0);
    assert_eq!([&out.stdout[..], b"\n\n"].concat(), transformed(PEOPLE, &[]).stdout);
    transformed(&format!("{cut}\n "), &["--strict"]).expect(2);
    let dir = Dir::new();
    dir.write("cut.ldif", cut);
    let piped = shell(&dir, "cat cut.ldif | ldifsync transform -").expect(0);
    assert_eq!(piped.stdout, transformed(cut, &[]).stdout);
    assert!(piped.stderr.contains("the output has none either"), "{}", piped.stderr);
}

#[test]
fn what_is_named_for_an_edit_and_nowhere_there_is_told() {
    for (args, told) in [
        (&["--redact", "userPasword"][..], true),
        (&["--redact", "userPassword"], false),
        (&["--redact", "2.5.4.35"], false),
        (&["--pseudonymise", "givenName", "--seed", "s"], true),
        (&["--exclude-attributes", "sn"], false),
        (&["--exclude-attributes", "entryUUID,surnam"], true),
        (&["--rename-attribute", "uidd=cn"], true),
        (&["--redact", "sn", "--exclude-attributes", "sn"], false),
        (&["--redact", "mail", "--attributes", "sn"], false),
        (&["--redact", "x-n", "--rename-attribute", "sn=x-n"], false),
        (&["--attributes", "sn,typo"], true),
        (&["--attributes", "sn,dn,userPassword"], false),
        (&["--attributes", "cn,cn;lang-de,CN;LANG-DE,cn;x-none"], true),
        (&["--attributes", "cn,cn;lang-de,CN;LANG-DE"], false),
        (&["--attributes", "dn,typo", "--format", "csv"], true),
        (&["--attributes", "DN,sn", "--format", "csv"], false),
    ] {
        let said = transformed(PEOPLE, args).expect(0).stderr;
        assert_eq!(said.contains("no record has `"), told, "{args:?} {said}");
        assert!(!said.contains("entryUUID"), "{said}");
    }
}

#[test]
fn what_is_hidden_may_be_named_by_its_new_name() {
    for hide in [&["--redact", "x-secret"][..], &["--pseudonymise", "x-secret", "--seed", "s"]] {
        let rename = ["--rename-attribute", "userPassword=x-secret"];
        let out = transformed(PEOPLE, &[&rename, hide].concat()).expect(0).stdout;
        let out = String::from_utf8(out).expect("text");
        assert!(out.contains("x-secret: ") && !out.contains("s3cret"), "{out}");
    }
    let bad = format!("{PEOPLE}dn: cn=c,dc=x\nuserPassword: s3cret\nbad line\n\n");
    let args = ["--redact", "userPassword", "--keep-going", "--rejects", "r.ldif"];
    let out = transformed(&bad, &args).expect(5);
    assert!(out.stderr.contains("the rejects are the records as they were"), "{}", out.stderr);
    // What was rejected may have it.
    let args = ["--redact", "title", "--rebase", "dc=none", "dc=y", "--keep-going"];
    let said =
        transformed(&format!("{PEOPLE}dn: cn=c,dc=x\ntitle: t\nbad line\n\n"), &args).expect(5);
    for told in ["has `title`: is", "has a name at or below `dc=none`: is"] {
        let told = format!("no record that could be read {told}");
        assert!(said.stderr.contains(&told), "{}", said.stderr);
    }
}

#[test]
fn a_column_is_called_by_its_new_name() {
    for columns in ["sn,uid", "surname,uid", "x-sn,uid", "sn,uid,x-sn"] {
        let args = ["--format", "csv", "--attributes", columns, "--rename-attribute", "sn=x-sn"];
        let only = ["--filter", "(uid=a)"];
        let out = transformed(PEOPLE, &[&args[..], &only].concat()).expect(0);
        let rows = String::from_utf8(out.stdout).expect("text");
        assert_eq!(rows, "x-sn,uid\nA,a\n", "{columns}");
        assert!(!out.stderr.contains("warning"), "{}", out.stderr);
    }
    for name in ["sn", "x-sn"] {
        let args = ["--filter", "(uid=a)", "--attributes", name, "--rename-attribute", "sn=x-sn"];
        assert!(text(&args).contains("x-sn: A\n"), "{name}");
    }
    let args = ["--format", "csv", "--attributes", "x-none", "--rename-attribute", "sn=x-sn"];
    let out = transformed(PEOPLE, &args).expect(0);
    assert!(out.stderr.contains("no record has `x-none`"), "{}", out.stderr);
}

#[test]
fn a_name_is_text_whoever_writes_it() {
    let dir = Dir::new();
    dir.write("in.ldif", PEOPLE);
    dir.write("names", b"# some\ncn=a\xff,dc=x\n");
    let refused = run(&dir, ["transform", "in.ldif", "--only-dn", "names"]).expect(2);
    assert!(refused.stderr.contains("--> names:2:5"), "{}", refused.stderr);
    assert!(refused.stderr.contains("a name that is not UTF-8"), "{}", refused.stderr);
    for option in ["--base", "--rebase dc=x"] {
        let line = format!("ldifsync transform in.ldif {option} $(printf 'ou=B\\374ro')");
        let refused = shell(&dir, &line).expect(2);
        assert!(refused.stderr.contains("a name that is not UTF-8"), "{}", refused.stderr);
    }
    dir.write("in.jsonl", r#"{"dn":{"base64":"Y249/w=="},"attributes":{"cn":["a"]}}"#);
    let refused = run(&dir, ["transform", "in.jsonl"]).expect(2);
    assert!(refused.stderr.contains("a name that is not UTF-8"), "{}", refused.stderr);
}

#[test]
fn an_entry_is_never_written_as_a_change() {
    let word = "dn: cn=a,dc=x\ndescription: x\nchangetype: delete\ncn: a\n\n";
    let out = transformed(word, &["--exclude-attributes", "description"]).expect(0).stdout;
    assert_eq!(String::from_utf8_lossy(&out), "dn: cn=a,dc=x\ncn: a\nchangetype: delete\n\n");
    let alone = "dn: cn=a,dc=x\ndescription: x\nchangetype: delete\n\n";
    transformed(alone, &["--exclude-attributes", "description"]).expect(2);
    let jsonl = transformed(alone, &["--exclude-attributes", "description", "--format", "jsonl"]);
    let dir = Dir::new();
    dir.write("in.jsonl", jsonl.expect(0).stdout);
    run(&dir, ["transform", "in.jsonl"]).expect(2);
    for name in ["changetype", "Control", "dn"] {
        let out = transformed(word, &["--rename-attribute", &format!("description={name}")]);
        assert!(out.expect(2).stderr.contains("but found the keyword"));
    }
}

#[test]
fn a_rename_into_a_suffix_that_moves_leads_to_the_other() {
    let change = |rdn: &str, superior: &str| {
        format!("dn: ou=q,dc=x\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\n{superior}\n")
    };
    for (before, after) in [
        (change("ou=a", ""), change("ou=b", "newsuperior: dc=y\n")),
        (change("ou=a", "newsuperior: dc=x\n"), change("ou=b", "newsuperior: dc=y\n")),
        (
            change("ou=z", "").replace("ou=q,dc=x", "ou=a,dc=x"),
            change("ou=z", "newsuperior: dc=x\n").replace("ou=q,dc=x", "ou=b,dc=y"),
        ),
        (
            change("cn=z", "").replace("ou=q,dc=x", "cn=k,ou=a,dc=x"),
            change("cn=z", "").replace("ou=q,dc=x", "cn=k,ou=b,dc=y"),
        ),
        (change("ou=z", "newsuperior: ou=a,dc=x\n"), change("ou=z", "newsuperior: ou=b,dc=y\n")),
        (change("ou=z", ""), change("ou=z", "")),
    ] {
        let out = transformed(&before, &["--rebase", "ou=a,dc=x", "ou=b,dc=y"]).expect(0).stdout;
        assert_eq!(String::from_utf8_lossy(&out), after);
    }
}

#[test]
fn a_name_in_an_rdn_is_moved_with_the_value_that_it_names() {
    let entry = |suffix: &str| {
        format!(
            "dn: manager=cn\\=a\\,dc\\={suffix}+cn=q,dc={suffix}\nobjectClass: account\ncn: q\n\
             manager: cn=a,dc={suffix}\nseeAlso: manager=cn\\=a\\,dc\\={suffix}+cn=q,dc={suffix}\n\
             seeAlso: manager=cn\\=a\\,dc\\={suffix},dc=z\n\n"
        )
    };
    let elsewhere = |suffix: &str| {
        format!("dn: manager=dc\\={suffix},dc=z\nobjectClass: account\nmanager: dc={suffix}\n\n")
    };
    let all = |suffix: &str| entry(suffix) + &elsewhere(suffix);
    let out = transformed(&all("x"), &["--rebase", "dc=x", "dc=y"]).expect(0).stdout;
    let dir = Dir::new();
    dir.write("moved.ldif", &out);
    dir.write("meant.ldif", all("y"));
    assert!(!String::from_utf8_lossy(&out).contains("dc=x"));
    assert!(!String::from_utf8_lossy(&out).contains("dc\\=x"));
    run(&dir, ["diff", "moved.ldif", "meant.ldif", "-q"]).expect(0);
    dir.write("old.ldif", all("x"));
    run(&dir, ["diff", "old.ldif", "meant.ldif", "--rebase", "dc=y", "dc=x", "-q"]).expect(0);
}

#[test]
fn attributes_in_a_name_are_renamed_at_once() {
    let text = "dn: cn=a+uid=b,dc=x\nobjectClass: account\ncn: a\nuid: b\n\n";
    let swap = ["--rename-attribute", "cn=uid", "--rename-attribute", "uid=cn"];
    let out = transformed(text, &swap).expect(0).stdout;
    let out = String::from_utf8(out).expect("text");
    assert!(out.starts_with("dn: uid=a+cn=b,dc=x\n"), "{out}");
    for name in ["cn=a+sn=b", "sn=b+cn=a"] {
        let text = format!("dn: {name},dc=x\nobjectClass: person\ncn: a\nsn: b\n\n");
        let shift = ["--rename-attribute", "cn=sn", "--rename-attribute", "sn=uid"];
        let out = transformed(&text, &shift).expect(0).stdout;
        let name = name.replace("sn", "uid").replace("cn", "sn");
        assert!(String::from_utf8_lossy(&out).starts_with(&format!("dn: {name},dc=x\n")), "{name}");
        transformed(&text, &["--rename-attribute", "cn=sn"]).expect(2);
    }
}

#[test]
fn changes_stay_changes() {
    let changes = "dn: cn=a,dc=x\ncontrol: 1.2.3 true\nchangetype: modify\nadd: mail\n\
        mail: a@b\n-\nreplace: entryCSN\nentryCSN: 1\n-\nincrement: n\nn: 1\n-\n\n\
        dn: cn=b,dc=x\nchangetype: modrdn\nnewrdn: cn=c\ndeleteoldrdn: 0\nnewsuperior: dc=y,dc=x\n\n\
        dn: cn=d,dc=x\nchangetype: delete\n\n";
    let out = transformed(changes, &["--rebase", "dc=x", "dc=z"]).expect(0).stdout;
    let expected =
        changes.replace("dc=x", "dc=z").replace("replace: entryCSN\nentryCSN: 1\n-\n", "");
    assert_eq!(String::from_utf8_lossy(&out), expected);
    let changes = changes.replace("true\n", "true: v\n");
    let json = transformed(&changes, &["--format", "jsonl", "--operational"]).expect(0).stdout;
    let dir = Dir::new();
    dir.write("c.jsonl", &json);
    let back = run(&dir, ["transform", "c.jsonl", "--operational"]).expect(0).stdout;
    assert_eq!(String::from_utf8_lossy(&back), changes.replace("true: v", "true:: dg=="));
}

#[test]
fn what_continues_a_group_is_part_of_it() {
    let export = "dn: cn=g,dc=x\nchangetype: add\nobjectClass: group\ncn: g\nmember: cn=a\n\n\
        dn: cn=h,dc=x\nchangetype: add\nobjectClass: group\ncn: h\n\n\
        dn: cn=g,dc=x\nchangetype: modify\nadd: member\nmember: cn=b\nmember: cn=c\n-\n\n";
    let args = ["--filter", "(member=cn=c)", "--attributes", "member", "--wrap", "0"];
    let expected = "dn: cn=g,dc=x\nchangetype: add\nobjectClass: group\ncn: g\n\
        member: cn=a\nmember: cn=b\nmember: cn=c\n\n";
    let file = transformed(export, &args).expect(0).stdout;
    assert_eq!(String::from_utf8_lossy(&file), expected);
    let dir = Dir::new();
    let command = ["transform", "-"].into_iter().chain(args);
    let piped = Cmd::new(&dir).args(command).stdin(export.as_bytes()).run().expect(0).stdout;
    assert_eq!(String::from_utf8_lossy(&piped), expected);
}

#[test]
fn entries_and_changes_are_not_mixed() {
    let dir = Dir::new();
    dir.write("entry.ldif", "dn: cn=a\ncn: a\n");
    dir.write("change.ldif", "dn: cn=b\nchangetype: delete\n");
    dir.write("entry.jsonl", "{\"dn\":\"cn=c\",\"attributes\":{\"cn\":[\"c\"]}}\n");
    dir.write("change.jsonl", "{\"dn\":\"cn=d\",\"changetype\":\"delete\"}\n");
    dir.write("empty.ldif", "");
    let one = dir.read("entry.jsonl");
    dir.write("both.jsonl", [one, dir.read("change.jsonl")].concat());
    for kind in ["entry", "change"] {
        let names = [format!("{kind}.ldif"), "empty.ldif".into(), format!("{kind}.jsonl")];
        let command = ["transform"].into_iter().chain(names.iter().map(String::as_str));
        run(&dir, command).expect(0);
    }
    for mixed in [
        ["entry.ldif", "change.ldif"],
        ["entry.jsonl", "change.ldif"],
        ["change.ldif", "entry.jsonl"],
        ["empty.ldif", "both.jsonl"],
    ] {
        let refused = run(&dir, ["transform", mixed[0], mixed[1]]).expect(2);
        assert!(refused.stderr.contains(mixed[1]), "{mixed:?} {}", refused.stderr);
    }
}

#[test]
fn a_pipe_is_read_as_a_file_is() {
    // The first record is larger than what a stream is judged by; then one that continues it.
    let photo = "aGVsbG8gd29ybGQh".repeat(100_000);
    let export = format!(
        "dn: cn=a,dc=x\nchangetype: add\nobjectClass: person\ncn: a\njpegPhoto:: {photo}\n\n\
         dn: cn=a,dc=x\nchangetype: modify\nadd: sn\nsn: b\n-\n\n"
    );
    let dir = Dir::new();
    dir.write("in.ldif", &export);
    let file = run(&dir, ["transform", "in.ldif"]).expect(0).stdout;
    let piped = Cmd::new(&dir).args(["transform", "-"]).stdin(export.as_bytes()).run().expect(0);
    assert!(piped.stdout == file && file.ends_with(b"sn: b\n\n"));
    // As JSON the server is known by the same signs: what only it may write is left out.
    let ad = "dn: CN=a,DC=x\nobjectClass: person\ncn: a\nobjectGUID: 1234567890123456\n\
        objectSid: x\nwhenCreated: 20260101000000.0Z\nmemberOf: CN=b,DC=x\n\n";
    dir.write("ad.ldif", ad);
    let json = run(&dir, ["transform", "ad.ldif", "--operational", "--format", "jsonl"]);
    dir.write("ad.jsonl", json.expect(0).stdout);
    let from_ldif = run(&dir, ["transform", "ad.ldif"]).expect(0).stdout;
    assert_eq!(run(&dir, ["transform", "ad.jsonl"]).expect(0).stdout, from_ldif);
    assert!(!String::from_utf8_lossy(&from_ldif).contains("objectSid"));
}

#[test]
fn several_inputs_are_one_stream() {
    let dir = Dir::new();
    dir.write("a.ldif", "version: 1\n\ndn: cn=a\ncn: a\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"dn: cn=b\ncn: b\n").expect("memory");
    dir.write("b.gz", gzip.finish().expect("memory"));
    dir.write("c.jsonl", "{\"dn\":\"cn=c\",\"attributes\":{\"cn\":[\"c\"]}}\n");
    let args =
        ["transform", "b.gz", "a.ldif", "c.jsonl", "-", "--summary", "s.json", "-o", "o.ldif"];
    Cmd::new(&dir).args(args).stdin(b"dn: cn=d\ncn: d\n").run().expect(0);
    let out = String::from_utf8(dir.read("o.ldif")).expect("text");
    assert_eq!(out, "dn: cn=b\ncn: b\n\ndn: cn=a\ncn: a\n\ndn: cn=c\ncn: c\n\ndn: cn=d\ncn: d\n\n");
    let summary = String::from_utf8(dir.read("s.json")).expect("JSON");
    assert!(summary.contains("\"read\": 4") && summary.contains("\"written\": 4"), "{summary}");
}

#[test]
fn a_pipe_is_read_in_blocks_at_whose_ends_nothing_happens() {
    let mut text = String::new();
    for n in 0..40_000 {
        let end = if n % 7 == 0 { "\r\n" } else { "\n" };
        text += &format!(
            "dn: cn=e{n},dc=x{end}cn: e{n}{end}description: {}{end}{end}",
            "y".repeat(n % 90)
        );
    }
    let dir = Dir::new();
    dir.write("in.ldif", &text);
    let file = run(&dir, ["transform", "in.ldif"]).expect(0).stdout;
    for threads in ["1", "8"] {
        let args = ["transform", "-", "--threads", threads];
        let piped = Cmd::new(&dir).args(args).stdin(text.as_bytes()).run().expect(0).stdout;
        assert!(piped == file, "{threads} threads write something else");
    }
    // The last that is read may end with a block.
    let head = "# LDAPv3\n# requesting: ALL\n#\n\ndn: cn=a,dc=x\ncn: a\ndescription: ";
    for size in [1 << 20, (1 << 20) + 1, 2 << 20] {
        let search = format!("{head}{}\n\n", "x".repeat(size - head.len() - 2));
        assert_eq!(search.len(), size);
        let piped =
            Cmd::new(&dir).args(["transform", "-"]).stdin(search.as_bytes()).run().expect(2);
        dir.write("search.ldif", &search);
        let whole = run(&dir, ["transform", "search.ldif"]).expect(2);
        assert_eq!(piped.stderr.replace("<stdin>", "search.ldif"), whole.stderr);
    }
    // The line of a fault far behind is that of the stream.
    let bad = format!("{text}bad\n");
    let outcome = Cmd::new(&dir).args(["transform", "-"]).stdin(bad.as_bytes()).run().expect(2);
    let line = text.matches('\n').count() + 1;
    assert!(outcome.stderr.contains(&format!("--> <stdin>:{line}:1")), "{}", outcome.stderr);
}

#[test]
fn bad_records_are_skipped_where_asked_for() {
    let text = "dn: cn=a\ncn: a\n\ndn: cn=b\nbad\n\ndn: cn=c\ncn: c\n";
    let dir = Dir::new();
    dir.write("in.ldif", text);
    run(&dir, ["transform", "in.ldif", "-o", "out.ldif"]).expect(2);
    assert!(dir.read_if_there("out.ldif").is_none());
    let args = ["transform", "in.ldif", "--keep-going", "--rejects", "r.ldif"];
    let outcome = run(&dir, args).expect(5);
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "dn: cn=a\ncn: a\n\ndn: cn=c\ncn: c\n\n");
    let rejects = String::from_utf8(dir.read("r.ldif")).expect("text");
    assert!(rejects.starts_with("# in.ldif:5:4: expected `:`"), "{rejects}");
    assert!(rejects.ends_with("\ndn: cn=b\nbad\n\n"), "{rejects}");
    // A search that did not end well is no matter of one record.
    dir.write("cut.ldif", "dn: cn=a\ncn: a\n\nresult: 4 Size limit exceeded\n");
    run(&dir, ["transform", "cut.ldif", "--keep-going", "-o", "out.ldif"]).expect(2);
}

/// With a ceiling that is below the size of the input, on what is not mapped (`RLIMIT_DATA`).
#[test]
fn memory_does_not_grow_with_the_input() {
    let mut text = String::from("dn: dc=x\nobjectClass: domain\ndc: x\n\n");
    for n in 0..150_000 {
        let filler = "z".repeat(400 + n % 40);
        text += &format!("dn: cn=e{n},dc=x\nobjectClass: person\ncn: e{n}\nsn: {filler}\n\n");
    }
    let dir = Dir::new();
    dir.write("small.ldif", &text[..text.len() / 10]);
    dir.write("large.ldif", &text);
    dir.write("c.ldif", "dn: cn=e7,dc=x\nchangetype: modrdn\nnewrdn: cn=f\ndeleteoldrdn: 1\n");
    assert!(text.len() > 60 << 20, "the input is larger than the ceiling");
    for command in [
        "transform --keep-going - < FILE",
        "transform --keep-going FILE",
        "transform --keep-going FILE --sort dn --memory 16MiB",
        "apply FILE c.ldif --keep-going",
        "check FILE",
        "diff --allow-no-final-newline --memory 16MiB FILE FILE",
    ] {
        for file in ["small.ldif", "large.ldif"] {
            let command = command.replace("FILE", file);
            let line = format!("ulimit -d 50000; ldifsync {command} -q --threads 2 > out");
            let outcome = shell(&dir, &line);
            // The small file ends in the middle of a record.
            let fine = matches!(outcome.status, 0 | 1 | 5);
            assert!(fine, "{command}: {} {}", outcome.status, outcome.stderr);
        }
    }
}

#[test]
fn a_file_of_changes_may_begin_with_a_label() {
    let dir = Dir::new();
    let text = "dn: label\nchangetype: delete\n\ndn: cn=a,dc=x\nchangetype: delete\n\n";
    for text in [text, &text[..text.find("\n\n").expect("two records") + 1]] {
        dir.write("c.ldif", text);
        let out = run(&dir, ["transform", "c.ldif", "-q"]).expect(0);
        assert!(
            String::from_utf8_lossy(&out.stdout).starts_with("dn: label\nchangetype: delete\n")
        );
    }
}

#[test]
fn a_name_among_values_gets_another_suffix_and_stays_as_it_is() {
    let dir = Dir::new();
    for (value, wanted) in [
        ("cn=\\,z,o=t", "cn=\\,z,dc=u"),
        ("CN = a ;  OU=\"b,c\" ,o=T", "CN = a ;  OU=\"b,c\" ,dc=u"),
        ("cn=a\\\\,O=t", "cn=a\\\\,dc=u"),
        ("o=t", "dc=u"),
        ("cn=a,o=v", "cn=a,o=v"),
        ("cn=\"a,b\",o=t", "cn=\"a,b\",dc=u"),
    ] {
        dir.write("in.ldif", format!("dn: cn=x,o=t\nobjectClass: x\nmanager: {value}\n"));
        let out = run(&dir, ["transform", "in.ldif", "-q", "--rebase", "o=t", "dc=u"]).expect(0);
        let out = String::from_utf8(out.stdout).expect("text");
        assert!(out.contains(&format!("\nmanager: {wanted}\n")), "{value}: {out}");
    }
}

/// The root is no entry: what would become it is refused, and what refers to it stays as it is.
#[test]
fn no_entry_becomes_the_root() {
    let suffix = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";
    let unit = "dn: ou=a,dc=x\nobjectClass: organizationalUnit\nou: a\nmanager: dc=x\nseeAlso: ou=b,dc=x\n\n";
    let moved =
        "dn: ou=a\nobjectClass: organizationalUnit\nou: a\nmanager: dc=x\nseeAlso: ou=b\n\n";
    let told = "would become the root";
    let all = [suffix, unit].concat();
    let said = transformed(&all, &["--rebase", "dc=x", ""]).expect(2).stderr;
    assert!(said.contains(told) && said.contains("in.ldif:1:1\n"), "{said}");
    let ran = transformed(&all, &["--rebase", "dc=x", "", "--keep-going"]).expect(5);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), moved);
    for change in [
        "dn: dc=x\nchangetype: delete\n\n",
        "dn: dc=x\nchangetype: modify\nadd: l\nl: x\n-\n\n",
        "dn: dc=y\nchangetype: modrdn\nnewrdn: dc=x\ndeleteoldrdn: 1\n\n",
    ] {
        let said = transformed(change, &["--rebase", "dc=x", ""]).expect(2).stderr;
        assert!(said.contains(told), "{change}{said}");
    }
}

/// A sort takes what it may, and no more: what is not mapped (`RLIMIT_DATA` is more than that, for it counts what is
/// never touched).
#[test]
fn a_sort_keeps_to_its_memory() {
    let mut text = String::from("dn: dc=x\nobjectClass: domain\ndc: x\n\n");
    for n in 0..150_000 {
        let n = n * 7919 % 150_000;
        let filler = "z".repeat(300 + n % 40);
        text += &format!("dn: cn=e{n},dc=x\nobjectClass: person\ncn: e{n}\nsn: {filler}\n\n");
    }
    let dir = Dir::new();
    dir.write("in.ldif", text);
    let line = "ldifsync transform in.ldif --sort dn --memory 16MiB --threads 2 -q -o out.ldif & \
                one=$!; most=0; while now=$(grep RssAnon /proc/$one/status); do \
                now=${now//[!0-9]/}; [ $now -gt $most ] && most=$now; sleep 0.005; done 2>&-; \
                wait $one && echo $most";
    let outcome = shell(&dir, line).expect(0);
    let most: u64 = String::from_utf8_lossy(&outcome.stdout).trim().parse().expect("a number");
    assert!(most > 4 << 10 && most <= 16 << 10, "{most} KiB");
}

/// The place is the line that holds the name, not the first one of the attribute.
#[test]
fn a_redacted_attribute_in_a_name_is_told_where_the_name_stands() {
    let entry = "dn: cn=c,dc=x\nobjectClass: person\ncn: c\nsn: s\nseeAlso: cn=z,sn=k,dc=x\n\n";
    let rename = "dn: cn=c,dc=x\nchangetype: modrdn\nnewrdn: sn=c\ndeleteoldrdn: 1\n\n";
    let superior = "deleteoldrdn: 1\nnewsuperior: sn=k,dc=x\n";
    let moved = rename.replace("sn=c", "cn=c").replace("deleteoldrdn: 1\n", superior);
    let own = entry.replace("dn: cn=c", "dn: cn=c+sn=s").replace("cn=z,sn=k", "cn=z");
    for (text, line) in [(entry, 5), (rename, 3), (&moved, 5), (&own, 1)] {
        let said = transformed(text, &["--redact", "sn"]).expect(2).stderr;
        assert!(said.contains(&format!("in.ldif:{line}:1\n")), "{text}{said}");
    }
}
