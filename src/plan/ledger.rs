//! Reads who loses and who takes values of unique attributes.

use std::collections::HashSet;

use crate::attribute::{is_object_class, type_of};
use crate::compare::rename::Matched;
use crate::dn::{AvaValue, Dn};
use crate::entry::Entry;
use crate::error::Result;
use crate::join::{Looks, Pair};
use crate::plan::build::Task;
use crate::plan::release::{
    By, Ledger, Loss, Release, UniqueValue, stand_in, unique_names, unique_values,
};
use crate::plan::tree::{Node, NodeId, NodeKind, Tree};
use crate::source::read_pair;

/// An entry that loses or takes a value.
enum Event {
    Lose(UniqueValue, Loss),
    Take(UniqueValue, By),
}

impl Task<'_, '_> {
    /// Writes down who loses and who takes values of unique attributes.
    pub(super) fn ledger(&self, tree: &Tree, matched: &Matched) -> Result<Ledger> {
        let unique = unique_names(self.comparison, self.unique);
        let is_unique = |d: &[u8]| unique.contains(&type_of(d).to_ascii_lowercase());
        let renamed = tree.renamed_records();
        let pairs = matched.changed.iter().chain(&matched.moved);
        let pairs: Vec<&Pair> = pairs.filter(|pair| pair.looks.hold(Looks::UNIQUE)).collect();
        let mut events = self
            .each(&pairs, |pair| self.of_pair(pair, renamed.get(&pair.old).copied(), &is_unique))?;
        let nodes: Vec<(NodeId, &Node)> = tree.nodes.iter().enumerate().collect();
        events.extend(self.each(&nodes, |(id, node)| self.of_node(*id, node, &is_unique))?);
        let mut ledger = Ledger::default();
        for event in events.into_iter().flatten() {
            match event {
                Event::Lose(value, loss) => ledger.lose(value, loss),
                Event::Take(value, by) => ledger.take(value, by),
            }
        }
        Ok(ledger)
    }

    /// What an entry that goes loses, and what one that comes takes.
    fn of_node(
        &self,
        id: NodeId,
        node: &Node,
        is_unique: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Event>> {
        let (source, extent) = match (node.kind, &node.old, &node.new) {
            (NodeKind::Delete, Some(old), _) => (self.old, old.extent),
            (NodeKind::Add, _, Some(new)) => (self.new, new.extent),
            _ => return Ok(Vec::new()),
        };
        let wanted = |d: &[u8]| is_unique(d) || is_object_class(d);
        source.part_of_entry(extent, &wanted, |entry| {
            let values = unique_values(self.comparison, &entry, is_unique);
            let event = |(unique, description, value)| match node.kind {
                NodeKind::Delete => {
                    // A value in the RDN cannot go by a modify: whoever takes it waits for the name.
                    let named = self.names_entry(&entry.dn, description, value);
                    let by = if named { By::Rename(id) } else { By::Presence(id) };
                    let release = self.release(&entry, description, value);
                    Event::Lose(unique, Loss { by, release })
                }
                NodeKind::Add | NodeKind::Rename => Event::Take(unique, By::Presence(id)),
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
    ) -> Result<Vec<Event>> {
        read_pair((self.old, pair.old), (self.new, pair.new), |old, new| {
            Ok(self.exchanged([old, new], By::Modify(pair.old), node, is_unique))
        })
    }

    /// The same of its two versions.
    fn exchanged(
        &self,
        [old, new]: [&Entry<'_>; 2],
        modify: By,
        node: Option<NodeId>,
        is_unique: &dyn Fn(&[u8]) -> bool,
    ) -> Vec<Event> {
        let before = unique_values(self.comparison, old, is_unique);
        let after = unique_values(self.comparison, new, is_unique);
        let by = |dn: &Dn, description: &[u8], value: &[u8]| match node {
            Some(id) if self.names_entry(dn, description, value) => By::Rename(id),
            _ => modify,
        };
        let mut events = Vec::new();
        for (unique, description, value) in &before {
            if !after.iter().any(|(other, _, _)| other == unique) {
                let release = self.release(old, description, value);
                let loss = Loss { by: by(&old.dn, description, value), release };
                events.push(Event::Lose(unique.clone(), loss));
            }
        }
        for (unique, description, value) in &after {
            if !before.iter().any(|(other, _, _)| other == unique) {
                events.push(Event::Take(unique.clone(), by(&new.dn, description, value)));
            }
        }
        events
    }

    /// Whether a value stands in the RDN of a name.
    fn names_entry(&self, dn: &Dn, description: &[u8], value: &[u8]) -> bool {
        dn.rdn().into_iter().flat_map(|rdn| &rdn.avas).any(|ava| {
            let attribute = self.comparison.schema.attribute(&ava.attribute);
            let same = |text: &[u8]| self.comparison.equal_by_rule(attribute, text, value);
            self.comparison.same_attribute(&ava.attribute, description)
                && matches!(&ava.value, AvaValue::Text(text) if same(text))
        })
    }

    fn release(&self, entry: &Entry<'_>, description: &[u8], value: &[u8]) -> Release {
        let fields = self.comparison.fields(entry);
        let field =
            fields.iter().find(|f| self.comparison.same_attribute(f.description, description));
        let of = field.map_or(1, |f| f.values.len());
        let attribute = field.and_then(|f| f.attribute);
        let stand_in = stand_in(self.comparison, self.server, entry, attribute);
        let (description, value) = (description.to_vec(), value.to_vec());
        Release { description, value, stand_in, temporary: None, of }
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
