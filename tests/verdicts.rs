//! Single change records, each by `slapd` and by `apply`: both perform it, or both refuse it alike.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ldifsync::filter::Filter;

use crate::ldif;
use crate::slapd::{LOCAL, Overlay, Server, available, result_code, schema_files};
use crate::tree::assert_same;
use crate::util::{Dir, run};

const CONTENT: &str = "\
dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\no: Example\ndc: example\n\n\
dn: cn=a,dc=example,dc=com\nobjectClass: device\nobjectClass: extensibleObject\ncn: a\ncn: b\n\
description: one\nuidNumber: 4\njpegPhoto: abc\n\n\
dn: cn=alias,dc=example,dc=com\nobjectClass: alias\nobjectClass: extensibleObject\ncn: alias\n\
aliasedObjectName: cn=a,dc=example,dc=com\n\n\
dn: cn=referral,dc=example,dc=com\nobjectClass: referral\nobjectClass: extensibleObject\n\
cn: referral\nref: ldap://elsewhere.example.com/dc=x\n\n";

/// Asserts that both come to the same, each record by itself on the same content.
fn agree(records: &[String]) {
    agree_by(&[Vec::new()], CONTENT, records);
}

/// Likewise, by each choice of schema files.
fn agree_by(schemas: &[Vec<String>], content: &str, records: &[String]) {
    let new = || Server::holding(Overlay::None, content.as_bytes());
    let mut server = new();
    for record in records {
        let dir = Dir::new();
        dir.write("old.ldif", server.dump());
        dir.write("c.ldif", record);
        dir.write("local.schema", LOCAL);
        dir.write("subschema.ldif", server.subschema());
        let said = server.apply(record.as_bytes()).err();
        for schema in schemas {
            let files = schema.iter().flat_map(|file| ["--schema", file]);
            let outcome = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"].into_iter().chain(files));
            match &said {
                Some(said) => {
                    let code = result_code(said).expect("a result code");
                    let told = outcome.expect(2).stderr;
                    assert!(told.contains(&format!(", {code})\n")), "{record}\n{said}\n{told}");
                }
                None => {
                    let after = outcome.expect(0).stdout;
                    let (there, here) = (server.dump(), ldif::read_content(&after));
                    assert_same(record, &ldif::read_content(&there), &here);
                }
            }
        }
        // What is refused leaves all as it was.
        if said.is_none() {
            server = new();
        }
    }
}

/// All that the server of the tests knows: as files, and as it says itself.
fn whole_schemas() -> Vec<Vec<String>> {
    let files = schema_files().into_iter().chain(["local.schema".to_owned()]);
    vec![files.collect(), vec!["subschema.ldif".to_owned()]]
}

fn modify(control: &str, lines: &str) -> String {
    format!("dn: cn=a,dc=example,dc=com\n{control}changetype: modify\n{lines}-\n\n")
}

/// Of the values that a permissive modify deletes the last decides, and it sets what it cannot increment.
#[test]
fn a_permissive_modify_is_forgiven_what_slapd_forgives() {
    if !available("permissive modify") {
        return;
    }
    let mut records = Vec::new();
    for control in ["", "control: 1.2.840.113556.1.4.1413 true\n"] {
        for lines in [
            "delete: description\ndescription: two\n",
            "delete: description\ndescription: two\ndescription: one\n",
            "delete: description\ndescription: one\ndescription: two\n",
            "delete: description\ndescription: one\ndescription: ONE\n",
            "delete: cn\ncn: c\ncn: b\n",
            "delete: cn\ncn: c\n-\nadd: cn\ncn: d\n",
            "delete: l\nl: x\n",
            "delete: l\n",
            "delete: uidNumber\nuidNumber: 5\n",
            "increment: uidNumber\nuidNumber: 5\n",
            "increment: gidNumber\ngidNumber: 5\n",
            "increment: employeeNumber\nemployeeNumber: 5\n",
            "add: cn\ncn: a\ncn: x\n",
            "add: uidNumber\nuidNumber: 5\n",
            "replace: cn\ncn: a\ncn: A\n",
        ] {
            records.push(modify(control, lines));
        }
    }
    agree(&records);
}

/// A filter that is asserted says nothing where the server lacks a rule, an attribute or a class.
#[test]
fn assertions_are_what_slapd_says() {
    if !available("assertions") {
        return;
    }
    for (filter, is_of_schema) in [
        ("(description>=a)", false),
        ("(description<=z)", false),
        ("(!(description>=zz))", false),
        ("(jpegPhoto=abc)", false),
        ("(!(jpegPhoto=x))", false),
        ("(!(jpegPhoto~=x))", false),
        ("(!(jpegPhoto=*x*))", false),
        ("(!(homeDirectory=*z*))", false),
        ("(!(manager=*z*))", false),
        ("(!(userPassword=*z*))", false),
        ("(!(shadowMin>=9))", false),
        ("(!(uidNumber>=9))", false),
        ("(&(cn=a)(|(description>=a)(cn=b)))", false),
        ("(jpegPhoto=*)", false),
        ("(description=o*)", false),
        ("(!(description=z))", false),
        ("(!(description~=z))", false),
        ("(!(givenName=*z))", false),
        ("(modifyTimestamp>=20000101000000Z)", false),
        ("(!(nosuch=z))", true),
        ("(!(nosuch=*))", true),
        ("(!(nosuch>=z))", true),
        ("(!(nosuch=*z))", true),
        ("(|(nosuch=z)(cn=a))", true),
        ("(!(sAMAccountName=z))", true),
        ("(!(objectClass=group))", true),
        ("(!(objectClass=nosuch))", true),
        ("(!(objectClass=1.2.3.4.5))", true),
        ("(!(objectClass=person))", true),
    ] {
        let value = Filter::parse(filter.as_bytes()).expect("a filter").to_ber();
        let value = ldif::to_base64(&value);
        let control = format!("control: 1.3.6.1.1.12 true:: {value}\n");
        let record = [modify(&control, "replace: l\nl: x\n")];
        let unknown = (!is_of_schema).then(Vec::new);
        agree_by(
            &unknown.into_iter().chain([schema_files()]).collect::<Vec<_>>(),
            CONTENT,
            &record,
        );
    }
}

/// `ldapmodify` leaves out what adds nothing.
#[test]
fn an_add_without_values_is_left_out() {
    if !available("adds without values") {
        return;
    }
    let nothing = ["add: l\n", "add: description\n", "add: l\n-\nreplace: l\nl: x\n"];
    let mut records: Vec<String> = nothing.iter().map(|lines| modify("", lines)).collect();
    records.push(modify("", "add: jpegPhoto\n"));
    records.push(modify("", "replace: description\n"));
    records.push(modify("", "add: l\n").replace("cn=a", "cn=none"));
    agree(&records);
}

/// No entry comes below an alias or a referral, and none is named by what nobody can compare.
#[test]
fn names_are_what_slapd_takes() {
    if !available("names of entries") {
        return;
    }
    let mut records = Vec::new();
    for control in ["", "control: 2.16.840.1.113730.3.4.2 true\n"] {
        for above in ["cn=alias", "cn=referral", "cn=a"] {
            records.push(format!(
                "dn: cn=n,{above},dc=example,dc=com\n{control}changetype: add\nobjectClass: device\n\
                 cn: n\n\n"
            ));
            let (name, above) = match above {
                "cn=a" => ("cn=alias", "cn=a"),
                above => ("cn=a", above),
            };
            records.push(format!(
                "dn: {name},dc=example,dc=com\n{control}changetype: modrdn\nnewrdn: {name}\n\
                 deleteoldrdn: 0\nnewsuperior: {above},dc=example,dc=com\n\n"
            ));
        }
    }
    for rdn in ["jpegPhoto=abc", "cn=a+jpegPhoto=abc", "labeledURI=x", "cn=a+labeledURI=x"] {
        records.push(format!(
            "dn: cn=a,dc=example,dc=com\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 0\n\n"
        ));
        let classes = "objectClass: device\nobjectClass: extensibleObject";
        records.push(format!(
            "dn: {rdn},cn=a,dc=example,dc=com\nchangetype: add\n{classes}\ncn: a\n\n"
        ));
    }
    agree(&records);
}

/// What comes below an entry is held against what it is by then.
#[test]
fn an_alias_is_one_when_changes_make_it_one() {
    let dir = Dir::new();
    dir.write("old.ldif", CONTENT);
    let alias = "cn=n,dc=example,dc=com";
    let add = format!(
        "dn: {alias}\nchangetype: add\nobjectClass: alias\nobjectClass: extensibleObject\ncn: n\n\
         aliasedObjectName: cn=a,dc=example,dc=com\n\n"
    );
    let below = format!("dn: cn=x,{alias}\nchangetype: add\nobjectClass: device\ncn: x\n\n");
    dir.write("c.ldif", [add, below].concat());
    for (server, status) in [("openldap", 2), ("generic", 2), ("389ds", 0), ("ad", 0)] {
        let told = run(&dir, ["apply", "old.ldif", "c.ldif", "--server", server]).expect(status);
        assert_eq!(told.stderr.contains("(aliasProblem, 33)"), status == 2, "{}", told.stderr);
    }
}

/// Attributes of each syntax that slapd looks at.
const OF_SYNTAXES: [&str; 22] = [
    "description",
    "c",
    "manager",
    "uniqueMember",
    "mail",
    "postalAddress",
    "telephoneNumber",
    "facsimileTelephoneNumber",
    "internationaliSDNNumber",
    "uidNumber",
    "dc",
    "destinationIndicator",
    "preferredDeliveryMethod",
    "x500UniqueIdentifier",
    "nisNetgroupTriple",
    "bootParameter",
    "userCertificate",
    "userPassword",
    "jpegPhoto",
    "photo",
    "teletexTerminalIdentifier",
    "enhancedSearchGuide",
];

/// What is a value of some of them.
const VALUES: [&str; 33] = [
    "",
    " ",
    "a",
    "1",
    "-1",
    "01",
    "+1",
    "-0",
    "12 34",
    "TRUE",
    "a$b",
    "a$$b",
    "é",
    "a\0b",
    "cn=a",
    "cn=a,",
    "cn=a, dc=x",
    "cn=a+cn=b",
    "foo=a",
    "c=de",
    "c=deu",
    "uidNumber=a",
    "cn=a#'01'B",
    "'01'B",
    "'02'B",
    "1.2.3",
    "1.2.",
    "any $ telephone",
    "any $ carrier",
    "(host,user,domain)",
    "(host,user)",
    "key=server:path",
    "99999999999999999999",
];

/// What a server takes as a value of an attribute (RFC 4517 section 3.3) is what `apply` takes, by the schema that is
/// built in and by the server's own.
#[test]
fn values_are_those_that_slapd_takes() {
    if !available("values") {
        return;
    }
    let cases = || OF_SYNTAXES.iter().flat_map(|attribute| VALUES.map(|value| (*attribute, value)));
    let mut content = CONTENT.to_owned();
    let mut records = Vec::new();
    for (n, (attribute, value)) in cases().enumerate() {
        let dn = format!("cn=e{n},dc=example,dc=com");
        let _ = write!(
            content,
            "dn: {dn}\nobjectClass: device\nobjectClass: extensibleObject\ncn: e{n}\n\n"
        );
        let mut record = format!("dn: {dn}\nchangetype: modify\nadd: {attribute}\n").into_bytes();
        ldif::line(&mut record, attribute, value.as_bytes());
        record.extend(b"-\n\n");
        records.push(record);
    }
    let server = Server::holding(Overlay::None, content.as_bytes());
    let dir = Dir::new();
    dir.write("old.ldif", server.dump());
    dir.write("c.ldif", records.concat());
    let refused: BTreeSet<usize> =
        (0..records.len()).filter(|&n| server.apply(&records[n]).is_err()).collect();
    assert!(refused.len() > records.len() / 4, "{}", refused.len());
    let files = schema_files();
    let own = files.iter().flat_map(|file| ["--schema", file]);
    for schema in [Vec::new(), own.collect()] {
        let usual = ["apply", "old.ldif", "c.ldif", "-q", "--keep-going", "--rejects", "r.ldif"];
        run(&dir, usual.iter().chain(&schema).copied()).expect(5);
        let rejected = String::from_utf8(dir.read("r.ldif")).expect("UTF-8");
        let ours = |n: &usize| rejected.contains(&format!("dn: cn=e{n},"));
        for (n, (attribute, value)) in cases().enumerate() {
            // What is built in may not be all that the server knows.
            let is_unknown = schema.is_empty() && ["foo=a", "key=server:path"].contains(&value);
            assert!(
                ours(&n) == refused.contains(&n) || is_unknown,
                "{attribute}: {value:?} with {schema:?}: slapd refuses it: {}",
                refused.contains(&n)
            );
        }
        std::fs::remove_file(dir.path().join("r.ldif")).expect("rejects");
    }
}

fn rename(newrdn: &str, superior: &str) -> String {
    format!(
        "dn: cn=a,dc=example,dc=com\nchangetype: modrdn\nnewrdn: {newrdn}\ndeleteoldrdn: 0\n{superior}\n"
    )
}

/// Names in which a part is no text, or of an attribute that the schema does not have: `apply` let them be.
#[test]
fn no_entry_has_a_name_that_slapd_refuses() {
    if !available("names of other than text") {
        return;
    }
    let classes = "objectClass: device\nobjectClass: extensibleObject\ncn: n";
    let of = |rdn: &str| {
        vec![
            rename(rdn, ""),
            rename("cn=b", &format!("newsuperior: {rdn},dc=example,dc=com\n")),
            format!("dn: {rdn},dc=example,dc=com\nchangetype: add\n{classes}\n\n"),
            format!("dn: cn=n,{rdn},dc=example,dc=com\nchangetype: add\n{classes}\n\n"),
            format!("dn: {rdn},dc=example,dc=com\nchangetype: delete\n\n"),
        ]
    };
    let rdns = ["cn=#0500", "mail=", "homeDirectory=", "cn=x+dc=", "userPassword=\\FF"];
    let mut records: Vec<String> = rdns.iter().flat_map(|rdn| of(rdn)).collect();
    let values = ["cn=#0500", "mail=", "userPassword=\\FF"];
    records.extend(values.map(|name| modify("", &format!("add: seeAlso\nseeAlso: {name}\n"))));
    agree_by(&[vec![], schema_files()], CONTENT, &records);
    let unknown = ["foo=b", "cn=a+foo=b", "1.2.3.4=b", "foo=#0400"];
    agree_by(&whole_schemas(), CONTENT, &unknown.map(of).concat());
}

/// Of several reasons to refuse a record `apply` names that of slapd.
#[test]
fn refusals_are_those_of_slapd() {
    if !available("reasons to refuse") {
        return;
    }
    let mut records = vec![
        rename("dc=example", "newsuperior: dc=com\n"),
        rename("foo=#", "newsuperior: cn=a,dc=example,dc=com\n").replace("foo=#", "mail="),
        "dn: employeeNumber=2,dc=example,dc=com\nchangetype: add\nobjectClass: inetOrgPerson\ncn: a\n\
         employeeNumber: 1\n\n"
            .to_owned(),
    ];
    for (attribute, delta) in
        [("seeAlso", "5"), ("preferredDeliveryMethod", "5"), ("telephoneNumber", "_"), ("c", "5")]
    {
        records.push(modify("", &format!("increment: {attribute}\n{attribute}: {delta}\n")));
    }
    for below in ["cn=x,cn=referral", "cn=x,cn=y,cn=referral"] {
        let dn = format!("dn: {below},dc=example,dc=com\nchangetype: ");
        records.push(format!("{dn}delete\n\n"));
        records.push(format!("{dn}modify\nreplace: l\nl: x\n-\n\n"));
    }
    records.push(rename("cn=z", "").replace("cn=a", "cn=x,cn=referral"));
    agree_by(&[vec![], schema_files()], CONTENT, &records);
}

/// Where the schema of the server is given, what is built in for others is unknown; what is built into slapd is not.
#[test]
fn what_is_known_is_what_slapd_knows() {
    if !available("what slapd knows") {
        return;
    }
    let add = |attribute: &str, value: &str| {
        modify("", &format!("add: {attribute}\n{attribute}: {value}\n"))
    };
    let mut records = vec![
        add("sAMAccountName", "a"),
        add("rfc822MailMember", "a"),
        modify("", "replace: sAMAccountName\n"),
        add("objectClass", "group"),
        add("seeAlso", "sAMAccountName=a"),
        rename("sAMAccountName=a", ""),
        rename("olcDatabase=a", ""),
        "dn: cn=g,dc=example,dc=com\nchangetype: add\nobjectClass: group\ncn: g\n\n".to_owned(),
        "dn: sAMAccountName=g,dc=example,dc=com\nchangetype: delete\n\n".to_owned(),
    ];
    for (attribute, value) in [
        ("labeledURI", "ldap://x"),
        ("distinguishedName", "cn=a"),
        ("gidNumber", "1"),
        ("olcDatabase", "mdb"),
        ("seeAlso", "olcDatabase=mdb,cn=config"),
        ("homeDirectory", "/"),
        ("exampleName", "a"),
        ("objectClass", "simpleSecurityObject\n-\nadd: userPassword\nuserPassword: a"),
    ] {
        records.push(add(attribute, value));
    }
    agree_by(&whole_schemas(), CONTENT, &records);
}

/// What the content rule of a class says (RFC 4512 section 4.1.6), and what is OBSOLETE.
#[test]
fn content_rules_and_obsolete_definitions_are_heeded() {
    if !available("content rules") {
        return;
    }
    let content = format!(
        "{CONTENT}dn: cn=t,dc=example,dc=com\nobjectClass: exampleThing\ncn: t\ndescription: x\n\n"
    );
    let add = |rdn: &str, lines: &str| {
        format!("dn: {rdn},dc=example,dc=com\nchangetype: add\nobjectClass: {lines}\n\n")
    };
    let edit = |lines: &str| modify("", lines).replace("cn=a,", "cn=t,");
    let mut records = Vec::new();
    for lines in [
        "description: x",
        "description;lang-de: x",
        "l: x",
        "description: x\nemployeeNumber: 1",
        "description: x\nexampleName: a",
        "description: x\nexampleNickname: a",
        "description: x\nobjectClass: examplePart\no: x",
        "description: x\nobjectClass: simpleSecurityObject\nuserPassword: a",
        "description: x\nobjectClass: extensibleObject\nst: x",
        "description: x\nobjectClass: extensibleObject\nexampleName: x",
    ] {
        records.push(add("cn=n", &format!("exampleThing\ncn: n\n{lines}")));
    }
    for lines in [
        "delete: description\n",
        "replace: description\ndescription: y\n",
        "add: employeeNumber\nemployeeNumber: 3\n",
        "add: exampleName\nexampleName: b\n",
        "add: objectClass\nobjectClass: examplePart\n",
        "add: objectClass\nobjectClass: examplePerson\n",
        "add: objectClass\nobjectClass: exampleFormer\n",
        "add: exampleOld\nexampleOld: a\n",
        "replace: exampleOld\nexampleOld: a\n",
        "replace: exampleOld\n",
        "delete: exampleOld\n",
        "delete: exampleOld\nexampleOld: a\n",
    ] {
        records.push(edit(lines));
    }
    records.push(rename("exampleOld=a", "").replace("cn=a,", "cn=t,"));
    records.push(rename("employeeNumber=1", "").replace("cn=a,", "cn=t,"));
    records.push(add("exampleName=n", "exampleNamed\nexampleOld: a"));
    records.push(add("exampleName=n", "exampleNamed\nobjectClass: exampleFormer"));
    records.push(add("exampleOld=n", "exampleNamed\nexampleName: a"));
    records.push(add("cn=n", "exampleNamed\nexampleNickname: a"));
    records.push(add(
        "entryUUID=597ae2f6-16a6-1027-98f4-d28b5365dc14",
        "device\ncn: a\nobjectClass: extensibleObject",
    ));
    agree_by(&whole_schemas(), &content, &records);
}

/// So are names, and with the server's schema classes and attributes.
#[test]
fn names_are_those_that_slapd_takes() {
    if !available("names") {
        return;
    }
    let mut records = Vec::new();
    for rdn in ["uidNumber=abc", "uidNumber=7", "c=deu", "c=de", "cn=a+uidNumber=01"] {
        records.push(format!(
            "dn: cn=a,dc=example,dc=com\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 0\n\n"
        ));
        let (attribute, value) =
            rdn.rsplit('+').next().and_then(|ava| ava.split_once('=')).expect("one");
        records.push(format!(
            "dn: {rdn},dc=example,dc=com\nchangetype: add\nobjectClass: device\n\
             objectClass: extensibleObject\ncn: a\n{attribute}: {value}\n\n"
        ));
    }
    agree(&records);
    let server = Server::holding(Overlay::None, CONTENT.as_bytes());
    let dir = Dir::new();
    dir.write("old.ldif", server.dump());
    let files = schema_files();
    for (lines, known) in [
        ("add: foo\nfoo: a\n", false),
        ("replace: foo\n", false),
        ("add: objectClass\nobjectClass: foo\n", false),
        (
            "add: objectClass\nobjectClass: simpleSecurityObject\n-\nadd: userPassword\nuserPassword: a\n",
            true,
        ),
    ] {
        let record = modify("", lines);
        dir.write("c.ldif", &record);
        let said = server.apply(record.as_bytes()).err();
        let schema = files.iter().flat_map(|file| ["--schema", file]);
        let told = run(&dir, ["apply", "old.ldif", "c.ldif", "-q"].into_iter().chain(schema));
        let told = told.expect(if known { 0 } else { 2 }).stderr;
        let code = said.as_deref().map(|said| result_code(said).expect("a result code"));
        assert_eq!(code.is_none(), known, "{lines}: {said:?}");
        assert!(code.is_none_or(|code| told.contains(&format!(", {code})\n"))), "{said:?}\n{told}");
    }
}
