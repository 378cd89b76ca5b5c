//! Filters as LDAP carries them (RFC 4511 section 4.5.1 `Filter`, X.690): read back from BER.

use super::{Assertion, Extensible, Filter, MAX_DEPTH, Scope, Substrings};
use crate::ber::element;

impl Filter {
    /// Reads the BER encoding of a filter, as the assertion control carries it (RFC 4528 section 3);
    /// `None` for what is none, or has more filters inside each other than [`MAX_DEPTH`].
    pub fn from_ber(ber: &[u8]) -> Option<Filter> {
        match element(ber)? {
            (tag, contents, []) => filter(tag, contents, 1),
            _ => None,
        }
    }
}

/// All elements of a list.
fn elements(mut ber: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut all = Vec::new();
    while !ber.is_empty() {
        let (tag, contents, rest) = element(ber)?;
        all.push((tag, contents));
        ber = rest;
    }
    Some(all)
}

fn filter(tag: u8, contents: &[u8], depth: usize) -> Option<Filter> {
    if depth > MAX_DEPTH {
        return None;
    }
    let list = || -> Option<Vec<Filter>> {
        elements(contents)?.into_iter().map(|(tag, one)| filter(tag, one, depth + 1)).collect()
    };
    Some(match tag {
        0xa0 => Filter::And(list()?),
        0xa1 => Filter::Or(list()?),
        0xa2 => {
            let [one] = <[Filter; 1]>::try_from(list()?).ok()?;
            Filter::not(one)
        }
        0xa3 => Filter::Equality(assertion(contents)?),
        0xa4 => Filter::Substrings(substrings(contents)?),
        0xa5 => Filter::GreaterOrEqual(assertion(contents)?),
        0xa6 => Filter::LessOrEqual(assertion(contents)?),
        0x87 => Filter::present(contents),
        0xa8 => Filter::Approximate(assertion(contents)?),
        0xa9 => Filter::Extensible(extensible(contents)?),
        _ => return None,
    })
}

/// `AttributeValueAssertion`.
fn assertion(contents: &[u8]) -> Option<Assertion> {
    match elements(contents)?.as_slice() {
        [(_, attribute), (_, value)] => {
            Some(Assertion { attribute: attribute.to_vec(), value: value.to_vec() })
        }
        _ => None,
    }
}

/// `SubstringFilter`.
fn substrings(contents: &[u8]) -> Option<Substrings> {
    let all = elements(contents)?;
    let [(_, attribute), (_, pieces)] = all.as_slice() else { return None };
    let mut found =
        Substrings { attribute: attribute.to_vec(), initial: None, any: Vec::new(), last: None };
    for (tag, piece) in elements(pieces)? {
        match tag {
            0x80 => found.initial = Some(piece.to_vec()),
            0x81 => found.any.push(piece.to_vec()),
            0x82 => found.last = Some(piece.to_vec()),
            _ => return None,
        }
    }
    Some(found)
}

/// `MatchingRuleAssertion`.
fn extensible(contents: &[u8]) -> Option<Extensible> {
    let all = elements(contents)?;
    let of = |wanted: u8| all.iter().find(|(tag, _)| *tag == wanted).map(|(_, one)| one.to_vec());
    let scope = match of(0x84).as_deref() {
        Some([0]) | None => Scope::Attributes,
        Some(_) => Scope::AttributesAndName,
    };
    Some(Extensible { attribute: of(0x82), rule: of(0x81), scope, value: of(0x83)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_again() {
        for text in [
            "(cn=a)",
            "(&)",
            "(|(cn>=a)(cn<=b)(cn~=c)(!(sn=*)))",
            "(cn=a*b*c*d)",
            "(cn=*b*)",
            "(:caseExactMatch:=x)",
            "(cn:dn:2.5.13.2:=x)",
            "(description=\\00\\ff)",
        ] {
            let filter = Filter::parse(text.as_bytes()).expect(text);
            assert_eq!(Filter::from_ber(&filter.to_ber()), Some(filter), "{text}");
        }
        let long = Filter::equal("description", vec![b'x'; 70_000]);
        assert_eq!(Filter::from_ber(&long.to_ber()), Some(long));
    }

    #[test]
    fn what_is_no_filter_is_none() {
        let mut ber = Filter::and(vec![Filter::present("cn")]).to_ber();
        assert!(Filter::from_ber(&ber[..ber.len() - 1]).is_none());
        ber.push(0);
        assert!(Filter::from_ber(&ber).is_none());
        assert!(Filter::from_ber(b"").is_none() && Filter::from_ber(b"\x30\x00").is_none());
        assert!(Filter::from_ber(&[0xa0, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
        let deep = (0..=MAX_DEPTH).fold(Filter::present("a"), |inner, _| Filter::not(inner));
        assert!(Filter::from_ber(&deep.to_ber()).is_none());
    }
}
