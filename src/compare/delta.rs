//! What differs between the attributes of two entries that are the same.
//!
//! Values are sets: neither their order counts nor how often one stands there.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::compare::{Comparison, Field, Mode, Places};
use crate::schema::AttributeType;

/// Where two lists of values are held against each other one by one.
const FEW: usize = 64;

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
    /// What must be done to `old` for it to be `new`: attributes in the order of NEW with
    /// `objectClass` first, then those NEW has not.
    pub fn delta<'e>(
        &self,
        old: &[Field<'e, 's>],
        new: &[Field<'e, 's>],
    ) -> Vec<FieldDelta<'e, 's>> {
        let mut deltas = Vec::new();
        let mut places = Places::default();
        let mut next = 0;
        let mut stays = vec![false; old.len()];
        for field in new {
            let (description, attribute) = (field.description, field.attribute);
            let at = match old.get(next) {
                Some(before) if before.is(description, attribute) => Some(next),
                _ => places.find(old, description, attribute),
            };
            if let Some(at) = at {
                (next, stays[at]) = (at + 1, true);
            }
            deltas.extend(self.field_delta(at.map(|at| &old[at]), Some(field)));
        }
        for (field, _) in old.iter().zip(stays).filter(|(_, stays)| !stays) {
            deltas.extend(self.field_delta(Some(field), None));
        }
        let is_class = |d: &FieldDelta<'_, '_>| d.description.eq_ignore_ascii_case(b"objectClass");
        deltas.sort_by_key(|delta| !is_class(delta));
        deltas
    }

    fn field_delta<'e>(
        &self,
        old: Option<&Field<'e, 's>>,
        new: Option<&Field<'e, 's>>,
    ) -> Option<FieldDelta<'e, 's>> {
        let Field { description, attribute, .. } = *old.or(new)?;
        let old = old.map_or(&[][..], |field| &field.values);
        let new = new.map_or(&[][..], |field| &field.values);
        if old == new {
            return None;
        }
        let removed = self.without(attribute, old, new);
        let added = self.without(attribute, new, old);
        if removed.is_empty() && added.is_empty() {
            return None;
        }
        let (old, new) = (old.to_vec(), new.to_vec());
        Some(FieldDelta { description, attribute, removed, added, old, new })
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
        if rest.len() > 1 {
            let mut seen = HashSet::new();
            rest.retain(|value| seen.insert(*value));
        }
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
        left: Vec<&'e [u8]>,
        right: &[&'e [u8]],
    ) -> Vec<&'e [u8]> {
        if left.is_empty() || !self.has_forms(attribute) {
            return left;
        }
        let forms: Vec<Cow<'_, [u8]>> = left.iter().map(|l| self.normal(attribute, l)).collect();
        let wanted: HashSet<&[u8]> = forms.iter().map(AsRef::as_ref).collect();
        let mut there = HashSet::new();
        for value in right {
            there.extend(wanted.get(&*self.normal(attribute, value)).copied());
        }
        let rest = left.iter().zip(&forms).filter(|(_, form)| !there.contains(&***form));
        rest.map(|(value, _)| *value).collect()
    }

    /// Whether other bytes can be the same value under the mode.
    fn has_forms(&self, attribute: Option<&AttributeType>) -> bool {
        match self.mode {
            Mode::Bytes => false,
            Mode::Exact => attribute.is_some_and(|a| a.syntax.is_dn()),
            Mode::Schema => attribute.is_some_and(|a| a.equality.is_some()),
        }
    }
}
