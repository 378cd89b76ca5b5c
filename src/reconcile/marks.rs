//! Marks of keys, and which records have one.
//!
//! A mark stands for a key: equal keys have one mark. Two keys may have one by accident, so whoever finds a
//! record by a mark holds the keys themselves against each other.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use crate::join::RandomState;

/// What stands for a key.
pub(super) type Mark = u64;

/// That a record has no key.
const NONE: Mark = 0;

/// That it has several.
const SEVERAL: Mark = u64::MAX;

/// What makes a hash of a key.
type Hash = dyn Fn(&[u8]) -> Mark + Sync + Send;

/// Makes marks of keys.
pub(super) enum Marker {
    /// By a hash.
    Hashed(Box<Hash>),
    /// By numbers, each key its own: where a hash has failed to tell keys apart.
    Numbered(Mutex<HashMap<Box<[u8]>, Mark>>),
}

impl Marker {
    /// One that mostly takes no two keys for one.
    pub(super) fn hashed() -> Marker {
        let state = RandomState::default();
        Marker::Hashed(Box::new(move |key| state.hash_one(key)))
    }

    /// One that never does.
    pub(super) fn numbered() -> Marker {
        Marker::Numbered(Mutex::default())
    }

    /// The mark of a key.
    pub(super) fn mark(&self, key: &[u8]) -> Mark {
        match self {
            Marker::Hashed(hash) => hash(key).clamp(NONE + 1, SEVERAL - 1),
            Marker::Numbered(numbers) => {
                let mut numbers = numbers.lock().unwrap_or_else(PoisonError::into_inner);
                let next = numbers.len() as Mark + 1;
                *numbers.entry(key.into()).or_insert(next)
            }
        }
    }
}

/// The marks of records, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Marks {
    first: Vec<Mark>,
    /// Those of records that have several.
    more: HashMap<u32, Box<[Mark]>>,
}

impl Marks {
    /// Adds the next record.
    pub(super) fn push(&mut self, marks: &[Mark]) {
        match marks {
            [] => self.first.push(NONE),
            [one] => self.first.push(*one),
            several => {
                self.more.insert(number(self.first.len()), several.into());
                self.first.push(SEVERAL);
            }
        }
    }

    /// Makes room for so many.
    pub(super) fn reserve(&mut self, count: usize) {
        self.first.reserve_exact(count);
    }

    /// Leaves only the first records.
    pub(super) fn truncate(&mut self, count: usize) {
        self.first.truncate(count);
        self.more.retain(|&n, _| (n as usize) < count);
    }

    /// Adds the records behind them.
    pub(super) fn append(&mut self, behind: Marks) {
        let before = number(self.first.len());
        self.first.extend(behind.first);
        self.more.extend(behind.more.into_iter().map(|(n, marks)| (n + before, marks)));
    }

    /// The marks of a record.
    pub(super) fn of(&self, n: u32) -> &[Mark] {
        match self.first.get(n as usize) {
            None | Some(&NONE) => &[],
            Some(&SEVERAL) => self.more.get(&n).map_or(&[], |marks| marks),
            Some(one) => std::slice::from_ref(one),
        }
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }
}

/// The records that have a mark: their numbers in buckets by what marks begin with.
#[derive(Debug, Default)]
pub(super) struct ByMark {
    shift: u32,
    /// Where each bucket ends.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl ByMark {
    /// Those of some records.
    pub(super) fn new(marks: &Marks) -> ByMark {
        let bits = marks.len().max(1).ilog2() + 1;
        let shift = u64::BITS - bits;
        let mut ends = vec![0_u32; (1 << bits) + 1];
        for n in 0..number(marks.len()) {
            for mark in marks.of(n) {
                ends[bucket(*mark, shift) + 1] += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        // Each is put where its bucket begins, which moves on, so that it is the end at last.
        let mut sorted = vec![0; sum as usize];
        for n in 0..number(marks.len()) {
            for mark in marks.of(n) {
                let at = &mut ends[bucket(*mark, shift)];
                sorted[*at as usize] = n;
                *at += 1;
            }
        }
        ByMark { shift, ends, numbers: sorted }
    }

    /// The numbers of the records that have a mark, in their order.
    pub(super) fn find<'b>(
        &'b self,
        marks: &'b Marks,
        mark: Mark,
    ) -> impl Iterator<Item = u32> + 'b {
        // Two marks of one record may stand in one bucket.
        let mut before = None;
        let all = self.bucket(mark).iter().copied();
        all.filter(move |&n| before.replace(n) != Some(n) && marks.of(n).contains(&mark))
    }

    /// Records that have these marks, some of each: looks that do not depend on each other wait for memory
    /// together.
    pub(super) fn some(&self, marks: &Marks, sought: &[Mark]) -> Vec<u32> {
        const SOME: usize = 4;
        let buckets: Vec<&[u32]> = sought.iter().map(|mark| self.bucket(*mark)).collect();
        let each = sought.iter().zip(buckets);
        let near: Vec<(u32, Mark)> = each
            .flat_map(|(mark, bucket)| bucket.iter().take(SOME).map(move |n| (*n, *mark)))
            .collect();
        let found = near.into_iter().filter(|(n, mark)| marks.of(*n).contains(mark));
        found.map(|(n, _)| n).collect()
    }

    /// The records whose marks stand in one bucket with this one.
    fn bucket(&self, mark: Mark) -> &[u32] {
        if self.ends.is_empty() {
            return &[];
        }
        let at = bucket(mark, self.shift);
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.numbers[start as usize..self.ends[at] as usize]
    }
}

/// Spreads marks that are numbers as well.
fn bucket(mark: Mark, shift: u32) -> usize {
    (mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize
}

/// The number of what stands there.
pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_each_of_their_marks() {
        for marker in [
            Marker::hashed(),
            Marker::numbered(),
            Marker::Hashed(Box::new(|key| key.len() as Mark)),
        ] {
            let key = |n: u32| n.to_string().into_bytes();
            let all: Vec<Vec<u32>> =
                (0..500).map(|n| (0..n % 4).map(|k| (n * 7 + k * 13) % 97).collect()).collect();
            let (mut marks, mut behind) = (Marks::default(), Marks::default());
            for (n, keys) in all.iter().enumerate() {
                let of: Vec<Mark> = keys.iter().map(|&n| marker.mark(&key(n))).collect();
                if n < 200 { &mut marks } else { &mut behind }.push(&of);
            }
            marks.append(behind);
            let (index, mut hints) = (ByMark::new(&marks), 0);
            for n in 0..100 {
                let found: Vec<u32> = index.find(&marks, marker.mark(&key(n))).collect();
                let has = |at: &u32| marks.of(*at).contains(&marker.mark(&key(n)));
                assert_eq!(found, (0..500).filter(has).collect::<Vec<_>>(), "{n}");
                let some = index.some(&marks, &[marker.mark(&key(n))]);
                assert!(some.iter().all(|at| found.contains(at)), "{n}");
                hints += some.len();
            }
            assert!(hints > 0);
        }
        assert_eq!(ByMark::new(&Marks::default()).find(&Marks::default(), 7).count(), 0);
        assert_eq!(ByMark::default().find(&Marks::default(), 7).count(), 0);
    }
}
