//! Which entries of a side take part: a part of the tree, filters, lists of names.
//!
//! Knows nothing of what is done with an entry that does not.

use std::collections::HashSet;

use crate::dn::Dn;
use crate::entry::Entry;
use crate::filter::Filter;
use crate::matching::{DnKeys, dn_key};
use crate::schema::Schema;

/// Which entries take part.
#[derive(Debug, Default)]
pub struct Scope {
    /// An entry matches one of these, where there are any.
    pub filters: Vec<Filter>,
    /// An entry matches none of these.
    pub excludes: Vec<Filter>,
    /// An entry stands at or below one of these, where there are any.
    pub bases: Vec<Dn>,
    /// How far below.
    pub depth: Depth,
    /// An entry is one of these, where they are given.
    pub only_dn: Option<Vec<Dn>>,
    /// An entry is none of these.
    pub exclude_dn: Vec<Dn>,
}

/// How far below a base (RFC 4511 section 4.5.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The base itself.
    Base,
    /// The entries just below it.
    One,
    /// It and all below it.
    #[default]
    Sub,
}

/// Says whether an entry is selected.
pub struct Selector<'o> {
    schema: &'o Schema,
    scope: &'o Scope,
    bases: HashSet<Vec<u8>>,
    /// How many RDNs the bases have, each number once.
    depths: Vec<usize>,
    only: Option<HashSet<Vec<u8>>>,
    except: HashSet<Vec<u8>>,
}

impl<'o> Selector<'o> {
    /// A selector by this scope.
    pub fn new(schema: &'o Schema, scope: &'o Scope) -> Selector<'o> {
        let keys = |names: &[Dn]| names.iter().map(|dn| dn_key(schema, dn)).collect();
        let mut depths: Vec<usize> = scope.bases.iter().map(|base| base.rdns.len()).collect();
        depths.sort_unstable();
        depths.dedup();
        Selector {
            schema,
            scope,
            bases: keys(&scope.bases),
            depths,
            only: scope.only_dn.as_deref().map(keys),
            except: keys(&scope.exclude_dn),
        }
    }

    /// Whether every entry is selected.
    pub fn takes_all(&self) -> bool {
        let Scope { filters, excludes, .. } = self.scope;
        filters.is_empty()
            && excludes.is_empty()
            && self.bases.is_empty()
            && self.only.is_none()
            && self.except.is_empty()
    }

    /// Whether it takes a look at attributes, not at the name alone.
    pub fn has_filters(&self) -> bool {
        !self.scope.filters.is_empty() || !self.scope.excludes.is_empty()
    }

    /// Whether the name of an entry may change whether it is selected.
    pub fn looks_at_name(&self) -> bool {
        let no_lists = self.bases.is_empty() && self.only.is_none() && self.except.is_empty();
        !no_lists || self.filters_look_at_name()
    }

    /// Whether the name of an entry may change what the filters say.
    pub fn filters_look_at_name(&self) -> bool {
        let Scope { filters, excludes, .. } = self.scope;
        filters.iter().chain(excludes).any(Filter::looks_at_name)
    }

    /// Whether the values of an attribute type may change whether an entry is selected.
    pub fn looks_at(&self, name: &[u8]) -> bool {
        let Scope { filters, excludes, .. } = self.scope;
        filters.iter().chain(excludes).any(|filter| filter.looks_at(self.schema, name))
    }

    /// Names of the attribute types that the filters look at, and perhaps of others; `None` where they look at any.
    pub fn types_looked_at(&self) -> Option<Vec<&[u8]>> {
        let Scope { filters, excludes, .. } = self.scope;
        let mut names = Vec::new();
        let mut all = filters.iter().chain(excludes);
        let is_all = all.all(|filter| filter.each_attribute(&mut |name| names.push(name)));
        let known = self.schema.attributes().iter();
        let known = known.map(|one| one.names.first().map_or(&*one.oid, |name| name).as_bytes());
        names.extend(known.filter(|name| self.looks_at(name)));
        is_all.then_some(names)
    }

    /// Whether this entry is.
    pub fn takes(&self, entry: &Entry<'_>) -> bool {
        self.takes_name(&entry.dn) && self.matches(entry)
    }

    /// Whether this entry passes the filters.
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        let Scope { filters, excludes, .. } = self.scope;
        (filters.is_empty() || filters.iter().any(|f| f.matches(self.schema, entry)))
            && !excludes.iter().any(|f| f.matches(self.schema, entry))
    }

    /// Whether an entry of this name may be selected: bases and lists, without the filters.
    pub fn takes_name(&self, dn: &Dn) -> bool {
        let key = || dn_key(self.schema, dn);
        (self.bases.is_empty() || self.is_below_base(dn))
            && self.only.as_ref().is_none_or(|only| only.contains(&key()))
            && (self.except.is_empty() || !self.except.contains(&key()))
    }

    fn is_below_base(&self, dn: &Dn) -> bool {
        let keys = DnKeys::new(self.schema, dn);
        self.depths.iter().any(|&depth| {
            let Some(below) = dn.rdns.len().checked_sub(depth) else { return false };
            let reached = match self.scope.depth {
                Depth::Base => below == 0,
                Depth::One => below == 1,
                Depth::Sub => true,
            };
            let base = || keys.iter().nth(below).unwrap_or_default();
            reached && self.bases.contains(base())
        })
    }
}
