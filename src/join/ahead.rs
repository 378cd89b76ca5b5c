//! Which records of OLD the next records of NEW probably are, by their names, found for some at once.
//!
//! Where the two files have another order, each look into the index and at OLD leads to memory that
//! nobody was near to. Looks that do not depend on each other wait for it together. What is found is a
//! hint: bytes decide.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use memchr::memmem::Finder;

use crate::join::new::NewWalk;
use crate::join::{Namer, Ordinal};
use crate::source::LINES_AHEAD;

/// How many records are looked for at once, at most.
const MOST: usize = 32;

/// What a record begins with, behind another.
const BEGIN: &[u8] = b"\n\ndn: ";

/// Hints for the next records of a part of NEW.
pub(super) struct Ahead {
    begin: Finder<'static>,
    /// Where records begin, and what they probably are.
    hints: VecDeque<(usize, Option<Ordinal>)>,
    /// Where records begin, and the hashes of their names.
    names: Vec<(usize, Option<u32>)>,
    /// How many are looked for next: the more, the longer nothing has come in the order of OLD.
    size: usize,
}

impl Ahead {
    /// Without hints yet.
    pub(super) fn new() -> Ahead {
        let (hints, names) = (VecDeque::new(), Vec::new());
        Ahead { begin: Finder::new(BEGIN), hints, names, size: 1 }
    }

    /// Takes note that a record follows the one before as it does in OLD.
    pub(super) fn note_order(&mut self) {
        self.size = 1;
    }

    /// The record of OLD that the one whose `dn:` line begins at byte `start` probably is; `end` is
    /// that of the part.
    pub(super) fn probable<S: BuildHasher + Sync>(
        &mut self,
        walk: &NewWalk<'_, '_, S>,
        (start, end): (usize, usize),
        namer: &mut Namer<'_, S>,
    ) -> Option<Ordinal> {
        while self.hints.front().is_some_and(|(at, _)| *at < start) {
            self.hints.pop_front();
        }
        if self.hints.front().is_none_or(|(at, _)| *at != start) {
            self.hints.clear();
            self.look(walk, (start, end), namer);
        }
        self.hints.pop_front()?.1
    }

    fn look<S: BuildHasher + Sync>(
        &mut self,
        walk: &NewWalk<'_, '_, S>,
        (start, end): (usize, usize),
        namer: &mut Namer<'_, S>,
    ) {
        let text = &walk.new.text[..end];
        let mut at = start;
        self.names.clear();
        while self.names.len() < self.size {
            let Some(len) = memchr::memchr(b'\n', &text[at..]) else { break };
            let name = text[at..at + len].strip_prefix(b"dn: ");
            self.names.push((at, name.and_then(|name| namer.hash(name).ok())));
            let Some(next) = self.begin.find(&text[at + len..]) else { break };
            at += len + next + 2;
        }
        self.size = MOST.min(2 * self.size);
        self.names.iter().filter_map(|(_, hash)| *hash).for_each(|hash| walk.index.touch(hash));
        for &(at, hash) in &self.names {
            let hash = hash.filter(|hash| walk.pass.takes(*hash));
            // Whoever else has this hash: bytes decide.
            self.hints.push_back((at, hash.and_then(|hash| walk.index.find(hash, |_| true))));
        }
        for &(_, ordinal) in self.hints.iter().skip(1) {
            let Some(slot) = ordinal.and_then(|ordinal| walk.index.get(ordinal)) else { continue };
            walk.old.touch(slot.extent(), LINES_AHEAD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::RandomState;
    use crate::join::pass::Pass;
    use crate::join::{Index, Join, Slot, Verdict};
    use crate::parallel::Pool;
    use crate::schema::Schema;
    use crate::source::{ReadOptions, Source};

    #[test]
    fn records_in_another_order_are_known_by_their_names() {
        let record =
            |n: usize| format!("dn: cn=e{n},o=x\ncn: e{n}\nsn: {}\n\n", "s".repeat(n % 90));
        let old: String = (0..500).map(record).collect();
        let order = |n: usize| n * 7 % 503;
        let comment = |n: usize| if n % 50 == 9 { "# between\n\n" } else { "" };
        let new: String = (0..503)
            .map(|n| comment(n).to_owned() + &record(order(n)) + &"\n".repeat(n % 3))
            .collect();
        let source = |text| Source::of_text("x", text, Schema::builtin(), ReadOptions::default());
        let (old, new) = (source(old.as_bytes()), source(new.as_bytes()));
        let pool = Pool::new(Some(1)).expect("a pool");
        let join = Join {
            pool: &pool,
            part: usize::MAX,
            memory: usize::MAX,
            state: RandomState::default(),
            keep_going: false,
            judge: &|_, _| Ok(Verdict::SAME),
            progress: &|_| {},
        };
        let mut namer = Namer::new(&join.state, old.schema);
        let mut slots = Vec::new();
        let mut cutter = old.cut(0..old.text.len());
        while let Some(Ok(cut)) = cutter.next_record(None) {
            let hash = namer.hash(cut.plain_dn.expect("a plain name")).expect("a name");
            slots.push(Slot::new(cut.extent, hash));
        }
        let (index, _) = Index::of(&pool, slots, |_, _| false);
        let pass = Pass::all(index.len(), usize::MAX).next().expect("a pass");
        let walk = NewWalk {
            join: &join,
            old: &old,
            new: &new,
            index: &index,
            stretches: &[],
            pass,
            seen: &[],
        };
        let mut ahead = Ahead::new();
        let mut cutter = new.cut(0..new.text.len());
        let mut batches = 0;
        for n in 0..503 {
            let cut = cutter.next_record(None).expect("a record").expect("a sound one");
            let start = cut.extent.range().start;
            batches += usize::from(!ahead.hints.iter().any(|(at, _)| *at == start));
            let found = ahead.probable(&walk, (start, new.text.len()), &mut namer);
            assert_eq!(found, (order(n) < 500).then_some(order(n) as Ordinal), "{n}");
        }
        // 1, 2, 4, 8, 16, then 32 at once.
        assert!((20..40).contains(&batches), "{batches}");
    }
}
