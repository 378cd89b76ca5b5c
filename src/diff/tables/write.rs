//! Opens the outputs of a diff of two tables and writes them.

use std::path::{Path, PathBuf};

use crate::dialect::{Dialect, text_of};
use crate::diff::tables::Run;
use crate::diff::tables::options::{RowFormat, TableOptions};
use crate::diff::write::{failure, put};
use crate::emit::sql::{Script, Stage, Survey, TableSubject, Unwritable};
use crate::emit::{UnifiedRows, row_summary};
use crate::error::{Error, Result, RowFault};
use crate::join::JoinedRows;
use crate::jsonl::write_row_change;
use crate::output::{Output, Target};
use crate::plan::rows::{RowPlan, RowStep, plan_rows};
use crate::source::Rows;
use crate::table::{Constraints, RowChange};

/// How many changes a thread makes at a time, and a client takes as one statement.
const CHUNK: usize = 500;

/// What a step does, by its number from 0.
type Change<'f, 'c> = &'f (dyn Fn(usize) -> Result<(RowStep, RowChange<'c>)> + Sync);

impl Run<'_, '_> {
    /// The outputs, which have no names yet.
    pub(super) fn write(
        &self,
        runner: Option<Dialect>,
        (joined, plan): (&JoinedRows, &RowPlan),
        subject: &TableSubject,
    ) -> Result<Vec<Output>> {
        let target = &self.options.output;
        let Some(dialect) = runner else { return Ok(vec![self.shown(joined, subject)?]) };
        let TableOptions { guard, end, .. } = self.options;
        let table = self.table;
        let (columns, guard, end) = (self.columns, *guard, *end);
        let undo = self.options.undo.as_deref();
        let forward = |step: usize| {
            let step = plan.steps[step];
            Ok((step, plan.change(self.sides, step)?))
        };
        let steps = plan.steps.len();
        let stages_all = matches!(dialect, Dialect::Postgres | Dialect::Sqlite);
        let may_stage = stages_all || self.is_stageable;
        let is_staged = may_stage && self.options.style.is_staged(steps);
        let survey = is_staged.then(|| self.survey(steps, &forward)).transpose()?;
        let staged = |survey| Stage::new(survey, dialect, columns, guard);
        let back_stage = survey.as_ref().map(|survey| staged(survey.inverse()));
        let stage = survey.map(staged);
        let (left_out, time_zone) = (self.left_out, self.time_zone);
        let script = |stage, comes: u64| Script {
            dialect,
            table,
            columns,
            guard,
            end,
            left_out,
            counters: if comes > 0 { self.counters } else { &[] },
            time_zone,
            stage,
        };
        let script_back = &script(back_stage.as_ref(), plan.counts.deletes);
        let script = &script(stage.as_ref(), plan.counts.inserts);
        let change = match self.options.format {
            RowFormat::Sql => {
                let head = script.head(subject, target.file(), undo);
                self.script(target, script, &head, steps, &forward)?
            }
            _ => self.shown(joined, subject)?,
        };
        let mut outputs = vec![change];
        if let Some(undo) = undo {
            let target = Target::named(undo);
            let head = script_back.undo_head(subject, target.file());
            let back = |step: usize| {
                let (step, change) = forward(steps - 1 - step)?;
                Ok((step, change.inverse()))
            };
            outputs.push(self.script(&target, script_back, &head, steps, &back)?);
        }
        Ok(outputs)
    }

    /// Writes a shape that cannot be run.
    fn shown(&self, joined: &JoinedRows, subject: &TableSubject) -> Result<Output> {
        let mut output = Output::create(&self.options.output)?;
        let failed = &failure(&self.options.output);
        // Whatever has to be let go of for a while: a reader wants each row once.
        let plan = &plan_rows(self.sides, joined, &Constraints::default())?;
        let TableOptions { paint, secrets, format, .. } = self.options;
        let unified = UnifiedRows { paint: *paint, columns: self.columns, secrets };
        match format {
            RowFormat::Summary => {
                put(&mut output, row_summary(subject).as_bytes(), failed)?;
                return Ok(output);
            }
            RowFormat::Jsonl => {}
            RowFormat::Unified | RowFormat::Sql => {
                put(&mut output, unified.header(subject).as_bytes(), failed)?;
            }
        }
        let mut last = "";
        for &step in &plan.steps {
            let change = plan.change(self.sides, step)?;
            let mut text = Vec::new();
            if *format == RowFormat::Jsonl {
                let written = write_row_change(&mut text, self.table, self.columns, &change);
                written.map_err(|e| failed(e.into()))?;
            } else {
                let title = UnifiedRows::title(&change);
                text.extend(if last == title { "" } else { title }.bytes());
                text.extend(unified.block(&change).bytes());
                last = title;
            }
            put(&mut output, &text, failed)?;
        }
        Ok(output)
    }

    /// What a script of these steps does, as a whole.
    fn survey(&self, steps: usize, change: Change<'_, '_>) -> Result<Survey> {
        let part = |first: usize| -> Result<Survey> {
            let mut survey = Survey::default();
            for step in first..steps.min(first + CHUNK) {
                let (at, change) = change(step)?;
                survey.add(step as u64 + 1, at, &change, self.columns);
            }
            Ok(survey)
        };
        let mut survey = Survey::default();
        let mut firsts = (0..steps).step_by(CHUNK);
        let append = |part: Result<Survey>| part.map(|part| survey.append(part));
        self.pool.pipe(|| firsts.next(), part, append)?;
        Ok(survey)
    }

    /// Writes one script; `change` tells what each of its `steps` does.
    fn script(
        &self,
        target: &Target,
        script: &Script<'_>,
        head: &str,
        steps: usize,
        change: Change<'_, '_>,
    ) -> Result<Output> {
        let mut output = Output::create(target)?;
        let (total, failed) = (steps as u64, &failure(target));
        put(&mut output, head.as_bytes(), failed)?;
        if total == 0 {
            return Ok(output);
        }
        put(&mut output, script.opening().as_bytes(), failed)?;
        let lines = |first: usize| -> Result<String> {
            let block = script.block();
            let mut text = block.opening.clone();
            let mut begun = text.len();
            for step in first..steps.min(first + CHUNK) {
                let (at, change) = change(step)?;
                let line = script.change(step as u64 + 1, &change);
                let line = line.map_err(|bad| self.unwritable(bad, at))?;
                if text.len() > begun && text.len() - begun + line.len() > block.most {
                    text += &block.closing;
                    text += &block.opening;
                    begun = text.len();
                }
                text += if text.len() > begun { block.between } else { "" };
                text += &line;
            }
            Ok(text + &block.closing)
        };
        let mut firsts = (0..steps).step_by(CHUNK);
        let write = |text: Result<String>| put(&mut output, text?.as_bytes(), failed);
        self.pool.pipe(|| firsts.next(), lines, write)?;
        put(&mut output, script.closing(total).as_bytes(), failed)?;
        Ok(output)
    }

    /// The error of a value that no script can hold, in the row that has it.
    fn unwritable(&self, Unwritable { column, found }: Unwritable, step: RowStep) -> Error {
        let (old, new) = self.sides;
        let is_text = |rows: &Rows<'_>, extent| {
            rows.read(extent).is_ok_and(|row| {
                row[column].as_ref().is_none_or(|value| text_of(&value.bytes).is_ok())
            })
        };
        let (rows, extent) = match step {
            RowStep::Release(row) | RowStep::Delete(row) => (old, row),
            RowStep::Insert(row) | RowStep::Complete(row) => (new, row),
            RowStep::Update(row, _) if !is_text(old, row) => (old, row),
            RowStep::Update(_, row) => (new, row),
        };
        let column = self.columns.names[column].clone().into_bytes();
        rows.error_in(RowFault::NotText { column, found }, extent)
    }

    /// The files that will be there.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let files = self.options.output.file().into_iter().chain(self.options.undo.as_deref());
        files.map(Path::to_path_buf).collect()
    }
}
