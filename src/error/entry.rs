//! What is wrong with an entry or a value although its text is well-formed LDIF.

use std::fmt;

use crate::error::kind::shown;

/// What is wrong with a record that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFault {
    /// A value of an attribute that holds text is not UTF-8 (RFC 4517 section 3.3.6).
    NotUtf8 {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// A value does not have the syntax of its attribute (RFC 4517 section 3.3).
    Syntax {
        /// The attribute.
        attribute: Vec<u8>,
        /// What its syntax is called.
        syntax: &'static str,
    },
    /// Values that are transferred with the option `binary`, without it (RFC 4523 section 2).
    NotBinary {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// The option `binary`, where the syntax has an encoding of its own (RFC 4522 section 3).
    Binary {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// A value of the entry's name that is none of its values (RFC 4512 section 2.3.1).
    NamingValue {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// A value that the attribute has already, by its equality rule.
    DuplicateValue {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// More than one value of a SINGLE-VALUE attribute.
    SeveralValues {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// An attribute that has another name further up in the entry.
    SeveralNames {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// A last line `version: 1`, which may be the first of a file that was joined to this one.
    VersionAtEnd,
    /// An entry without `objectClass` (RFC 4512 section 2.4).
    NoObjectClass,
    /// An entry whose classes are all abstract or auxiliary (RFC 4512 section 2.4.2).
    NoStructuralClass,
    /// An entry with two structural classes of which neither is above the other (RFC 4512 section
    /// 2.4.2).
    SeveralStructural {
        /// The two.
        classes: [String; 2],
    },
    /// An abstract class, and none that is a kind of it (RFC 4512 section 2.4.1).
    AbstractAlone {
        /// The class.
        class: String,
    },
    /// A class that the schema does not have.
    UnknownClass {
        /// Its name.
        class: Vec<u8>,
    },
    /// An attribute type that the schema does not have.
    UnknownAttribute {
        /// Its name.
        attribute: Vec<u8>,
    },
    /// An attribute that a class demands is missing.
    Required {
        /// The attribute.
        attribute: String,
        /// The class.
        class: String,
    },
    /// An attribute that no class of the entry allows.
    NotAllowed {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// An attribute or an auxiliary class that the content rule of the structural class does not allow (RFC 4512
    /// section 4.1.6).
    Precluded {
        /// The attribute or class.
        name: Vec<u8>,
        /// The structural class.
        class: String,
    },
    /// An obsolete class.
    ObsoleteClass {
        /// Its name.
        class: Vec<u8>,
    },
    /// A `structuralObjectClass` that is not the entry's.
    OtherStructural {
        /// What it says.
        said: Vec<u8>,
        /// What it is.
        class: String,
    },
    /// An entry whose parent is not in the file.
    NoParent {
        /// The name of the parent.
        parent: String,
    },
    /// An entry in a file of changes.
    ContentAmongChanges,
    /// A name without `=`: a label of some kind, and no DN.
    NotADn,
    /// A file without a record.
    NoRecords,
}

impl EntryFault {
    /// What to do.
    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            EntryFault::NotUtf8 { .. } => {
                "a server refuses it (invalidAttributeSyntax, 21): convert the value to UTF-8"
            }
            EntryFault::Syntax { .. } => "a server refuses it (invalidAttributeSyntax, 21)",
            EntryFault::NotBinary { .. } => {
                "a server refuses it (undefinedAttributeType, 17): add `;binary` to the name"
            }
            EntryFault::Binary { .. } => {
                "a server refuses it (undefinedAttributeType, 17): leave the option out"
            }
            EntryFault::NamingValue { .. } => {
                "a server adds the value, or refuses the entry (namingViolation, 64)"
            }
            EntryFault::DuplicateValue { .. } => {
                "a server takes one of them, or refuses the entry (attributeOrValueExists, 20)"
            }
            EntryFault::SeveralValues { .. } => {
                "a server refuses it (constraintViolation, 19): keep one value"
            }
            EntryFault::SeveralNames { .. } => {
                "a server refuses it (attributeOrValueExists, 20): write all values under one name"
            }
            EntryFault::VersionAtEnd => {
                "`cat` joins a file without an empty line at its end to the next: put one between them; \
                 if it is an attribute of the entry, all is well"
            }
            EntryFault::NoObjectClass => {
                "no server loads such an entry; export with all user attributes (`'*'`)"
            }
            EntryFault::NoStructuralClass
            | EntryFault::SeveralStructural { .. }
            | EntryFault::AbstractAlone { .. }
            | EntryFault::Precluded { .. }
            | EntryFault::ObsoleteClass { .. }
            | EntryFault::Required { .. } => "a server refuses it (objectClassViolation, 65)",
            EntryFault::NotAllowed { .. } => {
                "a server refuses it (objectClassViolation, 65): add a class that allows it"
            }
            EntryFault::OtherStructural { .. } => {
                "a server refuses it (objectClassModsProhibited, 69): leave the attribute out, it makes its own"
            }
            EntryFault::UnknownClass { .. } | EntryFault::UnknownAttribute { .. } => {
                "check the spelling, or give the file that defines it with `--schema`"
            }
            EntryFault::NoParent { .. } => {
                "a server loads no entry before its parent: export the whole subtree"
            }
            EntryFault::ContentAmongChanges => {
                "a file holds entries or changes: give this record a `changetype: add`"
            }
            EntryFault::NotADn => {
                "a server skips or refuses the entry (invalidDNSyntax, 34); `diff` and `apply` do not \
                 read it"
            }
            EntryFault::NoRecords => "if it should hold some, export again",
        })
    }

    /// The message.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryFault::NotUtf8 { attribute } => {
                write!(
                    f,
                    "expected UTF-8 in a value of `{}`, but found other bytes",
                    shown(attribute)
                )
            }
            EntryFault::Syntax { attribute, syntax } => {
                write!(
                    f,
                    "expected {syntax} as a value of `{}`, but found another",
                    shown(attribute)
                )
            }
            EntryFault::NotBinary { attribute } => write!(
                f,
                "expected the option `binary` for values of `{}`, but found none",
                shown(attribute)
            ),
            EntryFault::Binary { attribute } => write!(
                f,
                "expected no option `binary` for values of this syntax, but found `{}`",
                shown(attribute)
            ),
            EntryFault::NamingValue { attribute } => write!(
                f,
                "expected the value in the name among those of `{}`, but found others",
                shown(attribute)
            ),
            EntryFault::DuplicateValue { attribute } => {
                write!(
                    f,
                    "expected another value of `{}`, but found an equal one",
                    shown(attribute)
                )
            }
            EntryFault::SeveralValues { attribute } => {
                write!(f, "expected one value of `{}`, but found another", shown(attribute))
            }
            EntryFault::SeveralNames { attribute } => write!(
                f,
                "expected an attribute under one name, but found `{}` for one that has another",
                shown(attribute)
            ),
            EntryFault::VersionAtEnd => f.write_str(
                "expected an empty line before `version: 1`, which is read as an attribute",
            ),
            EntryFault::NoObjectClass => f.write_str("expected an `objectClass`, but found none"),
            EntryFault::NoStructuralClass => {
                f.write_str("expected a structural object class, but found none")
            }
            EntryFault::SeveralStructural { classes: [one, other] } => write!(
                f,
                "expected one chain of structural object classes, but found `{one}` and `{other}`"
            ),
            EntryFault::AbstractAlone { class } => write!(
                f,
                "expected a class below the abstract class `{}`, but found none",
                shown(class.as_bytes())
            ),
            EntryFault::UnknownClass { class } => {
                write!(f, "expected an object class of the schema, but found `{}`", shown(class))
            }
            EntryFault::UnknownAttribute { attribute } => write!(
                f,
                "expected an attribute type of the schema, but found `{}`",
                shown(attribute)
            ),
            EntryFault::Required { attribute, class } => {
                write!(f, "expected `{attribute}`, which `{class}` demands, but found none")
            }
            EntryFault::Precluded { name, class } => write!(
                f,
                "expected what the content rule of `{class}` allows, but found `{}`",
                shown(name)
            ),
            EntryFault::ObsoleteClass { class } => write!(
                f,
                "expected object classes that are not obsolete, but found `{}`",
                shown(class)
            ),
            EntryFault::OtherStructural { said, class } => write!(
                f,
                "expected the structural object class `{class}`, but found `{}`",
                shown(said)
            ),
            EntryFault::NotAllowed { attribute } => write!(
                f,
                "expected attributes that the classes of the entry allow, but found `{}`",
                shown(attribute)
            ),
            EntryFault::NoParent { parent } => write!(
                f,
                "expected the parent `{}` in the file, but found none",
                shown(parent.as_bytes())
            ),
            EntryFault::ContentAmongChanges => {
                f.write_str("expected a change record, but found an entry among changes")
            }
            EntryFault::NotADn => f.write_str("expected a DN, but found a name without `=`"),
            EntryFault::NoRecords => f.write_str("expected records, but found none"),
        }
    }
}
