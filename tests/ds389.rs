//! `--server 389ds`: what the server does by itself, and the proof on a real one: it holds OLD,
//! `ldapmodify` applies the change, `ldapsearch` shows NEW; the undo leads back, from the end and
//! from the middle.

use std::collections::{BTreeMap, BTreeSet};

use crate::dirsrv::{Plugins, Server, available, server};
use crate::ldif;
use crate::plan::{Plan, assert_identities_kept, assert_same_exports, records_alone};
use crate::rng::Rng;
use crate::rules::{self, Rule};
use crate::tree::{Entry, Key, Name, Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, Outcome, assert_same_text, cases, for_seeds, run};

/// Runs `diff`; the small exports here may be emptied.
fn changed(dir: &Dir, old: &str, new: &str) -> Outcome {
    dir.write("old.ldif", old);
    dir.write("new.ldif", new);
    run(dir, ["diff", "old.ldif", "new.ldif"])
}

fn records(outcome: &Outcome) -> String {
    let bare = records_alone(&outcome.stdout).concat();
    String::from_utf8(bare).expect("text").trim_start().to_owned()
}

#[test]
fn the_classes_of_389_are_its_own() {
    let person = |more: &str| {
        format!("dn: cn=a,dc=x\nobjectClass: person\n{more}cn: a\nsn: a\nnsUniqueId: 1\n\n")
    };
    let dir = Dir::new();
    let with = person("objectClass: nsMemberOf\nmemberOf: cn=g,dc=x\n");
    changed(&dir, &person(""), &with).expect(0);
    changed(&dir, &with, &person("")).expect(0);
    // Below a renamed subtree the server leaves the old name in it.
    changed(&dir, &person(""), &person("dsEntryDN: cn=z,dc=x\n")).expect(0);
    let top = "dn: dc=x\nobjectClass: domain\ndc: x\nnsUniqueId: 0\n\n";
    let added = changed(&dir, top, &(top.to_owned() + &with)).expect(1);
    let expected = "\
dn: cn=a,dc=x
changetype: add
objectClass: person
cn: a
sn: a

";
    assert_same_text("the add", expected, &records(&added));
    // Another structural class is a modify there.
    let device = "dn: cn=a,dc=x\nobjectClass: device\ncn: a\nnsUniqueId: 1\n\n";
    let outcome = changed(&dir, &person(""), device).expect(1);
    assert!(records(&outcome).contains("changetype: modify\ndelete: objectClass\n"));
}

/// The server looks for a move of an entry below itself at the old parent: what is to be `ou=b,ou=b`
/// cannot come from beside `ou=b`, nor go back there, in one step.
#[test]
fn a_move_that_looks_like_one_below_the_entry_itself_takes_two_steps() {
    let unit = |dn: &str, id: usize| {
        let name = dn.split([',', '=']).nth(1).expect("a name");
        format!("dn: {dn},dc=x\nobjectClass: organizationalUnit\nou: {name}\nnsUniqueId: {id}\n\n")
    };
    let dir = Dir::new();
    let top =
        "dn: dc=x\nobjectClass: domain\ndc: x\nnsUniqueId: 0\n\n".to_owned() + &unit("ou=b", 1);
    let (beside, below) = (top.clone() + &unit("ou=a", 2), top + &unit("ou=b,ou=b", 2));
    let there = "\
dn: ou=a,dc=x
changetype: modrdn
newrdn: ou=ldifsync-temporary-1
deleteoldrdn: 1
newsuperior: ou=b,dc=x

dn: ou=ldifsync-temporary-1,ou=b,dc=x
changetype: modrdn
newrdn: ou=b
deleteoldrdn: 1

";
    assert_same_text("there", there, &records(&changed(&dir, &beside, &below).expect(1)));
    let back = "\
dn: ou=b,ou=b,dc=x
changetype: modrdn
newrdn: ou=ldifsync-temporary-1
deleteoldrdn: 1

dn: ou=ldifsync-temporary-1,ou=b,dc=x
changetype: modrdn
newrdn: ou=a
deleteoldrdn: 1
newsuperior: dc=x

";
    assert_same_text("back", back, &records(&changed(&dir, &below, &beside).expect(1)));
}

/// Where a group goes that has the entry right above it among its members, the server may go on counting it
/// below that entry: it is taken out first, and on the way back put in last.
#[test]
fn a_group_lets_go_of_what_is_above_it_before_it_goes() {
    let dir = Dir::new();
    let top = "dn: ou=u,dc=x\nobjectClass: organizationalUnit\nou: u\nnsUniqueId: 1\n\n";
    let group = "dn: cn=g,ou=u,dc=x\nobjectClass: groupOfNames\ncn: g\nmember: ou=u,dc=x\n\
                 member: dc=x\nnsUniqueId: 2\n\n";
    let (with, without) = (format!("{top}{group}"), top.to_owned());
    let goes = "\
dn: cn=g,ou=u,dc=x
changetype: modify
delete: member
member: ou=u,dc=x
-

dn: cn=g,ou=u,dc=x
changetype: delete

";
    assert_same_text("goes", goes, &records(&changed(&dir, &with, &without).expect(1)));
    let comes = "\
dn: cn=g,ou=u,dc=x
changetype: add
objectClass: groupOfNames
cn: g
member: dc=x

dn: cn=g,ou=u,dc=x
changetype: modify
add: member
member: ou=u,dc=x
-

";
    assert_same_text("comes", comes, &records(&changed(&dir, &without, &with).expect(1)));
}

#[test]
fn groups_that_follow_an_entry_above_are_told_of() {
    let tree = |unit: &str, more: &str| {
        format!(
            "dn: ou={unit},dc=x\nobjectClass: organizationalUnit\nou: {unit}\nnsUniqueId: 1\n\n\
             dn: cn=g,ou={unit},dc=x\nobjectClass: groupOfNames\ncn: g\nmember: cn=a,dc=x\n\
             nsUniqueId: 2\n\ndn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\nnsUniqueId: 3\n{more}\n"
        )
    };
    let dir = Dir::new();
    let said = "1 group gets another name because an entry above is renamed";
    let outcome = changed(&dir, &tree("a", "memberOf: cn=g,ou=a,dc=x\n"), &tree("b", "")).expect(1);
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    let outcome = changed(&dir, &tree("a", ""), &tree("b", "")).expect(1);
    assert!(!outcome.stderr.contains(said), "{}", outcome.stderr);
}

/// What `db2ldif` and `ldapsearch` write is the same state, and known for what it is, people alone too.
#[test]
fn every_export_is_read_as_it_is() {
    if !available("exports of 389 Directory Server") {
        return;
    }
    let server = server(Plugins::References);
    for_seeds("exports of 389 Directory Server", 2, |_, rng| {
        server.hold(&with_hashes(Case::draw(rng).old.tree()));
        assert_same_exports("389ds", &server.export(), &server.dump());
        let people = server.people(&["*", "+"]);
        assert_same_exports("389ds", &people, &people);
        let known = server.people(&["*", "nsUniqueId"]);
        assert_same_exports("389ds", &people, &known);
    });
}

/// A random case as this server has it: what stands in both states is known by the identifiers that
/// the server gave it when it was loaded.
struct Proof {
    dir: Dir,
    old: Tree,
    new: Tree,
    plan: Plan,
    /// The identifiers of the case, by those of the server.
    known: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Proof {
    /// Loads the first state, exports it, and has the change and the undo written.
    fn begin(server: &Server, case: &Case, rng: &mut Rng) -> Proof {
        let dir = Dir::new();
        dir.write("edits.txt", case.edits.join("\n"));
        let [old, new] = [&case.old, &case.new].map(|world| {
            let mut tree = with_hashes(world.tree());
            empty_some_groups(&mut tree, rng);
            tree
        });
        server.hold(&old);
        let export = if rng.chance(50) { server.export() } else { server.dump() };
        let loaded = ldif::read_content(&export);
        let id = |entry: &Entry| entry.values("nsUniqueId")[0].clone();
        let given: BTreeMap<_, _> = old
            .identities()
            .into_iter()
            .map(|(uuid, key)| (uuid, id(&loaded.entries[&key])))
            .collect();
        let plan = Plan::of(&dir, &export, &ldif::write(&named_by_server(&new, &given)));
        let known = given.into_iter().map(|(uuid, id)| (id, uuid)).collect();
        Proof { dir, old, new, plan, known }
    }

    /// What the server holds, under the identifiers of the case.
    fn held(&self, server: &Server) -> Tree {
        let export = server.export();
        self.dir.write("held.ldif", &export);
        let read = ldif::read_content(&export);
        assert_counted(&read);
        let mut tree = without_own(read);
        for entry in tree.entries.values_mut() {
            let id = entry.attributes.remove("nsUniqueId").expect("389 gives each entry one");
            let uuid = id.iter().map(|id| self.known.get(id).unwrap_or(id).clone()).collect();
            entry.attributes.insert("entryUUID".to_owned(), uuid);
        }
        tree
    }
}

/// The state as an export of this server would show it.
fn named_by_server(tree: &Tree, given: &BTreeMap<Vec<u8>, Vec<u8>>) -> Tree {
    let mut tree = tree.clone();
    for entry in tree.entries.values_mut() {
        let uuid = entry.values("entryUUID")[0].clone();
        entry.attributes.retain(|name, _| !rules::is_server(name));
        let id = given.get(&uuid).cloned().unwrap_or(uuid);
        entry.attributes.insert("nsUniqueId".to_owned(), vec![id]);
    }
    tree
}

/// Passwords as hashes: the server would hash any others itself.
fn with_hashes(mut tree: Tree) -> Tree {
    for entry in tree.entries.values_mut() {
        for value in entry.attributes.get_mut("userPassword").into_iter().flatten() {
            let mut rng = value.iter().fold(Rng::new(0), |rng, byte| {
                let seed = rng.clone().next();
                Rng::new(seed.wrapping_add(u64::from(*byte)))
            });
            *value = format!("{{SSHA}}{}", ldif::to_base64(&rng.bytes(28))).into_bytes();
        }
    }
    tree
}

/// Takes the members of a few groups: here a group may have none.
fn empty_some_groups(tree: &mut Tree, rng: &mut Rng) {
    for entry in tree.entries.values_mut() {
        entry.attributes.retain(|name, _| !name.ends_with("ember") || !rng.chance(15));
    }
}

/// A tree without the class that MemberOf gives entries.
/// Fails unless the server counts as many entries below each as there are.
#[track_caller]
fn assert_counted(tree: &Tree) {
    for (key, entry) in &tree.entries {
        let said =
            entry.values("numSubordinates").first().map(|said| String::from_utf8_lossy(said));
        let below = tree.below(key).iter().filter(|one| one.len() == key.len() + 1).count();
        let said = said.map_or(0, |said| said.parse().expect("a number"));
        assert_eq!(said, below, "below {}", String::from_utf8_lossy(&entry.name.print()));
    }
}

fn without_own(mut tree: Tree) -> Tree {
    for entry in tree.entries.values_mut() {
        let classes = entry.attributes.get_mut("objectClass");
        classes.into_iter().for_each(|classes| classes.retain(|class| class != b"nsMemberOf"));
    }
    tree
}

#[test]
fn a_server_is_led_there_and_back() {
    prove("389 Directory Server", Plugins::Default);
}

#[test]
fn a_server_with_referential_integrity_is_led_there_and_back() {
    prove("389 Directory Server with referential integrity", Plugins::References);
}

fn prove(name: &str, plugins: Plugins) {
    if available(name) {
        let server = server(plugins);
        let count = if plugins == Plugins::Default { cases() / 10 } else { cases() / 15 };
        for_seeds(name, count, |_, rng| prove_one(plugins, &server, rng));
    }
}

/// Whether no two values are the same to this server, for which a line end is a blank.
fn is_held(tree: &Tree) -> bool {
    let attributes = || tree.entries.values().flat_map(|entry| &entry.attributes);
    attributes().filter(|(name, _)| rules::rule(name) == Rule::Fold).all(|(_, values)| {
        let words = |value: &[u8]| -> Vec<String> {
            let text = String::from_utf8_lossy(value).to_lowercase();
            text.split_ascii_whitespace().map(str::to_owned).collect()
        };
        let mut seen = BTreeSet::new();
        values.iter().all(|value| seen.insert(words(value)))
    })
}

fn prove_one(plugins: Plugins, server: &Server, rng: &mut Rng) {
    let case = Case::draw(rng);
    if ![&case.old, &case.new].iter().all(|world| is_held(&world.tree())) {
        return;
    }
    let proof = Proof::begin(server, &case, rng);
    let Proof { old, new, plan, .. } = &proof;
    let check = |what: &str, wanted: &Tree| {
        let found = proof.held(server);
        assert_same(what, wanted, &found);
        assert_identities_kept(old, new, wanted, &found);
        assert_groups_known(what, plugins, server, &proof);
    };
    apply(server, "the change", &plan.change);
    check("after the change", new);
    apply(server, "the undo", &plan.undo);
    check("after the undo", old);

    let count = rng.below(plan.records() + 1);
    server.hold(old);
    apply(server, "the first records", &plan.first(count));
    apply(server, "the end of the undo", &plan.undo_from(count));
    let what = format!("after {count} of {} records and their undo", plan.records());
    let found = proof.held(server);
    assert_same(&what, old, &found);
    assert_groups_known(&what, plugins, server, &proof);
}

/// A server that keeps references whole would have what NEW keeps follow the entry, or take it away.
#[test]
fn a_reference_that_stays_at_its_old_name_does_not_follow() {
    if !available("389 Directory Server with references that stay") {
        return;
    }
    let server = server(Plugins::References);
    let id = |n: usize| format!("nsUniqueId: {n}\n\n");
    let person = |name: &str, n| {
        format!(
            "dn: cn={name},dc=example,dc=com\nobjectClass: top\nobjectClass: person\ncn: {name}\nsn: s\n"
        ) + &id(n)
    };
    let state = |people: &[(&str, usize)], members: &[&str]| {
        let mut text = "dn: dc=example,dc=com\nobjectClass: top\nobjectClass: organization\n\
                        objectClass: dcObject\ndc: example\no: Example\n"
            .to_owned()
            + &id(0);
        text.extend(people.iter().map(|&(name, n)| person(name, n)));
        text += "dn: cn=g,dc=example,dc=com\nobjectClass: top\nobjectClass: groupOfNames\ncn: g\n";
        text.extend(members.iter().map(|name| format!("member: cn={name},dc=example,dc=com\n")));
        ldif::read_content((text + &id(9)).as_bytes())
    };
    let bare = |tree: &Tree| without_own(tree.without_server_attributes());
    let held = || bare(&ldif::read_content(&server.export()));
    let old = state(&[("ann", 1), ("bob", 2), ("eve", 3)], &["ann", "bob"]);
    for new in [
        state(&[("amy", 1), ("bob", 2), ("eve", 3)], &["ann", "bob", "eve"]),
        state(&[("ann", 1), ("eve", 3)], &["ann", "bob", "eve"]),
        state(&[("amy", 1), ("eve", 3)], &["ann"]),
    ] {
        let dir = Dir::new();
        server.hold(&old);
        let plan = Plan::of(&dir, &ldif::write(&old), &ldif::write(&new));
        apply(&server, "the change", &plan.change);
        assert_same("after the change", &bare(&new), &held());
        apply(&server, "the undo", &plan.undo);
        assert_same("after the undo", &bare(&old), &held());
    }
}

/// Fails unless `memberOf` is right: at once, or where the change was said to leave it behind, when the
/// server has made it anew. Of groups in groups it forgets some by itself, the same ones each time, so
/// they too are looked at when it has made them anew.
#[track_caller]
fn assert_groups_known(what: &str, plugins: Plugins, server: &Server, proof: &Proof) {
    if plugins == Plugins::Default {
        return;
    }
    if !proof.plan.said.contains("`memberOf` does not follow") {
        let tree = proof.held(server);
        let (all, direct) = (memberships(&tree, true), memberships(&tree, false));
        let found = known_groups(&tree);
        assert_known(what, &direct, &found.intersection(&direct).cloned().collect());
        assert_known(what, &found.intersection(&all).cloned().collect(), &found);
        if all == direct {
            return;
        }
    }
    server.make_member_of();
    let tree = proof.held(server);
    assert_known(what, &memberships(&tree, true), &known_groups(&tree));
}

#[track_caller]
fn apply(server: &Server, what: &str, parts: &[Vec<u8>]) {
    for (n, part) in (1..).zip(parts) {
        server.apply(part).unwrap_or_else(|said| panic!("{what}, file {n}: {said}"));
    }
}

/// Who is in which group, in groups of groups too where that is asked. A group that is in itself does
/// not say so.
fn memberships(tree: &Tree, nested: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for group in tree.entries.values().filter(|entry| !entry.values("member").is_empty()) {
        let mut open = group.values("member").to_vec();
        let mut seen = BTreeSet::from([group.name.key()]);
        while let Some(member) = open.pop() {
            let key = Name::parse(&member).expect("a name").key();
            let Some(entry) = tree.entries.get(&key).filter(|_| seen.insert(key)) else { continue };
            found.insert(is_in(entry, group.name.key()));
            if nested {
                open.extend_from_slice(entry.values("member"));
            }
        }
    }
    found
}

/// What `memberOf` says.
fn known_groups(tree: &Tree) -> BTreeSet<String> {
    let groups = |entry: &Entry| -> Vec<String> {
        let keys = entry.values("memberOf").iter().map(|n| Name::parse(n).expect("a name").key());
        let others = keys.filter(|key| *key != entry.name.key());
        others.map(|key| is_in(entry, key)).collect()
    };
    tree.entries.values().flat_map(groups).collect()
}

#[track_caller]
fn assert_known(what: &str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) {
    let missing = wanted.difference(found).map(|line| format!("- {line}"));
    let extra = found.difference(wanted).map(|line| format!("+ {line}"));
    let all: Vec<_> = missing.chain(extra).collect();
    assert!(all.is_empty(), "{what}: memberOf, `-` expected, `+` found\n{}", all.join("\n"));
}

fn is_in(entry: &Entry, group: Key) -> String {
    let shown = |key: Key| String::from_utf8_lossy(&key.join(&b","[..])).into_owned();
    format!("{} is in {}", shown(entry.name.key()), shown(group))
}
