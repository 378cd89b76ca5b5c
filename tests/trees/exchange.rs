//! Edits in which entries take what others had: names, mails, numbers, whole identities.

use std::collections::BTreeSet;

use super::edit::{Keep, end_posix, fresh_number, set_rdn};
use super::{Id, Kind, Node, World, draw, values};
use crate::rng::Rng;
use crate::tree::Rdn;

/// Each entry gets the RDN of the next, the last one that of the first.
pub(super) fn swap_rdns(world: &mut World, ids: &[Id]) {
    let mut rdns: Vec<_> = ids.iter().map(|id| world.nodes[id].rdn.clone()).collect();
    rdns.rotate_left(1);
    for (id, rdn) in ids.iter().zip(rdns) {
        set_rdn(world, *id, rdn, Keep::No);
    }
}

/// Each entry gets the place of the next.
fn swap_parents(world: &mut World, ids: &[Id]) {
    let mut parents: Vec<_> = ids.iter().map(|id| world.nodes[id].parent).collect();
    parents.rotate_left(1);
    for (id, parent) in ids.iter().zip(parents) {
        world.change(*id).parent = parent;
    }
}

/// People named in one way, who can pass their names around.
fn people_alike(world: &World, rng: &mut Rng, count: usize) -> Option<Vec<Id>> {
    let types = |rdn: &Rdn| rdn.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let first = *rng.pick(&world.of_kind(Kind::Person))?;
    let wanted = types(&world.nodes[&first].rdn);
    let alike = world.ids(|n| n.kind == Kind::Person && types(&n.rdn) == wanted);
    let chosen = rng.several(&alike, count);
    (chosen.len() == count).then_some(chosen)
}

fn pass_names(world: &mut World, rng: &mut Rng, ids: &[Id]) {
    // Without the places, two in different units keep them and trade RDNs alone.
    if rng.chance(60) {
        swap_parents(world, ids);
    }
    swap_rdns(world, ids);
}

pub(super) fn swap_people(world: &mut World, rng: &mut Rng) -> Option<()> {
    let ids = people_alike(world, rng, 2)?;
    pass_names(world, rng, &ids);
    Some(())
}

pub(super) fn rotate_people(world: &mut World, rng: &mut Rng) -> Option<()> {
    let ids = people_alike(world, rng, 3)?;
    pass_names(world, rng, &ids);
    Some(())
}

/// Two people trade names, and groups refer to one, the other or both.
pub(super) fn swap_members(world: &mut World, rng: &mut Rng) -> Option<()> {
    let ids = people_alike(world, rng, 2)?;
    for group in world.ids(|n| n.kind.members().is_some()) {
        let members = world.nodes[&group].kind.members()?;
        let count = rng.below(3);
        let some = rng.several(&ids, count);
        let references = &mut world.change(group).references;
        references.entry(members).or_default().extend(some);
    }
    pass_names(world, rng, &ids);
    Some(())
}

pub(super) fn swap_units(world: &mut World, rng: &mut Rng) -> Option<()> {
    let ids = rng.several(&world.of_kind(Kind::Unit), 2);
    let [a, b] = ids[..] else { return None };
    let apart = !world.below(a).contains(&b) && !world.below(b).contains(&a);
    if apart {
        swap_parents(world, &ids);
    }
    swap_rdns(world, &ids);
    Some(())
}

/// Each gets the values of the next.
fn rotate_values(world: &mut World, ids: &[Id], attribute: &str) {
    let mut all: Vec<_> =
        ids.iter().map(|id| world.nodes[id].attributes[attribute].clone()).collect();
    if ids.len() > 1 {
        all.rotate_left(1);
    }
    for (id, values) in ids.iter().zip(all) {
        world.change(*id).attributes.insert(attribute.to_owned(), values);
    }
}

pub(super) fn rotate_mails(world: &mut World, rng: &mut Rng) -> Option<()> {
    let holders = world.ids(|n| n.attributes.get("mail").is_some_and(|mails| !mails.is_empty()));
    let count = rng.between(2, 3);
    let ids = rng.several(&holders, count);
    rotate_values(world, &ids, "mail");
    (ids.len() > 1).then_some(())
}

pub(super) fn swap_uid_numbers(world: &mut World, rng: &mut Rng) -> Option<()> {
    let named = |rdn: &Rdn| rdn.iter().any(|(name, _)| name == "uidNumber");
    let holders = world.ids(|n| n.attributes.contains_key("uidNumber") && !named(&n.rdn));
    let ids = rng.several(&holders, 2);
    rotate_values(world, &ids, "uidNumber");
    (ids.len() > 1).then_some(())
}

/// Names an entry by the first value of an attribute that it has.
fn name_by(world: &mut World, id: Id, attribute: &str) -> Option<()> {
    let value = world.nodes[&id].attributes.get(attribute)?.first()?.clone();
    world.change(id).rdn = vec![(attribute.to_owned(), value)];
    Some(())
}

/// What a Unix account may be named by.
fn name_of_account(rng: &mut Rng) -> &'static str {
    ["uidNumber", "uidNumber", "uid", "cn"][rng.below(4)]
}

pub(super) fn name_account(world: &mut World, rng: &mut Rng) -> Option<()> {
    let accounts = world.ids(|n| n.attributes.contains_key("uidNumber"));
    name_by(world, *rng.pick(&accounts)?, name_of_account(rng))
}

/// Unix accounts pass their numbers on, the last one perhaps to nobody, whatever they are named by.
pub(super) fn pass_numbers(world: &mut World, rng: &mut Rng) -> Option<()> {
    let count = rng.between(2, 3);
    let ids = rng.several(&world.ids(|n| n.attributes.contains_key("uidNumber")), count);
    rotate_values(world, &ids, "uidNumber");
    if rng.chance(50) {
        let number = fresh_number(world);
        let value = values::of("uidNumber", number, rng);
        world.change(*ids.first()?).attributes.insert("uidNumber".to_owned(), vec![value]);
    }
    for &id in &ids {
        name_by(world, id, name_of_account(rng))?;
    }
    (ids.len() > 1).then_some(())
}

/// A person becomes a Unix account with the number and the uids of one that is none any more, that goes,
/// or that gets others.
pub(super) fn succeed_account(world: &mut World, rng: &mut Rng) -> Option<()> {
    let has_number = |n: &Node| n.attributes.contains_key("uidNumber");
    let heirs = world.ids(|n| n.kind == Kind::Person && !has_number(n));
    let (heir, old) = (*rng.pick(&heirs)?, *rng.pick(&world.ids(has_number))?);
    let taken = world.nodes[&old].attributes.clone();
    let fresh = fresh_number(world);
    if rng.chance(30) {
        world.is_leaf(old).then_some(())?;
        world.remove(&BTreeSet::from([old]));
        world.fill_groups(rng);
    } else {
        let gives_up = rng.chance(50);
        let attributes = &mut world.change(old).attributes;
        for attribute in ["uid", "uidNumber"] {
            attributes.insert(attribute.to_owned(), vec![values::of(attribute, fresh, rng)]);
        }
        if gives_up {
            name_by(world, old, "cn")?;
            end_posix(world, old)?;
        } else {
            name_by(world, old, name_of_account(rng))?;
        }
    }
    draw::make_posix(world.change(heir), fresh + 1, rng);
    for attribute in ["uid", "uidNumber"] {
        let values = taken.get(attribute)?.clone();
        world.change(heir).attributes.insert(attribute.to_owned(), values);
    }
    name_by(world, heir, name_of_account(rng))
}

/// Takes an entry out and puts another under its name; references to it may pass on.
fn succeed(world: &mut World, rng: &mut Rng, old: Id, new: Id) {
    if rng.chance(50) {
        for id in world.ids(|n| n.references.values().any(|ids| ids.contains(&old))) {
            for ids in world.change(id).references.values_mut().filter(|ids| ids.contains(&old)) {
                ids.insert(new);
            }
        }
    }
    world.remove(&BTreeSet::from([old]));
    world.fill_groups(rng);
}

fn any_leaf(world: &World, rng: &mut Rng) -> Option<Id> {
    let mut people = world.of_kind(Kind::Person);
    people.retain(|id| world.is_leaf(*id));
    rng.pick(&people).copied()
}

/// A person goes, another one comes under the same name, perhaps with the same mail.
pub(super) fn reuse_name(world: &mut World, rng: &mut Rng) -> Option<()> {
    let old = any_leaf(world, rng)?;
    let gone = world.nodes[&old].clone();
    let mut person = draw::person(world, rng);
    (person.parent, person.rdn) = (gone.parent, gone.rdn);
    if let (Some(mails), true) = (gone.attributes.get("mail"), rng.chance(50)) {
        person.attributes.insert("mail".to_owned(), mails.clone());
    }
    let new = world.insert(person);
    succeed(world, rng, old, new);
    Some(())
}

/// A person goes, and one who lives on gets the name.
pub(super) fn take_over_name(world: &mut World, rng: &mut Rng) -> Option<()> {
    let ids = people_alike(world, rng, 2)?;
    let (old, heir) = (ids[0], ids[1]);
    let (parent, rdn) = (world.nodes[&old].parent, world.nodes[&old].rdn.clone());
    if !world.is_leaf(old) {
        return None;
    }
    set_rdn(world, heir, rdn, Keep::No);
    world.change(heir).parent = parent;
    succeed(world, rng, old, heir);
    Some(())
}

/// A person becomes an account of the same name, or an account a person.
pub(super) fn change_class(world: &mut World, rng: &mut Rng) -> Option<()> {
    let by_uid = world.ids(|n| n.rdn.len() == 1 && n.rdn[0].0 == "uid");
    let leaves: Vec<_> = by_uid.into_iter().filter(|id| world.is_leaf(*id)).collect();
    let old = *rng.pick(&leaves)?;
    let gone = world.nodes[&old].clone();
    let mut node = match gone.kind {
        Kind::Person => draw::account(world, rng),
        _ => draw::person(world, rng),
    };
    node.attributes.remove("uid");
    (node.parent, node.rdn) = (gone.parent, gone.rdn);
    if rng.chance(40) {
        node.uuid = gone.uuid;
    }
    if rng.chance(50) {
        let number = fresh_number(world);
        node.attributes
            .insert("description".to_owned(), vec![values::of("description", number, rng)]);
    }
    let new = world.insert(node);
    succeed(world, rng, old, new);
    Some(())
}
