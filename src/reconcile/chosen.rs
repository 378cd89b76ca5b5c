//! Which entries a mapping is about.

use crate::dn::Dn;
use crate::reconcile::fields::{Fields, LookedAt};
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

/// What filters said of entries: of those whose values they look at are the same, they say the same.
#[derive(Default)]
pub(super) struct Passing {
    /// What they look at, and what was said for each mapping that asked.
    known: Vec<(Vec<u8>, Vec<Option<bool>>)>,
    /// The one that was met last.
    last: usize,
    key: Vec<u8>,
}

impl Passing {
    /// So many are kept.
    const MANY: usize = 16;

    /// Whether an entry passes the filters of a mapping.
    pub(super) fn of(&mut self, choices: &[Choice<'_>], n: usize, looked: &LookedAt<'_>) -> bool {
        let selector = &choices[n].selector;
        if !selector.has_filters() {
            return true;
        }
        let passes = || selector.matches(&looked.entry());
        if !looked.is_told_by(&mut self.key) {
            return passes();
        }
        let is_it = |(key, _): &(Vec<u8>, Vec<Option<bool>>)| *key == self.key;
        if !self.known.get(self.last).is_some_and(is_it) {
            match self.known.iter().position(is_it) {
                Some(at) => self.last = at,
                None if self.known.len() < Passing::MANY => {
                    self.last = self.known.len();
                    self.known.push((self.key.clone(), vec![None; choices.len()]));
                }
                None => return passes(),
            }
        }
        *self.known[self.last].1[n].get_or_insert_with(passes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::type_of;
    use crate::filter::Filter;
    use crate::reconcile::fields::{FieldReader, FieldTable, Filtered};
    use crate::source::{ReadOptions, Source};

    #[test]
    fn what_was_said_of_one_is_said_of_all_like_it() {
        let schema = Schema::builtin();
        let scope = |filter: &str| Scope {
            filters: vec![Filter::parse(filter.as_bytes()).expect("a filter")],
            ..Scope::default()
        };
        let filters = ["(objectClass=person)", "(&(objectClass=top)(!(sn=s7)))", "(sn;x-a=s1)"];
        let scopes = filters.map(scope);
        let choices: Vec<Choice<'_>> = scopes
            .iter()
            .map(|scope| Choice { selector: Selector::new(schema, scope), inactive: None })
            .collect();
        let table = FieldTable::new(schema, &[]);
        let looks_at = |name: &[u8]| choices.iter().any(|one| one.selector.looks_at(type_of(name)));
        let filtered = Filtered { attribute: &looks_at, types: None, name: false };
        let mut reader = FieldReader::for_filters(&table, &[], filtered);
        let (mut passing, mut passed) = (Passing::default(), 0);
        for n in 0..600_usize {
            let class = ["person", "top", "TOP\nobjectClass: inetOrgPerson", "device"][n % 4];
            let option = if n % 3 == 0 { ";x-a" } else { "" };
            // More than are kept, and among them many that were met before.
            let name = n % 5 * (n / 300 * (n % 7) + 1);
            let text =
                format!("dn: cn=n{n}\nobjectClass: {class}\nsn{option}: s{name}\ncn: n{n}\n");
            let source = Source::of_text("x", text.as_bytes(), schema, ReadOptions::default());
            let extent = source.cut(0..text.len()).next_record(None);
            let extent = extent.expect("a record").expect("that can be read").extent;
            let whole = source.entry(extent).expect("an entry");
            let at = n % choices.len();
            let found = reader
                .with_filtered(&source, extent, |_, looked| Ok(passing.of(&choices, at, looked)));
            let found = found.expect("a verdict");
            assert_eq!(found, choices[at].selector.matches(&whole), "{text}");
            passed += usize::from(found);
        }
        assert!(passed > 50 && passing.known.len() == Passing::MANY, "{passed}");
    }
}
