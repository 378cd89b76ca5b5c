//! When two names are equal (`distinguishedNameMatch`, RFC 4517 section 4.2.15).
//!
//! A key of a name is made of the normal forms of its values, each framed by its length, so that
//! keys are the same bytes if and only if the names match.

use std::borrow::Cow;

use super::index::short_key;
use super::reference::{split_data, split_uid};
use super::{MAX_NESTING, naming_rule, normalize_within, parse, prepare, push_framed};
use crate::dn::{Ava, AvaValue, Dn, Rdn, text_of};
use crate::schema::Schema;

/// Begins a key's attribute type: known to the schema, or by name.
pub(super) const KNOWN_TYPE: u8 = 1;
pub(super) const UNKNOWN_TYPE: u8 = 2;
/// Begins a key's value: text, or the BER of a value, which is compared by octets alone (RFC 4514
/// section 2.4).
pub(super) const TEXT: u8 = 1;
const BER: u8 = 2;

/// The key of a name: the same bytes for two names if and only if they match.
///
/// The attribute values of an RDN are a set; types are the same under all their names; values
/// are compared by the type's equality rule, as text in any case where the schema does not know the
/// type, by octets where it knows no rule. Keys of one schema are no keys of another.
pub fn dn_key(schema: &Schema, dn: &Dn) -> Vec<u8> {
    dn_key_within(schema, dn, 0)
}

/// The key of an RDN, likewise.
pub fn rdn_key(schema: &Schema, rdn: &Rdn) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    push_rdn(&mut key, schema, rdn, 0);
    key
}

/// An attribute that an RDN names a second time, which none may (RFC 4512 section 2.3.1).
pub fn named_twice<'r>(schema: &Schema, rdn: &'r Rdn) -> Option<&'r [u8]> {
    let twice = |(n, ava): &(usize, &Ava)| {
        rdn.avas[..*n].iter().any(|one| schema.same_attribute(&one.attribute, &ava.attribute))
    };
    rdn.avas.iter().enumerate().find(twice).map(|(_, ava)| &*ava.attribute)
}

/// The keys of a name and of all names above it but the root's.
///
/// A key is made RDN by RDN, so each of these is the end of the one before: none is made twice.
#[derive(Debug)]
pub struct DnKeys {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl DnKeys {
    /// The keys of a name and of those above it.
    pub fn new(schema: &Schema, dn: &Dn) -> DnKeys {
        let mut bytes = Vec::with_capacity(dn.rdns.len() * 32);
        let mut starts = Vec::with_capacity(dn.rdns.len());
        for rdn in &dn.rdns {
            starts.push(bytes.len());
            push_rdn(&mut bytes, schema, rdn, 0);
        }
        DnKeys { bytes, starts }
    }

    /// The name's own key, then those above it one by one.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.starts.iter().map(|&start| &self.bytes[start..])
    }
}

/// A key of a name, and the keys of all names above it but the root's: what [`DnKeys`] hands on, read off the key.
pub fn keys_from(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let first = Some(key).filter(|key| !key.is_empty());
    std::iter::successors(first, |key| after_rdn(key).filter(|above| !above.is_empty()))
}

/// What stands in a key behind its first RDN.
fn after_rdn(key: &[u8]) -> Option<&[u8]> {
    let number = |bytes: &[u8; 4]| usize::try_from(u32::from_be_bytes(*bytes)).ok();
    let (count, mut rest) = key.split_first_chunk()?;
    for _ in 0..number(count)? {
        let (len, framed) = rest.split_first_chunk()?;
        rest = framed.get(number(len)?..)?;
    }
    Some(rest)
}

/// Whether two names match.
pub fn dn_matches(schema: &Schema, a: &Dn, b: &Dn) -> bool {
    a.rdns.len() == b.rdns.len()
        && a.rdns
            .iter()
            .zip(&b.rdns)
            .all(|(a, b)| a == b || rdn_key(schema, a) == rdn_key(schema, b))
}

fn dn_key_within(schema: &Schema, dn: &Dn, depth: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(dn.rdns.len() * 32);
    for rdn in &dn.rdns {
        push_rdn(&mut key, schema, rdn, depth);
    }
    key
}

/// How many parts, then the parts in the order of their bytes.
fn push_rdn(key: &mut Vec<u8>, schema: &Schema, rdn: &Rdn, depth: usize) {
    let count = u32::try_from(rdn.avas.len()).unwrap_or(u32::MAX);
    key.extend_from_slice(&count.to_be_bytes());
    if let [ava] = &*rdn.avas {
        return push_framed(key, &ava_key(schema, ava, depth));
    }
    let mut parts: Vec<Vec<u8>> = rdn.avas.iter().map(|ava| ava_key(schema, ava, depth)).collect();
    parts.sort_unstable();
    parts.iter().for_each(|part| push_framed(key, part));
}

fn ava_key(schema: &Schema, ava: &Ava, depth: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(32);
    match schema.attribute(&ava.attribute) {
        Some(known) => {
            key.push(KNOWN_TYPE);
            key.extend_from_slice(&known.id.to_be_bytes());
        }
        None => {
            key.push(UNKNOWN_TYPE);
            push_framed(&mut key, &ava.attribute.to_ascii_lowercase());
        }
    }
    let is_known = key.first() == Some(&KNOWN_TYPE);
    let text = match &ava.value {
        AvaValue::Ber(octets) => text_of(octets).filter(|_| is_known).ok_or(octets),
        AvaValue::Text(value) => Ok(value.as_slice()),
    };
    match text {
        Err(octets) => {
            key.push(BER);
            key.extend_from_slice(octets);
        }
        Ok(value) => {
            key.push(TEXT);
            key.extend_from_slice(&ava_value(schema, &ava.attribute, value, depth));
        }
    }
    key
}

/// The normal form of a value of a naming attribute.
fn ava_value<'v>(
    schema: &Schema,
    attribute: &[u8],
    value: &'v [u8],
    depth: usize,
) -> Cow<'v, [u8]> {
    match naming_rule(schema, attribute) {
        Some(rule) => normalize_within(schema, rule, value, depth + 1),
        None => Cow::Borrowed(value),
    }
}

/// `distinguishedNameMatch` (RFC 4517 section 4.2.15) of a value.
pub(super) fn dn(schema: &Schema, value: &[u8], depth: usize) -> Option<Cow<'static, [u8]>> {
    if depth > MAX_NESTING {
        return None;
    }
    let key = match short_key(schema, value) {
        Some(key) => key,
        None => dn_key_within(schema, &parse(value)?, depth),
    };
    Some(Cow::Owned(key))
}

/// What servers do not leave out of the values in a name, however it is escaped.
pub(super) fn held(value: &[u8]) -> Vec<u8> {
    // Most names show all that is in them.
    if value.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\') {
        return Vec::new();
    }
    let Some(dn) = parse(split_uid(value).0) else { return prepare::held(value) };
    let values =
        dn.rdns.iter().flat_map(|rdn| rdn.avas.iter()).filter_map(|ava| match &ava.value {
            AvaValue::Text(value) => Some(prepare::held(value)),
            AvaValue::Ber(_) => None,
        });
    values.flatten().collect()
}

/// `uniqueMemberMatch` (RFC 4517 sections 3.3.21, 4.2.31): a name, then perhaps `#'0101'B`.
pub(super) fn name_and_optional_uid(
    schema: &Schema,
    value: &[u8],
    depth: usize,
) -> Option<Cow<'static, [u8]>> {
    let (name, uid) = split_uid(value);
    let mut key = Vec::with_capacity(value.len() + 16);
    push_framed(&mut key, &dn(schema, name, depth)?);
    key.extend_from_slice(uid.strip_prefix(b"#").unwrap_or(uid).trim_ascii_end());
    Some(Cow::Owned(key))
}

/// AD's DN-Binary `B:count:hex:name` and DN-String `S:count:text:name` (MS-ADTS section 3.1.1.2).
pub(super) fn dn_with_data(
    schema: &Schema,
    value: &[u8],
    depth: usize,
) -> Option<Cow<'static, [u8]>> {
    let (data, name) = split_data(value)?;
    let mut key = Vec::with_capacity(value.len() + 16);
    match data.strip_prefix(b"B:") {
        Some(hex) => push_framed(&mut key, &[b"B:", &*hex.to_ascii_lowercase()].concat()),
        None => push_framed(&mut key, data),
    }
    key.extend_from_slice(&dn(schema, name, depth)?);
    Some(Cow::Owned(key))
}
