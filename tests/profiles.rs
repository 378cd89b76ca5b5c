//! What a profile promises of its server, word for word: the rules by which a change is written.

use ldifsync::diff::{Limit, Options};
use ldifsync::server::Server;

use crate::library::{entry, ran, unit};
use crate::util::assert_same_text;

const ALL: [Server; 4] =
    [Server::OpenLdap, Server::Ds389, Server::Generic, Server::ActiveDirectory];

/// What every export begins with.
const TOP: &str = "dn: dc=x\nobjectClass: domain\ndc: x\nentryUUID: 0\n\n";

/// The records of a change for a server.
fn records_for(server: Server, old: &str, new: &str) -> String {
    let ran =
        ran([TOP, old].concat(), [TOP, new].concat(), |options| options.server = Some(server));
    ran.report();
    ran.change
}

#[track_caller]
fn assert_records(servers: &[Server], old: &str, new: &str, expected: &str) {
    for &server in servers {
        assert_same_text(server.name(), expected, &records_for(server, old, new));
    }
}

#[test]
fn parents_come_first_and_go_last_whatever_the_order_of_the_file() {
    let ou = |dn: &str, name: &str| {
        entry(dn, &["objectClass: organizationalUnit", &format!("ou: {name}")])
    };
    let chain = |top: &str, middle: &str, leaf: &str| {
        let person = ["objectClass: person", &format!("cn: {leaf}"), "sn: s"];
        [
            entry(&format!("cn={leaf},ou={middle},ou={top},o=x"), &person),
            ou(&format!("ou={middle},ou={top},o=x"), middle),
            unit(top),
            unit("z"),
        ]
    };
    let (mut old, mut new) = (chain("c", "b", "a"), chain("f", "e", "d"));
    for _ in 0..2 {
        let all = |options: &mut Options| options.limits.delete = Some(Limit::Percent(100.0));
        let wanted =
            ["delete cn=a", "delete ou=b", "delete ou=c", "add ou=f", "add ou=e", "add cn=d"];
        assert_eq!(ran(old.concat(), new.concat(), all).done(), wanted);
        old.reverse();
        new.reverse();
    }
}

#[test]
fn a_reference_waits_for_its_target_under_its_last_name() {
    let person =
        |dn: &str| format!("dn: {dn},dc=x\nobjectClass: person\ncn: p\nsn: p\nentryUUID: 1\n\n");
    let unit = "dn: ou=n,dc=x\nobjectClass: organizationalUnit\nou: n\n\
                seeAlso: cn=p,ou=n,dc=x\nseeAlso: dc=x\nentryUUID: 2\n\n";
    let new = unit.to_owned() + &person("cn=p,ou=n");
    let expected = "\
dn: ou=n,dc=x
changetype: add
objectClass: organizationalUnit
ou: n
seeAlso: dc=x

dn: cn=p,dc=x
changetype: modrdn
newrdn: cn=p
deleteoldrdn: 1
newsuperior: ou=n,dc=x

dn: ou=n,dc=x
changetype: modify
add: seeAlso
seeAlso: cn=p,ou=n,dc=x
-

";
    assert_records(&ALL, &person("cn=p"), &new, expected);
}

#[test]
fn groups_come_behind_their_members() {
    let person = "dn: cn=p,dc=x\nobjectClass: person\ncn: p\nsn: p\n\n";
    let group = |name: &str, member: &str| {
        format!(
            "dn: cn={name},dc=x\nobjectClass: groupOfNames\ncn: {name}\nmember: cn={member},dc=x\n\n"
        )
    };
    let new = group("g", "p") + person;
    let expected = "\
dn: cn=p,dc=x
changetype: add
objectClass: person
cn: p
sn: p

dn: cn=g,dc=x
changetype: add
objectClass: groupOfNames
cn: g
member: cn=p,dc=x

";
    assert_records(&[Server::OpenLdap, Server::Generic], "", &new, expected);
    // Two groups of each other: one of them comes first, and nobody looks for the other yet.
    let circle = group("a", "b") + &group("b", "a");
    let expected = "\
dn: cn=a,dc=x
changetype: add
objectClass: groupOfNames
cn: a
member: cn=ldifsync-placeholder

dn: cn=b,dc=x
changetype: add
objectClass: groupOfNames
cn: b
member: cn=a,dc=x

dn: cn=a,dc=x
changetype: modify
delete: member
member: cn=ldifsync-placeholder
-
add: member
member: cn=b,dc=x
-

";
    assert_records(&[Server::OpenLdap, Server::Generic], "", &circle, expected);
}

#[test]
fn a_value_of_the_old_name_that_a_class_demands_stays() {
    let account = |dn: &str, number: u8| {
        format!(
            "dn: {dn},dc=x\nobjectClass: account\nobjectClass: posixAccount\nuid: a\ncn: b\n\
             uidNumber: {number}\ngidNumber: 1\nhomeDirectory: /\nentryUUID: 1\n\n"
        )
    };
    let expected = "\
dn: uid=a,dc=x
changetype: modrdn
newrdn: cn=b
deleteoldrdn: 0

dn: cn=b,dc=x
changetype: modify
delete: uidNumber
uidNumber: 1
-
add: uidNumber
uidNumber: 2
-

";
    let servers = [Server::OpenLdap, Server::Ds389];
    assert_records(&servers, &account("uid=a", 1), &account("cn=b", 2), expected);
}

#[test]
fn another_case_of_a_name_is_a_rename() {
    let person = |dn: &str, lines: &str| {
        format!("dn: {dn},dc=x\nobjectClass: person\n{lines}entryUUID: 1\n\n")
    };
    let expected = "\
dn: cn=ann,dc=x
changetype: modrdn
newrdn: CN=Ann
deleteoldrdn: 1

dn: CN=Ann,dc=x
changetype: modify
delete: sn
sn: s
-
add: sn
sn: S
-

";
    let old = person("cn=ann", "cn: ann\nsn: s\n");
    assert_records(&ALL, &old, &person("CN=Ann", "cn: Ann\nsn: S\n"), expected);
    let expected = "dn: cn=ann,dc=x\nchangetype: modrdn\nnewrdn: cn=Ann\ndeleteoldrdn: 1\n\n";
    let servers = [Server::OpenLdap, Server::ActiveDirectory];
    assert_records(&servers, &old, &person("cn=ann", "cn: Ann\nsn: s\n"), expected);
}

#[test]
fn openldap_takes_empty_texts_and_names() {
    let person =
        "dn: cn=a,dc=x\nobjectClass: inetOrgPerson\ncn: a\nsn: s\nmail: m\nseeAlso: dc=x\n";
    let new = format!("{person}mail:\nseeAlso:\n\n");
    let expected =
        "dn: cn=a,dc=x\nchangetype: modify\nadd: mail\nmail:\n-\nadd: seeAlso\nseeAlso:\n-\n\n";
    assert_records(&[Server::OpenLdap], &format!("{person}\n"), &new, expected);
}

#[test]
fn a_move_that_looks_like_one_below_the_entry_itself_takes_two_steps_where_nobody_knows() {
    let unit = |dn: &str, id: u8| {
        let name = dn.split([',', '=']).nth(1).expect("a name");
        format!("dn: {dn},dc=x\nobjectClass: organizationalUnit\nou: {name}\nentryUUID: {id}\n\n")
    };
    let (old, new) = (unit("ou=b", 1) + &unit("ou=a", 2), unit("ou=b", 1) + &unit("ou=b,ou=b", 2));
    let two = "dn: ou=a,dc=x\nchangetype: modrdn\nnewrdn: ou=ldifsync-temporary-1\ndeleteoldrdn: 1\nnewsuperior: ou=b,dc=x\n\n\
               dn: ou=ldifsync-temporary-1,ou=b,dc=x\nchangetype: modrdn\nnewrdn: ou=b\ndeleteoldrdn: 1\n\n";
    assert_records(&[Server::Generic, Server::Ds389], &old, &new, two);
    let one = "dn: ou=a,dc=x\nchangetype: modrdn\nnewrdn: ou=b\ndeleteoldrdn: 1\nnewsuperior: ou=b,dc=x\n\n";
    assert_records(&[Server::OpenLdap, Server::ActiveDirectory], &old, &new, one);
}

#[test]
fn groups_of_389_may_be_empty_and_other_entries_may_not() {
    let old = "\
dn: cn=ann,dc=x
objectClass: inetOrgPerson
cn: ann
sn: s
jpegPhoto:: /9j/4A==
jpegPhoto:: /9j/4Q==
manager: cn=bob,dc=x
nsUniqueId: 1

dn: cn=bob,dc=x
objectClass: person
cn: bob
sn: s
nsUniqueId: 2

dn: cn=g,dc=x
objectClass: groupOfNames
cn: g
member: cn=bob,dc=x
nsUniqueId: 3

dn: cn=d,dc=x
objectClass: device
cn: d
serialNumber: 7
nsUniqueId: 4

dn: cn=l,dc=x
objectClass: alias
objectClass: extensibleObject
cn: l
aliasedObjectName: cn=bob,dc=x
nsUniqueId: 5

";
    let new = old
        .replace("bob", "rob")
        .replace("/9j/4Q==", "/9j/4g==")
        .replace("objectClass: device", "objectClass: person")
        .replace("serialNumber: 7", "sn: d");
    let expected = "\
dn: cn=ann,dc=x
changetype: modify
delete: manager
manager: cn=bob,dc=x
-

dn: cn=g,dc=x
changetype: modify
delete: member
member: cn=bob,dc=x
-

dn: cn=l,dc=x
changetype: modify
delete: aliasedObjectName
aliasedObjectName: cn=bob,dc=x
-
add: aliasedObjectName
aliasedObjectName: cn=ldifsync-placeholder
-

dn: cn=bob,dc=x
changetype: modrdn
newrdn: cn=rob
deleteoldrdn: 1

dn: cn=ann,dc=x
changetype: modify
delete: jpegPhoto
jpegPhoto:: /9j/4Q==
-
add: jpegPhoto
jpegPhoto:: /9j/4g==
-

dn: cn=d,dc=x
changetype: modify
delete: objectClass
objectClass: device
-
delete: serialNumber
serialNumber: 7
-
add: objectClass
objectClass: person
-
add: sn
sn: d
-

dn: cn=ann,dc=x
changetype: modify
add: manager
manager: cn=rob,dc=x
-

dn: cn=g,dc=x
changetype: modify
add: member
member: cn=rob,dc=x
-

dn: cn=l,dc=x
changetype: modify
delete: aliasedObjectName
aliasedObjectName: cn=ldifsync-placeholder
-
add: aliasedObjectName
aliasedObjectName: cn=rob,dc=x
-

";
    assert_records(&[Server::Ds389], old, &new, expected);
    for server in [Server::OpenLdap, Server::Generic] {
        let change = records_for(server, old, &new);
        for part in [
            "add: member\nmember: cn=ldifsync-placeholder\n-\n",
            "replace: jpegPhoto\njpegPhoto:: /9j/4A==\njpegPhoto:: /9j/4g==\n-\n",
            "dn: cn=d,dc=x\nchangetype: delete\n\n",
        ] {
            assert!(change.contains(part), "{}: {part} in\n{change}", server.name());
        }
        assert!(!change.contains("objectClass: device"), "{change}");
    }
}

#[test]
fn who_keeps_no_identifiers_is_named() {
    for (server, said) in [
        (Server::OpenLdap, None),
        (
            Server::Ds389,
            Some("389 Directory Server gives what is added identifiers and times of its own"),
        ),
        (
            Server::Generic,
            Some("servers other than OpenLDAP give what is added identifiers of their own"),
        ),
    ] {
        let new =
            [TOP, "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\nentryUUID: 1\n\n"].concat();
        let set = |options: &mut Options| {
            options.server = Some(server);
            options.keep_identifiers = true;
        };
        let warnings = ran(TOP, &new, set).report().warnings.join("\n");
        assert_eq!(warnings.contains("`--keep-identifiers`"), said.is_some(), "{warnings}");
        assert!(warnings.contains(said.unwrap_or_default()), "{warnings}");
    }
}

#[test]
fn an_oid_is_written_as_a_name_where_the_server_takes_none() {
    let new =
        "dn: 2.5.4.3=a,dc=x\nobjectClass: person\n2.5.4.3: a\n2.5.4.4: s\n1.3.6.1.4.1.99: z\n\n";
    let expected =
        "dn: cn=a,dc=x\nchangetype: add\nobjectClass: person\ncn: a\nsn: s\n1.3.6.1.4.1.99: z\n\n";
    assert_records(&[Server::Ds389, Server::Generic], "", new, expected);
    let expected = "dn: 2.5.4.3=a,dc=x\nchangetype: add\nobjectClass: person\n2.5.4.3: a\n2.5.4.4: s\n1.3.6.1.4.1.99: z\n\n";
    assert_records(&[Server::OpenLdap], "", new, expected);
}
