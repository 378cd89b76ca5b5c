//! A directory entry: a name and its attributes, values as bytes.

use std::borrow::Cow;

use crate::attribute;
use crate::dn::Dn;

/// An entry as one record of an export holds it.
///
/// Attributes stand in the order of the record, each once, its values together; spellings of one
/// description that differ in case or in the order of options are one attribute. Aliases and OIDs
/// are kept apart here: the schema joins them when entries are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The entry's name.
    pub dn: Dn,
    /// Its attributes.
    pub attributes: Vec<Attribute<'a>>,
}

/// One attribute of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The description as first written.
    pub description: Cow<'a, [u8]>,
    /// The decoded values in the order of the record.
    pub values: Vec<Cow<'a, [u8]>>,
}

impl<'a> Entry<'a> {
    /// An entry with this name and no attributes yet.
    pub fn new(dn: Dn) -> Entry<'a> {
        Entry { dn, attributes: Vec::new() }
    }

    /// Adds a value, to the attribute of the same description where there is one.
    pub fn push(&mut self, description: Cow<'a, [u8]>, value: Cow<'a, [u8]>) {
        let same = |a: &&mut Attribute<'a>| attribute::same(&a.description, &description);
        match self.attributes.iter_mut().rev().find(same) {
            Some(attribute) => attribute.values.push(value),
            None => self.attributes.push(Attribute { description, values: vec![value] }),
        }
    }

    /// The same entry, borrowed from nothing.
    pub fn into_owned(self) -> Entry<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        let attribute = |one: Attribute<'_>| Attribute {
            description: owned(one.description),
            values: one.values.into_iter().map(owned).collect(),
        };
        Entry { dn: self.dn, attributes: self.attributes.into_iter().map(attribute).collect() }
    }

    /// The values of `objectClass`.
    pub fn object_classes(&self) -> impl Iterator<Item = &[u8]> {
        self.attributes
            .iter()
            .filter(|a| {
                a.description.eq_ignore_ascii_case(b"objectClass") || *a.description == *b"2.5.4.0"
            })
            .flat_map(|a| a.values.iter().map(AsRef::as_ref))
    }
}
