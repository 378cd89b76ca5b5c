//! What identifies an entry for good, whatever it is called.
//!
//! Knows nothing of which entries are the same.

use crate::attribute::type_of;
use crate::entry::Entry;
use crate::schema::Schema;

/// The attributes that identify an entry for good.
#[derive(Clone, Debug)]
pub struct Identity {
    /// In the order in which they are tried, each under all its names, the first as it is told.
    pub kinds: Vec<Vec<Vec<u8>>>,
    /// Whether what is added brings them along, so that an entry can be had with another one.
    pub are_written: bool,
    /// Bits of the letters that their names begin with.
    starts: u32,
}

/// An identifier: which of the attributes, and its value.
pub type Identifier = (usize, Vec<u8>);

impl Identity {
    /// The attributes of these names, aliases and OIDs.
    pub fn new<N: AsRef<[u8]>>(schema: &Schema, names: &[N]) -> Identity {
        let kind = |name: &N| {
            let others = schema.attribute(name.as_ref()).into_iter().flat_map(|attribute| {
                let names = attribute.names.iter().map(|name| name.as_bytes());
                names.chain([attribute.oid.as_bytes()])
            });
            let others = others.filter(|other| !other.eq_ignore_ascii_case(name.as_ref()));
            std::iter::once(name.as_ref()).chain(others).map(<[u8]>::to_vec).collect()
        };
        let kinds: Vec<Vec<Vec<u8>>> = names.iter().map(kind).collect();
        let starts = kinds.iter().flatten().fold(0, |all, name| all | start(name));
        Identity { kinds, are_written: false, starts }
    }

    /// The identifiers an entry carries.
    pub fn of(&self, entry: &Entry<'_>) -> Vec<Identifier> {
        let mut found = Vec::new();
        for one in &entry.attributes {
            let kind = type_of(&one.description);
            let is_it =
                |name: &Vec<u8>| name.len() == kind.len() && name.eq_ignore_ascii_case(kind);
            if let Some(n) = self.kinds.iter().position(|names| names.iter().any(is_it)) {
                found.extend(one.values.iter().map(|value| (n, folded(value))));
            }
        }
        found.sort_by_key(|(n, _)| *n);
        found
    }

    /// Whether two entries carry the same identifier, `None` where no attribute is on both; and
    /// whether exactly one of them carries any.
    pub fn held_against(&self, old: &Entry<'_>, new: &Entry<'_>) -> (Option<bool>, bool) {
        let (old, new) = (self.of(old), self.of(new));
        let is_half = old.is_empty() != new.is_empty();
        let of = |all: &[Identifier], n| all.iter().find(|(at, _)| *at == n).cloned();
        let pairs = (0..self.kinds.len()).map(|n| (of(&old, n), of(&new, n)));
        let common = pairs.into_iter().find(|(old, new)| old.is_some() && new.is_some());
        (common.map(|(old, new)| old == new), is_half)
    }

    /// All names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.kinds.iter().flatten().map(Vec::as_slice)
    }

    /// Whether an attribute is one of them.
    pub fn holds(&self, name: &[u8]) -> bool {
        self.starts & start(name) != 0 && self.names().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// Whether a line of a record is a value of one of them.
    pub fn holds_line(&self, line: &[u8]) -> bool {
        let name = || &line[..memchr::memchr(b':', line).unwrap_or(0)];
        self.starts & start(line) != 0 && self.holds(type_of(name()))
    }

    /// Whether a record that is not parsed carries one: a line begins with its name.
    pub fn in_text(&self, record: &[u8]) -> bool {
        record.split(|&b| b == b'\n').any(|line| self.holds_line(line))
    }
}

/// A bit that all names share which begin with this letter, in any case.
fn start(name: &[u8]) -> u32 {
    name.first().map_or(0, |first| 1 << (first & 31))
}

/// An identifier as it is compared: UUIDs do not differ in case; an `objectGUID` of 16 octets is
/// written as the text `ldbsearch` shows.
fn folded(value: &[u8]) -> Vec<u8> {
    let Ok(octets) = <[u8; 16]>::try_from(value) else { return value.to_ascii_lowercase() };
    if octets.iter().all(u8::is_ascii_graphic) {
        return value.to_ascii_lowercase();
    }
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (n, at) in order.into_iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", octets[at]));
    }
    text.into_bytes()
}
