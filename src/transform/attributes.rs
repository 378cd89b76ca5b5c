//! Sets of attributes as they were named, under all the names a schema has for them, with all their
//! options. Subtypes by the schema are none of them, but noted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::attribute::{folded, has_options_of, type_of};
use crate::dn::Dn;
use crate::schema::{AttributeType, Schema};

/// Attributes, each under all its names.
#[derive(Debug)]
pub(super) struct Attributes<'s> {
    schema: &'s Schema,
    /// Each name of a type, and which of those that were named are of it.
    names: HashMap<Vec<u8>, Vec<usize>>,
    /// The names of the subtypes of those that were named by their type alone, each with the number
    /// of its type, and of the one above.
    subtypes: HashMap<Vec<u8>, (u32, usize)>,
    named: Vec<Vec<u8>>,
    /// Whether they were met.
    met: Vec<AtomicBool>,
    /// Whether subtypes were met, by the number of their type.
    met_subtypes: BTreeMap<u32, AtomicBool>,
}

impl<'s> Attributes<'s> {
    /// The attributes of these names, descriptions among them.
    pub(super) fn new(schema: &'s Schema, named: &[Vec<u8>]) -> Attributes<'s> {
        let mut names: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        let mut subtypes = HashMap::new();
        for (n, name) in named.iter().enumerate() {
            let known = schema.attribute(type_of(name));
            let as_named = type_of(name).to_ascii_lowercase();
            let all: BTreeSet<Vec<u8>> =
                known.into_iter().flat_map(spellings).chain([as_named]).collect();
            for spelling in all {
                names.entry(spelling).or_default().push(n);
            }
            let below = |one: &&AttributeType| {
                known.is_some_and(|known| one.id != known.id && schema.is_subtype(one, known))
            };
            for one in schema.attributes().iter().filter(below) {
                subtypes.extend(spellings(one).map(|spelling| (spelling, (one.id, n))));
            }
        }
        let unmet = || AtomicBool::new(false);
        let met = named.iter().map(|_| unmet()).collect();
        let met_subtypes = subtypes.values().map(|(id, _)| (*id, unmet())).collect();
        Attributes { schema, names, subtypes, named: named.to_vec(), met, met_subtypes }
    }

    /// Those that no attribute was asked about which was one of them.
    pub(super) fn unmet(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.named.iter().zip(&self.met);
        all.filter(|(_, met)| !met.load(Ordering::Relaxed)).map(|(name, _)| name.as_slice())
    }

    /// The subtypes by the schema that were asked about, each with the one that was named: they are
    /// none of them.
    pub(super) fn subtypes_met(&self) -> impl Iterator<Item = (&'s AttributeType, &[u8])> {
        let met = self.met_subtypes.iter().filter(|(_, met)| met.load(Ordering::Relaxed));
        met.filter_map(|(id, _)| {
            let (_, above) = self.subtypes.values().find(|(other, _)| other == id)?;
            Some((self.schema.attribute_by_id(*id)?, self.named[*above].as_slice()))
        })
    }

    /// Whether an attribute is one of them, without being met.
    pub(super) fn lists(&self, name: &[u8]) -> bool {
        self.places(name).next().is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether an attribute is one of them: its type, or it with the options of one and perhaps more.
    pub(super) fn has(&self, description: &[u8]) -> bool {
        if self.names.is_empty() {
            return false;
        }
        // One attribute may be several of those that were named: `cn` and `cn;lang-de`.
        let mut is_met = false;
        for n in self.places(description) {
            meet(&self.met[n]);
            is_met = true;
        }
        if !is_met
            && !self.subtypes.is_empty()
            && let Some((id, _)) = self.subtypes.get(&*folded(type_of(description)))
        {
            meet(&self.met_subtypes[id]);
        }
        is_met
    }

    /// Whether one of them is of the type of an attribute.
    pub(super) fn has_type(&self, description: &[u8]) -> bool {
        self.names.contains_key(&*folded(type_of(description)))
    }

    fn places(&self, description: &[u8]) -> impl Iterator<Item = usize> {
        let named = self.names.get(&*folded(type_of(description)));
        let named = named.into_iter().flatten().copied();
        named.filter(move |&n| has_options_of(description, &self.named[n]))
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

fn meet(met: &AtomicBool) {
    if !met.load(Ordering::Relaxed) {
        met.store(true, Ordering::Relaxed);
    }
}

/// All names of an attribute type, in lower case.
fn spellings(attribute: &AttributeType) -> impl Iterator<Item = Vec<u8>> {
    let names = attribute.names.iter().map(|name| name.to_ascii_lowercase().into_bytes());
    names.chain([attribute.oid.as_bytes().to_vec()]).filter(|name| !name.is_empty())
}
