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

/// How many records stand in parts that are alike, of which the first has so many.
pub(super) fn likely(count: u32, parts: &[Range<usize>]) -> u64 {
    let all: usize = parts.iter().map(Range::len).sum();
    let first = parts.first().map_or(1, Range::len).max(1);
    u64::from(count) * all as u64 / first as u64
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

    /// Refuses to take more than may be taken.
    ///
    /// # Errors
    ///
    /// It is more.
    pub(super) fn verify(&self, task: &Task<'_>, plan: &Plan<'_>) -> Result<()> {
        let needed = self.needed(task.toward, plan);
        if needed <= task.memory as u64 {
            return Ok(());
        }
        let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
        let (needed, allowed) = (mebibytes(needed), task.memory as u64 >> 20);
        Err(Error::new(ErrorKind::Usage(UsageFault::Memory { needed, allowed })))
    }
}
