//! Changes as JSON, a record a line.

use std::io::Write;

use crate::change::Record;
use crate::emit::{Emission, Ways, put};
use crate::error::{Error, Result};
use crate::jsonl::write_with;
use crate::plan::Step;

/// Writes JSON lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jsonl;

impl Jsonl {
    /// Writes the records of a plan in its order.
    pub fn write(
        self,
        emission: &Emission<'_, '_>,
        out: &mut dyn Write,
        failed: &(dyn Fn(std::io::Error) -> Error + Sync),
    ) -> Result<()> {
        let work = |step: Step| {
            let mut bytes = Vec::new();
            let mut done = Ok(());
            let journey = &emission.plan.journeys[step.journey as usize];
            let why = emission.reasons.map_or(&[][..], |all| all.of(journey.old, journey.new));
            emission.step(step, Ways::Forward, &mut |one| {
                let dn = one.forward.dn.to_string();
                let written =
                    write_with(&mut bytes, dn.as_bytes(), &Record::Change(one.forward), why);
                done = std::mem::replace(&mut done, Ok(())).and(written);
            })?;
            done.map_err(|e| failed(e.into()))?;
            Ok(bytes)
        };
        let mut steps = emission.plan.steps.iter().copied();
        emission.write_steps(&mut steps, work, &mut |bytes: Vec<u8>| put(out, &bytes, failed))
    }
}
