//! What a server answers to a change it does not perform, by the names and codes of RFC 4511
//! appendix A.2.

use std::fmt;

use crate::error::breach::Breach;
use crate::error::kind::shown;
use crate::text::Count;

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub name: String,
    /// The line its record begins at.
    pub line: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of `{}`", self.line, shown(self.name.as_bytes()))
    }
}

/// Why a change is not performed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// noSuchObject (32): the entry is not there.
    NoSuchObject {
        /// Its name.
        dn: String,
        /// The file that does not have it.
        export: String,
    },
    /// noSuchObject (32): the entry above the new name is not there.
    NoSuchParent {
        /// Its name.
        dn: String,
        /// The file that does not have it.
        export: String,
    },
    /// entryAlreadyExists (68): another entry has the name.
    EntryAlreadyExists {
        /// The name.
        dn: String,
        /// Where it comes from.
        origin: Origin,
    },
    /// constraintViolation (19), objectClassViolation (65), objectClassModsProhibited (69): no entry may
    /// be so.
    Unlawful {
        /// Why.
        breach: Breach,
        /// Where the entry comes from; none for one that is added.
        origin: Option<Origin>,
    },
    /// entryAlreadyExists (68): the export has entries below a new name, and shows none of that name.
    NameAboveOthers {
        /// The name.
        dn: String,
        /// How many are below it, at any depth.
        below: u64,
        /// What the export is called.
        export: String,
    },
    /// notAllowedOnNonLeaf (66): there are entries below.
    NotAllowedOnNonLeaf {
        /// How many, at any depth.
        below: u64,
        /// How many of them were rejected.
        rejected: u64,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// noSuchAttribute (16): the entry does not have the attribute.
    NoSuchAttribute {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// noSuchAttribute (16): the entry does not have the value.
    NoSuchValue {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// inappropriateMatching (18): nobody can tell one value from another, where one alone is to come
    /// or go.
    NoEquality {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// namingViolation (64): an attribute that names no entry.
    UnfitForNames {
        /// The attribute.
        attribute: Vec<u8>,
        /// What those are that do.
        wanted: &'static str,
    },
    /// constraintViolation (19): an obsolete attribute is given values.
    Obsolete {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// aliasProblem (33): an entry would come below an alias.
    BelowAlias {
        /// The name of the alias.
        dn: String,
    },
    /// An entry would come below a referral object.
    BelowReferral {
        /// Its name.
        dn: String,
        /// What a server answers, by name and code.
        result: &'static str,
    },
    /// attributeOrValueExists (20): the entry has the value, or the record gives it twice.
    ValueExists {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from; none where the record is at fault by itself.
        origin: Option<Origin>,
    },
    /// attributeOrValueExists (20): an entry that is added names an attribute in two ways.
    AttributeTwice {
        /// The second name.
        attribute: Vec<u8>,
    },
    /// protocolError (2): values are to be added, and there are none.
    NoValues {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// constraintViolation (19): the values of the attribute are no numbers.
    NotIncremental {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// namingViolation (64): a value of the RDN would be gone.
    NamingViolation {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// namingViolation (64): an attribute that has one value would have another by the RDN.
    NamingConflict {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// invalidAttributeSyntax (21): only whole numbers can be incremented, and to such.
    NotANumber {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// unwillingToPerform (53): an entry would come below itself.
    BelowItself,
    /// unwillingToPerform (53): an entry would have the name of one above it.
    AboveItself,
    /// referral (10): the entry would be below a referral object.
    Referred {
        /// The name of that.
        dn: String,
    },
    /// affectsMultipleDSAs (71): an entry would come below the root.
    BelowTheRoot,
    /// invalidDNSyntax (34): an attribute stands twice in the new RDN.
    NamedTwice {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// invalidAttributeSyntax (21), in a name invalidDNSyntax (34): a value is none of its attribute.
    InvalidSyntax {
        /// The attribute.
        attribute: Vec<u8>,
        /// What its values are.
        syntax: &'static str,
        /// What a server answers, with its code.
        result: &'static str,
    },
    /// invalidAttributeSyntax (21), in a name invalidDNSyntax (34): no value is taken of a syntax that the server
    /// does not check.
    Unchecked {
        /// The attribute.
        attribute: Vec<u8>,
        /// What a server answers, with its code.
        result: &'static str,
    },
    /// invalidAttributeSyntax (21): the server's schema has no such object class.
    UnknownClass {
        /// The class.
        class: Vec<u8>,
    },
    /// undefinedAttributeType (17), in a name invalidDNSyntax (34): the server's schema has no such attribute.
    UnknownAttribute {
        /// The attribute.
        attribute: Vec<u8>,
        /// What a server answers, with its code.
        result: &'static str,
    },
    /// The export does not show what an assertion is about.
    AssertionUnknown {
        /// The attribute.
        attribute: Vec<u8>,
        /// Where the entry comes from.
        origin: Origin,
    },
    /// assertionFailed (122): the entry is not as the record expects (RFC 4528).
    AssertionFailed {
        /// Where the entry comes from.
        origin: Origin,
    },
    /// The entry was rejected, or that above the new name, or the one that has it: nobody knows what
    /// it holds.
    AmongRejected {
        /// Its name.
        dn: String,
        /// Where it stands.
        origin: Origin,
    },
    /// A record was rejected whose name cannot be read: it may be below an entry that is to go.
    NamelessRejected {
        /// Where it stands.
        origin: Origin,
    },
    /// unavailableCriticalExtension (12): a control that is critical and not known here.
    UnknownControl {
        /// Its OID.
        oid: Vec<u8>,
    },
}

impl Refusal {
    /// What to do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Refusal::NoSuchObject { .. } | Refusal::EntryAlreadyExists { .. } => {
                "was the change made for another export, or applied already?"
            }
            Refusal::Unlawful { breach, .. } => breach.hint(),
            Refusal::NoSuchParent { .. } => "a parent is added before its children",
            Refusal::AmongRejected { .. } | Refusal::NamelessRejected { .. } => {
                "mend the record in the export, and apply the change again"
            }
            Refusal::NameAboveOthers { .. } => {
                "a server has an entry of that name: export it as well, or choose another name"
            }
            Refusal::NotAllowedOnNonLeaf { .. } => {
                "children are deleted or moved before their parent"
            }
            Refusal::NoSuchAttribute { .. }
            | Refusal::NoSuchValue { .. }
            | Refusal::AssertionFailed { .. } => {
                "the entry is not as it was when the change was made"
            }
            Refusal::ValueExists { origin: Some(_), .. } => {
                "the entry is not as it was when the change was made, or has it in another spelling"
            }
            Refusal::ValueExists { origin: None, .. } => "give the value once",
            Refusal::NoEquality { .. } => {
                "`replace:` with all its values; `--server 389ds` or `ad` where these take the change"
            }
            Refusal::Unchecked { .. } => {
                "leave the attribute out; the server's schema may give it another syntax: `--schema`"
            }
            Refusal::Obsolete { .. } => "leave the attribute out, or delete all of it",
            Refusal::UnfitForNames { .. } => {
                "name the entry by another attribute; `--server 389ds` or `ad` where these take the change"
            }
            Refusal::BelowAlias { .. } => "put the entry below the one that the alias stands for",
            Refusal::BelowReferral { .. } | Refusal::Referred { .. } => {
                "the server that the referral names holds what is below it"
            }
            Refusal::AttributeTwice { .. } => "write all its values under one name",
            Refusal::NamingViolation { .. } => {
                "the naming attribute is changed by `changetype: modrdn`"
            }
            Refusal::NamingConflict { .. } => "give it the value that the name has",
            Refusal::NoValues { .. } => {
                "`ldapmodify` leaves it out; `delete:` or `replace:` without a value takes all values out"
            }
            Refusal::NotANumber { .. } | Refusal::NotIncremental { .. } => {
                "`replace:` sets any value"
            }
            Refusal::BelowTheRoot => {
                "leave `newsuperior` out where the entry stays below its own parent"
            }
            Refusal::NamedTwice { .. } => "an RDN names each attribute once",
            Refusal::InvalidSyntax { .. } => {
                "mend the value; where the server takes it, `--schema` reads what it has the attribute as"
            }
            Refusal::UnknownClass { .. } | Refusal::UnknownAttribute { .. } => {
                "the schema comes before the entries: give `--schema` all files of it, or mend the name"
            }
            Refusal::AssertionUnknown { .. } => {
                "export it with its operational attributes: `slapcat`, or `ldapsearch … '*' +`"
            }
            Refusal::AboveItself => "rename the entry above it first, or choose another name",
            Refusal::BelowItself => "choose a `newsuperior` outside the subtree that is moved",
            Refusal::UnknownControl { .. } => {
                "leave the control out, or make it not critical, where it does not matter here"
            }
        }
    }

    /// The message.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoSuchObject { dn, export } => write!(
                f,
                "expected the entry `{}` in `{}`, but found none (noSuchObject, 32)",
                shown(dn.as_bytes()),
                shown(export.as_bytes())
            ),
            Refusal::NoSuchParent { dn, export } => write!(
                f,
                "expected the parent `{}` in `{}`, but found none (noSuchObject, 32)",
                shown(dn.as_bytes()),
                shown(export.as_bytes())
            ),
            Refusal::EntryAlreadyExists { dn, origin } => write!(
                f,
                "expected no entry `{}` yet, but found that of {origin} (entryAlreadyExists, 68)",
                shown(dn.as_bytes())
            ),
            Refusal::Unlawful { breach, origin } => breach.describe(origin.as_ref(), f),
            Refusal::NameAboveOthers { dn, below, export } => write!(
                f,
                "expected no entries of `{}` below the new name `{}`, but found {} (entryAlreadyExists, 68)",
                shown(export.as_bytes()),
                shown(dn.as_bytes()),
                Count(*below)
            ),
            Refusal::NotAllowedOnNonLeaf { below, rejected, origin } => {
                let below = Count(*below);
                write!(f, "expected no entries below that of {origin}, but found {below}")?;
                if *rejected > 0 {
                    write!(f, ", {} of them among what was rejected", Count(*rejected))?;
                }
                f.write_str(" (notAllowedOnNonLeaf, 66)")
            }
            Refusal::NoSuchAttribute { attribute, origin } => write!(
                f,
                "expected the attribute `{}` in the entry of {origin}, but found none \
                 (noSuchAttribute, 16)",
                shown(attribute)
            ),
            Refusal::NoSuchValue { attribute, origin } => write!(
                f,
                "expected this value of `{}` in the entry of {origin}, but found others \
                 (noSuchAttribute, 16)",
                shown(attribute)
            ),
            Refusal::NoEquality { attribute, origin } => write!(
                f,
                "expected all values of `{}` in the entry of {origin} to be replaced, but found single \
                 ones of an attribute without an equality rule (inappropriateMatching, 18)",
                shown(attribute)
            ),
            Refusal::Obsolete { attribute } => write!(
                f,
                "expected an attribute that is not obsolete, but found `{}` (constraintViolation, 19)",
                shown(attribute)
            ),
            Refusal::UnfitForNames { attribute, wanted } => write!(
                f,
                "expected a name by attributes {wanted}, but found `{}` (namingViolation, 64)",
                shown(attribute)
            ),
            Refusal::BelowAlias { dn } => write!(
                f,
                "expected a parent that has entries below it, but found the alias `{}` (aliasProblem, 33)",
                shown(dn.as_bytes())
            ),
            Refusal::BelowReferral { dn, result } => write!(
                f,
                "expected a parent that has entries below it, but found the referral `{}` ({result})",
                shown(dn.as_bytes())
            ),
            Refusal::ValueExists { attribute, origin: Some(origin) } => write!(
                f,
                "expected another value of `{}` than the entry of {origin} has, but found an equal \
                 one (attributeOrValueExists, 20)",
                shown(attribute)
            ),
            Refusal::ValueExists { attribute, origin: None } => write!(
                f,
                "expected each value of `{}` once, but found an equal one \
                 (attributeOrValueExists, 20)",
                shown(attribute)
            ),
            Refusal::AttributeTwice { attribute } => write!(
                f,
                "expected an attribute under one name, but found `{}` for one that has another \
                 (attributeOrValueExists, 20)",
                shown(attribute)
            ),
            Refusal::NamingViolation { attribute, origin } => write!(
                f,
                "expected the value of `{}` that names the entry of {origin} to stay, but found it \
                 removed (namingViolation, 64)",
                shown(attribute)
            ),
            Refusal::NamingConflict { attribute } => write!(
                f,
                "expected the value in the name as the only one of `{}`, but found another \
                 (namingViolation, 64)",
                shown(attribute)
            ),
            Refusal::NotANumber { attribute, origin } => write!(
                f,
                "expected whole numbers of 64 bits as values of `{}` in the entry of {origin}, and as \
                 their sum, but found something else (invalidAttributeSyntax, 21)",
                shown(attribute)
            ),
            Refusal::NoValues { attribute } => write!(
                f,
                "expected values of `{}` to add, but found none (protocolError, 2)",
                shown(attribute)
            ),
            Refusal::NotIncremental { attribute } => write!(
                f,
                "expected an attribute of whole numbers to increment, but found `{}` \
                 (constraintViolation, 19)",
                shown(attribute)
            ),
            Refusal::BelowItself => f.write_str(
                "expected a new parent outside the subtree, but found one in it \
                 (unwillingToPerform, 53)",
            ),
            Refusal::AboveItself => f.write_str(
                "expected a new name, but found that of an entry above (unwillingToPerform, 53)",
            ),
            Refusal::Referred { dn } => write!(
                f,
                "expected an entry of this server, but found one below the referral `{}` (referral, 10)",
                shown(dn.as_bytes())
            ),
            Refusal::BelowTheRoot => {
                f.write_str("expected a new parent, but found the root (affectsMultipleDSAs, 71)")
            }
            Refusal::NamedTwice { attribute } => write!(
                f,
                "expected each attribute once in an RDN, but found `{}` twice (invalidDNSyntax, 34)",
                shown(attribute)
            ),
            Refusal::InvalidSyntax { attribute, syntax, result } => write!(
                f,
                "expected {syntax} as a value of `{}`, but found something else ({result})",
                shown(attribute)
            ),
            Refusal::Unchecked { attribute, result } => write!(
                f,
                "expected an attribute whose values OpenLDAP can check, but found `{}` ({result})",
                shown(attribute)
            ),
            Refusal::UnknownClass { class } => write!(
                f,
                "expected an object class that the schema knows, but found `{}` \
                 (invalidAttributeSyntax, 21)",
                shown(class)
            ),
            Refusal::UnknownAttribute { attribute, result } => write!(
                f,
                "expected an attribute that the schema knows, but found `{}` ({result})",
                shown(attribute)
            ),
            Refusal::AssertionUnknown { attribute, origin } => write!(
                f,
                "expected the entry of {origin} to show `{}`, which the record asserts, but it does not",
                shown(attribute)
            ),
            Refusal::AssertionFailed { origin } => write!(
                f,
                "expected the entry of {origin} to be as the record asserts, but it is not \
                 (assertionFailed, 122)"
            ),
            Refusal::AmongRejected { dn, origin } => write!(
                f,
                "expected to know what the entry `{}` holds, but that of {origin} is among what was \
                 rejected",
                shown(dn.as_bytes())
            ),
            Refusal::NamelessRejected { origin } => write!(
                f,
                "expected to know what is below an entry that goes, but the name of the record of \
                 {origin}, which was rejected, cannot be read"
            ),
            Refusal::UnknownControl { oid } => write!(
                f,
                "expected a control that can be honoured here, but found `{}` \
                 (unavailableCriticalExtension, 12)",
                shown(oid)
            ),
        }
    }
}
