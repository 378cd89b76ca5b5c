//! What differs between two entries that are the same.
//!
//! Values are sets. Attributes are the same by type and options, whatever they are called. What
//! only the server may write is left out. Knows nothing of order, names of other entries or output.

mod classes;
mod delta;
mod fields;
pub mod identity;
mod rejected;
pub mod rename;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::attribute::{has_options_of, options_of, same, same_options, type_of};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::entry::Entry;
use crate::matching::{dn_key, normalize, normalize_as_held, rdn_key};
use crate::schema::{AttributeType, NameSet, Schema};
use crate::server::Server;

pub use delta::FieldDelta;
pub use fields::Field;
pub(crate) use fields::Places;

/// When two values are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The same bytes; names among values as names.
    #[default]
    Exact,
    /// By the attribute's equality rule (RFC 4517, RFC 4518).
    Schema,
    /// The same bytes, names among values too.
    Bytes,
}

/// Which attributes are compared, in the entries both sides have.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these, where some are named; in folded spelling.
    pub only: Option<HashSet<Vec<u8>>>,
    /// Not these.
    pub except: HashSet<Vec<u8>>,
    /// Also what only the server may write.
    pub operational: bool,
}

/// How entries are compared.
#[derive(Debug)]
pub struct Comparison<'s> {
    /// Attribute types and their rules.
    pub schema: &'s Schema,
    /// When values are equal.
    pub mode: Mode,
    /// Which attributes take part.
    pub selection: Selection,
    /// What only the server may write.
    server_only: NameSet,
    /// Object classes in lower case that only the server gives an entry.
    own_classes: Vec<&'static str>,
}

impl<'s> Comparison<'s> {
    /// A comparison by these rules, of exports of this server.
    pub fn new(schema: &'s Schema, server: Server, mode: Mode, selection: Selection) -> Self {
        let mut server_only = NameSet::default();
        for attribute in schema.attributes().iter().filter(|a| a.no_user_modification) {
            server_only.extend(attribute.names.iter().map(|name| name.as_bytes()));
            server_only.extend([attribute.oid.as_bytes()]);
        }
        server_only.extend(server.kept_to_itself().map(str::as_bytes));
        let own_classes = server.own_classes().collect();
        Comparison { schema, mode, selection, server_only, own_classes }
    }

    /// Whether only the server may write an attribute.
    pub fn is_server_only(&self, description: &[u8]) -> bool {
        self.server_only.contains(type_of(description))
    }

    /// Whether an attribute takes part in the comparison.
    pub fn takes_part(&self, description: &[u8]) -> bool {
        if self.is_server_only(description) {
            return self.selection.operational;
        }
        if self.selection.only.is_none() && self.selection.except.is_empty() {
            return true;
        }
        let name = type_of(description).to_ascii_lowercase();
        let named = |set: &HashSet<Vec<u8>>| self.is_named(set, &name, description);
        let wanted = self.selection.only.as_ref().is_none_or(named);
        name == b"objectclass" || (wanted && !named(&self.selection.except))
    }

    /// Whether a set of names holds an attribute: its type, by any name, or it with the options of one and
    /// perhaps more (RFC 4512 section 2.5.2).
    fn is_named(&self, set: &HashSet<Vec<u8>>, name: &[u8], description: &[u8]) -> bool {
        let has_options = |named: &&Vec<u8>| {
            options_of(named).next().is_some() && has_options_of(description, named)
        };
        if set.contains(name)
            || set.iter().filter(has_options).any(|named| self.same_attribute(type_of(named), name))
        {
            return true;
        }
        self.schema.attribute(name).is_some_and(|attribute| {
            set.contains(attribute.oid.as_bytes())
                || attribute.names.iter().any(|n| set.contains(n.to_ascii_lowercase().as_bytes()))
        })
    }

    /// Whether two descriptions name one attribute: same type and same options.
    pub fn same_attribute(&self, a: &[u8], b: &[u8]) -> bool {
        self.schema.same_attribute(a, b)
    }

    /// The same bytes for two descriptions if and only if they name one attribute.
    pub fn attribute_key(&self, description: &[u8]) -> Vec<u8> {
        fields::key(description, self.schema.attribute(type_of(description)))
    }

    /// Whether two values are equal by the attribute's own rule, whatever the mode.
    pub fn equal_by_rule(&self, attribute: Option<&AttributeType>, a: &[u8], b: &[u8]) -> bool {
        a == b || self.by_rule(attribute, a) == self.by_rule(attribute, b)
    }

    /// A value in the form that all values equal by the attribute's own rule share.
    pub fn by_rule<'v>(&self, attribute: Option<&AttributeType>, value: &'v [u8]) -> Cow<'v, [u8]> {
        match attribute.and_then(|a| a.equality) {
            Some(rule) => normalize(self.schema, rule, value),
            None => Cow::Borrowed(value),
        }
    }

    /// A value in the form that all values equal under the mode share. What servers hold apart is no
    /// value for another here, or a reference would keep a name that its entry has no more.
    pub fn normal<'v>(&self, attribute: Option<&AttributeType>, value: &'v [u8]) -> Cow<'v, [u8]> {
        let by_rule = attribute.filter(|a| self.mode == Mode::Schema || a.syntax.is_dn());
        match by_rule.and_then(|attribute| attribute.equality) {
            Some(rule) if self.mode != Mode::Bytes => normalize_as_held(self.schema, rule, value),
            _ => Cow::Borrowed(value),
        }
    }

    /// Whether a value of one list and one of the other are equal by the attribute's rule, and servers hold
    /// them apart all the same.
    pub fn are_held_apart(
        &self,
        attribute: Option<&AttributeType>,
        [one, other]: [&[&[u8]]; 2],
    ) -> bool {
        let Some(rule) = attribute.and_then(|attribute| attribute.equality) else { return false };
        let forms = |value: &&[u8]| {
            let [by_rule, held] =
                [normalize, normalize_as_held].map(|f| f(self.schema, rule, value));
            (by_rule.into_owned(), held.into_owned())
        };
        let known: HashMap<Vec<u8>, Vec<u8>> = one.iter().map(forms).collect();
        let differs = |(by_rule, held)| known.get(&by_rule).is_some_and(|known| *known != held);
        other.iter().map(forms).any(differs)
    }

    /// The key of a value that refers to an entry, the same for all spellings of the name in it,
    /// whatever the mode.
    pub fn reference(&self, attribute: Option<&AttributeType>, value: &[u8]) -> Vec<u8> {
        match attribute.and_then(|attribute| attribute.syntax.equality()) {
            Some(rule) => normalize(self.schema, rule, value).into_owned(),
            None => value.to_vec(),
        }
    }

    /// The RDN of an entry with each value as the entry's attribute spells it.
    pub fn spelled_rdn(&self, entry: &Entry<'_>) -> Option<Rdn> {
        let mut rdn = entry.dn.rdn()?.clone();
        for ava in rdn.avas_mut() {
            let AvaValue::Text(value) = &mut ava.value else { continue };
            let attribute = self.schema.attribute(&ava.attribute);
            let spelled = entry
                .attributes
                .iter()
                .filter(|a| self.same_attribute(&a.description, &ava.attribute))
                .flat_map(|a| &a.values)
                .filter(|v| self.equal_by_rule(attribute, v, value));
            let mut candidates: Vec<&[u8]> = spelled.map(AsRef::as_ref).collect();
            candidates.sort_by_key(|v| *v != value.as_slice());
            if let Some(first) = candidates.first() {
                *value = first.to_vec();
            }
        }
        Some(rdn)
    }

    /// Whether two RDNs that are equal as names have other values under the mode.
    pub fn is_respelled(&self, old: &Rdn, new: &Rdn) -> bool {
        old.avas.iter().any(|before| {
            let same_type = |after: &&Ava| self.same_attribute(&before.attribute, &after.attribute);
            let attribute = self.schema.attribute(&before.attribute);
            new.avas.iter().filter(same_type).all(|after| match (&before.value, &after.value) {
                (AvaValue::Text(a), AvaValue::Text(b)) => {
                    self.normal(attribute, a) != self.normal(attribute, b)
                }
                _ => false,
            })
        })
    }

    /// Whether two names have equal RDNs, wherever they stand.
    pub fn same_rdn(&self, a: &Dn, b: &Dn) -> bool {
        let key = |dn: &Dn| dn.rdn().map(|rdn| rdn_key(self.schema, rdn));
        a.rdn() == b.rdn() || key(a) == key(b)
    }

    /// The key under which a name equals another.
    pub fn key(&self, dn: &Dn) -> Vec<u8> {
        dn_key(self.schema, dn)
    }
}

/// A description, and its type where the schema knows it.
type Described<'d, 's> = (&'d [u8], Option<&'s AttributeType>);

/// Whether two descriptions name one attribute: the same type under any name, and the same options.
fn is_same((a, left): Described<'_, '_>, (b, right): Described<'_, '_>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.id == right.id && same_options(a, b),
        (None, None) => same(a, b),
        _ => false,
    }
}
