//! Sets of attributes as they were named, under all the names a schema has for them.

use std::collections::HashSet;

use crate::attribute::{folded, type_of};
use crate::dn::Dn;
use crate::schema::{AttributeType, Schema};

/// Attributes, each under all its names.
#[derive(Debug)]
pub(super) struct Attributes<'s> {
    schema: &'s Schema,
    names: HashSet<Vec<u8>>,
}

impl<'s> Attributes<'s> {
    /// The attributes of these names, descriptions among them.
    pub(super) fn new(schema: &'s Schema, named: &[Vec<u8>]) -> Attributes<'s> {
        let mut names: HashSet<Vec<u8>> =
            named.iter().map(|name| folded(name).into_owned()).collect();
        for attribute in named.iter().filter_map(|name| schema.attribute(name)) {
            names.extend(spellings(attribute));
        }
        Attributes { schema, names }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether an attribute is one of them: its type, or it with just these options.
    pub(super) fn has(&self, description: &[u8]) -> bool {
        if self.names.is_empty() {
            return false;
        }
        self.names.contains(&*folded(type_of(description)))
            || self.names.contains(&*folded(description))
    }

    /// Whether one stands in the RDN of a name.
    pub(super) fn first_in(&self, dn: &Dn) -> Option<Vec<u8>> {
        let mut avas = dn.rdns.iter().flat_map(|rdn| &rdn.avas);
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
