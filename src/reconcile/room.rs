//! How much memory a run through a mapping takes beside the pages of its inputs, and whether it may.
//!
//! Both sides are held as places and marks of keys, and there is no going over them in parts: who is who is told
//! over all of them. So too little memory is refused where it is seen, before more of it is taken.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::mapping::Toward;
use crate::reconcile::Task;
use crate::reconcile::ready::{Plan, ReadyMapping};

/// What is taken whatever is read, in bytes.
const ELSE: u64 = 12 << 20;

/// The place of an entry under its name, in bytes.
const NAMED: u64 = 27;

/// The place of a record, whether it is meant, and how it is paired: more of the side that is obeyed.
const PLACED: u64 = 9;
const SOURCE: u64 = 25;
const TARGET: u64 = 13;

/// The mark of a key, or of what a reference leads to.
const MARK: u64 = 8;

/// How many records there are, or are likely to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// All entries.
    pub(super) entries: u64,
    /// For each mapping the entries it is about.
    pub(super) members: Vec<u64>,
    /// The same of its rows.
    pub(super) rows: Vec<u64>,
}

/// How much of an input was read by now, and how much there is, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Read<'p> {
    /// The parts that are still to come.
    parts: std::slice::Iter<'p, Range<usize>>,
    done: usize,
    all: usize,
}

impl<'p> Read<'p> {
    /// Nothing yet of these parts.
    pub(super) fn new(parts: &'p [Range<usize>]) -> Read<'p> {
        Read { parts: parts.iter(), done: 0, all: parts.iter().map(Range::len).sum() }
    }

    /// The next part was read.
    pub(super) fn pass(&mut self) {
        self.done += self.parts.next().map_or(0, Range::len);
    }

    /// How many records there will be, where there are so many by now.
    fn likely(&self, count: u64) -> u64 {
        let (all, done) = (self.all as u128, self.done.max(1) as u128);
        (u128::from(count) * all / done).try_into().unwrap_or(u64::MAX)
    }
}

impl Counts {
    /// How much memory they take, in bytes.
    fn needed(&self, toward: Toward, plan: &Plan<'_>) -> u64 {
        let of_mapping = |(n, mapping): (usize, &ReadyMapping<'_>)| {
            let count = |all: &[u64]| all.get(n).copied().unwrap_or_default();
            let (members, rows) = (count(&self.members), count(&self.rows));
            let (lists, led) = (mapping.lists.len() as u64, mapping.led_by.len() as u64);
            let (sources, targets) = match toward {
                Toward::Database => (members, rows),
                Toward::Directory => (rows, members),
            };
            (members + rows) * (PLACED + MARK * lists)
                + rows * MARK * led
                + sources * SOURCE
                + targets * TARGET
        };
        ELSE + self.entries * NAMED + plan.mappings.iter().enumerate().map(of_mapping).sum::<u64>()
    }

    /// The same when all entries are read.
    pub(super) fn of_entries(&self, read: &Read<'_>) -> Counts {
        let members = self.members.iter().map(|count| read.likely(*count)).collect();
        Counts { entries: read.likely(self.entries), members, rows: self.rows.clone() }
    }

    /// The same when all rows of the last mapping are read.
    pub(super) fn of_rows(&self, read: &Read<'_>) -> Counts {
        let mut all = self.clone();
        all.rows.last_mut().into_iter().for_each(|count| *count = read.likely(*count));
        all
    }

    /// Refuses to take more than may be taken: what is there by now, or far more when all is read. Parts may be
    /// unlike, so a little more is no reason yet.
    ///
    /// # Errors
    ///
    /// It is more.
    pub(super) fn verify(&self, likely: &Counts, task: &Task<'_>, plan: &Plan<'_>) -> Result<()> {
        const FAR: u64 = 4;
        let needed = |counts: &Counts| counts.needed(task.toward, plan);
        let (now, needed) = (needed(self), needed(likely));
        if now.max(needed / FAR) <= task.memory as u64 {
            return Ok(());
        }
        let needed = needed.max(now);
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let (needed, allowed) = (mebibytes(needed), task.memory as u64 >> 20);
        Err(Error::new(ErrorKind::Usage(UsageFault::Memory { needed, allowed })))
    }
}
