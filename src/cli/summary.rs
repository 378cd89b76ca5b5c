//! The closing counts for programs: one JSON object, the same bytes for the same inputs.

use std::io::Write;
use std::path::{Path, PathBuf};

use ldifsync::dialect::Dialect;
use ldifsync::diff::Report;
use ldifsync::diff::tables::{TableCounts, TableReport};
use ldifsync::error::Result;
use ldifsync::mapping::Situation;
use ldifsync::output::{Output, Target};
use ldifsync::plan::Counts;
use ldifsync::plan::rows::RowCounts;
use ldifsync::reconcile::{Account, Reported};
use serde::Serialize;

use super::args::DiffArgs;
use super::exit::Exit;

/// What every command says first, and then what it did.
#[derive(Serialize)]
pub(super) struct Summary<T> {
    ldifsync: &'static str,
    command: &'static str,
    exit_status: u8,
    #[serde(flatten)]
    done: T,
}

impl<T: Serialize> Summary<T> {
    /// What a command did.
    pub(super) fn new(command: &'static str, exit: Exit, done: T) -> Summary<T> {
        Summary { ldifsync: env!("CARGO_PKG_VERSION"), command, exit_status: exit.code(), done }
    }
}

/// What a diff did.
#[derive(Serialize)]
pub(super) struct Diffed<'a> {
    old: Side,
    new: Side,
    server: &'static str,
    changes: Changes,
    left_out: Changes,
    rejected: u64,
    files: Vec<Written>,
    warnings: &'a [String],
}

/// What a diff of two tables did.
#[derive(Serialize)]
pub(super) struct TablesDiffed<'a> {
    old: TableSide,
    new: TableSide,
    tables: Vec<TableDiffed>,
    /// None where no script is written.
    dialect: Option<&'static str>,
    changes: RowChanges,
    files: Vec<Written>,
    warnings: &'a [String],
}

/// What a diff through a mapping did.
#[derive(Serialize)]
pub(super) struct Told<D> {
    #[serde(flatten)]
    pub(super) done: D,
    /// How many records cannot be read.
    pub(super) skipped: usize,
    pub(super) mappings: Mappings,
}

/// What came of each mapping.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Mappings(Vec<MappingFollowed>);

/// What came of a mapping.
#[derive(Serialize)]
struct MappingFollowed {
    mapping: String,
    situations: serde_json::Map<String, serde_json::Value>,
    reported: Vec<MappingReported>,
    rejected: usize,
    /// Why each of these is not followed, with its place.
    rejections: Vec<String>,
    unresolved: usize,
}

/// Records in one situation that the policy has told, and the first of them.
#[derive(Serialize)]
struct MappingReported {
    situation: &'static str,
    count: u64,
    first: Vec<String>,
}

impl From<&[Account]> for Mappings {
    fn from(accounts: &[Account]) -> Mappings {
        let reported = |one: &Reported| MappingReported {
            situation: one.situation.name(),
            count: one.count,
            first: one.first.clone(),
        };
        let one = |account: &Account| MappingFollowed {
            mapping: account.mapping.clone(),
            situations: Situation::ALL
                .into_iter()
                .map(|one| (one.name().to_owned(), account.found(one).into()))
                .collect(),
            reported: account.reported.iter().map(reported).collect(),
            rejected: account.rejections.len(),
            rejections: account.rejections.iter().map(|one| one.error.to_string()).collect(),
            unresolved: account.unresolved.len(),
        };
        Mappings(accounts.iter().map(one).collect())
    }
}

/// A table.
#[derive(Serialize)]
struct TableDiffed {
    table: String,
    old_rows: u64,
    new_rows: u64,
    changes: RowChanges,
}

/// An input that holds rows.
#[derive(Serialize)]
struct TableSide {
    name: String,
    /// On disk; none for a pipe.
    bytes: Option<u64>,
    rows: u64,
}

/// How many rows change, by kind.
#[derive(Serialize)]
struct RowChanges {
    total: u64,
    inserts: u64,
    deletes: u64,
    updates: u64,
    released: u64,
}

/// An input.
#[derive(Serialize)]
struct Side {
    name: String,
    /// On disk; none for a pipe.
    bytes: Option<u64>,
    entries: u64,
}

/// How many entries change, by kind; those below say what stands behind.
#[derive(Serialize)]
struct Changes {
    total: u64,
    adds: u64,
    deletes: u64,
    modifies: u64,
    renames: u64,
    recreated: u64,
    parked: u64,
    replaced: u64,
}

/// A file that was written.
#[derive(Serialize)]
struct Written {
    holds: &'static str,
    name: String,
}

/// A summary that is still to be written; made before the work, so that a place we may not write
/// to is found out first.
pub(super) struct Pending(Output);

impl Pending {
    /// Prepares the file.
    pub(super) fn create(path: &Path) -> Result<Pending> {
        Output::create(&Target::named(path)).map(Pending)
    }

    /// Writes it; it gets its name together with what it is about.
    pub(super) fn written<T: Serialize>(self, summary: &Summary<T>) -> Result<Output> {
        let Pending(mut output) = self;
        let mut text = serde_json::to_vec_pretty(summary).map_err(|e| output.error(e.into()))?;
        text.push(b'\n');
        output.write_all(&text).map_err(|e| output.error(e))?;
        Ok(output)
    }
}

impl<'a> Diffed<'a> {
    /// The counts of a run.
    pub(super) fn new(args: &DiffArgs, report: &'a Report) -> Diffed<'a> {
        Diffed {
            old: Side::new(&args.old, report.old_entries),
            new: Side::new(&args.new, report.new_entries),
            server: report.server.name(),
            changes: Changes::from(&report.counts),
            left_out: Changes::from(&report.left_out),
            rejected: report.rejected,
            files: written(args, report),
            warnings: &report.warnings,
        }
    }
}

impl TablesDiffed<'_> {
    /// The counts of a run.
    pub(super) fn new(args: &DiffArgs, report: &TableReport) -> TablesDiffed<'static> {
        let side = |path: &Path, rows| {
            let Side { name, bytes, .. } = Side::new(path, rows);
            TableSide { name, bytes, rows }
        };
        let (old_rows, new_rows) = report.rows();
        let table = |one: &TableCounts| TableDiffed {
            table: one.table.parts.join("."),
            old_rows: one.old_rows,
            new_rows: one.new_rows,
            changes: RowChanges::from(one.changes),
        };
        let holds = |path: &PathBuf| match Some(path) == args.output.undo.as_ref() {
            true => "undo",
            false => "change",
        };
        let file = |path: &PathBuf| Written { holds: holds(path), name: shown(path) };
        TablesDiffed {
            old: side(&args.old, old_rows),
            new: side(&args.new, new_rows),
            tables: report.tables.iter().map(table).collect(),
            dialect: report.dialect.map(Dialect::name),
            changes: RowChanges::from(report.counts()),
            files: report.files.iter().map(file).collect(),
            warnings: &[],
        }
    }
}

impl From<RowCounts> for RowChanges {
    fn from(counts: RowCounts) -> RowChanges {
        RowChanges {
            total: counts.total(),
            inserts: counts.inserts,
            deletes: counts.deletes,
            updates: counts.updates,
            released: counts.parted,
        }
    }
}

impl From<&Counts> for Changes {
    fn from(counts: &Counts) -> Changes {
        Changes {
            total: counts.total(),
            adds: counts.adds,
            deletes: counts.deletes,
            modifies: counts.modifies,
            renames: counts.renames,
            recreated: counts.recreated,
            parked: counts.parked,
            replaced: counts.replaced,
        }
    }
}

impl Side {
    fn new(path: &Path, entries: u64) -> Side {
        let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file);
        Side { name: shown(path), bytes: metadata.map(|m| m.len()), entries }
    }
}

/// The change in the order in which it is applied, then what lies beside it.
fn written(args: &DiffArgs, report: &Report) -> Vec<Written> {
    let undo = |path: &PathBuf| Some(path) == args.output.undo.as_ref();
    let change = report.files.iter().position(undo).unwrap_or(report.files.len());
    let (change, undo) = report.files.split_at(change);
    let rejects = args.records.rejects.iter().map(|path| ("rejects", path));
    let files = change.iter().map(|path| ("change", path));
    let files = files.chain(undo.iter().map(|path| ("undo", path))).chain(rejects);
    let files = files.filter(|(_, path)| path.as_os_str() != "-");
    files.map(|(holds, path)| Written { holds, name: shown(path) }).collect()
}

/// A path as text.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
