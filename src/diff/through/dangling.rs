//! Rows that keep, in columns which a mapping knows to be references, the key of a row that goes or gets another.
//!
//! Nobody may find anything there afterwards, or somebody else, to whom the database gave the key again. They
//! are told, unless the database sees to it by a foreign key.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::diff::tables::agree::number_in;
use crate::diff::through::Through;
use crate::diff::through::references::{Led, all_led};
use crate::diff::through::tables::Known;
use crate::error::Result;
use crate::parallel::Pool;
use crate::reconcile::{MadeTable, Table};
use crate::source::Extent;
use crate::table::Row;
use crate::text::{Escaped, number_of};

/// What is to be said of each reference of the mappings.
///
/// # Errors
///
/// A row cannot be read.
pub(super) fn sentences(
    (pool, part): (&Pool, usize),
    through: &Through,
    known: &[Known],
    (tables, made): (&[Table<'_>], &[MadeTable]),
) -> Result<Vec<String>> {
    let mut said: Vec<String> = Vec::new();
    for led in all_led(through, known) {
        let lost = lost(&led, known, (&tables[led.to], &made[led.to]))?;
        if lost.is_empty() {
            continue;
        }
        let sentence =
            left((pool, part), &led, known, &lost, (&tables[led.from], &made[led.from]))?;
        said.extend(sentence.filter(|sentence| !said.contains(sentence)));
    }
    Ok(said)
}

/// The values by which rows are referred to that go or get others, where the database does not see to it.
fn lost(
    led: &Led,
    known: &[Known],
    (table, made): (&Table<'_>, &MadeTable),
) -> Result<HashSet<Vec<u8>>> {
    let rows = &table.rows;
    let value = |row: &Row<'_>| rows.columns.values(&led.referred, row);
    let from = &known[led.from];
    let keys = from.header.definition.iter().flat_map(|definition| &definition.foreign_keys);
    let mut keys = keys.filter(|key| {
        let columns = key.columns.iter().map(|name| number_in(&from.columns, name));
        let to = key.table.find(0..known.len(), |&n| &known[n].name);
        columns.eq(led.columns.iter().map(|&n| Some(n))) && to == Some(led.to)
    });
    let key = keys.next();
    let mut lost = HashSet::new();
    if !key.is_some_and(|key| key.follows) {
        for (place, new) in &made.changed {
            let old = value(&rows.read(*place)?);
            lost.extend(old.filter(|old| value(new).as_ref() != Some(old)));
        }
    }
    if !key.is_some_and(|key| key.on_delete.acts()) {
        for place in &made.deleted {
            lost.extend(value(&rows.read(*place)?));
        }
    }
    Ok(lost)
}

/// What is to be said of the rows of a table that keep such values.
fn left(
    (pool, part): (&Pool, usize),
    led: &Led,
    known: &[Known],
    lost: &HashSet<Vec<u8>>,
    (table, made): (&Table<'_>, &MadeTable),
) -> Result<Option<String>> {
    let rows = &table.rows;
    let columns = rows.columns;
    let changed: HashMap<Extent, &Row<'static>> =
        made.changed.iter().map(|(place, row)| (*place, row)).collect();
    let deleted: HashSet<Extent> = made.deleted.iter().copied().collect();
    let of_part = |range: Range<usize>| -> Result<(u64, Option<String>)> {
        let (mut count, mut first) = (0, None);
        rows.each(range, |place| {
            let row = rows.read(place)?;
            let Some(value) =
                columns.values(&led.columns, &row).filter(|value| lost.contains(value))
            else {
                return Ok(());
            };
            let stays = changed
                .get(&place)
                .is_none_or(|new| columns.values(&led.columns, new).as_ref() == Some(&value));
            if stays && !deleted.contains(&place) {
                count += 1;
                first.get_or_insert_with(|| shown(&columns.key, &row));
            }
            Ok(())
        })?;
        Ok((count, first))
    };
    let (mut count, mut first) = (0, None);
    for part in pool.map_ordered(rows.split(part), of_part) {
        let (more, found) = part?;
        count += more;
        first = first.or(found);
    }
    Ok(first.map(|first| {
        let names = led.columns.iter().map(|&n| columns.names[n].as_str()).collect::<Vec<_>>().join(", ");
        format!(
            "{} of {} {} on referring, by {}, to rows of {} that go or get another key, first the row {first}: \
             the key may come to mean another row, or a foreign key refuse the script",
            number_of(count, "row", "rows"),
            Escaped(known[led.from].name.to_string().as_bytes()),
            if count == 1 { "goes" } else { "go" },
            Escaped(names.as_bytes()),
            Escaped(known[led.to].name.to_string().as_bytes()),
        )
    }))
}

/// The key of a row.
fn shown(key: &[usize], row: &Row<'_>) -> String {
    let cells = key.iter().map(|&n| row[n].as_ref().map_or(&b""[..], |value| &value.bytes));
    cells.map(|bytes| Escaped(bytes).to_string()).collect::<Vec<_>>().join(", ")
}
