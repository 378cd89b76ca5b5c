//! A directory entry: a name and its attributes, values as bytes.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::attribute::{self, folded, mark};
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

impl Attribute<'_> {
    /// The same, with bytes of its own.
    pub fn into_owned(self) -> Attribute<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        Attribute {
            description: owned(self.description),
            values: self.values.into_iter().map(owned).collect(),
        }
    }
}

/// Attributes in the making: few are looked through, many are found by a map.
#[derive(Debug, Default)]
pub struct Attributes<'a> {
    all: Vec<Attribute<'a>>,
    /// Where an attribute stands, by its folded description; of the first ones of `all`.
    places: HashMap<Vec<u8>, usize>,
    /// The [`mark`]s of all of them.
    marks: u64,
}

/// How many attributes are looked through one by one.
const FEW: usize = 64;

impl<'a> Attributes<'a> {
    /// Adds values, to the attribute of the same description where there is one.
    pub fn extend(&mut self, description: Cow<'a, [u8]>, values: Vec<Cow<'a, [u8]>>) {
        let mark = mark(&description);
        let found = if self.marks & mark == 0 { None } else { self.find(&description) };
        self.marks |= mark;
        match found {
            Some(at) => self.all[at].values.extend(values),
            None => self.all.push(Attribute { description, values }),
        }
    }

    /// No attributes yet, and room for so many.
    pub fn with_capacity(count: usize) -> Attributes<'a> {
        Attributes { all: Vec::with_capacity(count), ..Attributes::default() }
    }

    fn find(&mut self, description: &[u8]) -> Option<usize> {
        let has_options = memchr::memchr(b';', description).is_some();
        let same = |a: &Attribute<'a>| {
            // Without options, what is not as long is not the same.
            (has_options || a.description.len() == description.len())
                && attribute::same(&a.description, description)
        };
        let last = self.all.len().checked_sub(1)?;
        if self.all.len() <= FEW || same(&self.all[last]) {
            return self.all.iter().rposition(same);
        }
        for at in self.places.len()..self.all.len() {
            self.places.insert(folded(&self.all[at].description).into_owned(), at);
        }
        self.places.get(folded(description).as_ref()).copied()
    }

    /// The attributes in the order in which they came.
    pub fn into_vec(self) -> Vec<Attribute<'a>> {
        self.all
    }
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
        let attributes = self.attributes.into_iter().map(Attribute::into_owned).collect();
        Entry { dn: self.dn, attributes }
    }

    /// The values of `objectClass`.
    pub fn object_classes(&self) -> impl Iterator<Item = &[u8]> {
        self.attributes
            .iter()
            .filter(|a| attribute::is_object_class(&a.description))
            .flat_map(|a| a.values.iter().map(AsRef::as_ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_attributes_are_as_few() {
        let names: Vec<String> = (0..200).map(|n| format!("x-{};A;b", n % 90)).collect();
        let mut attributes = Attributes::default();
        let mut entry = Entry::new(Dn::default());
        for (n, name) in names.iter().enumerate() {
            let other = name.replace("A;b", "b;a");
            let name = if n % 3 == 0 { other } else { name.clone() };
            let (name, value) = (name.into_bytes(), n.to_string().into_bytes());
            attributes.extend(name.clone().into(), vec![value.clone().into()]);
            entry.push(name.into(), value.into());
        }
        let attributes = attributes.into_vec();
        assert_eq!(attributes.len(), 90);
        assert_eq!(attributes, entry.attributes);
    }
}
