//! Both sides read, and every record in its situation: what is the same whichever side is changed.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::error::{Error, ErrorKind, FlowFault, Result};
use crate::mapping::{Action, Each, Situation, Toward};
use crate::reconcile::Task;
use crate::reconcile::account::{Account, Rejection, rejected};
use crate::reconcile::known::{Entries, Members, entries, rows};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::pairs::{Case, cases};
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::source::Extent;
use crate::text::{Escaped, Shortened};

/// Both sides, and the cases of each mapping.
pub(super) struct Stage<'s, 'm> {
    pub(super) task: &'s Task<'m>,
    pub(super) plan: Plan<'m>,
    pub(super) lookups: Lookups,
    pub(super) entries: Entries,
    pub(super) rows: Vec<Members>,
    pub(super) cases: Vec<Vec<Case>>,
    /// For each mapping the cases by which targets go or become inactive, as far as somebody asked.
    leaving: OnceLock<Vec<HashMap<u32, usize>>>,
}

impl<'s, 'm> Stage<'s, 'm> {
    /// Reads both sides and finds out who is who.
    ///
    /// # Errors
    ///
    /// A record cannot be read; a name stands twice; what is named is not there.
    pub(super) fn new(task: &'s Task<'m>) -> Result<Stage<'s, 'm>> {
        let plan = Plan::new(task)?;
        let lookups = Lookups::new(&task.file.lookups, task.tables)?;
        let entries = entries(task, &plan, &lookups)?;
        let rows = rows(task, &plan)?;
        let of_mapping = |n: usize| {
            let (sources, targets) = match task.toward {
                Toward::Database => (&entries.members[n], &rows[n]),
                Toward::Directory => (&rows[n], &entries.members[n]),
            };
            cases(&sources.known, &targets.known)
        };
        let cases = task.pool.map_ordered(0..plan.mappings.len(), of_mapping);
        Ok(Stage { task, plan, lookups, entries, rows, cases, leaving: OnceLock::new() })
    }

    pub(super) fn sources(&self, mapping: usize) -> &Members {
        match self.task.toward {
            Toward::Database => &self.entries.members[mapping],
            Toward::Directory => &self.rows[mapping],
        }
    }

    pub(super) fn targets(&self, mapping: usize) -> &Members {
        match self.task.toward {
            Toward::Database => &self.rows[mapping],
            Toward::Directory => &self.entries.members[mapping],
        }
    }

    /// What the policy says of a case.
    pub(super) fn action(&self, mapping: usize, case: &Case) -> Action {
        if self.task.is_fresh {
            let comes = case.situation == Situation::Absent;
            return if comes { Action::Create } else { Action::Ignore };
        }
        let action =
            self.plan.mappings[mapping].mapping.policy.of(self.task.toward).action(case.situation);
        let is_alone = case.source.is_none() || case.situation == Situation::Unqualified;
        // One of these may be what a source that cannot be told stands for.
        let takes = matches!(action, Action::Delete | Action::Inactivate);
        match is_alone && takes && !self.sources(mapping).strangers.is_empty() {
            true => Action::Report,
            false => action,
        }
    }

    /// What came of each mapping so far: counts, decisions, and what cannot be told.
    ///
    /// # Errors
    ///
    /// A case in which the policy ends the run.
    pub(super) fn accounts(&self) -> Result<Vec<Account>> {
        (0..self.plan.mappings.len()).map(|n| self.account(n)).collect()
    }

    fn account(&self, n: usize) -> Result<Account> {
        let ReadyMapping { mapping, .. } = &self.plan.mappings[n];
        let (sources, targets) = (self.sources(n), self.targets(n));
        let mut account = Account {
            mapping: mapping.name.clone(),
            sources: sources.known.iter().filter(|one| one.is_meant).count() as u64,
            targets: targets.places.len() as u64,
            overlap: self.overlap(n),
            first_keys: [first_keys(sources), first_keys(targets)],
            min_overlap: mapping.min_overlap,
            max_delete: mapping.max_delete,
            ..Account::default()
        };
        for case in &self.cases[n] {
            let action = self.action(n, case);
            account.count(case.situation);
            account.explanations.extend(self.explained(n, case, action));
            match action {
                Action::Fail => return Err(self.failed(n, case)),
                Action::Report => account.report(case.situation, || self.shown(n, case)),
                _ => {}
            }
        }
        for (place, fault) in &sources.strangers {
            let error = self.error_of_source(rejected(&mapping.name, fault.clone()), n, *place);
            account.rejections.push(Rejection { source: *place, error });
        }
        Ok(account)
    }

    /// Takes sources that cannot be followed out of each mapping, each with the first of its faults; answers
    /// whether there are any that were not known.
    pub(super) fn reject(
        &self,
        faults: Vec<Vec<(u32, Error)>>,
        rejected: &mut [HashSet<u32>],
        accounts: &mut [Account],
    ) -> bool {
        let mut is_any_new = false;
        for (n, faults) in faults.into_iter().enumerate() {
            for (source, error) in faults {
                if rejected[n].insert(source) {
                    is_any_new = true;
                    let source = self.sources(n).places[source as usize];
                    accounts[n].rejections.push(Rejection { source, error });
                }
            }
        }
        is_any_new
    }

    /// What the record of a case is called in messages: the source, else the target.
    fn shown(&self, n: usize, case: &Case) -> String {
        let (is_source, place) = match (case.source, case.targets.first()) {
            (Some(source), _) => (true, self.sources(n).places[source as usize]),
            (None, Some(&target)) => (false, self.targets(n).places[target as usize]),
            (None, None) => return String::new(),
        };
        let is_entry = is_source == (self.task.toward == Toward::Database);
        if is_entry {
            let name = self.task.directory.name_text(place).unwrap_or_default();
            return Escaped(&name).to_string();
        }
        let rows = &self.task.tables[self.plan.mappings[n].table].rows;
        rows.read(place).map(|row| rows.columns.shown_key(&row)).unwrap_or_default()
    }

    /// How many sources that are meant have a counterpart, and how many records the smaller side has.
    fn overlap(&self, n: usize) -> (u64, u64) {
        let meant = |members: &Members| members.known.iter().filter(|one| one.is_meant).count();
        let smaller = meant(self.sources(n)).min(meant(self.targets(n)));
        let is_pair = |case: &&Case| case.source.is_some() && !case.targets.is_empty();
        (self.cases[n].iter().filter(is_pair).count() as u64, smaller as u64)
    }

    fn failed(&self, n: usize, case: &Case) -> Error {
        let situation = case.situation.name();
        let kind =
            rejected(&self.plan.mappings[n].mapping.name, FlowFault::PolicyFails { situation });
        match (case.source, case.targets.first()) {
            (Some(source), _) => {
                self.error_of_source(kind, n, self.sources(n).places[source as usize])
            }
            (None, Some(&target)) => {
                self.error_of_target(kind, n, self.targets(n).places[target as usize])
            }
            (None, None) => Error::new(kind),
        }
    }

    /// An error at a record of the side that is obeyed.
    pub(super) fn error_of_source(&self, kind: ErrorKind, mapping: usize, place: Extent) -> Error {
        self.error(self.task.toward == Toward::Database, kind, mapping, place)
    }

    /// An error at a record of the side that is changed.
    pub(super) fn error_of_target(&self, kind: ErrorKind, mapping: usize, place: Extent) -> Error {
        self.error(self.task.toward == Toward::Directory, kind, mapping, place)
    }

    fn error(&self, is_entry: bool, kind: ErrorKind, mapping: usize, place: Extent) -> Error {
        match is_entry {
            true => self.task.directory.error_in(kind, place),
            false => {
                let table = self.plan.mappings[mapping].table;
                self.task.tables[table].rows.error_of(kind, place)
            }
        }
    }

    /// The sources of a mapping that something is made of: each with its target, where it has one.
    pub(super) fn followed(
        &self,
        mapping: usize,
        rejected: &HashSet<u32>,
    ) -> Vec<(u32, Option<u32>)> {
        let of_case = |case: &Case| {
            let source = case.source.filter(|source| !rejected.contains(source))?;
            match self.action(mapping, case) {
                Action::Create => Some((source, None)),
                Action::Update => case.targets.first().map(|&target| (source, Some(target))),
                _ => None,
            }
        };
        self.cases[mapping].iter().filter_map(of_case).collect()
    }

    /// Each source of a mapping that has one target for certain, with it: whatever is done to them.
    pub(super) fn partners(&self, mapping: usize) -> Vec<(u32, u32)> {
        let is_pair = |case: &&Case| {
            matches!(
                case.situation,
                Situation::Confirmed | Situation::Found | Situation::Unqualified
            )
        };
        let pairs = self.cases[mapping].iter().filter(is_pair);
        pairs.filter_map(|case| Some((case.source?, *case.targets.first()?))).collect()
    }

    /// The targets of a mapping that go or become inactive, each with what is done.
    pub(super) fn leaving(&self, mapping: usize) -> Vec<(u32, Action)> {
        let mut all = Vec::new();
        for case in &self.cases[mapping] {
            let action = self.action(mapping, case);
            if matches!(action, Action::Delete | Action::Inactivate) {
                all.extend(case.targets.iter().map(|&target| (target, action)));
            }
        }
        all
    }

    /// The case by which a target of a mapping goes or becomes inactive.
    pub(super) fn case_of_leaving(&self, mapping: usize, target: u32) -> Option<&Case> {
        let all = self.leaving.get_or_init(|| {
            let of_mapping = |n: usize| {
                let leaves = |case: &&Case| {
                    matches!(self.action(n, case), Action::Delete | Action::Inactivate)
                };
                let cases = self.cases[n].iter().enumerate().filter(|(_, case)| leaves(case));
                cases.flat_map(|(at, case)| case.targets.iter().map(move |&t| (t, at))).collect()
            };
            (0..self.cases.len()).map(of_mapping).collect()
        });
        all[mapping].get(&target).map(|&at| &self.cases[mapping][at])
    }

    /// Whether a target is left out by the filter of its own side: it was made inactive, and its source is
    /// back.
    pub(super) fn comes_back(&self, mapping: usize, target: u32) -> bool {
        !self.targets(mapping).known[target as usize].is_meant
    }
}

/// What inactivation sets or clears, so that coming back undoes it.
pub(super) fn is_inactivated<T>(
    each: &Each<Option<crate::mapping::Inactivate>>,
    toward: Toward,
    name: &T,
) -> bool
where
    T: AsRef<str> + ?Sized,
{
    each.of(toward).as_ref().is_some_and(|inactivate| {
        let is_it = |other: &String| other.eq_ignore_ascii_case(name.as_ref());
        inactivate.set.iter().any(|(other, _)| is_it(other)) || inactivate.clear.iter().any(is_it)
    })
}

/// The first keys of a side, as a message shows them.
fn first_keys(members: &Members) -> Vec<String> {
    const SHOWN: usize = 3;
    let keys = members.known.iter().filter_map(|known| known.keys.first()?.first());
    keys.take(SHOWN).map(|key| words(key)).collect()
}

/// The words of a key, without the lengths before them.
pub(super) fn words(key: &[u8]) -> String {
    let mut words = Vec::new();
    let mut rest = key;
    while let Some((len, behind)) = rest.split_first_chunk::<8>() {
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(0).min(behind.len());
        if !words.is_empty() {
            words.extend_from_slice(b", ");
        }
        words.extend_from_slice(&behind[..len]);
        rest = &behind[len..];
    }
    const WIDTH: usize = 60;
    Shortened(&words, WIDTH).to_string()
}
