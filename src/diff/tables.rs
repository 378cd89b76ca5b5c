//! `diff` of two dumps of one table: rows in, the SQL script that makes the first like the second out.

use std::hash::RandomState;
use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::diff::limits::{allowed_deletes, count};
use crate::diff::write::{failure, put};
use crate::diff::{Limit, open_both, refuse};
use crate::dump::Delimited;
use crate::emit::sql::{End, RowGuard, Script, TableSubject, Unwritable};
use crate::emit::{Paint, Side, UnifiedRows, row_summary};
use crate::error::{Counted, Error, ErrorKind, LimitFault, Limited, Result, RowFault, UsageFault};
use crate::input::{Input, InputOptions};
use crate::join::{JoinedRows, PART, RowJoin};
use crate::jsonl::write_row_change;
use crate::output::{Output, Target, commit_all};
use crate::parallel::Pool;
use crate::plan::rows::{RowCounts, RowPlan, RowStep, Sides, plan_rows};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::source::{Columns, Header, Rows, text_of};
use crate::table::{RowChange, TableName};

/// How much memory goes to threads and buffers, in bytes.
const WORKING: usize = 14 << 20;
/// How many rows of a limit's message are shown.
const SHOWN: usize = 10;

/// The shape of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowFormat {
    /// A script for the database.
    #[default]
    Sql,
    /// Text for a change ticket.
    Unified,
    /// A JSON object a line.
    Jsonl,
    /// The counts alone.
    Summary,
}

/// What is asked of a diff of two tables.
#[derive(Debug)]
pub struct TableOptions {
    /// What is to be changed, and how its rows are written.
    pub old: (PathBuf, Delimited),
    /// What is obeyed, likewise.
    pub new: (PathBuf, Delimited),
    /// Where the script goes.
    pub output: Target,
    /// Where the way back goes.
    pub undo: Option<PathBuf>,
    /// In which shape.
    pub format: RowFormat,
    /// Whether text for people is coloured.
    pub paint: Paint,
    /// The table.
    pub table: TableName,
    /// The columns of its key.
    pub key: Vec<String>,
    /// The names of the columns, where the first row does not hold them.
    pub columns: Option<Vec<String>>,
    /// Columns to compare instead of all; in this and the next two, case is not looked at.
    pub only: Vec<String>,
    /// Columns to leave out.
    pub except: Vec<String>,
    /// Columns of which no two rows may have one value.
    pub unique: Vec<String>,
    /// Further columns whose values are secrets, in lower case.
    pub secrets: Vec<Vec<u8>>,
    /// Who runs the script, where one is written.
    pub dialect: Option<Dialect>,
    /// What must still be as it was.
    pub guard: RowGuard,
    /// How the script ends.
    pub end: End,
    /// How many rows may go.
    pub max_delete: Option<Limit>,
    /// How many rows may change in any way.
    pub max_change: Option<Limit>,
    /// Whether NEW may have nothing where OLD has something.
    pub allow_empty: bool,
    /// Whether the last line of a dump may lack its line end.
    pub allow_no_final_newline: bool,
    /// How many rows OLD and NEW must have.
    pub expect: (Option<Limit>, Option<Limit>),
    /// Whether the head of the script names the SHA-256 of the inputs.
    pub sha256: bool,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How much memory is taken, in bytes, apart from the pages of the inputs.
    pub memory: usize,
    /// How much of a dump a thread takes at a time, in bytes; the answer does not depend on it.
    pub part: usize,
    /// How the inputs are opened.
    pub inputs: InputOptions<'static>,
}

impl TableOptions {
    /// The defaults for two dumps of a table.
    pub fn new(old: PathBuf, new: PathBuf, table: TableName) -> TableOptions {
        TableOptions {
            old: (old, Delimited::default()),
            new: (new, Delimited::default()),
            output: Target::Stdout,
            undo: None,
            format: RowFormat::default(),
            paint: Paint::default(),
            table,
            key: Vec::new(),
            columns: None,
            only: Vec::new(),
            except: Vec::new(),
            unique: Vec::new(),
            secrets: Vec::new(),
            dialect: None,
            guard: RowGuard::default(),
            end: End::default(),
            max_delete: None,
            max_change: None,
            allow_empty: false,
            allow_no_final_newline: false,
            expect: (None, None),
            sha256: false,
            threads: None,
            memory: usize::MAX,
            part: PART,
            inputs: InputOptions::default(),
        }
    }
}

/// What a diff of two tables did.
#[derive(Debug)]
pub struct TableReport {
    /// The changes.
    pub counts: RowCounts,
    /// Rows read in OLD.
    pub old_rows: u64,
    /// Rows read in NEW.
    pub new_rows: u64,
    /// The files that were written.
    pub files: Vec<PathBuf>,
}

/// Hears what was done before any output has its name, and may hand over another output.
pub type BesideTables<'b> = &'b mut dyn FnMut(&TableReport) -> Result<Option<Output>>;

impl TableOptions {
    /// Who runs the script; `None` where none is written.
    fn runner(&self) -> Result<Option<Dialect>> {
        let is_written = self.format == RowFormat::Sql || self.undo.is_some();
        if is_written && self.dialect.is_none() {
            let fault =
                UsageFault::TableNeeds { wanted: "--dialect", example: "--dialect postgres" };
            return Err(Error::new(ErrorKind::Usage(fault)));
        }
        Ok(self.dialect.filter(|_| is_written))
    }
}

/// Compares two dumps of a table and writes the script.
///
/// # Errors
///
/// A dump that cannot be read or whose keys are none; columns that only one side has; a limit; a value
/// that no script can hold.
pub fn diff_tables(
    options: &TableOptions,
    progress: &(dyn Fn(u64) + Sync),
    beside: BesideTables<'_>,
) -> Result<TableReport> {
    let runner = options.runner()?;
    let pool = &Pool::new(options.threads)?;
    let inputs = &open_both(pool, (&options.old.0, &options.new.0), &options.inputs)?;
    if !options.allow_no_final_newline {
        inputs.iter().try_for_each(refuse::cut_off)?;
    }
    let [old, new] = inputs;
    let header = |input: &Input, format: &Delimited| {
        Header::read((input.name(), input.bytes()), format, options.columns.as_deref())
    };
    let headers = (header(old, &options.old.1)?, header(new, &options.new.1)?);
    let columns = &agreed(options, &headers)?;
    let is_out = |name: &&String| !columns.names.contains(name);
    let left_out: Vec<String> = headers.0.names.iter().filter(is_out).cloned().collect();
    let is_open = !columns
        .names
        .iter()
        .chain(&headers.0.names)
        .chain(&headers.1.names)
        .any(|name| is_secret(Schema::builtin(), &options.secrets, name.as_bytes()));
    let rows = |input, format, header| Rows::new(input, format, header, columns, is_open);
    let sides = (
        &rows((old.name(), old.bytes()), &options.old.1, headers.0),
        &rows((new.name(), new.bytes()), &options.new.1, headers.1),
    );
    let join = RowJoin {
        pool,
        part: options.part,
        memory: options.memory.saturating_sub(WORKING) / 8 * 5,
        state: RandomState::new(),
        progress,
    };
    let joined = join.run(sides.0, sides.1)?;
    let run = Run { options, pool, sides, columns, left_out: &left_out };
    run.refuse_counts(inputs, &joined)?;
    let unique: Vec<usize> =
        options.unique.iter().map(|name| number_of(columns, name)).collect::<Result<_>>()?;
    let plan = plan_rows(sides, &joined, &unique)?;
    if options.format == RowFormat::Sql {
        run.refuse_limits(&plan, &joined)?;
    }
    inputs.iter().try_for_each(Input::verify_unchanged)?;
    let side = |input, entries| -> Result<Side> {
        let side = if options.sha256 { Side::with_digest(input)? } else { Side::of(input) };
        Ok(Side { entries, ..side })
    };
    let subject = TableSubject {
        old: side(old, joined.old_records)?,
        new: side(new, joined.new_records)?,
        counts: plan.counts,
    };
    let mut outputs = run.write(runner, (&joined, &plan), &subject)?;
    let report = TableReport {
        counts: plan.counts,
        old_rows: joined.old_records,
        new_rows: joined.new_records,
        files: run.files(),
    };
    outputs.extend(beside(&report)?);
    inputs.iter().try_for_each(Input::verify_unchanged)?;
    commit_all(outputs)?;
    Ok(report)
}

/// The columns that both sides have and that are compared.
fn agreed(options: &TableOptions, (old, new): &(Header, Header)) -> Result<Columns> {
    let find = |name: &String| {
        let found = old.find(name).or_else(|| new.find(name)).map(str::to_owned);
        found.ok_or_else(|| unknown(name, &old.names))
    };
    let all = |names: &[String]| names.iter().map(find).collect::<Result<Vec<String>>>();
    // What comes without its case names one column alone.
    for name in options.only.iter().chain(&options.except).chain(&options.unique) {
        let alike = |column: &&String| column.eq_ignore_ascii_case(name);
        if old.names.iter().filter(alike).count() > 1 {
            return Err(unknown(name, &old.names));
        }
    }
    let (key, only, except) = (all(&options.key)?, all(&options.only)?, all(&options.except)?);
    let is_meant = |name: &&String| {
        key.contains(name) || (!except.contains(name) && (only.is_empty() || only.contains(name)))
    };
    for (mine, other, lacking) in [(old, new, "NEW"), (new, old, "OLD")] {
        if let Some(name) = mine.names.iter().filter(is_meant).find(|n| !other.names.contains(n)) {
            let column = name.clone().into_bytes();
            return Err(Error::new(ErrorKind::Row(RowFault::OneSided { column, lacking })));
        }
    }
    let names: Vec<String> = old.names.iter().filter(is_meant).cloned().collect();
    let columns = Columns { names, key: Vec::new() };
    let key = key.iter().map(|name| number_of(&columns, name)).collect::<Result<_>>()?;
    Ok(Columns { key, ..columns })
}

fn number_of(columns: &Columns, name: &str) -> Result<usize> {
    let exact = columns.names.iter().position(|other| other == name);
    let alike = || columns.names.iter().position(|other| other.eq_ignore_ascii_case(name));
    exact.or_else(alike).ok_or_else(|| unknown(name, &columns.names))
}

fn unknown(name: &str, known: &[String]) -> Error {
    let known = known.iter().map(|name| name.clone().into_bytes()).collect();
    Error::new(ErrorKind::Row(RowFault::UnknownColumn { column: name.into(), known }))
}

/// A diff whose sides are known.
struct Run<'r, 'i> {
    options: &'r TableOptions,
    pool: &'r Pool,
    sides: Sides<'r, 'i>,
    columns: &'r Columns,
    /// Columns of both sides that are left out.
    left_out: &'r [String],
}

impl Run<'_, '_> {
    fn refuse_counts(&self, [old, new]: &[Input; 2], joined: &JoinedRows) -> Result<()> {
        let counts = (joined.old_records, joined.new_records);
        refuse::unexpected_counts(self.options.expect, (old, new), counts)?;
        if counts.1 == 0 && counts.0 > 0 && !self.options.allow_empty {
            let (new, old) = (new.name().to_owned(), old.name().to_owned());
            let kind = ErrorKind::EmptyNew { new, old, entries: counts.0, of: Counted::Rows };
            return Err(Error::new(kind));
        }
        Ok(())
    }

    fn refuse_limits(&self, plan: &RowPlan, joined: &JoinedRows) -> Result<()> {
        let (counts, of) = (plan.counts, joined.old_records);
        let go = |step: &&RowStep| matches!(step, RowStep::Delete(_));
        let deletes = allowed_deletes(self.options.max_delete, of);
        self.judge((Limited::RowDeletes, deletes), counts.deletes, of, plan, &go)?;
        let changes = self.options.max_change.map_or(u64::MAX, |limit| count(limit, of));
        self.judge((Limited::RowChanges, changes), counts.total(), of, plan, &|_| true)
    }

    fn judge(
        &self,
        (what, allowed): (Limited, u64),
        found: u64,
        of: u64,
        plan: &RowPlan,
        is_meant: &dyn Fn(&&RowStep) -> bool,
    ) -> Result<()> {
        if found <= allowed {
            return Ok(());
        }
        let name = |&step: &RowStep| {
            Ok(match plan.change(self.sides, step)? {
                RowChange::Insert(row) | RowChange::Delete(row) | RowChange::Update(row, _) => {
                    self.columns.shown_key(&row).into_bytes()
                }
            })
        };
        let first = plan.steps.iter().filter(is_meant).take(SHOWN).map(name);
        let first = first.collect::<Result<_>>()?;
        Err(Error::new(ErrorKind::Limit(LimitFault { what, allowed, found, of, first })))
    }

    /// The outputs, which have no names yet.
    fn write(
        &self,
        runner: Option<Dialect>,
        (joined, plan): (&JoinedRows, &RowPlan),
        subject: &TableSubject,
    ) -> Result<Vec<Output>> {
        let target = &self.options.output;
        let Some(dialect) = runner else { return Ok(vec![self.shown(joined, subject)?]) };
        let TableOptions { table, guard, end, .. } = self.options;
        let (columns, guard, end) = (self.columns, *guard, *end);
        let script = &Script { dialect, table, columns, guard, end, left_out: self.left_out };
        let file = |target: &Target| match target {
            Target::File(path) => Some(path.clone()),
            Target::Stdout => None,
        };
        let undo = self.options.undo.as_deref();
        let forward = |step: usize| {
            let step = plan.steps[step];
            Ok((step, plan.change(self.sides, step)?))
        };
        let steps = plan.steps.len();
        let change = match self.options.format {
            RowFormat::Sql => {
                let head = script.head(subject, file(target).as_deref(), undo);
                self.script(target, script, &head, steps, &forward)?
            }
            _ => self.shown(joined, subject)?,
        };
        let mut outputs = vec![change];
        if let Some(undo) = undo {
            let target = Target::named(undo);
            let head = script.undo_head(subject, file(&target).as_deref());
            let back = |step: usize| {
                let (step, change) = forward(steps - 1 - step)?;
                Ok((step, change.inverse()))
            };
            outputs.push(self.script(&target, script, &head, steps, &back)?);
        }
        Ok(outputs)
    }

    /// Writes a shape that cannot be run.
    fn shown(&self, joined: &JoinedRows, subject: &TableSubject) -> Result<Output> {
        let mut output = Output::create(&self.options.output)?;
        let failed = &failure(&self.options.output);
        // Whatever has to be let go of for a while: a reader wants each row once.
        let plan = &plan_rows(self.sides, joined, &[])?;
        let TableOptions { paint, secrets, format, table, .. } = self.options;
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
                let columns = (&self.columns.names[..], &self.columns.key[..]);
                let written = write_row_change(&mut text, table, columns, &change);
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

    /// Writes one script; `change` tells what each of its `steps` does.
    fn script<'c>(
        &self,
        target: &Target,
        script: &Script<'_>,
        head: &str,
        steps: usize,
        change: &(dyn Fn(usize) -> Result<(RowStep, RowChange<'c>)> + Sync),
    ) -> Result<Output> {
        /// How many changes a thread makes at a time, and a client takes as one statement.
        const CHUNK: usize = 500;
        /// How many bytes of them, at most and one.
        const BLOCK: usize = 4 << 20;
        let mut output = Output::create(target)?;
        let (total, failed) = (steps as u64, &failure(target));
        put(&mut output, head.as_bytes(), failed)?;
        if total == 0 {
            return Ok(output);
        }
        put(&mut output, script.opening().as_bytes(), failed)?;
        let lines = |first: usize| -> Result<String> {
            let (opening, closing) = script.block();
            let mut text = opening.clone();
            let mut begun = 0;
            for step in first..steps.min(first + CHUNK) {
                if text.len() - begun > BLOCK {
                    text += &closing;
                    begun = text.len();
                    text += &opening;
                }
                let (at, change) = change(step)?;
                let line = script.change(step as u64 + 1, &change);
                text += &line.map_err(|bad| self.unwritable(bad, at))?;
            }
            Ok(text + &closing)
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
            rows.read(extent)
                .is_ok_and(|row| row[column].as_deref().is_none_or(|c| text_of(c).is_ok()))
        };
        let (rows, extent) = match step {
            RowStep::Release(row, _) | RowStep::Delete(row) => (old, row),
            RowStep::Insert(row) => (new, row),
            RowStep::Update(row, _) if !is_text(old, row) => (old, row),
            RowStep::Update(_, row) => (new, row),
        };
        let column = self.columns.names[column].clone().into_bytes();
        rows.error_in(RowFault::NotText { column, found }, extent)
    }

    fn files(&self) -> Vec<PathBuf> {
        let change = match &self.options.output {
            Target::File(path) => Some(path),
            Target::Stdout => None,
        };
        change.into_iter().chain(&self.options.undo).cloned().collect()
    }
}
