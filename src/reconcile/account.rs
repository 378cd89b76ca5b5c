//! What came of each record, for people and programs.

use crate::error::{Error, ErrorKind, FlowFault, Result};
use crate::mapping::{Action, Situation};
use crate::reconcile::explain::{Effect, Explanation};
use crate::source::Extent;

/// What came of a mapping.
#[derive(Debug, Default)]
pub struct Account {
    /// Its name.
    pub mapping: String,
    /// How many records were found in each situation, in the order of [`Situation::ALL`].
    pub situations: [u64; Situation::ALL.len()],
    /// Records that are left as they are, and told.
    pub reported: Vec<Reported>,
    /// Records whose flows cannot be followed; their counterparts stay as they are.
    pub rejections: Vec<Rejection>,
    /// How many entries are made for whom one stands elsewhere that the mapping is not about, and the first: what is
    /// made, and what is there.
    pub doubles: (u64, Option<(String, String)>),
    /// How many would go or become inactive, and stay because they are another mapping's, and the first: what it is
    /// called, and that mapping. What the filters of both sides leave out is not counted.
    pub followed_elsewhere: (u64, Option<(String, String)>),
    /// Attributes of flows that nobody has and no schema knows, a sentence each.
    pub doubts: Vec<String>,
    /// Values that lead to no record of the other side, a sentence each.
    pub unresolved: Vec<String>,
    /// How many deletes and inactivations are withheld, for a record that cannot be told may be what goes.
    pub withheld_losses: u64,
    /// How many records are neither created nor found by a later list, for the same reason.
    pub withheld_arrivals: u64,
    /// Why the records that somebody asks about are treated as they are.
    pub explanations: Vec<Explanation>,
    /// How many records of the side that is obeyed the mapping is about, without those its filter leaves out.
    pub sources: u64,
    /// How many records of the side that is changed the mapping is about, without those its filter leaves out, but
    /// with those of them that go or come back.
    pub targets: u64,
    /// How many of them go, or become inactive.
    pub losses: u64,
    /// What the first of those are called.
    pub lost: Vec<String>,
    /// How many sources and targets found a counterpart, and how many there are of the smaller side.
    pub overlap: (u64, u64),
    /// The first keys of both sides, for a message.
    pub first_keys: [Vec<String>; 2],
    /// How much of the side that is changed may go, where the mapping says it.
    pub max_delete: Option<crate::mapping::Share>,
    /// How many of a hundred of the smaller side must find a counterpart.
    pub min_overlap: f64,
}

/// Records in one situation that the policy has told.
#[derive(Clone, Debug)]
pub struct Reported {
    /// What they were found in.
    pub situation: Situation,
    /// How many there are.
    pub count: u64,
    /// What the first of them are called.
    pub first: Vec<String>,
}

/// A record that is not followed.
#[derive(Debug)]
pub struct Rejection {
    /// Where it stands: on the side that is obeyed, or what cannot become inactive on the other.
    pub source: Extent,
    /// The number of its table, where it is a row.
    pub table: Option<usize>,
    /// What is wrong with it.
    pub error: Error,
}

impl Account {
    /// Counts a case.
    pub(super) fn count(&mut self, situation: Situation) {
        self.situations[situation as usize] += 1;
    }

    /// Counts what is withheld.
    pub(super) fn withhold(&mut self, action: Option<Action>) {
        match action {
            Some(Action::Delete | Action::Inactivate) => self.withheld_losses += 1,
            Some(_) => self.withheld_arrivals += 1,
            None => {}
        }
    }

    /// Adds what changes in what follows a source, where somebody asks about it.
    pub(super) fn explain(&mut self, source: u32, effects: impl FnOnce() -> Vec<Effect>) {
        let mut all = self.explanations.iter_mut();
        if let Some(explanation) = all.find(|one| one.number == Some(source)) {
            explanation.tell(effects());
        }
    }

    /// The same of a target that goes or becomes inactive.
    pub(super) fn explain_leaver(
        &mut self,
        target: u32,
        effects: impl FnOnce() -> Result<Vec<Effect>>,
    ) -> Result<()> {
        let mut all = self.explanations.iter_mut();
        if let Some(explanation) = all.find(|one| one.leaver == Some(target)) {
            explanation.tell(effects()?);
        }
        Ok(())
    }

    /// Adds a record that is told.
    pub(super) fn report(&mut self, situation: Situation, shown: impl FnOnce() -> String) {
        const SHOWN: usize = 3;
        let at = self.reported.iter().position(|one| one.situation == situation);
        let at = at.unwrap_or_else(|| {
            self.reported.push(Reported { situation, count: 0, first: Vec::new() });
            self.reported.len() - 1
        });
        let reported = &mut self.reported[at];
        reported.count += 1;
        if reported.first.len() < SHOWN {
            reported.first.push(shown());
        }
    }

    /// Counts a record that goes or becomes inactive. One that the filter of its side leaves out is not counted among
    /// the others.
    pub(super) fn lose(&mut self, is_meant: bool, shown: impl FnOnce() -> String) {
        const SHOWN: usize = 10;
        self.losses += 1;
        self.targets += u64::from(!is_meant);
        if self.lost.len() < SHOWN {
            self.lost.push(shown());
        }
    }

    /// How many records were found in a situation.
    pub fn found(&self, situation: Situation) -> u64 {
        self.situations[situation as usize]
    }
}

/// What is wrong with the flow of a mapping, in a record.
pub(super) fn rejected(mapping: &str, fault: FlowFault) -> ErrorKind {
    ErrorKind::Flow { mapping: mapping.to_owned(), fault: Box::new(fault) }
}
