//! Where the last part of the way back begins, and what the way back does not take back.

use crate::emit::{Emission, Ways};
use crate::error::Result;
use crate::plan::{Part, Step};

impl Emission<'_, '_> {
    /// How many steps let references go by their old names; on the way back they come last.
    pub fn steps_before(&self) -> usize {
        let steps = &self.plan.steps;
        steps.iter().position(|step| step.part > Part::Before).unwrap_or(steps.len())
    }

    /// How many records nothing takes back: those that give accounts another primary group where the one they
    /// had goes.
    pub fn records_kept(&self) -> Result<u64> {
        let steps = self.plan.steps.iter().copied();
        let is_meant = |step: &Step| step.part <= Part::Primary;
        let mut steps = steps.filter(|step| !self.plan.primaries.lost.is_empty() && is_meant(step));
        let work = |step: Step| {
            let mut count = 0;
            self.step(step, Ways::Both, &mut |one| count += u64::from(one.back.is_empty()))?;
            Ok(count)
        };
        let mut kept = 0;
        self.write_steps(&mut steps, work, &mut |count: u64| {
            kept += count;
            Ok(())
        })?;
        Ok(kept)
    }
}
