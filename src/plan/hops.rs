//! The RDNs that an entry has one after the other on its way.
//!
//! A rename takes the values of the old RDN away or leaves them all (RFC 4511 section 4.9). Where one of them
//! must stay, and another must go because its attribute has but one value, the name first loses the one.

use std::collections::HashMap;

use crate::compare::{Comparison, Field};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::error::Result;
use crate::plan::build::Task;
use crate::plan::journey::{Fields, Way};
use crate::plan::order::{Move, Target};
use crate::plan::primary::Primaries;
use crate::plan::release::Release;
use crate::plan::tree::{Node, NodeId, Tree};
use crate::schema::Syntax;
use crate::source::Extent;

/// The RDNs each node has one after the other, its own first.
pub(super) fn hops(tree: &Tree, moves: &[Move]) -> HashMap<NodeId, Vec<Rdn>> {
    let mut hops: HashMap<NodeId, Vec<Rdn>> = HashMap::new();
    for step in moves {
        let (Target::Renamed { rdn, .. }, Some(old)) = (&step.to, &tree.nodes[step.node].old)
        else {
            continue;
        };
        hops.entry(step.node).or_insert_with(|| vec![old.rdn.clone()]).push(rdn.clone());
    }
    hops
}

/// The RDN that an entry has right before its last: with what stands in for a value that another entry
/// may still have when this one must have the attribute already, where a value beside it has no room.
pub(super) fn names_before_last(
    comparison: &Comparison<'_>,
    tree: &Tree,
    releases: &HashMap<Extent, Vec<Release>>,
) -> HashMap<NodeId, Rdn> {
    let stands_in = |all: &[Release], ava: &Ava| {
        let attribute = comparison.schema.attribute(&ava.attribute)?;
        let one = all.iter().find(|one| one.brings(comparison, &ava.attribute))?;
        attribute.single_value.then(|| one.temporary.clone())?
    };
    let before = |node: &Node| {
        let (old, new) = (node.old.as_ref()?, node.new.as_ref()?);
        let all = releases.get(&old.extent)?;
        let mut rdn = new.rdn.clone();
        let mut differs = false;
        for ava in rdn.avas_mut() {
            if let Some(value) = stands_in(all, ava) {
                ava.value = AvaValue::Text(value);
                differs = true;
            }
        }
        differs.then_some(rdn)
    };
    let all = tree.nodes.iter().enumerate();
    all.filter_map(|(id, node)| Some((id, before(node)?))).collect()
}

impl Task<'_, '_> {
    /// The moves, and before those that would leave an attribute two values, or whose way back would, one that
    /// takes from the name what has to stay in the entry.
    /// `releases` are the values that each record of OLD lets go first; `temporary` makes a value of a syntax that
    /// nobody has.
    pub(super) fn with_hops_between(
        &self,
        tree: &Tree,
        moves: Vec<Move>,
        releases: &HashMap<Extent, Vec<Release>>,
        temporary: &mut dyn FnMut(Option<Syntax>) -> Vec<u8>,
    ) -> Result<Vec<Move>> {
        let is_several = |rdn: &Rdn| rdn.avas.len() > 1;
        let mut named = tree.nodes.iter().flat_map(|node| node.old.iter().chain(&node.new));
        if !named.any(|named| is_several(&named.rdn)) {
            return Ok(moves);
        }
        let all = hops(tree, &moves);
        let names = self.names(tree, &moves);
        let way = Way {
            comparison: self.comparison,
            names: &names,
            server: self.server,
            style: self.style,
            primaries: &Primaries::default(),
        };
        let mut between: HashMap<(NodeId, usize), Vec<Rdn>> = HashMap::new();
        for (&id, hops) in all.iter().filter(|(_, hops)| hops.iter().any(is_several)) {
            let node = &tree.nodes[id];
            let (Some(old), Some(new)) = (&node.old, &node.new) else { continue };
            let released = releases.get(&old.extent).map_or(&[][..], Vec::as_slice);
            let (old, new) = (self.old.entry(old.extent)?, self.new.entry(new.extent)?);
            let states = way.states(&old, &new, hops, released);
            let mut path = vec![hops[0].clone()];
            for (n, hop) in hops.windows(2).enumerate() {
                // On the way there, and on the way back.
                let [from, to] = [&hop[0], &hop[1]];
                let there = way.hop_between(
                    &way.renamed(states.released.clone(), &path),
                    [from, to],
                    temporary,
                );
                path.extend(there.clone());
                path.push(to.clone());
                let back = way.hop_between(
                    &way.renamed(states.released.clone(), &path),
                    [to, from],
                    temporary,
                );
                path.pop();
                path.extend(back.clone());
                path.push(to.clone());
                let found: Vec<Rdn> = there.into_iter().chain(back).collect();
                between.extend((!found.is_empty()).then_some(((id, n), found)));
            }
        }
        let mut more: HashMap<NodeId, usize> = HashMap::new();
        let mut whole = Vec::with_capacity(moves.len() + between.len());
        for mut step in moves {
            let more = more.entry(step.node).or_default();
            let found = between.remove(&(step.node, step.hop));
            step.hop += *more;
            let found = found.filter(|_| matches!(step.to, Target::Renamed { .. }));
            for rdn in found.into_iter().flatten() {
                let above = step.from.rdns.get(1..).unwrap_or_default();
                let name = Dn { rdns: [std::slice::from_ref(&rdn), above].concat() };
                let to = Target::Renamed { rdn, superior: None };
                let from = std::mem::replace(&mut step.from, name);
                whole.push(Move { node: step.node, from, to, hop: step.hop });
                step.hop += 1;
                *more += 1;
            }
            whole.push(step);
        }
        Ok(whole)
    }
}

impl<'s> Way<'_, 's> {
    /// The RDN that an entry of these fields needs between two, where the second cannot follow the first at
    /// once: without a value that stays in the entry, and with one that nobody has, for an entry beside it may be
    /// called by the rest alone.
    fn hop_between<'e>(
        &self,
        fields: &Fields<'e, 's>,
        [from, to]: [&'e Rdn; 2],
        temporary: &mut dyn FnMut(Option<Syntax>) -> Vec<u8>,
    ) -> Option<Rdn> {
        let comparison = self.comparison;
        let named = |rdn: &Rdn, one: &Ava| {
            rdn.avas.iter().any(|ava| comparison.same_attribute(&ava.attribute, &one.attribute))
        };
        let is_single = |ava: &&Ava| {
            let attribute = comparison.schema.attribute(&ava.attribute);
            attribute.is_some_and(|attribute| attribute.single_value)
                && to.avas.iter().any(|one| {
                    comparison.same_attribute(&one.attribute, &ava.attribute)
                        && one.value != ava.value
                })
        };
        let holds = |ava: &Ava| {
            let is_it = |field: &Field<'_, 's>| {
                comparison.same_attribute(field.description, &ava.attribute)
            };
            fields.iter().any(is_it)
        };
        let changes = from.avas.iter().filter(is_single).any(holds);
        let (_, takes_away) = self.hop(fields.clone(), from, to);
        if takes_away || !changes {
            return None;
        }
        let mut kept: Vec<Ava> = from.avas.iter().filter(|ava| named(to, ava)).cloned().collect();
        if kept.len() == from.avas.len() {
            return None;
        }
        kept.extend(self.stand_in(fields, [from, to], temporary));
        Some(Rdn { avas: kept.into() })
    }

    /// A value that nobody has, of an attribute that an entry may have beside what its two names are made of, and
    /// that it does not miss when the value goes with the name in between.
    fn stand_in(
        &self,
        fields: &[Field<'_, 's>],
        [from, to]: [&Rdn; 2],
        temporary: &mut dyn FnMut(Option<Syntax>) -> Vec<u8>,
    ) -> Option<Ava> {
        let schema = self.comparison.schema;
        let coming = to.avas.iter().map(|ava| ava.attribute.as_slice());
        let mut all = coming.chain(fields.iter().map(|field| field.description));
        all.find_map(|name| {
            let known = schema.attribute(name).filter(|known| {
                !known.single_value
                    && known.equality.is_some()
                    && matches!(known.syntax, Syntax::DirectoryString | Syntax::Ia5String)
            })?;
            let is_it = |ava: &Ava| self.comparison.same_attribute(&ava.attribute, name);
            if from.avas.iter().any(is_it) {
                return None;
            }
            let value = AvaValue::Text(temporary(Some(known.syntax)));
            Some(Ava { attribute: name.to_vec(), value })
        })
    }
}
