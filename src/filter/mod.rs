//! Search filters (RFC 4515): which entries are meant.
//!
//! The tree, its spelling and its BER encoding stand here; [`parse`](Filter::parse) reads the
//! spelling, [`matches`](Filter::matches) asks an entry. Knows nothing of where entries come from.

mod ber;
mod evaluate;
mod parse;

use std::fmt;

pub use evaluate::{Asker, Truth};

/// S-12: how many filters may stand inside each other.
pub const MAX_DEPTH: usize = 100;

/// A search filter (RFC 4511 section 4.5.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// `(&…)`: all of them; of none, true (RFC 4526).
    And(Vec<Filter>),
    /// `(|…)`: one of them; of none, false (RFC 4526).
    Or(Vec<Filter>),
    /// `(!…)`.
    Not(Box<Filter>),
    /// `(cn=a)`.
    Equality(Assertion),
    /// `(cn=a*b*c)`.
    Substrings(Substrings),
    /// `(uidNumber>=1000)`.
    GreaterOrEqual(Assertion),
    /// `(uidNumber<=1000)`.
    LessOrEqual(Assertion),
    /// `(cn=*)`: the attribute is there.
    Present(Vec<u8>),
    /// `(cn~=a)`.
    Approximate(Assertion),
    /// `(cn:dn:caseExactMatch:=a)`.
    Extensible(Extensible),
}

/// An attribute and a value (RFC 4511 section 4.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The attribute description.
    pub attribute: Vec<u8>,
    /// The value, escapes resolved.
    pub value: Vec<u8>,
}

/// An attribute and parts of a value (RFC 4511 section 4.5.1.7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substrings {
    /// The attribute description.
    pub attribute: Vec<u8>,
    /// What the value begins with.
    pub initial: Option<Vec<u8>>,
    /// What stands in it, in this order.
    pub any: Vec<Vec<u8>>,
    /// What it ends with.
    pub last: Option<Vec<u8>>,
}

/// An extensible match (RFC 4511 section 4.5.1.7.7): an attribute, a rule, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extensible {
    /// The attribute description; `None` for all attributes the rule is for.
    pub attribute: Option<Vec<u8>>,
    /// The matching rule as written; `None` for the attribute's own.
    pub rule: Option<Vec<u8>>,
    /// Where values are sought.
    pub scope: Scope,
    /// The value, escapes resolved.
    pub value: Vec<u8>,
}

/// Where an extensible match seeks values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the entry's attributes.
    Attributes,
    /// `:dn`: in those and in the entry's name.
    AttributesAndName,
}

impl Filter {
    /// All of `filters`.
    pub fn and(filters: Vec<Filter>) -> Filter {
        Filter::And(filters)
    }

    /// The attribute has the value.
    pub fn equal(attribute: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Filter {
        Filter::Equality(Assertion { attribute: attribute.into(), value: value.into() })
    }

    /// The attribute is there.
    pub fn present(attribute: impl Into<Vec<u8>>) -> Filter {
        Filter::Present(attribute.into())
    }

    /// The opposite of `filter`.
    #[expect(clippy::should_implement_trait, reason = "a constructor like the others")]
    pub fn not(filter: Filter) -> Filter {
        Filter::Not(Box::new(filter))
    }

    /// The BER encoding of the filter (RFC 4511 section 4.5.1 `Filter`), as the assertion control
    /// carries it (RFC 4528 section 3).
    pub fn to_ber(&self) -> Vec<u8> {
        match self {
            Filter::And(filters) => tagged(0xa0, &concatenated(filters)),
            Filter::Or(filters) => tagged(0xa1, &concatenated(filters)),
            Filter::Not(filter) => tagged(0xa2, &filter.to_ber()),
            Filter::Equality(assertion) => assertion.to_ber(0xa3),
            Filter::Substrings(substrings) => substrings.to_ber(),
            Filter::GreaterOrEqual(assertion) => assertion.to_ber(0xa5),
            Filter::LessOrEqual(assertion) => assertion.to_ber(0xa6),
            Filter::Present(attribute) => tagged(0x87, attribute),
            Filter::Approximate(assertion) => assertion.to_ber(0xa8),
            Filter::Extensible(extensible) => extensible.to_ber(),
        }
    }
}

/// The tag of an OCTET STRING, and of a SEQUENCE.
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

fn concatenated(filters: &[Filter]) -> Vec<u8> {
    filters.iter().flat_map(Filter::to_ber).collect()
}

/// A tag, the length of the contents in its shortest form, the contents (X.690 section 8.1).
fn tagged(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut ber = Vec::with_capacity(contents.len() + 6);
    ber.push(tag);
    match u8::try_from(contents.len()) {
        Ok(len) if len < 0x80 => ber.push(len),
        _ => {
            let bytes = contents.len().to_be_bytes();
            let from = bytes.iter().take_while(|&&byte| byte == 0).count();
            ber.push(0x80 | u8::try_from(bytes.len() - from).unwrap_or(0));
            ber.extend_from_slice(&bytes[from..]);
        }
    }
    ber.extend_from_slice(contents);
    ber
}

impl Assertion {
    /// `AttributeValueAssertion`, under the tag of its choice.
    fn to_ber(&self, tag: u8) -> Vec<u8> {
        let attribute = tagged(OCTET_STRING, &self.attribute);
        tagged(tag, &[attribute, tagged(OCTET_STRING, &self.value)].concat())
    }
}

impl Substrings {
    /// `SubstringFilter`.
    fn to_ber(&self) -> Vec<u8> {
        let initial = self.initial.iter().map(|piece| tagged(0x80, piece));
        let any = self.any.iter().map(|piece| tagged(0x81, piece));
        let last = self.last.iter().map(|piece| tagged(0x82, piece));
        let pieces: Vec<u8> = initial.chain(any).chain(last).flatten().collect();
        let attribute = tagged(OCTET_STRING, &self.attribute);
        tagged(0xa4, &[attribute, tagged(SEQUENCE, &pieces)].concat())
    }
}

impl Extensible {
    /// `MatchingRuleAssertion`.
    fn to_ber(&self) -> Vec<u8> {
        let mut parts = Vec::new();
        parts.extend(self.rule.iter().flat_map(|rule| tagged(0x81, rule)));
        parts.extend(self.attribute.iter().flat_map(|attribute| tagged(0x82, attribute)));
        parts.extend(tagged(0x83, &self.value));
        if self.scope == Scope::AttributesAndName {
            parts.extend(tagged(0x84, &[0xff]));
        }
        tagged(0xa9, &parts)
    }
}

/// The one spelling that all spellings of a filter share: no spaces, everything that could be
/// escaped is.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::And(filters) => list(f, "&", filters),
            Filter::Or(filters) => list(f, "|", filters),
            Filter::Not(filter) => write!(f, "(!{filter})"),
            Filter::Equality(assertion) => assertion.print(f, "="),
            Filter::Substrings(substrings) => substrings.print(f),
            Filter::GreaterOrEqual(assertion) => assertion.print(f, ">="),
            Filter::LessOrEqual(assertion) => assertion.print(f, "<="),
            Filter::Present(attribute) => write!(f, "({}=*)", Escaped(attribute)),
            Filter::Approximate(assertion) => assertion.print(f, "~="),
            Filter::Extensible(extensible) => extensible.print(f),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, operator: &str, filters: &[Filter]) -> fmt::Result {
    write!(f, "({operator}")?;
    filters.iter().try_for_each(|filter| write!(f, "{filter}"))?;
    f.write_str(")")
}

impl Assertion {
    fn print(&self, f: &mut fmt::Formatter<'_>, operator: &str) -> fmt::Result {
        write!(f, "({}{operator}{})", Escaped(&self.attribute), Escaped(&self.value))
    }
}

impl Substrings {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end =
            |piece: &Option<Vec<u8>>| Escaped(piece.as_deref().unwrap_or_default()).to_string();
        write!(f, "({}={}*", Escaped(&self.attribute), end(&self.initial))?;
        self.any.iter().try_for_each(|piece| write!(f, "{}*", Escaped(piece)))?;
        write!(f, "{})", end(&self.last))
    }
}

impl Extensible {
    fn print(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}", Escaped(self.attribute.as_deref().unwrap_or_default()))?;
        if self.scope == Scope::AttributesAndName {
            f.write_str(":dn")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, ":{}", Escaped(rule))?;
        }
        write!(f, ":={})", Escaped(&self.value))
    }
}

/// A value with RFC 4515's special characters, control characters and bytes that are not UTF-8 as
/// hex pairs (section 3 `valueencoding`).
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '*' | '(' | ')' | '\\' => write!(f, "\\{:02x}", u32::from(c))?,
                    _ if c.is_ascii_control() => write!(f, "\\{:02x}", u32::from(c))?,
                    _ => write!(f, "{c}")?,
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\{byte:02x}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ber(text: &str) -> String {
        let ber = Filter::parse(text.as_bytes()).unwrap().to_ber();
        ber.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn filters_are_encoded() {
        for (text, expected) in [
            ("(&)", "a000"),
            ("(|)", "a100"),
            ("(cn=*)", "8702636e"),
            ("(cn=a)", "a3070402636e040161"),
            ("(!(cn=a))", "a209a3070402636e040161"),
            ("(cn>=a)", "a5070402636e040161"),
            ("(cn<=a)", "a6070402636e040161"),
            ("(cn~=a)", "a8070402636e040161"),
            ("(&(cn=*)(sn=*))", "a0088702636e8702736e"),
            ("(cn=a*b*c)", "a40f0402636e3009800161810162820163"),
            ("(cn:dn:2.5.13.5:=a)", "a9148108322e352e31332e358202636e8301618401ff"),
        ] {
            assert_eq!(ber(text), expected, "{text}");
        }
    }

    #[test]
    fn long_contents_have_long_lengths() {
        let present = |len: usize| Filter::present("a".repeat(len)).to_ber();
        assert_eq!(present(127)[..2], [0x87, 0x7f]);
        assert_eq!(present(128)[..3], [0x87, 0x81, 0x80]);
        assert_eq!(present(300)[..4], [0x87, 0x82, 0x01, 0x2c]);
    }

    #[test]
    fn built_filters_are_printed() {
        let filter = Filter::and(vec![
            Filter::equal("cn", "a*(b)\\"),
            Filter::not(Filter::present("sn")),
            Filter::equal("o", b"\xff\n\xc3\xa4".as_slice()),
        ]);
        assert_eq!(filter.to_string(), "(&(cn=a\\2a\\28b\\29\\5c)(!(sn=*))(o=\\ff\\0aä))");
        assert_eq!(Filter::parse(filter.to_string().as_bytes()).unwrap(), filter);
    }
}
