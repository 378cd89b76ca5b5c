//! Where each record of OLD stands, found by its name.
//!
//! A slot is 16 bytes, the table about 8 more for each record. The hash is short and keyed for
//! the run; whether two names are equal is decided on the names, never on the hash.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;

use crate::error::Fault;
use crate::matching::Keys;
use crate::schema::Schema;
use crate::source::Extent;

/// The number of a record in its file, from 0.
pub type Ordinal = u32;

/// A record of OLD.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    start: u64,
    len: u32,
    /// The hash of its name.
    pub hash: u32,
}

impl Slot {
    /// For a record whose name has this hash.
    pub fn new(extent: Extent, hash: u32) -> Slot {
        Slot { start: extent.start, len: extent.len, hash }
    }

    /// Where it stands.
    pub fn extent(self) -> Extent {
        Extent { start: self.start, len: self.len }
    }
}

/// Hashes names; quick where neighbours have one parent.
#[derive(Debug)]
pub struct Namer<'n, S> {
    state: &'n S,
    keys: Keys<'n>,
}

impl<'n, S: BuildHasher> Namer<'n, S> {
    /// Hashes by this key of the run, and this schema.
    pub fn new(state: &'n S, schema: &'n Schema) -> Namer<'n, S> {
        Namer { state, keys: Keys::new(schema) }
    }

    /// The hash of a name: equal names have equal hashes, others mostly have others.
    ///
    /// # Errors
    ///
    /// It is no name.
    pub fn hash(&mut self, dn: &[u8]) -> Result<u32, Fault> {
        hash_by(self.state, &mut self.keys, dn)
    }
}

/// The hash of a key of another kind.
pub fn hash_key(state: &impl BuildHasher, key: &[u8]) -> u32 {
    short(state.hash_one(key))
}

/// What of a hash is kept.
pub(super) fn short(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

/// The hash of one name, by who made keys of others before.
///
/// # Errors
///
/// It is no name.
pub fn hash_by(state: &impl BuildHasher, keys: &mut Keys<'_>, dn: &[u8]) -> Result<u32, Fault> {
    let mut hasher = state.build_hasher();
    keys.hash_into(dn, &mut hasher)?;
    Ok(short(hasher.finish()))
}

/// The hash of one name.
pub fn hash_name(state: &impl BuildHasher, schema: &Schema, dn: &[u8]) -> Result<u32, Fault> {
    hash_by(state, &mut Keys::new(schema), dn)
}

/// Records by name.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<Slot>,
    table: HashTable<Ordinal>,
}

/// What the table spreads its entries by: all 64 bits from the 32 that are kept.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Index {
    /// An empty index with room for `records`.
    pub fn with_capacity(records: usize) -> Index {
        Index { slots: Vec::with_capacity(records), table: HashTable::with_capacity(records) }
    }

    /// Makes room for all records while there is none yet: parts are alike, and the first tells how many
    /// there are, and a few more.
    pub fn make_room(&mut self, first: usize, parts: usize) {
        if self.is_empty() {
            let likely = first * parts;
            *self = Index::with_capacity(likely + likely / 32);
        }
    }

    /// Adds the next record. Where `is_same` finds one of equal name already there, that one is
    /// handed back, and the record is not added.
    pub fn insert(&mut self, slot: Slot, mut is_same: impl FnMut(Slot) -> bool) -> Option<Slot> {
        let slots = &self.slots;
        let found = self.table.find(spread(slot.hash), |&n| {
            let other = slots[n as usize];
            other.hash == slot.hash && is_same(other)
        });
        if let Some(&n) = found {
            return Some(self.slots[n as usize]);
        }
        let ordinal = self.slots.len() as Ordinal;
        self.slots.push(slot);
        let slots = &self.slots;
        self.table.insert_unique(spread(slot.hash), ordinal, |&n| spread(slots[n as usize].hash));
        None
    }

    /// Adds the next record; where `is_same` finds one of equal name already there, it takes its place.
    pub fn put(&mut self, slot: Slot, is_same: impl FnMut(Slot) -> bool) {
        match self.find(slot.hash, is_same) {
            Some(ordinal) => self.slots[ordinal as usize] = slot,
            None => drop(self.insert(slot, |_| false)),
        }
    }

    /// The record of this name, which `is_same` decides.
    pub fn find(&self, hash: u32, mut is_same: impl FnMut(Slot) -> bool) -> Option<Ordinal> {
        let matches = |n: &Ordinal| {
            let slot = self.slots[*n as usize];
            slot.hash == hash && is_same(slot)
        };
        self.table.find(spread(hash), matches).copied()
    }

    /// The record with this number.
    pub fn get(&self, ordinal: Ordinal) -> Option<Slot> {
        self.slots.get(ordinal as usize).copied()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// All records in the order of the file.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The same, without the table.
    pub fn into_slots(self) -> Vec<Slot> {
        self.slots
    }
}
