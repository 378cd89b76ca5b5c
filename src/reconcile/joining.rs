//! What a mapping says of a record that another one adds: it finds the record in the next run, and says it in this one.

use std::collections::HashSet;

use crate::mapping::{Action, Situation};
use crate::reconcile::pairs::Case;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::stage::Stage;

impl Stage<'_, '_> {
    /// Whether the source of a case has no counterpart but what another mapping adds, and this one follows that.
    pub(super) fn is_joining(
        &self,
        n: usize,
        case: &Case<'_>,
        rejected: Option<&[HashSet<u32>]>,
    ) -> bool {
        let mappings = &self.plan.mappings;
        let is_absent = mappings.len() > 1 && case.situation == Situation::Absent;
        let Some(source) = case.source.filter(|_| is_absent && self.follows_others(n)) else {
            return false;
        };
        let (action, withheld) = self.decided(n, case);
        if matches!(action, Action::Create | Action::Fail)
            || withheld.is_some()
            || self.is_bad(n, case)
        {
            return false;
        }
        let place = self.sources(n).place(source);
        let adds = |m: usize| {
            let source = self.sources(m).at(place)?;
            let is_rejected = rejected.is_some_and(|rejected| rejected[m].contains(&source));
            let case = self.cases[m].at(source as usize).filter(|_| !is_rejected)?;
            (self.action(m, &case) == Action::Create).then_some(())
        };
        let mut others = (0..mappings.len()).filter(|&m| m != n && share(mappings, n, m));
        others.any(|m| adds(m).is_some())
    }

    /// What is told to be done to a case, and what was withheld: what joins a record is created with it.
    pub(super) fn told_action(&self, n: usize, case: &Case<'_>) -> (Action, Option<Action>) {
        match self.is_joining(n, case, None) {
            true => (Action::Create, None),
            false => self.decided(n, case),
        }
    }

    /// Whether a followed source without a target makes no record of its own, but joins what another mapping adds.
    pub(super) fn joins(&self, n: usize, source: u32) -> bool {
        let case = self.cases[n].at(source as usize).filter(|_| self.plan.mappings.len() > 1);
        let is_absent = |case: &Case<'_>| case.situation == Situation::Absent;
        case.filter(is_absent).is_some_and(|case| self.action(n, &case) != Action::Create)
    }

    /// Whether a mapping finds what others add in the next run, and changes it.
    fn follows_others(&self, n: usize) -> bool {
        let mappings = &self.plan.mappings;
        let mapping = &mappings[n];
        let is_written = |&(column, _): &(usize, usize)| {
            let mut all = mappings.iter().filter(|one| one.table == mapping.table);
            all.any(|one| {
                one.is_fed(self.task.toward, |flow| {
                    flow.child.is_none() && flow.column == Some(column)
                })
            })
        };
        self.policy(n, Situation::Confirmed) == Action::Update
            && mapping.lists.iter().any(|list| list.iter().all(is_written))
    }
}

/// Whether a mapping may touch what another one adds.
fn share(mappings: &[ReadyMapping<'_>], n: usize, m: usize) -> bool {
    let owner =
        |mapping: usize| mappings[mapping].owner.map(|(column, owner)| (column, &*owner.value));
    mappings[n].table == mappings[m].table && owner(n).is_none_or(|own| owner(m) == Some(own))
}
