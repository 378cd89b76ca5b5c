//! References that a server would spoil where a name above their target only gets another spelling.
//!
//! OpenLDAP's referential integrity (slapo-refint) has the new name of an entry stand in place of the end of each
//! reference to what is below it, and takes that end to be as long as the old name. `slapadd` leaves references as
//! they are written (`cn=a, ou=b`, `cn=a,ou=x\,y`), longer or shorter than the name: those are cut somewhere else.
//! Knows names and how they are written, not entries.

use std::collections::HashMap;

use crate::dn::Dn;
use crate::matching::DnKeys;
use crate::plan::tree::{Key, Node, NodeKind, Tree};
use crate::schema::Schema;

/// On which way a name gets another spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    /// To NEW.
    There,
    /// To OLD again.
    Back,
}

/// Names that only get another spelling, by key: as they are written before and after.
#[derive(Debug, Default)]
pub(super) struct Spellings(HashMap<Key, [String; 2]>);

impl Spellings {
    /// Those of a tree.
    pub(super) fn of(tree: &Tree) -> Spellings {
        let is_one =
            |node: &Node| node.kind == NodeKind::Rename && node.respelled && !node.left_out;
        let named = |(key, id): (&Key, &usize)| {
            let node = Some(&tree.nodes[*id]).filter(|node| is_one(node))?;
            let (old, new) = (node.old.as_ref()?, node.new.as_ref()?);
            Some((key.clone(), [old.dn.to_string(), new.dn.to_string()]))
        };
        Spellings(tree.by_old.iter().filter_map(named).collect())
    }

    /// Those of them, by their keys, that something stands below.
    pub(super) fn above(mut self, is_above: impl Fn(&[u8]) -> bool) -> Spellings {
        self.0.retain(|key, _| is_above(key));
        self
    }

    /// Whether this key is that of one of them.
    pub(super) fn hold(&self, key: &[u8]) -> bool {
        self.0.contains_key(key)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a reference to this name is below one of them and does not end as that one is written then, but
    /// for case.
    pub(super) fn cut(&self, schema: &Schema, value: &[u8], dn: &Dn, heading: Heading) -> bool {
        if self.is_empty() {
            return false;
        }
        let above = DnKeys::new(schema, dn);
        let mut spelled = above.iter().skip(1).filter_map(|key| self.0.get(key));
        spelled.any(|[before, after]| {
            let name = match heading {
                Heading::There => before,
                Heading::Back => after,
            };
            !ends_in(value, name.as_bytes())
        })
    }
}

/// Whether a value is a name below another, which it spells like that.
fn ends_in(value: &[u8], name: &[u8]) -> bool {
    let end = value.len().checked_sub(name.len()).map(|at| value.split_at(at));
    end.is_some_and(|(below, end)| below.ends_with(b",") && end.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_as_it_is_written() {
        for (value, is_so) in [
            ("cn=a,ou=b,dc=c", true),
            ("cn=a,OU=B,dc=c", true),
            ("cn=a, ou=b,dc=c", false),
            ("cn=a,ou=b, dc=c", false),
            ("cn=a,ou=\\62,dc=c", false),
            ("ou=b,dc=c", false),
            ("", false),
        ] {
            assert_eq!(ends_in(value.as_bytes(), b"ou=b,dc=c"), is_so, "{value}");
        }
    }
}
