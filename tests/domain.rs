//! A small Active Directory: applies change records to a domain, and refuses as AD does.
//!
//! The oracle of `--server ad`. References are kept as entries, so that they follow a rename and,
//! where they are links, are gone with their target. Result codes are those that Samba gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::ldif::{self, Change, Kind, Modification, OldRdn, Operation};
use crate::tree::{self, Key, Name, Tree};

const SYSTEM_ONLY: u32 = 19;
const NO_SUCH_ATTRIBUTE: u32 = 16;
const MISSING_NAME: u32 = 19;
const VALUE_EXISTS: u32 = 20;
const INVALID_VALUE: u32 = 21;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_NAME: u32 = 34;
const UNWILLING: u32 = 53;
const NOT_ON_NON_LEAF: u32 = 66;
const NOT_ON_RDN: u32 = 67;
const EXISTS: u32 = 68;
const OTHER: u32 = 80;

/// Attributes whose values are names, whether AD keeps both ends of them, whether there is one value.
const NAMES: &[(&str, bool, bool)] = &[
    ("member", true, false),
    ("manager", true, true),
    ("managedBy", true, true),
    ("assistant", false, true),
    ("seeAlso", false, false),
];

const SINGLE: &[&str] = &["sAMAccountName", "userAccountControl", "displayName", "cn", "ou"];
const PROTECTED: &[&str] = &["sAMAccountName", "userAccountControl", "groupType"];
const OWN: &[&str] =
    &["objectGUID", "objectSid", "memberOf", "primaryGroupID", "name", "whenChanged"];

/// Which of them it is, where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// A name that is no link is shown as it is, but deleted as it was when it was written.
    Samba,
    /// It is deleted as it is shown.
    Windows,
}

/// A reference: to which entry, and the name it had when this was written.
#[derive(Clone, Debug)]
struct Reference {
    to: usize,
    written: Key,
}

#[derive(Clone, Debug)]
struct Object {
    name: Name,
    guid: String,
    values: BTreeMap<String, Vec<Vec<u8>>>,
    references: BTreeMap<&'static str, Vec<Reference>>,
}

/// A domain.
#[derive(Clone, Debug)]
pub struct Domain {
    make: Make,
    objects: BTreeMap<usize, Object>,
    next: usize,
}

fn names(attribute: &str) -> Option<&'static (&'static str, bool, bool)> {
    NAMES.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(attribute))
}

fn is_in(list: &[&str], attribute: &str) -> bool {
    list.iter().any(|name| name.eq_ignore_ascii_case(attribute))
}

impl Domain {
    /// The domain an export shows.
    pub fn of(make: Make, text: &[u8]) -> Domain {
        let mut domain = Domain { make, objects: BTreeMap::new(), next: 0 };
        let tree = ldif::read_content(text);
        for entry in tree.entries.values() {
            let guid = entry.values("objectGUID")[0].clone();
            let guid = String::from_utf8(guid).expect("a GUID in text");
            let values = entry.attributes.iter().filter(|(name, _)| names(name).is_none());
            let values = values.filter(|(name, _)| *name != "objectGUID");
            let values = values.map(|(name, values)| (name.clone(), values.clone())).collect();
            let references = BTreeMap::new();
            domain.insert(Object { name: entry.name.clone(), guid, values, references });
        }
        for (key, entry) in &tree.entries {
            let id = domain.find(key).expect("it was inserted");
            for (name, values) in entry.attributes.iter().filter(|(name, _)| names(name).is_some())
            {
                domain.add_values(id, name, values).expect("an export is sound");
            }
        }
        domain
    }

    fn insert(&mut self, object: Object) -> usize {
        self.next += 1;
        self.objects.insert(self.next, object);
        self.next
    }

    fn find(&self, key: &Key) -> Option<usize> {
        self.objects.iter().find(|(_, o)| o.name.key() == *key).map(|(id, _)| *id)
    }

    fn below(&self, key: &Key) -> Vec<usize> {
        let below = |o: &Object| o.name.key().starts_with(key);
        self.objects.iter().filter(|(_, o)| below(o)).map(|(id, _)| *id).collect()
    }

    fn named(&self, name: &[u8]) -> Option<usize> {
        self.find(&Name::parse(name)?.key())
    }

    /// Applies change records; the number of the one that is refused, and the result.
    pub fn apply(&mut self, change: &[u8]) -> Result<(), (usize, u32)> {
        for (n, one) in ldif::read_changes(change).iter().enumerate() {
            let before = self.clone();
            self.apply_one(one).map_err(|code| {
                *self = before;
                (n + 1, code)
            })?;
        }
        Ok(())
    }

    fn apply_one(&mut self, change: &Change) -> Result<(), u32> {
        let name = Name::parse(&change.dn).ok_or(INVALID_NAME)?;
        if let Kind::Add(lines) = &change.kind {
            return self.add(name, lines);
        }
        let id = self.find(&name.key()).ok_or(NO_SUCH_OBJECT)?;
        match &change.kind {
            Kind::Delete => self.delete(id),
            Kind::Rename(rdn, old, above) => self.rename(id, rdn, *old, above.as_deref()),
            Kind::Modify(all) if all.is_empty() => Err(UNWILLING),
            Kind::Modify(all) => self.modify_all(id, all),
            Kind::Add(_) => Ok(()),
        }?;
        self.check(id)
            .or_else(|code| if self.objects.contains_key(&id) { Err(code) } else { Ok(()) })
    }

    fn add(&mut self, name: Name, lines: &[(String, Vec<u8>)]) -> Result<(), u32> {
        let key = name.key();
        if self.find(&key).is_some() {
            return Err(EXISTS);
        }
        self.find(&key[..key.len() - 1].to_vec()).ok_or(NO_SUCH_OBJECT)?;
        if lines.iter().any(|(attribute, _)| is_in(OWN, attribute)) {
            return Err(UNWILLING);
        }
        let [(naming, value)] = name.0[0].as_slice() else { return Err(INVALID_NAME) };
        let written = |(a, v): &(String, Vec<u8>)| a.eq_ignore_ascii_case(naming) && v == value;
        if !lines.iter().any(written) {
            return Err(INVALID_NAME);
        }
        let guid = format!("new-{}", self.next);
        let (values, references) = (BTreeMap::new(), BTreeMap::new());
        let object = Object { name, guid, values, references };
        let mut attributes: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for (attribute, value) in lines {
            attributes.entry(attribute.clone()).or_default().push(value.clone());
        }
        // What an entry that is added refers to is there already, and is not itself.
        let there = |value: &Vec<u8>| self.named(value).is_some();
        for (attribute, values) in &attributes {
            if names(attribute).is_some() && !values.iter().all(there) {
                return Err(NO_SUCH_OBJECT);
            }
        }
        let id = self.insert(object);
        for (attribute, values) in &attributes {
            self.add_values(id, attribute, values)?;
        }
        self.check(id)?;
        self.check_password(id)
    }

    /// An account without a password is not enabled.
    fn check_password(&self, id: usize) -> Result<(), u32> {
        let values = &self.objects[&id].values;
        let is_user = values["objectClass"].iter().any(|class| class == b"user");
        let control = values.get("userAccountControl").map(|v| String::from_utf8_lossy(&v[0]));
        let disabled = control.and_then(|c| c.parse::<i64>().ok()).is_some_and(|c| c & 2 != 0);
        if is_user && !disabled { Err(UNWILLING) } else { Ok(()) }
    }

    fn check(&self, id: usize) -> Result<(), u32> {
        let object = self.objects.get(&id).ok_or(NO_SUCH_OBJECT)?;
        let several = |name: &str, count: usize| count > 1 && is_in(SINGLE, name);
        if object.values.iter().any(|(name, values)| several(name, values.len())) {
            return Err(VALUE_EXISTS);
        }
        if object.values.values().flatten().any(Vec::is_empty) {
            return Err(INVALID_VALUE);
        }
        let account = |o: &Object| {
            let name = o.values.get("sAMAccountName").and_then(|values| values.first());
            name.map(|name| name.to_ascii_lowercase())
        };
        let own = account(object);
        let taken = |(other, o): (&usize, &Object)| *other != id && account(o) == own;
        if own.is_some() && self.objects.iter().any(taken) { Err(EXISTS) } else { Ok(()) }
    }

    fn delete(&mut self, id: usize) -> Result<(), u32> {
        if self.below(&self.objects[&id].name.key()).len() > 1 {
            return Err(NOT_ON_NON_LEAF);
        }
        self.objects.remove(&id);
        for object in self.objects.values_mut() {
            for (attribute, all) in &mut object.references {
                let is_link = names(attribute).is_some_and(|(_, link, _)| *link);
                all.retain(|one| one.to != id || !is_link);
            }
        }
        Ok(())
    }

    /// A record is right or wrong as a whole.
    fn modify_all(&mut self, id: usize, all: &[Modification]) -> Result<(), u32> {
        let protected = |domain: &Domain| -> Vec<bool> {
            let values = &domain.objects[&id].values;
            PROTECTED.iter().map(|name| values.contains_key(*name)).collect()
        };
        let before = protected(self);
        all.iter().try_for_each(|one| self.modify(id, one))?;
        let mut kept = before.into_iter().zip(protected(self));
        if kept.any(|(before, after)| before && !after) { Err(UNWILLING) } else { Ok(()) }
    }

    fn modify(&mut self, id: usize, one: &Modification) -> Result<(), u32> {
        let Modification { operation, attribute, values } = one;
        let object = &self.objects[&id];
        if is_in(OWN, attribute) {
            return Err(SYSTEM_ONLY);
        }
        if attribute.contains(';') {
            return Err(NO_SUCH_ATTRIBUTE);
        }
        if object.name.0[0].iter().any(|(name, _)| name.eq_ignore_ascii_case(attribute)) {
            return Err(NOT_ON_RDN);
        }
        match operation {
            Operation::Add => self.add_values(id, attribute, values),
            Operation::Delete => self.delete_values(id, attribute, values),
            Operation::Increment => panic!("`diff` writes no increments"),
            Operation::Replace => {
                let object = self.objects.get_mut(&id).expect("it is there");
                object.values.remove(attribute);
                object.references.retain(|name, _| !name.eq_ignore_ascii_case(attribute));
                self.add_values(id, attribute, values)
            }
        }
    }

    fn add_values(&mut self, id: usize, attribute: &str, values: &[Vec<u8>]) -> Result<(), u32> {
        for value in values {
            match names(attribute) {
                Some((name, link, single)) => self.refer(id, name, *link, *single, value)?,
                None => {
                    let object = self.objects.get_mut(&id).expect("it is there");
                    let all = object.values.entry(attribute.to_owned()).or_default();
                    if all.contains(value) {
                        return Err(VALUE_EXISTS);
                    }
                    all.push(value.clone());
                }
            }
        }
        Ok(())
    }

    fn refer(
        &mut self,
        id: usize,
        name: &'static str,
        link: bool,
        single: bool,
        value: &[u8],
    ) -> Result<(), u32> {
        let missing = if link { NO_SUCH_OBJECT } else { MISSING_NAME };
        let written = Name::parse(value).ok_or(INVALID_NAME)?.key();
        let to = self.find(&written).ok_or(missing)?;
        let object = self.objects.get_mut(&id).expect("it is there");
        let all = object.references.entry(name).or_default();
        if all.iter().any(|one| one.to == to) {
            return Err(if link { EXISTS } else { VALUE_EXISTS });
        }
        if single && !all.is_empty() {
            return Err(VALUE_EXISTS);
        }
        all.push(Reference { to, written });
        Ok(())
    }

    fn delete_values(&mut self, id: usize, attribute: &str, values: &[Vec<u8>]) -> Result<(), u32> {
        let make = self.make;
        if values.is_empty() {
            let object = self.objects.get_mut(&id).expect("it is there");
            let held = object.values.remove(attribute).map_or(0, |values| values.len());
            let own = names(attribute).and_then(|(name, ..)| object.references.remove(name));
            let count = held + own.map_or(0, |all| all.len());
            return if count == 0 { Err(NO_SUCH_ATTRIBUTE) } else { Ok(()) };
        }
        for value in values {
            let Some((name, link, _)) = names(attribute) else {
                let object = self.objects.get_mut(&id).expect("it is there");
                let all = object.values.get_mut(attribute).ok_or(NO_SUCH_ATTRIBUTE)?;
                let at = all.iter().position(|v| v == value).ok_or(NO_SUCH_ATTRIBUTE)?;
                all.remove(at);
                object.values.retain(|_, values| !values.is_empty());
                continue;
            };
            let missing = if *link { UNWILLING } else { NO_SUCH_ATTRIBUTE };
            let key = Name::parse(value).ok_or(INVALID_NAME)?.key();
            let to = self.find(&key);
            let object = self.objects.get_mut(&id).expect("it is there");
            let all = object.references.get_mut(name).ok_or(missing)?;
            let is_it = |one: &Reference| match (link, make) {
                (false, Make::Samba) => one.written == key,
                _ => Some(one.to) == to,
            };
            let at = all.iter().position(is_it).ok_or(missing)?;
            all.remove(at);
        }
        Ok(())
    }

    fn rename(
        &mut self,
        id: usize,
        rdn: &[u8],
        old: OldRdn,
        above: Option<&[u8]>,
    ) -> Result<(), u32> {
        let name = self.objects[&id].name.clone();
        let rdn = Name::parse(rdn).ok_or(INVALID_NAME)?.0.remove(0);
        let [(naming, value)] = rdn.as_slice() else { return Err(INVALID_NAME) };
        if old == OldRdn::Keep || !naming.eq_ignore_ascii_case(&name.0[0][0].0) {
            return Err(UNWILLING);
        }
        let above = match above {
            Some(above) => Name::parse(above).ok_or(INVALID_NAME)?,
            None => Name(name.0[1..].to_vec()),
        };
        self.find(&above.key()).ok_or(OTHER)?;
        if above.key().starts_with(&name.key()) {
            return Err(UNWILLING);
        }
        let to = Name([vec![rdn.clone()], above.0].concat());
        if self.find(&to.key()).is_some_and(|other| other != id) {
            return Err(EXISTS);
        }
        for other in self.below(&name.key()) {
            let object = self.objects.get_mut(&other).expect("it is there");
            let own = object.name.0.len() - name.0.len();
            object.name = Name([&object.name.0[..own], &to.0].concat());
        }
        let object = self.objects.get_mut(&id).expect("it is there");
        let attribute = naming.to_ascii_lowercase();
        object.values.insert(attribute, vec![value.clone()]);
        Ok(())
    }

    /// The tree, but for what cannot be as it was in entries that were not there all the time:
    /// their accounts are disabled, their identifiers new.
    pub fn tree(&self, kept: &BTreeSet<String>) -> Tree {
        let mut tree = Tree::default();
        for object in self.objects.values() {
            let mut attributes = object.values.clone();
            if !kept.contains(&object.guid) {
                let control = attributes.get_mut("userAccountControl");
                control.into_iter().for_each(|control| *control = vec![b"disabled".to_vec()]);
            }
            for (attribute, all) in &object.references {
                let shown = |one: &Reference| match self.objects.get(&one.to) {
                    Some(target) => target.name.print(),
                    None => b"CN=deleted".to_vec(),
                };
                let values: Vec<_> = all.iter().map(shown).collect();
                if !values.is_empty() {
                    attributes.insert((*attribute).to_owned(), values);
                }
            }
            let name = object.name.clone();
            tree.entries.insert(name.key(), tree::Entry { name, attributes });
        }
        tree
    }

    /// Where the entries of these identifiers stand.
    pub fn places(&self, kept: &BTreeSet<String>) -> BTreeMap<String, Key> {
        let wanted = self.objects.values().filter(|o| kept.contains(&o.guid));
        wanted.map(|o| (o.guid.clone(), o.name.key())).collect()
    }

    /// The identifiers of all entries.
    pub fn guids(&self) -> BTreeSet<String> {
        self.objects.values().map(|o| o.guid.clone()).collect()
    }
}
