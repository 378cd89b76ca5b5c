//! Random directories and random edits of them, as a seed says.
//!
//! A [`World`] knows its entries by number, not by name: references are numbers too, so whatever
//! an edit renames, moves or swaps, every name in the rendered tree is the final one.

mod draw;
mod edit;
mod exchange;
mod structure;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use crate::rng::Rng;
use crate::slapd::SUFFIX;
use crate::tree::{self, Entry, Key, Name, Rdn, Tree};

pub use values::of as value;

/// The number of an entry.
pub type Id = usize;

/// Entries deeper than this are not made.
const DEEPEST: usize = 8;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The top of the tree.
    Suffix,
    /// `organizationalUnit`
    Unit,
    /// `inetOrgPerson`, perhaps `posixAccount` too
    Person,
    /// `account`
    Account,
    /// `groupOfNames`
    Group,
    /// `groupOfUniqueNames`
    UniqueGroup,
}

impl Kind {
    /// The attribute that holds the members of a group.
    fn members(self) -> Option<&'static str> {
        match self {
            Kind::Group => Some("member"),
            Kind::UniqueGroup => Some("uniqueMember"),
            _ => None,
        }
    }
}

/// An entry in the making.
#[derive(Clone, Debug)]
pub struct Node {
    kind: Kind,
    parent: Option<Id>,
    rdn: Rdn,
    attributes: BTreeMap<String, Vec<Vec<u8>>>,
    references: BTreeMap<&'static str, BTreeSet<Id>>,
    uuid: String,
    /// How often it was changed: makes its entryCSN another.
    version: usize,
}

/// A directory in the making.
#[derive(Clone, Debug, Default)]
pub struct World {
    nodes: BTreeMap<Id, Node>,
    next: Id,
}

impl Node {
    /// Whether the naming values are its own, and a number is that of an account.
    fn is_named_by_its_own(&self) -> bool {
        let held = |name: &str| self.attributes.get(name).map_or(&[][..], Vec::as_slice);
        let is_held = |(name, value): &(String, Vec<u8>)| {
            held(name).iter().any(|v| tree::folded(name, v) == tree::folded(name, value))
        };
        let is_account = held("objectClass").contains(&b"posixAccount".to_vec());
        self.rdn.iter().all(is_held) && is_account != held("uidNumber").is_empty()
    }
}

/// Two states of one directory, and how the second came about.
pub struct Case {
    /// The first state.
    pub old: World,
    /// The second.
    pub new: World,
    /// The edits that led there.
    pub edits: Vec<&'static str>,
}

impl Case {
    /// The case these choices lead to: 10 to 60 entries, 1 to 12 edits.
    pub fn draw(rng: &mut Rng) -> Case {
        let size = rng.between(10, 60);
        let edits = rng.between(1, 12);
        Case::sized(rng, size, edits)
    }

    /// A case of about so many entries and at most so many edits.
    pub fn sized(rng: &mut Rng, size: usize, edits: usize) -> Case {
        let old = draw::world(rng, size);
        let mut case = Case { new: old.clone(), old, edits: Vec::new() };
        for _ in 0..edits {
            case.edit(rng);
        }
        case
    }

    /// Makes one random edit; what leads to no sound state is tried another way.
    fn edit(&mut self, rng: &mut Rng) {
        for _ in 0..20 {
            let mut new = self.new.clone();
            let (name, edit) = *rng.pick(edit::ALL).expect("edits");
            let made = edit(&mut new, rng).is_some();
            if made && new.is_sound() && is_one_lineage(&self.old, &new) {
                self.new = new;
                self.edits.push(name);
                return;
            }
        }
    }

    /// Whether entries could be paired by name alone: no name changes its class while something
    /// stands below it.
    pub fn has_classes_by_name(&self) -> bool {
        let old = self.old.names();
        let new = self.new.names();
        old.iter().all(|(key, id)| {
            new.get(key).is_none_or(|other| {
                let kinds = (self.old.nodes[id].kind, self.new.nodes[other].kind);
                let leaf =
                    self.old.children(*id).is_empty() && self.new.children(*other).is_empty();
                kinds.0 == kinds.1 || leaf
            })
        })
    }
}

/// Whether an export of `new` follows one of `old`: most names kept their identifiers, and no
/// entry that gave its name to another one keeps anything below that name.
///
/// The latter cannot be done by delete and add while the children stay, and is refused.
fn is_one_lineage(old: &World, new: &World) -> bool {
    let (before, after) = (old.names(), new.names());
    let shared: Vec<_> = before.iter().filter(|(key, _)| after.contains_key(*key)).collect();
    let agree = |(key, id): &&(&Key, &Id)| old.nodes[*id].uuid == new.nodes[&after[*key]].uuid;
    let agreeing = shared.iter().filter(agree).count();
    let replaced = shared.iter().filter(|(key, id)| after[*key] != **id);
    let stay = |id: &Id, other: &Id| {
        let below = new.below(*other);
        old.below(*id).iter().any(|child| child != id && below.contains(child))
    };
    let mut replaced = replaced.map(|(key, id)| (*id, after[*key]));
    agreeing * 10 >= shared.len() * 6
        && !replaced.any(|(id, other)| !new.nodes.contains_key(id) && stay(id, &other))
        && twins(old, new).iter().all(|(a, b)| old.is_leaf(*a) && new.is_leaf(*b))
}

/// Entries of another structural class under the same identifier.
fn twins(old: &World, new: &World) -> Vec<(Id, Id)> {
    let by_uuid: BTreeMap<_, _> = new.nodes.iter().map(|(id, n)| (&n.uuid, *id)).collect();
    let pairs = old.nodes.iter().filter_map(|(id, n)| Some((*id, *by_uuid.get(&n.uuid)?)));
    pairs.filter(|(a, b)| a != b).collect()
}

impl World {
    /// Adds an entry under a fresh identifier.
    fn insert(&mut self, mut node: Node) -> Id {
        let id = self.next;
        self.next += 1;
        if node.uuid.is_empty() {
            node.uuid = format!("{id:08x}-5eed-4000-8000-{:012x}", id * 7919);
        }
        for (name, value) in &node.rdn {
            let values = node.attributes.entry(name.clone()).or_default();
            if !values.contains(value) {
                values.insert(0, value.clone());
            }
        }
        self.nodes.insert(id, node);
        id
    }

    /// An entry, about to be changed.
    fn change(&mut self, id: Id) -> &mut Node {
        let node = self.nodes.get_mut(&id).expect("an entry");
        node.version += 1;
        node
    }

    fn ids(&self, wanted: impl Fn(&Node) -> bool) -> Vec<Id> {
        self.nodes.iter().filter(|(_, node)| wanted(node)).map(|(id, _)| *id).collect()
    }

    fn of_kind(&self, kind: Kind) -> Vec<Id> {
        self.ids(|node| node.kind == kind)
    }

    /// Entries others may be put below: units, and the top.
    fn containers(&self) -> Vec<Id> {
        self.ids(|node| matches!(node.kind, Kind::Suffix | Kind::Unit))
    }

    fn children(&self, id: Id) -> Vec<Id> {
        self.ids(|node| node.parent == Some(id))
    }

    fn is_leaf(&self, id: Id) -> bool {
        self.children(id).is_empty()
    }

    /// An entry and all below it.
    fn below(&self, id: Id) -> BTreeSet<Id> {
        let mut all = BTreeSet::from([id]);
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            open.extend(self.children(next).into_iter().filter(|child| all.insert(*child)));
        }
        all
    }

    /// The name of an entry, none where its parents lead nowhere.
    fn name(&self, id: Id) -> Option<Name> {
        let mut rdns = Vec::new();
        let mut at = self.nodes.get(&id)?;
        while let Some(parent) = at.parent {
            rdns.push(at.rdn.clone());
            at = self.nodes.get(&parent)?;
            if rdns.len() > DEEPEST {
                return None;
            }
        }
        rdns.extend(Name::parse(SUFFIX.as_bytes())?.0);
        Some(Name(rdns))
    }

    /// Whether its parents lead up to the top, not too far.
    fn is_rooted(&self, id: Id) -> bool {
        let above = |node: &&Node| node.parent.and_then(|parent| self.nodes.get(&parent));
        let path = std::iter::successors(self.nodes.get(&id), above).take(DEEPEST + 1);
        path.last().is_some_and(|top| top.kind == Kind::Suffix)
    }

    /// All names, by key.
    fn names(&self) -> BTreeMap<Key, Id> {
        self.nodes.keys().filter_map(|id| Some((self.name(*id)?.key(), *id))).collect()
    }

    /// Takes entries out, and every reference to them.
    fn remove(&mut self, gone: &BTreeSet<Id>) {
        self.nodes.retain(|id, _| !gone.contains(id));
        for node in self.nodes.values_mut() {
            let before: usize = node.references.values().map(BTreeSet::len).sum();
            node.references.values_mut().for_each(|ids| ids.retain(|id| !gone.contains(id)));
            let after: usize = node.references.values().map(BTreeSet::len).sum();
            node.version += before - after;
        }
    }

    /// Gives every group without members one.
    fn fill_groups(&mut self, rng: &mut Rng) {
        let all = self.ids(|_| true);
        for node in self.nodes.values_mut() {
            if let Some(members) = node.kind.members() {
                let members = node.references.entry(members).or_default();
                if members.is_empty() {
                    members.extend(rng.pick(&all));
                }
            }
        }
    }

    /// Whether a server would take it: names unique and rooted, values and mails unique, what names an
    /// entry among its values, and a number where it is an account.
    fn is_sound(&self) -> bool {
        let values = self.nodes.values().flat_map(|n| n.attributes.iter());
        let mut siblings = BTreeSet::new();
        self.nodes.values().all(|n| siblings.insert((n.parent, tree::rdn_key(&n.rdn))))
            && self.nodes.keys().all(|id| self.is_rooted(*id))
            && values.filter(|(_, v)| v.len() > 1).all(|(name, v)| all_differ(name, v.iter()))
            && self.nodes.values().all(Node::is_named_by_its_own)
            && ["mail", "uid", "uidNumber"].iter().all(|unique| {
                let all = self.nodes.values().filter_map(|n| n.attributes.get(*unique));
                all_differ(unique, all.flatten())
            })
    }

    /// The tree as an export shows it, with what the server wrote.
    pub fn tree(&self) -> Tree {
        let entries = self.nodes.iter().map(|(id, node)| {
            let name = self.name(*id).expect("a sound world");
            (name.key(), Entry { attributes: self.attributes(node), name })
        });
        Tree { entries: entries.collect() }
    }

    fn attributes(&self, node: &Node) -> BTreeMap<String, Vec<Vec<u8>>> {
        let mut attributes = node.attributes.clone();
        for (attribute, ids) in &node.references {
            let names = ids.iter().map(|id| self.name(*id).expect("a sound world").print());
            attributes.entry((*attribute).to_owned()).or_default().extend(names);
        }
        for (name, value) in server_attributes(node) {
            attributes.insert(name.to_owned(), vec![value.into_bytes()]);
        }
        attributes.retain(|_, values| !values.is_empty());
        attributes
    }
}

fn all_differ<'a>(attribute: &str, values: impl Iterator<Item = &'a Vec<u8>>) -> bool {
    let mut seen = BTreeSet::new();
    values.into_iter().all(|value| seen.insert(tree::folded(attribute, value)))
}

fn server_attributes(node: &Node) -> [(&'static str, String); 7] {
    let admin = format!("cn=admin,{SUFFIX}");
    let changed = format!("202401{:02}120000", 1 + node.version % 28);
    let class = match node.kind {
        Kind::Suffix => "organization",
        Kind::Unit => "organizationalUnit",
        Kind::Person => "inetOrgPerson",
        Kind::Account => "account",
        Kind::Group => "groupOfNames",
        Kind::UniqueGroup => "groupOfUniqueNames",
    };
    [
        ("structuralObjectClass", class.to_owned()),
        ("entryUUID", node.uuid.clone()),
        ("creatorsName", admin.clone()),
        ("createTimestamp", "20240101120000Z".to_owned()),
        ("entryCSN", format!("{changed}.000000Z#000000#000#{:06x}", node.version)),
        ("modifiersName", admin),
        ("modifyTimestamp", format!("{changed}Z")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldif;
    use crate::slapd::{Overlay, Server, available};
    use crate::tree::assert_same;
    use crate::util::{cases, for_seeds};

    /// The oracle is only as good as its trees: `slapadd` with all its checks takes every one.
    #[test]
    fn every_state_is_one_that_slapd_takes() {
        if !available("trees") {
            return;
        }
        for_seeds("trees", cases(), |_, rng| {
            let case = Case::draw(rng);
            for world in [&case.old, &case.new] {
                let server = Server::offline(Overlay::None);
                let tree = world.tree();
                server
                    .load(&ldif::write(&tree))
                    .unwrap_or_else(|e| panic!("{:?}: {e}", case.edits));
                let dump = ldif::read_content(&server.dump());
                assert_same("slapadd, slapcat", &tree, &dump);
                assert_eq!(tree.identities(), dump.identities());
            }
        });
    }

    /// Adding entry by entry has checks that loading has not.
    #[test]
    fn every_state_can_be_added_entry_by_entry() {
        if !available("trees") {
            return;
        }
        for_seeds("trees added", cases() / 3, |_, rng| {
            let tree = Case::draw(rng).new.tree().without_server_attributes();
            let mut server = Server::offline(Overlay::Unique);
            server.start();
            server.add(&ldif::write(&tree)).unwrap_or_else(|e| panic!("{e}"));
            assert_same("ldapmodify -a", &tree, &ldif::read_content(&server.dump()));
        });
    }

    #[test]
    fn every_edit_happens() {
        let mut missing: BTreeSet<_> = edit::ALL.iter().map(|(name, _)| *name).collect();
        for seed in 1..400 {
            for name in Case::draw(&mut Rng::new(seed)).edits {
                missing.remove(name);
            }
        }
        assert!(missing.is_empty(), "never made: {missing:?}");
    }
}
