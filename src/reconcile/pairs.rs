//! Who is who: records of two sides are one by the first columns of `match` that say so, and each is found
//! in a situation.
//!
//! Knows no side by its kind: a source is a record of the side that is obeyed, a target one of the side that
//! is changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hint::black_box;
use std::ops::Range;

use crate::mapping::Situation;
use crate::parallel::Pool;
use crate::reconcile::marks::{ByMark, Mark, Marks, number};

/// How many sources are looked for by one thread at a time.
const CHUNK: u32 = 4096;

/// For how many of them memory is asked for at once.
const AT_ONCE: u32 = 64;

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
    several: Several,
    free: Vec<(Situation, u32)>,
}

/// The targets of sources that meet several. Sources that are found by the same have one list together: where
/// one value stands in all records, each of them meets all.
#[derive(Debug, Default)]
struct Several {
    /// The targets, in their order.
    lists: Vec<Vec<u32>>,
    /// Which list a source has.
    of: HashMap<u32, u32>,
}

impl Several {
    /// Adds a list; answers its number.
    fn push(&mut self, targets: Vec<u32>) -> u32 {
        self.lists.push(targets);
        number(self.lists.len() - 1)
    }

    /// The targets of a source.
    fn targets(&self, source: u32) -> &[u32] {
        self.of.get(&source).map_or(&[], |list| &self.lists[*list as usize])
    }
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

    /// Of a source that meets several targets which list of targets that is: those that are found by the same
    /// have one.
    pub(super) fn several_of(&self, source: u32) -> Option<u32> {
        self.several.of.get(&source).copied()
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

    /// Whether nobody knows what a source is.
    pub(super) fn is_ambiguous(&self, source: u32) -> bool {
        let met = self.sources.get(source as usize);
        met.is_some_and(|met| met.situation == Situation::Ambiguous)
    }

    /// The targets of which nobody knows what they are: an ambiguous source meets them, and none is theirs for certain.
    /// Those of many sources that are found by the same are looked at once.
    pub(super) fn ambiguous_targets(&self) -> HashSet<u32> {
        let (mut targets, mut lists) = (HashSet::new(), HashSet::new());
        for source in (0..number(self.sources.len())).filter(|source| self.is_ambiguous(*source)) {
            if self.several_of(source).is_none_or(|list| lists.insert(list)) {
                targets.extend(self.sources[source as usize].targets(source, &self.several));
            }
        }
        if !targets.is_empty() {
            for certain in self.sources.iter().filter(|met| met.situation.is_of_a_pair()) {
                targets.remove(&certain.target);
            }
        }
        targets
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

    fn targets<'t>(&'t self, source: u32, several: &'t Several) -> &'t [u32] {
        match self.target {
            NOBODY => &[],
            SEVERAL => several.targets(source),
            _ => std::slice::from_ref(&self.target),
        }
    }
}

/// What some sources are found to be by the first list.
#[derive(Default)]
struct Found<'k> {
    /// Those that meet one target, and that.
    one: Vec<(u32, u32)>,
    /// Those that meet several, each with the number of their list.
    several: Vec<(u32, usize)>,
    /// Lists of targets, each with what they are found by.
    lists: Vec<(&'k [Mark], Vec<u32>)>,
}

struct Pairing<'k> {
    sources: &'k Known,
    targets: &'k Known,
    /// For each list the targets by their keys, once somebody was sought in it.
    indexes: Vec<Option<ByMark>>,
    met: Vec<Met>,
    several: Several,
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
            several: Several::default(),
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
        if self.indexes.is_empty() {
            return;
        }
        self.index(0);
        let count = number(self.met.len());
        let chunks = (0..count).step_by(CHUNK as usize);
        let found = pool.map_ordered(chunks, |start| {
            self.found_first(start..count.min(start + CHUNK), is_meant)
        });
        let (mut met, mut known) = (Vec::new(), HashMap::new());
        for Found { one, several, lists } in found {
            // The same list may have been found in another part.
            let several_of = |(marks, targets)| {
                *known.entry(marks).or_insert_with(|| self.several.push(targets))
            };
            let lists: Vec<u32> = lists.into_iter().map(several_of).collect();
            self.several.of.extend(several.iter().map(|&(source, list)| (source, lists[list])));
            let several = several.into_iter().map(|(source, _)| (source, SEVERAL));
            for (source, target) in one.into_iter().chain(several) {
                self.met[source as usize] = Met { target, ..Met::NOBODY };
                met.push(source);
            }
        }
        self.settle(&met);
    }

    /// Asks for the memory that looks for these sources by the first list will want: for one after the other, each
    /// look would wait for it.
    fn ahead(&self, sources: Range<u32>) {
        let marks = sources.flat_map(|source| self.sources.lists[0].of(source));
        let marks: Vec<Mark> = marks.copied().collect();
        if let Some(Some(index)) = self.indexes.first() {
            black_box(index.some(&self.targets.lists[0], &marks));
        }
    }

    /// What some sources are found to be by the first list.
    fn found_first(&self, sources: Range<u32>, is_meant: bool) -> Found<'k> {
        let (mut found, mut hits) = (Found::default(), Vec::new());
        let mut known: HashMap<&[Mark], usize> = HashMap::new();
        let mut asked = sources.start;
        for source in sources.clone().filter(|n| self.is_open(*n, is_meant)) {
            if source >= asked {
                asked = sources.end.min(source + AT_ONCE);
                self.ahead(source..asked);
            }
            let marks = self.sources.lists[0].of(source);
            if let Some(&list) = known.get(marks) {
                found.several.push((source, list));
                continue;
            }
            self.hits(source, 0, &mut hits);
            // What a source has that is meant, one that is left out does not get.
            hits.retain(|&target| is_meant || self.is_free(target));
            match hits[..] {
                [] => {}
                [one] => found.one.push((source, one)),
                _ => {
                    known.insert(marks, found.lists.len());
                    found.several.push((source, found.lists.len()));
                    found.lists.push((marks, hits.clone()));
                }
            }
        }
        found
    }

    /// Finds the others by the lists behind it, in their order: the first that finds anything counts.
    fn find(&mut self, is_meant: bool) {
        let (mut met, mut hits, mut known) = (Vec::new(), Vec::new(), HashMap::new());
        for source in 0..number(self.met.len()) {
            if !self.is_open(source, is_meant) {
                continue;
            }
            for list in 1..self.indexes.len() {
                let marks = self.sources.lists[list].of(source);
                if let Some(&(found, of)) = known.get(&(list, marks)) {
                    self.several.of.insert(source, of);
                    self.met[source as usize] = found;
                    met.push(source);
                    break;
                }
                self.index(list);
                self.hits(source, list, &mut hits);
                let is_any = !hits.is_empty();
                let is_linked_already = !hits.iter().any(|target| self.is_free(*target));
                if !is_any || (is_linked_already && !is_meant) {
                    continue;
                }
                hits.retain(|&target| is_meant || self.is_free(target));
                let target = if let [one] = hits[..] { one } else { SEVERAL };
                let number_of_list = u16::try_from(list).unwrap_or(u16::MAX);
                let found = Met { target, list: number_of_list, is_linked_already, ..Met::NOBODY };
                if target == SEVERAL {
                    let of = self.several.push(std::mem::take(&mut hits));
                    self.several.of.insert(source, of);
                    known.insert((list, marks), (found, of));
                }
                self.met[source as usize] = found;
                met.push(source);
                break;
            }
        }
        self.settle(&met);
    }

    /// Keeps what was found; where two sources meet one target, neither is told from the other.
    fn settle(&mut self, met: &[u32]) {
        // How many sources have each list of several targets.
        let mut lists = vec![0_u8; self.several.lists.len()];
        for &source in met.iter().filter(|n| !self.met[**n as usize].is_linked_already) {
            match (self.met[source as usize].target, self.several_of(source)) {
                (SEVERAL, Some(list)) => take(&mut lists[list], 1),
                (target, _) => take(&mut self.takers[target as usize], 1),
            }
        }
        for (targets, takers) in self.several.lists.iter().zip(lists).filter(|(_, n)| *n > 0) {
            targets.iter().for_each(|target| take(&mut self.takers[*target as usize], takers));
        }
        for &source in met {
            self.met[source as usize].situation = self.situation(source);
        }
    }

    /// Which list of several targets a source has.
    fn several_of(&self, source: u32) -> Option<usize> {
        self.several.of.get(&source).map(|list| *list as usize)
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

/// Counts so many more: at most two.
fn take(takers: &mut u8, more: u8) {
    *takers = (*takers + more).min(2);
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
            (&["a -", "a+b -"], &["a -", "b -"], &["AMBIGUOUS 0 0", "AMBIGUOUS 1 0|1"]),
            (&["- x", "!- x"], &["- x", "- x"], &["AMBIGUOUS 0 0|1", "SOURCE_IGNORED 1"]),
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

    /// Each of them meets all, and was given a list of all: a million records would have had no room.
    #[test]
    fn what_is_found_by_the_same_has_its_targets_once() {
        let pool = Pool::new(Some(2)).expect("a pool");
        for (keys, lists) in [("a -", 1), ("- a", 1), ("a+b -", 1), ("a b", 1)] {
            let (sources, targets) = (vec![keys; 9000], vec![keys; 3]);
            let cases = Cases::new(&pool, &known(&sources), &known(&targets));
            assert_eq!(cases.several.lists.len(), lists, "{keys}");
            let is_one = |case: Case<'_>| {
                case.situation == Situation::Ambiguous && case.targets == [0, 1, 2]
            };
            assert_eq!(cases.iter().filter(|case| is_one(*case)).count(), 9000, "{keys}");
            assert_eq!(cases.iter().count(), 9000, "{keys}");
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
