//! Single change records, each by `slapd` and by `apply`: both perform it, or both refuse it alike.

use crate::ldif;
use crate::slapd::{Overlay, Server, available, result_code};
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
    for record in records {
        let server = Server::holding(Overlay::None, CONTENT.as_bytes());
        let dir = Dir::new();
        dir.write("old.ldif", server.dump());
        dir.write("c.ldif", record);
        let said = server.apply(record.as_bytes()).err();
        let args = ["apply", "old.ldif", "c.ldif", "-q"];
        match said {
            Some(said) => {
                let code = result_code(&said).expect("a result code");
                let told = run(&dir, args).expect(2).stderr;
                assert!(told.contains(&format!(", {code})\n")), "{record}\n{said}\n{told}");
            }
            None => {
                let after = run(&dir, args).expect(0).stdout;
                let (there, here) = (server.dump(), ldif::read_content(&after));
                assert_same(record, &ldif::read_content(&there), &here);
            }
        }
    }
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
