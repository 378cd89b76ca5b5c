//! `diff` of two dumps of one table: rows in, the SQL script that makes the first like the second out.

mod options;
mod write;

use std::hash::RandomState;
use std::path::PathBuf;

use crate::diff::limits::{allowed_deletes, count};
use crate::diff::{memory_of_index, open_both, refuse};
use crate::dump::Delimited;
use crate::emit::Side;
use crate::emit::sql::TableSubject;
use crate::error::{Counted, Error, ErrorKind, LimitFault, Limited, Result, RowFault};
use crate::input::Input;
use crate::join::{JoinedRows, RowJoin};
use crate::output::{Output, commit_all};
use crate::parallel::Pool;
use crate::plan::rows::{RowCounts, RowPlan, RowStep, Sides, plan_rows};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::source::{Header, Rows};
use crate::table::Columns;

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
    let mut names = headers.0.names.iter().chain(&headers.1.names);
    let is_open =
        !names.any(|name| is_secret(Schema::builtin(), &options.secrets, name.as_bytes()));
    let rows = |input, format, header| Rows::new(input, format, header, columns, is_open);
    let sides = (
        &rows((old.name(), old.bytes()), &options.old.1, headers.0),
        &rows((new.name(), new.bytes()), &options.new.1, headers.1),
    );
    let join = RowJoin {
        pool,
        part: options.part,
        memory: memory_of_index(options.memory),
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
    let types = vec![None; names.len()];
    let columns = Columns { names, types, key: Vec::new() };
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
            let change = plan.change(self.sides, step)?;
            Ok(self.columns.shown_key(change.row()).into_bytes())
        };
        let first = plan.steps.iter().filter(is_meant).take(SHOWN).map(name);
        let first = first.collect::<Result<_>>()?;
        Err(Error::new(ErrorKind::Limit(LimitFault { what, allowed, found, of, first })))
    }
}
