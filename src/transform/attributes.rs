//! Sets of attributes as they were named, under all the names a schema has for them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::attribute::{folded, type_of};
use crate::dn::Dn;
use crate::schema::{AttributeType, Schema};

/// Attributes, each under all its names.
#[derive(Debug)]
pub(super) struct Attributes<'s> {
    schema: &'s Schema,
    /// Each name, and which of those that were named it is.
    names: HashMap<Vec<u8>, usize>,
    named: Vec<Vec<u8>>,
    /// Whether they were met.
    met: Vec<AtomicBool>,
}

impl<'s> Attributes<'s> {
    /// The attributes of these names, descriptions among them.
    pub(super) fn new(schema: &'s Schema, named: &[Vec<u8>]) -> Attributes<'s> {
        let mut names = HashMap::new();
        for (n, name) in named.iter().enumerate() {
            names.entry(folded(name).into_owned()).or_insert(n);
            for spelling in schema.attribute(name).into_iter().flat_map(spellings) {
                names.entry(spelling).or_insert(n);
            }
        }
        let met = named.iter().map(|_| AtomicBool::new(false)).collect();
        Attributes { schema, names, named: named.to_vec(), met }
    }

    /// Those that no attribute was asked about which was one of them.
    pub(super) fn unmet(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.named.iter().zip(&self.met);
        all.filter(|(_, met)| !met.load(Ordering::Relaxed)).map(|(name, _)| name.as_slice())
    }

    /// Whether an attribute is one of them, without being met.
    pub(super) fn lists(&self, name: &[u8]) -> bool {
        self.names.contains_key(&*folded(name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether an attribute is one of them: its type, or it with just these options.
    pub(super) fn has(&self, description: &[u8]) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let place = |name: &[u8]| self.names.get(&*folded(name));
        let Some(&n) = place(type_of(description)).or_else(|| place(description)) else {
            return false;
        };
        if !self.met[n].load(Ordering::Relaxed) {
            self.met[n].store(true, Ordering::Relaxed);
        }
        true
    }

    /// Whether one stands in the RDN of a name.
    pub(super) fn first_in(&self, dn: &Dn) -> Option<Vec<u8>> {
        let mut avas = dn.rdns.iter().flat_map(|rdn| rdn.avas.iter());
        avas.find(|ava| self.has(&ava.attribute)).map(|ava| ava.attribute.clone())
    }

    /// What the schema knows of an attribute.
    pub(super) fn kind(&self, description: &[u8]) -> Option<&'s AttributeType> {
        self.schema.attribute(type_of(description))
    }
}

/// All names of an attribute type, in lower case.
fn spellings(attribute: &AttributeType) -> impl Iterator<Item = Vec<u8>> {
    let names = attribute.names.iter().map(|name| name.to_ascii_lowercase().into_bytes());
    names.chain([attribute.oid.as_bytes().to_vec()]).filter(|name| !name.is_empty())
}
