//! The proof: a real `slapd` holds OLD, `ldapmodify` applies the change, `slapcat` shows NEW; the
//! undo leads back, from the end and from the middle.

use std::collections::BTreeSet;

use crate::ldif::{self, Change, Kind, Modification, Operation};
use crate::model;
use crate::plan::{Plan, assert_identities_kept};
use crate::rng::Rng;
use crate::rules;
use crate::slapd::{Overlay, Server, available};
use crate::tree::{Entry, Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, cases, for_seeds};

#[test]
fn plain_slapd_is_led_there_and_back() {
    prove("plain slapd", Overlay::None);
}

#[test]
fn slapd_with_refint_is_led_there_and_back() {
    prove("slapd with refint", Overlay::Refint);
}

#[test]
fn slapd_with_unique_mails_is_led_there_and_back() {
    prove("slapd with unique", Overlay::Unique);
}

fn prove(name: &str, overlay: Overlay) {
    if available(name) {
        for_seeds(name, cases() / 3, |_, rng| prove_one(overlay, rng));
    }
}

fn prove_one(overlay: Overlay, rng: &mut Rng) {
    let case = Case::draw(rng);
    let (old, new) = (case.old.tree(), case.new.tree());
    let dir = Dir::new();
    dir.write("edits.txt", case.edits.join("\n"));
    let server = Server::holding(overlay, &ldif::write(&old));
    // OLD is what an administrator has: a real export.
    let plan = Plan::of(&dir, &server.dump(), &ldif::write(&new));

    apply(&server, "the change", &plan.change);
    let there = held(&server);
    assert_same("after the change", &new, &there);
    assert_identities_kept(&old, &new, &new, &there);

    apply(&server, "the undo", &plan.undo);
    let back = held(&server);
    assert_same("after the undo", &old, &back);
    assert_identities_kept(&old, &new, &old, &back);

    stop_and_undo(overlay, &old, &plan, rng);
}

/// Stops the change at a random record and undoes what was done.
fn stop_and_undo(overlay: Overlay, old: &Tree, plan: &Plan, rng: &mut Rng) {
    let count = rng.below(plan.records() + 1);
    let server = Server::holding(overlay, &ldif::write(old));
    apply(&server, "the first records", &plan.first(count));
    server.settle();
    apply(&server, "the end of the undo", &plan.undo_from(count));
    let what = format!("after {count} of {} records and their undo", plan.records());
    assert_same(&what, old, &held(&server));
}

/// Applies the files of a change; between two of them the server gets the time it needs.
#[track_caller]
fn apply(server: &Server, what: &str, parts: &[Vec<u8>]) {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            server.settle();
        }
        server.apply(part).unwrap_or_else(|said| panic!("{what}, file {}: {said}", i + 1));
    }
}

fn held(server: &Server) -> Tree {
    ldif::read_content(&server.settled_dump())
}

/// The harness has to be right before it can prove anything: the crudest change there is, all
/// entries out and all others in, leads to NEW on the server and in the model alike.
#[test]
fn tearing_down_and_rebuilding_leads_there_too() {
    if !available("rebuilding") {
        return;
    }
    for_seeds("rebuilding", cases() / 6, |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        let change = ldif::write_changes(&rebuild(&old, &new));
        let plan = Plan { change: vec![change.clone()], undo: Vec::new(), said: String::new() };
        let count = rng.below(plan.records() + 1);
        let server = Server::holding(Overlay::Unique, &ldif::write(&old));
        apply(&server, "the first records", &plan.first(count));
        let rest = ldif::blocks(&change).split_off(count);
        let from = rest.first().map_or(change.len(), |block| block.text.start);
        apply(&server, "the other records", &[change[from..].to_vec()]);
        assert_same("rebuilt", &new, &held(&server));
        let model = model::apply(&old, &change).expect("the model takes it");
        assert_same("rebuilt in the model", &new, &model);
    });
}

/// Deletes all but the top, children first, and adds all but the top, parents first.
fn rebuild(old: &Tree, new: &Tree) -> Vec<Change> {
    let deletes = old.entries.values().skip(1).rev();
    let deletes = deletes.map(|e| Change { dn: e.name.print(), kind: Kind::Delete });
    let mut changes: Vec<_> = deletes.collect();
    for (i, entry) in new.without_server_attributes().entries.values().enumerate() {
        let attributes = entry.attributes.iter();
        let kind = match i {
            0 => Kind::Modify(replace_all(&old.entries[&entry.name.key()], entry)),
            _ => Kind::Add(
                attributes.flat_map(|(n, vs)| vs.iter().map(|v| (n.clone(), v.clone()))).collect(),
            ),
        };
        changes.push(Change { dn: entry.name.print(), kind });
    }
    changes
}

/// Replaces every attribute of either but the classes and the name.
fn replace_all(old: &Entry, new: &Entry) -> Vec<Modification> {
    let names: BTreeSet<_> = old.attributes.keys().chain(new.attributes.keys()).collect();
    let free = names.into_iter().filter(|n| *n != "dc" && !rules::is_server(n));
    let replace = |attribute: &String| Modification {
        operation: Operation::Replace,
        attribute: attribute.clone(),
        values: new.values(attribute).to_vec(),
    };
    free.map(replace).collect()
}
