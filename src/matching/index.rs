//! A hash of a name as it is written, for an index over millions of names.
//!
//! What is hashed is the key of the name, so names have one hash if and only if they match, but for
//! accidents; whoever looks a name up compares the names. The key of a name of plain ASCII is made
//! in one pass without an allocation; every other name is parsed.

use std::hash::Hasher;

use super::name::{DnKeys, KNOWN_TYPE, TEXT, UNKNOWN_TYPE, dn_key};
use super::prepare::Case;
use crate::dn::Dn;
use crate::error::Fault;
use crate::schema::{AttributeType, MatchingRule, Schema};

/// Keys up to this length are made without an allocation.
const SHORT: usize = 320;

/// Makes keys of names to be hashed; neighbours in a file mostly have one parent, whose part of the key
/// is kept.
#[derive(Debug)]
pub struct Keys<'s> {
    schema: &'s Schema,
    short: Short,
    /// The type of the first RDN of the name before.
    first: Option<(Vec<u8>, Option<&'s AttributeType>, Case)>,
    /// What stands behind the first RDN of the plain name before, and its part of the key.
    above: (Vec<u8>, Vec<u8>),
    /// The key of what is above the name before that was not plain.
    above_other: Vec<u8>,
    /// Which of them the last name has, where it did not have it from one before.
    is_new: Option<Above>,
}

/// Whose key of what is above it is meant.
#[derive(Clone, Copy, Debug)]
enum Above {
    Plain,
    Other,
}

impl<'s> Keys<'s> {
    /// Keys by this schema.
    pub fn new(schema: &'s Schema) -> Keys<'s> {
        let short = Short { bytes: [0; SHORT], len: 0 };
        let (above, above_other) = (Default::default(), Vec::new());
        Keys { schema, short, first: None, above, above_other, is_new: None }
    }

    /// The key of what is right above the last name that was hashed, unless it is that of a name before it.
    pub fn new_above(&mut self) -> Option<&[u8]> {
        self.is_new.take().map(|above| match above {
            Above::Plain => &*self.above.1,
            Above::Other => &*self.above_other,
        })
    }

    /// Hashes the name `dn_text`: names that match hash alike, whatever their spelling.
    ///
    /// # Errors
    ///
    /// It is no name.
    pub fn hash_into(&mut self, dn_text: &[u8], hasher: &mut impl Hasher) -> Result<(), Fault> {
        if let Some(key) = self.plain(dn_text) {
            hasher.write(key);
            return Ok(());
        }
        let keys = DnKeys::new(self.schema, &Dn::parse(dn_text)?);
        let mut keys = keys.iter();
        hasher.write(keys.next().unwrap_or_default());
        if let Some(above) = keys.next().filter(|above| *above != self.above_other) {
            self.above_other = above.to_vec();
            self.is_new = Some(Above::Other);
        }
        Ok(())
    }

    /// The key of a plain name; nothing for another, and for what is no name.
    pub fn plain(&mut self, text: &[u8]) -> Option<&[u8]> {
        self.make(text)?;
        Some(self.short.key())
    }

    fn make(&mut self, text: &[u8]) -> Option<()> {
        self.short.len = 0;
        let before =
            self.first.as_ref().map(|(name, known, case)| (name.as_slice(), *known, *case));
        let (kind, value) = first_type(self.schema, before, text)?;
        if before.is_none_or(|before| before.0 != kind.0) {
            self.first = Some((kind.0.to_vec(), kind.1, kind.2));
        }
        let Some(above) = self.short.push_rdn(kind, value)? else { return Some(()) };
        if self.above.0 != above || above.is_empty() {
            let start = self.short.len;
            plain_key(self.schema, Some(kind), above, &mut self.short)?;
            self.above = (above.to_vec(), self.short.key()[start..].to_vec());
            self.is_new = Some(Above::Plain);
            return Some(());
        }
        self.short.push(&self.above.1)
    }
}

/// The key of the name `dn_text`: what [`dn_key`] says of it.
///
/// # Errors
///
/// It is no name.
pub fn name_key(schema: &Schema, dn_text: &[u8]) -> Result<Vec<u8>, Fault> {
    match short_key(schema, dn_text) {
        Some(key) => Ok(key),
        None => Ok(dn_key(schema, &Dn::parse(dn_text)?)),
    }
}

/// The same of a plain name alone.
pub(super) fn short_key(schema: &Schema, text: &[u8]) -> Option<Vec<u8>> {
    let mut key = Short { bytes: [0; SHORT], len: 0 };
    plain_key(schema, None, text, &mut key)?;
    Some(key.key().to_vec())
}

/// A short key in the making.
#[derive(Debug)]
struct Short {
    bytes: [u8; SHORT],
    len: usize,
}

/// A type of an RDN as it stands there, its definition, and whether case counts in its values.
type PlainType<'t, 's> = (&'t [u8], Option<&'s AttributeType>, Case);

/// Makes the key of a name of printable ASCII without escapes, quotes, `#` or `+`, whose values are
/// text. `None` for any other, for a long one, and for what is no name. `before` is the type of an RDN
/// that stands before it.
fn plain_key<'t, 's>(
    schema: &'s Schema,
    before: Option<PlainType<'t, 's>>,
    text: &'t [u8],
    key: &mut Short,
) -> Option<()> {
    let (mut before, mut rest) = (before, text);
    loop {
        let (kind, value) = first_type(schema, before, rest)?;
        before = Some(kind);
        match key.push_rdn(kind, value)? {
            Some(after) => rest = after,
            None => return Some(()),
        }
    }
}

/// The type of the first RDN, and what follows its `=`.
fn first_type<'t, 's>(
    schema: &'s Schema,
    before: Option<PlainType<'_, 's>>,
    text: &'t [u8],
) -> Option<(PlainType<'t, 's>, &'t [u8])> {
    // Types are short: a search for its own sake would take longer to begin.
    let equals = text.iter().position(|&b| b == b'=')?;
    let attribute = text[..equals].trim_ascii_start();
    let kind = match before {
        Some((name, known, case)) if name == attribute => (attribute, known, case),
        _ => plain_type(schema, attribute)?,
    };
    Some((kind, &text[equals + 1..]))
}

/// An attribute type by name (RFC 4512 section 1.4 `descr`) whose values are text.
fn plain_type<'t, 's>(schema: &'s Schema, attribute: &'t [u8]) -> Option<PlainType<'t, 's>> {
    let is_name = attribute.first().is_some_and(u8::is_ascii_alphabetic)
        && attribute.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !is_name {
        return None;
    }
    let known = schema.attribute(attribute);
    // As `naming_rule` has it: a type that the schema does not know is text in any case.
    let case = match known.map(|known| known.equality) {
        None | Some(Some(MatchingRule::CaseIgnore | MatchingRule::CaseIgnoreIa5)) => Case::Ignore,
        Some(Some(MatchingRule::CaseExact | MatchingRule::CaseExactIa5)) => Case::Exact,
        Some(_) => return None,
    };
    Some((attribute, known, case))
}

impl Short {
    fn key(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// An RDN of one value, as `name::push_rdn` writes it; answers what follows the separator.
    fn push_rdn<'a>(
        &mut self,
        (attribute, known, case): PlainType<'_, '_>,
        value: &'a [u8],
    ) -> Option<Option<&'a [u8]>> {
        self.push(&1_u32.to_be_bytes())?;
        let frame = self.len;
        self.push(&[0; 4])?;
        match known {
            Some(known) => {
                self.push(&[KNOWN_TYPE])?;
                self.push(&known.id.to_be_bytes())?;
            }
            None => {
                self.push(&[UNKNOWN_TYPE])?;
                self.push(&u32::try_from(attribute.len()).ok()?.to_be_bytes())?;
                self.push(attribute)?;
                self.bytes[self.len - attribute.len()..self.len].make_ascii_lowercase();
            }
        }
        self.push(&[TEXT])?;
        let after = self.push_value(value, case)?;
        let len = u32::try_from(self.len - frame - 4).ok()?;
        self.bytes[frame..frame + 4].copy_from_slice(&len.to_be_bytes());
        Some(after)
    }

    /// A value up to its separator, as `prepare::text` has it: outer spaces left out, inner runs as
    /// one.
    fn push_value<'a>(&mut self, value: &'a [u8], case: Case) -> Option<Option<&'a [u8]>> {
        let start = self.len;
        let mut after = None;
        for (at, &byte) in value.iter().enumerate() {
            let plain = PLAIN[byte as usize];
            match plain {
                SEPARATOR => {
                    after = Some(&value[at + 1..]);
                    break;
                }
                SPECIAL => return None,
                b' ' if self.key()[start..].last().is_none_or(|&b| b == b' ') => continue,
                _ => {}
            }
            *self.bytes.get_mut(self.len)? = if case == Case::Exact { byte } else { plain };
            self.len += 1;
        }
        if self.key()[start..].last() == Some(&b' ') {
            self.len -= 1;
        }
        Some(after)
    }

    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.len + bytes.len();
        self.bytes.get_mut(self.len..end)?.copy_from_slice(bytes);
        self.len = end;
        Some(())
    }
}

/// What a byte of a plain name's value comes to where case does not count: itself in lower case, or
/// one of these.
const SEPARATOR: u8 = 1;
const SPECIAL: u8 = 2;

static PLAIN: [u8; 256] = {
    let mut table = [SPECIAL; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        table[byte as usize] = match byte {
            b',' | b';' => SEPARATOR,
            b'\\' | b'"' | b'#' | b'+' => SPECIAL,
            _ => byte.to_ascii_lowercase(),
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::super::dn_matches;
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;
    use std::hash::DefaultHasher;

    fn hash(text: &str) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        Keys::new(Schema::builtin()).hash_into(text.as_bytes(), &mut hasher).ok()?;
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
            // Neighbours: the same parent, an other one, the same once more.
            let names = [rdns.join(","), ["cn=x", &rdns[1..].join(",")].join(","), rdns.join(",")];
            let mut keys = Keys::new(Schema::builtin());
            for text in names.iter().chain(rdns.iter()).chain(&names) {
                if let Some(key) = keys.plain(text.as_bytes()) {
                    let slow = dn_key(Schema::builtin(), &Dn::parse(text.as_bytes()).unwrap());
                    prop_assert_eq!(key, slow.as_slice(), "{}", text);
                    let alone = short_key(Schema::builtin(), text.as_bytes());
                    prop_assert_eq!(alone.as_deref(), Some(slow.as_slice()), "{}", text);
                }
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

    /// Names that somebody makes up must not share a hash: each would be held against all others.
    #[test]
    fn names_that_do_not_match_hash_apart() {
        let [types, hyphens, cases]: [Vec<String>; 3] = [
            (0..4096).map(|n| format!("x-{n}=a,dc=x")).collect(),
            spelled("a", "a-").map(|value| format!("cn={value},dc=x")).collect(),
            spelled("a", "A").map(|value| format!("homeDirectory={value},dc=x")).collect(),
        ];
        let spaces = spelled("a", "a ").map(|value| format!("o={value}a,dc=x")).collect();
        for names in [types, hyphens, cases, spaces] {
            let hashes: HashSet<_> = names.iter().map(|name| hash(name).unwrap()).collect();
            assert_eq!(hashes.len(), 4096, "{}", names[1]);
        }
    }

    /// Values of twelve parts, each one of two.
    fn spelled(one: &'static str, other: &'static str) -> impl Iterator<Item = String> {
        let part = move |n: u32, bit: u32| if n >> bit & 1 == 0 { one } else { other };
        (0..4096).map(move |n| (0..12).map(|bit| part(n, bit)).collect())
    }

    #[test]
    fn what_is_no_name_has_no_hash() {
        for text in ["cn", "cn=a,", "cn=a,,dc=x", "=a", "cn;x=a", "a b=c", "cn=\"a"] {
            assert_eq!(hash(text), None, "{text}");
        }
    }
}
