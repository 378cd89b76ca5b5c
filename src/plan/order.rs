//! One order of deletes, adds and renames that a server accepts.
//!
//! Parents come before what is added below them and go after what was below them; a name is free
//! before it is taken. Where names go round in a circle, one entry waits under a temporary RDN.
//! Every step is one that is possible at its moment, in the order of kind and position, so the
//! same input gives the same order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::dn::{Dn, Rdn};
use crate::matching::{DnKeys, dn_key, rdn_key};
use crate::plan::release::Releases;
use crate::plan::tree::{Key, Named, Node, NodeId, NodeKind, Tree, Turn};
use crate::schema::Schema;

/// A change of structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which entry.
    pub node: NodeId,
    /// What it is called at this moment.
    pub from: Dn,
    /// What is done.
    pub to: Target,
    /// How often it was renamed before.
    pub hop: usize,
}

/// Where an entry goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Away.
    Gone,
    /// It comes, under its name in NEW.
    Added,
    /// To another RDN, and another parent where one is given.
    Renamed {
        /// The new RDN.
        rdn: Rdn,
        /// The new parent.
        superior: Option<Dn>,
    },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Cause {
    /// That this node is where it belongs.
    Final(NodeId),
    /// That this node leaves the name it has in OLD.
    Left(NodeId),
    /// That nothing is below this node any more.
    Emptied(NodeId),
}

/// How a circle of nodes that wait for each other is opened; what is better comes first.
///
/// An entry that goes is never renamed before: the way back would rename an entry that it has just added
/// and filled, which slapd 2.5 answers with 80 (`DN index add failed`) where what came first below it was
/// there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Whoever has the name gets a temporary one.
    Park,
    /// The entry leaves one that goes, and waits at its goal under a temporary name.
    SendAhead,
    /// Whoever has the name goes, and what leaves it waits beside it under temporary names.
    Evacuate,
}

/// Where a node is by now.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// Where it was, under a temporary RDN.
    Parked(Rdn),
    /// Where it belongs, under a temporary RDN.
    Ahead(Rdn),
    /// Beside what it was below and is to go, under a temporary RDN.
    Outside(Rdn, Beside),
    Final,
}

/// A place that nothing which goes is above.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Beside {
    /// The nearest node that takes part, at the place or above it.
    anchor: Option<NodeId>,
    /// The RDNs between.
    rdns: Vec<Rdn>,
}

/// An order in the making.
struct Ordering<'t> {
    schema: &'t Schema,
    tree: &'t Tree,
    state: Vec<State>,
    /// How often each node was renamed.
    hops: Vec<usize>,
    /// The nodes next below each one that goes, once that was asked.
    beneath: Option<HashMap<NodeId, Vec<NodeId>>>,
    below: Vec<usize>,
    slots: HashMap<(Key, Vec<u8>), NodeId>,
    releases: &'t Releases,
    ready: BTreeSet<(u8, u64, NodeId)>,
    waiting: HashMap<Cause, Vec<NodeId>>,
    blocked: BTreeMap<(Way, u64, NodeId), NodeId>,
    moves: Vec<Move>,
    /// Whether no move may look like one below the entry itself; see [`Ordering::rename`].
    wary: bool,
    temporary: &'t mut dyn FnMut(&Node) -> Rdn,
}

/// Puts the nodes of a tree in order.
///
/// `releases` says which nodes must have left their name before a node may take a value they hold, and
/// which names nodes have on their way;
/// `temporary` makes a temporary RDN for a node, another one each time; `wary` is for a server that
/// looks for moves of an entry below itself in the wrong place.
pub(super) fn order(
    schema: &Schema,
    tree: &Tree,
    releases: &Releases,
    wary: bool,
    temporary: &mut dyn FnMut(&Node) -> Rdn,
) -> Vec<Move> {
    let count = tree.nodes.len();
    let mut ordering = Ordering {
        schema,
        tree,
        state: vec![State::Waiting; count],
        hops: vec![0; count],
        beneath: None,
        below: vec![0; count],
        slots: HashMap::new(),
        releases,
        ready: BTreeSet::new(),
        waiting: HashMap::new(),
        blocked: BTreeMap::new(),
        moves: Vec::with_capacity(count),
        wary,
        temporary,
    };
    ordering.prepare();
    ordering.run();
    // A change that lacks one would look whole.
    assert!(
        (0..count).all(|id| tree.nodes[id].left_out || ordering.state[id] == State::Final),
        "a change of structure waits for ever"
    );
    ordering.moves
}

impl Ordering<'_> {
    fn prepare(&mut self) {
        let taking_part = |id: &NodeId| !self.tree.nodes[*id].left_out;
        let ids: Vec<NodeId> = (0..self.tree.nodes.len()).filter(taking_part).collect();
        for &id in &ids {
            let node = &self.tree.nodes[id];
            let (Some(old), Some(above)) = (&node.old, &node.old_above) else { continue };
            let slot = (above.clone(), rdn_key(self.schema, &old.rdn));
            self.slots.insert(slot, id);
            if let Some(above) = self.above(node) {
                self.below[above] += 1;
            }
        }
        for id in ids {
            self.consider(id);
        }
    }

    /// The nearest node above another one in OLD that takes part. What is between need not be in OLD.
    fn above(&self, node: &Node) -> Option<NodeId> {
        self.tree.above(node.old_anchor, |n| n.old_anchor, |n| !n.left_out)
    }

    fn run(&mut self) {
        loop {
            while let Some((_, _, id)) = self.ready.pop_first() {
                self.perform(id);
            }
            let Some(((way, _, id), occupant)) = self.blocked.pop_first() else { break };
            match self.way(id, occupant) {
                other if other != way => self.block(id, occupant),
                Way::SendAhead => self.send_ahead(id, occupant),
                Way::Park => self.park(occupant),
                Way::Evacuate => self.evacuate(occupant),
            }
        }
    }

    /// How a node comes to a name that another one has.
    fn way(&self, id: NodeId, occupant: NodeId) -> Way {
        let node = &self.tree.nodes[id];
        let goes = |node: &Node| node.kind == NodeKind::Delete && !node.left_out;
        if !goes(&self.tree.nodes[occupant]) {
            return Way::Park;
        }
        let leaves = node.kind == NodeKind::Rename && node.old_above != node.new_above;
        let from_what_goes = || self.tree.above(node.old_anchor, |n| n.old_anchor, goes).is_some();
        if self.state[id] == State::Waiting && leaves && from_what_goes() {
            return Way::SendAhead;
        }
        Way::Evacuate
    }

    fn block(&mut self, id: NodeId, occupant: NodeId) {
        let way = self.way(id, occupant);
        self.blocked.insert((way, self.tree.nodes[id].position(), id), occupant);
    }

    fn unblock(&mut self, id: NodeId) {
        for way in [Way::Park, Way::SendAhead, Way::Evacuate] {
            self.blocked.remove(&(way, self.tree.nodes[id].position(), id));
        }
    }

    /// Makes a node ready, or notes what it waits for.
    fn consider(&mut self, id: NodeId) {
        match self.cause(id) {
            None => {
                let node = &self.tree.nodes[id];
                let class = match (node.kind, node.turn) {
                    (NodeKind::Add, Turn::First) => 0,
                    (NodeKind::Delete, _) => 1,
                    (NodeKind::Rename, _) => 2,
                    (NodeKind::Add, Turn::Usual) => 3,
                    (NodeKind::Add, Turn::Last) => 4,
                };
                self.ready.insert((class, node.position(), id));
            }
            Some(cause) => {
                if let Cause::Left(occupant) = cause {
                    self.block(id, occupant);
                }
                self.waiting.entry(cause).or_default().push(id);
            }
        }
    }

    /// The first thing a node waits for.
    fn cause(&self, id: NodeId) -> Option<Cause> {
        let node = &self.tree.nodes[id];
        if node.kind == NodeKind::Delete {
            return (self.below[id] > 0).then_some(Cause::Emptied(id));
        }
        let anchor = self.tree.above(node.new_anchor, |n| n.new_anchor, |n| !n.left_out);
        if let Some(above) = anchor.filter(|&above| self.state[above] != State::Final) {
            return Some(Cause::Final(above));
        }
        let occupant = self.slot(node).and_then(|slot| self.slots.get(&slot)).copied();
        if let Some(occupant) = occupant.filter(|&other| other != id) {
            return Some(Cause::Left(occupant));
        }
        let holders = self.releases.after.get(&id).into_iter().flatten();
        let holding = |other: &&NodeId| self.state[**other] == State::Waiting;
        holders.filter(|other| **other != id).find(holding).map(|&other| Cause::Left(other))
    }

    /// The name a node takes, as the entity above it and its RDN.
    fn slot(&self, node: &Node) -> Option<(Key, Vec<u8>)> {
        let new = node.new.as_ref()?;
        Some((node.new_above.clone()?, rdn_key(self.schema, &new.rdn)))
    }

    fn perform(&mut self, id: NodeId) {
        let node = &self.tree.nodes[id];
        match (node.kind, &node.new) {
            (NodeKind::Delete, _) | (_, None) => self.step(id, self.current(id), Target::Gone),
            (NodeKind::Add, Some(new)) => self.step(id, new.dn.clone(), Target::Added),
            (NodeKind::Rename, Some(new)) => {
                if self.releases.sticking.contains(&id) {
                    self.park(id);
                }
                let elsewhere =
                    node.old_above != node.new_above && !matches!(self.state[id], State::Ahead(_));
                self.arrive(id, new, new.dn.parent().filter(|_| elsewhere));
            }
        }
        let before = std::mem::replace(&mut self.state[id], State::Final);
        self.leave(id);
        self.resolve(Cause::Final(id));
        if !matches!(before, State::Ahead(_) | State::Outside(..)) {
            self.emptied(id);
        }
    }

    /// Gives an entry its name in NEW, and before that the one it must have right before.
    fn arrive(&mut self, id: NodeId, new: &Named, superior: Option<Dn>) {
        let Some(before) = self.releases.before_last.get(&id) else {
            return self.rename(id, &new.rdn, superior);
        };
        let place = superior.clone().or_else(|| self.current(id).parent()).unwrap_or_default();
        self.rename(id, before, superior);
        let from = Dn { rdns: [std::slice::from_ref(before), &place.rdns].concat() };
        self.step(id, from, Target::Renamed { rdn: new.rdn.clone(), superior: None });
    }

    fn step(&mut self, node: NodeId, from: Dn, to: Target) {
        let hop = self.hops[node];
        self.hops[node] += usize::from(matches!(to, Target::Renamed { .. }));
        self.moves.push(Move { node, from, to, hop });
    }

    /// Renames an entry, and moves it below another one where that is given.
    ///
    /// 389 Directory Server refuses to move an entry below itself (53), and looks for that where the new
    /// RDN would be below the *old* parent: a move of `ou=a` to `ou=b,ou=b` looks to it like one of
    /// `ou=b` below itself. Such a move, or one whose way back is such, takes a temporary RDN on the way.
    fn rename(&mut self, id: NodeId, rdn: &Rdn, superior: Option<Dn>) {
        let from = self.current(id);
        let to = |rdn: &Rdn, superior| Target::Renamed { rdn: rdn.clone(), superior };
        let (Some(above), Some(parent)) = (superior.clone().filter(|_| self.wary), from.parent())
        else {
            return self.step(id, from, to(rdn, superior));
        };
        let old = from.rdn().cloned().unwrap_or_default();
        let waits_there = self.is_within(&above, rdn, &parent);
        let waits_here = self.is_within(&parent, &old, &above);
        if !waits_there && !waits_here {
            return self.step(id, from, to(rdn, superior));
        }
        let waiting = (self.temporary)(&self.tree.nodes[id]);
        let (first, then) = if waits_there { (superior, None) } else { (None, superior) };
        let place = if waits_there { above } else { parent };
        self.step(id, from, to(&waiting, first));
        let from = Dn { rdns: [vec![waiting], place.rdns].concat() };
        self.step(id, from, to(rdn, then));
    }

    /// Whether a name is that of an RDN below a parent, or below that.
    fn is_within(&self, name: &Dn, rdn: &Rdn, parent: &Dn) -> bool {
        let other = Dn { rdns: [std::slice::from_ref(rdn), &parent.rdns].concat() };
        let key = dn_key(self.schema, &other);
        DnKeys::new(self.schema, name).iter().any(|above| above == key)
    }

    /// Gives an entry a temporary name, so that another can take its own.
    fn park(&mut self, id: NodeId) {
        if self.state[id] != State::Waiting {
            return;
        }
        let rdn = (self.temporary)(&self.tree.nodes[id]);
        let to = Target::Renamed { rdn: rdn.clone(), superior: None };
        self.step(id, self.current(id), to);
        self.state[id] = State::Parked(rdn);
        self.leave(id);
    }

    /// Moves an entry below the one that NEW has it below, under a temporary name until its own is free.
    fn send_ahead(&mut self, id: NodeId, occupant: NodeId) {
        let node = &self.tree.nodes[id];
        let rdn = (self.temporary)(node);
        let superior = node.new.as_ref().and_then(|new| new.dn.parent());
        self.rename(id, &rdn, superior);
        self.state[id] = State::Ahead(rdn);
        self.block(id, occupant);
        self.leave(id);
        self.emptied(id);
    }

    /// Moves what leaves an entry that goes, and what goes below it, to the nearest place above that
    /// stays, so that all of it can go.
    fn evacuate(&mut self, id: NodeId) {
        let Some(beside) = self.beside(id) else { return };
        let beneath = self.beneath.take().unwrap_or_else(|| self.all_beneath());
        let mut open = vec![id];
        while let Some(goes) = open.pop() {
            for &one in beneath.get(&goes).into_iter().flatten() {
                match (self.tree.nodes[one].kind, &self.state[one]) {
                    (NodeKind::Delete, _) => open.push(one),
                    (_, State::Waiting | State::Parked(_)) => self.move_beside(one, beside.clone()),
                    _ => {}
                }
            }
        }
        self.beneath = Some(beneath);
    }

    /// The nodes next below each one that goes.
    fn all_beneath(&self) -> HashMap<NodeId, Vec<NodeId>> {
        let mut beneath: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for id in (0..self.tree.nodes.len()).filter(|&id| !self.tree.nodes[id].left_out) {
            if let Some(above) = self.goes_above(id) {
                beneath.entry(above).or_default().push(id);
            }
        }
        beneath
    }

    /// The entry next above a node in OLD, where it goes.
    fn goes_above(&self, id: NodeId) -> Option<NodeId> {
        let above = self.above(&self.tree.nodes[id])?;
        (self.tree.nodes[above].kind == NodeKind::Delete).then_some(above)
    }

    /// The nearest place above a node that stays.
    fn beside(&self, id: NodeId) -> Option<Beside> {
        let top = std::iter::successors(Some(id), |&id| self.goes_above(id)).last()?;
        let node = &self.tree.nodes[top];
        let place = node.old.as_ref()?.dn.parent()?;
        let anchor = self.above(node);
        let known = anchor.and_then(|anchor| self.tree.nodes[anchor].old.as_ref());
        let depth = place.rdns.len() - known.map_or(0, |old| old.dn.rdns.len());
        Some(Beside { anchor, rdns: place.rdns[..depth].to_vec() })
    }

    fn move_beside(&mut self, id: NodeId, beside: Beside) {
        let rdn = match &self.state[id] {
            State::Parked(rdn) => rdn.clone(),
            _ => (self.temporary)(&self.tree.nodes[id]),
        };
        let superior = Some(self.place(&beside));
        self.rename(id, &rdn, superior);
        self.state[id] = State::Outside(rdn, beside);
        self.leave(id);
        self.emptied(id);
    }

    /// What a place is called at this moment.
    fn place(&self, beside: &Beside) -> Dn {
        let above = beside.anchor.map(|anchor| self.current(anchor).rdns).unwrap_or_default();
        Dn { rdns: [beside.rdns.clone(), above].concat() }
    }

    /// A node gives its name in OLD free.
    fn leave(&mut self, id: NodeId) {
        let node = &self.tree.nodes[id];
        if let (Some(old), Some(above)) = (&node.old, &node.old_above) {
            let slot = (above.clone(), rdn_key(self.schema, &old.rdn));
            if self.slots.get(&slot) == Some(&id) {
                self.slots.remove(&slot);
            }
        }
        self.resolve(Cause::Left(id));
    }

    /// The entry next above a node in OLD has one less below it.
    fn emptied(&mut self, id: NodeId) {
        let Some(above) = self.above(&self.tree.nodes[id]) else { return };
        self.below[above] = self.below[above].saturating_sub(1);
        if self.below[above] == 0 {
            self.resolve(Cause::Emptied(above));
        }
    }

    fn resolve(&mut self, cause: Cause) {
        for id in self.waiting.remove(&cause).unwrap_or_default() {
            self.unblock(id);
            self.consider(id);
        }
    }

    /// What a node that OLD has is called at this moment: its name in OLD, with the RDNs that it and
    /// the nodes above it have by now, up to the first that is where it belongs.
    fn current(&self, id: NodeId) -> Dn {
        let mut rdns = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let node = &self.tree.nodes[id];
            match (&self.state[id], &node.old, &node.new) {
                (State::Final, _, Some(new)) | (_, None, Some(new)) => {
                    rdns.extend_from_slice(&new.dn.rdns);
                    break;
                }
                (State::Ahead(rdn), _, Some(new)) => {
                    rdns.push(rdn.clone());
                    rdns.extend(new.dn.rdns.iter().skip(1).cloned());
                    break;
                }
                (State::Outside(rdn, beside), _, _) => {
                    rdns.push(rdn.clone());
                    rdns.extend_from_slice(&beside.rdns);
                    next = beside.anchor;
                }
                (_, None, None) => break,
                (state, Some(old), _) => {
                    let above = self.above(node);
                    let anchor = above.and_then(|above| self.tree.nodes[above].old.as_ref());
                    let depth = old.dn.rdns.len() - anchor.map_or(0, |old| old.dn.rdns.len());
                    rdns.push(match state {
                        State::Parked(rdn) => rdn.clone(),
                        _ => old.rdn.clone(),
                    });
                    rdns.extend(old.dn.rdns[..depth].iter().skip(1).cloned());
                    next = above;
                }
            }
        }
        Dn { rdns }
    }
}
