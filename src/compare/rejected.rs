//! Who a record may be that was rejected: what can be read of it pairs it like any other.
//!
//! Its name and its identifier tell most of the time, and then it has a place that other entries
//! depend on; what it would have said nobody knows.

use std::collections::{HashMap, HashSet};

use crate::attribute::type_of;
use crate::compare::identity::{Identifier, Identity};
use crate::compare::rename::{Item, Matching};
use crate::join::{Joined, Pair, Reject, Side};
use crate::matching::dn_key;
use crate::source::{Extent, Source};

/// The rejected records, as entries that may have been renamed; what cannot be read of a name is empty.
pub(super) struct Rejected {
    pub(super) olds: Vec<Item>,
    pub(super) news: Vec<Item>,
    /// Records that were not rejected, but have a partner of their name that was.
    partners: [Vec<Extent>; 2],
}

impl Rejected {
    pub(super) fn new(
        identity: &Identity,
        counts: bool,
        [old, new]: [&Source<'_>; 2],
        joined: &Joined,
    ) -> Rejected {
        let items = |side: Side, source: &Source<'_>| -> Vec<Item> {
            let of_side = joined.rejects.iter().filter(|reject| reject.side == side);
            let item = |reject: &Reject| {
                let dn = reject.dn.clone().unwrap_or_default();
                let holds = |name: &[u8]| counts && identity.holds(type_of(name));
                let identifiers = identity.of(&reject.legible(source, &holds));
                let (extent, key) = (reject.extent(), dn_key(source.schema, &dn));
                Item { extent, dn, key, identifiers, partner: None, rejected: true }
            };
            of_side.map(item).collect()
        };
        let partners = |side: Side| {
            let others = joined.rejects.iter().filter(|reject| reject.side != side);
            others.filter_map(|reject| reject.partner).collect()
        };
        Rejected {
            olds: items(Side::Old, old),
            news: items(Side::New, new),
            partners: [partners(Side::Old), partners(Side::New)],
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.olds.is_empty() && self.news.is_empty()
    }

    /// Takes rejected records from what a join found; whoever was held against one is alone.
    pub(super) fn take_part(
        &self,
        pairs: Vec<Pair>,
        old_only: &mut Vec<Extent>,
        new_only: &mut Vec<Extent>,
    ) -> Vec<Pair> {
        if self.is_none() {
            return pairs;
        }
        let extents = |items: &[Item]| items.iter().map(|item| item.extent).collect();
        let (olds, news): (HashSet<Extent>, HashSet<Extent>) =
            (extents(&self.olds), extents(&self.news));
        let is_sound = |pair: &Pair| !olds.contains(&pair.old) && !news.contains(&pair.new);
        let (sound, parted): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(is_sound);
        let [old_partners, new_partners] = &self.partners;
        old_only.extend(parted.iter().map(|pair| pair.old).chain(old_partners.iter().copied()));
        new_only.extend(parted.iter().map(|pair| pair.new).chain(new_partners.iter().copied()));
        for (alone, rejected) in [(old_only, olds), (new_only, news)] {
            alone.retain(|extent| !rejected.contains(extent));
            alone.sort_unstable();
            alone.dedup();
        }
        sound
    }
}

impl Matching {
    /// Pairs what is left of one name, one of the two rejected, unless their identifiers tell them
    /// apart.
    pub(super) fn rejected_by_name(&mut self) {
        let is_free = |item: &Item| item.partner.is_none() && !item.is_nameless();
        let free = self.news.iter().enumerate().filter(|(_, item)| is_free(item));
        let by_key: HashMap<Vec<u8>, usize> = free.map(|(n, item)| (item.key.clone(), n)).collect();
        for o in 0..self.olds.len() {
            if let (None, Some(&n)) = (self.olds[o].partner, by_key.get(&self.olds[o].key))
                && self.news[n].partner.is_none()
                && self.may_be_rejected(o, n)
            {
                self.pair(o, n);
            }
        }
    }

    /// Whether one of two was rejected, and what can be read of it does not say that they are two
    /// entries.
    pub(super) fn may_be_rejected(&self, old: usize, new: usize) -> bool {
        let (old, new) = (&self.olds[old], &self.news[new]);
        let is_other = |(kind, value): &Identifier| {
            let mut others = new.identifiers.iter().filter(|(other, _)| other == kind).peekable();
            others.peek().is_some() && others.all(|(_, other)| other != value)
        };
        (old.rejected || new.rejected) && !old.identifiers.iter().any(is_other)
    }
}

impl Item {
    /// Whether its name cannot be read.
    pub(super) fn is_nameless(&self) -> bool {
        self.rejected && self.dn.rdns.is_empty()
    }

    /// Whether it may be any entry that the other side has under another name.
    pub(super) fn is_stranger(&self) -> bool {
        self.rejected && self.identifiers.is_empty()
    }
}
