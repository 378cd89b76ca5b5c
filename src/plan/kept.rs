//! What NEW says of an entry and is not done, and what it says that a server may not take.
//!
//! Both are counted for a warning; neither ends a run.

use crate::change::{ModOp, Modification};
use crate::compare::{Comparison, Field};
use crate::plan::journey::{Fields, Way, name, set, values};
use crate::schema::AttributeType;

/// Whose primary group is left to a person to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of an account which comes.
    Newcomer,
    /// That of one which both exports have.
    Known,
}

/// What is particular about an entry of OpenLDAP's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configuration {
    /// What is built into the server differs, and stays.
    BuiltIn,
    /// A module comes, which the server does not give up again.
    ForGood,
}

/// Whether an entry keeps anything that NEW would have otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// An attribute that the server does not give up.
    pub protected: bool,
    /// What is particular about it in the server's configuration.
    pub configuration: Option<Configuration>,
    /// Another primary group, which is left to a person to set.
    pub by_hand: Option<Whose>,
    /// An account is not enabled, for it has no password yet.
    pub disabled: bool,
    /// How many references are left out, because the entries they name do not come.
    pub references: u64,
    /// How many references stay in an entry that is left as it is, though the names they hold go.
    pub stale: u64,
}

impl<'s> Way<'_, 's> {
    /// Leaves to an entry what the server does not give up, and what is set by hand.
    pub(super) fn keep<'e>(&self, start: &Fields<'e, 's>, end: &mut Fields<'e, 's>) -> Kept {
        let mut kept = Kept::default();
        for field in start.iter().filter(|f| f.attribute.is_some_and(|a| self.server.protects(a))) {
            if values(end, field.description, field.attribute).is_empty() {
                kept.protected = true;
                end.push(field.clone());
            }
        }
        let by_hand = |f: &&Field<'e, 's>| self.server.is_set_by_hand(f.description);
        let field = start.iter().find(by_hand).or_else(|| end.iter().find(by_hand)).cloned();
        if let Some(Field { description, attribute, .. }) = field {
            let before = values(start, description, attribute);
            let differs = values(end, description, attribute) != before;
            kept.by_hand = differs.then_some(Whose::Known);
            set(end, description, attribute, before);
        }
        kept
    }

    /// How many references that NEW does not have are left in an entry, by a name that goes. What the
    /// server changes by itself is none of them.
    pub(super) fn stale(&self, start: &Fields<'_, 's>, end: &Fields<'_, 's>) -> u64 {
        let goes = |field: &Field<'_, 's>, value: &[u8]| {
            name(field.attribute, value).is_some_and(|dn| self.names.goes(&dn))
        };
        let refers = |field: &&Field<'_, 's>| {
            field.attribute.is_some_and(|a| a.syntax.is_dn()) && !self.is_link(field.attribute)
        };
        let stale = |field: &Field<'_, 's>| {
            let after = values(end, field.description, field.attribute);
            let removed = self.comparison.without(field.attribute, &field.values, &after);
            removed.into_iter().filter(|value| goes(field, value)).count() as u64
        };
        start.iter().filter(refers).map(stale).sum()
    }

    /// How many of some attributes have two values that the server takes for one. Names are not
    /// looked at: lists of them are long, and no export has one twice.
    pub fn twins(&self, fields: &[Field<'_, '_>]) -> u64 {
        let twins = |f: &&Field<'_, '_>| has_twins(self.comparison, f.attribute, &f.values);
        fields.iter().filter(twins).count() as u64
    }

    /// The same of what comes to an entry by these modifications.
    pub(super) fn twins_that_come(
        &self,
        end: &Fields<'_, 's>,
        all: &[Vec<Modification<'_>>],
    ) -> u64 {
        let comes = |f: &&Field<'_, 's>| {
            let same = |one: &Modification<'_>| {
                one.op != ModOp::Delete
                    && self.comparison.same_attribute(&one.description, f.description)
            };
            f.values.len() > 1 && all.iter().flatten().any(same)
        };
        end.iter().filter(comes).map(|field| self.twins(std::slice::from_ref(field))).sum()
    }
}

/// Whether two of some values are one for the server; names are not looked at.
pub(super) fn has_twins(
    comparison: &Comparison<'_>,
    attribute: Option<&AttributeType>,
    values: &[&[u8]],
) -> bool {
    if values.len() < 2 || attribute.is_some_and(|a| a.syntax.is_dn()) {
        return false;
    }
    let mut once = values.to_vec();
    once.sort_unstable();
    once.dedup();
    let mut forms: Vec<_> =
        once.into_iter().map(|value| comparison.by_rule(attribute, value)).collect();
    forms.sort_unstable();
    forms.windows(2).any(|pair| pair[0] == pair[1])
}
