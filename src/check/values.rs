//! The values of a record: what is wrong with one alone, and with all of an entry together.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::record::{Examiner, Look};
use super::{Found, Severity};
use crate::attribute::{
    CLASSES, folded, is_description_byte, is_object_class, option_set, options_of, type_of,
};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::error::{EntryFault, ErrorKind};
use crate::ldif::parse::RawAttrVal;
use crate::matching::{Reference, called, has_syntax, is_text, normalize, normalize_as_held};
use crate::schema::{AttributeType, Content, ObjectClass, Schema, Standing, Structural, Syntax};

type Bytes<'b> = Cow<'b, [u8]>;

/// `structuralObjectClass` (RFC 4512 section 3.4.2).
const STRUCTURAL: &str = "2.5.21.9";

/// How many values are looked through one by one.
const FEW: usize = 64;

/// A value with what the schema knows of it.
struct Value<'l, 'c> {
    raw: RawAttrVal<'l>,
    attribute: Option<&'c AttributeType>,
    bytes: Cow<'l, [u8]>,
}

/// The values of one record.
pub(super) struct Values<'c, 'l> {
    look: &'c Look<'c, 'l>,
    all: Vec<Value<'l, 'c>>,
    /// What stands in the record and could not be read, from where it begins.
    pub(super) lost: Vec<&'l [u8]>,
}

impl<'c, 'l> Values<'c, 'l> {
    pub(super) fn new(look: &'c Look<'c, 'l>) -> Values<'c, 'l> {
        Values { look, all: Vec::new(), lost: Vec::new() }
    }

    fn schema(&self) -> &'c Schema {
        self.look.examiner.source.schema
    }

    /// Takes a value in, and tells what is wrong with it alone.
    pub(super) fn push(&mut self, raw: RawAttrVal<'l>, bytes: Cow<'l, [u8]>) -> Option<Found> {
        let attribute = self.schema().served_attribute(type_of(raw.description));
        let value = Value { raw, attribute, bytes };
        let fault = self.alone(&value);
        let found = fault.map(|fault| self.found(Severity::Fault, fault, &value));
        self.all.push(value);
        found
    }

    fn alone(&self, value: &Value<'l, 'c>) -> Option<EntryFault> {
        let name = || type_of(value.raw.description).to_vec();
        let Some(attribute) = value.attribute else {
            let unknown = || EntryFault::UnknownAttribute { attribute: name() };
            return self.look.examiner.by_schema.then(unknown);
        };
        let is_binary =
            options_of(value.raw.description).any(|o| o.eq_ignore_ascii_case(b"binary"));
        let Examiner { by_schema, server, .. } = self.look.examiner;
        if *by_schema && server.minds_binary() {
            let described = || value.raw.description.to_vec();
            match attribute.syntax.is_transferred_as_binary() {
                Some(true) if !is_binary => {
                    return Some(EntryFault::NotBinary { attribute: described() });
                }
                Some(false) if is_binary => {
                    return Some(EntryFault::Binary { attribute: described() });
                }
                _ => {}
            }
        }
        if is_binary {
            let is_wrong = *by_schema
                && attribute.syntax == Syntax::Certificate
                && !attribute.syntax.allows(&value.bytes);
            let syntax = called(attribute.syntax);
            return is_wrong.then(|| EntryFault::Syntax { attribute: name(), syntax });
        }
        if is_text(attribute.syntax) && simdutf8::basic::from_utf8(&value.bytes).is_err() {
            return Some(EntryFault::NotUtf8 { attribute: name() });
        }
        if !by_schema {
            return None;
        }
        let reference = Reference::parse(Some(attribute), &value.bytes);
        if let Some(attribute) = self.look.unknown_in(reference.iter().map(|one| &one.dn)) {
            return Some(EntryFault::UnknownAttribute { attribute });
        }
        if !self.has_syntax(attribute, &value.bytes) {
            let syntax = called(attribute.syntax);
            return Some(EntryFault::Syntax { attribute: name(), syntax });
        }
        None
    }

    /// Whether a value has its attribute's syntax, as far as that is modelled.
    fn has_syntax(&self, attribute: &AttributeType, value: &[u8]) -> bool {
        has_syntax(self.schema(), attribute, value)
    }

    /// What is wrong with the values of an entry together.
    pub(super) fn of_entry(&self, name: Option<&Dn>, is_root: bool) -> Vec<Found> {
        let mut found = self.duplicates();
        let rdn = name.and_then(Dn::rdn);
        found.extend(
            rdn.into_iter()
                .flat_map(|rdn| rdn.avas.iter())
                .filter_map(|ava| self.naming_value(ava)),
        );
        let is_class = |value: &&Value<'l, 'c>| is_object_class(value.raw.description);
        let classes: Vec<&Value<'l, 'c>> = self.all.iter().filter(is_class).collect();
        if classes.is_empty() && !self.all.is_empty() && !is_root {
            let severity =
                if self.look.examiner.by_schema { Severity::Fault } else { Severity::Warning };
            let missing = || self.about_record(severity, EntryFault::NoObjectClass);
            found.extend((!self.may_be_lost(CLASSES)).then(missing));
        } else if self.look.examiner.by_schema && !is_root {
            found.extend(self.by_schema(&classes, rdn));
        }
        found
    }

    /// What is wrong with values that one modification gives an attribute: one twice (20), or several where
    /// one is all it may have (19).
    pub(super) fn given_together(&self) -> Vec<Found> {
        let mut found = self.duplicates();
        if self.look.examiner.by_schema {
            let single = |value: &&Value<'l, 'c>| value.attribute.is_some_and(|a| a.single_value);
            found.extend(self.all.iter().filter(single).skip(1).map(|value| {
                let attribute = value.raw.description.to_vec();
                self.found(Severity::Fault, EntryFault::SeveralValues { attribute }, value)
            }));
        }
        found
    }

    /// An attribute that has values, and not the one that the entry's name gives it (RFC 4512 section
    /// 2.3.1). One that has none may have been left out of the export.
    fn naming_value(&self, ava: &Ava) -> Option<Found> {
        let AvaValue::Text(text) = &ava.value else { return None };
        let kind = self.schema().attribute(&ava.attribute);
        let is_kind = |value: &&Value<'l, 'c>| {
            let description = value.raw.description;
            match kind {
                Some(kind) => {
                    value.attribute.is_some_and(|a| a.id == kind.id)
                        && type_of(description).len() == description.len()
                }
                None => description.eq_ignore_ascii_case(&ava.attribute),
            }
        };
        let mut held = self.all.iter().filter(is_kind);
        let first = held.clone().next()?;
        if held.clone().any(|value| *value.bytes == **text) || self.may_be_lost(&ava.attribute) {
            return None;
        }
        let rule = kind.and_then(|kind| kind.equality)?;
        let normal = normalize(self.schema(), rule, text);
        let is_held = held.any(|value| normalize(self.schema(), rule, &value.bytes) == normal);
        let fault = EntryFault::NamingValue { attribute: first.raw.description.to_vec() };
        (!is_held).then(|| self.found(Severity::Warning, fault, first))
    }

    /// Whether what was lost looks as if it told a class, which may allow an attribute.
    fn lost_class(&self) -> bool {
        const WORD: &[u8] = b"class";
        let names_it = |text: &&[u8]| {
            is_object_class(text) || text.windows(WORD.len()).any(|w| w.eq_ignore_ascii_case(WORD))
        };
        self.lost.iter().any(names_it)
    }

    /// Whether an attribute may stand in what was lost: where that begins with the name of another one,
    /// it does not.
    fn may_be_lost(&self, name: &[u8]) -> bool {
        let schema = self.schema();
        let Some(attribute) = schema.attribute(name) else { return true };
        let may_be = |text: &&[u8]| {
            let word = text.iter().take_while(|b| is_description_byte(**b)).count();
            let known = schema.attribute(type_of(&text[..word]));
            known.is_none_or(|known| schema.is_subtype(known, attribute))
        };
        self.lost.iter().any(may_be)
    }

    /// Values that an attribute has twice, by its equality rule.
    fn duplicates(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut seen: HashSet<(Bytes<'_>, Bytes<'_>)> = HashSet::new();
        // Most types stand there once.
        let kind = |value: &Value<'l, 'c>| value.attribute.map(|attribute| attribute.id);
        let mut kinds: Vec<Option<u32>> = self.all.iter().map(kind).collect();
        kinds.sort_unstable();
        let twice = kinds.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
        let twice: Vec<Option<u32>> = twice.map(|same| same[0]).collect();
        if twice.is_empty() {
            return found;
        }
        // Few values are looked through, many are counted first.
        let mut counts: HashMap<Vec<u8>, u32> = HashMap::new();
        for value in self.all.iter().filter(|_| self.all.len() > FEW) {
            *counts.entry(value.raw.description.to_ascii_lowercase()).or_default() += 1;
        }
        for (n, value) in self.all.iter().enumerate() {
            if twice.binary_search(&kind(value)).is_err() {
                continue;
            }
            let same = |other: &Value<'l, 'c>| {
                other.raw.description.eq_ignore_ascii_case(value.raw.description)
            };
            let near = n.checked_sub(1).and_then(|n| self.all.get(n));
            let next = self.all.get(n + 1);
            let is_alone = || match counts.is_empty() {
                true => self.all.iter().filter(|other| same(other)).count() < 2,
                false => counts[&value.raw.description.to_ascii_lowercase()] < 2,
            };
            if !near.is_some_and(same) && !next.is_some_and(same) && is_alone() {
                continue;
            }
            let form = held_form(self.schema(), value.attribute, &value.bytes);
            if !seen.insert((folded(value.raw.description), form)) {
                let attribute = value.raw.description.to_vec();
                let fault = EntryFault::DuplicateValue { attribute };
                found.push(self.found(Severity::Warning, fault, value));
            }
        }
        found
    }

    /// What the schema says of an entry with these classes (RFC 4512 section 2.4).
    fn by_schema(&self, classes: &[&Value<'l, 'c>], rdn: Option<&Rdn>) -> Vec<Found> {
        let schema = self.schema();
        let names = || classes.iter().map(|value| &*value.bytes);
        let mut found = Vec::new();
        for value in classes.iter().filter(|value| schema.served_class(&value.bytes).is_none()) {
            let class = value.bytes.to_vec();
            found.push(self.found(Severity::Fault, EntryFault::UnknownClass { class }, value));
        }
        let has_none = schema.has_no_structural_class(names());
        let is_certain = found.is_empty() && !self.may_be_lost(CLASSES);
        if is_certain && has_none && schema.structural_class(names()) == Structural::Unknown {
            found.push(self.about_record(Severity::Fault, EntryFault::NoStructuralClass));
        }
        if let Some((one, other)) = schema.two_structural(names()) {
            let classes = [one, other].map(ObjectClass::name);
            let fault = EntryFault::SeveralStructural { classes };
            found.push(self.about_record(Severity::Fault, fault));
        }
        if let Some(class) = schema.abstract_alone(names()).filter(|_| is_certain) {
            let fault = EntryFault::AbstractAlone { class: class.name() };
            found.push(self.about_record(Severity::Fault, fault));
        }
        if let Structural::Known(class) = schema.structural_class(names()) {
            found.extend(self.other_structural(class));
        }
        let is_heeded = self.look.examiner.server.heeds_content_rules();
        let content = schema.content(names()).filter(|_| is_heeded);
        let required = schema.required(names());
        let is_ruled_alone =
            |attribute: &&AttributeType| required.iter().all(|(other, _)| other.id != attribute.id);
        let ruled = content.into_iter().flat_map(|one| {
            one.required().filter(is_ruled_alone).map(move |attribute| (attribute, one.class))
        });
        for (attribute, class) in ruled.chain(required.iter().copied()) {
            let is_it = |held: &AttributeType| held.id == attribute.id;
            let is_there = self.all.iter().any(|value| value.attribute.is_some_and(is_it));
            if !is_there && !self.is_named(attribute) {
                let attribute = attribute.names.first().map(ToString::to_string);
                let attribute = attribute.unwrap_or_default();
                if self.may_be_lost(attribute.as_bytes()) {
                    continue;
                }
                let fault = EntryFault::Required { attribute, class: class.name() };
                found.push(self.about_record(Severity::Fault, fault));
            }
        }
        if is_heeded {
            found.extend(self.not_to_be(classes, content));
        }
        found.extend(self.each_attribute(&names));
        found.extend(self.naming_attributes(rdn, &names));
        found
    }

    /// A `structuralObjectClass` that tells another class than the entry's (RFC 4512 section 3.3).
    fn other_structural(&self, class: &ObjectClass) -> Option<Found> {
        let is_told = |value: &&Value<'l, 'c>| {
            let told = value.attribute.filter(|attribute| attribute.oid == STRUCTURAL);
            let told = told.and_then(|_| self.schema().class(&value.bytes));
            told.is_some_and(|told| !std::ptr::eq(told, class))
        };
        let value = self.all.iter().find(is_told)?;
        let (said, class) = (value.bytes.to_vec(), class.name());
        Some(self.found(Severity::Fault, EntryFault::OtherStructural { said, class }, value))
    }

    /// Obsolete classes, and what the content rule does not allow (RFC 4512 section 4.1.6).
    fn not_to_be(&self, classes: &[&Value<'l, 'c>], content: Option<Content<'_>>) -> Vec<Found> {
        let mut found = Vec::new();
        let is_obsolete = |value: &&&Value<'l, 'c>| {
            self.schema()
                .class(&value.bytes)
                .is_some_and(|class| class.standing == Standing::Obsolete)
        };
        for value in classes.iter().filter(is_obsolete) {
            let fault = EntryFault::ObsoleteClass { class: value.bytes.to_vec() };
            found.push(self.found(Severity::Fault, fault, value));
        }
        let Some(content) = content else { return found };
        let precluded = self.all.iter().filter_map(|value| {
            let is_class = is_object_class(value.raw.description);
            let name = match value.attribute {
                _ if is_class && content.precludes_class(&value.bytes) => &*value.bytes,
                Some(attribute) if content.precludes(attribute) => value.raw.description,
                _ => return None,
            };
            let (name, class) = (name.to_vec(), content.class.name());
            Some(self.found(Severity::Fault, EntryFault::Precluded { name, class }, value))
        });
        found.extend(precluded);
        found
    }

    /// Attributes that have a value by the entry's name alone, and that no class allows.
    fn naming_attributes<'n, I: Iterator<Item = &'n [u8]>>(
        &self,
        rdn: Option<&Rdn>,
        classes: &dyn Fn() -> I,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        for ava in rdn.into_iter().flat_map(|rdn| rdn.avas.iter()).filter(|_| !self.lost_class()) {
            let Some(attribute) = self.schema().served_attribute(&ava.attribute) else { continue };
            let is_it = |held: &AttributeType| held.id == attribute.id;
            let is_there = self.all.iter().any(|value| value.attribute.is_some_and(is_it));
            if !is_there && !self.is_allowed(attribute, classes()) {
                let fault = EntryFault::NotAllowed { attribute: ava.attribute.clone() };
                found.push(self.about_record(Severity::Fault, fault));
            }
        }
        found
    }

    /// Whether the entry's own name gives it a value of this attribute (RFC 4512 section 2.3.1).
    fn is_named(&self, attribute: &AttributeType) -> bool {
        let Look { examiner, extent, .. } = self.look;
        let Ok(dn) = examiner.source.dn(*extent) else { return true };
        let mut avas = dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter());
        avas.any(|ava| {
            self.schema().attribute(&ava.attribute).is_some_and(|a| a.id == attribute.id)
        })
    }

    /// Attributes that no class allows, and those with more values than one may have.
    fn each_attribute<'n, I: Iterator<Item = &'n [u8]>>(
        &self,
        classes: &dyn Fn() -> I,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        let mut seen = HashMap::new();
        for value in &self.all {
            let Some(attribute) = value.attribute else { continue };
            let name = || value.raw.description.to_vec();
            let options = option_set(value.raw.description);
            let kind = folded(type_of(value.raw.description));
            let fault = match seen.entry((attribute.id, options)) {
                Entry::Occupied(first) if *first.get() != kind => {
                    EntryFault::SeveralNames { attribute: name() }
                }
                Entry::Occupied(_) if attribute.single_value => {
                    EntryFault::SeveralValues { attribute: name() }
                }
                Entry::Occupied(_) => continue,
                Entry::Vacant(free) => {
                    free.insert(kind);
                    if self.lost_class() || self.is_allowed(attribute, classes()) {
                        continue;
                    }
                    EntryFault::NotAllowed { attribute: name() }
                }
            };
            found.push(self.found(Severity::Fault, fault, value));
        }
        found
    }

    /// Whether an entry of these classes may have an attribute; what the server adds by itself is
    /// allowed everywhere.
    fn is_allowed<'n>(
        &self,
        attribute: &AttributeType,
        classes: impl Iterator<Item = &'n [u8]>,
    ) -> bool {
        attribute.is_operational() || self.schema().allows(classes, attribute)
    }

    fn found(&self, severity: Severity, fault: EntryFault, value: &Value<'l, 'c>) -> Found {
        let at = value.raw.description.as_ptr() as usize - self.look.logical.as_ptr() as usize;
        let (at, len) = (self.look.offset_of(at), value.raw.description.len());
        let kind = ErrorKind::Entry(fault);
        Found { severity, kind, at, len, extent: Some(self.look.extent) }
    }

    fn about_record(&self, severity: Severity, fault: EntryFault) -> Found {
        let extent = self.look.extent;
        let kind = ErrorKind::Entry(fault);
        Found { severity, kind, at: extent.start, len: 0, extent: Some(extent) }
    }
}

/// What two values of an attribute have in common if they are one and the same.
pub(super) fn held_form<'v>(
    schema: &Schema,
    attribute: Option<&AttributeType>,
    value: &'v [u8],
) -> Bytes<'v> {
    match attribute.and_then(|attribute| attribute.equality) {
        Some(rule) => normalize_as_held(schema, rule, value),
        None => Cow::Borrowed(value),
    }
}
