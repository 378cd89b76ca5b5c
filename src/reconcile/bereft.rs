//! Rows that cannot go where the database follows: rows of a child table are of them that somebody else made.

use std::collections::HashSet;

use crate::error::{FlowFault, Result};
use crate::mapping::Action;
use crate::reconcile::children::key_in;
use crate::reconcile::database::{Follower, Round};
use crate::reconcile::flow::ReadyChild;
use crate::reconcile::made_row::is_managed;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::refused::Who;
use crate::table::Row;

impl Follower<'_, '_, '_> {
    /// Refuses to let rows go to which rows belong that are another's: these are never touched.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub(super) fn find_bereft(&self, staying: &[HashSet<u32>], round: &mut Round) -> Result<()> {
        for (n, mapping) in self.stage.plan.mappings.iter().enumerate() {
            if children_of(mapping).all(|child| child.owner.is_none()) {
                continue;
            }
            let rows = &self.task.tables[mapping.table].rows;
            for (target, action) in self.stage.leaving_but(n, &staying[n]) {
                if action != Action::Delete {
                    continue;
                }
                let place = self.stage.rows[n].place(target);
                let fault = self.held_by_others(mapping, &rows.read(place)?)?;
                let Some(fault) = fault else { continue };
                round.refused.refuse(self.stage, (n, Who::Leaver(target)), fault);
            }
        }
        Ok(())
    }

    /// What is wrong with letting a row go.
    fn held_by_others(
        &self,
        mapping: &ReadyMapping<'_>,
        row: &Row<'_>,
    ) -> Result<Option<FlowFault>> {
        let parents = &self.task.tables[mapping.table].rows;
        let Some(key) = key_in(parents, &parents.columns.key, row) else { return Ok(None) };
        for child in children_of(mapping) {
            let Some((column, _)) = child.owner else { continue };
            let (rows, mut count) = (&self.task.tables[child.table].rows, 0);
            for &place in self.children.of(mapping.table, child, &key) {
                let row = rows.read(place)?;
                let is_own = |one: &ReadyChild<'_>| {
                    one.table == child.table && is_managed(rows.columns, one.owner, &row)
                };
                count += u64::from(!children_of(mapping).any(is_own));
            }
            if count > 0 {
                let table = self.task.tables[child.table].name.to_string();
                let column = rows.columns.names[column].clone();
                return Ok(Some(FlowFault::RowsOfOthers { count, table, column }));
            }
        }
        Ok(None)
    }
}

/// The child tables of a mapping, one for each flow that has one.
fn children_of<'r, 'm>(mapping: &'r ReadyMapping<'m>) -> impl Iterator<Item = &'r ReadyChild<'m>> {
    mapping.flows.iter().filter_map(|flow| flow.child.as_ref())
}
