//! What a record expects of its entry beyond what its values say: an assertion (RFC 4528).
//!
//! A value that is deleted guards itself. An add to an attribute that had no value, a replace, a
//! delete and a rename do not; here their filters are made. What another part of the import, or
//! referential integrity behind it, may have changed meanwhile is not asked for.

use std::collections::HashSet;

use crate::attribute::{folded, options_of, type_of};
use crate::change::{Control, ModOp, Modification};
use crate::compare::Field;
use crate::dn::{AvaValue, Rdn};
use crate::emit::Emission;
use crate::entry::Entry;
use crate::filter::Filter;
use crate::matching::Reference;
use crate::plan::early::UNKNOWN;
use crate::schema::{AttributeType, MatchingRule};
use crate::server::is_secret;

/// The OID of the assertion control.
const ASSERTION: &[u8] = b"1.3.6.1.1.12";

/// How many values of one attribute are asked for, and how long a value is at most.
const MOST_VALUES: usize = 100;
const LONGEST_VALUE: usize = 4096;

/// What identifies an entry on the one server that honours assertions.
const ENTRY_UUID: &[u8] = b"entryUUID";

/// The attributes that records of one entry have changed already.
pub(super) type Touched = HashSet<Vec<u8>>;

impl<'s> Emission<'_, 's> {
    /// What a modify of an entry with these fields expects. Attributes that a record before it
    /// touched are no longer as the fields have them; those it touches itself are noted.
    pub(super) fn expected_by_modify(
        &self,
        modifications: &[Modification<'_>],
        before: &[Field<'_, 's>],
        touched: &mut Touched,
    ) -> Vec<Control<'static>> {
        if !self.assert {
            return Vec::new();
        }
        let mut filters = Vec::new();
        let fresh = |m: &&Modification<'_>| !touched.contains(folded(&m.description).as_ref());
        for one in modifications.iter().filter(fresh) {
            let same = |f: &&Field<'_, '_>| {
                self.comparison().same_attribute(f.description, &one.description)
            };
            match (one.op, before.iter().find(same)) {
                (ModOp::Add | ModOp::Replace, None) => {
                    filters.extend(self.absent(&one.description, before, touched));
                }
                (ModOp::Replace, Some(field)) if !field.values.contains(&UNKNOWN) => {
                    filters.extend(self.held(field));
                }
                _ => {}
            }
        }
        touched.extend(modifications.iter().map(|m| folded(&m.description).into_owned()));
        control(filters)
    }

    /// What a delete expects: the entry itself, and all it had.
    pub(super) fn expected_by_delete(
        &self,
        fields: &[Field<'_, 's>],
        uuid: Option<&[u8]>,
    ) -> Vec<Control<'static>> {
        if !self.assert {
            return Vec::new();
        }
        let compared = fields.iter().filter(|f| self.comparison().takes_part(f.description));
        let held = compared.flat_map(|field| self.held(field));
        control(identity(uuid).into_iter().chain(held).collect())
    }

    /// What a rename expects: the entry itself, by its identifier, its classes and its RDN.
    pub(super) fn expected_by_rename(
        &self,
        rdn: &Rdn,
        fields: &[Field<'_, 's>],
        uuid: Option<&[u8]>,
    ) -> Vec<Control<'static>> {
        if !self.assert {
            return Vec::new();
        }
        let mut filters: Vec<Filter> = identity(uuid).into_iter().collect();
        let class =
            |f: &&Field<'_, '_>| self.comparison().same_attribute(f.description, b"objectClass");
        filters.extend(fields.iter().filter(class).flat_map(|field| self.held(field)));
        for ava in rdn.avas.iter() {
            let AvaValue::Text(value) = &ava.value else { continue };
            let attribute = self.comparison().schema.attribute(&ava.attribute);
            let field = Field { description: &ava.attribute, attribute, values: vec![value] };
            filters.extend(self.held(&field));
        }
        control(filters)
    }

    /// `(!(attribute=*))`, unless the entry has, or was given by a record before, a subtype of it, or it with
    /// more options, which the filter would take for it (RFC 4512 section 2.5). An attribute that the schema
    /// does not know may be a subtype of any.
    fn absent(
        &self,
        description: &[u8],
        before: &[Field<'_, 's>],
        touched: &Touched,
    ) -> Option<Filter> {
        let schema = self.comparison().schema;
        let of = schema.attribute(type_of(description));
        let covered = |other: &[u8]| {
            let has = |option: &[u8]| options_of(other).any(|o| o.eq_ignore_ascii_case(option));
            let is_subtype = match (schema.attribute(type_of(other)), of) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(_), Some(of)) => schema.names_subtype(type_of(other), of),
            };
            is_subtype && options_of(description).all(has)
        };
        let mut others =
            before.iter().map(|field| field.description).chain(touched.iter().map(Vec::as_slice));
        (!others.any(covered)).then(|| Filter::not(Filter::present(description)))
    }

    /// The values an attribute has; that it has any where they cannot be asked for.
    fn held(&self, field: &Field<'_, 's>) -> Vec<Filter> {
        let moves = field.attribute.is_some_and(|a| a.syntax.is_dn() || is_named(a));
        let stays = |value: &&&[u8]| !moves || !self.moves(field.attribute, value);
        let steady: Vec<&&[u8]> = field.values.iter().filter(stays).collect();
        if self.can_be_asked_for(field) {
            let fits = |value: &&&&[u8]| (1..=LONGEST_VALUE).contains(&value.len());
            let equal = |value: &&[u8]| Filter::equal(field.description, *value);
            let asked: Vec<Filter> =
                steady.iter().filter(fits).take(MOST_VALUES).map(|value| equal(value)).collect();
            if !asked.is_empty() {
                return asked;
            }
        }
        match steady.is_empty() {
            true => Vec::new(),
            false => vec![Filter::present(field.description)],
        }
    }

    /// Whether a value names an entry that goes or comes: referential integrity may follow it.
    fn moves(&self, attribute: Option<&AttributeType>, value: &[u8]) -> bool {
        let names = self.way.names;
        Reference::parse(attribute, value).is_some_and(|r| names.goes(&r.dn) || names.comes(&r.dn))
    }

    /// Whether the server compares a value of this attribute with a value as it stands in a filter.
    fn can_be_asked_for(&self, field: &Field<'_, '_>) -> bool {
        let binary = options_of(field.description).any(|o| o.eq_ignore_ascii_case(b"binary"));
        let secret = is_secret(self.comparison().schema, self.secrets, field.description);
        let by_rule =
            field.attribute.is_some_and(|a| !a.ordered && a.equality.is_some_and(takes_values));
        by_rule && !binary && !secret
    }
}

fn is_named(attribute: &AttributeType) -> bool {
    attribute.equality == Some(MatchingRule::UniqueMember)
}

/// Whether OpenLDAP has the rule, and its assertions are values.
fn takes_values(rule: MatchingRule) -> bool {
    use MatchingRule as R;
    matches!(
        rule,
        R::BitString
            | R::Boolean
            | R::CaseExact
            | R::CaseExactIa5
            | R::CaseIgnore
            | R::CaseIgnoreIa5
            | R::CaseIgnoreList
            | R::DistinguishedName
            | R::GeneralizedTime
            | R::Integer
            | R::NumericString
            | R::ObjectIdentifier
            | R::OctetString
            | R::TelephoneNumber
            | R::UniqueMember
            | R::Uuid
    )
}

/// The identifier that OLD has of an entry.
pub(super) fn uuid<'e>(entry: &'e Entry<'_>) -> Option<&'e [u8]> {
    let found = entry.attributes.iter().find(|a| a.description.eq_ignore_ascii_case(ENTRY_UUID))?;
    found.values.first().map(AsRef::as_ref)
}

fn identity(uuid: Option<&[u8]>) -> Option<Filter> {
    uuid.map(|uuid| Filter::equal(ENTRY_UUID, uuid))
}

/// The control that asks for all of these, if there are any.
fn control(mut filters: Vec<Filter>) -> Vec<Control<'static>> {
    let filter = match filters.len() {
        0 => return Vec::new(),
        1 => filters.remove(0),
        _ => Filter::and(filters),
    };
    vec![Control { oid: ASSERTION.into(), criticality: true, value: Some(filter.to_ber().into()) }]
}
