//! The entries whose names come, go or change, and how they hang together.
//!
//! A *node* is an entry that is deleted, added, or renamed by a record of its own. What only
//! follows a renamed entry above it is no node. Knows names and positions, not contents.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::dn::{Dn, Rdn};
use crate::matching::{DnKeys, dn_key, keys_from, rdn_key};
use crate::schema::Schema;
use crate::source::Extent;

/// The number of a node.
pub(super) type NodeId = usize;

/// The key of a name or of an entity; who has the same shares it.
pub(super) type Key = Arc<[u8]>;

/// Keys of which many are the same.
#[derive(Default)]
struct Keys(HashSet<Key>);

impl Keys {
    fn shared(&mut self, key: Vec<u8>) -> Key {
        if let Some(known) = self.0.get(key.as_slice()) {
            return known.clone();
        }
        let key: Key = key.into();
        self.0.insert(key.clone());
        key
    }
}

/// Makes the keys of names. Those that come one after the other mostly stand below one name, whose key is
/// made once.
struct NameKeys<'s> {
    schema: &'s Schema,
    /// The last name above another, and its key.
    above: (Vec<Rdn>, Vec<u8>),
}

impl<'s> NameKeys<'s> {
    fn new(schema: &'s Schema) -> NameKeys<'s> {
        NameKeys { schema, above: (Vec::new(), Vec::new()) }
    }

    /// The key of the name above one.
    fn above(&mut self, dn: &Dn) -> Option<&[u8]> {
        let (_, above) = dn.rdns.split_first()?;
        if self.above.0 != above {
            let above = Dn { rdns: above.to_vec() };
            let key = dn_key(self.schema, &above);
            self.above = (above.rdns, key);
        }
        Some(&self.above.1)
    }

    /// The key of a name: what [`dn_key`] says of it.
    fn of(&mut self, dn: &Dn) -> Vec<u8> {
        let mut key = dn.rdn().map(|rdn| rdn_key(self.schema, rdn)).unwrap_or_default();
        key.extend_from_slice(self.above(dn).unwrap_or_default());
        key
    }
}

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Only OLD has it.
    Delete,
    /// Only NEW has it.
    Add,
    /// It has another name in NEW, or another spelling of its RDN.
    Rename,
}

/// When an entry comes, among those that can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Before all else: others of a configuration need it.
    First,
    /// After what goes and what is renamed.
    #[default]
    Usual,
    /// Behind all others: it may not be without references.
    Last,
}

/// An entry as the tree sees it.
#[derive(Clone, Debug)]
pub struct Named {
    /// Where its record stands.
    pub extent: Extent,
    /// Its name.
    pub dn: Dn,
    /// Its RDN as its attributes spell it.
    pub rdn: Rdn,
}

/// An entry whose name comes, goes or changes.
#[derive(Clone, Debug)]
pub struct Node {
    /// What happens to it.
    pub kind: NodeKind,
    /// It in OLD.
    pub old: Option<Named>,
    /// It in NEW.
    pub new: Option<Named>,
    /// The entity above it in OLD, as a key.
    pub old_above: Option<Key>,
    /// The entity above it in NEW, as a key.
    pub new_above: Option<Key>,
    /// The nearest node above its name in NEW.
    pub new_anchor: Option<NodeId>,
    /// The nearest node above its name in OLD.
    pub old_anchor: Option<NodeId>,
    /// Whether a selection leaves it as it is.
    pub left_out: bool,
    /// Whether only the spelling of its RDN changes.
    pub respelled: bool,
    /// When it comes, among those that can.
    pub turn: Turn,
}

impl Node {
    /// A node of this kind with nothing known of what is above it.
    fn new(kind: NodeKind, old: Option<Named>, new: Option<Named>) -> Node {
        Node {
            kind,
            old,
            new,
            old_above: None,
            new_above: None,
            new_anchor: None,
            old_anchor: None,
            left_out: false,
            respelled: false,
            turn: Turn::default(),
        }
    }

    /// The key of the name above it in OLD.
    pub fn old_parent(&self) -> Option<&[u8]> {
        self.old_above.as_deref()?.strip_prefix(&[KNOWN])
    }

    /// The key of the name that OLD has of the entity above it in NEW, where OLD has that.
    pub fn known_above(&self) -> Option<&[u8]> {
        self.new_above.as_deref()?.strip_prefix(&[KNOWN])
    }

    /// Its place in the files, for an order that does not depend on anything else.
    pub fn position(&self) -> u64 {
        let of = |named: &Option<Named>| named.as_ref().map(|n| n.extent.start);
        match self.kind {
            NodeKind::Delete => u64::MAX - of(&self.old).unwrap_or(0),
            NodeKind::Add | NodeKind::Rename => of(&self.new).unwrap_or(0),
        }
    }
}

/// All nodes.
#[derive(Debug, Default)]
pub struct Tree {
    /// The nodes: deletes, renames, adds, each in the order of its file.
    pub nodes: Vec<Node>,
    /// Deleted and renamed nodes by the key of their name in OLD.
    pub by_old: HashMap<Key, NodeId>,
    /// Added and renamed nodes by the key of their name in NEW.
    pub by_new: HashMap<Key, NodeId>,
}

/// Begins the key of an entity that NEW adds, and of one that OLD has.
const ADDED: u8 = b'+';
const KNOWN: u8 = b'=';

/// An entity that NEW adds has a key of its own kind.
fn added(key: &[u8]) -> Vec<u8> {
    let mut own = vec![ADDED];
    own.extend_from_slice(key);
    own
}

/// An entity that OLD has is known by its name there.
fn known(key: &[u8]) -> Vec<u8> {
    let mut own = vec![KNOWN];
    own.extend_from_slice(key);
    own
}

/// The key that OLD has of what NEW does not list: it is called as it was, but for what is above it.
fn unlisted(
    key: &[u8],
    renamed: &HashMap<Vec<u8>, Vec<u8>>,
    new_keys: &HashSet<Vec<u8>>,
) -> Vec<u8> {
    let mut above = keys_from(key).take_while(|above| !new_keys.contains(*above));
    let found = above.find_map(|above| Some((above.len(), renamed.get(above)?)));
    let Some((len, old)) = found else { return key.to_vec() };
    [&key[..key.len() - len], old].concat()
}

impl Tree {
    /// Builds the tree of what goes, what comes, and what is called otherwise. Of the last, what
    /// only follows an entry above it is left out.
    pub fn new(
        schema: &Schema,
        deletes: Vec<Named>,
        adds: Vec<Named>,
        pairs: Vec<(Named, Named)>,
        respelled: &dyn Fn(&Rdn, &Rdn) -> bool,
    ) -> Tree {
        let mut names = NameKeys::new(schema);
        let key = |dn: &Dn| dn_key(schema, dn);
        let renamed: HashMap<Vec<u8>, Vec<u8>> =
            pairs.iter().map(|(old, new)| (key(&new.dn), key(&old.dn))).collect();
        let new_keys: HashSet<Vec<u8>> = adds.iter().map(|new| names.of(&new.dn)).collect();
        let mut keys = Keys::default();
        let above_in_new = |dn: &Dn, names: &mut NameKeys<'_>, keys: &mut Keys| {
            let above = names.above(dn)?;
            Some(keys.shared(match renamed.get(above) {
                Some(old) => known(old),
                None if new_keys.contains(above) => added(above),
                None => known(&unlisted(above, &renamed, &new_keys)),
            }))
        };
        let above_in_old = |dn: &Dn, names: &mut NameKeys<'_>, keys: &mut Keys| {
            Some(keys.shared(known(names.above(dn)?)))
        };
        let mut tree = Tree {
            nodes: Vec::with_capacity(deletes.len() + pairs.len() + adds.len()),
            by_old: HashMap::with_capacity(deletes.len() + pairs.len()),
            by_new: HashMap::with_capacity(pairs.len() + adds.len()),
        };
        for old in deletes {
            let above = above_in_old(&old.dn, &mut names, &mut keys);
            tree.push(
                &mut names,
                Node { old_above: above, ..Node::new(NodeKind::Delete, Some(old), None) },
            );
        }
        for (old, new) in pairs {
            let old_above = above_in_old(&old.dn, &mut names, &mut keys);
            let new_above = above_in_new(&new.dn, &mut names, &mut keys);
            let same_place =
                old_above == new_above && rdn_key(schema, &old.rdn) == rdn_key(schema, &new.rdn);
            let spelling = respelled(&old.rdn, &new.rdn);
            if same_place && !spelling {
                continue;
            }
            let node = Node::new(NodeKind::Rename, Some(old), Some(new));
            let node = Node { old_above, new_above, respelled: same_place, ..node };
            tree.push(&mut names, node);
        }
        for new in adds {
            let above = above_in_new(&new.dn, &mut names, &mut keys);
            tree.push(
                &mut names,
                Node { new_above: above, ..Node::new(NodeKind::Add, None, Some(new)) },
            );
        }
        tree.find_anchors(schema);
        tree
    }

    /// The nodes that are renamed, by their record in OLD.
    pub fn renamed_records(&self) -> HashMap<Extent, NodeId> {
        let renamed = |(id, node): (NodeId, &Node)| {
            let old = node.old.as_ref().filter(|_| node.kind == NodeKind::Rename);
            old.map(|old| (old.extent, id))
        };
        self.nodes.iter().enumerate().filter_map(renamed).collect()
    }

    fn push(&mut self, names: &mut NameKeys<'_>, node: Node) {
        let id = self.nodes.len();
        if let Some(old) = &node.old {
            self.by_old.insert(names.of(&old.dn).into(), id);
        }
        if let Some(new) = &node.new {
            self.by_new.insert(names.of(&new.dn).into(), id);
        }
        self.nodes.push(node);
    }

    fn find_anchors(&mut self, schema: &Schema) {
        // The last name above another, and the nearest node to it.
        type Last = (Vec<Rdn>, Option<NodeId>);
        let above = |named: &Option<Named>, names: &HashMap<Key, NodeId>, last: &mut Last| {
            let (_, above) = named.as_ref()?.dn.rdns.split_first()?;
            if last.0 != above {
                let dn = Dn { rdns: above.to_vec() };
                let found = nearest(schema, names, &dn);
                *last = (dn.rdns, found);
            }
            last.1
        };
        let (mut last_old, mut last_new) = (Last::default(), Last::default());
        for node in &mut self.nodes {
            node.old_anchor = above(&node.old, &self.by_old, &mut last_old);
            node.new_anchor = above(&node.new, &self.by_new, &mut last_new);
        }
    }

    /// The first of a node and those above it, by their anchors in one of the exports, that
    /// `is_wanted`.
    pub fn above(
        &self,
        first: Option<NodeId>,
        anchor: impl Fn(&Node) -> Option<NodeId>,
        is_wanted: impl Fn(&Node) -> bool,
    ) -> Option<NodeId> {
        let mut chain = std::iter::successors(first, |&id| anchor(&self.nodes[id]));
        chain.find(|&id| is_wanted(&self.nodes[id]))
    }
}

/// The node whose name this is, or is nearest above it.
pub(super) fn nearest(schema: &Schema, names: &HashMap<Key, NodeId>, dn: &Dn) -> Option<NodeId> {
    if names.is_empty() {
        return None;
    }
    DnKeys::new(schema, dn).iter().find_map(|key| names.get(key).copied())
}
