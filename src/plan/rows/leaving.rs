//! What rows do about what they refer to by when that goes from one row to another: they let go of it, lead on
//! to another row, or are taken along by the database.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::plan::rows::go::gone;
use crate::plan::rows::references::{is_free, stands_alone};
use crate::plan::rows::{Cells, Meanwhile, Pairs, TableSides, each_but, meanwhile, owned, release};
use crate::source::{Extent, Rows};
use crate::table::{Cell, Manner, Reference, Row};

/// The references that rows of a table let go of before what they refer to by is changed or let go.
#[derive(Default)]
pub(super) struct Leaving {
    pub(super) released: Meanwhile,
    /// Those of the rows that stay as they are: others have what they refer to by then.
    pub(super) restored: Vec<Extent>,
    /// What the database puts into rows that follow.
    pub(super) followed: Meanwhile,
    /// What rows refer to that can let go of nothing.
    pub(super) bound: Vec<Bound>,
    /// The tables of which such rows refer to what is spelled otherwise alone, and the database refuses that.
    pub(super) respelled: Vec<usize>,
}

/// What rows hold on to while it passes from one row to another.
pub(super) struct Bound {
    pub(super) reference: Reference,
    pub(super) values: HashSet<Vec<u8>>,
}

/// What rows of a table let go of, those that change or go late and those that stay.
pub(super) fn leaving(
    (n, late): (usize, &[Extent]),
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<Leaving> {
    let mut leaving = Leaving::default();
    for reference in &tables[n].constraints.references {
        let after = after(reference, tables, yielded, moved)?;
        let lost = Lost { after, gone: gone(reference, tables)? };
        if lost.after.is_empty() && lost.gone.is_empty() {
            continue;
        }
        match reference.loose.is_empty() {
            true => leaving.lead_on((n, late), reference, tables, &lost)?,
            false => leaving.let_go((&tables[n], late), reference, &lost)?,
        }
    }
    leaving.restored.sort_unstable();
    leaving.restored.dedup();
    Ok(leaving)
}

/// What a reference may lead to no longer.
struct Lost {
    /// What rows that stay give up.
    after: HashMap<Vec<u8>, Given>,
    /// What rows that go had.
    gone: HashSet<Vec<u8>>,
}

/// What a row gives up, and what it has behind it.
struct Given {
    before: Vec<Cell<'static>>,
    after: Vec<Cell<'static>>,
    /// Whether that is the same, but for its spelling.
    is_respelled: bool,
}

impl Leaving {
    /// A reference that may be NULL is.
    fn let_go(
        &mut self,
        (table, late): (&TableSides<'_, '_>, &[Extent]),
        reference: &Reference,
        lost: &Lost,
    ) -> Result<()> {
        let TableSides { old, joined, .. } = *table;
        let values =
            |row| -> Result<Option<Vec<u8>>> { Ok(reference.leads(old.columns, &old.read(row)?)) };
        let changing = joined.changed.iter().map(|pair| pair.0).chain(late.iter().copied());
        for row in changing.filter(|_| !lost.after.is_empty()) {
            if values(row)?.is_some_and(|values| lost.after.contains_key(&values)) {
                release(&mut self.released, row, reference);
            }
        }
        let changing = joined.changed.iter().map(|pair| pair.0).chain(joined.old_only.clone());
        let others = changing.chain(joined.carried.iter().copied()).collect();
        each_but(old, &others, |row| {
            let is_lost = |values| lost.after.contains_key(&values) || lost.gone.contains(&values);
            if values(row)?.is_some_and(is_lost) {
                release(&mut self.released, row, reference);
                self.restored.push(row);
            }
            Ok(())
        })
    }

    /// One that may not leads on at once, where what it leads to then is there and stays.
    fn lead_on(
        &mut self,
        (n, late): (usize, &[Extent]),
        reference: &Reference,
        tables: &[TableSides<'_, '_>],
        lost: &Lost,
    ) -> Result<()> {
        let TableSides { old, new, joined, .. } = tables[n];
        let of = |rows: &Rows<'_>, row| -> Result<Option<Vec<u8>>> {
            Ok(reference.leads(rows.columns, &rows.read(row)?))
        };
        let is_lost =
            |values: &Vec<u8>| lost.after.contains_key(values) || lost.gone.contains(values);
        let mut ways = Vec::new();
        let is_free = is_free((n, reference), tables);
        for &(before, after) in joined.changed.iter().filter(|_| is_free) {
            let (from, to) = (of(old, before)?, of(new, after)?);
            let is_left = from.as_ref().is_some_and(|from| lost.after.contains_key(from));
            ways.extend(to.filter(|to| is_left && !is_lost(to)).map(|to| (before, after, to)));
        }
        let there = there(tables[reference.table].old, reference, &ways)?;
        let waits: HashSet<Extent> = late.iter().copied().collect();
        let early = joined.old_only.iter().copied().filter(|row| !waits.contains(row));
        let mut free: HashSet<Extent> = early.chain(joined.carried.iter().copied()).collect();
        for (before, after, to) in ways {
            if there.contains(&to) {
                let row = new.read(after)?;
                let cells = reference.columns.iter().map(|&n| (n, owned(&row[n])));
                self.released.entry(before).or_default().extend(cells);
                free.insert(before);
            }
        }
        let changing = joined.changed.iter().map(|pair| pair.0).chain(late.iter().copied());
        let changing: HashSet<Extent> = changing.collect();
        let follows = reference.follows && stands_alone((n, reference), tables);
        let mut values = HashSet::new();
        each_but(old, &free, |row| {
            let Some(held) = of(old, row)?.filter(is_lost) else { return Ok(()) };
            match lost.after.get(&held).filter(|_| follows) {
                Some(Given { before, after, .. }) => {
                    let cells = |cells: &[Cell<'static>]| -> Cells {
                        reference.columns.iter().copied().zip(cells.iter().cloned()).collect()
                    };
                    // One that is spelled otherwise follows from there, and back.
                    let (row_now, before) = (old.read(row)?, cells(before));
                    if before.iter().any(|(n, cell)| !old.columns.agree_in(*n, &row_now[*n], cell))
                    {
                        self.released.entry(row).or_default().extend(before);
                    }
                    let cells = cells(after);
                    self.followed.entry(row).or_default().extend(cells);
                    self.restored.extend((!changing.contains(&row)).then_some(row));
                }
                None => {
                    let is_respelled = lost.after.get(&held).is_some_and(|one| one.is_respelled);
                    if is_respelled && reference.manner == Manner::StaysHome {
                        self.respelled.push(reference.table);
                    }
                    values.insert(held);
                }
            }
            Ok(())
        })?;
        self.bound.push(Bound { reference: reference.clone(), values });
        Ok(())
    }
}

/// Which of the values that rows come to refer to rows of OLD have.
fn there(
    rows: &Rows<'_>,
    reference: &Reference,
    ways: &[(Extent, Extent, Vec<u8>)],
) -> Result<HashSet<Vec<u8>>> {
    let asked: HashSet<&Vec<u8>> = ways.iter().map(|(_, _, to)| to).collect();
    let mut there = HashSet::new();
    if asked.is_empty() {
        return Ok(there);
    }
    each_but(rows, &HashSet::new(), |row| {
        let values = reference.led(rows.columns, &rows.read(row)?);
        there.extend(values.filter(|values| asked.contains(values)));
        Ok(())
    })?;
    Ok(there)
}

/// What rows that stay are referred to by, and give up before others change; and what they have behind that.
fn after(
    reference: &Reference,
    tables: &[TableSides<'_, '_>],
    yielded: &[Meanwhile],
    moved: &[Pairs],
) -> Result<HashMap<Vec<u8>, Given>> {
    let TableSides { old, new, .. } = tables[reference.table];
    let cells = |row: &Row<'_>| reference.referred.iter().map(|&n| owned(&row[n])).collect();
    let mut all: HashMap<Vec<u8>, Given> = HashMap::new();
    let mut take = |before: Row<'_>, after: &Row<'_>| {
        let values = |row: &Row<'_>| match reference.manner {
            Manner::TakesForOne => reference.led(old.columns, row),
            Manner::Usual | Manner::StaysHome => old.columns.values(&reference.referred, row),
        };
        let held = reference.led(old.columns, &before);
        let is_respelled = held == reference.led(old.columns, after);
        if let Some(held) = held.filter(|_| values(&before) != values(after)) {
            all.insert(held, Given { before: cells(&before), after: cells(after), is_respelled });
        }
    };
    for (&row, cells) in &yielded[reference.table] {
        let row = old.read(row)?;
        take(row.clone(), &meanwhile(row, Some(cells)));
    }
    for &(before, after) in &moved[reference.table] {
        take(old.read(before)?, &new.read(after)?);
    }
    Ok(all)
}
