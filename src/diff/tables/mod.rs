//! `diff` of two dumps of one or more tables: rows in, the SQL script that makes the first like the second
//! out.

pub(super) mod agree;
mod limits;
mod names;
mod open;
mod options;
pub(super) mod referrers;
mod respelled;
mod write;

use std::path::PathBuf;

use crate::join::RandomState;

use crate::dialect::{Dialect, Spelling};
use crate::diff::tables::agree::Headers;
use crate::diff::{Limit, memory_of_index};
use crate::emit::sql::TableSubject;
use crate::error::Result;
use crate::join::{JoinedRows, RowJoin};
use crate::output::{Output, commit_all};
use crate::parallel::Pool;
use crate::plan::rows::{RowCounts, RowPlan, TableSides, plan_rows};
use crate::reconcile::Reasons;
use crate::source::{Header, Rows};
use crate::table::{Columns, Constraints, Referrer, TableName};
use crate::text::Escaped;

pub(crate) use open::Opened;
pub use options::{RowFormat, TableFiles, TableOptions};

/// What a diff of tables did.
#[derive(Debug)]
pub struct TableReport {
    /// The tables.
    pub tables: Vec<TableCounts>,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// Who runs the script, where one is written.
    pub dialect: Option<Dialect>,
    /// What should be known of it, a sentence each.
    pub warnings: Vec<String>,
}

/// What was done to one table.
#[derive(Clone, Debug)]
pub struct TableCounts {
    /// The table, as the script calls it.
    pub table: TableName,
    /// Its rows in OLD.
    pub old_rows: u64,
    /// Its rows in NEW.
    pub new_rows: u64,
    /// The changes.
    pub changes: RowCounts,
}

impl TableReport {
    /// The changes in all tables.
    pub fn counts(&self) -> RowCounts {
        self.tables.iter().map(|table| table.changes).sum()
    }

    /// The rows read in OLD and in NEW.
    pub fn rows(&self) -> (u64, u64) {
        let all = self.tables.iter();
        all.fold((0, 0), |(old, new), table| (old + table.old_rows, new + table.new_rows))
    }
}

/// Hears what was done before any output has its name, and may hand over another output.
pub type BesideTables<'b> = &'b mut dyn FnMut(&TableReport) -> Result<Option<Output>>;

/// Compares two dumps of some tables and writes the script.
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
    let opened = &open::both(pool, options)?;
    let (tables, headers) = open::headers(pool, opened, options)?;
    let tables = &tables;
    options.refuse_several(tables)?;
    agree::verify_names(options, tables, &headers)?;
    let columns = columns(options, tables, &headers)?;
    let runner = options.runner(headers.iter().find_map(|(old, _)| old.dialect))?;
    let called = tables.iter().zip(&headers).map(|(table, (old, _))| called(table, old, runner));
    let agreed = &agreed(options, called.zip(columns).collect(), &headers, runner);
    let time_zone = headers.iter().find_map(|(old, _)| old.time_zone.clone());
    let mut warnings = warnings(tables, &headers, agreed);
    let rows = &opened_rows(opened, options, headers, agreed);
    let join = RowJoin {
        pool,
        part: options.part,
        memory: memory_of_index(options.memory),
        state: RandomState::default(),
        progress,
    };
    let mut joined =
        rows.iter().map(|(old, new)| join.run(old, new)).collect::<Result<Vec<_>>>()?;
    let constraints = respelled::pair(rows, &mut joined, agreed)?;
    let sides = sides(rows, &joined, &constraints);
    let time_zone = time_zone.as_deref();
    let run = Run { options, pool, tables: agreed, sides: &sides, time_zone, reasons: &[] };
    run.refuse_counts(opened)?;
    let plan = run.planned()?;
    let verify = || opened.iter().try_for_each(Opened::verify_unchanged);
    verify()?;
    let (old_rows, new_rows) = run.rows();
    let subject = TableSubject {
        old: opened[0].side(old_rows, options)?,
        new: opened[1].side(new_rows, options)?,
        counts: plan.counts.clone(),
    };
    warnings.extend(referrers::sentences(&opened[0], &run, runner)?);
    let rejects = None;
    let finished =
        Finished { run: &run, plan: &plan, subject: &subject, runner, warnings, rejects };
    finished.write(beside, &verify)
}

/// A diff that is planned, and what is said of it.
pub(super) struct Finished<'f, 'r, 'i> {
    pub(super) run: &'f Run<'r, 'i>,
    pub(super) plan: &'f RowPlan<'f, 'i>,
    pub(super) subject: &'f TableSubject,
    pub(super) runner: Option<Dialect>,
    pub(super) warnings: Vec<String>,
    /// What was rejected, where somebody wants to have it.
    pub(super) rejects: Option<Output>,
}

impl Finished<'_, '_, '_> {
    /// Writes it: all outputs get their names together, where `verify` finds the inputs as they were.
    pub(super) fn write(
        self,
        beside: BesideTables<'_>,
        verify: &dyn Fn() -> Result<()>,
    ) -> Result<TableReport> {
        let Finished { run, plan, subject, runner, warnings, rejects } = self;
        let mut outputs = run.write(runner, plan, subject)?;
        let tables = run.counts(plan);
        let mut warnings = warnings;
        warnings.extend(run.doubts(plan));
        let files = run.files(&outputs);
        let report = TableReport { tables, files, dialect: runner, warnings };
        outputs.extend(rejects);
        outputs.extend(beside(&report)?);
        verify()?;
        commit_all(outputs)?;
        Ok(report)
    }
}

/// What both sides agree on of a table.
pub(super) struct Agreed {
    /// What the script calls it.
    pub(super) table: TableName,
    pub(super) columns: Columns,
    pub(super) constraints: Constraints,
    /// The references of tables that are not compared.
    pub(super) referrers: Vec<Referrer>,
    /// The columns that the database counts.
    pub(super) counters: Vec<usize>,
    /// How the database spells the values of each column.
    pub(super) spellings: Vec<Option<Spelling>>,
    /// Columns that the database sets in each row that is changed.
    pub(super) touched: Vec<usize>,
    /// Those of which no change says what they are to be.
    pub(super) servers_own: Vec<usize>,
    /// Columns of both sides that are left out.
    pub(super) left_out: Vec<String>,
    /// Whether the database may change the rows in sets.
    pub(super) is_stageable: bool,
    /// How many rows may go, where mappings say it and nobody else does.
    pub(super) max_deletes: Vec<Limit>,
}

fn columns(
    options: &TableOptions,
    tables: &[TableName],
    headers: &[Headers],
) -> Result<Vec<Columns>> {
    let all = tables.iter().zip(headers);
    all.map(|(table, sides)| agree::columns(options, table, sides)).collect()
}

fn agreed(
    options: &TableOptions,
    all: Vec<(TableName, Columns)>,
    headers: &[Headers],
    runner: Option<Dialect>,
) -> Vec<Agreed> {
    let constraints = |n| agree::constraints(options, n, &all, headers, runner);
    let constraints: Vec<Constraints> = (0..all.len()).map(constraints).collect();
    let names: Vec<TableName> = all.iter().map(|(table, _)| table.clone()).collect();
    let each = all.into_iter().zip(constraints).zip(headers);
    let agreed = each.map(|(((table, columns), constraints), sides)| Agreed {
        table,
        counters: agree::counters(&columns, sides),
        spellings: agree::spellings(&columns, [&sides.0, &sides.1], runner),
        touched: agree::touched(&columns, [&sides.0, &sides.1], runner),
        servers_own: Vec::new(),
        left_out: agree::left_out(&columns, sides),
        referrers: agree::referrers(&sides.0, &names),
        is_stageable: is_stageable(runner, &constraints, &sides.0),
        columns,
        constraints,
        max_deletes: Vec::new(),
    });
    agreed.collect()
}

/// Whether a database may change the rows of a table in sets. MySQL deletes those of a set in an order of its own
/// and looks at references row by row, and bits are no text to it. `SQLite` deletes a row along with the one it
/// refers to before its turn comes, or refuses to, where a reference says so.
pub(super) fn is_stageable(
    runner: Option<Dialect>,
    constraints: &Constraints,
    old: &Header,
) -> bool {
    match runner {
        Some(Dialect::Mysql | Dialect::Mariadb) => {
            constraints.references.is_empty() && !agree::has_bits(old)
        }
        Some(Dialect::Sqlite) => !agree::goes_along(old),
        Some(Dialect::Postgres) | None => true,
        Some(Dialect::Mssql | Dialect::Oracle | Dialect::Db2) => false,
    }
}

/// What the script calls a table: as OLD does, where it goes back to the database that OLD is from.
pub(super) fn called(asked: &TableName, old: &Header, runner: Option<Dialect>) -> TableName {
    let is_fuller = |table: &&TableName| table.parts.len() >= asked.parts.len();
    let is_home = runner.is_none_or(|runner| old.dialect.is_some_and(|of| runner.is_home_of(of)));
    old.table.as_ref().filter(is_fuller).filter(|_| is_home).unwrap_or(asked).clone()
}

fn warnings(tables: &[TableName], headers: &[Headers], agreed: &[Agreed]) -> Vec<String> {
    let mut all = Vec::new();
    for ((table, sides), agreed) in tables.iter().zip(headers).zip(agreed) {
        let zones = agree::zones(&agreed.columns, sides);
        let warnings = sides.0.warnings().into_iter().chain(sides.1.warnings()).chain(zones);
        all.extend(warnings.map(|sentence| match headers {
            [_] => sentence,
            _ => format!("{table}: {sentence}"),
        }));
    }
    all
}

/// The rows of both sides, for each table.
fn opened_rows<'o>(
    [old, new]: &'o [Opened<'_>; 2],
    options: &TableOptions,
    headers: Vec<Headers>,
    agreed: &'o [Agreed],
) -> Vec<(Rows<'o>, Rows<'o>)> {
    let rows = |(n, sides): (usize, Headers)| {
        let is_open = ![&sides.0, &sides.1].iter().any(|side| side.holds_secrets(&options.secrets));
        let columns = &agreed[n].columns;
        let rows = |side: &'o Opened<'_>, header| Rows::new(side.file(n), header, columns, is_open);
        (rows(old, sides.0), rows(new, sides.1))
    };
    headers.into_iter().enumerate().map(rows).collect()
}

fn sides<'t, 'i>(
    rows: &'t [(Rows<'i>, Rows<'i>)],
    joined: &'t [JoinedRows],
    constraints: &'t [Constraints],
) -> Vec<TableSides<'t, 'i>> {
    let all = rows.iter().zip(joined).zip(constraints);
    let sides =
        all.map(|(((old, new), joined), constraints)| TableSides { old, new, joined, constraints });
    sides.collect()
}

/// A diff whose sides are known.
pub(super) struct Run<'r, 'i> {
    pub(super) options: &'r TableOptions,
    pub(super) pool: &'r Pool,
    pub(super) tables: &'r [Agreed],
    pub(super) sides: &'r [TableSides<'r, 'i>],
    /// The time zone that the times of OLD stand in.
    pub(super) time_zone: Option<&'r str>,
    /// Why rows change, for each table, where a mapping says it.
    pub(super) reasons: &'r [Reasons],
}

impl<'r, 'i> Run<'r, 'i> {
    /// Puts the changes in order, and refuses more than the limits allow.
    pub(super) fn planned(&self) -> Result<RowPlan<'r, 'i>> {
        let plan = plan_rows(self.sides)?;
        if self.options.format.is_applied() {
            self.refuse_limits(&plan)?;
        }
        Ok(plan)
    }

    /// How many rows OLD and NEW have.
    fn rows(&self) -> (u64, u64) {
        let joined = self.sides.iter().map(|sides| sides.joined);
        joined.fold((0, 0), |(old, new), one| (old + one.old_records, new + one.new_records))
    }

    /// What the database may refuse of the order of changes.
    fn doubts(&self, plan: &RowPlan<'_, '_>) -> Vec<String> {
        let mut all = Vec::new();
        for (agreed, doubts) in self.tables.iter().zip(&plan.doubts) {
            let table = Escaped(agreed.table.to_string().as_bytes()).to_string();
            all.extend(doubts.alike.then(|| {
                format!(
                    "a unique index of expressions or of a part of the rows of {table} may stop the script: what rows \
                     hold in it passes to others, and nobody knows what they could hold meanwhile"
                )
            }));
            all.extend(doubts.respelled.then(|| {
                format!(
                    "rows that may not be NULL refer to keys of {table} that are spelled otherwise, and do not follow: the \
                     database refuses that and stops the script: leave the spelling as it is, let them follow (ON UPDATE \
                     CASCADE), or change it by hand with `SET foreign_key_checks = 0` first"
                )
            }));
            all.extend(doubts.circles.then(|| {
                format!(
                    "rows of {table} lead in a circle, and what they refer by may not be NULL: the database may refuse \
                     to let them come or go one after the other, and stop the script or its undo"
                )
            }));
        }
        all
    }

    fn counts(&self, plan: &RowPlan<'_, '_>) -> Vec<TableCounts> {
        let all = self.tables.iter().zip(self.sides).zip(&plan.counts);
        let counts = all.map(|((agreed, sides), changes)| TableCounts {
            table: agreed.table.clone(),
            old_rows: sides.joined.old_records,
            new_rows: sides.joined.new_records,
            changes: *changes,
        });
        counts.collect()
    }
}
