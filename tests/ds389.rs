//! `--server 389ds`: what the server does by itself, and the proof on a real one: it holds OLD,
//! `ldapmodify` applies the change, `ldapsearch` shows NEW; the undo leads back, from the end and
//! from the middle.

use std::collections::{BTreeMap, BTreeSet};

use crate::dirsrv::{Plugins, Server, available, server};
use crate::ldif;
use crate::plan::{Plan, assert_identities_kept, records_alone};
use crate::rng::Rng;
use crate::rules;
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
    fn begin(server: &Server, case: &Case) -> Proof {
        let dir = Dir::new();
        dir.write("edits.txt", case.edits.join("\n"));
        let [old, new] = [&case.old, &case.new].map(|world| with_hashes(world.tree()));
        server.hold(&old);
        let export = server.export();
        let loaded = ldif::read_content(&export);
        let id = |entry: &Entry| entry.values("nsUniqueId")[0].clone();
        let given: BTreeMap<_, _> =
            old.identities().into_iter().map(|(uuid, key)| (uuid, id(&loaded.entries[&key]))).collect();
        let plan = Plan::of(&dir, &export, &ldif::write(&named_by_server(&new, &given)));
        let known = given.into_iter().map(|(uuid, id)| (id, uuid)).collect();
        Proof { dir, old, new, plan, known }
    }

    /// What the server holds, under the identifiers of the case.
    fn held(&self, server: &Server) -> Tree {
        let export = server.export();
        self.dir.write("held.ldif", &export);
        let mut tree = without_own(ldif::read_content(&export));
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

/// A tree without the class that MemberOf gives entries.
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
        for_seeds(name, cases() / 10, |_, rng| prove_one(plugins, &server, rng));
    }
}

fn prove_one(plugins: Plugins, server: &Server, rng: &mut Rng) {
    let case = Case::draw(rng);
    let proof = Proof::begin(server, &case);
    let Proof { old, new, plan, .. } = &proof;
    let check = |what: &str, wanted: &Tree| {
        let found = proof.held(server);
        assert_same(what, wanted, &found);
        assert_identities_kept(old, new, wanted, &found);
        assert_member_of(what, plugins, &found);
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
    assert_member_of(&what, plugins, &found);
}

#[track_caller]
fn apply(server: &Server, what: &str, parts: &[Vec<u8>]) {
    for (n, part) in (1..).zip(parts) {
        server.apply(part).unwrap_or_else(|said| panic!("{what}, file {n}: {said}"));
    }
}

/// Fails unless each entry knows all groups it is in, in groups of groups too.
#[track_caller]
fn assert_member_of(what: &str, plugins: Plugins, tree: &Tree) {
    if plugins == Plugins::Default {
        return;
    }
    let keys = |entry: &Entry, attribute: &str| -> BTreeSet<Key> {
        let names = entry.values(attribute).iter();
        names.map(|name| Name::parse(name).expect("a name").key()).collect()
    };
    let mut wanted: BTreeMap<Key, BTreeSet<Key>> =
        tree.entries.keys().map(|key| (key.clone(), BTreeSet::new())).collect();
    for (group, entry) in &tree.entries {
        let mut open: Vec<Key> = keys(entry, "member").into_iter().collect();
        while let Some(member) = open.pop() {
            let Some(entry) = tree.entries.get(&member) else { continue };
            if wanted.get_mut(&member).is_some_and(|groups| groups.insert(group.clone())) {
                open.extend(keys(entry, "member"));
            }
        }
    }
    let found: BTreeMap<Key, BTreeSet<Key>> =
        tree.entries.iter().map(|(key, entry)| (key.clone(), keys(entry, "memberOf"))).collect();
    assert_eq!(wanted, found, "{what}: memberOf");
}
