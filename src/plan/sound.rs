//! What the classes of an entry demand and do not allow (RFC 4512 section 2.4), and what its attributes are no
//! values of (section 2.5), after a change.
//!
//! It is told and ends no run: the classes may be known to the server alone, or mended by hand.

use std::collections::{BTreeMap, HashSet};

use crate::entry::Entry;
use crate::matching::{Reference, conforms, normalize};
use crate::plan::early::classes;
use crate::plan::journey::{Fields, Way};
use crate::schema::{AttributeType, Mandatory, Syntax};
use crate::server::Server;

/// Why a server refuses what becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsound {
    /// It comes without a value of an attribute that its classes demand.
    Added,
    /// It changes so that it has none.
    Lacks,
    /// It keeps an attribute that only a class allowed which goes.
    Keeps,
    /// It gets a value that is none of its attribute's syntax.
    Malformed,
    /// It gets several values of an attribute that has one.
    Several,
}

/// The attribute because of which an entry is not sound.
pub(super) type Wrong = (Unsound, String);

/// How many entries are wrong in each way, with the attribute of the first.
pub(super) fn counted<'w>(all: impl Iterator<Item = &'w Wrong>) -> Vec<(Unsound, u64, String)> {
    let mut counts: BTreeMap<Unsound, (u64, &String)> = BTreeMap::new();
    for (unsound, name) in all {
        counts.entry(*unsound).or_insert((0, name)).0 += 1;
    }
    counts.into_iter().map(|(unsound, (count, name))| (unsound, count, name.clone())).collect()
}

impl<'s> Way<'_, 's> {
    /// What is wrong with an entry that is added with these attributes.
    pub(super) fn unsound_when_added(&self, fields: &Fields<'_, 's>) -> Option<Wrong> {
        let lacking = self.lacking(fields, |_| true).map(|name| (Unsound::Added, name));
        lacking.or_else(|| self.wrong_value(&Vec::new(), fields))
    }

    /// The first attribute that gets a value which is none of its own. What Active Directory takes is its own
    /// affair, and what has an option is read by it.
    fn wrong_value(&self, start: &Fields<'_, 's>, end: &Fields<'_, 's>) -> Option<Wrong> {
        let schema = self.comparison.schema;
        let is_value = |attribute: &AttributeType, value: &[u8]| {
            let syntax = attribute.syntax;
            if syntax.is_dn() {
                return Reference::parse(Some(attribute), value).is_some();
            }
            let rule = Some(syntax).filter(|one| *one != Syntax::DirectoryString);
            let rule = rule.and_then(Syntax::equality);
            syntax.allows(value)
                && rule.is_none_or(|rule| conforms(&normalize(schema, rule, value)))
        };
        for field in end.iter().filter(|_| self.server != Server::ActiveDirectory) {
            let Some(attribute) = field.attribute.filter(|_| !field.description.contains(&b';'))
            else {
                continue;
            };
            let held = start.iter().find(|one| one.is(field.description, Some(attribute)));
            let held: HashSet<&[u8]> =
                held.iter().flat_map(|held| held.values.iter().copied()).collect();
            let is_new = |value: &&&[u8]| !held.contains(*value);
            let mut new = field.values.iter().filter(is_new).peekable();
            let name = || attribute.names.first().map(ToString::to_string);
            if attribute.single_value && field.values.len() > 1 && new.peek().is_some() {
                return Some((Unsound::Several, name()?));
            }
            if new.any(|value| !is_value(attribute, value)) {
                return Some((Unsound::Malformed, name()?));
            }
        }
        None
    }

    /// What is wrong with an entry that had these attributes and gets others, where attributes that take
    /// no part stay as they are. What was wrong before is not told.
    pub(super) fn unsound_when_changed(
        &self,
        old: &Entry<'_>,
        [start, end]: [&Fields<'_, 's>; 2],
    ) -> Option<Wrong> {
        if self.server == Server::ActiveDirectory {
            return None;
        }
        let schema = self.comparison.schema;
        let mut staying = self.comparison.writable_fields(old);
        let was: Vec<_> = staying.iter().filter_map(|field| field.attribute).collect();
        staying.retain(|field| !start.iter().any(|f| f.is(field.description, field.attribute)));
        let (before, after) = (classes(start), classes(end));
        let kept = staying.iter().filter_map(|field| field.attribute).find(|attribute| {
            let allows = |classes: &[&[u8]]| schema.allows(classes.iter().copied(), attribute);
            !after.is_empty() && allows(&before) && !allows(&after)
        });
        if let Some(name) = kept.and_then(|attribute| attribute.names.first()) {
            return Some((Unsound::Keeps, name.to_string()));
        }
        let is_new = |demanded: &AttributeType| {
            let was_there = was.iter().any(|held| schema.is_subtype(held, demanded));
            was_there || schema.mandatory(before.iter().copied(), demanded) == Mandatory::No
        };
        staying.extend(end.iter().cloned());
        let lacking = self.lacking(&staying, is_new).map(|name| (Unsound::Lacks, name));
        lacking.or_else(|| self.wrong_value(start, end))
    }

    /// The first attribute that the classes of an entry demand and that is not among its own, where a
    /// server refuses such an entry.
    fn lacking(
        &self,
        fields: &Fields<'_, 's>,
        is_told: impl Fn(&AttributeType) -> bool,
    ) -> Option<String> {
        if self.server == Server::ActiveDirectory {
            return None;
        }
        let schema = self.comparison.schema;
        let is_there = |demanded: &AttributeType| {
            let held = fields.iter().filter_map(|field| field.attribute);
            held.into_iter().any(|held| schema.is_subtype(held, demanded))
        };
        let required = schema.required(classes(fields).into_iter()).into_iter();
        let mut missing = required.map(|(demanded, _)| demanded).filter(|demanded| {
            !demanded.no_user_modification
                && !self.server.may_lose_names(demanded)
                && !is_there(demanded)
                && is_told(demanded)
        });
        missing.next()?.names.first().map(ToString::to_string)
    }
}
