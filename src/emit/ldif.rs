//! Change LDIF, forward and back.

use std::io::Write;

use crate::emit::{Emission, Ways, put};
use crate::error::{Error, Result};
use crate::ldif::write::Writer;
use crate::plan::Step;

/// Room that allocators keep at hand, and that is enough for most records.
const AT_HAND: usize = 1000;

/// What stands where nothing takes a record back.
const KEPT: &str = "(nothing takes this record back: the head of the undo says why)";

/// How LDIF is written.
#[derive(Clone, Debug)]
pub struct LdifShape {
    /// The writer.
    pub writer: Writer,
}

/// What stands at the top of a file, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Comment lines.
    pub lines: Vec<String>,
}

impl LdifShape {
    /// The beginning of a change file.
    pub fn head(&self, head: &Head) -> Vec<u8> {
        let mut bytes = b"version: 1\n".to_vec();
        bytes.extend(self.note(head));
        bytes
    }

    /// Comments between records.
    pub fn note(&self, head: &Head) -> Vec<u8> {
        let mut bytes = Vec::new();
        head.lines.iter().for_each(|line| self.writer.comment(&mut bytes, line));
        bytes.push(b'\n');
        bytes
    }

    /// Writes the records of some steps; answers how many.
    pub fn forward(
        &self,
        emission: &Emission<'_, '_>,
        steps: &[Step],
        out: &mut dyn Write,
        failed: &dyn Fn(std::io::Error) -> Error,
    ) -> Result<u64> {
        let mut records = 0;
        let work = |step: Step| {
            let mut bytes = Vec::with_capacity(AT_HAND);
            let mut count = 0;
            emission.step(step, Ways::Forward, &mut |one| {
                self.writer.change(&mut bytes, &one.forward);
                count += 1;
            })?;
            Ok((bytes, count))
        };
        let mut steps = steps.iter().copied();
        emission.write_steps(&mut steps, work, &mut |(bytes, count): (Vec<u8>, u64)| {
            records += count;
            put(out, &bytes, failed)
        })?;
        Ok(records)
    }

    /// Writes what undoes some steps, from the last to the first. The last of their records has
    /// the number `last` of `total`.
    pub fn back(
        &self,
        emission: &Emission<'_, '_>,
        steps: &[Step],
        (last, total): (u64, u64),
        out: &mut dyn Write,
        failed: &dyn Fn(std::io::Error) -> Error,
    ) -> Result<()> {
        let work = |step: Step| {
            let mut undone = Vec::new();
            emission.step(step, Ways::Both, &mut |one| {
                let mut bytes = Vec::with_capacity(AT_HAND);
                one.back.iter().for_each(|record| self.writer.change(&mut bytes, record));
                if one.back.is_empty() {
                    self.writer.comment(&mut bytes, KEPT);
                    bytes.push(b'\n');
                }
                undone.push(bytes);
            })?;
            Ok(undone)
        };
        let mut number = last;
        let mut reversed = steps.iter().rev().copied();
        emission.write_steps(&mut reversed, work, &mut |undone: Vec<Vec<u8>>| {
            for bytes in undone.into_iter().rev() {
                let mut heading = Vec::new();
                self.writer.comment(&mut heading, &format!("undoes {number} of {total}"));
                put(out, &heading, failed)?;
                put(out, &bytes, failed)?;
                number -= 1;
            }
            Ok(())
        })
    }
}
