//! Random change records: half of them good, the others wrong in one of the usual ways.

use crate::ldif::{Change, Kind, Modification, OldRdn, Operation};
use crate::rng::Rng;
use crate::tree::{Entry, Tree};
use crate::trees;

/// A record about this tree.
pub fn draw(tree: &Tree, rng: &mut Rng) -> Change {
    let entry = any(tree, rng);
    let mut dn = entry.name.print();
    if rng.chance(5) {
        dn = [b"cn=nobody,", dn.as_slice()].concat();
    }
    let kind = match rng.below(10) {
        0 | 1 => return addition(tree, rng),
        2 => Kind::Delete,
        3 | 4 => rename(tree, entry, rng),
        _ => Kind::Modify((0..rng.between(1, 3)).map(|_| modification(tree, entry, rng)).collect()),
    };
    Change { dn, kind }
}

/// An entry other than the top.
fn any<'a>(tree: &'a Tree, rng: &mut Rng) -> &'a Entry {
    let entries: Vec<_> = tree.entries.values().skip(1).collect();
    rng.pick(&entries).expect("a tree with more than its top")
}

/// A copy of an entry in some place, under a new name or its own.
fn addition(tree: &Tree, rng: &mut Rng) -> Change {
    let (entry, place) = (any(tree, rng), any(tree, rng));
    let attribute = entry.name.0[0][0].0.clone();
    let value = trees::value(&attribute, 100_000 + rng.below(100_000), rng);
    let rdn = [attribute.as_bytes(), b"=", &crate::tree::escape(&value)].concat();
    let dn = match rng.below(4) {
        0 => entry.name.print(),
        1 => [rdn.as_slice(), b",ou=nowhere,", &place.name.print()].concat(),
        _ => [rdn.as_slice(), b",", &place.name.print()].concat(),
    };
    let mut lines = Vec::new();
    for (name, values) in &entry.attributes {
        if !crate::rules::is_server(name) && (name == "objectClass" || rng.chance(95)) {
            lines.extend(values.iter().map(|value| (name.clone(), value.clone())));
        }
    }
    if rng.chance(10) {
        lines.push(lines[0].clone());
    }
    Change { dn, kind: Kind::Add(lines) }
}

fn rename(tree: &Tree, entry: &Entry, rng: &mut Rng) -> Kind {
    let own = &entry.name.0[0][0];
    let attribute = if rng.chance(80) { own.0.as_str() } else { ["cn", "uid", "ou"][rng.below(3)] };
    let value = match rng.below(4) {
        0 => any(tree, rng).name.0[0][0].1.clone(),
        1 => own.1.to_ascii_uppercase(),
        _ => trees::value(attribute, rng.below(100_000), rng),
    };
    let rdn = [attribute.as_bytes(), b"=", &crate::tree::escape(&value)].concat();
    let old = if rng.chance(70) { OldRdn::Delete } else { OldRdn::Keep };
    let superior = match rng.below(4) {
        0 => Some(any(tree, rng).name.print()),
        1 if rng.chance(20) => Some(b"ou=nowhere,dc=example,dc=com".to_vec()),
        _ => None,
    };
    Kind::Rename(rdn, old, superior)
}

fn modification(tree: &Tree, entry: &Entry, rng: &mut Rng) -> Modification {
    const OFTEN: &[&str] =
        &["cn", "sn", "description", "jpegPhoto", "uidNumber", "member", "seeAlso", "ou", "mail"];
    let own: Vec<_> = entry.attributes.keys().filter(|n| !crate::rules::is_server(n)).collect();
    let attribute = match rng.pick(&own) {
        Some(own) if rng.chance(70) => (*own).clone(),
        _ => (*rng.pick(OFTEN).expect("a list")).to_owned(),
    };
    let held = entry.values(&attribute);
    if attribute.ends_with("Number") && attribute != "telephoneNumber" && rng.chance(50) {
        let by = ["1", "-1", "0", "1000000", "-20000"][rng.below(5)].as_bytes().to_vec();
        return Modification { operation: Operation::Increment, attribute, values: vec![by] };
    }
    let operation = [Operation::Add, Operation::Delete, Operation::Replace][rng.below(3)];
    let mut values = Vec::new();
    for _ in 0..rng.below(3) {
        match rng.pick(held) {
            Some(value) if rng.chance(60) => values.push(respelled(&attribute, value, rng)),
            _ => values.push(fresh(tree, &attribute, rng)),
        }
    }
    if operation == Operation::Add && values.is_empty() {
        values.push(fresh(tree, &attribute, rng));
    }
    Modification { operation, attribute, values }
}

/// A value the entry holds, sometimes in capitals; servers spell classes their own way.
fn respelled(attribute: &str, value: &[u8], rng: &mut Rng) -> Vec<u8> {
    let capitals = attribute != "objectClass" && rng.chance(20);
    if capitals { value.to_ascii_uppercase() } else { value.to_vec() }
}

/// A value of the right form.
fn fresh(tree: &Tree, attribute: &str, rng: &mut Rng) -> Vec<u8> {
    match crate::rules::rule(attribute) {
        crate::rules::Rule::Name => any(tree, rng).name.print(),
        _ if attribute == "objectClass" => {
            let class = rng.pick(crate::rules::CLASSES).expect("classes");
            class.name.as_bytes().to_vec()
        }
        _ => trees::value(attribute, rng.below(100_000), rng),
    }
}
