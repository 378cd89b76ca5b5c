//! A small server: applies change records to a tree, and refuses as RFC 4511 has it.
//!
//! The oracle of the laws. It knows what OpenLDAP checks as far as random trees can offend, no
//! access rules and no overlays; a test holds it against a real `slapd`.

use std::collections::BTreeSet;

use crate::ldif::{self, Change, Kind, Modification, OldRdn, Operation};
use crate::rules::{self, Class, Rule};
use crate::tree::{Entry, Key, Name, Tree, folded};

const NO_SUCH_ATTRIBUTE: u32 = 16;
const UNDEFINED_TYPE: u32 = 17;
const INAPPROPRIATE_MATCHING: u32 = 18;
const CONSTRAINT_VIOLATION: u32 = 19;
const VALUE_EXISTS: u32 = 20;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_NAME: u32 = 34;
const UNWILLING: u32 = 53;
const NAMING_VIOLATION: u32 = 64;
const CLASS_VIOLATION: u32 = 65;
const NOT_ON_NON_LEAF: u32 = 66;
const ENTRY_EXISTS: u32 = 68;
const NO_CLASS_MODIFICATIONS: u32 = 69;

/// Where a change was refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The record, from one.
    pub record: usize,
    /// The LDAP result.
    pub code: u32,
}

/// The tree after a change; each record is done whole or not at all.
pub fn apply(tree: &Tree, change: &[u8]) -> Result<Tree, Refusal> {
    apply_records(tree, &ldif::read_changes(change))
}

/// The tree after these records.
pub fn apply_records(tree: &Tree, changes: &[Change]) -> Result<Tree, Refusal> {
    let mut tree = tree.clone();
    for (i, change) in changes.iter().enumerate() {
        apply_one(&mut tree, change).map_err(|code| Refusal { record: i + 1, code })?;
    }
    Ok(tree)
}

/// Applies one record, or says why not.
pub fn apply_one(tree: &mut Tree, change: &Change) -> Result<(), u32> {
    let name = Name::parse(&change.dn).ok_or(INVALID_NAME)?;
    match &change.kind {
        Kind::Add(lines) => add(tree, &change.dn, &name, lines),
        Kind::Delete => delete(tree, &name.key()),
        Kind::Modify(modifications) => modify(tree, &name.key(), modifications),
        Kind::Rename(rdn, old, superior) => {
            rename(tree, &name.key(), rdn, *old, superior.as_deref())
        }
    }
}

fn add(tree: &mut Tree, dn: &[u8], name: &Name, lines: &[(String, Vec<u8>)]) -> Result<(), u32> {
    let key = name.key();
    let mut entry = ldif::read_entry(dn, lines);
    if entry.attributes.keys().any(|attribute| rules::is_server(attribute)) {
        return Err(CONSTRAINT_VIOLATION);
    }
    for (attribute, values) in &entry.attributes {
        if values.len() > 1 && rules::type_of(attribute).is_some_and(|t| t.single) {
            return Err(CONSTRAINT_VIOLATION);
        }
        check_distinct(attribute, values)?;
    }
    add_naming_values(&mut entry);
    check(&entry)?;
    if tree.entries.contains_key(&key) {
        return Err(ENTRY_EXISTS);
    }
    if !tree.entries.contains_key(&key[..key.len() - 1]) {
        return Err(NO_SUCH_OBJECT);
    }
    tree.entries.insert(key, entry);
    Ok(())
}

/// Adds those values of the RDN the entry lacks.
fn add_naming_values(entry: &mut Entry) {
    for (name, value) in entry.name.0[0].clone() {
        let attribute = rules::canonical(&name);
        if !entry.has(&attribute, &value) {
            entry.attributes.entry(attribute).or_default().push(value);
        }
    }
}

fn delete(tree: &mut Tree, key: &Key) -> Result<(), u32> {
    match tree.below(key).len() {
        0 => Err(NO_SUCH_OBJECT),
        1 => tree.entries.remove(key).map(drop).ok_or(NO_SUCH_OBJECT),
        _ => Err(NOT_ON_NON_LEAF),
    }
}

fn modify(tree: &mut Tree, key: &Key, modifications: &[Modification]) -> Result<(), u32> {
    modifications.iter().try_for_each(check_request)?;
    let entry = tree.entries.get_mut(key).ok_or(NO_SUCH_OBJECT)?;
    let mut changed = entry.clone();
    for modification in modifications {
        apply_modification(&mut changed, modification)?;
    }
    check_attributes(&changed)?;
    if structural(&changed) != structural(entry) {
        return Err(NO_CLASS_MODIFICATIONS);
    }
    check_classes(&changed)?;
    *entry = changed;
    Ok(())
}

/// What is wrong with a modification whatever the entry holds.
fn check_request(modification: &Modification) -> Result<(), u32> {
    let Modification { operation, attribute, values } = modification;
    let single = rules::type_of(attribute).is_some_and(|t| t.single);
    match operation {
        _ if rules::is_server(attribute) => Err(CONSTRAINT_VIOLATION),
        Operation::Delete | Operation::Increment => Ok(()),
        Operation::Add | Operation::Replace if single && values.len() > 1 => {
            Err(CONSTRAINT_VIOLATION)
        }
        Operation::Add | Operation::Replace => check_distinct(attribute, values),
    }
}

fn check_distinct(attribute: &str, values: &[Vec<u8>]) -> Result<(), u32> {
    let distinct: BTreeSet<_> = values.iter().map(|v| folded(attribute, v)).collect();
    if distinct.len() < values.len() { Err(VALUE_EXISTS) } else { Ok(()) }
}

fn apply_modification(entry: &mut Entry, modification: &Modification) -> Result<(), u32> {
    let Modification { operation, attribute, values } = modification;
    match operation {
        Operation::Add => add_values(entry, attribute, values),
        Operation::Delete => delete_values(entry, attribute, values),
        Operation::Replace => {
            entry.attributes.remove(attribute);
            add_values(entry, attribute, values)
        }
        Operation::Increment => increment(entry, attribute, &values[0]),
    }
}

/// RFC 4525 section 3, of numbers as they are drawn.
fn increment(entry: &mut Entry, attribute: &str, by: &[u8]) -> Result<(), u32> {
    let number = |text: &[u8]| String::from_utf8_lossy(text).parse::<i64>().expect("a number");
    let held = entry.attributes.get_mut(attribute).ok_or(NO_SUCH_ATTRIBUTE)?;
    for value in held {
        *value = (number(value) + number(by)).to_string().into_bytes();
    }
    Ok(())
}

fn add_values(entry: &mut Entry, attribute: &str, values: &[Vec<u8>]) -> Result<(), u32> {
    let present = entry.attributes.contains_key(attribute);
    if present && rules::rule(attribute) == Rule::None {
        return Err(INAPPROPRIATE_MATCHING);
    }
    for value in values {
        if entry.has(attribute, value) {
            return Err(VALUE_EXISTS);
        }
        entry.attributes.entry(attribute.to_owned()).or_default().push(value.clone());
    }
    Ok(())
}

fn delete_values(entry: &mut Entry, attribute: &str, values: &[Vec<u8>]) -> Result<(), u32> {
    if values.is_empty() {
        return entry.attributes.remove(attribute).map(drop).ok_or(NO_SUCH_ATTRIBUTE);
    }
    if rules::rule(attribute) == Rule::None {
        return Err(INAPPROPRIATE_MATCHING);
    }
    if !values.iter().all(|value| entry.has(attribute, value)) {
        return Err(NO_SUCH_ATTRIBUTE);
    }
    values.iter().for_each(|value| remove_value(entry, attribute, value));
    Ok(())
}

fn remove_value(entry: &mut Entry, attribute: &str, value: &[u8]) {
    if let Some(values) = entry.attributes.get_mut(attribute) {
        values.retain(|v| folded(attribute, v) != folded(attribute, value));
        if values.is_empty() {
            entry.attributes.remove(attribute);
        }
    }
}

fn rename(
    tree: &mut Tree,
    key: &Key,
    rdn: &[u8],
    old: OldRdn,
    superior: Option<&[u8]>,
) -> Result<(), u32> {
    let entry = tree.entries.get(key).ok_or(NO_SUCH_OBJECT)?;
    let rdn = Name::parse(rdn).ok_or(INVALID_NAME)?;
    let above = match superior {
        Some(superior) => Name::parse(superior).ok_or(INVALID_NAME)?,
        None => Name(entry.name.0[1..].to_vec()),
    };
    if !tree.entries.contains_key(&above.key()) {
        return Err(NO_SUCH_OBJECT);
    }
    if above.key().starts_with(key) {
        return Err(UNWILLING);
    }
    let name = Name([rdn.0, above.0].concat());
    if name.key() != *key && tree.entries.contains_key(&name.key()) {
        return Err(ENTRY_EXISTS);
    }
    let renamed = renamed(entry, &name, old);
    check(&renamed)?;
    move_all(tree, key, &name);
    tree.entries.insert(name.key(), renamed);
    Ok(())
}

/// The entry with its new name: the old naming values go if wanted, the new ones come.
fn renamed(entry: &Entry, name: &Name, old: OldRdn) -> Entry {
    let mut renamed = entry.clone();
    if old == OldRdn::Delete {
        for (attribute, value) in &entry.name.0[0] {
            remove_value(&mut renamed, &rules::canonical(attribute), value);
        }
    }
    renamed.name = name.clone();
    add_naming_values(&mut renamed);
    renamed
}

/// Gives an entry and all below it their new names.
fn move_all(tree: &mut Tree, key: &Key, name: &Name) {
    for old in tree.below(key) {
        let mut entry = tree.entries.remove(&old).expect("it is there");
        let own = &entry.name.0[..old.len() - key.len()];
        entry.name = Name([own, &name.0].concat());
        tree.entries.insert(entry.name.key(), entry);
    }
}

fn classes(entry: &Entry) -> impl Iterator<Item = &'static Class> {
    entry.values("objectClass").iter().filter_map(|name| rules::class(name))
}

/// The structural class at the end of the chain, none where there are two chains.
fn structural(entry: &Entry) -> Option<&'static str> {
    let own: Vec<_> = classes(entry).filter(|c| !c.auxiliary).map(|c| c.name).collect();
    let extended = |name| own.iter().any(|other| chain(other).skip(1).any(|c| c.name == name));
    let mut last = own.iter().copied().filter(|name| !extended(*name));
    last.next().filter(|_| last.next().is_none())
}

/// A class and all it extends.
fn chain(name: &str) -> impl Iterator<Item = &'static Class> {
    let above = |c: &&'static Class| rules::class(c.above?.as_bytes());
    std::iter::successors(rules::class(name.as_bytes()), above)
}

/// The classes of an entry with all they extend.
fn all_classes(entry: &Entry) -> Vec<&'static Class> {
    classes(entry).flat_map(|c| chain(c.name)).collect()
}

/// What the schema has against an entry, in the order in which `slapd` looks.
fn check(entry: &Entry) -> Result<(), u32> {
    check_attributes(entry)?;
    check_classes(entry)
}

fn check_attributes(entry: &Entry) -> Result<(), u32> {
    let known = |name: &String| rules::type_of(name).is_some() || rules::is_server(name);
    if !entry.attributes.keys().all(known) {
        return Err(UNDEFINED_TYPE);
    }
    let single = |name: &str| rules::type_of(name).is_some_and(|t| t.single);
    if entry.attributes.iter().any(|(name, values)| values.len() > 1 && single(name)) {
        return Err(CONSTRAINT_VIOLATION);
    }
    structural(entry).map(drop).ok_or(CLASS_VIOLATION)
}

fn check_classes(entry: &Entry) -> Result<(), u32> {
    let naming = &entry.name.0[0];
    if !naming.iter().all(|(name, value)| entry.has(&rules::canonical(name), value)) {
        return Err(NAMING_VIOLATION);
    }
    let classes = all_classes(entry);
    let has = |name: &&str| entry.attributes.contains_key(*name);
    let complete = classes.iter().all(|class| class.must.iter().all(&has));
    let allowed = |name: &String| {
        let name = rules::type_of(name).map_or("", |t| t.name);
        let in_class = |c: &&Class| c.must.contains(&name) || c.may.contains(&name);
        name == "objectClass" || classes.iter().any(in_class)
    };
    let user = entry.attributes.keys().filter(|name| !rules::is_server(name));
    if complete && user.into_iter().all(allowed) { Ok(()) } else { Err(CLASS_VIOLATION) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes;
    use crate::slapd::{Overlay, Server, available, result_code};
    use crate::tree::assert_same;
    use crate::trees::Case;
    use crate::util::{cases, for_seeds};

    /// The same random records, one by one: the same verdict, and the same tree in the end.
    #[test]
    fn the_model_does_what_slapd_does() {
        if !available("model") {
            return;
        }
        for_seeds("model", cases() / 3, |_, rng| {
            let mut tree = Case::sized(rng, 30, 0).old.tree();
            let server = Server::holding(Overlay::None, &ldif::write(&tree));
            for _ in 0..40 {
                let change = changes::draw(&tree, rng);
                let model = apply_one(&mut tree, &change).err();
                let text = ldif::write_changes(std::slice::from_ref(&change));
                let real = server.apply(&text).err();
                let code = real.as_deref().map(|said| result_code(said).unwrap_or(0));
                let shown = String::from_utf8_lossy(&text);
                assert_eq!(model, code, "{shown}\n{}", real.unwrap_or_default());
            }
            assert_same("after the changes", &tree, &ldif::read_content(&server.dump()));
        });
    }
}
