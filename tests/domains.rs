//! Random domains of Active Directory, and random edits of them, as a seed says.
//!
//! Entries are known by number, and references are numbers, so that every name in an export is the
//! one its entry has in the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::ldif;
use crate::rng::Rng;
use crate::tree::escape;

const SUFFIX: &str = "DC=corp,DC=test";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unit,
    User,
    Group,
}

#[derive(Clone, Debug)]
struct Node {
    kind: Kind,
    /// 0 is the domain itself.
    parent: usize,
    name: String,
    guid: usize,
    account: String,
    descriptions: Vec<String>,
    values: BTreeMap<&'static str, BTreeSet<String>>,
    references: BTreeMap<&'static str, BTreeSet<usize>>,
}

/// A domain in the making.
#[derive(Clone, Debug, Default)]
pub struct World {
    nodes: BTreeMap<usize, Node>,
    next: usize,
}

/// What an edit is called, and what it does; nothing where there is nothing to do it to.
type Edit = (&'static str, fn(&mut World, &mut Rng) -> Option<()>);

const EDITS: &[Edit] = &[
    ("add", |world, rng| world.grow(rng).map(drop)),
    ("add two that name each other", World::add_couple),
    ("delete", World::delete),
    ("delete a tree", World::delete_tree),
    ("rename", World::rename),
    ("rename by case", World::recase),
    ("move", World::relocate),
    ("swap names", World::swap),
    ("rotate names", World::rotate),
    ("replace by another of its name", World::replace),
    ("give a deleted entry's name away", World::take_over),
    ("swap accounts", World::swap_accounts),
    ("refer", World::refer),
    ("refer", World::refer),
    ("describe", World::describe),
    ("set a value", World::set_value),
    ("set a value", World::set_value),
    ("trade values", World::trade_values),
];

/// Two states of one domain, as exports.
pub fn draw(rng: &mut Rng, size: usize, edits: usize) -> (String, String, Vec<&'static str>) {
    let mut old = World::default();
    while old.nodes.len() < size {
        old.grow(rng);
    }
    let (mut new, mut made) = (old.clone(), Vec::new());
    for _ in 0..rng.between(1, edits) {
        let mut next = new.clone();
        let (name, edit) = *rng.pick(EDITS).expect("edits");
        let is_made = edit(&mut next, rng).is_some();
        if is_made && next.is_sound() && is_one_lineage(&old, &next) {
            made.push(name);
            new = next;
        }
    }
    (old.export(), new.export(), made)
}

/// Whether most names kept their identifiers: else nobody knows who was renamed.
fn is_one_lineage(old: &World, new: &World) -> bool {
    let names = |world: &World| -> BTreeMap<String, usize> {
        world.nodes.iter().map(|(id, n)| (world.dn(*id).to_ascii_lowercase(), n.guid)).collect()
    };
    let (before, after) = (names(old), names(new));
    let shared: Vec<_> = before.iter().filter_map(|(dn, id)| Some((id, after.get(dn)?))).collect();
    shared.iter().filter(|(a, b)| a == b).count() * 10 >= shared.len() * 6
}

impl World {
    fn ids(&self, wanted: impl Fn(&Node) -> bool) -> Vec<usize> {
        self.nodes.iter().filter(|(_, node)| wanted(node)).map(|(id, _)| *id).collect()
    }

    fn any(&self, rng: &mut Rng) -> Option<usize> {
        rng.pick(&self.ids(|_| true)).copied()
    }

    fn is_leaf(&self, id: usize) -> bool {
        self.ids(|node| node.parent == id).is_empty()
    }

    fn units(&self) -> Vec<usize> {
        [vec![0], self.ids(|node| node.kind == Kind::Unit)].concat()
    }

    fn node(&mut self, id: usize) -> &mut Node {
        self.nodes.get_mut(&id).expect("an entry")
    }

    /// Adds an entry, and references of it.
    fn grow(&mut self, rng: &mut Rng) -> Option<usize> {
        let kind = *rng.pick(&[Kind::Unit, Kind::User, Kind::User, Kind::Group])?;
        let parent = *rng.pick(&self.units())?;
        self.next += 1;
        let (guid, name) = (self.next, named('n', self.next, rng));
        let account = format!("account{guid}");
        let (descriptions, references, values) = Default::default();
        let node = Node { kind, parent, name, guid, account, descriptions, values, references };
        self.nodes.insert(guid, node);
        for _ in 0..rng.below(3) {
            self.refer_from(guid, rng);
        }
        Some(guid)
    }

    fn add_couple(&mut self, rng: &mut Rng) -> Option<()> {
        let (a, b) = (self.grow(rng)?, self.grow(rng)?);
        for (from, to) in [(a, b), (b, a), (a, a)] {
            let attribute = *rng.pick(attributes(self.nodes[&from].kind))?;
            self.set(from, attribute, to);
        }
        Some(())
    }

    fn remove(&mut self, gone: &BTreeSet<usize>) {
        self.nodes.retain(|id, _| !gone.contains(id));
        for node in self.nodes.values_mut() {
            node.references.values_mut().for_each(|ids| ids.retain(|id| !gone.contains(id)));
        }
    }

    fn delete(&mut self, rng: &mut Rng) -> Option<()> {
        let leaves: Vec<_> =
            self.ids(|_| true).into_iter().filter(|id| self.is_leaf(*id)).collect();
        self.remove(&BTreeSet::from([*rng.pick(&leaves)?]));
        Some(())
    }

    fn delete_tree(&mut self, rng: &mut Rng) -> Option<()> {
        let mut gone = BTreeSet::from([*rng.pick(&self.ids(|n| n.kind == Kind::Unit))?]);
        loop {
            let more = self.ids(|node| gone.contains(&node.parent));
            if more.iter().all(|id| gone.contains(id)) {
                break;
            }
            gone.extend(more);
        }
        self.remove(&gone);
        Some(())
    }

    fn rename(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.any(rng)?;
        self.next += 1;
        self.node(id).name = named('r', self.next, rng);
        Some(())
    }

    fn recase(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.any(rng)?;
        let node = self.node(id);
        node.name = node.name.to_ascii_uppercase();
        Some(())
    }

    fn relocate(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.any(rng)?;
        self.node(id).parent = *rng.pick(&self.units())?;
        Some(())
    }

    fn rotate(&mut self, rng: &mut Rng) -> Option<()> {
        self.exchange(rng, 3)
    }

    fn swap(&mut self, rng: &mut Rng) -> Option<()> {
        self.exchange(rng, 2)
    }

    fn exchange(&mut self, rng: &mut Rng, count: usize) -> Option<()> {
        let kind = self.nodes[&self.any(rng)?].kind;
        let mut ids = self.ids(|node| node.kind == kind);
        rng.shuffle(&mut ids);
        let ids = ids.get(..count)?;
        let places: Vec<_> =
            ids.iter().map(|id| (self.nodes[id].parent, self.nodes[id].name.clone())).collect();
        for (n, id) in ids.iter().enumerate() {
            let (parent, name) = places[(n + 1) % count].clone();
            let node = self.node(*id);
            (node.parent, node.name) = (parent, name);
        }
        Some(())
    }

    /// An entry goes, and another one has its name; old references may be to the new one.
    fn replace(&mut self, rng: &mut Rng) -> Option<()> {
        let leaves: Vec<_> =
            self.ids(|_| true).into_iter().filter(|id| self.is_leaf(*id)).collect();
        let id = *rng.pick(&leaves)?;
        let mut node = self.nodes[&id].clone();
        let referring = self.ids(|n| n.references.values().any(|ids| ids.contains(&id)));
        self.remove(&BTreeSet::from([id]));
        self.next += 1;
        node.guid = self.next;
        node.references.values_mut().for_each(|ids| ids.retain(|other| *other != id));
        let fresh = self.next;
        self.nodes.insert(fresh, node);
        for from in referring.into_iter().filter(|from| *from != id) {
            let attribute = *rng.pick(attributes(self.nodes[&from].kind))?;
            self.set(from, attribute, fresh);
        }
        Some(())
    }

    fn take_over(&mut self, rng: &mut Rng) -> Option<()> {
        let leaves: Vec<_> =
            self.ids(|_| true).into_iter().filter(|id| self.is_leaf(*id)).collect();
        let gone = *rng.pick(&leaves)?;
        let Node { kind, parent, name, account, .. } = self.nodes[&gone].clone();
        self.remove(&BTreeSet::from([gone]));
        let heir = *rng.pick(&self.ids(|node| node.kind == kind))?;
        let node = self.node(heir);
        (node.parent, node.name) = (parent, name);
        if rng.chance(50) {
            node.account = account;
        }
        Some(())
    }

    fn swap_accounts(&mut self, rng: &mut Rng) -> Option<()> {
        let mut ids = self.ids(|node| node.kind != Kind::Unit);
        rng.shuffle(&mut ids);
        let [a, b] = *ids.get(..2)? else { return None };
        let account = self.nodes[&a].account.clone();
        self.node(a).account = std::mem::replace(&mut self.node(b).account, account);
        Some(())
    }

    fn refer(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.any(rng)?;
        self.refer_from(id, rng)
    }

    fn refer_from(&mut self, id: usize, rng: &mut Rng) -> Option<()> {
        let attribute = *rng.pick(attributes(self.nodes[&id].kind))?;
        let to = self.any(rng)?;
        let there = self.nodes[&id].references.get(attribute).is_some_and(|ids| ids.contains(&to));
        match there {
            true => drop(self.node(id).references.get_mut(attribute)?.remove(&to)),
            false => self.set(id, attribute, to),
        }
        Some(())
    }

    fn set(&mut self, id: usize, attribute: &'static str, to: usize) {
        let ids = self.node(id).references.entry(attribute).or_default();
        if !matches!(attribute, "member" | "seeAlso") {
            ids.clear();
        }
        ids.insert(to);
    }

    fn describe(&mut self, rng: &mut Rng) -> Option<()> {
        let id = self.any(rng)?;
        self.next += 1;
        let text = format!("d{}", self.next);
        let node = self.node(id);
        // An account and a group have one at most.
        if node.kind != Kind::Unit || rng.chance(30) {
            node.descriptions.clear();
        }
        node.descriptions.push(text);
        Some(())
    }

    fn set_value(&mut self, rng: &mut Rng) -> Option<()> {
        let id = *rng.pick(&self.ids(|node| node.kind == Kind::User))?;
        let (attribute, is_single) = *rng.pick(VALUES)?;
        self.next += 1;
        let number = self.next;
        let values = self.node(id).values.entry(attribute).or_default();
        let goes = values.iter().next().cloned();
        if let Some(goes) = goes.filter(|_| is_single || rng.chance(50)) {
            values.remove(&goes);
            if rng.chance(30) {
                values.insert(goes.to_ascii_uppercase());
            }
        }
        if !is_single || (values.is_empty() && rng.chance(80)) {
            values.insert(match attribute {
                "userPrincipalName" => format!("other{number}@corp.test"),
                "servicePrincipalName" => format!("service/host{number}"),
                "proxyAddresses" => format!("smtp:a{number}@corp.test"),
                _ => named('v', number, rng),
            });
        }
        Some(())
    }

    /// Two accounts get what the other one had of something that is unique.
    fn trade_values(&mut self, rng: &mut Rng) -> Option<()> {
        let attribute = *rng.pick(&["userPrincipalName", "servicePrincipalName"])?;
        let mut ids = self.ids(|node| node.values.contains_key(attribute));
        rng.shuffle(&mut ids);
        let [a, b] = *ids.get(..2)? else { return None };
        let values = self.node(a).values.remove(attribute)?;
        let other = self.node(b).values.insert(attribute, values)?;
        self.node(a).values.insert(attribute, other);
        Some(())
    }

    /// Whether all are below the domain, names and accounts are unique, and nothing stands below
    /// what is no unit.
    fn is_sound(&self) -> bool {
        let rooted = |id: &usize| {
            let above = |id: &usize| self.nodes.get(id).map(|node| node.parent);
            std::iter::successors(Some(*id), above).take(9).last() == Some(0)
        };
        let mut siblings = BTreeSet::new();
        let mut accounts = BTreeSet::new();
        let naming = |kind| kind == Kind::Unit;
        self.nodes.keys().all(rooted)
            && self
                .nodes
                .values()
                .all(|n| siblings.insert((n.parent, naming(n.kind), n.name.to_ascii_lowercase())))
            && self.nodes.values().all(|n| accounts.insert(n.account.clone()))
            && self.nodes.values().all(|n| self.units().contains(&n.parent))
    }

    fn dn(&self, id: usize) -> String {
        let Some(node) = self.nodes.get(&id) else { return SUFFIX.to_owned() };
        let naming = if node.kind == Kind::Unit { "OU" } else { "CN" };
        let name = String::from_utf8(escape(node.name.as_bytes())).expect("text");
        format!("{naming}={name},{}", self.dn(node.parent))
    }

    /// The domain as `ldbsearch` shows it.
    fn export(&self) -> String {
        let top = format!(
            "dn: {SUFFIX}\nobjectClass: top\nobjectClass: domain\nobjectClass: domainDNS\n\
             dc: corp\nobjectGUID: guid-0\n\n"
        );
        let mut text = top.into_bytes();
        let mut ids = self.ids(|_| true);
        ids.sort_by_key(|id| (self.dn(*id).matches(',').count(), *id));
        ids.into_iter().for_each(|id| self.entry(&mut text, id));
        String::from_utf8(text).expect("what is no ASCII is encoded")
    }

    fn entry(&self, text: &mut Vec<u8>, id: usize) {
        let Node { kind, name, guid, account, descriptions, values, references, .. } =
            &self.nodes[&id];
        let mut line = |attribute: &str, value: &str| ldif::line(text, attribute, value.as_bytes());
        line("dn", &self.dn(id));
        let (classes, naming, control) = match kind {
            Kind::Unit => ("top organizationalUnit", "ou", None),
            Kind::User => {
                let classes = "top person organizationalPerson user";
                (classes, "cn", Some(("userAccountControl", "512")))
            }
            Kind::Group => ("top group", "cn", Some(("groupType", "-2147483646"))),
        };
        classes.split(' ').for_each(|class| line("objectClass", class));
        line(naming, name);
        if let Some((attribute, value)) = control {
            line("sAMAccountName", account);
            line(attribute, value);
        }
        descriptions.iter().for_each(|one| line("description", one));
        for (attribute, values) in values {
            values.iter().for_each(|value| line(attribute, value));
        }
        for (attribute, ids) in references {
            ids.iter().for_each(|to| line(attribute, &self.dn(*to)));
        }
        line("objectGUID", &format!("guid-{guid}"));
        text.push(b'\n');
    }
}

/// A name that nobody else has, every other one with something that a tool may stumble over.
fn named(letter: char, number: usize, rng: &mut Rng) -> String {
    const BEGINNINGS: &[&str] = &[
        "Smith, John ",
        "a+b",
        "quo\"te",
        "back\\slash",
        "less<more>",
        "semi;colon",
        "eq=ual",
        "#hash",
        " leads",
        "Jürgen Müller ",
        "日本語",
        "😀",
        "two  blanks",
        "it's 100% (fine) * / ? & | !",
    ];
    let beginning = if rng.chance(50) { rng.pick(BEGINNINGS).copied() } else { None };
    format!("{}{letter}{number}", beginning.unwrap_or_default())
}

/// What a user may have besides, and whether one value of it at most.
const VALUES: &[(&str, bool)] = &[
    ("userPrincipalName", true),
    ("servicePrincipalName", false),
    ("displayName", true),
    ("telephoneNumber", true),
    ("otherTelephone", false),
    ("proxyAddresses", false),
    ("info", true),
];

/// Attributes in which an entry may refer to others.
fn attributes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Unit => &["managedBy"],
        Kind::User => &["manager", "assistant", "seeAlso", "seeAlso"],
        Kind::Group => &["member", "member", "managedBy"],
    }
}
