//! A coarse hash of a name as it is written, for an index over millions of names.
//!
//! Names that match have one hash; of others a few may share it, so whoever looks a name up
//! compares the names. What decides is what all rules for text have in common: letters folded,
//! spaces and hyphens left out, attribute types left out, the parts of an RDN in no order. A name of
//! plain ASCII is read once, without an allocation; everything else goes through [`Dn::parse`] and
//! the rules, and comes to the same.

use std::hash::Hasher;

use super::name::ava_value;
use super::prepare::{self, Case};
use super::{MatchingRule, naming_rule, not_conforming};
use crate::dn::{Ava, AvaValue, Dn};
use crate::error::Fault;
use crate::schema::Schema;

/// Ends the value of an attribute, and an RDN, in the bytes that are hashed.
const END_OF_VALUE: u8 = 1;
const END_OF_RDN: u8 = 0;
/// Begins a value that is compared by a rule that is not for text.
const DATA: u8 = 2;
/// Begins a value given as BER.
const BER: u8 = 3;

/// Folded names up to this length are hashed without an allocation.
const SHORT: usize = 256;

/// Hashes the name `dn_text`: names that match hash alike, whatever their spelling.
pub fn coarse_hash_into(
    schema: &Schema,
    dn_text: &[u8],
    hasher: &mut impl Hasher,
) -> Result<(), Fault> {
    let mut folded = [0; SHORT];
    if let Some(len) = fold_plain(schema, dn_text, &mut folded) {
        hasher.write(&folded[..len]);
        return Ok(());
    }
    hasher.write(&fold(schema, &Dn::parse(dn_text)?));
    Ok(())
}

/// The bytes that are hashed for a name of printable ASCII without escapes, quotes, `#` or `+`,
/// whose values are text. `None` for any other, and for what is no name.
fn fold_plain(schema: &Schema, text: &[u8], folded: &mut [u8; SHORT]) -> Option<usize> {
    if text.len() + 2 > SHORT {
        return None;
    }
    let (mut len, mut rest) = (0, text);
    let mut before = None;
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let (attribute, value) = (rest[..equals].trim_ascii_start(), &rest[equals + 1..]);
        if before != Some(attribute) {
            if !is_plain_type(attribute) || !is_text(naming_rule(schema, attribute)) {
                return None;
            }
            before = Some(attribute);
        }
        let (end, after) = fold_plain_value(value, folded, len)?;
        len = end;
        match after {
            Some(after) => rest = after,
            None => return Some(len),
        }
    }
}

/// Folds one value to the end of its RDN. Each RDN takes two bytes more than its value here and at
/// least two more in the text (`=`, `,`), so `folded` is long enough.
fn fold_plain_value<'a>(
    value: &'a [u8],
    folded: &mut [u8; SHORT],
    mut len: usize,
) -> Option<(usize, Option<&'a [u8]>)> {
    let mut after = None;
    for (at, &byte) in value.iter().enumerate() {
        let plain = PLAIN[byte as usize];
        folded[len] = plain;
        match plain {
            LEFT_OUT => {}
            SEPARATOR => {
                after = Some(&value[at + 1..]);
                break;
            }
            SPECIAL => return None,
            _ => len += 1,
        }
    }
    folded[len] = END_OF_VALUE;
    folded[len + 1] = END_OF_RDN;
    Some((len + 2, after))
}

/// What a byte of a plain name's value comes to: itself in lower case, or one of these.
const LEFT_OUT: u8 = 0;
const SEPARATOR: u8 = 1;
const SPECIAL: u8 = 2;

static PLAIN: [u8; 256] = {
    let mut table = [SPECIAL; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        table[byte as usize] = match byte {
            b' ' | b'-' => LEFT_OUT,
            b',' | b';' => SEPARATOR,
            b'\\' | b'"' | b'#' | b'+' => SPECIAL,
            _ => byte.to_ascii_lowercase(),
        };
        byte += 1;
    }
    table
};

/// Whether this is an attribute type by name (RFC 4512 section 1.4 `descr`).
fn is_plain_type(attribute: &[u8]) -> bool {
    attribute.first().is_some_and(u8::is_ascii_alphabetic)
        && attribute.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Whether values of a rule are folded as text here. So are octets: equal octets are equal text.
fn is_text(rule: Option<MatchingRule>) -> bool {
    use MatchingRule as R;
    !matches!(
        rule,
        Some(
            R::Integer
                | R::Boolean
                | R::GeneralizedTime
                | R::BitString
                | R::Uuid
                | R::ObjectIdentifier
                | R::DistinguishedName
                | R::UniqueMember
                | R::DnWithData
                | R::CaseIgnoreList
                | R::InChain
                | R::BitAnd
                | R::BitOr
        )
    )
}

/// The bytes that are hashed for any name.
fn fold(schema: &Schema, dn: &Dn) -> Vec<u8> {
    let mut folded = Vec::with_capacity(SHORT);
    for rdn in &dn.rdns {
        let mut values: Vec<Vec<u8>> = rdn.avas.iter().map(|ava| fold_ava(schema, ava)).collect();
        values.sort_unstable();
        for value in values {
            folded.extend_from_slice(&value);
            folded.push(END_OF_VALUE);
        }
        folded.push(END_OF_RDN);
    }
    folded
}

fn fold_ava(schema: &Schema, ava: &Ava) -> Vec<u8> {
    let (kind, value) = match &ava.value {
        AvaValue::Ber(octets) => (BER, octets.as_slice().into()),
        AvaValue::Text(value) if is_text(naming_rule(schema, &ava.attribute)) => {
            return fold_text(value);
        }
        AvaValue::Text(value) => (DATA, ava_value(schema, &ava.attribute, value, 0)),
    };
    let mut folded = vec![kind];
    folded.extend_from_slice(&value);
    folded
}

/// What all rules for text make of a value; whatever is no text stands for itself.
fn fold_text(value: &[u8]) -> Vec<u8> {
    match prepare::prepared(value, Case::Ignore) {
        Some(prepared) => {
            let kept = |c: &char| !prepare::is_blank_of_number(*c);
            prepared.chars().filter(kept).collect::<String>().into_bytes()
        }
        None => not_conforming(value).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dn_matches;
    use super::*;
    use proptest::prelude::*;
    use std::hash::DefaultHasher;

    fn hash(text: &str) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        coarse_hash_into(Schema::builtin(), text.as_bytes(), &mut hasher).ok()?;
        Some(hasher.finish())
    }

    /// RDNs with types of many rules, and their values in plain ASCII.
    fn rdn() -> impl Strategy<Value = String> {
        let types = prop::sample::select(vec![
            "cn",
            "CN",
            "commonName",
            "uid",
            "2.5.4.3",
            "homeDirectory",
            "telephoneNumber",
            "dc",
            "uidNumber",
            "member",
            "x-unknown",
            "userPassword",
            "entryUUID",
            "postalAddress",
        ]);
        (types, "[a-zA-Z0-9 .=@/$-]{0,8}").prop_map(|(kind, value)| format!("{kind}={value}"))
    }

    /// The same RDN with a space and escapes.
    fn respelled(rdn: &str) -> String {
        let (kind, value) = rdn.split_once('=').unwrap();
        format!("{kind} = {}", value.replace('a', "\\61").replace('=', "\\3D"))
    }

    proptest! {
        #[test]
        fn the_short_way_comes_to_the_same(rdns in prop::collection::vec(rdn(), 1..5)) {
            let text = rdns.join(",");
            let mut folded = [0; SHORT];
            if let Some(len) = fold_plain(Schema::builtin(), text.as_bytes(), &mut folded) {
                let slow = fold(Schema::builtin(), &Dn::parse(text.as_bytes()).unwrap());
                prop_assert_eq!(&folded[..len], slow.as_slice());
            }
        }

        #[test]
        fn names_that_match_hash_alike(
            rdns in prop::collection::vec(rdn(), 1..4),
            upper in any::<bool>(),
            separator in prop::sample::select(vec![",", " , ", ";", "+"]),
        ) {
            let joint = if separator == "+" { "+" } else { "," };
            let plain = rdns.join(joint);
            let mut respelled: Vec<String> = rdns.iter().map(|rdn| respelled(rdn)).collect();
            if joint == "+" {
                respelled.reverse();
            }
            let respelled = respelled.join(separator);
            let other = if upper { respelled.to_ascii_uppercase() } else { respelled };
            let [a, b] = [&plain, &other].map(|text| Dn::parse(text.as_bytes()).unwrap());
            if dn_matches(Schema::builtin(), &a, &b) {
                prop_assert_eq!(hash(&plain), hash(&other), "{} {}", plain, other);
            }
        }
    }

    #[test]
    fn names_that_match_hash_alike_beyond_ascii() {
        for (a, b) in [
            ("cn=MÜLLER,dc=x", "cn=müller,dc=x"),
            ("cn=cafe\u{301},dc=x", "cn=café,dc=x"),
            ("cn=a\u{ad}b,dc=x", "cn=ab,dc=x"),
            ("cn=a\\00b,dc=x", "cn=ab,dc=x"),
            ("telephoneNumber=1\u{2010}2,dc=x", "telephoneNumber=1 2,dc=x"),
            ("cn=\"Smith, John\"+uid=1,dc=x", "uid=1+cn=Smith\\2C john;dc=X"),
            ("", "  "),
        ] {
            assert_eq!(hash(a), hash(b), "{a} {b}");
        }
        assert_ne!(hash("cn=a,dc=x"), hash("cn=b,dc=x"));
        assert_ne!(hash("cn=a+cn=b,dc=x"), hash("cn=a,cn=b,dc=x"));
    }

    #[test]
    fn what_is_no_name_has_no_hash() {
        for text in ["cn", "cn=a,", "cn=a,,dc=x", "=a", "cn;x=a", "a b=c", "cn=\"a"] {
            assert_eq!(hash(text), None, "{text}");
        }
    }
}
