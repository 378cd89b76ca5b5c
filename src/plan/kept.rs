//! What NEW says of an entry and is not done, and what it says that a server may not take.
//!
//! Both are counted for a warning; neither ends a run.

use std::collections::HashSet;

use crate::compare::{Field, FieldDelta};
use crate::plan::journey::{Fields, States, Way, set, values};

/// Whether an entry keeps anything that NEW would have otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// An attribute that the server does not give up.
    pub protected: bool,
    /// One that is left to a person to set.
    pub by_hand: bool,
    /// An account is not enabled, for it has no password yet.
    pub disabled: bool,
}

impl<'s> Way<'_, 's> {
    /// Leaves to an entry what the server does not give up, and what is set by hand.
    pub(super) fn keep<'e>(&self, start: &Fields<'e, 's>, end: &mut Fields<'e, 's>) -> Kept {
        let comparison = self.comparison;
        let of = |fields: &Fields<'e, 's>, d: &[u8]| values(comparison, fields, d);
        let mut kept = Kept::default();
        for field in start.iter().filter(|f| f.attribute.is_some_and(|a| self.server.protects(a))) {
            if of(end, field.description).is_empty() {
                kept.protected = true;
                end.push(field.clone());
            }
        }
        for field in [start.clone(), end.clone()].into_iter().flatten() {
            let (d, before) = (field.description, of(start, field.description));
            if self.server.is_set_by_hand(d) && of(end, d) != before {
                kept.by_hand = true;
                set(comparison, end, d, field.attribute, before);
            }
        }
        kept
    }

    /// The same of what NEW changes in an entry.
    pub fn twins_among_new(&self, states: &States<'_, 's>) -> u64 {
        let deltas = self.comparison.delta(states.start.clone(), states.end.clone());
        let comes = deltas.into_iter().filter(|delta| !delta.added.is_empty());
        let field = |d: FieldDelta<'_, 's>| -> u64 {
            let (description, attribute, values) = (d.description, d.attribute, d.new);
            self.twins(&[Field { description, attribute, values }])
        };
        comes.map(field).sum()
    }

    /// How many of some attributes have two values that the server takes for one.
    pub fn twins(&self, fields: &[Field<'_, '_>]) -> u64 {
        let twins = |field: &&Field<'_, '_>| {
            let normal = |v: &&[u8]| self.comparison.by_rule(field.attribute, v).into_owned();
            let mut seen = HashSet::new();
            let once: HashSet<&[u8]> = field.values.iter().copied().collect();
            once.len() > 1 && !once.iter().map(normal).all(|value| seen.insert(value))
        };
        fields.iter().filter(twins).count() as u64
    }
}
