//! What is done to a case: what the policy says, unless nobody knows whom it would be done to.
//!
//! A record that cannot be read, or whose key cannot be told, may stand for any record of its mapping.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, FlowFault};
use crate::mapping::{Action, FlowValue, Situation, Toward};
use crate::reconcile::Task;
use crate::reconcile::account::Account;
use crate::reconcile::entries::Entries;
use crate::reconcile::members::Members;
use crate::reconcile::pairs::Case;
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::sift::Skipped;
use crate::reconcile::stage::{Role, Stage};
use crate::source::Extent;

/// Of which rejected sources of a mapping nobody knows what they stand for.
#[derive(Default)]
pub(super) struct Lost {
    /// Whether one lacks a key that it must have.
    is_keyless: AtomicBool,
    /// Whether one has a key that the other side cannot have.
    is_garbled: AtomicBool,
}

impl Stage<'_, '_> {
    /// What the policy says of a situation, whoever is in it.
    pub(super) fn policy(&self, mapping: usize, situation: Situation) -> Action {
        match self.task.is_fresh {
            true if situation == Situation::Absent => Action::Create,
            true => Action::Ignore,
            false => {
                self.plan.mappings[mapping].mapping.policy.of(self.task.toward).action(situation)
            }
        }
    }

    /// What is done to a case.
    pub(super) fn action(&self, mapping: usize, case: &Case<'_>) -> Action {
        self.decided(mapping, case).0
    }

    /// The same, and what the policy would have done, where that is withheld.
    pub(super) fn decided(&self, mapping: usize, case: &Case<'_>) -> (Action, Option<Action>) {
        let action = self.policy(mapping, case.situation);
        if self.task.is_fresh {
            return (action, None);
        }
        if self.is_bad(mapping, case) && action != Action::Fail {
            return (Action::Ignore, None);
        }
        if self.is_out_of_scope(mapping, case) || self.follower_of(mapping, case).is_some() {
            return (Action::Ignore, None);
        }
        match self.is_withheld(mapping, case, action) {
            true => (Action::Report, Some(action)),
            false => (action, None),
        }
    }

    /// The other mapping by which one of a case is followed that would go or become inactive: it stays, for that
    /// mapping would make it once more or bring it back, or has the very record instead that this one leaves out.
    pub(super) fn follower_of(&self, mapping: usize, case: &Case<'_>) -> Option<usize> {
        if self.plan.mappings.len() < 2 || !self.is_lost(mapping, case) {
            return None;
        }
        let all = self.followed_elsewhere.get_or_init(|| self.find_followed_elsewhere());
        case.targets.iter().find_map(|target| all[mapping].get(target)).copied()
    }

    /// For each mapping those that would go or become inactive by it, and that are another one's.
    fn find_followed_elsewhere(&self) -> Vec<HashMap<u32, usize>> {
        (0..self.plan.mappings.len()).map(|n| self.followed_by_others(n)).collect()
    }

    /// Whether the policy deletes what a case is about, or makes it inactive.
    fn is_lost(&self, n: usize, case: &Case<'_>) -> bool {
        matches!(self.policy(n, case.situation), Action::Delete | Action::Inactivate)
    }

    /// Whether the policy takes what a case is about from its place. What becomes inactive where it is stays there.
    fn goes(&self, n: usize, case: &Case<'_>) -> bool {
        let inactivate = self.plan.mappings[n].mapping.inactivate.of(self.task.toward).as_ref();
        match self.policy(n, case.situation) {
            Action::Delete => true,
            Action::Inactivate => inactivate.is_some_and(|one| one.move_to.is_some()),
            _ => false,
        }
    }

    fn followed_by_others(&self, n: usize) -> HashMap<u32, usize> {
        let lost = self.cases[n].iter().filter(|case| self.is_lost(n, case));
        let lost = lost.flat_map(|case| case.targets.iter().map(move |&target| (target, case)));
        let lost = lost.map(|(target, case)| (self.targets(n).place(target), (target, case)));
        let lost: HashMap<Extent, (u32, Case<'_>)> = lost.collect();
        let mut followed = HashMap::new();
        let is_other = |m: &usize| {
            *m != n && self.table_of(*m, Role::Target) == self.table_of(n, Role::Target)
        };
        let all = (0..self.plan.mappings.len()).filter(|_| !lost.is_empty());
        for m in all.filter(is_other) {
            let creates = self.policy(m, Situation::Absent) == Action::Create;
            let mut division = None;
            for (source, target) in self.followed_by_policy(m) {
                let Some((target, case)) = lost.get(&self.targets(m).place(target)) else {
                    continue;
                };
                let source = self.sources(m).place(source);
                let mut is_divided = || {
                    self.table_of(n, Role::Source) == self.table_of(m, Role::Source)
                        && self.place_of_source(n, case) == Some(source)
                        && (!self.targets(n).known.is_meant(*target) || {
                            let division = division.get_or_insert_with(|| self.division(n, m));
                            self.divides(division, n, source)
                        })
                };
                let comes_back = || {
                    self.policy(n, case.situation) == Action::Inactivate
                        && self.brings_back(n, m, self.targets(n).place(*target))
                };
                if creates && self.goes(n, case) || is_divided() || comes_back() {
                    followed.entry(*target).or_insert(m);
                }
            }
        }
        followed
    }

    /// The sources of a mapping that the policy has followed, each with its target.
    fn followed_by_policy(&self, n: usize) -> impl Iterator<Item = (u32, u32)> {
        let is_followed = move |case: &Case<'_>| self.policy(n, case.situation) == Action::Update;
        let cases = self.cases[n].iter().filter(is_followed);
        cases.filter_map(|case| Some((case.source?, *case.targets.first()?)))
    }

    /// Whether the filters of both sides leave a case out: nothing of it is the mapping's, and nothing is done to it
    /// or told of it.
    fn is_out_of_scope(&self, mapping: usize, case: &Case<'_>) -> bool {
        let is_meant = |target: &u32| self.targets(mapping).known.is_meant(*target);
        case.situation == Situation::Unqualified
            && self.policy(mapping, case.situation) != Action::Fail
            && !case.targets.iter().any(is_meant)
    }

    /// Whether one of a case cannot be read.
    pub(super) fn is_bad(&self, mapping: usize, case: &Case<'_>) -> bool {
        let (sources, targets) = (self.sources(mapping), self.targets(mapping));
        case.source.is_some_and(|source| sources.is_bad(source)) || targets.is_any_bad(case.targets)
    }

    /// Whether what the policy says is not done, for nobody knows who a record is that cannot be told.
    fn is_withheld(&self, mapping: usize, case: &Case<'_>, action: Action) -> bool {
        let targets = self.targets(mapping);
        let is_any = self.sources(mapping).may_be_any() || self.is_garbled(mapping);
        match action {
            // The target may be what such a source stands for.
            Action::Delete | Action::Inactivate => {
                let is_alone = case.source.is_none() || case.situation == Situation::Unqualified;
                let is_lost = self.lost[mapping].is_keyless.load(Ordering::Relaxed);
                is_alone && (is_any || is_lost || self.sources(mapping).is_unsure_elsewhere)
            }
            // The source may be there already.
            Action::Create => targets.is_unsure,
            // A later list is asked where no earlier one finds anything.
            Action::Update => case.list > 0 && (is_any || targets.is_unsure),
            _ => false,
        }
    }

    /// Whether a source was rejected because of a value of its key.
    pub(super) fn is_garbled(&self, mapping: usize) -> bool {
        !self.task.is_fresh && self.lost[mapping].is_garbled.load(Ordering::Relaxed)
    }

    /// Notes which of these rejected sources may stand for any record of the other side.
    pub(super) fn note_lost(&self, n: usize, faults: &[(u32, Error)], account: &mut Account) {
        let is_keyless = faults.iter().any(|(source, _)| self.is_keyless(n, *source));
        let is_garbled = faults.iter().any(|(_, error)| self.is_of_key(n, error));
        if !is_keyless && !is_garbled {
            return;
        }
        let withheld = |case: Case<'_>| self.decided(n, &case).1;
        let before: Vec<Option<Action>> = self.cases[n].iter().map(withheld).collect();
        self.lost[n].is_keyless.fetch_or(is_keyless, Ordering::Relaxed);
        self.lost[n].is_garbled.fetch_or(is_garbled, Ordering::Relaxed);
        for (before, after) in before.into_iter().zip(self.cases[n].iter().map(withheld)) {
            account.withhold(after.filter(|_| before.is_none()));
        }
    }

    /// Whether a source finds nobody and lacks a key that it must have: it may be anybody.
    fn is_keyless(&self, n: usize, source: u32) -> bool {
        let (mapping, known) = (&self.plan.mappings[n], &self.sources(n).known);
        let lacks = |(list, parts): (usize, &Vec<(usize, usize)>)| {
            !known.has_key(list, source)
                && parts.iter().any(|&(_, flow)| mapping.flows[flow].flow.required)
        };
        self.cases[n].at(source as usize).is_some_and(|case| case.targets.is_empty())
            && mapping.lists.iter().enumerate().any(lacks)
    }

    /// Whether a fault is of a value in a key that the other side cannot have.
    fn is_of_key(&self, n: usize, error: &Error) -> bool {
        let ErrorKind::Flow { fault, .. } = error.kind() else { return false };
        let FlowFault::At { line, fault, .. } = &**fault else { return false };
        let mapping = &self.plan.mappings[n];
        let mut keys = mapping.lists.iter().flatten();
        matches!(**fault, FlowFault::Unfit(_))
            && keys.any(|&(_, flow)| mapping.flows[flow].flow.line == *line)
    }
}

/// Says that nothing comes where what cannot be read may hold the highest number of a sequence.
pub(super) fn note_sequences(
    task: &Task<'_>,
    plan: &Plan<'_>,
    skipped: &Skipped,
    entries: &mut Entries,
    rows: &mut [Members],
) {
    let counts = |mapping: &ReadyMapping<'_>| {
        mapping.is_fed(task.toward, |flow| matches!(flow.flow.value, FlowValue::Sequence { .. }))
    };
    for (n, _) in plan.mappings.iter().enumerate().filter(|(_, mapping)| counts(mapping)) {
        match task.toward {
            Toward::Database => rows[n].is_unsure |= !skipped.rows.is_empty(),
            Toward::Directory => entries.members[n].is_unsure |= !skipped.entries.is_empty(),
        }
    }
}
