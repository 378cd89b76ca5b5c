//! `diff` of two dumps of one table: rows in, the SQL script that makes the first like the second out.

mod agree;
mod options;
mod write;

use std::hash::RandomState;
use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::diff::limits::{allowed_deletes, count};
use crate::diff::{memory_of_index, open_both, refuse};
use crate::dump::Style;
use crate::emit::Side;
use crate::emit::sql::TableSubject;
use crate::error::{Counted, Error, ErrorKind, LimitFault, Limited, Result};
use crate::input::Input;
use crate::join::{JoinedRows, RowJoin};
use crate::output::{Output, commit_all};
use crate::parallel::Pool;
use crate::plan::rows::{RowCounts, RowPlan, RowStep, Sides, plan_rows};
use crate::source::{Header, Rows, SideForm};
use crate::table::{Columns, Definition, TableName};

pub use options::{RowFormat, TableOptions};

/// How many rows of a limit's message are shown.
const SHOWN: usize = 10;

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
    /// Who runs the script, where one is written.
    pub dialect: Option<Dialect>,
    /// What should be known of it, a sentence each.
    pub warnings: Vec<String>,
}

/// Hears what was done before any output has its name, and may hand over another output.
pub type BesideTables<'b> = &'b mut dyn FnMut(&TableReport) -> Result<Option<Output>>;

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
    let pool = &Pool::new(options.threads)?;
    let inputs = &open_both(pool, (&options.old.0, &options.new.0), &options.inputs)?;
    let [old, new] = inputs;
    let ddl = options.hints.ddl.as_ref().map(|ddl| ddl.define(&options.table, &options.inputs));
    let ddl = ddl.transpose()?;
    let header = |input, form| header(options, ddl.as_ref(), input, form);
    let headers = (header(old, &options.old.1)?, header(new, &options.new.1)?);
    let columns = &agree::columns(options, &headers)?;
    let runner = options.runner(headers.0.dialect)?;
    let table = &called(options, &headers.0, runner);
    let warnings = [&headers.0, &headers.1].iter().flat_map(|side| side.warnings()).collect();
    let is_out =
        |name: &&String| !columns.names.contains(name) && !agree::is_generated(name, &headers);
    let left_out: Vec<String> = headers.0.names.iter().filter(is_out).cloned().collect();
    let is_open = ![&headers.0, &headers.1].iter().any(|side| side.holds_secrets(&options.secrets));
    let has_bits = agree::has_bits(&headers);
    let counters = &agree::counters(columns, &headers);
    let time_zone = headers.0.time_zone.clone();
    let constraints = agree::constraints(options, table, columns, &headers)?;
    let rows = |input, header| Rows::new(input, header, columns, is_open);
    let sides =
        (&rows((old.name(), old.bytes()), headers.0), &rows((new.name(), new.bytes()), headers.1));
    let join = RowJoin {
        pool,
        part: options.part,
        memory: memory_of_index(options.memory),
        state: RandomState::new(),
        progress,
    };
    let joined = join.run(sides.0, sides.1)?;
    let is_stageable = constraints.references.is_empty() && !has_bits;
    let run = Run {
        options,
        pool,
        sides,
        table,
        columns,
        counters,
        time_zone: time_zone.as_deref(),
        is_stageable,
        left_out: &left_out,
    };
    run.refuse_counts(inputs, &joined)?;
    let plan = plan_rows(sides, &joined, &constraints)?;
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
        dialect: runner,
        warnings,
    };
    outputs.extend(beside(&report)?);
    inputs.iter().try_for_each(Input::verify_unchanged)?;
    commit_all(outputs)?;
    Ok(report)
}

/// What the script calls the table: as OLD does, where it goes back to the database that OLD is from.
fn called(options: &TableOptions, old: &Header, runner: Option<Dialect>) -> TableName {
    let asked = &options.table;
    let is_fuller = |table: &&TableName| table.parts.len() >= asked.parts.len();
    let is_home = runner.is_none() || runner.map(Style::from) == old.dialect.map(Style::from);
    old.table.as_ref().filter(is_fuller).filter(|_| is_home).unwrap_or(asked).clone()
}

/// What a side says of the table. Of rows that are lines the last line end is the mark that all are
/// there.
fn header(
    options: &TableOptions,
    definition: Option<&Definition>,
    input: &Input,
    form: &SideForm,
) -> Result<Header> {
    let is_marked = matches!(form, SideForm::Sql { .. } | SideForm::Json);
    if !is_marked && !options.allow_no_final_newline {
        refuse::cut_off(input)?;
    }
    let asked = options.hints.asked(Some(&options.table), definition).of(input);
    Header::read((input.name(), input.bytes()), form, asked)
}

/// A diff whose sides are known.
struct Run<'r, 'i> {
    options: &'r TableOptions,
    pool: &'r Pool,
    sides: Sides<'r, 'i>,
    /// The table, as the script calls it.
    table: &'r TableName,
    columns: &'r Columns,
    /// The columns that the database counts.
    counters: &'r [usize],
    /// The time zone that the times of OLD stand in.
    time_zone: Option<&'r str>,
    /// Whether MySQL may change the rows in sets: it deletes those of a set in an order of its own and
    /// looks at references row by row, and bits are no text to it.
    is_stageable: bool,
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
            let change = plan.change(self.sides, step)?;
            Ok(self.columns.shown_key(change.row()).into_bytes())
        };
        let first = plan.steps.iter().filter(is_meant).take(SHOWN).map(name);
        let first = first.collect::<Result<_>>()?;
        Err(Error::new(ErrorKind::Limit(LimitFault { what, allowed, found, of, first })))
    }
}
