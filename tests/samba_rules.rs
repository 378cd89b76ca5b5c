//! What Samba does by itself, one rule a test: a domain holds OLD, a copy of it is edited by hand to be
//! NEW, and the change between their exports leads the first to the second, and its undo back.

use std::collections::BTreeSet;

use crate::ldif;
use crate::plan::NO_LIMITS;
use crate::samba::{Copy, Domain, SUFFIX, available, controller};
use crate::tree::Name;
use crate::util::{Dir, Outcome, run};

/// What is looked at, of every entry.
const LOOKED_AT: &[&str] = &[
    "member",
    "memberOf",
    "primaryGroupID",
    "userAccountControl",
    "userPrincipalName",
    "seeAlso",
    "secretary",
    "assistant",
    "description",
    "dNSHostName",
];

/// What a domain holds of that, a line each.
fn facts(export: &[u8]) -> BTreeSet<String> {
    let tree = ldif::read_content(export);
    let shown = |name: &Name| name.key().join(&b","[..]).escape_ascii().to_string();
    let mut all = BTreeSet::new();
    for entry in tree.entries.values() {
        let own = shown(&entry.name);
        all.insert(own.clone());
        for attribute in LOOKED_AT {
            for value in entry.values(attribute) {
                let value =
                    Name::parse(value).map_or(value.escape_ascii().to_string(), |n| shown(&n));
                all.insert(format!("{own} / {attribute}: {value}"));
            }
        }
    }
    all
}

#[track_caller]
fn assert_facts(what: &str, wanted: &[u8], found: &[u8]) {
    let (wanted, found) = (facts(wanted), facts(found));
    let missing = wanted.difference(&found).map(|line| format!("- {line}"));
    let extra = found.difference(&wanted).map(|line| format!("+ {line}"));
    let all: Vec<_> = missing.chain(extra).collect();
    assert!(all.is_empty(), "{what}: `-` expected, `+` found\n{}", all.join("\n"));
}

/// A case: OLD, made of a new domain, and NEW, made of OLD.
struct Case {
    domain: Copy,
    old: Vec<u8>,
    new: Vec<u8>,
}

/// Records with `SUFFIX` behind each name that ends in `,~`, and the numbers of groups for `#name`.
fn filled(domain: &Copy, text: &str) -> Vec<u8> {
    let tree = ldif::read_content(&domain.export());
    let mut text = text.replace('~', SUFFIX);
    for entry in tree.entries.values() {
        let (Some(account), Some(sid)) =
            (entry.values("sAMAccountName").first(), entry.values("objectSid").first())
        else {
            continue;
        };
        let [account, sid] = [account, sid].map(|one| String::from_utf8_lossy(one).into_owned());
        let number = sid.rsplit('-').next().expect("a number").to_owned();
        text = text.replace(&format!("#{account}\n"), &format!("{number}\n"));
    }
    text.into_bytes()
}

impl Case {
    /// Holds what the first records make, and edits a copy by the second; each text is one transaction.
    fn new(first: &[&str], edits: &[&str]) -> Case {
        let domain = controller().copy();
        for records in first {
            domain.apply(&filled(&domain, records)).expect("OLD is made");
        }
        let other = domain.again();
        for edit in edits {
            other.apply(&filled(&other, edit)).expect("NEW is made");
        }
        let (old, new) = (domain.export(), other.export());
        Case { domain, old, new }
    }

    fn diff(&self, dir: &Dir, more: &[&str]) -> Outcome {
        dir.write("old.ldif", &self.old);
        dir.write("new.ldif", &self.new);
        let files = ["diff", "old.ldif", "new.ldif", "-o", "change.ldif", "--undo", "undo.ldif"];
        let status = i32::from(!more.contains(&"--exit-zero"));
        run(dir, files.iter().chain(&NO_LIMITS).chain(more).copied()).expect(status)
    }

    /// Leads the domain to NEW; answers what was said.
    #[track_caller]
    fn there(&self, dir: &Dir, more: &[&str]) -> String {
        let said = self.diff(dir, more).stderr;
        let change = dir.read("change.ldif");
        let text = || String::from_utf8_lossy(&change).into_owned();
        self.domain.apply(&change).unwrap_or_else(|why| panic!("{why}\n{}", text()));
        assert_facts(&text(), &self.new, &self.domain.export());
        said
    }

    /// Leads the domain to NEW and back; answers what was said.
    #[track_caller]
    fn there_and_back(&self, more: &[&str]) -> String {
        let dir = Dir::new();
        let said = self.there(&dir, more);
        let undo = dir.read("undo.ldif");
        let text = || String::from_utf8_lossy(&undo).into_owned();
        self.domain.apply(&undo).unwrap_or_else(|why| panic!("{why}\n{}", text()));
        assert_facts(&text(), &self.old, &self.domain.export());
        said
    }
}

fn record(dn: &str, lines: &[&str]) -> String {
    format!("dn: {dn}\n{}\n\n", lines.join("\n"))
}

fn user(name: &str, lines: &[&str]) -> String {
    let account = format!("sAMAccountName: {name}");
    let fixed = ["changetype: add", "objectClass: user", &account, "userAccountControl: 514"];
    record(&format!("CN={name},CN=Users,~"), &[&fixed, lines].concat())
}

fn group(name: &str, members: &[&str]) -> String {
    let account = format!("sAMAccountName: {name}");
    let mut lines: Vec<String> =
        ["changetype: add", "objectClass: group", &account].map(str::to_owned).to_vec();
    lines.extend(members.iter().map(|member| format!("member: CN={member},CN=Users,~")));
    format!("dn: CN={name},CN=Users,~\n{}\n\n", lines.join("\n"))
}

fn edit(name: &str, lines: &[&str]) -> String {
    let lines = [&["changetype: modify"], lines, &["-"]].concat();
    record(&format!("CN={name},CN=Users,~"), &lines)
}

fn primary(name: &str, group: &str) -> String {
    edit(name, &["replace: primaryGroupID", &format!("primaryGroupID: #{group}")])
}

fn renamed(name: &str, to: &str) -> String {
    let rdn = format!("newrdn: CN={to}");
    record(&format!("CN={name},CN=Users,~"), &["changetype: modrdn", &rdn, "deleteoldrdn: 1"])
}

fn gone(name: &str) -> String {
    record(&format!("CN={name},CN=Users,~"), &["changetype: delete"])
}

/// A user and its groups; the user is in `blue`, and by its primary group in `red`.
fn first() -> String {
    let all = [user("ann", &[]), group("red", &["ann"]), group("blue", &["ann"])];
    all.concat() + &group("other", &["ann"]) + &user("bob", &[])
}

/// The user's primary group is `red`.
fn case(edits: &[&str]) -> Case {
    Case::new(&[&first(), &primary("ann", "red")], edits)
}

#[test]
fn the_server_moves_members_where_a_primary_group_changes() {
    if !available("primary groups of Samba") {
        return;
    }
    let set = primary("ann", "blue");
    let out = |group: &str| edit(group, &["delete: member", "member: CN=ann,CN=Users,~"]);
    let into = edit("other", &["add: member", "member: CN=bob,CN=Users,~"]);
    let out_of_red = out("red");
    let (ann, red, blue) = (renamed("ann", "amy"), renamed("red", "rot"), renamed("blue", "blau"));
    let cases: &[&[&str]] = &[
        &[&set],
        &[&set, &into],
        // Of the group that it had it is no member any more.
        &[&set, &out_of_red],
        // Everything gets another name as well.
        &[&set, &ann, &red, &blue],
        &[&set, &out_of_red, &ann],
        &[&set, &red, &into],
        &[&set, &ann],
        // It was no member of `Domain Users` but by its first primary group.
        &[&primary("ann", "Domain Users")],
    ];
    for edits in cases {
        case(edits).there_and_back(&[]);
    }
    // Nobody was a member of the group yet.
    let joins = edit("blue", &["delete: member", "member: CN=ann,CN=Users,~"]);
    let alone = case(&[&set]);
    alone.domain.apply(&filled(&alone.domain, &joins)).expect("it is taken out");
    let alone = Case { old: alone.domain.export(), ..alone };
    alone.there_and_back(&[]);
}

/// Whatever is selected of a change of primary groups, the server takes what is written and what undoes it.
#[test]
fn a_part_of_a_change_of_primary_groups_is_taken() {
    if !available("parts of a change of primary groups in Samba") {
        return;
    }
    let selections: &[&[&str]] = &[
        &["--exclude-attributes", "member"],
        &["--attributes", "primaryGroupID"],
        &["--exclude-attributes", "primaryGroupID"],
        &["--attributes", "member"],
        &["--filter", "(objectClass=user)"],
        &["--filter", "(objectClass=group)"],
        &["--filter", "(cn=red)"],
    ];
    let out = edit("blue", &["delete: member", "member: CN=ann,CN=Users,~"]);
    for is_member in [true, false] {
        let mut case = case(&[&primary("ann", "blue")]);
        if !is_member {
            case.domain.apply(&filled(&case.domain, &out)).expect("she is taken out");
            case.old = case.domain.export();
        }
        for selection in selections {
            let dir = Dir::new();
            case.diff(&dir, &[&["--exit-zero"], *selection].concat());
            let domain = case.domain.again();
            for file in ["change.ldif", "undo.ldif"] {
                let text = dir.read(file);
                let shown = String::from_utf8_lossy(&text);
                if shown.contains("changetype:") {
                    let what = |why| format!("{selection:?}, {is_member}: {why}\n{shown}");
                    domain.apply(&text).unwrap_or_else(|why| panic!("{}", what(why)));
                }
            }
            assert_facts(&format!("{selection:?}"), &case.old, &domain.export());
        }
    }
}

#[test]
fn a_primary_group_goes_when_nobody_has_it_any_more() {
    if !available("primary groups of Samba that go") {
        return;
    }
    let dir = Dir::new();
    let case = case(&[&primary("ann", "blue"), &gone("red")]);
    let said = case.there(&dir, &[]);
    assert!(said.contains("the primary group of 1 account goes"), "{said}");
    case.domain.apply(&dir.read("undo.ldif")).expect("the undo is taken");
    let found = facts(&case.domain.export());
    for line in facts(&case.old) {
        // Both are its groups, as before; which is the primary one is left to a person.
        let is_of_both =
            line.contains("cn=red") || line.contains("cn=blue") || line.contains("primary");
        assert!(is_of_both || found.contains(&line), "{line}");
    }
    let in_red = "/ member: dc=test,dc=corp,cn=users,cn=ann";
    assert!(
        found.iter().any(|line| line.contains("cn=red") && line.ends_with(in_red)),
        "{found:#?}"
    );
}

#[test]
fn members_that_follow_from_a_primary_group_are_not_written_for_who_comes_and_goes() {
    if !available("accounts of Samba with a primary group") {
        return;
    }
    let cleo = user("cleo", &[]) + &edit("blue", &["add: member", "member: CN=cleo,CN=Users,~"]);
    let case = case(&[&cleo, &primary("cleo", "blue"), &gone("ann")]);
    let dir = Dir::new();
    let said = case.diff(&dir, &[]).stderr;
    assert!(said.contains("the primaryGroupID of 1 entry is not written"), "{said}");
    case.domain.apply(&dir.read("change.ldif")).expect("the change is taken");
    let found = facts(&case.domain.export());
    let cleo = "cn=blue / member: dc=test,dc=corp,cn=users,cn=cleo";
    assert!(found.iter().any(|line| line.ends_with(cleo)), "{found:#?}");
    // What was said to be left is done by hand.
    case.domain.apply(&filled(&case.domain, &primary("cleo", "blue"))).expect("it is a member");
    assert_facts("by hand", &case.new, &case.domain.export());
    case.domain.apply(&dir.read("undo.ldif")).expect_err("its primary group is no member list");
    let fresh = controller().copy();
    fresh.apply(&filled(&fresh, &first())).expect("the groups are made");
    fresh.apply(&filled(&fresh, &primary("ann", "red"))).expect("the primary group is set");
    fresh.apply(&dir.read("change.ldif")).expect("the change is taken");
    fresh.apply(&dir.read("undo.ldif")).expect("the undo is taken");
}

#[test]
fn accounts_without_their_groups_are_told_of() {
    if !available("a part of Samba with primary groups") {
        return;
    }
    let case = case(&[&primary("ann", "blue")]);
    let dir = Dir::new();
    let part = |text: &[u8], names: &[&str]| -> Vec<u8> {
        let text = String::from_utf8_lossy(text).into_owned();
        let is_meant =
            |record: &&str| names.iter().any(|n| record.contains(&format!("dn: CN={n},")));
        text.split_inclusive("\n\n").filter(is_meant).collect::<String>().into_bytes()
    };
    for (names, said) in [
        (
            &["ann"][..],
            "set it by hand: the server then takes the account out of that group's `member`",
        ),
        (&["ann", "red"], "set it by hand"),
        (&["ann", "blue"], "the server puts 1 account into `member` of the group"),
    ] {
        let (old, new) = (part(&case.old, names), part(&case.new, names));
        let found = Case { domain: case.domain.again(), old, new };
        dir.write("old.ldif", &found.old);
        dir.write("new.ldif", &found.new);
        let all = "diff old.ldif new.ldif --server ad -o change.ldif --exit-zero";
        let told = run(&dir, all.split(' ')).expect(0).stderr;
        assert!(told.contains(said), "{names:?}: {told}");
        found.domain.apply(&dir.read("change.ldif")).expect("the change is taken");
        if names.len() == 2 && names[1] == "blue" {
            assert_facts("without the group it had", &case.new, &found.domain.export());
        }
    }
}

/// Samba shows a name that is no link as the entry is called, and finds it only as it was written.
#[test]
fn names_that_are_no_links_go_whatever_their_entry_was_called_once() {
    if !available("names in Samba that are no links") {
        return;
    }
    let names = ["seeAlso: CN=bob,CN=Users,~", "seeAlso: CN=cleo,CN=Users,~"];
    let one = ["secretary: CN=bob,CN=Users,~", "assistant: CN=bob,CN=Users,~"];
    let add = [
        &["add: seeAlso"],
        &names[..],
        &["-", "add: secretary", one[0], "-", "add: assistant", one[1]],
    ];
    let made = [user("ann", &[]), user("bob", &[]), user("cleo", &[])].concat();
    let refers = edit("ann", &add.concat());
    let was = renamed("bob", "rob");
    let out = ["replace: seeAlso", names[1], "-", "replace: secretary", "-", "replace: assistant"];
    let (out, gone) = (edit("ann", &out), gone("rob"));
    let again = renamed("rob", "bo");
    let cases: &[&[&str]] =
        &[&[&out], &[&again], &[&again, &renamed("ann", "amy")], &[&out, &gone]];
    for edits in cases {
        Case::new(&[&made, &refers, &was], edits).there_and_back(&[]);
    }
    // The name of a deleted entry can go, and not come back.
    Case::new(&[&made, &refers, &was, &gone], &[&out]).there(&Dir::new(), &[]);
}

/// Nobody but a computer may be added as one, and older servers have users that are.
#[test]
fn who_is_no_computer_comes_as_a_user() {
    if !available("users of Samba that look like computers") {
        return;
    }
    let case = Case::new(&[&user("ann", &[])], &[&user("bob", &[])]);
    let dir = Dir::new();
    let new = String::from_utf8_lossy(&case.new).into_owned();
    let (first, bob) = new.split_once("dn: CN=bob,").expect("the user that comes");
    let bob = bob.replacen("userAccountControl: 514", "userAccountControl: 4096", 1);
    let new = format!("{first}dn: CN=bob,{bob}").into_bytes();
    let looks_like_one = Case { new, ..case };
    looks_like_one.diff(&dir, &[]);
    looks_like_one.domain.apply(&dir.read("change.ldif")).expect("the change is taken");
    let found = facts(&looks_like_one.domain.export());
    assert!(found.iter().any(|line| line.ends_with("cn=bob / userAccountControl: 514")));
}

/// Samba replaces a `userPrincipalName` by nothing no more than a `dNSHostName`, and deletes both.
#[test]
fn what_is_to_be_empty_is_deleted_and_not_replaced() {
    if !available("attributes of Samba that are to be empty") {
        return;
    }
    let lines = ["userPrincipalName: ann@corp.test", "description: d", "seeAlso: CN=Users,~"];
    let pc = ["changetype: add", "objectClass: computer", "dNSHostName: pc.corp.test"];
    let made = user("ann", &lines) + &record("CN=pc,CN=Users,~", &pc);
    let out = ["delete: userPrincipalName", "-", "delete: description", "-", "delete: seeAlso"];
    let first = edit("ann", &out);
    let host = edit("pc", &["delete: dNSHostName"]);
    let case = Case::new(&[&made], &[&first, &host]);
    case.there_and_back(&["--modify-style", "replace"]);
}
