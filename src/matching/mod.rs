//! When two values are equal (RFC 4517, RFC 4518), when two names are, and which comes first.
//!
//! The one idea: a value has a normal form under a rule, and two values match if their normal forms
//! are the same bytes. A value that does not have the rule's syntax is compared as octets; a byte
//! that begins no other normal form is put before it, so that it equals no value that has. Knows
//! nothing of entries, or of which attribute a value belongs to.

mod data;
mod fits;
mod index;
mod name;
mod order;
mod prepare;
mod reference;
mod substrings;

use std::borrow::Cow;

use crate::dn::Dn;
use crate::schema::{MatchingRule, Schema};

pub(crate) use data::time_zone_offset;
pub use fits::{called, has_syntax, is_name, is_text, is_value};
pub use index::{Keys, name_key};
pub use name::{DnKeys, dn_key, dn_matches, keys_from, named_twice, rdn_key};
pub use order::order;
pub use prepare::unescaped_line;
pub use reference::Reference;
pub use substrings::substrings;

use prepare::Case;

/// Begins the normal form of a value that does not have its rule's syntax. No UTF-8 text, number,
/// time or framed name begins with it.
const NOT_CONFORMING: u8 = 0xff;

/// How many names may stand inside each other as values of naming attributes. What is nested
/// deeper is compared as octets.
const MAX_NESTING: usize = 8;

/// The normal form of `value` under `rule`: two values are equal under a rule if and only if their
/// normal forms are the same bytes.
///
/// Ordering and substrings rules prepare values as their equality rule does. IA5 rules take text
/// beyond ASCII too: servers that let it in compare it as other text. The rules for first
/// components compare whole values by octets, since definitions that share an OID are not the same.
pub fn normalize<'v>(schema: &Schema, rule: MatchingRule, value: &'v [u8]) -> Cow<'v, [u8]> {
    normalize_within(schema, rule, value, 0)
}

/// The same, `depth` names deep.
fn normalize_within<'v>(
    schema: &Schema,
    rule: MatchingRule,
    value: &'v [u8],
    depth: usize,
) -> Cow<'v, [u8]> {
    use MatchingRule as R;
    let normal = match rule {
        R::CaseIgnore
        | R::CaseIgnoreOrdering
        | R::CaseIgnoreSubstrings
        | R::CaseIgnoreIa5
        | R::CaseIgnoreIa5Substrings
        | R::Keyword
        | R::Word => prepare::text(value, Case::Ignore),
        R::CaseExact
        | R::CaseExactOrdering
        | R::CaseExactSubstrings
        | R::CaseExactIa5
        | R::CaseExactIa5Substrings => prepare::text(value, Case::Exact),
        R::NumericString | R::NumericStringOrdering | R::NumericStringSubstrings => {
            prepare::numeric_string(value)
        }
        R::TelephoneNumber | R::TelephoneNumberSubstrings => prepare::telephone_number(value),
        R::CaseIgnoreList | R::CaseIgnoreListSubstrings => prepare::list(value),
        R::Integer | R::IntegerOrdering | R::BitAnd | R::BitOr => data::integer(value),
        R::Boolean => data::boolean(value),
        R::GeneralizedTime | R::GeneralizedTimeOrdering => data::generalized_time(value),
        R::BitString => data::bit_string(value),
        R::Uuid | R::UuidOrdering => data::uuid(value),
        R::ObjectIdentifier => data::object_identifier(schema, value),
        R::DistinguishedName | R::InChain => name::dn(schema, value, depth),
        R::UniqueMember => name::name_and_optional_uid(schema, value, depth),
        R::DnWithData => name::dn_with_data(schema, value, depth),
        R::OctetString
        | R::OctetStringOrdering
        | R::OctetStringSubstrings
        | R::DirectoryStringFirstComponent
        | R::IntegerFirstComponent
        | R::ObjectIdentifierFirstComponent
        | R::CertificateExact
        | R::CertificateListExact
        | R::AuthPassword
        | R::Csn
        | R::CsnOrdering
        | R::CsnSid
        | R::Unmodelled => return Cow::Borrowed(value),
    };
    normal.unwrap_or_else(|| not_conforming(value))
}

/// The normal form of `value` as servers have it that hold values: they do not take control
/// characters and their like (the soft hyphen, spaces of no width) for blanks or for nothing, as RFC
/// 4518 section 2.2 has it, so values that differ in them are different.
pub fn normalize_as_held<'v>(
    schema: &Schema,
    rule: MatchingRule,
    value: &'v [u8],
) -> Cow<'v, [u8]> {
    let mut normal = normalize(schema, rule, value);
    let held = match rule {
        MatchingRule::DistinguishedName | MatchingRule::UniqueMember => name::held(value),
        _ => prepare::held(value),
    };
    if !held.is_empty() {
        normal.to_mut().extend([NOT_CONFORMING].into_iter().chain(held));
    }
    normal
}

/// The normal form of a value that does not have its rule's syntax.
fn not_conforming(value: &[u8]) -> Cow<'_, [u8]> {
    let mut tagged = Vec::with_capacity(value.len() + 1);
    tagged.push(NOT_CONFORMING);
    tagged.extend_from_slice(value);
    Cow::Owned(tagged)
}

/// Whether two values are equal under `rule`.
pub fn equal(schema: &Schema, rule: MatchingRule, a: &[u8], b: &[u8]) -> bool {
    a == b || normalize(schema, rule, a) == normalize(schema, rule, b)
}

/// Whether a normal form is that of a value that has its rule's syntax. Octets always have.
#[expect(clippy::ptr_arg, reason = "octets, which may begin with any byte, are never owned")]
pub fn conforms(normal: &Cow<'_, [u8]>) -> bool {
    match normal {
        Cow::Borrowed(_) => true,
        Cow::Owned(normal) => normal.first() != Some(&NOT_CONFORMING),
    }
}

/// Whether two values are approximately equal (RFC 4511 section 4.5.1.7.6, which leaves it to
/// the server): as text without regard to case, whatever their rule.
pub fn approximate(a: &[u8], b: &[u8]) -> bool {
    let form = |value| prepare::text(value, Case::Ignore).unwrap_or_else(|| not_conforming(value));
    a == b || form(a) == form(b)
}

/// The rule by which a value of the naming attribute `attribute` is compared, `None` for octets.
/// A type that the schema does not know is text in any case, as servers take it.
fn naming_rule(schema: &Schema, attribute: &[u8]) -> Option<MatchingRule> {
    match schema.attribute(attribute) {
        Some(known) => known.equality,
        None => Some(MatchingRule::CaseIgnore),
    }
}

/// A part of a key that says where it ends: its length, then its bytes.
fn push_framed(key: &mut Vec<u8>, part: &[u8]) {
    let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
    key.extend_from_slice(&len.to_be_bytes());
    key.extend_from_slice(part);
}

/// Reads a name that stands in a value.
fn parse(value: &[u8]) -> Option<Dn> {
    Dn::parse(value).ok()
}

#[cfg(test)]
mod tests;
