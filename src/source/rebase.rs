//! The same directory below another suffix.
//!
//! Names, and names among values, that stand at or below one name are read as if they stood below
//! another. Knows nothing of files.

use std::borrow::Cow;

use crate::change::{Change, ChangeRecord, Record};
use crate::dn::{AvaValue, Dn};
use crate::entry::{Attribute, Entry};
use crate::matching::{dn_key, equal};
use crate::schema::Schema;

/// What is below `from` is read as if it were below `to`.
#[derive(Clone, Debug)]
pub struct Rebase {
    /// The suffix that is in the file.
    pub from: Dn,
    /// The suffix that is meant.
    pub to: Dn,
}

impl Rebase {
    /// A name at or below the one suffix as it is called below the other; `None` for any other.
    pub fn dn(&self, schema: &Schema, dn: &Dn) -> Option<Dn> {
        let depth = dn.rdns.len().checked_sub(self.from.rdns.len())?;
        let (own, suffix) = dn.rdns.split_at(depth);
        let same = dn_key(schema, &Dn { rdns: suffix.to_vec() }) == dn_key(schema, &self.from);
        same.then(|| Dn { rdns: own.iter().chain(&self.to.rdns).cloned().collect() })
    }

    /// Moves an entry's name, and the names among its values, to the other suffix. The entry that is
    /// the suffix gets its naming values too.
    pub fn entry(&self, schema: &Schema, entry: &mut Entry<'_>) {
        if let Some(dn) = self.dn(schema, &entry.dn) {
            if entry.dn.rdns.len() == self.from.rdns.len() {
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
        let is_suffix = record.dn.rdns.len() == self.from.rdns.len();
        let moved = self.dn(schema, &record.dn);
        match &mut record.change {
            Change::Add(attributes) => {
                if is_suffix && moved.is_some() {
                    self.rename_suffix(schema, attributes);
                }
                self.attributes(schema, attributes);
            }
            Change::Modify(modifications) => {
                for one in modifications {
                    self.values(schema, &one.description, &mut one.values);
                }
            }
            Change::ModifyDn(change) => {
                if let Some(superior) = &mut change.new_superior {
                    *superior = self.dn(schema, superior).unwrap_or_else(|| superior.clone());
                }
            }
            Change::Delete => {}
        }
        record.dn = moved.unwrap_or_else(|| std::mem::take(&mut record.dn));
    }

    fn attributes(&self, schema: &Schema, attributes: &mut [Attribute<'_>]) {
        for attribute in attributes {
            self.values(schema, &attribute.description, &mut attribute.values);
        }
    }

    fn values(&self, schema: &Schema, description: &[u8], values: &mut [Cow<'_, [u8]>]) {
        if !schema.is_dn_valued(description) {
            return;
        }
        for value in values {
            if let Some(moved) = self.value(schema, value) {
                *value = Cow::Owned(moved);
            }
        }
    }

    /// The values in the RDN of one suffix leave the entry, those of the other come.
    fn rename_suffix(&self, schema: &Schema, attributes: &mut Vec<Attribute<'_>>) {
        let avas = |dn: &Dn| dn.rdn().map(|rdn| rdn.avas.clone()).unwrap_or_default();
        for ava in avas(&self.from) {
            let AvaValue::Text(value) = &ava.value else { continue };
            let kind = schema.attribute(&ava.attribute);
            let rule = kind.and_then(|kind| kind.equality);
            let is_it = |v: &[u8]| v == value || rule.is_some_and(|r| equal(schema, r, v, value));
            for attribute in attributes.iter_mut() {
                let other = schema.attribute(&attribute.description);
                let same_type = attribute.description.eq_ignore_ascii_case(&ava.attribute)
                    || matches!((kind, other), (Some(a), Some(b)) if a.id == b.id);
                if same_type {
                    attribute.values.retain(|v| !is_it(v));
                }
            }
        }
        let mut entry = Entry { dn: Dn::default(), attributes: std::mem::take(attributes) };
        for ava in avas(&self.to) {
            if let AvaValue::Text(value) = ava.value {
                entry.push(Cow::Owned(ava.attribute), Cow::Owned(value));
            }
        }
        entry.attributes.retain(|attribute| !attribute.values.is_empty());
        *attributes = entry.attributes;
    }

    /// A value that is a name below one suffix, with what may follow the name (RFC 4517 section
    /// 3.3.21), as it is below the other.
    fn value(&self, schema: &Schema, value: &[u8]) -> Option<Vec<u8>> {
        let uid = value.ends_with(b"'B").then(|| memchr::memrchr(b'#', value)).flatten();
        let (name, rest) = value.split_at(uid.unwrap_or(value.len()));
        let dn = self.dn(schema, &Dn::parse(name).ok()?)?;
        Some([dn.to_string().as_bytes(), rest].concat())
    }
}
