//! Which entries a mapping is about.

use crate::dn::Dn;
use crate::reconcile::fields::Fields;
use crate::reconcile::ready::ReadyMapping;
use crate::schema::Schema;
use crate::scope::{Scope, Selector};

/// Which entries a mapping is about.
pub(super) struct Chosen {
    scope: Scope,
    /// The place of those that were made inactive.
    inactive: Option<Scope>,
}

impl Chosen {
    pub(super) fn new(mapping: &ReadyMapping<'_>) -> Chosen {
        let entries = &mapping.mapping.entries;
        let scope = Scope {
            bases: entries.base.clone(),
            filters: entries.filter.clone().into_iter().collect(),
            excludes: entries.exclude.clone().into_iter().collect(),
            ..Scope::default()
        };
        let inactivate = mapping.mapping.inactivate.to_directory.as_ref();
        let moved = inactivate.and_then(|inactivate| inactivate.move_to.clone());
        let inactive = moved.map(|base| Scope { bases: vec![base], ..Scope::default() });
        Chosen { scope, inactive }
    }

    /// Who says of entries whether they are chosen.
    pub(super) fn choice<'c>(&'c self, schema: &'c Schema) -> Choice<'c> {
        let selector = |scope| Selector::new(schema, scope);
        Choice { selector: selector(&self.scope), inactive: self.inactive.as_ref().map(selector) }
    }
}

/// Says which entries a mapping is about.
pub(super) struct Choice<'c> {
    pub(super) selector: Selector<'c>,
    inactive: Option<Selector<'c>>,
}

/// What a mapping says of an entry by its name.
#[derive(Clone, Copy, Default)]
pub(super) struct ByName {
    /// Whether it is about it.
    pub(super) is_chosen: bool,
    /// Whether it is not for the place of the inactive ones alone.
    pub(super) is_meant: bool,
}

impl Choice<'_> {
    /// What the mapping says of an entry of this name, and so of everything below it.
    pub(super) fn of_name(&self, dn: &Dn) -> ByName {
        let is_meant = self.selector.takes_name(dn);
        let is_inactive = || self.inactive.as_ref().is_some_and(|one| one.takes_name(dn));
        ByName { is_chosen: is_meant || is_inactive(), is_meant }
    }
}

/// What the last entry stood below, and what the mappings say of everything below that.
#[derive(Default)]
pub(super) struct Above {
    name: Vec<u8>,
    chosen: Vec<ByName>,
}

impl Above {
    /// What a mapping says of an entry: mostly it stands below the same as the one before.
    pub(super) fn of(&mut self, choices: &[Choice<'_>], n: usize, fields: &Fields<'_>) -> ByName {
        let known = fields.plain_parent().map(|above| {
            if self.name != above || self.chosen.is_empty() {
                let parent = Dn::parse(above).unwrap_or_default();
                self.name = above.to_vec();
                self.chosen = choices.iter().map(|choice| choice.of_name(&parent)).collect();
            }
            self.chosen[n]
        });
        // What a mapping is not about may have something below that it is about.
        match known {
            Some(known) if known.is_meant => known,
            _ => choices[n].of_name(fields.dn()),
        }
    }
}
