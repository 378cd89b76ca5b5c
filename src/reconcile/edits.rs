//! What becomes of an entry: values, a name, classes; and the entry that comes of it.
//!
//! Knows nothing of rows and of where the edits come from.

use std::borrow::Cow;

use crate::attribute::{CLASSES, is_transfer_option, options_of, type_of};
use crate::dn::{AvaValue, Dn};
use crate::entry::{Attribute, Entry};
use crate::mapping::Mapping;
use crate::reconcile::fields::{FieldTable, Fields};
use crate::reconcile::record::{EntryView, normal_value};
use crate::schema::Schema;

/// What becomes of an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits {
    /// Attributes with the values that they are to have; none where they go.
    pub(super) attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// What it is to be called.
    pub(super) dn: Option<Dn>,
    /// Classes that it is to have besides.
    pub(super) classes: Vec<String>,
    /// Whether it goes: nothing would be left in it.
    pub(super) goes: bool,
    /// Values that lead to no record, a sentence each.
    pub(super) unresolved: Vec<String>,
}

impl Edits {
    /// Whether nothing becomes of the entry.
    pub(super) fn is_nothing(&self) -> bool {
        self.attributes.is_empty() && self.dn.is_none() && self.classes.is_empty()
    }

    /// Whether nothing is to be done or told.
    pub(super) fn say_nothing(&self) -> bool {
        self.is_nothing() && !self.goes && self.unresolved.is_empty()
    }

    /// What another mapping says of the same entry comes on top.
    pub(super) fn append(&mut self, more: Edits) {
        self.attributes.extend(more.attributes);
        self.dn = more.dn.or(self.dn.take());
        self.classes.extend(more.classes);
        self.goes |= more.goes;
    }

    /// A new entry of this.
    pub(super) fn created(self, schema: &Schema) -> Entry<'static> {
        let mut entry = Entry::new(self.dn.clone().unwrap_or_default());
        add_classes(&mut entry, &self.classes);
        edited(schema, entry, &self).into_owned()
    }
}

/// An entry with what changes in it. What its name is made of is among its values.
pub(super) fn edited<'e>(schema: &Schema, mut entry: Entry<'e>, edits: &'e Edits) -> Entry<'e> {
    for (name, values) in &edits.attributes {
        let is_it = |held: &[u8]| schema.same_values(held, name.as_bytes());
        let at = entry.attributes.iter().position(|one| is_it(&one.description));
        let held = at.map(|at| entry.attributes[at].description.clone());
        entry.attributes.retain(|one| !is_it(&one.description));
        if values.is_empty() {
            continue;
        }
        let values = values.iter().map(|value| Cow::Borrowed(value.as_slice())).collect();
        let description = held.unwrap_or_else(|| described(schema, name));
        let at = at.unwrap_or(entry.attributes.len());
        entry.attributes.insert(at, Attribute { description, values });
    }
    add_classes(&mut entry, &edits.classes);
    if let Some(dn) = &edits.dn {
        entry.dn = dn.clone();
        name_values(schema, &mut entry);
    }
    entry
}

/// Adds the classes that an entry does not have.
fn add_classes(entry: &mut Entry<'_>, classes: &[String]) {
    for class in classes {
        let is_it = |held: &[u8]| held.eq_ignore_ascii_case(class.as_bytes());
        if !entry.object_classes().any(is_it) {
            entry.push(Cow::Borrowed(CLASSES), Cow::Owned(class.clone().into_bytes()));
        }
    }
}

/// What an attribute is called in an entry that does not have it yet: with the option `binary` where its values
/// must be transferred so (RFC 4523 section 2).
fn described<'n>(schema: &Schema, name: &'n str) -> Cow<'n, [u8]> {
    let known = schema.attribute(type_of(name.as_bytes()));
    let is_binary = known.and_then(|known| known.syntax.is_transferred_as_binary()) == Some(true);
    match is_binary && !options_of(name.as_bytes()).any(is_transfer_option) {
        true => Cow::Owned([name, ";binary"].concat().into_bytes()),
        false => Cow::Borrowed(name.as_bytes()),
    }
}

/// Adds the values that the name of an entry is made of. Those that an older name was made of stay, unless a flow
/// has taken them away: the attribute may be what the entry is found by. One that holds a single value has the new one.
fn name_values(schema: &Schema, entry: &mut Entry<'_>) {
    let rdn = entry.dn.rdn().cloned().unwrap_or_default();
    for ava in rdn.avas.iter() {
        let AvaValue::Text(value) = &ava.value else { continue };
        let wanted = normal_value(schema, &ava.attribute, value);
        let mut held = entry.attributes.iter_mut();
        let held = held.find(|one| schema.same_values(&one.description, &ava.attribute));
        match held {
            Some(one) => {
                let mut values = one.values.iter();
                if !values.any(|held| normal_value(schema, &ava.attribute, held) == wanted) {
                    if is_single(schema, &ava.attribute) {
                        one.values.clear();
                    }
                    one.values.push(Cow::Owned(value.clone()));
                }
            }
            None => {
                entry.push(Cow::Owned(ava.attribute.clone()), Cow::Owned(value.clone()));
            }
        }
    }
}

/// Whether an attribute holds one value at most.
fn is_single(schema: &Schema, name: &[u8]) -> bool {
    schema.attribute(type_of(name)).is_some_and(|known| known.single_value)
}

/// Has an attribute hold these values, where it does not.
pub(super) fn set(
    schema: &Schema,
    view: EntryView<'_>,
    name: &str,
    values: Vec<Vec<u8>>,
    edits: &mut Edits,
) {
    let normal = |value: &[u8]| normal_value(schema, name.as_bytes(), value);
    let sorted = |values: Vec<Vec<u8>>| {
        let mut values = values;
        values.sort_unstable();
        values
    };
    let held = view.of(name).iter().map(|value| normal(value)).collect();
    if sorted(held) != sorted(values.iter().map(|value| normal(value)).collect()) {
        edits.attributes.push((name.to_owned(), values));
    }
}

/// The classes that an entry is to get: all where it is new, else those without which it may not have what
/// it gets.
pub(super) fn classes_of(
    schema: &Schema,
    mapping: &Mapping,
    old: Option<&Fields<'_>>,
    edits: &Edits,
) -> Vec<String> {
    let Some(old) = old else { return mapping.object_class.clone() };
    let mut held: Vec<Vec<u8>> = Vec::new();
    let mut added = Vec::new();
    for (name, _) in edits.attributes.iter().filter(|(_, values)| !values.is_empty()) {
        if held.is_empty() {
            held.extend(old.of_field(FieldTable::CLASS).map(|class| class.to_vec()));
        }
        let Some(attribute) = schema.attribute(type_of(name.as_bytes())) else { continue };
        let allows = |held: &[Vec<u8>]| schema.allows(held.iter().map(Vec::as_slice), attribute);
        if allows(&held) {
            continue;
        }
        for class in &mapping.object_class {
            let one = [class.clone().into_bytes()];
            let has = |held: &[Vec<u8>]| held.iter().any(|h| h.eq_ignore_ascii_case(&one[0]));
            if !has(&held) && allows(&one) {
                held.extend(one);
                added.push(class.clone());
                break;
            }
        }
    }
    added
}
