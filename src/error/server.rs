//! What one server refuses though the standard allows it.

use std::fmt;

use super::kind::shown;

/// What a server would refuse, or spoil, in what NEW asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFault {
    /// An attribute with options.
    Options {
        /// The attribute description.
        attribute: Vec<u8>,
    },
    /// An OID for which nobody knows the name.
    NamelessOid {
        /// The OID.
        attribute: Vec<u8>,
    },
    /// A value without a byte.
    EmptyValue {
        /// Of this attribute.
        attribute: Vec<u8>,
    },
    /// An RDN of several values.
    SeveralInRdn {
        /// The RDN.
        rdn: Vec<u8>,
    },
    /// An RDN that names an attribute twice.
    NamedTwice {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// An RDN of another attribute than the one that names such an entry.
    NamingAttribute {
        /// The one that does.
        wanted: Vec<u8>,
        /// The one that stands there.
        found: Vec<u8>,
    },
    /// Another value of the naming attribute beside the one in the RDN.
    SecondName {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// Several values where an account or a group can be given only one.
    SeveralValues {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// Another structural class.
    ClassChange {
        /// The class in OLD.
        from: Vec<u8>,
        /// The class in NEW.
        to: Vec<u8>,
    },
    /// A reference to an entry that was deleted.
    DeletedTarget {
        /// The attribute.
        attribute: Vec<u8>,
        /// What became of the entry's name.
        name: Vec<u8>,
    },
    /// A reference to a name that NEW does not have, and OLD's entry of it no longer.
    MissingTarget {
        /// The attribute.
        attribute: Vec<u8>,
        /// The name.
        name: Vec<u8>,
    },
    /// A NUL in a name.
    NulInName,
    /// A name that has to wait under another for a while, of an attribute that has none.
    NoThirdName {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// Another number for an entry that the server numbers itself.
    OwnNumber {
        /// The name in NEW.
        name: Vec<u8>,
    },
    /// Modules or schema that are to go.
    KeptConfiguration {
        /// The entry's name, or the attribute.
        name: Vec<u8>,
    },
    /// Identifiers are to be written.
    Identifiers,
}

impl ServerFault {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            ServerFault::Options { .. } => {
                "Active Directory has no attribute options: take it out of NEW, or leave it out \
                 with `--exclude-attributes`"
            }
            ServerFault::NamelessOid { .. } => {
                "Active Directory takes names only: `--schema` with the server's schema tells it"
            }
            ServerFault::EmptyValue { .. } => {
                "Active Directory has no empty values: take it out of NEW, or leave the attribute \
                 out with `--exclude-attributes`"
            }
            ServerFault::SeveralInRdn { .. } => {
                "a name in Active Directory has one value: rename the entry in NEW, or leave it out \
                 with `--exclude-dn`"
            }
            ServerFault::NamedTwice { .. } => {
                "the standard lets no RDN name an attribute twice, and servers refuse it \
                 (invalidDNSyntax, 34): rename the entry in NEW, or leave it out with `--exclude-dn`; \
                 389 Directory Server takes such a name, with `--server 389ds`"
            }
            ServerFault::NamingAttribute { .. } => {
                "Active Directory names the entries of a class by one attribute: rename the entry in \
                 NEW, or leave it out with `--exclude-dn`"
            }
            ServerFault::SecondName { .. } => {
                "in Active Directory the attribute that names an entry has one value: take the others \
                 out of NEW, or leave the entry out with `--exclude-dn`"
            }
            ServerFault::SeveralValues { .. } => {
                "Active Directory lets an account or a group have one: take the others out of NEW, or \
                 leave the attribute out with `--exclude-attributes`"
            }
            ServerFault::ClassChange { .. } => {
                "Active Directory changes no class, and an entry that is deleted and added again has \
                 lost its SID, password and memberships: leave it out with `--exclude-dn`"
            }
            ServerFault::DeletedTarget { .. } => {
                "Active Directory takes references to living entries only: take it out of NEW, or \
                 leave the attribute out with `--exclude-attributes`"
            }
            ServerFault::MissingTarget { .. } => {
                "an export made while the server is written to can be like that: export NEW again"
            }
            ServerFault::NulInName => {
                "389 Directory Server would store another name: rename the entry in NEW, or leave it \
                 out with `--exclude-dn`"
            }
            ServerFault::NoThirdName { .. } => {
                "a swap needs a third name, and a boolean has two: import it in two steps, first with \
                 another attribute in one of the names, or leave the entry out with `--exclude-dn`"
            }
            ServerFault::OwnNumber { .. } => {
                "slapd numbers what has an order in its configuration by itself, when an entry goes or \
                 comes before others: make this change by hand, and leave such entries out with \
                 `--exclude-dn`"
            }
            ServerFault::KeptConfiguration { .. } => {
                "slapd gives up no module (80) and no entry of its schema (53) while it runs: take it out of \
                 its configuration offline (`slapcat -n 0`, `slapadd -n 0`), or leave the entry out with \
                 `--exclude-dn`"
            }
            ServerFault::Identifiers => {
                "Active Directory gives each object identifiers of its own, and refuses others: leave \
                 `--keep-identifiers` out"
            }
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerFault::Options { attribute } => {
                write!(f, "expected an attribute without options, but found `{}`", shown(attribute))
            }
            ServerFault::NamelessOid { attribute } => {
                write!(
                    f,
                    "expected the name of an attribute, but found the OID {}",
                    shown(attribute)
                )
            }
            ServerFault::EmptyValue { attribute } => {
                write!(f, "expected a value of {}, but found an empty one", shown(attribute))
            }
            ServerFault::SeveralInRdn { rdn } => {
                write!(f, "expected one value in an RDN, but found `{}`", shown(rdn))
            }
            ServerFault::NamedTwice { attribute } => write!(
                f,
                "expected each attribute once in an RDN, but found `{}` twice",
                shown(attribute)
            ),
            ServerFault::NamingAttribute { wanted, found } => write!(
                f,
                "expected `{}=` in the RDN of such an entry, but found `{}=`",
                shown(wanted),
                shown(found)
            ),
            ServerFault::SecondName { attribute } => write!(
                f,
                "expected no {} but the one in the name of the entry, but found another",
                shown(attribute)
            ),
            ServerFault::SeveralValues { attribute } => write!(
                f,
                "expected one value of {} in an account or a group, but found several",
                shown(attribute)
            ),
            ServerFault::ClassChange { from, to } => write!(
                f,
                "expected an entry of the class {} as in OLD, but found {}",
                shown(from),
                shown(to)
            ),
            ServerFault::DeletedTarget { attribute, name } => write!(
                f,
                "expected the name of an entry in {}, but found `{}`, which was deleted",
                shown(attribute),
                shown(name)
            ),
            ServerFault::MissingTarget { attribute, name } => write!(
                f,
                "expected the name of an entry of NEW in {}, but found `{}`, which only OLD has",
                shown(attribute),
                shown(name)
            ),
            ServerFault::NulInName => f.write_str("expected a name without NUL, but found one"),
            ServerFault::NoThirdName { attribute } => write!(
                f,
                "expected names that are free or become free, but found two of {} that change places",
                shown(attribute)
            ),
            ServerFault::OwnNumber { name } => {
                write!(f, "expected the number of OLD in the name, but found `{}`", shown(name))
            }
            ServerFault::KeptConfiguration { name } => write!(
                f,
                "expected the modules and the schema of OLD in NEW, but found that `{}` loses some or goes",
                shown(name)
            ),
            ServerFault::Identifiers => {
                f.write_str("expected entries without identifiers, but found `--keep-identifiers`")
            }
        }
    }
}
