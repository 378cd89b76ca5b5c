//! Reads who loses and who takes values of unique attributes.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use crate::join::RandomState;

use crate::attribute::{CLASSES, type_of};
use crate::compare::Field;
use crate::compare::rename::{Lost, Matched};
use crate::dn::{AvaValue, Dn};
use crate::entry::Entry;
use crate::error::Result;
use crate::join::{Looks, Pair, Side};
use crate::ldif::scan::split;
use crate::ldif::types::Types;
use crate::plan::build::Task;
use crate::plan::release::{
    By, Gain, Ledger, Loss, Release, Role, UniqueValue, implied_values, stand_in, unique_names,
    unique_values,
};
use crate::plan::tree::{Named, Node, NodeId, NodeKind, Tree};
use crate::source::{Extent, TypeSet, read_differing, read_pair};

/// How much text a worker takes at a time, in bytes.
const PART: usize = 2 << 20;

/// An entry that loses or takes a value.
enum Event {
    Lose(UniqueValue, Loss),
    Take(UniqueValue, Gain),
}

/// Asked of each value, and whether it is lost: whether an event about it is wanted.
type Wants<'w> = &'w mut dyn FnMut(&UniqueValue, bool) -> bool;

/// Who may lose or take a value.
#[derive(Clone, Copy)]
enum Party<'p> {
    Pair(&'p Pair),
    Node(NodeId, &'p Node),
}

impl Task<'_, '_> {
    /// Writes down who loses and who takes values of unique attributes.
    pub(super) fn ledger(&self, tree: &Tree, matched: &Matched) -> Result<Ledger> {
        let unique = unique_names(self.comparison, self.unique);
        let is_unique = |d: &[u8]| unique.contains(type_of(d));
        let looked_at = TypeSet::of(self.comparison.schema, unique.iter().chain([CLASSES]));
        let classes = TypeSet::of(self.comparison.schema, [CLASSES]);
        let renamed = tree.renamed_records();
        let pairs = matched.changed.iter().chain(&matched.moved);
        let pairs = pairs.filter(|pair| pair.looks.hold(Looks::UNIQUE)).map(Party::Pair);
        let is_lost = self.lost(matched);
        let nodes = tree.nodes.iter().enumerate().filter(|(_, node)| !is_lost(node));
        let nodes = nodes.map(|(id, node)| Party::Node(id, node));
        let parties: Vec<Party<'_>> = pairs.chain(nodes).collect();
        let events = |party: &Party<'_>, wants: Wants<'_>| match party {
            Party::Pair(pair) => {
                let node = renamed.get(&pair.old).copied();
                self.of_pair(pair, node, &is_unique, &classes, wants)
            }
            Party::Node(id, node) => self.of_node(*id, node, &is_unique, &looked_at, wants),
        };
        let mut ledger = Ledger::default();
        for event in self.exchanges(&parties, &events)? {
            match event {
                Event::Lose(value, loss) => ledger.lose(value, loss),
                Event::Take(value, gain) => ledger.take(value, gain),
            }
        }
        if self.may_keep() {
            let kept = self.kept(&ledger, &is_unique);
            kept.into_iter().for_each(|value| ledger.hold(value));
        }
        Ok(ledger)
    }

    /// Whether a node is one whose record cannot be read.
    fn lost(&self, matched: &Matched) -> impl Fn(&Node) -> bool + use<> {
        let extents = |all: &[Lost]| all.iter().map(|lost| lost.extent).collect();
        let (olds, news): (HashSet<Extent>, HashSet<Extent>) =
            (extents(&matched.lost_old), extents(&matched.lost_new));
        move |node: &Node| {
            let is_in = |named: &Option<Named>, lost: &HashSet<Extent>| {
                named.as_ref().is_some_and(|named| lost.contains(&named.extent))
            };
            is_in(&node.old, &olds) || is_in(&node.new, &news)
        }
    }

    /// Whether somebody may keep values that NEW has not got at him any more: nobody asked for the
    /// attribute, or a record was rejected.
    fn may_keep(&self) -> bool {
        !self.comparison.takes_all() || !self.rejects.is_empty()
    }

    /// The events about values that are both lost and taken; where somebody may keep values, about
    /// all that are taken. Mostly those are few: values are held against each other by their hashes
    /// first, and only chunks that have one of them are looked at again.
    fn exchanges(
        &self,
        parties: &[Party<'_>],
        events: &(dyn Fn(&Party<'_>, Wants<'_>) -> Result<Vec<Event>> + Sync),
    ) -> Result<Vec<Event>> {
        const CHUNK: usize = 256;
        let state = RandomState::default();
        let hashes = self.pool.map_ordered(parties.chunks(CHUNK), |chunk| -> Result<_> {
            let (mut lost, mut taken) = (Vec::new(), Vec::new());
            for party in chunk {
                events(party, &mut |value, is_lost| {
                    let hashes = if is_lost { &mut lost } else { &mut taken };
                    hashes.push(state.hash_one(value));
                    false
                })?;
            }
            Ok((lost, taken))
        });
        let hashes = hashes.into_iter().collect::<Result<Vec<(Vec<u64>, Vec<u64>)>>>()?;
        let lost: HashSet<u64> = hashes.iter().flat_map(|(lost, _)| lost).copied().collect();
        let taken = hashes.iter().flat_map(|(_, taken)| taken).copied();
        let keeps = self.may_keep();
        let common: HashSet<u64> = taken.filter(|hash| keeps || lost.contains(hash)).collect();
        let chunks = parties.chunks(CHUNK).zip(&hashes);
        let is_met = |(lost, taken): &(Vec<u64>, Vec<u64>)| {
            lost.iter().chain(taken).any(|hash| common.contains(hash))
        };
        let chunks: Vec<&[Party<'_>]> =
            chunks.filter(|(_, hashes)| is_met(hashes)).map(|(chunk, _)| chunk).collect();
        let found = self.pool.map_ordered(chunks, |chunk| -> Result<Vec<Event>> {
            let mut found = Vec::new();
            for party in chunk {
                let mut is_common =
                    |value: &UniqueValue, _| common.contains(&state.hash_one(value));
                found.extend(events(party, &mut is_common)?);
            }
            Ok(found)
        });
        Ok(found.into_iter().collect::<Result<Vec<Vec<Event>>>>()?.into_iter().flatten().collect())
    }

    /// Values that others are to take, and that who has them in OLD does not let go: in NEW he has not
    /// got them any more, but nobody asked for the attribute, or a record was rejected. A value that more have in NEW than take
    /// it is unique on no server.
    fn kept(
        &self,
        ledger: &Ledger,
        is_unique: &(dyn Fn(&[u8]) -> bool + Sync),
    ) -> Vec<UniqueValue> {
        let takers = ledger.takers();
        if takers.is_empty() {
            return Vec::new();
        }
        let mut kept = self.holders(Side::Old, &takers, is_unique);
        kept.retain(|(value, extent)| !ledger.loses(*extent, value));
        if kept.is_empty() {
            return Vec::new();
        }
        let mut held: HashMap<UniqueValue, usize> = HashMap::new();
        for (value, _) in self.holders(Side::New, &takers, is_unique) {
            *held.entry(value).or_default() += 1;
        }
        kept.retain(|(value, _)| held.get(value).copied().unwrap_or(0) <= takers[value]);
        kept.into_iter().map(|(value, _)| value).collect()
    }

    /// Which records of a side have which of these values.
    fn holders(
        &self,
        side: Side,
        wanted: &HashMap<&UniqueValue, usize>,
        is_unique: &(dyn Fn(&[u8]) -> bool + Sync),
    ) -> Vec<(UniqueValue, Extent)> {
        let source = match side {
            Side::Old => self.old,
            Side::New => self.new,
        };
        let held = |entry: &Entry<'_>, extent: Extent| {
            let fields = self.comparison.writable_fields(entry);
            let values = self.unique_values(&entry.dn, fields, is_unique);
            let values = values.into_iter().map(|(value, _, _)| value);
            let wanted = values.filter(|value| wanted.contains_key(value));
            wanted.map(|value| (value, extent)).collect::<Vec<_>>()
        };
        let rejects = self.rejects.iter().filter(|reject| reject.side == side);
        let rejected: HashMap<Extent, Vec<_>> = rejects
            .map(|reject| {
                let extent = reject.extent();
                (extent, held(&reject.legible(source, &is_unique), extent))
            })
            .collect();
        let parts = self.pool.map_ordered(split(source.text, PART), |range| {
            let mut found = Vec::new();
            let mut met = Types::default();
            let mut cutter = source.cut(range);
            while let Some(cut) = cutter.next_record(None) {
                let Ok(cut) = cut else { continue };
                if rejected.contains_key(&cut.extent) {
                    continue;
                }
                let note = |entry: Entry<'_>| {
                    found.extend(held(&entry, cut.extent));
                    Ok(())
                };
                let read = match source.partly(&cut, is_unique, &mut met) {
                    Some(text) => source.entry_of_lines(cut.extent, &text).and_then(note),
                    None => source.with_entry(cut.extent, note),
                };
                // What cannot be read was rejected.
                drop(read);
            }
            found
        });
        parts.into_iter().flatten().chain(rejected.into_values().flatten()).collect()
    }

    /// What an entry that goes loses, and what one that comes takes.
    fn of_node(
        &self,
        id: NodeId,
        node: &Node,
        is_unique: &dyn Fn(&[u8]) -> bool,
        looked_at: &TypeSet<'_>,
        wants: Wants<'_>,
    ) -> Result<Vec<Event>> {
        let (source, extent) = match (node.kind, &node.old, &node.new) {
            (NodeKind::Delete, Some(old), _) => (self.old, old.extent),
            (NodeKind::Add, _, Some(new)) => (self.new, new.extent),
            _ => return Ok(Vec::new()),
        };
        source.part_of_entry(extent, looked_at, |entry| {
            let fields = match node.kind {
                NodeKind::Delete => self.comparison.writable_fields(&entry),
                NodeKind::Add | NodeKind::Rename => self.comparison.fields_of_added(&entry),
            };
            let mut values = self.unique_values(&entry.dn, fields, is_unique);
            values.retain(|(unique, _, _)| wants(unique, node.kind == NodeKind::Delete));
            let event = |(unique, description, value)| match node.kind {
                NodeKind::Delete => {
                    // A value in the RDN cannot go by a modify: whoever takes it waits for the name.
                    let named = self.names_entry(&entry.dn, description, value);
                    let by = if named { By::Rename(id) } else { By::Presence(id) };
                    let releases = vec![self.release(&entry, &[], description, value)];
                    let record = extent;
                    Event::Lose(unique, Loss { by, record, needs: None, releases, sticks: false })
                }
                NodeKind::Add | NodeKind::Rename => {
                    Event::Take(unique, Gain { by: By::Presence(id), awaits: None })
                }
            };
            Ok(values.into_iter().map(event).collect())
        })
    }

    /// What an entry that stays loses and takes, by a modify or by the rename of its node.
    fn of_pair(
        &self,
        pair: &Pair,
        node: Option<NodeId>,
        is_unique: &dyn Fn(&[u8]) -> bool,
        classes: &TypeSet<'_>,
        wants: Wants<'_>,
    ) -> Result<Vec<Event>> {
        let sides = ((self.old, pair.old), (self.new, pair.new));
        let then = |old: &Entry<'_>, new: &Entry<'_>| {
            Ok(self.exchanged([old, new], pair.old, node, is_unique, wants))
        };
        if self.comparison.takes_all() {
            let takes_part = |description: &[u8]| self.comparison.takes_part(description);
            return read_differing(sides.0, sides.1, classes, takes_part, then);
        }
        read_pair(sides.0, sides.1, then)
    }

    /// The same of its two versions.
    fn exchanged(
        &self,
        [old, new]: [&Entry<'_>; 2],
        record: Extent,
        node: Option<NodeId>,
        is_unique: &dyn Fn(&[u8]) -> bool,
        wants: Wants<'_>,
    ) -> Vec<Event> {
        let values = |entry| {
            let fields = self.comparison.fields_of_pair(entry, [old, new]);
            self.unique_values(&entry.dn, fields, is_unique)
        };
        let (before, after) = (values(old), values(new));
        let by = |dn: &Dn, description: &[u8], value: &[u8]| match node {
            Some(id) if self.names_entry(dn, description, value) => By::Rename(id),
            _ => By::Modify(record),
        };
        let coming = node.map_or_else(Vec::new, |_| self.classes_before_rename(old, new));
        let mut events = Vec::new();
        for (unique, description, value) in &before {
            if !after.iter().any(|(other, _, _)| other == unique) && wants(unique, true) {
                let by = by(&old.dn, description, value);
                let sticks = matches!(by, By::Rename(_)) && self.sticks(old, new);
                let releases = match by {
                    By::Rename(_) if sticks => Vec::new(),
                    By::Rename(_) => self.beside_name(old, &coming, &new.dn),
                    By::Modify(_) | By::Presence(_) => {
                        vec![self.release(old, &coming, description, value)]
                    }
                };
                let is_naming = || self.comparison.is_naming(description, &[&old.dn, &new.dn]);
                let needs = node.filter(|_| is_naming());
                let loss = Loss { by, record, needs, releases, sticks };
                events.push(Event::Lose(unique.clone(), loss));
            }
        }
        for (unique, description, value) in &after {
            if !before.iter().any(|(other, _, _)| other == unique) && wants(unique, false) {
                let awaited = node.and_then(|_| self.awaited([old, new], description, value));
                let awaits = awaited.map(|release| (record, release));
                let gain = Gain { by: by(&new.dn, description, value), awaits };
                events.push(Event::Take(unique.clone(), gain));
            }
        }
        events
    }

    /// The values that no other entry may have while this one has what it has.
    fn unique_values<'e>(
        &self,
        dn: &Dn,
        fields: Vec<Field<'e, '_>>,
        is_unique: &dyn Fn(&[u8]) -> bool,
    ) -> Vec<(UniqueValue, &'e [u8], &'e [u8])> {
        let implied = implied_values(self.comparison, self.server, dn, &fields);
        let mut values = unique_values(self.comparison, fields, is_unique);
        values.extend(implied);
        values
    }

    /// Whether a value stands in the RDN of a name.
    fn names_entry(&self, dn: &Dn, description: &[u8], value: &[u8]) -> bool {
        dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter()).any(|ava| {
            let attribute = self.comparison.schema.attribute(&ava.attribute);
            let same = |text: &[u8]| self.comparison.equal_by_rule(attribute, text, value);
            self.comparison.same_attribute(&ava.attribute, description)
                && matches!(&ava.value, AvaValue::Text(text) if same(text))
        })
    }

    /// What must have another value beside the one in the name that goes: a server that is to keep one
    /// value of an RDN keeps them all.
    fn beside_name(&self, old: &Entry<'_>, coming: &[&[u8]], new: &Dn) -> Vec<Release> {
        let naming = old.dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter());
        let releases = naming.filter_map(|ava| match &ava.value {
            AvaValue::Text(value) => Some(self.release(old, coming, &ava.attribute, value)),
            AvaValue::Ber(_) => None,
        });
        releases
            .filter(|release| self.needs_another(release, new))
            .map(|release| Release { role: Role::Names, ..release })
            .collect()
    }

    /// Whether a rename to `new` takes a value of an attribute that the entry must have, and the attribute can
    /// have another beside the one in the name that goes; it needs one where no other stays.
    fn needs_another(&self, release: &Release, new: &Dn) -> bool {
        let attribute = self.comparison.schema.attribute(type_of(&release.description));
        release.stand_in.is_some()
            && !attribute.is_some_and(|attribute| attribute.single_value)
            && !self.comparison.is_naming(&release.description, &[new])
    }

    /// What an entry lets go, and what must stand in for it by its classes and those that come to it early.
    fn release(
        &self,
        entry: &Entry<'_>,
        coming: &[&[u8]],
        description: &[u8],
        value: &[u8],
    ) -> Release {
        let fields = self.comparison.writable_fields(entry);
        let field =
            fields.iter().find(|f| self.comparison.same_attribute(f.description, description));
        let of = field.map_or(1, |f| f.values.len());
        let attribute = field.and_then(|f| f.attribute);
        let classes = entry.object_classes().chain(coming.iter().copied());
        let stand_in = stand_in(self.comparison, self.server, classes, attribute);
        let description = field.map_or(description, |field| field.description).to_vec();
        let value = value.to_vec();
        Release { description, value, stand_in, temporary: None, of, role: Role::Leaves }
    }
}

/// The deletes that must wait until entries below them have moved.
pub(super) fn late_deletes(tree: &Tree) -> HashSet<NodeId> {
    let mut late = HashSet::new();
    for node in tree.nodes.iter().filter(|node| node.kind == NodeKind::Rename) {
        let mut above = node.old_anchor;
        while let Some(id) = above {
            if tree.nodes[id].kind == NodeKind::Delete {
                late.insert(id);
            }
            above = tree.nodes[id].old_anchor;
        }
    }
    late
}
