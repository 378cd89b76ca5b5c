//! Which attribute is which column of the table that a mapping is about.

use std::collections::HashSet;

use super::names::likeness;
use super::pairing::Pairing;
use super::proposal::{Proposed, Support};
use super::sample::World;
use super::ways::{Agreement, Subject};
use crate::mapping::Direction;

/// How many of a hundred pairs must agree.
pub(super) const LEAST: f64 = 50.0;

/// An attribute and a column that agree.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    attribute: usize,
    column: usize,
    agreement: Agreement,
    /// Its place among all: the higher, the better.
    worth: f64,
}

/// The flows of a pairing, in the order of the columns; no attribute and no column in two of them.
pub(super) fn plain(world: &World<'_>, pairing: &Pairing) -> Vec<Proposed> {
    let mut candidates = candidates(world, pairing);
    candidates.sort_by(|one, other| {
        let order = other.worth.total_cmp(&one.worth);
        order.then(other.agreement.both.cmp(&one.agreement.both))
    });
    let (mut attributes, mut columns) = (HashSet::new(), HashSet::new());
    let mut flows: Vec<Proposed> = Vec::new();
    for one in candidates {
        if attributes.contains(&one.attribute) || columns.contains(&one.column) {
            continue;
        }
        attributes.insert(one.attribute);
        columns.insert(one.column);
        flows.push(proposed(world, pairing.class, &one));
    }
    flows.sort_by_key(|flow| flow.column);
    flows
}

fn candidates(world: &World<'_>, pairing: &Pairing) -> Vec<Candidate> {
    let table = &world.tables[pairing.table];
    let mut all = Vec::new();
    for attribute in attributes(world, &pairing.pairs) {
        for column in (0..table.columns.names.len()).filter(|n| !table.is_secret(*n)) {
            all.extend(candidate(world, pairing, (attribute, column)));
        }
    }
    all
}

/// The attributes that paired entries have, but for those that are left out.
pub(super) fn attributes(world: &World<'_>, pairs: &[(usize, usize)]) -> Vec<usize> {
    let entries = pairs.iter().map(|pair| &world.entries[pair.0]);
    let attributes: HashSet<usize> =
        entries.flat_map(|entry| entry.values.iter().map(|(attribute, _)| *attribute)).collect();
    let mut attributes: Vec<usize> = attributes.into_iter().collect();
    attributes.retain(|attribute| !world.is_left_out(*attribute));
    attributes.sort_unstable();
    attributes
}

fn candidate(
    world: &World<'_>,
    pairing: &Pairing,
    (attribute, column): (usize, usize),
) -> Option<Candidate> {
    let Pairing { table, pairs, .. } = pairing;
    let agreement = Subject { world, table: *table, pairs, attribute, column }.agreement()?;
    let is_key = pairing.keys.iter().any(|key| (key.attribute, key.column) == (attribute, column));
    let likeness = likeness(world.attribute(attribute), world.tables[*table].column(column));
    let is_chance = agreement.is_constant && likeness == 0;
    let is_enough = agreement.both >= 2 || agreement.both == pairs.len() as u64;
    let is_founded = agreement.share() >= LEAST && is_enough && !is_chance;
    let bonus = if is_key { 1000.0 } else { 0.0 };
    let worth = agreement.share() + 4.0 * f64::from(likeness) + bonus;
    (is_founded || is_key).then_some(Candidate { attribute, column, agreement, worth })
}

fn proposed(world: &World<'_>, class: usize, one: &Candidate) -> Proposed {
    let Candidate { attribute, column, agreement, .. } = *one;
    let Agreement { way, agree, both, one, .. } = agreement;
    let is_of_server = world.is_of_server(attribute);
    Proposed {
        attribute,
        column,
        way,
        has_several: world.most(class, attribute) > 1,
        direction: if is_of_server { Direction::ToDatabase } else { Direction::Both },
        is_doubtful: false,
        child: None,
        reference: None,
        support: Support { agree, of: both, one, other: 0 },
    }
}
