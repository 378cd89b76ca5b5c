//! Whether a value is one of its attribute: what its syntax takes (RFC 4517 section 3.3), and what that is called.

use crate::ber::element;
use crate::dn::{Ava, AvaValue, Dn};
use crate::matching::{MAX_NESTING, Reference, conforms, named_twice, normalize};
use crate::schema::{AttributeType, Schema, Syntax};

/// Whether a value has a syntax, as far as that is modelled. What is nested deeper than anybody has it is let pass.
pub fn has_syntax(schema: &Schema, attribute: &AttributeType, value: &[u8]) -> bool {
    has_syntax_within(schema, attribute, value, 0)
}

fn has_syntax_within(
    schema: &Schema,
    attribute: &AttributeType,
    value: &[u8],
    depth: usize,
) -> bool {
    if depth > MAX_NESTING {
        return true;
    }
    let rule = match attribute.syntax {
        // Text may hold what RFC 4518 has no normal form of.
        Syntax::DirectoryString => None,
        syntax => syntax.equality(),
    };
    let reference = Reference::parse(Some(attribute), value);
    // A name of blanks reads as the empty one, which is the root; as a value it is none.
    let is_blank = reference.is_some() && !value.is_empty() && value.trim_ascii().is_empty();
    attribute.syntax.allows(value)
        && !is_blank
        && rule.is_none_or(|rule| conforms(&normalize(schema, rule, value)))
        && reference.is_none_or(|reference| is_name_within(schema, &reference.dn, depth + 1))
}

/// Whether a value is one of its attribute: it has its syntax, and where that is text it is UTF-8.
pub fn is_value(schema: &Schema, attribute: &AttributeType, value: &[u8]) -> bool {
    is_value_within(schema, attribute, value, 0)
}

fn is_value_within(schema: &Schema, attribute: &AttributeType, value: &[u8], depth: usize) -> bool {
    let utf8 = !is_text(attribute.syntax) || simdutf8::basic::from_utf8(value).is_ok();
    utf8 && has_syntax_within(schema, attribute, value, depth)
}

/// Whether each value in a name is one of its attribute, and no RDN names an attribute twice.
pub fn is_name(schema: &Schema, dn: &Dn) -> bool {
    is_name_within(schema, dn, 0)
}

fn is_name_within(schema: &Schema, dn: &Dn, depth: usize) -> bool {
    let kind = |ava: &Ava| schema.attribute(&ava.attribute);
    let is_sound = |ava: &Ava| match &ava.value {
        AvaValue::Text(text) => {
            kind(ava).is_none_or(|kind| is_value_within(schema, kind, text, depth))
        }
        AvaValue::Ber(octets) => matches!(element(octets), Some((_, _, []))),
    };
    dn.rdns.iter().all(|rdn| rdn.avas.iter().all(is_sound) && named_twice(schema, rdn).is_none())
}

/// Whether values of a syntax are UTF-8 text.
pub fn is_text(syntax: Syntax) -> bool {
    use Syntax::{Binary, Certificate, Media, OctetString, Other, Unchecked};
    !matches!(syntax, OctetString | Certificate | Media | Binary | Unchecked | Other)
}

/// What a value of a syntax is called in a message.
pub fn called(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::DistinguishedName => "a DN",
        Syntax::NameAndOptionalUid => "a DN with an optional UID",
        Syntax::DnWithData => "a DN with data (`B:2:1F:cn=a`)",
        Syntax::DirectoryString => "text of one character or more",
        Syntax::PrintableString => "letters, digits and `\'()+,-.=/:? ` alone",
        Syntax::CountryString => "two letters",
        Syntax::Ia5String => "ASCII text",
        Syntax::PostalAddress => "lines of text with `$` between them",
        Syntax::NumericString => "digits and blanks",
        Syntax::TelephoneNumber => "a telephone number of letters, digits and `\'()+,-.=/:? `",
        Syntax::Integer => "a whole number without leading zeros",
        Syntax::Boolean => "`TRUE` or `FALSE`",
        Syntax::GeneralizedTime => "a time such as `20260131120000Z`",
        Syntax::ObjectIdentifier => "an OID or a name",
        Syntax::BitString => "bits such as `'0101'B`",
        Syntax::Uuid => "a UUID",
        Syntax::DeliveryMethod => "delivery methods such as `any $ telephone`",
        Syntax::PrintableParts => "letters, digits and `\'()+,-.=/:? `, with `$` between parts",
        Syntax::NisNetgroupTriple => "`(host,user,domain)`",
        Syntax::BootParameter => "`key=server:path`",
        Syntax::Certificate => "a SEQUENCE in BER",
        Syntax::OctetString
        | Syntax::Media
        | Syntax::Binary
        | Syntax::Unchecked
        | Syntax::Other => "a value of its syntax",
    }
}
