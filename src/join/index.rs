//! Where each record of OLD stands, found by its name.
//!
//! A slot is 16 bytes, what leads to it about 10 more for each record. The hash is short and keyed for
//! the run; whether two names are equal is decided on the names, never on the hash.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;

use hashbrown::HashTable;

use crate::error::Fault;
use crate::matching::Keys;
use crate::parallel::Pool;
use crate::schema::Schema;
use crate::source::Extent;

/// All hashes are looked at for each share of them: of many threads some have none.
const MOST_SHARES: usize = 8;

/// How many begins of an index a worker looks behind at a time.
const BEGINS: usize = 1 << 14;

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

    /// The key of what is right above the last name, unless it is that of a name before it.
    pub(super) fn new_above(&mut self) -> Option<&[u8]> {
        self.keys.new_above()
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

/// Records by name, all of them known.
#[derive(Debug, Default)]
pub struct Index {
    slots: Vec<Slot>,
    /// The hash and the number of each, those together whose hashes begin with the same bits.
    places: Vec<(u32, Ordinal)>,
    /// Where those with the same first bits begin, and the last of them end.
    begins: Vec<Ordinal>,
    bits: u32,
}

impl Index {
    /// Of these records; where `is_same` finds two of equal name the second is left out, and handed back
    /// with the first.
    pub fn of(
        pool: &Pool,
        slots: Vec<Slot>,
        is_same: impl Fn(Slot, Slot) -> bool + Sync,
    ) -> (Index, Vec<(Slot, Slot)>) {
        let index = Index::of_all(pool, slots);
        let seconds = index.seconds(pool, is_same);
        if seconds.is_empty() {
            return (index, Vec::new());
        }
        let slot = |n: &Ordinal| index.slots[*n as usize];
        let twice = seconds.iter().map(|(second, first)| (slot(first), slot(second))).collect();
        let (mut slots, mut numbers) = (index.slots, 0..);
        slots.retain(|_| numbers.next().is_some_and(|n| !seconds.contains_key(&n)));
        (Index::of_all(pool, slots), twice)
    }

    /// Workers share the hashes by their first bits, so that each writes in a part of the memory.
    fn of_all(pool: &Pool, slots: Vec<Slot>) -> Index {
        let bits = (slots.len() / 2).max(1).ilog2();
        let share = (1_usize << bits).div_ceil(pool.threads().min(MOST_SHARES));
        let (mut begins, mut places) = (vec![0; (1 << bits) + 1], vec![(0, 0); slots.len()]);
        let all = &slots;
        let of_share = |n: usize| {
            (0..).zip(all).filter_map(move |(ordinal, slot)| {
                let at = first_bits(slot.hash, bits).wrapping_sub(n * share);
                (at < share).then_some((at, (slot.hash, ordinal)))
            })
        };
        let counts = begins[1..].chunks_mut(share).enumerate();
        let sizes = pool.map_ordered(counts, |(n, counts)| {
            of_share(n).for_each(|(at, _)| counts[at] += 1);
            counts.iter_mut().fold(0, |sum, count| sum + std::mem::replace(count, sum))
        });
        let (mut rest, mut before) = (places.as_mut_slice(), 0);
        let mut shares = Vec::with_capacity(sizes.len());
        for (n, (begins, size)) in begins[1..].chunks_mut(share).zip(sizes).enumerate() {
            let (places, behind) = std::mem::take(&mut rest).split_at_mut(size as usize);
            shares.push((n, begins, places, before));
            (rest, before) = (behind, before + size);
        }
        pool.map_ordered(shares, |(n, begins, places, before)| {
            // Each begin moves on to where those behind begin, as records are put there.
            for (at, place) in of_share(n) {
                places[begins[at] as usize] = place;
                begins[at] += 1;
            }
            begins.iter_mut().for_each(|begin: &mut Ordinal| *begin += before);
        });
        Index { slots, places, begins, bits }
    }

    /// The records whose names others had before, with the first of these.
    fn seconds(
        &self,
        pool: &Pool,
        is_same: impl Fn(Slot, Slot) -> bool + Sync,
    ) -> BTreeMap<Ordinal, Ordinal> {
        let last = self.begins.len().saturating_sub(1);
        let parts = (0..last).step_by(BEGINS).map(|at| &self.begins[at..=last.min(at + BEGINS)]);
        let found = pool.map_ordered(parts, |begins| self.seconds_of(begins, &is_same));
        found.into_iter().flatten().collect()
    }

    /// The same of those that some begins lead to.
    fn seconds_of(
        &self,
        begins: &[Ordinal],
        is_same: &impl Fn(Slot, Slot) -> bool,
    ) -> Vec<(Ordinal, Ordinal)> {
        let slot = |n: Ordinal| self.slots[n as usize];
        let mut seconds = Vec::new();
        for bounds in begins.windows(2) {
            let together = &self.places[bounds[0] as usize..bounds[1] as usize];
            for (at, &(hash, second)) in together.iter().enumerate() {
                let before = together[..at].iter().filter(|(other, _)| *other == hash);
                let mut before = before.map(|(_, first)| *first);
                let first = before.find(|&first| is_same(slot(first), slot(second)));
                seconds.extend(first.map(|first| (second, first)));
            }
        }
        seconds
    }

    /// The record of this name, which `is_same` decides.
    pub fn find(&self, hash: u32, mut is_same: impl FnMut(Slot) -> bool) -> Option<Ordinal> {
        let at = first_bits(hash, self.bits);
        let (begin, end) = (*self.begins.get(at)?, *self.begins.get(at + 1)?);
        let together = self.places[begin as usize..end as usize].iter();
        let mut alike = together.filter(|(other, _)| *other == hash).map(|(_, n)| *n);
        alike.find(|&n| is_same(self.slots[n as usize]))
    }

    /// Asks for the memory that leads to the records of this hash: what is asked for at once comes together.
    pub fn touch(&self, hash: u32) {
        let begin = self.begins.get(first_bits(hash, self.bits)).map(|begin| *begin as usize);
        black_box(begin.and_then(|begin| self.places.get(begin)).copied());
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

    /// The same alone.
    pub fn into_slots(self) -> Vec<Slot> {
        self.slots
    }
}

/// So many first bits of a hash.
fn first_bits(hash: u32, bits: u32) -> usize {
    (u64::from(hash) >> (u32::BITS - bits)) as usize
}

/// Records by name, while more come.
#[derive(Debug, Default)]
pub struct GrowingIndex {
    slots: Vec<Slot>,
    table: HashTable<Ordinal>,
}

/// What the table spreads its entries by: all 64 bits from the 32 that are kept.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl GrowingIndex {
    /// Makes room for all records while there is none yet: parts are alike, and the first tells how many
    /// there are, and a few more.
    pub fn make_room(&mut self, first: usize, parts: usize) {
        if self.slots.is_empty() {
            let likely = first * parts;
            let records = likely + likely / 32;
            self.slots = Vec::with_capacity(records);
            self.table = HashTable::with_capacity(records);
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

    /// All records in the order of the file.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The same, without the table.
    pub fn into_slots(self) -> Vec<Slot> {
        self.slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record whose name is its place in tens.
    fn slot(place: u64, hash: u32) -> Slot {
        Slot::new(Extent { start: place, len: 1 }, hash)
    }

    fn is_same(a: Slot, b: Slot) -> bool {
        a.start / 10 == b.start / 10
    }

    #[test]
    fn all_are_found_by_their_names() {
        let hashes: [fn(u64) -> u32; 4] =
            [|_| 0, |_| u32::MAX, |n| n as u32, |n| (n as u32).wrapping_mul(0x9e37_79b9)];
        let counts = [0, 1, 2, 3, 4, 5, 63, 64, 500];
        for (hash, threads) in hashes.into_iter().zip([1, 2, 7, 20]) {
            let pool = Pool::new(Some(threads)).unwrap();
            for count in counts {
                let slots = (0..count).map(|n| slot(10 * n, hash(n))).collect();
                let (index, twice) = Index::of(&pool, slots, is_same);
                assert_eq!((index.len(), twice.len()), (count as usize, 0));
                for n in 0..count + 3 {
                    let found = index.find(hash(n), |other| is_same(other, slot(10 * n + 3, 0)));
                    assert_eq!(found, (n < count).then_some(n as Ordinal), "{n} of {count}");
                }
                // No name, whatever its hash.
                assert_eq!(index.find(77, |_| false), None);
            }
        }
    }

    #[test]
    fn of_those_with_one_name_the_first_stays() {
        for (hash, threads) in [|_| 7, |n: u64| n as u32].into_iter().zip([1, 3]) {
            let pool = Pool::new(Some(threads)).unwrap();
            let all = [20, 0, 21, 30, 1, 22].map(|at: u64| slot(at, hash(at / 10)));
            let (index, twice) = Index::of(&pool, all.to_vec(), is_same);
            let starts = |slots: &[Slot]| slots.iter().map(|slot| slot.start).collect::<Vec<_>>();
            let seconds = twice.iter().map(|(first, second)| (first.start, second.start));
            assert_eq!(seconds.collect::<Vec<_>>(), [(20, 21), (0, 1), (20, 22)]);
            assert_eq!(starts(index.slots()), [20, 0, 30]);
            let numbers = [2, 0, 3].map(|n| index.find(hash(n), |other| other.start / 10 == n));
            assert_eq!(numbers, [Some(0), Some(1), Some(2)]);
        }
    }
}
