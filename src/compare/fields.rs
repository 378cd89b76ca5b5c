//! The attributes of an entry that take part, each once under whatever names it stands in the
//! record.
//!
//! Knows one entry at a time, or the two of a pair; not what differs between them.

use std::collections::{HashMap, HashSet};

use crate::attribute::{folded, type_of};
use crate::compare::classes::ClassChange;
use crate::compare::{Comparison, is_same};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::entry::Entry;
use crate::schema::AttributeType;

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

impl Field<'_, '_> {
    /// Whether this is the attribute of a description, under any of its names.
    pub(crate) fn is(&self, description: &[u8], attribute: Option<&AttributeType>) -> bool {
        is_same((self.description, self.attribute), (description, attribute))
    }
}

impl<'s> Comparison<'s> {
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
    pub(crate) fn is_excluded(&self, description: &[u8]) -> bool {
        if self.selection.except.is_empty() {
            return false;
        }
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

    /// Whether every attribute takes part that a client may write.
    pub fn takes_all(&self) -> bool {
        self.selection.only.is_none() && self.selection.except.is_empty()
    }

    /// Whether an attribute stands in the RDN of one of these names.
    pub(crate) fn is_naming(&self, description: &[u8], names: &[&Dn]) -> bool {
        let avas = names.iter().filter_map(|dn| dn.rdn()).flat_map(|rdn| rdn.avas.iter());
        avas.into_iter().any(|ava| self.same_attribute(&ava.attribute, description))
    }

    fn collect<'e>(
        &self,
        entry: &'e Entry<'_>,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Vec<Field<'e, 's>> {
        let mut fields: Vec<Field<'e, 's>> = Vec::with_capacity(entry.attributes.len());
        let mut places = Places::default();
        for one in entry.attributes.iter().filter(|a| is_wanted(&a.description)) {
            let own = self.is_own_class(&one.description);
            let values = one.values.iter().map(AsRef::as_ref).filter(|value| !own(value));
            let attribute = self.schema.attribute(type_of(&one.description));
            match places.find(&fields, &one.description, attribute) {
                Some(at) => fields[at].values.extend(values),
                None => {
                    let description = &one.description;
                    fields.push(Field { description, attribute, values: values.collect() });
                }
            }
        }
        fields.iter_mut().for_each(|field| self.keep_names_once(field));
        let naming = entry.dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter());
        naming.filter(|ava| is_wanted(&ava.attribute)).for_each(|ava| self.give(&mut fields, ava));
        fields
    }

    /// Leaves of several spellings of one name the first: a server holds a value once (RFC 4512 section 2.2).
    fn keep_names_once(&self, field: &mut Field<'_, 's>) {
        if field.values.len() > 1 && field.attribute.is_some_and(|a| a.syntax.is_dn()) {
            let mut seen = HashSet::with_capacity(field.values.len());
            field.values.retain(|value| seen.insert(self.by_rule(field.attribute, value)));
        }
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
        match fields.iter_mut().find(|f| f.is(&ava.attribute, attribute)) {
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

    /// The fields as a rename leaves them: the old RDN's values gone, the new one's there
    /// (RFC 4511 section 4.9, `deleteoldrdn` true).
    pub fn renamed<'e>(
        &self,
        mut fields: Vec<Field<'e, 's>>,
        old: &Rdn,
        new: &'e Rdn,
    ) -> Vec<Field<'e, 's>> {
        for ava in old.avas.iter() {
            let AvaValue::Text(value) = &ava.value else { continue };
            let attribute = self.schema.attribute(&ava.attribute);
            if let Some(field) = fields.iter_mut().find(|f| f.is(&ava.attribute, attribute)) {
                field.values.retain(|v| !self.equal_by_rule(attribute, v, value));
            }
        }
        fields.retain(|field| !field.values.is_empty());
        new.avas.iter().for_each(|ava| self.give(&mut fields, ava));
        fields
    }
}

/// Where the attributes of some fields stand: few are looked through, many are found by a map.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// By the attribute's key; of the first fields.
    known: HashMap<Vec<u8>, usize>,
}

/// How many fields are looked through one by one.
const FEW: usize = 64;

impl Places {
    /// The place of the field of this description, under any of its names. `fields` are those of
    /// the call before, and perhaps more.
    pub(crate) fn find(
        &mut self,
        fields: &[Field<'_, '_>],
        description: &[u8],
        attribute: Option<&AttributeType>,
    ) -> Option<usize> {
        if fields.len() <= FEW {
            let same = |f: &Field<'_, '_>| f.is(description, attribute);
            return fields.iter().position(same);
        }
        for (at, field) in fields.iter().enumerate().skip(self.known.len()) {
            self.known.insert(key(field.description, field.attribute), at);
        }
        self.known.get(&key(description, attribute)).copied()
    }
}

/// The same bytes for two descriptions if and only if they name one attribute.
pub(super) fn key(description: &[u8], attribute: Option<&AttributeType>) -> Vec<u8> {
    match attribute {
        Some(attribute) => {
            let options = &description[type_of(description).len()..];
            [&attribute.id.to_be_bytes(), folded(options).as_ref()].concat()
        }
        None => [b"-", folded(description).as_ref()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn many_fields_are_as_few() {
        let schema = Schema::builtin();
        let names = ["cn", "2.5.4.3", "x-a", "X-A", "x-b", "uid", "commonName"];
        let options = (0..40).flat_map(|n| [format!(";o{n};P"), format!(";p;O{n}")]);
        let all: Vec<String> =
            options.flat_map(|tail| names.map(|name| format!("{name}{tail}"))).collect();
        let attribute = |name: &str| schema.attribute(type_of(name.as_bytes()));
        let mut fields: Vec<Field<'_, '_>> = Vec::new();
        let mut places = Places::default();
        for name in &all {
            let (description, attribute) = (name.as_bytes(), attribute(name));
            let plain = fields.iter().position(|f| f.is(description, attribute));
            assert_eq!(places.find(&fields, description, attribute), plain, "{name}");
            if plain.is_none() {
                fields.push(Field { description, attribute, values: Vec::new() });
            }
        }
        assert_eq!(fields.len(), 160);
    }
}
