//! `--server ad`: laws on random domains, and each of its rules word for word.

use std::collections::BTreeSet;

use crate::domain::{Domain, Make};
use crate::domains;
use crate::ldif;
use crate::plan::{Plan, records_alone};
use crate::rng::Rng;
use crate::tree::assert_same;
use crate::util::{Dir, Outcome, assert_same_text, cases, for_seeds, run};

/// A random case: its folder, its exports, what happened between them.
fn case(rng: &mut Rng) -> (Dir, String, String) {
    let size = rng.between(4, 24);
    let (old, new, edits) = domains::draw(rng, size, 7);
    let dir = Dir::new();
    dir.write("edits.txt", edits.join("\n"));
    (dir, old, new)
}

#[track_caller]
fn apply(domain: &mut Domain, parts: &[Vec<u8>]) {
    for part in parts {
        domain.apply(part).unwrap_or_else(|(record, code)| {
            let blocks = ldif::blocks(part);
            let text = String::from_utf8_lossy(&part[blocks[record - 1].text.clone()]);
            panic!("record {record} is refused with {code}\n{text}")
        });
    }
}

#[test]
fn the_change_leads_from_old_to_new_and_the_undo_back() {
    for make in [Make::Samba, Make::Windows] {
        for_seeds(&format!("a domain of {make:?}"), cases() * 2, |_, rng| {
            let (dir, old, new) = case(rng);
            there_and_back(make, &dir, &old, &new);
        });
    }
}

/// An entry of a domain: its name, its classes, its other lines, its identifier.
fn entry(dn: &str, classes: &str, lines: &str, guid: usize) -> String {
    let (naming, rest) = dn.split_once('=').expect("a name");
    let name = rest.split(',').next().expect("a name");
    let classes: String = classes.split(' ').map(|c| format!("objectClass: {c}\n")).collect();
    let lines: String = lines.split(' ').filter(|l| !l.is_empty()).map(line).collect();
    let naming = naming.to_lowercase();
    format!("dn: {dn}\n{classes}{naming}: {name}\n{lines}objectGUID: {guid}\n\n")
}

fn line(line: &str) -> String {
    let (name, value) = line.split_once('=').expect("name=value");
    format!("{name}: {value}\n")
}

/// Runs `diff` with these further arguments, its undo in `undo.ldif`.
fn changed(dir: &Dir, old: &str, new: &str, more: &str) -> Outcome {
    dir.write("old.ldif", old);
    dir.write("new.ldif", new);
    let fixed = "diff old.ldif new.ldif --undo undo.ldif --max-delete 100%";
    run(dir, fixed.split(' ').chain(more.split(' ').filter(|word| !word.is_empty())))
}

/// The records of a text, without its head and the headings of an undo.
fn records(text: &[u8]) -> String {
    let bare = records_alone(text).concat();
    String::from_utf8(bare).expect("text").trim_start().to_owned()
}

/// Fails unless these exports lead to these records.
#[track_caller]
fn assert_records(old: &str, new: &str, more: &str, expected: &str) {
    let dir = Dir::new();
    let outcome = changed(&dir, old, new, more).expect(1);
    assert_same_text("the change", expected, &records(&outcome.stdout));
}

#[test]
fn links_follow_and_other_references_do_not() {
    let user = |name: &str, lines: &str, guid| entry(name, "top user", lines, guid);
    let group = |lines: &str| entry("CN=g,DC=x", "top group", lines, 9);
    let old = [
        user("CN=ann,DC=x", "", 1),
        user("CN=bob,DC=x", "", 2),
        user("CN=eve,DC=x", "manager=CN=ann,DC=x assistant=CN=ann,DC=x", 3),
        group("member=CN=ann,DC=x member=CN=bob,DC=x managedBy=CN=ann,DC=x"),
    ];
    let new = [
        user("CN=amy,DC=x", "", 1),
        user("CN=eve,DC=x", "manager=CN=amy,DC=x assistant=CN=amy,DC=x", 3),
        group("member=CN=amy,DC=x member=CN=eve,DC=x managedBy=CN=amy,DC=x"),
    ];
    // Ann's rename is no edit of a link; Bob's goes before he does; the assistant is edited.
    let expected = "\
dn: CN=eve,DC=x
changetype: modify
delete: assistant
-

dn: CN=g,DC=x
changetype: modify
delete: member
member: CN=bob,DC=x
-

dn: CN=bob,DC=x
changetype: delete

dn: CN=ann,DC=x
changetype: modrdn
newrdn: CN=amy
deleteoldrdn: 1

dn: CN=g,DC=x
changetype: modify
add: member
member: CN=eve,DC=x
-

dn: CN=eve,DC=x
changetype: modify
add: assistant
assistant: CN=amy,DC=x
-

";
    assert_records(&old.concat(), &new.concat(), "", expected);
}

#[test]
fn a_swap_of_names_changes_a_membership_only_where_the_members_change() {
    let user = |name: &str, guid| entry(name, "top user", "", guid);
    let group = |name: &str, lines: &str, guid| entry(name, "top group", lines, guid);
    // Most names keep their entries, or nobody would believe the identifiers.
    let others = [group("CN=more,DC=x", "", 5), group("CN=most,DC=x", "", 6)].concat();
    let old = [
        user("CN=ann,DC=x", 1),
        user("CN=bob,DC=x", 2),
        group("CN=follows,DC=x", "member=CN=ann,DC=x", 3),
        group("CN=looks-the-same,DC=x", "member=CN=ann,DC=x", 4),
        others.clone(),
    ];
    let new = [
        user("CN=bob,DC=x", 1),
        user("CN=ann,DC=x", 2),
        group("CN=follows,DC=x", "member=CN=bob,DC=x", 3),
        group("CN=looks-the-same,DC=x", "member=CN=ann,DC=x", 4),
        others,
    ];
    let expected = "\
dn: CN=looks-the-same,DC=x
changetype: modify
delete: member
member: CN=ann,DC=x
-

dn: CN=bob,DC=x
changetype: modrdn
newrdn: CN=ldifsync-temporary-1
deleteoldrdn: 1

dn: CN=ann,DC=x
changetype: modrdn
newrdn: CN=bob
deleteoldrdn: 1

dn: CN=ldifsync-temporary-1,DC=x
changetype: modrdn
newrdn: CN=ann
deleteoldrdn: 1

dn: CN=looks-the-same,DC=x
changetype: modify
add: member
member: CN=ann,DC=x
-

";
    assert_records(&old.concat(), &new.concat(), "", expected);
}

#[test]
fn accounts_without_a_password_come_disabled() {
    let dir = Dir::new();
    let top = entry("DC=x", "top domainDNS", "", 1);
    let user = |name: &str, lines: &str, guid| entry(name, "top user", lines, guid);
    let old = top.clone() + &user("CN=old,DC=x", "sAMAccountName=o userAccountControl=512", 2);
    let made = "objectSid=S-1 whenCreated=1 memberOf=CN=g,DC=x pwdLastSet=0 sAMAccountType=1 \
                badPwdCount=0 primaryGroupID=513";
    let new = [
        top,
        user("CN=ann,DC=x", &format!("sAMAccountName=a userAccountControl=66048 {made}"), 3),
        user("CN=bob,DC=x", "sAMAccountName=b userAccountControl=514", 4),
        user("CN=eve,DC=x", "sAMAccountName=e userAccountControl=512 unicodePwd=secret", 5),
        entry("CN=pc,DC=x", "top user computer", "userAccountControl=4096 primaryGroupID=1104", 6),
    ];
    let outcome = changed(&dir, &old, &new.concat(), "--summary sum.json").expect(1);
    let head: String = String::from_utf8_lossy(&outcome.stdout)
        .lines()
        .filter(|line| line.starts_with("# ") && !line.contains("ldif"))
        .fold(String::new(), |text, line| text + line + "\n");
    let expected = "\
# 4 adds, 1 delete, 0 modifies, 0 renames, for the server profile ad
# 1 new account is disabled, and needs a password before it can be enabled (no export holds one):
#   CN=ann,DC=x
";
    assert_same_text("the head", expected, &head);
    let adds = records(&outcome.stdout);
    let expected = "\
dn: CN=ann,DC=x
changetype: add
objectClass: top
objectClass: user
cn: ann
sAMAccountName: a
userAccountControl: 66050

dn: CN=bob,DC=x
changetype: add
objectClass: top
objectClass: user
cn: bob
sAMAccountName: b
userAccountControl: 514

dn: CN=eve,DC=x
changetype: add
objectClass: top
objectClass: user
cn: eve
sAMAccountName: e
userAccountControl: 512
unicodePwd: secret

dn: CN=pc,DC=x
changetype: add
objectClass: top
objectClass: user
objectClass: computer
cn: pc
userAccountControl: 4096

";
    let adds = adds.split_once("delete\n\n").expect("a delete").1;
    assert_same_text("the adds", expected, adds);
    let undo = String::from_utf8(dir.read("undo.ldif")).expect("text");
    assert!(undo.contains("without password, accounts disabled\n"), "{undo}");
    assert!(undo.contains("sAMAccountName: o\nuserAccountControl: 514\n"), "{undo}");
    let summary = String::from_utf8(dir.read("sum.json")).expect("text");
    for said in ["1 new account is written as disabled", "the primaryGroupID of 1 entry is not"] {
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
        assert!(summary.contains(said), "{summary}");
    }
}

#[test]
fn attributes_are_written_under_the_name_the_server_has() {
    let old = entry("CN=a,DC=x", "top contact", "sn=a", 1);
    let new = "dn: 2.5.4.3=a,dc=x\nobjectClass: top\nobjectClass: contact\ncommonName: a\n\
               surname: b\n2.5.4.42: c\nstreetAddress: d\nobjectGUID: 1\n\n\
               dn: commonName=b,domainComponent=x\nobjectClass: contact\n2.5.4.3: b\ngn: b\n\n";
    let expected = "\
dn: cn=b,dc=x
changetype: add
objectClass: contact
cn: b
givenName: b

dn: CN=a,DC=x
changetype: modify
delete: sn
sn: a
-
add: sn
sn: b
-
add: givenName
givenName: c
-
add: streetAddress
streetAddress: d
-

";
    assert_records(&old, new, "", expected);
}

#[test]
fn street_and_street_address_are_two() {
    let contact = |lines: &str| entry("CN=a,DC=x", "top contact", lines, 1);
    let expected = "\
dn: CN=a,DC=x
changetype: modify
delete: streetAddress
streetAddress: b
-
add: streetAddress
streetAddress: c
-

";
    let (old, new) = ("street=a streetAddress=b", "street=a streetAddress=c");
    assert_records(&contact(old), &contact(new), "", expected);
}

#[test]
fn what_the_server_does_not_give_up_stays() {
    let dir = Dir::new();
    let owned = "sAMAccountName=a userAccountControl=512 codePage=0 primaryGroupID=513";
    let old = entry("CN=a,DC=x", "top user", &format!("{owned} description=d"), 1);
    let new = entry("CN=a,DC=x", "top user", "primaryGroupID=1104", 1);
    let outcome = changed(&dir, &old, &new, "").expect(1);
    let expected = "\
dn: CN=a,DC=x
changetype: modify
delete: description
description: d
-

";
    assert_same_text("the change", expected, &records(&outcome.stdout));
    for said in
        ["(userAccountControl and the like) stays in 1 entry", "the primaryGroupID of 1 entry"]
    {
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
}

#[test]
fn an_account_gives_its_name_free_for_another_and_is_never_without_one() {
    let user = |name: &str, account: &str, guid| {
        entry(name, "top user", &format!("sAMAccountName={account}"), guid)
    };
    let old = [user("CN=a,DC=x", "ann", 1), user("CN=b,DC=x", "bob", 2)].concat();
    let new = [user("CN=a,DC=x", "bob", 1), user("CN=b,DC=x", "ann", 2)].concat();
    let dir = Dir::new();
    let outcome = changed(&dir, &old, &new, "").expect(1);
    let modifies = records(&outcome.stdout);
    let deletes = modifies.matches("delete: sAMAccountName\n").count();
    let adds = modifies.matches("add: sAMAccountName\n").count();
    assert_eq!((deletes, adds), (4, 4), "{modifies}");
    let names = modifies.lines().filter_map(|line| line.strip_prefix("sAMAccountName: "));
    assert!(names.into_iter().all(|name| name.len() <= 20), "{modifies}");
}

/// An account `bob` of `corp.test` is also called `bob@corp.test`, and nobody else may be: Samba answers
/// 19, `implied by sAMAccountName`.
#[test]
fn an_account_gives_its_other_name_free_too() {
    let user = |name: &str, account: &str, guid| {
        let lines = format!("sAMAccountName={account} userPrincipalName={account}@corp.test");
        entry(&format!("CN={name},DC=corp,DC=test"), "top user", &lines, guid)
    };
    let old = [user("a", "ann", 1), user("b", "bob", 2)].concat();
    let new = [user("a", "bob", 1), user("b", "eve", 2)].concat();
    let expected = "\
dn: CN=b,DC=corp,DC=test
changetype: modify
delete: sAMAccountName
sAMAccountName: bob
-
delete: userPrincipalName
userPrincipalName: bob@corp.test
-
add: sAMAccountName
sAMAccountName: ldifsync-1
-

dn: CN=a,DC=corp,DC=test
changetype: modify
delete: sAMAccountName
sAMAccountName: ann
-
delete: userPrincipalName
userPrincipalName: ann@corp.test
-
add: sAMAccountName
sAMAccountName: bob
-
add: userPrincipalName
userPrincipalName: bob@corp.test
-

dn: CN=b,DC=corp,DC=test
changetype: modify
delete: sAMAccountName
sAMAccountName: ldifsync-1
-
add: sAMAccountName
sAMAccountName: eve
-
add: userPrincipalName
userPrincipalName: eve@corp.test
-

";
    assert_records(&old, &new, "", expected);
}

#[test]
fn deleted_objects_are_no_entries() {
    let gone = "CN=a\\0ADEL:1,CN=Deleted Objects,DC=x";
    let user = |name: &str, lines: &str, guid| {
        let text = entry(name, "top user", lines, guid);
        text.replace("cn: a\\0ADEL:1\n", "cn:: YQpERUw6MQ==\n")
    };
    let top = entry("DC=x", "top domainDNS", "", 9);
    let bin = entry("CN=Deleted Objects,DC=x", "top container", "isDeleted=TRUE", 8);
    let alive = top.clone() + &user("CN=a,DC=x", "", 1);
    let dead = top.clone() + &bin + &user(gone, "isDeleted=TRUE lastKnownParent=DC=x", 1);
    let nameless = top.clone() + &user(gone, "", 1);
    let dir = Dir::new();
    let outcome = changed(&dir, &dead, &top, "--server ad").expect(0);
    assert_eq!(records(&outcome.stdout), "");
    changed(&dir, &top, &dead, "--server ad").expect(0);
    for dead in [dead, nameless] {
        let delete = "dn: CN=a,DC=x\nchangetype: delete\n\n";
        assert_records(&alive, &dead, "", delete);
        let outcome = changed(&dir, &dead, &alive, "").expect(1);
        assert!(records(&outcome.stdout).starts_with("dn: CN=a,DC=x\nchangetype: add\n"));
    }
}

#[test]
fn what_is_left_out_is_not_refused() {
    let contact = |name: &str, lines: &str, guid| entry(name, "top contact", lines, guid);
    let (a, b) = (contact("CN=a,DC=x", "", 1), contact("CN=b,DC=x", "", 2));
    let good = contact("CN=b,DC=x", "sn=b", 2);
    let other_class = entry("CN=a,DC=x", "top group", "", 1);
    let more = contact("uid=c,DC=x", "", 3);
    let dir = Dir::new();
    let old = a.clone() + &b;
    for (new, more) in [
        (contact("CN=a,DC=x", "sn;x-a=a", 1) + &good, "--exclude-dn a.txt"),
        (contact("CN=a,DC=x", "sn;x-a=a", 1) + &good, "--exclude-attributes sn;x-a"),
        (contact("CN=a,DC=x", "sn;x-a=a", 1) + &good, "--filter (cn=b)"),
        (other_class.clone() + &good, "--exclude-dn a.txt"),
        (a.clone() + &good + &more, "--only modify"),
        (a.clone() + &good + &more, "--exclude-dn a.txt"),
    ] {
        dir.write("a.txt", "CN=a,DC=x\nuid=c,DC=x\n");
        let outcome = changed(&dir, &old, &new, more).expect(1);
        let expected = "dn: CN=b,DC=x\nchangetype: modify\nadd: sn\nsn: b\n-\n\n";
        assert_same_text(more, expected, &records(&outcome.stdout));
        changed(&dir, &old, &new, "").expect(2);
    }
    changed(&dir, &old, &(other_class + &b), "--only add").expect(0);
}

#[test]
fn values_that_a_server_takes_for_one_are_counted() {
    let old = entry("CN=a,DC=x", "top contact", "mail=a@x", 1);
    let new = entry("CN=a,DC=x", "top contact", "mail=a@x mail=A@x", 1);
    let dir = Dir::new();
    for server in ["ad", "openldap", "389ds", "generic"] {
        let outcome = changed(&dir, &old, &new, &format!("--server {server}")).expect(1);
        let said = "NEW has 1 list of values with two that differ in case alone or as little";
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
        let undone = changed(&dir, &new, &old, &format!("--server {server}")).expect(1);
        assert!(!undone.stderr.contains("list of values"), "{}", undone.stderr);
    }
}

#[test]
fn what_is_left_of_a_change_still_applies() {
    for_seeds("a part of a change", cases() * 2, |_, rng| {
        let (dir, old, new) = case(rng);
        let kinds = ["add", "modify", "delete", "rename"];
        let count = rng.between(1, 3);
        let only = rng.several(&kinds, count).join(",");
        let outcome = changed(&dir, &old, &new, &format!("--only {only} --server ad"));
        assert!(outcome.status < 2, "{}", outcome.stderr);
        for make in [Make::Samba, Make::Windows] {
            let mut domain = Domain::of(make, old.as_bytes());
            apply(&mut domain, std::slice::from_ref(&outcome.stdout));
            apply(&mut domain, &[dir.read("undo.ldif")]);
        }
    });
}

fn there_and_back(make: Make, dir: &Dir, old: &str, new: &str) {
    let plan = Plan::of(dir, old.as_bytes(), new.as_bytes());
    let (from, to) = (Domain::of(make, old.as_bytes()), Domain::of(make, new.as_bytes()));
    let kept: BTreeSet<String> = from.guids().intersection(&to.guids()).cloned().collect();
    let mut domain = from.clone();
    apply(&mut domain, &plan.change);
    assert_same("the change", &to.tree(&kept), &domain.tree(&kept));
    assert_eq!(to.places(&kept), domain.places(&kept));
    apply(&mut domain, &plan.undo);
    assert_same("the undo", &from.tree(&kept), &domain.tree(&kept));
    assert_eq!(from.places(&kept), domain.places(&kept));
    for count in 0..=plan.records() {
        let mut stopped = from.clone();
        apply(&mut stopped, &plan.first(count));
        apply(&mut stopped, &plan.undo_from(count));
        let what = format!("the undo of the first {count} records");
        assert_same(&what, &from.tree(&kept), &stopped.tree(&kept));
        assert_eq!(from.places(&kept), stopped.places(&kept), "{what}");
    }
}

#[test]
fn what_comes_refers_to_nothing_that_is_not_there() {
    let domain = entry("DC=x", "top domainDNS", "", 9);
    let new = [
        domain.clone(),
        entry("CN=g,DC=x", "top group", "member=CN=a,DC=x", 1),
        entry("CN=a,DC=x", "top contact", "manager=CN=b,DC=x seeAlso=CN=a,DC=x", 2),
        entry("CN=b,DC=x", "top contact", "manager=CN=a,DC=x", 3),
    ];
    let expected = "\
dn: CN=g,DC=x
changetype: add
objectClass: top
objectClass: group
cn: g

dn: CN=a,DC=x
changetype: add
objectClass: top
objectClass: contact
cn: a

dn: CN=b,DC=x
changetype: add
objectClass: top
objectClass: contact
cn: b
manager: CN=a,DC=x

dn: CN=g,DC=x
changetype: modify
add: member
member: CN=a,DC=x
-

dn: CN=a,DC=x
changetype: modify
add: manager
manager: CN=b,DC=x
-
add: seeAlso
seeAlso: CN=a,DC=x
-

";
    assert_records(&domain, &new.concat(), "", expected);
}

#[test]
fn principal_names_change_hands_and_values_without_a_rule_go_one_by_one() {
    let user = |name: &str, lines: &str, guid| entry(name, "top user", lines, guid);
    let old = user("CN=a,DC=x", "servicePrincipalName=http/b jpegPhoto=one jpegPhoto=two", 1)
        + &user("CN=b,DC=x", "servicePrincipalName=http/c", 2);
    let new = user("CN=a,DC=x", "servicePrincipalName=http/c jpegPhoto=one jpegPhoto=three", 1)
        + &user("CN=b,DC=x", "servicePrincipalName=http/b", 2);
    let expected = "\
dn: CN=a,DC=x
changetype: modify
delete: servicePrincipalName
servicePrincipalName: http/b
-

dn: CN=b,DC=x
changetype: modify
delete: servicePrincipalName
servicePrincipalName: http/c
-

dn: CN=a,DC=x
changetype: modify
delete: jpegPhoto
jpegPhoto: two
-
add: servicePrincipalName
servicePrincipalName: http/c
-
add: jpegPhoto
jpegPhoto: three
-

dn: CN=b,DC=x
changetype: modify
add: servicePrincipalName
servicePrincipalName: http/b
-

";
    assert_records(&old, &new, "", expected);
}
