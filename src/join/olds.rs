//! The records of OLD, for who looks at all of them once more.

use std::collections::HashSet;
use std::ops::Range;

use crate::join::above::Above;
use crate::join::index::Slot;
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::source::{Extent, Source};

/// How many records are looked at together.
const CHUNK: usize = 256;

/// How much text is, where the places of the records were not kept, in bytes.
const PART: usize = 1 << 18;

/// The records of OLD that have a name of their own.
#[derive(Debug, Default)]
pub struct Olds {
    count: usize,
    kept: Kept,
    above: Above,
}

/// Where they stand.
#[derive(Debug)]
enum Kept {
    Places(Vec<Slot>),
    /// They are cut out again, but for those that begin here.
    Without(HashSet<u64>),
}

impl Default for Kept {
    fn default() -> Kept {
        Kept::Places(Vec::new())
    }
}

impl Olds {
    /// These.
    pub fn at(slots: Vec<Slot>) -> Olds {
        Olds { count: slots.len(), kept: Kept::Places(slots), above: Above::default() }
    }

    /// So many: all but those that begin at these places.
    pub(super) fn without(count: usize, left_out: HashSet<u64>) -> Olds {
        Olds { count, kept: Kept::Without(left_out), above: Above::default() }
    }

    /// The same, of which this is known.
    pub(super) fn below(self, above: Above) -> Olds {
        Olds { above, ..self }
    }

    /// Whether one of them may stand below the name of this key.
    pub fn may_be_below(&self, key: &[u8]) -> bool {
        self.above.may_hold(key)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What `work` makes of all of them, some at a time, in their order.
    pub fn each_chunk<R: Send>(
        &self,
        pool: &Pool,
        old: &Source<'_>,
        work: impl Fn(&[Extent]) -> R + Sync + Send,
    ) -> Vec<R> {
        self.walk(old).next_chunks(pool, usize::MAX, work)
    }

    /// A walk over them in their order.
    pub fn walk<'o>(&'o self, old: &'o Source<'o>) -> OldWalk<'o> {
        let rest = match &self.kept {
            Kept::Places(slots) => Rest::Slots(slots),
            Kept::Without(left_out) => Rest::Text(split(old.text, PART).into_iter(), left_out),
        };
        OldWalk { old, rest }
    }
}

/// A walk over the records of OLD.
pub struct OldWalk<'o> {
    old: &'o Source<'o>,
    rest: Rest<'o>,
}

/// What is still to come.
enum Rest<'o> {
    Slots(&'o [Slot]),
    Text(std::vec::IntoIter<Range<usize>>, &'o HashSet<u64>),
}

impl OldWalk<'_> {
    /// What `work` makes of the next records, in so many chunks; nothing when there are no more.
    pub fn next_chunks<R: Send>(
        &mut self,
        pool: &Pool,
        chunks: usize,
        work: impl Fn(&[Extent]) -> R + Sync + Send,
    ) -> Vec<R> {
        let old = self.old;
        match &mut self.rest {
            Rest::Slots(slots) => {
                let count = chunks.saturating_mul(CHUNK).min(slots.len());
                let (now, later) = slots.split_at(count);
                *slots = later;
                pool.map_ordered(now.chunks(CHUNK), |slots| {
                    work(&slots.iter().map(|slot| slot.extent()).collect::<Vec<_>>())
                })
            }
            Rest::Text(ranges, left_out) => {
                let now: Vec<Range<usize>> = ranges.take(chunks).collect();
                pool.map_ordered(now, |range| {
                    let mut extents = Vec::new();
                    let mut cutter = old.cut(range);
                    while let Some(cut) = cutter.next_record(None) {
                        extents.extend(cut.ok().map(|cut| cut.extent));
                    }
                    extents.retain(|extent| !left_out.contains(&extent.start));
                    work(&extents)
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;
    use crate::source::ReadOptions;

    #[test]
    fn they_are_the_same_wherever_they_stand() {
        let text: String = (0..20_000).map(|n| format!("dn: cn={n}\ncn: {n}\n\n")).collect();
        let schema = Schema::builtin();
        let old = Source::of_text("old", text.as_bytes(), schema, ReadOptions::default());
        let mut slots = Vec::new();
        let mut cutter = old.cut(0..text.len());
        while let Some(Ok(cut)) = cutter.next_record(None) {
            slots.push(Slot::new(cut.extent, 0));
        }
        let left_out = slots.remove(777).extent().start;
        let again = Olds::without(slots.len(), HashSet::from([left_out]));
        let kept = Olds::at(slots);
        let pool = Pool::new(Some(2)).expect("a pool");
        let all = |olds: &Olds| olds.each_chunk(&pool, &old, <[Extent]>::to_vec).concat();
        assert_eq!((kept.len(), again.len()), (19_999, 19_999));
        assert_eq!(all(&kept), all(&again));
        for olds in [kept, again] {
            let mut walk = olds.walk(&old);
            let parts = std::iter::from_fn(|| {
                Some(walk.next_chunks(&pool, 1, <[Extent]>::to_vec).concat())
                    .filter(|p| !p.is_empty())
            });
            assert_eq!(parts.collect::<Vec<_>>().concat(), all(&olds));
        }
    }
}
