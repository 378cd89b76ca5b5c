//! What a plan must look at in a pair, found while both entries are at hand.
//!
//! In most pairs nothing but values of their own changes: neither another entry, nor a limit, nor a
//! rule of the server depends on those, and the pair is read again only to be written. Knows what
//! `sort`, `ledger`, `steps` and the limits look for; where it is in doubt they look.

use std::borrow::Cow;

use crate::attribute::{CLASSES, names_members, type_of};
use crate::compare::{Comparison, FieldDelta};
use crate::entry::Entry;
use crate::join::Looks;
use crate::plan::configuration::is_needed;
use crate::plan::journey::{ModifyStyle, is_written_whole};
use crate::plan::kept::has_twins;
use crate::plan::newcomer::{PRIMARY_GROUP, value};
use crate::plan::release::unique_names;
use crate::schema::NameSet;
use crate::server::{Server, is_outside_the_tree};

/// What says which structural class an entry has (RFC 4512 section 3.3).
const SAID_CLASS: &[u8] = b"structuralObjectClass";

/// What tells which looks a pair needs.
#[derive(Debug)]
pub struct Scout<'p, 's> {
    comparison: &'p Comparison<'s>,
    server: Server,
    style: ModifyStyle,
    unique: NameSet,
}

impl<'p, 's> Scout<'p, 's> {
    /// What it looks at though it does not differ, or only a server may write it.
    pub const LOOKS_AT: [&'static [u8]; 2] = [CLASSES, SAID_CLASS];

    /// For a plan of this style for this server; `unique` are further unique attributes, in lower
    /// case.
    pub fn new(
        comparison: &'p Comparison<'s>,
        server: Server,
        style: ModifyStyle,
        unique: &[Vec<u8>],
    ) -> Scout<'p, 's> {
        Scout { comparison, server, style, unique: unique_names(comparison, unique) }
    }

    /// Whether the primary group of an account differs, and is not compared: what the server makes of its
    /// memberships is to be known all the same.
    pub fn moves_members(&self, old: &Entry<'_>, new: &Entry<'_>) -> bool {
        self.server.moves_members()
            && !self.comparison.takes_part(PRIMARY_GROUP)
            && value(old, PRIMARY_GROUP) != value(new, PRIMARY_GROUP)
    }

    /// The looks that a pair needs which differs in this.
    pub fn looks(&self, old: &Entry<'_>, new: &Entry<'_>, deltas: &[FieldDelta<'_, '_>]) -> Looks {
        if self.server.refuses_more()
            || !self.comparison.takes_all()
            || deltas.is_empty()
            || self.is_respelled(old, new)
            || said_class(old) != said_class(new)
            || is_needed(self.server, &old.dn)
            || is_outside_the_tree(old)
            || is_outside_the_tree(new)
        {
            return Looks::ALL;
        }
        deltas.iter().fold(Looks::NONE, |looks, delta| looks.and(self.looks_at(old, delta)))
    }

    /// Whether an entry's name itself gets another spelling: where the records of both sides spell a value
    /// of it alike, that is how it stays.
    fn is_respelled(&self, old: &Entry<'_>, new: &Entry<'_>) -> bool {
        old.dn.rdn() != new.dn.rdn()
            && match [old, new].map(|entry| self.comparison.spelled_rdn(entry)) {
                [Some(old), Some(new)] => self.comparison.is_respelled(&old, &new),
                _ => false,
            }
    }

    fn looks_at(&self, entry: &Entry<'_>, delta: &FieldDelta<'_, '_>) -> Looks {
        let FieldDelta { description, attribute, new, .. } = delta;
        let kind = type_of(description);
        let named = |other: &[u8]| self.comparison.same_attribute(other, kind);
        let mut naming = entry.dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter());
        let refers = attribute.is_some_and(|attribute| attribute.syntax.is_dn());
        if refers || named(b"objectClass") || naming.any(|ava| named(&ava.attribute)) {
            return Looks::ALL;
        }
        let is_unique = self.unique.contains(kind);
        let is_special = is_written_whole(self.server, self.style, delta)
            || has_twins(self.comparison, *attribute, new)
            || (self.server.clears_with_password() && named(b"userPassword"));
        Looks::UNIQUE
            .given(is_unique)
            .and(Looks::PARTS.given(is_special))
            .and(Looks::LOSSES.given(new.iter().all(|v| v.is_empty()) || names_members(kind)))
    }
}

/// The structural class that the server says an entry has.
fn said_class<'e>(entry: &'e Entry<'_>) -> Option<&'e [Cow<'e, [u8]>]> {
    let named = |d: &[u8]| d.eq_ignore_ascii_case(SAID_CLASS);
    entry.attributes.iter().find(|a| named(&a.description)).map(|a| a.values.as_slice())
}
