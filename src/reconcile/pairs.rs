//! Who is who: records of two sides are one by the first columns of `match` that say so, and each is found
//! in a situation.
//!
//! Knows no side by its kind: a source is a record of the side that is obeyed, a target one of the side that
//! is changed.

use std::collections::HashMap;

use crate::mapping::Situation;

/// The words of some columns that a record is found by.
pub(super) type Key = Box<[u8]>;

/// What is known of a record before flows are looked at.
#[derive(Debug)]
pub(super) struct Known {
    /// Whether it passes the filter of its side.
    pub(super) is_meant: bool,
    /// For each list of `match` the keys that it is found by: none where a column of it is empty, several
    /// where an attribute has several values.
    pub(super) keys: Vec<Vec<Key>>,
}

/// What came of one record, or of several that cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) situation: Situation,
    pub(super) source: Option<u32>,
    /// One target; of what is ambiguous, all that may be meant.
    pub(super) targets: Vec<u32>,
    /// Which list of `match` found it.
    pub(super) list: usize,
}

/// All cases: those of the sources in their order, then those of the targets that no source touches.
pub(super) fn cases(sources: &[Known], targets: &[Known]) -> Vec<Case> {
    let mut pairing = Pairing::new(sources, targets);
    pairing.confirm(true);
    pairing.find(true);
    // What is left out is not to take a target from what is meant.
    pairing.confirm(false);
    pairing.find(false);
    pairing.cases()
}

/// What a source was found to be.
#[derive(Clone, Debug, Default)]
struct Meets {
    targets: Vec<u32>,
    list: usize,
    is_linked_already: bool,
    /// Another source meets the same target.
    is_shared: bool,
}

struct Pairing<'k> {
    sources: &'k [Known],
    targets: &'k [Known],
    /// For each list the targets under their keys.
    indexes: Vec<HashMap<&'k [u8], Vec<u32>>>,
    meets: Vec<Option<Meets>>,
    /// Which targets some source has, or may have.
    is_taken: Vec<bool>,
}

impl<'k> Pairing<'k> {
    fn new(sources: &'k [Known], targets: &'k [Known]) -> Pairing<'k> {
        let lists = targets.first().map_or(0, |target| target.keys.len());
        let index = |list: usize| {
            let mut index: HashMap<&[u8], Vec<u32>> = HashMap::new();
            for (n, target) in targets.iter().enumerate() {
                for key in &target.keys[list] {
                    index.entry(key).or_default().push(number(n));
                }
            }
            index
        };
        Pairing {
            sources,
            targets,
            indexes: (0..lists).map(index).collect(),
            meets: vec![None; sources.len()],
            is_taken: vec![false; targets.len()],
        }
    }

    /// The targets that a source is found by in a list, each once, in their order.
    fn hits(&self, source: usize, list: usize) -> Vec<u32> {
        let Some(index) = self.indexes.get(list) else { return Vec::new() };
        let keys = self.sources[source].keys[list].iter();
        let mut hits: Vec<u32> =
            keys.filter_map(|key| index.get(&**key)).flatten().copied().collect();
        hits.sort_unstable();
        hits.dedup();
        hits
    }

    fn open(&self, is_meant: bool) -> Vec<usize> {
        let is_open = |n: &usize| self.sources[*n].is_meant == is_meant && self.meets[*n].is_none();
        (0..self.sources.len()).filter(is_open).collect()
    }

    /// Finds sources by the first list.
    fn confirm(&mut self, is_meant: bool) {
        let mut found = Vec::new();
        for source in self.open(is_meant) {
            let mut targets = self.hits(source, 0);
            // What a source has that is meant, one that is left out does not get.
            targets.retain(|&target| is_meant || !self.is_taken[target as usize]);
            if !targets.is_empty() {
                found.push((source, Meets { targets, ..Meets::default() }));
            }
        }
        self.settle(found);
    }

    /// Finds the others by the lists behind it, in their order: the first that finds anything counts.
    fn find(&mut self, is_meant: bool) {
        let mut found = Vec::new();
        for source in self.open(is_meant) {
            for list in 1..self.indexes.len() {
                let hits = self.hits(source, list);
                let is_free = |target: &u32| !self.is_taken[*target as usize];
                let free: Vec<u32> = hits.iter().copied().filter(is_free).collect();
                if hits.is_empty() || (free.is_empty() && !is_meant) {
                    continue;
                }
                let is_linked_already = free.is_empty();
                let targets = if is_meant { hits } else { free };
                found.push((source, Meets { targets, list, is_linked_already, is_shared: false }));
                break;
            }
        }
        self.settle(found);
    }

    /// Keeps what was found; where two sources meet one target, neither is told from the other.
    fn settle(&mut self, found: Vec<(usize, Meets)>) {
        let mut count: HashMap<u32, u32> = HashMap::new();
        let tell = |meets: &&Meets| !meets.is_linked_already;
        for meets in found.iter().map(|(_, meets)| meets).filter(tell) {
            meets.targets.iter().for_each(|target| *count.entry(*target).or_default() += 1);
        }
        for (source, mut meets) in found {
            if !meets.is_linked_already {
                meets.is_shared = meets.targets.iter().any(|target| count[target] > 1);
                meets.targets.iter().for_each(|&target| self.is_taken[target as usize] = true);
            }
            self.meets[source] = Some(meets);
        }
    }

    fn cases(self) -> Vec<Case> {
        let mut cases = Vec::with_capacity(self.sources.len());
        for (n, (source, meets)) in self.sources.iter().zip(self.meets).enumerate() {
            let Meets { targets, list, is_linked_already, is_shared } = meets.unwrap_or_default();
            let situation = match (source.is_meant, targets.len()) {
                (true, 0) => Situation::Absent,
                (false, 0) => Situation::SourceIgnored,
                (true, _) if is_linked_already => Situation::FoundAlreadyLinked,
                (_, 1) if is_shared => Situation::Ambiguous,
                (true, 1) if list == 0 => Situation::Confirmed,
                (true, 1) => Situation::Found,
                (true, _) => Situation::Ambiguous,
                (false, 1) => Situation::Unqualified,
                (false, _) => Situation::Ambiguous,
            };
            cases.push(Case { situation, source: Some(number(n)), targets, list });
        }
        let free = self.targets.iter().zip(self.is_taken).enumerate();
        for (n, (target, _)) in free.filter(|(_, (_, is_taken))| !is_taken) {
            let is_linked = target.keys.first().is_some_and(|keys| !keys.is_empty());
            let situation = match (target.is_meant, is_linked) {
                (false, _) => Situation::TargetIgnored,
                (true, true) => Situation::SourceMissing,
                (true, false) => Situation::Unassigned,
            };
            cases.push(Case { situation, source: None, targets: vec![number(n)], list: 0 });
        }
        cases
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record: its keys in two lists, `-` for none, `+` between several; behind an exclamation mark one
    /// that its filter leaves out.
    fn known(text: &str) -> Known {
        let (is_meant, keys) = match text.strip_prefix('!') {
            Some(keys) => (false, keys),
            None => (true, text),
        };
        let list = |keys: &str| {
            let keys = keys.split('+').filter(|key| *key != "-");
            keys.map(|key| key.as_bytes().into()).collect()
        };
        Known { is_meant, keys: keys.split(' ').map(list).collect() }
    }

    /// Each case as `CONFIRMED 0 1`: the situation, the source, the targets.
    fn told(sources: &[&str], targets: &[&str]) -> Vec<String> {
        let known = |all: &[&str]| all.iter().map(|one| known(one)).collect::<Vec<_>>();
        let cases = cases(&known(sources), &known(targets));
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
