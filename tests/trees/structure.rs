//! Edits of the tree itself: what stands below what.

use std::collections::BTreeSet;

use super::edit::{Keep, fresh_rdn, set_rdn};
use super::{Id, Kind, World, draw};
use crate::rng::Rng;

/// A container that is not below any of these.
fn elsewhere(world: &World, rng: &mut Rng, not_below: &BTreeSet<Id>) -> Option<Id> {
    let mut containers = world.containers();
    containers.retain(|id| !not_below.contains(id));
    rng.pick(&containers).copied()
}

fn any_unit(world: &World, rng: &mut Rng) -> Option<Id> {
    rng.pick(&world.of_kind(Kind::Unit)).copied()
}

/// Puts an entry below another.
fn put_below(world: &mut World, id: Id, parent: Id) {
    world.change(id).parent = Some(parent);
}

/// Puts an entry anywhere but below itself.
fn move_away(world: &mut World, rng: &mut Rng, id: Id) -> Option<()> {
    let mut out = world.below(id);
    out.extend(world.nodes[&id].parent);
    let parent = elsewhere(world, rng, &out)?;
    put_below(world, id, parent);
    Some(())
}

pub(super) fn move_person(world: &mut World, rng: &mut Rng) -> Option<()> {
    let leaves = world.ids(|n| !matches!(n.kind, Kind::Suffix | Kind::Unit));
    let id = *rng.pick(&leaves)?;
    move_away(world, rng, id)
}

pub(super) fn move_unit(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = any_unit(world, rng)?;
    move_away(world, rng, id)
}

pub(super) fn move_and_rename(world: &mut World, rng: &mut Rng) -> Option<()> {
    let id = *rng.pick(&world.ids(|n| n.kind != Kind::Suffix))?;
    let rdn = fresh_rdn(world, id, rng);
    set_rdn(world, id, rdn, Keep::No);
    move_away(world, rng, id)
}

/// One unit goes below a second, which goes somewhere else.
pub(super) fn move_below_moving(world: &mut World, rng: &mut Rng) -> Option<()> {
    let first = any_unit(world, rng)?;
    let second = any_unit(world, rng)?;
    move_away(world, rng, second)?;
    let apart = !world.below(first).contains(&second);
    put_below(world, first, second);
    apart.then_some(())
}

/// A unit and one directly below it change places; the names may too.
pub(super) fn invert(world: &mut World, rng: &mut Rng) -> Option<()> {
    let units = world.of_kind(Kind::Unit);
    let below = |id: &Id| world.nodes[id].parent.filter(|parent| units.contains(parent));
    let pairs: Vec<_> = units.iter().filter_map(|id| Some((below(id)?, *id))).collect();
    let (parent, child) = *rng.pick(&pairs)?;
    let above = world.nodes[&parent].parent?;
    put_below(world, child, above);
    put_below(world, parent, child);
    if rng.chance(40) {
        super::exchange::swap_rdns(world, &[parent, child]);
    }
    Some(())
}

/// Moves some children of a unit out of it; says whether any.
fn move_some_out(world: &mut World, rng: &mut Rng, unit: Id) -> bool {
    let mut moved = false;
    let inside = world.below(unit);
    for child in inside.iter().filter(|id| **id != unit) {
        let target = elsewhere(world, rng, &inside);
        if let (Some(target), true) = (target, rng.chance(40)) {
            put_below(world, *child, target);
            moved = true;
        }
    }
    moved
}

pub(super) fn delete_after_moving_out(world: &mut World, rng: &mut Rng) -> Option<()> {
    let unit = any_unit(world, rng)?;
    let moved = move_some_out(world, rng, unit);
    world.remove(&world.below(unit));
    world.fill_groups(rng);
    moved.then_some(())
}

/// A unit goes, another one of its name comes; some of its children live on elsewhere.
pub(super) fn replace_unit(world: &mut World, rng: &mut Rng) -> Option<()> {
    let unit = any_unit(world, rng)?;
    let (parent, rdn) = (world.nodes[&unit].parent, world.nodes[&unit].rdn.clone());
    move_some_out(world, rng, unit);
    let names: Vec<_> = world.children(unit).iter().map(|id| world.nodes[id].rdn.clone()).collect();
    world.remove(&world.below(unit));
    let mut other = draw::unit(world, rng);
    other.attributes.remove("ou");
    (other.parent, other.rdn) = (parent, rdn);
    let other = world.insert(other);
    for rdn in names {
        // New people, some of them under names that were there before.
        let mut person = draw::person(world, rng);
        person.parent = Some(other);
        if rng.chance(40) && rdn[0].0 == "cn" && rdn.len() == 1 {
            person.rdn = rdn;
        }
        if rng.chance(50) {
            world.insert(person);
        }
    }
    world.fill_groups(rng);
    Some(())
}

/// A unit goes with all in it, and another that lives on gets its name and place.
pub(super) fn take_over_unit(world: &mut World, rng: &mut Rng) -> Option<()> {
    let gone = any_unit(world, rng)?;
    let heir = any_unit(world, rng)?;
    let (parent, rdn) = (world.nodes[&gone].parent?, world.nodes[&gone].rdn.clone());
    let inside = world.below(gone);
    if inside.contains(&heir) || world.below(heir).contains(&gone) {
        return None;
    }
    move_some_out(world, rng, gone);
    world.remove(&world.below(gone));
    set_rdn(world, heir, rdn, Keep::No);
    put_below(world, heir, parent);
    world.fill_groups(rng);
    Some(())
}
