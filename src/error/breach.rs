//! What an entry would be that its schema does not allow, by the names and codes of RFC 4511 appendix
//! A.2.

use std::fmt;

use crate::error::kind::shown;
use crate::error::refusal::Origin;

/// Why no entry may be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// constraintViolation (19): an attribute that has one value would have several.
    SeveralValues {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// objectClassViolation (65): no object class.
    NoClass,
    /// objectClassViolation (65): no structural object class.
    NoStructuralClass,
    /// objectClassViolation (65): structural classes of which neither is above the other.
    SeveralStructural {
        /// Two of them.
        classes: [String; 2],
    },
    /// objectClassViolation (65): an abstract class, and none that is a kind of it (RFC 4512 section 2.4.1).
    AbstractAlone {
        /// The class.
        class: String,
    },
    /// objectClassModsProhibited (69): another structural class than the entry had.
    OtherStructural {
        /// What it had.
        from: String,
        /// What it would have.
        to: String,
    },
    /// objectClassViolation (65): an attribute is missing that a class demands.
    Required {
        /// The attribute.
        attribute: String,
        /// The class.
        class: String,
    },
    /// objectClassViolation (65): an attribute that no class allows.
    NotAllowed {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// objectClassViolation (65): an attribute or an auxiliary class that the content rule of the structural class
    /// does not allow (RFC 4512 section 4.1.6).
    Precluded {
        /// The attribute or class.
        name: Vec<u8>,
        /// The structural class.
        class: String,
    },
    /// objectClassViolation (65): an obsolete class.
    ObsoleteClass {
        /// The class.
        class: String,
    },
}

impl Breach {
    /// What to do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Breach::SeveralValues { .. } => {
                "take the old value out in the same record, or `replace:` it"
            }
            Breach::OtherStructural { .. } => {
                "the entry is deleted and added again; `--server 389ds` where that takes the change"
            }
            Breach::NoStructuralClass | Breach::Required { .. } => {
                "where the server has it otherwise: `--server 389ds` or `ad`, or its schema by `--schema`"
            }
            Breach::NoClass
            | Breach::SeveralStructural { .. }
            | Breach::AbstractAlone { .. }
            | Breach::NotAllowed { .. }
            | Breach::Precluded { .. }
            | Breach::ObsoleteClass { .. } => {
                "where the server has it otherwise, `--schema` reads its schema"
            }
        }
    }

    /// The message; `origin` is that of the entry, none for one that is added or that does not matter.
    pub(super) fn describe(
        &self,
        origin: Option<&Origin>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let entry = match origin {
            Some(origin) => format!("the entry of {origin}"),
            None => "the new entry".to_owned(),
        };
        match self {
            Breach::SeveralValues { attribute } => {
                let of = origin.map_or(String::new(), |_| format!(" in {entry}"));
                let attribute = shown(attribute);
                write!(
                    f,
                    "expected one value of `{attribute}`{of}, but found more (constraintViolation, 19)"
                )
            }
            Breach::NoClass => write!(
                f,
                "expected an object class of {entry}, but found none (objectClassViolation, 65)"
            ),
            Breach::NoStructuralClass => write!(
                f,
                "expected a structural object class of {entry}, but found others alone \
                 (objectClassViolation, 65)"
            ),
            Breach::SeveralStructural { classes: [one, other] } => write!(
                f,
                "expected one chain of structural object classes of {entry}, but found `{}` and `{}` \
                 (objectClassViolation, 65)",
                shown(one.as_bytes()),
                shown(other.as_bytes())
            ),
            Breach::AbstractAlone { class } => write!(
                f,
                "expected a class below the abstract class `{}` of {entry}, but found none (objectClassViolation, 65)",
                shown(class.as_bytes())
            ),
            Breach::OtherStructural { from, to } => write!(
                f,
                "expected {entry} to keep its structural object class `{}`, but found `{}` \
                 (objectClassModsProhibited, 69)",
                shown(from.as_bytes()),
                shown(to.as_bytes())
            ),
            Breach::Required { attribute, class } => write!(
                f,
                "expected `{}`, which the class `{}` demands, in {entry}, but did not find it \
                 (objectClassViolation, 65)",
                shown(attribute.as_bytes()),
                shown(class.as_bytes())
            ),
            Breach::Precluded { name, class } => write!(
                f,
                "expected what the content rule of the class `{}` allows in {entry}, but found `{}` \
                 (objectClassViolation, 65)",
                shown(class.as_bytes()),
                shown(name)
            ),
            Breach::ObsoleteClass { class } => write!(
                f,
                "expected object classes of {entry} that are not obsolete, but found `{}` \
                 (objectClassViolation, 65)",
                shown(class.as_bytes())
            ),
            Breach::NotAllowed { attribute } => write!(
                f,
                "expected an attribute that a class of {entry} allows, but found `{}` \
                 (objectClassViolation, 65)",
                shown(attribute)
            ),
        }
    }
}
