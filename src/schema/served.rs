//! Which definitions the server has whose schema is given in files.
//!
//! What is built in is of many servers, and stays to read and to compare by. A server knows what its files
//! define, and what is built into it.

use super::{AttributeType, ObjectClass, Schema, Standing};

/// Object identifiers of what slapd knows without any file.
const BUILT_INTO_OPENLDAP: [&str; 19] = [
    // objectClass, aliasedObjectName, distinguishedName, name, cn, uid, uidNumber, gidNumber, userPassword,
    // labeledURI, description, seeAlso.
    "2.5.4.0",
    "2.5.4.1",
    "2.5.4.49",
    "2.5.4.41",
    "2.5.4.3",
    "0.9.2342.19200300.100.1.1",
    "1.3.6.1.1.1.1.0",
    "1.3.6.1.1.1.1.1",
    "2.5.4.35",
    "1.3.6.1.4.1.250.1.57",
    "2.5.4.13",
    "2.5.4.34",
    // top, extensibleObject, alias, referral, subentry, subschema, dynamicObject.
    "2.5.6.0",
    "1.3.6.1.4.1.1466.101.120.111",
    "2.5.6.1",
    "2.16.840.1.113730.3.2.6",
    "2.5.17.0",
    "2.5.20.1",
    "1.3.6.1.4.1.1466.101.119.2",
];

/// The beginnings of others: OpenLDAP's own, and of the password policy.
const BEGINNINGS: [&str; 3] =
    ["1.3.6.1.4.1.4203.", "1.3.6.1.4.1.42.2.27.8.", "1.3.6.1.4.1.4754.2.99."];

fn is_built_into_openldap(oid: &str) -> bool {
    BUILT_INTO_OPENLDAP.contains(&oid) || BEGINNINGS.iter().any(|begin| oid.starts_with(begin))
}

impl Schema {
    /// Whether files tell all of a server's schema: those that have not even `person` and its `sn` add to what is
    /// built in.
    pub(super) fn is_given_whole(&self) -> bool {
        self.class(b"2.5.6.6").is_some_and(|class| class.standing != Standing::BuiltIn)
            && self
                .attribute(b"2.5.4.4")
                .is_some_and(|attribute| attribute.standing != Standing::BuiltIn)
    }

    /// The attribute type called `name`, as far as the server has it. What is operational may be of an overlay or a
    /// plugin.
    pub fn served_attribute(&self, name: &[u8]) -> Option<&AttributeType> {
        self.attribute(name).filter(|one| {
            let is_own = || one.is_operational() || is_built_into_openldap(&one.oid);
            !self.is_whole || one.standing != Standing::BuiltIn || is_own()
        })
    }

    /// The object class called `name`, likewise.
    pub fn served_class(&self, name: &[u8]) -> Option<&ObjectClass> {
        let known = self.class(name);
        known.filter(|one| {
            !self.is_whole || one.standing != Standing::BuiltIn || is_built_into_openldap(&one.oid)
        })
    }

    /// Whether a type that is not known may be of OpenLDAP's configuration, which no `.schema` file lists.
    pub fn may_be_of_configuration(&self, name: &[u8]) -> bool {
        let begin = name.get(..3).unwrap_or_default();
        begin.eq_ignore_ascii_case(b"olc") && self.attribute(b"olcDatabase").is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(text: &str) -> Schema {
        let mut schema = Schema::builtin().clone();
        schema.extend("test.schema", text.as_bytes()).unwrap();
        schema
    }

    #[test]
    fn a_whole_schema_leaves_nothing_to_others() {
        let person = "objectclass ( 2.5.6.6 NAME 'person' SUP top MUST ( sn $ cn ) )\n\
            attributetype ( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )\n";
        let own = "attributetype ( 1.2.3 NAME 'badge' SUP name )\n";
        let relaxed = "objectclass ( 2.5.6.6 NAME 'person' SUP top MAY ( sn $ cn ) )\n";
        for (text, attributes, classes) in [
            (person, "cn SN uid entryUUID memberOf pwdMaxAge", "top PERSON alias pwdPolicy"),
            (own, "badge sn mail sAMAccountName", "person inetOrgPerson group"),
            (relaxed, "cn mail sAMAccountName", "person inetOrgPerson group"),
        ] {
            let schema = schema(text);
            for name in attributes.split(' ') {
                assert!(schema.served_attribute(name.as_bytes()).is_some(), "{name}");
            }
            for name in classes.split(' ') {
                assert!(schema.served_class(name.as_bytes()).is_some(), "{name}");
            }
        }
        let schema = schema(person);
        for name in ["mail", "sAMAccountName", "l", "nosuch"] {
            assert!(schema.served_attribute(name.as_bytes()).is_none(), "{name}");
        }
        for name in ["group", "inetOrgPerson", "nosuch"] {
            assert!(schema.served_class(name.as_bytes()).is_none(), "{name}");
        }
    }
}
