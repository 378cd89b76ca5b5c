//! What was rejected through a mapping, for a file of its own: entries as LDIF that can be read again, rows as
//! comments, for cut out of their dump they say nothing to a database.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diff::write::{failure, put};
use crate::error::{Error, Result};
use crate::ldif::write::{rejected_as_comment_for, rejected_for};
use crate::output::{Output, Target};
use crate::reconcile::{Account, Skipped, Table};
use crate::source::Source;

/// Both sides, and what of them cannot be read.
pub(super) struct Rejected<'r> {
    pub(super) directory: &'r Source<'r>,
    pub(super) tables: &'r [Table<'r>],
    pub(super) skipped: &'r Skipped,
}

/// Records by where they stand, each with what is wrong with it. Several mappings may have rejected one.
type Faults<'f, P> = BTreeMap<P, Vec<&'f Error>>;

impl Rejected<'_> {
    /// What cannot be read and what the mappings rejected, each below what is wrong with it.
    pub(super) fn text(&self, accounts: &[Account]) -> Vec<u8> {
        let mut entries: Faults<'_, (usize, usize)> = BTreeMap::new();
        let mut rows: Faults<'_, (usize, usize, usize)> = BTreeMap::new();
        for one in &self.skipped.entries {
            entries.entry((one.text.start, one.text.end)).or_default().push(&one.error);
        }
        for one in &self.skipped.rows {
            let range = one.place.range();
            rows.entry((one.table, range.start, range.end)).or_default().push(&one.error);
        }
        for one in accounts.iter().flat_map(|account| &account.rejections) {
            let range = one.source.range();
            match one.table {
                None => entries.entry((range.start, range.end)).or_default().push(&one.error),
                Some(table) => {
                    rows.entry((table, range.start, range.end)).or_default().push(&one.error);
                }
            }
        }
        let mut text = Vec::new();
        for ((start, end), faults) in entries {
            rejected_for(&mut text, &faults, &self.directory.text[start..end]);
        }
        for ((table, start, end), faults) in rows {
            let row = &self.tables[table].rows.text[start..end];
            rejected_as_comment_for(&mut text, &faults, row);
        }
        text
    }
}

/// A file that holds it, and has no name yet.
///
/// # Errors
///
/// It cannot be written.
pub(super) fn written(path: &Path, text: &[u8]) -> Result<Output> {
    let target = Target::named(path);
    let mut output = Output::create(&target)?;
    put(&mut output, text, &failure(&target))?;
    Ok(output)
}
