//! What values look like: the syntaxes of RFC 4517 section 3.3 and those of Active Directory.
//!
//! Knows nothing of when two values are equal, but for the rule that goes with a syntax.

use super::MatchingRule;
use crate::ber::element;

/// An LDAP syntax, as far as values of it are treated differently (RFC 4517 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// DN (section 3.3.9).
    DistinguishedName,
    /// Name And Optional UID (section 3.3.21).
    NameAndOptionalUid,
    /// AD's DN-Binary and DN-String: `B:2:1F:cn=a`.
    DnWithData,
    /// Directory String (section 3.3.6).
    DirectoryString,
    /// Printable String (section 3.3.29).
    PrintableString,
    /// Country String: two letters (section 3.3.4).
    CountryString,
    /// IA5 String (section 3.3.15).
    Ia5String,
    /// Postal Address (section 3.3.28).
    PostalAddress,
    /// Numeric String (section 3.3.23).
    NumericString,
    /// Telephone Number (section 3.3.31).
    TelephoneNumber,
    /// INTEGER (section 3.3.16), and AD's large integers.
    Integer,
    /// Boolean (section 3.3.3).
    Boolean,
    /// Generalized Time (section 3.3.13).
    GeneralizedTime,
    /// OID (section 3.3.26).
    ObjectIdentifier,
    /// Octet String (section 3.3.25).
    OctetString,
    /// Bit String (section 3.3.2).
    BitString,
    /// UUID (RFC 4530 section 2.1).
    Uuid,
    /// Delivery Method (section 3.3.5).
    DeliveryMethod,
    /// Facsimile Telephone Number (section 3.3.11) and Telex Number (section 3.3.33): printable parts
    /// with `$` between them.
    PrintableParts,
    /// NIS Netgroup Triple (RFC 2307 section 2.4).
    NisNetgroupTriple,
    /// Boot Parameter (RFC 2307 section 2.4).
    BootParameter,
    /// Certificates, pairs and lists of them, and algorithms (RFC 4523 section 2.1 to 2.4).
    Certificate,
    /// Sounds and pictures.
    Media,
    /// Other BER.
    Binary,
    /// Guides, qualities, fax and what else nobody ever checked: RFC 4517 leaves most of them out, and OpenLDAP
    /// takes no value of them.
    Unchecked,
    /// Everything else.
    Other,
}

/// The OID of RFC 4517's syntaxes but for its last number.
const RFC_4517: &str = "1.3.6.1.4.1.1466.115.121.1.";
/// The OID of AD's own syntaxes but for its last number.
const MICROSOFT: &str = "1.2.840.113556.1.4.";

impl Syntax {
    /// The syntax with this OID (RFC 4517 section 3.3, appendix A); [`Syntax::Other`] if unknown.
    pub fn from_oid(oid: &str) -> Syntax {
        if let Some(number) = oid.strip_prefix(RFC_4517) {
            return Syntax::of_rfc_4517(number);
        }
        match oid.strip_prefix(MICROSOFT) {
            Some("903" | "904") => Syntax::DnWithData,
            Some("905") => Syntax::DirectoryString,
            Some("906") => Syntax::Integer,
            Some("907") => Syntax::OctetString,
            _ => match oid {
                "1.3.6.1.1.16.1" => Syntax::Uuid,
                "1.3.6.1.1.1.0.0" => Syntax::NisNetgroupTriple,
                "1.3.6.1.1.1.0.1" => Syntax::BootParameter,
                _ => Syntax::Other,
            },
        }
    }

    fn of_rfc_4517(number: &str) -> Syntax {
        match number {
            "12" => Syntax::DistinguishedName,
            "34" => Syntax::NameAndOptionalUid,
            "15" => Syntax::DirectoryString,
            "44" => Syntax::PrintableString,
            "11" => Syntax::CountryString,
            "26" => Syntax::Ia5String,
            "41" => Syntax::PostalAddress,
            "36" => Syntax::NumericString,
            "50" => Syntax::TelephoneNumber,
            "27" => Syntax::Integer,
            "7" => Syntax::Boolean,
            "24" => Syntax::GeneralizedTime,
            "38" => Syntax::ObjectIdentifier,
            "40" => Syntax::OctetString,
            "6" => Syntax::BitString,
            "14" => Syntax::DeliveryMethod,
            "22" | "52" => Syntax::PrintableParts,
            "8" | "9" | "10" | "49" => Syntax::Certificate,
            "4" | "28" => Syntax::Media,
            "5" => Syntax::Binary,
            "2" | "3" | "13" | "16" | "17" | "19" | "20" | "21" | "23" | "25" | "30" | "31"
            | "32" | "35" | "37" | "42" | "43" | "51" | "54" | "55" | "56" | "57" => {
                Syntax::Unchecked
            }
            _ => Syntax::Other,
        }
    }

    /// Whether values are transferred with the option `binary`: `true` where they must be (RFC 4523
    /// section 2), `false` where they are not, for the syntax has an encoding of its own (RFC 4522
    /// section 3). `None` where both are met: RFC 2798 wants the option for BER of any kind, servers
    /// refuse it.
    pub fn is_transferred_as_binary(self) -> Option<bool> {
        match self {
            Syntax::Certificate => Some(true),
            Syntax::Binary | Syntax::Unchecked | Syntax::Other => None,
            _ => Some(false),
        }
    }

    /// Whether values name entries.
    pub fn is_dn(self) -> bool {
        matches!(self, Syntax::DistinguishedName | Syntax::NameAndOptionalUid | Syntax::DnWithData)
    }

    /// The equality rule of a server that compares by syntax alone, as AD and 389 Directory Server
    /// do where a definition names no rule.
    pub fn equality(self) -> Option<MatchingRule> {
        match self {
            Syntax::DistinguishedName => Some(MatchingRule::DistinguishedName),
            Syntax::NameAndOptionalUid => Some(MatchingRule::UniqueMember),
            Syntax::DnWithData => Some(MatchingRule::DnWithData),
            Syntax::DirectoryString | Syntax::PrintableString | Syntax::CountryString => {
                Some(MatchingRule::CaseIgnore)
            }
            Syntax::Ia5String => Some(MatchingRule::CaseIgnoreIa5),
            Syntax::PostalAddress => Some(MatchingRule::CaseIgnoreList),
            Syntax::NumericString => Some(MatchingRule::NumericString),
            Syntax::TelephoneNumber => Some(MatchingRule::TelephoneNumber),
            Syntax::Integer => Some(MatchingRule::Integer),
            Syntax::Boolean => Some(MatchingRule::Boolean),
            Syntax::GeneralizedTime => Some(MatchingRule::GeneralizedTime),
            Syntax::ObjectIdentifier => Some(MatchingRule::ObjectIdentifier),
            Syntax::OctetString => Some(MatchingRule::OctetString),
            Syntax::BitString => Some(MatchingRule::BitString),
            Syntax::Uuid => Some(MatchingRule::Uuid),
            Syntax::DeliveryMethod
            | Syntax::PrintableParts
            | Syntax::NisNetgroupTriple
            | Syntax::BootParameter
            | Syntax::Certificate
            | Syntax::Media
            | Syntax::Binary
            | Syntax::Unchecked
            | Syntax::Other => None,
        }
    }

    /// Whether a value has no other characters than the syntax allows, and no fewer, and its parts
    /// where it has some; `true` where the rule that goes with it says the rest.
    pub fn allows(self, value: &[u8]) -> bool {
        let printable = || value.iter().all(|b| is_printable(*b));
        let parts = || value.split(|&b| b == b'$');
        match self {
            Syntax::DirectoryString | Syntax::NumericString => !value.is_empty(),
            Syntax::PrintableString | Syntax::TelephoneNumber => !value.is_empty() && printable(),
            Syntax::CountryString => value.len() == 2 && printable(),
            Syntax::Ia5String => value.is_ascii(),
            Syntax::Boolean => matches!(value, b"TRUE" | b"FALSE"),
            Syntax::ObjectIdentifier => is_oid(value),
            Syntax::DeliveryMethod => parts().all(|part| is_delivery_method(part.trim_ascii())),
            Syntax::PrintableParts => {
                parts().all(|part| !part.is_empty() && part.iter().all(|b| is_printable(*b)))
            }
            Syntax::NisNetgroupTriple => is_netgroup_triple(value),
            Syntax::BootParameter => is_boot_parameter(value),
            // A SEQUENCE, and nothing behind it (X.690 section 8.9).
            Syntax::Certificate => {
                element(value).is_some_and(|(tag, _, rest)| tag == 0x30 && rest.is_empty())
            }
            _ => true,
        }
    }
}

/// `PrintableCharacter` (RFC 4517 section 3.2).
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+,-.=/:? ".contains(&byte)
}

/// `oid` (RFC 4512 section 1.4): a name, or numbers with dots between them and no leading zeros.
fn is_oid(value: &[u8]) -> bool {
    match value.first() {
        Some(first) if first.is_ascii_alphabetic() => {
            value.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        }
        _ => value.split(|&b| b == b'.').all(|number| match number {
            [] => false,
            [b'0', _, ..] => false,
            digits => digits.iter().all(u8::is_ascii_digit),
        }),
    }
}

/// `pdm` (RFC 4517 section 3.3.5).
fn is_delivery_method(word: &[u8]) -> bool {
    const METHODS: [&[u8]; 10] = [
        b"any",
        b"mhs",
        b"physical",
        b"telex",
        b"teletex",
        b"g3fax",
        b"g4fax",
        b"ia5",
        b"videotex",
        b"telephone",
    ];
    METHODS.iter().any(|method| word.eq_ignore_ascii_case(method))
}

/// `nisnetgrouptriple` (RFC 2307 section 2.4): host, user and domain, each perhaps empty or `-`.
fn is_netgroup_triple(value: &[u8]) -> bool {
    let inner = value.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
    let is_word = |word: &[u8]| word.iter().all(|b| b.is_ascii_graphic() && !b"()".contains(b));
    inner.is_some_and(|inner| {
        let mut words = inner.split(|&b| b == b',').map(<[u8]>::trim_ascii);
        words.clone().count() == 3 && words.all(is_word)
    })
}

/// `bootparameter` (RFC 2307 section 2.4): `key=server:path`; servers take empty parts.
fn is_boot_parameter(value: &[u8]) -> bool {
    let rest = memchr::memchr(b'=', value).map(|at| &value[at + 1..]);
    rest.is_some_and(|rest| memchr::memchr(b':', rest).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntaxes_that_name_entries_are_known() {
        for (oid, is_dn) in [
            ("1.3.6.1.4.1.1466.115.121.1.12", true),
            ("1.3.6.1.4.1.1466.115.121.1.34", true),
            ("1.2.840.113556.1.4.903", true),
            ("1.3.6.1.4.1.1466.115.121.1.15", false),
        ] {
            assert_eq!(Syntax::from_oid(oid).is_dn(), is_dn, "{oid}");
        }
    }

    #[test]
    fn characters_are_those_of_the_syntax() {
        for (syntax, value, allowed) in [
            (Syntax::Ia5String, "a\u{e4}", false),
            (Syntax::Ia5String, "", true),
            (Syntax::DirectoryString, "", false),
            (Syntax::DirectoryString, "\u{e4}", true),
            (Syntax::PrintableString, "a_b", false),
            (Syntax::PrintableString, "a-b", true),
            (Syntax::TelephoneNumber, "+49 (30) 5", true),
            (Syntax::TelephoneNumber, "+49\u{a0}30", false),
            (Syntax::TelephoneNumber, "", false),
            (Syntax::CountryString, "DE", true),
            (Syntax::CountryString, "DEU", false),
            (Syntax::Boolean, "true", false),
            (Syntax::ObjectIdentifier, "2.5.4.3", true),
            (Syntax::ObjectIdentifier, "cn", true),
            (Syntax::ObjectIdentifier, "1.", false),
            (Syntax::ObjectIdentifier, "1..2", false),
            (Syntax::ObjectIdentifier, "1.02", false),
            (Syntax::ObjectIdentifier, "c;x", false),
            (Syntax::DeliveryMethod, "any $ telephone", true),
            (Syntax::DeliveryMethod, "any$", false),
            (Syntax::DeliveryMethod, "foo", false),
            (Syntax::PrintableParts, "1$DE$a", true),
            (Syntax::PrintableParts, "$$", false),
            (Syntax::PrintableParts, "", false),
            (Syntax::NisNetgroupTriple, "(h,-,)", true),
            (Syntax::NisNetgroupTriple, "(h,u)", false),
            (Syntax::NisNetgroupTriple, "h,u,d", false),
            (Syntax::BootParameter, "root=server:/path", true),
            (Syntax::BootParameter, "k=s", false),
            (Syntax::Other, "", true),
        ] {
            assert_eq!(syntax.allows(value.as_bytes()), allowed, "{syntax:?} {value:?}");
        }
    }
}
