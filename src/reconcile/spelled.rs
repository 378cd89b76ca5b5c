//! Rows that are led to by another spelling of their key. A database whose collation takes `ANN` for `ann` lets a row
//! refer to the one by the other.
//!
//! Only where a foreign key is defined, for there the database has found a row for each value; and only where no row has
//! the value itself.

use std::collections::{HashMap, HashSet};

use crate::dialect::Dialect;
use crate::error::Result;
use crate::reconcile::children::{ByKey, key_in};
use crate::reconcile::ends::Forms;
use crate::reconcile::keys::{push_word, words_of_key};
use crate::reconcile::stage::Stage;
use crate::reconcile::{Table, Task};
use crate::source::Rows;
use crate::table::{ColumnType, Reference};

/// Whether a foreign key that is one of these leads to these columns of a table by values that the database may take for
/// one though they are spelled otherwise.
pub(super) fn may_lead(
    task: &Task<'_>,
    table: usize,
    referred: &[usize],
    is_one: impl Fn(usize, &Reference) -> bool,
) -> bool {
    let types = &task.tables[table].rows.columns.types;
    let has_spellings = |column: &usize| match types[*column] {
        Some(ColumnType::Opaque) => true,
        Some(ColumnType::Text | ColumnType::Char) => task.dialect != Dialect::Postgres,
        _ => false,
    };
    let is_meant = |from: usize, reference: &Reference| {
        reference.table == table
            && referred.iter().all(|column| reference.referred.contains(column))
            && is_one(from, reference)
    };
    let mut tables = task.tables.iter().enumerate();
    referred.iter().any(has_spellings)
        && tables.any(|(n, one)| one.constraints.references.iter().any(|key| is_meant(n, key)))
}

/// The rows that a mapping is about by a column, in the form that is the same however it is spelled.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn forms_of_rows<'f>(
    stage: &'f Stage<'_, '_>,
    n: usize,
    column: usize,
    is_of_it: impl Fn(u32) -> bool + Sync + Send + 'f,
) -> Result<Forms<'f>> {
    let (task, members) = (stage.task, &stage.rows[n]);
    let table = &task.tables[stage.plan.mappings[n].table];
    let forms = move |member: u32| {
        if !is_of_it(member) {
            return Ok(Vec::new());
        }
        let value = table.rows.cell(members.place(member), column)?;
        Ok(value.iter().map(|value| table.form(column, &value.bytes).into_owned()).collect())
    };
    Forms::new(task.pool, stage.marker, members.count(), forms)
}

/// Gives the rows whose key none of these parents has to the one whose key is another spelling of it.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn adopt(table: &Table<'_>, index: &mut ByKey) -> Result<()> {
    let parents = &table.rows;
    let form = |key: &[u8]| {
        let mut form = Vec::new();
        for (word, &at) in words_of_key(key).zip(&parents.columns.key) {
            push_word(&mut form, &table.form(at, word));
        }
        form
    };
    let mut strays: HashSet<Vec<u8>> = index.keys().cloned().collect();
    each_key(parents, |key| {
        strays.remove(&key);
    })?;
    if strays.is_empty() {
        return Ok(());
    }
    let mut found: HashMap<Vec<u8>, Vec<Vec<u8>>> =
        strays.iter().map(|key| (form(key), Vec::new())).collect();
    each_key(parents, |key| {
        if let Some(found) = found.get_mut(&form(&key)) {
            found.push(key);
        }
    })?;
    let mut strays: Vec<Vec<u8>> = strays.into_iter().collect();
    strays.sort_unstable();
    for stray in strays {
        if let Some([parent]) = found.get(&form(&stray)).map(Vec::as_slice) {
            let rows = index.remove(&stray).unwrap_or_default();
            let all = index.entry(parent.clone()).or_default();
            all.extend(rows);
            all.sort_unstable();
        }
    }
    Ok(())
}

/// Hands on the key of each row.
fn each_key(rows: &Rows<'_>, mut each: impl FnMut(Vec<u8>)) -> Result<()> {
    for part in rows.split(usize::MAX) {
        rows.each(part, |extent| {
            key_in(rows, &rows.columns.key, &rows.read(extent)?).into_iter().for_each(&mut each);
            Ok(())
        })?;
    }
    Ok(())
}
