//! Where the way back must pause, and what it does not take back.
//!
//! OpenLDAP's referential integrity follows renames and deletes in the background: references to
//! names that several entries had on the way are put back when it has come to rest.

use crate::attribute::type_of;
use crate::change::{Change, ChangeRecord};
use crate::emit::{Emission, Ways};
use crate::error::Result;
use crate::matching::Reference;
use crate::plan::{Part, Step};

impl Emission<'_, '_> {
    /// How many steps let references go by their old names; on the way back they come last.
    pub fn steps_before(&self) -> usize {
        let steps = &self.plan.steps;
        steps.iter().position(|step| step.part > Part::Before).unwrap_or(steps.len())
    }

    /// Whether the undo must pause before it puts references back.
    pub fn undo_pauses(&self) -> Result<bool> {
        if !self.way.server.follows_later() || !self.way.names.any_reused() {
            return Ok(false);
        }
        let mut putting_back = self.plan.steps[..self.steps_before()].iter().copied();
        let mut pauses = false;
        self.write_steps(&mut putting_back, |step| self.puts_back_reused(step), &mut |reused| {
            pauses |= reused;
            Ok(())
        })?;
        Ok(pauses)
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

    /// Whether what undoes a step puts back a reference to a name that several entries have on the
    /// way.
    fn puts_back_reused(&self, step: Step) -> Result<bool> {
        let mut reused = false;
        let mut look = |record: &ChangeRecord<'_>| {
            let Change::Modify(all) = &record.change else { return };
            let schema = self.comparison().schema;
            for one in all {
                let attribute = schema.attribute(type_of(&one.description));
                let mut names = one.values.iter().filter_map(|v| Reference::parse(attribute, v));
                reused |= names.any(|name| self.way.names.is_reused(&name.dn));
            }
        };
        self.step(step, Ways::Both, &mut |one| one.back.iter().for_each(&mut look))?;
        Ok(reused)
    }
}
