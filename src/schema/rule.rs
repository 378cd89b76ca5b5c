//! Matching rules and syntaxes by name and OID: closed sets.
//!
//! Only what they are called and which belongs to which. What a rule does with a value is the
//! business of `matching`.

/// A matching rule of RFC 4517 section 4.2, or one that servers add.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchingRule {
    /// `bitStringMatch` (RFC 4517 section 4.2.1).
    BitString,
    /// `booleanMatch` (section 4.2.2).
    Boolean,
    /// `caseExactIA5Match` (section 4.2.3).
    CaseExactIa5,
    /// `caseExactMatch` (section 4.2.4).
    CaseExact,
    /// `caseExactOrderingMatch` (section 4.2.5).
    CaseExactOrdering,
    /// `caseExactSubstringsMatch` (section 4.2.6).
    CaseExactSubstrings,
    /// `caseIgnoreIA5Match` (section 4.2.7).
    CaseIgnoreIa5,
    /// `caseIgnoreIA5SubstringsMatch` (section 4.2.8).
    CaseIgnoreIa5Substrings,
    /// `caseIgnoreListMatch` (section 4.2.9).
    CaseIgnoreList,
    /// `caseIgnoreListSubstringsMatch` (section 4.2.10).
    CaseIgnoreListSubstrings,
    /// `caseIgnoreMatch` (section 4.2.11).
    CaseIgnore,
    /// `caseIgnoreOrderingMatch` (section 4.2.12).
    CaseIgnoreOrdering,
    /// `caseIgnoreSubstringsMatch` (section 4.2.13).
    CaseIgnoreSubstrings,
    /// `directoryStringFirstComponentMatch` (section 4.2.14).
    DirectoryStringFirstComponent,
    /// `distinguishedNameMatch` (section 4.2.15).
    DistinguishedName,
    /// `generalizedTimeMatch` (section 4.2.16).
    GeneralizedTime,
    /// `generalizedTimeOrderingMatch` (section 4.2.17).
    GeneralizedTimeOrdering,
    /// `integerFirstComponentMatch` (section 4.2.18).
    IntegerFirstComponent,
    /// `integerMatch` (section 4.2.19).
    Integer,
    /// `integerOrderingMatch` (section 4.2.20).
    IntegerOrdering,
    /// `keywordMatch` (section 4.2.21).
    Keyword,
    /// `numericStringMatch` (section 4.2.22).
    NumericString,
    /// `numericStringOrderingMatch` (section 4.2.23).
    NumericStringOrdering,
    /// `numericStringSubstringsMatch` (section 4.2.24).
    NumericStringSubstrings,
    /// `objectIdentifierFirstComponentMatch` (section 4.2.25).
    ObjectIdentifierFirstComponent,
    /// `objectIdentifierMatch` (section 4.2.26).
    ObjectIdentifier,
    /// `octetStringMatch` (section 4.2.27).
    OctetString,
    /// `octetStringOrderingMatch` (section 4.2.28).
    OctetStringOrdering,
    /// `telephoneNumberMatch` (section 4.2.29).
    TelephoneNumber,
    /// `telephoneNumberSubstringsMatch` (section 4.2.30).
    TelephoneNumberSubstrings,
    /// `uniqueMemberMatch` (section 4.2.31).
    UniqueMember,
    /// `wordMatch` (section 4.2.32).
    Word,
    /// `caseExactIA5SubstringsMatch` (OpenLDAP).
    CaseExactIa5Substrings,
    /// `octetStringSubstringsMatch` (X.520).
    OctetStringSubstrings,
    /// `uuidMatch` (RFC 4530 section 2.2).
    Uuid,
    /// `uuidOrderingMatch` (RFC 4530 section 2.3).
    UuidOrdering,
    /// `certificateExactMatch` (RFC 4523 section 3.1), here by octets.
    CertificateExact,
    /// `certificateListExactMatch` (RFC 4523 section 3.5), here by octets.
    CertificateListExact,
    /// `authPasswordExactMatch` and `authPasswordMatch` (RFC 3112), here by octets.
    AuthPassword,
    /// `CSNMatch` (OpenLDAP).
    Csn,
    /// `CSNOrderingMatch` (OpenLDAP).
    CsnOrdering,
    /// `CSNSIDMatch` (OpenLDAP), here by octets.
    CsnSid,
    /// `LDAP_MATCHING_RULE_BIT_AND` (AD): all bits asserted are set.
    BitAnd,
    /// `LDAP_MATCHING_RULE_BIT_OR` (AD): a bit asserted is set.
    BitOr,
    /// `LDAP_MATCHING_RULE_IN_CHAIN` (AD): follows links from entry to entry.
    InChain,
    /// How AD compares values of its syntaxes DN-Binary and DN-String.
    DnWithData,
    /// A rule that a definition names and we do not know: octets.
    Unmodelled,
}

/// Every rule that has a name, with its OID.
const RULES: &[(MatchingRule, &str, &str)] = {
    use MatchingRule as R;
    &[
        (R::BitString, "bitStringMatch", "2.5.13.16"),
        (R::Boolean, "booleanMatch", "2.5.13.13"),
        (R::CaseExactIa5, "caseExactIA5Match", "1.3.6.1.4.1.1466.109.114.1"),
        (R::CaseExact, "caseExactMatch", "2.5.13.5"),
        (R::CaseExactOrdering, "caseExactOrderingMatch", "2.5.13.6"),
        (R::CaseExactSubstrings, "caseExactSubstringsMatch", "2.5.13.7"),
        (R::CaseIgnoreIa5, "caseIgnoreIA5Match", "1.3.6.1.4.1.1466.109.114.2"),
        (R::CaseIgnoreIa5Substrings, "caseIgnoreIA5SubstringsMatch", "1.3.6.1.4.1.1466.109.114.3"),
        (R::CaseIgnoreList, "caseIgnoreListMatch", "2.5.13.11"),
        (R::CaseIgnoreListSubstrings, "caseIgnoreListSubstringsMatch", "2.5.13.12"),
        (R::CaseIgnore, "caseIgnoreMatch", "2.5.13.2"),
        (R::CaseIgnoreOrdering, "caseIgnoreOrderingMatch", "2.5.13.3"),
        (R::CaseIgnoreSubstrings, "caseIgnoreSubstringsMatch", "2.5.13.4"),
        (R::DirectoryStringFirstComponent, "directoryStringFirstComponentMatch", "2.5.13.31"),
        (R::DistinguishedName, "distinguishedNameMatch", "2.5.13.1"),
        (R::GeneralizedTime, "generalizedTimeMatch", "2.5.13.27"),
        (R::GeneralizedTimeOrdering, "generalizedTimeOrderingMatch", "2.5.13.28"),
        (R::IntegerFirstComponent, "integerFirstComponentMatch", "2.5.13.29"),
        (R::Integer, "integerMatch", "2.5.13.14"),
        (R::IntegerOrdering, "integerOrderingMatch", "2.5.13.15"),
        (R::Keyword, "keywordMatch", "2.5.13.33"),
        (R::NumericString, "numericStringMatch", "2.5.13.8"),
        (R::NumericStringOrdering, "numericStringOrderingMatch", "2.5.13.9"),
        (R::NumericStringSubstrings, "numericStringSubstringsMatch", "2.5.13.10"),
        (R::ObjectIdentifierFirstComponent, "objectIdentifierFirstComponentMatch", "2.5.13.30"),
        (R::ObjectIdentifier, "objectIdentifierMatch", "2.5.13.0"),
        (R::OctetString, "octetStringMatch", "2.5.13.17"),
        (R::OctetStringOrdering, "octetStringOrderingMatch", "2.5.13.18"),
        (R::OctetStringSubstrings, "octetStringSubstringsMatch", "2.5.13.19"),
        (R::TelephoneNumber, "telephoneNumberMatch", "2.5.13.20"),
        (R::TelephoneNumberSubstrings, "telephoneNumberSubstringsMatch", "2.5.13.21"),
        (R::UniqueMember, "uniqueMemberMatch", "2.5.13.23"),
        (R::Word, "wordMatch", "2.5.13.32"),
        (R::CaseExactIa5Substrings, "caseExactIA5SubstringsMatch", "1.3.6.1.4.1.4203.1.2.1"),
        (R::Uuid, "uuidMatch", "1.3.6.1.1.16.2"),
        (R::UuidOrdering, "uuidOrderingMatch", "1.3.6.1.1.16.3"),
        (R::CertificateExact, "certificateExactMatch", "2.5.13.34"),
        (R::CertificateListExact, "certificateListExactMatch", "2.5.13.38"),
        (R::AuthPassword, "authPasswordExactMatch", "1.3.6.1.4.1.4203.1.2.2"),
        (R::AuthPassword, "authPasswordMatch", "1.3.6.1.4.1.4203.1.2.3"),
        (R::Csn, "CSNMatch", "1.3.6.1.4.1.4203.666.11.2.2"),
        (R::CsnOrdering, "CSNOrderingMatch", "1.3.6.1.4.1.4203.666.11.2.3"),
        (R::CsnSid, "CSNSIDMatch", "1.3.6.1.4.1.4203.666.11.2.5"),
        (R::CaseIgnoreIa5, "pkcs9CaseIgnoreMatch", "1.2.840.113549.1.9.27.1"),
        (R::BitAnd, "LDAP_MATCHING_RULE_BIT_AND", "1.2.840.113556.1.4.803"),
        (R::BitAnd, "integerBitAndMatch", "1.2.840.113556.1.4.803"),
        (R::BitOr, "LDAP_MATCHING_RULE_BIT_OR", "1.2.840.113556.1.4.804"),
        (R::BitOr, "integerBitOrMatch", "1.2.840.113556.1.4.804"),
        (R::InChain, "LDAP_MATCHING_RULE_IN_CHAIN", "1.2.840.113556.1.4.1941"),
    ]
};

impl MatchingRule {
    /// The rule called `text`, in any case, or with this OID.
    pub fn from_name_or_oid(text: &[u8]) -> Option<MatchingRule> {
        RULES
            .iter()
            .find(|(_, name, oid)| {
                name.as_bytes().eq_ignore_ascii_case(text) || oid.as_bytes() == text
            })
            .map(|&(rule, ..)| rule)
    }

    /// The name to write, empty for a rule that has none.
    pub fn name(self) -> &'static str {
        RULES.iter().find(|&&(rule, ..)| rule == self).map_or("", |&(_, name, _)| name)
    }

    /// Whether it says which of two values comes first.
    pub fn is_ordering(self) -> bool {
        use MatchingRule as R;
        matches!(
            self,
            R::CaseIgnoreOrdering
                | R::CaseExactOrdering
                | R::NumericStringOrdering
                | R::IntegerOrdering
                | R::GeneralizedTimeOrdering
                | R::OctetStringOrdering
                | R::UuidOrdering
                | R::CsnOrdering
        )
    }

    /// The ordering rule that belongs to an equality rule.
    pub fn ordering(self) -> Option<MatchingRule> {
        use MatchingRule as R;
        match self {
            R::CaseIgnore | R::CaseIgnoreIa5 => Some(R::CaseIgnoreOrdering),
            R::CaseExact | R::CaseExactIa5 => Some(R::CaseExactOrdering),
            R::Integer => Some(R::IntegerOrdering),
            R::NumericString => Some(R::NumericStringOrdering),
            R::GeneralizedTime => Some(R::GeneralizedTimeOrdering),
            R::OctetString => Some(R::OctetStringOrdering),
            R::Uuid => Some(R::UuidOrdering),
            R::Csn => Some(R::CsnOrdering),
            _ => None,
        }
    }

    /// The substrings rule that belongs to an equality rule.
    pub fn substrings(self) -> Option<MatchingRule> {
        use MatchingRule as R;
        match self {
            R::CaseIgnore => Some(R::CaseIgnoreSubstrings),
            R::CaseExact => Some(R::CaseExactSubstrings),
            R::CaseIgnoreIa5 => Some(R::CaseIgnoreIa5Substrings),
            R::CaseExactIa5 => Some(R::CaseExactIa5Substrings),
            R::CaseIgnoreList => Some(R::CaseIgnoreListSubstrings),
            R::NumericString => Some(R::NumericStringSubstrings),
            R::TelephoneNumber => Some(R::TelephoneNumberSubstrings),
            R::OctetString => Some(R::OctetStringSubstrings),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_known_by_name_in_any_case_and_by_oid() {
        for (text, rule) in [
            ("caseignorematch", Some(MatchingRule::CaseIgnore)),
            ("2.5.13.2", Some(MatchingRule::CaseIgnore)),
            ("UUIDMatch", Some(MatchingRule::Uuid)),
            ("1.2.840.113556.1.4.1941", Some(MatchingRule::InChain)),
            ("noSuchMatch", None),
            ("", None),
        ] {
            assert_eq!(MatchingRule::from_name_or_oid(text.as_bytes()), rule, "{text}");
        }
        assert_eq!(MatchingRule::CaseIgnore.name(), "caseIgnoreMatch");
    }
}
