//! `check`: what it finds in a file, where, and how it ends.

use std::fmt::Write as _;

use crate::ldif;
use crate::rng::Rng;
use crate::slapd::{LOCAL, Overlay, Server, available, schema_files};
use crate::speller::respell;
use crate::trees::Case;
use crate::util::{Cmd, Dir, Outcome, cases, for_seeds, run};

/// A sound entry.
const SOUND: &str = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: b\n";

fn checked(text: &str, args: &str) -> Outcome {
    let dir = Dir::new();
    dir.write("a.ldif", text);
    run(&dir, std::iter::once("check").chain(args.split(' ').filter(|arg| !arg.is_empty())))
}

/// The places of the findings, as `severity line:column`.
fn places(outcome: &Outcome) -> Vec<String> {
    let text = String::from_utf8(outcome.stdout.clone()).expect("JSON is text");
    let number = |line: &str, key: &str| {
        let rest = line.split_once(&format!("\"{key}\":")).expect(key).1;
        rest.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    let severity = |line: &str| if line.contains("\"severity\":\"error\"") { 'E' } else { 'W' };
    text.lines()
        .map(|l| format!("{}{}:{}", severity(l), number(l, "line"), number(l, "column")))
        .collect()
}

#[test]
fn a_bad_record_hides_no_other_and_no_line_of_its_own() {
    for (text, found, status) in [
        (SOUND, "", 0),
        ("", "W1:1", 0),
        ("version: 1\n\n# nothing\n", "W1:1", 0),
        // What cannot be read, or may be a change gone wrong, does not say what the file holds.
        ("dn: cn=a,dc=x\nchangetyp: delete\n\ndn: cn=b,dc=x\nchangetype: delete\n", "W1:1 E1:1", 1),
        ("dn: cn=a,dc=x\n::changetype: delete\n\ndn: cn=b,dc=x\nchangetype: delete\n", "E2:1", 1),
        (
            "dn: cn=a,dc=x\nchangetype: delet\n\ndn: cn=b,dc=x\nobjectClass: device\ncn: b\n",
            "E1:1 E2:13",
            1,
        ),
        ("dn: cn=a,dc=x\nmail: a@b\n\ndn: cn=b,dc=x\nchangetype: delete\n", "W1:1 E4:1", 1),
        // Every line of an entry, whatever is wrong with those before it.
        (
            "dn: cn=a,dc=x\nobjectClass: person\ncn a\nsn b\nmail:: *\n\ndn: dc=x\nbad\n",
            "E3:3 E4:3 E5:8 E8:4",
            1,
        ),
        // What the values say on the lines that can be read, and what is missing, unless it is lost.
        (
            "dn: cn=a\ncn: a\nl:: gA==\nl: q\nl: q\nbroken\n\n\
             dn: cn=b\ncn: b\nsn person\n\ndn:\ncn: b\nsn b\n",
            "E3:1 W5:1 E6:7 W8:1 E10:3 E14:3",
            1,
        ),
        ("dn: cn=a\nbroken\nversion: 1\n\ndn: cn=b\nbroken\nl: q\n", "E2:7 W3:1 E6:7", 1),
        // Nothing is said of the values of a record that was swallowed, nor of what it lacks.
        ("dn: cn=a,dc=x\ncn: a\ndn: cn=b,dc=x\nobjectClass: person\nl:: gA==\n", "E3:1", 1),
        // In changes: the values of a modify and of an add.
        (
            "dn: cn=a\nchangetype: modify\nadd: l\nl:: gA==\n-\nbroken: x\n\n\
             dn: cn=b\nchangetype: add\nobjectClass: person\nbroken\nl: q\nl: q\n",
            "E4:1 E6:1 E11:7 W13:1",
            1,
        ),
        // How its lines deviate.
        (
            "dn: cn=a,dc=x\nobjectClass: person\nx_y: 1\nbroken\nsn:: Yg\nl: a\n\tb\n",
            "W3:1 E4:7 W5:6 W7:1",
            1,
        ),
        // What is wrong before it in the record.
        (
            "dn: cn=a,,dc=x\nobjectClass: person\nmail:: *\ncn a\nsn:: *\n",
            "E1:10 E3:8 E4:3 E5:6",
            1,
        ),
        // A bad name; the rest of the record is looked at all the same.
        ("dn: cn=a,,dc=x\nobjectClass: person\ncn: a\nsn:: *\n", "E1:10 E4:6", 1),
        // Two records of one name, in another spelling.
        (
            "dn: cn=a,dc=x\nobjectClass: person\nsn: b\n\ndn: CN=A, DC=x\nobjectClass: person\nsn: b\n",
            "E5:1",
            1,
        ),
        // What swallowed the next record is one fault.
        ("dn: cn=a,dc=x\nobjectClass: person\ndn: cn=b,dc=x\nobjectClass: person\n", "E3:1", 1),
        // Text outside of records, and the trailer of a search that did not end well.
        (
            "dn: dc=x\nobjectClass: domain\n\nfoo\n\nsearch: 2\nresult: 4 Size limit exceeded\n",
            "E4:1 W6:1 E7:1",
            1,
        ),
        ("dn: dc=x\nobjectClass: domain\n\n# numEntries: 2\n", "E4:1", 1),
        // A search that says how it began and not how it ended: at the end, and before another.
        ("dn: dc=x\nobjectClass: domain\n\nsearch: 2\n", "W4:1 E4:10", 1),
        ("# LDAPv3\n# requesting: ALL\n#\n\ndn: dc=x\nobjectClass: domain\n", "E6:20", 1),
        (
            "# LDAPv3\n# requesting: ALL\n\ndn: dc=x\nobjectClass: domain\n\n# LDAPv3\n\
             # requesting: ALL\n\n# search result\n\n# numResponses: 1\n",
            "E7:1",
            1,
        ),
        // Pages of one search, the comments of a search with `-L`, and what is no head.
        (
            "# LDAPv3\n# requesting: ALL\n\ndn: dc=x\nobjectClass: domain\n\nsearch: 2\nresult: 0\n\n\
             search: 3\nresult: 0\n",
            "W7:1 W10:1",
            0,
        ),
        (
            "# LDAPv3\n# requesting: ALL\n\ndn: dc=x\nobjectClass: domain\n\n# numResponses: 2\n\n\
             # LDAPv3\n# requesting: ALL\n\n# numResponses: 1\n",
            "",
            0,
        ),
        (
            "# LDAPv3\n# requesting: ALL\n\ndn: dc=x\nobjectClass: domain\n\n\
             # pagedresults: cookie=AA==\nversion: 1\n\n# LDAPv3\n# requesting: ALL\n\n\
             # pagedresults: cookie=\n\n# numResponses: 1\n",
            "W8:1",
            0,
        ),
        // The page that was to come is not there.
        (
            "dn: dc=x\nobjectClass: domain\n\nsearch: 2\nresult: 0\npagedresults: cookie=AA==\n",
            "W4:1 E6:26",
            1,
        ),
        (
            "# LDAPv3\n# requesting: ALL\n\ndn: dc=x\nobjectClass: domain\n\n\
             # pagedresults: cookie=AA==\n",
            "E7:28",
            1,
        ),
        ("dn: dc=x\nobjectClass: domain\n\n# pagedresults: estimate=2 cookie=AA==\n", "E4:39", 1),
        (
            "dn: dc=x\nobjectClass: domain\n\nsearch: 2\nresult: 0\n\
             pagedresults: estimate=20 cookie=AA==\n",
            "W4:1 E6:38",
            1,
        ),
        // Pages of a search with `-LLL`, which says nothing else of its end.
        (
            "dn: dc=x\nobjectClass: domain\n\n# pagedresults: cookie=AA==\ndn: dc=y,dc=x\n\
             objectClass: domain\n\n# pagedresults: cookie=\n",
            "",
            0,
        ),
        (
            "dn: dc=x\nobjectClass: domain\n\n# pagedresults: estimate=2 cookie=AA==\n\
             dn: dc=y,dc=x\nobjectClass: domain\n\n# pagedresults: estimate=2 cookie=\n",
            "",
            0,
        ),
        (
            "dn: dc=x\nobjectClass: domain\n\n# pagedresults: cookie=\n\n# pagedresults: cookie=AA==\n",
            "E6:28",
            1,
        ),
        // The comments that UnboundID's tool writes behind the entries.
        (
            "dn: dc=x\nobjectClass: domain\n\n# Result Code:  0 (success)\n\
             # Number of Entries Returned:  1\n\n",
            "",
            0,
        ),
        (
            "dn: dc=x\nobjectClass: domain\n\n# Result Code:  4 (size limit exceeded)\n\
             # Diagnostic Message:  limit\n# Number of Entries Returned:  2\n\n",
            "E4:1 E6:1",
            1,
        ),
        // And one of a person.
        (
            "dn: dc=x\nobjectClass: domain\n\n# Result Code: 4 of the audit\n\ndn: ou=a,dc=x\nobjectClass: organizationalUnit\n",
            "",
            0,
        ),
        ("# LDAPv3\n\n# requesting: ALL\n\ndn: dc=x\nobjectClass: domain\n", "", 0),
        // Changes: grammar, and no entry among them.
        ("dn: cn=a\nchangetype: modify\nadd: x\nx: 1\n-\n\ndn: cn=b\nsn: b\n", "W7:1 E7:1", 1),
        ("dn: cn=a\nchangetype: modfy\n\ndn: cn=b\nchangetype: delete\nx: y\n", "E2:13 E6:1", 1),
        ("dn: cn=a\nchangetype: modify\nincrement: x\nx: 1\nx: 2\n-\n", "E3:12", 1),
        // A name that comes again after a delete is no second one.
        (
            "dn: cn=a\nchangetype: add\nobjectClass: person\n\ndn: cn=a\nchangetype: delete\n\ndn: cn=a\nchangetype: add\nobjectClass: person\n",
            "",
            0,
        ),
        (
            "dn: cn=a\nchangetype: add\nobjectClass: person\n\ndn: cn=A\nchangetype: add\nobjectClass: person\n",
            "E5:1",
            1,
        ),
        // What one delete gives free is one name, and what a rename does those below it.
        (
            "dn: cn=a\nchangetype: add\nobjectClass: x\n\ndn: cn=b\nchangetype: delete\n\ndn: cn=a\nchangetype: add\nobjectClass: x\n",
            "E8:1",
            1,
        ),
        (
            "dn: ou=a\nchangetype: add\nobjectClass: x\n\ndn: cn=a,ou=a\nchangetype: add\nobjectClass: x\n\n\
             dn: OU=a\nchangetype: modrdn\nnewrdn: ou=b\ndeleteoldrdn: 1\n\ndn: ou=a\nchangetype: add\nobjectClass: x\n\n\
             dn: cn=a,ou=a\nchangetype: add\nobjectClass: x\n\ndn: cn=A,ou=A\nchangetype: add\nobjectClass: x\n",
            "E22:1",
            1,
        ),
        // Once it was given free and again, it is taken again.
        (
            "dn: cn=a\nchangetype: add\nobjectClass: x\n\ndn: cn=a\nchangetype: delete\n\n\
             dn: cn=a\nchangetype: add\nobjectClass: x\n\ndn: cn=a\nchangetype: add\nobjectClass: x\n",
            "E12:1",
            1,
        ),
        // A change that cannot be read may be about any name, and is no entry.
        (
            "dn: cn=a\nchangetype: add\nobjectClass: x\n\ndn: cn=a\nchangetype: modify\nbad: x\n\n\
             dn: cn=b\nchangetype: delet\n\ndn: cn=a\nchangetype: add\nobjectClass: x\n",
            "E7:1 E10:13",
            1,
        ),
        (
            "dn: cn=a\nchangetype: add\nobjectClass: x\n\ndn: cn=a\nchangetype: delete\nx: y\n\n\
             dn: cn=a\nchangetype: add\nobjectClass: x\n",
            "E7:1",
            1,
        ),
        // Among entries a change is a fault and gives nothing free.
        (
            "dn: cn=a\nobjectClass: x\n\ndn: cn=a\nchangetype: delete\n\ndn: cn=a\nobjectClass: x\n",
            "E4:1 E7:1",
            1,
        ),
        // Each line of a change that can be judged by itself.
        (
            "dn: cn=a,dc=x\nchangetype: modify\nadd: cn\ncn:: !!!\nsn: x\nmail x\n-\nreplace: 3!\n3!: y\n-\nincrement: n\n-\n",
            "E4:6 E5:1 E6:5 E8:11 E9:2",
            1,
        ),
        (
            "dn: cn=a,,dc=x\nchangetype: modrdn\nnewrdn: bad\ndeleteoldrdn: 7\nnewsuperior: also bad\n",
            "E1:10 E3:12 E4:15 E5:19",
            1,
        ),
        (
            "dn: cn=a,,dc=x\nchangetype: modrdn\nnewrdn: cn=a,cn=b\ndeleteoldrdn: 1\nnewsuperior: also bad\n",
            "E1:10 E3:9 E5:19",
            1,
        ),
        ("dn: cn=a\nchangetype: modrdn\nnewrdn: bad\n", "E3:12 E3:12", 1),
        ("dn: cn=a\nchangetype: modrdm\nnewrdn: bad\ndeleteoldrdn: 1\n", "E2:13 E3:12", 1),
        // In an add these are attributes, and behind the next record nothing is certain.
        ("dn: cn=a\nchangetype: add\nnewrdn: x\nadd: y\nbad\n", "E5:4", 1),
        (
            "dn: cn=a\nchangetype: modify\nbad\ndn: cn=b\nchangetype: modrdn\nnewrdn: x\n",
            "E3:1 E4:1",
            1,
        ),
        (
            "dn: cn=a\ncontrol: x\ncontrol: 1.2 true:: YQ\nchangetype: delte\n",
            "E2:10 E3:21 E4:13",
            1,
        ),
        (
            "dn: cn=a\ncontrol: 1.2 true:: YQ\nchangetype: modify\nincrement: x\nx: 1\nx: 2\n-\nadd: x\nx:: *\n-\n",
            "E2:21 E4:12 E9:5",
            1,
        ),
        // What is refused is no deviation as well.
        ("dn: dc=x\ncontrol: 1.2.3 true:: AA\nchangetype: delete\n", "E2:23", 1),
        ("dn: dc=x\nobjectClass: domain\ndc:: Z\n", "E3:6", 1),
        // What has no name is neither an entry nor a change.
        ("dn: cn=a\nchangetype: delete\n\n-\n", "E4:1", 1),
        ("-\n\ndn: cn=a\nchangetype: delete\n", "E1:1", 1),
        // What `cat` may have made an attribute; at the end of all and elsewhere it is one.
        (
            "dn: cn=a\nobjectClass: x\nversion: 1\n\ndn: cn=b\nobjectClass: x\nversion: 1\ncn: b\n\n\
             dn: cn=c\nobjectClass: x\nversion: 2\n\ndn: cn=d\nobjectClass: x\nversion: 1\n",
            "W3:1",
            0,
        ),
        // A missing line end may be the mark of a cut, and only `diff` refuses it.
        ("dn: dc=x\nobjectClass: domain", "W2:20", 0),
    ] {
        let outcome = checked(text, "a.ldif --format jsonl");
        assert_eq!(places(&outcome).join(" "), found, "{text:?}\n{}", outcome.stderr);
        assert_eq!(outcome.status, status, "{text:?}");
    }
}

/// Each of these took time that grew with the square of their number, minutes for so many.
#[test]
fn many_faults_in_one_record_cost_one_look_each() {
    const MANY: usize = 20_000;
    let head = "dn: dc=x\nobjectClass: domain\n";
    for line in
        ["bad\n", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn\n", "cn:: !!!\n", "cn: a\rb\n"]
    {
        let text = format!("{head}{}", line.repeat(MANY));
        let found = places(&checked(&text, "a.ldif --format jsonl").expect(1));
        assert_eq!(found.len(), MANY, "{line:?}");
        assert!(found[MANY - 1].starts_with(&format!("E{}:", MANY + 2)), "{line:?}");
    }
    let ranges = format!("{head}{}", "member;range=0-1: cn=a\n".repeat(MANY));
    let found = places(&checked(&ranges, "a.ldif --format jsonl").expect(0));
    assert_eq!(found.len(), 2 * MANY - 1);
    let comment = format!("# a\n{}{SOUND}", "\tb\n".repeat(MANY));
    assert_eq!(places(&checked(&comment, "a.ldif --format jsonl").expect(0)), ["W2:1"]);
}

#[test]
fn every_warning_is_told_without_the_closing_line() {
    let entries = "dn: cn=a\ncn: a\n\ndn: cn=b\ncn: b\n\ndn: cn=c\ncn: c\n";
    let outcome = checked(entries, "a.ldif -v -q").expect(0);
    let said = String::from_utf8(outcome.stdout).expect("text");
    assert_eq!(said.matches("expected an `objectClass`").count(), 3, "{said}");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn half_a_character_has_a_place_and_is_a_fault() {
    let dir = Dir::new();
    let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let sound = [vec![0xff, 0xfe], units("dn: dc=x\ndc: \u{e4}")].concat();
    for (tail, message, hint) in [
        (&b"a"[..], "expected the rest of a character in UTF-16LE", "cut off"),
        (b"\x00\xd8", "expected the rest of a character in UTF-16LE", "cut off"),
        (b"\x00\xd8a\0", "found half a character at byte 30", "without `-u`"),
    ] {
        dir.write("a.ldif", [&sound, tail].concat());
        let outcome = run(&dir, ["check", "a.ldif", "--format", "jsonl"]).expect(1);
        assert_eq!(places(&outcome), ["E2:7"]);
        let said = String::from_utf8(outcome.stdout).expect("text");
        assert!(said.contains(message) && said.contains(hint), "{said}");
    }
}

/// Of what stands far below the line that it was to continue nobody knows what it is of.
#[test]
fn what_may_be_of_a_secret_is_not_shown_however_far_below_it_stands() {
    let lost = "NHQwcHNlY3JldA==\n".repeat(200);
    let text = format!("dn: cn=a,dc=x\nobjectClass: person\nuserPassword:: YWJj\n{lost}");
    let outcome = checked(&text, "a.ldif").expect(1);
    let said = String::from_utf8(outcome.stdout).expect("text");
    assert!(!said.contains("NHQw") && said.contains("203 | ****"), "{said}");
}

#[test]
fn the_schema_is_asked_where_one_is_given() {
    let schema = "attributetype ( 1.1.1 NAME 'x-size' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )\n\
                  attributetype ( 1.1.3 NAME 'x-cert' SYNTAX 1.3.6.1.4.1.1466.115.121.1.8 )\n\
                  objectclass ( 1.1.2 NAME 'x-sized' SUP top AUXILIARY MUST x-size )\n";
    let dir = Dir::new();
    dir.write("a.schema", schema);
    for (lines, found) in [
        ("objectClass: person\nobjectClass: x-sized\ncn: a\nsn: b\nx-size: 4", ""),
        ("objectClass: person\nobjectClass: x-sized\ncn: a\nsn: b", "E1:1"),
        ("objectClass: person\nobjectClass: x-sized\ncn: a\nsn: b\nx-size: four", "E6:1"),
        ("objectClass: person\nobjectClass: x-sized\ncn: a\nsn: b\nx-size: 4\nx-size: 5", "E7:1"),
        ("objectClass: person\ncn: a\nsn: b\nx-size: 4", "E5:1"),
        ("objectClass: person\ncn: a\nsn: b\ncreateTimestamp: 20260101000000Z", ""),
        ("objectClass: person\nsn: b", ""),
        ("objectClass: person\nsn: ", "E3:1"),
        ("objectClass: extensibleObject\nobjectClass: person\nsn: b\nmail: x", ""),
        ("sn: b", "E1:1"),
        // One chain of structural classes, and one value under whichever name.
        ("objectClass: person\nobjectClass: device\ncn: a\nsn: b", "E1:1"),
        ("objectClass: person\nobjectClass: inetOrgPerson\ncn: a\nsn: b", ""),
        ("objectClass: country\ncn: a\nc: DE\ncountryName: FR", "E3:1 E5:1"),
        ("objectClass: person\nsn: b\nseeAlso: x-none=a,dc=x", "E4:1"),
        // The option `binary`, where it must stand, where it must not, and where nobody minds.
        ("objectClass: inetOrgPerson\nsn: b\nuserCertificate:: MAA=", "E4:1"),
        ("objectClass: inetOrgPerson\nsn: b\nuserCertificate;binary:: MAA=", ""),
        ("objectClass: pkiCA\nobjectClass: person\nsn: b\ncrossCertificatePair:: MAA=", "E5:1"),
        ("objectClass: person\nsn: b\ndescription;BINARY: x", "E4:1"),
        ("objectClass: inetOrgPerson\nsn: b\njpegPhoto;binary:: AAAA", "E4:1"),
        ("objectClass: inetOrgPerson\nsn: b\nuserPKCS12;binary:: AAAA\nuserPKCS12:: AAAA", ""),
        (
            "objectClass: inetOrgPerson\nobjectClass: extensibleObject\nsn: b\nuserCertificate:: MAA=\nobjectGUID:: AAAA",
            "",
        ),
        (
            "objectClass: inetOrgPerson\nobjectClass: extensibleObject\nsn: b\njpegPhoto;binary:: AA==\nnsUniqueId: 1",
            "",
        ),
        ("objectClass: extensibleObject\nobjectClass: person\nsn: b\nx-cert:: AAAA", "E5:1"),
        // The value in the name is one of those there are.
        ("objectClass: person\ncn;lang-de: b\nsn: b", ""),
        ("objectClass: person\ncommonName: A\ncn: b\nsn: b", "E4:1"),
        ("objectClass: person\ncn: b\nsn: b\ncn: c", "W3:1"),
        ("objectClass: person\ncn: b\nsn: b\ncn a", "E5:3"),
        // With a line that cannot be read: what may stand on it is not missing.
        ("objectClass: person\nbroken\nmail: x\nseeAlso: b", "E3:7 E4:1 E5:1"),
        ("objectClass: person\nsn b\nx-none: y\nx-size: 4", "E3:3 E4:1 E5:1"),
        ("objectClass: person\ntitle a", "E1:1 E3:6"),
        ("objectClass: person\nsn:: *", "E3:6"),
        ("objectClass person\nmail: x\nx-size: y", "E2:12 E4:1"),
    ] {
        dir.write("a.ldif", format!("dn: cn=a,dc=x\n{lines}\n"));
        let args = ["check", "a.ldif", "--schema", "a.schema", "--format", "jsonl"];
        assert_eq!(places(&run(&dir, args)).join(" "), found, "{lines}");
    }
}

#[test]
fn modifications_are_held_against_the_schema() {
    let schema =
        "attributetype ( 1.1.1 NAME 'x-size' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )\n";
    let dir = Dir::new();
    dir.write("a.schema", schema);
    for (lines, found) in [
        ("delete: x-none\n-\nadd: cn\ncn: b\n-", "E3:9"),
        ("replace: x-none\n-", "E3:10"),
        ("add: x-none\n-", "E3:6 W3:6"),
        ("add: cn\n-\nadd: cn\ncn: b\n-\ndelete: cn\n-\nreplace: cn\n-", "W3:6"),
        ("replace: x-size\nx-size: 1\nx-size: 2\n-", "E5:1"),
        ("delete: x-size\nx-size: 1\n-\nadd: x-size\nx-size: 2\n-", ""),
        ("add: mail\nmail: a@x\nmail: A@X\n-", "W5:1"),
        ("delete: mail\nmail: a@x\n-\nadd: mail\nmail: a@x\n-", ""),
    ] {
        dir.write("a.ldif", format!("dn: cn=a,dc=x\nchangetype: modify\n{lines}\n"));
        let args = ["check", "a.ldif", "--schema", "a.schema", "--format", "jsonl"];
        assert_eq!(places(&run(&dir, args)).join(" "), found, "{lines}");
    }
}

#[test]
fn a_file_ends_where_its_last_line_does() {
    let entry = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\n";
    for (end, status) in [("", 0), ("\n", 0), (" b\n", 0), (" \n\n", 0), (" ", 1), ("\n\n", 1)] {
        let outcome = checked(&format!("{entry}{end}"), "a.ldif --strict");
        assert_eq!(outcome.status, status, "{end:?} {}", outcome.stderr);
    }
}

#[test]
fn a_label_is_a_warning_whatever_else_is_folded() {
    for (text, found) in [
        ("dn: demo\nobjectClass: person\ndescription: a\n b\n", "W1:9"),
        ("dn: demo\nobjectClass: person\ndescription: a\n\tb\n", "W1:9 W4:1"),
        ("dn: demo\n\tb\nobjectClass: person\n", "E2:3"),
        // Entries have labels, and nothing else has.
        ("dn: demo\nchangetype: modify\nadd: description\ndescription: a\n-\n", "E1:9"),
        ("dn: demo\nchangetype: delete\n", "E1:9"),
    ] {
        let outcome = checked(text, "a.ldif --format jsonl");
        assert_eq!(places(&outcome).join(" "), found, "{text:?}\n{}", outcome.stderr);
    }
}

#[test]
fn the_top_of_an_export_needs_no_parent() {
    let entries = |names: &str| {
        let entry = |dn: &str| format!("dn: {dn}\nobjectClass: x\n\n");
        names.split(' ').map(entry).collect::<String>()
    };
    for (names, orphans) in [
        ("dc=x cn=a,dc=x cn=b,cn=a,dc=x", 0),
        ("cn=b,cn=a,dc=x cn=a,dc=x dc=x", 0),
        ("ou=p,dc=x cn=a,ou=p,dc=x", 0),
        ("dc=x cn=b,cn=a,dc=x", 1),
        ("dc=x cn=b,cn=a,dc=x cn=c,cn=a,DC=X", 2),
        ("cn=a,dc=x cn=b,dc=x", 2),
        ("dc=x o=y cn=a,o=y", 0),
    ] {
        let complete = checked(&entries(names), "a.ldif --complete --format jsonl");
        assert_eq!(places(&complete).len(), orphans, "{names}");
        assert_eq!(complete.status, i32::from(orphans > 0), "{names}");
        // Otherwise one warning a file, whatever their number.
        let lines = checked(&entries(names), "a.ldif --format jsonl").expect(0);
        let lines = String::from_utf8_lossy(&lines.stdout);
        assert_eq!(lines.matches("no entry").count().min(2), usize::from(orphans > 0), "{lines}");
        assert_eq!(lines.contains("\"more\":1"), orphans == 2, "{lines}");
        let text = String::from_utf8(checked(&entries(names), "a.ldif").expect(0).stdout);
        let warnings = text.expect("text").matches("warning: ").count();
        assert_eq!(warnings, usize::from(orphans > 0), "{names}");
    }
}

#[test]
fn deviations_are_warnings_and_faults_under_strict() {
    let dir = crate::samples::copy_of_samples();
    for entry in std::fs::read_dir(dir.file("samples/deviations")).expect("samples") {
        let name = entry.expect("a sample").file_name().into_string().expect("a name");
        let file = format!("samples/deviations/{name}");
        let number = format!("deviation D-{}:", name[2..4].trim_start_matches('0'));
        let said = |outcome: Outcome| String::from_utf8(outcome.stdout).expect("text");
        // Bytes that are not UTF-8 are a fault where the attribute holds text.
        let status = i32::from(name.starts_with("D-04"));
        let lenient = said(run(&dir, ["check", &file]).expect(status));
        assert!(lenient.contains(&format!("warning: {number}")), "{name}: {lenient}");
        let strict = said(run(&dir, ["check", "--strict", &file]).expect(1));
        assert!(strict.contains(&format!("error: {number}")), "{name}: {strict}");
    }
}

#[test]
fn a_warning_hides_no_deviation_of_its_line() {
    let head = "dn: cn=a,dc=x\nchangetype: modify\n";
    for (lines, fault) in
        [("add: cn\n-\nadd: sn\n", "E5:6"), ("add: my_cn\n-\n", "E3:6"), ("add: cn \n-\n", "E3:8")]
    {
        for verbose in ["", " -v"] {
            let args = format!("a.ldif --strict --format jsonl{verbose}");
            let outcome = checked(&format!("{head}{lines}"), &args).expect(1);
            assert!(places(&outcome).iter().any(|place| place == fault), "{lines:?}");
        }
    }
}

#[test]
fn a_search_that_another_follows_was_cut() {
    let entry = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\n";
    for (text, found) in [
        (format!("{entry}\nsearch: 2\n\nsearch: 3\nresult: 0 Success\n"), "E7:1"),
        (format!("search: 2\n\n{entry}\nsearch: 3\nresult: 0 Success\n"), "E7:1"),
        (format!("{entry}\nsearch: 2\nresult: 0 Success\n\nsearch: 3\nresult: 0\n"), ""),
    ] {
        let outcome = checked(&text, "a.ldif --format jsonl");
        let mut faults = places(&outcome);
        faults.retain(|place| place.starts_with('E'));
        assert_eq!(faults.join(" "), found, "{text}");
    }
}

#[test]
fn any_spelling_of_a_directory_is_sound_on_any_way_in() {
    for_seeds("check", cases() / 3, |_, rng| {
        let tree = Case::sized(rng, 25, 0).old.tree();
        let dir = Dir::new();
        let mut text = if rng.chance(50) { ldif::write(&tree) } else { respell(&tree, rng) };
        // More than one empty line at the end is a deviation (D-18).
        text.truncate(text.trim_ascii_end().len());
        text.push(b'\n');
        dir.write("a.ldif", &text);
        let plain = run(&dir, ["check", "a.ldif", "--strict", "--complete"]).expect(0);
        assert_eq!(String::from_utf8_lossy(&plain.stdout), "");
        let piped = Cmd::new(&dir).args(["check", "-", "-q"]).stdin(&text).run().expect(0);
        assert_eq!((piped.stdout.len(), piped.stderr.as_str()), (0, ""));
    });
}

#[test]
fn threads_change_nothing() {
    for_seeds("check threads", (cases() / 20).clamp(1, 10), |_, rng| {
        let dir = Dir::new();
        dir.write("a.ldif", damaged(rng));
        let said = |threads: &'static str| {
            let args = ["check", "a.ldif", "-v", "--threads", threads];
            let outcome = run(&dir, args);
            assert!(!outcome.stdout.is_empty(), "a damaged file has findings");
            (outcome.status, String::from_utf8(outcome.stdout).expect("text"))
        };
        assert_eq!(said("1"), said("8"));
    });
}

/// Some megabytes with faults here and there, so that several parts have some.
fn damaged(rng: &mut Rng) -> String {
    let mut text = String::new();
    for n in 0..30_000 {
        let name = if rng.chance(1) { rng.below(n + 1) } else { n };
        let colon = if rng.below(5000) == 0 { "" } else { ":" };
        text += &format!("dn: cn=e{name},dc=x\nobjectClass: person\ncn: e{name}\nsn{colon} b\n\n");
    }
    text
}

#[test]
fn files_that_cannot_be_read_do_not_hide_the_others() {
    let dir = Dir::new();
    dir.write("a.ldif", "dn: cn=a\nbad\n");
    let outcome = run(&dir, ["check", "none.ldif", "a.ldif", "--summary", "s.json"]).expect(2);
    assert!(outcome.stderr.contains("cannot open `none.ldif`"), "{}", outcome.stderr);
    let text = String::from_utf8(outcome.stdout).expect("text");
    assert!(text.contains("--> a.ldif:2:4"), "{text}");
    let summary = String::from_utf8(dir.read("s.json")).expect("JSON");
    for part in ["\"exit_status\": 2", "\"name\": \"a.ldif\"", "\"errors\": 1"] {
        assert!(summary.contains(part), "{summary}");
    }
}

#[test]
fn a_file_of_findings_is_whole_or_not_there() {
    let dir = Dir::new();
    dir.write("a.ldif", "dn: cn=a\nbad\n");
    run(&dir, ["check", "a.ldif", "-o", "out.txt"]).expect(1);
    assert!(String::from_utf8(dir.read("out.txt")).expect("text").starts_with("error: expected"));
    run(&dir, ["check", "none.ldif", "-o", "other.txt"]).expect(2);
    assert!(dir.read_if_there("other.txt").is_none());
}

/// Attributes of a person, sound or not.
const LINES: [&str; 77] = [
    "telephoneNumber: +49 (30) 5550-101",
    "telephoneNumber: call_me",
    "telephoneNumber: 5\u{a0}5",
    "telephoneNumber:",
    "telephoneNumber: A/B",
    "facsimileTelephoneNumber: 5",
    "mail: a@b",
    "mail: \u{e4}@b",
    "mail:",
    "description: \u{e4}",
    "description:",
    "seeAlso: cn=a",
    "seeAlso: a",
    "seeAlso: x-none=a",
    "seeAlso:",
    "seeAlso:: IA==",
    "seeAlso:: ICAJ",
    "seeAlso: 2.5.4.3=a,c=DE",
    "postalAddress: a$b",
    "postalAddress:",
    "x121Address: 12 3",
    "x121Address: 12a",
    "x121Address:",
    "destinationIndicator: abc",
    "destinationIndicator: a_b",
    "preferredLanguage: de",
    "preferredLanguage: de\npreferredLanguage: fr",
    "displayName: a\ndisplayName: b",
    "employeeNumber: 1",
    "uidNumber: 5",
    "cn;lang-de: x",
    "cn: b\ncommonName: c",
    "c: DE",
    "l: x\nlocalityName: y",
    "roomNumber: 1",
    "objectClass: posixAccount",
    "objectClass: posixAccount\nuid: a\nuidNumber: 07\ngidNumber: 1\nhomeDirectory: /",
    "objectClass: posixAccount\nuid: a\nuidNumber: 7\ngidNumber: 1\nhomeDirectory: /",
    "objectClass: posixAccount\nuid: a\nuidNumber: 7\ngidNumber: 1\nhomeDirectory: \u{e4}",
    "objectClass: device",
    "objectClass: shadowAccount\nuid: a\nshadowMax: -1",
    "objectClass: shadowAccount\nuid: a\nshadowMax: --1",
    "description: \u{fffd}",
    "description: a\u{e000}\u{f8ff}",
    "sn: \u{fffe}",
    "seeAlso: cn=\\C3",
    "seeAlso: cn=\\C3\\BC",
    "seeAlso: cn=#04",
    "seeAlso: cn=#0401",
    "seeAlso: cn=a+cn=b",
    "seeAlso: cn=a+sn=b",
    "seeAlso: c=DEU",
    "seeAlso: c=DE",
    "seeAlso: dc=\\C3\\BC",
    "seeAlso: telephoneNumber=a_b",
    "preferredDeliveryMethod: any $ telephone",
    "preferredDeliveryMethod: foo",
    "preferredDeliveryMethod: any$",
    "telexNumber: 1$DE$a",
    "telexNumber: $$",
    "telexNumber: 1",
    "facsimileTelephoneNumber:",
    "facsimileTelephoneNumber: 1$twoDimensional",
    "facsimileTelephoneNumber: 1_2",
    "objectClass: ipHost\nipHostNumber: 1\nobjectClass: bootableDevice\nbootParameter: k=s",
    "objectClass: bootableDevice\nbootParameter: k=s:/p",
    "objectClass: bootableDevice\nbootParameter: ks:/p",
    "objectClass: bootableDevice\nbootParameter: =s:/p",
    "objectClass: bootableDevice\nbootParameter: k=:/p",
    "objectClass: bootableDevice\nbootParameter: k=s:",
    "objectClass: bootableDevice\nbootParameter: k=s:p",
    "manager: cn=a,dc=x",
    "manager: cn=\\00a,dc=x",
    "manager: uid=a+UID=b,dc=x",
    "secretary: cn=a;dc=x",
    "audio: x",
    "labeledURI: http://a b",
];

#[test]
fn entries_are_sound_where_slapd_takes_them() {
    if !available("check by slapd's schema") {
        return;
    }
    let top = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
        dc: example\no: Example\n\n";
    let server = Server::holding(Overlay::None, top.as_bytes());
    let schema = schema_files();
    let dir = Dir::new();
    let mut differ = String::new();
    for (n, lines) in LINES.iter().enumerate() {
        let name = format!("dn: cn=a{n},dc=example,dc=com\n");
        let body = format!("objectClass: inetOrgPerson\ncn: a{n}\nsn: a\n{lines}\n");
        let taken = server.apply(format!("{name}changetype: add\n{body}").as_bytes());
        dir.write("a.ldif", format!("{name}{body}"));
        let mut args = vec!["check", "a.ldif", "-q"];
        schema.iter().for_each(|file| args.extend(["--schema", file]));
        let outcome = run(&dir, args);
        let found = String::from_utf8_lossy(&outcome.stdout).into_owned();
        if (outcome.status == 0) != taken.is_ok() {
            let _ = writeln!(differ, "{lines}\n{taken:?}\n{found}");
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// Entries below the suffix, sound or not, by their names and other lines.
const ENTRIES: [(&str, &str); 30] = [
    ("cn=a", "objectClass: device"),
    ("uid=x", "objectClass: device\ncn: a"),
    ("uid=x", "objectClass: device\nobjectClass: uidObject\ncn: a"),
    ("cn=a+uid=x", "objectClass: device\ncn: a"),
    ("cn=a", "objectClass: exampleNamed\nexampleNickname: a"),
    ("exampleNickname=a", "objectClass: exampleNamed"),
    ("exampleName=a", "objectClass: exampleNamed\nexampleNickname: a"),
    ("exampleName=a", "objectClass: exampleNamed\nexampleOld: a"),
    ("exampleName=a", "objectClass: exampleNamed\nobjectClass: exampleFormer"),
    ("cn=a", "objectClass: device\nstructuralObjectClass: device"),
    ("cn=a", "objectClass: device\nstructuralObjectClass: 2.5.6.14"),
    ("cn=a", "objectClass: device\nstructuralObjectClass: person"),
    ("cn=a", "objectClass: inetOrgPerson\nsn: a\nstructuralObjectClass: person"),
    (
        "cn=a",
        "objectClass: inetOrgPerson\nobjectClass: person\nsn: a\nstructuralObjectClass: inetOrgPerson",
    ),
    ("cn=a", "objectClass: exampleThing"),
    ("cn=a", "objectClass: exampleThing\ndescription: x"),
    ("cn=a", "objectClass: exampleThing\ndescription: x\nemployeeNumber: 1"),
    ("employeeNumber=a", "objectClass: exampleThing\ncn: a\ndescription: x"),
    ("cn=a", "objectClass: exampleThing\ndescription: x\nexampleName: a"),
    ("cn=a", "objectClass: exampleThing\ndescription: x\nobjectClass: examplePart\no: a"),
    ("cn=a", "objectClass: exampleThing\ndescription: x\nobjectClass: examplePerson"),
    ("cn=a", "objectClass: exampleThing\ndescription: x\nobjectClass: extensibleObject\nst: a"),
    ("cn=a", "objectClass: device\nobjectClass: extensibleObject\nsAMAccountName: a"),
    ("sAMAccountName=a", "objectClass: device\nobjectClass: extensibleObject\ncn: a"),
    ("cn=a", "objectClass: device\nseeAlso: sAMAccountName=a"),
    ("cn=a", "objectClass: group"),
    ("cn=a", "objectClass: device\nobjectClass: extensibleObject\nlabeledURI: x"),
    ("cn=a", "objectClass: alias\nobjectClass: extensibleObject\naliasedObjectName: cn=b"),
    ("cn=a", "objectClass: referral\nobjectClass: extensibleObject\nref: ldap://x"),
    ("cn=a", "objectClass: subentry\nsubtreeSpecification: {}"),
];

/// By the schema as files, and as the server says itself.
#[test]
fn entries_are_sound_where_slapadd_takes_them() {
    if !available("check by slapadd's schema") {
        return;
    }
    let top = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
        dc: example\no: Example\n\n";
    let dir = Dir::new();
    dir.write("local.schema", LOCAL);
    dir.write("subschema.ldif", Server::holding(Overlay::None, top.as_bytes()).subschema());
    let files = schema_files();
    let files = files.iter().map(String::as_str).chain(["local.schema"]);
    let mut differ = String::new();
    for (rdn, lines) in ENTRIES {
        let named = if lines.contains("cn: ") || !rdn.starts_with("cn") { "" } else { "cn: a\n" };
        let entry = format!("{top}dn: {rdn},dc=example,dc=com\n{lines}\n{named}");
        let taken = Server::offline(Overlay::None).load(entry.as_bytes());
        dir.write("a.ldif", entry);
        for schema in [files.clone().collect(), vec!["subschema.ldif"]] {
            let schema = schema.into_iter().flat_map(|file| ["--schema", file]);
            let outcome = run(&dir, ["check", "a.ldif", "-q"].into_iter().chain(schema));
            if (outcome.status == 0) != taken.is_ok() {
                let found = String::from_utf8_lossy(&outcome.stdout);
                let _ = writeln!(differ, "{rdn}\n{lines}\n{taken:?}\n{found}");
            }
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// Pairs of values, of which some are one under caseIgnoreMatch. What RFC 4518 section 2.2 maps to
/// nothing is not among them: a server keeps a soft hyphen.
const PAIRS: [(&str, &str); 28] = [
    ("Straße", "STRASSE"),
    ("Straße", "straße"),
    ("ΟΔΟΣ", "οδος"),
    ("ΟΔΟΣ", "οδοσ"),
    ("JÜRGEN", "jürgen"),
    ("Jürgen", "Ju\u{308}rgen"),
    ("Ju\u{308}rgen", "JÜRGEN"),
    ("Jürgen", "Jurgen"),
    ("İ", "i"),
    ("İ", "i\u{307}"),
    ("ı", "I"),
    ("ﬁn", "FIN"),
    ("ŉ", "ʼN"),
    ("ǰ", "J\u{30c}"),
    ("\u{212a}", "k"),
    ("ſ", "s"),
    ("ſ", "S"),
    ("Ǆ", "ǆ"),
    ("ǅ", "ǆ"),
    ("μ", "µ"),
    ("ΐ", "Ϊ\u{301}"),
    ("ᾳ", "ΑΙ"),
    ("①", "1"),
    ("ａ", "A"),
    ("ﾊ\u{ff9e}", "バ"),
    ("a b", "a\u{a0}b"),
    ("a b", "a  B"),
    ("𐐀", "𐐨"),
];

#[test]
fn values_are_one_where_slapd_has_one() {
    if !available("values that are one in slapd") {
        return;
    }
    let top = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
        dc: example\no: Example\n";
    let server = Server::holding(Overlay::None, top.as_bytes());
    let dir = Dir::new();
    let mut differ = String::new();
    for (n, (a, b)) in PAIRS.iter().enumerate() {
        let entry = |value: &str| {
            format!("dn: ou=x{value}{n},dc=example,dc=com\nobjectClass: organizationalUnit\n\n")
        };
        let (a, b) = (entry(a), entry(b));
        server.add(a.as_bytes()).expect("a name of its own");
        let taken = server.add(b.as_bytes());
        dir.write("a.ldif", format!("{a}{b}"));
        let outcome = run(&dir, ["check", "a.ldif", "-q"]);
        if (outcome.status == 0) != taken.is_ok() {
            let _ = writeln!(differ, "{:?}: slapd {taken:?}, here {}", PAIRS[n], outcome.status);
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// Each name in a name was read again, down to the last: a long value of them took minutes.
#[test]
fn names_in_names_are_looked_into_to_a_depth() {
    let dir = Dir::new();
    dir.write(
        "a.schema",
        "attributetype ( 1.1.1 NAME 'x-size' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )\n",
    );
    let name = "seeAlso=".repeat(50_000);
    dir.write("a.ldif", format!("{SOUND}seeAlso: {name}cn=a\n"));
    run(&dir, ["check", "a.ldif", "--schema", "a.schema", "-q"]).expect(0);
}

/// A name that cannot be read, in a record with another fault, ended the whole check.
#[test]
fn a_name_that_cannot_be_read_ends_nothing() {
    for name in ["dn:\tcn=a,dc=x", "dn: \tcn=a", "dn: cn=a,\tdc=x", "dn:: Y249YSwJZGM9eA=="] {
        let text = format!(
            "dn: dc=x\nobjectClass: domain\ndc: x\n\ndn: cn=q,dc=x\nobjectClass: device\ncn q\n\n\
             {name}\nobjectClass device\ncn: a\n\ndn: cn=z,dc=x\nobjectClass: device\ncn z\n\n"
        );
        let found = places(&checked(&text, "a.ldif --format jsonl").expect(1));
        assert_eq!(
            (found.first(), found.last()),
            (Some(&"E7:3".into()), Some(&"E15:3".into())),
            "{name}"
        );
        assert_eq!(found.len(), 4, "{name} {found:?}");
    }
}

/// What should be BER was only counted.
#[test]
fn a_certificate_is_a_sequence() {
    let dir = Dir::new();
    dir.write(
        "a.schema",
        "attributetype ( 1.1.1 NAME 'x-a' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n",
    );
    for (value, status) in [("eA==", 1), ("MAA=", 0), ("MAAA", 1), ("MAE=", 1), ("MIABAA==", 1)] {
        let lines =
            format!("objectClass: inetOrgPerson\ncn: a\nsn: a\nuserCertificate;binary:: {value}\n");
        dir.write("a.ldif", format!("dn: cn=a\n{lines}"));
        run(&dir, ["check", "a.ldif", "--schema", "a.schema"]).expect(status);
    }
}
