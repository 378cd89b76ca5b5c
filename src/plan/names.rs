//! What entries are called before and after the structure has changed.

use std::collections::HashMap;

use crate::dn::Dn;
use crate::matching::{DnKeys, dn_key};
use crate::plan::order::{Move, Target};
use crate::plan::spelled::{Heading, Spellings};
use crate::plan::tree::{Key, NodeId, NodeKind, Tree, nearest};
use crate::schema::Schema;

/// Names that go, come and change.
#[derive(Debug)]
pub struct Names<'s> {
    schema: &'s Schema,
    /// Names of OLD that go, by key: where the entry is called afterwards, if it is still there.
    gone: HashMap<Key, NodeId>,
    /// Names that an entry leaves on its way, by key: of OLD, and where one above it moved first,
    /// the one it has by then.
    left: HashMap<Key, NodeId>,
    /// Names of NEW that come, by key.
    come: HashMap<Key, NodeId>,
    /// Names that would have come, had their change not been left out.
    withheld: HashMap<Key, NodeId>,
    /// Names that would have gone with a rename that is left out.
    staying: HashMap<Key, NodeId>,
    /// What these, and those below them, are called afterwards, where an entry above is renamed.
    taken_along: HashMap<Key, Vec<u8>>,
    /// For each node the number of the move that brings it where it belongs.
    arrival: Vec<usize>,
    new_names: Vec<Option<Dn>>,
    renamed: HashMap<Key, NodeId>,
    reused: bool,
    /// Whether NEW means what it keeps by a name that goes.
    means_gone: bool,
    /// Names that only get another spelling, where the server cuts references by it.
    spellings: Spellings,
}

impl<'s> Names<'s> {
    /// The names of a tree whose nodes are moved in this order.
    pub fn new(schema: &'s Schema, tree: &Tree, moves: &[Move]) -> Names<'s> {
        let mut arrival = vec![usize::MAX; tree.nodes.len()];
        for (n, step) in moves.iter().enumerate() {
            arrival[step.node] = match step.to {
                Target::Gone => usize::MAX,
                Target::Added | Target::Renamed { .. } => n,
            };
        }
        let pick = |names: &HashMap<Key, NodeId>,
                    wanted: &dyn Fn(NodeId) -> bool|
         -> HashMap<Key, NodeId> {
            names.iter().filter(|(_, id)| wanted(**id)).map(|(k, id)| (k.clone(), *id)).collect()
        };
        let node = |id: NodeId| &tree.nodes[id];
        let kept = |id: NodeId| !node(id).left_out;
        let moves_away = |id: NodeId| kept(id) && !node(id).respelled;
        let renames = |id: NodeId| kept(id) && node(id).kind == NodeKind::Rename;
        let gone = pick(&tree.by_old, &moves_away);
        let come: HashMap<Key, NodeId> = pick(&tree.by_new, &moves_away);
        let leaves = moves.iter().filter(|step| step.to != Target::Added && moves_away(step.node));
        let left: HashMap<Key, NodeId> =
            leaves.map(|step| (dn_key(schema, &step.from).into(), step.node)).collect();
        let mut names = Names {
            schema,
            means_gone: false,
            spellings: Spellings::default(),
            taken_along: HashMap::new(),
            reused: gone.keys().chain(left.keys()).any(|key| come.contains_key(key)),
            gone,
            left,
            come,
            withheld: pick(&tree.by_new, &|id| !kept(id) && !node(id).respelled),
            staying: pick(&tree.by_old, &|id| {
                !kept(id) && node(id).kind == NodeKind::Rename && !node(id).respelled
            }),
            renamed: pick(&tree.by_old, &renames),
            arrival,
            new_names: tree
                .nodes
                .iter()
                .map(|n| n.new.as_ref().map(|new| new.dn.clone()))
                .collect(),
        };
        let staying = names.staying.values().filter_map(|&id| node(id).old.as_ref());
        let staying: Vec<&Dn> = staying.map(|old| &old.dn).collect();
        names.take_along(staying);
        names
    }

    /// Notes that NEW means what it keeps by a name that goes: it was not left as it is for want of a word on it.
    pub fn mean_gone(&mut self) {
        self.means_gone = true;
    }

    /// Notes which names only get another spelling, by which the server cuts references.
    pub(super) fn cut_by(&mut self, spellings: Spellings) {
        self.spellings = spellings;
    }

    /// Whether the server would cut a reference to this name where one above it gets another spelling.
    pub(super) fn cuts(&self, value: &[u8], dn: &Dn, heading: Heading) -> bool {
        self.spellings.cut(self.schema, value, dn, heading)
    }

    /// Whether the server may cut any reference.
    pub(super) fn any_cut(&self) -> bool {
        !self.spellings.is_empty()
    }

    /// Whether a reference that stays at this name would go elsewhere with its entry, or with nothing.
    pub fn is_kept_back(&self, dn: &Dn) -> bool {
        self.means_gone && self.goes(dn)
    }

    /// Notes what names are called afterwards that stay but for what is above them.
    pub fn take_along<'n>(&mut self, stay: impl IntoIterator<Item = &'n Dn>) {
        let stay = stay.into_iter().filter(|dn| self.is_taken_along(dn));
        let called =
            |dn: &Dn| (dn_key(self.schema, dn).into(), self.after(dn).to_string().into_bytes());
        let called: Vec<(Key, Vec<u8>)> = stay.map(called).collect();
        self.taken_along.extend(called);
    }

    /// Whether any entry whose own rename is left out is below one that is renamed.
    pub fn any_taken_along(&self) -> bool {
        !self.taken_along.is_empty()
    }

    /// Whether an entry of this name in OLD, or one above it, goes or is renamed.
    pub fn goes(&self, dn: &Dn) -> bool {
        nearest(self.schema, &self.gone, dn).is_some()
    }

    /// Whether an entry of this name in NEW, or one above it, comes or was renamed.
    pub fn comes(&self, dn: &Dn) -> bool {
        nearest(self.schema, &self.come, dn).is_some()
    }

    /// Whether this name is left by one entry and taken by another.
    pub fn is_reused(&self, dn: &Dn) -> bool {
        self.comes(dn) && (self.goes(dn) || nearest(self.schema, &self.left, dn).is_some())
    }

    /// Whether an entry of this name is there, under that name, before move number `n`.
    pub fn is_there(&self, dn: &Dn, n: usize) -> bool {
        nearest(self.schema, &self.come, dn).is_none_or(|id| self.arrival[id] < n)
    }

    /// Whether this name would come with a change that is left out.
    pub fn is_withheld(&self, dn: &Dn) -> bool {
        nearest(self.schema, &self.withheld, dn).is_some()
    }

    /// Whether any name would come with a change that is left out.
    pub fn any_withheld(&self) -> bool {
        !self.withheld.is_empty()
    }

    /// Whether this name stays because a rename is left out, and its entry with it.
    pub fn stays(&self, dn: &Dn) -> bool {
        nearest(self.schema, &self.staying, dn).is_some() && self.follow(dn).is_some()
    }

    /// What NEW calls the entry that keeps this name because a rename is left out.
    pub fn withheld_from(&self, dn: &Dn) -> Option<Dn> {
        let keys = DnKeys::new(self.schema, dn);
        let found = keys.iter().enumerate().find_map(|(n, key)| Some((n, self.staying.get(key)?)));
        let (depth, &id) = found.filter(|_| self.follow(dn).is_some())?;
        let new = self.new_names[id].as_ref()?;
        Some(Dn { rdns: dn.rdns[..depth].iter().chain(&new.rdns).cloned().collect() })
    }

    /// Whether an entry above this name is renamed, so that it is another one afterwards.
    pub fn is_taken_along(&self, dn: &Dn) -> bool {
        nearest(self.schema, &self.renamed, dn).is_some()
    }

    /// What an entry is called afterwards whose own rename is left out, or of one above it, where one
    /// above that is renamed.
    pub fn taken_along(&self, dn: &Dn) -> Option<&[u8]> {
        self.taken_along.get(dn_key(self.schema, dn).as_slice()).map(Vec::as_slice)
    }

    /// Whether any change of structure is left out.
    pub fn any_left_out(&self) -> bool {
        !self.withheld.is_empty() || !self.staying.is_empty()
    }

    /// Whether any name is left by one entry and taken by another.
    pub fn any_reused(&self) -> bool {
        self.reused
    }

    /// Whether references that do not change stay as they are.
    pub fn leave_references(&self) -> bool {
        !self.any_reused() && !self.any_left_out() && !self.any_cut()
    }

    /// Whether any name goes or comes.
    pub fn any_move(&self) -> bool {
        !self.gone.is_empty() || !self.come.is_empty()
    }

    /// What the entry that OLD calls `dn` is called when the structure has changed; `None` where it
    /// is gone by then.
    pub fn follow(&self, dn: &Dn) -> Option<Dn> {
        let gone = nearest(self.schema, &self.gone, dn);
        gone.is_none_or(|id| self.new_names[id].is_some()).then(|| self.after(dn))
    }

    /// What an entry that OLD calls `dn` is called when the structure has changed.
    pub fn after(&self, dn: &Dn) -> Dn {
        if self.renamed.is_empty() {
            return dn.clone();
        }
        for (depth, key) in DnKeys::new(self.schema, dn).iter().enumerate() {
            let Some(&id) = self.renamed.get(key) else { continue };
            let Some(new) = &self.new_names[id] else { continue };
            return Dn { rdns: dn.rdns[..depth].iter().chain(&new.rdns).cloned().collect() };
        }
        dn.clone()
    }
}
