//! The names of a directory while changes are applied to it.
//!
//! Only what changes touch has a node; everything else is where the export has it, below whatever
//! its nearest node has become. A node that moves takes along what is below it, so a renamed
//! subtree costs one node however large it is. Knows nothing of attributes or files.

use std::collections::HashMap;

use crate::dn::{Dn, MAX_DEPTH, Rdn};
use crate::error::{Error, ErrorKind, Result};
use crate::matching::rdn_key;
use crate::schema::Schema;

/// The number of a node.
pub(super) type NodeId = usize;

/// What stands at a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the export has there, if anything.
    Untouched,
    /// What the export calls by this name, and all below it.
    Moved(Dn),
    /// An entry that was added, and what the export calls by its name and may have something below, though it has
    /// no such entry.
    New(Option<Dn>),
    /// Nothing: what was there is deleted or moved away.
    Hole,
}

/// How many entries are below a name, and how many of them are records that were rejected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Below {
    pub(super) entries: u64,
    pub(super) rejected: u64,
}

/// What has come below a name, less what has gone from there.
#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    entries: i64,
    rejected: i64,
}

#[derive(Debug)]
struct Node {
    parent: Option<NodeId>,
    rdn: Option<Rdn>,
    children: HashMap<Vec<u8>, NodeId>,
    kind: Kind,
    /// Whether it was renamed.
    is_renamed: bool,
    /// How many entries have come below it, less those that have gone from there.
    balance: Balance,
}

/// The names that changes touch.
#[derive(Debug)]
pub(super) struct Tree<'s> {
    schema: &'s Schema,
    nodes: Vec<Node>,
}

/// A name as the tree has it: the nearest node, and the RDNs below it, the lowest first.
pub(super) struct Spot<'d> {
    pub(super) node: NodeId,
    pub(super) below: &'d [Rdn],
}

impl<'s> Tree<'s> {
    pub(super) fn new(schema: &'s Schema) -> Tree<'s> {
        let root = Node {
            parent: None,
            rdn: None,
            children: HashMap::new(),
            kind: Kind::Untouched,
            is_renamed: false,
            balance: Balance::default(),
        };
        Tree { schema, nodes: vec![root] }
    }

    pub(super) fn kind(&self, id: NodeId) -> &Kind {
        &self.nodes[id].kind
    }

    pub(super) fn rdn(&self, id: NodeId) -> Option<&Rdn> {
        self.nodes[id].rdn.as_ref()
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id].parent
    }

    /// All nodes that have a name, each after the one above it.
    ///
    /// # Errors
    ///
    /// Changes have moved entries below each other until a name has too many RDNs.
    pub(super) fn parents_first(&self) -> Result<Vec<NodeId>> {
        let mut all = vec![0];
        let mut depth = 0;
        let mut level = 0;
        while level < all.len() {
            if depth > MAX_DEPTH {
                return Err(Error::new(ErrorKind::NameTooDeep { limit: MAX_DEPTH }));
            }
            let end = all.len();
            for at in level..end {
                all.extend(self.nodes[all[at]].children.values());
            }
            (level, depth) = (end, depth + 1);
        }
        Ok(all)
    }

    /// All nodes, parents before what was put below them first.
    pub(super) fn ids(&self) -> std::ops::Range<NodeId> {
        0..self.nodes.len()
    }

    /// Where a name is.
    pub(super) fn spot<'d>(&self, dn: &'d Dn) -> Spot<'d> {
        let mut node = 0;
        for (n, rdn) in dn.rdns.iter().enumerate().rev() {
            match self.nodes[node].children.get(&rdn_key(self.schema, rdn)) {
                Some(&child) => node = child,
                None => return Spot { node, below: &dn.rdns[..=n] },
            }
        }
        Spot { node, below: &[] }
    }

    /// What the export calls the entry at a spot; `None` where the export has nothing.
    pub(super) fn origin_of(&self, spot: &Spot<'_>) -> Option<Dn> {
        if spot.below.is_empty() {
            return self.origin(spot.node);
        }
        let above = self.origin_below(spot.node)?;
        Some(Dn { rdns: spot.below.iter().chain(&above.rdns).cloned().collect() })
    }

    /// What the export calls a node.
    pub(super) fn origin(&self, id: NodeId) -> Option<Dn> {
        let origin = self.origin_below(id);
        origin.filter(|_| !self.is_new(id))
    }

    /// Below which name the export has what is below a node.
    pub(super) fn origin_below(&self, id: NodeId) -> Option<Dn> {
        let node = &self.nodes[id];
        match &node.kind {
            Kind::Moved(origin) => Some(origin.clone()),
            Kind::New(below) => below.clone(),
            Kind::Hole => None,
            Kind::Untouched => match (node.parent, &node.rdn) {
                (Some(parent), Some(rdn)) => Some(self.origin_below(parent)?.child(rdn.clone())),
                _ => Some(Dn::default()),
            },
        }
    }

    /// Whether a node is an entry that was added.
    pub(super) fn is_new(&self, id: NodeId) -> bool {
        matches!(self.nodes[id].kind, Kind::New(_))
    }

    /// What a node is called now.
    pub(super) fn dn(&self, id: NodeId) -> Dn {
        let above = std::iter::successors(Some(id), |&id| self.nodes[id].parent);
        Dn { rdns: above.filter_map(|id| self.nodes[id].rdn.clone()).collect() }
    }

    /// Whether a node is not where the export has it.
    pub(super) fn is_displaced(&self, id: NodeId) -> bool {
        let mut above = std::iter::successors(Some(id), |&id| self.nodes[id].parent);
        above.any(|id| self.nodes[id].is_renamed)
    }

    /// The node of a name, made where there was none.
    pub(super) fn touch(&mut self, dn: &Dn) -> NodeId {
        let mut at = 0;
        for rdn in dn.rdns.iter().rev() {
            let key = rdn_key(self.schema, rdn);
            at = match self.nodes[at].children.get(&key) {
                Some(&child) => child,
                None => self.put(at, key, rdn.clone(), Kind::Untouched),
            };
        }
        at
    }

    fn put(&mut self, parent: NodeId, key: Vec<u8>, rdn: Rdn, kind: Kind) -> NodeId {
        let id = self.nodes.len();
        let children = HashMap::new();
        let node = Node {
            parent: Some(parent),
            rdn: Some(rdn),
            children,
            kind,
            is_renamed: false,
            balance: Balance::default(),
        };
        self.nodes.push(node);
        self.nodes[parent].children.insert(key, id);
        id
    }

    /// An entry comes, where there is none. What the export has below its name is below it.
    pub(super) fn add(&mut self, parent: NodeId, rdn: &Rdn) -> NodeId {
        self.shift(Some(parent), Balance { entries: 1, rejected: 0 });
        let key = rdn_key(self.schema, rdn);
        let there = self.nodes[parent].children.get(&key).copied();
        match there.filter(|&id| self.nodes[id].kind == Kind::Untouched) {
            Some(id) => {
                let below = self.origin_below(id);
                let node = &mut self.nodes[id];
                (node.rdn, node.kind) = (Some(rdn.clone()), Kind::New(below));
                id
            }
            None => {
                // What has gone from there has taken along what was below it.
                let above = self.origin_below(parent).filter(|_| there.is_none());
                let below = above.map(|above| above.child(rdn.clone()));
                self.put(parent, key, rdn.clone(), Kind::New(below))
            }
        }
    }

    /// An entry goes.
    pub(super) fn delete(&mut self, id: NodeId) {
        self.shift(self.nodes[id].parent, Balance { entries: -1, rejected: 0 });
        self.detach(id);
        self.nodes[id].kind = Kind::Hole;
    }

    /// An entry goes elsewhere with what is below it, or gets its RDN in another spelling.
    pub(super) fn rename(&mut self, id: NodeId, parent: NodeId, rdn: &Rdn, below: Below) {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX - 1);
        let (entries, rejected) = (signed(below.entries) + 1, signed(below.rejected));
        self.shift(self.nodes[id].parent, Balance { entries: -entries, rejected: -rejected });
        self.shift(Some(parent), Balance { entries, rejected });
        let origin = self.origin(id);
        self.detach(id);
        let node = &mut self.nodes[id];
        if let (Kind::Untouched, Some(origin)) = (&node.kind, origin) {
            node.kind = Kind::Moved(origin);
        }
        node.is_renamed = true;
        (node.parent, node.rdn) = (Some(parent), Some(rdn.clone()));
        self.nodes[parent].children.insert(rdn_key(self.schema, rdn), id);
    }

    /// Leaves a hole where a node was.
    fn detach(&mut self, id: NodeId) {
        let node = &self.nodes[id];
        if let (Some(parent), Some(rdn)) = (node.parent, node.rdn.clone()) {
            self.put(parent, rdn_key(self.schema, &rdn), rdn, Kind::Hole);
        }
    }

    /// So many entries have come below a node and all above it.
    fn shift(&mut self, from: Option<NodeId>, by: Balance) {
        let mut at = from;
        while let Some(id) = at {
            let Node { balance, parent, .. } = &mut self.nodes[id];
            balance.entries += by.entries;
            balance.rejected += by.rejected;
            at = *parent;
        }
    }

    /// What is below a node, where the export has `exported` below what it is there.
    pub(super) fn below(&self, id: NodeId, exported: Below) -> Below {
        let Balance { entries, rejected } = self.nodes[id].balance;
        Below {
            entries: exported.entries.saturating_add_signed(entries),
            rejected: exported.rejected.saturating_add_signed(rejected),
        }
    }
}
