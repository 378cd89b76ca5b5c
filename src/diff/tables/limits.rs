//! What is no basis for a script: counts that are not as they should be, and more than the safety limits allow.

use std::collections::{BTreeMap, HashSet};

use crate::diff::limits::{FEW, LOSS, SHOWN, allowed_deletes, count, share};
use crate::diff::refuse;
use crate::diff::tables::Run;
use crate::diff::tables::open::Opened;
use crate::error::{Counted, Error, ErrorKind, LimitFault, Limited, Result};
use crate::plan::rows::{RowPlan, RowStep, Step, TableSides};
use crate::source::Extent;
use crate::table::Row;

impl Run<'_, '_> {
    pub(super) fn refuse_counts(&self, opened: &[Opened<'_>; 2]) -> Result<()> {
        let [old, new] = opened.each_ref().map(Opened::name);
        refuse::unexpected_counts(self.options.expect, (&old, &new), self.rows())?;
        for (n, TableSides { joined, .. }) in self.sides.iter().enumerate() {
            let (old_rows, new_rows) = (joined.old_records, joined.new_records);
            if new_rows == 0 && old_rows > 0 && !self.options.allow_empty {
                let [old, new] = opened.each_ref().map(|side| side.file(n).0.to_owned());
                let kind = ErrorKind::EmptyNew { new, old, entries: old_rows, of: Counted::Rows };
                return Err(Error::new(kind));
            }
        }
        Ok(())
    }

    pub(super) fn refuse_limits(&self, plan: &RowPlan<'_, '_>) -> Result<()> {
        for (n, sides) in self.sides.iter().enumerate() {
            let (counts, of) = (plan.counts[n], sides.joined.old_records);
            let goes = |step: &RowStep| matches!(step, RowStep::Delete(_));
            let deletes = self.allowed_deletes(n, of);
            self.judge((Limited::RowDeletes, deletes), (counts.deletes, of), (n, plan), &goes)?;
            let changes = self.options.max_change.map_or(u64::MAX, |limit| count(limit, of));
            let total = counts.total();
            self.judge((Limited::RowChanges, changes), (total, of), (n, plan), &|_| true)?;
            self.losses(n)?;
        }
        Ok(())
    }

    /// How many of so many rows of a table may go: as somebody asks, else as the mappings say of it.
    fn allowed_deletes(&self, table: usize, of: u64) -> u64 {
        let said = self.tables[table].max_deletes.iter().map(|limit| count(*limit, of));
        match (self.options.max_delete, said.max()) {
            (None, Some(said)) => said,
            (asked, _) => allowed_deletes(asked, of),
        }
    }

    /// Refuses that a column goes from too many of the rows that have a value in it and stay.
    fn losses(&self, table: usize) -> Result<()> {
        let TableSides { old, new, joined, .. } = self.sides[table];
        let columns = &self.tables[table].columns;
        let lost =
            self.pool.try_each(&joined.changed, |&(before, after)| -> Result<Vec<usize>> {
                let (before, after) = (old.read(before)?, new.read(after)?);
                let is_lost = |&n: &usize| before[n].is_some() && after[n].is_none();
                Ok((0..columns.names.len()).filter(is_lost).collect())
            })?;
        let allowed = |of| share(of, self.options.max_column_loss.unwrap_or(LOSS));
        let mut losers: BTreeMap<usize, Vec<Extent>> = BTreeMap::new();
        for (lost, (before, _)) in lost.iter().zip(&joined.changed) {
            lost.iter().for_each(|n| losers.entry(*n).or_default().push(*before));
        }
        losers.retain(|_, losers| losers.len() as u64 > allowed(FEW));
        let holders = if losers.is_empty() { Vec::new() } else { self.holders(table)? };
        for (column, losers) in losers {
            let (of, found) = (holders[column], losers.len() as u64);
            if of >= FEW && found > allowed(of) {
                let key = |&row: &Extent| Ok(self.key(table, &old.read(row)?));
                let first = losers.iter().take(SHOWN).map(key).collect::<Result<_>>()?;
                let what = Limited::Column { column: columns.names[column].clone().into_bytes() };
                let fault = LimitFault { what, allowed: allowed(of), found, of, first };
                return Err(Error::new(ErrorKind::Limit(fault)));
            }
        }
        Ok(())
    }

    /// How many rows of OLD that stay have a value, for each column.
    fn holders(&self, table: usize) -> Result<Vec<u64>> {
        let TableSides { old, joined, .. } = self.sides[table];
        let gone: HashSet<Extent> = joined.old_only.iter().copied().collect();
        let columns = self.tables[table].columns.names.len();
        let part = |range| {
            let mut held = vec![0; columns];
            old.each(range, |row| {
                if !gone.contains(&row) {
                    let cells = old.read(row)?;
                    held.iter_mut()
                        .zip(&cells)
                        .for_each(|(of, cell)| *of += u64::from(cell.is_some()));
                }
                Ok(())
            })?;
            Ok(held)
        };
        let mut all = vec![0; columns];
        for held in self.pool.map_ordered(old.split(self.options.part), part) {
            let held: Result<Vec<u64>> = held;
            all.iter_mut().zip(held?).for_each(|(of, held)| *of += held);
        }
        Ok(all)
    }

    /// The key of a row for a message.
    fn key(&self, table: usize, row: &Row<'_>) -> Vec<u8> {
        let key = self.tables[table].columns.shown_key(row);
        match self.tables {
            [_] => key,
            _ => format!("{} {key}", self.tables[table].table),
        }
        .into_bytes()
    }

    fn judge(
        &self,
        (what, allowed): (Limited, u64),
        (found, of): (u64, u64),
        (table, plan): (usize, &RowPlan<'_, '_>),
        is_meant: &dyn Fn(&RowStep) -> bool,
    ) -> Result<()> {
        if found <= allowed {
            return Ok(());
        }
        let name = |&step: &Step| {
            let change = plan.change(step)?;
            Ok(self.key(table, change.row()))
        };
        let is_it = |step: &&Step| step.table as usize == table && is_meant(&step.row);
        let first = plan.steps.iter().filter(is_it).take(SHOWN).map(name);
        let first = first.collect::<Result<_>>()?;
        Err(Error::new(ErrorKind::Limit(LimitFault { what, allowed, found, of, first })))
    }
}
