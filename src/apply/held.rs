//! The values of one attribute while changes are applied to it.
//!
//! They keep their order, and each is found by its normal form, so that a thousand changes of a large
//! group cost what they say and not what the group holds. Knows nothing of entries.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::attribute::type_of;
use crate::matching::normalize_as_held;
use crate::schema::{MatchingRule, Schema};

/// So many values are looked through; more are indexed.
const FEW: usize = 16;

/// A value.
pub(super) type Value = Cow<'static, [u8]>;

/// When two values of an attribute are equal.
#[derive(Clone, Copy)]
pub(super) struct Equality<'s> {
    schema: &'s Schema,
    rule: Option<MatchingRule>,
}

impl<'s> Equality<'s> {
    /// That of an attribute; octets where nobody knows its rule.
    pub(super) fn of(schema: &'s Schema, description: &[u8]) -> Equality<'s> {
        let rule = schema.attribute(type_of(description)).and_then(|known| known.equality);
        Equality { schema, rule }
    }

    /// A value in the form that all equal values share.
    pub(super) fn normal(self, value: &[u8]) -> Cow<'_, [u8]> {
        match self.rule {
            Some(rule) => normalize_as_held(self.schema, rule, value),
            None => Cow::Borrowed(value),
        }
    }
}

/// The values of an attribute.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Values, with gaps where some were taken away.
    slots: Vec<Option<Value>>,
    count: usize,
    /// The slots of each normal form, the first one first; made when there are many values.
    places: Option<HashMap<Vec<u8>, Vec<usize>>>,
}

impl Held {
    /// Values that may be equal, as an export has them.
    pub(super) fn new(values: Vec<Value>) -> Held {
        let count = values.len();
        Held { slots: values.into_iter().map(Some).collect(), count, places: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().flatten()
    }

    /// The slot of the first value that is equal to this one.
    pub(super) fn find(&mut self, equality: Equality<'_>, value: &[u8]) -> Option<usize> {
        let normal = equality.normal(value);
        if self.places.is_none() && self.slots.len() > FEW {
            let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::with_capacity(self.count);
            for (slot, value) in self.slots.iter().enumerate() {
                if let Some(value) = value {
                    places.entry(equality.normal(value).into_owned()).or_default().push(slot);
                }
            }
            self.places = Some(places);
        }
        match &self.places {
            Some(places) => places.get(&*normal).and_then(|slots| slots.first().copied()),
            None => {
                let is_it = |other: &Value| **other == *value || equality.normal(other) == normal;
                self.slots.iter().position(|slot| slot.as_ref().is_some_and(is_it))
            }
        }
    }

    /// Adds a value behind the others.
    pub(super) fn push(&mut self, equality: Equality<'_>, value: Value) {
        if let Some(places) = &mut self.places {
            let normal = equality.normal(&value).into_owned();
            places.entry(normal).or_default().push(self.slots.len());
        }
        self.slots.push(Some(value));
        self.count += 1;
    }

    /// Takes back the last [`Held::push`].
    pub(super) fn pop(&mut self, equality: Equality<'_>) {
        let slot = self.slots.len().saturating_sub(1);
        self.take(equality, slot);
        self.slots.truncate(slot);
    }

    /// Takes the value out of a slot.
    pub(super) fn take(&mut self, equality: Equality<'_>, slot: usize) -> Option<Value> {
        let value = self.slots.get_mut(slot)?.take()?;
        self.count -= 1;
        if let Some(places) = &mut self.places {
            let normal = equality.normal(&value);
            if let Some(slots) = places.get_mut(&*normal) {
                slots.retain(|other| *other != slot);
                if slots.is_empty() {
                    places.remove(&*normal);
                }
            }
        }
        Some(value)
    }

    /// Takes back a [`Held::take`].
    pub(super) fn put_back(&mut self, equality: Equality<'_>, slot: usize, value: Value) {
        if let Some(places) = &mut self.places {
            let slots = places.entry(equality.normal(&value).into_owned()).or_default();
            slots.insert(slots.partition_point(|other| *other < slot), slot);
        }
        self.slots[slot] = Some(value);
        self.count += 1;
    }

    /// Closes the gaps, where there are many.
    pub(super) fn settle(&mut self) {
        if self.slots.len() > 2 * self.count + FEW {
            self.slots.retain(Option::is_some);
            self.places = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(n: usize) -> Value {
        Cow::Owned(format!("Value {n}").into_bytes())
    }

    #[test]
    fn values_are_found_in_any_number_and_after_any_change() {
        let equality = Equality::of(Schema::builtin(), b"cn");
        for count in [3, 100] {
            let mut held = Held::new((0..count).map(value).collect());
            let slot = held.find(equality, b"value  1").expect("it is there");
            assert_eq!(held.take(equality, slot), Some(value(1)));
            assert_eq!(held.find(equality, b"value 1"), None);
            held.push(equality, value(1));
            held.pop(equality);
            assert_eq!(held.find(equality, b"value 1"), None);
            held.put_back(equality, slot, value(1));
            assert_eq!(held.find(equality, b"VALUE 1"), Some(1));
            assert!(held.values().eq(&(0..count).map(value).collect::<Vec<_>>()));
            for n in 0..count - 1 {
                let slot = held.find(equality, &value(n)).expect("it is there");
                held.take(equality, slot);
                held.settle();
            }
            assert!(held.values().eq(&[value(count - 1)]) && !held.is_empty());
            assert!(held.find(equality, b"value 0").is_none());
        }
    }

    #[test]
    fn equal_values_of_an_export_go_one_by_one() {
        let equality = Equality::of(Schema::builtin(), b"cn");
        let all = (0..40).map(|n| value(n / 2)).collect();
        let mut held = Held::new(all);
        for left in [Some(8), Some(9), None] {
            let slot = held.find(equality, b"value 4");
            assert_eq!(slot, left);
            slot.map(|slot| held.take(equality, slot));
        }
    }
}
