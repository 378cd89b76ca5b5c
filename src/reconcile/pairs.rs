//! Who is who: records of two sides are one by the first columns of `match` that say so, and each is found
//! in a situation.
//!
//! Knows no side by its kind: a source is a record of the side that is obeyed, a target one of the side that
//! is changed.

use std::collections::{BTreeMap, HashMap};

use crate::mapping::Situation;
use crate::parallel::Pool;
use crate::reconcile::marks::{ByMark, Mark, Marks, number};

/// How many bits stand together.
const BITS: usize = u64::BITS as usize;

/// What is known of the records of a side before flows are looked at.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whether each passes the filter of its side.
    meant: Vec<bool>,
    /// For each list of `match` the marks of the keys that each is found by: none where a column of it is
    /// empty, several where an attribute has several values.
    lists: Vec<Marks>,
    /// What is left of those when all cases are found: for each list a bit for each record, whether it has a key.
    keyed: Vec<Vec<u64>>,
}

impl Known {
    /// Nothing yet, of a mapping with so many lists.
    pub(super) fn new(lists: usize) -> Known {
        let lists = std::iter::repeat_with(Marks::default).take(lists).collect();
        Known { meant: Vec::new(), lists, keyed: Vec::new() }
    }

    /// Adds the next record; its marks come list by list.
    pub(super) fn push(&mut self, is_meant: bool) {
        self.meant.push(is_meant);
    }

    /// Adds what the next record is found by in a list.
    pub(super) fn push_marks(&mut self, list: usize, marks: &[Mark]) {
        self.lists[list].push(marks);
    }

    /// Makes room for so many.
    pub(super) fn reserve(&mut self, count: usize) {
        self.meant.reserve_exact(count);
        self.lists.iter_mut().for_each(|marks| marks.reserve(count));
    }

    /// Forgets the marks, which take most of the room, but for whether there are any.
    pub(super) fn forget_marks(&mut self) {
        for marks in self.lists.drain(..) {
            let mut keyed = vec![0; self.meant.len().div_ceil(BITS)];
            for n in (0..number(self.meant.len())).filter(|n| !marks.of(*n).is_empty()) {
                keyed[n as usize / BITS] |= 1 << (n as usize % BITS);
            }
            self.keyed.push(keyed);
        }
    }

    /// What a record is found by in a list.
    pub(super) fn marks(&self, list: usize, n: u32) -> &[Mark] {
        self.lists[list].of(n)
    }

    /// How many records there are.
    pub(super) fn count(&self) -> usize {
        self.meant.len()
    }

    /// Leaves only the first records.
    pub(super) fn truncate(&mut self, count: usize) {
        self.meant.truncate(count);
        self.lists.iter_mut().for_each(|list| list.truncate(count));
    }

    /// Adds the records behind them.
    pub(super) fn append(&mut self, behind: Known) {
        self.meant.extend(behind.meant);
        for (list, behind) in self.lists.iter_mut().zip(behind.lists) {
            list.append(behind);
        }
    }

    /// Whether a record passes the filter of its side.
    pub(super) fn is_meant(&self, n: u32) -> bool {
        self.meant[n as usize]
    }

    /// How many do.
    pub(super) fn count_meant(&self) -> usize {
        self.meant.iter().filter(|is_meant| **is_meant).count()
    }

    /// Whether a record has a key in a list.
    pub(super) fn has_key(&self, list: usize, n: u32) -> bool {
        match self.keyed.get(list) {
            Some(keyed) => keyed[n as usize / BITS] >> (n as usize % BITS) & 1 == 1,
            None => self.lists.get(list).is_some_and(|marks| !marks.of(n).is_empty()),
        }
    }
}

/// What came of one record, or of several that cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case<'c> {
    pub(super) situation: Situation,
    pub(super) source: Option<u32>,
    /// One target; of what is ambiguous, all that may be meant.
    pub(super) targets: &'c [u32],
    /// Which list of `match` found it.
    pub(super) list: usize,
}

/// All cases: those of the sources in their order, then those of the targets that no source touches.
#[derive(Debug, Default)]
pub(super) struct Cases {
    sources: Vec<Met>,
    /// The targets of sources that meet several.
    several: HashMap<u32, Vec<u32>>,
    free: Vec<(Situation, u32)>,
}

impl Cases {
    /// Finds the records of two sides in their situations.
    pub(super) fn new(pool: &Pool, sources: &Known, targets: &Known) -> Cases {
        let mut pairing = Pairing::new(sources, targets);
        // The first list stands for a link: what is left out by a filter keeps its target, too, so that the
        // account of a leaver is not handed to who gets the same login. By one list, what is meant comes first.
        for is_meant in [true, false] {
            pairing.confirm(pool, is_meant);
        }
        for is_meant in [true, false] {
            pairing.find(is_meant);
        }
        pairing.cases()
    }

    /// Which list of `match` found a source.
    pub(super) fn list_of(&self, source: u32) -> usize {
        self.sources.get(source as usize).map_or(0, |met| usize::from(met.list))
    }

    /// One of them, by its number: that of a source, and behind those of all sources others.
    pub(super) fn at(&self, at: usize) -> Option<Case<'_>> {
        if let Some(met) = self.sources.get(at) {
            return Some(Case {
                situation: met.situation,
                source: Some(number(at)),
                targets: met.targets(number(at), &self.several),
                list: usize::from(met.list),
            });
        }
        let (situation, target) = self.free.get(at - self.sources.len())?;
        let targets = std::slice::from_ref(target);
        Some(Case { situation: *situation, source: None, targets, list: 0 })
    }

    /// The targets that are missed on the other side.
    pub(super) fn missed(&self) -> impl Iterator<Item = u32> {
        let missed = self.free.iter().filter(|(found, _)| *found == Situation::SourceMissing);
        missed.map(|(_, target)| *target)
    }

    /// Says of targets that are missed that what they stand for is there, and left out.
    pub(super) fn leave_out<T>(&mut self, targets: &BTreeMap<u32, T>) {
        for (situation, _) in self.free.iter_mut().filter(|(_, one)| targets.contains_key(one)) {
            *situation = Situation::Unqualified;
        }
    }

    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Case<'_>> {
        (0..self.sources.len() + self.free.len()).filter_map(|at| self.at(at))
    }
}

/// That a source meets no target, and that it meets several.
const NOBODY: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

/// What a source was found to be.
#[derive(Clone, Copy, Debug)]
struct Met {
    target: u32,
    list: u16,
    is_linked_already: bool,
    situation: Situation,
}

impl Met {
    const NOBODY: Met =
        Met { target: NOBODY, list: 0, is_linked_already: false, situation: Situation::Absent };

    fn targets<'t>(&'t self, source: u32, several: &'t HashMap<u32, Vec<u32>>) -> &'t [u32] {
        match self.target {
            NOBODY => &[],
            SEVERAL => several.get(&source).map_or(&[], Vec::as_slice),
            _ => std::slice::from_ref(&self.target),
        }
    }
}

struct Pairing<'k> {
    sources: &'k Known,
    targets: &'k Known,
    /// For each list the targets by their keys, once somebody was sought in it.
    indexes: Vec<Option<ByMark>>,
    met: Vec<Met>,
    several: HashMap<u32, Vec<u32>>,
    /// How many sources have each target, or may have it: at most two.
    takers: Vec<u8>,
}

impl<'k> Pairing<'k> {
    fn new(sources: &'k Known, targets: &'k Known) -> Pairing<'k> {
        Pairing {
            sources,
            targets,
            indexes: targets.lists.iter().map(|_| None).collect(),
            met: vec![Met::NOBODY; sources.meant.len()],
            several: HashMap::new(),
            takers: vec![0; targets.meant.len()],
        }
    }

    fn index(&mut self, list: usize) {
        let targets = self.targets;
        self.indexes[list].get_or_insert_with(|| ByMark::new(&targets.lists[list]));
    }

    /// The targets that a source is found by in a list, each once, in their order.
    fn hits(&self, source: u32, list: usize, hits: &mut Vec<u32>) {
        hits.clear();
        let Some(Some(index)) = self.indexes.get(list) else { return };
        let marks = self.sources.lists[list].of(source);
        hits.extend(marks.iter().flat_map(|mark| index.find(&self.targets.lists[list], *mark)));
        if hits.len() > 1 {
            hits.sort_unstable();
            hits.dedup();
        }
    }

    fn is_open(&self, source: u32, is_meant: bool) -> bool {
        self.sources.is_meant(source) == is_meant && self.met[source as usize].target == NOBODY
    }

    fn is_free(&self, target: u32) -> bool {
        self.takers[target as usize] == 0
    }

    /// Finds sources by the first list.
    fn confirm(&mut self, pool: &Pool, is_meant: bool) {
        const CHUNK: u32 = 4096;
        if self.indexes.is_empty() {
            return;
        }
        self.index(0);
        let count = number(self.met.len());
        let chunks = (0..count).step_by(CHUNK as usize);
        let found = pool.map_ordered(chunks, |start| {
            let (mut found, mut several, mut hits) = (Vec::new(), Vec::new(), Vec::new());
            for source in (start..count.min(start + CHUNK)).filter(|n| self.is_open(*n, is_meant)) {
                self.hits(source, 0, &mut hits);
                // What a source has that is meant, one that is left out does not get.
                hits.retain(|&target| is_meant || self.is_free(target));
                match hits[..] {
                    [] => {}
                    [one] => found.push((source, one)),
                    _ => {
                        found.push((source, SEVERAL));
                        several.push((source, hits.clone()));
                    }
                }
            }
            (found, several)
        });
        let mut met = Vec::new();
        for (found, several) in found {
            self.several.extend(several);
            for (source, target) in found {
                self.met[source as usize] = Met { target, ..Met::NOBODY };
                met.push(source);
            }
        }
        self.settle(&met);
    }

    /// Finds the others by the lists behind it, in their order: the first that finds anything counts.
    fn find(&mut self, is_meant: bool) {
        let (mut met, mut hits) = (Vec::new(), Vec::new());
        for source in 0..number(self.met.len()) {
            if !self.is_open(source, is_meant) {
                continue;
            }
            for list in 1..self.indexes.len() {
                self.index(list);
                self.hits(source, list, &mut hits);
                let is_any = !hits.is_empty();
                let is_linked_already = !hits.iter().any(|target| self.is_free(*target));
                if !is_any || (is_linked_already && !is_meant) {
                    continue;
                }
                hits.retain(|&target| is_meant || self.is_free(target));
                let target = match hits[..] {
                    [one] => one,
                    _ => {
                        self.several.insert(source, hits.clone());
                        SEVERAL
                    }
                };
                let list = u16::try_from(list).unwrap_or(u16::MAX);
                let found = Met { target, list, is_linked_already, ..Met::NOBODY };
                self.met[source as usize] = found;
                met.push(source);
                break;
            }
        }
        self.settle(&met);
    }

    /// Keeps what was found; where two sources meet one target, neither is told from the other.
    fn settle(&mut self, met: &[u32]) {
        for &source in met.iter().filter(|n| !self.met[**n as usize].is_linked_already) {
            for &target in self.met[source as usize].targets(source, &self.several) {
                let takers = &mut self.takers[target as usize];
                *takers = (*takers + 1).min(2);
            }
        }
        for &source in met {
            self.met[source as usize].situation = self.situation(source);
        }
    }

    fn situation(&self, source: u32) -> Situation {
        let met = &self.met[source as usize];
        let is_shared = |target: &u32| self.takers[*target as usize] > 1;
        match (self.sources.is_meant(source), met.targets(source, &self.several)) {
            (true, _) if met.is_linked_already => Situation::FoundAlreadyLinked,
            (_, [one]) if is_shared(one) => Situation::Ambiguous,
            (true, [_]) if met.list == 0 => Situation::Confirmed,
            (true, [_]) => Situation::Found,
            (false, [_]) => Situation::Unqualified,
            _ => Situation::Ambiguous,
        }
    }

    fn cases(mut self) -> Cases {
        for (source, met) in self.met.iter_mut().enumerate().filter(|(_, met)| met.target == NOBODY)
        {
            met.situation = match self.sources.meant[source] {
                true => Situation::Absent,
                false => Situation::SourceIgnored,
            };
        }
        let targets = self.targets;
        let situation = |target: u32| match (targets.is_meant(target), targets.has_key(0, target)) {
            (false, _) => Situation::TargetIgnored,
            (true, true) => Situation::SourceMissing,
            (true, false) => Situation::Unassigned,
        };
        let free = (0..).zip(&self.takers).filter(|(_, takers)| **takers == 0);
        let free = free.map(|(target, _)| (situation(target), target)).collect();
        Cases { sources: self.met, several: self.several, free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records, each its keys in two lists, `-` for none, `+` between several; behind an exclamation mark one
    /// that its filter leaves out.
    fn known(all: &[&str]) -> Known {
        let mut known = Known::new(2);
        for text in all {
            let (is_meant, keys) = match text.strip_prefix('!') {
                Some(keys) => (false, keys),
                None => (true, *text),
            };
            let list = |keys: &str| {
                let keys = keys.split('+').filter(|key| *key != "-");
                // The same on both sides.
                keys.map(|key| {
                    Mark::from_be_bytes(format!("{key:0>8}").as_bytes().try_into().expect("short"))
                })
                .collect()
            };
            known.push(is_meant);
            for (n, marks) in
                keys.split(' ').map(list).collect::<Vec<Vec<Mark>>>().iter().enumerate()
            {
                known.push_marks(n, marks);
            }
        }
        known
    }

    /// Each case as `CONFIRMED 0 1`: the situation, the source, the targets.
    #[test]
    fn what_has_a_key_is_known_without_it() {
        let all: Vec<String> =
            (0..200).map(|n| format!("k{n} {}", if n % 3 == 0 { "-" } else { "a+b" })).collect();
        let mut known = known(&all.iter().map(String::as_str).collect::<Vec<_>>());
        let has = |known: &Known| -> Vec<bool> {
            (0..200).flat_map(|n| [0, 1].map(|list| known.has_key(list, n))).collect()
        };
        let before = has(&known);
        known.forget_marks();
        assert_eq!(has(&known), before);
        assert_eq!(before.iter().filter(|has| **has).count(), 200 + 133);
    }

    fn told(sources: &[&str], targets: &[&str]) -> Vec<String> {
        let pool = Pool::new(Some(2)).expect("a pool");
        let cases = Cases::new(&pool, &known(sources), &known(targets));
        let told = cases.iter().map(|case| {
            let source = case.source.map_or("-".to_owned(), |n| n.to_string());
            let targets: Vec<String> = case.targets.iter().map(u32::to_string).collect();
            format!("{} {source} {}", case.situation.name(), targets.join("|"))
        });
        told.map(|one| one.trim_end().to_owned()).collect()
    }

    #[test]
    fn each_record_is_found_in_one_situation() {
        for (sources, targets, wanted) in [
            (&["a x"][..], &["a y"][..], &["CONFIRMED 0 0"][..]),
            (&["a x"], &["- x"], &["FOUND 0 0"]),
            (&["a x"], &["b x"], &["FOUND 0 0"]),
            (&["a x", "b y"], &["a y"], &["CONFIRMED 0 0", "FOUND_ALREADY_LINKED 1 0"]),
            (&["a x"], &[], &["ABSENT 0"]),
            (&["- x"], &["- x", "- x"], &["AMBIGUOUS 0 0|1"]),
            (&["a x"], &["a -", "a -"], &["AMBIGUOUS 0 0|1"]),
            (&["a x", "a y"], &["a -"], &["AMBIGUOUS 0 0", "AMBIGUOUS 1 0"]),
            (&["- x", "- x"], &["- x"], &["AMBIGUOUS 0 0", "AMBIGUOUS 1 0"]),
            (&["a+b -"], &["a -", "b -"], &["AMBIGUOUS 0 0|1"]),
            (&["a+b -"], &["b -"], &["CONFIRMED 0 0"]),
            (&["!a x"], &["a -"], &["UNQUALIFIED 0 0"]),
            (&["!a x"], &["- x"], &["UNQUALIFIED 0 0"]),
            // The login of a leaver is given again.
            (&["!a x", "b x"], &["a x"], &["UNQUALIFIED 0 0", "FOUND_ALREADY_LINKED 1 0"]),
            (&["!a x", "b x"], &["c x"], &["SOURCE_IGNORED 0", "FOUND 1 0"]),
            (&["!a x", "b x"], &["a x", "- x"], &["UNQUALIFIED 0 0", "AMBIGUOUS 1 0|1"]),
            (&["!a x"], &["b y"], &["SOURCE_IGNORED 0", "SOURCE_MISSING - 0"]),
            (&["!a x", "a y"], &["a -"], &["SOURCE_IGNORED 0", "CONFIRMED 1 0"]),
            (&["a x"], &["!a x"], &["CONFIRMED 0 0"]),
            (&[], &["!a x"], &["TARGET_IGNORED - 0"]),
            (&[], &["- x"], &["UNASSIGNED - 0"]),
            (&[], &["a x"], &["SOURCE_MISSING - 0"]),
            // By a list that finds several, no later one is asked.
            (&["a x"], &["a -", "a -", "- x"], &["AMBIGUOUS 0 0|1", "UNASSIGNED - 2"]),
        ] {
            assert_eq!(told(sources, targets), wanted, "{sources:?} {targets:?}");
        }
    }

    /// The table of situations in the documentation of reconciliation, where the first list stands for a
    /// link.
    #[test]
    fn a_whole_table_of_situations() {
        let sources = ["1 m1", "- m2", "- m1", "- m4", "- m5", "!7 m7", "!- m7b", "!- m8"];
        let targets = ["1 m1", "- m2", "- m5", "- m5", "7 m7", "- m7b", "!- m9", "- m10", "11 m11"];
        assert_eq!(
            told(&sources, &targets),
            [
                "CONFIRMED 0 0",
                "FOUND 1 1",
                "FOUND_ALREADY_LINKED 2 0",
                "ABSENT 3",
                "AMBIGUOUS 4 2|3",
                "UNQUALIFIED 5 4",
                "UNQUALIFIED 6 5",
                "SOURCE_IGNORED 7",
                "TARGET_IGNORED - 6",
                "UNASSIGNED - 7",
                "SOURCE_MISSING - 8",
            ]
        );
    }
}
