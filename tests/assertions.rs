//! `--assert`: what records expect of a server, and that OpenLDAP refuses the others.

use ldifsync::diff::{Limit, Options, Report, diff};
use ldifsync::error::Error;
use ldifsync::output::Target;
use ldifsync::server::Server as Profile;

use crate::ldif::{self, blocks};
use crate::plan::Plan;
use crate::slapd::{Overlay, Server, available, result_code};
use crate::tree::assert_same;
use crate::trees::Case;
use crate::util::{Dir, cases, for_seeds};

const TOP: &str = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
     dc: example\no: Example\n\n";

const PEOPLE: &str = "\
dn: cn=a,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: uidObject
uid: a
cn: a
sn: A
facsimileTelephoneNumber: +49 1

dn: cn=b,dc=example,dc=com
objectClass: inetOrgPerson
cn: b
sn: B
mail: b@example.com
userPassword: secret

dn: cn=c,dc=example,dc=com
objectClass: inetOrgPerson
cn: c
sn: C

";

fn diffed(dir: &Dir, old: &[u8], new: &[u8], profile: Option<Profile>) -> Result<Report, Error> {
    let mut options = Options::new(dir.write("old.ldif", old), dir.write("new.ldif", new));
    options.output = Target::File(dir.file("change.ldif"));
    options.undo = Some(dir.file("undo.ldif"));
    options.assert = true;
    options.server = profile;
    options.limits.delete = Some(Limit::Percent(100.0));
    options.limits.member_delete = Some(Limit::Percent(100.0));
    options.limits.attribute_loss = Some(100.0);
    diff(&options, &|_| {})
}

fn plan(old: &[u8], new: &[u8]) -> Plan {
    let dir = Dir::new();
    diffed(&dir, old, new, Some(Profile::OpenLdap)).unwrap_or_else(|e| panic!("{e}"));
    let parts = |first: &str, second: &str| {
        std::iter::once(dir.read(first)).chain(dir.read_if_there(second)).collect()
    };
    let undo = parts("undo.ldif", "undo.2.ldif");
    Plan { change: parts("change.ldif", "change.2.ldif"), undo, said: String::new() }
}

#[test]
fn servers_that_ignore_assertions_get_none() {
    for profile in [Profile::ActiveDirectory, Profile::Ds389, Profile::Generic] {
        let dir = Dir::new();
        let error = diffed(&dir, TOP.as_bytes(), TOP.as_bytes(), Some(profile)).unwrap_err();
        let wanted = format!(
            "expected a server that honours assertions (RFC 4528), but found the profile `{}`",
            profile.name()
        );
        assert_eq!(error.to_string(), wanted);
        assert!(error.hint().is_some_and(|hint| hint.starts_with("leave `--assert` out")));
        assert!(!dir.file("change.ldif").exists());
    }
}

/// One change of `a`, `b` or `c`, and something that happened to the same entry meanwhile.
const MEANWHILE: &[(&str, &str, &str, &str)] = &[
    (
        "an add where there was none",
        "sn: C\n",
        "sn: C\nmail: c@new\n",
        "cn=c|add: mail\nmail: c@x\n-\n",
    ),
    ("a replace", "+49 1", "+49 2", "cn=a|delete: facsimileTelephoneNumber\n-\n"),
    ("a rename", "cn=a,", "cn=z,", "cn=a|delete: objectClass\nobjectClass: uidObject\n-\n"),
    ("a delete", "b", "", "cn=b|replace: mail\nmail: other@example.com\n-\n"),
];

#[test]
fn a_server_refuses_what_expects_another_entry() {
    if !available("assertions") {
        return;
    }
    for (what, from, to, meanwhile) in MEANWHILE {
        let server = Server::holding(Overlay::None, [TOP, PEOPLE].concat().as_bytes());
        let old = String::from_utf8(server.dump()).expect("text");
        let new = match (*from, *to) {
            ("b", _) => without(&old, "dn: cn=b,"),
            ("cn=a,", _) => old.replace("cn=a,", "cn=z,").replace("\ncn: a\n", "\ncn: z\n"),
            (from, to) => old.replace(from, to),
        };
        let plan = plan(old.as_bytes(), new.as_bytes());
        assert_eq!(plan.records(), 1, "{what}");
        let text = String::from_utf8_lossy(&plan.change[0]).into_owned();
        assert!(text.contains("\ncontrol: 1.3.6.1.1.12 true:: "), "{what}: {text}");
        server.apply(&plan.change[0]).unwrap_or_else(|said| panic!("{what}: {said}"));
        assert_same(what, &ldif::read_content(new.as_bytes()), &ldif::read_content(&server.dump()));
        server.apply(&plan.undo[0]).unwrap_or_else(|said| panic!("the undo of {what}: {said}"));

        // What was deleted is another entry now.
        let mut fresh = Server::offline(Overlay::None);
        fresh.load(old.as_bytes()).expect("what a server wrote");
        fresh.start();
        let (rdn, change) = meanwhile.split_once('|').expect("a name and a change");
        let happened = format!("dn: {rdn},dc=example,dc=com\nchangetype: modify\n{change}\n");
        fresh.apply(happened.as_bytes()).unwrap_or_else(|said| panic!("{what}: {said}"));
        let said = fresh.apply(&plan.change[0]).expect_err("another entry");
        assert_eq!(result_code(&said), Some(122), "{what}: {said}");
    }
}

/// What the schema does not know may be a subtype of what comes, and then the entry has that already
/// (RFC 4512 section 2.5).
#[test]
fn nothing_is_said_of_an_attribute_that_may_have_a_subtype() {
    if !available("assertions of unknown attributes") {
        return;
    }
    let one = "objectClass: examplePerson\nexampleNickname: Chi\n\n";
    let old = [TOP, PEOPLE.trim_end(), "\n", one].concat();
    let new = old.replace("Nickname: Chi\n", "Nickname: Chi\nexampleName: Chiara\n");
    let server = Server::holding(Overlay::None, old.as_bytes());
    let plan = plan(old.as_bytes(), new.as_bytes());
    server.apply(&plan.change[0]).unwrap_or_else(|said| panic!("{said}"));
    assert_same("change", &ldif::read_content(new.as_bytes()), &ldif::read_content(&server.dump()));
}

/// A text without the record that begins so.
fn without(text: &str, beginning: &str) -> String {
    let records = text.split_inclusive("\n\n");
    records.filter(|record| !record.starts_with(beginning)).collect()
}

/// The identifier is asked for: another entry under the same name is not renamed or deleted.
#[test]
fn another_entry_of_the_same_name_is_not_taken_for_it() {
    if !available("identifiers") {
        return;
    }
    let server = Server::holding(Overlay::None, [TOP, PEOPLE].concat().as_bytes());
    let old = String::from_utf8(server.dump()).expect("text");
    let renamed = old.replace("cn=c,", "cn=z,").replace("\ncn: c\n", "\ncn: z\n");
    let again = b"dn: cn=c,dc=example,dc=com\nchangetype: delete\n\n\
        dn: cn=c,dc=example,dc=com\nchangetype: add\nobjectClass: inetOrgPerson\ncn: c\nsn: C\n\n";
    server.apply(again).expect("deleted and added");
    for new in [renamed, without(&old, "dn: cn=c,")] {
        let plan = plan(old.as_bytes(), new.as_bytes());
        let said = server.apply(&plan.change[0]).expect_err("another entry");
        assert_eq!(result_code(&said), Some(122), "{said}");
    }
}

#[test]
fn secrets_are_not_asked_for() {
    let old = [TOP, PEOPLE].concat();
    let plan = plan(old.as_bytes(), without(&old, "dn: cn=b,").as_bytes());
    let blocks = blocks(&plan.change[0]);
    let control = &blocks[0].lines.iter().find(|(name, _)| name == "control").expect("one").1;
    let text = String::from_utf8_lossy(control).into_owned();
    let encoded = text.rsplit(' ').next().expect("a value");
    let line = format!("dn: x\nvalue:: {encoded}\n\n");
    let decoded = ldif::blocks(line.as_bytes())[0].lines[1].1.clone();
    let holds = |what: &[u8]| decoded.windows(what.len()).any(|window| window == what);
    assert!(holds(b"b@example.com") && holds(b"userPassword") && !holds(b"secret"));
}

/// Assertions refuse nothing that would have been right, on random trees, there and back.
#[test]
fn assertions_hold_on_what_they_were_made_for() {
    if !available("random assertions") {
        return;
    }
    // Not with slapo-unique, which tests an assertion against the top of the tree it searches.
    for overlay in [Overlay::None, Overlay::Refint] {
        for_seeds("assertions", cases() / 6, |_, rng| {
            let case = Case::draw(rng);
            let (old, new) = (case.old.tree(), case.new.tree());
            let server = Server::holding(overlay, &ldif::write(&old));
            let plan = plan(&server.dump(), &ldif::write(&new));
            for (what, parts, wanted) in
                [("change", &plan.change, &new), ("undo", &plan.undo, &old)]
            {
                for part in parts {
                    if let Err(said) = server.apply(part) {
                        // Whether the order is right is proved elsewhere.
                        assert_ne!(result_code(&said), Some(122), "the {what}: {said}");
                        return;
                    }
                    server.settle();
                }
                assert_same(what, wanted, &ldif::read_content(&server.settled_dump()));
            }
        });
    }
}
