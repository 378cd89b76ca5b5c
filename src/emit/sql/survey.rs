//! Which changes of a script are made by one statement, and how many they are: found in a walk over all of
//! them before the first is written.
//!
//! Knows no SQL.

use std::mem::{Discriminant, discriminant};
use std::ops::RangeInclusive;

use crate::emit::sql::End;
use crate::plan::rows::RowStep;
use crate::table::{Columns, RowChange, Said};

/// How many combinations of changed columns have a statement of their own in a phase: each may read the
/// whole table. Where there are more, one statement makes all changes.
const SETS: usize = 4;

/// What is done to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// They come.
    Insert,
    /// They go.
    Delete,
    /// They change.
    Update,
}

impl Verb {
    /// What a change does.
    pub fn of(change: &RowChange<'_>) -> Verb {
        match change {
            RowChange::Insert(_) => Verb::Insert,
            RowChange::Delete(_) => Verb::Delete,
            RowChange::Update(..) => Verb::Update,
        }
    }

    /// What undoes it.
    fn inverse(self) -> Verb {
        match self {
            Verb::Insert => Verb::Delete,
            Verb::Delete => Verb::Insert,
            Verb::Update => Verb::Update,
        }
    }
}

/// Changes that one statement makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The columns that change, of an update.
    pub columns: Vec<usize>,
    /// How many changes there are.
    pub count: u64,
}

impl Set {
    /// Makes one set of two.
    fn add(&mut self, other: Set) {
        self.count += other.count;
        self.columns.extend(other.columns);
        self.columns.sort_unstable();
        self.columns.dedup();
    }
}

/// One statement of a phase.
#[derive(Clone, Copy, Debug)]
pub enum Operation<'s> {
    /// Its number, from 1; all columns of the set change in each of its rows.
    Whole(usize, &'s Set),
    /// The only one; each row says itself which columns of the set change.
    Masked(&'s Set),
}

impl<'s> Operation<'s> {
    /// Its number in the phase.
    pub fn number(self) -> usize {
        match self {
            Operation::Whole(number, _) => number,
            Operation::Masked(_) => 1,
        }
    }

    /// The changes.
    pub fn set(self) -> &'s Set {
        match self {
            Operation::Whole(_, set) | Operation::Masked(set) => set,
        }
    }
}

/// Changes that do not wait for one another: steps of one kind, one behind the other.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What they do.
    pub verb: Verb,
    step: Discriminant<RowStep>,
    first: u64,
    sets: Vec<Set>,
    is_masked: bool,
}

impl Phase {
    fn new(verb: Verb, step: Discriminant<RowStep>, first: u64) -> Phase {
        Phase { verb, step, first, sets: Vec::new(), is_masked: false }
    }

    /// The numbers of its changes.
    pub fn changes(&self) -> RangeInclusive<u64> {
        self.first..=self.first + self.count() - 1
    }

    /// The statements.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        self.sets.iter().enumerate().map(|(n, set)| match self.is_masked {
            true => Operation::Masked(set),
            false => Operation::Whole(n + 1, set),
        })
    }

    /// The statement that makes a change of these columns.
    pub fn operation(&self, columns: &[usize]) -> Option<Operation<'_>> {
        self.operations().find(|operation| match operation {
            Operation::Whole(_, set) => set.columns == columns,
            Operation::Masked(_) => true,
        })
    }

    fn count(&self) -> u64 {
        self.sets.iter().map(|set| set.count).sum()
    }

    /// Takes up more changes.
    fn take(&mut self, new: Set) {
        let known = self.sets.iter().position(|set| self.is_masked || set.columns == new.columns);
        match known {
            Some(at) => self.sets[at].add(new),
            None => self.sets.push(new),
        }
        self.is_masked |= self.sets.len() > SETS;
        if self.is_masked {
            let others = self.sets.split_off(1);
            others.into_iter().for_each(|set| self.sets[0].add(set));
        }
    }
}

/// All changes of a table.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What is done one after the other.
    pub phases: Vec<Phase>,
    bytes: Vec<usize>,
    end: End,
}

impl Survey {
    /// None yet, of a script of which this stays.
    pub fn new(end: End) -> Survey {
        Survey { end, ..Survey::default() }
    }

    /// Takes up change number `n`, the next.
    pub fn add(&mut self, n: u64, step: RowStep, change: &RowChange<'_>, columns: &Columns) {
        let (rows, differing) = match change {
            RowChange::Insert(row) | RowChange::Delete(row) => ([row, row], Vec::new()),
            RowChange::Update(row, other) => ([row, other], columns.differing(row, other)),
        };
        for (column, cell) in rows.iter().flat_map(|row| row.iter().enumerate()) {
            if cell.as_ref().is_some_and(|value| value.said == Said::Bytes) {
                self.note_bytes(column);
            }
        }
        let phase = self.phase_for(Verb::of(change), discriminant(&step), n);
        phase.take(Set { columns: differing, count: 1 });
    }

    /// Takes up what comes behind, which was added up by itself.
    pub fn append(&mut self, behind: Survey) {
        behind.bytes.into_iter().for_each(|column| self.note_bytes(column));
        for Phase { verb, step, first, sets, is_masked } in behind.phases {
            let phase = self.phase_for(verb, step, first);
            phase.is_masked |= is_masked;
            sets.into_iter().for_each(|set| phase.take(set));
        }
    }

    /// The same of what undoes the `total` changes of the script, from the last to the first, where it does
    /// not stop on its way.
    #[must_use]
    pub fn inverse(&self, total: u64) -> Survey {
        let phases = self.phases.iter().rev().map(|phase| Phase {
            verb: phase.verb.inverse(),
            first: total + 1 - phase.changes().end(),
            ..phase.clone()
        });
        Survey { phases: phases.collect(), bytes: self.bytes.clone(), end: self.end }
    }

    /// How many changes of the table there are.
    pub fn total(&self) -> u64 {
        self.phases.iter().map(Phase::count).sum()
    }

    /// The phase of change number `n`.
    pub fn phase(&self, n: u64) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.changes().contains(&n))
    }

    /// Whether a dump says of a value in this column that it is bytes.
    pub fn has_bytes(&self, column: usize) -> bool {
        self.bytes.contains(&column)
    }

    /// Whether a column changes in some update.
    pub fn changes(&self, column: usize) -> bool {
        let mut sets = self.phases.iter().flat_map(|phase| &phase.sets);
        sets.any(|set| set.columns.contains(&column))
    }

    /// Whether rows say themselves which columns change in them.
    pub fn is_masked(&self) -> bool {
        self.phases.iter().any(|phase| phase.is_masked)
    }

    /// Whether something of this kind is done.
    pub fn does(&self, verb: Verb) -> bool {
        self.phases.iter().any(|phase| phase.verb == verb)
    }

    /// The last phase, which is one of these steps and has no gap before the next.
    fn phase_for(&mut self, verb: Verb, step: Discriminant<RowStep>, first: u64) -> &mut Phase {
        let is_next = |last: u64| last + 1 == first && !self.end.is_behind(last);
        let goes_on = |phase: &Phase| phase.step == step && is_next(*phase.changes().end());
        if !self.phases.last().is_some_and(goes_on) {
            self.phases.push(Phase::new(verb, step, first));
        }
        let last = self.phases.len() - 1;
        &mut self.phases[last]
    }

    fn note_bytes(&mut self, column: usize) {
        if !self.bytes.contains(&column) {
            self.bytes.push(column);
        }
    }
}
