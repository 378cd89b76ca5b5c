//! References that no flow feeds: they follow an entry that gets another name.
//!
//! Where an entry is renamed or moved through a mapping, names of it, and of what stands below it, stand in
//! groups and people that the mapping does not write. Who kept them would leave them leading nowhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::entry::{Attribute, Entry};
use crate::error::Result;
use crate::mapping::Toward;
use crate::matching::{DnKeys, Reference, dn_key};
use crate::reconcile::directory::Follower;
use crate::reconcile::edits::{Edits, is_attribute};
use crate::reconcile::stage::Pair;
use crate::schema::{AttributeType, Schema};
use crate::source::{Extent, TypeSet};

/// How many entries are looked at together.
const CHUNK: usize = 1024;

/// The new names of entries, by the keys of the old ones.
struct Renames<'s> {
    schema: &'s Schema,
    names: HashMap<Vec<u8>, Dn>,
}

impl Renames<'_> {
    /// What a name will be, where its entry or one above it gets another name.
    fn of(&self, dn: &Dn) -> Option<Dn> {
        let keys = DnKeys::new(self.schema, dn);
        let mut above = keys.iter().enumerate();
        let (own, new) = above.find_map(|(own, key)| Some((own, self.names.get(key)?)))?;
        Some(Dn { rdns: dn.rdns[..own].iter().chain(&new.rdns).cloned().collect() })
    }

    /// The values that an attribute will have, where one of them is such a name; each name once.
    fn values(&self, attribute: &Attribute<'_>) -> Option<Vec<Vec<u8>>> {
        let known = self.schema.attribute(type_of(&attribute.description));
        let (mut values, mut names, mut is_any) = (Vec::new(), HashSet::new(), false);
        for value in &attribute.values {
            let reference = Reference::parse(known, value);
            let name = reference.as_ref().and_then(|one| self.of(&one.dn));
            is_any |= name.is_some();
            let Some(reference) = reference else {
                values.push(value.to_vec());
                continue;
            };
            let is_alone = reference.is_name_alone();
            let key = dn_key(self.schema, name.as_ref().unwrap_or(&reference.dn));
            if !is_alone || names.insert(key) {
                let same = || value.to_vec();
                values.push(name.map_or_else(same, |name| reference.with(name).to_value()));
            }
        }
        is_any.then_some(values)
    }
}

/// An attribute, and the values that it will have.
type Followed = (String, Vec<Vec<u8>>);

impl Follower<'_, '_, '_> {
    /// Adds to what becomes of entries that their references follow what gets another name, but for those
    /// that a flow feeds: it says itself what they are to be. `followed` are the entries that flows are
    /// followed in.
    ///
    /// # Errors
    ///
    /// An entry cannot be read.
    pub(super) fn follow_names(
        &self,
        all: &mut BTreeMap<Extent, Edits>,
        deleted: &HashSet<Extent>,
        followed: &[Vec<Pair>],
    ) -> Result<()> {
        let renames = self.renames(all, deleted)?;
        if renames.names.is_empty() {
            return Ok(());
        }
        let (task, schema) = (self.task, self.task.schema);
        let types = schema.attributes().iter().filter(|one| follows(one));
        let types = TypeSet::of(schema, types.map(|one| spelling(one).as_bytes()));
        let look = |entry: Entry<'_>| -> Result<Vec<Followed>> {
            let of = |attribute: &Attribute<'_>| {
                schema.attribute(type_of(&attribute.description)).filter(|one| follows(one))?;
                let name = String::from_utf8_lossy(&attribute.description).into_owned();
                Some((name, renames.values(attribute)?))
            };
            Ok(entry.attributes.iter().filter_map(of).collect())
        };
        let slots = self.stage.entries.names.slots();
        let is_read =
            |place: &Extent| !deleted.contains(place) && self.stage.skipped.entry(*place).is_none();
        let parts = task.pool.map_ordered(slots.chunks(CHUNK), |slots| -> Result<Vec<_>> {
            let mut found = Vec::new();
            for place in slots.iter().map(|slot| slot.extent()).filter(is_read) {
                let values = task.directory.part_of_entry(place, &types, look)?;
                found.extend((!values.is_empty()).then_some((place, values)));
            }
            Ok(found)
        });
        let fed = self.fed(followed);
        for part in parts {
            for (place, values) in part? {
                let edits = all.entry(place).or_default();
                for (name, values) in values {
                    let is_it =
                        |other: &str| is_attribute(schema, other.as_bytes(), name.as_bytes());
                    let is_said = edits.attributes.iter().any(|(other, _)| is_it(other));
                    let is_fed = |(targets, names): &(HashSet<Extent>, Vec<&str>)| {
                        targets.contains(&place) && names.iter().any(|other| is_it(other))
                    };
                    if !is_said && !fed.iter().any(is_fed) {
                        edits.attributes.push((name, values));
                    }
                }
            }
        }
        Ok(())
    }

    fn renames(
        &self,
        all: &BTreeMap<Extent, Edits>,
        deleted: &HashSet<Extent>,
    ) -> Result<Renames<'_>> {
        let schema = self.task.schema;
        let mut names = HashMap::new();
        for (place, edits) in all.iter().filter(|(place, _)| !deleted.contains(place)) {
            let Some(new) = &edits.dn else { continue };
            let old = dn_key(schema, &self.task.directory.dn(*place)?);
            if old != dn_key(schema, new) {
                names.insert(old, new.clone());
            }
        }
        Ok(Renames { schema, names })
    }

    /// For each mapping the entries that flows are followed in, and the attributes that these feed.
    fn fed(&self, followed: &[Vec<Pair>]) -> Vec<(HashSet<Extent>, Vec<&str>)> {
        let of_mapping = |(n, followed): (usize, &Vec<Pair>)| {
            let members = &self.stage.entries.members[n];
            let targets = followed.iter().filter_map(|pair| pair.1);
            let flows = self.stage.plan.mappings[n].flows.iter();
            let flows = flows.filter(|flow| flow.goes(Toward::Directory));
            let names = flows.map(|flow| flow.target(Toward::Directory)).collect();
            (targets.map(|target| members.place(target)).collect(), names)
        };
        followed.iter().enumerate().map(of_mapping).collect()
    }
}

/// Whether values of an attribute are names that a client writes.
fn follows(attribute: &AttributeType) -> bool {
    attribute.syntax.is_dn() && !attribute.no_user_modification && !attribute.is_operational()
}

/// One of the names of an attribute, or its OID.
fn spelling(attribute: &AttributeType) -> &str {
    attribute.names.first().unwrap_or(&attribute.oid)
}
