//! A change record and its parts (RFC 2849, RFC 4511 sections 4.6 to 4.9).

use std::borrow::Cow;

use crate::dn::{Dn, Rdn};
use crate::entry::{Attribute, Entry};

/// One record of an LDIF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A content record.
    Content(Entry<'a>),
    /// A change record.
    Change(ChangeRecord<'a>),
}

/// A change to one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRecord<'a> {
    /// The entry's name.
    pub dn: Dn,
    /// Controls to send with the change.
    pub controls: Vec<Control<'a>>,
    /// What to do.
    pub change: Change<'a>,
}

/// What a change record does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// `changetype: add`
    Add(Vec<Attribute<'a>>),
    /// `changetype: delete`
    Delete,
    /// `changetype: modify`
    Modify(Vec<Modification<'a>>),
    /// `changetype: modrdn` or `moddn`
    ModifyDn(ModifyDn),
}

/// One part of a modify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modification<'a> {
    /// What to do with the values.
    pub op: ModOp,
    /// Which attribute.
    pub description: Cow<'a, [u8]>,
    /// The values.
    pub values: Vec<Cow<'a, [u8]>>,
}

/// The operation of a modification (RFC 4511 section 4.6, RFC 4525).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModOp {
    /// `add:` these values.
    Add,
    /// `delete:` these values, or all where none is given.
    Delete,
    /// `replace:` all values by these.
    Replace,
    /// `increment:` each value by this one.
    Increment,
}

impl ModOp {
    /// The keyword in LDIF.
    pub fn keyword(self) -> &'static str {
        match self {
            ModOp::Add => "add",
            ModOp::Delete => "delete",
            ModOp::Replace => "replace",
            ModOp::Increment => "increment",
        }
    }
}

/// A new name for an entry and all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyDn {
    /// The new RDN.
    pub new_rdn: Rdn,
    /// Whether the values of the old RDN leave the entry.
    pub delete_old_rdn: bool,
    /// The new parent, where it changes.
    pub new_superior: Option<Dn>,
}

/// A control (RFC 4511 section 4.1.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control<'a> {
    /// Its OID.
    pub oid: Cow<'a, [u8]>,
    /// Whether the server must refuse what it cannot honour.
    pub criticality: bool,
    /// Its value, BER mostly.
    pub value: Option<Cow<'a, [u8]>>,
}
