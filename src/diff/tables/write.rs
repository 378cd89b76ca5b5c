//! Opens the outputs of a diff of tables and writes them.

use std::path::{Path, PathBuf};

use crate::dialect::{Dialect, text_of};
use crate::diff::render::Rendition;
use crate::diff::tables::options::{RowFormat, TableOptions};
use crate::diff::tables::{Agreed, Run};
use crate::diff::write::{failure, put};
use crate::emit::sql::{
    Block, End, Loading, Script, Stage, Survey, TableScript, TableSubject, Unwritable,
};
use crate::emit::{Asked, ChangedRow, Rendering, UnifiedRows, csv_change, csv_head, row_summary};
use crate::error::{Error, ErrorKind, Result, RowFault};
use crate::jsonl::{Why, write_row_change};
use crate::output::{Output, Target};
use crate::plan::rows::{RowPlan, RowStep, Step, TableSides, plan_rows};
use crate::source::Rows;
use crate::table::{Columns, Constraints, RowChange, TableName};

/// How many changes a thread makes at a time, and a client takes as one statement.
const CHUNK: usize = 500;

/// The steps of a script, by their numbers from 0.
struct Course<'c, 't, 'i> {
    plan: &'c RowPlan<'t, 'i>,
    way: Way,
}

/// Changes that are written as lines.
struct Lines<'l, 't, 'i> {
    course: &'l Course<'l, 't, 'i>,
    block: &'l Block,
    is_meant: &'l (dyn Fn(Step) -> bool + Sync),
    /// The line of a change with its number, from 1.
    line: &'l (dyn Fn(u64, Step, &RowChange<'_>) -> Written + Sync),
    /// What stands behind a change with this number, from 1, and before the next.
    pause: &'l (dyn Fn(u64) -> Option<String> + Sync),
}

/// A line, unless it holds what no script can.
type Written = std::result::Result<String, Unwritable>;

/// Whether a script makes changes or undoes them.
#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

impl<'i> Course<'_, '_, 'i> {
    fn steps(&self) -> usize {
        self.plan.steps.len()
    }

    fn step(&self, n: usize) -> Step {
        match self.way {
            Way::There => self.plan.steps[n],
            Way::Back => self.plan.steps[self.steps() - 1 - n],
        }
    }

    fn change(&self, n: usize) -> Result<RowChange<'i>> {
        let change = self.plan.change(self.step(n))?;
        Ok(match self.way {
            Way::There => change,
            Way::Back => change.inverse(),
        })
    }
}

impl Run<'_, '_> {
    /// The outputs, which have no names yet.
    pub(super) fn write(
        &self,
        runner: Option<Dialect>,
        plan: &RowPlan<'_, '_>,
        subject: &TableSubject,
    ) -> Result<Vec<Output>> {
        let target = &self.options.output;
        let Some(dialect) = runner else { return self.shown(subject) };
        let undo = self.options.undo.as_deref();
        let course = &Course { plan, way: Way::There };
        let surveys = match self.is_staged(plan) {
            true => self.survey(course)?,
            false => Vec::new(),
        };
        let back = &Course { plan, way: Way::Back };
        let inverse = match self.options.end {
            End::Every(_) if !surveys.is_empty() && undo.is_some() => self.survey(back)?,
            _ => surveys.iter().map(|one| one.inverse(plan.steps.len() as u64)).collect(),
        };
        let (stages, back_stages) = (self.stages(surveys, dialect), self.stages(inverse, dialect));
        let comes = |n: usize| plan.counts[n].inserts > 0;
        let tables = &self.table_scripts(dialect, &stages, &comes);
        let script = &self.of_tables(dialect, tables);
        let mut outputs = match self.options.format {
            RowFormat::Sql => {
                let head = script.head(subject, target.file(), undo);
                vec![self.script(target, script, &head, course)?]
            }
            _ => self.shown(subject)?,
        };
        if let Some(undo) = undo {
            let comes = |n: usize| plan.counts[n].deletes > 0;
            let tables = &self.table_scripts(dialect, &back_stages, &comes);
            let script = &self.of_tables(dialect, tables);
            let head = script.undo_head(subject, target.file());
            outputs.push(self.script(&Target::named(undo), script, &head, back)?);
        }
        Ok(outputs)
    }

    /// Whether the changes are staged: all of them, where those of one table are many.
    fn is_staged(&self, plan: &RowPlan<'_, '_>) -> bool {
        let steps = |n: usize| plan.steps.iter().filter(|step| step.table as usize == n).count();
        let moves = self.sides.iter().any(TableSides::changes_keys);
        let may_stage = !moves && self.tables.iter().all(|table| table.is_stageable);
        may_stage && (0..self.tables.len()).any(|n| self.options.style.is_staged(steps(n)))
    }

    /// The stages of the tables that something is done to.
    fn stages(&self, surveys: Vec<Survey>, dialect: Dialect) -> Vec<Option<Stage>> {
        let stage = |(survey, table): (Survey, &Agreed)| {
            let guard = self.options.guard;
            let stage = || Stage::new(survey.clone(), dialect, &table.columns, guard);
            (survey.total() > 0).then(stage)
        };
        surveys.into_iter().zip(self.tables).map(stage).collect()
    }

    fn table_scripts<'s>(
        &'s self,
        dialect: Dialect,
        stages: &'s [Option<Stage>],
        comes: &dyn Fn(usize) -> bool,
    ) -> Vec<TableScript<'s>> {
        let of = |(n, table): (usize, &'s Agreed)| TableScript {
            dialect,
            guard: self.options.guard,
            end: self.options.end,
            table: &table.table,
            columns: &table.columns,
            spellings: &table.spellings,
            touched: &table.touched,
            servers_own: &table.servers_own,
            left_out: &table.left_out,
            counters: if comes(n) { &table.counters } else { &[] },
            stage: stages.get(n).and_then(Option::as_ref),
        };
        self.tables.iter().enumerate().map(of).collect()
    }

    fn of_tables<'s>(&'s self, dialect: Dialect, tables: &'s [TableScript<'s>]) -> Script<'s> {
        let TableOptions { guard, end, .. } = *self.options;
        Script { dialect, guard, end, time_zone: self.time_zone, tables }
    }

    /// Writes a shape that is no script.
    fn shown(&self, subject: &TableSubject) -> Result<Vec<Output>> {
        if let (RowFormat::Template, Some(rendering)) =
            (self.options.format, &self.options.template)
        {
            return self.rendered(rendering);
        }
        let mut output = Output::create(&self.options.output)?;
        let failed = &failure(&self.options.output);
        let head = match self.options.format {
            RowFormat::Summary => {
                let tables: Vec<&TableName> = self.tables.iter().map(|one| &one.table).collect();
                row_summary(subject, &tables).into_bytes()
            }
            RowFormat::Jsonl | RowFormat::Template => Vec::new(),
            RowFormat::Csv => self.tables.first().map_or(Vec::new(), |one| csv_head(&one.columns)),
            RowFormat::Unified | RowFormat::Sql => self.unified(0).header(subject).into_bytes(),
        };
        put(&mut output, &head, failed)?;
        if self.options.format != RowFormat::Summary {
            let mut last = String::new();
            self.each_change(&mut |table, step, change| {
                let text = self.line((table, step), change, &mut last)?;
                put(&mut output, &text, failed)
            })?;
        }
        Ok(vec![output])
    }

    /// Writes what a template makes of each row.
    fn rendered(&self, rendering: &Rendering) -> Result<Vec<Output>> {
        let tables: Vec<&Columns> = self.tables.iter().map(|one| &one.columns).collect();
        rendering.refuse_unknown(&tables)?;
        let mut rendition = Rendition::new(rendering, &self.options.output)?;
        self.each_change(&mut |table, step, change| {
            let Agreed { table: name, columns, .. } = &self.tables[table];
            let asks = |column| self.made((table, step), column);
            let changed = ChangedRow { table: name, columns, change };
            rendering.of_row(changed, &asks)?.map_or(Ok(()), |one| rendition.put(one))
        })?;
        Ok(rendition.outputs())
    }

    fn unified(&self, table: usize) -> UnifiedRows<'_> {
        let TableOptions { paint, secrets, .. } = self.options;
        let Agreed { table: name, columns, .. } = &self.tables[table];
        let table = (self.tables.len() > 1).then_some(name);
        UnifiedRows { paint: *paint, table, columns, secrets }
    }

    /// Hands on what is done to each row, once: whatever has to be let go of for a while, a reader does
    /// not want to see a row twice.
    fn each_change(
        &self,
        each: &mut dyn FnMut(usize, Step, &RowChange<'_>) -> Result<()>,
    ) -> Result<()> {
        let free = Constraints::default();
        for (n, sides) in self.sides.iter().enumerate() {
            let plan = plan_rows(&[TableSides { constraints: &free, ..*sides }])?;
            for &step in &plan.steps {
                each(n, step, &plan.change(step)?)?;
            }
        }
        Ok(())
    }

    /// The text of a change; `last` is the title above the one before.
    fn line(
        &self,
        (table, step): (usize, Step),
        change: &RowChange<'_>,
        last: &mut String,
    ) -> Result<Vec<u8>> {
        let Agreed { table: name, columns, .. } = &self.tables[table];
        match self.options.format {
            RowFormat::Jsonl => {
                let mut text = Vec::new();
                let written =
                    write_row_change(&mut text, name, columns, change, self.why(table, step));
                written.map_err(|e| failure(&self.options.output)(e.into()))?;
                Ok(text)
            }
            RowFormat::Csv => csv_change(columns, change)
                .map_err(|Asked { column }| self.made((table, step), column)),
            _ => {
                let unified = self.unified(table);
                let title = unified.title(change);
                let shown = if *last == title { "" } else { &title };
                let text = format!("{shown}{}", unified.block(change)).into_bytes();
                *last = title;
                Ok(text)
            }
        }
    }

    /// Why a row changes.
    fn why(&self, table: usize, step: Step) -> &[Why] {
        let (old, new) = match step.row {
            RowStep::Update(old, new) => (Some(old), Some(new)),
            RowStep::Insert(new) | RowStep::Complete(new) => (None, Some(new)),
            RowStep::Release(old)
            | RowStep::Yield(old)
            | RowStep::Delete(old)
            | RowStep::Restore(old) => (Some(old), None),
        };
        self.reasons.get(table).map_or(&[], |reasons| reasons.of(old, new))
    }

    /// The error of a value that the database makes, where no script asks for it.
    fn made(&self, (table, step): (usize, Step), column: usize) -> Error {
        let column = self.tables[table].columns.names[column].clone();
        let fault = RowFault::MadeByDatabase { column };
        let TableSides { old, .. } = self.sides[table];
        match step.row {
            RowStep::Update(row, _) | RowStep::Delete(row) => old.error_in(fault, row),
            _ => Error::new(ErrorKind::Row(fault)),
        }
    }

    /// What a script of these steps does to each table.
    fn survey(&self, course: &Course<'_, '_, '_>) -> Result<Vec<Survey>> {
        let none = || vec![Survey::new(self.options.end); self.tables.len()];
        let part = |first: usize| -> Result<Vec<Survey>> {
            let mut surveys = none();
            for n in first..course.steps().min(first + CHUNK) {
                let (step, change) = (course.step(n), course.change(n)?);
                let table = step.table as usize;
                let columns = &self.tables[table].columns;
                surveys[table].add(n as u64 + 1, step.row, &change, columns);
            }
            Ok(surveys)
        };
        let mut surveys = none();
        let mut firsts = (0..course.steps()).step_by(CHUNK);
        let append = |parts: Result<Vec<Survey>>| -> Result<()> {
            surveys.iter_mut().zip(parts?).for_each(|(survey, part)| survey.append(part));
            Ok(())
        };
        self.pool.pipe(|| firsts.next(), part, append)?;
        Ok(surveys)
    }

    /// Writes one script.
    fn script(
        &self,
        target: &Target,
        script: &Script<'_>,
        head: &str,
        course: &Course<'_, '_, '_>,
    ) -> Result<Output> {
        let mut output = Output::create(target)?;
        let (total, failed) = (course.steps() as u64, &failure(target));
        put(&mut output, head.as_bytes(), failed)?;
        if total == 0 {
            return Ok(output);
        }
        put(&mut output, script.opening().as_bytes(), failed)?;
        let mut is_staged = false;
        for table in 0..self.tables.len() {
            let Some(Loading { opening, block, closing }) = script.loading(table) else { continue };
            is_staged = true;
            put(&mut output, opening.as_bytes(), failed)?;
            let is_it = |step: Step| step.table as usize == table;
            let row = |n, _, change: &RowChange<'_>| script.row(n, table, change);
            let pause = |_| None;
            let lines =
                Lines { course, block: &block, is_meant: &is_it, line: &row, pause: &pause };
            self.lines(&lines, &mut |text| put(&mut output, text, failed))?;
            put(&mut output, closing.as_bytes(), failed)?;
        }
        if !is_staged {
            let line = |n, step: Step, change: &RowChange<'_>| {
                script.change(n, step.table as usize, change)
            };
            let block = &script.block();
            let pause = |n| script.pause(n);
            let lines = Lines { course, block, is_meant: &|_| true, line: &line, pause: &pause };
            self.lines(&lines, &mut |text| put(&mut output, text, failed))?;
        }
        put(&mut output, script.closing(total).as_bytes(), failed)?;
        Ok(output)
    }

    /// Hands on changes as lines, in their order and with what stands around some of them.
    fn lines(
        &self,
        lines: &Lines<'_, '_, '_>,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let Lines { course, block, is_meant, line, pause } = lines;
        let some = |first: usize| -> Result<String> {
            let (mut text, mut begun, mut is_open) = (String::new(), 0, false);
            for n in first..course.steps().min(first + CHUNK) {
                let step = course.step(n);
                if !is_meant(step) {
                    continue;
                }
                let line = line(n as u64 + 1, step, &course.change(n)?);
                let line = line.map_err(|bad| self.unwritable(bad, step))?;
                let pause = pause(n as u64);
                let is_full = is_open && text.len() - begun + line.len() > block.most;
                if is_open && (is_full || pause.is_some()) {
                    text += &block.closing;
                    is_open = false;
                }
                text += pause.as_deref().unwrap_or_default();
                if is_open {
                    text += block.between;
                } else {
                    text += &block.opening;
                    begun = text.len();
                    is_open = true;
                }
                text += &line;
            }
            text += if is_open { &block.closing } else { "" };
            Ok(text)
        };
        let mut firsts = (0..course.steps()).step_by(CHUNK);
        self.pool.pipe(|| firsts.next(), some, |text| each(text?.as_bytes()))
    }

    /// The error of a value that no script can hold, in the row that has it.
    fn unwritable(&self, Unwritable { column, found }: Unwritable, step: Step) -> Error {
        let TableSides { old, new, .. } = self.sides[step.table as usize];
        let is_text = |rows: &Rows<'_>, extent| {
            rows.read(extent).is_ok_and(|row| {
                row[column].as_ref().is_none_or(|value| text_of(&value.bytes).is_ok())
            })
        };
        let (rows, extent) = match step.row {
            RowStep::Release(row)
            | RowStep::Yield(row)
            | RowStep::Delete(row)
            | RowStep::Restore(row) => (old, row),
            RowStep::Insert(row) | RowStep::Complete(row) => (new, row),
            RowStep::Update(row, _) if !is_text(old, row) => (old, row),
            RowStep::Update(_, row) => (new, row),
        };
        let column = self.tables[step.table as usize].columns.names[column].clone().into_bytes();
        rows.error_in(RowFault::NotText { column, found }, extent)
    }

    /// The files that these outputs will be.
    pub(super) fn files(&self, outputs: &[Output]) -> Vec<PathBuf> {
        if self.options.template.as_ref().is_some_and(Rendering::is_parted) {
            return outputs.iter().map(|output| output.path().to_owned()).collect();
        }
        let files = self.options.output.file().into_iter().chain(self.options.undo.as_deref());
        files.map(Path::to_path_buf).collect()
    }
}
