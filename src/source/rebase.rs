//! The same directory below another suffix.
//!
//! Names, and names among values, that stand at or below one name are read as if they stood below
//! another. Knows nothing of files.

use std::borrow::Cow;

use crate::attribute::type_of;
use crate::change::{Change, ChangeRecord, ModifyDn, Record};
use crate::dn::{AvaValue, Dn, Rdn};
use crate::entry::{Attribute, Entry};
use crate::matching::{Reference, dn_key, equal};
use crate::schema::{AttributeType, Mandatory, Schema};

/// What is below `from` is read as if it were below `to`.
#[derive(Clone, Debug)]
pub struct Rebase {
    /// The suffix that is in the file.
    pub from: Dn,
    /// The suffix that is meant.
    pub to: Dn,
}

impl Rebase {
    /// A name at or below the one suffix as it is called below the other, and one with such a name in an
    /// RDN; `None` for any other.
    pub fn dn(&self, schema: &Schema, dn: &Dn) -> Option<Dn> {
        let moved = below(schema, dn, &self.from)
            .map(|own| Dn { rdns: own.iter().chain(&self.to.rdns).cloned().collect() });
        self.named(schema, moved.as_ref().unwrap_or(dn)).or(moved)
    }

    /// A name in whose RDNs names are moved; `None` where there are none.
    fn named(&self, schema: &Schema, dn: &Dn) -> Option<Dn> {
        let mut moved = None;
        for (at, rdn) in dn.rdns.iter().enumerate() {
            for (n, ava) in rdn.avas.iter().enumerate() {
                let AvaValue::Text(text) = &ava.value else { continue };
                let attribute = schema.attribute(&ava.attribute);
                if let Some(value) = self.value(schema, attribute, text) {
                    let moved = moved.get_or_insert_with(|| dn.clone());
                    moved.rdns[at].avas_mut()[n].value = AvaValue::Text(value);
                }
            }
        }
        moved
    }

    fn is_suffix(&self, schema: &Schema, dn: &Dn) -> bool {
        dn.rdns.len() == self.from.rdns.len() && below(schema, dn, &self.from).is_some()
    }

    /// Whether a name stands at or below the suffix that is meant.
    pub fn has(&self, schema: &Schema, dn: &Dn) -> bool {
        below(schema, dn, &self.to).is_some()
    }

    /// Whether a record is of an entry that would become the root, or renames one to that: it is no entry
    /// (RFC 4512 section 5.1).
    pub fn leads_to_root(&self, schema: &Schema, record: &Record<'_>) -> bool {
        let is_root = |dn: &Dn| self.to.rdns.is_empty() && self.is_suffix(schema, dn);
        match record {
            Record::Content(entry) => is_root(&entry.dn),
            Record::Change(ChangeRecord { dn, change: Change::ModifyDn(change), .. }) => {
                is_root(dn) || is_root(&meant(dn, change))
            }
            Record::Change(record) => is_root(&record.dn),
        }
    }

    /// Whether a record has any name that is moved.
    pub fn meets(&self, schema: &Schema, record: &Record<'_>) -> bool {
        let is_moved = |dn: &Dn| self.dn(schema, dn).is_some();
        let in_values = |description: &[u8], values: &[Cow<'_, [u8]>]| {
            let attribute = schema.attribute(type_of(description));
            let mut names = values.iter().filter_map(|value| Reference::parse(attribute, value));
            names.any(|name| is_moved(&name.dn))
        };
        let in_attributes =
            |all: &[Attribute<'_>]| all.iter().any(|a| in_values(&a.description, &a.values));
        match record {
            Record::Content(entry) => is_moved(&entry.dn) || in_attributes(&entry.attributes),
            Record::Change(ChangeRecord { dn, change, .. }) => {
                is_moved(dn)
                    || match change {
                        Change::Add(all) => in_attributes(all),
                        Change::Modify(all) => {
                            all.iter().any(|one| in_values(&one.description, &one.values))
                        }
                        Change::ModifyDn(change) => change.new_superior.iter().any(is_moved),
                        Change::Delete => false,
                    }
            }
        }
    }

    /// Moves an entry's name, and the names among its values, to the other suffix. The entry that is
    /// the suffix gets its naming values too.
    pub fn entry(&self, schema: &Schema, entry: &mut Entry<'_>) {
        if let Some(dn) = self.dn(schema, &entry.dn) {
            if self.is_suffix(schema, &entry.dn) {
                self.rename_suffix(schema, &mut entry.attributes);
            }
            entry.dn = dn;
        }
        self.attributes(schema, &mut entry.attributes);
    }

    /// Moves all names in a record.
    pub fn record(&self, schema: &Schema, record: &mut Record<'_>) {
        match record {
            Record::Content(entry) => self.entry(schema, entry),
            Record::Change(record) => self.change(schema, record),
        }
    }

    fn change(&self, schema: &Schema, record: &mut ChangeRecord<'_>) {
        let is_suffix = self.is_suffix(schema, &record.dn);
        let moved = self.dn(schema, &record.dn);
        match &mut record.change {
            Change::Add(attributes) => {
                if is_suffix {
                    self.rename_suffix(schema, attributes);
                }
                self.attributes(schema, attributes);
            }
            Change::Modify(modifications) => {
                for one in modifications {
                    self.values(schema, &one.description, &mut one.values);
                }
            }
            Change::ModifyDn(change) => self.rename(schema, &record.dn, moved.as_ref(), change),
            Change::Delete => {}
        }
        record.dn = moved.unwrap_or_else(|| std::mem::take(&mut record.dn));
    }

    /// A rename leads to the same entry's name: below the one suffix to the one below the other, and
    /// elsewhere to the name that was meant.
    fn rename(&self, schema: &Schema, from: &Dn, moved: Option<&Dn>, change: &mut ModifyDn) {
        let parent = |dn: &Dn| dn.parent().unwrap_or_default();
        let meant = meant(from, change);
        let target = self.dn(schema, &meant).unwrap_or(meant);
        if let Some(rdn) = target.rdn() {
            change.new_rdn = rdn.clone();
        }
        let stays = parent(&target) == parent(moved.unwrap_or(from));
        if change.new_superior.is_some() || !stays {
            change.new_superior = Some(parent(&target));
        }
    }

    fn attributes(&self, schema: &Schema, attributes: &mut [Attribute<'_>]) {
        for attribute in attributes {
            self.values(schema, &attribute.description, &mut attribute.values);
        }
    }

    fn values(&self, schema: &Schema, description: &[u8], values: &mut [Cow<'_, [u8]>]) {
        let attribute = schema.attribute(type_of(description));
        for value in values {
            if let Some(moved) = self.value(schema, attribute, value) {
                *value = Cow::Owned(moved);
            }
        }
    }

    /// A value that names what is moved, as it is called then.
    fn value(
        &self,
        schema: &Schema,
        attribute: Option<&AttributeType>,
        value: &[u8],
    ) -> Option<Vec<u8>> {
        let name = Reference::parse(attribute, value)?;
        // What would become the root keeps its name: nothing refers to that.
        let moved = self.dn(schema, &name.dn).filter(|dn| !dn.rdns.is_empty())?;
        let own = name.dn.rdns.len().checked_sub(self.from.rdns.len());
        let spelled = own.and_then(|own| self.spelled(value, own));
        let is_it = |text: &Vec<u8>| Dn::parse(text).is_ok_and(|dn| dn == moved);
        let text = spelled.filter(|_| name.is_name_alone()).filter(is_it);
        Some(text.unwrap_or_else(|| name.with(moved).to_value()))
    }

    /// A name as it is written, with another suffix behind so many RDNs of its own.
    fn spelled(&self, name: &[u8], own: usize) -> Option<Vec<u8>> {
        let suffix = self.to.to_string();
        let Some(last) = own.checked_sub(1) else { return Some(suffix.into_bytes()) };
        let (mut is_escaped, mut is_quoted) = (false, false);
        let mut separators = name.iter().enumerate().filter(|&(_, &byte)| {
            is_quoted ^= !is_escaped && byte == b'"';
            let separates = !is_escaped && !is_quoted && matches!(byte, b',' | b';');
            is_escaped = !is_escaped && byte == b'\\';
            separates
        });
        let (at, _) = separators.nth(last)?;
        Some([&name[..=at], suffix.as_bytes()].concat())
    }

    /// The values in the RDN of one suffix leave the entry, those of the other come.
    fn rename_suffix(&self, schema: &Schema, attributes: &mut Vec<Attribute<'_>>) {
        let mut entry = Entry { dn: Dn::default(), attributes: std::mem::take(attributes) };
        let named = |dn: &Dn| dn.rdn().map(|rdn| rdn.avas.clone()).unwrap_or_default();
        let (before, after) = (named(&self.from), named(&self.to));
        for ava in after.iter() {
            let AvaValue::Text(value) = &ava.value else { continue };
            let is_it = |v: &Cow<'_, [u8]>| v.as_ref() == value.as_slice();
            let same = |a: &&Attribute<'_>| schema.same_attribute(&a.description, &ava.attribute);
            if !entry.attributes.iter().filter(same).flat_map(|a| &a.values).any(is_it) {
                entry.push(Cow::Owned(ava.attribute.clone()), Cow::Owned(value.clone()));
            }
        }
        for ava in before.iter() {
            let AvaValue::Text(value) = &ava.value else { continue };
            let kind = schema.attribute(&ava.attribute);
            let same = |name: &[u8]| schema.same_attribute(name, &ava.attribute);
            let is_new = |v: &[u8]| {
                let value = AvaValue::Text(v.to_vec());
                after.iter().any(|other| same(&other.attribute) && other.value == value)
            };
            let rule = kind.and_then(|kind| kind.equality);
            let is_it = |v: &[u8]| v == value || rule.is_some_and(|r| equal(schema, r, v, value));
            let goes = |v: &[u8]| is_it(v) && !is_new(v);
            let mut held = entry.attributes.iter().filter(|a| same(&a.description));
            // An entry that must have the attribute keeps it, as it does when it is renamed.
            let is_last = held.all(|a| a.values.iter().all(|v| goes(v)));
            let needs = |kind| schema.mandatory(entry.object_classes(), kind) == Mandatory::Yes;
            if is_last && kind.is_some_and(needs) {
                continue;
            }
            for attribute in entry.attributes.iter_mut().filter(|a| same(&a.description)) {
                attribute.values.retain(|v| !goes(v));
            }
        }
        entry.attributes.retain(|attribute| !attribute.values.is_empty());
        *attributes = entry.attributes;
    }
}

/// What a rename calls an entry.
fn meant(from: &Dn, change: &ModifyDn) -> Dn {
    let superior = change.new_superior.clone().or_else(|| from.parent());
    superior.unwrap_or_default().child(change.new_rdn.clone())
}

/// What a name has below another one, where it stands at or below it.
fn below<'d>(schema: &Schema, dn: &'d Dn, suffix: &Dn) -> Option<&'d [Rdn]> {
    let depth = dn.rdns.len().checked_sub(suffix.rdns.len())?;
    let (own, rest) = dn.rdns.split_at(depth);
    (dn_key(schema, &Dn { rdns: rest.to_vec() }) == dn_key(schema, suffix)).then_some(own)
}
