//! What a directory server wants of a change file: one table, one row a server.
//!
//! Names of attributes are in lower case. Which server wrote an export is read off the attributes
//! in it.

mod active_directory;
mod names;

use crate::attribute::type_of;
use crate::schema::Schema;

pub use names::{IDENTIFIERS, SECRETS, UNIQUE};

use names::{AMBIGUOUS, EVERYWHERE, NOT_ENTRIES, Traits};

/// A server profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Server {
    /// OpenLDAP's slapd.
    OpenLdap,
    /// 389 Directory Server and FreeIPA.
    Ds389,
    /// Active Directory, Windows or Samba.
    ActiveDirectory,
    /// Any server: only what all of them take.
    #[default]
    Generic,
}

impl Server {
    fn traits(self) -> &'static Traits {
        match self {
            Server::OpenLdap => &names::OPENLDAP,
            Server::Ds389 => &names::DS389,
            Server::ActiveDirectory => &active_directory::TRAITS,
            Server::Generic => &names::GENERIC,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.traits().name
    }

    /// The server whose marks are among these attribute names; the more telling server wins.
    ///
    /// AD and 389 write marks nobody else does; OpenLDAP's are looked for last, because proxies
    /// add some of them.
    pub fn of_attributes(names: &[&[u8]]) -> Option<Server> {
        [Server::ActiveDirectory, Server::Ds389, Server::OpenLdap].into_iter().find(|server| {
            let marks = server.traits().marks;
            names.iter().any(|name| marks.iter().any(|m| name.eq_ignore_ascii_case(m.as_bytes())))
        })
    }

    /// The attribute types, in lower case, that only the server writes.
    ///
    /// The generic profile leaves out what any of the known servers keeps to itself, as long as
    /// the name means nothing else on another.
    pub fn kept_to_itself(self) -> impl Iterator<Item = &'static str> {
        let own = self.meant().flat_map(|server| server.traits().server_only);
        let ambiguous = move |name: &&&str| self == Server::Generic && AMBIGUOUS.contains(*name);
        let all = EVERYWHERE.iter().chain(names::GENERIC.server_only);
        all.chain(own.filter(move |name| !ambiguous(name))).copied()
    }

    /// The object classes, in lower case, that only the server gives an entry.
    pub fn own_classes(self) -> impl Iterator<Item = &'static str> {
        self.meant().flat_map(|server| server.traits().own_classes).copied()
    }

    /// The servers this profile stands for: one, or all that are known.
    fn meant(self) -> impl Iterator<Item = Server> {
        let known = [Server::OpenLdap, Server::Ds389, Server::ActiveDirectory];
        known.into_iter().filter(move |server| self == Server::Generic || self == *server)
    }

    /// Whether an assertion control (RFC 4528) is honoured. AD and 389 perform the delete of a
    /// record whose control they do not know.
    pub fn honours_assertions(self) -> bool {
        self == Server::OpenLdap
    }

    /// Whether single values of an attribute without an equality rule can be deleted.
    pub fn deletes_without_equality(self) -> bool {
        matches!(self, Server::Ds389 | Server::ActiveDirectory)
    }

    /// Whether a group may lose its last member: `member` is optional in its schema.
    pub fn groups_may_be_empty(self) -> bool {
        matches!(self, Server::Ds389 | Server::ActiveDirectory)
    }

    /// Whether the structural class of an entry may change by a modify.
    pub fn changes_structure(self) -> bool {
        self == Server::Ds389
    }
}

/// Whether an object class marks what replication keeps for itself.
pub fn is_not_an_entry(class: &[u8]) -> bool {
    NOT_ENTRIES.iter().any(|name| class.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether the values of an attribute are secrets, under any name of its type; `more` are further
/// names, in lower case.
pub fn is_secret(schema: &Schema, more: &[Vec<u8>], description: &[u8]) -> bool {
    let listed = |lower: &[u8]| {
        SECRETS.iter().any(|name| name.as_bytes() == lower) || more.iter().any(|m| m == lower)
    };
    let name = type_of(description).to_ascii_lowercase();
    listed(&name)
        || schema.attribute(&name).is_some_and(|attribute| {
            listed(attribute.oid.as_bytes())
                || attribute.names.iter().any(|n| listed(n.to_ascii_lowercase().as_bytes()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_tells_its_server() {
        let of = |names: &[&str]| {
            let names: Vec<&[u8]> = names.iter().map(|n| n.as_bytes()).collect();
            Server::of_attributes(&names)
        };
        assert_eq!(of(&["cn", "entryCSN"]), Some(Server::OpenLdap));
        assert_eq!(of(&["entryUUID", "nsUniqueId"]), Some(Server::Ds389));
        assert_eq!(of(&["cn", "objectGUID"]), Some(Server::ActiveDirectory));
        assert_eq!(of(&["cn", "sn"]), None);
    }

    #[test]
    fn what_a_client_may_write_is_never_left_out() {
        let keeps = |server: Server, name: &str| server.kept_to_itself().any(|n| n == name);
        for server in [Server::OpenLdap, Server::Ds389, Server::ActiveDirectory, Server::Generic] {
            for name in
                ["aci", "pwdaccountlockedtime", "pwdpolicysubentry", "nsaccountlock", "member"]
            {
                assert!(!keeps(server, name), "{name}");
            }
            assert!(keeps(server, "modifytimestamp"));
        }
        assert!(keeps(Server::ActiveDirectory, "name"));
        assert!(!keeps(Server::Generic, "name"));
    }

    #[test]
    fn secrets_are_known_under_all_their_names() {
        let schema = Schema::builtin();
        let secret = |name: &str, more: &[&str]| {
            let more: Vec<Vec<u8>> = more.iter().map(|m| m.as_bytes().to_vec()).collect();
            is_secret(schema, &more, name.as_bytes())
        };
        assert!(secret("userPassword", &[]) && secret("userPassword;x-old", &[]));
        assert!(secret("2.5.4.35", &[]) && secret("USERPKCS12", &[]));
        assert!(!secret("mail", &[]) && !secret("x-token", &[]));
        assert!(secret("x-Token", &["x-token"]));
        assert!(secret("mail", &["rfc822mailbox"]) && secret("rfc822Mailbox", &["mail"]));
    }
}
