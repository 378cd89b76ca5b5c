//! Random entries, and random trees of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Id, Kind, Node, World, values};
use crate::rng::Rng;
use crate::tree::Rdn;

/// Adds values to an attribute.
type Attributes = BTreeMap<String, Vec<Vec<u8>>>;

/// A tree of about `size` entries.
pub(super) fn world(rng: &mut Rng, size: usize) -> World {
    let mut world = World::default();
    world.insert(suffix());
    grow(&mut world, rng, size / 4 + 1, |world, rng| Some(unit(world, rng)));
    grow(&mut world, rng, size * 3 / 4 + 2, |world, rng| Some(person(world, rng)));
    grow(&mut world, rng, size, |world, rng| match rng.below(4) {
        0 => Some(account(world, rng)),
        _ => group(world, rng),
    });
    for id in world.ids(|_| true) {
        refer(&mut world, rng, id);
    }
    world
}

/// Adds entries up to a size, leaving out what would not be sound.
fn grow(
    world: &mut World,
    rng: &mut Rng,
    size: usize,
    draw: impl Fn(&World, &mut Rng) -> Option<Node>,
) {
    for _ in 0..size * 4 {
        if world.nodes.len() >= size {
            return;
        }
        if let Some(node) = draw(world, rng) {
            let id = world.insert(node);
            if !world.is_sound() {
                world.nodes.remove(&id);
            }
        }
    }
}

fn node(kind: Kind, parent: Id, rdn: Rdn, attributes: Attributes) -> Node {
    let references = BTreeMap::new();
    Node {
        kind,
        parent: Some(parent),
        rdn,
        attributes,
        references,
        uuid: String::new(),
        version: 0,
    }
}

fn one(name: &str, value: Vec<u8>) -> Rdn {
    vec![(name.to_owned(), value)]
}

fn classes(names: &[&str]) -> Attributes {
    let values = names.iter().map(|name| name.as_bytes().to_vec()).collect();
    Attributes::from([("objectClass".to_owned(), values)])
}

fn suffix() -> Node {
    let mut attributes = classes(&["top", "organization", "dcObject"]);
    attributes.insert("o".to_owned(), vec![b"Example".to_vec()]);
    Node { parent: None, ..node(Kind::Suffix, 0, one("dc", b"example".to_vec()), attributes) }
}

/// Gives an attribute up to `most` random values, one at least.
fn some(node: &mut Attributes, attribute: &str, most: usize, number: usize, rng: &mut Rng) {
    let values = node.entry(attribute.to_owned()).or_default();
    for i in 0..rng.between(1, most) {
        let value = values::of(attribute, number + i, rng);
        let folded = |v: &Vec<u8>| crate::tree::folded(attribute, v);
        if !values.iter().any(|v| folded(v) == folded(&value)) {
            values.push(value);
        }
    }
}

/// A unit below a random container.
pub(super) fn unit(world: &World, rng: &mut Rng) -> Node {
    let parent = *rng.pick(&world.containers()).expect("the suffix");
    let mut attributes = classes(&["top", "organizationalUnit"]);
    if rng.chance(40) {
        some(&mut attributes, "description", 3, 0, rng);
    }
    node(Kind::Unit, parent, one("ou", values::unit(rng)), attributes)
}

/// A person, mostly below a unit, seldom below another person.
pub(super) fn person(world: &World, rng: &mut Rng) -> Node {
    let people = world.of_kind(Kind::Person);
    let below_person = if rng.chance(4) { rng.pick(&people) } else { None };
    let parent = below_person.or(rng.pick(&world.containers())).copied().expect("the suffix");
    // Numbers leave room for the few values an attribute may get.
    let number = world.next * 10;
    let mut attributes = classes(&["top", "person", "organizationalPerson", "inetOrgPerson"]);
    for (attribute, percent, most) in [
        ("cn", 100, 2),
        ("sn", 100, 2),
        ("uid", 70, 1),
        ("mail", 70, 2),
        ("description", 50, 4),
        ("description;lang-de", 10, 2),
        ("telephoneNumber", 40, 3),
        ("displayName", 20, 1),
        ("userPassword", 30, 2),
        ("jpegPhoto", 20, 2),
    ] {
        if rng.chance(percent) {
            some(&mut attributes, attribute, most, number, rng);
        }
    }
    let mut node = node(Kind::Person, parent, Rdn::new(), attributes);
    if rng.chance(30) {
        make_posix(&mut node, number, rng);
    }
    node.rdn = naming(&node, rng);
    node
}

/// What a person is named by: a common name, a uid where there is one, both.
fn naming(node: &Node, rng: &mut Rng) -> Rdn {
    let first = |name: &str| node.attributes.get(name).map(|v| (name.to_owned(), v[0].clone()));
    let (cn, uid) = (first("cn"), first("uid"));
    match rng.below(10) {
        0 => cn.into_iter().chain(uid).collect(),
        1..=3 if uid.is_some() => uid.into_iter().collect(),
        _ => cn.into_iter().collect(),
    }
}

/// Makes a person an account of a Unix system too.
pub(super) fn make_posix(node: &mut Node, number: usize, rng: &mut Rng) {
    let class = b"posixAccount".to_vec();
    node.attributes.get_mut("objectClass").expect("classes").push(class);
    for attribute in ["uid", "uidNumber", "gidNumber", "homeDirectory", "loginShell"] {
        if !node.attributes.contains_key(attribute) {
            some(&mut node.attributes, attribute, 1, number, rng);
        }
    }
}

/// An account that is no person.
pub(super) fn account(world: &World, rng: &mut Rng) -> Node {
    let parent = *rng.pick(&world.containers()).expect("the suffix");
    let mut attributes = classes(&["top", "account"]);
    some(&mut attributes, "host", 2, 0, rng);
    let uid = values::of("uid", world.next * 10, rng);
    node(Kind::Account, parent, one("uid", uid), attributes)
}

/// A group of random members, of either kind.
pub(super) fn group(world: &World, rng: &mut Rng) -> Option<Node> {
    let (kind, class, members) = if rng.chance(70) {
        (Kind::Group, "groupOfNames", "member")
    } else {
        (Kind::UniqueGroup, "groupOfUniqueNames", "uniqueMember")
    };
    let parent = *rng.pick(&world.containers())?;
    let mut attributes = classes(&["top", class]);
    if rng.chance(40) {
        some(&mut attributes, "description", 2, 0, rng);
    }
    let name = [b"g ", values::name(rng).as_slice()].concat();
    let mut node = node(kind, parent, one("cn", name), attributes);
    let targets = targets(world);
    let count = rng.between(1, 8);
    node.references.insert(members, rng.several(&targets, count).into_iter().collect());
    Some(node)
}

/// What may be referred to: everything, people above all.
pub(super) fn targets(world: &World) -> Vec<Id> {
    let people = world.of_kind(Kind::Person);
    let all = world.ids(|_| true);
    [people.as_slice(), people.as_slice(), all.as_slice()].concat()
}

/// Attributes in which an entry may refer to others.
pub(super) fn reference_attributes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Person => &["manager", "seeAlso"],
        Kind::Group => &["member", "owner", "seeAlso"],
        Kind::UniqueGroup => &["uniqueMember", "owner", "seeAlso"],
        Kind::Suffix | Kind::Unit | Kind::Account => &["seeAlso"],
    }
}

/// Gives an entry a few references.
fn refer(world: &mut World, rng: &mut Rng, id: Id) {
    let targets = targets(world);
    let node = world.nodes.get_mut(&id).expect("an entry");
    for attribute in reference_attributes(node.kind) {
        if rng.chance(30) {
            let count = rng.between(1, 3);
            let ids: BTreeSet<_> = rng.several(&targets, count).into_iter().collect();
            node.references.entry(attribute).or_default().extend(ids);
        }
    }
}
