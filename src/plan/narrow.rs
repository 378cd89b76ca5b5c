//! What a selection leaves as it is, and what must stay with it.
//!
//! A change depends on another where it needs its place, its name or a value it gives free. What
//! depends on a change that is left out is left out too, so what remains still applies in one
//! pass. Knows which changes hang together, not why somebody does not want them.

use std::collections::{HashMap, HashSet};

use crate::compare::rename::Matched;
use crate::error::Result;
use crate::join::{Pair, Reject, Side};
use crate::matching::{DnKeys, dn_key, rdn_key};
use crate::plan::Counts;
use crate::plan::build::Task;
use crate::plan::journey::Way;
use crate::plan::primary::Primaries;
use crate::plan::release::{By, Ledger};
use crate::plan::tree::{Key, Named, Node, NodeId, NodeKind, Tree};
use crate::schema::Schema;
use crate::source::{Extent, read_pair};

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An entry comes.
    Add,
    /// Attributes of an entry change.
    Modify,
    /// An entry goes.
    Delete,
    /// An entry gets another name.
    Rename,
}

/// Kinds of change; all of them where none is named.
#[derive(Clone, Debug, Default)]
pub struct Kinds(pub Option<HashSet<Kind>>);

impl Kinds {
    /// Whether this kind is among them.
    pub fn hold(&self, kind: Kind) -> bool {
        self.0.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// What is not to be changed.
#[derive(Debug, Default)]
pub struct Narrowing {
    /// The kinds of change that are wanted.
    pub kinds: Kinds,
    /// Whether nothing may be deleted, because nobody knows what is missing.
    pub keeps_all: bool,
    /// Whether nothing may be added, because nobody knows what is there.
    pub adds_none: bool,
    /// Records of OLD that stay as they are.
    pub old: HashSet<Extent>,
    /// Records of NEW that are not obeyed.
    pub new: HashSet<Extent>,
    /// Keys of names of OLD below which something stays that nobody may touch.
    pub occupied: HashSet<Vec<u8>>,
}

impl Narrowing {
    /// Whether a record of OLD may be modified.
    pub(super) fn lets_modify(&self, record: Extent) -> bool {
        self.kinds.hold(Kind::Modify) && !self.old.contains(&record)
    }

    fn is_none(&self) -> bool {
        self.kinds.0.is_none()
            && !self.keeps_all
            && !self.adds_none
            && [self.old.len(), self.new.len(), self.occupied.len()] == [0; 3]
    }

    /// Whether a node is not to be changed, whatever depends on it.
    fn leaves(&self, schema: &Schema, node: &Node) -> bool {
        let kind = match node.kind {
            NodeKind::Delete => Kind::Delete,
            NodeKind::Add => Kind::Add,
            NodeKind::Rename => Kind::Rename,
        };
        !self.kinds.hold(kind)
            || (self.keeps_all && kind == Kind::Delete)
            || (self.adds_none && kind == Kind::Add)
            || self.is_outside(node)
            || (kind == Kind::Delete && self.is_occupied(schema, node))
    }

    /// Whether nobody asked for this node to change.
    fn is_outside(&self, node: &Node) -> bool {
        let held = |named: &Option<Named>, set: &HashSet<Extent>| {
            named.as_ref().is_some_and(|named| set.contains(&named.extent))
        };
        held(&node.old, &self.old) || held(&node.new, &self.new)
    }

    fn is_occupied(&self, schema: &Schema, node: &Node) -> bool {
        let key = |named: &Named| dn_key(schema, &named.dn);
        !self.occupied.is_empty()
            && node.old.as_ref().is_some_and(|old| self.occupied.contains(&key(old)))
    }
}

/// What came of a narrowing.
#[derive(Debug, Default)]
pub struct Narrowed {
    /// The records in OLD of entries whose attributes stay as they are.
    pub frozen: HashSet<Extent>,
    /// What was asked for and left out; modifies are counted when they are known.
    pub left_out: Counts,
}

/// What can be left out by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Unit {
    Node(NodeId),
    Modify(Extent),
}

impl From<By> for Unit {
    fn from(by: By) -> Unit {
        match by {
            By::Modify(extent) => Unit::Modify(extent),
            By::Presence(id) | By::Rename(id) => Unit::Node(id),
        }
    }
}

/// Marks the nodes of a tree that are left out, and drops what they lose and take from the ledger.
pub(crate) fn narrow(
    task: &Task<'_, '_>,
    tree: &mut Tree,
    matched: &Matched,
    ledger: &mut Ledger,
) -> Result<Narrowed> {
    if task.narrowing.is_none() && ledger.waiting().next().is_none() {
        return Ok(Narrowed::default());
    }
    let pairs: Vec<&Pair> = matched.changed.iter().chain(&matched.moved).collect();
    let mut closing = Closing::new(task, tree, ledger);
    closing.link_renames(&matched.moved)?;
    closing.begin(&pairs, &matched.moved);
    ledger.waiting().for_each(|by| closing.leave_out(by.into()));
    closing.close();
    while closing.starve(&pairs)? {
        closing.close();
    }
    let Closing { frozen, .. } = closing;
    ledger.keep(&|by| match Unit::from(by) {
        Unit::Node(id) => !tree.nodes[id].left_out,
        Unit::Modify(extent) => !frozen.contains(&extent),
    });
    Ok(Narrowed { frozen, left_out: count(task.narrowing, tree) })
}

fn count(narrowing: &Narrowing, tree: &Tree) -> Counts {
    let of = |kind: NodeKind| {
        let asked = |node: &&Node| node.kind == kind && !narrowing.is_outside(node);
        tree.nodes.iter().filter(|node| node.left_out).filter(asked).count() as u64
    };
    Counts {
        adds: of(NodeKind::Add),
        deletes: of(NodeKind::Delete),
        renames: of(NodeKind::Rename),
        ..Counts::default()
    }
}

/// Follows what is left out to what depends on it.
struct Closing<'c, 't, 's> {
    task: &'c Task<'t, 's>,
    tree: &'c mut Tree,
    frozen: HashSet<Extent>,
    dependents: HashMap<Unit, Vec<Unit>>,
    /// Entries that get a name which no entry of OLD gives up.
    unheld: Vec<NodeId>,
    open: Vec<Unit>,
}

impl<'c, 't, 's> Closing<'c, 't, 's> {
    fn new(task: &'c Task<'t, 's>, tree: &'c mut Tree, ledger: &Ledger) -> Self {
        let mut closing = Closing {
            task,
            tree,
            frozen: HashSet::new(),
            dependents: HashMap::new(),
            unheld: Vec::new(),
            open: Vec::new(),
        };
        closing.link_places();
        closing.link_names();
        for (loss, taker) in ledger.links() {
            closing.link(loss.into(), taker.into());
        }
        closing
    }

    /// Notes that the second must be left out where the first is.
    fn link(&mut self, first: Unit, second: Unit) {
        if first != second {
            self.dependents.entry(first).or_default().push(second);
        }
    }

    /// What comes needs what is above it; what goes waits for what is below it.
    fn link_places(&mut self) {
        for id in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[id];
            let needed = self.tree.above(node.new_anchor, |n| n.new_anchor, |n| !n.respelled);
            let goes = |above: &NodeId| self.tree.nodes[*above].kind == NodeKind::Delete;
            let left = node.old_anchor.filter(goes);
            if let Some(above) = needed {
                self.link(Unit::Node(above), Unit::Node(id));
            }
            if let Some(above) = left {
                self.link(Unit::Node(id), Unit::Node(above));
            }
        }
    }

    /// A name must be free before it is taken; and an entry does not go where the one that is to
    /// follow it under its name does not come.
    fn link_names(&mut self) {
        let schema = self.task.comparison.schema;
        let mut held: HashMap<(Key, Vec<u8>), NodeId> = HashMap::new();
        for (id, node) in self.tree.nodes.iter().enumerate() {
            if let (Some(old), Some(above)) = (&node.old, &node.old_above) {
                held.insert((above.clone(), rdn_key(schema, &old.rdn)), id);
            }
        }
        for id in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[id];
            let (Some(new), Some(above)) = (&node.new, &node.new_above) else { continue };
            let Some(&holder) = held.get(&(above.clone(), rdn_key(schema, &new.rdn))) else {
                self.unheld.push(id);
                continue;
            };
            let replaced =
                node.kind == NodeKind::Add && self.tree.nodes[holder].kind == NodeKind::Delete;
            self.link(Unit::Node(holder), Unit::Node(id));
            if replaced {
                self.link(Unit::Node(id), Unit::Node(holder));
            }
        }
    }

    /// The new name of an entry and its attributes need each other where a server takes neither alone.
    fn link_renames(&mut self, moved: &[Pair]) -> Result<()> {
        let Task { comparison, server, style, old, new, .. } = *self.task;
        let names = self.task.names(self.tree, &[]);
        let primaries = &Primaries::default();
        let way = Way { comparison, names: &names, server, style, primaries };
        let needed = self.task.each(moved, |pair| {
            read_pair((old, pair.old), (new, pair.new), |old, new| Ok(way.renames_with(old, new)))
        })?;
        let nodes = self.tree.nodes.iter().enumerate();
        let renamed = nodes.filter(|(_, node)| node.kind == NodeKind::Rename);
        let renamed: HashMap<Extent, NodeId> =
            renamed.filter_map(|(id, node)| Some((node.old.as_ref()?.extent, id))).collect();
        for (pair, (of_rename, of_modify)) in moved.iter().zip(needed) {
            let Some(&id) = renamed.get(&pair.old) else { continue };
            if of_modify {
                self.link(Unit::Node(id), Unit::Modify(pair.old));
            }
            if of_rename {
                self.link(Unit::Modify(pair.old), Unit::Node(id));
            }
        }
        Ok(())
    }

    /// Leaves out what nobody wants.
    fn begin(&mut self, pairs: &[&Pair], moved: &[Pair]) {
        let narrowing = self.task.narrowing;
        let schema = self.task.comparison.schema;
        for id in 0..self.tree.nodes.len() {
            if narrowing.leaves(schema, &self.tree.nodes[id]) {
                self.leave_out(Unit::Node(id));
            }
        }
        if narrowing.adds_none {
            // The record whose name nobody knows may have it.
            std::mem::take(&mut self.unheld)
                .into_iter()
                .for_each(|id| self.leave_out(Unit::Node(id)));
        }
        let modifies = narrowing.kinds.hold(Kind::Modify);
        let is_nameless = |reject: &Reject| reject.side == Side::New && reject.dn.is_none();
        if self.task.rejects.iter().any(is_nameless) {
            self.leave_out_what_is_nowhere();
            self.leave_out_who_may_be_followed(moved);
        }
        for pair in pairs {
            if !modifies || narrowing.old.contains(&pair.old) {
                self.leave_out(Unit::Modify(pair.old));
            }
        }
    }

    /// Where the name of a record of NEW cannot be read, what is to come below a name that neither side
    /// has, in a part of the tree that OLD has, is below that record.
    fn leave_out_what_is_nowhere(&mut self) {
        let Task { rejects, old, comparison, .. } = *self.task;
        let schema = comparison.schema;
        // The name that OLD has of what is above a node, and the names above that.
        let above = |node: &Node| -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
            let parent = node.known_above()?.to_vec();
            let names = DnKeys::new(schema, &node.new.as_ref()?.dn);
            Some((parent, names.iter().skip(2).map(<[u8]>::to_vec).collect()))
        };
        let asked: Vec<Option<_>> = self.tree.nodes.iter().map(above).collect();
        let names = || asked.iter().flatten().flat_map(|(one, more)| more.iter().chain([one]));
        let wanted: HashSet<&[u8]> = names().map(Vec::as_slice).collect();
        let of_old = rejects.iter().filter(|reject| reject.side == Side::Old);
        let mut there = self.task.names_of_old(&wanted);
        there.extend(of_old.filter_map(|reject| reject.key(old)));
        for (id, asked) in asked.iter().enumerate() {
            if let Some((parent, names)) = asked
                && !there.contains(parent)
                && names.iter().any(|name| there.contains(name))
            {
                self.leave_out(Unit::Node(id));
            }
        }
    }

    /// Where the name of a record of NEW cannot be read, it may have one that an entry of OLD gives up. Nothing
    /// comes below such a name, and where something stays below it, the entry keeps it.
    fn leave_out_who_may_be_followed(&mut self, moved: &[Pair]) {
        let Task { old, olds, pool, comparison, .. } = *self.task;
        let schema = comparison.schema;
        let given_up = |(id, node): (NodeId, &Node)| {
            let key = dn_key(schema, &node.old.as_ref()?.dn);
            let is_free = node.kind == NodeKind::Rename
                && !node.respelled
                && !self.tree.by_new.contains_key(key.as_slice());
            is_free.then_some((key, id))
        };
        let given_up: HashMap<Vec<u8>, NodeId> =
            self.tree.nodes.iter().enumerate().filter_map(given_up).collect();
        if given_up.is_empty() {
            return;
        }
        let comes_below = |node: &Node| {
            let above = node.new.as_ref().and_then(|new| new.dn.parent());
            above.is_some_and(|above| given_up.contains_key(&dn_key(schema, &above)))
        };
        let coming = self.tree.nodes.iter().enumerate().filter(|(_, node)| comes_below(node));
        let mut held: Vec<NodeId> = coming.map(|(id, _)| id).collect();
        let going = self.tree.nodes.iter().filter(|node| node.kind == NodeKind::Delete);
        let going = going.filter_map(|node| Some(node.old.as_ref()?.extent));
        let leaving: HashSet<Extent> = moved.iter().map(|pair| pair.old).chain(going).collect();
        let staying = olds.each_chunk(pool, old, |extents| {
            let staying = extents.iter().filter(|extent| !leaving.contains(extent));
            let above = staying.filter_map(|&extent| old.dn(extent).ok()?.parent());
            let keys = above.map(|above| dn_key(schema, &above));
            keys.filter_map(|key| given_up.get(&key).copied()).collect::<HashSet<NodeId>>()
        });
        held.extend(staying.into_iter().flatten());
        held.into_iter().for_each(|id| self.leave_out(Unit::Node(id)));
    }

    fn leave_out(&mut self, unit: Unit) {
        let news = match unit {
            Unit::Node(id) => !std::mem::replace(&mut self.tree.nodes[id].left_out, true),
            Unit::Modify(extent) => self.frozen.insert(extent),
        };
        if news {
            self.open.push(unit);
        }
    }

    fn close(&mut self) {
        while let Some(unit) = self.open.pop() {
            for dependent in self.dependents.remove(&unit).unwrap_or_default() {
                self.leave_out(dependent);
            }
        }
    }

    /// Leaves out what would empty an attribute that may not be empty, because what it is to refer
    /// to does not come. Answers whether there was any.
    fn starve(&mut self, pairs: &[&Pair]) -> Result<bool> {
        let Task { comparison, server, style, .. } = *self.task;
        let names = self.task.names(self.tree, &[]);
        if !names.any_withheld() {
            return Ok(false);
        }
        let primaries = &Primaries::default();
        let way = Way { comparison, names: &names, server, style, primaries };
        let adds: Vec<(NodeId, Extent)> = (0..self.tree.nodes.len())
            .filter(|&id| !self.tree.nodes[id].left_out)
            .filter(|&id| self.tree.nodes[id].kind == NodeKind::Add)
            .filter_map(|id| Some((id, self.tree.nodes[id].new.as_ref()?.extent)))
            .collect();
        let mut starved = self.task.each(&adds, |&(id, extent)| {
            let entry = self.task.new.entry(extent)?;
            Ok(way.is_starved(None, &entry).then_some(Unit::Node(id)))
        })?;
        let open = |pair: &&&Pair| !self.frozen.contains(&pair.old);
        let pairs: Vec<&Pair> = pairs.iter().filter(open).copied().collect();
        starved.extend(self.task.each(&pairs, |pair| {
            let old = self.task.old.entry(pair.old)?;
            let new = self.task.new.entry(pair.new)?;
            Ok(way.is_starved(Some(&old), &new).then_some(Unit::Modify(pair.old)))
        })?);
        let found: Vec<Unit> = starved.into_iter().flatten().collect();
        let any = !found.is_empty();
        found.into_iter().for_each(|unit| self.leave_out(unit));
        Ok(any)
    }
}
