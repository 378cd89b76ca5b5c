//! Around records that are rejected a change still applies, on random trees: what they stand for is
//! neither touched nor referred to by others than before.

use std::collections::BTreeSet;

use ldifsync::diff::{Limit, Options, diff};
use ldifsync::output::Target;

use crate::ldif;
use crate::model;
use crate::rng::Rng;
use crate::rules::{self, Rule};
use crate::tree::{Key, Name, Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, cases, for_seeds};

type Uuid = Vec<u8>;

/// An export of which some records cannot be read, and whom they stand for. Where `is_told` they all
/// carry their identifiers.
fn spoilt(rng: &mut Rng, tree: &Tree, is_new: bool, is_told: bool) -> (Vec<u8>, BTreeSet<Uuid>) {
    let percent = [0, 4, 15][rng.below(3)];
    let (mut text, mut rejected) = (Vec::new(), BTreeSet::new());
    for (n, entry) in tree.entries.values().enumerate() {
        let alone = Tree { entries: [(entry.name.key(), entry.clone())].into() };
        let record = String::from_utf8(ldif::write(&alone)).expect("LDIF is text");
        // The suffix is there on both sides, or nothing would be compared.
        if n == 0 || !rng.chance(percent) {
            text.extend(record.bytes());
            continue;
        }
        rejected.insert(entry.values("entryUUID")[0].clone());
        let record = match rng.below(if is_told { 3 } else { 5 }) {
            0 => format!("{}\nno colon\n\n", record.trim_end()),
            1 => format!("{}\ntitle:: %%%\n\n", record.trim_end()),
            2 => record.repeat(2),
            // In OLD a name that cannot be read is one that may be taken.
            3 if is_new => record.replacen("dn:", "dn:: %", 1),
            _ => record.replace("entryUUID: ", "entryUUID:: %"),
        };
        text.extend(record.bytes());
    }
    (text, rejected)
}

/// Who refers to whom by which attribute. Those who are rejected keep the names that they have.
fn references(tree: &Tree, rejected: &BTreeSet<Uuid>) -> BTreeSet<(Uuid, String, Uuid)> {
    let uuid = |key: &Key| tree.entries.get(key)?.values("entryUUID").first().cloned();
    let mut all = BTreeSet::new();
    for (key, entry) in &tree.entries {
        let Some(from) = uuid(key).filter(|from| !rejected.contains(from)) else { continue };
        for (name, values) in entry.attributes.iter().filter(|(n, _)| !rules::is_server(n)) {
            if rules::rule(name) == Rule::Name {
                let named = values.iter().filter_map(|v| uuid(&Name::parse(v)?.key()));
                all.extend(named.map(|to| (from.clone(), name.clone(), to)));
            }
        }
    }
    all
}

/// What an entry is: its RDN, the entry above it, and its attributes.
fn facts(tree: &Tree, id: &Uuid) -> Option<String> {
    let key = tree.identities().get(id)?.clone();
    let above = tree.entries.get(&key[..key.len() - 1]).map(|e| e.values("entryUUID").to_vec());
    Some(format!("{:?} {above:?} {:?}", key.last(), tree.state()[&key]))
}

fn check(rng: &mut Rng, is_told: bool) {
    let case = Case::draw(rng);
    let (old, new) = (case.old.tree(), case.new.tree());
    let dir = Dir::new();
    dir.write("edits.txt", case.edits.join("\n"));
    let (old_text, mut rejected) = spoilt(rng, &old, false, is_told);
    let (new_text, more) = spoilt(rng, &new, true, is_told);
    rejected.extend(more);
    let mut options =
        Options::new(dir.write("old.ldif", old_text), dir.write("new.ldif", new_text));
    options.output = Target::File(dir.file("change.ldif"));
    options.undo = Some(dir.file("undo.ldif"));
    options.keep_going = true;
    options.limits.delete = Some(Limit::Percent(100.0));
    options.limits.member_delete = Some(Limit::Percent(100.0));
    options.limits.attribute_loss = Some(100.0);
    diff(&options, &|_| {}).unwrap_or_else(|error| panic!("{error}"));
    let apply = |tree: &Tree, name: &str| {
        let parts = [format!("{name}.ldif"), format!("{name}.2.ldif")];
        let parts = parts.iter().filter_map(|part| dir.read_if_there(part));
        parts.fold(tree.clone(), |tree, part| {
            model::apply(&tree, &part).unwrap_or_else(|refusal| {
                let record = &part[ldif::blocks(&part)[refusal.record - 1].text.clone()];
                panic!("{name}: {refusal:?}\n{}", String::from_utf8_lossy(record))
            })
        })
    };
    let there = apply(&old, "change");
    let back = apply(&there, "undo");
    let plain = |tree: &Tree| tree.without_server_attributes();
    assert_same("the undo", &plain(&old), &plain(&back));
    if !is_told {
        return;
    }
    for id in &rejected {
        assert_eq!(facts(&old, id), facts(&there, id), "{}", String::from_utf8_lossy(id));
    }
    let [before, wanted, found] = [&old, &new, &there].map(|tree| references(tree, &rejected));
    let ids = there.identities();
    // Who is left as it is keeps the names that it has, whoever has them.
    let is_left = |(from, by, _): &(Uuid, String, Uuid)| {
        let held = |tree: &Tree| tree.state()[&tree.identities()[from]].get(by).cloned();
        held(&old) == held(&there)
    };
    for one in before.intersection(&wanted) {
        let both = ids.contains_key(&one.0) && ids.contains_key(&one.2);
        assert!(!both || found.contains(one) || is_left(one), "lost: {}", shown(one));
    }
    for one in &found {
        let is_known = before.contains(one) || wanted.contains(one);
        assert!(is_known || is_left(one), "gained: {}", shown(one));
    }
}

fn shown((from, by, to): &(Uuid, String, Uuid)) -> String {
    format!("{} {by} {}", String::from_utf8_lossy(from), String::from_utf8_lossy(to))
}

#[test]
fn what_was_rejected_is_not_touched() {
    for_seeds("rejected", cases(), |_, rng| check(rng, true));
}

#[test]
fn the_rest_applies_whatever_was_rejected() {
    for_seeds("rejected, unknown", cases(), |_, rng| check(rng, false));
}
