//! Records that cannot be read, where a run goes on without them: found before anything else, with what of
//! their keys is certain.
//!
//! What is not certain may be any record of its mapping: then nothing goes, and nothing comes.

use std::collections::HashSet;
use std::ops::Range;

use crate::join::RandomState;

use crate::attribute::type_of;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result, RowFault};
use crate::join::{Reject, Side, Slot, hash_key, sift};
use crate::mapping::{NAME, Toward};
use crate::reconcile::Task;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::rows::twins;
use crate::source::{Extent, Layout, Rows};

/// The records of both sides that are skipped.
#[derive(Debug, Default)]
pub struct Skipped {
    /// Entries, in their order.
    pub entries: Vec<Reject>,
    /// Rows, table by table, each in its order.
    pub rows: Vec<SkippedRow>,
    /// Where entries begin that have no name of their own.
    pub nameless: HashSet<u64>,
}

/// A row that is skipped.
#[derive(Debug)]
pub struct SkippedRow {
    /// The number of its table.
    pub table: usize,
    /// Where it stands.
    pub place: Extent,
    /// What is wrong with it.
    pub error: Error,
}

impl Skipped {
    /// Finds those of a task; none where bad records end the run. The tables pass over theirs from then on.
    ///
    /// # Errors
    ///
    /// Where the next record begins cannot be told.
    pub(super) fn of(task: &Task<'_>) -> Result<Skipped> {
        if !task.keep_going {
            return Ok(Skipped::default());
        }
        let side = match task.toward {
            Toward::Database => Side::New,
            Toward::Directory => Side::Old,
        };
        let sifted = sift(task.pool, task.part, task.directory, side)?;
        let mut skipped =
            Skipped { entries: sifted.rejects, nameless: sifted.nameless, ..Skipped::default() };
        for (n, table) in task.tables.iter().enumerate() {
            if task.mappings.iter().any(|mapping| table.is(&mapping.rows.table)) {
                let bad = bad_rows(task, &table.rows)?;
                let row = |(place, error)| SkippedRow { table: n, place, error };
                skipped.rows.extend(bad.into_iter().map(row));
                table.rows.leave_out(skipped.places(n));
            }
        }
        Ok(skipped)
    }

    /// Where the rows of a table begin that are skipped.
    pub fn places(&self, table: usize) -> Vec<u64> {
        let rows = self.rows.iter().filter(|row| row.table == table);
        rows.map(|row| row.place.start).collect()
    }

    /// Whether nothing is skipped.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rows.is_empty()
    }

    /// How many records are.
    pub fn count(&self) -> usize {
        self.entries.len() + self.rows.len()
    }

    /// What is wrong with the entry that stands there.
    pub(super) fn entry(&self, place: Extent) -> Option<&Reject> {
        let at = self.entries.binary_search_by_key(&(place.start as usize), |one| one.text.start);
        at.ok().map(|at| &self.entries[at])
    }

    /// Whether rows of the table of a mapping are skipped.
    pub(super) fn has_rows_of(&self, mapping: &ReadyMapping<'_>) -> bool {
        self.rows.iter().any(|row| row.table == mapping.table)
    }
}

/// Rows, each with what is wrong with it.
type BadRows = Vec<(Extent, Error)>;

/// The rows of a table that cannot be read, and those whose keys stand twice.
fn bad_rows(task: &Task<'_>, rows: &Rows<'_>) -> Result<BadRows> {
    let state = RandomState::default();
    let key = |extent: Extent| rows.read(extent).map(|row| rows.key(&row));
    let work = |range: Range<usize>| {
        let (mut slots, mut bad) = (Vec::new(), Vec::new());
        let each = rows.each(range, |extent| {
            match key(extent) {
                Ok(key) => slots.push(Slot::new(extent, hash_key(&state, &key))),
                Err(error) => bad.push((extent, error)),
            }
            Ok(())
        });
        each.map(|()| (slots, bad))
    };
    let (mut keyed, mut all) = (Vec::new(), Vec::new());
    let mut ranges = rows.split(task.part).into_iter();
    let take = |part: Result<(Vec<Slot>, BadRows)>| -> Result<()> {
        let (slots, bad) = part?;
        keyed.extend(slots);
        all.extend(bad);
        Ok(())
    };
    task.pool.pipe(|| ranges.next(), work, take)?;
    let mut twice = HashSet::new();
    for (first, later) in twins(task.pool, rows, keyed) {
        let fault = || RowFault::DuplicateKey { first: rows.line(first) };
        if twice.insert(first) {
            all.push((first, rows.error_in(fault(), later)));
        }
        all.push((later, rows.error_in(fault(), later)));
    }
    all.sort_by_key(|(extent, _)| *extent);
    Ok(all)
}

/// What an entry that cannot be read as a whole is found by for certain; `None` where a line that cannot be
/// read may say more.
pub(super) fn certain(
    task: &Task<'_>,
    mapping: &ReadyMapping<'_>,
    reject: &Reject,
) -> Option<Entry<'static>> {
    let source = task.directory;
    let goes_on = matches!(reject.error.kind(), ErrorKind::NothingToContinue);
    if !reject.is_record || reject.dn.is_none() || goes_on || source.layout != Layout::Content {
        return None;
    }
    let keys = mapping.names_of_keys().filter(|name| !name.eq_ignore_ascii_case(NAME));
    let keys: Vec<&[u8]> = keys.map(|name| type_of(name.as_bytes())).collect();
    let is_of_key = |line: &Vec<u8>| {
        let is_it = |name: &&[u8]| source.schema.same_attribute(type_of(line), name);
        line.is_empty() || keys.iter().any(is_it)
    };
    let is_certain = !reject.illegible(source).iter().any(is_of_key);
    is_certain.then(|| reject.legible(source, &|_| true))
}
