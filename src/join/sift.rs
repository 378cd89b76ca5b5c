//! What of one side cannot be read, for a run that goes on without it.
//!
//! Knows one side alone: who is whose counterpart is asked elsewhere.

use std::collections::HashSet;

use crate::join::RandomState;

use crate::error::Result;
use crate::join::old::OldFound;
use crate::join::pass::Pass;
use crate::join::{Join, Reject, Side, Verdict};
use crate::parallel::Pool;
use crate::source::{Extent, Source};

/// The records of one side that are skipped.
#[derive(Debug, Default)]
pub struct Sifted {
    /// What is wrong with each, in their order.
    pub rejects: Vec<Reject>,
    /// Where records begin that have no name of their own: they cannot be named, or another has the name.
    pub nameless: HashSet<u64>,
}

/// How many records a thread reads at a time.
const CHUNK: usize = 256;

/// Reads each record in full, and finds those that cannot be read and those whose names stand twice.
///
/// # Errors
///
/// Where the next record begins cannot be told.
pub fn sift(pool: &Pool, part: usize, source: &Source<'_>, side: Side) -> Result<Sifted> {
    let join = Join {
        pool,
        part,
        memory: usize::MAX,
        state: RandomState::default(),
        keep_going: true,
        judge: &|_, _| Ok(Verdict::SAME),
        progress: &|_| {},
    };
    let mut found = OldFound::default();
    let index = join.index(source, b"", Pass::only(), &mut found)?;
    let faults = pool.map_ordered(index.slots().chunks(CHUNK), |slots| {
        let mut cutter = source.cut(0..0);
        let read = |extent: Extent| Some((extent, source.fault_in(extent, &mut cutter)?));
        slots.iter().map(|slot| slot.extent()).filter_map(read).collect::<Vec<_>>()
    });
    let faults = faults.into_iter().flatten();
    found.rejects.extend(faults.map(|(e, error)| Reject::of(side, source, e, error)));
    let mut rejects = found.rejects;
    rejects.iter_mut().for_each(|reject| reject.side = side);
    rejects.sort_by_key(|reject| reject.text.start);
    rejects.dedup_by_key(|reject| reject.text.start);
    Ok(Sifted { rejects, nameless: found.left_out })
}
