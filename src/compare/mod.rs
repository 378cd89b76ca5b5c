//! What differs between two entries that are the same.
//!
//! Values are sets. Attributes are the same by type and options, whatever they are called. What
//! only the server may write is left out. Knows nothing of order, names of other entries or output.

mod classes;
pub mod rename;
mod step;

use std::borrow::Cow;
use std::collections::HashSet;

use crate::attribute::{folded, same, same_options, type_of};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::entry::Entry;
use crate::matching::{dn_key, normalize, rdn_key};
use crate::schema::{AttributeType, Schema};
use crate::server::Server;

pub use step::same_but_ignored;

use classes::ClassChange;

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
    /// Folded names of what only the server may write.
    server_only: HashSet<Vec<u8>>,
    /// Object classes in lower case that only the server gives an entry.
    own_classes: Vec<&'static str>,
}

/// An attribute of an entry, under whatever names it stands there.
#[derive(Clone, Debug)]
pub struct Field<'e, 's> {
    /// The description as written.
    pub description: &'e [u8],
    /// Its type, where the schema knows it.
    pub attribute: Option<&'s AttributeType>,
    /// Its values.
    pub values: Vec<&'e [u8]>,
}

/// What differs in one attribute.
#[derive(Clone, Debug)]
pub struct FieldDelta<'e, 's> {
    /// The description to write: OLD's, or NEW's where OLD has none.
    pub description: &'e [u8],
    /// Its type, where the schema knows it.
    pub attribute: Option<&'s AttributeType>,
    /// Values only OLD has.
    pub removed: Vec<&'e [u8]>,
    /// Values only NEW has.
    pub added: Vec<&'e [u8]>,
    /// All values in OLD.
    pub old: Vec<&'e [u8]>,
    /// All values in NEW.
    pub new: Vec<&'e [u8]>,
}

impl<'s> Comparison<'s> {
    /// A comparison by these rules, of exports of this server.
    pub fn new(schema: &'s Schema, server: Server, mode: Mode, selection: Selection) -> Self {
        let mut server_only = HashSet::new();
        for attribute in schema.attributes().iter().filter(|a| a.no_user_modification) {
            server_only.extend(attribute.names.iter().map(|n| n.to_ascii_lowercase().into_bytes()));
            server_only.insert(attribute.oid.as_bytes().to_vec());
        }
        server_only.extend(server.kept_to_itself().map(|name| name.as_bytes().to_vec()));
        let own_classes = server.own_classes().collect();
        Comparison { schema, mode, selection, server_only, own_classes }
    }

    /// Whether only the server may write an attribute.
    pub fn is_server_only(&self, description: &[u8]) -> bool {
        let name = type_of(description);
        let mut lower = [0; 64];
        match lower.get_mut(..name.len()) {
            Some(lower) => {
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                self.server_only.contains(&*lower)
            }
            None => self.server_only.contains(&name.to_ascii_lowercase()),
        }
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

    /// Whether every attribute takes part that a client may write.
    fn takes_all(&self) -> bool {
        self.selection.only.is_none() && self.selection.except.is_empty()
    }

    /// Whether an attribute stands in the RDN of one of these names.
    fn is_naming(&self, description: &[u8], names: &[&Dn]) -> bool {
        let avas = names.iter().filter_map(|dn| dn.rdn()).flat_map(|rdn| &rdn.avas);
        avas.into_iter().any(|ava| self.same_attribute(&ava.attribute, description))
    }

    /// Whether a set of names holds an attribute: its type, by any name, or the description.
    fn is_named(&self, set: &HashSet<Vec<u8>>, name: &[u8], description: &[u8]) -> bool {
        if set.contains(name) || set.contains(folded(description).as_ref()) {
            return true;
        }
        self.schema.attribute(name).is_some_and(|attribute| {
            set.contains(attribute.oid.as_bytes())
                || attribute.names.iter().any(|n| set.contains(n.to_ascii_lowercase().as_bytes()))
        })
    }

    /// The attributes of an entry as it is to be added: all that a client may write, but for those
    /// that are excluded. `objectClass` comes first.
    pub fn fields_of_added<'e>(&self, entry: &'e Entry<'_>) -> Vec<Field<'e, 's>> {
        let kept = |d: &[u8]| !self.is_excluded(d) || self.is_naming(d, &[&entry.dn]);
        let mut fields = self.collect(entry, |d| !self.is_server_only(d) && kept(d));
        let is_class = |f: &Field<'_, '_>| f.description.eq_ignore_ascii_case(b"objectClass");
        fields.sort_by_key(|field| !is_class(field));
        fields
    }

    /// All attributes of an entry that a client may write: what an entry that goes must have to come
    /// back.
    pub fn writable_fields<'e>(&self, entry: &'e Entry<'_>) -> Vec<Field<'e, 's>> {
        self.collect(entry, |description| !self.is_server_only(description))
    }

    /// What identifies an entry and tells who made it and when, for an import that may keep it.
    pub fn identifying_fields<'e>(&self, entry: &'e Entry<'_>) -> Vec<Field<'e, 's>> {
        const KEPT: [&[u8]; 5] = [
            b"entryuuid",
            b"creatorsname",
            b"createtimestamp",
            b"modifiersname",
            b"modifytimestamp",
        ];
        let is_kept = |d: &[u8]| KEPT.iter().any(|name| d.eq_ignore_ascii_case(name));
        self.collect(entry, |description| is_kept(description))
    }

    /// Whether an attribute is left out by name; `objectClass` never is.
    fn is_excluded(&self, description: &[u8]) -> bool {
        let name = type_of(description).to_ascii_lowercase();
        name != b"objectclass" && self.is_named(&self.selection.except, &name, description)
    }

    /// The attributes of an entry that take part; the values of its RDN are there even where the
    /// record leaves them out (RFC 4512 section 2.3.1).
    pub fn fields<'e>(&self, entry: &'e Entry<'_>) -> Vec<Field<'e, 's>> {
        self.collect(entry, |description| self.takes_part(description))
    }

    /// The same for an entry that goes by these names in OLD and NEW: what they are made of always
    /// takes part.
    pub fn fields_of_pair<'e>(
        &self,
        entry: &'e Entry<'_>,
        [old, new]: [&Entry<'_>; 2],
    ) -> Vec<Field<'e, 's>> {
        if self.takes_all() {
            return self.fields(entry);
        }
        let names = [&old.dn, &new.dn];
        let classes = self.selection.only.as_ref().and_then(|_| ClassChange::between(old, new));
        let demanded = |d: &[u8]| {
            let wanted = !self.is_server_only(d) && !self.is_excluded(d);
            wanted && classes.as_ref().is_some_and(|change| change.demands(self.schema, d))
        };
        self.collect(entry, |d| self.takes_part(d) || self.is_naming(d, &names) || demanded(d))
    }

    fn collect<'e>(
        &self,
        entry: &'e Entry<'_>,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Vec<Field<'e, 's>> {
        let mut fields: Vec<Field<'e, 's>> = Vec::with_capacity(entry.attributes.len());
        for one in entry.attributes.iter().filter(|a| is_wanted(&a.description)) {
            let own = self.is_own_class(&one.description);
            let values = one.values.iter().map(AsRef::as_ref).filter(|value| !own(value));
            let attribute = self.schema.attribute(type_of(&one.description));
            match find(&mut fields, &one.description, attribute) {
                Some(field) => field.values.extend(values),
                None => {
                    let description = &one.description;
                    fields.push(Field { description, attribute, values: values.collect() });
                }
            }
        }
        let naming = entry.dn.rdn().into_iter().flat_map(|rdn| &rdn.avas);
        naming.filter(|ava| is_wanted(&ava.attribute)).for_each(|ava| self.give(&mut fields, ava));
        fields
    }

    /// Says which values of an attribute are classes that only the server gives an entry.
    fn is_own_class(&self, description: &[u8]) -> impl Fn(&[u8]) -> bool + use<'_, 's> {
        let classes: &[&str] = match description.eq_ignore_ascii_case(b"objectClass") {
            true => &self.own_classes,
            false => &[],
        };
        move |value| classes.iter().any(|own| value.eq_ignore_ascii_case(own.as_bytes()))
    }

    /// Adds an RDN's value to the fields, where it is not among them by its rule.
    fn give<'e>(&self, fields: &mut Vec<Field<'e, 's>>, ava: &'e Ava) {
        let AvaValue::Text(value) = &ava.value else { return };
        let attribute = self.schema.attribute(&ava.attribute);
        match find(fields, &ava.attribute, attribute) {
            Some(field) => {
                if !field.values.iter().any(|v| self.equal_by_rule(attribute, v, value)) {
                    field.values.push(value);
                }
            }
            None => {
                fields.push(Field { description: &ava.attribute, attribute, values: vec![value] });
            }
        }
    }

    /// Whether two descriptions name one attribute: same type and same options.
    pub fn same_attribute(&self, a: &[u8], b: &[u8]) -> bool {
        if a.eq_ignore_ascii_case(b) {
            return true;
        }
        let (left, right) = (self.schema.attribute(type_of(a)), self.schema.attribute(type_of(b)));
        is_same((a, left), (b, right))
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

    /// A value in the form that all values equal under the mode share.
    pub fn normal<'v>(&self, attribute: Option<&AttributeType>, value: &'v [u8]) -> Cow<'v, [u8]> {
        match (self.mode, attribute) {
            (Mode::Schema, _) => self.by_rule(attribute, value),
            (Mode::Exact, Some(a)) if a.syntax.is_dn() => self.by_rule(attribute, value),
            (Mode::Exact | Mode::Bytes, _) => Cow::Borrowed(value),
        }
    }

    /// What must be done to `old` for it to be `new`: attributes in the order of NEW with
    /// `objectClass` first, then those NEW has not.
    pub fn delta<'e>(
        &self,
        mut old: Vec<Field<'e, 's>>,
        new: Vec<Field<'e, 's>>,
    ) -> Vec<FieldDelta<'e, 's>> {
        let mut deltas = Vec::new();
        for field in new {
            let position =
                old.iter().position(|o| self.same_attribute(o.description, field.description));
            let before = position.map(|at| old.remove(at));
            deltas.extend(self.field_delta(before, Some(field)));
        }
        for field in old {
            deltas.extend(self.field_delta(Some(field), None));
        }
        let is_class = |d: &FieldDelta<'_, '_>| d.description.eq_ignore_ascii_case(b"objectClass");
        deltas.sort_by_key(|delta| !is_class(delta));
        deltas
    }

    fn field_delta<'e>(
        &self,
        old: Option<Field<'e, 's>>,
        new: Option<Field<'e, 's>>,
    ) -> Option<FieldDelta<'e, 's>> {
        let first = old.as_ref().or(new.as_ref())?;
        let (description, attribute) = (first.description, first.attribute);
        let old = old.map(|field| field.values).unwrap_or_default();
        let new = new.map(|field| field.values).unwrap_or_default();
        if old == new {
            return None;
        }
        let removed = self.without(attribute, &old, &new);
        let added = self.without(attribute, &new, &old);
        let differs = !removed.is_empty() || !added.is_empty();
        differs.then_some(FieldDelta { description, attribute, removed, added, old, new })
    }

    /// The values of `left` that `right` has not, each once.
    pub fn without<'e>(
        &self,
        attribute: Option<&AttributeType>,
        left: &[&'e [u8]],
        right: &[&'e [u8]],
    ) -> Vec<&'e [u8]> {
        let same_bytes = self.without_same_bytes(left, right);
        let mut rest = self.without_equal(attribute, same_bytes, right);
        let mut seen = HashSet::new();
        rest.retain(|value| seen.insert(*value));
        rest
    }

    /// The values of `left` that `right` has not in the same bytes.
    fn without_same_bytes<'e>(&self, left: &[&'e [u8]], right: &[&'e [u8]]) -> Vec<&'e [u8]> {
        if left.len() * right.len() <= FEW {
            return left.iter().copied().filter(|l| !right.contains(l)).collect();
        }
        let there: HashSet<&[u8]> = right.iter().copied().collect();
        left.iter().copied().filter(|l| !there.contains(l)).collect()
    }

    /// The values of `left` that equal none of `right` under the mode.
    fn without_equal<'e>(
        &self,
        attribute: Option<&AttributeType>,
        mut left: Vec<&'e [u8]>,
        right: &[&'e [u8]],
    ) -> Vec<&'e [u8]> {
        if left.is_empty() || !self.has_forms(attribute) {
            return left;
        }
        let wanted: HashSet<Cow<'_, [u8]>> =
            left.iter().map(|l| self.normal(attribute, l)).collect();
        let mut there = HashSet::new();
        for value in right {
            let normal = self.normal(attribute, value);
            if wanted.contains(&normal) {
                there.insert(normal);
            }
        }
        left.retain(|l| !there.contains(&self.normal(attribute, l)));
        left
    }

    /// Whether other bytes can be the same value under the mode.
    fn has_forms(&self, attribute: Option<&AttributeType>) -> bool {
        match self.mode {
            Mode::Bytes => false,
            Mode::Exact => attribute.is_some_and(|a| a.syntax.is_dn()),
            Mode::Schema => attribute.is_some_and(|a| a.equality.is_some()),
        }
    }

    /// The fields as a rename leaves them: the old RDN's values gone, the new one's there
    /// (RFC 4511 section 4.9, `deleteoldrdn` true).
    pub fn renamed<'e>(
        &self,
        mut fields: Vec<Field<'e, 's>>,
        old: &Rdn,
        new: &'e Rdn,
    ) -> Vec<Field<'e, 's>> {
        for ava in &old.avas {
            let AvaValue::Text(value) = &ava.value else { continue };
            let attribute = self.schema.attribute(&ava.attribute);
            if let Some(field) = find(&mut fields, &ava.attribute, attribute) {
                field.values.retain(|v| !self.equal_by_rule(attribute, v, value));
            }
        }
        fields.retain(|field| !field.values.is_empty());
        new.avas.iter().for_each(|ava| self.give(&mut fields, ava));
        fields
    }

    /// The RDN of an entry with each value as the entry's attribute spells it.
    pub fn spelled_rdn(&self, entry: &Entry<'_>) -> Option<Rdn> {
        let mut rdn = entry.dn.rdn()?.clone();
        for ava in &mut rdn.avas {
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
        key(a) == key(b)
    }

    /// The key under which a name equals another.
    pub fn key(&self, dn: &Dn) -> Vec<u8> {
        dn_key(self.schema, dn)
    }
}

/// Where two lists of values are held against each other one by one.
const FEW: usize = 64;

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

/// The field of this description, under any of its names.
fn find<'f, 'e, 's>(
    fields: &'f mut [Field<'e, 's>],
    description: &[u8],
    attribute: Option<&AttributeType>,
) -> Option<&'f mut Field<'e, 's>> {
    fields.iter_mut().find(|f| is_same((f.description, f.attribute), (description, attribute)))
}
