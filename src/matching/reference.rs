//! The name in a value that refers to an entry, and what stands around it.

use super::data::bit_string;
use crate::dn::Dn;
use crate::schema::{AttributeType, Syntax};

/// A value that names an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'v> {
    /// The entry's name.
    pub dn: Dn,
    before: &'v [u8],
    behind: &'v [u8],
}

impl<'v> Reference<'v> {
    /// Reads a value of an attribute: a DN (RFC 4517 section 3.3.9), one with an optional UID behind
    /// it (section 3.3.21), or one with data before it (MS-ADTS section 3.1.1.2). `None` for a value
    /// that does not have the attribute's syntax, or whose syntax has no name.
    pub fn parse(attribute: Option<&AttributeType>, value: &'v [u8]) -> Option<Reference<'v>> {
        let (before, name, behind) = match attribute?.syntax {
            Syntax::DistinguishedName => (&[][..], value, &[][..]),
            Syntax::NameAndOptionalUid => {
                let (name, behind) = split_uid(value);
                (&[][..], name, behind)
            }
            Syntax::DnWithData => {
                let (before, name) = split_data(value)?;
                (before, name, &[][..])
            }
            _ => return None,
        };
        Some(Reference { dn: Dn::parse(name).ok()?, before, behind })
    }

    /// The bits of the UID behind the name: `'0101'B`.
    pub fn uid(&self) -> Option<&'v [u8]> {
        self.behind.strip_prefix(b"#").map(<[u8]>::trim_ascii_end)
    }

    /// Whether nothing stands around the name.
    pub fn is_name_alone(&self) -> bool {
        self.before.is_empty() && self.behind.is_empty()
    }

    /// The same with another name.
    #[must_use]
    pub fn with(self, dn: Dn) -> Reference<'v> {
        Reference { dn, ..self }
    }

    /// The value, with the name as it is now.
    pub fn to_value(&self) -> Vec<u8> {
        [self.before, self.dn.to_string().as_bytes(), self.behind].concat()
    }
}

/// A name, and `#'0101'B` where it follows, with the blanks behind it.
pub(super) fn split_uid(value: &[u8]) -> (&[u8], &[u8]) {
    let is_uid = |at: &usize| bit_string(value[at + 1..].trim_ascii_end()).is_some();
    let at = memchr::memrchr(b'#', value).filter(is_uid);
    value.split_at(at.unwrap_or(value.len()))
}

/// `B:count:hex:` or `S:count:text:`, and the name.
pub(super) fn split_data(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = value.strip_prefix(b"B:").or_else(|| value.strip_prefix(b"S:"))?;
    let colon = memchr::memchr(b':', rest)?;
    let count: usize = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
    let data = rest.get(colon + 1..)?.get(..count)?;
    if value[0] == b'B' && !data.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let at = (value.len() - rest.len()) + colon + 1 + count;
    (value.get(at) == Some(&b':')).then(|| value.split_at(at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn names_are_found_among_what_stands_around_them() {
        let attribute = |name: &str| Schema::builtin().attribute(name.as_bytes());
        for (name, value, dn) in [
            ("member", "CN=a,DC=x", Some("CN=a,DC=x")),
            ("member", "CN=a,DC=x#'01'B", Some("CN=a,DC=x#'01'B")),
            ("member", "a", None),
            ("uniqueMember", "CN=a,DC=x#'01'B", Some("CN=a,DC=x")),
            ("uniqueMember", "CN=a,DC=x#'01'B  ", Some("CN=a,DC=x")),
            ("uniqueMember", "CN=a,DC=x#1", Some("CN=a,DC=x#1")),
            ("wellKnownObjects", "B:4:aBcd:CN=a,DC=x", Some("CN=a,DC=x")),
            ("wellKnownObjects", "B:4:abcx:CN=a,DC=x", None),
            ("wellKnownObjects", "B:4:abcdCN=a,DC=x", None),
            ("wellKnownObjects", "B:99999999999999999999:a:CN=a", None),
            ("wellKnownObjects", "B:9:a:CN=a", None),
            ("wellKnownObjects", "S:3:a:b:CN=a,DC=x", Some("CN=a,DC=x")),
            ("wellKnownObjects", "CN=a,DC=x", None),
            ("description", "CN=a,DC=x", None),
        ] {
            let found = Reference::parse(attribute(name), value.as_bytes());
            assert_eq!(found.as_ref().map(|one| one.dn.to_string()).as_deref(), dn, "{value}");
            if let Some(found) = found {
                assert_eq!(found.to_value(), value.as_bytes());
            }
        }
        assert_eq!(Reference::parse(None, b"CN=a,DC=x"), None);
    }
}
