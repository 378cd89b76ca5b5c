//! The proof on Samba: a domain holds OLD, the change is applied over LDAP or offline, the domain holds
//! NEW; the undo leads back, from the end and from the middle.
//!
//! OLD is the export of the whole domain, with all that Samba puts into a new one. NEW is that with a
//! random part exchanged: entries that stay have what the server gave them, new ones have not.

use std::collections::{BTreeMap, BTreeSet};

use crate::domains;
use crate::ldif::{self, Change, Kind, Modification, Operation};
use crate::plan::{Plan, assert_same_exports};
use crate::rng::Rng;
use crate::samba::{Domain, available, controller};
use crate::tree::{Entry, Key, Name, Tree};
use crate::util::{Dir, cases, for_seeds};

/// Attributes that hold names, and the other end of those that are links.
const NAMES: &[(&str, Option<&str>)] = &[
    ("member", Some("memberOf")),
    ("manager", Some("directReports")),
    ("managedBy", Some("managedObjects")),
    ("assistant", None),
    ("seeAlso", None),
];

/// What changes with anything, or follows from something else.
const VOLATILE: &[&str] = &[
    "whenChanged",
    "uSNChanged",
    "name",
    "distinguishedName",
    "memberOf",
    "directReports",
    "managedObjects",
    "rIDNextRID",
    "rIDPreviousAllocationPool",
    "rIDAllocationPool",
    "rIDAvailablePool",
    "rIDUsedPool",
];

/// What a random part of a domain says of an entry.
const DRAWN: &[&str] = &[
    "objectClass",
    "cn",
    "ou",
    "sAMAccountName",
    "userPrincipalName",
    "userAccountControl",
    "groupType",
    "description",
    "servicePrincipalName",
    "displayName",
    "telephoneNumber",
    "otherTelephone",
    "proxyAddresses",
    "info",
    "objectGUID",
];

fn is_drawn(name: &str) -> bool {
    DRAWN.contains(&name) || NAMES.iter().any(|(own, _)| *own == name)
}

/// A random case in a domain.
struct Proof {
    dir: Dir,
    /// What the domain has by itself.
    own: Tree,
    /// The random part before and after.
    old: Tree,
    new: Tree,
    /// What stands in both states, by the identifiers the domain gave it.
    known: BTreeMap<Vec<u8>, Vec<u8>>,
    plan: Plan,
}

/// Reads what is drawn: without the top, which the domain has itself; accounts get a name of the other
/// kind that is unique too.
fn read(text: &str) -> Tree {
    let mut tree = ldif::read_content(text.as_bytes());
    tree.entries.pop_first();
    for entry in tree.entries.values_mut() {
        if entry.values("objectClass").iter().any(|class| class == b"user") {
            let name = [&entry.values("sAMAccountName")[0], &b"@corp.test"[..]].concat();
            entry.attributes.entry("userPrincipalName".to_owned()).or_insert(vec![name]);
        }
    }
    tree
}

impl Proof {
    fn begin(domain: &dyn Domain, own: &Tree, rng: &mut Rng) -> Proof {
        let dir = Dir::new();
        let size = rng.between(4, 30);
        let (old, new, edits) = domains::draw(rng, size, 10);
        dir.write("edits.txt", edits.join("\n"));
        let (old, new) = (read(&old), read(&new));
        hold(domain, &old);
        let export = domain.export();
        let loaded = ldif::read_content(&export);
        let given: BTreeMap<_, _> = old
            .entries
            .iter()
            .map(|(key, e)| (guid(e).clone(), loaded.entries[key].clone()))
            .collect();
        let exchanged = exchange(&loaded, own, &new, &given);
        let state = |tree: &Tree| -> Vec<Vec<String>> {
            tree.entries.values().map(|entry| facts(entry, is_drawn)).collect()
        };
        let differ = state(&old) != state(&new);
        let plan = Plan::between(&dir, &export, &ldif::write(&exchanged), differ);
        let known = given.iter().map(|(id, entry)| (guid(entry).clone(), id.clone())).collect();
        Proof { dir, own: own.clone(), old, new, known, plan }
    }

    /// Fails unless the domain holds its own entries and this state.
    fn check(&self, what: &str, domain: &dyn Domain, wanted: &Tree) {
        let export = domain.export();
        self.dir.write("held.ldif", &export);
        let mut found = ldif::read_content(&export);
        assert_links(what, &found);
        let in_own = |key: &Key| self.own.entries.contains_key(key);
        let part = |keep: bool, tree: &Tree| {
            let entries = tree.entries.iter().filter(|(key, _)| in_own(key) == keep);
            Tree { entries: entries.map(|(k, e)| (k.clone(), e.clone())).collect() }
        };
        let all = |entry: &Entry| facts(entry, |name| !VOLATILE.contains(&name));
        assert_facts(what, &self.own, &part(true, &found), all);
        for entry in found.entries.values_mut() {
            let id = guid(entry).clone();
            let id = self.known.get(&id).cloned().unwrap_or(id);
            entry.attributes.insert("objectGUID".to_owned(), vec![id]);
        }
        let ids = |tree: &Tree| -> BTreeSet<Vec<u8>> {
            tree.entries.values().map(|entry| guid(entry).clone()).collect()
        };
        let kept: BTreeSet<_> = ids(&self.old).intersection(&ids(&self.new)).cloned().collect();
        let drawn = |entry: &Entry| {
            let is_kept = kept.contains(guid(entry));
            // Who comes anew has another identifier and is disabled.
            let own = |name: &str| is_kept || !matches!(name, "objectGUID" | "userAccountControl");
            facts(entry, |name| is_drawn(name) && own(name))
        };
        assert_facts(what, wanted, &part(false, &found), drawn);
    }
}

fn guid(entry: &Entry) -> &Vec<u8> {
    &entry.values("objectGUID")[0]
}

/// Adds entries, and then what they refer to.
fn hold(domain: &dyn Domain, tree: &Tree) {
    let (mut adds, mut references) = (Vec::new(), Vec::new());
    for entry in tree.entries.values() {
        let dn = entry.name.print();
        let lines = |wanted: bool| {
            let is_name = |name: &str| NAMES.iter().any(|(own, _)| *own == name);
            let some = entry
                .attributes
                .iter()
                .filter(move |(n, _)| is_name(n) == wanted && *n != "objectGUID");
            some.map(|(name, values)| (name.clone(), values.clone()))
        };
        let flat = lines(false).flat_map(|(n, vs)| vs.into_iter().map(move |v| (n.clone(), v)));
        adds.push(Change { dn: dn.clone(), kind: Kind::Add(flat.collect()) });
        let operation = Operation::Add;
        let add = |(attribute, values)| Modification { operation, attribute, values };
        let all: Vec<_> = lines(true).map(add).collect();
        if !all.is_empty() {
            references.push(Change { dn, kind: Kind::Modify(all) });
        }
    }
    adds.extend(references);
    domain.apply(&ldif::write_changes(&adds)).expect("the domain takes what is drawn");
}

/// The export with the random part exchanged for this one.
fn exchange(loaded: &Tree, own: &Tree, new: &Tree, given: &BTreeMap<Vec<u8>, Entry>) -> Tree {
    let keep = loaded.entries.iter().filter(|(key, _)| own.entries.contains_key(*key));
    let mut tree = Tree { entries: keep.map(|(k, e)| (k.clone(), e.clone())).collect() };
    for (key, entry) in &new.entries {
        let mut entry = entry.clone();
        if let Some(before) = given.get(guid(&entry)) {
            let made = before.attributes.iter().filter(|(name, _)| !is_drawn(name));
            let made: Vec<_> = made.map(|(n, values)| (n.clone(), values.clone())).collect();
            entry.attributes.extend(made);
            entry.attributes.insert("objectGUID".to_owned(), vec![guid(before).clone()]);
        } else {
            let shown = guid(given.values().next().expect("something was loaded"));
            let fresh = fresh_guid(guid(&entry), shown);
            entry.attributes.insert("objectGUID".to_owned(), vec![fresh]);
        }
        tree.entries.insert(key.clone(), entry);
    }
    tree
}

/// An identifier that nobody has, in the form of another one: text or octets.
fn fresh_guid(drawn: &[u8], like: &[u8]) -> Vec<u8> {
    let number: u64 =
        drawn.iter().filter(|b| b.is_ascii_digit()).fold(0, |n, b| n * 10 + u64::from(b - b'0'));
    match like.len() {
        16 => [b"ldifsync", &number.to_be_bytes()[..]].concat(),
        _ => format!("00000000-5eed-4000-8000-{number:012}").into_bytes(),
    }
}

/// What is said of an entry, a line each.
fn facts(entry: &Entry, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let shown = |name: &Name| name.key().join(&b","[..]).escape_ascii().to_string();
    let own = shown(&entry.name);
    let mut all = vec![own.clone()];
    for (name, values) in entry.attributes.iter().filter(|(name, _)| wanted(name)) {
        let is_name = NAMES.iter().any(|(other, _)| other == name);
        for value in values {
            let value = match Name::parse(value).filter(|_| is_name) {
                Some(name) => shown(&name),
                None => value.escape_ascii().to_string(),
            };
            all.push(format!("{own} / {name}: {value}"));
        }
    }
    all
}

#[track_caller]
fn assert_facts(what: &str, wanted: &Tree, found: &Tree, facts: impl Fn(&Entry) -> Vec<String>) {
    let all =
        |tree: &Tree| -> BTreeSet<String> { tree.entries.values().flat_map(&facts).collect() };
    let (wanted, found) = (all(wanted), all(found));
    let missing = wanted.difference(&found).map(|line| format!("- {line}"));
    let extra = found.difference(&wanted).map(|line| format!("+ {line}"));
    let all: Vec<_> = missing.chain(extra).collect();
    assert!(all.is_empty(), "{what}: `-` expected, `+` found\n{}", all.join("\n"));
}

/// Fails unless both ends of every link agree.
#[track_caller]
fn assert_links(what: &str, tree: &Tree) {
    let ends = |attribute: &str, swap: bool| -> BTreeSet<(Key, Key)> {
        let pairs = tree.entries.iter().flat_map(|(key, entry)| {
            let names = entry.values(attribute).iter().filter_map(|value| Name::parse(value));
            names.map(|name| (key.clone(), name.key())).collect::<Vec<_>>()
        });
        pairs.map(|(a, b)| if swap { (b, a) } else { (a, b) }).collect()
    };
    for (link, back) in NAMES.iter().filter_map(|(link, back)| Some((link, (*back)?))) {
        let (forward, backward) = (ends(link, false), ends(back, true));
        let inside = |pair: &&(Key, Key)| tree.entries.contains_key(&pair.1);
        let forward: BTreeSet<_> = forward.iter().filter(inside).cloned().collect();
        assert_eq!(forward, backward, "{what}: {link} and {back}");
    }
}

fn prove_one(domain: &dyn Domain, own: &Tree, rng: &mut Rng) {
    let proof = Proof::begin(domain, own, rng);
    let Proof { old, new, plan, .. } = &proof;
    apply(domain, "the change", &plan.change);
    proof.check("after the change", domain, new);
    apply(domain, "the undo", &plan.undo);
    proof.check("after the undo", domain, old);

    let count = rng.below(plan.records() + 1);
    apply(domain, "the first records", &plan.first(count));
    apply(domain, "the end of the undo", &plan.undo_from(count));
    let what = format!("after {count} of {} records and their undo", plan.records());
    proof.check(&what, domain, old);
}

#[track_caller]
fn apply(domain: &dyn Domain, what: &str, parts: &[Vec<u8>]) {
    for (n, part) in (1..).zip(parts) {
        domain.apply(part).unwrap_or_else(|said| panic!("{what}, file {n}: {said}"));
    }
}

#[test]
fn a_domain_is_led_there_and_back_offline() {
    let name = "Samba through ldbmodify";
    if !available(name) {
        return;
    }
    let controller = controller();
    let own = ldif::read_content(&controller.copy().export());
    for_seeds(name, cases() / 10, |_, rng| {
        let copy = controller.copy();
        prove_one(&copy, &own, rng);
    });
}

#[test]
fn a_domain_is_led_there_and_back_over_ldap() {
    let name = "Samba over LDAP";
    if !available(name) {
        return;
    }
    let controller = controller();
    let pristine = ldif::read_content(&controller.copy().export());
    let is_own = |key: &Key| pristine.entries.contains_key(key);
    for_seeds(name, cases() / 15, |_, rng| {
        controller.empty(is_own);
        let own = ldif::read_content(&controller.export());
        prove_one(&*controller, &own, rng);
    });
}

/// What `ldbsearch` and `ldapsearch` write is the same state, though identifiers are text in one and
/// octets in the other; it is known for what it is, people alone too.
#[test]
fn every_export_is_read_as_it_is() {
    let name = "exports of Samba";
    if !available(name) {
        return;
    }
    let controller = controller();
    let pristine = ldif::read_content(&controller.copy().export());
    for_seeds(name, 2, |_, rng| {
        controller.empty(|key| pristine.entries.contains_key(key));
        hold(&*controller, &read(&domains::draw(rng, 20, 1).0));
        let (export, offline) = (controller.export(), controller.copy_now().export());
        assert_same_exports("ad", &export, &offline);
        assert_same_exports("ad", &offline, &export);
        assert_same_exports("ad", &controller.people(), &controller.people());
    });
}
