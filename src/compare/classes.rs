//! What a change of object classes takes along: attributes that a new class demands, and those that
//! only a class which goes allowed.

use crate::attribute::type_of;
use crate::entry::Entry;
use crate::schema::{Mandatory, Schema};

/// The object classes of an entry that differ.
pub(super) struct ClassChange<'e> {
    added: Vec<&'e [u8]>,
    removed: Vec<&'e [u8]>,
    new: Vec<&'e [u8]>,
}

impl<'e> ClassChange<'e> {
    /// The change, where there is one.
    pub(super) fn between(old: &'e Entry<'_>, new: &'e Entry<'_>) -> Option<ClassChange<'e>> {
        let (old, new): (Vec<_>, Vec<_>) =
            (old.object_classes().collect(), new.object_classes().collect());
        let without = |a: &[&'e [u8]], b: &[&'e [u8]]| -> Vec<&'e [u8]> {
            let other = |class: &&&[u8]| !b.iter().any(|c| c.eq_ignore_ascii_case(class));
            a.iter().filter(other).copied().collect()
        };
        let (added, removed) = (without(&new, &old), without(&old, &new));
        let differs = !added.is_empty() || !removed.is_empty();
        differs.then_some(ClassChange { added, removed, new })
    }

    /// Whether a server takes the change of classes only together with that of an attribute.
    pub(super) fn demands(&self, schema: &Schema, description: &[u8]) -> bool {
        let Some(attribute) = schema.attribute(type_of(description)) else { return false };
        let demands = schema.mandatory(self.added.iter().copied(), attribute) == Mandatory::Yes;
        let allows = |classes: &[&[u8]]| schema.allows(classes.iter().copied(), attribute);
        demands || (allows(&self.removed) && !allows(&self.new))
    }
}
