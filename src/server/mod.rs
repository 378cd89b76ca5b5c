//! What a directory server wants of a change file: one table, one row a server.
//!
//! Names of attributes are in lower case. Which server wrote an export is read off the attributes
//! in it.

mod active_directory;
mod names;

use std::sync::LazyLock;

use crate::attribute::type_of;
use crate::dn::{Ava, AvaValue, Dn};
use crate::entry::Entry;
use crate::schema::{AttributeType, Schema};

pub use names::{IDENTIFIERS, SECRETS, SET_WITH_PASSWORD, UNIQUE};

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
        Server::marked(names).map(|(server, _)| server)
    }

    /// The same, and the attribute that says so.
    pub fn marked<'n>(names: &[&'n [u8]]) -> Option<(Server, &'n [u8])> {
        let all = [Server::ActiveDirectory, Server::Ds389, Server::OpenLdap];
        all.into_iter().find_map(|server| {
            let is_mark = |name: &&&[u8]| {
                server.traits().marks.iter().any(|mark| name.eq_ignore_ascii_case(mark.as_bytes()))
            };
            names.iter().find(is_mark).map(|name| (server, *name))
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

    /// Whether an attribute without an equality rule is treated like any other: single values of it can be
    /// deleted, and it names entries (RFC 4512 section 2.5.1 wants neither).
    pub fn deletes_without_equality(self) -> bool {
        matches!(self, Server::Ds389 | Server::ActiveDirectory)
    }

    /// Whether a filter has an answer where the type of an attribute has no rule for it, and where nobody knows the
    /// attribute.
    pub fn compares_without_rules(self) -> bool {
        matches!(self, Server::Ds389 | Server::ActiveDirectory)
    }

    /// Whether nothing comes below an alias (RFC 4512 section 2.6) and below a referral object.
    pub fn has_leaves(self) -> bool {
        matches!(self, Server::OpenLdap | Server::Generic)
    }

    /// Whether an `add:` without values is refused: `ldapmodify` leaves it out, where Samba's `ldbmodify` does
    /// not.
    pub fn minds_empty_adds(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// How it takes a permissive modify; nothing where it knows none.
    pub fn permissive_modify(self) -> Option<Permissive> {
        match self {
            Server::OpenLdap => Some(Permissive::ByLastValue),
            Server::ActiveDirectory | Server::Generic => Some(Permissive::Throughout),
            Server::Ds389 => None,
        }
    }

    /// Whether a group may lose its last member: `member` is optional in its schema.
    pub fn groups_may_be_empty(self) -> bool {
        matches!(self, Server::Ds389 | Server::ActiveDirectory)
    }

    /// Whether an entry may lose the last value of such an attribute that names entries, though its class in
    /// the standards demands it.
    pub fn may_lose_names(self, attribute: &AttributeType) -> bool {
        // RFC 4519 sections 2.17 and 2.40: `member` and `uniqueMember`.
        const MEMBERS: [&str; 2] = ["2.5.4.31", "2.5.4.50"];
        match self {
            Server::Ds389 => MEMBERS.contains(&&*attribute.oid),
            Server::ActiveDirectory => true,
            Server::OpenLdap | Server::Generic => false,
        }
    }

    /// Whether it gives an entry by itself what its classes demand.
    pub fn supplies(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// What becomes of an entry whose structural class changes.
    pub fn class_change(self) -> ClassChange {
        match self {
            Server::Ds389 => ClassChange::Modified,
            Server::ActiveDirectory => ClassChange::Refused,
            Server::OpenLdap | Server::Generic => ClassChange::Recreated,
        }
    }

    /// Whether the references in an attribute follow their target by themselves, whatever it is
    /// called: the server keeps the entry, not its name.
    pub fn links(self, attribute: &AttributeType) -> bool {
        self == Server::ActiveDirectory && holds(active_directory::LINKS, attribute)
    }

    /// Whether the server shows a reference that is no link under its target's name of today, and may delete it only
    /// under the one that it was written with, which no export tells (Samba).
    pub fn forgets_names(self, attribute: &AttributeType) -> bool {
        self == Server::ActiveDirectory && attribute.syntax.is_dn() && !self.links(attribute)
    }

    /// Whether an attribute that is to be empty is better deleted than replaced by nothing: Samba wants a value of
    /// some (`userPrincipalName`, `dNSHostName`) that it lets go.
    pub fn deletes_rather(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// Whether a reference may name an entry that is not there.
    pub fn takes_any_name(self) -> bool {
        self != Server::ActiveDirectory
    }

    /// Whether `memberOf` and its like follow a group wherever it goes: they are the other end of a link.
    pub fn follows_names(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// Whether the server lets nobody take the last value of an attribute away.
    pub fn protects(self, attribute: &AttributeType) -> bool {
        self == Server::ActiveDirectory && holds(active_directory::PROTECTED, attribute)
    }

    /// Whether an attribute is never written with others, but by a record of its own or by a person: the primary
    /// group, which must be one that the account is a member of by then.
    pub fn is_set_by_hand(self, description: &[u8]) -> bool {
        self == Server::ActiveDirectory
            && type_of(description).eq_ignore_ascii_case(b"primaryGroupID")
    }

    /// Whether the server moves accounts between `member` of two groups where their primary group
    /// changes.
    pub fn moves_members(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// An attribute whose values imply one of another, which is unique too, and that other one.
    pub fn implied_name(self) -> Option<(&'static [u8], &'static [u8])> {
        let names: (&[u8], &[u8]) = (b"sAMAccountName", b"userPrincipalName");
        (self == Server::ActiveDirectory).then_some(names)
    }

    /// Whether an entry of a class can be given only one value of an attribute that the schema lets have
    /// several.
    pub fn has_one(self, class: &[u8], attribute: Option<&AttributeType>) -> bool {
        self == Server::ActiveDirectory
            && attribute.is_some_and(|attribute| holds(active_directory::SINGLE, attribute))
            && active_directory::ACCOUNTS
                .iter()
                .any(|name| name.as_bytes().eq_ignore_ascii_case(class))
    }

    /// Whether an account that comes is disabled until it has a password.
    pub fn wants_passwords(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// Whether the server has standards of its own for what an entry is: one name of one type, no
    /// options, no empty values, no references to what is not there.
    pub fn is_narrow(self) -> bool {
        self == Server::ActiveDirectory
    }

    /// Whether it refuses anything that the standard allows.
    pub fn refuses_more(self) -> bool {
        self.is_narrow() || !self.keeps_nul_in_names()
    }

    /// Whether values are stored only with the option `binary` where their syntax wants it, and only
    /// without where it does not. AD and 389 take both.
    pub fn minds_binary(self) -> bool {
        matches!(self, Server::OpenLdap | Server::Generic)
    }

    /// Whether a value that is none of its attribute's syntax is refused, by a schema that is the server's own
    /// or else the standards'.
    pub fn looks_at_values(self, is_own_schema: bool) -> bool {
        match self {
            Server::OpenLdap => true,
            Server::Ds389 | Server::Generic => is_own_schema,
            Server::ActiveDirectory => false,
        }
    }

    /// Whether DIT content rules hold (RFC 4512 section 4.1.6), and what is OBSOLETE is given to nothing.
    pub fn heeds_content_rules(self) -> bool {
        matches!(self, Server::OpenLdap | Server::Generic)
    }

    /// Whether each part of a name is text of one character or more, and none the octets of a value in BER.
    pub fn names_by_text(self) -> bool {
        matches!(self, Server::OpenLdap | Server::Generic)
    }

    /// Whether no value is taken of a syntax that it does not check.
    pub fn refuses_what_it_cannot_check(self) -> bool {
        self == Server::OpenLdap
    }

    /// Whether entries of `cn=config` with an order (`olcDatabase={1}mdb`) get their numbers from the server.
    pub fn numbers_its_configuration(self) -> bool {
        self == Server::OpenLdap
    }

    /// Whether a NUL in a name is kept as it is.
    pub fn keeps_nul_in_names(self) -> bool {
        self != Server::Ds389
    }

    /// Whether an RDN may name an attribute twice, which the standard does not allow (RFC 4512 section
    /// 2.3.1).
    pub fn takes_attribute_twice(self) -> bool {
        self == Server::Ds389
    }

    /// The schema that is built in, with what the server defines otherwise.
    pub fn schema(self) -> &'static Schema {
        static OWN: LazyLock<Schema> = LazyLock::new(|| {
            let mut schema = Schema::builtin().clone();
            let taken = schema.extend("ad", active_directory::DEFINITIONS.as_bytes());
            taken.expect("definitions of our own are sound");
            schema
        });
        match self {
            Server::ActiveDirectory => &OWN,
            Server::OpenLdap | Server::Ds389 | Server::Generic => Schema::builtin(),
        }
    }

    /// The attribute that names entries of a class, where the server says so.
    pub fn naming_attribute(self, class: &str) -> Option<&'static str> {
        let of = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(class);
        let found = active_directory::NAMING.iter().find(of);
        found.filter(|_| self == Server::ActiveDirectory).map(|(_, attribute)| *attribute)
    }

    /// The name under which the server knows an attribute type that is written otherwise: Active Directory
    /// has neither aliases nor OIDs, 389 no OIDs in names. `None` where the name is right, or nobody knows a
    /// better one.
    pub fn own_name<'s>(self, schema: &'s Schema, name: &[u8]) -> Option<&'s str> {
        let is_oid = || name.first().is_some_and(u8::is_ascii_digit);
        let is_known = match self {
            Server::OpenLdap => true,
            Server::Ds389 | Server::Generic => !is_oid(),
            Server::ActiveDirectory => false,
        };
        if is_known {
            return None;
        }
        let own = schema.attribute(name)?.names.first()?;
        (!name.eq_ignore_ascii_case(own.as_bytes())).then_some(own.as_ref())
    }

    /// Whether the server may clear something when a password changes: OpenLDAP with its password
    /// policy does.
    pub fn clears_with_password(self) -> bool {
        matches!(self, Server::OpenLdap | Server::Generic)
    }

    /// Whether references may follow renames after the server has answered (slapo-refint): which of two
    /// entries of one name they mean is then sure only once it has come to rest.
    pub fn follows_later(self) -> bool {
        matches!(self, Server::OpenLdap | Server::Generic)
    }

    /// Whether the server refuses to move an entry where its new RDN, below its old parent, would be the
    /// new parent or above that.
    pub fn mistakes_moves(self) -> bool {
        matches!(self, Server::Ds389 | Server::Generic)
    }

    /// The attribute that says of an entry whether it was deleted.
    pub fn tells_deleted(self) -> Option<&'static [u8]> {
        (self == Server::ActiveDirectory).then_some(b"isDeleted")
    }

    /// Whether an attribute with this value says that its entry was deleted.
    pub fn marks_deleted(self, description: &[u8], value: &[u8]) -> bool {
        let tells = |name: &[u8]| name.eq_ignore_ascii_case(description);
        self.tells_deleted().is_some_and(tells) && value.eq_ignore_ascii_case(b"TRUE")
    }
}

/// What becomes of an entry whose structural class changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassChange {
    /// A modify changes it.
    Modified,
    /// It is deleted and added again.
    Recreated,
    /// Neither: as another entry it would have lost more than anybody wants.
    Refused,
}

/// What a permissive modify is forgiven (MS-ADTS 3.1.1.3.4.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissive {
    /// To add what is there, and to delete what is not.
    Throughout,
    /// To add what is there, and to delete an attribute that is not, or values before one that is: the last
    /// one decides. An increment sets an attribute that is not there.
    ByLastValue,
}

/// Whether a sorted list of names in lower case holds one of an attribute's.
fn holds(list: &[&str], attribute: &AttributeType) -> bool {
    let listed = |name: &str| list.binary_search(&name.to_ascii_lowercase().as_str()).is_ok();
    attribute.names.iter().any(|name| listed(name))
}

/// Whether a name is one that AD gives to what was deleted: `CN=Ann\0ADEL:…,CN=Deleted Objects,…`.
pub fn is_name_of_deleted(dn: &Dn) -> bool {
    let mangled =
        |value: &AvaValue| matches!(value, AvaValue::Text(text) if holds_mark(text, b"\nDEL:"));
    dn.rdns.iter().flat_map(|rdn| rdn.avas.iter()).any(|ava| mangled(&ava.value))
}

fn holds_mark(value: &[u8], mark: &[u8]) -> bool {
    // Nearly no value has a line end, and to look for one byte takes no preparation.
    memchr::memchr(b'\n', value).is_some() && memchr::memmem::find(value, mark).is_some()
}

/// Whether a name is one that replication gives to the second entry of a name, or is below one: Active
/// Directory's `\0ACNF:`, and the `nsuniqueid` that 389 puts before the RDN.
fn is_name_of_conflict(dn: &Dn) -> bool {
    let given = |ava: &Ava| match &ava.value {
        _ if ava.attribute.eq_ignore_ascii_case(b"nsuniqueid") => true,
        AvaValue::Text(text) => holds_mark(text, b"\nCNF:"),
        AvaValue::Ber(_) => false,
    };
    dn.rdns.iter().flat_map(|rdn| rdn.avas.iter()).any(given)
}

/// Whether a record is no entry of a tree: the root DSE, which is what a server tells of itself (RFC 4512 section
/// 5.1), or what replication keeps for itself, a tombstone, glue, or the second entry of a name.
pub fn is_outside_the_tree(entry: &Entry<'_>) -> bool {
    let is_none =
        |class: &[u8]| NOT_ENTRIES.iter().any(|name| class.eq_ignore_ascii_case(name.as_bytes()));
    entry.dn.rdns.is_empty()
        || entry.object_classes().any(is_none)
        || is_name_of_deleted(&entry.dn)
        || is_name_of_conflict(&entry.dn)
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
        assert_eq!(of(&["objectClass", "olcDatabase"]), Some(Server::OpenLdap));
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
    fn lists_that_are_searched_are_sorted() {
        for list in [active_directory::LINKS, active_directory::PROTECTED] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn links_are_those_of_one_server() {
        let schema = Schema::builtin();
        let links = |server: Server, name: &str| {
            server.links(schema.attribute(name.as_bytes()).expect(name))
        };
        for name in active_directory::LINKS {
            assert!(links(Server::ActiveDirectory, name), "{name}");
            assert!(schema.attribute(name.as_bytes()).is_some_and(|a| a.syntax.is_dn()), "{name}");
        }
        for name in ["seeAlso", "assistant", "objectCategory", "uniqueMember"] {
            assert!(!links(Server::ActiveDirectory, name), "{name}");
        }
        assert!(!links(Server::OpenLdap, "member") && !links(Server::Generic, "member"));
    }

    #[test]
    fn attributes_get_the_name_the_server_has() {
        let own = |server: Server, name: &str| {
            server.own_name(server.schema(), name.as_bytes()).map(str::to_owned)
        };
        for (name, written) in [
            ("surname", Some("sn")),
            ("2.5.4.3", Some("cn")),
            ("1.3.6.1.1.1.1.3", Some("unixHomeDirectory")),
            ("2.16.840.1.113730.3.1.34", Some("middleName")),
            ("2.5.4.9", Some("street")),
            ("CN", None),
            ("streetAddress", None),
            ("street", None),
            ("homeDirectory", None),
            ("x-unknown", None),
            ("1.2.3.4", None),
        ] {
            assert_eq!(own(Server::ActiveDirectory, name).as_deref(), written, "{name}");
            assert_eq!(own(Server::OpenLdap, name), None, "{name}");
        }
    }

    #[test]
    fn what_is_one_attribute_in_the_standards_may_be_two() {
        let id =
            |server: Server, name: &str| server.schema().attribute(name.as_bytes()).expect(name).id;
        let one = |server, a, b| id(server, a) == id(server, b);
        for (a, b) in [("street", "streetAddress"), ("1.3.6.1.1.1.1.3", "homeDirectory")] {
            assert!(one(Server::OpenLdap, a, b), "{a} {b}");
            assert!(!one(Server::ActiveDirectory, a, b), "{a} {b}");
        }
    }

    #[test]
    fn names_of_deleted_entries_are_known() {
        let is = |text: &str| is_name_of_deleted(&Dn::parse(text.as_bytes()).expect(text));
        assert!(is("CN=Ann\\0ADEL:5e1f,CN=Deleted Objects,DC=x") && is("OU=a,CN=b\\0aDEL:1,DC=x"));
        assert!(!is("CN=DEL:1,DC=x") && !is("CN=Ann\\0ACNF:5e1f,DC=x"));
    }

    #[test]
    fn what_is_outside_the_tree_is_known() {
        let is = |dn: &str, name: &'static str, value: &'static str| {
            let mut entry = Entry::new(Dn::parse(dn.as_bytes()).expect(dn));
            entry.push(name.as_bytes().into(), value.as_bytes().into());
            is_outside_the_tree(&entry)
        };
        for (dn, name, value) in [
            ("CN=Ann\\0ACNF:5e1f,DC=x", "cn", "Ann"),
            ("CN=b,OU=a\\0ACNF:5e1f,DC=x", "cn", "b"),
            ("nsuniqueid=1-2-3-4+uid=q,dc=x", "uid", "q"),
            ("uid=r,nsUniqueId=1-2-3-4+ou=q,dc=x", "uid", "r"),
            ("uid=q,dc=x", "objectClass", "glue"),
            ("", "objectClass", "top"),
            ("nsuniqueid=1-2-3-4,uid=q,dc=x", "objectClass", "nsTombstone"),
        ] {
            assert!(is(dn, name, value), "{dn}");
        }
        assert!(!is("CN=CNF:1,DC=x", "nsUniqueId", "1-2-3-4"));
        // The first entry of a name has it too.
        assert!(!is("uid=q,dc=x", "nsds5ReplConflict", "namingConflict uid=q,dc=x"));
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
