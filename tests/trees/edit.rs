//! The list of edits, and those that touch one entry: adding it, taking it away, its values, its
//! own name.
//!
//! An edit returns nothing where the tree offers it no object; it need not check whether the
//! result is sound.

use std::collections::BTreeSet;

use super::{Id, Kind, World, draw, exchange, structure, values};
use crate::rng::Rng;
use crate::rules;
use crate::tree::{Rdn, folded};

/// An edit by its name.
type Edit = (&'static str, fn(&mut World, &mut Rng) -> Option<()>);

/// Every edit there is; what matters more stands here more than once.
pub(super) const ALL: &[Edit] = &[
    ("add a person", add_person),
    ("add a unit with people", add_unit),
    ("add a group", add_group),
    ("delete a leaf", delete_leaf),
    ("delete a subtree", delete_subtree),
    ("add values", add_values),
    ("delete values", delete_values),
    ("replace values", replace_values),
    ("replace values", replace_values),
    ("change the case of a value", recase_value),
    ("change an attribute without equality", change_photo),
    ("become a Unix account", become_posix),
    ("be a Unix account no more", cease_posix),
    ("rename, the old name goes", rename_dropping),
    ("rename, the old name stays a value", rename_keeping),
    ("rename to a value it had", rename_to_own_value),
    ("rename to several values", rename_to_several),
    ("rename a unit", rename_unit),
    ("rename by case only", rename_case),
    ("refer to others", refer),
    ("replace a whole membership", replace_members),
    ("swap two in a group's members", trade_members),
    ("move a person", structure::move_person),
    ("move a unit", structure::move_unit),
    ("move and rename", structure::move_and_rename),
    ("move a unit below one that moves", structure::move_below_moving),
    ("invert parent and child", structure::invert),
    ("delete a unit after some moved out", structure::delete_after_moving_out),
    ("replace a unit by another of its name", structure::replace_unit),
    ("give a deleted unit's name to another", structure::take_over_unit),
    ("swap the names of two people", exchange::swap_people),
    ("swap the names of two people", exchange::swap_people),
    ("swap the names of two in a group", exchange::swap_members),
    ("rotate the names of three people", exchange::rotate_people),
    ("swap the names of two units", exchange::swap_units),
    ("swap or rotate mails", exchange::rotate_mails),
    ("swap uidNumbers", exchange::swap_uid_numbers),
    ("name a Unix account", exchange::name_account),
    ("pass uidNumbers on", exchange::pass_numbers),
    ("pass uidNumbers on", exchange::pass_numbers),
    ("succeed a Unix account", exchange::succeed_account),
    ("succeed a Unix account", exchange::succeed_account),
    ("reuse a name", exchange::reuse_name),
    ("take a deleted person's name", exchange::take_over_name),
    ("change the structural class", exchange::change_class),
];

fn add_person(world: &mut World, rng: &mut Rng) -> Option<()> {
    let node = draw::person(world, rng);
    let id = world.insert(node);
    // A new entry is often put into groups, and may refer to others, new ones too.
    let group = *rng.pick(&world.ids(|n| n.kind.members().is_some()))?;
    if rng.chance(60) {
        let members = world.nodes[&group].kind.members()?;
        world.change(group).references.entry(members).or_default().insert(id);
    }
    refer_from(world, rng, id)
}

fn add_unit(world: &mut World, rng: &mut Rng) -> Option<()> {
    let node = draw::unit(world, rng);
    let unit = world.insert(node);
    for _ in 0..rng.below(4) {
        let mut person = draw::person(world, rng);
        person.parent = Some(unit);
        world.insert(person);
    }
    Some(())
}

fn add_group(world: &mut World, rng: &mut Rng) -> Option<()> {
    let node = draw::group(world, rng)?;
    world.insert(node);
    Some(())
}

fn delete_leaf(world: &mut World, rng: &mut Rng) -> Option<()> {
    let leaves = world.ids(|n| n.kind != Kind::Suffix);
    let leaves: Vec<_> = leaves.into_iter().filter(|id| world.is_leaf(*id)).collect();
    world.remove(&BTreeSet::from([*rng.pick(&leaves)?]));
    world.fill_groups(rng);
    Some(())
}

fn delete_subtree(world: &mut World, rng: &mut Rng) -> Option<()> {
    let top = *rng.pick(&world.of_kind(Kind::Unit))?;
    world.remove(&world.below(top));
    world.fill_groups(rng);
    Some(())
}

/// Attributes whose values an edit may take and give, by class.
fn free_attributes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Person => &[
            "cn",
            "sn",
            "description",
            "description;lang-de",
            "telephoneNumber",
            "displayName",
            "userPassword",
            "mail",
        ],
        Kind::Account => &["description", "host"],
        _ => &["description"],
    }
}

/// Any entry, and one of its free attributes.
fn any_attribute(world: &World, rng: &mut Rng) -> Option<(Id, &'static str)> {
    let id = *rng.pick(&world.ids(|_| true))?;
    Some((id, *rng.pick(free_attributes(world.nodes[&id].kind))?))
}

/// Whether a value names its entry, so that only a rename may touch it.
fn names_entry(rdn: &Rdn, attribute: &str, value: &[u8]) -> bool {
    rdn.iter()
        .any(|(name, v)| name == attribute && folded(attribute, v) == folded(attribute, value))
}

fn add_values(world: &mut World, rng: &mut Rng) -> Option<()> {
    let (id, attribute) = any_attribute(world, rng)?;
    let number = fresh_number(world);
    let node = world.change(id);
    let values = node.attributes.entry(attribute.to_owned()).or_default();
    if attribute == "displayName" {
        values.clear();
    }
    for i in 0..rng.between(1, 3) {
        if values.is_empty() || attribute != "displayName" {
            values.push(values::of(attribute, number + i, rng));
        }
    }
    Some(())
}

/// A number no value was made from yet.
pub(super) fn fresh_number(world: &mut World) -> usize {
    world.next += 1;
    world.next * 10
}

fn delete_values(world: &mut World, rng: &mut Rng) -> Option<()> {
    let (id, attribute) = any_attribute(world, rng)?;
    let node = world.change(id);
    let rdn = node.rdn.clone();
    let values = node.attributes.get_mut(attribute)?;
    let before = values.len();
    let keep = usize::from(matches!(attribute, "cn" | "sn"));
    let all = rng.chance(40);
    let mut left = before;
    values.retain(|value| {
        let goes = left > keep && (all || rng.chance(50)) && !names_entry(&rdn, attribute, value);
        left -= usize::from(goes);
        !goes
    });
    (values.len() < before).then_some(())
}

fn replace_values(world: &mut World, rng: &mut Rng) -> Option<()> {
    let (id, attribute) = any_attribute(world, rng)?;
    let number = fresh_number(world);
    let node = world.change(id);
    let rdn = node.rdn.clone();
    let values = node.attributes.get_mut(attribute)?;
    for (i, value) in values.iter_mut().enumerate() {
        if !names_entry(&rdn, attribute, value) && rng.chance(70) {
            *value = values::of(attribute, number + i, rng);
        }
    }
    Some(())
}

fn recase_value(world: &mut World, rng: &mut Rng) -> Option<()> {
    let (id, attribute) = any_attribute(world, rng)?;
    let node = world.change(id);
    let rdn = node.rdn.clone();
    let values = node.attributes.get_mut(attribute)?;
    let index = rng.below(values.len());
    let value = values.get_mut(index)?;
    let other = values::recased(value, rng);
    let free = !names_entry(&rdn, attribute, value) && *value != other;
    *value = other;
    free.then_some(())
}

fn change_photo(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.of_kind(Kind::Person))?;
    let photos = world.change(id).attributes.entry("jpegPhoto".to_owned()).or_default();
    let photo = values::of("jpegPhoto", 0, rng);
    match rng.below(4) {
        0 => photos.clear(),
        1 => photos.truncate(1),
        2 => photos.push(photo),
        _ => *photos = vec![photo],
    }
    Some(())
}

fn become_posix(world: &mut World, rng: &mut Rng) -> Option<()> {
    let people = world.ids(|n| n.kind == Kind::Person && !n.attributes.contains_key("uidNumber"));
    let id = *rng.pick(&people)?;
    let number = fresh_number(world);
    draw::make_posix(world.change(id), number, rng);
    Some(())
}

fn cease_posix(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.ids(|n| n.attributes.contains_key("uidNumber")))?;
    end_posix(world, id)
}

/// Takes what a Unix account has from an entry, but for its uids.
pub(super) fn end_posix(world: &mut World, id: Id) -> Option<()> {
    let attributes = &mut world.change(id).attributes;
    for gone in ["uidNumber", "gidNumber", "homeDirectory", "loginShell"] {
        attributes.remove(gone);
    }
    attributes.get_mut("objectClass")?.retain(|class| class != b"posixAccount");
    Some(())
}

/// Names an entry anew; the old naming values go or stay as ordinary ones.
pub(super) fn set_rdn(world: &mut World, id: Id, rdn: Rdn, keep_old: Keep) {
    let node = world.change(id);
    for (name, old) in std::mem::replace(&mut node.rdn, rdn) {
        let values = node.attributes.entry(name.clone()).or_default();
        // A person needs a common name, a Unix account a uid, whatever names them.
        if keep_old == Keep::No && node.rdn.iter().any(|(new, _)| *new == name) {
            values.retain(|v| folded(&name, v) != folded(&name, &old));
        }
    }
    for (name, new) in node.rdn.clone() {
        let values = node.attributes.entry(name.clone()).or_default();
        let is_single = rules::type_of(&name).is_some_and(|kind| kind.single);
        values.retain(|v| !is_single && folded(&name, v) != folded(&name, &new));
        values.push(new);
    }
}

/// What becomes of a naming value that names no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It stays as an ordinary value.
    Yes,
    /// It goes, unless nothing of its type would be left.
    No,
}

fn any_person(world: &World, rng: &mut Rng) -> Option<Id> {
    rng.pick(&world.of_kind(Kind::Person)).copied()
}

/// A new RDN: another common name, or another uid.
pub(super) fn fresh_rdn(world: &mut World, id: Id, rng: &mut Rng) -> Rdn {
    let number = fresh_number(world);
    let current = &world.nodes[&id].rdn[0].0;
    let attribute = match world.nodes[&id].kind {
        Kind::Unit => return vec![("ou".to_owned(), values::unit(rng))],
        Kind::Person if rng.chance(70) => "cn",
        _ => current,
    };
    vec![(attribute.to_owned(), values::of(attribute, number, rng))]
}

fn rename_dropping(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.ids(|n| !matches!(n.kind, Kind::Suffix | Kind::Unit)))?;
    let rdn = fresh_rdn(world, id, rng);
    set_rdn(world, id, rdn, Keep::No);
    Some(())
}

fn rename_keeping(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = any_person(world, rng)?;
    let rdn = fresh_rdn(world, id, rng);
    set_rdn(world, id, rdn, Keep::Yes);
    Some(())
}

fn rename_to_own_value(world: &mut World, rng: &mut Rng) -> Option<()> {
    let people = world.ids(|n| n.attributes.get("cn").is_some_and(|cn| cn.len() > 1));
    let id = *rng.pick(&people)?;
    let node = &world.nodes[&id];
    let others: Vec<_> = node.attributes["cn"]
        .iter()
        .filter(|v| !names_entry(&node.rdn, "cn", v))
        .cloned()
        .collect();
    let rdn = vec![("cn".to_owned(), rng.pick(&others)?.clone())];
    set_rdn(world, id, rdn, if rng.chance(50) { Keep::Yes } else { Keep::No });
    Some(())
}

fn rename_to_several(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = any_person(world, rng)?;
    let mut rdn = fresh_rdn(world, id, rng);
    let sn = world.nodes[&id].attributes["sn"][0].clone();
    rdn.push(("sn".to_owned(), sn));
    set_rdn(world, id, rdn, if rng.chance(50) { Keep::Yes } else { Keep::No });
    Some(())
}

fn rename_unit(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.of_kind(Kind::Unit))?;
    let rdn = fresh_rdn(world, id, rng);
    set_rdn(world, id, rdn, if rng.chance(30) { Keep::Yes } else { Keep::No });
    Some(())
}

fn rename_case(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.ids(|n| n.kind != Kind::Suffix))?;
    let old = world.nodes[&id].rdn.clone();
    let rdn: Rdn =
        old.iter().map(|(name, value)| (name.clone(), values::recased(value, rng))).collect();
    let changed = rdn != old;
    set_rdn(world, id, rdn, Keep::No);
    changed.then_some(())
}

fn refer(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.ids(|_| true))?;
    refer_from(world, rng, id)
}

/// Changes a few references of an entry.
fn refer_from(world: &mut World, rng: &mut Rng, id: Id) -> Option<()> {
    let targets = draw::targets(world);
    let node = world.change(id);
    let attribute = *rng.pick(draw::reference_attributes(node.kind))?;
    let ids = node.references.entry(attribute).or_default();
    if rng.chance(40) {
        ids.pop_first();
    }
    let count = rng.below(4);
    ids.extend(rng.several(&targets, count));
    world.fill_groups(rng);
    Some(())
}

fn any_group(world: &World, rng: &mut Rng) -> Option<(Id, &'static str)> {
    let id = *rng.pick(&world.ids(|n| n.kind.members().is_some()))?;
    Some((id, world.nodes[&id].kind.members()?))
}

fn replace_members(world: &mut World, rng: &mut Rng) -> Option<()> {
    let (id, attribute) = any_group(world, rng)?;
    let old = world.nodes[&id].references[attribute].clone();
    let mut others = draw::targets(world);
    others.retain(|target| !old.contains(target));
    let count = rng.between(1, 5);
    let members: BTreeSet<_> = rng.several(&others, count).into_iter().collect();
    let any = !members.is_empty();
    world.change(id).references.insert(attribute, members);
    any.then_some(())
}

fn trade_members(world: &mut World, rng: &mut Rng) -> Option<()> {
    let (a, of_a) = any_group(world, rng)?;
    let (b, of_b) = any_group(world, rng)?;
    let members = |id: Id, attribute| world.nodes[&id].references[attribute].clone();
    let (in_a, in_b) = (members(a, of_a), members(b, of_b));
    world.change(a).references.insert(of_a, in_b);
    world.change(b).references.insert(of_b, in_a);
    (a != b).then_some(())
}
