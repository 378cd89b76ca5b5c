//! What changes do to the attributes of one entry (RFC 4511 sections 4.6 and 4.9, RFC 4525).

use std::borrow::Cow;

use crate::attribute::type_of;
use crate::change::{ModOp, Modification};
use crate::dn::{AvaValue, Rdn};
use crate::entry::{Attribute, Entry};
use crate::error::{Origin, Refusal};
use crate::matching::normalize_as_held;
use crate::schema::Schema;

/// Changes attributes by the rules of a schema.
#[derive(Clone, Copy)]
pub(super) struct State<'s> {
    pub(super) schema: &'s Schema,
}

/// The values of an attribute.
type Values = Vec<Cow<'static, [u8]>>;

impl State<'_> {
    fn find(self, entry: &Entry<'_>, description: &[u8]) -> Option<usize> {
        entry
            .attributes
            .iter()
            .position(|one| self.schema.same_attribute(&one.description, description))
    }

    /// Brings together what an entry has of one attribute under several names.
    pub(super) fn merge(self, entry: &mut Entry<'static>) {
        for one in std::mem::take(&mut entry.attributes) {
            match self.find(entry, &one.description) {
                Some(at) => entry.attributes[at].values.extend(one.values),
                None => entry.attributes.push(one),
            }
        }
    }

    /// A value in the form that all equal values of its attribute share.
    fn normal<'v>(self, description: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
        let attribute = self.schema.attribute(type_of(description));
        match attribute.and_then(|attribute| attribute.equality) {
            Some(rule) => normalize_as_held(self.schema, rule, value),
            None => Cow::Borrowed(value),
        }
    }

    fn holds(self, description: &[u8], values: &[Cow<'_, [u8]>], value: &[u8]) -> bool {
        let normal = self.normal(description, value);
        values.iter().any(|other| **other == *value || self.normal(description, other) == normal)
    }

    /// Gives an entry the values of its RDN, where it has them not (RFC 4512 section 2.3.1).
    pub(super) fn give(self, entry: &mut Entry<'_>, rdn: &Rdn) {
        for ava in &rdn.avas {
            let AvaValue::Text(value) = &ava.value else { continue };
            let value: Cow<'static, [u8]> = Cow::Owned(value.clone());
            match self.find(entry, &ava.attribute) {
                Some(at) => {
                    let Attribute { description, values } = &mut entry.attributes[at];
                    if !self.holds(description, values, &value) {
                        values.push(value);
                    }
                }
                None => entry.attributes.push(Attribute {
                    description: Cow::Owned(ava.attribute.clone()),
                    values: vec![value],
                }),
            }
        }
    }

    /// Refuses an entry in which an attribute has two equal values.
    pub(super) fn refuse_twice(self, attributes: &[Attribute<'_>]) -> Result<(), Refusal> {
        attributes.iter().try_for_each(|one| self.refuse_equal(&one.description, &one.values))
    }

    fn refuse_equal(self, description: &[u8], values: &[Cow<'_, [u8]>]) -> Result<(), Refusal> {
        let mut normal: Vec<Cow<'_, [u8]>> =
            values.iter().map(|value| self.normal(description, value)).collect();
        normal.sort_unstable();
        match normal.windows(2).any(|two| two[0] == two[1]) {
            true => Err(Refusal::ValueExists { attribute: description.to_vec(), origin: None }),
            false => Ok(()),
        }
    }

    /// Refuses modifications that give an attribute two equal values, whatever the entry holds.
    pub(super) fn refuse_request(self, modifications: &[Modification<'_>]) -> Result<(), Refusal> {
        let gives = |one: &&Modification<'_>| matches!(one.op, ModOp::Add | ModOp::Replace);
        let mut giving = modifications.iter().filter(gives);
        giving.try_for_each(|one| self.refuse_equal(&one.description, &one.values))
    }

    /// Applies the modifications of one record, all or none.
    pub(super) fn modify(
        self,
        entry: &mut Entry<'static>,
        modifications: &[Modification<'_>],
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        let mut changed = entry.clone();
        if let Some(rdn) = entry.dn.rdn() {
            self.give(&mut changed, rdn);
        }
        for one in modifications {
            self.modification(&mut changed, one, origin)?;
        }
        changed.attributes.retain(|attribute| !attribute.values.is_empty());
        for ava in entry.dn.rdn().into_iter().flat_map(|rdn| &rdn.avas) {
            let AvaValue::Text(value) = &ava.value else { continue };
            let at = self.find(&changed, &ava.attribute);
            let values = at.map_or(&[][..], |at| &changed.attributes[at].values);
            if !self.holds(&ava.attribute, values, value) {
                let attribute = ava.attribute.clone();
                return Err(Refusal::NamingViolation { attribute, origin: origin() });
            }
        }
        *entry = changed;
        Ok(())
    }

    fn modification(
        self,
        entry: &mut Entry<'static>,
        one: &Modification<'_>,
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        let attribute = || one.description.to_vec();
        let new: Values = one.values.iter().map(|value| Cow::Owned(value.to_vec())).collect();
        let at = self.find(entry, &one.description);
        match one.op {
            ModOp::Add | ModOp::Replace => {
                let at = at.unwrap_or_else(|| {
                    let description = Cow::Owned(attribute());
                    entry.attributes.push(Attribute { description, values: Vec::new() });
                    entry.attributes.len() - 1
                });
                let values = &mut entry.attributes[at].values;
                if one.op == ModOp::Replace {
                    values.clear();
                }
                self.add(&one.description, values, new).map_err(|()| Refusal::ValueExists {
                    attribute: attribute(),
                    origin: Some(origin()),
                })
            }
            ModOp::Delete => {
                let values = at.map(|at| &mut entry.attributes[at].values);
                let Some(values) = values.filter(|values| !values.is_empty()) else {
                    let attribute = attribute();
                    return Err(Refusal::NoSuchAttribute { attribute, origin: origin() });
                };
                self.delete(&one.description, values, &new)
                    .map_err(|()| Refusal::NoSuchValue { attribute: attribute(), origin: origin() })
            }
            ModOp::Increment => {
                let values = at.map(|at| &mut entry.attributes[at].values);
                let Some(values) = values.filter(|values| !values.is_empty()) else {
                    let attribute = attribute();
                    return Err(Refusal::NoSuchAttribute { attribute, origin: origin() });
                };
                increment(values, &new)
                    .ok_or_else(|| Refusal::NotANumber { attribute: attribute(), origin: origin() })
            }
        }
    }

    fn add(self, description: &[u8], values: &mut Values, new: Values) -> Result<(), ()> {
        let few = new.len() * values.len() <= 1024;
        let there: std::collections::HashSet<Vec<u8>> = match few {
            true => Default::default(),
            false => values.iter().map(|v| self.normal(description, v).into_owned()).collect(),
        };
        for value in new {
            let has = match few {
                true => self.holds(description, values, &value),
                false => there.contains(&*self.normal(description, &value)),
            };
            if has {
                return Err(());
            }
            values.push(value);
        }
        Ok(())
    }

    /// Takes values away; all where none is named.
    fn delete(self, description: &[u8], values: &mut Values, gone: &Values) -> Result<(), ()> {
        if gone.is_empty() {
            values.clear();
            return Ok(());
        }
        let mut wanted: std::collections::HashSet<Vec<u8>> =
            gone.iter().map(|v| self.normal(description, v).into_owned()).collect();
        values.retain(|value| !wanted.remove(&*self.normal(description, value)));
        if wanted.is_empty() { Ok(()) } else { Err(()) }
    }

    /// What a rename does to the attributes of an entry, and its new name.
    pub(super) fn rename(self, entry: &mut Entry<'static>, to: &Rdn, deletes_old: bool) {
        if let (Some(rdn), true) = (entry.dn.rdn().cloned(), deletes_old) {
            for ava in &rdn.avas {
                let AvaValue::Text(value) = &ava.value else { continue };
                if let Some(at) = self.find(entry, &ava.attribute) {
                    let Attribute { description, values } = &mut entry.attributes[at];
                    values.retain(|other| {
                        !self.holds(description, std::slice::from_ref(other), value)
                    });
                }
            }
        }
        self.give(entry, to);
        entry.attributes.retain(|attribute| !attribute.values.is_empty());
    }
}

/// Adds a number to each value (RFC 4525 section 3).
fn increment(values: &mut Values, by: &Values) -> Option<()> {
    let number = |value: &[u8]| std::str::from_utf8(value).ok()?.parse::<i128>().ok();
    let by = number(by.first()?)?;
    for value in values {
        *value = Cow::Owned(number(value)?.checked_add(by)?.to_string().into_bytes());
    }
    Some(())
}
