//! The schema that is built in: definitions as tables, and how they become a [`Schema`].
//!
//! The tables hold one row a definition, so that building the schema is one walk over them. Knows
//! nothing of schema files.

mod active_directory;
mod classes;
mod servers;
mod standard;

use std::borrow::Cow;

use super::{AttributeType, ClassKind, MatchingRule, ObjectClass, Schema, Standing, Syntax, Usage};

/// OID (empty where only the name is known), names apart by blanks, superior type, kind, flags:
/// `1` SINGLE-VALUE, `N` NO-USER-MODIFICATION, `E` EQUALITY alone where its kind mostly has SUBSTR or ORDERING
/// beside it, `>` ORDERING where its kind mostly has none, and the usage where it is not `userApplications`:
/// `o` directoryOperation, `x` distributedOperation, `d` dSAOperation.
type Row = (&'static str, &'static str, &'static str, Kind, &'static str);

/// OID, names, superior classes, kind, MUST, MAY; lists apart by blanks.
type ClassRow = (&'static str, &'static str, &'static str, ClassKind, &'static str, &'static str);

/// The pairs of equality rule and syntax that definitions use.
///
/// Ordering and substrings rules are the companions of the equality rule ([`MatchingRule::ordering`],
/// [`MatchingRule::substrings`]): the former of numbers, times and identifiers, the latter of text.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Exact,
    Ia5,
    Ia5Exact,
    Lines,
    Numeric,
    Phone,
    Printable,
    Country,
    Int,
    Bool,
    Time,
    Dn,
    DnUid,
    DnData,
    Oid,
    OidFirst,
    IntFirst,
    Octets,
    Bits,
    Uuid,
    Csn,
    AuthPassword,
    Cert,
    /// An equality rule that we do not model.
    Opaque,
    /// Text without an equality rule.
    Unmatched,
    Parts,
    Delivery,
    Netgroup,
    Boot,
    /// Lists of certificates and what else goes with them, without an equality rule: some servers have
    /// one, but one that has none refuses what presumes it.
    Lists,
    /// The same of sounds and pictures.
    Media,
    /// Octets without an equality rule.
    Blob,
    /// What nobody checks, without an equality rule.
    Unchecked,
}

impl Kind {
    fn rule_and_syntax(self) -> (Option<MatchingRule>, Syntax) {
        use MatchingRule as R;
        match self {
            Kind::Text => (Some(R::CaseIgnore), Syntax::DirectoryString),
            Kind::Exact => (Some(R::CaseExact), Syntax::DirectoryString),
            Kind::Ia5 => (Some(R::CaseIgnoreIa5), Syntax::Ia5String),
            Kind::Ia5Exact => (Some(R::CaseExactIa5), Syntax::Ia5String),
            Kind::Lines => (Some(R::CaseIgnoreList), Syntax::PostalAddress),
            Kind::Numeric => (Some(R::NumericString), Syntax::NumericString),
            Kind::Phone => (Some(R::TelephoneNumber), Syntax::TelephoneNumber),
            Kind::Printable => (Some(R::CaseIgnore), Syntax::PrintableString),
            Kind::Country => (Some(R::CaseIgnore), Syntax::CountryString),
            Kind::Int => (Some(R::Integer), Syntax::Integer),
            Kind::Bool => (Some(R::Boolean), Syntax::Boolean),
            Kind::Time => (Some(R::GeneralizedTime), Syntax::GeneralizedTime),
            Kind::Dn => (Some(R::DistinguishedName), Syntax::DistinguishedName),
            Kind::DnUid => (Some(R::UniqueMember), Syntax::NameAndOptionalUid),
            Kind::DnData => (Some(R::DnWithData), Syntax::DnWithData),
            Kind::Oid => (Some(R::ObjectIdentifier), Syntax::ObjectIdentifier),
            Kind::OidFirst => (Some(R::ObjectIdentifierFirstComponent), Syntax::Other),
            Kind::IntFirst => (Some(R::IntegerFirstComponent), Syntax::Other),
            Kind::Octets => (Some(R::OctetString), Syntax::OctetString),
            Kind::Bits => (Some(R::BitString), Syntax::BitString),
            Kind::Uuid => (Some(R::Uuid), Syntax::Uuid),
            Kind::Csn => (Some(R::Csn), Syntax::Other),
            Kind::AuthPassword => (Some(R::AuthPassword), Syntax::Other),
            Kind::Cert => (Some(R::CertificateExact), Syntax::Certificate),
            Kind::Opaque => (Some(R::Unmodelled), Syntax::Other),
            Kind::Unmatched => (None, Syntax::Other),
            Kind::Parts => (None, Syntax::PrintableParts),
            Kind::Delivery => (None, Syntax::DeliveryMethod),
            Kind::Netgroup => (None, Syntax::NisNetgroupTriple),
            Kind::Boot => (None, Syntax::BootParameter),
            Kind::Lists => (None, Syntax::Certificate),
            Kind::Media => (None, Syntax::Media),
            Kind::Blob => (None, Syntax::Binary),
            Kind::Unchecked => (None, Syntax::Unchecked),
        }
    }
}

/// The tables in the order of their authority: of two rows with one name the first stands.
const TABLES: [&[Row]; 11] = [
    standard::X500,
    standard::OPERATIONAL,
    standard::COSINE,
    standard::NIS,
    standard::OTHERS,
    servers::POLICY,
    servers::DS389,
    servers::SAMBA,
    servers::PEOPLE,
    servers::VENDORS,
    active_directory::ACTIVE_DIRECTORY,
];

/// Builds the schema of the tables.
pub(super) fn build() -> Schema {
    let mut schema = Schema::with_capacity(TABLES.iter().map(|t| t.len()).sum());
    for row in TABLES.into_iter().flatten() {
        let attribute = attribute_type(row, &schema);
        schema.push_attribute(attribute);
    }
    for row in classes::CLASSES {
        schema.push_class(object_class(row));
    }
    schema
}

fn attribute_type(row: &Row, schema: &Schema) -> AttributeType {
    let &(oid, names, sup, kind, flags) = row;
    let (equality, syntax) = kind.rule_and_syntax();
    let is_ordered = matches!(kind, Kind::Int | Kind::Time | Kind::Uuid | Kind::Csn);
    let is_alone = flags.contains('E');
    let ordered = equality.filter(|_| (is_ordered && !is_alone) || flags.contains('>'));
    let searched = equality.filter(|&rule| rule != MatchingRule::OctetString && !is_alone);
    AttributeType {
        id: 0,
        oid: Cow::Borrowed(oid),
        names: list(names),
        equality,
        ordering: ordered.and_then(MatchingRule::ordering),
        substring: searched.and_then(MatchingRule::substrings),
        syntax,
        single_value: flags.contains('1'),
        no_user_modification: flags.contains('N'),
        usage: usage(flags),
        ordered: false,
        standing: Standing::BuiltIn,
        sup: schema.attribute(sup.as_bytes()).map(|t| t.id),
    }
}

fn usage(flags: &str) -> Usage {
    match flags.bytes().find(u8::is_ascii_lowercase) {
        Some(b'o') => Usage::DirectoryOperation,
        Some(b'x') => Usage::DistributedOperation,
        Some(_) => Usage::DsaOperation,
        None => Usage::UserApplications,
    }
}

fn object_class(row: &ClassRow) -> ObjectClass {
    let &(oid, names, sup, kind, must, may) = row;
    ObjectClass {
        oid: Cow::Borrowed(oid),
        names: list(names),
        kind,
        sup: list(sup),
        must: list(must),
        may: list(may),
        standing: Standing::BuiltIn,
    }
}

/// The words of a list. Nearly all names stand alone, and are not searched for blanks twice.
fn list(words: &'static str) -> Vec<Cow<'static, str>> {
    words.split_ascii_whitespace().map(Cow::Borrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_or_oid_is_defined_twice() {
        let mut seen = HashSet::new();
        for (oid, names, ..) in TABLES.into_iter().flatten() {
            for word in names.split(' ').chain((!oid.is_empty()).then_some(*oid)) {
                assert!(seen.insert(word.to_ascii_lowercase()), "{word}");
            }
        }
        seen.clear();
        for (oid, names, ..) in classes::CLASSES {
            for word in names.split(' ').chain([*oid]) {
                assert!(seen.insert(word.to_ascii_lowercase()), "{word}");
            }
        }
    }

    #[test]
    fn what_a_row_names_is_defined() {
        let schema = build();
        for (_, names, sup, ..) in TABLES.into_iter().flatten() {
            assert!(sup.is_empty() || schema.attribute(sup.as_bytes()).is_some(), "{names}: {sup}");
        }
        for (_, names, sup, _, must, may) in classes::CLASSES {
            for class in sup.split_ascii_whitespace() {
                assert!(schema.class(class.as_bytes()).is_some(), "{names}: {class}");
            }
            for attribute in must.split_ascii_whitespace().chain(may.split_ascii_whitespace()) {
                assert!(schema.attribute(attribute.as_bytes()).is_some(), "{names}: {attribute}");
            }
        }
    }

    #[test]
    fn types_without_an_equality_rule_have_none() {
        let schema = build();
        for name in [
            "searchGuide",
            "enhancedSearchGuide",
            "telexNumber",
            "teletexTerminalIdentifier",
            "facsimileTelephoneNumber",
            "preferredDeliveryMethod",
            "crossCertificatePair",
            "photo",
            "audio",
            "jpegPhoto",
            "personalSignature",
            "otherMailbox",
            "mailPreferenceOption",
            "dSAQuality",
            "singleLevelQuality",
            "userSMIMECertificate",
            "userPKCS12",
            "aci",
            "nisNetgroupTriple",
            "bootParameter",
        ] {
            let attribute = schema.attribute(name.as_bytes()).expect(name);
            assert_eq!(attribute.equality, None, "{name}");
        }
    }
}
