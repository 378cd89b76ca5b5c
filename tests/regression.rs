//! Faults that were found once, each with its story.

use ldifsync::diff::{Limit, Options, diff};
use ldifsync::dn::Dn;
use ldifsync::error::Error;
use ldifsync::output::Target;
use ldifsync::plan::journey::ModifyStyle;
use ldifsync::plan::narrow::{Kind, Kinds};
use ldifsync::server::Server as Profile;
use ldifsync::source::Rebase;

use crate::ldif;
use crate::slapd::{Overlay, Server, available};
use crate::tree::assert_same;
use crate::util::{Dir, run};

const TOP: &str = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
                   dc: example\no: Example\nentryUUID: 00000000-0000-4000-8000-000000000000\n\n";

/// A record with an identifier that ends in `id`.
fn entry(dn: &str, id: u32, lines: &str) -> String {
    format!("dn: {dn},dc=example,dc=com\n{lines}\nentryUUID: 00000000-0000-4000-8000-{id:012}\n\n")
}

fn person(dn: &str, id: u32, lines: &str) -> String {
    entry(dn, id, &format!("objectClass: inetOrgPerson\nsn: s\n{lines}"))
}

fn unit(dn: &str, id: u32) -> String {
    let ou = dn.split(',').next().unwrap_or_default().replace('=', ": ");
    entry(dn, id, &format!("objectClass: organizationalUnit\n{ou}"))
}

/// The change from one text to another, with `set` options.
fn written(old: &str, new: &str, set: impl Fn(&mut Options)) -> Result<(String, String), Error> {
    let dir = Dir::new();
    let mut options = Options::new(dir.write("old.ldif", old), dir.write("new.ldif", new));
    options.output = Target::File(dir.file("change.ldif"));
    options.undo = Some(dir.file("undo.ldif"));
    options.server = Some(Profile::OpenLdap);
    options.limits.delete = Some(Limit::Percent(100.0));
    set(&mut options);
    diff(&options, &|_| {})?;
    let text = |name| String::from_utf8(dir.read(name)).expect("LDIF is text");
    Ok((text("change.ldif"), text("undo.ldif")))
}

/// A server that holds OLD is led to NEW, and back.
#[track_caller]
fn proved(old: &[String], new: &[String]) -> String {
    proved_with(Overlay::None, old, new)
}

/// The same with something above the database.
#[track_caller]
fn proved_with(overlay: Overlay, old: &[String], new: &[String]) -> String {
    proved_whole(overlay, &[TOP, &old.concat()].concat(), &[TOP, &new.concat()].concat())
}

/// The same with other entries at the top.
#[track_caller]
fn proved_whole(overlay: Overlay, old: &str, new: &str) -> String {
    let (change, undo) = written(old, new, |_| {}).unwrap_or_else(|e| panic!("{e}"));
    if available("a regression") {
        let server = Server::holding(overlay, old.as_bytes());
        let held = || {
            let text = String::from_utf8(server.dump()).expect("LDIF is text");
            // When a password changed is the server's to say.
            let lines = text.split_inclusive('\n').filter(|l| !l.starts_with("pwdChangedTime:"));
            ldif::read_content(lines.collect::<String>().as_bytes())
        };
        server.apply(change.as_bytes()).unwrap_or_else(|said| panic!("{said}\n{change}"));
        assert_same("after the change", &ldif::read_content(new.as_bytes()), &held());
        server.apply(undo.as_bytes()).unwrap_or_else(|said| panic!("{said}\n{undo}"));
        assert_same("after the undo", &ldif::read_content(old.as_bytes()), &held());
    }
    change
}

/// Below a renamed unit, other values of the naming attribute were taken for its RDN and kept.
#[test]
fn below_a_renamed_unit_the_naming_attribute_changes_like_any_other() {
    let change = proved(
        &[unit("ou=a", 1), person("cn=x,ou=a", 2, "cn: x\ncn: z")],
        &[unit("ou=b", 1), person("cn=x,ou=b", 2, "cn: x\ncn: y")],
    );
    assert!(change.contains("delete: cn\ncn: z\n-\nadd: cn\ncn: y\n-\n"), "{change}");
}

/// A unique value in the RDN of an entry that goes late was released by a modify.
#[test]
fn a_value_in_the_rdn_of_what_goes_is_not_released_by_a_modify() {
    let device = |dn: &str, id| entry(dn, id, "objectClass: device\ncn: c");
    let change = proved(
        &[person("uid=x", 1, "uid: x\ncn: x"), device("cn=c,uid=x", 2)],
        &[unit("ou=a", 4), person("uid=x,ou=a", 3, "uid: x\ncn: x"), device("cn=c,uid=x,ou=a", 2)],
    );
    assert!(!change.contains("delete: uid"), "{change}");
}

/// Two values that go from one mandatory attribute left it empty for a moment.
#[test]
fn a_mandatory_attribute_keeps_a_value_while_all_of_its_own_are_released() {
    let posix = |dn: &str, id, uids: &str| {
        let class = "objectClass: account\nobjectClass: posixAccount\ncn: a\nuidNumber: 7\n\
                     gidNumber: 7\nhomeDirectory: /";
        entry(dn, id, &format!("{class}\n{uids}"))
    };
    proved(
        &[
            posix("cn=a", 1, "uid: u1\nuid: u2"),
            person("cn=b", 2, "cn: b"),
            person("cn=c", 3, "cn: c"),
        ],
        &[
            posix("cn=a", 1, "uid: u3"),
            person("cn=b", 2, "cn: b\nuid: u1"),
            person("cn=c", 3, "cn: c\nuid: u2"),
        ],
    );
}

/// Another suffix has another naming value, which a modify tried to add.
#[test]
fn the_suffix_gets_its_naming_value_when_it_is_rebased() {
    let at = |dc: &str, phone: &str| {
        format!(
            "dn: dc={dc},dc=com\nobjectClass: organization\nobjectClass: dcObject\ndc: {dc}\no: E\n\
             telephoneNumber: {phone}\n\ndn: cn=g,dc={dc},dc=com\nobjectClass: groupOfUniqueNames\n\
             cn: g\nuniqueMember: cn=u,dc={dc},dc=com#'01'B\n\n"
        )
    };
    let name = |text: &[u8]| Dn::parse(text).expect("a name");
    let (change, _) = written(&at("example", "1"), &at("prod", "2"), |options| {
        let (from, to) = (name(b"dc=prod,dc=com"), name(b"dc=example,dc=com"));
        options.reading.rebase = Some(Rebase { from, to });
    })
    .unwrap_or_else(|e| panic!("{e}"));
    assert!(change.contains("add: telephoneNumber\ntelephoneNumber: 2\n"), "{change}");
    assert!(!change.contains("prod\n") && !change.contains("cn=g"), "{change}");
}

/// An entry that was cut behind its name became the deletion of all its attributes.
#[test]
fn an_entry_cut_behind_its_name_is_no_change() {
    let group = "dn: cn=g,dc=x\nobjectClass: groupOfNames\ncn: g\nmember: dc=x\n\n";
    let error = written(group, "dn: cn=g,dc=x\n", |_| {}).expect_err("a cut file");
    assert!(error.to_string().contains("found its name alone"), "{error}");
}

/// Under `--strict` only records that did not stand where OLD's do were looked at.
#[test]
fn strict_looks_at_every_record_of_new() {
    let old = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\n\n";
    let new = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: ä\n\n";
    let error = written(old, new, |options| options.reading.strict = true).expect_err("D-3");
    assert!(error.to_string().contains("deviation D-3"), "{error}");
}

/// What `--exclude-attributes` leaves out of comparing was left out of the way back too.
#[test]
fn what_is_not_compared_comes_back_with_a_deleted_entry() {
    let gone = "dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\nuserPassword: secret\n\n";
    let rest = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";
    let (_, undo) = written(&format!("{rest}{gone}"), rest, |options| {
        options.selection.except.insert(b"userpassword".to_vec());
    })
    .unwrap_or_else(|e| panic!("{e}"));
    assert!(undo.contains("userPassword: secret\n"), "{undo}");
}

/// An entry with an identifier took the name of one without, and was deleted.
#[test]
fn an_identifier_counts_where_the_new_name_was_another_entrys() {
    let bare = |dn: &str| format!("dn: {dn},dc=x\nobjectClass: person\ncn: n\nsn: n\n\n");
    let marked = |dn: &str| {
        let id = "entryUUID: 00000000-0000-4000-8000-000000000002";
        format!("dn: {dn},dc=x\nobjectClass: person\ncn: m\nsn: m\n{id}\n\n")
    };
    let (old, new) = (bare("sn=a") + &marked("sn=b"), bare("sn=c") + &marked("sn=a"));
    let (change, _) = written(&old, &new, |_| {}).unwrap_or_else(|e| panic!("{e}"));
    assert!(change.contains("dn: sn=b,dc=x\nchangetype: modrdn\nnewrdn: sn=a\n"), "{change}");
}

/// A rejected record below a renamed unit did not protect the entry it stood for.
#[test]
fn a_rejected_record_protects_its_counterpart_below_a_renamed_unit() {
    let bare = |dn: &str| format!("dn: {dn},dc=example,dc=com\nobjectClass: person\nsn: s\n");
    let old = unit("ou=a", 1) + &bare("cn=x,ou=a") + "cn: x\n\n" + &bare("cn=y,ou=a") + "cn: y\n\n";
    let new = unit("ou=b", 1) + &bare("cn=x,ou=b") + "bad\n\n";
    let (change, _) =
        written(&old, &new, |options| options.keep_going = true).unwrap_or_else(|e| panic!("{e}"));
    assert!(change.contains("newrdn: ou=b\n") && !change.contains("cn=x"), "{change}");
    assert_eq!(change.matches("changetype: delete").count(), 1, "{change}");
}

/// `--attributes` wrote a change of classes without what the classes demand.
#[test]
fn a_change_of_classes_takes_along_what_it_demands() {
    let plain = person("cn=a", 1, "cn: a\ndescription: d");
    let posix = "objectClass: posixAccount\ncn: a\nuid: a\nuidNumber: 7\ngidNumber: 7\n\
                 homeDirectory: /\nloginShell: /bin/sh\ndescription: e\nmobile: 1";
    let (old, new) = ([TOP, &plain].concat(), [TOP, &person("cn=a", 1, posix)].concat());
    let only = |options: &mut Options| {
        options.selection.only = Some([b"description".to_vec()].into());
    };
    let (change, undo) = written(&old, &new, only).unwrap_or_else(|e| panic!("{e}"));
    assert!(change.contains("add: uidNumber\n") && !change.contains("mobile"), "{change}");
    assert!(!change.contains("loginShell"), "{change}");
    if available("classes") {
        let server = Server::holding(Overlay::None, old.as_bytes());
        server.apply(change.as_bytes()).unwrap_or_else(|said| panic!("{said}\n{change}"));
        server.apply(undo.as_bytes()).unwrap_or_else(|said| panic!("{said}\n{undo}"));
        assert_same(
            "after the undo",
            &ldif::read_content(old.as_bytes()),
            &ldif::read_content(&server.dump()),
        );
    }
    let (change, _) = written(&new, &old, only).unwrap_or_else(|e| panic!("{e}"));
    assert!(change.contains("delete: loginShell\n") && !change.contains("mobile"), "{change}");
    if available("classes") {
        let server = Server::holding(Overlay::None, new.as_bytes());
        server.apply(change.as_bytes()).unwrap_or_else(|said| panic!("{said}\n{change}"));
    }
}

/// An import that stopped left an entry under a temporary name, which the next change took again.
#[test]
fn a_temporary_name_that_is_left_over_is_not_taken_again() {
    let swapped = |a: u32, b: u32| person("cn=a", a, "cn: a") + &person("cn=b", b, "cn: b");
    let left = person("cn=ldifsync-temporary-7", 9, "cn: ldifsync-temporary-7");
    let change = proved(&[swapped(1, 2), left.clone()], &[swapped(2, 1), left]);
    assert!(change.contains("newrdn: cn=ldifsync-temporary-8\n"), "{change}");
}

/// Values that stood in for others were improbable, but not proved to be nobody's.
#[test]
fn a_value_that_stands_in_is_nobodys() {
    let account = |cn: &str, id: u32, uid: &str, number: &str| {
        let names = format!("cn: {cn}\nuid: {uid}\nuidNumber: {number}\ngidNumber: 1");
        let rest = "homeDirectory: /\nobjectClass: posixAccount";
        person(&format!("cn={cn}"), id, &format!("{names}\n{rest}"))
    };
    let hidden = "uid:: bGRpZnN5bmMtcmVsZWFz\n ZWQtNg==";
    let left = account("l", 9, "LDIFSYNC-released-4", "-1")
        + &account("m", 8, "?", "-3").replace("uid: ?", hidden);
    let swapped = |a: [&str; 2], b: [&str; 2]| {
        account("a", 1, a[0], a[1]) + &account("b", 2, b[0], b[1]) + &left
    };
    let (one, two) = (["one", "1"], ["two", "2"]);
    let change = proved(&[swapped(one, two)], &[swapped(two, one)]);
    for value in ["uid: ldifsync-released-7\n", "uidNumber: -2\n", "uidNumber: -4\n"] {
        assert!(change.contains(&format!("add: {}\n{value}", &value[..value.find(':').unwrap()])));
    }
}

/// The class that allows an RDN came behind the rename, and a single value beside the old one.
#[test]
fn a_rename_finds_the_class_and_the_room_it_needs() {
    let posix = |dn: &str, number: u32| {
        let lines = "objectClass: account\nobjectClass: posixAccount\nuid: a\ncn: a\n\
                     gidNumber: 7\nhomeDirectory: /";
        entry(dn, 1, &format!("{lines}\nuidNumber: {number}"))
    };
    let plain =
        |dn: &str, lines: &str| entry(dn, 1, &format!("objectClass: person\nsn: s\n{lines}"));
    let account = "objectClass: posixAccount\nuid: a\nuidNumber: 1\ngidNumber: 1\n\
                   homeDirectory: /\ncn: a";
    for (old, new) in [
        (plain("cn=a", "cn: a"), plain("uid=a", "objectClass: uidObject\ncn: a\nuid: a")),
        (plain("cn=a", "cn: a"), plain("uid=b", "objectClass: uidObject\ncn: c\nuid: b")),
        (plain("cn=a", "cn: a"), plain("uidNumber=1", account)),
        (
            entry("o=a", 1, "objectClass: organization\no: a"),
            entry("dc=a", 1, "objectClass: organization\nobjectClass: dcObject\no: a\ndc: a"),
        ),
        (
            person("cn=a", 1, "cn: a\nemployeeNumber: 1"),
            person("employeeNumber=2", 1, "cn: a\nemployeeNumber: 2"),
        ),
        (
            person("cn=a", 1, "cn: a\ndisplayName: a b"),
            person("displayName=A  B", 1, "cn: a\ndisplayName: A  B"),
        ),
        (posix("cn=a", 1), posix("uidNumber=2", 2)),
        (posix("uidNumber=1", 1), posix("uidNumber=2", 2)),
    ] {
        proved(std::slice::from_ref(&old), std::slice::from_ref(&new));
        proved(&[new], &[old]);
    }
    // Two that swap such names, below a unit that is renamed.
    let pair = |ou: &str, a: &str, b: &str| {
        [
            unit(ou, 3),
            person(&format!("employeeNumber={a},{ou}"), 1, &format!("cn: a\nemployeeNumber: {a}")),
            person(&format!("cn=b,{ou}"), 2, &format!("cn: b\nemployeeNumber: {b}")),
        ]
    };
    proved(&pair("ou=x", "1", "2"), &pair("ou=y", "2", "1"));
}

/// OpenLDAP's password policy takes a lock and a reset away with every change of a password, and may
/// ask for a reset of its own accord.
#[test]
fn a_lock_stays_where_the_password_changes() {
    let (locked, reset) = ("pwdAccountLockedTime: 20200101000000Z", "pwdReset: TRUE");
    let policy = |lines: &str| {
        let class = "objectClass: device\nobjectClass: pwdPolicy\ncn: policy";
        entry("cn=policy", 9, &format!("{class}\npwdAttribute: userPassword{lines}"))
    };
    for (before, after) in [
        (locked, locked),
        (locked, ""),
        ("", locked),
        (reset, reset),
        (reset, ""),
        ("", reset),
        (locked, reset),
        ("pwdReset: FALSE", "pwdReset: FALSE"),
        (reset, "pwdReset: FALSE"),
        ("", "pwdReset: FALSE"),
    ] {
        for must in ["", "\npwdMustChange: TRUE"] {
            for name in ["cn=a", "cn=b"] {
                let person = |name: &str, password: &str, more: &str| {
                    let cn = name.replace('=', ": ");
                    let lines = format!("{cn}\nuserPassword: {password}\n{more}");
                    [policy(must), person(name, 1, lines.trim_end())]
                };
                let (old, new) = (person("cn=a", "x", before), person(name, "y", after));
                proved_with(Overlay::PasswordPolicy, &old, &new);
            }
        }
    }
}

/// What a rename needs was taken before another entry let it go.
#[test]
fn a_rename_waits_for_the_value_it_needs() {
    let of = |a: &str, name: &str, b: &str| {
        [
            person(name, 1, &format!("cn: a\nmail: {a}@x\nemployeeNumber: {a}")),
            person("cn=b", 2, &format!("cn: b\nmail: {b}@x\nemployeeNumber: {b}")),
        ]
    };
    let old = [TOP, &of("1", "cn=a", "2").concat()].concat();
    let new = [TOP, &of("2", "employeeNumber=2", "3").concat()].concat();
    let set = |options: &mut Options| options.unique = vec![b"employeenumber".to_vec()];
    let (change, _) = written(&old, &new, set).unwrap_or_else(|e| panic!("{e}"));
    let at = |line: &str| change.find(line).unwrap_or_else(|| panic!("{line} in {change}"));
    assert!(at("delete: employeeNumber\nemployeeNumber: 2\n") < at("newrdn: employeeNumber=2\n"));
}

/// What a rename needs was taken while another entry had it in its name.
#[test]
fn a_rename_takes_no_value_before_the_name_it_stands_in_goes() {
    let device = |dn: &str, id, number: &str| {
        let classes = "objectClass: device\nobjectClass: extensibleObject";
        entry(dn, id, &format!("{classes}\ncn: c{id}\nuidNumber: {number}"))
    };
    let account = |dn: &str, id, uid: &str, number: &str| {
        let classes = "objectClass: person\nobjectClass: posixAccount";
        let lines = format!("cn: c{id}\nsn: s\nuid: {uid}\nuidNumber: {number}\ngidNumber: 1");
        entry(dn, id, &format!("{classes}\n{lines}\nhomeDirectory: /"))
    };
    let plain = |id: u32| {
        entry(&format!("cn=c{id}"), id, &format!("objectClass: person\nsn: s\ncn: c{id}"))
    };
    let user = |dn: &str, id: u32, uid: &str| {
        let lines = format!("objectClass: inetOrgPerson\nsn: s\ncn: c{id}\nuid: {uid}");
        entry(dn, id, &lines)
    };
    for (old, new) in [
        // One value that another's name has: of one that is renamed, of one that goes.
        (
            vec![device("cn=c1", 1, "1"), device("uidNumber=2", 2, "2")],
            vec![device("uidNumber=2", 1, "2"), device("uidNumber=3", 2, "3")],
        ),
        (
            vec![device("cn=c1", 1, "1"), device("uidNumber=2", 2, "2")],
            vec![device("uidNumber=2", 1, "2")],
        ),
        // The same where the classes demand the attribute, in a row and in a circle.
        (
            vec![account("cn=c1", 1, "a", "1"), account("uidNumber=2", 2, "b", "2")],
            vec![account("uidNumber=2", 1, "a", "2"), account("uidNumber=3", 2, "b", "3")],
        ),
        (
            vec![account("cn=c1", 1, "a", "1"), account("uidNumber=2", 2, "b", "2")],
            vec![account("uidNumber=2", 1, "a", "2"), account("cn=c2", 2, "b", "1")],
        ),
        (
            vec![
                account("cn=c1", 1, "a", "1"),
                account("uidNumber=2", 2, "b", "2"),
                unit("ou=u", 9),
            ],
            vec![account("uidNumber=2,ou=u", 1, "b", "2"), unit("ou=u", 9)],
        ),
        // A class that demands it comes with the name, or goes with it.
        (
            vec![plain(1), account("uid=x", 2, "x", "5")],
            vec![account("uid=x", 1, "x", "6"), account("uid=y", 2, "y", "5")],
        ),
        (
            vec![plain(1), account("uid=x", 2, "x", "5")],
            vec![account("uid=x", 1, "x", "5"), account("uid=y", 2, "y", "6")],
        ),
        (
            vec![plain(1), account("uidNumber=5", 2, "x", "5")],
            vec![account("uidNumber=5", 1, "x", "5"), plain(2)],
        ),
        (
            vec![plain(1), plain(2), account("uid=x", 3, "x", "5"), account("uid=y", 4, "y", "6")],
            vec![account("uid=x", 1, "x", "6"), account("uid=y", 2, "y", "5"), plain(3), plain(4)],
        ),
        // What is demanded and one value does not go with the name.
        (
            vec![account("uidNumber=5", 1, "x", "5")],
            vec![account("cn=c1", 1, "x", "7"), account("cn=c2", 2, "z", "5")],
        ),
        (
            vec![account("uidNumber=5", 1, "x", "5"), account("uidNumber=7", 2, "z", "7")],
            vec![account("cn=c1", 1, "x", "7"), account("cn=c2", 2, "z", "5")],
        ),
        (
            vec![account("uid=x+uidNumber=5", 1, "x", "5"), account("cn=c2", 2, "z", "7")],
            vec![account("cn=c1", 1, "z", "7"), account("uid=x+uidNumber=5", 2, "x", "5")],
        ),
        // The class that demands an attribute comes before the name, and its only value is to go before that.
        (
            vec![user("cn=c1", 1, "e"), user("cn=c2", 2, "b")],
            vec![account("uidNumber=5", 1, "b", "5"), user("cn=c2", 2, "e")],
        ),
        (
            vec![user("uid=c", 1, "c"), user("uid=d", 2, "d")],
            vec![account("uidNumber=5", 1, "f", "5"), user("uid=c", 2, "c")],
        ),
        // One value of a demanded attribute goes early, and the other must not go with the name.
        (
            vec![account("uid=g+uidNumber=6", 1, "g\nuid: e", "6"), user("cn=c2", 2, "b")],
            vec![account("uidNumber=5", 1, "g", "5"), user("cn=c2", 2, "e")],
        ),
        // Both values go, one of them with the name.
        (
            vec![
                account("uid=g+uidNumber=6", 1, "g\nuid: e", "6"),
                user("cn=c2", 2, "b"),
                plain(3),
            ],
            vec![account("uidNumber=5", 1, "f", "5"), user("cn=c2", 2, "e"), user("cn=c3", 3, "g")],
        ),
    ] {
        proved_with(Overlay::Unique, &old, &new);
        proved_with(Overlay::Unique, &new, &old);
    }
}

/// A limit was not looked at where members have an option.
#[test]
fn members_with_options_are_members() {
    let group = |members: std::ops::Range<u32>| {
        let lines: String = members.map(|n| format!("\nmemberUid;x-loc: u{n}")).collect();
        [TOP, &entry("cn=g", 1, &format!("objectClass: posixGroup\ncn: g\ngidNumber: 1{lines}"))]
            .concat()
    };
    let refused = written(&group(0..30), &group(0..1), |_| {}).expect_err("too many go");
    assert!(refused.is_limit(), "{refused}");
}

/// A referral object was not touched, but the server it refers to.
#[test]
fn a_referral_object_is_meant_itself() {
    let referral = |dn: &str, id: u32, host: &str| {
        let class = "objectClass: referral\nobjectClass: extensibleObject";
        let cn = dn.split(',').next().unwrap_or_default().replace('=', ": ");
        entry(dn, id, &format!("{class}\n{cn}\nref: ldap://{host}/dc=x"))
    };
    let change = proved(
        &[referral("cn=r", 1, "a"), referral("cn=s", 2, "a"), referral("cn=t", 3, "a")],
        &[referral("cn=r", 1, "b"), referral("cn=u", 2, "a"), referral("cn=v", 4, "a")],
    );
    assert_eq!(change.matches("control: 2.16.840.1.113730.3.4.2 true\n").count(), 4, "{change}");
    // `ldapmodify` reads no second control.
    let (old, new) = (referral("cn=r", 1, "a"), referral("cn=r", 1, "b"));
    let both = [old, new].map(|one| [TOP, &one].concat());
    let (change, _) = written(&both[0], &both[1], |o| o.assert = true).expect("a change");
    assert_eq!(change.matches("control:").count(), 1, "{change}");
}

/// A class went in another record than the reference it demanded.
#[test]
fn a_reference_goes_and_comes_with_the_class_that_demands_it() {
    let schema = "attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'sponsor' SUP distinguishedName )\n\
        objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'sponsored' SUP top AUXILIARY MUST sponsor )\n";
    let plain = || person("cn=b", 2, "cn: b");
    let with = |target: &str| {
        let lines = format!("cn: b\nobjectClass: sponsored\nsponsor: {target},dc=example,dc=com");
        person("cn=b", 2, &lines)
    };
    let target = |cn: &str| person(&format!("cn={cn}"), 1, &format!("cn: {cn}"));
    let dir = Dir::new();
    let file = dir.write("own.schema", schema);
    let text = |all: &[String]| [TOP, &all.concat()].concat();
    let both = |old: &[String], new: &[String]| {
        let set = |options: &mut Options| options.schema = vec![file.clone()];
        written(&text(old), &text(new), set).unwrap_or_else(|e| panic!("{e}")).0
    };
    let leaving = both(&[target("a"), with("cn=a")], &[target("c"), plain()]);
    let last = leaving.split("\n\n").find(|r| r.contains("delete: objectClass")).expect("a record");
    assert!(last.contains("delete: sponsor"), "{leaving}");
    let coming = both(&[target("a"), plain()], &[target("c"), with("cn=c")]);
    let first = coming.split("\n\n").find(|r| r.contains("add: objectClass")).expect("a record");
    assert!(first.contains("sponsor: cn=ldifsync-placeholder"), "{coming}");
}

/// A value that the name gives an entry was taken for one that it loses.
#[test]
fn what_the_name_says_is_not_released() {
    let old = [person("uid=a", 1, "uid: a\ncn: a")];
    let new =
        [unit("ou=o", 3), person("uid=a,ou=o", 2, "uid: a\ncn: a"), person("uid=a", 1, "cn: b")];
    let text = |all: &[String]| [TOP, &all.concat()].concat();
    let (change, _) = written(&text(&old), &text(&new), |_| {}).unwrap_or_else(|e| panic!("{e}"));
    assert!(!change.contains("delete: uid"), "{change}");
}

/// A value of a unique attribute in the RDN stayed in a temporary name, or in the entry where its
/// classes demand the attribute, and the server had two of it.
#[test]
fn a_unique_value_in_the_name_is_given_away() {
    let account = |dn: &str, id: u32, lines: &str| {
        let classes =
            "objectClass: person\nobjectClass: posixAccount\nhomeDirectory: /h\ngidNumber: 1";
        let number = 100 + id;
        entry(dn, id, &format!("{classes}\nsn: s\nuidNumber: {number}\n{lines}"))
    };
    let two = |names: [&str; 2], lines: [&str; 2]| {
        vec![person(names[0], 1, lines[0]), person(names[1], 2, lines[1])]
    };
    let all: [(Vec<String>, Vec<String>); 6] = [
        // The two names are swapped.
        (
            two(["cn=a+uid=1", "cn=b+uid=2"], ["cn: a\nuid: 1", "cn: b\nuid: 2"]),
            two(["cn=b+uid=2", "cn=a+uid=1"], ["cn: b\nuid: 2", "cn: a\nuid: 1"]),
        ),
        // No name is taken again, but both values are.
        (
            two(["cn=a+uid=1", "cn=b+uid=2"], ["cn: a\nuid: 1", "cn: b\nuid: 2"]),
            two(["cn=c+uid=2", "cn=d+uid=1"], ["cn: c\nuid: 2", "cn: d\nuid: 1"]),
        ),
        (
            two(["cn=a+mail=1@x", "cn=b+mail=2@x"], ["cn: a\nmail: 1@x", "cn: b\nmail: 2@x"]),
            two(["cn=c+mail=2@x", "cn=d+mail=1@x"], ["cn: c\nmail: 2@x", "cn: d\nmail: 1@x"]),
        ),
        // The name goes, the attribute may not.
        (
            vec![account("uid=1", 1, "cn: a\nuid: 1"), account("uid=2", 2, "cn: b\nuid: 2")],
            vec![account("cn=a", 1, "cn: a\nuid: 3"), account("uid=1", 2, "cn: b\nuid: 1")],
        ),
        (
            vec![account("uid=1", 1, "cn: a\nuid: 1"), account("uid=2", 2, "cn: b\nuid: 2")],
            vec![account("cn=a", 1, "cn: a\nuid: 2"), account("cn=b", 2, "cn: b\nuid: 1")],
        ),
        (
            vec![account("uid=1", 1, "cn: a\nuid: 1"), person("cn=b", 2, "cn: b\nuid: 2")],
            vec![account("cn=a", 1, "cn: a\nuid: 2"), person("cn=b", 2, "cn: b\nuid: 1")],
        ),
    ];
    for (old, new) in &all {
        proved_with(Overlay::Unique, old, new);
        proved_with(Overlay::Unique, new, old);
    }
}

/// A value was taken that its holder keeps, because nobody asked for the attribute it stands in.
#[test]
fn what_is_kept_is_taken_by_nobody() {
    let old = [person("cn=a", 1, "cn: a\nuid: 1"), person("uid=2", 2, "cn: b\nuid: 2")];
    let new = [person("cn=a", 1, "cn: a\nuid: 3"), person("uid=1", 2, "cn: b\nuid: 1")];
    let text = |all: &[String]| [TOP, &all.concat()].concat();
    let only = |name: &str| {
        let set = |options: &mut Options| {
            options.selection.only = Some([name.as_bytes().to_vec()].into());
        };
        written(&text(&old), &text(&new), set).unwrap_or_else(|e| panic!("{e}")).0
    };
    assert!(!only("sn").contains("changetype"), "{}", only("sn"));
    assert!(only("uid").contains("newrdn: uid=1"), "{}", only("uid"));
    // Where others share the value, it is unique on no server.
    let third = person("cn=c", 3, "cn: c\nuid: 1");
    let shared = |all: &[String; 2]| text(&[all.as_slice(), std::slice::from_ref(&third)].concat());
    let set = |options: &mut Options| options.selection.only = Some([b"sn".to_vec()].into());
    let (change, _) = written(&shared(&old), &shared(&new), set).expect("a change");
    assert!(change.contains("newrdn: uid=1"), "{change}");
}

/// Two people who swapped their names in a small export were taken for those of two servers.
#[test]
fn identifiers_that_change_hands_are_of_one_server() {
    let two = |ids: [u32; 2]| [person("cn=a", ids[0], "cn: a"), person("cn=b", ids[1], "cn: b")];
    let change = proved(&two([1, 2]), &two([2, 1]));
    assert_eq!(change.matches("newrdn:").count(), 3, "{change}");
    // A server that was loaded anew has others.
    let text = |ids| [TOP, &two(ids).concat()].concat().replace("-000000000000", "-000000000009");
    let old = text([1, 2]).replace("-000000000009", "-000000000008");
    let (change, _) = written(&old, &text([3, 4]), |_| {}).expect("a change");
    assert!(!change.contains("newrdn:"), "{change}");
}

/// Pairs that mean the same in other words agreed twice, and outvoted those of another server.
#[test]
fn each_pair_agrees_once() {
    let all = |ids: [u32; 6]| {
        let entry = |(n, id): (usize, u32)| person(&format!("cn=p{n}"), id, &format!("cn: p{n}"));
        [TOP.to_owned(), (0..).zip(ids).map(entry).collect()].concat()
    };
    let old = all([1, 2, 3, 4, 5, 6]);
    let new = all([1, 2, 13, 14, 15, 16]).replace("cn=p0,", "CN=p0, ").replace("cn=p1,", "CN=p1, ");
    let (change, _) = written(&old, &new, |_| {}).expect("a change");
    assert!(!change.contains("changetype"), "{change}");
}

/// An identifier was known by the one name alone that was given, and a name that nobody has was taken
/// in silence.
#[test]
fn an_identifier_has_all_its_names() {
    let one = |dn: &str, line: &str| {
        let cn = dn.replace('=', ": ");
        format!("dn: {dn},dc=example,dc=com\nobjectClass: inetOrgPerson\n{cn}\nsn: s\n{line}\n\n")
    };
    let old = [TOP, &one("cn=a", "employeeNumber: 1"), &one("cn=c", "rfc822Mailbox: x@y")].concat();
    let new = [TOP, &one("cn=b", "employeeNumber: 1"), &one("cn=d", "mail: x@y")].concat();
    let with = |names: &[&str]| {
        let dir = Dir::new();
        let mut options = Options::new(dir.write("old.ldif", &old), dir.write("new.ldif", &new));
        options.output = Target::File(dir.file("change.ldif"));
        options.limits.delete = Some(Limit::Percent(100.0));
        options.identifiers = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        let report = diff(&options, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
        (report.counts.renames, report.warnings.join("\n"))
    };
    assert_eq!(with(&["2.16.840.1.113730.3.1.3", "mail"]).0, 2);
    let (renames, said) = with(&["employenumber", "mail"]);
    assert_eq!(renames, 1);
    assert!(said.contains("no entry of either file has the identifier employenumber"), "{said}");
}

/// `cat a b` makes the version line of `b` an attribute of the last entry of `a`, where `b` has an empty
/// line after it.
#[test]
fn a_version_line_that_became_an_attribute_is_told() {
    let dir = Dir::new();
    let two = [person("cn=a", 1, "cn: a"), person("cn=b", 2, "cn: b")];
    let joined = [TOP, two[0].trim_end(), "\nversion: 1\n\n", &two[1]].concat();
    let old = dir.write("old.ldif", [TOP, &two.concat()].concat());
    let mut options = Options::new(old, dir.write("joined.ldif", &joined));
    options.output = Target::File(dir.file("change.ldif"));
    let said = diff(&options, &|_| {}).unwrap_or_else(|e| panic!("{e}")).warnings.join("\n");
    assert!(said.contains("the record in line 8 of"), "{said}");
    assert!(said.contains("ends in `version: 1`, which is read as an attribute"), "{said}");
}

/// A value of the attribute that is to name an entry was given on, though the rename was left out, and
/// with it what the entry would have lost.
#[test]
fn what_a_rename_that_is_left_out_would_free_is_not_given_on() {
    let two = |a: &str, lines: [&str; 2]| {
        [TOP, &person(a, 1, lines[0]), &person("cn=b", 2, lines[1])].concat()
    };
    let old = two("cn=a", ["cn: a\nmail: 1@x", "cn: b\nmail: 2@x"]);
    let new = two("mail=3@x", ["cn: a\nmail: 3@x", "cn: b\nmail: 1@x"]);
    let modifies = |options: &mut Options| {
        options.only = Kinds(Some([Kind::Modify].into()));
    };
    let (change, _) = written(&old, &new, modifies).expect("a change");
    assert!(!change.contains("changetype"), "{change}");
    let (change, _) = written(&old, &new, |_| {}).expect("a change");
    assert!(change.contains("add: mail\nmail: 1@x"), "{change}");
}

/// Where an entry takes the name of the one above it, which goes, that one went to a temporary name; the
/// way back, which renamed it last, was refused by slapd 2.5.
#[test]
fn a_child_takes_the_name_of_the_entry_that_goes_above_it() {
    let cases: &[(&[String], &[String])] = &[
        (&[unit("ou=a", 1), unit("ou=x,ou=a", 2)], &[unit("ou=a", 2)]),
        (&[unit("ou=a", 1), unit("ou=y,ou=a", 2), unit("ou=x,ou=y,ou=a", 3)], &[unit("ou=a", 3)]),
        (
            &[unit("ou=a", 1), unit("ou=x,ou=a", 2), unit("ou=z,ou=x,ou=a", 3)],
            &[unit("ou=a", 2), unit("ou=z,ou=a", 3)],
        ),
        (
            &[unit("ou=a", 1), unit("ou=x,ou=a", 2), unit("ou=b", 3), unit("ou=y,ou=b", 4)],
            &[unit("ou=b", 2), unit("ou=a", 4)],
        ),
        (
            &[unit("ou=a", 1), unit("ou=x,ou=a", 2), unit("ou=b", 3), unit("ou=a,ou=b", 4)],
            &[unit("ou=b", 3), unit("ou=a,ou=b", 2), unit("ou=a", 4)],
        ),
        (
            &[
                unit("ou=b", 1),
                unit("ou=a,ou=b", 2),
                unit("ou=x,ou=a,ou=b", 3),
                unit("ou=y,ou=b", 4),
            ],
            &[unit("ou=b", 1), unit("ou=a,ou=b", 4), unit("ou=y,ou=b", 3)],
        ),
    ];
    for (old, new) in cases {
        let change = proved(old, new);
        assert!(!change.contains(",ou=ldifsync-temporary"), "{change}");
    }
}

/// After an import, what was added has identifiers of the server's own: compared with NEW, it was deleted
/// and added once more, and so every time.
#[test]
fn another_identifier_alone_is_no_change() {
    let old = [TOP, &unit("ou=a", 1), &unit("ou=b", 2), &person("cn=x,ou=b", 3, "cn: x")].concat();
    let fresh = |id| [person("cn=y,ou=b", id, "cn: y"), unit("ou=c", id + 1)].concat();
    let new = [&old, &fresh(4)[..]].concat();
    let after = [&old, &fresh(14)[..]].concat();
    assert_eq!(records(&written(&after, &new, |_| {}).expect("a change").0), "");
    let kept = written(&after, &new, |options| options.keep_identifiers = true);
    assert!(
        kept.expect("a change").0.contains("dn: cn=y,ou=b,dc=example,dc=com\nchangetype: delete")
    );
    let renamed =
        [&old.replace("cn=x,ou=b", "cn=z,ou=b").replace("cn: x", "cn: z"), &fresh(14)[..]];
    let swapped = person("cn=x,ou=b", 9, "cn: x");
    let (change, _) =
        written(&after, &[&renamed.concat(), &swapped[..]].concat(), |_| {}).expect("a change");
    assert!(change.contains("newrdn: cn=z\n"), "{change}");
    if available("an import that is looked at again") {
        let server = Server::holding(Overlay::None, old.as_bytes());
        let (change, undo) = written(&old, &new, |_| {}).expect("a change");
        server.apply(change.as_bytes()).unwrap_or_else(|said| panic!("{said}"));
        let dump = || String::from_utf8(server.dump()).expect("LDIF is text");
        assert_eq!(records(&written(&dump(), &new, |_| {}).expect("nothing").0), "");
        server.apply(undo.as_bytes()).unwrap_or_else(|said| panic!("{said}"));
        assert_eq!(records(&written(&dump(), &old, |_| {}).expect("nothing").0), "");
    }
}

/// A file that was cut between two lines of its last entry lost what stood behind, in silence.
#[test]
fn an_export_without_its_last_empty_line_may_be_cut() {
    let whole = [TOP, &unit("ou=a", 1), &person("cn=x,ou=a", 2, "cn: x\ndescription: d")].concat();
    let cut = whole.split_once("description").expect("a description").0;
    let warned = |old: &str, new: &str| {
        let dir = Dir::new();
        dir.write("old.ldif", old);
        dir.write("new.ldif", new);
        let said = run(&dir, ["diff", "old.ldif", "new.ldif", "-o", "change.ldif"]);
        let told = "has no empty line behind its last entry";
        let names = said.stderr.lines().filter(|line| line.contains(told));
        names.map(|line| line.split(' ').nth(2).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(warned(&whole, cut), ["new.ldif"]);
    assert_eq!(warned(cut, &whole), ["old.ldif"]);
    assert_eq!(warned(&whole, &[&whole, "# numEntries: 3\n"].concat()), [""; 0]);
    // Nobody's export: written by hand.
    let plain = |text: &str| -> String {
        let kept = text.split_inclusive('\n').filter(|line| !line.starts_with("entryUUID"));
        kept.collect()
    };
    assert_eq!(warned(&plain(&whole), &plain(cut)), [""; 0]);
}

/// What stands below the head of a change.
fn records(change: &str) -> &str {
    change.split_once("\n\n").map_or("", |(_, records)| records)
}

/// A rename that keeps one value of an RDN, which the entry may not be without, kept its unique value,
/// too, until after another entry took that.
#[test]
fn a_unique_value_leaves_with_a_name_of_which_another_value_stays() {
    let ann = person("cn=Ann+uid=a", 1, "cn: Ann\nuid: a");
    let taken = [
        [person("uid=z,ou=2", 2, "cn: b\nuid: z"), person("uid=a,ou=2", 2, "cn: b\nuid: a")],
        [unit("ou=3", 3), person("uid=a,ou=2", 2, "cn: b\nuid: a")],
        [person("cn=b", 2, "cn: b\nuid: z"), person("cn=b", 2, "cn: b\nuid: a")],
    ];
    for [before, after] in taken {
        let old = [unit("ou=2", 9), ann.clone(), before];
        let new = [unit("ou=2", 9), after, person("uid=c", 1, "cn: Ann\nuid: c")];
        proved_with(Overlay::Unique, &old, &new);
    }
}

/// A suffix that is called otherwise in NEW was renamed without a word; servers answer 71 or 53.
#[test]
fn a_suffix_of_another_name_is_told() {
    let dir = Dir::new();
    let text = [TOP, &person("cn=a", 1, "cn: a")].concat();
    let said = |new: &str| {
        let mut options = Options::new(dir.write("old.ldif", &text), dir.write("new.ldif", new));
        options.output = Target::File(dir.file("change.ldif"));
        diff(&options, &|_| {}).unwrap_or_else(|e| panic!("{e}")).warnings.join("\n")
    };
    let other = text.replace("dc=example,", "dc=test,").replace("dc: example", "dc: test");
    let hint = "--rebase with dc=test,dc=com and dc=example,dc=com reads NEW";
    assert!(said(&other).contains(hint), "{}", said(&other));
    assert_eq!(said(&text.replace("sn: s", "sn: t")), "");
}

/// A new group came before its only member, and an overlay that keeps `memberOf` found nobody.
#[test]
fn a_group_comes_behind_its_only_member() {
    let group =
        entry("cn=g", 1, "objectClass: groupOfNames\ncn: g\nmember: cn=p,dc=example,dc=com");
    let change = proved(&[], &[group, person("cn=p", 2, "cn: p")]);
    let at = |text: &str| change.find(text).unwrap_or_else(|| panic!("{text} in {change}"));
    let member = at("member: cn=p,dc=example,dc=com\n");
    assert!(at("dn: cn=p,dc=example,dc=com\nchangetype: add") < member, "{change}");
}

/// Of two entries that differ in such a line some lines were read alone, and the first of them was taken
/// for a record's second: for what makes a change of it.
#[test]
fn an_attribute_called_like_a_word_of_ldif_is_one() {
    let entry = |line: &str| format!("dn: cn=a,dc=x\nobjectClass: device\ncn: a\n{line}\n\n");
    for word in ["changetype: add", "changetype: modify", "control: 1.2.3"] {
        let (change, undo) =
            written(&entry("title: t"), &entry(word), |o| o.server = Some(Profile::Generic))
                .expect(word);
        let (name, _) = word.split_once(": ").expect("two words");
        assert!(change.contains(&format!(": {name}\n{word}\n-\n")), "{change}");
        assert!(change.contains("delete: title\ntitle: t\n-\n"), "{change}");
        assert!(undo.contains(&format!(": {name}\n")), "{undo}");
        assert!(undo.contains("add: title\ntitle: t\n-\n"), "{undo}");
    }
}

/// Two spellings of one name were given as two values, which a server refuses (20).
#[test]
fn a_name_is_given_once_however_it_is_spelled() {
    let group = |id, lines: &str| {
        let lines = lines.replace("DC", "dc=example,dc=com");
        entry(&format!("cn=g{id}"), id, &format!("objectClass: groupOfNames\n{lines}"))
    };
    let people = [person("cn=a", 1, "cn: a"), person("cn=b", 2, "cn: b")].concat();
    let old = [people.clone(), group(3, "cn: g3\nmember: cn=b,DC")];
    let twice = "member: cn=a,DC\nmember: CN=a, DC\nmember: cn=b,DC";
    let new =
        [people, group(3, &format!("cn: g3\n{twice}")), group(4, &format!("cn: g4\n{twice}"))];
    for style in [ModifyStyle::Values, ModifyStyle::Replace] {
        let texts = [old.concat(), new.concat()].map(|text| [TOP, &text].concat());
        let (change, _) = written(&texts[0], &texts[1], |o| o.style = style).expect("a change");
        assert_eq!(change.matches("member: cn=a,").count(), 2, "{change}");
        assert!(!change.contains("CN=a"), "{change}");
        if available("a regression") {
            let server = Server::holding(Overlay::None, texts[0].as_bytes());
            server.apply(change.as_bytes()).unwrap_or_else(|said| panic!("{said}\n{change}"));
        }
    }
}

/// What replication keeps of two entries of one name was added and deleted like others.
#[test]
fn the_second_entry_of_a_name_is_left_alone() {
    let entry = |dn: &str, lines: &str| {
        format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: q\ncn: q\nsn: q\n{lines}\n")
    };
    let top = "dn: dc=x\nobjectClass: domain\ndc: x\n\n".to_owned();
    for other in [
        entry("nsuniqueid=1-2-3-4+uid=q,dc=x", "nsds5ReplConflict: namingConflict uid=q,dc=x\n"),
        entry("cn=q\\0ACNF:5e1f,dc=x", ""),
    ] {
        let both = format!("{top}{other}");
        for (old, new) in [(&top, &both), (&both, &top)] {
            let (change, _) = written(old, new, |_| {}).expect("a change");
            assert!(!change.contains("\ndn:"), "{change}");
        }
    }
}

/// When values came to a replica stood in the names of attributes, and what was deleted there came back.
#[test]
fn an_export_of_a_replica_is_read_as_the_entries_it_holds() {
    let csn = |n: u32| format!("660c49650000000{n}0000");
    let lines = [
        format!("objectClass;vucsn-{}: inetOrgPerson", csn(1)),
        format!("cn;vucsn-{};mdcsn-{}: a", csn(1), csn(1)),
        format!("sn;vucsn-{}: s", csn(2)),
        format!("description;adcsn-{};deletedattribute;deleted: ", csn(2)),
        format!("title;vucsn-{};vdcsn-{};deleted: gone", csn(1), csn(2)),
        format!("title;vucsn-{}: t", csn(2)),
    ];
    let replica = format!("dn: cn=a,dc=x\n{}\nnsUniqueId: 1-2-3-4\n\n", lines.join("\n"));
    let plain = "dn: cn=a,dc=x\nobjectClass: inetOrgPerson\ncn: a\nsn: s\ntitle: t\nnsUniqueId: 1-2-3-4\n\n";
    let empty = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";
    for (old, new) in [(&*replica, plain), (plain, &replica)] {
        assert!(!written(old, new, |_| {}).expect("nothing").0.contains("\ndn:"));
    }
    let [replica, plain] = [&*replica, plain].map(|text| [empty, text].concat());
    let records = |new: &str| {
        let (change, _) = written(empty, new, |_| {}).expect("an add");
        change[change.find("\ndn:").expect("a record")..].to_owned()
    };
    assert_eq!(records(&replica), records(&plain));
}

/// The spelling of the suffix's own name was changed by a rename, which no server does.
#[test]
fn the_suffix_gets_another_spelling_where_it_stands() {
    let spelled = TOP.replace("dc: example", "dc: Example");
    let change = proved_whole(Overlay::None, TOP, &spelled);
    assert!(change.contains("delete: dc\ndc: example\n-\nadd: dc\ndc: Example\n-\n"), "{change}");
    // Also where its name is spelled so, and with something below; 389 is asked for neither.
    let both = spelled.replace("dn: dc=example", "dn: dc=Example");
    let below = person("cn=a", 1, "cn: a");
    let (old, new) = ([TOP, &below].concat(), [&both, &below].map(String::as_str).concat());
    for server in [Profile::OpenLdap, Profile::Ds389, Profile::Generic] {
        let (change, _) = written(&old, &new, |o| o.server = Some(server)).expect("a change");
        assert!(!change.contains("modrdn"), "{change}");
    }
}

/// A temporary name was of the form `ldifsync-temporary-1` whatever the attribute takes.
#[test]
fn a_temporary_name_is_one_that_its_attribute_takes() {
    let country = |name: &str, id| {
        entry(&format!("c={name}"), id, &format!("objectClass: country\nc: {name}"))
    };
    proved(&[country("DE", 1), country("FR", 2)], &[country("FR", 1), country("DE", 2)]);
    let other = |name: &str, id| {
        entry(
            &format!("x121Address={name}"),
            id,
            &format!("objectClass: residentialPerson\ncn: a\nsn: a\nl: l\nx121Address: {name}"),
        )
    };
    proved(&[other("11", 1), other("22", 2)], &[other("22", 1), other("11", 2)]);
}

/// A value of one value's attribute changed in a name of several parts, of which another part had to stay.
#[test]
fn a_name_of_several_parts_loses_what_stays_before_what_changes() {
    let two = |number: &str| {
        person(
            &format!("cn=p+employeeNumber={number}"),
            1,
            &format!("cn: p\nemployeeNumber: {number}"),
        )
    };
    let one = |number: &str, more: &str| {
        person(
            &format!("employeeNumber={number}"),
            1,
            &format!("cn: p\nemployeeNumber: {number}{more}"),
        )
    };
    proved(&[two("1")], &[one("2", "")]);
    proved(&[one("2", "")], &[two("1")]);
    proved(&[two("1")], &[one("2", "\ntitle: t")]);
    // In a circle, and moved.
    let other = |dn: &str, lines: &str| person(dn, 2, lines);
    proved(
        &[unit("ou=a", 3), two("1"), other("employeeNumber=2", "cn: q\nemployeeNumber: 2")],
        &[
            unit("ou=a", 3),
            one("2", ""),
            other("employeeNumber=1,ou=a", "cn: q\nemployeeNumber: 1"),
        ],
    );
}

/// A reference in a name was taken out by a modify before what it refers to got another name.
#[test]
fn a_reference_in_a_name_goes_with_the_name() {
    let refers = |id, to: &str, more: &str| {
        let dn = format!("seeAlso=cn\\3D{to}\\2Cdc\\3Dexample\\2Cdc\\3Dcom");
        let lines = format!(
            "objectClass: organizationalUnit\nou: u\nseeAlso: cn={to},dc=example,dc=com{more}"
        );
        entry(&dn, id, &lines)
    };
    proved(
        &[person("cn=p", 1, "cn: p"), refers(2, "p", "")],
        &[person("cn=q", 1, "cn: q"), refers(2, "q", "")],
    );
    proved(&[], &[refers(2, "q", ""), person("cn=q", 1, "cn: q")]);
    proved(
        &[person("cn=p", 1, "cn: p"), refers(2, "p", "")],
        &[person("cn=n", 3, "cn: n"), refers(2, "n", "")],
    );
}

/// `--only` left out a rename and kept what it needs, or the other way round.
#[test]
fn a_rename_and_the_attributes_it_needs_are_left_out_together() {
    let device = |dn: &str, more: &str| {
        [TOP, &entry(dn, 1, &format!("objectClass: device\ncn: p\n{more}"))].concat()
    };
    let plain = device("cn=p", "description: d");
    let account = "objectClass: posixAccount\nuid: a\nuidNumber: 1\ngidNumber: 1\nhomeDirectory: /\ndescription: e";
    let account = device("uid=a", account);
    let number = |n: &str| {
        [TOP, &person(&format!("employeeNumber={n}"), 1, &format!("cn: p\nemployeeNumber: {n}"))]
            .concat()
    };
    let named = [TOP, &person("cn=p", 1, "cn: p\nemployeeNumber: 1\ntitle: t")].concat();
    for (old, new) in [(&plain, &account), (&account, &plain), (&named, &number("2"))] {
        for kind in [Kind::Modify, Kind::Rename] {
            let only = |o: &mut Options| o.only = Kinds(Some([kind].into()));
            let (change, _) = written(old, new, only).expect("a change");
            assert!(!change.contains("changetype"), "{kind:?} {change}");
        }
    }
    // A rename takes the value of the old name away, and the modify brings it back.
    let (one, both) = (person("cn=p", 1, "cn: p"), person("cn=q", 1, "cn: p\ncn: q"));
    let [one, both] = [one, both].map(|text| [TOP, &text].concat());
    for (kind, count) in [(Kind::Rename, 0), (Kind::Modify, 0)] {
        let only = |o: &mut Options| o.only = Kinds(Some([kind].into()));
        let (change, _) = written(&one, &both, only).expect("a change");
        assert_eq!(change.matches("changetype").count(), count, "{kind:?} {change}");
    }
    // Without such a need each is done alone.
    let (old, new) =
        (&named, [TOP, &person("cn=q", 1, "cn: q\nemployeeNumber: 1\ntitle: u")].concat());
    for (kind, has) in
        [(Kind::Modify, "changetype: modify\n"), (Kind::Rename, "changetype: modrdn\n")]
    {
        let only = |o: &mut Options| o.only = Kinds(Some([kind].into()));
        let (change, _) = written(old, &new, only).expect("a change");
        assert_eq!(change.matches("changetype").count(), 1, "{change}");
        assert!(change.contains(has), "{change}");
    }
}

/// A static entry was made a dynamic one by a modify (RFC 2589 section 6).
#[test]
fn what_becomes_dynamic_is_deleted_and_added() {
    let device = |more: &str| {
        [TOP, &entry("cn=p", 1, &format!("objectClass: device\n{more}cn: p"))].concat()
    };
    let (plain, dynamic) = (device(""), device("objectClass: dynamicObject\n"));
    for (old, new) in [(&plain, &dynamic), (&dynamic, &plain)] {
        let (change, _) = written(old, new, |_| {}).expect("a change");
        assert!(
            change.contains("changetype: delete\n") && change.contains("changetype: add\n"),
            "{change}"
        );
        assert!(!change.contains("changetype: modify"), "{change}");
    }
}

/// A group that is deleted and made again lost its members without asking the limit for it.
#[test]
fn a_group_that_is_made_again_is_held_against_the_limit_for_members() {
    let group = |id, count: usize| {
        let members: String =
            (0..count).map(|n| format!("\nmember: cn={n},dc=example,dc=com")).collect();
        [TOP, &entry("cn=g", id, &format!("objectClass: groupOfNames\ncn: g{members}"))].concat()
    };
    for (old, new) in [(group(1, 50), group(1, 1)), (group(1, 50), group(2, 1))] {
        let refused = written(&old, &new, |_| {}).expect_err("a limit").to_string();
        assert!(refused.contains("member"), "{refused}");
    }
    written(&group(1, 50), &group(2, 40), |_| {}).expect("few go");
}

/// Values that became empty, as `ldapsearch -A` writes them, were no loss.
#[test]
fn empty_values_are_a_loss() {
    let people = |value: &str| {
        let one = |n: u32| person(&format!("cn={n}"), n, &format!("cn: {n}\ndescription:{value}"));
        [TOP, &(1..31).map(one).collect::<String>()].concat()
    };
    let refused = written(&people(" x"), &people(""), |_| {}).expect_err("a limit").to_string();
    assert!(refused.contains("description"), "{refused}");
}

/// A mistyped identifier found nobody, and all renames became deletes and adds.
#[test]
fn an_identifier_that_nobody_has_is_refused() {
    let (old, new) =
        ([TOP, &person("cn=a", 1, "cn: a")].concat(), [TOP, &person("cn=b", 1, "cn: b")].concat());
    let asks = |o: &mut Options| o.identifiers = vec![b"entryuid".to_vec()];
    let refused = written(&old, &new, asks).expect_err("a mistake").to_string();
    assert!(refused.contains("no entry of either file has `entryuid`"), "{refused}");
    let allowed = |o: &mut Options| {
        asks(o);
        o.allow_empty = true;
    };
    written(&old, &new, allowed).expect("somebody wants it");
}

/// A rename that takes away what the standard counts for nothing (RFC 4518 section 2.2) left the old name
/// in groups: servers hold such names apart, and nobody was found by it.
#[test]
fn a_reference_follows_a_name_that_servers_hold_apart() {
    for (old, new) in [("M\u{fc}ller\u{ad}stein", "M\u{fc}llerstein"), ("Karl\\09May", "Karl May")]
    {
        let value = |name: &str| name.replace("\\09", "\t");
        let all = |name: &str| {
            let group = format!(
                "objectClass: groupOfNames\ncn: group\nmember: cn={name},dc=example,dc=com"
            );
            [
                person(&format!("cn={name}"), 1, &format!("cn: {}", value(name))),
                entry("cn=group", 2, &group),
            ]
        };
        for overlay in [Overlay::None, Overlay::Refint] {
            let change = proved_with(overlay, &all(old), &all(new));
            assert_eq!(change.matches("changetype: modify").count(), 2, "{change}");
        }
    }
}

/// A list of values with places (X-ORDERED 'VALUES') was written as a whole where one came behind the others, and
/// a server lets no module go (80).
#[test]
fn a_value_that_comes_behind_the_others_is_added() {
    let of = |modules: &str| {
        format!(
            "dn: cn=module{{0}},cn=config\nobjectClass: olcModuleList\ncn: module{{0}}\n{modules}\n"
        )
    };
    let two = "olcModuleLoad: {0}back_mdb\nolcModuleLoad: {1}refint\n";
    let (old, added) = (of(two), of(&format!("{two}olcModuleLoad: {{2}}dynlist\n")));
    let (change, undo) = written(&old, &added, |_| {}).unwrap_or_else(|e| panic!("{e}"));
    assert!(change.ends_with("add: olcModuleLoad\nolcModuleLoad: {2}dynlist\n-\n\n"), "{change}");
    assert!(undo.contains("replace: olcModuleLoad\n"), "{undo}");
    // What would be written as a whole, the server refuses.
    let before =
        of("olcModuleLoad: {0}back_mdb\nolcModuleLoad: {1}dynlist\nolcModuleLoad: {2}refint\n");
    written(&old, &before, |_| {}).expect_err("a module would go for a moment");
}

/// A rename in `cn=config` that keeps the number was refused; slapd takes it, another case of the name too.
#[test]
fn a_name_of_the_configuration_changes_behind_its_number() {
    let config = |name: &str| {
        let one = |dn: &str, id: u32, lines: &str| {
            format!("dn: {dn}\n{lines}\nentryUUID: 00000000-0000-4000-8000-{id:012}\n\n")
        };
        let schema = format!("objectClass: olcSchemaConfig\ncn: {name}");
        one("cn=config", 1, "objectClass: olcGlobal\ncn: config")
            + &one("cn=schema,cn=config", 2, "objectClass: olcSchemaConfig\ncn: schema")
            + &one(&format!("cn={name},cn=schema,cn=config"), 3, &schema)
    };
    for name in ["{1}bar", "{1}FOO"] {
        let (change, _) = written(&config("{1}foo"), &config(name), |_| {}).expect("a rename");
        assert!(change.contains(&format!("\nnewrdn: cn={name}\n")), "{change}");
    }
    for name in ["{2}foo", "{0}bar", "{11}foo"] {
        written(&config("{1}foo"), &config(name), |_| {}).expect_err("another number");
    }
}

/// The name that an entry got on its way, so that a single value of its RDN could change, was another's.
#[test]
fn a_name_on_the_way_is_nobodys() {
    let class = "objectClass: account\nobjectClass: posixAccount\ngidNumber: 7\nhomeDirectory: /";
    let account = |dn: &str, lines: &str| entry(dn, 1, &format!("{class}\n{lines}"));
    let other = "objectClass: device\nobjectClass: extensibleObject\nuidNumber: 1\ncn: q";
    let other = entry("uidNumber=1", 2, other);
    let old = account("cn=a+uidNumber=1", "cn: a\nuidNumber: 1\nuid: y");
    for new in [
        account("uid=x+uidNumber=2", "cn: a\nuidNumber: 2\nuid: x\nuid: y"),
        account("uidNumber=2", "cn: a\nuidNumber: 2\nuid: y"),
    ] {
        proved(&[old.clone(), other.clone()], &[new.clone(), other.clone()]);
        proved(&[new, other.clone()], &[old.clone(), other.clone()]);
    }
}

/// An entry that gets another suffix was renamed, which a server refuses (71).
#[test]
fn an_entry_that_gets_another_suffix_is_deleted_and_added() {
    let other = entry("", 9, "objectClass: organization\nobjectClass: dcObject\ndc: other\no: O");
    let other = other.replace(",dc=example,dc=com", "dc=other,dc=org");
    let elsewhere = |text: String| text.replace("dc=example,dc=com", "dc=other,dc=org");
    let refers = |suffix: &str| {
        let lines = format!("cn: q\nseeAlso: cn=a,ou=x,{suffix}");
        person("cn=q", 3, &lines)
    };
    let below = || unit("ou=x", 1) + &person("cn=a,ou=x", 2, "cn: a");
    let old = [TOP, &other, &below(), &refers("dc=example,dc=com")].concat();
    let new = [TOP, &other, &elsewhere(below()), &refers("dc=other,dc=org")].concat();
    let (change, undo) = written(&old, &new, |_| {}).unwrap_or_else(|e| panic!("{e}"));
    for text in [change, undo] {
        assert!(!text.contains("changetype: modrdn"), "{text}");
        assert_eq!(text.matches("changetype: delete").count(), 2, "{text}");
        assert_eq!(text.matches("changetype: add").count(), 2, "{text}");
    }
    // Active Directory would lose more of them than anybody wants.
    let to_ad = |options: &mut Options| options.server = Some(Profile::ActiveDirectory);
    let (change, _) = written(&old, &new, to_ad).unwrap_or_else(|e| panic!("{e}"));
    assert!(change.contains("changetype: modrdn"), "{change}");
}

/// What stands in NEW between records that OLD has as well was not looked at where OLD has a comment of the same
/// length.
#[test]
fn a_record_in_the_place_of_a_comment_is_seen() {
    let record =
        |name: &str| format!("dn: cn={name},o=x\nobjectClass: person\ncn: {name}\nsn: s\n\n");
    let (comes, top) = (record("comes"), "dn: o=x\nobjectClass: organization\no: x\n\n");
    let said = format!("# {}\n\n", "-".repeat(comes.len() - 4));
    let torn = format!("{}\n\n", "-".repeat(comes.len() - 2));
    let with = |between: &str| [top, &record("a"), between, &record("b"), &record("c")].concat();
    let dir = Dir::new();
    dir.write("old.ldif", with(&said));
    dir.write("new.ldif", with(&comes));
    let ran = run(&dir, ["diff", "old.ldif", "new.ldif", "-q"]).expect(1).stdout;
    assert!(String::from_utf8_lossy(&ran).contains("dn: cn=comes,o=x\nchangetype: add\n"));
    dir.write("new.ldif", with(&torn));
    run(&dir, ["diff", "old.ldif", "new.ldif", "-q"]).expect(2);
}
